/* What a call from one component to another costs inside a composed component: a guest loops over
 * calls of what another exports, each with a memory of its own (bench/data/compose.wat).
 * bench/peers measures the same over Wasmtime's fused adapters. */
#include "bench.h"
#include "runtime/instance.h"

typedef struct bench {
    wy_component *component;
    wy_engine *engine;
    wy_scheduler *scheduler;
    wy_instance *instance;
    const wy_plan_export *export;
    uint32_t n;
    double seconds;
    bool done;
} bench;

static void body(wy_task *task, wy_context *context, void *data) {
    bench *b = data;
    wy_instance_enter(b->instance, task, context);
    wy_assert(!wy_instance_start(b->instance));
    double start = bench_now();
    wy_assert(!wy_instance_call(b->instance, b->export, &b->n, NULL, NULL));
    b->seconds = bench_now() - start;
}

static void done(void *data) {
    ((bench *)data)->done = true;
}

/* The calls that the export `func` makes in a loop. */
static void measure(bench *b, const char *name, const char *func, uint32_t n) {
    double best = 1e9;
    b->export = wy_plan_find_export(wy_component_plan(b->component), wy_str_of(func));
    b->n = n;
    for (int i = 0; i < BENCH_RUNS; i++) {
        wy_diag diag;
        wy_task *task;
        b->done = false;
        wy_assert(!wy_instance_new(b->component, b->engine, &b->instance, &diag));
        wy_assert(
            !wy_task_spawn(b->scheduler, wy_instance_store(b->instance), body, done, b, 0, &task));
        while (!b->done)
            wy_loop_step(wy_scheduler_loop(b->scheduler), true);
        wy_instance_free(b->instance);
        if (b->seconds / n < best) best = b->seconds / n;
    }
    bench_report("guest to guest", name, best);
}

int main(void) {
    static uint8_t bytes[1 << 16];
    FILE *file = fopen(WITHY_SOURCE_DIR "/bench/data/compose.wasm", "rb");
    wy_assert(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    wy_engine_config engine_config;
    wy_engine_config_init(&engine_config);
    wy_loop *loop;
    wy_diag diag;
    wy_diag_init(&diag);
    bench b = {0};
    const wy_component_config config = {.name = WY_STR("compose")};
    if (wy_engine_new(&engine_config, &b.engine, &diag) || wy_loop_new(&loop) ||
        wy_scheduler_new(loop, b.engine, &b.scheduler) ||
        wy_component_load(b.engine, bytes, len, &config, &b.component, &diag)) {
        fprintf(stderr, "bench: %s\n", diag.text);
        return 1;
    }
    measure(&b, "two scalars", "add", 1000000);
    measure(&b, "two scalars, of a caller without realloc", "add-only", 1000000);
    measure(&b, "two scalars of 8 bits", "small", 1000000);
    measure(&b, "record, taken and given", "move", 1000000);
    measure(&b, "string of 16 bytes", "note", 1000000);
    measure(&b, "list of 1000 records with strings", "recs", 1000);
    measure(&b, "string of 1 MiB", "text", 500);
    measure(&b, "bytes, 1 MiB", "write", 500);
    wy_component_free(b.component);
    wy_scheduler_free(b.scheduler);
    wy_loop_free(loop);
    wy_engine_free(b.engine);
    return 0;
}
