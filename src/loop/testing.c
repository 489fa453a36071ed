/* The TLS server of the tests: blocking, on one thread. */
#include "loop/testing.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct server {
    wy_testing_tls shown; /* first */
    wy_testing_tls_habit habit;
    int fd;
    pthread_t thread;
    SSL_CTX *context;
} server;

/* --- certificates --- */

static void extend(X509 *cert, X509 *issuer, int kind, const char *text) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, text);
    wy_assert(extension && X509_add_ext(cert, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* `issuer` NULL: its own. */
static own X509 *make_cert(EVP_PKEY *key, const char *common, const char *name, X509 *issuer,
                           EVP_PKEY *issuer_key, bool is_expired) {
    X509 *cert = X509_new();
    wy_assert(cert != NULL);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -7200);
    X509_gmtime_adj(X509_getm_notAfter(cert), is_expired ? -3600 : 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)common, -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
    X509_set_pubkey(cert, key);
    if (!issuer) extend(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
    if (name) extend(cert, issuer, NID_subject_alt_name, name);
    wy_assert(X509_sign(cert, issuer ? issuer_key : key, EVP_sha256()) > 0);
    return cert;
}

static void write_file(char path[64], X509 *cert, EVP_PKEY *key) {
    snprintf(path, 64, "/tmp/withy-tls-XXXXXX");
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    wy_assert(file && PEM_write_X509(file, cert) == 1);
    if (key) wy_assert(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1);
    fclose(file);
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *data) {
    (void)ssl;
    server *s = data;
    if (in_len < 9 || in[0] != 8 || memcmp(in + 1, "http/1.1", 8) != 0) return SSL_TLSEXT_ERR_NOACK;
    *out = in + 1;
    *out_len = 8;
    s->shown.alpn_matches++;
    return SSL_TLSEXT_ERR_OK;
}

static void make_context(server *s, const wy_testing_tls_options *options) {
    EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
    X509 *ca = make_cert(ca_key, "withy's test authority", NULL, NULL, NULL, false);
    X509 *cert = make_cert(key, "test server", options->name, ca, ca_key, options->is_expired);
    X509 *client = make_cert(key, "test client", NULL, ca, ca_key, false);
    write_file(s->shown.ca_file, ca, NULL);
    write_file(s->shown.client_file, client, key);
    s->context = SSL_CTX_new(TLS_server_method());
    wy_assert(s->context && SSL_CTX_use_certificate(s->context, cert) == 1 &&
              SSL_CTX_use_PrivateKey(s->context, key) == 1);
    SSL_CTX_set_alpn_select_cb(s->context, choose_protocol, s);
    if (options->habit == WY_TESTING_TLS_TOO_OLD) {
        SSL_CTX_set_security_level(s->context, 0);
        SSL_CTX_set_max_proto_version(s->context, TLS1_1_VERSION);
    }
    if (options->habit == WY_TESTING_TLS_WANTS_CLIENT) {
        SSL_CTX_set_verify(s->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_load_verify_file(s->context, s->shown.ca_file);
    }
    X509_free(ca);
    X509_free(cert);
    X509_free(client);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
}

/* --- serving --- */

static void echo(SSL *ssl, bool once) {
    char bytes[8192];
    int len;
    while ((len = SSL_read(ssl, bytes, sizeof bytes)) > 0) {
        if (SSL_write(ssl, bytes, len) != len) return;
        if (once) return;
    }
    SSL_shutdown(ssl);
}

static void serve_one(server *s, int fd) {
    char bytes[512];
    if (s->habit == WY_TESTING_TLS_NOT_TLS) {
        static const char text[] = "220 this is not the server you are looking for\r\n";
        (void)!write(fd, text, sizeof text - 1);
    }
    if (s->habit == WY_TESTING_TLS_NOT_TLS || s->habit == WY_TESTING_TLS_SILENT) {
        while (read(fd, bytes, sizeof bytes) > 0) {
        }
        return;
    }
    SSL *ssl = SSL_new(s->context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) echo(ssl, s->habit == WY_TESTING_TLS_CUT);
    SSL_free(ssl);
}

static void *serve(void *data) {
    server *s = data;
    for (int fd; (fd = accept(s->fd, NULL, NULL)) >= 0;) {
        serve_one(s, fd);
        close(fd);
    }
    return NULL;
}

own wy_testing_tls *wy_testing_tls_start(const wy_testing_tls_options *options) {
    server *s = calloc(1, sizeof *s);
    wy_assert(s != NULL);
    s->habit = options->habit;
    make_context(s, options);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = s->fd >= 0 && bind(s->fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              listen(s->fd, 16) == 0 && getsockname(s->fd, (struct sockaddr *)&at, &len) == 0;
    wy_assert(ok);
    s->shown.port = ntohs(at.sin_port);
    int bad = pthread_create(&s->thread, NULL, serve, s);
    wy_assert(bad == 0);
    return &s->shown;
}

void wy_testing_tls_stop(own wy_testing_tls *shown) {
    server *s = (server *)shown;
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    SSL_CTX_free(s->context);
    unlink(s->shown.ca_file);
    unlink(s->shown.client_file);
    free(s);
}
