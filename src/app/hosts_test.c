#include "app/hosts.h"
#include "base/test.h"

static bool allows(const char *entry, const char *scheme, const char *host, uint16_t port) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 16);
    wy_str text = wy_str_of(entry);
    wy_app_hosts hosts;
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_app_hosts_new(&arena, &text, 1, &hosts, &diag), WY_OK);
    bool yes = wy_app_hosts_allow(&hosts, wy_str_of(scheme), wy_str_of(host), port);
    wy_arena_deinit(&arena);
    return yes;
}

static wy_err refuse(const char *entry) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 16);
    wy_str text = wy_str_of(entry);
    wy_app_hosts hosts;
    wy_err err = wy_app_hosts_new(&arena, &text, 1, &hosts, NULL);
    wy_arena_deinit(&arena);
    return err;
}

TEST(entries_match_scheme_host_and_port) {
    assert_true(allows("http://example.com", "http", "EXAMPLE.com", 80));
    assert_false(allows("http://example.com", "http", "example.com", 8080));
    assert_false(allows("http://example.com", "https", "example.com", 80));
    assert_true(allows("http://127.0.0.1:8000..8002", "http", "127.0.0.1", 8001));
    assert_false(allows("http://127.0.0.1:8000..8002", "http", "127.0.0.1", 8002));
    assert_true(allows("*://*:*", "https", "anything", 1));
    assert_true(allows("https://*.example.com", "https", "a.example.com", 443));
    assert_false(allows("https://*.example.com", "https", "example.com", 443));
    assert_false(allows("https://*.example.com", "https", "evilexample.com", 443));
    assert_true(allows("http://[::1]:9", "http", "::1", 9));
    assert_false(allows("", "http", "a", 80));
}

TEST(malformed_entries_are_refused) {
    assert_int_equal(refuse("*"), WY_INVALID);
    assert_int_equal(refuse("example.com"), WY_INVALID);
    assert_int_equal(refuse("http://"), WY_OK);
    assert_int_equal(refuse("http://a/b"), WY_INVALID);
    assert_int_equal(refuse("http://u@a"), WY_INVALID);
    assert_int_equal(refuse("ftp://a"), WY_INVALID);
    assert_int_equal(refuse("http://a:9..8"), WY_INVALID);
    assert_int_equal(refuse("http://a:x"), WY_INVALID);
    assert_int_equal(refuse("http://a.*"), WY_INVALID);
    assert_int_equal(refuse("http://self"), WY_UNSUPPORTED);
}
