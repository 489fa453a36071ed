/* For the tests of the embedding functions: a program with host functions for
 * tests/data/embed/all.wasm, and what it notes of their calls. */
#ifndef WY_HOST_EMBED_TESTING_H
#define WY_HOST_EMBED_TESTING_H

#include "base/test.h"
#include "withy.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ALL WITHY_SOURCE_DIR "/tests/data/embed/all.wasm"

static withy_error error;

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != WITHY_OK) fail_msg("%s: %s", #call, error.text);                             \
    } while (0)

typedef struct thing {
    uint32_t value;
} thing;

/* What the host functions note and do. */
typedef struct world {
    withy_engine *engine;
    withy_component *component;
    withy_linker *linker;
    withy_linked *linked;
    withy_instance *instance;
    char logged[256];
    uint8_t level;
    withy_trap *(*pause)(struct world *w, withy_call *call, uint32_t n, uint32_t *result);
    withy_instance *other;
    withy_status inner;
    withy_waker *waker;
    pthread_t thread;
} world;

typedef struct log_args {
    uint8_t level;
    withy_str text;
} log_args;

static inline withy_trap *log_text(withy_call *call, const void *args, void *result) {
    (void)result;
    world *w = withy_call_data(call);
    const log_args *a = args;
    w->level = a->level;
    snprintf(w->logged, sizeof w->logged, "%.*s", (int)a->text.len, a->text.ptr);
    return NULL;
}

static int things_alive; /* what a drop has no world to note in */

static inline withy_trap *new_thing(withy_call *call, const void *args, void *result) {
    (void)call;
    thing *t = malloc(sizeof *t);
    t->value = *(const uint32_t *)args;
    things_alive++;
    *(thing **)result = t;
    return NULL;
}

static inline withy_trap *thing_value(withy_call *call, const void *args, void *result) {
    (void)call;
    const thing *t = *(thing *const *)args;
    *(uint32_t *)result = t->value;
    return NULL;
}

static inline void drop_thing(void *object) {
    things_alive--;
    free(object);
}

static inline withy_trap *pause_it(withy_call *call, const void *args, void *result) {
    world *w = withy_call_data(call);
    return w->pause(w, call, *(const uint32_t *)args, result);
}

static const withy_host_func log_funcs[] = {
    {"log", "func(level: u8, text: string)", log_text, sizeof(log_args), 0},
};
static const withy_host_interface log_interface = {
    .name = "demo:host/log@1.0.2", .funcs = log_funcs, .func_count = 1};
static const withy_host_func thing_funcs[] = {
    {"[constructor]thing", "func(value: u32) -> own<thing>", new_thing, 4, sizeof(thing *)},
    {"[method]thing.value", "func(self: borrow<thing>) -> u32", thing_value, sizeof(thing *), 4},
};
static const withy_host_resource thing_resources[] = {{"thing", drop_thing}};
static const withy_host_interface things_interface = {.name = "demo:host/things@1.0.0",
                                                      .funcs = thing_funcs,
                                                      .func_count = 2,
                                                      .resources = thing_resources,
                                                      .resource_count = 1};
static const withy_host_func world_funcs[] = {{"pause", NULL, pause_it, 4, 4}};
static const withy_host_interface world_interface = {
    .name = "", .funcs = world_funcs, .func_count = 1};

static inline void engine_of(world *w) {
    memset(w, 0, sizeof *w);
    withy_engine_options options;
    withy_engine_options_init(&options);
    options.instances_max = 16;
    OK(withy_engine_new(&options, &w->engine, &error));
    OK(withy_component_load_file(w->engine, ALL, &w->component, &error));
    OK(withy_linker_new(w->engine, &w->linker, &error));
}

static inline void link_all(world *w) {
    OK(withy_linker_define(w->linker, &log_interface, w, &error));
    OK(withy_linker_define(w->linker, &things_interface, w, &error));
    OK(withy_linker_define(w->linker, &world_interface, w, &error));
    OK(withy_linker_link(w->linker, w->component, NULL, &w->linked, &error));
}

static inline void setup(world *w) {
    engine_of(w);
    link_all(w);
    OK(withy_instance_new(w->linked, w, &w->instance, &error));
}

static inline void teardown(world *w) {
    withy_instance_free(w->instance);
    withy_linked_free(w->linked);
    withy_linker_free(w->linker);
    withy_component_free(w->component);
    withy_engine_free(w->engine);
}

static inline const withy_extern *func(const world *w, const char *path) {
    const withy_extern *f = withy_component_func(w->component, path);
    if (!f) fail_msg("no export %s", path);
    return f;
}

typedef struct add_args {
    uint32_t a, b;
} add_args;

static inline withy_status add(world *w, withy_instance *instance, uint32_t a, uint32_t b,
                               uint32_t *sum) {
    add_args args = {a, b};
    return withy_instance_call(instance, func(w, "add"), &args, sizeof args, sum, sizeof *sum);
}

#endif
