/* Address of an MQTT broker as users write it:
 *
 *   mqtt[s]://host[:port][?client_id=ID]      mqtts: over TLS; ports 1883, 8883. Also tcp, ssl */
#ifndef WY_CAPABILITY_MQTT_ADDRESS_H
#define WY_CAPABILITY_MQTT_ADDRESS_H

#include "base/err.h"
#include "base/str.h"

typedef struct wy_mqtt_address {
    wy_str scheme;  /* as written */
    char host[256]; /* without brackets */
    uint16_t port;
    bool tls;
    wy_str client_id; /* empty: none; a view of the text */
} wy_mqtt_address;

/* Views of `text` are kept. WY_INVALID with the reason. */
wy_err wy_mqtt_address_parse(wy_str text, wy_mqtt_address *out, wy_diag *diag) WY_MUST_USE;

#endif
