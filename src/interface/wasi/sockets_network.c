/* wasi:sockets/network, instance-network and ip-name-lookup. There is one network; what a component
 * may do on it is asked when it does it. */
#include "gen/wasi_sockets_instance_network.h"
#include "gen/wasi_sockets_ip_name_lookup.h"
#include "interface/wasi/socket.h"

#include <stdlib.h>

static const char the_network;

static void network_drop(void *object) {
    (void)object;
}

static own wy_trap *
instance_network(wy_call *call, const void *args,
                 wasi_sockets_instance_network_instance_network_result *result) {
    (void)call, (void)args;
    *result = (wy_handle)&the_network;
    return NULL;
}

static own wy_trap *network_error_code(wy_call *call,
                                       const wasi_sockets_network_network_error_code_args *args,
                                       wasi_sockets_network_network_error_code_result *result) {
    (void)call;
    memset(result, 0, sizeof *result);
    result->is_some = wy_socket_error_is((const wy_io_error *)args->err, &result->some);
    return NULL;
}

/* --- names --- */

typedef struct lookup {
    wy_io_source source;
    wy_resolve *resolve; /* under way */
    wy_address addresses[WY_MAX_CONNECT_ADDRESSES];
    unsigned count, next;
    wy_socket_error error; /* if there is no address */
} lookup;

static bool lookup_ready(wy_io_source *source) {
    return !((lookup *)source)->resolve;
}

static void lookup_free(own wy_io_source *source) {
    lookup *l = (lookup *)source;
    wy_resolve_cancel(l->resolve);
    free(l);
}

static const wy_io_source_ops lookup_ops = {.ready = lookup_ready, .free = lookup_free};

static void lookup_drop(void *object) {
    wy_io_source_release(&((lookup *)object)->source);
}

static void on_resolved(void *data, const wy_address *addresses, unsigned count, wy_err err,
                        const char *text) {
    (void)text;
    lookup *l = data;
    l->resolve = NULL;
    l->count = count;
    memcpy(l->addresses, addresses, count * sizeof *addresses);
    if (err)
        l->error =
            err == WY_BUSY ? WY_SOCKET(TEMPORARY_RESOLVER_FAILURE) : WY_SOCKET(NAME_UNRESOLVABLE);
    wy_io_source_wake(&l->source);
}

/* "[::1]" is an address too; anything else with a colon or a slash is no name. */
static bool copy_name(wy_str name, char out[256]) {
    if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
        name = wy_str_sub(name, 1, name.len - 1);
    if (name.len == 0 || name.len > 255 || memchr(name.ptr, 0, name.len)) return false;
    wy_address address;
    bool is_number = wy_address_parse(name, &address);
    if (!is_number && wy_str_find(name, ':') < name.len) return false;
    if (wy_str_find(name, '/') < name.len || wy_str_find(name, ' ') < name.len) return false;
    memcpy(out, name.ptr, name.len);
    out[name.len] = 0;
    return true;
}

static own wy_trap *
resolve_addresses(wy_call *call, const wasi_sockets_ip_name_lookup_resolve_addresses_args *args,
                  wasi_sockets_ip_name_lookup_resolve_addresses_result *result) {
    char name[256];
    result->is_err = true;
    result->err = WY_SOCKET(INVALID_ARGUMENT);
    if (!copy_name(args->name, name)) return NULL;
    result->err = WY_SOCKET(ACCESS_DENIED);
    if (!wy_socket_may_resolve(call, args->name)) return NULL;
    lookup *l = calloc(1, sizeof *l);
    if (!l) return wy_socket_no_memory();
    wy_io_source_init(&l->source, &lookup_ops);
    wy_err err = wy_resolve_start(wy_task_loop(call->task), name, on_resolved, l, &l->resolve);
    if (err) {
        lookup_drop(l);
        result->err = err == WY_NOMEM ? WY_SOCKET(OUT_OF_MEMORY) : WY_SOCKET(NAME_UNRESOLVABLE);
        return NULL;
    }
    result->is_err = false;
    result->ok = (wy_handle)l;
    return NULL;
}

static own wy_trap *resolve_next_address(
    wy_call *call,
    const wasi_sockets_ip_name_lookup_resolve_address_stream_resolve_next_address_args *args,
    wasi_sockets_ip_name_lookup_resolve_address_stream_resolve_next_address_result *result) {
    (void)call;
    lookup *l = (lookup *)args->self;
    memset(result, 0, sizeof *result);
    result->is_err = l->resolve || (l->count == 0 && l->error);
    if (result->is_err) {
        result->err = l->resolve ? WY_SOCKET(WOULD_BLOCK) : l->error;
        return NULL;
    }
    result->ok.is_some = l->next < l->count;
    if (!result->ok.is_some) return NULL;
    wy_address address = wy_address_unmapped(&l->addresses[l->next++]);
    wy_socket_address out = wy_socket_address_out(&address);
    result->ok.some.tag =
        address.is_v6 ? WASI_SOCKETS_NETWORK_IP_ADDRESS_IPV6 : WASI_SOCKETS_NETWORK_IP_ADDRESS_IPV4;
    if (address.is_v6)
        result->ok.some.ipv6 = out.ipv6.address;
    else
        result->ok.some.ipv4 = out.ipv4.address;
    return NULL;
}

static own wy_trap *
lookup_subscribe(wy_call *call,
                 const wasi_sockets_ip_name_lookup_resolve_address_stream_subscribe_args *args,
                 wasi_sockets_ip_name_lookup_resolve_address_stream_subscribe_result *result) {
    (void)call;
    *result = (wy_handle)wy_pollable_new(&((lookup *)args->self)->source);
    return *result ? NULL : wy_socket_no_memory();
}

static const wasi_sockets_network_ops network_ops = {.network_error_code = network_error_code,
                                                     .network_drop = network_drop};
static const wasi_sockets_instance_network_ops instance_network_ops = {.instance_network =
                                                                           instance_network};
static const wasi_sockets_ip_name_lookup_ops name_ops = {
    .resolve_addresses = resolve_addresses,
    .resolve_address_stream_resolve_next_address = resolve_next_address,
    .resolve_address_stream_subscribe = lookup_subscribe,
    .resolve_address_stream_drop = lookup_drop,
};

const wy_interface wy_interface_wasi_sockets_network = {&wasi_sockets_network_interface,
                                                        &network_ops};
const wy_interface wy_interface_wasi_sockets_instance_network = {
    &wasi_sockets_instance_network_interface, &instance_network_ops};
const wy_interface wy_interface_wasi_sockets_ip_name_lookup = {
    &wasi_sockets_ip_name_lookup_interface, &name_ops};
