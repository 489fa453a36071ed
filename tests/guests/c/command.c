// A command with imports of its own beside the C library's: command set KEY VALUE, get KEY, config
// NAME, fetch URL (http://AUTHORITY/PATH; prints status and body).
#include "guest.h"
#include <stdio.h>
#include <stdlib.h>

static void print(const uint8_t *bytes, size_t len) {
    fwrite(bytes, 1, len, stdout);
    putchar('\n');
}

// -- key-value, through fermyon:spin/key-value

static int kv_failed(const fermyon_spin_key_value_error_t *error) {
    fprintf(stderr, "key-value error %d", error->tag);
    if (error->tag == FERMYON_SPIN_KEY_VALUE_ERROR_OTHER) {
        fprintf(stderr, ": %.*s", (int)error->val.other.len, (const char *)error->val.other.ptr);
    }
    fputc('\n', stderr);
    return 1;
}

static int kv(const char *key, const char *value) {
    guest_string_t label = text("default"), name = text(key);
    fermyon_spin_key_value_own_store_t store;
    fermyon_spin_key_value_error_t error;
    if (!fermyon_spin_key_value_static_store_open(&label, &store, &error)) {
        return kv_failed(&error);
    }
    fermyon_spin_key_value_borrow_store_t self = {store.__handle};
    if (value) {
        guest_list_u8_t bytes = {(uint8_t *)value, strlen(value)};
        return fermyon_spin_key_value_method_store_set(self, &name, &bytes, &error)
                   ? 0
                   : kv_failed(&error);
    }
    guest_option_list_u8_t found;
    if (!fermyon_spin_key_value_method_store_get(self, &name, &found, &error)) {
        return kv_failed(&error);
    }
    if (found.is_some) {
        print(found.val.ptr, found.val.len);
    } else {
        puts("none");
    }
    return 0;
}

// -- settings, through wasi:config

static int config(const char *key) {
    guest_string_t name = text(key);
    guest_option_string_t value;
    wasi_config_store_error_t error;
    if (!wasi_config_store_get(&name, &value, &error)) {
        return 1;
    }
    if (value.is_some) {
        print(value.val.ptr, value.val.len);
    } else {
        puts("none");
    }
    return 0;
}

// -- outgoing HTTP

static int http_failed(const wasi_http_types_error_code_t *code) {
    fprintf(stderr, "http error %d\n", code->tag);
    return 1;
}

static void print_answer(wasi_http_types_own_incoming_response_t answer) {
    wasi_http_types_borrow_incoming_response_t self = {answer.__handle};
    printf("%d\n", wasi_http_types_method_incoming_response_status(self));
    wasi_http_types_own_incoming_body_t body;
    wasi_http_types_own_input_stream_t stream;
    if (!wasi_http_types_method_incoming_response_consume(self, &body) ||
        !wasi_http_types_method_incoming_body_stream(
            (wasi_http_types_borrow_incoming_body_t){body.__handle}, &stream)) {
        abort();
    }
    guest_list_u8_t part;
    wasi_io_streams_stream_error_t error;
    while (wasi_io_streams_method_input_stream_blocking_read(
        (wasi_io_streams_borrow_input_stream_t){stream.__handle}, 65536, &part, &error)) {
        fwrite(part.ptr, 1, part.len, stdout);
        guest_list_u8_free(&part);
    }
    wasi_io_streams_input_stream_drop_own(stream);
    wasi_http_types_incoming_body_drop_own(body);
    wasi_http_types_incoming_response_drop_own(answer);
}

static int fetch(const char *url) {
    const char *path = strchr(url + strlen("http://"), '/');
    guest_string_t authority = text(url + strlen("http://")),
                   path_with_query = text(path ? path : "/");
    authority.len -= path ? path_with_query.len : 0;
    wasi_http_types_scheme_t scheme = {.tag = WASI_HTTP_TYPES_SCHEME_HTTP};
    wasi_http_types_own_outgoing_request_t request =
        wasi_http_types_constructor_outgoing_request(fields_new());
    wasi_http_types_borrow_outgoing_request_t self = {request.__handle};
    if (!wasi_http_types_method_outgoing_request_set_scheme(self, &scheme) ||
        !wasi_http_types_method_outgoing_request_set_authority(self, &authority) ||
        !wasi_http_types_method_outgoing_request_set_path_with_query(self, &path_with_query)) {
        abort();
    }
    wasi_http_types_own_future_incoming_response_t future;
    wasi_http_types_error_code_t code;
    if (!wasi_http_outgoing_handler_handle(request, NULL, &future, &code)) {
        return http_failed(&code);
    }
    wasi_http_types_borrow_future_incoming_response_t waiting = {future.__handle};
    wasi_http_types_result_result_own_incoming_response_error_code_void_t result;
    while (!wasi_http_types_method_future_incoming_response_get(waiting, &result)) {
        wasi_io_poll_own_pollable_t ready =
            wasi_http_types_method_future_incoming_response_subscribe(waiting);
        wasi_io_poll_method_pollable_block((wasi_io_poll_borrow_pollable_t){ready.__handle});
        wasi_io_poll_pollable_drop_own(ready);
    }
    if (result.val.ok.is_err) {
        return http_failed(&result.val.ok.val.err);
    }
    print_answer(result.val.ok.val.ok);
    wasi_http_types_future_incoming_response_drop_own(future);
    return 0;
}

int main(int argc, char **argv) {
    const char *action = argc > 2 ? argv[1] : "";
    if (strcmp(action, "set") == 0 && argc == 4) {
        return kv(argv[2], argv[3]);
    }
    if (strcmp(action, "get") == 0) {
        return kv(argv[2], NULL);
    }
    if (strcmp(action, "config") == 0) {
        return config(argv[2]);
    }
    if (strcmp(action, "fetch") == 0) {
        return fetch(argv[2]);
    }
    fputs("unknown action\n", stderr);
    return 2;
}

// The bindings are those of all guests: they want this, and the component does not export it.
void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    (void)request, (void)out;
    abort();
}
