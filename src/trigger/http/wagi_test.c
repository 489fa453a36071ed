/* What CGI makes of requests, and of a program's output. */
#include "trigger/http/wagi.h"

#include "base/test.h"

#include <stdio.h>

static wy_arena arena;
static wy_wagi_head head;

static wy_err read_head(const char *text) {
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_http_fields_init(&head.fields, &arena);
    return wy_wagi_read_head(wy_str_of(text), &head);
}

static bool has(const char *name, const char *value) {
    return wy_str_eqz(wy_http_fields_get(&head.fields, wy_str_of(name)), value);
}

TEST(a_head_ends_with_an_empty_line) {
    static const struct {
        const char *text;
        size_t end;
    } cases[] = {
        {"", 0},
        {"a: b", 0},
        {"a: b\n", 0},
        {"a: b\r\n", 0},
        {"a: b\n\n", 6},
        {"a: b\r\n\r\n", 8},
        {"a: b\n\r\nbody\n\n", 7},
        {"a: b\nc: d\n\nbody", 11},
        {"\na: b\n\n", 7}, /* an empty line at the start is no end */
        {"a: b\n\r", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (wy_wagi_head_end(wy_str_of(cases[i].text)) != cases[i].end)
            fail_msg("%s: %zu", cases[i].text, wy_wagi_head_end(wy_str_of(cases[i].text)));
}

TEST(a_head_says_status_and_fields) {
    assert_int_equal(read_head("Content-Type: text/plain\r\n\r\n"), WY_OK);
    assert_int_equal(head.status, 200);
    assert_true(has("content-type", "text/plain"));
    assert_int_equal(read_head("STATUS: 404 Not Found\nX-A:1\nX-A:  2 \n\n"), WY_OK);
    assert_int_equal(head.status, 404);
    assert_int_equal(head.fields.count, 2);
    assert_int_equal(read_head("Location: /x\n\n"), WY_OK);
    assert_int_equal(head.status, 302);
    assert_int_equal(read_head("Status: 301\nLocation: /x\n\n"), WY_OK);
    assert_int_equal(head.status, 301);
    assert_int_equal(read_head("Location: /x\nStatus: 307\n\n"), WY_OK);
    assert_int_equal(head.status, 307);
    assert_int_equal(read_head("content-type: a\nno field at all\nTransfer-Encoding: chunked\n\n"),
                     WY_OK);
    assert_int_equal(head.fields.count, 1);
    wy_arena_deinit(&arena);
}

TEST(a_head_that_says_too_little_or_nonsense) {
    assert_int_equal(read_head("X-A: 1\n\n"), WY_INVALID);
    assert_int_equal(read_head("\n"), WY_INVALID);
    assert_int_equal(read_head("Status: 99\n\n"), WY_MALFORMED);
    assert_int_equal(read_head("Status: 1000\n\n"), WY_MALFORMED);
    assert_int_equal(read_head("Status: ok\n\n"), WY_MALFORMED);
    assert_int_equal(read_head("Content-Type: a\nbad name: 1\n\n"), WY_INVALID);
    assert_int_equal(read_head("Content-Type: a\nx: \x01\n\n"), WY_INVALID);
    wy_arena_deinit(&arena);
}

/* The arguments of a request for `path_with_query`, joined with '|'. */
static const char *arguments(const char *template, const char *path_with_query) {
    static char joined[256];
    wy_http_incoming request = {.minor = 1};
    wy_str target = wy_str_of(path_with_query);
    wy_http_exchange exchange = {.request = &request,
                                 .path_with_query = target,
                                 .path = wy_str_sub(target, 0, wy_str_find(target, '?'))};
    const wy_str *items;
    size_t count, len = 0;
    wy_arena_init(&arena, (size_t)1 << 20);
    assert_true(wy_wagi_arguments(&arena, &exchange, wy_str_of(template), &items, &count));
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(joined + len, sizeof joined - len, "%s" WY_STR_FMT, i ? "|" : "",
                                WY_STR_ARG(items[i]));
    wy_arena_deinit(&arena);
    return joined;
}

TEST(arguments_are_made_of_the_request) {
    assert_string_equal(arguments("${SCRIPT_NAME} ${ARGS}", "/a?x&y=1"), "/a|x|y=1");
    assert_string_equal(arguments("${SCRIPT_NAME} ${ARGS}", "/a"), "/a|");
    assert_string_equal(arguments("p --q=${ARGS}", "/a?x"), "p|--q=x");
    assert_string_equal(arguments("", "/a?x"), "");
    /* what the request says is no template */
    assert_string_equal(arguments("${SCRIPT_NAME}", "/${ARGS}?x"), "/${ARGS}");
}
