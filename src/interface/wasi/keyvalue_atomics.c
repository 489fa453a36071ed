/* wasi:keyvalue/atomics@0.2.0-draft2 over the capability kv: increment, and compare-and-swap by
 * value: a swap takes place while the key still has the value that the handle saw. */
#include <stdlib.h>

#include "base/limits.h"
#include "interface/wasi/keyvalue.h"

typedef wasi_keyvalue_store_error error;

/* The host's object behind a `cas` handle. Key and value are its own copies, behind it. */
typedef struct cas {
    wy_kv_store *store;
    wy_kv_state *state;
    wy_str key;
    wy_kv_value seen;
    char bytes[];
} cas;

static size_t cas_size(const cas *c) {
    return c->key.len + c->seen.bytes.len;
}

static void cas_drop(void *object) {
    cas *c = object;
    c->state->handle_count--;
    c->state->held_bytes -= cas_size(c);
    free(c);
}

/* A handle on what the store holds now. NULL with an error: the limit, memory, the store. */
static own wy_trap *observe(wy_call *call, wy_kv_store *store, wy_str key, own cas **cas_out,
                            error *err) {
    wy_kv_request request = {.op = WY_KV_GET, .key = key};
    *cas_out = NULL;
    err->tag = WASI_KEYVALUE_STORE_ERROR_OTHER;
    wy_trap *trap = wy_kv_call(call, store, &request);
    if (trap) return trap;
    wy_kv_state *state = wy_kv_state_of(call);
    size_t size = key.len + request.found.bytes.len;
    if (request.status != WY_KV_OK) {
        err->other = wy_kv_text(call, &request);
    } else if (state && (state->handle_count >= WY_MAX_KV_OPEN_STORES ||
                         size > WY_MAX_RESULT_BYTES - state->held_bytes)) {
        err->other = WY_STR("too many compare-and-swap handles are open in this instance");
    } else {
        cas *c = state ? malloc(sizeof *c + size) : NULL;
        err->other = WY_STR("out of memory");
        if (!c) return NULL;
        if (key.len) memcpy(c->bytes, key.ptr, key.len);
        wy_str value = {c->bytes + key.len, request.found.bytes.len};
        if (value.len) memcpy(c->bytes + key.len, request.found.bytes.ptr, value.len);
        *c = (cas){store, state, {c->bytes, key.len}, {request.found.present, value}};
        state->handle_count++;
        state->held_bytes += size;
        *cas_out = c;
    }
    return NULL;
}

static own wy_trap *cas_new(wy_call *call, const wasi_keyvalue_atomics_cas_new_args *args,
                            wasi_keyvalue_atomics_cas_new_result *result) {
    cas *c;
    error err;
    wy_trap *trap = observe(call, ((const wy_kv_handle *)args->bucket)->store, args->key, &c, &err);
    if (trap) return trap;
    result->is_err = c == NULL;
    if (c)
        result->ok = (wy_handle)c;
    else
        result->err = err;
    return NULL;
}

static own wy_trap *cas_current(wy_call *call, const wasi_keyvalue_atomics_cas_current_args *args,
                                wasi_keyvalue_atomics_cas_current_result *result) {
    (void)call;
    const cas *c = (const cas *)args->self;
    result->is_err = false;
    result->ok = (wit_option_list_u8){c->seen.present, wy_kv_list(c->seen.bytes)};
    return NULL;
}

static own wy_trap *increment(wy_call *call, const wasi_keyvalue_atomics_increment_args *args,
                              wasi_keyvalue_atomics_increment_result *result) {
    wy_kv_request request = {.op = WY_KV_INCREMENT, .key = args->key, .delta = args->delta};
    wy_trap *trap = wy_keyvalue_run(call, args->bucket, &request, &result->is_err, &result->err);
    if (!trap && !result->is_err) result->ok = request.number;
    return trap;
}

/* The swap with a handle that outlives it. */
static own wy_trap *swap_with(wy_call *call, const cas *c, wy_list_u8 value,
                              wasi_keyvalue_atomics_swap_result *result) {
    wy_kv_request request = {
        .op = WY_KV_SWAP, .key = c->key, .expected = c->seen, .value = wy_kv_bytes(value)};
    wy_trap *trap = wy_kv_call(call, c->store, &request);
    if (trap) return trap;
    result->is_err = request.status != WY_KV_OK || !request.yes;
    if (!result->is_err) return NULL;
    result->err.tag = WASI_KEYVALUE_ATOMICS_CAS_ERROR_STORE_ERROR;
    if (request.status != WY_KV_OK) {
        result->err.store_error =
            (error){.tag = WASI_KEYVALUE_STORE_ERROR_OTHER, .other = wy_kv_text(call, &request)};
        return NULL;
    }
    cas *again;
    error err;
    trap = observe(call, c->store, c->key, &again, &err);
    if (trap) return trap;
    if (again) {
        result->err.tag = WASI_KEYVALUE_ATOMICS_CAS_ERROR_CAS_FAILED;
        result->err.cas_failed = (wy_handle)again;
    } else {
        result->err.store_error = err;
    }
    return NULL;
}

static own wy_trap *swap(wy_call *call, const wasi_keyvalue_atomics_swap_args *args,
                         wasi_keyvalue_atomics_swap_result *result) {
    cas *c = (cas *)args->cas; /* an own handle: ours to end */
    wy_trap *trap = swap_with(call, c, args->value, result);
    cas_drop(c);
    return trap;
}

static const wasi_keyvalue_atomics_ops ops = {
    .cas_new = cas_new,
    .cas_current = cas_current,
    .increment = increment,
    .swap = swap,
    .cas_drop = cas_drop,
};

extern const wy_interface wy_interface_wasi_keyvalue_atomics;
const wy_interface wy_interface_wasi_keyvalue_atomics = {&wasi_keyvalue_atomics_interface, &ops};
