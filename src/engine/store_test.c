/* Calls, nested calls, exports, limits, traps and their texts. */
#include "engine/testing.h"

#include "base/limits.h"
#include "base/test.h"

#include <stdlib.h>

static const uint8_t I32x2[] = {0, 0};

typedef struct fixture {
    wy_engine *engine;
    wy_linker *linker;
    wy_module *module;
    wy_instance_pre *pre;
    wy_store *store;
    wy_context *context;
    wy_core_instance instance;
    wy_store_limits limits;
    wy_core_func realloc;
} fixture;

static own wy_trap *add_one(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)caller;
    assert_int_equal(count, 1);
    if (env) ++*(int *)env;
    values[0].i32 += 1;
    return NULL;
}

static own wy_trap *refuse(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)env, (void)caller, (void)values, (void)count;
    return wy_trap_new("the host says no, %d times\nsecond line", 3);
}

static own wy_trap *nested(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)env, (void)count;
    wy_context *context = wy_caller_context(caller);
    fixture *f = wy_context_data(context);
    wy_trap *trap = NULL;
    wy_raw args[2] = {{.i32 = values[0].i32}, {.i32 = 2}};
    if (!wy_core_call(context, &f->realloc, args, 2, &trap)) return trap;
    values[0].i32 = args[0].i32;
    return NULL;
}

static const char text[] =
    "(module $guest (import \"t\" \"add\" (func $add (param i32) (result i32)))"
    " (import \"t\" \"refuse\" (func $refuse (param i32) (result i32)))"
    " (import \"t\" \"nested\" (func $nested (param i32) (result i32)))"
    " (memory (export \"memory\") 1)"
    " (func (export \"mul\") (param i32 i32) (result i32)"
    "   (if (i32.eqz (local.get 0)) (then unreachable))"
    "   (i32.mul (local.get 0) (local.get 1)))"
    " (func (export \"add\") (param i32) (result i32) (call $add (local.get 0)))"
    " (func $middle (param i32) (result i32) (call $refuse (local.get 0)))"
    " (func (export \"refuse\") (param i32) (result i32) (call $middle (local.get 0)))"
    " (func (export \"nested\") (param i32) (result i32) (call $nested (local.get 0)))"
    " (func $deep (export \"deep\") (param i32) (result i32)"
    "   (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))"
    " (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0))))";

static int calls;

static void set_up(fixture *f) {
    wy_diag diag;
    wy_diag_init(&diag);
    memset(f, 0, sizeof *f);
    f->limits = (wy_store_limits){.memory_bytes_max = 1 << 20, .table_elements_max = 100};
    f->engine = wy_testing_engine();
    f->module = wy_testing_module(f->engine, text);
    assert_int_equal(wy_linker_new(f->engine, &f->linker), WY_OK);
    wy_str t = WY_STR("t");
    assert_int_equal(
        wy_linker_define(f->linker, t, WY_STR("add"), I32x2, 1, I32x2, 1, add_one, &calls, &diag),
        WY_OK);
    assert_int_equal(wy_linker_pre(f->linker, f->module, &f->pre, &diag), WY_UNMET);
    assert_non_null(strstr(diag.text, "refuse"));
    assert_int_equal(
        wy_linker_define(f->linker, t, WY_STR("refuse"), I32x2, 1, I32x2, 1, refuse, NULL, &diag),
        WY_OK);
    assert_int_equal(
        wy_linker_define(f->linker, t, WY_STR("nested"), I32x2, 1, I32x2, 1, nested, NULL, &diag),
        WY_OK);
    assert_int_equal(wy_linker_pre(f->linker, f->module, &f->pre, &diag), WY_OK);
    assert_int_equal(wy_store_new(f->engine, f, &f->limits, &f->store), WY_OK);
    f->context = wy_store_context(f->store);
    assert_ptr_equal(wy_context_data(f->context), f);
    wy_trap *trap = NULL;
    assert_int_equal(wy_instance_pre_instantiate(f->pre, f->context, &f->instance, &trap, &diag),
                     WY_OK);
    wy_extern item;
    assert_true(wy_core_instance_export(f->context, &f->instance, WY_STR("mul"), &item));
    assert_true(wy_extern_func(&item, &f->realloc));
}

static void tear_down(fixture *f) {
    wy_store_free(f->store);
    wy_instance_pre_free(f->pre);
    wy_linker_free(f->linker);
    wy_module_free(f->module);
    wy_engine_free(f->engine);
}

/* The result, or -1 with the trap's text in `text_out`. */
static int call(fixture *f, const char *name, int arg, char *text_out) {
    wy_extern item;
    wy_core_func func;
    assert_true(wy_core_instance_export(f->context, &f->instance, wy_str_of(name), &item));
    assert_true(wy_extern_func(&item, &func));
    wy_raw value = {.i32 = arg};
    wy_trap *trap = NULL;
    if (wy_core_call(f->context, &func, &value, 1, &trap)) return value.i32;
    wy_buf buf;
    wy_buf_init(&buf, 4000);
    wy_trap_print(trap, &buf, 4);
    memcpy(text_out, buf.ptr, buf.len + 1);
    wy_buf_deinit(&buf);
    wy_trap_free(trap);
    return -1;
}

TEST(calls_go_both_ways) {
    fixture f;
    char out[4096];
    set_up(&f);
    calls = 0;
    assert_int_equal(call(&f, "add", 41, out), 42);
    assert_int_equal(calls, 1);
    assert_int_equal(call(&f, "nested", 21, out), 42);
    tear_down(&f);
}

TEST(traps_say_why_and_where) {
    fixture f;
    char out[4096];
    set_up(&f);
    assert_int_equal(call(&f, "refuse", 1, out), -1);
    assert_ptr_equal(strstr(out, "the host says no, 3 times\nsecond line\n  at middle (guest+0x"),
                     out);
    assert_int_equal(call(&f, "nested", 0, out), -1);
    assert_non_null(strstr(out, "unreachable"));
    assert_non_null(strstr(out, "\n  at "));
    assert_int_equal(call(&f, "deep", 0, out), -1);
    assert_ptr_equal(strstr(out, "call stack exhausted"), out);
    assert_non_null(strstr(out, "\n  ... "));
    tear_down(&f);
}

TEST(memory_is_limited_in_total) {
    fixture f;
    char out[4096];
    set_up(&f);
    bool counts = wy_testing_counts_limits();
    if (counts) assert_int_equal(f.limits.memory_bytes, 65536);
    assert_int_equal(call(&f, "grow", 15, out), 1);
    assert_int_equal(f.limits.hit, 0);
    assert_int_equal(call(&f, "grow", 1, out), -1);
    if (counts) assert_int_equal(f.limits.hit, 1);
    wy_extern item;
    wy_core_memory memory;
    assert_true(wy_core_instance_export(f.context, &f.instance, WY_STR("memory"), &item));
    assert_int_equal(wy_extern_kind_of(&item), WY_EXTERN_MEMORY);
    assert_true(wy_extern_memory(&item, &memory));
    assert_int_equal(wy_memory_size(f.context, &memory), 1 << 20);
    wy_memory_data(f.context, &memory)[(1 << 20) - 1] = 7;
    tear_down(&f);
}

TEST(a_page_may_be_a_byte) {
    wy_diag diag;
    wy_engine *engine = wy_testing_engine();
    wy_module *module =
        wy_testing_module(engine,
                          "(module (memory (export \"m\") 10 200 (pagesize 1)) (func (export "
                          "\"grow\") (result i32) (memory.grow (i32.const 90))))");
    wy_linker *linker;
    wy_instance_pre *pre;
    wy_store *store;
    wy_store_limits limits = {.memory_bytes_max = 100};
    wy_core_instance instance;
    wy_trap *trap = NULL;
    assert_int_equal(wy_linker_new(engine, &linker), WY_OK);
    assert_int_equal(wy_linker_pre(linker, module, &pre, &diag), WY_OK);
    assert_int_equal(wy_store_new(engine, NULL, &limits, &store), WY_OK);
    wy_context *context = wy_store_context(store);
    assert_int_equal(wy_instance_pre_instantiate(pre, context, &instance, &trap, &diag), WY_OK);
    wy_extern item;
    wy_core_memory memory;
    wy_core_func grow;
    wy_raw value[1];
    assert_true(wy_core_instance_export(context, &instance, WY_STR("m"), &item));
    assert_true(wy_extern_memory(&item, &memory));
    assert_int_equal(wy_memory_size(context, &memory), 10);
    assert_true(wy_core_instance_export(context, &instance, WY_STR("grow"), &item));
    assert_true(wy_extern_func(&item, &grow));
    assert_true(wy_core_call(context, &grow, value, 0, &trap));
    assert_int_equal(value[0].i32, 10);
    assert_int_equal(wy_memory_size(context, &memory), 100);
    assert_true(wy_core_call(context, &grow, value, 0, &trap));
    assert_int_equal(value[0].i32, -1);
    wy_store_free(store);
    wy_instance_pre_free(pre);
    wy_linker_free(linker);
    wy_module_free(module);
    wy_engine_free(engine);
}

TEST(an_instance_beyond_the_limit_is_refused) {
    fixture f;
    set_up(&f);
    wy_module *big = wy_testing_module(f.engine, "(module (memory 17))");
    wy_core_instance instance;
    wy_trap *trap = NULL;
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_core_instantiate(f.context, big, NULL, 0, &instance, &trap, &diag),
                     WY_LIMIT);
    assert_null(trap);
    if (wy_testing_counts_limits()) assert_int_equal(f.limits.hit, 1);
    wy_module_free(big);
    tear_down(&f);
}

TEST(imports_may_be_given_one_by_one) {
    fixture f;
    set_up(&f);
    wy_module *module =
        wy_testing_module(f.engine,
                          "(module (import \"a\" \"x\" (func $x (param i32) (result i32)))"
                          " (import \"b\" \"y\" (func $y (param i32 i32) (result i32)))"
                          " (func (export \"go\") (param i32) (result i32)"
                          "   (call $y (call $x (local.get 0)) (i32.const 3))))");
    wy_extern imports[2];
    wy_extern_host_func(f.context, I32x2, 1, I32x2, 1, add_one, NULL, &imports[0]);
    wy_extern_of_func(&f.realloc, &imports[1]);
    wy_trap *trap = NULL;
    wy_diag diag;
    wy_diag_init(&diag);
    char out[4096];
    assert_int_equal(wy_core_instantiate(f.context, module, imports, 2, &f.instance, &trap, &diag),
                     WY_OK);
    assert_int_equal(call(&f, "go", 4, out), 15);
    wy_module_free(module);
    tear_down(&f);
}

TEST(a_start_function_that_traps_is_the_guests_fault) {
    fixture f;
    set_up(&f);
    wy_module *module = wy_testing_module(f.engine, "(module (func $s unreachable) (start $s))");
    wy_trap *trap = NULL;
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_core_instantiate(f.context, module, NULL, 0, &f.instance, &trap, &diag),
                     WY_TRAP);
    assert_non_null(trap);
    wy_trap_free(trap);
    wy_module_free(module);
    tear_down(&f);
}

TEST(malformed_and_invalid_modules_are_told) {
    wy_engine *engine = wy_testing_engine();
    wy_module *module = NULL;
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_module_load(engine, (const uint8_t *)"hello", 5, &module, &diag),
                     WY_MALFORMED);
    size_t len;
    uint8_t *bytes = wy_testing_wasm("(module (func (result i32) i32.const 1 drop))", &len);
    wy_diag_init(&diag);
    assert_int_equal(wy_module_load(engine, bytes, len, &module, &diag), WY_INVALID);
    assert_true(diag.text[0] != 0);
    free(bytes);
    wy_engine_free(engine);
}
