/* Each key of a runtime configuration. */
#include "app/runtime_config.h"

#include "app/keys_testing.h"

#define KV "[key_value_store.k]\n"
#define SQLITE "[sqlite_database.d]\n"
#define PROVIDER "[[variables_provider]]\n"
#define VAULT PROVIDER "type = \"vault\"\n"
#define TLS "[[client_tls]]\n"
#define TLS_FOR "component_ids = [\"c\"]\nhosts = [\"h\"]\n"

static const keys_row rows[] = {
    {"", "state_dir", "\"s\"", "1", "", NULL, false},
    {"", "log_dir", "\"\"", "[]", "", NULL, false},
    {"", "max_instance_memory", "1000", "\"1\"", "", NULL, false},
    {"", "variables_provider", "[{ type = \"env\" }]", "{}", "", NULL, false},
    {"", "config_provider", "[{ type = \"env\" }]", "{}", "", NULL, false},
    {"", "key_value_store", "{ a = { type = \"spin\" } }", "[]", "", NULL, false},
    {"", "sqlite_database", "{ a = { type = \"spin\" } }", "[]", "", NULL, false},
    {"", "llm_compute", "{ type = \"remote_http\", url = \"http://h\", auth_token = \"t\" }", "1",
     "", NULL, false},
    {"", "outbound_http", "{ connection_pooling = true }", "1", "", NULL, false},
    {"", "outbound_redis", "{ max_connections = 1 }", "1", "", NULL, false},
    {"", "outbound_pg", "{ max_connections = 1 }", "1", "", NULL, false},
    {"", "outbound_mysql", "{ max_connections = 1 }", "1", "", NULL, false},
    {"", "outbound_mqtt", "{ max_connections = 1 }", "1", "", NULL, false},
    {"", "outbound_networking", "{ block_networks = [] }", "1", "", NULL, false},
    {"", "client_tls", "[]", "{}", "", NULL, false},
    {KV, "type", "\"spin\"", "1", "", NULL, false},
    {KV "type = \"spin\"\n", "path", "\"p\"", "1", "", NULL, false},
    {KV "type = \"redis\"\n", "url", "\"redis://h\"", "1", "", NULL, false},
    {KV, "type", "\"azure_cosmos\"", "1", "", "'azure_cosmos' is not supported", false},
    {KV, "type", "\"aws_dynamo\"", "1", "", "'aws_dynamo' is not supported", false},
    {SQLITE, "type", "\"spin\"", "1", "", NULL, false},
    {SQLITE "type = \"spin\"\n", "path", "\"p\"", "1", "", NULL, false},
    {SQLITE "type = \"spin\"\n", "allow_attach_file", "true", "1", "", NULL, false},
    {SQLITE "type = \"libsql\"\n", "url", "\"http://h\"", "1", "token = \"t\"\n", NULL, false},
    {SQLITE "type = \"libsql\"\n", "token", "\"t\"", "1", "url = \"http://h\"\n", NULL, false},
    {PROVIDER, "type", "\"env\"", "1", "", NULL, false},
    {PROVIDER "type = \"env\"\n", "prefix", "\"P_\"", "1", "", NULL, false},
    {PROVIDER "type = \"env\"\n", "dotenv_path", "\".env\"", "1", "", NULL, false},
    {PROVIDER "type = \"static\"\n", "values", "{ a = \"b\" }", "1", "", NULL, false},
    {VAULT, "url", "\"http://h\"", "1", "token = \"t\"\nmount = \"m\"\n", NULL, false},
    {VAULT, "token", "\"t\"", "1", "url = \"http://h\"\nmount = \"m\"\n", NULL, false},
    {VAULT, "mount", "\"m\"", "1", "url = \"http://h\"\ntoken = \"t\"\n", NULL, false},
    {VAULT, "prefix", "\"p\"", "1", "url = \"http://h\"\ntoken = \"t\"\nmount = \"m\"\n", NULL,
     false},
    {PROVIDER, "type", "\"azure_key_vault\"", "1", "", "'azure_key_vault' is not supported", false},
    {"[outbound_http]\n", "connection_pooling", "true", "1", "", NULL, false},
    {"[outbound_http]\n", "max_connections", "5", "true", "", NULL, false},
    {"[outbound_http]\n", "max_concurrent_requests", "5", "\"5\"", "", NULL, false},
    {"[outbound_redis]\n", "max_connections", "5", "true", "", NULL, false},
    {"[outbound_pg]\n", "max_connections", "5", "true", "", NULL, false},
    {"[outbound_mysql]\n", "max_connections", "5", "true", "", NULL, false},
    {"[outbound_mqtt]\n", "max_connections", "5", "true", "", NULL, false},
    {"[outbound_mqtt]\n", "max_payload_size_bytes", "5", "true", "", NULL, false},
    {"[outbound_networking]\n", "block_networks", "[\"private\"]", "\"private\"", "", NULL, false},
    {"[outbound_networking]\n", "max_socket_connections", "5", "true", "", NULL, false},
    {"[outbound_networking]\n", "max_total_connections", "5", NULL, "",
     "'max_total_connections' is not supported", false},
    {TLS, "component_ids", "[\"c\"]", "\"c\"", "hosts = [\"h\"]\n", NULL, false},
    {TLS, "hosts", "[\"h\"]", "\"h\"", "component_ids = [\"c\"]\n", NULL, false},
    {TLS, "ca_use_platform_roots", "true", "1", TLS_FOR, NULL, false},
    {TLS, "ca_use_webpki_roots", "true", "1", TLS_FOR, NULL, false},
    {TLS, "ca_roots_file", "\"f\"", "1", TLS_FOR, NULL, false},
    {TLS, "client_cert_file", "\"f\"", "1", TLS_FOR "client_private_key_file = \"k\"\n", NULL,
     false},
    {TLS, "client_private_key_file", "\"k\"", "1", TLS_FOR "client_cert_file = \"f\"\n", NULL,
     false},
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static bool read_text(wy_arena *arena, wy_str text, wy_diag *diag) {
    wy_runtime_config config;
    return wy_runtime_config_read(arena, text, WY_STR("/etc"), &config, diag) == WY_OK;
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
