/* Values of scripts: {"type": "u8", "value": "7"}, with integers and the bits of floats as decimal
 * strings. Expected values are compared as bytes are: by reading them and walking both. */
#include "value.h"

#include <stdlib.h>

static bool read_integer(const wy_type *type, const json_t *json, void *out) {
    const char *text = json_string_value(json);
    if (!text) return false;
    char *end;
    uint64_t bits = text[0] == '-' ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
    memcpy(out, &bits, type->size);
    return *end == '\0' && end != text;
}

static bool read_float(const wy_type *type, const json_t *json, void *out) {
    const char *text = json_string_value(json);
    if (!text || strncmp(text, "nan", 3) != 0) return read_integer(type, json, out);
    const float f32 = __builtin_nanf("");
    const double f64 = __builtin_nan("");
    memcpy(out, type->size == 4 ? (const void *)&f32 : &f64, type->size);
    return true;
}

/* The one code point of a UTF-8 string. */
static bool read_char(const json_t *json, void *out) {
    const unsigned char *p = (const unsigned char *)json_string_value(json);
    size_t len = json_string_length(json);
    if (!p || len == 0 || !wy_utf8_valid((const char *)p, len)) return false;
    uint32_t code = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (p[i] & 0x3f);
    memcpy(out, &code, 4);
    return true;
}

static bool read_elements(wy_arena *arena, const wy_type *elem, const json_t *json, void *out) {
    for (size_t i = 0; i < json_array_size(json); i++)
        if (!value_read(arena, elem, json_array_get(json, i), (char *)out + i * elem->size))
            return false;
    return true;
}

static bool read_list(wy_arena *arena, const wy_type *type, const json_t *json, void *out) {
    if (!json_is_array(json)) return false;
    size_t count = json_array_size(json);
    if (type->kind == WY_KIND_FIXED_LIST)
        return count == type->count && read_elements(arena, type->elem, json, out);
    wy_list *list = out;
    list->len = count;
    list->ptr = wy_arena_calloc(arena, count + 1, type->elem->size);
    return list->ptr && read_elements(arena, type->elem, json, list->ptr);
}

/* A record is an array of [name, value], a tuple one of values. */
static bool read_record(wy_arena *arena, const wy_type *type, const json_t *json, void *out) {
    if (json_array_size(json) != type->count) return false;
    for (uint32_t i = 0; i < type->count; i++) {
        const json_t *item = json_array_get(json, i);
        if (type->kind == WY_KIND_RECORD) {
            const char *name = json_string_value(json_array_get(item, 0));
            if (!name || !wy_str_eqz(type->fields[i].name, name)) return false;
            item = json_array_get(item, 1);
        }
        if (!value_read(arena, type->fields[i].type, item, (char *)out + type->fields[i].offset))
            return false;
    }
    return true;
}

static bool label_index(const wy_type *type, const char *name, uint32_t *index_out) {
    for (uint32_t i = 0; name && i < type->count; i++) {
        if (!wy_str_eqz(type->fields[i].name, name)) continue;
        *index_out = i;
        return true;
    }
    return false;
}

static bool read_case(wy_arena *arena, const wy_type *type, uint32_t index, const json_t *payload,
                      void *out) {
    memcpy(out, &index, type->disc_size);
    const wy_type *inner = type->fields[index].type;
    if (!inner) return !payload || json_is_null(payload);
    return payload && value_read(arena, inner, payload, (char *)out + type->payload_offset);
}

static bool read_variant(wy_arena *arena, const wy_type *type, const json_t *json, void *out) {
    uint32_t index = 0;
    const json_t *payload = NULL;
    if (type->kind == WY_KIND_OPTION) {
        index = !json_is_null(json);
        payload = json;
    } else if (type->kind == WY_KIND_RESULT) {
        payload = json_object_get(json, "Ok");
        if (!payload) {
            index = 1;
            payload = json_object_get(json, "Err");
        }
    } else if (type->kind == WY_KIND_ENUM) {
        if (!label_index(type, json_string_value(json), &index)) return false;
    } else {
        if (!label_index(type, json_string_value(json_object_get(json, "case")), &index))
            return false;
        payload = json_object_get(json, "payload");
    }
    return read_case(arena, type, index, payload, out);
}

static bool read_flags(const wy_type *type, const json_t *json, void *out) {
    uint32_t bits = 0, index;
    for (size_t i = 0; i < json_array_size(json); i++) {
        if (!label_index(type, json_string_value(json_array_get(json, i)), &index)) return false;
        bits |= (uint32_t)1 << index;
    }
    memcpy(out, &bits, type->disc_size);
    return json_is_array(json);
}

bool value_read(wy_arena *arena, const wy_type *type, const json_t *json, void *out) {
    json = json_object_get(json, "value");
    if (!json) return false;
    switch ((wy_kind)type->kind) {
    case WY_KIND_BOOL: *(uint8_t *)out = json_is_true(json); return json_is_boolean(json);
    case WY_KIND_S8:
    case WY_KIND_U8:
    case WY_KIND_S16:
    case WY_KIND_U16:
    case WY_KIND_S32:
    case WY_KIND_U32:
    case WY_KIND_S64:
    case WY_KIND_U64: return read_integer(type, json, out);
    case WY_KIND_F32:
    case WY_KIND_F64: return read_float(type, json, out);
    case WY_KIND_CHAR: return read_char(json, out);
    case WY_KIND_STRING:
        *(wy_str *)out = (wy_str){json_string_value(json), json_string_length(json)};
        return json_is_string(json);
    case WY_KIND_LIST:
    case WY_KIND_MAP:
    case WY_KIND_FIXED_LIST: return read_list(arena, type, json, out);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE: return read_record(arena, type, json, out);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return read_variant(arena, type, json, out);
    case WY_KIND_FLAGS: return read_flags(type, json, out);
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break;
    }
    return false;
}

/* --- comparing --- */

static bool same(const wy_type *type, const void *a, const void *b);

static bool same_elements(const wy_type *elem, const char *a, const char *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!same(elem, a + i * elem->size, b + i * elem->size)) return false;
    return true;
}

static bool same_float(const wy_type *type, const void *a, const void *b) {
    if (memcmp(a, b, type->size) == 0) return true;
    if (type->size == 4)
        return __builtin_isnan(*(const float *)a) && __builtin_isnan(*(const float *)b);
    return __builtin_isnan(*(const double *)a) && __builtin_isnan(*(const double *)b);
}

static bool same_variant(const wy_type *type, const char *a, const char *b) {
    if (memcmp(a, b, type->disc_size) != 0) return false;
    uint32_t index = 0;
    memcpy(&index, a, type->disc_size);
    const wy_type *payload = type->fields[index].type;
    return !payload || same(payload, a + type->payload_offset, b + type->payload_offset);
}

static bool same(const wy_type *type, const void *a, const void *b) {
    const wy_list *la = a, *lb = b;
    const char *ca = a, *cb = b;
    switch ((wy_kind)type->kind) {
    case WY_KIND_F32:
    case WY_KIND_F64: return same_float(type, a, b);
    case WY_KIND_STRING: return wy_str_eq(*(const wy_str *)a, *(const wy_str *)b);
    case WY_KIND_LIST:
    case WY_KIND_MAP:
        return la->len == lb->len && same_elements(type->elem, la->ptr, lb->ptr, la->len);
    case WY_KIND_FIXED_LIST: return same_elements(type->elem, ca, cb, type->count);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (uint32_t i = 0; i < type->count; i++)
            if (!same(type->fields[i].type, ca + type->fields[i].offset,
                      cb + type->fields[i].offset))
                return false;
        return true;
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return same_variant(type, ca, cb);
    case WY_KIND_FLAGS: return memcmp(a, b, type->disc_size) == 0;
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: return false;
    case WY_KIND_BOOL:
    case WY_KIND_S8:
    case WY_KIND_U8:
    case WY_KIND_S16:
    case WY_KIND_U16:
    case WY_KIND_S32:
    case WY_KIND_U32:
    case WY_KIND_S64:
    case WY_KIND_U64:
    case WY_KIND_CHAR: break;
    }
    return memcmp(a, b, type->size) == 0;
}

bool value_equals(const wy_type *type, const void *value, const json_t *json) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)256 << 20);
    void *expected = wy_arena_calloc(&arena, 1, type->size);
    bool equal =
        expected && value_read(&arena, type, json, expected) && same(type, value, expected);
    wy_arena_deinit(&arena);
    return equal;
}
