/* MQTT client: connections, and the messages under way on each.
 *
 *   waiting (not ready) -> sent -> [PUBREC -> released] -> done */
#include "capability/mqtt/client.h"

#include "base/limits.h"
#include "capability/mqtt/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define TEXT_MAX 256

typedef struct channel channel;

struct wy_mqtt_client {
    wy_loop *loop;
    channel *first; /* all */
    uint32_t count, count_max;
    size_t payload_max;
};

struct channel {
    wy_mqtt_client *client;
    channel *next, **link_in;
    wy_str key; /* all that it may be shared by; behind the struct. Holds secrets */
    const wy_http_policy *policy;
    wy_mqtt_link *link;
    wy_timer *timer;
    wy_mqtt_call *first, **end; /* under way, in the order of their start */
    uint32_t call_count;
    uint64_t active_ms; /* when something last came, or began to be waited for */
    uint16_t last_id;
    bool is_ready;
};

struct wy_mqtt_call {
    channel *channel; /* NULL: done */
    wy_mqtt_call *next;
    wy_mqtt_publication publication;
    uint16_t id;       /* 0: not sent */
    bool is_released;  /* the broker has it; it may forget the id */
    bool is_abandoned; /* freed by its owner; the answer is still to come */
    bool is_done;
    wy_err err;
    char text[TEXT_MAX];
    void (*on_done)(void *data);
    void *data;
};

/* --- calls --- */

static void settle(wy_mqtt_call *call, wy_err err, const char *text) {
    call->channel = NULL;
    if (call->is_abandoned) {
        free(call);
        return;
    }
    call->is_done = true;
    call->err = err;
    snprintf(call->text, sizeof call->text, "%s", text ? text : "");
    if (call->on_done) call->on_done(call->data);
}

static void unlink_call(channel *c, wy_mqtt_call *call) {
    wy_mqtt_call **link = &c->first;
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    if (!call->next) c->end = link;
    c->call_count--;
}

static wy_mqtt_call *find_call(const channel *c, uint16_t id) {
    wy_mqtt_call *call = c->first;
    while (call && call->id != id)
        call = call->next;
    return call;
}

/* --- channels --- */

static void channel_free(channel *c) {
    wy_mqtt_link_free(c->link);
    wy_timer_free(c->timer);
    free(c);
}

static void drop(channel *c, wy_err err, const char *text) {
    *c->link_in = c->next;
    if (c->next) c->next->link_in = c->link_in;
    c->client->count--;
    while (c->first) {
        wy_mqtt_call *call = c->first;
        unlink_call(c, call);
        settle(call, err, text);
    }
    channel_free(c);
}

static uint16_t fresh_id(channel *c) {
    do
        if (++c->last_id == 0) c->last_id = 1;
    while (find_call(c, c->last_id));
    return c->last_id;
}

/* Quality 0 is done when it is written. */
static void transmit(channel *c, wy_mqtt_call *call) {
    const wy_mqtt_publication *p = &call->publication;
    wy_buf head;
    wy_buf_init(&head, UINT16_MAX + (size_t)64);
    call->id = fresh_id(c);
    wy_mqtt_put_publish(&head, p->topic, p->payload.len, p->qos, call->id);
    const wy_str parts[] = {wy_buf_view(&head), p->payload};
    bool failed = head.failed;
    if (!failed) wy_mqtt_link_write(c->link, parts, 2);
    wy_buf_deinit(&head);
    if (p->qos && !failed) return;
    unlink_call(c, call);
    settle(call, failed ? WY_NOMEM : WY_OK, failed ? "out of memory" : NULL);
}

static void on_ready(void *data, bool session) {
    channel *c = data;
    (void)session;
    c->is_ready = true;
    c->active_ms = wy_loop_now_ms(c->client->loop);
    for (wy_mqtt_call *call = c->first, *next; call; call = next) {
        next = call->next;
        transmit(c, call);
    }
}

static void release(channel *c, wy_mqtt_call *call) {
    wy_buf packet;
    wy_buf_init(&packet, 8);
    call->is_released = true;
    wy_mqtt_put_ack(&packet, WY_MQTT_PUBREL, call->id);
    wy_mqtt_link_send(c->link, &packet);
    wy_buf_deinit(&packet);
}

static void on_packet(void *data, const wy_mqtt_packet *packet) {
    channel *c = data;
    wy_mqtt_call *call = find_call(c, packet->id);
    unsigned qos = call ? call->publication.qos : 0;
    c->active_ms = wy_loop_now_ms(c->client->loop);
    bool is_last = (packet->type == WY_MQTT_PUBACK && qos == 1) ||
                   (packet->type == WY_MQTT_PUBCOMP && qos == 2 && call->is_released);
    if (is_last) {
        unlink_call(c, call);
        settle(call, WY_OK, NULL);
    } else if (packet->type == WY_MQTT_PUBREC && qos == 2) {
        release(c, call);
    } else {
        drop(c, WY_MALFORMED, "the broker answered what nobody asked for");
    }
}

static void on_lost(void *data, wy_err err, const char *text) {
    drop(data, err, text);
}

static void on_timer(void *data) {
    channel *c = data;
    uint64_t waited = wy_loop_now_ms(c->client->loop) - c->active_ms;
    uint64_t limit = c->first ? WY_MQTT_ANSWER_TIMEOUT_MS : WY_MQTT_IDLE_MS;
    if (waited < limit)
        wy_timer_start(c->timer, limit - waited < 5000 ? limit - waited : 5000);
    else
        drop(c, WY_TIMEOUT, "the broker does not answer");
}

static bool check_address(void *data, const char *address) {
    const wy_http_policy *policy = ((channel *)data)->policy;
    return !policy || !policy->allow_address || policy->allow_address(policy->data, address);
}

/* --- choosing a channel --- */

static bool make_key(const wy_mqtt_target *target, wy_buf *key) {
    wy_buf_init(key, (size_t)512 << 10);
    wy_buf_printf(key, "%zu %zu %zu %u ", target->url.len, target->user.len, target->password.len,
                  target->keep_alive_s);
    wy_buf_str(key, target->url);
    wy_buf_str(key, target->user);
    wy_buf_str(key, target->password);
    return !key->failed;
}

static channel *find(const wy_mqtt_client *client, const wy_mqtt_target *target, wy_str key) {
    for (channel *c = client->first; c; c = c->next)
        if (c->policy == target->policy && wy_str_eq(c->key, key)) return c;
    return NULL;
}

/* Names must differ: a broker closes the connection of a client when another comes in its name, and
 * every worker has its own. */
static void name_client(wy_str wanted, char out[300]) {
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, 0) < 0) number = 1;
    snprintf(out, 300, "%.*s%s%08x", (int)(wanted.len < 256 ? wanted.len : 256),
             wanted.len ? wanted.ptr : "withy", wanted.len ? "-" : "", number);
}

static wy_err connect_channel(channel *c, const wy_mqtt_target *target, const char **text_out) {
    wy_mqtt_address address;
    wy_err err = wy_mqtt_address_parse(target->url, &address, NULL);
    *text_out = "the address of the broker is malformed";
    if (err) return err;
    char name[300];
    name_client(address.client_id, name);
    const wy_mqtt_link_config config = {
        .address = &address,
        .login = {wy_str_of(name), target->user, target->password, target->keep_alive_s, false},
        .check = check_address,
        .on_ready = on_ready,
        .on_packet = on_packet,
        .on_lost = on_lost,
        .data = c,
    };
    *text_out = "no connection to the broker";
    return wy_mqtt_link_new(c->client->loop, &config, &c->link);
}

static void drop_oldest_idle(wy_mqtt_client *client) {
    channel *last = NULL;
    for (channel *c = client->first; c; c = c->next)
        if (!c->first) last = c;
    if (last) drop(last, WY_CLOSED, NULL);
}

static wy_err open_channel(wy_mqtt_client *client, const wy_mqtt_target *target, wy_str key,
                           channel **out, const char **text_out) {
    *out = NULL;
    if (client->count >= client->count_max) drop_oldest_idle(client);
    *text_out = "too many connections to MQTT brokers are open";
    if (client->count >= client->count_max) return WY_LIMIT;
    *text_out = "out of memory";
    channel *c = calloc(1, sizeof *c + key.len);
    if (!c) return WY_NOMEM;
    memcpy(c + 1, key.ptr, key.len);
    c->key = (wy_str){(const char *)(c + 1), key.len};
    c->client = client;
    c->policy = target->policy;
    c->end = &c->first;
    c->active_ms = wy_loop_now_ms(client->loop);
    wy_err err = wy_timer_new(client->loop, on_timer, c, &c->timer);
    if (!err) err = connect_channel(c, target, text_out);
    if (err) {
        channel_free(c);
        return err;
    }
    wy_timer_start(c->timer, 5000);
    c->next = client->first;
    c->link_in = &client->first;
    if (client->first) client->first->link_in = &c->next;
    client->first = c;
    client->count++;
    *out = c;
    return WY_OK;
}

static wy_err assign(wy_mqtt_client *client, const wy_mqtt_target *target, wy_mqtt_call *call,
                     const char **text_out) {
    wy_buf key;
    wy_err err = WY_OK;
    *text_out = "out of memory";
    if (!make_key(target, &key)) err = WY_NOMEM;
    channel *c = err ? NULL : find(client, target, wy_buf_view(&key));
    if (!c && !err) err = open_channel(client, target, wy_buf_view(&key), &c, text_out);
    wy_buf_deinit(&key);
    if (err) return err;
    *text_out = "too many messages to the broker are under way";
    if (c->call_count >= WY_MAX_MQTT_INFLIGHT) return WY_LIMIT;
    if (!c->first) c->active_ms = wy_loop_now_ms(client->loop);
    call->channel = c;
    *c->end = call;
    c->end = &call->next;
    c->call_count++;
    if (c->is_ready) transmit(c, call);
    return WY_OK;
}

/* --- what others call --- */

static wy_err check(const wy_mqtt_client *client, const wy_mqtt_publication *p,
                    const char **text_out) {
    *text_out = "the topic is no name that a message can have";
    if (!wy_mqtt_topic_valid(p->topic)) return WY_INVALID;
    *text_out = "the payload is larger than allowed";
    return p->payload.len > client->payload_max ? WY_INVALID : WY_OK;
}

own wy_mqtt_call *wy_mqtt_call_start(wy_mqtt_client *client, const wy_mqtt_target *target,
                                     const wy_mqtt_publication *publication,
                                     void (*on_done)(void *data), void *data) {
    wy_mqtt_call *call = calloc(1, sizeof *call);
    if (!call) return NULL;
    const char *text;
    call->publication = *publication;
    wy_err err = check(client, publication, &text);
    if (!err) err = assign(client, target, call, &text);
    if (err) settle(call, err, text);
    call->on_done = on_done;
    call->data = data;
    return call;
}

bool wy_mqtt_call_done(const wy_mqtt_call *call) {
    return call->is_done;
}

wy_err wy_mqtt_call_result(const wy_mqtt_call *call, const char **text_out) {
    wy_assert(call->is_done);
    *text_out = call->text;
    return call->err;
}

void wy_mqtt_call_free(own wy_mqtt_call *call) {
    if (!call) return;
    if (call->channel && call->id) { /* sent: its answer is to be recognised */
        call->is_abandoned = true;
        return;
    }
    if (call->channel) unlink_call(call->channel, call);
    free(call);
}

static void wake(void *data) {
    wy_task_wake(data);
}

wy_err wy_mqtt_run(wy_mqtt_client *client, const wy_mqtt_target *target,
                   const wy_mqtt_publication *publication, wy_task *task, wy_diag *diag) {
    wy_mqtt_call *call = wy_mqtt_call_start(client, target, publication, wake, task);
    if (!call) return wy_diag_set(diag, WY_NOMEM, "out of memory for a message");
    wy_err err = WY_OK;
    const char *text;
    while (!err && !wy_mqtt_call_done(call))
        err = wy_task_wait(task);
    if (!err) {
        err = wy_mqtt_call_result(call, &text);
        if (err) err = wy_diag_set(diag, err, "%s", text);
    }
    wy_mqtt_call_free(call);
    return err;
}

bool wy_mqtt_client_is_full(const wy_mqtt_client *client, const wy_mqtt_target *target) {
    if (client->count < client->count_max) return false;
    wy_buf key;
    bool known = make_key(target, &key) && find(client, target, wy_buf_view(&key));
    wy_buf_deinit(&key);
    for (const channel *c = client->first; c && !known; c = c->next)
        known = !c->first; /* idle: it makes room */
    return !known;
}

void wy_mqtt_client_limit(wy_mqtt_client *client, uint32_t connections_max, uint64_t payload_max) {
    client->count_max = connections_max ? connections_max : WY_MAX_MQTT_CONNECTIONS;
    client->payload_max = payload_max && payload_max < WY_MAX_MQTT_PAYLOAD_BYTES
                              ? (size_t)payload_max
                              : WY_MAX_MQTT_PAYLOAD_BYTES;
}

wy_err wy_mqtt_client_new(wy_loop *loop, own wy_mqtt_client **client_out) {
    wy_mqtt_client *client = calloc(1, sizeof *client);
    if (!client) return WY_NOMEM;
    client->loop = loop;
    wy_mqtt_client_limit(client, 0, 0);
    *client_out = client;
    return WY_OK;
}

void wy_mqtt_client_free(own wy_mqtt_client *client) {
    if (!client) return;
    while (client->first)
        drop(client->first, WY_CLOSED, "the host is stopping");
    free(client);
}
