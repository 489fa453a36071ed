/* What lift.c, lower.c and string.c share: guest memory with its checks, and strings. */
#ifndef WY_ABI_CONVERT_H
#define WY_ABI_CONVERT_H

#include "abi/abi.h"
#include "base/limits.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "guest memory is little-endian");

/* CM: utf16_tag */
#define WY_UTF16_TAG ((uint32_t)1 << 31)

/* CM: trap_if(ptr != align_to(ptr, alignment)); trap_if(ptr + size > len(memory)) */
static inline bool wy_range_valid(const wy_lift_lower_cx *cx, uint32_t ptr, uint64_t size,
                                  uint32_t align) {
    return (ptr & (align - 1)) == 0 && size <= cx->memory_size && ptr <= cx->memory_size - size;
}

/* The trap of a range that is not valid; `what`: "a list", "the parameters". */
own wy_trap *wy_range_trap(const wy_lift_lower_cx *cx, const char *what, uint32_t ptr,
                           uint64_t size, uint32_t align);

/* The trap when the call's arena is exhausted. */
own wy_trap *wy_call_arena_trap(void);

/* CM: cx.reallocate, and the checks of its result that follow it everywhere. */
own wy_trap *wy_reallocate(wy_lift_lower_cx *cx, uint32_t old_ptr, uint32_t old_size,
                           uint32_t align, uint32_t new_size, uint32_t *ptr_out) WY_MUST_USE;

/* When `bytes` at `ptr` are what wy_abi_reserve handed out: *ptr_out is where they lie, shrunk to
 * size, and true. Else false. */
bool wy_take_reserved(wy_lift_lower_cx *cx, const void *ptr, size_t bytes, uint32_t *ptr_out,
                      own wy_trap **trap_out);

/* CM: load_string_from_range */
own wy_trap *wy_string_lift(wy_lift_lower_cx *cx, uint32_t ptr, uint32_t tagged_code_units,
                            wy_str *out) WY_MUST_USE;
/* CM: store_string_into_range */
own wy_trap *wy_string_lower(wy_lift_lower_cx *cx, wy_str s, uint32_t *ptr_out,
                             uint32_t *tagged_code_units_out) WY_MUST_USE;

#endif
