/* Running a command: a component's wasi:cli/run, once, with the process's own streams. */
#include "host/run.h"

#include "gen/wasi_cli_run.h"
#include "host/stores.h"
#include "interface/wasi/cli.h"
#include "runtime/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RUN_INSTANCES 16 /* memories and stacks in the pool of a run */

typedef struct command {
    const wy_plan_export *export;
    wy_instance *instance;
    wy_loop *loop;
    bool failed;  /* the guest said so, or trapped */
    bool trapped; /* `text` says how */
    wy_buf text;
} command;

static void on_result(void *data, const void *result) {
    command *c = data;
    c->failed = *(const uint8_t *)result != 0; /* result<_, _>: its discriminant */
}

static void run_body(wy_task *task, wy_context *context, void *data) {
    command *c = data;
    wy_instance_enter(c->instance, task, context);
    wy_trap *trap = wy_instance_start(c->instance);
    char no_args[1] = {0};
    if (!trap) trap = wy_instance_call(c->instance, c->export, no_args, on_result, c);
    if (!trap) return;
    uint8_t code;
    if (!wy_wasi_cli_exited(c->instance, &code)) {
        c->trapped = true;
        wy_instance_print_trap(c->instance, trap, &c->text);
    }
    wy_trap_free(trap);
}

static void run_done(void *data) {
    command *c = data;
    wy_loop_stop(c->loop);
}

static wy_err run_instance(command *c, const wy_run *run, wy_scheduler *scheduler, wy_diag *diag) {
    wy_task *task;
    wy_err err = wy_task_spawn(scheduler, wy_instance_store(c->instance), run_body, run_done, c,
                               run->options->timeout_ms, &task);
    if (err) return wy_diag_set(diag, err, "the task could not be started");
    wy_loop_run(run->loop);
    return WY_OK;
}

static int run_command(const wy_run *run, void *data, wy_diag *diag) {
    (void)data;
    command c = {.loop = run->loop,
                 .export = wy_component_export(run->component, WY_STR("wasi:cli/run"),
                                               WY_STR("0.2.0"), WY_STR("run"))};
    const wy_func_type *type = wasi_cli_run_interface.funcs[0].type;
    if (!c.export || !wy_component_export_fits(run->component, c.export, type)) {
        wy_diag_set(diag, WY_INVALID,
                    "%s: the component does not export wasi:cli/run; components that export "
                    "wasi:http/incoming-handler are run by `withy serve`, and `withy call` calls "
                    "any function",
                    run->path);
        return -1;
    }
    wy_buf_init(&c.text, 64 << 10);
    wy_scheduler *scheduler = NULL;
    wy_err err = wy_scheduler_new(run->loop, run->engine, &scheduler);
    if (err) wy_diag_set(diag, err, "the scheduler could not be made");
    if (!err) err = wy_instance_new(run->component, run->engine, &c.instance, diag);
    if (!err) err = run_instance(&c, run, scheduler, diag);
    int status = c.failed ? 1 : 0;
    uint8_t code;
    if (!err && wy_wasi_cli_exited(c.instance, &code)) status = code;
    if (c.trapped) {
        wy_diag_set(diag, WY_TRAP, "%s", c.text.ptr ? c.text.ptr : "the guest trapped");
        status = -1;
    }
    if (scheduler) wy_scheduler_free(scheduler);
    wy_instance_free(c.instance);
    wy_buf_deinit(&c.text);
    return err ? -1 : status;
}

/* What the command is given: the process's streams, and what the options grant. */
static void fill_config(wy_settings_config *config, const withy_options *options,
                        const wy_stores *stores, const wy_client_settings *clients) {
    config->env = options->env;
    config->env_count = options->env_count;
    config->dirs = options->dirs;
    config->dir_count = options->dir_count;
    config->stdin_fd = STDIN_FILENO;
    config->stdout_fd = STDOUT_FILENO;
    config->stderr_fd = STDERR_FILENO;
    config->kv = &stores->grants;
    config->config = &stores->config_grants;
    config->clients = clients;
}

static int load_and_use(const char *path, const char *const *args, size_t arg_count,
                        const withy_options *options, const wy_stores *stores, wy_run_use use,
                        void *data, wy_diag *diag) {
    wy_engine *engine = NULL;
    wy_loop *loop = NULL;
    wy_guest *guest = NULL;
    wy_clients clients = {0};
    wy_client_settings granted;
    withy_options single = *options; /* one instance needs no pool of a thousand */
    if (!single.instances_max) single.instances_max = RUN_INSTANCES;
    wy_str *arguments = calloc(arg_count + 1, sizeof *arguments);
    wy_err err = arguments ? wy_loop_new(&loop) : WY_NOMEM;
    if (!err) err = wy_clients_init(&clients, loop);
    if (err) wy_diag_set(diag, err, "the event loop could not be made");
    if (!err) err = wy_host_engine(&single, &engine, diag);
    int status = -1;
    if (!err) {
        wy_settings_config config;
        wy_settings_config_init(&config);
        config.path = path;
        config.name = wy_host_file_name(path);
        arguments[0] = config.name;
        for (size_t i = 0; i < arg_count; i++)
            arguments[i + 1] = wy_str_of(args[i]);
        config.arguments = arguments;
        config.argument_count = arg_count + 1;
        granted = wy_clients_grant(&clients, NULL);
        granted.sockets.allow_all = options->network;
        fill_config(&config, options, stores, &granted);
        err = wy_guest_load(engine, options, &config, &guest, diag);
    }
    if (!err) {
        const wy_run run = {path, options, wy_guest_component(guest), engine, loop};
        status = use(&run, data, diag);
    }
    wy_guest_free(guest);
    wy_clients_deinit(&clients);
    wy_engine_free(engine);
    if (loop) wy_loop_free(loop);
    free(arguments);
    return status;
}

int wy_run_file(const char *path, const char *const *args, size_t arg_count,
                const withy_options *options, wy_run_use use, void *data, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_stores stores;
    int status = -1;
    if (wy_stores_single(options, false, &stores, &diag) == WY_OK)
        status = load_and_use(path, args, arg_count, options, &stores, use, data, &diag);
    wy_stores_deinit(&stores);
    return status >= 0 ? status : wy_host_fail(&diag, error);
}

int withy_run(const char *path, const char *const *args, size_t arg_count,
              const withy_options *options, withy_error *error) {
    return wy_run_file(path, args, arg_count, options, run_command, NULL, error);
}
