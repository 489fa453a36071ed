/* Errors, sources and pollables of wasi:io; streams are in stream.c. */
#include "interface/wasi/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* --- error --- */

own wy_io_error *wy_io_error_new(const wy_io_error_domain *domain, uint32_t code, const char *fmt,
                                 ...) {
    wy_io_error *error = malloc(sizeof *error);
    if (!error) return NULL;
    error->domain = domain;
    error->code = code;
    va_list args;
    va_start(args, fmt);
    vsnprintf(error->text, sizeof error->text, fmt, args);
    va_end(args);
    return error;
}

void wy_io_error_free(own wy_io_error *error) {
    if (!error) return;
    if (error->domain && error->domain->free) {
        error->domain->free(error);
        return;
    }
    free(error);
}

wy_io_status wy_io_fail(wy_io_fault *fault, own wy_io_error *error) {
    wy_assert(!fault->error && !fault->trap);
    if (!error) return wy_io_trap(fault, wy_trap_new("out of memory for an I/O error"));
    fault->error = error;
    return WY_IO_FAILED;
}

wy_io_status wy_io_trap(wy_io_fault *fault, own wy_trap *trap) {
    wy_assert(!fault->error && !fault->trap);
    fault->trap = trap;
    return WY_IO_TRAPPED;
}

/* --- source --- */

void wy_io_source_init(wy_io_source *source, const wy_io_source_ops *ops) {
    *source = (wy_io_source){.ops = ops, .refs = 1};
}

void wy_io_source_retain(wy_io_source *source) {
    wy_assert(source->refs > 0 && source->refs < UINT32_MAX);
    source->refs++;
}

void wy_io_source_release(own wy_io_source *source) {
    if (!source) return;
    wy_assert(source->refs > 0);
    if (--source->refs > 0) return;
    wy_assert(!source->waiters.first);
    source->ops->free(source);
}

bool wy_io_source_ready(wy_io_source *source) {
    return !source->ops->ready || source->ops->ready(source);
}

void wy_io_source_wake(wy_io_source *source) {
    wy_wait_list_wake(&source->waiters);
}

static wy_err source_arm(wy_io_source *source, wy_loop *loop) {
    return source->ops->arm ? source->ops->arm(source, loop) : WY_OK;
}

wy_err wy_io_source_wait(wy_io_source *source, wy_task *task) {
    if (wy_io_source_ready(source)) return WY_OK;
    wy_waiter waiter;
    wy_wait_list_add(&source->waiters, &waiter, task); /* first: arming may wake at once */
    wy_err err = WY_OK;
    while (!err && !wy_io_source_ready(source)) {
        err = source_arm(source, wy_task_loop(task));
        if (!err) err = wy_task_wait(task);
    }
    wy_waiter_remove(&waiter);
    return err;
}

/* --- pollable --- */

own wy_pollable *wy_pollable_new(wy_io_source *source) {
    wy_pollable *pollable = malloc(sizeof *pollable);
    if (!pollable) return NULL;
    wy_io_source_retain(source);
    pollable->source = source;
    return pollable;
}

void wy_pollable_free(own wy_pollable *pollable) {
    if (!pollable) return;
    wy_io_source_release(pollable->source);
    free(pollable);
}

static size_t mark_ready(wy_pollable *const *pollables, size_t count, bool *ready_out) {
    size_t ready_count = 0;
    for (size_t i = 0; i < count; i++) {
        ready_out[i] = wy_io_source_ready(pollables[i]->source);
        ready_count += ready_out[i];
    }
    return ready_count;
}

#define POLL_INLINE 16 /* waiters that fit on the stack */

wy_err wy_pollable_poll(wy_task *task, wy_pollable *const *pollables, size_t count, bool *ready_out,
                        size_t *count_out) {
    wy_assert(count > 0);
    *count_out = mark_ready(pollables, count, ready_out);
    if (*count_out > 0) return WY_OK;
    wy_waiter inline_waiters[POLL_INLINE], *waiters = inline_waiters;
    if (count > POLL_INLINE) {
        waiters = malloc(count * sizeof *waiters);
        if (!waiters) return WY_NOMEM;
    }
    for (size_t i = 0; i < count; i++)
        wy_wait_list_add(&pollables[i]->source->waiters, &waiters[i], task);
    wy_err err = WY_OK;
    do {
        for (size_t i = 0; i < count && !err; i++)
            err = source_arm(pollables[i]->source, wy_task_loop(task));
        if (!err) err = wy_task_wait(task);
        if (!err) *count_out = mark_ready(pollables, count, ready_out);
    } while (!err && *count_out == 0);
    for (size_t i = 0; i < count; i++)
        wy_waiter_remove(&waiters[i]);
    if (waiters != inline_waiters) free(waiters);
    return err;
}

/* --- timer --- */

typedef struct timer_source {
    wy_io_source source;
    uint64_t deadline_ns;
    wy_timer *timer; /* made when someone first waits */
} timer_source;

#define NS_PER_MS UINT64_C(1000000)

uint64_t wy_clock_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static bool timer_ready(wy_io_source *source) {
    return wy_clock_monotonic_ns() >= ((timer_source *)source)->deadline_ns;
}

/* Also when the loop's clock, which counts whole milliseconds, ran early: then the waiting task
 * finds the source not ready and arms it again. */
static void timer_fired(void *data) {
    timer_source *self = data;
    wy_io_source_wake(&self->source);
}

static wy_err timer_arm(wy_io_source *source, wy_loop *loop) {
    timer_source *self = (timer_source *)source;
    if (!self->timer) {
        wy_err err = wy_timer_new(loop, timer_fired, self, &self->timer);
        if (err) return err;
    }
    uint64_t now = wy_clock_monotonic_ns();
    uint64_t left = self->deadline_ns > now ? self->deadline_ns - now : 0;
    wy_timer_start(self->timer, left / NS_PER_MS + (left % NS_PER_MS != 0));
    return WY_OK;
}

static void timer_free(own wy_io_source *source) {
    timer_source *self = (timer_source *)source;
    wy_timer_free(self->timer);
    free(self);
}

static const wy_io_source_ops timer_ops = {timer_ready, timer_arm, timer_free};

own wy_pollable *wy_pollable_new_timer(uint64_t deadline_ns) {
    timer_source *self = malloc(sizeof *self);
    if (!self) return NULL;
    wy_io_source_init(&self->source, &timer_ops);
    self->deadline_ns = deadline_ns;
    self->timer = NULL;
    wy_pollable *pollable = wy_pollable_new(&self->source);
    wy_io_source_release(&self->source);
    return pollable;
}
