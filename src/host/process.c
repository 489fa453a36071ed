/* Processes: see process.h. */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* In the new process, before anything else. */
static void settle(pid_t parent, const sigset_t *mask) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(0); /* it ended before the line above */
    signal(SIGPIPE, SIG_DFL);
    if (mask) sigprocmask(SIG_SETMASK, mask, NULL);
}

/* Does not return. */
WY_NORETURN static void become(const wy_process_spec *spec, bool is_silent) {
    for (const char *const *v = spec->variables; v && *v; v++)
        putenv((char *)(uintptr_t)*v);
    int null_fd = is_silent ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (null_fd >= 0) dup2(null_fd, STDOUT_FILENO);
    int told_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3); /* says what goes wrong from here on */
    if (spec->stderr_fd >= 0) dup2(spec->stderr_fd, STDERR_FILENO);
    execv(spec->arguments[0], (char *const *)(uintptr_t)spec->arguments);
    dprintf(told_fd, "withy: %s: %s\n", spec->arguments[0], strerror(errno));
    _exit(127);
}

static wy_err no_process(wy_diag *diag) {
    return wy_diag_set(diag, WY_IO, "no further process can be started: %s", strerror(errno));
}

static wy_err start(const wy_process_spec *spec, bool is_silent, pid_t *pid_out, wy_diag *diag) {
    pid_t parent = getpid();
    fflush(NULL);
    *pid_out = fork();
    if (*pid_out == 0) {
        settle(parent, spec->mask);
        become(spec, is_silent);
    }
    if (*pid_out > 0) setpgid(*pid_out, *pid_out); /* it may be signalled before it has done so */
    return *pid_out < 0 ? no_process(diag) : WY_OK;
}

wy_err wy_process_start(const wy_process_spec *spec, pid_t *pid_out, wy_diag *diag) {
    return start(spec, false, pid_out, diag);
}

wy_err wy_process_fork(int (*run)(void *data), void *data, const sigset_t *mask, pid_t *pid_out,
                       wy_diag *diag) {
    pid_t parent = getpid();
    fflush(NULL);
    *pid_out = fork();
    if (*pid_out == 0) {
        settle(parent, mask);
        signal(SIGPIPE, SIG_IGN);
        exit(run(data));
    }
    if (*pid_out > 0) setpgid(*pid_out, *pid_out);
    return *pid_out < 0 ? no_process(diag) : WY_OK;
}

/* --- asking --- */

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Until everybody who has the other end closed it. False: it takes too long. */
static bool read_all(int fd, uint64_t end_ms, wy_buf *out) {
    for (;;) {
        uint64_t now = now_ms();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (now >= end_ms || poll(&ready, 1, (int)(end_ms - now)) == 0) return false;
        char bytes[4096];
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n == 0) return true;
        if (n < 0 && errno != EINTR) return false;
        if (n > 0) wy_buf_append(out, bytes, (size_t)n);
        if (out->failed) return false;
    }
}

/* What it left running ends with it. */
static int end_group(pid_t pid, uint64_t end_ms, bool *killed_out) {
    const struct timespec moment = {0, 5000000};
    siginfo_t info = {0};
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid != pid && now_ms() < end_ms)
        nanosleep(&moment, NULL);
    *killed_out = info.si_pid != pid;
    kill(-pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

int wy_process_ask(const wy_process_spec *spec, uint64_t timeout_ms, wy_buf *out, wy_diag *diag) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        wy_diag_set(diag, WY_IO, "no pipe: %s", strerror(errno));
        return -1;
    }
    wy_process_spec asked = *spec;
    asked.stderr_fd = ends[1];
    pid_t pid;
    wy_err err = start(&asked, !spec->shows_output, &pid, diag);
    close(ends[1]);
    uint64_t end_ms = now_ms() + timeout_ms;
    bool killed = false, whole = !err && read_all(ends[0], end_ms, out);
    int status = err ? 0 : end_group(pid, whole ? end_ms : 0, &killed);
    close(ends[0]);
    if (err) return -1;
    if (whole && WIFEXITED(status) && WEXITSTATUS(status) != 127) return WEXITSTATUS(status);
    wy_diag_set(diag, WY_IO, "%s %s", spec->arguments[0],
                killed || !whole ? "did not answer in time, or too much" : "did not end well");
    return -1;
}
