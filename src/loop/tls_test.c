/* TLS on streams: whom it believes, what it says when it does not, and bytes both ways. */
#include "loop/connect.h"

#include "base/limits.h"
#include "base/test.h"
#include "loop/testing.h"

#include <stdio.h>
#include <stdlib.h>

#define BIG ((size_t)3 << 20)
#define NAME "127.1" /* the resolver knows it, and it is no number to anybody else */

typedef struct world {
    wy_loop *loop;
    wy_stream *stream;
    wy_connect_error error;
    unsigned dones, ends;
    wy_err end;
    size_t sent, received, stop_at;
    bool is_wrong;
    wy_timer *resume;
    char buffer[70000];
} world;

static uint8_t byte_at(size_t i) {
    return (uint8_t)(i * 31 + (i >> 8));
}

static void send_more(world *w) {
    char part[50000];
    while (w->sent < BIG && wy_stream_queued(w->stream) < 200000) {
        size_t len = BIG - w->sent < sizeof part ? BIG - w->sent : sizeof part;
        for (size_t i = 0; i < len; i++)
            part[i] = (char)byte_at(w->sent + i);
        w->sent += len;
        wy_str parts[] = {{part, len / 3}, {NULL, 0}, {part + len / 3, len - len / 3}};
        if (wy_stream_write(w->stream, parts, 3) != WY_OK) return; /* on_end says it too */
    }
    if (w->sent == BIG) wy_stream_shutdown(w->stream);
}

static void on_alloc(void *data, char **ptr_out, size_t *len_out) {
    world *w = data;
    *ptr_out = w->buffer;
    *len_out = sizeof w->buffer;
}

static void on_read(void *data, const char *bytes, size_t len) {
    world *w = data;
    for (size_t i = 0; i < len; i++)
        w->is_wrong |= (uint8_t)bytes[i] != byte_at(w->received + i);
    w->received += len;
    if (w->stop_at && w->received >= w->stop_at) {
        w->stop_at += BIG / 5;
        wy_stream_read_stop(w->stream);
        wy_timer_start(w->resume, 1);
    }
}

static void on_end(void *data, wy_err err) {
    world *w = data;
    w->ends++;
    w->end = err;
    wy_stream_close(w->stream, false);
}

static void on_drain(void *data) {
    world *w = data;
    if (w->sent < BIG) send_more(w);
}

static const wy_stream_handlers handlers = {on_alloc, on_read, on_end, on_drain};

static void on_resume(void *data) {
    wy_stream_read_start(((world *)data)->stream);
}

static void on_connect(void *data, own wy_stream *stream, const wy_connect_error *error) {
    world *w = data;
    w->dones++;
    w->error = *error;
    w->stream = stream;
    if (!stream) return;
    wy_stream_set_handlers(stream, &handlers, w);
    wy_stream_read_start(stream);
    send_more(w);
}

static world *world_new(void) {
    world *w = calloc(1, sizeof *w);
    assert_int_equal(wy_loop_new(&w->loop), WY_OK);
    assert_int_equal(wy_timer_new(w->loop, on_resume, w, &w->resume), WY_OK);
    return w;
}

static void world_free(world *w) {
    wy_timer_free(w->resume);
    wy_loop_free(w->loop);
    free(w);
}

static wy_connect *connect_to(world *w, const wy_testing_tls *server, const char *host,
                              const wy_tls_config *tls, uint32_t timeout_ms) {
    wy_connect *attempt = NULL;
    wy_connect_config config = {.host = host,
                                .port = server->port,
                                .tls = tls,
                                .timeout_ms = timeout_ms,
                                .done = on_connect,
                                .data = w};
    assert_int_equal(wy_connect_start(w->loop, &config, &attempt), WY_OK);
    return attempt;
}

static void echo(size_t stop_at) {
    wy_testing_tls *server =
        wy_testing_tls_start(&(wy_testing_tls_options){.name = "IP:127.0.0.1"});
    world *w = world_new();
    w->stop_at = stop_at;
    wy_tls_config tls = {.ca_file = server->ca_file, .alpn = "http/1.1"};
    connect_to(w, server, "127.0.0.1", &tls, 0);
    wy_loop_run(w->loop);
    if (w->error.err) fail_msg("%s", w->error.text);
    assert_int_equal(w->received, BIG);
    assert_false(w->is_wrong);
    assert_int_equal(w->ends, 1);
    assert_int_equal(w->end, WY_OK);
    assert_int_equal(server->alpn_matches, 1);
    world_free(w);
    wy_testing_tls_stop(server);
}

TEST(what_is_sent_comes_back_whole) {
    echo(0);
}

TEST(reading_can_pause) {
    echo(BIG / 5);
}

/* Connects and returns how it failed. */
static wy_connect_error failure(const wy_testing_tls_options *options, const char *host,
                                bool believes, uint32_t timeout_ms) {
    wy_testing_tls *server = wy_testing_tls_start(options);
    world *w = world_new();
    wy_tls_config tls = {.ca_file = believes ? server->ca_file : NULL, .no_system_roots = true};
    connect_to(w, server, host, &tls, timeout_ms);
    wy_loop_run(w->loop);
    assert_int_equal(w->dones, 1);
    wy_connect_error error = w->error;
    assert_int_not_equal(error.err, WY_OK);
    world_free(w);
    wy_testing_tls_stop(server);
    return error;
}

TEST(a_certificate_must_be_believed) {
    wy_connect_error error =
        failure(&(wy_testing_tls_options){.name = "IP:127.0.0.1"}, "127.0.0.1", false, 0);
    assert_int_equal(error.fault, WY_CONNECT_TLS_CERTIFICATE);
    assert_non_null(strstr(error.text, "127.0.0.1:"));
    assert_non_null(strstr(error.text, "unable to get local issuer certificate"));
}

TEST(a_certificate_must_be_for_the_name) {
    wy_connect_error error =
        failure(&(wy_testing_tls_options){.name = "DNS:other.test"}, NAME, true, 0);
    assert_int_equal(error.fault, WY_CONNECT_TLS_CERTIFICATE);
    assert_non_null(strstr(error.text, NAME));
    assert_non_null(strstr(error.text, "(127.0.0.1:"));
    assert_non_null(strstr(error.text, "ostname mismatch"));
    error = failure(&(wy_testing_tls_options){.name = "IP:127.0.0.2"}, "127.0.0.1", true, 0);
    assert_int_equal(error.fault, WY_CONNECT_TLS_CERTIFICATE);
    assert_non_null(strstr(error.text, "IP address mismatch"));
}

TEST(a_certificate_must_not_be_expired) {
    wy_testing_tls_options options = {.name = "IP:127.0.0.1", .is_expired = true};
    wy_connect_error error = failure(&options, "127.0.0.1", true, 0);
    assert_int_equal(error.fault, WY_CONNECT_TLS_CERTIFICATE);
    assert_non_null(strstr(error.text, "certificate has expired"));
}

TEST(a_server_that_speaks_something_else_is_told) {
    wy_testing_tls_options options = {.name = "IP:127.0.0.1", .habit = WY_TESTING_TLS_NOT_TLS};
    wy_connect_error error = failure(&options, "127.0.0.1", true, 0);
    assert_int_equal(error.fault, WY_CONNECT_TLS_PROTOCOL);
    assert_non_null(strstr(error.text, "TLS handshake: wrong version number"));
}

TEST(a_silent_server_takes_too_long) {
    wy_testing_tls_options options = {.name = "IP:127.0.0.1", .habit = WY_TESTING_TLS_SILENT};
    wy_connect_error error = failure(&options, "127.0.0.1", true, 100);
    assert_int_equal(error.fault, WY_CONNECT_TIMEOUT);
    assert_int_equal(error.err, WY_TIMEOUT);
}

TEST(an_alert_is_told) {
    wy_testing_tls_options options = {.name = "IP:127.0.0.1", .habit = WY_TESTING_TLS_TOO_OLD};
    wy_connect_error error = failure(&options, "127.0.0.1", true, 0);
    assert_int_equal(error.fault, WY_CONNECT_TLS_ALERT);
    assert_int_equal(error.alert, 70); /* protocol_version */
    assert_non_null(strstr(error.text, "protocol version"));
}

TEST(a_connection_cut_short_is_an_error) {
    wy_testing_tls_options options = {.name = "IP:127.0.0.1", .habit = WY_TESTING_TLS_CUT};
    wy_testing_tls *server = wy_testing_tls_start(&options);
    world *w = world_new();
    wy_tls_config tls = {.ca_file = server->ca_file};
    connect_to(w, server, "127.0.0.1", &tls, 0);
    wy_loop_run(w->loop);
    assert_int_equal(w->error.err, WY_OK);
    assert_int_equal(w->ends, 1);
    assert_int_equal(w->end, WY_IO);
    world_free(w);
    wy_testing_tls_stop(server);
}

TEST(a_client_can_have_a_certificate) {
    wy_testing_tls_options options = {.name = "IP:127.0.0.1", .habit = WY_TESTING_TLS_WANTS_CLIENT};
    wy_testing_tls *server = wy_testing_tls_start(&options);
    world *w = world_new();
    wy_tls_config tls = {.ca_file = server->ca_file, .cert_file = server->client_file};
    connect_to(w, server, "127.0.0.1", &tls, 0);
    wy_loop_run(w->loop);
    assert_int_equal(w->error.err, WY_OK);
    assert_int_equal(w->received, BIG);
    world_free(w);
    wy_testing_tls_stop(server);
}

TEST(files_that_are_not_there_are_named) {
    wy_testing_tls *server =
        wy_testing_tls_start(&(wy_testing_tls_options){.name = "IP:127.0.0.1"});
    world *w = world_new();
    wy_tls_config tls = {.ca_file = "/no/such/roots.pem"};
    connect_to(w, server, "127.0.0.1", &tls, 0);
    wy_loop_run(w->loop);
    assert_int_equal(w->error.err, WY_INVALID);
    assert_non_null(strstr(w->error.text, "/no/such/roots.pem"));
    tls = (wy_tls_config){.ca_file = server->ca_file, .cert_file = server->ca_file};
    connect_to(w, server, "127.0.0.1", &tls, 0);
    wy_loop_run(w->loop);
    assert_non_null(strstr(w->error.text, "client certificate"));
    world_free(w);
    wy_testing_tls_stop(server);
}

/* SSL_CERT_FILE is where users put a root of their own. */
TEST(the_systems_roots_can_be_named) {
    wy_testing_tls *server =
        wy_testing_tls_start(&(wy_testing_tls_options){.name = "IP:127.0.0.1"});
    setenv("SSL_CERT_FILE", server->ca_file, 1);
    world *w = world_new();
    wy_tls_config tls = {0};
    connect_to(w, server, "127.0.0.1", &tls, 0);
    wy_loop_run(w->loop);
    assert_int_equal(w->error.err, WY_OK);
    assert_int_equal(w->received, BIG);
    world_free(w);
    setenv("SSL_CERT_FILE", "/no/such/file", 1);
    w = world_new();
    connect_to(w, server, "127.0.0.1", &tls, 0);
    wy_loop_run(w->loop);
    assert_non_null(strstr(w->error.text, "SSL_CERT_FILE=/no/such/file cannot be read"));
    world_free(w);
    unsetenv("SSL_CERT_FILE");
    wy_testing_tls_stop(server);
}

TEST(attempts_can_be_cancelled_at_any_time) {
    wy_testing_tls_options options = {.name = "IP:127.0.0.1", .habit = WY_TESTING_TLS_SILENT};
    wy_testing_tls *server = wy_testing_tls_start(&options);
    for (int rounds = 0; rounds < 6; rounds++) {
        world *w = world_new();
        wy_tls_config tls = {.ca_file = server->ca_file};
        wy_connect *attempts[3];
        for (int i = 0; i < 3; i++)
            attempts[i] = connect_to(w, server, "127.0.0.1", &tls, 0);
        for (int i = 0; i < rounds; i++)
            wy_loop_step(w->loop, false);
        for (int i = 0; i < 3; i++)
            wy_connect_cancel(attempts[i]);
        wy_loop_run(w->loop);
        assert_int_equal(w->dones, 0);
        world_free(w);
    }
    wy_testing_tls_stop(server);
}
