/* The `dependencies` of a component in a Spin manifest: which component provides which import, and
 * what it may use of the importer's configuration. */
#include "app/spin_component.h"
#include "wit/semver.h"

#define KEYS "version registry package path url digest component export inherit_configuration"

#define INHERITABLE_COUNT 7 /* bits of wy_app_inherit */

static wy_err inherit_bit(const wy_fields *f, const wy_toml *item, unsigned *bits) {
    wy_str names[INHERITABLE_COUNT];
    wy_err err = wy_fields_expect(f, item, "inherit_configuration", WY_TOML_STRING);
    if (err != WY_OK) return err;
    for (size_t i = 0; i < INHERITABLE_COUNT; i++) {
        wy_app_inherit bit = (wy_app_inherit)(1u << i);
        names[i] = wy_str_of(wy_app_inherit_name(bit));
        if (!wy_str_eq(names[i], item->string)) continue;
        *bits |= bit;
        return WY_OK;
    }
    wy_str nearest = wy_str_nearest(item->string, names, INHERITABLE_COUNT);
    return wy_fields_fail(f, item, WY_INVALID,
                          "no configuration '" WY_STR_FMT "' can be inherited" WY_NEAREST_FMT,
                          WY_STR_ARG(item->string), WY_NEAREST_ARG(nearest));
}

static wy_err read_inherit(const wy_fields *f, bool all, unsigned *bits) {
    const wy_toml *value = wy_toml_get(f->table, "inherit_configuration");
    *bits = all ? WY_APP_INHERIT_ALL : 0;
    if (!value) return WY_OK;
    if (all)
        return wy_fields_fail(f, value, WY_INVALID,
                              "'inherit_configuration' cannot be combined with "
                              "'dependencies_inherit_configuration = true'");
    if (value->kind == WY_TOML_BOOLEAN) {
        if (value->boolean) *bits = WY_APP_INHERIT_ALL;
        return WY_OK;
    }
    if (value->kind != WY_TOML_ARRAY)
        return wy_fields_fail(f, value, WY_INVALID,
                              "'inherit_configuration' must be true, false or a list, not %s",
                              wy_toml_kind_name(value->kind));
    wy_err err = WY_OK;
    for (uint32_t i = 0; err == WY_OK && i < value->array.count; i++)
        err = inherit_bit(f, value->array.items[i], bits);
    return err;
}

/* Components that provide imports come without grants of their own. */
static wy_err use_component(const wy_spin_reader *r, const wy_fields *f, const wy_toml *name,
                            const wy_app_component *importer, wy_app_dependency *out) {
    const wy_app_component *provider = wy_app_component_find(r->app, name->string);
    if (!provider) return wy_spin_no_component(r, f, name);
    if (provider == importer)
        return wy_fields_fail(f, name, WY_INVALID, "a component cannot depend on itself");
    const wy_toml *table = r->tables[provider - r->components];
    bool has_grants = provider->files_count || provider->key_value_stores.count ||
                      provider->sqlite_databases.count || provider->ai_models.count ||
                      provider->allowed_outbound_hosts.count || provider->variables.count ||
                      provider->environment.count;
    if (has_grants || wy_spin_entry_count(wy_toml_get(table, "dependencies")))
        return wy_fields_fail(f, name, WY_INVALID,
                              "the component '" WY_STR_FMT
                              "' has dependencies or configuration of its own (files, stores, "
                              "hosts, variables, ...), which one that provides imports cannot have",
                              WY_STR_ARG(name->string));
    out->source = provider->source;
    return WY_OK;
}

static wy_str without_version(wy_str name) {
    return wy_str_sub(name, 0, wy_str_find(name, '@'));
}

/* A version of the package that the dependency's name says, unless another one is given. */
static wy_err read_package(const wy_fields *f, const wy_toml *version, wy_str text,
                           wy_app_dependency *out) {
    wy_app_source *source = &out->source;
    wy_str name = without_version(out->name);
    source->line = version->line;
    source->column = version->column;
    source->version = text;
    source->any_version = true;
    if (source->package.len == 0 && wy_str_find(name, ':') == name.len)
        return wy_fields_fail(f, version, WY_INVALID,
                              "a dependency named by a word needs the 'package' that provides it");
    if (source->package.len == 0) source->package = wy_str_sub(name, 0, wy_str_find(name, '/'));
    return wy_spin_package(f, version, source);
}

static wy_err read_version(const wy_fields *f, wy_app_dependency *out) {
    const wy_toml *version;
    wy_err err = wy_fields_get(f, "version", WY_TOML_STRING, &version);
    if (err == WY_OK) err = wy_fields_string(f, "package", false, &out->source.package);
    if (err == WY_OK) err = wy_fields_string(f, "registry", false, &out->source.registry);
    return err == WY_OK ? read_package(f, version, version->string, out) : err;
}

static wy_err read_provider(const wy_spin_reader *r, const wy_fields *f,
                            const wy_app_component *importer, wy_app_dependency *out) {
    static const char *const kinds[] = {"path", "url", "component", "version"};
    const char *kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const wy_toml *value = wy_toml_get(f->table, kinds[i]);
        if (!value) continue;
        if (kind)
            return wy_fields_fail(f, value, WY_INVALID, "'%s' and '%s' cannot be combined", kind,
                                  kinds[i]);
        kind = kinds[i];
    }
    if (!kind)
        return wy_fields_fail(f, f->table, WY_INVALID,
                              "a dependency has a 'path', a 'url' with its 'digest', a "
                              "'component' or a 'version'");
    if (strcmp(kind, "version") == 0) return read_version(f, out);
    if (strcmp(kind, "component") != 0) return wy_spin_source(f, f->table, &out->source);
    const wy_toml *component;
    wy_err err = wy_fields_get(f, "component", WY_TOML_STRING, &component);
    return err == WY_OK ? use_component(r, f, component, importer, out) : err;
}

/* "ns:pkg" names all interfaces of a package, which have their own names on both sides. */
static bool is_package(wy_str name) {
    return wy_str_find(name, ':') < name.len && wy_str_find(name, '/') == name.len;
}

static bool same_version(wy_str a, wy_str b) {
    size_t at_a = wy_str_find(a, '@'), at_b = wy_str_find(b, '@');
    wy_semver va, vb;
    if (at_a == a.len || at_b == b.len) return true; /* any, of which the other is one */
    return wy_semver_parse(wy_str_sub(a, at_a + 1, a.len), &va) &&
           wy_semver_parse(wy_str_sub(b, at_b + 1, b.len), &vb) && wy_semver_compatible(&va, &vb);
}

/* Whether some import could be meant by both. */
static bool overlap(wy_str a, wy_str b) {
    wy_str x = without_version(a), y = without_version(b);
    if (!same_version(a, b)) return false;
    if (is_package(x) != is_package(y)) {
        wy_str package = is_package(x) ? x : y, interface = is_package(x) ? y : x;
        return interface.len > package.len && wy_str_starts(interface, package) &&
               interface.ptr[package.len] == '/';
    }
    return wy_str_eq(x, y);
}

static bool name_is_valid(wy_str name) {
    size_t at = wy_str_find(name, '@');
    wy_semver version;
    wy_str plain = wy_str_sub(name, 0, at);
    if (at < name.len && !wy_semver_parse(wy_str_sub(name, at + 1, name.len), &version))
        return false;
    size_t colon = wy_str_find(plain, ':'), slash = wy_str_find(plain, '/');
    if (colon == plain.len) return at == name.len && wy_spin_name_valid(plain, '-');
    if (slash < plain.len &&
        (slash < colon || !wy_spin_name_valid(wy_str_sub(plain, slash + 1, plain.len), '-')))
        return false;
    return wy_spin_name_valid(wy_str_sub(plain, 0, colon), '-') &&
           wy_spin_name_valid(wy_str_sub(plain, colon + 1, slash), '-');
}

static wy_err check_name(const wy_fields *f, const wy_toml *value, wy_str name,
                         const wy_app_component *component) {
    if (!name_is_valid(name))
        return wy_fields_fail(f, value, WY_INVALID,
                              "a dependency is named by a word, \"ns:package\" or "
                              "\"ns:package/interface\", perhaps with \"@version\"");
    for (uint32_t i = 0; i < component->dependency_count; i++)
        if (overlap(component->dependencies[i].name, name))
            return wy_fields_fail(f, value, WY_INVALID,
                                  "the dependencies '" WY_STR_FMT "' and '" WY_STR_FMT
                                  "' name the same imports",
                                  WY_STR_ARG(component->dependencies[i].name), WY_STR_ARG(name));
    return WY_OK;
}

static wy_err read_dependency(const wy_spin_reader *r, const wy_fields *f,
                              const wy_map_entry *entry, bool inherit_all,
                              const wy_app_component *component, wy_app_dependency *out) {
    const wy_toml *value = (const wy_toml *)entry->value;
    char *label = wy_arena_printf(f->arena, "%s: dependency '" WY_STR_FMT "'", f->name,
                                  WY_STR_ARG(entry->key));
    wy_fields d = wy_spin_fields(r, value, label ? label : f->name);
    *out = (wy_app_dependency){.name = entry->key, .line = value->line, .column = value->column};
    wy_err err = check_name(&d, value, entry->key, component);
    if (err != WY_OK) return err;
    if (value->kind == WY_TOML_STRING) return read_package(&d, value, value->string, out);
    err = wy_fields_expect(&d, value, "dependency", WY_TOML_TABLE);
    if (err == WY_OK) err = wy_fields_known(&d, KEYS);
    if (err == WY_OK) err = wy_fields_string(&d, "export", false, &out->export_name);
    if (err == WY_OK && out->export_name.len && is_package(without_version(entry->key)))
        err = wy_fields_fail(&d, wy_toml_get(value, "export"), WY_INVALID,
                             "'export' needs a dependency that names one interface");
    if (err == WY_OK) err = read_inherit(&d, inherit_all, &out->inherit);
    return err == WY_OK ? read_provider(r, &d, component, out) : err;
}

wy_err wy_spin_dependencies(const wy_spin_reader *r, const wy_toml *table, const char *name,
                            wy_app_component *out) {
    wy_fields f = wy_spin_fields(r, table, name);
    bool inherit_all = false;
    const wy_toml *list;
    wy_err err = wy_fields_bool(&f, "dependencies_inherit_configuration", &inherit_all);
    if (err == WY_OK) err = wy_fields_get(&f, "dependencies", WY_TOML_TABLE, &list);
    uint32_t count = err == WY_OK ? wy_spin_entry_count(list) : 0;
    wy_app_dependency *items = wy_arena_calloc(r->arena, count, sizeof *items);
    if (!items) return wy_fields_nomem(&f);
    out->dependencies = items;
    for (uint32_t i = 0; err == WY_OK && i < count; i++) {
        err = read_dependency(r, &f, &list->table.map.entries[i], inherit_all, out, &items[i]);
        out->dependency_count = i + 1;
    }
    return err;
}
