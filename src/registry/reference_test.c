#include "registry/reference.h"
#include "base/test.h"

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

typedef struct example {
    const char *text, *registry, *repository, *tag, *sha256;
    bool is_likely;
} example;

static const example good[] = {
    {"shop", "docker.io", "library/shop", "latest", "", false},
    {"shop:1.0", "docker.io", "library/shop", "1.0", "", true},
    {"team/shop", "docker.io", "team/shop", "latest", "", false},
    {"docker.io/shop", "docker.io", "library/shop", "latest", "", true},
    {"index.docker.io/a/b:c", "docker.io", "a/b", "c", "", true},
    {"ghcr.io/team/shop:v1_2-x.y", "ghcr.io", "team/shop", "v1_2-x.y", "", true},
    {"oci://ghcr.io/team/shop", "ghcr.io", "team/shop", "latest", "", true},
    {"localhost/a", "localhost", "a", "latest", "", true},
    {"localhost:5000/a/b/c", "localhost:5000", "a/b/c", "latest", "", true},
    {"[::1]:5000/a__b--c.d:t", "[::1]:5000", "a__b--c.d", "t", "", true},
    {"127.0.0.1:1/x@sha256:" HEX, "127.0.0.1:1", "x", "", HEX, true},
    {"r.test/x:1@sha256:" HEX, "r.test", "x", "1", HEX, true},
    {"build.d/app.wasm", "build.d", "app.wasm", "latest", "", false},
};

TEST(references_are_taken_apart) {
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        wy_arena arena;
        wy_arena_init(&arena, 1 << 16);
        wy_reference r;
        const example *e = &good[i];
        assert_int_equal(wy_reference_parse(&arena, wy_str_of(e->text), &r, NULL), WY_OK);
        assert_true(wy_str_eqz(r.registry, e->registry));
        assert_true(wy_str_eqz(r.repository, e->repository));
        assert_true(wy_str_eqz(r.tag, e->tag));
        assert_true(wy_str_eqz(r.sha256, e->sha256));
        assert_int_equal(wy_reference_is_likely(wy_str_of(e->text)), e->is_likely);
        wy_reference again;
        const char *full = wy_reference_text(&arena, &r);
        assert_int_equal(wy_reference_parse(&arena, wy_str_of(full), &again, NULL), WY_OK);
        assert_true(wy_str_eq(again.repository, r.repository) && wy_str_eq(again.tag, r.tag));
        wy_arena_deinit(&arena);
    }
}

TEST(what_is_no_reference_is_refused) {
    static const char *const bad[] = {"",
                                      "/",
                                      "a//b",
                                      "/a",
                                      "a/",
                                      "A",
                                      "ghcr.io/Team/x",
                                      "a:",
                                      "a@",
                                      "a:b:c",
                                      "a___b",
                                      "a..b",
                                      "-a",
                                      "a-",
                                      "./app.wasm",
                                      "../x",
                                      "-.com/a",
                                      "a.b:0/c",
                                      "a.b:65536/c",
                                      "a.b:x/c",
                                      "a b",
                                      "a:.b",
                                      "a@sha256:00",
                                      "a@md5:" HEX,
                                      "https://ghcr.io/a",
                                      "oci://",
                                      "a@sha256:" HEX "0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wy_arena arena;
        wy_arena_init(&arena, 1 << 16);
        wy_diag diag;
        wy_diag_init(&diag);
        wy_reference r;
        assert_int_equal(wy_reference_parse(&arena, wy_str_of(bad[i]), &r, &diag), WY_INVALID);
        assert_non_null(strstr(diag.text, "is no reference"));
        assert_false(wy_reference_is_likely(wy_str_of(bad[i])));
        wy_arena_deinit(&arena);
    }
}

TEST(a_name_is_as_long_as_registries_take) {
    char text[300];
    for (size_t len = 240; len < 260; len++) {
        wy_arena arena;
        wy_arena_init(&arena, 1 << 16);
        wy_reference r;
        memset(text, 'a', len);
        text[len] = '\0';
        assert_int_equal(wy_reference_parse(&arena, wy_str_of(text), &r, NULL) == WY_OK,
                         len + 8 <= 255);
        memcpy(text, "r.test/", 7);
        assert_int_equal(wy_reference_parse(&arena, wy_str_of(text), &r, NULL) == WY_OK,
                         len - 7 <= 255);
        wy_arena_deinit(&arena);
    }
}

TEST(a_digest_of_another_kind_is_named) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 16);
    wy_reference r;
    assert_int_equal(wy_reference_parse(&arena, WY_STR("a@sha512:" HEX HEX), &r, NULL),
                     WY_UNSUPPORTED);
    wy_arena_deinit(&arena);
}
