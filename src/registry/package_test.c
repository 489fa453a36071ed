#include "registry/package.h"
#include "base/test.h"

static const char configuration[] =
    "default_registry = \"default.test\"\n"
    "[namespace_registries]\n"
    "one = \"one.test\"\n"
    "two = { registry = \"two\", metadata = { preferredProtocol = \"oci\", oci = { registry = "
    "\"oci.test:5000\", namespacePrefix = \"team/\" } } }\n"
    "far = { registry = \"far\", metadata = { preferredProtocol = \"warg\" } }\n"
    "[package_registry_overrides]\n"
    "\"one:special\" = \"special.test\"\n"
    "[registry.\"special.test\".oci]\n"
    "protocol = \"http\"\n"
    "auth = { username = \"u\", password = \"p:w\" }\n"
    "[registry.\"one.test\".oci]\n"
    "auth = \"dTpw\"\n"
    "[registry.\"local.test\".local]\n"
    "root = \"/x\"\n";

static wy_err locate(wy_arena *arena, const char *toml, const char *name, const char *registry,
                     wy_package_place *out, wy_diag *diag) {
    const wy_package package = {.registry = wy_str_of(registry), .name = wy_str_of(name)};
    wy_arena_init(arena, 1 << 20);
    wy_diag_init(diag);
    return wy_package_locate(arena, wy_str_of(toml), &package, out, diag);
}

TEST(the_configuration_says_where_a_package_is) {
    static const struct {
        const char *name, *registry;
        const char *found, *oci, *prefix, *user, *password;
        bool plain;
    } places[] = {
        {"other:x", "", "default.test", "", "", "", "", false},
        {"one:x", "", "one.test", "", "", "u", "p", false},
        {"two:x", "", "two", "oci.test:5000", "team/", "", "", false},
        {"one:special", "", "special.test", "", "", "u", "p:w", true},
        {"one:x", "named.test", "named.test", "", "", "", "", false},
        {"two:x", "two", "two", "oci.test:5000", "team/", "", "", false},
        {"wasi:http", "", "default.test", "", "", "", "", false},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        wy_arena arena;
        wy_diag diag;
        wy_package_place p;
        assert_int_equal(
            locate(&arena, configuration, places[i].name, places[i].registry, &p, &diag), WY_OK);
        assert_true(wy_str_eqz(p.registry, places[i].found));
        assert_true(wy_str_eqz(p.oci_registry, places[i].oci));
        assert_true(wy_str_eqz(p.prefix, places[i].prefix));
        assert_true(wy_str_eqz(p.user, places[i].user));
        assert_true(wy_str_eqz(p.password, places[i].password));
        assert_int_equal(p.plain, places[i].plain);
        wy_arena_deinit(&arena);
    }
}

TEST(some_namespaces_are_known_and_others_not) {
    wy_arena arena;
    wy_diag diag;
    wy_package_place p;
    assert_int_equal(locate(&arena, "", "wasi:http", "", &p, &diag), WY_OK);
    assert_true(wy_str_eqz(p.registry, "wasi.dev"));
    wy_arena_deinit(&arena);
    assert_int_equal(locate(&arena, "", "acme:x", "", &p, &diag), WY_NOT_FOUND);
    assert_non_null(strstr(diag.text, "'acme'"));
    wy_arena_deinit(&arena);
}

TEST(mistakes_in_the_configuration_are_told) {
    static const struct {
        const char *toml, *name, *registry;
        wy_err err;
    } bad[] = {
        {"x = 1", "a:b", "", WY_INVALID},
        {"default_registry = 1", "a:b", "", WY_INVALID},
        {"[namespace_registries]\na = \"a b\"", "a:b", "", WY_INVALID},
        {"[namespace_registries]\na = 7", "a:b", "", WY_INVALID},
        {"[registry.\"r\".oci]\nauth = \"!\"", "a:b", "r", WY_INVALID},
        {"[registry.\"r\"]\ndefault = \"warg\"", "a:b", "r", WY_UNSUPPORTED},
        {configuration, "far:b", "", WY_UNSUPPORTED},
        {configuration, "a:b", "local.test", WY_UNSUPPORTED},
        {"", "a:b", "not a host", WY_INVALID},
        {"[", "a:b", "", WY_MALFORMED},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wy_arena arena;
        wy_diag diag;
        wy_package_place p;
        assert_int_equal(locate(&arena, bad[i].toml, bad[i].name, bad[i].registry, &p, &diag),
                         bad[i].err);
        wy_arena_deinit(&arena);
    }
}

TEST(metadata_have_two_forms) {
    static const struct {
        const char *json, *oci, *prefix;
        wy_err err;
    } cases[] = {
        {"{\"oci\":{\"registry\":\"o.test\",\"namespacePrefix\":\"p/\"}}", "o.test", "p/", WY_OK},
        {"{\"ociRegistry\":\"o.test\",\"ociNamespacePrefix\":\"p/\"}", "o.test", "p/", WY_OK},
        {"{\"preferredProtocol\":\"oci\"}", "", "", WY_OK},
        {"{\"preferredProtocol\":\"warg\"}", "", "", WY_UNSUPPORTED},
        {"{\"oci\":{\"registry\":\"../x\"}}", "../x", "", WY_INVALID},
        {"[]", "", "", WY_INVALID},
        {"<html>", "", "", WY_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wy_arena arena;
        wy_arena_init(&arena, 1 << 16);
        wy_package_place p = {0};
        assert_int_equal(wy_package_read_metadata(&arena, wy_str_of(cases[i].json), &p, NULL),
                         cases[i].err);
        assert_true(wy_str_eqz(p.oci_registry, cases[i].oci));
        assert_true(wy_str_eqz(p.prefix, cases[i].prefix));
        wy_arena_deinit(&arena);
    }
}
