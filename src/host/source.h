/* Sources: the file behind a component that a manifest names by path, by URL, or as a package. */
#ifndef WY_HOST_SOURCE_H
#define WY_HOST_SOURCE_H

#include "app/app.h"

typedef struct wy_source_config {
    wy_str root;           /* of relative paths */
    const char *cache_dir; /* as in withy_options */
    bool insecure;         /* as there */
    bool refresh;          /* look whether a package has a newer version than the one at hand */
} wy_source_config;

/* The path of a component's file, in `arena`: beneath the root; or in the folder of downloads,
 * fetched when it is not there yet (the thread waits). Else as wy_package_pull.
 * WY_IO: it cannot be fetched; WY_INVALID: what came is not what the digest says. */
wy_err wy_source_path(wy_arena *arena, const wy_app_source *source, const wy_source_config *config,
                      const char **path_out, wy_diag *diag) WY_MUST_USE;

#endif
