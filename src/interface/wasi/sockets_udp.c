/* wasi:sockets/udp and udp-create-socket. */
#include "gen/wasi_sockets_udp.h"

#include "gen/wasi_sockets_udp_create_socket.h"
#include "interface/wasi/socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define PERMIT 16       /* datagrams one check-send permits */
#define RECEIVE_MAX 64u /* datagrams one receive returns */

#define FUNC(name)                                                                                 \
    static own wy_trap *name(wy_call *call, const wasi_sockets_udp_##name##_args *args,            \
                             wasi_sockets_udp_##name##_result *result)

#define FAIL(code)                                                                                 \
    do {                                                                                           \
        result->is_err = true;                                                                     \
        result->err = (code);                                                                      \
        return NULL;                                                                               \
    } while (0)

static wy_socket_object *object_of(wy_handle handle) {
    return (wy_socket_object *)handle;
}

static wy_socket *socket_of(wy_handle handle) {
    return object_of(handle)->socket;
}

/* --- the resources --- */

static void release_object(wy_socket_object *object) {
    wy_socket_release(object->socket);
    free(object);
}

static void udp_free(own wy_io_source *source) {
    wy_socket_object *object = (wy_socket_object *)source;
    if (object->socket->self == source) object->socket->self = NULL;
    release_object(object);
}

static bool incoming_ready(wy_io_source *source) {
    return wy_socket_is(((wy_socket_object *)source)->socket, POLLIN);
}

static wy_err incoming_arm(wy_io_source *source, wy_loop *loop) {
    (void)loop;
    return wy_socket_want(((wy_socket_object *)source)->socket, true, false);
}

static void incoming_free(own wy_io_source *source) {
    wy_socket_object *object = (wy_socket_object *)source;
    if (object->socket->in == source) object->socket->in = NULL;
    release_object(object);
}

static bool outgoing_ready(wy_io_source *source) {
    return wy_socket_is(((wy_socket_object *)source)->socket, POLLOUT);
}

static wy_err outgoing_arm(wy_io_source *source, wy_loop *loop) {
    (void)loop;
    return wy_socket_want(((wy_socket_object *)source)->socket, false, true);
}

static void outgoing_free(own wy_io_source *source) {
    wy_socket_object *object = (wy_socket_object *)source;
    if (object->socket->out == source) object->socket->out = NULL;
    release_object(object);
}

/* Binding never waits. */
static const wy_io_source_ops udp_ops = {.free = udp_free};
static const wy_io_source_ops incoming_ops = {incoming_ready, incoming_arm, incoming_free};
static const wy_io_source_ops outgoing_ops = {outgoing_ready, outgoing_arm, outgoing_free};

static own wy_trap *create(wy_call *call,
                           const wasi_sockets_udp_create_socket_create_udp_socket_args *args,
                           wasi_sockets_udp_create_socket_create_udp_socket_result *result) {
    wy_socket *socket = NULL;
    bool is_v6 = args->address_family == WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY_IPV6;
    result->is_err = !wy_socket_new(call, -1, is_v6, true, &socket, &result->err);
    if (result->is_err) return NULL;
    wy_socket_object *object = wy_socket_object_new(socket, &udp_ops);
    if (!object) {
        wy_socket_release(socket);
        return wy_socket_no_memory();
    }
    result->ok = (wy_handle)object;
    return NULL;
}

/* --- binding --- */

FUNC(udp_socket_start_bind) {
    wy_socket *s = socket_of(args->self);
    wy_address address = wy_socket_address_in(&args->local_address);
    result->is_err = false;
    if (s->state != WY_SOCKET_UNBOUND)
        FAIL(s->state == WY_SOCKET_BINDING ? WY_SOCKET(CONCURRENCY_CONFLICT)
                                           : WY_SOCKET(INVALID_STATE));
    if (!wy_socket_fits(s, &address, false)) FAIL(WY_SOCKET(INVALID_ARGUMENT));
    if (!wy_socket_may_bind(call, s, &address)) FAIL(WY_SOCKET(ACCESS_DENIED));
    struct sockaddr_storage name;
    socklen_t len = wy_socket_address_system(&address, &name);
    if (bind(s->fd, (const struct sockaddr *)&name, len) != 0) FAIL(wy_socket_error_of(errno));
    s->state = WY_SOCKET_BINDING;
    return NULL;
}

FUNC(udp_socket_finish_bind) {
    (void)call;
    wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (s->state != WY_SOCKET_BINDING) FAIL(WY_SOCKET(NOT_IN_PROGRESS));
    s->state = WY_SOCKET_BOUND;
    return NULL;
}

/* --- streams --- */

static bool is_bound(const wy_socket *s) {
    return s->state == WY_SOCKET_BOUND || s->state == WY_SOCKET_CONNECTED;
}

/* Connects to one peer, or to none. False: errno. */
static bool associate(wy_socket *s, const wy_address *peer) {
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (s->state == WY_SOCKET_CONNECTED && connect(s->fd, &nobody, sizeof nobody) != 0)
        return false;
    s->state = WY_SOCKET_BOUND;
    if (!peer) return true;
    struct sockaddr_storage name;
    socklen_t len = wy_socket_address_system(peer, &name);
    if (connect(s->fd, (const struct sockaddr *)&name, len) != 0) return false;
    s->remote = *peer;
    s->state = WY_SOCKET_CONNECTED;
    return true;
}

static own wy_socket_object *stream_new(wy_socket *s, const wy_io_source_ops *ops) {
    wy_socket_object *object = wy_socket_object_new(s, ops);
    if (object) wy_socket_retain(s);
    return object;
}

FUNC(udp_socket_stream) {
    wy_socket *s = socket_of(args->self);
    wy_address peer = {0};
    result->is_err = false;
    if (!is_bound(s)) FAIL(WY_SOCKET(INVALID_STATE));
    bool has_peer = args->remote_address.is_some;
    if (has_peer) {
        peer = wy_socket_address_in(&args->remote_address.some);
        if (!wy_socket_fits(s, &peer, true)) FAIL(WY_SOCKET(INVALID_ARGUMENT));
        if (!wy_socket_may_reach(call, s, &peer)) FAIL(WY_SOCKET(ACCESS_DENIED));
    }
    if (!associate(s, has_peer ? &peer : NULL)) FAIL(wy_socket_error_of(errno));
    s->generation++;
    wy_socket_object *in = stream_new(s, &incoming_ops), *out = stream_new(s, &outgoing_ops);
    if (!in || !out) {
        if (in) wy_socket_object_drop(in);
        if (out) wy_socket_object_drop(out);
        return wy_socket_no_memory();
    }
    s->in = &in->source;
    s->out = &out->source;
    result->ok.f0 = (wy_handle)in;
    result->ok.f1 = (wy_handle)out;
    return NULL;
}

FUNC(udp_socket_local_address) {
    (void)call;
    const wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (!is_bound(s) || !wy_socket_name(s, false, &result->ok)) FAIL(WY_SOCKET(INVALID_STATE));
    return NULL;
}

FUNC(udp_socket_remote_address) {
    (void)call;
    const wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (s->state != WY_SOCKET_CONNECTED || !wy_socket_name(s, true, &result->ok))
        FAIL(WY_SOCKET(INVALID_STATE));
    return NULL;
}

/* --- receiving --- */

/* Takes the next datagram; false: there is none now, or `*error_number_out`. */
static bool take(wy_call *call, const wy_socket *s, wasi_sockets_udp_incoming_datagram *to,
                 int *error_number_out) {
    uint8_t none;
    ssize_t size = recv(s->fd, &none, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
    *error_number_out = size < 0 && errno != EAGAIN && errno != EINTR ? errno : 0;
    if (size < 0) return false;
    struct sockaddr_storage name = {0};
    socklen_t name_len = sizeof name;
    uint8_t *bytes = wy_arena_alloc(call->arena, (size_t)size + 1);
    *error_number_out = ENOMEM;
    if (!bytes) return false;
    ssize_t count =
        recvfrom(s->fd, bytes, (size_t)size, MSG_DONTWAIT, (struct sockaddr *)&name, &name_len);
    *error_number_out = count < 0 && errno != EAGAIN ? errno : 0;
    wy_address from;
    if (count < 0 || !wy_address_of_system((const struct sockaddr *)&name, &from)) return false;
    to->data = (wy_list_u8){bytes, (size_t)count};
    to->remote_address = wy_socket_address_out(&from);
    return true;
}

FUNC(incoming_datagram_stream_receive) {
    wy_socket_object *stream = object_of(args->self);
    result->is_err = false;
    if (stream->generation != stream->socket->generation) FAIL(WY_SOCKET(INVALID_STATE));
    size_t max = args->max_results < RECEIVE_MAX ? (size_t)args->max_results : RECEIVE_MAX;
    wasi_sockets_udp_incoming_datagram *items =
        wy_arena_calloc(call->arena, max ? max : 1, sizeof *items);
    if (!items) return wy_socket_no_memory();
    size_t count = 0;
    int error_number = 0;
    while (count < max && take(call, stream->socket, &items[count], &error_number))
        count++;
    if (count == 0 && error_number) FAIL(wy_socket_error_of(error_number));
    result->ok.ptr = items;
    result->ok.len = count;
    return NULL;
}

/* --- sending --- */

FUNC(outgoing_datagram_stream_check_send) {
    (void)call;
    wy_socket_object *stream = object_of(args->self);
    result->is_err = false;
    if (stream->generation != stream->socket->generation) FAIL(WY_SOCKET(INVALID_STATE));
    stream->permit = wy_socket_is(stream->socket, POLLOUT) ? PERMIT : 0;
    result->ok = stream->permit;
    return NULL;
}

/* 0, or what keeps the datagram from going where it says. */
static wy_socket_error check_datagram(wy_call *call, const wy_socket *s,
                                      const wasi_sockets_udp_outgoing_datagram *datagram,
                                      wy_address *to, bool *ok_out) {
    *ok_out = false;
    bool connected = s->state == WY_SOCKET_CONNECTED;
    if (!datagram->remote_address.is_some) {
        *ok_out = connected;
        return WY_SOCKET(INVALID_ARGUMENT);
    }
    *to = wy_socket_address_in(&datagram->remote_address.some);
    if (!wy_socket_fits(s, to, true)) return WY_SOCKET(INVALID_ARGUMENT);
    if (connected) {
        *ok_out = wy_address_equal(to, &s->remote);
        return WY_SOCKET(INVALID_ARGUMENT);
    }
    *ok_out = wy_socket_may_reach(call, s, to);
    return WY_SOCKET(ACCESS_DENIED);
}

FUNC(outgoing_datagram_stream_send) {
    wy_socket_object *stream = object_of(args->self);
    wy_socket *s = stream->socket;
    result->is_err = false;
    if (stream->generation != s->generation) FAIL(WY_SOCKET(INVALID_STATE));
    if (args->datagrams.len > stream->permit)
        return wy_trap_new("send of %zu datagrams to a stream that permits %llu",
                           args->datagrams.len, (unsigned long long)stream->permit);
    size_t sent = 0;
    for (; sent < args->datagrams.len; sent++) {
        const wasi_sockets_udp_outgoing_datagram *datagram = &args->datagrams.ptr[sent];
        wy_address to = {0};
        bool ok;
        wy_socket_error error = check_datagram(call, s, datagram, &to, &ok);
        struct sockaddr_storage name;
        bool connected = s->state == WY_SOCKET_CONNECTED;
        socklen_t len = ok && !connected ? wy_socket_address_system(&to, &name) : 0;
        if (ok && sendto(s->fd, datagram->data.ptr, datagram->data.len, MSG_DONTWAIT | MSG_NOSIGNAL,
                         connected ? NULL : (const struct sockaddr *)&name, len) < 0) {
            if (errno == EAGAIN) break;
            error = wy_socket_error_of(errno);
            ok = false;
        }
        if (ok) continue;
        if (sent == 0) FAIL(error);
        break;
    }
    stream->permit -= sent;
    result->ok = sent;
    return NULL;
}

/* --- options and waiting --- */

FUNC(udp_socket_address_family) {
    (void)call;
    *result = socket_of(args->self)->is_v6 ? WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY_IPV6
                                           : WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY_IPV4;
    return NULL;
}

FUNC(udp_socket_unicast_hop_limit) {
    (void)call;
    result->is_err = !wy_socket_get_hops(socket_of(args->self), &result->ok, &result->err);
    return NULL;
}

FUNC(udp_socket_set_unicast_hop_limit) {
    (void)call;
    result->is_err = !wy_socket_set_hops(socket_of(args->self), args->value, &result->err);
    return NULL;
}

FUNC(udp_socket_receive_buffer_size) {
    (void)call;
    result->is_err =
        !wy_socket_get_buffer(socket_of(args->self), SO_RCVBUF, &result->ok, &result->err);
    return NULL;
}

FUNC(udp_socket_set_receive_buffer_size) {
    (void)call;
    result->is_err =
        !wy_socket_set_buffer(socket_of(args->self), SO_RCVBUF, args->value, &result->err);
    return NULL;
}

FUNC(udp_socket_send_buffer_size) {
    (void)call;
    result->is_err =
        !wy_socket_get_buffer(socket_of(args->self), SO_SNDBUF, &result->ok, &result->err);
    return NULL;
}

FUNC(udp_socket_set_send_buffer_size) {
    (void)call;
    result->is_err =
        !wy_socket_set_buffer(socket_of(args->self), SO_SNDBUF, args->value, &result->err);
    return NULL;
}

static own wy_trap *subscribe(wy_handle self, wy_handle *result) {
    *result = (wy_handle)wy_pollable_new(&object_of(self)->source);
    return *result ? NULL : wy_socket_no_memory();
}

FUNC(udp_socket_subscribe) {
    (void)call;
    return subscribe(args->self, result);
}

FUNC(incoming_datagram_stream_subscribe) {
    (void)call;
    return subscribe(args->self, result);
}

FUNC(outgoing_datagram_stream_subscribe) {
    (void)call;
    return subscribe(args->self, result);
}

static const wasi_sockets_udp_ops ops = {
    .udp_socket_start_bind = udp_socket_start_bind,
    .udp_socket_finish_bind = udp_socket_finish_bind,
    .udp_socket_stream = udp_socket_stream,
    .udp_socket_local_address = udp_socket_local_address,
    .udp_socket_remote_address = udp_socket_remote_address,
    .udp_socket_address_family = udp_socket_address_family,
    .udp_socket_unicast_hop_limit = udp_socket_unicast_hop_limit,
    .udp_socket_set_unicast_hop_limit = udp_socket_set_unicast_hop_limit,
    .udp_socket_receive_buffer_size = udp_socket_receive_buffer_size,
    .udp_socket_set_receive_buffer_size = udp_socket_set_receive_buffer_size,
    .udp_socket_send_buffer_size = udp_socket_send_buffer_size,
    .udp_socket_set_send_buffer_size = udp_socket_set_send_buffer_size,
    .udp_socket_subscribe = udp_socket_subscribe,
    .incoming_datagram_stream_receive = incoming_datagram_stream_receive,
    .incoming_datagram_stream_subscribe = incoming_datagram_stream_subscribe,
    .outgoing_datagram_stream_check_send = outgoing_datagram_stream_check_send,
    .outgoing_datagram_stream_send = outgoing_datagram_stream_send,
    .outgoing_datagram_stream_subscribe = outgoing_datagram_stream_subscribe,
    .udp_socket_drop = wy_socket_object_drop,
    .incoming_datagram_stream_drop = wy_socket_object_drop,
    .outgoing_datagram_stream_drop = wy_socket_object_drop,
};

static const wasi_sockets_udp_create_socket_ops create_ops = {.create_udp_socket = create};

const wy_interface wy_interface_wasi_sockets_udp = {&wasi_sockets_udp_interface, &ops};
const wy_interface wy_interface_wasi_sockets_udp_create_socket = {
    &wasi_sockets_udp_create_socket_interface, &create_ops};
