/* Values as bytes, in the order of their type: scalars little-endian, strings and lists with a
 * count in front, variants with the number of the case, flags and handles as 32 bits. */
#ifndef WY_TESTS_DIFFERENTIAL_WIRE_H
#define WY_TESTS_DIFFERENTIAL_WIRE_H

#include "base/arena.h"
#include "base/str.h"
#include "value/type.h"

typedef struct wire_reader {
    const uint8_t *at, *end;
} wire_reader;

/* False when the input ends too early. */
bool wire_u32(wire_reader *in, uint32_t *out);
bool wire_bytes(wire_reader *in, wy_str *out);

/* False when the bytes are not a value of that type. Strings point into the input, lists lie in the
 * arena. */
bool wire_read(wire_reader *in, wy_arena *arena, const wy_type *type, void *out);
void wire_write(wy_buf *out, const wy_type *type, const void *value);

#endif
