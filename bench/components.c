/* What real components cost before they are called: an instance of each made and dropped, and
 * loading without compiling. bench/peers measures the same. Usage: bench_components FILE.wasm... */
#include "bench.h"
#include "host/load.h"
#include "runtime/instance.h"

#include <string.h>

#define INSTANCES 2000

typedef struct bench {
    wy_engine *engine;
    wy_scheduler *scheduler;
    const wy_component *component;
    wy_file file;
    wy_diag diag;
} bench;

/* As the peer does: where no guest code runs, no fiber is needed. */
static void instantiate(bench *b) {
    for (int i = 0; i < INSTANCES; i++) {
        wy_instance *instance;
        wy_assert(!wy_instance_new(b->component, b->engine, &instance, &b->diag));
        wy_assert(!wy_instance_start(instance));
        wy_instance_free(instance);
    }
}

/* As a request does: on a fiber, ready to be called. */
typedef struct request {
    wy_instance *instance;
    bool done;
} request;

static void body(wy_task *task, wy_context *context, void *data) {
    wy_instance *instance = ((request *)data)->instance;
    wy_instance_enter(instance, task, context);
    wy_assert(!wy_instance_start(instance));
}

static void done(void *data) {
    ((request *)data)->done = true;
}

static void instantiate_on_fiber(bench *b) {
    for (int i = 0; i < INSTANCES; i++) {
        request r = {0};
        wy_assert(!wy_instance_new(b->component, b->engine, &r.instance, &b->diag));
        wy_assert(
            !wy_task_spawn(b->scheduler, wy_instance_store(r.instance), body, done, &r, 0, NULL));
        while (!r.done) /* its slice was over: the machine is busy */
            wy_loop_step(wy_scheduler_loop(b->scheduler), true);
        wy_instance_free(r.instance);
    }
}

/* Decodes, validates and plans: all that the component model says. Function bodies of core modules
 * are skipped over. */
static void load_layer(bench *b) {
    wy_code *code;
    wy_assert(!wy_code_load(b->engine, b->file.bytes, b->file.len, false, &code, &b->diag));
    wy_code_free(code);
}

/* The same, and the engine validates each core module with its function bodies. */
static void load_all(bench *b) {
    wy_code *code;
    wy_assert(!wy_code_load(b->engine, b->file.bytes, b->file.len, false, &code, &b->diag));
    const wy_plan *plan = wy_code_plan(code);
    for (uint32_t i = 0; i < plan->module_count; i++)
        wy_assert(
            !wy_module_check(b->engine, plan->modules[i]->bytes, plan->modules[i]->len, &b->diag));
    wy_code_free(code);
}

static void measure(bench *b, const char *group, const char *name, void (*run)(bench *b), int n) {
    double best = 1e9;
    for (int i = 0; i < BENCH_RUNS; i++) {
        double start = bench_now();
        run(b);
        if (bench_now() - start < best) best = bench_now() - start;
    }
    bench_report(group, name, best / n);
}

static wy_err measure_file(bench *b, const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    withy_options options;
    withy_options_init(&options);
    options.unmet_trap = true;
    wy_settings_config config;
    wy_settings_config_init(&config);
    config.path = path;
    config.name = wy_str_of(name);
    wy_guest *guest;
    wy_err err = wy_guest_load(b->engine, &options, &config, &guest, &b->diag);
    if (err) return err;
    b->component = wy_guest_component(guest);
    measure(b, "instantiate and drop", name, instantiate, INSTANCES);
    measure(b, "the same on a fiber", name, instantiate_on_fiber, INSTANCES);
    wy_guest_free(guest);
    err = wy_file_map(path, &b->file, &b->diag);
    if (err) return err;
    measure(b, "validate the component", name, load_layer, 1);
    measure(b, "validate all of it", name, load_all, 1);
    wy_file_unmap(&b->file);
    return WY_OK;
}

int main(int argc, char **argv) {
    bench b = {0};
    wy_loop *loop;
    wy_engine_config config;
    wy_engine_config_init(&config);
    wy_diag_init(&b.diag);
    if (wy_engine_new(&config, &b.engine, &b.diag) || wy_loop_new(&loop) ||
        wy_scheduler_new(loop, b.engine, &b.scheduler)) {
        fprintf(stderr, "bench: %s\n", b.diag.text);
        return 1;
    }
    for (int i = 1; i < argc; i++)
        if (measure_file(&b, argv[i])) {
            fprintf(stderr, "bench: %s\n", b.diag.text);
            return 1;
        }
    wy_scheduler_free(b.scheduler);
    wy_loop_free(loop);
    wy_engine_free(b.engine);
    return 0;
}
