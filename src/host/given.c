/* Given: values of variables from words and files. */
#include "host/given.h"

#include "app/toml.h"
#include "base/text.h"

#include <jansson.h>

typedef struct reader {
    wy_arena *arena;
    wy_config_pair *items;
    uint32_t count, cap;
    wy_diag *diag;
} reader;

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for variables");
}

static wy_err add(reader *r, wy_str name, wy_str value) {
    wy_config_pair *items =
        wy_arena_grow(r->arena, r->items, r->count, &r->cap, r->count + 1u, sizeof *items);
    if (!items) return no_memory(r->diag);
    r->items = items;
    items[r->count++] = (wy_config_pair){name, value};
    return WY_OK;
}

static wy_err copy(reader *r, const char *text, wy_str *out) {
    char *own_text = wy_arena_strndup(r->arena, text, strlen(text));
    if (!own_text) return no_memory(r->diag);
    *out = wy_str_of(own_text);
    return WY_OK;
}

static wy_err read_json(reader *r, wy_str text) {
    json_error_t error;
    json_t *root = json_loadb(text.ptr, text.len, 0, &error);
    wy_err err = WY_OK;
    const char *key;
    json_t *value;
    if (!json_is_object(root))
        err = wy_diag_set(r->diag, WY_INVALID, "line %d: %s", root ? 1 : error.line,
                          root ? "an object is expected" : error.text);
    json_object_foreach(root, key, value) {
        wy_str name = {0}, content = {0};
        if (!err && !json_is_string(value))
            err = wy_diag_set(r->diag, WY_INVALID, "the value of \"%s\" must be a string", key);
        if (!err) err = copy(r, key, &name);
        if (!err) err = copy(r, json_string_value(value), &content);
        if (!err) err = add(r, name, content);
    }
    json_decref(root);
    return err;
}

static wy_err read_toml(reader *r, wy_str path, wy_str text) {
    const wy_toml *root;
    wy_err err = wy_toml_parse(r->arena, text, &root, r->diag);
    for (uint32_t i = 0; !err && i < root->table.map.count; i++) {
        const wy_map_entry *entry = &root->table.map.entries[i];
        const wy_toml *value = (const wy_toml *)entry->value;
        if (value->kind == WY_TOML_STRING)
            err = add(r, entry->key, value->string);
        else
            err = wy_diag_set_line(r->diag, WY_INVALID, value->line, value->column,
                                   "the value of \"" WY_STR_FMT "\" must be a string, not %s",
                                   WY_STR_ARG(entry->key), wy_toml_kind_name(value->kind));
    }
    wy_text_place_private(r->diag, path, text);
    return err;
}

static wy_err read_file(reader *r, const char *path) {
    wy_str text;
    bool is_json = wy_str_ends(wy_str_of(path), WY_STR(".json"));
    wy_err err = wy_text_read(r->arena, path, &text, r->diag);
    if (!err && !is_json) return read_toml(r, wy_str_of(path), text);
    if (!err) err = read_json(r, text);
    if (err) wy_diag_prefix(r->diag, "%s", path);
    return err;
}

static wy_err read_option(reader *r, const char *option) {
    if (option[0] == '@') return read_file(r, option + 1);
    wy_str text = wy_str_of(option);
    size_t equals = wy_str_find(text, '=');
    if (equals == 0 || equals == text.len)
        return wy_diag_set(r->diag, WY_USAGE,
                           "what is given is not NAME=VALUE, NAME=@FILE or @FILE");
    wy_str name = wy_str_sub(text, 0, equals), value = wy_str_sub(text, equals + 1, text.len);
    if (value.len && value.ptr[0] == '@') {
        const char *path = option + equals + 2;
        wy_err err = wy_text_read(r->arena, path, &value, r->diag);
        if (err) {
            wy_diag_prefix(r->diag, "%s", path);
            return err;
        }
    }
    return add(r, name, value);
}

wy_err wy_given_read(wy_arena *arena, const char *const *options, size_t count, wy_given *given_out,
                     wy_diag *diag) {
    reader r = {.arena = arena, .diag = diag};
    wy_err err = WY_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = read_option(&r, options[i]);
    if (err) wy_diag_prefix(diag, "--variable");
    *given_out = (wy_given){r.items, r.count};
    return err;
}
