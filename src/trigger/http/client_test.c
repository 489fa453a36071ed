/* The client of capability/http against the server of this room, and against raw sockets. */
#include "capability/http/client.h"

#include "base/limits.h"
#include "base/test.h"
#include "trigger/http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct client_fixture {
    wy_loop *loop;
    wy_http_client *client;
    wy_http_server *server;
    int listen_fd;
    uint16_t port;
    wy_arena arena;
    unsigned requests;
    unsigned connections; /* that requests came on, one after the other */
    char peer[64];        /* of the last one */
    wy_http_exchange *held;
} client_fixture;

static void on_request(void *data, own wy_http_exchange *exchange) {
    client_fixture *fixture = data;
    fixture->requests++;
    if (!wy_str_eqz(exchange->peer, fixture->peer)) fixture->connections++;
    snprintf(fixture->peer, sizeof fixture->peer, WY_STR_FMT, WY_STR_ARG(exchange->peer));
    if (wy_str_eqz(exchange->path, "/hold")) {
        fixture->held = exchange;
        return;
    }
    wy_str body = wy_http_body_peek(&exchange->request->body);
    if (wy_str_eqz(exchange->path, "/host")) body = exchange->authority;
    wy_err err = wy_http_exchange_reply(exchange, 200, WY_STR("text/x"), body);
    assert_int_equal(err, WY_OK);
    wy_http_exchange_release(exchange);
}

static void start(client_fixture *f) {
    char bound[64];
    *f = (client_fixture){0};
    wy_arena_init(&f->arena, 1 << 20);
    wy_http_server_config config = {.on_request = on_request, .data = f};
    assert_int_equal(wy_loop_new(&f->loop), WY_OK);
    assert_int_equal(wy_http_client_new(f->loop, &f->client), WY_OK);
    assert_int_equal(wy_http_server_new(f->loop, &config, &f->server), WY_OK);
    assert_int_equal(wy_listen_fd(WY_STR("127.0.0.1:0"), 16, &f->listen_fd, bound, NULL), WY_OK);
    f->port = (uint16_t)atoi(strrchr(bound, ':') + 1);
}

static void serve(client_fixture *f) {
    assert_int_equal(wy_http_server_listen(f->server, f->listen_fd), WY_OK);
}

static void stop(client_fixture *f) {
    wy_http_client_free(f->client);
    wy_http_server_free(f->server);
    if (f->held) wy_http_exchange_release(f->held);
    wy_loop_free(f->loop);
    wy_arena_deinit(&f->arena);
    close(f->listen_fd);
}

static uint64_t now_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void run(client_fixture *f, uint64_t ms) {
    for (uint64_t end = now_ms() + ms; now_ms() < end; usleep(200))
        wy_loop_step(f->loop, false);
}

static void until_done(client_fixture *f, const wy_http_call *call) {
    for (uint64_t end = now_ms() + 5000; now_ms() < end && !wy_http_call_done(call); usleep(200))
        wy_loop_step(f->loop, false);
    assert_true(wy_http_call_done(call));
}

static void count_change(void *data) {
    ++*(unsigned *)data;
}

static own wy_http_call *ask(client_fixture *f, wy_http_call_config config, const char *method,
                             const char *path, const char *body, unsigned *changes) {
    wy_http_fields fields;
    wy_http_fields_init(&fields, &f->arena);
    wy_http_writer *writer = wy_http_writer_new();
    char authority[64];
    snprintf(authority, sizeof authority, "127.0.0.1:%u", f->port);
    if (!config.host.len) config.host = WY_STR("127.0.0.1");
    if (!config.port) config.port = f->port;
    config.head_only = strcmp(method, "HEAD") == 0;
    config.idempotent = strcmp(method, "POST") != 0;
    assert_int_equal(wy_http_writer_request(writer, wy_str_of(method), wy_str_of(path),
                                            wy_str_of(authority), &fields),
                     WY_OK);
    wy_http_call *call = wy_http_call_start(f->client, &config, writer, count_change, changes);
    assert_non_null(call);
    if (body) assert_int_equal(wy_http_writer_write(writer, wy_str_of(body)), WY_OK);
    assert_int_equal(wy_http_writer_finish(writer, NULL), WY_OK);
    wy_http_writer_release(writer);
    return call;
}

static void expect_body(client_fixture *f, const wy_http_call *call, const char *body) {
    wy_http_error error;
    const char *text;
    until_done(f, call);
    wy_http_incoming *response = wy_http_call_response(call, &error, &text);
    assert_non_null(response);
    run(f, 20);
    wy_str bytes = wy_http_body_peek(&response->body);
    assert_true(wy_str_eqz(bytes, body));
    assert_true(response->body.ended);
    assert_int_equal(response->status, 200);
}

static void expect_error(client_fixture *f, own wy_http_call *call, wy_http_error expected) {
    wy_http_error error = WY_HTTP_ERROR_COUNT;
    const char *text;
    until_done(f, call);
    assert_null(wy_http_call_response(call, &error, &text));
    assert_string_equal(wy_http_error_name(error), wy_http_error_name(expected));
    wy_http_call_free(call);
}

TEST(requests_share_a_kept_connection) {
    client_fixture f;
    unsigned changes = 0;
    start(&f);
    serve(&f);
    for (int i = 0; i < 3; i++) {
        wy_http_call *call = ask(&f, (wy_http_call_config){0}, "POST", "/", "ping", &changes);
        expect_body(&f, call, "ping");
        wy_http_call_free(call);
    }
    assert_int_equal(changes, 3);
    assert_int_equal(f.requests, 3);
    assert_int_equal(f.connections, 1);
    wy_http_call *head = ask(&f, (wy_http_call_config){0}, "HEAD", "/host", NULL, &changes);
    expect_body(&f, head, "");
    wy_http_call_free(head);
    stop(&f);
}

TEST(failures_have_their_codes) {
    client_fixture f;
    unsigned changes = 0;
    start(&f);
    close(f.listen_fd); /* nobody listens */
    f.listen_fd = -1;
    expect_error(&f, ask(&f, (wy_http_call_config){0}, "GET", "/", NULL, &changes),
                 WY_HTTP_CONNECTION_REFUSED);
    assert_int_equal(changes, 1);
    stop(&f);
}

static bool refuse_all(void *data, const char *address) {
    (void)data, (void)address;
    return false;
}

TEST(the_policy_sees_addresses) {
    client_fixture f;
    unsigned changes = 0;
    wy_http_policy policy = {.allow_address = refuse_all};
    start(&f);
    serve(&f);
    expect_error(&f, ask(&f, (wy_http_call_config){.policy = &policy}, "GET", "/", NULL, &changes),
                 WY_HTTP_DESTINATION_IP_PROHIBITED);
    assert_int_equal(f.requests, 0);
    stop(&f);
}

TEST(first_byte_timeout) {
    client_fixture f;
    unsigned changes = 0;
    start(&f);
    serve(&f);
    expect_error(
        &f,
        ask(&f, (wy_http_call_config){.first_byte_timeout_ms = 50}, "GET", "/hold", NULL, &changes),
        WY_HTTP_CONNECTION_READ_TIMEOUT);
    stop(&f);
}

TEST(a_call_that_is_dropped_ends_its_request) {
    client_fixture f;
    unsigned changes = 0;
    start(&f);
    serve(&f);
    wy_http_call *call = ask(&f, (wy_http_call_config){0}, "GET", "/hold", NULL, &changes);
    run(&f, 50);
    assert_non_null(f.held);
    wy_http_call_free(call);
    run(&f, 1200);
    assert_null(f.held->connection);
    assert_int_equal(changes, 0);
    stop(&f);
}

/* A server of raw bytes: accepts one connection, reads a request, sends `reply`, and closes if
 * asked to. */
static int raw_reply(client_fixture *f, const char *reply, bool close_it) {
    char request[4096];
    int fd = -1;
    for (uint64_t end = now_ms() + 3000; fd < 0 && now_ms() < end;) {
        wy_loop_step(f->loop, false);
        fd = accept4(f->listen_fd, NULL, NULL, SOCK_NONBLOCK);
    }
    assert_true(fd >= 0);
    ssize_t n = -1;
    for (uint64_t end = now_ms() + 3000; n <= 0 && now_ms() < end;) {
        wy_loop_step(f->loop, false);
        n = recv(fd, request, sizeof request, MSG_DONTWAIT);
    }
    assert_true(n > 0);
    size_t len = strlen(reply);
    assert_int_equal(send(fd, reply, len, MSG_NOSIGNAL), len);
    if (!close_it) return fd;
    close(fd);
    return -1;
}

TEST(a_request_that_waited_for_its_connection_goes_on) {
    client_fixture f;
    unsigned changes = 0, permits = 0;
    start(&f);
    serve(&f);
    wy_http_fields fields;
    wy_http_fields_init(&fields, &f.arena);
    wy_http_writer *writer = wy_http_writer_new();
    assert_int_equal(wy_http_writer_request(writer, WY_STR("POST"), WY_STR("/hold"),
                                            WY_STR("127.0.0.1"), &fields),
                     WY_OK);
    wy_http_call_config config = {.host = WY_STR("127.0.0.1"), .port = f.port};
    wy_http_call *call = wy_http_call_start(f.client, &config, writer, count_change, &changes);
    assert_non_null(call);
    size_t permit = wy_http_writer_permit(writer);
    char *bytes = calloc(1, permit);
    assert_int_equal(wy_http_writer_write(writer, (wy_str){bytes, permit}), WY_OK);
    assert_int_equal(wy_http_writer_permit(writer), 0);
    wy_http_writer_watch(writer, count_change, &permits);
    run(&f, 50);
    assert_true(wy_http_writer_permit(writer) > 0);
    assert_true(permits > 0);
    wy_http_writer_watch(writer, NULL, NULL);
    wy_http_writer_abort(writer);
    wy_http_writer_release(writer);
    wy_http_call_free(call);
    free(bytes);
    stop(&f);
}

TEST(what_servers_send) {
    static const struct {
        const char *reply;
        const char *body; /* NULL: `error` before the head */
        bool fails;       /* the body does, with `error` */
        wy_http_error error;
    } cases[] = {
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", 0, 0},
        {"HTTP/1.1 200 OK\r\n\r\nto the end", "to the end", false, 0},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok", 0, 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "abc", true,
         WY_HTTP_RESPONSE_INCOMPLETE},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "ok", true,
         WY_HTTP_RESPONSE_INCOMPLETE},
        {"HTTP/1.1 200 OK\r\nContent-", NULL, false, WY_HTTP_RESPONSE_INCOMPLETE},
        {"", NULL, false, WY_HTTP_CONNECTION_TERMINATED},
        {"nonsense\r\n\r\n", NULL, false, WY_HTTP_PROTOCOL_ERROR},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", NULL, false, WY_HTTP_UPGRADE_FAILED},
    };
    client_fixture f;
    start(&f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsigned changes = 0;
        wy_http_error error;
        const char *text;
        wy_http_call *call = ask(&f, (wy_http_call_config){0}, "GET", "/", NULL, &changes);
        raw_reply(&f, cases[i].reply, true);
        if (!cases[i].body) {
            expect_error(&f, call, cases[i].error);
            continue;
        }
        until_done(&f, call);
        run(&f, 20);
        wy_http_incoming *response = wy_http_call_response(call, &error, &text);
        assert_non_null(response);
        assert_true(wy_str_eqz(wy_http_body_peek(&response->body), cases[i].body));
        assert_int_equal(response->body.failed, cases[i].fails);
        assert_int_equal(response->body.ended, !cases[i].fails);
        if (cases[i].fails) assert_int_equal(response->body.error, cases[i].error);
        wy_http_call_free(call);
    }
    stop(&f);
}

TEST(between_bytes_timeout) {
    client_fixture f;
    unsigned changes = 0;
    wy_http_error error;
    const char *text;
    start(&f);
    wy_http_call *call =
        ask(&f, (wy_http_call_config){.between_bytes_timeout_ms = 50}, "GET", "/", NULL, &changes);
    int fd = raw_reply(&f, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", false);
    until_done(&f, call);
    wy_http_incoming *response = wy_http_call_response(call, &error, &text);
    run(&f, 150);
    assert_true(response->body.failed);
    assert_int_equal(response->body.error, WY_HTTP_CONNECTION_READ_TIMEOUT);
    wy_http_call_free(call);
    close(fd);
    stop(&f);
}

TEST(a_kept_connection_that_closed_is_replaced) {
    client_fixture f;
    unsigned changes = 0;
    start(&f);
    wy_http_call *call = ask(&f, (wy_http_call_config){0}, "GET", "/", NULL, &changes);
    int fd = raw_reply(&f, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false);
    expect_body(&f, call, "ok");
    wy_http_call_free(call);
    /* It is closed at the moment the next request goes out on it. */
    call = ask(&f, (wy_http_call_config){0}, "GET", "/", NULL, &changes);
    char request[1024];
    while (recv(fd, request, sizeof request, MSG_DONTWAIT) <= 0)
        wy_loop_step(f.loop, false);
    close(fd);
    raw_reply(&f, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain", true);
    expect_body(&f, call, "again");
    wy_http_call_free(call);
    stop(&f);
}
