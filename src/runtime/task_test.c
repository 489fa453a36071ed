/* Tasks: waiting, waking, deadlines, cancelling, offloading, and busy guests beside idle ones. */
#include "runtime/task.h"

#include "base/test.h"
#include "engine/testing.h"

#include <stdlib.h>
#include <time.h>

typedef struct bench {
    wy_loop *loop;
    wy_engine *engine;
    wy_scheduler *scheduler;
    wy_module *module;
    wy_store *store;
    wy_core_instance instance;
    char log[256];
} bench;

static void set_up(bench *b) {
    memset(b, 0, sizeof *b);
    assert_int_equal(wy_loop_new(&b->loop), WY_OK);
    b->engine = wy_testing_engine();
    assert_int_equal(wy_scheduler_new(b->loop, b->engine, &b->scheduler), WY_OK);
    b->module = wy_testing_module(b->engine, "(module (func (export \"spin\") (loop $l (br $l))))");
    assert_int_equal(wy_store_new(b->engine, b, NULL, &b->store), WY_OK);
    wy_diag diag;
    wy_trap *trap = NULL;
    assert_int_equal(wy_core_instantiate(wy_store_context(b->store), b->module, NULL, 0,
                                         &b->instance, &trap, &diag),
                     WY_OK);
}

static void tear_down(bench *b) {
    wy_store_free(b->store);
    wy_module_free(b->module);
    wy_scheduler_free(b->scheduler);
    wy_engine_free(b->engine);
    wy_loop_free(b->loop);
}

static void note(bench *b, const char *what) {
    strncat(b->log, what, sizeof b->log - strlen(b->log) - 1);
}

typedef struct job {
    bench *bench;
    const char *name;
    wy_wait_list list;
    wy_task *other;
    wy_err err;
    int value;
    bool done;
} job;

static void job_done(void *data) {
    job *j = data;
    j->done = true;
    note(j->bench, j->name);
}

static void wait_on_list(wy_task *task, wy_context *context, void *data) {
    (void)context;
    job *j = data;
    while (!j->value && !j->err)
        j->err = wy_task_wait_on(task, &j->list);
    assert_null(j->list.first);
}

static void set_value(void *data) {
    job *j = data;
    j->value = 42;
    wy_wait_list_wake(&j->list);
    wy_wait_list_wake(&j->list);
}

TEST(a_task_waits_until_woken) {
    bench b;
    set_up(&b);
    job j = {.bench = &b, .name = "a"};
    wy_task *task;
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, wait_on_list, job_done, &j, 0, &task),
                     WY_OK);
    assert_non_null(task);
    assert_false(j.done);
    wy_timer *timer;
    assert_int_equal(wy_timer_new(b.loop, set_value, &j, &timer), WY_OK);
    wy_timer_start(timer, 1);
    wy_loop_run(b.loop);
    assert_true(j.done);
    assert_int_equal(j.err, WY_OK);
    wy_timer_free(timer);
    tear_down(&b);
}

TEST(deadline_and_cancel_end_a_wait) {
    bench b;
    set_up(&b);
    job late = {.bench = &b, .name = "late "}, gone = {.bench = &b, .name = "gone "};
    wy_task *task;
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, wait_on_list, job_done, &late, 5, &task),
                     WY_OK);
    assert_true(wy_task_time_left(task) <= 5);
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, wait_on_list, job_done, &gone, 0, &task),
                     WY_OK);
    assert_true(wy_task_time_left(task) == UINT64_MAX);
    wy_task_cancel(task);
    wy_task_cancel(task);
    wy_loop_run(b.loop);
    assert_int_equal(late.err, WY_TIMEOUT);
    assert_int_equal(gone.err, WY_CANCELLED);
    assert_string_equal(b.log, "gone late ");
    tear_down(&b);
}

TEST(references_know_when_their_task_is_over) {
    bench b;
    set_up(&b);
    job j = {.bench = &b, .name = "a"};
    wy_task *task;
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, wait_on_list, job_done, &j, 0, &task),
                     WY_OK);
    wy_task_ref refs[3];
    for (int i = 0; i < 3; i++)
        wy_task_ref_init(&refs[i], task);
    wy_task_ref_deinit(&refs[1]);
    assert_null(refs[1].task);
    assert_ptr_equal(refs[0].task, task);
    wy_task_cancel(task);
    wy_loop_run(b.loop);
    assert_null(refs[0].task);
    assert_null(refs[2].task);
    wy_task_ref_deinit(&refs[0]);
    tear_down(&b);
}

static void spin(wy_task *task, wy_context *context, void *data) {
    job *j = data;
    wy_extern item;
    wy_core_func func;
    assert_true(wy_core_instance_export(context, &j->bench->instance, WY_STR("spin"), &item));
    assert_true(wy_extern_func(&item, &func));
    wy_trap *trap = NULL;
    wy_raw none;
    assert_false(wy_core_call(context, &func, &none, 0, &trap));
    wy_buf text;
    wy_buf_init(&text, 200);
    wy_trap_print(trap, &text, 0);
    note(j->bench, text.ptr);
    wy_buf_deinit(&text);
    wy_trap_free(trap);
    j->err = wy_task_ended(task);
    assert_int_not_equal(wy_task_wait(task), WY_OK);
}

static void cancel_other(void *data) {
    job *j = data;
    wy_task_cancel(j->other);
}

TEST(an_endless_guest_blocks_nobody_and_is_stopped) {
    bench b;
    set_up(&b);
    job busy = {.bench = &b, .name = "|"}, idle = {.bench = &b, .name = "idle|"};
    wy_task *task;
    wy_timer *timer;
    assert_int_equal(wy_timer_new(b.loop, set_value, &idle, &timer), WY_OK);
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, wait_on_list, job_done, &idle, 0, NULL),
                     WY_OK);
    wy_timer_start(timer, 1);
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, spin, job_done, &busy, 500, &task), WY_OK);
    assert_non_null(task);
    wy_loop_run(b.loop);
    assert_string_equal(b.log, "idle|deadline of 500 ms passed|");
    assert_int_equal(busy.err, WY_TIMEOUT);
    b.log[0] = 0;
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, spin, job_done, &busy, 0, &busy.other),
                     WY_OK);
    wy_timer_free(timer);
    assert_int_equal(wy_timer_new(b.loop, cancel_other, &busy, &timer), WY_OK);
    wy_timer_start(timer, 5);
    wy_loop_run(b.loop);
    assert_string_equal(b.log, "cancelled|");
    wy_timer_free(timer);
    tear_down(&b);
}

static void sleep_and_add(void *data) {
    int *value = data;
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    *value += 1;
}

static void offload(wy_task *task, wy_context *context, void *data) {
    (void)context;
    job *j = data;
    int value = 6; /* on the fiber's stack */
    j->err = wy_task_offload(task, sleep_and_add, &value);
    j->value = value;
}

TEST(offloaded_work_is_waited_for_even_when_cancelled) {
    bench b;
    set_up(&b);
    job plain = {.bench = &b, .name = "plain "}, cut = {.bench = &b, .name = "cut "};
    wy_task *task;
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, offload, job_done, &plain, 0, NULL),
                     WY_OK);
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, offload, job_done, &cut, 0, &task), WY_OK);
    wy_task_cancel(task);
    wy_loop_run(b.loop);
    assert_int_equal(plain.err, WY_OK);
    assert_int_equal(plain.value, 7);
    assert_int_equal(cut.err, WY_CANCELLED);
    assert_int_equal(cut.value, 7);
    tear_down(&b);
}

static void count_up(wy_task *task, wy_context *context, void *data) {
    (void)context;
    job *j = data;
    for (int i = 0; i < 3; i++) {
        note(j->bench, j->name);
        assert_int_equal(wy_task_yield(task), WY_OK);
    }
}

typedef struct aside {
    job job;
    wy_task *inner;
    uintptr_t fiber, off; /* where on the stacks it ran */
} aside;

static void run_off(void *data) {
    aside *a = data;
    assert_null(wy_scheduler_current(wy_task_scheduler(a->job.other)));
    a->off = (uintptr_t)__builtin_frame_address(0);
    note(a->job.bench, a->job.name);
}

static void go_aside(wy_task *task, wy_context *context, void *data) {
    (void)context;
    aside *a = data;
    a->job.other = task;
    a->fiber = (uintptr_t)__builtin_frame_address(0);
    for (int i = 0; i < 2 && !a->job.err; i++)
        a->job.err = wy_task_aside(task, run_off, a);
    wy_task_wake(task); /* is still there to be waited for */
    if (!a->job.err) a->job.err = wy_task_wait(task);
}

static void begin_aside(wy_task *task, wy_context *context, void *data) {
    (void)context;
    aside *a = data;
    assert_int_equal(wy_task_spawn(wy_task_scheduler(task), a->job.bench->store, go_aside, job_done,
                                   a, 0, &a->inner),
                     WY_OK);
    assert_non_null(a->inner); /* the loop's stack is not to be had yet */
    note(a->job.bench, "outer ");
}

static bool is_far(const aside *a) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    size_t apart = a->off > here ? a->off - here : here - a->off;
    return apart > 4096 * 16 || a->fiber == a->off;
}

TEST(work_goes_aside_to_the_loops_own_stack) {
    bench b;
    set_up(&b);
    aside a = {.job = {.bench = &b, .name = "a "}};
    wy_task *task;
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, go_aside, job_done, &a, 0, &task), WY_OK);
    assert_null(task); /* it was over at once */
    assert_int_equal(a.job.err, WY_OK);
    assert_false(is_far(&a));
    assert_string_equal(b.log, "a a a ");

    b.log[0] = '\0';
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, begin_aside, NULL, &a, 0, &task), WY_OK);
    assert_null(task);
    wy_loop_run(b.loop);
    assert_string_equal(b.log, "outer a a a ");

    b.log[0] = '\0';
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, begin_aside, NULL, &a, 0, &task), WY_OK);
    wy_task_cancel(a.inner);
    wy_loop_run(b.loop);
    assert_int_equal(a.job.err, WY_CANCELLED);
    assert_string_equal(b.log, "outer a a ");
    tear_down(&b);
}

TEST(yielding_takes_turns) {
    bench b;
    set_up(&b);
    job j[2] = {{.bench = &b, .name = "x"}, {.bench = &b, .name = "y"}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(wy_task_spawn(b.scheduler, b.store, count_up, NULL, &j[i], 0, NULL),
                         WY_OK);
    wy_loop_run(b.loop);
    assert_string_equal(b.log, "xyxyxy");
    tear_down(&b);
}

static void spawn_inside(wy_task *task, wy_context *context, void *data) {
    (void)context;
    job *j = data;
    wy_task *inner;
    assert_int_equal(wy_task_spawn(wy_task_scheduler(task), j->bench->store, wait_on_list, job_done,
                                   j, 0, &inner),
                     WY_OK);
    assert_int_equal(wy_task_yield(task), WY_OK);
    set_value(j);
    while (!j->done)
        assert_int_equal(wy_task_yield(task), WY_OK);
}

TEST(a_task_may_spawn_another_in_its_store) {
    bench b;
    set_up(&b);
    job j = {.bench = &b, .name = "inner"};
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, spawn_inside, NULL, &j, 0, NULL), WY_OK);
    wy_loop_run(b.loop);
    assert_string_equal(b.log, "inner");
    tear_down(&b);
}

static void nothing(wy_task *task, wy_context *context, void *data) {
    (void)task, (void)context, (void)data;
}

TEST(a_task_that_never_waits_is_over_at_once) {
    bench b;
    set_up(&b);
    job j = {.bench = &b, .name = "now"};
    for (int i = 0; i < 1000; i++) {
        wy_task *task;
        j.done = false;
        assert_int_equal(wy_task_spawn(b.scheduler, b.store, nothing, job_done, &j, 100, &task),
                         WY_OK);
        assert_null(task);
        assert_true(j.done);
    }
    tear_down(&b);
}

TEST(without_a_stack_there_is_no_task) {
    bench b;
    set_up(&b);
    enum { MANY = 200 };
    job *jobs = calloc(MANY, sizeof *jobs);
    int spawned = 0;
    wy_task *tasks[MANY];
    for (; spawned < MANY; spawned++) {
        jobs[spawned] = (job){.bench = &b, .name = ""};
        wy_err err = wy_task_spawn(b.scheduler, b.store, wait_on_list, job_done, &jobs[spawned], 0,
                                   &tasks[spawned]);
        if (err == WY_LIMIT) break;
        assert_int_equal(err, WY_OK);
    }
    assert_int_equal(spawned, 64 + 16);
    for (int i = 0; i < spawned; i++)
        wy_task_cancel(tasks[i]);
    wy_loop_run(b.loop);
    for (int i = 0; i < spawned; i++)
        assert_true(jobs[i].done);
    free(jobs);
    tear_down(&b);
}
