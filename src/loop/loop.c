/* Loop: rounds of events over libuv, the pool for blocking work, signals and foreign descriptors.
 * Timers, listeners, streams and connecting have files of their own. */
#include "loop/internal.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void wy_object_free(wy_object *object) {
    free(object);
}

static void on_closed(uv_handle_t *handle) {
    wy_object *object = handle->data;
    object->release(object);
}

void wy_object_close(uv_handle_t *handle) {
    if (!uv_is_closing(handle)) uv_close(handle, on_closed);
}

/* --- the loop --- */

static void on_wake(uv_async_t *async) {
    (void)async; /* having come round is all */
}

static void run_ready(wy_loop *loop) {
    loop->has_more = loop->on_round && loop->on_round(loop->on_round_data);
}

static void on_no_wait(uv_idle_t *idle) {
    (void)idle;
}

/* Timers that are due run before the loop waits: what they made ready must not wait with it. */
static void on_before_wait(uv_prepare_t *prepare) {
    wy_loop *loop = prepare->data;
    run_ready(loop);
    if (loop->has_more)
        uv_idle_start(&loop->no_wait, on_no_wait);
    else
        uv_idle_stop(&loop->no_wait);
}

static void release_nothing(wy_object *object) {
    (void)object;
}

/* A peer that goes away is an error of the write, not the end of the process. A disposition that
 * someone chose stays. */
static void ignore_sigpipe(void) {
    struct sigaction now;
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
}

wy_err wy_loop_new(own wy_loop **loop_out) {
    wy_loop *loop = malloc(sizeof *loop);
    if (!loop) return WY_NOMEM;
    memset(loop, 0, offsetof(wy_loop, buffer)); /* whose pages are touched when they are needed */
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return WY_IO;
    }
    loop->object.release = release_nothing;
    if (uv_async_init(&loop->uv, &loop->wake, on_wake) != 0) {
        uv_loop_close(&loop->uv);
        free(loop);
        return WY_IO;
    }
    loop->wake.data = loop;
    uv_unref((uv_handle_t *)&loop->wake);
    uv_prepare_init(&loop->uv, &loop->before_wait);
    uv_prepare_start(&loop->before_wait, on_before_wait);
    loop->before_wait.data = loop;
    uv_unref((uv_handle_t *)&loop->before_wait);
    uv_idle_init(&loop->uv, &loop->no_wait);
    loop->no_wait.data = loop;
    uv_unref((uv_handle_t *)&loop->no_wait);
    ignore_sigpipe();
    *loop_out = loop;
    return WY_OK;
}

static void close_one(uv_handle_t *handle, void *data) {
    (void)data;
    wy_object_close(handle);
}

void wy_loop_free(own wy_loop *loop) {
    if (!loop) return;
    uv_walk(&loop->uv, close_one, NULL);
    while (uv_run(&loop->uv, UV_RUN_DEFAULT) != 0)
        uv_walk(&loop->uv, close_one, NULL);
    wy_assert(uv_loop_close(&loop->uv) == 0);
    wy_tls_shared_free(loop->tls);
    wy_turns_free(loop->turns);
    free(loop);
}

bool wy_loop_step(wy_loop *loop, bool block) {
    if (!loop->has_more) run_ready(loop); /* what became ready outside of a round */
    if (loop->is_stopped) block = false;
    if (block && loop->turns) wy_turns_give_way(loop->turns);
    (void)uv_run(&loop->uv, block && !loop->has_more ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    run_ready(loop); /* which may begin new work: ask only now whether there is any */
    return loop->has_more || uv_loop_alive(&loop->uv) != 0;
}

void wy_loop_run(wy_loop *loop) {
    loop->is_stopped = false;
    while (wy_loop_step(loop, true) && !loop->is_stopped) {
    }
}

void wy_loop_stop(wy_loop *loop) {
    loop->is_stopped = true;
    uv_async_send(&loop->wake);
}

uint64_t wy_loop_now_ms(wy_loop *loop) {
    return uv_now(&loop->uv);
}

void wy_loop_on_round(wy_loop *loop, bool (*callback)(void *data), void *data) {
    loop->on_round = callback;
    loop->on_round_data = data;
}

void wy_loop_wake(wy_loop *loop) {
    uv_async_send(&loop->wake);
}

void wy_loop_keep(wy_loop *loop) {
    uv_ref((uv_handle_t *)&loop->wake);
}

int wy_loop_fd(const wy_loop *loop) {
    return uv_backend_fd(&loop->uv);
}

int wy_loop_timeout_ms(const wy_loop *loop) {
    return loop->has_more ? 0 : uv_backend_timeout(&loop->uv);
}

char *wy_loop_buffer(wy_loop *loop) {
    return loop->buffer;
}

/* --- timers --- */

struct wy_timer {
    wy_object object;
    uv_timer_t uv;
    void (*callback)(void *data);
    void *data;
};

static void on_timer(uv_timer_t *uv) {
    wy_timer *timer = uv->data;
    timer->callback(timer->data);
}

wy_err wy_timer_new(wy_loop *loop, void (*callback)(void *data), void *data, own wy_timer **out) {
    wy_timer *timer = calloc(1, sizeof *timer);
    if (!timer) return WY_NOMEM;
    timer->object.release = wy_object_free;
    timer->callback = callback;
    timer->data = data;
    uv_timer_init(&loop->uv, &timer->uv);
    timer->uv.data = timer;
    *out = timer;
    return WY_OK;
}

void wy_timer_start(wy_timer *timer, uint64_t delay_ms) {
    uv_update_time(timer->uv.loop); /* a guest may have run since the round began */
    uv_timer_start(&timer->uv, on_timer, delay_ms, 0);
}

void wy_timer_stop(wy_timer *timer) {
    uv_timer_stop(&timer->uv);
}

void wy_timer_free(own wy_timer *timer) {
    if (timer) wy_object_close((uv_handle_t *)&timer->uv);
}

wy_err wy_loop_soon(wy_loop *loop, void (*callback)(void *data), void *data, own wy_timer **out) {
    wy_err err = wy_timer_new(loop, callback, data, out);
    if (!err) wy_timer_start(*out, 0);
    return err;
}

/* --- blocking work --- */

typedef struct offload {
    uv_work_t uv;
    void (*work)(void *data);
    void (*done)(void *data);
    void *data;
} offload;

static void on_pool(uv_work_t *uv) {
    offload *job = uv->data;
    job->work(job->data);
}

static void on_pool_done(uv_work_t *uv, int status) {
    (void)status; /* never cancelled */
    offload *job = uv->data;
    void (*done)(void *data) = job->done;
    void *data = job->data;
    free(job);
    done(data);
}

wy_err wy_loop_offload(wy_loop *loop, void (*work)(void *data), void (*done)(void *data),
                       void *data) {
    offload *job = malloc(sizeof *job);
    if (!job) return WY_NOMEM;
    *job = (offload){.work = work, .done = done, .data = data};
    job->uv.data = job;
    if (uv_queue_work(&loop->uv, &job->uv, on_pool, on_pool_done) == 0) return WY_OK;
    free(job);
    return WY_IO;
}

/* --- signals --- */

struct wy_signal {
    wy_object object;
    uv_signal_t uv;
    void (*callback)(void *data, int signum);
    void *data;
};

static void on_signal(uv_signal_t *uv, int signum) {
    wy_signal *s = uv->data;
    s->callback(s->data, signum);
}

wy_err wy_signal_new(wy_loop *loop, int signum, void (*callback)(void *data, int signum),
                     void *data, own wy_signal **out) {
    wy_signal *s = calloc(1, sizeof *s);
    if (!s) return WY_NOMEM;
    s->object.release = wy_object_free;
    s->callback = callback;
    s->data = data;
    if (uv_signal_init(&loop->uv, &s->uv) != 0) {
        free(s);
        return WY_IO;
    }
    s->uv.data = s;
    if (uv_signal_start(&s->uv, on_signal, signum) != 0) {
        wy_signal_free(s);
        return WY_IO;
    }
    uv_unref((uv_handle_t *)&s->uv);
    *out = s;
    return WY_OK;
}

void wy_signal_free(own wy_signal *signal) {
    if (signal) wy_object_close((uv_handle_t *)&signal->uv);
}

/* --- foreign descriptors --- */

struct wy_fd_watch {
    wy_object object;
    uv_poll_t uv;
    void (*callback)(void *data, bool readable, bool writable);
    void *data;
};

static void on_fd(uv_poll_t *uv, int status, int events) {
    wy_fd_watch *watch = uv->data;
    /* An error shows to whoever reads or writes next. */
    bool failed = status < 0;
    watch->callback(watch->data, failed || (events & (UV_READABLE | UV_DISCONNECT)) != 0,
                    failed || (events & UV_WRITABLE) != 0);
}

wy_err wy_fd_watch_new(wy_loop *loop, int fd, bool readable, bool writable,
                       void (*callback)(void *data, bool readable, bool writable), void *data,
                       own wy_fd_watch **out) {
    wy_fd_watch *watch = calloc(1, sizeof *watch);
    if (!watch) return WY_NOMEM;
    watch->object.release = wy_object_free;
    watch->callback = callback;
    watch->data = data;
    if (uv_poll_init(&loop->uv, &watch->uv, fd) != 0) {
        free(watch);
        return WY_IO;
    }
    watch->uv.data = watch;
    if (wy_fd_watch_want(watch, readable, writable) != WY_OK) {
        wy_fd_watch_free(watch);
        return WY_IO;
    }
    *out = watch;
    return WY_OK;
}

wy_err wy_fd_watch_want(wy_fd_watch *watch, bool readable, bool writable) {
    int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    int bad = events ? uv_poll_start(&watch->uv, events, on_fd) : uv_poll_stop(&watch->uv);
    return bad ? WY_IO : WY_OK;
}

void wy_fd_watch_free(own wy_fd_watch *watch) {
    if (watch) wy_object_close((uv_handle_t *)&watch->uv);
}
