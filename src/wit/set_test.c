#include "wit/set.h"
#include "base/test.h"
#include "wit/resolve.h"

static wy_arena arena;
static wy_wit_set set;
static wy_diag diag;

static void start(void) {
    wy_arena_init(&arena, (size_t)64 << 20);
    wy_wit_set_init(&set, &arena);
    wy_diag_init(&diag);
}

static void add(const char *path, const char *text) {
    assert_int_equal(wy_wit_set_add_text(&set, wy_str_of(path), wy_str_of(text), &diag), WY_OK);
}

static const char *found_version(const char *name) {
    const wy_wit_scope *scope = wy_wit_set_find(&set, wy_str_of(name));
    if (!scope) return "none";
    return wy_arena_strndup(&arena, scope->package->version.ptr, scope->package->version.len);
}

TEST(the_exact_version_wins_then_the_newest_compatible) {
    start();
    add("1", "package a:b@0.2.0; interface i {}");
    add("2", "package a:b@0.2.7; interface i {} interface later {}");
    add("3", "package a:b@0.2.10; interface i {}");
    add("4", "package a:b@0.3.0; interface i {}");
    add("5", "package a:b@0.2.0-draft; interface i {}");
    assert_string_equal(found_version("a:b/i@0.2.0"), "0.2.0");
    assert_string_equal(found_version("a:b/i@0.2.3"), "0.2.10");
    assert_string_equal(found_version("a:b/later@0.2.0"), "0.2.7");
    assert_string_equal(found_version("a:b/i@0.2.0-draft"), "0.2.0-draft");
    assert_string_equal(found_version("a:b/i@0.2.0-draft2"), "none");
    assert_string_equal(found_version("a:b/i"), "0.3.0");
    assert_string_equal(found_version("a:b/x@0.2.0"), "none");
    assert_string_equal(found_version("a:c/i@0.2.0"), "none");
    wy_arena_deinit(&arena);
}

TEST(a_folder_gathers_its_files) {
    start();
    const char *path = WITHY_SOURCE_DIR "/wit";
    wy_err err = wy_wit_set_add_folder(&set, path, &diag);
    if (err) print_error("%s\n", diag.text);
    assert_int_equal(err, WY_OK);
    assert_non_null(wy_wit_set_find(&set, WY_STR("wasi:config/store@0.2.0-draft-2024-09-27")));
    assert_non_null(wy_wit_set_find(&set, WY_STR("wasi:http/proxy@0.2.0")));
    const wy_wit_scope *streams = wy_wit_set_find(&set, WY_STR("wasi:io/streams@0.2.0"));
    assert_non_null(streams);
    assert_int_equal(streams->package->scope_count, 4);
    wy_arena_deinit(&arena);
}

TEST(all_interfaces_resolve) {
    start();
    assert_int_equal(wy_wit_set_add_folder(&set, WITHY_SOURCE_DIR "/wit", &diag), WY_OK);
    for (uint32_t i = 0; i < set.package_count; i++) {
        const wy_wit_package *package = set.packages[i];
        for (uint32_t j = 0; j < package->scope_count; j++) {
            /* Some worlds name packages that are not kept here. */
            if (package->scopes[j]->is_world) continue;
            wy_diag_init(&diag);
            wy_err err = wy_wit_resolve(&set, package->scopes[j], &diag);
            if (err) print_error("%s\n", diag.text);
            assert_int_equal(err, WY_OK);
        }
    }
    wy_arena_deinit(&arena);
}

TEST(the_worlds_of_wasi_resolve) {
    static const char *const names[] = {"wasi:cli/command@0.2.0", "wasi:http/proxy@0.2.0",
                                        "wasi:cli/command@0.2.12", "wasi:http/proxy@0.2.12"};
    start();
    assert_int_equal(wy_wit_set_add_folder(&set, WITHY_SOURCE_DIR "/wit", &diag), WY_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        wy_wit_scope *world = wy_wit_set_find(&set, wy_str_of(names[i]));
        assert_non_null(world);
        assert_true(world->is_world);
        wy_err err = wy_wit_resolve(&set, world, &diag);
        if (err) print_error("%s\n", diag.text);
        assert_int_equal(err, WY_OK);
    }
    wy_arena_deinit(&arena);
}

TEST(used_types_lead_to_their_definition) {
    start();
    assert_int_equal(wy_wit_set_add_folder(&set, WITHY_SOURCE_DIR "/wit/wasi-0.2", &diag), WY_OK);
    wy_wit_scope *http = wy_wit_set_find(&set, WY_STR("wasi:http/types@0.2.0"));
    assert_non_null(http);
    assert_int_equal(wy_wit_resolve(&set, http, &diag), WY_OK);
    const wy_wit_typedef *def = wy_map_get_ptr(&http->types, WY_STR("io-error"));
    assert_non_null(def);
    assert_int_equal(def->kind, WY_WIT_USED);
    def = wy_wit_typedef_final(def);
    assert_int_equal(def->kind, WY_WIT_RESOURCE);
    assert_true(wy_str_eqz(def->scope->package->name, "wasi:io"));
    def = wy_wit_typedef_final(wy_map_get_ptr(&http->types, WY_STR("headers")));
    assert_true(wy_str_eqz(def->name, "fields"));
    wy_arena_deinit(&arena);
}

TEST(missing_files_are_said) {
    start();
    assert_int_equal(wy_wit_set_add_path(&set, "/nonexistent/x.wit", &diag), WY_IO);
    assert_non_null(strstr(diag.text, "/nonexistent/x.wit: No such file"));
    wy_arena_deinit(&arena);
}
