// Streams the request's body back while it is still arriving. It reads only when the response has
// room, so a client that does not read stops the client that sends.
#include "guest.h"

typedef wasi_io_streams_borrow_input_stream_t input;
typedef wasi_io_streams_borrow_output_stream_t output;

static void wait_for(wasi_io_poll_own_pollable_t ready) {
    wasi_io_poll_borrow_pollable_t borrowed = {ready.__handle};
    wasi_io_poll_list_borrow_pollable_t list = {.ptr = &borrowed, .len = 1};
    guest_list_u32_t which;
    wasi_io_poll_poll(&list, &which);
    guest_list_u32_free(&which);
    wasi_io_poll_pollable_drop_own(ready);
}

// Waits until the response takes bytes; 0 when the peer is gone.
static uint64_t room_of(output to) {
    wasi_io_streams_stream_error_t error;
    uint64_t room = 0;
    while (wasi_io_streams_method_output_stream_check_write(to, &room, &error)) {
        if (room > 0) {
            return room;
        }
        wait_for(wasi_io_streams_method_output_stream_subscribe(to));
    }
    return 0;
}

// The next bytes of the body, not more than `room`; an empty list at its end.
static guest_list_u8_t next_bytes(input from, uint64_t room) {
    wasi_io_streams_stream_error_t error;
    guest_list_u8_t part;
    while (wasi_io_streams_method_input_stream_read(from, room, &part, &error)) {
        if (part.len > 0) {
            return part;
        }
        wait_for(wasi_io_streams_method_input_stream_subscribe(from));
    }
    if (error.tag != WASI_IO_STREAMS_STREAM_ERROR_CLOSED) {
        __builtin_trap();
    }
    return (guest_list_u8_t){0};
}

static void echo(input from, response *to, bool upper) {
    output stream = {to->stream.__handle};
    wasi_io_streams_stream_error_t error;
    for (;;) {
        uint64_t room = room_of(stream);
        guest_list_u8_t part = {0};
        if (room > 0) {
            part = next_bytes(from, room < 65536 ? room : 65536);
        }
        if (part.len == 0) {
            return;
        }
        for (size_t i = 0; upper && i < part.len; i++) {
            if (part.ptr[i] >= 'a' && part.ptr[i] <= 'z') {
                part.ptr[i] -= 'a' - 'A';
            }
        }
        bool written = wasi_io_streams_method_output_stream_write(stream, &part, &error);
        guest_list_u8_free(&part);
        if (!written) {
            return;
        }
    }
}

static void splice(input from, response *to) {
    wasi_io_streams_stream_error_t error;
    uint64_t moved;
    while (wasi_io_streams_method_output_stream_blocking_splice((output){to->stream.__handle}, from,
                                                                65536, &moved, &error)) {
    }
}

static void count(input from, response *to) {
    int64_t total = 0;
    for (;;) {
        guest_list_u8_t part = next_bytes(from, 65536);
        if (part.len == 0) {
            break;
        }
        total += (int64_t)part.len;
        guest_list_u8_free(&part);
    }
    write_number(to, total);
}

// Copies the request's trailers, once its body has ended, to the response.
static bool trailers_of(wasi_http_types_own_incoming_body_t body, fields *trailers) {
    wasi_http_types_own_future_trailers_t future =
        wasi_http_types_static_incoming_body_finish(body);
    wasi_http_types_borrow_future_trailers_t borrowed = {future.__handle};
    wasi_http_types_result_result_option_own_trailers_error_code_void_t result;
    while (!wasi_http_types_method_future_trailers_get(borrowed, &result)) {
        wait_for(wasi_http_types_method_future_trailers_subscribe(borrowed));
    }
    bool some = !result.is_err && !result.val.ok.is_err && result.val.ok.val.ok.is_some;
    if (some) {
        *trailers = wasi_http_types_method_fields_clone(
            (wasi_http_types_borrow_fields_t){result.val.ok.val.ok.val.__handle});
        wasi_http_types_fields_drop_own(result.val.ok.val.ok.val);
    }
    wasi_http_types_future_trailers_drop_own(future);
    return some;
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_borrow_incoming_request_t borrowed = {request.__handle};
    guest_string_t path = request_path(borrowed);
    wasi_http_types_own_incoming_body_t body;
    wasi_http_types_own_input_stream_t stream;
    if (!wasi_http_types_method_incoming_request_consume(borrowed, &body) ||
        !wasi_http_types_method_incoming_body_stream(
            (wasi_http_types_borrow_incoming_body_t){body.__handle}, &stream)) {
        __builtin_trap();
    }
    fields headers = fields_new();
    guest_string_t length;
    if (query(path, "length", &length)) {
        fields_add(headers, "content-length", length);
    }
    response to = respond(out, 200, headers);
    input from = {stream.__handle};
    if (starts_with(path, "/count")) {
        count(from, &to);
    } else if (starts_with(path, "/splice")) {
        splice(from, &to);
    } else {
        echo(from, &to, starts_with(path, "/upper"));
    }
    wasi_io_streams_input_stream_drop_own(stream);
    wasi_io_streams_stream_error_t error;
    wasi_io_streams_method_output_stream_blocking_flush((output){to.stream.__handle}, &error);
    wasi_io_streams_output_stream_drop_own(to.stream);
    fields trailers;
    bool some = trailers_of(body, &trailers);
    wasi_http_types_error_code_t code;
    if (!wasi_http_types_static_outgoing_body_finish(to.body, some ? &trailers : NULL, &code)) {
        __builtin_trap();
    }
    wasi_http_types_incoming_request_drop_own(request);
}
