/* Triggers that bring messages, made of a manifest. */
#include "host/triggers.h"

#include "base/log.h"

#include <stdio.h>

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for triggers");
}

/* --- Redis --- */

/* Address and channel may name variables. */
static wy_err bind_redis(const wy_triggers_config *c, const wy_app_redis_trigger *trigger,
                         wy_redis_binding *out, wy_diag *diag) {
    *out = (wy_redis_binding){
        .id = trigger->id, .retries = trigger->retries, .dead_letter = trigger->dead_letter};
    wy_err err = wy_config_resolve(c->config, trigger->address, c->arena, &out->address, diag);
    if (!err) err = wy_config_resolve(c->config, trigger->channel, c->arena, &out->channel, diag);
    if (err)
        wy_diag_prefix(diag, "[[trigger.redis]] " WY_STR_FMT, WY_STR_ARG(trigger->id));
    else
        err = c->load(c->data, trigger->component, &out->component, diag);
    return err;
}

static wy_err make_redis(wy_triggers *triggers, const wy_triggers_config *c, wy_diag *diag) {
    uint32_t count = c->app->redis_trigger_count;
    if (count == 0) return WY_OK;
    wy_redis_binding *bindings = wy_arena_calloc(c->arena, count, sizeof *bindings);
    if (!bindings) return no_memory(diag);
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < count && !err; i++)
        err = bind_redis(c, &c->app->redis_triggers[i], &bindings[i], diag);
    const wy_redis_trigger_config config = {.scheduler = c->scheduler,
                                            .client = c->clients->redis,
                                            .bindings = bindings,
                                            .binding_count = count,
                                            .timeout_ms = c->timeout_ms};
    return err ? err : wy_redis_trigger_new(&config, &triggers->redis, diag);
}

/* --- MQTT --- */

static wy_err bind_mqtt(const wy_triggers_config *c, const wy_app_mqtt_trigger *trigger,
                        wy_mqtt_binding *out, wy_diag *diag) {
    *out = (wy_mqtt_binding){.id = trigger->id,
                             .qos = trigger->qos,
                             .retries = trigger->retries,
                             .dead_letter = trigger->dead_letter};
    wy_err err = wy_config_resolve(c->config, trigger->topic, c->arena, &out->topic, diag);
    if (err)
        wy_diag_prefix(diag, "[[trigger.mqtt]] " WY_STR_FMT, WY_STR_ARG(trigger->id));
    else
        err = c->load(c->data, trigger->component, &out->component, diag);
    return err;
}

static wy_err make_mqtt(wy_triggers *triggers, const wy_triggers_config *c, wy_diag *diag) {
    uint32_t count = c->app->mqtt_trigger_count;
    if (count == 0) return WY_OK;
    const wy_app_mqtt *mqtt = &c->app->mqtt;
    wy_mqtt_binding *bindings = wy_arena_calloc(c->arena, count, sizeof *bindings);
    if (!bindings) return no_memory(diag);
    wy_mqtt_trigger_config config = {.scheduler = c->scheduler,
                                     .client = c->clients->mqtt,
                                     .keep_alive_s = mqtt->keep_alive_s,
                                     .bindings = bindings,
                                     .binding_count = count,
                                     .timeout_ms = c->timeout_ms};
    wy_err err = wy_config_resolve(c->config, mqtt->address, c->arena, &config.url, diag);
    if (!err) err = wy_config_resolve(c->config, mqtt->user, c->arena, &config.user, diag);
    if (!err) err = wy_config_resolve(c->config, mqtt->password, c->arena, &config.password, diag);
    if (err) wy_diag_prefix(diag, "[application.trigger.mqtt]");
    for (uint32_t i = 0; i < count && !err; i++)
        err = bind_mqtt(c, &c->app->mqtt_triggers[i], &bindings[i], diag);
    return err ? err : wy_mqtt_trigger_new(&config, &triggers->mqtt, diag);
}

/* --- cron --- */

static wy_err make_cron(wy_triggers *triggers, const wy_triggers_config *c, wy_diag *diag) {
    uint32_t count = c->app->cron_trigger_count;
    if (count == 0) return WY_OK;
    wy_cron_binding *bindings = wy_arena_calloc(c->arena, count, sizeof *bindings);
    if (!bindings) return no_memory(diag);
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < count && !err; i++) {
        const wy_app_cron_trigger *trigger = &c->app->cron_triggers[i];
        bindings[i] = (wy_cron_binding){.id = trigger->id,
                                        .expression = trigger->expression,
                                        .schedule = trigger->schedule,
                                        .retries = trigger->retries};
        err = c->load(c->data, trigger->component, &bindings[i].component, diag);
    }
    const wy_cron_trigger_config config = {.scheduler = c->scheduler,
                                           .bindings = bindings,
                                           .binding_count = count,
                                           .timeout_ms = c->timeout_ms};
    return err ? err : wy_cron_trigger_new(&config, &triggers->cron, diag);
}

/* --- another program's --- */

static wy_err make_custom(wy_triggers *triggers, const wy_triggers_config *c, wy_diag *diag) {
    if (!c->custom) return WY_OK;
    triggers->custom = c->custom;
    triggers->made = c->custom->make(c->custom->data, c, diag);
    return triggers->made ? WY_OK : diag->err;
}

/* --- all --- */

wy_err wy_triggers_make(wy_triggers *triggers, const wy_triggers_config *config, wy_diag *diag) {
    wy_err err = make_redis(triggers, config, diag);
    if (!err) err = make_mqtt(triggers, config, diag);
    if (!err) err = make_cron(triggers, config, diag);
    return err ? err : make_custom(triggers, config, diag);
}

bool wy_triggers_any(const wy_app *app) {
    return app->redis_trigger_count || app->mqtt_trigger_count || app->cron_trigger_count;
}

void wy_triggers_begin(wy_triggers *triggers) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = triggers->redis ? wy_redis_trigger_begin(triggers->redis, &diag) : WY_OK;
    if (!err && triggers->mqtt) err = wy_mqtt_trigger_begin(triggers->mqtt, &diag);
    if (err) wy_log(WY_LOG_ERROR, "%s", diag.text);
    if (triggers->cron) wy_cron_trigger_begin(triggers->cron);
    if (triggers->made) triggers->custom->begin(triggers->made);
}

void wy_triggers_retire(wy_triggers *triggers) {
    if (triggers->redis) wy_redis_trigger_retire(triggers->redis);
    if (triggers->mqtt) wy_mqtt_trigger_retire(triggers->mqtt);
    if (triggers->cron) wy_cron_trigger_retire(triggers->cron);
    if (triggers->made) triggers->custom->retire(triggers->made);
}

bool wy_triggers_are_idle(const wy_triggers *triggers) {
    return (!triggers->redis || wy_redis_trigger_is_idle(triggers->redis)) &&
           (!triggers->mqtt || wy_mqtt_trigger_is_idle(triggers->mqtt)) &&
           (!triggers->cron || wy_cron_trigger_is_idle(triggers->cron)) &&
           (!triggers->made || triggers->custom->is_idle(triggers->made));
}

void wy_triggers_free(wy_triggers *triggers) {
    wy_redis_trigger_free(triggers->redis);
    wy_mqtt_trigger_free(triggers->mqtt);
    wy_cron_trigger_free(triggers->cron);
    if (triggers->made) triggers->custom->free(triggers->made);
    *triggers = (wy_triggers){0};
}

void wy_triggers_announce(const wy_app *app) {
    for (uint32_t i = 0; i < app->redis_trigger_count; i++)
        printf("Handling messages of Redis: " WY_STR_FMT ", channel " WY_STR_FMT "\n",
               WY_STR_ARG(app->redis_triggers[i].component->id),
               WY_STR_ARG(app->redis_triggers[i].channel));
    for (uint32_t i = 0; i < app->mqtt_trigger_count; i++)
        printf("Handling messages of MQTT: " WY_STR_FMT ", topic " WY_STR_FMT "\n",
               WY_STR_ARG(app->mqtt_triggers[i].component->id),
               WY_STR_ARG(app->mqtt_triggers[i].topic));
    for (uint32_t i = 0; i < app->cron_trigger_count; i++)
        printf("Calling at times: " WY_STR_FMT ", " WY_STR_FMT "\n",
               WY_STR_ARG(app->cron_triggers[i].component->id),
               WY_STR_ARG(app->cron_triggers[i].expression));
}
