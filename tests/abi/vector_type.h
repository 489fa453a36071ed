/* Type descriptors from JSON: "u8", {"record": [["x", "u8"]]}, {"list": T, "len": 3}, ... */
#ifndef WY_TESTS_ABI_VECTOR_TYPE_H
#define WY_TESTS_ABI_VECTOR_TYPE_H

#include "base/arena.h"
#include "value/type.h"

#include <jansson.h>

/* Laid out, in the arena. NULL: not a type. A null in JSON is *no* type: ask json_is_null first. */
const wy_type *vector_type(wy_arena *arena, const json_t *json);
/* The tuple of the types in a JSON array (may be empty). */
const wy_type *vector_type_tuple(wy_arena *arena, const json_t *types);

#endif
