#include "capability/sql/mysql_address.h"

#include "base/test.h"

static wy_my_address address;
static wy_sql_request request;

static bool reads(const char *text) {
    request = (wy_sql_request){0};
    return wy_my_address_read(text, &address, &request);
}

TEST(addresses_are_taken_apart) {
    assert_true(reads("mysql://user:p%40ss@db.example:3307/app?ssl-mode=required"));
    assert_string_equal(address.user, "user");
    assert_string_equal(address.password, "p@ss");
    assert_string_equal(address.place.host, "db.example");
    assert_int_equal(address.place.port, 3307);
    assert_string_equal(address.database, "app");
    assert_true(address.has_tls);
    assert_true(reads("mysql://h"));
    assert_int_equal(address.place.port, 3306);
    assert_string_equal(address.user, "");
    assert_false(address.has_tls);
    assert_true(reads("mysql://u@[::1]:3308/"));
    assert_string_equal(address.place.host, "::1");
    assert_int_equal(address.place.port, 3308);
    assert_true(reads("mysql://u:a/b@c@h/d?sslmode=DISABLED"));
    assert_string_equal(address.password, "a/b@c");
    assert_false(address.has_tls);
}

TEST(malformed_addresses_are_refused_without_secrets) {
    static const char *const bad[] = {
        "",
        "mysql:/h",
        "http://h",
        "mysql://",
        "mysql://u:secret@",
        "mysql://u:secret%@h",
        "mysql://u:secret%4@h",
        "mysql://u:secret%zz@h",
        "mysql://u:secret%00@h",
        "mysql://u:secret@h:0",
        "mysql://u:secret@h:65536",
        "mysql://u:secret@h:",
        "mysql://u:secret@[::1",
        "mysql://u:secret@h/%",
        "mysql://u:secret@h/?x=1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (reads(bad[i])) fail_msg("accepted: %s", bad[i]);
        assert_int_equal(request.status, WY_SQL_CONNECTION_FAILED);
        assert_null(strstr(request.text, "secret"));
    }
    char long_one[600] = "mysql://";
    memset(long_one + 8, 'a', 500);
    assert_false(reads(long_one));
}

TEST(statements_that_a_session_remembers) {
    static const char *const words[] = {"@", "set_config", NULL};
    assert_true(wy_sql_is_plain(WY_STR("  \n(SELECT 1)")));
    assert_true(wy_sql_is_plain(WY_STR("insert into t values (1)")));
    assert_false(wy_sql_is_plain(WY_STR("SET x = 1")));
    assert_false(wy_sql_is_plain(WY_STR("")));
    assert_false(wy_sql_is_plain(WY_STR("select")));
    assert_true(wy_sql_mentions(WY_STR("select Set_Config('a')"), words));
    assert_false(wy_sql_mentions(WY_STR("select 1"), words));
}

/* What is said of a failure is a string that a guest can have. */
TEST(texts_are_valid_utf8) {
    request = (wy_sql_request){0};
    wy_sql_fail(&request, WY_SQL_OTHER, "%s", "gr\xc3\xbcn \xff\xfe caf\xe9");
    assert_string_equal(request.text, "gr\xc3\xbcn ?? caf?");
    char longest[2000];
    memset(longest, 'x', sizeof longest);
    memcpy(longest + sizeof request.text - 2, "\xc3\xbc", 2);
    longest[sizeof longest - 1] = '\0';
    wy_sql_fail(&request, WY_SQL_OTHER, "%s", longest);
    assert_true(wy_utf8_valid(request.text, strlen(request.text)));
}
