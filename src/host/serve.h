/* A worker's life: listen, load, serve, drain. Shared by serve and up, which differ in what they
 * load and how requests find their component. */
#ifndef WY_HOST_SERVE_H
#define WY_HOST_SERVE_H

#include "host/load.h"
#include "runtime/task.h"
#include "trigger/http/server.h"

/* What a worker is given to load with, and what it gives back. */
typedef struct wy_worker_tools {
    wy_loop *loop;
    wy_engine *engine;
    wy_scheduler *scheduler;
    void (*on_request)(void *data, own wy_http_exchange *exchange); /* out */
    void *data;                                                     /* out: of on_request */
} wy_worker_tools;

/* What is served. */
typedef struct wy_service {
    /* In each worker, before it accepts: fills in the handler. On an error `unload` runs too. */
    wy_err (*load)(void *data, wy_worker_tools *tools, wy_diag *diag);
    /* In the worker, after its last request; may find nothing loaded. */
    void (*unload)(void *data);
    /* Once, in the process that the user started, when the first worker is ready. */
    void (*announce)(void *data, const char *address);
    void *data;
} wy_service;

/* Serves until told to stop; returns the exit status, with `error` filled where it is not 0. */
int wy_host_serve(const withy_serve_options *options, const wy_service *service,
                  withy_error *error);

#endif
