/* The Redis trigger: messages of channels, each handled by the components bound to its channel. */
#ifndef WY_TRIGGER_REDIS_H
#define WY_TRIGGER_REDIS_H

#include "capability/redis/client.h"
#include "trigger/message.h"

typedef struct wy_redis_trigger wy_redis_trigger;

/* Strings outlive the trigger. */
typedef struct wy_redis_binding {
    wy_str id;
    wy_str address, channel;
    const wy_component *component;
    uint32_t retries;   /* further tries when handling fails */
    wy_str dead_letter; /* the list that takes messages which nobody could handle; empty: none */
} wy_redis_binding;

typedef struct wy_redis_trigger_config {
    wy_scheduler *scheduler;
    wy_redis_client *client; /* for dead letters */
    const wy_redis_binding *bindings;
    uint32_t binding_count;
    uint64_t timeout_ms; /* of handling a message; 0: none */
} wy_redis_trigger_config;

/* WY_UNMET: a component exports no handler; WY_INVALID: an address. Takes no message yet. */
wy_err wy_redis_trigger_new(const wy_redis_trigger_config *config,
                            own wy_redis_trigger **trigger_out, wy_diag *diag) WY_MUST_USE;
/* Subscribes. */
wy_err wy_redis_trigger_begin(wy_redis_trigger *trigger, wy_diag *diag) WY_MUST_USE;
/* Takes no more messages; those that it has are handled. */
void wy_redis_trigger_retire(wy_redis_trigger *trigger);
bool wy_redis_trigger_is_idle(const wy_redis_trigger *trigger);
/* Retired, and idle. NULL is fine. */
void wy_redis_trigger_free(own wy_redis_trigger *trigger);

#endif
