/* TOML's lexical half: characters and strings. Numbers and dates are in toml_scalar.c, structure in
 * toml.c. */
#include "app/toml_lex.h"

#include <stdio.h>

wy_err wy_toml_fail(wy_toml_lexer *lexer, const char *fmt, ...) {
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return wy_diag_set_line(lexer->diag, WY_MALFORMED, lexer->line, wy_toml_column(lexer), "%s",
                            text);
}

wy_err wy_toml_unexpected(wy_toml_lexer *lexer, const char *expected) {
    unsigned char c = (unsigned char)wy_toml_peek(lexer, 0);
    if (wy_toml_at_end(lexer))
        return wy_toml_fail(lexer, "expected %s, found the end of the file", expected);
    if (c == '\n' || c == '\r')
        return wy_toml_fail(lexer, "expected %s, found the end of the line", expected);
    if (c < 0x20 || c == 0x7f)
        return wy_toml_fail(lexer, "expected %s, found the control character U+%04X", expected, c);
    int len = 1;
    while (len < 4 && (wy_toml_peek(lexer, (size_t)len) & 0xc0) == 0x80)
        len++;
    return wy_toml_fail(lexer, "expected %s, found '%.*s'", expected, len, lexer->at);
}

wy_err wy_toml_nomem(wy_toml_lexer *lexer) {
    return wy_diag_set_line(lexer->diag, WY_NOMEM, lexer->line, wy_toml_column(lexer),
                            "the document needs more memory than it may have");
}

void wy_toml_skip_blanks(wy_toml_lexer *lexer) {
    while (lexer->at < lexer->end && (*lexer->at == ' ' || *lexer->at == '\t'))
        lexer->at++;
}

/* Anything but a tab below U+0020, and U+007F. */
static bool is_control(char c) {
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* A comment if one stands here, up to its newline. */
static wy_err skip_comment(wy_toml_lexer *lexer) {
    if (wy_toml_peek(lexer, 0) != '#') return WY_OK;
    for (; lexer->at < lexer->end; lexer->at++) {
        char c = *lexer->at;
        if (c == '\n' || (c == '\r' && wy_toml_peek(lexer, 1) == '\n')) break;
        if (is_control(c))
            return wy_toml_fail(lexer, "a comment may not hold the control character U+%04X",
                                (unsigned char)c);
    }
    return WY_OK;
}

/* Passes a newline at `at` without looking what stands there. */
static void take_newline(wy_toml_lexer *lexer) {
    lexer->at += *lexer->at == '\r' ? 2 : 1;
    lexer->line++;
    lexer->line_start = lexer->at;
}

static bool is_newline(const wy_toml_lexer *lexer) {
    char c = wy_toml_peek(lexer, 0);
    return c == '\n' || (c == '\r' && wy_toml_peek(lexer, 1) == '\n');
}

/* One newline if it stands here. */
static wy_err skip_newline(wy_toml_lexer *lexer, bool *found_out) {
    bool found = is_newline(lexer);
    if (found)
        take_newline(lexer);
    else if (wy_toml_peek(lexer, 0) == '\r')
        return wy_toml_fail(lexer, "a carriage return without a newline behind it");
    *found_out = found;
    return WY_OK;
}

wy_err wy_toml_skip_space(wy_toml_lexer *lexer) {
    for (bool more = true; more;) {
        wy_toml_skip_blanks(lexer);
        wy_err err = skip_comment(lexer);
        if (err == WY_OK) err = skip_newline(lexer, &more);
        if (err != WY_OK) return err;
    }
    return WY_OK;
}

wy_err wy_toml_end_line(wy_toml_lexer *lexer) {
    wy_toml_skip_blanks(lexer);
    wy_err err = skip_comment(lexer);
    if (err != WY_OK) return err;
    bool found;
    err = skip_newline(lexer, &found);
    if (err != WY_OK) return err;
    if (!found && !wy_toml_at_end(lexer)) return wy_toml_unexpected(lexer, "the end of the line");
    return WY_OK;
}

static size_t utf8_put(char *out, uint32_t c) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

/* \uXXXX and \UXXXXXXXX, with `at` on the first digit. */
static wy_err unicode_escape(wy_toml_lexer *lexer, int digits, char *out, size_t *len) {
    uint32_t c = 0;
    for (int i = 0; i < digits; i++) {
        int digit = wy_hex_digit(wy_toml_peek(lexer, 0));
        if (digit < 0) return wy_toml_unexpected(lexer, "a hexadecimal digit");
        c = c << 4 | (uint32_t)digit;
        lexer->at++;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return wy_toml_fail(lexer, "U+%04X is not a Unicode scalar value", c);
    *len += utf8_put(out + *len, c);
    return WY_OK;
}

/* A backslash at the end of a line: skips all white space up to the next character. */
static wy_err line_continuation(wy_toml_lexer *lexer) {
    wy_toml_skip_blanks(lexer);
    if (!is_newline(lexer)) return wy_toml_unexpected(lexer, "a newline behind the backslash");
    while (is_newline(lexer)) {
        take_newline(lexer);
        wy_toml_skip_blanks(lexer);
    }
    return WY_OK;
}

/* What follows a backslash. Writes at most as many bytes as it reads. */
static wy_err escape(wy_toml_lexer *lexer, bool multi_line, char *out, size_t *len) {
    char c = wy_toml_peek(lexer, 0);
    if (multi_line && (c == ' ' || c == '\t' || is_newline(lexer))) return line_continuation(lexer);
    static const char names[] = "btnfr\"\\";
    static const char values[] = "\b\t\n\f\r\"\\";
    const char *name = c ? strchr(names, c) : NULL;
    if (!name && c != 'u' && c != 'U')
        return wy_toml_unexpected(lexer, "one of b t n f r \" \\ u U behind the backslash");
    lexer->at++;
    if (!name) return unicode_escape(lexer, c == 'u' ? 4 : 8, out, len);
    out[(*len)++] = values[name - names];
    return WY_OK;
}

static bool at_quotes(const wy_toml_lexer *lexer, char quote, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (wy_toml_peek(lexer, i) != quote) return false;
    return true;
}

/* The end of the string at the latest: what bounds the copy. Quotes that do not end it make the
 * result no longer than the input. */
static size_t longest(const wy_toml_lexer *lexer, char quote, bool multi_line) {
    const char *at = lexer->at;
    while (at < lexer->end && (multi_line || *at != '\n')) {
        if (*at == '\\' && quote == '"' && at + 1 < lexer->end) {
            at += 2;
            continue;
        }
        if (*at == quote &&
            (!multi_line || (lexer->end - at >= 3 && at[1] == quote && at[2] == quote)))
            break;
        at++;
    }
    return (size_t)(at - lexer->at) + 2; /* two more quotes may belong to the content */
}

/* One line, no escapes: a view of the document. */
static bool plain_string(wy_toml_lexer *lexer, char quote, wy_str *string_out) {
    const char *at = lexer->at;
    while (at < lexer->end && *at != quote && !is_control(*at) && (*at != '\\' || quote == '\''))
        at++;
    if (at == lexer->end || *at != quote) return false;
    *string_out = (wy_str){lexer->at, (size_t)(at - lexer->at)};
    lexer->at = at + 1;
    return true;
}

/* The content up to and with the closing quotes, copied. */
static wy_err copied_string(wy_toml_lexer *lexer, char quote, bool multi_line, wy_str *string_out) {
    size_t size = longest(lexer, quote, multi_line), len = 0, quotes = multi_line ? 3 : 1;
    char *out = wy_arena_alloc(lexer->arena, size);
    if (!out) return wy_toml_nomem(lexer);
    for (;;) {
        if (wy_toml_at_end(lexer)) return wy_toml_fail(lexer, "the string has no end");
        char c = *lexer->at;
        if (at_quotes(lexer, quote, quotes)) {
            /* one or two quotes right before the closing three belong to the content */
            for (int extra = 0; multi_line && extra < 2 && at_quotes(lexer, quote, 4); extra++) {
                out[len++] = quote;
                lexer->at++;
            }
            lexer->at += quotes;
            break;
        }
        if (is_newline(lexer)) {
            if (!multi_line) return wy_toml_fail(lexer, "the string does not end on its line");
            take_newline(lexer);
            out[len++] = '\n';
        } else if (is_control(c)) {
            return wy_toml_fail(lexer, "a string may not hold the bare control character U+%04X",
                                (unsigned char)c);
        } else if (c == '\\' && quote == '"') {
            lexer->at++;
            wy_err err = escape(lexer, multi_line, out, &len);
            if (err != WY_OK) return err;
        } else {
            out[len++] = c;
            lexer->at++;
        }
        wy_assert(len <= size);
    }
    wy_assert(len <= size);
    *string_out = (wy_str){out, len};
    return WY_OK;
}

wy_err wy_toml_string(wy_toml_lexer *lexer, bool is_key, wy_str *string_out) {
    char quote = wy_toml_peek(lexer, 0);
    wy_assert(quote == '"' || quote == '\'');
    bool multi_line = at_quotes(lexer, quote, 3);
    if (multi_line && is_key) return wy_toml_fail(lexer, "a key may not be a multi-line string");
    lexer->at += multi_line ? 3 : 1;
    if (multi_line) {
        if (is_newline(lexer)) take_newline(lexer); /* the first newline is not content */
    } else if (plain_string(lexer, quote, string_out)) {
        return WY_OK;
    }
    return copied_string(lexer, quote, multi_line, string_out);
}

static bool is_bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

wy_err wy_toml_key_part(wy_toml_lexer *lexer, wy_str *part_out) {
    char c = wy_toml_peek(lexer, 0);
    if (c == '"' || c == '\'') return wy_toml_string(lexer, true, part_out);
    const char *from = lexer->at;
    while (lexer->at < lexer->end && is_bare(*lexer->at))
        lexer->at++;
    if (lexer->at == from) return wy_toml_unexpected(lexer, "a key");
    *part_out = (wy_str){from, (size_t)(lexer->at - from)};
    return WY_OK;
}
