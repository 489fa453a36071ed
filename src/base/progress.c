/* Progress: a thread that draws a few times a second; the work itself only leaves numbers. */
#include "base/progress.h"

#include "base/log.h"
#include "base/terminal.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WHAT_BYTES 128
#define LINE_BYTES 512
#define BAR_COLUMNS 24
#define QUIET_MS 300 /* what takes no longer is not worth a line */
#define DRAW_MS 120
#define CLEAR "\r\033[K"

struct wy_progress {
    int fd;
    char what[WHAT_BYTES];
    atomic_uint_fast64_t done, total;
    struct timespec begun;
    pthread_t thread;
    pthread_mutex_t lock; /* guards `over` */
    pthread_cond_t ended;
    bool over;
};

/* "1.2 MB". */
static void print_bytes(char *out, size_t size, uint64_t bytes) {
    if (bytes < 1000)
        snprintf(out, size, "%u B", (unsigned)bytes);
    else if (bytes < 1000000)
        snprintf(out, size, "%.0f kB", (double)bytes / 1e3);
    else
        snprintf(out, size, "%.1f MB", (double)bytes / 1e6);
}

size_t wy_progress_line(char *line, size_t size, unsigned width, const char *what, uint64_t done,
                        uint64_t total, unsigned seconds) {
    char so_far[32], all[32], bar[BAR_COLUMNS + 1];
    if (total && done > total) done = total;
    print_bytes(so_far, sizeof so_far, done);
    print_bytes(all, sizeof all, total);
    int n;
    if (total) {
        double part = (double)done / (double)total;
        size_t filled = (size_t)(part * BAR_COLUMNS);
        memset(bar, '.', BAR_COLUMNS);
        memset(bar, '#', filled);
        bar[BAR_COLUMNS] = '\0';
        n = snprintf(line, size, "%s [%s] %3u%%  %s of %s", what, bar, (unsigned)(part * 100),
                     so_far, all);
    } else if (done) {
        n = snprintf(line, size, "%s  %s, %u s", what, so_far, seconds);
    } else {
        n = snprintf(line, size, "%s  %u s", what, seconds);
    }
    size_t len = n < 0 ? 0 : (size_t)n;
    if (len >= size) len = size - 1;
    if (len > width) {
        len = width;
        while (len && ((unsigned char)line[len] & 0xc0) == 0x80)
            len--; /* no part of a character */
    }
    line[len] = '\0';
    return len;
}

static void draw(const wy_progress *p, const struct timespec *now) {
    unsigned width = wy_terminal_width(p->fd);
    char line[LINE_BYTES];
    int n = snprintf(line, sizeof line, CLEAR);
    /* The last column stays free: some terminals go to the next line behind it. */
    size_t len = wy_progress_line(line + n, sizeof line - (size_t)n, width ? width - 1 : 0, p->what,
                                  atomic_load(&p->done), atomic_load(&p->total),
                                  (unsigned)(now->tv_sec - p->begun.tv_sec));
    ssize_t written = write(p->fd, line, (size_t)n + len);
    (void)written; /* only for looking at */
}

static struct timespec later(struct timespec from, long ms) {
    from.tv_nsec += ms * 1000000;
    from.tv_sec += from.tv_nsec / 1000000000;
    from.tv_nsec %= 1000000000;
    return from;
}

static void *run(void *data) {
    wy_progress *p = data;
    struct timespec next = later(p->begun, QUIET_MS);
    bool drawn = false;
    pthread_mutex_lock(&p->lock);
    while (!p->over) {
        if (pthread_cond_timedwait(&p->ended, &p->lock, &next) == 0) continue;
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        draw(p, &now);
        drawn = true;
        next = later(now, DRAW_MS);
    }
    pthread_mutex_unlock(&p->lock);
    ssize_t written = drawn ? write(p->fd, CLEAR, sizeof CLEAR - 1) : 0;
    (void)written;
    return NULL;
}

own wy_progress *wy_progress_begin_on(int fd, const char *what, uint64_t total) {
    if (!wy_terminal_width(fd) || !wy_log_enabled(WY_LOG_INFO)) return NULL;
    wy_progress *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->fd = fd;
    snprintf(p->what, sizeof p->what, "%s", what);
    atomic_init(&p->done, 0);
    atomic_init(&p->total, total);
    clock_gettime(CLOCK_MONOTONIC, &p->begun);
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->ended, &clock);
    pthread_condattr_destroy(&clock);
    if (wy_thread_begin(&p->thread, NULL, run, p)) return p;
    pthread_cond_destroy(&p->ended);
    pthread_mutex_destroy(&p->lock);
    free(p);
    return NULL;
}

own wy_progress *wy_progress_begin(const char *what, uint64_t total) {
    return wy_progress_begin_on(STDERR_FILENO, what, total);
}

void wy_progress_set(wy_progress *progress, uint64_t done, uint64_t total) {
    if (!progress) return;
    atomic_store(&progress->done, done);
    atomic_store(&progress->total, total);
}

void wy_progress_end(own wy_progress *progress) {
    if (!progress) return;
    pthread_mutex_lock(&progress->lock);
    progress->over = true;
    pthread_cond_signal(&progress->ended);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    pthread_cond_destroy(&progress->ended);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}
