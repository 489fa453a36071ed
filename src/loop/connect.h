/* Connect: from a name and a port to a stream, with TLS where it is asked for. */
#ifndef WY_LOOP_CONNECT_H
#define WY_LOOP_CONNECT_H

#include "loop/loop.h"

/* How a server is believed, and what it is told. Files are PEM; NULL: none. Strings are needed only
 * during the call. */
typedef struct wy_tls_config {
    const char *ca_file;              /* believed beside the system's roots */
    bool no_system_roots;             /* believe only `ca_file` */
    const char *cert_file, *key_file; /* the client's own certificate, with its chain */
    const char *alpn;                 /* the one protocol that is offered ("http/1.1") */
} wy_tls_config;

/* What failed, for who must tell them apart. */
typedef enum wy_connect_fault {
    WY_CONNECT_OTHER,
    WY_CONNECT_NAME,        /* the name has no address; WY_BUSY: the name server did not say */
    WY_CONNECT_DENIED,      /* `check` refused every address */
    WY_CONNECT_REFUSED,     /* nobody listens there */
    WY_CONNECT_UNREACHABLE, /* no way to that network or host */
    WY_CONNECT_TIMEOUT,
    WY_CONNECT_TLS_PROTOCOL,
    WY_CONNECT_TLS_CERTIFICATE, /* the server's certificate is not believed */
    WY_CONNECT_TLS_ALERT,       /* the server refused; `alert` says with which */
} wy_connect_fault;

#define WY_CONNECT_TEXT_MAX 640

typedef struct wy_connect_error {
    wy_err err; /* WY_OK: connected */
    wy_connect_fault fault;
    uint8_t alert;                  /* WY_CONNECT_TLS_ALERT: its number (RFC 8446 6) */
    char text[WY_CONNECT_TEXT_MAX]; /* name, address and reason; no secret */
} wy_connect_error;

typedef struct wy_connect_config {
    const char *host; /* a name, or a number without brackets */
    uint16_t port;
    const wy_tls_config *tls; /* NULL: without. The certificate must be for `host`. */
    uint32_t timeout_ms;      /* for all of it; 0: WY_CONNECT_TIMEOUT_MS */
    /* Sees each resolved address ("ip:port") before it is used and may refuse it; NULL: any. */
    bool (*check)(void *data, const char *address);
    /* Exactly one call, from the loop, unless cancelled before; `stream` is NULL if it failed. Its
     * handlers are not set. */
    void (*done)(void *data, own wy_stream *stream, const wy_connect_error *error);
    void *data;
} wy_connect_config;

/* Resolves and connects. The next address is tried when one fails, or beside it when it takes more
 * than WY_CONNECT_STAGGER_MS, both families by turns (RFC 8305). With TLS the handshake is part of
 * it; what is written and read is then encrypted below wy_stream's functions. */
typedef struct wy_connect wy_connect;
wy_err wy_connect_start(wy_loop *loop, const wy_connect_config *config,
                        own wy_connect **out) WY_MUST_USE;
void wy_connect_cancel(own wy_connect *connect); /* NULL is fine */

#endif
