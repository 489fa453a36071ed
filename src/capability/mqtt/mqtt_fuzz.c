/* Any bytes as what a broker sends: packets within the input, of lengths that were said; whatever
 * is whole is so however the bytes are cut. Also any text as an address. */
#include "base/check.h"
#include "capability/mqtt/address.h"
#include "capability/mqtt/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_publish(wy_str bytes, size_t used, const wy_mqtt_packet *packet) {
    const char *end = bytes.ptr + used;
    wy_assert(wy_mqtt_topic_valid(packet->topic) && packet->qos <= 2);
    wy_assert(packet->topic.ptr >= bytes.ptr && packet->payload.ptr + packet->payload.len == end);
    wy_assert(wy_mqtt_filter_valid(packet->topic));
    wy_assert(wy_mqtt_filter_matches(packet->topic, packet->topic));
    wy_buf again;
    wy_buf_init(&again, (size_t)1 << 20);
    wy_mqtt_put_publish(&again, packet->topic, packet->payload.len, packet->qos, packet->id);
    wy_buf_str(&again, packet->payload);
    wy_mqtt_packet copy;
    size_t copy_used;
    if (!again.failed) {
        wy_assert(wy_mqtt_read(wy_buf_view(&again), &copy, &copy_used) == WY_MQTT_WHOLE);
        wy_assert(copy_used == again.len && wy_str_eq(copy.payload, packet->payload));
    }
    wy_buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_str rest = {(const char *)data, size};
    wy_mqtt_packet packet;
    size_t used;
    while (rest.len && wy_mqtt_read(rest, &packet, &used) == WY_MQTT_WHOLE) {
        wy_assert(used >= 2 && used <= rest.len);
        wy_mqtt_packet part;
        size_t part_used;
        wy_assert(wy_mqtt_read(wy_str_sub(rest, 0, used - 1), &part, &part_used) == WY_MQTT_MORE);
        if (packet.type == WY_MQTT_PUBLISH) check_publish(rest, used, &packet);
        rest = wy_str_sub(rest, used, rest.len);
    }
    wy_mqtt_address address;
    if (wy_mqtt_address_parse((wy_str){(const char *)data, size}, &address, NULL) == WY_OK)
        wy_assert(address.host[0] && address.port);
    return 0;
}
