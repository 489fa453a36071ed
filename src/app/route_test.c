#include "app/route.h"

#include <stdio.h>

#include "base/test.h"

static wy_arena arena;

static const wy_route_table *build(const char *const *routes, uint32_t count) {
    wy_str list[32];
    wy_diag diag;
    wy_diag_init(&diag);
    const wy_route_table *table;
    for (uint32_t i = 0; i < count; i++)
        list[i] = wy_str_of(routes[i]);
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)1 << 20);
    if (wy_route_table_new(&arena, list, count, &table, &diag) != WY_OK) fail_msg("%s", diag.text);
    return table;
}

#define BUILD(...)                                                                                 \
    build((const char *const[]){__VA_ARGS__},                                                      \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The entry that answers `path`, or -1; the remainder in `match`. */
static wy_route_match match;
static int find(const wy_route_table *table, const char *path) {
    return wy_route_find(table, wy_str_of(path), &match) ? (int)match.entry : -1;
}

static void remainder_is(const wy_route_table *table, const char *path, const char *remainder) {
    assert_true(find(table, path) >= 0);
    if (!wy_str_eqz(match.remainder, remainder))
        fail_msg("%s: remainder '" WY_STR_FMT "', not '%s'", path, WY_STR_ARG(match.remainder),
                 remainder);
}

TEST(exact_routes_match_whole_paths) {
    const wy_route_table *t = BUILD("/", "/foo", "/foo/bar", "no-slash/", "/tail/");
    assert_int_equal(find(t, "/"), 0);
    assert_int_equal(find(t, ""), 0);
    assert_int_equal(find(t, "/foo"), 1);
    assert_int_equal(find(t, "/foo/"), 1);
    assert_int_equal(find(t, "/foo/bar"), 2);
    assert_int_equal(find(t, "/foo/bar/"), 2);
    assert_int_equal(find(t, "/foo/bar/baz"), -1);
    assert_int_equal(find(t, "/fo"), -1);
    assert_int_equal(find(t, "/fooo"), -1);
    assert_int_equal(find(t, "/FOO"), -1);
    assert_int_equal(find(t, "/no-slash"), 3);
    assert_int_equal(find(t, "/tail"), 4);
    assert_int_equal(find(t, "//foo"), 1);
    assert_int_equal(find(t, "foo"), -1);
    wy_arena_deinit(&arena);
}

TEST(wildcards_give_the_remainder) {
    const wy_route_table *t = BUILD("/foo/...", "/bar/*");
    remainder_is(t, "/foo", "");
    remainder_is(t, "/foo/", "/");
    remainder_is(t, "/foo/bar", "/bar");
    remainder_is(t, "/foo/bar/", "/bar/");
    remainder_is(t, "/foo/a/b/c", "/a/b/c");
    assert_true(match.is_wildcard);
    assert_true(wy_str_eqz(match.prefix, "/foo"));
    assert_true(wy_str_eqz(match.route, "/foo/..."));
    remainder_is(t, "/bar/x", "/x");
    assert_int_equal(find(t, "/foobar"), -1);
    assert_int_equal(find(t, "/"), -1);
    t = BUILD("/...");
    remainder_is(t, "/", "/");
    remainder_is(t, "", "/");
    remainder_is(t, "/a/b/", "/a/b/");
    assert_true(wy_str_eqz(match.prefix, ""));
    t = BUILD("...");
    assert_int_equal(find(t, "/any/thing"), 0);
    wy_arena_deinit(&arena);
}

TEST(the_longest_literal_beginning_wins_in_any_order) {
    const wy_route_table *t = BUILD("/...", "/one/...", "/one/two/three/...", "/one/two/...");
    assert_int_equal(find(t, "/one/two/three/four"), 2);
    assert_int_equal(find(t, "/one/two/three"), 2);
    assert_int_equal(find(t, "/one/two/four"), 3);
    assert_int_equal(find(t, "/one/three"), 1);
    assert_int_equal(find(t, "/zero"), 0);
    t = BUILD("/one", "/...", "/one/...");
    assert_int_equal(find(t, "/one"), 0);
    assert_int_equal(find(t, "/one/x"), 2);
    wy_arena_deinit(&arena);
}

TEST(parameters_match_one_segment) {
    const wy_route_table *t =
        BUILD("/users/:id", "/users/me", "/users/:user/posts/:post", "/users/:id/...", "/:a/b");
    assert_int_equal(find(t, "/users/42"), 0);
    assert_int_equal(match.param_count, 1);
    assert_true(wy_str_eqz(match.params[0].name, "id"));
    assert_true(wy_str_eqz(match.params[0].value, "42"));
    assert_int_equal(find(t, "/users/me"), 1);
    assert_int_equal(match.param_count, 0);
    assert_int_equal(find(t, "/users/7/posts/9/"), 2);
    assert_int_equal(match.param_count, 2);
    assert_true(wy_str_eqz(match.params[0].name, "user"));
    assert_true(wy_str_eqz(match.params[1].value, "9"));
    assert_int_equal(find(t, "/users/7/posts"), 3);
    assert_true(wy_str_eqz(match.remainder, "/posts"));
    assert_true(wy_str_eqz(match.params[0].name, "id"));
    assert_int_equal(find(t, "/users/7/posts/9/x"), 3);
    assert_int_equal(find(t, "/users/b"), 0);
    assert_int_equal(find(t, "/other/b"), 4);
    assert_int_equal(find(t, "/users"), -1);
    /* the literal branch is a dead end here: the parameter's is taken after all */
    t = BUILD("/a/b/c", "/:x/b/d");
    assert_int_equal(find(t, "/a/b/d"), 1);
    assert_true(wy_str_eqz(match.params[0].value, "a"));
    wy_arena_deinit(&arena);
}

TEST(duplicates_are_reported_and_the_last_is_used) {
    const wy_route_table *t = BUILD("/a", "/b", "/a", "/b/...", "/c/:x", "/c/:y", "/a/");
    uint32_t count;
    const wy_route_duplicate *d = wy_route_table_duplicates(t, &count);
    assert_int_equal(count, 3);
    assert_true(wy_str_eqz(d[0].route, "/a"));
    assert_int_equal(d[0].replaced, 0);
    assert_int_equal(d[0].effective, 2);
    assert_int_equal(d[1].effective, 5);
    assert_int_equal(d[2].replaced, 2);
    assert_int_equal(d[2].effective, 6);
    assert_int_equal(find(t, "/a"), 6);
    assert_int_equal(find(t, "/c/1"), 5);
    assert_true(wy_str_eqz(match.params[0].name, "y"));
    wy_arena_deinit(&arena);
}

TEST(private_entries_have_no_route) {
    wy_str routes[] = {WY_STR("/a"), {0}, WY_STR("/b")};
    wy_diag diag;
    wy_diag_init(&diag);
    wy_arena_init(&arena, (size_t)1 << 20);
    const wy_route_table *t;
    assert_int_equal(wy_route_table_new(&arena, routes, 3, &t, &diag), WY_OK);
    assert_int_equal(find(t, "/b"), 2);
    assert_int_equal(find(t, "/"), -1);
    wy_arena_deinit(&arena);
}

static void refuse(const char *route, wy_err err) {
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_route_check(&arena, wy_str_of(route), &diag), err);
    assert_true(diag.text[0] != '\0');
}

TEST(malformed_routes_are_refused) {
    wy_arena_init(&arena, (size_t)1 << 20);
    refuse("/a/.../b", WY_INVALID);
    refuse("/*/b", WY_INVALID);
    refuse("/a/*b", WY_INVALID);
    refuse("/:", WY_INVALID);
    refuse("/:id.json", WY_INVALID);
    refuse("/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a/:a", WY_LIMIT);
    char many[200];
    memset(many, '/', sizeof many);
    for (size_t i = 1; i < sizeof many; i += 2)
        many[i] = 'x';
    many[sizeof many - 1] = '\0';
    refuse(many, WY_LIMIT);
    wy_arena_deinit(&arena);
}
