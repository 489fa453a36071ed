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
    OK(withy_linker_link(w->linker, w->component, NULL, &w->linked, &error));
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
    assert_true(withy_str_is(text, "Hello, withy"));
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

TEST(fuel_ends_a_guest_after_so_many_instructions) {
    world w = {0};
    uint32_t sum;
    uint64_t used[2];
    withy_engine_options options;
    withy_engine_options_init(&options);
    options.fuel = true;
    OK(withy_engine_new(&options, &w.engine, &error));
    OK(withy_component_load_file(w.engine, ALL, &w.component, &error));
    OK(withy_linker_new(w.engine, &w.linker, &error));
    link_all(&w);
    for (int i = 0; i < 2; i++) {
        OK(withy_instance_new(w.linked, &w, &w.instance, &error));
        assert_true(withy_instance_fuel(w.instance) > UINT64_MAX / 2);
        OK(withy_instance_set_fuel(w.instance, 10000));
        OK(add(&w, w.instance, 1, 2, &sum));
        used[i] = 10000 - withy_instance_fuel(w.instance);
        assert_true(used[i] > 0 && used[i] < 100);
        assert_int_equal(withy_instance_call(w.instance, func(&w, "spin"), NULL, 0, NULL, 0),
                         WITHY_LIMIT);
        assert_non_null(strstr(withy_instance_problem(w.instance), "fuel"));
        assert_int_equal(withy_instance_fuel(w.instance), 0);
        assert_int_equal(add(&w, w.instance, 1, 2, &sum), WITHY_TRAP);
        withy_instance_free(w.instance);
    }
    assert_int_equal(used[0], used[1]);
    w.instance = NULL;
    teardown(&w);
    setup(&w);
    assert_int_equal(withy_instance_set_fuel(w.instance, 10000), WITHY_USAGE);
    assert_int_equal(withy_instance_fuel(w.instance), UINT64_MAX);
    teardown(&w);
}

TEST(an_instance_gets_no_more_memory_than_it_may) {
    world w;
    engine_of(&w);
    OK(withy_linker_define(w.linker, &log_interface, &w, &error));
    OK(withy_linker_define(w.linker, &things_interface, &w, &error));
    OK(withy_linker_define(w.linker, &world_interface, &w, &error));
    withy_link_options options;
    withy_link_options_init(&options);
    options.memory_max = 65536; /* half of what it begins with */
    uint32_t sum;
    OK(withy_linker_link(w.linker, w.component, &options, &w.linked, &error));
    OK(withy_instance_new(w.linked, NULL, &w.instance, &error));
    assert_int_equal(add(&w, w.instance, 1, 2, &sum), WITHY_TRAP);
    assert_non_null(strstr(withy_instance_problem(w.instance), "memory limit of 65536 bytes"));
    teardown(&w);
}

TEST(no_more_instances_than_the_engine_has_room_for) {
    enum { MANY = 64 };
    world w;
    setup(&w); /* room for 16 */
    withy_instance *more[MANY];
    int count = 0;
    withy_status status = WITHY_OK;
    for (; count < MANY && !status; count += !status)
        status = withy_instance_new(w.linked, NULL, &more[count], &error);
    assert_int_equal(status, WITHY_BUSY);
    assert_int_equal(error.status, WITHY_BUSY);
    assert_in_range(count, 15, MANY - 1);
    uint32_t sum;
    OK(add(&w, more[count - 1], 1, 2, &sum));
    withy_instance_free(more[--count]);
    OK(withy_instance_new(w.linked, NULL, &more[count++], &error));
    while (count)
        withy_instance_free(more[--count]);
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
    assert_true(withy_str_is(resource.name, "counter") &&
                withy_str_is(resource.interface_name, "demo:greet/counters"));
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
    assert_true(withy_str_is(imports[0].interface_name, "demo:host/log@1.0.0") &&
                withy_str_is(imports[0].name, "log"));
    const withy_type *params = withy_func_params(imports[0].type);
    assert_int_equal(withy_type_kind(params), WITHY_RECORD);
    assert_int_equal(withy_type_count(params), 2);
    assert_true(withy_str_is(withy_type_name(params, 1), "text"));
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
    assert_int_equal(withy_linker_link(w.linker, w.component, NULL, &linked, &error), WITHY_UNMET);
    assert_non_null(strstr(error.text, "demo:host/things@1.0.0"));
    assert_non_null(strstr(error.text, "pause"));
    withy_link_options options;
    withy_link_options_init(&options);
    options.unmet_trap = true;
    OK(withy_linker_link(w.linker, w.component, &options, &w.linked, &error));
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
    assert_int_equal(withy_linker_link(w.linker, w.component, NULL, &linked, &error), WITHY_UNMET);
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
    OK(withy_linker_link(w.linker, w.component, NULL, &w.linked, &error));
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
    assert_int_equal(withy_linker_link(w.linker, w.component, NULL, &linked, &error), WITHY_USAGE);
    assert_non_null(strstr(error.text, "pause: its struct of arguments has 8 bytes"));
    teardown(&w);
}

/* --- composing --- */

#define FRONT WITHY_SOURCE_DIR "/tests/data/embed/front.wasm"
#define BACK WITHY_SOURCE_DIR "/tests/data/embed/back.wasm"

static withy_trap *same_again(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    assert_ptr_equal(withy_call_instance(call), w->instance);
    assert_true(withy_str_is(withy_call_import(call)->name, "pause"));
    *result = n;
    return withy_call_sleep(call, 1);
}

TEST(components_are_composed) {
    world w = {.pause = same_again};
    withy_component *front, *back;
    OK(withy_engine_new(NULL, &w.engine, &error));
    OK(withy_component_load_file(w.engine, FRONT, &front, &error));
    OK(withy_component_load_file(w.engine, BACK, &back, &error));
    const withy_provider provider = {.component = back, .name = "demo:math/ops"};
    OK(withy_component_compose(front, &provider, 1, &w.component, &error));
    OK(withy_linker_new(w.engine, &w.linker, &error));
    OK(withy_linker_define(w.linker, &world_interface, &w, &error));
    withy_linked *alone;
    OK(withy_linker_link(w.linker, back, NULL, &alone, &error)); /* parts stay what they were */
    OK(withy_linker_link(w.linker, w.component, NULL, &w.linked, &error));
    withy_component_free(front);
    withy_component_free(back);
    withy_linked_free(alone);
    size_t count;
    const withy_extern *imports = withy_component_imports(w.component, &count);
    assert_int_equal(count, 1);
    assert_true(withy_str_is(imports[0].name, "pause"));
    OK(withy_instance_new(w.linked, &w, &w.instance, &error));
    uint32_t n = 10, result = 0;
    for (int i = 0; i < 2; i++)
        OK(withy_instance_call(w.instance, func(&w, "quadruple"), &n, 4, &result, 4));
    assert_int_equal(result, 40);
    withy_str text = withy_str_of("hello?"), loud;
    OK(withy_instance_call(w.instance, func(&w, "shout"), &text, sizeof text, &loud, sizeof loud));
    assert_true(withy_str_is(loud, "hello!"));
    teardown(&w);
}

TEST(what_does_not_fit_is_not_composed) {
    world w;
    engine_of(&w);
    withy_component *front, *back, *made, *other;
    OK(withy_component_load_file(w.engine, FRONT, &front, &error));
    OK(withy_component_load_file(w.engine, BACK, &back, &error));
    withy_provider provider = {.component = back, .name = "demo:math/nothing"};
    assert_int_equal(withy_component_compose(front, &provider, 1, &made, &error), WITHY_UNMET);
    assert_non_null(strstr(error.text, "demo:math/ops"));
    provider.name = "demo:math/ops";
    provider.export_name = "demo:math/nothing";
    assert_int_equal(withy_component_compose(front, &provider, 1, &made, &error), WITHY_UNMET);
    provider.export_name = NULL;
    OK(withy_component_compose(front, &provider, 1, &made, &error));
    assert_int_equal(withy_component_compose(made, &provider, 1, &other, &error), WITHY_USAGE);
    link_all(&w);
    provider.component = w.component;
    assert_int_equal(withy_component_compose(front, &provider, 1, &other, &error), WITHY_USAGE);
    assert_non_null(strstr(error.text, "load it once more"));
    withy_component_free(made);
    withy_component_free(back);
    withy_component_free(front);
    teardown(&w);
}

/* --- an interface of withy's that is the embedder's own --- */

#define RANDOM WITHY_SOURCE_DIR "/tests/data/embed/random.wasm"

static withy_trap *always_four(withy_call *call, const void *args, void *result) {
    (void)call, (void)args;
    *(uint64_t *)result = 4;
    return NULL;
}

static uint64_t roll(world *w) {
    uint64_t number = 0;
    OK(withy_linker_link(w->linker, w->component, NULL, &w->linked, &error));
    OK(withy_instance_new(w->linked, NULL, &w->instance, &error));
    OK(withy_instance_call(w->instance, func(w, "roll"), NULL, 0, &number, sizeof number));
    return number;
}

TEST(interfaces_of_withy_can_be_replaced) {
    static const withy_host_func funcs[] = {
        {"get-random-u64", "func() -> u64", always_four, 0, sizeof(uint64_t)}};
    static const withy_host_interface host = {
        .name = "wasi:random/random@0.2.5", .funcs = funcs, .func_count = 1};
    world w = {0};
    OK(withy_engine_new(NULL, &w.engine, &error));
    OK(withy_component_load_file(w.engine, RANDOM, &w.component, &error));
    OK(withy_linker_new(w.engine, &w.linker, &error));
    OK(withy_linker_provide(w.linker, "", &error));
    assert_int_not_equal(roll(&w), 4);
    withy_instance_free(w.instance);
    withy_linked_free(w.linked);
    OK(withy_linker_define(w.linker, &host, NULL, &error));
    assert_int_equal(roll(&w), 4);
    teardown(&w);
}

/* --- values by name --- */

/* Fills in everything there is in the type of echo. */
static withy_value make_every(withy_arena *arena, const withy_type *params) {
    withy_value args = withy_value_new(arena, params), v = withy_value_field(args, "v");
    assert_true(withy_value_set_bool(withy_value_field(v, "on"), true));
    assert_true(withy_value_set_int(withy_value_field(v, "small"), -128));
    assert_true(withy_value_set_char(withy_value_field(v, "letter"), 0xe9));
    assert_true(withy_value_set_uint(withy_value_field(v, "big"), UINT64_MAX));
    assert_true(withy_value_set_float(withy_value_field(v, "ratio"), 0.5));
    assert_true(withy_value_set_string(arena, withy_value_field(v, "name"), withy_str_of("Zoe")));
    withy_value sizes = withy_value_field(v, "sizes"), words = withy_value_field(v, "words");
    assert_true(withy_value_set_len(arena, sizes, 2));
    assert_true(withy_value_set_int(withy_value_elem(sizes, 1), 65535));
    assert_true(withy_value_set_len(arena, words, 2));
    assert_true(withy_value_set_string(arena, withy_value_elem(words, 0), withy_str_of("one")));
    assert_true(withy_value_set_case(withy_value_field(v, "color"), "green"));
    assert_true(withy_value_set_flag(withy_value_field(v, "perms"), "exec", true));
    withy_value shape = withy_value_field(v, "shape");
    assert_true(withy_value_set_case(shape, "circle"));
    assert_true(withy_value_set_float(withy_value_payload(shape), 1.25));
    withy_value pair = withy_value_field(v, "pair"), text = withy_value_field(pair, "1");
    assert_true(withy_value_set_int(withy_value_field_at(pair, 0), -1));
    assert_true(withy_value_set_case(text, "some"));
    assert_true(withy_value_set_string(arena, withy_value_payload(text), withy_str_of("x")));
    assert_true(withy_value_set_case(withy_value_field(v, "outcome"), "error"));
    return args;
}

static const char every_text[] =
    "{on: true, small: -128, letter: '\u00e9', big: 18446744073709551615, ratio: 0.5, name: "
    "\"Zoe\", sizes: [0, 65535], words: [\"one\", \"\"], color: green, perms: {exec}, shape: "
    "circle(1.25), pair: (-1, some(\"x\")), outcome: err(\"\")}";

TEST(values_are_built_and_read_by_name) {
    world w;
    setup(&w);
    withy_arena *arena = withy_arena_new();
    const withy_extern *echo = func(&w, "demo:greet/values#echo");
    withy_value args = make_every(arena, withy_func_params(echo->type));
    withy_value result = withy_value_new(arena, withy_func_result(echo->type));
    OK(withy_instance_call(w.instance, echo, args.at, withy_type_size(args.type), result.at,
                           withy_type_size(result.type)));
    assert_string_equal(withy_value_print(arena, result), every_text);
    withy_value kept = withy_value_copy(arena, result);
    uint32_t sum;
    OK(add(&w, w.instance, 1, 1, &sum)); /* what the result points to is gone */
    bool on = false;
    int64_t i = 0;
    uint64_t u = 0;
    uint32_t c = 0;
    double f = 0;
    size_t n = 0;
    withy_str text;
    assert_true(withy_value_get_bool(withy_value_field(kept, "on"), &on) && on);
    assert_true(withy_value_get_int(withy_value_field(kept, "small"), &i) && i == -128);
    assert_true(withy_value_get_char(withy_value_field(kept, "letter"), &c) && c == 0xe9);
    assert_true(withy_value_get_uint(withy_value_field(kept, "big"), &u) && u == UINT64_MAX);
    assert_true(withy_value_get_float(withy_value_field(kept, "ratio"), &f) && f == 0.5);
    assert_true(withy_value_get_string(withy_value_field(kept, "name"), &text) &&
                withy_str_is(text, "Zoe"));
    withy_value words = withy_value_field(kept, "words");
    assert_true(withy_value_get_len(words, &n) && n == 2);
    assert_true(withy_value_get_string(withy_value_elem(words, 0), &text) &&
                withy_str_is(text, "one"));
    assert_true(withy_value_get_case(withy_value_field(kept, "color"), &n) && n == 1);
    assert_true(withy_value_get_flag(withy_value_field(kept, "perms"), "exec", &on) && on);
    assert_true(withy_value_get_flag(withy_value_field(kept, "perms"), "read", &on) && !on);
    withy_value shape = withy_value_field(kept, "shape");
    assert_true(withy_value_get_float(withy_value_payload(shape), &f) && f == 1.25);
    assert_null(withy_value_payload(withy_value_field(kept, "color")).type);
    withy_arena_free(arena);
    teardown(&w);
}

TEST(values_refuse_what_does_not_fit) {
    world w;
    engine_of(&w);
    withy_arena *arena = withy_arena_new();
    withy_value args =
        withy_value_new(arena, withy_func_params(func(&w, "demo:greet/values#echo")->type));
    withy_value v = withy_value_field(args, "v");
    withy_value small = withy_value_field(v, "small"), big = withy_value_field(v, "big");
    assert_false(withy_value_set_int(small, 128));
    assert_false(withy_value_set_int(small, -129));
    assert_false(withy_value_set_uint(small, 128));
    assert_false(withy_value_set_int(big, -1));
    assert_false(withy_value_set_bool(small, true));
    assert_false(withy_value_set_float(small, 1));
    assert_false(withy_value_set_float(withy_value_field(v, "ratio"), 1e300));
    assert_false(withy_value_set_char(withy_value_field(v, "letter"), 0xd800));
    assert_false(withy_value_set_string(arena, small, withy_str_of("x")));
    assert_false(withy_value_set_string(arena, withy_value_field(v, "name"), withy_str_of("\xff")));
    assert_false(withy_value_set_len(arena, withy_value_field(v, "sizes"), SIZE_MAX));
    assert_false(withy_value_set_case(withy_value_field(v, "color"), "pink"));
    assert_false(withy_value_set_flag(withy_value_field(v, "perms"), "fly", true));
    assert_false(withy_value_set_handle(small, 1));
    assert_true(withy_value_set_len(arena, withy_value_field(v, "sizes"), 0));
    assert_true(withy_value_set_string(arena, withy_value_field(v, "name"), (withy_str){NULL, 0}));
    assert_true(withy_value_set_uint(big, UINT64_MAX));
    int64_t i;
    uint64_t u;
    uintptr_t handle;
    assert_false(withy_value_get_int(big, &i));
    assert_true(withy_value_set_int(small, -1));
    assert_false(withy_value_get_uint(small, &u));
    assert_false(withy_value_get_handle(small, &handle));
    /* Paths to nowhere. */
    withy_value nowhere = withy_value_field(withy_value_field(v, "nobody"), "name");
    assert_null(nowhere.type);
    assert_false(withy_value_set_bool(nowhere, true));
    assert_null(withy_value_elem(v, 0).type);
    assert_null(withy_value_elem(withy_value_field(v, "sizes"), 0).type);
    assert_null(withy_value_payload(v).type);
    assert_null(withy_value_copy(arena, nowhere).type);
    assert_null(withy_value_print(arena, nowhere));
    withy_arena_free(arena);
    teardown(&w);
}

TEST(values_are_text) {
    world w;
    setup(&w);
    withy_arena *arena = withy_arena_new();
    const withy_extern *echo = func(&w, "demo:greet/values#echo");
    const withy_type *every = withy_func_result(echo->type);
    withy_value v = {NULL, NULL}, args = {NULL, NULL};
    for (int round = 0; round < 2; round++) {
        OK(withy_value_parse(arena, every, every_text, &v, &error));
        assert_string_equal(withy_value_print(arena, v), every_text);
        withy_arena_reset(arena);
    }
    assert_int_equal(withy_value_parse(arena, every, "{on: maybe}", &v, &error), WITHY_MALFORMED);
    assert_non_null(strstr(error.text, "maybe"));
    const withy_extern *sum = func(&w, "add");
    assert_int_equal(withy_value_parse_args(arena, sum->type, "(1, x)", &args, &error),
                     WITHY_MALFORMED);
    OK(withy_value_parse_args(arena, sum->type, "(40, 2)", &args, &error));
    uint32_t result;
    OK(withy_instance_call(w.instance, sum, args.at, withy_type_size(args.type), &result, 4));
    assert_int_equal(result, 42);
    withy_arena_free(arena);
    teardown(&w);
}

/* --- waiting --- */

typedef struct outcome {
    int count;
    withy_status status;
    uint32_t result;
} outcome;

static void note(void *data, withy_status status, const void *result) {
    outcome *o = data;
    o->count++;
    o->status = status;
    if (result) o->result = *(const uint32_t *)result;
}

static withy_trap *sleep_a_bit(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    (void)w;
    *result = n + 1;
    return withy_call_sleep(call, n);
}

static withy_status start_wait(world *w, withy_instance *instance, const uint32_t *n, outcome *o) {
    return withy_instance_start(instance, func(w, "wait"), n, sizeof *n, note, o);
}

TEST(calls_wait_beside_each_other) {
    world w;
    setup(&w);
    w.pause = sleep_a_bit;
    withy_instance *more[3];
    outcome outcomes[3] = {{0}};
    const uint32_t naps[3] = {30, 5, 15};
    for (int i = 0; i < 3; i++) {
        OK(withy_instance_new(w.linked, NULL, &more[i], &error));
        OK(start_wait(&w, more[i], &naps[i], &outcomes[i]));
        assert_int_equal(outcomes[i].count, 0); /* never from inside start */
    }
    uint32_t again = 1;
    assert_int_equal(start_wait(&w, more[0], &again, &outcomes[0]), WITHY_BUSY);
    /* From a loop of one's own. */
    struct pollfd fd = {.fd = withy_engine_fd(w.engine), .events = POLLIN};
    do {
        (void)poll(&fd, 1, withy_engine_timeout_ms(w.engine));
    } while (withy_engine_poll(w.engine, 0));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(outcomes[i].count, 1);
        assert_int_equal(outcomes[i].status, WITHY_OK);
        assert_int_equal(outcomes[i].result, naps[i] + 1);
        withy_instance_free(more[i]);
    }
    assert_false(withy_engine_poll(w.engine, -1)); /* nothing to wait for */
    uint32_t nap = 2, result = 0;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &nap, 4, &result, 4));
    assert_int_equal(result, 3);
    teardown(&w);
}

TEST(a_call_that_does_not_wait_is_told_later_too) {
    world w;
    setup(&w);
    add_args args = {1, 2};
    outcome o = {0};
    OK(withy_instance_start(w.instance, func(&w, "add"), &args, sizeof args, note, &o));
    assert_int_equal(o.count, 0);
    assert_int_equal(withy_engine_timeout_ms(w.engine), 0);
    assert_false(withy_engine_poll(w.engine, -1));
    assert_int_equal(o.count, 1);
    assert_int_equal(o.result, 3);
    teardown(&w);
}

static void *wake_from_thread(void *data) {
    usleep(5000);
    withy_waker_wake(data);
    return NULL;
}

static withy_trap *wait_for_thread(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    withy_waker *waker = withy_call_waker(call);
    assert_non_null(waker);
    assert_int_equal(pthread_create(&w->thread, NULL, wake_from_thread, waker), 0);
    *result = n;
    return withy_call_wait(call);
}

TEST(another_thread_wakes_a_call) {
    world w;
    setup(&w);
    w.pause = wait_for_thread;
    uint32_t n = 9, result = 0;
    for (int i = 0; i < 3; i++) {
        OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
        assert_int_equal(result, 9);
        pthread_join(w.thread, NULL);
    }
    /* And from poll. */
    outcome o = {0};
    OK(start_wait(&w, w.instance, &n, &o));
    while (withy_engine_poll(w.engine, -1)) {
    }
    assert_int_equal(o.count, 1);
    pthread_join(w.thread, NULL);
    /* A waker of a call that is over before: the thread may come late. */
    withy_instance_set_timeout(w.instance, 1);
    assert_int_equal(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4),
                     WITHY_TIMEOUT);
    teardown(&w); /* waits for the waker */
    pthread_join(w.thread, NULL);
}

static withy_trap *wait_for_ever(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    (void)n, (void)result;
    w->waker = withy_call_waker(call);
    return withy_call_wait(call);
}

TEST(a_call_that_waits_can_be_cancelled) {
    world w;
    setup(&w);
    w.pause = wait_for_ever;
    uint32_t n = 0;
    outcome o = {0};
    withy_instance_cancel(w.instance); /* nothing to cancel */
    OK(start_wait(&w, w.instance, &n, &o));
    assert_true(withy_engine_poll(w.engine, 0));
    withy_instance_cancel(w.instance);
    assert_int_equal(withy_engine_timeout_ms(w.engine), 0);
    while (withy_engine_poll(w.engine, -1)) {
    }
    assert_int_equal(o.count, 1);
    assert_int_equal(o.status, WITHY_CANCELLED);
    assert_non_null(strstr(withy_instance_problem(w.instance), "cancelled"));
    withy_waker_wake(w.waker);
    teardown(&w);
}

TEST(an_instance_and_an_engine_end_what_is_under_way) {
    world w;
    setup(&w);
    w.pause = wait_for_ever;
    uint32_t n = 0;
    outcome first = {0}, second = {0};
    OK(start_wait(&w, w.instance, &n, &first));
    withy_waker_wake(w.waker); /* it waits no longer, but is not told before it is freed */
    withy_instance_free(w.instance);
    assert_int_equal(first.count, 0);
    while (withy_engine_poll(w.engine, -1)) {
    }
    assert_int_equal(first.count, 1);
    assert_int_equal(first.status, WITHY_CANCELLED);
    OK(withy_instance_new(w.linked, NULL, &w.instance, &error));
    OK(start_wait(&w, w.instance, &n, &second));
    withy_waker_wake(w.waker);
    withy_linked_free(w.linked);
    withy_linker_free(w.linker);
    withy_component_free(w.component);
    withy_engine_free(w.engine);
    assert_int_equal(second.count, 1);
    assert_int_equal(second.status, WITHY_CANCELLED);
    withy_instance_free(w.instance);
}

static void work(void *data) {
    usleep(3000);
    *(uint32_t *)data *= 2;
}

static withy_trap *offload(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    (void)w;
    *result = n;
    return withy_call_offload(call, work, result);
}

TEST(blocking_work_goes_to_a_thread) {
    world w;
    setup(&w);
    w.pause = offload;
    uint32_t n = 21, result = 0;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    assert_int_equal(result, 42);
    teardown(&w);
}

/* --- calls inside calls --- */

static withy_trap *call_again(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    assert_ptr_equal(withy_call_instance(call), w->instance);
    w->inner = add(w, w->instance, n, 1, result);
    return NULL;
}

static withy_trap *call_other(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    if (withy_call_instance(call) == w->other) {
        *result = n;
        return withy_call_sleep(call, 3);
    }
    w->inner = withy_instance_call(w->other, func(w, "wait"), &n, 4, result, 4);
    *result += 1;
    return withy_call_check(call);
}

TEST(a_host_function_may_not_enter_the_instance_that_calls_it) {
    world w;
    setup(&w);
    w.pause = call_again;
    uint32_t n = 1, result = 7;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    assert_int_equal(w.inner, WITHY_BUSY);
    OK(add(&w, w.instance, 1, 2, &result));
    teardown(&w);
}

TEST(a_host_function_calls_another_instance) {
    world w;
    setup(&w);
    OK(withy_instance_new(w.linked, NULL, &w.other, &error));
    w.pause = call_other;
    uint32_t n = 1, result = 0;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    assert_int_equal(w.inner, WITHY_OK);
    assert_int_equal(result, 2);
    /* What ends the caller ends the one it waits for. */
    withy_instance_set_timeout(w.instance, 1);
    n = 3;
    assert_int_equal(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4),
                     WITHY_TIMEOUT);
    assert_int_equal(w.inner, WITHY_CANCELLED);
    withy_instance_free(w.other);
    teardown(&w);
}

static void call_next(void *data, withy_status status, const void *result) {
    world *w = data;
    assert_int_equal(status, WITHY_OK);
    assert_int_equal(*(const uint32_t *)result, 3);
    uint32_t sum = 0;
    w->inner = add(w, w->instance, 4, 5, &sum);
    assert_int_equal(sum, 9);
    withy_instance_free(w->instance);
    w->instance = NULL;
}

TEST(done_may_call_and_free) {
    world w;
    setup(&w);
    add_args args = {1, 2};
    OK(withy_instance_start(w.instance, func(&w, "add"), &args, sizeof args, call_next, &w));
    while (withy_engine_poll(w.engine, -1)) {
    }
    assert_null(w.instance);
    assert_int_equal(w.inner, WITHY_OK);
    teardown(&w);
}

/* --- what a host function can ask --- */

static withy_trap *describe(world *w, withy_call *call, uint32_t n, uint32_t *result) {
    const withy_extern *import = withy_call_import(call);
    assert_true(withy_str_is(import->name, "pause") && import->interface_name.len == 0);
    assert_int_equal(withy_type_size(withy_func_result(import->type)), 4);
    assert_ptr_equal(withy_instance_data(withy_call_instance(call)), w);
    assert_non_null(withy_call_alloc(call, 1000));
    withy_trap *trap = NULL;
    assert_null(withy_call_reserve(call, 8, &trap)); /* the result is no string */
    withy_trap_free(trap);
    *result = 0;
    return n ? withy_trap_new("n is %u", n) : NULL;
}

TEST(a_host_function_knows_its_call_and_traps) {
    world w;
    setup(&w);
    w.pause = describe;
    uint32_t n = 0, result = 1;
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    assert_int_equal(result, 0);
    n = 5;
    assert_int_equal(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4),
                     WITHY_TRAP);
    assert_non_null(strstr(withy_instance_problem(w.instance), "n is 5"));
    teardown(&w);
}

/* One function for all imports, that knows no type beforehand. */
static withy_trap *answer_any(withy_call *call, const void *args, void *result) {
    world *w = withy_call_data(call);
    withy_arena *arena = withy_call_arena(call);
    const withy_extern *import = withy_call_import(call);
    withy_value params = withy_call_args(call, args), out = withy_call_result(call, result);
    snprintf(w->logged + strlen(w->logged), sizeof w->logged - strlen(w->logged), "%.*s%s;",
             (int)import->name.len, import->name.ptr, withy_value_print(arena, params));
    int64_t n = 0;
    (void)withy_value_get_int(withy_value_field_at(params, 0), &n);
    (void)withy_value_set_int(out, n + 1);
    return NULL;
}

TEST(one_function_serves_every_type) {
    world w;
    engine_of(&w);
    withy_arena *arena = withy_arena_new();
    const withy_host_func log = {"log", NULL, answer_any, 0, 0};
    const withy_host_func pause = {"pause", NULL, answer_any, 0, 0};
    withy_host_interface host = log_interface, of_world = world_interface;
    host.funcs = &log;
    of_world.funcs = &pause;
    OK(withy_linker_define(w.linker, &host, &w, &error));
    OK(withy_linker_define(w.linker, &of_world, &w, &error));
    OK(withy_linker_define(w.linker, &things_interface, &w, &error));
    OK(withy_linker_link(w.linker, w.component, NULL, &w.linked, &error));
    OK(withy_instance_new(w.linked, NULL, &w.instance, &error));
    withy_value args, result;
    const withy_extern *wait = func(&w, "wait"), *greet = func(&w, "demo:greet/api#greet");
    OK(withy_value_parse_args(arena, wait->type, "(41)", &args, &error));
    OK(withy_instance_call_value(w.instance, wait, args, &result));
    assert_string_equal(withy_value_print(arena, result), "42");
    OK(withy_value_parse_args(arena, greet->type, "(\"Zoe\")", &args, &error));
    assert_int_equal(withy_instance_call_value(w.instance, wait, args, &result), WITHY_USAGE);
    assert_null(result.type);
    OK(withy_instance_call_value(w.instance, greet, args, &result));
    assert_string_equal(withy_value_print(arena, result), "\"Hello, Zoe\"");
    assert_string_equal(w.logged, "pause{n: 41};log{level: 3, text: \"Zoe\"};");
    const withy_value none = {NULL, NULL};
    assert_int_equal(withy_instance_call_value(w.instance, wait, none, NULL), WITHY_USAGE);
    OK(withy_instance_call_value(w.instance, func(&w, "dropped"), none, &result));
    assert_string_equal(withy_value_print(arena, result), "0");
    withy_arena_free(arena);
    teardown(&w);
}

/* --- threads --- */

static void *own_engine(void *data) {
    (void)data;
    world w;
    setup(&w);
    w.pause = sleep_a_bit;
    uint32_t n = 1, result, sum;
    for (int i = 0; i < 50; i++)
        OK(add(&w, w.instance, 1, 2, &sum));
    OK(withy_instance_call(w.instance, func(&w, "wait"), &n, 4, &result, 4));
    withy_instance_set_timeout(w.instance, 20);
    assert_int_equal(withy_instance_call(w.instance, func(&w, "spin"), NULL, 0, NULL, 0),
                     WITHY_TIMEOUT);
    teardown(&w);
    return NULL;
}

TEST(each_thread_has_an_engine) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, own_engine, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}
