/* Any text: a configuration, or an error with a place inside it, within the limits. */
#include "app/runtime_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const wy_runtime_config *config) {
    for (uint32_t i = 0; i < config->provider_count; i++)
        wy_assert(config->providers[i].type.len);
    for (uint32_t i = 0; i < config->key_value.count; i++)
        wy_assert(config->key_value.items[i].backend.len);
    for (uint32_t i = 0; i < config->tls_count; i++)
        wy_assert(config->tls[i].hosts.count && config->tls[i].component_ids.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint32_t lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    wy_arena arena;
    wy_arena_init(&arena, (size_t)64 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    wy_runtime_config config;
    wy_err err = wy_runtime_config_read(&arena, (wy_str){(const char *)data, size}, WY_STR("/etc"),
                                        &config, &diag);
    wy_assert(err == diag.err && diag.line <= lines);
    if (err == WY_OK) check(&config);
    wy_arena_deinit(&arena);
    return 0;
}
