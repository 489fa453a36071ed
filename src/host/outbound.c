/* Outbound: what one component of an application may connect to. */
#include "host/outbound.h"

#include "base/log.h"
#include "interface/refusal.h"

#include <stdio.h>

static bool allow_host(void *data, wy_str scheme, wy_str host, uint16_t port) {
    const wy_outbound *o = data;
    if (wy_app_hosts_allow(&o->hosts, scheme, host, port)) return true;
    char url[320];
    bool is_v6 = wy_str_find(host, ':') < host.len;
    snprintf(url, sizeof url, WY_STR_FMT "://%s" WY_STR_FMT "%s:%u", WY_STR_ARG(scheme),
             is_v6 ? "[" : "", WY_STR_ARG(host), is_v6 ? "]" : "", port);
    wy_refusal_make_plain(url);
    wy_log(WY_LOG_WARN,
           "component \"" WY_STR_FMT
           "\" may not connect to %s; to allow it, add to its table in "
           "the manifest:\n    allowed_outbound_hosts = [\"%s\"]",
           WY_STR_ARG(o->component), url, url);
    return false;
}

/* Names may lead anywhere: what is blocked is looked at behind them. */
static bool allow_address(void *data, const char *text) {
    const wy_outbound *o = data;
    wy_address address;
    if (!wy_address_parse_with_port(wy_str_of(text), &address)) return true;
    if (!wy_app_networks_block(o->blocked, &address)) return true;
    wy_log(WY_LOG_WARN,
           "component \"" WY_STR_FMT
           "\" may not connect to %s: [outbound_networking] "
           "block_networks of the runtime configuration forbids it",
           WY_STR_ARG(o->component), text);
    return false;
}

/* A name that may be asked about is a message to whoever answers. */
static bool allow_lookup(void *data, wy_str name) {
    const wy_outbound *o = data;
    if (o->hosts.count) return true;
    char shown[256];
    snprintf(shown, sizeof shown, WY_STR_FMT, WY_STR_ARG(name));
    wy_refusal_make_plain(shown);
    wy_log(WY_LOG_WARN,
           "component \"" WY_STR_FMT
           "\" may not look up \"%s\": it may not connect to anything; allowed_outbound_hosts in "
           "its table of the "
           "manifest says what it may",
           WY_STR_ARG(o->component), shown);
    return false;
}

/* "self" and "NAME.spin.internal" never leave the process. */
static bool open_inside(void *data, wy_str host, own wy_stream **stream_out) {
    const wy_inside *inside = ((const wy_outbound *)data)->inside;
    wy_str suffix = WY_STR(".spin.internal");
    bool is_chained = wy_str_ends(host, suffix);
    *stream_out = NULL;
    if (!is_chained && !wy_str_eqz(host, "self") && !wy_str_eqz(host, "self.alt")) return false;
    if (!inside->server) return true;
    if (is_chained && !wy_http_spin_has(inside->spin, wy_str_sub(host, 0, host.len - suffix.len)))
        return true;
    wy_stream *server = NULL;
    if (wy_stream_pair(inside->loop, &server, stream_out) == WY_OK)
        wy_http_server_adopt(inside->server, server);
    return true;
}

static const wy_tls_config *choose_tls(void *data, wy_str host) {
    const wy_outbound *o = data;
    for (uint32_t i = 0; i < o->tls_count; i++)
        for (uint32_t k = 0; k < o->tls[i].hosts.count; k++)
            if (wy_str_eq_nocase(o->tls[i].hosts.items[k], host)) return &o->tls[i].config;
    return NULL;
}

/* NULL for an empty path; false: no memory. */
static bool copy_path(wy_arena *arena, wy_str path, const char **out) {
    *out = path.len ? wy_arena_strndup(arena, path.ptr, path.len) : NULL;
    return *out || !path.len;
}

/* Those entries of the runtime configuration that are for this component. */
static wy_err make_tls(wy_arena *arena, const wy_runtime_config *runtime, wy_outbound *out) {
    out->tls = wy_arena_calloc(arena, runtime->tls_count, sizeof *out->tls);
    if (!out->tls) return WY_NOMEM;
    for (uint32_t i = 0; i < runtime->tls_count; i++) {
        const wy_runtime_tls *from = &runtime->tls[i];
        uint32_t k = 0;
        while (k < from->component_ids.count &&
               !wy_str_eq(from->component_ids.items[k], out->component))
            k++;
        if (k == from->component_ids.count) continue;
        wy_outbound_tls *to = &out->tls[out->tls_count++];
        to->hosts = from->hosts;
        to->config.no_system_roots = !from->platform_roots && !from->webpki_roots;
        if (!copy_path(arena, from->ca_roots_file, &to->config.ca_file) ||
            !copy_path(arena, from->client_cert_file, &to->config.cert_file) ||
            !copy_path(arena, from->client_private_key_file, &to->config.key_file))
            return WY_NOMEM;
    }
    return WY_OK;
}

wy_err wy_outbound_make(wy_arena *arena, const wy_app_component *component, const wy_config *config,
                        const wy_runtime_config *runtime, const wy_app_networks *blocked,
                        const wy_inside *inside, wy_outbound *out, wy_diag *diag) {
    const wy_app_list *list = &component->allowed_outbound_hosts;
    wy_str *entries = wy_arena_calloc(arena, list->count, sizeof *entries);
    if (!entries) return wy_diag_set(diag, WY_NOMEM, "out of memory for the application");
    *out = (wy_outbound){.component = component->id, .blocked = blocked, .inside = inside};
    out->policy = (wy_http_policy){.allow = allow_host,
                                   .allow_address = allow_address,
                                   .allow_lookup = allow_lookup,
                                   .inside = open_inside,
                                   .tls = choose_tls,
                                   .data = out};
    wy_err err = make_tls(arena, runtime, out);
    if (err) return wy_diag_set(diag, err, "out of memory for the application");
    for (uint32_t i = 0; i < list->count && !err; i++)
        err = wy_config_resolve(config, list->items[i], arena, &entries[i], diag);
    if (err) return err;
    err = wy_app_hosts_new(arena, entries, list->items, list->count, &out->hosts, diag);
    if (err) wy_diag_prefix(diag, "component \"" WY_STR_FMT "\"", WY_STR_ARG(component->id));
    return err;
}
