/* Opening what components are granted. */
#include "host/stores.h"

#include <string.h>
#include <unistd.h>

void wy_stores_init(wy_stores *stores) {
    memset(stores, 0, sizeof *stores);
    wy_arena_init(&stores->arena, (size_t)16 << 20);
}

/* Several workers share an "in memory" store through a file on a memory file system, in a folder of
 * its own: nobody else can have put a file or link there, and no other run has left one. */
wy_err wy_stores_open_kv(wy_stores *stores, const char *path, wy_diag *diag) {
    bool ephemeral = path == NULL;
    if (ephemeral) {
        const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        wy_err err = wy_temporary_folder_make(parent, "withy-kv", &stores->folder, diag);
        if (err) return err;
        path = wy_arena_printf(&stores->arena, "%s/kv.db", stores->folder.path);
        if (!path) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    }
    wy_kv_options options = {.backend = WY_STR("sqlite"),
                             .label = WY_STR("default"),
                             .path = wy_str_of(path),
                             .ephemeral = ephemeral};
    return wy_kv_store_open(&options, &stores->store, diag);
}

static wy_err open_private_kv(wy_stores *stores, wy_diag *diag) {
    wy_kv_options options = {.backend = WY_STR("memory"), .label = WY_STR("default")};
    return wy_kv_store_open(&options, &stores->store, diag);
}

wy_err wy_stores_single(const withy_options *options, bool has_workers, wy_stores *stores,
                        wy_diag *diag) {
    wy_stores_init(stores);
    wy_err err = options->kv_file || has_workers ? wy_stores_open_kv(stores, options->kv_file, diag)
                                                 : open_private_kv(stores, diag);
    if (err) return err;
    wy_kv_grant *grant = wy_arena_calloc(&stores->arena, 1, sizeof *grant);
    wy_config_pair *values = wy_arena_calloc(&stores->arena, options->config_count, sizeof *values);
    if (!grant || !values) return wy_diag_set(diag, WY_NOMEM, "out of memory for settings");
    *grant = (wy_kv_grant){WY_STR("default"), stores->store};
    stores->grants = (wy_kv_grants){grant, 1};
    for (size_t i = 0; i < options->config_count; i++)
        values[i] = (wy_config_pair){wy_str_of(options->config[i].name),
                                     wy_str_of(options->config[i].value)};
    stores->config_grants = (wy_config_grants){NULL, values, (uint32_t)options->config_count};
    return WY_OK;
}

void wy_stores_deinit(wy_stores *stores) {
    if (stores->store) wy_kv_store_close(stores->store);
    wy_temporary_folder_remove(&stores->folder);
    wy_arena_deinit(&stores->arena);
    memset(stores, 0, sizeof *stores);
}
