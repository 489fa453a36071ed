/* Sockets of wasi:sockets: descriptors, readiness, addresses, permission and options. */
#include "interface/wasi/socket.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

own wy_trap *wy_socket_no_memory(void) {
    return wy_trap_new("out of memory for a socket");
}

/* --- making and ending --- */

static uint32_t *socket_count(wy_call *call) {
    uint32_t *count = wy_instance_state(call->instance, WY_SLOT_SOCKETS);
    if (count) return count;
    count = wy_arena_calloc(wy_instance_arena(call->instance), 1, sizeof *count);
    if (count) wy_instance_set_state(call->instance, WY_SLOT_SOCKETS, count, NULL);
    return count;
}

static int open_fd(bool is_v6, bool is_udp) {
    int type = (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, one = 1;
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, type, 0);
    if (fd < 0) return -1;
    if (is_v6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (!is_udp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return fd;
}

static const wy_wasi_sockets_settings *settings_of(wy_call *call) {
    static const wy_wasi_sockets_settings nothing = {0};
    const wy_wasi_sockets_settings *settings =
        wy_instance_settings(call->instance, WY_SLOT_SOCKETS);
    return settings ? settings : &nothing;
}

static bool has_room(const uint32_t *count, const wy_socket_budget *budget) {
    if (*count >= WY_MAX_GUEST_SOCKETS) return false;
    if (!budget || !budget->most || budget->open < budget->most) return true;
    wy_log(WY_LOG_WARN,
           "a component may not open a socket: there are as many as [outbound_networking] "
           "max_socket_connections of the runtime configuration permits");
    return false;
}

bool wy_socket_new(wy_call *call, int fd, bool is_v6, bool is_udp, own wy_socket **socket_out,
                   wy_socket_error *error_out) {
    uint32_t *count = socket_count(call);
    wy_socket_budget *budget = settings_of(call)->budget;
    wy_socket *s = calloc(1, sizeof *s);
    *error_out = WY_SOCKET(OUT_OF_MEMORY);
    if (s && count) {
        bool may_open = has_room(count, budget);
        *error_out = WY_SOCKET(NEW_SOCKET_LIMIT);
        if (may_open && fd < 0) {
            fd = open_fd(is_v6, is_udp);
            if (fd < 0) *error_out = wy_socket_error_of(errno);
        }
        if (may_open && fd >= 0) {
            int one = 1;
            /* A guest cannot ask for it, and most of what is written is whole messages. */
            if (!is_udp) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            *s = (wy_socket){.refs = 1,
                             .fd = fd,
                             .is_v6 = is_v6,
                             .is_udp = is_udp,
                             .loop = wy_task_loop(call->task),
                             .count = count,
                             .budget = budget,
                             .backlog = 128};
            ++*count;
            if (budget) budget->open++;
            *socket_out = s;
            return true;
        }
    }
    if (fd >= 0) close(fd);
    free(s);
    return false;
}

void wy_socket_retain(wy_socket *socket) {
    socket->refs++;
}

/* The guest is done with it, the peer must still get what it wrote. */
static void send_in_background(wy_socket *s) {
    wy_stream *stream = NULL;
    if (wy_stream_open_fd(s->loop, s->fd, &stream) != WY_OK) return;
    wy_str rest = {(const char *)s->pending + s->pending_at, s->pending_len};
    wy_err err = wy_stream_write(stream, &rest, 1);
    wy_stream_close(stream, err != WY_OK);
}

void wy_socket_release(own wy_socket *s) {
    if (!s || --s->refs) return;
    wy_fd_watch_free(s->watch);
    if (s->pending) send_in_background(s);
    free(s->pending);
    close(s->fd);
    --*s->count;
    if (s->budget) s->budget->open--;
    free(s);
}

own wy_socket_object *wy_socket_object_new(own wy_socket *socket, const wy_io_source_ops *ops) {
    wy_socket_object *object = calloc(1, sizeof *object);
    if (!object) return NULL;
    wy_io_source_init(&object->source, ops);
    object->socket = socket;
    object->generation = socket->generation;
    return object;
}

void wy_socket_object_drop(void *object) {
    wy_io_source_release(&((wy_socket_object *)object)->source);
}

/* --- readiness --- */

bool wy_socket_is(const wy_socket *socket, short events) {
    struct pollfd poll_fd = {.fd = socket->fd, .events = events};
    int count;
    do
        count = poll(&poll_fd, 1, 0);
    while (count < 0 && errno == EINTR);
    return count != 0; /* errors and hang-ups count: the operation will say which */
}

static void on_event(void *data, bool readable, bool writable);

static wy_err update_watch(wy_socket *s) {
    bool write = s->wants_write || s->pending;
    if (s->watch) return wy_fd_watch_want(s->watch, s->wants_read, write);
    if (!s->wants_read && !write) return WY_OK;
    return wy_fd_watch_new(s->loop, s->fd, s->wants_read, write, on_event, s, &s->watch);
}

/* One shot: nobody may want the next event soon. */
static void on_event(void *data, bool readable, bool writable) {
    wy_socket *s = data;
    wy_socket_retain(s);
    if (readable) s->wants_read = false;
    if (writable) s->wants_write = false;
    if (writable && s->pending) wy_socket_flush(s);
    wy_err ignored = update_watch(s);
    (void)ignored; /* who still waits is told below, and waits again */
    if (s->self) wy_io_source_wake(s->self);
    if (readable && s->in) wy_io_source_wake(s->in);
    if (writable && s->out) wy_io_source_wake(s->out);
    wy_socket_release(s);
}

wy_err wy_socket_want(wy_socket *s, bool read, bool write) {
    s->wants_read |= read;
    s->wants_write |= write;
    return update_watch(s);
}

/* --- addresses --- */

wy_address wy_socket_address_in(const wy_socket_address *address) {
    wy_address out = {0};
    if (address->tag == WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS_IPV4) {
        const wasi_sockets_network_ipv4_socket_address *in = &address->ipv4;
        out.port = in->port;
        memcpy(out.bytes, &in->address, 4);
        return out;
    }
    const wasi_sockets_network_ipv6_socket_address *in = &address->ipv6;
    const uint16_t *groups = (const uint16_t *)(const void *)&in->address;
    out.is_v6 = true;
    out.port = in->port;
    out.flow_info = in->flow_info;
    out.scope_id = in->scope_id;
    for (int i = 0; i < 8; i++) {
        out.bytes[2 * i] = (uint8_t)(groups[i] >> 8);
        out.bytes[2 * i + 1] = (uint8_t)groups[i];
    }
    return out;
}

wy_socket_address wy_socket_address_out(const wy_address *address) {
    wy_socket_address out;
    memset(&out, 0, sizeof out);
    if (!address->is_v6) {
        out.tag = WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS_IPV4;
        out.ipv4.port = address->port;
        memcpy(&out.ipv4.address, address->bytes, 4);
        return out;
    }
    out.tag = WASI_SOCKETS_NETWORK_IP_SOCKET_ADDRESS_IPV6;
    out.ipv6.port = address->port;
    out.ipv6.flow_info = address->flow_info;
    out.ipv6.scope_id = address->scope_id;
    uint16_t *groups = (uint16_t *)(void *)&out.ipv6.address;
    for (int i = 0; i < 8; i++)
        groups[i] = (uint16_t)(address->bytes[2 * i] << 8 | address->bytes[2 * i + 1]);
    return out;
}

socklen_t wy_socket_address_system(const wy_address *address, struct sockaddr_storage *out) {
    wy_address_to_system(address, out);
    return address->is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

bool wy_socket_name(const wy_socket *socket, bool peer, wy_socket_address *out) {
    struct sockaddr_storage name = {0};
    socklen_t len = sizeof name;
    wy_address address;
    int bad = peer ? getpeername(socket->fd, (struct sockaddr *)&name, &len)
                   : getsockname(socket->fd, (struct sockaddr *)&name, &len);
    if (bad || !wy_address_of_system((const struct sockaddr *)&name, &address)) return false;
    *out = wy_socket_address_out(&address);
    return true;
}

static bool is_zero(const wy_address *address) {
    for (size_t i = 0; i < (address->is_v6 ? 16 : 4); i++)
        if (address->bytes[i]) return false;
    return true;
}

bool wy_socket_fits(const wy_socket *socket, const wy_address *address, bool is_destination) {
    if (address->is_v6 != socket->is_v6) return false;
    if (is_destination && (address->port == 0 || is_zero(address))) return false;
    if (wy_address_unmapped(address).is_v6 != address->is_v6) return false;
    if (socket->is_udp) return true;
    static const uint8_t everybody[4] = {255, 255, 255, 255};
    return address->is_v6
               ? address->bytes[0] != 0xff
               : (address->bytes[0] >> 4) != 14 && memcmp(address->bytes, everybody, 4) != 0;
}

wy_socket_error wy_socket_error_of(int error_number) {
    switch (error_number) {
    case EACCES:
    case EPERM: return WY_SOCKET(ACCESS_DENIED);
    case EOPNOTSUPP:
    case EPROTONOSUPPORT:
    case ENOPROTOOPT: return WY_SOCKET(NOT_SUPPORTED);
    case EINVAL:
    case EAFNOSUPPORT:
    case EDESTADDRREQ: return WY_SOCKET(INVALID_ARGUMENT);
    case ENOMEM:
    case ENOBUFS: return WY_SOCKET(OUT_OF_MEMORY);
    case ETIMEDOUT: return WY_SOCKET(TIMEOUT);
    case EALREADY: return WY_SOCKET(CONCURRENCY_CONFLICT);
    case EAGAIN:
    case EINPROGRESS: return WY_SOCKET(WOULD_BLOCK);
    case EISCONN:
    case ENOTCONN: return WY_SOCKET(INVALID_STATE);
    case EMFILE:
    case ENFILE: return WY_SOCKET(NEW_SOCKET_LIMIT);
    case EADDRNOTAVAIL: return WY_SOCKET(ADDRESS_NOT_BINDABLE);
    case EADDRINUSE: return WY_SOCKET(ADDRESS_IN_USE);
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ENONET: return WY_SOCKET(REMOTE_UNREACHABLE);
    case ECONNREFUSED: return WY_SOCKET(CONNECTION_REFUSED);
    case ECONNRESET:
    case EPIPE: return WY_SOCKET(CONNECTION_RESET);
    case ECONNABORTED: return WY_SOCKET(CONNECTION_ABORTED);
    case EMSGSIZE: return WY_SOCKET(DATAGRAM_TOO_LARGE);
    default: return WY_SOCKET(UNKNOWN);
    }
}

/* --- permission --- */

static bool refuse(const char *what, const char *where) {
    wy_log(WY_LOG_WARN, "the component may not %s %s; to allow it, give it the network: --network",
           what, where);
    return false;
}

bool wy_socket_may_reach(wy_call *call, const wy_socket *socket, const wy_address *address) {
    const wy_wasi_sockets_settings *settings = settings_of(call);
    if (settings->allow_all) return true;
    char text[WY_ADDRESS_TEXT_MAX], ip[WY_ADDRESS_TEXT_MAX];
    wy_address_print(address, text);
    wy_address_print_ip(address, ip);
    const wy_http_policy *policy = settings->policy;
    if (!policy) return refuse(socket->is_udp ? "send to" : "connect to", text);
    wy_str scheme = socket->is_udp ? WY_STR("udp") : WY_STR("tcp");
    return (!policy->allow || policy->allow(policy->data, scheme, wy_str_of(ip), address->port)) &&
           (!policy->allow_address || policy->allow_address(policy->data, text));
}

bool wy_socket_may_bind(wy_call *call, const wy_socket *socket, const wy_address *address) {
    const wy_wasi_sockets_settings *settings = settings_of(call);
    if (settings->allow_all) return true;
    /* Where answers to datagrams come to, chosen by the system. */
    if (settings->policy && socket->is_udp && address->port == 0) return true;
    char text[WY_ADDRESS_TEXT_MAX];
    wy_address_print(address, text);
    if (!settings->policy) return refuse("listen on", text);
    wy_log(WY_LOG_WARN, "a component of an application cannot listen on %s: no manifest allows it",
           text);
    return false;
}

bool wy_socket_may_resolve(wy_call *call, wy_str name) {
    const wy_wasi_sockets_settings *settings = settings_of(call);
    const wy_http_policy *policy = settings->policy;
    if (settings->allow_all) return true;
    if (policy) return !policy->allow_lookup || policy->allow_lookup(policy->data, name);
    char text[80];
    snprintf(text, sizeof text, "%.*s", (int)(name.len < 79 ? name.len : 79), name.ptr);
    return refuse("look up the name", text);
}

/* --- options --- */

static bool answer(int bad, wy_socket_error *error_out) {
    if (bad) *error_out = wy_socket_error_of(errno);
    return !bad;
}

bool wy_socket_get(const wy_socket *socket, int level, int option, int *value_out,
                   wy_socket_error *error_out) {
    socklen_t len = sizeof *value_out;
    return answer(getsockopt(socket->fd, level, option, value_out, &len), error_out);
}

bool wy_socket_set(const wy_socket *socket, int level, int option, uint64_t value,
                   wy_socket_error *error_out) {
    int number = value < INT_MAX ? (int)value : INT_MAX;
    return answer(setsockopt(socket->fd, level, option, &number, sizeof number), error_out);
}

bool wy_socket_get_hops(const wy_socket *socket, uint8_t *value_out, wy_socket_error *error_out) {
    int value = 0;
    bool ok = socket->is_v6
                  ? wy_socket_get(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value, error_out)
                  : wy_socket_get(socket, IPPROTO_IP, IP_TTL, &value, error_out);
    if (ok) *value_out = (uint8_t)value;
    return ok;
}

bool wy_socket_set_hops(const wy_socket *socket, uint8_t value, wy_socket_error *error_out) {
    *error_out = WY_SOCKET(INVALID_ARGUMENT);
    if (value == 0) return false;
    return socket->is_v6 ? wy_socket_set(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, value, error_out)
                         : wy_socket_set(socket, IPPROTO_IP, IP_TTL, value, error_out);
}

/* Linux doubles what is set, for its own bookkeeping, and shows that. */
bool wy_socket_get_buffer(const wy_socket *socket, int option, uint64_t *value_out,
                          wy_socket_error *error_out) {
    int value = 0;
    bool ok = wy_socket_get(socket, SOL_SOCKET, option, &value, error_out);
    if (ok) *value_out = (uint64_t)value / 2;
    return ok;
}

bool wy_socket_set_buffer(const wy_socket *socket, int option, uint64_t value,
                          wy_socket_error *error_out) {
    *error_out = WY_SOCKET(INVALID_ARGUMENT);
    if (value == 0) return false;
    return wy_socket_set(socket, SOL_SOCKET, option, value < INT_MAX / 2 ? value : INT_MAX / 2,
                         error_out);
}
