/* Strings: a view (pointer and length), and a growable buffer with a limit. */
#ifndef WY_BASE_STR_H
#define WY_BASE_STR_H

#include "base/check.h"
#include "base/err.h"

#include <stdarg.h>
#include <string.h>

/* Bytes owned by someone else; not NUL-terminated. This is also the layout of a component `string`
 * and `list<u8>` in host memory. */
typedef struct wy_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
} wy_str;

#define WY_STR(literal) ((wy_str){(literal), sizeof(literal) - 1})
#define WY_STR_FMT "%.*s"
#define WY_STR_ARG(s) (int)(s).len, (s).len ? (s).ptr : ""

/* What a hexadecimal digit counts; -1: it is none. */
static inline int wy_hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static inline wy_str wy_str_of(const char *text) {
    return (wy_str){text, text ? strlen(text) : 0};
}

static inline bool wy_str_eq(wy_str a, wy_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool wy_str_eqz(wy_str a, const char *text) {
    return wy_str_eq(a, wy_str_of(text));
}

static inline bool wy_str_starts(wy_str s, wy_str prefix) {
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool wy_str_ends(wy_str s, wy_str suffix) {
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

/* Bytes [from, to) of `s`; 0 <= from <= to <= len. */
static inline wy_str wy_str_sub(wy_str s, size_t from, size_t to) {
    wy_assert(from <= to && to <= s.len);
    return (wy_str){s.ptr + from, to - from};
}

/* Index of the first / last `c`, or `s.len` where there is none. */
size_t wy_str_find(wy_str s, char c);
size_t wy_str_rfind(wy_str s, char c);
/* Less than, equal to, greater than zero, by bytes. */
int wy_str_cmp(wy_str a, wy_str b);
/* ASCII only. */
bool wy_str_eq_nocase(wy_str a, wy_str b);
wy_str wy_str_trim(wy_str s);
/* Well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong). ASCII is checked a word at a time.
 */
bool wy_utf8_valid(const char *text, size_t len);
/* Writes '?' over every byte that belongs to no character: for what others say, in any encoding or
 * cut off, and a guest is to read. */
void wy_utf8_clean(char *text, size_t len);
/* Decimal; false when empty, not digits, or above `max`. */
bool wy_str_to_u64(wy_str s, uint64_t max, uint64_t *value_out);
/* The candidate nearest to `word`, or an empty view when none is near enough to be a typing error.
 */
wy_str wy_str_nearest(wy_str word, const wy_str *candidates, size_t count);
/* What a message about an unknown word ends with: the nearest one there is, or nothing. */
#define WY_NEAREST_FMT "%s" WY_STR_FMT "%s"
#define WY_NEAREST_ARG(nearest)                                                                    \
    (nearest).len ? "; did you mean '" : "", WY_STR_ARG(nearest), (nearest).len ? "'?" : ""

/* A buffer on the heap that grows up to `limit` bytes. An append that fails leaves `failed` set and
 * the content as it was; so a run of appends is checked once, at its end. */
typedef struct wy_buf {
    char *ptr; /* NUL-terminated whenever it is not NULL */
    size_t len, cap, limit;
    bool failed;
} wy_buf;

void wy_buf_init(wy_buf *buf, size_t limit);
void wy_buf_deinit(wy_buf *buf);
/* Room for `extra` more bytes behind ptr + len; false: limit or memory. */
bool wy_buf_reserve(wy_buf *buf, size_t extra);
void wy_buf_append(wy_buf *buf, const void *data, size_t len);
void wy_buf_str(wy_buf *buf, wy_str s);
void wy_buf_char(wy_buf *buf, char c);
void wy_buf_printf(wy_buf *buf, const char *fmt, ...) WY_PRINTF(2, 3);
void wy_buf_vprintf(wy_buf *buf, const char *fmt, va_list args);
/* Appends `s` quoted and escaped as a JSON string. */
void wy_buf_json(wy_buf *buf, wy_str s);
/* Moves the bytes out (free() them); the buffer is empty afterwards. */
own char *wy_buf_take(wy_buf *buf, size_t *len_out);
static inline wy_str wy_buf_view(const wy_buf *buf) {
    return (wy_str){buf->ptr, buf->len};
}

#endif
