// Reads settings through two interfaces: /spin?name=N through fermyon:spin/variables, /wasi?name=N
// (or all of them without a name) through wasi:config.
#include "guest.h"

static void spin_run(guest_string_t name, response *out) {
    static const char *const names[] = {"invalid-name", "undefined", "provider", "other"};
    guest_string_t value;
    fermyon_spin_variables_error_t error;
    if (fermyon_spin_variables_get(&name, &value, &error)) {
        write_string(out, value);
        write_text(out, "\n");
        return;
    }
    write_text(out, "error ");
    write_text(out, names[error.tag]);
    write_text(out, " ");
    write_string(out, error.val.other);
    write_text(out, "\n");
}

static void wasi_failed(wasi_config_store_error_t *error, response *out) {
    write_text(out,
               error->tag == WASI_CONFIG_STORE_ERROR_UPSTREAM ? "error upstream " : "error io ");
    write_string(out, error->val.io);
    write_text(out, "\n");
}

static void wasi_run(guest_string_t name, response *out) {
    guest_option_string_t value;
    wasi_config_store_error_t error;
    if (!wasi_config_store_get(&name, &value, &error)) {
        wasi_failed(&error, out);
    } else if (!value.is_some) {
        write_text(out, "none\n");
    } else {
        write_string(out, value.val);
        write_text(out, "\n");
    }
}

static void wasi_all(response *out) {
    guest_list_tuple2_string_string_t all;
    wasi_config_store_error_t error;
    if (!wasi_config_store_get_all(&all, &error)) {
        wasi_failed(&error, out);
        return;
    }
    for (size_t i = 0; i < all.len; i++) {
        write_string(out, all.ptr[i].f0);
        write_text(out, "=");
        write_string(out, all.ptr[i].f1);
        write_text(out, "\n");
    }
    guest_list_tuple2_string_string_free(&all);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    guest_string_t path =
        request_path((wasi_http_types_borrow_incoming_request_t){request.__handle});
    response to = respond_text(out, 200);
    guest_string_t name = text("greeting");
    bool named = query(path, "name", &name);
    if (starts_with(path, "/spin")) {
        spin_run(name, &to);
    } else if (named) {
        wasi_run(name, &to);
    } else {
        wasi_all(&to);
    }
    finish(&to);
}
