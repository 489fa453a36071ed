/* Unit: one component of an application, from its table in the manifest to what answers. */
#include "host/unit.h"

#include "app/files.h"
#include "base/log.h"
#include "host/application.h"
#include "host/folder.h"
#include "interface/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* A component that provides imports of another one. */
typedef struct dependency {
    const wy_app_dependency *source;
    const wy_unit *unit; /* whose imports */
    wy_client_settings clients;
    wy_http_policy policy;
} dependency;

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for the application");
}

static const wy_app_grants *grants_of(const wy_application *a, const wy_unit *u) {
    return &a->grants[u->component - a->app->components];
}

/* --- what it is granted --- */

static wy_err open_logs(wy_application *a, wy_unit *u, wy_diag *diag) {
    static const char *const streams[] = {"stdout", "stderr"};
    for (int i = 0; i < 2 && a->log_dir; i++) {
        char *path = wy_arena_printf(&a->arena, "%s/" WY_STR_FMT "_%s.txt", a->log_dir,
                                     WY_STR_ARG(u->component->id), streams[i]);
        if (!path) return no_memory(diag);
        int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
        if (a->options->truncate_logs && !a->base->started) flags |= O_TRUNC;
        u->log_fds[i] = open(path, flags, 0644);
        if (u->log_fds[i] < 0) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    }
    return WY_OK;
}

static wy_err grant_env(wy_application *a, wy_unit *u, wy_diag *diag) {
    const wy_app_pairs *manifest = &u->component->environment;
    const withy_options *options = &a->options->serve.common;
    withy_pair *env = wy_arena_calloc(&a->arena, manifest->count + options->env_count, sizeof *env);
    if (!env) return no_memory(diag);
    for (uint32_t i = 0; i < manifest->count; i++) {
        env[i].name =
            wy_arena_strndup(&a->arena, manifest->items[i].name.ptr, manifest->items[i].name.len);
        env[i].value =
            wy_arena_strndup(&a->arena, manifest->items[i].value.ptr, manifest->items[i].value.len);
        if (!env[i].name || !env[i].value) return no_memory(diag);
    }
    for (size_t i = 0; i < options->env_count; i++)
        env[manifest->count + i] = options->env[i];
    u->env = env;
    u->env_count = manifest->count + options->env_count;
    return WY_OK;
}

static void grant_models(const wy_application *a, wy_unit *u) {
    const wy_app_list *models = &u->component->ai_models;
    wy_llm *llm = a->base->stores.llm;
    u->models = (wy_llm_grants){.llm = llm,
                                .client = a->clients.http,
                                .component = u->component->id,
                                .models = models->items,
                                .count = models->count};
    const char *lacks = wy_llm_lacks(llm);
    if (models->count && lacks && !a->base->started)
        wy_log(WY_LOG_WARN, "component \"" WY_STR_FMT "\" may use models, but %s",
               WY_STR_ARG(u->component->id), lacks);
}

wy_err wy_unit_prepare(wy_application *a, wy_unit *u, wy_diag *diag) {
    wy_err err = open_logs(a, u, diag);
    grant_models(a, u);
    if (!err)
        err =
            wy_outbound_make(&a->arena, u->component, grants_of(a, u)->config.config,
                             &a->base->runtime, &a->base->blocked, &a->inside, &u->outbound, diag);
    return err ? err : grant_env(a, u, diag);
}

/* The folders of the manifest themselves, at once for all workers. */
static wy_err mount_directly(wy_application *a, const wy_app_component *c, withy_dir *dirs,
                             size_t *count, wy_diag *diag) {
    for (uint32_t i = 0; i < c->files_count; i++) {
        const wy_app_files *files = &c->files[i];
        if (!files->destination.ptr || c->exclude_files.count)
            return wy_diag_set(diag, WY_USAGE,
                               "--direct-mounts: component \"" WY_STR_FMT
                               "\": only { source, destination } without 'exclude_files' can be "
                               "mounted as it is",
                               WY_STR_ARG(c->id));
        bool absolute = files->source.ptr[0] == '/';
        char *host = wy_arena_printf(&a->arena, WY_STR_FMT "%s" WY_STR_FMT,
                                     WY_STR_ARG(absolute ? (wy_str){0} : a->app->root),
                                     absolute ? "" : "/", WY_STR_ARG(files->source));
        char *guest = wy_arena_strndup(&a->arena, files->destination.ptr, files->destination.len);
        if (!host || !guest) return no_memory(diag);
        dirs[(*count)++] = (withy_dir){host, guest, !a->options->transient_write};
    }
    return WY_OK;
}

wy_err wy_unit_mount(wy_application *a, wy_unit *u, wy_diag *diag) {
    const withy_options *options = &a->options->serve.common;
    const wy_app_component *c = u->component;
    withy_dir *dirs =
        wy_arena_calloc(&a->arena, options->dir_count + c->files_count + 1, sizeof *dirs);
    if (!dirs) return no_memory(diag);
    for (size_t i = 0; i < options->dir_count; i++)
        dirs[i] = options->dirs[i];
    u->dirs = dirs;
    u->dir_count = options->dir_count;
    if (a->options->direct_mounts) return mount_directly(a, c, dirs, &u->dir_count, diag);
    if (c->files_count == 0) return WY_OK;
    char *folder = wy_arena_printf(&a->arena, "%s/" WY_STR_FMT, a->files, WY_STR_ARG(c->id));
    if (!folder) return no_memory(diag);
    dirs[u->dir_count++] = (withy_dir){folder, "/", !a->options->transient_write};
    wy_err err = wy_folder_make(folder, diag);
    return err ? err : wy_app_files_stage(a->app, c, folder, diag);
}

/* --- loading --- */

static bool is_followed(const wy_application *a, wy_str id) {
    for (size_t i = 0; i < a->options->follow_count; i++)
        if (wy_str_eqz(id, a->options->follow[i])) return true;
    return a->options->follow_all;
}

/* What goes without a grant: name, file and logs. */
static wy_err plain_settings(wy_application *a, const wy_unit *u, const wy_app_source *source,
                             wy_settings_config *config, wy_diag *diag) {
    wy_settings_config_init(config);
    wy_err err = wy_application_source(a, source, false, &config->path, diag);
    if (err) return err;
    config->name = u->component->id;
    config->stdout_fd = u->log_fds[0];
    config->stderr_fd = u->log_fds[1];
    if (is_followed(a, u->component->id))
        config->follow_out_fd = config->follow_err_fd = STDERR_FILENO;
    return WY_OK;
}

static bool refuse_host(void *data, wy_str scheme, wy_str host, uint16_t port) {
    const dependency *d = data;
    char url[320];
    snprintf(url, sizeof url, WY_STR_FMT "://" WY_STR_FMT ":%u", WY_STR_ARG(scheme),
             WY_STR_ARG(host), port);
    wy_refusal_make_plain(url);
    wy_log(WY_LOG_WARN,
           "the dependency \"" WY_STR_FMT "\" of component \"" WY_STR_FMT
           "\" may not connect to %s; to let it use what the component may, add to its table in "
           "the manifest:\n    inherit_configuration = [\"allowed_outbound_hosts\"]",
           WY_STR_ARG(d->source->name), WY_STR_ARG(d->unit->component->id), url);
    return false;
}

/* A dependency has of the component's configuration what the manifest says, and else nothing. */
static wy_err load_dependency(wy_application *a, wy_unit *u, const wy_app_dependency *source,
                              wy_settings_provider *out, wy_diag *diag) {
    dependency *d = wy_arena_calloc(&a->arena, 1, sizeof *d);
    if (!d) return no_memory(diag);
    *d = (dependency){.source = source, .unit = u};
    bool may_connect = source->inherit & WY_APP_INHERIT_OUTBOUND_HOSTS;
    d->policy =
        may_connect ? u->outbound.policy : (wy_http_policy){.allow = refuse_host, .data = d};
    d->clients = wy_clients_grant(&a->clients, &d->policy);
    out->name = source->name;
    out->export_name = source->export_name;
    wy_settings_config *config = &out->config;
    wy_err err = plain_settings(a, u, &source->source, config, diag);
    const wy_app_grants *grants = grants_of(a, u);
    config->clients = &d->clients;
    if (source->inherit & WY_APP_INHERIT_KEY_VALUE_STORES) config->kv = &grants->kv;
    if (source->inherit & WY_APP_INHERIT_SQLITE_DATABASES) config->sqlite = &grants->sqlite;
    if (source->inherit & WY_APP_INHERIT_AI_MODELS) config->llm = &u->models;
    if (source->inherit & WY_APP_INHERIT_VARIABLES) config->config = &grants->config;
    if (source->inherit & WY_APP_INHERIT_ENVIRONMENT) {
        config->env = u->env;
        config->env_count = u->env_count;
    }
    if (source->inherit & WY_APP_INHERIT_FILES) {
        config->dirs = u->dirs;
        config->dir_count = u->dir_count;
    }
    return err;
}

static wy_err load_dependencies(wy_application *a, wy_unit *u, wy_settings_config *config,
                                wy_diag *diag) {
    uint32_t count = u->component->dependency_count;
    u->providers = wy_arena_calloc(&a->arena, count, sizeof *u->providers);
    if (!u->providers) return no_memory(diag);
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < count && !err; i++)
        err = load_dependency(a, u, &u->component->dependencies[i], &u->providers[i], diag);
    config->providers = u->providers;
    config->provider_count = count;
    return err;
}

wy_err wy_unit_settings(wy_application *a, wy_unit *u, wy_settings_config *config, wy_diag *diag) {
    wy_err err = u->dirs ? WY_OK : wy_unit_mount(a, u, diag);
    if (!err) err = plain_settings(a, u, &u->component->source, config, diag);
    if (!err) err = load_dependencies(a, u, config, diag);
    if (err) return err;
    const wy_app_grants *grants = grants_of(a, u);
    u->clients = wy_clients_grant(&a->clients, &u->outbound.policy);
    config->env = u->env;
    config->env_count = u->env_count;
    config->dirs = u->dirs;
    config->dir_count = u->dir_count;
    config->kv = &grants->kv;
    config->config = &grants->config;
    config->clients = &u->clients;
    config->sqlite = &grants->sqlite;
    config->llm = &u->models;
    return WY_OK;
}

/* Once, however many triggers the component has. */
wy_err wy_unit_load(wy_application *a, wy_unit *u, wy_diag *diag) {
    if (u->guest) return WY_OK;
    wy_settings_config config;
    wy_err err = wy_unit_settings(a, u, &config, diag);
    const withy_options options = wy_application_limits(a);
    if (!err) err = wy_guest_load(a->tools->engine, &options, &config, &u->guest, diag);
    if (err) wy_diag_prefix(diag, "component \"" WY_STR_FMT "\"", WY_STR_ARG(u->component->id));
    return err;
}

static wy_err make_handler(wy_application *a, wy_unit *u, const wy_str *wagi_argv,
                           wy_http_component **handler_out, wy_diag *diag) {
    wy_err err = wy_unit_load(a, u, diag);
    if (err) return err;
    wy_http_component_config handler = {.scheduler = a->tools->scheduler,
                                        .component = wy_guest_component(u->guest),
                                        .timeout_ms = a->options->serve.common.timeout_ms,
                                        .reuse = a->options->serve.reuse,
                                        .is_wagi = wagi_argv != NULL,
                                        .wagi_argv = wagi_argv ? *wagi_argv : (wy_str){0}};
    err = wy_http_component_new(&handler, handler_out, diag);
    if (err) wy_diag_prefix(diag, "component \"" WY_STR_FMT "\"", WY_STR_ARG(u->component->id));
    return err;
}

wy_err wy_unit_load_handler(wy_application *a, wy_unit *u, wy_diag *diag) {
    return u->handler ? WY_OK : make_handler(a, u, NULL, &u->handler, diag);
}

wy_err wy_unit_load_program(wy_application *a, wy_unit *u, wy_str argv,
                            own wy_http_component **program_out, wy_diag *diag) {
    return make_handler(a, u, &argv, program_out, diag);
}

void wy_unit_deinit(wy_unit *u) {
    if (u->handler) wy_http_component_free(u->handler);
    wy_guest_free(u->guest);
    for (int k = 0; k < 2; k++)
        if (u->log_fds[k] >= 0) close(u->log_fds[k]);
}
