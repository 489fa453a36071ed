/* The component tables of a Spin manifest: what a component is made of and may use. */
#include "app/spin_component.h"

#include "capability/config/template.h"
#include "wit/semver.h"

#define FIRST_KEYS                                                                                 \
    "id source description environment config files exclude_files allowed_outbound_hosts "         \
    "allowed_http_hosts key_value_stores sqlite_databases ai_models build trigger"

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

/* --- source --- */

static bool is_sha256(wy_str digest) {
    if (!wy_str_starts(digest, WY_STR("sha256:")) || digest.len != 7 + 64) return false;
    for (size_t i = 7; i < digest.len; i++) {
        char c = digest.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    return true;
}

static wy_err read_url(const wy_fields *f, wy_app_source *out) {
    wy_str digest;
    wy_err err = wy_fields_string(f, "url", true, &out->url);
    if (err == WY_OK) err = wy_fields_string(f, "digest", true, &digest);
    if (err != WY_OK) return err;
    if (!wy_str_starts(out->url, WY_STR("https://")) && !wy_str_starts(out->url, WY_STR("http://")))
        return wy_fields_fail(f, wy_toml_get(f->table, "url"), WY_INVALID,
                              "'url' must begin with https:// or http://");
    if (!is_sha256(digest))
        return wy_fields_fail(f, wy_toml_get(f->table, "digest"), WY_INVALID,
                              "'digest' must be \"sha256:\" and 64 lower-case hexadecimal digits");
    out->sha256 = wy_str_sub(digest, 7, digest.len);
    return WY_OK;
}

wy_err wy_spin_package(const wy_fields *f, const wy_toml *value, const wy_app_source *s) {
    size_t colon = wy_str_find(s->package, ':');
    wy_semver version;
    if (colon == s->package.len || !wy_spin_name_valid(wy_str_sub(s->package, 0, colon), '-') ||
        !wy_spin_name_valid(wy_str_sub(s->package, colon + 1, s->package.len), '-'))
        return wy_fields_fail(f, value, WY_INVALID,
                              "'" WY_STR_FMT "' is no package: it is named \"namespace:name\"",
                              WY_STR_ARG(s->package));
    if (s->any_version ? wy_semver_requirement_valid(s->version)
                       : wy_semver_parse(s->version, &version))
        return WY_OK;
    return wy_fields_fail(f, value, WY_INVALID, "'" WY_STR_FMT "' is no %s", WY_STR_ARG(s->version),
                          s->any_version ? "requirement of a version, such as \"1.2\""
                                         : "version: it has three numbers, \"1.2.3\"");
}

wy_err wy_spin_source(const wy_fields *f, const wy_toml *source, wy_app_source *out) {
    *out = (wy_app_source){.line = source->line, .column = source->column};
    if (source->kind == WY_TOML_STRING) {
        out->path = source->string;
        return source->string.len ? WY_OK
                                  : wy_fields_fail(f, source, WY_INVALID, "the path is empty");
    }
    if (source->kind != WY_TOML_TABLE) return wy_fields_expect(f, source, "source", WY_TOML_STRING);
    wy_fields s = {f->arena, f->diag, source, f->name};
    if (wy_toml_get(source, "path")) return wy_fields_string(&s, "path", true, &out->path);
    if (wy_toml_get(source, "url")) return read_url(&s, out);
    if (!wy_toml_get(source, "package") && !wy_toml_get(source, "version"))
        return wy_fields_fail(f, source, WY_INVALID,
                              "'source' must be a path, or a table with 'url' and 'digest', or one "
                              "with 'package' and 'version'");
    wy_err err = wy_fields_string(&s, "package", true, &out->package);
    if (err == WY_OK) err = wy_fields_string(&s, "version", true, &out->version);
    if (err == WY_OK) err = wy_fields_string(&s, "registry", false, &out->registry);
    return err == WY_OK ? wy_spin_package(f, source, out) : err;
}

static wy_err read_source(const wy_fields *f, wy_app_component *out) {
    const wy_toml *source = wy_toml_get(f->table, "source");
    if (!source) return wy_fields_fail(f, f->table, WY_INVALID, "'source' is missing");
    wy_fields s = {f->arena, f->diag, source, f->name};
    wy_err err = WY_OK;
    if (source->kind == WY_TOML_TABLE)
        err = wy_fields_known(&s, "url digest registry package version");
    return err == WY_OK ? wy_spin_source(f, source, &out->source) : err;
}

/* --- variables and files --- */

/* A template is well-formed and names variables of the application only. */
wy_err wy_spin_template(const wy_fields *f, const wy_app *app, const wy_toml *value) {
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

static wy_err read_variables(const wy_fields *f, const wy_spin_reader *r, wy_app_component *out) {
    const char *key = r->is_first ? "config" : "variables";
    wy_err err = wy_fields_pairs(f, key, &out->variables);
    const wy_toml *table = wy_toml_get(f->table, key);
    for (uint32_t i = 0; err == WY_OK && i < out->variables.count; i++) {
        const wy_map_entry *entry = &table->table.map.entries[i];
        const wy_toml *value = (const wy_toml *)entry->value;
        if (!wy_variable_name_valid(entry->key))
            return wy_fields_fail(f, value, WY_INVALID,
                                  "'" WY_STR_FMT
                                  "' is no variable's name (lower-case letters and "
                                  "digits, words split by '_')",
                                  WY_STR_ARG(entry->key));
        err = wy_spin_template(f, r->app, value);
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

/* --- hosts --- */

#define FIRST_DATABASES 3 /* what version 1 did not ask about */
#define HTTP_ENTRIES 3    /* at most, that one of allowed_http_hosts becomes */

/* The older allowed_http_hosts says host names without a scheme: two entries for each. */
static wy_err convert_http_host(const wy_fields *f, wy_str host, wy_str *items, uint32_t *count) {
    bool all = wy_str_eqz(host, "insecure:allow-all"), self = wy_str_eqz(host, "self");
    if (all || self) items[(*count)++] = WY_STR("http://self");
    if (self) return WY_OK;
    if (all) host = WY_STR("*:*");
    bool is_url = wy_str_starts(host, WY_STR("http://")) || wy_str_starts(host, WY_STR("https://"));
    if (is_url) {
        items[(*count)++] = host;
        return WY_OK;
    }
    for (int https = 0; https < 2; https++) {
        char *text =
            wy_arena_printf(f->arena, "http%s://" WY_STR_FMT, https ? "s" : "", WY_STR_ARG(host));
        if (!text) return wy_fields_nomem(f);
        items[(*count)++] = wy_str_of(text);
    }
    return WY_OK;
}

/* Both lists in one; that of version 1 has its databases, unless allowed_outbound_hosts is there.
 */
static wy_err merge_hosts(const wy_fields *f, const wy_app_list *old, bool with_databases,
                          wy_app_list *hosts) {
    static const char *const databases[FIRST_DATABASES] = {"redis://*:*", "mysql://*:*",
                                                           "postgres://*:*"};
    size_t room = hosts->count + (size_t)old->count * HTTP_ENTRIES + FIRST_DATABASES;
    wy_str *items = wy_arena_calloc(f->arena, room, sizeof *items);
    if (!items) return wy_fields_nomem(f);
    uint32_t count = 0;
    for (; count < hosts->count; count++)
        items[count] = hosts->items[count];
    for (size_t i = 0; i < FIRST_DATABASES && with_databases; i++)
        items[count++] = wy_str_of(databases[i]);
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < old->count && err == WY_OK; i++)
        err = convert_http_host(f, old->items[i], items, &count);
    *hosts = (wy_app_list){items, count};
    return err;
}

static wy_err check_outbound_host(const wy_fields *f, const wy_app *app, const wy_toml *item) {
    if (wy_str_eqz(item->string, "*") || wy_str_eqz(item->string, "insecure:allow-all"))
        return wy_fields_fail(f, item, WY_INVALID,
                              "'" WY_STR_FMT
                              "' is not accepted as an outbound host; write "
                              "\"*://*:*\" to allow everything",
                              WY_STR_ARG(item->string));
    return wy_spin_template(f, app, item);
}

static wy_err read_outbound_hosts(const wy_fields *f, const wy_spin_reader *r,
                                  wy_app_component *out) {
    wy_app_list old;
    wy_err err = wy_fields_list(f, "allowed_outbound_hosts", &out->allowed_outbound_hosts);
    if (err == WY_OK) err = wy_fields_list(f, "allowed_http_hosts", &old);
    if (err != WY_OK) return err;
    const wy_toml *new_list = wy_toml_get(f->table, "allowed_outbound_hosts");
    const wy_toml *old_list = wy_toml_get(f->table, "allowed_http_hosts");
    if (new_list && old_list && !r->is_first)
        return wy_fields_fail(f, old_list, WY_INVALID,
                              "'allowed_http_hosts' cannot be combined with "
                              "'allowed_outbound_hosts'; write all hosts in the latter");
    for (uint32_t i = 0; err == WY_OK && i < out->allowed_outbound_hosts.count; i++)
        err = check_outbound_host(f, r->app, new_list->array.items[i]);
    bool with_databases = r->is_first && !new_list;
    if (err == WY_OK && (old.count || with_databases))
        err = merge_hosts(f, &old, with_databases, &out->allowed_outbound_hosts);
    return err;
}

/* --- stores, databases and models --- */

/* A list of names whose words are split by '-' or by '_'. */
static wy_err read_labels(const wy_fields *f, const char *key, const char *what, wy_app_list *out) {
    wy_err err = wy_fields_list(f, key, out);
    const wy_toml *list = wy_toml_get(f->table, key);
    for (uint32_t i = 0; err == WY_OK && i < out->count; i++) {
        wy_str label = out->items[i];
        if (!wy_spin_name_valid(label, '-') && !wy_spin_name_valid(label, '_'))
            err = wy_fields_fail(f, list->array.items[i], WY_INVALID,
                                 "'" WY_STR_FMT
                                 "' is no %s (words of letters and digits, split "
                                 "by '-' or by '_')",
                                 WY_STR_ARG(label), what);
    }
    return err;
}

/* Models have the names that their makers gave them: "gpt-4.1", "org/model:8b". */
static wy_err read_models(const wy_fields *f, wy_app_list *out) {
    wy_err err = wy_fields_list(f, "ai_models", out);
    const wy_toml *list = wy_toml_get(f->table, "ai_models");
    for (uint32_t i = 0; err == WY_OK && i < out->count; i++) {
        wy_str name = out->items[i];
        bool valid = name.len != 0;
        for (size_t k = 0; k < name.len; k++)
            if ((unsigned char)name.ptr[k] <= ' ' || name.ptr[k] == 0x7f) valid = false;
        if (!valid)
            err = wy_fields_fail(f, list->array.items[i], WY_INVALID,
                                 "'" WY_STR_FMT "' is no name of a model (it may have no blanks)",
                                 WY_STR_ARG(name));
    }
    return err;
}

static wy_err read_stores(const wy_fields *f, wy_app_component *out) {
    wy_err err = read_labels(f, "key_value_stores", "label of a store", &out->key_value_stores);
    if (err == WY_OK)
        err = read_labels(f, "sqlite_databases", "label of a database", &out->sqlite_databases);
    return err == WY_OK ? read_models(f, &out->ai_models) : err;
}

/* --- build --- */

static wy_err read_build(const wy_fields *f, wy_app_component *out) {
    const wy_toml *build;
    wy_err err = wy_fields_get(f, "build", WY_TOML_TABLE, &build);
    if (err != WY_OK || !build) return err;
    wy_fields b = {f->arena, f->diag, build, f->name};
    err = wy_fields_known(&b, "command workdir watch");
    if (err == WY_OK) err = wy_fields_string(&b, "workdir", false, &out->build_workdir);
    if (err == WY_OK) err = wy_fields_list(&b, "watch", &out->build_watch);
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

/* --- profiles --- */

/* `table` with the entries of `over` put in place or added. */
static wy_toml *merge_tables(const wy_fields *f, const wy_toml *table, const wy_toml *over) {
    wy_toml *merged = wy_arena_alloc(f->arena, sizeof *merged);
    if (!merged) return NULL;
    *merged = table ? *table : *over;
    wy_map_init(&merged->table.map, f->arena);
    const wy_toml *both[] = {table, over};
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < wy_spin_entry_count(both[k]); i++) {
            const wy_map_entry *entry = &both[k]->table.map.entries[i];
            if (!wy_map_set(&merged->table.map, entry->key, entry->value)) return NULL;
        }
    return merged;
}

/* The component's table as the profile has it: source and build command replaced, environment and
 * dependencies merged. */
static const wy_toml *apply_profile(const wy_fields *f, const wy_toml *profile) {
    static const char *const merged[] = {"environment", "dependencies", "build"};
    wy_toml *over = merge_tables(f, NULL, profile);
    bool ok = over != NULL;
    for (size_t i = 0; ok && i < sizeof merged / sizeof *merged; i++) {
        const wy_toml *above = wy_toml_get(profile, merged[i]);
        const wy_toml *below = wy_toml_get(f->table, merged[i]);
        if (!above || (below && below->kind != WY_TOML_TABLE)) continue;
        const wy_toml *both = merge_tables(f, below, above);
        ok = both && wy_map_set(&over->table.map, wy_str_of(merged[i]), (uintptr_t)both);
    }
    return ok ? merge_tables(f, f->table, over) : NULL;
}

static wy_err check_profile(const wy_fields *f, const wy_toml *profile) {
    wy_fields p = {f->arena, f->diag, profile, f->name};
    const wy_toml *unused;
    wy_app_component read = {0}; /* chosen or not, it must be right */
    wy_err err = wy_fields_expect(f, profile, "profile", WY_TOML_TABLE);
    if (err == WY_OK) err = wy_fields_known(&p, "source environment dependencies build");
    if (err == WY_OK && wy_toml_get(profile, "source")) err = read_source(&p, &read);
    if (err == WY_OK) err = wy_fields_pairs(&p, "environment", &read.environment);
    if (err == WY_OK) err = wy_fields_get(&p, "dependencies", WY_TOML_TABLE, &unused);
    return err == WY_OK ? read_build(&p, &read) : err;
}

/* Checks all profiles, and puts the table with the chosen one applied into `f`. */
static wy_err read_profiles(wy_spin_reader *r, wy_fields *f) {
    const wy_toml *profiles;
    wy_err err = wy_fields_get(f, "profile", WY_TOML_TABLE, &profiles);
    for (uint32_t i = 0; err == WY_OK && i < wy_spin_entry_count(profiles); i++) {
        const wy_map_entry *entry = &profiles->table.map.entries[i];
        err = check_profile(f, (const wy_toml *)entry->value);
        if (err != WY_OK || r->profile.len == 0 || !wy_str_eq(entry->key, r->profile)) continue;
        r->profile_seen = true;
        f->table = apply_profile(f, (const wy_toml *)entry->value);
        if (!f->table) return wy_fields_nomem(f);
    }
    return err;
}

/* --- the whole table --- */

wy_err wy_spin_component(wy_spin_reader *r, const wy_toml *table, wy_str id, const char *name,
                         wy_app_component *out) {
    wy_fields f = wy_spin_fields(r, table, name);
    *out = (wy_app_component){.id = id, .line = table->line, .column = table->column};
    wy_err err = wy_fields_known(&f, r->is_first ? FIRST_KEYS : KEYS);
    if (err == WY_OK && !wy_spin_name_valid(id, '-'))
        err = wy_fields_fail(&f, table, WY_INVALID,
                             "a component's id is made of words of letters and digits, split by "
                             "'-'");
    if (err == WY_OK) err = read_profiles(r, &f);
    if (err == WY_OK) err = read_source(&f, out);
    if (err == WY_OK) err = wy_fields_string(&f, "description", false, &out->description);
    if (err == WY_OK) err = wy_fields_pairs(&f, "environment", &out->environment);
    if (err == WY_OK) err = read_variables(&f, r, out);
    if (err == WY_OK) err = read_files(&f, out);
    if (err == WY_OK) err = read_outbound_hosts(&f, r, out);
    if (err == WY_OK) err = read_stores(&f, out);
    if (err == WY_OK) err = read_build(&f, out);
    if (err == WY_OK) err = wy_spin_targets(&f);
    r->tables[out - r->components] = f.table;
    return err;
}
