/* Opening what components are granted. */
#include "host/stores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void wy_stores_init(wy_stores *stores) {
    memset(stores, 0, sizeof *stores);
    wy_arena_init(&stores->arena, (size_t)16 << 20);
}

/* Several workers share an "in memory" store through a file on a memory file system. */
static wy_err make_shared_file(wy_stores *stores, wy_diag *diag) {
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    stores->shared_file =
        wy_arena_printf(&stores->arena, "%s/withy-%d-kv.db", folder, (int)getpid());
    return stores->shared_file ? WY_OK : wy_diag_set(diag, WY_NOMEM, "out of memory");
}

wy_err wy_stores_open_kv(wy_stores *stores, const char *path, wy_diag *diag) {
    if (!path) {
        wy_err err = make_shared_file(stores, diag);
        if (err) return err;
    }
    wy_kv_options options = {.backend = WY_STR("sqlite"),
                             .label = WY_STR("default"),
                             .path = wy_str_of(path ? path : stores->shared_file),
                             .ephemeral = path == NULL};
    return wy_kv_store_open(&options, &stores->store, diag);
}

wy_err wy_stores_single(const withy_options *options, wy_stores *stores, wy_diag *diag) {
    wy_stores_init(stores);
    wy_err err = wy_stores_open_kv(stores, options->kv_file, diag);
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
    if (stores->shared_file) {
        static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
        for (int i = 0; i < 4; i++) {
            char path[256];
            snprintf(path, sizeof path, "%s%s", stores->shared_file, suffixes[i]);
            unlink(path);
        }
    }
    wy_arena_deinit(&stores->arena);
    memset(stores, 0, sizeof *stores);
}
