// What the HTTP guests share: reading the request and writing the response over the generated
// bindings.
#include "guest.h"
#include <stdlib.h>

guest_string_t text(const char *s) {
    return (guest_string_t){.ptr = (uint8_t *)s, .len = strlen(s)};
}

bool equal(guest_string_t a, const char *b) {
    return a.len == strlen(b) && memcmp(a.ptr, b, a.len) == 0;
}

bool starts_with(guest_string_t a, const char *prefix) {
    size_t len = strlen(prefix);
    return a.len >= len && memcmp(a.ptr, prefix, len) == 0;
}

guest_string_t request_path(wasi_http_types_borrow_incoming_request_t request) {
    guest_string_t path;
    if (!wasi_http_types_method_incoming_request_path_with_query(request, &path)) {
        return text("/");
    }
    return path;
}

bool query(guest_string_t path, const char *name, guest_string_t *value) {
    size_t name_len = strlen(name);
    size_t i = 0;
    while (i < path.len && path.ptr[i] != '?') {
        i++;
    }
    while (i < path.len) {
        size_t start = i + 1;
        size_t end = start;
        while (end < path.len && path.ptr[end] != '&') {
            end++;
        }
        if (end - start > name_len && path.ptr[start + name_len] == '=' &&
            memcmp(path.ptr + start, name, name_len) == 0) {
            value->ptr = path.ptr + start + name_len + 1;
            value->len = end - start - name_len - 1;
            return true;
        }
        i = end;
    }
    return false;
}

uint64_t query_number(guest_string_t path, const char *name, uint64_t otherwise) {
    guest_string_t value;
    if (!query(path, name, &value)) {
        return otherwise;
    }
    uint64_t n = 0;
    for (size_t i = 0; i < value.len && value.ptr[i] >= '0' && value.ptr[i] <= '9'; i++) {
        n = n * 10 + (uint64_t)(value.ptr[i] - '0');
    }
    return n;
}

guest_list_u8_t request_body(wasi_http_types_borrow_incoming_request_t request) {
    guest_list_u8_t all = {0};
    wasi_http_types_own_incoming_body_t body;
    wasi_http_types_own_input_stream_t stream;
    if (!wasi_http_types_method_incoming_request_consume(request, &body) ||
        !wasi_http_types_method_incoming_body_stream(
            (wasi_http_types_borrow_incoming_body_t){body.__handle}, &stream)) {
        return all;
    }
    guest_list_u8_t part;
    wasi_io_streams_stream_error_t error;
    while (wasi_io_streams_method_input_stream_blocking_read(
        (wasi_io_streams_borrow_input_stream_t){stream.__handle}, 65536, &part, &error)) {
        all.ptr = realloc(all.ptr, all.len + part.len + 1);
        memcpy(all.ptr + all.len, part.ptr, part.len);
        all.len += part.len;
        guest_list_u8_free(&part);
    }
    wasi_io_streams_stream_error_free(&error);
    wasi_io_streams_input_stream_drop_own(stream);
    wasi_http_types_incoming_body_drop_own(body);
    return all;
}

fields fields_new(void) {
    return wasi_http_types_constructor_fields();
}

void fields_add(fields to, const char *name, guest_string_t value) {
    wasi_http_types_field_key_t key = text(name);
    wasi_http_types_field_value_t bytes = {.ptr = value.ptr, .len = value.len};
    wasi_http_types_header_error_t error;
    if (!wasi_http_types_method_fields_append((wasi_http_types_borrow_fields_t){to.__handle}, &key,
                                              &bytes, &error)) {
        __builtin_trap();
    }
}

response respond(outparam out, uint16_t status, fields headers) {
    wasi_http_types_own_outgoing_response_t head =
        wasi_http_types_constructor_outgoing_response(headers);
    wasi_http_types_borrow_outgoing_response_t borrowed = {head.__handle};
    if (!wasi_http_types_method_outgoing_response_set_status_code(borrowed, status)) {
        __builtin_trap();
    }
    response to = {0};
    if (!wasi_http_types_method_outgoing_response_body(borrowed, &to.body)) {
        __builtin_trap();
    }
    wasi_http_types_result_own_outgoing_response_error_code_t result = {.is_err = false,
                                                                        .val = {.ok = head}};
    wasi_http_types_static_response_outparam_set(out, &result);
    if (!wasi_http_types_method_outgoing_body_write(
            (wasi_http_types_borrow_outgoing_body_t){to.body.__handle}, &to.stream)) {
        __builtin_trap();
    }
    return to;
}

response respond_text(outparam out, uint16_t status) {
    fields headers = fields_new();
    fields_add(headers, "content-type", text("text/plain"));
    return respond(out, status, headers);
}

void write_bytes(response *to, const uint8_t *data, size_t len) {
    wasi_io_streams_borrow_output_stream_t stream = {to->stream.__handle};
    wasi_io_streams_stream_error_t error;
    while (len > 0 && !to->failed) {
        uint64_t room = 0;
        if (!wasi_io_streams_method_output_stream_check_write(stream, &room, &error)) {
            to->failed = true;
            return;
        }
        if (room == 0) {
            wasi_io_poll_own_pollable_t ready =
                wasi_io_streams_method_output_stream_subscribe(stream);
            wasi_io_poll_method_pollable_block((wasi_io_poll_borrow_pollable_t){ready.__handle});
            wasi_io_poll_pollable_drop_own(ready);
            continue;
        }
        guest_list_u8_t part = {.ptr = (uint8_t *)data, .len = room < len ? (size_t)room : len};
        if (!wasi_io_streams_method_output_stream_write(stream, &part, &error)) {
            to->failed = true;
            return;
        }
        data += part.len;
        len -= part.len;
    }
}

void write_text(response *to, const char *s) {
    write_bytes(to, (const uint8_t *)s, strlen(s));
}

void write_string(response *to, guest_string_t s) {
    write_bytes(to, s.ptr, s.len);
}

void write_number(response *to, int64_t n) {
    uint8_t digits[24];
    size_t at = sizeof digits;
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        digits[--at] = (uint8_t)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (n < 0) {
        digits[--at] = '-';
    }
    write_bytes(to, digits + at, sizeof digits - at);
}

void finish(response *to) {
    wasi_io_streams_stream_error_t error;
    if (!to->failed) {
        wasi_io_streams_method_output_stream_blocking_flush(
            (wasi_io_streams_borrow_output_stream_t){to->stream.__handle}, &error);
    }
    wasi_io_streams_output_stream_drop_own(to->stream);
    wasi_http_types_error_code_t code;
    wasi_http_types_static_outgoing_body_finish(to->body, NULL, &code);
}

void reply(outparam out, uint16_t status, const char *body) {
    response to = respond_text(out, status);
    write_text(&to, body);
    finish(&to);
}
