/* Secure: TLS as the server. */
#include "loop/secure.h"

#include "loop/connect.h"
#include "loop/internal.h"

#include <stdlib.h>

struct wy_secure {
    wy_loop *loop;
    wy_tls_config config;
    wy_tls_context *context;
    wy_tls_context *next; /* is being loaded; NULL: none is */
    void (*on_done)(void *data, const char *problem);
    void *data;
};

wy_err wy_secure_new(wy_loop *loop, const char *cert_file, const char *key_file,
                     own wy_secure **out, wy_diag *diag) {
    wy_secure *secure = calloc(1, sizeof *secure);
    if (!secure) return wy_diag_set(diag, WY_NOMEM, "out of memory for TLS");
    secure->loop = loop;
    secure->config = (wy_tls_config){.cert_file = cert_file, .key_file = key_file};
    wy_err err = wy_tls_context_get(loop, &secure->config, true, &secure->context);
    const char *problem = err ? wy_err_text(err) : wy_tls_context_wait(secure->context);
    if (problem) {
        err = wy_diag_set(diag, err ? err : WY_INVALID, "TLS: %s", problem);
        wy_secure_free(secure);
        return err;
    }
    *out = secure;
    return WY_OK;
}

static void drop_next(wy_secure *secure) {
    if (!secure->next) return;
    wy_tls_context_watch(secure->next, NULL, NULL);
    wy_tls_context_release(secure->next);
    secure->next = NULL;
}

static void on_loaded(void *data) {
    wy_secure *secure = data;
    const char *problem = wy_tls_context_problem(secure->next);
    if (!problem) {
        wy_tls_context *old = secure->context;
        secure->context = secure->next;
        secure->next = old;
    }
    secure->on_done(secure->data, problem);
    drop_next(secure);
}

wy_err wy_secure_reload(wy_secure *secure, void (*on_done)(void *data, const char *problem),
                        void *data) {
    drop_next(secure);
    wy_err err = wy_tls_context_get(secure->loop, &secure->config, true, &secure->next);
    if (err) return err;
    secure->on_done = on_done;
    secure->data = data;
    wy_tls_context_watch(secure->next, on_loaded, secure);
    return WY_OK;
}

void wy_secure_free(own wy_secure *secure) {
    if (!secure) return;
    drop_next(secure);
    wy_tls_context_release(secure->context);
    free(secure);
}

wy_err wy_secure_accept(wy_secure *secure, wy_stream *stream) {
    return wy_tls_start(stream, secure->context, NULL, NULL, NULL);
}
