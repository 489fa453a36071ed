/* Engine: the only door to Wasmtime. Core modules, stores, calls, fibers; nothing of components.
 *
 * Threads: an engine may be used from several threads to compile; a store and all that is in it
 * belongs to one thread for its whole life. That is what makes unchecked nested calls sound. All
 * stores of an engine are made and freed by one thread.
 * Types whose layout equals Wasmtime's (checked in engine.c) are passed through without copying. */
#ifndef WY_ENGINE_ENGINE_H
#define WY_ENGINE_ENGINE_H

#include "base/err.h"
#include "base/str.h"

typedef struct wy_engine wy_engine;
typedef struct wy_module wy_module; /* compiled code of one core module */
typedef struct wy_linker wy_linker; /* host functions by (module, name), for one engine */
typedef struct wy_instance_pre wy_instance_pre; /* a module with all its imports decided */
typedef struct wy_store wy_store;
typedef struct wy_context wy_context; /* a store as calls see it (wasmtime_context_t) */
typedef struct wy_caller wy_caller;   /* wasmtime_caller_t */
typedef struct wy_trap wy_trap;       /* wasm_trap_t */
typedef struct wy_fiber wy_fiber;

/* A core value without its type (wasmtime_val_raw_t). */
typedef union wy_raw {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint8_t v128[16];
    uint32_t funcref_etc;
    void *ptr;
} wy_raw;

/* Things of a store; plain data, valid as long as the store. */
typedef struct wy_core_func {
    uint64_t store_id;
    void *ref;
} wy_core_func; /* wasmtime_func_t */

typedef enum wy_extern_kind {
    WY_EXTERN_FUNC,
    WY_EXTERN_GLOBAL,
    WY_EXTERN_TABLE,
    WY_EXTERN_MEMORY,
    WY_EXTERN_SHARED_MEMORY,
    WY_EXTERN_TAG,
} wy_extern_kind;

/* Room for any wasmtime_extern_t. */
typedef struct wy_extern {
    _Alignas(8) unsigned char bytes[32];
} wy_extern;

typedef struct wy_core_memory {
    _Alignas(8) unsigned char bytes[24];
} wy_core_memory; /* wasmtime_memory_t */

typedef struct wy_core_instance {
    uint64_t store_id;
    size_t index;
} wy_core_instance; /* wasmtime_instance_t */

/* What one store may use and uses, memories and tables taken together (engine/src/lib.rs). */
typedef struct wy_store_limits {
    uint64_t memory_bytes, memory_bytes_max;
    uint64_t table_elements, table_elements_max;
    uint32_t hit; /* 0 none, 1 memory, 2 tables: which limit refused a growth */
} wy_store_limits;

typedef struct wy_engine_config {
    bool pooling;           /* pooling allocator; falls back to on-demand with one log line */
    uint32_t max_instances; /* linear memories alive at once, one an instance; other pools follow */
    uint32_t max_memories;  /* where instances have more or fewer; 0: as max_instances */
    uint64_t max_memory_bytes; /* of one linear memory */
    size_t keep_resident;      /* bytes of a memory kept for its next user rather than returned to
                                  the system; SIZE_MAX: what suits the kernel */
    bool debug_info;           /* keep DWARF for backtraces */
    bool fuel;                 /* count what guests execute (wy_store_set_fuel); they run slower */
    bool in_background;        /* a thread makes what takes long; who needs it first waits. Not for
                                  programs that fork */
    bool no_cache;             /* neither read nor write the compile cache */
    const char *cache_dir;     /* NULL: WITHY_CACHE_DIR, XDG_CACHE_HOME/withy or ~/.cache/withy */
    uint64_t cache_bytes_max;  /* 0: WY_MAX_CACHE_BYTES */
} wy_engine_config;

/* Defaults of every field. */
void wy_engine_config_init(wy_engine_config *config);

/* The folder that caches lie in, in two pieces, the second of them static: what `cache_dir` names,
 * and where it is NULL or empty what the environment does. NULL: nothing does; the second piece is
 * then what belongs below a home. */
const char *wy_cache_root(const char *cache_dir, const char **below_out);

/* Fails with WY_ENGINE (text in diag). Falls back from pooling to on-demand allocation where the
 * machine's virtual memory is limited, and logs one line then. */
wy_err wy_engine_new(const wy_engine_config *config, own wy_engine **engine_out, wy_diag *diag);
void wy_engine_free(own wy_engine *engine);

/* --- modules (module.c, cache.c) --- */

/* A file as the system identifies it: while none of this changes, neither does its content. */
typedef struct wy_file_id {
    uint64_t device, inode, size;
    uint64_t modified_ns, changed_ns;
    bool is_settled; /* it is ours or root's, and a later change will show in its times */
} wy_file_id;

struct stat;
/* To be taken before the file is read; `st` is that of `fd`. */
wy_file_id wy_file_id_of(int fd, const struct stat *st);

/* From now on, parts of `bytes` are parts of that file, and what was found out about them by
 * reading is remembered from one process to the next. Ends with the next call; NULL, NULL, 0 for
 * none. Until then `bytes` stay: a thread of the engine reads them (wy_engine_expect). Not while
 * other threads use the engine, but for its own. */
void wy_engine_set_source(wy_engine *engine, const wy_file_id *id, const uint8_t *bytes,
                          size_t len);

/* Says that these parts of the source will be asked of wy_module_load. Where some are so large that
 * it pays, a thread begins to map what is in the cache. */
void wy_engine_expect(wy_engine *engine, const wy_str *modules, size_t count);

/* Compiles a core module, or maps it from the cache: keyed by content, engine version and flags;
 * an entry that is corrupt or foreign is compiled anew, never run. While a module of the same
 * content is alive in the engine, it is that one, with one owner more. WY_MALFORMED or WY_INVALID
 * with Wasmtime's text in diag when it does not validate. Any thread. */
wy_err wy_module_load(wy_engine *engine, const uint8_t *bytes, size_t len,
                      own wy_module **module_out, wy_diag *diag);
/* Validates a core module and compiles nothing. WY_MALFORMED or WY_INVALID with Wasmtime's text;
 * the offset, where it names one, counts from the module's start. Any thread. */
wy_err wy_module_check(wy_engine *engine, const uint8_t *bytes, size_t len,
                       wy_diag *diag) WY_MUST_USE;
/* Compiled form as bytes (free() them). */
wy_err wy_module_serialize(const wy_module *module, own uint8_t **bytes_out, size_t *len_out,
                           wy_diag *diag);
/* Ends it with the last owner. Any thread; before its engine. */
void wy_module_free(own wy_module *module);

/* --- traps (trap.c) --- */

/* A trap with a text of its own. */
own wy_trap *wy_trap_new(const char *fmt, ...) WY_PRINTF(1, 2);
void wy_trap_free(own wy_trap *trap);
/* Whether it is because the store has no fuel left. */
bool wy_trap_is_out_of_fuel(const wy_trap *trap);
/* Appends the trap's text: its reason on the first line, then "  at name (module+0xoffset)" for
 * each guest frame (function names from the name section), innermost first, at most `frames_max`
 * (0: the reason alone). */
void wy_trap_print(const wy_trap *trap, wy_buf *buf, unsigned frames_max);

/* --- host functions --- */

/* Called with the arguments in `values`; leaves the results there. `count` is the larger of the two
 * numbers. A returned trap unwinds the guest. */
typedef own wy_trap *(*wy_core_callback)(void *env, wy_caller *caller, wy_raw *values,
                                         size_t count);

wy_context *wy_caller_context(wy_caller *caller);
/* The `data` given to wy_store_new. */
void *wy_context_data(wy_context *context);

/* A linker lives as long as what was prepared with it. */
wy_err wy_linker_new(wy_engine *engine, own wy_linker **linker_out);
void wy_linker_free(own wy_linker *linker);
/* Defines a function; params and results are arrays of wy_flat values (value/type.h). `env` must
 * outlive every instance made from this linker. */
wy_err wy_linker_define(wy_linker *linker, wy_str module, wy_str name, const uint8_t *params,
                        size_t param_count, const uint8_t *results, size_t result_count,
                        wy_core_callback callback, void *env, wy_diag *diag);
/* All imports of `module`, which is to outlive it, out of the linker. WY_UNMET names what is
 * missing. */
wy_err wy_linker_pre(wy_linker *linker, const wy_module *module, own wy_instance_pre **pre_out,
                     wy_diag *diag);
/* Nothing is defined in it, prepared with it or taken from it any more: half of its memory goes. */
void wy_linker_finish(wy_linker *linker);
void wy_instance_pre_free(own wy_instance_pre *pre);
/* A module whose instances export every function of the linker under its name, and that made ready:
 * the cheapest way to many functions as imports for wy_core_instantiate. Names must differ. The
 * linker is to outlive both. */
wy_err wy_linker_carrier(wy_linker *linker, own wy_module **module_out,
                         own wy_instance_pre **pre_out, wy_diag *diag);
/* One function of the linker as an import for wy_core_instantiate, far cheaper than making it anew.
 * False: there is none of that name. */
bool wy_linker_get(wy_linker *linker, wy_context *context, wy_str module, wy_str name,
                   wy_extern *extern_out);

/* --- stores --- */

/* `limits` must outlive the store; NULL: none. Not yet on a fiber. */
wy_err wy_store_new(wy_engine *engine, void *data, wy_store_limits *limits, own wy_store **out);
void wy_store_free(own wy_store *store);
/* How many instructions, roughly, guests of the store may execute from now on, and how many are
 * left. Only where the engine counts them. A store begins with UINT64_MAX. */
void wy_store_set_fuel(wy_store *store, uint64_t fuel);
uint64_t wy_store_fuel(const wy_store *store);
/* After WY_BUSY: whether a store made now instead of this one may find room. */
bool wy_engine_has_room_elsewhere(wy_engine *engine, const wy_store *store);
wy_context *wy_store_context(wy_store *store);
/* What `callback(data)` says, which runs whenever a guest is found running at a tick: whether the
 * fiber yields to the loop and goes on later, or ends with a trap text (static, or data's). */
typedef struct wy_epoch_verdict {
    bool yield;
    const char *stop; /* NULL: go on */
} wy_epoch_verdict;
void wy_store_on_epoch(wy_store *store, wy_epoch_verdict (*callback)(void *data), void *data);

/* Instantiate. WY_TRAP: the guest's fault (start function, segments), with *trap_out set. WY_BUSY:
 * no room in a pool now. WY_LIMIT: none under the store's limits. Each with its text in diag. On a
 * fiber these may be called with the fiber's context; a start function may park it. */
wy_err wy_instance_pre_instantiate(const wy_instance_pre *pre, wy_context *context,
                                   wy_core_instance *instance_out, own wy_trap **trap_out,
                                   wy_diag *diag);
/* `imports` in the order of the module's imports. */
wy_err wy_core_instantiate(wy_context *context, const wy_module *module, const wy_extern *imports,
                           size_t import_count, wy_core_instance *instance_out,
                           own wy_trap **trap_out, wy_diag *diag);
/* A host function as an import for wy_core_instantiate. */
void wy_extern_host_func(wy_context *context, const uint8_t *params, size_t param_count,
                         const uint8_t *results, size_t result_count, wy_core_callback callback,
                         void *env, wy_extern *extern_out);

/* False: no export of that name. */
bool wy_core_instance_export(wy_context *context, const wy_core_instance *instance, wy_str name,
                             wy_extern *extern_out);
wy_extern_kind wy_extern_kind_of(const wy_extern *item);
bool wy_extern_func(const wy_extern *item, wy_core_func *func_out);
bool wy_extern_memory(const wy_extern *item, wy_core_memory *memory_out);
void wy_extern_of_func(const wy_core_func *func, wy_extern *extern_out);

uint8_t *wy_memory_data(wy_context *context, const wy_core_memory *memory);
size_t wy_memory_size(wy_context *context, const wy_core_memory *memory);

/* Calls on the current stack (a trap when a fiber's stack has no room left for another guest):
 * `values` holds the arguments and receives the results. The caller
 * vouches for the function's type. *trap_out is a trap or an engine error turned into one. */
bool wy_core_call(wy_context *context, const wy_core_func *func, wy_raw *values, size_t count,
                  own wy_trap **trap_out);

/* --- fibers (fiber.c) --- */

/* `body(data, context)` will run on a stack of its own; inside it all calls above may be used, and
 * wy_fiber_suspend parks it. One store may have several fibers. Not started yet. */
typedef void (*wy_fiber_body)(void *data, wy_context *context);
wy_err wy_fiber_new(wy_store *store, wy_fiber_body body, void *data, own wy_fiber **fiber_out);
/* Runs until the body returns (true) or parks (false), or the epoch callback said to yield (false).
 * True without the body having run: no stack was left in the pool. Fibers may be resumed inside
 * others. */
bool wy_fiber_resume(wy_fiber *fiber);
/* Parks the running fiber; true when resumed, false when the fiber is being deleted: then unwind at
 * once (host functions return a trap). Only inside a body, directly or below a guest call. */
bool wy_fiber_suspend(wy_fiber *fiber);
/* A fiber that has not finished is cancelled first: its suspend returns false. */
void wy_fiber_free(own wy_fiber *fiber);

#endif
