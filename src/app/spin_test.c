#include "app/spin.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"

static wy_arena arena;
static wy_diag diag;

static const wy_app *read_app(const char *text) {
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)16 << 20);
    wy_diag_init(&diag);
    const wy_app *app;
    wy_err err = wy_app_read_spin(&arena, wy_str_of(text), WY_STR("/app"), &app, &diag);
    assert_int_equal(err, diag.err);
    return app;
}

#define HEAD "spin_manifest_version = 2\n[application]\nname = \"a\"\n"
#define HELLO HEAD "[component.hello]\nsource = \"h.wasm\"\n"

static void refuse(const char *text, wy_err err, uint32_t line, const char *message) {
    if (read_app(text)) fail_msg("accepted: %s", text);
    if (diag.err != err || diag.line != line || strcmp(diag.text, message) != 0)
        fail_msg("%s\ngave %s, line %u, column %u: %s", text, wy_err_name(diag.err), diag.line,
                 diag.column, diag.text);
    wy_arena_deinit(&arena);
}

TEST(a_whole_manifest_is_read) {
    const wy_app *app = read_app(
        "spin_manifest_version = 2\n"
        "[application]\nname = \"shop\"\nversion = \"1.2.3\"\ndescription = \"A shop\"\n"
        "authors = [\"A\", \"B\"]\n[application.trigger.redis]\naddress = \"redis://x\"\n"
        "[variables]\ngreeting = { default = \"hi\" }\n"
        "token = { required = true, secret = true }\n"
        "[[trigger.http]]\nid = \"front\"\nroute = \"/...\"\ncomponent = \"web\"\n"
        "executor = { type = \"http\" }\n"
        "[[trigger.http]]\nroute = { private = true }\ncomponent = \"back\"\n"
        "[[trigger.http]]\nroute = \"/gone\"\n"
        "static_response = { status_code = 410, headers = { x = \"y\" }, body = \"gone\" }\n"
        "[[trigger.http]]\nroute = \"/inline\"\ncomponent = { source = \"i.wasm\" }\n"
        "[component.web]\nsource = \"web.wasm\"\ndescription = \"d\"\n"
        "environment = { A = \"1\", B = \"2\" }\n"
        "files = [\"assets/**/*\", { source = \"static\", destination = \"/s\" }]\n"
        "exclude_files = [\"*.map\"]\n"
        "allowed_outbound_hosts = [\"https://api.example.org\", \"http://{{ greeting }}:80\"]\n"
        "key_value_stores = [\"default\", \"my-store\", \"my_store\"]\n"
        "[component.web.variables]\ntext = \"{{ greeting }} {{token}}\"\n"
        "[component.web.build]\ncommand = \"make\"\nwatch = [\"*.c\"]\n"
        "[component.web.profile.debug]\nsource = \"web-debug.wasm\"\n"
        "[component.web.tool.x]\nanything = 1\n"
        "[component.back]\nsource = \"back.wasm\"\nallowed_http_hosts = [\"self\", \"h:1\"]\n"
        "sqlite_databases = []\n");
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    assert_true(wy_str_eqz(app->name, "shop"));
    assert_int_equal(app->authors.count, 2);
    assert_int_equal(app->variable_count, 2);
    assert_true(wy_str_eqz(wy_app_variable_find(app, WY_STR("greeting"))->fallback, "hi"));
    assert_true(wy_app_variable_find(app, WY_STR("token"))->secret);
    assert_int_equal(app->component_count, 3);
    const wy_app_component *web = wy_app_component_find(app, WY_STR("web"));
    assert_true(wy_str_eqz(web->source, "web.wasm"));
    assert_int_equal(web->environment.count, 2);
    assert_int_equal(web->files_count, 2);
    assert_null(web->files[0].destination.ptr);
    assert_true(wy_str_eqz(web->files[1].destination, "/s"));
    assert_int_equal(web->key_value_stores.count, 3);
    assert_true(wy_str_eqz(web->variables.items[0].value, "{{ greeting }} {{token}}"));
    assert_true(wy_str_eqz(web->build_commands.items[0], "make"));
    const wy_app_component *back = wy_app_component_find(app, WY_STR("back"));
    assert_int_equal(back->allowed_outbound_hosts.count, 3);
    assert_true(wy_str_eqz(back->allowed_outbound_hosts.items[0], "http://self"));
    assert_true(wy_str_eqz(back->allowed_outbound_hosts.items[2], "https://h:1"));
    assert_int_equal(app->http_trigger_count, 4);
    const wy_app_http_trigger *t = app->http_triggers;
    assert_ptr_equal(t[0].component, web);
    assert_true(wy_str_eqz(t[0].id, "front"));
    assert_true(t[1].is_private);
    assert_null(t[1].route.ptr);
    assert_true(wy_str_eqz(t[1].id, "back-http-trigger"));
    assert_int_equal(t[2].response->status, 410);
    assert_true(wy_str_eqz(t[2].response->headers.items[0].value, "y"));
    assert_true(wy_str_eqz(t[3].component->source, "i.wasm"));
    assert_true(wy_str_eqz(t[3].component->id, "inline-component4"));
    wy_arena_deinit(&arena);
}

TEST(versions_other_than_two_are_refused_by_name) {
    refuse("", WY_INVALID, 1, "the manifest: 'spin_manifest_version = 2' is missing");
    refuse("spin_version = \"1\"\nname = \"x\"", WY_UNSUPPORTED, 1,
           "the manifest: manifest version 1 is not supported; write version 2 "
           "('spin_manifest_version = 2', [component.<id>] and [[trigger.http]] tables)");
    refuse("spin_manifest_version = 3", WY_INVALID, 1,
           "the manifest: 'spin_manifest_version' must be 2");
}

TEST(unknown_keys_name_the_nearest) {
    refuse(HELLO "sources = 1\n", WY_INVALID, 6,
           "[component.hello]: unknown key 'sources'; did you mean 'source'?");
    refuse(HELLO "key_value_store = [\"default\"]\n", WY_INVALID, 6,
           "[component.hello]: unknown key 'key_value_store'; did you mean 'key_value_stores'?");
    refuse(HEAD "zzz = 1\n", WY_INVALID, 4, "[application]: unknown key 'zzz'");
    refuse(HEAD "[variabels]\n", WY_INVALID, 4,
           "the manifest: unknown key 'variabels'; did you mean 'variables'?");
    refuse(HELLO "[[trigger.http]]\nroutes = \"/\"\n", WY_INVALID, 7,
           "[[trigger.http]]: unknown key 'routes'; did you mean 'route'?");
    assert_int_equal(diag.column, 1);
}

TEST(wrong_types_and_missing_keys_are_named) {
    refuse("spin_manifest_version = 2\n[application]\nversion = \"1\"\n", WY_INVALID, 2,
           "[application]: 'name' is missing");
    refuse(HEAD "version = 1\n", WY_INVALID, 4,
           "[application]: 'version' must be a string, not an integer");
    refuse(HEAD "[component.x]\n", WY_INVALID, 4, "[component.x]: 'source' is missing");
    refuse(HELLO "environment = { A = 1 }\n", WY_INVALID, 6,
           "[component.hello]: 'environment.A' must be a string, not an integer");
    refuse(HELLO "key_value_stores = [1]\n", WY_INVALID, 6,
           "[component.hello]: 'key_value_stores' must be a string, not an integer");
    refuse(HELLO "key_value_stores = [\"a b\"]\n", WY_INVALID, 6,
           "[component.hello]: 'a b' is no label of a store (words of letters and digits, split "
           "by '-' or by '_')");
    refuse(HEAD "[component.a_b]\nsource = \"x\"\n", WY_INVALID, 4,
           "[component.a_b]: a component's id is made of words of letters and digits, split by "
           "'-'");
}

TEST(variables_have_either_default_or_required) {
    refuse(HEAD "[variables]\nx = {}\n", WY_INVALID, 5,
           "[variables] x: a variable has either 'required = true' or a 'default'");
    refuse(HEAD "[variables]\nx = { required = true, default = \"\" }\n", WY_INVALID, 5,
           "[variables] x: a variable has either 'required = true' or a 'default'");
    refuse(HEAD "[variables]\nX = { default = \"\" }\n", WY_INVALID, 5,
           "[variables] X: a variable's name is made of lower-case letters and digits, words "
           "split by '_', and begins with a letter");
    refuse(HELLO "variables = { a = \"{{ nope }}\" }\n", WY_INVALID, 6,
           "[component.hello]: the template names 'nope', which is not in [variables]");
    refuse(HELLO "variables = { a = \"{{ nope\" }\n", WY_INVALID, 6,
           "[component.hello]: the template has a '{{' without its '}}'");
}

TEST(triggers_are_checked) {
    refuse(HELLO "[[trigger.http]]\nroute = \"/\"\ncomponent = \"helo\"\n", WY_INVALID, 8,
           "[[trigger.http]]: there is no component 'helo'; did you mean 'hello'?");
    refuse(HELLO "[[trigger.http]]\ncomponent = \"hello\"\n", WY_INVALID, 6,
           "[[trigger.http]]: 'route' is missing");
    refuse(HELLO "[[trigger.http]]\nroute = { private = false }\ncomponent = \"hello\"\n",
           WY_INVALID, 7, "[[trigger.http]]: 'route' must be a path or { private = true }");
    refuse(HELLO "[[trigger.http]]\nroute = \"/a/.../b\"\ncomponent = \"hello\"\n", WY_INVALID, 7,
           "[[trigger.http]]: route '/a/.../b': a wildcard may stand only at the end, as '/...'");
    refuse(HELLO "[[trigger.http]]\nroute = \"/\"\n", WY_INVALID, 6,
           "[[trigger.http]]: a binding has either a 'component' or a 'static_response'");
    refuse(HELLO "[[trigger.http]]\nroute = \"/\"\nstatic_response = { status_code = 42 }\n",
           WY_INVALID, 8, "[[trigger.http]]: 'status_code' must be from 200 to 599");
    refuse(HELLO "[application.trigger.http]\nbase = \"/x\"\n", WY_INVALID, 7,
           "[application.trigger.http]: 'base' may only be \"/\"; write whole routes in the "
           "triggers");
}

TEST(what_is_not_there_yet_is_refused_by_name) {
    refuse(HELLO "sqlite_databases = [\"default\"]\n", WY_UNSUPPORTED, 6,
           "[component.hello]: SQLite databases ('sqlite_databases') are not supported");
    refuse(HELLO "ai_models = [\"llama2-chat\"]\n", WY_UNSUPPORTED, 6,
           "[component.hello]: AI models ('ai_models') are not supported");
    refuse(HELLO "[component.hello.dependencies]\n\"a:b\" = \"1\"\n", WY_UNSUPPORTED, 6,
           "[component.hello]: component dependencies ('dependencies') are not supported; compose "
           "the component beforehand");
    refuse(HEAD "[component.x]\nsource = { url = \"https://h/x\", digest = \"sha256:0\" }\n",
           WY_UNSUPPORTED, 5,
           "[component.x]: a source from a URL is not supported; fetch the component and give its "
           "path");
    refuse(HELLO "[[trigger.redis]]\nchannel = \"c\"\ncomponent = \"hello\"\n", WY_UNSUPPORTED, 6,
           "the trigger type 'redis' is not supported; only 'http' is");
    refuse(
        HELLO
        "[[trigger.http]]\nroute = \"/\"\ncomponent = \"hello\"\nexecutor = { type = \"wagi\" }\n",
        WY_UNSUPPORTED, 9,
        "[[trigger.http]]: the executor 'wagi' is not supported; only 'http' is");
    refuse(HELLO "allowed_outbound_hosts = [\"*\"]\n", WY_INVALID, 6,
           "[component.hello]: '*' is not accepted as an outbound host; write \"*://*:*\" to allow "
           "everything");
    refuse(HELLO "allowed_outbound_hosts = []\nallowed_http_hosts = []\n", WY_INVALID, 7,
           "[component.hello]: 'allowed_http_hosts' cannot be combined with "
           "'allowed_outbound_hosts'; write all hosts in the latter");
}

TEST(a_manifest_is_loaded_from_its_folder) {
    char dir[] = "/tmp/withy-spin-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/spin.toml", dir);
    wy_arena_init(&arena, (size_t)1 << 20);
    const wy_app *app;
    wy_diag_init(&diag);
    assert_int_equal(wy_app_load_spin(&arena, dir, &app, &diag), WY_NOT_FOUND);
    assert_non_null(strstr(diag.text, "/spin.toml: "));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(HELLO, file);
    fclose(file);
    wy_diag_init(&diag);
    assert_int_equal(wy_app_load_spin(&arena, dir, &app, &diag), WY_OK);
    assert_true(wy_str_eqz(app->root, dir));
    assert_true(wy_str_eqz(app->components[0].id, "hello"));
    unlink(path);
    rmdir(dir);
    wy_arena_deinit(&arena);
}
