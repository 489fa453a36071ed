/* Connecting: resolve a name, race its addresses, and leave TLS on the winner to tls.c. */
#include "loop/connect.h"

#include "loop/address.h"
#include "loop/internal.h"

#include <stdio.h>
#include <stdlib.h>

#define HOST_MAX 256

/* One address being tried. */
typedef struct attempt {
    wy_connect *connect;
    uv_connect_t request;
    wy_stream *stream; /* NULL: not begun, failed, or the winner */
    wy_address address;
} attempt;

/* Lives until `done` was called or the attempt was cancelled, and no request of libuv's refers to
 * it any more. */
struct wy_connect {
    wy_loop *loop;
    bool (*check)(void *data, const char *address);
    void (*done)(void *data, own wy_stream *stream, const wy_connect_error *error);
    void *data;
    char host[HOST_MAX];
    uint16_t port;
    wy_tls_context *tls; /* NULL: without */
    wy_resolve *resolve; /* under way */
    attempt attempts[WY_MAX_CONNECT_ADDRESSES];
    unsigned count, next, running; /* addresses; begun; begun and not yet failed */
    unsigned pending;              /* requests that libuv still holds */
    wy_stream *winner;             /* connected, now in its handshake */
    wy_timer *stagger;             /* until the next address is tried beside the others */
    wy_timer *limit;
    wy_connect_error error; /* of the last address */
    bool is_over;
};

static void free_when_quiet(wy_connect *c) {
    if (!c->is_over || c->pending) return;
    wy_tls_context_release(c->tls);
    free(c);
}

/* Stops everything but the winner. */
static void wind_up(wy_connect *c) {
    c->is_over = true;
    wy_timer_free(c->stagger);
    wy_timer_free(c->limit);
    wy_resolve_cancel(c->resolve);
    c->resolve = NULL;
    for (unsigned i = 0; i < c->next; i++)
        if (c->attempts[i].stream) wy_stream_close(c->attempts[i].stream, true);
}

static void report(wy_connect *c, own wy_stream *stream) {
    wind_up(c);
    c->pending++; /* `done` may free whatever it likes but this */
    c->done(c->data, stream, &c->error);
    c->pending--;
    free_when_quiet(c);
}

static void fail(wy_connect *c, wy_err err, wy_connect_fault fault, const char *where,
                 const char *why) {
    c->error = (wy_connect_error){.err = err, .fault = fault};
    wy_address number;
    bool is_more = where && !wy_address_parse(wy_str_of(c->host), &number);
    snprintf(c->error.text, sizeof c->error.text, "%s:%u%s%s%s: %.280s", c->host, c->port,
             is_more ? " (" : "", is_more ? where : "", is_more ? ")" : "", why);
}

static void try_next(wy_connect *c);

static void on_secure(void *data, const wy_connect_error *error) {
    wy_connect *c = data;
    wy_stream *stream = c->winner;
    c->winner = NULL;
    if (error->err == WY_OK) {
        c->error = (wy_connect_error){.err = WY_OK};
        report(c, stream);
        return;
    }
    char peer[WY_ADDRESS_TEXT_MAX];
    wy_stream_peer(stream, peer);
    fail(c, error->err, error->fault, peer, error->text);
    c->error.alert = error->alert;
    wy_stream_close(stream, true);
    report(c, NULL);
}

static void win(wy_connect *c, own wy_stream *stream) {
    uv_tcp_nodelay(wy_stream_tcp(stream), 1);
    c->error = (wy_connect_error){.err = WY_OK};
    if (!c->tls) {
        report(c, stream);
        return;
    }
    for (unsigned i = 0; i < c->next; i++) {
        if (c->attempts[i].stream) wy_stream_close(c->attempts[i].stream, true);
        c->attempts[i].stream = NULL;
    }
    wy_timer_stop(c->stagger);
    c->winner = stream;
    wy_err err = wy_tls_start(stream, c->tls, c->host, on_secure, c);
    if (err) on_secure(c, &(wy_connect_error){.err = err, .text = "TLS cannot begin"});
}

static wy_connect_fault fault_of(int status) {
    if (status == UV_ECONNREFUSED) return WY_CONNECT_REFUSED;
    if (status == UV_ENETUNREACH || status == UV_EHOSTUNREACH) return WY_CONNECT_UNREACHABLE;
    return status == UV_ETIMEDOUT ? WY_CONNECT_TIMEOUT : WY_CONNECT_OTHER;
}

static void fail_address(attempt *a, int status) {
    char address[WY_ADDRESS_TEXT_MAX];
    wy_address_print(&a->address, address);
    fail(a->connect, status == UV_ETIMEDOUT ? WY_TIMEOUT : WY_IO, fault_of(status), address,
         uv_strerror(status));
}

static void on_connected(uv_connect_t *request, int status) {
    attempt *a = request->data;
    wy_connect *c = a->connect;
    wy_stream *stream = a->stream;
    c->pending--;
    if (c->is_over || status == UV_ECANCELED || !stream) {
        /* Cancelled, or too late; its stream is being closed already, maybe with the loop. */
        if (status == UV_ECANCELED && stream) c->is_over = true;
        free_when_quiet(c);
        return;
    }
    a->stream = NULL;
    c->running--;
    if (status == 0) {
        win(c, stream);
        return;
    }
    fail_address(a, status);
    wy_stream_close(stream, true);
    try_next(c);
}

/* False: it failed at once. */
static bool begin(attempt *a) {
    wy_connect *c = a->connect;
    char address[WY_ADDRESS_TEXT_MAX];
    wy_address_print(&a->address, address);
    if (c->check && !c->check(c->data, address)) {
        fail(c, WY_DENIED, WY_CONNECT_DENIED, address, "not permitted");
        return false;
    }
    wy_stream *stream = wy_stream_new_tcp(c->loop);
    if (!stream) {
        fail(c, WY_NOMEM, WY_CONNECT_OTHER, address, "out of memory");
        return false;
    }
    struct sockaddr_storage to;
    wy_address_to_system(&a->address, &to);
    a->request.data = a;
    int bad = uv_tcp_connect(&a->request, wy_stream_tcp(stream), (const struct sockaddr *)&to,
                             on_connected);
    if (bad) {
        fail_address(a, bad);
        wy_stream_close(stream, true);
        return false;
    }
    a->stream = stream;
    c->pending++;
    c->running++;
    return true;
}

/* Tries the next address beside those under way; when none is left and none is under way, reports
 * the last failure. Runs only in callbacks of the loop. */
static void try_next(wy_connect *c) {
    while (c->next < c->count) {
        if (!begin(&c->attempts[c->next++])) continue;
        if (c->next < c->count) wy_timer_start(c->stagger, WY_CONNECT_STAGGER_MS);
        return;
    }
    if (c->running == 0) report(c, NULL);
}

static void on_stagger(void *data) {
    try_next(data);
}

static void on_limit(void *data) {
    wy_connect *c = data;
    if (c->winner) {
        wy_stream_close(c->winner, true);
        c->winner = NULL;
        fail(c, WY_TIMEOUT, WY_CONNECT_TIMEOUT, NULL, "the TLS handshake takes too long");
    } else {
        fail(c, WY_TIMEOUT, WY_CONNECT_TIMEOUT, NULL,
             c->resolve ? "the name is not resolved in time" : "no connection in time");
    }
    report(c, NULL);
}

/* Both families by turns, the one the resolver put first first. */
static void sort_in(wy_connect *c, const wy_address *addresses, unsigned count) {
    unsigned at[2] = {0, 0}; /* next of the family that is IPv6 or not */
    bool want_v6 = count && addresses[0].is_v6;
    while (c->count < count) {
        unsigned *i = &at[want_v6];
        while (*i < count && addresses[*i].is_v6 != want_v6)
            ++*i;
        if (*i < count) {
            attempt *a = &c->attempts[c->count++];
            a->connect = c;
            a->address = addresses[(*i)++];
            a->address.port = c->port;
        }
        want_v6 = !want_v6;
    }
}

static void on_resolved(void *data, const wy_address *addresses, unsigned count, wy_err err,
                        const char *text) {
    wy_connect *c = data;
    c->resolve = NULL;
    if (err) {
        char why[128];
        snprintf(why, sizeof why, "cannot resolve the name: %s", text);
        fail(c, err, WY_CONNECT_NAME, NULL, why);
    }
    sort_in(c, addresses, count);
    try_next(c);
}

wy_err wy_connect_start(wy_loop *loop, const wy_connect_config *config, own wy_connect **out) {
    if (strlen(config->host) >= HOST_MAX) return WY_INVALID;
    wy_connect *c = calloc(1, sizeof *c);
    if (!c) return WY_NOMEM;
    c->loop = loop;
    c->check = config->check;
    c->done = config->done;
    c->data = config->data;
    c->port = config->port;
    snprintf(c->host, sizeof c->host, "%s", config->host);
    wy_err err = wy_timer_new(loop, on_stagger, c, &c->stagger);
    if (!err) err = wy_timer_new(loop, on_limit, c, &c->limit);
    if (!err && config->tls) err = wy_tls_context_get(loop, config->tls, false, &c->tls);
    if (!err) err = wy_resolve_start(loop, c->host, on_resolved, c, &c->resolve);
    if (err) {
        wind_up(c);
        free_when_quiet(c);
        return err;
    }
    wy_timer_start(c->limit, config->timeout_ms ? config->timeout_ms : WY_CONNECT_TIMEOUT_MS);
    *out = c;
    return WY_OK;
}

void wy_connect_cancel(own wy_connect *c) {
    if (!c) return;
    wy_assert(!c->is_over);
    wind_up(c);
    if (c->winner) wy_stream_close(c->winner, true);
    free_when_quiet(c);
}
