/* Taking a MySQL address apart. */
#include "capability/sql/mysql_address.h"

#include "base/percent.h"

#include <strings.h>

static bool fail(wy_sql_request *r, const char *why) {
    wy_sql_fail(r, WY_SQL_CONNECTION_FAILED, "%s", why);
    return false;
}

/* Percent-decodes; false: too long, malformed, or with a zero byte. */
static bool decode(wy_str text, char out[WY_MY_WORD_MAX]) {
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int c = (unsigned char)text.ptr[i];
        if (c == '%') {
            c = wy_percent_at(text, i);
            if (c < 0) return false;
            i += 2;
        }
        if (c == 0 || len + 1 >= WY_MY_WORD_MAX) return false;
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return true;
}

static bool read_login(wy_str login, wy_my_address *out, wy_sql_request *r) {
    size_t colon = wy_str_find(login, ':');
    wy_str password = colon < login.len ? wy_str_sub(login, colon + 1, login.len) : (wy_str){0};
    if (decode(wy_str_sub(login, 0, colon), out->user) && decode(password, out->password))
        return true;
    return fail(r, "user or password in the address are malformed, or longer than 255 bytes");
}

static bool read_host(wy_str text, wy_my_address *out, wy_sql_request *r) {
    wy_str host = text, port = {0};
    size_t end = wy_str_rfind(text, ':');
    if (text.len && text.ptr[0] == '[') { /* an IPv6 address */
        size_t close = wy_str_find(text, ']');
        if (close == text.len) return fail(r, "\"]\" is missing in the address");
        host = wy_str_sub(text, 1, close);
        end = close + 1;
    } else {
        host = wy_str_sub(text, 0, end);
    }
    if (end < text.len) port = wy_str_sub(text, end + 1, text.len);
    uint64_t number = 3306;
    if (end < text.len && (!wy_str_to_u64(port, 65535, &number) || number == 0))
        return fail(r, "the port is not a number from 1 to 65535");
    if (host.len == 0) return fail(r, "the address names no host");
    if (host.len >= sizeof out->place.host) return fail(r, "the host's name is too long");
    memcpy(out->place.host, host.ptr, host.len);
    out->place.host[host.len] = '\0';
    out->place.port = (uint16_t)number;
    return true;
}

static bool read_query(wy_str query, wy_my_address *out, wy_sql_request *r) {
    while (query.len) {
        size_t end = wy_str_find(query, '&');
        wy_str item = wy_str_sub(query, 0, end);
        query = wy_str_sub(query, end < query.len ? end + 1 : end, query.len);
        size_t equals = wy_str_find(item, '=');
        wy_str key = wy_str_sub(item, 0, equals);
        wy_str value = equals < item.len ? wy_str_sub(item, equals + 1, item.len) : (wy_str){0};
        if (!wy_str_eqz(key, "ssl-mode") && !wy_str_eqz(key, "sslmode")) {
            wy_sql_fail(r, WY_SQL_CONNECTION_FAILED,
                        "'" WY_STR_FMT "' is not supported in an address", WY_STR_ARG(key));
            return false;
        }
        out->has_tls = !wy_str_eq_nocase(value, WY_STR("disabled"));
    }
    return true;
}

bool wy_my_address_read(const char *text, wy_my_address *out, wy_sql_request *r) {
    const wy_str scheme = WY_STR("mysql://");
    wy_str rest = wy_str_of(text);
    *out = (wy_my_address){0};
    if (!wy_str_starts(rest, scheme))
        return fail(r, "the address is no MySQL URL (mysql://user:password@host:port/name)");
    rest = wy_str_sub(rest, scheme.len, rest.len);
    size_t question = wy_str_find(rest, '?');
    wy_str query = question < rest.len ? wy_str_sub(rest, question + 1, rest.len) : (wy_str){0};
    rest = wy_str_sub(rest, 0, question);
    size_t at = wy_str_rfind(rest, '@'); /* a password may hold one, or a '/' */
    wy_str login = at < rest.len ? wy_str_sub(rest, 0, at) : (wy_str){0};
    if (at < rest.len) rest = wy_str_sub(rest, at + 1, rest.len);
    size_t slash = wy_str_find(rest, '/');
    wy_str database = slash < rest.len ? wy_str_sub(rest, slash + 1, rest.len) : (wy_str){0};
    if (!decode(database, out->database))
        return fail(r, "the database's name is malformed, or longer than 255 bytes");
    return read_login(login, out, r) && read_host(wy_str_sub(rest, 0, slash), out, r) &&
           read_query(query, out, r);
}
