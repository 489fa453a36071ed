/* Component: exchange -> task -> instance -> incoming-handler.handle -> response. */
#include "trigger/http/component.h"

#include "base/limits.h"
#include "base/log.h"
#include "gen/wasi_http_incoming_handler.h"
#include "interface/wasi/http.h"
#include "runtime/instance.h"

#include <stdlib.h>

#define TRAP_TEXT_MAX ((size_t)64 << 10)

/* An instance between two requests. */
typedef struct idle_instance {
    wy_instance *instance;
    uint32_t uses;
} idle_instance;

struct wy_http_component {
    wy_http_component_config config;
    const wy_plan_export *export;
    idle_instance idle[WY_MAX_HTTP_IDLE_INSTANCES];
    uint32_t idle_count;
    uint32_t running; /* requests */
};

/* One request; lies in the request's arena, so it ends with the exchange. */
typedef struct request_job {
    wy_http_component *handler;
    wy_http_exchange *exchange;
    wy_instance *instance;
    uint32_t uses; /* requests that the instance served before */
    wy_task *task; /* NULL: not running */
    wy_http_writer *response;
    wy_trap *trap;
    wy_err ended; /* why the task was ended, if it was */
} request_job;

wy_err wy_http_component_new(const wy_http_component_config *config,
                             own wy_http_component **handler_out, wy_diag *diag) {
    const wy_plan_export *export = wy_component_export(
        config->component, WY_STR("wasi:http/incoming-handler"), WY_STR("0.2.0"), WY_STR("handle"));
    if (!export)
        return wy_diag_set(diag, WY_UNMET,
                           "the component does not export wasi:http/incoming-handler@0.2: it "
                           "cannot answer HTTP requests");
    wy_http_component *handler = calloc(1, sizeof *handler);
    if (!handler) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    handler->config = *config;
    handler->export = export;
    *handler_out = handler;
    return WY_OK;
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

/* --- the guest's answer --- */

static void on_respond(void *data, wy_http_writer *writer) {
    request_job *job = data;
    job->response = writer;
    wy_http_writer_retain(writer);
    wy_http_exchange_respond(job->exchange, writer);
}

static uint16_t status_of(wy_http_error error) {
    switch ((int)error) {
    case WY_HTTP_DNS_TIMEOUT:
    case WY_HTTP_CONNECTION_TIMEOUT:
    case WY_HTTP_CONNECTION_READ_TIMEOUT:
    case WY_HTTP_CONNECTION_WRITE_TIMEOUT:
    case WY_HTTP_RESPONSE_TIMEOUT: return 504;
    case WY_HTTP_REQUEST_BODY_SIZE: return 413;
    case WY_HTTP_REQUEST_LENGTH_REQUIRED: return 411;
    default: return 500;
    }
}

static void on_fail(void *data, wy_http_error error, wy_str text) {
    request_job *job = data;
    wy_log(WY_LOG_ERROR,
           WY_STR_FMT ": " WY_STR_FMT " " WY_STR_FMT ": the component answered %s%s" WY_STR_FMT,
           WY_STR_ARG(wy_component_name(job->handler->config.component)),
           WY_STR_ARG(job->exchange->request->method), WY_STR_ARG(job->exchange->path_with_query),
           wy_http_error_name(error), text.len ? ": " : "", WY_STR_ARG(text));
    wy_http_exchange_fail(job->exchange, status_of(error));
}

/* --- running --- */

static void run(wy_task *task, wy_context *context, void *data) {
    request_job *job = data;
    wy_http_exchange *exchange = job->exchange;
    job->task = task;
    wy_instance_enter(job->instance, task, context);
    if (job->uses == 0) job->trap = wy_instance_start(job->instance);
    if (!job->trap) {
        wy_wasi_http_request request = {
            .message = exchange->request,
            .path_with_query = exchange->path_with_query,
            .authority = exchange->authority,
        };
        wy_wasi_http_answer answer = {on_respond, on_fail, job};
        wasi_http_incoming_handler_handle_args args = {
            .request = wy_wasi_http_request_new(&request),
            .response_out = wy_wasi_http_outparam_new(&answer),
        };
        if (args.request && args.response_out) {
            job->trap = wy_instance_call(job->instance, job->handler->export, &args, NULL, NULL);
        } else {
            wy_wasi_http_request_drop(args.request);
            wy_wasi_http_outparam_drop(args.response_out);
            job->trap = wy_trap_new("out of memory for an HTTP request");
        }
    }
    job->ended = wy_task_ended(task);
}

static void log_failure(const request_job *job, const char *what) {
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
static void judge(request_job *job) {
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

static void keep_or_free(request_job *job) {
    wy_http_component *handler = job->handler;
    bool complete = !job->response || wy_http_writer_closed(job->response);
    bool keep = job->uses + 1 < handler->config.reuse && !job->trap && !job->ended && complete &&
                handler->idle_count < WY_MAX_HTTP_IDLE_INSTANCES;
    if (keep)
        handler->idle[handler->idle_count++] = (idle_instance){job->instance, job->uses + 1};
    else
        wy_instance_free(job->instance); /* aborts a body that was not finished */
}

static void end(request_job *job) {
    wy_http_exchange *exchange = job->exchange;
    exchange->on_gone = NULL;
    job->task = NULL;
    job->handler->running--;
    judge(job);
    wy_trap *trap = job->trap;
    keep_or_free(job);
    if (trap) wy_trap_free(trap);
    wy_http_writer_release(job->response);
    wy_http_exchange_release(exchange); /* the job too */
}

static void on_done(void *data) {
    end(data);
}

static void on_gone(void *data) {
    request_job *job = data;
    if (job->task) wy_task_cancel(job->task);
}

static wy_err take_instance(request_job *job, wy_diag *diag) {
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
    request_job *job = wy_arena_calloc(&exchange->request->arena, 1, sizeof *job);
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
