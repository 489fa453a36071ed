/* Subscription: the messages that match some filters, of one MQTT broker, for as long as it exists.
 * A connection that is lost is made again, ever later while that fails. Where the address names the
 * client, the broker keeps the session meanwhile: it sends later what came, and again what was not
 * acknowledged. One loop, one thread. */
#ifndef WY_CAPABILITY_MQTT_SUBSCRIPTION_H
#define WY_CAPABILITY_MQTT_SUBSCRIPTION_H

#include "capability/mqtt/address.h"
#include "capability/mqtt/packet.h"
#include "loop/loop.h"

typedef struct wy_mqtt_subscription wy_mqtt_subscription;

typedef struct wy_mqtt_filter {
    wy_str topic; /* may hold wildcards */
    unsigned qos; /* at most so good */
} wy_mqtt_filter;

/* What tells a message from others, for its acknowledgement. */
typedef struct wy_mqtt_token {
    uint32_t connection;
    uint16_t id;
    uint8_t qos;
} wy_mqtt_token;

typedef struct wy_mqtt_subscription_config {
    wy_str url, user, password; /* outlive the subscription; user and password empty: none */
    uint16_t keep_alive_s;
    const wy_mqtt_filter *filters; /* likewise */
    uint32_t filter_count;
    /* The views are valid during the call, which must not free the subscription. Each message is to
     * be acknowledged once it is handled. */
    void (*on_message)(void *data, wy_str topic, wy_str payload, wy_mqtt_token token);
    void *data;
} wy_mqtt_subscription_config;

/* Connects from the loop's next round on; whether that goes well, and when not why, is logged.
 * WY_INVALID: the address, a filter. */
wy_err wy_mqtt_subscription_new(wy_loop *loop, const wy_mqtt_subscription_config *config,
                                own wy_mqtt_subscription **subscription_out,
                                wy_diag *diag) WY_MUST_USE;
void wy_mqtt_subscription_ack(wy_mqtt_subscription *subscription, wy_mqtt_token token);
/* Takes no more messages until told otherwise: they wait at the broker. */
void wy_mqtt_subscription_pause(wy_mqtt_subscription *subscription, bool paused);
/* Takes no more messages, which come again elsewhere; it stays to acknowledge those that it has,
 * but is not made again once its connection is lost. */
void wy_mqtt_subscription_retire(wy_mqtt_subscription *subscription);
void wy_mqtt_subscription_free(own wy_mqtt_subscription *subscription); /* NULL is fine */

#endif
