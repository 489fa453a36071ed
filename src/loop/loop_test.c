/* Rounds, timers, the pool, streams both ways, back-pressure, connecting and cancelling. */
#include "loop/connect.h"

#include "base/test.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void count(void *data) {
    ++*(int *)data;
}

TEST(timers_fire_in_order_and_can_be_stopped) {
    wy_loop *loop;
    wy_timer *a, *b;
    int fired = 0, stopped = 0;
    assert_int_equal(wy_loop_new(&loop), WY_OK);
    assert_int_equal(wy_timer_new(loop, count, &fired, &a), WY_OK);
    assert_int_equal(wy_timer_new(loop, count, &stopped, &b), WY_OK);
    wy_timer_start(a, 50000);
    wy_timer_start(a, 2);
    wy_timer_start(b, 1);
    wy_timer_stop(b);
    uint64_t before = wy_loop_now_ms(loop);
    wy_loop_run(loop);
    assert_true(wy_loop_now_ms(loop) - before < 5000);
    assert_int_equal(fired, 1);
    assert_int_equal(stopped, 0);
    wy_timer_free(a);
    wy_timer_free(b);
    wy_timer_free(NULL);
    wy_loop_free(loop);
}

static bool three_rounds(void *data) {
    int *rounds = data;
    return ++*rounds < 3;
}

TEST(a_round_with_more_to_do_does_not_sleep) {
    wy_loop *loop;
    int rounds = 0, fired = 0;
    wy_timer *timer;
    assert_int_equal(wy_loop_new(&loop), WY_OK);
    assert_int_equal(wy_timer_new(loop, count, &fired, &timer), WY_OK);
    wy_timer_start(timer, 60000);
    wy_loop_on_round(loop, three_rounds, &rounds);
    assert_true(wy_loop_step(loop, true));
    assert_true(rounds >= 2);
    wy_loop_stop(loop);
    assert_true(wy_loop_step(loop, true)); /* returns at once */
    wy_loop_on_round(loop, NULL, NULL);
    wy_timer_free(timer);
    assert_false(wy_loop_step(loop, true));
    wy_loop_free(loop);
}

typedef struct due {
    wy_loop *loop;
    int fired;
} due;

static bool stop_when_fired(void *data) {
    due *d = data;
    if (d->fired) wy_loop_stop(d->loop);
    return false;
}

TEST(what_a_due_timer_makes_ready_does_not_wait) {
    due d = {0};
    wy_timer *soon, *late;
    assert_int_equal(wy_loop_new(&d.loop), WY_OK);
    assert_int_equal(wy_timer_new(d.loop, count, &d.fired, &soon), WY_OK);
    assert_int_equal(wy_timer_new(d.loop, count, &d.fired, &late), WY_OK);
    wy_timer_start(late, 20000);
    wy_loop_on_round(d.loop, stop_when_fired, &d);
    wy_timer_start(soon, 0);
    wy_loop_run(d.loop);
    assert_int_equal(d.fired, 1);
    wy_loop_free(d.loop);
}

static void *wake_later(void *data) {
    usleep(5000);
    wy_loop_wake(data);
    return NULL;
}

TEST(another_thread_wakes_the_loop) {
    wy_loop *loop;
    int fired = 0;
    wy_timer *timer;
    pthread_t thread;
    assert_int_equal(wy_loop_new(&loop), WY_OK);
    assert_int_equal(wy_timer_new(loop, count, &fired, &timer), WY_OK);
    wy_timer_start(timer, 60000);
    assert_int_equal(pthread_create(&thread, NULL, wake_later, loop), 0);
    assert_true(wy_loop_step(loop, true));
    pthread_join(thread, NULL);
    wy_loop_free(loop); /* closes the timer */
}

TEST(work_runs_on_the_pool) {
    wy_loop *loop;
    int ran = 0;
    assert_int_equal(wy_loop_new(&loop), WY_OK);
    assert_int_equal(wy_loop_offload(loop, count, count, &ran), WY_OK);
    wy_loop_run(loop);
    assert_int_equal(ran, 2);
    wy_loop_free(loop);
}

typedef struct relay {
    wy_loop *loop;
    int ran, begun;
} relay;

static void count_relay(void *data) {
    ((relay *)data)->ran++;
}

/* What a task does that waits for one piece of work after another. */
static bool begin_next(void *data) {
    relay *r = data;
    if (r->ran == 2 * r->begun && r->begun < 5) {
        r->begun++;
        assert_int_equal(wy_loop_offload(r->loop, count_relay, count_relay, r), WY_OK);
    }
    return false;
}

TEST(a_round_that_begins_work_keeps_the_loop_running) {
    relay r = {0};
    assert_int_equal(wy_loop_new(&r.loop), WY_OK);
    wy_loop_on_round(r.loop, begin_next, &r);
    wy_loop_run(r.loop);
    assert_int_equal(r.begun, 5);
    assert_int_equal(r.ran, 10);
    wy_loop_free(r.loop);
}

/* --- streams --- */

#define BIG ((size_t)8 << 20)

/* A server that sends back what it reads, and a client that sends BIG bytes and counts. */
typedef struct world {
    wy_loop *loop;
    wy_listener *listener;
    wy_stream *server, *client;
    char server_buf[65536], client_buf[65536];
    size_t sent, received;
    int drained, server_ended, client_ended;
    bool wrong;
    wy_err err;
    wy_connect_fault fault;
    char text[WY_CONNECT_TEXT_MAX], peer[64];
    int dones;
} world;

static uint8_t byte_at(size_t i) {
    return (uint8_t)(i * 31 + i / 1000);
}

static void server_alloc(void *data, char **ptr_out, size_t *len_out) {
    world *w = data;
    *ptr_out = w->server_buf;
    *len_out = wy_stream_queued(w->server) > 200000 ? 0 : sizeof w->server_buf;
    if (*len_out == 0) *ptr_out = NULL;
}

static void server_read(void *data, const char *bytes, size_t len) {
    world *w = data;
    wy_str parts[2] = {{bytes, len / 2}, {bytes + len / 2, len - len / 2}};
    assert_int_equal(wy_stream_write(w->server, parts, 2), WY_OK);
}

static void server_drain(void *data) {
    world *w = data;
    w->drained++;
    wy_stream_read_start(w->server);
}

static void server_end(void *data, wy_err err) {
    world *w = data;
    assert_int_equal(err, WY_OK);
    w->server_ended++;
    wy_stream *stream = w->server;
    w->server = NULL;
    wy_stream_close(stream, false);
    wy_listener_free(w->listener);
    w->listener = NULL;
}

static const wy_stream_handlers server_handlers = {server_alloc, server_read, server_end,
                                                   server_drain};

static void on_connection(void *data, own wy_stream *stream) {
    world *w = data;
    w->server = stream;
    wy_stream_peer(stream, w->peer);
    wy_stream_set_handlers(stream, &server_handlers, w);
    wy_stream_read_start(stream);
}

static void client_send(world *w) {
    char chunk[40000];
    while (w->sent < BIG && wy_stream_queued(w->client) < 100000) {
        size_t len = BIG - w->sent < sizeof chunk ? BIG - w->sent : sizeof chunk;
        for (size_t i = 0; i < len; i++)
            chunk[i] = (char)byte_at(w->sent + i);
        wy_str part = {chunk, len};
        assert_int_equal(wy_stream_write(w->client, &part, 1), WY_OK);
        w->sent += len;
    }
    if (w->sent == BIG) wy_stream_shutdown(w->client);
}

static void client_alloc(void *data, char **ptr_out, size_t *len_out) {
    world *w = data;
    *ptr_out = w->client_buf;
    *len_out = sizeof w->client_buf;
}

static void client_read(void *data, const char *bytes, size_t len) {
    world *w = data;
    for (size_t i = 0; i < len; i++)
        w->wrong |= (uint8_t)bytes[i] != byte_at(w->received + i);
    w->received += len;
}

static void client_end(void *data, wy_err err) {
    world *w = data;
    w->client_ended++;
    w->err = err;
    wy_stream_close(w->client, false);
}

static void client_drain(void *data) {
    world *w = data;
    if (w->sent < BIG) client_send(w);
}

static const wy_stream_handlers client_handlers = {client_alloc, client_read, client_end,
                                                   client_drain};

static void on_connect(void *data, own wy_stream *stream, const wy_connect_error *error) {
    world *w = data;
    w->dones++;
    w->err = error->err;
    w->fault = error->fault;
    snprintf(w->text, sizeof w->text, "%s", error->text);
    w->client = stream;
    if (!stream) {
        wy_loop_stop(w->loop); /* a listener would keep it waiting */
        return;
    }
    wy_stream_set_handlers(stream, &client_handlers, w);
    wy_stream_read_start(stream);
    client_send(w);
}

static wy_connect *start(world *w, const char *host, uint16_t port,
                         bool (*check)(void *data, const char *address)) {
    wy_connect *connect = NULL;
    wy_connect_config config = {
        .host = host, .port = port, .check = check, .done = on_connect, .data = w};
    assert_int_equal(wy_connect_start(w->loop, &config, &connect), WY_OK);
    return connect;
}

static uint16_t listen_somewhere(world *w) {
    wy_diag diag;
    char bound[64];
    int fd;
    wy_diag_init(&diag);
    assert_int_equal(wy_loop_new(&w->loop), WY_OK);
    assert_int_equal(wy_listen_fd(WY_STR("127.0.0.1:0"), 16, &fd, bound, &diag), WY_OK);
    assert_int_equal(wy_listener_new(w->loop, fd, on_connection, w, &w->listener), WY_OK);
    close(fd);
    assert_int_equal(strncmp(bound, "127.0.0.1:", 10), 0);
    return (uint16_t)atoi(bound + 10);
}

static void echo(const char *host) {
    world *w = calloc(1, sizeof *w);
    uint16_t port = listen_somewhere(w);
    start(w, host, port, NULL);
    assert_int_equal(w->dones, 0);
    wy_loop_run(w->loop);
    assert_int_equal(w->dones, 1);
    if (!w->client) fail_msg("%s: %s", host, w->text);
    assert_int_equal(w->received, BIG);
    assert_false(w->wrong);
    assert_int_equal(w->server_ended, 1);
    assert_int_equal(w->client_ended, 1);
    assert_int_equal(w->err, WY_OK);
    assert_int_equal(strncmp(w->peer, "127.0.0.1:", 10), 0);
    wy_loop_free(w->loop);
    free(w);
}

TEST(what_is_sent_comes_back_whole) {
    echo("127.0.0.1");
}

/* Only the resolver knows this way to write 127.0.0.1; it needs no names of the machine's. */
#define NAME "127.1"

TEST(names_are_resolved) {
    echo(NAME);
}

static bool deny(void *data, const char *address) {
    world *w = data;
    snprintf(w->peer, sizeof w->peer, "%s", address);
    return false;
}

TEST(failed_connections_say_why) {
    world *w = calloc(1, sizeof *w);
    uint16_t port = listen_somewhere(w);
    wy_listener_free(w->listener);
    start(w, "127.0.0.1", port, deny);
    wy_loop_run(w->loop);
    assert_int_equal(w->err, WY_DENIED);
    assert_int_equal(w->fault, WY_CONNECT_DENIED);
    assert_int_equal(strncmp(w->peer, "127.0.0.1:", 10), 0);
    start(w, "127.0.0.1", port, NULL);
    wy_loop_run(w->loop);
    assert_int_equal(w->err, WY_IO);
    assert_int_equal(w->fault, WY_CONNECT_REFUSED);
    assert_non_null(strstr(w->text, "refused"));
    start(w, "no.such.name.invalid", 1, NULL);
    wy_loop_run(w->loop);
    assert_int_equal(w->fault, WY_CONNECT_NAME);
    assert_non_null(strstr(w->text, "no.such.name.invalid:1: cannot resolve"));
    assert_int_equal(w->dones, 3);
    wy_loop_free(w->loop);
    free(w);
}

TEST(a_cancelled_attempt_reports_nothing) {
    world *w = calloc(1, sizeof *w);
    uint16_t port = listen_somewhere(w);
    const char *hosts[] = {"127.0.0.1", NAME};
    for (int i = 0; i < 4; i++) {
        wy_connect *connect = start(w, hosts[i & 1], port, NULL);
        if (i == 2) /* once its connection was begun */
            wy_loop_step(w->loop, false);
        if (w->dones == 0) wy_connect_cancel(connect);
        w->dones = 0;
        if (w->client) wy_stream_close(w->client, true);
        w->client = NULL;
    }
    wy_listener_free(w->listener);
    if (w->server) wy_stream_close(w->server, true);
    wy_loop_run(w->loop);
    assert_int_equal(w->dones, 0);
    wy_loop_free(w->loop);
    free(w);
}

TEST(an_address_in_use_is_told) {
    wy_diag diag;
    int fd;
    wy_diag_init(&diag);
    assert_int_equal(wy_listen_fd(WY_STR("nonsense"), 1, &fd, NULL, &diag), WY_INVALID);
    wy_diag_init(&diag);
    assert_int_equal(wy_listen_fd(WY_STR("127.0.0.1:x"), 1, &fd, NULL, &diag), WY_INVALID);
    int plain = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof any;
    assert_int_equal(bind(plain, (struct sockaddr *)&any, len), 0);
    assert_int_equal(listen(plain, 1), 0);
    assert_int_equal(getsockname(plain, (struct sockaddr *)&any, &len), 0);
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(any.sin_port));
    wy_diag_init(&diag);
    assert_int_equal(wy_listen_fd(wy_str_of(address), 1, &fd, NULL, &diag), WY_EXISTS);
    assert_non_null(strstr(diag.text, address));
    close(plain);
}

/* --- descriptors and signals --- */

static void on_fd(void *data, bool readable, bool writable) {
    world *w = data;
    assert_true(readable);
    assert_false(writable);
    w->dones++;
    wy_loop_stop(w->loop);
}

TEST(a_foreign_descriptor_is_watched) {
    world w = {0};
    wy_fd_watch *watch;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(wy_loop_new(&w.loop), WY_OK);
    assert_int_equal(wy_fd_watch_new(w.loop, ends[0], true, false, on_fd, &w, &watch), WY_OK);
    assert_int_equal(write(ends[1], "x", 1), 1);
    wy_loop_run(w.loop);
    assert_true(w.dones >= 1);
    wy_fd_watch_free(watch);
    wy_loop_free(w.loop);
    close(ends[0]);
    close(ends[1]);
}

static void on_signal(void *data, int signum) {
    world *w = data;
    assert_int_equal(signum, SIGUSR1);
    w->dones++;
    wy_loop_stop(w->loop);
}

TEST(signals_reach_the_loop) {
    world w = {0};
    wy_signal *s;
    assert_int_equal(wy_loop_new(&w.loop), WY_OK);
    assert_int_equal(wy_signal_new(w.loop, SIGUSR1, on_signal, &w, &s), WY_OK);
    wy_timer *timer;
    assert_int_equal(wy_timer_new(w.loop, count, &w.drained, &timer), WY_OK);
    wy_timer_start(timer, 10000);
    raise(SIGUSR1);
    wy_loop_run(w.loop);
    assert_int_equal(w.dones, 1);
    wy_loop_free(w.loop);
}

static void pipe_alloc(void *data, char **ptr_out, size_t *len_out) {
    world *w = data;
    *ptr_out = w->client_buf;
    *len_out = 3;
}

static void pipe_read(void *data, const char *bytes, size_t len) {
    world *w = data;
    memcpy(w->text + w->received, bytes, len);
    w->received += len;
}

static const wy_stream_handlers pipe_handlers = {pipe_alloc, pipe_read, client_end, NULL};

TEST(a_pipe_can_be_a_stream) {
    world *w = calloc(1, sizeof *w);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "hello pipe", 10), 10);
    close(ends[1]);
    assert_int_equal(wy_loop_new(&w->loop), WY_OK);
    assert_int_equal(wy_stream_open_fd(w->loop, ends[0], &w->client), WY_OK);
    close(ends[0]);
    wy_stream_set_handlers(w->client, &pipe_handlers, w);
    wy_stream_read_start(w->client);
    wy_loop_run(w->loop);
    assert_string_equal(w->text, "hello pipe");
    assert_int_equal(w->client_ended, 1);
    int file = open("/dev/zero", O_RDONLY);
    int regular = open("/proc/self/status", O_RDONLY);
    assert_int_equal(wy_stream_open_fd(w->loop, regular, &w->client), WY_UNSUPPORTED);
    close(file);
    close(regular);
    wy_loop_free(w->loop);
    free(w);
}

typedef struct half {
    wy_stream *stream;
    size_t received, ends, drains;
    bool is_full;
    char buffer[1000];
} half;

static void half_alloc(void *data, char **ptr_out, size_t *len_out) {
    half *h = data;
    *ptr_out = h->is_full ? NULL : h->buffer;
    *len_out = sizeof h->buffer;
}

static void half_read(void *data, const char *bytes, size_t len) {
    half *h = data;
    for (size_t i = 0; i < len; i++)
        assert_int_equal((uint8_t)bytes[i], (uint8_t)(h->received + i));
    h->received += len;
    h->is_full = h->received == 3000;
}

static void half_end(void *data, wy_err err) {
    assert_int_equal(err, WY_OK);
    ((half *)data)->ends++;
}

static void half_drain(void *data) {
    ((half *)data)->drains++;
}

TEST(a_pair_of_streams_needs_no_socket) {
    static const wy_stream_handlers half_handlers = {half_alloc, half_read, half_end, half_drain};
    wy_loop *loop;
    half a = {0}, b = {0};
    char bytes[5000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    assert_int_equal(wy_loop_new(&loop), WY_OK);
    assert_int_equal(wy_stream_pair(loop, &a.stream, &b.stream), WY_OK);
    wy_stream_set_handlers(a.stream, &half_handlers, &a);
    wy_stream_set_handlers(b.stream, &half_handlers, &b);
    wy_str parts[] = {{bytes, 10}, {NULL, 0}, {bytes + 10, sizeof bytes - 10}};
    assert_int_equal(wy_stream_write(a.stream, parts, 3), WY_OK);
    assert_int_equal(wy_stream_queued(a.stream), sizeof bytes);
    wy_loop_run(loop);
    assert_int_equal(b.received, 0); /* nobody reads */
    wy_stream_read_start(b.stream);
    wy_loop_run(loop);
    assert_int_equal(b.received, 3000); /* there was no room for more */
    assert_int_equal(wy_stream_queued(a.stream), 2000);
    b.is_full = false;
    wy_stream_read_start(b.stream);
    wy_stream_shutdown(a.stream);
    wy_loop_run(loop);
    assert_int_equal(b.received, sizeof bytes);
    assert_int_equal(a.drains, 1);
    assert_int_equal(b.ends, 1);
    wy_str last = {bytes, 5};
    assert_int_equal(wy_stream_write(b.stream, &last, 1), WY_OK);
    wy_stream_close(b.stream, false); /* what it wrote is still there */
    wy_stream_read_start(a.stream);
    wy_loop_run(loop);
    assert_int_equal(a.received, 5);
    assert_int_equal(a.ends, 1);
    assert_int_equal(wy_stream_write(a.stream, &last, 1), WY_CLOSED);
    wy_stream_close(a.stream, true);
    wy_loop_free(loop);
}
