/* Strings: the three encodings, checked when lifted, transcoded when lowered with the calls of
 * realloc that CanonicalABI.md gives for each pair. */
#include "abi/convert.h"

/* --- code points --- */

/* What a string's bytes are (CM: simple encoding). */
typedef enum simple_encoding { ENC_UTF8, ENC_UTF16, ENC_LATIN1 } simple_encoding;

/* A string that is read code point by code point. */
typedef struct source {
    simple_encoding encoding;
    const uint8_t *at, *end;
    uint32_t code_units;
} source;

static uint32_t read_u16(const uint8_t *at) {
    uint16_t unit;
    memcpy(&unit, at, 2);
    return unit;
}

#define REPLACEMENT 0xfffd

/* UTF-8 was validated where it came in; if a host function broke that rule, its bytes become
 * replacement characters, never more units than bytes and never a read past the end. */
static uint32_t next_utf8(source *s) {
    uint32_t a = *s->at++;
    if (a < 0x80) return a;
    unsigned more = a >= 0xf0 ? 3 : a >= 0xe0 ? 2 : 1;
    if (a < 0xc2 || a > 0xf4 || (size_t)(s->end - s->at) < more) return REPLACEMENT;
    uint32_t code = a & (0x3fu >> more);
    for (unsigned i = 0; i < more; i++) {
        if ((s->at[i] & 0xc0) != 0x80) return REPLACEMENT;
        code = code << 6 | (s->at[i] & 0x3f);
    }
    if (code > 0x10ffff) return REPLACEMENT;
    s->at += more;
    return code;
}

/* UTF-16 was validated when lifted: a high surrogate has its low one. (A guest that calls itself
 * can change its string in realloc: still never a read past the end.) */
static uint32_t next_utf16(source *s) {
    uint32_t unit = read_u16(s->at);
    s->at += 2;
    if ((unit & 0xfc00) != 0xd800) return unit;
    if (s->at == s->end) return REPLACEMENT;
    uint32_t low = read_u16(s->at);
    s->at += 2;
    return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
}

static uint32_t next_code_point(source *s) {
    switch (s->encoding) {
    case ENC_UTF8: return next_utf8(s);
    case ENC_UTF16: return next_utf16(s);
    case ENC_LATIN1: break;
    }
    return *s->at++;
}

static uint8_t *put_utf8(uint8_t *to, uint32_t code) {
    if (code < 0x80) {
        *to++ = (uint8_t)code;
    } else if (code < 0x800) {
        *to++ = (uint8_t)(0xc0 | code >> 6);
        *to++ = (uint8_t)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (uint8_t)(0xe0 | code >> 12);
        *to++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        *to++ = (uint8_t)(0x80 | (code & 0x3f));
    } else {
        *to++ = (uint8_t)(0xf0 | code >> 18);
        *to++ = (uint8_t)(0x80 | (code >> 12 & 0x3f));
        *to++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        *to++ = (uint8_t)(0x80 | (code & 0x3f));
    }
    return to;
}

static uint8_t *put_unit(uint8_t *to, uint32_t unit) {
    to[0] = (uint8_t)unit;
    to[1] = (uint8_t)(unit >> 8);
    return to + 2;
}

static uint8_t *put_utf16(uint8_t *to, uint32_t code) {
    if (code < 0x10000) return put_unit(to, code);
    to = put_unit(to, 0xd800 + ((code - 0x10000) >> 10));
    return put_unit(to, 0xdc00 + ((code - 0x10000) & 0x3ff));
}

/* Bytes of the UTF-8 form of well-formed UTF-16; false where a surrogate stands alone. */
static bool measure_utf16(const uint8_t *at, size_t units, size_t *utf8_len_out) {
    size_t len = 0;
    for (size_t i = 0; i < units; i++) {
        uint32_t unit = read_u16(at + 2 * i);
        if (unit < 0x80) {
            len += 1;
        } else if (unit < 0x800) {
            len += 2;
        } else if ((unit & 0xf800) != 0xd800) {
            len += 3;
        } else {
            if ((unit & 0xfc00) != 0xd800 || ++i == units) return false;
            if ((read_u16(at + 2 * i) & 0xfc00) != 0xdc00) return false;
            len += 4;
        }
    }
    *utf8_len_out = len;
    return true;
}

static size_t measure_latin1(const uint8_t *at, size_t len) {
    size_t high = 0;
    for (size_t i = 0; i < len; i++)
        high += at[i] >> 7;
    return len + high;
}

/* --- lifting --- */

/* The UTF-8 form of `s` in the call's arena, `len` bytes. */
static own wy_trap *copy_as_utf8(wy_lift_lower_cx *cx, source s, size_t len, wy_str *out) {
    char *copy = wy_arena_alloc_aligned(cx->arena, len, 1);
    if (!copy) return wy_call_arena_trap();
    uint8_t *to = (uint8_t *)copy;
    while (s.at < s.end)
        to = put_utf8(to, next_code_point(&s));
    wy_assert((size_t)(to - (uint8_t *)copy) == len);
    *out = (wy_str){copy, len};
    return NULL;
}

/* `cx->encoding` is not UTF-8. `simple` says what the `units` at `ptr` are. */
static own wy_trap *lift_transcoded(wy_lift_lower_cx *cx, simple_encoding simple, uint64_t ptr,
                                    size_t units, wy_str *out) {
    const uint8_t *at = cx->memory + ptr;
    size_t utf8_len = 0, bytes = simple == ENC_UTF16 ? 2 * units : units;
    if (simple == ENC_UTF16) {
        if (!measure_utf16(at, units, &utf8_len))
            return wy_trap_new("a string at %llu is not well-formed UTF-16",
                               (unsigned long long)ptr);
    } else {
        utf8_len = measure_latin1(at, bytes);
    }
    if (cx->host_encoding != WY_ENCODING_UTF8) {
        wy_assert(cx->host_encoding == cx->encoding);
        if (simple == ENC_UTF16 && cx->encoding == WY_ENCODING_LATIN1_UTF16) units |= WY_UTF16_TAG;
        *out = (wy_str){(const char *)at, units};
        return NULL;
    }
    if (simple == ENC_LATIN1 && utf8_len == bytes) { /* ASCII: the bytes are UTF-8 as they lie */
        *out = (wy_str){(const char *)at, bytes};
        return NULL;
    }
    const source s = {.encoding = simple, .at = at, .end = at + bytes};
    return copy_as_utf8(cx, s, utf8_len, out);
}

own wy_trap *wy_string_lift(wy_lift_lower_cx *cx, uint64_t ptr, uint64_t tagged_code_units,
                            wy_str *out) {
    uint64_t units = tagged_code_units;
    simple_encoding simple = ENC_UTF8;
    if (cx->encoding == WY_ENCODING_UTF16) {
        simple = ENC_UTF16;
    } else if (cx->encoding == WY_ENCODING_LATIN1_UTF16) {
        uint64_t tag = cx->is_64 ? WY_UTF16_TAG64 : WY_UTF16_TAG;
        simple = units & tag ? ENC_UTF16 : ENC_LATIN1;
        units &= ~tag;
    }
    if (WY_UNLIKELY(units > (simple == ENC_UTF16 ? WY_MAX_STRING_BYTES / 2 : WY_MAX_STRING_BYTES)))
        return wy_trap_new("a string of %llu code units is longer than %u bytes",
                           (unsigned long long)units, (unsigned)WY_MAX_STRING_BYTES);
    uint64_t bytes = simple == ENC_UTF16 ? 2 * units : units;
    uint32_t align = cx->encoding == WY_ENCODING_UTF8 ? 1 : 2;
    if (WY_UNLIKELY(!wy_range_valid(cx, ptr, bytes, align)))
        return wy_range_trap(cx, "a string", ptr, bytes, align);
    if (simple != ENC_UTF8) return lift_transcoded(cx, simple, ptr, units, out);
    wy_assert(cx->host_encoding == WY_ENCODING_UTF8);
    const char *at = (const char *)cx->memory + ptr;
    if (WY_UNLIKELY(!wy_utf8_valid(at, bytes)))
        return wy_trap_new("a string at %llu is not well-formed UTF-8", (unsigned long long)ptr);
    *out = (wy_str){at, bytes};
    return NULL;
}

/* --- lowering --- */

/* CM: store_string_copy; Latin-1 may be inflated on the way. */
static own wy_trap *store_string_copy(wy_lift_lower_cx *cx, source s, uint32_t unit_size,
                                      uint32_t align, uint64_t *ptr_out, uint64_t *units_out) {
    uint32_t bytes = unit_size * s.code_units;
    own wy_trap *trap = wy_reallocate(cx, 0, 0, align, bytes, ptr_out);
    if (trap) return trap;
    uint8_t *to = cx->memory + *ptr_out;
    *units_out = s.code_units;
    if ((size_t)(s.end - s.at) == bytes) {
        if (bytes) memmove(to, s.at, bytes); /* realloc may return the very place */
        return NULL;
    }
    while (s.at < s.end)
        to = put_unit(to, *s.at++);
    return NULL;
}

/* CM: store_string_to_utf8 */
static own wy_trap *store_string_to_utf8(wy_lift_lower_cx *cx, source s, uint32_t worst_case_size,
                                         uint64_t *ptr_out, uint64_t *units_out) {
    own wy_trap *trap = wy_reallocate(cx, 0, 0, 1, s.code_units, ptr_out);
    if (trap) return trap;
    *units_out = s.code_units;
    uint8_t *to = cx->memory + *ptr_out;
    source ahead = s;
    for (; s.at < s.end; s = ahead) {
        uint32_t code = next_code_point(&ahead);
        if (code >= 0x80) break;
        *to++ = (uint8_t)code;
    }
    if (s.at == s.end) return NULL;

    uint32_t done = (uint32_t)(to - (cx->memory + *ptr_out));
    trap = wy_reallocate(cx, *ptr_out, s.code_units, 1, worst_case_size, ptr_out);
    if (trap) return trap;
    to = cx->memory + *ptr_out + done;
    while (s.at < s.end)
        to = put_utf8(to, next_code_point(&s));
    uint32_t bytes = (uint32_t)(to - (cx->memory + *ptr_out));
    wy_assert(bytes <= worst_case_size);
    *units_out = bytes;
    if (bytes == worst_case_size) return NULL;
    return wy_reallocate(cx, *ptr_out, worst_case_size, 1, bytes, ptr_out);
}

/* CM: store_utf8_to_utf16 */
static own wy_trap *store_utf8_to_utf16(wy_lift_lower_cx *cx, source s, uint64_t *ptr_out,
                                        uint64_t *units_out) {
    uint32_t worst_case_size = 2 * s.code_units;
    own wy_trap *trap = wy_reallocate(cx, 0, 0, 2, worst_case_size, ptr_out);
    if (trap) return trap;
    uint8_t *to = cx->memory + *ptr_out;
    while (s.at < s.end)
        to = put_utf16(to, next_code_point(&s));
    uint32_t bytes = (uint32_t)(to - (cx->memory + *ptr_out));
    wy_assert(bytes <= worst_case_size);
    *units_out = bytes / 2;
    if (bytes == worst_case_size) return NULL;
    return wy_reallocate(cx, *ptr_out, worst_case_size, 2, bytes, ptr_out);
}

/* The second half of store_string_to_latin1_or_utf16: `done` Latin-1 bytes lie at *ptr_out and the
 * next code point of `s` does not fit. */
static own wy_trap *inflate_to_utf16(wy_lift_lower_cx *cx, source s, uint32_t done,
                                     uint64_t *ptr_out, uint64_t *units_out) {
    uint32_t worst_case_size = 2 * s.code_units;
    own wy_trap *trap = wy_reallocate(cx, *ptr_out, s.code_units, 2, worst_case_size, ptr_out);
    if (trap) return trap;
    uint8_t *base = cx->memory + *ptr_out, *to = base + 2 * (size_t)done;
    for (uint32_t i = done; i-- > 0;)
        put_unit(base + 2 * (size_t)i, base[i]);
    while (s.at < s.end)
        to = put_utf16(to, next_code_point(&s));
    uint32_t bytes = (uint32_t)(to - base);
    wy_assert(bytes <= worst_case_size);
    *units_out = bytes / 2 | WY_UTF16_TAG;
    if (bytes == worst_case_size) return NULL;
    return wy_reallocate(cx, *ptr_out, worst_case_size, 2, bytes, ptr_out);
}

/* CM: store_string_to_latin1_or_utf16 */
static own wy_trap *store_string_to_latin1_or_utf16(wy_lift_lower_cx *cx, source s,
                                                    uint64_t *ptr_out, uint64_t *units_out) {
    own wy_trap *trap = wy_reallocate(cx, 0, 0, 2, s.code_units, ptr_out);
    if (trap) return trap;
    uint8_t *to = cx->memory + *ptr_out;
    uint32_t done = 0;
    source ahead = s;
    for (; s.at < s.end; s = ahead) {
        uint32_t code = next_code_point(&ahead);
        if (code >= 0x100) return inflate_to_utf16(cx, s, done, ptr_out, units_out);
        to[done++] = (uint8_t)code;
    }
    *units_out = done;
    if (done == s.code_units) return NULL;
    return wy_reallocate(cx, *ptr_out, s.code_units, 2, done, ptr_out);
}

/* CM: store_probably_utf16_to_latin1_or_utf16 */
static own wy_trap *store_probably_utf16(wy_lift_lower_cx *cx, source s, uint64_t *ptr_out,
                                         uint64_t *units_out) {
    uint32_t bytes = 2 * s.code_units;
    own wy_trap *trap = wy_reallocate(cx, 0, 0, 2, bytes, ptr_out);
    if (trap) return trap;
    uint8_t *to = cx->memory + *ptr_out;
    bool latin1 = true;
    for (uint32_t i = 0; i < s.code_units; i++) {
        uint32_t unit = read_u16(s.at + 2 * (size_t)i);
        latin1 &= unit < 0x100;
        put_unit(to + 2 * (size_t)i, unit);
    }
    *units_out = s.code_units | WY_UTF16_TAG;
    if (!latin1) return NULL;
    for (uint32_t i = 0; i < s.code_units; i++)
        to[i] = to[2 * (size_t)i];
    *units_out = s.code_units;
    return wy_reallocate(cx, *ptr_out, bytes, 1, s.code_units, ptr_out);
}

static source source_of(const wy_lift_lower_cx *cx, wy_str s) {
    source from = {.encoding = ENC_UTF8, .at = (const uint8_t *)s.ptr};
    size_t units = s.len, bytes = s.len;
    if (cx->host_encoding == WY_ENCODING_UTF16) {
        from.encoding = ENC_UTF16;
    } else if (cx->host_encoding == WY_ENCODING_LATIN1_UTF16) {
        from.encoding = s.len & WY_UTF16_TAG ? ENC_UTF16 : ENC_LATIN1;
        units &= ~(size_t)WY_UTF16_TAG;
        bytes = units;
    }
    if (from.encoding == ENC_UTF16) bytes = 2 * units;
    from.end = from.at ? from.at + bytes : from.at;
    from.code_units = (uint32_t)units;
    return from;
}

/* The tag, if any, is that of 32-bit memories. */
static own wy_trap *store_string_into_range(wy_lift_lower_cx *cx, wy_str str, uint64_t *ptr_out,
                                            uint64_t *tagged_code_units_out) {
    if (WY_UNLIKELY((str.len & ~(size_t)WY_UTF16_TAG) > WY_MAX_STRING_BYTES))
        return wy_trap_new("a string of %zu bytes is longer than %u", str.len,
                           (unsigned)WY_MAX_STRING_BYTES);
    const source s = source_of(cx, str);
    switch ((wy_string_encoding)cx->encoding) {
    case WY_ENCODING_UTF8:
        if (s.encoding == ENC_UTF16) {
            return store_string_to_utf8(cx, s, s.code_units * 3, ptr_out, tagged_code_units_out);
        } else if (s.encoding == ENC_LATIN1) {
            return store_string_to_utf8(cx, s, s.code_units * 2, ptr_out, tagged_code_units_out);
        } else {
            own wy_trap *trap = NULL;
            *tagged_code_units_out = s.code_units;
            if (wy_take_reserved(cx, s.at, str.len, ptr_out, &trap)) return trap;
        }
        return store_string_copy(cx, s, 1, 1, ptr_out, tagged_code_units_out);
    case WY_ENCODING_UTF16:
        if (s.encoding == ENC_UTF8)
            return store_utf8_to_utf16(cx, s, ptr_out, tagged_code_units_out);
        return store_string_copy(cx, s, 2, 2, ptr_out, tagged_code_units_out);
    case WY_ENCODING_LATIN1_UTF16: break;
    }
    if (cx->host_encoding != WY_ENCODING_LATIN1_UTF16)
        return store_string_to_latin1_or_utf16(cx, s, ptr_out, tagged_code_units_out);
    if (s.encoding == ENC_LATIN1)
        return store_string_copy(cx, s, 1, 2, ptr_out, tagged_code_units_out);
    return store_probably_utf16(cx, s, ptr_out, tagged_code_units_out);
}

own wy_trap *wy_string_lower(wy_lift_lower_cx *cx, wy_str s, uint64_t *ptr_out,
                             uint64_t *tagged_code_units_out) {
    own wy_trap *trap = store_string_into_range(cx, s, ptr_out, tagged_code_units_out);
    if (WY_UNLIKELY(cx->is_64) && *tagged_code_units_out & WY_UTF16_TAG)
        *tagged_code_units_out ^= WY_UTF16_TAG | WY_UTF16_TAG64;
    return trap;
}
