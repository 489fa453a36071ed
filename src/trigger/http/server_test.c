/* The server over loopback sockets, with a handler in C. */
#include "trigger/http/server.h"

#include "base/limits.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REPLY_MAX ((size_t)4 << 20)

typedef struct server_fixture {
    wy_loop *loop;
    wy_http_server *server;
    int listen_fd;
    uint16_t port;
    unsigned requests, gone;
    wy_http_exchange *held; /* by /hold */
    wy_http_writer *writer; /* of /stream and /flood */
    char path[256];
    char seen[4096]; /* fields of the last request */
} server_fixture;

/* Sends the request's body back as it comes. */
typedef struct echo {
    server_fixture *fixture;
    wy_http_exchange *exchange;
    wy_http_writer *writer;
} echo;

static void echo_end(echo *e) {
    e->exchange->request->body.on_changed = NULL;
    wy_http_writer_watch(e->writer, NULL, NULL);
    wy_http_writer_release(e->writer);
    wy_http_exchange_release(e->exchange);
    free(e);
}

static void echo_go_on(void *data) {
    echo *e = data;
    wy_http_body *body = &e->exchange->request->body;
    for (;;) {
        wy_str bytes = wy_http_body_peek(body);
        size_t permit = wy_http_writer_permit(e->writer);
        if (bytes.len > permit) bytes.len = permit;
        if (bytes.len == 0) break;
        if (wy_http_writer_write(e->writer, bytes) != WY_OK) break;
        wy_http_body_take(body, bytes.len);
    }
    if (body->failed || wy_http_writer_failed(e->writer, NULL)) {
        wy_http_writer_watch(e->writer, NULL, NULL);
        wy_http_writer_abort(e->writer);
        echo_end(e);
    } else if (body->ended && body->start == body->end) {
        wy_http_fields *trailers = &e->exchange->request->trailers;
        assert_int_equal(wy_http_writer_finish(e->writer, trailers->count ? trailers : NULL),
                         WY_OK);
        echo_end(e);
    }
}

static void start_echo(server_fixture *fixture, wy_http_exchange *exchange) {
    echo *e = calloc(1, sizeof *e);
    wy_http_fields none;
    wy_http_fields_init(&none, &exchange->request->arena);
    *e = (echo){fixture, exchange, wy_http_writer_new()};
    assert_int_equal(wy_http_writer_response(e->writer, 200, &none), WY_OK);
    wy_http_exchange_respond(exchange, e->writer);
    exchange->request->body.on_changed = echo_go_on;
    exchange->request->body.reader = e;
    wy_http_writer_watch(e->writer, echo_go_on, e);
    echo_go_on(e);
}

static void on_gone(void *data) {
    server_fixture *fixture = data;
    fixture->gone++;
}

static void respond(wy_http_exchange *exchange, wy_http_writer *writer, uint16_t status,
                    const char *name, const char *value) {
    wy_http_fields fields;
    wy_http_fields_init(&fields, &exchange->request->arena);
    if (name)
        assert_int_equal(wy_http_fields_append(&fields, wy_str_of(name), wy_str_of(value)), WY_OK);
    assert_int_equal(wy_http_writer_response(writer, status, &fields), WY_OK);
    wy_http_exchange_respond(exchange, writer);
}

/* One response of a given framing. */
static void special(server_fixture *fixture, wy_http_exchange *exchange) {
    wy_str path = exchange->path;
    wy_http_writer *writer = wy_http_writer_new();
    wy_err err = WY_OK;
    if (wy_str_eqz(path, "/short")) { /* says 10, writes 5 */
        respond(exchange, writer, 200, "content-length", "10");
        assert_int_equal(wy_http_writer_write(writer, WY_STR("12345")), WY_OK);
        wy_http_writer_push(writer);
        assert_int_equal(wy_http_writer_finish(writer, NULL), WY_INVALID);
    } else if (wy_str_eqz(path, "/long")) {
        respond(exchange, writer, 200, "content-length", "3");
        assert_int_equal(wy_http_writer_write(writer, WY_STR("12345")), WY_INVALID);
    } else if (wy_str_eqz(path, "/cut") || wy_str_eqz(path, "/abort")) {
        respond(exchange, writer, 200, NULL, NULL);
        assert_int_equal(wy_http_writer_write(writer, WY_STR("12345")), WY_OK);
        if (wy_str_eqz(path, "/cut")) wy_http_writer_flush(writer);
        wy_http_writer_abort(writer);
    } else if (wy_str_eqz(path, "/nothing")) {
        respond(exchange, writer, 204, "content-length", "0");
        err = wy_http_writer_finish(writer, NULL);
    } else if (wy_str_eqz(path, "/big")) {
        respond(exchange, writer, 200, NULL, NULL);
        static char block[40000];
        memset(block, 'x', sizeof block);
        for (int i = 0; i < 3; i++)
            assert_int_equal(wy_http_writer_write(writer, (wy_str){block, sizeof block}), WY_OK);
        err = wy_http_writer_finish(writer, NULL);
    } else { /* /early: everything before there is a connection */
        assert_int_equal(wy_http_writer_write(writer, WY_STR("early")), WY_OK);
        assert_int_equal(wy_http_writer_finish(writer, NULL), WY_OK);
        respond(exchange, writer, 200, NULL, NULL);
    }
    assert_int_equal(err, WY_OK);
    (void)fixture;
    wy_http_writer_release(writer);
    wy_http_exchange_release(exchange);
}

static void on_request(void *data, own wy_http_exchange *exchange) {
    server_fixture *fixture = data;
    wy_str path = exchange->path;
    fixture->requests++;
    snprintf(fixture->path, sizeof fixture->path, WY_STR_FMT,
             WY_STR_ARG(exchange->path_with_query));
    size_t at = 0;
    for (uint32_t i = 0; i < exchange->request->fields.count && at < 4000; i++) {
        wy_http_field field = exchange->request->fields.items[i];
        at += (size_t)snprintf(fixture->seen + at, sizeof fixture->seen - at,
                               WY_STR_FMT "=" WY_STR_FMT ";", WY_STR_ARG(field.name),
                               WY_STR_ARG(field.value));
    }
    if (wy_str_eqz(path, "/echo")) {
        start_echo(fixture, exchange);
    } else if (wy_str_eqz(path, "/hold")) {
        fixture->held = exchange;
        exchange->on_gone = on_gone;
        exchange->data = fixture;
    } else if (wy_str_eqz(path, "/stream")) {
        fixture->held = exchange;
        fixture->writer = wy_http_writer_new();
        respond(exchange, fixture->writer, 200, NULL, NULL);
    } else if (wy_str_eqz(path, "/forget")) {
        wy_http_exchange_release(exchange);
    } else if (wy_str_eqz(path, "/")) {
        wy_err err = wy_http_exchange_reply(exchange, 200, WY_STR("text/plain"), WY_STR("hello"));
        assert_int_equal(err, WY_OK);
        wy_http_exchange_release(exchange);
    } else {
        special(fixture, exchange);
    }
}

static void start_with(server_fixture *fixture, wy_http_server_config config) {
    char bound[64];
    *fixture = (server_fixture){0};
    assert_int_equal(wy_loop_new(&fixture->loop), WY_OK);
    config.on_request = on_request;
    config.data = fixture;
    assert_int_equal(wy_http_server_new(fixture->loop, &config, &fixture->server), WY_OK);
    assert_int_equal(wy_listen_fd(WY_STR("127.0.0.1:0"), 16, &fixture->listen_fd, bound, NULL),
                     WY_OK);
    fixture->port = (uint16_t)atoi(strrchr(bound, ':') + 1);
    assert_int_equal(wy_http_server_listen(fixture->server, fixture->listen_fd), WY_OK);
}

static void start(server_fixture *fixture) {
    start_with(fixture, (wy_http_server_config){0});
}

static void stop(server_fixture *fixture) {
    wy_http_server_free(fixture->server);
    wy_http_writer_release(fixture->writer);
    if (fixture->held) wy_http_exchange_release(fixture->held);
    wy_loop_free(fixture->loop);
    close(fixture->listen_fd);
}

static int connect_to(server_fixture *fixture) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(fixture->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static uint64_t now_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Runs the loop and reads what comes; until the connection ends, or nothing came for `quiet_ms`.
 * Static memory, NUL-terminated. */
static const char *receive(server_fixture *fixture, int fd, uint64_t quiet_ms, bool *closed_out) {
    static char reply[4 << 20];
    size_t len = 0;
    uint64_t last = now_ms();
    *closed_out = false;
    while (now_ms() - last < quiet_ms) {
        wy_loop_step(fixture->loop, false);
        struct pollfd watch = {.fd = fd, .events = POLLIN};
        if (poll(&watch, 1, 1) == 0) continue;
        ssize_t n = recv(fd, reply + len, REPLY_MAX - 1 - len, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) continue;
        if (n <= 0) {
            *closed_out = true;
            break;
        }
        len += (size_t)n;
        last = now_ms();
    }
    reply[len] = '\0';
    return reply;
}

static void send_text(int fd, const char *text) {
    size_t len = strlen(text);
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

static const char *ask(server_fixture *fixture, const char *request, bool *closed_out) {
    int fd = connect_to(fixture);
    send_text(fd, request);
    const char *reply = receive(fixture, fd, 60, closed_out);
    close(fd);
    return reply;
}

static unsigned count(const char *text, const char *what) {
    unsigned n = 0;
    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

#define HOST "Host: a\r\n"

TEST(answers_and_keeps_the_connection) {
    server_fixture f;
    bool closed;
    start(&f);
    const char *reply = ask(&f, "GET /?q=1 HTTP/1.1\r\n" HOST "X-A:  b \r\n\r\n", &closed);
    assert_false(closed);
    assert_non_null(strstr(reply,
                           "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
                           "content-length: 5\r\ndate: "));
    assert_non_null(strstr(reply, " GMT\r\n\r\nhello"));
    assert_string_equal(f.path, "/?q=1");
    assert_string_equal(f.seen, "host=a;x-a=b;");
    reply = ask(&f, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &closed);
    assert_true(closed);
    assert_non_null(strstr(reply, "connection: close\r\n"));
    stop(&f);
}

TEST(http_1_0) {
    server_fixture f;
    bool closed;
    start(&f);
    const char *reply = ask(&f, "GET / HTTP/1.0\r\n\r\n", &closed);
    assert_true(closed);
    assert_non_null(strstr(reply, "\r\nconnection: close\r\n"));
    reply = ask(&f, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &closed);
    assert_false(closed);
    assert_non_null(strstr(reply, "\r\nconnection: keep-alive\r\n"));
    /* A length that is not known ends with the connection. */
    reply = ask(&f, "GET /big HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &closed);
    assert_true(closed);
    assert_null(strstr(reply, "chunked"));
    assert_true(strlen(reply) > 120000);
    stop(&f);
}

TEST(pipelined_requests_are_answered_in_order) {
    server_fixture f;
    bool closed;
    start(&f);
    const char *reply = ask(&f,
                            "GET / HTTP/1.1\r\n" HOST "\r\nPOST /echo HTTP/1.1\r\n" HOST
                            "Content-Length: 3\r\n\r\nabcHEAD / HTTP/1.1\r\n" HOST
                            "\r\nPOST /echo HTTP/1.1\r\n" HOST
                            "Transfer-Encoding: chunked\r\n\r\n"
                            "4\r\ndefg\r\n0\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n",
                            &closed);
    assert_false(closed);
    assert_int_equal(count(reply, "HTTP/1.1 200 OK"), 5);
    const char *abc = strstr(reply, "abc"), *defg = strstr(reply, "defg");
    assert_true(abc && defg && abc < defg);
    assert_int_equal(count(reply, "hello"), 2);
    assert_int_equal(count(reply, "content-length: 5"), 3);
    stop(&f);
}

TEST(pipelined_behind_one_that_waits) {
    server_fixture f;
    bool closed;
    start(&f);
    int fd = connect_to(&f);
    send_text(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
    assert_string_equal(receive(&f, fd, 40, &closed), "");
    assert_int_equal(f.requests, 1);
    assert_int_equal(wy_http_exchange_reply(f.held, 200, (wy_str){0}, WY_STR("held")), WY_OK);
    wy_http_exchange_release(f.held);
    f.held = NULL;
    const char *reply = receive(&f, fd, 40, &closed);
    assert_true(strstr(reply, "held") < strstr(reply, "hello"));
    close(fd);
    stop(&f);
}

TEST(requests_byte_by_byte) {
    server_fixture f;
    bool closed;
    start(&f);
    int fd = connect_to(&f);
    const char *request = "POST /echo HTTP/1.1\r\n" HOST
                          "Transfer-Encoding: chunked\r\n"
                          "Trailer: x-t\r\n\r\n3\r\nabc\r\n2;e=1\r\nde\r\n0\r\nX-T: 1\r\n\r\n";
    for (const char *c = request; *c; c++) {
        char one[2] = {*c, '\0'};
        send_text(fd, one);
        for (int i = 0; i < 3; i++)
            wy_loop_step(f.loop, false);
    }
    const char *reply = receive(&f, fd, 60, &closed);
    assert_non_null(strstr(reply, "\r\ntransfer-encoding: chunked\r\n"));
    assert_non_null(strstr(reply, "abc"));
    assert_non_null(strstr(reply, "de\r\n0\r\nx-t: 1\r\n\r\n"));
    close(fd);
    stop(&f);
}

TEST(head_and_no_content_have_no_body) {
    server_fixture f;
    bool closed;
    start(&f);
    const char *reply = ask(&f, "HEAD / HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_non_null(strstr(reply, "content-length: 5\r\n"));
    assert_null(strstr(reply, "hello"));
    reply = ask(&f, "HEAD /big HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_null(strstr(reply, "xxx"));
    assert_int_equal(count(reply, "HTTP/1.1 200"), 2);
    reply = ask(&f, "GET /nothing HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_non_null(strstr(reply, "HTTP/1.1 204 No Content\r\ndate"));
    assert_int_equal(count(reply, "content-length"), 1);
    stop(&f);
}

TEST(framing_follows_what_is_known) {
    server_fixture f;
    bool closed;
    start(&f);
    const char *reply = ask(&f, "GET /early HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_non_null(strstr(reply, "content-length: 5\r\n"));
    assert_non_null(strstr(reply, "\r\n\r\nearly"));
    reply = ask(&f, "GET /big HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_non_null(strstr(reply, "transfer-encoding: chunked\r\n"));
    assert_int_equal(count(reply, "\r\n9c40\r\nxxx"), 3);
    assert_non_null(strstr(reply, "x\r\n0\r\n\r\n"));
    assert_false(closed);
    stop(&f);
}

TEST(the_head_waits_for_the_next_turn_at_most) {
    server_fixture f;
    bool closed;
    start(&f);
    int fd = connect_to(&f);
    send_text(fd, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    assert_non_null(strstr(receive(&f, fd, 30, &closed), "chunked\r\n"));
    assert_int_equal(wy_http_writer_write(f.writer, WY_STR("one")), WY_OK);
    assert_string_equal(receive(&f, fd, 30, &closed), "3\r\none\r\n");
    assert_int_equal(wy_http_writer_write(f.writer, WY_STR("two")), WY_OK);
    assert_string_equal(receive(&f, fd, 30, &closed), "3\r\ntwo\r\n");
    assert_int_equal(wy_http_writer_finish(f.writer, NULL), WY_OK);
    assert_string_equal(receive(&f, fd, 30, &closed), "0\r\n\r\n");
    close(fd);
    stop(&f);
}

TEST(expect_continue) {
    server_fixture f;
    bool closed;
    start(&f);
    int fd = connect_to(&f);
    send_text(fd,
              "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    const char *reply = receive(&f, fd, 30, &closed);
    assert_true(reply == strstr(reply, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    assert_null(strstr(reply, "connection: close"));
    send_text(fd, "body");
    assert_non_null(strstr(receive(&f, fd, 30, &closed), "body\r\n"));
    close(fd);
    /* Nobody reads it: the answer comes at once, and the connection ends. */
    reply = ask(&f, "POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n",
                &closed);
    assert_null(strstr(reply, "100 Continue"));
    assert_non_null(strstr(reply, "200 OK"));
    assert_true(closed);
    stop(&f);
}

TEST(content_length_mismatch) {
    server_fixture f;
    bool closed;
    start(&f);
    const char *reply = ask(&f, "GET /short HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_true(closed);
    assert_non_null(strstr(reply, "content-length: 10\r\n"));
    assert_true(strcmp(reply + strlen(reply) - 5, "12345") == 0);
    reply = ask(&f, "GET /long HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_true(closed);
    assert_non_null(strstr(reply, "HTTP/1.1 500 "));
    stop(&f);
}

TEST(failures_of_the_handler) {
    server_fixture f;
    bool closed;
    start(&f);
    const char *reply = ask(&f, "GET /forget HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_non_null(strstr(reply, "HTTP/1.1 500 "));
    /* What was flushed is sent, and the rest is seen to be missing. */
    reply = ask(&f, "GET /cut HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_true(closed);
    assert_non_null(strstr(reply, "12345\r\n"));
    assert_null(strstr(reply, "\r\n0\r\n"));
    /* What was not, is not. */
    reply = ask(&f, "GET /abort HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_non_null(strstr(reply, "HTTP/1.1 500 "));
    assert_null(strstr(reply, "12345"));
    stop(&f);
}

static void refused(server_fixture *f, const char *request, const char *status) {
    bool closed;
    unsigned before = f->requests;
    const char *reply = ask(f, request, &closed);
    char line[64];
    snprintf(line, sizeof line, "HTTP/1.1 %s ", status);
    if (strncmp(reply, line, strlen(line)) != 0)
        fail_msg("%s\nexpected %s, got %s", request, status, reply);
    assert_true(closed);
    assert_int_equal(count(reply, "HTTP/1.1"), 1);
    assert_int_equal(f->requests, before);
}

TEST(what_is_not_http_is_refused) {
    server_fixture f;
    start(&f);
    refused(&f, "hello\r\n\r\n", "501");
    refused(&f, "GET / HTTP/1.1\r\n\r\n", "400");
    refused(&f, "GET / HTTP/1.1\r\n" HOST HOST "\r\n", "400");
    refused(&f, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400");
    refused(&f, "GET / HTTP/2.0\r\n" HOST "\r\n", "505");
    refused(&f, "BREW / HTTP/1.1\r\n" HOST "\r\n", "501");
    refused(&f, "CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n", "501");
    refused(&f, "GET /#x HTTP/1.1\r\n" HOST "\r\n", "400");
    refused(&f, "GET x HTTP/1.1\r\n" HOST "\r\n", "400");
    refused(&f, "GET / HTTP/1.1\r\n" HOST "X y: 1\r\n\r\n", "400");
    refused(&f, "GET / HTTP/1.1\r\n" HOST "X : 1\r\n\r\n", "400");
    refused(&f, "GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", "400");
    stop(&f);
}

TEST(smuggling_is_refused) {
    server_fixture f;
    start(&f);
    refused(&f,
            "POST / HTTP/1.1\r\n" HOST
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
            "0\r\n\r\n",
            "400");
    refused(&f,
            "POST / HTTP/1.1\r\n" HOST
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
            "0\r\n\r\n",
            "400");
    refused(&f, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
            "400");
    refused(&f, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
            "400");
    refused(&f, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\na", "400");
    refused(&f, "POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\na", "400");
    refused(&f, "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\na", "400");
    refused(&f, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n", "400");
    refused(&f, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: x\r\n\r\n0\r\n\r\n", "501");
    refused(&f, "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400");
    refused(&f, "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", "400");
    refused(&f, "GET / HTTP/1.1\n" HOST "\r\n", "400");
    refused(&f, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "400");
    refused(&f, "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", "400");
    stop(&f);
}

TEST(a_bad_chunk_fails_the_body) {
    server_fixture f;
    bool closed;
    start(&f);
    int fd = connect_to(&f);
    send_text(fd, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    receive(&f, fd, 30, &closed);
    send_text(fd, "zz\r\n");
    receive(&f, fd, 30, &closed);
    assert_true(closed);
    close(fd);
    stop(&f);
}

TEST(limits_of_the_head) {
    server_fixture f;
    bool closed;
    start(&f);
    static char request[200000];
    memset(request, 'a', sizeof request - 1);
    memcpy(request, "GET /", 5);
    refused(&f, request, "414");
    memset(request, 'a', sizeof request - 1);
    memcpy(request, "GET / HTTP/1.1\r\nHost: a\r\nX: ", 28);
    refused(&f, request, "431");
    size_t at = (size_t)snprintf(request, sizeof request, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < WY_MAX_HTTP_HEADERS; i++)
        at += (size_t)snprintf(request + at, sizeof request - at, "x-%d: 1\r\n", i);
    snprintf(request + at, sizeof request - at, "\r\n");
    refused(&f, request, "431");
    /* One fewer is fine. */
    char *last = strstr(request, "x-255");
    snprintf(last, 3, "\r\n");
    assert_non_null(strstr(ask(&f, request, &closed), "200 OK"));
    stop(&f);
}

TEST(slow_clients) {
    server_fixture f;
    bool closed;
    start_with(&f, (wy_http_server_config){.header_timeout_ms = 100, .idle_timeout_ms = 200});
    int fd = connect_to(&f);
    send_text(fd, "GET / HTTP/1.1\r\nHo");
    const char *reply = receive(&f, fd, 1500, &closed);
    assert_true(closed);
    assert_non_null(strstr(reply, "HTTP/1.1 408 "));
    close(fd);
    fd = connect_to(&f);
    assert_string_equal(receive(&f, fd, 1500, &closed), "");
    assert_true(closed);
    close(fd);
    stop(&f);
}

TEST(a_body_is_taken_only_as_fast_as_it_is_read) {
    server_fixture f;
    bool closed;
    start(&f);
    int fd = connect_to(&f);
    send_text(fd, "POST /hold HTTP/1.1\r\n" HOST "Content-Length: 33554432\r\n\r\n");
    static char block[65536];
    size_t sent = 0;
    for (int quiet = 0; quiet < 20;) {
        ssize_t n = send(fd, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) sent += (size_t)n;
        quiet = n > 0 ? 0 : quiet + 1;
        wy_loop_step(f.loop, false);
    }
    wy_http_body *body = &f.held->request->body;
    assert_true(wy_http_body_full(body));
    assert_true(body->received < WY_MAX_HTTP_BODY_BUFFER + sizeof block);
    assert_true(sent < 32u << 20);
    uint64_t before = body->received;
    wy_http_body_take(body, body->end - body->start);
    for (int i = 0; i < 10; i++)
        wy_loop_step(f.loop, false);
    assert_true(body->received > before);
    close(fd);
    receive(&f, fd, 10, &closed);
    stop(&f);
}

TEST(a_response_is_produced_only_as_fast_as_it_is_taken) {
    server_fixture f;
    bool closed;
    start(&f);
    int fd = connect_to(&f);
    send_text(fd, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    receive(&f, fd, 20, &closed);
    static char block[65536];
    size_t sent = 0, permit;
    while ((permit = wy_http_writer_permit(f.writer)) > 0 && sent < (64u << 20)) {
        size_t n = permit < sizeof block ? permit : sizeof block;
        assert_int_equal(wy_http_writer_write(f.writer, (wy_str){block, n}), WY_OK);
        sent += n;
    }
    assert_true(sent < (64u << 20));
    receive(&f, fd, 50, &closed);
    assert_true(wy_http_writer_permit(f.writer) > 0);
    close(fd);
    stop(&f);
}

TEST(a_client_that_goes_away) {
    server_fixture f;
    bool closed;
    start(&f);
    int fd = connect_to(&f);
    send_text(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    receive(&f, fd, 20, &closed);
    close(fd);
    uint64_t began = now_ms();
    while (!f.gone && now_ms() - began < 3000) {
        wy_loop_step(f.loop, false);
        usleep(1000);
    }
    assert_int_equal(f.gone, 1);
    assert_null(f.held->connection);
    wy_http_exchange_release(f.held);
    f.held = NULL;
    /* One that only closed its sending side still gets an answer. */
    fd = connect_to(&f);
    send_text(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    shutdown(fd, SHUT_WR);
    receive(&f, fd, 50, &closed);
    assert_int_equal(wy_http_exchange_reply(f.held, 200, (wy_str){0}, WY_STR("late")), WY_OK);
    assert_non_null(strstr(receive(&f, fd, 50, &closed), "late"));
    close(fd);
    stop(&f);
}

TEST(connection_limit) {
    server_fixture f;
    bool closed;
    start_with(&f, (wy_http_server_config){.max_connections = 1});
    int first = connect_to(&f);
    send_text(first, "GET / HTTP/1.1\r\n" HOST "\r\n");
    receive(&f, first, 20, &closed);
    const char *reply = ask(&f, "GET / HTTP/1.1\r\n" HOST "\r\n", &closed);
    assert_non_null(strstr(reply, "HTTP/1.1 503 "));
    assert_non_null(strstr(reply, "retry-after: 1\r\n"));
    close(first);
    stop(&f);
}

static void set_flag(void *data) {
    *(bool *)data = true;
}

TEST(drain_finishes_what_is_open) {
    server_fixture f;
    bool closed, drained = false;
    start(&f);
    int busy = connect_to(&f), idle = connect_to(&f);
    send_text(busy, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    receive(&f, busy, 20, &closed);
    wy_http_server_drain(f.server, set_flag, &drained);
    /* A request that was on its way already is served, and is the last. */
    send_text(idle, "GET / HTTP/1.1\r\n" HOST "\r\n");
    const char *reply = receive(&f, idle, 50, &closed);
    assert_non_null(strstr(reply, "connection: close\r\n"));
    assert_true(closed);
    assert_false(drained);
    assert_int_equal(wy_http_exchange_reply(f.held, 200, (wy_str){0}, WY_STR("held")), WY_OK);
    assert_non_null(strstr(receive(&f, busy, 50, &closed), "held"));
    assert_true(closed);
    assert_true(drained);
    close(busy);
    close(idle);
    stop(&f);
}

TEST(drain_deadline) {
    server_fixture f;
    bool closed, drained = false;
    start_with(&f, (wy_http_server_config){.drain_timeout_ms = 50});
    int fd = connect_to(&f);
    send_text(fd, "GET /hold HTTP/1.1\r\n" HOST "\r\n");
    receive(&f, fd, 20, &closed);
    wy_http_server_drain(f.server, set_flag, &drained);
    receive(&f, fd, 500, &closed);
    assert_true(closed && drained);
    assert_int_equal(f.gone, 1);
    close(fd);
    stop(&f);
}
