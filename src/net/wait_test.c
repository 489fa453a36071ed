/* Waiting of tasks for descriptors and names. */
#include "net/wait.h"

#include "base/test.h"
#include "engine/testing.h"

#include <unistd.h>

typedef struct bench {
    wy_loop *loop;
    wy_engine *engine;
    wy_scheduler *scheduler;
    wy_store *store;
    wy_task *task;
    int pipe[2];
    bool is_done;
} bench;

static void done(void *data) {
    ((bench *)data)->is_done = true;
}

/* Runs `body` as a task to its end. */
static void run(wy_task_body body) {
    bench b = {0};
    assert_int_equal(wy_loop_new(&b.loop), WY_OK);
    b.engine = wy_testing_engine();
    assert_int_equal(wy_scheduler_new(b.loop, b.engine, &b.scheduler), WY_OK);
    assert_int_equal(wy_store_new(b.engine, NULL, NULL, &b.store), WY_OK);
    assert_int_equal(pipe(b.pipe), 0);
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, body, done, &b, 0, &b.task), WY_OK);
    wy_loop_run(b.loop);
    assert_true(b.is_done);
    wy_store_free(b.store);
    wy_scheduler_free(b.scheduler);
    wy_engine_free(b.engine);
    wy_loop_free(b.loop);
    close(b.pipe[0]);
    close(b.pipe[1]);
}

static void wait_for_things(wy_task *task, wy_context *context, void *data) {
    (void)context;
    bench *b = data;
    unsigned events;
    assert_int_equal(wy_wait_fd(task, b->pipe[0], WY_WAIT_READ, 10, &events), WY_TIMEOUT);
    assert_int_equal(wy_wait_fd(task, b->pipe[1], WY_WAIT_WRITE, 0, &events), WY_OK);
    assert_int_equal(events, WY_WAIT_WRITE);
    assert_int_equal(write(b->pipe[1], "x", 1), 1);
    assert_int_equal(wy_wait_fd(task, b->pipe[0], WY_WAIT_READ, 5000, NULL), WY_OK);
    wy_address addresses[WY_MAX_CONNECT_ADDRESSES];
    unsigned count;
    char text[WY_WAIT_TEXT_MAX], ip[WY_ADDRESS_TEXT_MAX];
    assert_int_equal(wy_wait_resolve(task, "127.1", 80, addresses, &count, text), WY_OK);
    assert_int_equal(count, 1);
    wy_address_print(&addresses[0], ip);
    assert_string_equal(ip, "127.0.0.1:80");
    assert_int_equal(wy_wait_resolve(task, "no.such.name.invalid", 80, addresses, &count, text),
                     WY_NOT_FOUND);
    assert_int_equal(count, 0);
}

TEST(a_task_waits_for_descriptors_and_names) {
    run(wait_for_things);
}
