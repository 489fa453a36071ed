/* One component, loaded for one use in this process, with the process's own streams. */
#ifndef WY_HOST_RUN_H
#define WY_HOST_RUN_H

#include "host/load.h"
#include "loop/loop.h"

/* What a use is given; all of it is gone when the use returns. */
typedef struct wy_run {
    const char *path;
    const withy_options *options;
    const wy_component *component;
    wy_engine *engine;
    wy_loop *loop;
} wy_run;

/* Returns the exit status, or -1 with a diagnosis. */
typedef int (*wy_run_use)(const wy_run *run, void *data, wy_diag *diag);

/* Loads the file and lets `use` have it. Returns the exit status. */
int wy_run_file(const char *path, const char *const *args, size_t arg_count,
                const withy_options *options, wy_run_use use, void *data, withy_error *error);

#endif
