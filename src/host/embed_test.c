/* The public API as a program uses it: load, look, define, link, call; and every way to fail. */
#include "host/embed_testing.h"

#include <unistd.h>

/* --- calls --- */

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
