/* fermyon:spin/http without a version, the first one: a request and its response in one piece. */
#include "gen/fermyon_spin_first_http.h"

#include "base/limits.h"
#include "base/log.h"
#include "capability/http/fetch.h"
#include "interface/wasi/http.h"

typedef fermyon_spin_first_http_types_request request;
typedef fermyon_spin_first_http_types_response response;

static const wy_str methods[] = {{"GET", 3},   {"POST", 4}, {"PUT", 3},    {"DELETE", 6},
                                 {"PATCH", 5}, {"HEAD", 4}, {"OPTIONS", 7}};
_Static_assert(sizeof methods / sizeof methods[0] ==
                   FERMYON_SPIN_FIRST_HTTP_TYPES_METHOD_OPTIONS + 1,
               "in WIT order");

static uint8_t error_of(wy_err err) {
    switch ((int)err) {
    case WY_DENIED: return FERMYON_SPIN_FIRST_HTTP_TYPES_HTTP_ERROR_DESTINATION_NOT_ALLOWED;
    case WY_INVALID: return FERMYON_SPIN_FIRST_HTTP_TYPES_HTTP_ERROR_INVALID_URL;
    case WY_BUSY: return FERMYON_SPIN_FIRST_HTTP_TYPES_HTTP_ERROR_TOO_MANY_REQUESTS;
    default: return FERMYON_SPIN_FIRST_HTTP_TYPES_HTTP_ERROR_RUNTIME_ERROR;
    }
}

/* What belongs to the connection, and the length, are the client's to say. */
static const wy_http_field *fields_of(wy_call *call, const request *from, uint32_t *count_out) {
    wy_http_field *fields = wy_arena_calloc(call->arena, from->headers.len, sizeof *fields);
    uint32_t count = 0;
    for (size_t i = 0; fields && i < from->headers.len; i++) {
        wy_http_field field = {from->headers.ptr[i].f0, from->headers.ptr[i].f1};
        if (!wy_http_name_forbidden(field.name) &&
            !wy_str_eq_nocase(field.name, WY_STR("content-length")))
            fields[count++] = field;
    }
    *count_out = count;
    return fields;
}

/* Copies the head of the reply, whose values must be texts. */
static wy_err copy_head(wy_call *call, const wy_http_reply *reply, response *out) {
    const wy_http_fields *fields = wy_http_reply_fields(reply);
    wit_tuple2_string_string *headers =
        wy_arena_calloc(call->arena, fields->count, sizeof *headers);
    for (uint32_t i = 0; headers && i < fields->count; i++) {
        wy_http_field field = fields->items[i];
        if (!wy_utf8_valid(field.value.ptr, field.value.len)) return WY_MALFORMED;
        char *name = wy_arena_strndup(call->arena, field.name.ptr, field.name.len);
        char *value = wy_arena_strndup(call->arena, field.value.ptr, field.value.len);
        if (!name || !value) return WY_NOMEM;
        headers[i] = (wit_tuple2_string_string){{name, field.name.len}, {value, field.value.len}};
    }
    out->status = wy_http_reply_status(reply);
    out->headers.is_some = true;
    out->headers.some = (wit_list_tuple2_string_string){headers, fields->count};
    return headers ? WY_OK : WY_NOMEM;
}

static wy_err take_reply(wy_call *call, wy_http_reply *reply, response *out, wy_diag *diag) {
    wy_buf body;
    wy_buf_init(&body, WY_MAX_RESULT_BYTES);
    wy_err err = copy_head(call, reply, out);
    if (!err) err = wy_http_reply_read_all(reply, &body, diag);
    char *copy = err ? NULL : wy_arena_strndup(call->arena, body.ptr ? body.ptr : "", body.len);
    out->body.is_some = true;
    out->body.some = (wy_list_u8){(const uint8_t *)copy, copy ? body.len : 0};
    wy_buf_deinit(&body);
    return err ? err : copy ? WY_OK : WY_NOMEM;
}

static wy_err send_it(wy_call *call, const request *from, const wy_wasi_http_settings *settings,
                      response *out, wy_diag *diag) {
    wy_http_fetch fetch = {.method = methods[from->method],
                           .url = from->uri,
                           .follows = true,
                           .client = settings->client,
                           .task = call->task,
                           .policy = settings->policy,
                           .timeout_ms = WY_HTTP_RESPONSE_TIMEOUT_MS,
                           .connect_timeout_ms = WY_HTTP_CONNECT_TIMEOUT_MS};
    fetch.fields = fields_of(call, from, &fetch.field_count);
    if (!fetch.fields) return WY_NOMEM;
    if (from->body.is_some)
        fetch.body = (wy_str){(const char *)from->body.some.ptr, from->body.some.len};
    if (wy_str_starts(from->uri, WY_STR("/"))) { /* of the application itself */
        const char *url =
            wy_arena_printf(call->arena, "http://self" WY_STR_FMT, WY_STR_ARG(from->uri));
        if (!url) return WY_NOMEM;
        fetch.url = wy_str_of(url);
    }
    wy_http_reply *reply;
    wy_err err = wy_http_fetch_open(&fetch, &reply, diag);
    if (err) return err;
    err = take_reply(call, reply, out, diag);
    wy_http_reply_free(reply);
    return err;
}

static own wy_trap *send_request(wy_call *call,
                                 const fermyon_spin_first_http_send_request_args *args,
                                 fermyon_spin_first_http_send_request_result *result) {
    const wy_wasi_http_settings *settings = wy_instance_settings(call->instance, WY_SLOT_WASI_HTTP);
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = WY_DENIED;
    if (settings && settings->client) err = send_it(call, &args->req, settings, &result->ok, &diag);
    if (err && wy_task_ended(call->task)) return wy_task_trap(call->task);
    result->is_err = err != WY_OK;
    if (!err) return NULL;
    if (err != WY_DENIED) /* which the policy tells of */
        wy_log(WY_LOG_DEBUG, "http: %s", diag.text[0] ? diag.text : wy_err_text(err));
    result->err = error_of(err);
    return NULL;
}

static const fermyon_spin_first_http_ops ops = {.send_request = send_request};

extern const wy_interface wy_interface_fermyon_spin_first_http;
const wy_interface wy_interface_fermyon_spin_first_http = {&fermyon_spin_first_http_interface,
                                                           &ops};
