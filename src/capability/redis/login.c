/* The first commands on a connection. */
#include "capability/redis/login.h"

#include "capability/redis/format.h"

#include <stdio.h>
#include <stdlib.h>

wy_err wy_redis_write(wy_stream *stream, const wy_str *argv, size_t argc) {
    wy_str bytes;
    wy_err err = wy_redis_format(argv, argc, &bytes);
    if (err) return err;
    err = wy_stream_write(stream, &bytes, 1);
    free((char *)bytes.ptr);
    return err;
}

wy_err wy_redis_login(const wy_redis_address *address, wy_stream *stream, unsigned *answers_out) {
    const wy_str named[] = {WY_STR("AUTH"), address->user, address->password};
    const wy_str unnamed[] = {WY_STR("AUTH"), address->password};
    char digits[16];
    int len = snprintf(digits, sizeof digits, "%u", address->database);
    const wy_str select[] = {WY_STR("SELECT"), {digits, (size_t)len}};
    wy_err err = WY_OK;
    *answers_out = 0;
    if (address->has_password) {
        bool has_user = address->user.len > 0;
        err = wy_redis_write(stream, has_user ? named : unnamed, has_user ? 3 : 2);
        ++*answers_out;
    }
    if (!err && address->database) {
        err = wy_redis_write(stream, select, 2);
        ++*answers_out;
    }
    return err;
}
