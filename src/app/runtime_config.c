/* The runtime configuration: tables and types of runtime-config.toml. */
#include "app/runtime_config.h"

#include "app/field.h"
#include "base/limits.h"
#include "base/text.h"

typedef struct reader {
    wy_arena *arena;
    wy_diag *diag;
    const wy_toml *root;
    wy_runtime_config *config;
} reader;

static wy_fields fields_of(const reader *r, const wy_toml *table, const char *name) {
    return (wy_fields){r->arena, r->diag, table, name};
}

/* A table of the root; absent: NULL. */
static wy_err get_table(const reader *r, const char *key, const char *name, wy_fields *fields_out) {
    wy_fields top = fields_of(r, r->root, "the runtime configuration");
    const wy_toml *table;
    wy_err err = wy_fields_get(&top, key, WY_TOML_TABLE, &table);
    *fields_out = fields_of(r, table, name);
    return err;
}

static wy_err get_count(const wy_fields *f, const char *key, uint64_t max, uint64_t *out) {
    const wy_toml *value;
    wy_err err = wy_fields_get(f, key, WY_TOML_INTEGER, &value);
    if (err != WY_OK || !value) return err;
    if (value->integer < 1 || (uint64_t)value->integer > max)
        return wy_fields_fail(f, value, WY_INVALID, "'%s' must be from 1 to %llu", key,
                              (unsigned long long)max);
    *out = (uint64_t)value->integer;
    return WY_OK;
}

static wy_err get_count32(const wy_fields *f, const char *key, uint32_t *out) {
    uint64_t value = *out;
    wy_err err = get_count(f, key, UINT32_MAX, &value);
    *out = (uint32_t)value;
    return err;
}

/* --- types --- */

/* One value of `type`: the keys it has, and what it is called here. */
typedef struct type_row {
    const char *name, *keys;
    const char *backend; /* NULL: withy does not have it */
} type_row;

static wy_err find_type(const wy_fields *f, const type_row *rows, size_t count, size_t *row_out) {
    wy_str type, names[8];
    wy_assert(count <= sizeof names / sizeof *names);
    wy_err err = wy_fields_string(f, "type", true, &type);
    if (err != WY_OK) return err;
    const wy_toml *at = wy_toml_get(f->table, "type");
    for (size_t i = 0; i < count; i++) {
        names[i] = wy_str_of(rows[i].name);
        if (!wy_str_eq(names[i], type)) continue;
        *row_out = i;
        err = wy_fields_known(f, rows[i].keys);
        if (err == WY_OK && !rows[i].backend)
            err = wy_fields_fail(f, at, WY_UNSUPPORTED, "the type '%s' is not supported",
                                 rows[i].name);
        return err;
    }
    wy_buf list;
    wy_buf_init(&list, 512);
    for (size_t i = 0; i < count; i++)
        wy_buf_printf(&list, "%s'%s'", i ? ", " : "", rows[i].name);
    wy_str nearest = wy_str_nearest(type, names, count);
    err = wy_fields_fail(f, at, WY_INVALID, "there is no type '" WY_STR_FMT "'; %s" WY_STR_FMT "%s",
                         WY_STR_ARG(type), nearest.len ? "did you mean '" : "there are ",
                         WY_STR_ARG(nearest.len ? nearest : wy_buf_view(&list)),
                         nearest.len ? "'?" : "");
    wy_buf_deinit(&list);
    return err;
}

/* --- stores --- */

static const type_row kv_types[] = {
    {"spin", "type path default_ttl_seconds", "sqlite"},
    {"redis", "type url default_ttl_seconds", "redis"},
    {"memory", "type default_ttl_seconds", "memory"},
    {"azure_cosmos", "type key account database container", NULL},
    {"aws_dynamo", "type region table access_key secret_key token consistent_read", NULL},
};

static const type_row sqlite_types[] = {
    {"spin", "type path allow_attach_file", "sqlite"},
    {"libsql", "type url token", "libsql"},
};

static wy_err read_store(const wy_fields *f, const type_row *types, size_t type_count,
                         wy_runtime_store *out) {
    size_t row = 0;
    wy_err err = find_type(f, types, type_count, &row);
    if (err != WY_OK) return err;
    bool remote = strstr(types[row].keys, "url") != NULL;
    bool token = strstr(types[row].keys, "token") != NULL;
    out->backend = wy_str_of(types[row].backend);
    err = wy_fields_string(f, "path", false, &out->path);
    if (err == WY_OK) err = wy_fields_string(f, "url", remote, &out->url);
    if (err == WY_OK) err = wy_fields_string(f, "token", token, &out->token);
    if (err == WY_OK) err = get_count(f, "default_ttl_seconds", WY_MAX_KV_TTL_S, &out->ttl_s);
    return err == WY_OK ? wy_fields_bool(f, "allow_attach_file", &out->allow_attach_file) : err;
}

static wy_err read_stores(const reader *r, const char *key, const type_row *types,
                          size_t type_count, wy_runtime_stores *out) {
    wy_fields f;
    wy_err err = get_table(r, key, key, &f);
    if (err != WY_OK || !f.table) return err;
    uint32_t count = f.table->table.map.count;
    wy_runtime_store *items = wy_arena_calloc(r->arena, count, sizeof *items);
    if (!items) return wy_fields_nomem(&f);
    for (uint32_t i = 0; err == WY_OK && i < count; i++) {
        const wy_map_entry *entry = &f.table->table.map.entries[i];
        const wy_toml *table = (const wy_toml *)entry->value;
        char *name = wy_arena_printf(r->arena, "[%s." WY_STR_FMT "]", key, WY_STR_ARG(entry->key));
        wy_fields s = fields_of(r, table, name ? name : key);
        items[i] =
            (wy_runtime_store){.label = entry->key, .line = table->line, .column = table->column};
        err = wy_fields_expect(&s, table, key, WY_TOML_TABLE);
        if (err == WY_OK) err = read_store(&s, types, type_count, &items[i]);
    }
    *out = (wy_runtime_stores){items, count};
    return err;
}

/* --- providers of variables --- */

static const type_row provider_types[] = {
    {"env", "type prefix dotenv_path", "environment"},
    {"static", "type values", "static"},
    {"file", "type path", "file"},
    {"vault", "type url token mount prefix", "vault"},
    {"azure_key_vault", "type vault_url client_id client_secret tenant_id authority_host", NULL},
};
#define PROVIDER_TYPE_COUNT (sizeof provider_types / sizeof *provider_types)

static wy_err read_values(const wy_fields *f, wy_config_provider_options *out) {
    wy_app_pairs values;
    if (!wy_toml_get(f->table, "values"))
        return wy_fields_fail(f, f->table, WY_INVALID, "'values' is missing");
    wy_err err = wy_fields_pairs(f, "values", &values);
    wy_config_pair *pairs = wy_arena_calloc(f->arena, values.count, sizeof *pairs);
    if (!pairs) return wy_fields_nomem(f);
    for (uint32_t i = 0; err == WY_OK && i < values.count; i++)
        pairs[i] = (wy_config_pair){values.items[i].name, values.items[i].value};
    out->pairs = pairs;
    out->pair_count = values.count;
    return err;
}

/* A relative path starts from the configuration's folder. */
static wy_err get_path(const reader *r, const wy_fields *f, const char *key, bool required,
                       wy_str *out) {
    wy_err err = wy_fields_string(f, key, required, out);
    if (err != WY_OK || out->len == 0 || out->ptr[0] == '/' || r->config->folder.len == 0)
        return err;
    char *path = wy_arena_printf(f->arena, WY_STR_FMT "/" WY_STR_FMT, WY_STR_ARG(r->config->folder),
                                 WY_STR_ARG(*out));
    if (!path) return wy_fields_nomem(f);
    *out = wy_str_of(path);
    return WY_OK;
}

/* One table may become two providers: the environment, and the file below it. */
static wy_err read_provider(const reader *r, const wy_fields *f, wy_config_provider_options *out,
                            uint32_t *count) {
    size_t row = 0;
    wy_err err = find_type(f, provider_types, PROVIDER_TYPE_COUNT, &row);
    if (err != WY_OK) return err;
    wy_config_provider_options o = {.type = wy_str_of(provider_types[row].backend)};
    bool is_vault = wy_str_eqz(o.type, "vault"), is_env = wy_str_eqz(o.type, "environment");
    wy_str dotenv = {0};
    err = wy_fields_string(f, "prefix", false, &o.prefix);
    if (err == WY_OK) err = get_path(r, f, "dotenv_path", false, &dotenv);
    if (err == WY_OK) err = get_path(r, f, "path", wy_str_eqz(o.type, "file"), &o.path);
    if (err == WY_OK) err = wy_fields_string(f, "url", is_vault, &o.url);
    if (err == WY_OK) err = wy_fields_string(f, "token", is_vault, &o.token);
    if (err == WY_OK) err = wy_fields_string(f, "mount", is_vault, &o.mount);
    if (err == WY_OK && wy_str_eqz(o.type, "static")) err = read_values(f, &o);
    if (err != WY_OK) return err;
    if (is_env && !wy_toml_get(f->table, "prefix"))
        o.prefix = WY_STR("SPIN_VARIABLE_");
    else if (is_env && o.prefix.len && !wy_str_ends(o.prefix, WY_STR("_"))) {
        char *prefix = wy_arena_printf(f->arena, WY_STR_FMT "_", WY_STR_ARG(o.prefix));
        if (!prefix) return wy_fields_nomem(f);
        o.prefix = wy_str_of(prefix);
    }
    out[(*count)++] = o;
    if (dotenv.len == 0) return WY_OK;
    out[(*count)++] =
        (wy_config_provider_options){.type = WY_STR("dotenv"), .prefix = o.prefix, .path = dotenv};
    return WY_OK;
}

/* The tables under both names that the list has had; one of them only. */
static wy_err read_providers(const reader *r) {
    wy_fields top = fields_of(r, r->root, "the runtime configuration");
    const wy_toml *list, *old;
    wy_err err = wy_fields_get(&top, "variables_provider", WY_TOML_ARRAY, &list);
    if (err == WY_OK) err = wy_fields_get(&top, "config_provider", WY_TOML_ARRAY, &old);
    if (err == WY_OK && list && old)
        err = wy_fields_fail(&top, old, WY_INVALID,
                             "'config_provider' is the old name of 'variables_provider': only one "
                             "of them");
    const char *name = list ? "[[variables_provider]]" : "[[config_provider]]";
    if (!list) list = old;
    if (err != WY_OK || !list) return err;
    wy_config_provider_options *items =
        wy_arena_calloc(r->arena, (size_t)list->array.count * 2, sizeof *items);
    if (!items) return wy_fields_nomem(&top);
    for (uint32_t i = 0; err == WY_OK && i < list->array.count; i++) {
        wy_fields f = fields_of(r, list->array.items[i], name);
        err = wy_fields_expect(&f, f.table, "variables_provider", WY_TOML_TABLE);
        if (err == WY_OK) err = read_provider(r, &f, items, &r->config->provider_count);
    }
    r->config->providers = items;
    return err;
}

/* --- llm --- */

static wy_err read_llm(const reader *r) {
    static const type_row types[] = {{"spin", "type", "spin"},
                                     {"remote_http", "type url auth_token api_type", "remote"}};
    static const char *const apis[] = {"default", "open_ai"};
    wy_runtime_llm *out = &r->config->llm;
    wy_fields f;
    wy_err err = get_table(r, "llm_compute", "[llm_compute]", &f);
    if (err != WY_OK || !f.table) return err;
    size_t row = 0;
    err = find_type(&f, types, 2, &row);
    if (err != WY_OK) return err;
    *out = (wy_runtime_llm){.kind = row ? WY_RUNTIME_LLM_REMOTE : WY_RUNTIME_LLM_LOCAL,
                            .line = f.table->line,
                            .column = f.table->column};
    if (row == 0) return WY_OK;
    wy_str api;
    err = wy_fields_string(&f, "url", true, &out->url);
    if (err == WY_OK) err = wy_fields_string(&f, "auth_token", true, &out->auth_token);
    if (err == WY_OK) err = wy_fields_string(&f, "api_type", false, &api);
    if (err != WY_OK || api.len == 0 || wy_str_eqz(api, apis[0])) return err;
    out->kind = WY_RUNTIME_LLM_OPENAI;
    if (wy_str_eqz(api, apis[1])) return WY_OK;
    return wy_fields_fail(&f, wy_toml_get(f.table, "api_type"), WY_INVALID,
                          "'api_type' must be \"default\" or \"open_ai\"");
}

/* --- clients --- */

static wy_err read_client(const reader *r, const char *key, const char *keys,
                          wy_runtime_client *out) {
    wy_fields f;
    char *name = wy_arena_printf(r->arena, "[%s]", key);
    wy_err err = get_table(r, key, name ? name : key, &f);
    if (err != WY_OK || !f.table) return err;
    err = wy_fields_known(&f, keys);
    if (err == WY_OK) err = get_count32(&f, "max_connections", &out->max_connections);
    if (err == WY_OK)
        err = get_count(&f, "max_payload_size_bytes", UINT32_MAX, &out->max_payload_bytes);
    return err;
}

/* A section without `connection_pooling` has none: so it is in Spin too. */
static wy_err read_http(const reader *r) {
    wy_runtime_client *out = &r->config->http;
    wy_err err = read_client(r, "outbound_http",
                             "connection_pooling max_connections max_concurrent_requests", out);
    const wy_toml *table = wy_toml_get(r->root, "outbound_http");
    if (err != WY_OK || !table) return err;
    wy_fields f = fields_of(r, table, "[outbound_http]");
    bool pooling = false;
    err = wy_fields_bool(&f, "connection_pooling", &pooling);
    if (err == WY_OK && wy_toml_get(table, "max_connections") &&
        wy_toml_get(table, "max_concurrent_requests"))
        err = wy_fields_fail(&f, wy_toml_get(table, "max_concurrent_requests"), WY_INVALID,
                             "'max_concurrent_requests' is the old name of 'max_connections': only "
                             "one of them");
    if (err == WY_OK) err = get_count32(&f, "max_concurrent_requests", &out->max_connections);
    out->no_pooling = !pooling;
    return err;
}

static wy_err read_clients(const reader *r) {
    wy_runtime_config *c = r->config;
    wy_err err = read_http(r);
    if (err == WY_OK) err = read_client(r, "outbound_redis", "max_connections", &c->redis);
    if (err == WY_OK) err = read_client(r, "outbound_pg", "max_connections", &c->postgres);
    if (err == WY_OK) err = read_client(r, "outbound_mysql", "max_connections", &c->mysql);
    if (err == WY_OK)
        err = read_client(r, "outbound_mqtt", "max_connections max_payload_size_bytes", &c->mqtt);
    return err;
}

static wy_err read_networking(const reader *r) {
    wy_runtime_config *c = r->config;
    wy_fields f;
    wy_err err = get_table(r, "outbound_networking", "[outbound_networking]", &f);
    if (err != WY_OK || !f.table) return err;
    err = wy_fields_known(&f, "block_networks max_socket_connections max_total_connections");
    if (err == WY_OK) err = wy_fields_list(&f, "block_networks", &c->block_networks);
    if (err == WY_OK) err = get_count32(&f, "max_socket_connections", &c->max_sockets);
    const wy_toml *total = wy_toml_get(f.table, "max_total_connections");
    if (err == WY_OK && total)
        err = wy_fields_fail(&f, total, WY_UNSUPPORTED,
                             "'max_total_connections' is not supported; each of [outbound_http], "
                             "[outbound_redis], [outbound_pg], [outbound_mysql] and "
                             "[outbound_mqtt] has its 'max_connections'");
    return err;
}

static wy_err read_tls(const reader *r, const wy_toml *table, wy_runtime_tls *out) {
    wy_fields f = fields_of(r, table, "[[client_tls]]");
    *out = (wy_runtime_tls){.line = table->line, .column = table->column};
    wy_err err = wy_fields_expect(&f, table, "client_tls", WY_TOML_TABLE);
    if (err == WY_OK)
        err = wy_fields_known(&f,
                              "component_ids hosts ca_use_platform_roots ca_use_webpki_roots "
                              "ca_roots_file client_cert_file client_private_key_file");
    if (err == WY_OK) err = wy_fields_list(&f, "component_ids", &out->component_ids);
    if (err == WY_OK) err = wy_fields_list(&f, "hosts", &out->hosts);
    if (err == WY_OK) err = get_path(r, &f, "ca_roots_file", false, &out->ca_roots_file);
    out->webpki_roots = out->ca_roots_file.len == 0; /* where it does not say */
    if (err == WY_OK) err = wy_fields_bool(&f, "ca_use_platform_roots", &out->platform_roots);
    if (err == WY_OK) err = wy_fields_bool(&f, "ca_use_webpki_roots", &out->webpki_roots);
    if (err == WY_OK) err = get_path(r, &f, "client_cert_file", false, &out->client_cert_file);
    if (err == WY_OK)
        err = get_path(r, &f, "client_private_key_file", false, &out->client_private_key_file);
    if (err == WY_OK && (out->component_ids.count == 0 || out->hosts.count == 0))
        err =
            wy_fields_fail(&f, table, WY_INVALID,
                           "'component_ids' and 'hosts' say whom it is for; neither may be empty");
    if (err == WY_OK && !out->client_cert_file.len != !out->client_private_key_file.len)
        err = wy_fields_fail(&f, table, WY_INVALID,
                             "'client_cert_file' and 'client_private_key_file' go together");
    return err;
}

static wy_err read_all_tls(const reader *r) {
    wy_fields top = fields_of(r, r->root, "the runtime configuration");
    const wy_toml *list;
    wy_err err = wy_fields_get(&top, "client_tls", WY_TOML_ARRAY, &list);
    if (err != WY_OK || !list) return err;
    wy_runtime_tls *items = wy_arena_calloc(r->arena, list->array.count, sizeof *items);
    if (!items) return wy_fields_nomem(&top);
    for (uint32_t i = 0; err == WY_OK && i < list->array.count; i++)
        err = read_tls(r, list->array.items[i], &items[i]);
    r->config->tls = items;
    r->config->tls_count = list->array.count;
    return err;
}

/* --- the whole --- */

#define TOP_KEYS                                                                                   \
    "state_dir log_dir max_instance_memory variables_provider config_provider key_value_store "    \
    "sqlite_database llm_compute outbound_http outbound_redis outbound_pg outbound_mysql "         \
    "outbound_mqtt outbound_networking client_tls"

static wy_err read_top(const reader *r) {
    wy_runtime_config *c = r->config;
    wy_fields top = fields_of(r, r->root, "the runtime configuration");
    wy_err err = wy_fields_known(&top, TOP_KEYS);
    if (err == WY_OK) err = wy_fields_string(&top, "state_dir", false, &c->state_dir);
    if (err == WY_OK) err = wy_fields_string(&top, "log_dir", false, &c->log_dir);
    if (err == WY_OK)
        err = get_count(&top, "max_instance_memory", INT64_MAX, &c->max_instance_memory);
    c->has_state_dir = wy_toml_get(r->root, "state_dir") != NULL;
    c->has_log_dir = wy_toml_get(r->root, "log_dir") != NULL;
    return err;
}

wy_err wy_runtime_config_read(wy_arena *arena, wy_str text, wy_str folder,
                              wy_runtime_config *config_out, wy_diag *diag) {
    reader r = {.arena = arena, .diag = diag, .config = config_out};
    *config_out = (wy_runtime_config){.folder = folder};
    wy_err err = wy_toml_parse(arena, text, &r.root, diag);
    if (err == WY_OK) err = read_top(&r);
    if (err == WY_OK) err = read_providers(&r);
    if (err == WY_OK)
        err = read_stores(&r, "key_value_store", kv_types, sizeof kv_types / sizeof *kv_types,
                          &config_out->key_value);
    if (err == WY_OK)
        err = read_stores(&r, "sqlite_database", sqlite_types,
                          sizeof sqlite_types / sizeof *sqlite_types, &config_out->sqlite);
    if (err == WY_OK) err = read_llm(&r);
    if (err == WY_OK) err = read_clients(&r);
    if (err == WY_OK) err = read_networking(&r);
    return err == WY_OK ? read_all_tls(&r) : err;
}

wy_err wy_runtime_config_load(wy_arena *arena, const char *path, wy_runtime_config *config_out,
                              wy_diag *diag) {
    wy_str text, folder;
    wy_err err = wy_text_read(arena, path, &text, diag);
    if (err != WY_OK) {
        wy_diag_prefix(diag, "%s", path);
        return err;
    }
    size_t slash = wy_str_rfind(wy_str_of(path), '/');
    bool bare = path[slash] == '\0';
    folder = bare ? WY_STR(".") : wy_str_sub(wy_str_of(path), 0, slash ? slash : 1);
    char *owned = wy_arena_strndup(arena, folder.ptr, folder.len);
    if (!owned) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    err = wy_runtime_config_read(arena, text, wy_str_of(owned), config_out, diag);
    wy_text_place_private(diag, wy_str_of(path), text);
    return err;
}

const wy_runtime_store *wy_runtime_store_find(const wy_runtime_stores *stores, wy_str label) {
    for (uint32_t i = 0; i < stores->count; i++)
        if (wy_str_eq(stores->items[i].label, label)) return &stores->items[i];
    return NULL;
}
