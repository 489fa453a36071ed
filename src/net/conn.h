/* Connection: a stream to a server, read and written straight-line by tasks: a call that must wait
 * parks the task's fiber. It belongs to its loop, not to a task, so that it can be kept in a pool
 * and used by one task after the other; at one time one task may read and another one write. */
#ifndef WY_NET_CONN_H
#define WY_NET_CONN_H

#include "loop/connect.h"
#include "runtime/task.h"

typedef struct wy_conn wy_conn;

typedef struct wy_conn_config {
    const char *host; /* a name, or a number without brackets */
    uint16_t port;
    const wy_tls_config *tls; /* NULL: without */
    uint32_t timeout_ms;      /* to connect; 0: WY_CONNECT_TIMEOUT_MS */
    /* Sees each resolved address ("ip:port") before it is used and may refuse it; NULL: any. */
    bool (*check)(void *data, const char *address);
    void *check_data;
} wy_conn_config;

/* Errors of every function that takes a task: WY_CANCELLED, WY_TIMEOUT while wy_task_ended(task):
 * the task was asked to end: return wy_task_trap. Else WY_TIMEOUT: the time given here is over. */

/* Connects; `error_out` says why not, with name, address and reason. */
wy_err wy_conn_open(wy_task *task, const wy_conn_config *config, own wy_conn **conn_out,
                    wy_connect_error *error_out) WY_MUST_USE;
/* Takes over a stream that is connected. NULL: no memory; the stream remains the caller's. */
own wy_conn *wy_conn_new(own wy_stream *stream);
/* Sends what is queued in the background; NULL is fine. No task may be inside the connection. */
void wy_conn_close(own wy_conn *conn);

/* Reads and writes after that many milliseconds from now return WY_TIMEOUT; 0: no limit, as at
 * first. */
void wy_conn_set_deadline(wy_conn *conn, uint64_t ms);
/* Bytes that came, at least one; the view is valid until the next read or the close. None: the
 * server closed its side. WY_IO: the connection broke. */
wy_err wy_conn_read(wy_conn *conn, wy_task *task, wy_str *bytes_out) WY_MUST_USE;
/* Gives the last `count` bytes of the last view back: the next read begins with them. */
void wy_conn_unread(wy_conn *conn, size_t count);
/* Exactly `len` bytes. WY_CLOSED: the server closed its side before. */
wy_err wy_conn_read_exactly(wy_conn *conn, wy_task *task, void *to, size_t len) WY_MUST_USE;
/* Writes all; the bytes are free again on return, though some may still be queued. WY_CLOSED: the
 * connection broke. */
wy_err wy_conn_write(wy_conn *conn, wy_task *task, const wy_str *parts,
                     unsigned part_count) WY_MUST_USE;

/* Whether it can carry a next request: it stands and nothing came that nobody asked for. */
bool wy_conn_is_idle(const wy_conn *conn);
/* "ip:port" of the server; lives as long as the connection. */
const char *wy_conn_peer(const wy_conn *conn);

#endif
