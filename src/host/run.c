/* Running a command: a component's wasi:cli/run, once, with the process's own streams. */
#include "host/load.h"

#include "base/limits.h"
#include "base/log.h"
#include "interface/wasi/cli.h"
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

static wy_err run_instance(run *r, wy_engine *engine, const withy_options *options, wy_diag *diag) {
    wy_scheduler *scheduler = NULL;
    wy_err err = wy_loop_new(&r->loop);
    if (!err) err = wy_scheduler_new(r->loop, engine, &scheduler);
    if (err) wy_diag_set(diag, err, "the event loop could not be made");
    wy_task *task = NULL;
    if (!err)
        err = wy_task_spawn(scheduler, wy_instance_store(r->instance), run_body, run_done, r,
                            options->timeout_ms, &task);
    if (err)
        wy_diag_set(diag, err, "the task could not be started");
    else
        wy_loop_run(r->loop);
    if (scheduler) wy_scheduler_free(scheduler);
    return err;
}

static int run_guest(const wy_guest *guest, wy_engine *engine, const withy_options *options,
                     wy_diag *diag) {
    const wy_component *component = wy_guest_component(guest);
    run r = {.export = wy_component_export(component, WY_STR("wasi:cli/run"), WY_STR("0.2.0"),
                                           WY_STR("run"))};
    if (!r.export) {
        wy_diag_set(diag, WY_INVALID,
                    "the component does not export wasi:cli/run; components that export "
                    "wasi:http/incoming-handler are run by `withy serve`");
        return -1;
    }
    wy_buf_init(&r.text, 64 << 10);
    wy_err err = wy_instance_new(component, engine, &r.instance, diag);
    if (!err) err = run_instance(&r, engine, options, diag);
    int status = r.failed ? 1 : 0;
    uint8_t code;
    if (!err && wy_wasi_cli_exited(r.instance, &code)) status = code;
    if (r.trapped) {
        wy_diag_set(diag, WY_TRAP, "%s", r.text.ptr ? r.text.ptr : "the guest trapped");
        status = -1;
    }
    wy_instance_free(r.instance);
    if (r.loop) wy_loop_free(r.loop);
    wy_buf_deinit(&r.text);
    return err ? -1 : status;
}

int withy_run(const char *path, const char *const *args, size_t arg_count,
              const withy_options *options, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_engine *engine = NULL;
    wy_guest *guest = NULL;
    int status = -1;
    wy_str *arguments = calloc(arg_count + 1, sizeof *arguments);
    withy_options single = *options; /* one instance needs no pool of a thousand */
    if (!single.instances_max) single.instances_max = RUN_INSTANCES;
    if (arguments && wy_host_engine(&single, &engine, &diag) == WY_OK) {
        wy_guest_config config;
        wy_guest_config_init(&config);
        const char *slash = strrchr(path, '/');
        config.path = path;
        config.name = wy_str_of(slash ? slash + 1 : path);
        arguments[0] = config.name;
        for (size_t i = 0; i < arg_count; i++)
            arguments[i + 1] = wy_str_of(args[i]);
        config.arguments = arguments;
        config.argument_count = arg_count + 1;
        config.env = options->env;
        config.env_count = options->env_count;
        config.dirs = options->dirs;
        config.dir_count = options->dir_count;
        config.stdin_fd = STDIN_FILENO;
        config.stdout_fd = STDOUT_FILENO;
        config.stderr_fd = STDERR_FILENO;
        if (wy_guest_load(engine, options, &config, &guest, &diag) == WY_OK)
            status = run_guest(guest, engine, options, &diag);
    }
    wy_guest_free(guest);
    wy_engine_free(engine);
    free(arguments);
    return status >= 0 ? status : wy_host_fail(&diag, error);
}
