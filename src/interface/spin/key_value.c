/* fermyon:spin/key-value@2.0.0 over the capability kv. */
#include "gen/fermyon_spin_key_value.h"

#include "interface/kv.h"

typedef fermyon_spin_key_value_error error;

static own wy_trap *store_open(wy_call *call, const fermyon_spin_key_value_store_open_args *args,
                               fermyon_spin_key_value_store_open_result *result) {
    static const uint8_t tags[] = {
        [WY_KV_ACCESS_DENIED] = FERMYON_SPIN_KEY_VALUE_ERROR_ACCESS_DENIED,
        [WY_KV_NO_SUCH_STORE] = FERMYON_SPIN_KEY_VALUE_ERROR_NO_SUCH_STORE,
        [WY_KV_TOO_MANY] = FERMYON_SPIN_KEY_VALUE_ERROR_STORE_TABLE_FULL,
        [WY_KV_NO_MEMORY] = FERMYON_SPIN_KEY_VALUE_ERROR_OTHER,
    };
    wy_kv_handle *handle;
    wy_kv_opened opened = wy_kv_handle_open(call, args->label, &handle);
    result->is_err = opened != WY_KV_OPENED;
    if (result->is_err)
        result->err = (error){.tag = tags[opened], .other = WY_STR("out of memory")};
    else
        result->ok = (wy_handle)handle;
    return NULL;
}

/* Runs the request; when it fails, fills in the error. */
static own wy_trap *run(wy_call *call, wy_handle self, wy_kv_request *request, uint8_t *is_err,
                        error *err) {
    wy_trap *trap = wy_kv_call(call, ((const wy_kv_handle *)self)->store, request);
    if (trap) return trap;
    *is_err = request->status != WY_KV_OK;
    if (*is_err)
        *err =
            (error){.tag = FERMYON_SPIN_KEY_VALUE_ERROR_OTHER, .other = wy_kv_text(call, request)};
    return NULL;
}

static own wy_trap *store_get(wy_call *call, const fermyon_spin_key_value_store_get_args *args,
                              fermyon_spin_key_value_store_get_result *result) {
    wy_kv_request request = {.op = WY_KV_GET, .key = args->key};
    wy_trap *trap = run(call, args->self, &request, &result->is_err, &result->err);
    if (!trap && !result->is_err)
        result->ok = (wit_option_list_u8){request.found.present, wy_kv_list(request.found.bytes)};
    return trap;
}

static own wy_trap *store_set(wy_call *call, const fermyon_spin_key_value_store_set_args *args,
                              fermyon_spin_key_value_store_set_result *result) {
    wy_kv_request request = {.op = WY_KV_SET, .key = args->key, .value = wy_kv_bytes(args->value)};
    return run(call, args->self, &request, &result->is_err, &result->err);
}

static own wy_trap *store_delete(wy_call *call,
                                 const fermyon_spin_key_value_store_delete_args *args,
                                 fermyon_spin_key_value_store_delete_result *result) {
    wy_kv_request request = {.op = WY_KV_DELETE, .key = args->key};
    return run(call, args->self, &request, &result->is_err, &result->err);
}

static own wy_trap *store_exists(wy_call *call,
                                 const fermyon_spin_key_value_store_exists_args *args,
                                 fermyon_spin_key_value_store_exists_result *result) {
    wy_kv_request request = {.op = WY_KV_EXISTS, .key = args->key};
    wy_trap *trap = run(call, args->self, &request, &result->is_err, &result->err);
    if (!trap && !result->is_err) result->ok = request.yes;
    return trap;
}

static own wy_trap *store_get_keys(wy_call *call,
                                   const fermyon_spin_key_value_store_get_keys_args *args,
                                   fermyon_spin_key_value_store_get_keys_result *result) {
    wy_kv_request request = {.op = WY_KV_LIST};
    wy_trap *trap = run(call, args->self, &request, &result->is_err, &result->err);
    if (!trap && !result->is_err)
        result->ok = (wit_list_string){request.listed, request.listed_count};
    return trap;
}

static const fermyon_spin_key_value_ops ops = {
    .store_open = store_open,
    .store_get = store_get,
    .store_set = store_set,
    .store_delete = store_delete,
    .store_exists = store_exists,
    .store_get_keys = store_get_keys,
    .store_drop = wy_kv_handle_drop,
};

extern const wy_interface wy_interface_fermyon_spin_key_value;
const wy_interface wy_interface_fermyon_spin_key_value = {&fermyon_spin_key_value_interface, &ops};
