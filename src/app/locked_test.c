#include "app/locked.h"

#include "app/spin.h"
#include "app/toml.h"
#include "base/test.h"

static wy_arena arena;
static wy_diag diag;

static const char manifest[] =
    "spin_manifest_version = 2\n"
    "[application]\nname = \"shop\"\nversion = \"1.0.0\"\nauthors = [\"A\"]\n"
    "[application.trigger.timer]\nspeedup = 2\n"
    "[variables]\nname = { default = \"x\", description = \"d\" }\n"
    "token = { required = true, secret = true }\n"
    "[[trigger.timer]]\ninterval_secs = 3\nat = 2026-01-02T03:04:05.5+01:00\n"
    "rates = [1.5, nan, true]\ncomponent = \"a\"\n"
    "[[trigger.timer]]\nid = \"own\"\ninterval_secs = 4\ncomponent = { source = \"i.wasm\" }\n"
    "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"a\"\n"
    "[component.a]\nsource = \"a.wasm\"\ndescription = \"first\"\nenvironment = { A = \"1\" }\n"
    "files = [\"assets\"]\nallowed_outbound_hosts = [\"http://b.spin.internal\"]\n"
    "key_value_stores = [\"default\"]\nsqlite_databases = [\"db\"]\nai_models = [\"m\"]\n"
    "variables = { v = \"{{ name }}\" }\n"
    "[component.a.dependencies]\n"
    "\"x:y/z@1.0.0\" = { path = \"d.wasm\", export = \"e:f/g\", "
    "inherit_configuration = [\"files\", \"variables\"] }\n"
    "\"q:r\" = { path = \"e.wasm\", inherit_configuration = true }\n"
    "[component.b]\nsource = \"b.wasm\"\n";

static const wy_app *read_manifest(const char *text) {
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)16 << 20);
    wy_diag_init(&diag);
    const wy_app *app;
    if (wy_app_read_spin(&arena, wy_str_of(text), WY_STR("/app"), (wy_str){0}, &app, &diag))
        fail_msg("line %u: %s", diag.line, diag.text);
    return app;
}

static void write_locked(const wy_app *app, wy_buf *out) {
    static const char *const dependencies[] = {"/d.wasm", "/e.wasm"};
    static const wy_locked_mount mount = {"/tmp/a b", {"/", 1}};
    wy_locked_place places[8] = {{0}};
    for (uint32_t i = 0; i < app->component_count; i++)
        places[i] = (wy_locked_place){.path = "/bin/x.wasm",
                                      .dependencies = dependencies,
                                      .environment = app->components[i].environment};
    places[0].mounts = &mount;
    places[0].mount_count = 1;
    const wy_locked_facts facts = {"/app/spin.toml", WY_STR("debug"), places};
    wy_buf_init(out, 1 << 20);
    assert_int_equal(wy_app_write_locked(app, &facts, out, &diag), WY_OK);
}

static bool has(const wy_buf *text, const char *part) {
    return strstr(text->ptr, part) != NULL;
}

TEST(an_application_is_written_as_spin_writes_it) {
    wy_buf text;
    write_locked(read_manifest(manifest), &text);
    const char *parts[] = {
        "\"spin_lock_version\": 1",
        "\"component_host_requirements\"",
        "\"name\": \"shop\"",
        "\"origin\": \"file:///app/spin.toml\"",
        "\"profile\": \"debug\"",
        "\"triggers\": {\n      \"timer\": {\n        \"speedup\": 2\n",
        "\"trigger_type\": \"timer\"",
        "\"trigger_config\": {\n        \"component\": \"a\",\n        \"interval_secs\": 3,\n"
        "        \"at\": \"2026-01-02T03:04:05.500000000+01:00\",\n        \"rates\": [\n"
        "          1.5,\n          null,\n          true\n",
        "\"id\": \"own\"",
        "\"component\": \"own-component\"",
        "\"route\": \"/...\"",
        "\"content_type\": \"application/wasm\"",
        "\"source\": \"file:///tmp/a%20b\"",
        "\"path\": \"/\"",
        "\"databases\": [",
        "\"local_service_chaining\": \"required\"",
        "\"export\": \"e:f/g\"",
        "\"export\": null",
        "\"inherit\": \"All\"",
        "\"Some\": [\n              \"files\",\n              \"variables\"\n",
        "\"secret\": true",
        "\"default\": \"x\"",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!has(&text, parts[i])) fail_msg("no %s in\n%s", parts[i], text.ptr);
    assert_false(has(&text, "\"trigger\": {\"")); /* of two types neither stands alone */
    wy_buf_deinit(&text);
    wy_arena_deinit(&arena);
}

TEST(settings_of_the_only_type_stand_alone_too) {
    wy_buf text;
    write_locked(read_manifest("spin_manifest_version = 2\n[application]\nname = \"a\"\n"
                               "[application.trigger.timer]\nspeedup = 2\n[component.c]\n"
                               "source = \"c\"\n[[trigger.timer]]\ncomponent = \"c\"\n"),
                 &text);
    assert_true(has(&text, "\"trigger\": {\n      \"speedup\": 2,\n      \"type\": \"timer\"\n"));
    assert_true(has(&text, "\"spin_lock_version\": 0"));
    wy_buf_deinit(&text);
    wy_arena_deinit(&arena);
}

TEST(what_was_written_is_read) {
    wy_buf text;
    write_locked(read_manifest(manifest), &text);
    const wy_app *app;
    if (wy_app_read_locked(&arena, wy_buf_view(&text), WY_STR("/app"), &app, &diag))
        fail_msg("%s", diag.text);
    assert_true(wy_str_eqz(app->name, "shop"));
    assert_int_equal(app->component_count, 3);
    assert_int_equal(app->trigger_count, 3);
    const wy_app_trigger *timer = wy_app_foreign_next(app, NULL);
    assert_true(wy_str_eqz(timer->type, "timer"));
    assert_null(wy_app_foreign_next(app, timer));
    assert_true(wy_str_starts(timer->config, WY_STR("{\"component\":\"a\",\"interval_secs\":3,")));
    assert_true(wy_str_eqz(app->trigger_settings[0].config, "{\"speedup\":2}"));
    assert_int_equal(app->http_trigger_count, 1);
    const wy_app_component *a = wy_app_component_find(app, WY_STR("a"));
    assert_true(wy_str_eqz(a->source.path, "/bin/x.wasm"));
    assert_true(wy_str_eqz(a->files[0].source, "/tmp/a b"));
    assert_true(wy_str_eqz(a->files[0].destination, "/"));
    assert_true(wy_str_eqz(a->sqlite_databases.items[0], "db"));
    assert_true(wy_str_eqz(a->ai_models.items[0], "m"));
    assert_true(wy_str_eqz(a->variables.items[0].value, "{{ name }}"));
    assert_int_equal(a->dependency_count, 2);
    assert_int_equal(a->dependencies[0].inherit, WY_APP_INHERIT_FILES | WY_APP_INHERIT_VARIABLES);
    assert_int_equal(a->dependencies[1].inherit, WY_APP_INHERIT_ALL);
    assert_true(wy_str_eqz(a->dependencies[0].export_name, "e:f/g"));
    assert_true(wy_app_variable_find(app, WY_STR("token"))->required);
    assert_true(wy_str_eqz(wy_app_variable_find(app, WY_STR("name"))->fallback, "x"));
    wy_buf_deinit(&text);
    wy_arena_deinit(&arena);
}

static void refuse(const char *json, wy_err err, const char *message) {
    wy_arena_init(&arena, (size_t)16 << 20);
    wy_diag_init(&diag);
    const wy_app *app;
    wy_err got = wy_app_read_locked(&arena, wy_str_of(json), WY_STR("/"), &app, &diag);
    if (got != err || !strstr(diag.text, message))
        fail_msg("%s\ngave %s: %s", json, wy_err_name(got), diag.text);
    assert_null(app);
    wy_arena_deinit(&arena);
}

#define LOCK "{\"spin_lock_version\":1,"
#define NAMED LOCK "\"metadata\":{\"name\":\"a\"},\"triggers\":[],"

TEST(what_cannot_be_run_is_refused) {
    refuse("", WY_MALFORMED, "line 1");
    refuse("[]", WY_MALFORMED, "spin_lock_version");
    refuse("{\"spin_lock_version\":2}", WY_UNSUPPORTED, "spin_lock_version");
    refuse(LOCK "\"must_understand\":[\"moon\"]}", WY_UNSUPPORTED, "'moon'");
    refuse(LOCK "\"host_requirements\":{\"splines\":\"required\"}}", WY_UNSUPPORTED, "'splines'");
    refuse(LOCK "\"host_requirements\":{\"splines\":\"optional\"}}", WY_INVALID, "'name'");
    refuse(LOCK "\"triggers\":[{}]}", WY_INVALID, "'trigger_type'");
    refuse(NAMED "\"components\":[{}]}", WY_INVALID, "no 'id'");
    refuse(NAMED "\"components\":[{\"id\":\"a\",\"source\":{\"inline\":\"\"}}]}", WY_UNSUPPORTED,
           "not a file");
    refuse(NAMED
           "\"components\":[{\"id\":\"a\",\"source\":{\"source\":\"file:///a\"},"
           "\"host_requirements\":{\"moon\":\"required\"}}]}",
           WY_UNSUPPORTED, "'moon'");
    refuse(NAMED
           "\"components\":[{\"id\":\"a\",\"source\":{\"source\":\"file:///a\"},"
           "\"env\":{\"A\":1}}]}",
           WY_INVALID, "must be a string");
}

TEST(urls_of_files) {
    wy_arena_init(&arena, (size_t)1 << 20);
    static const struct {
        const char *url, *path;
    } good[] = {{"file:///a/b", "/a/b"},
                {"file:///a%20b%25", "/a b%"},
                {"file://localhost/x", "/x"},
                {"file:///%c3%A4", "/\xc3\xa4"}};
    wy_str path;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(wy_file_url_read(&arena, wy_str_of(good[i].url), &path));
        assert_true(wy_str_eqz(path, good[i].path));
    }
    static const char *const bad[] = {"",           "file://",     "file://host/a", "http://a",
                                      "file:///%0", "file:///%zz", "file:///a%00"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wy_file_url_read(&arena, wy_str_of(bad[i]), &path));
    wy_buf text;
    wy_buf_init(&text, 1000);
    wy_file_url_write(&text, "/a b/\xc3\xa4?#%");
    assert_true(wy_str_eqz(wy_buf_view(&text), "file:///a%20b/%C3%A4%3F%23%25"));
    wy_buf_deinit(&text);
    wy_arena_deinit(&arena);
}
