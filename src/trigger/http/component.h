/* Requests answered by a component: each runs its exported handler in a task of its own, in a fresh
 * instance unless reuse was asked for. A handler is wasi:http/incoming-handler or the older
 * fermyon:spin/inbound-http, or, when asked for, a whole program in the manner of CGI. */
#ifndef WY_TRIGGER_HTTP_COMPONENT_H
#define WY_TRIGGER_HTTP_COMPONENT_H

#include "runtime/component.h"
#include "runtime/task.h"
#include "trigger/http/server.h"

typedef struct wy_http_component wy_http_component;

typedef struct wy_http_component_config {
    wy_scheduler *scheduler;
    const wy_component *component; /* outlives this */
    uint64_t timeout_ms;           /* of a request; 0: none */
    uint32_t reuse;   /* an instance serves up to that many requests, one at a time; 0 and 1: one */
    bool is_wagi;     /* it is a program; then: */
    wy_str wagi_argv; /* its arguments, split at spaces; ${SCRIPT_NAME} and ${ARGS} are replaced */
} wy_http_component_config;

/* WY_UNMET: the component exports no handler; WY_INVALID: more than one. */
wy_err wy_http_component_new(const wy_http_component_config *config,
                             own wy_http_component **handler_out, wy_diag *diag) WY_MUST_USE;
/* Whether no request is running. */
bool wy_http_component_is_idle(const wy_http_component *handler);
/* No request may be running. */
void wy_http_component_free(own wy_http_component *handler);
/* Answers one request; `data` is the wy_http_component, so that it may be a server's on_request. */
void wy_http_component_handle(void *data, own wy_http_exchange *exchange);

#endif
