/* Version 1 of the Spin manifest: one trigger type for the application, [[component]] tables with
 * their bindings inside. */
#include "app/spin_component.h"

/* `trigger = { type = "http" }`: the type, and its settings in the same table. */
static wy_err read_type(wy_spin_reader *r, const wy_fields *top, wy_str *type_out) {
    const wy_toml *trigger;
    wy_err err = wy_fields_get(top, "trigger", WY_TOML_TABLE, &trigger);
    if (err != WY_OK) return err;
    if (!trigger) return wy_fields_fail(top, r->root, WY_INVALID, "'trigger' is missing");
    wy_fields f = wy_spin_fields(r, trigger, "trigger");
    err = wy_fields_string(&f, "type", true, type_out);
    if (err == WY_OK) err = wy_spin_trigger_type(r, *type_out, wy_toml_get(trigger, "type"));
    return err == WY_OK ? wy_spin_trigger_settings(r, *type_out, trigger, "trigger") : err;
}

/* Ids had no rule in version 1: underscores and capitals are made into what they are since. */
static wy_err read_id(const wy_fields *f, wy_str *out) {
    wy_err err = wy_fields_string(f, "id", true, out);
    if (err != WY_OK || wy_spin_name_valid(*out, '-')) return err;
    char *id = wy_arena_strndup(f->arena, out->ptr, out->len);
    if (!id) return wy_fields_nomem(f);
    for (char *c = id; *c; c++)
        *c = *c == '_' ? '-' : *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    out->ptr = id;
    return WY_OK;
}

static wy_err read_component(wy_spin_reader *r, const wy_toml *table, wy_str type) {
    wy_fields f = wy_spin_fields(r, table, "[[component]]");
    wy_str id;
    wy_err err = wy_fields_expect(&f, table, "component", WY_TOML_TABLE);
    if (err == WY_OK) err = read_id(&f, &id);
    if (err != WY_OK) return err;
    if (wy_app_component_find(r->app, id))
        return wy_fields_fail(&f, table, WY_INVALID, "two components have the id '" WY_STR_FMT "'",
                              WY_STR_ARG(id));
    wy_app_component *component = &r->components[r->app->component_count++];
    const char *label = wy_arena_printf(r->arena, "component '" WY_STR_FMT "'", WY_STR_ARG(id));
    err = wy_spin_component(r, table, id, label ? label : f.name, component);
    const wy_toml *trigger;
    if (err == WY_OK) err = wy_fields_get(&f, "trigger", WY_TOML_TABLE, &trigger);
    if (err != WY_OK) return err;
    if (!trigger) return wy_fields_fail(&f, table, WY_INVALID, "'trigger' is missing");
    const char *binding = wy_arena_printf(r->arena, "trigger-" WY_STR_FMT, WY_STR_ARG(id));
    if (!binding) return wy_fields_nomem(&f);
    return wy_spin_trigger_of(r, type, trigger, wy_str_of(binding), component);
}

wy_err wy_spin_first(wy_spin_reader *r) {
    wy_fields top = wy_spin_fields(r, r->root, "the manifest");
    const wy_toml *components;
    wy_str type;
    const wy_toml *second = wy_toml_get(r->root, "application");
    if (second)
        return wy_fields_fail(&top, second, WY_INVALID,
                              "version 1 has no [application]; write 'spin_manifest_version = 2'");
    wy_err err = wy_fields_known(&top,
                                 "spin_manifest_version spin_version name version "
                                 "description authors trigger variables component");
    if (err == WY_OK) err = wy_fields_string(&top, "name", true, &r->app->name);
    if (err == WY_OK) err = wy_fields_string(&top, "version", false, &r->app->version);
    if (err == WY_OK) err = wy_fields_string(&top, "description", false, &r->app->description);
    if (err == WY_OK) err = wy_fields_list(&top, "authors", &r->app->authors);
    if (err == WY_OK) err = wy_spin_variables(r);
    if (err == WY_OK) err = read_type(r, &top, &type);
    if (err == WY_OK) err = wy_fields_get(&top, "component", WY_TOML_ARRAY, &components);
    uint32_t count = err == WY_OK && components ? components->array.count : 0;
    if (err == WY_OK) err = wy_spin_room(r, count, count);
    for (uint32_t i = 0; err == WY_OK && i < count; i++)
        err = read_component(r, components->array.items[i], type);
    return err;
}
