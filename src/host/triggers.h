/* Triggers that bring messages: those of an application, made of its manifest, in one worker. */
#ifndef WY_HOST_TRIGGERS_H
#define WY_HOST_TRIGGERS_H

#include "app/app.h"
#include "capability/config/config.h"
#include "host/clients.h"
#include "trigger/cron.h"
#include "trigger/mqtt.h"
#include "trigger/redis.h"

typedef struct wy_custom_trigger wy_custom_trigger;

typedef struct wy_triggers {
    wy_redis_trigger *redis; /* NULL: there is none of that kind */
    wy_mqtt_trigger *mqtt;
    wy_cron_trigger *cron;
    const wy_custom_trigger *custom; /* whose `made` is */
    void *made;
} wy_triggers;

typedef struct wy_triggers_config {
    const wy_app *app;
    wy_arena *arena;         /* outlives the triggers */
    const wy_config *config; /* what templates name */
    const wy_clients *clients;
    wy_scheduler *scheduler;
    uint64_t timeout_ms; /* of handling a message; 0: none */
    /* Gives the component as it was loaded, which happens at the first time. */
    wy_err (*load)(void *data, const wy_app_component *source, const wy_component **component_out,
                   wy_diag *diag);
    void *data;
    const wy_custom_trigger *custom; /* NULL: there is none */
} wy_triggers_config;

/* A kind of trigger that withy does not have itself, and that this program is. */
struct wy_custom_trigger {
    wy_str type;
    /* The config is the callee's to copy; what it points to stays. NULL: an error. */
    own void *(*make)(void *data, const wy_triggers_config *config, wy_diag *diag);
    void (*begin)(void *trigger);
    void (*retire)(void *trigger);
    bool (*is_idle)(const void *trigger);
    void (*free)(own void *trigger); /* idle */
    void *data;                      /* of `make` */
};

/* After an error too the triggers are to be freed. */
wy_err wy_triggers_make(wy_triggers *triggers, const wy_triggers_config *config,
                        wy_diag *diag) WY_MUST_USE;
/* Whether the application has any. */
bool wy_triggers_any(const wy_app *app);
/* Subscribe; what goes wrong is logged. */
void wy_triggers_begin(wy_triggers *triggers);
/* Take no more messages; those that they have are handled. */
void wy_triggers_retire(wy_triggers *triggers);
bool wy_triggers_are_idle(const wy_triggers *triggers);
/* Idle. Idempotent. */
void wy_triggers_free(wy_triggers *triggers);
/* Prints a line for each. */
void wy_triggers_announce(const wy_app *app);

#endif
