#include "registry/challenge.h"
#include "base/test.h"

static wy_err parse(wy_arena *arena, const char *text, wy_challenge *out) {
    return wy_challenge_parse(arena, wy_str_of(text), out);
}

TEST(a_bearer_challenge_has_realm_service_and_scope) {
    static const char *const texts[] = {
        "Bearer realm=\"https://a.test/token\",service=\"s\",scope=\"repository:x:pull,push\"",
        "bearer  scope=\"repository:x:pull,push\" , SERVICE=s,realm=\"https:\\/\\/a.test/token\"",
        "Basic realm=\"b\", Bearer realm=\"https://a.test/token\", service=s, "
        "scope=\"repository:x:pull,push\", error=\"invalid_token\"",
        "Negotiate, Bearer "
        "realm=\"https://a.test/token\",service=s,scope=\"repository:x:pull,push\""
        ", Basic realm=x",
        "Negotiate YII/=, Bearer realm=\"https://a.test/token\",service=\"s\","
        "scope=\"repository:x:pull,push\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        wy_arena arena;
        wy_arena_init(&arena, 1 << 16);
        wy_challenge c;
        assert_int_equal(parse(&arena, texts[i], &c), WY_OK);
        assert_int_equal(c.kind, WY_CHALLENGE_BEARER);
        assert_true(wy_str_eqz(c.realm, "https://a.test/token"));
        assert_true(wy_str_eqz(c.service, "s"));
        assert_true(wy_str_eqz(c.scope, "repository:x:pull,push"));
        wy_arena_deinit(&arena);
    }
}

TEST(basic_and_unknown_schemes_are_told_apart) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 16);
    wy_challenge c;
    assert_int_equal(parse(&arena, "Basic realm=\"Registry \\\"one\\\"\"", &c), WY_OK);
    assert_int_equal(c.kind, WY_CHALLENGE_BASIC);
    assert_true(wy_str_eqz(c.realm, "Registry \"one\""));
    assert_int_equal(parse(&arena, "BASIC", &c), WY_OK);
    assert_int_equal(c.kind, WY_CHALLENGE_BASIC);
    assert_int_equal(parse(&arena, "", &c), WY_OK);
    assert_int_equal(c.kind, WY_CHALLENGE_OTHER);
    assert_int_equal(parse(&arena, "Digest realm=x, qop=auth", &c), WY_OK);
    assert_int_equal(c.kind, WY_CHALLENGE_OTHER);
    wy_arena_deinit(&arena);
}

TEST(broken_challenges_are_malformed) {
    static const char *const texts[] = {
        "Bearer realm=\"x", "Bearer realm=", "Bearer realm=\"x\\", "Bearer =x", "(",
        "Bearer realm=x;y"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        wy_arena arena;
        wy_arena_init(&arena, 1 << 16);
        wy_challenge c;
        assert_int_equal(parse(&arena, texts[i], &c), WY_MALFORMED);
        wy_arena_deinit(&arena);
    }
}
