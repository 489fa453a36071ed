/* wasi:http/types: fields. */
#include "interface/wasi/http_object.h"

#include "base/limits.h"

#include <stdlib.h>

#define ARENA_MAX (8 * WY_MAX_HTTP_HEADER_BYTES)

own wy_trap *wy_wasi_http_no_memory(void) {
    return wy_trap_new("out of memory for an HTTP object");
}

/* NULL: no memory. */
static own http_fields *fields_new(void) {
    http_fields *fields = calloc(1, sizeof *fields);
    if (!fields) return NULL;
    fields->refs = 1;
    wy_arena_init(&fields->arena, ARENA_MAX);
    wy_http_fields_init(&fields->list, &fields->arena);
    return fields;
}

own http_fields *wy_wasi_fields_view(wy_http_incoming *message, const wy_http_fields *list) {
    http_fields *fields = calloc(1, sizeof *fields);
    if (!fields) return NULL;
    fields->refs = 1;
    fields->immutable = true;
    fields->list = *list;
    fields->message = message;
    wy_http_incoming_retain(message);
    wy_arena_init(&fields->arena, ARENA_MAX);
    return fields;
}

void wy_wasi_fields_release(own http_fields *fields) {
    if (!fields || --fields->refs) return;
    wy_http_incoming_release(fields->message);
    wy_arena_deinit(&fields->arena);
    free(fields);
}

void wy_wasi_http_drop_fields(void *object) {
    wy_wasi_fields_release(object);
}

static http_fields *fields_of(wy_handle handle) {
    return (http_fields *)handle;
}

static own wy_trap *too_many(void) {
    return wy_trap_new("HTTP fields over a limit: at most %u of them, %zu bytes in all",
                       (unsigned)WY_MAX_HTTP_HEADERS, (size_t)WY_MAX_HTTP_HEADER_BYTES);
}

static wy_str bytes_of(wy_list_u8 list) {
    return (wy_str){(const char *)list.ptr, list.len};
}

/* What is wrong with setting `name`; WY_OK: nothing. WY_INVALID: syntax. WY_DENIED: forbidden. */
static wy_err check_name(wy_str name) {
    if (!wy_http_token_valid(name)) return WY_INVALID;
    return wy_http_name_forbidden(name) ? WY_DENIED : WY_OK;
}

static void set_error(wasi_http_types_result_none_header_error *result, wy_err err) {
    result->is_err = err != WY_OK;
    result->err.tag = err == WY_INVALID  ? WASI_HTTP_TYPES_HEADER_ERROR_INVALID_SYNTAX
                      : err == WY_DENIED ? WASI_HTTP_TYPES_HEADER_ERROR_FORBIDDEN
                                         : WASI_HTTP_TYPES_HEADER_ERROR_IMMUTABLE;
}

own wy_trap *wy_wasi_http_fields_new(wy_call *call, const void *args,
                                     wasi_http_types_fields_new_result *result) {
    (void)call, (void)args;
    *result = (wy_handle)fields_new();
    return *result ? NULL : wy_wasi_http_no_memory();
}

WY_WASI_HTTP_FUNC(fields_from_list) {
    (void)call;
    http_fields *fields = fields_new();
    if (!fields) return wy_wasi_http_no_memory();
    wy_err err = WY_OK;
    for (size_t i = 0; i < args->entries.len && !err; i++) {
        wy_str value = bytes_of(args->entries.ptr[i].f1);
        err = check_name(args->entries.ptr[i].f0);
        if (!err && !wy_http_value_valid(value)) err = WY_INVALID;
        if (!err) err = wy_http_fields_append(&fields->list, args->entries.ptr[i].f0, value);
    }
    result->is_err = err != WY_OK;
    if (!err) {
        result->ok = (wy_handle)fields;
        return NULL;
    }
    wy_wasi_fields_release(fields);
    if (err == WY_LIMIT) return too_many();
    result->err.tag = err == WY_INVALID ? WASI_HTTP_TYPES_HEADER_ERROR_INVALID_SYNTAX
                                        : WASI_HTTP_TYPES_HEADER_ERROR_FORBIDDEN;
    return NULL;
}

WY_WASI_HTTP_FUNC(fields_get) {
    const wy_http_fields *list = &fields_of(args->self)->list;
    size_t count = 0;
    uint32_t at = 0;
    while (wy_http_fields_next(list, args->name, &at))
        count++;
    wy_list_u8 *values = wy_arena_calloc(call->arena, count, sizeof *values);
    if (count && !values) return wy_wasi_http_no_memory();
    const wy_http_field *field;
    at = 0;
    for (size_t i = 0; (field = wy_http_fields_next(list, args->name, &at)) != NULL; i++)
        values[i] = (wy_list_u8){(const uint8_t *)field->value.ptr, field->value.len};
    *result = (wit_list_list_u8){values, count};
    return NULL;
}

WY_WASI_HTTP_FUNC(fields_has) {
    (void)call;
    uint32_t at = 0;
    *result = wy_http_fields_next(&fields_of(args->self)->list, args->name, &at) != NULL;
    return NULL;
}

WY_WASI_HTTP_FUNC(fields_set) {
    (void)call;
    http_fields *fields = fields_of(args->self);
    wy_err err = check_name(args->name);
    for (size_t i = 0; i < args->value.len && !err; i++)
        if (!wy_http_value_valid(bytes_of(args->value.ptr[i]))) err = WY_INVALID;
    if (!err && fields->immutable) err = WY_BUSY;
    if (!err) wy_http_fields_remove(&fields->list, args->name);
    for (size_t i = 0; i < args->value.len && !err; i++)
        err = wy_http_fields_append(&fields->list, args->name, bytes_of(args->value.ptr[i]));
    if (err == WY_LIMIT) return too_many();
    set_error(result, err);
    return NULL;
}

WY_WASI_HTTP_FUNC(fields_delete) {
    (void)call;
    http_fields *fields = fields_of(args->self);
    wy_err err = check_name(args->name);
    if (!err && fields->immutable) err = WY_BUSY;
    if (!err) wy_http_fields_remove(&fields->list, args->name);
    set_error(result, err);
    return NULL;
}

WY_WASI_HTTP_FUNC(fields_append) {
    (void)call;
    http_fields *fields = fields_of(args->self);
    wy_err err = check_name(args->name);
    if (!err && !wy_http_value_valid(bytes_of(args->value))) err = WY_INVALID;
    if (!err && fields->immutable) err = WY_BUSY;
    if (!err) err = wy_http_fields_append(&fields->list, args->name, bytes_of(args->value));
    if (err == WY_LIMIT) return too_many();
    set_error(result, err);
    return NULL;
}

WY_WASI_HTTP_FUNC(fields_entries) {
    const wy_http_fields *list = &fields_of(args->self)->list;
    wit_tuple2_string_list_u8 *entries = wy_arena_calloc(call->arena, list->count, sizeof *entries);
    if (list->count && !entries) return wy_wasi_http_no_memory();
    for (uint32_t i = 0; i < list->count; i++) {
        wy_str value = list->items[i].value;
        entries[i].f0 = list->items[i].name;
        entries[i].f1 = (wy_list_u8){(const uint8_t *)value.ptr, value.len};
    }
    *result = (wit_list_tuple2_string_list_u8){entries, list->count};
    return NULL;
}

WY_WASI_HTTP_FUNC(fields_clone) {
    (void)call;
    http_fields *fields = fields_new();
    if (!fields) return wy_wasi_http_no_memory();
    if (wy_http_fields_copy(&fields->list, &fields_of(args->self)->list) != WY_OK) {
        wy_wasi_fields_release(fields);
        return too_many();
    }
    *result = (wy_handle)fields;
    return NULL;
}
