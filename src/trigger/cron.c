/* The cron trigger: see cron.h. */
#include "trigger/cron.h"

#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>
#include <time.h>

/* One binding. */
typedef struct job {
    wy_message_handler handler; /* first: what the queue tells about is this job */
    const wy_cron_binding *binding;
    uint64_t next;      /* in seconds since 1970; UINT64_MAX: never again */
    uint32_t under_way; /* calls */
} job;

struct wy_cron_trigger {
    wy_cron_trigger_config config;
    wy_message_queue *queue;
    wy_timer *timer; /* until the next time, or until the clock is looked at again */
    job *jobs;       /* one a binding */
    bool is_running;
};

/* --- calling a component --- */

static bool is_handler(const wy_func_type *type) {
    const wy_type *params = &type->params;
    if (params->count != 1 || !type->result || type->result->kind != WY_KIND_RESULT) return false;
    const wy_type *metadata = params->fields[0].type;
    return metadata->kind == WY_KIND_RECORD && metadata->count == 1 &&
           metadata->fields[0].type->kind == WY_KIND_U64;
}

static void on_result(void *data, const void *result) {
    *(bool *)data = *(const uint8_t *)result != 0; /* its discriminant */
}

/* The payload is the argument: record { timestamp: u64 }. */
static own wy_trap *call_handler(wy_instance *instance, const wy_plan_export *export,
                                 const wy_message *message, bool *failed_out) {
    uint64_t timestamp;
    wy_assert(message->payload.len == sizeof timestamp);
    memcpy(&timestamp, message->payload.ptr, sizeof timestamp);
    return wy_instance_call(instance, export, &timestamp, on_result, failed_out);
}

static void on_end(void *data, const wy_message_handler *handler, const wy_message *message,
                   wy_message_outcome outcome) {
    job *j = (job *)handler;
    (void)data;
    (void)message;
    (void)outcome; /* failures are in the log */
    j->under_way--;
}

static void call(wy_cron_trigger *t, job *j, uint64_t now) {
    if (j->under_way >= WY_MAX_CRON_CALLS) {
        wy_log(WY_LOG_WARN,
               WY_STR_FMT ": a time of " WY_STR_FMT " was left out: %u calls are still under way",
               WY_STR_ARG(j->binding->id), WY_STR_ARG(j->binding->expression), j->under_way);
        return;
    }
    const wy_message message = {.source = j->binding->expression,
                                .payload = {(const char *)&now, sizeof now}};
    j->under_way++;
    wy_message_queue_add(t->queue, &j->handler, &message);
}

/* --- time --- */

static uint64_t clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void plan(job *j, uint64_t now_s) {
    if (!wy_cron_next(&j->binding->schedule, now_s, &j->next)) j->next = UINT64_MAX;
}

/* The clock may be set meanwhile: it is looked at from time to time. */
static void wait(wy_cron_trigger *t, uint64_t now_ms) {
    uint64_t delay = WY_CRON_LOOK_MS;
    for (uint32_t i = 0; i < t->config.binding_count; i++) {
        uint64_t next = t->jobs[i].next;
        if (next > UINT64_MAX / 1000) continue;
        uint64_t until = next * 1000 > now_ms ? next * 1000 - now_ms : 0;
        if (until < delay) delay = until;
    }
    wy_timer_start(t->timer, delay);
}

static void on_time(void *data) {
    wy_cron_trigger *t = data;
    if (!t->is_running) return;
    uint64_t now_ms = clock_ms(), now = now_ms / 1000;
    for (uint32_t i = 0; i < t->config.binding_count; i++) {
        job *j = &t->jobs[i];
        bool is_due = j->next <= now;
        if (is_due) call(t, j, now);
        plan(j, now); /* anew each time: the clock may have been set back */
    }
    wait(t, now_ms);
}

/* --- life --- */

static wy_err make_job(wy_cron_trigger *t, uint32_t index, wy_diag *diag) {
    const wy_cron_binding *binding = &t->config.bindings[index];
    const wy_plan_export *export = wy_component_export(binding->component, (wy_str){0}, (wy_str){0},
                                                       WY_STR("handle-cron-event"));
    if (!export || export->sort != WY_SORT_FUNC || !is_handler(export->func.type))
        return wy_diag_set(diag, WY_UNMET,
                           "[[trigger.cron]] " WY_STR_FMT
                           ": the component does not export handle-cron-event: func(metadata: "
                           "record { timestamp: u64 }) -> result<_, error>",
                           WY_STR_ARG(binding->id));
    t->jobs[index] = (job){.handler = {.id = binding->id,
                                       .noun = "the call at a time of",
                                       .component = binding->component,
                                       .export = export,
                                       .call = call_handler,
                                       .retries = binding->retries},
                           .binding = binding,
                           .next = UINT64_MAX};
    return WY_OK;
}

wy_err wy_cron_trigger_new(const wy_cron_trigger_config *config, own wy_cron_trigger **trigger_out,
                           wy_diag *diag) {
    *trigger_out = NULL;
    wy_cron_trigger *t = calloc(1, sizeof *t);
    if (!t) return wy_diag_set(diag, WY_NOMEM, "out of memory for a trigger");
    t->config = *config;
    t->jobs = calloc(config->binding_count, sizeof *t->jobs);
    const wy_message_queue_config queue = {.scheduler = config->scheduler,
                                           .timeout_ms = config->timeout_ms,
                                           .on_end = on_end,
                                           .data = t};
    wy_err err = t->jobs ? wy_message_queue_new(&queue, &t->queue) : WY_NOMEM;
    if (!err) err = wy_timer_new(wy_scheduler_loop(config->scheduler), on_time, t, &t->timer);
    if (err) wy_diag_set(diag, err, "out of memory for a trigger");
    for (uint32_t i = 0; i < config->binding_count && !err; i++)
        err = make_job(t, i, diag);
    if (err)
        wy_cron_trigger_free(t);
    else
        *trigger_out = t;
    return err;
}

void wy_cron_trigger_begin(wy_cron_trigger *t) {
    uint64_t now_ms = clock_ms();
    t->is_running = true;
    for (uint32_t i = 0; i < t->config.binding_count; i++) {
        plan(&t->jobs[i], now_ms / 1000);
        if (t->jobs[i].next == UINT64_MAX)
            wy_log(WY_LOG_WARN, WY_STR_FMT ": " WY_STR_FMT " is never again",
                   WY_STR_ARG(t->jobs[i].binding->id), WY_STR_ARG(t->jobs[i].binding->expression));
    }
    wait(t, now_ms);
}

void wy_cron_trigger_retire(wy_cron_trigger *t) {
    t->is_running = false;
    wy_timer_stop(t->timer);
}

bool wy_cron_trigger_is_idle(const wy_cron_trigger *t) {
    return wy_message_queue_is_idle(t->queue);
}

void wy_cron_trigger_free(own wy_cron_trigger *t) {
    if (!t) return;
    wy_timer_free(t->timer);
    wy_message_queue_free(t->queue);
    free(t->jobs);
    free(t);
}
