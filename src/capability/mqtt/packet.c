/* Packets of MQTT 3.1.1. */
#include "capability/mqtt/packet.h"

/* --- writing --- */

static void put_u16(wy_buf *out, size_t value) {
    wy_buf_char(out, (char)(value >> 8));
    wy_buf_char(out, (char)value);
}

static void put_str(wy_buf *out, wy_str s) {
    put_u16(out, s.len);
    wy_buf_str(out, s);
}

/* The fixed header (2.2): seven bits of the length a byte, the lowest first. */
static void put_header(wy_buf *out, wy_mqtt_type type, unsigned flags, size_t len) {
    wy_buf_char(out, (char)((unsigned)type << 4 | flags));
    do {
        unsigned byte = len & 0x7f;
        len >>= 7;
        wy_buf_char(out, (char)(byte | (len ? 0x80 : 0)));
    } while (len);
}

void wy_mqtt_put_connect(wy_buf *out, const wy_mqtt_login *login) {
    bool has_user = login->user.len > 0, has_password = login->password.len > 0;
    size_t len = 10 + 2 + login->client_id.len;
    if (has_user || has_password) len += 2 + login->user.len;
    if (has_password) len += 2 + login->password.len;
    put_header(out, WY_MQTT_CONNECT, 0, len);
    put_str(out, WY_STR("MQTT"));
    wy_buf_char(out, 4); /* the level that is 3.1.1 */
    unsigned flags = login->keep_session ? 0 : 0x02;
    if (has_user || has_password) flags |= 0x80; /* no password without a user (3.1.2.9) */
    if (has_password) flags |= 0x40;
    wy_buf_char(out, (char)flags);
    put_u16(out, login->keep_alive_s);
    put_str(out, login->client_id);
    if (has_user || has_password) put_str(out, login->user);
    if (has_password) put_str(out, login->password);
}

void wy_mqtt_put_publish(wy_buf *out, wy_str topic, size_t payload_len, unsigned qos, uint16_t id) {
    put_header(out, WY_MQTT_PUBLISH, qos << 1, 2 + topic.len + (qos ? 2 : 0) + payload_len);
    put_str(out, topic);
    if (qos) put_u16(out, id);
}

void wy_mqtt_put_subscribe(wy_buf *out, uint16_t id, wy_str topic, unsigned qos) {
    put_header(out, WY_MQTT_SUBSCRIBE, 2, 2 + 2 + topic.len + 1);
    put_u16(out, id);
    put_str(out, topic);
    wy_buf_char(out, (char)qos);
}

void wy_mqtt_put_ack(wy_buf *out, wy_mqtt_type type, uint16_t id) {
    put_header(out, type, type == WY_MQTT_PUBREL ? 2 : 0, 2);
    put_u16(out, id);
}

void wy_mqtt_put_empty(wy_buf *out, wy_mqtt_type type) {
    put_header(out, type, 0, 0);
}

/* --- reading --- */

static unsigned u16_at(wy_str s, size_t at) {
    return (unsigned)(uint8_t)s.ptr[at] << 8 | (uint8_t)s.ptr[at + 1];
}

static bool read_publish(wy_str body, unsigned flags, wy_mqtt_packet *out) {
    out->qos = flags >> 1 & 3;
    if (out->qos == 3 || body.len < 2) return false;
    size_t topic_len = u16_at(body, 0), at = 2 + topic_len;
    if (body.len < at + (out->qos ? 2 : 0)) return false;
    out->topic = wy_str_sub(body, 2, at);
    if (out->qos) {
        out->id = (uint16_t)u16_at(body, at);
        at += 2;
        if (out->id == 0) return false;
    }
    out->payload = wy_str_sub(body, at, body.len);
    return wy_mqtt_topic_valid(out->topic);
}

static bool read_body(wy_str body, unsigned flags, wy_mqtt_packet *out) {
    switch ((int)out->type) {
    case WY_MQTT_CONNACK:
        if (body.len != 2) return false;
        out->session = body.ptr[0] & 1;
        out->code = (uint8_t)body.ptr[1];
        return true;
    case WY_MQTT_PUBLISH: return read_publish(body, flags, out);
    case WY_MQTT_PUBACK:
    case WY_MQTT_PUBREC:
    case WY_MQTT_PUBREL:
    case WY_MQTT_PUBCOMP:
        if (body.len != 2) return false;
        out->id = (uint16_t)u16_at(body, 0);
        return true;
    case WY_MQTT_SUBACK:
        if (body.len < 3) return false;
        out->id = (uint16_t)u16_at(body, 0);
        out->code = (uint8_t)body.ptr[2];
        return true;
    case WY_MQTT_PINGRESP: return body.len == 0;
    default: return false;
    }
}

wy_mqtt_progress wy_mqtt_read(wy_str bytes, wy_mqtt_packet *out, size_t *used_out) {
    size_t len = 0, at = 1;
    *used_out = 0;
    for (unsigned shift = 0;; shift += 7, at++) {
        if (shift > 21) return WY_MQTT_BAD;
        if (at >= bytes.len) return WY_MQTT_MORE;
        len |= (size_t)((uint8_t)bytes.ptr[at] & 0x7f) << shift;
        if (!((uint8_t)bytes.ptr[at] & 0x80)) break;
    }
    at++;
    *used_out = at + len;
    if (bytes.len < *used_out) return WY_MQTT_MORE;
    *out = (wy_mqtt_packet){.type = (wy_mqtt_type)((uint8_t)bytes.ptr[0] >> 4)};
    bool good = read_body(wy_str_sub(bytes, at, at + len), (uint8_t)bytes.ptr[0] & 15, out);
    return good ? WY_MQTT_WHOLE : WY_MQTT_BAD;
}

/* --- topics --- */

static bool is_text(wy_str s) {
    return s.len > 0 && s.len <= UINT16_MAX && wy_utf8_valid(s.ptr, s.len) &&
           !memchr(s.ptr, '\0', s.len);
}

bool wy_mqtt_topic_valid(wy_str topic) {
    return is_text(topic) && wy_str_find(topic, '#') == topic.len &&
           wy_str_find(topic, '+') == topic.len;
}

/* A wildcard is a whole level, and "#" the last one. */
bool wy_mqtt_filter_valid(wy_str filter) {
    for (size_t i = 0; i < filter.len; i++) {
        char c = filter.ptr[i];
        if (c != '#' && c != '+') continue;
        bool begins = i == 0 || filter.ptr[i - 1] == '/';
        bool ends = i + 1 == filter.len || (c == '+' && filter.ptr[i + 1] == '/');
        if (!begins || !ends) return false;
    }
    return is_text(filter);
}

bool wy_mqtt_filter_matches(wy_str filter, wy_str topic) {
    /* what the broker says of itself is not meant by a wildcard in front (4.7.2) */
    if (topic.len && topic.ptr[0] == '$' && filter.len && filter.ptr[0] != '$') return false;
    for (;;) {
        wy_str want = wy_str_sub(filter, 0, wy_str_find(filter, '/'));
        wy_str have = wy_str_sub(topic, 0, wy_str_find(topic, '/'));
        if (wy_str_eqz(want, "#")) return true;
        if (!wy_str_eqz(want, "+") && !wy_str_eq(want, have)) return false;
        bool more_wanted = want.len < filter.len, more_there = have.len < topic.len;
        filter = wy_str_sub(filter, want.len + more_wanted, filter.len);
        topic = wy_str_sub(topic, have.len + more_there, topic.len);
        if (more_wanted && !more_there) return wy_str_eqz(filter, "#"); /* the parent, too */
        if (more_wanted != more_there) return false;
        if (!more_wanted) return true;
    }
}

const char *wy_mqtt_refusal(uint8_t code) {
    static const char *const texts[] = {
        "accepted",
        "the broker does not speak MQTT 3.1.1",
        "the broker does not accept the client's name",
        "the broker is not available",
        "bad user name or password",
        "not authorized",
    };
    return code < sizeof texts / sizeof *texts ? texts[code] : "the broker refused the connection";
}
