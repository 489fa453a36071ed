/* Values by name: the same memory that structs in C describe, reached through the types'
 * descriptors, and as WAVE text. A value that does not exist passes through everything here as a
 * null value. */
#include "host/embed.h"

#include "base/limits.h"
#include "value/copy.h"
#include "value/wave.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

withy_arena *withy_arena_new(void) {
    withy_arena *arena = malloc(sizeof *arena);
    if (arena) wy_arena_init(&arena->arena, WY_MAX_CALL_ARENA);
    return arena;
}

void withy_arena_reset(withy_arena *arena) {
    wy_arena_rewind(&arena->arena, (wy_arena_mark){0});
}

void withy_arena_free(withy_arena *arena) {
    if (!arena) return;
    wy_arena_deinit(&arena->arena);
    free(arena);
}

static const withy_value none = {NULL, NULL};

static bool is_kind(withy_value value, wy_kind kind) {
    return value.type && value.type->kind == kind;
}

withy_value withy_value_new(withy_arena *arena, const withy_type *type) {
    void *at = type ? wy_arena_calloc(&arena->arena, 1, (size_t)type->size + 1) : NULL;
    return at ? (withy_value){type, at} : none;
}

withy_value withy_value_copy(withy_arena *arena, withy_value value) {
    withy_value copy = withy_value_new(arena, value.type);
    bool done = copy.at && !wy_value_copy(&arena->arena, value.type, value.at, copy.at);
    return done ? copy : none;
}

/* --- parts --- */

/* The field, case or label of that name; its count where there is none. */
static uint32_t find(const wy_type *type, const char *name) {
    uint32_t i = 0;
    while (i < type->count && !wy_str_eqz(type->fields[i].name, name))
        i++;
    return i;
}

static bool is_struct(withy_value value) {
    return is_kind(value, WY_KIND_RECORD) || is_kind(value, WY_KIND_TUPLE);
}

withy_value withy_value_field(withy_value record, const char *name) {
    return is_struct(record) ? withy_value_field_at(record, find(record.type, name)) : none;
}

withy_value withy_value_field_at(withy_value record, size_t index) {
    if (!is_struct(record) || index >= record.type->count) return none;
    const wy_field *field = &record.type->fields[index];
    return (withy_value){field->type, (char *)record.at + field->offset};
}

withy_value withy_value_elem(withy_value list, size_t index) {
    size_t len;
    if (!withy_value_get_len(list, &len) || index >= len) return none;
    char *items = is_kind(list, WY_KIND_LIST) ? ((wy_list *)list.at)->ptr : list.at;
    return (withy_value){list.type->elem, items + index * list.type->elem->size};
}

static bool has_cases(withy_value value) {
    return is_kind(value, WY_KIND_VARIANT) || is_kind(value, WY_KIND_ENUM) ||
           is_kind(value, WY_KIND_OPTION) || is_kind(value, WY_KIND_RESULT);
}

withy_value withy_value_payload(withy_value value) {
    size_t index;
    if (!withy_value_get_case(value, &index) || !value.type->fields[index].type) return none;
    return (withy_value){value.type->fields[index].type,
                         (char *)value.at + value.type->payload_offset};
}

/* --- numbers --- */

static bool is_signed(wy_kind kind) {
    return kind == WY_KIND_S8 || kind == WY_KIND_S16 || kind == WY_KIND_S32 || kind == WY_KIND_S64;
}

static bool is_integer(withy_value value) {
    return value.type && value.type->kind >= WY_KIND_S8 && value.type->kind <= WY_KIND_U64;
}

/* An integer of any type as its sign and its bits, extended to 64. */
static uint64_t read_bits(withy_value value) {
    uint64_t bits = 0;
    memcpy(&bits, value.at, value.type->size);
    unsigned unused = 64 - 8 * value.type->size;
    return is_signed((wy_kind)value.type->kind) ? (uint64_t)((int64_t)(bits << unused) >> unused)
                                                : bits;
}

bool withy_value_set_bool(withy_value value, bool b) {
    if (!is_kind(value, WY_KIND_BOOL)) return false;
    *(uint8_t *)value.at = b;
    return true;
}

bool withy_value_set_int(withy_value value, int64_t i) {
    if (i >= 0) return withy_value_set_uint(value, (uint64_t)i);
    if (!is_integer(value) || !is_signed((wy_kind)value.type->kind)) return false;
    unsigned unused = 64 - 8 * value.type->size;
    if (i < INT64_MIN >> unused) return false;
    memcpy(value.at, &i, value.type->size);
    return true;
}

bool withy_value_set_uint(withy_value value, uint64_t u) {
    if (!is_integer(value)) return false;
    unsigned bits = 8 * value.type->size - is_signed((wy_kind)value.type->kind);
    if (u > UINT64_MAX >> (64 - bits)) return false;
    memcpy(value.at, &u, value.type->size);
    return true;
}

bool withy_value_set_float(withy_value value, double f) {
    if (is_kind(value, WY_KIND_F64)) {
        memcpy(value.at, &f, sizeof f);
        return true;
    }
    float narrow = (float)f;
    if (!is_kind(value, WY_KIND_F32) || (isfinite(f) && !isfinite(narrow))) return false;
    memcpy(value.at, &narrow, sizeof narrow);
    return true;
}

bool withy_value_set_char(withy_value value, uint32_t c) {
    if (!is_kind(value, WY_KIND_CHAR) || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return false;
    memcpy(value.at, &c, sizeof c);
    return true;
}

bool withy_value_get_bool(withy_value value, bool *b_out) {
    if (!is_kind(value, WY_KIND_BOOL)) return false;
    *b_out = *(uint8_t *)value.at != 0;
    return true;
}

bool withy_value_get_int(withy_value value, int64_t *i_out) {
    if (!is_integer(value)) return false;
    uint64_t bits = read_bits(value);
    if (!is_signed((wy_kind)value.type->kind) && bits > INT64_MAX) return false;
    *i_out = (int64_t)bits;
    return true;
}

bool withy_value_get_uint(withy_value value, uint64_t *u_out) {
    if (!is_integer(value)) return false;
    uint64_t bits = read_bits(value);
    if (is_signed((wy_kind)value.type->kind) && (int64_t)bits < 0) return false;
    *u_out = bits;
    return true;
}

bool withy_value_get_float(withy_value value, double *f_out) {
    if (is_kind(value, WY_KIND_F32))
        *f_out = *(float *)value.at;
    else if (is_kind(value, WY_KIND_F64))
        *f_out = *(double *)value.at;
    else
        return false;
    return true;
}

bool withy_value_get_char(withy_value value, uint32_t *c_out) {
    if (!is_kind(value, WY_KIND_CHAR)) return false;
    memcpy(c_out, value.at, sizeof *c_out);
    return true;
}

/* --- strings and lists --- */

bool withy_value_set_string(withy_arena *arena, withy_value value, withy_str text) {
    if (!is_kind(value, WY_KIND_STRING) || !wy_utf8_valid(text.ptr, text.len)) return false;
    char *copy = wy_arena_strndup(&arena->arena, text.ptr, text.len);
    if (copy) *(withy_str *)value.at = (withy_str){copy, text.len};
    return copy != NULL;
}

bool withy_value_get_string(withy_value value, withy_str *text_out) {
    if (!is_kind(value, WY_KIND_STRING)) return false;
    *text_out = *(withy_str *)value.at;
    return true;
}

bool withy_value_set_len(withy_arena *arena, withy_value list, size_t len) {
    if (!is_kind(list, WY_KIND_LIST)) return false;
    const wy_type *elem = list.type->elem;
    void *items = len > WY_MAX_LIST_BYTES / elem->size
                      ? NULL
                      : wy_arena_calloc(&arena->arena, len, elem->size);
    if (items) *(wy_list *)list.at = (wy_list){items, len};
    return items != NULL;
}

bool withy_value_get_len(withy_value list, size_t *len_out) {
    if (is_kind(list, WY_KIND_LIST))
        *len_out = ((wy_list *)list.at)->len;
    else if (is_kind(list, WY_KIND_FIXED_LIST))
        *len_out = list.type->count;
    else
        return false;
    return true;
}

/* --- cases, flags, handles --- */

bool withy_value_set_case(withy_value value, const char *name) {
    if (!has_cases(value)) return false;
    uint32_t index = find(value.type, name);
    if (index == value.type->count) return false;
    memset(value.at, 0, value.type->size);
    wy_value_set_case(value.type, value.at, index);
    return true;
}

bool withy_value_get_case(withy_value value, size_t *index_out) {
    if (!has_cases(value)) return false;
    *index_out = wy_value_case(value.type, value.at);
    return true;
}

bool withy_value_set_flag(withy_value value, const char *name, bool on) {
    if (!is_kind(value, WY_KIND_FLAGS)) return false;
    uint32_t index = find(value.type, name), bits = 0;
    if (index == value.type->count) return false;
    memcpy(&bits, value.at, value.type->disc_size);
    bits = on ? bits | 1u << index : bits & ~(1u << index);
    memcpy(value.at, &bits, value.type->disc_size);
    return true;
}

bool withy_value_get_flag(withy_value value, const char *name, bool *on_out) {
    if (!is_kind(value, WY_KIND_FLAGS)) return false;
    uint32_t index = find(value.type, name), bits = 0;
    if (index == value.type->count) return false;
    memcpy(&bits, value.at, value.type->disc_size);
    *on_out = bits >> index & 1;
    return true;
}

bool withy_value_set_handle(withy_value value, uintptr_t handle) {
    if (!is_kind(value, WY_KIND_OWN) && !is_kind(value, WY_KIND_BORROW)) return false;
    *(uintptr_t *)value.at = handle;
    return true;
}

bool withy_value_get_handle(withy_value value, uintptr_t *handle_out) {
    if (!is_kind(value, WY_KIND_OWN) && !is_kind(value, WY_KIND_BORROW)) return false;
    *handle_out = *(uintptr_t *)value.at;
    return true;
}

/* --- text --- */

withy_status withy_value_parse(withy_arena *arena, const withy_type *type, const char *text,
                               withy_value *value_out, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_value value = withy_value_new(arena, type);
    wy_err err = value.at
                     ? wy_wave_parse(wy_str_of(text), type, &arena->arena, NULL, value.at, &diag)
                     : WY_NOMEM;
    if (err) return wy_host_status(err, &diag, error);
    *value_out = value;
    return WITHY_OK;
}

withy_status withy_value_parse_args(withy_arena *arena, const withy_func_type *func,
                                    const char *text, withy_value *args_out, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_value args = withy_value_new(arena, &func->params);
    wy_err err =
        args.at ? wy_wave_parse_args(wy_str_of(text), 0, func, &arena->arena, NULL, args.at, &diag)
                : WY_NOMEM;
    if (err) return wy_host_status(err, &diag, error);
    *args_out = args;
    return WITHY_OK;
}

const char *withy_value_print(withy_arena *arena, withy_value value) {
    wy_buf buf;
    wy_buf_init(&buf, WY_MAX_CALL_ARENA);
    if (value.type) wy_wave_print(value.type, value.at, NULL, &buf);
    const char *text = buf.failed || !value.type
                           ? NULL
                           : wy_arena_strndup(&arena->arena, buf.ptr ? buf.ptr : "", buf.len);
    wy_buf_deinit(&buf);
    return text;
}
