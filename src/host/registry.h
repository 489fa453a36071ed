/* Registries, for the host: pulling what a user names, into the folder of downloads. */
#ifndef WY_HOST_REGISTRY_H
#define WY_HOST_REGISTRY_H

#include "registry/pull.h"

/* Whether `text` is no file here, but likely the name of something in a registry. */
bool wy_host_is_reference(const char *text);

/* As wy_pull; `cache_dir` as in withy_options. */
wy_err wy_host_pull(wy_arena *arena, const char *reference, bool insecure, const char *cache_dir,
                    wy_pulled *out, wy_diag *diag) WY_MUST_USE;

#endif
