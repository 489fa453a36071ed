/* Where redirections lead: references as they stand in the field Location. */
#include "capability/http/location.h"

#include "base/test.h"

static void leads(const char *base, const char *to, const char *expected) {
    wy_buf out;
    wy_buf_init(&out, 256);
    wy_http_location(wy_str_of(base), wy_str_of(to), &out);
    assert_false(out.failed);
    assert_string_equal(out.ptr, expected);
    wy_buf_deinit(&out);
}

TEST(urls_and_servers) {
    leads("http://a/b", "https://c:8/d?e", "https://c:8/d?e");
    leads("http://a/b", "//c/d", "http://c/d");
    leads("https://a:1/b", "//c/d", "https://c/d");
    leads("http://a/b", "mailto:c", "mailto:c");
}

TEST(paths_of_the_same_server) {
    leads("http://a:1/b/c?d", "/e", "http://a:1/e");
    leads("http://a", "/e?f", "http://a/e?f");
    leads("http://a?b", "/e", "http://a/e");
    leads("http://a/b#/c", "/e/../f/./g", "http://a/f/g");
    leads("http://a/b", "/../../e", "http://a/e");
    leads("http://a/b", "/e/..?f/../g", "http://a/?f/../g");
    leads("http://a/b", "/e/.", "http://a/e/");
}

TEST(relative_paths) {
    leads("http://a/b/c?d/e", "f", "http://a/b/f");
    leads("http://a/b/", "f?g", "http://a/b/f?g");
    leads("http://a/b/c/d", "../f", "http://a/b/f");
    leads("http://a/b/c/d", "..", "http://a/b/");
    leads("http://a/b", "./f:g", "http://a/f:g");
    leads("http://a", "f", "http://a/f");
    leads("http://a?b", "f", "http://a/f");
}

TEST(queries_and_fragments) {
    leads("http://a/b?c#d", "?e", "http://a/b?e");
    leads("http://a/b?c#d", "#e", "http://a/b?c#e");
    leads("http://a/b?c#d", "", "http://a/b?c");
}

TEST(what_has_no_room) {
    wy_buf out;
    wy_buf_init(&out, 10);
    wy_http_location(WY_STR("http://a/b"), WY_STR("/cdefgh"), &out);
    assert_true(out.failed);
    wy_buf_deinit(&out);
}
