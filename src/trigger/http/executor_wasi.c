/* The executor of wasi:http/incoming-handler. */
#include "trigger/http/executor.h"

#include "gen/wasi_http_incoming_handler.h"
#include "interface/wasi/http.h"

#include <stdio.h>

static void on_respond(void *data, wy_http_writer *writer) {
    wy_http_job_respond(data, writer);
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
    char why[64];
    wy_http_job *job = data;
    snprintf(why, sizeof why, "the component answered %s", wy_http_error_name(error));
    wy_http_job_fail(job, status_of(error), why, text);
}

static own wy_trap *call(wy_http_job *job, const wy_plan_export *export) {
    wy_http_exchange *exchange = job->exchange;
    wy_wasi_http_request request = {
        .message = exchange->request,
        .path_with_query = exchange->path_with_query,
        .authority = exchange->authority,
        .https = exchange->https,
    };
    wy_wasi_http_answer answer = {on_respond, on_fail, job};
    wasi_http_incoming_handler_handle_args args = {
        .request = wy_wasi_http_request_new(&request),
        .response_out = wy_wasi_http_outparam_new(&answer),
    };
    if (args.request && args.response_out)
        return wy_instance_call(job->instance, export, &args, NULL, NULL);
    wy_wasi_http_request_drop(args.request);
    wy_wasi_http_outparam_drop(args.response_out);
    return wy_trap_new("out of memory for an HTTP request");
}

const wy_http_executor wy_http_executor_wasi = {
    .interface = &wasi_http_incoming_handler_interface,
    .call = call,
};
