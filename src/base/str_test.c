#include <stdio.h>
#include "base/map.h"
#include "base/str.h"
#include "base/test.h"

TEST(utf8_is_looked_at_up_to_its_last_byte) {
    char text[200];
    for (size_t len = 1; len <= sizeof text; len++) {
        memset(text, 'a', sizeof text);
        assert_true(wy_utf8_valid(text, len));
        for (size_t i = 0; i < len; i++) {
            text[i] = (char)0xff;
            assert_false(wy_utf8_valid(text, len));
            if (i + 1 < len) {
                memcpy(text + i, "\xc3\xa9", 2);
                assert_true(wy_utf8_valid(text, len));
                assert_int_equal(wy_utf8_valid(text, i + 1), false);
                text[i + 1] = 'a';
            }
            text[i] = 'a';
        }
    }
}

TEST(utf8_follows_the_table_of_well_formed_sequences) {
    assert_true(wy_utf8_valid("", 0));
    assert_true(wy_utf8_valid("plain ascii text", 16));
    assert_true(wy_utf8_valid("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 12));
    assert_false(wy_utf8_valid("\xc0\x80", 2));
    assert_false(wy_utf8_valid("\xed\xa0\x80", 3));
    assert_false(wy_utf8_valid("\xf4\x90\x80\x80", 4));
    assert_false(wy_utf8_valid("abcdefgh\xe2\x82", 10));
}

TEST(buffers_stop_at_their_limit) {
    wy_buf buf;
    wy_buf_init(&buf, 10);
    wy_buf_str(&buf, WY_STR("12345"));
    wy_buf_printf(&buf, "%d", 67890);
    assert_false(buf.failed);
    wy_buf_char(&buf, 'x');
    assert_true(buf.failed);
    assert_string_equal(buf.ptr, "1234567890");
    wy_buf_deinit(&buf);
}

TEST(nearest_finds_typing_errors_only) {
    wy_str words[] = {WY_STR("serve"), WY_STR("inspect"), WY_STR("run")};
    assert_true(wy_str_eqz(wy_str_nearest(WY_STR("srve"), words, 3), "serve"));
    assert_true(wy_str_eqz(wy_str_nearest(WY_STR("inspct"), words, 3), "inspect"));
    assert_null(wy_str_nearest(WY_STR("xyzzy"), words, 3).ptr);
}

TEST(numbers_are_checked) {
    uint64_t value = 0;
    assert_true(wy_str_to_u64(WY_STR("65535"), 65535, &value));
    assert_int_equal(value, 65535);
    assert_false(wy_str_to_u64(WY_STR("65536"), 65535, &value));
    assert_false(wy_str_to_u64(WY_STR(""), 10, &value));
    assert_false(wy_str_to_u64(WY_STR("99999999999999999999999"), UINT64_MAX, &value));
}

TEST(maps_set_and_replace) {
    wy_map map;
    wy_map_init(&map, NULL);
    char keys[500][8];
    for (int i = 0; i < 500; i++) {
        int n = snprintf(keys[i], sizeof keys[i], "k%d", i);
        assert_true(wy_map_set(&map, (wy_str){keys[i], (size_t)n}, (uintptr_t)i));
    }
    uintptr_t value = 0;
    assert_true(wy_map_get(&map, WY_STR("k321"), &value));
    assert_int_equal(value, 321);
    assert_false(wy_map_get(&map, WY_STR("k500"), NULL));
    assert_true(wy_map_set(&map, WY_STR("k321"), 9));
    assert_true(wy_map_get(&map, WY_STR("k321"), &value));
    assert_int_equal(value, 9);
    assert_int_equal(map.count, 500);
    wy_map_deinit(&map);
}

static void expect_json(wy_str text, const char *json) {
    wy_buf buf;
    wy_buf_init(&buf, 100);
    wy_buf_json(&buf, text);
    assert_true(wy_str_eqz(wy_buf_view(&buf), json));
    wy_buf_deinit(&buf);
}

TEST(text_as_json) {
    expect_json((wy_str){0}, "\"\"");
    expect_json(WY_STR("plain gr\xc3\xbcn"), "\"plain gr\xc3\xbcn\"");
    expect_json(WY_STR("\"a\\b\n\n\x01"
                       "c\x7f"),
                "\"\\\"a\\\\b\\n\\n\\u0001c\x7f\"");
    expect_json((wy_str){"x\0y", 3}, "\"x\\u0000y\"");
}

TEST(what_is_no_utf8_is_written_over) {
    static const char *const cases[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"gr\xc3\xbcn", "gr\xc3\xbcn"},
        {"\xff"
         "a\xfe",
         "?a?"},
        {"cut \xc3", "cut ?"},
        {"cut \xf0\x9f\x98", "cut ???"},
        {"\xed\xa0\x80", "???"},
        {"\xc3\xc3\xbc", "?\xc3\xbc"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[16];
        strcpy(text, cases[i][0]);
        wy_utf8_clean(text, strlen(text));
        assert_string_equal(text, cases[i][1]);
        assert_true(wy_utf8_valid(text, strlen(text)));
    }
}
