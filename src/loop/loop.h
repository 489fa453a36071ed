/* Loop: one thread's events. Sockets, timers, signals, blocking work on a pool. The only room that
 * knows the event library. Every function and callback on the loop's own thread unless said. */
#ifndef WY_LOOP_LOOP_H
#define WY_LOOP_LOOP_H

#include "base/err.h"
#include "base/str.h"

typedef struct wy_loop wy_loop;
typedef struct wy_timer wy_timer;
typedef struct wy_listener wy_listener;
typedef struct wy_stream wy_stream; /* TCP or Unix connection, or a pipe/terminal */
typedef struct wy_signal wy_signal;
typedef struct wy_fd_watch wy_fd_watch;

/* Ignores SIGPIPE for the process unless it is handled already. */
wy_err wy_loop_new(own wy_loop **loop_out);
/* Closes whatever is left, then frees. */
void wy_loop_free(own wy_loop *loop);
/* Runs until wy_loop_stop or nothing is left to wait for. */
void wy_loop_run(wy_loop *loop);
/* One round: waits for events at most once (`block`), handles them. False: nothing is left. */
bool wy_loop_step(wy_loop *loop, bool block);
void wy_loop_stop(wy_loop *loop);
/* For a thread that does nothing but turn this loop: it takes turns of WY_TURN_US on a processor
 * that others want too, and gives way to them before each round; while it is busy there, another
 * thread makes the system choose every WY_NUDGE_US who runs. A thread whose scheduling someone
 * chose (chrt) stays as it is, and so does any on a Linux before 6.12. */
void wy_loop_take_short_turns(wy_loop *loop);
/* Monotonic, read once a round and when a timer starts. */
uint64_t wy_loop_now_ms(wy_loop *loop);
/* `callback` runs after each round's events, before the loop waits again (ready tasks run there).
 * One per loop. It returns true when more is ready at once, so the loop must not sleep. */
void wy_loop_on_round(wy_loop *loop, bool (*callback)(void *data), void *data);
/* Wakes the loop from another thread. */
void wy_loop_wake(wy_loop *loop);
/* Lets a step that may block wait for wy_loop_wake alone: something else than the loop's own work
 * is waited for. From then on there is always something left. */
void wy_loop_keep(wy_loop *loop);
/* For another event loop: its descriptor is readable, or the milliseconds are over (0: at once, -1:
 * no limit), when a step has something to do. */
int wy_loop_fd(const wy_loop *loop);
int wy_loop_timeout_ms(const wy_loop *loop);

/* WY_LOOP_BUFFER bytes of whichever stream reads right now, for its on_alloc: what is in them is
 * dealt with or copied before on_read returns. */
#define WY_LOOP_BUFFER ((size_t)64 << 10)
char *wy_loop_buffer(wy_loop *loop);

/* --- timers --- */
wy_err wy_timer_new(wy_loop *loop, void (*callback)(void *data), void *data, own wy_timer **out);
void wy_timer_start(wy_timer *timer, uint64_t delay_ms); /* restarts */
void wy_timer_stop(wy_timer *timer);
void wy_timer_free(own wy_timer *timer); /* NULL is fine */

/* --- blocking work on the pool --- */
/* `work(data)` on a pool thread, then `done(data)` on the loop. */
wy_err wy_loop_offload(wy_loop *loop, void (*work)(void *data), void (*done)(void *data),
                       void *data);

/* --- signals --- */
wy_err wy_signal_new(wy_loop *loop, int signum, void (*callback)(void *data, int signum),
                     void *data, own wy_signal **out);
void wy_signal_free(own wy_signal *signal);

/* --- a file descriptor of someone else's --- */
wy_err wy_fd_watch_new(wy_loop *loop, int fd, bool readable, bool writable,
                       void (*callback)(void *data, bool readable, bool writable), void *data,
                       own wy_fd_watch **out);
/* Watches for something else from now on; for neither: nothing is reported. */
wy_err wy_fd_watch_want(wy_fd_watch *watch, bool readable, bool writable);
void wy_fd_watch_free(own wy_fd_watch *watch); /* NULL is fine */

/* --- listening sockets --- */
/* WY_EXISTS when somebody listens on the address: wy_listen_fd would share it with them where they
 * allow that. */
wy_err wy_address_check_free(wy_str address, wy_diag *diag) WY_MUST_USE;

/* Binds a socket with SO_REUSEPORT (address "host:port", "[v6]:port" or ":port"; port 0 = any) and
 * returns its descriptor: the supervisor does this once, workers inherit it. The real address is
 * written to `bound_out` (may be NULL). `backlog` 0: it does not listen yet. */
wy_err wy_listen_fd(wy_str address, int backlog, int *fd_out, char bound_out[64], wy_diag *diag);
/* Accepts on a descriptor (dup'ed; the caller keeps its own). */
wy_err wy_listener_new(wy_loop *loop, int fd,
                       void (*on_connection)(void *data, own wy_stream *stream), void *data,
                       own wy_listener **out);
/* Accepts everything that waits already: before listening ends, or it would be lost. */
void wy_listener_accept_all(wy_listener *listener);
/* Stops accepting; what the kernel has queued stays queued for whoever shares the descriptor. */
void wy_listener_free(own wy_listener *listener);

/* --- streams --- */
typedef struct wy_stream_handlers {
    /* Where to read to: at least 1 byte of room, kept until on_read. NULL ptr: cannot read now
     * (reading pauses as if wy_stream_read_stop was called). */
    void (*on_alloc)(void *data, char **ptr_out, size_t *len_out);
    void (*on_read)(void *data, const char *bytes, size_t len);
    /* Once at most: WY_OK: the peer closed its side; WY_IO: reading or a queued write failed. */
    void (*on_end)(void *data, wy_err err);
    void (*on_drain)(void *data); /* queued writes fell to zero; may be NULL */
} wy_stream_handlers;

/* A pipe, terminal or socket that someone else opened (standard input, say). dup'ed: the caller
 * keeps its own. WY_UNSUPPORTED: a regular file, which is always ready and read on the pool. */
wy_err wy_stream_open_fd(wy_loop *loop, int fd, own wy_stream **out);
/* Two streams joined in memory: what is written to one is read from the other, in later rounds of
 * the loop. WY_NOMEM. */
wy_err wy_stream_pair(wy_loop *loop, own wy_stream **a_out, own wy_stream **b_out) WY_MUST_USE;

/* `handlers` must outlive the stream. Reading is stopped at first. */
void wy_stream_set_handlers(wy_stream *stream, const wy_stream_handlers *handlers, void *data);
void wy_stream_read_start(wy_stream *stream);
void wy_stream_read_stop(wy_stream *stream);
/* Writes at once what the kernel takes and copies the rest into a queue; the caller's bytes are
 * free again on return. WY_CLOSED after an error. Watch wy_stream_queued for back-pressure. */
wy_err wy_stream_write(wy_stream *stream, const wy_str *parts, unsigned part_count);
size_t wy_stream_queued(const wy_stream *stream);
/* Sends what is queued, then closes the writing side. */
void wy_stream_shutdown(wy_stream *stream);
/* Sends what is queued unless `abort` (for WY_STREAM_CLOSE_TIMEOUT_MS at most), then closes and
 * frees. No callback comes any more. NULL is fine. */
void wy_stream_close(own wy_stream *stream, bool abort);
/* "ip:port" of the other side into `out`; "unix" where that has no meaning. */
void wy_stream_peer(wy_stream *stream, char out[64]);

#endif
