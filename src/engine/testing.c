/* Help for tests: see testing.h. */
#include "engine/testing.h"

#include "engine/internal.h"

#include <stdio.h>
#include <stdlib.h>

own wy_engine *wy_testing_engine(void) {
    wy_engine_config config;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_engine_config_init(&config);
    config.max_instances = 64;
    config.no_cache = true;
    wy_engine *engine = NULL;
    wy_err err = wy_engine_new(&config, &engine, &diag);
    if (err) fprintf(stderr, "engine: %s\n", diag.text);
    wy_assert(!err);
    return engine;
}

own uint8_t *wy_testing_wasm(const char *text, size_t *len_out) {
    wasm_byte_vec_t bytes;
    wasmtime_error_t *error = wasmtime_wat2wasm(text, strlen(text), &bytes);
    if (error) {
        wy_diag diag;
        wy_diag_init(&diag);
        wy_engine_error(&diag, WY_MALFORMED, error);
        fprintf(stderr, "%s\n", diag.text);
        wy_assert(!"text does not parse");
    }
    uint8_t *copy = malloc(bytes.size);
    wy_assert(copy);
    memcpy(copy, bytes.data, bytes.size);
    *len_out = bytes.size;
    wasm_byte_vec_delete(&bytes);
    return copy;
}

own wy_module *wy_testing_module(wy_engine *engine, const char *text) {
    size_t len;
    uint8_t *bytes = wy_testing_wasm(text, &len);
    wy_diag diag;
    wy_diag_init(&diag);
    wy_module *module = NULL;
    wy_err err = wy_module_load(engine, bytes, len, &module, &diag);
    if (err) fprintf(stderr, "module: %s\n", diag.text);
    wy_assert(!err);
    free(bytes);
    return module;
}

int32_t wy_testing_call(wy_engine *engine, const wy_module *module) {
    wy_store *store;
    wy_core_instance instance;
    wy_trap *trap = NULL;
    wy_diag diag;
    wy_extern item;
    wy_core_func func;
    wy_raw value = {0};
    wy_diag_init(&diag);
    wy_assert(wy_store_new(engine, NULL, NULL, &store) == WY_OK);
    wy_context *context = wy_store_context(store);
    wy_assert(wy_core_instantiate(context, module, NULL, 0, &instance, &trap, &diag) == WY_OK);
    wy_assert(wy_core_instance_export(context, &instance, WY_STR("f"), &item));
    wy_assert(wy_extern_func(&item, &func));
    wy_assert(wy_core_call(context, &func, &value, 1, &trap));
    wy_store_free(store);
    return value.i32;
}

__attribute__((weak)) void withy_engine_store_limits(wasmtime_store_t *store,
                                                     wy_store_limits *limits);

bool wy_testing_counts_limits(void) {
    return withy_engine_store_limits != NULL;
}
