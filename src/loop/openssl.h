/* OpenSSL's libssl, opened when the first TLS connection is made: linked in, its relocations alone
 * would be a tenth of the start of a small component. The functions that tls.c calls, under their
 * own names. */
#ifndef WY_LOOP_OPENSSL_H
#define WY_LOOP_OPENSSL_H

#include "base/err.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define WY_OPENSSL_LIBRARY "libssl.so.3" /* the ABI of OpenSSL 3; libcrypto comes with it */

#define WY_OPENSSL_FUNCTIONS(F)                                                                    \
    F(BIO_ctrl)                                                                                    \
    F(BIO_ctrl_pending)                                                                            \
    F(BIO_free)                                                                                    \
    F(BIO_new)                                                                                     \
    F(BIO_read)                                                                                    \
    F(BIO_s_mem)                                                                                   \
    F(BIO_write)                                                                                   \
    F(ERR_clear_error)                                                                             \
    F(ERR_get_error_all)                                                                           \
    F(ERR_peek_error)                                                                              \
    F(ERR_reason_error_string)                                                                     \
    F(OPENSSL_thread_stop)                                                                         \
    F(SSL_CTX_check_private_key)                                                                   \
    F(SSL_CTX_ctrl)                                                                                \
    F(SSL_CTX_free)                                                                                \
    F(SSL_CTX_load_verify_file)                                                                    \
    F(SSL_CTX_new)                                                                                 \
    F(SSL_CTX_set_alpn_protos)                                                                     \
    F(SSL_CTX_set_cert_verify_callback)                                                            \
    F(SSL_CTX_set_default_verify_paths)                                                            \
    F(SSL_CTX_set_options)                                                                         \
    F(SSL_CTX_set_verify)                                                                          \
    F(SSL_CTX_use_PrivateKey_file)                                                                 \
    F(SSL_CTX_use_certificate_chain_file)                                                          \
    F(SSL_ctrl)                                                                                    \
    F(SSL_do_handshake)                                                                            \
    F(SSL_free)                                                                                    \
    F(SSL_get0_param)                                                                              \
    F(SSL_get_error)                                                                               \
    F(SSL_get_ex_data)                                                                             \
    F(SSL_get_ex_data_X509_STORE_CTX_idx)                                                          \
    F(SSL_get_verify_result)                                                                       \
    F(SSL_new)                                                                                     \
    F(SSL_pending)                                                                                 \
    F(SSL_set_accept_state)                                                                        \
    F(SSL_read_ex)                                                                                 \
    F(SSL_set1_host)                                                                               \
    F(SSL_set_bio)                                                                                 \
    F(SSL_set_connect_state)                                                                       \
    F(SSL_set_ex_data)                                                                             \
    F(SSL_set_hostflags)                                                                           \
    F(SSL_shutdown)                                                                                \
    F(SSL_write_ex)                                                                                \
    F(TLS_client_method)                                                                           \
    F(TLS_server_method)                                                                           \
    F(X509_NAME_oneline)                                                                           \
    F(X509_STORE_CTX_get_current_cert)                                                             \
    F(X509_STORE_CTX_get_ex_data)                                                                  \
    F(X509_VERIFY_PARAM_set1_ip_asc)                                                               \
    F(X509_get_default_cert_dir)                                                                   \
    F(X509_get_default_cert_file)                                                                  \
    F(X509_get_subject_name)                                                                       \
    F(X509_verify_cert)                                                                            \
    F(X509_verify_cert_error_string)

typedef struct wy_openssl {
#define WY_OPENSSL_FUNCTION(name) __typeof__(name) *name;
    WY_OPENSSL_FUNCTIONS(WY_OPENSSL_FUNCTION)
#undef WY_OPENSSL_FUNCTION
} wy_openssl;

/* Any thread, any number of times; the library stays open as long as the process lives.
 * WY_NOT_FOUND: it is not installed, or not this version; `text` says so. */
wy_err wy_openssl_load(wy_openssl *out, char *text, size_t text_size) WY_MUST_USE;

#endif
