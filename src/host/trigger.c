/* Triggers of the public API: what one is told, and what wakes it. */
#include "host/trigger.h"

#include "base/limits.h"
#include "base/log.h"
#include "host/load.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* --- posts from other threads --- */

static void run_posted(withy_trigger *t) {
    pthread_mutex_lock(&t->lock);
    wy_trigger_posted *at = t->posted;
    t->posted = NULL;
    t->posted_end = &t->posted;
    pthread_mutex_unlock(&t->lock);
    while (at) {
        wy_trigger_posted *next = at->next;
        if (!t->has_ended) at->callback(at->data);
        free(at);
        at = next;
    }
}

static void on_post(void *data, bool readable, bool writable) {
    withy_trigger *t = data;
    uint64_t count;
    (void)readable;
    (void)writable;
    if (read(t->post_fd, &count, sizeof count) < 0) return; /* a wake-up for nothing */
    run_posted(t);
}

bool withy_trigger_post(withy_trigger *t, void (*callback)(void *data), void *data) {
    wy_trigger_posted *posted = malloc(sizeof *posted);
    if (!posted) return false;
    *posted = (wy_trigger_posted){callback, data, NULL};
    pthread_mutex_lock(&t->lock);
    *t->posted_end = posted;
    t->posted_end = &posted->next;
    pthread_mutex_unlock(&t->lock);
    uint64_t one = 1;
    ssize_t written = write(t->post_fd, &one, sizeof one);
    (void)written; /* it fails when the counter is full: then it is readable */
    return true;
}

/* --- timers and descriptors --- */

static void on_timer(void *data) {
    const withy_trigger_timer *timer = data;
    if (!timer->trigger->has_ended) timer->callback(timer->data);
}

withy_trigger_timer *withy_trigger_timer_new(withy_trigger *t, void (*callback)(void *data),
                                             void *data) {
    withy_trigger_timer *timer = calloc(1, sizeof *timer);
    if (!timer) return NULL;
    *timer = (withy_trigger_timer){t, callback, data, NULL, t->timers};
    if (wy_timer_new(wy_scheduler_loop(t->config.scheduler), on_timer, timer, &timer->timer)) {
        free(timer);
        return NULL;
    }
    t->timers = timer;
    return timer;
}

void withy_trigger_timer_start(withy_trigger_timer *timer, uint64_t ms) {
    if (!timer->trigger->has_ended) wy_timer_start(timer->timer, ms);
}

void withy_trigger_timer_stop(withy_trigger_timer *timer) {
    wy_timer_stop(timer->timer);
}

static void on_readable(void *data, bool readable, bool writable) {
    const withy_trigger_watch *watch = data;
    (void)readable; /* an error is for who reads, too */
    (void)writable;
    watch->callback(watch->data);
}

withy_trigger_watch *withy_trigger_watch_new(withy_trigger *t, int fd, void (*callback)(void *data),
                                             void *data) {
    withy_trigger_watch *watch = calloc(1, sizeof *watch);
    if (!watch) return NULL;
    *watch = (withy_trigger_watch){t, callback, data, NULL, t->watches};
    if (wy_fd_watch_new(wy_scheduler_loop(t->config.scheduler), fd, true, false, on_readable, watch,
                        &watch->watch)) {
        free(watch);
        return NULL;
    }
    t->watches = watch;
    return watch;
}

/* The object itself stays until the trigger goes, so that it may be freed from its own callback. */
void withy_trigger_watch_free(withy_trigger_watch *watch) {
    if (!watch) return;
    wy_fd_watch_free(watch->watch);
    watch->watch = NULL;
}

/* --- life --- */

static void on_turn(void *data) {
    wy_trigger_finish_calls(data);
}

static const char *copy(withy_trigger *t, wy_str text) {
    return wy_arena_strndup(t->config.arena, text.ptr ? text.ptr : "", text.len);
}

static wy_err make_bindings(withy_trigger *t) {
    const wy_app *app = t->config.app;
    t->bindings = wy_arena_calloc(t->config.arena, app->trigger_count, sizeof *t->bindings);
    if (!t->bindings) return WY_NOMEM;
    for (uint32_t i = 0; i < app->trigger_count; i++) {
        const wy_app_trigger *source = &app->triggers[i];
        if (!wy_str_eqz(source->type, t->program->type->name)) continue;
        withy_binding *b = &t->bindings[t->binding_count++];
        *b = (withy_binding){.trigger = t, .source = source, .id = copy(t, source->id)};
        b->component_id = source->component ? copy(t, source->component->id) : NULL;
        b->table = copy(t, source->config);
        b->json = json_loadb(source->config.ptr, source->config.len, 0, NULL);
        if (!b->id || (source->component && !b->component_id) || !b->table || !b->json)
            return WY_NOMEM;
    }
    return WY_OK;
}

static wy_err make_settings(withy_trigger *t) {
    const wy_app *app = t->config.app;
    wy_str text = WY_STR("{}");
    for (uint32_t i = 0; i < app->trigger_settings_count; i++)
        if (wy_str_eqz(app->trigger_settings[i].type, t->program->type->name))
            text = app->trigger_settings[i].config;
    t->settings = copy(t, text);
    t->settings_json = json_loadb(text.ptr, text.len, 0, NULL);
    t->name = copy(t, app->name);
    return t->settings && t->settings_json && t->name ? WY_OK : WY_NOMEM;
}

static wy_err make_parts(withy_trigger *t) {
    wy_loop *loop = wy_scheduler_loop(t->config.scheduler);
    t->post_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    wy_err err = t->post_fd < 0 ? WY_IO : make_settings(t);
    if (!err) err = make_bindings(t);
    if (!err) err = wy_fd_watch_new(loop, t->post_fd, true, false, on_post, t, &t->post_watch);
    if (!err) err = wy_timer_new(loop, on_turn, t, &t->turn);
    return err;
}

static void end(void *trigger) {
    withy_trigger *t = trigger;
    if (t->has_ended) return;
    t->has_ended = true;
    for (withy_trigger_timer *timer = t->timers; timer; timer = timer->next)
        wy_timer_stop(timer->timer);
    for (withy_trigger_watch *watch = t->watches; watch; watch = watch->next)
        withy_trigger_watch_free(watch);
    if (t->program->type->end) t->program->type->end(t);
}

static void destroy(void *trigger) {
    withy_trigger *t = trigger;
    if (!t) return;
    t->has_ended = true;
    if (t->program->type->unload) t->program->type->unload(t);
    run_posted(t);
    while (t->timers) {
        withy_trigger_timer *timer = t->timers;
        t->timers = timer->next;
        wy_timer_free(timer->timer);
        free(timer);
    }
    while (t->watches) {
        withy_trigger_watch *watch = t->watches;
        t->watches = watch->next;
        wy_fd_watch_free(watch->watch);
        free(watch);
    }
    for (size_t i = 0; i < t->binding_count; i++)
        json_decref(t->bindings[i].json);
    json_decref(t->settings_json);
    wy_fd_watch_free(t->post_watch);
    wy_timer_free(t->turn);
    if (t->post_fd >= 0) close(t->post_fd);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* What the program's own `load` says went wrong. */
static wy_err load(withy_trigger *t, wy_diag *diag) {
    withy_error *error = calloc(1, sizeof *error);
    if (!error) return wy_diag_set(diag, WY_NOMEM, "out of memory for a trigger");
    withy_status status = t->program->type->load ? t->program->type->load(t, error) : WITHY_OK;
    if (status)
        wy_diag_set(diag, (wy_err)status, "%s",
                    error->text[0] ? error->text : withy_status_text(status));
    free(error);
    return (wy_err)status;
}

static own void *make(void *data, const wy_triggers_config *config, wy_diag *diag) {
    withy_trigger *t = calloc(1, sizeof *t);
    if (!t || pthread_mutex_init(&t->lock, NULL) != 0) {
        wy_diag_set(diag, WY_NOMEM, "out of memory for a trigger");
        free(t);
        return NULL;
    }
    t->program = data;
    t->config = *config;
    t->posted_end = &t->posted;
    t->over_end = &t->over;
    wy_err err = make_parts(t);
    if (err) wy_diag_set(diag, err, "a trigger could not be made: %s", wy_err_text(err));
    if (!err) err = load(t, diag);
    if (!err) return t;
    destroy(t);
    return NULL;
}

static void begin(void *trigger) {
    withy_trigger *t = trigger;
    if (t->program->type->begin) t->program->type->begin(t);
}

static bool is_idle(const void *trigger) {
    const withy_trigger *t = trigger;
    return t->running == 0 && !t->over;
}

const wy_custom_trigger wy_trigger_custom = {
    .make = make, .begin = begin, .retire = end, .is_idle = is_idle, .free = destroy};

void withy_trigger_finish(withy_trigger *t, int status) {
    t->program->status = status;
    kill(getpid(), SIGTERM); /* what stops the program by any other hand stops it here too */
}

/* --- what it is told --- */

void withy_trigger_set_data(withy_trigger *t, void *data) {
    t->data = data;
}

void *withy_trigger_data(const withy_trigger *t) {
    return t->data;
}

const char *withy_trigger_option_value(const withy_trigger *t, const char *name) {
    const withy_trigger_option *options = t->program->type->options;
    for (size_t i = 0; options && options[i].name; i++) {
        if (strcmp(options[i].name, name) != 0) continue;
        const wy_trigger_value *value = &t->program->values[i];
        return options[i].argument ? value->text : value->flag ? "" : NULL;
    }
    return NULL;
}

const char *withy_trigger_app_name(const withy_trigger *t) {
    return t->name;
}

size_t withy_trigger_binding_count(const withy_trigger *t) {
    return t->binding_count;
}

withy_binding *withy_trigger_binding(withy_trigger *t, size_t index) {
    return index < t->binding_count ? &t->bindings[index] : NULL;
}

const char *withy_binding_id(const withy_binding *binding) {
    return binding->id;
}

const char *withy_binding_component(const withy_binding *binding) {
    return binding->component_id;
}

/* --- what tables say --- */

const char *withy_trigger_table(const withy_trigger *t, const withy_binding *binding) {
    return binding ? binding->table : t->settings;
}

static const json_t *table_of(const withy_trigger *t, const withy_binding *binding) {
    return binding ? binding->json : t->settings_json;
}

static withy_status fail(const withy_trigger *t, const withy_binding *binding, withy_error *error,
                         const char *fmt, ...) WY_PRINTF(4, 5);
static withy_status fail(const withy_trigger *t, const withy_binding *binding, withy_error *error,
                         const char *fmt, ...) {
    wy_diag diag;
    wy_diag_init(&diag);
    va_list args;
    va_start(args, fmt);
    wy_diag_setv(&diag, WY_INVALID, fmt, args);
    va_end(args);
    if (binding)
        wy_diag_prefix(&diag, "[[trigger.%s]] %s", t->program->type->name, binding->id);
    else
        wy_diag_prefix(&diag, "[application.trigger.%s]", t->program->type->name);
    return wy_host_status(WY_INVALID, &diag, error);
}

static bool is_one(const char *keys, const char *key) {
    size_t len = strlen(key);
    while (*keys) {
        size_t word = strcspn(keys, " ");
        if (word == len && memcmp(keys, key, len) == 0) return true;
        keys += word + (keys[word] == ' ');
    }
    return false;
}

withy_status withy_trigger_keys(withy_trigger *t, const withy_binding *binding, const char *keys,
                                withy_error *error) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)table_of(t, binding), key, value) {
        if (!is_one(keys, key) && strcmp(key, "component") != 0)
            return fail(t, binding, error, "unknown key '%s'; there are: %s", key, keys);
    }
    return WITHY_OK;
}

withy_status withy_trigger_number(withy_trigger *t, const withy_binding *binding, const char *key,
                                  int64_t min, int64_t max, int64_t *value_out,
                                  withy_error *error) {
    const json_t *value = json_object_get(table_of(t, binding), key);
    if (!value) return WITHY_OK;
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max)
        return fail(t, binding, error, "'%s' must be a whole number from %lld to %lld", key,
                    (long long)min, (long long)max);
    *value_out = json_integer_value(value);
    return WITHY_OK;
}

withy_status withy_trigger_flag(withy_trigger *t, const withy_binding *binding, const char *key,
                                bool *value_out, withy_error *error) {
    const json_t *value = json_object_get(table_of(t, binding), key);
    if (!value) return WITHY_OK;
    if (!json_is_boolean(value)) return fail(t, binding, error, "'%s' must be true or false", key);
    *value_out = json_is_true(value);
    return WITHY_OK;
}

withy_status withy_trigger_text(withy_trigger *t, const withy_binding *binding, const char *key,
                                const char **value_out, withy_error *error) {
    const json_t *value = json_object_get(table_of(t, binding), key);
    if (!value) return WITHY_OK;
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
        return fail(t, binding, error, "'%s' must be a text", key);
    *value_out = json_string_value(value);
    return WITHY_OK;
}

withy_status withy_trigger_resolve(withy_trigger *t, const char *text, const char **out,
                                   withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_str value = wy_str_of(text);
    wy_err err = t->config.config
                     ? wy_config_resolve(t->config.config, value, t->config.arena, &value, &diag)
                     : WY_OK;
    *out = err ? NULL : copy(t, value);
    if (!err && !*out) err = wy_diag_set(&diag, WY_NOMEM, "out of memory for a text");
    return err ? wy_host_status(err, &diag, error) : WITHY_OK;
}

void withy_trigger_log(withy_log_level level, const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wy_log((wy_log_level)level, "%s", text);
}
