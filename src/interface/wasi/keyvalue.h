/* wasi:keyvalue: what the two drafts of it share. */
#ifndef WY_INTERFACE_WASI_KEYVALUE_H
#define WY_INTERFACE_WASI_KEYVALUE_H

#include "gen/wasi_keyvalue_atomics.h"
#include "gen/wasi_keyvalue_batch.h"
#include "gen/wasi_keyvalue_store.h"
#include "interface/kv.h"

/* The operations of 0.2.0-draft2, which the earlier draft reuses where its types lie alike. */
extern const wasi_keyvalue_store_ops wy_keyvalue_store_ops;
extern const wasi_keyvalue_batch_ops wy_keyvalue_batch_ops;

/* Runs the request on a bucket; when it fails, fills in the error. */
own wy_trap *wy_keyvalue_run(wy_call *call, wy_handle bucket, wy_kv_request *request,
                             uint8_t *is_err, wasi_keyvalue_store_error *err) WY_MUST_USE;

#endif
