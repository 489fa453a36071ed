/* Redis client of one worker: commands over connections that are kept and shared.
 *
 * Commands of several callers are written in a row onto one connection and answered in that order,
 * so that many fibers cost one write and one read. Commands that block or that change what the
 * connection is (SELECT, MULTI) take a session: a connection of one caller's own.
 *
 * One loop, one thread; nothing here waits but wy_redis_run. */
#ifndef WY_CAPABILITY_REDIS_CLIENT_H
#define WY_CAPABILITY_REDIS_CLIENT_H

#include "capability/http/client.h"
#include "capability/redis/address.h"
#include "capability/redis/reply.h"
#include "runtime/task.h"

typedef struct wy_redis_client wy_redis_client;
typedef struct wy_redis_call wy_redis_call;
typedef struct wy_redis_session wy_redis_session;

wy_err wy_redis_client_new(wy_loop *loop, own wy_redis_client **client_out);
/* Closes all connections; calls that are left fail with WY_CLOSED. No session may be left. */
void wy_redis_client_free(own wy_redis_client *client);
/* As many connections as may be open at once, at least 1; without it WY_MAX_REDIS_CONNECTIONS. */
void wy_redis_client_limit(wy_redis_client *client, uint32_t connections_max);

/* Where a command goes. */
typedef struct wy_redis_target {
    const wy_redis_address *address;
    const wy_http_policy *policy; /* what may be reached; NULL: anything. Outlives the client */
    wy_redis_session *session;    /* NULL: any connection to the address */
} wy_redis_target;

/* --- commands --- */

typedef enum wy_redis_way {
    WY_REDIS_SHARED,   /* may share a connection with others */
    WY_REDIS_BLOCKING, /* may keep others waiting: in a session */
    WY_REDIS_STATEFUL, /* changes the connection for what follows: in a session */
    WY_REDIS_REFUSED,  /* its answers have no end, or none at all */
} wy_redis_way;

/* How a command is to be sent. `argv[0]` is its name. */
wy_redis_way wy_redis_command_way(const wy_str *argv, size_t argc);

/* Sends a command; the bytes of `argv` are free again on return. The answer is built in `arena`,
 * which must stay alone the call's until it is done or freed. `on_done` is called when it is done,
 * never from inside this function: look at wy_redis_call_done first. NULL: no memory. */
own wy_redis_call *wy_redis_call_start(wy_redis_client *client, const wy_redis_target *target,
                                       const wy_str *argv, size_t argc, wy_arena *arena,
                                       void (*on_done)(void *data), void *data);
bool wy_redis_call_done(const wy_redis_call *call);
/* After that. WY_OK: `*reply_out` is what the server answered, an error maybe. Else why there is no
 * answer, with a text that lives as long as the call. */
wy_err wy_redis_call_result(const wy_redis_call *call, const wy_redis_reply **reply_out,
                            const char **text_out);
/* Whoever gives a command up before its answer: the answer is thrown away when it comes. */
void wy_redis_call_free(own wy_redis_call *call);

/* The same for straight-line code on a task's fiber: waits for the answer. `diag` says why there is
 * none. WY_CANCELLED, WY_TIMEOUT: the task was told to end. */
wy_err wy_redis_run(wy_redis_client *client, const wy_redis_target *target, const wy_str *argv,
                    size_t argc, wy_arena *arena, wy_task *task, const wy_redis_reply **reply_out,
                    wy_diag *diag) WY_MUST_USE;

/* A connection to the address stands: the next command needs not wait for one. */
bool wy_redis_client_connected(const wy_redis_client *client, const wy_redis_target *target);

/* --- sessions --- */

/* Connects at the first command. Once the connection is lost, all further commands fail: what they
 * rely on is gone. WY_LIMIT: as many connections are open as may be. */
wy_err wy_redis_session_new(wy_redis_client *client, const wy_redis_target *target,
                            own wy_redis_session **session_out) WY_MUST_USE;
/* `stateful` commands were sent: then the connection is closed, else others may use it. */
void wy_redis_session_free(own wy_redis_session *session, bool stateful);

#endif
