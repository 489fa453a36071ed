/* Push: an application, or one component, becomes an image of a registry. */
#ifndef WY_REGISTRY_PUSH_H
#define WY_REGISTRY_PUSH_H

#include "registry/client.h"
#include "registry/content.h"

typedef struct wy_push_config {
    wy_registry *registry; /* may push */
    wy_str name;           /* the reference, for messages */
    wy_str tag;
    wy_str created; /* when, by RFC 3339 */
    const wy_annotation *annotations;
    uint32_t annotation_count;
} wy_push_config;

/* An application as app/locked.h writes it, whose references are files here; archives of files are
 * made in `scratch` where there are more than a registry takes. `sha256_out` gets the digest of the
 * manifest, WY_SHA256_TEXT bytes. Errors as the client's. The thread waits. */
wy_err wy_push_application(wy_arena *arena, const wy_push_config *config, wy_str locked,
                           const char *scratch, char *sha256_out, wy_diag *diag) WY_MUST_USE;

/* A component by itself, as wasm-pkg and wasmCloud have it. */
wy_err wy_push_component(wy_arena *arena, const wy_push_config *config, const char *path,
                         char *sha256_out, wy_diag *diag) WY_MUST_USE;

#endif
