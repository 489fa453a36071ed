/* Opening what components are granted. */
#include "host/stores.h"

#include "base/text.h"

#include <string.h>
#include <unistd.h>

void wy_stores_init(wy_stores *stores) {
    memset(stores, 0, sizeof *stores);
    wy_arena_init(&stores->arena, (size_t)16 << 20);
}

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for stores");
}

/* Several workers share what is "in memory" through a file on a memory file system, in a folder of
 * its own: nobody else can have put a file or link there, and no other run has left one. */
static wy_err memory_file(wy_stores *stores, const char *name, wy_str *path_out, wy_diag *diag) {
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    wy_err err = stores->folder.path[0]
                     ? WY_OK
                     : wy_temporary_folder_make(parent, "withy-kv", &stores->folder, diag);
    if (err) return err;
    char *path = wy_arena_printf(&stores->arena, "%s/%s", stores->folder.path, name);
    if (!path) return no_memory(diag);
    *path_out = wy_str_of(path);
    return WY_OK;
}

/* Adds what `options` open to the grants, which have room for it. */
static wy_err add_kv(wy_stores *stores, wy_kv_grant *items, wy_kv_options *options, wy_diag *diag) {
    wy_err err = WY_OK;
    if (wy_str_eqz(options->backend, "sqlite") && options->path.len == 0) {
        options->ephemeral = true;
        err = memory_file(stores, "kv.db", &options->path, diag); /* a label is a store in it */
    }
    if (wy_str_eqz(options->label, "default")) stores->default_options = *options;
    wy_kv_grant *grant = &items[stores->grants.count];
    grant->label = options->label;
    if (!err) err = wy_kv_store_open(options, &grant->store, diag);
    if (!err) stores->grants = (wy_kv_grants){.items = items, .count = stores->grants.count + 1};
    return err;
}

static wy_err add_configured(wy_stores *stores, const wy_runtime_config *runtime,
                             const wy_runtime_store *store, wy_kv_grant *items, wy_diag *diag) {
    bool in_memory = wy_str_eqz(store->backend, "memory");
    wy_kv_options options = {.backend = in_memory ? WY_STR("sqlite") : store->backend,
                             .label = store->label,
                             .path = store->path,
                             .url = store->url,
                             .ttl_ms = store->ttl_s * 1000};
    if (store->path.len && store->path.ptr[0] != '/') {
        char *path = wy_arena_printf(&stores->arena, WY_STR_FMT "/" WY_STR_FMT,
                                     WY_STR_ARG(runtime->folder), WY_STR_ARG(store->path));
        if (!path) return no_memory(diag);
        options.path = wy_str_of(path);
    }
    wy_err err = add_kv(stores, items, &options, diag);
    if (err) wy_diag_prefix(diag, "[key_value_store." WY_STR_FMT "]", WY_STR_ARG(store->label));
    return err;
}

wy_err wy_stores_open_kv(wy_stores *stores, const wy_runtime_config *runtime, const char *path,
                         wy_diag *diag) {
    const wy_runtime_stores *configured = &runtime->key_value;
    wy_kv_grant *items =
        wy_arena_calloc(&stores->arena, (size_t)configured->count + 1, sizeof *items);
    if (!items) return no_memory(diag);
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < configured->count && !err; i++)
        err = add_configured(stores, runtime, &configured->items[i], items, diag);
    if (err || wy_runtime_store_find(configured, WY_STR("default"))) return err;
    wy_kv_options options = {
        .backend = WY_STR("sqlite"), .label = WY_STR("default"), .path = wy_str_of(path)};
    return add_kv(stores, items, &options, diag);
}

/* Adds what `options` open to the grants, which have room for it. */
static wy_err add_sql(wy_stores *stores, wy_sql_grant *items, wy_str label, wy_sql_options *options,
                      wy_diag *diag) {
    wy_err err = WY_OK;
    if (wy_str_eqz(options->backend, "sqlite") && options->path.len == 0) {
        char *name = wy_arena_printf(&stores->arena, "sql-" WY_STR_FMT ".db", WY_STR_ARG(label));
        if (!name) return no_memory(diag);
        options->ephemeral = true;
        err = memory_file(stores, name, &options->path, diag);
    }
    wy_sql_grant *grant = &items[stores->databases.count];
    grant->label = label;
    if (!err) err = wy_sql_database_open(options, &grant->database, diag);
    if (!err)
        stores->databases = (wy_sql_grants){.items = items, .count = stores->databases.count + 1};
    if (err) wy_diag_prefix(diag, "[sqlite_database." WY_STR_FMT "]", WY_STR_ARG(label));
    return err;
}

wy_err wy_stores_open_sql(wy_stores *stores, const wy_runtime_config *runtime, const char *path,
                          wy_diag *diag) {
    const wy_runtime_stores *configured = &runtime->sqlite;
    wy_sql_grant *items =
        wy_arena_calloc(&stores->arena, (size_t)configured->count + 1, sizeof *items);
    if (!items) return no_memory(diag);
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < configured->count && !err; i++) {
        const wy_runtime_store *store = &configured->items[i];
        wy_sql_options options = {.backend = store->backend,
                                  .path = store->path,
                                  .allow_attach = store->allow_attach_file,
                                  .url = store->url,
                                  .token = store->token};
        err = add_sql(stores, items, store->label, &options, diag);
    }
    if (err || wy_runtime_store_find(configured, WY_STR("default"))) return err;
    wy_sql_options options = {.backend = WY_STR("sqlite"), .path = wy_str_of(path)};
    return add_sql(stores, items, WY_STR("default"), &options, diag);
}

wy_err wy_stores_run_sql(const wy_sql_grants *databases, const char *option, wy_diag *diag) {
    wy_str label = WY_STR("default"), text = wy_str_of(option);
    wy_arena arena;
    wy_arena_init(&arena, (size_t)64 << 20);
    wy_err err = WY_OK;
    if (wy_str_starts(text, WY_STR("@"))) {
        size_t colon = wy_str_rfind(text, ':');
        if (colon < text.len) label = wy_str_sub(text, colon + 1, text.len);
        const char *path = wy_arena_strndup(&arena, option + 1, colon - 1);
        err = path ? wy_text_read(&arena, path, &text, diag)
                   : wy_diag_set(diag, WY_NOMEM, "out of memory");
    }
    const wy_sql_grant *found = wy_sql_grant_find(databases, label);
    if (err == WY_OK && !found)
        err = wy_diag_set(diag, WY_USAGE, "the database '" WY_STR_FMT "' is not configured",
                          WY_STR_ARG(label));
    if (err == WY_OK) err = wy_sql_database_run(found->database, text, diag);
    if (err != WY_OK) wy_diag_prefix(diag, "--sqlite %s", option);
    wy_arena_deinit(&arena);
    return err;
}

wy_err wy_stores_add_kv(wy_stores *stores, wy_str label, own wy_kv_store *store, wy_diag *diag) {
    uint32_t count = stores->grants.count;
    wy_kv_grant *items = wy_arena_calloc(&stores->arena, (size_t)count + 1, sizeof *items);
    char *copy = wy_arena_strndup(&stores->arena, label.ptr, label.len);
    if (!items || !copy) {
        wy_kv_store_close(store);
        return no_memory(diag);
    }
    items[0] = (wy_kv_grant){{copy, label.len}, store};
    for (uint32_t i = 0; i < count; i++)
        items[i + 1] = stores->grants.items[i];
    stores->grants = (wy_kv_grants){.items = items, .count = count + 1};
    return WY_OK;
}

/* By a store of its own: an open one must not be shared with the workers that are forked. */
wy_err wy_stores_set_kv(const wy_stores *stores, wy_str key, wy_str value, wy_diag *diag) {
    wy_kv_store *store;
    wy_err err = wy_kv_store_open(&stores->default_options, &store, diag);
    if (err) return err;
    wy_arena arena;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_kv_request request = {
        .op = WY_KV_SET, .store = store, .arena = &arena, .key = key, .value = value};
    if (!wy_kv_store_blocks(store)) /* it would need a task to wait on */
        err =
            wy_diag_set(diag, WY_UNSUPPORTED, "--key-value: the store \"default\" is on a server");
    else
        wy_kv_run(&request);
    if (!err && request.status != WY_KV_OK)
        err = wy_diag_set(diag, WY_IO, "--key-value " WY_STR_FMT ": %s", WY_STR_ARG(key),
                          request.text);
    wy_arena_deinit(&arena);
    wy_kv_store_close(store);
    return err;
}

static wy_err open_private_kv(wy_stores *stores, wy_diag *diag) {
    wy_kv_options options = {.backend = WY_STR("memory"), .label = WY_STR("default")};
    wy_kv_grant *items = wy_arena_calloc(&stores->arena, 1, sizeof *items);
    return items ? add_kv(stores, items, &options, diag) : no_memory(diag);
}

wy_err wy_stores_single(const withy_options *options, bool has_workers, wy_stores *stores,
                        wy_diag *diag) {
    wy_stores_init(stores);
    const wy_runtime_config none = {0};
    wy_err err = options->kv_file || has_workers
                     ? wy_stores_open_kv(stores, &none, options->kv_file, diag)
                     : open_private_kv(stores, diag);
    if (!err && has_workers) err = wy_stores_open_sql(stores, &none, NULL, diag);
    if (err) return err;
    wy_config_pair *values = wy_arena_calloc(&stores->arena, options->config_count, sizeof *values);
    if (!values) return no_memory(diag);
    for (size_t i = 0; i < options->config_count; i++) {
        const char *value = options->config[i].value;
        if (!wy_utf8_valid(value, strlen(value)))
            return wy_diag_set(diag, WY_INVALID, "the setting %s is not valid UTF-8",
                               options->config[i].name);
        values[i] = (wy_config_pair){wy_str_of(options->config[i].name), wy_str_of(value)};
    }
    stores->config_grants =
        (wy_config_grants){.variables = values, .count = (uint32_t)options->config_count};
    return WY_OK;
}

wy_err wy_stores_open_llm(wy_stores *stores, const wy_runtime_config *runtime,
                          const char *state_dir, wy_diag *diag) {
    static const char *const backends[] = {[WY_RUNTIME_LLM_NONE] = "local",
                                           [WY_RUNTIME_LLM_LOCAL] = "local",
                                           [WY_RUNTIME_LLM_REMOTE] = "remote",
                                           [WY_RUNTIME_LLM_OPENAI] = "openai"};
    const wy_runtime_llm *configured = &runtime->llm;
    wy_llm_options options = {.backend = wy_str_of(backends[configured->kind]),
                              .url = configured->url,
                              .token = configured->auth_token};
    if (state_dir) {
        char *folder = wy_arena_printf(&stores->arena, "%s/ai-models", state_dir);
        if (!folder) return no_memory(diag);
        options.folder = wy_str_of(folder);
    }
    wy_err err = wy_llm_open(&options, &stores->llm, diag);
    if (err) wy_diag_prefix(diag, "[llm_compute]");
    return err;
}

void wy_stores_deinit(wy_stores *stores) {
    for (uint32_t i = 0; i < stores->grants.count; i++)
        wy_kv_store_close(stores->grants.items[i].store);
    for (uint32_t i = 0; i < stores->databases.count; i++)
        wy_sql_database_close(stores->databases.items[i].database);
    wy_llm_close(stores->llm);
    wy_temporary_folder_remove(&stores->folder);
    wy_arena_deinit(&stores->arena);
    memset(stores, 0, sizeof *stores);
}
