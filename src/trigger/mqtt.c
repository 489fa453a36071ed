/* The MQTT trigger. */
#include "trigger/mqtt.h"

#include "base/log.h"
#include "capability/mqtt/subscription.h"

#include <stdlib.h>

/* One message, until all that were given it are done. */
typedef struct delivery {
    wy_mqtt_trigger *trigger;
    wy_mqtt_token token;
    uint32_t left;
} delivery;

/* A message on its way to the topic for those that nobody could handle. */
typedef struct letter {
    wy_mqtt_trigger *trigger;
    wy_mqtt_call *call;
    delivery *delivery;
    wy_str binding;
    wy_str payload; /* behind it */
} letter;

struct wy_mqtt_trigger {
    wy_mqtt_trigger_config config;
    wy_message_queue *queue;
    wy_message_handler *handlers;       /* one a binding */
    wy_mqtt_filter *filters;            /* likewise */
    wy_mqtt_subscription *subscription; /* NULL: not begun, or retired */
    uint32_t delivery_count;
};

/* --- calling a component --- */

/* The struct that the export's parameters are laid out as. */
typedef struct handle_args {
    wy_list_u8 message;
    wy_str topic; /* metadata: record { topic: string } */
} handle_args;

static bool is_handler(const wy_func_type *type) {
    const wy_type *params = &type->params;
    if (params->count != 2 || !type->result || type->result->kind != WY_KIND_RESULT) return false;
    const wy_type *message = params->fields[0].type, *metadata = params->fields[1].type;
    return message->kind == WY_KIND_LIST && message->elem->kind == WY_KIND_U8 &&
           metadata->kind == WY_KIND_RECORD && metadata->count == 1 &&
           metadata->fields[0].type->kind == WY_KIND_STRING;
}

static void on_result(void *data, const void *result) {
    *(bool *)data = *(const uint8_t *)result != 0; /* its discriminant */
}

static own wy_trap *call_handler(wy_instance *instance, const wy_plan_export *export,
                                 const wy_message *message, bool *failed_out) {
    handle_args args = {.message = {(const uint8_t *)message->payload.ptr, message->payload.len},
                        .topic = message->source};
    return wy_instance_call(instance, export, &args, on_result, failed_out);
}

/* --- the end of a message --- */

static void give_up_part(delivery *d) {
    wy_mqtt_trigger *t = d->trigger;
    if (--d->left) return;
    if (t->subscription) wy_mqtt_subscription_ack(t->subscription, d->token);
    t->delivery_count--;
    free(d);
}

static void on_letter(void *data) {
    letter *l = data;
    const char *text = "out of memory";
    wy_err err = l->call ? wy_mqtt_call_result(l->call, &text) : WY_NOMEM;
    if (err)
        wy_log(WY_LOG_ERROR, WY_STR_FMT ": a message is lost; nobody took its dead letter: %s",
               WY_STR_ARG(l->binding), text);
    wy_mqtt_call_free(l->call);
    give_up_part(l->delivery);
    free(l);
}

/* False: there is no memory. */
static bool keep_letter(wy_mqtt_trigger *t, const wy_mqtt_binding *binding, wy_str payload,
                        delivery *d) {
    letter *l = malloc(sizeof *l + payload.len);
    if (!l) return false;
    if (payload.len) memcpy(l + 1, payload.ptr, payload.len);
    *l = (letter){.trigger = t,
                  .delivery = d,
                  .binding = binding->id,
                  .payload = {(const char *)(l + 1), payload.len}};
    const wy_mqtt_target target = {.url = t->config.url,
                                   .user = t->config.user,
                                   .password = t->config.password,
                                   .keep_alive_s = t->config.keep_alive_s};
    const wy_mqtt_publication publication = {binding->dead_letter, l->payload, 1};
    l->call = wy_mqtt_call_start(t->config.client, &target, &publication, on_letter, l);
    if (!l->call || wy_mqtt_call_done(l->call)) on_letter(l);
    return true;
}

static void on_end(void *data, const wy_message_handler *handler, const wy_message *message,
                   wy_message_outcome outcome) {
    wy_mqtt_trigger *t = data;
    const wy_mqtt_binding *binding = &t->config.bindings[handler - t->handlers];
    delivery *d = message->data;
    bool is_letter = outcome != WY_MESSAGE_HANDLED && binding->dead_letter.len;
    if (is_letter && keep_letter(t, binding, message->payload, d)) return; /* ends it */
    give_up_part(d);
}

/* --- messages --- */

static void on_full(void *data, bool full) {
    wy_mqtt_trigger *t = data;
    if (t->subscription) wy_mqtt_subscription_pause(t->subscription, full);
}

static void on_message(void *data, wy_str topic, wy_str payload, wy_mqtt_token token) {
    wy_mqtt_trigger *t = data;
    delivery *d = malloc(sizeof *d);
    if (!d) return;
    *d = (delivery){t, token, 1};
    t->delivery_count++;
    wy_message message = {.source = topic, .payload = payload, .data = d};
    for (uint32_t i = 0; i < t->config.binding_count; i++) {
        if (!wy_mqtt_filter_matches(t->config.bindings[i].topic, topic)) continue;
        d->left++;
        wy_message_queue_add(t->queue, &t->handlers[i], &message);
    }
    give_up_part(d);
}

/* --- making and ending --- */

static wy_err make_handler(wy_mqtt_trigger *t, uint32_t index, wy_diag *diag) {
    const wy_mqtt_binding *binding = &t->config.bindings[index];
    const wy_plan_export *export =
        wy_component_export(binding->component, (wy_str){0}, (wy_str){0}, WY_STR("handle-message"));
    if (!export || export->sort != WY_SORT_FUNC || !is_handler(export->func.type))
        return wy_diag_set(diag, WY_UNMET,
                           "component \"" WY_STR_FMT
                           "\" does not export handle-message: func(message: list<u8>, metadata: "
                           "record { topic: string }) -> result<...>: it cannot handle the "
                           "messages of MQTT",
                           WY_STR_ARG(wy_component_name(binding->component)));
    if (!wy_mqtt_filter_valid(binding->topic))
        return wy_diag_set(diag, WY_INVALID,
                           "[[trigger.mqtt]] " WY_STR_FMT ": \"" WY_STR_FMT
                           "\" is no topic that can be subscribed to",
                           WY_STR_ARG(binding->id), WY_STR_ARG(binding->topic));
    t->handlers[index] = (wy_message_handler){.id = binding->id,
                                              .component = binding->component,
                                              .export = export,
                                              .call = call_handler,
                                              .retries = binding->retries};
    t->filters[index] = (wy_mqtt_filter){binding->topic, binding->qos};
    return WY_OK;
}

wy_err wy_mqtt_trigger_new(const wy_mqtt_trigger_config *config, own wy_mqtt_trigger **trigger_out,
                           wy_diag *diag) {
    *trigger_out = NULL;
    wy_mqtt_trigger *t = calloc(1, sizeof *t);
    if (!t) return wy_diag_set(diag, WY_NOMEM, "out of memory for a trigger");
    t->config = *config;
    t->handlers = calloc(config->binding_count, sizeof *t->handlers);
    t->filters = calloc(config->binding_count, sizeof *t->filters);
    const wy_message_queue_config queue = {.scheduler = config->scheduler,
                                           .timeout_ms = config->timeout_ms,
                                           .on_full = on_full,
                                           .on_end = on_end,
                                           .data = t};
    wy_err err = t->handlers && t->filters ? wy_message_queue_new(&queue, &t->queue) : WY_NOMEM;
    if (err) wy_diag_set(diag, err, "out of memory for a trigger");
    wy_mqtt_address address;
    if (!err) err = wy_mqtt_address_parse(config->url, &address, diag);
    for (uint32_t i = 0; i < config->binding_count && !err; i++)
        err = make_handler(t, i, diag);
    if (err)
        wy_mqtt_trigger_free(t);
    else
        *trigger_out = t;
    return err;
}

wy_err wy_mqtt_trigger_begin(wy_mqtt_trigger *t, wy_diag *diag) {
    const wy_mqtt_subscription_config config = {.url = t->config.url,
                                                .user = t->config.user,
                                                .password = t->config.password,
                                                .keep_alive_s = t->config.keep_alive_s,
                                                .filters = t->filters,
                                                .filter_count = t->config.binding_count,
                                                .on_message = on_message,
                                                .data = t};
    return wy_mqtt_subscription_new(wy_scheduler_loop(t->config.scheduler), &config,
                                    &t->subscription, diag);
}

/* The connection stays while messages are handled, so that they can be acknowledged. */
void wy_mqtt_trigger_retire(wy_mqtt_trigger *t) {
    if (t->subscription && t->delivery_count) {
        wy_mqtt_subscription_retire(t->subscription);
        return;
    }
    wy_mqtt_subscription_free(t->subscription);
    t->subscription = NULL;
}

bool wy_mqtt_trigger_is_idle(const wy_mqtt_trigger *t) {
    return t->delivery_count == 0 && wy_message_queue_is_idle(t->queue);
}

void wy_mqtt_trigger_free(own wy_mqtt_trigger *t) {
    if (!t) return;
    wy_mqtt_subscription_free(t->subscription);
    wy_message_queue_free(t->queue);
    free(t->handlers);
    free(t->filters);
    free(t);
}
