/* Growing: a second engine for the stores that find no place in the first one's pool, and the
 * counterparts of modules, linkers and prepared instances in it. A guard page for each stack of a
 * pool is a system call when the pool is made; so an engine starts with few, and who needs a
 * thousand instances at once pays for them then. */
#include "base/limits.h"
#include "base/log.h"
#include "engine/cache.h"

#include <stdlib.h>

static void report(const wy_diag *diag) {
    wy_log(WY_LOG_ERROR, "no room for more instances could be made: %s", diag->text);
}

wy_engine *wy_engine_more(wy_engine *engine) {
    if (engine->more || engine->more_memories == 0) return engine->more;
    wy_engine_config config = engine->config;
    wy_diag diag;
    wy_diag_init(&diag);
    config.max_memories = engine->more_memories;
    if (wy_engine_make(&config, true, &engine->more, &diag)) {
        report(&diag);
        engine->more_memories = 0;
        return NULL;
    }
    return engine->more;
}

bool wy_engine_has_room_elsewhere(wy_engine *engine, const wy_store *store) {
    if (store->engine != engine || engine->more_memories == 0) return false;
    engine->is_short = true;
    return true;
}

/* --- modules --- */

static own wasmtime_module_t *load_copy(const wy_module *module, wy_engine *engine, wy_diag *diag) {
    wasm_byte_vec_t bytes;
    wasmtime_module_t *wasm = NULL;
    wasmtime_error_t *error = wasmtime_module_serialize(module->wasm, &bytes);
    if (!error) {
        error = wasmtime_module_deserialize(engine->wasm, (const uint8_t *)bytes.data, bytes.size,
                                            &wasm);
        wasm_byte_vec_delete(&bytes);
    }
    if (!error) return wasm;
    wy_engine_error(diag, WY_ENGINE, error);
    return NULL;
}

const wy_module *wy_module_in(const wy_module *module, wy_engine *engine, wy_diag *diag) {
    if (module->engine == engine) return module;
    wy_module *first = (wy_module *)module;
    if (first->more) return first->more;
    const wy_cache *cache = module->engine->cache;
    wasmtime_module_t *wasm = NULL;
    if (cache && module->key[0]) wasm = wy_cache_get(module->engine->cache, engine, module->key);
    if (!wasm) wasm = load_copy(module, engine, diag);
    if (!wasm || wy_module_wrap(engine, wasm, module->key, &first->more)) return NULL;
    return first->more;
}

/* --- linkers --- */

static wy_err define_again(wy_linker *linker, const wy_definition *d, wy_diag *diag) {
    return wy_linker_define(linker, d->module, d->name, d->params, d->param_count, d->results,
                            d->result_count, d->callback, d->env, diag);
}

wy_linker *wy_linker_in(wy_linker *linker, wy_engine *engine, wy_diag *diag) {
    if (linker->engine == engine) return linker;
    if (!linker->more && wy_linker_new(engine, &linker->more)) return NULL;
    /* What was defined since the last time as well. */
    for (size_t i = linker->more->count; i < linker->count; i++)
        if (define_again(linker->more, &linker->definitions[i], diag)) return NULL;
    return linker->more;
}

/* --- prepared instances --- */

const wy_instance_pre *wy_instance_pre_in(const wy_instance_pre *pre, wy_engine *engine,
                                          wy_diag *diag) {
    if (pre->module->engine == engine) return pre;
    wy_instance_pre *first = (wy_instance_pre *)pre;
    if (first->more) return first->more;
    const wy_module *module = wy_module_in(pre->module, engine, diag);
    wy_linker *linker = module ? wy_linker_in(pre->linker, engine, diag) : NULL;
    if (!linker || wy_linker_pre(linker, module, &first->more, diag)) return NULL;
    return first->more;
}
