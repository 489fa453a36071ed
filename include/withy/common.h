/* libwithy: what all of its headers share. */
#ifndef WITHY_COMMON_H
#define WITHY_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WITHY_API __attribute__((visibility("default")))
#define WITHY_PRINTF(format_index, first_arg)                                                      \
    __attribute__((format(printf, format_index, first_arg)))

/* "0.1.0"; static memory. Any thread. */
WITHY_API const char *withy_version(void);

/* How a function of this library ended. Numbers are kept: new ones are added at the end. */
typedef enum withy_status {
    WITHY_OK,
    WITHY_NOMEM,
    WITHY_LIMIT,       /* a limit was reached; the text says which */
    WITHY_USAGE,       /* this function may not be used so: the caller's mistake */
    WITHY_IO,          /* reading or writing failed */
    WITHY_NOT_FOUND,   /* no such file or name */
    WITHY_MALFORMED,   /* bytes or text that do not parse */
    WITHY_INVALID,     /* they parse, but break a rule */
    WITHY_UNSUPPORTED, /* withy does not do that; the text names it */
    WITHY_UNMET,       /* imports that nobody provides; the text lists them */
    WITHY_TRAP,        /* the guest trapped */
    WITHY_CANCELLED,
    WITHY_TIMEOUT, /* the deadline passed */
    WITHY_DENIED,
    WITHY_ENGINE, /* the engine failed; the text is its own */
    WITHY_CLOSED,
    WITHY_EXISTS,
    WITHY_BUSY, /* not now: no room for another instance, or a call is under way */
} withy_status;

/* A short lower-case text of a status; static memory. Any thread. */
WITHY_API const char *withy_status_text(withy_status status);

/* What went wrong, in words for the person in front of the screen. Written only by a function that
 * fails, and only when it is given one; it need not be initialised. */
typedef struct withy_error {
    int code;            /* exit status that fits */
    withy_status status; /* what kind of failure */
    char text[16384];
} withy_error;

/* Bytes that somebody else owns, not NUL-terminated: how `string` and `list<u8>` lie in memory. */
typedef struct withy_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
} withy_str;

static inline withy_str withy_str_of(const char *text) {
    withy_str s;
    s.ptr = text;
    s.len = text ? strlen(text) : 0;
    return s;
}

/* Whether the bytes are those of `text`. */
static inline bool withy_str_is(withy_str s, const char *text) {
    return s.len == strlen(text) && (s.len == 0 || memcmp(s.ptr, text, s.len) == 0);
}

/* A name and a value, or a host path and a guest path. */
typedef struct withy_pair {
    const char *name, *value;
} withy_pair;

typedef struct withy_dir {
    const char *host_path, *guest_path;
    bool read_only;
} withy_dir;

#ifdef __cplusplus
}
#endif

#endif
