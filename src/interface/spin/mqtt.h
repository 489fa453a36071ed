/* fermyon:spin/mqtt as others use it: a component's settings. */
#ifndef WY_INTERFACE_SPIN_MQTT_H
#define WY_INTERFACE_SPIN_MQTT_H

#include "capability/mqtt/client.h"

/* Settings of a component, slot MQTT. Without them every address is refused. */
typedef struct wy_spin_mqtt_settings {
    wy_mqtt_client *client;
    const wy_http_policy *policy; /* NULL: anything goes */
} wy_spin_mqtt_settings;

#endif
