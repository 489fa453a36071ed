/* The Spin manifest, version 2: application, variables and triggers. Component tables are
 * spin_component.c's. */
#include "app/spin.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/field.h"
#include "app/route.h"
#include "app/spin_component.h"
#include "base/log.h"
#include "base/text.h"
#include "capability/config/template.h"

/* The manifest being read. Components of [component.*] tables come first, inline ones after. */
typedef struct reader {
    wy_arena *arena;
    wy_diag *diag;
    const wy_toml *root;
    wy_app *app;
    wy_app_component *components;
    wy_app_http_trigger *triggers;
} reader;

static wy_fields fields_of(const reader *r, const wy_toml *table, const char *name) {
    return (wy_fields){r->arena, r->diag, table, name};
}

static uint32_t entry_count(const wy_toml *table) {
    return table ? table->table.map.used : 0;
}

/* --- version --- */

static wy_err check_version(const reader *r, const wy_fields *top) {
    const wy_toml *version = wy_toml_get(r->root, "spin_manifest_version");
    const wy_toml *old = wy_toml_get(r->root, "spin_version");
    if (!version) version = old;
    if (!version)
        return wy_fields_fail(top, r->root, WY_INVALID, "'spin_manifest_version = 2' is missing");
    bool is_one = (version->kind == WY_TOML_INTEGER && version->integer == 1) ||
                  (version->kind == WY_TOML_STRING && wy_str_eqz(version->string, "1"));
    if (is_one)
        return wy_fields_fail(top, version, WY_UNSUPPORTED,
                              "manifest version 1 is not supported; write version 2 "
                              "('spin_manifest_version = 2', [component.<id>] and "
                              "[[trigger.http]] tables)");
    if (version == old || version->kind != WY_TOML_INTEGER || version->integer != 2)
        return wy_fields_fail(top, version, WY_INVALID, "'spin_manifest_version' must be 2");
    return WY_OK;
}

/* --- [application] --- */

static wy_err read_http_settings(const reader *r, const wy_toml *trigger) {
    const wy_toml *http = trigger ? wy_toml_get(trigger, "http") : NULL;
    if (!http) return WY_OK;
    wy_fields f = fields_of(r, http, "[application.trigger.http]");
    wy_str base;
    if (http->kind != WY_TOML_TABLE) return wy_fields_expect(&f, http, "http", WY_TOML_TABLE);
    wy_err err = wy_fields_string(&f, "base", false, &base);
    if (err == WY_OK && base.len && !wy_str_eqz(base, "/"))
        err = wy_fields_fail(&f, wy_toml_get(http, "base"), WY_INVALID,
                             "'base' may only be \"/\"; write whole routes in the triggers");
    if (err == WY_OK && base.len)
        wy_log(WY_LOG_WARN, "[application.trigger.http]: 'base' has no effect; remove it");
    return err;
}

static wy_err read_application(const reader *r) {
    const wy_toml *table = wy_toml_get(r->root, "application"), *trigger, *unused;
    wy_fields top = fields_of(r, r->root, "the manifest");
    if (!table) return wy_fields_fail(&top, r->root, WY_INVALID, "[application] is missing");
    wy_err err = wy_fields_expect(&top, table, "application", WY_TOML_TABLE);
    if (err != WY_OK) return err;
    wy_fields f = fields_of(r, table, "[application]");
    err = wy_fields_known(&f, "name version description authors targets trigger tool");
    if (err == WY_OK) err = wy_fields_string(&f, "name", true, &r->app->name);
    if (err == WY_OK && r->app->name.len == 0)
        err = wy_fields_fail(&f, wy_toml_get(table, "name"), WY_INVALID, "'name' is empty");
    if (err == WY_OK) err = wy_fields_string(&f, "version", false, &r->app->version);
    if (err == WY_OK) err = wy_fields_string(&f, "description", false, &r->app->description);
    if (err == WY_OK) err = wy_fields_list(&f, "authors", &r->app->authors);
    if (err == WY_OK) err = wy_fields_get(&f, "targets", WY_TOML_ARRAY, &unused);
    if (err == WY_OK) err = wy_fields_get(&f, "trigger", WY_TOML_TABLE, &trigger);
    return err == WY_OK ? read_http_settings(r, trigger) : err;
}

/* --- [variables] --- */

static wy_err read_variable(const reader *r, wy_str name, const wy_toml *table,
                            wy_app_variable *out) {
    char *label = wy_arena_printf(r->arena, "[variables] " WY_STR_FMT, WY_STR_ARG(name));
    wy_fields f = fields_of(r, table, label ? label : "[variables]");
    *out = (wy_app_variable){.name = name};
    wy_err err = wy_fields_expect(&f, table, "variable", WY_TOML_TABLE);
    if (err == WY_OK) err = wy_fields_known(&f, "description required default secret");
    if (err != WY_OK) return err;
    if (!wy_variable_name_valid(name))
        return wy_fields_fail(&f, table, WY_INVALID,
                              "a variable's name is made of lower-case letters and digits, words "
                              "split by '_', and begins with a letter");
    err = wy_fields_string(&f, "description", false, &out->description);
    if (err == WY_OK) err = wy_fields_bool(&f, "required", &out->required);
    if (err == WY_OK) err = wy_fields_bool(&f, "secret", &out->secret);
    if (err == WY_OK) err = wy_fields_string(&f, "default", false, &out->fallback);
    if (err != WY_OK) return err;
    bool has_default = wy_toml_get(table, "default") != NULL;
    if (has_default == out->required)
        return wy_fields_fail(&f, table, WY_INVALID,
                              "a variable has either 'required = true' or a 'default'");
    return WY_OK;
}

static wy_err read_variables(const reader *r) {
    wy_fields top = fields_of(r, r->root, "the manifest");
    const wy_toml *table;
    wy_err err = wy_fields_get(&top, "variables", WY_TOML_TABLE, &table);
    if (err != WY_OK) return err;
    uint32_t count = entry_count(table);
    wy_app_variable *variables = wy_arena_calloc(r->arena, count, sizeof *variables);
    if (!variables) return wy_fields_nomem(&top);
    for (uint32_t i = 0; err == WY_OK && i < count; i++) {
        const wy_map_entry *entry = &table->table.map.entries[i];
        err = read_variable(r, entry->key, (const wy_toml *)entry->value, &variables[i]);
    }
    r->app->variables = variables;
    r->app->variable_count = count;
    return err;
}

/* --- [component.*] --- */

static wy_err read_component(const reader *r, wy_str id, const wy_toml *table) {
    char *label = wy_arena_printf(r->arena, "[component." WY_STR_FMT "]", WY_STR_ARG(id));
    wy_fields f = fields_of(r, table, label ? label : "[component]");
    wy_err err = wy_fields_expect(&f, table, "component", WY_TOML_TABLE);
    if (err != WY_OK) return err;
    wy_app_component *out = &r->components[r->app->component_count++];
    return wy_spin_component(r->app, r->arena, table, id, f.name, out, r->diag);
}

static wy_err read_components(const reader *r) {
    wy_fields top = fields_of(r, r->root, "the manifest");
    const wy_toml *table;
    wy_err err = wy_fields_get(&top, "component", WY_TOML_TABLE, &table);
    for (uint32_t i = 0; err == WY_OK && i < entry_count(table); i++) {
        const wy_map_entry *entry = &table->table.map.entries[i];
        err = read_component(r, entry->key, (const wy_toml *)entry->value);
    }
    return err;
}

/* --- [[trigger.http]] --- */

static wy_err read_route(const wy_fields *f, wy_app_http_trigger *out) {
    const wy_toml *route = wy_toml_get(f->table, "route");
    if (!route) return wy_fields_fail(f, f->table, WY_INVALID, "'route' is missing");
    if (route->kind == WY_TOML_TABLE) {
        wy_fields inner = {f->arena, f->diag, route, f->name};
        wy_err err = wy_fields_known(&inner, "private");
        if (err == WY_OK) err = wy_fields_bool(&inner, "private", &out->is_private);
        if (err == WY_OK && !out->is_private)
            err = wy_fields_fail(f, route, WY_INVALID,
                                 "'route' must be a path or { private = true }");
        return err;
    }
    wy_err err = wy_fields_expect(f, route, "route", WY_TOML_STRING);
    if (err != WY_OK) return err;
    wy_diag detail;
    wy_diag_init(&detail);
    err = wy_route_check(f->arena, route->string, &detail);
    if (err != WY_OK) return wy_fields_fail(f, route, err, "%s", detail.text);
    out->route = route->string.len ? route->string : WY_STR("/");
    return WY_OK;
}

static wy_err check_executor(const wy_fields *f) {
    const wy_toml *executor;
    wy_err err = wy_fields_get(f, "executor", WY_TOML_TABLE, &executor);
    if (err != WY_OK || !executor) return err;
    wy_fields e = {f->arena, f->diag, executor, f->name};
    wy_str type;
    err = wy_fields_string(&e, "type", true, &type);
    if (err != WY_OK) return err;
    if (wy_str_eqz(type, "wagi"))
        return wy_fields_fail(f, executor, WY_UNSUPPORTED,
                              "the executor 'wagi' is not supported; only 'http' is");
    if (!wy_str_eqz(type, "http") && !wy_str_eqz(type, "spin"))
        return wy_fields_fail(f, executor, WY_INVALID,
                              "there is no executor '" WY_STR_FMT "'; it may be 'http'",
                              WY_STR_ARG(type));
    return wy_fields_known(&e, "type");
}

static wy_err read_static_response(const wy_fields *f, const wy_toml *table,
                                   wy_app_http_trigger *out) {
    wy_fields s = {f->arena, f->diag, table, f->name};
    wy_app_static_response *response = wy_arena_calloc(f->arena, 1, sizeof *response);
    if (!response) return wy_fields_nomem(f);
    const wy_toml *status;
    wy_err err = wy_fields_known(&s, "status_code headers body");
    if (err == WY_OK) err = wy_fields_get(&s, "status_code", WY_TOML_INTEGER, &status);
    if (err != WY_OK) return err;
    if (status && (status->integer < 200 || status->integer > 599))
        return wy_fields_fail(f, status, WY_INVALID, "'status_code' must be from 200 to 599");
    response->status = status ? (uint16_t)status->integer : 200;
    err = wy_fields_pairs(&s, "headers", &response->headers);
    if (err == WY_OK) err = wy_fields_string(&s, "body", false, &response->body);
    out->response = response;
    return err;
}

/* How many bindings name the component `id` by string. */
static uint32_t times_bound(const wy_toml *list, wy_str id) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->array.count; i++) {
        const wy_toml *component = wy_toml_get(list->array.items[i], "component");
        count += component && component->kind == WY_TOML_STRING && wy_str_eq(component->string, id);
    }
    return count;
}

/* The binding's own id, or one made of the component's when only this binding names it. */
static wy_err name_trigger(const wy_fields *f, const wy_toml *list, uint32_t index,
                           const wy_toml *component, wy_app_http_trigger *out) {
    wy_err err = wy_fields_string(f, "id", false, &out->id);
    if (err != WY_OK || out->id.len) return err;
    bool unique =
        component && component->kind == WY_TOML_STRING && times_bound(list, component->string) == 1;
    char *id = unique ? wy_arena_printf(f->arena, WY_STR_FMT "-http-trigger",
                                        WY_STR_ARG(component->string))
                      : wy_arena_printf(f->arena, "http-trigger%u", index + 1);
    if (!id) return wy_fields_nomem(f);
    out->id = wy_str_of(id);
    return WY_OK;
}

static wy_err unknown_component(const reader *r, const wy_fields *f, const wy_toml *name) {
    uint32_t count = r->app->component_count;
    wy_str *ids = wy_arena_calloc(r->arena, count, sizeof *ids);
    if (!ids) return wy_fields_nomem(f);
    for (uint32_t i = 0; i < count; i++)
        ids[i] = r->components[i].id;
    wy_str nearest = wy_str_nearest(name->string, ids, count);
    return wy_fields_fail(f, name, WY_INVALID,
                          "there is no component '" WY_STR_FMT "'%s" WY_STR_FMT "%s",
                          WY_STR_ARG(name->string), nearest.len ? "; did you mean '" : "",
                          WY_STR_ARG(nearest), nearest.len ? "'?" : "");
}

static wy_err bind_component(const reader *r, const wy_fields *f, const wy_toml *component,
                             wy_app_http_trigger *out) {
    if (component->kind == WY_TOML_STRING) {
        out->component = wy_app_component_find(r->app, component->string);
        return out->component ? WY_OK : unknown_component(r, f, component);
    }
    if (component->kind != WY_TOML_TABLE)
        return wy_fields_fail(f, component, WY_INVALID,
                              "'component' must be the id of a component or a table, not %s",
                              wy_toml_kind_name(component->kind));
    const char *id =
        wy_toml_get(f->table, "id")
            ? wy_arena_printf(r->arena, WY_STR_FMT "-component", WY_STR_ARG(out->id))
            : wy_arena_printf(r->arena, "inline-component%u", r->app->http_trigger_count + 1);
    if (!id) return wy_fields_nomem(f);
    wy_app_component *added = &r->components[r->app->component_count];
    if (wy_app_component_find(r->app, wy_str_of(id)))
        return wy_fields_fail(f, component, WY_INVALID, "the component id '%s' is taken", id);
    r->app->component_count++;
    out->component = added;
    return wy_spin_component(r->app, r->arena, component, wy_str_of(id), f->name, added, r->diag);
}

static wy_err read_trigger(const reader *r, const wy_toml *list, uint32_t index) {
    const wy_toml *table = list->array.items[index];
    wy_app_http_trigger *out = &r->triggers[index];
    wy_fields f = fields_of(r, table, "[[trigger.http]]");
    *out = (wy_app_http_trigger){.line = table->line, .column = table->column};
    wy_err err = wy_fields_expect(&f, table, "http", WY_TOML_TABLE);
    if (err == WY_OK)
        err = wy_fields_known(
            &f, "id component components dependencies route executor static_response");
    if (err != WY_OK) return err;
    const wy_toml *more = wy_toml_get(table, "components");
    if (!more) more = wy_toml_get(table, "dependencies");
    if (more && entry_count(more->kind == WY_TOML_TABLE ? more : NULL))
        return wy_fields_fail(&f, more, WY_UNSUPPORTED,
                              "several components for one binding (middleware) are not supported");
    const wy_toml *component = wy_toml_get(table, "component"), *response;
    err = name_trigger(&f, list, index, component, out);
    if (err == WY_OK) err = read_route(&f, out);
    if (err == WY_OK) err = check_executor(&f);
    if (err == WY_OK) err = wy_fields_get(&f, "static_response", WY_TOML_TABLE, &response);
    if (err != WY_OK) return err;
    if ((component != NULL) == (response != NULL))
        return wy_fields_fail(&f, table, WY_INVALID,
                              "a binding has either a 'component' or a 'static_response'");
    err =
        component ? bind_component(r, &f, component, out) : read_static_response(&f, response, out);
    r->app->http_trigger_count = index + 1;
    return err;
}

/* The [[trigger.http]] tables; NULL when there are none. Other types are refused by name. */
static wy_err find_triggers(const reader *r, const wy_toml **list_out) {
    wy_fields top = fields_of(r, r->root, "the manifest");
    const wy_toml *triggers;
    *list_out = NULL;
    wy_err err = wy_fields_get(&top, "trigger", WY_TOML_TABLE, &triggers);
    for (uint32_t i = 0; err == WY_OK && i < entry_count(triggers); i++) {
        wy_str type = triggers->table.map.entries[i].key;
        const wy_toml *list = (const wy_toml *)triggers->table.map.entries[i].value;
        if (!wy_str_eqz(type, "http"))
            return wy_diag_set_line(r->diag, WY_UNSUPPORTED, list->line, list->column,
                                    "the trigger type '" WY_STR_FMT
                                    "' is not supported; only "
                                    "'http' is",
                                    WY_STR_ARG(type));
        err = wy_fields_expect(&top, list, "trigger.http", WY_TOML_ARRAY);
        *list_out = list;
    }
    return err;
}

/* Room for the components of all tables and for one inline component a binding. */
static wy_err allocate(reader *r, const wy_toml *triggers) {
    const wy_toml *components = wy_toml_get(r->root, "component");
    uint32_t bindings = triggers ? triggers->array.count : 0;
    size_t count = (components && components->kind == WY_TOML_TABLE ? entry_count(components) : 0);
    r->components = wy_arena_calloc(r->arena, count + bindings, sizeof *r->components);
    r->triggers = wy_arena_calloc(r->arena, bindings, sizeof *r->triggers);
    r->app->components = r->components;
    r->app->http_triggers = r->triggers;
    wy_fields top = fields_of(r, r->root, "the manifest");
    return r->components && r->triggers ? WY_OK : wy_fields_nomem(&top);
}

wy_err wy_app_read_spin(wy_arena *arena, wy_str text, wy_str root, const wy_app **app_out,
                        wy_diag *diag) {
    *app_out = NULL;
    reader r = {.arena = arena, .diag = diag};
    wy_err err = wy_toml_parse(arena, text, &r.root, diag);
    if (err != WY_OK) return err;
    wy_fields top = fields_of(&r, r.root, "the manifest");
    r.app = wy_arena_calloc(arena, 1, sizeof *r.app);
    if (!r.app) return wy_fields_nomem(&top);
    r.app->root = root;
    const wy_toml *triggers;
    err = check_version(&r, &top);
    if (err == WY_OK)
        err =
            wy_fields_known(&top, "spin_manifest_version application variables trigger component");
    if (err == WY_OK) err = read_application(&r);
    if (err == WY_OK) err = read_variables(&r);
    if (err == WY_OK) err = find_triggers(&r, &triggers);
    if (err == WY_OK) err = allocate(&r, triggers);
    if (err == WY_OK) err = read_components(&r);
    for (uint32_t i = 0; err == WY_OK && triggers && i < triggers->array.count; i++)
        err = read_trigger(&r, triggers, i);
    if (err == WY_OK) *app_out = r.app;
    return err;
}

/* --- files --- */

wy_err wy_app_load_spin(wy_arena *arena, const char *path, const wy_app **app_out, wy_diag *diag) {
    struct stat info;
    *app_out = NULL;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        path = wy_arena_printf(arena, "%s/spin.toml", path);
        if (!path) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    }
    wy_str name = wy_str_of(path), text;
    size_t slash = wy_str_rfind(name, '/');
    wy_str root = slash == name.len ? WY_STR(".")
                  : slash == 0      ? WY_STR("/")
                                    : wy_str_sub(name, 0, slash);
    char *owned_root = wy_arena_strndup(arena, root.ptr, root.len);
    if (!owned_root) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    wy_err err = wy_text_read(arena, path, &text, diag);
    if (err == WY_OK) err = wy_app_read_spin(arena, text, wy_str_of(owned_root), app_out, diag);
    if (err != WY_OK && diag && diag->line)
        wy_diag_prefix(diag, "%s:%u:%u", path, diag->line, diag->column);
    else if (err != WY_OK)
        wy_diag_prefix(diag, "%s", path);
    return err;
}
