/* trigger-timer: calls components every few seconds.
 *
 *   [application.trigger.timer]
 *   speedup = 2                     # of all intervals; or --speedup N
 *
 *   [[trigger.timer]]
 *   interval_secs = 6
 *   component = "three"
 *
 * A component waits for the end of its call before its time begins anew. With --test each is called
 * once, and the program ends with status 0 when all went well. */
#include <withy_trigger.h>

#include <stdlib.h>

struct timers;

typedef struct timer {
    struct timers *timers;
    withy_binding *binding;
    withy_trigger_timer *wait;
    uint64_t interval_ms;
} timer;

typedef struct timers {
    withy_trigger *trigger;
    bool is_test;
    bool has_failed;
    size_t left; /* to be called, in a test */
    size_t count;
    timer *items;
} timers;

static void called(void *data, withy_status status, const void *result) {
    timer *t = data;
    timers *all = t->timers;
    (void)result; /* the function has none */
    if (!all->is_test) {
        withy_trigger_timer_start(t->wait, t->interval_ms);
        return;
    }
    all->has_failed |= status != WITHY_OK;
    if (--all->left == 0) withy_trigger_finish(all->trigger, all->has_failed ? 1 : 0);
}

static void on_time(void *data) {
    timer *t = data;
    withy_binding_call(t->binding, NULL, called, t);
}

/* --- what the library calls --- */

static withy_status load_binding(timer *t, int64_t speedup, withy_error *error) {
    withy_trigger *trigger = t->timers->trigger;
    int64_t interval = 0;
    withy_status status = withy_trigger_keys(trigger, t->binding, "interval_secs", error);
    if (!status)
        status = withy_trigger_number(trigger, t->binding, "interval_secs", 1, 1 << 30, &interval,
                                      error);
    if (!status) status = withy_binding_export(t->binding, "handle-timer-request", 0, 0, error);
    t->interval_ms = (uint64_t)(interval * 1000 / speedup);
    t->wait = withy_trigger_timer_new(trigger, on_time, t);
    return !status && !t->wait ? WITHY_NOMEM : status;
}

static withy_status load(withy_trigger *trigger, withy_error *error) {
    timers *all = calloc(1, sizeof *all);
    if (!all) return WITHY_NOMEM;
    withy_trigger_set_data(trigger, all);
    all->trigger = trigger;
    all->is_test = withy_trigger_option_value(trigger, "test") != NULL;
    all->left = all->count = withy_trigger_binding_count(trigger);
    all->items = calloc(all->count + 1, sizeof *all->items);
    if (!all->items) return WITHY_NOMEM;
    int64_t speedup = 1;
    withy_status status = withy_trigger_keys(trigger, NULL, "speedup", error);
    if (!status)
        status = withy_trigger_number(trigger, NULL, "speedup", 1, 1 << 30, &speedup, error);
    const char *given = withy_trigger_option_value(trigger, "speedup");
    if (given) speedup = atoll(given);
    if (speedup < 1) speedup = 1;
    for (size_t i = 0; i < all->count && !status; i++) {
        all->items[i].timers = all;
        all->items[i].binding = withy_trigger_binding(trigger, i);
        status = load_binding(&all->items[i], speedup, error);
    }
    return status;
}

static void begin(withy_trigger *trigger) {
    timers *all = withy_trigger_data(trigger);
    for (size_t i = 0; i < all->count; i++)
        if (all->is_test)
            on_time(&all->items[i]);
        else
            withy_trigger_timer_start(all->items[i].wait, all->items[i].interval_ms);
}

static void unload(withy_trigger *trigger) {
    timers *all = withy_trigger_data(trigger);
    if (all) free(all->items);
    free(all);
}

int main(int argc, char **argv) {
    static const withy_trigger_option options[] = {
        {"speedup", 0, "N", "divide all intervals by N"},
        {"test", 0, NULL, "call each component once, and end"},
        {NULL, 0, NULL, NULL}};
    static const withy_trigger_type type = {.name = "timer",
                                            .text = "Calls components every few seconds.",
                                            .options = options,
                                            .load = load,
                                            .begin = begin,
                                            .unload = unload};
    return withy_trigger_main(argc, argv, &type);
}
