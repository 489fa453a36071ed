#include "app/hosts.h"
#include "base/test.h"

static bool allows(const char *entry, const char *scheme, const char *host, uint16_t port) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 16);
    wy_str text = wy_str_of(entry);
    wy_app_hosts hosts;
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_app_hosts_new(&arena, &text, &text, 1, &hosts, &diag), WY_OK);
    bool yes = wy_app_hosts_allow(&hosts, wy_str_of(scheme), wy_str_of(host), port);
    wy_arena_deinit(&arena);
    return yes;
}

static wy_err refuse(const char *entry) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 16);
    wy_str text = wy_str_of(entry);
    wy_app_hosts hosts;
    wy_err err = wy_app_hosts_new(&arena, &text, &text, 1, &hosts, NULL);
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
    assert_int_equal(refuse("http://10.0.0.0/33"), WY_INVALID);
    assert_int_equal(refuse("http://10.0.0/8"), WY_INVALID);
    assert_int_equal(refuse("http://[::1"), WY_INVALID);
    assert_int_equal(refuse("http://[::1]x"), WY_INVALID);
}

TEST(networks_match_addresses) {
    assert_true(allows("http://127.0.0.0/24:63551", "http", "127.0.0.9", 63551));
    assert_false(allows("http://127.0.0.0/24:63551", "http", "127.0.1.9", 63551));
    assert_false(allows("http://127.0.0.0/24", "http", "localhost", 80));
    assert_true(allows("*://0.0.0.0/0:*", "tcp", "8.8.8.8", 53));
    assert_false(allows("*://0.0.0.0/0:*", "tcp", "::1", 53));
    assert_true(allows("tcp://[fc00::]/7:80..90", "tcp", "fd12::1", 80));
    assert_true(allows("tcp://[fc00::/7]:80", "tcp", "fd12::1", 80));
    assert_false(allows("tcp://[fc00::/7]:80", "tcp", "fe80::1", 80));
    assert_true(allows("http://10.1.2.3", "http", "::ffff:10.1.2.3", 80));
    assert_true(allows("http://[2001:db8::1]", "http", "2001:DB8:0:0::1", 80));
}

TEST(the_application_itself_is_a_host) {
    assert_true(allows("http://self", "http", "self", 80));
    assert_true(allows("http://*.spin.internal", "http", "cart.spin.internal", 80));
    assert_false(allows("http://cart.spin.internal", "http", "till.spin.internal", 80));
}

static bool blocks(const char *entry, const char *address) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 16);
    wy_str text = wy_str_of(entry);
    wy_app_networks networks;
    wy_address parsed;
    assert_true(wy_address_parse(wy_str_of(address), &parsed));
    assert_int_equal(wy_app_networks_new(&arena, &text, 1, &networks, NULL), WY_OK);
    bool yes = wy_app_networks_block(&networks, &parsed);
    wy_arena_deinit(&arena);
    return yes;
}

TEST(networks_can_be_blocked) {
    assert_true(blocks("10.0.0.0/8", "10.255.0.1"));
    assert_true(blocks("10.0.0.0/8", "::ffff:10.255.0.1"));
    assert_false(blocks("10.0.0.0/8", "11.0.0.1"));
    const char *inside[] = {
        "127.0.0.1", "192.168.1.1", "169.254.169.254", "172.31.0.1", "100.64.0.1",    "0.0.0.0",
        "::1",       "fd00::1",     "fe80::1",         "::",         "64:ff9b::a00:1"};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        assert_true(blocks("private", inside[i]));
    const char *outside[] = {"1.1.1.1", "172.32.0.1", "2606:4700::1", "64:ff9b::101:101"};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        assert_false(blocks("private", outside[i]));
    wy_app_networks networks;
    wy_str bad = WY_STR("publik");
    wy_arena arena;
    wy_arena_init(&arena, 1 << 16);
    assert_int_equal(wy_app_networks_new(&arena, &bad, 1, &networks, NULL), WY_INVALID);
    wy_arena_deinit(&arena);
}
