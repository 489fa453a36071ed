/* Serving: one worker in this process, or several under the supervisor; and the verb that serves
 * one component. */
#include "host/serve.h"

#include "base/limits.h"
#include "base/log.h"
#include "host/stores.h"
#include "supervisor/supervisor.h"
#include "trigger/http/component.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- one worker --- */

#define SIGNAL_COUNT 3

#define SWEEP_MS 20

typedef struct worker {
    const withy_serve_options *options;
    const wy_service *service;
    wy_worker_tools tools;
    wy_served served;                               /* answers new requests */
    wy_served retired[WY_MAX_RETIRED_APPLICATIONS]; /* finish theirs */
    unsigned retired_count;
    wy_http_server *server;
    wy_secure *secure; /* NULL: http is spoken */
    wy_signal *signals[SIGNAL_COUNT];
    wy_timer *sweep; /* runs while something is to end */
    const wy_worker *info;
    bool wants_reload; /* as soon as one more can be retired */
    bool draining, drained;
} worker;

static void on_request(void *data, own wy_http_exchange *exchange) {
    worker *w = data;
    w->served.on_request(w->served.data, exchange);
}

static bool is_idle(const worker *w, const wy_served *served) {
    return !served->application || w->service->is_idle(served->application);
}

/* Duties that exist once belong to the first worker. */
static void begin(const worker *w) {
    if (w->info->slot == 0 && w->service->begin) w->service->begin(w->served.application);
}

static void retire(const worker *w, const wy_served *served) {
    if (w->service->retire) w->service->retire(served->application);
}

static void unload(worker *w, wy_served *served) {
    if (served->application) w->service->unload(w->service->data, served->application);
    *served = (wy_served){0};
}

/* Under a supervisor it is new workers that load anew; a worker without one does it beside what it
 * serves, which goes on when that fails. */
static void reload(worker *w) {
    w->wants_reload = w->retired_count == WY_MAX_RETIRED_APPLICATIONS;
    if (w->wants_reload) {
        wy_log(WY_LOG_INFO, "reloading later: %u earlier ones still have requests to finish",
               w->retired_count);
        return;
    }
    wy_served fresh = {0};
    wy_diag diag;
    wy_diag_init(&diag);
    if (w->service->load(w->service->data, &w->tools, &fresh, &diag)) {
        wy_log(WY_LOG_ERROR, "%s; the old one goes on", diag.text);
        return;
    }
    retire(w, &w->served);
    w->retired[w->retired_count++] = w->served;
    w->served = fresh;
    begin(w);
    wy_timer_start(w->sweep, SWEEP_MS);
    wy_log(WY_LOG_INFO, "reloaded");
}

/* Frees what has answered its last request; ends the worker once all has. */
static void on_sweep(void *data) {
    worker *w = data;
    for (unsigned i = w->retired_count; i-- > 0;) {
        if (!is_idle(w, &w->retired[i])) continue;
        unload(w, &w->retired[i]);
        w->retired[i] = w->retired[--w->retired_count];
    }
    if (w->wants_reload && !w->draining) reload(w);
    if (w->drained && w->retired_count == 0 && is_idle(w, &w->served))
        wy_loop_stop(w->tools.loop);
    else if (w->drained || w->retired_count)
        wy_timer_start(w->sweep, SWEEP_MS);
}

/* Called from within the last request, maybe: what ends is freed from the loop's own stack. */
static void on_drained(void *data) {
    worker *w = data;
    w->drained = true;
    wy_timer_start(w->sweep, 0);
}

static void on_stop_signal(void *data, int signum) {
    worker *w = data;
    (void)signum;
    if (w->draining) {
        wy_http_server_cut(w->server); /* told twice: at once */
        return;
    }
    w->draining = true;
    wy_worker_deafen(w->info);
    retire(w, &w->served);
    wy_http_server_drain(w->server, on_drained, w);
}

static void on_certificate(void *data, const char *problem) {
    (void)data;
    if (problem) wy_log(WY_LOG_ERROR, "TLS: %s; the old certificate goes on", problem);
}

static void on_reload_signal(void *data, int signum) {
    worker *w = data;
    (void)signum;
    if (w->info->ready_fd >= 0 || w->draining) return;
    wy_err err = w->secure ? wy_secure_reload(w->secure, on_certificate, w) : WY_OK;
    if (err) on_certificate(w, wy_err_text(err));
    reload(w);
}

static wy_err worker_start(worker *w, const int *listen_fds, unsigned fd_count, const char *address,
                           wy_diag *diag) {
    wy_err err = wy_host_engine(&w->options->common, &w->tools.engine, diag); /* by a thread */
    if (!err) err = wy_loop_new(&w->tools.loop);
    if (!err) err = wy_scheduler_new(w->tools.loop, w->tools.engine, &w->tools.scheduler);
    if (!err) err = wy_timer_new(w->tools.loop, on_sweep, w, &w->sweep);
    const withy_serve_options *options = w->options;
    if (!err && options->tls_cert)
        err = wy_secure_new(w->tools.loop, options->tls_cert, options->tls_key, &w->secure, diag);
    wy_http_server_config config = {
        .on_request = on_request, .data = w, .address = wy_str_of(address), .secure = w->secure};
    if (!err) err = wy_http_server_new(w->tools.loop, &config, &w->server);
    if (!err) err = w->service->load(w->service->data, &w->tools, &w->served, diag);
    static const int signums[SIGNAL_COUNT] = {SIGTERM, SIGINT, SIGHUP};
    for (int i = 0; i < SIGNAL_COUNT && !err; i++)
        err = wy_signal_new(w->tools.loop, signums[i],
                            signums[i] == SIGHUP ? on_reload_signal : on_stop_signal, w,
                            &w->signals[i]);
    for (unsigned i = 0; i < fd_count && !err; i++)
        err = wy_http_server_listen(w->server, listen_fds[i]);
    return err ? wy_diag_set(diag, err, "the worker could not be started") : WY_OK;
}

static void worker_stop(worker *w) {
    for (int i = 0; i < SIGNAL_COUNT; i++)
        if (w->signals[i]) wy_signal_free(w->signals[i]);
    if (w->draining) {
        /* Who asks once more while it ends anyway must not kill it in the middle of that. */
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
    }
    if (w->server) wy_http_server_free(w->server);
    wy_secure_free(w->secure);
    unload(w, &w->served);
    wy_timer_free(w->sweep);
    if (w->tools.scheduler) wy_scheduler_free(w->tools.scheduler);
    wy_engine_free(w->tools.engine);
    if (w->tools.loop) wy_loop_free(w->tools.loop);
}

/* What one worker told the user, so that the others need not. */
typedef struct told {
    atomic_bool address, error;
} told;

typedef struct serving {
    const withy_serve_options *options;
    const wy_service *service;
    char address[64]; /* as it was bound */
    told *told;       /* shared by all workers */
    wy_diag diag;
} serving;

static void on_bound(void *data, const char *const *bound, unsigned count) {
    serving *s = data;
    if (count) snprintf(s->address, sizeof s->address, "%s", bound[0]);
}

/* Until one served, all workers fail for one reason; from then on each failure is news. */
static void complain(serving *s) {
    if (atomic_load(&s->told->address) || !atomic_exchange(&s->told->error, true))
        wy_log(WY_LOG_ERROR, "%s", s->diag.text);
}

static void announce(const serving *s, const void *application) {
    char url[80];
    snprintf(url, sizeof url, "http%s://%s", s->options->tls_cert ? "s" : "", s->address);
    s->service->announce(s->service->data, application, url);
}

/* In a worker process, or in this one when there is only one. */
static int worker_main(void *data, const wy_worker *info) {
    serving *s = data;
    worker w = {.options = s->options, .service = s->service, .info = info};
    wy_err err = worker_start(&w, info->listen_fds, info->address_count, s->address, &s->diag);
    if (!err) {
        wy_worker_ready(info);
        if (!atomic_exchange(&s->told->address, true)) announce(s, w.served.application);
        begin(&w);
        wy_loop_take_short_turns(w.tools.loop);
        wy_loop_run(w.tools.loop);
    } else if (info->ready_fd >= 0) {
        complain(s);
    }
    worker_stop(&w);
    return err ? wy_err_exit_code(err) : 0;
}

int wy_host_serve(const withy_serve_options *options, const wy_service *service,
                  withy_error *error) {
    serving s = {.options = options, .service = service};
    wy_diag_init(&s.diag);
    s.told = mmap(NULL, sizeof *s.told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s.told == MAP_FAILED) {
        wy_diag_set(&s.diag, WY_NOMEM, "out of memory");
        return wy_host_fail(&s.diag, error);
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    wy_str address = wy_str_of(options->address);
    wy_supervisor_config config = {
        .worker_count = options->workers                     ? options->workers
                        : cores > 0 && !service->no_requests ? (unsigned)cores
                                                             : 1,
        .addresses = &address,
        .address_count = service->no_requests ? 0 : 1,
        .on_bound = on_bound,
    };
    int status = 0;
    wy_err err = wy_supervise(&config, worker_main, &s, &status, &s.diag);
    munmap(s.told, sizeof *s.told);
    return err || (status && s.diag.err) ? wy_host_fail(&s.diag, error) : status;
}

/* --- withy serve --- */

typedef struct single {
    const char *path;
    const withy_serve_options *options;
    wy_stores stores;
} single;

/* The file as it was loaded once. */
typedef struct loaded {
    wy_guest *guest;
    wy_http_component *handler;
    wy_clients clients;
    wy_client_settings granted;
} loaded;

static void single_unload(void *data, void *application) {
    loaded *l = application;
    (void)data;
    if (l->handler) wy_http_component_free(l->handler);
    wy_guest_free(l->guest);
    wy_clients_deinit(&l->clients);
    free(l);
}

static bool single_is_idle(const void *application) {
    const loaded *l = application;
    return wy_http_component_is_idle(l->handler);
}

static wy_err load_file(const single *s, loaded *l, const wy_worker_tools *tools, wy_diag *diag) {
    wy_err err = wy_clients_init(&l->clients, tools->loop);
    if (err) return wy_diag_set(diag, err, "the clients could not be made");
    l->granted = wy_clients_grant(&l->clients, NULL);
    l->granted.sockets.allow_all = s->options->common.network;
    wy_settings_config config;
    wy_settings_config_init(&config);
    config.path = s->path;
    config.name = wy_host_file_name(s->path);
    config.arguments = &config.name;
    config.argument_count = 1;
    config.env = s->options->common.env;
    config.env_count = s->options->common.env_count;
    config.dirs = s->options->common.dirs;
    config.dir_count = s->options->common.dir_count;
    config.stdout_fd = STDOUT_FILENO;
    config.stderr_fd = STDERR_FILENO;
    config.kv = &s->stores.grants;
    config.config = &s->stores.config_grants;
    config.clients = &l->granted;
    config.sqlite = &s->stores.databases;
    err = wy_guest_load(tools->engine, &s->options->common, &config, &l->guest, diag);
    if (err) return err;
    wy_http_component_config handler = {.scheduler = tools->scheduler,
                                        .component = wy_guest_component(l->guest),
                                        .timeout_ms = s->options->common.timeout_ms,
                                        .reuse = s->options->reuse};
    err = wy_http_component_new(&handler, &l->handler, diag);
    if (err) wy_diag_prefix(diag, "%s", s->path);
    return err;
}

static wy_err single_load(void *data, const wy_worker_tools *tools, wy_served *served_out,
                          wy_diag *diag) {
    loaded *l = calloc(1, sizeof *l);
    if (!l) return wy_diag_set(diag, WY_NOMEM, "out of memory for a component");
    wy_err err = load_file(data, l, tools, diag);
    if (err)
        single_unload(data, l);
    else
        *served_out = (wy_served){l, wy_http_component_handle, l->handler};
    return err;
}

static void single_announce(void *data, const void *application, const char *url) {
    const single *s = data;
    (void)application;
    if (s->options->quiet) return;
    printf("Serving %s\n", url);
    fflush(stdout);
}

int withy_serve(const char *path, const withy_serve_options *options, withy_error *error) {
    single s = {.path = path, .options = options};
    wy_service service = {.load = single_load,
                          .is_idle = single_is_idle,
                          .unload = single_unload,
                          .announce = single_announce,
                          .data = &s};
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = wy_stores_single(&options->common, true, &s.stores, &diag);
    int status = err ? wy_host_fail(&diag, error) : wy_host_serve(options, &service, error);
    wy_stores_deinit(&s.stores);
    return status;
}
