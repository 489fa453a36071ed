/* Lexer: WIT text -> tokens, one at a time. What a word means is the parser's business. */
#ifndef WY_WIT_LEXER_H
#define WY_WIT_LEXER_H

#include "wit/model.h"

typedef enum wy_wit_token_kind {
    WY_WIT_TOKEN_END,
    WY_WIT_TOKEN_ID, /* keyword or name; text without '%' */
    WY_WIT_TOKEN_INTEGER,
    WY_WIT_TOKEN_STRING,   /* text between the quotes */
    WY_WIT_TOKEN_VERSION,  /* only from wy_wit_lexer_version */
    WY_WIT_TOKEN_OPERATOR, /* one of = , : ; ( ) { } < > * -> / . @ _ */
} wy_wit_token_kind;

typedef struct wy_wit_token {
    wy_wit_token_kind kind;
    bool escaped; /* ID written with '%': never a keyword */
    wy_str text;
    wy_str gap; /* space and comments between the token before and this one */
    wy_wit_pos pos;
} wy_wit_token;

typedef struct wy_wit_lexer {
    const wy_wit_file *file;
    size_t at; /* first byte not yet consumed */
} wy_wit_lexer;

/* `file` must outlive the lexer and all tokens. */
void wy_wit_lexer_init(wy_wit_lexer *lexer, const wy_wit_file *file);
/* The next token; END at the end, again and again. Fails with WY_MALFORMED at a character, label,
 * string or comment that is none. */
wy_err wy_wit_lexer_next(wy_wit_lexer *lexer, wy_wit_token *token_out, wy_diag *diag) WY_MUST_USE;
/* Reads a version here instead of a token: where '@' or `version =` was the last one. */
wy_err wy_wit_lexer_version(wy_wit_lexer *lexer, wy_wit_token *token_out,
                            wy_diag *diag) WY_MUST_USE;

/* Reports "file:line:column: text", the line itself and a caret under the column. Lines and columns
 * count from 1, columns in characters. `pos.file` NULL: the text alone. Returns `err`. */
wy_err wy_wit_error(wy_diag *diag, wy_err err, wy_wit_pos pos, const char *fmt, ...)
    WY_PRINTF(4, 5);

/* Whether `word` is reserved: as a name it must be written with '%'. */
bool wy_wit_is_keyword(wy_str word);

#endif
