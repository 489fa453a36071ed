#include "capability/config/config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/test.h"
#include "capability/config/template.h"

static wy_arena arena;
static wy_diag diag;

static const wy_config_variable variables[] = {
    {WY_STR("greeting"), true, WY_STR("hello")},
    {WY_STR("api_key"), false, {0}},
    {WY_STR("path2"), true, WY_STR("")},
};

static const wy_config *make(const wy_config_provider_options *providers, uint32_t count) {
    const wy_config *config;
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)8 << 20);
    wy_diag_init(&diag);
    if (wy_config_new(&arena, variables, 3, providers, count, (wy_config_ways){0}, &config,
                      &diag) != WY_OK)
        return NULL;
    return config;
}

static void resolves(const wy_config *config, const char *template, const char *value) {
    wy_str out;
    wy_diag_init(&diag);
    if (wy_config_resolve(config, wy_str_of(template), &arena, &out, &diag) != WY_OK)
        fail_msg("%s", diag.text);
    if (!wy_str_eqz(out, value)) fail_msg("'" WY_STR_FMT "', not '%s'", WY_STR_ARG(out), value);
}

static void fails(const wy_config *config, const char *template, wy_err err) {
    wy_str out;
    wy_diag_init(&diag);
    assert_int_equal(wy_config_resolve(config, wy_str_of(template), &arena, &out, &diag), err);
}

TEST(names_of_variables) {
    static const char *const good[] = {"a", "a1", "ab_cd", "a_1", "x_y_z"};
    static const char *const bad[] = {"", "A", "1a", "_a", "a_", "a__b", "a-b", "a b"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(wy_variable_name_valid(wy_str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wy_variable_name_valid(wy_str_of(bad[i])));
}

TEST(templates_are_resolved) {
    const wy_config *config = make(NULL, 0);
    resolves(config, "", "");
    resolves(config, "plain", "plain");
    resolves(config, "{{ greeting }}", "hello");
    resolves(config, "a {{greeting}}-{{ greeting }} z", "a hello-hello z");
    resolves(config, "{ \"a\": {} } }}", "{ \"a\": {} } }}");
    resolves(config, "[{{ path2 }}]", "[]");
    fails(config, "{{ greeting", WY_INVALID);
    fails(config, "{{ Greeting }}", WY_INVALID);
    fails(config, "{{ }}", WY_INVALID);
    fails(config, "{{ api_key }}", WY_NOT_FOUND);
    fails(config, "{{ unknown }}", WY_NOT_FOUND);
    wy_arena_deinit(&arena);
}

TEST(the_first_provider_that_knows_wins) {
    wy_config_pair first[] = {{WY_STR("greeting"), WY_STR("old")},
                              {WY_STR("greeting"), WY_STR("flag")}};
    wy_config_pair second[] = {{WY_STR("greeting"), WY_STR("file")},
                               {WY_STR("api_key"), WY_STR("k")},
                               {WY_STR("undeclared"), WY_STR("x")}};
    wy_config_provider_options providers[] = {
        {.type = WY_STR("static"), .pairs = first, .pair_count = 2},
        {.type = WY_STR("static"), .pairs = second, .pair_count = 3}};
    const wy_config *config = make(providers, 2);
    resolves(config, "{{ greeting }} {{ api_key }}", "flag k");
    fails(config, "{{ undeclared }}", WY_NOT_FOUND);
    assert_int_equal(wy_config_check(config, &diag), WY_OK);
    wy_arena_deinit(&arena);
}

TEST(required_variables_without_value_are_named) {
    const wy_config *config = make(NULL, 0);
    assert_int_equal(wy_config_check(config, &diag), WY_NOT_FOUND);
    assert_string_equal(diag.text, "required variables have no value: api_key");
    wy_arena_deinit(&arena);
}

TEST(unknown_providers_name_the_nearest) {
    wy_config_provider_options provider = {.type = WY_STR("enviroment")};
    assert_null(make(&provider, 1));
    assert_string_equal(diag.text,
                        "there is no provider of variables 'enviroment'; did you mean "
                        "'environment'?");
    wy_arena_deinit(&arena);
}

/* A file with `text`, as .env under the environment. */
static const wy_config *with_file(const char *text, char path[32]) {
    strcpy(path, "/tmp/withy-env-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    wy_config_provider_options providers[] = {
        {.type = WY_STR("environment"), .prefix = WY_STR("SPIN_VARIABLE_")},
        {.type = WY_STR("dotenv"), .prefix = WY_STR("SPIN_VARIABLE_"), .path = wy_str_of(path)}};
    return make(providers, 2);
}

TEST(the_environment_stands_above_the_file) {
    char path[32];
    setenv("SPIN_VARIABLE_GREETING", "from env", 1);
    const wy_config *config = with_file(
        "# settings\n\nexport SPIN_VARIABLE_API_KEY = 'a # b' # c\n"
        "SPIN_VARIABLE_GREETING=from file\r\n"
        "SPIN_VARIABLE_PATH2=\"x\\ty\\\"\\n\"\nOTHER=\n",
        path);
    if (!config) fail_msg("%s", diag.text);
    resolves(config, "{{ greeting }}|{{ api_key }}|{{ path2 }}", "from env|a # b|x\ty\"\n");
    unsetenv("SPIN_VARIABLE_GREETING");
    resolves(config, "{{ greeting }}", "from file");
    unlink(path);
    config = with_file("SPIN_VARIABLE_GREETING=bare value # note\nSPIN_VARIABLE_API_KEY=a#b", path);
    resolves(config, "{{ greeting }}|{{ api_key }}", "bare value|a#b");
    unlink(path);
    wy_arena_deinit(&arena);
}

TEST(a_file_that_cannot_be_understood_is_an_error_with_its_line) {
    char path[32];
    static const char *const bad[] = {"A=1\nnonsense\n", "A=1\nB='x\n", "A=1\nB=\"x\n", "\n=x",
                                      "A=1\nB='x' y\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(with_file(bad[i], path));
        assert_int_equal(diag.err, WY_INVALID);
        assert_int_equal(diag.line, 2);
        assert_memory_equal(diag.text, path, strlen(path));
        unlink(path);
    }
    wy_config_provider_options absent = {.type = WY_STR("dotenv"),
                                         .path = WY_STR("/nonexistent/.env")};
    assert_non_null(make(&absent, 1));
    wy_arena_deinit(&arena);
}

TEST(components_see_only_their_own_variables) {
    const wy_config *config = make(NULL, 0);
    wy_config_pair own_variables[] = {{WY_STR("text"), WY_STR("{{ greeting }}!")},
                                      {WY_STR("broken"), WY_STR("{{ api_key }}")}};
    wy_config_grants grants = {.config = config, .variables = own_variables, .count = 2};
    wy_str value;
    assert_int_equal(wy_config_get(&grants, WY_STR("text"), &arena, &value, &diag), WY_OK);
    assert_true(wy_str_eqz(value, "hello!"));
    assert_int_equal(wy_config_get(&grants, WY_STR("greeting"), &arena, &value, &diag),
                     WY_NOT_FOUND);
    wy_diag_init(&diag);
    assert_int_equal(wy_config_get(&grants, WY_STR("broken"), &arena, &value, &diag), WY_CLOSED);
    assert_string_equal(diag.text, "the variable 'api_key' has no value");
    grants.config = NULL;
    assert_int_equal(wy_config_get(&grants, WY_STR("text"), &arena, &value, &diag), WY_OK);
    assert_true(wy_str_eqz(value, "{{ greeting }}!"));
    assert_int_equal(wy_config_get(NULL, WY_STR("text"), &arena, &value, &diag), WY_NOT_FOUND);
    wy_arena_deinit(&arena);
}

TEST(long_values_reach_a_limit) {
    static char text[600000];
    memset(text, 'x', sizeof text);
    wy_config_pair pair = {WY_STR("greeting"), {text, sizeof text}};
    wy_config_provider_options provider = {
        .type = WY_STR("static"), .pairs = &pair, .pair_count = 1};
    const wy_config *config = make(&provider, 1);
    fails(config, "{{ greeting }}{{ greeting }}", WY_LIMIT);
    wy_arena_deinit(&arena);
}
