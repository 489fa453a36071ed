/* What the Redis interfaces share. */
#include "interface/spin/redis.h"

#include "base/limits.h"

#include <stdlib.h>

struct wy_spin_redis {
    wy_redis_address *address;
    wy_redis_session *session; /* NULL: commands share connections */
    bool is_stateful;          /* the session is not fit for others */
    wy_redis_client *client;
    uint32_t *open_count; /* of the instance */
};

static void fail(wy_spin_redis_answer *answer, wy_spin_redis_fault fault, wy_str text) {
    *answer = (wy_spin_redis_answer){.fault = fault, .text = text};
}

/* With a text of the world's, which lives elsewhere and may be anything. */
static void fail_other(wy_call *call, wy_spin_redis_answer *answer, wy_str text) {
    char *copy = wy_utf8_valid(text.ptr, text.len)
                     ? wy_arena_strndup(call->arena, text.ptr, text.len)
                     : NULL;
    fail(answer, WY_SPIN_REDIS_OTHER,
         copy ? (wy_str){copy, text.len} : WY_STR("an error whose text cannot be read"));
}

/* --- one command --- */

static wy_redis_target target_of(wy_call *call, const wy_spin_redis *redis) {
    const wy_spin_redis_settings *settings = wy_instance_settings(call->instance, WY_SLOT_REDIS);
    return (wy_redis_target){redis->address, settings->policy, redis->session};
}

/* What the server answered, or why it did not. */
static own wy_trap *judge(wy_call *call, wy_err err, const wy_redis_reply *reply,
                          const wy_diag *diag, wy_spin_redis_answer *answer) {
    if (wy_task_ended(call->task)) return wy_task_trap(call->task);
    if (err)
        fail_other(call, answer, wy_str_of(diag->text));
    else if (reply->kind == WY_REDIS_ERROR && wy_str_starts(reply->text, WY_STR("WRONGTYPE")))
        fail(answer, WY_SPIN_REDIS_TYPE_ERROR, reply->text);
    else if (reply->kind == WY_REDIS_ERROR)
        fail_other(call, answer, reply->text);
    else
        *answer = (wy_spin_redis_answer){.reply = reply};
    return NULL;
}

static own wy_trap *send(wy_call *call, const wy_spin_redis *redis, const wy_str *argv, size_t argc,
                         wy_spin_redis_answer *answer) {
    wy_redis_target target = target_of(call, redis);
    const wy_redis_reply *reply;
    wy_diag diag;
    diag.err = WY_OK;
    diag.text[0] = '\0';
    wy_err err =
        wy_redis_run(redis->client, &target, argv, argc, call->arena, call->task, &reply, &diag);
    return judge(call, err, reply, &diag, answer);
}

/* From the first command on that needs it, the handle has a connection of its own. */
static wy_err enter_session(wy_call *call, wy_spin_redis *redis) {
    wy_redis_target target = target_of(call, redis);
    return redis->session ? WY_OK : wy_redis_session_new(redis->client, &target, &redis->session);
}

own wy_trap *wy_spin_redis_run(wy_call *call, wy_spin_redis *redis, const wy_str *argv, size_t argc,
                               wy_spin_redis_answer *answer) {
    wy_redis_way way = wy_redis_command_way(argv, argc);
    if (way == WY_REDIS_REFUSED) {
        fail(answer, WY_SPIN_REDIS_OTHER,
             WY_STR("a command whose answers have no end, or that changes how they are written, "
                    "cannot be executed; messages come through a redis trigger"));
        return NULL;
    }
    wy_err err = way == WY_REDIS_SHARED ? WY_OK : enter_session(call, redis);
    if (err) {
        fail(answer, err == WY_LIMIT ? WY_SPIN_REDIS_TOO_MANY : WY_SPIN_REDIS_OTHER,
             wy_str_of(wy_err_text(err)));
        return NULL;
    }
    redis->is_stateful |= way == WY_REDIS_STATEFUL;
    return send(call, redis, argv, argc, answer);
}

/* --- opening and closing --- */

static bool may_reach(const wy_spin_redis_settings *settings, const wy_redis_address *address) {
    const wy_http_policy *policy = settings->policy;
    return !policy || !policy->allow ||
           policy->allow(policy->data, address->scheme, address->host, address->port);
}

static uint32_t *open_count(wy_call *call) {
    uint32_t *count = wy_instance_state(call->instance, WY_SLOT_REDIS);
    if (count) return count;
    count = calloc(1, sizeof *count);
    if (count) wy_instance_set_state(call->instance, WY_SLOT_REDIS, count, free);
    return count;
}

/* An answer of any kind: the server is there. */
static own wy_trap *reach(wy_call *call, const wy_spin_redis *redis, wy_spin_redis_answer *answer) {
    wy_redis_target target = target_of(call, redis);
    if (wy_redis_client_connected(redis->client, &target)) return NULL;
    const wy_str ping = WY_STR("PING");
    const wy_redis_reply *reply;
    wy_diag diag;
    diag.err = WY_OK;
    diag.text[0] = '\0';
    wy_err err =
        wy_redis_run(redis->client, &target, &ping, 1, call->arena, call->task, &reply, &diag);
    if (wy_task_ended(call->task)) return wy_task_trap(call->task);
    if (err == WY_LIMIT)
        fail(answer, WY_SPIN_REDIS_TOO_MANY, (wy_str){0});
    else if (err)
        fail_other(call, answer, wy_str_of(diag.text));
    return NULL;
}

own wy_trap *wy_spin_redis_open(wy_call *call, wy_str address, own wy_spin_redis **redis_out,
                                wy_spin_redis_answer *answer) {
    const wy_spin_redis_settings *settings = wy_instance_settings(call->instance, WY_SLOT_REDIS);
    uint32_t *count = open_count(call);
    wy_spin_redis *redis = calloc(1, sizeof *redis);
    *answer = (wy_spin_redis_answer){0};
    *redis_out = NULL;
    wy_trap *trap = NULL;
    if (!redis || !count)
        fail(answer, WY_SPIN_REDIS_OTHER, WY_STR("out of memory"));
    else if (!settings || !settings->client ||
             wy_redis_address_new(address, &redis->address, NULL) ||
             !may_reach(settings, redis->address))
        fail(answer, WY_SPIN_REDIS_INVALID_ADDRESS, (wy_str){0});
    else if (*count >= WY_MAX_REDIS_HANDLES)
        fail(answer, WY_SPIN_REDIS_TOO_MANY, (wy_str){0});
    else
        redis->client = settings->client;
    if (!answer->fault) trap = reach(call, redis, answer);
    if (trap || answer->fault) {
        if (redis) wy_redis_address_free(redis->address);
        free(redis);
        return trap;
    }
    redis->open_count = count;
    ++*count;
    *redis_out = redis;
    return NULL;
}

void wy_spin_redis_close(void *object) {
    wy_spin_redis *redis = object;
    wy_redis_session_free(redis->session, redis->is_stateful);
    wy_redis_address_free(redis->address);
    --*redis->open_count;
    free(redis);
}

/* --- replies as WIT's types --- */

static void mistyped(wy_spin_redis_answer *answer) {
    fail(answer, WY_SPIN_REDIS_TYPE_ERROR, (wy_str){0});
}

int64_t wy_spin_redis_integer(wy_spin_redis_answer *answer) {
    if (answer->fault) return 0;
    if (answer->reply->kind == WY_REDIS_INTEGER) return answer->reply->integer;
    mistyped(answer);
    return 0;
}

bool wy_spin_redis_strings(wy_call *call, wy_spin_redis_answer *answer, const wy_str **items_out,
                           size_t *count_out) {
    if (answer->fault) return false;
    const wy_redis_reply *reply = answer->reply;
    wy_str *items = wy_arena_calloc(call->arena, reply->count, sizeof *items);
    bool ok = reply->kind == WY_REDIS_ARRAY;
    for (size_t i = 0; items && ok && i < reply->count; i++) {
        items[i] = reply->items[i].text;
        ok = reply->items[i].kind == WY_REDIS_BULK && wy_utf8_valid(items[i].ptr, items[i].len);
    }
    if (!ok)
        mistyped(answer);
    else if (!items)
        fail(answer, WY_SPIN_REDIS_OTHER, WY_STR("out of memory for the answer"));
    *items_out = items;
    *count_out = reply->count;
    return !answer->fault;
}

const wy_str *wy_spin_redis_words(wy_call *call, wy_str command,
                                  const wy_spin_redis_parameter *parameters, size_t count) {
    enum { INT64, BINARY };
    wy_str *words = wy_arena_calloc(call->arena, count + 1, sizeof *words);
    if (!words) return NULL;
    words[0] = command;
    for (size_t i = 0; i < count; i++) {
        const char *digits = NULL;
        if (parameters[i].tag == INT64) {
            digits = wy_arena_printf(call->arena, "%lld", (long long)parameters[i].integer);
            if (!digits) return NULL;
        }
        words[i + 1] = digits ? wy_str_of(digits) : parameters[i].bytes;
    }
    return words;
}

static size_t leaf_count(const wy_redis_reply *reply) {
    if (reply->kind != WY_REDIS_ARRAY) return 1;
    size_t count = 0;
    for (size_t i = 0; i < reply->count; i++)
        count += leaf_count(&reply->items[i]);
    return count;
}

/* False: an error is among them. Depth is bounded by the reader. */
static bool put_leaves(const wy_redis_reply *reply, wy_spin_redis_result **at) {
    enum { NIL, STATUS, INT64, BINARY };
    static const uint8_t tags[] = {[WY_REDIS_NIL] = NIL,
                                   [WY_REDIS_STATUS] = STATUS,
                                   [WY_REDIS_INTEGER] = INT64,
                                   [WY_REDIS_BULK] = BINARY};
    if (reply->kind == WY_REDIS_ERROR) return false;
    if (reply->kind == WY_REDIS_ARRAY) {
        for (size_t i = 0; i < reply->count; i++)
            if (!put_leaves(&reply->items[i], at)) return false;
        return true;
    }
    wy_spin_redis_result *to = (*at)++;
    to->tag = tags[reply->kind];
    if (reply->kind == WY_REDIS_INTEGER)
        to->integer = reply->integer;
    else
        to->bytes = reply->text;
    return reply->kind != WY_REDIS_STATUS || wy_utf8_valid(reply->text.ptr, reply->text.len);
}

static wy_str first_error(const wy_redis_reply *reply) {
    if (reply->kind == WY_REDIS_ERROR) return reply->text;
    for (size_t i = 0; reply->kind == WY_REDIS_ARRAY && i < reply->count; i++) {
        wy_str text = first_error(&reply->items[i]);
        if (text.ptr) return text;
    }
    return (wy_str){0};
}

bool wy_spin_redis_flatten(wy_call *call, wy_spin_redis_answer *answer,
                           const wy_spin_redis_result **items_out, size_t *count_out) {
    if (answer->fault == WY_SPIN_REDIS_TYPE_ERROR && answer->text.len)
        fail_other(call, answer, answer->text);
    if (answer->fault) return false;
    size_t count = leaf_count(answer->reply);
    wy_spin_redis_result *items = wy_arena_calloc(call->arena, count, sizeof *items), *at = items;
    if (!items)
        fail(answer, WY_SPIN_REDIS_OTHER, WY_STR("out of memory for the answer"));
    else if (!put_leaves(answer->reply, &at))
        fail_other(call, answer, first_error(answer->reply));
    *items_out = items;
    *count_out = count;
    return !answer->fault;
}
