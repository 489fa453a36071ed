/* What a host function of an embedder can do with the call that it serves: memory, traps, and
 * waiting for timers, threads and whatever else wakes it. */
#include "host/embed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const withy_linked *linked_of(const withy_call *call) {
    return wy_instance_settings(call->instance, WY_SLOT_EMBEDDER);
}

void *withy_call_data(const withy_call *call) {
    return ((const wy_embed_host *)call->link->interface)->data;
}

withy_instance *withy_call_instance(const withy_call *call) {
    return wy_instance_owner(call->instance);
}

const withy_extern *withy_call_import(const withy_call *call) {
    const withy_linked *linked = linked_of(call);
    return &linked->component->imports[call->link - wy_component_links(linked->target)];
}

void *withy_call_alloc(withy_call *call, size_t size) {
    return wy_arena_alloc(call->arena, size);
}

void *withy_call_reserve(withy_call *call, uint32_t len, withy_trap **trap_out) {
    *trap_out = NULL;
    if (call->cx && len) return wy_abi_reserve(call->cx, len, trap_out);
    *trap_out = wy_trap_new("a host function reserved memory for a result that has none");
    return NULL;
}

withy_value withy_call_args(const withy_call *call, const void *args) {
    return (withy_value){withy_func_params(withy_call_import(call)->type), (void *)args};
}

withy_value withy_call_result(const withy_call *call, void *result) {
    const withy_type *type = withy_func_result(withy_call_import(call)->type);
    if (!type) return (withy_value){NULL, NULL};
    memset(result, 0, type->size);
    return (withy_value){type, result};
}

_Static_assert(offsetof(withy_arena, arena) == 0, "an arena inside is one outside");

withy_arena *withy_call_arena(withy_call *call) {
    return (withy_arena *)call->arena;
}

withy_trap *withy_trap_new(const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return wy_trap_new("%s", text);
}

void withy_trap_free(withy_trap *trap) {
    wy_trap_free(trap);
}

/* --- waiting --- */

withy_trap *withy_call_check(const withy_call *call) {
    return wy_task_ended(call->task) ? wy_task_trap(call->task) : NULL;
}

withy_trap *withy_call_offload(withy_call *call, void (*work)(void *data), void *data) {
    wy_err err = wy_task_offload(call->task, work, data);
    if (err && !wy_task_ended(call->task))
        return wy_trap_new("no thread could be had: %s", wy_err_text(err));
    return err ? wy_task_trap(call->task) : NULL;
}

typedef struct nap {
    wy_task *task;
    bool is_over;
} nap;

static void on_nap_over(void *data) {
    nap *n = data;
    n->is_over = true;
    wy_task_wake(n->task);
}

withy_trap *withy_call_sleep(withy_call *call, uint64_t ms) {
    nap n = {.task = call->task};
    wy_timer *timer;
    wy_err err = wy_timer_new(wy_task_loop(call->task), on_nap_over, &n, &timer);
    if (err) return wy_trap_new("no timer could be had: %s", wy_err_text(err));
    wy_timer_start(timer, ms);
    while (!n.is_over && !err)
        err = wy_task_wait(call->task);
    wy_timer_free(timer);
    return err ? wy_task_trap(call->task) : NULL;
}

withy_trap *withy_call_wait(withy_call *call) {
    return wy_task_wait(call->task) ? wy_task_trap(call->task) : NULL;
}

withy_waker *withy_call_waker(withy_call *call) {
    withy_waker *waker = malloc(sizeof *waker);
    if (!waker) return NULL;
    waker->engine = linked_of(call)->component->engine;
    wy_task_ref_init(&waker->task, call->task);
    waker->engine->wakers++;
    return waker;
}

void withy_waker_wake(withy_waker *waker) {
    withy_engine *engine = waker->engine;
    pthread_mutex_lock(&engine->lock);
    waker->next = engine->woken;
    engine->woken = waker;
    /* Inside, as the engine may be freed once the list is empty again. */
    wy_loop_wake(engine->loop);
    pthread_mutex_unlock(&engine->lock);
}
