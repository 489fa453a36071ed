/* What the Redis interfaces share: a component's settings, opening a connection that it may have,
 * and running a command on it. */
#ifndef WY_INTERFACE_SPIN_REDIS_H
#define WY_INTERFACE_SPIN_REDIS_H

#include "capability/redis/client.h"
#include "runtime/host.h"

/* Settings of a component, slot REDIS. Without them every address is refused. */
typedef struct wy_spin_redis_settings {
    wy_redis_client *client;
    const wy_http_policy *policy; /* NULL: anything goes */
} wy_spin_redis_settings;

/* An open connection: the host's object behind a `connection` handle. */
typedef struct wy_spin_redis wy_spin_redis;

/* The cases of the interface's `error`, in its order, behind none. */
typedef enum wy_spin_redis_fault {
    WY_SPIN_REDIS_OK,
    WY_SPIN_REDIS_INVALID_ADDRESS, /* malformed, or not permitted */
    WY_SPIN_REDIS_TOO_MANY,
    WY_SPIN_REDIS_TYPE_ERROR,
    WY_SPIN_REDIS_OTHER,
} wy_spin_redis_fault;

typedef struct wy_spin_redis_answer {
    wy_spin_redis_fault fault;
    wy_str text;                 /* of OTHER; UTF-8 */
    const wy_redis_reply *reply; /* without a fault; never an error */
} wy_spin_redis_answer;

/* Waits until the server can be reached. On a fault `*redis_out` is NULL. */
own wy_trap *wy_spin_redis_open(wy_call *call, wy_str address, own wy_spin_redis **redis_out,
                                wy_spin_redis_answer *answer) WY_MUST_USE;
/* The wy_host_drop of such handles. */
void wy_spin_redis_close(void *redis);

/* Runs one command; `argv[0]` is its name. */
own wy_trap *wy_spin_redis_run(wy_call *call, wy_spin_redis *redis, const wy_str *argv, size_t argc,
                               wy_spin_redis_answer *answer) WY_MUST_USE;

/* A parameter of `execute`, in WIT's layout, in both versions of the interface. */
typedef struct wy_spin_redis_parameter {
    uint8_t tag; /* int64, binary */
    union {
        int64_t integer;
        wy_str bytes;
    };
} wy_spin_redis_parameter;
/* The words of a command with such parameters, in the call's arena. NULL: there is no memory. */
const wy_str *wy_spin_redis_words(wy_call *call, wy_str command,
                                  const wy_spin_redis_parameter *parameters, size_t count);

/* The reply as the number or as the strings that the command always answers; a fault where it is
 * something else. */
int64_t wy_spin_redis_integer(wy_spin_redis_answer *answer);
bool wy_spin_redis_strings(wy_call *call, wy_spin_redis_answer *answer, const wy_str **items_out,
                           size_t *count_out);

/* A reply as a list<redis-result>: arrays are taken apart into one list. Laid out as WIT's variant,
 * in both versions of the interface. */
typedef struct wy_spin_redis_result {
    uint8_t tag; /* nil, status, int64, binary */
    union {
        wy_str bytes;
        int64_t integer;
    };
} wy_spin_redis_result;
bool wy_spin_redis_flatten(wy_call *call, wy_spin_redis_answer *answer,
                           const wy_spin_redis_result **items_out, size_t *count_out);

#endif
