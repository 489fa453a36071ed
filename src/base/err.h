/* Error codes, and the diagnosis that goes with one where outside input is read.
 *
 * Three kinds of failure are never mixed: our bug (wy_assert), the guest's fault (a trap of that
 * instance), the world's fault (a wy_err returned). */
#ifndef WY_BASE_ERR_H
#define WY_BASE_ERR_H

#include "base/check.h"

#include <stdarg.h>

typedef enum wy_err {
#define WY_ERR(name, exit_code, text) WY_##name,
#include "base/err.def"
#undef WY_ERR
} wy_err;

#define WY_DIAG_TEXT_MAX 16384

/* Says in words what went wrong, where. Plain data, owned by whoever declares it; no allocation.
 * The first report wins: later ones are kept out so that the root cause is what a user reads. */
typedef struct wy_diag {
    wy_err err;                  /* WY_OK while nothing was reported */
    bool has_offset;             /* `offset` is meaningful */
    uint64_t offset;             /* byte offset in the input */
    uint32_t line, column;       /* 1-based place in a text input; 0 where there is none */
    char text[WY_DIAG_TEXT_MAX]; /* what, which limit, how to fix; NUL-terminated, maybe cut */
} wy_diag;

/* Short lower-case text of a code; static memory. */
const char *wy_err_text(wy_err err);
/* The name without prefix ("NOT_FOUND"); static memory. */
const char *wy_err_name(wy_err err);
/* Exit status of the command for a code. */
int wy_err_exit_code(wy_err err);

void wy_diag_init(wy_diag *diag);

/* Each reports `err` with a formatted text and returns it, so that a caller can write
 * `return wy_diag_set(diag, WY_INVALID, ...)`. `diag` may be NULL. */
wy_err wy_diag_set(wy_diag *diag, wy_err err, const char *fmt, ...) WY_PRINTF(3, 4);
wy_err wy_diag_set_at(wy_diag *diag, wy_err err, uint64_t offset, const char *fmt, ...)
    WY_PRINTF(4, 5);
wy_err wy_diag_set_line(wy_diag *diag, wy_err err, uint32_t line, uint32_t column, const char *fmt,
                        ...) WY_PRINTF(5, 6);
wy_err wy_diag_setv(wy_diag *diag, wy_err err, const char *fmt, va_list args);

/* Puts "fmt: " before what is reported already (the file name, the component's name). */
void wy_diag_prefix(wy_diag *diag, const char *fmt, ...) WY_PRINTF(2, 3);

#endif
