/* Triggers of the public API: calls into components, each in an instance of its own. */
#include "host/trigger.h"

#include "base/limits.h"
#include "base/log.h"
#include "host/load.h"
#include "interface/wasi/cli.h"
#include "runtime/instance.h"
#include "value/copy.h"
#include "wit/semver.h"

#include <stdlib.h>

#define PROBLEM_MAX ((size_t)64 << 10)

struct wy_trigger_call {
    withy_binding *binding;
    const void *args;
    withy_called done;
    void *data;
    wy_instance *instance; /* NULL: over */
    wy_trap *trap;
    wy_err ended; /* why the task was ended, if it was */
    wy_arena results;
    void *result;
    withy_status status;
    wy_trigger_call *next; /* among those that are over */
};

/* --- which function --- */

static wy_err find_export(withy_binding *b, const char *path, wy_diag *diag) {
    const wy_triggers_config *config = &b->trigger->config;
    if (!b->source->component) return wy_diag_set(diag, WY_INVALID, "'component' is missing");
    wy_err err = b->component
                     ? WY_OK
                     : config->load(config->data, b->source->component, &b->component, diag);
    if (err) return err;
    wy_str name = wy_str_of(path), interface_name = {0}, version = {0};
    size_t hash = wy_str_find(name, '#');
    if (hash < name.len) {
        wy_wit_name parts;
        interface_name = wy_str_sub(name, 0, hash);
        name = wy_str_sub(name, hash + 1, name.len);
        if (wy_wit_name_split(interface_name, &parts)) {
            interface_name = parts.unversioned;
            version = parts.version;
        }
    }
    b->export = wy_component_export(b->component, interface_name, version, name);
    if (b->export && b->export->sort == WY_SORT_FUNC) return WY_OK;
    b->export = NULL;
    return wy_diag_set(diag, WY_UNMET,
                       "component \"%s\" does not export %s, which a trigger of "
                       "this type calls",
                       b->component_id, path);
}

withy_status withy_binding_export(withy_binding *b, const char *path, size_t args_size,
                                  size_t result_size, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = find_export(b, path, &diag);
    const wy_func_type *type = err ? NULL : b->export->func.type;
    size_t result = type && type->result ? type->result->size : 0;
    if (!err && (type->params.size != args_size || result != result_size))
        err = wy_diag_set(&diag, WY_USAGE,
                          "%s of component \"%s\" is of another type than a trigger of this type "
                          "calls: its arguments have %zu bytes, not %zu; its result has %zu, not "
                          "%zu",
                          path, b->component_id, (size_t)type->params.size, args_size, result,
                          result_size);
    if (!err) return WITHY_OK;
    b->export = NULL;
    wy_diag_prefix(&diag, "[[trigger.%s]] %s", b->trigger->program->type->name, b->id);
    return wy_host_status(err, &diag, error);
}

const withy_func_type *withy_binding_type(const withy_binding *b) {
    return b->export ? b->export->func.type : NULL;
}

/* --- the end of a call --- */

void wy_trigger_finish_calls(withy_trigger *t) {
    while (t->over) {
        wy_trigger_call *c = t->over;
        t->over = c->next;
        if (!t->over) t->over_end = &t->over;
        if (c->done) c->done(c->data, c->status, c->status ? NULL : c->result);
        wy_arena_deinit(&c->results);
        free(c);
    }
}

static void is_over(wy_trigger_call *c, withy_status status) {
    withy_trigger *t = c->binding->trigger;
    c->status = status;
    c->next = NULL;
    *t->over_end = c;
    t->over_end = &c->next;
    t->running--;
    wy_timer_start(t->turn, 0);
}

static void log_failure(const wy_trigger_call *c, withy_status status) {
    const withy_binding *b = c->binding;
    wy_buf text;
    wy_buf_init(&text, PROBLEM_MAX);
    if (c->trap && c->instance) wy_instance_print_trap(c->instance, c->trap, &text);
    const char *what = status == WITHY_TIMEOUT  ? "it took longer than its time"
                       : status == WITHY_CLOSED ? "it ended itself"
                       : status == WITHY_LIMIT  ? "its result takes too much memory"
                       : status == WITHY_NOMEM  ? "out of memory"
                       : c->trap                ? "it trapped"
                                                : withy_status_text(status);
    wy_log(WY_LOG_ERROR, "%s: component \"%s\" failed: %s%s" WY_STR_FMT, b->id, b->component_id,
           what, text.len ? ": " : "", WY_STR_ARG(wy_str_trim(wy_buf_view(&text))));
    wy_buf_deinit(&text);
}

static withy_status status_of(const wy_trigger_call *c) {
    uint8_t code;
    if (c->ended) return (withy_status)c->ended;
    if (wy_instance_had_no_room(c->instance)) return WITHY_BUSY;
    if (c->trap && wy_wasi_cli_exited(c->instance, &code)) return WITHY_CLOSED;
    if (c->trap) return WITHY_TRAP;
    return c->status;
}

static void on_done(void *data) {
    wy_trigger_call *c = data;
    withy_status status = status_of(c);
    if (status && status != WITHY_BUSY) log_failure(c, status);
    if (c->trap) wy_trap_free(c->trap);
    wy_instance_free(c->instance);
    c->instance = NULL;
    is_over(c, status);
}

/* --- a call --- */

/* The lifted result has views of the guest's memory, which ends with the instance. */
static void keep_result(void *data, const void *result) {
    wy_trigger_call *c = data;
    const wy_type *type = c->binding->export->func.type->result;
    if (!type) return;
    c->result = wy_arena_alloc(&c->results, type->size);
    if (!c->result || wy_value_copy(&c->results, type, result, c->result)) c->status = WITHY_LIMIT;
}

static void run(wy_task *task, wy_context *context, void *data) {
    wy_trigger_call *c = data;
    wy_instance_enter(c->instance, task, context);
    c->trap = wy_instance_start(c->instance);
    if (!c->trap)
        c->trap = wy_instance_call(c->instance, c->binding->export, c->args, keep_result, c);
    c->ended = wy_task_ended(task);
}

void withy_binding_call(withy_binding *b, const void *args, withy_called done, void *data) {
    static const char none[1];
    withy_trigger *t = b->trigger;
    wy_scheduler *scheduler = t->config.scheduler;
    wy_trigger_call *c = calloc(1, sizeof *c);
    wy_assert(b->export); /* withy_binding_export found it */
    if (!c) {
        if (done) done(data, WITHY_NOMEM, NULL);
        return;
    }
    *c = (wy_trigger_call){.binding = b, .args = args ? args : none, .done = done, .data = data};
    wy_arena_init(&c->results, WY_MAX_CALL_ARENA);
    t->running++;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = wy_instance_new(b->component, wy_scheduler_engine(scheduler), &c->instance, &diag);
    if (!err)
        err = wy_task_spawn(scheduler, wy_instance_store(c->instance), run, on_done, c,
                            t->config.timeout_ms, NULL);
    if (!err) return;
    wy_instance_free(c->instance);
    c->instance = NULL;
    is_over(c, WITHY_BUSY);
}
