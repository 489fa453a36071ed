/* WAVE: values to text. */
#include "value/wave.h"

#include "value/wave_scan.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* --- scalars --- */

static void print_integer(wy_buf *buf, const wy_type *type, const void *value, bool is_signed) {
    uint64_t bits = 0;
    memcpy(&bits, value, type->size);
    unsigned unused = 64 - 8 * type->size;
    if (is_signed)
        wy_buf_printf(buf, "%lld", (long long)((int64_t)(bits << unused) >> unused));
    else
        wy_buf_printf(buf, "%llu", (unsigned long long)bits);
}

/* The digits of a number and the power of ten of the first, as printf's %e gives them in any
 * locale. */
typedef struct decimal {
    char digits[24];
    int count, exponent;
} decimal;

static decimal to_decimal(double value, int digits) {
    char text[64];
    decimal d = {.count = 0};
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    const char *at = text;
    for (; *at != 'e'; at++)
        if (isdigit((unsigned char)*at)) d.digits[d.count++] = *at;
    d.exponent = atoi(at + 1);
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    return d;
}

static bool gives_back(const decimal *d, double value, bool is_double) {
    char text[64];
    snprintf(text, sizeof text, "%.*se%d", d->count, d->digits, d->exponent - d->count + 1);
    return is_double ? strtod(text, NULL) == value : strtof(text, NULL) == (float)value;
}

static void print_zeros(wy_buf *buf, int count) {
    for (int i = 0; i < count; i++)
        wy_buf_char(buf, '0');
}

static void print_decimal(wy_buf *buf, const decimal *d) {
    wy_str digits = {d->digits, (size_t)d->count};
    if (d->exponent < -7 || d->exponent > 20) { /* 1.5e-8, 1e+21 */
        wy_buf_str(buf, wy_str_sub(digits, 0, 1));
        if (digits.len > 1) wy_buf_char(buf, '.');
        wy_buf_str(buf, wy_str_sub(digits, 1, digits.len));
        wy_buf_printf(buf, "e%+d", d->exponent);
    } else if (d->exponent < 0) { /* 0.0015 */
        wy_buf_str(buf, WY_STR("0."));
        print_zeros(buf, -d->exponent - 1);
        wy_buf_str(buf, digits);
    } else if (d->count <= d->exponent + 1) { /* 1500 */
        wy_buf_str(buf, digits);
        print_zeros(buf, d->exponent + 1 - d->count);
    } else { /* 1.5 */
        size_t whole = (size_t)d->exponent + 1;
        wy_buf_str(buf, wy_str_sub(digits, 0, whole));
        wy_buf_char(buf, '.');
        wy_buf_str(buf, wy_str_sub(digits, whole, digits.len));
    }
}

/* The shortest digits that read back as the same float or double. */
static void print_float(wy_buf *buf, double value, bool is_double) {
    if (__builtin_isnan(value)) {
        wy_buf_str(buf, WY_STR("nan"));
        return;
    }
    if (__builtin_signbit(value)) wy_buf_char(buf, '-');
    value = __builtin_fabs(value);
    if (__builtin_isinf(value)) {
        wy_buf_str(buf, WY_STR("inf"));
        return;
    }
    int enough = is_double ? 17 : 9, digits = 1;
    decimal d = to_decimal(value, digits);
    while (digits < enough && !gives_back(&d, value, is_double))
        d = to_decimal(value, ++digits);
    print_decimal(buf, &d);
}

/* --- characters and strings --- */

/* What would not show, or would change how the rest of the line shows: control characters, and the
 * marks of writing direction. */
static bool is_hidden(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static void put_utf8(wy_buf *buf, uint32_t c) {
    char text[4];
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    text[0] = (char)(lead[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        text[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    wy_buf_append(buf, text, more + 1);
}

static void print_char(wy_buf *buf, uint32_t c, char quote) {
    if (c == '\n')
        wy_buf_str(buf, WY_STR("\\n"));
    else if (c == '\t')
        wy_buf_str(buf, WY_STR("\\t"));
    else if (c == '\r')
        wy_buf_str(buf, WY_STR("\\r"));
    else if (is_hidden(c))
        wy_buf_printf(buf, "\\u{%x}", (unsigned)c);
    else if (c == '\\' || c == (unsigned char)quote)
        wy_buf_printf(buf, "\\%c", (char)c);
    else
        put_utf8(buf, c);
}

/* The character at `*at`, which moves behind it; U+FFFD for a byte that begins none. */
static uint32_t next_char(wy_str text, size_t *at) {
    for (size_t len = 1; len <= 4 && *at + len <= text.len; len++) {
        const unsigned char *c = (const unsigned char *)text.ptr + *at;
        if (!wy_utf8_valid(text.ptr + *at, len)) continue;
        *at += len;
        uint32_t code = len == 1 ? c[0] : c[0] & (0x7fu >> len);
        for (size_t i = 1; i < len; i++)
            code = code << 6 | (c[i] & 0x3fu);
        return code;
    }
    (*at)++;
    return 0xfffd;
}

static void print_string(wy_buf *buf, wy_str text) {
    wy_buf_char(buf, '"');
    size_t plain = 0; /* begin of what is copied as it is */
    for (size_t at = 0; at < text.len;) {
        unsigned char c = (unsigned char)text.ptr[at];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            at++;
            continue;
        }
        wy_buf_str(buf, wy_str_sub(text, plain, at));
        print_char(buf, next_char(text, &at), '"');
        plain = at;
    }
    wy_buf_str(buf, wy_str_sub(text, plain, text.len));
    wy_buf_char(buf, '"');
}

/* --- what has parts --- */

static const wy_type *field_type(const wy_type *type, uint32_t index) {
    return type->fields[index].type;
}

static const char *field_at(const wy_type *type, const void *value, uint32_t index) {
    return (const char *)value + type->fields[index].offset;
}

static uint32_t discriminant(const wy_type *type, const void *value) {
    uint32_t index = 0;
    memcpy(&index, value, type->disc_size);
    return index;
}

static void print_items(const wy_type *elem, const char *items, size_t count,
                        const wy_wave_handles *handles, wy_buf *buf) {
    wy_buf_char(buf, '[');
    for (size_t i = 0; i < count && !buf->failed; i++) {
        if (i) wy_buf_str(buf, WY_STR(", "));
        wy_wave_print(elem, items + i * elem->size, handles, buf);
    }
    wy_buf_char(buf, ']');
}

/* Options that are none are left out. */
static void print_record(const wy_type *type, const void *value, const wy_wave_handles *handles,
                         wy_buf *buf) {
    bool any = false;
    wy_buf_char(buf, '{');
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_type *part = field_type(type, i);
        const char *at = field_at(type, value, i);
        if (part->kind == WY_KIND_OPTION && discriminant(part, at) == 0) continue;
        if (any) wy_buf_str(buf, WY_STR(", "));
        any = true;
        wy_buf_str(buf, type->fields[i].name);
        wy_buf_str(buf, WY_STR(": "));
        wy_wave_print(part, at, handles, buf);
    }
    wy_buf_str(buf, any ? WY_STR("}") : WY_STR(":}"));
}

static void print_tuple(const wy_type *type, const void *value, const wy_wave_handles *handles,
                        wy_buf *buf) {
    wy_buf_char(buf, '(');
    for (uint32_t i = 0; i < type->count; i++) {
        if (i) wy_buf_str(buf, WY_STR(", "));
        wy_wave_print(field_type(type, i), field_at(type, value, i), handles, buf);
    }
    wy_buf_char(buf, ')');
}

static void print_variant(const wy_type *type, const void *value, const wy_wave_handles *handles,
                          wy_buf *buf) {
    uint32_t index = discriminant(type, value);
    wy_assert(index < type->count);
    wy_str name = wy_wave_case_name(type, index);
    const wy_type *payload = type->fields[index].type;
    bool own_names = type->kind == WY_KIND_VARIANT || type->kind == WY_KIND_ENUM;
    if (own_names && wy_wave_is_keyword(name)) wy_buf_char(buf, '%');
    wy_buf_str(buf, name);
    if (!payload) return;
    wy_buf_char(buf, '(');
    wy_wave_print(payload, (const char *)value + type->payload_offset, handles, buf);
    wy_buf_char(buf, ')');
}

static void print_flags(const wy_type *type, const void *value, wy_buf *buf) {
    uint32_t bits = 0;
    bool any = false;
    memcpy(&bits, value, type->size);
    wy_buf_char(buf, '{');
    for (uint32_t i = 0; i < type->count; i++) {
        if (!(bits >> i & 1)) continue;
        if (any) wy_buf_str(buf, WY_STR(", "));
        any = true;
        wy_buf_str(buf, type->fields[i].name);
    }
    wy_buf_char(buf, '}');
}

static void print_handle(const wy_type *type, const void *value, const wy_wave_handles *handles,
                         wy_buf *buf) {
    if (handles && handles->print)
        handles->print(handles->data, type, *(const wy_handle *)value, buf);
    else if (type->resource)
        wy_buf_printf(buf, "<" WY_STR_FMT ">", WY_STR_ARG(type->resource->name));
    else
        wy_buf_printf(buf, "<resource %u>", (unsigned)type->resource_index);
}

void wy_wave_print(const wy_type *type, const void *value, const wy_wave_handles *handles,
                   wy_buf *buf) {
    switch ((wy_kind)type->kind) {
    case WY_KIND_BOOL:
        wy_buf_str(buf, *(const uint8_t *)value ? WY_STR("true") : WY_STR("false"));
        return;
    case WY_KIND_S8:
    case WY_KIND_S16:
    case WY_KIND_S32:
    case WY_KIND_S64: print_integer(buf, type, value, true); return;
    case WY_KIND_U8:
    case WY_KIND_U16:
    case WY_KIND_U32:
    case WY_KIND_U64: print_integer(buf, type, value, false); return;
    case WY_KIND_F32: print_float(buf, *(const float *)value, false); return;
    case WY_KIND_F64: print_float(buf, *(const double *)value, true); return;
    case WY_KIND_CHAR:
        wy_buf_char(buf, '\'');
        print_char(buf, *(const uint32_t *)value, '\'');
        wy_buf_char(buf, '\'');
        return;
    case WY_KIND_STRING: print_string(buf, *(const wy_str *)value); return;
    case WY_KIND_LIST:
    case WY_KIND_MAP: {
        const wy_list *list = value;
        print_items(type->elem, list->ptr, list->len, handles, buf);
        return;
    }
    case WY_KIND_FIXED_LIST: print_items(type->elem, value, type->count, handles, buf); return;
    case WY_KIND_RECORD: print_record(type, value, handles, buf); return;
    case WY_KIND_TUPLE: print_tuple(type, value, handles, buf); return;
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: print_variant(type, value, handles, buf); return;
    case WY_KIND_FLAGS: print_flags(type, value, buf); return;
    case WY_KIND_OWN:
    case WY_KIND_BORROW: print_handle(type, value, handles, buf); return;
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT:
        wy_buf_char(buf, '<');
        wy_type_print(buf, type);
        wy_buf_char(buf, '>');
        return;
    }
}
