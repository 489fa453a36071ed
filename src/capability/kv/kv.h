/* kv: named stores of key-value pairs, whatever holds them. Interfaces (interface/) map their WIT
 * to the requests here; a backend (one file, one line in backends.def) carries them out.
 *
 * A request is plain straight-line C. Whoever runs one asks wy_kv_store_blocks first and, where it
 * says yes, runs it on the offload pool, unless wy_kv_try has done it already; else on the fiber of
 * a task, which may be parked. */
#ifndef WY_CAPABILITY_KV_KV_H
#define WY_CAPABILITY_KV_KV_H

#include "base/arena.h"
#include "base/str.h"

typedef enum wy_kv_op {
    WY_KV_GET,
    WY_KV_SET,
    WY_KV_DELETE,
    WY_KV_EXISTS,
    WY_KV_LIST,
    WY_KV_INCREMENT,
    WY_KV_SWAP,
    WY_KV_GET_MANY,
    WY_KV_SET_MANY,
    WY_KV_DELETE_MANY,
} wy_kv_op;

typedef enum wy_kv_status {
    WY_KV_OK,
    WY_KV_FAILED, /* `text` of the request says why */
} wy_kv_status;

typedef struct wy_kv_store wy_kv_store;

#define WY_KV_FOREVER UINT64_MAX

/* A value or none. */
typedef struct wy_kv_value {
    bool present;
    wy_str bytes;
} wy_kv_value;

/* Same layout as a WIT tuple<string, list<u8>>. */
typedef struct wy_kv_pair {
    wy_str key, value;
} wy_kv_pair;

/* One operation: what goes in, what comes out. Inputs are views that stay valid while it runs;
 * outputs lie in `arena`. */
typedef struct wy_kv_request {
    wy_kv_op op;
    wy_kv_store *store;
    wy_arena *arena;
    /* For stores on a server: whose fiber waits, and what reaches the server. NULL: such a store
     * fails the request. */
    struct wy_task *task;
    struct wy_redis_client *redis;

    wy_str key;      /* all single-key operations */
    wy_str value;    /* SET, SWAP: the new value */
    int64_t delta;   /* INCREMENT */
    uint64_t ttl_ms; /* SET, SWAP, SET_MANY: after so long the keys are gone, and INCREMENT where it
                        makes the key; 0: as the store does by itself; WY_KV_FOREVER: never */
    wy_kv_value expected;    /* SWAP: takes place only while the key has this value, or none */
    const wy_str *keys;      /* GET_MANY, DELETE_MANY: `count` of them */
    const wy_kv_pair *pairs; /* SET_MANY: `count` of them */
    size_t count;
    const wy_str *after; /* LIST: only keys above this one, by bytes; NULL: from the first */
    size_t page_bytes;   /* LIST: stop before the keys' bytes pass this; 0: WY_MAX_RESULT_BYTES */
    bool is_brief;       /* wy_kv_try's: fail rather than wait, for whatever reason */

    wy_kv_status status;
    char text[256];
    wy_kv_value found;   /* GET */
    bool yes;            /* EXISTS: it does; SWAP: it took place; LIST: more keys follow */
    int64_t number;      /* INCREMENT: the new number */
    wy_kv_value *values; /* GET_MANY: one a key, in their order */
    wy_str *listed;      /* LIST: in the order of bytes */
    size_t listed_count;
} wy_kv_request;

/* What opens a store. Views must live as long as the store. */
typedef struct wy_kv_options {
    wy_str backend;  /* a name of backends.def */
    wy_str label;    /* names the store within what the backend opens */
    wy_str path;     /* sqlite: the file; made, with its folder, at the first use */
    wy_str url;      /* redis: the server's address */
    bool ephemeral;  /* sqlite: need not survive a crash of the machine */
    uint64_t ttl_ms; /* of keys that are set without one; 0: they stay */
} wy_kv_options;

/* Opens without touching the world: what is outside is opened by the first request, in the process
 * that makes it, so stores may be opened before workers are forked. WY_NOT_FOUND: no such backend.
 */
wy_err wy_kv_store_open(const wy_kv_options *options, own wy_kv_store **store_out,
                        wy_diag *diag) WY_MUST_USE;
/* No request may be running. */
void wy_kv_store_close(own wy_kv_store *store);
/* Whether requests may wait for disk or network: then run them on the offload pool. Requests of a
 * store that never blocks must come from one thread. */
bool wy_kv_store_blocks(const wy_kv_store *store);

/* Checks limits and carries the request out; `data` is a wy_kv_request *. The signature is the one
 * that the offload pool runs. */
void wy_kv_run(void *data);
/* On the loop's thread, for a store that blocks: carries a small request out at once where that
 * takes microseconds (the file is open, nobody has locked it, what is read lies in memory). False:
 * nothing was done; run it on the pool. A hop there and back costs several times what it does. */
bool wy_kv_try(wy_kv_request *request);

/* --- grants: what a component may open --- */

typedef struct wy_kv_grant {
    wy_str label;
    wy_kv_store *store; /* NULL: granted, but nothing is configured under the label */
} wy_kv_grant;

/* A component's settings for WY_SLOT_KV. No settings: it may open nothing. */
typedef struct wy_kv_grants {
    const wy_kv_grant *items;
    uint32_t count;
    wy_str component; /* whose they are, for messages; empty: nobody's in particular */
} wy_kv_grants;

/* NULL: not granted. */
const wy_kv_grant *wy_kv_grant_find(const wy_kv_grants *grants, wy_str label);

#endif
