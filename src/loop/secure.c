/* Secure: TLS as the server. */
#include "loop/secure.h"

#include "loop/connect.h"
#include "loop/internal.h"

#include <stdlib.h>

struct wy_secure {
    wy_tls_context *context;
};

wy_err wy_secure_new(wy_loop *loop, const char *cert_file, const char *key_file,
                     own wy_secure **out, wy_diag *diag) {
    const wy_tls_config config = {.cert_file = cert_file, .key_file = key_file};
    wy_secure *secure = calloc(1, sizeof *secure);
    if (!secure) return wy_diag_set(diag, WY_NOMEM, "out of memory for TLS");
    wy_err err = wy_tls_context_get(loop, &config, true, &secure->context);
    const char *problem = err ? wy_err_text(err) : wy_tls_context_wait(secure->context);
    if (problem) {
        err = wy_diag_set(diag, err ? err : WY_INVALID, "TLS: %s", problem);
        wy_secure_free(secure);
        return err;
    }
    *out = secure;
    return WY_OK;
}

void wy_secure_free(own wy_secure *secure) {
    if (!secure) return;
    wy_tls_context_release(secure->context);
    free(secure);
}

wy_err wy_secure_accept(wy_secure *secure, wy_stream *stream) {
    return wy_tls_start(stream, secure->context, NULL, NULL, NULL);
}
