/* Component: exchange -> task -> instance -> the exported handler, by its executor -> response. */
#include "trigger/http/component.h"

#include "base/limits.h"
#include "base/log.h"
#include "trigger/http/executor.h"

#include <stdlib.h>

#define TRAP_TEXT_MAX ((size_t)64 << 10)

/* An instance between two requests. */
typedef struct idle_instance {
    wy_instance *instance;
    uint32_t uses;
} idle_instance;

struct wy_http_component {
    wy_http_component_config config;
    const wy_http_executor *executor;
    const wy_plan_export *export;
    idle_instance idle[WY_MAX_HTTP_IDLE_INSTANCES];
    uint32_t idle_count;
    uint32_t running; /* requests */
};

/* NULL: not exported, or with another type. */
static const wy_plan_export *find_export(const wy_component *component,
                                         const wy_http_executor *executor) {
    const wy_interface_desc *desc = executor->interface;
    const wy_plan_export *export =
        wy_component_export(component, desc->name, desc->version, desc->funcs[0].name);
    bool fits = export && wy_component_export_fits(component, export, desc->funcs[0].type);
    return fits ? export : NULL;
}

/* Says of an export that looks like a handler why it is none. */
static wy_err fail_without(const wy_component *component, wy_diag *diag) {
    const wy_plan *plan = wy_component_plan(component);
    const wy_interface_desc *desc = wy_http_executor_wasi.interface;
    wy_str near = {0};
    for (uint32_t i = 0; i < plan->export_count && !near.len; i++)
        if (wy_str_starts(plan->exports[i].name, WY_STR("wasi:http/")))
            near = plan->exports[i].name;
    bool is_other_type =
        wy_component_export(component, desc->name, desc->version, desc->funcs[0].name) != NULL;
    return wy_diag_set(diag, WY_UNMET,
                       "the component does not export wasi:http/incoming-handler@0.2%s" WY_STR_FMT
                       "%s: it cannot answer HTTP requests",
                       near.len ? " (it exports " : "", WY_STR_ARG(near),
                       is_other_type ? ", with a function of another type)"
                       : near.len    ? ")"
                                     : "");
}

/* Exactly one of the handlers must be there. */
static wy_err find_handler(wy_http_component *handler, wy_diag *diag) {
    static const wy_http_executor *const handlers[] = {&wy_http_executor_wasi,
                                                       &wy_http_executor_first};
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        const wy_plan_export *export = find_export(handler->config.component, handlers[i]);
        if (!export) continue;
        if (handler->export)
            return wy_diag_set(diag, WY_INVALID,
                               "the component exports both " WY_STR_FMT " and " WY_STR_FMT
                               ": which of them answers requests?",
                               WY_STR_ARG(handler->executor->interface->name),
                               WY_STR_ARG(handlers[i]->interface->name));
        handler->executor = handlers[i];
        handler->export = export;
    }
    return handler->export ? WY_OK : fail_without(handler->config.component, diag);
}

static wy_err find_program(wy_http_component *handler, wy_diag *diag) {
    handler->executor = &wy_http_executor_wagi;
    handler->export = find_export(handler->config.component, handler->executor);
    return handler->export ? WY_OK
                           : wy_diag_set(diag, WY_UNMET,
                                         "the component does not export wasi:cli/run@0.2: it is no "
                                         "program for the executor 'wagi'");
}

wy_err wy_http_component_new(const wy_http_component_config *config,
                             own wy_http_component **handler_out, wy_diag *diag) {
    wy_http_component *handler = calloc(1, sizeof *handler);
    if (!handler) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    handler->config = *config;
    wy_err err = config->is_wagi ? find_program(handler, diag) : find_handler(handler, diag);
    if (err)
        free(handler);
    else
        *handler_out = handler;
    return err;
}

bool wy_http_component_is_idle(const wy_http_component *handler) {
    return handler->running == 0;
}

void wy_http_component_free(own wy_http_component *handler) {
    if (!handler) return;
    wy_assert(wy_http_component_is_idle(handler));
    for (uint32_t i = 0; i < handler->idle_count; i++)
        wy_instance_free(handler->idle[i].instance);
    free(handler);
}

/* --- what executors need --- */

const wy_http_component_config *wy_http_job_config(const wy_http_job *job) {
    return &job->handler->config;
}

void wy_http_job_respond(wy_http_job *job, wy_http_writer *writer) {
    wy_assert(!job->response);
    job->response = writer;
    wy_http_writer_retain(writer);
    wy_http_exchange_respond(job->exchange, writer);
}

void wy_http_job_fail(wy_http_job *job, uint16_t status, const char *why, wy_str text) {
    wy_log(WY_LOG_ERROR, WY_STR_FMT ": " WY_STR_FMT " " WY_STR_FMT ": %s%s" WY_STR_FMT,
           WY_STR_ARG(wy_component_name(job->handler->config.component)),
           WY_STR_ARG(job->exchange->request->method), WY_STR_ARG(job->exchange->path_with_query),
           why, text.len ? ": " : "", WY_STR_ARG(text));
    wy_http_exchange_fail(job->exchange, status);
}

static void wake_task(void *data) {
    wy_task_wake(data);
}

wy_err wy_http_job_read_body(wy_http_job *job, wy_buf *body) {
    wy_http_body *from = &job->exchange->request->body;
    wy_err err = WY_OK;
    from->on_changed = wake_task;
    from->reader = job->task;
    while (!err) {
        wy_str bytes = wy_http_body_peek(from);
        if (bytes.len == 0 && (from->ended || from->failed)) break;
        if (bytes.len) {
            wy_buf_str(body, bytes);
            wy_http_body_take(from, bytes.len);
            if (body->failed) err = WY_LIMIT;
        } else {
            err = wy_task_wait(job->task);
        }
    }
    from->on_changed = NULL;
    from->reader = NULL;
    return err ? err : from->failed ? WY_IO : WY_OK;
}

wy_err wy_http_job_write(wy_http_job *job, wy_http_writer *writer, wy_str bytes) {
    wy_err err = WY_OK;
    wy_http_writer_watch(writer, wake_task, job->task);
    while (bytes.len && !err) {
        size_t permit = wy_http_writer_permit(writer);
        size_t len = bytes.len < permit ? bytes.len : permit;
        if (wy_http_writer_closed(writer))
            err = WY_CLOSED;
        else
            err = len ? wy_http_writer_write(writer, wy_str_sub(bytes, 0, len))
                      : wy_task_wait(job->task);
        bytes = wy_str_sub(bytes, len, bytes.len);
    }
    wy_http_writer_watch(writer, NULL, NULL);
    return err;
}

/* --- running --- */

static void run(wy_task *task, wy_context *context, void *data) {
    wy_http_job *job = data;
    const wy_http_component *handler = job->handler;
    job->task = task;
    wy_instance_enter(job->instance, task, context);
    if (handler->executor->prepare) job->trap = handler->executor->prepare(job);
    if (!job->trap && job->uses == 0) job->trap = wy_instance_start(job->instance);
    if (!job->trap && !job->exchange->answered)
        job->trap = handler->executor->call(job, handler->export);
    job->ended = wy_task_ended(task);
}

static void log_failure(const wy_http_job *job, const char *what) {
    wy_str name = wy_component_name(job->handler->config.component);
    wy_buf text;
    wy_buf_init(&text, TRAP_TEXT_MAX);
    if (job->trap) wy_instance_print_trap(job->instance, job->trap, &text);
    wy_log(WY_LOG_ERROR, WY_STR_FMT ": " WY_STR_FMT " " WY_STR_FMT ": %s%s" WY_STR_FMT,
           WY_STR_ARG(name), WY_STR_ARG(job->exchange->request->method),
           WY_STR_ARG(job->exchange->path_with_query), what, text.len ? ": " : "",
           WY_STR_ARG(wy_str_trim(wy_buf_view(&text))));
    wy_buf_deinit(&text);
}

/* What the client gets when the guest did not answer as it should; logs why. */
static void judge(wy_http_job *job) {
    wy_http_exchange *exchange = job->exchange;
    if (job->ended == WY_CANCELLED) {
        wy_log(WY_LOG_DEBUG, "http: the client went away, the request was cancelled");
        wy_http_exchange_fail(exchange, 500);
    } else if (job->ended == WY_TIMEOUT) {
        log_failure(job, "the request took longer than its time");
        wy_http_exchange_fail(exchange, 504);
    } else if (job->trap && wy_instance_had_no_room(job->instance)) {
        log_failure(job, "the request was refused");
        wy_http_exchange_fail(exchange, 503);
    } else if (job->trap) {
        log_failure(job, "the component trapped");
        wy_http_exchange_fail(exchange, 500);
    } else if (!exchange->answered) {
        log_failure(job, "the component returned without a response");
        wy_http_exchange_fail(exchange, 500);
    }
}

static void keep_or_free(wy_http_job *job) {
    wy_http_component *handler = job->handler;
    bool complete = !job->response || wy_http_writer_closed(job->response);
    bool keep = job->uses + 1 < handler->config.reuse && !handler->executor->once && !job->trap &&
                !job->ended && complete && handler->idle_count < WY_MAX_HTTP_IDLE_INSTANCES;
    if (keep)
        handler->idle[handler->idle_count++] = (idle_instance){job->instance, job->uses + 1};
    else
        wy_instance_free(job->instance); /* aborts a body that was not finished */
}

static void end(wy_http_job *job) {
    wy_http_exchange *exchange = job->exchange;
    exchange->on_gone = NULL;
    job->task = NULL;
    job->handler->running--;
    judge(job);
    wy_trap *trap = job->trap;
    keep_or_free(job);
    if (job->handler->executor->end) job->handler->executor->end(job);
    if (trap) wy_trap_free(trap);
    wy_http_writer_release(job->response);
    wy_http_exchange_release(exchange); /* the job too */
}

static void on_done(void *data) {
    end(data);
}

static void on_gone(void *data) {
    wy_http_job *job = data;
    if (job->task) wy_task_cancel(job->task);
}

static wy_err take_instance(wy_http_job *job, wy_diag *diag) {
    wy_http_component *handler = job->handler;
    if (handler->idle_count) {
        idle_instance idle = handler->idle[--handler->idle_count];
        job->instance = idle.instance;
        job->uses = idle.uses;
        return WY_OK;
    }
    return wy_instance_new(handler->config.component,
                           wy_scheduler_engine(handler->config.scheduler), &job->instance, diag);
}

/* No instance, no stack, no memory: the client may come back later. */
static void refuse(own wy_http_exchange *exchange, wy_err err, const char *text) {
    wy_log(WY_LOG_WARN, "http: a request was refused: %s", text && *text ? text : wy_err_text(err));
    wy_http_exchange_fail(exchange, err == WY_LIMIT ? 503 : 500);
    wy_http_exchange_release(exchange);
}

void wy_http_component_handle(void *data, own wy_http_exchange *exchange) {
    wy_http_component *handler = data;
    wy_http_job *job = wy_arena_calloc(&exchange->request->arena, 1, sizeof *job);
    if (!job) {
        refuse(exchange, WY_LIMIT, NULL);
        return;
    }
    job->handler = handler;
    job->exchange = exchange;
    wy_diag diag;
    diag.err = WY_OK;
    diag.text[0] = '\0';
    wy_err err = take_instance(job, &diag);
    if (err) {
        refuse(exchange, err, diag.text);
        return;
    }
    exchange->on_gone = on_gone;
    exchange->data = job;
    handler->running++;
    err = wy_task_spawn(handler->config.scheduler, wy_instance_store(job->instance), run, on_done,
                        job, handler->config.timeout_ms, NULL);
    if (err) {
        exchange->on_gone = NULL;
        handler->running--;
        wy_instance_free(job->instance);
        refuse(exchange, err, NULL);
    }
}
