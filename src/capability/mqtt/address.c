/* Reading the address of an MQTT broker. */
#include "capability/mqtt/address.h"

#include "base/limits.h"

static wy_err bad(wy_diag *diag, const char *why) {
    return wy_diag_set(diag, WY_INVALID, "the address of an MQTT broker is malformed: %s", why);
}

static const struct {
    const char *scheme;
    bool tls;
} schemes[] = {{"mqtt", false}, {"tcp", false}, {"mqtts", true}, {"ssl", true}};

static wy_err parse_host(wy_mqtt_address *a, wy_str place, wy_diag *diag) {
    wy_str host = wy_str_sub(place, 0, wy_str_find(place, ':')), rest;
    if (place.len && place.ptr[0] == '[') { /* an IPv6 address */
        size_t end = wy_str_find(place, ']');
        if (end == place.len) return bad(diag, "']' is missing");
        host = wy_str_sub(place, 1, end);
        rest = wy_str_sub(place, end + 1, place.len);
    } else {
        rest = wy_str_sub(place, host.len, place.len);
    }
    uint64_t port = a->tls ? 8883 : 1883;
    if (rest.len && (rest.ptr[0] != ':' ||
                     !wy_str_to_u64(wy_str_sub(rest, 1, rest.len), UINT16_MAX, &port) || port == 0))
        return bad(diag, "the port is not a number from 1 to 65535");
    if (host.len == 0) return bad(diag, "the host is missing");
    if (host.len >= sizeof a->host || memchr(host.ptr, '\0', host.len))
        return bad(diag, "the host's name");
    memcpy(a->host, host.ptr, host.len);
    a->port = (uint16_t)port;
    return WY_OK;
}

wy_err wy_mqtt_address_parse(wy_str text, wy_mqtt_address *out, wy_diag *diag) {
    *out = (wy_mqtt_address){.scheme = wy_str_sub(text, 0, wy_str_find(text, ':'))};
    if (text.len > WY_MAX_ADDRESS_BYTES) return bad(diag, "it is too long");
    wy_str rest = wy_str_sub(text, out->scheme.len, text.len);
    bool known = false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!wy_str_eqz(out->scheme, schemes[i].scheme)) continue;
        known = true;
        out->tls = schemes[i].tls;
    }
    if (!known || !wy_str_starts(rest, WY_STR("://")))
        return bad(diag, "it begins neither with mqtt:// nor with mqtts://");
    rest = wy_str_sub(rest, 3, rest.len);
    size_t mark = wy_str_find(rest, '?');
    wy_str place = wy_str_sub(rest, 0, mark);
    wy_str query = mark < rest.len ? wy_str_sub(rest, mark + 1, rest.len) : (wy_str){0};
    if (wy_str_ends(place, WY_STR("/"))) place = wy_str_sub(place, 0, place.len - 1);
    if (wy_str_find(place, '@') < place.len)
        return bad(diag, "user and password do not belong into it");
    while (query.len) {
        wy_str item = wy_str_sub(query, 0, wy_str_find(query, '&'));
        query = item.len < query.len ? wy_str_sub(query, item.len + 1, query.len) : (wy_str){0};
        if (wy_str_starts(item, WY_STR("client_id=")))
            out->client_id = wy_str_sub(item, strlen("client_id="), item.len);
    }
    return parse_host(out, place, diag);
}
