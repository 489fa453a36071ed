/* Login: the first commands on a connection to a Redis server. */
#ifndef WY_CAPABILITY_REDIS_LOGIN_H
#define WY_CAPABILITY_REDIS_LOGIN_H

#include "capability/redis/address.h"
#include "loop/loop.h"

/* Writes one command. */
wy_err wy_redis_write(wy_stream *stream, const wy_str *argv, size_t argc) WY_MUST_USE;
/* Writes AUTH and SELECT as the address asks for them; so many answers will come. */
wy_err wy_redis_login(const wy_redis_address *address, wy_stream *stream,
                      unsigned *answers_out) WY_MUST_USE;

#endif
