/* Running a command: a component's wasi:cli/run, once, with the process's own streams. */
#include "host/load.h"

#include "host/stores.h"
#include "interface/wasi/cli.h"
#include "interface/wasi/http.h"
#include "runtime/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RUN_INSTANCES 16 /* memories and stacks in the pool of a run */

typedef struct run {
    const wy_plan_export *export;
    wy_instance *instance;
    wy_loop *loop;
    bool failed;  /* the guest said so, or trapped */
    bool trapped; /* `text` says how */
    wy_buf text;
} run;

static void on_result(void *data, const void *result) {
    run *r = data;
    r->failed = *(const uint8_t *)result != 0; /* result<_, _>: its discriminant */
}

static void run_body(wy_task *task, wy_context *context, void *data) {
    run *r = data;
    wy_instance_enter(r->instance, task, context);
    wy_trap *trap = wy_instance_start(r->instance);
    char no_args[1] = {0};
    if (!trap) trap = wy_instance_call(r->instance, r->export, no_args, on_result, r);
    if (!trap) return;
    uint8_t code;
    if (!wy_wasi_cli_exited(r->instance, &code)) {
        r->trapped = true;
        wy_instance_print_trap(r->instance, trap, &r->text);
    }
    wy_trap_free(trap);
}

static void run_done(void *data) {
    run *r = data;
    wy_loop_stop(r->loop);
}

static wy_err run_instance(run *r, const withy_options *options, wy_scheduler *scheduler,
                           wy_diag *diag) {
    wy_task *task;
    wy_err err = wy_task_spawn(scheduler, wy_instance_store(r->instance), run_body, run_done, r,
                               options->timeout_ms, &task);
    if (err) return wy_diag_set(diag, err, "the task could not be started");
    wy_loop_run(r->loop);
    return WY_OK;
}

/* Returns the exit status, or -1 with a diagnosis. */
static int run_guest(const wy_guest *guest, wy_engine *engine, wy_loop *loop,
                     const withy_options *options, wy_diag *diag) {
    const wy_component *component = wy_guest_component(guest);
    run r = {.loop = loop,
             .export = wy_component_export(component, WY_STR("wasi:cli/run"), WY_STR("0.2.0"),
                                           WY_STR("run"))};
    if (!r.export) {
        wy_diag_set(diag, WY_INVALID,
                    "the component does not export wasi:cli/run; components that export "
                    "wasi:http/incoming-handler are run by `withy serve`");
        return -1;
    }
    wy_buf_init(&r.text, 64 << 10);
    wy_scheduler *scheduler = NULL;
    wy_err err = wy_scheduler_new(loop, engine, &scheduler);
    if (err) wy_diag_set(diag, err, "the scheduler could not be made");
    if (!err) err = wy_instance_new(component, engine, &r.instance, diag);
    if (!err) err = run_instance(&r, options, scheduler, diag);
    int status = r.failed ? 1 : 0;
    uint8_t code;
    if (!err && wy_wasi_cli_exited(r.instance, &code)) status = code;
    if (r.trapped) {
        wy_diag_set(diag, WY_TRAP, "%s", r.text.ptr ? r.text.ptr : "the guest trapped");
        status = -1;
    }
    if (scheduler) wy_scheduler_free(scheduler);
    wy_instance_free(r.instance);
    wy_buf_deinit(&r.text);
    return err ? -1 : status;
}

/* What the command is given: the process's streams, and what the options grant. */
static void fill_config(wy_guest_config *config, const withy_options *options,
                        const wy_stores *stores, const wy_wasi_http_settings *http) {
    config->env = options->env;
    config->env_count = options->env_count;
    config->dirs = options->dirs;
    config->dir_count = options->dir_count;
    config->stdin_fd = STDIN_FILENO;
    config->stdout_fd = STDOUT_FILENO;
    config->stderr_fd = STDERR_FILENO;
    config->kv = &stores->grants;
    config->config = &stores->config_grants;
    config->http = http;
}

static int run_file(const char *path, const char *const *args, size_t arg_count,
                    const withy_options *options, const wy_stores *stores, wy_diag *diag) {
    wy_engine *engine = NULL;
    wy_loop *loop = NULL;
    wy_guest *guest = NULL;
    wy_wasi_http_settings http = {0};
    withy_options single = *options; /* one instance needs no pool of a thousand */
    if (!single.instances_max) single.instances_max = RUN_INSTANCES;
    wy_str *arguments = calloc(arg_count + 1, sizeof *arguments);
    wy_err err = arguments ? wy_loop_new(&loop) : WY_NOMEM;
    if (!err) err = wy_http_client_new(loop, &http.client);
    if (err) wy_diag_set(diag, err, "the event loop could not be made");
    if (!err) err = wy_host_engine(&single, &engine, diag);
    int status = -1;
    if (!err) {
        wy_guest_config config;
        wy_guest_config_init(&config);
        config.path = path;
        config.name = wy_host_file_name(path);
        arguments[0] = config.name;
        for (size_t i = 0; i < arg_count; i++)
            arguments[i + 1] = wy_str_of(args[i]);
        config.arguments = arguments;
        config.argument_count = arg_count + 1;
        fill_config(&config, options, stores, &http);
        err = wy_guest_load(engine, options, &config, &guest, diag);
    }
    if (!err) status = run_guest(guest, engine, loop, options, diag);
    if (!err && status < 0 && diag->err != WY_TRAP) wy_diag_prefix(diag, "%s", path);
    wy_guest_free(guest);
    if (http.client) wy_http_client_free(http.client);
    wy_engine_free(engine);
    if (loop) wy_loop_free(loop);
    free(arguments);
    return status;
}

int withy_run(const char *path, const char *const *args, size_t arg_count,
              const withy_options *options, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_stores stores;
    int status = -1;
    if (wy_stores_single(options, false, &stores, &diag) == WY_OK)
        status = run_file(path, args, arg_count, options, &stores, &diag);
    wy_stores_deinit(&stores);
    return status >= 0 ? status : wy_host_fail(&diag, error);
}
