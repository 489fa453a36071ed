/* A subscription's connection, and making it again.
 *
 *   waiting (timer) -> connecting -> subscribing -> subscribed
 *       ^_________________|______________|______________|     whatever goes wrong */
#include "capability/redis/subscription.h"

#include "base/limits.h"
#include "base/log.h"
#include "capability/redis/login.h"
#include "capability/redis/reply.h"
#include "loop/connect.h"

#include <stdio.h>
#include <stdlib.h>

struct wy_redis_subscription {
    wy_loop *loop;
    wy_redis_subscription_config config;
    wy_redis_address *address;
    wy_connect *attempt;
    wy_stream *stream; /* NULL: not connected */
    wy_redis_reader *reader;
    wy_timer *timer;       /* the next attempt, or a look at whether the server is still there */
    wy_arena arena;        /* of one message */
    unsigned login_left;   /* answers to come before the channels' */
    uint32_t channel_left; /* channels that are not confirmed */
    unsigned failures;     /* attempts in a row */
    bool has_pinged;       /* nothing came since the last look: it was asked for an answer */
    bool has_heard;        /* since the last look */
    bool is_paused;
    bool was_told; /* the failure was logged; its repetitions are not */
    char read_buffer[16 << 10];
};

static void try_later(wy_redis_subscription *s, const char *why);

static void disconnect(wy_redis_subscription *s) {
    if (s->attempt) wy_connect_cancel(s->attempt);
    if (s->stream) wy_stream_close(s->stream, true);
    wy_redis_reader_free(s->reader);
    s->attempt = NULL;
    s->stream = NULL;
    s->reader = NULL;
    wy_arena_deinit(&s->arena);
}

/* --- messages --- */

static void subscribed(wy_redis_subscription *s) {
    wy_log(WY_LOG_INFO, "redis: subscribed to %u channel%s of %s:%u", s->config.channel_count,
           s->config.channel_count == 1 ? "" : "s", s->address->host.ptr, s->address->port);
    s->failures = 0;
    s->was_told = false;
}

/* False: the connection is of no use any more. */
static bool take(wy_redis_subscription *s, const wy_redis_reply *reply) {
    char text[256];
    if (!reply || reply->kind == WY_REDIS_ERROR) {
        snprintf(text, sizeof text, "the server says: " WY_STR_FMT,
                 WY_STR_ARG(reply ? reply->text : WY_STR("more than fits")));
        try_later(s, text);
        return false;
    }
    if (s->login_left) {
        s->login_left--;
        return true;
    }
    if (reply->kind != WY_REDIS_ARRAY || reply->count < 2) return true;
    wy_str kind = reply->items[0].text;
    if (wy_str_eqz(kind, "message") && reply->count == 3)
        s->config.on_message(s->config.data, reply->items[1].text, reply->items[2].text);
    else if (wy_str_eqz(kind, "subscribe") && s->channel_left && --s->channel_left == 0)
        subscribed(s);
    return true;
}

static void on_alloc(void *data, char **ptr_out, size_t *len_out) {
    wy_redis_subscription *s = data;
    *ptr_out = s->read_buffer;
    *len_out = sizeof s->read_buffer;
}

static void on_read(void *data, const char *bytes, size_t len) {
    wy_redis_subscription *s = data;
    s->has_heard = true;
    if (!wy_redis_reader_feed(s->reader, (wy_str){bytes, len})) {
        try_later(s, wy_redis_reader_reason(s->reader));
        return;
    }
    for (;;) {
        const wy_redis_reply *reply;
        switch (wy_redis_reader_next(s->reader, &s->arena, &reply)) {
        case WY_REDIS_MORE: return;
        case WY_REDIS_BAD: try_later(s, wy_redis_reader_reason(s->reader)); return;
        case WY_REDIS_LARGE:
            wy_log(WY_LOG_ERROR, "redis: a message larger than %zu bytes was dropped",
                   WY_MAX_RESULT_BYTES);
            break;
        case WY_REDIS_WHOLE:
            if (!take(s, reply)) return;
            break;
        }
        wy_arena_deinit(&s->arena); /* whole replies only: nothing of the next lies in it */
        wy_arena_init(&s->arena, WY_MAX_RESULT_BYTES * 2);
    }
}

static void on_end(void *data, wy_err err) {
    try_later(data, err ? "the connection was lost" : "the server closed the connection");
}

static const wy_stream_handlers handlers = {on_alloc, on_read, on_end, NULL};

/* --- connecting --- */

static wy_err subscribe(wy_redis_subscription *s) {
    wy_err err = wy_redis_login(s->address, s->stream, &s->login_left);
    s->channel_left = s->config.channel_count;
    for (uint32_t i = 0; !err && i < s->config.channel_count; i++) {
        const wy_str argv[] = {WY_STR("SUBSCRIBE"), s->config.channels[i]};
        err = wy_redis_write(s->stream, argv, 2);
    }
    return err;
}

static void on_connect(void *data, own wy_stream *stream, const wy_connect_error *error) {
    wy_redis_subscription *s = data;
    s->attempt = NULL;
    if (error->err) {
        try_later(s, error->text);
        return;
    }
    s->stream = stream;
    s->reader = wy_redis_reader_new();
    wy_arena_init(&s->arena, WY_MAX_RESULT_BYTES * 2);
    wy_stream_set_handlers(stream, &handlers, s);
    if (!s->reader || subscribe(s)) {
        try_later(s, "the connection was lost");
        return;
    }
    if (!s->is_paused) wy_stream_read_start(stream);
    s->has_heard = s->has_pinged = false;
    wy_timer_start(s->timer, WY_REDIS_CONNECT_TIMEOUT_MS);
}

static void connect_now(wy_redis_subscription *s) {
    static const wy_tls_config tls = {0};
    const wy_connect_config config = {
        .host = s->address->host.ptr,
        .port = s->address->port,
        .tls = s->address->tls ? &tls : NULL,
        .timeout_ms = WY_REDIS_CONNECT_TIMEOUT_MS,
        .done = on_connect,
        .data = s,
    };
    wy_err err = wy_connect_start(s->loop, &config, &s->attempt);
    if (err) try_later(s, wy_err_text(err));
}

/* Connected: a server that says nothing is asked to, and given up when it does not answer. */
static void look(wy_redis_subscription *s) {
    const wy_str ping = WY_STR("PING");
    bool is_subscribed = s->channel_left == 0;
    if (!s->is_paused && !s->has_heard && (s->has_pinged || !is_subscribed)) {
        try_later(s, "the server does not answer");
        return;
    }
    s->has_pinged = !s->has_heard && !s->is_paused;
    s->has_heard = false;
    if (s->has_pinged && wy_redis_write(s->stream, &ping, 1))
        try_later(s, "the connection was lost");
    else
        wy_timer_start(s->timer, WY_REDIS_PING_MS);
}

static void on_timer(void *data) {
    wy_redis_subscription *s = data;
    if (s->stream)
        look(s);
    else if (!s->attempt)
        connect_now(s);
}

static void try_later(wy_redis_subscription *s, const char *why) {
    unsigned shift = s->failures < 16 ? s->failures : 16;
    uint64_t delay = (uint64_t)WY_REDIS_RETRY_MIN_MS << shift;
    if (delay > WY_REDIS_RETRY_MAX_MS) delay = WY_REDIS_RETRY_MAX_MS;
    if (!s->was_told)
        wy_log(WY_LOG_WARN, "redis: no subscription at %s:%u: %s; trying again",
               s->address->host.ptr, s->address->port, why);
    s->was_told = true;
    s->failures++;
    disconnect(s);
    wy_timer_start(s->timer, delay);
}

/* --- what others call --- */

void wy_redis_subscription_pause(wy_redis_subscription *s, bool paused) {
    if (s->is_paused == paused) return;
    s->is_paused = paused;
    if (!s->stream) return;
    if (paused)
        wy_stream_read_stop(s->stream);
    else
        wy_stream_read_start(s->stream);
}

wy_err wy_redis_subscription_new(wy_loop *loop, const wy_redis_subscription_config *config,
                                 own wy_redis_subscription **subscription_out, wy_diag *diag) {
    *subscription_out = NULL;
    wy_redis_subscription *s = calloc(1, sizeof *s);
    if (!s) return wy_diag_set(diag, WY_NOMEM, "out of memory for a subscription");
    s->loop = loop;
    s->config = *config;
    wy_err err = wy_redis_address_new(config->url, &s->address, diag);
    if (!err) err = wy_timer_new(loop, on_timer, s, &s->timer);
    if (err) {
        wy_redis_subscription_free(s);
        return wy_diag_set(diag, err, "a subscription could not be made");
    }
    s->config.url = s->address->url;
    wy_timer_start(s->timer, 0);
    *subscription_out = s;
    return WY_OK;
}

void wy_redis_subscription_free(own wy_redis_subscription *s) {
    if (!s) return;
    disconnect(s);
    wy_timer_free(s->timer);
    wy_redis_address_free(s->address);
    free(s);
}
