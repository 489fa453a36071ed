/* What a backend of kv is: a table of functions. Included by backends, kv.c, and who makes a store
 * of another table than those in backends.def. */
#ifndef WY_CAPABILITY_KV_BACKEND_H
#define WY_CAPABILITY_KV_BACKEND_H

#include "capability/kv/kv.h"

/* Carries out one request; `state` is what open made. Inputs are within the limits already. Returns
 * WY_KV_FAILED by way of wy_kv_fail. */
typedef wy_kv_status (*wy_kv_func)(void *state, wy_kv_request *request);

typedef struct wy_kv_backend {
    const char *name;
    bool blocks;  /* requests may wait, and may come from several threads at once */
    bool expires; /* heeds `ttl_ms`, which is 0 or the keys' time when it sees it; without: such
                     requests fail */
    bool tries;   /* heeds `is_brief` of GET, SET, DELETE and EXISTS: such a request ends at once */
    wy_err (*open)(const wy_kv_options *options, void **state_out, wy_diag *diag);
    void (*close)(void *state);
    wy_kv_func get, set, del, exists, list, increment, swap;
    /* NULL: made of the single-key functions, one after the other */
    wy_kv_func get_many, set_many, delete_many;
} wy_kv_backend;

/* A store with a backend of the caller's; `state` is its own from now on. WY_NOMEM. */
wy_err wy_kv_store_of(const wy_kv_backend *backend, own void *state,
                      own wy_kv_store **store_out) WY_MUST_USE;

/* Milliseconds since 1970: by this clock a key's time is over. */
uint64_t wy_kv_now_ms(void);
/* Puts the formatted text into the request and returns WY_KV_FAILED. */
wy_kv_status wy_kv_fail(wy_kv_request *request, const char *fmt, ...) WY_PRINTF(2, 3);
wy_kv_status wy_kv_nomem(wy_kv_request *request);
/* Copies found bytes into the request's arena. */
wy_kv_status wy_kv_found(wy_kv_request *request, wy_str bytes, wy_kv_value *value_out);
/* Adds a key to `listed`. False: the page is full (then `yes` is set) or the request failed. */
bool wy_kv_list_add(wy_kv_request *request, wy_str key, uint32_t *cap, size_t *bytes);
/* The number that increment keeps in a value: 8 bytes, the lowest first. Adds delta. */
wy_kv_status wy_kv_add(wy_kv_request *request, const wy_kv_value *old, uint8_t value_out[8]);

#endif
