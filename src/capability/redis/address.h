/* Address of a Redis server as users write it:
 *
 *   redis[s]://[[user][:password]@]host[:port][/database]     rediss: over TLS; port 6379
 *
 * User and password may be percent-encoded. */
#ifndef WY_CAPABILITY_REDIS_ADDRESS_H
#define WY_CAPABILITY_REDIS_ADDRESS_H

#include "base/err.h"
#include "base/str.h"

/* One allocation, immutable. Strings are NUL-terminated; user and password may hold any byte. */
typedef struct wy_redis_address {
    wy_str url;    /* as it was written: what connections are shared by. Holds secrets */
    wy_str scheme; /* "redis", "rediss" */
    wy_str host;   /* without brackets */
    uint16_t port;
    bool tls;
    bool has_password;
    wy_str user, password; /* empty: none */
    uint32_t database;
} wy_redis_address;

/* WY_INVALID with the reason, which names no secret. */
wy_err wy_redis_address_new(wy_str url, own wy_redis_address **address_out,
                            wy_diag *diag) WY_MUST_USE;
void wy_redis_address_free(own wy_redis_address *address);

#endif
