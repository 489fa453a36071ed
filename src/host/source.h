/* Sources: the file behind a component that a manifest names by path or by URL. */
#ifndef WY_HOST_SOURCE_H
#define WY_HOST_SOURCE_H

#include "app/app.h"

/* The path of a component's file, in `arena`: beneath `root`, or for a URL in the folder of
 * downloads, fetched when it is not there yet (the thread waits). `cache_dir` as in withy_options.
 * WY_IO: it cannot be fetched; WY_INVALID: what came is not what the digest says. */
wy_err wy_source_path(wy_arena *arena, const wy_app_source *source, wy_str root,
                      const char *cache_dir, const char **path_out, wy_diag *diag) WY_MUST_USE;

#endif
