/* wasi:cli: arguments, environment, exit, standard streams and terminals, out of the component's
 * settings. */
#include "interface/wasi/cli.h"

#include <stdlib.h>
#include <unistd.h>

#include "gen/wasi_cli_environment.h"
#include "gen/wasi_cli_exit.h"
#include "gen/wasi_cli_stderr.h"
#include "gen/wasi_cli_stdin.h"
#include "gen/wasi_cli_stdout.h"
#include "gen/wasi_cli_terminal_input.h"
#include "gen/wasi_cli_terminal_output.h"
#include "gen/wasi_cli_terminal_stderr.h"
#include "gen/wasi_cli_terminal_stdin.h"
#include "gen/wasi_cli_terminal_stdout.h"

void wy_wasi_cli_settings_init(wy_wasi_cli_settings *settings) {
    *settings = (wy_wasi_cli_settings){
        .stdin_fd = -1,
        .out = {.fd = -1, .follow_fd = -1},
        .err = {.fd = -1, .follow_fd = -1},
    };
}

static const wy_wasi_cli_settings no_settings = {
    .stdin_fd = -1,
    .out = {.fd = -1, .follow_fd = -1},
    .err = {.fd = -1, .follow_fd = -1},
};

/* --- state --- */

typedef struct cli_state {
    const wy_wasi_cli_settings *settings;
    wy_buf out_line, err_line;
    bool exited;
    uint8_t code;
} cli_state;

static void state_free(void *data) {
    cli_state *state = data;
    wy_stdout_end(&state->settings->out, &state->out_line);
    wy_stdout_end(&state->settings->err, &state->err_line);
    free(state);
}

static const wy_wasi_cli_settings *settings_of(const wy_instance *instance) {
    const cli_state *state = wy_instance_state(instance, WY_SLOT_WASI_CLI);
    if (state) return state->settings;
    const wy_wasi_cli_settings *settings = wy_instance_settings(instance, WY_SLOT_WASI_CLI);
    return settings ? settings : &no_settings;
}

static cli_state *state_new(wy_instance *instance, const wy_wasi_cli_settings *settings) {
    cli_state *state = calloc(1, sizeof *state);
    if (!state) return NULL;
    state->settings = settings;
    wy_stdout_begin(&state->settings->out, &state->out_line);
    wy_stdout_begin(&state->settings->err, &state->err_line);
    wy_instance_set_state(instance, WY_SLOT_WASI_CLI, state, state_free);
    return state;
}

/* NULL: no memory. */
static cli_state *state_of(wy_instance *instance) {
    cli_state *state = wy_instance_state(instance, WY_SLOT_WASI_CLI);
    return state ? state : state_new(instance, settings_of(instance));
}

bool wy_wasi_cli_use(wy_instance *instance, const wy_wasi_cli_settings *settings) {
    wy_assert(!wy_instance_state(instance, WY_SLOT_WASI_CLI));
    return state_new(instance, settings) != NULL;
}

static own wy_trap *no_memory(void) {
    return wy_trap_new("out of memory for wasi:cli");
}

/* --- environment --- */

static own wy_trap *get_environment(wy_call *call, const void *args,
                                    wasi_cli_environment_get_environment_result *result) {
    (void)args;
    const wy_wasi_cli_settings *settings = settings_of(call->instance);
    size_t count = settings->environment_count;
    wit_tuple2_string_string *pairs = wy_arena_calloc(call->arena, count + 1, sizeof *pairs);
    if (!pairs) return no_memory();
    for (size_t i = 0; i < count; i++)
        pairs[i] = (wit_tuple2_string_string){settings->environment[i].name,
                                              settings->environment[i].value};
    *result = (wit_list_tuple2_string_string){pairs, count};
    return NULL;
}

static own wy_trap *get_arguments(wy_call *call, const void *args,
                                  wasi_cli_environment_get_arguments_result *result) {
    (void)args;
    const wy_wasi_cli_settings *settings = settings_of(call->instance);
    *result = (wit_list_string){settings->arguments, settings->argument_count};
    return NULL;
}

static own wy_trap *initial_cwd(wy_call *call, const void *args,
                                wasi_cli_environment_initial_cwd_result *result) {
    (void)args;
    wy_str cwd = settings_of(call->instance)->initial_cwd;
    *result = (wit_option_string){.is_some = cwd.ptr != NULL, .some = cwd};
    return NULL;
}

static const wasi_cli_environment_ops environment_ops = {
    .get_environment = get_environment,
    .get_arguments = get_arguments,
    .initial_cwd = initial_cwd,
};

const wy_interface wy_interface_wasi_cli_environment = {&wasi_cli_environment_interface,
                                                        &environment_ops};

/* --- exit --- */

bool wy_wasi_cli_exited(const wy_instance *instance, uint8_t *code_out) {
    const cli_state *state = wy_instance_state(instance, WY_SLOT_WASI_CLI);
    if (!state || !state->exited) return false;
    *code_out = state->code;
    return true;
}

/* The trap only unwinds the guest; whoever called it asks wy_wasi_cli_exited. */
static own wy_trap *leave(wy_call *call, uint8_t code) {
    cli_state *state = state_of(call->instance);
    if (!state) return no_memory();
    state->exited = true;
    state->code = code;
    return wy_trap_new("the guest exited with status %u", code);
}

static own wy_trap *exit_(wy_call *call, const wasi_cli_exit_exit_args *args, void *result) {
    (void)result;
    return leave(call, args->status.is_err ? 1 : 0);
}

static own wy_trap *exit_with_code(wy_call *call, const wasi_cli_exit_exit_with_code_args *args,
                                   void *result) {
    (void)result;
    return leave(call, args->status_code);
}

static const wasi_cli_exit_ops exit_ops = {
    .exit = exit_,
    .exit_with_code = exit_with_code,
};

const wy_interface wy_interface_wasi_cli_exit = {&wasi_cli_exit_interface, &exit_ops};

/* --- standard streams --- */

static own wy_trap *get_stdin(wy_call *call, const void *args,
                              wasi_cli_stdin_get_stdin_result *result) {
    (void)args;
    const wy_wasi_cli_settings *settings = settings_of(call->instance);
    wy_input_stream *stream = settings->open_in ? settings->open_in(settings->streams_data)
                                                : wy_stdin_new(settings->stdin_fd);
    *result = (wy_handle)stream;
    return stream ? NULL : no_memory();
}

static const wasi_cli_stdin_ops stdin_ops = {.get_stdin = get_stdin};

const wy_interface wy_interface_wasi_cli_stdin = {&wasi_cli_stdin_interface, &stdin_ops};

static own wy_trap *get_stdout(wy_call *call, const void *args,
                               wasi_cli_stdout_get_stdout_result *result) {
    (void)args;
    cli_state *state = state_of(call->instance);
    const wy_wasi_cli_settings *settings = state ? state->settings : &no_settings;
    wy_output_stream *stream = NULL;
    if (settings->open_out)
        stream = settings->open_out(settings->streams_data);
    else if (state)
        stream = wy_stdout_new(&settings->out, &state->out_line);
    *result = (wy_handle)stream;
    return stream ? NULL : no_memory();
}

static const wasi_cli_stdout_ops stdout_ops = {.get_stdout = get_stdout};

const wy_interface wy_interface_wasi_cli_stdout = {&wasi_cli_stdout_interface, &stdout_ops};

static own wy_trap *get_stderr(wy_call *call, const void *args,
                               wasi_cli_stderr_get_stderr_result *result) {
    (void)args;
    cli_state *state = state_of(call->instance);
    wy_output_stream *stream =
        state ? wy_stdout_new(&state->settings->err, &state->err_line) : NULL;
    *result = (wy_handle)stream;
    return stream ? NULL : no_memory();
}

static const wasi_cli_stderr_ops stderr_ops = {.get_stderr = get_stderr};

const wy_interface wy_interface_wasi_cli_stderr = {&wasi_cli_stderr_interface, &stderr_ops};

/* --- terminals: resources without functions, whose being there is all they say --- */

static const char a_terminal;

static wy_handle terminal(int fd) {
    return fd >= 0 && isatty(fd) ? (wy_handle)&a_terminal : 0;
}

static void terminal_drop(void *object) {
    wy_assert(object == &a_terminal);
}

static const wasi_cli_terminal_input_ops terminal_input_ops = {.terminal_input_drop =
                                                                   terminal_drop};

const wy_interface wy_interface_wasi_cli_terminal_input = {&wasi_cli_terminal_input_interface,
                                                           &terminal_input_ops};

static const wasi_cli_terminal_output_ops terminal_output_ops = {.terminal_output_drop =
                                                                     terminal_drop};

const wy_interface wy_interface_wasi_cli_terminal_output = {&wasi_cli_terminal_output_interface,
                                                            &terminal_output_ops};

static own wy_trap *get_terminal_stdin(wy_call *call, const void *args,
                                       wasi_cli_terminal_stdin_get_terminal_stdin_result *result) {
    (void)args;
    result->some = terminal(settings_of(call->instance)->stdin_fd);
    result->is_some = result->some != 0;
    return NULL;
}

static const wasi_cli_terminal_stdin_ops terminal_stdin_ops = {.get_terminal_stdin =
                                                                   get_terminal_stdin};

const wy_interface wy_interface_wasi_cli_terminal_stdin = {&wasi_cli_terminal_stdin_interface,
                                                           &terminal_stdin_ops};

static own wy_trap *
get_terminal_stdout(wy_call *call, const void *args,
                    wasi_cli_terminal_stdout_get_terminal_stdout_result *result) {
    (void)args;
    result->some = terminal(settings_of(call->instance)->out.fd);
    result->is_some = result->some != 0;
    return NULL;
}

static const wasi_cli_terminal_stdout_ops terminal_stdout_ops = {.get_terminal_stdout =
                                                                     get_terminal_stdout};

const wy_interface wy_interface_wasi_cli_terminal_stdout = {&wasi_cli_terminal_stdout_interface,
                                                            &terminal_stdout_ops};

static own wy_trap *
get_terminal_stderr(wy_call *call, const void *args,
                    wasi_cli_terminal_stderr_get_terminal_stderr_result *result) {
    (void)args;
    result->some = terminal(settings_of(call->instance)->err.fd);
    result->is_some = result->some != 0;
    return NULL;
}

static const wasi_cli_terminal_stderr_ops terminal_stderr_ops = {.get_terminal_stderr =
                                                                     get_terminal_stderr};

const wy_interface wy_interface_wasi_cli_terminal_stderr = {&wasi_cli_terminal_stderr_interface,
                                                            &terminal_stderr_ops};
