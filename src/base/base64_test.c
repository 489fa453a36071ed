#include "base/base64.h"
#include "base/test.h"

static const struct {
    const char *bytes, *text, *bare;
} vectors[] = {
    /* RFC 4648, section 10 */
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xef\xff", "++//", "++//"},
};

TEST(vectors_of_the_rfc_go_both_ways) {
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        wy_buf padded, bare, bytes;
        wy_buf_init(&padded, 100);
        wy_buf_init(&bare, 100);
        wy_buf_init(&bytes, 100);
        wy_base64_encode(&padded, wy_str_of(vectors[i].bytes), true);
        wy_base64_encode(&bare, wy_str_of(vectors[i].bytes), false);
        assert_true(wy_str_eqz(wy_buf_view(&padded), vectors[i].text));
        assert_true(wy_str_eqz(wy_buf_view(&bare), vectors[i].bare));
        assert_true(wy_base64_decode(&bytes, wy_buf_view(&padded)));
        assert_true(wy_base64_decode(&bytes, wy_buf_view(&bare)));
        size_t len = strlen(vectors[i].bytes);
        assert_int_equal(bytes.len, 2 * len);
        if (len) assert_memory_equal(bytes.ptr + len, vectors[i].bytes, len);
        wy_buf_deinit(&padded);
        wy_buf_deinit(&bare);
        wy_buf_deinit(&bytes);
    }
}

TEST(what_is_no_base64_appends_nothing) {
    static const char *const bad[] = {"A", "AAAAA", "Zm 9v", "Zg=a", "====", "Zm9v\n", "-_-_"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wy_buf out;
        wy_buf_init(&out, 100);
        wy_buf_char(&out, 'x');
        assert_false(wy_base64_decode(&out, wy_str_of(bad[i])));
        assert_int_equal(out.len, 1);
        wy_buf_deinit(&out);
    }
}
