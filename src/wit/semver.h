/* Versions of interfaces (Semantic Versioning 2.0) and names such as "wasi:io/streams@0.2.12":
 * parse, compare, and decide whether one version can stand in for another. */
#ifndef WY_WIT_SEMVER_H
#define WY_WIT_SEMVER_H

#include "base/arena.h"
#include "base/str.h"

/* Plain data; `pre` and `build` are views into the text it was parsed from. */
typedef struct wy_semver {
    uint64_t major, minor, patch;
    wy_str pre;   /* "draft2" of "0.2.0-draft2"; empty where there is none */
    wy_str build; /* behind '+'; takes no part in comparisons */
} wy_semver;

/* False when `text` is not a version. */
bool wy_semver_parse(wy_str text, wy_semver *version_out);

/* Less than, equal to, greater than zero, in order of precedence (SemVer 11). */
int wy_semver_cmp(const wy_semver *a, const wy_semver *b);

/* Whether an implementation of version `have` may serve an import of version `want`: both are on
 * one compatible line (the same major above 0; else the same minor above 0; else the same patch).
 * Pre-releases are compatible with themselves alone. Symmetric: which of two compatible versions is
 * newer does not matter, since an interface's functions are looked up one by one. */
bool wy_semver_compatible(const wy_semver *want, const wy_semver *have);

/* Whether `text` is a requirement as Cargo and Spin write it: versions, whole or not, each perhaps
 * behind one of ^ = > >= < <= ~ (none: ^) or with a '*' in place of its last part; several split by
 * commas. */
bool wy_semver_requirement_valid(wy_str text);
/* Whether the version meets all of it. A pre-release does only if one of the same version is named.
 */
bool wy_semver_meets(const wy_semver *version, wy_str requirement);

/* A full name in parts, as views into it: "ns:pkg/iface@1.2.3". */
typedef struct wy_wit_name {
    wy_str package;     /* "wasi:io" */
    wy_str item;        /* "streams"; empty for a package's own name */
    wy_str version;     /* "0.2.12"; empty where there is none */
    wy_str unversioned; /* "wasi:io/streams" */
} wy_wit_name;

/* False when `text` has not this form: a namespace, a colon, a package; then maybe '/' and an item;
 * then maybe '@' and a version. */
bool wy_wit_name_split(wy_str text, wy_wit_name *name_out);

/* Whether `have` may serve an import of `want`, both being full names: the same but for versions,
 * and these compatible (or both absent). */
bool wy_wit_name_compatible(wy_str want, wy_str have);

/* Whether `text` is a label: words of letters and digits, each in one case, joined by '-', the
 * first beginning with a letter. */
bool wy_wit_label_valid(wy_str text);

/* What a label is compared by: two that differ only in case or hyphens are one name (CM: Explainer,
 * Name Uniqueness). A view of `label`, or a copy in `arena`; ptr NULL: no memory. */
wy_str wy_wit_label_key(wy_arena *arena, wy_str label);

#endif
