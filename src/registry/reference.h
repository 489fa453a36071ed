/* Reference: the name of something in an OCI registry, "ghcr.io/team/shop:1.0". */
#ifndef WY_REGISTRY_REFERENCE_H
#define WY_REGISTRY_REFERENCE_H

#include "base/arena.h"
#include "base/str.h"

typedef struct wy_reference {
    wy_str registry;   /* host, perhaps with ":port"; "docker.io" where none was named */
    wy_str repository; /* "team/shop" */
    wy_str tag;        /* empty beside a digest; else "latest" where none was given */
    wy_str sha256;     /* 64 hexadecimal digits; empty: none was given */
} wy_reference;

/* [oci://][registry/]repository[:tag][@sha256:digest], by the grammar of the distribution project.
 * Views of `text`, or copies in `arena`. WY_INVALID says what is wrong; WY_UNSUPPORTED: a digest of
 * another kind. */
wy_err wy_reference_parse(wy_arena *arena, wy_str text, wy_reference *out,
                          wy_diag *diag) WY_MUST_USE;

/* Whether text that is not the path of a file is likely meant as a reference: it names a registry,
 * a tag or a digest. */
bool wy_reference_is_likely(wy_str text);

/* In full; in `arena`, NULL: no memory. */
const char *wy_reference_text(wy_arena *arena, const wy_reference *reference);
/* The host that answers for the registry: docker.io's has another name. */
wy_str wy_reference_host(const wy_reference *reference);

/* "sha256:" and 64 lower-case hexadecimal digits, which `hex_out` views. */
bool wy_digest_parse(wy_str text, wy_str *hex_out);

/* What names in wasm-pkg are made of: host, perhaps with a port. */
bool wy_registry_name_valid(wy_str text);

#endif
