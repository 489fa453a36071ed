/* Torture of the public API: an embedder's whole life again and again, from loading to a call with
 * values and an application that listens, and each time another allocation fails. Every time
 * whatever failed must say so, and all that was made must go away. */
#include "inject.h"

#include "withy.h"

#include <stdio.h>
#include <stdlib.h>

#define ALL WITHY_SOURCE_DIR "/tests/data/embed/all.wasm"
#define HTTP WITHY_SOURCE_DIR "/tests/data/embed/http.wasm"
#define REDIS WITHY_SOURCE_DIR "/tests/data/embed/redis.wasm"
#define FRONT WITHY_SOURCE_DIR "/tests/data/embed/front.wasm"
#define BACK WITHY_SOURCE_DIR "/tests/data/embed/back.wasm"
#define RUNS_MAX 100000

static withy_error error;

typedef struct life {
    withy_engine *engine;
    withy_component *component, *handler, *reader, *front, *back, *composed;
    withy_linker *linker;
    withy_linked *linked, *linked_handler, *linked_reader, *linked_composed;
    withy_instance *instance;
    withy_arena *arena;
    withy_app *app;
    withy_status status; /* of the first thing that failed */
    const char *what;
    int done; /* calls that are over */
} life;

/* Notes the first failure; false: there is one. */
static bool good(life *l, withy_status status, const char *what) {
    if (l->status == WITHY_OK && status != WITHY_OK) {
        l->status = status;
        l->what = what;
    }
    return l->status == WITHY_OK;
}

#define TRY(l, call) good(l, call, #call)
#define MUST(l, condition) good(l, (condition) ? WITHY_OK : WITHY_NOMEM, #condition)

/* --- a host --- */

static withy_trap *pause_it(withy_call *call, const void *args, void *result) {
    withy_waker *waker = withy_call_waker(call);
    if (waker) withy_waker_wake(waker);
    withy_trap *trap = waker ? withy_call_wait(call) : withy_trap_new("out of memory");
    *(uint32_t *)result = *(const uint32_t *)args;
    return trap;
}

static withy_trap *log_text(withy_call *call, const void *args, void *result) {
    (void)result;
    return withy_value_print(withy_call_arena(call), withy_call_args(call, args))
               ? NULL
               : withy_trap_new("out of memory");
}

static withy_trap *new_thing(withy_call *call, const void *args, void *result) {
    (void)call;
    *(uintptr_t *)result = *(const uint32_t *)args;
    return NULL;
}

static withy_trap *thing_value(withy_call *call, const void *args, void *result) {
    (void)call;
    *(uint32_t *)result = (uint32_t) * (const uintptr_t *)args;
    return NULL;
}

static const withy_host_func funcs[] = {
    {"log", "func(level: level, text: string)", log_text, 0, 0},
    {"[constructor]thing", "func(value: u32) -> own<thing>", new_thing, 4, 8},
    {"[method]thing.value", "func(self: borrow<thing>) -> u32", thing_value, 8, 4},
    {"pause", NULL, pause_it, 4, 4},
};
static const withy_host_resource things[] = {{"thing", NULL}};
static const withy_host_interface hosts[] = {
    {.name = "demo:host/log@1.0.0",
     .funcs = &funcs[0],
     .func_count = 1,
     .types = "type level = u8;"},
    {.name = "demo:host/things@1.0.0",
     .funcs = &funcs[1],
     .func_count = 2,
     .resources = things,
     .resource_count = 1},
    {.name = "", .funcs = &funcs[3], .func_count = 1},
};

static bool no_pair(void *data, withy_kv_request *request, withy_str key) {
    (void)data, (void)request, (void)key;
    return true;
}
static bool keep_no_pair(void *data, withy_kv_request *request, withy_str key, withy_str value) {
    (void)value;
    return no_pair(data, request, key);
}
static bool no_keys(void *data, withy_kv_request *request, const withy_str *after) {
    (void)data, (void)request, (void)after;
    return true;
}
static bool no_setting(void *data, withy_str name, withy_str *value_out) {
    (void)data, (void)name, (void)value_out;
    return false;
}

/* --- a life --- */

static void link_all(life *l) {
    static const withy_kv_backend backend = {
        .get = no_pair, .set = keep_no_pair, .remove = no_pair, .list = no_keys};
    static const withy_kv_store store = {"mine", &backend, NULL};
    static const withy_config_source source = {.get = no_setting};
    static const withy_pair pair = {"name", "value"};
    static const char *const args[] = {"program", "argument"};
    static const withy_dir dir = {WITHY_SOURCE_DIR, "/", true};
    withy_link_options options;
    withy_link_options_init(&options);
    options.name = "tortured";
    options.args = args;
    options.arg_count = 2;
    options.env = options.config = &pair;
    options.env_count = options.config_count = 1;
    options.dirs = &dir;
    options.dir_count = 1;
    options.kv_stores = &store;
    options.kv_store_count = 1;
    options.config_source = &source;
    options.sqlite_file = "";
    if (!TRY(l, withy_linker_new(l->engine, &l->linker, &error))) return;
    for (int i = 0; i < 3; i++)
        if (!TRY(l, withy_linker_define(l->linker, &hosts[i], l, &error))) return;
    if (!TRY(l, withy_linker_provide(l->linker, "wasi", &error)) ||
        !TRY(l, withy_linker_link(l->linker, l->component, &options, &l->linked, &error)))
        return;
    TRY(l, withy_linker_link(l->linker, l->handler, NULL, &l->linked_handler, &error));
}

static void compose(life *l) {
    if (!TRY(l, withy_component_load_file(l->engine, FRONT, &l->front, &error)) ||
        !TRY(l, withy_component_load_file(l->engine, BACK, &l->back, &error)))
        return;
    const withy_provider provider = {.component = l->back, .name = "demo:math/ops"};
    if (TRY(l, withy_component_compose(l->front, &provider, 1, &l->composed, &error)))
        TRY(l, withy_linker_link(l->linker, l->composed, NULL, &l->linked_composed, &error));
}

static void on_done(void *data, withy_status status, const void *result) {
    life *l = data;
    (void)result;
    l->done++;
    TRY(l, status);
}

static void call_by_name(life *l, const char *name, const char *args) {
    const withy_extern *func = withy_component_func(l->component, name);
    withy_value given, result;
    if (!TRY(l, withy_value_parse_args(l->arena, func->type, args, &given, &error)) ||
        !MUST(l, withy_value_copy(l->arena, given).type))
        return;
    if (!TRY(l, withy_instance_call_value(l->instance, func, given, &result))) return;
    MUST(l, withy_value_print(l->arena, result));
}

static void call_all(life *l) {
    l->arena = withy_arena_new();
    if (!MUST(l, l->arena) || !TRY(l, withy_instance_new(l->linked, NULL, &l->instance, &error)))
        return;
    call_by_name(l, "demo:greet/api#greet", "(\"Zoe\")");
    if (l->status) return;
    call_by_name(l, "ask-thing", "(1)");
    if (l->status == WITHY_MALFORMED) l->status = WITHY_OK; /* a handle has no text */
    call_by_name(l, "wait", "(1)");
    uint32_t n = 2;
    const withy_extern *wait = withy_component_func(l->component, "wait");
    if (l->status || !TRY(l, withy_instance_start(l->instance, wait, &n, 4, on_done, l))) return;
    while (withy_engine_poll(l->engine, -1)) {
    }
    if (l->done != 1) abort();
}

static void serve(life *l) {
    if (TRY(l, withy_app_new(l->engine, "tortured", &l->app, &error)) &&
        TRY(l, withy_app_route(l->app, "/...", l->linked_handler, NULL, &error)))
        TRY(l, withy_app_listen(l->app, "127.0.0.1:0", false, &error));
    if (l->status || !TRY(l, withy_component_load_file(l->engine, REDIS, &l->reader, &error)) ||
        !TRY(l, withy_linker_link(l->linker, l->reader, NULL, &l->linked_reader, &error)))
        return;
    TRY(l,
        withy_app_subscribe(l->app, "redis://127.0.0.1:1", "news", l->linked_reader, NULL, &error));
}

static life live(void) {
    life l = {0};
    withy_engine_options options;
    withy_engine_options_init(&options);
    options.no_pooling = true;
    if (TRY(&l, withy_engine_new(&options, &l.engine, &error)) &&
        TRY(&l, withy_component_load_file(l.engine, ALL, &l.component, &error)) &&
        TRY(&l, withy_component_load_file(l.engine, HTTP, &l.handler, &error)))
        link_all(&l);
    if (!l.status) compose(&l);
    if (!l.status) call_all(&l);
    if (!l.status) serve(&l);
    withy_app_free(l.app);
    withy_instance_free(l.instance);
    withy_arena_free(l.arena);
    withy_linked_free(l.linked);
    withy_linked_free(l.linked_handler);
    withy_linked_free(l.linked_composed);
    withy_linked_free(l.linked_reader);
    withy_linker_free(l.linker);
    withy_component_free(l.component);
    withy_component_free(l.handler);
    withy_component_free(l.reader);
    withy_component_free(l.front);
    withy_component_free(l.back);
    withy_component_free(l.composed);
    withy_engine_free(l.engine);
    return l;
}

int main(void) {
    life plain = live();
    if (plain.status) printf("FAILED %s: %s\n", plain.what, error.text);
    size_t held = inject_live(), n = 1, bad = plain.status != WITHY_OK, endured = 0;
    for (bool reached = true; reached && n < RUNS_MAX; n++) {
        inject_arm(n);
        life l = live();
        reached = inject_disarm();
        endured += reached && l.status == WITHY_OK;
        bool is_told = l.status == WITHY_OK || l.status == WITHY_NOMEM || l.status == WITHY_LIMIT ||
                       l.status == WITHY_TRAP;
        if (is_told && inject_live() <= held && (reached || l.status == WITHY_OK)) continue;
        printf("allocation %zu: %zu blocks left; %s: %s\n", n, inject_live() - held,
               withy_status_text(l.status), l.what ? l.what : "");
        inject_print_site();
        held = inject_live();
        bad++;
    }
    printf("%s: %zu runs, of which %zu went well without what they could not allocate\n",
           bad ? "FAILED" : "ok", n - 1, endured);
    return bad ? 1 : 0;
}
