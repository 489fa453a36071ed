#include "app/runtime_config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"

static wy_arena arena;
static wy_diag diag;
static wy_runtime_config config;

static bool reads(const char *text) {
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)4 << 20);
    wy_diag_init(&diag);
    wy_err err =
        wy_runtime_config_read(&arena, wy_str_of(text), WY_STR("/etc/app"), &config, &diag);
    assert_int_equal(err, diag.err);
    return err == WY_OK;
}

static void refuse(const char *text, wy_err err, uint32_t line, const char *message) {
    if (reads(text)) fail_msg("accepted: %s", text);
    if (diag.err != err || diag.line != line || strcmp(diag.text, message) != 0)
        fail_msg("%s\ngave %s, line %u: %s", text, wy_err_name(diag.err), diag.line, diag.text);
    wy_arena_deinit(&arena);
}

TEST(a_whole_configuration_is_read) {
    if (!reads("state_dir = \"\"\nlog_dir = \"/var/log\"\nmax_instance_memory = 1000\n"
               "[[variables_provider]]\ntype = \"env\"\nprefix = \"APP\"\ndotenv_path = \"x.env\"\n"
               "[[variables_provider]]\ntype = \"static\"\nvalues = { a = \"1\", b = \"2\" }\n"
               "[[variables_provider]]\ntype = \"vault\"\nurl = \"http://v\"\ntoken = \"t\"\n"
               "mount = \"secret\"\n"
               "[key_value_store.default]\ntype = \"spin\"\npath = \"kv.db\"\n"
               "[key_value_store.cache]\ntype = \"redis\"\nurl = \"redis://r\"\n"
               "default_ttl_seconds = 60\n"
               "[sqlite_database.default]\ntype = \"spin\"\nallow_attach_file = true\n"
               "[sqlite_database.far]\ntype = \"libsql\"\nurl = \"https://l\"\ntoken = \"t\"\n"
               "[llm_compute]\ntype = \"remote_http\"\nurl = \"http://l\"\nauth_token = \"t\"\n"
               "api_type = \"open_ai\"\n"
               "[outbound_http]\nmax_concurrent_requests = 7\n[outbound_redis]\n"
               "max_connections = 3\n[outbound_pg]\n[outbound_mysql]\n[outbound_mqtt]\n"
               "max_payload_size_bytes = 9\n"
               "[outbound_networking]\nblock_networks = [\"private\"]\nmax_socket_connections = 5\n"
               "[[client_tls]]\ncomponent_ids = [\"a\"]\nhosts = [\"h\"]\n"
               "ca_use_platform_roots = true\nclient_cert_file = \"c.pem\"\n"
               "client_private_key_file = \"/k.pem\"\n"))
        fail_msg("line %u: %s", diag.line, diag.text);
    assert_true(config.has_state_dir && config.state_dir.len == 0);
    assert_true(wy_str_eqz(config.log_dir, "/var/log"));
    assert_int_equal(config.max_instance_memory, 1000);
    assert_int_equal(config.provider_count, 4);
    const wy_config_provider_options *p = config.providers;
    assert_true(wy_str_eqz(p[0].type, "environment") && wy_str_eqz(p[0].prefix, "APP_"));
    assert_true(wy_str_eqz(p[1].type, "dotenv") && wy_str_eqz(p[1].path, "/etc/app/x.env"));
    assert_int_equal(p[2].pair_count, 2);
    assert_true(wy_str_eqz(p[3].type, "vault") && wy_str_eqz(p[3].mount, "secret"));
    assert_int_equal(config.key_value.count, 2);
    assert_true(
        wy_str_eqz(wy_runtime_store_find(&config.key_value, WY_STR("cache"))->url, "redis://r"));
    assert_int_equal(wy_runtime_store_find(&config.key_value, WY_STR("cache"))->ttl_s, 60);
    assert_true(config.sqlite.items[0].allow_attach_file);
    assert_true(wy_str_eqz(config.sqlite.items[1].backend, "libsql"));
    assert_int_equal(config.llm.kind, WY_RUNTIME_LLM_OPENAI);
    assert_true(config.http.no_pooling && config.http.max_connections == 7);
    assert_int_equal(config.redis.max_connections, 3);
    assert_int_equal(config.mqtt.max_payload_bytes, 9);
    assert_int_equal(config.block_networks.count, 1);
    assert_int_equal(config.max_sockets, 5);
    assert_true(wy_str_eqz(config.tls[0].client_cert_file, "/etc/app/c.pem"));
    assert_true(wy_str_eqz(config.tls[0].client_private_key_file, "/k.pem"));
    assert_true(reads("") && config.provider_count == 0 && !config.has_state_dir);
    wy_arena_deinit(&arena);
}

TEST(the_older_name_of_providers_is_read) {
    assert_true(reads("[[config_provider]]\ntype = \"env\"\n"));
    assert_true(wy_str_eqz(config.providers[0].prefix, "SPIN_VARIABLE_"));
    refuse("[[config_provider]]\ntype = \"env\"\n[[variables_provider]]\ntype = \"env\"\n",
           WY_INVALID, 1,
           "the runtime configuration: 'config_provider' is the old name of 'variables_provider': "
           "only one of them");
}

TEST(mistakes_are_named) {
    refuse("[key_value_stores.default]\ntype = \"spin\"\n", WY_INVALID, 1,
           "the runtime configuration: unknown key 'key_value_stores'; did you mean "
           "'key_value_store'?");
    refuse("[key_value_store.x]\n", WY_INVALID, 1, "[key_value_store.x]: 'type' is missing");
    refuse("[key_value_store.x]\ntype = \"redi\"\n", WY_INVALID, 2,
           "[key_value_store.x]: there is no type 'redi'; did you mean 'redis'?");
    refuse("[key_value_store.x]\ntype = \"zzzzzzzz\"\n", WY_INVALID, 2,
           "[key_value_store.x]: there is no type 'zzzzzzzz'; there are 'spin', 'redis', 'memory', "
           "'azure_cosmos', 'aws_dynamo'");
    refuse("[key_value_store.x]\ntype = \"redis\"\n", WY_INVALID, 1,
           "[key_value_store.x]: 'url' is missing");
    refuse("[key_value_store.x]\ntype = \"spin\"\nurl = \"x\"\n", WY_INVALID, 3,
           "[key_value_store.x]: unknown key 'url'");
    refuse("[key_value_store.x]\ntype = \"memory\"\ndefault_ttl_seconds = 0\n", WY_INVALID, 3,
           "[key_value_store.x]: 'default_ttl_seconds' must be from 1 to 3155760000");
    refuse("[key_value_store.x]\ntype = \"aws_dynamo\"\nregion = \"r\"\n", WY_UNSUPPORTED, 2,
           "[key_value_store.x]: the type 'aws_dynamo' is not supported");
    refuse("[[variables_provider]]\ntype = \"static\"\n", WY_INVALID, 1,
           "[[variables_provider]]: 'values' is missing");
    refuse("[[variables_provider]]\ntype = \"vault\"\nurl = \"u\"\ntoken = \"t\"\n", WY_INVALID, 1,
           "[[variables_provider]]: 'mount' is missing");
    refuse("[outbound_redis]\nmax_connections = 0\n", WY_INVALID, 2,
           "[outbound_redis]: 'max_connections' must be from 1 to 4294967295");
    refuse(
        "[llm_compute]\ntype = \"remote_http\"\nurl = \"u\"\nauth_token = \"t\"\n"
        "api_type = \"x\"\n",
        WY_INVALID, 5, "[llm_compute]: 'api_type' must be \"default\" or \"open_ai\"");
    refuse("[[client_tls]]\ncomponent_ids = [\"a\"]\n", WY_INVALID, 1,
           "[[client_tls]]: 'component_ids' and 'hosts' say whom it is for; neither may be empty");
    refuse("[[client_tls]]\ncomponent_ids = [\"a\"]\nhosts = [\"h\"]\nclient_cert_file = \"c\"\n",
           WY_INVALID, 1,
           "[[client_tls]]: 'client_cert_file' and 'client_private_key_file' go together");
}

TEST(a_file_is_named_and_the_place_but_not_the_line) {
    char path[] = "/tmp/withy-runtime-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "state_dirr = 1\n", 15) == 15);
    close(fd);
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_diag_init(&diag);
    assert_int_equal(wy_runtime_config_load(&arena, path, &config, &diag), WY_INVALID);
    assert_non_null(strstr(diag.text,
                           ":1:1: the runtime configuration: unknown key 'state_dirr'; did you "
                           "mean 'state_dir'?"));
    assert_null(strchr(diag.text, '\n')); /* the line may hold a secret */
    unlink(path);
    wy_arena_deinit(&arena);
}
