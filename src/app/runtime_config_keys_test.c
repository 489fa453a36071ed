/* Each key of a runtime configuration: a good value is taken (or refused by name), a value of
 * another type and a misspelled key are shown at their place. */
#include "app/runtime_config.h"

#include <stdio.h>

#include "base/test.h"

#define KV "[key_value_store.k]\n"
#define SQLITE "[sqlite_database.d]\n"
#define PROVIDER "[[variables_provider]]\n"
#define VAULT PROVIDER "type = \"vault\"\n"
#define TLS "[[client_tls]]\n"
#define TLS_FOR "component_ids = [\"c\"]\nhosts = [\"h\"]\n"

typedef struct row {
    const char *before, *key, *good, *bad; /* `bad`: of another type */
    const char *after;                     /* what else must be there */
    const char *refusal; /* part of the message by which a good value is refused; NULL: it is not */
} row;

static const row rows[] = {
    {"", "state_dir", "\"s\"", "1", "", NULL},
    {"", "log_dir", "\"\"", "[]", "", NULL},
    {"", "max_instance_memory", "1000", "\"1\"", "", NULL},
    {"", "variables_provider", "[{ type = \"env\" }]", "{}", "", NULL},
    {"", "config_provider", "[{ type = \"env\" }]", "{}", "", NULL},
    {"", "key_value_store", "{ a = { type = \"spin\" } }", "[]", "", NULL},
    {"", "sqlite_database", "{ a = { type = \"spin\" } }", "[]", "", NULL},
    {"", "llm_compute", "{ type = \"remote_http\", url = \"http://h\", auth_token = \"t\" }", "1",
     "", NULL},
    {"", "outbound_http", "{ connection_pooling = true }", "1", "", NULL},
    {"", "outbound_redis", "{ max_connections = 1 }", "1", "", NULL},
    {"", "outbound_pg", "{ max_connections = 1 }", "1", "", NULL},
    {"", "outbound_mysql", "{ max_connections = 1 }", "1", "", NULL},
    {"", "outbound_mqtt", "{ max_connections = 1 }", "1", "", NULL},
    {"", "outbound_networking", "{ block_networks = [] }", "1", "", NULL},
    {"", "client_tls", "[]", "{}", "", NULL},
    {KV, "type", "\"spin\"", "1", "", NULL},
    {KV "type = \"spin\"\n", "path", "\"p\"", "1", "", NULL},
    {KV "type = \"redis\"\n", "url", "\"redis://h\"", "1", "", NULL},
    {KV, "type", "\"azure_cosmos\"", "1", "", "'azure_cosmos' is not supported"},
    {KV, "type", "\"aws_dynamo\"", "1", "", "'aws_dynamo' is not supported"},
    {SQLITE, "type", "\"spin\"", "1", "", NULL},
    {SQLITE "type = \"spin\"\n", "path", "\"p\"", "1", "", NULL},
    {SQLITE "type = \"spin\"\n", "allow_attach_file", "true", "1", "", NULL},
    {SQLITE "type = \"libsql\"\n", "url", "\"http://h\"", "1", "token = \"t\"\n", NULL},
    {SQLITE "type = \"libsql\"\n", "token", "\"t\"", "1", "url = \"http://h\"\n", NULL},
    {PROVIDER, "type", "\"env\"", "1", "", NULL},
    {PROVIDER "type = \"env\"\n", "prefix", "\"P_\"", "1", "", NULL},
    {PROVIDER "type = \"env\"\n", "dotenv_path", "\".env\"", "1", "", NULL},
    {PROVIDER "type = \"static\"\n", "values", "{ a = \"b\" }", "1", "", NULL},
    {VAULT, "url", "\"http://h\"", "1", "token = \"t\"\nmount = \"m\"\n", NULL},
    {VAULT, "token", "\"t\"", "1", "url = \"http://h\"\nmount = \"m\"\n", NULL},
    {VAULT, "mount", "\"m\"", "1", "url = \"http://h\"\ntoken = \"t\"\n", NULL},
    {VAULT, "prefix", "\"p\"", "1", "url = \"http://h\"\ntoken = \"t\"\nmount = \"m\"\n", NULL},
    {PROVIDER, "type", "\"azure_key_vault\"", "1", "", "'azure_key_vault' is not supported"},
    {"[outbound_http]\n", "connection_pooling", "true", "1", "", NULL},
    {"[outbound_http]\n", "max_connections", "5", "true", "", NULL},
    {"[outbound_http]\n", "max_concurrent_requests", "5", "\"5\"", "", NULL},
    {"[outbound_redis]\n", "max_connections", "5", "true", "", NULL},
    {"[outbound_pg]\n", "max_connections", "5", "true", "", NULL},
    {"[outbound_mysql]\n", "max_connections", "5", "true", "", NULL},
    {"[outbound_mqtt]\n", "max_connections", "5", "true", "", NULL},
    {"[outbound_mqtt]\n", "max_payload_size_bytes", "5", "true", "", NULL},
    {"[outbound_networking]\n", "block_networks", "[\"private\"]", "\"private\"", "", NULL},
    {"[outbound_networking]\n", "max_socket_connections", "5", "true", "", NULL},
    {"[outbound_networking]\n", "max_total_connections", "5", "true", "",
     "'max_total_connections' is not supported"},
    {TLS, "component_ids", "[\"c\"]", "\"c\"", "hosts = [\"h\"]\n", NULL},
    {TLS, "hosts", "[\"h\"]", "\"h\"", "component_ids = [\"c\"]\n", NULL},
    {TLS, "ca_use_platform_roots", "true", "1", TLS_FOR, NULL},
    {TLS, "ca_use_webpki_roots", "true", "1", TLS_FOR, NULL},
    {TLS, "ca_roots_file", "\"f\"", "1", TLS_FOR, NULL},
    {TLS, "client_cert_file", "\"f\"", "1", TLS_FOR "client_private_key_file = \"k\"\n", NULL},
    {TLS, "client_private_key_file", "\"k\"", "1", TLS_FOR "client_cert_file = \"f\"\n", NULL},
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static wy_arena arena;
static wy_diag diag;
static char text[1024];

static bool is_read(const row *r, const char *suffix, const char *value) {
    wy_runtime_config config;
    snprintf(text, sizeof text, "%s%s%s = %s\n%s", r->before, r->key, suffix, value, r->after);
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)16 << 20);
    wy_diag_init(&diag);
    return wy_runtime_config_read(&arena, wy_str_of(text), WY_STR("/etc"), &config, &diag) == WY_OK;
}

static uint32_t line_of(const row *r) {
    uint32_t line = 1;
    for (const char *c = r->before; *c; c++)
        line += *c == '\n';
    return line;
}

static void show(const char *what) {
    fail_msg("%s\n%s\n%s, line %u, column %u: %s", what, text, wy_err_name(diag.err), diag.line,
             diag.column, diag.text);
}

TEST(every_key_is_taken_or_refused_by_name) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        bool ok = is_read(&rows[i], "", rows[i].good);
        if (ok == (rows[i].refusal != NULL)) show(ok ? "taken:" : "refused:");
        if (rows[i].refusal && (!strstr(diag.text, rows[i].refusal) || diag.line == 0))
            show("refused otherwise:");
    }
    wy_arena_deinit(&arena);
}

TEST(a_value_of_another_type_is_shown_at_its_place) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (is_read(&rows[i], "", rows[i].bad)) show("taken:");
        bool is_named = strstr(diag.text, rows[i].key) != NULL;
        if ((diag.err != WY_INVALID && !rows[i].refusal) || diag.line != line_of(&rows[i]) ||
            diag.column == 0 || !is_named)
            show("refused otherwise:");
    }
    wy_arena_deinit(&arena);
}

TEST(a_misspelled_key_is_shown_with_the_nearest) {
    char unknown[128];
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (is_read(&rows[i], "x", rows[i].good)) show("taken:");
        snprintf(unknown, sizeof unknown, "unknown key '%sx'; did you mean '%s'?", rows[i].key,
                 rows[i].key);
        bool is_missing = strstr(diag.text, "is missing") && strstr(diag.text, rows[i].key);
        if (diag.err != WY_INVALID || (!is_missing && diag.line != line_of(&rows[i])) ||
            (!is_missing && !strstr(diag.text, unknown)))
            show("refused otherwise:");
    }
    wy_arena_deinit(&arena);
}
