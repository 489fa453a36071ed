/* Reading a locked application: its JSON becomes the tree of the manifest that says the same, so
 * that one reader knows the rules. */
#include "app/locked.h"

#include "app/spin_component.h"
#include "base/limits.h"

#include <jansson.h>
#include <stdio.h>

typedef struct reader {
    wy_arena *arena;
    wy_diag *diag;
    wy_err err;   /* of the first thing that went wrong; nothing after it counts */
    wy_toml none; /* stands in for what there was no memory for */
} reader;

static void fail(reader *r, wy_err err, const char *fmt, ...) WY_PRINTF(3, 4);
static void fail(reader *r, wy_err err, const char *fmt, ...) {
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (!r->err) r->err = wy_diag_set(r->diag, err, "%s", text);
}

/* --- building the tree --- */

static wy_toml *node(reader *r, wy_toml_kind kind) {
    wy_toml *value = wy_arena_calloc(r->arena, 1, sizeof *value);
    if (!value) {
        fail(r, WY_NOMEM, "out of memory for the application");
        value = &r->none;
    }
    value->kind = value == &r->none ? WY_TOML_BOOLEAN : kind;
    value->line = value->column = value->key_line = value->key_column = 1;
    if (value->kind == WY_TOML_TABLE) wy_map_init(&value->table.map, r->arena);
    return value;
}

static wy_str keep(reader *r, const char *bytes, size_t len) {
    char *copy = wy_arena_strndup(r->arena, bytes, len);
    if (!copy) fail(r, WY_NOMEM, "out of memory for the application");
    return (wy_str){copy, copy ? len : 0};
}

static void set(reader *r, wy_toml *table, wy_str key, wy_toml *value) {
    if (table->kind == WY_TOML_TABLE && value &&
        !wy_map_set(&table->table.map, key, (uintptr_t)value))
        fail(r, WY_NOMEM, "out of memory for the application");
}

static void set_z(reader *r, wy_toml *table, const char *key, wy_toml *value) {
    set(r, table, wy_str_of(key), value);
}

static wy_toml *string(reader *r, wy_str s) {
    wy_toml *value = node(r, WY_TOML_STRING);
    if (value->kind == WY_TOML_STRING) value->string = s;
    return value;
}

static wy_toml *boolean(reader *r, bool is) {
    wy_toml *value = node(r, WY_TOML_BOOLEAN);
    value->boolean = is;
    return value;
}

static void append(reader *r, wy_toml *array, wy_toml *item) {
    if (array->kind != WY_TOML_ARRAY || !item) return;
    wy_toml **items =
        wy_arena_grow(r->arena, array->array.items, array->array.count, &array->array.cap,
                      (size_t)array->array.count + 1, sizeof *items);
    if (!items) {
        fail(r, WY_NOMEM, "out of memory for the application");
        return;
    }
    array->array.items = items;
    items[array->array.count++] = item;
}

static wy_toml *convert(reader *r, const json_t *json);

static wy_toml *convert_object(reader *r, const json_t *json) {
    wy_toml *table = node(r, WY_TOML_TABLE);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value)
        set(r, table, keep(r, key, strlen(key)), convert(r, value));
    return table;
}

/* NULL, which is set nowhere, for null and for what is not there. The library limits the depth. */
static wy_toml *convert(reader *r, const json_t *json) {
    if (!json || json_is_null(json)) return NULL;
    if (json_is_object(json)) return convert_object(r, json);
    if (json_is_string(json))
        return string(r, keep(r, json_string_value(json), json_string_length(json)));
    if (json_is_boolean(json)) return boolean(r, json_is_true(json));
    wy_toml *value = node(r, json_is_integer(json) ? WY_TOML_INTEGER
                             : json_is_real(json)  ? WY_TOML_FLOAT
                                                   : WY_TOML_ARRAY);
    if (value->kind == WY_TOML_INTEGER) value->integer = json_integer_value(json);
    if (value->kind == WY_TOML_FLOAT) value->number = json_real_value(json);
    for (size_t i = 0; value->kind == WY_TOML_ARRAY && i < json_array_size(json); i++)
        append(r, value, convert(r, json_array_get(json, i)));
    return value;
}

/* The member of a table under another name. */
static void rename_to(reader *r, wy_toml *to, const char *name, const json_t *from,
                      const char *key) {
    set_z(r, to, name, convert(r, json_object_get(from, key)));
}

/* --- what a host has to understand --- */

static void check_requirements(reader *r, const json_t *holder) {
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(holder, "host_requirements"), key, value) {
        /* Middleware that Spin has put into its component is still required in words. */
        if (strcmp(key, "local_service_chaining") == 0 || strcmp(key, "middleware") == 0) continue;
        if (json_is_string(value) && strcmp(json_string_value(value), "optional") == 0) continue;
        fail(r, WY_UNSUPPORTED,
             "the application requires '%s' of a host, which withy does not have", key);
    }
}

static void check_understood(reader *r, const json_t *root) {
    const json_t *list = json_object_get(root, "must_understand");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name && (strcmp(name, "host_requirements") == 0 ||
                     strcmp(name, "component_host_requirements") == 0))
            continue;
        fail(r, WY_UNSUPPORTED, "the application has '%s', which a host must understand",
             name ? name : "something without a name");
    }
    check_requirements(r, root);
}

/* --- components --- */

/* The file of a source: {"content_type", "source": "file://..."}. */
static wy_toml *path_of(reader *r, const json_t *source, const char *what) {
    const json_t *url = json_object_get(source, "source");
    wy_str path;
    if (json_is_string(url) &&
        wy_file_url_read(r->arena, (wy_str){json_string_value(url), json_string_length(url)},
                         &path))
        return string(r, path);
    fail(r, WY_UNSUPPORTED, "%s is not a file of this machine ('source' with a file: URL)", what);
    return NULL;
}

static wy_toml *make_dependencies(reader *r, const json_t *dependencies) {
    if (!dependencies) return NULL;
    wy_toml *table = node(r, WY_TOML_TABLE);
    const char *name;
    json_t *one;
    json_object_foreach((json_t *)dependencies, name, one) {
        wy_toml *to = node(r, WY_TOML_TABLE);
        set_z(r, to, "path", path_of(r, json_object_get(one, "source"), "a dependency"));
        rename_to(r, to, "export", one, "export");
        const json_t *inherit = json_object_get(one, "inherit");
        if (json_is_string(inherit)) /* "All" */
            set_z(r, to, "inherit_configuration", boolean(r, true));
        else
            rename_to(r, to, "inherit_configuration", inherit, "Some");
        set(r, table, keep(r, name, strlen(name)), to);
    }
    return table;
}

static wy_toml *make_files(reader *r, const json_t *files) {
    if (!files) return NULL;
    wy_toml *list = node(r, WY_TOML_ARRAY);
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *one = json_array_get(files, i);
        wy_toml *to = node(r, WY_TOML_TABLE);
        set_z(r, to, "source", path_of(r, one, "a file of a component"));
        rename_to(r, to, "destination", one, "path");
        append(r, list, to);
    }
    return list;
}

static wy_toml *make_component(reader *r, const json_t *component) {
    wy_toml *to = node(r, WY_TOML_TABLE);
    const json_t *metadata = json_object_get(component, "metadata");
    check_requirements(r, component);
    if (json_object_size(json_object_get(component, "trigger_dependencies")))
        fail(r, WY_UNSUPPORTED,
             "middleware of Spin's that stands beside its component is not supported; push the "
             "application with --compose=true");
    set_z(r, to, "source", path_of(r, json_object_get(component, "source"), "a component"));
    rename_to(r, to, "description", metadata, "description");
    rename_to(r, to, "allowed_outbound_hosts", metadata, "allowed_outbound_hosts");
    rename_to(r, to, "key_value_stores", metadata, "key_value_stores");
    rename_to(r, to, "sqlite_databases", metadata, "databases");
    rename_to(r, to, "ai_models", metadata, "ai_models");
    rename_to(r, to, "environment", component, "env");
    rename_to(r, to, "variables", component, "config");
    set_z(r, to, "files", make_files(r, json_object_get(component, "files")));
    set_z(r, to, "dependencies", make_dependencies(r, json_object_get(component, "dependencies")));
    return to;
}

static wy_toml *make_components(reader *r, const json_t *components) {
    wy_toml *table = node(r, WY_TOML_TABLE);
    for (size_t i = 0; i < json_array_size(components); i++) {
        const json_t *one = json_array_get(components, i), *id = json_object_get(one, "id");
        if (!json_is_string(id))
            fail(r, WY_INVALID, "a component has no 'id'");
        else
            set(r, table, keep(r, json_string_value(id), json_string_length(id)),
                make_component(r, one));
    }
    return table;
}

/* --- the application --- */

static wy_toml *make_variables(reader *r, const json_t *variables) {
    wy_toml *table = node(r, WY_TOML_TABLE);
    const char *name;
    json_t *one;
    json_object_foreach((json_t *)variables, name, one) {
        wy_toml *to = convert(r, one);
        if (!json_object_get(one, "default")) set_z(r, to, "required", boolean(r, true));
        set(r, table, keep(r, name, strlen(name)), to);
    }
    return table;
}

/* Bindings of one type stand in one list. */
static wy_toml *make_triggers(reader *r, const json_t *triggers) {
    wy_toml *table = node(r, WY_TOML_TABLE);
    for (size_t i = 0; i < json_array_size(triggers); i++) {
        const json_t *one = json_array_get(triggers, i);
        const char *name = json_string_value(json_object_get(one, "trigger_type"));
        const json_t *config = json_object_get(one, "trigger_config");
        if (!name || !json_is_object(config) || table->kind != WY_TOML_TABLE) {
            fail(r, WY_INVALID, "a trigger has no 'trigger_type' or no 'trigger_config'");
            return table;
        }
        wy_str type = keep(r, name, strlen(name));
        wy_toml *list = wy_map_get_ptr(&table->table.map, type);
        if (!list) set(r, table, type, list = node(r, WY_TOML_ARRAY));
        wy_toml *to = convert(r, config);
        rename_to(r, to, "id", one, "id");
        append(r, list, to);
        if (json_object_size(json_object_get(one, "trigger_dependencies")))
            fail(r, WY_UNSUPPORTED, "dependencies that stand in a trigger are not supported");
    }
    return table;
}

static wy_toml *make_manifest(reader *r, const json_t *root) {
    wy_toml *manifest = node(r, WY_TOML_TABLE), *version = node(r, WY_TOML_INTEGER);
    wy_toml *application = node(r, WY_TOML_TABLE);
    const json_t *metadata = json_object_get(root, "metadata");
    if (version->kind == WY_TOML_INTEGER) version->integer = 2;
    check_understood(r, root);
    set_z(r, manifest, "spin_manifest_version", version);
    rename_to(r, application, "name", metadata, "name");
    rename_to(r, application, "version", metadata, "version");
    rename_to(r, application, "description", metadata, "description");
    rename_to(r, application, "authors", metadata, "authors");
    rename_to(r, application, "trigger", metadata, "triggers");
    set_z(r, manifest, "application", application);
    set_z(r, manifest, "variables", make_variables(r, json_object_get(root, "variables")));
    set_z(r, manifest, "trigger", make_triggers(r, json_object_get(root, "triggers")));
    set_z(r, manifest, "component", make_components(r, json_object_get(root, "components")));
    return manifest;
}

static wy_err check_version(const json_t *root, wy_diag *diag) {
    const json_t *version = json_object_get(root, "spin_lock_version");
    if (json_is_integer(version) && json_integer_value(version) >= 0 &&
        json_integer_value(version) <= 1)
        return WY_OK;
    return wy_diag_set(diag, version ? WY_UNSUPPORTED : WY_MALFORMED,
                       "this is no locked application with 'spin_lock_version' 0 or 1");
}

static wy_str image_of(reader *r, const json_t *root) {
    const json_t *image = json_object_get(json_object_get(root, "metadata"), "oci_image_digest");
    return json_is_string(image) ? keep(r, json_string_value(image), json_string_length(image))
                                 : (wy_str){0};
}

static wy_err set_image(wy_arena *arena, wy_str image, const wy_app **app, wy_diag *diag) {
    wy_app *copy = wy_arena_alloc(arena, sizeof *copy);
    if (!copy) return wy_diag_set(diag, WY_NOMEM, "out of memory for the application");
    *copy = **app;
    copy->image = image;
    *app = copy;
    return WY_OK;
}

wy_err wy_app_read_locked(wy_arena *arena, wy_str text, wy_str root, const wy_app **app_out,
                          wy_diag *diag) {
    reader r = {.arena = arena, .diag = diag};
    json_error_t error;
    *app_out = NULL;
    json_t *json = json_loadb(text.len ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (!json) return wy_diag_set(diag, WY_MALFORMED, "line %d: %s", error.line, error.text);
    r.err = check_version(json, diag);
    const wy_toml *manifest = r.err ? NULL : make_manifest(&r, json);
    wy_str image = image_of(&r, json);
    json_decref(json);
    if (r.err) return r.err;
    wy_err err = wy_spin_read_tree(arena, manifest, root, (wy_str){0}, app_out, diag);
    return err || !image.len ? err : set_image(arena, image, app_out, diag);
}
