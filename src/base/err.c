/* Texts of error codes, and the writing of diagnoses. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *text;
    int exit_code;
} err_table[] = {
#define WY_ERR(name, exit_code, text) {#name, text, exit_code},
#include "base/err.def"
#undef WY_ERR
};

#define ERR_COUNT (sizeof err_table / sizeof err_table[0])

const char *wy_err_text(wy_err err) {
    wy_assert((size_t)err < ERR_COUNT);
    return err_table[err].text;
}

const char *wy_err_name(wy_err err) {
    wy_assert((size_t)err < ERR_COUNT);
    return err_table[err].name;
}

int wy_err_exit_code(wy_err err) {
    wy_assert((size_t)err < ERR_COUNT);
    return err_table[err].exit_code;
}

void wy_diag_init(wy_diag *diag) {
    diag->err = WY_OK;
    diag->has_offset = false;
    diag->offset = 0;
    diag->line = diag->column = 0;
    diag->text[0] = '\0';
}

wy_err wy_diag_setv(wy_diag *diag, wy_err err, const char *fmt, va_list args) {
    if (!diag || diag->err != WY_OK) return err;
    diag->err = err;
    vsnprintf(diag->text, sizeof diag->text, fmt, args);
    return err;
}

wy_err wy_diag_set(wy_diag *diag, wy_err err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    wy_diag_setv(diag, err, fmt, args);
    va_end(args);
    return err;
}

wy_err wy_diag_set_at(wy_diag *diag, wy_err err, uint64_t offset, const char *fmt, ...) {
    if (diag && diag->err == WY_OK) {
        diag->has_offset = true;
        diag->offset = offset;
    }
    va_list args;
    va_start(args, fmt);
    wy_diag_setv(diag, err, fmt, args);
    va_end(args);
    return err;
}

wy_err wy_diag_set_line(wy_diag *diag, wy_err err, uint32_t line, uint32_t column, const char *fmt,
                        ...) {
    if (diag && diag->err == WY_OK) {
        diag->line = line;
        diag->column = column;
    }
    va_list args;
    va_start(args, fmt);
    wy_diag_setv(diag, err, fmt, args);
    va_end(args);
    return err;
}

void wy_diag_prefix(wy_diag *diag, const char *fmt, ...) {
    if (!diag || diag->err == WY_OK) return;
    char old[WY_DIAG_TEXT_MAX];
    memcpy(old, diag->text, sizeof old);
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(diag->text, sizeof diag->text, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof diag->text) return;
    size_t left = sizeof diag->text - (size_t)n;
    snprintf(diag->text + n, left, ": %.*s", (int)(left > 3 ? left - 3 : 0), old);
}
