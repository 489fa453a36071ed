/* libwithy: components in a program of yours.
 *
 *   engine      one event loop and the compiler's settings; all else belongs to one
 *   component   a binary, checked; its imports and exports can be looked at
 *   linker      what you provide: interfaces with functions in C, and those of withy you let in
 *   linked      a component whose imports are all decided; instances are made of it
 *   instance    a component come to life, with memory of its own
 *
 * Ownership: what a function gives through an `_out` pointer is yours until you hand it to the
 * function that frees it, in any order: what others still need lives on until they are freed. All
 * pointers given in are borrowed for the length of the call unless said.
 *
 * Threads: an engine, and everything made with it, belongs to the thread that made it, except for
 * withy_waker_wake and withy_engine_wake. Engines of several threads do not share anything. The
 * first engine of a process installs handlers for SIGSEGV, SIGBUS, SIGILL and SIGFPE (they pass on
 * what is not a guest's) and ignores SIGPIPE unless you handle it.
 *
 * Failures: your mistakes and the world's come back as a status with a text. A guest's fault is a
 * trap: the call returns WITHY_TRAP, and the instance is of no use any more. */
#ifndef WITHY_COMPONENT_H
#define WITHY_COMPONENT_H

#include "capability.h"
#include "common.h"
#include "value.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct withy_engine withy_engine;
typedef struct withy_component withy_component;
typedef struct withy_linker withy_linker;
typedef struct withy_linked withy_linked;
typedef struct withy_instance withy_instance;
typedef struct withy_waker withy_waker;
typedef struct wy_call withy_call;
typedef struct wy_trap withy_trap;

/* --- engine --- */

typedef struct withy_engine_options {
    uint32_t instances_max; /* alive at once; 0: the default, 1000 */
    bool no_pooling;        /* allocate memories on demand */
    bool no_cache;          /* compile anew, keep nothing */
    bool fuel;              /* count what guests execute; they run slower */
    const char *cache_dir;  /* NULL: WITHY_CACHE_DIR, XDG_CACHE_HOME/withy or ~/.cache/withy */
} withy_engine_options;

/* Sets the defaults. */
WITHY_API void withy_engine_options_init(withy_engine_options *options);

/* `options` NULL: the defaults. */
WITHY_API withy_status withy_engine_new(const withy_engine_options *options,
                                        withy_engine **engine_out, withy_error *error);
/* Cancels calls that are under way, and waits until their `done` was called and every waker was
 * woken. Not from inside a callback. */
WITHY_API void withy_engine_free(withy_engine *engine);

/* Turns the loop once: waits for events at most `timeout_ms` (-1: for as long as it takes), lets
 * guests go on, calls the `done` of calls that are over. Returns whether there is more to wait for:
 * calls under way, or an application that listens (withy/app.h); if not, it does not wait. For
 * calls begun by withy_instance_start; withy_instance_call turns the loop itself. */
WITHY_API bool withy_engine_poll(withy_engine *engine, int timeout_ms);
/* Makes withy_engine_poll return soon although nothing happened. From any thread, and from signal
 * handlers. */
WITHY_API void withy_engine_wake(withy_engine *engine);
/* For a loop of yours: wait until this descriptor is readable, or for withy_engine_timeout_ms (0:
 * there is work at once, -1: no limit), then call withy_engine_poll(engine, 0). */
WITHY_API int withy_engine_fd(const withy_engine *engine);
WITHY_API int withy_engine_timeout_ms(const withy_engine *engine);

/* --- component --- */

/* Decodes and checks; nothing is compiled yet. `bytes` are copied. */
WITHY_API withy_status withy_component_load(withy_engine *engine, const void *bytes, size_t len,
                                            withy_component **component_out, withy_error *error);
/* The same from a file, which may be one that withy_compile made. */
WITHY_API withy_status withy_component_load_file(withy_engine *engine, const char *path,
                                                 withy_component **component_out,
                                                 withy_error *error);
/* What was linked needs it, and keeps it with its types until that is freed too. NULL is nothing to
 * free, here and in every other function that frees. */
WITHY_API void withy_component_free(withy_component *component);

/* A component that provides imports of another. */
typedef struct withy_provider {
    withy_component *component;
    const char *name; /* "ns:pkg/interface", "ns:pkg" (its interfaces), "word"; maybe "@version" */
    const char *export_name; /* what provides it; NULL: the export of the same name */
} withy_provider;

/* One component made of several: `component` with imports provided by exports of others. Each of
 * its instances holds an instance of every part, with memory of its own; calls between them cost
 * what calls within a component do. What is left of all imports is for the linker, and what
 * withy_link_options allow holds for all parts. The parts stay yours, to be used and freed as ever,
 * but must not have been linked or composed before. WITHY_UNMET: a name stands for no import, or an
 * export is not there; WITHY_INVALID: it is of another type. */
WITHY_API withy_status withy_component_compose(withy_component *component,
                                               const withy_provider *providers, size_t count,
                                               withy_component **component_out, withy_error *error);

/* A function or resource that a component imports or exports; lives as long as the component. */
typedef struct withy_extern {
    withy_str interface_name;    /* "demo:greet/api@1.0.0"; empty: the world's own */
    withy_str name;              /* "greet", "[method]counter.add" */
    const withy_func_type *type; /* NULL: a resource */
} withy_extern;

/* All of them, in the component's order; they live as long as it. */
WITHY_API const withy_extern *withy_component_imports(const withy_component *component,
                                                      size_t *count_out);
WITHY_API const withy_extern *withy_component_exports(const withy_component *component,
                                                      size_t *count_out);
/* The exported function "demo:greet/api@1.0.0#greet" or, of the world itself, "greet". Without a
 * version it is found at any; with one, at a compatible one. NULL: it is not exported. */
WITHY_API const withy_extern *withy_component_func(const withy_component *component,
                                                   const char *path);
/* Which resource an own or borrow type of this component stands for. False: another kind of type,
 * or a resource without a name outside. */
WITHY_API bool withy_component_resource(const withy_component *component, const withy_type *handle,
                                        withy_extern *resource_out);
/* The component's world as WIT (of a composed one, of the component itself); `write` gets the text
 * piece by piece. */
WITHY_API withy_status withy_component_wit(const withy_component *component,
                                           void (*write)(void *data, const char *text, size_t len),
                                           void *data, withy_error *error);

/* --- what a host provides --- */

/* A function of the host. `args` and `result` point to values as withy/value.h lays them out: a
 * record of the parameters, and the result. Strings and lists in `args` may lie in the guest's
 * memory: they are valid until the function returns, as are borrowed handles; own handles are the
 * function's from now on. What `result` points to must live until the guest has taken it: use
 * static memory or withy_call_alloc. Errors that WIT knows of go into `result`; NULL is returned
 * then as well. A trap that is returned ends the instance. */
typedef withy_trap *(*withy_host_callback)(withy_call *call, const void *args, void *result);

typedef struct withy_host_func {
    const char *name; /* "log", "[method]counter.add", "[constructor]counter" */
    /* "func(level: u8, text: string) -> result<u32>", a method with its self: borrow<counter>.
     * NULL: as `wit` of the interface says, or else as the component imports it. */
    const char *type;
    withy_host_callback callback;
    /* sizeof the structs that the callback takes args and result for. Compared when it is known
     * what type the function has: a difference is an error there, not a crash later. 0: none. */
    size_t args_size, result_size;
} withy_host_func;

typedef struct withy_host_resource {
    const char *name; /* "counter" */
    /* Ends an object that a guest dropped, or that was left when its instance ended. NULL: there is
     * nothing to do. */
    void (*drop)(void *object);
} withy_host_resource;

/* An interface that the host provides. Components that import a compatible version of it get it. */
typedef struct withy_host_interface {
    const char *name; /* "demo:host/log@1.0.0"; "": functions that a world imports by themselves */
    const withy_host_func *funcs;
    size_t func_count;
    const withy_host_resource *resources;
    size_t resource_count;
    /* WIT declarations that the functions' types use: "record point { x: u32, y: u32 }". Or NULL.
     */
    const char *types;
    /* Instead of types: the text of a WIT package in which the interface is found. Or NULL. */
    const char *wit;
} withy_host_interface;

/* One that provides nothing yet. */
WITHY_API withy_status withy_linker_new(withy_engine *engine, withy_linker **linker_out,
                                        withy_error *error);
/* What was linked goes on. */
WITHY_API void withy_linker_free(withy_linker *linker);
/* Adds an interface of yours; everything is copied but `data`, which withy_call_data returns. It
 * stands before withy's own of the same name and takes its place as a whole. WITHY_EXISTS, and what
 * the WIT parser reports. */
WITHY_API withy_status withy_linker_define(withy_linker *linker, const withy_host_interface *host,
                                           void *data, withy_error *error);
/* Lets components have interfaces of withy: "wasi:io/streams", all of "wasi:cli", all of "wasi", or
 * everything with "". What they can reach by them is for withy_link_options to say.
 * WITHY_NOT_FOUND: withy has none of that name. */
WITHY_API withy_status withy_linker_provide(withy_linker *linker, const char *name,
                                            withy_error *error);

/* What one component may do and reach. Everything is copied but the tables of functions
 * (withy/capability.h). */
typedef struct withy_link_options {
    const char *name;        /* of the component, for texts and logs; NULL: its file's */
    bool unmet_trap;         /* imports that cannot be met become traps that name themselves */
    uint64_t memory_max;     /* bytes, all memories of one instance; 0: the default, 4 GiB */
    const char *const *args; /* wasi:cli/environment; the program's name first */
    size_t arg_count;
    const withy_pair *env;
    size_t env_count;
    const withy_dir *dirs; /* wasi:filesystem: folders it may use */
    size_t dir_count;
    int stdin_fd, stdout_fd, stderr_fd; /* -1: no input, output is thrown away */
    const char *kv_file;                /* key-value store "default"; NULL: in memory */
    const withy_kv_store *kv_stores;    /* stores of yours, by their labels */
    size_t kv_store_count;
    const char *sqlite_file;  /* SQLite database "default"; "": in memory; NULL: there is none */
    const withy_pair *config; /* values for variables and wasi:config */
    size_t config_count;
    const withy_config_source *config_source; /* and for names that are not in `config` */
    bool no_connect;                          /* no servers elsewhere: no outgoing HTTP, no Redis */
    withy_allow_connect allow_connect;        /* which servers it may connect to; NULL: any */
    void *allow_data;
} withy_link_options;

/* No arguments, environment, folders, input or output. */
WITHY_API void withy_link_options_init(withy_link_options *options);

/* Decides all imports of a component, and compiles it (or maps what the cache has). What is added
 * to the linker later does not count. `options` NULL: as initialised. WITHY_UNMET: imports that
 * nobody provides, or provides with another type; the text lists them all. */
WITHY_API withy_status withy_linker_link(withy_linker *linker, withy_component *component,
                                         const withy_link_options *options,
                                         withy_linked **linked_out, withy_error *error);
/* Instances go on. */
WITHY_API void withy_linked_free(withy_linked *linked);

/* --- instance --- */

/* Makes an instance; code of the guest runs with its first call. `data` is yours. WITHY_BUSY: as
 * many as the engine has room for are alive. */
WITHY_API withy_status withy_instance_new(withy_linked *linked, void *data,
                                          withy_instance **instance_out, withy_error *error);
/* Ends all resources that it holds. A call under way is cancelled; its `done` is still called, once
 * the loop turns. */
WITHY_API void withy_instance_free(withy_instance *instance);
/* The `data` it was made with. */
WITHY_API void *withy_instance_data(const withy_instance *instance);
/* Deadline of each call that begins from now on; 0: none. */
WITHY_API void withy_instance_set_timeout(withy_instance *instance, uint64_t timeout_ms);
/* How many instructions, roughly, the guest may execute from now on, over all calls; a call that
 * needs more ends with WITHY_LIMIT. Unlike a deadline the same for the same input on every machine.
 * WITHY_USAGE: the engine was made without `fuel`. */
WITHY_API withy_status withy_instance_set_fuel(withy_instance *instance, uint64_t fuel);
/* What is left: of UINT64_MAX, before it is set; UINT64_MAX where nobody counts. */
WITHY_API uint64_t withy_instance_fuel(const withy_instance *instance);
/* Why the last call did not end well: the reason and, of a trap, the guest's own stack. Valid until
 * the next call begins; NULL when all was well. */
WITHY_API const char *withy_instance_problem(const withy_instance *instance);

/* Whether the guest ended itself by wasi:cli/exit (a call then returns WITHY_CLOSED), and with
 * which code. */
WITHY_API bool withy_instance_exited(const withy_instance *instance, int *code_out);

/* Calls an exported function and waits until it has returned. `args_size` and `result_size` are the
 * sizes of your structs, which must be those of the type (0 with NULL where there is none). What
 * the result points to lives until the next call into the instance begins, or its end. Own handles
 * in `args` go to the guest when the call begins; own handles in the result are yours
 * (withy_instance_drop).
 *
 * Nothing began, and all is as it was:
 *   WITHY_USAGE      sizes that differ, a function of another component
 *   WITHY_BUSY       a call into this instance is under way: it has one at a time, so that a host
 *                    function may not call the instance that called it; or no stack is free
 * The instance is of no use any more, and every further call returns WITHY_TRAP:
 *   WITHY_TRAP, WITHY_TIMEOUT, WITHY_CANCELLED
 *   WITHY_LIMIT      its fuel is used up
 *   WITHY_CLOSED     the guest called exit
 * The instance goes on, but the result is lost:
 *   WITHY_LIMIT      what the result points to takes too much memory
 *
 * May be called from everywhere on the engine's thread. While it waits, the loop turns and other
 * calls go on; a host function that waits is parked meanwhile. */
WITHY_API withy_status withy_instance_call(withy_instance *instance, const withy_extern *func,
                                           const void *args, size_t args_size, void *result,
                                           size_t result_size);

/* The same with values by name: `args` is of the type withy_func_params (the null value where there
 * are no parameters), and `*result_out` becomes what the result is (the null value where there is
 * none, or the call failed); NULL: it is not wanted. */
WITHY_API withy_status withy_instance_call_value(withy_instance *instance, const withy_extern *func,
                                                 withy_value args, withy_value *result_out);

/* `result` is NULL where there is none, or `status` is not WITHY_OK; it lives as said above. */
typedef void (*withy_done)(void *data, withy_status status, const void *result);

/* The same without waiting. `done` is called exactly once, later: while the loop turns, never from
 * here. It may start the next call and free the instance. `args` must stay until then. When this
 * does not return WITHY_OK nothing began, and `done` is not called. */
WITHY_API withy_status withy_instance_start(withy_instance *instance, const withy_extern *func,
                                            const void *args, size_t args_size, withy_done done,
                                            void *data);
/* Asks the call under way to end: what it waits for is given up, guest code is stopped. */
WITHY_API void withy_instance_cancel(withy_instance *instance);

/* Gives up an own handle of type `own_type` that a call returned: runs its destructor. Waits, and
 * ends, like withy_instance_call. */
WITHY_API withy_status withy_instance_drop(withy_instance *instance, const withy_type *own_type,
                                           uintptr_t handle);

/* --- inside a host function --- */

/* The `data` that the interface was defined with. */
WITHY_API void *withy_call_data(const withy_call *call);
/* The instance that calls; NULL when it is one of an application (withy/app.h). */
WITHY_API withy_instance *withy_call_instance(const withy_call *call);
/* Which import it is that the guest calls, with its type. */
WITHY_API const withy_extern *withy_call_import(const withy_call *call);
/* Memory that lives until the guest has taken the result; aligned for everything. NULL: the limit
 * for one call is reached. */
WITHY_API void *withy_call_alloc(withy_call *call, size_t size);
/* Memory of the guest for the one string or list<u8> of the result, so that it need not be copied:
 * at most one a call, with `len` at least 1; the result points to its beginning and is at most
 * `len` long. NULL: return *trap_out. */
WITHY_API void *withy_call_reserve(withy_call *call, uint32_t len, withy_trap **trap_out);

/* For functions that serve any type: the arguments as a value that is a record of the parameters
 * (to be read only), and the result as one of all zeros to be filled in; the null value where there
 * is none. What it points to is best built in withy_call_arena. */
WITHY_API withy_value withy_call_args(const withy_call *call, const void *args);
WITHY_API withy_value withy_call_result(const withy_call *call, void *result);
/* The memory of withy_call_alloc; not to be reset or freed. */
WITHY_API withy_arena *withy_call_arena(withy_call *call);

/* A trap with a text, to be returned. */
WITHY_API withy_trap *withy_trap_new(const char *format, ...) WITHY_PRINTF(1, 2);
/* Of a trap that is not returned. */
WITHY_API void withy_trap_free(withy_trap *trap);

/* Waiting. The guest's stack is parked meanwhile, and the loop serves others. Each returns NULL, or
 * the trap to return at once: the call is cancelled, or its deadline has passed. */

/* Does not wait, but tells whether to end: for functions that compute for long, or that called
 * another instance (what ends a call ends those that it waits for). */
WITHY_API withy_trap *withy_call_check(const withy_call *call);

/* Runs `work` on another thread until it is done; it is not cut short. */
WITHY_API withy_trap *withy_call_offload(withy_call *call, void (*work)(void *data), void *data);
/* Waits so long. */
WITHY_API withy_trap *withy_call_sleep(withy_call *call, uint64_t ms);
/* Waits until a waker of this call was woken; one that was woken since the last wait counts. Look
 * whether what you wait for has come, and if not, wait again with another waker. */
WITHY_API withy_trap *withy_call_wait(withy_call *call);
/* Something to wake the call by, for whoever does the work. Each must be woken exactly once, before
 * the engine is freed. NULL: no memory. */
WITHY_API withy_waker *withy_call_waker(withy_call *call);
/* From any thread, also when the call has ended meanwhile. Frees the waker. */
WITHY_API void withy_waker_wake(withy_waker *waker);

#ifdef __cplusplus
}
#endif

#endif
