#include "capability/sql/postgres_decode.h"

#include <stdlib.h>

#include "base/test.h"

static wy_arena arena;

static void begin(void) {
    wy_arena_init(&arena, (size_t)16 << 20);
}

static void is_numeric(wy_str raw, const char *text) {
    wy_str out;
    begin();
    assert_true(wy_pg_numeric(raw, &arena, &out));
    assert_string_equal(out.ptr, text);
    wy_arena_deinit(&arena);
}

TEST(numbers_of_any_length) {
    is_numeric(WY_STR("\0\0\0\0\0\0\0\0"), "0");
    is_numeric(WY_STR("\0\0\0\0\0\0\0\2"), "0.00");
    is_numeric(WY_STR("\0\1\0\0\0\0\0\0\0\1"), "1");
    is_numeric(WY_STR("\0\1\0\1\0\0\0\0\0\1"), "10000");
    is_numeric(WY_STR("\0\2\0\1\x40\0\0\0\0\1\0\x17"), "-10023");
    is_numeric(WY_STR("\0\1\xff\xff\0\0\0\5\0\1"), "0.00010");
    is_numeric(WY_STR("\0\1\xff\xfe\0\0\0\6\0\x64"), "0.000001");
    is_numeric(WY_STR("\0\0\0\0\xc0\0\0\0"), "NaN");
    is_numeric(WY_STR("\0\0\0\x20\xf0\0\0\0"), "-Infinity");
}

/* What a server that is none may send: nothing is read behind the end. */
TEST(malformed_values_are_refused) {
    wy_str out;
    wy_pg_range range;
    wy_pg_array array;
    wy_pg_interval interval;
    int64_t n;
    bool is_null;
    begin();
    assert_false(wy_pg_numeric(WY_STR("\0\1\0\0\0\0\0\0"), &arena, &out));
    assert_false(wy_pg_numeric(WY_STR("\xff\xff\0\0\0\0\0\0"), &arena, &out));
    assert_false(wy_pg_numeric(WY_STR("\0\0\0"), &arena, &out));
    assert_false(wy_pg_uuid(WY_STR("short"), &arena, &out));
    assert_false(wy_pg_jsonb(WY_STR(""), &out));
    assert_false(wy_pg_jsonb(WY_STR("\2{}"), &out));
    assert_false(wy_pg_integer(WY_STR("\0\0\0"), &n));
    assert_false(wy_pg_interval_read(WY_STR("0123456789abcde"), &interval));
    assert_false(wy_pg_range_read(WY_STR(""), &range));
    assert_false(wy_pg_range_read(WY_STR("\2\0\0\0\x4\0\0\0"), &range));
    assert_false(wy_pg_range_read(WY_STR("\2\x7f\xff\xff\xff"), &range));
    assert_false(
        wy_pg_array_read(WY_STR("\0\0\0\1\0\0\0\0\0\0\0\x17\x7f\xff\xff\xff\0\0\0\1"), &array));
    assert_false(wy_pg_array_read(WY_STR("\0\0\0\2\0\0\0\0\0\0\0\x17"), &array));
    assert_true(
        wy_pg_array_read(WY_STR("\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\1\0\0\0\1\0\0\0\x9"), &array));
    assert_int_equal(array.count, 1);
    assert_false(wy_pg_array_next(&array, &is_null, &out));
    wy_arena_deinit(&arena);
}

/* Random bytes, in memory of exactly their size, so that a sanitizer sees a read behind them. */
TEST(random_bytes_are_survived) {
    srand(7);
    begin();
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)rand() % 40;
        char *bytes = malloc(len ? len : 1);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)(rand() % 4 ? rand() % 4 : rand());
        wy_str raw = {bytes, len}, out;
        wy_pg_range range;
        wy_pg_array array;
        wy_arena_mark mark = wy_arena_here(&arena);
        (void)wy_pg_numeric(raw, &arena, &out);
        (void)wy_pg_uuid(raw, &arena, &out);
        (void)wy_pg_range_read(raw, &range);
        bool is_null, more = wy_pg_array_read(raw, &array);
        for (uint32_t i = 0; more && i < array.count; i++)
            more = wy_pg_array_next(&array, &is_null, &out);
        wy_arena_rewind(&arena, mark);
        free(bytes);
    }
    wy_arena_deinit(&arena);
}
