/* Modules: compiling a core module unless it is known, one object for all who load the same, and
 * its compiled form as bytes. */
#include "base/log.h"
#include "base/progress.h"
#include "engine/cache.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

/* Compiling takes long enough above this for a person to wonder. */
#define COMPILE_NOTICE_BYTES ((size_t)2 << 20)

/* Computing the key of a smaller module is as fast as looking for a record of it. */
#define KEY_ANEW_BYTES ((size_t)32 << 10)

wy_err wy_module_wrap(wy_engine *engine, own wasmtime_module_t *wasm, const char *key,
                      own wy_module **module_out) {
    wy_module *module = calloc(1, sizeof *module);
    if (!module) {
        wasmtime_module_delete(wasm);
        return WY_NOMEM;
    }
    module->engine = engine;
    module->wasm = wasm;
    module->owners = 1;
    snprintf(module->key, sizeof module->key, "%s", key);
    *module_out = module;
    return WY_OK;
}

/* --- sharing --- */

/* Under the lock. One more owner of the module that is alive with this key; NULL: none is. */
static own wy_module *alive(wy_engine *engine, const char *key) {
    wy_module *module = engine->modules;
    while (module && strcmp(module->key, key) != 0)
        module = module->next;
    if (module) module->owners++;
    return module;
}

static own wy_module *find_alive(wy_engine *engine, const char *key) {
    pthread_mutex_lock(&engine->modules_lock);
    wy_module *module = alive(engine, key);
    pthread_mutex_unlock(&engine->modules_lock);
    return module;
}

/* A module for `wasm` that others find; or the one that another thread made meanwhile. */
static wy_err wrap_shared(wy_engine *engine, own wasmtime_module_t *wasm, const char *key,
                          own wy_module **module_out) {
    wy_module *module;
    wy_err err = wy_module_wrap(engine, wasm, key, &module);
    if (err) return err;
    pthread_mutex_lock(&engine->modules_lock);
    wy_module *other = alive(engine, key);
    if (!other) {
        module->next = engine->modules;
        engine->modules = module;
    }
    pthread_mutex_unlock(&engine->modules_lock);
    if (other) wy_module_free(module);
    *module_out = other ? other : module;
    return WY_OK;
}

/* Whether that was the last owner; nobody finds the module then. */
static bool disown(wy_module *module) {
    wy_engine *engine = module->engine;
    pthread_mutex_lock(&engine->modules_lock);
    wy_assert(module->owners > 0);
    bool is_last = --module->owners == 0;
    wy_module **at = &engine->modules;
    while (is_last && *at && *at != module)
        at = &(*at)->next;
    if (is_last && *at) *at = module->next; /* counterparts are not in it */
    pthread_mutex_unlock(&engine->modules_lock);
    return is_last;
}

/* --- compiling --- */

static wy_err invalid(const uint8_t *bytes, size_t len, own wasmtime_error_t *error,
                      wy_diag *diag) {
    static const uint8_t magic[] = {0, 'a', 's', 'm'};
    bool is_wasm = len >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
    return wy_engine_error(diag, is_wasm ? WY_INVALID : WY_MALFORMED, error);
}

static wy_err compile(wasm_engine_t *compiler, const uint8_t *bytes, size_t len,
                      own wasmtime_module_t **wasm_out, wy_diag *diag) {
    wasmtime_error_t *error = wasmtime_module_new(compiler, bytes, len, wasm_out);
    return error ? invalid(bytes, len, error, diag) : WY_OK;
}

/* In an engine of its own, with which all goes that the compiler keeps for its next module: twice
 * the size of what it compiled. */
static wy_err compile_apart(const wy_engine *engine, const uint8_t *bytes, size_t len,
                            own wasm_byte_vec_t *compiled_out, wy_diag *diag) {
    wasm_engine_t *compiler = wy_engine_compiler(engine);
    wasmtime_module_t *wasm = NULL;
    wy_err err = compile(compiler, bytes, len, &wasm, diag);
    wasmtime_error_t *error = err ? NULL : wasmtime_module_serialize(wasm, compiled_out);
    if (error) err = wy_engine_error(diag, WY_ENGINE, error);
    if (wasm) wasmtime_module_delete(wasm);
    wasm_engine_delete(compiler);
    return err;
}

wy_err wy_module_check(wy_engine *engine, const uint8_t *bytes, size_t len, wy_diag *diag) {
    wasmtime_error_t *error = wasmtime_module_validate(wy_engine_wasm(engine), bytes, len);
    if (!error) return WY_OK;
    wy_err err = invalid(bytes, len, error, diag);
    /* The text ends with its place, which is none of the file's. */
    static const char place[] = " (at offset 0x";
    char *at = strstr(diag->text, place);
    if (!at) return err;
    diag->offset = strtoull(at + sizeof place - 1, NULL, 16);
    diag->has_offset = true;
    *at = '\0';
    return err;
}

/* NULL, with a log line: made for another processor, say. */
static own wasmtime_module_t *copy_of(const wy_engine *engine, wy_str compiled) {
    wasmtime_module_t *wasm = NULL;
    wasmtime_error_t *error = wasmtime_module_deserialize(
        wy_engine_wasm(engine), (const uint8_t *)compiled.ptr, compiled.len, &wasm);
    if (!error) return wasm;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_engine_error(&diag, WY_UNSUPPORTED, error);
    wy_log(WY_LOG_WARN, "compiled module cannot be used here, compiling it: %s", diag.text);
    return NULL;
}

/* Into the cache, and from there: mapped and shared. Else copied. */
static own wasmtime_module_t *keep(wy_engine *engine, const char *key, wy_str compiled) {
    wasmtime_module_t *wasm = NULL;
    if (engine->cache) {
        wy_cache_put(engine->cache, engine, key, compiled);
        wasm = wy_cache_get(engine->cache, engine, key);
    }
    return wasm ? wasm : copy_of(engine, compiled);
}

/* The cache has it not yet: it comes out of a file compiled ahead, or is compiled. */
static wy_err make(wy_engine *engine, const char *key, const uint8_t *bytes, size_t len,
                   own wasmtime_module_t **wasm_out, wy_diag *diag) {
    wy_str ahead = wy_aot_find(engine, key);
    if (ahead.ptr) *wasm_out = keep(engine, key, ahead);
    if (*wasm_out) return WY_OK;
    wy_progress *progress = NULL;
    if (len >= COMPILE_NOTICE_BYTES) {
        wy_log(WY_LOG_INFO, "compiling a core module of %.1f MB%s", (double)len / 1e6,
               engine->cache ? " (once: the result is kept)" : "");
        progress = wy_progress_begin("compiling", 0);
    }
    wasm_byte_vec_t compiled = {0, NULL};
    wy_err err = engine->cache ? compile_apart(engine, bytes, len, &compiled, diag) : WY_OK;
    if (compiled.data) *wasm_out = keep(engine, key, (wy_str){compiled.data, compiled.size});
    if (!err && !*wasm_out) err = compile(wy_engine_wasm(engine), bytes, len, wasm_out, diag);
    wasm_byte_vec_delete(&compiled);
    wy_progress_end(progress);
    malloc_trim(0); /* what the compiler used, twenty times the size of what it compiled */
    return err;
}

static wy_err find_or_make(wy_engine *engine, const char *key, const uint8_t *bytes, size_t len,
                           own wasmtime_module_t **wasm_out, wy_diag *diag) {
    if (!engine->cache) return make(engine, key, bytes, len, wasm_out, diag);
    *wasm_out = wy_cache_get(engine->cache, engine, key);
    if (*wasm_out) return WY_OK;
    int lock = wy_cache_lock(engine->cache, key);
    wy_err err = WY_OK;
    *wasm_out = wy_cache_get(engine->cache, engine, key); /* another made it meanwhile */
    if (!*wasm_out) err = make(engine, key, bytes, len, wasm_out, diag);
    wy_cache_unlock(engine->cache, key, lock);
    return err;
}

own wy_module *wy_module_ready(wy_engine *engine, const uint8_t *bytes, size_t len) {
    char key[WY_CACHE_KEY_BYTES];
    wy_module *module;
    if (!engine->cache) return NULL;
    if (len < KEY_ANEW_BYTES)
        wy_cache_key(engine, bytes, len, key);
    else if (!wy_known_part(engine, bytes, len, key))
        return NULL;
    module = find_alive(engine, key);
    if (module) return module;
    wasmtime_module_t *wasm = wy_cache_get(engine->cache, engine, key);
    return wasm && wrap_shared(engine, wasm, key, &module) == WY_OK ? module : NULL;
}

wy_err wy_module_load(wy_engine *engine, const uint8_t *bytes, size_t len,
                      own wy_module **module_out, wy_diag *diag) {
    wasmtime_module_t *wasm = NULL;
    char key[WY_CACHE_KEY_BYTES];
    *module_out = wy_ahead_take(engine, bytes, len);
    if (!*module_out) *module_out = wy_module_ready(engine, bytes, len);
    if (*module_out) return WY_OK;
    wy_cache_key(engine, bytes, len, key);
    *module_out = find_alive(engine, key);
    wy_err err = *module_out ? WY_OK : find_or_make(engine, key, bytes, len, &wasm, diag);
    if (!err && len >= KEY_ANEW_BYTES) wy_know_part(engine, bytes, len, key);
    return err || *module_out ? err : wrap_shared(engine, wasm, key, module_out);
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

void wy_module_free(own wy_module *module) {
    if (!module || !disown(module)) return;
    wy_module_free(module->more);
    if (module->imports.data) wasm_importtype_vec_delete(&module->imports);
    wasmtime_module_delete(module->wasm);
    free(module);
}
