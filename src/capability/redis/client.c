/* Redis client: connections, and the commands under way on each.
 *
 *   connecting --> logging in (AUTH, SELECT) --> ready --> closed, when it ends or anything is odd
 *
 *   calls:  first (sent) -> sent -> ... -> unsent -> ... -> last
 *           answers come in this order */
#include "capability/redis/client.h"

#include "base/limits.h"
#include "capability/redis/format.h"
#include "capability/redis/login.h"
#include "loop/connect.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 480
#define WRITE_PARTS 128   /* pieces of one write */
#define EARLY_COUNT 32    /* commands that are worth a write of their own */
#define SMALL_BYTES 512   /* a command that is no longer lies in its call */
#define TIMER_MAX_MS 5000 /* how often a connection looks whether it waits in vain */

typedef struct connection connection;

struct wy_redis_client {
    wy_loop *loop;
    connection *first; /* all */
    uint32_t count, count_max;
    wy_timer *turn;              /* armed when a connection has commands to write */
    char write_buffer[16 << 10]; /* small commands on their way to the stream */
};

struct connection {
    wy_redis_client *client;
    connection *next, **link;
    wy_redis_address *address; /* with `policy`: what it may be used for */
    const wy_http_policy *policy;
    wy_redis_session *session; /* whose own it is; NULL: everybody's */
    wy_connect *attempt;       /* NULL: connected */
    wy_stream *stream;         /* NULL: not yet, or closed */
    wy_redis_reader *reader;
    wy_timer *timer;
    wy_redis_call *first, **end; /* under way */
    wy_redis_call *unsent;       /* the first of them that was not written yet; NULL: none */
    uint32_t call_count;
    uint32_t busy;        /* inside one of our own functions: free later */
    unsigned login_left;  /* answers to AUTH and SELECT that have not come yet */
    uint64_t active_ms;   /* when something last came, or began to be waited for */
    wy_arena login_arena; /* for those answers */
    bool is_ready, is_closed, wants_push;
};

struct wy_redis_call {
    connection *connection; /* NULL: done */
    wy_redis_call *next;
    char *bytes; /* of the command; NULL: sent */
    size_t len;
    wy_arena *arena;
    bool is_abandoned; /* freed by its owner; the connection waits for the answer */
    bool was_moved;    /* to a second connection, after the first was lost before it was sent */
    bool is_done;
    wy_err err;
    const wy_redis_reply *reply;
    void (*on_done)(void *data);
    void *data;
    char *text;   /* why it failed; NULL: nothing to say, or no memory for it */
    char small[]; /* the command, where it fits */
};

struct wy_redis_session {
    wy_redis_client *client;
    connection *connection; /* NULL: lost */
};

/* --- calls --- */

static void forget_bytes(wy_redis_call *call) {
    if (call->bytes != call->small) free(call->bytes);
    call->bytes = NULL;
}

static void call_release(wy_redis_call *call) {
    forget_bytes(call);
    free(call->text);
    free(call);
}

static void settle(wy_redis_call *call, wy_err err, const char *text) {
    call->connection = NULL;
    if (call->is_abandoned) {
        call_release(call);
        return;
    }
    call->is_done = true;
    call->err = err;
    if (text) call->text = strdup(text);
    if (call->on_done) call->on_done(call->data);
}

/* The pieces of the next write, small commands in a row as one; returns the first call that is not
 * among them. */
static wy_redis_call *gather(connection *c, wy_str parts[WRITE_PARTS], unsigned *count_out) {
    char *at = c->client->write_buffer, *end = at + sizeof c->client->write_buffer;
    wy_redis_call *call = c->unsent;
    unsigned count = 0;
    for (; call && count < WRITE_PARTS; call = call->next) {
        if (call->bytes != call->small) {
            parts[count++] = (wy_str){call->bytes, call->len};
            continue;
        }
        if (call->len > (size_t)(end - at)) break;
        memcpy(at, call->bytes, call->len);
        if (count && parts[count - 1].ptr + parts[count - 1].len == at)
            parts[count - 1].len += call->len;
        else
            parts[count++] = (wy_str){at, call->len};
        at += call->len;
    }
    *count_out = count;
    return call;
}

/* Writes what was not written yet. */
static wy_err write_unsent(connection *c) {
    wy_err err = WY_OK;
    while (c->unsent && c->stream && c->is_ready && !err) {
        wy_str parts[WRITE_PARTS];
        unsigned count;
        wy_redis_call *next = gather(c, parts, &count);
        err = wy_stream_write(c->stream, parts, count);
        for (; !err && c->unsent != next; c->unsent = c->unsent->next)
            forget_bytes(c->unsent);
    }
    return err;
}

/* What is asked for in one turn of the loop goes out at its end, in one write. But a server that
 * has nothing to do gets its share as soon as that is worth a write, and answers while others ask.
 */
static void append(connection *c, wy_redis_call *call) {
    if (!c->first) c->active_ms = wy_loop_now_ms(c->client->loop);
    call->connection = c;
    call->next = NULL;
    *c->end = call;
    c->end = &call->next;
    if (!c->unsent) c->unsent = call;
    c->call_count++;
    if (!c->is_ready) return; /* logging in comes first */
    if (c->unsent == c->first && c->call_count >= EARLY_COUNT)
        (void)write_unsent(c); /* where it fails, that of the turn's end does too */
    if (c->wants_push) return;
    c->wants_push = true;
    wy_timer_start(c->client->turn, 0);
}

static wy_redis_call *take_first(connection *c) {
    wy_redis_call *call = c->first;
    c->first = call->next;
    if (!c->first) c->end = &c->first;
    if (c->unsent == call) c->unsent = call->next;
    c->call_count--;
    return call;
}

/* Takes a call that was not sent out of the queue. */
static void unlink_unsent(connection *c, wy_redis_call *call) {
    wy_redis_call **link = &c->first;
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    if (!call->next) c->end = link;
    if (c->unsent == call) c->unsent = call->next;
    c->call_count--;
}

/* --- connections --- */

static void free_when_quiet(connection *c) {
    if (!c->is_closed || c->busy) return;
    wy_redis_reader_free(c->reader);
    wy_timer_free(c->timer);
    wy_redis_address_free(c->address);
    wy_arena_deinit(&c->login_arena);
    free(c);
}

static wy_err assign(wy_redis_client *client, const wy_redis_target *target, wy_redis_call *call,
                     const char **text_out);

/* Ends the connection. Calls that were sent fail; the others are sent on another one, once. */
static void drop(connection *c, wy_err err, const char *text) {
    if (c->is_closed) return;
    c->is_closed = true;
    c->busy++;
    *c->link = c->next;
    if (c->next) c->next->link = c->link;
    c->client->count--;
    if (c->session) c->session->connection = NULL;
    wy_timer_stop(c->timer);
    if (c->attempt) wy_connect_cancel(c->attempt);
    if (c->stream) wy_stream_close(c->stream, true);
    c->attempt = NULL;
    c->stream = NULL;
    while (c->first) {
        wy_redis_call *call = take_first(c);
        wy_redis_target target = {c->address, c->policy, NULL};
        bool again = call->bytes && c->is_ready && !c->session && !call->was_moved &&
                     err != WY_CLOSED && !call->is_abandoned;
        const char *why = text;
        call->was_moved = again;
        wy_err bad = again ? assign(c->client, &target, call, &why) : err;
        if (bad) settle(call, bad, why);
    }
    c->busy--;
    free_when_quiet(c);
}

static void push(connection *c) {
    if (write_unsent(c)) drop(c, WY_IO, "the connection to the Redis server was lost");
}

static void on_turn(void *data) {
    wy_redis_client *client = data;
    for (connection *c = client->first, *next; c; c = next) {
        next = c->next;
        if (!c->wants_push) continue;
        c->wants_push = false;
        c->busy++;
        push(c);
        c->busy--;
        free_when_quiet(c);
    }
}

/* --- logging in --- */

static void become_ready(connection *c) {
    c->is_ready = true;
    wy_arena_deinit(&c->login_arena);
    push(c);
}

static void log_in(connection *c) {
    wy_err err = wy_redis_login(c->address, c->stream, &c->login_left);
    wy_stream_read_start(c->stream);
    if (err)
        drop(c, WY_IO, "the connection to the Redis server was lost");
    else if (c->login_left == 0)
        become_ready(c);
}

static void on_login_reply(connection *c, const wy_redis_reply *reply) {
    char text[TEXT_MAX];
    if (reply && reply->kind != WY_REDIS_ERROR) {
        if (--c->login_left == 0) become_ready(c);
        return;
    }
    snprintf(text, sizeof text, "the Redis server refused the login: " WY_STR_FMT,
             WY_STR_ARG(reply ? reply->text : (wy_str){0}));
    drop(c, WY_DENIED, text);
}

/* --- the stream's callbacks --- */

static void on_alloc(void *data, char **ptr_out, size_t *len_out) {
    connection *c = data;
    *ptr_out = wy_loop_buffer(c->client->loop);
    *len_out = WY_LOOP_BUFFER;
}

static void garbled(connection *c, const char *why) {
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "the answer of the Redis server cannot be read: %s", why);
    drop(c, WY_MALFORMED, text);
}

/* One reply, if one is whole. False: nothing more to do. */
static bool read_reply(connection *c) {
    const wy_redis_reply *reply;
    bool is_login = c->login_left > 0;
    wy_redis_call *call = is_login ? NULL : c->first;
    wy_arena *arena = is_login ? &c->login_arena : call && !call->is_abandoned ? call->arena : NULL;
    wy_redis_progress progress = wy_redis_reader_next(c->reader, arena, &reply);
    if (progress == WY_REDIS_MORE) return false;
    if (progress == WY_REDIS_BAD) {
        garbled(c, wy_redis_reader_reason(c->reader));
    } else if (is_login) {
        on_login_reply(c, reply);
    } else if (!call || call->bytes) {
        garbled(c, "nobody asked for it");
    } else {
        take_first(c);
        call->reply = reply;
        if (progress == WY_REDIS_LARGE)
            settle(call, WY_LIMIT, "the answer is larger than a result may be");
        else
            settle(call, WY_OK, NULL);
    }
    return !c->is_closed;
}

static void on_read(void *data, const char *bytes, size_t len) {
    connection *c = data;
    c->busy++;
    c->active_ms = wy_loop_now_ms(c->client->loop);
    if (!wy_redis_reader_feed(c->reader, (wy_str){bytes, len}))
        garbled(c, wy_redis_reader_reason(c->reader));
    else
        while (read_reply(c)) {
        }
    c->busy--;
    free_when_quiet(c);
}

static void on_end(void *data, wy_err err) {
    connection *c = data;
    c->busy++;
    drop(c, WY_IO,
         err ? "the connection to the Redis server was lost"
             : "the Redis server closed the connection");
    c->busy--;
    free_when_quiet(c);
}

static const wy_stream_handlers handlers = {on_alloc, on_read, on_end, NULL};

/* Armed all the time, and again when it was too early: cheaper than once a command. */
static void on_timer(void *data) {
    connection *c = data;
    uint64_t waited = wy_loop_now_ms(c->client->loop) - c->active_ms;
    uint64_t limit = c->first ? WY_REDIS_ANSWER_TIMEOUT_MS : WY_REDIS_IDLE_MS;
    if (!c->is_ready) limit = WY_REDIS_CONNECT_TIMEOUT_MS;
    bool is_patient = c->session && c->is_ready; /* it blocks for as long as its task may run */
    if (is_patient || waited < limit)
        wy_timer_start(c->timer,
                       is_patient || limit - waited > TIMER_MAX_MS ? TIMER_MAX_MS : limit - waited);
    else if (!c->is_ready)
        drop(c, WY_TIMEOUT, "no connection to the Redis server in time");
    else
        drop(c, WY_TIMEOUT, "the Redis server does not answer");
}

static void on_connect(void *data, own wy_stream *stream, const wy_connect_error *error) {
    connection *c = data;
    c->attempt = NULL;
    c->busy++;
    if (stream) {
        c->stream = stream;
        wy_stream_set_handlers(stream, &handlers, c);
        log_in(c);
    } else {
        char why[TEXT_MAX];
        snprintf(why, sizeof why, "no connection to the Redis server: %.400s", error->text);
        drop(c, error->err, why);
    }
    c->busy--;
    free_when_quiet(c);
}

static bool check_address(void *data, const char *address) {
    const wy_http_policy *policy = ((connection *)data)->policy;
    return !policy || !policy->allow_address || policy->allow_address(policy->data, address);
}

/* --- choosing a connection --- */

static bool may_use(const connection *c, const wy_redis_target *target) {
    return !c->session && c->policy == target->policy &&
           wy_str_eq(c->address->url, target->address->url);
}

/* The one with the fewest commands under way. */
static connection *find(const wy_redis_client *client, const wy_redis_target *target,
                        uint32_t *count_out) {
    connection *best = NULL;
    *count_out = 0;
    for (connection *c = client->first; c; c = c->next) {
        if (!may_use(c, target)) continue;
        (*count_out)++;
        if (!best || c->call_count < best->call_count) best = c;
    }
    return best;
}

static void drop_oldest_idle(wy_redis_client *client) {
    connection *last = NULL;
    for (connection *c = client->first; c; c = c->next)
        if (!c->first && !c->session) last = c;
    if (last) drop(last, WY_CLOSED, NULL);
}

static own connection *connection_new(wy_redis_client *client, const wy_redis_target *target) {
    connection *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    wy_arena_init(&c->login_arena, (size_t)64 << 10);
    c->reader = wy_redis_reader_new();
    if (!c->reader || wy_redis_address_new(target->address->url, &c->address, NULL) ||
        wy_timer_new(client->loop, on_timer, c, &c->timer)) {
        wy_redis_reader_free(c->reader);
        wy_redis_address_free(c->address);
        free(c);
        return NULL;
    }
    c->client = client;
    c->policy = target->policy;
    c->end = &c->first;
    c->active_ms = wy_loop_now_ms(client->loop);
    c->next = client->first;
    c->link = &client->first;
    if (client->first) client->first->link = &c->next;
    client->first = c;
    client->count++;
    return c;
}

static wy_err open_connection(wy_redis_client *client, const wy_redis_target *target,
                              connection **out, const char **text_out) {
    if (client->count >= client->count_max) drop_oldest_idle(client);
    *text_out = "too many connections to Redis servers are open";
    if (client->count >= client->count_max) return WY_LIMIT;
    *text_out = "out of memory";
    connection *c = connection_new(client, target);
    if (!c) return WY_NOMEM;
    wy_timer_start(c->timer, WY_REDIS_CONNECT_TIMEOUT_MS);
    static const wy_tls_config tls = {0};
    wy_connect_config to = {
        .host = c->address->host.ptr,
        .port = c->address->port,
        .tls = c->address->tls ? &tls : NULL,
        .timeout_ms = WY_REDIS_CONNECT_TIMEOUT_MS,
        .check = check_address,
        .done = on_connect,
        .data = c,
    };
    wy_err err = wy_connect_start(client->loop, &to, &c->attempt);
    if (err) drop(c, err, "no connection to the Redis server");
    *out = err ? NULL : c;
    return err;
}

/* Puts the call on a connection that may be shared. */
static wy_err assign(wy_redis_client *client, const wy_redis_target *target, wy_redis_call *call,
                     const char **text_out) {
    uint32_t count;
    connection *c = find(client, target, &count);
    wy_err err = WY_OK;
    if (!c || (c->call_count >= WY_REDIS_PIPELINE_SPREAD && count < WY_MAX_REDIS_SHARED)) {
        connection *fresh = NULL;
        err = open_connection(client, target, &fresh, text_out);
        if (fresh) c = fresh;
    }
    if (!c) return err;
    *text_out = "too many commands to the Redis server are under way";
    if (c->call_count >= WY_MAX_REDIS_PIPELINE) return WY_LIMIT;
    append(c, call);
    return WY_OK;
}

/* --- what others call --- */

static own wy_redis_call *call_new(const wy_str *argv, size_t argc) {
    size_t len = wy_redis_format_size(argv, argc);
    bool is_small = len <= SMALL_BYTES;
    wy_redis_call *call = len ? malloc(sizeof *call + (is_small ? len : 0)) : NULL;
    if (!call) return NULL;
    *call = (wy_redis_call){.len = len};
    call->bytes = is_small ? call->small : malloc(len);
    if (!call->bytes) {
        free(call);
        return NULL;
    }
    wy_redis_format_to(argv, argc, call->bytes);
    return call;
}

own wy_redis_call *wy_redis_call_start(wy_redis_client *client, const wy_redis_target *target,
                                       const wy_str *argv, size_t argc, wy_arena *arena,
                                       void (*on_done)(void *data), void *data) {
    wy_redis_call *call = call_new(argv, argc);
    if (!call) return NULL;
    const char *text = NULL;
    wy_err err = WY_OK;
    call->arena = arena;
    if (!target->session) {
        err = assign(client, target, call, &text);
    } else if (target->session->connection) {
        append(target->session->connection, call);
    } else {
        err = WY_CLOSED;
        text = "the connection to the Redis server was lost, and what was begun on it";
    }
    if (err) settle(call, err, text);
    call->on_done = on_done;
    call->data = data;
    return call;
}

bool wy_redis_call_done(const wy_redis_call *call) {
    return call->is_done;
}

wy_err wy_redis_call_result(const wy_redis_call *call, const wy_redis_reply **reply_out,
                            const char **text_out) {
    wy_assert(call->is_done);
    *reply_out = call->reply;
    *text_out = call->text ? call->text : "";
    return call->err;
}

void wy_redis_call_free(own wy_redis_call *call) {
    if (!call) return;
    connection *c = call->connection;
    if (!c) {
        call_release(call);
    } else if (call->bytes) {
        unlink_unsent(c, call);
        call_release(call);
    } else {
        call->is_abandoned = true;
        if (c->first == call) wy_redis_reader_discard(c->reader);
    }
}

static void wake(void *data) {
    wy_task_wake(data);
}

wy_err wy_redis_run(wy_redis_client *client, const wy_redis_target *target, const wy_str *argv,
                    size_t argc, wy_arena *arena, wy_task *task, const wy_redis_reply **reply_out,
                    wy_diag *diag) {
    *reply_out = NULL;
    wy_redis_call *call = wy_redis_call_start(client, target, argv, argc, arena, wake, task);
    if (!call) return wy_diag_set(diag, WY_NOMEM, "out of memory for a command");
    wy_err err = WY_OK;
    const char *text;
    while (!err && !wy_redis_call_done(call))
        err = wy_task_wait(task);
    if (!err) {
        err = wy_redis_call_result(call, reply_out, &text);
        if (err) err = wy_diag_set(diag, err, "%s", text);
    }
    wy_redis_call_free(call);
    return err;
}

bool wy_redis_client_connected(const wy_redis_client *client, const wy_redis_target *target) {
    if (target->session) return target->session->connection != NULL;
    for (const connection *c = client->first; c; c = c->next)
        if (c->is_ready && may_use(c, target)) return true;
    return false;
}

wy_err wy_redis_session_new(wy_redis_client *client, const wy_redis_target *target,
                            own wy_redis_session **session_out) {
    wy_redis_session *session = calloc(1, sizeof *session);
    const char *text;
    *session_out = NULL;
    if (!session) return WY_NOMEM;
    wy_err err = open_connection(client, target, &session->connection, &text);
    if (err) {
        free(session);
        return err;
    }
    session->client = client;
    session->connection->session = session;
    *session_out = session;
    return WY_OK;
}

void wy_redis_session_free(own wy_redis_session *session, bool stateful) {
    if (!session) return;
    connection *c = session->connection;
    if (c) {
        c->session = NULL;
        c->active_ms = wy_loop_now_ms(session->client->loop);
        if (stateful || c->first || !c->is_ready) drop(c, WY_CLOSED, NULL);
    }
    free(session);
}

wy_err wy_redis_client_new(wy_loop *loop, own wy_redis_client **client_out) {
    wy_redis_client *client = calloc(1, sizeof *client);
    if (!client) return WY_NOMEM;
    client->loop = loop;
    client->count_max = WY_MAX_REDIS_CONNECTIONS;
    wy_err err = wy_timer_new(loop, on_turn, client, &client->turn);
    if (err) {
        free(client);
        return err;
    }
    *client_out = client;
    return WY_OK;
}

void wy_redis_client_limit(wy_redis_client *client, uint32_t connections_max) {
    client->count_max = connections_max > 0 ? connections_max : 1;
}

void wy_redis_client_free(own wy_redis_client *client) {
    if (!client) return;
    while (client->first) {
        wy_assert(!client->first->session);
        drop(client->first, WY_CLOSED, "the host is stopping");
    }
    wy_timer_free(client->turn);
    free(client);
}
