/* Tasks: a ready queue over the loop's rounds, and waiting on fibers.
 *
 *   spawn -> RUNNING -> (wait) WAITING -> (wake, cancel, deadline) READY -> RUNNING -> ... -> done
 *
 * A guest that runs past its slice goes from RUNNING straight to READY. */
#include "runtime/task.h"

#include <stdio.h>
#include <stdlib.h>

/* Tasks kept for reuse, with their timers. */
#define SPARE_MAX 256

typedef enum state { RUNNING, WAITING, READY } state;

struct wy_task {
    wy_scheduler *scheduler;
    wy_store *store;
    wy_fiber *fiber;
    wy_task_body body;
    wy_task_done done;
    void *data;
    wy_task *next;   /* in the ready queue, or among the spare ones */
    wy_timer *timer; /* made on first need, then kept */
    wy_task_ref *refs;
    void (*aside)(void *data); /* to be run off the fiber, which waits for it; NULL: nothing */
    void *aside_data;
    uint64_t deadline_ms; /* on the loop's clock; UINT64_MAX: none */
    uint64_t timeout_ms;  /* as given, for texts */
    state state;
    wy_err ended;   /* WY_CANCELLED, WY_TIMEOUT */
    bool is_woken;  /* a wake came since the last wait */
    bool has_begun; /* the body ran */
    bool is_timer_running;
    char stop_text[64];
};

struct wy_scheduler {
    wy_loop *loop;
    wy_engine *engine;
    wy_task *current; /* whose fiber runs; NULL: the loop itself */
    wy_task *ready, **ready_end;
    wy_task *spare;
    uint32_t spare_count;
    uint32_t task_count;
};

/* --- running --- */

static void enqueue(wy_task *task) {
    wy_scheduler *s = task->scheduler;
    wy_assert(task->state != READY);
    task->state = READY;
    task->next = NULL;
    *s->ready_end = task;
    s->ready_end = &task->next;
}

static void release(wy_task *task) {
    wy_scheduler *s = task->scheduler;
    s->task_count--;
    while (task->refs)
        wy_task_ref_deinit(task->refs);
    if (task->is_timer_running) wy_timer_stop(task->timer);
    if (s->spare_count >= SPARE_MAX) {
        wy_timer_free(task->timer);
        free(task);
        return;
    }
    task->next = s->spare;
    s->spare = task;
    s->spare_count++;
}

static void run_aside(wy_task *task) {
    void (*work)(void *data) = task->aside;
    task->aside = NULL;
    work(task->aside_data);
}

/* Until it waits, yields or is over. Returns whether it is over; then the task is gone. */
static bool run(wy_task *task) {
    wy_scheduler *s = task->scheduler;
    wy_task *outer = s->current;
    bool over;
    do {
        if (task->aside) run_aside(task);
        s->current = task;
        task->state = RUNNING;
        over = wy_fiber_resume(task->fiber);
        s->current = outer;
    } while (task->aside && !outer); /* on another's fiber it has to wait for the loop's stack */
    if (!over) {
        if (task->state == RUNNING) enqueue(task); /* the epoch callback yielded, or for that */
        return false;
    }
    wy_fiber_free(task->fiber);
    task->fiber = NULL;
    return true;
}

static void finish(wy_task *task) {
    wy_task_done done = task->done;
    void *data = task->data;
    release(task);
    if (done) done(data);
}

/* Those that are ready now; what becomes ready meanwhile waits for the next round. */
static bool on_round(void *data) {
    wy_scheduler *s = data;
    wy_task *task = s->ready;
    s->ready = NULL;
    s->ready_end = &s->ready;
    while (task) {
        wy_task *next = task->next;
        if (run(task)) finish(task);
        task = next;
    }
    return s->ready != NULL;
}

static void body(void *data, wy_context *context) {
    wy_task *task = data;
    task->has_begun = true;
    task->body(task, context, task->data);
}

/* --- ending --- */

static void end(wy_task *task, wy_err why) {
    if (task->ended) return;
    task->ended = why;
    if (why == WY_TIMEOUT)
        snprintf(task->stop_text, sizeof task->stop_text, "deadline of %llu ms passed",
                 (unsigned long long)task->timeout_ms);
    else
        snprintf(task->stop_text, sizeof task->stop_text, "cancelled");
    if (task->state == WAITING) enqueue(task);
}

static void on_deadline(void *data) {
    wy_task *task = data;
    task->is_timer_running = false;
    end(task, WY_TIMEOUT);
}

/* The loop's clock stands still while a guest runs, so that the deadline is looked at when the
 * guest has yielded. */
static wy_epoch_verdict on_epoch(void *data) {
    wy_scheduler *s = data;
    wy_task *task = s->current;
    if (!task) return (wy_epoch_verdict){0};
    if (task->ended) return (wy_epoch_verdict){.stop = task->stop_text};
    return (wy_epoch_verdict){.yield = true};
}

void wy_task_cancel(wy_task *task) {
    end(task, WY_CANCELLED);
}

wy_err wy_task_ended(const wy_task *task) {
    return task->ended;
}

own wy_trap *wy_task_trap(const wy_task *task) {
    return wy_trap_new("%s", task->ended ? task->stop_text : "cancelled");
}

/* --- scheduler --- */

wy_err wy_scheduler_new(wy_loop *loop, wy_engine *engine, own wy_scheduler **out) {
    wy_scheduler *s = calloc(1, sizeof *s);
    if (!s) return WY_NOMEM;
    s->loop = loop;
    s->engine = engine;
    s->ready_end = &s->ready;
    wy_loop_on_round(loop, on_round, s);
    *out = s;
    return WY_OK;
}

void wy_scheduler_free(own wy_scheduler *scheduler) {
    if (!scheduler) return;
    wy_assert(scheduler->task_count == 0);
    wy_loop_on_round(scheduler->loop, NULL, NULL);
    while (scheduler->spare) {
        wy_task *task = scheduler->spare;
        scheduler->spare = task->next;
        wy_timer_free(task->timer);
        free(task);
    }
    free(scheduler);
}

wy_loop *wy_scheduler_loop(wy_scheduler *scheduler) {
    return scheduler->loop;
}

wy_task *wy_scheduler_current(const wy_scheduler *scheduler) {
    return scheduler->current;
}

wy_engine *wy_scheduler_engine(wy_scheduler *scheduler) {
    return scheduler->engine;
}

/* --- a task --- */

static wy_task *take_task(wy_scheduler *s) {
    wy_task *task = s->spare;
    wy_timer *timer = NULL;
    if (task) {
        s->spare = task->next;
        s->spare_count--;
        timer = task->timer;
    } else {
        task = malloc(sizeof *task);
        if (!task) return NULL;
    }
    *task = (wy_task){.scheduler = s, .timer = timer, .deadline_ms = UINT64_MAX};
    s->task_count++;
    return task;
}

static wy_err start_deadline(wy_task *task, uint64_t timeout_ms) {
    if (!task->timer) {
        wy_err err = wy_timer_new(task->scheduler->loop, on_deadline, task, &task->timer);
        if (err) return err;
    }
    task->timeout_ms = timeout_ms;
    task->is_timer_running = true;
    wy_timer_start(task->timer, timeout_ms);
    task->deadline_ms = wy_loop_now_ms(task->scheduler->loop) + timeout_ms;
    return WY_OK;
}

wy_err wy_task_spawn(wy_scheduler *scheduler, wy_store *store, wy_task_body task_body,
                     wy_task_done done, void *data, uint64_t timeout_ms, wy_task **task_out) {
    wy_task *task = take_task(scheduler);
    if (!task) return WY_NOMEM;
    task->store = store;
    task->body = task_body;
    task->done = done;
    task->data = data;
    wy_err err = timeout_ms ? start_deadline(task, timeout_ms) : WY_OK;
    if (!err) err = wy_fiber_new(store, body, task, &task->fiber);
    if (err) {
        release(task);
        return err;
    }
    wy_store_on_epoch(store, on_epoch, scheduler);
    if (task_out) *task_out = task;
    if (!run(task)) return WY_OK;
    if (!task->has_begun) {
        release(task);
        return WY_LIMIT;
    }
    if (task_out) *task_out = NULL;
    finish(task);
    return WY_OK;
}

uint64_t wy_task_time_left(const wy_task *task) {
    if (task->deadline_ms == UINT64_MAX) return UINT64_MAX;
    uint64_t now = wy_loop_now_ms(task->scheduler->loop);
    return task->ended || now >= task->deadline_ms ? 0 : task->deadline_ms - now;
}

wy_scheduler *wy_task_scheduler(const wy_task *task) {
    return task->scheduler;
}

wy_loop *wy_task_loop(const wy_task *task) {
    return task->scheduler->loop;
}

/* --- waiting --- */

/* Parks once, in state WAITING or READY. A fiber is freed only when it is over, so it always comes
 * back. */
static void park(wy_task *task) {
    wy_assert(task->scheduler->current == task);
    bool resumed = wy_fiber_suspend(task->fiber);
    wy_assert(resumed);
}

wy_err wy_task_wait(wy_task *task) {
    if (!task->is_woken && !task->ended) {
        task->state = WAITING;
        park(task);
    }
    task->is_woken = false;
    return task->ended;
}

void wy_task_wait_out(wy_task *task) {
    if (!task->is_woken) {
        task->state = WAITING;
        park(task);
    }
    task->is_woken = false;
}

void wy_task_wake(wy_task *task) {
    task->is_woken = true;
    if (task->state == WAITING) enqueue(task);
}

wy_err wy_task_yield(wy_task *task) {
    if (!task->ended) {
        enqueue(task);
        park(task);
    }
    return task->ended;
}

typedef struct errand {
    wy_task *task;
    void (*work)(void *data);
    void *data;
    bool is_done;
} errand;

static void do_errand(void *data) {
    errand *e = data;
    e->work(e->data);
}

static void errand_done(void *data) {
    errand *e = data;
    e->is_done = true;
    wy_task_wake(e->task);
}

wy_err wy_task_offload(wy_task *task, void (*work)(void *data), void *data) {
    if (task->ended) return task->ended;
    errand e = {.task = task, .work = work, .data = data};
    wy_err err = wy_loop_offload(task->scheduler->loop, do_errand, errand_done, &e);
    if (err) return err;
    while (!e.is_done) /* even when the task has ended: `e` is in use */
        wy_task_wait_out(task);
    return task->ended;
}

wy_err wy_task_aside(wy_task *task, void (*work)(void *data), void *data) {
    if (task->ended) return task->ended;
    task->aside = work;
    task->aside_data = data;
    park(task);
    return task->ended;
}

/* --- references --- */

void wy_task_ref_init(wy_task_ref *ref, wy_task *task) {
    *ref = (wy_task_ref){.task = task, .next = task->refs, .link = &task->refs};
    if (task->refs) task->refs->link = &ref->next;
    task->refs = ref;
}

void wy_task_ref_deinit(wy_task_ref *ref) {
    if (!ref->task) return;
    *ref->link = ref->next;
    if (ref->next) ref->next->link = ref->link;
    ref->task = NULL;
}

/* --- wait lists --- */

void wy_wait_list_add(wy_wait_list *list, wy_waiter *waiter, wy_task *task) {
    waiter->task = task;
    waiter->next = list->first;
    waiter->link = &list->first;
    if (list->first) list->first->link = &waiter->next;
    list->first = waiter;
}

void wy_waiter_remove(wy_waiter *waiter) {
    if (!waiter->link) return;
    *waiter->link = waiter->next;
    if (waiter->next) waiter->next->link = waiter->link;
    waiter->link = NULL;
    waiter->next = NULL;
}

void wy_wait_list_wake(wy_wait_list *list) {
    for (wy_waiter *waiter = list->first; waiter; waiter = waiter->next)
        wy_task_wake(waiter->task);
}

wy_err wy_task_wait_on(wy_task *task, wy_wait_list *list) {
    wy_waiter waiter;
    wy_wait_list_add(list, &waiter, task);
    wy_err err = wy_task_wait(task);
    wy_waiter_remove(&waiter);
    return err;
}
