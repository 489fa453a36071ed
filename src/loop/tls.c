/* TLS on streams, by OpenSSL: contexts, made on the pool once a loop, and the filter between a
 * stream's owner and its socket. All of the cryptography of a connection runs in callbacks of the
 * loop or in wy_stream_write. */
#include "loop/connect.h"

#include "base/limits.h"
#include "loop/internal.h"
#include "loop/openssl.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECORD_BYTES ((size_t)16 << 10)
#define CIPHER_BYTES ((size_t)36 << 10) /* two records encrypted */
#define REASON_MAX 256
#define SUBJECT_MAX 128

typedef enum context_state { LOADING, READY, FAILED } context_state;

struct wy_tls_context {
    wy_loop *loop;
    wy_tls_context *next;
    char *ca_file, *cert_file, *key_file, *alpn; /* own copies; NULL: none */
    bool no_system_roots, is_server;
    uint32_t refs; /* attempts, streams, and the work that loads it */
    context_state state;
    bool is_good;       /* what loading it came to; the pool's until then */
    wy_openssl openssl; /* once it is loaded */
    SSL_CTX *ssl;
    wy_tls *waiting;               /* streams whose handshake begins when it is loaded */
    void (*on_loaded)(void *data); /* NULL: nobody is told */
    void *data;
    char text[REASON_MAX];
};

/* What a loop keeps for TLS. */
struct wy_tls_shared {
    wy_tls_context *contexts;
    unsigned count;
    char joined[RECORD_BYTES]; /* small parts of one write */
    char cipher[CIPHER_BYTES]; /* on its way from the socket into a connection, or back */
};

struct wy_tls {
    wy_stream *stream;
    wy_tls_context *context;
    wy_tls *next_waiting;
    SSL *ssl;        /* NULL: the context is not loaded yet */
    BIO *in, *out;   /* ciphertext that came, and to send; the SSL's */
    char *host;      /* until the handshake begins; NULL: we are the server */
    bool is_shaking; /* the handshake is not over */
    void (*on_secure)(void *data, const wy_connect_error *error);
    void *data;
    char subject[SUBJECT_MAX]; /* of a certificate that was refused */
    wy_timer *later;           /* delivers what is decrypted already when reading starts again */
    bool is_wanted;            /* the owner reads */
    bool is_cut;               /* the socket has no more */
    bool is_ended;             /* the peer's close_notify was read, or nothing came in its place */
    wy_err end;                /* then: what on_end is told */
    bool is_delivered;         /* on_end was called */
};

/* --- errors --- */

/* The reason of the oldest error in OpenSSL's queue, which is emptied. */
static void take_reason(const wy_openssl *o, char out[REASON_MAX], const char *otherwise) {
    const char *data = NULL;
    int flags = 0;
    unsigned long code = o->ERR_get_error_all(NULL, NULL, NULL, &data, &flags);
    const char *reason = code ? o->ERR_reason_error_string(code) : NULL;
    if (!reason && code && ERR_SYSTEM_ERROR(code)) reason = strerror(ERR_GET_REASON(code));
    bool has_data = data && *data && (flags & ERR_TXT_STRING);
    snprintf(out, REASON_MAX, "%s%s%s", reason ? reason : otherwise, has_data ? ": " : "",
             has_data ? data : "");
    o->ERR_clear_error();
}

/* --- contexts --- */

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_for(const wy_tls_context *context, const wy_tls_config *config) {
    return !context->is_server && same_text(context->ca_file, config->ca_file) &&
           same_text(context->cert_file, config->cert_file) &&
           same_text(context->key_file, config->key_file) &&
           same_text(context->alpn, config->alpn) &&
           context->no_system_roots == config->no_system_roots;
}

static bool copy_text(char **out, const char *text) {
    *out = text ? strdup(text) : NULL;
    return !text || *out;
}

static void context_free(own wy_tls_context *context) {
    const wy_openssl *o = &context->openssl;
    if (context->ssl) o->SSL_CTX_free(context->ssl);
    free(context->ca_file);
    free(context->cert_file);
    free(context->key_file);
    free(context->alpn);
    free(context);
}

void wy_tls_context_release(wy_tls_context *context) {
    if (context) context->refs--;
}

/* Where OpenSSL was built with other folders than this system has. */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Arch, Gentoo */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* Fedora, RHEL */
    "/etc/ssl/ca-bundle.pem",                            /* openSUSE */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL */
    "/etc/ssl/cert.pem",                                 /* Alpine, BSD */
};

/* OpenSSL's own names. It would ignore a file that is not there. */
#define CERT_FILE "SSL_CERT_FILE"
#define CERT_DIR "SSL_CERT_DIR"

static bool load_system_roots(wy_tls_context *context) {
    const wy_openssl *o = &context->openssl;
    const char *file = getenv(CERT_FILE);
    const char *folder = getenv(CERT_DIR);
    if (file && *file && access(file, R_OK) != 0) {
        snprintf(context->text, sizeof context->text, "%s=%.180s cannot be read", CERT_FILE, file);
        return false;
    }
    bool is_set = (file && *file) || (folder && *folder);
    if (is_set || access(o->X509_get_default_cert_dir(), R_OK) == 0 ||
        access(o->X509_get_default_cert_file(), R_OK) == 0)
        return o->SSL_CTX_set_default_verify_paths(context->ssl) == 1;
    for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++)
        if (access(bundles[i], R_OK) == 0)
            return o->SSL_CTX_load_verify_file(context->ssl, bundles[i]) == 1;
    return true; /* nothing will be believed, and each failure will say so */
}

static bool load_files(wy_tls_context *context) {
    const wy_openssl *o = &context->openssl;
    if (!context->is_server && !context->no_system_roots && !load_system_roots(context))
        return false;
    if (context->ca_file && o->SSL_CTX_load_verify_file(context->ssl, context->ca_file) != 1) {
        char reason[REASON_MAX];
        take_reason(o, reason, "no certificate in it");
        snprintf(context->text, sizeof context->text, "roots %.100s: %.120s", context->ca_file,
                 reason);
        return false;
    }
    if (!context->cert_file) return true;
    const char *key = context->key_file ? context->key_file : context->cert_file;
    if (o->SSL_CTX_use_certificate_chain_file(context->ssl, context->cert_file) == 1 &&
        o->SSL_CTX_use_PrivateKey_file(context->ssl, key, SSL_FILETYPE_PEM) == 1 &&
        o->SSL_CTX_check_private_key(context->ssl) == 1)
        return true;
    char reason[REASON_MAX];
    take_reason(o, reason, "not usable");
    snprintf(context->text, sizeof context->text, "%scertificate %.100s: %.120s",
             context->is_server ? "" : "client ", context->cert_file, reason);
    return false;
}

static bool offer_protocol(wy_tls_context *context) {
    const wy_openssl *o = &context->openssl;
    if (!context->alpn) return true;
    unsigned char list[64];
    size_t len = strlen(context->alpn);
    wy_assert(len > 0 && len < sizeof list);
    list[0] = (unsigned char)len;
    memcpy(list + 1, context->alpn, len);
    return o->SSL_CTX_set_alpn_protos(context->ssl, list, (unsigned)len + 1) == 0;
}

/* Verifies the server's chain, and notes whose certificate is not believed: afterwards it cannot be
 * asked for. */
static int verify(X509_STORE_CTX *store, void *data) {
    const wy_openssl *o = &((wy_tls_context *)data)->openssl;
    int result = o->X509_verify_cert(store);
    SSL *ssl = o->X509_STORE_CTX_get_ex_data(store, o->SSL_get_ex_data_X509_STORE_CTX_idx());
    wy_tls *tls = ssl ? o->SSL_get_ex_data(ssl, 0) : NULL;
    X509 *cert = result == 1 ? NULL : o->X509_STORE_CTX_get_current_cert(store);
    if (cert && tls)
        o->X509_NAME_oneline(o->X509_get_subject_name(cert), tls->subject, SUBJECT_MAX);
    return result;
}

/* On the pool: the first use of OpenSSL in a process and reading roots take milliseconds. */
static void load(void *data) {
    wy_tls_context *context = data;
    const wy_openssl *o = &context->openssl;
    if (wy_openssl_load(&context->openssl, context->text, sizeof context->text) != WY_OK) return;
    o->ERR_clear_error();
    context->ssl =
        o->SSL_CTX_new(context->is_server ? o->TLS_server_method() : o->TLS_client_method());
    if (context->ssl &&
        o->SSL_CTX_ctrl(context->ssl, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) == 1 &&
        offer_protocol(context) && load_files(context)) {
        if (!context->is_server) {
            o->SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
            o->SSL_CTX_set_cert_verify_callback(context->ssl, verify, context);
        }
        o->SSL_CTX_ctrl(context->ssl, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, NULL);
        o->SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION);
        context->is_good = true;
    } else if (!context->text[0]) {
        take_reason(o, context->text, "OpenSSL cannot be set up");
    }
    o->OPENSSL_thread_stop(); /* what OpenSSL keeps for a thread of the pool */
}

static void begin(wy_tls *tls);

static void loaded(void *data) {
    wy_tls_context *context = data;
    context->refs--;
    context->state = context->is_good ? READY : FAILED;
    while (context->waiting) {
        wy_tls *tls = context->waiting;
        context->waiting = tls->next_waiting;
        begin(tls);
    }
    if (context->on_loaded) context->on_loaded(context->data);
}

/* Makes room by a context that nobody uses, or nobody will: a failed one is tried afresh, one's own
 * certificate read anew. */
static void forget_unused(wy_tls_shared *shared, bool only_useless) {
    for (wy_tls_context **at = &shared->contexts; *at;) {
        wy_tls_context *context = *at;
        bool is_useless = context->state == FAILED || context->is_server;
        bool goes = context->refs == 0 && (is_useless || !only_useless);
        if (goes) {
            *at = context->next;
            shared->count--;
            context_free(context);
        } else {
            at = &context->next;
        }
    }
}

wy_err wy_tls_context_get(wy_loop *loop, const wy_tls_config *config, bool is_server,
                          wy_tls_context **out) {
    if (!loop->tls) loop->tls = calloc(1, sizeof *loop->tls);
    wy_tls_shared *shared = loop->tls;
    if (!shared) return WY_NOMEM;
    forget_unused(shared, true);
    wy_tls_context *context = shared->contexts;
    while (context && (is_server || context->state == FAILED || !is_for(context, config)))
        context = context->next;
    if (context) {
        context->refs++;
        *out = context;
        return WY_OK;
    }
    if (shared->count >= WY_MAX_TLS_CONTEXTS) forget_unused(shared, false);
    if (shared->count >= WY_MAX_TLS_CONTEXTS) return WY_LIMIT;
    context = calloc(1, sizeof *context);
    if (!context) return WY_NOMEM;
    context->loop = loop;
    context->no_system_roots = config->no_system_roots;
    context->is_server = is_server;
    bool ok = copy_text(&context->ca_file, config->ca_file) &&
              copy_text(&context->cert_file, config->cert_file) &&
              copy_text(&context->key_file, config->key_file) &&
              copy_text(&context->alpn, config->alpn);
    wy_err err = ok ? wy_loop_offload(loop, load, loaded, context) : WY_NOMEM;
    if (err) {
        context_free(context);
        return err;
    }
    context->next = shared->contexts;
    shared->contexts = context;
    shared->count++;
    context->refs = 2; /* the caller's, and the work's */
    *out = context;
    return WY_OK;
}

const char *wy_tls_context_wait(wy_tls_context *context) {
    while (context->state == LOADING)
        (void)wy_loop_step(context->loop, true);
    return wy_tls_context_problem(context);
}

const char *wy_tls_context_problem(const wy_tls_context *context) {
    return context->state == FAILED ? context->text : NULL;
}

void wy_tls_context_watch(wy_tls_context *context, void (*on_loaded)(void *data), void *data) {
    context->on_loaded = on_loaded;
    context->data = data;
}

void wy_tls_shared_free(own wy_tls_shared *shared) {
    if (!shared) return;
    while (shared->contexts) {
        wy_tls_context *context = shared->contexts;
        shared->contexts = context->next;
        context_free(context);
    }
    free(shared);
}

/* --- the handshake --- */

/* Gives what OpenSSL has encrypted to the socket. */
static wy_err send_out(wy_tls *tls) {
    const wy_openssl *o = &tls->context->openssl;
    char *bytes = tls->context->loop->tls->cipher;
    wy_err err = WY_OK;
    for (int len; (len = o->BIO_read(tls->out, bytes, (int)CIPHER_BYTES)) > 0 && !err;) {
        wy_str part = {bytes, (size_t)len};
        err = wy_stream_write_raw(tls->stream, &part, 1);
    }
    return err;
}

static void deliver(wy_tls *tls);

static void settle(wy_tls *tls, const wy_connect_error *error) {
    tls->is_shaking = false;
    if (error->err != WY_OK) {
        tls->is_ended = true;
        tls->end = WY_IO;
        tls->is_delivered = tls->on_secure != NULL;
    }
    if (!tls->is_wanted) wy_stream_read_raw(tls->stream, false);
    if (tls->on_secure)
        tls->on_secure(tls->data, error);
    else
        deliver(tls); /* the owner may read since before, and something have come behind */
}

static void fail_handshake(wy_tls *tls) {
    const wy_openssl *o = &tls->context->openssl;
    wy_connect_error error = {.err = WY_IO, .fault = WY_CONNECT_TLS_PROTOCOL};
    unsigned long code = o->ERR_peek_error();
    int reason = ERR_GET_REASON(code);
    long result = o->SSL_get_verify_result(tls->ssl);
    if (result != X509_V_OK && reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        error.err = WY_DENIED;
        error.fault = WY_CONNECT_TLS_CERTIFICATE;
        snprintf(error.text, sizeof error.text,
                 "the server's certificate is not accepted: %s (of %s)",
                 o->X509_verify_cert_error_string(result), tls->subject);
    } else {
        if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET &&
            reason < SSL_AD_REASON_OFFSET + 256) {
            error.fault = WY_CONNECT_TLS_ALERT;
            error.alert = (uint8_t)(reason - SSL_AD_REASON_OFFSET);
        }
        char text[REASON_MAX];
        take_reason(o, text, "the connection broke");
        snprintf(error.text, sizeof error.text, "TLS handshake: %s", text);
    }
    o->ERR_clear_error();
    (void)send_out(tls); /* the alert */
    settle(tls, &error);
}

static void handshake(wy_tls *tls) {
    const wy_openssl *o = &tls->context->openssl;
    o->ERR_clear_error();
    int done = o->SSL_do_handshake(tls->ssl);
    int why = o->SSL_get_error(tls->ssl, done);
    if (done != 1 && why != SSL_ERROR_WANT_READ) {
        fail_handshake(tls);
        return;
    }
    wy_err err = send_out(tls);
    if (err) {
        settle(tls, &(wy_connect_error){.err = WY_IO,
                                        .fault = WY_CONNECT_TLS_PROTOCOL,
                                        .text = "TLS handshake: the connection broke"});
    } else if (done == 1) {
        settle(tls, &(wy_connect_error){.err = WY_OK});
    }
}

/* The context is loaded, or will never be. */
static void begin(wy_tls *tls) {
    wy_tls_context *context = tls->context;
    const wy_openssl *o = &context->openssl;
    wy_connect_error error = {.err = WY_NOMEM, .text = "out of memory for TLS"};
    if (context->state == FAILED) {
        error = (wy_connect_error){.err = WY_INVALID, .fault = WY_CONNECT_TLS_PROTOCOL};
        snprintf(error.text, sizeof error.text, "TLS: %s", context->text);
        settle(tls, &error);
        return;
    }
    tls->ssl = o->SSL_new(context->ssl);
    BIO *in = o->BIO_new(o->BIO_s_mem()), *out = o->BIO_new(o->BIO_s_mem());
    if (!tls->ssl || !in || !out) {
        o->BIO_free(in);
        o->BIO_free(out);
        settle(tls, &error);
        return;
    }
    o->BIO_ctrl(in, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, NULL);
    o->SSL_set_bio(tls->ssl, in, out);
    tls->in = in;
    tls->out = out;
    if (tls->context->is_server) {
        o->SSL_set_accept_state(tls->ssl);
        wy_stream_read_raw(tls->stream, true);
        return; /* the client speaks first */
    }
    o->SSL_set_connect_state(tls->ssl);
    o->SSL_set_ex_data(tls->ssl, 0, tls);
    bool ok = o->X509_VERIFY_PARAM_set1_ip_asc(o->SSL_get0_param(tls->ssl), tls->host) == 1;
    if (!ok) {
        o->ERR_clear_error(); /* a name then */
        o->SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        ok = o->SSL_set1_host(tls->ssl, tls->host) == 1 &&
             o->SSL_ctrl(tls->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                         tls->host) == 1;
    }
    if (!ok) {
        settle(tls, &error);
        return;
    }
    wy_stream_read_raw(tls->stream, true);
    handshake(tls);
}

static void on_later(void *data) {
    deliver(data);
}

wy_err wy_tls_start(wy_stream *stream, wy_tls_context *context, const char *host,
                    void (*on_secure)(void *data, const wy_connect_error *error), void *data) {
    wy_tls *tls = calloc(1, sizeof *tls);
    if (!tls) return WY_NOMEM;
    wy_assert(context->is_server == !host);
    tls->host = host ? strdup(host) : NULL;
    if ((host && !tls->host) || wy_timer_new(context->loop, on_later, tls, &tls->later) != WY_OK) {
        free(tls->host);
        free(tls);
        return WY_NOMEM;
    }
    tls->stream = stream;
    tls->context = context;
    context->refs++;
    tls->is_shaking = true;
    tls->on_secure = on_secure;
    tls->data = data;
    wy_stream_set_tls(stream, tls);
    if (context->state != LOADING) {
        begin(tls);
    } else {
        tls->next_waiting = context->waiting;
        context->waiting = tls;
    }
    return WY_OK;
}

static void stop_waiting(wy_tls *tls) {
    wy_tls **at = &tls->context->waiting;
    while (*at && *at != tls)
        at = &(*at)->next_waiting;
    if (*at) *at = tls->next_waiting;
}

void wy_tls_stop(wy_tls *tls) {
    stop_waiting(tls);
    wy_timer_free(tls->later);
    tls->later = NULL;
}

void wy_tls_free(own wy_tls *tls) {
    if (!tls) return;
    const wy_openssl *o = &tls->context->openssl;
    stop_waiting(tls); /* the loop itself ended the stream; it has freed the timer too */
    if (tls->ssl) o->SSL_free(tls->ssl);
    wy_tls_context_release(tls->context);
    free(tls->host);
    free(tls);
}

/* --- reading --- */

void wy_tls_alloc(wy_tls *tls, char **ptr_out, size_t *len_out) {
    *ptr_out = tls->context->loop->tls->cipher;
    *len_out = CIPHER_BYTES;
}

/* Decrypts into `to` until it is full or nothing is left; notes how TLS ended. */
static size_t decrypt(wy_tls *tls, char *to, size_t room) {
    const wy_openssl *o = &tls->context->openssl;
    size_t total = 0, part = 0;
    o->ERR_clear_error();
    while (total < room && !tls->is_ended) {
        int ok = o->SSL_read_ex(tls->ssl, to + total, room - total, &part);
        if (ok) {
            total += part;
            continue;
        }
        int why = o->SSL_get_error(tls->ssl, ok);
        if (why == SSL_ERROR_WANT_READ && !tls->is_cut) break;
        /* Without a close_notify somebody may have cut the connection short. */
        tls->is_ended = true;
        tls->end = why == SSL_ERROR_ZERO_RETURN ? WY_OK : WY_IO;
    }
    o->ERR_clear_error();
    (void)send_out(tls); /* answers to the peer's own messages */
    return total;
}

/* Gives the owner what is there, as long as it reads. */
static void deliver(wy_tls *tls) {
    while (tls->is_wanted && !tls->is_delivered) {
        char *to = NULL;
        size_t room = 0;
        wy_stream_owner_alloc(tls->stream, &to, &room);
        if (!to || room == 0) {
            tls->is_wanted = false;
            wy_stream_read_raw(tls->stream, false);
            return;
        }
        size_t count = decrypt(tls, to, room);
        if (count > 0) {
            wy_stream_owner_read(tls->stream, to, count);
        } else {
            if (!tls->is_ended) return;
            tls->is_delivered = true;
            wy_stream_read_raw(tls->stream, false);
            wy_stream_owner_end(tls->stream, tls->end);
        }
        if (!wy_stream_is_owned(tls->stream)) return; /* it was closed in the callback */
    }
}

void wy_tls_input(wy_tls *tls, const char *bytes, size_t len) {
    const wy_openssl *o = &tls->context->openssl;
    if (!tls->ssl || tls->is_ended) return;
    if (o->BIO_write(tls->in, bytes, (int)len) != (int)len) {
        tls->is_ended = true;
        tls->end = WY_NOMEM;
    }
    if (tls->is_shaking)
        handshake(tls);
    else
        deliver(tls);
}

void wy_tls_input_end(wy_tls *tls) {
    tls->is_cut = true;
    if (tls->is_shaking)
        settle(tls,
               &(wy_connect_error){.err = WY_IO,
                                   .fault = WY_CONNECT_TLS_PROTOCOL,
                                   .text = "TLS handshake: the other side closed the connection"});
    else
        deliver(tls);
}

void wy_tls_want(wy_tls *tls, bool wanted) {
    const wy_openssl *o = &tls->context->openssl;
    tls->is_wanted = wanted;
    if (tls->is_shaking || tls->is_delivered) return;
    wy_stream_read_raw(tls->stream, wanted && !tls->is_cut);
    bool has_more = tls->is_ended || tls->is_cut || o->SSL_pending(tls->ssl) > 0 ||
                    o->BIO_ctrl_pending(tls->in) > 0;
    if (wanted && has_more) wy_timer_start(tls->later, 0);
}

/* --- writing --- */

/* Memory takes everything: a short write is a failure. */
static bool encrypt(wy_tls *tls, const char *bytes, size_t len) {
    const wy_openssl *o = &tls->context->openssl;
    size_t written = 0;
    return len == 0 || (o->SSL_write_ex(tls->ssl, bytes, len, &written) == 1 && written == len);
}

/* Small parts are joined, so that they go out in one record. */
wy_err wy_tls_write(wy_tls *tls, const wy_str *parts, unsigned part_count) {
    const wy_openssl *o = &tls->context->openssl;
    if (!tls->ssl || tls->is_shaking) return WY_CLOSED;
    char *joined = tls->context->loop->tls->joined;
    size_t used = 0;
    bool ok = true;
    o->ERR_clear_error();
    for (unsigned i = 0; i < part_count && ok; i++) {
        if (used + parts[i].len > RECORD_BYTES) {
            ok = encrypt(tls, joined, used);
            used = 0;
        }
        if (parts[i].len > RECORD_BYTES / 2) {
            ok = ok && encrypt(tls, joined, used) && encrypt(tls, parts[i].ptr, parts[i].len);
            used = 0;
        } else if (parts[i].len) {
            memcpy(joined + used, parts[i].ptr, parts[i].len);
            used += parts[i].len;
        }
    }
    ok = ok && encrypt(tls, joined, used);
    o->ERR_clear_error();
    return ok ? send_out(tls) : WY_CLOSED;
}

void wy_tls_say_goodbye(wy_tls *tls) {
    const wy_openssl *o = &tls->context->openssl;
    if (!tls->ssl || tls->is_shaking) return;
    o->ERR_clear_error();
    (void)o->SSL_shutdown(tls->ssl);
    o->ERR_clear_error();
    (void)send_out(tls);
}
