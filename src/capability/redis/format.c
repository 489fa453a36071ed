/* Commands as arrays of byte strings: *COUNT, then $LENGTH and the bytes of each. Not by hiredis,
 * whose formatting takes as long as all else that a command needs. */
#include "capability/redis/format.h"

#include <stdlib.h>

static unsigned digit_count(size_t n) {
    unsigned count = 1;
    for (; n >= 10; n /= 10)
        count++;
    return count;
}

static char *write_line(char *to, char sign, size_t n) {
    unsigned count = digit_count(n);
    *to++ = sign;
    for (char *at = to + count; at > to; n /= 10)
        *--at = (char)('0' + n % 10);
    to += count;
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

size_t wy_redis_format_size(const wy_str *argv, size_t argc) {
    size_t size = 1 + digit_count(argc) + 2;
    for (size_t i = 0; i < argc; i++)
        if (__builtin_add_overflow(size, argv[i].len, &size) ||
            __builtin_add_overflow(size, 1 + digit_count(argv[i].len) + 4, &size))
            return 0;
    return size;
}

void wy_redis_format_to(const wy_str *argv, size_t argc, char *to) {
    to = write_line(to, '*', argc);
    for (size_t i = 0; i < argc; i++) {
        to = write_line(to, '$', argv[i].len);
        if (argv[i].len) memcpy(to, argv[i].ptr, argv[i].len);
        to += argv[i].len;
        *to++ = '\r';
        *to++ = '\n';
    }
}

wy_err wy_redis_format(const wy_str *argv, size_t argc, wy_str *bytes_out) {
    size_t size = wy_redis_format_size(argv, argc);
    char *bytes = size ? malloc(size) : NULL;
    if (bytes) wy_redis_format_to(argv, argc, bytes);
    *bytes_out = (wy_str){bytes, bytes ? size : 0};
    return bytes ? WY_OK : WY_NOMEM;
}
