/* wasi:http/types: incoming-request, incoming-response, incoming-body, future-trailers. */
#include "interface/wasi/http_object.h"

#include <stdlib.h>

/* --- incoming-request --- */

wy_handle wy_wasi_http_request_new(const wy_wasi_http_request *request) {
    http_request *object = wy_arena_calloc(&request->message->arena, 1, sizeof *object);
    if (!object) return 0;
    object->info = *request;
    wy_http_incoming_retain(request->message);
    return (wy_handle)object;
}

void wy_wasi_http_drop_incoming_request(void *object) {
    http_request *request = object;
    wy_http_incoming_release(request->info.message);
}

void wy_wasi_http_request_drop(wy_handle request) {
    if (request) wy_wasi_http_drop_incoming_request((void *)request);
}

static http_request *request_of(wy_handle handle) {
    return (http_request *)handle;
}

WY_WASI_HTTP_FUNC(incoming_request_method) {
    (void)call;
    *result = wy_wasi_http_method(request_of(args->self)->info.message->method);
    return NULL;
}

static wit_option_string option_of(wy_str text) {
    return (wit_option_string){text.len > 0, text};
}

WY_WASI_HTTP_FUNC(incoming_request_path_with_query) {
    (void)call;
    *result = option_of(request_of(args->self)->info.path_with_query);
    return NULL;
}

WY_WASI_HTTP_FUNC(incoming_request_scheme) {
    (void)call;
    result->is_some = true;
    result->some = (wasi_http_types_scheme){.tag = request_of(args->self)->info.https
                                                       ? WASI_HTTP_TYPES_SCHEME_HTTPS
                                                       : WASI_HTTP_TYPES_SCHEME_HTTP};
    return NULL;
}

WY_WASI_HTTP_FUNC(incoming_request_authority) {
    (void)call;
    *result = option_of(request_of(args->self)->info.authority);
    return NULL;
}

static own wy_trap *view_fields(wy_http_incoming *message, wy_handle *result) {
    *result = (wy_handle)wy_wasi_fields_view(message, &message->fields);
    return *result ? NULL : wy_wasi_http_no_memory();
}

WY_WASI_HTTP_FUNC(incoming_request_headers) {
    (void)call;
    return view_fields(request_of(args->self)->info.message, result);
}

static own wy_trap *consume(wy_http_incoming *message, bool *consumed,
                            wasi_http_types_result_own_incoming_body_none *result) {
    result->is_err = *consumed;
    if (*consumed) return NULL;
    http_in_body *body = calloc(1, sizeof *body);
    if (!body) return wy_wasi_http_no_memory();
    *consumed = true;
    body->refs = 1;
    body->message = message;
    wy_http_incoming_retain(message);
    result->ok = (wy_handle)body;
    return NULL;
}

WY_WASI_HTTP_FUNC(incoming_request_consume) {
    (void)call;
    http_request *request = request_of(args->self);
    return consume(request->info.message, &request->consumed, result);
}

/* --- incoming-response --- */

static http_response *response_of(wy_handle handle) {
    return (http_response *)handle;
}

void wy_wasi_http_drop_incoming_response(void *object) {
    http_response *response = object;
    wy_http_incoming *message = response->message;
    if (!response->consumed) wy_http_body_discard(&message->body);
    wy_http_incoming_release(message);
}

WY_WASI_HTTP_FUNC(incoming_response_status) {
    (void)call;
    *result = response_of(args->self)->message->status;
    return NULL;
}

WY_WASI_HTTP_FUNC(incoming_response_headers) {
    (void)call;
    return view_fields(response_of(args->self)->message, result);
}

WY_WASI_HTTP_FUNC(incoming_response_consume) {
    (void)call;
    http_response *response = response_of(args->self);
    return consume(response->message, &response->consumed, result);
}

/* --- incoming-body --- */

static void in_body_release(own http_in_body *body) {
    if (--body->refs) return;
    wy_http_incoming_release(body->message);
    free(body);
}

void wy_wasi_http_drop_incoming_body(void *object) {
    http_in_body *body = object;
    if (!body->stream_alive) wy_http_body_discard(&body->message->body);
    in_body_release(body);
}

const char *wy_wasi_http_incoming_body_busy(const void *object) {
    const http_in_body *body = object;
    return body->stream_alive ? "its input-stream is still alive" : NULL;
}

typedef struct body_input {
    wy_input_stream stream;
    http_in_body *body;
} body_input;

static void on_body_changed(void *data) {
    wy_io_source *source = data;
    wy_io_source_wake(source);
}

static void listen_to(wy_http_body *body, wy_io_source *source) {
    body->on_changed = source ? on_body_changed : NULL;
    body->reader = source;
}

static bool input_ready(wy_io_source *source) {
    return wy_http_body_ready(&((body_input *)source)->body->message->body);
}

static wy_err input_arm(wy_io_source *source, wy_loop *loop) {
    (void)loop;
    (void)wy_http_body_peek(&((body_input *)source)->body->message->body);
    return WY_OK;
}

static void input_free(own wy_io_source *source) {
    body_input *input = (body_input *)source;
    wy_http_body *body = &input->body->message->body;
    if (body->reader == source) listen_to(body, NULL);
    in_body_release(input->body);
    free(input);
}

static wy_io_status input_read(wy_input_stream *stream, wy_call *call, size_t max, bool into_guest,
                               wy_list_u8 *bytes_out, wy_io_fault *fault) {
    (void)call, (void)into_guest;
    wy_http_body *body = &((body_input *)stream)->body->message->body;
    wy_str bytes = wy_http_body_peek(body);
    if (bytes.len == 0) {
        if (body->failed) return wy_io_fail(fault, wy_wasi_http_io_error(body->error));
        return body->ended ? WY_IO_CLOSED : WY_IO_OK;
    }
    if (bytes.len > max) bytes.len = max;
    /* The bytes stay where they are until the connection adds more: not before this call ends. */
    *bytes_out = (wy_list_u8){(const uint8_t *)bytes.ptr, bytes.len};
    wy_http_body_take(body, bytes.len);
    return WY_IO_OK;
}

static void input_drop(wy_input_stream *stream) {
    http_in_body *body = ((body_input *)stream)->body;
    body->stream_alive = false;
    /* The body's own handle is gone: nobody will ask for the rest. */
    if (body->refs == 1) wy_http_body_discard(&body->message->body);
}

static const wy_io_source_ops input_source_ops = {input_ready, input_arm, input_free};
static const wy_input_stream_ops input_ops = {input_read, input_drop};

WY_WASI_HTTP_FUNC(incoming_body_stream) {
    (void)call;
    http_in_body *body = (http_in_body *)args->self;
    result->is_err = body->stream_taken;
    if (body->stream_taken) return NULL;
    body_input *input = calloc(1, sizeof *input);
    if (!input) return wy_wasi_http_no_memory();
    wy_input_stream_init(&input->stream, &input_source_ops, &input_ops);
    input->body = body;
    body->refs++;
    body->stream_taken = body->stream_alive = true;
    listen_to(&body->message->body, &input->stream.source);
    result->ok = (wy_handle)input;
    return NULL;
}

/* --- future-trailers --- */

static bool trailers_ready(wy_io_source *source) {
    const wy_http_body *body = &((http_trailers_future *)source)->message->body;
    return body->ended || body->failed;
}

static void trailers_free(own wy_io_source *source) {
    http_trailers_future *future = (http_trailers_future *)source;
    wy_http_body *body = &future->message->body;
    if (body->reader == source) {
        listen_to(body, NULL);
        wy_http_body_discard(body);
    }
    wy_http_incoming_release(future->message);
    free(future);
}

static const wy_io_source_ops trailers_ops = {.ready = trailers_ready, .free = trailers_free};

WY_WASI_HTTP_FUNC(incoming_body_finish) {
    (void)call;
    http_in_body *body = (http_in_body *)args->this;
    if (body->stream_alive) {
        in_body_release(body);
        return wy_trap_new("incoming-body.finish while its input-stream is still alive");
    }
    http_trailers_future *future = calloc(1, sizeof *future);
    if (!future) {
        in_body_release(body);
        return wy_wasi_http_no_memory();
    }
    wy_io_source_init(&future->source, &trailers_ops);
    future->message = body->message;
    wy_http_incoming_retain(body->message);
    in_body_release(body);
    listen_to(&future->message->body, &future->source);
    wy_http_body_discard(&future->message->body);
    *result = (wy_handle)future;
    return NULL;
}

void wy_wasi_http_drop_future_trailers(void *object) {
    http_trailers_future *future = object;
    wy_io_source_release(&future->source);
}

WY_WASI_HTTP_FUNC(future_trailers_subscribe) {
    (void)call;
    http_trailers_future *future = (http_trailers_future *)args->self;
    *result = (wy_handle)wy_pollable_new(&future->source);
    return *result ? NULL : wy_wasi_http_no_memory();
}

WY_WASI_HTTP_FUNC(future_trailers_get) {
    (void)call;
    http_trailers_future *future = (http_trailers_future *)args->self;
    memset(result, 0, sizeof *result);
    if (!trailers_ready(&future->source)) return NULL;
    result->is_some = true;
    result->some.is_err = future->taken;
    if (future->taken) return NULL;
    future->taken = true;
    wy_http_incoming *message = future->message;
    if (message->body.failed) {
        result->some.ok.is_err = true;
        result->some.ok.err = wy_wasi_http_error_code(message->body.error, NULL);
    } else if (message->trailers.count > 0) {
        http_fields *fields = wy_wasi_fields_view(message, &message->trailers);
        if (!fields) return wy_wasi_http_no_memory();
        result->some.ok.ok.is_some = true;
        result->some.ok.ok.some = (wy_handle)fields;
    }
    return NULL;
}
