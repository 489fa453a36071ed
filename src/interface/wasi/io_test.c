#include "interface/wasi/cli.h"
#include "interface/wasi/testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

/* --- timers and polling --- */

static const uint64_t ms = 1000000;

static void timers(wy_call *call) {
    uint64_t start = wy_clock_monotonic_ns();
    wy_pollable *late = wy_pollable_new_timer(start + 200 * ms);
    wy_pollable *soon = wy_pollable_new_timer(start + 20 * ms);
    wy_pollable *past = wy_pollable_new_timer(0);
    wy_pollable *never = wy_pollable_new_timer(UINT64_MAX);
    wy_pollable *list[] = {late, soon, never, soon};
    bool ready[4];
    size_t count;
    assert_int_equal(wy_pollable_poll(call->task, list, 4, ready, &count), WY_OK);
    uint64_t took = wy_clock_monotonic_ns() - start;
    assert_true(took >= 20 * ms && took < 190 * ms);
    assert_int_equal(count, 2); /* the same one twice is ready twice */
    assert_true(!ready[0] && ready[1] && !ready[2] && ready[3]);
    list[1] = past;
    assert_int_equal(wy_pollable_poll(call->task, list, 3, ready, &count), WY_OK);
    assert_int_equal(count, 1);
    assert_true(ready[1]);
    assert_int_equal(wy_io_source_wait(late->source, call->task), WY_OK);
    assert_true(wy_clock_monotonic_ns() - start >= 200 * ms);
    wy_pollable_free(late);
    wy_pollable_free(soon);
    wy_pollable_free(past);
    wy_pollable_free(never);
}

TEST(poll_waits_for_the_first_of_many) {
    in_task(timers);
}

static void many(wy_call *call) {
    enum { COUNT = 1000 };
    wy_pollable *list[COUNT];
    bool ready[COUNT];
    size_t count;
    uint64_t start = wy_clock_monotonic_ns();
    for (size_t i = 0; i < COUNT; i++)
        list[i] = wy_pollable_new_timer(start + (20 + (i * 7) % COUNT) * ms);
    assert_int_equal(wy_pollable_poll(call->task, list, COUNT, ready, &count), WY_OK);
    assert_true(count >= 1 && count < COUNT / 2);
    for (size_t i = 0; i < COUNT; i++)
        wy_pollable_free(list[i]);
}

TEST(poll_takes_a_thousand) {
    in_task(many);
}

static void times_out(wy_call *call) {
    wy_pollable *never = wy_pollable_new_timer(UINT64_MAX);
    wy_task_cancel(call->task);
    assert_int_equal(wy_io_source_wait(never->source, call->task), WY_CANCELLED);
    wy_pollable_free(never);
}

TEST(a_cancelled_task_stops_waiting) {
    in_task(times_out);
}

/* --- the rules of output streams, seen over one that the test controls --- */

typedef struct gate {
    wy_output_stream stream;
    size_t room, taken, flushes;
    int fail_after; /* writes; -1: never */
    bool close_at_flush, dropped;
} gate;

static gate the_gate;

static bool gate_ready(wy_io_source *source) {
    return ((gate *)source)->room > 0;
}

/* Stands for the peer that makes room: at once, when someone waits. */
static wy_err gate_arm(wy_io_source *source, wy_loop *loop) {
    (void)loop;
    ((gate *)source)->room = 3;
    wy_io_source_wake(source);
    return WY_OK;
}

static void gate_free(own wy_io_source *source) {
    (void)source;
}

static wy_io_status gate_check_write(wy_output_stream *stream, size_t *permit_out,
                                     wy_io_fault *fault) {
    (void)fault;
    gate *self = (gate *)stream;
    if (self->close_at_flush && self->flushes) return WY_IO_CLOSED;
    *permit_out = self->room;
    return WY_IO_OK;
}

static wy_io_status gate_write(wy_output_stream *stream, wy_call *call, wy_list_u8 bytes,
                               wy_io_fault *fault) {
    (void)call;
    gate *self = (gate *)stream;
    if (self->fail_after-- == 0) return wy_io_fail(fault, wy_io_error_new(NULL, 7, "full"));
    assert_true(bytes.len <= self->room);
    self->room -= bytes.len;
    self->taken += bytes.len;
    return WY_IO_OK;
}

static wy_io_status gate_flush(wy_output_stream *stream, wy_call *call, wy_io_fault *fault) {
    (void)call, (void)fault;
    gate *self = (gate *)stream;
    self->flushes++;
    self->room = 0;
    return WY_IO_OK;
}

static void gate_drop(wy_output_stream *stream) {
    ((gate *)stream)->dropped = true;
}

static const wy_io_source_ops gate_source_ops = {gate_ready, gate_arm, gate_free};
static const wy_output_stream_ops gate_ops = {gate_check_write, gate_write, gate_flush, gate_drop};

static wy_output_stream *open_gate(size_t room) {
    the_gate = (gate){.room = room, .fail_after = -1};
    wy_output_stream_init(&the_gate.stream, &gate_source_ops, &gate_ops);
    return &the_gate.stream;
}

static wy_list_u8 text(const char *of) {
    return (wy_list_u8){(const uint8_t *)of, strlen(of)};
}

static void permits(wy_call *call) {
    wy_output_stream *out = open_gate(5);
    wy_io_fault fault = {0};
    uint64_t permit;
    assert_int_equal(wy_output_stream_check_write(out, &permit, &fault), WY_IO_OK);
    assert_int_equal(permit, 5);
    assert_int_equal(wy_output_stream_write(out, call, text("abc"), &fault), WY_IO_OK);
    assert_int_equal(wy_output_stream_write(out, call, text("de"), &fault), WY_IO_OK);
    assert_int_equal(wy_output_stream_write(out, call, text("f"), &fault), WY_IO_TRAPPED);
    wy_trap_free(fault.trap);
    fault.trap = NULL;
    /* Blocks through many permits, then flushes once. */
    assert_int_equal(
        wy_output_stream_blocking_write_and_flush(out, call, text("0123456789"), &fault), WY_IO_OK);
    assert_int_equal(the_gate.taken, 15);
    assert_int_equal(the_gate.flushes, 1);
    assert_int_equal(wy_output_stream_write_zeroes(out, call, 4, &fault), WY_IO_TRAPPED);
    wy_trap_free(fault.trap);
    fault.trap = NULL;
    assert_int_equal(wy_output_stream_write_zeroes(out, call, 3, &fault), WY_IO_OK);
    /* A flush takes the permit away. */
    the_gate.room = 3;
    assert_int_equal(wy_output_stream_check_write(out, &permit, &fault), WY_IO_OK);
    assert_int_equal(wy_output_stream_flush(out, call, &fault), WY_IO_OK);
    assert_int_equal(wy_output_stream_write(out, call, text("f"), &fault), WY_IO_TRAPPED);
    wy_trap_free(fault.trap);
    wy_output_stream_drop(out);
    assert_true(the_gate.dropped);
}

TEST(writes_keep_to_their_permit) {
    in_task(permits);
}

static void failures(wy_call *call) {
    wy_output_stream *out = open_gate(5);
    the_gate.fail_after = 1;
    wy_io_fault fault = {0};
    uint64_t permit;
    wy_io_status status =
        wy_output_stream_blocking_write_and_flush(out, call, text("0123456789"), &fault);
    assert_int_equal(status, WY_IO_FAILED);
    assert_string_equal(fault.error->text, "full");
    assert_int_equal(fault.error->code, 7);
    wy_io_error_free(fault.error);
    fault.error = NULL;
    assert_int_equal(wy_output_stream_check_write(out, &permit, &fault), WY_IO_CLOSED);
    assert_int_equal(wy_output_stream_write(out, call, text(""), &fault), WY_IO_CLOSED);
    assert_int_equal(wy_output_stream_flush(out, call, &fault), WY_IO_CLOSED);
    uint64_t count;
    wy_input_stream *in = wy_input_stream_new_empty();
    assert_int_equal(wy_output_stream_splice(out, call, in, 1, true, &count, &fault), WY_IO_CLOSED);
    wy_output_stream_drop(out);
    /* Closed by its own flush: the write was a success. */
    out = open_gate(5);
    the_gate.close_at_flush = true;
    assert_int_equal(wy_output_stream_blocking_write_and_flush(out, call, text("abc"), &fault),
                     WY_IO_OK);
    assert_int_equal(wy_output_stream_check_write(out, &permit, &fault), WY_IO_CLOSED);
    wy_output_stream_drop(out);
    wy_input_stream_drop(in);
}

TEST(after_a_failure_a_stream_is_closed) {
    in_task(failures);
}

/* --- standard streams --- */

static int pipe_fds[2];

static void *write_later(void *data) {
    usleep(30000);
    assert_int_equal(write(pipe_fds[1], data, strlen(data)), (ssize_t)strlen(data));
    usleep(30000);
    close(pipe_fds[1]);
    return NULL;
}

static void standard_input(wy_call *call) {
    wy_input_stream *in = wy_stdin_new(pipe_fds[0]);
    wy_pollable *pollable = wy_pollable_new(&in->source);
    wy_io_fault fault = {0};
    wy_list_u8 bytes;
    assert_false(wy_io_source_ready(pollable->source));
    assert_int_equal(wy_input_stream_read(in, call, 10, false, true, &bytes, &fault), WY_IO_OK);
    assert_int_equal(bytes.len, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_later, (void *)(uintptr_t) "later"), 0);
    assert_int_equal(wy_input_stream_read(in, call, 3, true, true, &bytes, &fault), WY_IO_OK);
    assert_int_equal(bytes.len, 3);
    assert_memory_equal(bytes.ptr, "lat", 3);
    assert_int_equal(wy_input_stream_read(in, call, 3, true, true, &bytes, &fault), WY_IO_OK);
    assert_int_equal(bytes.len, 2);
    assert_int_equal(wy_input_stream_read(in, call, 3, true, true, &bytes, &fault), WY_IO_CLOSED);
    pthread_join(thread, NULL);
    /* The shared descriptor is as it was. */
    assert_int_equal(fcntl(pipe_fds[0], F_GETFL) & O_NONBLOCK, 0);
    wy_input_stream_drop(in); /* before its pollable */
    assert_true(wy_io_source_ready(pollable->source));
    wy_pollable_free(pollable);
    close(pipe_fds[0]);
}

TEST(standard_input_is_waited_for) {
    assert_int_equal(pipe(pipe_fds), 0);
    in_task(standard_input);
}

static void *drain_later(void *data) {
    size_t *total = data;
    usleep(30000);
    char buffer[8192];
    for (ssize_t count; (count = read(pipe_fds[0], buffer, sizeof buffer)) > 0;)
        *total += (size_t)count;
    return NULL;
}

static void standard_output(wy_call *call) {
    wy_wasi_output output = {.fd = pipe_fds[1], .follow_fd = -1};
    wy_buf line;
    wy_stdout_begin(&output, &line);
    wy_output_stream *out = wy_stdout_new(&output, &line);
    static uint8_t big[300000]; /* more than a pipe holds */
    size_t total = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, drain_later, &total), 0);
    wy_io_fault fault = {0};
    wy_io_status status =
        wy_output_stream_blocking_write_and_flush(out, call, (wy_list_u8){big, sizeof big}, &fault);
    assert_int_equal(status, WY_IO_OK);
    close(pipe_fds[1]);
    pthread_join(thread, NULL);
    assert_int_equal(total, sizeof big);
    wy_output_stream_drop(out);
    wy_stdout_end(&output, &line);
    close(pipe_fds[0]);
}

TEST(a_full_pipe_does_not_stop_the_loop) {
    assert_int_equal(pipe(pipe_fds), 0);
    in_task(standard_output);
}

static char sunk[64];

static void sink(void *data, wy_str bytes) {
    strncat(data, bytes.ptr, bytes.len);
}

static void followed(wy_call *call) {
    wy_wasi_output output = {.fd = -1,
                             .follow_fd = pipe_fds[1],
                             .prefix = WY_STR("[a] "),
                             .sink = sink,
                             .sink_data = sunk};
    wy_buf line;
    wy_stdout_begin(&output, &line);
    wy_output_stream *out = wy_stdout_new(&output, &line);
    wy_io_fault fault = {0};
    const char *const parts[] = {"one\ntw", "o", "\n\nthr", "ee"};
    for (size_t i = 0; i < 4; i++) {
        if (i == 2) { /* another handle of the same output goes on with the line */
            wy_output_stream_drop(out);
            out = wy_stdout_new(&output, &line);
        }
        assert_int_equal(
            wy_output_stream_blocking_write_and_flush(out, call, text(parts[i]), &fault), WY_IO_OK);
    }
    wy_output_stream_drop(out);
    wy_stdout_end(&output, &line);
    char got[128];
    ssize_t count = read(pipe_fds[0], got, sizeof got - 1);
    assert_true(count > 0);
    got[count] = '\0';
    assert_string_equal(got, "[a] one\n[a] two\n[a] \n[a] three\n");
    assert_string_equal(sunk, "one\ntwo\n\nthree");
    /* A line without end is cut, not kept. */
    wy_stdout_begin(&output, &line);
    out = wy_stdout_new(&output, &line);
    static uint8_t xs[20000];
    memset(xs, 'x', sizeof xs);
    output.sink = NULL;
    assert_int_equal(
        wy_output_stream_blocking_write_and_flush(out, call, (wy_list_u8){xs, sizeof xs}, &fault),
        WY_IO_OK);
    wy_output_stream_drop(out);
    wy_stdout_end(&output, &line);
    static char lines[30000];
    size_t total = 0, ends = 0;
    while (total < sizeof xs + 3 * 5)
        total += (size_t)read(pipe_fds[0], lines + total, sizeof lines - total);
    for (size_t i = 0; i < total; i++)
        ends += lines[i] == '\n';
    assert_int_equal(ends, 3);
    assert_int_equal(total, sizeof xs + 3 * 5);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

TEST(followed_output_comes_in_whole_lines) {
    assert_int_equal(pipe(pipe_fds), 0);
    in_task(followed);
}

static void broken_pipe(wy_call *call) {
    wy_wasi_output output = {.fd = pipe_fds[1], .follow_fd = -1};
    wy_buf line;
    wy_stdout_begin(&output, &line);
    wy_output_stream *out = wy_stdout_new(&output, &line);
    wy_io_fault fault = {0};
    assert_int_equal(wy_output_stream_blocking_write_and_flush(out, call, text("x"), &fault),
                     WY_IO_CLOSED);
    wy_output_stream_drop(out);
    wy_stdout_end(&output, &line);
}

TEST(a_pipe_without_reader_is_closed) {
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(pipe_fds), 0);
    close(pipe_fds[0]);
    in_task(broken_pipe);
    close(pipe_fds[1]);
}
