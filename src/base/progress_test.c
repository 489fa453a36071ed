#include "base/progress.h"
#include "base/terminal.h"
#include "base/test.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Both ends of a terminal of 80 columns. */
typedef struct terminal {
    int user, program;
} terminal;

static terminal open_terminal(void) {
    terminal t;
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    assert_int_equal(openpty(&t.user, &t.program, NULL, NULL, &size), 0);
    assert_true(fcntl(t.user, F_SETFL, O_NONBLOCK) == 0);
    return t;
}

static void close_terminal(terminal *t) {
    close(t->user);
    close(t->program);
}

static void wait_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Until it ends so: a terminal hands on what was written a little later. */
static void read_to(const terminal *t, const char *end, char *seen, size_t size) {
    size_t len = 0, end_len = strlen(end);
    struct pollfd user = {.fd = t->user, .events = POLLIN};
    do {
        assert_int_equal(poll(&user, 1, 10000), 1);
        ssize_t n = read(t->user, seen + len, size - 1 - len);
        assert_true(n > 0);
        len += (size_t)n;
        seen[len] = '\0';
    } while (len < end_len || strcmp(seen + len - end_len, end) != 0);
}

TEST(styles_are_for_terminals_that_want_them) {
    terminal t = open_terminal();
    int nowhere = open("/dev/null", O_WRONLY);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    assert_string_equal(wy_terminal_style(t.program, WY_STYLE_GOOD), "\033[32m");
    assert_string_equal(wy_terminal_style(t.program, WY_STYLE_PLAIN), "\033[0m");
    assert_string_equal(wy_terminal_style(nowhere, WY_STYLE_GOOD), "");
    setenv("NO_COLOR", "", 1);
    assert_string_equal(wy_terminal_style(t.program, WY_STYLE_GOOD), "\033[32m");
    setenv("NO_COLOR", "1", 1);
    assert_string_equal(wy_terminal_style(t.program, WY_STYLE_GOOD), "");
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    assert_string_equal(wy_terminal_style(t.program, WY_STYLE_GOOD), "");
    assert_int_equal(wy_terminal_width(t.program), 80);
    assert_int_equal(wy_terminal_width(nowhere), 0);
    close(nowhere);
    close_terminal(&t);
}

TEST(a_line_fits_and_says_how_far_it_is) {
    char line[200];
    wy_progress_line(line, sizeof line, 79, "pulling", 500000, 1000000, 3);
    assert_string_equal(line, "pulling [############............]  50%  500 kB of 1.0 MB");
    wy_progress_line(line, sizeof line, 79, "pulling", 9, 5, 3);
    assert_string_equal(line, "pulling [########################] 100%  5 B of 5 B");
    wy_progress_line(line, sizeof line, 79, "pulling", 1234567, 0, 3);
    assert_string_equal(line, "pulling  1.2 MB, 3 s");
    wy_progress_line(line, sizeof line, 79, "compiling", 0, 0, 12);
    assert_string_equal(line, "compiling  12 s");
    assert_int_equal(wy_progress_line(line, sizeof line, 5, "pulling", 0, 0, 1), 5);
    assert_string_equal(line, "pulli");
    assert_int_equal(wy_progress_line(line, sizeof line, 2, "p\xc3\xa9", 0, 0, 1), 1);
    assert_int_equal(wy_progress_line(line, 8, 79, "pulling", 0, 0, 1), 7);
}

TEST(it_is_drawn_while_it_goes_on_and_taken_away) {
    terminal t = open_terminal();
    wy_progress *progress = wy_progress_begin_on(t.program, "pulling", 0);
    assert_non_null(progress);
    wy_progress_set(progress, 1, 2);
    wait_ms(700);
    wy_progress_end(progress);
    char seen[4096];
    read_to(&t, "1 B of 2 B\r\033[K", seen, sizeof seen);
    assert_non_null(strstr(seen, "\r\033[Kpulling [############............]  50%  1 B of 2 B"));
    close_terminal(&t);
}

TEST(what_is_over_soon_is_not_shown) {
    terminal t = open_terminal();
    wy_progress_end(wy_progress_begin_on(t.program, "pulling", 0));
    char seen[16];
    assert_int_equal(read(t.user, seen, sizeof seen), -1);
    close_terminal(&t);
}

TEST(nothing_is_drawn_elsewhere_or_where_the_log_is_to_be_quiet) {
    terminal t = open_terminal();
    int nowhere = open("/dev/null", O_WRONLY);
    assert_null(wy_progress_begin_on(nowhere, "pulling", 0));
    setenv("WITHY_LOG", "warn", 1);
    assert_null(wy_progress_begin_on(t.program, "pulling", 0));
    unsetenv("WITHY_LOG");
    wy_progress_set(NULL, 1, 2);
    wy_progress_end(NULL);
    close(nowhere);
    close_terminal(&t);
}
