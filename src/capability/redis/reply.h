/* Replies of a Redis server (RESP2): bytes to trees in an arena. hiredis does the parsing. */
#ifndef WY_CAPABILITY_REDIS_REPLY_H
#define WY_CAPABILITY_REDIS_REPLY_H

#include "base/arena.h"
#include "base/str.h"

typedef enum wy_redis_kind {
    WY_REDIS_NIL,
    WY_REDIS_STATUS,
    WY_REDIS_ERROR,
    WY_REDIS_INTEGER,
    WY_REDIS_BULK,
    WY_REDIS_ARRAY,
} wy_redis_kind;

typedef struct wy_redis_reply {
    wy_redis_kind kind;
    int64_t integer;              /* INTEGER */
    wy_str text;                  /* STATUS, ERROR, BULK */
    struct wy_redis_reply *items; /* ARRAY: `count` of them */
    size_t count;
} wy_redis_reply;

typedef struct wy_redis_reader wy_redis_reader;

typedef enum wy_redis_progress {
    WY_REDIS_MORE,  /* no whole reply has come yet */
    WY_REDIS_WHOLE, /* one has */
    WY_REDIS_LARGE, /* one has, and was too large to keep; the next is in step */
    WY_REDIS_BAD,   /* what came is no reply, or larger than can be read: nothing more is */
} wy_redis_progress;

/* NULL: no memory. */
own wy_redis_reader *wy_redis_reader_new(void);
void wy_redis_reader_free(own wy_redis_reader *reader);
/* False: no memory, or a piece of a reply passes WY_MAX_RESULT_BYTES. */
bool wy_redis_reader_feed(wy_redis_reader *reader, wy_str bytes) WY_MUST_USE;
/* Takes the next reply out of what was fed. It is built in `arena`, which must stay the same until
 * it is whole; NULL: it is not wanted. */
wy_redis_progress wy_redis_reader_next(wy_redis_reader *reader, wy_arena *arena,
                                       const wy_redis_reply **reply_out) WY_MUST_USE;
/* The reply being read is not wanted any more: its arena ends. */
void wy_redis_reader_discard(wy_redis_reader *reader);
/* Why it was WY_REDIS_BAD, or feeding failed. */
const char *wy_redis_reader_reason(const wy_redis_reader *reader);

#endif
