/* What a component's wasi:cli sees: arguments, environment, where its output goes, and how it
 * exited. Whoever loads a component gives the settings in slot WASI_CLI. */
#ifndef WY_INTERFACE_WASI_CLI_H
#define WY_INTERFACE_WASI_CLI_H

#include "interface/wasi/io.h"

/* Where one output of a component goes: any of the three, all at once, or none (thrown away). */
typedef struct wy_wasi_output {
    int fd;        /* every byte as it comes: inherited, a log file; -1: none */
    int follow_fd; /* a copy, only whole lines, each behind `prefix`; -1: none */
    wy_str prefix; /* "[name] " */
    void (*sink)(void *data, wy_str bytes); /* the embedder's; NULL: none */
    void *sink_data;
} wy_wasi_output;

typedef struct wy_wasi_variable {
    wy_str name, value;
} wy_wasi_variable;

/* All of it must outlive the component. Descriptors stay the owner's; they may be shared by
 * instances (a log file is opened with O_APPEND). Writing to a pipe whose reader is gone raises
 * SIGPIPE unless the process ignores it, as `withy` does. */
typedef struct wy_wasi_cli_settings {
    const wy_str *arguments; /* the program's name first */
    size_t argument_count;
    const wy_wasi_variable *environment;
    size_t environment_count;
    wy_str initial_cwd; /* NULL ptr: none */
    int stdin_fd;       /* -1: at its end from the start */
    wy_wasi_output out, err;
    /* Streams in place of stdin_fd and `out`, one for each time the guest asks; NULL: none. They
     * return NULL without memory. */
    own wy_input_stream *(*open_in)(void *data);
    own wy_output_stream *(*open_out)(void *data);
    void *streams_data;
} wy_wasi_cli_settings;

/* No arguments, no environment, no input; output is thrown away. This is also what a component
 * without settings gets. */
void wy_wasi_cli_settings_init(wy_wasi_cli_settings *settings);

/* Gives an instance settings of its own in place of its component's. Before it runs; they must
 * outlive it. False: no memory. */
bool wy_wasi_cli_use(wy_instance *instance, const wy_wasi_cli_settings *settings) WY_MUST_USE;

/* Whether the guest called exit (its call ended with a trap then, which is no failure), and with
 * which code. */
bool wy_wasi_cli_exited(const wy_instance *instance, uint8_t *code_out);

/* Standard input over a descriptor (-1: at its end), which stays the caller's. NULL: no memory. */
own wy_input_stream *wy_stdin_new(int fd);
/* Standard output or error; `output` must outlive it. `line` holds what was not followed yet for
 * want of a line's end, and is shared by all streams of an instance to the same output: begun
 * before the first, ended (which shows the rest, and frees) after the last. NULL: no memory. */
own wy_output_stream *wy_stdout_new(const wy_wasi_output *output, wy_buf *line);
void wy_stdout_begin(const wy_wasi_output *output, wy_buf *line);
void wy_stdout_end(const wy_wasi_output *output, wy_buf *line);

#endif
