/* The MQTT trigger: messages of topics, each handled by the components bound to a topic that
 * matches. A message is acknowledged to the broker when all of them are done with it. */
#ifndef WY_TRIGGER_MQTT_H
#define WY_TRIGGER_MQTT_H

#include "capability/mqtt/client.h"
#include "trigger/message.h"

typedef struct wy_mqtt_trigger wy_mqtt_trigger;

/* Strings outlive the trigger. */
typedef struct wy_mqtt_binding {
    wy_str id;
    wy_str topic; /* may hold wildcards */
    unsigned qos;
    const wy_component *component;
    uint32_t retries;   /* further tries when handling fails */
    wy_str dead_letter; /* the topic that takes messages which nobody could handle; empty: none */
} wy_mqtt_binding;

typedef struct wy_mqtt_trigger_config {
    wy_scheduler *scheduler;
    wy_mqtt_client *client; /* for dead letters */
    wy_str url, user, password;
    uint16_t keep_alive_s;
    const wy_mqtt_binding *bindings;
    uint32_t binding_count;
    uint64_t timeout_ms; /* of handling a message; 0: none */
} wy_mqtt_trigger_config;

/* WY_UNMET: a component exports no handler; WY_INVALID: the address, a topic. Takes no message
 * yet. */
wy_err wy_mqtt_trigger_new(const wy_mqtt_trigger_config *config, own wy_mqtt_trigger **trigger_out,
                           wy_diag *diag) WY_MUST_USE;
/* Subscribes. */
wy_err wy_mqtt_trigger_begin(wy_mqtt_trigger *trigger, wy_diag *diag) WY_MUST_USE;
/* Takes no more messages; those that it has are handled. */
void wy_mqtt_trigger_retire(wy_mqtt_trigger *trigger);
bool wy_mqtt_trigger_is_idle(const wy_mqtt_trigger *trigger);
/* Idle. NULL is fine. */
void wy_mqtt_trigger_free(own wy_mqtt_trigger *trigger);

#endif
