/* A connection to an MQTT broker.
 *
 *   connecting -> logging in -> ready -> lost */
#include "capability/mqtt/link.h"

#include "base/limits.h"
#include "loop/connect.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX 256

struct wy_mqtt_link {
    wy_loop *loop;
    wy_mqtt_link_config config; /* views in it are gone */
    wy_connect *attempt;
    wy_stream *stream;
    wy_timer *timer;
    wy_buf login; /* the first packet; empty once sent */
    wy_buf input; /* the start of a packet */
    uint64_t keep_alive_ms;
    uint64_t written_ms; /* when something was last written */
    bool has_pinged;     /* and no answer came yet */
    bool is_ready, is_paused, is_lost, is_freed;
    unsigned busy; /* inside one of our own functions: free later */
    char read_buffer[16 << 10];
};

static void free_when_quiet(wy_mqtt_link *link) {
    if (!link->is_freed || link->busy) return;
    wy_timer_free(link->timer);
    wy_buf_deinit(&link->login);
    wy_buf_deinit(&link->input);
    free(link);
}

static void close_stream(wy_mqtt_link *link, bool abort) {
    wy_connect_cancel(link->attempt);
    if (link->stream) wy_stream_close(link->stream, abort);
    link->attempt = NULL;
    link->stream = NULL;
}

static void lose(wy_mqtt_link *link, wy_err err, const char *text) {
    if (link->is_lost) return;
    link->is_lost = true;
    link->busy++;
    wy_timer_stop(link->timer);
    close_stream(link, true);
    if (!link->is_freed) link->config.on_lost(link->config.data, err, text);
    link->busy--;
}

/* --- reading --- */

static void on_connack(wy_mqtt_link *link, const wy_mqtt_packet *packet) {
    if (link->is_ready || packet->code) {
        lose(link, WY_DENIED, wy_mqtt_refusal(packet->code));
        return;
    }
    link->is_ready = true;
    if (link->keep_alive_ms)
        wy_timer_start(link->timer, link->keep_alive_ms / 2);
    else
        wy_timer_stop(link->timer);
    link->config.on_ready(link->config.data, packet->session);
}

/* False: no whole packet is there any more, or nobody wants one. */
static bool take(wy_mqtt_link *link, wy_str *bytes) {
    wy_mqtt_packet packet;
    size_t used;
    wy_mqtt_progress progress = wy_mqtt_read(*bytes, &packet, &used);
    if (progress == WY_MQTT_MORE && used <= WY_MAX_MQTT_PACKET_BYTES) return false;
    if (progress != WY_MQTT_WHOLE) {
        lose(link, WY_MALFORMED,
             progress == WY_MQTT_BAD ? "what the broker sends cannot be read"
                                     : "the broker sends more than can be taken");
        return false;
    }
    *bytes = wy_str_sub(*bytes, used, bytes->len);
    if (packet.type == WY_MQTT_CONNACK)
        on_connack(link, &packet);
    else if (!link->is_ready)
        lose(link, WY_MALFORMED, "what the broker sends cannot be read");
    else if (packet.type == WY_MQTT_PINGRESP)
        link->has_pinged = false;
    else
        link->config.on_packet(link->config.data, &packet);
    return !link->is_lost && !link->is_freed;
}

static void on_alloc(void *data, char **ptr_out, size_t *len_out) {
    wy_mqtt_link *link = data;
    *ptr_out = link->read_buffer;
    *len_out = sizeof link->read_buffer;
}

static void on_read(void *data, const char *bytes, size_t len) {
    wy_mqtt_link *link = data;
    link->busy++;
    bool is_direct = link->input.len == 0; /* then nothing needs to be put together */
    if (!is_direct) wy_buf_append(&link->input, bytes, len);
    wy_str rest = is_direct ? (wy_str){bytes, len} : wy_buf_view(&link->input);
    if (link->input.failed)
        lose(link, WY_NOMEM, "out of memory");
    else
        while (take(link, &rest)) {
        }
    if (!link->is_lost && !link->is_freed) {
        if (is_direct) {
            wy_buf_str(&link->input, rest);
        } else {
            memmove(link->input.ptr, rest.ptr, rest.len);
            link->input.len = rest.len;
        }
    }
    link->busy--;
    free_when_quiet(link);
}

static void on_end(void *data, wy_err err) {
    wy_mqtt_link *link = data;
    lose(link, WY_IO,
         err ? "the connection to the broker was lost" : "the broker closed the connection");
    free_when_quiet(link);
}

static const wy_stream_handlers handlers = {on_alloc, on_read, on_end, NULL};

/* --- time --- */

static void on_timer(void *data) {
    wy_mqtt_link *link = data;
    uint64_t now = wy_loop_now_ms(link->loop);
    if (!link->is_ready || (link->has_pinged && !link->is_paused)) {
        lose(link, WY_TIMEOUT,
             link->is_ready ? "the broker does not answer" : "no answer from the broker in time");
        free_when_quiet(link);
        return;
    }
    /* whoever does not read cannot know that an answer came */
    if (now - link->written_ms >= link->keep_alive_ms / 2) {
        wy_buf ping;
        wy_buf_init(&ping, 8);
        wy_mqtt_put_empty(&ping, WY_MQTT_PINGREQ);
        link->has_pinged = true;
        wy_mqtt_link_send(link, &ping);
        wy_buf_deinit(&ping);
    }
    wy_timer_start(link->timer, link->keep_alive_ms / 2);
}

static void on_connect(void *data, own wy_stream *stream, const wy_connect_error *error) {
    wy_mqtt_link *link = data;
    link->attempt = NULL;
    if (error->err) {
        lose(link, error->err, error->text);
        free_when_quiet(link);
        return;
    }
    link->stream = stream;
    wy_stream_set_handlers(stream, &handlers, link);
    wy_timer_start(link->timer, WY_MQTT_CONNECT_TIMEOUT_MS);
    wy_mqtt_link_send(link, &link->login);
    if (!link->is_paused) wy_stream_read_start(stream);
}

static bool check(void *data, const char *address) {
    const wy_mqtt_link *link = data;
    return !link->config.check || link->config.check(link->config.data, address);
}

/* --- what others call --- */

void wy_mqtt_link_write(wy_mqtt_link *link, const wy_str *parts, unsigned count) {
    if (!link->stream) return;
    link->written_ms = wy_loop_now_ms(link->loop);
    /* a stream that broke reports its end by itself */
    wy_err ignored = wy_stream_write(link->stream, parts, count);
    (void)ignored;
}

void wy_mqtt_link_send(wy_mqtt_link *link, wy_buf *packet) {
    wy_str part = wy_buf_view(packet);
    wy_mqtt_link_write(link, &part, 1);
    packet->len = 0;
}

void wy_mqtt_link_pause(wy_mqtt_link *link, bool paused) {
    if (link->is_paused == paused) return;
    link->is_paused = paused;
    if (!link->stream) return;
    if (paused)
        wy_stream_read_stop(link->stream);
    else
        wy_stream_read_start(link->stream);
    if (!paused) link->has_pinged = false;
}

wy_err wy_mqtt_link_new(wy_loop *loop, const wy_mqtt_link_config *config,
                        own wy_mqtt_link **link_out) {
    static const wy_tls_config tls = {0};
    *link_out = NULL;
    wy_mqtt_link *link = calloc(1, sizeof *link);
    if (!link) return WY_NOMEM;
    link->loop = loop;
    link->config = *config;
    link->keep_alive_ms = (uint64_t)config->login.keep_alive_s * 1000;
    wy_buf_init(&link->login, (size_t)256 << 10);
    wy_buf_init(&link->input, WY_MAX_MQTT_PACKET_BYTES + sizeof link->read_buffer);
    wy_mqtt_put_connect(&link->login, &config->login);
    wy_err err = link->login.failed ? WY_NOMEM : WY_OK;
    if (!err) err = wy_timer_new(loop, on_timer, link, &link->timer);
    const wy_connect_config to = {
        .host = config->address->host,
        .port = config->address->port,
        .tls = config->address->tls ? &tls : NULL,
        .timeout_ms = WY_MQTT_CONNECT_TIMEOUT_MS,
        .check = check,
        .done = on_connect,
        .data = link,
    };
    if (!err) err = wy_connect_start(loop, &to, &link->attempt);
    if (err) {
        wy_mqtt_link_free(link);
        return err;
    }
    *link_out = link;
    return WY_OK;
}

void wy_mqtt_link_free(own wy_mqtt_link *link) {
    if (!link) return;
    if (link->is_ready && link->stream) {
        wy_buf goodbye;
        wy_buf_init(&goodbye, 8);
        wy_mqtt_put_empty(&goodbye, WY_MQTT_DISCONNECT);
        wy_mqtt_link_send(link, &goodbye);
        wy_buf_deinit(&goodbye);
    }
    close_stream(link, !link->is_ready);
    link->is_freed = true;
    free_when_quiet(link);
}
