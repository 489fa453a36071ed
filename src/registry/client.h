/* Client: one repository of an OCI registry, over HTTP (OCI distribution-spec 1.1). The thread
 * waits; not for a worker's loop. */
#ifndef WY_REGISTRY_CLIENT_H
#define WY_REGISTRY_CLIENT_H

#include "registry/credentials.h"
#include "registry/manifest.h"
#include "registry/reference.h"

typedef struct wy_registry wy_registry;

typedef struct wy_registry_config {
    wy_str host;       /* "ghcr.io", "127.0.0.1:5000"; its own name, not "docker.io" */
    wy_str repository; /* empty: only wy_registry_check */
    bool may_push;     /* asks for the right to push too */
    bool insecure;     /* HTTP; this machine is spoken to by HTTP too, unless it refuses that */
    wy_credentials credentials;
} wy_registry_config;

/* Everything is copied. Errors of all functions: WY_NOT_FOUND: the registry has no such thing;
 * WY_DENIED: it does not permit it (the text says how to log in); WY_IO: it cannot be reached or
 * answers something else; WY_INVALID: an answer is not what its digest or the specification says;
 * WY_LIMIT: a limit. Texts hold no secret, nor what was asked for: whoever asked adds that. */
wy_err wy_registry_new(const wy_registry_config *config, own wy_registry **out,
                       wy_diag *diag) WY_MUST_USE;
void wy_registry_free(own wy_registry *registry);

/* Whether the credentials are good. */
wy_err wy_registry_check(wy_registry *registry, wy_diag *diag) WY_MUST_USE;

/* The manifest of a tag ("1.0") or of a digest ("sha256:..."), which is checked; `sha256_out` gets
 * its digest, WY_SHA256_TEXT bytes. */
wy_err wy_registry_get_manifest(wy_registry *registry, wy_str tag, wy_buf *json_out,
                                char *sha256_out, wy_diag *diag) WY_MUST_USE;
/* Downloads a blob into the file `path`, which is there when it is whole and right, or not at all.
 */
wy_err wy_registry_get_blob(wy_registry *registry, const wy_descriptor *blob, const char *path,
                            wy_diag *diag) WY_MUST_USE;
/* All tags, views in `arena`. */
wy_err wy_registry_get_tags(wy_registry *registry, wy_arena *arena, const wy_str **tags_out,
                            uint32_t *count_out, wy_diag *diag) WY_MUST_USE;

/* Uploads a blob unless it is there already, which `*was_there_out` (may be NULL) says. */
wy_err wy_registry_put_blob(wy_registry *registry, wy_str bytes, wy_str sha256, bool *was_there_out,
                            wy_diag *diag) WY_MUST_USE;
wy_err wy_registry_put_manifest(wy_registry *registry, wy_str tag, wy_str json,
                                wy_diag *diag) WY_MUST_USE;

#endif
