/* A worker's life: listen, load, serve, drain. Shared by serve and up, which differ in what they
 * load and how requests find their component. */
#ifndef WY_HOST_SERVE_H
#define WY_HOST_SERVE_H

#include "host/load.h"
#include "runtime/task.h"
#include "trigger/http/server.h"

/* What a worker gives a service to load with. */
typedef struct wy_worker_tools {
    wy_loop *loop;
    wy_engine *engine;
    wy_scheduler *scheduler;
} wy_worker_tools;

/* What was loaded, and who answers requests with it. */
typedef struct wy_served {
    void *application; /* the service's own */
    void (*on_request)(void *data, own wy_http_exchange *exchange);
    void *data; /* of on_request */
} wy_served;

/* What is served. */
typedef struct wy_service {
    /* In each worker, before it accepts; where there is one only, again at each reload, beside what
     * was loaded before. On an error nothing stays loaded. */
    wy_err (*load)(void *data, const wy_worker_tools *tools, wy_served *served_out, wy_diag *diag);
    /* Whether it answers no request at the moment. */
    bool (*is_idle)(const void *application);
    /* What exists once among all workers (subscriptions) begins, in the worker whose duty it is and
     * that is ready. NULL: there is no such thing. */
    void (*begin)(void *application);
    /* It takes nothing new any more from where it began: another one does, or the host stops. NULL
     * as `begin` is. */
    void (*retire)(void *application);
    /* After its last request. */
    void (*unload)(void *data, void *application);
    /* Once, in the worker that is ready first. */
    void (*announce)(void *data, const void *application, const char *url);
    bool no_requests; /* nothing answers HTTP: no socket listens, and one worker is enough */
    void *data;
} wy_service;

/* Serves until told to stop; returns the exit status, with `error` filled where it is not 0. */
int wy_host_serve(const withy_serve_options *options, const wy_service *service,
                  withy_error *error);

#endif
