/* fermyon:spin/mqtt@2.0.0 over the capability mqtt. Opening connects nowhere: the first message
 * does. */
#include "interface/spin/mqtt.h"

#include "base/limits.h"
#include "gen/fermyon_spin_mqtt.h"

#include <stdlib.h>

/* An open connection: strings lie behind it. */
typedef struct handle {
    wy_mqtt_client *client;
    wy_mqtt_target target;
    uint32_t *open_count; /* of the instance */
    char bytes[];
} handle;

static fermyon_spin_mqtt_error failure(wy_call *call, uint8_t tag, wy_str text) {
    char *copy = wy_utf8_valid(text.ptr, text.len)
                     ? wy_arena_strndup(call->arena, text.ptr, text.len)
                     : NULL;
    return (fermyon_spin_mqtt_error){
        .tag = tag, .other = copy ? (wy_str){copy, text.len} : WY_STR("an error without a text")};
}

static uint32_t *open_count(wy_call *call) {
    uint32_t *count = wy_instance_state(call->instance, WY_SLOT_MQTT);
    if (count) return count;
    count = calloc(1, sizeof *count);
    if (count) wy_instance_set_state(call->instance, WY_SLOT_MQTT, count, free);
    return count;
}

static wy_str keep(char **at, wy_str s) {
    wy_str copy = {*at, s.len};
    if (s.len) memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return copy;
}

static own handle *handle_new(const fermyon_spin_mqtt_connection_open_args *args,
                              const wy_spin_mqtt_settings *settings, uint32_t *count) {
    handle *h =
        calloc(1, sizeof *h + args->address.len + args->username.len + args->password.len + 1);
    if (!h) return NULL;
    char *at = h->bytes;
    uint64_t seconds = args->keep_alive_interval_in_secs;
    h->client = settings->client;
    h->open_count = count;
    h->target =
        (wy_mqtt_target){.url = keep(&at, args->address),
                         .user = keep(&at, args->username),
                         .password = keep(&at, args->password),
                         .keep_alive_s = seconds > UINT16_MAX ? UINT16_MAX : (uint16_t)seconds,
                         .policy = settings->policy};
    ++*count;
    return h;
}

static bool may_reach(const wy_spin_mqtt_settings *settings, const wy_mqtt_address *address) {
    const wy_http_policy *policy = settings->policy;
    return settings->client &&
           (!policy || !policy->allow ||
            policy->allow(policy->data, address->scheme, wy_str_of(address->host), address->port));
}

static own wy_trap *connection_open(wy_call *call,
                                    const fermyon_spin_mqtt_connection_open_args *args,
                                    fermyon_spin_mqtt_connection_open_result *result) {
    const wy_spin_mqtt_settings *settings = wy_instance_settings(call->instance, WY_SLOT_MQTT);
    uint32_t *count = open_count(call);
    wy_mqtt_address address;
    result->is_err = 1;
    if (wy_mqtt_address_parse(args->address, &address, NULL) || args->username.len > UINT16_MAX ||
        args->password.len > UINT16_MAX) {
        result->err.tag = FERMYON_SPIN_MQTT_ERROR_INVALID_ADDRESS;
    } else if (!settings || !may_reach(settings, &address)) {
        char *text = wy_arena_printf(call->arena, "address " WY_STR_FMT "://%s:%u is not permitted",
                                     WY_STR_ARG(address.scheme), address.host, address.port);
        result->err =
            failure(call, FERMYON_SPIN_MQTT_ERROR_CONNECTION_FAILED, wy_str_of(text ? text : ""));
    } else if (count && *count >= WY_MAX_MQTT_HANDLES) {
        result->err.tag = FERMYON_SPIN_MQTT_ERROR_TOO_MANY_CONNECTIONS;
    } else {
        handle *h = count ? handle_new(args, settings, count) : NULL;
        result->is_err = h == NULL;
        if (h && wy_mqtt_client_is_full(h->client, &h->target)) {
            --*count;
            free(h);
            result->is_err = 1;
            result->err.tag = FERMYON_SPIN_MQTT_ERROR_TOO_MANY_CONNECTIONS;
        } else if (h) {
            result->ok = (wy_handle)h;
        } else {
            result->err = failure(call, FERMYON_SPIN_MQTT_ERROR_OTHER, WY_STR("out of memory"));
        }
    }
    return NULL;
}

static own wy_trap *connection_publish(wy_call *call,
                                       const fermyon_spin_mqtt_connection_publish_args *args,
                                       fermyon_spin_mqtt_connection_publish_result *result) {
    const handle *h = (const handle *)args->self;
    const wy_mqtt_publication publication = {
        .topic = args->topic,
        .payload = {(const char *)args->payload.ptr, args->payload.len},
        .qos = args->qos};
    wy_diag diag;
    diag.err = WY_OK;
    diag.text[0] = '\0';
    wy_err err = wy_mqtt_run(h->client, &h->target, &publication, call->task, &diag);
    if (wy_task_ended(call->task)) return wy_task_trap(call->task);
    result->is_err = err != WY_OK;
    if (!err) return NULL;
    bool is_local = err == WY_INVALID || err == WY_LIMIT || err == WY_NOMEM;
    result->err = failure(
        call, is_local ? FERMYON_SPIN_MQTT_ERROR_OTHER : FERMYON_SPIN_MQTT_ERROR_CONNECTION_FAILED,
        wy_str_of(diag.text));
    return NULL;
}

static void connection_drop(void *object) {
    handle *h = object;
    --*h->open_count;
    free(h);
}

static const fermyon_spin_mqtt_ops ops = {
    .connection_open = connection_open,
    .connection_publish = connection_publish,
    .connection_drop = connection_drop,
};

extern const wy_interface wy_interface_fermyon_spin_mqtt;
const wy_interface wy_interface_fermyon_spin_mqtt = {&fermyon_spin_mqtt_interface, &ops};
