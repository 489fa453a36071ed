/* Copies of values: what shares nothing with the original, for who keeps a value that is a view. */
#ifndef WY_VALUE_COPY_H
#define WY_VALUE_COPY_H

#include "base/arena.h"
#include "value/type.h"

/* Copies a value and all it points to; handles are copied as the numbers they are. `out` has
 * type->size bytes. WY_LIMIT: the arena is full. */
wy_err wy_value_copy(wy_arena *arena, const wy_type *type, const void *value,
                     void *out) WY_MUST_USE;

/* Which case a value of a variant kind has, and choosing one; the payload is not touched. */
uint32_t wy_value_case(const wy_type *type, const void *value);
void wy_value_set_case(const wy_type *type, void *value, uint32_t index);

#endif
