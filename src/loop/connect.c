/* Connecting: resolve a name on the pool, then try its addresses one after the other. */
#include "base/limits.h"
#include "loop/internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Lives from start until `done` was called or the attempt was cancelled, and no request of libuv's
 * refers to it any more. */
struct wy_connect {
    wy_loop *loop;
    bool (*check)(void *data, const char *address);
    void (*done)(void *data, own wy_stream *stream, wy_err err, const char *text);
    void *data;
    uv_getaddrinfo_t resolve;
    uv_connect_t request;
    struct sockaddr_storage addresses[WY_MAX_CONNECT_ADDRESSES];
    unsigned count, next;
    wy_stream *stream; /* being connected */
    wy_timer *soon;    /* reports a failure that came at once */
    wy_err err;        /* of the last address */
    char text[160];
    bool is_resolving, is_cancelled;
};

static void report(wy_connect *c, own wy_stream *stream, wy_err err) {
    void (*done)(void *, own wy_stream *, wy_err, const char *) = c->done;
    void *data = c->data;
    char text[sizeof c->text];
    memcpy(text, c->text, sizeof text);
    wy_timer_free(c->soon);
    free(c);
    done(data, stream, err, err ? text : "");
}

static void fail(wy_connect *c, wy_err err, const char *what, const char *why) {
    c->err = err;
    snprintf(c->text, sizeof c->text, "%s: %s", what, why);
}

static void try_next(wy_connect *c);

static void on_connected(uv_connect_t *request, int status) {
    wy_connect *c = request->data;
    wy_stream *stream = c->stream;
    c->stream = NULL;
    if (c->is_cancelled || status == UV_ECANCELED) {
        free(c); /* its stream is being closed already, maybe with the loop */
        return;
    }
    if (status == 0) {
        uv_tcp_nodelay(wy_stream_tcp(stream), 1);
        report(c, stream, WY_OK);
        return;
    }
    char address[64];
    wy_address_print((const struct sockaddr *)&c->addresses[c->next - 1], address);
    fail(c, WY_IO, address, uv_strerror(status));
    wy_stream_close(stream, true);
    try_next(c);
}

/* Begins a connection to the next address; when none is left, reports the last failure. Runs only
 * in callbacks of the loop. */
static void try_next(wy_connect *c) {
    while (c->next < c->count) {
        const struct sockaddr *to = (const struct sockaddr *)&c->addresses[c->next++];
        char address[64];
        wy_address_print(to, address);
        if (c->check && !c->check(c->data, address)) {
            fail(c, WY_DENIED, address, "not permitted");
            continue;
        }
        c->stream = wy_stream_new_tcp(c->loop);
        if (!c->stream) {
            fail(c, WY_NOMEM, address, "out of memory");
            break;
        }
        c->request.data = c;
        int bad = uv_tcp_connect(&c->request, wy_stream_tcp(c->stream), to, on_connected);
        if (bad == 0) return;
        fail(c, WY_IO, address, uv_strerror(bad));
        wy_stream_close(c->stream, true);
        c->stream = NULL;
    }
    report(c, NULL, c->err);
}

static void try_first(void *data) {
    wy_connect *c = data;
    wy_timer_free(c->soon);
    c->soon = NULL;
    try_next(c);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list) {
    wy_connect *c = request->data;
    c->is_resolving = false;
    for (struct addrinfo *info = list; info && c->count < WY_MAX_CONNECT_ADDRESSES;
         info = info->ai_next)
        if (info->ai_addrlen <= sizeof *c->addresses)
            memcpy(&c->addresses[c->count++], info->ai_addr, info->ai_addrlen);
    uv_freeaddrinfo(list);
    if (c->is_cancelled) {
        free(c);
        return;
    }
    if (status < 0) fail(c, WY_NOT_FOUND, "cannot resolve", uv_strerror(status));
    try_next(c);
}

/* Numbers need no resolver. */
static bool parse_number(wy_connect *c, const char *host, uint16_t port) {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (uv_ip4_addr(host, port, &v4) == 0)
        memcpy(&c->addresses[0], &v4, sizeof v4);
    else if (uv_ip6_addr(host, port, &v6) == 0)
        memcpy(&c->addresses[0], &v6, sizeof v6);
    else
        return false;
    c->count = 1;
    return true;
}

wy_err wy_connect_start(wy_loop *loop, const char *host, uint16_t port,
                        bool (*check)(void *data, const char *address),
                        void (*done)(void *data, own wy_stream *stream, wy_err err,
                                     const char *text),
                        void *data, own wy_connect **out) {
    wy_connect *c = calloc(1, sizeof *c);
    if (!c) return WY_NOMEM;
    c->loop = loop;
    c->check = check;
    c->done = done;
    c->data = data;
    c->resolve.data = c;
    c->err = WY_NOT_FOUND;
    snprintf(c->text, sizeof c->text, "%.100s has no address", host);
    wy_err err = WY_OK;
    if (parse_number(c, host, port)) {
        err = wy_loop_soon(loop, try_first, c, &c->soon);
    } else {
        char service[8];
        snprintf(service, sizeof service, "%u", port);
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
        int bad = uv_getaddrinfo(&loop->uv, &c->resolve, on_resolved, host, service, &hints);
        c->is_resolving = bad == 0;
        err = bad ? WY_IO : WY_OK;
    }
    if (err)
        free(c);
    else
        *out = c;
    return err;
}

void wy_connect_cancel(own wy_connect *c) {
    if (!c) return;
    wy_assert(!c->is_cancelled);
    c->is_cancelled = true;
    if (c->soon) {
        wy_timer_free(c->soon);
        free(c);
    } else if (c->is_resolving) {
        uv_cancel((uv_req_t *)&c->resolve); /* on_resolved comes in any case */
    } else {
        wy_stream_close(c->stream, true); /* on_connected comes with UV_ECANCELED */
    }
}
