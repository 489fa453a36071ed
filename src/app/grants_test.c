#include "app/grants.h"

#include <stdlib.h>

#include "app/spin.h"
#include "base/test.h"

static wy_arena arena;
static wy_diag diag;

#define HEAD                                                                                       \
    "spin_manifest_version = 2\n[application]\nname = \"a\"\n[variables]\n"                        \
    "greeting = { default = \"hi\" }\ntoken = { required = true }\n"

static const wy_app_grants *grants_of(const char *text, const wy_app_grant_options *options) {
    const wy_app *app;
    const wy_app_grants *grants;
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)4 << 20);
    wy_diag_init(&diag);
    if (wy_app_read_spin(&arena, wy_str_of(text), WY_STR("."), (wy_str){0}, &app, &diag) != WY_OK)
        fail_msg("%s", diag.text);
    return wy_app_grants_new(&arena, app, options, &grants, &diag) == WY_OK ? grants : NULL;
}

TEST(components_are_granted_what_their_tables_say) {
    wy_kv_options kv = {.backend = WY_STR("memory"), .label = WY_STR("default")};
    wy_kv_store *store;
    assert_int_equal(wy_kv_store_open(&kv, &store, &diag), WY_OK);
    wy_config_pair flag = {WY_STR("token"), WY_STR("from flag")};
    setenv("SPIN_VARIABLE_TOKEN", "from env", 1);
    setenv("SPIN_VARIABLE_GREETING", "hello", 1);
    wy_kv_grant known = {WY_STR("default"), store};
    wy_app_grant_options options = {.stores = {&known, 1}, .variables = &flag, .variable_count = 1};
    const wy_app_grants *grants =
        grants_of(HEAD
                  "[component.a]\nsource = \"a\"\nkey_value_stores = [\"default\"]\n"
                  "[component.b]\nsource = \"b\"\n"
                  "variables = { text = \"{{ greeting }} {{ token }}\" }\n",
                  &options);
    if (!grants) fail_msg("%s", diag.text);
    assert_ptr_equal(wy_kv_grant_find(&grants[0].kv, WY_STR("default"))->store, store);
    assert_null(wy_kv_grant_find(&grants[1].kv, WY_STR("default")));
    wy_str value;
    assert_int_equal(wy_config_get(&grants[1].config, WY_STR("text"), &arena, &value, &diag),
                     WY_OK);
    assert_true(wy_str_eqz(value, "hello from flag"));
    assert_int_equal(wy_config_get(&grants[0].config, WY_STR("text"), &arena, &value, &diag),
                     WY_NOT_FOUND);
    unsetenv("SPIN_VARIABLE_TOKEN");
    unsetenv("SPIN_VARIABLE_GREETING");
    wy_kv_store_close(store);
    wy_arena_deinit(&arena);
}

TEST(what_cannot_be_granted_is_an_error_at_the_start) {
    wy_app_grant_options options = {0};
    assert_null(grants_of(HEAD, &options));
    assert_int_equal(diag.err, WY_NOT_FOUND);
    assert_string_equal(diag.text, "required variables have no value: token");
    wy_config_pair flags[] = {{WY_STR("token"), WY_STR("t")}, {WY_STR("greetin"), WY_STR("x")}};
    options.variables = flags;
    options.variable_count = 2;
    assert_null(grants_of(HEAD, &options));
    assert_string_equal(diag.text,
                        "the application has no variable 'greetin'; did you mean 'greeting'?");
    options.variable_count = 1;
    assert_null(grants_of(HEAD "[component.a]\nsource = \"a\"\nkey_value_stores = [\"other\"]\n",
                          &options));
    assert_string_equal(diag.text,
                        "[component.a]: the key-value store 'other' is not configured; the "
                        "runtime configuration would say what it is, in [key_value_store.other]");
    assert_int_equal(diag.line, 7);
    wy_arena_deinit(&arena);
}
