/* Packages: components that are named "ns:name" with a version, which registries keep by the
 * conventions of wasm-pkg: a configuration says which registry has a namespace, and a registry's
 * host which OCI repositories that means. */
#ifndef WY_REGISTRY_PACKAGE_H
#define WY_REGISTRY_PACKAGE_H

#include "base/arena.h"
#include "base/str.h"

typedef struct wy_package {
    wy_str registry; /* host; empty: as the user's configuration says */
    wy_str name;     /* "ns:name" */
    wy_str
        version; /* one version, or a requirement (wy_semver_meets) of which the newest is taken */
    bool is_exact; /* `version` is one */
} wy_package;

typedef struct wy_package_config {
    const char *folder; /* of the store (registry/store.h); exists */
    bool insecure;      /* HTTP */
    bool refresh;       /* looks whether there is a newer version than the one in the store */
} wy_package_config;

/* The file of the package's component, downloaded where it is not in the store; what was found for
 * a requirement is remembered there. WY_NOT_FOUND: nobody has it, or no such version; WY_INVALID:
 * the configuration or an answer; else as wy_pull. The thread waits. */
wy_err wy_package_pull(wy_arena *arena, const wy_package *package, const wy_package_config *config,
                       const char **path_out, wy_diag *diag) WY_MUST_USE;

/* --- where a package is --- */

/* Texts are in the arena given. */
typedef struct wy_package_place {
    wy_str registry;       /* host that was chosen, for messages and for its metadata */
    wy_str oci_registry;   /* empty: its metadata has to be asked, or else it is `registry` */
    wy_str prefix;         /* of repositories: "team/" */
    wy_str user, password; /* of the configuration; empty: none */
    bool plain;            /* HTTP, as the configuration says */
} wy_package_place;

/* By the text of a configuration file (empty: there is none). WY_INVALID: a mistake in it;
 * WY_NOT_FOUND: it names no registry for the package; WY_UNSUPPORTED: one that is no OCI registry.
 */
wy_err wy_package_locate(wy_arena *arena, wy_str toml, const wy_package *package,
                         wy_package_place *out, wy_diag *diag) WY_MUST_USE;
/* By what a registry's host says of itself, /.well-known/wasm-pkg/registry.json. */
wy_err wy_package_read_metadata(wy_arena *arena, wy_str json, wy_package_place *place,
                                wy_diag *diag) WY_MUST_USE;

#endif
