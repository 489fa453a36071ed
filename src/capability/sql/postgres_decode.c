/* PostgreSQL's binary forms, as its send functions write them: the highest byte first. */
#include "capability/sql/postgres_decode.h"

#include "base/limits.h"

/* Takes a number of `size` bytes off the front. */
static bool take(wy_str *rest, size_t size, int64_t *out) {
    if (rest->len < size) return false;
    uint64_t bits = (int8_t)rest->ptr[0] < 0 ? UINT64_MAX : 0; /* the sign */
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | (uint8_t)rest->ptr[i];
    *rest = wy_str_sub(*rest, size, rest->len);
    *out = (int64_t)bits;
    return true;
}

/* A length, and as many bytes. -1: NULL. */
static bool take_part(wy_str *rest, bool *is_null_out, wy_str *part_out) {
    int64_t len;
    if (!take(rest, 4, &len) || len < -1 || len > (int64_t)rest->len) return false;
    *is_null_out = len < 0;
    if (len < 0) return true;
    *part_out = wy_str_sub(*rest, 0, (size_t)len);
    *rest = wy_str_sub(*rest, (size_t)len, rest->len);
    return true;
}

bool wy_pg_integer(wy_str raw, int64_t *out) {
    return (raw.len == 4 || raw.len == 8) && take(&raw, raw.len, out);
}

/* --- numeric: digits of 10000 --- */

enum {
    NUMERIC_NEGATIVE = 0x4000,
    NUMERIC_NAN = 0xc000,
    NUMERIC_MORE = 0xd000,
    NUMERIC_LESS = 0xf000
};

typedef struct numeric {
    int64_t count, weight, sign, scale; /* weight: of the first digit, in powers of 10000 */
    wy_str digits;
} numeric;

static bool read_numeric(wy_str raw, numeric *n) {
    if (!take(&raw, 2, &n->count) || !take(&raw, 2, &n->weight) || !take(&raw, 2, &n->sign) ||
        !take(&raw, 2, &n->scale))
        return false;
    n->sign &= 0xffff;
    n->digits = raw;
    return n->count >= 0 && n->scale >= 0 && raw.len == (size_t)n->count * 2;
}

/* The digit for 10000 to the power of `weight`; 0 where none is kept. */
static unsigned digit_at(const numeric *n, int64_t weight) {
    int64_t i = n->weight - weight;
    if (i < 0 || i >= n->count) return 0;
    const uint8_t *bytes = (const uint8_t *)n->digits.ptr + 2 * i;
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void print_numeric(const numeric *n, wy_buf *text) {
    if (n->sign == NUMERIC_NEGATIVE) wy_buf_char(text, '-');
    int64_t top = n->weight < 0 ? 0 : n->weight;
    wy_buf_printf(text, "%u", digit_at(n, top));
    for (int64_t weight = top - 1; weight >= 0; weight--)
        wy_buf_printf(text, "%04u", digit_at(n, weight));
    if (n->scale) wy_buf_char(text, '.');
    for (int64_t left = n->scale, weight = -1; left > 0; left -= 4, weight--) {
        char four[8];
        unsigned digit = digit_at(n, weight);
        for (int i = 3; i >= 0; i--, digit /= 10)
            four[i] = (char)('0' + digit % 10);
        wy_buf_append(text, four, left < 4 ? (size_t)left : 4);
    }
}

bool wy_pg_numeric(wy_str raw, wy_arena *arena, wy_str *out) {
    numeric n;
    wy_buf text;
    if (!read_numeric(raw, &n)) return false;
    wy_buf_init(&text, WY_MAX_RESULT_BYTES);
    if (n.sign == NUMERIC_NAN)
        wy_buf_str(&text, WY_STR("NaN"));
    else if (n.sign == NUMERIC_MORE || n.sign == NUMERIC_LESS)
        wy_buf_str(&text, n.sign == NUMERIC_LESS ? WY_STR("-Infinity") : WY_STR("Infinity"));
    else
        print_numeric(&n, &text);
    char *copy = text.failed ? NULL : wy_arena_strndup(arena, text.ptr, text.len);
    *out = (wy_str){copy, text.len};
    wy_buf_deinit(&text);
    return copy != NULL;
}

/* --- the others --- */

bool wy_pg_uuid(wy_str raw, wy_arena *arena, wy_str *out) {
    static const char hex[] = "0123456789abcdef";
    if (raw.len != 16) return false;
    char *text = wy_arena_alloc_aligned(arena, 36, 1);
    if (!text) return false;
    size_t len = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text[len++] = '-';
        text[len++] = hex[(uint8_t)raw.ptr[i] >> 4];
        text[len++] = hex[(uint8_t)raw.ptr[i] & 15];
    }
    *out = (wy_str){text, len};
    return true;
}

bool wy_pg_jsonb(wy_str raw, wy_str *out) {
    const char version = 1;
    if (raw.len == 0 || raw.ptr[0] != version) return false;
    *out = wy_str_sub(raw, 1, raw.len);
    return true;
}

bool wy_pg_interval_read(wy_str raw, wy_pg_interval *out) {
    int64_t days, months;
    if (raw.len != 16 || !take(&raw, 8, &out->micros) || !take(&raw, 4, &days) ||
        !take(&raw, 4, &months))
        return false;
    out->days = (int32_t)days;
    out->months = (int32_t)months;
    return true;
}

bool wy_pg_range_read(wy_str raw, wy_pg_range *out) {
    enum {
        EMPTY = 1,
        INCLUSIVE = 2,
        INFINITE = 8
    }; /* of the lower bound; the upper's follow each */
    int64_t flags;
    *out = (wy_pg_range){0};
    if (!take(&raw, 1, &flags) || flags & EMPTY) return false;
    for (int i = 0; i < 2; i++) {
        bool is_null;
        out->bounds[i].is_there = !(flags & INFINITE << i);
        out->bounds[i].is_inclusive = flags & INCLUSIVE << i;
        if (!out->bounds[i].is_there) continue;
        if (!take_part(&raw, &is_null, &out->bounds[i].raw) || is_null) return false;
    }
    return raw.len == 0;
}

bool wy_pg_array_read(wy_str raw, wy_pg_array *out) {
    int64_t dimensions, flags, type, count = 0, lower;
    if (!take(&raw, 4, &dimensions) || !take(&raw, 4, &flags) || !take(&raw, 4, &type) ||
        dimensions < 0 || dimensions > 1)
        return false;
    if (dimensions && (!take(&raw, 4, &count) || !take(&raw, 4, &lower))) return false;
    if (count < 0 || count > (int64_t)raw.len / 4) return false; /* each has its length at least */
    *out = (wy_pg_array){raw, (uint32_t)count};
    return true;
}

bool wy_pg_array_next(wy_pg_array *array, bool *is_null_out, wy_str *raw_out) {
    return take_part(&array->rest, is_null_out, raw_out);
}
