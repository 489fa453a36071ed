#include "app/spin.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"

static wy_arena arena;
static wy_diag diag;
static wy_str profile;

static const wy_app *read_app(const char *text) {
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)16 << 20);
    wy_diag_init(&diag);
    const wy_app *app;
    wy_err err = wy_app_read_spin(&arena, wy_str_of(text), WY_STR("/app"), profile, &app, &diag);
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
        "sqlite_databases = []\ntargets = [\"any\", { path = \"t.toml\" }]\n");
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    assert_true(wy_str_eqz(app->name, "shop"));
    assert_int_equal(app->authors.count, 2);
    assert_int_equal(app->variable_count, 2);
    assert_true(wy_str_eqz(wy_app_variable_find(app, WY_STR("greeting"))->fallback, "hi"));
    assert_true(wy_app_variable_find(app, WY_STR("token"))->secret);
    assert_int_equal(app->component_count, 3);
    const wy_app_component *web = wy_app_component_find(app, WY_STR("web"));
    assert_true(wy_str_eqz(web->source.path, "web.wasm"));
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
    assert_true(wy_str_eqz(t[3].component->source.path, "i.wasm"));
    assert_true(wy_str_eqz(t[3].component->id, "inline-component4"));
    wy_arena_deinit(&arena);
}

TEST(versions_other_than_two_are_refused_by_name) {
    refuse("", WY_INVALID, 1, "the manifest: 'spin_manifest_version = 2' is missing");
    refuse("spin_manifest_version = 3", WY_INVALID, 1,
           "the manifest: 'spin_manifest_version' must be 2, or \"1\" for the older format");
    refuse("spin_version = 2", WY_INVALID, 1,
           "the manifest: 'spin_manifest_version' must be 2, or \"1\" for the older format");
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

TEST(schedules_are_read) {
    const wy_app *app =
        read_app(HELLO
                 "[[trigger.cron]]\ncron_expression = \"0 0 12 * * *\"\ncomponent = "
                 "\"hello\"\nretries = 2\n");
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    assert_int_equal(app->cron_trigger_count, 1);
    assert_int_equal(app->cron_triggers[0].schedule.hours, 1 << 12);
    assert_int_equal(app->cron_triggers[0].retries, 2);
    assert_int_equal(app->trigger_count, 1);
    assert_false(app->triggers[0].is_foreign);
    refuse(HELLO "[[trigger.cron]]\ncomponent = \"hello\"\n", WY_INVALID, 6,
           "[[trigger.cron]]: 'cron_expression' is missing");
    refuse(HELLO "[[trigger.cron]]\ncron_expression = \"x\"\n", WY_INVALID, 6,
           "[[trigger.cron]]: 'component' is missing");
}

TEST(other_types_of_triggers_are_kept_for_others) {
    const wy_app *app = read_app(HELLO
                                 "[application.trigger.timer]\nspeedup = 2\n"
                                 "[[trigger.timer]]\ncomponent = \"hello\"\nsecs = 1\n"
                                 "[[trigger.timer]]\nsecs = 2\n"
                                 "[[trigger.sqs]]\ncomponent = \"hello\"\n");
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    assert_int_equal(app->trigger_count, 3);
    assert_true(wy_str_eqz(app->triggers[0].config, "{\"component\":\"hello\",\"secs\":1}"));
    assert_true(wy_str_eqz(app->triggers[1].config, "{\"secs\":2}"));
    assert_null(app->triggers[1].component);
    const wy_app_trigger *t = wy_app_foreign_next(app, NULL);
    assert_ptr_equal(t, &app->triggers[0]);
    t = wy_app_foreign_next(app, t);
    assert_ptr_equal(t, &app->triggers[2]);
    assert_null(wy_app_foreign_next(app, t));
    assert_int_equal(app->trigger_settings_count, 1);
}

TEST(what_is_not_there_yet_is_refused_by_name) {
    refuse(HELLO "[[trigger.\"a b\"]]\ncomponent = \"hello\"\n", WY_INVALID, 6,
           "'a b' is no type of trigger (words of letters and digits, split by '-')");
    refuse(HELLO
           "[[trigger.redis]]\nchannel = \"c\"\naddress = \"r\"\ncomponent = \"hello\"\n"
           "dependencies = { middleware = [\"hello\"] }\n",
           WY_UNSUPPORTED, 10,
           "[[trigger.redis]]: several components for one binding are not supported, but for the "
           "'dependencies' of HTTP that are called 'middleware'");
    refuse(HEAD "[component.x]\nsource = { package = \"a:b\", version = \"1.0\" }\n", WY_INVALID, 5,
           "[component.x]: '1.0' is no version: it has three numbers, \"1.2.3\"");
    refuse(HEAD "[component.x]\nsource = { package = \"a\", version = \"1.0.0\" }\n", WY_INVALID, 5,
           "[component.x]: 'a' is no package: it is named \"namespace:name\"");
}

TEST(middleware_stands_around_a_component) {
    const wy_app *app = read_app(HELLO
                                 "[component.a]\nsource = \"a\"\n[component.b]\nsource = \"b\"\n"
                                 "[[trigger.http]]\nroute = \"/\"\ncomponent = \"hello\"\n"
                                 "dependencies = { middleware = [\"b\", \"a\", \"b\"] }\n");
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    assert_int_equal(app->http_triggers[0].middleware_count, 3);
    assert_true(wy_str_eqz(app->http_triggers[0].middleware[0]->id, "b"));
    assert_true(wy_str_eqz(app->http_triggers[0].middleware[1]->id, "a"));
    assert_true(wy_str_eqz(app->http_triggers[0].component->id, "hello"));
    refuse(HELLO
           "[[trigger.http]]\nroute = \"/\"\ncomponent = \"hello\"\n"
           "dependencies = { middleware = [{ source = \"m\" }] }\n",
           WY_UNSUPPORTED, 9,
           "[[trigger.http]]: 'middleware' lists ids of components; write this one as a table "
           "[component.<id>]");
    refuse(HELLO
           "[[trigger.http]]\nroute = \"/\"\nstatic_response = {}\n"
           "dependencies = { middleware = [\"hello\"] }\n",
           WY_INVALID, 6,
           "[[trigger.http]]: 'middleware' stands around a component that exports "
           "wasi:http/incoming-handler");
}

TEST(hosts_are_checked) {
    refuse(HELLO "allowed_outbound_hosts = [\"*\"]\n", WY_INVALID, 6,
           "[component.hello]: '*' is not accepted as an outbound host; write \"*://*:*\" to allow "
           "everything");
    refuse(HELLO "allowed_outbound_hosts = []\nallowed_http_hosts = []\n", WY_INVALID, 7,
           "[component.hello]: 'allowed_http_hosts' cannot be combined with "
           "'allowed_outbound_hosts'; write all hosts in the latter");
}

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(sources_come_from_urls_with_a_digest) {
    const wy_app *app = read_app(HEAD
                                 "[component.x]\nsource = { url = \"https://h/x\", digest = "
                                 "\"sha256:" DIGEST "\" }\n");
    assert_non_null(app);
    assert_int_equal(app->components[0].source.path.len, 0);
    assert_true(wy_str_eqz(app->components[0].source.url, "https://h/x"));
    assert_true(wy_str_eqz(app->components[0].source.sha256, DIGEST));
    refuse(HEAD "[component.x]\nsource = { url = \"https://h/x\", digest = \"sha256:0\" }\n",
           WY_INVALID, 5,
           "[component.x]: 'digest' must be \"sha256:\" and 64 lower-case hexadecimal digits");
    refuse(HEAD "[component.x]\nsource = { url = \"https://h/x\" }\n", WY_INVALID, 5,
           "[component.x]: 'digest' is missing");
    refuse(HEAD "[component.x]\nsource = { url = \"ftp://h/x\", digest = \"\" }\n", WY_INVALID, 5,
           "[component.x]: 'url' must begin with https:// or http://");
    refuse(HEAD "[component.x]\nsource = {}\n", WY_INVALID, 5,
           "[component.x]: 'source' must be a path, or a table with 'url' and 'digest', or one "
           "with 'package' and 'version'");
}

TEST(databases_and_models_are_granted) {
    const wy_app *app = read_app(HELLO
                                 "sqlite_databases = [\"default\", \"my_own\"]\n"
                                 "ai_models = [\"llama2-chat\"]\n");
    assert_non_null(app);
    assert_int_equal(app->components[0].sqlite_databases.count, 2);
    assert_true(wy_str_eqz(app->components[0].ai_models.items[0], "llama2-chat"));
    refuse(HELLO "sqlite_databases = [\"a b\"]\n", WY_INVALID, 6,
           "[component.hello]: 'a b' is no label of a database (words of letters and digits, split "
           "by '-' or by '_')");
}

TEST(redis_bindings_stand_beside_others) {
    const wy_app *app =
        read_app(HELLO
                 "[application.trigger.redis]\naddress = \"redis://one\"\n"
                 "[[trigger.redis]]\nchannel = \"a\"\ncomponent = \"hello\"\n"
                 "[[trigger.redis]]\nchannel = \"b\"\naddress = \"redis://two\"\ncomponent = "
                 "{ source = \"b.wasm\" }\n"
                 "[[trigger.http]]\nroute = \"/\"\ncomponent = \"hello\"\n");
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    assert_int_equal(app->redis_trigger_count, 2);
    assert_int_equal(app->http_trigger_count, 1);
    const wy_app_redis_trigger *t = app->redis_triggers;
    assert_true(wy_str_eqz(t[0].id, "hello-redis-trigger"));
    assert_true(wy_str_eqz(t[0].address, "redis://one"));
    assert_true(wy_str_eqz(t[1].address, "redis://two"));
    assert_true(wy_str_eqz(t[1].component->source.path, "b.wasm"));
    refuse(HELLO "[[trigger.redis]]\nchannel = \"a\"\ncomponent = \"hello\"\n", WY_INVALID, 6,
           "[[trigger.redis]]: the binding has no 'address', and [application.trigger.redis] has "
           "none either");
    refuse(HELLO "[[trigger.redis]]\naddress = \"redis://x\"\ncomponent = \"hello\"\n", WY_INVALID,
           6, "[[trigger.redis]]: 'channel' is missing");
    refuse(HELLO "[[trigger.redis]]\nchannel = \"{{ x }}\"\ncomponent = \"hello\"\n", WY_INVALID, 7,
           "[[trigger.redis]]: the template names 'x', which is not in [variables]");
}

TEST(a_profile_replaces_and_merges) {
    static const char text[] = HELLO
        "environment = { A = \"1\", B = \"2\" }\n"
        "[component.hello.build]\ncommand = \"make\"\nworkdir = \"w\"\n"
        "[component.hello.profile.debug]\nsource = \"debug.wasm\"\n"
        "environment = { B = \"3\", C = \"4\" }\n"
        "build = { command = [\"make debug\", \"make more\"] }\n";
    profile = WY_STR("debug");
    const wy_app *app = read_app(text);
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    const wy_app_component *hello = &app->components[0];
    assert_true(wy_str_eqz(hello->source.path, "debug.wasm"));
    assert_int_equal(hello->environment.count, 3);
    assert_true(wy_str_eqz(hello->environment.items[1].value, "3"));
    assert_int_equal(hello->build_commands.count, 2);
    assert_true(wy_str_eqz(hello->build_workdir, "w"));
    profile = WY_STR("release");
    refuse(text, WY_INVALID, 0, "no component has the profile 'release'");
    profile = (wy_str){0};
    app = read_app(text);
    assert_true(app && wy_str_eqz(app->components[0].source.path, "h.wasm"));
    refuse(HELLO "profile = { x = { files = [] } }\n", WY_INVALID, 6,
           "[component.hello]: unknown key 'files'");
}

#define ADDER HELLO "[component.adder]\nsource = \"adder.wasm\"\n"

TEST(dependencies_name_who_provides_an_import) {
    const wy_app *app =
        read_app(ADDER
                 "[component.hello.dependencies]\n"
                 "\"acme:math/add@1.2.0\" = { component = \"adder\", export = \"acme:math/sum\" }\n"
                 "\"acme:text\" = { path = \"text.wasm\", inherit_configuration = [\"variables\", "
                 "\"files\"] }\n"
                 "plain = { path = \"p.wasm\", inherit_configuration = true }\n");
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    const wy_app_component *hello = wy_app_component_find(app, WY_STR("hello"));
    assert_int_equal(hello->dependency_count, 3);
    const wy_app_dependency *d = hello->dependencies;
    assert_true(wy_str_eqz(d[0].source.path, "adder.wasm"));
    assert_true(wy_str_eqz(d[0].export_name, "acme:math/sum"));
    assert_int_equal(d[0].inherit, 0);
    assert_int_equal(d[1].inherit, WY_APP_INHERIT_VARIABLES | WY_APP_INHERIT_FILES);
    assert_int_equal(d[2].inherit, WY_APP_INHERIT_ALL);
}

TEST(packages_of_registries_are_sources) {
    const wy_app *app =
        read_app(HEAD
                 "[component.x]\n"
                 "source = { package = \"a:b\", version = \"1.0.0\", registry = \"r.test\" }\n"
                 "[component.x.dependencies]\n"
                 "\"c:d/e@1.0.0\" = \">=1, <3\"\n"
                 "word = { version = \"2\", package = \"f:g\", registry = \"q\" }\n");
    assert_non_null(app);
    const wy_app_component *c = &app->components[0];
    assert_true(wy_str_eqz(c->source.package, "a:b") && wy_str_eqz(c->source.version, "1.0.0"));
    assert_true(wy_str_eqz(c->source.registry, "r.test") && !c->source.any_version);
    const wy_app_source *d = &c->dependencies[0].source;
    assert_true(wy_str_eqz(d->package, "c:d") && wy_str_eqz(d->version, ">=1, <3"));
    assert_true(d->any_version && d->registry.len == 0);
    d = &c->dependencies[1].source;
    assert_true(wy_str_eqz(d->package, "f:g") && wy_str_eqz(d->registry, "q"));
    wy_arena_deinit(&arena);
}

#define DEPENDS ADDER "[component.hello.dependencies]\n"

TEST(dependencies_are_checked) {
    refuse(DEPENDS "\"a:b\" = \"one\"\n", WY_INVALID, 9,
           "[component.hello]: dependency 'a:b': 'one' is no requirement of a version, such as "
           "\"1.2\"");
    refuse(DEPENDS "word = \"1\"\n", WY_INVALID, 9,
           "[component.hello]: dependency 'word': a dependency named by a word needs the 'package' "
           "that provides it");
    refuse(DEPENDS "\"a:b/c/d\" = { path = \"x\" }\n", WY_INVALID, 9,
           "[component.hello]: dependency 'a:b/c/d': a dependency is named by a word, "
           "\"ns:package\" or \"ns:package/interface\", perhaps with \"@version\"");
    refuse(DEPENDS "\"a:b\" = { path = \"x\" }\n\"a:b/c\" = { path = \"y\" }\n", WY_INVALID, 10,
           "[component.hello]: dependency 'a:b/c': the dependencies 'a:b' and 'a:b/c' name the "
           "same imports");
    refuse(DEPENDS "\"a:b@1.0.0\" = { path = \"x\" }\n\"a:b@1.2.0\" = { path = \"y\" }\n",
           WY_INVALID, 10,
           "[component.hello]: dependency 'a:b@1.2.0': the dependencies 'a:b@1.0.0' and "
           "'a:b@1.2.0' name the same imports");
    refuse(DEPENDS "\"a:b\" = { path = \"x\", export = \"y\" }\n", WY_INVALID, 9,
           "[component.hello]: dependency 'a:b': 'export' needs a dependency that names one "
           "interface");
    refuse(DEPENDS "\"a:b\" = { component = \"ader\" }\n", WY_INVALID, 9,
           "[component.hello]: dependency 'a:b': there is no component 'ader'; did you mean "
           "'adder'?");
    refuse(DEPENDS "\"a:b\" = { component = \"hello\" }\n", WY_INVALID, 9,
           "[component.hello]: dependency 'a:b': a component cannot depend on itself");
    refuse(DEPENDS "\"a:b\" = { path = \"x\", inherit_configuration = [\"variable\"] }\n",
           WY_INVALID, 9,
           "[component.hello]: dependency 'a:b': no configuration 'variable' can be inherited; did "
           "you mean 'variables'?");
    refuse(DEPENDS "\"a:b\" = { path = \"x\", component = \"adder\" }\n", WY_INVALID, 9,
           "[component.hello]: dependency 'a:b': 'path' and 'component' cannot be combined");
    refuse(DEPENDS "\"a:b\" = {}\n", WY_INVALID, 9,
           "[component.hello]: dependency 'a:b': a dependency has a 'path', a 'url' with its "
           "'digest', a 'component' or a 'version'");
    refuse(ADDER
           "key_value_stores = [\"default\"]\n[component.hello.dependencies]\n"
           "\"a:b\" = { component = \"adder\" }\n",
           WY_INVALID, 10,
           "[component.hello]: dependency 'a:b': the component 'adder' has dependencies or "
           "configuration of its own (files, stores, hosts, variables, ...), which one that "
           "provides imports cannot have");
    refuse(HELLO
           "dependencies_inherit_configuration = true\n[component.hello.dependencies]\n"
           "\"a:b\" = { path = \"x\", inherit_configuration = true }\n",
           WY_INVALID, 8,
           "[component.hello]: dependency 'a:b': 'inherit_configuration' cannot be combined with "
           "'dependencies_inherit_configuration = true'");
}

#define FIRST "spin_version = \"1\"\nname = \"old\"\ntrigger = { type = \"http\", base = \"/\" }\n"

TEST(the_first_version_is_read) {
    const wy_app *app = read_app(
        FIRST
        "version = \"1.0\"\nauthors = [\"A\"]\n[variables]\nx = { default = \"1\" }\n"
        "[[component]]\nid = \"Hello_There\"\nsource = \"h.wasm\"\n"
        "environment = { A = \"1\" }\nkey_value_stores = [\"default\"]\n"
        "[component.trigger]\nroute = \"/...\"\n[component.config]\ny = \"{{ x }}\"\n"
        "[component.build]\ncommand = \"make\"\n"
        "[[component]]\nid = \"two\"\nsource = \"t.wasm\"\nallowed_http_hosts = [\"h:1\"]\n"
        "allowed_outbound_hosts = [\"redis://r\"]\n[component.trigger]\nroute = \"/two\"\n");
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    assert_true(wy_str_eqz(app->name, "old"));
    assert_int_equal(app->component_count, 2);
    const wy_app_component *c = app->components;
    assert_true(wy_str_eqz(c[0].id, "hello-there"));
    assert_true(wy_str_eqz(c[0].variables.items[0].name, "y"));
    assert_int_equal(c[0].allowed_outbound_hosts.count, 3);
    assert_true(wy_str_eqz(c[0].allowed_outbound_hosts.items[0], "redis://*:*"));
    assert_int_equal(c[1].allowed_outbound_hosts.count, 3);
    assert_true(wy_str_eqz(c[1].allowed_outbound_hosts.items[0], "redis://r"));
    assert_true(wy_str_eqz(c[1].allowed_outbound_hosts.items[2], "https://h:1"));
    assert_int_equal(app->http_trigger_count, 2);
    assert_true(wy_str_eqz(app->http_triggers[0].id, "trigger-hello-there"));
    assert_ptr_equal(app->http_triggers[1].component, &c[1]);
    assert_true(wy_str_eqz(app->http_triggers[1].route, "/two"));
}

TEST(the_first_version_has_other_triggers_too) {
    const wy_app *app = read_app(
        "spin_manifest_version = \"1\"\nname = \"old\"\n"
        "trigger = { type = \"redis\", address = \"redis://r\" }\n"
        "[[component]]\nid = \"a\"\nsource = \"a.wasm\"\n[component.trigger]\nchannel = \"c\"\n");
    if (!app) fail_msg("line %u: %s", diag.line, diag.text);
    assert_int_equal(app->redis_trigger_count, 1);
    assert_true(wy_str_eqz(app->redis_triggers[0].address, "redis://r"));
    refuse("spin_version = \"1\"\nname = \"x\"\ntrigger = { type = \"h t\" }\n", WY_INVALID, 3,
           "'h t' is no type of trigger (words of letters and digits, split by '-')");
    refuse("spin_version = \"1\"\nname = \"x\"\n", WY_INVALID, 1,
           "the manifest: 'trigger' is missing");
    refuse(FIRST "[[component]]\nid = \"a\"\nsource = \"a\"\n", WY_INVALID, 4,
           "[[component]]: 'trigger' is missing");
    refuse(FIRST "[[component]]\nid = \"a\"\nsource = \"a\"\nvariables = {}\n", WY_INVALID, 7,
           "component 'a': unknown key 'variables'");
    refuse(FIRST "[application]\n", WY_INVALID, 4,
           "the manifest: version 1 has no [application]; write 'spin_manifest_version = 2'");
    refuse(FIRST "[[component]]\nid = \"a\"\nsource = \"a\"\n[component.trigger]\nroutes = \"/\"\n",
           WY_INVALID, 8, "[component.trigger]: unknown key 'routes'; did you mean 'route'?");
}

TEST(a_manifest_is_loaded_from_its_folder) {
    char dir[] = "/tmp/withy-spin-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/spin.toml", dir);
    wy_arena_init(&arena, (size_t)1 << 20);
    const wy_app *app;
    wy_diag_init(&diag);
    assert_int_equal(wy_app_load_spin(&arena, dir, (wy_str){0}, &app, &diag), WY_NOT_FOUND);
    assert_non_null(strstr(diag.text, "/spin.toml: "));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(HELLO, file);
    fclose(file);
    wy_diag_init(&diag);
    assert_int_equal(wy_app_load_spin(&arena, dir, (wy_str){0}, &app, &diag), WY_OK);
    assert_true(wy_str_eqz(app->root, dir));
    assert_true(wy_str_eqz(app->components[0].id, "hello"));
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(HELLO "\tsources = 1\n", file);
    fclose(file);
    wy_diag_init(&diag);
    assert_int_equal(wy_app_load_spin(&arena, dir, (wy_str){0}, &app, &diag), WY_INVALID);
    assert_non_null(strstr(diag.text,
                           "/spin.toml:6:2: [component.hello]: unknown key 'sources'; did you mean "
                           "'source'?\n  \tsources = 1\n  \t^"));
    unlink(path);
    rmdir(dir);
    wy_arena_deinit(&arena);
}
