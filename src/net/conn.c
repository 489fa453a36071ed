/* Connections of tasks: a buffer on the reading side, back-pressure on the writing side, and lists
 * of who waits for either. */
#include "net/conn.h"

#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>

struct wy_conn {
    wy_stream *stream;
    wy_timer *timer; /* the deadline; NULL: none was set yet */
    wy_wait_list readers, writers;
    wy_err end; /* once is_ended: WY_OK if the server closed properly */
    bool is_ended, is_late, is_paused;
    size_t view, start, stop; /* [start, stop) came and is not read; [view, start) is looked at */
    char peer[64];
    char buffer[WY_NET_READ_BUFFER];
};

/* --- the stream's callbacks --- */

static void on_alloc(void *data, char **ptr_out, size_t *len_out) {
    wy_conn *conn = data;
    *len_out = sizeof conn->buffer - conn->stop;
    *ptr_out = *len_out ? conn->buffer + conn->stop : NULL;
    conn->is_paused = *len_out == 0;
}

static void on_read(void *data, const char *bytes, size_t len) {
    wy_conn *conn = data;
    (void)bytes;
    conn->stop += len;
    wy_wait_list_wake(&conn->readers);
}

static void on_end(void *data, wy_err err) {
    wy_conn *conn = data;
    conn->is_ended = true;
    conn->end = err;
    wy_wait_list_wake(&conn->readers);
    wy_wait_list_wake(&conn->writers);
}

static void on_drain(void *data) {
    wy_conn *conn = data;
    wy_wait_list_wake(&conn->writers);
}

static const wy_stream_handlers handlers = {on_alloc, on_read, on_end, on_drain};

/* --- opening and closing --- */

own wy_conn *wy_conn_new(own wy_stream *stream) {
    wy_conn *conn = malloc(sizeof *conn);
    if (!conn) return NULL;
    memset(conn, 0, offsetof(wy_conn, buffer));
    conn->stream = stream;
    wy_stream_peer(stream, conn->peer);
    wy_stream_set_handlers(stream, &handlers, conn);
    wy_stream_read_start(stream);
    return conn;
}

void wy_conn_close(own wy_conn *conn) {
    if (!conn) return;
    wy_assert(!conn->readers.first && !conn->writers.first);
    wy_timer_free(conn->timer);
    wy_stream_close(conn->stream, false);
    free(conn);
}

/* On the opening task's stack. */
typedef struct opening {
    wy_task *task;
    const wy_conn_config *config;
    wy_stream *stream;
    wy_connect_error *error;
    bool is_done;
} opening;

static bool check_address(void *data, const char *address) {
    const wy_conn_config *config = ((opening *)data)->config;
    return !config->check || config->check(config->check_data, address);
}

static void on_connect(void *data, own wy_stream *stream, const wy_connect_error *error) {
    opening *o = data;
    o->stream = stream;
    *o->error = *error;
    o->is_done = true;
    wy_task_wake(o->task);
}

static wy_err cannot(wy_connect_error *error, wy_err err) {
    *error = (wy_connect_error){.err = err};
    snprintf(error->text, sizeof error->text, "%s", wy_err_text(err));
    return err;
}

wy_err wy_conn_open(wy_task *task, const wy_conn_config *config, own wy_conn **conn_out,
                    wy_connect_error *error_out) {
    opening o = {.task = task, .config = config, .error = error_out};
    wy_connect_config to = {
        .host = config->host,
        .port = config->port,
        .tls = config->tls,
        .timeout_ms = config->timeout_ms,
        .check = check_address,
        .done = on_connect,
        .data = &o,
    };
    wy_connect *attempt = NULL;
    wy_err err = wy_connect_start(wy_task_loop(task), &to, &attempt);
    if (err) return cannot(error_out, err);
    while (!err && !o.is_done)
        err = wy_task_wait(task);
    if (!o.is_done) wy_connect_cancel(attempt);
    if (!err && !o.stream) return error_out->err;
    if (!err && !(*conn_out = wy_conn_new(o.stream))) err = WY_NOMEM;
    if (!err) return WY_OK;
    wy_stream_close(o.stream, true);
    return cannot(error_out, err);
}

/* --- time --- */

static void on_deadline(void *data) {
    wy_conn *conn = data;
    conn->is_late = true;
    wy_wait_list_wake(&conn->readers);
    wy_wait_list_wake(&conn->writers);
}

void wy_conn_set_deadline(wy_conn *conn, uint64_t ms) {
    conn->is_late = false;
    if (ms == 0) {
        if (conn->timer) wy_timer_stop(conn->timer);
        return;
    }
    if (!conn->timer &&
        wy_timer_new(wy_stream_loop(conn->stream), on_deadline, conn, &conn->timer) != WY_OK) {
        conn->is_late = true; /* without memory nothing may wait for ever */
        return;
    }
    wy_timer_start(conn->timer, ms);
}

static wy_err wait_for(wy_conn *conn, wy_task *task, wy_wait_list *list) {
    if (conn->is_late) return WY_TIMEOUT;
    wy_err err = wy_task_wait_on(task, list);
    return err ? err : conn->is_late ? WY_TIMEOUT : WY_OK;
}

/* --- reading --- */

/* Lets go of the last view. */
static void consume(wy_conn *conn) {
    conn->view = conn->start;
    if (conn->start < conn->stop) return;
    conn->view = conn->start = conn->stop = 0;
    if (!conn->is_paused) return;
    conn->is_paused = false;
    wy_stream_read_start(conn->stream);
}

wy_err wy_conn_read(wy_conn *conn, wy_task *task, wy_str *bytes_out) {
    *bytes_out = (wy_str){0};
    consume(conn);
    while (conn->start == conn->stop) {
        if (conn->is_ended) return conn->end;
        wy_err err = wait_for(conn, task, &conn->readers);
        if (err && conn->start == conn->stop) return err;
    }
    *bytes_out = (wy_str){conn->buffer + conn->start, conn->stop - conn->start};
    conn->start = conn->stop;
    return WY_OK;
}

void wy_conn_unread(wy_conn *conn, size_t count) {
    wy_assert(count <= conn->start - conn->view);
    conn->start -= count;
}

wy_err wy_conn_read_exactly(wy_conn *conn, wy_task *task, void *to, size_t len) {
    for (size_t have = 0; have < len;) {
        wy_str bytes;
        wy_err err = wy_conn_read(conn, task, &bytes);
        if (err) return err;
        if (bytes.len == 0) return WY_CLOSED;
        size_t part = bytes.len < len - have ? bytes.len : len - have;
        memcpy((char *)to + have, bytes.ptr, part);
        have += part;
        wy_conn_unread(conn, bytes.len - part);
    }
    return WY_OK;
}

/* --- writing --- */

/* Waits until little enough is queued. */
static wy_err wait_room(wy_conn *conn, wy_task *task) {
    while (wy_stream_queued(conn->stream) > WY_NET_WRITE_QUEUE) {
        if (conn->is_ended) return WY_CLOSED;
        wy_err err = wait_for(conn, task, &conn->writers);
        if (err) return err;
    }
    return WY_OK;
}

wy_err wy_conn_write(wy_conn *conn, wy_task *task, const wy_str *parts, unsigned part_count) {
    size_t total = 0;
    wy_err err = wait_room(conn, task);
    for (unsigned i = 0; i < part_count; i++)
        total += parts[i].len;
    if (!err && total <= WY_NET_WRITE_QUEUE)
        return wy_stream_write(conn->stream, parts, part_count);
    for (unsigned i = 0; i < part_count; i++)
        for (size_t at = 0; at < parts[i].len && !err;) {
            size_t len = parts[i].len - at;
            if (len > WY_NET_WRITE_QUEUE) len = WY_NET_WRITE_QUEUE;
            wy_str part = {parts[i].ptr + at, len};
            err = wy_stream_write(conn->stream, &part, 1);
            if (!err) err = wait_room(conn, task);
            at += len;
        }
    return err;
}

/* --- state --- */

bool wy_conn_is_idle(const wy_conn *conn) {
    return !conn->is_ended && !conn->is_late && conn->start == conn->stop;
}

const char *wy_conn_peer(const wy_conn *conn) {
    return conn->peer;
}
