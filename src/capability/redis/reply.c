/* Replies, built by the callbacks of hiredis's reader. */
#include "capability/redis/reply.h"

#include "base/limits.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>

/* An empty buffer larger than this is given back. */
#define BUFFER_KEPT ((size_t)256 << 10)

struct wy_redis_reader {
    redisReader *parser;
    wy_arena *arena; /* of the reply being read; NULL: it is not kept */
    size_t kept;     /* bytes of it */
    bool is_large;   /* it became too large to keep */
    const char *reason;
};

/* Where the reply of `task` goes, with `cost` bytes besides; NULL: it is not kept. */
static wy_redis_reply *place(const redisReadTask *task, size_t cost) {
    wy_redis_reader *reader = task->privdata;
    if (!reader->arena) return NULL;
    wy_redis_reply *reply = NULL;
    if (cost <= WY_MAX_RESULT_BYTES - reader->kept) {
        reader->kept += cost;
        reply = task->parent ? &((wy_redis_reply *)task->parent->obj)->items[task->idx]
                             : wy_arena_calloc(reader->arena, 1, sizeof *reply);
    }
    if (!reply) {
        reader->is_large = true;
        reader->arena = NULL;
    }
    return reply;
}

/* What stands for the parts of a reply that is not kept: the parser wants something that is not
 * NULL, and nobody looks at it. */
static void *nothing(const redisReadTask *task) {
    return task->privdata;
}

static void *out_of_room(const redisReadTask *task) {
    wy_redis_reader *reader = task->privdata;
    reader->is_large = true;
    reader->arena = NULL;
    return nothing(task);
}

static void *create_string(const redisReadTask *task, char *bytes, size_t len) {
    wy_redis_reader *reader = task->privdata;
    wy_redis_reply *reply = place(task, len);
    if (!reply) return nothing(task);
    char *copy = wy_arena_alloc_aligned(reader->arena, len, 1);
    if (!copy) return out_of_room(task);
    if (len) memcpy(copy, bytes, len);
    reply->kind = task->type == REDIS_REPLY_STATUS  ? WY_REDIS_STATUS
                  : task->type == REDIS_REPLY_ERROR ? WY_REDIS_ERROR
                                                    : WY_REDIS_BULK;
    reply->text = (wy_str){copy, len};
    return reply;
}

static void *create_items(const redisReadTask *task, size_t count) {
    wy_redis_reader *reader = task->privdata;
    if (count > WY_MAX_RESULT_BYTES / sizeof(wy_redis_reply)) return out_of_room(task);
    wy_redis_reply *reply = place(task, count * sizeof *reply);
    if (!reply) return nothing(task);
    reply->items = wy_arena_calloc(reader->arena, count, sizeof *reply);
    if (!reply->items) return out_of_room(task);
    reply->kind = WY_REDIS_ARRAY;
    reply->count = count;
    return reply;
}

static void *create_integer(const redisReadTask *task, long long value) {
    wy_redis_reply *reply = place(task, 0);
    if (!reply) return nothing(task);
    reply->kind = WY_REDIS_INTEGER;
    reply->integer = value;
    return reply;
}

static void *create_nil(const redisReadTask *task) {
    wy_redis_reply *reply = place(task, 0);
    if (!reply) return nothing(task);
    reply->kind = WY_REDIS_NIL;
    return reply;
}

/* Arenas free. */
static void free_object(void *object) {
    (void)object;
}

#if HIREDIS_MAJOR >= 1
static void *create_array(const redisReadTask *task, size_t count) {
    return create_items(task, count);
}
#else
static void *create_array(const redisReadTask *task, int count) {
    return create_items(task, (size_t)count);
}
#endif

static redisReplyObjectFunctions functions = {
    .createString = create_string,
    .createArray = create_array,
    .createInteger = create_integer,
    .createNil = create_nil,
    .freeObject = free_object,
};

own wy_redis_reader *wy_redis_reader_new(void) {
    wy_redis_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    reader->parser = redisReaderCreateWithFunctions(&functions);
    if (!reader->parser) {
        free(reader);
        return NULL;
    }
    reader->parser->privdata = reader;
    reader->parser->maxbuf = BUFFER_KEPT;
    return reader;
}

void wy_redis_reader_free(own wy_redis_reader *reader) {
    if (!reader) return;
    redisReaderFree(reader->parser);
    free(reader);
}

/* The parser keeps a string until it is whole: what has piled up is its bound. */
bool wy_redis_reader_feed(wy_redis_reader *reader, wy_str bytes) {
    if (reader->parser->len - reader->parser->pos > WY_MAX_RESULT_BYTES + 64) {
        reader->reason = "a value of the answer is larger than a result may be";
        return false;
    }
    if (redisReaderFeed(reader->parser, bytes.ptr, bytes.len) == REDIS_OK) return true;
    reader->reason = reader->parser->errstr;
    return false;
}

wy_redis_progress wy_redis_reader_next(wy_redis_reader *reader, wy_arena *arena,
                                       const wy_redis_reply **reply_out) {
    void *reply = NULL;
    *reply_out = NULL;
    /* The parser would begin a reply of no bytes yet, whose arena may be gone when they come. */
    if (reader->parser->pos == reader->parser->len) return WY_REDIS_MORE;
    if (reader->parser->ridx == -1) { /* a new reply begins */
        reader->is_large = false;
        reader->kept = 0;
        reader->arena = arena;
    }
    if (redisReaderGetReply(reader->parser, &reply) != REDIS_OK) {
        reader->reason = reader->parser->errstr;
        return WY_REDIS_BAD;
    }
    if (!reply) return WY_REDIS_MORE;
    if (reader->is_large) return WY_REDIS_LARGE;
    if (reader->arena) *reply_out = reply;
    return WY_REDIS_WHOLE;
}

void wy_redis_reader_discard(wy_redis_reader *reader) {
    reader->arena = NULL;
}

const char *wy_redis_reader_reason(const wy_redis_reader *reader) {
    return reader->reason ? reader->reason : "it makes no sense";
}
