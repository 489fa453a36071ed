/* A command as a Redis server reads it. */
#ifndef WY_CAPABILITY_REDIS_FORMAT_H
#define WY_CAPABILITY_REDIS_FORMAT_H

#include "base/err.h"
#include "base/str.h"

/* How many bytes the command takes; 0: more than there can be. */
size_t wy_redis_format_size(const wy_str *argv, size_t argc);
/* Writes so many bytes. */
void wy_redis_format_to(const wy_str *argv, size_t argc, char *to);

/* Both; `bytes_out->ptr` is to be freed with free(). */
wy_err wy_redis_format(const wy_str *argv, size_t argc, wy_str *bytes_out) WY_MUST_USE;

#endif
