/* The engine: Wasmtime's configuration, and how much address space its pools may have. */
#include "base/limits.h"
#include "base/log.h"
#include "engine/aot.h"
#include "engine/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>

/* engine/src/lib.rs; absent from a prebuilt library. */
__attribute__((weak)) void withy_engine_pagemap_scan(wasmtime_pooling_allocation_config_t *config);

#define GIB ((uint64_t)1 << 30)
#define MIB ((uint64_t)1 << 20)
#define MEMORY_RESERVATION (4 * GIB) /* every 32-bit address: no bounds checks in compiled code */
#define MEMORY_GUARD (32 * MIB)
#define MEMORIES_MIN 16 /* with less than that a pool is not worth having */

/* Of each kind, for one linear memory in the pool. */
#define INSTANCES_PER_MEMORY 8 /* shims and adapters have no memory of their own */
#define TABLES_PER_MEMORY 2
#define SPARE_STACKS 16 /* beyond one for each instance; each costs a system call at the start */

/* How many instances there is room for from the start (more.c has the others), with how many
 * memories each. */
#define FIRST_STORES 32
#define MEMORIES_PER_STORE 4
#define STACK_KEEP_RESIDENT ((size_t)16 << 10)
#define TABLE_KEEP_RESIDENT ((size_t)1 << 20) /* a JavaScript engine has 100 KiB of tables */

/* Where written pages can be found (PAGEMAP_SCAN), all of a usual guest stays; where not, what is
 * kept must be cleared by hand, which pays for small memories only. */
#define KEEP_RESIDENT_SCAN ((size_t)4 << 20)
#define KEEP_RESIDENT_PLAIN ((size_t)64 << 10)

void wy_engine_config_init(wy_engine_config *config) {
    *config = (wy_engine_config){
        .pooling = true,
        .max_instances = WY_MAX_INSTANCES,
        .max_memory_bytes = WY_MAX_MEMORY_BYTES,
        .keep_resident = SIZE_MAX,
    };
}

/* Linux 6.7 or newer. */
static bool has_pagemap_scan(void) {
    struct utsname name;
    unsigned major = 0, minor = 0;
    if (!withy_engine_pagemap_scan || uname(&name) != 0) return false;
    if (sscanf(name.release, "%u.%u", &major, &minor) != 2) return false;
    return major > 6 || (major == 6 && minor >= 7);
}

/* Wasmtime aborts when it cannot map something, so it is tried here first. */
static bool can_reserve(uint64_t bytes) {
    void *at = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) return false;
    munmap(at, bytes);
    return true;
}

static uint64_t pool_bytes(uint32_t memories) {
    uint64_t one = MEMORY_RESERVATION + MEMORY_GUARD + (WY_FIBER_STACK + 4096) +
                   TABLES_PER_MEMORY * (uint64_t)WY_MAX_TABLE_ELEMENTS * sizeof(void *);
    return (memories + SPARE_STACKS) * one;
}

static void configure_pool(wasm_config_t *config, const wy_engine_config *wanted, uint32_t n,
                           uint32_t stacks) {
    wasmtime_pooling_allocation_config_t *pool = wasmtime_pooling_allocation_config_new();
    wasmtime_pooling_allocation_config_total_memories_set(pool, n);
    wasmtime_pooling_allocation_config_total_core_instances_set(pool, n * INSTANCES_PER_MEMORY);
    wasmtime_pooling_allocation_config_total_tables_set(pool, n * TABLES_PER_MEMORY);
    wasmtime_pooling_allocation_config_total_stacks_set(pool, stacks);
    wasmtime_pooling_allocation_config_max_memories_per_module_set(pool, MEMORIES_MIN);
    wasmtime_pooling_allocation_config_max_tables_per_module_set(pool, MEMORIES_MIN);
    wasmtime_pooling_allocation_config_table_elements_set(pool, WY_MAX_TABLE_ELEMENTS);
    wasmtime_pooling_allocation_config_max_memory_size_set(pool, wanted->max_memory_bytes);
    wasmtime_pooling_allocation_config_max_unused_warm_slots_set(pool, n);
    wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pool, wanted->keep_resident);
    wasmtime_pooling_allocation_config_table_keep_resident_set(pool, TABLE_KEEP_RESIDENT);
    wasmtime_pooling_allocation_config_async_stack_keep_resident_set(pool, STACK_KEEP_RESIDENT);
    if (withy_engine_pagemap_scan) withy_engine_pagemap_scan(pool);
    wasmtime_pooling_allocation_strategy_set(config, pool);
    wasmtime_pooling_allocation_config_delete(pool);
}

/* Without a pool: what each memory reserves when it is made. It cannot grow beyond, since memories
 * never move. All of it under no limit; under `ulimit -v`, so much that some fit. */
static uint64_t single_reservation(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return MEMORY_RESERVATION;
    uint64_t share = limit.rlim_cur / 16;
    if (share > MEMORY_RESERVATION) return MEMORY_RESERVATION;
    if (share < 16 * MIB) share = 16 * MIB;
    return share & ~(uint64_t)0xffff;
}

static uint64_t reservation_of(const wy_engine *engine) {
    return engine->config.pooling ? MEMORY_RESERVATION : single_reservation();
}

/* Decides between a pool, a smaller one, and none; one log line when it is not what was asked. */
static void choose_pool(wy_engine_config *config) {
    if (config->max_memories == 0) config->max_memories = config->max_instances;
    if (config->max_memories < MEMORIES_MIN) config->max_memories = MEMORIES_MIN;
    if (config->keep_resident == SIZE_MAX)
        config->keep_resident = has_pagemap_scan() ? KEEP_RESIDENT_SCAN : KEEP_RESIDENT_PLAIN;
    if (config->max_memory_bytes > MEMORY_RESERVATION || config->max_memory_bytes == 0)
        config->max_memory_bytes = MEMORY_RESERVATION;
    if (!config->pooling) return;
    uint32_t wanted = config->max_memories;
    while (config->max_memories >= MEMORIES_MIN && !can_reserve(pool_bytes(config->max_memories)))
        config->max_memories /= 2;
    if (config->max_memories == wanted) return;
    if (config->max_memories >= MEMORIES_MIN) {
        wy_log(WY_LOG_WARN, "address space for %u instead of %u instances at once (ulimit -v?)",
               config->max_memories, wanted);
        return;
    }
    config->max_memories = wanted;
    config->pooling = false;
    wy_log(WY_LOG_WARN,
           "address space is limited (ulimit -v): memories are mapped one by one, up "
           "to %llu MiB each; requests will be slower",
           (unsigned long long)(single_reservation() / MIB));
}

/* What compiled code depends on. */
static own wasm_config_t *configure(const wy_engine *engine) {
    const wy_engine_config *wanted = &engine->config;
    uint64_t reservation = reservation_of(engine);
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_epoch_interruption_set(config, true);
    wasmtime_config_max_wasm_stack_set(config, WY_MAX_WASM_STACK);
    wasmtime_config_async_stack_size_set(config, WY_FIBER_STACK);
    wasmtime_config_debug_info_set(config, wanted->debug_info);
    wasmtime_config_consume_fuel_set(config, wanted->fuel);
    wasmtime_config_memory_may_move_set(config, false);
    wasmtime_config_memory_reservation_set(config, reservation);
    wasmtime_config_memory_guard_size_set(config, reservation < MEMORY_RESERVATION ? 1 << 16
                                                                                   : MEMORY_GUARD);
    wasmtime_config_memory_reservation_for_growth_set(config, 0);
    wasmtime_config_wasm_custom_page_sizes_set(config, true); /* as the validator allows */
    return config;
}

static own wasm_engine_t *make_wasm(const wy_engine *engine) {
    wasm_config_t *config = configure(engine);
    if (engine->config.pooling) {
        uint32_t stores = engine->stores_max;
        uint32_t memories = engine->more_memories ? stores * MEMORIES_PER_STORE : stores;
        configure_pool(config, &engine->config, memories, engine->stacks_all);
    }
    return wasm_engine_new_with_config(config);
}

own wasm_engine_t *wy_engine_compiler(const wy_engine *engine) {
    return wasm_engine_new_with_config(configure(engine));
}

/* A pool for few is made at once and the rest when it is needed. Without a pool there is room for
 * everyone. */
static void divide(wy_engine *engine, bool is_second) {
    engine->stores_max = engine->config.max_memories;
    if (!is_second && engine->stores_max > 2 * FIRST_STORES) {
        engine->more_memories = engine->config.pooling ? engine->stores_max - FIRST_STORES : 0;
        engine->stores_max = FIRST_STORES;
    }
    engine->stacks_max = engine->stores_max + SPARE_STACKS / 2;
    /* Some stores need two; they are few where there is a second pool to go to. */
    engine->stacks_all = (is_second ? 2 : 1) * engine->stores_max + SPARE_STACKS;
}

/* What takes long: guard pages, looking at the processor. */
static void make_parts(wy_engine *engine) {
    wy_diag diag;
    wy_diag_init(&diag);
    engine->wasm = make_wasm(engine);
    engine->ticker.engine = engine->wasm;
    engine->fiber_linker = wasmtime_linker_new(engine->wasm);
    wy_err err = wy_fiber_define(engine->fiber_linker, &diag);
    wy_assert(!err); /* two functions, in an empty linker */
    pthread_mutex_lock(&engine->made_lock);
    atomic_store_explicit(&engine->is_made, true, memory_order_release);
    pthread_cond_broadcast(&engine->made);
    pthread_mutex_unlock(&engine->made_lock);
}

static void *thread_main(void *data) {
    wy_engine *engine = data;
    make_parts(engine);
    if (engine->then) engine->then(engine->then_data); /* set no more once it is made */
    wy_ticker_run(&engine->ticker);
    return NULL;
}

bool wy_engine_then(wy_engine *engine, void (*then)(void *data), void *data) {
    pthread_mutex_lock(&engine->made_lock);
    bool is_early = !atomic_load(&engine->is_made);
    if (is_early) {
        engine->then = then;
        engine->then_data = data;
    }
    pthread_mutex_unlock(&engine->made_lock);
    return is_early;
}

void wy_engine_await(const wy_engine *engine) {
    wy_engine *shared = (wy_engine *)engine;
    pthread_mutex_lock(&shared->made_lock);
    while (!atomic_load(&shared->is_made))
        pthread_cond_wait(&shared->made, &shared->made_lock);
    pthread_mutex_unlock(&shared->made_lock);
}

static void describe(wy_engine *engine) {
    snprintf(engine->fingerprint, sizeof engine->fingerprint,
             "wasmtime %s%s epoch%s pagesize stack=%zu reservation=%llu debug=%d", WASMTIME_VERSION,
             withy_engine_pagemap_scan ? "" : " prebuilt", engine->config.fuel ? " fuel" : "",
             (size_t)WY_MAX_WASM_STACK, (unsigned long long)reservation_of(engine),
             engine->config.debug_info);
}

wy_err wy_engine_make(const wy_engine_config *wanted, bool is_second, own wy_engine **engine_out,
                      wy_diag *diag) {
    if (!is_second && !can_reserve(WY_MIN_ADDRESS_BYTES))
        return wy_diag_set(diag, WY_LIMIT,
                           "too little address space is left (ulimit -v) for the engine, which "
                           "needs %zu MiB (WY_MIN_ADDRESS_BYTES)",
                           WY_MIN_ADDRESS_BYTES >> 20);
    wy_engine *engine = calloc(1, sizeof *engine);
    if (!engine) return WY_NOMEM;
    engine->config = *wanted;
    choose_pool(&engine->config);
    divide(engine, is_second);
    describe(engine);
    wy_err err = wy_ticker_init(&engine->ticker);
    if (err) {
        free(engine);
        return err;
    }
    pthread_mutex_init(&engine->made_lock, NULL);
    pthread_cond_init(&engine->made, NULL);
    pthread_mutex_init(&engine->modules_lock, NULL);
    if (!wanted->in_background || is_second ||
        !wy_ticker_begin(&engine->ticker, thread_main, engine))
        make_parts(engine);
    *engine_out = engine;
    return WY_OK;
}

wy_err wy_engine_new(const wy_engine_config *wanted, own wy_engine **engine_out, wy_diag *diag) {
    wy_err err = wy_engine_make(wanted, false, engine_out, diag);
    if (!err) (*engine_out)->cache = wy_cache_open(&(*engine_out)->config);
    return err;
}

void wy_engine_free(own wy_engine *engine) {
    if (!engine) return;
    wy_ticker_deinit(&engine->ticker);
    wy_ahead_end(engine);
    wy_assert(!engine->modules);
    wy_engine_free(engine->more);
    wy_aot_detach_all(engine);
    wy_cache_close(engine->cache);
    wasmtime_linker_delete(engine->fiber_linker);
    wasm_engine_delete(engine->wasm);
    pthread_cond_destroy(&engine->made);
    pthread_mutex_destroy(&engine->made_lock);
    pthread_mutex_destroy(&engine->modules_lock);
    free(engine);
}
