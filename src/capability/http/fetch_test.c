/* Fetch against a raw server on a thread: what it sends, and what it makes of replies. */
#include "capability/http/fetch.h"

#include "base/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct raw_server {
    int fd;
    char url[64];
    const char *replies[4]; /* one a connection; the connection closes behind it */
    sem_t *listens;         /* not NULL: answers first, and reads the body once posted */
    char head[4096];        /* of the last request */
    size_t body_len;
    pthread_t thread;
} raw_server;

static size_t read_head(raw_server *server, int fd) {
    size_t len = 0;
    for (;;) {
        ssize_t n = read(fd, server->head + len, 1);
        if (n != 1) return 0;
        server->head[++len] = '\0';
        if (len >= 4 && strcmp(server->head + len - 4, "\r\n\r\n") == 0) return len;
        if (len + 1 == sizeof server->head) return 0;
    }
}

static void read_body(raw_server *server, int fd) {
    static char bytes[1 << 16];
    const char *length = strstr(server->head, "content-length: ");
    size_t whole = length ? strtoul(length + 16, NULL, 10) : 0;
    server->body_len = 0;
    while (server->body_len < whole) {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n <= 0) return;
        server->body_len += (size_t)n;
    }
}

static void *serve(void *data) {
    raw_server *server = data;
    for (size_t i = 0; i < 4 && server->replies[i]; i++) {
        int fd = accept(server->fd, NULL, NULL);
        if (fd < 0) break;
        (void)read_head(server, fd);
        if (!server->listens) read_body(server, fd);
        size_t len = strlen(server->replies[i]);
        ssize_t n = write(fd, server->replies[i], len);
        if (server->listens && sem_wait(server->listens) == 0) read_body(server, fd);
        assert_true((size_t)n == len);
        close(fd);
    }
    return NULL;
}

static void begin(raw_server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server->fd, 8), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u/x?y", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void end(raw_server *server) {
    pthread_join(server->thread, NULL);
    close(server->fd);
}

static wy_str all(wy_http_reply *reply, char out[256]) {
    wy_buf body;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_buf_init(&body, 255);
    assert_int_equal(wy_http_reply_read_all(reply, &body, &diag), WY_OK);
    if (body.len) memcpy(out, body.ptr, body.len);
    wy_str view = {out, body.len};
    wy_buf_deinit(&body);
    return view;
}

TEST(a_post_carries_fields_and_body) {
    raw_server server = {.replies = {"HTTP/1.1 201 Created\r\nLocation: /z\r\nX-A: 1\r\n"
                                     "Content-Length: 4\r\n\r\npong"}};
    char out[256];
    wy_http_reply *reply;
    begin(&server);
    const wy_http_field field = {WY_STR("authorization"), WY_STR("Bearer t")};
    const wy_http_fetch fetch = {.method = WY_STR("POST"),
                                 .url = wy_str_of(server.url),
                                 .fields = &field,
                                 .field_count = 1,
                                 .body = WY_STR("{\"a\":1}")};
    assert_int_equal(wy_http_fetch_open(&fetch, &reply, NULL), WY_OK);
    assert_int_equal(wy_http_reply_status(reply), 201);
    assert_true(
        wy_str_eqz(wy_http_fields_get(wy_http_reply_fields(reply), WY_STR("location")), "/z"));
    assert_true(wy_str_eqz(all(reply, out), "pong"));
    wy_http_reply_free(reply);
    end(&server);
    assert_non_null(strstr(server.head, "POST /x?y HTTP/1.1\r\n"));
    assert_non_null(strstr(server.head, "authorization: Bearer t\r\n"));
    assert_int_equal(server.body_len, 7);
}

TEST(a_body_larger_than_any_buffer_is_sent_in_pieces) {
    raw_server server = {.replies = {"HTTP/1.1 204 No Content\r\n\r\n"}};
    size_t len = (size_t)5 << 20;
    char *bytes = calloc(1, len);
    uint16_t status;
    wy_buf body;
    begin(&server);
    wy_buf_init(&body, 16);
    const wy_http_fetch fetch = {
        .method = WY_STR("PUT"), .url = wy_str_of(server.url), .body = {bytes, len}};
    assert_int_equal(wy_http_fetch_run(&fetch, &status, &body, NULL), WY_OK);
    assert_int_equal(status, 204);
    end(&server);
    assert_int_equal(server.body_len, len);
    free(bytes);
    wy_buf_deinit(&body);
}

TEST(an_answer_ahead_of_the_body_is_heard) {
    sem_t listens;
    raw_server server = {.replies = {"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"},
                         .listens = &listens};
    size_t len = (size_t)32 << 20;
    char *bytes = calloc(1, len), out[256];
    wy_http_reply *reply;
    assert_int_equal(sem_init(&listens, 0, 0), 0);
    begin(&server);
    const wy_http_fetch fetch = {
        .method = WY_STR("POST"), .url = wy_str_of(server.url), .body = {bytes, len}};
    assert_int_equal(wy_http_fetch_open(&fetch, &reply, NULL), WY_OK);
    assert_int_equal(wy_http_reply_status(reply), 413);
    assert_true(wy_str_eqz(all(reply, out), "no"));
    wy_http_reply_free(reply);
    sem_post(&listens);
    end(&server);
    sem_destroy(&listens);
    assert_true(server.body_len < len);
    free(bytes);
}

TEST(a_body_is_read_piece_by_piece_and_may_break_off) {
    raw_server server = {.replies = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                     "3\r\nabc\r\n2\r\nde\r\n"}};
    wy_http_reply *reply;
    wy_diag diag;
    wy_str bytes;
    size_t len = 0;
    wy_err err;
    begin(&server);
    wy_diag_init(&diag);
    const wy_http_fetch fetch = {.url = wy_str_of(server.url)};
    assert_int_equal(wy_http_fetch_open(&fetch, &reply, NULL), WY_OK);
    while (!(err = wy_http_reply_read(reply, &bytes, &diag)) && bytes.len)
        len += bytes.len;
    assert_int_equal(err, WY_IO);
    assert_int_equal(len, 5);
    assert_non_null(strstr(diag.text, "127.0.0.1"));
    wy_http_reply_free(reply);
    end(&server);
}

TEST(only_a_plain_get_is_redirected) {
    const char *there = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
    raw_server server = {
        .replies = {there, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!", there}};
    char out[256];
    wy_http_reply *reply;
    begin(&server);
    wy_http_fetch fetch = {.url = wy_str_of(server.url)};
    assert_int_equal(wy_http_fetch_open(&fetch, &reply, NULL), WY_OK);
    assert_true(wy_str_eqz(all(reply, out), "!"));
    wy_http_reply_free(reply);
    assert_non_null(strstr(server.head, "GET /there HTTP/1.1\r\n"));
    fetch.method = WY_STR("DELETE");
    assert_int_equal(wy_http_fetch_open(&fetch, &reply, NULL), WY_OK);
    assert_int_equal(wy_http_reply_status(reply), 302);
    wy_http_reply_free(reply);
    end(&server);
}

static const wy_http_field sent[] = {{{"x-a", 3}, {"1", 1}},
                                     {{"Authorization", 13}, {"Bearer t", 8}},
                                     {{"content-type", 12}, {"text/plain", 10}}};

/* What arrives where a server redirects to: a place of its own, or (NULL) another server. */
static void redirect(const char *method, unsigned status, const char *location, raw_server *there) {
    const char *done = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    raw_server here = {.replies = {NULL, location ? done : NULL}};
    char head[256];
    wy_http_reply *reply;
    wy_diag diag;
    wy_diag_init(&diag);
    *there = (raw_server){.replies = {done}};
    if (!location) begin(there);
    snprintf(
        head, sizeof head,
        "HTTP/1.1 %u Moved\r\nLocation: %s\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
        status, location ? location : there->url);
    here.replies[0] = head;
    begin(&here);
    const wy_http_fetch fetch = {.method = wy_str_of(method),
                                 .url = wy_str_of(here.url),
                                 .fields = sent,
                                 .field_count = 3,
                                 .body = WY_STR("body"),
                                 .follows = true};
    assert_int_equal(wy_http_fetch_open(&fetch, &reply, &diag), WY_OK);
    assert_int_equal(wy_http_reply_status(reply), 200);
    wy_http_reply_free(reply);
    end(&here);
    if (location)
        *there = here;
    else
        end(there);
}

static bool begins(const raw_server *server, const char *line) {
    return strncmp(server->head, line, strlen(line)) == 0;
}

TEST(requests_are_redirected_as_they_are) {
    raw_server there;
    for (unsigned status = 307; status <= 308; status++) {
        redirect("POST", status, "z?a", &there);
        assert_true(begins(&there, "POST /z?a HTTP/1.1\r\n"));
        assert_non_null(strstr(there.head, "Bearer t"));
        assert_non_null(strstr(there.head, "text/plain"));
        assert_int_equal(there.body_len, 4);
    }
    redirect("PUT", 301, "?z", &there);
    assert_true(begins(&there, "PUT /x?z HTTP/1.1\r\n"));
    assert_int_equal(there.body_len, 4);
}

TEST(requests_are_redirected_to_a_get) {
    raw_server there;
    redirect("POST", 302, "/z", &there);
    assert_true(begins(&there, "GET /z HTTP/1.1\r\n"));
    assert_null(strstr(there.head, "content-"));
    assert_non_null(strstr(there.head, "Bearer t"));
    assert_non_null(strstr(there.head, "x-a: 1"));
    redirect("PUT", 303, "/z", &there);
    assert_true(begins(&there, "GET /z HTTP/1.1\r\n"));
    assert_null(strstr(there.head, "content-"));
}

TEST(another_server_is_told_no_secrets) {
    raw_server there;
    redirect("POST", 307, NULL, &there);
    assert_true(begins(&there, "POST /x?y HTTP/1.1\r\n"));
    assert_null(strstr(there.head, "Bearer t"));
    assert_non_null(strstr(there.head, "x-a: 1"));
    assert_non_null(strstr(there.head, "text/plain"));
    assert_int_equal(there.body_len, 4);
}

TEST(limits_and_what_http_forbids) {
    raw_server server = {.replies = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789"}};
    uint16_t status;
    wy_buf body;
    wy_diag diag;
    begin(&server);
    wy_buf_init(&body, 8);
    wy_diag_init(&diag);
    wy_http_fetch fetch = {.url = wy_str_of(server.url)};
    assert_int_equal(wy_http_fetch_run(&fetch, &status, &body, &diag), WY_LIMIT);
    end(&server);
    const wy_http_field split = {WY_STR("authorization"), WY_STR("a\r\nx: y")};
    fetch.fields = &split;
    fetch.field_count = 1;
    wy_diag_init(&diag);
    assert_int_equal(wy_http_fetch_run(&fetch, &status, &body, &diag), WY_INVALID);
    assert_null(strstr(diag.text, "x: y"));
    fetch.field_count = 0;
    fetch.method = WY_STR("G T");
    assert_int_equal(wy_http_fetch_run(&fetch, &status, &body, NULL), WY_INVALID);
    wy_buf_deinit(&body);
}
