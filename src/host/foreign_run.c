/* Foreign triggers: their processes, from the start until the last has ended. */
#include "host/foreign.h"

#include "base/limits.h"
#include "base/log.h"
#include "host/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One of them; pid 0: it is not running. */
typedef struct process {
    pid_t pid;
    const wy_foreign_program *program; /* NULL: withy's own triggers */
    bool is_renewed;                   /* it was asked to end to be started again */
    uint64_t patient_ms;               /* and is killed then */
} process;

typedef struct runner {
    wy_foreign *foreign;
    const wy_foreign_run *run;
    process *processes;
    uint32_t count;
    sigset_t signals, before;
    bool is_stopping;    /* the user wants that */
    bool is_ending;      /* one has ended by itself */
    uint64_t patient_ms; /* when those that are still there are killed; 0: nobody waits for them */
    int status;
} runner;

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- starting --- */

static wy_err start(runner *r, process *p, wy_diag *diag) {
    p->is_renewed = false;
    if (!p->program)
        return wy_process_fork(r->run->built_in, r->run->data, &r->before, &p->pid, diag);
    const wy_process_spec spec = {.arguments = p->program->arguments,
                                  .variables = r->foreign->variables,
                                  .mask = &r->before,
                                  .stderr_fd = -1};
    if (!r->run->is_quiet)
        printf("Starting trigger " WY_STR_FMT ": %s\n", WY_STR_ARG(p->program->type),
               p->program->path);
    return wy_process_start(&spec, &p->pid, diag);
}

static wy_err start_all(runner *r, wy_diag *diag) {
    r->count = r->foreign->program_count + (r->run->built_in != NULL);
    r->processes = calloc(r->count, sizeof *r->processes);
    if (!r->processes) return wy_diag_set(diag, WY_NOMEM, "out of memory for triggers");
    for (uint32_t i = 0; i < r->foreign->program_count; i++)
        r->processes[i].program = &r->foreign->programs[i];
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < r->count && !err; i++)
        err = start(r, &r->processes[i], diag);
    return err;
}

/* --- ending --- */

static void end_all(runner *r) {
    r->patient_ms = now_ms() + WY_TRIGGER_STOP_TIMEOUT_MS;
    for (uint32_t i = 0; i < r->count; i++)
        if (r->processes[i].pid) kill(r->processes[i].pid, SIGTERM);
}

static void kill_program(const process *p) {
    wy_log(WY_LOG_WARN, "trigger " WY_STR_FMT " (process %ld) did not end: it is killed",
           WY_STR_ARG(p->program->type), (long)p->pid);
    kill(-p->pid, SIGKILL);
}

/* Withy's own triggers see to it themselves that they end in time, and at once when they are asked
 * `again`. */
static void kill_all(runner *r, bool again) {
    r->patient_ms = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        const process *p = &r->processes[i];
        if (p->pid && p->program) {
            kill_program(p);
        } else if (p->pid && again) {
            kill(p->pid, SIGTERM);
        }
    }
}

/* As a shell has it. */
static int status_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool is_alone(const runner *r) {
    for (uint32_t i = 0; i < r->count; i++)
        if (r->processes[i].pid) return false;
    return true;
}

static void say_ended(const runner *r, const process *p, int status) {
    bool is_signal = WIFSIGNALED(status);
    wy_str type = p->program ? p->program->type : WY_STR("of withy");
    wy_log(status ? WY_LOG_ERROR : WY_LOG_INFO, "trigger " WY_STR_FMT " ended with %s %d%s",
           WY_STR_ARG(type), is_signal ? "signal" : "status",
           is_signal ? WTERMSIG(status) : WEXITSTATUS(status),
           is_alone(r) ? "" : "; the others are ended too");
}

static void bury(runner *r, process *p, int status) {
    wy_diag diag;
    wy_diag_init(&diag);
    p->pid = 0;
    int code = status_of(status);
    if (r->is_stopping) { /* SIGTERM is what it was sent */
        if (code != 128 + SIGTERM && r->status == 0) r->status = code;
        return;
    }
    if (r->is_ending) return;
    if (p->is_renewed && start(r, p, &diag) == WY_OK) return;
    if (status || !is_alone(r)) say_ended(r, p, status);
    r->is_ending = true;
    r->status = code;
    end_all(r);
}

static void bury_all(runner *r) {
    for (uint32_t i = 0; i < r->count; i++) {
        process *p = &r->processes[i];
        siginfo_t info = {0};
        int status;
        if (!p->pid || waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid != p->pid)
            continue;
        kill(-p->pid, SIGKILL); /* what it left running, as long as the number is its own */
        if (waitpid(p->pid, &status, 0) == p->pid) bury(r, p, status);
    }
}

/* --- signals --- */

/* Programs of others cannot be told that something changed: they start again. */
static void reload(runner *r) {
    wy_diag diag;
    wy_diag_init(&diag);
    if (r->run->relock(r->run->data, &diag)) {
        wy_log(WY_LOG_ERROR, "%s; the triggers go on as they are", diag.text);
        return;
    }
    for (uint32_t i = 0; i < r->count; i++) {
        process *p = &r->processes[i];
        if (!p->pid) continue;
        p->is_renewed = p->program != NULL;
        p->patient_ms = now_ms() + WY_TRIGGER_STOP_TIMEOUT_MS;
        kill(p->pid, p->program ? SIGTERM : SIGHUP);
    }
}

static void on_signal(runner *r, int signum) {
    if (signum == SIGHUP) {
        if (!r->is_stopping && !r->is_ending) reload(r);
    } else if (signum == SIGTERM || signum == SIGINT) {
        bool again = r->is_stopping;
        r->is_stopping = true;
        if (again)
            kill_all(r, true);
        else if (!r->is_ending)
            end_all(r);
    }
}

/* Kills whoever was to be started again and does not end. Returns when to look next. */
static uint64_t look_at_renewed(const runner *r) {
    uint64_t now = now_ms(), next = now + 60000;
    for (uint32_t i = 0; i < r->count; i++) {
        const process *p = &r->processes[i];
        if (!p->pid || !p->is_renewed) continue;
        if (now >= p->patient_ms)
            kill_program(p);
        else if (p->patient_ms < next)
            next = p->patient_ms;
    }
    return r->patient_ms && r->patient_ms < next ? r->patient_ms : next;
}

static void wait_for_something(runner *r) {
    uint64_t next = look_at_renewed(r), now = now_ms();
    uint64_t ms = next > now ? next - now : 0;
    const struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    int signum = sigtimedwait(&r->signals, NULL, &time);
    if (signum > 0) on_signal(r, signum);
    bury_all(r);
    if (r->patient_ms && now_ms() >= r->patient_ms) kill_all(r, false);
}

int wy_foreign_run_all(wy_foreign *foreign, const wy_foreign_run *run, wy_diag *diag) {
    runner r = {.foreign = foreign, .run = run};
    static const int signums[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    sigemptyset(&r.signals);
    for (size_t i = 0; i < sizeof signums / sizeof *signums; i++)
        sigaddset(&r.signals, signums[i]);
    sigprocmask(SIG_BLOCK, &r.signals, &r.before);
    wy_err err = start_all(&r, diag);
    if (err) {
        r.is_ending = true;
        end_all(&r);
    }
    while (!is_alone(&r))
        wait_for_something(&r);
    sigprocmask(SIG_SETMASK, &r.before, NULL);
    free(r.processes);
    return err ? -1 : r.status;
}
