/* Pull: from a reference to files of this machine: a component, or an application of Spin's. */
#ifndef WY_REGISTRY_PULL_H
#define WY_REGISTRY_PULL_H

#include "registry/client.h"

typedef struct wy_pull_config {
    wy_str reference;
    const char *folder; /* of the store (registry/store.h); exists */
    bool insecure;
} wy_pull_config;

typedef struct wy_pulled {
    const char *path; /* of the component; or of the application's JSON (app/locked.h) */
    bool is_application;
    wy_str sha256; /* of the image's manifest */
} wy_pulled;

/* Downloads what is not there yet; a reference by digest asks the registry for nothing that is.
 * Texts are in `arena`. The thread waits. WY_INVALID: no reference, or what came is not what its
 * digest says; WY_UNSUPPORTED: the image is neither of both; else as the client. */
wy_err wy_pull(wy_arena *arena, const wy_pull_config *config, wy_pulled *out,
               wy_diag *diag) WY_MUST_USE;

/* The blob of one image that is a component, as wy_pull does it, by an open client. */
wy_err wy_pull_component(wy_arena *arena, wy_registry *registry, wy_str tag, const char *folder,
                         const char **path_out, wy_diag *diag) WY_MUST_USE;

/* A client for the reference's repository with the user's credentials. */
wy_err wy_registry_open(wy_arena *arena, const wy_reference *reference, bool may_push,
                        bool insecure, own wy_registry **out, wy_diag *diag) WY_MUST_USE;

#endif
