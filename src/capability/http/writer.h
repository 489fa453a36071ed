/* Writer: one outgoing message (a response of the server, a request of the client), from whoever
 * produces it to the connection that carries it. It decides the framing and joins small pieces.
 *
 * The head is held back until the loop's next turn, until 16 KiB are waiting, or until the message
 * is finished: a message that is finished by then (a guest that did not wait meanwhile) goes out
 * whole, in one write and with a content-length. What is written before the head was given or
 * before a connection is there waits in the buffer. Reference counted: producer and connection let
 * go of it in any order. */
#ifndef WY_CAPABILITY_HTTP_WRITER_H
#define WY_CAPABILITY_HTTP_WRITER_H

#include "capability/http/error.h"
#include "capability/http/fields.h"
#include "loop/loop.h"

typedef struct wy_http_writer wy_http_writer;

/* The connection's side. */
typedef struct wy_http_carrier {
    /* Something waits: call wy_http_writer_push in the loop's next turn. */
    void (*on_flush)(void *connection);
    /* The message is complete (everything was given to the stream), or will never be. Last call. */
    void (*on_finished)(void *connection, bool complete);
} wy_http_carrier;

/* What the connection knows of the message's way. */
typedef struct wy_http_way {
    uint8_t minor;   /* the peer speaks HTTP/1.minor */
    bool keep_alive; /* in: may the connection go on; see wy_http_writer_keep_alive */
    bool head_only;  /* a response to HEAD */
    wy_str date;     /* value of `date` where the message has none; empty: do not add it */
} wy_http_way;

/* NULL: no memory. One reference. */
own wy_http_writer *wy_http_writer_new(void);
void wy_http_writer_retain(wy_http_writer *writer);
void wy_http_writer_release(own wy_http_writer *writer); /* NULL is fine */

/* --- the producer's side --- */

/* Gives the head; once. Fields that belong to the connection are left out, content-length is
 * obeyed. WY_LIMIT: too large; WY_INVALID: contradicting content-lengths. */
wy_err wy_http_writer_response(wy_http_writer *writer, uint16_t status,
                               const wy_http_fields *fields) WY_MUST_USE;
/* The same for a request; `target` and `authority` are valid already. */
wy_err wy_http_writer_request(wy_http_writer *writer, wy_str method, wy_str target,
                              wy_str authority, const wy_http_fields *fields) WY_MUST_USE;
/* Says which content-length the head will have, before it is given. */
void wy_http_writer_expect(wy_http_writer *writer, uint64_t content_length);
/* How many bytes may be written now; 0: wait for on_changed. */
size_t wy_http_writer_permit(const wy_http_writer *writer);
/* WY_CLOSED: the connection is gone or the message finished; WY_INVALID: more than the
 * content-length says, the message is aborted. */
wy_err wy_http_writer_write(wy_http_writer *writer, wy_str bytes) WY_MUST_USE;
/* What was written counts as sent: it goes out even if the message is aborted next. */
void wy_http_writer_flush(wy_http_writer *writer);
/* Ends the message; `trailers` may be NULL. WY_INVALID: fewer bytes than the content-length says,
 * the message is aborted. */
wy_err wy_http_writer_finish(wy_http_writer *writer, const wy_http_fields *trailers) WY_MUST_USE;
/* The message will not be completed. No effect after finish. */
void wy_http_writer_abort(wy_http_writer *writer);
/* `on_changed` is called when the permit may have grown or the message failed. NULL: nobody. */
void wy_http_writer_watch(wy_http_writer *writer, void (*on_changed)(void *data), void *data);
/* Bytes of the body so far. */
uint64_t wy_http_writer_written(const wy_http_writer *writer);
/* No more can be written: it failed or was finished. */
bool wy_http_writer_closed(const wy_http_writer *writer);
bool wy_http_writer_failed(const wy_http_writer *writer, wy_http_error *error_out);

/* --- the connection's side --- */

/* Begins to carry the message. The head must have been given. Takes a reference, which
 * on_finished's return gives back. */
void wy_http_writer_attach(wy_http_writer *writer, wy_stream *stream, const wy_http_way *way,
                           const wy_http_carrier *carrier, void *connection);
/* The connection is lost: the producer gets `error`. Gives the reference back; no on_finished. */
void wy_http_writer_detach(wy_http_writer *writer, wy_http_error error);
/* Fails a writer that no connection carries. */
void wy_http_writer_fail(wy_http_writer *writer, wy_http_error error);
/* Sends what waits, the head too. */
void wy_http_writer_push(wy_http_writer *writer);
/* The same if the producer flushed it. */
void wy_http_writer_push_flushed(wy_http_writer *writer);
/* The stream's queue has drained. */
void wy_http_writer_drained(wy_http_writer *writer);
/* Sends a complete message once more, on another stream: for a kept connection that turned out to
 * be closed. False: it did not go out whole in one piece, or the stream failed. */
bool wy_http_writer_replay(wy_http_writer *writer, wy_stream *stream);
/* Whether anything was given to the stream. */
bool wy_http_writer_head_sent(const wy_http_writer *writer);
/* Changes the way's keep_alive; no effect once the head was sent. */
void wy_http_writer_set_keep_alive(wy_http_writer *writer, bool keep_alive);
/* After the head was sent: whether the message's framing leaves the connection usable. */
bool wy_http_writer_keep_alive(const wy_http_writer *writer);

/* Reason phrase of a status ("OK"); "" where there is none. Static memory. */
const char *wy_http_reason(uint16_t status);

#endif
