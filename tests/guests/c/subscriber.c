// Handles messages of MQTT. A message is "ADDRESS ACTION ...": "pass TEXT" publishes "TOPIC TEXT"
// to the topic "seen", TOPIC being that of the message; fail returns an error, trap traps.
#include "gen/spin_mqtt.h"
#include <stdlib.h>
#include <string.h>

static bool word(const uint8_t **at, const uint8_t *end, spin_mqtt_string_t *out) {
    const uint8_t *start = *at;
    while (*at < end && **at != ' ') {
        ++*at;
    }
    *out = (spin_mqtt_string_t){.ptr = (uint8_t *)start, .len = (size_t)(*at - start)};
    *at += *at < end;
    return out->len > 0;
}

static bool pass(spin_mqtt_string_t *address, spin_mqtt_string_t topic, const uint8_t *text,
                 size_t len) {
    spin_mqtt_string_t none = {0}, seen = {.ptr = (uint8_t *)"seen", .len = 4};
    fermyon_spin_mqtt_own_connection_t connection;
    fermyon_spin_mqtt_error_t error;
    fermyon_spin_mqtt_payload_t payload = {.ptr = malloc(topic.len + 1 + len),
                                           .len = topic.len + 1 + len};
    memcpy(payload.ptr, topic.ptr, topic.len);
    payload.ptr[topic.len] = ' ';
    memcpy(payload.ptr + topic.len + 1, text, len);
    return fermyon_spin_mqtt_static_connection_open(address, &none, &none, 30, &connection,
                                                    &error) &&
           fermyon_spin_mqtt_method_connection_publish(
               (fermyon_spin_mqtt_borrow_connection_t){connection.__handle}, &seen, &payload,
               FERMYON_SPIN_MQTT_QOS_AT_LEAST_ONCE, &error);
}

bool exports_spin_mqtt_handle_message(spin_mqtt_payload_t *message, spin_mqtt_metadata_t *metadata,
                                      spin_mqtt_error_t *error) {
    const uint8_t *at = message->ptr, *end = message->ptr + message->len;
    spin_mqtt_string_t address, action;
    error->tag = 0;
    error->val.other = (spin_mqtt_string_t){.ptr = malloc(2), .len = 2}; // freed after the return
    memcpy(error->val.other.ptr, "no", 2);
    if (!word(&at, end, &address) || !word(&at, end, &action)) {
        return false;
    }
    if (action.len == 4 && memcmp(action.ptr, "pass", 4) == 0) {
        return pass(&address, metadata->topic, at, (size_t)(end - at));
    }
    if (action.len == 4 && memcmp(action.ptr, "trap", 4) == 0) {
        __builtin_trap();
    }
    return false;
}
