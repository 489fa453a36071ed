/* Connections of tasks: reading and writing straight-line, deadlines, cancelling, and waiting for
 * descriptors and names. */
#include "net/conn.h"

#include "base/limits.h"
#include "base/test.h"
#include "engine/testing.h"
#include "loop/testing.h"
#include "net/wait.h"

#include <stdlib.h>
#include <unistd.h>

#define BIG ((size_t)5 << 20)

typedef struct bench {
    wy_loop *loop;
    wy_engine *engine;
    wy_scheduler *scheduler;
    wy_store *store;
    wy_testing_tls *server;
    wy_task *task;
    wy_err err;
    int step, pipe[2];
    bool is_done;
} bench;

static void done(void *data) {
    ((bench *)data)->is_done = true;
}

/* Runs `body` as a task to its end. */
static void run(wy_testing_tls_habit habit, wy_task_body body, uint64_t timeout_ms) {
    bench b = {0};
    assert_int_equal(wy_loop_new(&b.loop), WY_OK);
    b.engine = wy_testing_engine();
    assert_int_equal(wy_scheduler_new(b.loop, b.engine, &b.scheduler), WY_OK);
    assert_int_equal(wy_store_new(b.engine, NULL, NULL, &b.store), WY_OK);
    assert_int_equal(pipe(b.pipe), 0);
    b.server =
        wy_testing_tls_start(&(wy_testing_tls_options){.name = "IP:127.0.0.1", .habit = habit});
    assert_int_equal(wy_task_spawn(b.scheduler, b.store, body, done, &b, timeout_ms, &b.task),
                     WY_OK);
    wy_loop_run(b.loop);
    assert_true(b.is_done);
    wy_store_free(b.store);
    wy_scheduler_free(b.scheduler);
    wy_engine_free(b.engine);
    wy_loop_free(b.loop);
    wy_testing_tls_stop(b.server);
    close(b.pipe[0]);
    close(b.pipe[1]);
}

static own wy_conn *open_conn(wy_task *task, bench *b) {
    wy_tls_config tls = {.ca_file = b->server->ca_file};
    wy_conn_config config = {.host = "127.0.0.1", .port = b->server->port, .tls = &tls};
    wy_conn *conn = NULL;
    wy_connect_error error;
    if (wy_conn_open(task, &config, &conn, &error) != WY_OK) fail_msg("%s", error.text);
    return conn;
}

static void talk(wy_task *task, wy_context *context, void *data) {
    (void)context;
    wy_conn *conn = open_conn(task, data);
    assert_true(wy_conn_is_idle(conn));
    assert_int_equal(strncmp(wy_conn_peer(conn), "127.0.0.1:", 10), 0);
    for (int i = 0; i < 3; i++) {
        wy_str parts[] = {WY_STR("hello "), WY_STR("world"), WY_STR("!")}, bytes;
        assert_int_equal(wy_conn_write(conn, task, parts, 3), WY_OK);
        char got[12];
        assert_int_equal(wy_conn_read_exactly(conn, task, got, 5), WY_OK);
        assert_int_equal(wy_conn_read_exactly(conn, task, got, 7), WY_OK);
        assert_memory_equal(got, " world!", 7);
        assert_true(wy_conn_is_idle(conn));
        wy_conn_unread(conn, 2);
        assert_false(wy_conn_is_idle(conn));
        assert_int_equal(wy_conn_read(conn, task, &bytes), WY_OK);
        assert_int_equal(bytes.len, 2);
        assert_memory_equal(bytes.ptr, "d!", 2);
    }
    wy_conn_close(conn);
}

TEST(a_task_talks_to_a_server) {
    run(WY_TESTING_TLS_ECHO, talk, 0);
}

static void stream_out(wy_task *task, wy_context *context, void *data) {
    (void)context;
    wy_conn **conn = data;
    char *bytes = malloc(BIG);
    for (size_t i = 0; i < BIG; i++)
        bytes[i] = (char)(i * 7 + (i >> 10));
    wy_str part = {bytes, BIG};
    assert_int_equal(wy_conn_write(*conn, task, &part, 1), WY_OK);
    free(bytes);
    *conn = NULL;
}

static void nothing(void *data) {
    (void)data;
}

static void pump(wy_task *task, wy_context *context, void *data) {
    (void)context;
    bench *b = data;
    wy_conn *conn = open_conn(task, b), *writing = conn;
    wy_task *writer;
    wy_store *store;
    assert_int_equal(wy_store_new(b->engine, NULL, NULL, &store), WY_OK);
    assert_int_equal(wy_task_spawn(b->scheduler, store, stream_out, nothing, &writing, 0, &writer),
                     WY_OK);
    bool is_wrong = false;
    for (size_t have = 0; have < BIG;) {
        wy_str bytes;
        assert_int_equal(wy_conn_read(conn, task, &bytes), WY_OK);
        assert_true(bytes.len > 0);
        for (size_t i = 0; i < bytes.len; i++)
            is_wrong |= bytes.ptr[i] != (char)((have + i) * 7 + ((have + i) >> 10));
        have += bytes.len;
    }
    assert_false(is_wrong);
    while (writing)
        assert_int_equal(wy_task_yield(task), WY_OK);
    assert_int_equal(wy_task_yield(task), WY_OK);
    wy_conn_close(conn);
    wy_store_free(store);
}

TEST(one_task_writes_while_another_reads) {
    run(WY_TESTING_TLS_ECHO, pump, 0);
}

static void hear_the_end(wy_task *task, wy_context *context, void *data) {
    (void)context;
    wy_conn *conn = open_conn(task, data);
    wy_str part = WY_STR("x"), bytes;
    assert_int_equal(wy_conn_write(conn, task, &part, 1), WY_OK);
    assert_int_equal(wy_conn_read(conn, task, &bytes), WY_OK);
    assert_int_equal(bytes.len, 1);
    assert_int_equal(wy_conn_read(conn, task, &bytes), WY_IO); /* cut: no goodbye */
    assert_int_equal(wy_conn_read_exactly(conn, task, &bytes, 1), WY_IO);
    assert_false(wy_conn_is_idle(conn));
    wy_conn_close(conn);
}

TEST(a_broken_connection_is_told) {
    run(WY_TESTING_TLS_CUT, hear_the_end, 0);
}

static void be_late(wy_task *task, wy_context *context, void *data) {
    (void)context;
    wy_conn *conn = open_conn(task, data);
    wy_str bytes;
    wy_conn_set_deadline(conn, 20);
    assert_int_equal(wy_conn_read(conn, task, &bytes), WY_TIMEOUT);
    assert_int_equal(wy_task_ended(task), WY_OK);
    assert_int_equal(wy_conn_read(conn, task, &bytes), WY_TIMEOUT);
    assert_false(wy_conn_is_idle(conn));
    wy_conn_close(conn);
}

TEST(an_operation_has_a_deadline) {
    run(WY_TESTING_TLS_ECHO, be_late, 0);
}

static void be_stopped(wy_task *task, wy_context *context, void *data) {
    (void)context;
    wy_conn *conn = open_conn(task, data);
    wy_str bytes;
    assert_int_equal(wy_conn_read(conn, task, &bytes), WY_TIMEOUT);
    assert_int_equal(wy_task_ended(task), WY_TIMEOUT);
    wy_conn_close(conn);
}

TEST(the_tasks_deadline_ends_a_read) {
    run(WY_TESTING_TLS_ECHO, be_stopped, 3000);
}

static void be_stopped_early(wy_task *task, wy_context *context, void *data) {
    (void)context;
    bench *b = data;
    wy_tls_config tls = {.ca_file = b->server->ca_file};
    wy_conn_config config = {.host = "127.0.0.1", .port = b->server->port, .tls = &tls};
    wy_conn *conn = NULL;
    wy_connect_error error;
    assert_int_equal(wy_conn_open(task, &config, &conn, &error), WY_TIMEOUT);
    assert_int_equal(wy_task_ended(task), WY_TIMEOUT);
}

TEST(the_tasks_deadline_ends_connecting) {
    run(WY_TESTING_TLS_SILENT, be_stopped_early, 100);
}

static bool refuse(void *data, const char *address) {
    ++*(int *)data;
    return strncmp(address, "127.0.0.1:", 10) != 0;
}

static void be_refused(wy_task *task, wy_context *context, void *data) {
    (void)context;
    bench *b = data;
    wy_conn_config config = {
        .host = "127.0.0.1", .port = b->server->port, .check = refuse, .check_data = &b->step};
    wy_conn *conn = NULL;
    wy_connect_error error;
    assert_int_equal(wy_conn_open(task, &config, &conn, &error), WY_DENIED);
    assert_int_equal(error.fault, WY_CONNECT_DENIED);
    assert_int_equal(b->step, 1);
    char long_name[400] = "";
    memset(long_name, 'x', sizeof long_name - 1);
    config.host = long_name;
    assert_int_equal(wy_conn_open(task, &config, &conn, &error), WY_INVALID);
}

TEST(addresses_can_be_refused) {
    run(WY_TESTING_TLS_ECHO, be_refused, 0);
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
    assert_int_equal(wy_wait_ms(task, 2), WY_OK);
}

TEST(a_task_waits_for_descriptors_and_names) {
    run(WY_TESTING_TLS_ECHO, wait_for_things, 0);
}
