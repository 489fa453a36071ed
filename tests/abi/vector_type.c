/* Reads types as the vectors write them. */
#include "vector_type.h"

static const wy_type *laid_out(wy_type *type, wy_field *fields) {
    type->fields = fields;
    return wy_type_layout(type, fields, NULL) == WY_OK ? type : NULL;
}

static wy_type *new_type(wy_arena *arena, wy_kind kind, size_t count) {
    wy_type *type = wy_arena_calloc(arena, 1, sizeof *type);
    wy_assert(type);
    type->kind = (uint8_t)kind;
    type->count = (uint32_t)count;
    return type;
}

static wy_field *new_fields(wy_arena *arena, size_t count) {
    wy_field *fields = wy_arena_calloc(arena, count + 1, sizeof *fields);
    wy_assert(fields);
    return fields;
}

/* JSON null is no type; false when what stands there is neither. */
static bool optional_type(wy_arena *arena, const json_t *json, const wy_type **out) {
    *out = json_is_null(json) ? NULL : vector_type(arena, json);
    return *out || json_is_null(json);
}

const wy_type *vector_type_tuple(wy_arena *arena, const json_t *types) {
    size_t count = json_array_size(types);
    wy_type *type = new_type(arena, WY_KIND_TUPLE, count);
    wy_field *fields = new_fields(arena, count);
    for (size_t i = 0; i < count; i++) {
        fields[i].name = wy_str_of(wy_arena_printf(arena, "%zu", i));
        fields[i].type = vector_type(arena, json_array_get(types, i));
        if (!fields[i].type) return NULL;
    }
    return laid_out(type, fields);
}

/* [["name", type or null], ...] */
static const wy_type *named(wy_arena *arena, wy_kind kind, const json_t *pairs) {
    size_t count = json_array_size(pairs);
    wy_type *type = new_type(arena, kind, count);
    wy_field *fields = new_fields(arena, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(pairs, i);
        fields[i].name = wy_str_of(json_string_value(json_array_get(pair, 0)));
        if (!optional_type(arena, json_array_get(pair, 1), &fields[i].type)) return NULL;
    }
    return laid_out(type, fields);
}

static const wy_type *labels(wy_arena *arena, wy_kind kind, const json_t *names) {
    size_t count = json_array_size(names);
    wy_type *type = new_type(arena, kind, count);
    wy_field *fields = new_fields(arena, count);
    for (size_t i = 0; i < count; i++)
        fields[i].name = wy_str_of(json_string_value(json_array_get(names, i)));
    return laid_out(type, fields);
}

static const wy_type *two_cases(wy_arena *arena, wy_kind kind, const char *first,
                                const json_t *first_type, const char *second,
                                const json_t *second_type) {
    wy_type *type = new_type(arena, kind, 2);
    wy_field *fields = new_fields(arena, 2);
    fields[0].name = wy_str_of(first);
    fields[1].name = wy_str_of(second);
    if (first_type && !optional_type(arena, first_type, &fields[0].type)) return NULL;
    if (second_type && !optional_type(arena, second_type, &fields[1].type)) return NULL;
    return laid_out(type, fields);
}

static const wy_type *list(wy_arena *arena, const wy_type *elem, const json_t *len) {
    if (!elem) return NULL;
    wy_type *type = new_type(arena, len ? WY_KIND_FIXED_LIST : WY_KIND_LIST,
                             len ? (size_t)json_integer_value(len) : 0);
    type->elem = elem;
    return laid_out(type, NULL);
}

static const wy_type *map(wy_arena *arena, const wy_type *pair) {
    if (!pair) return NULL;
    wy_type *type = new_type(arena, WY_KIND_MAP, 0);
    type->elem = pair;
    return laid_out(type, NULL);
}

static const wy_type *primitive(const char *name) {
    for (int kind = WY_KIND_BOOL; kind <= WY_KIND_STRING; kind++) {
        const wy_type *type = wy_type_scalar((wy_kind)kind);
        wy_buf buf;
        wy_buf_init(&buf, 100);
        wy_type_print(&buf, type);
        bool same = strcmp(buf.ptr, name) == 0;
        wy_buf_deinit(&buf);
        if (same) return type;
    }
    return NULL;
}

const wy_type *vector_type(wy_arena *arena, const json_t *json) {
    const json_t *body;
    if (json_is_string(json)) return primitive(json_string_value(json));
    if ((body = json_object_get(json, "record"))) return named(arena, WY_KIND_RECORD, body);
    if ((body = json_object_get(json, "variant"))) return named(arena, WY_KIND_VARIANT, body);
    if ((body = json_object_get(json, "tuple"))) return vector_type_tuple(arena, body);
    if ((body = json_object_get(json, "flags"))) return labels(arena, WY_KIND_FLAGS, body);
    if ((body = json_object_get(json, "enum"))) return labels(arena, WY_KIND_ENUM, body);
    if ((body = json_object_get(json, "option")))
        return two_cases(arena, WY_KIND_OPTION, "none", NULL, "some", body);
    if ((body = json_object_get(json, "result")))
        return two_cases(arena, WY_KIND_RESULT, "ok", json_array_get(body, 0), "error",
                         json_array_get(body, 1));
    if ((body = json_object_get(json, "list")))
        return list(arena, vector_type(arena, body), json_object_get(json, "len"));
    if ((body = json_object_get(json, "map"))) return map(arena, vector_type_tuple(arena, body));
    return NULL;
}
