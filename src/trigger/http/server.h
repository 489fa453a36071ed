/* HTTP/1.1 server: connections in, requests out to one handler, responses back. Knows nothing of
 * components: a handler in C answers static responses and tests just as well.
 *
 * One loop, one thread. On a connection one request is served at a time; what a client sends ahead
 * waits, bounded, in order. */
#ifndef WY_TRIGGER_HTTP_SERVER_H
#define WY_TRIGGER_HTTP_SERVER_H

#include "capability/http/reader.h"
#include "capability/http/writer.h"
#include "loop/loop.h"
#include "loop/secure.h"

typedef struct wy_http_server wy_http_server;
typedef struct wy_http_exchange wy_http_exchange;
typedef struct wy_http_connection wy_http_connection;

/* A request and the place for its response. The handler owns it until wy_http_exchange_release; the
 * connection may be gone earlier. Everything it points to lives as long. */
struct wy_http_exchange {
    wy_http_incoming *request;
    wy_str path_with_query;         /* origin form, or "*" */
    wy_str path;                    /* without the query */
    wy_str authority;               /* of an absolute target, else the host field; may be empty */
    wy_str peer;                    /* "ip:port" of the client */
    wy_str local;                   /* address that the server listens on; may be empty */
    wy_http_connection *connection; /* NULL: gone */
    bool https;                     /* it came over TLS */
    bool answered;                  /* a response was attached, or failing it was */
    bool released;                  /* the handler is done with it */
    /* Set by the handler; called at most once, on the loop, when the client went away before the
     * response was complete. */
    void (*on_gone)(void *data);
    void *data;
};

typedef struct wy_http_server_config {
    /* A request's head has arrived (its body may still be coming). Called on the loop's own stack.
     */
    void (*on_request)(void *data, own wy_http_exchange *exchange);
    void *data;
    wy_str address;    /* shown to requests as `local`; lives as long as the server */
    wy_secure *secure; /* what listens speaks TLS; NULL: not. Outlives the server */
    /* 0: the default in base/limits.h */
    uint32_t max_connections;
    uint32_t header_timeout_ms, idle_timeout_ms, body_timeout_ms, write_timeout_ms;
    uint32_t drain_timeout_ms;
} wy_http_server_config;

wy_err wy_http_server_new(wy_loop *loop, const wy_http_server_config *config,
                          own wy_http_server **server_out);
/* Cuts what is open and frees. */
void wy_http_server_free(own wy_http_server *server);
/* Accepts connections on a listening descriptor (the caller keeps its own); may be called again for
 * further ones. */
wy_err wy_http_server_listen(wy_http_server *server, int fd);
/* Serves a connection that somebody else accepted. */
void wy_http_server_adopt(wy_http_server *server, own wy_stream *stream);
/* Stops accepting, lets open requests finish, closes connections once they are idle, cuts what is
 * left after the drain timeout; then calls `done` (at once when nothing is open). */
void wy_http_server_drain(wy_http_server *server, void (*done)(void *data), void *data);
/* Cuts what a drain that is under way still waits for. */
void wy_http_server_cut(wy_http_server *server);

/* Begins to send `response` (its head was given); the connection takes a reference of its own.
 * Once. When the client is gone, the writer fails. */
void wy_http_exchange_respond(wy_http_exchange *exchange, wy_http_writer *response);
/* A whole response. `content_type` may be empty. WY_CLOSED: the client is gone. */
wy_err wy_http_exchange_reply(wy_http_exchange *exchange, uint16_t status, wy_str content_type,
                              wy_str body);
/* The handler cannot answer: an empty response with `status` when nothing was sent yet (a writer
 * that is attached fails), else the connection is cut. */
void wy_http_exchange_fail(wy_http_exchange *exchange, uint16_t status);
/* The handler is done with it. Without an answer by now: 500. */
void wy_http_exchange_release(own wy_http_exchange *exchange);

#endif
