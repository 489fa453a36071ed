/* Waiting of tasks for descriptors and names: each is one event of the loop that wakes the task. */
#include "net/wait.h"

#include <stdio.h>

/* On the waiting task's own stack. */
typedef struct occasion {
    wy_task *task;
    unsigned events;
    bool is_over; /* the time is, or the name is looked up */
} occasion;

static void on_time(void *data) {
    occasion *o = data;
    o->is_over = true;
    wy_task_wake(o->task);
}

static void on_fd(void *data, bool readable, bool writable) {
    occasion *o = data;
    o->events |=
        (readable ? (unsigned)WY_WAIT_READ : 0u) | (writable ? (unsigned)WY_WAIT_WRITE : 0u);
    wy_task_wake(o->task);
}

wy_err wy_wait_fd(wy_task *task, int fd, unsigned events, uint64_t timeout_ms,
                  unsigned *events_out) {
    occasion o = {.task = task};
    wy_loop *loop = wy_task_loop(task);
    wy_fd_watch *watch = NULL;
    wy_timer *timer = NULL;
    wy_err err = wy_fd_watch_new(loop, fd, (events & WY_WAIT_READ) != 0,
                                 (events & WY_WAIT_WRITE) != 0, on_fd, &o, &watch);
    if (!err && timeout_ms) err = wy_timer_new(loop, on_time, &o, &timer);
    if (timer) wy_timer_start(timer, timeout_ms);
    while (!err && !o.events && !o.is_over)
        err = wy_task_wait(task);
    if (!err && !o.events) err = WY_TIMEOUT;
    wy_timer_free(timer);
    wy_fd_watch_free(watch);
    if (events_out) *events_out = o.events;
    return err;
}

typedef struct question {
    occasion occasion; /* first */
    wy_address *addresses;
    unsigned count;
    uint16_t port;
    wy_err err;
    char *text;
} question;

static void on_resolved(void *data, const wy_address *addresses, unsigned count, wy_err err,
                        const char *text) {
    question *q = data;
    q->err = err;
    q->count = count;
    if (text) snprintf(q->text, WY_WAIT_TEXT_MAX, "%s", text);
    for (unsigned i = 0; i < count; i++) {
        q->addresses[i] = addresses[i];
        q->addresses[i].port = q->port;
    }
    on_time(&q->occasion);
}

wy_err wy_wait_resolve(wy_task *task, const char *host, uint16_t port,
                       wy_address addresses_out[WY_MAX_CONNECT_ADDRESSES], unsigned *count_out,
                       char text_out[WY_WAIT_TEXT_MAX]) {
    question q = {
        .occasion.task = task, .addresses = addresses_out, .port = port, .text = text_out};
    wy_resolve *resolve = NULL;
    *count_out = 0;
    snprintf(text_out, WY_WAIT_TEXT_MAX, "cancelled");
    wy_err err = wy_resolve_start(wy_task_loop(task), host, on_resolved, &q, &resolve);
    if (err) {
        snprintf(text_out, WY_WAIT_TEXT_MAX, "%s", wy_err_text(err));
        return err;
    }
    while (!err && !q.occasion.is_over)
        err = wy_task_wait(task);
    if (!q.occasion.is_over) wy_resolve_cancel(resolve);
    *count_out = q.count;
    return err ? err : q.err;
}
