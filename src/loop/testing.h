/* For this room's tests and those above it: a TLS server on a thread, with a certificate authority
 * of its own. */
#ifndef WY_LOOP_TESTING_H
#define WY_LOOP_TESTING_H

#include "base/check.h"

typedef enum wy_testing_tls_habit {
    WY_TESTING_TLS_ECHO,        /* sends back what comes, until the client closes */
    WY_TESTING_TLS_CUT,         /* the same once, then closes the socket without a word of TLS */
    WY_TESTING_TLS_NOT_TLS,     /* answers something that is not TLS */
    WY_TESTING_TLS_SILENT,      /* accepts and says nothing */
    WY_TESTING_TLS_TOO_OLD,     /* at most TLS 1.1 */
    WY_TESTING_TLS_WANTS_CLIENT /* echoes for clients with the authority's certificate alone */
} wy_testing_tls_habit;

typedef struct wy_testing_tls_options {
    wy_testing_tls_habit habit;
    const char *name; /* of the certificate: "DNS:example.test" or "IP:127.0.0.1" */
    bool is_expired;
} wy_testing_tls_options;

typedef struct wy_testing_tls {
    uint16_t port;         /* on 127.0.0.1 */
    char ca_file[64];      /* its authority, PEM */
    char client_file[64];  /* a client's certificate and key by the same authority */
    unsigned alpn_matches; /* connections that offered "http/1.1" */
} wy_testing_tls;

/* Fails the test on error. Connections are served one after the other. */
own wy_testing_tls *wy_testing_tls_start(const wy_testing_tls_options *options);
void wy_testing_tls_stop(own wy_testing_tls *server);

#endif
