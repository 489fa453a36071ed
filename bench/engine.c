/* What the engine's basic operations cost: calls, nested calls, parking, instances, starting.
 * Prints one line each; numbers are the best of several runs. Usage: bench_engine [keep-resident
 * bytes] */
#include "engine/engine.h"
#include "engine/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 5

static const uint8_t I32x4[] = {0, 0, 0, 0};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const char text[] =
    "(module (import \"t\" \"inc\" (func $inc (param i32) (result i32)))"
    " (import \"t\" \"nest\" (func $nest (param i32) (result i32)))"
    " (import \"t\" \"wait\" (func $wait (param i32) (result i32)))"
    " (memory (export \"memory\") 320) (data (i32.const 1024) \"hello world data segment\")"
    " (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (local.get 3))"
    " (func (export \"inc\") (param $n i32) (result i32) (local $i i32)"
    "  (loop $l (local.set $i (call $inc (local.get $i)))"
    "   (br_if $l (i32.lt_u (local.get $i) (local.get $n)))) (local.get $i))"
    " (func (export \"nest\") (param $n i32) (result i32) (local $i i32)"
    "  (loop $l (local.set $i (call $nest (local.get $i)))"
    "   (br_if $l (i32.lt_u (local.get $i) (local.get $n)))) (local.get $i))"
    " (func (export \"wait\") (param $n i32) (result i32) (local $i i32)"
    "  (loop $l (local.set $i (call $wait (local.get $i)))"
    "   (br_if $l (i32.lt_u (local.get $i) (local.get $n)))) (local.get $i))"
    " (func (export \"touch\") (param $n i32) (result i32)"
    "  (i32.store (i32.const 2048) (local.get $n)) (i32.store (i32.const 70000) (local.get $n))"
    "  (call $inc (local.get $n))))";

typedef struct job {
    wy_instance_pre *pre;
    wy_core_instance instance;
    wy_core_func realloc;
    wy_fiber *fiber;
    const char *name;
    int n;
} job;

static own wy_trap *inc(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)env, (void)caller, (void)count;
    values[0].i32++;
    return NULL;
}

static own wy_trap *nest(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)env, (void)count;
    wy_context *context = wy_caller_context(caller);
    job *j = wy_context_data(context);
    wy_raw args[4] = {{.i32 = 0}, {.i32 = 0}, {.i32 = 1}, {.i32 = 16}};
    wy_trap *trap = NULL;
    if (!wy_core_call(context, &j->realloc, args, 4, &trap)) return trap;
    values[0].i32++;
    return NULL;
}

static own wy_trap *park(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)env, (void)count;
    job *j = wy_context_data(wy_caller_context(caller));
    if (!wy_fiber_suspend(j->fiber)) return wy_trap_new("cancelled");
    values[0].i32++;
    return NULL;
}

static void export_func(wy_context *context, job *j, const char *name, wy_core_func *out) {
    wy_extern item;
    wy_assert(wy_core_instance_export(context, &j->instance, wy_str_of(name), &item));
    wy_assert(wy_extern_func(&item, out));
}

static void body(void *data, wy_context *context) {
    job *j = data;
    wy_trap *trap = NULL;
    wy_diag diag;
    wy_err err = wy_instance_pre_instantiate(j->pre, context, &j->instance, &trap, &diag);
    wy_assert(!err);
    if (!j->name) return;
    wy_core_func func;
    if (strcmp(j->name, "nest") == 0) export_func(context, j, "realloc", &j->realloc);
    export_func(context, j, j->name, &func);
    wy_raw value = {.i32 = j->n};
    bool ok = wy_core_call(context, &func, &value, 1, &trap);
    wy_assert(ok);
}

/* One store, one fiber: instantiate and call. */
static void once(wy_engine *engine, wy_instance_pre *pre, const char *name, int n) {
    job j = {.pre = pre, .name = name, .n = n};
    wy_store *store;
    wy_store_limits limits = {.memory_bytes_max = UINT64_MAX, .table_elements_max = UINT64_MAX};
    wy_assert(wy_store_new(engine, &j, &limits, &store) == WY_OK);
    wy_assert(wy_fiber_new(store, body, &j, &j.fiber) == WY_OK);
    while (!wy_fiber_resume(j.fiber)) {
    }
    wy_fiber_free(j.fiber);
    wy_store_free(store);
}

static void report(const char *what, double best, const char *unit) {
    printf("%-58s %8.2f %s\n", what, best, unit);
}

static void measure(wy_engine *engine, wy_instance_pre *pre, const char *what, const char *name,
                    int n, int times, double scale, const char *unit) {
    double best = 1e9;
    for (int run = 0; run < RUNS; run++) {
        double from = now();
        for (int i = 0; i < times; i++)
            once(engine, pre, name, n);
        double each = (now() - from) / times / (n > 1 ? n : 1);
        if (each < best) best = each;
    }
    report(what, best * scale, unit);
}

int main(int argc, char **argv) {
    wy_engine_config config;
    wy_engine_config_init(&config);
    config.no_cache = true;
    if (argc > 1) config.keep_resident = strtoul(argv[1], NULL, 10);
    wy_diag diag;
    wy_engine *engine = NULL;
    double from = now();
    if (wy_engine_new(&config, &engine, &diag)) return 1;
    report("engine, first in the process", (now() - from) * 1e3, "ms");
    wy_module *module = wy_testing_module(engine, text);
    wy_linker *linker;
    wy_instance_pre *pre;
    wy_str t = WY_STR("t");
    wy_assert(!wy_linker_new(engine, &linker));
    wy_assert(!wy_linker_define(linker, t, WY_STR("inc"), I32x4, 1, I32x4, 1, inc, NULL, &diag));
    wy_assert(!wy_linker_define(linker, t, WY_STR("nest"), I32x4, 1, I32x4, 1, nest, NULL, &diag));
    wy_assert(!wy_linker_define(linker, t, WY_STR("wait"), I32x4, 1, I32x4, 1, park, NULL, &diag));
    wy_assert(!wy_linker_pre(linker, module, &pre, &diag));
    measure(engine, pre, "guest calls host", "inc", 2000000, 1, 1e9, "ns");
    measure(engine, pre, "guest calls host, which calls the guest", "nest", 1000000, 1, 1e9, "ns");
    measure(engine, pre, "park and resume", "wait", 300000, 1, 1e9, "ns");
    measure(engine, pre, "store, fiber, instance of a 20 MB memory, delete", NULL, 0, 20000, 1e6,
            "us");
    measure(engine, pre, "the same and a call that writes to two pages", "touch", 1, 20000, 1e6,
            "us");
    wy_instance_pre_free(pre);
    wy_linker_free(linker);
    wy_module_free(module);
    wy_engine_free(engine);
    return 0;
}
