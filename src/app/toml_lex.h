/* TOML's lexical half: characters, strings, numbers, dates. Used by toml.c alone. */
#ifndef WY_APP_TOML_LEX_H
#define WY_APP_TOML_LEX_H

#include "app/toml.h"

#include <locale.h>

/* Where the reader stands. Every function below returns WY_OK or reports the error at the place
 * where it was met. */
typedef struct wy_toml_lexer {
    wy_arena *arena;
    wy_diag *diag;
    const char *start, *at, *end;
    const char *line_start;
    uint32_t line;     /* of `at`, 1-based */
    locale_t c_locale; /* for strtod_l; owned by wy_toml_parse */
} wy_toml_lexer;

static inline uint32_t wy_toml_column(const wy_toml_lexer *lexer) {
    return (uint32_t)(lexer->at - lexer->line_start) + 1;
}
static inline bool wy_toml_at_end(const wy_toml_lexer *lexer) {
    return lexer->at == lexer->end;
}
/* The next byte, or 0 at the end (a NUL is no legal character outside this meaning). */
static inline char wy_toml_peek(const wy_toml_lexer *lexer, size_t ahead) {
    return (size_t)(lexer->end - lexer->at) > ahead ? lexer->at[ahead] : '\0';
}

/* Reports WY_MALFORMED at the current place. */
wy_err wy_toml_fail(wy_toml_lexer *lexer, const char *fmt, ...) WY_PRINTF(2, 3);
/* Reports that something else than `expected` was found here. */
wy_err wy_toml_unexpected(wy_toml_lexer *lexer, const char *expected);
wy_err wy_toml_nomem(wy_toml_lexer *lexer);

/* Spaces and tabs. */
void wy_toml_skip_blanks(wy_toml_lexer *lexer);
/* Blanks, comments and newlines. */
wy_err wy_toml_skip_space(wy_toml_lexer *lexer);
/* Blanks and a comment, then a newline or the end. */
wy_err wy_toml_end_line(wy_toml_lexer *lexer);

/* Any of the four string forms; a key may not be multi-line. */
wy_err wy_toml_string(wy_toml_lexer *lexer, bool is_key, wy_str *string_out);
/* A bare or quoted key part. */
wy_err wy_toml_key_part(wy_toml_lexer *lexer, wy_str *part_out);
/* Boolean, number or date: whatever is neither string, array nor table. */
wy_err wy_toml_scalar(wy_toml_lexer *lexer, wy_toml *value);

#endif
