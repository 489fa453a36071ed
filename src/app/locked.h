/* Locked applications: the JSON in which Spin hands an application to a trigger that is a program
 * of its own, everything resolved to files of this machine. Written from the application model, and
 * read into it. */
#ifndef WY_APP_LOCKED_H
#define WY_APP_LOCKED_H

#include "app/app.h"

/* A folder of this machine, and where the component finds it. */
typedef struct wy_locked_mount {
    const char *host_path; /* absolute */
    wy_str guest_path;
} wy_locked_mount;

/* Where what belongs to a component lies. Paths are absolute. */
typedef struct wy_locked_place {
    const char *path;                /* its binary */
    const char *const *dependencies; /* the binaries of its dependencies, in their order */
    const wy_locked_mount *mounts;   /* in place of `files` */
    size_t mount_count;
    wy_app_pairs environment; /* in place of the manifest's */
} wy_locked_place;

typedef struct wy_locked_facts {
    const char *manifest;          /* absolute path */
    wy_str profile;                /* empty: none */
    const wy_locked_place *places; /* one a component */
} wy_locked_facts;

/* Appends the application as JSON. WY_LIMIT (WY_MAX_LOCK_BYTES), WY_NOMEM. */
wy_err wy_app_write_locked(const wy_app *app, const wy_locked_facts *facts, wy_buf *out,
                           wy_diag *diag) WY_MUST_USE;

/* Reads such JSON; `root` is where the application lies, for state and logs, and must live as long
 * as `arena`. WY_MALFORMED; WY_INVALID: it breaks the manifest's rules; WY_UNSUPPORTED: it requires
 * of a host what withy does not have. */
wy_err wy_app_read_locked(wy_arena *arena, wy_str text, wy_str root, const wy_app **app_out,
                          wy_diag *diag) WY_MUST_USE;

/* "file:///..." of an absolute path. */
void wy_file_url_write(wy_buf *out, const char *path);
/* The path behind such a URL, in `arena`. False: it is none, or there is no memory. */
bool wy_file_url_read(wy_arena *arena, wy_str url, wy_str *path_out);

#endif
