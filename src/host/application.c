/* Application: from a manifest to units, grants, triggers and routes. */
#include "host/application.h"

#include "base/limits.h"
#include "host/manifest.h"
#include "host/source.h"

#include <stdlib.h>
#include <unistd.h>

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for the application");
}

own wy_application *wy_application_new(wy_application_base *base) {
    wy_application *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    a->base = base;
    a->options = base->options;
    wy_arena_init(&a->arena, (size_t)256 << 20);
    return a;
}

void wy_application_free(own wy_application *a) {
    if (!a) return;
    wy_triggers_free(&a->triggers);
    for (uint32_t t = 0; a->handlers && t < a->app->http_trigger_count; t++) {
        if (a->app->http_triggers[t].is_wagi) wy_http_component_free(a->handlers[t]);
        wy_chain_free(a->chains[t]);
    }
    for (uint32_t i = 0; a->units && i < a->app->component_count; i++)
        wy_unit_deinit(&a->units[i]);
    wy_clients_deinit(&a->clients);
    wy_http_server_free(a->inside.server);
    if (a->files) wy_folder_remove(a->files); /* reloads would pile up copies */
    wy_arena_deinit(&a->arena);
    free(a);
}

/* --- reading the manifest --- */

/* The folder an option names, or else the runtime configuration, or `fallback` beside the manifest;
 * "" means none (NULL). */
static wy_err choose_folder(wy_application *a, const char *option, const wy_str *configured,
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

wy_err wy_application_read(wy_application *a, wy_diag *diag) {
    wy_err err =
        wy_manifest_load(&a->arena, a->base->manifest, wy_str_of(a->options->profile),
                         a->options->components, a->options->component_count, &a->app, diag);
    const wy_runtime_config *runtime = &a->base->runtime;
    if (!err && a->base->custom)
        err = wy_manifest_keep_type(&a->arena, a->app, a->base->custom->type, &a->app, diag);
    if (!err)
        err = choose_folder(a, a->options->state_dir,
                            runtime->has_state_dir ? &runtime->state_dir : NULL, ".spin",
                            &a->state_dir, diag);
    if (!err)
        err = choose_folder(a, a->options->log_dir, runtime->has_log_dir ? &runtime->log_dir : NULL,
                            ".spin/logs", &a->log_dir, diag);
    return err ? err
               : wy_manifest_check_ids(a->app, "--follow", a->options->follow,
                                       a->options->follow_count, diag);
}

wy_err wy_application_source(wy_application *a, const wy_app_source *source, bool refresh,
                             const char **path_out, wy_diag *diag) {
    const withy_options *options = &a->options->serve.common;
    const wy_source_config config = {.root = a->app->root,
                                     .cache_dir = options->cache_dir,
                                     .insecure = options->insecure,
                                     .refresh = refresh};
    return wy_source_path(&a->arena, source, &config, path_out, diag);
}

/* So that the workers find everything there. */
static wy_err download_all(wy_application *a, wy_diag *diag) {
    const char *path;
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < a->app->component_count && !err; i++) {
        const wy_app_component *c = &a->app->components[i];
        err = wy_application_source(a, &c->source, true, &path, diag);
        for (uint32_t k = 0; k < c->dependency_count && !err; k++)
            err = wy_application_source(a, &c->dependencies[k].source, true, &path, diag);
        if (err) wy_diag_prefix(diag, "component \"" WY_STR_FMT "\"", WY_STR_ARG(c->id));
    }
    return err;
}

static wy_err make_grants(wy_application *a, wy_diag *diag) {
    wy_app_grant_options *grant = wy_arena_calloc(&a->arena, 1, sizeof *grant);
    if (!grant) return no_memory(diag);
    *grant =
        (wy_app_grant_options){.stores = a->base->stores.grants,
                               .databases = a->base->stores.databases,
                               .variables = a->base->given.items,
                               .variable_count = a->base->given.count,
                               .providers = a->base->runtime.providers,
                               .provider_count = a->base->runtime.provider_count,
                               .dotenv_path = WY_STR(".env"),
                               .ways = {a->tools ? a->tools->scheduler : NULL, a->clients.http}};
    return wy_app_grants_new(&a->arena, a->app, grant, &a->grants, diag);
}

wy_err wy_application_prepare(wy_application *a, wy_diag *diag) {
    wy_err err = a->log_dir ? wy_folder_make(a->log_dir, diag) : WY_OK;
    if (!err) err = make_grants(a, diag);
    if (err) return err;
    if (!a->base->started) err = download_all(a, diag);
    if (err) return err;
    a->units = wy_arena_calloc(&a->arena, a->app->component_count, sizeof *a->units);
    a->chains = wy_arena_calloc(&a->arena, a->app->http_trigger_count, sizeof *a->chains);
    a->handlers = wy_arena_calloc(&a->arena, a->app->http_trigger_count, sizeof *a->handlers);
    if (!a->units || !a->handlers || !a->chains) return no_memory(diag);
    for (uint32_t i = 0; i < a->app->component_count; i++) {
        a->units[i].component = &a->app->components[i];
        a->units[i].log_fds[0] = a->units[i].log_fds[1] = -1;
    }
    for (uint32_t i = 0; i < a->app->component_count && !err; i++)
        err = wy_unit_prepare(a, &a->units[i], diag);
    return err;
}

/* --- in a worker --- */

withy_options wy_application_limits(const wy_application *a) {
    withy_options options = a->options->serve.common;
    if (options.memory_max == 0) options.memory_max = a->base->runtime.max_instance_memory;
    return options;
}

static wy_err load_handler(wy_application *a, uint32_t index, wy_diag *diag) {
    const wy_app_http_trigger *trigger = &a->app->http_triggers[index];
    if (!trigger->component) return WY_OK;
    wy_unit *u = &a->units[trigger->component - a->app->components];
    wy_http_component **handler = &a->handlers[index];
    if (trigger->is_wagi) return wy_unit_load_program(a, u, trigger->wagi_argv, handler, diag);
    wy_err err;
    if (trigger->middleware_count) {
        err = wy_chain_load(a, trigger, &a->chains[index], diag);
        *handler = err ? NULL : wy_chain_handler(a->chains[index]);
    } else {
        err = wy_unit_load_handler(a, u, diag);
        *handler = u->handler;
    }
    return err;
}

static wy_err load_handlers(wy_application *a, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t t = 0; !err && t < a->app->http_trigger_count; t++)
        err = load_handler(a, t, diag);
    return err;
}

static wy_err load_component(void *data, const wy_app_component *source,
                             const wy_component **component_out, wy_diag *diag) {
    wy_application *a = data;
    wy_unit *u = &a->units[source - a->app->components];
    wy_err err = wy_unit_load(a, u, diag);
    if (!err) *component_out = wy_guest_component(u->guest);
    return err;
}

static wy_err load_triggers(wy_application *a, wy_diag *diag) {
    const wy_triggers_config config = {
        .app = a->app,
        .arena = &a->arena,
        .config = a->app->component_count ? a->grants[0].config.config : NULL,
        .clients = &a->clients,
        .scheduler = a->tools->scheduler,
        .timeout_ms = a->options->serve.common.timeout_ms,
        .load = load_component,
        .data = a,
        .custom = a->base->custom,
    };
    return wy_triggers_make(&a->triggers, &config, diag);
}

/* As the runtime configuration says. */
static void limit_clients(wy_application *a) {
    const wy_runtime_config *runtime = &a->base->runtime;
    a->clients.sockets.most = runtime->max_sockets;
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

static wy_err make_inside(wy_application *a, wy_diag *diag) {
    wy_err err = wy_http_spin_new(&a->arena, a->app, a->handlers, &a->inside.spin, diag);
    if (err) return err;
    const wy_http_server_config config = {.on_request = wy_http_spin_handle_inside,
                                          .data = a->inside.spin};
    a->inside.loop = a->tools->loop;
    return wy_http_server_new(a->tools->loop, &config, &a->inside.server);
}

wy_err wy_application_load(wy_application *a, const wy_worker_tools *tools, wy_diag *diag) {
    a->tools = tools;
    a->files = wy_arena_printf(&a->arena, "%s/%d-%u", a->base->scratch.path, (int)getpid(),
                               a->base->made++);
    wy_err err = a->files ? wy_application_read(a, diag) : no_memory(diag);
    if (!err && wy_clients_init(&a->clients, tools->loop)) err = no_memory(diag);
    if (!err) err = wy_application_prepare(a, diag);
    if (!err) limit_clients(a);
    if (!err) err = load_handlers(a, diag);
    if (!err) err = load_triggers(a, diag);
    return err ? err : make_inside(a, diag);
}

bool wy_application_is_idle(const wy_application *a) {
    for (uint32_t t = 0; t < a->app->http_trigger_count; t++)
        if (a->handlers[t] && !wy_http_component_is_idle(a->handlers[t])) return false;
    return wy_triggers_are_idle(&a->triggers);
}
