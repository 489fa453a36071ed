/* Input and output streams of a TCP connection. Input is read straight into the guest's memory;
 * output that the kernel does not take at once waits in one bounded buffer. */
#include "interface/wasi/socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>

static const wy_io_error_domain socket_domain = {.name = "sockets"};

static wy_io_status fail(wy_io_fault *fault, int error_number) {
    return wy_io_fail(fault, wy_io_error_new(&socket_domain, wy_socket_error_of(error_number), "%s",
                                             strerror(error_number)));
}

/* network-error-code, which turns the errors of these streams back. */
bool wy_socket_error_is(const wy_io_error *error, wy_socket_error *code_out) {
    if (error->domain != &socket_domain) return false;
    *code_out = (wy_socket_error)error->code;
    return true;
}

/* --- input --- */

typedef struct socket_input {
    wy_input_stream stream;
    wy_socket *socket;
} socket_input;

static bool input_ready(wy_io_source *source) {
    const wy_socket *s = ((socket_input *)source)->socket;
    return s->is_in_shut || wy_socket_is(s, POLLIN);
}

static wy_err input_arm(wy_io_source *source, wy_loop *loop) {
    (void)loop;
    return wy_socket_want(((socket_input *)source)->socket, true, false);
}

static void input_free(own wy_io_source *source) {
    socket_input *self = (socket_input *)source;
    self->socket->in = NULL;
    wy_socket_release(self->socket);
    free(self);
}

static wy_io_status input_read(wy_input_stream *stream, wy_call *call, size_t max, bool into_guest,
                               wy_list_u8 *bytes_out, wy_io_fault *fault) {
    wy_socket *s = ((socket_input *)stream)->socket;
    if (s->is_in_shut) return WY_IO_CLOSED;
    int ahead = 0;
    if (ioctl(s->fd, FIONREAD, &ahead) < 0) ahead = 0;
    into_guest = into_guest && ahead > 0;
    size_t len = ahead > 0 ? (size_t)ahead : 1; /* without any, reading tells why */
    if (len > max) len = max;
    uint8_t *buffer = into_guest ? wy_abi_reserve(call->cx, (uint32_t)len, &fault->trap)
                                 : wy_arena_alloc(call->arena, len);
    if (!buffer) return into_guest ? WY_IO_TRAPPED : wy_io_trap(fault, wy_socket_no_memory());
    ssize_t count = recv(s->fd, buffer, len, MSG_DONTWAIT);
    if (count < 0) {
        if (errno == EAGAIN || errno == EINTR) return WY_IO_OK;
        return fail(fault, errno);
    }
    if (count == 0) return WY_IO_CLOSED;
    *bytes_out = (wy_list_u8){buffer, (size_t)count};
    return WY_IO_OK;
}

static const wy_io_source_ops input_source_ops = {input_ready, input_arm, input_free};
static const wy_input_stream_ops input_ops = {.read = input_read};

own wy_input_stream *wy_socket_input_new(wy_socket *socket) {
    socket_input *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    wy_input_stream_init(&self->stream, &input_source_ops, &input_ops);
    self->socket = socket;
    wy_socket_retain(socket);
    socket->in = &self->stream.source;
    return &self->stream;
}

/* --- output --- */

typedef struct socket_output {
    wy_output_stream stream;
    wy_socket *socket;
} socket_output;

void wy_socket_flush(wy_socket *s) {
    while (s->pending && !s->out_errno) {
        ssize_t count =
            send(s->fd, s->pending + s->pending_at, s->pending_len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0) s->out_errno = errno;
        s->pending_at += count > 0 ? (size_t)count : 0;
        s->pending_len -= count > 0 ? (size_t)count : 0;
        if (s->pending_len && !s->out_errno) continue;
        free(s->pending);
        s->pending = NULL;
        if (s->is_out_shut) shutdown(s->fd, SHUT_WR);
    }
}

void wy_socket_shut_out(wy_socket *s) {
    if (s->is_out_shut) return;
    s->is_out_shut = true;
    if (!s->pending) shutdown(s->fd, SHUT_WR);
}

static bool output_ready(wy_io_source *source) {
    const wy_socket *s = ((socket_output *)source)->socket;
    return s->is_out_shut || s->out_errno || (!s->pending && wy_socket_is(s, POLLOUT));
}

static wy_err output_arm(wy_io_source *source, wy_loop *loop) {
    (void)loop;
    return wy_socket_want(((socket_output *)source)->socket, false, true);
}

static void output_free(own wy_io_source *source) {
    socket_output *self = (socket_output *)source;
    self->socket->out = NULL;
    wy_socket_release(self->socket);
    free(self);
}

static wy_io_status broken(wy_socket *s, wy_io_fault *fault) {
    int error_number = s->out_errno;
    s->out_errno = 0;
    s->is_out_shut = true;
    return error_number == EPIPE ? WY_IO_CLOSED : fail(fault, error_number);
}

static wy_io_status output_check_write(wy_output_stream *stream, size_t *permit_out,
                                       wy_io_fault *fault) {
    wy_socket *s = ((socket_output *)stream)->socket;
    if (s->pending) wy_socket_flush(s);
    if (s->out_errno) return broken(s, fault);
    if (s->is_out_shut) return WY_IO_CLOSED;
    *permit_out = !s->pending && wy_socket_is(s, POLLOUT) ? WY_SOCKET_WRITE_PERMIT : 0;
    return WY_IO_OK;
}

static wy_io_status output_write(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                                 wy_io_fault *fault) {
    (void)call;
    wy_socket *s = ((socket_output *)stream)->socket;
    if (s->is_out_shut) return WY_IO_CLOSED;
    while (bytes.len > 0 && !s->pending) {
        ssize_t count = send(s->fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno != EAGAIN) {
            s->out_errno = errno;
            return broken(s, fault);
        }
        if (count < 0) break;
        bytes.ptr += count;
        bytes.len -= (size_t)count;
    }
    if (bytes.len == 0) return WY_IO_OK;
    /* A part of a permit more may come before the guest asks for the next one. */
    uint8_t *joined = malloc(s->pending_len * (s->pending != NULL) + bytes.len);
    if (!joined) return wy_io_trap(fault, wy_socket_no_memory());
    size_t held = s->pending ? s->pending_len : 0;
    if (held) memcpy(joined, s->pending + s->pending_at, held);
    memcpy(joined + held, bytes.ptr, bytes.len);
    free(s->pending);
    s->pending = joined;
    s->pending_at = 0;
    s->pending_len = held + bytes.len;
    if (wy_socket_want(s, false, true) != WY_OK) return wy_io_trap(fault, wy_socket_no_memory());
    return WY_IO_OK;
}

/* Until nothing is pending, check-write permits nothing: that is a flush. */
static wy_io_status output_flush(wy_output_stream *stream, wy_call *call, wy_io_fault *fault) {
    (void)call;
    wy_socket *s = ((socket_output *)stream)->socket;
    if (s->pending) wy_socket_flush(s);
    return s->out_errno ? broken(s, fault) : WY_IO_OK;
}

static const wy_io_source_ops output_source_ops = {output_ready, output_arm, output_free};
static const wy_output_stream_ops output_ops = {
    .check_write = output_check_write, .write = output_write, .flush = output_flush};

own wy_output_stream *wy_socket_output_new(wy_socket *socket) {
    socket_output *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    wy_output_stream_init(&self->stream, &output_source_ops, &output_ops);
    self->socket = socket;
    wy_socket_retain(socket);
    socket->out = &self->stream.source;
    return &self->stream;
}
