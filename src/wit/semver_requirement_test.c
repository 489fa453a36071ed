#include "wit/semver.h"
#include "base/test.h"

static bool meets(const char *version, const char *requirement) {
    wy_semver v;
    assert_true(wy_semver_parse(wy_str_of(version), &v));
    assert_true(wy_semver_requirement_valid(wy_str_of(requirement)));
    return wy_semver_meets(&v, wy_str_of(requirement));
}

static const struct {
    const char *requirement, *yes[6], *no[6];
} cases[] = {
    {"1.0", {"1.0.0", "1.9.9"}, {"0.9.0", "2.0.0", "1.1.0-rc.1"}},
    {"^1.2.3", {"1.2.3", "1.2.4", "1.3.0"}, {"1.2.2", "2.0.0"}},
    {"0.2", {"0.2.0", "0.2.9"}, {"0.1.0", "0.3.0", "1.0.0"}},
    {"0.0.3", {"0.0.3"}, {"0.0.4", "0.1.0"}},
    {"0", {"0.0.1", "0.9.0"}, {"1.0.0"}},
    {"1", {"1.0.0", "1.5.0"}, {"2.0.0"}},
    {"=1.2.3", {"1.2.3", "1.2.3+build"}, {"1.2.4"}},
    {"=1.2", {"1.2.0", "1.2.9"}, {"1.3.0"}},
    {">1.2", {"1.3.0", "2.0.0"}, {"1.2.9"}},
    {">=1.2, <1.4", {"1.2.0", "1.3.9"}, {"1.1.9", "1.4.0"}},
    {"<=1.2", {"1.2.9", "0.1.0"}, {"1.3.0"}},
    {"~1.2.3", {"1.2.3", "1.2.9"}, {"1.2.2", "1.3.0"}},
    {"~1", {"1.0.0", "1.9.0"}, {"2.0.0"}},
    {"1.*", {"1.0.0", "1.9.0"}, {"2.0.0", "0.9.0"}},
    {"0.*", {"0.1.0", "0.9.0"}, {"1.0.0"}},
    {"1.2.*", {"1.2.0", "1.2.7"}, {"1.3.0"}},
    {"*", {"0.0.0", "9.9.9"}, {"1.0.0-a"}},
    {"^1.0.0-rc.1", {"1.0.0-rc.1", "1.0.0-rc.2", "1.0.0", "1.4.0"}, {"1.0.0-beta", "1.1.0-rc.1"}},
    {" >= 1.0.0 ", {"1.0.0", "3.0.0"}, {"0.9.9"}},
};

TEST(requirements_are_met_as_cargo_has_it) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t k = 0; k < 6 && cases[i].yes[k]; k++)
            assert_true(meets(cases[i].yes[k], cases[i].requirement));
        for (size_t k = 0; k < 6 && cases[i].no[k]; k++)
            assert_false(meets(cases[i].no[k], cases[i].requirement));
    }
}

TEST(what_is_no_requirement_is_told) {
    static const char *const bad[] = {"",     ",",    "1.2.3.4", "a",      "1,",    "^",
                                      "1..2", "01.2", ">*",      "1.2.3-", "1 . 2", "*.1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wy_semver_requirement_valid(wy_str_of(bad[i])));
}
