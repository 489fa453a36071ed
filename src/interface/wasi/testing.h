/* For unit tests of this folder: runs a body as a task, with a call such as host functions get, but
 * without a guest behind it (no memory to reserve, no instance). */
#ifndef WY_INTERFACE_WASI_TESTING_H
#define WY_INTERFACE_WASI_TESTING_H

#include "base/test.h"
#include "interface/wasi/io.h"

typedef struct testing_run {
    void (*body)(wy_call *call);
    wy_arena arena;
    bool done;
} testing_run;

static void testing_body(wy_task *task, wy_context *context, void *data) {
    (void)context;
    testing_run *run = data;
    wy_call call = {.task = task, .arena = &run->arena};
    run->body(&call);
}

static void testing_done(void *data) {
    ((testing_run *)data)->done = true;
}

/* Returns when the body returned and the loop has nothing left to do for it. */
static void in_task(void (*body)(wy_call *call)) {
    wy_engine_config config;
    wy_engine_config_init(&config);
    config.pooling = false;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_engine *engine;
    wy_loop *loop;
    wy_scheduler *scheduler;
    wy_store *store;
    wy_task *task;
    testing_run run = {.body = body};
    wy_arena_init(&run.arena, WY_MAX_CALL_ARENA);
    assert_int_equal(wy_engine_new(&config, &engine, &diag), WY_OK);
    assert_int_equal(wy_loop_new(&loop), WY_OK);
    assert_int_equal(wy_scheduler_new(loop, engine, &scheduler), WY_OK);
    assert_int_equal(wy_store_new(engine, NULL, NULL, &store), WY_OK);
    wy_err err = wy_task_spawn(scheduler, store, testing_body, testing_done, &run, 10000, &task);
    assert_int_equal(err, WY_OK);
    while (!run.done)
        wy_loop_step(loop, true);
    wy_store_free(store);
    wy_scheduler_free(scheduler);
    wy_loop_free(loop);
    wy_engine_free(engine);
    wy_arena_deinit(&run.arena);
}

#endif
