/* Applications of the public API: routes and channels that lead to linked components, served on the
 * engine's loop. */
#include "host/embed.h"
#include "withy/app.h"

#include "base/limits.h"
#include "trigger/http/spin.h"
#include "trigger/redis.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct route {
    wy_str path;
    withy_linked *linked;
    wy_http_component *handler;
} route;

/* A channel of a server. */
typedef struct subscription {
    wy_redis_binding binding;
    withy_linked *linked;
    wy_redis_trigger *trigger;
    struct subscription *next;
} subscription;

struct withy_app {
    withy_engine *engine;
    wy_arena arena;
    wy_app model; /* with one component and one trigger a route; made when it first listens */
    route *routes;
    uint32_t route_count, route_cap;
    subscription *subscriptions;
    wy_http_component **handlers; /* one a trigger */
    wy_http_server *server;       /* NULL: it has not listened yet */
    bool is_listening;            /* until what is open has finished */
    bool is_stopped;
    char address[64];
    withy_app *next, **link; /* in engine->apps */
};

static void listening_ends(void *data) {
    withy_app *app = data;
    app->is_listening = false;
    app->engine->is_kicked = true; /* who turns the loop looks again whether there is more to do */
}

withy_status withy_app_new(withy_engine *engine, const char *name, withy_app **app_out,
                           withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_app *app = calloc(1, sizeof *app);
    if (!app) return wy_host_status(WY_NOMEM, &diag, error);
    wy_arena_init(&app->arena, WY_MAX_EMBED_BYTES);
    char *copy = wy_arena_strndup(&app->arena, name, strlen(name));
    if (!copy) {
        free(app);
        return wy_host_status(WY_NOMEM, &diag, error);
    }
    app->model.name = wy_str_of(copy);
    app->engine = engine;
    engine->refs++;
    app->next = engine->apps;
    app->link = &engine->apps;
    if (app->next) app->next->link = &app->next;
    engine->apps = app;
    *app_out = app;
    return WITHY_OK;
}

static bool is_idle(const withy_app *app) {
    for (uint32_t i = 0; i < app->route_count; i++)
        if (!wy_http_component_is_idle(app->routes[i].handler)) return false;
    for (const subscription *s = app->subscriptions; s; s = s->next)
        if (!wy_redis_trigger_is_idle(s->trigger)) return false;
    return true;
}

bool wy_embed_apps_busy(const withy_engine *engine) {
    for (const withy_app *app = engine->apps; app; app = app->next)
        if (app->is_listening || (app->subscriptions && !app->is_stopped) || !is_idle(app))
            return true;
    return false;
}

void withy_app_free(withy_app *app) {
    if (!app) return;
    withy_engine *engine = app->engine;
    wy_assert(!wy_scheduler_current(engine->scheduler));
    wy_http_server_free(app->server);
    listening_ends(app);
    for (const subscription *s = app->subscriptions; s; s = s->next)
        wy_redis_trigger_retire(s->trigger);
    while (!is_idle(app))
        wy_embed_turn(engine, -1);
    for (uint32_t i = 0; i < app->route_count; i++) {
        wy_http_component_free(app->routes[i].handler);
        wy_embed_linked_release(app->routes[i].linked);
    }
    for (const subscription *s = app->subscriptions; s; s = s->next) {
        wy_redis_trigger_free(s->trigger);
        wy_embed_linked_release(s->linked);
    }
    *app->link = app->next;
    if (app->next) app->next->link = app->link;
    wy_arena_deinit(&app->arena);
    free(app);
    wy_embed_engine_release(engine);
}

/* --- routes --- */

void withy_route_options_init(withy_route_options *options) {
    memset(options, 0, sizeof *options);
}

static wy_err check_route(withy_app *app, wy_str path, const withy_linked *linked, wy_diag *diag) {
    if (app->server) return wy_diag_set(diag, WY_USAGE, "the application listens already");
    if (linked->component->engine != app->engine)
        return wy_diag_set(diag, WY_USAGE, "the component was linked in another engine");
    for (uint32_t i = 0; i < app->route_count; i++)
        if (wy_str_eq(app->routes[i].path, path))
            return wy_diag_set(diag, WY_EXISTS, "the application has that route already");
    return wy_route_check(&app->arena, path, diag);
}

static wy_err add_route(withy_app *app, const char *path, withy_linked *linked,
                        const withy_route_options *options, wy_diag *diag) {
    wy_err err = check_route(app, wy_str_of(path), linked, diag);
    if (err) return err;
    route *routes = wy_arena_grow(&app->arena, app->routes, app->route_count, &app->route_cap,
                                  (size_t)app->route_count + 1, sizeof *routes);
    char *copy = wy_arena_strndup(&app->arena, path, strlen(path));
    if (!routes || !copy) return wy_diag_set(diag, WY_NOMEM, "out of memory for a route");
    app->routes = routes;
    route *r = &routes[app->route_count];
    *r = (route){.path = wy_str_of(copy), .linked = linked};
    const wy_http_component_config config = {.scheduler = app->engine->scheduler,
                                             .component = linked->target,
                                             .timeout_ms = options->timeout_ms,
                                             .reuse = options->reuse};
    err = wy_http_component_new(&config, &r->handler, diag);
    if (err) return err;
    linked->refs++;
    app->route_count++;
    return WY_OK;
}

withy_status withy_app_route(withy_app *app, const char *path, withy_linked *linked,
                             const withy_route_options *options, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_route_options defaults;
    withy_route_options_init(&defaults);
    wy_err err = add_route(app, path, linked, options ? options : &defaults, &diag);
    if (!err) return WITHY_OK;
    wy_diag_prefix(&diag, "route \"%s\"", path);
    return wy_host_status(err, &diag, error);
}

/* --- serving --- */

/* The application as the trigger wants to see it. */
static wy_err make_model(withy_app *app) {
    uint32_t count = app->route_count;
    wy_app_component *components = wy_arena_calloc(&app->arena, count, sizeof *components);
    wy_app_http_trigger *triggers = wy_arena_calloc(&app->arena, count, sizeof *triggers);
    app->handlers = wy_arena_calloc(&app->arena, count, sizeof(wy_http_component *));
    if (!components || !triggers || !app->handlers) return WY_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const route *r = &app->routes[i];
        components[i].id = wy_component_name(r->linked->target);
        triggers[i] = (wy_app_http_trigger){
            .id = components[i].id, .route = r->path, .component = &components[i]};
        app->handlers[i] = r->handler;
    }
    app->model.components = components;
    app->model.component_count = count;
    app->model.http_triggers = triggers;
    app->model.http_trigger_count = count;
    return WY_OK;
}

static wy_err make_server(withy_app *app, wy_diag *diag) {
    wy_http_spin *spin = NULL;
    wy_err err = make_model(app);
    if (!err) err = wy_http_spin_new(&app->arena, &app->model, app->handlers, &spin, diag);
    if (err) return err;
    char *address = wy_arena_strndup(&app->arena, app->address, strlen(app->address));
    if (!address) return WY_NOMEM;
    const wy_http_server_config config = {
        .on_request = wy_http_spin_handle, .data = spin, .address = wy_str_of(address)};
    return wy_http_server_new(app->engine->loop, &config, &app->server);
}

static wy_err listen_at(withy_app *app, const char *address, bool shared, wy_diag *diag) {
    int fd = -1;
    if (app->is_stopped) return wy_diag_set(diag, WY_USAGE, "the application was stopped");
    wy_err err = shared ? WY_OK : wy_address_check_free(wy_str_of(address), diag);
    if (!err) err = wy_listen_fd(wy_str_of(address), WY_LISTEN_BACKLOG, &fd, app->address, diag);
    if (err) return err;
    if (!app->server) err = make_server(app, diag);
    if (!err) err = wy_http_server_listen(app->server, fd);
    close(fd); /* the server has its own */
    if (!err) app->is_listening = true;
    return err;
}

withy_status withy_app_listen(withy_app *app, const char *address, bool shared,
                              withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = listen_at(app, address, shared, &diag);
    return err ? wy_host_status(err, &diag, error) : WITHY_OK;
}

const char *withy_app_address(const withy_app *app) {
    return app->address;
}

/* --- messages --- */

void withy_subscribe_options_init(withy_subscribe_options *options) {
    memset(options, 0, sizeof *options);
}

static bool copy_text(withy_app *app, const char *text, wy_str *out) {
    char *copy = text ? wy_arena_strndup(&app->arena, text, strlen(text)) : NULL;
    *out = wy_str_of(copy);
    return copy || !text;
}

static wy_err subscribe(withy_app *app, const char *address, const char *channel,
                        withy_linked *linked, const withy_subscribe_options *options,
                        wy_diag *diag) {
    if (app->is_stopped) return wy_diag_set(diag, WY_USAGE, "the application was stopped");
    if (linked->component->engine != app->engine)
        return wy_diag_set(diag, WY_USAGE, "the component was linked in another engine");
    wy_err err = wy_embed_clients(app->engine);
    subscription *s = err ? NULL : wy_arena_calloc(&app->arena, 1, sizeof *s);
    if (!s || !copy_text(app, address, &s->binding.address) ||
        !copy_text(app, channel, &s->binding.channel) ||
        !copy_text(app, options->dead_letter, &s->binding.dead_letter))
        return wy_diag_set(diag, WY_NOMEM, "out of memory for a subscription");
    s->binding.id = wy_component_name(linked->target);
    s->binding.component = linked->target;
    s->binding.retries = options->retries;
    const wy_redis_trigger_config config = {.scheduler = app->engine->scheduler,
                                            .client = app->engine->clients.redis,
                                            .bindings = &s->binding,
                                            .binding_count = 1,
                                            .timeout_ms = options->timeout_ms};
    err = wy_redis_trigger_new(&config, &s->trigger, diag);
    if (!err) err = wy_redis_trigger_begin(s->trigger, diag);
    if (err) {
        wy_redis_trigger_free(s->trigger);
        return err;
    }
    s->linked = linked;
    linked->refs++;
    s->next = app->subscriptions;
    app->subscriptions = s;
    return WY_OK;
}

withy_status withy_app_subscribe(withy_app *app, const char *address, const char *channel,
                                 withy_linked *linked, const withy_subscribe_options *options,
                                 withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_subscribe_options defaults;
    withy_subscribe_options_init(&defaults);
    wy_err err = subscribe(app, address, channel, linked, options ? options : &defaults, &diag);
    if (!err) return WITHY_OK;
    wy_diag_prefix(&diag, "channel \"%s\"", channel);
    return wy_host_status(err, &diag, error);
}

void withy_app_stop(withy_app *app) {
    app->is_stopped = true;
    for (const subscription *s = app->subscriptions; s; s = s->next)
        wy_redis_trigger_retire(s->trigger);
    if (app->is_listening) wy_http_server_drain(app->server, listening_ends, app);
}
