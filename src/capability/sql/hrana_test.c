#include "capability/sql/hrana.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/test.h"

static wy_arena arena;
static wy_sql_request request;
static wy_hrana_answer answer;

static void read_text(const char *text, size_t len) {
    char *exact = malloc(len ? len : 1); /* so that reading beyond shows */
    memcpy(exact, text, len);
    wy_hrana_answer_deinit(&answer);
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)1 << 20);
    request = (wy_sql_request){.arena = &arena, .status = WY_SQL_OK};
    wy_hrana_read((wy_str){exact, len}, &request, &answer);
    free(exact);
}

static const char whole[] =
    " {\"results\" : [ {\"type\":\"ok\",\"response\":{\"result\":{\"query_duration_ms\":-1.5e3,"
    "\"rows\":[[{\"type\":\"integer\",\"value\":\"-9223372036854775808\"},{\"type\":\"null\"}],"
    "[{\"value\":2,\"type\":\"float\"},{\"base64\":\"AQL/\",\"type\":\"blob\"}],"
    "[{\"type\":\"text\",\"value\":\"\\u0000\\\"}]\\u00e9\"},{\"base64\":\"AQI=\",\"type\":"
    "\"blob\"}]],"
    "\"cols\":[{\"name\":\"a\",\"decltype\":null},{\"name\":\"b\"}],"
    "\"affected_row_count\":3,\"last_insert_rowid\":\"12\"},\"type\":\"execute\"}},"
    "{\"type\":\"ok\",\"response\":{\"type\":\"get_autocommit\",\"is_autocommit\":true}}],"
    "\"odd\":{\"\\\\\":[\"]}\",{}]},\"baton\":\"next\",\"base_url\":null}";

TEST(an_answer_is_read_in_any_order) {
    read_text(whole, strlen(whole));
    if (request.status != WY_SQL_OK) fail_msg("%s", request.text);
    assert_int_equal(request.column_count, 2);
    assert_true(wy_str_eqz(request.columns[1].name, "b"));
    assert_int_equal(request.row_count, 3);
    assert_true(request.rows[0].values[0].int64 == INT64_MIN);
    assert_int_equal(request.rows[0].values[1].kind, WY_SQL_NULL);
    assert_true(fabs(request.rows[1].values[0].float64 - 2) < 1e-9);
    assert_memory_equal(request.rows[1].values[1].bytes.ptr, "\1\2\xff", 3);
    wy_str text = {"\0\"}]\xc3\xa9", 6};
    assert_true(wy_str_eq(request.rows[2].values[0].bytes, text));
    assert_int_equal(request.rows[2].values[1].bytes.len, 2);
    assert_int_equal(request.affected, 3);
    assert_true(answer.has_row_id && answer.row_id == 12);
    assert_true(answer.has_state && answer.is_autocommit);
    assert_string_equal(answer.baton, "next");
    assert_null(answer.base_url);
    wy_hrana_answer_deinit(&answer);
    wy_arena_deinit(&arena);
}

TEST(an_answer_that_breaks_off_is_none) {
    for (size_t len = 0; len < strlen(whole); len++) {
        read_text(whole, len);
        assert_int_equal(request.status, WY_SQL_OTHER);
    }
    wy_hrana_answer_deinit(&answer);
    wy_arena_deinit(&arena);
}

/* Every byte replaced by one that means something. */
TEST(a_spoilt_answer_does_no_harm) {
    static const char odd[] = "{}[],:\"\\0n\xff";
    char text[sizeof whole];
    for (size_t at = 0; at < strlen(whole); at++)
        for (size_t i = 0; i < sizeof odd; i++) {
            memcpy(text, whole, sizeof whole);
            text[at] = odd[i];
            read_text(text, strlen(whole));
        }
    wy_hrana_answer_deinit(&answer);
    wy_arena_deinit(&arena);
}

TEST(a_statement_is_written) {
    wy_sql_value params[] = {{.kind = WY_SQL_INT64, .int64 = INT64_MIN},
                             {.kind = WY_SQL_FLOAT64, .float64 = 0.1},
                             {.kind = WY_SQL_TEXT, .bytes = WY_STR("\"\n\xc3\xa9")},
                             {.kind = WY_SQL_BINARY, .bytes = WY_STR("\1\2\xff\4")},
                             {.kind = WY_SQL_FLOAT64, .float64 = NAN}};
    wy_sql_request r = {.statement = WY_STR("?"), .params = params, .param_count = 5};
    wy_buf out;
    wy_buf_init(&out, (size_t)1 << 20);
    assert_true(wy_hrana_put_statement(&out, WY_STR("b"), &r, true));
    assert_string_equal(
        out.ptr,
        "{\"baton\":\"b\",\"requests\":[{\"type\":\"execute\",\"stmt\":{\"sql\":\"?\","
        "\"want_rows\":true,\"args\":[{\"type\":\"integer\",\"value\":\"-9223372036854775808\"},"
        "{\"type\":\"float\",\"value\":0.10000000000000001},"
        "{\"type\":\"text\",\"value\":\"\\\"\\n\xc3\xa9\"},"
        "{\"type\":\"blob\",\"base64\":\"AQL/BA\"},{\"type\":\"null\"}]}},"
        "{\"type\":\"get_autocommit\"}]}");
    params[1].float64 = -INFINITY;
    assert_false(wy_hrana_put_statement(&out, WY_STR("b"), &r, true));
    assert_int_equal(r.status, WY_SQL_BAD_PARAMETER);
    wy_buf_deinit(&out);
}

TEST(reasons_are_found_in_what_servers_say) {
    static const char *const cases[][2] = {
        {"{\"message\":\"m\",\"code\":\"c\"}", "m"},
        {"{\"error\":\"e\"}", "e"},
        {"{\"error\":{\"message\":\"deep\"}}", ""},
        {"<html>\n<body>", "<html>"},
        {"", ""},
        {"[1]", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        wy_hrana_reason(wy_str_of(cases[i][0]), text);
        assert_string_equal(text, cases[i][1]);
    }
}
