/* Loading files: from a path to a component that can be instantiated, with the settings that its
 * interfaces are to have. */
#ifndef WY_HOST_LOAD_H
#define WY_HOST_LOAD_H

#include "engine/engine.h"
#include "runtime/component.h"
#include "withy.h"

/* A file mapped into memory. */
typedef struct wy_file {
    const uint8_t *bytes;
    size_t len;
    wy_file_id id;
} wy_file;

/* WY_NOT_FOUND, WY_IO, WY_LIMIT (WY_MAX_COMPONENT_BYTES). */
wy_err wy_file_map(const char *path, wy_file *file_out, wy_diag *diag) WY_MUST_USE;
void wy_file_unmap(wy_file *file);
/* Makes the bytes the process's own, where they are, so that whoever overwrites the file while it
 * is served does no harm (reading a mapping beyond the end of its file is a fatal signal). The
 * whole pages of `dropped`, parts that nobody reads any more, cannot be read afterwards. */
wy_err wy_file_keep(wy_file *file, const wy_str *dropped, size_t dropped_count,
                    wy_diag *diag) WY_MUST_USE;

/* WY_OK for a component; else an error that tells what the bytes are, and what to do. */
wy_err wy_host_check_kind(const uint8_t *bytes, size_t len, wy_diag *diag) WY_MUST_USE;

/* The engine as the options want it. */
wy_err wy_host_engine(const withy_options *options, own wy_engine **engine_out,
                      wy_diag *diag) WY_MUST_USE;

/* A component with its file and its settings; freed together. */
typedef struct wy_guest wy_guest;

/* What one component is given. Plain data, borrowed for the length of wy_guest_load. */
typedef struct wy_guest_config {
    const char *path;
    wy_str name; /* for messages and logs */
    const wy_str *arguments;
    size_t argument_count;
    const withy_pair *env;
    size_t env_count;
    const withy_dir *dirs;
    size_t dir_count;
    int stdin_fd, stdout_fd, stderr_fd; /* -1: none */
    int follow_out_fd, follow_err_fd;   /* -1: not followed */
    const void *kv;                     /* settings of slot KV; lives as long as the guest */
    const void *config;                 /* settings of slot CONFIG; likewise */
    const void *http;                   /* settings of slot WASI_HTTP; likewise */
} wy_guest_config;

void wy_guest_config_init(wy_guest_config *config);
/* Accepts components and ahead-of-time files. Errors begin with the path. */
wy_err wy_guest_load(wy_engine *engine, const withy_options *options, const wy_guest_config *config,
                     own wy_guest **guest_out, wy_diag *diag) WY_MUST_USE;
void wy_guest_free(own wy_guest *guest);
const wy_component *wy_guest_component(const wy_guest *guest);

/* The last name of a path; a view. */
wy_str wy_host_file_name(const char *path);

/* Puts the offset, where there is one, and the path in front of a diagnosis. */
void wy_host_place(wy_diag *diag, const char *path);

/* Copies a diagnosis into the library's error, and returns its exit status. */
int wy_host_fail(const wy_diag *diag, withy_error *error);

#endif
