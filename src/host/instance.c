/* Instances of the public API: one call at a time, each on a task of its own; waited for by turning
 * the loop, or by parking the task that waits. */
#include "host/embed.h"

#include "base/limits.h"
#include "interface/wasi/cli.h"
#include "value/copy.h"

#include <stdlib.h>
#include <string.h>

#define PROBLEM_MAX ((size_t)64 << 10)

/* --- life --- */

withy_status withy_instance_new(withy_linked *linked, void *data, withy_instance **instance_out,
                                withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_engine *engine = linked->component->engine;
    withy_instance *instance = calloc(1, sizeof *instance);
    if (!instance) return wy_host_status(WY_NOMEM, &diag, error);
    wy_err err = wy_instance_new(linked->target, engine->engine, &instance->instance, &diag);
    if (!err && wy_instance_had_no_room(instance->instance)) {
        wy_instance_free(instance->instance);
        err = wy_diag_set(&diag, WY_BUSY, "as many instances are alive as the engine has room for");
    }
    if (err) {
        free(instance);
        return wy_host_status(err, &diag, error);
    }
    instance->engine = engine;
    instance->linked = linked;
    instance->data = data;
    linked->refs++;
    wy_arena_init(&instance->results, WY_MAX_CALL_ARENA);
    wy_instance_set_owner(instance->instance, instance);
    *instance_out = instance;
    return WITHY_OK;
}

static void destroy(withy_instance *instance) {
    wy_instance_free(instance->instance);
    wy_arena_deinit(&instance->results);
    free(instance->problem);
    wy_embed_linked_release(instance->linked);
    free(instance);
}

void withy_instance_free(withy_instance *instance) {
    if (!instance) return;
    instance->is_freed = true;
    if (instance->is_busy)
        withy_instance_cancel(instance);
    else
        destroy(instance);
}

void *withy_instance_data(const withy_instance *instance) {
    return instance->data;
}

void withy_instance_set_timeout(withy_instance *instance, uint64_t timeout_ms) {
    instance->timeout_ms = timeout_ms;
}

withy_status withy_instance_set_fuel(withy_instance *instance, uint64_t fuel) {
    if (!instance->engine->counts_fuel) return WITHY_USAGE;
    wy_store_set_fuel(wy_instance_store(instance->instance), fuel);
    return WITHY_OK;
}

uint64_t withy_instance_fuel(const withy_instance *instance) {
    if (!instance->engine->counts_fuel) return UINT64_MAX;
    return wy_store_fuel(wy_instance_store(instance->instance));
}

const char *withy_instance_problem(const withy_instance *instance) {
    return instance->problem;
}

bool withy_instance_exited(const withy_instance *instance, int *code_out) {
    uint8_t code;
    if (!wy_wasi_cli_exited(instance->instance, &code)) return false;
    *code_out = code;
    return true;
}

/* --- the task of a call --- */

static void set_problem(withy_instance *instance, withy_status status, wy_buf *text) {
    instance->status = status;
    free(instance->problem);
    size_t len;
    instance->problem = text->failed ? NULL : wy_buf_take(text, &len);
    if (!instance->problem) instance->problem = strdup(withy_status_text(status));
}

static void keep_trap(withy_instance *instance, const wy_task *task, own wy_trap *trap) {
    withy_status status = WITHY_TRAP;
    if (wy_task_ended(task)) status = (withy_status)wy_task_ended(task);
    if (wy_instance_had_no_room(instance->instance)) status = WITHY_BUSY;
    if (wy_trap_is_out_of_fuel(trap)) status = WITHY_LIMIT;
    wy_buf text;
    wy_buf_init(&text, PROBLEM_MAX);
    int code;
    if (withy_instance_exited(instance, &code)) {
        status = WITHY_CLOSED;
        wy_buf_printf(&text, "the guest called exit with code %d", code);
    } else {
        wy_instance_print_trap(instance->instance, trap, &text);
    }
    set_problem(instance, status, &text);
    wy_buf_deinit(&text);
    wy_trap_free(trap);
}

/* The lifted result has views of the guest's memory, which it gets back now. */
static void keep_result(void *data, const void *result) {
    withy_instance *instance = data;
    const wy_type *type = instance->export->func.type->result;
    if (!type) return;
    instance->result = wy_arena_alloc(&instance->results, type->size);
    if (instance->result && !wy_value_copy(&instance->results, type, result, instance->result))
        return;
    instance->result = NULL;
    wy_buf text;
    wy_buf_init(&text, PROBLEM_MAX);
    wy_buf_printf(&text, "the result takes more than %zu bytes (WY_MAX_CALL_ARENA)",
                  WY_MAX_CALL_ARENA);
    set_problem(instance, WITHY_LIMIT, &text);
    wy_buf_deinit(&text);
}

static void call_body(wy_task *task, wy_context *context, void *data) {
    withy_instance *instance = data;
    instance->task = task;
    wy_instance_enter(instance->instance, task, context);
    wy_trap *trap = wy_instance_start(instance->instance);
    if (!trap)
        trap = instance->export
                   ? wy_instance_call(instance->instance, instance->export, instance->args,
                                      keep_result, instance)
                   : wy_instance_drop(instance->instance, instance->own_type, instance->handle);
    if (trap) keep_trap(instance, task, trap);
}

static void unlist(withy_instance *instance) {
    *instance->link = instance->next;
    if (instance->next) instance->next->link = instance->link;
    instance->next = NULL;
}

static void call_over(void *data) {
    withy_instance *instance = data;
    withy_engine *engine = instance->engine;
    instance->task = NULL;
    engine->ended++;
    unlist(instance);
    if (instance->is_waited_for) {
        instance->is_busy = false;
        if (instance->waiter) wy_task_wake(instance->waiter);
        return;
    }
    *engine->over_end = instance;
    engine->over_end = &instance->next;
}

void wy_embed_call_finish(withy_instance *instance) {
    bool is_freed = instance->is_freed; /* else `done` may free it, or start the next call */
    instance->is_busy = false;
    instance->done(instance->done_data, instance->status, instance->result);
    if (is_freed) destroy(instance);
}

/* --- starting --- */

static withy_status usage(withy_instance *instance, const char *what, size_t have, size_t want) {
    wy_buf text;
    wy_buf_init(&text, PROBLEM_MAX);
    if (want == have)
        wy_buf_printf(&text, "%s", what);
    else
        wy_buf_printf(&text, "%s has %zu bytes, its type %zu", what, have, want);
    set_problem(instance, WITHY_USAGE, &text);
    wy_buf_deinit(&text);
    return WITHY_USAGE;
}

/* Whether a call can begin now. A first trap's problem is left to be read. */
static withy_status check_free(const withy_instance *instance) {
    if (instance->is_busy) return WITHY_BUSY;
    if (instance->engine->is_ending) return WITHY_CLOSED;
    return wy_instance_poisoned(instance->instance) ? WITHY_TRAP : WITHY_OK;
}

static withy_status prepare(withy_instance *instance, const withy_extern *func, const void *args,
                            size_t args_size, size_t result_size) {
    withy_status status = check_free(instance);
    if (status) return status;
    const wy_plan_export *export = wy_embed_export(instance->linked->component, func);
    if (!export || export->sort != WY_SORT_FUNC)
        return usage(instance, "this is not a function that the component exports", 0, 0);
    const wy_func_type *type = export->func.type;
    size_t want = type->result ? type->result->size : 0;
    if (args_size != type->params.size)
        return usage(instance, "the struct of arguments", args_size, type->params.size);
    if (result_size != want) return usage(instance, "the result", result_size, want);
    instance->export = export;
    instance->args = args;
    return WITHY_OK;
}

static withy_status spawn(withy_instance *instance) {
    withy_engine *engine = instance->engine;
    free(instance->problem);
    instance->problem = NULL;
    wy_arena_rewind(&instance->results, (wy_arena_mark){0});
    instance->result = NULL;
    instance->status = WITHY_OK;
    instance->is_busy = true;
    instance->next = engine->running;
    instance->link = &engine->running;
    if (engine->running) engine->running->link = &instance->next;
    engine->running = instance;
    wy_err err = wy_task_spawn(engine->scheduler, wy_instance_store(instance->instance), call_body,
                               call_over, instance, instance->timeout_ms, NULL);
    if (!err) return WITHY_OK;
    unlist(instance);
    instance->is_busy = false;
    wy_buf text;
    wy_buf_init(&text, PROBLEM_MAX);
    wy_buf_printf(&text, "the call could not be started: %s",
                  err == WY_LIMIT ? "as many are under way as the engine has stacks for"
                                  : wy_err_text(err));
    set_problem(instance, err == WY_LIMIT ? WITHY_BUSY : (withy_status)err, &text);
    wy_buf_deinit(&text);
    return instance->status;
}

/* The call goes on whatever happens to the one who waits, and is told when that one is to end. */
static void wait_on_task(withy_instance *instance, wy_task *waiter) {
    instance->waiter = waiter;
    while (instance->is_busy) {
        if (wy_task_ended(waiter)) withy_instance_cancel(instance);
        wy_task_wait_out(waiter);
    }
    instance->waiter = NULL;
}

/* Starts what is prepared and waits until it is over. */
static withy_status run(withy_instance *instance) {
    withy_engine *engine = instance->engine;
    instance->is_waited_for = true;
    withy_status status = spawn(instance);
    wy_task *waiter = wy_scheduler_current(engine->scheduler);
    if (!status && waiter) wait_on_task(instance, waiter);
    while (!status && instance->is_busy)
        wy_embed_turn(engine, -1);
    instance->is_waited_for = false;
    return status ? status : instance->status;
}

withy_status withy_instance_call(withy_instance *instance, const withy_extern *func,
                                 const void *args, size_t args_size, void *result,
                                 size_t result_size) {
    withy_status status = prepare(instance, func, args, args_size, result_size);
    if (status) return status;
    status = run(instance);
    if (!status && result_size) memcpy(result, instance->result, result_size);
    if (instance->is_freed) destroy(instance);
    return status;
}

withy_status withy_instance_call_value(withy_instance *instance, const withy_extern *func,
                                       withy_value args, withy_value *result_out) {
    static const withy_value none = {NULL, NULL};
    const wy_func_type *type = func->type;
    if (result_out) *result_out = none;
    const wy_type *result = type ? type->result : NULL;
    withy_status status =
        prepare(instance, func, args.at, type ? type->params.size : 0, result ? result->size : 0);
    if (status) return status;
    if (type->params.count && args.type != &type->params)
        return usage(instance, "these are not arguments of the function", 0, 0);
    status = run(instance);
    if (!status && result && result_out && !instance->is_freed)
        *result_out = (withy_value){result, instance->result};
    if (instance->is_freed) destroy(instance);
    return status;
}

withy_status withy_instance_start(withy_instance *instance, const withy_extern *func,
                                  const void *args, size_t args_size, withy_done done, void *data) {
    size_t result_size = func->type && func->type->result ? func->type->result->size : 0;
    withy_status status = prepare(instance, func, args, args_size, result_size);
    if (status) return status;
    instance->done = done;
    instance->done_data = data;
    return spawn(instance);
}

withy_status withy_instance_drop(withy_instance *instance, const withy_type *own_type,
                                 uintptr_t handle) {
    withy_status status = check_free(instance);
    if (status) return status;
    if (own_type->kind != WY_KIND_OWN) return usage(instance, "this is not an own type", 0, 0);
    instance->export = NULL;
    instance->own_type = own_type;
    instance->handle = handle;
    status = run(instance);
    if (instance->is_freed) destroy(instance);
    return status;
}

void withy_instance_cancel(withy_instance *instance) {
    if (!instance->task) return;
    wy_task_cancel(instance->task);
    instance->engine->is_kicked = true;
}
