/* Fibers: parking in the middle of guest calls, several in one store, nesting, cancelling, epochs,
 * and instantiating on one. Guards every upgrade of the engine: several fibers in one store are
 * beyond what its documentation promises. */
#include "engine/testing.h"

#include "base/limits.h"
#include "base/test.h"

#include <stdlib.h>

#define MANY 16

static const uint8_t I32[] = {0};

/* A guest activity: calls `name` with (id, n), on a fiber. */
typedef struct job {
    struct world *world;
    wy_fiber *fiber;
    const char *name;
    int id, n, result;
    bool ok;
    int cancelled; /* times its suspend returned false */
    char text[256];
} job;

typedef struct world {
    wy_engine *engine;
    wy_linker *linker;
    wy_module *module;
    wy_instance_pre *pre;
    wy_store *store;
    wy_core_instance instance;
    job jobs[MANY];
    job *resume_inside; /* `wait` resumes this one, once, instead of parking */
    wy_epoch_verdict verdict;
    int epochs;
} world;

static const char text[] =
    "(module (import \"t\" \"wait\" (func $wait (param i32) (result i32)))"
    " (import \"t\" \"again\" (func $again (param i32) (result i32)))"
    " (memory (export \"memory\") 1)"
    " (func $deep (param $id i32) (param $d i32) (result i32) (local $x i32)"
    "   (if (i32.eqz (local.get $d)) (then (return (call $wait (local.get $id)))))"
    "   (local.set $x (call $deep (local.get $id) (i32.sub (local.get $d) (i32.const 1))))"
    "   (i32.store (i32.mul (local.get $id) (i32.const 4))"
    "     (i32.add (i32.load (i32.mul (local.get $id) (i32.const 4))) (i32.const 1)))"
    "   (local.get $x))"
    " (func (export \"run\") (param $id i32) (param $n i32) (result i32) (local $i i32)"
    "   (loop $l (drop (call $deep (local.get $id) (i32.const 20)))"
    "     (local.set $i (i32.add (local.get $i) (i32.const 1)))"
    "     (br_if $l (i32.lt_u (local.get $i) (local.get $n))))"
    "   (i32.load (i32.mul (local.get $id) (i32.const 4))))"
    " (func (export \"boom\") (param $id i32) (param $n i32) (result i32)"
    "   (drop (call $deep (local.get $id) (i32.const 5))) unreachable)"
    " (func (export \"spin\") (param $id i32) (param $n i32) (result i32)"
    "   (loop $l (br $l)) (i32.const 0))"
    " (func (export \"again\") (param $id i32) (param $n i32) (result i32)"
    "   (call $again (i32.add (local.get $n) (i32.const 1)))))";

static void body(void *data, wy_context *context) {
    job *j = data;
    wy_extern item;
    wy_core_func func;
    assert_true(wy_core_instance_export(context, &j->world->instance, wy_str_of(j->name), &item));
    assert_true(wy_extern_func(&item, &func));
    wy_raw values[2] = {{.i32 = j->id}, {.i32 = j->n}};
    wy_trap *trap = NULL;
    j->ok = wy_core_call(context, &func, values, 2, &trap);
    j->result = values[0].i32;
    if (j->ok) return;
    wy_buf buf;
    wy_buf_init(&buf, sizeof j->text);
    wy_trap_print(trap, &buf, 0);
    if (buf.ptr) memcpy(j->text, buf.ptr, buf.len + 1);
    wy_buf_deinit(&buf);
    wy_trap_free(trap);
}

static void begin(world *w, int id, const char *name, int n) {
    w->jobs[id] = (job){.world = w, .name = name, .id = id, .n = n};
    assert_int_equal(wy_fiber_new(w->store, body, &w->jobs[id], &w->jobs[id].fiber), WY_OK);
}

static own wy_trap *wait_for_resume(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)env, (void)count;
    world *w = wy_context_data(wy_caller_context(caller));
    job *inside = w->resume_inside;
    w->resume_inside = NULL;
    if (inside) {
        wy_fiber_resume(inside->fiber);
        return NULL;
    }
    job *j = &w->jobs[values[0].i32];
    if (wy_fiber_suspend(j->fiber)) return NULL;
    j->cancelled++;
    assert_false(wy_fiber_suspend(j->fiber));
    return wy_trap_new("given up");
}

/* Calls the guest again, ever deeper. */
static own wy_trap *again(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)env, (void)count;
    wy_context *context = wy_caller_context(caller);
    world *w = wy_context_data(context);
    wy_extern item;
    wy_core_func func;
    assert_true(wy_core_instance_export(context, &w->instance, WY_STR("again"), &item));
    assert_true(wy_extern_func(&item, &func));
    wy_raw args[2] = {{.i32 = 0}, {.i32 = values[0].i32}};
    wy_trap *trap = NULL;
    if (!wy_core_call(context, &func, args, 2, &trap)) return trap;
    values[0] = args[0];
    return NULL;
}

static void set_up(world *w) {
    wy_diag diag;
    wy_diag_init(&diag);
    memset(w, 0, sizeof *w);
    w->engine = wy_testing_engine();
    w->module = wy_testing_module(w->engine, text);
    assert_int_equal(wy_linker_new(w->engine, &w->linker), WY_OK);
    assert_int_equal(wy_linker_define(w->linker, WY_STR("t"), WY_STR("wait"), I32, 1, I32, 1,
                                      wait_for_resume, NULL, &diag),
                     WY_OK);
    assert_int_equal(wy_linker_define(w->linker, WY_STR("t"), WY_STR("again"), I32, 1, I32, 1,
                                      again, NULL, &diag),
                     WY_OK);
    assert_int_equal(wy_linker_pre(w->linker, w->module, &w->pre, &diag), WY_OK);
    assert_int_equal(wy_store_new(w->engine, w, NULL, &w->store), WY_OK);
    wy_trap *trap = NULL;
    assert_int_equal(
        wy_instance_pre_instantiate(w->pre, wy_store_context(w->store), &w->instance, &trap, &diag),
        WY_OK);
}

static void tear_down(world *w) {
    wy_store_free(w->store);
    wy_instance_pre_free(w->pre);
    wy_linker_free(w->linker);
    wy_module_free(w->module);
    wy_engine_free(w->engine);
}

TEST(a_guest_parks_and_goes_on) {
    world w;
    set_up(&w);
    begin(&w, 3, "run", 2);
    assert_false(wy_fiber_resume(w.jobs[3].fiber));
    assert_false(wy_fiber_resume(w.jobs[3].fiber));
    assert_true(wy_fiber_resume(w.jobs[3].fiber));
    assert_true(w.jobs[3].ok);
    assert_int_equal(w.jobs[3].result, 40);
    wy_fiber_free(w.jobs[3].fiber);
    tear_down(&w);
}

TEST(many_fibers_share_one_store) {
    world w;
    set_up(&w);
    int alive = MANY;
    unsigned seed = 12345;
    for (int i = 0; i < MANY; i++)
        begin(&w, i, i == 5 ? "boom" : "run", 50);
    while (alive > 1) {
        seed = seed * 1103515245u + 12345u;
        job *j = &w.jobs[(seed >> 16) % MANY];
        if (j->id == 9 || !j->fiber || !wy_fiber_resume(j->fiber)) {
            if (j->id == 9 && seed % 97 == 0 && w.jobs[9].n) {
                w.jobs[9].n = 0;
                assert_false(wy_fiber_resume(j->fiber)); /* park it somewhere among the others */
            }
            continue;
        }
        assert_true(j->ok == (j->id != 5));
        if (j->ok) assert_int_equal(j->result, 50 * 20);
        wy_fiber_free(j->fiber);
        j->fiber = NULL;
        alive--;
    }
    assert_non_null(strstr(w.jobs[5].text, "unreachable"));
    wy_fiber_free(w.jobs[9].fiber);
    assert_int_equal(w.jobs[9].cancelled, w.jobs[9].n ? 0 : 1);
    tear_down(&w);
}

TEST(freeing_a_parked_fiber_unwinds_it) {
    world w;
    set_up(&w);
    for (int i = 0; i < 3; i++) {
        begin(&w, i, "run", 5);
        assert_false(wy_fiber_resume(w.jobs[i].fiber));
    }
    wy_fiber_free(w.jobs[1].fiber);
    assert_int_equal(w.jobs[1].cancelled, 1);
    assert_string_equal(w.jobs[1].text, "given up");
    while (!wy_fiber_resume(w.jobs[0].fiber)) {
    }
    assert_int_equal(w.jobs[0].result, 100);
    wy_fiber_free(w.jobs[0].fiber);
    wy_fiber_free(w.jobs[2].fiber);
    assert_int_equal(w.jobs[2].cancelled, 1);
    begin(&w, 3, "run", 5); /* never started */
    wy_fiber_free(w.jobs[3].fiber);
    tear_down(&w);
}

TEST(a_fiber_may_be_resumed_inside_another) {
    world w;
    set_up(&w);
    begin(&w, 0, "run", 2);
    begin(&w, 1, "run", 3);
    w.resume_inside = &w.jobs[1];
    assert_false(wy_fiber_resume(w.jobs[0].fiber)); /* 1 parks inside; 0 goes on, then parks */
    assert_false(wy_fiber_resume(w.jobs[1].fiber));
    assert_true(wy_fiber_resume(w.jobs[0].fiber));
    assert_false(wy_fiber_resume(w.jobs[1].fiber));
    assert_true(wy_fiber_resume(w.jobs[1].fiber));
    assert_int_equal(w.jobs[0].result, 40);
    assert_int_equal(w.jobs[1].result, 60);
    wy_fiber_free(w.jobs[0].fiber);
    wy_fiber_free(w.jobs[1].fiber);
    tear_down(&w);
}

TEST(nested_guests_run_out_of_stack_with_a_trap) {
    world w;
    set_up(&w);
    begin(&w, 0, "again", 0);
    assert_true(wy_fiber_resume(w.jobs[0].fiber));
    assert_false(w.jobs[0].ok);
    assert_non_null(strstr(w.jobs[0].text, "call stack exhausted"));
    wy_fiber_free(w.jobs[0].fiber);
    tear_down(&w);
}

static wy_epoch_verdict on_epoch(void *data) {
    world *w = data;
    w->epochs++;
    return w->verdict;
}

TEST(an_endless_guest_yields_and_can_be_stopped) {
    world w;
    set_up(&w);
    wy_store_on_epoch(w.store, on_epoch, &w);
    begin(&w, 0, "spin", 0);
    begin(&w, 1, "run", 1);
    w.verdict = (wy_epoch_verdict){.yield = true};
    assert_false(wy_fiber_resume(w.jobs[0].fiber));
    assert_true(w.epochs >= 1);
    assert_false(wy_fiber_resume(w.jobs[1].fiber));
    assert_true(wy_fiber_resume(w.jobs[1].fiber));
    assert_false(wy_fiber_resume(w.jobs[0].fiber));
    w.verdict = (wy_epoch_verdict){.stop = "deadline of 5 ms passed"};
    assert_true(wy_fiber_resume(w.jobs[0].fiber));
    assert_string_equal(w.jobs[0].text, "deadline of 5 ms passed");
    wy_fiber_free(w.jobs[0].fiber);
    wy_fiber_free(w.jobs[1].fiber);
    begin(&w, 2, "spin", 0);
    w.verdict = (wy_epoch_verdict){.yield = true};
    assert_false(wy_fiber_resume(w.jobs[2].fiber));
    wy_fiber_free(w.jobs[2].fiber); /* in the middle of its loop */
    assert_false(w.jobs[2].ok);
    tear_down(&w);
}

/* --- instantiating on a fiber --- */

typedef struct making {
    world *world;
    wy_module *module;
    wy_instance_pre *pre; /* NULL: by a list of imports */
    wy_extern *imports;
    size_t import_count;
    wy_err err;
    int parks_first;
    wy_core_instance instance;
} making;

static void make(void *data, wy_context *context) {
    making *m = data;
    wy_trap *trap = NULL;
    wy_diag diag;
    wy_diag_init(&diag);
    while (m->parks_first-- > 0)
        assert_true(wy_fiber_suspend(m->world->jobs[0].fiber));
    m->err = m->pre ? wy_instance_pre_instantiate(m->pre, context, &m->instance, &trap, &diag)
                    : wy_core_instantiate(context, m->module, m->imports, m->import_count,
                                          &m->instance, &trap, &diag);
    wy_trap_free(trap);
}

TEST(instances_can_be_made_on_a_fiber_even_after_it_parked) {
    world w;
    set_up(&w);
    making m = {.world = &w, .pre = w.pre, .parks_first = 1};
    assert_int_equal(wy_fiber_new(w.store, make, &m, &w.jobs[0].fiber), WY_OK);
    assert_false(wy_fiber_resume(w.jobs[0].fiber));
    assert_true(wy_fiber_resume(w.jobs[0].fiber));
    assert_int_equal(m.err, WY_OK);
    wy_fiber_free(w.jobs[0].fiber);
    w.instance = m.instance;
    begin(&w, 2, "run", 1);
    assert_false(wy_fiber_resume(w.jobs[2].fiber));
    assert_true(wy_fiber_resume(w.jobs[2].fiber));
    assert_int_equal(w.jobs[2].result, 20);
    wy_fiber_free(w.jobs[2].fiber);
    /* Off a fiber, but in a store that has parked. */
    m = (making){.world = &w, .pre = w.pre};
    make(&m, wy_store_context(w.store));
    assert_int_equal(m.err, WY_OK);
    tear_down(&w);
}

static const char starting[] =
    "(module (import \"t\" \"wait\" (func $wait (param i32) (result i32)))"
    " (import \"t\" \"wait\" (func $twice (param i32) (result i32)))"
    " (global $g (mut i32) (i32.const 0))"
    " (func $s (drop (call $wait (i32.const 0)))"
    "   (drop (call $twice (i32.const 0))))"
    " (start $s))";

static void start_on_fiber(bool by_list, bool cancel) {
    world w;
    set_up(&w);
    wy_diag diag;
    wy_diag_init(&diag);
    making m = {.world = &w, .module = wy_testing_module(w.engine, starting)};
    wy_extern imports[2];
    if (by_list) {
        wy_extern_host_func(wy_store_context(w.store), I32, 1, I32, 1, wait_for_resume, NULL,
                            &imports[0]);
        imports[1] = imports[0];
        m.imports = imports;
        m.import_count = 2;
    } else {
        assert_int_equal(wy_linker_pre(w.linker, m.module, &m.pre, &diag), WY_OK);
    }
    assert_int_equal(wy_fiber_new(w.store, make, &m, &w.jobs[0].fiber), WY_OK);
    assert_false(wy_fiber_resume(w.jobs[0].fiber));
    begin(&w, 1, "run", 1);
    assert_false(wy_fiber_resume(w.jobs[1].fiber));
    if (!cancel) {
        assert_false(wy_fiber_resume(w.jobs[0].fiber));
        assert_true(wy_fiber_resume(w.jobs[0].fiber));
        assert_int_equal(m.err, WY_OK);
    }
    wy_fiber_free(w.jobs[0].fiber);
    if (cancel) assert_int_equal(m.err, WY_TRAP);
    assert_true(wy_fiber_resume(w.jobs[1].fiber));
    wy_fiber_free(w.jobs[1].fiber);
    wy_instance_pre_free(m.pre);
    wy_module_free(m.module);
    tear_down(&w);
}

TEST(a_start_function_may_park) {
    start_on_fiber(false, false);
    start_on_fiber(true, false);
}

TEST(a_parked_start_function_can_be_cancelled) {
    start_on_fiber(false, true);
    start_on_fiber(true, true);
}

TEST(stores_take_turns) {
    enum { STORES = 40, TURNS = 30 };
    world *w = calloc(STORES, sizeof *w);
    set_up(&w[0]);
    for (int i = 1; i < STORES; i++) {
        wy_trap *trap = NULL;
        wy_diag diag;
        w[i] = w[0];
        assert_int_equal(wy_store_new(w[0].engine, &w[i], NULL, &w[i].store), WY_OK);
        assert_int_equal(wy_instance_pre_instantiate(w[0].pre, wy_store_context(w[i].store),
                                                     &w[i].instance, &trap, &diag),
                         WY_OK);
    }
    for (int i = 0; i < STORES; i++)
        begin(&w[i], 1, "run", TURNS);
    int over = 0;
    for (int turn = 0; turn <= TURNS; turn++)
        for (int i = 0; i < STORES; i++)
            over += wy_fiber_resume(w[i].jobs[1].fiber);
    assert_int_equal(over, STORES);
    for (int i = STORES - 1; i >= 0; i--) {
        assert_int_equal(w[i].jobs[1].result, TURNS * 20);
        wy_fiber_free(w[i].jobs[1].fiber);
        if (i) wy_store_free(w[i].store);
    }
    tear_down(&w[0]);
    free(w);
}
