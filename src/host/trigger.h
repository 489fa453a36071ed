/* Triggers of the public API (withy_trigger.h): the objects behind them, for the files that
 * implement it.
 *
 *   trigger_main.c   the program: options, the protocol's questions, the application to run
 *   trigger.c        the trigger: what it is told, timers, descriptors, posts
 *   trigger_call.c   calls into components */
#ifndef WY_HOST_TRIGGER_H
#define WY_HOST_TRIGGER_H

#include "host/triggers.h"
#include "withy_trigger.h"

#include <pthread.h>

/* An option of the trigger's own, as it was given. */
typedef struct wy_trigger_value {
    const char *text; /* NULL: not given */
    bool flag;
} wy_trigger_value;

typedef struct wy_trigger_program {
    const withy_trigger_type *type;
    const wy_trigger_value *values; /* one an option of the type's own */
    int status;                     /* to exit with */
} wy_trigger_program;

typedef struct wy_trigger_call wy_trigger_call;

struct withy_binding {
    withy_trigger *trigger;
    const wy_app_trigger *source;
    const char *id, *component_id, *table;
    const wy_component *component; /* NULL: not loaded yet */
    const wy_plan_export *export;  /* likewise not found */
    struct json_t *json;
};

/* A callback from elsewhere. */
typedef struct wy_trigger_posted {
    void (*callback)(void *data);
    void *data;
    struct wy_trigger_posted *next;
} wy_trigger_posted;

struct withy_trigger_timer {
    withy_trigger *trigger;
    void (*callback)(void *data);
    void *data;
    wy_timer *timer;
    withy_trigger_timer *next;
};

struct withy_trigger_watch {
    withy_trigger *trigger;
    void (*callback)(void *data);
    void *data;
    wy_fd_watch *watch; /* NULL: freed, or the trigger has ended */
    withy_trigger_watch *next;
};

struct withy_trigger {
    wy_trigger_program *program;
    wy_triggers_config config;
    void *data;
    const char *name; /* of the application */
    withy_binding *bindings;
    size_t binding_count;
    const char *settings; /* JSON */
    struct json_t *settings_json;
    withy_trigger_timer *timers;
    withy_trigger_watch *watches;
    int post_fd; /* an event counter that tells of posts */
    wy_fd_watch *post_watch;
    pthread_mutex_t lock; /* of what is posted */
    wy_trigger_posted *posted, **posted_end;
    uint32_t running;                  /* calls */
    wy_trigger_call *over, **over_end; /* `done` is to be called */
    wy_timer *turn;                    /* armed while there are any */
    bool has_ended;
};

/* The kind of trigger that the program is; `data` is a wy_trigger_program. */
extern const wy_custom_trigger wy_trigger_custom;

/* Calls the `done` of calls that are over. */
void wy_trigger_finish_calls(withy_trigger *trigger);

#endif
