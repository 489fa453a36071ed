/* Processes: other programs that the host runs. What the program is for is its caller's matter. */
#ifndef WY_HOST_PROCESS_H
#define WY_HOST_PROCESS_H

#include "base/err.h"
#include "base/str.h"

#include <signal.h>
#include <sys/types.h>

typedef struct wy_process_spec {
    const char *const *arguments; /* the program's path first; ended by NULL */
    const char *const
        *variables;       /* "NAME=VALUE" on top of this process's; ended by NULL; NULL: none */
    const sigset_t *mask; /* of signals; NULL: as here */
    bool shows_output;    /* for wy_process_ask: its standard output is this process's */
    int stderr_fd;        /* -1: that of this process */
} wy_process_spec;

/* Starts a program in a process group of its own, which is asked to end (SIGTERM) when this process
 * does. One that cannot be run ends with status 127 and says why. WY_IO: there is no room for a
 * process. */
wy_err wy_process_start(const wy_process_spec *spec, pid_t *pid_out, wy_diag *diag) WY_MUST_USE;

/* The same for a function; its result is the exit status. What is to be printed must be flushed
 * before. In the new process it runs with the signals of `mask`. */
wy_err wy_process_fork(int (*run)(void *data), void *data, const sigset_t *mask, pid_t *pid_out,
                       wy_diag *diag) WY_MUST_USE;

/* Runs a program to its end, or until `timeout_ms` have passed and it is killed with its group, and
 * gives what it writes to standard error: at most `out->limit` bytes. Returns its exit status, or
 * -1 where it did not end by itself or cannot be run, with a diagnosis. */
int wy_process_ask(const wy_process_spec *spec, uint64_t timeout_ms, wy_buf *out, wy_diag *diag);

#endif
