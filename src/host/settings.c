/* Settings: what a component's interfaces are told about it, made of plain options. */
#include "host/settings.h"

#include "base/limits.h"

#include <string.h>
#include <unistd.h>

void wy_settings_config_init(wy_settings_config *config) {
    *config = (wy_settings_config){
        .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .follow_out_fd = -1, .follow_err_fd = -1};
}

static bool copy_str(wy_settings *settings, wy_str text, wy_str *out) {
    char *copy = wy_arena_strndup(settings->arena, text.ptr, text.len);
    if (copy) *out = (wy_str){copy, text.len};
    return copy != NULL;
}

static wy_err no_memory(wy_diag *diag, const char *what) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for %s (at most %zu bytes of settings)", what,
                       WY_MAX_SETTINGS_BYTES);
}

static wy_err no_text(wy_diag *diag, const char *what, const char *name) {
    return wy_diag_set(diag, WY_INVALID, "%s%s is not valid UTF-8: no component can read it", what,
                       name);
}

static bool is_text(const char *text) {
    return wy_utf8_valid(text, strlen(text));
}

/* What components get are strings, which are UTF-8. */
static wy_err check_texts(const wy_settings_config *config, wy_diag *diag) {
    for (size_t i = 0; i < config->argument_count; i++)
        if (!wy_utf8_valid(config->arguments[i].ptr, config->arguments[i].len))
            return no_text(diag, "an argument", "");
    for (size_t i = 0; i < config->env_count; i++) {
        if (!is_text(config->env[i].name))
            return no_text(diag, "the name of an environment variable", "");
        if (!is_text(config->env[i].value))
            return no_text(diag, "the environment variable ", config->env[i].name);
    }
    for (size_t i = 0; i < config->dir_count; i++)
        if (!is_text(config->dirs[i].guest_path)) return no_text(diag, "the name of a folder", "");
    return WY_OK;
}

static wy_err make_cli(wy_settings *settings, const wy_settings_config *config, wy_diag *diag) {
    wy_wasi_cli_settings *cli = &settings->cli;
    wy_wasi_cli_settings_init(cli);
    wy_err err = check_texts(config, diag);
    if (err) return err;
    wy_str *arguments = wy_arena_calloc(settings->arena, config->argument_count, sizeof *arguments);
    wy_wasi_variable *env = wy_arena_calloc(settings->arena, config->env_count, sizeof *env);
    if (!arguments || !env) return no_memory(diag, "arguments and environment");
    for (size_t i = 0; i < config->argument_count; i++)
        if (!copy_str(settings, config->arguments[i], &arguments[i]))
            return no_memory(diag, "arguments");
    for (size_t i = 0; i < config->env_count; i++)
        if (!copy_str(settings, wy_str_of(config->env[i].name), &env[i].name) ||
            !copy_str(settings, wy_str_of(config->env[i].value), &env[i].value))
            return no_memory(diag, "the environment");
    cli->arguments = arguments;
    cli->argument_count = config->argument_count;
    cli->environment = env;
    cli->environment_count = config->env_count;
    cli->stdin_fd = config->stdin_fd;
    cli->out.fd = config->stdout_fd;
    cli->err.fd = config->stderr_fd;
    cli->out.follow_fd = config->follow_out_fd;
    cli->err.follow_fd = config->follow_err_fd;
    if (config->follow_out_fd >= 0 || config->follow_err_fd >= 0) {
        char *prefix =
            wy_arena_printf(settings->arena, "[" WY_STR_FMT "] ", WY_STR_ARG(config->name));
        if (!prefix) return no_memory(diag, "the name in front of lines");
        cli->out.prefix = cli->err.prefix = wy_str_of(prefix);
    }
    return WY_OK;
}

static wy_err make_filesystem(wy_settings *settings, const wy_settings_config *config,
                              wy_diag *diag) {
    settings->preopens =
        wy_arena_calloc(settings->arena, config->dir_count, sizeof *settings->preopens);
    if (!settings->preopens) return no_memory(diag, "folders");
    for (size_t i = 0; i < config->dir_count; i++) {
        wy_str guest_path;
        if (!copy_str(settings, wy_str_of(config->dirs[i].guest_path), &guest_path))
            return no_memory(diag, "folders");
        wy_err err = wy_wasi_preopen_open(config->dirs[i].host_path, guest_path,
                                          config->dirs[i].read_only, &settings->preopens[i], diag);
        if (err) {
            wy_diag_prefix(diag, "folder %s", config->dirs[i].host_path);
            return err;
        }
        settings->preopen_count++;
    }
    settings->filesystem.preopens = settings->preopens;
    settings->filesystem.preopen_count = settings->preopen_count;
    return WY_OK;
}

wy_err wy_settings_make(wy_settings *settings, wy_arena *arena, const wy_settings_config *config,
                        wy_diag *diag) {
    *settings = (wy_settings){.arena = arena};
    if (!copy_str(settings, config->name, &settings->name))
        return no_memory(diag, "the component's name");
    settings->kv = config->kv;
    settings->config = config->config;
    settings->clients = config->clients;
    settings->sqlite = config->sqlite;
    settings->llm = config->llm;
    settings->logging =
        (wy_logging_settings){.fd = config->stderr_fd >= 0 ? config->stderr_fd : STDERR_FILENO,
                              .component = settings->name};
    wy_err err = make_cli(settings, config, diag);
    return err ? err : make_filesystem(settings, config, diag);
}

void wy_settings_use(const wy_settings *settings, const void *slots[WY_SLOT_COUNT]) {
    slots[WY_SLOT_WASI_CLI] = &settings->cli;
    slots[WY_SLOT_WASI_FILESYSTEM] = &settings->filesystem;
    if (settings->clients) wy_client_settings_use(settings->clients, slots);
    slots[WY_SLOT_KV] = settings->kv;
    slots[WY_SLOT_CONFIG] = settings->config;
    slots[WY_SLOT_SQLITE] = settings->sqlite;
    slots[WY_SLOT_LLM] = settings->llm;
    slots[WY_SLOT_LOGGING] = &settings->logging;
}

void wy_settings_deinit(wy_settings *settings) {
    for (size_t i = 0; i < settings->preopen_count; i++)
        wy_wasi_preopen_close(&settings->preopens[i]);
    settings->preopen_count = 0;
}
