/* The Spin manifest, version 2: application and variables. Component tables are spin_component.c's,
 * triggers spin_trigger.c's, and what version 1 wrote in another way spin_first.c's. */
#include "app/spin.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/field.h"
#include "app/spin_component.h"
#include "base/text.h"
#include "capability/config/template.h"

wy_fields wy_spin_fields(const wy_spin_reader *r, const wy_toml *table, const char *name) {
    return (wy_fields){r->arena, r->diag, table, name};
}

uint32_t wy_spin_entry_count(const wy_toml *table) {
    return table ? table->table.map.count : 0;
}

/* --- version --- */

static wy_err check_version(wy_spin_reader *r, const wy_fields *top) {
    const wy_toml *version = wy_toml_get(r->root, "spin_manifest_version");
    const wy_toml *old = wy_toml_get(r->root, "spin_version");
    if (!version) version = old;
    if (!version)
        return wy_fields_fail(top, r->root, WY_INVALID, "'spin_manifest_version = 2' is missing");
    r->is_first = (version->kind == WY_TOML_INTEGER && version->integer == 1) ||
                  (version->kind == WY_TOML_STRING && wy_str_eqz(version->string, "1"));
    if (r->is_first) return WY_OK;
    if (version == old || version->kind != WY_TOML_INTEGER || version->integer != 2)
        return wy_fields_fail(top, version, WY_INVALID,
                              "'spin_manifest_version' must be 2, or \"1\" for the older format");
    return WY_OK;
}

/* --- [application] --- */

/* A list of platforms to run on, which says nothing to a host. */
wy_err wy_spin_targets(const wy_fields *f) {
    const wy_toml *targets;
    wy_err err = wy_fields_get(f, "targets", WY_TOML_ARRAY, &targets);
    for (uint32_t i = 0; err == WY_OK && targets && i < targets->array.count; i++) {
        const wy_toml *item = targets->array.items[i];
        wy_fields t = {f->arena, f->diag, item, f->name};
        if (item->kind == WY_TOML_TABLE)
            err = wy_fields_known(&t, "url path");
        else
            err = wy_fields_expect(f, item, "targets", WY_TOML_STRING);
    }
    return err;
}

static wy_err read_application(wy_spin_reader *r) {
    const wy_toml *table = wy_toml_get(r->root, "application"), *trigger;
    wy_fields top = wy_spin_fields(r, r->root, "the manifest");
    if (!table) return wy_fields_fail(&top, r->root, WY_INVALID, "[application] is missing");
    wy_err err = wy_fields_expect(&top, table, "application", WY_TOML_TABLE);
    if (err != WY_OK) return err;
    wy_fields f = wy_spin_fields(r, table, "[application]");
    err = wy_fields_known(&f, "name version description authors targets trigger tool");
    if (err == WY_OK) err = wy_fields_string(&f, "name", true, &r->app->name);
    if (err == WY_OK && r->app->name.len == 0)
        err = wy_fields_fail(&f, wy_toml_get(table, "name"), WY_INVALID, "'name' is empty");
    if (err == WY_OK) err = wy_fields_string(&f, "version", false, &r->app->version);
    if (err == WY_OK) err = wy_fields_string(&f, "description", false, &r->app->description);
    if (err == WY_OK) err = wy_fields_list(&f, "authors", &r->app->authors);
    if (err == WY_OK) err = wy_spin_targets(&f);
    if (err == WY_OK) err = wy_fields_get(&f, "trigger", WY_TOML_TABLE, &trigger);
    for (uint32_t i = 0; err == WY_OK && i < wy_spin_entry_count(trigger); i++) {
        const wy_map_entry *entry = &trigger->table.map.entries[i];
        const char *name = wy_arena_printf(r->arena, "[application.trigger." WY_STR_FMT "]",
                                           WY_STR_ARG(entry->key));
        err = wy_spin_trigger_settings(r, entry->key, (const wy_toml *)entry->value,
                                       name ? name : "[application.trigger]");
    }
    return err;
}

/* --- [variables] --- */

static wy_err read_variable(const wy_spin_reader *r, wy_str name, const wy_toml *table,
                            wy_app_variable *out) {
    char *label = wy_arena_printf(r->arena, "[variables] " WY_STR_FMT, WY_STR_ARG(name));
    wy_fields f = wy_spin_fields(r, table, label ? label : "[variables]");
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

wy_err wy_spin_variables(wy_spin_reader *r) {
    wy_fields top = wy_spin_fields(r, r->root, "the manifest");
    const wy_toml *table;
    wy_err err = wy_fields_get(&top, "variables", WY_TOML_TABLE, &table);
    if (err != WY_OK) return err;
    uint32_t count = wy_spin_entry_count(table);
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

static wy_err read_component(wy_spin_reader *r, wy_str id, const wy_toml *table) {
    char *label = wy_arena_printf(r->arena, "[component." WY_STR_FMT "]", WY_STR_ARG(id));
    wy_fields f = wy_spin_fields(r, table, label ? label : "[component]");
    wy_err err = wy_fields_expect(&f, table, "component", WY_TOML_TABLE);
    if (err != WY_OK) return err;
    wy_app_component *out = &r->components[r->app->component_count++];
    return wy_spin_component(r, table, id, f.name, out);
}

static wy_err read_components(wy_spin_reader *r) {
    wy_fields top = wy_spin_fields(r, r->root, "the manifest");
    const wy_toml *table;
    uint32_t bindings = 0;
    wy_err err = wy_fields_get(&top, "component", WY_TOML_TABLE, &table);
    if (err == WY_OK) err = wy_spin_trigger_count(r, &bindings);
    if (err == WY_OK) err = wy_spin_room(r, wy_spin_entry_count(table), bindings);
    for (uint32_t i = 0; err == WY_OK && i < wy_spin_entry_count(table); i++) {
        const wy_map_entry *entry = &table->table.map.entries[i];
        err = read_component(r, entry->key, (const wy_toml *)entry->value);
    }
    return err;
}

wy_err wy_spin_room(wy_spin_reader *r, uint32_t components, uint32_t bindings) {
    size_t count = (size_t)components + bindings; /* each binding may hold one more component */
    r->components = wy_arena_calloc(r->arena, count, sizeof *r->components);
    r->tables = wy_arena_calloc(r->arena, count, sizeof *r->tables);
    r->http_triggers = wy_arena_calloc(r->arena, bindings, sizeof *r->http_triggers);
    r->redis_triggers = wy_arena_calloc(r->arena, bindings, sizeof *r->redis_triggers);
    r->mqtt_triggers = wy_arena_calloc(r->arena, bindings, sizeof *r->mqtt_triggers);
    r->cron_triggers = wy_arena_calloc(r->arena, bindings, sizeof *r->cron_triggers);
    r->app->cron_triggers = r->cron_triggers;
    r->triggers = wy_arena_calloc(r->arena, bindings, sizeof *r->triggers);
    r->app->components = r->components;
    r->app->triggers = r->triggers;
    r->app->http_triggers = r->http_triggers;
    r->app->redis_triggers = r->redis_triggers;
    r->app->mqtt_triggers = r->mqtt_triggers;
    wy_fields top = wy_spin_fields(r, r->root, "the manifest");
    bool ok = r->components && r->tables && r->triggers && r->http_triggers && r->redis_triggers &&
              r->mqtt_triggers && r->cron_triggers;
    return ok ? WY_OK : wy_fields_nomem(&top);
}

static wy_err read_dependencies(wy_spin_reader *r) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; err == WY_OK && i < r->app->component_count; i++) {
        wy_app_component *component = &r->components[i];
        char *name =
            wy_arena_printf(r->arena, "[component." WY_STR_FMT "]", WY_STR_ARG(component->id));
        err = wy_spin_dependencies(r, r->tables[i], name ? name : "[component]", component);
    }
    return err;
}

static wy_err check_profile(const wy_spin_reader *r) {
    if (r->profile.len == 0 || r->profile_seen) return WY_OK;
    return wy_diag_set(r->diag, WY_INVALID, "no component has the profile '" WY_STR_FMT "'",
                       WY_STR_ARG(r->profile));
}

static wy_err read_second(wy_spin_reader *r, const wy_fields *top) {
    wy_err err =
        wy_fields_known(top, "spin_manifest_version application variables trigger component");
    if (err == WY_OK) err = read_application(r);
    if (err == WY_OK) err = wy_spin_variables(r);
    if (err == WY_OK) err = read_components(r);
    if (err == WY_OK) err = wy_spin_triggers(r);
    return err;
}

wy_err wy_spin_read_tree(wy_arena *arena, const wy_toml *tree, wy_str root, wy_str profile,
                         const wy_app **app_out, wy_diag *diag) {
    wy_spin_reader r = {.arena = arena, .diag = diag, .root = tree, .profile = profile};
    wy_fields top = wy_spin_fields(&r, r.root, "the manifest");
    *app_out = NULL;
    r.app = wy_arena_calloc(arena, 1, sizeof *r.app);
    if (!r.app) return wy_fields_nomem(&top);
    r.app->root = root;
    wy_err err = check_version(&r, &top);
    if (err == WY_OK) err = r.is_first ? wy_spin_first(&r) : read_second(&r, &top);
    if (err == WY_OK) err = read_dependencies(&r);
    if (err == WY_OK) err = check_profile(&r);
    if (err == WY_OK) *app_out = r.app;
    return err;
}

wy_err wy_app_read_spin(wy_arena *arena, wy_str text, wy_str root, wy_str profile,
                        const wy_app **app_out, wy_diag *diag) {
    const wy_toml *tree;
    *app_out = NULL;
    wy_err err = wy_toml_parse(arena, text, &tree, diag);
    return err == WY_OK ? wy_spin_read_tree(arena, tree, root, profile, app_out, diag) : err;
}

/* --- files --- */

wy_err wy_app_load_spin(wy_arena *arena, const char *path, wy_str profile, const wy_app **app_out,
                        wy_diag *diag) {
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
    if (err != WY_OK) {
        wy_diag_prefix(diag, "%s", path);
        return err;
    }
    err = wy_app_read_spin(arena, text, wy_str_of(owned_root), profile, app_out, diag);
    wy_text_place(diag, wy_str_of(path), text);
    return err;
}
