/* HTTP client: requests over HTTP/1.1, and the pool of kept connections of one worker.
 *
 * A call begins when its request's head is given; the bodies of both directions stream meanwhile.
 * One loop, one thread; nothing here waits: whoever started a call is told when it gets on. */
#ifndef WY_CAPABILITY_HTTP_CLIENT_H
#define WY_CAPABILITY_HTTP_CLIENT_H

#include "capability/http/reader.h"
#include "capability/http/writer.h"
#include "loop/connect.h"

typedef struct wy_http_client wy_http_client;
typedef struct wy_http_call wy_http_call;

/* What a component may reach. Kept connections are not shared between policies. */
typedef struct wy_http_policy {
    /* NULL: any destination. */
    bool (*allow)(void *data, wy_str scheme, wy_str host, uint16_t port);
    /* Sees each resolved address ("ip:port") before it is used. NULL: any. */
    bool (*allow_address)(void *data, const char *address);
    /* Whether a name may be looked up for its own sake. NULL: any. */
    bool (*allow_lookup)(void *data, wy_str name);
    /* Whether the host is answered in this process: then `*stream_out` leads to who does, or is
     * NULL: nobody. "self" is what a request without an authority goes to. NULL: no host is. */
    bool (*inside)(void *data, wy_str host, own wy_stream **stream_out);
    /* How https to that host is believed and what it is shown; NULL from it: as everywhere else.
     * NULL: nothing special for any host. */
    const wy_tls_config *(*tls)(void *data, wy_str host);
    void *data;
} wy_http_policy;

typedef struct wy_http_call_config {
    wy_str host; /* name or address, an IPv6 address without brackets */
    uint16_t port;
    bool tls;        /* https: the server's certificate must be for `host` */
    bool head_only;  /* the method is HEAD */
    bool idempotent; /* may be sent again when a kept connection turns out to be closed */
    /* 0: the default in base/limits.h. To connect; until the response's head; between two pieces of
     * its body. */
    uint32_t connect_timeout_ms, first_byte_timeout_ms, between_bytes_timeout_ms;
    const wy_http_policy *policy; /* NULL: anything goes; outlives the client's connections */
} wy_http_call_config;

wy_err wy_http_client_new(wy_loop *loop, own wy_http_client **client_out);
/* Open at once, for 0 WY_MAX_HTTP_CLIENT_CONNECTIONS; `keep`: connections serve further calls. */
void wy_http_client_limit(wy_http_client *client, uint64_t max_connections, bool keep);
/* Ends all that is open: calls fail with connection-terminated. */
void wy_http_client_free(own wy_http_client *client);

/* Sends `request`, whose head must have been given; takes a reference. `on_changed` is called when
 * wy_http_call_done becomes true, never from inside this function. NULL: no memory. Policy and
 * limits are reported by the call. */
own wy_http_call *wy_http_call_start(wy_http_client *client, const wy_http_call_config *config,
                                     wy_http_writer *request, void (*on_changed)(void *data),
                                     void *data);
/* The response's head has arrived, or the call failed. */
bool wy_http_call_done(const wy_http_call *call);
/* After that: the response (the call's; retain it to keep it), or NULL and why in `*error_out`,
 * with a text in `*text_out` that lives as long as the call. */
wy_http_incoming *wy_http_call_response(const wy_http_call *call, wy_http_error *error_out,
                                        const char **text_out);
/* Goes with WY_HTTP_TLS_ALERT_RECEIVED: the alert's number. */
uint8_t wy_http_call_alert(const wy_http_call *call);
/* Before the response's head the request is aborted; after it, the response goes on. */
void wy_http_call_free(own wy_http_call *call);

#endif
