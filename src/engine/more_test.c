/* Growing: more instances than the first pool has place for, of everything that has a counterpart
 * in the second engine. */
#include "engine/internal.h"
#include "engine/testing.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

#define INSTANCES 200

static const uint8_t I32[] = {0};

typedef struct guest {
    wy_store *store;
    wy_core_instance instance;
    wy_fiber *fiber;
    int answer;
} guest;

typedef struct fixture {
    wy_engine *engine;
    wy_linker *linker;
    wy_module *module;
    wy_instance_pre *pre;
    guest guests[INSTANCES + 1];
} fixture;

static own wy_trap *add_env(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)caller, (void)count;
    values[0].i32 += *(int *)env;
    return NULL;
}

static own wy_trap *park(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)env, (void)count, (void)values;
    guest *g = wy_context_data(wy_caller_context(caller));
    return wy_fiber_suspend(g->fiber) ? NULL : wy_trap_new("cancelled");
}

static int seven = 7;

static void set_up(fixture *f, const char *cache_dir) {
    static const char text[] =
        "(module (import \"t\" \"add\" (func $add (param i32) (result i32)))"
        " (import \"t\" \"park\" (func $park)) (memory (export \"memory\") 1)"
        " (func (export \"f\") (param i32) (result i32) (call $park)"
        "  (i32.store (i32.const 8) (local.get 0)) (call $add (i32.load (i32.const 8)))))";
    wy_engine_config config;
    wy_diag diag;
    memset(f, 0, sizeof *f);
    wy_engine_config_init(&config);
    config.max_instances = INSTANCES;
    config.no_cache = !cache_dir;
    config.cache_dir = cache_dir;
    assert_int_equal(wy_engine_new(&config, &f->engine, &diag), WY_OK);
    f->module = wy_testing_module(f->engine, text);
    wy_str t = WY_STR("t");
    assert_int_equal(wy_linker_new(f->engine, &f->linker), WY_OK);
    assert_int_equal(
        wy_linker_define(f->linker, t, WY_STR("add"), I32, 1, I32, 1, add_env, &seven, &diag),
        WY_OK);
    assert_int_equal(
        wy_linker_define(f->linker, t, WY_STR("park"), NULL, 0, NULL, 0, park, NULL, &diag), WY_OK);
    assert_int_equal(wy_linker_pre(f->linker, f->module, &f->pre, &diag), WY_OK);
}

static void tear_down(fixture *f) {
    wy_instance_pre_free(f->pre);
    wy_linker_free(f->linker);
    wy_module_free(f->module);
    wy_engine_free(f->engine);
}

/* Every other one by way of a list of imports. */
static wy_err instantiate(fixture *f, guest *g, bool one_by_one, wy_trap **trap_out,
                          wy_diag *diag) {
    wy_context *context = wy_store_context(g->store);
    wy_extern imports[2];
    if (!one_by_one)
        return wy_instance_pre_instantiate(f->pre, context, &g->instance, trap_out, diag);
    wy_str t = WY_STR("t");
    assert_true(wy_linker_get(f->linker, context, t, WY_STR("add"), &imports[0]));
    assert_true(wy_linker_get(f->linker, context, t, WY_STR("park"), &imports[1]));
    assert_false(wy_linker_get(f->linker, context, t, WY_STR("none"), &imports[1]));
    return wy_core_instantiate(context, f->module, imports, 2, &g->instance, trap_out, diag);
}

static wy_err begin(fixture *f, int i) {
    guest *g = &f->guests[i];
    wy_trap *trap = NULL;
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_store_new(f->engine, g, NULL, &g->store), WY_OK);
    return instantiate(f, g, i % 2, &trap, &diag);
}

static void body(void *data, wy_context *context) {
    guest *g = data;
    wy_extern item;
    wy_core_func func;
    wy_trap *trap = NULL;
    wy_raw value = {.i32 = g->answer};
    assert_true(wy_core_instance_export(context, &g->instance, WY_STR("f"), &item));
    assert_true(wy_extern_func(&item, &func));
    assert_true(wy_core_call(context, &func, &value, 1, &trap));
    g->answer = value.i32;
}

/* All at once: each parks in the middle. */
static void run_all(fixture *f) {
    for (int i = 0; i < INSTANCES; i++) {
        guest *g = &f->guests[i];
        g->answer = i;
        assert_int_equal(begin(f, i), WY_OK);
        assert_int_equal(wy_fiber_new(g->store, body, g, &g->fiber), WY_OK);
        assert_false(wy_fiber_resume(g->fiber));
    }
    assert_int_equal(f->engine->stores + f->engine->more->stores, INSTANCES);
    assert_int_equal(begin(f, INSTANCES), WY_BUSY);
    assert_false(wy_engine_has_room_elsewhere(f->engine, f->guests[INSTANCES].store));
    wy_store_free(f->guests[INSTANCES].store);
    for (int i = 0; i < INSTANCES; i++) {
        guest *g = &f->guests[i];
        assert_true(wy_fiber_resume(g->fiber));
        assert_int_equal(g->answer, i + 7);
        wy_fiber_free(g->fiber);
        wy_store_free(g->store);
    }
    assert_int_equal(f->engine->stores + f->engine->more->stores, 0);
    assert_int_equal(f->engine->stacks + f->engine->more->stacks, 0);
}

TEST(there_is_place_for_all_that_were_promised) {
    fixture f;
    set_up(&f, NULL);
    assert_null(f.engine->more);
    assert_int_equal(begin(&f, 0), WY_OK);
    wy_store_free(f.guests[0].store);
    assert_null(f.engine->more); /* it is not needed yet */
    run_all(&f);
    wy_engine *more = f.engine->more;
    run_all(&f);
    assert_ptr_equal(f.engine->more, more);
    assert_int_equal(begin(&f, 0), WY_OK);
    assert_ptr_equal(f.guests[0].store->engine, f.engine); /* the first place is free again */
    wy_store_free(f.guests[0].store);
    tear_down(&f);
}

TEST(the_second_engine_uses_the_cache) {
    fixture f;
    char dir[] = "/tmp/withy-more-test-XXXXXX", command[64];
    assert_non_null(mkdtemp(dir));
    set_up(&f, dir);
    run_all(&f);
    tear_down(&f);
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

/* An instance with many memories uses up the first pool early. */
TEST(a_pool_that_ran_out_sends_the_next_elsewhere) {
    fixture f;
    wy_diag diag;
    wy_store *stores[64];
    int count = 0;
    set_up(&f, NULL);
    wy_module *wide = wy_testing_module(
        f.engine,
        "(module (memory 1) (memory 1) (memory 1) (memory 1) (memory 1) (memory 1)"
        " (memory 1) (memory 1))");
    for (wy_err err = WY_OK; !err; count++) {
        wy_core_instance instance;
        wy_trap *trap = NULL;
        assert_true(count < 64);
        assert_int_equal(wy_store_new(f.engine, NULL, NULL, &stores[count]), WY_OK);
        err = wy_core_instantiate(wy_store_context(stores[count]), wide, NULL, 0, &instance, &trap,
                                  &diag);
        assert_true(!err || err == WY_BUSY);
    }
    assert_null(f.engine->more);
    assert_true(wy_engine_has_room_elsewhere(f.engine, stores[count - 1]));
    assert_int_equal(begin(&f, 0), WY_OK);
    assert_ptr_equal(f.guests[0].store->engine, f.engine->more);
    wy_store_free(f.guests[0].store);
    while (count > 0)
        wy_store_free(stores[--count]);
    assert_int_equal(begin(&f, 0), WY_OK);
    assert_ptr_equal(f.guests[0].store->engine, f.engine);
    wy_store_free(f.guests[0].store);
    wy_module_free(wide);
    tear_down(&f);
}
