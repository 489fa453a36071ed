/* Connection: the state machine of one client.
 *
 *   idle --byte--> receiving --head--> dispatched --response and request complete--> idle
 *                      |                   |
 *                      +-- not HTTP -------+--> error response --> lingering --> closed
 *
 * Callbacks of the stream and the handler's answers only ever move it forward by calling `advance`;
 * the handler is only ever called from the loop's own stack. */
#include "trigger/http/connection.h"

#include "base/limits.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

#define LINGER_MS 2000           /* how long the rest of a refused request is read and dropped */
#define HALF_CLOSED_GRACE_MS 250 /* a client that closed its side may still read the answer */
#define DRAIN_IDLE_MS 1000       /* while draining: a quiet connection is closed after that */
#define NEVER UINT64_MAX

static void feed(wy_http_connection *connection, wy_str bytes);
static void advance(wy_http_connection *connection);

static uint64_t after(const wy_http_connection *connection, uint64_t ms) {
    return wy_loop_now_ms(connection->server->loop) + ms;
}

/* --- life --- */

static void free_when_quiet(wy_http_connection *connection) {
    if (connection->stream || connection->busy) return;
    wy_http_incoming_release(connection->message);
    wy_http_reader_free(connection->reader);
    wy_buf_deinit(&connection->pending);
    free(connection);
}

/* Cuts the ties to handler, writer and message. Each callback may release the exchange; its memory
 * is the message's, which this connection holds. */
static void let_go(wy_http_connection *connection, wy_http_error error) {
    wy_http_incoming *message = connection->message;
    wy_http_writer *writer = connection->writer;
    wy_http_exchange *exchange = connection->exchange;
    connection->writer = NULL;
    connection->exchange = NULL;
    if (exchange) exchange->connection = NULL;
    if (writer) wy_http_writer_detach(writer, error);
    if (message) {
        message->body.on_demand = NULL;
        wy_http_body_fail(&message->body, error);
    }
    if (exchange && !exchange->released && exchange->on_gone && !connection->response_done)
        exchange->on_gone(exchange->data);
}

void wy_http_connection_close(wy_http_connection *connection, bool abort) {
    if (!connection->stream) return;
    wy_stream *stream = connection->stream;
    connection->stream = NULL;
    connection->busy++;
    wy_stream_close(stream, abort);
    let_go(connection, WY_HTTP_CONNECTION_TERMINATED);
    wy_http_server_forget(connection->server, connection);
    connection->busy--;
    free_when_quiet(connection);
}

static bool wants_to_read(const wy_http_connection *connection) {
    if (!connection->stream || connection->peer_closed) return false;
    if (connection->lingering) return true;
    if (connection->broken || connection->pending.len >= WY_MAX_HTTP_PIPELINE_BYTES) return false;
    const wy_http_incoming *message = connection->message;
    return !message || connection->request_done || !wy_http_body_full(&message->body);
}

static void update_reading(wy_http_connection *connection) {
    bool want = wants_to_read(connection);
    if (!connection->stream || want == connection->reading) return;
    connection->reading = want;
    if (want)
        wy_stream_read_start(connection->stream);
    else
        wy_stream_read_stop(connection->stream);
}

/* Closes so that the client can still read what was sent: a close with unread input would reset the
 * connection under the answer (RFC 9112 9.6). */
static void close_gently(wy_http_connection *connection) {
    let_go(connection, WY_HTTP_CONNECTION_TERMINATED);
    bool clean = connection->request_done && !connection->broken && connection->pending.len == 0;
    if (clean || connection->peer_closed) {
        wy_http_connection_close(connection, false);
        return;
    }
    connection->lingering = true;
    connection->pending.len = 0;
    connection->deadline_ms = after(connection, LINGER_MS);
    wy_stream_shutdown(connection->stream);
    update_reading(connection);
}

/* --- responses of the server itself --- */

static void refuse(wy_http_connection *connection, uint16_t status) {
    wy_str date = wy_http_server_date(connection->server);
    char text[256];
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 %u %s\r\ncontent-length: 0\r\n%sdate: " WY_STR_FMT
                       "\r\nconnection: close\r\n\r\n",
                       status, wy_http_reason(status), status == 503 ? "retry-after: 1\r\n" : "",
                       WY_STR_ARG(date));
    wy_str part = {text, (size_t)len};
    connection->response_done = true;
    if (wy_stream_write(connection->stream, &part, 1) != WY_OK)
        wy_http_connection_close(connection, true);
    else
        close_gently(connection);
}

static void on_bad_request(wy_http_connection *connection) {
    connection->broken = true;
    connection->keep_alive = false;
    wy_log(WY_LOG_DEBUG, "http: %s: %s", connection->peer_text,
           wy_http_reader_reason(connection->reader));
    if (!connection->dispatched)
        refuse(connection, wy_http_reader_status(connection->reader));
    else
        advance(connection); /* the handler sees a failed body; its answer still goes out */
}

/* --- the writer's side --- */

static void on_flush(void *data) {
    wy_http_connection *connection = data;
    wy_http_server_want_turn(connection->server, connection);
}

static void on_finished(void *data, bool complete) {
    wy_http_connection *connection = data;
    wy_http_writer *writer = connection->writer;
    connection->writer = NULL;
    connection->busy++;
    if (complete) {
        connection->response_done = true;
        connection->keep_alive = wy_http_writer_keep_alive(writer);
        advance(connection);
    } else if (!wy_http_writer_head_sent(writer)) {
        refuse(connection, 500);
    } else {
        /* Without framing only a reset tells the client that something is missing. */
        connection->response_done = true;
        wy_http_connection_close(connection, connection->message->minor == 0);
    }
    connection->busy--;
    free_when_quiet(connection);
}

static const wy_http_carrier carrier = {on_flush, on_finished};

/* A client that was not told to continue may or may not send the body: where the next request would
 * begin is not known then. */
static bool may_keep_alive(const wy_http_connection *connection) {
    const wy_http_incoming *message = connection->message;
    bool unasked = message->expects_continue && !connection->continued &&
                   !connection->request_done && message->body.received == 0;
    return message->keep_alive && !unasked && !connection->broken && !connection->peer_closed &&
           !connection->server->draining;
}

static void on_demand(void *data) {
    wy_http_connection *connection = data;
    wy_http_incoming *message = connection->message;
    if (!connection->stream || connection->lingering) return;
    if (message->expects_continue && !connection->continued && message->body.wanted &&
        message->body.received == 0 && !connection->response_done &&
        !(connection->writer && wy_http_writer_head_sent(connection->writer))) {
        wy_str part = WY_STR("HTTP/1.1 100 Continue\r\n\r\n");
        wy_err ignored = wy_stream_write(connection->stream, &part, 1);
        (void)ignored; /* a lost connection is reported by on_end */
        connection->continued = true;
        if (connection->writer)
            wy_http_writer_set_keep_alive(connection->writer, may_keep_alive(connection));
    }
    if (!connection->request_done)
        connection->deadline_ms = after(connection, connection->server->config.body_timeout_ms);
    update_reading(connection);
}

/* --- exchanges --- */

void wy_http_exchange_respond(wy_http_exchange *exchange, wy_http_writer *response) {
    wy_http_connection *connection = exchange->connection;
    wy_assert(!exchange->answered);
    exchange->answered = true;
    if (!connection) {
        wy_http_writer_fail(response, WY_HTTP_CONNECTION_TERMINATED);
        return;
    }
    wy_http_incoming *message = connection->message;
    wy_http_way way = {
        .minor = message->minor,
        .keep_alive = may_keep_alive(connection),
        .head_only = wy_str_eq(message->method, WY_STR("HEAD")),
        .date = wy_http_server_date(connection->server),
    };
    connection->writer = response;
    wy_http_writer_attach(response, connection->stream, &way, &carrier, connection);
}

wy_err wy_http_exchange_reply(wy_http_exchange *exchange, uint16_t status, wy_str content_type,
                              wy_str body) {
    wy_http_fields fields;
    wy_http_fields_init(&fields, &exchange->request->arena);
    wy_http_writer *writer = wy_http_writer_new();
    wy_err err = writer ? WY_OK : WY_NOMEM;
    if (!err && content_type.len)
        err = wy_http_fields_append_view(&fields, WY_STR("content-type"), content_type);
    if (!err) err = wy_http_writer_response(writer, status, &fields);
    if (!err) {
        wy_http_exchange_respond(exchange, writer);
        err = wy_http_writer_write(writer, body);
        if (!err) err = wy_http_writer_finish(writer, NULL);
    }
    wy_http_writer_release(writer);
    return err;
}

void wy_http_exchange_fail(wy_http_exchange *exchange, uint16_t status) {
    wy_http_connection *connection = exchange->connection;
    exchange->answered = true;
    if (!connection || connection->response_done) return;
    connection->busy++;
    if (connection->writer) wy_http_writer_push_flushed(connection->writer);
    wy_http_writer *writer = connection->writer;
    bool sent = writer && wy_http_writer_head_sent(writer);
    connection->writer = NULL;
    if (writer) wy_http_writer_detach(writer, WY_HTTP_INTERNAL_ERROR);
    connection->response_done = true;
    if (sent)
        wy_http_connection_close(connection, connection->message->minor == 0);
    else
        refuse(connection, status);
    connection->busy--;
    free_when_quiet(connection);
}

void wy_http_exchange_release(own wy_http_exchange *exchange) {
    wy_assert(!exchange->released);
    if (!exchange->answered) wy_http_exchange_fail(exchange, 500);
    wy_http_connection *connection = exchange->connection;
    if (connection) {
        wy_assert(connection->exchange == exchange);
        connection->exchange = NULL;
    }
    exchange->released = true;
    wy_http_incoming_release(exchange->request);
}

/* Splits the target (RFC 9112 3.2). False: none of its forms. */
static bool read_target(wy_http_exchange *exchange) {
    wy_str target = exchange->request->target;
    exchange->authority = wy_http_fields_get(&exchange->request->fields, WY_STR("host"));
    if (target.len && target.ptr[0] != '/' && !wy_str_eq(target, WY_STR("*"))) {
        size_t colon = wy_str_find(target, ':');
        if (!wy_str_starts(wy_str_sub(target, colon, target.len), WY_STR("://"))) return false;
        wy_str scheme = wy_str_sub(target, 0, colon);
        if (!wy_str_eq_nocase(scheme, WY_STR("http")) && !wy_str_eq_nocase(scheme, WY_STR("https")))
            return false;
        wy_str rest = wy_str_sub(target, colon + 3, target.len);
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
            end++;
        exchange->authority = wy_str_sub(rest, 0, end);
        if (!wy_http_authority_valid(exchange->authority)) return false;
        target = wy_str_sub(rest, end, rest.len);
        if (target.len == 0 || target.ptr[0] == '?') {
            char *path =
                wy_arena_printf(&exchange->request->arena, "/" WY_STR_FMT, WY_STR_ARG(target));
            if (!path) return false;
            target = wy_str_of(path);
        }
    }
    exchange->path_with_query = target;
    exchange->path = wy_str_sub(target, 0, wy_str_find(target, '?'));
    return target.len > 0 && wy_str_find(target, '#') == target.len;
}

static void dispatch(wy_http_connection *connection) {
    wy_http_incoming *message = connection->message;
    wy_http_exchange *exchange = wy_arena_calloc(&message->arena, 1, sizeof *exchange);
    connection->dispatched = true;
    connection->keep_alive = message->keep_alive;
    connection->deadline_ms = connection->request_done
                                  ? NEVER
                                  : after(connection, connection->server->config.body_timeout_ms);
    if (!exchange) {
        refuse(connection, 503);
        return;
    }
    exchange->request = message;
    exchange->peer = connection->peer;
    exchange->local = connection->server->config.address;
    exchange->https = connection->server->config.secure != NULL;
    if (!read_target(exchange)) {
        refuse(connection, 400);
        return;
    }
    exchange->connection = connection;
    connection->exchange = exchange;
    wy_http_incoming_retain(message);
    message->body.on_demand = on_demand;
    message->body.connection = connection;
    connection->server->config.on_request(connection->server->config.data, exchange);
}

/* --- receiving --- */

static bool begin(wy_http_connection *connection) {
    connection->message = wy_http_incoming_new(false);
    if (!connection->message) return false;
    wy_http_reader_begin(connection->reader, connection->message, false);
    connection->dispatched = connection->request_done = connection->response_done = false;
    connection->continued = false;
    connection->deadline_ms = after(connection, connection->server->config.header_timeout_ms);
    return true;
}

/* Back to idle: the next request may come. */
static void reset(wy_http_connection *connection) {
    wy_http_incoming *message = connection->message;
    if (connection->exchange) connection->exchange->connection = NULL;
    connection->exchange = NULL;
    connection->message = NULL;
    message->body.on_demand = NULL;
    wy_http_incoming_release(message);
    connection->deadline_ms = after(connection, connection->server->config.idle_timeout_ms);
}

/* After anything that may have completed request or response. */
static void advance(wy_http_connection *connection) {
    if (!connection->stream || connection->lingering || !connection->response_done) return;
    bool go_on = connection->keep_alive && !connection->broken && !connection->peer_closed &&
                 !(connection->server->draining && connection->pending.len == 0);
    wy_http_incoming *message = connection->message;
    if (!go_on) {
        close_gently(connection);
    } else if (connection->request_done) {
        reset(connection);
        if (connection->pending.len) wy_http_server_want_turn(connection->server, connection);
    } else if (message->body.received > WY_MAX_HTTP_BODY_BUFFER ||
               (message->has_length && message->content_length > WY_MAX_HTTP_BODY_BUFFER)) {
        close_gently(connection); /* rather than receive what nobody reads */
    } else if (!message->body.discarding) {
        wy_http_body_discard(&message->body);
    }
    if (connection->stream) update_reading(connection);
}

static void stash(wy_http_connection *connection, wy_str bytes) {
    wy_buf_str(&connection->pending, bytes);
    if (connection->pending.failed) wy_http_connection_close(connection, true);
}

static void feed_message(wy_http_connection *connection, wy_str *bytes) {
    size_t used;
    wy_http_progress progress = wy_http_reader_feed(connection->reader, *bytes, &used);
    *bytes = wy_str_sub(*bytes, used, bytes->len);
    if (progress == WY_HTTP_BAD) {
        on_bad_request(connection);
        return;
    }
    if (progress == WY_HTTP_DONE) {
        connection->request_done = true;
        if (connection->dispatched) connection->deadline_ms = NEVER;
    } else if (connection->dispatched) {
        connection->deadline_ms = after(connection, connection->server->config.body_timeout_ms);
    }
    if (connection->message->head_done && !connection->dispatched)
        dispatch(connection);
    else
        advance(connection);
}

static void feed(wy_http_connection *connection, wy_str bytes) {
    connection->busy++;
    while (bytes.len && connection->stream && !connection->lingering && !connection->broken) {
        if (connection->message && connection->request_done) {
            stash(connection, bytes);
            break;
        }
        if (!connection->message && !begin(connection)) {
            wy_http_connection_close(connection, true);
            break;
        }
        feed_message(connection, &bytes);
    }
    if (connection->stream) update_reading(connection);
    connection->busy--;
    free_when_quiet(connection);
}

/* --- the stream's callbacks --- */

static void on_alloc(void *data, char **ptr_out, size_t *len_out) {
    wy_http_connection *connection = data;
    *ptr_out = wy_loop_buffer(connection->server->loop);
    *len_out = WY_LOOP_BUFFER;
}

static void on_read(void *data, const char *bytes, size_t len) {
    wy_http_connection *connection = data;
    if (!connection->lingering) feed(connection, (wy_str){bytes, len});
}

static void on_end(void *data, wy_err err) {
    wy_http_connection *connection = data;
    connection->peer_closed = true;
    connection->reading = false;
    bool served = connection->dispatched && connection->message && connection->request_done;
    if (err == WY_OK && served && !connection->lingering && !connection->response_done)
        connection->deadline_ms = after(connection, HALF_CLOSED_GRACE_MS);
    else
        wy_http_connection_close(connection, err != WY_OK);
}

static void on_drain(void *data) {
    wy_http_connection *connection = data;
    if (connection->writer) wy_http_writer_drained(connection->writer);
}

static const wy_stream_handlers handlers = {on_alloc, on_read, on_end, on_drain};

bool wy_http_connection_open(wy_http_server *server, own wy_stream *stream) {
    wy_http_connection *connection = calloc(1, sizeof *connection);
    wy_http_reader *reader = wy_http_reader_new(false);
    if (!connection || !reader) {
        free(connection);
        wy_http_reader_free(reader);
        wy_stream_close(stream, true);
        return false;
    }
    connection->server = server;
    connection->stream = stream;
    connection->reader = reader;
    wy_buf_init(&connection->pending, WY_MAX_HTTP_PIPELINE_BYTES + WY_LOOP_BUFFER);
    wy_stream_peer(stream, connection->peer_text);
    connection->peer = wy_str_of(connection->peer_text);
    connection->deadline_ms = after(connection, server->config.idle_timeout_ms);
    connection->next = server->first;
    connection->link = &server->first;
    if (server->first) server->first->link = &connection->next;
    server->first = connection;
    wy_stream_set_handlers(stream, &handlers, connection);
    update_reading(connection);
    return true;
}

/* --- turns and ticks --- */

void wy_http_connection_turn(wy_http_connection *connection) {
    connection->busy++;
    if (connection->writer) wy_http_writer_push(connection->writer);
    if (connection->stream && !connection->message && connection->pending.len) {
        wy_buf pending = connection->pending;
        wy_buf_init(&connection->pending, pending.limit);
        feed(connection, wy_buf_view(&pending));
        wy_buf_deinit(&pending);
    }
    connection->busy--;
    free_when_quiet(connection);
}

/* The client takes nothing of what is queued for it. */
static bool stalled(wy_http_connection *connection, uint64_t now_ms) {
    size_t queued = wy_stream_queued(connection->stream);
    if (queued == 0 || queued != connection->stalled_queue) {
        connection->stalled_queue = queued;
        connection->stalled_ms = now_ms;
        return false;
    }
    return now_ms - connection->stalled_ms > connection->server->config.write_timeout_ms;
}

static void on_deadline(wy_http_connection *connection) {
    bool begun = connection->message && wy_http_reader_begun(connection->reader);
    if (connection->lingering || !connection->message || !begun) {
        wy_http_connection_close(connection, connection->lingering);
    } else if (!connection->dispatched) {
        connection->broken = true;
        refuse(connection, 408);
    } else if (connection->peer_closed) {
        wy_http_connection_close(connection, true);
    } else if (!wy_http_body_full(&connection->message->body)) {
        connection->broken = true;
        connection->keep_alive = false;
        connection->deadline_ms = NEVER;
        wy_http_body_fail(&connection->message->body, WY_HTTP_CONNECTION_READ_TIMEOUT);
        advance(connection);
    }
}

void wy_http_connection_tick(wy_http_connection *connection, uint64_t now_ms) {
    const wy_http_server *server = connection->server;
    connection->busy++;
    bool idle = !connection->message && connection->pending.len == 0;
    uint64_t idle_since = connection->deadline_ms - server->config.idle_timeout_ms;
    if (server->draining && idle && now_ms - server->drain_began_ms >= DRAIN_IDLE_MS &&
        now_ms - idle_since >= DRAIN_IDLE_MS)
        wy_http_connection_close(connection, false);
    else if (stalled(connection, now_ms))
        wy_http_connection_close(connection, true);
    else if (now_ms >= connection->deadline_ms)
        on_deadline(connection);
    connection->busy--;
    free_when_quiet(connection);
}
