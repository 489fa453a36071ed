/* Lexer: see lexer.h. Works on bytes; text must be UTF-8, which the parser has checked. */
#include "wit/lexer.h"

#include "base/text.h"
#include "wit/semver.h"

void wy_wit_lexer_init(wy_wit_lexer *lexer, const wy_wit_file *file) {
    *lexer = (wy_wit_lexer){.file = file};
}

wy_err wy_wit_error(wy_diag *diag, wy_err err, wy_wit_pos pos, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    if (pos.file)
        wy_text_failv(diag, err, pos.file->path, pos.file->text, pos.offset, fmt, args);
    else
        wy_diag_setv(diag, err, fmt, args);
    va_end(args);
    return err;
}

/* --- characters --- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char peek(const wy_wit_lexer *lexer, size_t ahead) {
    wy_str text = lexer->file->text;
    return lexer->at + ahead < text.len ? text.ptr[lexer->at + ahead] : '\0';
}

static bool at_end(const wy_wit_lexer *lexer) {
    return lexer->at >= lexer->file->text.len;
}

static wy_wit_pos here(const wy_wit_lexer *lexer) {
    return (wy_wit_pos){lexer->file, (uint32_t)lexer->at};
}

/* Block comments nest. */
static wy_err skip_block_comment(wy_wit_lexer *lexer, wy_diag *diag) {
    wy_wit_pos start = here(lexer);
    uint32_t depth = 0;
    do {
        if (at_end(lexer))
            return wy_wit_error(diag, WY_MALFORMED, start, "the comment is never closed");
        if (peek(lexer, 0) == '/' && peek(lexer, 1) == '*') {
            depth++;
            lexer->at += 2;
        } else if (peek(lexer, 0) == '*' && peek(lexer, 1) == '/') {
            depth--;
            lexer->at += 2;
        } else {
            lexer->at++;
        }
    } while (depth);
    return WY_OK;
}

static wy_err skip_space(wy_wit_lexer *lexer, wy_diag *diag) {
    for (;;) {
        char c = peek(lexer, 0);
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            lexer->at++;
        } else if (c == '/' && peek(lexer, 1) == '/') {
            while (!at_end(lexer) && peek(lexer, 0) != '\n')
                lexer->at++;
        } else if (c == '/' && peek(lexer, 1) == '*') {
            wy_err err = skip_block_comment(lexer, diag);
            if (err) return err;
        } else {
            return WY_OK;
        }
    }
}

/* --- tokens --- */

static wy_str since(const wy_wit_lexer *lexer, size_t start) {
    return wy_str_sub(lexer->file->text, start, lexer->at);
}

static wy_err read_label(wy_wit_lexer *lexer, wy_wit_token *token, wy_diag *diag) {
    token->kind = WY_WIT_TOKEN_ID;
    token->escaped = peek(lexer, 0) == '%';
    lexer->at += token->escaped;
    size_t start = lexer->at;
    while (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0)) ||
           (peek(lexer, 0) == '-' && peek(lexer, 1) != '>'))
        lexer->at++;
    token->text = since(lexer, start);
    if (wy_wit_label_valid(token->text)) return WY_OK;
    return wy_wit_error(diag, WY_MALFORMED, token->pos,
                        "\"" WY_STR_FMT
                        "\" is not a name: words of letters and digits, each in one "
                        "case, joined by '-'",
                        WY_STR_ARG(token->text));
}

/* A byte that may stand in a string: no control character. */
static bool is_text(char c) {
    return (unsigned char)c >= 0x20 && c != 0x7f;
}

static wy_err read_string(wy_wit_lexer *lexer, wy_wit_token *token, wy_diag *diag) {
    size_t start = ++lexer->at;
    token->kind = WY_WIT_TOKEN_STRING;
    while (is_text(peek(lexer, 0)) && peek(lexer, 0) != '"')
        lexer->at += peek(lexer, 0) == '\\' && is_text(peek(lexer, 1)) ? 2 : 1;
    token->text = since(lexer, start);
    if (peek(lexer, 0) != '"')
        return wy_wit_error(diag, WY_MALFORMED, token->pos, "the string is never closed");
    lexer->at++;
    return WY_OK;
}

wy_err wy_wit_lexer_next(wy_wit_lexer *lexer, wy_wit_token *token_out, wy_diag *diag) {
    size_t gap = lexer->at;
    wy_err err = skip_space(lexer, diag);
    if (err) return err;
    *token_out =
        (wy_wit_token){.kind = WY_WIT_TOKEN_END, .gap = since(lexer, gap), .pos = here(lexer)};
    if (at_end(lexer)) return WY_OK;
    char c = peek(lexer, 0);
    if (is_letter(c) || c == '%') return read_label(lexer, token_out, diag);
    if (c == '"') return read_string(lexer, token_out, diag);
    size_t start = lexer->at;
    if (is_digit(c)) {
        token_out->kind = WY_WIT_TOKEN_INTEGER;
        while (is_digit(peek(lexer, 0)))
            lexer->at++;
    } else if (c != '\0' && strchr("=,:;(){}<>*/.@_", c)) {
        token_out->kind = WY_WIT_TOKEN_OPERATOR;
        lexer->at++;
    } else if (c == '-' && peek(lexer, 1) == '>') {
        token_out->kind = WY_WIT_TOKEN_OPERATOR;
        lexer->at += 2;
    } else if (c > ' ' && c < 0x7f) {
        return wy_wit_error(diag, WY_MALFORMED, token_out->pos, "unexpected character '%c'", c);
    } else {
        return wy_wit_error(diag, WY_MALFORMED, token_out->pos, "unexpected byte 0x%02x",
                            (unsigned char)c);
    }
    token_out->text = since(lexer, start);
    return WY_OK;
}

wy_err wy_wit_lexer_version(wy_wit_lexer *lexer, wy_wit_token *token_out, wy_diag *diag) {
    wy_err err = skip_space(lexer, diag);
    if (err) return err;
    *token_out = (wy_wit_token){.kind = WY_WIT_TOKEN_VERSION, .pos = here(lexer)};
    size_t start = lexer->at;
    for (;; lexer->at++) {
        char c = peek(lexer, 0), next = peek(lexer, 1);
        if (is_letter(c) || is_digit(c) || c == '-' || c == '+') continue;
        /* "@0.2.12.{name}": the last dot is not the version's. */
        if (c != '.' || !(is_letter(next) || is_digit(next) || next == '-')) break;
    }
    token_out->text = since(lexer, start);
    wy_semver version;
    if (wy_semver_parse(token_out->text, &version)) return WY_OK;
    return wy_wit_error(diag, WY_MALFORMED, token_out->pos,
                        "\"" WY_STR_FMT "\" is not a version such as 1.2.3",
                        WY_STR_ARG(token_out->text));
}

bool wy_wit_is_keyword(wy_str word) {
    static const char *const keywords[] = {
        "as",      "async",   "bool",      "borrow", "char",    "constructor", "enum",
        "export",  "f32",     "f64",       "flags",  "from",    "func",        "future",
        "import",  "include", "interface", "list",   "map",     "option",      "own",
        "package", "record",  "resource",  "result", "s16",     "s32",         "s64",
        "s8",      "static",  "stream",    "string", "tuple",   "type",        "u16",
        "u32",     "u64",     "u8",        "use",    "variant", "with",        "world"};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (wy_str_eqz(word, keywords[i])) return true;
    return false;
}
