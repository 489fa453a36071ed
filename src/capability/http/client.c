/* Client: calls, and the connections that carry them.
 *
 *   connecting --> sending and receiving --> kept (in the pool) --> next call
 *                          |
 *                          +--> closed, when anything is odd */
#include "capability/http/client.h"

#include "base/limits.h"
#include "base/log.h"
#include "loop/connect.h"

#include <stdio.h>
#include <stdlib.h>

#define ERROR_TEXT_MAX WY_CONNECT_TEXT_MAX

typedef struct client_connection client_connection;

struct wy_http_client {
    wy_loop *loop;
    client_connection *first; /* all */
    uint32_t count, kept_count;
    uint64_t max;   /* connections open at once */
    bool keeps;     /* connections serve more than one call */
    wy_timer *turn; /* armed when a connection wants to push a head */
};

struct client_connection {
    wy_http_client *client;
    client_connection *next, **link;
    char host[256]; /* with `port` and `policy`: what it may be used for */
    uint16_t port;
    bool tls;
    const wy_http_policy *policy;
    wy_connect *attempt; /* NULL: connected */
    wy_stream *stream;   /* NULL: not yet, or closed */
    wy_http_reader *reader;
    wy_timer *timer;
    wy_http_call *call;         /* until the response's head */
    wy_http_incoming *response; /* being received; NULL: kept */
    wy_http_writer *writer;     /* being sent */
    uint32_t between_bytes_ms;
    uint32_t busy; /* inside one of our own functions: free later */
    bool kept, used_before, reading, request_done, push_wanted, closed;
};

struct wy_http_call {
    client_connection *connection; /* NULL: failed, or the response goes on without it */
    wy_http_client *client;
    wy_http_call_config config;
    wy_http_writer *request;
    wy_http_incoming *response;
    bool done, failed;
    uint8_t alert;
    wy_http_error error;
    char text[ERROR_TEXT_MAX];
    wy_timer *later; /* reports a failure that was known at the start */
    void (*on_changed)(void *data);
    void *data;
};

static void begin_call(client_connection *connection);
static void on_timer(void *data);

/* --- calls --- */

static void settle(wy_http_call *call) {
    call->done = true;
    if (call->on_changed) call->on_changed(call->data);
}

static void set_error(wy_http_call *call, wy_http_error error, const char *text) {
    call->failed = true;
    call->error = error;
    snprintf(call->text, sizeof call->text, "%s", text ? text : "");
}

static void fail_call(client_connection *connection, wy_http_error error, const char *text) {
    wy_http_call *call = connection->call;
    connection->call = NULL;
    if (!call) return;
    call->connection = NULL;
    set_error(call, error, text);
    settle(call);
}

/* --- connections --- */

static void free_when_quiet(client_connection *connection) {
    if (!connection->closed || connection->busy) return;
    wy_http_incoming_release(connection->response);
    wy_http_reader_free(connection->reader);
    wy_timer_free(connection->timer);
    free(connection);
}

/* Ends the connection: call, body and writer hear `error`. */
static void drop(client_connection *connection, wy_http_error error, const char *text) {
    if (connection->closed) return;
    connection->closed = true;
    connection->busy++;
    *connection->link = connection->next;
    if (connection->next) connection->next->link = connection->link;
    connection->client->count--;
    if (connection->kept) connection->client->kept_count--;
    wy_timer_stop(connection->timer);
    if (connection->attempt) wy_connect_cancel(connection->attempt);
    if (connection->stream) wy_stream_close(connection->stream, true);
    connection->stream = NULL;
    wy_http_writer *writer = connection->writer;
    connection->writer = NULL;
    if (writer) wy_http_writer_detach(writer, error);
    wy_http_incoming *response = connection->response;
    if (response) {
        response->body.on_demand = NULL;
        wy_http_body_fail(&response->body, error);
    }
    fail_call(connection, error, text);
    connection->busy--;
    free_when_quiet(connection);
}

static void update_reading(client_connection *connection) {
    if (!connection->stream) return;
    bool want = !connection->response || !wy_http_body_full(&connection->response->body);
    if (want == connection->reading) return;
    connection->reading = want;
    if (want)
        wy_stream_read_start(connection->stream);
    else
        wy_stream_read_stop(connection->stream);
}

static void on_demand(void *data) {
    client_connection *connection = data;
    connection->busy++;
    /* Who gives up the bytes but still listens waits for the trailers. */
    if (connection->response->body.discarding && !connection->response->body.on_changed) {
        drop(connection, WY_HTTP_CONNECTION_TERMINATED, NULL);
    } else {
        wy_timer_start(connection->timer, connection->between_bytes_ms);
        update_reading(connection);
    }
    connection->busy--;
    free_when_quiet(connection);
}

/* The oldest kept connection is at the end of the list. */
static void keep_fewer(wy_http_client *client) {
    client_connection *last = NULL;
    for (client_connection *c = client->first; c; c = c->next)
        if (c->kept) last = c;
    if (last) drop(last, WY_HTTP_CONNECTION_TERMINATED, NULL);
}

static void keep(client_connection *connection) {
    wy_http_client *client = connection->client;
    wy_http_incoming_release(connection->response);
    connection->response = NULL;
    connection->kept = true;
    connection->used_before = true;
    client->kept_count++;
    wy_timer_start(connection->timer, WY_HTTP_CLIENT_IDLE_MS);
    update_reading(connection);
    if (client->kept_count > WY_MAX_HTTP_CLIENT_KEPT) keep_fewer(client);
}

static void on_response_head(client_connection *connection) {
    wy_http_call *call = connection->call;
    connection->call = NULL;
    if (!call) return;
    call->connection = NULL;
    call->response = connection->response;
    wy_http_incoming_retain(call->response);
    settle(call);
}

static void on_response_end(client_connection *connection) {
    wy_http_incoming *response = connection->response;
    response->body.on_demand = NULL;
    if (connection->request_done && response->keep_alive && connection->client->keeps)
        keep(connection);
    else
        drop(connection, WY_HTTP_CONNECTION_TERMINATED, NULL);
}

/* --- the stream's callbacks --- */

static void on_alloc(void *data, char **ptr_out, size_t *len_out) {
    client_connection *connection = data;
    *ptr_out = wy_loop_buffer(connection->client->loop);
    *len_out = WY_LOOP_BUFFER;
}

static void on_read(void *data, const char *bytes, size_t len) {
    client_connection *connection = data;
    connection->busy++;
    size_t used = 0;
    wy_http_progress progress = WY_HTTP_BAD; /* a kept connection has nothing to say */
    if (connection->response)
        progress = wy_http_reader_feed(connection->reader, (wy_str){bytes, len}, &used);
    if (progress != WY_HTTP_BAD && connection->call && connection->response->head_done)
        on_response_head(connection);
    if (connection->closed) {
        /* whoever heard of the response gave it up */
    } else if (progress == WY_HTTP_BAD || used < len) {
        bool known = connection->response && progress == WY_HTTP_BAD;
        drop(connection, known ? wy_http_reader_error(connection->reader) : WY_HTTP_PROTOCOL_ERROR,
             known ? wy_http_reader_reason(connection->reader) : "bytes behind the response");
    } else if (progress == WY_HTTP_DONE) {
        on_response_end(connection);
    } else {
        if (!connection->call) wy_timer_start(connection->timer, connection->between_bytes_ms);
        update_reading(connection);
    }
    connection->busy--;
    free_when_quiet(connection);
}

/* A kept connection that the server closed in the meantime: once more, on a new one. */
static bool try_again(client_connection *connection) {
    wy_http_call *call = connection->call;
    if (!call || !connection->used_before || !connection->request_done ||
        !call->config.idempotent || wy_http_reader_begun(connection->reader))
        return false;
    wy_http_call_config config = call->config;
    config.idempotent = false; /* once */
    wy_http_call *again = wy_http_call_start(call->client, &config, call->request, NULL, NULL);
    if (!again) return false;
    if (!again->connection) {
        wy_http_call_free(again);
        return false;
    }
    connection->call = NULL;
    call->connection = again->connection;
    call->config.idempotent = false;
    call->config.host = again->config.host;
    call->connection->call = call;
    again->connection = NULL;
    wy_http_call_free(again);
    return true;
}

static void on_end(void *data, wy_err err) {
    client_connection *connection = data;
    connection->busy++;
    connection->reading = false;
    bool begun = connection->response && wy_http_reader_begun(connection->reader);
    if (err == WY_OK && begun && wy_http_reader_end(connection->reader) == WY_HTTP_DONE) {
        connection->response->keep_alive = false;
        if (connection->call) on_response_head(connection);
        if (!connection->closed) on_response_end(connection);
    } else {
        (void)try_again(connection);
        drop(connection, begun ? WY_HTTP_RESPONSE_INCOMPLETE : WY_HTTP_CONNECTION_TERMINATED,
             "the server closed the connection");
    }
    connection->busy--;
    free_when_quiet(connection);
}

static void on_drain(void *data) {
    client_connection *connection = data;
    if (connection->writer) wy_http_writer_drained(connection->writer);
}

static const wy_stream_handlers handlers = {on_alloc, on_read, on_end, on_drain};

/* --- the writer's callbacks --- */

static void on_flush(void *data) {
    client_connection *connection = data;
    connection->push_wanted = true;
    wy_timer_start(connection->client->turn, 0);
}

static void on_finished(void *data, bool complete) {
    client_connection *connection = data;
    connection->writer = NULL;
    connection->request_done = complete;
    if (!complete) drop(connection, WY_HTTP_CONNECTION_TERMINATED, "the request was not completed");
}

static const wy_http_carrier carrier = {on_flush, on_finished};

static void on_turn(void *data) {
    wy_http_client *client = data;
    for (client_connection *connection = client->first, *next; connection; connection = next) {
        next = connection->next;
        if (!connection->push_wanted) continue;
        connection->push_wanted = false;
        connection->busy++;
        if (connection->writer) wy_http_writer_push(connection->writer);
        connection->busy--;
        free_when_quiet(connection);
    }
}

static void on_timer(void *data) {
    client_connection *connection = data;
    if (connection->kept || connection->call)
        drop(connection, WY_HTTP_CONNECTION_READ_TIMEOUT, "no response in time");
    else if (!wy_http_body_full(&connection->response->body))
        drop(connection, WY_HTTP_CONNECTION_READ_TIMEOUT, "the response stopped");
}

/* --- starting --- */

/* Puts the call's request on a connection that stands. */
static void begin_call(client_connection *connection) {
    wy_http_call *call = connection->call;
    wy_http_incoming *response = wy_http_incoming_new(true);
    if (!response) {
        drop(connection, WY_HTTP_INTERNAL_ERROR, "out of memory");
        return;
    }
    connection->response = response;
    response->body.on_demand = on_demand;
    response->body.connection = connection;
    wy_http_reader_begin(connection->reader, response, call->config.head_only);
    wy_timer_start(connection->timer, call->config.first_byte_timeout_ms);
    connection->between_bytes_ms = call->config.between_bytes_timeout_ms;
    update_reading(connection);
    if (wy_http_writer_head_sent(call->request)) { /* a second try */
        connection->request_done = true;
        if (!wy_http_writer_replay(call->request, connection->stream))
            drop(connection, WY_HTTP_CONNECTION_TERMINATED, "the server closed the connection");
        return;
    }
    wy_http_way way = {.minor = 1, .keep_alive = true};
    connection->request_done = false;
    connection->writer = call->request;
    wy_http_writer_attach(call->request, connection->stream, &way, &carrier, connection);
    if (connection->writer) on_flush(connection); /* without a flush, in the next turn */
}

static wy_http_error error_of(const wy_connect_error *error) {
    switch (error->fault) {
    case WY_CONNECT_NAME: return WY_HTTP_DNS_ERROR;
    case WY_CONNECT_DENIED: return WY_HTTP_DESTINATION_IP_PROHIBITED;
    case WY_CONNECT_REFUSED: return WY_HTTP_CONNECTION_REFUSED;
    case WY_CONNECT_UNREACHABLE: return WY_HTTP_DESTINATION_IP_UNROUTABLE;
    case WY_CONNECT_TIMEOUT: return WY_HTTP_CONNECTION_TIMEOUT;
    case WY_CONNECT_TLS_PROTOCOL: return WY_HTTP_TLS_PROTOCOL_ERROR;
    case WY_CONNECT_TLS_CERTIFICATE: return WY_HTTP_TLS_CERTIFICATE_ERROR;
    case WY_CONNECT_TLS_ALERT: return WY_HTTP_TLS_ALERT_RECEIVED;
    case WY_CONNECT_OTHER: break;
    }
    return WY_HTTP_DESTINATION_UNAVAILABLE;
}

static void on_connect(void *data, own wy_stream *stream, const wy_connect_error *error) {
    client_connection *connection = data;
    connection->attempt = NULL;
    connection->busy++;
    if (stream) {
        connection->stream = stream;
        wy_stream_set_handlers(stream, &handlers, connection);
        begin_call(connection);
    } else {
        /* The guest hears only of the case; who runs the host can do something about the reason. */
        if (error->fault >= WY_CONNECT_TLS_PROTOCOL)
            wy_log(WY_LOG_WARN, "no connection to https://%s", error->text);
        if (connection->call) connection->call->alert = error->alert;
        drop(connection, error_of(error), error->text);
    }
    connection->busy--;
    free_when_quiet(connection);
}

static bool check_address(void *data, const char *address) {
    const wy_http_policy *policy = ((client_connection *)data)->policy;
    return !policy || !policy->allow_address || policy->allow_address(policy->data, address);
}

static client_connection *find_kept(wy_http_client *client, const wy_http_call_config *config) {
    for (client_connection *c = client->first; c; c = c->next)
        if (c->kept && c->port == config->port && c->tls == config->tls &&
            c->policy == config->policy && wy_str_eqz(config->host, c->host))
            return c;
    return NULL;
}

static client_connection *new_connection(wy_http_client *client,
                                         const wy_http_call_config *config) {
    client_connection *connection = calloc(1, sizeof *connection);
    if (!connection) return NULL;
    connection->reader = wy_http_reader_new(true);
    if (!connection->reader ||
        wy_timer_new(client->loop, on_timer, connection, &connection->timer) != WY_OK) {
        wy_http_reader_free(connection->reader);
        free(connection);
        return NULL;
    }
    connection->client = client;
    connection->port = config->port;
    connection->tls = config->tls;
    connection->policy = config->policy;
    snprintf(connection->host, sizeof connection->host, WY_STR_FMT, WY_STR_ARG(config->host));
    connection->next = client->first;
    connection->link = &client->first;
    if (client->first) client->first->link = &connection->next;
    client->first = connection;
    client->count++;
    return connection;
}

static void on_later(void *data) {
    settle(data);
}

/* The caller does not know the call yet: it hears of the failure in the loop's next turn. */
static void fail_later(wy_http_call *call, wy_http_error error, const char *text) {
    set_error(call, error, text);
    if (wy_timer_new(call->client->loop, on_later, call, &call->later) == WY_OK)
        wy_timer_start(call->later, 0);
    else
        call->done = true;
}

static wy_tls_config tls_of(const wy_http_policy *policy, wy_str host) {
    const wy_tls_config *chosen = policy && policy->tls ? policy->tls(policy->data, host) : NULL;
    wy_tls_config tls = chosen ? *chosen : (wy_tls_config){0};
    tls.alpn = "http/1.1";
    return tls;
}

static void give(client_connection *connection, wy_http_call *call) {
    connection->call = call;
    call->connection = connection;
}

/* By what the policy says of the host: a stream to a component, or the network. */
static void connect_anew(wy_http_call *call) {
    wy_http_client *client = call->client;
    const wy_http_call_config *config = &call->config;
    client_connection *connection;
    if (config->host.len >= sizeof connection->host) {
        fail_later(call, WY_HTTP_REQUEST_URI_INVALID, "host name too long");
        return;
    }
    if (client->count >= client->max && client->kept_count) keep_fewer(client);
    if (client->count >= client->max) {
        fail_later(call, WY_HTTP_CONNECTION_LIMIT_REACHED, "too many connections");
        return;
    }
    wy_stream *stream = NULL;
    const wy_http_policy *policy = config->policy;
    if (policy && policy->inside && policy->inside(policy->data, config->host, &stream) &&
        !stream) {
        fail_later(call, WY_HTTP_DESTINATION_NOT_FOUND, "the application has no such component");
        return;
    }
    connection = new_connection(client, config);
    if (!connection) {
        wy_stream_close(stream, true);
        fail_later(call, WY_HTTP_INTERNAL_ERROR, "out of memory");
        return;
    }
    if (stream) {
        give(connection, call);
        connection->stream = stream;
        wy_stream_set_handlers(stream, &handlers, connection);
        begin_call(connection);
        return;
    }
    wy_tls_config tls = tls_of(policy, config->host);
    wy_connect_config to = {
        .host = connection->host,
        .port = connection->port,
        .tls = connection->tls ? &tls : NULL,
        .timeout_ms = config->connect_timeout_ms,
        .check = check_address,
        .done = on_connect,
        .data = connection,
    };
    wy_err err = wy_connect_start(client->loop, &to, &connection->attempt);
    if (err) {
        drop(connection, WY_HTTP_INTERNAL_ERROR, NULL);
        fail_later(call, WY_HTTP_DESTINATION_UNAVAILABLE, wy_err_text(err));
        return;
    }
    give(connection, call);
}

static void connect_call(wy_http_call *call) {
    client_connection *kept = find_kept(call->client, &call->config);
    if (!kept) {
        connect_anew(call);
        return;
    }
    kept->kept = false;
    call->client->kept_count--;
    give(kept, call);
    begin_call(kept);
}

own wy_http_call *wy_http_call_start(wy_http_client *client, const wy_http_call_config *config,
                                     wy_http_writer *request, void (*on_changed)(void *data),
                                     void *data) {
    wy_http_call *call = calloc(1, sizeof *call);
    if (!call) return NULL;
    call->client = client;
    call->config = *config;
    wy_http_call_config *c = &call->config;
    if (!c->connect_timeout_ms) c->connect_timeout_ms = WY_HTTP_CONNECT_TIMEOUT_MS;
    if (!c->first_byte_timeout_ms) c->first_byte_timeout_ms = WY_HTTP_RESPONSE_TIMEOUT_MS;
    if (!c->between_bytes_timeout_ms) c->between_bytes_timeout_ms = WY_HTTP_RESPONSE_TIMEOUT_MS;
    call->request = request;
    wy_http_writer_retain(request);
    connect_call(call);
    call->config.host = (wy_str){0}; /* the caller's bytes */
    if (call->connection) call->config.host = wy_str_of(call->connection->host);
    call->on_changed = on_changed;
    call->data = data;
    return call;
}

bool wy_http_call_done(const wy_http_call *call) {
    return call->done;
}

uint8_t wy_http_call_alert(const wy_http_call *call) {
    return call->alert;
}

wy_http_incoming *wy_http_call_response(const wy_http_call *call, wy_http_error *error_out,
                                        const char **text_out) {
    wy_assert(call->done);
    if (!call->failed) return call->response;
    *error_out = call->error;
    *text_out = call->text;
    return NULL;
}

void wy_http_call_free(own wy_http_call *call) {
    if (!call) return;
    call->on_changed = NULL;
    client_connection *connection = call->connection;
    if (connection) {
        connection->call = NULL;
        call->connection = NULL;
        drop(connection, WY_HTTP_CONNECTION_TERMINATED, NULL);
    }
    wy_timer_free(call->later);
    wy_http_incoming_release(call->response);
    wy_http_writer_release(call->request);
    free(call);
}

wy_err wy_http_client_new(wy_loop *loop, own wy_http_client **client_out) {
    wy_http_client *client = calloc(1, sizeof *client);
    if (!client) return WY_NOMEM;
    client->loop = loop;
    wy_http_client_limit(client, 0, true);
    wy_err err = wy_timer_new(loop, on_turn, client, &client->turn);
    if (err) {
        free(client);
        return err;
    }
    *client_out = client;
    return WY_OK;
}

void wy_http_client_limit(wy_http_client *client, uint64_t max_connections, bool keep) {
    client->max = max_connections ? max_connections : WY_MAX_HTTP_CLIENT_CONNECTIONS;
    client->keeps = keep;
}

void wy_http_client_free(own wy_http_client *client) {
    if (!client) return;
    while (client->first)
        drop(client->first, WY_HTTP_CONNECTION_TERMINATED, "the host is stopping");
    wy_timer_free(client->turn);
    free(client);
}
