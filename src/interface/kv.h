/* What all key-value interfaces share: opening a granted store, running a request without blocking
 * the loop. Their files only map WIT to this. */
#ifndef WY_INTERFACE_KV_H
#define WY_INTERFACE_KV_H

#include "capability/kv/kv.h"
#include "runtime/host.h"

/* What an interface finds in its slot of an instance. */
typedef struct wy_kv_state {
    uint32_t handle_count;  /* open stores and compare-and-swap handles */
    size_t held_bytes;      /* of the values that such handles hold */
    wy_kv_store **numbered; /* of interfaces that give numbers for handles; see wy_kv_number_open */
} wy_kv_state;

/* An open store: the host's object behind a `store` or `bucket` handle. */
typedef struct wy_kv_handle {
    wy_kv_store *store;
    wy_kv_state *state;
} wy_kv_handle;

typedef enum wy_kv_opened {
    WY_KV_OPENED,
    WY_KV_ACCESS_DENIED, /* not granted, whether it exists or not */
    WY_KV_NO_SUCH_STORE, /* granted, but nothing is configured under the label */
    WY_KV_TOO_MANY,      /* WY_MAX_KV_OPEN_STORES */
    WY_KV_NO_MEMORY,
} wy_kv_opened;

/* On WY_KV_OPENED the guest gets `*handle_out` as an own handle. */
wy_kv_opened wy_kv_handle_open(wy_call *call, wy_str label, own wy_kv_handle **handle_out);
/* The wy_host_drop of such handles. */
void wy_kv_handle_drop(void *object);

/* The same for interfaces whose open stores are numbers, not resources. */
wy_kv_opened wy_kv_number_open(wy_call *call, wy_str label, uint32_t *number_out);
/* NULL: the number stands for none. */
wy_kv_store *wy_kv_number_store(wy_call *call, uint32_t number);
/* One that stands for none is fine. */
void wy_kv_number_close(wy_call *call, uint32_t number);

/* The instance's state, made at the first use; NULL: no memory. */
wy_kv_state *wy_kv_state_of(wy_call *call);

/* Runs the request for `store`, with results in the call's arena; parks the task meanwhile when the
 * store may block. A trap only when the task was told to end. */
own wy_trap *wy_kv_call(wy_call *call, wy_kv_store *store, wy_kv_request *request) WY_MUST_USE;
/* The text of a failed request, in the call's arena. */
wy_str wy_kv_text(wy_call *call, const wy_kv_request *request);

static inline wy_str wy_kv_bytes(wy_list_u8 list) {
    return (wy_str){(const char *)list.ptr, list.len};
}
static inline wy_list_u8 wy_kv_list(wy_str bytes) {
    return (wy_list_u8){(const uint8_t *)bytes.ptr, bytes.len};
}

#endif
