/* The executor of fermyon:spin/inbound-http, the handler of Spin's first components: request and
 * response are values, bodies and all. */
#include "trigger/http/executor.h"

#include "base/limits.h"
#include "gen/fermyon_spin_first_inbound_http.h"

#include <stdio.h>

typedef fermyon_spin_first_http_types_response response;

static bool method_of(wy_str text, uint8_t *method_out) {
    static const char *const names[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"};
    _Static_assert(sizeof names / sizeof *names == FERMYON_SPIN_FIRST_HTTP_TYPES_METHOD_OPTIONS + 1,
                   "in WIT order");
    uint8_t i = 0;
    while (i < sizeof names / sizeof *names && !wy_str_eqz(text, names[i]))
        i++;
    *method_out = i;
    return i < sizeof names / sizeof *names;
}

/* The request's fields; NULL: no memory. Values that are no text cannot be given to the guest. */
static wit_tuple2_string_string *headers_of(wy_http_incoming *request, size_t *count_out) {
    const wy_http_fields *fields = &request->fields;
    wit_tuple2_string_string *headers =
        wy_arena_calloc(&request->arena, fields->count, sizeof *headers);
    size_t count = 0;
    for (uint32_t i = 0; headers && i < fields->count; i++) {
        wy_http_field field = fields->items[i];
        if (wy_utf8_valid(field.value.ptr, field.value.len))
            headers[count++] = (wit_tuple2_string_string){field.name, field.value};
    }
    *count_out = count;
    return headers;
}

static wy_err add_fields(const response *from, wy_http_fields *fields) {
    const wit_list_tuple2_string_string *list = &from->headers.some;
    wy_err err = WY_OK;
    for (size_t i = 0; from->headers.is_some && i < list->len && !err; i++) {
        wy_str name = list->ptr[i].f0, value = list->ptr[i].f1;
        if (!wy_http_token_valid(name) || !wy_http_value_valid(value)) return WY_INVALID;
        if (!wy_http_name_forbidden(name) && !wy_str_eq_nocase(name, WY_STR("content-length")))
            err = wy_http_fields_append(fields, name, value);
    }
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%zu", from->body.is_some ? from->body.some.len : 0);
    wy_str length = {digits, (size_t)len};
    bool has_length = from->status >= 200 && from->status != 204 && from->status != 304;
    return err || !has_length ? err
                              : wy_http_fields_append(fields, WY_STR("content-length"), length);
}

/* Sends the response: its views end with this call. Waits on the task's fiber. */
static void on_result(void *data, const void *result) {
    wy_http_job *job = data;
    const response *from = result;
    if (from->status < 100 || from->status > 600) {
        wy_http_job_fail(job, 500, "the component answered with a status that HTTP does not have",
                         (wy_str){0});
        return;
    }
    wy_http_fields fields;
    wy_http_fields_init(&fields, &job->exchange->request->arena);
    wy_http_writer *writer = wy_http_writer_new();
    wy_err err = writer ? add_fields(from, &fields) : WY_NOMEM;
    if (!err) err = wy_http_writer_response(writer, from->status, &fields);
    if (err) {
        wy_http_job_fail(job, 500, "the response cannot be sent", wy_str_of(wy_err_text(err)));
    } else {
        wy_http_job_respond(job, writer);
        if (from->body.is_some)
            err = wy_http_job_write(
                job, writer, (wy_str){(const char *)from->body.some.ptr, from->body.some.len});
        if (!err) err = wy_http_writer_finish(writer, NULL);
        if (err) wy_http_writer_abort(writer); /* the client is gone, or the time is over */
    }
    wy_http_writer_release(writer);
}

static own wy_trap *call_with(wy_http_job *job, const wy_plan_export *export,
                              fermyon_spin_first_inbound_http_handle_request_args *args) {
    wy_http_exchange *exchange = job->exchange;
    wy_buf body;
    wy_buf_init(&body, WY_MAX_RESULT_BYTES);
    wy_err err = wy_http_job_read_body(job, &body);
    wy_trap *trap = NULL;
    if (err == WY_CANCELLED || err == WY_TIMEOUT) {
        trap = wy_task_trap(job->task);
    } else if (err) {
        wy_http_job_fail(job, err == WY_LIMIT ? 413 : 400, "the request's body cannot be used",
                         wy_str_of(wy_err_text(err)));
    } else {
        args->req.uri = exchange->path_with_query;
        args->req.body.is_some = true;
        args->req.body.some = (wy_list_u8){(const uint8_t *)body.ptr, body.len};
        args->req.headers.ptr = headers_of(exchange->request, &args->req.headers.len);
        trap = args->req.headers.ptr ? wy_instance_call(job->instance, export, args, on_result, job)
                                     : wy_trap_new("out of memory for an HTTP request");
    }
    wy_buf_deinit(&body);
    return trap;
}

static own wy_trap *call(wy_http_job *job, const wy_plan_export *export) {
    fermyon_spin_first_inbound_http_handle_request_args args = {0};
    if (method_of(job->exchange->request->method, &args.req.method))
        return call_with(job, export, &args);
    wy_http_exchange_fail(job->exchange, 405);
    return NULL;
}

const wy_http_executor wy_http_executor_first = {
    .interface = &fermyon_spin_first_inbound_http_interface,
    .call = call,
};
