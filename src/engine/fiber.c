/* Fibers: host code on a stack of its own that may park in the middle of guest calls.
 *
 *   wy_fiber_resume -> future poll -> [fiber stack] entry -> body -> guest -> host -> suspend
 *
 * A fiber is an asynchronous call of one host function, "entry", which runs the body. Parking is a
 * call of another, "suspend", whose continuation is ready once the fiber was resumed.
 *
 * Sanitizers: a fiber's stack is plain memory to AddressSanitizer and needs no annotation, because
 * no host frame is ever jumped over (a trap unwinds guest frames only; host functions return).
 * detect_stack_use_after_return must stay off (gcc's default), since its frames are a thread's. */
#include "base/limits.h"
#include "engine/internal.h"

#include <stdlib.h>

/* How far below the place where a body began a guest may still be entered: what remains then holds
 * a whole guest stack, and the host's own below it. (Wasmtime measures the guest's stack anew at
 * each entry on a fiber, so nested entries are counted here.) */
#define ENTRY_ROOM (WY_FIBER_STACK - WY_MAX_WASM_STACK - WY_HOST_STACK)
_Static_assert(WY_FIBER_STACK >= 2 * WY_MAX_WASM_STACK + WY_HOST_STACK + ((size_t)64 << 10),
               "a guest at the end of its stack can still call a host that calls a guest");

/* A start function runs on a nested stack whose beginning is unknown. At its first entry from
 * there, at most a guest's stack and a host function's are in use. */
#define NESTED_ROOM (ENTRY_ROOM - WY_MAX_WASM_STACK)

/* One suspend in progress; on the parked stack. */
typedef struct wy_park {
    wy_fiber *fiber;
    uint64_t seen; /* fiber->resumes when it parked */
} wy_park;

static uintptr_t stack_now(void) {
    return (uintptr_t)__builtin_frame_address(0);
}

static own wasm_trap_t *entry(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values,
                              size_t count) {
    (void)env, (void)values, (void)count;
    wasmtime_context_t *context = wasmtime_caller_context(caller);
    wy_fiber *fiber = wy_store_of((wy_context *)context)->running;
    fiber->floor = stack_now() - ENTRY_ROOM;
    fiber->body(fiber->data, (wy_context *)context);
    return NULL;
}

static bool is_resumed(void *env) {
    const wy_park *park = env;
    return park->fiber->resumes != park->seen;
}

static void suspend(void *env, wasmtime_caller_t *caller, const wasmtime_val_t *args,
                    size_t arg_count, wasmtime_val_t *results, size_t result_count,
                    wasm_trap_t **trap_out, wasmtime_async_continuation_t *continuation_out) {
    (void)env, (void)args, (void)arg_count, (void)results, (void)result_count, (void)trap_out;
    wasmtime_context_t *context = wasmtime_caller_context(caller);
    continuation_out->callback = is_resumed;
    continuation_out->env = wy_store_of((wy_context *)context)->running->park;
    continuation_out->finalizer = NULL;
}

wy_err wy_fiber_define(wasmtime_linker_t *linker, wy_diag *diag) {
    wasm_functype_t *type = wy_functype_new(NULL, 0, NULL, 0);
    if (!type) return WY_NOMEM;
    wasmtime_error_t *error = wasmtime_linker_define_func_unchecked(linker, "fiber", 5, "entry", 5,
                                                                    type, entry, NULL, NULL);
    if (!error)
        error = wasmtime_linker_define_async_func(linker, "fiber", 5, "suspend", 7, type, suspend,
                                                  NULL, NULL);
    wasm_functype_delete(type);
    return error ? wy_engine_error(diag, WY_ENGINE, error) : WY_OK;
}

static bool fetch(wy_store *store, const char *name, size_t len, wasmtime_func_t *func_out) {
    wasmtime_extern_t item;
    if (!wasmtime_linker_get(store->engine->fiber_linker, store->context, "fiber", 5, name, len,
                             &item))
        return false;
    *func_out = item.of.func;
    return true;
}

wy_err wy_fiber_new(wy_store *store, wy_fiber_body body, void *data, own wy_fiber **fiber_out) {
    if (!store->has_entry) {
        if (!fetch(store, "entry", 5, &store->entry)) return WY_ENGINE;
        store->has_entry = true;
    }
    wy_fiber *fiber = calloc(1, sizeof *fiber);
    if (!fiber) return WY_NOMEM;
    fiber->store = store;
    fiber->body = body;
    fiber->data = data;
    fiber->entry = store->entry;
    store->fiber_count++;
    store->engine->stacks++;
    *fiber_out = fiber;
    return WY_OK;
}

/* Fibers may be resumed from within others, of the same store too: then they nest. */
bool wy_fiber_resume(wy_fiber *fiber) {
    wy_store *store = fiber->store;
    wy_assert(!fiber->done && !fiber->is_cancelled && store->running != fiber);
    wy_ticker_note_run(&store->engine->ticker);
    /* Two ticks: the slice is one whole tick at least. */
    wasmtime_context_set_epoch_deadline(store->context, 2);
    if (!fiber->future)
        fiber->future = wasmtime_func_call_async(store->context, &fiber->entry, NULL, 0, NULL, 0,
                                                 &fiber->trap, &fiber->error);
    fiber->resumes++;
    wy_fiber *outer = store->running;
    store->running = fiber;
    fiber->done = wasmtime_call_future_poll(fiber->future);
    store->running = outer;
    if (fiber->done) {
        wasmtime_call_future_delete(fiber->future);
        fiber->future = NULL;
    }
    return fiber->done;
}

bool wy_fiber_suspend(wy_fiber *fiber) {
    wy_store *store = fiber->store;
    wy_assert(store->running == fiber);
    if (fiber->is_cancelled) return false;
    if (!store->has_suspend) {
        if (!fetch(store, "suspend", 7, &store->suspend)) return false;
        store->has_suspend = true;
    }
    wy_park park = {fiber, fiber->resumes};
    wy_park *outer = fiber->park;
    fiber->park = &park;
    wasm_trap_t *trap = NULL;
    wasmtime_val_raw_t none;
    wasmtime_error_t *error =
        wasmtime_func_call_unchecked(store->context, &store->suspend, &none, 0, &trap);
    fiber->park = outer;
    if (!error && !trap) return true;
    wy_trap_free(wy_trap_of(error, trap));
    wy_assert(fiber->is_cancelled);
    return false;
}

void wy_fiber_free(own wy_fiber *fiber) {
    if (!fiber) return;
    wy_store *store = fiber->store;
    wy_assert(store->running != fiber);
    if (fiber->future) {
        fiber->is_cancelled = true;
        wy_fiber *outer = store->running;
        store->running = fiber;
        wasmtime_call_future_delete(fiber->future);
        store->running = outer;
    }
    if (fiber->error || fiber->trap) wy_trap_free(wy_trap_of(fiber->error, fiber->trap));
    store->fiber_count--;
    store->engine->stacks--;
    free(fiber);
}

bool wy_fiber_may_enter(wy_fiber *fiber, own wy_trap **trap_out) {
    uintptr_t now = stack_now();
    if (WY_UNLIKELY(fiber->is_cancelled)) {
        *trap_out = wy_trap_new("cancelled");
        return false;
    }
    if (WY_UNLIKELY(fiber->floor == 0)) fiber->floor = now - NESTED_ROOM;
    if (WY_UNLIKELY(now < fiber->floor)) {
        *trap_out = wy_trap_new("call stack exhausted: too many calls between guests and host");
        return false;
    }
    return true;
}

bool wy_fiber_await(wy_store *store, own wasmtime_call_future_t *future) {
    wy_fiber *fiber = store->running;
    uintptr_t floor = fiber ? fiber->floor : 0;
    bool go_on = !fiber || !fiber->is_cancelled;
    if (fiber) fiber->floor = 0;
    while (go_on && !wasmtime_call_future_poll(future)) {
        /* Off a fiber nothing can wait: only stores whose fibers have parked come here then. */
        go_on = fiber && wy_fiber_suspend(fiber);
    }
    wasmtime_call_future_delete(future);
    if (fiber) fiber->floor = floor;
    return go_on;
}
