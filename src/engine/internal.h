/* What the files of this room share: the structs behind engine.h, and Wasmtime's header. */
#ifndef WY_ENGINE_INTERNAL_H
#define WY_ENGINE_INTERNAL_H

#include "base/arena.h"
#include "engine/engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <wasmtime.h>
/* wasm.h takes the word away at its end. */
#define own

/* Counts epochs while guests run, in a thread of its own (ticker.c). */
typedef struct wy_ticker {
    wasm_engine_t *engine;
    pthread_t thread;
    pthread_mutex_t lock; /* guards `started`, `stop` and sleeping */
    pthread_cond_t wake;
    bool started, stop;
    atomic_uint runs;      /* guests resumed since the thread looked last */
    atomic_bool is_asleep; /* nothing ran for a while: the next run must wake the thread */
} wy_ticker;

/* `engine` of it is to be there before the first wake. */
wy_err wy_ticker_init(wy_ticker *ticker);
/* Ends its thread. */
void wy_ticker_deinit(wy_ticker *ticker);
/* Starts the thread, whose `main` may have something to do before and is to end in wy_ticker_run.
 * With `lock` held, or before other threads know of the ticker. */
bool wy_ticker_begin(wy_ticker *ticker, void *(*main)(void *data), void *data);
/* What the thread does, until the ticker's end. */
void wy_ticker_run(wy_ticker *ticker);
/* Starts the thread, or wakes it. */
void wy_ticker_wake(wy_ticker *ticker);
/* To be called whenever a guest is about to run: cheap while the thread is awake. */
static inline void wy_ticker_note_run(wy_ticker *ticker) {
    atomic_store_explicit(&ticker->runs, 1, memory_order_relaxed);
    if (WY_UNLIKELY(atomic_load_explicit(&ticker->is_asleep, memory_order_relaxed)))
        wy_ticker_wake(ticker);
}

/* A thread of the engine's own, to be joined. It takes no signals: they are for the loop's. */
bool wy_engine_thread(pthread_t *thread_out, void *(*main)(void *data), void *data);

typedef struct wy_cache wy_cache;
typedef struct wy_ahead wy_ahead;

/* The file that is being loaded (known.c). */
typedef struct wy_source {
    const uint8_t *bytes; /* NULL: none */
    size_t len;
    wy_file_id id;
} wy_source;

struct wy_engine {
    wasm_engine_t *wasm;             /* NULL while it is being made: wy_engine_wasm */
    wasmtime_linker_t *fiber_linker; /* "entry" and "suspend" (fiber.c) */
    atomic_bool is_made;             /* both are there */
    pthread_mutex_t made_lock;
    pthread_cond_t made;
    void (*then)(void *data); /* what follows in a thread that makes it; NULL: nothing */
    void *then_data;
    wy_cache *cache;    /* NULL: compile without */
    struct wy_aot *aot; /* files compiled ahead of time, newest first */
    wy_source source;
    wy_ahead *ahead; /* modules of the source that are being mapped; NULL: none (ahead.c) */
    pthread_mutex_t modules_lock; /* guards the next, and the owners of each */
    wy_module *modules;           /* alive, each content once (module.c) */
    /* For stores that find no place here (more.c): made when the first one comes. */
    struct wy_engine *more;
    uint32_t more_memories;      /* of its pool; 0: there is none to be had */
    uint32_t stores, stores_max; /* alive, and for how many there is place here */
    uint32_t stacks, stacks_max; /* in use, and how many a new store may find in use */
    uint32_t stacks_all;         /* in the pool */
    bool is_short;               /* a pool ran out, and no store went since */
    wy_ticker ticker;
    wy_engine_config config; /* as it came out, after falling back */
    char fingerprint[192];
};

/* Waits until all of it is there. Any thread. */
void wy_engine_await(const wy_engine *engine);
/* Has the thread that makes the engine go on with this; it needs not be woken for it. False: it has
 * made it by now, or there is none. */
bool wy_engine_then(wy_engine *engine, void (*then)(void *data), void *data);
static inline wasm_engine_t *wy_engine_wasm(const wy_engine *engine) {
    if (WY_UNLIKELY(!atomic_load_explicit(&engine->is_made, memory_order_acquire)))
        wy_engine_await(engine);
    return engine->wasm;
}

/* fiber.c: what every store's fibers begin with and park in. */
wy_err wy_fiber_define(wasmtime_linker_t *linker, wy_diag *diag);

struct wy_store {
    wasmtime_store_t *wasm;
    wasmtime_context_t *context;
    wy_engine *engine;
    void *data;
    wy_epoch_verdict (*on_epoch)(void *data); /* NULL: guests run on */
    void *on_epoch_data;
    wy_fiber *running; /* the fiber whose stack we are on; NULL: the thread's own */
    uint32_t fiber_count;
    bool has_nested; /* Wasmtime keeps a second stack: a module was instantiated on a fiber */
    bool has_entry, has_suspend; /* having `suspend` makes Wasmtime's store async-only */
    wasmtime_func_t entry, suspend;
};

struct wy_fiber {
    wy_store *store;
    wy_fiber_body body;
    void *data;
    wasmtime_call_future_t *future; /* NULL: not started, or over */
    wasmtime_func_t entry;          /* the future refers to these three */
    wasm_trap_t *trap;
    wasmtime_error_t *error;
    struct wy_park *park; /* where the suspend in progress waits */
    uint64_t resumes;     /* a parked call goes on when this differs from what it saw */
    uintptr_t floor;      /* no guest is entered with the stack below this; 0: measure anew */
    bool done, is_cancelled;
};

/* The store of a context. */
static inline wy_store *wy_store_of(wy_context *context) {
    return wasmtime_context_get_data((wasmtime_context_t *)context);
}

/* False, with a trap: the fiber is being cancelled, or its stack has no room for one more guest. */
bool wy_fiber_may_enter(wy_fiber *fiber, own wy_trap **trap_out);
/* Polls a nested future to its end, parking `fiber` with it whenever it is not ready. False: the
 * fiber was cancelled meanwhile. Deletes the future. */
bool wy_fiber_await(wy_store *store, own wasmtime_call_future_t *future);

/* trap.c: an error as a trap (exactly one is not NULL; both NULL gives NULL). */
own wy_trap *wy_trap_of(own wasmtime_error_t *error, own wasm_trap_t *trap);
/* Reports an engine's error as `code` with its text, and deletes it. */
wy_err wy_engine_error(wy_diag *diag, wy_err code, own wasmtime_error_t *error);

/* linker.c: a function type out of wy_flat codes. NULL: no memory. */
own wasm_functype_t *wy_functype_new(const uint8_t *params, size_t param_count,
                                     const uint8_t *results, size_t result_count);

/* module.c: what needs no more than to be mapped from the cache; else NULL. */
own wy_module *wy_module_ready(wy_engine *engine, const uint8_t *bytes, size_t len);
/* ahead.c: the module that was begun with for these bytes, when it is there; NULL: none was. */
own wy_module *wy_ahead_take(wy_engine *engine, const uint8_t *bytes, size_t len);
/* Waits for what is under way and frees what nobody took. */
void wy_ahead_end(wy_engine *engine);

/* aot.c: a serialized module in the files attached; NULL: in none. */
wy_str wy_aot_find(const wy_engine *engine, const char *key);

/* engine.c: an engine whose modules the other can load, with no room for instances. */
own wasm_engine_t *wy_engine_compiler(const wy_engine *engine);
/* engine.c: without a cache; the second one has all its room from the start. */
wy_err wy_engine_make(const wy_engine_config *wanted, bool is_second, own wy_engine **engine_out,
                      wy_diag *diag);

/* The next three have counterparts in the second engine, which go with them. */
struct wy_module {
    wy_engine *engine;
    wasmtime_module_t *wasm;
    wasm_importtype_vec_t imports; /* names, for instantiating on a fiber; made at first need, by
                                      the stores' thread */
    char key[68];                  /* in the cache; "": unknown */
    size_t owners;                 /* the last one's wy_module_free ends it */
    wy_module *next;               /* of the engine's */
    wy_module *more;
};

typedef struct wy_definition {
    wy_str module, name;
    const uint8_t *params, *results;
    size_t param_count, result_count;
    wy_core_callback callback;
    void *env;
} wy_definition;

#define WY_LINKER_TYPES 48

struct wy_linker {
    wy_engine *engine;
    wasmtime_linker_t *wasm;
    wy_arena arena; /* what the definitions refer to */
    wy_definition *definitions;
    size_t count, cap;
    struct {
        size_t first; /* the definition that it was made for */
        wasm_functype_t *type;
    } types[WY_LINKER_TYPES];
    size_t type_count;
    wy_linker *more;
};

struct wy_instance_pre {
    wasmtime_instance_pre_t *wasm;
    wy_linker *linker;
    const wy_module *module;
    wy_instance_pre *more;
};

wy_err wy_module_wrap(wy_engine *engine, own wasmtime_module_t *wasm, const char *key,
                      own wy_module **module_out);

/* more.c: the second engine; NULL: there is no more room. */
wy_engine *wy_engine_more(wy_engine *engine);
/* The thing itself or its counterpart, whichever belongs to `engine`. NULL: it cannot be made. */
const wy_module *wy_module_in(const wy_module *module, wy_engine *engine, wy_diag *diag);
wy_linker *wy_linker_in(wy_linker *linker, wy_engine *engine, wy_diag *diag);
const wy_instance_pre *wy_instance_pre_in(const wy_instance_pre *pre, wy_engine *engine,
                                          wy_diag *diag);

#endif
