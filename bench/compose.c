/* What a call from one component to another costs inside a composed component: A loops over calls
 * of what B exports, each with a memory of its own. Prints one line each; numbers are the best of
 * several runs. */
#include "runtime/instance.h"

#include <stdio.h>
#include <time.h>

#define RUNS 7

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

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
    double start = now();
    wy_assert(!wy_instance_call(b->instance, b->export, &b->n, NULL, NULL));
    b->seconds = now() - start;
}

static void done(void *data) {
    ((bench *)data)->done = true;
}

/* Seconds of one of the calls that the export `name` makes in a loop. */
static double measure(bench *b, const char *name, uint32_t n) {
    double best = 1e9;
    b->export = wy_plan_find_export(wy_component_plan(b->component), wy_str_of(name));
    b->n = n;
    for (int i = 0; i < RUNS; i++) {
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
    return best;
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
    printf("component call, two scalars         %8.1f ns\n", measure(&b, "add", 1000000) * 1e9);
    printf("component call, string of 16 bytes  %8.1f ns\n", measure(&b, "note", 1000000) * 1e9);
    printf("component call, 1000 (u32, string)  %8.2f us\n", measure(&b, "recs", 1000) * 1e6);
    printf("component call, string of 1 MiB     %8.1f us\n", measure(&b, "text", 500) * 1e6);
    printf("component call, list<u8> of 1 MiB   %8.1f us\n", measure(&b, "write", 500) * 1e6);
    wy_component_free(b.component);
    wy_scheduler_free(b.scheduler);
    wy_loop_free(loop);
    wy_engine_free(b.engine);
    return 0;
}
