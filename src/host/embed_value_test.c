/* Values by name, as a program without structs of its own uses them. */
#include "host/embed_testing.h"

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
