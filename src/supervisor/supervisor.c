/* Supervisor: see supervisor.h. */
#include "supervisor/supervisor.h"

#include "base/limits.h"
#include "base/log.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 30000
#define HEALTHY_MS 10000    /* a worker that lived so long starts the back-off anew */
#define FOLLOW_MS 10        /* the first worker answers who has waited for it before others start */
#define DEAF_MS 1000        /* a slot without a worker for that long leaves connections to others */
#define CHILDREN_PER_SLOT 4 /* serving, being started, draining */
#define ADDRESS_BYTES 64

typedef enum child_state { STARTING, READY, DRAINING } child_state;

/* A process; pid 0: none here. */
typedef struct child {
    pid_t pid;
    unsigned slot;
    child_state state;
    int ear; /* becomes readable when it is ready or gone; -1 */
    uint64_t born_ms;
} child;

typedef struct slot {
    unsigned failures;   /* deaths in a row */
    uint64_t restart_ms; /* when to start the next; 0: nothing to start */
} slot;

typedef struct supervisor {
    const wy_supervisor_config *config;
    wy_worker_main worker_main;
    void *data;
    pid_t pid;
    int *fds;                     /* [slot * address_count + address] */
    char (*bound)[ADDRESS_BYTES]; /* one for each address */
    slot *slots;
    child *children;
    unsigned child_max;
    int signal_fd;
    sigset_t mask_before;
    bool was_ready; /* some worker has been, once */
    bool is_stopping;
    uint64_t kill_ms;  /* when stopping turns to killing; 0: never */
    bool wants_reload; /* SIGHUP came while a reload was under way */
    int status;
} supervisor;

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void wy_worker_ready(const wy_worker *worker) {
    for (unsigned a = 0; a < worker->address_count; a++)
        if (worker->listen_fds[a] >= 0) listen(worker->listen_fds[a], worker->backlog);
    if (worker->ready_fd < 0) return;
    ssize_t written = write(worker->ready_fd, "1", 1);
    (void)written; /* the supervisor is gone, and so are we soon */
}

void wy_worker_deafen(const wy_worker *worker) {
    for (unsigned a = 0; a < worker->address_count; a++) {
        if (worker->listen_fds[a] >= 0) close(worker->listen_fds[a]);
        worker->listen_fds[a] = -1;
    }
}

/* --- sockets --- */

static int backlog(const wy_supervisor_config *config) {
    return config->backlog ? config->backlog : WY_LISTEN_BACKLOG;
}

static wy_err bind_all(supervisor *s, wy_diag *diag) {
    const wy_supervisor_config *c = s->config;
    for (unsigned a = 0; a < c->address_count; a++) {
        wy_err taken = wy_address_check_free(c->addresses[a], diag);
        if (taken) return taken;
        for (unsigned i = 0; i < c->worker_count; i++) {
            /* The first one finds the port, and keeps connections until it can serve them. */
            wy_str address = i == 0 ? c->addresses[a] : wy_str_of(s->bound[a]);
            wy_err err =
                wy_listen_fd(address, i == 0 ? backlog(c) : 0, &s->fds[i * c->address_count + a],
                             i == 0 ? s->bound[a] : NULL, diag);
            if (err) return err;
        }
    }
    if (c->on_bound) {
        const char **names = calloc(c->address_count + 1, sizeof *names);
        if (!names) return WY_NOMEM;
        for (unsigned a = 0; a < c->address_count; a++)
            names[a] = s->bound[a];
        c->on_bound(s->data, names, c->address_count);
        free(names);
    }
    return WY_OK;
}

/* --- children --- */

static child *find_child(supervisor *s, pid_t pid) {
    for (unsigned i = 0; i < s->child_max; i++)
        if (s->children[i].pid == pid) return &s->children[i];
    return NULL;
}

static child *find_in_slot(supervisor *s, unsigned slot_index, child_state state) {
    for (unsigned i = 0; i < s->child_max; i++)
        if (s->children[i].pid && s->children[i].slot == slot_index &&
            s->children[i].state == state)
            return &s->children[i];
    return NULL;
}

/* In the new process. Its group is its own: what is typed at the terminal is for the supervisor. */
WY_NORETURN static void be_worker(supervisor *s, unsigned slot_index, int ready_fd) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != s->pid) _exit(0); /* it died before the line above */
    close(s->signal_fd);
    for (unsigned i = 0; i < s->child_max; i++)
        if (s->children[i].pid && s->children[i].ear >= 0) close(s->children[i].ear);
    unsigned n = s->config->address_count;
    for (unsigned i = 0; i < s->config->worker_count * n; i++)
        if (i / n != slot_index && s->fds[i] >= 0) close(s->fds[i]);
    sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
    wy_worker worker = {.slot = slot_index,
                        .count = s->config->worker_count,
                        .listen_fds = &s->fds[slot_index * n],
                        .address_count = n,
                        .ready_fd = ready_fd,
                        .backlog = backlog(s->config)};
    exit(s->worker_main(s->data, &worker));
}

/* The kernel shares connections out among the sockets that listen, whether anyone accepts or not.
 * Those that wait on these are lost. */
static void close_slot(supervisor *s, unsigned slot_index) {
    unsigned n = s->config->address_count;
    for (unsigned a = 0; a < n; a++) {
        int *fd = &s->fds[slot_index * n + a];
        if (*fd >= 0) close(*fd);
        *fd = -1;
    }
}

/* False, with a log line: the address is somebody else's by now. */
static bool reopen_slot(supervisor *s, unsigned slot_index) {
    const wy_supervisor_config *c = s->config;
    for (unsigned a = 0; a < c->address_count; a++) {
        int *fd = &s->fds[slot_index * c->address_count + a];
        wy_diag diag;
        wy_diag_init(&diag);
        if (*fd < 0 && wy_listen_fd(wy_str_of(s->bound[a]), 0, fd, NULL, &diag)) {
            wy_log(WY_LOG_ERROR, "worker %u: %s", slot_index, diag.text);
            return false;
        }
    }
    return true;
}

/* In how many milliseconds. */
static uint64_t retry_later(supervisor *s, unsigned slot_index) {
    slot *sl = &s->slots[slot_index];
    unsigned shift = sl->failures < 16 ? sl->failures : 16;
    uint64_t delay = (uint64_t)BACKOFF_MIN_MS << shift;
    if (delay > BACKOFF_MAX_MS) delay = BACKOFF_MAX_MS;
    sl->failures++;
    sl->restart_ms = now_ms() + delay;
    if (delay >= DEAF_MS) close_slot(s, slot_index);
    return delay;
}

static void start(supervisor *s, unsigned slot_index) {
    int ends[2] = {-1, -1};
    child *c = find_child(s, 0);
    s->slots[slot_index].restart_ms = 0;
    if (!reopen_slot(s, slot_index)) {
        retry_later(s, slot_index);
        return;
    }
    fflush(NULL); /* or both would print what is buffered */
    pid_t pid = c && pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;
    if (pid == 0) {
        close(ends[0]);
        be_worker(s, slot_index, ends[1]);
    }
    if (ends[1] >= 0) close(ends[1]);
    if (pid < 0) {
        wy_log(WY_LOG_ERROR, "cannot start worker %u: %s", slot_index,
               c ? strerror(errno) : "too many are still draining");
        if (ends[0] >= 0) close(ends[0]);
        retry_later(s, slot_index);
        return;
    }
    *c = (child){.pid = pid, .slot = slot_index, .ear = ends[0], .born_ms = now_ms()};
}

static void drain(child *c) {
    c->state = DRAINING;
    kill(c->pid, SIGTERM);
}

/* A reload is over for a slot when its new worker is ready. */
static void became_ready(supervisor *s, child *c) {
    child *old = find_in_slot(s, c->slot, READY);
    c->state = READY;
    for (unsigned i = 0; !s->was_ready && i < s->config->worker_count; i++)
        if (i != c->slot) s->slots[i].restart_ms = now_ms() + FOLLOW_MS;
    s->was_ready = true;
    if (old) drain(old);
}

/* The pipe says "1", or ends because the worker did. */
static void listen_to(supervisor *s, child *c) {
    char byte;
    ssize_t n = read(c->ear, &byte, 1);
    if (n < 0 && errno == EINTR) return;
    close(c->ear);
    c->ear = -1;
    if (n == 1 && c->state == STARTING) became_ready(s, c);
}

static void describe(const child *c, int status, char out[128]) {
    if (WIFSIGNALED(status))
        snprintf(out, 128, "worker %u (process %ld) died of signal %d (%s)", c->slot, (long)c->pid,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(out, 128, "worker %u (process %ld) exited with status %d", c->slot, (long)c->pid,
                 WEXITSTATUS(status));
}

static void stop(supervisor *s) {
    uint64_t limit = s->config->drain_timeout_ms;
    s->is_stopping = true;
    s->kill_ms = now_ms() + (limit ? limit : WY_WORKER_DRAIN_TIMEOUT_MS);
    for (unsigned i = 0; i < s->config->worker_count; i++)
        close_slot(s, i);
    for (unsigned i = 0; i < s->child_max; i++)
        if (s->children[i].pid) drain(&s->children[i]);
}

/* Told twice: workers cut what is open. They have little time for it. */
static void hurry(supervisor *s) {
    uint64_t kill_ms = now_ms() + WY_WORKER_CUT_TIMEOUT_MS;
    if (s->kill_ms && kill_ms < s->kill_ms) s->kill_ms = kill_ms;
    for (unsigned i = 0; i < s->child_max; i++)
        if (s->children[i].pid) kill(s->children[i].pid, SIGTERM);
}

static void kill_all(supervisor *s) {
    s->kill_ms = 0;
    for (unsigned i = 0; i < s->child_max; i++)
        if (s->children[i].pid) kill(s->children[i].pid, SIGKILL);
}

static void bury(supervisor *s, child *dead, int status) {
    child c = *dead;
    char what[128];
    describe(&c, status, what);
    dead->pid = 0;
    if (c.ear >= 0) close(c.ear);
    if (s->is_stopping || c.state == DRAINING) {
        if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM) wy_log(WY_LOG_WARN, "%s", what);
        return;
    }
    if (!s->was_ready && WIFEXITED(status)) {
        /* It says itself why; the others would say the same. */
        s->status = WEXITSTATUS(status);
        stop(s);
        return;
    }
    if (c.state == STARTING && find_in_slot(s, c.slot, READY)) {
        wy_log(WY_LOG_ERROR, "%s before it was ready; the old one goes on", what);
        return;
    }
    if (now_ms() - c.born_ms >= HEALTHY_MS) s->slots[c.slot].failures = 0;
    if (find_in_slot(s, c.slot, STARTING)) {
        wy_log(WY_LOG_ERROR, "%s; its successor is starting", what);
        return;
    }
    uint64_t delay_ms = retry_later(s, c.slot);
    wy_log(WY_LOG_ERROR, "%s; starting it again in %llu ms", what, (unsigned long long)delay_ms);
}

static void bury_all(supervisor *s) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        child *c = find_child(s, pid);
        if (!c) continue;
        if (c->ear >= 0 && c->state == STARTING) {
            /* It may have been ready and gone since we last listened. */
            struct pollfd ear = {.fd = c->ear, .events = POLLIN};
            if (poll(&ear, 1, 0) > 0) listen_to(s, c);
        }
        bury(s, c, status);
    }
}

/* --- signals and time --- */

static bool is_starting(supervisor *s) {
    for (unsigned i = 0; i < s->child_max; i++)
        if (s->children[i].pid && s->children[i].state == STARTING) return true;
    return false;
}

static void reload(supervisor *s) {
    s->wants_reload = is_starting(s);
    if (s->wants_reload) return;
    wy_log(WY_LOG_INFO, "reloading: new workers are starting");
    for (unsigned i = 0; i < s->config->worker_count; i++)
        start(s, i);
}

static void on_signal(supervisor *s, int signum) {
    if (signum == SIGCHLD) {
        bury_all(s);
    } else if (signum == SIGHUP) {
        if (!s->is_stopping) reload(s);
    } else if (s->is_stopping) {
        hurry(s);
    } else {
        wy_log(WY_LOG_INFO, "stopping: workers are draining");
        stop(s);
    }
}

static int until_next(const supervisor *s) {
    uint64_t next = s->is_stopping ? s->kill_ms : 0, now = now_ms();
    for (unsigned i = 0; !s->is_stopping && i < s->config->worker_count; i++) {
        uint64_t at = s->slots[i].restart_ms;
        if (at && (!next || at < next)) next = at;
    }
    return next == 0 ? -1 : next <= now ? 0 : (int)(next - now);
}

static void on_time(supervisor *s) {
    uint64_t now = now_ms();
    if (s->is_stopping) {
        if (s->kill_ms && now >= s->kill_ms) {
            wy_log(WY_LOG_WARN, "workers did not drain in time");
            kill_all(s);
        }
        return;
    }
    for (unsigned i = 0; i < s->config->worker_count; i++)
        if (s->slots[i].restart_ms && now >= s->slots[i].restart_ms) start(s, i);
    if (s->wants_reload) reload(s);
}

static bool has_children(const supervisor *s) {
    for (unsigned i = 0; i < s->child_max; i++)
        if (s->children[i].pid) return true;
    return false;
}

static void watch(supervisor *s) {
    struct pollfd *polled = calloc(s->child_max + 1, sizeof *polled);
    wy_assert(polled);
    while (!s->is_stopping || has_children(s)) {
        polled[0] = (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
        for (unsigned i = 0; i < s->child_max; i++)
            polled[i + 1] = (struct pollfd){.fd = s->children[i].pid ? s->children[i].ear : -1,
                                            .events = POLLIN};
        if (poll(polled, s->child_max + 1, until_next(s)) > 0) {
            for (unsigned i = 0; i < s->child_max; i++)
                if (polled[i + 1].revents) listen_to(s, &s->children[i]);
            struct signalfd_siginfo info;
            if (polled[0].revents && read(s->signal_fd, &info, sizeof info) == sizeof info)
                on_signal(s, (int)info.ssi_signo);
        }
        on_time(s);
    }
    free(polled);
}

/* --- the whole --- */

static wy_err begin(supervisor *s, wy_diag *diag) {
    const wy_supervisor_config *c = s->config;
    size_t fd_count = (size_t)c->worker_count * c->address_count;
    s->child_max = c->worker_count * CHILDREN_PER_SLOT;
    s->fds = malloc((fd_count + 1) * sizeof *s->fds);
    s->bound = calloc(c->address_count + 1, sizeof *s->bound);
    s->slots = calloc(c->worker_count, sizeof *s->slots);
    s->children = calloc(s->child_max, sizeof *s->children);
    if (!s->fds || !s->bound || !s->slots || !s->children) return WY_NOMEM;
    for (size_t i = 0; i < fd_count; i++)
        s->fds[i] = -1;
    return bind_all(s, diag);
}

static void end(supervisor *s) {
    const wy_supervisor_config *c = s->config;
    for (size_t i = 0; s->fds && i < (size_t)c->worker_count * c->address_count; i++)
        if (s->fds[i] >= 0) close(s->fds[i]);
    free(s->fds);
    free(s->bound);
    free(s->slots);
    free(s->children);
}

static wy_err run_workers(supervisor *s, wy_diag *diag) {
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, SIGCHLD);
    sigaddset(&ours, SIGHUP);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    s->pid = getpid();
    s->signal_fd = signalfd(-1, &ours, SFD_CLOEXEC);
    if (s->signal_fd < 0) return wy_diag_set(diag, WY_IO, "signalfd: %s", strerror(errno));
    sigprocmask(SIG_BLOCK, &ours, &s->mask_before);
    start(s, 0); /* became_ready has the others started */
    watch(s);
    if (s->is_stopping) {
        /* Who asks once more while it ends anyway must not kill it in the middle of that. */
        signal(SIGTERM, SIG_IGN);
        signal(SIGINT, SIG_IGN);
    }
    sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
    close(s->signal_fd);
    return WY_OK;
}

wy_err wy_supervise(const wy_supervisor_config *config, wy_worker_main worker_main, void *data,
                    int *status_out, wy_diag *diag) {
    wy_assert(config->worker_count > 0);
    supervisor s = {.config = config, .worker_main = worker_main, .data = data};
    wy_err err = begin(&s, diag);
    if (!err && config->worker_count == 1) {
        wy_worker worker = {.count = 1,
                            .listen_fds = s.fds,
                            .address_count = config->address_count,
                            .ready_fd = -1,
                            .backlog = backlog(config)};
        s.status = worker_main(data, &worker);
    } else if (!err) {
        err = run_workers(&s, diag);
    }
    end(&s);
    if (!err && config->clean_up) config->clean_up(data);
    *status_out = s.status;
    return err;
}
