/* Link: one connection to an MQTT broker, from the name to packets. Logs in, keeps alive, reads.
 * What packets mean is its owner's matter. One loop, one thread. */
#ifndef WY_CAPABILITY_MQTT_LINK_H
#define WY_CAPABILITY_MQTT_LINK_H

#include "capability/mqtt/address.h"
#include "capability/mqtt/packet.h"
#include "loop/loop.h"

typedef struct wy_mqtt_link wy_mqtt_link;

typedef struct wy_mqtt_link_config {
    const wy_mqtt_address *address; /* needed only to make it, as is the login */
    wy_mqtt_login login;
    /* Sees each resolved address before it is used; NULL: any. */
    bool (*check)(void *data, const char *address);
    /* Any of them may free the link. */
    void (*on_ready)(void *data, bool session);
    void (*on_packet)(void *data, const wy_mqtt_packet *packet);
    /* Once: it is of no use any more. */
    void (*on_lost)(void *data, wy_err err, const char *text);
    void *data;
} wy_mqtt_link_config;

wy_err wy_mqtt_link_new(wy_loop *loop, const wy_mqtt_link_config *config,
                        own wy_mqtt_link **link_out) WY_MUST_USE;
/* Says goodbye when it stands. NULL is fine. */
void wy_mqtt_link_free(own wy_mqtt_link *link);
/* Once it is ready. A failure is reported by on_lost, later. */
void wy_mqtt_link_write(wy_mqtt_link *link, const wy_str *parts, unsigned count);
/* Writes and empties the buffer. */
void wy_mqtt_link_send(wy_mqtt_link *link, wy_buf *packet);
void wy_mqtt_link_pause(wy_mqtt_link *link, bool paused);

#endif
