/* Reading the address of a Redis server. */
#include "capability/redis/address.h"

#include "base/limits.h"
#include "base/percent.h"

#include <stdlib.h>

static wy_err bad(wy_diag *diag, const char *why) {
    return wy_diag_set(diag, WY_INVALID, "the address of a Redis server is malformed: %s", why);
}

/* Copies with percent-escapes resolved and a NUL behind; `*at` moves on. */
static bool decode(wy_str text, char **at, wy_str *out) {
    char *to = *at;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int byte = wy_percent_at(text, i);
            if (byte < 0) return false;
            c = (char)byte;
            i += 2;
        }
        *to++ = c;
    }
    *out = (wy_str){*at, (size_t)(to - *at)};
    *to++ = '\0';
    *at = to;
    return true;
}

static wy_err parse_login(wy_redis_address *a, wy_str login, char **at, wy_diag *diag) {
    size_t colon = wy_str_find(login, ':');
    a->has_password = colon < login.len;
    wy_str password = a->has_password ? wy_str_sub(login, colon + 1, login.len) : (wy_str){0};
    if (!decode(wy_str_sub(login, 0, colon), at, &a->user) || !decode(password, at, &a->password))
        return bad(diag, "a '%' in user or password is not followed by two hexadecimal digits");
    return WY_OK;
}

static wy_err parse_host(wy_redis_address *a, wy_str place, char **at, wy_diag *diag) {
    wy_str host, port = {0};
    bool has_port;
    if (place.len && place.ptr[0] == '[') { /* an IPv6 address */
        size_t end = wy_str_find(place, ']');
        if (end == place.len) return bad(diag, "']' is missing");
        host = wy_str_sub(place, 1, end);
        has_port = end + 1 < place.len;
        if (has_port && place.ptr[end + 1] != ':') return bad(diag, "what follows ']' is no port");
        if (has_port) port = wy_str_sub(place, end + 2, place.len);
    } else {
        size_t colon = wy_str_find(place, ':');
        host = wy_str_sub(place, 0, colon);
        has_port = colon < place.len;
        if (has_port) port = wy_str_sub(place, colon + 1, place.len);
    }
    uint64_t number = 6379;
    if (has_port && (!wy_str_to_u64(port, UINT16_MAX, &number) || number == 0))
        return bad(diag, "the port is not a number from 1 to 65535");
    if (host.len == 0) return bad(diag, "the host is missing");
    if (host.len > 255) return bad(diag, "the host's name is too long");
    a->port = (uint16_t)number;
    return decode(host, at, &a->host) ? WY_OK : bad(diag, "the host's name");
}

static wy_err parse(wy_redis_address *a, char **at, wy_diag *diag) {
    wy_str url = a->url;
    a->tls = wy_str_starts(url, WY_STR("rediss://"));
    if (!a->tls && !wy_str_starts(url, WY_STR("redis://")))
        return bad(diag, "it begins neither with redis:// nor with rediss://");
    a->scheme = wy_str_sub(url, 0, wy_str_find(url, ':'));
    wy_str rest = wy_str_sub(url, a->scheme.len + 3, url.len);
    wy_str place = wy_str_sub(rest, 0, wy_str_find(rest, '/'));
    wy_str path = wy_str_sub(rest, place.len, rest.len);
    size_t sign = wy_str_rfind(place, '@');
    wy_err err = WY_OK;
    if (sign < place.len) {
        err = parse_login(a, wy_str_sub(place, 0, sign), at, diag);
        place = wy_str_sub(place, sign + 1, place.len);
    }
    if (!err) err = parse_host(a, place, at, diag);
    uint64_t database = 0;
    if (!err && path.len > 1 && !wy_str_to_u64(wy_str_sub(path, 1, path.len), INT32_MAX, &database))
        err = bad(diag, "the database behind '/' is not a number");
    a->database = (uint32_t)database;
    return err;
}

wy_err wy_redis_address_new(wy_str url, own wy_redis_address **address_out, wy_diag *diag) {
    *address_out = NULL;
    if (url.len > WY_MAX_ADDRESS_BYTES) return bad(diag, "it is too long");
    /* The url, then decoded user, password and host, which are no longer than that, with NULs. */
    wy_redis_address *a = calloc(1, sizeof *a + 2 * url.len + 4);
    if (!a) return wy_diag_set(diag, WY_NOMEM, "out of memory for an address");
    char *at = (char *)(a + 1);
    if (url.len) memcpy(at, url.ptr, url.len);
    a->url = (wy_str){at, url.len};
    at += url.len + 1;
    wy_err err =
        memchr(a->url.ptr, '\0', url.len) ? bad(diag, "it holds a NUL byte") : parse(a, &at, diag);
    if (err)
        wy_redis_address_free(a);
    else
        *address_out = a;
    return err;
}

void wy_redis_address_free(own wy_redis_address *address) {
    free(address);
}
