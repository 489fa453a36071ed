/* Executor: how a request is given to a component and its answer taken, one a kind of handler that
 * components export (private to trigger/http/component.c and the executors). */
#ifndef WY_TRIGGER_HTTP_EXECUTOR_H
#define WY_TRIGGER_HTTP_EXECUTOR_H

#include "runtime/instance.h"
#include "trigger/http/component.h"

/* One request; lies in the request's arena, so it ends with the exchange. */
typedef struct wy_http_job {
    wy_http_component *handler;
    wy_http_exchange *exchange;
    wy_instance *instance;
    uint32_t uses; /* requests that the instance served before */
    wy_task *task; /* NULL: not running */
    wy_http_writer *response;
    wy_trap *trap;
    wy_err ended; /* why the task was ended, if it was */
    void *state;  /* the executor's, from `prepare` on; ends with the exchange */
} wy_http_job;

typedef struct wy_http_executor {
    /* The export that it calls: the only function of an interface, at a compatible version. */
    const wy_interface_desc *interface;
    bool once; /* an instance serves one request, whatever was asked for */
    /* On the task's fiber, before the instance starts; may answer already, and that was it then.
     * NULL: nothing to do. */
    own wy_trap *(*prepare)(wy_http_job *job);
    /* On the task's fiber: calls the export. */
    own wy_trap *(*call)(wy_http_job *job, const wy_plan_export *export);
    /* When all is over and the instance gone; NULL: nothing to do. */
    void (*end)(wy_http_job *job);
} wy_http_executor;

extern const wy_http_executor wy_http_executor_wasi;  /* wasi:http/incoming-handler */
extern const wy_http_executor wy_http_executor_first; /* fermyon:spin/inbound-http */
extern const wy_http_executor wy_http_executor_wagi;  /* wasi:cli/run, as a CGI program */

const wy_http_component_config *wy_http_job_config(const wy_http_job *job);
/* Begins the response; the head was given to `writer`. Once. */
void wy_http_job_respond(wy_http_job *job, wy_http_writer *writer);
/* Answers with an empty response, or cuts it when it began, and logs why. */
void wy_http_job_fail(wy_http_job *job, uint16_t status, const char *why, wy_str text);
/* The whole body of the request, up to WY_MAX_RESULT_BYTES. WY_LIMIT: there is more; WY_IO: it
 * broke off; WY_CANCELLED and WY_TIMEOUT: return wy_task_trap. */
wy_err wy_http_job_read_body(wy_http_job *job, wy_buf *body) WY_MUST_USE;
/* Writes all of it, waiting for a client that is slow. WY_CLOSED: it is gone, or the message ended;
 * WY_CANCELLED and WY_TIMEOUT as above. */
wy_err wy_http_job_write(wy_http_job *job, wy_http_writer *writer, wy_str bytes) WY_MUST_USE;

#endif
