/* Component values as the scripts' JSON writes them, to and from host memory. */
#ifndef WY_TESTS_CONFORMANCE_VALUE_H
#define WY_TESTS_CONFORMANCE_VALUE_H

#include "base/arena.h"
#include "value/type.h"

#include <jansson.h>

/* Fills the `type->size` bytes at `out`; what it points to lies in `arena`. False: `json` is not a
 * value of the type. */
bool value_read(wy_arena *arena, const wy_type *type, const json_t *json, void *out) WY_MUST_USE;

/* Whether the value is what `json` says. NaN patterns ("nan:canonical") match any NaN. */
bool value_equals(const wy_type *type, const void *value, const json_t *json) WY_MUST_USE;

#endif
