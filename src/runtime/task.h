/* Tasks: guest work on a fiber of its own, and the primitives by which straight-line host functions
 * wait. Everything here on the loop's thread, except where it says any thread. */
#ifndef WY_RUNTIME_TASK_H
#define WY_RUNTIME_TASK_H

#include "base/err.h"
#include "engine/engine.h"
#include "loop/loop.h"

typedef struct wy_task wy_task;
typedef struct wy_scheduler wy_scheduler; /* one a worker: ready queue over a loop and an engine */

/* --- scheduler --- */
wy_err wy_scheduler_new(wy_loop *loop, wy_engine *engine, own wy_scheduler **out);
void wy_scheduler_free(own wy_scheduler *scheduler); /* no task may be left */
wy_loop *wy_scheduler_loop(wy_scheduler *scheduler);
wy_engine *wy_scheduler_engine(wy_scheduler *scheduler);

/* The task whose fiber runs now; NULL: none, the loop itself or who turns it. */
wy_task *wy_scheduler_current(const wy_scheduler *scheduler);

/* --- a task --- */

/* Runs on the fiber. All of a guest's life may happen inside: instantiate, lower, call, lift. */
typedef void (*wy_task_body)(wy_task *task, wy_context *context, void *data);
/* Runs after the body returned, not on the fiber, which is gone: the store may be freed. (On the
 * loop's own stack, or on the spawner's when the task ends before wy_task_spawn returns.) */
typedef void (*wy_task_done)(void *data);

/* Starts at once: the body runs until it first waits or returns, before this returns (a fresh
 * request needs no hop). `timeout_ms` 0: no deadline. The deadline stops guest code (epoch) and
 * every wait. When it fails (WY_LIMIT: no stack left in the engine's pool), neither body nor done
 * run. *task_out (may be NULL) is NULL when the task is over already, else valid until done. Tasks
 * may spawn others, in the same store too. */
wy_err wy_task_spawn(wy_scheduler *scheduler, wy_store *store, wy_task_body body, wy_task_done done,
                     void *data, uint64_t timeout_ms, wy_task **task_out);
/* Asks the task to end: a wait returns WY_CANCELLED, running guest code is stopped. Idempotent. */
void wy_task_cancel(wy_task *task);
/* WY_OK, WY_CANCELLED or WY_TIMEOUT: whether the task was asked to end, and why. */
wy_err wy_task_ended(const wy_task *task);
/* Milliseconds until the deadline; UINT64_MAX without one. */
uint64_t wy_task_time_left(const wy_task *task);
wy_scheduler *wy_task_scheduler(const wy_task *task);
wy_loop *wy_task_loop(const wy_task *task);

/* --- waiting, inside the task --- */

/* Parks until wy_task_wake. A wake that came since the last wait returns at once, so test the
 * condition in a loop: while (!ready) { err = wy_task_wait(task); if (err) return
 * wy_task_trap(task); } WY_CANCELLED or WY_TIMEOUT: give up and unwind. */
wy_err wy_task_wait(wy_task *task) WY_MUST_USE;
void wy_task_wake(wy_task *task);
/* The same for who must not go on before it was woken, ended or not. Being asked to end makes it
 * return too, once. */
void wy_task_wait_out(wy_task *task);
/* Parks while `work(data)` runs on the pool. Cancelling does not cut it short (work may use the
 * fiber's stack): it returns when work is done. WY_CANCELLED, WY_TIMEOUT: the task has ended before
 * (work did not run) or meanwhile. */
wy_err wy_task_offload(wy_task *task, void (*work)(void *data), void *data) WY_MUST_USE;
/* The same on the loop's own stack, at once: for short work of libraries that may need more stack
 * than a fiber has. Nothing else runs meanwhile. WY_CANCELLED, WY_TIMEOUT: the task has ended
 * before (work did not run) or, seldom, until its turn came. */
wy_err wy_task_aside(wy_task *task, void (*work)(void *data), void *data) WY_MUST_USE;
/* The trap with which a host function ends when a wait said WY_CANCELLED or WY_TIMEOUT. */
own wy_trap *wy_task_trap(const wy_task *task);
/* Lets others run, then goes on. */
wy_err wy_task_yield(wy_task *task) WY_MUST_USE;

/* A reference to a task for whoever may outlive it: `task` becomes NULL when the task is over. */
typedef struct wy_task_ref {
    wy_task *task;
    struct wy_task_ref *next, **link; /* among the task's references */
} wy_task_ref;

void wy_task_ref_init(wy_task_ref *ref, wy_task *task);
/* Idempotent; the reference may be freed. */
void wy_task_ref_deinit(wy_task_ref *ref);

/* --- what tasks wait for --- */

/* An event source keeps a list; a task that waits adds a waiter (on its own stack) to one or more.
 */
typedef struct wy_waiter {
    wy_task *task;
    struct wy_waiter *next, **link; /* link: where the pointer to this stands; NULL: in no list */
} wy_waiter;

typedef struct wy_wait_list {
    wy_waiter *first;
} wy_wait_list;

void wy_wait_list_add(wy_wait_list *list, wy_waiter *waiter, wy_task *task);
/* Idempotent. */
void wy_waiter_remove(wy_waiter *waiter);
/* Wakes every task in the list; they stay in it until they remove themselves. */
void wy_wait_list_wake(wy_wait_list *list);
/* Adds to `list`, waits once, removes. */
wy_err wy_task_wait_on(wy_task *task, wy_wait_list *list) WY_MUST_USE;

#endif
