/* Listening: binding sockets that several processes may share an address with, and accepting. */
#include "base/limits.h"
#include "loop/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_MAX 256

/* "host:port", "[v6]:port", ":port" (all addresses). */
static wy_err split(wy_str address, char host[HOST_MAX], char port[8], wy_diag *diag) {
    size_t colon = wy_str_rfind(address, ':');
    if (colon == address.len)
        return wy_diag_set(diag, WY_INVALID, "address \"" WY_STR_FMT "\" has no port",
                           WY_STR_ARG(address));
    wy_str h = wy_str_sub(address, 0, colon), p = wy_str_sub(address, colon + 1, address.len);
    uint64_t number;
    if (!wy_str_to_u64(p, 65535, &number))
        return wy_diag_set(diag, WY_INVALID, "\"" WY_STR_FMT "\" is not a port", WY_STR_ARG(p));
    if (h.len >= 2 && h.ptr[0] == '[' && h.ptr[h.len - 1] == ']') h = wy_str_sub(h, 1, h.len - 1);
    if (h.len >= HOST_MAX) return wy_diag_set(diag, WY_INVALID, "host name is too long");
    snprintf(host, HOST_MAX, WY_STR_FMT, WY_STR_ARG(h));
    snprintf(port, 8, "%u", (unsigned)number);
    return WY_OK;
}

static wy_err system_error(wy_diag *diag, wy_str address, const char *what) {
    int code = errno;
    wy_err err = code == EADDRINUSE ? WY_EXISTS : code == EACCES ? WY_DENIED : WY_IO;
    return wy_diag_set(diag, err, "%s " WY_STR_FMT ": %s", what, WY_STR_ARG(address),
                       strerror(code));
}

/* The first worker's and any later one's socket: all that share the address say so. */
static int open_one(const struct addrinfo *info, int backlog) {
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (info->ai_family == AF_INET6) {
        int zero = 0; /* "[::]" hears IPv4 too */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    }
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 &&
        (backlog == 0 || listen(fd, backlog) == 0))
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

wy_err wy_address_check_free(wy_str address, wy_diag *diag) {
    char host[HOST_MAX], port[8];
    wy_err err = split(address, host, port, diag);
    if (err) return err;
    struct addrinfo *list = NULL, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    if (getaddrinfo(host[0] ? host : NULL, port, &hints, &list) != 0)
        return WY_OK; /* listening will say why */
    for (const struct addrinfo *info = list; info && !err; info = info->ai_next) {
        int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
        if (fd < 0) continue;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 && errno == EADDRINUSE)
            err = system_error(diag, address, "cannot listen on");
        close(fd);
    }
    freeaddrinfo(list);
    return err;
}

wy_err wy_listen_fd(wy_str address, int backlog, int *fd_out, char bound_out[64], wy_diag *diag) {
    char host[HOST_MAX], port[8];
    wy_err err = split(address, host, port, diag);
    if (err) return err;
    struct addrinfo *list = NULL, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    int bad = getaddrinfo(host[0] ? host : NULL, port, &hints, &list);
    if (bad) return wy_diag_set(diag, WY_IO, "cannot resolve \"%s\": %s", host, gai_strerror(bad));
    int fd = -1;
    for (const struct addrinfo *info = list; info && fd < 0; info = info->ai_next)
        fd = open_one(info, backlog);
    if (fd < 0) err = system_error(diag, address, "cannot listen on");
    freeaddrinfo(list);
    if (err) return err;
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    if (bound_out && getsockname(fd, (struct sockaddr *)&bound, &len) == 0)
        wy_address_print_system((const struct sockaddr *)&bound, bound_out);
    *fd_out = fd;
    return WY_OK;
}

/* --- accepting --- */

struct wy_listener {
    wy_object object;
    uv_tcp_t uv;
    wy_loop *loop;
    void (*on_connection)(void *data, own wy_stream *stream);
    void *data;
};

void wy_listener_accept_all(wy_listener *listener) {
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&listener->uv, &fd) != 0) return;
    for (int got; (got = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        wy_stream *stream = wy_stream_new_tcp(listener->loop);
        if (!stream || uv_tcp_open(wy_stream_tcp(stream), got) != 0) {
            close(got);
            if (stream) wy_stream_close(stream, true);
            continue;
        }
        uv_tcp_nodelay(wy_stream_tcp(stream), 1);
        listener->on_connection(listener->data, stream);
    }
}

static void on_incoming(uv_stream_t *uv, int status) {
    wy_listener *listener = uv->data;
    if (status < 0) return;
    wy_stream *stream = wy_stream_new_tcp(listener->loop);
    if (!stream) return;
    if (uv_accept(uv, wy_stream_uv(stream)) != 0) {
        wy_stream_close(stream, true);
        return;
    }
    uv_tcp_nodelay(wy_stream_tcp(stream), 1);
    listener->on_connection(listener->data, stream);
}

wy_err wy_listener_new(wy_loop *loop, int fd,
                       void (*on_connection)(void *data, own wy_stream *stream), void *data,
                       own wy_listener **out) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return WY_IO;
    wy_listener *listener = calloc(1, sizeof *listener);
    if (!listener) {
        close(copy);
        return WY_NOMEM;
    }
    listener->object.release = wy_object_free;
    listener->loop = loop;
    listener->on_connection = on_connection;
    listener->data = data;
    uv_tcp_init(&loop->uv, &listener->uv);
    listener->uv.data = listener;
    if (uv_tcp_open(&listener->uv, copy) != 0) {
        close(copy);
        wy_listener_free(listener);
        return WY_IO;
    }
    if (uv_listen((uv_stream_t *)&listener->uv, WY_LISTEN_BACKLOG, on_incoming) != 0) {
        wy_listener_free(listener);
        return WY_IO;
    }
    *out = listener;
    return WY_OK;
}

void wy_listener_free(own wy_listener *listener) {
    if (listener) wy_object_close((uv_handle_t *)&listener->uv);
}
