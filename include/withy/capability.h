/* libwithy: capabilities of yours behind interfaces of withy.
 *
 * withy maps several interfaces to one capability: `wasi:keyvalue` in two drafts and
 * `fermyon:spin/key-value` to key-value stores, `wasi:config` in two drafts and
 * `fermyon:spin/variables` to settings. A table of functions given here stands in for all of them.
 * It is handed over in withy_link_options, and used by each component linked with it.
 *
 * The tables and what their `data` points to must live as long as what was linked with them. */
#ifndef WITHY_CAPABILITY_H
#define WITHY_CAPABILITY_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- key-value stores --- */

/* One request to a store, for the three functions below. */
typedef struct withy_kv_request withy_kv_request;

/* The value of the key that is asked for; copied. Returns true; false: it is too large, and the
 * request has failed. */
WITHY_API bool withy_kv_found(withy_kv_request *request, withy_str value);
/* One key of a list, in any order; copied. Returns as withy_kv_found. */
WITHY_API bool withy_kv_listed(withy_kv_request *request, withy_str key);
/* Why the request cannot be carried out: a text that the guest gets. Returns false. */
WITHY_API bool withy_kv_fail(withy_kv_request *request, const char *format, ...) WITHY_PRINTF(2, 3);

/* A store. `data` is that of withy_kv_store. Keys have at most 1 KiB, values are within withy's
 * limits; both are views that end with the function. Each returns whether it was carried out, false
 * only after withy_kv_fail (or when withy_kv_found or withy_kv_listed said false). */
typedef struct withy_kv_backend {
    /* True: requests may take long; they come from other threads, several at once. False: they come
     * from the engine's thread, which waits for each. */
    bool blocks;
    /* Gives the value to withy_kv_found; without that, there is none. */
    bool (*get)(void *data, withy_kv_request *request, withy_str key);
    bool (*set)(void *data, withy_kv_request *request, withy_str key, withy_str value);
    /* A key that is not there is removed already. */
    bool (*remove)(void *data, withy_kv_request *request, withy_str key);
    /* Gives each key to withy_kv_listed. Keys that are not above `after` by their bytes may be left
     * out; NULL: none may. */
    bool (*list)(void *data, withy_kv_request *request, const withy_str *after);
    /* Sets `value` if the key has the value `expected` (NULL: if it is not there) and tells whether
     * it did, in one step for all who use the store. NULL, for stores that do not block: done by
     * `get` and `set`. */
    bool (*swap)(void *data, withy_kv_request *request, withy_str key, const withy_str *expected,
                 withy_str value, bool *swapped_out);
} withy_kv_backend;

typedef struct withy_kv_store {
    const char *label; /* what guests open it by: "default" */
    const withy_kv_backend *backend;
    void *data;
} withy_kv_store;

/* --- settings --- */

/* Settings, asked for whenever a guest asks. On the engine's thread, which waits. */
typedef struct withy_config_source {
    /* The value of a name, which is a view until the next call of one of the two. False: there is
     * none. */
    bool (*get)(void *data, withy_str name, withy_str *value_out);
    /* The name number `index`, counted from 0. False: there are no more. NULL: names are not told,
     * and a guest that lists all gets none. */
    bool (*name)(void *data, size_t index, withy_str *name_out);
    void *data;
} withy_config_source;

/* --- servers elsewhere --- */

/* Whether a component may connect there: "https", "example.org", 443. */
typedef bool (*withy_allow_connect)(void *data, const char *scheme, const char *host,
                                    uint16_t port);

#ifdef __cplusplus
}
#endif

#endif
