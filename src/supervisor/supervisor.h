/* Supervisor: one small process that holds the listening sockets and keeps worker processes alive.
 *
 * It has no engine, no loop and no threads, so that forking is always safe; workers make all that
 * after the fork. Each worker slot has a socket of its own for each address (SO_REUSEPORT), bound
 * by the supervisor: a worker that is restarted or replaced leaves its queue of connections to its
 * successor. Only a slot whose worker keeps dying is without a socket until it is tried again.
 *
 * The first worker starts alone, with all cores to itself; the others follow once it is ready, and
 * their sockets listen once they are. So the first answer comes as early as it can.
 *
 *   SIGTERM, SIGINT   workers get SIGTERM and drain; then wy_supervise returns. Again: they get
 *                     another one and cut what is open
 *   SIGHUP            each slot starts a new worker; once that is ready, the old one gets SIGTERM
 *   a worker dies     it is started again, ever later if it keeps dying */
#ifndef WY_SUPERVISOR_SUPERVISOR_H
#define WY_SUPERVISOR_SUPERVISOR_H

#include "base/err.h"
#include "base/str.h"

/* What a worker is told about itself. Valid while worker_main runs. */
typedef struct wy_worker {
    unsigned slot, count;   /* 0 <= slot < count; duties that exist once belong to slot 0 */
    int *listen_fds;        /* one for each address, in their order; see wy_worker_deafen */
    unsigned address_count; /* of them */
    int ready_fd;           /* the supervisor's ear; -1: there is none */
    int backlog;            /* of the sockets */
} wy_worker;

/* Tells the supervisor that this worker serves, and lets its sockets listen. Until then a reload
 * keeps the old one, and a worker that exits counts as one that cannot start. Once. */
void wy_worker_ready(const wy_worker *worker);

/* Closes the worker's listening sockets, which are not its to close otherwise. To be called when it
 * begins to drain: once all workers have, new connections are refused instead of waiting in vain.
 */
void wy_worker_deafen(const wy_worker *worker);

typedef struct wy_supervisor_config {
    unsigned worker_count;   /* 1: worker_main runs in this very process, without a supervisor */
    const wy_str *addresses; /* "host:port" each; port 0: any, the same for all workers */
    unsigned address_count;
    int backlog;               /* 0: WY_LISTEN_BACKLOG */
    uint64_t drain_timeout_ms; /* 0: WY_WORKER_DRAIN_TIMEOUT_MS; then SIGKILL */
    /* Called once all is bound, before any worker starts; NULL: not wanted. */
    void (*on_bound)(void *data, const char *const *bound, unsigned count);
    /* Called when all workers are gone (files in a shared directory, say); NULL: nothing to do. */
    void (*clean_up)(void *data);
} wy_supervisor_config;

/* Exit status of the process. Runs in the worker, which drains on SIGTERM and then returns. */
typedef int (*wy_worker_main)(void *data, const wy_worker *worker);

/* Returns when all workers are gone: WY_OK with the status to exit with, which is 0 after a stop by
 * signal, and a worker's own when it failed before any worker was ready. Else why it could not
 * begin (WY_EXISTS: an address is in use). To be called before the process has threads; signals are
 * as before when it returns, but those that stopped it are ignored from then on. */
wy_err wy_supervise(const wy_supervisor_config *config, wy_worker_main worker_main, void *data,
                    int *status_out, wy_diag *diag);

#endif
