/* Foreign triggers: those of an application that are programs of their own, started by Spin's
 * protocol: the application as JSON in a folder, its place in the environment, options handed on;
 * the end of one ends all.
 *
 *   withy up ──┬── withy (HTTP, Redis, ...; with workers of its own)
 *              ├── trigger-timer
 *              └── trigger-sqs */
#ifndef WY_HOST_FOREIGN_H
#define WY_HOST_FOREIGN_H

#include "host/application.h"

typedef struct wy_foreign wy_foreign;

/* Finds the programs of all foreign triggers of an application, and decides which options each is
 * given, for which they are asked. `*foreign_out` NULL: it has none. WY_NOT_FOUND: there is no such
 * program; WY_USAGE: an option that none of them knows. */
wy_err wy_foreign_new(const wy_app *app, const withy_up_options *options,
                      own wy_foreign **foreign_out, wy_diag *diag) WY_MUST_USE;
void wy_foreign_free(own wy_foreign *foreign); /* NULL is fine */

/* Writes the application, which is prepared, as JSON into `folder`, where copies of its files go
 * too. To be repeated with another folder after a change. */
wy_err wy_foreign_lock(wy_foreign *foreign, wy_application *application, const char *folder,
                       wy_diag *diag) WY_MUST_USE;

typedef struct wy_foreign_run {
    /* Runs withy's own triggers, in a process of its own; returns its exit status. NULL: there are
     * none. */
    int (*built_in)(void *data);
    /* SIGHUP came: locks anew. After an error everything goes on as it is. */
    wy_err (*relock)(void *data, wy_diag *diag);
    void *data;
    bool is_quiet; /* does not say what it starts */
} wy_foreign_run;

/* Starts all and waits until they have ended. The first that ends, however it does, is followed by
 * the others, which get SIGTERM; its exit status is the result. Whoever does not end gets SIGKILL
 * after WY_TRIGGER_STOP_TIMEOUT_MS, or when the user asks twice. */
int wy_foreign_run_all(wy_foreign *foreign, const wy_foreign_run *run, wy_diag *diag);

/* --- for foreign_run.c --- */

typedef struct wy_foreign_program {
    wy_str type;
    const char *path;
    const char **arguments; /* the path first; ended by NULL */
} wy_foreign_program;

struct wy_foreign {
    wy_arena arena;
    const withy_up_options *options;
    wy_foreign_program *programs;
    uint32_t program_count;
    const char *const *variables; /* of their environment; made by wy_foreign_lock */
};

#endif
