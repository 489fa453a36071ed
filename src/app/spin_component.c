/* The component tables of a Spin manifest: what a component is made of and may use. */
#include "app/spin_component.h"

#include "capability/config/template.h"

#define KEYS                                                                                       \
    "source description environment variables files exclude_files allowed_outbound_hosts "         \
    "allowed_http_hosts key_value_stores sqlite_databases ai_models build targets "                \
    "dependencies_inherit_configuration dependencies profile tool"

static bool is_word_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool wy_spin_name_valid(wy_str name, char separator) {
    bool word_begins = true;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_digit = c >= '0' && c <= '9';
        if (c == separator ? word_begins : !is_word_char(c) || (word_begins && is_digit && i == 0))
            return false;
        word_begins = c == separator;
    }
    return !word_begins;
}

static wy_err read_source(const wy_fields *f, wy_app_component *out) {
    const wy_toml *source = wy_toml_get(f->table, "source");
    if (!source) return wy_fields_fail(f, f->table, WY_INVALID, "'source' is missing");
    if (source->kind == WY_TOML_TABLE) {
        bool is_url = wy_toml_get(source, "url") != NULL;
        if (!is_url && !wy_toml_get(source, "package"))
            return wy_fields_fail(f, source, WY_INVALID,
                                  "'source' must be a path, or a table with 'url' and 'digest', or "
                                  "one with 'package' and 'version'");
        return wy_fields_fail(f, source, WY_UNSUPPORTED,
                              "a source from a %s is not supported; fetch the component and give "
                              "its path",
                              is_url ? "URL" : "registry");
    }
    if (source->kind != WY_TOML_STRING)
        return wy_fields_expect(f, source, "source", WY_TOML_STRING);
    if (source->string.len == 0) return wy_fields_fail(f, source, WY_INVALID, "'source' is empty");
    out->source = source->string;
    return WY_OK;
}

/* A template is well-formed and names variables of the application only. */
static wy_err check_template(const wy_fields *f, const wy_app *app, const wy_toml *value) {
    wy_diag detail;
    wy_diag_init(&detail);
    wy_template_part part;
    for (wy_str rest = value->string; rest.len;) {
        wy_err err = wy_template_next(&rest, &part, &detail);
        if (err != WY_OK) return wy_fields_fail(f, value, err, "%s", detail.text);
        if (part.is_variable && !wy_app_variable_find(app, part.text))
            return wy_fields_fail(f, value, WY_INVALID,
                                  "the template names '" WY_STR_FMT
                                  "', which is not in "
                                  "[variables]",
                                  WY_STR_ARG(part.text));
    }
    return WY_OK;
}

static wy_err read_variables(const wy_fields *f, const wy_app *app, wy_app_component *out) {
    wy_err err = wy_fields_pairs(f, "variables", &out->variables);
    const wy_toml *table = wy_toml_get(f->table, "variables");
    for (uint32_t i = 0; err == WY_OK && i < out->variables.count; i++) {
        const wy_map_entry *entry = &table->table.map.entries[i];
        const wy_toml *value = (const wy_toml *)entry->value;
        if (!wy_variable_name_valid(entry->key))
            return wy_fields_fail(f, value, WY_INVALID,
                                  "'" WY_STR_FMT
                                  "' is no variable's name (lower-case letters and "
                                  "digits, words split by '_')",
                                  WY_STR_ARG(entry->key));
        err = check_template(f, app, value);
    }
    return err;
}

/* One element of `files`. */
static wy_err read_file(const wy_fields *f, const wy_toml *item, wy_app_files *out) {
    *out = (wy_app_files){.line = item->line, .column = item->column};
    if (item->kind == WY_TOML_STRING) {
        out->source = item->string;
    } else if (item->kind == WY_TOML_TABLE) {
        wy_fields entry = {f->arena, f->diag, item, f->name};
        wy_err err = wy_fields_known(&entry, "source destination");
        if (err == WY_OK) err = wy_fields_string(&entry, "source", true, &out->source);
        if (err == WY_OK) err = wy_fields_string(&entry, "destination", true, &out->destination);
        if (err != WY_OK) return err;
    } else {
        return wy_fields_fail(f, item, WY_INVALID,
                              "'files' holds paths, globs and { source, destination } tables, not "
                              "%s",
                              wy_toml_kind_name(item->kind));
    }
    if (out->source.len == 0) return wy_fields_fail(f, item, WY_INVALID, "a file path is empty");
    return WY_OK;
}

static wy_err read_files(const wy_fields *f, wy_app_component *out) {
    const wy_toml *list;
    wy_err err = wy_fields_get(f, "files", WY_TOML_ARRAY, &list);
    if (err == WY_OK) err = wy_fields_list(f, "exclude_files", &out->exclude_files);
    if (err != WY_OK || !list) return err;
    wy_app_files *files = wy_arena_calloc(f->arena, list->array.count, sizeof *files);
    if (!files) return wy_fields_nomem(f);
    for (uint32_t i = 0; err == WY_OK && i < list->array.count; i++)
        err = read_file(f, list->array.items[i], &files[i]);
    out->files = files;
    out->files_count = list->array.count;
    return err;
}

/* The older allowed_http_hosts says host names without a scheme: two entries for each. */
static wy_err convert_http_hosts(const wy_fields *f, const wy_app_list *hosts, wy_app_list *out) {
    wy_str *items = wy_arena_calloc(f->arena, (size_t)hosts->count * 3, sizeof *items);
    if (!items) return wy_fields_nomem(f);
    for (uint32_t i = 0; i < hosts->count; i++) {
        wy_str host = hosts->items[i];
        bool all = wy_str_eqz(host, "insecure:allow-all"), self = wy_str_eqz(host, "self");
        if (all || self) items[out->count++] = WY_STR("http://self");
        if (self) continue;
        if (all) host = WY_STR("*:*");
        bool has_scheme =
            wy_str_starts(host, WY_STR("http://")) || wy_str_starts(host, WY_STR("https://"));
        for (int https = 0; https < (has_scheme ? 1 : 2); https++) {
            char *text = wy_arena_printf(f->arena, "%s" WY_STR_FMT,
                                         has_scheme ? ""
                                         : https    ? "https://"
                                                    : "http://",
                                         WY_STR_ARG(host));
            if (!text) return wy_fields_nomem(f);
            items[out->count++] = wy_str_of(text);
        }
    }
    out->items = items;
    return WY_OK;
}

static wy_err read_outbound_hosts(const wy_fields *f, const wy_app *app, wy_app_component *out) {
    wy_app_list old;
    wy_err err = wy_fields_list(f, "allowed_outbound_hosts", &out->allowed_outbound_hosts);
    if (err == WY_OK) err = wy_fields_list(f, "allowed_http_hosts", &old);
    if (err != WY_OK) return err;
    const wy_toml *new_list = wy_toml_get(f->table, "allowed_outbound_hosts");
    const wy_toml *old_list = wy_toml_get(f->table, "allowed_http_hosts");
    if (new_list && old_list)
        return wy_fields_fail(f, old_list, WY_INVALID,
                              "'allowed_http_hosts' cannot be combined with "
                              "'allowed_outbound_hosts'; write all hosts in the latter");
    if (old_list) return convert_http_hosts(f, &old, &out->allowed_outbound_hosts);
    for (uint32_t i = 0; err == WY_OK && i < out->allowed_outbound_hosts.count; i++) {
        const wy_toml *item = new_list->array.items[i];
        if (wy_str_eqz(item->string, "*") || wy_str_eqz(item->string, "insecure:allow-all"))
            return wy_fields_fail(f, item, WY_INVALID,
                                  "'" WY_STR_FMT
                                  "' is not accepted as an outbound host; write "
                                  "\"*://*:*\" to allow everything",
                                  WY_STR_ARG(item->string));
        err = check_template(f, app, item);
    }
    return err;
}

static wy_err read_stores(const wy_fields *f, wy_app_component *out) {
    wy_err err = wy_fields_list(f, "key_value_stores", &out->key_value_stores);
    if (err != WY_OK) return err;
    const wy_toml *list = wy_toml_get(f->table, "key_value_stores");
    for (uint32_t i = 0; i < out->key_value_stores.count; i++) {
        wy_str label = out->key_value_stores.items[i];
        if (!wy_spin_name_valid(label, '-') && !wy_spin_name_valid(label, '_'))
            return wy_fields_fail(f, list->array.items[i], WY_INVALID,
                                  "'" WY_STR_FMT
                                  "' is no label of a store (words of letters and "
                                  "digits, split by '-' or by '_')",
                                  WY_STR_ARG(label));
    }
    return WY_OK;
}

static wy_err read_build(const wy_fields *f, wy_app_component *out) {
    const wy_toml *build;
    wy_err err = wy_fields_get(f, "build", WY_TOML_TABLE, &build);
    if (err != WY_OK || !build) return err;
    wy_fields b = {f->arena, f->diag, build, f->name};
    wy_app_list watch;
    err = wy_fields_known(&b, "command workdir watch");
    if (err == WY_OK) err = wy_fields_string(&b, "workdir", false, &out->build_workdir);
    if (err == WY_OK) err = wy_fields_list(&b, "watch", &watch);
    if (err != WY_OK) return err;
    const wy_toml *command = wy_toml_get(build, "command");
    if (!command) return wy_fields_fail(f, build, WY_INVALID, "'build' has no 'command'");
    if (command->kind != WY_TOML_STRING) return wy_fields_list(&b, "command", &out->build_commands);
    wy_str *item = wy_arena_calloc(f->arena, 1, sizeof *item);
    if (!item) return wy_fields_nomem(f);
    *item = command->string;
    out->build_commands = (wy_app_list){item, 1};
    return WY_OK;
}

/* Settings that are chosen by a flag only: checked, not taken. */
static wy_err check_profiles(const wy_fields *f) {
    const wy_toml *profiles;
    wy_err err = wy_fields_get(f, "profile", WY_TOML_TABLE, &profiles);
    for (uint32_t i = 0; err == WY_OK && profiles && i < profiles->table.map.used; i++) {
        const wy_toml *profile = (const wy_toml *)profiles->table.map.entries[i].value;
        err = wy_fields_expect(f, profile, "profile", WY_TOML_TABLE);
        wy_fields p = {f->arena, f->diag, profile, f->name};
        if (err == WY_OK) err = wy_fields_known(&p, "source environment dependencies build");
    }
    return err;
}

/* What the format knows and withy does not have; an empty value asks for nothing. */
static wy_err refuse_missing(const wy_fields *f) {
    static const struct {
        const char *key, *text;
    } missing[] = {
        {"sqlite_databases", "SQLite databases ('sqlite_databases') are not supported"},
        {"ai_models", "AI models ('ai_models') are not supported"},
        {"dependencies",
         "component dependencies ('dependencies') are not supported; compose the "
         "component beforehand"},
    };
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        const wy_toml *value = wy_toml_get(f->table, missing[i].key);
        if (!value || (value->kind == WY_TOML_ARRAY && value->array.count == 0) ||
            (value->kind == WY_TOML_TABLE && value->table.map.count == 0))
            continue;
        return wy_fields_fail(f, value, WY_UNSUPPORTED, "%s", missing[i].text);
    }
    return WY_OK;
}

wy_err wy_spin_component(const wy_app *app, wy_arena *arena, const wy_toml *table, wy_str id,
                         const char *name, wy_app_component *out, wy_diag *diag) {
    wy_fields f = {arena, diag, table, name};
    bool inherit = false;
    *out = (wy_app_component){.id = id, .line = table->line, .column = table->column};
    wy_err err = wy_fields_known(&f, KEYS);
    if (err == WY_OK && !wy_spin_name_valid(id, '-'))
        err = wy_fields_fail(&f, table, WY_INVALID,
                             "a component's id is made of words of letters and digits, split by "
                             "'-'");
    if (err == WY_OK) err = refuse_missing(&f);
    if (err == WY_OK) err = read_source(&f, out);
    if (err == WY_OK) err = wy_fields_string(&f, "description", false, &out->description);
    if (err == WY_OK) err = wy_fields_pairs(&f, "environment", &out->environment);
    if (err == WY_OK) err = read_variables(&f, app, out);
    if (err == WY_OK) err = read_files(&f, out);
    if (err == WY_OK) err = read_outbound_hosts(&f, app, out);
    if (err == WY_OK) err = read_stores(&f, out);
    if (err == WY_OK) err = read_build(&f, out);
    if (err == WY_OK) err = check_profiles(&f);
    if (err == WY_OK) err = wy_fields_bool(&f, "dependencies_inherit_configuration", &inherit);
    return err;
}
