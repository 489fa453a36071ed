/* Unit: one component of an application in one worker, with its logs, folders and dependencies. */
#ifndef WY_HOST_UNIT_H
#define WY_HOST_UNIT_H

#include "capability/llm/llm.h"
#include "host/load.h"
#include "host/outbound.h"
#include "trigger/http/component.h"

typedef struct wy_application wy_application;

/* Not to be moved once prepared. */
typedef struct wy_unit {
    const wy_app_component *component;
    wy_guest *guest;            /* NULL: not loaded yet */
    wy_http_component *handler; /* likewise */
    wy_client_settings clients;
    wy_outbound outbound;
    wy_llm_grants models;
    int log_fds[2]; /* stdout, stderr; -1: none */
    const withy_dir *dirs;
    size_t dir_count;
    const withy_pair *env;
    size_t env_count;
    wy_settings_provider *providers; /* one a dependency */
} wy_unit;

/* Opens the logs and resolves what the manifest grants, short of loading. */
wy_err wy_unit_prepare(wy_application *application, wy_unit *unit, wy_diag *diag) WY_MUST_USE;
/* The folders the component is given: those of the command line, and one of its own at "/" with
 * copies, below the application's folder of them, of the files that the manifest names. Part of
 * loading it. */
wy_err wy_unit_mount(wy_application *application, wy_unit *unit, wy_diag *diag) WY_MUST_USE;
/* What the component is given when it is loaded, with its dependencies as providers. Its folders
 * are made. */
wy_err wy_unit_settings(wy_application *application, wy_unit *unit, wy_settings_config *config_out,
                        wy_diag *diag) WY_MUST_USE;
/* Loads the component, once, however many triggers it has. */
wy_err wy_unit_load(wy_application *application, wy_unit *unit, wy_diag *diag) WY_MUST_USE;
/* As one that is run for each HTTP request in the manner of CGI, with arguments made of `argv`. */
wy_err wy_unit_load_program(wy_application *application, wy_unit *unit, wy_str argv,
                            own wy_http_component **program_out, wy_diag *diag) WY_MUST_USE;
/* As one that answers HTTP requests. */
wy_err wy_unit_load_handler(wy_application *application, wy_unit *unit, wy_diag *diag) WY_MUST_USE;
void wy_unit_deinit(wy_unit *unit);

#endif
