/* What lift.c, lower.c and string.c share: guest memory with its checks, and strings. */
#ifndef WY_ABI_CONVERT_H
#define WY_ABI_CONVERT_H

#include "abi/abi.h"
#include "abi/scalar.h"
#include "base/limits.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guest memory is little-endian");

/* CM: utf16_tag, of 32-bit memories and of strings in host memory. */
#define WY_UTF16_TAG ((uint32_t)1 << 31)
/* The same of 64-bit memories. */
#define WY_UTF16_TAG64 ((uint64_t)1 << 63)

/* The walks over values are written once for memories of both kinds. Each function of a walk takes
 * the kind as a constant and is inlined into the two functions that recursion goes through, so that
 * a walk over a 32-bit memory never asks. */
#define WY_WALK static inline __attribute__((always_inline))

/* CM: align_to */
static inline uint64_t wy_align_to(uint64_t at, uint32_t align) {
    return (at + align - 1) & ~(uint64_t)(align - 1);
}

WY_WALK uint32_t wy_guest_size(const wy_type *type, const bool is_64) {
    return is_64 ? type->size64 : type->size32;
}

WY_WALK uint32_t wy_guest_align(const wy_type *type, const bool is_64) {
    return is_64 ? type->align64 : type->align32;
}

/* A pointer or length among core values. */
WY_WALK uint64_t wy_flat_address(const wy_raw *flat, const bool is_64) {
    return is_64 ? (uint64_t)flat->i64 : (uint32_t)flat->i32;
}

/* CM: trap_if(ptr != align_to(ptr, alignment)); trap_if(ptr + size > len(memory)) */
static inline bool wy_range_valid(wy_lift_lower_cx *cx, uint64_t ptr, uint64_t size,
                                  uint32_t align) {
    if (WY_UNLIKELY(ptr & (align - 1))) return false;
    if (WY_LIKELY(size <= cx->memory_size && ptr <= cx->memory_size - size)) return true;
    if (cx->memory_size_now) cx->memory_size = cx->memory_size_now(cx);
    return size <= cx->memory_size && ptr <= cx->memory_size - size;
}

/* The trap of a range that is not valid; `what`: "a list", "the parameters". */
own wy_trap *wy_range_trap(const wy_lift_lower_cx *cx, const char *what, uint64_t ptr,
                           uint64_t size, uint32_t align);

/* CM: unpack_flags_from_int: bits without a label are ignored. */
static inline uint32_t wy_flags_known(const wy_type *type, uint32_t bits) {
    return type->count < 32 ? bits & (((uint32_t)1 << type->count) - 1) : bits;
}

/* The trap of a discriminant that is not below the number of cases. */
own wy_trap *wy_case_trap(const wy_type *type, uint32_t index);

/* CM: the checks of load_list */
own wy_trap *wy_list_check(wy_lift_lower_cx *cx, const wy_type *elem, uint64_t ptr,
                           uint64_t len) WY_MUST_USE;

/* CM: lift_own, lift_borrow; lower_own, lower_borrow */
own wy_trap *wy_handle_lift(wy_lift_lower_cx *cx, const wy_type *type, uint32_t index,
                            wy_handle *rep_out) WY_MUST_USE;
own wy_trap *wy_handle_lower(wy_lift_lower_cx *cx, const wy_type *type, wy_handle rep,
                             uint32_t *index_out) WY_MUST_USE;

/* The trap when the call's arena is exhausted. */
own wy_trap *wy_call_arena_trap(void);

/* CM: cx.reallocate, and the checks of its result that follow it everywhere. */
own wy_trap *wy_reallocate(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size,
                           uint32_t align, uint32_t new_size, uint64_t *ptr_out) WY_MUST_USE;

/* When `bytes` at `ptr` are what wy_abi_reserve handed out: *ptr_out is where they lie, shrunk to
 * size, and true. Else false. */
bool wy_take_reserved(wy_lift_lower_cx *cx, const void *ptr, size_t bytes, uint64_t *ptr_out,
                      own wy_trap **trap_out);

/* CM: load_string_from_range */
own wy_trap *wy_string_lift(wy_lift_lower_cx *cx, uint64_t ptr, uint64_t tagged_code_units,
                            wy_str *out) WY_MUST_USE;
/* CM: store_string_into_range */
own wy_trap *wy_string_lower(wy_lift_lower_cx *cx, wy_str s, uint64_t *ptr_out,
                             uint64_t *tagged_code_units_out) WY_MUST_USE;

#endif
