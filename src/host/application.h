/* Application: a Spin application in one worker, made of its manifest. Its components are units
 * (unit.c); up.c holds what outlives workers. */
#ifndef WY_HOST_APPLICATION_H
#define WY_HOST_APPLICATION_H

#include "app/grants.h"
#include "host/chain.h"
#include "host/given.h"
#include "host/outbound.h"
#include "host/serve.h"
#include "host/stores.h"
#include "host/triggers.h"
#include "host/unit.h"

/* What outlives workers: made once, in the process that the user started. */
typedef struct wy_application_base {
    const withy_up_options *options;
    const char *manifest;
    wy_given given;            /* variables of the command line */
    wy_arena arena;            /* of what follows */
    wy_runtime_config runtime; /* as it was at the start */
    wy_app_networks blocked;   /* by it */
    wy_stores stores;
    wy_temporary_folder scratch;     /* for copies of files: one below it an application */
    const wy_custom_trigger *custom; /* whose bindings alone count; NULL: withy's own do */
    bool started;                    /* workers run: logs are not truncated again */
    unsigned made;                   /* applications, in this process */
} wy_application_base;

/* The application as one worker has it: read from the manifest when the worker starts, so that a
 * reload sees what was edited. */
typedef struct wy_application {
    wy_application_base *base;
    const withy_up_options *options;
    wy_arena arena;
    const wy_app *app;
    const wy_app_grants *grants;     /* one a component */
    const char *state_dir, *log_dir; /* NULL: none */
    char *files;                     /* folder of its copies of files; NULL: before it is loaded */
    wy_unit *units;                  /* one a component */
    wy_http_component **handlers;    /* one an HTTP trigger */
    wy_chain **chains;               /* one an HTTP trigger; NULL: it has no middleware */
    wy_triggers triggers;            /* those that bring messages */
    const wy_worker_tools *tools;    /* of the worker; NULL: in none */
    wy_clients clients;
    wy_inside inside; /* answers the components' requests to each other */
} wy_application;

/* Empty; NULL: no memory. */
own wy_application *wy_application_new(wy_application_base *base);
void wy_application_free(own wy_application *application);
/* Reads the manifest, and finds the folders of state and logs. */
wy_err wy_application_read(wy_application *application, wy_diag *diag) WY_MUST_USE;
/* The path of a binary; `refresh`: the newest that a registry has. As wy_source_path. */
wy_err wy_application_source(wy_application *application, const wy_app_source *source, bool refresh,
                             const char **path_out, wy_diag *diag) WY_MUST_USE;
/* Everything of a manifest that was read, short of loading components. */
wy_err wy_application_prepare(wy_application *application, wy_diag *diag) WY_MUST_USE;
/* All of it, in a worker. */
wy_err wy_application_load(wy_application *application, const wy_worker_tools *tools,
                           wy_diag *diag) WY_MUST_USE;
/* The options that its components are loaded with. */
withy_options wy_application_limits(const wy_application *application);
/* Whether it answers no request and handles no message at the moment. */
bool wy_application_is_idle(const wy_application *application);

#endif
