/* Reader: bytes of a connection -> one incoming message at a time, over llhttp in strict mode. The
 * only file pair of the host that knows llhttp; server and client are both on top of it. */
#ifndef WY_CAPABILITY_HTTP_READER_H
#define WY_CAPABILITY_HTTP_READER_H

#include "capability/http/body.h"
#include "capability/http/fields.h"

typedef struct wy_http_reader wy_http_reader;

/* A request or response as it arrives. Reference counted: connection and guest objects let go of it
 * in any order. Field names are lower-case, as HTTP/2 would have them. */
typedef struct wy_http_incoming {
    uint32_t refs;
    wy_arena arena; /* of everything below */
    uint8_t minor;  /* HTTP/1.minor */
    bool is_response, head_done;
    bool keep_alive;       /* the peer would go on after this message */
    bool expects_continue; /* request: "expect: 100-continue" */
    bool may_have_body;    /* framing says that a body follows */
    bool has_length;
    uint64_t content_length;
    uint16_t status; /* response */
    wy_str method;   /* request: "GET"; static memory */
    wy_str target;   /* request: as received */
    wy_http_fields fields, trailers;
    wy_http_body body;
} wy_http_incoming;

/* NULL: no memory. One reference. */
own wy_http_incoming *wy_http_incoming_new(bool is_response);
void wy_http_incoming_retain(wy_http_incoming *message);
void wy_http_incoming_release(own wy_http_incoming *message); /* NULL is fine */

typedef enum wy_http_progress {
    WY_HTTP_MORE, /* all was consumed, the message goes on (head_done says how far) */
    WY_HTTP_DONE, /* the message is complete; what follows is the next one's */
    WY_HTTP_BAD,  /* not HTTP, or over a limit: see wy_http_reader_status */
} wy_http_progress;

/* NULL: no memory. */
own wy_http_reader *wy_http_reader_new(bool is_response);
void wy_http_reader_free(own wy_http_reader *reader);
/* Starts to read `message` (which outlives the reading). `bodiless`: a response that has no body
 * whatever it says (to HEAD). */
void wy_http_reader_begin(wy_http_reader *reader, wy_http_incoming *message, bool bodiless);
/* Consumes bytes up to the end of the message; `*used_out` of them. Ends or fails the body. */
wy_http_progress wy_http_reader_feed(wy_http_reader *reader, wy_str bytes, size_t *used_out);
/* The peer closed. DONE where that ends the message properly. */
wy_http_progress wy_http_reader_end(wy_http_reader *reader);
/* After BAD: the status a server answers with (400, 413, 414, 431, 501, 505). */
uint16_t wy_http_reader_status(const wy_http_reader *reader);
/* After BAD: what was wrong; static memory. */
const char *wy_http_reader_reason(const wy_http_reader *reader);
/* After BAD, of a response: the code for the guest. */
wy_http_error wy_http_reader_error(const wy_http_reader *reader);
/* Whether a byte of the current message was seen. */
bool wy_http_reader_begun(const wy_http_reader *reader);

#endif
