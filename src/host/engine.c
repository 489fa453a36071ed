/* The engine of the public API: an event loop, a scheduler and the compiler, and turning the loop
 * by hand or from another loop. */
#include "host/embed.h"

#include <stdlib.h>
#include <string.h>

void withy_engine_options_init(withy_engine_options *options) {
    memset(options, 0, sizeof *options);
}

static void nothing(void *data) {
    (void)data; /* having ended the wait is all */
}

static wy_err make(withy_engine *engine, const withy_engine_options *options, wy_diag *diag) {
    wy_engine_config config;
    wy_engine_config_init(&config);
    config.pooling = !options->no_pooling;
    config.no_cache = options->no_cache;
    config.cache_dir = options->cache_dir;
    config.fuel = options->fuel;
    if (options->instances_max) config.max_instances = options->instances_max;
    wy_err err = wy_loop_new(&engine->loop);
    if (!err) wy_loop_keep(engine->loop);
    if (!err) err = wy_timer_new(engine->loop, nothing, NULL, &engine->timer);
    if (err) return wy_diag_set(diag, err, "the event loop could not be made");
    err = wy_engine_new(&config, &engine->engine, diag);
    if (err) return err;
    engine->counts_fuel = options->fuel;
    err = wy_scheduler_new(engine->loop, engine->engine, &engine->scheduler);
    return err ? wy_diag_set(diag, err, "the scheduler could not be made") : WY_OK;
}

static void destroy(withy_engine *engine) {
    wy_clients_deinit(&engine->clients);
    wy_scheduler_free(engine->scheduler);
    wy_timer_free(engine->timer);
    wy_loop_free(engine->loop);
    wy_engine_free(engine->engine);
    pthread_mutex_destroy(&engine->lock);
    free(engine);
}

withy_status withy_engine_new(const withy_engine_options *options, withy_engine **engine_out,
                              withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    withy_engine_options defaults;
    withy_engine_options_init(&defaults);
    withy_engine *engine = calloc(1, sizeof *engine);
    if (!engine || pthread_mutex_init(&engine->lock, NULL) != 0) {
        free(engine);
        return wy_host_status(wy_diag_set(&diag, WY_NOMEM, "out of memory"), &diag, error);
    }
    engine->refs = 1;
    engine->over_end = &engine->over;
    wy_err err = make(engine, options ? options : &defaults, &diag);
    if (err) {
        destroy(engine);
        return wy_host_status(err, &diag, error);
    }
    *engine_out = engine;
    return WITHY_OK;
}

wy_err wy_embed_clients(withy_engine *engine) {
    return engine->clients.http ? WY_OK : wy_clients_init(&engine->clients, engine->loop);
}

void wy_embed_engine_release(withy_engine *engine) {
    if (--engine->refs == 0) destroy(engine);
}

void withy_engine_free(withy_engine *engine) {
    if (!engine) return;
    wy_assert(!wy_scheduler_current(engine->scheduler));
    engine->is_ending = true;
    for (withy_instance *at = engine->running; at; at = at->next)
        withy_instance_cancel(at);
    while (engine->running || engine->over || engine->wakers)
        wy_embed_turn(engine, -1);
    wy_embed_engine_release(engine);
}

/* --- turning --- */

/* Takes what other threads have woken; returns whether that was anything. */
static bool deliver_wakes(withy_engine *engine) {
    pthread_mutex_lock(&engine->lock);
    withy_waker *waker = engine->woken;
    engine->woken = NULL;
    pthread_mutex_unlock(&engine->lock);
    bool any = waker != NULL;
    while (waker) {
        withy_waker *next = waker->next;
        if (waker->task.task) wy_task_wake(waker->task.task);
        wy_task_ref_deinit(&waker->task);
        free(waker);
        engine->wakers--;
        waker = next;
    }
    return any;
}

/* Returns whether there were any. */
static bool finish_calls(withy_engine *engine) {
    bool any = engine->over != NULL;
    while (engine->over) {
        withy_instance *instance = engine->over;
        engine->over = instance->next;
        if (!engine->over) engine->over_end = &engine->over;
        wy_embed_call_finish(instance);
    }
    return any;
}

void wy_embed_turn(withy_engine *engine, int timeout_ms) {
    wy_assert(!wy_scheduler_current(engine->scheduler));
    engine->is_kicked = false;
    uint64_t ended = engine->ended;
    /* First without blocking: what is ready runs, and may be all that is waited for. */
    (void)wy_loop_step(engine->loop, false);
    bool any = deliver_wakes(engine);
    if (any) (void)wy_loop_step(engine->loop, false);
    any |= finish_calls(engine);
    if (atomic_exchange(&engine->is_woken, false)) return;
    if (any || engine->ended != ended || timeout_ms == 0 || engine->is_kicked) return;
    if (timeout_ms > 0) wy_timer_start(engine->timer, (uint64_t)timeout_ms);
    (void)wy_loop_step(engine->loop, true);
    wy_timer_stop(engine->timer);
    if (deliver_wakes(engine)) (void)wy_loop_step(engine->loop, false);
    (void)finish_calls(engine);
}

static bool is_busy(const withy_engine *engine) {
    return engine->running || engine->over || wy_embed_apps_busy(engine);
}

bool withy_engine_poll(withy_engine *engine, int timeout_ms) {
    if (wy_scheduler_current(engine->scheduler)) return true; /* the loop turns already */
    wy_embed_turn(engine, is_busy(engine) ? timeout_ms : 0);
    return is_busy(engine);
}

void withy_engine_wake(withy_engine *engine) {
    atomic_store(&engine->is_woken, true);
    wy_loop_wake(engine->loop);
}

int withy_engine_fd(const withy_engine *engine) {
    return wy_loop_fd(engine->loop);
}

int withy_engine_timeout_ms(const withy_engine *engine) {
    return engine->over || engine->is_kicked ? 0 : wy_loop_timeout_ms(engine->loop);
}
