/* The component: counts the visits of each path in a key-value store, and greets with a setting. */
#include "gen/visits.h"
#include <string.h>

static visits_string_t text(const char *s) {
    return (visits_string_t){(uint8_t *)s, strlen(s)};
}

/* What is written so far of an answer. */
static uint8_t answer[4096];
static size_t answer_len;

static void put(visits_string_t s) {
    size_t room = sizeof answer - answer_len, len = s.len < room ? s.len : room;
    memcpy(answer + answer_len, s.ptr, len);
    answer_len += len;
}

static void put_number(int64_t n) {
    if (n >= 10) put_number(n / 10);
    put((visits_string_t){(uint8_t *)"0123456789" + n % 10, 1});
}

static int64_t count_visit(visits_string_t *path) {
    visits_string_t label = text("default");
    wasi_keyvalue_store_own_bucket_t store;
    wasi_keyvalue_store_error_t error;
    int64_t count;
    if (!wasi_keyvalue_store_open(&label, &store, &error)) return 0;
    wasi_keyvalue_store_borrow_bucket_t self = wasi_keyvalue_store_borrow_bucket(store);
    return wasi_keyvalue_atomics_increment(self, path, 1, &count, &error) ? count : 0;
}

static void send(wasi_http_types_own_response_outparam_t out, uint16_t status) {
    wasi_http_types_own_outgoing_response_t response =
        wasi_http_types_constructor_outgoing_response(wasi_http_types_constructor_fields());
    wasi_http_types_borrow_outgoing_response_t self = {response.__handle};
    wasi_http_types_method_outgoing_response_set_status_code(self, status);
    wasi_http_types_own_outgoing_body_t body;
    wasi_http_types_method_outgoing_response_body(self, &body);
    wasi_http_types_result_own_outgoing_response_error_code_t result = {.val.ok = response};
    wasi_http_types_static_response_outparam_set(out, &result);
    wasi_io_streams_own_output_stream_t stream;
    wasi_http_types_method_outgoing_body_write(
        (wasi_http_types_borrow_outgoing_body_t){body.__handle}, &stream);
    visits_list_u8_t bytes = {answer, answer_len};
    wasi_io_streams_stream_error_t error;
    wasi_io_streams_method_output_stream_blocking_write_and_flush(
        (wasi_io_streams_borrow_output_stream_t){stream.__handle}, &bytes, &error);
    wasi_io_streams_output_stream_drop_own(stream);
    wasi_http_types_error_code_t code;
    wasi_http_types_static_outgoing_body_finish(body, NULL, &code);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    visits_string_t path, name = text("greeting");
    visits_option_string_t greeting;
    wasi_config_store_error_t error;
    if (!wasi_http_types_method_incoming_request_path_with_query(
            (wasi_http_types_borrow_incoming_request_t){request.__handle}, &path))
        path = text("/");
    int64_t count = count_visit(&path);
    if (wasi_config_store_get(&name, &greeting, &error) && greeting.is_some) put(greeting.val);
    put(text(", visitor number "));
    put_number(count);
    put(text(" of "));
    put(path);
    put(text("\n"));
    send(out, count ? 200 : 500);
}
