/* Modules: compiling a core module unless it is known, and its compiled form as bytes. */
#include "base/log.h"
#include "engine/cache.h"

#include <stdlib.h>

/* Compiling takes long enough above this for a person to wonder. */
#define COMPILE_NOTICE_BYTES ((size_t)2 << 20)

static wy_err wrap(own wasmtime_module_t *wasm, own wy_module **module_out) {
    wy_module *module = calloc(1, sizeof *module);
    if (!module) {
        wasmtime_module_delete(wasm);
        return WY_NOMEM;
    }
    module->wasm = wasm;
    wasmtime_module_imports(wasm, &module->imports);
    *module_out = module;
    return WY_OK;
}

static wy_err compile(wy_engine *engine, const uint8_t *bytes, size_t len,
                      own wasmtime_module_t **wasm_out, wy_diag *diag) {
    static const uint8_t magic[] = {0, 'a', 's', 'm'};
    if (len >= COMPILE_NOTICE_BYTES)
        wy_log(WY_LOG_INFO, "compiling a core module of %.1f MB%s", (double)len / 1e6,
               engine->cache ? " (once: the result is kept)" : "");
    wasmtime_error_t *error = wasmtime_module_new(engine->wasm, bytes, len, wasm_out);
    if (!error) return WY_OK;
    bool is_wasm = len >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
    return wy_engine_error(diag, is_wasm ? WY_INVALID : WY_MALFORMED, error);
}

static wy_err compile_or_map(wy_engine *engine, const uint8_t *bytes, size_t len,
                             own wasmtime_module_t **wasm_out, wy_diag *diag) {
    if (!engine->cache && !engine->aot) return compile(engine, bytes, len, wasm_out, diag);
    char key[WY_CACHE_KEY_BYTES];
    wy_cache_key(engine, bytes, len, key);
    *wasm_out = wy_aot_find(engine, key);
    if (*wasm_out) return WY_OK;
    if (!engine->cache) return compile(engine, bytes, len, wasm_out, diag);
    *wasm_out = wy_cache_get(engine->cache, engine, key);
    if (*wasm_out) return WY_OK;
    int lock = wy_cache_lock(engine->cache, key);
    wy_err err = WY_OK;
    *wasm_out = wy_cache_get(engine->cache, engine, key); /* another made it meanwhile */
    if (!*wasm_out) {
        err = compile(engine, bytes, len, wasm_out, diag);
        if (!err) wy_cache_put(engine->cache, engine, key, *wasm_out);
    }
    wy_cache_unlock(engine->cache, key, lock);
    return err;
}

wy_err wy_module_load(wy_engine *engine, const uint8_t *bytes, size_t len,
                      own wy_module **module_out, wy_diag *diag) {
    wasmtime_module_t *wasm = NULL;
    wy_err err = compile_or_map(engine, bytes, len, &wasm, diag);
    return err ? err : wrap(wasm, module_out);
}

wy_err wy_module_serialize(const wy_module *module, own uint8_t **bytes_out, size_t *len_out,
                           wy_diag *diag) {
    wasm_byte_vec_t bytes;
    wasmtime_error_t *error = wasmtime_module_serialize(module->wasm, &bytes);
    if (error) return wy_engine_error(diag, WY_ENGINE, error);
    *bytes_out = malloc(bytes.size);
    if (*bytes_out) memcpy(*bytes_out, bytes.data, bytes.size);
    *len_out = bytes.size;
    wasm_byte_vec_delete(&bytes);
    return *bytes_out ? WY_OK : WY_NOMEM;
}

wy_err wy_module_deserialize(wy_engine *engine, const uint8_t *bytes, size_t len,
                             own wy_module **module_out, wy_diag *diag) {
    wasmtime_module_t *wasm = NULL;
    wasmtime_error_t *error = wasmtime_module_deserialize(engine->wasm, bytes, len, &wasm);
    if (error) return wy_engine_error(diag, WY_ENGINE, error);
    return wrap(wasm, module_out);
}

void wy_module_free(own wy_module *module) {
    if (!module) return;
    wasm_importtype_vec_delete(&module->imports);
    wasmtime_module_delete(module->wasm);
    free(module);
}
