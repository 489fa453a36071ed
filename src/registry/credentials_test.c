#include "registry/credentials.h"
#include "base/test.h"

static const char file[] =
    "{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"dTpw\"},\"ghcr.io\":\"YTpiOmM=\","
    "\"r.test:5000\":{\"auth\":\"YTo\",\"identitytoken\":\"t\"},\"r.test/"
    "team\":{\"auth\":\"dTpw\"},"
    "\"bad.test\":{\"auth\":\"!\"},\"none.test\":{}},"
    "\"credHelpers\":{\"asked.test\":\"one\"},\"credsStore\":\"all\"}";

static wy_err read_for(wy_arena *arena, const char *registry, wy_credentials *out,
                       const char **helper) {
    wy_arena_init(arena, 1 << 16);
    return wy_credentials_read(arena, wy_str_of(file), wy_str_of(registry), out, helper, NULL);
}

TEST(entries_of_both_kinds_are_read) {
    static const struct {
        const char *registry, *user, *password, *token;
    } found[] = {{"docker.io", "u", "p", ""},   {"registry-1.docker.io", "u", "p", ""},
                 {"ghcr.io", "a", "b:c", ""},   {"GHCR.io", "a", "b:c", ""},
                 {"r.test:5000", "a", "", "t"}, {"r.test", "", "", ""},
                 {"none.test", "", "", ""}};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        wy_arena arena;
        wy_credentials c;
        assert_int_equal(read_for(&arena, found[i].registry, &c, NULL), WY_OK);
        assert_true(wy_str_eqz(c.user, found[i].user));
        assert_true(wy_str_eqz(c.password, found[i].password));
        assert_true(wy_str_eqz(c.identity_token, found[i].token));
        wy_arena_deinit(&arena);
    }
}

TEST(helpers_are_named) {
    wy_arena arena;
    wy_credentials c;
    const char *helper;
    assert_int_equal(read_for(&arena, "asked.test", &c, &helper), WY_OK);
    assert_string_equal(helper, "one");
    wy_arena_deinit(&arena);
    assert_int_equal(read_for(&arena, "other.test", &c, &helper), WY_OK);
    assert_string_equal(helper, "all");
    wy_arena_deinit(&arena);
}

TEST(what_is_broken_says_so_without_its_content) {
    wy_arena arena;
    wy_credentials c;
    assert_int_equal(read_for(&arena, "bad.test", &c, NULL), WY_INVALID);
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(
        wy_credentials_read(&arena, WY_STR("{\"auths\": se-cret"), WY_STR("x"), &c, NULL, &diag),
        WY_INVALID);
    assert_null(strstr(diag.text, "se-cret"));
    wy_arena_deinit(&arena);
}
