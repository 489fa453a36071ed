/* Running a Spin application: its manifest becomes guests, grants, and routes. */
#include "host/serve.h"

#include "app/files.h"
#include "app/grants.h"
#include "app/hosts.h"
#include "app/runtime_config.h"
#include "base/limits.h"
#include "base/log.h"
#include "host/build.h"
#include "host/folder.h"
#include "host/given.h"
#include "host/manifest.h"
#include "host/routes.h"
#include "host/source.h"
#include "host/stores.h"
#include "host/triggers.h"
#include "trigger/http/spin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct unit unit;

/* A component that provides imports of another one. */
typedef struct dependency {
    const wy_app_dependency *source;
    const unit *unit; /* whose imports */
    wy_client_settings clients;
    wy_http_policy policy;
} dependency;

/* One component of the application in one worker. */
struct unit {
    const wy_app_component *component;
    wy_guest *guest;
    wy_http_component *handler;
    wy_client_settings clients;
    wy_http_policy policy;
    wy_app_hosts hosts;
    const wy_app_networks *blocked;
    struct application *owner;
    int log_fds[2]; /* stdout, stderr; -1: none */
    const withy_dir *dirs;
    size_t dir_count;
    const withy_pair *env;
    size_t env_count;
    wy_settings_provider *providers; /* one a dependency */
};

/* What outlives workers: made once, in the process that the user started. */
typedef struct shared {
    const withy_up_options *options;
    const char *manifest;
    const char *address;       /* options.serve.address, or a free one beside it */
    wy_given given;            /* variables of the command line */
    wy_arena arena;            /* of what follows */
    wy_runtime_config runtime; /* as it was at the start */
    wy_app_networks blocked;   /* by it */
    wy_stores stores;
    wy_temporary_folder scratch; /* for copies of files: one below it an application */
    bool started;                /* workers run: logs are not truncated again */
    bool no_requests;            /* there were no HTTP triggers at the start, but others */
    unsigned made;               /* applications, in this process */
} shared;

/* The application as one worker has it: read from the manifest when the worker starts, so that a
 * reload sees what was edited. */
typedef struct application {
    shared *shared;
    char *files; /* folder of its copies of files; NULL: before it is loaded */
    const withy_up_options *options;
    wy_arena arena;
    const wy_app *app;
    const wy_app_grants *grants;     /* one a component */
    const char *state_dir, *log_dir; /* NULL: none */
    unit *units;                     /* one a component */
    wy_http_component **handlers;    /* one an HTTP trigger */
    wy_triggers triggers;            /* those that bring messages */
    const wy_worker_tools *tools;    /* while it is loaded */
    wy_clients clients;
    wy_scheduler *scheduler; /* of the worker; NULL: in none */
    wy_http_spin *spin;
    wy_http_server *inside; /* answers the components' requests to each other; listens nowhere */
    wy_loop *loop;
} application;

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for the application");
}

/* --- folders and logs --- */

/* The folder an option names, or else the runtime configuration, or `fallback` beside the manifest;
 * "" means none (NULL). */
static wy_err choose_folder(application *a, const char *option, const wy_str *configured,
                            const char *fallback, const char **out, wy_diag *diag) {
    *out = option;
    if (!option && configured) {
        option = wy_arena_strndup(&a->arena, configured->ptr, configured->len);
        if (!option) return no_memory(diag);
        *out = option;
    }
    if (option && !option[0]) *out = NULL;
    if (option) return WY_OK;
    *out = wy_arena_printf(&a->arena, WY_STR_FMT "/%s", WY_STR_ARG(a->app->root), fallback);
    return *out ? WY_OK : no_memory(diag);
}

static wy_err open_logs(application *a, unit *u, wy_diag *diag) {
    static const char *const streams[] = {"stdout", "stderr"};
    for (int i = 0; i < 2 && a->log_dir; i++) {
        char *path = wy_arena_printf(&a->arena, "%s/" WY_STR_FMT "_%s.txt", a->log_dir,
                                     WY_STR_ARG(u->component->id), streams[i]);
        if (!path) return no_memory(diag);
        int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
        if (a->options->truncate_logs && !a->shared->started) flags |= O_TRUNC;
        u->log_fds[i] = open(path, flags, 0644);
        if (u->log_fds[i] < 0) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    }
    return WY_OK;
}

static bool is_followed(const application *a, wy_str id) {
    for (size_t i = 0; i < a->options->follow_count; i++)
        if (wy_str_eqz(id, a->options->follow[i])) return true;
    return a->options->follow_all;
}

static wy_err check_followed(const application *a, wy_diag *diag) {
    for (size_t i = 0; i < a->options->follow_count; i++) {
        if (wy_app_component_find(a->app, wy_str_of(a->options->follow[i]))) continue;
        wy_buf ids;
        wy_buf_init(&ids, 4096);
        for (uint32_t c = 0; c < a->app->component_count; c++)
            wy_buf_printf(&ids, " " WY_STR_FMT, WY_STR_ARG(a->app->components[c].id));
        wy_err err = wy_diag_set(diag, WY_USAGE,
                                 "--follow %s: the application has no such component; it has:%s",
                                 a->options->follow[i], ids.ptr ? ids.ptr : "");
        wy_buf_deinit(&ids);
        return err;
    }
    return WY_OK;
}

/* --- grants --- */

static wy_err grant_env(application *a, unit *u, wy_diag *diag) {
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

static wy_err make_grants(application *a, wy_diag *diag) {
    wy_app_grant_options *grant = wy_arena_calloc(&a->arena, 1, sizeof *grant);
    if (!grant) return no_memory(diag);
    *grant = (wy_app_grant_options){.stores = a->shared->stores.grants,
                                    .databases = a->shared->stores.databases,
                                    .variables = a->shared->given.items,
                                    .variable_count = a->shared->given.count,
                                    .providers = a->shared->runtime.providers,
                                    .provider_count = a->shared->runtime.provider_count,
                                    .dotenv_path = WY_STR(".env"),
                                    .ways = {a->scheduler, a->clients.http}};
    return wy_app_grants_new(&a->arena, a->app, grant, &a->grants, diag);
}

static bool allow_host(void *data, wy_str scheme, wy_str host, uint16_t port) {
    const unit *u = data;
    if (wy_app_hosts_allow(&u->hosts, scheme, host, port)) return true;
    char url[320];
    bool is_v6 = wy_str_find(host, ':') < host.len;
    snprintf(url, sizeof url, WY_STR_FMT "://%s" WY_STR_FMT "%s:%u", WY_STR_ARG(scheme),
             is_v6 ? "[" : "", WY_STR_ARG(host), is_v6 ? "]" : "", port);
    wy_log(WY_LOG_WARN,
           "component \"" WY_STR_FMT
           "\" may not connect to %s; to allow it, add to its table in "
           "the manifest:\n    allowed_outbound_hosts = [\"%s\"]",
           WY_STR_ARG(u->component->id), url, url);
    return false;
}

/* Names may lead anywhere: what is blocked is looked at behind them. */
static bool allow_address(void *data, const char *text) {
    const unit *u = data;
    wy_address address;
    if (!wy_address_parse_with_port(wy_str_of(text), &address)) return true;
    if (!wy_app_networks_block(u->blocked, &address)) return true;
    wy_log(WY_LOG_WARN,
           "component \"" WY_STR_FMT
           "\" may not connect to %s: [outbound_networking] "
           "block_networks of the runtime configuration forbids it",
           WY_STR_ARG(u->component->id), text);
    return false;
}

/* A name that may be asked about is a message to whoever answers. */
static bool allow_lookup(void *data, wy_str name) {
    const unit *u = data;
    if (u->hosts.count) return true;
    wy_log(WY_LOG_WARN,
           "component \"" WY_STR_FMT "\" may not look up \"" WY_STR_FMT
           "\": it may not connect to anything; allowed_outbound_hosts in its table of the "
           "manifest says what it may",
           WY_STR_ARG(u->component->id), WY_STR_ARG(name));
    return false;
}

/* "self" and "NAME.spin.internal" never leave the process. */
static bool open_inside(void *data, wy_str host, own wy_stream **stream_out) {
    application *a = ((unit *)data)->owner;
    wy_str suffix = WY_STR(".spin.internal");
    bool is_chained = wy_str_ends(host, suffix);
    *stream_out = NULL;
    if (!is_chained && !wy_str_eqz(host, "self") && !wy_str_eqz(host, "self.alt")) return false;
    if (!a->inside) return true;
    if (is_chained && !wy_http_spin_has(a->spin, wy_str_sub(host, 0, host.len - suffix.len)))
        return true;
    wy_stream *server = NULL;
    if (wy_stream_pair(a->loop, &server, stream_out) == WY_OK)
        wy_http_server_adopt(a->inside, server);
    return true;
}

static wy_err grant_hosts(application *a, unit *u, wy_diag *diag) {
    const wy_app_list *list = &u->component->allowed_outbound_hosts;
    const wy_config *config = a->grants[u->component - a->app->components].config.config;
    wy_str *entries = wy_arena_calloc(&a->arena, list->count, sizeof *entries);
    if (!entries) return no_memory(diag);
    for (uint32_t i = 0; i < list->count; i++) {
        wy_err err = wy_config_resolve(config, list->items[i], &a->arena, &entries[i], diag);
        if (err) return err;
    }
    u->owner = a;
    u->blocked = &a->shared->blocked;
    u->policy = (wy_http_policy){.allow = allow_host,
                                 .allow_address = allow_address,
                                 .allow_lookup = allow_lookup,
                                 .inside = open_inside,
                                 .data = u};
    wy_err err = wy_app_hosts_new(&a->arena, entries, list->count, &u->hosts, diag);
    if (err) wy_diag_prefix(diag, "component \"" WY_STR_FMT "\"", WY_STR_ARG(u->component->id));
    return err;
}

/* The folders of the manifest themselves, at once for all workers. */
static wy_err mount_directly(application *a, const wy_app_component *c, withy_dir *dirs,
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

/* The folders a component is given: those of the command line, and one of its own at "/" with
 * copies of the files that the manifest names. */
static wy_err mount_files(application *a, unit *u, wy_diag *diag) {
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

/* --- reading the manifest --- */

static wy_err prepare_unit(application *a, unit *u, wy_diag *diag) {
    wy_err err = open_logs(a, u, diag);
    if (!err) err = grant_hosts(a, u, diag);
    if (!err) err = grant_env(a, u, diag);
    return err;
}

static wy_err read_manifest(application *a, wy_diag *diag) {
    wy_err err =
        wy_manifest_load(&a->arena, a->shared->manifest, wy_str_of(a->options->profile),
                         a->options->components, a->options->component_count, &a->app, diag);
    const wy_runtime_config *runtime = &a->shared->runtime;
    if (!err)
        err = choose_folder(a, a->options->state_dir,
                            runtime->has_state_dir ? &runtime->state_dir : NULL, ".spin",
                            &a->state_dir, diag);
    if (!err)
        err = choose_folder(a, a->options->log_dir, runtime->has_log_dir ? &runtime->log_dir : NULL,
                            ".spin/logs", &a->log_dir, diag);
    return err ? err : check_followed(a, diag);
}

/* So that the workers find everything there. */
static wy_err download_all(application *a, wy_diag *diag) {
    const char *cache = a->options->serve.common.cache_dir, *path;
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < a->app->component_count && !err; i++) {
        const wy_app_component *c = &a->app->components[i];
        if (c->source.url.len)
            err = wy_source_path(&a->arena, &c->source, a->app->root, cache, &path, diag);
        for (uint32_t k = 0; k < c->dependency_count && !err; k++)
            if (c->dependencies[k].source.url.len)
                err = wy_source_path(&a->arena, &c->dependencies[k].source, a->app->root, cache,
                                     &path, diag);
        if (err) wy_diag_prefix(diag, "component \"" WY_STR_FMT "\"", WY_STR_ARG(c->id));
    }
    return err;
}

/* Everything of a manifest that was read, short of loading components. */
static wy_err prepare(application *a, wy_diag *diag) {
    wy_err err = a->log_dir ? wy_folder_make(a->log_dir, diag) : WY_OK;
    if (!err) err = make_grants(a, diag);
    if (err) return err;
    if (!a->shared->started) err = download_all(a, diag);
    if (err) return err;
    a->units = wy_arena_calloc(&a->arena, a->app->component_count, sizeof *a->units);
    a->handlers = wy_arena_calloc(&a->arena, a->app->http_trigger_count, sizeof *a->handlers);
    if (!a->units || !a->handlers) return no_memory(diag);
    for (uint32_t i = 0; i < a->app->component_count; i++) {
        a->units[i].component = &a->app->components[i];
        a->units[i].log_fds[0] = a->units[i].log_fds[1] = -1;
    }
    for (uint32_t i = 0; i < a->app->component_count && !err; i++)
        err = prepare_unit(a, &a->units[i], diag);
    return err;
}

static application *application_new(shared *s) {
    application *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->shared = s;
    a->options = s->options;
    wy_arena_init(&a->arena, (size_t)256 << 20);
    return a;
}

static void application_free(application *a) {
    if (!a) return;
    wy_triggers_free(&a->triggers);
    for (uint32_t i = 0; a->units && i < a->app->component_count; i++) {
        if (a->units[i].handler) wy_http_component_free(a->units[i].handler);
        wy_guest_free(a->units[i].guest);
        for (int k = 0; k < 2; k++)
            if (a->units[i].log_fds[k] >= 0) close(a->units[i].log_fds[k]);
    }
    wy_clients_deinit(&a->clients);
    wy_http_server_free(a->inside);
    if (a->files) wy_folder_remove(a->files); /* reloads would pile up copies */
    wy_arena_deinit(&a->arena);
    free(a);
}

/* --- in a worker --- */

/* What goes without a grant: name, file and logs. */
static wy_err plain_settings(application *a, const unit *u, const wy_app_source *source,
                             wy_settings_config *config, wy_diag *diag) {
    wy_settings_config_init(config);
    wy_err err = wy_source_path(&a->arena, source, a->app->root, a->options->serve.common.cache_dir,
                                &config->path, diag);
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
    wy_log(WY_LOG_WARN,
           "the dependency \"" WY_STR_FMT "\" of component \"" WY_STR_FMT
           "\" may not connect to " WY_STR_FMT "://" WY_STR_FMT
           ":%u; to let it use what the component may, add to its table in the manifest:\n"
           "    inherit_configuration = [\"allowed_outbound_hosts\"]",
           WY_STR_ARG(d->source->name), WY_STR_ARG(d->unit->component->id), WY_STR_ARG(scheme),
           WY_STR_ARG(host), port);
    return false;
}

/* A dependency has of the component's configuration what the manifest says, and else nothing. */
static wy_err load_dependency(application *a, unit *u, const wy_app_dependency *source,
                              wy_settings_provider *out, wy_diag *diag) {
    dependency *d = wy_arena_calloc(&a->arena, 1, sizeof *d);
    if (!d) return no_memory(diag);
    *d = (dependency){.source = source, .unit = u};
    bool may_connect = source->inherit & WY_APP_INHERIT_OUTBOUND_HOSTS;
    d->policy = may_connect ? u->policy : (wy_http_policy){.allow = refuse_host, .data = d};
    d->clients = wy_clients_grant(&a->clients, &d->policy);
    out->name = source->name;
    out->export_name = source->export_name;
    wy_settings_config *config = &out->config;
    wy_err err = plain_settings(a, u, &source->source, config, diag);
    const wy_app_grants *grants = &a->grants[u->component - a->app->components];
    config->clients = &d->clients;
    if (source->inherit & WY_APP_INHERIT_KEY_VALUE_STORES) config->kv = &grants->kv;
    if (source->inherit & WY_APP_INHERIT_SQLITE_DATABASES) config->sqlite = &grants->sqlite;
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

static wy_err load_dependencies(application *a, unit *u, wy_settings_config *config,
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

static wy_err load_guest(application *a, unit *u, const wy_worker_tools *tools, wy_diag *diag) {
    wy_settings_config config;
    wy_err err = plain_settings(a, u, &u->component->source, &config, diag);
    if (!err) err = load_dependencies(a, u, &config, diag);
    if (err) return err;
    const wy_app_grants *grants = &a->grants[u->component - a->app->components];
    u->clients = wy_clients_grant(&a->clients, &u->policy);
    config.env = u->env;
    config.env_count = u->env_count;
    config.dirs = u->dirs;
    config.dir_count = u->dir_count;
    config.kv = &grants->kv;
    config.config = &grants->config;
    config.clients = &u->clients;
    config.sqlite = &grants->sqlite;
    withy_options options = a->options->serve.common;
    if (options.memory_max == 0) options.memory_max = a->shared->runtime.max_instance_memory;
    return wy_guest_load(tools->engine, &options, &config, &u->guest, diag);
}

/* Once, however many triggers the component has. */
static wy_err load_unit(application *a, unit *u, const wy_worker_tools *tools, wy_diag *diag) {
    if (u->guest) return WY_OK;
    wy_err err = mount_files(a, u, diag);
    if (!err) err = load_guest(a, u, tools, diag);
    if (err) wy_diag_prefix(diag, "component \"" WY_STR_FMT "\"", WY_STR_ARG(u->component->id));
    return err;
}

static wy_err load_handler(application *a, unit *u, const wy_worker_tools *tools, wy_diag *diag) {
    if (u->handler) return WY_OK;
    wy_err err = load_unit(a, u, tools, diag);
    if (err) return err;
    wy_http_component_config handler = {.scheduler = tools->scheduler,
                                        .component = wy_guest_component(u->guest),
                                        .timeout_ms = a->options->serve.common.timeout_ms,
                                        .reuse = a->options->serve.reuse};
    err = wy_http_component_new(&handler, &u->handler, diag);
    if (err) wy_diag_prefix(diag, "component \"" WY_STR_FMT "\"", WY_STR_ARG(u->component->id));
    return err;
}

static wy_err load_handlers(application *a, const wy_worker_tools *tools, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t t = 0; !err && t < a->app->http_trigger_count; t++) {
        const wy_app_component *component = a->app->http_triggers[t].component;
        if (!component) continue;
        unit *u = &a->units[component - a->app->components];
        err = load_handler(a, u, tools, diag);
        a->handlers[t] = u->handler;
    }
    return err;
}

static wy_err load_component(void *data, const wy_app_component *source,
                             const wy_component **component_out, wy_diag *diag) {
    application *a = data;
    unit *u = &a->units[source - a->app->components];
    wy_err err = load_unit(a, u, a->tools, diag);
    if (!err) *component_out = wy_guest_component(u->guest);
    return err;
}

static wy_err load_triggers(application *a, const wy_worker_tools *tools, wy_diag *diag) {
    a->tools = tools;
    const wy_triggers_config config = {
        .app = a->app,
        .arena = &a->arena,
        .config = a->app->component_count ? a->grants[0].config.config : NULL,
        .clients = &a->clients,
        .scheduler = tools->scheduler,
        .timeout_ms = a->options->serve.common.timeout_ms,
        .load = load_component,
        .data = a,
    };
    return wy_triggers_make(&a->triggers, &config, diag);
}

/* As the runtime configuration says. */
static void limit_clients(application *a) {
    const wy_runtime_config *runtime = &a->shared->runtime;
    if (runtime->postgres.max_connections)
        wy_sql_servers_limit(a->clients.databases, WY_SQL_POSTGRES,
                             runtime->postgres.max_connections);
    if (runtime->mysql.max_connections)
        wy_sql_servers_limit(a->clients.databases, WY_SQL_MYSQL, runtime->mysql.max_connections);
    if (runtime->redis.max_connections)
        wy_redis_client_limit(a->clients.redis, runtime->redis.max_connections);
    wy_http_client_limit(a->clients.http, runtime->http.max_connections, !runtime->http.no_pooling);
    wy_mqtt_client_limit(a->clients.mqtt, runtime->mqtt.max_connections,
                         runtime->mqtt.max_payload_bytes);
}

static wy_err up_load(void *data, const wy_worker_tools *tools, wy_served *served_out,
                      wy_diag *diag) {
    shared *s = data;
    application *a = application_new(s);
    if (!a) return no_memory(diag);
    a->files = wy_arena_printf(&a->arena, "%s/%d-%u", s->scratch.path, (int)getpid(), s->made++);
    wy_err err = a->files ? read_manifest(a, diag) : no_memory(diag);
    if (!err && wy_clients_init(&a->clients, tools->loop)) err = no_memory(diag);
    a->scheduler = tools->scheduler;
    if (!err) err = prepare(a, diag);
    if (!err) limit_clients(a);
    if (!err) err = load_handlers(a, tools, diag);
    if (!err) err = load_triggers(a, tools, diag);
    if (!err) err = wy_http_spin_new(&a->arena, a->app, a->handlers, &a->spin, diag);
    wy_http_server_config inside = {.on_request = wy_http_spin_handle_inside, .data = a->spin};
    a->loop = tools->loop;
    if (!err) err = wy_http_server_new(tools->loop, &inside, &a->inside);
    if (err)
        application_free(a);
    else
        *served_out = (wy_served){a, wy_http_spin_handle, a->spin};
    return err;
}

static bool up_is_idle(const void *application_data) {
    const application *a = application_data;
    for (uint32_t i = 0; i < a->app->component_count; i++)
        if (a->units[i].handler && !wy_http_component_is_idle(a->units[i].handler)) return false;
    return wy_triggers_are_idle(&a->triggers);
}

static void up_begin(void *application_data) {
    application *a = application_data;
    wy_triggers_begin(&a->triggers);
}

static void up_retire(void *application_data) {
    application *a = application_data;
    wy_triggers_retire(&a->triggers);
}

static void up_unload(void *data, void *application_data) {
    (void)data;
    application_free(application_data);
}

static void up_announce(void *data, const void *application_data, const char *address) {
    const shared *s = data;
    const application *a = application_data;
    if (!s->options->serve.quiet)
        wy_routes_print(a->app, s->no_requests ? NULL : address, s->options->routes_as_json);
}

/* --- the whole --- */

/* What a runtime configuration may ask for and withy does not do. */
static wy_err refuse_configuration(const wy_runtime_config *c, wy_diag *diag) {
    const char *what = NULL;
    if (c->llm.kind != WY_RUNTIME_LLM_NONE) what = "[llm_compute]";
    if (c->tls_count) what = "[[client_tls]]";
    if (c->max_sockets || c->max_connections) what = "[outbound_networking] max_...";
    return what ? wy_diag_set(diag, WY_UNSUPPORTED, "%s is not supported", what) : WY_OK;
}

static wy_err read_configuration(shared *s, wy_diag *diag) {
    const char *path = s->options->runtime_config;
    if (!path) return WY_OK;
    wy_err err = wy_runtime_config_load(&s->arena, path, &s->runtime, diag);
    if (err) return err;
    err = refuse_configuration(&s->runtime, diag);
    if (!err)
        err = wy_app_networks_new(&s->arena, s->runtime.block_networks.items,
                                  s->runtime.block_networks.count, &s->blocked, diag);
    if (err) wy_diag_prefix(diag, "%s", path);
    return err;
}

static wy_err build_first(shared *s, wy_diag *diag) {
    const withy_up_options *o = s->options;
    application *a = application_new(s);
    if (!a) return no_memory(diag);
    wy_err err =
        wy_manifest_load(&a->arena, s->manifest, wy_str_of(o->profile), NULL, 0, &a->app, diag);
    if (!err) err = wy_build_run(a->app, o->components, o->component_count, diag);
    application_free(a);
    return err;
}

#define PORTS_TRIED 10

/* The address itself or one of the ports above it. */
static wy_err find_address(shared *s, wy_diag *diag) {
    s->address = s->options->serve.address;
    if (!s->options->find_free_port) return WY_OK;
    wy_str address = wy_str_of(s->address);
    size_t colon = wy_str_rfind(address, ':');
    uint64_t port = 0;
    if (colon == address.len ||
        !wy_str_to_u64(wy_str_sub(address, colon + 1, address.len), UINT16_MAX, &port))
        return WY_OK; /* refused where it is used */
    for (unsigned i = 0; i < PORTS_TRIED && port + i <= UINT16_MAX; i++) {
        wy_diag ignored;
        wy_diag_init(&ignored);
        char *text = wy_arena_printf(&s->arena, WY_STR_FMT ":%u",
                                     WY_STR_ARG(wy_str_sub(address, 0, colon)), (unsigned)port + i);
        if (!text) return no_memory(diag);
        s->address = text;
        if (wy_address_check_free(wy_str_of(text), &ignored) == WY_OK) return WY_OK;
    }
    return wy_diag_set(diag, WY_EXISTS, "%s: this port and %u above it are in use",
                       s->options->serve.address, PORTS_TRIED - 1);
}

/* The stores and databases, with what the command line puts into them. */
static wy_err open_stores(shared *s, const application *a, wy_diag *diag) {
    const char *kv_file = s->options->serve.common.kv_file, *sql_file = NULL;
    wy_arena *arena = &s->stores.arena;
    if (!kv_file && a->state_dir) {
        kv_file = wy_arena_printf(arena, "%s/sqlite_key_value.db", a->state_dir);
        if (!kv_file) return no_memory(diag);
    }
    if (a->state_dir) {
        sql_file = wy_arena_printf(arena, "%s/sqlite_db.db", a->state_dir);
        if (!sql_file) return no_memory(diag);
    }
    wy_err err = wy_stores_open_kv(&s->stores, &s->runtime, kv_file, diag);
    if (!err) err = wy_stores_open_sql(&s->stores, &s->runtime, sql_file, diag);
    for (size_t i = 0; !err && i < s->options->key_value_count; i++)
        err = wy_stores_set_kv(&s->stores, wy_str_of(s->options->key_values[i].name),
                               wy_str_of(s->options->key_values[i].value), diag);
    return err;
}

static wy_err shared_init(shared *s, wy_diag *diag) {
    const withy_up_options *o = s->options;
    wy_arena_init(&s->arena, (size_t)256 << 20);
    wy_stores_init(&s->stores);
    wy_err err = wy_manifest_find(&s->arena, s->manifest, &s->manifest, diag);
    if (!err) err = wy_given_read(&s->arena, o->variables, o->variable_count, &s->given, diag);
    if (!err && o->build) err = build_first(s, diag);
    if (!err) err = read_configuration(s, diag);
    if (!err) err = find_address(s, diag);
    application *a = err ? NULL : application_new(s);
    if (err) return err;
    if (!a) return no_memory(diag);
    err = read_manifest(a, diag);
    if (!err) err = open_stores(s, a, diag);
    if (!err) err = prepare(a, diag); /* for its errors, before anything is started */
    if (!err) s->no_requests = !a->app->http_trigger_count && wy_triggers_any(a->app);
    for (size_t i = 0; !err && i < o->sqlite_count; i++)
        err = wy_stores_run_sql(&s->stores.databases, o->sqlite[i], diag);
    application_free(a);
    if (err) return err;
    s->started = true;
    return wy_temporary_folder_make(o->temp_dir ? o->temp_dir : "/tmp", "withy-up", &s->scratch,
                                    diag);
}

int withy_up(const char *manifest, const withy_up_options *options, withy_error *error) {
    shared s = {.options = options, .manifest = manifest};
    wy_diag diag;
    wy_diag_init(&diag);
    wy_service service = {.load = up_load,
                          .is_idle = up_is_idle,
                          .begin = up_begin,
                          .retire = up_retire,
                          .unload = up_unload,
                          .announce = up_announce,
                          .data = &s};
    wy_err err = shared_init(&s, &diag);
    service.no_requests = s.no_requests;
    withy_serve_options serve = options->serve;
    serve.address = s.address;
    int status = err ? wy_host_fail(&diag, error) : wy_host_serve(&serve, &service, error);
    wy_temporary_folder_remove(&s.scratch);
    wy_stores_deinit(&s.stores);
    wy_arena_deinit(&s.arena);
    return status;
}
