// Fetches a URL and streams the answer: the URL is in the header x-url or, without "http://", in
// ?url=. The method and the body of the request are passed on; ?timeout=MS sets the first-byte
// timeout. Errors are answered with 502 and the name of the error's case as a number; one in the
// middle of the answer is added to what came of it.
#include "guest.h"

static bool header(wasi_http_types_borrow_incoming_request_t request, const char *name,
                   guest_string_t *value) {
    fields headers = wasi_http_types_method_incoming_request_headers(request);
    wasi_http_types_field_key_t key = text(name);
    wasi_http_types_list_field_value_t list;
    wasi_http_types_method_fields_get((wasi_http_types_borrow_fields_t){headers.__handle}, &key,
                                      &list);
    wasi_http_types_fields_drop_own(headers);
    if (list.len == 0) {
        return false;
    }
    *value = (guest_string_t){.ptr = list.ptr[0].ptr, .len = list.ptr[0].len};
    return true;
}

static wasi_http_types_own_outgoing_request_t
request_for(guest_string_t url, wasi_http_types_borrow_incoming_request_t from) {
    fields headers = fields_new();
    fields_add(headers, "x-through", text("proxy"));
    wasi_http_types_own_outgoing_request_t request =
        wasi_http_types_constructor_outgoing_request(headers);
    wasi_http_types_borrow_outgoing_request_t self = {request.__handle};
    wasi_http_types_scheme_t scheme = {.tag = WASI_HTTP_TYPES_SCHEME_HTTP};
    if (starts_with(url, "http://")) {
        url.ptr += 7;
        url.len -= 7;
    } else if (starts_with(url, "https://")) {
        url.ptr += 8;
        url.len -= 8;
        scheme.tag = WASI_HTTP_TYPES_SCHEME_HTTPS;
    }
    guest_string_t authority = {.ptr = url.ptr, .len = 0};
    while (authority.len < url.len && url.ptr[authority.len] != '/') {
        authority.len++;
    }
    guest_string_t path = {.ptr = url.ptr + authority.len, .len = url.len - authority.len};
    wasi_http_types_method_t method;
    wasi_http_types_method_incoming_request_method(from, &method);
    if (!wasi_http_types_method_outgoing_request_set_method(self, &method) ||
        !wasi_http_types_method_outgoing_request_set_scheme(self, &scheme) ||
        !wasi_http_types_method_outgoing_request_set_authority(self, &authority) ||
        !wasi_http_types_method_outgoing_request_set_path_with_query(self,
                                                                     path.len ? &path : NULL)) {
        __builtin_trap();
    }
    return request;
}

static void write_error(response *to, const wasi_http_types_error_code_t *code) {
    write_text(to, "error ");
    write_number(to, code->tag);
    write_text(to, "\n");
}

// Copies a body from one message to another.
static void pump(wasi_io_streams_own_input_stream_t from, response *to) {
    guest_list_u8_t part;
    wasi_io_streams_stream_error_t error = {.tag = WASI_IO_STREAMS_STREAM_ERROR_CLOSED};
    wasi_http_types_error_code_t code;
    while (!to->failed &&
           wasi_io_streams_method_input_stream_blocking_read(
               (wasi_io_streams_borrow_input_stream_t){from.__handle}, 65536, &part, &error)) {
        write_bytes(to, part.ptr, part.len);
        guest_list_u8_free(&part);
    }
    if (error.tag == WASI_IO_STREAMS_STREAM_ERROR_LAST_OPERATION_FAILED &&
        wasi_http_types_http_error_code(
            (wasi_http_types_borrow_io_error_t){error.val.last_operation_failed.__handle}, &code)) {
        write_error(to, &code);
    }
    wasi_io_streams_input_stream_drop_own(from);
    finish(to);
}

static void fail(outparam out, const wasi_http_types_error_code_t *code) {
    response to = respond_text(out, 502);
    write_error(&to, code);
    finish(&to);
}

static void pass_on(wasi_http_types_own_incoming_response_t answer, outparam out) {
    wasi_http_types_borrow_incoming_response_t self = {answer.__handle};
    fields headers = wasi_http_types_method_incoming_response_headers(self);
    fields copy = fields_new();
    wasi_http_types_field_key_t key = text("content-type");
    wasi_http_types_list_field_value_t list;
    wasi_http_types_method_fields_get((wasi_http_types_borrow_fields_t){headers.__handle}, &key,
                                      &list);
    for (size_t i = 0; i < list.len; i++) {
        fields_add(copy, "content-type", (guest_string_t){list.ptr[i].ptr, list.ptr[i].len});
    }
    wasi_http_types_fields_drop_own(headers);
    response to = respond(out, wasi_http_types_method_incoming_response_status(self), copy);
    wasi_http_types_own_incoming_body_t body;
    wasi_http_types_own_input_stream_t stream;
    if (!wasi_http_types_method_incoming_response_consume(self, &body) ||
        !wasi_http_types_method_incoming_body_stream(
            (wasi_http_types_borrow_incoming_body_t){body.__handle}, &stream)) {
        __builtin_trap();
    }
    pump(stream, &to);
    wasi_http_types_incoming_body_drop_own(body);
    wasi_http_types_incoming_response_drop_own(answer);
}

static void send_body(wasi_http_types_borrow_incoming_request_t from,
                      wasi_http_types_own_outgoing_body_t to) {
    wasi_http_types_own_incoming_body_t body;
    wasi_http_types_own_input_stream_t stream;
    response out = {.body = to};
    if (!wasi_http_types_method_outgoing_body_write(
            (wasi_http_types_borrow_outgoing_body_t){to.__handle}, &out.stream) ||
        !wasi_http_types_method_incoming_request_consume(from, &body) ||
        !wasi_http_types_method_incoming_body_stream(
            (wasi_http_types_borrow_incoming_body_t){body.__handle}, &stream)) {
        __builtin_trap();
    }
    pump(stream, &out);
    wasi_http_types_incoming_body_drop_own(body);
}

static void fetch(guest_string_t url, guest_string_t path,
                  wasi_http_types_borrow_incoming_request_t from, outparam out) {
    wasi_http_types_own_outgoing_request_t request = request_for(url, from);
    wasi_http_types_own_outgoing_body_t body;
    if (!wasi_http_types_method_outgoing_request_body(
            (wasi_http_types_borrow_outgoing_request_t){request.__handle}, &body)) {
        __builtin_trap();
    }
    wasi_http_types_own_request_options_t options = wasi_http_types_constructor_request_options();
    uint64_t timeout = query_number(path, "timeout", 10000) * 1000000;
    wasi_http_types_method_request_options_set_first_byte_timeout(
        (wasi_http_types_borrow_request_options_t){options.__handle}, &timeout);
    wasi_http_types_own_future_incoming_response_t future;
    wasi_http_types_error_code_t code;
    if (!wasi_http_outgoing_handler_handle(request, &options, &future, &code)) {
        fail(out, &code);
        return;
    }
    send_body(from, body);
    wasi_http_types_borrow_future_incoming_response_t self = {future.__handle};
    wasi_http_types_result_result_own_incoming_response_error_code_void_t result;
    while (!wasi_http_types_method_future_incoming_response_get(self, &result)) {
        wasi_io_poll_own_pollable_t ready =
            wasi_http_types_method_future_incoming_response_subscribe(self);
        wasi_io_poll_method_pollable_block((wasi_io_poll_borrow_pollable_t){ready.__handle});
        wasi_io_poll_pollable_drop_own(ready);
    }
    if (result.is_err) {
        __builtin_trap();
    }
    if (result.val.ok.is_err) {
        fail(out, &result.val.ok.val.err);
    } else {
        pass_on(result.val.ok.val.ok, out);
    }
    wasi_http_types_future_incoming_response_drop_own(future);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_borrow_incoming_request_t self = {request.__handle};
    guest_string_t path = request_path(self);
    guest_string_t url;
    if (header(self, "x-url", &url) || query(path, "url", &url)) {
        fetch(url, path, self, out);
    } else {
        reply(out, 400, "say what to fetch: header x-url or ?url=\n");
    }
}
