/* Packets of MQTT 3.1.1: what a client writes and reads. The numbers in brackets are sections of
 * the OASIS standard. */
#ifndef WY_CAPABILITY_MQTT_PACKET_H
#define WY_CAPABILITY_MQTT_PACKET_H

#include "base/str.h"

typedef enum wy_mqtt_type {
    WY_MQTT_CONNECT = 1,
    WY_MQTT_CONNACK = 2,
    WY_MQTT_PUBLISH = 3,
    WY_MQTT_PUBACK = 4,
    WY_MQTT_PUBREC = 5,
    WY_MQTT_PUBREL = 6,
    WY_MQTT_PUBCOMP = 7,
    WY_MQTT_SUBSCRIBE = 8,
    WY_MQTT_SUBACK = 9,
    WY_MQTT_PINGREQ = 12,
    WY_MQTT_PINGRESP = 13,
    WY_MQTT_DISCONNECT = 14,
} wy_mqtt_type;

#define WY_MQTT_PACKET_MAX 268435455u /* bytes behind the fixed header (2.2.3) */
#define WY_MQTT_HEADER_MAX 5

typedef struct wy_mqtt_login {
    wy_str client_id;
    wy_str user, password; /* empty: none */
    uint16_t keep_alive_s; /* 0: never */
    bool keep_session;     /* the broker remembers subscriptions and what was not acknowledged */
} wy_mqtt_login;

/* Each appends one packet; a failure shows in the buffer. */
void wy_mqtt_put_connect(wy_buf *out, const wy_mqtt_login *login);
/* All of a PUBLISH but the payload, which has to follow. */
void wy_mqtt_put_publish(wy_buf *out, wy_str topic, size_t payload_len, unsigned qos, uint16_t id);
void wy_mqtt_put_subscribe(wy_buf *out, uint16_t id, wy_str topic, unsigned qos);
/* PUBACK, PUBREC, PUBREL, PUBCOMP. */
void wy_mqtt_put_ack(wy_buf *out, wy_mqtt_type type, uint16_t id);
/* PINGREQ, DISCONNECT. */
void wy_mqtt_put_empty(wy_buf *out, wy_mqtt_type type);

/* A packet as it came; views of the input. */
typedef struct wy_mqtt_packet {
    wy_mqtt_type type;
    uint16_t id;           /* acknowledgements, SUBACK, PUBLISH above quality 0 */
    uint8_t code;          /* CONNACK, SUBACK */
    bool session;          /* CONNACK: the broker remembers us */
    unsigned qos;          /* PUBLISH */
    wy_str topic, payload; /* PUBLISH */
} wy_mqtt_packet;

typedef enum wy_mqtt_progress { WY_MQTT_MORE, WY_MQTT_WHOLE, WY_MQTT_BAD } wy_mqtt_progress;

/* Reads the packet at the start of `bytes`; `*used_out` says how long it is, also when it is not
 * whole yet and the length is known (else 0). BAD: no packet that a broker may send. */
wy_mqtt_progress wy_mqtt_read(wy_str bytes, wy_mqtt_packet *out, size_t *used_out);

/* Topic names, which hold no wildcards, and filters, which may (4.7). */
bool wy_mqtt_topic_valid(wy_str topic);
bool wy_mqtt_filter_valid(wy_str filter);
bool wy_mqtt_filter_matches(wy_str filter, wy_str topic);
/* Why a broker refused a connection: the code of a CONNACK. */
const char *wy_mqtt_refusal(uint8_t code);

#endif
