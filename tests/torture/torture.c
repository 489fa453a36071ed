/* Torture: loads, links, instantiates and calls components again and again, and each time another
 * of the library's allocations fails. Every time that must end in an error that says "out of
 * memory", with nothing leaked and nothing broken; the run in which none fails any more must end as
 * the run without injection did.
 *
 * torture FILE.wasm...           each of them, every function it exports called with zeros
 * torture --run FILE.wasm ARG... a command as `withy run` runs it, its output thrown away */
#include "inject.h"

#include "interface/registry.h"
#include "runtime/instance.h"
#include "withy.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX (1 << 20)
#define RUNS_MAX 100000 /* a component that allocates more often is not for this test */
#define ARGS_MAX 4096   /* bytes of an args struct */

typedef struct subject {
    const char *path;
    uint8_t bytes[FILE_MAX];
    size_t len;
    wy_engine *engine;
    wy_loop *loop;
    wy_scheduler *scheduler;
} subject;

/* How one run ended: WY_OK, or the first error; and what it said. */
typedef struct outcome {
    wy_err err;
    wy_diag diag;
    wy_component *component;
    wy_instance *instance;
    bool done;
    unsigned calls, traps; /* that ended well; that did not, for the guest's own reasons */
} outcome;

/* --- a run --- */

/* Calls a function with zeros; functions that take handles have no zero to be called with. */
static wy_trap *call_with_zeros(outcome *o, const wy_plan_export *export) {
    static const _Alignas(16) char zeros[ARGS_MAX];
    if (export->sort != WY_SORT_FUNC) return NULL;
    const wy_type *params = &export->func.type->params;
    if (params->attrs & WY_TYPE_HANDLE || params->size > ARGS_MAX) return NULL;
    wy_trap *trap = wy_instance_call(o->instance, export, zeros, NULL, NULL);
    if (!trap) o->calls++;
    return trap;
}

static void keep_trap(outcome *o, wy_trap *trap) {
    wy_buf text;
    inject_disarm(); /* a trap's text that is cut short would tell us nothing */
    wy_buf_init(&text, 4096);
    wy_trap_print(trap, &text, 0);
    wy_trap_free(trap);
    o->traps++;
    if (strstr(text.ptr, "memory")) o->err = wy_diag_set(&o->diag, WY_NOMEM, "%s", text.ptr);
    wy_buf_deinit(&text);
}

static void body(wy_task *task, wy_context *context, void *data) {
    outcome *o = data;
    const wy_plan *plan = wy_component_plan(o->component);
    wy_instance_enter(o->instance, task, context);
    wy_trap *trap = wy_instance_start(o->instance);
    for (uint32_t i = 0; i < plan->export_count && !trap; i++) {
        const wy_plan_export *export = &plan->exports[i];
        trap = call_with_zeros(o, export);
        for (uint32_t k = 0; k < export->export_count && !trap; k++)
            trap = call_with_zeros(o, &export->exports[k]);
    }
    if (trap) keep_trap(o, trap);
}

static void ended(void *data) {
    ((outcome *)data)->done = true;
}

static void run(subject *s, outcome *o) {
    *o = (outcome){0};
    wy_diag_init(&o->diag);
    wy_component_config config = {.name = WY_STR("torture"), .unmet_trap = true};
    config.interfaces = wy_interfaces(&config.interface_count);
    o->err = wy_component_load(s->engine, s->bytes, s->len, &config, &o->component, &o->diag);
    if (!o->err) o->err = wy_instance_new(o->component, s->engine, &o->instance, &o->diag);
    wy_task *task;
    wy_err err = WY_OK;
    if (!o->err)
        err = wy_task_spawn(s->scheduler, wy_instance_store(o->instance), body, ended, o, 0, &task);
    while (!o->err && !err && !o->done)
        wy_loop_step(s->loop, true);
    if (!o->err) o->err = err;
    wy_instance_free(o->instance);
    wy_component_free(o->component);
}

/* --- all runs of a file --- */

static bool complain(const subject *s, size_t n, const outcome *o, const char *what) {
    printf("%s: allocation %zu: %s (%s: %s)\n", s->path, n, what, wy_err_text(o->err),
           o->diag.text);
    inject_print_site();
    return false;
}

static bool torture(subject *s, size_t *runs_out) {
    outcome plain, o;
    run(s, &plain);
    run(s, &plain); /* what the scheduler keeps for its next task is there now */
    size_t live = inject_live();
    bool good = true;
    size_t n = 1;
    for (bool reached = true; reached && n < RUNS_MAX; n++) {
        inject_arm(n);
        run(s, &o);
        reached = inject_disarm();
        if (inject_live() > live) good = complain(s, n, &o, "leaked");
        live = inject_live();
        if (!reached && (o.err != plain.err || o.calls != plain.calls || o.traps != plain.traps))
            good = complain(s, n, &o, "the run without a failure is another");
        if (reached && o.err != WY_NOMEM && o.err != WY_LIMIT && !o.traps)
            good = complain(s, n, &o, "the failure was not reported as such");
    }
    *runs_out += n - 1;
    if (n == RUNS_MAX) good = complain(s, n, &o, "never ran without a failure");
    return good;
}

/* --- a command --- */

static int run_command(char **args, size_t count, withy_error *error) {
    withy_options options;
    withy_options_init(&options);
    withy_pair config = {"greeting", "hello"};
    options.config = &config;
    options.config_count = 1;
    return withy_run(args[0], (const char *const *)args + 1, count - 1, &options, error);
}

static int torture_command(char **args, size_t count) {
    static withy_error error;
    int report = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
    size_t n = 1, endured = 0, bad = 0;
    int plain = run_command(args, count, &error);
    size_t live = inject_live();
    for (bool reached = true; reached && n < RUNS_MAX; n++) {
        dup2(nowhere, STDOUT_FILENO);
        inject_arm(n);
        int status = run_command(args, count, &error);
        reached = inject_disarm();
        fflush(stdout);
        dup2(report, STDOUT_FILENO);
        bool leaked = inject_live() > live;
        endured += reached && status == plain;
        if (leaked || (!reached && status != plain)) {
            printf("%s: allocation %zu: status %d, %zu blocks left (%s)\n", args[0], n, status,
                   inject_live() - live, error.text);
            inject_print_site();
            bad++;
        } else if (reached && status == plain && getenv("TORTURE_ENDURED")) {
            printf("%s: allocation %zu: endured\n", args[0], n);
            inject_print_site();
        }
        live = inject_live();
    }
    printf("%s %s: %zu runs, of which %zu went well without what they could not allocate\n",
           bad ? "FAILED" : "ok", args[0], n - 1, endured);
    close(report);
    close(nowhere);
    return bad ? 1 : 0;
}

/* --- files --- */

static bool read_file(subject *s, const char *path) {
    FILE *in = fopen(path, "rb");
    if (!in) return false;
    s->path = path;
    s->len = fread(s->bytes, 1, FILE_MAX, in);
    fclose(in);
    return s->len > 0 && s->len < FILE_MAX;
}

int main(int argc, char **argv) {
    static subject s;
    if (argc > 2 && strcmp(argv[1], "--run") == 0)
        return torture_command(argv + 2, (size_t)argc - 2);
    wy_engine_config config;
    wy_engine_config_init(&config);
    config.max_instances = 8; /* few, so that what leaks is missed soon */
    config.no_cache = true;
    wy_diag diag;
    wy_diag_init(&diag);
    if (wy_engine_new(&config, &s.engine, &diag) || wy_loop_new(&s.loop) ||
        wy_scheduler_new(s.loop, s.engine, &s.scheduler)) {
        printf("no engine: %s\n", diag.text);
        return 1;
    }
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        size_t runs = 0;
        bool good = read_file(&s, argv[i]) && torture(&s, &runs);
        printf("%s %s: %zu runs\n", good ? "ok" : "FAILED", argv[i], runs);
        failed += !good;
    }
    wy_scheduler_free(s.scheduler);
    wy_loop_free(s.loop);
    wy_engine_free(s.engine);
    if (inject_live()) printf("FAILED: %zu blocks are left at the end\n", inject_live());
    return failed || inject_live() ? 1 : 0;
}
