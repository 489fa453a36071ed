/* Stores: instances, their exports, calls into them, and the epoch callback. */
#include "engine/internal.h"

#include <stdlib.h>

/* Types that are passed through without copying. */
_Static_assert(sizeof(wy_raw) == sizeof(wasmtime_val_raw_t) &&
                   _Alignof(wy_raw) >= _Alignof(wasmtime_val_raw_t),
               "wy_raw");
_Static_assert(sizeof(wy_core_func) == sizeof(wasmtime_func_t) &&
                   offsetof(wy_core_func, store_id) == offsetof(wasmtime_func_t, store_id),
               "wy_core_func");
_Static_assert(sizeof(wy_core_memory) == sizeof(wasmtime_memory_t) &&
                   _Alignof(wy_core_memory) >= _Alignof(wasmtime_memory_t),
               "wy_core_memory");
_Static_assert(sizeof(wy_core_instance) == sizeof(wasmtime_instance_t) &&
                   offsetof(wy_core_instance, store_id) == offsetof(wasmtime_instance_t, store_id),
               "wy_core_instance");
_Static_assert(sizeof(wy_extern) == sizeof(wasmtime_extern_t) &&
                   _Alignof(wy_extern) >= _Alignof(wasmtime_extern_t),
               "wy_extern");
_Static_assert((int)WY_EXTERN_FUNC == WASMTIME_EXTERN_FUNC &&
                   (int)WY_EXTERN_GLOBAL == WASMTIME_EXTERN_GLOBAL &&
                   (int)WY_EXTERN_TABLE == WASMTIME_EXTERN_TABLE &&
                   (int)WY_EXTERN_MEMORY == WASMTIME_EXTERN_MEMORY &&
                   (int)WY_EXTERN_SHARED_MEMORY == WASMTIME_EXTERN_SHAREDMEMORY &&
                   (int)WY_EXTERN_TAG == WASMTIME_EXTERN_TAG,
               "wy_extern_kind");

/* engine/src/lib.rs; absent from a prebuilt library, where each memory is limited by itself. */
__attribute__((weak)) void withy_engine_store_limits(wasmtime_store_t *store,
                                                     wy_store_limits *limits);

/* Runs when a guest is found running after its slice. */
static wasmtime_error_t *on_epoch(wasmtime_context_t *context, void *data, uint64_t *delta_out,
                                  wasmtime_update_deadline_kind_t *kind_out) {
    (void)context;
    const wy_store *store = data;
    *delta_out = 1;
    *kind_out = WASMTIME_UPDATE_DEADLINE_CONTINUE;
    wy_ticker_note_run(&store->engine->ticker);
    if (!store->on_epoch) return NULL;
    wy_epoch_verdict verdict = store->on_epoch(store->on_epoch_data);
    if (verdict.stop) return wasmtime_error_new(verdict.stop);
    if (verdict.yield && store->running && !store->running->is_cancelled) {
        *delta_out = 2;
        *kind_out = WASMTIME_UPDATE_DEADLINE_YIELD;
    }
    return NULL;
}

static void set_limits(wasmtime_store_t *store, wy_store_limits *limits) {
    if (withy_engine_store_limits) {
        withy_engine_store_limits(store, limits);
        return;
    }
    int64_t memory = limits->memory_bytes_max > INT64_MAX ? -1 : (int64_t)limits->memory_bytes_max;
    int64_t table =
        limits->table_elements_max > INT64_MAX ? -1 : (int64_t)limits->table_elements_max;
    wasmtime_store_limiter(store, memory, table, -1, -1, -1);
}

static wy_engine *with_room(wy_engine *engine) {
    bool is_full = engine->stores >= engine->stores_max || engine->stacks >= engine->stacks_max ||
                   engine->is_short;
    wy_engine *more = is_full ? wy_engine_more(engine) : NULL;
    return more ? more : engine;
}

wy_err wy_store_new(wy_engine *engine, void *data, wy_store_limits *limits, own wy_store **out) {
    wy_store *store = calloc(1, sizeof *store);
    if (!store) return WY_NOMEM;
    engine = with_room(engine);
    engine->stores++;
    store->engine = engine;
    store->data = data;
    store->wasm = wasmtime_store_new(wy_engine_wasm(engine), store, NULL);
    store->context = wasmtime_store_context(store->wasm);
    if (limits) set_limits(store->wasm, limits);
    wasmtime_store_epoch_deadline_callback(store->wasm, on_epoch, store, NULL);
    wasmtime_context_set_epoch_deadline(store->context, 2);
    if (engine->config.fuel) wy_store_set_fuel(store, UINT64_MAX);
    *out = store;
    return WY_OK;
}

void wy_store_free(own wy_store *store) {
    if (!store) return;
    wy_assert(store->fiber_count == 0 && !store->running);
    wasmtime_store_delete(store->wasm);
    store->engine->stores--;
    store->engine->stacks -= store->has_nested;
    store->engine->is_short = false;
    free(store);
}

void wy_store_set_fuel(wy_store *store, uint64_t fuel) {
    wasmtime_error_t *error = wasmtime_context_set_fuel(store->context, fuel);
    wy_assert(!error && "the engine counts fuel");
}

uint64_t wy_store_fuel(const wy_store *store) {
    uint64_t fuel = 0;
    wasmtime_error_t *error = wasmtime_context_get_fuel(store->context, &fuel);
    wy_assert(!error && "the engine counts fuel");
    return fuel;
}

wy_context *wy_store_context(wy_store *store) {
    return (wy_context *)store->context;
}

void wy_store_on_epoch(wy_store *store, wy_epoch_verdict (*callback)(void *data), void *data) {
    store->on_epoch = callback;
    store->on_epoch_data = data;
}

wy_context *wy_caller_context(wy_caller *caller) {
    return (wy_context *)wasmtime_caller_context((wasmtime_caller_t *)caller);
}

void *wy_context_data(wy_context *context) {
    return wy_store_of(context)->data;
}

/* --- instantiating --- */

static bool is_of_guest(const wasm_trap_t *trap) {
    wasmtime_trap_code_t code;
    if (wasmtime_trap_code(trap, &code)) return true;
    wasm_frame_vec_t frames;
    wasm_trap_trace(trap, &frames);
    bool has_frames = frames.size != 0;
    wasm_frame_vec_delete(&frames);
    return has_frames;
}

/* What came of it: WY_OK; WY_TRAP with a trap; WY_BUSY where a pool has no room now; WY_LIMIT where
 * the store's limits leave none; WY_ENGINE. */
static wy_err outcome(own wasmtime_error_t *error, own wasm_trap_t *trap, own wy_trap **trap_out,
                      wy_diag *diag) {
    if (!error && !trap) return WY_OK;
    wy_trap *made = wy_trap_of(error, trap);
    wy_buf text;
    wy_buf_init(&text, WY_DIAG_TEXT_MAX);
    wy_trap_print(made, &text, 20);
    wy_err err = WY_TRAP;
    if (is_of_guest((wasm_trap_t *)made))
        *trap_out = made;
    else {
        err = !text.ptr                                ? WY_ENGINE
              : strstr(text.ptr, "maximum concurrent") ? WY_BUSY
              : strstr(text.ptr, "limit")              ? WY_LIMIT
                                                       : WY_ENGINE;
        wy_trap_free(made);
    }
    wy_diag_set(diag, err, "%s", text.ptr ? text.ptr : "out of memory");
    wy_buf_deinit(&text);
    return err;
}

static wy_err cancelled(own wy_trap **trap_out, wy_diag *diag) {
    *trap_out = wy_trap_new("cancelled");
    return wy_diag_set(diag, WY_TRAP, "cancelled while instantiating");
}

/* On a fiber, and in a store whose fibers have parked, Wasmtime instantiates only asynchronously; a
 * start function gets a stack of its own there, which the store then keeps. */
static bool needs_future(wy_store *store) {
    bool needed = store->running || store->has_suspend;
    if (needed && !store->has_nested) {
        store->has_nested = true;
        store->engine->stacks++;
    }
    return needed;
}

wy_err wy_instance_pre_instantiate(const wy_instance_pre *pre, wy_context *context,
                                   wy_core_instance *instance_out, own wy_trap **trap_out,
                                   wy_diag *diag) {
    wy_store *store = wy_store_of(context);
    wasmtime_instance_t *instance = (wasmtime_instance_t *)instance_out;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = NULL;
    *trap_out = NULL;
    pre = wy_instance_pre_in(pre, store->engine, diag);
    if (!pre) return WY_ENGINE;
    if (!needs_future(store))
        error = wasmtime_instance_pre_instantiate(pre->wasm, store->context, instance, &trap);
    else if (!wy_fiber_await(store, wasmtime_instance_pre_instantiate_async(
                                        pre->wasm, store->context, instance, &trap, &error)))
        return cancelled(trap_out, diag);
    return outcome(error, trap, trap_out, diag);
}

/* The C API's only asynchronous way from a list of imports leads through a linker. A core module's
 * imports of one name are one thing to a component (CM: core:instantiate), so names are enough. */
static wasmtime_error_t *define_imports(wy_store *store, wasmtime_linker_t *linker,
                                        const wy_module *module, const wy_extern *imports,
                                        size_t count) {
    /* Asked for here, as few modules come this way: they take more than all else of a module. */
    wasm_importtype_vec_t *named = &((wy_module *)module)->imports;
    if (!named->data) wasmtime_module_imports(module->wasm, named);
    wy_assert(named->size == count);
    wasmtime_linker_allow_shadowing(linker, true);
    for (size_t i = 0; i < count; i++) {
        const wasm_name_t *space = wasm_importtype_module(named->data[i]);
        const wasm_name_t *name = wasm_importtype_name(named->data[i]);
        wasmtime_error_t *error =
            wasmtime_linker_define(linker, store->context, space->data, space->size, name->data,
                                   name->size, (const wasmtime_extern_t *)&imports[i]);
        if (error) return error;
    }
    return NULL;
}

wy_err wy_core_instantiate(wy_context *context, const wy_module *module, const wy_extern *imports,
                           size_t import_count, wy_core_instance *instance_out,
                           own wy_trap **trap_out, wy_diag *diag) {
    wy_store *store = wy_store_of(context);
    wasmtime_instance_t *instance = (wasmtime_instance_t *)instance_out;
    wasm_trap_t *trap = NULL;
    *trap_out = NULL;
    module = wy_module_in(module, store->engine, diag);
    if (!module) return WY_ENGINE;
    if (!needs_future(store)) {
        wasmtime_error_t *failed =
            wasmtime_instance_new(store->context, module->wasm, (const wasmtime_extern_t *)imports,
                                  import_count, instance, &trap);
        return outcome(failed, trap, trap_out, diag);
    }
    wasmtime_linker_t *linker = wasmtime_linker_new(store->engine->wasm);
    wasmtime_error_t *error = define_imports(store, linker, module, imports, import_count);
    bool went_on = error || wy_fiber_await(store, wasmtime_linker_instantiate_async(
                                                      linker, store->context, module->wasm,
                                                      instance, &trap, &error));
    wasmtime_linker_delete(linker);
    return went_on ? outcome(error, trap, trap_out, diag) : cancelled(trap_out, diag);
}

/* --- exports --- */

bool wy_core_instance_export(wy_context *context, const wy_core_instance *instance, wy_str name,
                             wy_extern *extern_out) {
    return wasmtime_instance_export_get((wasmtime_context_t *)context,
                                        (const wasmtime_instance_t *)instance, name.ptr, name.len,
                                        (wasmtime_extern_t *)extern_out);
}

wy_extern_kind wy_extern_kind_of(const wy_extern *item) {
    return (wy_extern_kind)((const wasmtime_extern_t *)item)->kind;
}

bool wy_extern_func(const wy_extern *item, wy_core_func *func_out) {
    const wasmtime_extern_t *wasm = (const wasmtime_extern_t *)item;
    if (wasm->kind != WASMTIME_EXTERN_FUNC) return false;
    memcpy(func_out, &wasm->of.func, sizeof *func_out);
    return true;
}

bool wy_extern_memory(const wy_extern *item, wy_core_memory *memory_out) {
    const wasmtime_extern_t *wasm = (const wasmtime_extern_t *)item;
    if (wasm->kind != WASMTIME_EXTERN_MEMORY) return false;
    memcpy(memory_out, &wasm->of.memory, sizeof *memory_out);
    return true;
}

void wy_extern_of_func(const wy_core_func *func, wy_extern *extern_out) {
    wasmtime_extern_t *wasm = (wasmtime_extern_t *)extern_out;
    wasm->kind = WASMTIME_EXTERN_FUNC;
    memcpy(&wasm->of.func, func, sizeof *func);
}

uint8_t *wy_memory_data(wy_context *context, const wy_core_memory *memory) {
    return wasmtime_memory_data((wasmtime_context_t *)context, (const wasmtime_memory_t *)memory);
}

size_t wy_memory_size(wy_context *context, const wy_core_memory *memory) {
    return wasmtime_memory_data_size((wasmtime_context_t *)context,
                                     (const wasmtime_memory_t *)memory);
}

/* --- calls --- */

bool wy_core_call(wy_context *context, const wy_core_func *func, wy_raw *values, size_t count,
                  own wy_trap **trap_out) {
    wy_fiber *fiber = wy_store_of(context)->running;
    if (fiber && !wy_fiber_may_enter(fiber, trap_out)) return false;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error =
        wasmtime_func_call_unchecked((wasmtime_context_t *)context, (const wasmtime_func_t *)func,
                                     (wasmtime_val_raw_t *)values, count, &trap);
    if (WY_LIKELY(!error && !trap)) return true;
    *trap_out = wy_trap_of(error, trap);
    return false;
}
