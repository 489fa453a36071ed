/* Secure: TLS on connections that others make to us, with a certificate of ours. */
#ifndef WY_LOOP_SECURE_H
#define WY_LOOP_SECURE_H

#include "loop/loop.h"

typedef struct wy_secure wy_secure;

/* Reads the certificate (PEM, with its chain) and its key (PEM); turns the loop meanwhile.
 * WY_INVALID says what is wrong with them. The names outlive it. */
wy_err wy_secure_new(wy_loop *loop, const char *cert_file, const char *key_file,
                     own wy_secure **out, wy_diag *diag) WY_MUST_USE;
/* Reads the files again, on the pool. Connections that come behind `on_done`, which is called by
 * the loop unless this fails or is called once more, have what is in them then; where that is of no
 * use, `problem` says why, and the old goes on. */
wy_err wy_secure_reload(wy_secure *secure, void (*on_done)(void *data, const char *problem),
                        void *data) WY_MUST_USE;
/* Streams under it go on. */
void wy_secure_free(own wy_secure *secure); /* NULL is fine */
/* The stream was accepted and has no handlers yet; what its owner reads and writes is encrypted
 * below. Nothing can be written before something was read; a handshake that fails is an end with
 * WY_IO. */
wy_err wy_secure_accept(wy_secure *secure, wy_stream *stream) WY_MUST_USE;

#endif
