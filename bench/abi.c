/* What crossing the canonical ABI costs: host calls from a real component, and its instances.
 * Prints one line each; numbers are the best of several runs. */
#include "runtime/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 7
#define WRITE_BYTES (1u << 20)

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- the host's side --- */

static char sink[WRITE_BYTES];

static own wy_trap *host_add(wy_call *call, const void *args, void *result) {
    (void)call;
    const uint32_t *a = args;
    *(uint32_t *)result = a[0] + a[1];
    return NULL;
}

static own wy_trap *host_note(wy_call *call, const void *args, void *result) {
    (void)call;
    const wy_str *s = args;
    *(uint32_t *)result = (uint32_t)s->len;
    return NULL;
}

static own wy_trap *host_write(wy_call *call, const void *args, void *result) {
    (void)call;
    const wy_list_u8 *bytes = args;
    memcpy(sink, bytes->ptr, bytes->len < sizeof sink ? bytes->len : sizeof sink);
    *(uint32_t *)result = (uint32_t)bytes->len;
    return NULL;
}

static wy_func_type add_type, note_type, write_type;
static const wy_func_desc funcs[] = {{WY_STR("add"), &add_type, 0},
                                     {WY_STR("note"), &note_type, 1},
                                     {WY_STR("write"), &write_type, 2}};
static const wy_interface_desc desc = {
    WY_STR("bench:host/calls"), WY_STR("1.0.0"), 3, 0, 3, funcs, NULL};
static const wy_host_func ops[] = {host_add, host_note, host_write};
static const wy_interface host = {&desc, ops};
static const wy_interface *const interfaces[] = {&host};

static void make_types(void) {
    static wy_type bytes = {.kind = WY_KIND_LIST, .elem = &wy_type_u8};
    static wy_field add_fields[2], note_fields[1], write_fields[1];
    wy_assert(!wy_type_layout(&bytes, NULL, NULL));
    add_fields[0] = (wy_field){.name = WY_STR("a"), .type = &wy_type_u32};
    add_fields[1] = (wy_field){.name = WY_STR("b"), .type = &wy_type_u32};
    note_fields[0] = (wy_field){.name = WY_STR("s"), .type = &wy_type_string};
    write_fields[0] = (wy_field){.name = WY_STR("bytes"), .type = &bytes};
    add_type.params = (wy_type){.kind = WY_KIND_RECORD, .count = 2, .fields = add_fields};
    note_type.params = (wy_type){.kind = WY_KIND_RECORD, .count = 1, .fields = note_fields};
    write_type.params = (wy_type){.kind = WY_KIND_RECORD, .count = 1, .fields = write_fields};
    wy_assert(!wy_type_layout(&add_type.params, add_fields, NULL));
    wy_assert(!wy_type_layout(&note_type.params, note_fields, NULL));
    wy_assert(!wy_type_layout(&write_type.params, write_fields, NULL));
    add_type.result = note_type.result = write_type.result = &wy_type_u32;
}

/* --- measuring --- */

typedef struct bench {
    wy_component *component;
    wy_engine *engine;
    wy_scheduler *scheduler;
    wy_instance *instance;
    const wy_plan_export *export; /* NULL: start the instance only */
    uint32_t n;
    double seconds;
    bool done;
} bench;

static void body(wy_task *task, wy_context *context, void *data) {
    bench *b = data;
    wy_instance_enter(b->instance, task, context);
    wy_assert(!wy_instance_start(b->instance));
    double start = now();
    if (b->export) wy_assert(!wy_instance_call(b->instance, b->export, &b->n, NULL, NULL));
    b->seconds = now() - start;
}

static void done(void *data) {
    ((bench *)data)->done = true;
}

static void run_once(bench *b) {
    wy_diag diag;
    wy_task *task;
    b->done = false;
    wy_assert(!wy_instance_new(b->component, b->engine, &b->instance, &diag));
    wy_assert(
        !wy_task_spawn(b->scheduler, wy_instance_store(b->instance), body, done, b, 0, &task));
    while (!b->done)
        wy_loop_step(wy_scheduler_loop(b->scheduler), true);
    wy_instance_free(b->instance);
}

/* Seconds of one call of the host function that the export `name` loops over. */
static double measure(bench *b, const char *name, uint32_t n) {
    double best = 1e9;
    b->export = wy_plan_find_export(wy_component_plan(b->component), wy_str_of(name));
    b->n = n;
    for (int i = 0; i < RUNS; i++) {
        run_once(b);
        if (b->seconds / n < best) best = b->seconds / n;
    }
    return best;
}

static double measure_instances(bench *b, unsigned n) {
    double best = 1e9;
    b->export = NULL;
    for (int i = 0; i < RUNS; i++) {
        double start = now();
        for (unsigned k = 0; k < n; k++)
            run_once(b);
        if ((now() - start) / n < best) best = (now() - start) / n;
    }
    return best;
}

static double measure_memcpy(void) {
    static char source[WRITE_BYTES];
    double best = 1e9;
    for (int i = 0; i < 200; i++) {
        double start = now();
        memcpy(sink, source, sizeof sink);
        __asm__ volatile("" ::: "memory");
        if (now() - start < best) best = now() - start;
        source[i] = (char)i;
    }
    return best;
}

int main(void) {
    static uint8_t bytes[1 << 16];
    FILE *file = fopen(WITHY_SOURCE_DIR "/bench/data/calls.wasm", "rb");
    wy_assert(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    make_types();
    wy_engine_config engine_config;
    wy_engine_config_init(&engine_config);
    wy_loop *loop;
    wy_diag diag;
    wy_diag_init(&diag);
    bench b = {0};
    const wy_component_config config = {
        .name = WY_STR("calls"), .interfaces = interfaces, .interface_count = 1};
    if (wy_engine_new(&engine_config, &b.engine, &diag) || wy_loop_new(&loop) ||
        wy_scheduler_new(loop, b.engine, &b.scheduler) ||
        wy_component_load(b.engine, bytes, len, &config, &b.component, &diag)) {
        fprintf(stderr, "bench: %s\n", diag.text);
        return 1;
    }
    printf("host call, two scalars              %8.1f ns\n", measure(&b, "add", 1000000) * 1e9);
    printf("host call, string of 16 bytes       %8.1f ns\n", measure(&b, "note", 1000000) * 1e9);
    double write = measure(&b, "write", 500), copy = measure_memcpy();
    printf("host call, list<u8> of 1 MiB copied %8.1f us (memcpy alone %.1f us: %.0f %%)\n",
           write * 1e6, copy * 1e6, copy / write * 100);
    printf("instance on a fiber, start and drop %8.2f us\n", measure_instances(&b, 20000) * 1e6);
    wy_component_free(b.component);
    wy_scheduler_free(b.scheduler);
    wy_loop_free(loop);
    wy_engine_free(b.engine);
    return 0;
}
