#include "capability/redis/reply.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/test.h"
#include "capability/redis/address.h"
#include "capability/redis/client.h"
#include "capability/redis/format.h"

static wy_arena arena;

static wy_redis_reader *begin(void) {
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_redis_reader *reader = wy_redis_reader_new();
    assert_non_null(reader);
    return reader;
}

static void end(wy_redis_reader *reader) {
    wy_redis_reader_free(reader);
    wy_arena_deinit(&arena);
}

static wy_redis_progress feed(wy_redis_reader *reader, const char *text,
                              const wy_redis_reply **reply) {
    if (*text) assert_true(wy_redis_reader_feed(reader, wy_str_of(text)));
    return wy_redis_reader_next(reader, &arena, reply);
}

TEST(every_kind_is_read) {
    wy_redis_reader *reader = begin();
    const wy_redis_reply *reply;
    assert_int_equal(feed(reader, "+OK\r\n", &reply), WY_REDIS_WHOLE);
    assert_int_equal(reply->kind, WY_REDIS_STATUS);
    assert_int_equal(feed(reader, "-ERR no\r\n", &reply), WY_REDIS_WHOLE);
    assert_int_equal(reply->kind, WY_REDIS_ERROR);
    assert_true(wy_str_eqz(reply->text, "ERR no"));
    assert_int_equal(feed(reader, ":-12\r\n", &reply), WY_REDIS_WHOLE);
    assert_int_equal(reply->integer, -12);
    assert_int_equal(feed(reader, "$-1\r\n", &reply), WY_REDIS_WHOLE);
    assert_int_equal(reply->kind, WY_REDIS_NIL);
    assert_int_equal(feed(reader, "*2\r\n$2\r\nab\r\n*2\r\n:1\r\n$0\r\n\r\n", &reply),
                     WY_REDIS_WHOLE);
    assert_int_equal(reply->count, 2);
    assert_true(wy_str_eqz(reply->items[0].text, "ab"));
    assert_int_equal(reply->items[1].items[0].integer, 1);
    assert_int_equal(reply->items[1].items[1].kind, WY_REDIS_BULK);
    end(reader);
}

TEST(a_reply_may_come_in_any_pieces) {
    static const char text[] = "*2\r\n$5\r\nhello\r\n*1\r\n:42\r\n";
    wy_redis_reader *reader = begin();
    const wy_redis_reply *reply;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char piece[2] = {text[i], 0};
        wy_redis_progress progress = feed(reader, piece, &reply);
        assert_int_equal(progress, i + 2 == sizeof text ? WY_REDIS_WHOLE : WY_REDIS_MORE);
    }
    assert_int_equal(reply->items[1].items[0].integer, 42);
    end(reader);
}

TEST(what_is_not_wanted_is_passed_over) {
    wy_redis_reader *reader = begin();
    const wy_redis_reply *reply;
    assert_int_equal(feed(reader, "*2\r\n$5\r\nhello\r\n$5", &reply), WY_REDIS_MORE);
    wy_redis_reader_discard(reader); /* whoever waited is gone, with its arena */
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)1 << 20);
    assert_int_equal(feed(reader, "\r\nworld\r\n+next\r\n", &reply), WY_REDIS_WHOLE);
    assert_null(reply);
    assert_int_equal(feed(reader, "", &reply), WY_REDIS_WHOLE);
    assert_true(wy_str_eqz(reply->text, "next"));
    end(reader);
}

TEST(what_is_too_large_is_passed_over_too) {
    wy_redis_reader *reader = begin();
    const wy_redis_reply *reply;
    char *large = malloc((size_t)2 << 20); /* more than the arena holds */
    int head = snprintf(large, 64, "*2\r\n$%zu\r\n", (size_t)1 << 20);
    memset(large + head, 'x', (size_t)1 << 20);
    assert_true(wy_redis_reader_feed(reader, (wy_str){large, (size_t)head + ((size_t)1 << 20)}));
    free(large);
    assert_int_equal(feed(reader, "\r\n:1\r\n:2\r\n", &reply), WY_REDIS_LARGE);
    assert_null(reply);
    assert_int_equal(feed(reader, "", &reply), WY_REDIS_WHOLE);
    assert_int_equal(reply->integer, 2);
    assert_int_equal(feed(reader, "*1000000000\r\n", &reply), WY_REDIS_MORE);
    end(reader);
}

TEST(nonsense_is_bad) {
    static const char *const bad[] = {
        "hello\r\n", "$-7\r\n", ":x\r\n", "*-5\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wy_redis_reader *reader = begin();
        const wy_redis_reply *reply;
        assert_int_equal(feed(reader, bad[i], &reply), WY_REDIS_BAD);
        assert_true(strlen(wy_redis_reader_reason(reader)) > 0);
        end(reader);
    }
}

TEST(commands_are_written_with_their_lengths) {
    const wy_str argv[] = {WY_STR("SET"), WY_STR("a\0b"), {NULL, 0}, WY_STR("0123456789ab")};
    static const char want[] = "*4\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n$12\r\n0123456789ab\r\n";
    wy_str bytes;
    assert_int_equal(wy_redis_format(argv, 4, &bytes), WY_OK);
    assert_int_equal(bytes.len, sizeof want - 1);
    assert_memory_equal(bytes.ptr, want, bytes.len);
    free((char *)bytes.ptr);
}

TEST(addresses) {
    wy_redis_address *a;
    assert_int_equal(wy_redis_address_new(WY_STR("redis://h"), &a, NULL), WY_OK);
    assert_string_equal(a->host.ptr, "h");
    assert_int_equal(a->port, 6379);
    assert_false(a->tls || a->has_password || a->database);
    wy_redis_address_free(a);
    assert_int_equal(wy_redis_address_new(WY_STR("rediss://u%40:p%2Fw%25@[::1]:7000/12"), &a, NULL),
                     WY_OK);
    assert_string_equal(a->host.ptr, "::1");
    assert_int_equal(a->port, 7000);
    assert_true(a->tls && a->has_password);
    assert_int_equal(a->database, 12);
    assert_true(wy_str_eqz(a->user, "u@"));
    assert_true(wy_str_eqz(a->password, "p/w%"));
    wy_redis_address_free(a);
    static const char *const bad[] = {"",
                                      "h",
                                      "http://h",
                                      "redis://",
                                      "redis://h:",
                                      "redis://h:0",
                                      "redis://h:65536",
                                      "redis://h/x",
                                      "redis://[::1",
                                      "redis://%zz@h",
                                      "redis://a%4@h"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wy_diag diag;
        wy_diag_init(&diag);
        assert_int_equal(wy_redis_address_new(wy_str_of(bad[i]), &a, &diag), WY_INVALID);
        assert_null(a);
    }
}

TEST(a_refused_address_tells_no_secret) {
    wy_redis_address *a;
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_redis_address_new(WY_STR("redis://u:secret@h:x"), &a, &diag), WY_INVALID);
    assert_null(strstr(diag.text, "secret"));
}

TEST(commands_know_what_they_need) {
    const wy_str get[] = {WY_STR("get"), WY_STR("multi")};
    const wy_str multi[] = {WY_STR("Multi")};
    const wy_str pop[] = {WY_STR("BLPOP"), WY_STR("k"), WY_STR("0")};
    const wy_str read[] = {WY_STR("XREAD"), WY_STR("STREAMS"), WY_STR("s"), WY_STR("0")};
    const wy_str wait[] = {WY_STR("XREAD"), WY_STR("block"), WY_STR("0")};
    const wy_str subscribe[] = {WY_STR("SUBSCRIBE"), WY_STR("c")};
    const wy_str hello[] = {WY_STR("HELLO"), WY_STR("3")};
    assert_int_equal(wy_redis_command_way(get, 2), WY_REDIS_SHARED);
    assert_int_equal(wy_redis_command_way(multi, 1), WY_REDIS_STATEFUL);
    assert_int_equal(wy_redis_command_way(pop, 3), WY_REDIS_BLOCKING);
    assert_int_equal(wy_redis_command_way(read, 4), WY_REDIS_SHARED);
    assert_int_equal(wy_redis_command_way(wait, 3), WY_REDIS_BLOCKING);
    assert_int_equal(wy_redis_command_way(subscribe, 2), WY_REDIS_REFUSED);
    assert_int_equal(wy_redis_command_way(hello, 2), WY_REDIS_REFUSED);
    assert_int_equal(wy_redis_command_way(hello, 1), WY_REDIS_STATEFUL);
}
