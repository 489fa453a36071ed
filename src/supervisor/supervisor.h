/* Supervisor: one small process that binds the sockets, forks a worker for each slot, restarts
 * workers that die, and reloads or drains them. It makes no engine and no thread, so forking is
 * always safe. Knows nothing of components. */
#ifndef WY_SUPERVISOR_SUPERVISOR_H
#define WY_SUPERVISOR_SUPERVISOR_H

#include "base/err.h"
#include "base/str.h"

typedef struct wy_supervisor_config {
    uint32_t workers;        /* 1: the worker runs in the calling process, nothing is forked */
    const wy_str *addresses; /* "host:port" each; port 0: any */
    size_t address_count;    /* at most WY_SUPERVISOR_ADDRESSES */
    uint32_t
        drain_timeout_ms; /* 0: WY_HTTP_DRAIN_TIMEOUT_MS and a little; then workers are killed */
} wy_supervisor_config;

#define WY_SUPERVISOR_ADDRESSES 8

/* What a worker is told. Lives as long as the worker. */
typedef struct wy_supervisor_worker {
    uint32_t slot;                /* 0 .. workers-1 */
    const int *listen_fds;        /* one an address, of this slot alone (SO_REUSEPORT) */
    const char *const *addresses; /* as they were bound, "127.0.0.1:3000" */
    size_t listen_count;
    bool is_child;  /* in a process of its own: it must report its errors itself */
    bool announces; /* the first worker ever to be ready: tells the user */
    int ready_fd;   /* the supervisor's; see wy_supervisor_ready */
} wy_supervisor_worker;

/* To be called by the worker once it accepts: on a reload the one it replaces is drained then. */
void wy_supervisor_ready(const wy_supervisor_worker *worker);

/* Runs `worker_main(data, worker)` in every slot until SIGTERM or SIGINT (workers get SIGTERM,
 * drain and return 0; a second signal kills them). SIGHUP: a new worker for each slot on the same
 * sockets, and SIGTERM to the old one when the new one is ready (with one worker in this process,
 * SIGHUP is ignored with a log line). A worker that dies is started again, with back-off; one that
 * fails before it was ever ready ends all. Returns the exit status; `diag` says what failed before
 * any worker ran. */
int wy_supervise(const wy_supervisor_config *config,
                 int (*worker_main)(void *data, const wy_supervisor_worker *worker), void *data,
                 wy_diag *diag);

#endif
