/* Connection: one client of the server (private to trigger/http). */
#ifndef WY_TRIGGER_HTTP_CONNECTION_H
#define WY_TRIGGER_HTTP_CONNECTION_H

#include "trigger/http/server.h"

struct wy_http_server {
    wy_loop *loop;
    wy_http_server_config config;
    wy_listener **listeners;
    uint32_t listener_count;
    wy_http_connection *first; /* all open connections: `open` of them */
    wy_timer *tick;            /* runs while there are connections: deadlines */
    wy_timer *turn;            /* armed while `turns` is not empty */
    wy_timer *drain_timer;
    wy_http_connection *turns; /* have something to do in the loop's next turn */
    bool draining, drained;
    uint64_t drain_began_ms;
    void (*on_drained)(void *data);
    void *drained_data;
    uint32_t open;
    int64_t date_s; /* the second that `date` shows */
    char date[32];
};

struct wy_http_connection {
    wy_http_server *server;
    wy_http_connection *next, **link;           /* among all */
    wy_http_connection *turn_next, **turn_link; /* among `turns`; link NULL: not there */
    wy_stream *stream;                          /* NULL: closed, the struct is about to be freed */
    wy_http_reader *reader;
    wy_http_incoming *message;  /* being received or served; NULL: between requests */
    wy_http_exchange *exchange; /* with the handler; NULL before and after */
    wy_http_writer *writer;     /* the response on its way; NULL before and after */
    wy_buf pending;             /* bytes of the requests after this one */
    uint32_t busy;              /* inside one of our own loops: free later */
    bool dispatched;            /* the handler got `message` */
    bool request_done;          /* `message` is complete */
    bool response_done;
    bool keep_alive; /* after this response */
    bool continued;  /* 100 Continue was sent */
    bool broken;     /* what comes in is not understood any more */
    bool reading, peer_closed, lingering;
    uint64_t deadline_ms; /* UINT64_MAX: none */
    uint64_t stalled_ms;  /* since when the write queue has not shrunk */
    size_t stalled_queue;
    wy_str peer;
    char peer_text[64];
};

/* Takes the stream. False: no memory (the stream is closed). */
bool wy_http_connection_open(wy_http_server *server, own wy_stream *stream);
/* Looks at deadlines. May free the connection. */
void wy_http_connection_tick(wy_http_connection *connection, uint64_t now_ms);
/* Its turn has come: flush, go on with what was sent ahead. May free the connection. */
void wy_http_connection_turn(wy_http_connection *connection);
/* Ends it; the handler hears that the client is gone. `abort`: do not send what is queued. */
void wy_http_connection_close(wy_http_connection *connection, bool abort);

/* In server.c: the connection wants a turn; it was closed. */
void wy_http_server_want_turn(wy_http_server *server, wy_http_connection *connection);
void wy_http_server_forget(wy_http_server *server, wy_http_connection *connection);
/* The `date` field's value now. */
wy_str wy_http_server_date(wy_http_server *server);

#endif
