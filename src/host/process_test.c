#include "host/process.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static wy_diag diag;

/* Asks a shell; the result's status. */
static int ask(const char *command, uint64_t timeout_ms, wy_buf *out) {
    const char *arguments[] = {"/bin/sh", "-c", command, NULL};
    const char *variables[] = {"WORD=hello", NULL};
    const wy_process_spec spec = {.arguments = arguments, .variables = variables, .stderr_fd = -1};
    wy_diag_init(&diag);
    wy_buf_init(out, 1000);
    return wy_process_ask(&spec, timeout_ms, out, &diag);
}

TEST(what_is_said_and_how_it_ended) {
    wy_buf out;
    assert_int_equal(ask("echo $WORD >&2; echo unseen; exit 3", 60000, &out), 3);
    assert_true(wy_str_eqz(wy_buf_view(&out), "hello\n"));
    wy_buf_deinit(&out);
}

TEST(who_takes_too_long_or_says_too_much_is_killed) {
    wy_buf out;
    assert_int_equal(ask("sleep 1000", 50, &out), -1);
    assert_non_null(strstr(diag.text, "did not answer in time"));
    wy_buf_deinit(&out);
    assert_int_equal(ask("while :; do echo more and more >&2; done", 60000, &out), -1);
    wy_buf_deinit(&out);
    assert_int_equal(ask("kill -9 $$", 60000, &out), -1);
    wy_buf_deinit(&out);
}

TEST(what_is_left_running_ends_too) {
    wy_buf out;
    assert_int_equal(ask("sleep 1000 2>/dev/null & echo $! >&2", 60000, &out), 0);
    pid_t pid = (pid_t)atoi(out.ptr);
    wy_buf_deinit(&out);
    const struct timespec moment = {0, 10000000};
    int tries = 0;
    char path[64], state = 'R';
    while (state != 'Z' && tries++ < 500) {
        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        FILE *file = fopen(path, "r");
        if (!file) break;
        if (fscanf(file, "%*d %*s %c", &state) != 1) state = 'Z';
        fclose(file);
        nanosleep(&moment, NULL);
    }
    assert_true(tries < 500);
}

TEST(a_program_that_is_not_there) {
    const char *arguments[] = {"/no/such/program", NULL};
    const wy_process_spec spec = {.arguments = arguments, .stderr_fd = -1};
    wy_diag_init(&diag);
    pid_t pid;
    int status;
    assert_int_equal(wy_process_start(&spec, &pid, &diag), WY_OK);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 127);
}
