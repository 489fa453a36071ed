#include "base/text.h"

#include "base/test.h"

static const char *shown(const char *url) {
    static char text[64];
    wy_text_url(wy_str_of(url), text, sizeof text);
    return text;
}

TEST(addresses_are_shown_without_secrets) {
    assert_string_equal(shown("https://example.com/a/b.wasm"), "https://example.com/a/b.wasm");
    assert_string_equal(shown("https://user:pass@example.com/a"), "https://example.com/a");
    assert_string_equal(shown("https://user:p@ss/w@example.com"), "https://example.com");
    assert_string_equal(shown("https://example.com/a?token=x@y"), "https://example.com/a?...");
    assert_string_equal(shown("https://example.com#x@y"), "https://example.com?...");
    assert_string_equal(shown("user:pass@example.com"), "example.com");
    assert_string_equal(shown("https://"), "https://");
    assert_string_equal(shown(""), "");
}

TEST(a_private_line_is_not_shown) {
    wy_diag diag;
    wy_str text = WY_STR("a = 1\nb = secret\n");
    wy_diag_init(&diag);
    wy_diag_set_line(&diag, WY_INVALID, 2, 5, "wrong");
    wy_text_place_private(&diag, WY_STR("f.toml"), text);
    assert_string_equal(diag.text, "f.toml:2:5: wrong");
    wy_diag_init(&diag);
    wy_diag_set_line(&diag, WY_INVALID, 2, 5, "wrong");
    wy_text_place(&diag, WY_STR("f.toml"), text);
    assert_string_equal(diag.text, "f.toml:2:5: wrong\n  b = secret\n      ^");
    wy_diag_init(&diag);
    wy_diag_set(&diag, WY_INVALID, "wrong");
    wy_text_place_private(&diag, WY_STR("f.toml"), text);
    assert_string_equal(diag.text, "f.toml: wrong");
}
