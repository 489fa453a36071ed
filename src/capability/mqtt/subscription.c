/* A subscription's connection, making it again, and which messages were seen.
 *
 * Quality 2, for each id:  FREE -> (PUBLISH) TAKEN -> (handled; PUBREC) KNOWN -> (PUBREL; PUBCOMP)
 */
#include "capability/mqtt/subscription.h"

#include "base/limits.h"
#include "base/log.h"
#include "capability/mqtt/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum { FREE, TAKEN, KNOWN };

struct wy_mqtt_subscription {
    wy_loop *loop;
    wy_mqtt_subscription_config config;
    wy_mqtt_address address;
    char name[300];
    wy_mqtt_link *link; /* NULL: not connected */
    wy_timer *timer;    /* until the next attempt */
    uint32_t connection;
    uint32_t filter_left; /* not confirmed */
    unsigned failures;    /* attempts in a row */
    bool is_ready, is_paused, is_retired;
    bool was_told;        /* the failure was logged; its repetitions are not */
    uint8_t state[65536]; /* of each id */
};

static void try_later(wy_mqtt_subscription *s, const char *why) {
    s->is_ready = false;
    wy_mqtt_link_free(s->link);
    s->link = NULL;
    if (s->is_retired) return;
    unsigned shift = s->failures < 16 ? s->failures : 16;
    uint64_t delay = (uint64_t)WY_MQTT_RETRY_MIN_MS << shift;
    if (delay > WY_MQTT_RETRY_MAX_MS) delay = WY_MQTT_RETRY_MAX_MS;
    if (!s->was_told)
        wy_log(WY_LOG_WARN, "mqtt: no subscription at %s:%u: %s; trying again", s->address.host,
               s->address.port, why);
    s->was_told = true;
    s->failures++;
    wy_timer_start(s->timer, delay);
}

static void send_ack(wy_mqtt_subscription *s, wy_mqtt_type type, uint16_t id) {
    wy_buf packet;
    wy_buf_init(&packet, 8);
    wy_mqtt_put_ack(&packet, type, id);
    wy_mqtt_link_send(s->link, &packet);
    wy_buf_deinit(&packet);
}

/* --- packets --- */

static void on_publish(wy_mqtt_subscription *s, const wy_mqtt_packet *packet) {
    if (s->is_retired) return;
    if (packet->qos == 2 && s->state[packet->id] != FREE) { /* it came before */
        if (s->state[packet->id] == KNOWN) send_ack(s, WY_MQTT_PUBREC, packet->id);
        return;
    }
    if (packet->qos == 2) s->state[packet->id] = TAKEN;
    wy_mqtt_token token = {s->connection, packet->id, (uint8_t)packet->qos};
    s->config.on_message(s->config.data, packet->topic, packet->payload, token);
}

static void on_suback(wy_mqtt_subscription *s, const wy_mqtt_packet *packet) {
    if (packet->code >= 0x80) {
        try_later(s, "the broker refuses a subscription");
        return;
    }
    if (s->filter_left == 0 || --s->filter_left) return;
    wy_log(WY_LOG_INFO, "mqtt: subscribed to %u topic%s of %s:%u", s->config.filter_count,
           s->config.filter_count == 1 ? "" : "s", s->address.host, s->address.port);
    s->failures = 0;
    s->was_told = false;
}

static void on_packet(void *data, const wy_mqtt_packet *packet) {
    wy_mqtt_subscription *s = data;
    if (packet->type == WY_MQTT_PUBLISH) {
        on_publish(s, packet);
    } else if (packet->type == WY_MQTT_SUBACK) {
        on_suback(s, packet);
    } else if (packet->type == WY_MQTT_PUBREL) {
        s->state[packet->id] = FREE;
        send_ack(s, WY_MQTT_PUBCOMP, packet->id);
    } else {
        try_later(s, "the broker answers what nobody asked for");
    }
}

static void on_ready(void *data, bool session) {
    wy_mqtt_subscription *s = data;
    if (!session) memset(s->state, FREE, sizeof s->state);
    s->is_ready = true;
    s->filter_left = s->config.filter_count;
    wy_buf packet;
    wy_buf_init(&packet, UINT16_MAX + (size_t)64);
    for (uint32_t i = 0; i < s->config.filter_count; i++) {
        const wy_mqtt_filter *filter = &s->config.filters[i];
        wy_mqtt_put_subscribe(&packet, (uint16_t)(i % UINT16_MAX + 1), filter->topic, filter->qos);
        wy_mqtt_link_send(s->link, &packet);
    }
    wy_buf_deinit(&packet);
}

static void on_lost(void *data, wy_err err, const char *text) {
    (void)err;
    try_later(data, text);
}

static void on_timer(void *data) {
    wy_mqtt_subscription *s = data;
    const wy_mqtt_link_config config = {
        .address = &s->address,
        .login = {wy_str_of(s->name), s->config.user, s->config.password, s->config.keep_alive_s,
                  s->address.client_id.len > 0},
        .on_ready = on_ready,
        .on_packet = on_packet,
        .on_lost = on_lost,
        .data = s,
    };
    s->connection++;
    wy_err err = wy_mqtt_link_new(s->loop, &config, &s->link);
    if (err)
        try_later(s, wy_err_text(err));
    else if (s->is_paused)
        wy_mqtt_link_pause(s->link, true);
}

/* --- what others call --- */

void wy_mqtt_subscription_ack(wy_mqtt_subscription *s, wy_mqtt_token token) {
    if (token.qos == 2) s->state[token.id] = KNOWN;
    if (!s->is_ready || token.qos == 0) return;
    if (token.qos == 2)
        send_ack(s, WY_MQTT_PUBREC, token.id);
    else if (token.connection == s->connection)
        send_ack(s, WY_MQTT_PUBACK, token.id);
}

void wy_mqtt_subscription_pause(wy_mqtt_subscription *s, bool paused) {
    s->is_paused = paused;
    if (s->link) wy_mqtt_link_pause(s->link, paused);
}

void wy_mqtt_subscription_retire(wy_mqtt_subscription *s) {
    s->is_retired = true;
    wy_timer_stop(s->timer);
}

/* A name that no other client has, where the address gives none. */
static void name_client(wy_mqtt_subscription *s) {
    wy_str wanted = s->address.client_id;
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) < 0) number = 1;
    if (wanted.len)
        snprintf(s->name, sizeof s->name, "%.*s", (int)(wanted.len < 256 ? wanted.len : 256),
                 wanted.ptr);
    else
        snprintf(s->name, sizeof s->name, "withy%016llx", (unsigned long long)number);
}

wy_err wy_mqtt_subscription_new(wy_loop *loop, const wy_mqtt_subscription_config *config,
                                own wy_mqtt_subscription **subscription_out, wy_diag *diag) {
    *subscription_out = NULL;
    wy_mqtt_subscription *s = calloc(1, sizeof *s);
    if (!s) return wy_diag_set(diag, WY_NOMEM, "out of memory for a subscription");
    s->loop = loop;
    s->config = *config;
    wy_err err = wy_mqtt_address_parse(config->url, &s->address, diag);
    for (uint32_t i = 0; i < config->filter_count && !err; i++)
        if (!wy_mqtt_filter_valid(config->filters[i].topic))
            err = wy_diag_set(diag, WY_INVALID,
                              "\"" WY_STR_FMT "\" is no topic that can be subscribed to",
                              WY_STR_ARG(config->filters[i].topic));
    if (!err) err = wy_timer_new(loop, on_timer, s, &s->timer);
    if (err) {
        wy_mqtt_subscription_free(s);
        return wy_diag_set(diag, err, "a subscription could not be made");
    }
    name_client(s);
    wy_timer_start(s->timer, 0);
    *subscription_out = s;
    return WY_OK;
}

void wy_mqtt_subscription_free(own wy_mqtt_subscription *s) {
    if (!s) return;
    wy_mqtt_link_free(s->link);
    wy_timer_free(s->timer);
    free(s);
}
