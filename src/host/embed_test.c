/* The public API as a program uses it: load, look, define, link, call; and every way to fail. */
#include "base/test.h"
#include "withy.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ALL WITHY_SOURCE_DIR "/tests/data/embed/all.wasm"

static withy_error error;

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != WITHY_OK) fail_msg("%s: %s", #call, error.text);                             \
    } while (0)

/* --- a host --- */

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
    int things_alive;
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

static withy_trap *log_text(withy_call *call, const void *args, void *result) {
    (void)result;
    world *w = withy_call_data(call);
    const log_args *a = args;
    w->level = a->level;
    snprintf(w->logged, sizeof w->logged, "%.*s", (int)a->text.len, a->text.ptr);
    return NULL;
}

static int things_alive; /* what a drop has no world to note in */

static withy_trap *new_thing(withy_call *call, const void *args, void *result) {
    (void)call;
    thing *t = malloc(sizeof *t);
    t->value = *(const uint32_t *)args;
    things_alive++;
    *(thing **)result = t;
    return NULL;
}

static withy_trap *thing_value(withy_call *call, const void *args, void *result) {
    (void)call;
    const thing *t = *(thing *const *)args;
    *(uint32_t *)result = t->value;
    return NULL;
}

static void drop_thing(void *object) {
    things_alive--;
    free(object);
}

static withy_trap *pause_it(withy_call *call, const void *args, void *result) {
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

static void engine_of(world *w) {
    memset(w, 0, sizeof *w);
    withy_engine_options options;
    withy_engine_options_init(&options);
    options.instances_max = 16;
    OK(withy_engine_new(&options, &w->engine, &error));
    OK(withy_component_load_file(w->engine, ALL, &w->component, &error));
    OK(withy_linker_new(w->engine, &w->linker, &error));
}

static void link_all(world *w) {
    OK(withy_linker_define(w->linker, &log_interface, w, &error));
    OK(withy_linker_define(w->linker, &things_interface, w, &error));
    OK(withy_linker_define(w->linker, &world_interface, w, &error));
    OK(withy_link(w->component, w->linker, NULL, &w->linked, &error));
}

static void setup(world *w) {
    engine_of(w);
    link_all(w);
    OK(withy_instance_new(w->linked, w, &w->instance, &error));
}

static void teardown(world *w) {
    withy_instance_free(w->instance);
    withy_linked_free(w->linked);
    withy_linker_free(w->linker);
    withy_component_free(w->component);
    withy_engine_free(w->engine);
}

static const withy_extern *func(const world *w, const char *path) {
    const withy_extern *f = withy_component_func(w->component, path);
    if (!f) fail_msg("no export %s", path);
    return f;
}

static bool is(withy_str s, const char *text) {
    return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

/* --- calls --- */

typedef struct add_args {
    uint32_t a, b;
} add_args;

static withy_status add(world *w, withy_instance *instance, uint32_t a, uint32_t b, uint32_t *sum) {
    add_args args = {a, b};
    return withy_instance_call(instance, func(w, "add"), &args, sizeof args, sum, sizeof *sum);
}

TEST(structs_go_in_and_come_out) {
    world w;
    setup(&w);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 3; i++) {
        OK(add(&w, w.instance, 40, i, &sum));
        assert_int_equal(sum, 40 + i);
    }
    withy_str name = withy_str_of("withy"), text;
    OK(withy_instance_call(w.instance, func(&w, "demo:greet/api#greet"), &name, sizeof name, &text,
                           sizeof text));
    assert_true(is(text, "Hello, withy"));
    assert_string_equal(w.logged, "withy");
    assert_int_equal(w.level, 3);
    assert_null(withy_instance_problem(w.instance));
    assert_ptr_equal(withy_instance_data(w.instance), &w);
    teardown(&w);
}

TEST(wrong_sizes_and_functions_are_refused) {
    world w;
    setup(&w);
    uint32_t sum = 0, one = 1;
    assert_int_equal(
        withy_instance_call(w.instance, func(&w, "add"), &one, sizeof one, &sum, sizeof sum),
        WITHY_USAGE);
    assert_non_null(strstr(withy_instance_problem(w.instance), "4 bytes, its type 8"));
    add_args args = {1, 2};
    assert_int_equal(withy_instance_call(w.instance, func(&w, "add"), &args, sizeof args, NULL, 0),
                     WITHY_USAGE);
    size_t count;
    const withy_extern *import = withy_component_imports(w.component, &count);
    assert_int_equal(withy_instance_call(w.instance, import, &args, sizeof args, NULL, 0),
                     WITHY_USAGE);
    OK(add(&w, w.instance, 1, 2, &sum)); /* it goes on */
    assert_int_equal(sum, 3);
    teardown(&w);
}

TEST(objects_are_freed_in_any_order) {
    world w;
    setup(&w);
    withy_linker_free(w.linker);
    withy_component_free(w.component);
    withy_linked_free(w.linked);
    uint32_t sum;
    const withy_extern *f = withy_component_func(w.component, "add"); /* the instance needs it */
    add_args args = {1, 2};
    OK(withy_instance_call(w.instance, f, &args, sizeof args, &sum, sizeof sum));
    withy_engine_free(w.engine);
    withy_instance_free(w.instance);
}

TEST(a_trap_tells_why_and_is_final) {
    world w;
    setup(&w);
    assert_int_equal(withy_instance_call(w.instance, func(&w, "boom"), NULL, 0, NULL, 0),
                     WITHY_TRAP);
    assert_non_null(strstr(withy_instance_problem(w.instance), "unreachable"));
    assert_non_null(strstr(withy_instance_problem(w.instance), "  at "));
    uint32_t sum;
    assert_int_equal(add(&w, w.instance, 1, 2, &sum), WITHY_TRAP);
    assert_non_null(strstr(withy_instance_problem(w.instance), "unreachable"));
    teardown(&w);
}

TEST(a_deadline_ends_a_guest_that_loops) {
    world w;
    setup(&w);
    withy_instance_set_timeout(w.instance, 30);
    assert_int_equal(withy_instance_call(w.instance, func(&w, "spin"), NULL, 0, NULL, 0),
                     WITHY_TIMEOUT);
    assert_non_null(strstr(withy_instance_problem(w.instance), "deadline of 30 ms"));
    teardown(&w);
}

/* --- resources --- */

TEST(resources_of_the_host_come_and_go) {
    world w;
    setup(&w);
    uint32_t value = 7, seen = 0;
    thing *t = NULL;
    const withy_extern *make = func(&w, "make-thing");
    OK(withy_instance_call(w.instance, make, &value, sizeof value, &t, sizeof t));
    assert_int_equal(t->value, 7);
    assert_int_equal(things_alive, 1);
    OK(withy_instance_call(w.instance, func(&w, "ask-thing"), &t, sizeof t, &seen, sizeof seen));
    assert_int_equal(seen, 7);
    assert_int_equal(things_alive, 0);

    OK(withy_instance_call(w.instance, make, &value, sizeof value, &t, sizeof t));
    OK(withy_instance_drop(w.instance, withy_func_result(make->type), (uintptr_t)t));
    assert_int_equal(things_alive, 0);
    teardown(&w);
}

TEST(resources_of_a_guest_are_numbers) {
    world w;
    setup(&w);
    uint32_t value = 5, got = 0, dropped = 0;
    uintptr_t counter = 0;
    const withy_extern *make = func(&w, "demo:greet/counters#[constructor]counter");
    OK(withy_instance_call(w.instance, make, &value, sizeof value, &counter, sizeof counter));
    OK(withy_instance_call(w.instance, func(&w, "demo:greet/counters#[method]counter.get"),
                           &counter, sizeof counter, &got, sizeof got));
    assert_int_equal(got, 5);
    const withy_type *own_type = withy_func_result(make->type);
    withy_extern resource;
    assert_true(withy_component_resource(w.component, own_type, &resource));
    assert_true(is(resource.name, "counter") && is(resource.interface_name, "demo:greet/counters"));
    OK(withy_instance_drop(w.instance, own_type, counter));
    OK(withy_instance_call(w.instance, func(&w, "dropped"), NULL, 0, &dropped, sizeof dropped));
    assert_int_equal(dropped, 5);
    teardown(&w);
}

/* --- looking --- */

static void gather(void *data, const char *text, size_t len) {
    char *all = data;
    strncat(all, text, len);
}

TEST(a_component_can_be_looked_at) {
    world w;
    engine_of(&w);
    size_t count;
    const withy_extern *imports = withy_component_imports(w.component, &count);
    assert_int_equal(count, 5);
    assert_true(is(imports[0].interface_name, "demo:host/log@1.0.0") && is(imports[0].name, "log"));
    const withy_type *params = withy_func_params(imports[0].type);
    assert_int_equal(withy_type_kind(params), WITHY_RECORD);
    assert_int_equal(withy_type_count(params), 2);
    assert_true(is(withy_type_name(params, 1), "text"));
    assert_int_equal(withy_type_kind(withy_type_part(params, 1)), WITHY_STRING);
    assert_int_equal(withy_type_offset(params, 1), offsetof(log_args, text));
    assert_int_equal(withy_type_size(params), sizeof(log_args));
    assert_int_equal(withy_type_align(params), 8);
    assert_null(withy_func_result(imports[0].type));
    assert_null(imports[1].type); /* a resource */

    (void)withy_component_exports(w.component, &count);
    assert_int_equal(count, 12);
    const withy_extern *echo = func(&w, "demo:greet/values#echo");
    char text[512];
    size_t len = withy_type_print(withy_func_result(echo->type), text, sizeof text);
    assert_int_equal(len, strlen(text));
    assert_non_null(strstr(text, "sizes: list<u16>"));
    assert_int_equal(withy_type_print(withy_func_result(echo->type), text, 4), len);
    assert_int_equal(strlen(text), 3);
    const withy_type *sizes = withy_type_part(withy_func_result(echo->type), 6);
    assert_int_equal(withy_type_kind(withy_type_elem(sizes)), WITHY_U16);

    char *wit = calloc(1, 65536);
    OK(withy_component_wit(w.component, gather, wit, &error));
    assert_non_null(strstr(wit, "greet: func(name: string) -> string"));
    free(wit);
    teardown(&w);
}

TEST(exports_are_found_by_compatible_versions) {
    world w;
    engine_of(&w);
    assert_non_null(withy_component_func(w.component, "demo:greet/api#greet"));
    assert_non_null(withy_component_func(w.component, "demo:greet/api@1.0.0#greet"));
    assert_non_null(withy_component_func(w.component, "demo:greet/api@1.2.0#greet"));
    assert_null(withy_component_func(w.component, "demo:greet/api@2.0.0#greet"));
    assert_null(withy_component_func(w.component, "demo:greet/api#hello"));
    assert_null(withy_component_func(w.component, "greet"));
    teardown(&w);
}

/* --- loading and linking that fails --- */

TEST(what_cannot_be_loaded_is_said) {
    world w;
    engine_of(&w);
    withy_component *c = NULL;
    assert_int_equal(withy_component_load_file(w.engine, "/does/not/exist.wasm", &c, &error),
                     WITHY_NOT_FOUND);
    assert_int_equal(error.status, WITHY_NOT_FOUND);
    assert_non_null(strstr(error.text, "/does/not/exist.wasm"));
    assert_int_equal(withy_component_load(w.engine, "what?", 5, &c, &error), WITHY_MALFORMED);
    assert_int_equal(withy_component_load(w.engine, "", 0, &c, NULL), WITHY_MALFORMED);
    assert_int_equal(withy_component_load(w.engine, "\0asm\1\0\0\0", 8, &c, &error),
                     WITHY_UNSUPPORTED);
    assert_int_equal(withy_component_load(w.engine, "\0asm\x0d\0\1\0\xff", 9, &c, &error),
                     WITHY_MALFORMED);
    OK(withy_component_load(w.engine, "\0asm\x0d\0\1\0", 8, &c, &error)); /* empty, but sound */
    withy_component_free(c);
    teardown(&w);
}

TEST(missing_imports_are_listed) {
    world w;
    engine_of(&w);
    OK(withy_linker_define(w.linker, &log_interface, NULL, &error));
    withy_linked *linked = NULL;
    assert_int_equal(withy_link(w.component, w.linker, NULL, &linked, &error), WITHY_UNMET);
    assert_non_null(strstr(error.text, "demo:host/things@1.0.0"));
    assert_non_null(strstr(error.text, "pause"));
    withy_link_options options;
    withy_link_options_init(&options);
    options.unmet_trap = true;
    OK(withy_link(w.component, w.linker, &options, &w.linked, &error));
    OK(withy_instance_new(w.linked, NULL, &w.instance, &error));
    uint32_t n = 0;
    assert_int_equal(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &n, 4), WITHY_TRAP);
    assert_non_null(strstr(withy_instance_problem(w.instance), "pause"));
    teardown(&w);
}

/* Defines the log interface with another function in it; returns what came of defining. */
static withy_status define_log(world *w, const withy_host_func *f, const char *types,
                               const char *wit) {
    withy_host_interface host = log_interface;
    host.funcs = f;
    host.types = types;
    host.wit = wit;
    return withy_linker_define(w->linker, &host, w, &error);
}

TEST(types_that_differ_are_refused) {
    world w;
    engine_of(&w);
    const withy_host_func other = {"log", "func(text: string)", log_text, 0, 0};
    OK(define_log(&w, &other, NULL, NULL));
    withy_linked *linked = NULL;
    assert_int_equal(withy_link(w.component, w.linker, NULL, &linked, &error), WITHY_UNMET);
    assert_non_null(strstr(error.text, "another type"));
    /* The same again. */
    assert_int_equal(define_log(&w, &other, NULL, NULL), WITHY_EXISTS);
    teardown(&w);
}

TEST(definitions_that_are_wrong_are_refused) {
    world w;
    engine_of(&w);
    withy_host_func f = {"log", "func(level: u8, text: string", log_text, 0, 0};
    assert_int_equal(define_log(&w, &f, NULL, NULL), WITHY_MALFORMED);
    assert_non_null(strstr(error.text, "demo:host/log@1.0.2"));
    f.type = "func(level: u8, text: string)";
    f.args_size = 8; /* a struct that someone wrote down wrong */
    assert_int_equal(define_log(&w, &f, NULL, NULL), WITHY_USAGE);
    assert_non_null(strstr(error.text, "log: its struct of arguments has 8 bytes, its type 24"));
    f.args_size = 0;
    f.result_size = 4;
    assert_int_equal(define_log(&w, &f, NULL, NULL), WITHY_USAGE);
    f.result_size = 0;
    f.type = "func(p: point)";
    assert_int_equal(define_log(&w, &f, NULL, NULL), WITHY_NOT_FOUND);
    withy_host_func point = f;
    f.type = NULL;
    assert_int_equal(define_log(&w, &f, NULL, "package a:b; interface c { log: func(); }"),
                     WITHY_NOT_FOUND);
    OK(define_log(&w, &point, "record point { x: u32, y: u32 }", NULL));
    assert_int_equal(withy_linker_provide(w.linker, "wasi:nothing", &error), WITHY_NOT_FOUND);
    teardown(&w);
}

TEST(types_come_from_a_wit_package_too) {
    world w;
    engine_of(&w);
    static const char wit[] =
        "package demo:host@1.0.2;\n"
        "interface log { log: func(level: u8, text: string); }\n"
        "interface things { resource thing { constructor(value: u32);\n"
        "value: func() -> u32; } }\n";
    withy_host_func f = {"log", NULL, log_text, sizeof(log_args), 0};
    OK(define_log(&w, &f, NULL, wit));
    withy_host_func funcs[] = {thing_funcs[0], thing_funcs[1]};
    funcs[0].type = funcs[1].type = NULL;
    withy_host_interface host = things_interface;
    host.funcs = funcs;
    host.wit = wit;
    OK(withy_linker_define(w.linker, &host, &w, &error));
    OK(withy_linker_define(w.linker, &world_interface, &w, &error));
    OK(withy_link(w.component, w.linker, NULL, &w.linked, &error));
    OK(withy_instance_new(w.linked, NULL, &w.instance, &error));
    uint32_t value = 3;
    thing *t = NULL;
    OK(withy_instance_call(w.instance, func(&w, "make-thing"), &value, 4, &t, sizeof t));
    OK(withy_instance_call(w.instance, func(&w, "ask-thing"), &t, sizeof t, &value, 4));
    assert_int_equal(value, 3);
    teardown(&w);
}

TEST(untyped_functions_have_their_sizes_checked_when_linked) {
    world w;
    engine_of(&w);
    withy_host_func f = {"pause", NULL, pause_it, 8, 4};
    withy_host_interface host = world_interface;
    host.funcs = &f;
    OK(withy_linker_define(w.linker, &log_interface, &w, &error));
    OK(withy_linker_define(w.linker, &things_interface, &w, &error));
    OK(withy_linker_define(w.linker, &host, &w, &error));
    withy_linked *linked = NULL;
    assert_int_equal(withy_link(w.component, w.linker, NULL, &linked, &error), WITHY_USAGE);
    assert_non_null(strstr(error.text, "pause: its struct of arguments has 8 bytes"));
    teardown(&w);
}
