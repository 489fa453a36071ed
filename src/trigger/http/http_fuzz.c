/* Fuzz target: bytes of a client -> the server's state machine, with a handler that reads and
 * echoes. The input's first byte chooses how the rest is cut into writes, so that every state meets
 * every boundary. The connection is a socket pair. */
#include "trigger/http/server.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct fuzz_job {
    wy_http_exchange *exchange;
    wy_http_writer *writer;
} fuzz_job;

static void end(fuzz_job *job) {
    job->exchange->request->body.on_changed = NULL;
    wy_http_writer_watch(job->writer, NULL, NULL);
    wy_http_writer_release(job->writer);
    wy_http_exchange_release(job->exchange);
    free(job);
}

static void go_on(void *data) {
    fuzz_job *job = data;
    wy_http_body *body = &job->exchange->request->body;
    wy_str bytes;
    while ((bytes = wy_http_body_peek(body)).len) {
        size_t permit = wy_http_writer_permit(job->writer);
        if (bytes.len > permit) bytes.len = permit;
        if (bytes.len == 0 || wy_http_writer_write(job->writer, bytes) != WY_OK) break;
        wy_http_body_take(body, bytes.len);
    }
    bool complete = body->ended && body->start == body->end;
    if (!complete && !body->failed && !wy_http_writer_failed(job->writer, NULL)) return;
    body->on_changed = NULL;
    wy_http_writer_watch(job->writer, NULL, NULL);
    const wy_http_fields *trailers = &job->exchange->request->trailers;
    wy_err ignored = complete ? wy_http_writer_finish(job->writer, trailers) : WY_OK;
    (void)ignored;
    wy_http_writer_abort(job->writer);
    end(job);
}

static void on_request(void *data, own wy_http_exchange *exchange) {
    (void)data;
    fuzz_job *job = malloc(sizeof *job);
    *job = (fuzz_job){exchange, wy_http_writer_new()};
    if (wy_http_writer_response(job->writer, 200, &exchange->request->fields) != WY_OK) {
        end(job);
        return;
    }
    wy_http_exchange_respond(exchange, job->writer);
    exchange->request->body.on_changed = go_on;
    exchange->request->body.reader = job;
    wy_http_writer_watch(job->writer, go_on, job);
    go_on(job);
}

static void drain_reply(int fd) {
    char reply[65536];
    while (recv(fd, reply, sizeof reply, MSG_DONTWAIT) > 0)
        continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    size_t step = data[0] ? data[0] : size;
    wy_loop *loop;
    wy_http_server *server;
    wy_stream *stream;
    int pair[2];
    wy_http_server_config config = {.on_request = on_request};
    if (wy_loop_new(&loop) != WY_OK) return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) abort();
    if (wy_http_server_new(loop, &config, &server) != WY_OK) abort();
    if (wy_stream_open_fd(loop, pair[0], &stream) != WY_OK) abort();
    close(pair[0]);
    wy_http_server_adopt(server, stream);
    for (size_t at = 1; at < size; at += step) {
        size_t len = size - at < step ? size - at : step;
        if (send(pair[1], data + at, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) break;
        wy_loop_step(loop, false);
        drain_reply(pair[1]);
    }
    shutdown(pair[1], SHUT_WR);
    for (int i = 0; i < 4; i++) {
        wy_loop_step(loop, false);
        drain_reply(pair[1]);
    }
    wy_http_server_free(server);
    wy_loop_free(loop);
    close(pair[1]);
    return 0;
}
