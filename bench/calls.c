/* What calls between a guest and the host cost, by what they pass. bench/peers measures the same
 * over Wasmtime's component API; the guest is bench/data/calls.wat. */
#include "bench.h"
#include "gen/bench_calls_loops.h"
#include "gen/bench_calls_shapes.h"
#include "runtime/instance.h"

#include <stdlib.h>
#include <string.h>

#define BYTES_MAX (1u << 20)
#define COUNT_MAX 100u

/* What the host passes, and where it keeps what it is passed. */
static uint8_t source[BYTES_MAX], sink[BYTES_MAX];
static const uint8_t expected[BYTES_MAX];
static char text[BYTES_MAX];
static bench_calls_shapes_point points[COUNT_MAX];
static bench_calls_shapes_item items[COUNT_MAX];

static void make_values(void) {
    memset(text, 'x', sizeof text);
    for (uint32_t i = 0; i < COUNT_MAX; i++) {
        points[i] = (bench_calls_shapes_point){.x = i, .y = 1.5, .id = i, .visible = true};
        items[i] = (bench_calls_shapes_item){.name = {text, 16}, .price = 100, .stock = i};
    }
}

/* --- the host's side --- */

static own wy_trap *host_scalars(wy_call *call, const bench_calls_shapes_scalars_args *args,
                                 uint32_t *result) {
    (void)call;
    *result = args->a + args->b;
    return NULL;
}

static own wy_trap *host_take_string(wy_call *call, const bench_calls_shapes_take_string_args *args,
                                     uint32_t *result) {
    (void)call;
    *result = (uint32_t)args->s.len;
    return NULL;
}

static own wy_trap *host_give_string(wy_call *call, const bench_calls_shapes_give_string_args *args,
                                     wy_str *result) {
    (void)call;
    *result = (wy_str){text, args->len};
    return NULL;
}

static own wy_trap *host_move_point(wy_call *call, const bench_calls_shapes_move_point_args *args,
                                    bench_calls_shapes_point *result) {
    (void)call;
    *result = args->p;
    result->x = args->p.y;
    result->y = args->p.x;
    return NULL;
}

static own wy_trap *host_take_points(wy_call *call, const bench_calls_shapes_take_points_args *args,
                                     uint32_t *result) {
    (void)call;
    *result = (uint32_t)args->points.len;
    return NULL;
}

static own wy_trap *host_give_points(wy_call *call, const bench_calls_shapes_give_points_args *args,
                                     bench_calls_shapes_list_point *result) {
    (void)call;
    *result = (bench_calls_shapes_list_point){points, args->count};
    return NULL;
}

static own wy_trap *host_take_items(wy_call *call, const bench_calls_shapes_take_items_args *args,
                                    uint32_t *result) {
    (void)call;
    *result = (uint32_t)args->items.len;
    return NULL;
}

static own wy_trap *host_give_items(wy_call *call, const bench_calls_shapes_give_items_args *args,
                                    bench_calls_shapes_list_item *result) {
    (void)call;
    *result = (bench_calls_shapes_list_item){items, args->count};
    return NULL;
}

static own wy_trap *host_read_bytes(wy_call *call, const bench_calls_shapes_read_bytes_args *args,
                                    uint32_t *result) {
    (void)call;
    *result = memcmp(args->bytes.ptr, expected, args->bytes.len) == 0;
    return NULL;
}

static own wy_trap *host_keep_bytes(wy_call *call, const bench_calls_shapes_keep_bytes_args *args,
                                    uint32_t *result) {
    (void)call;
    memcpy(sink, args->bytes.ptr, args->bytes.len);
    *result = (uint32_t)args->bytes.len;
    return NULL;
}

static own wy_trap *host_give_bytes(wy_call *call, const bench_calls_shapes_give_bytes_args *args,
                                    wy_list_u8 *result) {
    own wy_trap *trap = NULL;
    uint8_t *bytes = wy_abi_reserve(call->cx, args->len, &trap);
    if (trap) return trap;
    memcpy(bytes, source, args->len);
    *result = (wy_list_u8){bytes, args->len};
    return NULL;
}

static const bench_calls_shapes_ops ops = {
    host_scalars,     host_take_string, host_give_string, host_move_point,
    host_take_points, host_give_points, host_take_items,  host_give_items,
    host_read_bytes,  host_keep_bytes,  host_give_bytes,
};
static const wy_interface host = {&bench_calls_shapes_interface, &ops};
static const wy_interface *const interfaces[] = {&host};

/* --- what is measured --- */

typedef struct shape {
    const char *name, *func;
    uint32_t n, size; /* calls in a run; bytes or elements */
    const void *data; /* that the host passes; NULL: the guest gives it, or there is none */
} shape;

static const shape shapes[] = {
    {"two scalars", "scalars", 1000000, 1, NULL},
    {"string of 16 bytes, taken", "take-string", 500000, 16, text},
    {"string of 16 bytes, given", "give-string", 500000, 16, NULL},
    {"string of 1 KiB, taken", "take-string", 200000, 1024, text},
    {"string of 1 KiB, given", "give-string", 200000, 1024, NULL},
    {"record, taken and given", "move-point", 500000, 1, NULL},
    {"list of 100 records, taken", "take-points", 20000, COUNT_MAX, points},
    {"list of 100 records, given", "give-points", 20000, COUNT_MAX, NULL},
    {"list of 100 records with strings, taken", "take-items", 5000, COUNT_MAX, items},
    {"list of 100 records with strings, given", "give-items", 5000, COUNT_MAX, NULL},
    {"bytes, 1 MiB, looked at", "read-bytes", 300, BYTES_MAX, source},
    {"bytes, 1 MiB, kept", "keep-bytes", 300, BYTES_MAX, source},
    {"bytes, 1 MiB, given", "give-bytes", 300, BYTES_MAX, NULL},
};

typedef union args {
    bench_calls_shapes_scalars_args scalars;
    bench_calls_shapes_move_point_args point;
    wy_list list;
    uint32_t size;
} args;

static args args_of(const shape *s) {
    if (strcmp(s->func, "scalars") == 0) return (args){.scalars = {1, 2}};
    if (strcmp(s->func, "move-point") == 0) return (args){.point = {points[1]}};
    if (!s->data) return (args){.size = s->size};
    return (args){.list = {(void *)(uintptr_t)s->data, s->size}};
}

static const wy_plan_export *find(wy_instance *instance, const char *interface, const char *func) {
    const wy_plan_export *found = wy_component_export(
        wy_instance_component(instance), wy_str_of(interface), WY_STR("1.0.0"), wy_str_of(func));
    wy_assert(found);
    return found;
}

/* The host looks where a result begins, and copies bytes. */
static void on_result(void *data, const void *result) {
    const shape *s = data;
    if (s->size == BYTES_MAX && !s->data)
        memcpy(sink, ((const wy_list_u8 *)result)->ptr, ((const wy_list_u8 *)result)->len);
    else
        memcpy(sink, result, 4);
}

static double guest_calls(wy_instance *instance, const shape *s) {
    const wy_plan_export *export = find(instance, "bench:calls/loops", s->func);
    const bench_calls_loops_scalars_args a = {s->n, s->size};
    double start = bench_now();
    wy_assert(!wy_instance_call(instance, export, &a, NULL, NULL));
    return bench_now() - start;
}

static double host_calls(wy_instance *instance, const shape *s) {
    const wy_plan_export *export = find(instance, "bench:calls/shapes", s->func);
    const args a = args_of(s);
    double start = bench_now();
    for (uint32_t i = 0; i < s->n; i++)
        wy_assert(!wy_instance_call(instance, export, &a, on_result, (void *)(uintptr_t)s));
    return bench_now() - start;
}

static void measure(wy_instance *instance, const char *group,
                    double (*call_all)(wy_instance *instance, const shape *s)) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        double best = 1e9;
        for (int k = 0; k < BENCH_RUNS; k++) {
            double seconds = call_all(instance, &shapes[i]) / shapes[i].n;
            if (seconds < best) best = seconds;
        }
        bench_report(group, shapes[i].name, best);
    }
}

typedef struct run {
    wy_instance *instance;
    bool done;
} run;

static void body(wy_task *task, wy_context *context, void *data) {
    wy_instance *instance = ((run *)data)->instance;
    wy_instance_enter(instance, task, context);
    wy_assert(!wy_instance_start(instance));
    measure(instance, "guest to host", guest_calls);
    measure(instance, "host to guest", host_calls);
}

static void done(void *data) {
    ((run *)data)->done = true;
}

static void measure_memcpy(void) {
    double best = 1e9;
    for (int i = 0; i < 500; i++) {
        double start = bench_now();
        memcpy(sink, source, sizeof sink);
        __asm__ volatile("" ::: "memory");
        if (bench_now() - start < best) best = bench_now() - start;
    }
    bench_report("memcpy", "1 MiB", best);
}

int main(void) {
    static uint8_t bytes[1 << 16];
    FILE *file = fopen(WITHY_SOURCE_DIR "/bench/data/calls.wasm", "rb");
    wy_assert(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    make_values();
    wy_engine_config engine_config;
    wy_engine_config_init(&engine_config);
    wy_engine *engine;
    wy_loop *loop;
    wy_scheduler *scheduler;
    wy_component *component;
    wy_instance *instance;
    wy_task *task;
    wy_diag diag;
    wy_diag_init(&diag);
    const wy_component_config config = {
        .name = WY_STR("calls"), .interfaces = interfaces, .interface_count = 1};
    if (wy_engine_new(&engine_config, &engine, &diag) || wy_loop_new(&loop) ||
        wy_scheduler_new(loop, engine, &scheduler) ||
        wy_component_load(engine, bytes, len, &config, &component, &diag) ||
        wy_instance_new(component, engine, &instance, &diag)) {
        fprintf(stderr, "bench: %s\n", diag.text);
        return 1;
    }
    run r = {.instance = instance};
    wy_assert(!wy_task_spawn(scheduler, wy_instance_store(instance), body, done, &r, 0, &task));
    while (!r.done)
        wy_loop_step(loop, true);
    measure_memcpy();
    wy_instance_free(instance);
    wy_component_free(component);
    wy_scheduler_free(scheduler);
    wy_loop_free(loop);
    wy_engine_free(engine);
    return 0;
}
