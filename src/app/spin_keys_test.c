/* Each key of a Spin manifest, in both versions. */
#include "app/spin.h"

#include "app/keys_testing.h"

#define HEAD "spin_manifest_version = 2\n[application]\nname = \"a\"\n"
#define HTTP HEAD "[component.c]\nsource = \"c.wasm\"\n[[trigger.http]]\n"
#define REDIS                                                                                      \
    HEAD "[component.c]\nsource = \"c.wasm\"\n[application.trigger.redis]\naddress = \"r\"\n"      \
         "[[trigger.redis]]\n"
#define COMPONENT HEAD "[component.d]\nsource = \"d.wasm\"\n[component.c]\n"
#define SOURCE "source = \"c.wasm\"\n"
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FIRST "spin_version = \"1\"\n"
#define FIRST_COMPONENT FIRST "name = \"a\"\ntrigger = { type = \"http\" }\n[[component]]\n"
#define FIRST_REST "name = \"a\"\ntrigger = { type = \"http\" }\n"
#define FIRST_TRIGGER "[component.trigger]\nroute = \"/\"\n"

static const keys_row rows[] = {
    /* 2.1, top level and [application] */
    {"", "spin_manifest_version", "2", "true", "[application]\nname = \"a\"\n", NULL, false},
    {"spin_manifest_version = 2\n", "application", "{ name = \"a\" }", "1", "", NULL, false},
    {HEAD, "version", "\"1.0.0\"", "1", "", NULL, false},
    {HEAD, "description", "\"d\"", "true", "", NULL, false},
    {HEAD, "authors", "[\"A\", \"B\"]", "\"A\"", "", NULL, false},
    {HEAD, "targets", "[\"spin-up:3.3\", { url = \"u\" }, { path = \"p\" }]", "\"x\"", "", NULL,
     false},
    {HEAD, "trigger", "{ timer = { speedup = 2 } }", "[]", "", NULL, false},
    {HEAD, "tool", "{ anything = { at = \"all\" } }", NULL, "", NULL, false},
    {"spin_manifest_version = 2\n[application]\n", "name", "\"a\"", "1", "", NULL, false},
    {HEAD "[application.trigger.http]\n", "base", "\"/\"", "1", "", NULL, false},
    {HEAD "[application.trigger.http]\n", "base", "\"/x\"", "1", "", "'base' may only be", false},
    {HEAD "[application.trigger.redis]\n", "address", "\"redis://h\"", "1", "", NULL, false},
    /* 2.2 */
    {HEAD "[variables.v]\n", "required", "true", "\"yes\"", "", NULL, false},
    {HEAD "[variables.v]\n", "default", "\"x\"", "1", "", NULL, false},
    {HEAD "[variables.v]\n", "description", "\"x\"", "1", "default = \"\"\n", NULL, false},
    {HEAD "[variables.v]\n", "secret", "true", "1", "default = \"\"\n", NULL, false},
    /* 2.3 */
    {HTTP, "route", "\"/a/:b/...\"", "1", "component = \"c\"\n", NULL, false},
    {HTTP, "route", "{ private = true }", "[]", "component = \"c\"\n", NULL, false},
    {HTTP, "id", "\"mine\"", "1", "route = \"/\"\ncomponent = \"c\"\n", NULL, false},
    {HTTP, "component", "\"c\"", "1", "route = \"/\"\n", NULL, false},
    {HTTP, "component", "{ source = \"i.wasm\" }", "[]", "route = \"/\"\n", NULL, false},
    {HTTP, "components", "{}", "\"c\"", "route = \"/\"\ncomponent = \"c\"\n", NULL, false},
    {HTTP, "components", "{ role = \"c\" }", "[]", "route = \"/\"\ncomponent = \"c\"\n",
     "several components for one binding", false},
    {HTTP, "dependencies", "{ middleware = [\"c\"] }", "[]", "route = \"/\"\ncomponent = \"c\"\n",
     NULL, false},
    {HTTP "route = \"/\"\ncomponent = \"c\"\n[trigger.http.dependencies]\n", "middleware",
     "[\"c\"]", "\"c\"", "", NULL, false},
    {HTTP, "executor", "{ type = \"http\" }", "\"http\"", "route = \"/\"\ncomponent = \"c\"\n",
     NULL, false},
    {HTTP, "executor", "{ type = \"spin\" }", "1", "route = \"/\"\ncomponent = \"c\"\n", NULL,
     false},
    {HTTP "route = \"/\"\ncomponent = \"c\"\n[trigger.http.executor]\n", "type", "\"wagi\"", "1",
     "", NULL, false},
    {HTTP "route = \"/\"\ncomponent = \"c\"\n[trigger.http.executor]\n", "argv", "\"a ${ARGS}\"",
     "[]", "type = \"wagi\"\n", NULL, false},
    {HTTP "route = \"/\"\ncomponent = \"c\"\n[trigger.http.executor]\n", "entrypoint", "\"_start\"",
     "1", "type = \"wagi\"\n", NULL, false},
    {HTTP "route = \"/\"\ncomponent = \"c\"\n[trigger.http.executor]\n", "entrypoint", "\"main\"",
     "1", "type = \"wagi\"\n", "'entrypoint' may only be", false},
    {HTTP, "static_response", "{ status_code = 204 }", "\"x\"", "route = \"/\"\n", NULL, false},
    {HTTP "route = \"/\"\n[trigger.http.static_response]\n", "status_code", "404", "\"404\"", "",
     NULL, false},
    {HTTP "route = \"/\"\n[trigger.http.static_response]\n", "headers", "{ a = \"b\" }", "[]", "",
     NULL, false},
    {HTTP "route = \"/\"\n[trigger.http.static_response]\n", "body", "\"b\"", "1", "", NULL, false},
    {REDIS, "channel", "\"c\"", "1", "component = \"c\"\n", NULL, false},
    {REDIS, "address", "\"redis://h\"", "1", "channel = \"c\"\ncomponent = \"c\"\n", NULL, false},
    {REDIS, "retries", "3", "\"3\"", "channel = \"c\"\ncomponent = \"c\"\n", NULL, false},
    {REDIS, "dead_letter", "\"d\"", "1", "channel = \"c\"\ncomponent = \"c\"\n", NULL, false},
    {REDIS, "id", "\"mine\"", "1", "channel = \"c\"\ncomponent = \"c\"\n", NULL, false},
    {REDIS, "component", "\"c\"", "1", "channel = \"c\"\n", NULL, false},
    /* 2.4 */
    {COMPONENT, "source", "\"c.wasm\"", "1", "", NULL, false},
    {COMPONENT, "source", "{ url = \"https://h/c\", digest = \"" DIGEST "\" }", "[]", "", NULL,
     false},
    {COMPONENT "[component.c.source]\n", "digest", "\"" DIGEST "\"", "1", "url = \"https://h\"\n",
     NULL, false},
    {COMPONENT "[component.c.source]\n", "url", "\"https://h\"", "1", "digest = \"" DIGEST "\"\n",
     NULL, false},
    {COMPONENT "[component.c.source]\n", "package", "\"a:b\"", "1", "version = \"1.0.0\"\n", NULL,
     false},
    {COMPONENT "[component.c.source]\n", "version", "\"1.0.0\"", "1", "package = \"a:b\"\n", NULL,
     false},
    {COMPONENT "[component.c.source]\n", "registry", "\"h\"", "1",
     "package = \"a:b\"\nversion = \"1.0.0\"\n", NULL, false},
    {COMPONENT, "description", "\"d\"", "1", SOURCE, NULL, false},
    {COMPONENT, "environment", "{ A = \"1\" }", "[\"A=1\"]", SOURCE, NULL, false},
    {COMPONENT SOURCE "[component.c.environment]\n", "A", "\"1\"", "1", "", NULL, true},
    {COMPONENT, "variables", "{ a = \"{{ v }}\" }", "[]",
     SOURCE "[variables]\nv = { default = \"\" }\n", NULL, false},
    {COMPONENT SOURCE "[component.c.variables]\n", "a", "\"x\"", "1", "", NULL, true},
    {COMPONENT, "files", "[\"a/*\", { source = \"s\", destination = \"/d\" }]", "\"a\"", SOURCE,
     NULL, false},
    {COMPONENT SOURCE "[[component.c.files]]\n", "source", "\"s\"", "1", "destination = \"/d\"\n",
     NULL, false},
    {COMPONENT SOURCE "[[component.c.files]]\n", "destination", "\"/d\"", "1", "source = \"s\"\n",
     NULL, false},
    {COMPONENT, "exclude_files", "[\"*.map\"]", "\"*\"", SOURCE, NULL, false},
    {COMPONENT, "allowed_outbound_hosts", "[\"https://h:443\"]", "\"h\"", SOURCE, NULL, false},
    {COMPONENT, "allowed_http_hosts", "[\"self\"]", "\"h\"", SOURCE, NULL, false},
    {COMPONENT, "key_value_stores", "[\"default\"]", "\"default\"", SOURCE, NULL, false},
    {COMPONENT, "sqlite_databases", "[\"default\"]", "[1]", SOURCE, NULL, false},
    {COMPONENT, "ai_models", "[\"llama2-chat\"]", "1", SOURCE, NULL, false},
    {COMPONENT, "targets", "[\"spin-up\"]", "1", SOURCE, NULL, false},
    {COMPONENT, "build", "{ command = \"make\" }", "\"make\"", SOURCE, NULL, false},
    {COMPONENT SOURCE "[component.c.build]\n", "command", "[\"a\", \"b\"]", "1", "", NULL, false},
    {COMPONENT SOURCE "[component.c.build]\n", "workdir", "\"w\"", "1", "command = \"make\"\n",
     NULL, false},
    {COMPONENT SOURCE "[component.c.build]\n", "watch", "[\"*.c\"]", "\"*.c\"",
     "command = \"make\"\n", NULL, false},
    {COMPONENT, "profile", "{ debug = { source = \"d.wasm\" } }", "[]", SOURCE, NULL, false},
    {COMPONENT SOURCE "[component.c.profile.debug]\n", "environment", "{ A = \"1\" }", "1", "",
     NULL, false},
    {COMPONENT SOURCE "[component.c.profile.debug]\n", "dependencies", "{}", "1", "", NULL, false},
    {COMPONENT SOURCE "[component.c.profile.debug]\n", "build", "{ command = \"make\" }", "1", "",
     NULL, false},
    {COMPONENT SOURCE "[component.c.profile.debug]\n", "source", "\"d.wasm\"", "1", "", NULL,
     false},
    {COMPONENT, "tool", "{ x = 1 }", NULL, SOURCE, NULL, false},
    /* 2.5 */
    {COMPONENT, "dependencies", "{}", "[]", SOURCE, NULL, false},
    {COMPONENT, "dependencies_inherit_configuration", "true", "[]", SOURCE, NULL, false},
    {COMPONENT SOURCE "[component.c.dependencies.\"a:b/c@1.0.0\"]\n", "path", "\"p.wasm\"", "1", "",
     NULL, false},
    {COMPONENT SOURCE "[component.c.dependencies.\"a:b/c\"]\n", "component", "\"d\"", "1", "", NULL,
     false},
    {COMPONENT SOURCE "[component.c.dependencies.\"a:b/c\"]\n", "export", "\"x:y/z\"", "1",
     "path = \"p.wasm\"\n", NULL, false},
    {COMPONENT SOURCE "[component.c.dependencies.plain]\n", "inherit_configuration", "true", "1",
     "path = \"p.wasm\"\n", NULL, false},
    {COMPONENT SOURCE "[component.c.dependencies.\"a:b\"]\n", "inherit_configuration",
     "[\"ai_models\", \"allowed_outbound_hosts\", \"environment\", \"files\", "
     "\"key_value_stores\", \"sqlite_databases\", \"variables\"]",
     "\"files\"", "path = \"p.wasm\"\n", NULL, false},
    {COMPONENT SOURCE "[component.c.dependencies.\"a:b\"]\n", "digest", "\"" DIGEST "\"", "1",
     "url = \"https://h\"\n", NULL, false},
    {COMPONENT SOURCE "[component.c.dependencies]\n", "\"a:b\"", "\">=1.0.0\"", NULL, "", NULL,
     true},
    {COMPONENT SOURCE "[component.c.dependencies.\"a:b\"]\n", "version", "\"1.0.0\"", "1", "", NULL,
     false},
    {COMPONENT SOURCE "[component.c.dependencies.\"a:b\"]\n", "registry", "\"h\"", "1",
     "version = \"1.0.0\"\n", NULL, false},
    {COMPONENT SOURCE "[component.c.dependencies.plain]\n", "package", "\"a:b\"", "1",
     "version = \"1.0.0\"\n", NULL, false},
    /* version 1 */
    {FIRST "trigger = { type = \"http\" }\n", "name", "\"a\"", "1", "", NULL, false},
    {FIRST FIRST_REST, "version", "\"1\"", "1", "", NULL, false},
    {FIRST FIRST_REST, "description", "\"d\"", "1", "", NULL, false},
    {FIRST FIRST_REST, "authors", "[\"A\"]", "\"A\"", "", NULL, false},
    {FIRST FIRST_REST, "variables", "{ v = { default = \"\" } }", "[]", "", NULL, false},
    {FIRST FIRST_REST, "component", "[]", "{}", "", NULL, false},
    {FIRST "name = \"a\"\n", "trigger", "{ type = \"http\", base = \"/\" }", "\"http\"", "", NULL,
     false},
    {FIRST "name = \"a\"\n[trigger]\n", "type", "\"redis\"", "1", "address = \"r\"\n", NULL, false},
    {FIRST "name = \"a\"\n[trigger]\n", "address", "\"r\"", "1", "type = \"redis\"\n", NULL, false},
    {FIRST_COMPONENT, "id", "\"C_1\"", "1", SOURCE FIRST_TRIGGER, NULL, false},
    {FIRST_COMPONENT, "source", "\"c.wasm\"", "1", "id = \"c\"\n" FIRST_TRIGGER, NULL, false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "description", "\"d\"", "1", FIRST_TRIGGER, NULL,
     false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "environment", "{ A = \"1\" }", "1", FIRST_TRIGGER,
     NULL, false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "files", "[\"a\"]", "1", FIRST_TRIGGER, NULL, false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "exclude_files", "[\"a\"]", "1", FIRST_TRIGGER, NULL,
     false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "allowed_http_hosts", "[\"insecure:allow-all\"]", "1",
     FIRST_TRIGGER, NULL, false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "allowed_outbound_hosts", "[\"http://h\"]", "1",
     FIRST_TRIGGER, NULL, false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "key_value_stores", "[\"default\"]", "1", FIRST_TRIGGER,
     NULL, false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "sqlite_databases", "[\"default\"]", "1", FIRST_TRIGGER,
     NULL, false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "ai_models", "[\"m\"]", "1", FIRST_TRIGGER, NULL,
     false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "build", "{ command = \"make\" }", "1", FIRST_TRIGGER,
     NULL, false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "config", "{ a = \"b\" }", "1", FIRST_TRIGGER, NULL,
     false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE, "trigger", "{ route = \"/\" }", "1", "", NULL, false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE "[component.trigger]\n", "route", "\"/\"", "1", "", NULL,
     false},
    {FIRST_COMPONENT "id = \"c\"\n" SOURCE "[component.trigger]\n", "executor",
     "{ type = \"wagi\" }", "1", "route = \"/\"\n", NULL, false},
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static bool read_text(wy_arena *arena, wy_str text, wy_diag *diag) {
    const wy_app *app;
    return wy_app_read_spin(arena, text, WY_STR("/app"), (wy_str){0}, &app, diag) == WY_OK;
}

TEST(every_key_is_taken_or_refused_by_name) {
    keys_check_good(rows, ROW_COUNT, read_text);
}

TEST(a_value_of_another_type_is_shown_at_its_place) {
    keys_check_other_type(rows, ROW_COUNT, read_text);
}

TEST(a_misspelled_key_is_shown_with_the_nearest) {
    keys_check_misspelled(rows, ROW_COUNT, read_text);
}
