/* The options of up and watch. */
#include "cli/up_options.h"

#include <stdio.h>
#include <stdlib.h>

const wy_refused wy_cli_up_refused[] = {
    {"cache", "compiled code is kept by withy itself; see --cache-dir and --no-cache"},
    {"debug-info", "guests cannot be debugged"},
    {"experimental-wasi-otel", "wasi:otel is not provided"},
    {"http1-max-buf-size", "heads have a fixed limit; see docs/limits.md"},
    {"max-instance-reuse-count", "components of WASI 0.3 are not run; see --reuse"},
    {"max-instance-concurrent-reuse-count", "components of WASI 0.3 are not run; see --reuse"},
    {"idle-instance-timeout", "components of WASI 0.3 are not run; see --reuse"},
    {"request-timeout", "components of WASI 0.3 are not run; see --timeout"},
    {0}};

static bool is_true(const char *text) {
    return text && (strcmp(text, "1") == 0 || strcmp(text, "true") == 0);
}

static void set_defaults(wy_cli_up *up) {
    withy_up_options *o = &up->options;
    withy_up_options_init(o);
    up->listen = getenv("SPIN_HTTP_LISTEN_ADDR");
    if (!up->listen) up->listen = o->serve.address;
    o->log_dir = getenv("SPIN_LOG_DIR");
    o->runtime_config = getenv("RUNTIME_CONFIG_FILE");
    o->serve.tls_cert = getenv("SPIN_TLS_CERT");
    o->serve.tls_key = getenv("SPIN_TLS_KEY");
    o->build = is_true(getenv("SPIN_ALWAYS_BUILD"));
    const char *memory = getenv("SPIN_MAX_INSTANCE_MEMORY");
    uint64_t bytes;
    if (memory && wy_str_to_u64(wy_str_of(memory), UINT64_MAX, &bytes))
        up->common.memory_max = bytes;
}

void wy_cli_up_table(wy_cli_up *up, wy_option table[WY_CLI_UP_COUNT + 1]) {
    withy_up_options *o = &up->options;
    set_defaults(up);
    const wy_option rows[] = {
        {"from", 'f', WY_OPTION_TEXT, "PATH",
         "manifest, folder with a spin.toml, component, or what a registry has by that name "
         "(default: the nearest spin.toml)",
         &up->from},
        {"from-file", 0, WY_OPTION_TEXT, "PATH", "the same", &up->from},
        {"file", 0, WY_OPTION_TEXT, "PATH", "the same", &up->from},
        {"from-registry", 0, WY_OPTION_TEXT, "REFERENCE", "in any case from a registry",
         &up->registry},
        {"component-id", 'c', WY_OPTION_VALUES, "ID", "run only this component (repeatable)",
         &up->components},
        {"profile", 0, WY_OPTION_TEXT, "NAME", "variant of the components", &o->profile},
        {"build", 0, WY_OPTION_FLAG, NULL, "run the build commands first", &o->build},
        {"listen", 0, WY_OPTION_TEXT, "HOST:PORT", "where to listen (default 127.0.0.1:3000)",
         &up->listen},
        {"addr", 'a', WY_OPTION_TEXT, "HOST:PORT", "the same", &up->listen},
        {"tls-cert", 0, WY_OPTION_TEXT, "FILE", "speak https, with this certificate (PEM)",
         &o->serve.tls_cert},
        {"tls-key", 0, WY_OPTION_TEXT, "FILE", "its key (PEM)", &o->serve.tls_key},
        {"find-free-port", 0, WY_OPTION_FLAG, NULL, "take a port above where it is in use",
         &o->find_free_port},
        {"format", 0, WY_OPTION_TEXT, "plain|json", "how address and routes are printed",
         &up->format},
        {"runtime-config-file", 0, WY_OPTION_TEXT, "FILE", "what labels and variables stand for",
         &o->runtime_config},
        {"variable", 0, WY_OPTION_VALUES, "NAME=VALUE",
         "application variable; NAME=@FILE: what FILE holds; @FILE.json, @FILE.toml: several",
         &up->variables},
        {"key-value", 0, WY_OPTION_VALUES, "KEY=VALUE", "set this in the default store first",
         &up->key_values},
        {"sqlite", 0, WY_OPTION_VALUES, "SQL",
         "run statements on the database first; @FILE[:LABEL]: those of a file", &up->sqlite},
        {"follow", 0, WY_OPTION_VALUES, "ID", "show the output of this component only (repeatable)",
         &up->follow},
        {"quiet", 'q', WY_OPTION_FLAG, NULL, "show no output of components", &up->quiet},
        {"log-dir", 'L', WY_OPTION_TEXT, "DIR", "folder of logs (default .spin/logs; \"\": none)",
         &o->log_dir},
        {"truncate-logs", 0, WY_OPTION_FLAG, NULL, "begin logs anew", &o->truncate_logs},
        {"state-dir", 0, WY_OPTION_TEXT, "DIR", "folder of state (default .spin; \"\": none)",
         &o->state_dir},
        {"temp", 0, WY_OPTION_TEXT, "DIR", "where copies of files go (default /tmp)", &o->temp_dir},
        {"direct-mounts", 0, WY_OPTION_FLAG, NULL, "give components the folders, not copies",
         &o->direct_mounts},
        {"allow-transient-write", 0, WY_OPTION_FLAG, NULL, "let them write there",
         &o->transient_write},
        {"disable-cache", 0, WY_OPTION_FLAG, NULL, "as --no-cache", &up->common.no_cache},
        {"disable-pooling", 0, WY_OPTION_FLAG, NULL, "as --no-pooling", &up->common.no_pooling},
        {"max-instance-memory", 0, WY_OPTION_SIZE, "BYTES", "as --max-memory",
         &up->common.memory_max},
        {"reuse", 0, WY_OPTION_NUMBER, "N",
         "requests an instance answers (default 1: a fresh one each)", &up->reuse},
        {"workers", 'w', WY_OPTION_NUMBER, "N", "processes (default: one a core; 1: in this one)",
         &up->workers},
        {0}};
    _Static_assert(sizeof rows / sizeof *rows <= WY_CLI_UP_COUNT + 1, "the table has room");
    memcpy(table, rows, sizeof rows);
}

static int apply_pairs(wy_cli_up *up) {
    for (size_t i = 0; i < up->key_values.count; i++) {
        const char *text = up->key_values.items[i], *equals = strchr(text, '=');
        char *key = equals && equals > text ? strndup(text, (size_t)(equals - text)) : NULL;
        if (!key) {
            fprintf(stderr, "withy: --key-value: \"%s\" is not KEY=VALUE\n", text);
            return 2;
        }
        up->common.copies[up->common.copy_count++] = key;
        up->pairs[i] = (withy_pair){key, equals + 1};
    }
    return -1;
}

static int apply_registry(wy_cli_up *up) {
    if (!up->registry) return -1;
    char *from = NULL;
    if (up->from || asprintf(&from, "oci://%s", up->registry) < 0) {
        fprintf(stderr, "withy: --from-registry cannot be combined with --from\n");
        return 2;
    }
    up->common.copies[up->common.copy_count++] = from;
    up->from = from;
    return -1;
}

static int apply_format(wy_cli_up *up) {
    up->options.routes_as_json = up->format && strcmp(up->format, "json") == 0;
    if (!up->format || up->options.routes_as_json || strcmp(up->format, "plain") == 0) return -1;
    fprintf(stderr, "withy: --format: \"%s\" is neither plain nor json\n", up->format);
    return 2;
}

int wy_cli_up_check_unknown(const wy_cli_up *up, const wy_syntax *syntax, const char *verb) {
    if (up->unknown.count == 0 || withy_up_takes_args(up->from)) return -1;
    return wy_options_fail_unknown(syntax, verb, up->unknown.items[0]);
}

int wy_cli_up_apply(wy_cli_up *up, const char *verb, const wy_operands *operands) {
    withy_up_options *o = &up->options;
    int status = wy_common_apply(&up->common, &o->serve.common);
    if (status < 0 && operands->count > 0) {
        fprintf(stderr, "withy: %s takes no operand \"%s\"; name a manifest with --from\n", verb,
                operands->items[0]);
        return 2;
    }
    if (status < 0 && !wy_cli_address("--listen", up->listen)) return 2;
    if (status < 0) status = wy_cli_serving(up->workers, up->reuse, &o->serve);
    if (status < 0) status = apply_pairs(up);
    if (status < 0) status = apply_format(up);
    if (status < 0) status = apply_registry(up);
    /* --config is how the other verbs say --variable */
    for (size_t i = 0; i < up->common.config.count && up->variables.count < WY_OPTION_VALUES_MAX;
         i++)
        up->variables.items[up->variables.count++] = up->common.config.items[i];
    o->serve.address = up->listen;
    o->follow = up->follow.items;
    o->follow_count = up->follow.count;
    o->follow_all = !up->quiet && up->follow.count == 0;
    o->components = up->components.items;
    o->component_count = up->components.count;
    o->variables = up->variables.items;
    o->variable_count = up->variables.count;
    o->key_values = up->pairs;
    o->key_value_count = up->key_values.count;
    o->sqlite = up->sqlite.items;
    o->sqlite_count = up->sqlite.count;
    o->trigger_args = up->unknown.items;
    o->trigger_arg_count = up->unknown.count;
    return status;
}
