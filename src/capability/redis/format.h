/* A command as a Redis server reads it. */
#ifndef WY_CAPABILITY_REDIS_FORMAT_H
#define WY_CAPABILITY_REDIS_FORMAT_H

#include "base/err.h"
#include "base/str.h"

/* `bytes_out->ptr` is to be freed with free(). */
wy_err wy_redis_format(const wy_str *argv, size_t argc, wy_str *bytes_out) WY_MUST_USE;

#endif
