/* wasi:sockets/tcp and tcp-create-socket. What WIT starts and finishes is done by the start; only
 * connecting takes its time. */
#include "gen/wasi_sockets_tcp.h"

#include "gen/wasi_sockets_tcp_create_socket.h"
#include "interface/wasi/socket.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define FUNC(name)                                                                                 \
    static own wy_trap *tcp_##name(wy_call *call,                                                  \
                                   const wasi_sockets_tcp_tcp_socket_##name##_args *args,          \
                                   wasi_sockets_tcp_tcp_socket_##name##_result *result)

static wy_socket *socket_of(wy_handle handle) {
    return ((wy_socket_object *)handle)->socket;
}

/* --- the resource --- */

static bool tcp_ready(wy_io_source *source) {
    const wy_socket *s = ((wy_socket_object *)source)->socket;
    if (s->state == WY_SOCKET_CONNECTING) return s->connect_errno || wy_socket_is(s, POLLOUT);
    return s->state != WY_SOCKET_LISTENING || wy_socket_is(s, POLLIN);
}

static wy_err tcp_arm(wy_io_source *source, wy_loop *loop) {
    (void)loop;
    wy_socket *s = ((wy_socket_object *)source)->socket;
    bool listens = s->state == WY_SOCKET_LISTENING;
    return wy_socket_want(s, listens, !listens);
}

static void tcp_free(own wy_io_source *source) {
    wy_socket_object *object = (wy_socket_object *)source;
    object->socket->self = NULL;
    wy_socket_release(object->socket);
    free(object);
}

static const wy_io_source_ops tcp_source_ops = {tcp_ready, tcp_arm, tcp_free};

static own wy_socket_object *tcp_object(own wy_socket *socket) {
    wy_socket_object *object = wy_socket_object_new(socket, &tcp_source_ops);
    if (object) socket->self = &object->source;
    return object;
}

static own wy_trap *create(wy_call *call,
                           const wasi_sockets_tcp_create_socket_create_tcp_socket_args *args,
                           wasi_sockets_tcp_create_socket_create_tcp_socket_result *result) {
    wy_socket *socket = NULL;
    bool is_v6 = args->address_family == WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY_IPV6;
    result->is_err = !wy_socket_new(call, -1, is_v6, false, &socket, &result->err);
    if (result->is_err) return NULL;
    wy_socket_object *object = tcp_object(socket);
    if (!object) {
        wy_socket_release(socket);
        return wy_socket_no_memory();
    }
    result->ok = (wy_handle)object;
    return NULL;
}

/* Something was started and not finished. */
static bool is_in_progress(const wy_socket *s) {
    return s->state == WY_SOCKET_BINDING || s->state == WY_SOCKET_STARTING_TO_LISTEN ||
           s->state == WY_SOCKET_CONNECTING;
}

/* The error of an operation that the state does not permit. */
static wy_socket_error wrong_state(const wy_socket *s) {
    return is_in_progress(s) ? WY_SOCKET(CONCURRENCY_CONFLICT) : WY_SOCKET(INVALID_STATE);
}

/* `is_err` and `err` lie alike in all results; ok() clears, fail() sets. */
#define FAIL(code)                                                                                 \
    do {                                                                                           \
        result->is_err = true;                                                                     \
        result->err = (code);                                                                      \
        return NULL;                                                                               \
    } while (0)

/* --- binding --- */

FUNC(start_bind) {
    wy_socket *s = socket_of(args->self);
    wy_address address = wy_socket_address_in(&args->local_address);
    result->is_err = false;
    if (s->state != WY_SOCKET_UNBOUND) FAIL(wrong_state(s));
    if (!wy_socket_fits(s, &address, false)) FAIL(WY_SOCKET(INVALID_ARGUMENT));
    if (!wy_socket_may_bind(call, s, &address)) FAIL(WY_SOCKET(ACCESS_DENIED));
    struct sockaddr_storage name;
    socklen_t len = wy_socket_address_system(&address, &name);
    if (bind(s->fd, (const struct sockaddr *)&name, len) != 0) FAIL(wy_socket_error_of(errno));
    s->state = WY_SOCKET_BINDING;
    return NULL;
}

FUNC(finish_bind) {
    (void)call;
    wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (s->state != WY_SOCKET_BINDING) FAIL(WY_SOCKET(NOT_IN_PROGRESS));
    s->state = WY_SOCKET_BOUND;
    return NULL;
}

/* --- connecting --- */

FUNC(start_connect) {
    wy_socket *s = socket_of(args->self);
    wy_address address = wy_socket_address_in(&args->remote_address);
    result->is_err = false;
    if (s->state != WY_SOCKET_UNBOUND && s->state != WY_SOCKET_BOUND) FAIL(wrong_state(s));
    if (!wy_socket_fits(s, &address, true)) FAIL(WY_SOCKET(INVALID_ARGUMENT));
    if (!wy_socket_may_reach(call, s, &address)) FAIL(WY_SOCKET(ACCESS_DENIED));
    struct sockaddr_storage name;
    socklen_t len = wy_socket_address_system(&address, &name);
    if (connect(s->fd, (const struct sockaddr *)&name, len) != 0 && errno != EINPROGRESS)
        s->connect_errno = errno;
    s->state = WY_SOCKET_CONNECTING;
    return NULL;
}

static bool make_streams(wy_socket *s, wy_handle *in_out, wy_handle *out_out) {
    wy_input_stream *in = wy_socket_input_new(s);
    wy_output_stream *out = in ? wy_socket_output_new(s) : NULL;
    if (in && !out) wy_input_stream_drop(in);
    *in_out = (wy_handle)in;
    *out_out = (wy_handle)out;
    return out != NULL;
}

/* Implicit binding finds no free port with EADDRNOTAVAIL. */
static wy_socket_error connect_error(int error_number) {
    return error_number == EADDRNOTAVAIL ? WY_SOCKET(ADDRESS_IN_USE)
                                         : wy_socket_error_of(error_number);
}

FUNC(finish_connect) {
    (void)call;
    wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (s->state != WY_SOCKET_CONNECTING) FAIL(WY_SOCKET(NOT_IN_PROGRESS));
    int error_number = s->connect_errno;
    if (!error_number && !wy_socket_is(s, POLLOUT)) FAIL(WY_SOCKET(WOULD_BLOCK));
    wy_socket_error ignored;
    if (!error_number) (void)wy_socket_get(s, SOL_SOCKET, SO_ERROR, &error_number, &ignored);
    s->state = error_number ? WY_SOCKET_CLOSED : WY_SOCKET_CONNECTED;
    if (error_number) FAIL(connect_error(error_number));
    if (!make_streams(s, &result->ok.f0, &result->ok.f1)) return wy_socket_no_memory();
    return NULL;
}

/* --- listening --- */

FUNC(start_listen) {
    (void)call;
    wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (s->state != WY_SOCKET_BOUND) FAIL(wrong_state(s));
    if (listen(s->fd, s->backlog) != 0) FAIL(wy_socket_error_of(errno));
    s->state = WY_SOCKET_STARTING_TO_LISTEN;
    return NULL;
}

FUNC(finish_listen) {
    (void)call;
    wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (s->state != WY_SOCKET_STARTING_TO_LISTEN) FAIL(WY_SOCKET(NOT_IN_PROGRESS));
    s->state = WY_SOCKET_LISTENING;
    return NULL;
}

FUNC(accept) {
    wy_socket *s = socket_of(args->self), *accepted = NULL;
    result->is_err = false;
    if (s->state != WY_SOCKET_LISTENING) FAIL(WY_SOCKET(INVALID_STATE));
    int fd;
    do
        fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) FAIL(wy_socket_error_of(errno));
    wy_socket_error error;
    if (!wy_socket_new(call, fd, s->is_v6, false, &accepted, &error)) FAIL(error);
    accepted->state = WY_SOCKET_CONNECTED;
    wy_socket_object *object = tcp_object(accepted);
    if (!object) {
        wy_socket_release(accepted);
        return wy_socket_no_memory();
    }
    if (!make_streams(accepted, &result->ok.f1, &result->ok.f2)) {
        wy_socket_object_drop(object);
        return wy_socket_no_memory();
    }
    result->ok.f0 = (wy_handle)object;
    return NULL;
}

/* --- what it is --- */

FUNC(local_address) {
    (void)call;
    const wy_socket *s = socket_of(args->self);
    result->is_err = false;
    bool has_one = s->state != WY_SOCKET_UNBOUND && s->state != WY_SOCKET_BINDING &&
                   s->state != WY_SOCKET_CLOSED;
    if (!has_one || !wy_socket_name(s, false, &result->ok)) FAIL(WY_SOCKET(INVALID_STATE));
    return NULL;
}

FUNC(remote_address) {
    (void)call;
    const wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (s->state != WY_SOCKET_CONNECTED) FAIL(WY_SOCKET(INVALID_STATE));
    if (!wy_socket_name(s, true, &result->ok)) FAIL(wy_socket_error_of(errno));
    return NULL;
}

FUNC(is_listening) {
    (void)call;
    *result = socket_of(args->self)->state == WY_SOCKET_LISTENING;
    return NULL;
}

FUNC(address_family) {
    (void)call;
    *result = socket_of(args->self)->is_v6 ? WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY_IPV6
                                           : WASI_SOCKETS_NETWORK_IP_ADDRESS_FAMILY_IPV4;
    return NULL;
}

/* --- options --- */

FUNC(set_listen_backlog_size) {
    (void)call;
    wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (args->value == 0) FAIL(WY_SOCKET(INVALID_ARGUMENT));
    if (s->state == WY_SOCKET_CONNECTING || s->state == WY_SOCKET_CONNECTED ||
        s->state == WY_SOCKET_CLOSED)
        FAIL(WY_SOCKET(INVALID_STATE));
    s->backlog = args->value < WY_LISTEN_BACKLOG ? (int)args->value : WY_LISTEN_BACKLOG;
    bool listens = s->state == WY_SOCKET_LISTENING || s->state == WY_SOCKET_STARTING_TO_LISTEN;
    if (listens && listen(s->fd, s->backlog) != 0) FAIL(wy_socket_error_of(errno));
    return NULL;
}

FUNC(keep_alive_enabled) {
    (void)call;
    int value = 0;
    result->is_err =
        !wy_socket_get(socket_of(args->self), SOL_SOCKET, SO_KEEPALIVE, &value, &result->err);
    if (!result->is_err) result->ok = value != 0;
    return NULL;
}

FUNC(set_keep_alive_enabled) {
    (void)call;
    result->is_err =
        !wy_socket_set(socket_of(args->self), SOL_SOCKET, SO_KEEPALIVE, args->value, &result->err);
    return NULL;
}

#define NS_PER_S 1000000000u
#define KEEPALIVE_MAX 32767 /* Linux: MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, in seconds */
#define KEEPALIVE_COUNT_MAX 127

/* Whole seconds, at least one. */
static bool set_seconds(wy_handle self, int option, uint64_t ns, wy_socket_error *error_out) {
    *error_out = WY_SOCKET(INVALID_ARGUMENT);
    if (ns == 0) return false;
    uint64_t s = ns / NS_PER_S + (ns % NS_PER_S != 0);
    return wy_socket_set(socket_of(self), IPPROTO_TCP, option,
                         s < KEEPALIVE_MAX ? s : KEEPALIVE_MAX, error_out);
}

FUNC(keep_alive_idle_time) {
    (void)call;
    int value = 0;
    result->is_err =
        !wy_socket_get(socket_of(args->self), IPPROTO_TCP, TCP_KEEPIDLE, &value, &result->err);
    if (!result->is_err) result->ok = (uint64_t)value * NS_PER_S;
    return NULL;
}

FUNC(set_keep_alive_idle_time) {
    (void)call;
    result->is_err = !set_seconds(args->self, TCP_KEEPIDLE, args->value, &result->err);
    return NULL;
}

FUNC(keep_alive_interval) {
    (void)call;
    int value = 0;
    result->is_err =
        !wy_socket_get(socket_of(args->self), IPPROTO_TCP, TCP_KEEPINTVL, &value, &result->err);
    if (!result->is_err) result->ok = (uint64_t)value * NS_PER_S;
    return NULL;
}

FUNC(set_keep_alive_interval) {
    (void)call;
    result->is_err = !set_seconds(args->self, TCP_KEEPINTVL, args->value, &result->err);
    return NULL;
}

FUNC(keep_alive_count) {
    (void)call;
    int value = 0;
    result->is_err =
        !wy_socket_get(socket_of(args->self), IPPROTO_TCP, TCP_KEEPCNT, &value, &result->err);
    if (!result->is_err) result->ok = (uint32_t)value;
    return NULL;
}

FUNC(set_keep_alive_count) {
    (void)call;
    result->is_err = false;
    if (args->value == 0) FAIL(WY_SOCKET(INVALID_ARGUMENT));
    uint64_t count = args->value < KEEPALIVE_COUNT_MAX ? args->value : KEEPALIVE_COUNT_MAX;
    result->is_err =
        !wy_socket_set(socket_of(args->self), IPPROTO_TCP, TCP_KEEPCNT, count, &result->err);
    return NULL;
}

FUNC(hop_limit) {
    (void)call;
    result->is_err = !wy_socket_get_hops(socket_of(args->self), &result->ok, &result->err);
    return NULL;
}

FUNC(set_hop_limit) {
    (void)call;
    result->is_err = !wy_socket_set_hops(socket_of(args->self), args->value, &result->err);
    return NULL;
}

FUNC(receive_buffer_size) {
    (void)call;
    uint64_t value = 0;
    wy_socket_error error;
    result->is_err = !wy_socket_get_buffer(socket_of(args->self), SO_RCVBUF, &value, &error);
    if (result->is_err)
        result->err = error;
    else
        result->ok = value;
    return NULL;
}

FUNC(set_receive_buffer_size) {
    (void)call;
    result->is_err =
        !wy_socket_set_buffer(socket_of(args->self), SO_RCVBUF, args->value, &result->err);
    return NULL;
}

FUNC(send_buffer_size) {
    (void)call;
    uint64_t value = 0;
    wy_socket_error error;
    result->is_err = !wy_socket_get_buffer(socket_of(args->self), SO_SNDBUF, &value, &error);
    if (result->is_err)
        result->err = error;
    else
        result->ok = value;
    return NULL;
}

FUNC(set_send_buffer_size) {
    (void)call;
    result->is_err =
        !wy_socket_set_buffer(socket_of(args->self), SO_SNDBUF, args->value, &result->err);
    return NULL;
}

/* --- waiting and ending --- */

FUNC(subscribe) {
    (void)call;
    *result = (wy_handle)wy_pollable_new(&((wy_socket_object *)args->self)->source);
    return *result ? NULL : wy_socket_no_memory();
}

FUNC(shutdown) {
    (void)call;
    wy_socket *s = socket_of(args->self);
    result->is_err = false;
    if (s->state != WY_SOCKET_CONNECTED) FAIL(WY_SOCKET(INVALID_STATE));
    if (args->shutdown_type != WASI_SOCKETS_TCP_SHUTDOWN_TYPE_SEND) {
        s->is_in_shut = true;
        (void)shutdown(s->fd, SHUT_RD);
        if (s->in) wy_io_source_wake(s->in);
    }
    if (args->shutdown_type != WASI_SOCKETS_TCP_SHUTDOWN_TYPE_RECEIVE) wy_socket_shut_out(s);
    return NULL;
}

static const wasi_sockets_tcp_ops ops = {
    .tcp_socket_start_bind = tcp_start_bind,
    .tcp_socket_finish_bind = tcp_finish_bind,
    .tcp_socket_start_connect = tcp_start_connect,
    .tcp_socket_finish_connect = tcp_finish_connect,
    .tcp_socket_start_listen = tcp_start_listen,
    .tcp_socket_finish_listen = tcp_finish_listen,
    .tcp_socket_accept = tcp_accept,
    .tcp_socket_local_address = tcp_local_address,
    .tcp_socket_remote_address = tcp_remote_address,
    .tcp_socket_is_listening = tcp_is_listening,
    .tcp_socket_address_family = tcp_address_family,
    .tcp_socket_set_listen_backlog_size = tcp_set_listen_backlog_size,
    .tcp_socket_keep_alive_enabled = tcp_keep_alive_enabled,
    .tcp_socket_set_keep_alive_enabled = tcp_set_keep_alive_enabled,
    .tcp_socket_keep_alive_idle_time = tcp_keep_alive_idle_time,
    .tcp_socket_set_keep_alive_idle_time = tcp_set_keep_alive_idle_time,
    .tcp_socket_keep_alive_interval = tcp_keep_alive_interval,
    .tcp_socket_set_keep_alive_interval = tcp_set_keep_alive_interval,
    .tcp_socket_keep_alive_count = tcp_keep_alive_count,
    .tcp_socket_set_keep_alive_count = tcp_set_keep_alive_count,
    .tcp_socket_hop_limit = tcp_hop_limit,
    .tcp_socket_set_hop_limit = tcp_set_hop_limit,
    .tcp_socket_receive_buffer_size = tcp_receive_buffer_size,
    .tcp_socket_set_receive_buffer_size = tcp_set_receive_buffer_size,
    .tcp_socket_send_buffer_size = tcp_send_buffer_size,
    .tcp_socket_set_send_buffer_size = tcp_set_send_buffer_size,
    .tcp_socket_subscribe = tcp_subscribe,
    .tcp_socket_shutdown = tcp_shutdown,
    .tcp_socket_drop = wy_socket_object_drop,
};

static const wasi_sockets_tcp_create_socket_ops create_ops = {.create_tcp_socket = create};

const wy_interface wy_interface_wasi_sockets_tcp = {&wasi_sockets_tcp_interface, &ops};
const wy_interface wy_interface_wasi_sockets_tcp_create_socket = {
    &wasi_sockets_tcp_create_socket_interface, &create_ops};
