// Uses one key-value store through two interfaces: /spin/... through fermyon:spin/key-value,
// /wasi/... through wasi:keyvalue. Actions: get, set, delete, exists, keys, count; and on /wasi
// also increment, cas and the batch calls many. Parameters: store (default "default"), key, value,
// delta; times=N does a get of /spin N times, or sets so many values: the numbers from N down to 1.
#include "guest.h"
#include <stdlib.h>

typedef fermyon_spin_key_value_borrow_store_t spin_store;
typedef wasi_keyvalue_store_borrow_bucket_t bucket;

// The parameters of one request.
typedef struct context {
    guest_string_t path, store, key, action;
    guest_list_u8_t value;
    response *out;
} context;

static void write_value(response *out, guest_option_list_u8_t *value) {
    if (!value->is_some) {
        write_text(out, "none\n");
        return;
    }
    write_bytes(out, value->val.ptr, value->val.len);
    write_text(out, "\n");
    guest_option_list_u8_free(value);
}

static void write_bool(response *out, bool yes) {
    write_text(out, yes ? "true\n" : "false\n");
}

static void write_keys(response *out, guest_list_string_t *keys) {
    for (size_t i = 0; i < keys->len; i++) {
        write_string(out, keys->ptr[i]);
        write_text(out, "\n");
    }
    guest_list_string_free(keys);
}

static int64_t number_of(guest_option_list_u8_t *value) {
    int64_t n = 0;
    for (size_t i = 0; value->is_some && i < value->val.len; i++) {
        n = n * 10 + (value->val.ptr[i] - '0');
    }
    return n;
}

static guest_list_u8_t digits_of(int64_t n, uint8_t buffer[24]) {
    size_t at = 24;
    do {
        buffer[--at] = (uint8_t)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return (guest_list_u8_t){.ptr = buffer + at, .len = 24 - at};
}

// -- fermyon:spin/key-value

static void spin_failed(response *out, fermyon_spin_key_value_error_t *error) {
    static const char *const names[] = {"store-table-full", "no-such-store", "access-denied",
                                        "other"};
    write_text(out, "error ");
    write_text(out, names[error->tag]);
    if (error->tag == FERMYON_SPIN_KEY_VALUE_ERROR_OTHER) {
        write_text(out, " ");
        write_string(out, error->val.other);
    }
    write_text(out, "\n");
}

static bool spin_count(context *c, spin_store store, fermyon_spin_key_value_error_t *error) {
    guest_option_list_u8_t value;
    if (!fermyon_spin_key_value_method_store_get(store, &c->key, &value, error)) {
        return false;
    }
    uint8_t buffer[24];
    guest_list_u8_t digits = digits_of(number_of(&value) + 1, buffer);
    if (!fermyon_spin_key_value_method_store_set(store, &c->key, &digits, error)) {
        return false;
    }
    write_bytes(c->out, digits.ptr, digits.len);
    write_text(c->out, "\n");
    return true;
}

static bool spin_get(context *c, spin_store store, fermyon_spin_key_value_error_t *error) {
    guest_option_list_u8_t value = {0};
    for (uint64_t i = query_number(c->path, "times", 1); i > 0; i--) {
        guest_option_list_u8_free(&value);
        if (!fermyon_spin_key_value_method_store_get(store, &c->key, &value, error)) {
            return false;
        }
    }
    write_value(c->out, &value);
    return true;
}

static bool spin_set(context *c, spin_store store, fermyon_spin_key_value_error_t *error) {
    uint64_t times = query_number(c->path, "times", 0);
    if (times == 0) {
        return fermyon_spin_key_value_method_store_set(store, &c->key, &c->value, error);
    }
    uint8_t buffer[24];
    for (uint64_t i = times; i > 0; i--) {
        guest_list_u8_t digits = digits_of((int64_t)i, buffer);
        if (!fermyon_spin_key_value_method_store_set(store, &c->key, &digits, error)) {
            return false;
        }
    }
    return true;
}

static bool spin_act(context *c, spin_store store, fermyon_spin_key_value_error_t *error) {
    if (equal(c->action, "get")) {
        return spin_get(c, store, error);
    }
    if (equal(c->action, "exists")) {
        bool yes;
        bool ok = fermyon_spin_key_value_method_store_exists(store, &c->key, &yes, error);
        if (ok) {
            write_bool(c->out, yes);
        }
        return ok;
    }
    if (equal(c->action, "keys")) {
        guest_list_string_t keys;
        bool ok = fermyon_spin_key_value_method_store_get_keys(store, &keys, error);
        if (ok) {
            write_keys(c->out, &keys);
        }
        return ok;
    }
    if (equal(c->action, "count")) {
        return spin_count(c, store, error);
    }
    bool ok = equal(c->action, "set")
                  ? spin_set(c, store, error)
                  : fermyon_spin_key_value_method_store_delete(store, &c->key, error);
    if (ok) {
        write_text(c->out, "ok\n");
    }
    return ok;
}

static void spin_run(context *c) {
    fermyon_spin_key_value_own_store_t store;
    fermyon_spin_key_value_error_t error;
    if (!fermyon_spin_key_value_static_store_open(&c->store, &store, &error)) {
        spin_failed(c->out, &error);
        return;
    }
    if (!spin_act(c, (spin_store){store.__handle}, &error)) {
        spin_failed(c->out, &error);
    }
    fermyon_spin_key_value_store_drop_own(store);
}

// -- wasi:keyvalue

static void wasi_failed(response *out, wasi_keyvalue_store_error_t *error) {
    static const char *const names[] = {"no-such-store", "access-denied", "other"};
    write_text(out, "error ");
    write_text(out, names[error->tag]);
    if (error->tag == WASI_KEYVALUE_STORE_ERROR_OTHER) {
        write_text(out, " ");
        write_string(out, error->val.other);
    }
    write_text(out, "\n");
}

static bool wasi_keys(context *c, bucket b, wasi_keyvalue_store_error_t *error) {
    wasi_keyvalue_store_key_response_t page = {0};
    guest_string_t cursor = {0};
    do {
        if (!wasi_keyvalue_store_method_bucket_list_keys(b, cursor.len > 0 ? &cursor : NULL, &page,
                                                         error)) {
            return false;
        }
        write_keys(c->out, &page.keys);
        cursor = page.cursor.val;
    } while (page.cursor.is_some);
    return true;
}

// Adds one by compare-and-swap until nobody else was faster.
static bool wasi_cas(context *c, bucket b, wasi_keyvalue_store_error_t *error) {
    wasi_keyvalue_atomics_own_cas_t cas;
    if (!wasi_keyvalue_atomics_static_cas_new(b, &c->key, &cas, error)) {
        return false;
    }
    for (;;) {
        guest_option_list_u8_t current;
        if (!wasi_keyvalue_atomics_method_cas_current(
                (wasi_keyvalue_atomics_borrow_cas_t){cas.__handle}, &current, error)) {
            return false;
        }
        uint8_t buffer[24];
        guest_list_u8_t digits = digits_of(number_of(&current) + 1, buffer);
        wasi_keyvalue_atomics_cas_error_t failure;
        if (wasi_keyvalue_atomics_swap(cas, &digits, &failure)) {
            write_bytes(c->out, digits.ptr, digits.len);
            write_text(c->out, "\n");
            return true;
        }
        if (failure.tag == WASI_KEYVALUE_ATOMICS_CAS_ERROR_STORE_ERROR) {
            *error = failure.val.store_error;
            return false;
        }
        cas = failure.val.cas_failed;
    }
}

// Sets KEY-0 to KEY-2 with one call, reads them and one that is not there with another, deletes two
// of them.
static bool wasi_many(context *c, bucket b, wasi_keyvalue_store_error_t *error) {
    guest_tuple2_string_list_u8_t pairs[3];
    guest_string_t keys[4];
    for (size_t i = 0; i < 4; i++) {
        keys[i] = (guest_string_t){.ptr = malloc(c->key.len + 2), .len = c->key.len + 2};
        memcpy(keys[i].ptr, c->key.ptr, c->key.len);
        keys[i].ptr[c->key.len] = '-';
        keys[i].ptr[c->key.len + 1] = (uint8_t)('0' + i);
        if (i < 3) {
            pairs[i].f0 = keys[i];
            pairs[i].f1 = c->value;
        }
    }
    guest_list_tuple2_string_list_u8_t to_set = {.ptr = pairs, .len = 3};
    guest_list_string_t all = {.ptr = keys, .len = 4};
    guest_list_tuple2_string_option_list_u8_t got;
    if (!wasi_keyvalue_batch_set_many(b, &to_set, error) ||
        !wasi_keyvalue_batch_get_many(b, &all, &got, error)) {
        return false;
    }
    for (size_t i = 0; i < got.len; i++) {
        write_string(c->out, got.ptr[i].f0);
        write_text(c->out, "=");
        write_value(c->out, &got.ptr[i].f1);
    }
    guest_list_string_t some = {.ptr = keys + 1, .len = 3};
    return wasi_keyvalue_batch_delete_many(b, &some, error);
}

static bool wasi_act(context *c, bucket b, wasi_keyvalue_store_error_t *error) {
    if (equal(c->action, "get")) {
        guest_option_list_u8_t value;
        bool ok = wasi_keyvalue_store_method_bucket_get(b, &c->key, &value, error);
        if (ok) {
            write_value(c->out, &value);
        }
        return ok;
    }
    if (equal(c->action, "exists")) {
        bool yes;
        bool ok = wasi_keyvalue_store_method_bucket_exists(b, &c->key, &yes, error);
        if (ok) {
            write_bool(c->out, yes);
        }
        return ok;
    }
    if (equal(c->action, "increment")) {
        int64_t n;
        int64_t delta = (int64_t)query_number(c->path, "delta", 1);
        bool ok = wasi_keyvalue_atomics_increment(b, &c->key, delta, &n, error);
        if (ok) {
            write_number(c->out, n);
            write_text(c->out, "\n");
        }
        return ok;
    }
    if (equal(c->action, "keys")) {
        return wasi_keys(c, b, error);
    }
    if (equal(c->action, "cas") || equal(c->action, "count")) {
        return wasi_cas(c, b, error);
    }
    if (equal(c->action, "many")) {
        return wasi_many(c, b, error);
    }
    bool ok = equal(c->action, "set")
                  ? wasi_keyvalue_store_method_bucket_set(b, &c->key, &c->value, error)
                  : wasi_keyvalue_store_method_bucket_delete(b, &c->key, error);
    if (ok) {
        write_text(c->out, "ok\n");
    }
    return ok;
}

static void wasi_run(context *c) {
    wasi_keyvalue_store_own_bucket_t b;
    wasi_keyvalue_store_error_t error;
    if (!wasi_keyvalue_store_open(&c->store, &b, &error)) {
        wasi_failed(c->out, &error);
        return;
    }
    if (!wasi_act(c, (bucket){b.__handle}, &error)) {
        wasi_failed(c->out, &error);
    }
    wasi_keyvalue_store_bucket_drop_own(b);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    guest_string_t path =
        request_path((wasi_http_types_borrow_incoming_request_t){request.__handle});
    response to = respond_text(out, 200);
    context c = {.path = path, .store = text("default"), .key = text("visits"), .out = &to};
    guest_string_t value = text("some value");
    query(path, "store", &c.store);
    query(path, "key", &c.key);
    query(path, "value", &value);
    c.value = (guest_list_u8_t){.ptr = value.ptr, .len = value.len};
    c.action = (guest_string_t){.ptr = path.ptr + 6, .len = 0};
    while (6 + c.action.len < path.len && c.action.ptr[c.action.len] != '?') {
        c.action.len++;
    }
    if (starts_with(path, "/spin/")) {
        spin_run(&c);
    } else if (starts_with(path, "/wasi/")) {
        wasi_run(&c);
    } else {
        write_text(&to, "/spin/ACTION or /wasi/ACTION\n");
    }
    finish(&to);
}
