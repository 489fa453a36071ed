/* Which answer a Spin application gives where no component is needed, over a socket pair. */
#include "trigger/http/spin.h"

#include "base/test.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const wy_app_pair headers[] = {{{"location", 8}, {"/new", 4}}};
static const wy_app_static_response moved = {302, {headers, 1}, {"gone", 4}};
static const wy_app_static_response plain = {0, {NULL, 0}, {"any", 3}};

/* The reply to a GET of `path`. Static memory. */
static const char *get(const char *path) {
    static char reply[4096];
    const wy_app_http_trigger triggers[] = {
        {.id = WY_STR("old"), .route = WY_STR("/old"), .response = &moved},
        {.id = WY_STR("any"), .route = WY_STR("/any/..."), .response = &plain},
        {.id = WY_STR("private"), .is_private = true},
    };
    const wy_app app = {.name = WY_STR("shop"),
                        .version = WY_STR("1.2"),
                        .http_triggers = triggers,
                        .http_trigger_count = 3};
    wy_http_component *const none[3] = {NULL, NULL, NULL};
    wy_arena arena;
    wy_http_spin *spin;
    wy_loop *loop;
    wy_http_server *server;
    wy_stream *stream;
    int pair[2];
    wy_arena_init(&arena, 1 << 20);
    assert_int_equal(wy_http_spin_new(&arena, &app, none, &spin, NULL), WY_OK);
    wy_http_server_config config = {.on_request = wy_http_spin_handle, .data = spin};
    assert_int_equal(wy_loop_new(&loop), WY_OK);
    assert_int_equal(wy_http_server_new(loop, &config, &server), WY_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(wy_stream_open_fd(loop, pair[0], &stream), WY_OK);
    close(pair[0]);
    wy_http_server_adopt(server, stream);
    int len = snprintf(reply, sizeof reply, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    assert_int_equal(send(pair[1], reply, (size_t)len, MSG_NOSIGNAL), len);
    ssize_t n = -1;
    for (int i = 0; i < 1000 && n < 0; i++) {
        wy_loop_step(loop, false);
        n = recv(pair[1], reply, sizeof reply - 1, MSG_DONTWAIT);
    }
    assert_true(n > 0);
    reply[n] = '\0';
    wy_http_server_free(server);
    wy_loop_free(loop);
    wy_arena_deinit(&arena);
    close(pair[1]);
    return reply;
}

TEST(fixed_responses) {
    const char *reply = get("/old?x=1");
    assert_non_null(strstr(reply, "HTTP/1.1 302 Found\r\nlocation: /new\r\n"));
    assert_non_null(strstr(reply, "\r\n\r\ngone"));
    reply = get("/any/where/");
    assert_non_null(strstr(reply, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(reply, "\r\n\r\nany"));
}

TEST(reserved_paths) {
    assert_non_null(strstr(get("/.well-known/spin/health"), "\r\n\r\nOK"));
    assert_non_null(
        strstr(get("/.well-known/spin/info"), "\r\n\r\n{\"name\":\"shop\",\"version\":\"1.2\"}"));
    assert_non_null(strstr(get("/.well-known/spin/other"), "HTTP/1.1 404 "));
}

TEST(no_route) {
    const char *reply = get("/nowhere");
    assert_non_null(strstr(reply, "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n"));
}
