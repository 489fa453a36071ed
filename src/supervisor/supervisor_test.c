/* The supervisor with real processes: serving, dying, reloading, stopping. Workers answer each
 * connection with their process number; a file in a directory of the test says what to do. */
#include "supervisor/supervisor.h"

#include "base/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 2

/* Shared by test, supervisor and workers. */
typedef struct shared {
    volatile uint16_t port;
    volatile int fail_status; /* workers exit with this at once */
    volatile int never_ready; /* new workers exit with 3 before they are ready */
    volatile int ignore_term; /* workers do not drain */
    volatile int slow_ms;     /* a worker takes that long to start */
    volatile int cleaned, returned, status, started;
    volatile pid_t pids[64]; /* in order of starting */
} shared;

static volatile sig_atomic_t is_draining;

static void on_term(int signum) {
    (void)signum;
    is_draining = 1;
}

static int worker(void *data, const wy_worker *self) {
    shared *s = data;
    if (s->fail_status) return s->fail_status;
    if (s->never_ready) return 3;
    struct sigaction action = {.sa_handler = s->ignore_term ? SIG_IGN : on_term};
    sigaction(SIGTERM, &action, NULL);
    s->pids[__atomic_fetch_add(&s->started, 1, __ATOMIC_SEQ_CST) % 64] = getpid();
    nanosleep(&(struct timespec){.tv_nsec = s->slow_ms * 1000000L}, NULL);
    wy_worker_ready(self);
    while (!is_draining) {
        struct pollfd listening = {.fd = self->listen_fds[0], .events = POLLIN};
        if (poll(&listening, 1, 50) <= 0) continue;
        int fd = accept(self->listen_fds[0], NULL, NULL);
        if (fd < 0) continue;
        char text[32];
        int len = snprintf(text, sizeof text, "%ld", (long)getpid());
        assert_int_equal(write(fd, text, (size_t)len), len);
        close(fd);
    }
    return 0;
}

static void bound(void *data, const char *const *names, unsigned count) {
    shared *s = data;
    assert_int_equal(count, 1);
    s->port = (uint16_t)atoi(strrchr(names[0], ':') + 1);
}

static void clean_up(void *data) {
    shared *s = data;
    s->cleaned++;
}

static void nap(void) {
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* Forks a process that supervises; waits until it has bound. */
static pid_t supervise(shared *s, unsigned workers) {
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setenv("WITHY_LOG", "error", 1);
        wy_str address = WY_STR("127.0.0.1:0");
        wy_supervisor_config config = {.worker_count = workers,
                                       .addresses = &address,
                                       .address_count = 1,
                                       .drain_timeout_ms = 300,
                                       .on_bound = bound,
                                       .clean_up = clean_up};
        wy_diag diag;
        int status;
        wy_err err = wy_supervise(&config, worker, s, &status, &diag);
        s->returned++;
        _exit(err ? 99 : status);
    }
    for (int i = 0; i < 500 && !s->port; i++)
        nap();
    assert_true(s->port != 0);
    return pid;
}

static own shared *new_shared(void) {
    shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(s != MAP_FAILED);
    return s;
}

static int wait_status(pid_t pid) {
    int status;
    for (int i = 0; i < 1000; i++) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid) return status;
        nap();
    }
    kill(pid, SIGKILL);
    fail_msg("the supervisor does not end");
    return -1;
}

/* The number of the process that answers. */
static pid_t ask(const shared *s) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(s->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char text[32] = "";
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    assert_true(n > 0);
    return (pid_t)atol(text);
}

static void wait_started(const shared *s, int count) {
    for (int i = 0; i < 500 && s->started < count; i++)
        nap();
    assert_int_equal(s->started, count);
}

TEST(workers_serve_and_stop) {
    shared *s = new_shared();
    pid_t pid = supervise(s, WORKERS);
    wait_started(s, WORKERS);
    for (int i = 0; i < 20; i++) {
        pid_t answered = ask(s);
        assert_true(answered == s->pids[0] || answered == s->pids[1]);
    }
    kill(pid, SIGTERM);
    assert_int_equal(wait_status(pid), 0);
    assert_int_equal(s->cleaned, 1);
    assert_int_equal(s->returned, 1);
    assert_int_equal(kill(s->pids[0], 0), -1);
}

/* Whoever asks early is answered by the first worker, and nobody waits for the others. */
TEST(the_first_worker_serves_while_the_others_start) {
    shared *s = new_shared();
    s->slow_ms = 500;
    pid_t pid = supervise(s, WORKERS);
    wait_started(s, 1);
    assert_int_equal(ask(s), s->pids[0]); /* it waited in the queue */
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask(s), s->pids[0]);
    wait_started(s, WORKERS);
    pid_t second = 0;
    for (int i = 0; i < 500 && second != s->pids[1]; i++) {
        second = ask(s);
        nap();
    }
    assert_int_equal(second, s->pids[1]);
    kill(pid, SIGTERM);
    assert_int_equal(wait_status(pid), 0);
}

TEST(a_dead_worker_is_replaced_and_loses_no_connection) {
    shared *s = new_shared();
    pid_t pid = supervise(s, WORKERS);
    wait_started(s, WORKERS);
    kill(s->pids[0], SIGKILL);
    kill(s->pids[1], SIGKILL);
    for (int i = 0; i < 10; i++) /* queued until the new ones are there */
        assert_true(ask(s) > 0);
    assert_true(s->started > WORKERS);
    kill(pid, SIGINT);
    assert_int_equal(wait_status(pid), 0);
}

TEST(a_reload_replaces_workers_one_by_one) {
    shared *s = new_shared();
    pid_t pid = supervise(s, WORKERS);
    wait_started(s, WORKERS);
    kill(pid, SIGHUP);
    wait_started(s, 2 * WORKERS);
    for (int i = 0; i < 100; i++)
        assert_true(ask(s) > 0);
    for (int i = 0; i < 500 && kill(s->pids[0], 0) == 0; i++)
        nap();
    assert_int_equal(kill(s->pids[0], 0), -1);
    pid_t answered = ask(s);
    assert_true(answered == s->pids[2] || answered == s->pids[3]);
    /* New ones that cannot start leave the old ones in place. */
    s->never_ready = 1;
    kill(pid, SIGHUP);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    answered = ask(s);
    assert_true(answered == s->pids[2] || answered == s->pids[3]);
    kill(pid, SIGTERM);
    assert_int_equal(wait_status(pid), 0);
}

TEST(workers_that_cannot_start_end_the_supervisor) {
    shared *s = new_shared();
    s->fail_status = 65;
    pid_t pid = supervise(s, WORKERS);
    int status = wait_status(pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 65);
    assert_int_equal(s->cleaned, 1);
}

TEST(workers_that_do_not_drain_are_killed) {
    shared *s = new_shared();
    s->ignore_term = 1;
    pid_t pid = supervise(s, WORKERS);
    wait_started(s, WORKERS);
    kill(pid, SIGTERM);
    assert_int_equal(wait_status(pid), 0);
    assert_int_equal(kill(s->pids[1], 0), -1);
}

TEST(workers_do_not_outlive_the_supervisor) {
    shared *s = new_shared();
    pid_t pid = supervise(s, WORKERS);
    wait_started(s, WORKERS);
    kill(pid, SIGKILL);
    wait_status(pid);
    for (int i = 0; i < 500 && (kill(s->pids[0], 0) == 0 || kill(s->pids[1], 0) == 0); i++)
        nap();
    assert_int_equal(kill(s->pids[0], 0), -1);
}

TEST(one_worker_runs_in_the_foreground) {
    shared *s = new_shared();
    pid_t pid = supervise(s, 1);
    wait_started(s, 1);
    assert_int_equal(s->pids[0], pid);
    assert_int_equal(ask(s), pid);
    kill(pid, SIGTERM);
    assert_int_equal(wait_status(pid), 0);
    assert_int_equal(s->cleaned, 1);
}
