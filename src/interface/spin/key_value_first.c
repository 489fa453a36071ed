/* fermyon:spin/key-value without a version, the first one: open stores are numbers, and a key that
 * is not there is an error. */
#include "gen/fermyon_spin_first_key_value.h"

#include "interface/kv.h"

typedef fermyon_spin_first_key_value_error error;

#define FUNC(name)                                                                                 \
    static own wy_trap *name(wy_call *call,                                                        \
                             const fermyon_spin_first_key_value_##name##_args *args,               \
                             fermyon_spin_first_key_value_##name##_result *result)

FUNC(open) {
    static const uint8_t tags[] = {
        [WY_KV_ACCESS_DENIED] = FERMYON_SPIN_FIRST_KEY_VALUE_ERROR_ACCESS_DENIED,
        [WY_KV_NO_SUCH_STORE] = FERMYON_SPIN_FIRST_KEY_VALUE_ERROR_NO_SUCH_STORE,
        [WY_KV_TOO_MANY] = FERMYON_SPIN_FIRST_KEY_VALUE_ERROR_STORE_TABLE_FULL,
        [WY_KV_NO_MEMORY] = FERMYON_SPIN_FIRST_KEY_VALUE_ERROR_IO,
    };
    wy_kv_opened opened = wy_kv_number_open(call, args->name, &result->ok);
    result->is_err = opened != WY_KV_OPENED;
    if (result->is_err) result->err = (error){.tag = tags[opened], .io = WY_STR("out of memory")};
    return NULL;
}

/* Runs the request on the store of that number; when it fails, fills in the error. */
static own wy_trap *run(wy_call *call, uint32_t number, wy_kv_request *request, uint8_t *is_err,
                        error *err) {
    wy_kv_store *store = wy_kv_number_store(call, number);
    *is_err = true;
    *err = (error){.tag = FERMYON_SPIN_FIRST_KEY_VALUE_ERROR_INVALID_STORE};
    if (!store) return NULL;
    wy_trap *trap = wy_kv_call(call, store, request);
    if (trap) return trap;
    *is_err = request->status != WY_KV_OK;
    if (*is_err)
        *err =
            (error){.tag = FERMYON_SPIN_FIRST_KEY_VALUE_ERROR_IO, .io = wy_kv_text(call, request)};
    return NULL;
}

FUNC(get) {
    wy_kv_request request = {.op = WY_KV_GET, .key = args->key};
    error err;
    uint8_t is_err;
    wy_trap *trap = run(call, args->store, &request, &is_err, &err);
    if (trap) return trap;
    if (!is_err && !request.found.present) {
        is_err = true;
        err = (error){.tag = FERMYON_SPIN_FIRST_KEY_VALUE_ERROR_NO_SUCH_KEY};
    }
    result->is_err = is_err;
    if (is_err)
        result->err = err;
    else
        result->ok = wy_kv_list(request.found.bytes);
    return NULL;
}

FUNC(set) {
    wy_kv_request request = {.op = WY_KV_SET, .key = args->key, .value = wy_kv_bytes(args->value)};
    return run(call, args->store, &request, &result->is_err, &result->err);
}

FUNC(delete) {
    wy_kv_request request = {.op = WY_KV_DELETE, .key = args->key};
    return run(call, args->store, &request, &result->is_err, &result->err);
}

FUNC(exists) {
    wy_kv_request request = {.op = WY_KV_EXISTS, .key = args->key};
    wy_trap *trap = run(call, args->store, &request, &result->is_err, &result->err);
    if (!trap && !result->is_err) result->ok = request.yes;
    return trap;
}

FUNC(get_keys) {
    wy_kv_request request = {.op = WY_KV_LIST};
    wy_trap *trap = run(call, args->store, &request, &result->is_err, &result->err);
    if (!trap && !result->is_err)
        result->ok = (wit_list_string){request.listed, request.listed_count};
    return trap;
}

static own wy_trap *close(wy_call *call, const fermyon_spin_first_key_value_close_args *args,
                          void *result) {
    (void)result;
    wy_kv_number_close(call, args->store);
    return NULL;
}

static const fermyon_spin_first_key_value_ops ops = {
    .open = open,
    .get = get,
    .set = set,
    .delete = delete,
    .exists = exists,
    .get_keys = get_keys,
    .close = close,
};

extern const wy_interface wy_interface_fermyon_spin_first_key_value;
const wy_interface wy_interface_fermyon_spin_first_key_value = {
    &fermyon_spin_first_key_value_interface, &ops};
