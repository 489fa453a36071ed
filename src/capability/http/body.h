/* Body: the bytes of an incoming message between the connection that receives them and whoever
 * reads them. Bounded: the connection stops reading its socket while the body is full. */
#ifndef WY_CAPABILITY_HTTP_BODY_H
#define WY_CAPABILITY_HTTP_BODY_H

#include "base/str.h"
#include "capability/http/error.h"

/*   bytes: [0, start) read already, [start, end) waiting, [end, cap) free */
typedef struct wy_http_body {
    char *bytes;
    size_t start, end, cap;
    bool ended;      /* all of the message has arrived, trailers too */
    bool failed;     /* it will never end: `error` says why */
    bool wanted;     /* somebody asked for its bytes (100-continue is due then) */
    bool discarding; /* nobody will read it: bytes are counted and dropped */
    wy_http_error error;
    uint64_t received; /* bytes so far */
    /* To the reader: bytes came, it ended, it failed. NULL: nobody reads (yet). */
    void (*on_changed)(void *reader);
    void *reader;
    /* To the connection: the reader wants bytes and there is room. NULL: it let go of the body. */
    void (*on_demand)(void *connection);
    void *connection;
} wy_http_body;

void wy_http_body_init(wy_http_body *body);
/* Frees the bytes. */
void wy_http_body_deinit(wy_http_body *body);

/* --- the connection's side --- */
/* WY_NOMEM: failed. More than the limit is accepted (one read's worth), see wy_http_body_full. */
wy_err wy_http_body_push(wy_http_body *body, wy_str bytes) WY_MUST_USE;
void wy_http_body_end(wy_http_body *body);
/* No effect after the end. */
void wy_http_body_fail(wy_http_body *body, wy_http_error error);
/* At WY_MAX_HTTP_BODY_BUFFER or above: stop reading the socket. */
bool wy_http_body_full(const wy_http_body *body);

/* --- the reader's side --- */
/* What can be read now. Asks for more when there is nothing. */
wy_str wy_http_body_peek(wy_http_body *body);
void wy_http_body_take(wy_http_body *body, size_t len);
/* True when reading would not wait: bytes, the end or a failure. */
bool wy_http_body_ready(const wy_http_body *body);
/* Gives up the rest. */
void wy_http_body_discard(wy_http_body *body);

#endif
