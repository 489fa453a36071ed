/* Percent encoding: whole escapes, cut ones, and what is left as it is. */
#include "base/percent.h"
#include "base/test.h"

TEST(an_escape_is_two_digits_in_either_case) {
    wy_str text = WY_STR("%00%fF%41x%4");
    assert_int_equal(wy_percent_at(text, 0), 0);
    assert_int_equal(wy_percent_at(text, 3), 255);
    assert_int_equal(wy_percent_at(text, 6), 'A');
    assert_int_equal(wy_percent_at(text, 9), -1);
    assert_int_equal(wy_percent_at(text, 10), -1); /* cut */
    assert_int_equal(wy_percent_at(text, 99), -1);
    assert_int_equal(wy_percent_at(WY_STR("%g0"), 0), -1);
    assert_int_equal(wy_percent_at(WY_STR("%0g"), 0), -1);
    assert_int_equal(wy_percent_at((wy_str){0}, 0), -1);
}

static void encodes(wy_str text, const char *also, const char *expected) {
    wy_buf buf;
    wy_buf_init(&buf, 100);
    wy_percent_encode(&buf, text, also);
    assert_true(wy_str_eqz(wy_buf_view(&buf), expected));
    wy_buf_deinit(&buf);
}

TEST(what_is_unreserved_stays) {
    encodes(WY_STR("aZ09-._~"), "", "aZ09-._~");
    encodes(WY_STR("a/b c%"), "", "a%2Fb%20c%25");
    encodes(WY_STR("a/b c%"), "/", "a/b%20c%25");
    encodes((wy_str){"\0\xff", 2}, "/", "%00%FF");
}
