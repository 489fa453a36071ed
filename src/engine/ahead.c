/* Ahead: mapping the modules of a source by a thread of its own, while whoever loads it still
 * decodes and links, and then by both. Only what is ready in the cache (module.c); the rest is left
 * to wy_module_load. */
#include "engine/internal.h"

#include <stdlib.h>

/* Mapping less than that takes no longer than starting a thread. */
#define AHEAD_BYTES ((size_t)1 << 20)
#define MODULES_MAX 32

typedef enum item_state {
    WAITING, /* nobody has begun with it */
    BEGUN,   /* by the thread */
    OVER,    /* `module` is it; NULL: it cannot be had that way */
    GIVEN,   /* to whoever asked for it */
} item_state;

typedef struct item {
    const uint8_t *bytes;
    size_t len;
    item_state state;
    wy_module *module;
} item;

struct wy_ahead {
    wy_engine *engine;
    bool has_thread; /* of its own, to be joined; else the engine's maker does it */
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t over;  /* an item is, or all */
    bool is_over;
    size_t count;
    item items[MODULES_MAX]; /* the largest first */
};

static void run(void *data) {
    wy_ahead *ahead = data;
    pthread_mutex_lock(&ahead->lock);
    for (size_t i = 0; i < ahead->count; i++) {
        item *it = &ahead->items[i];
        if (it->state != WAITING) continue;
        it->state = BEGUN;
        pthread_mutex_unlock(&ahead->lock);
        wy_module *module = wy_module_ready(ahead->engine, it->bytes, it->len);
        pthread_mutex_lock(&ahead->lock);
        it->module = module;
        it->state = OVER;
        pthread_cond_broadcast(&ahead->over);
    }
    ahead->is_over = true;
    pthread_cond_broadcast(&ahead->over);
    pthread_mutex_unlock(&ahead->lock);
}

static void *thread_main(void *ahead) {
    run(ahead);
    return NULL;
}

static int by_size(const void *a, const void *b) {
    const item *x = a, *y = b;
    return (x->len < y->len) - (x->len > y->len);
}

/* The thread that makes the engine goes on with it where that has not ended: another one would have
 * to be woken then, which takes longer than mapping a megabyte. */
static bool begin(wy_ahead *ahead) {
    if (ahead->items[0].len < AHEAD_BYTES) return false;
    if (wy_engine_then(ahead->engine, run, ahead)) return true;
    ahead->has_thread = wy_engine_thread(&ahead->thread, thread_main, ahead);
    return ahead->has_thread;
}

void wy_engine_expect(wy_engine *engine, const wy_str *modules, size_t count) {
    if (engine->ahead || !engine->cache || !engine->source.id.is_settled) return;
    wy_ahead *ahead = calloc(1, sizeof *ahead);
    if (!ahead) return;
    ahead->engine = engine;
    for (; ahead->count < count && ahead->count < MODULES_MAX; ahead->count++)
        ahead->items[ahead->count] = (item){.bytes = (const uint8_t *)modules[ahead->count].ptr,
                                            .len = modules[ahead->count].len};
    qsort(ahead->items, ahead->count, sizeof *ahead->items, by_size);
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->over, NULL);
    engine->ahead = ahead;
    if (begin(ahead)) return;
    ahead->is_over = true;
    wy_ahead_end(engine);
}

own wy_module *wy_ahead_take(wy_engine *engine, const uint8_t *bytes, size_t len) {
    wy_ahead *ahead = engine->ahead;
    wy_module *module = NULL;
    if (!ahead) return NULL;
    pthread_mutex_lock(&ahead->lock);
    for (size_t i = 0; i < ahead->count; i++) {
        item *it = &ahead->items[i];
        if (it->bytes != bytes || it->len != len) continue;
        while (it->state == BEGUN)
            pthread_cond_wait(&ahead->over, &ahead->lock);
        module = it->module;
        it->module = NULL;
        it->state = GIVEN;
    }
    pthread_mutex_unlock(&ahead->lock);
    return module;
}

void wy_ahead_end(wy_engine *engine) {
    wy_ahead *ahead = engine->ahead;
    if (!ahead) return;
    pthread_mutex_lock(&ahead->lock);
    for (size_t i = 0; i < ahead->count; i++)
        if (ahead->items[i].state == WAITING) ahead->items[i].state = GIVEN;
    while (!ahead->is_over)
        pthread_cond_wait(&ahead->over, &ahead->lock);
    pthread_mutex_unlock(&ahead->lock);
    if (ahead->has_thread) pthread_join(ahead->thread, NULL);
    for (size_t i = 0; i < ahead->count; i++)
        wy_module_free(ahead->items[i].module);
    pthread_cond_destroy(&ahead->over);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
    engine->ahead = NULL;
}
