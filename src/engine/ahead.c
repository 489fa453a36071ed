/* Ahead: mapping the large modules of a source by a thread of its own, while whoever loads it still
 * decodes and links. Only what is known to be in the cache; the rest is left to wy_module_load. */
#include "engine/cache.h"

#include <stdlib.h>

/* Mapping less than that takes no longer than starting a thread. */
#define AHEAD_BYTES ((size_t)1 << 20)
#define MODULES_MAX 8

typedef struct begun {
    const uint8_t *bytes;
    size_t len;
    wy_module *module; /* NULL: not known, or taken */
} begun;

struct wy_ahead {
    wy_engine *engine;
    pthread_t thread;
    bool is_over; /* the thread was joined */
    size_t count;
    begun items[MODULES_MAX];
};

static void map(wy_engine *engine, begun *item) {
    char key[WY_CACHE_KEY_BYTES];
    if (!wy_known_part(engine, item->bytes, item->len, key)) return;
    wasmtime_module_t *wasm = wy_cache_get(engine->cache, engine, key);
    if (wasm && wy_module_wrap(engine, wasm, key, &item->module)) item->module = NULL;
}

static void *run(void *data) {
    wy_ahead *ahead = data;
    for (size_t i = 0; i < ahead->count; i++)
        map(ahead->engine, &ahead->items[i]);
    return NULL;
}

void wy_engine_expect(wy_engine *engine, const wy_str *modules, size_t count) {
    wy_ahead ahead = {.engine = engine};
    if (engine->ahead || !engine->cache || !engine->source.id.is_settled) return;
    for (size_t i = 0; i < count && ahead.count < MODULES_MAX; i++)
        if (modules[i].len >= AHEAD_BYTES)
            ahead.items[ahead.count++] =
                (begun){(const uint8_t *)modules[i].ptr, modules[i].len, NULL};
    if (ahead.count == 0) return;
    engine->ahead = malloc(sizeof ahead);
    if (!engine->ahead) return;
    *engine->ahead = ahead;
    if (wy_engine_thread(&engine->ahead->thread, run, engine->ahead)) return;
    free(engine->ahead);
    engine->ahead = NULL;
}

static void join(wy_ahead *ahead) {
    if (!ahead->is_over) pthread_join(ahead->thread, NULL);
    ahead->is_over = true;
}

own wy_module *wy_ahead_take(wy_engine *engine, const uint8_t *bytes, size_t len) {
    wy_ahead *ahead = engine->ahead;
    for (size_t i = 0; ahead && i < ahead->count; i++) {
        begun *item = &ahead->items[i];
        if (item->bytes != bytes || item->len != len) continue;
        join(ahead);
        wy_module *module = item->module;
        item->module = NULL;
        return module;
    }
    return NULL;
}

void wy_ahead_end(wy_engine *engine) {
    wy_ahead *ahead = engine->ahead;
    if (!ahead) return;
    join(ahead);
    for (size_t i = 0; i < ahead->count; i++)
        wy_module_free(ahead->items[i].module);
    free(ahead);
    engine->ahead = NULL;
}
