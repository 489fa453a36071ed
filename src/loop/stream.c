/* Streams: reading into the owner's buffers, and writing at once with a queue for the rest. */
#include "base/limits.h"
#include "loop/internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Static_assert(sizeof(uv_buf_t) == sizeof(wy_str) && offsetof(uv_buf_t, base) == 0 &&
                   offsetof(uv_buf_t, len) == offsetof(wy_str, len),
               "parts go to the kernel as they are");

struct wy_stream {
    wy_object object;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
        uv_tty_t tty;
        uv_timer_t timer; /* of a pair: the turn in which what came is read */
    } uv;
    const wy_stream_handlers *handlers; /* NULL: none yet, or closed */
    void *data;
    wy_tls *tls;             /* between owner and socket; NULL: nothing is */
    size_t queued;           /* bytes in writes under way, or not yet read by the other of a pair */
    wy_stream *other;        /* of a pair; NULL: closed */
    wy_inbox inbox;          /* what the other wrote */
    bool is_pair, is_wanted; /* wanted: its owner reads */
    bool is_other_done;      /* the other writes no more */
    wy_timer *close_timer;   /* bounds a close that still has to send */
    uv_shutdown_t shutdown;  /* in use once is_shut */
    bool is_shut, is_ended;  /* ended: on_end was called */
    bool is_broken;          /* a write failed */
    bool is_closing;         /* closed by its owner; what is queued is still being sent */
};

/* --- making and ending --- */

static void release(wy_object *object) {
    wy_tls_free(((wy_stream *)object)->tls);
    wy_inbox_free(&((wy_stream *)object)->inbox);
    free(object);
}

static own wy_stream *stream_new(void) {
    wy_stream *stream = calloc(1, sizeof *stream);
    if (!stream) return NULL;
    stream->object.release = release;
    stream->uv.handle.data = stream;
    return stream;
}

own wy_stream *wy_stream_new_tcp(wy_loop *loop) {
    wy_stream *stream = stream_new();
    if (!stream) return NULL;
    uv_tcp_init(&loop->uv, &stream->uv.tcp);
    stream->uv.handle.data = stream;
    return stream;
}

uv_tcp_t *wy_stream_tcp(wy_stream *stream) {
    return &stream->uv.tcp;
}

uv_stream_t *wy_stream_uv(wy_stream *stream) {
    return &stream->uv.stream;
}

wy_err wy_stream_open_fd(wy_loop *loop, int fd, own wy_stream **out) {
    uv_handle_type type = uv_guess_handle(fd);
    if (type != UV_TTY && type != UV_NAMED_PIPE && type != UV_TCP) return WY_UNSUPPORTED;
    wy_stream *stream = stream_new();
    int copy = stream ? dup(fd) : -1;
    if (copy < 0) {
        free(stream);
        return stream ? WY_IO : WY_NOMEM;
    }
    int bad = 0;
    if (type == UV_TTY) {
        bad = uv_tty_init(&loop->uv, &stream->uv.tty, copy, 0);
        if (bad) { /* never became a handle */
            close(copy);
            free(stream);
            return WY_IO;
        }
    } else if (type == UV_TCP) {
        uv_tcp_init(&loop->uv, &stream->uv.tcp);
        bad = uv_tcp_open(&stream->uv.tcp, copy);
    } else {
        uv_pipe_init(&loop->uv, &stream->uv.pipe, 0);
        bad = uv_pipe_open(&stream->uv.pipe, copy);
    }
    stream->uv.handle.data = stream;
    if (bad) {
        close(copy);
        wy_object_close(&stream->uv.handle);
        return WY_IO;
    }
    *out = stream;
    return WY_OK;
}

static void kick(wy_stream *stream);

static void close_now(wy_stream *stream) {
    stream->handlers = NULL;
    if (stream->other) {
        stream->other->other = NULL;
        stream->other->is_other_done = true;
        stream->other->queued = 0;
        kick(stream->other);
        stream->other = NULL;
    }
    wy_timer_free(stream->close_timer);
    stream->close_timer = NULL;
    wy_object_close(&stream->uv.handle);
}

static void on_close_timer(void *data) {
    close_now(data);
}

static void on_shutdown(uv_shutdown_t *request, int status) {
    wy_stream *stream = request->data;
    if (status == UV_ECANCELED) return; /* the handle is being closed */
    if (stream->is_closing) close_now(stream);
}

void wy_stream_shutdown(wy_stream *stream) {
    if (stream->is_shut) return;
    if (stream->tls && !stream->is_broken) wy_tls_say_goodbye(stream->tls);
    stream->is_shut = true;
    if (stream->is_pair) {
        if (stream->other) {
            stream->other->is_other_done = true;
            kick(stream->other);
        }
        return;
    }
    stream->shutdown.data = stream;
    if (uv_shutdown(&stream->shutdown, &stream->uv.stream, on_shutdown) != 0)
        stream->is_broken = true;
}

void wy_stream_close(own wy_stream *stream, bool abort) {
    if (!stream) return;
    wy_assert(!stream->is_closing);
    stream->handlers = NULL;
    if (stream->tls) {
        if (!abort && !stream->is_shut && !stream->is_broken) wy_tls_say_goodbye(stream->tls);
        wy_tls_stop(stream->tls);
    }
    stream->is_closing = true;
    if (abort || stream->queued == 0 || stream->is_broken || stream->is_pair) {
        close_now(stream);
        return;
    }
    uv_read_stop(&stream->uv.stream);
    wy_loop *loop = (wy_loop *)((char *)stream->uv.handle.loop - offsetof(wy_loop, uv));
    wy_stream_shutdown(stream);
    if (stream->is_broken ||
        wy_timer_new(loop, on_close_timer, stream, &stream->close_timer) != WY_OK) {
        close_now(stream);
        return;
    }
    wy_timer_start(stream->close_timer, WY_STREAM_CLOSE_TIMEOUT_MS);
}

/* --- reading --- */

void wy_stream_set_handlers(wy_stream *stream, const wy_stream_handlers *handlers, void *data) {
    stream->handlers = handlers;
    stream->data = data;
}

static void end(wy_stream *stream, wy_err err) {
    if (stream->is_ended || !stream->handlers) return;
    stream->is_ended = true;
    stream->handlers->on_end(stream->data, err);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf) {
    (void)wanted;
    wy_stream *stream = handle->data;
    *buf = (uv_buf_t){0};
    if (stream->tls)
        wy_tls_alloc(stream->tls, &buf->base, &buf->len);
    else if (stream->handlers)
        stream->handlers->on_alloc(stream->data, &buf->base, &buf->len);
    if (!buf->base) buf->len = 0;
}

static void on_read(uv_stream_t *uv, ssize_t count, const uv_buf_t *buf) {
    wy_stream *stream = uv->data;
    if (stream->is_closing || (!stream->handlers && !stream->tls)) return;
    if (count > 0) {
        if (stream->tls)
            wy_tls_input(stream->tls, buf->base, (size_t)count);
        else
            stream->handlers->on_read(stream->data, buf->base, (size_t)count);
    } else if (count == UV_ENOBUFS) {
        uv_read_stop(uv);
    } else if (count < 0) {
        uv_read_stop(uv);
        if (stream->tls)
            wy_tls_input_end(stream->tls);
        else
            end(stream, count == UV_EOF ? WY_OK : WY_IO);
    }
}

void wy_stream_read_raw(wy_stream *stream, bool start) {
    int bad = 0;
    if (stream->is_pair) {
        stream->is_wanted = start;
        if (start) kick(stream);
        return;
    }
    if (start)
        bad = uv_read_start(&stream->uv.stream, on_alloc, on_read);
    else
        uv_read_stop(&stream->uv.stream);
    if (bad && bad != UV_EALREADY) stream->is_broken = true;
}

void wy_stream_read_start(wy_stream *stream) {
    if (stream->is_ended) return;
    if (stream->tls)
        wy_tls_want(stream->tls, true);
    else
        wy_stream_read_raw(stream, true);
}

void wy_stream_read_stop(wy_stream *stream) {
    if (stream->tls)
        wy_tls_want(stream->tls, false);
    else
        wy_stream_read_raw(stream, false);
}

/* --- pairs --- */

/* Gives the owner what came, as long as it reads; then tells the other that all was read, and the
 * owner that no more will come. */
static void on_turn(uv_timer_t *timer) {
    wy_stream *stream = timer->data;
    bool has_read = false;
    while (stream->is_wanted && stream->handlers && wy_inbox_held(&stream->inbox) > 0) {
        char *to = NULL;
        size_t room = 0;
        stream->handlers->on_alloc(stream->data, &to, &room);
        if (!to || room == 0) {
            stream->is_wanted = false;
            break;
        }
        size_t count = wy_inbox_take(&stream->inbox, to, room);
        if (stream->other) stream->other->queued -= count;
        has_read = true;
        stream->handlers->on_read(stream->data, to, count);
    }
    wy_stream *other = stream->other;
    if (has_read && other && other->queued == 0 && other->handlers && other->handlers->on_drain)
        other->handlers->on_drain(other->data);
    bool is_empty = wy_inbox_held(&stream->inbox) == 0;
    if (stream->is_other_done && stream->is_wanted && is_empty) end(stream, WY_OK);
}

static void kick(wy_stream *stream) {
    if (!uv_is_closing(&stream->uv.handle)) uv_timer_start(&stream->uv.timer, on_turn, 0, 0);
}

static own wy_stream *half_new(wy_loop *loop) {
    wy_stream *stream = stream_new();
    if (!stream) return NULL;
    uv_timer_init(&loop->uv, &stream->uv.timer);
    stream->uv.handle.data = stream;
    stream->is_pair = true;
    return stream;
}

wy_err wy_stream_pair(wy_loop *loop, own wy_stream **a_out, own wy_stream **b_out) {
    wy_stream *a = half_new(loop), *b = a ? half_new(loop) : NULL;
    if (!b) {
        wy_stream_close(a, true);
        return WY_NOMEM;
    }
    a->other = b;
    b->other = a;
    *a_out = a;
    *b_out = b;
    return WY_OK;
}

/* --- TLS between --- */

void wy_stream_set_tls(wy_stream *stream, own wy_tls *tls) {
    wy_assert(!stream->tls && !stream->handlers);
    stream->tls = tls;
}

bool wy_stream_is_owned(const wy_stream *stream) {
    return stream->handlers != NULL;
}

void wy_stream_owner_alloc(wy_stream *stream, char **ptr_out, size_t *len_out) {
    if (stream->handlers) stream->handlers->on_alloc(stream->data, ptr_out, len_out);
}

void wy_stream_owner_read(wy_stream *stream, const char *bytes, size_t len) {
    if (stream->handlers) stream->handlers->on_read(stream->data, bytes, len);
}

void wy_stream_owner_end(wy_stream *stream, wy_err err) {
    end(stream, err);
}

/* --- writing --- */

/* A write under way, with its bytes behind it. */
typedef struct pending {
    uv_write_t uv;
    wy_stream *stream;
    size_t len;
    char bytes[];
} pending;

static void on_written(uv_write_t *uv, int status) {
    pending *p = uv->data;
    wy_stream *stream = p->stream;
    stream->queued -= p->len;
    free(p);
    if (status == UV_ECANCELED) return; /* the handle is being closed */
    if (status < 0) {
        stream->is_broken = true;
        if (stream->is_closing) close_now(stream);
        end(stream, WY_IO);
    } else if (stream->queued == 0 && stream->handlers && stream->handlers->on_drain) {
        stream->handlers->on_drain(stream->data);
    }
}

/* Copies what lies behind the first `skip` bytes of the parts, and queues it. */
static wy_err queue_rest(wy_stream *stream, const wy_str *parts, unsigned count, size_t skip,
                         size_t total) {
    pending *p = malloc(sizeof *p + total - skip);
    if (!p) return WY_NOMEM;
    p->stream = stream;
    p->len = total - skip;
    p->uv.data = p;
    char *to = p->bytes;
    for (unsigned i = 0; i < count; i++) {
        size_t pass = skip < parts[i].len ? skip : parts[i].len;
        skip -= pass;
        if (parts[i].len > pass) memcpy(to, parts[i].ptr + pass, parts[i].len - pass);
        to += parts[i].len - pass;
    }
    uv_buf_t buf = {.base = p->bytes, .len = p->len};
    if (uv_write(&p->uv, &stream->uv.stream, &buf, 1, on_written) != 0) {
        free(p);
        return WY_CLOSED;
    }
    stream->queued += p->len;
    return WY_OK;
}

wy_err wy_stream_write_raw(wy_stream *stream, const wy_str *parts, unsigned part_count) {
    size_t total = 0, sent = 0;
    for (unsigned i = 0; i < part_count; i++)
        total += parts[i].len;
    if (total == 0) return WY_OK;
    if (stream->is_pair) {
        wy_err bad =
            stream->other ? wy_inbox_put(&stream->other->inbox, parts, part_count) : WY_CLOSED;
        if (bad) return bad;
        stream->queued += total;
        kick(stream->other);
        return WY_OK;
    }
    if (stream->queued == 0) {
        int n = uv_try_write(&stream->uv.stream, (const uv_buf_t *)parts, part_count);
        if (n >= 0)
            sent = (size_t)n;
        else if (n != UV_EAGAIN)
            stream->is_broken = true;
    }
    if (stream->is_broken) return WY_CLOSED;
    if (sent == total) return WY_OK;
    wy_err err = queue_rest(stream, parts, part_count, sent, total);
    if (err) stream->is_broken = true;
    return err;
}

wy_err wy_stream_write(wy_stream *stream, const wy_str *parts, unsigned part_count) {
    if (stream->is_broken || stream->is_shut) return WY_CLOSED;
    if (stream->tls) return wy_tls_write(stream->tls, parts, part_count);
    return wy_stream_write_raw(stream, parts, part_count);
}

size_t wy_stream_queued(const wy_stream *stream) {
    return stream->queued;
}

/* --- names --- */

void wy_stream_peer(wy_stream *stream, char out[64]) {
    struct sockaddr_storage address = {0};
    int len = sizeof address;
    out[0] = 0;
    if (stream->uv.handle.type != UV_TCP) {
        snprintf(out, 64, "unix");
        return;
    }
    if (uv_tcp_getpeername(&stream->uv.tcp, (struct sockaddr *)&address, &len) == 0)
        wy_address_print_system((const struct sockaddr *)&address, out);
}
