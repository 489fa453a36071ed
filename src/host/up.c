/* withy up: what is made once for all workers (stores, the runtime configuration, the address), and
 * what each of them is to do with the application. */
#include "base/log.h"
#include "base/text.h"
#include "host/application.h"
#include "host/build.h"
#include "host/foreign.h"
#include "host/manifest.h"
#include "host/registry.h"
#include "host/routes.h"
#include "host/up.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

typedef struct up {
    wy_application_base base;
    const char *address; /* options.serve.address, or a free one beside it */
    bool no_requests;    /* there were no HTTP triggers at the start, but others */
    bool has_own;        /* there are triggers that are not programs of their own */
    wy_foreign *foreign; /* and these are; NULL: none */
    unsigned locks;      /* how often they were given the application */
    const wy_service *service;
} up;

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for the application");
}

/* --- in a worker --- */

static wy_err up_load(void *data, const wy_worker_tools *tools, wy_served *served_out,
                      wy_diag *diag) {
    up *u = data;
    wy_application *a = wy_application_new(&u->base);
    if (!a) return no_memory(diag);
    wy_err err = wy_application_load(a, tools, diag);
    if (err)
        wy_application_free(a);
    else
        *served_out = (wy_served){a, wy_http_spin_handle, a->inside.spin};
    return err;
}

static bool up_is_idle(const void *application) {
    return wy_application_is_idle(application);
}

static void up_begin(void *application) {
    wy_application *a = application;
    wy_triggers_begin(&a->triggers);
}

static void up_retire(void *application) {
    wy_application *a = application;
    wy_triggers_retire(&a->triggers);
}

static void up_unload(void *data, void *application) {
    (void)data;
    wy_application_free(application);
}

static void up_announce(void *data, const void *application, const char *url) {
    const up *u = data;
    const wy_application *a = application;
    const withy_up_options *options = u->base.options;
    if (!options->serve.quiet && !u->base.custom)
        wy_routes_print(a->app, u->no_requests ? NULL : url, options->routes_as_json);
}

/* --- the whole --- */

/* So that a file that is not there is not found out by the first request. */
static wy_err check_tls(const wy_runtime_tls *tls, wy_diag *diag) {
    const wy_str paths[] = {tls->ca_roots_file, tls->client_cert_file,
                            tls->client_private_key_file};
    char path[4096];
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        snprintf(path, sizeof path, WY_STR_FMT, WY_STR_ARG(paths[i]));
        if (path[0] && access(path, R_OK) != 0)
            return wy_diag_set(diag, WY_NOT_FOUND, "line %u: [[client_tls]]: %s: %s", tls->line,
                               path, strerror(errno));
    }
    return WY_OK;
}

static wy_err read_configuration(wy_application_base *s, wy_diag *diag) {
    const char *path = s->options->runtime_config;
    if (!path) return WY_OK;
    wy_err err = wy_runtime_config_load(&s->arena, path, &s->runtime, diag);
    if (err) return err;
    err = wy_app_networks_new(&s->arena, s->runtime.block_networks.items,
                              s->runtime.block_networks.count, &s->blocked, diag);
    for (uint32_t i = 0; i < s->runtime.tls_count && !err; i++)
        err = check_tls(&s->runtime.tls[i], diag);
    if (err) wy_diag_prefix(diag, "%s", path);
    return err;
}

static wy_err build_first(wy_application_base *s, wy_diag *diag) {
    const withy_up_options *o = s->options;
    wy_application *a = wy_application_new(s);
    if (!a) return no_memory(diag);
    wy_err err =
        wy_manifest_load(&a->arena, s->manifest, wy_str_of(o->profile), NULL, 0, &a->app, diag);
    if (!err) err = wy_build_run(a->app, o->components, o->component_count, diag);
    wy_application_free(a);
    return err;
}

#define PORTS_TRIED 10

/* The address itself or one of the ports above it. */
static wy_err find_address(up *u, wy_diag *diag) {
    const withy_up_options *options = u->base.options;
    u->address = options->serve.address;
    if (!options->find_free_port) return WY_OK;
    wy_str address = wy_str_of(u->address);
    size_t colon = wy_str_rfind(address, ':');
    uint64_t port = 0;
    if (colon == address.len ||
        !wy_str_to_u64(wy_str_sub(address, colon + 1, address.len), UINT16_MAX, &port))
        return WY_OK; /* refused where it is used */
    for (unsigned i = 0; i < PORTS_TRIED && port + i <= UINT16_MAX; i++) {
        wy_diag ignored;
        wy_diag_init(&ignored);
        char *text = wy_arena_printf(&u->base.arena, WY_STR_FMT ":%u",
                                     WY_STR_ARG(wy_str_sub(address, 0, colon)), (unsigned)port + i);
        if (!text) return no_memory(diag);
        u->address = text;
        if (wy_address_check_free(wy_str_of(text), &ignored) == WY_OK) return WY_OK;
    }
    return wy_diag_set(diag, WY_EXISTS, "%s: this port and %u above it are in use",
                       options->serve.address, PORTS_TRIED - 1);
}

/* The stores and databases, with what the command line puts into them. */
static wy_err open_stores(wy_application_base *s, const wy_application *a, wy_diag *diag) {
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
    if (!err) err = wy_stores_open_llm(&s->stores, &s->runtime, a->state_dir, diag);
    for (size_t i = 0; !err && i < s->options->key_value_count; i++)
        err = wy_stores_set_kv(&s->stores, wy_str_of(s->options->key_values[i].name),
                               wy_str_of(s->options->key_values[i].value), diag);
    return err;
}

/* Gives the application, which is prepared, to the triggers that are programs of their own. */
static wy_err lock(up *u, wy_application *a, wy_diag *diag) {
    char folder[sizeof u->base.scratch.path + 32];
    snprintf(folder, sizeof folder, "%s/lock-%u", u->base.scratch.path, u->locks++);
    return wy_foreign_lock(u->foreign, a, folder, diag);
}

/* Finds the triggers that are programs of their own; one that is not there is shown where the
 * manifest asks for it. */
static wy_err find_foreign(up *u, const wy_application *a, wy_diag *diag) {
    wy_err err = wy_foreign_new(a->app, u->base.options, &u->foreign, diag);
    wy_str text;
    wy_diag ignored;
    wy_diag_init(&ignored);
    if (err && diag->line &&
        wy_text_read(&u->base.arena, u->base.manifest, &text, &ignored) == WY_OK)
        wy_text_place(diag, wy_str_of(u->base.manifest), text);
    return err;
}

static bool has_own(const wy_app *app) {
    for (uint32_t i = 0; i < app->trigger_count; i++)
        if (!app->triggers[i].is_foreign) return true;
    return app->trigger_count == 0;
}

/* Reads everything once, for its errors, before anything is started. */
static wy_err try_application(up *u, wy_diag *diag) {
    const withy_up_options *o = u->base.options;
    wy_application *a = wy_application_new(&u->base);
    if (!a) return no_memory(diag);
    wy_err err = wy_application_read(a, diag);
    if (!err) err = open_stores(&u->base, a, diag);
    if (!err) err = wy_application_prepare(a, diag);
    if (!err) u->no_requests = !a->app->http_trigger_count && wy_triggers_any(a->app);
    if (!err) u->has_own = has_own(a->app);
    if (!err && !u->base.custom) err = find_foreign(u, a, diag);
    if (!err && u->foreign) err = lock(u, a, diag);
    for (size_t i = 0; !err && i < o->sqlite_count; i++)
        err = wy_stores_run_sql(&u->base.stores.databases, o->sqlite[i], diag);
    wy_application_free(a);
    return err;
}

/* What is in a registry is a file from then on. */
static wy_err find_manifest(wy_application_base *s, wy_diag *diag) {
    const withy_options *o = &s->options->serve.common;
    if (!s->manifest || !wy_host_is_reference(s->manifest))
        return wy_manifest_find(&s->arena, s->manifest, &s->manifest, diag);
    wy_pulled pulled;
    wy_err err = wy_host_pull(&s->arena, s->manifest, o->insecure, o->cache_dir, &pulled, diag);
    s->manifest = pulled.path;
    return err;
}

static wy_err up_init(up *u, wy_diag *diag) {
    wy_application_base *s = &u->base;
    const withy_up_options *o = s->options;
    wy_arena_init(&s->arena, (size_t)256 << 20);
    wy_stores_init(&s->stores);
    wy_err err = find_manifest(s, diag);
    if (!err) err = wy_given_read(&s->arena, o->variables, o->variable_count, &s->given, diag);
    if (!err && o->build) err = build_first(s, diag);
    if (!err) err = read_configuration(s, diag);
    if (!err) err = find_address(u, diag);
    if (!err)
        err = wy_temporary_folder_make(o->temp_dir ? o->temp_dir : "/tmp", "withy-up", &s->scratch,
                                       diag);
    if (!err) err = try_application(u, diag);
    s->started = !err;
    return err;
}

static int serve(const up *u, withy_error *error) {
    withy_serve_options options = u->base.options->serve;
    options.address = u->address;
    return wy_host_serve(&options, u->service, error);
}

/* --- beside triggers that are programs of their own --- */

static int serve_beside(void *data) {
    withy_error error = {0};
    int status = serve(data, &error);
    if (error.code) wy_log(WY_LOG_ERROR, "%s", error.text);
    return error.code ? error.code : status;
}

static wy_err relock(void *data, wy_diag *diag) {
    up *u = data;
    wy_application *a = wy_application_new(&u->base);
    if (!a) return no_memory(diag);
    wy_err err = wy_application_read(a, diag);
    if (!err) err = wy_application_prepare(a, diag);
    if (!err) err = lock(u, a, diag);
    wy_application_free(a);
    return err;
}

static int run_foreign(up *u, withy_error *error) {
    const wy_foreign_run run = {.built_in = u->has_own ? serve_beside : NULL,
                                .relock = relock,
                                .data = u,
                                .is_quiet = u->base.options->serve.quiet};
    wy_diag diag;
    wy_diag_init(&diag);
    int status = wy_foreign_run_all(u->foreign, &run, &diag);
    return status < 0 ? wy_host_fail(&diag, error) : status;
}

int wy_up_custom(const char *manifest, const withy_up_options *options,
                 const wy_custom_trigger *custom, withy_error *error) {
    up u = {.base = {.options = options, .manifest = manifest, .custom = custom}};
    wy_diag diag;
    wy_diag_init(&diag);
    wy_service service = {.load = up_load,
                          .is_idle = up_is_idle,
                          .begin = up_begin,
                          .retire = up_retire,
                          .unload = up_unload,
                          .announce = up_announce,
                          .data = &u};
    u.service = &service;
    wy_err err = up_init(&u, &diag);
    service.no_requests = u.no_requests || custom;
    int status = err         ? wy_host_fail(&diag, error)
                 : u.foreign ? run_foreign(&u, error)
                             : serve(&u, error);
    wy_foreign_free(u.foreign);
    wy_temporary_folder_remove(&u.base.scratch);
    wy_stores_deinit(&u.base.stores);
    wy_arena_deinit(&u.base.arena);
    return status;
}

int withy_up(const char *manifest, const withy_up_options *options, withy_error *error) {
    return wy_up_custom(manifest, options, NULL, error);
}
