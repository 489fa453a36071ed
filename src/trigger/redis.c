/* The Redis trigger: one subscription a server, and for each message the bindings of its channel.
 */
#include "trigger/redis.h"

#include "base/limits.h"
#include "base/log.h"
#include "capability/redis/subscription.h"
#include "gen/fermyon_spin_first_inbound_redis.h"

#include <stdlib.h>

/* One server. */
typedef struct feed {
    wy_redis_trigger *trigger;
    wy_str url;
    wy_str *channels; /* each once */
    uint32_t channel_count;
    wy_redis_subscription *subscription; /* NULL: not begun, or retired */
} feed;

/* A message on its way to its list. */
typedef struct letter {
    wy_redis_trigger *trigger;
    wy_redis_call *call;
    wy_arena arena;
    wy_str binding;
} letter;

struct wy_redis_trigger {
    wy_redis_trigger_config config;
    wy_message_queue *queue;
    wy_message_handler *handlers; /* one a binding */
    wy_redis_address **addresses; /* one a binding */
    feed *feeds;
    uint32_t feed_count;
    uint32_t letter_count; /* under way */
};

/* --- calling a component --- */

static void on_result(void *data, const void *result) {
    *(bool *)data =
        ((const fermyon_spin_first_inbound_redis_handle_message_result *)result)->is_err;
}

static own wy_trap *call_handler(wy_instance *instance, const wy_plan_export *export,
                                 const wy_message *message, bool *failed_out) {
    fermyon_spin_first_inbound_redis_handle_message_args args = {
        .message = {(const uint8_t *)message->payload.ptr, message->payload.len}};
    return wy_instance_call(instance, export, &args, on_result, failed_out);
}

/* --- dead letters --- */

static void letter_end(letter *l) {
    const wy_redis_reply *reply;
    const char *text;
    wy_err err = l->call ? wy_redis_call_result(l->call, &reply, &text) : WY_NOMEM;
    if (err || reply->kind == WY_REDIS_ERROR)
        wy_log(WY_LOG_ERROR,
               WY_STR_FMT ": a message is lost; its dead letter could not be kept: %s",
               WY_STR_ARG(l->binding),
               !l->call ? "out of memory"
               : err    ? text
                        : "the server refused it");
    l->trigger->letter_count--;
    wy_redis_call_free(l->call);
    wy_arena_deinit(&l->arena);
    free(l);
}

static void on_letter(void *data) {
    letter_end(data);
}

static void keep_letter(wy_redis_trigger *t, const wy_redis_binding *binding,
                        const wy_redis_address *address, wy_str payload) {
    letter *l = calloc(1, sizeof *l);
    if (!l) {
        wy_log(WY_LOG_ERROR, WY_STR_FMT ": a message is lost: out of memory",
               WY_STR_ARG(binding->id));
        return;
    }
    const wy_str argv[] = {WY_STR("RPUSH"), binding->dead_letter, payload};
    wy_redis_target target = {.address = address};
    l->trigger = t;
    l->binding = binding->id;
    t->letter_count++;
    wy_arena_init(&l->arena, (size_t)64 << 10);
    l->call = wy_redis_call_start(t->config.client, &target, argv, 3, &l->arena, on_letter, l);
    if (!l->call || wy_redis_call_done(l->call)) letter_end(l);
}

static void on_end(void *data, const wy_message_handler *handler, const wy_message *message,
                   wy_message_outcome outcome) {
    wy_redis_trigger *t = data;
    size_t index = (size_t)(handler - t->handlers);
    const wy_redis_binding *binding = &t->config.bindings[index];
    if (outcome != WY_MESSAGE_HANDLED && binding->dead_letter.len)
        keep_letter(t, binding, t->addresses[index], message->payload);
}

/* --- messages --- */

static void on_full(void *data, bool full) {
    wy_redis_trigger *t = data;
    for (uint32_t i = 0; i < t->feed_count; i++)
        if (t->feeds[i].subscription) wy_redis_subscription_pause(t->feeds[i].subscription, full);
}

static void on_message(void *data, wy_str channel, wy_str payload) {
    const feed *f = data;
    wy_redis_trigger *t = f->trigger;
    wy_message message = {.source = channel, .payload = payload};
    for (uint32_t i = 0; i < t->config.binding_count; i++) {
        const wy_redis_binding *binding = &t->config.bindings[i];
        if (wy_str_eq(binding->address, f->url) && wy_str_eq(binding->channel, channel))
            wy_message_queue_add(t->queue, &t->handlers[i], &message);
    }
}

/* --- making and ending --- */

static wy_err make_handler(wy_redis_trigger *t, uint32_t index, wy_diag *diag) {
    const wy_redis_binding *binding = &t->config.bindings[index];
    const wy_plan_export *export =
        wy_component_export(binding->component, WY_STR("fermyon:spin/inbound-redis"), (wy_str){0},
                            WY_STR("handle-message"));
    const wy_func_type *type = fermyon_spin_first_inbound_redis_interface.funcs[0].type;
    if (!export || !wy_func_type_equal(export->func.type, type, NULL, NULL))
        return wy_diag_set(diag, WY_UNMET,
                           "component \"" WY_STR_FMT
                           "\" does not export fermyon:spin/inbound-redis: it cannot handle the "
                           "messages of Redis",
                           WY_STR_ARG(wy_component_name(binding->component)));
    t->handlers[index] = (wy_message_handler){.id = binding->id,
                                              .component = binding->component,
                                              .export = export,
                                              .call = call_handler,
                                              .retries = binding->retries};
    wy_err err = wy_redis_address_new(binding->address, &t->addresses[index], diag);
    if (err) wy_diag_prefix(diag, "[[trigger.redis]] " WY_STR_FMT, WY_STR_ARG(binding->id));
    return err;
}

static bool has_channel(const feed *f, wy_str channel) {
    for (uint32_t i = 0; i < f->channel_count; i++)
        if (wy_str_eq(f->channels[i], channel)) return true;
    return false;
}

/* The binding's channel at the binding's server. */
static wy_err add_channel(wy_redis_trigger *t, const wy_redis_binding *binding) {
    feed *f = NULL;
    for (uint32_t i = 0; i < t->feed_count && !f; i++)
        if (wy_str_eq(t->feeds[i].url, binding->address)) f = &t->feeds[i];
    if (!f) {
        f = &t->feeds[t->feed_count];
        *f = (feed){.trigger = t, .url = binding->address};
        f->channels = calloc(t->config.binding_count, sizeof *f->channels);
        if (!f->channels) return WY_NOMEM;
        t->feed_count++;
    }
    if (!has_channel(f, binding->channel)) f->channels[f->channel_count++] = binding->channel;
    return WY_OK;
}

wy_err wy_redis_trigger_new(const wy_redis_trigger_config *config,
                            own wy_redis_trigger **trigger_out, wy_diag *diag) {
    *trigger_out = NULL;
    wy_redis_trigger *t = calloc(1, sizeof *t);
    if (!t) return wy_diag_set(diag, WY_NOMEM, "out of memory for a trigger");
    uint32_t count = config->binding_count;
    t->config = *config;
    t->handlers = calloc(count, sizeof *t->handlers);
    t->addresses = calloc(count, sizeof *t->addresses);
    t->feeds = calloc(count, sizeof *t->feeds);
    wy_message_queue_config queue = {.scheduler = config->scheduler,
                                     .timeout_ms = config->timeout_ms,
                                     .on_full = on_full,
                                     .on_end = on_end,
                                     .data = t};
    wy_err err = t->handlers && t->addresses && t->feeds ? wy_message_queue_new(&queue, &t->queue)
                                                         : WY_NOMEM;
    if (err) wy_diag_set(diag, err, "out of memory for a trigger");
    for (uint32_t i = 0; i < count && !err; i++) {
        err = make_handler(t, i, diag);
        if (!err && add_channel(t, &config->bindings[i]))
            err = wy_diag_set(diag, WY_NOMEM, "out of memory for a trigger");
    }
    if (err)
        wy_redis_trigger_free(t);
    else
        *trigger_out = t;
    return err;
}

wy_err wy_redis_trigger_begin(wy_redis_trigger *t, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < t->feed_count && !err; i++) {
        feed *f = &t->feeds[i];
        wy_redis_subscription_config config = {.url = f->url,
                                               .channels = f->channels,
                                               .channel_count = f->channel_count,
                                               .on_message = on_message,
                                               .data = f};
        err = wy_redis_subscription_new(wy_scheduler_loop(t->config.scheduler), &config,
                                        &f->subscription, diag);
    }
    return err;
}

void wy_redis_trigger_retire(wy_redis_trigger *t) {
    for (uint32_t i = 0; i < t->feed_count; i++) {
        wy_redis_subscription_free(t->feeds[i].subscription);
        t->feeds[i].subscription = NULL;
    }
}

bool wy_redis_trigger_is_idle(const wy_redis_trigger *t) {
    return t->letter_count == 0 && wy_message_queue_is_idle(t->queue);
}

void wy_redis_trigger_free(own wy_redis_trigger *t) {
    if (!t) return;
    wy_redis_trigger_retire(t);
    for (uint32_t i = 0; i < t->feed_count; i++)
        free(t->feeds[i].channels);
    for (uint32_t i = 0; t->addresses && i < t->config.binding_count; i++)
        wy_redis_address_free(t->addresses[i]);
    wy_message_queue_free(t->queue);
    free(t->handlers);
    free(t->addresses);
    free(t->feeds);
    free(t);
}
