#include "wit/semver.h"
#include "base/test.h"

static wy_semver version(const char *text) {
    wy_semver v;
    assert_true(wy_semver_parse(wy_str_of(text), &v));
    return v;
}

TEST(versions_parse_as_semver_says) {
    static const char *const good[] = {
        "0.0.0",         "1.2.3",           "0.2.0-draft2",
        "1.0.0-alpha.1", "1.0.0-0.3.7",     "1.0.0+21AF26D3---117B",
        "1.0.0-x-y-z.-", "1.0.0-rc.1+b.01", "18446744073709551615.0.0"};
    static const char *const bad[] = {
        "",       "1",      "1.2",    "1.2.3.4",    "01.2.3",
        "1.02.3", "1.2.3-", "1.2.3+", "1.2.3-a..b", "1.2.3-01",
        "a.b.c",  "1.2.3 ", "-1.2.3", "1.2.3-é",    "18446744073709551616.0.0"};
    wy_semver v;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(wy_semver_parse(wy_str_of(good[i]), &v));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(wy_semver_parse(wy_str_of(bad[i]), &v));
    v = version("1.20.3-rc.1+build");
    assert_int_equal(v.minor, 20);
    assert_true(wy_str_eqz(v.pre, "rc.1"));
    assert_true(wy_str_eqz(v.build, "build"));
}

TEST(precedence_is_that_of_semver_11) {
    static const char *const rising[] = {
        "0.9.9",      "1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
        "1.0.0",      "1.0.1",        "1.1.0",         "2.0.0"};
    size_t count = sizeof rising / sizeof rising[0];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            wy_semver a = version(rising[i]), b = version(rising[j]);
            int order = wy_semver_cmp(&a, &b);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    wy_semver a = version("1.0.0+a"), b = version("1.0.0+b");
    assert_int_equal(wy_semver_cmp(&a, &b), 0);
}

TEST(compatible_versions_are_on_one_line) {
    static const struct {
        const char *want, *have;
        bool yes;
    } cases[] = {
        {"0.2.0", "0.2.12", true},
        {"0.2.12", "0.2.0", true},
        {"0.2.0", "0.3.0", false},
        {"1.0.0", "1.9.3", true},
        {"1.0.0", "2.0.0", false},
        {"0.0.1", "0.0.1", true},
        {"0.0.1", "0.0.2", false},
        {"0.2.0-draft", "0.2.0-draft", true},
        {"0.2.0-draft", "0.2.0-draft2", false},
        {"0.2.0-rc-2023-10-18", "0.2.0", false},
        {"0.2.0", "0.2.0-draft", false},
        {"0.2.0+a", "0.2.0+b", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wy_semver want = version(cases[i].want), have = version(cases[i].have);
        assert_int_equal(wy_semver_compatible(&want, &have), cases[i].yes);
    }
}

TEST(names_split) {
    wy_wit_name name;
    assert_true(wy_wit_name_split(WY_STR("wasi:io/streams@0.2.12"), &name));
    assert_true(wy_str_eqz(name.package, "wasi:io"));
    assert_true(wy_str_eqz(name.item, "streams"));
    assert_true(wy_str_eqz(name.version, "0.2.12"));
    assert_true(wy_str_eqz(name.unversioned, "wasi:io/streams"));
    assert_true(wy_wit_name_split(WY_STR("a:b"), &name));
    assert_int_equal(name.item.len + name.version.len, 0);
    assert_true(wy_wit_name_split(WY_STR("a:b/c"), &name));
    assert_true(wy_wit_name_split(WY_STR("a:b:c/d@1.0.0-x"), &name));
    static const char *const bad[] = {"",        "a",          "a/b",    "a:b/",
                                      "a:b/c@",  ":b/c",       "a:/c",   "a:b/c@1",
                                      "a:b/c/d", "a:b/C-d-eF", "1a:b/c", "a:b/c@1.0.0@1.0.0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(wy_wit_name_split(wy_str_of(bad[i]), &name));
}

TEST(names_are_compatible_by_package_item_and_version) {
    wy_str have = WY_STR("wasi:io/streams@0.2.12");
    assert_true(wy_wit_name_compatible(WY_STR("wasi:io/streams@0.2.0"), have));
    assert_false(wy_wit_name_compatible(WY_STR("wasi:io/streams@0.3.0"), have));
    assert_false(wy_wit_name_compatible(WY_STR("wasi:io/poll@0.2.0"), have));
    assert_false(wy_wit_name_compatible(WY_STR("wasi:io/streams"), have));
    assert_true(wy_wit_name_compatible(WY_STR("a:b/c"), WY_STR("a:b/c")));
}

TEST(labels_are_words_or_acronyms) {
    static const char *const good[] = {"a", "a1", "XML", "a-XML-b2", "a-1", "A-b", "rc20231018"};
    static const char *const bad[] = {"", "-", "a-", "-a", "a--b", "1a", "aB", "a_b", "é"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(wy_wit_label_valid(wy_str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(wy_wit_label_valid(wy_str_of(bad[i])));
}
