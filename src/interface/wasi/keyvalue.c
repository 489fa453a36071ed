/* wasi:keyvalue/store and /batch@0.2.0-draft2 over the capability kv. */
#include "interface/wasi/keyvalue.h"

typedef wasi_keyvalue_store_error error;

/* Keys of one page of list-keys, in bytes: guests that never ask for a second page see all keys of
 * all but huge stores. */
#define PAGE_BYTES ((size_t)4 << 20)

_Static_assert(sizeof(wy_kv_pair) == sizeof(wit_tuple2_string_list_u8), "layout");
_Static_assert(offsetof(wy_kv_pair, value) == offsetof(wit_tuple2_string_list_u8, f1), "layout");

/* --- store --- */

static own wy_trap *open_bucket(wy_call *call, const wasi_keyvalue_store_open_args *args,
                                wasi_keyvalue_store_open_result *result) {
    static const uint8_t tags[] = {
        [WY_KV_ACCESS_DENIED] = WASI_KEYVALUE_STORE_ERROR_ACCESS_DENIED,
        [WY_KV_NO_SUCH_STORE] = WASI_KEYVALUE_STORE_ERROR_NO_SUCH_STORE,
        [WY_KV_TOO_MANY] = WASI_KEYVALUE_STORE_ERROR_OTHER,
        [WY_KV_NO_MEMORY] = WASI_KEYVALUE_STORE_ERROR_OTHER,
    };
    /* guests of hosts where the link names the store pass no identifier */
    wy_str label = args->identifier.len ? args->identifier : WY_STR("default");
    wy_kv_handle *handle;
    wy_kv_opened opened = wy_kv_handle_open(call, label, &handle);
    result->is_err = opened != WY_KV_OPENED;
    if (!result->is_err)
        result->ok = (wy_handle)handle;
    else
        result->err = (error){.tag = tags[opened],
                              .other = opened == WY_KV_TOO_MANY
                                           ? WY_STR("too many buckets are open in this instance")
                                           : WY_STR("out of memory")};
    return NULL;
}

own wy_trap *wy_keyvalue_run(wy_call *call, wy_handle bucket, wy_kv_request *request,
                             uint8_t *is_err, error *err) {
    wy_trap *trap = wy_kv_call(call, ((const wy_kv_handle *)bucket)->store, request);
    if (trap) return trap;
    *is_err = request->status != WY_KV_OK;
    if (*is_err)
        *err = (error){.tag = WASI_KEYVALUE_STORE_ERROR_OTHER, .other = wy_kv_text(call, request)};
    return NULL;
}

static own wy_trap *bucket_get(wy_call *call, const wasi_keyvalue_store_bucket_get_args *args,
                               wasi_keyvalue_store_bucket_get_result *result) {
    wy_kv_request request = {.op = WY_KV_GET, .key = args->key};
    wy_trap *trap = wy_keyvalue_run(call, args->self, &request, &result->is_err, &result->err);
    if (!trap && !result->is_err)
        result->ok = (wit_option_list_u8){request.found.present, wy_kv_list(request.found.bytes)};
    return trap;
}

static own wy_trap *bucket_set(wy_call *call, const wasi_keyvalue_store_bucket_set_args *args,
                               wasi_keyvalue_store_bucket_set_result *result) {
    wy_kv_request request = {.op = WY_KV_SET, .key = args->key, .value = wy_kv_bytes(args->value)};
    return wy_keyvalue_run(call, args->self, &request, &result->is_err, &result->err);
}

static own wy_trap *bucket_delete(wy_call *call, const wasi_keyvalue_store_bucket_delete_args *args,
                                  wasi_keyvalue_store_bucket_delete_result *result) {
    wy_kv_request request = {.op = WY_KV_DELETE, .key = args->key};
    return wy_keyvalue_run(call, args->self, &request, &result->is_err, &result->err);
}

static own wy_trap *bucket_exists(wy_call *call, const wasi_keyvalue_store_bucket_exists_args *args,
                                  wasi_keyvalue_store_bucket_exists_result *result) {
    wy_kv_request request = {.op = WY_KV_EXISTS, .key = args->key};
    wy_trap *trap = wy_keyvalue_run(call, args->self, &request, &result->is_err, &result->err);
    if (!trap && !result->is_err) result->ok = request.yes;
    return trap;
}

/* The cursor is the last key of the page before. */
static own wy_trap *bucket_list_keys(wy_call *call,
                                     const wasi_keyvalue_store_bucket_list_keys_args *args,
                                     wasi_keyvalue_store_bucket_list_keys_result *result) {
    wy_kv_request request = {.op = WY_KV_LIST,
                             .after = args->cursor.is_some ? &args->cursor.some : NULL,
                             .page_bytes = PAGE_BYTES};
    wy_trap *trap = wy_keyvalue_run(call, args->self, &request, &result->is_err, &result->err);
    if (trap || result->is_err) return trap;
    wy_assert(!request.yes || request.listed_count > 0);
    result->ok = (wasi_keyvalue_store_key_response){
        .keys = {request.listed, request.listed_count},
        .cursor = {request.yes,
                   request.yes ? request.listed[request.listed_count - 1] : (wy_str){0}}};
    return NULL;
}

const wasi_keyvalue_store_ops wy_keyvalue_store_ops = {
    .open = open_bucket,
    .bucket_get = bucket_get,
    .bucket_set = bucket_set,
    .bucket_delete = bucket_delete,
    .bucket_exists = bucket_exists,
    .bucket_list_keys = bucket_list_keys,
    .bucket_drop = wy_kv_handle_drop,
};

extern const wy_interface wy_interface_wasi_keyvalue_store;
const wy_interface wy_interface_wasi_keyvalue_store = {&wasi_keyvalue_store_interface,
                                                       &wy_keyvalue_store_ops};

/* --- batch --- */

static own wy_trap *get_many(wy_call *call, const wasi_keyvalue_batch_get_many_args *args,
                             wasi_keyvalue_batch_get_many_result *result) {
    wy_kv_request request = {.op = WY_KV_GET_MANY, .keys = args->keys.ptr, .count = args->keys.len};
    wy_trap *trap = wy_keyvalue_run(call, args->bucket, &request, &result->is_err, &result->err);
    if (trap || result->is_err) return trap;
    wit_tuple2_string_option_list_u8 *pairs =
        wy_arena_calloc(call->arena, args->keys.len, sizeof *pairs);
    result->is_err = pairs == NULL;
    if (!pairs) {
        result->err =
            (error){.tag = WASI_KEYVALUE_STORE_ERROR_OTHER, .other = WY_STR("out of memory")};
        return NULL;
    }
    for (size_t i = 0; i < args->keys.len; i++)
        pairs[i] = (wit_tuple2_string_option_list_u8){
            args->keys.ptr[i], {request.values[i].present, wy_kv_list(request.values[i].bytes)}};
    result->ok.ptr = pairs;
    result->ok.len = args->keys.len;
    return NULL;
}

static own wy_trap *set_many(wy_call *call, const wasi_keyvalue_batch_set_many_args *args,
                             wasi_keyvalue_batch_set_many_result *result) {
    wy_kv_request request = {.op = WY_KV_SET_MANY,
                             .pairs = (const wy_kv_pair *)args->key_values.ptr,
                             .count = args->key_values.len};
    return wy_keyvalue_run(call, args->bucket, &request, &result->is_err, &result->err);
}

static own wy_trap *delete_many(wy_call *call, const wasi_keyvalue_batch_delete_many_args *args,
                                wasi_keyvalue_batch_delete_many_result *result) {
    wy_kv_request request = {
        .op = WY_KV_DELETE_MANY, .keys = args->keys.ptr, .count = args->keys.len};
    return wy_keyvalue_run(call, args->bucket, &request, &result->is_err, &result->err);
}

const wasi_keyvalue_batch_ops wy_keyvalue_batch_ops = {
    .get_many = get_many,
    .set_many = set_many,
    .delete_many = delete_many,
};

extern const wy_interface wy_interface_wasi_keyvalue_batch;
const wy_interface wy_interface_wasi_keyvalue_batch = {&wasi_keyvalue_batch_interface,
                                                       &wy_keyvalue_batch_ops};
