/* HTTP fields: an array in an arena, and character tables. */
#include "capability/http/fields.h"

#include "base/limits.h"

void wy_http_fields_init(wy_http_fields *fields, wy_arena *arena) {
    *fields = (wy_http_fields){.arena = arena};
}

wy_err wy_http_fields_append_view(wy_http_fields *fields, wy_str name, wy_str value) {
    size_t bytes = name.len + value.len + 4;
    if (fields->count >= WY_MAX_HTTP_HEADERS || bytes > WY_MAX_HTTP_HEADER_BYTES ||
        fields->bytes > WY_MAX_HTTP_HEADER_BYTES - bytes)
        return WY_LIMIT;
    wy_http_field *items = wy_arena_grow(fields->arena, fields->items, fields->count, &fields->cap,
                                         (size_t)fields->count + 1, sizeof *items);
    if (!items) return WY_LIMIT;
    fields->items = items;
    items[fields->count++] = (wy_http_field){name, value};
    fields->bytes += bytes;
    return WY_OK;
}

wy_err wy_http_fields_append(wy_http_fields *fields, wy_str name, wy_str value) {
    if (name.len + value.len > WY_MAX_HTTP_HEADER_BYTES) return WY_LIMIT;
    char *copy = wy_arena_alloc_aligned(fields->arena, name.len + value.len + 1, 1);
    if (!copy) return WY_LIMIT;
    if (name.len) memcpy(copy, name.ptr, name.len);
    if (value.len) memcpy(copy + name.len, value.ptr, value.len);
    return wy_http_fields_append_view(fields, (wy_str){copy, name.len},
                                      (wy_str){copy + name.len, value.len});
}

wy_err wy_http_fields_copy(wy_http_fields *fields, const wy_http_fields *from) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < from->count && !err; i++)
        err = wy_http_fields_append(fields, from->items[i].name, from->items[i].value);
    return err;
}

const wy_http_field *wy_http_fields_next(const wy_http_fields *fields, wy_str name, uint32_t *at) {
    for (uint32_t i = *at; i < fields->count; i++) {
        if (fields->items[i].name.len == name.len &&
            wy_str_eq_nocase(fields->items[i].name, name)) {
            *at = i + 1;
            return &fields->items[i];
        }
    }
    *at = fields->count;
    return NULL;
}

wy_str wy_http_fields_get(const wy_http_fields *fields, wy_str name) {
    uint32_t at = 0;
    const wy_http_field *field = wy_http_fields_next(fields, name, &at);
    return field ? field->value : (wy_str){0};
}

void wy_http_fields_remove(wy_http_fields *fields, wy_str name) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < fields->count; i++) {
        wy_http_field field = fields->items[i];
        if (wy_str_eq_nocase(field.name, name))
            fields->bytes -= field.name.len + field.value.len + 4;
        else
            fields->items[kept++] = field;
    }
    fields->count = kept;
}

static bool is_tchar(unsigned char c) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool wy_http_token_valid(wy_str token) {
    for (size_t i = 0; i < token.len; i++)
        if (!is_tchar((unsigned char)token.ptr[i])) return false;
    return token.len > 0;
}

bool wy_http_value_valid(wy_str value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
    }
    return true;
}

static bool one_of(wy_str name, const wy_str *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (name.len == list[i].len && wy_str_eq_nocase(name, list[i])) return true;
    return false;
}

bool wy_http_name_hop_by_hop(wy_str name) {
    static const wy_str list[] = {
        {"connection", 10},        {"keep-alive", 10}, {"proxy-connection", 16},
        {"transfer-encoding", 17}, {"upgrade", 7},     {"http2-settings", 14},
    };
    return one_of(name, list, sizeof list / sizeof list[0]);
}

bool wy_http_name_forbidden(wy_str name) {
    static const wy_str list[] = {
        {"host", 4},
        {"proxy-authenticate", 18},
        {"proxy-authorization", 19},
    };
    return wy_http_name_hop_by_hop(name) || one_of(name, list, sizeof list / sizeof list[0]);
}

bool wy_http_target_valid(wy_str target) {
    if (target.len == 0 || (target.ptr[0] != '/' && target.ptr[0] != '?' &&
                            !(target.len == 1 && target.ptr[0] == '*')))
        return false;
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.ptr[i];
        if (c <= 0x20 || c == 0x7f || c == '#' || c == '"' || c == '<' || c == '>' || c == '\\' ||
            c == '^' || c == '`')
            return false;
    }
    return true;
}

bool wy_http_authority_valid(wy_str authority) {
    for (size_t i = 0; i < authority.len; i++) {
        unsigned char c = (unsigned char)authority.ptr[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c >= 0x80 || c == '\0' || (!alnum && !strchr("-._~%!$&'()*+,;=:@[]", c))) return false;
    }
    return authority.len > 0;
}
