/* Any bytes as what a Redis server sends: the same replies however the bytes are cut, and in step
 * when one of them is given up in the middle. Also any text as an address. */
#include "base/check.h"
#include "capability/redis/address.h"
#include "capability/redis/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t leaf_bytes(const wy_redis_reply *reply) {
    size_t bytes = 1;
    if (reply->kind != WY_REDIS_ARRAY) return bytes + reply->text.len;
    for (size_t i = 0; i < reply->count; i++)
        bytes += leaf_bytes(&reply->items[i]);
    return bytes;
}

/* A sum over all replies that come when the input is fed `step` bytes at a time. */
static size_t read_all(const uint8_t *data, size_t size, size_t step, size_t *count_out) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)64 << 20);
    wy_redis_reader *reader = wy_redis_reader_new();
    wy_assert(reader);
    size_t sum = 0;
    bool goes_on = true;
    *count_out = 0;
    for (size_t at = 0; at < size && goes_on; at += step) {
        size_t len = size - at < step ? size - at : step;
        goes_on = wy_redis_reader_feed(reader, (wy_str){(const char *)data + at, len});
        wy_redis_progress progress = WY_REDIS_WHOLE;
        while (goes_on && (progress == WY_REDIS_WHOLE || progress == WY_REDIS_LARGE)) {
            const wy_redis_reply *reply;
            progress = wy_redis_reader_next(reader, &arena, &reply);
            if (reply) sum += leaf_bytes(reply);
            *count_out += reply != NULL;
        }
        goes_on = goes_on && progress == WY_REDIS_MORE;
        if (step > 1 && at == 0)
            wy_redis_reader_discard(reader); /* of what is begun, if anything */
    }
    wy_redis_reader_free(reader);
    wy_arena_deinit(&arena);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t count_one, count_all, count_half;
    size_t one = read_all(data, size, 1, &count_one);
    size_t all = read_all(data, size, size + 1, &count_all);
    wy_assert(one == all && count_one == count_all);
    (void)read_all(data, size, size / 2 + 2, &count_half);
    wy_assert(count_half <= count_all);
    wy_redis_address *address;
    if (wy_redis_address_new((wy_str){(const char *)data, size}, &address, NULL) == WY_OK) {
        wy_assert(address->host.len && address->port);
        wy_redis_address_free(address);
    }
    return 0;
}
