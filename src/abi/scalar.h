/* Scalars among core values (CM: lift_flat, lower_flat of bool to char): the part of the canonical
 * ABI that needs neither memory nor tables, inline for the walks over values and for calls that
 * pass nothing else. */
#ifndef WY_ABI_SCALAR_H
#define WY_ABI_SCALAR_H

#include "engine/engine.h"
#include "value/type.h"

#include <string.h>

_Static_assert(WY_KIND_BOOL == 0 && WY_KIND_CHAR == 11, "the scalars are the first kinds");
#define WY_SCALAR_SIZE 8 /* no scalar is longer */

static inline bool wy_type_is_scalar(const wy_type *type) {
    return type->kind <= WY_KIND_CHAR;
}

/* CM: canonicalize_nan32, canonicalize_nan64 */
static inline void wy_f32_put(void *out, uint32_t bits) {
    if ((bits & 0x7fffffffu) > 0x7f800000u) bits = 0x7fc00000u;
    memcpy(out, &bits, 4);
}

static inline void wy_f64_put(void *out, uint64_t bits) {
    if ((bits & 0x7fffffffffffffffu) > 0x7ff0000000000000u) bits = 0x7ff8000000000000u;
    memcpy(out, &bits, 8);
}

/* CM: convert_i32_to_char */
static inline bool wy_char_valid(uint32_t code) {
    return code < 0xd800 || (code > 0xdfff && code < 0x110000);
}

/* A core value is read by its low bits, whatever the joined type is that it was passed in: that is
 * what CM: CoerceValueIter comes to on a little-endian machine. False: not a char. */
static inline bool wy_scalar_lift(uint8_t kind, const wy_raw *flat, void *out) {
    switch (kind) {
    case WY_KIND_BOOL: *(uint8_t *)out = flat->i32 != 0; return true;
    case WY_KIND_S8:
    case WY_KIND_U8: memcpy(out, &flat->i32, 1); return true;
    case WY_KIND_S16:
    case WY_KIND_U16: memcpy(out, &flat->i32, 2); return true;
    case WY_KIND_S32:
    case WY_KIND_U32: memcpy(out, &flat->i32, 4); return true;
    case WY_KIND_S64:
    case WY_KIND_U64: memcpy(out, &flat->i64, 8); return true;
    case WY_KIND_F32: wy_f32_put(out, (uint32_t)flat->i32); return true;
    case WY_KIND_F64: wy_f64_put(out, (uint64_t)flat->i64); return true;
    case WY_KIND_CHAR: memcpy(out, &flat->i32, 4); return wy_char_valid((uint32_t)flat->i32);
    default: break;
    }
    wy_assert(!"a scalar");
    return false;
}

/* A 32-bit value fills its slot zero-extended, so that it is right for whatever type cases were
 * joined to (CM: lower_flat_variant). */
static inline void wy_scalar_lower(uint8_t kind, const void *value, wy_raw *flat) {
    switch (kind) {
    case WY_KIND_BOOL:
    case WY_KIND_U8: flat->i64 = *(const uint8_t *)value; return;
    case WY_KIND_S8: flat->i64 = (uint32_t) * (const int8_t *)value; return;
    case WY_KIND_S16: flat->i64 = (uint32_t) * (const int16_t *)value; return;
    case WY_KIND_U16: flat->i64 = *(const uint16_t *)value; return;
    case WY_KIND_S32:
    case WY_KIND_U32:
    case WY_KIND_F32:
    case WY_KIND_CHAR: flat->i64 = *(const uint32_t *)value; return;
    case WY_KIND_S64:
    case WY_KIND_U64:
    case WY_KIND_F64: flat->i64 = *(const int64_t *)value; return;
    default: break;
    }
    wy_assert(!"a scalar");
}

#endif
