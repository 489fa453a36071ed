/* Key-value stores of an embedder: his table of functions as a backend of the capability kv. */
#ifndef WY_HOST_KV_H
#define WY_HOST_KV_H

#include "capability/kv/kv.h"
#include "withy/capability.h"

/* The table that `in` points to must live as long as the store. WY_USAGE: functions are missing. */
wy_err wy_host_kv_open(const withy_kv_store *in, own wy_kv_store **store_out,
                       wy_diag *diag) WY_MUST_USE;

#endif
