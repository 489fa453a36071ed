/* wasi:keyvalue@0.2.0-draft: as draft2, but for a numeric cursor, unsigned increments and another
 * shape of get-many. Everything else has the same layout and is answered by draft2's functions. */
#include "gen/wasi_keyvalue_draft_atomics.h"
#include "gen/wasi_keyvalue_draft_batch.h"
#include "gen/wasi_keyvalue_draft_store.h"
#include "interface/wasi/keyvalue.h"

typedef wasi_keyvalue_draft_store_error error;

_Static_assert(sizeof(error) == sizeof(wasi_keyvalue_store_error), "layout");
_Static_assert((int)WASI_KEYVALUE_DRAFT_STORE_ERROR_NO_SUCH_STORE ==
                   (int)WASI_KEYVALUE_STORE_ERROR_NO_SUCH_STORE,
               "layout");
_Static_assert((int)WASI_KEYVALUE_DRAFT_STORE_ERROR_OTHER == (int)WASI_KEYVALUE_STORE_ERROR_OTHER,
               "layout");
_Static_assert(sizeof(wasi_keyvalue_draft_store_bucket_set_args) ==
                   sizeof(wasi_keyvalue_store_bucket_set_args),
               "layout");
_Static_assert(sizeof(wasi_keyvalue_draft_store_bucket_get_result) ==
                   sizeof(wasi_keyvalue_store_bucket_get_result),
               "layout");
_Static_assert(sizeof(wasi_keyvalue_draft_batch_set_many_args) ==
                   sizeof(wasi_keyvalue_batch_set_many_args),
               "layout");

static own wy_trap *run(wy_call *call, wy_handle bucket, wy_kv_request *request, uint8_t *is_err,
                        error *err) {
    return wy_keyvalue_run(call, bucket, request, is_err, (wasi_keyvalue_store_error *)err);
}

/* --- store --- */

static own wy_trap *open_bucket(wy_call *call, const wasi_keyvalue_draft_store_open_args *args,
                                wasi_keyvalue_draft_store_open_result *result) {
    return wy_keyvalue_store_ops.open(call, (const wasi_keyvalue_store_open_args *)args,
                                      (wasi_keyvalue_store_open_result *)result);
}

static own wy_trap *bucket_get(wy_call *call, const wasi_keyvalue_draft_store_bucket_get_args *args,
                               wasi_keyvalue_draft_store_bucket_get_result *result) {
    return wy_keyvalue_store_ops.bucket_get(call, (const wasi_keyvalue_store_bucket_get_args *)args,
                                            (wasi_keyvalue_store_bucket_get_result *)result);
}

static own wy_trap *bucket_set(wy_call *call, const wasi_keyvalue_draft_store_bucket_set_args *args,
                               wasi_keyvalue_draft_store_bucket_set_result *result) {
    return wy_keyvalue_store_ops.bucket_set(call, (const wasi_keyvalue_store_bucket_set_args *)args,
                                            (wasi_keyvalue_store_bucket_set_result *)result);
}

static own wy_trap *bucket_delete(wy_call *call,
                                  const wasi_keyvalue_draft_store_bucket_delete_args *args,
                                  wasi_keyvalue_draft_store_bucket_delete_result *result) {
    return wy_keyvalue_store_ops.bucket_delete(call,
                                               (const wasi_keyvalue_store_bucket_delete_args *)args,
                                               (wasi_keyvalue_store_bucket_delete_result *)result);
}

static own wy_trap *bucket_exists(wy_call *call,
                                  const wasi_keyvalue_draft_store_bucket_exists_args *args,
                                  wasi_keyvalue_draft_store_bucket_exists_result *result) {
    return wy_keyvalue_store_ops.bucket_exists(call,
                                               (const wasi_keyvalue_store_bucket_exists_args *)args,
                                               (wasi_keyvalue_store_bucket_exists_result *)result);
}

/* A number cannot name the key where a page ended, so all keys come in one page. */
static own wy_trap *bucket_list_keys(wy_call *call,
                                     const wasi_keyvalue_draft_store_bucket_list_keys_args *args,
                                     wasi_keyvalue_draft_store_bucket_list_keys_result *result) {
    wy_kv_request request = {.op = WY_KV_LIST};
    if (args->cursor.is_some) {
        result->is_err = true;
        result->err = (error){.tag = WASI_KEYVALUE_DRAFT_STORE_ERROR_OTHER,
                              .other = WY_STR("this cursor was not given out by list-keys")};
        return NULL;
    }
    wy_trap *trap = run(call, args->self, &request, &result->is_err, &result->err);
    if (!trap && !result->is_err)
        result->ok = (wasi_keyvalue_draft_store_key_response){
            .keys = {request.listed, request.listed_count}};
    return trap;
}

static const wasi_keyvalue_draft_store_ops store_ops = {
    .open = open_bucket,
    .bucket_get = bucket_get,
    .bucket_set = bucket_set,
    .bucket_delete = bucket_delete,
    .bucket_exists = bucket_exists,
    .bucket_list_keys = bucket_list_keys,
    .bucket_drop = wy_kv_handle_drop,
};

extern const wy_interface wy_interface_wasi_keyvalue_draft_store;
const wy_interface wy_interface_wasi_keyvalue_draft_store = {&wasi_keyvalue_draft_store_interface,
                                                             &store_ops};

/* --- atomics --- */

/* The number in the store is signed; what does not fit either type is refused. */
static own wy_trap *increment(wy_call *call, const wasi_keyvalue_draft_atomics_increment_args *args,
                              wasi_keyvalue_draft_atomics_increment_result *result) {
    wy_kv_request request = {
        .op = WY_KV_INCREMENT, .key = args->key, .delta = (int64_t)args->delta};
    result->is_err = true;
    result->err.tag = WASI_KEYVALUE_DRAFT_STORE_ERROR_OTHER;
    result->err.other = WY_STR("the delta is too large");
    if (args->delta > INT64_MAX) return NULL;
    wy_trap *trap = run(call, args->bucket, &request, &result->is_err, &result->err);
    if (trap || result->is_err) return trap;
    result->is_err = request.number < 0;
    if (result->is_err)
        result->err = (error){.tag = WASI_KEYVALUE_DRAFT_STORE_ERROR_OTHER,
                              .other = WY_STR("the number is negative")};
    else
        result->ok = (uint64_t)request.number;
    return NULL;
}

static const wasi_keyvalue_draft_atomics_ops atomics_ops = {.increment = increment};

extern const wy_interface wy_interface_wasi_keyvalue_draft_atomics;
const wy_interface wy_interface_wasi_keyvalue_draft_atomics = {
    &wasi_keyvalue_draft_atomics_interface, &atomics_ops};

/* --- batch --- */

static own wy_trap *get_many(wy_call *call, const wasi_keyvalue_draft_batch_get_many_args *args,
                             wasi_keyvalue_draft_batch_get_many_result *result) {
    wy_kv_request request = {.op = WY_KV_GET_MANY, .keys = args->keys.ptr, .count = args->keys.len};
    wy_trap *trap = run(call, args->bucket, &request, &result->is_err, &result->err);
    if (trap || result->is_err) return trap;
    wit_option_tuple2_string_list_u8 *pairs =
        wy_arena_calloc(call->arena, args->keys.len, sizeof *pairs);
    result->is_err = pairs == NULL;
    if (!pairs) {
        result->err =
            (error){.tag = WASI_KEYVALUE_DRAFT_STORE_ERROR_OTHER, .other = WY_STR("out of memory")};
        return NULL;
    }
    for (size_t i = 0; i < args->keys.len; i++)
        if (request.values[i].present)
            pairs[i] = (wit_option_tuple2_string_list_u8){
                true, {args->keys.ptr[i], wy_kv_list(request.values[i].bytes)}};
    result->ok.ptr = pairs;
    result->ok.len = args->keys.len;
    return NULL;
}

static own wy_trap *set_many(wy_call *call, const wasi_keyvalue_draft_batch_set_many_args *args,
                             wasi_keyvalue_draft_batch_set_many_result *result) {
    return wy_keyvalue_batch_ops.set_many(call, (const wasi_keyvalue_batch_set_many_args *)args,
                                          (wasi_keyvalue_batch_set_many_result *)result);
}

static own wy_trap *delete_many(wy_call *call,
                                const wasi_keyvalue_draft_batch_delete_many_args *args,
                                wasi_keyvalue_draft_batch_delete_many_result *result) {
    return wy_keyvalue_batch_ops.delete_many(call,
                                             (const wasi_keyvalue_batch_delete_many_args *)args,
                                             (wasi_keyvalue_batch_delete_many_result *)result);
}

static const wasi_keyvalue_draft_batch_ops batch_ops = {
    .get_many = get_many,
    .set_many = set_many,
    .delete_many = delete_many,
};

extern const wy_interface wy_interface_wasi_keyvalue_draft_batch;
const wy_interface wy_interface_wasi_keyvalue_draft_batch = {&wasi_keyvalue_draft_batch_interface,
                                                             &batch_ops};
