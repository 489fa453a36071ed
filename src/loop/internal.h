/* What the files of this room share: the loop's struct, and how handles end. */
#ifndef WY_LOOP_INTERNAL_H
#define WY_LOOP_INTERNAL_H

#include "loop/address.h"
#include "loop/connect.h"

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

/* First member of every object that owns a libuv handle; handle->data points to it. libuv lets go
 * of a handle only in its close callback, which calls `release`. */
typedef struct wy_object {
    void (*release)(struct wy_object *object);
} wy_object;

/* Of a loop that takes short turns (turns.c). */
typedef struct wy_turns {
    atomic_int cpu; /* where the loop began its last round; -1: none since the nudger looked */
    atomic_bool is_nudged; /* the nudger is awake */
    unsigned rounds;       /* since the loop looked whether others want its processor */
    int64_t switches;      /* how often its thread had to leave one, as of then */
    pthread_t nudger;
    pthread_mutex_t lock; /* guards the next, and falling asleep */
    pthread_cond_t wake;
    bool has_nudger, stop;
} wy_turns;

struct wy_loop {
    wy_object object;
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_wait;
    uv_idle_t no_wait; /* active while has_more: the loop only looks for events */
    bool (*on_round)(void *data);
    void *on_round_data;
    bool has_more; /* on_round said so: do not sleep */
    bool is_stopped;
    wy_turns *turns;           /* short ones; NULL: as the system has them */
    struct wy_tls_shared *tls; /* NULL: no TLS yet */
    char buffer[WY_LOOP_BUFFER];
};

/* Closes a handle and releases its object later. */
void wy_object_close(uv_handle_t *handle);
/* Nothing to release but its own memory. */
void wy_object_free(wy_object *object);

/* Runs `callback` once on the loop's next round unless `*handle_out` is closed before. */
wy_err wy_loop_soon(wy_loop *loop, void (*callback)(void *data), void *data, own wy_timer **out);

/* Of a thread, as sched_setattr(2) has them; the C library declares them since glibc 2.41 only. */
typedef struct wy_sched {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns; /* SCHED_OTHER: of a turn, since Linux 6.12; 0 before */
    uint64_t deadline_ns, period_ns;
} wy_sched;

bool wy_sched_get(wy_sched *out); /* the calling thread's */

/* Before each round of a loop that takes short turns. */
void wy_turns_give_way(wy_turns *turns);
void wy_turns_free(own wy_turns *turns); /* NULL is fine */

/* Bytes between the two streams of a pair; zero-initialised. */
typedef struct wy_inbox {
    char *bytes;
    size_t start, stop, room;
} wy_inbox;

wy_err wy_inbox_put(wy_inbox *inbox, const wy_str *parts, unsigned part_count) WY_MUST_USE;
size_t wy_inbox_take(wy_inbox *inbox, char *to, size_t room);
size_t wy_inbox_held(const wy_inbox *inbox);
void wy_inbox_free(wy_inbox *inbox);

/* A TCP stream that is not connected yet; and with a descriptor that is. */
own wy_stream *wy_stream_new_tcp(wy_loop *loop);
uv_tcp_t *wy_stream_tcp(wy_stream *stream);
uv_stream_t *wy_stream_uv(wy_stream *stream);

/* "1.2.3.4:80", "[::1]:80", or "unix". */
void wy_address_print_system(const struct sockaddr *address, char out[64]);

/* --- TLS: tls.c stands between a stream and its socket --- */

typedef struct wy_tls wy_tls;                 /* of one stream, freed with it */
typedef struct wy_tls_context wy_tls_context; /* of all with one configuration */
typedef struct wy_tls_shared wy_tls_shared;   /* of a loop */

/* Takes a reference; it is loaded on the pool meanwhile. `is_server`: for connections that others
 * make, with the configuration's certificate, which is read at each call. WY_LIMIT:
 * WY_MAX_TLS_CONTEXTS. */
wy_err wy_tls_context_get(wy_loop *loop, const wy_tls_config *config, bool is_server,
                          wy_tls_context **out) WY_MUST_USE;
/* Turns the loop until it is loaded; why it is not usable, or NULL. */
const char *wy_tls_context_wait(wy_tls_context *context);
/* The same of one that is loaded, and who is told, by the loop, when it is (NULL: nobody). */
const char *wy_tls_context_problem(const wy_tls_context *context);
void wy_tls_context_watch(wy_tls_context *context, void (*on_loaded)(void *data), void *data);
void wy_tls_context_release(wy_tls_context *context); /* NULL is fine */
void wy_tls_shared_free(own wy_tls_shared *shared);   /* NULL is fine */
/* Begins a handshake: as the client, for a name or a number; as the server where the context is
 * one's, with `host` NULL. `on_secure` is called once unless the stream is closed before; the
 * stream remains its owner's. It may be called from inside here. NULL: the owner, who may read
 * already, is told of a failure as of any other end. */
wy_err wy_tls_start(wy_stream *stream, wy_tls_context *context, const char *host,
                    void (*on_secure)(void *data, const wy_connect_error *error),
                    void *data) WY_MUST_USE;

/* What the stream calls: its owner closed it; its memory ends; ciphertext came, or nothing more
 * will; the owner reads or does not; it writes, or has written all. */
void wy_tls_stop(wy_tls *tls);
void wy_tls_free(own wy_tls *tls);
void wy_tls_alloc(wy_tls *tls, char **ptr_out, size_t *len_out);
void wy_tls_input(wy_tls *tls, const char *bytes, size_t len);
void wy_tls_input_end(wy_tls *tls);
void wy_tls_want(wy_tls *tls, bool wanted);
wy_err wy_tls_write(wy_tls *tls, const wy_str *parts, unsigned part_count);
void wy_tls_say_goodbye(wy_tls *tls);

/* What it calls of the stream: the socket's side, then the owner's. */
void wy_stream_set_tls(wy_stream *stream, own wy_tls *tls);
wy_err wy_stream_write_raw(wy_stream *stream, const wy_str *parts, unsigned part_count);
void wy_stream_read_raw(wy_stream *stream, bool start);
bool wy_stream_is_owned(const wy_stream *stream); /* false: closed */
void wy_stream_owner_alloc(wy_stream *stream, char **ptr_out, size_t *len_out);
void wy_stream_owner_read(wy_stream *stream, const char *bytes, size_t len);
void wy_stream_owner_end(wy_stream *stream, wy_err err);

#endif
