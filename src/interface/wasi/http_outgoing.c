/* wasi:http/types: outgoing-request, request-options, outgoing-response, outgoing-body,
 * response-outparam. */
#include "interface/wasi/http_object.h"

#include <stdlib.h>

/* --- outgoing messages --- */

static http_out_message *message_of(wy_handle handle) {
    return (http_out_message *)handle;
}

/* Takes over the fields: nobody can change them any more. */
static own wy_trap *message_new(bool is_request, wy_handle headers, wy_handle *result) {
    http_out_message *message = calloc(1, sizeof *message);
    http_fields *fields = (http_fields *)headers;
    if (!message) {
        wy_wasi_fields_release(fields);
        return wy_wasi_http_no_memory();
    }
    fields->immutable = true;
    message->fields = fields;
    message->is_request = is_request;
    message->status = 200;
    *result = (wy_handle)message;
    return NULL;
}

void wy_wasi_http_drop_outgoing_message(void *object) {
    http_out_message *message = object;
    wy_wasi_fields_release(message->fields);
    wy_http_writer_release(message->writer);
    free((void *)(uintptr_t)message->method.ptr);
    free((void *)(uintptr_t)message->path_with_query.ptr);
    free((void *)(uintptr_t)message->authority.ptr);
    free((void *)(uintptr_t)message->scheme.ptr);
    free(message);
}

wy_http_writer *wy_wasi_http_message_writer(http_out_message *message) {
    if (message->writer) return message->writer;
    message->writer = wy_http_writer_new();
    uint64_t length;
    wy_str text = wy_http_fields_get(&message->fields->list, WY_STR("content-length"));
    if (message->writer && text.ptr && wy_str_to_u64(text, INT64_MAX, &length))
        wy_http_writer_expect(message->writer, length);
    return message->writer;
}

static own wy_trap *take_body(http_out_message *message,
                              wasi_http_types_result_own_outgoing_body_none *result) {
    result->is_err = message->writer != NULL;
    if (message->writer) return NULL;
    http_out_body *body = calloc(1, sizeof *body);
    if (!body || !wy_wasi_http_message_writer(message)) {
        free(body);
        return wy_wasi_http_no_memory();
    }
    body->refs = 1;
    body->is_request = message->is_request;
    body->writer = message->writer;
    wy_http_writer_retain(body->writer);
    result->ok = (wy_handle)body;
    return NULL;
}

static own wy_trap *share_fields(http_out_message *message, wy_handle *result) {
    message->fields->refs++;
    *result = (wy_handle)message->fields;
    return NULL;
}

/* --- outgoing-response --- */

WY_WASI_HTTP_FUNC(outgoing_response_new) {
    (void)call;
    return message_new(false, args->headers, result);
}

WY_WASI_HTTP_FUNC(outgoing_response_status_code) {
    (void)call;
    *result = message_of(args->self)->status;
    return NULL;
}

WY_WASI_HTTP_FUNC(outgoing_response_set_status_code) {
    (void)call;
    result->is_err = args->status_code < 100 || args->status_code > 999;
    if (!result->is_err) message_of(args->self)->status = args->status_code;
    return NULL;
}

WY_WASI_HTTP_FUNC(outgoing_response_headers) {
    (void)call;
    return share_fields(message_of(args->self), result);
}

WY_WASI_HTTP_FUNC(outgoing_response_body) {
    (void)call;
    return take_body(message_of(args->self), result);
}

/* --- outgoing-request --- */

/* Replaces an own copy; a NULL ptr clears it. False: no memory. */
static bool replace(wy_str *at, wy_str text) {
    char *copy = NULL;
    if (text.ptr) {
        copy = malloc(text.len + 1);
        if (!copy) return false;
        memcpy(copy, text.ptr, text.len);
    }
    free((void *)(uintptr_t)at->ptr);
    *at = (wy_str){copy, copy ? text.len : 0};
    return true;
}

/* `valid` said no, or the copy is made. */
static own wy_trap *set_text(wy_str *at, bool valid, wy_str text, wit_result *result) {
    result->is_err = !valid;
    if (valid && !replace(at, text)) return wy_wasi_http_no_memory();
    return NULL;
}

static wy_str some_text(const wit_option_string *option) {
    if (!option->is_some) return (wy_str){0};
    return (wy_str){option->some.len ? option->some.ptr : "", option->some.len};
}

WY_WASI_HTTP_FUNC(outgoing_request_new) {
    (void)call;
    return message_new(true, args->headers, result);
}

WY_WASI_HTTP_FUNC(outgoing_request_body) {
    (void)call;
    return take_body(message_of(args->self), result);
}

WY_WASI_HTTP_FUNC(outgoing_request_method) {
    (void)call;
    wy_str method = message_of(args->self)->method;
    *result = wy_wasi_http_method(method.ptr ? method : WY_STR("GET"));
    return NULL;
}

WY_WASI_HTTP_FUNC(outgoing_request_set_method) {
    (void)call;
    wy_str text = {0};
    bool valid = wy_wasi_http_method_text(&args->method, &text);
    return set_text(&message_of(args->self)->method, valid, text, result);
}

WY_WASI_HTTP_FUNC(outgoing_request_path_with_query) {
    (void)call;
    wy_str path = message_of(args->self)->path_with_query;
    *result = (wit_option_string){path.ptr != NULL, path};
    return NULL;
}

WY_WASI_HTTP_FUNC(outgoing_request_set_path_with_query) {
    (void)call;
    wy_str path = some_text(&args->path_with_query);
    bool valid = path.len == 0 || wy_http_target_valid(path);
    return set_text(&message_of(args->self)->path_with_query, valid, path, result);
}

WY_WASI_HTTP_FUNC(outgoing_request_scheme) {
    (void)call;
    wy_str scheme = message_of(args->self)->scheme;
    memset(result, 0, sizeof *result);
    result->is_some = scheme.ptr != NULL;
    if (!scheme.ptr) return NULL;
    result->some.tag = wy_str_eq(scheme, WY_STR("http"))    ? WASI_HTTP_TYPES_SCHEME_HTTP
                       : wy_str_eq(scheme, WY_STR("https")) ? WASI_HTTP_TYPES_SCHEME_HTTPS
                                                            : WASI_HTTP_TYPES_SCHEME_OTHER;
    result->some.other = scheme;
    return NULL;
}

/* RFC 3986 3.1 */
static bool scheme_valid(wy_str scheme) {
    for (size_t i = 0; i < scheme.len; i++) {
        char c = scheme.ptr[i];
        bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!alpha && (i == 0 || !other)) return false;
    }
    return scheme.len > 0;
}

WY_WASI_HTTP_FUNC(outgoing_request_set_scheme) {
    (void)call;
    wy_str scheme = {0};
    if (args->scheme.is_some) {
        if (args->scheme.some.tag == WASI_HTTP_TYPES_SCHEME_HTTP)
            scheme = WY_STR("http");
        else if (args->scheme.some.tag == WASI_HTTP_TYPES_SCHEME_HTTPS)
            scheme = WY_STR("https");
        else
            scheme = args->scheme.some.other;
    }
    bool valid = !args->scheme.is_some || scheme_valid(scheme);
    return set_text(&message_of(args->self)->scheme, valid, scheme, result);
}

WY_WASI_HTTP_FUNC(outgoing_request_authority) {
    (void)call;
    wy_str authority = message_of(args->self)->authority;
    *result = (wit_option_string){authority.ptr != NULL, authority};
    return NULL;
}

WY_WASI_HTTP_FUNC(outgoing_request_set_authority) {
    (void)call;
    wy_str authority = some_text(&args->authority);
    bool valid = !args->authority.is_some || wy_http_authority_valid(authority);
    return set_text(&message_of(args->self)->authority, valid, authority, result);
}

WY_WASI_HTTP_FUNC(outgoing_request_headers) {
    (void)call;
    return share_fields(message_of(args->self), result);
}

/* --- request-options --- */

own wy_trap *wy_wasi_http_request_options_new(wy_call *call, const void *args,
                                              wasi_http_types_request_options_new_result *result) {
    (void)call, (void)args;
    *result = (wy_handle)calloc(1, sizeof(http_options));
    return *result ? NULL : wy_wasi_http_no_memory();
}

void wy_wasi_http_drop_options(void *object) {
    free(object);
}

static http_options *options_of(wy_handle handle) {
    return (http_options *)handle;
}

WY_WASI_HTTP_FUNC(request_options_connect_timeout) {
    (void)call;
    *result = options_of(args->self)->connect;
    return NULL;
}

WY_WASI_HTTP_FUNC(request_options_set_connect_timeout) {
    (void)call;
    options_of(args->self)->connect = args->duration;
    result->is_err = false;
    return NULL;
}

WY_WASI_HTTP_FUNC(request_options_first_byte_timeout) {
    (void)call;
    *result = options_of(args->self)->first_byte;
    return NULL;
}

WY_WASI_HTTP_FUNC(request_options_set_first_byte_timeout) {
    (void)call;
    options_of(args->self)->first_byte = args->duration;
    result->is_err = false;
    return NULL;
}

WY_WASI_HTTP_FUNC(request_options_between_bytes_timeout) {
    (void)call;
    *result = options_of(args->self)->between_bytes;
    return NULL;
}

WY_WASI_HTTP_FUNC(request_options_set_between_bytes_timeout) {
    (void)call;
    options_of(args->self)->between_bytes = args->duration;
    result->is_err = false;
    return NULL;
}

/* --- outgoing-body --- */

static void out_body_release(own http_out_body *body) {
    if (--body->refs) return;
    wy_http_writer_release(body->writer);
    free(body);
}

void wy_wasi_http_drop_outgoing_body(void *object) {
    http_out_body *body = object;
    wy_http_writer_abort(body->writer); /* without finish it is incomplete */
    out_body_release(body);
}

const char *wy_wasi_http_outgoing_body_busy(const void *object) {
    const http_out_body *body = object;
    return body->stream_alive ? "its output-stream is still alive" : NULL;
}

typedef struct body_output {
    wy_output_stream stream;
    http_out_body *body;
} body_output;

static void on_writer_changed(void *data) {
    wy_io_source *source = data;
    wy_io_source_wake(source);
}

static bool output_ready(wy_io_source *source) {
    wy_http_writer *writer = ((body_output *)source)->body->writer;
    return wy_http_writer_permit(writer) > 0 || wy_http_writer_closed(writer);
}

static void output_free(own wy_io_source *source) {
    body_output *output = (body_output *)source;
    wy_http_writer_watch(output->body->writer, NULL, NULL);
    out_body_release(output->body);
    free(output);
}

static wy_io_status output_failure(wy_http_writer *writer, wy_io_fault *fault) {
    wy_http_error error;
    if (!wy_http_writer_failed(writer, &error)) return WY_IO_CLOSED;
    return wy_io_fail(fault, wy_wasi_http_io_error(error));
}

static wy_io_status output_check_write(wy_output_stream *stream, size_t *permit_out,
                                       wy_io_fault *fault) {
    wy_http_writer *writer = ((body_output *)stream)->body->writer;
    *permit_out = wy_http_writer_permit(writer);
    return wy_http_writer_closed(writer) ? output_failure(writer, fault) : WY_IO_OK;
}

static wy_io_status output_write(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                                 wy_io_fault *fault) {
    (void)call;
    http_out_body *body = ((body_output *)stream)->body;
    wy_err err = wy_http_writer_write(body->writer, (wy_str){(const char *)bytes.ptr, bytes.len});
    if (err == WY_OK) return WY_IO_OK;
    if (err == WY_INVALID)
        return wy_io_fail(fault,
                          wy_wasi_http_io_error(body->is_request ? WY_HTTP_REQUEST_BODY_SIZE
                                                                 : WY_HTTP_RESPONSE_BODY_SIZE));
    return output_failure(body->writer, fault);
}

static wy_io_status output_flush(wy_output_stream *stream, wy_call *call, wy_io_fault *fault) {
    (void)call, (void)fault;
    wy_http_writer_flush(((body_output *)stream)->body->writer);
    return WY_IO_OK;
}

static void output_drop(wy_output_stream *stream) {
    ((body_output *)stream)->body->stream_alive = false;
}

static const wy_io_source_ops output_source_ops = {.ready = output_ready, .free = output_free};
static const wy_output_stream_ops output_ops = {output_check_write, output_write, output_flush,
                                                output_drop};

WY_WASI_HTTP_FUNC(outgoing_body_write) {
    (void)call;
    http_out_body *body = (http_out_body *)args->self;
    result->is_err = body->stream_taken;
    if (body->stream_taken) return NULL;
    body_output *output = calloc(1, sizeof *output);
    if (!output) return wy_wasi_http_no_memory();
    wy_output_stream_init(&output->stream, &output_source_ops, &output_ops);
    output->body = body;
    body->refs++;
    body->stream_taken = body->stream_alive = true;
    wy_http_writer_watch(body->writer, on_writer_changed, &output->stream.source);
    result->ok = (wy_handle)output;
    return NULL;
}

WY_WASI_HTTP_FUNC(outgoing_body_finish) {
    (void)call;
    http_out_body *body = (http_out_body *)args->this;
    http_fields *trailers = args->trailers.is_some ? (http_fields *)args->trailers.some : NULL;
    own wy_trap *trap = NULL;
    result->is_err = false;
    if (body->stream_alive) {
        trap = wy_trap_new("outgoing-body.finish while its output-stream is still alive");
        wy_http_writer_abort(body->writer);
    } else {
        uint64_t written = wy_http_writer_written(body->writer);
        wy_http_error error = WY_HTTP_CONNECTION_TERMINATED;
        wy_err err = wy_http_writer_finish(body->writer, trailers ? &trailers->list : NULL);
        if (err == WY_INVALID)
            error = body->is_request ? WY_HTTP_REQUEST_BODY_SIZE : WY_HTTP_RESPONSE_BODY_SIZE;
        else if (err)
            (void)wy_http_writer_failed(body->writer, &error);
        result->is_err = err != WY_OK;
        if (err) result->err = wy_wasi_http_error_code(error, NULL);
        if (err == WY_INVALID)
            result->err.http_response_body_size = (wit_option_u64){true, written};
    }
    wy_wasi_fields_release(trailers);
    out_body_release(body);
    return trap;
}

/* --- response-outparam --- */

wy_handle wy_wasi_http_outparam_new(const wy_wasi_http_answer *answer) {
    wy_wasi_http_answer *object = malloc(sizeof *object);
    if (object) *object = *answer;
    return (wy_handle)object;
}

void wy_wasi_http_drop_outparam(void *object) {
    free(object);
}

void wy_wasi_http_outparam_drop(wy_handle outparam) {
    free((void *)outparam);
}

WY_WASI_HTTP_FUNC(response_outparam_send_informational) {
    (void)call;
    result->is_err = true;
    bool informational = args->status >= 100 && args->status <= 199;
    result->err =
        wy_wasi_http_error_code(informational ? WY_HTTP_INTERNAL_ERROR : WY_HTTP_PROTOCOL_ERROR,
                                informational ? "informational responses are not supported" : NULL);
    wy_wasi_fields_release((http_fields *)args->headers);
    return NULL;
}

own wy_trap *wy_wasi_http_response_outparam_set(
    wy_call *call, const wasi_http_types_response_outparam_set_args *args, void *result) {
    (void)call, (void)result;
    wy_wasi_http_answer *answer = (wy_wasi_http_answer *)args->param;
    if (args->response.is_err) {
        const wasi_http_types_error_code *code = &args->response.err;
        bool has_text =
            code->tag == WASI_HTTP_TYPES_ERROR_CODE_INTERNAL_ERROR && code->internal_error.is_some;
        answer->fail(answer->data, (wy_http_error)code->tag,
                     has_text ? code->internal_error.some : (wy_str){0});
        free(answer);
        return NULL;
    }
    http_out_message *message = message_of(args->response.ok);
    bool has_body = message->writer != NULL;
    wy_http_writer *writer = wy_wasi_http_message_writer(message);
    wy_err err = writer ? wy_http_writer_response(writer, message->status, &message->fields->list)
                        : WY_NOMEM;
    if (!err && !has_body) err = wy_http_writer_finish(writer, NULL);
    if (err == WY_OK || err == WY_CLOSED)
        answer->respond(answer->data, writer);
    else
        answer->fail(answer->data, WY_HTTP_INTERNAL_ERROR,
                     err == WY_INVALID ? WY_STR("the response's content-length is not valid")
                                       : WY_STR("the response's head is too large"));
    wy_wasi_http_drop_outgoing_message(message);
    free(answer);
    return err == WY_NOMEM ? wy_wasi_http_no_memory() : NULL;
}
