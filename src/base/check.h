/* Assertions and compiler attributes. Assertions stay on in release builds: a failed one is our own
 * bug, never a guest's or a peer's fault (those are traps and wy_err values). */
#ifndef WY_BASE_CHECK_H
#define WY_BASE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WY_MUST_USE __attribute__((warn_unused_result))
#define WY_NORETURN __attribute__((noreturn))
#define WY_PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))
#define WY_LIKELY(x) __builtin_expect(!!(x), 1)
#define WY_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Marks a pointer whose ownership moves across the call (as in wasm.h). */
#define own

/* Prints the place and aborts. */
WY_NORETURN void wy_assert_failed(const char *expr, const char *file, int line);

#define wy_assert(expr) (WY_LIKELY(expr) ? (void)0 : wy_assert_failed(#expr, __FILE__, __LINE__))

/* Defence that cannot fire by the code's own invariants. */
#define WY_NEVER(expr)                                                                             \
    (WY_UNLIKELY(expr) ? (wy_assert_failed(#expr, __FILE__, __LINE__), true) : false)

#endif
