// Middleware: appends the name that its environment has (GUARD) to the key "seen" of its default
// store, refuses requests with ?deny=NAME of that name, and hands all others on.
#include "guest.h"
#include <stdlib.h>

static guest_string_t own_name(void) {
    guest_list_tuple2_string_string_t all;
    wasi_cli_environment_get_environment(&all);
    for (size_t i = 0; i < all.len; i++) {
        if (equal(all.ptr[i].f0, "GUARD")) {
            return all.ptr[i].f1;
        }
    }
    return text("nobody");
}

// Where it may use no store, nothing is noted.
static void note(guest_string_t name) {
    fermyon_spin_key_value_own_store_t store;
    fermyon_spin_key_value_error_t error;
    guest_string_t label = text("default"), key = text("seen");
    guest_option_list_u8_t seen;
    if (!fermyon_spin_key_value_static_store_open(&label, &store, &error)) {
        return;
    }
    fermyon_spin_key_value_borrow_store_t borrowed = fermyon_spin_key_value_borrow_store(store);
    if (fermyon_spin_key_value_method_store_get(borrowed, &key, &seen, &error)) {
        size_t before = seen.is_some ? seen.val.len : 0;
        guest_list_u8_t value = {.ptr = malloc(before + name.len + 1),
                                 .len = before + name.len + 1};
        memcpy(value.ptr, seen.val.ptr, before);
        memcpy(value.ptr + before, name.ptr, name.len);
        value.ptr[value.len - 1] = ' ';
        fermyon_spin_key_value_method_store_set(borrowed, &key, &value, &error);
    }
    fermyon_spin_key_value_store_drop_own(store);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    guest_string_t path = request_path(wasi_http_types_borrow_incoming_request(request));
    guest_string_t name = own_name(), denied;
    note(name);
    if (query(path, "deny", &denied) && denied.len == name.len &&
        memcmp(denied.ptr, name.ptr, name.len) == 0) {
        reply(out, 403, "denied\n");
        return;
    }
    wasi_http_incoming_handler_handle(request, out);
}
