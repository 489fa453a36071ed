/* The WAVE parser's own header: a cursor over the text, and its tokens; others include wave.h.
 *
 * Every function that can fail returns false with `err` set and reported. */
#ifndef WY_VALUE_WAVE_SCAN_H
#define WY_VALUE_WAVE_SCAN_H

#include "base/arena.h"
#include "value/type.h"

typedef struct wy_wave_scan {
    wy_str text;
    size_t at; /* first byte not yet consumed */
    wy_arena *arena;
    wy_diag *diag;
    wy_err err;
} wy_wave_scan;

typedef struct wy_wave_label {
    wy_str name;  /* without '%' */
    bool keyword; /* one of WAVE's words, written without '%' */
    size_t at;    /* where it begins */
} wy_wave_label;

/* --- failures; each returns false --- */
bool wy_wave_fail(wy_wave_scan *s, size_t at, wy_err err, const char *fmt, ...) WY_PRINTF(4, 5);
bool wy_wave_no_memory(wy_wave_scan *s);
/* "expected `what`, found ..." at the cursor. */
bool wy_wave_expected(wy_wave_scan *s, const char *what);

/* --- tokens; white space and comments in front of each are skipped --- */
void wy_wave_skip(wy_wave_scan *s);
/* The next character, not consumed; 0 at the end. */
char wy_wave_peek(wy_wave_scan *s);
/* Consumes `c` if it comes next. */
bool wy_wave_accept(wy_wave_scan *s, char c);
/* Consumes `c`, or fails with "expected `what`". */
bool wy_wave_need(wy_wave_scan *s, char c, const char *what);
/* A label if one comes next; false: none does, nothing is reported. */
bool wy_wave_label_next(wy_wave_scan *s, wy_wave_label *label_out);
/* The text of a number, sign included; `what` says of what kind. */
bool wy_wave_number(wy_wave_scan *s, const char *what, wy_str *number_out);
/* 'c' */
bool wy_wave_char(wy_wave_scan *s, uint32_t *char_out);
/* "..." or """...""", unescaped into the arena. */
bool wy_wave_string(wy_wave_scan *s, wy_str *string_out);

bool wy_wave_is_keyword(wy_str word);
/* What WAVE calls a case: none, some, ok and err, whatever the descriptor does; else its name. */
wy_str wy_wave_case_name(const wy_type *type, uint32_t index);

#endif
