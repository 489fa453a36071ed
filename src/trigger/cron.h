/* The cron trigger: components called at the times of schedules. What a time does: a call in an
 * instance of its own, beside others that still run. Times that passed while nothing ran are not
 * made up for; several that passed while the machine slept or the clock was set forward are one
 * call. */
#ifndef WY_TRIGGER_CRON_H
#define WY_TRIGGER_CRON_H

#include "app/cron.h"
#include "trigger/message.h"

typedef struct wy_cron_trigger wy_cron_trigger;

/* Strings outlive the trigger. */
typedef struct wy_cron_binding {
    wy_str id;
    wy_str expression; /* for the log */
    wy_cron schedule;
    const wy_component *component;
    uint32_t retries; /* further tries when a call fails */
} wy_cron_binding;

typedef struct wy_cron_trigger_config {
    wy_scheduler *scheduler;
    const wy_cron_binding *bindings;
    uint32_t binding_count;
    uint64_t timeout_ms; /* of a call; 0: none */
} wy_cron_trigger_config;

/* WY_UNMET: a component exports no handler. Calls nothing yet. */
wy_err wy_cron_trigger_new(const wy_cron_trigger_config *config, own wy_cron_trigger **trigger_out,
                           wy_diag *diag) WY_MUST_USE;
/* From now on time passes. */
void wy_cron_trigger_begin(wy_cron_trigger *trigger);
/* Calls nothing more; calls under way go on. */
void wy_cron_trigger_retire(wy_cron_trigger *trigger);
bool wy_cron_trigger_is_idle(const wy_cron_trigger *trigger);
/* Idle. NULL is fine. */
void wy_cron_trigger_free(own wy_cron_trigger *trigger);

#endif
