/* Applications without a manifest: routes, listening, functions of the host that requests wait for,
 * ending. Answers of components are the matter of examples/embed-http and its test. */
#include "base/test.h"
#include "withy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL WITHY_SOURCE_DIR "/tests/data/embed/all.wasm"
#define HTTP WITHY_SOURCE_DIR "/tests/data/embed/http.wasm"

static withy_error error;

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != WITHY_OK) fail_msg("%s: %s", #call, error.text);                             \
    } while (0)

typedef struct world {
    withy_engine *engine;
    withy_component *component;
    withy_linker *linker;
    withy_linked *linked;
    withy_app *app;
    withy_waker *waker;
    int paused;
    const char *path; /* that the client asks for */
    char answer[1024];
    atomic_bool is_answered;
} world;

/* Waits until it is woken. */
static withy_trap *pause_it(withy_call *call, const void *args, void *result) {
    world *w = withy_call_data(call);
    assert_null(withy_call_instance(call));
    assert_true(withy_str_is(withy_call_import(call)->name, "pause"));
    *(uint32_t *)result = *(const uint32_t *)args;
    w->waker = withy_call_waker(call);
    w->paused++;
    return withy_call_wait(call);
}

static void setup_with(world *w, const char *path) {
    *w = (world){0};
    static const withy_host_func func = {"pause", NULL, pause_it, 4, 4};
    static const withy_host_interface host = {.name = "", .funcs = &func, .func_count = 1};
    withy_link_options options;
    withy_link_options_init(&options);
    options.unmet_trap = true;
    OK(withy_engine_new(NULL, &w->engine, &error));
    OK(withy_component_load_file(w->engine, path, &w->component, &error));
    OK(withy_linker_new(w->engine, &w->linker, &error));
    OK(withy_linker_provide(w->linker, "wasi:http", &error));
    OK(withy_linker_define(w->linker, &host, w, &error));
    OK(withy_linker_link(w->linker, w->component, &options, &w->linked, &error));
    OK(withy_app_new(w->engine, "demo", &w->app, &error));
}

static void setup(world *w) {
    setup_with(w, ALL);
}

static void teardown(world *w) {
    withy_linked_free(w->linked);
    withy_linker_free(w->linker);
    withy_component_free(w->component);
    withy_engine_free(w->engine);
    withy_app_free(w->app); /* in any order */
}

TEST(routes_that_cannot_be_are_refused) {
    world w, other;
    setup(&w);
    setup(&other);
    assert_int_equal(withy_app_route(w.app, "/...", w.linked, NULL, &error), WITHY_UNMET);
    assert_non_null(strstr(error.text, "/...") ? strstr(error.text, "incoming-handler") : NULL);
    assert_int_equal(withy_app_route(w.app, "/.../x", w.linked, NULL, &error), WITHY_INVALID);
    assert_int_equal(withy_app_route(w.app, "/", other.linked, NULL, &error), WITHY_USAGE);
    OK(withy_app_listen(w.app, "127.0.0.1:0", false, &error));
    assert_int_equal(withy_app_route(w.app, "/", w.linked, NULL, &error), WITHY_USAGE);
    teardown(&w);
    teardown(&other);
}

TEST(addresses_are_not_shared_unasked) {
    world w;
    setup(&w);
    assert_string_equal(withy_app_address(w.app), "");
    assert_int_not_equal(withy_app_listen(w.app, "nowhere", false, &error), WITHY_OK);
    assert_false(withy_engine_poll(w.engine, -1));
    OK(withy_app_listen(w.app, "127.0.0.1:0", true, &error));
    char address[64];
    snprintf(address, sizeof address, "%s", withy_app_address(w.app));
    withy_app *second, *third;
    OK(withy_app_new(w.engine, "second", &second, &error));
    OK(withy_app_new(w.engine, "third", &third, &error));
    assert_int_equal(withy_app_listen(second, address, false, &error), WITHY_EXISTS);
    OK(withy_app_listen(third, address, true, &error));
    OK(withy_app_listen(third, "127.0.0.1:0", false, &error)); /* at two */
    assert_string_not_equal(withy_app_address(third), address);
    withy_app_free(second);
    withy_app_free(third);
    teardown(&w);
}

/* A socket to a port of this machine; -1: nobody listens there. */
static int dial(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
    close(fd);
    return -1;
}

static void ask_at(world *w, const char *address, const char *path) {
    int fd = dial((uint16_t)strtoul(strchr(address, ':') + 1, NULL, 10));
    assert_true(fd >= 0);
    dprintf(fd, "GET %s HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n", path);
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, w->answer + len, sizeof w->answer - 1 - len)) > 0)
        len += (size_t)n;
    w->answer[len] = '\0';
    close(fd);
}

static void ask(world *w, const char *path) {
    ask_at(w, withy_app_address(w->app), path);
}

static void *client(void *data) {
    world *w = data;
    ask(w, w->path);
    atomic_store(&w->is_answered, true);
    withy_engine_wake(w->engine);
    return NULL;
}

TEST(the_loop_serves_until_it_is_stopped) {
    world w;
    setup(&w);
    pthread_t thread;
    w.path = "/.well-known/spin/info";
    OK(withy_app_listen(w.app, "127.0.0.1:0", false, &error));
    assert_true(withy_engine_poll(w.engine, 0));
    assert_int_equal(pthread_create(&thread, NULL, client, &w), 0);
    while (!atomic_load(&w.is_answered))
        assert_true(withy_engine_poll(w.engine, -1));
    pthread_join(thread, NULL);
    assert_non_null(strstr(w.answer, "{\"name\":\"demo\"}"));
    withy_app_stop(w.app);
    while (withy_engine_poll(w.engine, -1)) {
    }
    withy_app_stop(w.app);
    assert_int_equal(withy_app_listen(w.app, "127.0.0.1:0", false, &error), WITHY_USAGE);
    teardown(&w);
}

TEST(a_wake_before_the_wait_ends_it_too) {
    world w;
    setup(&w);
    OK(withy_app_listen(w.app, "127.0.0.1:0", false, &error));
    for (int i = 0; i < 3; i++) {
        withy_engine_wake(w.engine);
        assert_true(withy_engine_poll(w.engine, -1));
    }
    teardown(&w);
}

/* Listens, and turns until a request of a client's thread has called the host. */
static void begin_request(world *w, pthread_t *thread) {
    setup_with(w, HTTP);
    w->path = "/some/page";
    OK(withy_app_route(w->app, "/...", w->linked, NULL, &error));
    assert_int_equal(withy_app_route(w->app, "/...", w->linked, NULL, &error), WITHY_EXISTS);
    OK(withy_app_listen(w->app, "127.0.0.1:0", false, &error));
    assert_int_equal(pthread_create(thread, NULL, client, w), 0);
    while (!w->paused)
        assert_true(withy_engine_poll(w->engine, -1));
}

TEST(a_request_waits_for_a_function_of_the_host) {
    world w;
    pthread_t thread;
    begin_request(&w, &thread);
    withy_waker_wake(w.waker);
    while (!atomic_load(&w.is_answered))
        assert_true(withy_engine_poll(w.engine, -1));
    pthread_join(thread, NULL);
    assert_non_null(strstr(w.answer, "HTTP/1.1 500"));
    teardown(&w);
}

TEST(stopping_lets_a_request_finish) {
    world w;
    pthread_t thread;
    begin_request(&w, &thread);
    withy_app_stop(w.app);
    assert_true(withy_engine_poll(w.engine, 0));
    withy_waker_wake(w.waker);
    while (withy_engine_poll(w.engine, -1)) {
    }
    pthread_join(thread, NULL);
    assert_non_null(strstr(w.answer, "HTTP/1.1 500"));
    teardown(&w);
}

TEST(ending_an_application_ends_its_requests) {
    world w;
    pthread_t thread;
    begin_request(&w, &thread);
    withy_app_free(w.app);
    w.app = NULL;
    pthread_join(thread, NULL);
    assert_string_equal(w.answer, "");
    withy_waker_wake(w.waker); /* nobody is there any more */
    teardown(&w);
}

/* --- messages --- */

#define REDIS WITHY_SOURCE_DIR "/tests/data/embed/redis.wasm"

/* A server of its own on a port that was free; skips the test where there is none. */
static pid_t start_redis(uint16_t *port_out) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    *port_out = ntohs(at.sin_port);
    char port[8];
    snprintf(port, sizeof port, "%u", *port_out);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 1);
        execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
               "--daemonize", "no", NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000; i++) {
        int status, there = dial(*port_out);
        if (there >= 0) {
            close(there);
            return pid;
        }
        if (waitpid(pid, &status, WNOHANG) == pid) skip();
        usleep(10000);
    }
    fail_msg("redis-server does not answer");
    return -1;
}

/* Returns how many got it. */
static int publish(uint16_t port, const char *channel, const char *text) {
    char answer[64] = {0};
    int fd = dial(port);
    dprintf(fd, "PUBLISH %s %s\r\n", channel, text);
    assert_true(read(fd, answer, sizeof answer - 1) > 0);
    close(fd);
    return (int)strtol(answer + 1, NULL, 10);
}

TEST(messages_of_a_channel_are_handled) {
    uint16_t port;
    pid_t redis = start_redis(&port);
    char address[64];
    snprintf(address, sizeof address, "redis://127.0.0.1:%u", port);
    world w;
    setup_with(&w, REDIS);
    assert_int_equal(withy_app_subscribe(w.app, "nowhere", "news", w.linked, NULL, &error),
                     WITHY_INVALID);
    OK(withy_app_subscribe(w.app, address, "news", w.linked, NULL, &error));
    while (publish(port, "news", "hello") == 0)
        assert_true(withy_engine_poll(w.engine, 10));
    while (!w.paused)
        assert_true(withy_engine_poll(w.engine, -1));
    withy_app_stop(w.app);
    assert_true(withy_engine_poll(w.engine, 0)); /* what it has is handled */
    withy_waker_wake(w.waker);
    while (withy_engine_poll(w.engine, -1)) {
    }
    assert_int_equal(w.paused, 1);
    assert_int_equal(publish(port, "news", "nobody hears this"), 0);
    assert_int_equal(withy_app_subscribe(w.app, address, "news", w.linked, NULL, &error),
                     WITHY_USAGE);
    teardown(&w);
    kill(redis, SIGKILL);
    waitpid(redis, NULL, 0);
}

TEST(who_cannot_handle_messages_is_refused) {
    world w;
    setup(&w);
    assert_int_equal(
        withy_app_subscribe(w.app, "redis://127.0.0.1:1", "news", w.linked, NULL, &error),
        WITHY_UNMET);
    assert_non_null(strstr(error.text, "inbound-redis"));
    teardown(&w);
}

/* --- several engines at one port --- */

typedef struct server {
    const char *name, *address;
    pthread_t thread;
    atomic_bool is_ready, is_to_stop;
    char bound[64];
    withy_engine *engine;
} server;

static void *serve(void *data) {
    server *s = data;
    withy_app *app;
    OK(withy_engine_new(NULL, &s->engine, &error));
    OK(withy_app_new(s->engine, s->name, &app, &error));
    OK(withy_app_listen(app, s->address, true, &error));
    snprintf(s->bound, sizeof s->bound, "%s", withy_app_address(app));
    atomic_store(&s->is_ready, true);
    while (withy_engine_poll(s->engine, -1))
        if (atomic_load(&s->is_to_stop)) withy_app_stop(app);
    withy_app_free(app);
    withy_engine_free(s->engine);
    return NULL;
}

static void start_server(server *s) {
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    while (!atomic_load(&s->is_ready))
        usleep(1000);
}

TEST(engines_of_several_threads_share_a_port) {
    server first = {.name = "first", .address = "127.0.0.1:0"};
    start_server(&first);
    server second = {.name = "second", .address = first.bound};
    start_server(&second);
    assert_string_equal(second.bound, first.bound);
    int answers[2] = {0};
    world w;
    for (int i = 0; i < 64; i++) {
        ask_at(&w, first.bound, "/.well-known/spin/info");
        answers[0] += strstr(w.answer, "first") != NULL;
        answers[1] += strstr(w.answer, "second") != NULL;
    }
    assert_int_equal(answers[0] + answers[1], 64);
    assert_true(answers[0] && answers[1]);
    server *both[] = {&first, &second};
    for (int i = 0; i < 2; i++) {
        atomic_store(&both[i]->is_to_stop, true);
        withy_engine_wake(both[i]->engine);
        pthread_join(both[i]->thread, NULL);
    }
}
