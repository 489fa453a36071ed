/* Opening what components are granted. */
#include "host/stores.h"

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
    wy_kv_grant *grant = &items[stores->grants.count];
    grant->label = options->label;
    if (!err) err = wy_kv_store_open(options, &grant->store, diag);
    if (!err) stores->grants = (wy_kv_grants){items, stores->grants.count + 1};
    return err;
}

static wy_err add_configured(wy_stores *stores, const wy_runtime_config *runtime,
                             const wy_runtime_store *store, wy_kv_grant *items, wy_diag *diag) {
    bool in_memory = wy_str_eqz(store->backend, "memory");
    wy_kv_options options = {.backend = in_memory ? WY_STR("sqlite") : store->backend,
                             .label = store->label,
                             .path = store->path,
                             .url = store->url};
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
    if (err) return err;
    wy_config_pair *values = wy_arena_calloc(&stores->arena, options->config_count, sizeof *values);
    if (!values) return no_memory(diag);
    for (size_t i = 0; i < options->config_count; i++)
        values[i] = (wy_config_pair){wy_str_of(options->config[i].name),
                                     wy_str_of(options->config[i].value)};
    stores->config_grants = (wy_config_grants){NULL, values, (uint32_t)options->config_count};
    return WY_OK;
}

void wy_stores_deinit(wy_stores *stores) {
    for (uint32_t i = 0; i < stores->grants.count; i++)
        wy_kv_store_close(stores->grants.items[i].store);
    wy_temporary_folder_remove(&stores->folder);
    wy_arena_deinit(&stores->arena);
    memset(stores, 0, sizeof *stores);
}
