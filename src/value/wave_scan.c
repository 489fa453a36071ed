/* Tokens of WAVE: see wave_scan.h. Works on bytes; the text is UTF-8, which wave.c has checked. */
#include "value/wave_scan.h"

#include "base/text.h"
#include "value/wave.h"

#define FOUND_MAX 24 /* bytes of the text that an error quotes */

/* --- failures --- */

bool wy_wave_fail(wy_wave_scan *s, size_t at, wy_err err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    s->err = wy_text_failv(s->diag, err, (wy_str){0}, s->text, at, fmt, args);
    va_end(args);
    return false;
}

bool wy_wave_no_memory(wy_wave_scan *s) {
    return wy_wave_fail(s, s->at, WY_LIMIT, "the value is larger than its memory limit");
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_word(char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '%' || c == '.' || c == '_';
}

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

bool wy_wave_expected(wy_wave_scan *s, const char *what) {
    wy_wave_skip(s);
    if (s->at == s->text.len)
        return wy_wave_fail(s, s->at, WY_MALFORMED, "expected %s, found the end", what);
    size_t end = s->at;
    while (end < s->text.len && end - s->at < FOUND_MAX && is_word(s->text.ptr[end]))
        end++;
    if (end == s->at)
        while (++end < s->text.len && is_continuation(s->text.ptr[end]))
            continue;
    return wy_wave_fail(s, s->at, WY_MALFORMED, "expected %s, found " WY_STR_FMT, what,
                        WY_STR_ARG(wy_str_sub(s->text, s->at, end)));
}

/* --- characters --- */

static char ahead(const wy_wave_scan *s, size_t by) {
    return s->at + by < s->text.len ? s->text.ptr[s->at + by] : '\0';
}

static bool starts(const wy_wave_scan *s, wy_str word) {
    return wy_str_starts(wy_str_sub(s->text, s->at, s->text.len), word);
}

void wy_wave_skip(wy_wave_scan *s) {
    for (; s->at < s->text.len; s->at++) {
        char c = s->text.ptr[s->at];
        if (c == '/' && ahead(s, 1) == '/')
            s->at += wy_str_find(wy_str_sub(s->text, s->at, s->text.len), '\n');
        else if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
    }
    s->at = s->text.len; /* a comment that ends with the text */
}

char wy_wave_peek(wy_wave_scan *s) {
    wy_wave_skip(s);
    return ahead(s, 0);
}

bool wy_wave_accept(wy_wave_scan *s, char c) {
    if (wy_wave_peek(s) != c) return false;
    s->at++;
    return true;
}

bool wy_wave_need(wy_wave_scan *s, char c, const char *what) {
    return wy_wave_accept(s, c) || wy_wave_expected(s, what);
}

/* --- labels --- */

/* Bytes of the label that the text begins with; 0: none. */
static size_t label_length(wy_str text) {
    size_t len = 0, word = 0; /* `word`: where the current one begins */
    if (text.len == 0 || !is_letter(text.ptr[0])) return 0;
    for (; len < text.len; len++) {
        char c = text.ptr[len];
        if (is_letter(c) || is_digit(c)) continue;
        bool more =
            len + 1 < text.len && (is_letter(text.ptr[len + 1]) || is_digit(text.ptr[len + 1]));
        if (c != '-' || len == word || !more) break;
        word = len + 1;
    }
    return len;
}

bool wy_wave_is_label(wy_str text) {
    return text.len > 0 && label_length(text) == text.len;
}

bool wy_wave_is_keyword(wy_str word) {
    static const char *const keywords[] = {"true", "false", "some", "none",
                                           "ok",   "err",   "inf",  "nan"};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (wy_str_eqz(word, keywords[i])) return true;
    return false;
}

wy_str wy_wave_case_name(const wy_type *type, uint32_t index) {
    static const wy_str options[] = {WY_STR("none"), WY_STR("some")};
    static const wy_str results[] = {WY_STR("ok"), WY_STR("err")};
    wy_assert(index < type->count);
    return type->kind == WY_KIND_OPTION   ? options[index]
           : type->kind == WY_KIND_RESULT ? results[index]
                                          : type->fields[index].name;
}

bool wy_wave_label_next(wy_wave_scan *s, wy_wave_label *label_out) {
    wy_wave_skip(s);
    size_t escape = ahead(s, 0) == '%';
    wy_str rest = wy_str_sub(s->text, s->at + escape, s->text.len);
    size_t len = label_length(rest);
    if (len == 0) return false;
    *label_out = (wy_wave_label){.name = wy_str_sub(rest, 0, len), .at = s->at};
    label_out->keyword = !escape && wy_wave_is_keyword(label_out->name);
    s->at += escape + len;
    return true;
}

/* --- numbers --- */

static size_t digits(const wy_wave_scan *s, size_t from) {
    size_t end = from;
    while (is_digit(ahead(s, end)))
        end++;
    return end - from;
}

/* As JSON: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
bool wy_wave_number(wy_wave_scan *s, const char *what, wy_str *number_out) {
    wy_wave_skip(s);
    size_t len = ahead(s, 0) == '-', whole = digits(s, len);
    if (whole == 0) return wy_wave_expected(s, what);
    if (whole > 1 && ahead(s, len) == '0')
        return wy_wave_fail(s, s->at, WY_MALFORMED, "a number does not begin with 0");
    len += whole;
    if (ahead(s, len) == '.') {
        size_t fraction = digits(s, len + 1);
        if (fraction == 0)
            return wy_wave_fail(s, s->at + len, WY_MALFORMED, "expected digits behind the point");
        len += 1 + fraction;
    }
    if (ahead(s, len) == 'e' || ahead(s, len) == 'E') {
        size_t sign = ahead(s, len + 1) == '-' || ahead(s, len + 1) == '+';
        size_t exponent = digits(s, len + 1 + sign);
        if (exponent == 0)
            return wy_wave_fail(s, s->at + len, WY_MALFORMED, "expected digits of an exponent");
        len += 1 + sign + exponent;
    }
    *number_out = wy_str_sub(s->text, s->at, s->at + len);
    s->at += len;
    return true;
}

/* --- characters and strings --- */

/* {1F30A}, behind \u */
static bool read_code(wy_wave_scan *s, uint32_t *char_out) {
    size_t at = s->at - 2;
    uint32_t code = 0, count = 0;
    if (ahead(s, 0) != '{') return wy_wave_fail(s, at, WY_MALFORMED, "expected \\u{...}");
    s->at++;
    for (; wy_hex_digit(ahead(s, 0)) >= 0 && count < 7; count++, s->at++)
        code = code * 16 + (uint32_t)wy_hex_digit(ahead(s, 0));
    if (count == 0 || count > 6 || ahead(s, 0) != '}')
        return wy_wave_fail(s, at, WY_MALFORMED, "expected 1 to 6 hexadecimal digits in \\u{...}");
    s->at++;
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return wy_wave_fail(s, at, WY_MALFORMED, "%x is not a Unicode scalar value", code);
    *char_out = code;
    return true;
}

/* Behind a backslash. */
static bool read_escape(wy_wave_scan *s, uint32_t *char_out) {
    char c = ahead(s, 0);
    s->at++;
    switch (c) {
    case 'n': *char_out = '\n'; return true;
    case 't': *char_out = '\t'; return true;
    case 'r': *char_out = '\r'; return true;
    case '\\':
    case '\'':
    case '"': *char_out = (uint32_t)c; return true;
    case 'u': return read_code(s, char_out);
    default:
        s->at--;
        return wy_wave_fail(s, s->at - 1, WY_MALFORMED,
                            "no such escape: \\\\ \\' \\\" \\t \\n \\r and \\u{...} are");
    }
}

/* One character of the text as it stands; there is one. */
static uint32_t read_scalar(wy_wave_scan *s) {
    unsigned char c = (unsigned char)s->text.ptr[s->at++];
    uint32_t code = c < 0x80 ? c : c < 0xe0 ? c & 0x1fu : c < 0xf0 ? c & 0x0fu : c & 0x07u;
    while (s->at < s->text.len && is_continuation(s->text.ptr[s->at]))
        code = code << 6 | ((unsigned char)s->text.ptr[s->at++] & 0x3fu);
    return code;
}

bool wy_wave_char(wy_wave_scan *s, uint32_t *char_out) {
    if (wy_wave_peek(s) != '\'') return wy_wave_expected(s, "a character such as 'x'");
    size_t start = s->at++;
    char c = ahead(s, 0);
    if (s->at == s->text.len || c == '\n' || c == '\'')
        return wy_wave_fail(s, start, WY_MALFORMED, "expected one character between quotes");
    if (c == '\\') {
        s->at++;
        if (!read_escape(s, char_out)) return false;
    } else {
        *char_out = read_scalar(s);
    }
    if (ahead(s, 0) != '\'')
        return wy_wave_fail(s, start, WY_MALFORMED, "expected one character between quotes");
    s->at++;
    return true;
}

static size_t put_utf8(char *to, uint32_t code) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(lead[more] | code >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        to[i] = (char)(0x80 | (code >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

/* Appends the character or escape at the cursor, which no string is shorter than. */
static bool copy_char(wy_wave_scan *s, char *to, size_t *len) {
    if (ahead(s, 0) != '\\') {
        to[(*len)++] = s->text.ptr[s->at++];
        return true;
    }
    uint32_t code;
    s->at++;
    if (!read_escape(s, &code)) return false;
    *len += put_utf8(to + *len, code);
    return true;
}

/* """, a line end, lines, and spaces and """: as many spaces are cut off every line. */
static bool read_multiline(wy_wave_scan *s, wy_str *string_out) {
    size_t start = s->at;
    s->at += 3;
    size_t eol = ahead(s, 0) == '\r';
    if (ahead(s, eol) != '\n')
        return wy_wave_fail(s, s->at, WY_MALFORMED, "expected a line end behind \"\"\"");
    wy_str body = wy_str_sub(s->text, s->at + eol, s->text.len);
    char *found = memmem(body.ptr, body.len, "\"\"\"", 3);
    if (!found) return wy_wave_fail(s, start, WY_MALFORMED, "the string is never closed");
    body.len = (size_t)(found - body.ptr);
    size_t last = wy_str_rfind(body, '\n'), indent = body.len - last - 1;
    for (size_t i = last + 1; i < body.len; i++)
        if (body.ptr[i] != ' ')
            return wy_wave_fail(s, (size_t)(found - s->text.ptr), WY_MALFORMED,
                                "expected only spaces in front of the closing \"\"\"");
    char *copy = wy_arena_alloc(s->arena, body.len + 1);
    if (!copy) return wy_wave_no_memory(s);
    s->at += eol;
    size_t len = 0, first = s->at, end = first + last;
    while (s->at < end) { /* at the end of the line before */
        if (s->at != first) copy[len++] = '\n';
        s->at++;
        for (size_t i = 0; i < indent; i++, s->at++)
            if (ahead(s, 0) != ' ')
                return wy_wave_fail(s, s->at, WY_MALFORMED,
                                    "expected the line to begin with %zu spaces, as the "
                                    "closing \"\"\" does",
                                    indent);
        while (s->at < end && ahead(s, 0) != '\n') {
            if (ahead(s, 0) == '\r' && ahead(s, 1) == '\n')
                s->at++;
            else if (!copy_char(s, copy, &len))
                return false;
        }
    }
    s->at = (size_t)(found - s->text.ptr) + 3;
    *string_out = (wy_str){copy, len};
    return true;
}

bool wy_wave_string(wy_wave_scan *s, wy_str *string_out) {
    if (wy_wave_peek(s) != '"') return wy_wave_expected(s, "a string in double quotes");
    if (starts(s, WY_STR("\"\"\""))) return read_multiline(s, string_out);
    size_t start = s->at++, end = s->at;
    while (end < s->text.len && s->text.ptr[end] != '"' && s->text.ptr[end] != '\n')
        end += s->text.ptr[end] == '\\' && end + 1 < s->text.len ? 2 : 1;
    if (end >= s->text.len || s->text.ptr[end] != '"')
        return wy_wave_fail(s, start, WY_MALFORMED, "the string is never closed");
    char *copy = wy_arena_alloc(s->arena, end - s->at + 1);
    if (!copy) return wy_wave_no_memory(s);
    size_t len = 0;
    while (s->at < end)
        if (!copy_char(s, copy, &len)) return false;
    s->at = end + 1;
    *string_out = (wy_str){copy, len};
    return true;
}
