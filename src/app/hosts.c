/* Allowed outbound hosts: reading the entries, and matching against them. */
#include "app/hosts.h"

static const struct {
    const char *scheme;
    uint16_t port;
} well_known[] = {{"http", 80},    {"https", 443},  {"postgres", 5432},
                  {"mysql", 3306}, {"redis", 6379}, {"mqtt", 1883}};

static wy_err bad(wy_diag *diag, const char *why) {
    return wy_diag_set(diag, WY_INVALID, "%s", why);
}

static wy_err parse_port(wy_str scheme, wy_str port, bool has_port, wy_app_host *out,
                         wy_diag *diag) {
    if (!has_port) {
        for (size_t i = 0; i < sizeof well_known / sizeof well_known[0]; i++)
            if (wy_str_eqz(scheme, well_known[i].scheme)) {
                out->port_low = well_known[i].port;
                out->port_end = well_known[i].port + 1u;
                return WY_OK;
            }
        return bad(diag, "this scheme needs a port (or \":*\")");
    }
    if (wy_str_eqz(port, "*")) {
        out->port_low = 0;
        out->port_end = 65536;
        return WY_OK;
    }
    uint64_t low, end;
    size_t dots = wy_str_find(port, '.');
    bool is_range = dots + 1 < port.len && port.ptr[dots + 1] == '.';
    if (!wy_str_to_u64(is_range ? wy_str_sub(port, 0, dots) : port, 65535, &low))
        return bad(diag, "the port is not a number, a range like 8000..9000, or *");
    end = low + 1;
    if (is_range &&
        (!wy_str_to_u64(wy_str_sub(port, dots + 2, port.len), 65536, &end) || end <= low))
        return bad(diag, "the range of ports is empty or malformed");
    out->port_low = (uint32_t)low;
    out->port_end = (uint32_t)end;
    return WY_OK;
}

static wy_err check_host(wy_app_host *out, wy_diag *diag) {
    wy_str host = out->host;
    if (host.len == 0) return bad(diag, "the host is missing");
    if (wy_str_find(host, '@') < host.len) return bad(diag, "user names are not allowed");
    out->is_range = wy_address_range_parse(host, &out->range);
    if (out->is_range) return WY_OK;
    if (wy_str_find(host, '/') < host.len)
        return bad(diag, "a path is not allowed, and it is no network like 10.0.0.0/8");
    wy_str rest = host;
    if (wy_str_starts(host, WY_STR("*."))) rest = wy_str_sub(host, 2, host.len);
    if (!wy_str_eqz(host, "*") && wy_str_find(rest, '*') < rest.len)
        return bad(diag, "\"*\" stands alone or in front, as in *.example.com");
    return WY_OK;
}

/* "[::1]" or a network, "[fc00::]/7" or "[fc00::/7]", into `out->host`, without the brackets; the
 * text behind them is returned. ptr NULL: no memory, or not closed. */
static wy_str split_v6(wy_arena *arena, wy_str rest, wy_app_host *out) {
    size_t end = wy_str_find(rest, ']');
    if (end == rest.len) return (wy_str){0};
    wy_str inside = wy_str_sub(rest, 1, end), behind = wy_str_sub(rest, end + 1, rest.len);
    out->host = inside;
    if (behind.len == 0 || behind.ptr[0] != '/') return behind.len ? behind : WY_STR("");
    size_t colon = wy_str_find(behind, ':');
    char *joined = wy_arena_printf(arena, WY_STR_FMT WY_STR_FMT, WY_STR_ARG(inside),
                                   WY_STR_ARG(wy_str_sub(behind, 0, colon)));
    if (!joined) return (wy_str){0};
    out->host = wy_str_of(joined);
    return colon < behind.len ? wy_str_sub(behind, colon, behind.len) : WY_STR("");
}

static wy_err parse(wy_arena *arena, wy_str entry, wy_app_host *out, wy_diag *diag) {
    if (wy_str_eqz(entry, "*") || wy_str_eqz(entry, "insecure:allow-all"))
        return bad(diag, "write \"*://*:*\" to allow everything");
    size_t colon = wy_str_find(entry, ':');
    if (colon + 2 >= entry.len || memcmp(entry.ptr + colon, "://", 3) != 0)
        return bad(diag, "an entry is scheme://host[:port]");
    out->scheme = wy_str_sub(entry, 0, colon);
    wy_str rest = wy_str_sub(entry, colon + 3, entry.len);
    if (wy_str_ends(rest, WY_STR("/"))) rest = wy_str_sub(rest, 0, rest.len - 1);
    wy_str behind;
    if (rest.len && rest.ptr[0] == '[') { /* IPv6 */
        behind = split_v6(arena, rest, out);
        if (!behind.ptr) return bad(diag, "\"]\" is missing");
    } else {
        size_t host_end = wy_str_rfind(rest, ':');
        out->host = wy_str_sub(rest, 0, host_end);
        behind = wy_str_sub(rest, host_end, rest.len);
    }
    bool has_port = behind.len > 0;
    if (has_port && behind.ptr[0] != ':')
        return bad(diag, "what follows the address is not a port");
    wy_str port = has_port ? wy_str_sub(behind, 1, behind.len) : (wy_str){0};
    wy_err err = check_host(out, diag);
    if (!err && wy_str_eqz(out->scheme, "*") && !has_port)
        return bad(diag, "the scheme \"*\" needs a port (or \":*\")");
    return err ? err : parse_port(out->scheme, port, has_port, out, diag);
}

wy_err wy_app_hosts_new(wy_arena *arena, const wy_str *entries, const wy_str *written,
                        uint32_t count, wy_app_hosts *hosts_out, wy_diag *diag) {
    wy_app_host *items = wy_arena_calloc(arena, count, sizeof *items);
    if (!items) return wy_diag_set(diag, WY_NOMEM, "out of memory for allowed hosts");
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i].len == 0 || wy_str_eqz(entries[i], "http://") ||
            wy_str_eqz(entries[i], "https://"))
            continue;
        wy_err err = parse(arena, entries[i], &items[used], diag);
        if (err) {
            wy_diag_prefix(diag, "allowed_outbound_hosts: \"" WY_STR_FMT "\"",
                           WY_STR_ARG(written[i]));
            return err;
        }
        used++;
    }
    *hosts_out = (wy_app_hosts){items, used};
    return WY_OK;
}

static bool host_matches(const wy_app_host *item, wy_str host) {
    wy_str pattern = item->host;
    if (wy_str_eqz(pattern, "*")) return true;
    wy_address address;
    if (item->is_range)
        return wy_address_parse(host, &address) && wy_address_range_has(&item->range, &address);
    if (!wy_str_starts(pattern, WY_STR("*."))) return wy_str_eq_nocase(pattern, host);
    wy_str suffix = wy_str_sub(pattern, 1, pattern.len); /* ".example.com" */
    return host.len > suffix.len &&
           wy_str_eq_nocase(suffix, wy_str_sub(host, host.len - suffix.len, host.len));
}

bool wy_app_hosts_allow(const wy_app_hosts *hosts, wy_str scheme, wy_str host, uint16_t port) {
    for (uint32_t i = 0; i < hosts->count; i++) {
        const wy_app_host *item = &hosts->items[i];
        if ((wy_str_eqz(item->scheme, "*") || wy_str_eq_nocase(item->scheme, scheme)) &&
            host_matches(item, host) && port >= item->port_low && port < item->port_end)
            return true;
    }
    return false;
}

wy_err wy_app_networks_new(wy_arena *arena, const wy_str *entries, uint32_t count,
                           wy_app_networks *networks_out, wy_diag *diag) {
    wy_address_range *items = wy_arena_calloc(arena, count, sizeof *items);
    if (!items) return wy_diag_set(diag, WY_NOMEM, "out of memory for blocked networks");
    *networks_out = (wy_app_networks){.items = items};
    for (uint32_t i = 0; i < count; i++) {
        if (wy_str_eqz(entries[i], "private"))
            networks_out->is_private_blocked = true;
        else if (!wy_address_range_parse(entries[i], &items[networks_out->count++]))
            return wy_diag_set(diag, WY_INVALID,
                               "block_networks: \"" WY_STR_FMT
                               "\" is neither a network like \"10.0.0.0/8\" nor \"private\"",
                               WY_STR_ARG(entries[i]));
    }
    return WY_OK;
}

bool wy_app_networks_block(const wy_app_networks *networks, const wy_address *address) {
    if (networks->is_private_blocked && wy_address_is_private(address)) return true;
    for (uint32_t i = 0; i < networks->count; i++)
        if (wy_address_range_has(&networks->items[i], address)) return true;
    return false;
}
