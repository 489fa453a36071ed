/* Parser: one file of WIT text -> packages of the model (model.h), names not yet looked up.
 * Which files make up a package is the set's business (set.h). */
#ifndef WY_WIT_PARSE_H
#define WY_WIT_PARSE_H

#include "base/arena.h"
#include "wit/model.h"

/* What one file holds: packages[0] is the file's own, without a name when the file has no package
 * line; behind it those written as `package a:b { ... }`. */
typedef struct wy_wit_parsed {
    wy_wit_package **packages;
    uint32_t package_count, package_cap;
} wy_wit_parsed;

/* Everything made lives in `arena` and points into `file->text`; `file` must live as long. Fails
 * with WY_MALFORMED at what is not WIT, WY_INVALID at a name defined twice, WY_LIMIT at types
 * nested too deep or when the arena is full. */
wy_err wy_wit_parse(wy_arena *arena, const wy_wit_file *file, wy_wit_parsed *parsed_out,
                    wy_diag *diag) WY_MUST_USE;

#endif
