/* Strings: searching, checking, building. */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

size_t wy_str_find(wy_str s, char c) {
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

size_t wy_str_rfind(wy_str s, char c) {
    const char *at = s.len ? memrchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

int wy_str_cmp(wy_str a, wy_str b) {
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool wy_str_eq_nocase(wy_str a, wy_str b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
    return true;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

wy_str wy_str_trim(wy_str s) {
    while (s.len && is_space(s.ptr[0]))
        s.ptr++, s.len--;
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Length of the sequence of several bytes that begins at `p`, or 0 when it is not well-formed
 * (Unicode 15, table 3-7). */
static size_t utf8_sequence(const unsigned char *p, size_t left) {
    unsigned char a = p[0];
    if (a < 0xc2 || a > 0xf4 || left < 2) return 0;
    unsigned char low = 0x80, high = 0xbf;
    if (a == 0xe0)
        low = 0xa0;
    else if (a == 0xed)
        high = 0x9f;
    else if (a == 0xf0)
        low = 0x90;
    else if (a == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high) return 0;
    size_t len = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;
    if (left < len) return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    return len;
}

static bool is_ascii_word(const unsigned char *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return (word & 0x8080808080808080u) == 0;
}

static bool is_ascii_block(const unsigned char *p) {
    typedef uint64_t pair __attribute__((vector_size(16)));
    pair words[4];
    memcpy(words, p, sizeof words);
    pair any = (words[0] | words[1]) | (words[2] | words[3]);
    return ((any[0] | any[1]) & 0x8080808080808080u) == 0;
}

bool wy_utf8_valid(const char *text, size_t len) {
    const unsigned char *p = (const unsigned char *)text, *end = p + len;
    while (p < end) {
        while (end - p >= 8 && is_ascii_word(p)) {
            p += 8;
            while (end - p >= 64 && is_ascii_block(p))
                p += 64;
        }
        while (p < end && *p < 0x80)
            p++;
        while (p < end && *p >= 0x80) {
            size_t n = utf8_sequence(p, (size_t)(end - p));
            if (n == 0) return false;
            p += n;
        }
    }
    return true;
}

void wy_utf8_clean(char *text, size_t len) {
    unsigned char *p = (unsigned char *)text, *end = p + len;
    while (p < end) {
        size_t n = *p < 0x80 ? 1 : utf8_sequence(p, (size_t)(end - p));
        if (n == 0) *p = '?';
        p += n ? n : 1;
    }
}

bool wy_str_to_u64(wy_str s, uint64_t max, uint64_t *value_out) {
    uint64_t value = 0;
    if (s.len == 0) return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
            return false;
    }
    if (value > max) return false;
    *value_out = value;
    return true;
}

/* Edit distance; both are cut to 64 bytes. */
static unsigned edit_distance(wy_str a, wy_str b) {
    size_t alen = a.len < 64 ? a.len : 64, blen = b.len < 64 ? b.len : 64;
    unsigned row[65];
    for (size_t j = 0; j <= blen; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= alen; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= blen; j++) {
            unsigned above = row[j], cost = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            unsigned best = (above < row[j - 1] ? above : row[j - 1]) + 1;
            row[j] = cost < best ? cost : best;
            diagonal = above;
        }
    }
    return row[blen];
}

wy_str wy_str_nearest(wy_str word, const wy_str *candidates, size_t count) {
    wy_str best = {0};
    unsigned least = (unsigned)(word.len / 3 + 1);
    for (size_t i = 0; i < count; i++) {
        unsigned distance = edit_distance(word, candidates[i]);
        if (distance <= least && (best.ptr == NULL || distance < least)) {
            least = distance;
            best = candidates[i];
        }
    }
    return best;
}

void wy_buf_init(wy_buf *buf, size_t limit) {
    *buf = (wy_buf){.limit = limit};
}

void wy_buf_deinit(wy_buf *buf) {
    free(buf->ptr);
    *buf = (wy_buf){.limit = buf->limit};
}

bool wy_buf_reserve(wy_buf *buf, size_t extra) {
    if (extra > buf->limit || buf->len > buf->limit - extra) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->len + extra + 1;
    if (need <= buf->cap) return true;
    size_t cap = buf->cap < 64 ? 128 : buf->cap * 2;
    if (cap > buf->limit + 1) cap = buf->limit + 1;
    if (cap < need) cap = need;
    char *ptr = realloc(buf->ptr, cap);
    if (!ptr) {
        buf->failed = true;
        return false;
    }
    buf->ptr = ptr;
    buf->cap = cap;
    buf->ptr[buf->len] = '\0';
    return true;
}

void wy_buf_append(wy_buf *buf, const void *data, size_t len) {
    if (!wy_buf_reserve(buf, len)) return;
    if (len) memcpy(buf->ptr + buf->len, data, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void wy_buf_str(wy_buf *buf, wy_str s) {
    wy_buf_append(buf, s.ptr, s.len);
}

void wy_buf_char(wy_buf *buf, char c) {
    wy_buf_append(buf, &c, 1);
}

void wy_buf_vprintf(wy_buf *buf, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n >= 0 && wy_buf_reserve(buf, (size_t)n)) {
        vsnprintf(buf->ptr + buf->len, (size_t)n + 1, fmt, again);
        buf->len += (size_t)n;
    }
    va_end(again);
}

void wy_buf_printf(wy_buf *buf, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    wy_buf_vprintf(buf, fmt, args);
    va_end(args);
}

void wy_buf_json(wy_buf *buf, wy_str s) {
    wy_buf_char(buf, '"');
    size_t plain = 0; /* from here on nothing needed to be escaped */
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        wy_buf_append(buf, s.ptr + plain, i - plain);
        plain = i + 1;
        if (c == '\n')
            wy_buf_str(buf, WY_STR("\\n"));
        else if (c < 0x20)
            wy_buf_printf(buf, "\\u%04x", c);
        else
            wy_buf_printf(buf, "\\%c", c);
    }
    if (plain < s.len) wy_buf_append(buf, s.ptr + plain, s.len - plain);
    wy_buf_char(buf, '"');
}

own char *wy_buf_take(wy_buf *buf, size_t *len_out) {
    char *ptr = buf->ptr;
    if (len_out) *len_out = buf->len;
    *buf = (wy_buf){.limit = buf->limit};
    return ptr;
}
