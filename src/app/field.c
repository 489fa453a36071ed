/* Typed fields of a TOML table. */
#include "app/field.h"

#include <stdio.h>

#define KEYS_MAX 64

wy_err wy_fields_fail(const wy_fields *fields, const wy_toml *value, wy_err err, const char *fmt,
                      ...) {
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return wy_diag_set_line(fields->diag, err, value->line, value->column, "%s: %s", fields->name,
                            text);
}

wy_err wy_fields_nomem(const wy_fields *fields) {
    return wy_diag_set(fields->diag, WY_NOMEM, "the manifest needs more memory than it may have");
}

static size_t split_words(const char *names, wy_str words[KEYS_MAX]) {
    size_t count = 0;
    for (wy_str rest = wy_str_of(names); rest.len && count < KEYS_MAX;) {
        size_t end = wy_str_find(rest, ' ');
        words[count++] = wy_str_sub(rest, 0, end);
        rest = wy_str_sub(rest, end < rest.len ? end + 1 : end, rest.len);
    }
    return count;
}

bool wy_fields_is_one(const char *names, wy_str key) {
    wy_str words[KEYS_MAX];
    size_t count = split_words(names, words), at = 0;
    while (at < count && !wy_str_eq(words[at], key))
        at++;
    return at < count;
}

wy_err wy_fields_known(const wy_fields *fields, const char *names) {
    wy_str words[KEYS_MAX];
    size_t count = split_words(names, words);
    const wy_map *map = &fields->table->table.map;
    for (uint32_t i = 0; i < map->count; i++) {
        wy_str key = map->entries[i].key;
        size_t at = 0;
        while (at < count && !wy_str_eq(words[at], key))
            at++;
        if (at < count) continue;
        const wy_toml *value = (const wy_toml *)map->entries[i].value;
        wy_str nearest = wy_str_nearest(key, words, count);
        return wy_diag_set_line(fields->diag, WY_INVALID, value->key_line, value->key_column,
                                "%s: unknown key '" WY_STR_FMT "'" WY_NEAREST_FMT, fields->name,
                                WY_STR_ARG(key), WY_NEAREST_ARG(nearest));
    }
    return WY_OK;
}

wy_err wy_fields_expect(const wy_fields *fields, const wy_toml *value, const char *key,
                        wy_toml_kind kind) {
    if (value->kind == kind) return WY_OK;
    return wy_fields_fail(fields, value, WY_INVALID, "'%s' must be %s, not %s", key,
                          wy_toml_kind_name(kind), wy_toml_kind_name(value->kind));
}

wy_err wy_fields_get(const wy_fields *fields, const char *key, wy_toml_kind kind,
                     const wy_toml **value_out) {
    *value_out = wy_toml_get(fields->table, key);
    return *value_out ? wy_fields_expect(fields, *value_out, key, kind) : WY_OK;
}

wy_err wy_fields_string(const wy_fields *fields, const char *key, bool required, wy_str *out) {
    const wy_toml *value;
    wy_err err = wy_fields_get(fields, key, WY_TOML_STRING, &value);
    if (err != WY_OK) return err;
    if (!value && required)
        return wy_fields_fail(fields, fields->table, WY_INVALID, "'%s' is missing", key);
    *out = value ? value->string : (wy_str){0};
    return WY_OK;
}

wy_err wy_fields_bool(const wy_fields *fields, const char *key, bool *out) {
    const wy_toml *value;
    wy_err err = wy_fields_get(fields, key, WY_TOML_BOOLEAN, &value);
    if (err == WY_OK && value) *out = value->boolean;
    return err;
}

wy_err wy_fields_list(const wy_fields *fields, const char *key, wy_app_list *out) {
    const wy_toml *value;
    *out = (wy_app_list){0};
    wy_err err = wy_fields_get(fields, key, WY_TOML_ARRAY, &value);
    if (err != WY_OK || !value) return err;
    wy_str *items = wy_arena_calloc(fields->arena, value->array.count, sizeof *items);
    if (!items) return wy_fields_nomem(fields);
    for (uint32_t i = 0; i < value->array.count; i++) {
        err = wy_fields_expect(fields, value->array.items[i], key, WY_TOML_STRING);
        if (err != WY_OK) return err;
        items[i] = value->array.items[i]->string;
    }
    *out = (wy_app_list){items, value->array.count};
    return WY_OK;
}

wy_err wy_fields_pairs(const wy_fields *fields, const char *key, wy_app_pairs *out) {
    const wy_toml *value;
    *out = (wy_app_pairs){0};
    wy_err err = wy_fields_get(fields, key, WY_TOML_TABLE, &value);
    if (err != WY_OK || !value) return err;
    uint32_t count = value->table.map.count;
    wy_app_pair *items = wy_arena_calloc(fields->arena, count, sizeof *items);
    if (!items) return wy_fields_nomem(fields);
    for (uint32_t i = 0; i < count; i++) {
        const wy_map_entry *entry = &value->table.map.entries[i];
        const wy_toml *item = (const wy_toml *)entry->value;
        if (item->kind != WY_TOML_STRING)
            return wy_fields_fail(fields, item, WY_INVALID,
                                  "'%s." WY_STR_FMT "' must be a string, not %s", key,
                                  WY_STR_ARG(entry->key), wy_toml_kind_name(item->kind));
        items[i] = (wy_app_pair){entry->key, item->string};
    }
    *out = (wy_app_pairs){items, count};
    return WY_OK;
}
