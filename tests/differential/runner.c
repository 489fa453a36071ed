/* Runs batches of generated components and calls, read from standard input, and writes what came of
 * each to standard output; compare.py generates them and holds the results against a reference.
 *
 *   batch      u32 length, then that many bytes:
 *   component  bytes (u32 length in front, as all bytes here), u32 cases
 *   case       u32 host results, bytes each; u32 calls; each call: name and arguments as bytes
 *
 * The host function `i` of t:t/host notes its arguments and answers with the next of the host
 * results. An answer, in the same manner: u8 verdict and bytes; then each case: u8 whether it was
 * instantiated, and bytes (the trap); each call up to the first trap: u8, and bytes (the result or
 * the trap); u32 notes of the host, bytes each. */
#include "base/limits.h"
#include "component/decode.h"
#include "component/validate.h"
#include "runtime/instance.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CALL_TIMEOUT_MS 10000
#define ANSWER_MAX ((size_t)1 << 30)
#define CASE_ARENA ((size_t)256 << 20)

/* What happens to the resource "r" of the host is noted too. */
#define NOTE_DROP UINT32_MAX

typedef struct runner {
    wy_engine *engine;
    wy_loop *loop;
    wy_scheduler *scheduler;
    wy_buf answer;
    /* The case under way: */
    const wy_func_type *import_type; /* of `i`; NULL: there is none */
    wire_reader host_results;        /* those that were not given yet */
    uint32_t host_results_left;
    wy_buf notes;
    uint32_t note_count;
} runner;

/* Host functions of an interface have no data of their own. */
static runner *the_runner;

static void put_u32(wy_buf *out, uint32_t number) {
    wy_buf_append(out, &number, 4);
}

static void put_bytes(wy_buf *out, wy_str bytes) {
    put_u32(out, (uint32_t)bytes.len);
    wy_buf_str(out, bytes);
}

static void put_verdict(wy_buf *out, unsigned verdict, wy_str text) {
    wy_buf_char(out, (char)verdict);
    put_bytes(out, text);
}

/* --- the host interface --- */

static own wy_trap *host_i(wy_call *call, const void *args, void *result) {
    runner *r = the_runner;
    wy_buf note;
    wy_buf_init(&note, ANSWER_MAX);
    wire_write(&note, &r->import_type->params, args);
    put_bytes(&r->notes, wy_buf_view(&note));
    wy_buf_deinit(&note);
    r->note_count++;
    const wy_type *type = r->import_type->result;
    if (!type) return NULL;
    wy_str bytes;
    if (r->host_results_left == 0 || !wire_bytes(&r->host_results, &bytes))
        return wy_trap_new("no more host results");
    r->host_results_left--;
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    wire_reader in = {at, at + bytes.len};
    return wire_read(&in, call->arena, type, result) ? NULL : wy_trap_new("not a host result");
}

static void host_drop(void *object) {
    const uint32_t note[2] = {NOTE_DROP, (uint32_t)(uintptr_t)object};
    put_bytes(&the_runner->notes, (wy_str){(const char *)note, sizeof note});
    the_runner->note_count++;
}

static const struct {
    wy_host_func i;
    wy_host_drop drop;
} host_ops = {host_i, host_drop};
static const wy_resource_type host_resource = {{"t:t/host", 8}, {"r", 1}};
static const wy_resource_desc host_resource_desc = {&host_resource, 1, UINT32_MAX};

/* Makes every handle in a type of the plan one of the host's resource, as descriptors of hosts
 * are. */
static void name_resource(const wy_type *type) {
    if (!type || !(type->attrs & WY_TYPE_HANDLE)) return;
    if (type->kind == WY_KIND_OWN || type->kind == WY_KIND_BORROW)
        ((wy_type *)(uintptr_t)type)->resource = &host_resource;
    else if (type->elem)
        name_resource(type->elem);
    else
        for (uint32_t i = 0; i < type->count; i++)
            name_resource(type->fields[i].type);
}

/* --- loading --- */

static wy_err check_modules(runner *r, const wy_component_ast *ast, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < ast->definition_count && !err; i++) {
        const wy_definition *def = &ast->definitions[i];
        if (def->kind == WY_DEF_COMPONENT) err = check_modules(r, def->component, diag);
        if (def->kind != WY_DEF_CORE_MODULE) continue;
        wy_module *module = NULL;
        err = wy_module_load(r->engine, def->core_module->bytes, def->core_module->len, &module,
                             diag);
        if (!err) wy_module_free(module);
    }
    return err;
}

/* Whether the bytes are a valid component, modules that are not instantiated included. */
static wy_err check(runner *r, wy_str bytes, wy_diag *diag) {
    wy_arena arena;
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_component_ast *ast = NULL;
    const wy_component_types *types = NULL;
    wy_err err = wy_component_decode(&arena, (const uint8_t *)bytes.ptr, bytes.len, &ast, diag);
    if (!err) err = wy_component_validate(&arena, ast, &types, diag);
    if (!err) err = check_modules(r, ast, diag);
    wy_arena_deinit(&arena);
    return err;
}

/* Links what it imports to a host interface made of the very types that it imports. */
static wy_err link_code(runner *r, wy_code *code, own wy_component **component_out, wy_diag *diag) {
    const wy_plan *plan = wy_code_plan(code);
    r->import_type = NULL;
    for (uint32_t i = 0; i < plan->import_count; i++)
        if (plan->imports[i].type) r->import_type = plan->imports[i].type;
    if (r->import_type) {
        name_resource(&r->import_type->params);
        name_resource(r->import_type->result);
    }
    const wy_func_desc func = {{"i", 1}, r->import_type, 0};
    const wy_interface_desc desc = {.name = {"t:t/host", 8},
                                    .func_count = r->import_type ? 1 : 0,
                                    .resource_count = 1,
                                    .op_count = 2,
                                    .funcs = &func,
                                    .resources = &host_resource_desc};
    const wy_interface interface = {&desc, &host_ops};
    const wy_interface *const interfaces[] = {&interface};
    const wy_component_config config = {
        .name = {"generated", 9}, .interfaces = interfaces, .interface_count = 1};
    return wy_component_link(code, &config, component_out, diag);
}

/* --- calling --- */

typedef struct job {
    wy_instance *instance;
    const wy_plan_export *export; /* NULL: start the instance */
    const void *args;
    wy_buf *result;
    own wy_trap *trap;
    bool done;
} job;

static void job_result(void *data, const void *result) {
    const job *j = data;
    const wy_type *type = j->export->func.type->result;
    if (type) wire_write(j->result, type, result);
}

static void job_body(wy_task *task, wy_context *context, void *data) {
    job *j = data;
    wy_instance_enter(j->instance, task, context);
    j->trap = j->export ? wy_instance_call(j->instance, j->export, j->args, job_result, j)
                        : wy_instance_start(j->instance);
}

static void job_done(void *data) {
    ((job *)data)->done = true;
}

/* Appends the verdict to the answer. False: a trap. */
static bool run_job(runner *r, job *j) {
    wy_buf result;
    wy_buf_init(&result, ANSWER_MAX);
    j->result = &result;
    wy_task *task = NULL;
    if (wy_task_spawn(r->scheduler, wy_instance_store(j->instance), job_body, job_done, j,
                      CALL_TIMEOUT_MS, &task))
        j->trap = wy_trap_new("no task");
    else
        while (!j->done)
            wy_loop_step(r->loop, true);
    bool ok = !j->trap;
    if (!ok) {
        wy_buf_deinit(&result);
        wy_trap_print(j->trap, &result, 0);
        wy_trap_free(j->trap);
    }
    put_verdict(&r->answer, !ok, wy_buf_view(&result));
    wy_buf_deinit(&result);
    return ok;
}

/* False: the input makes no sense. */
static bool run_call(runner *r, wy_instance *instance, wire_reader *in, bool *trapped) {
    wy_str name, bytes;
    if (!wire_bytes(in, &name) || !wire_bytes(in, &bytes)) return false;
    if (*trapped) return true;
    const wy_plan *plan = wy_component_plan(wy_instance_component(instance));
    const wy_plan_export *export = wy_plan_find_export(plan, name);
    if (!export || export->sort != WY_SORT_FUNC) return false;
    wy_arena arena;
    wy_arena_init(&arena, CASE_ARENA);
    const wy_type *params = &export->func.type->params;
    void *args = wy_arena_calloc(&arena, 1, params->size + 1u);
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    wire_reader reader = {at, at + bytes.len};
    bool good = args && wire_read(&reader, &arena, params, args) && reader.at == reader.end;
    job j = {.instance = instance, .export = export, .args = args};
    if (good) *trapped = !run_job(r, &j);
    wy_arena_deinit(&arena);
    return good;
}

static bool run_case(runner *r, wy_component *component, wire_reader *in) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_str skipped;
    if (!wire_u32(in, &r->host_results_left)) return false;
    r->host_results = *in;
    for (uint32_t i = 0; i < r->host_results_left; i++)
        if (!wire_bytes(in, &skipped)) return false;
    wy_buf_init(&r->notes, ANSWER_MAX);
    r->note_count = 0;
    wy_instance *instance = NULL;
    if (wy_instance_new(component, r->engine, &instance, &diag)) {
        fprintf(stderr, "runner: %s\n", diag.text);
        return false;
    }
    job start = {.instance = instance};
    bool trapped = !run_job(r, &start), good = true;
    uint32_t calls = 0;
    if (!wire_u32(in, &calls)) good = false;
    for (uint32_t i = 0; i < calls && good; i++)
        good = run_call(r, instance, in, &trapped);
    put_u32(&r->answer, r->note_count);
    wy_buf_str(&r->answer, wy_buf_view(&r->notes));
    wy_instance_free(instance); /* what it drops now is nobody's business */
    wy_buf_deinit(&r->notes);
    return good;
}

static bool run_component(runner *r, wire_reader *in) {
    wy_str bytes;
    uint32_t cases;
    if (!wire_bytes(in, &bytes) || !wire_u32(in, &cases)) return false;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_code *code = NULL;
    wy_component *component = NULL;
    wy_err err;
    if (cases == 0) {
        err = check(r, bytes, &diag);
    } else {
        err = wy_code_load(r->engine, (const uint8_t *)bytes.ptr, bytes.len, false, &code, &diag);
        if (!err) err = link_code(r, code, &component, &diag);
    }
    wy_buf text;
    wy_buf_init(&text, WY_DIAG_TEXT_MAX);
    if (err) wy_buf_printf(&text, "%s: %s", wy_err_name(err), diag.text);
    put_verdict(&r->answer, err != WY_OK, wy_buf_view(&text));
    wy_buf_deinit(&text);
    bool good = true;
    for (uint32_t i = 0; i < cases && component && good; i++)
        good = run_case(r, component, in);
    wy_component_free(component);
    wy_code_free(code);
    /* The cases of a component that was refused are skipped with their batch: it is the last. */
    return good && (component || cases == 0);
}

/* --- standard input and output --- */

static bool read_exactly(void *out, size_t len) {
    char *at = out;
    while (len) {
        ssize_t n = read(STDIN_FILENO, at, len);
        if (n <= 0) return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_exactly(const void *data, size_t len) {
    const char *at = data;
    while (len) {
        ssize_t n = write(STDOUT_FILENO, at, len);
        if (n <= 0) return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool run_batch(runner *r) {
    uint32_t len;
    if (!read_exactly(&len, sizeof len)) return false;
    uint8_t *bytes = malloc(len + 1u);
    bool good = bytes && read_exactly(bytes, len);
    wire_reader in = {bytes, bytes + len};
    wy_buf_init(&r->answer, ANSWER_MAX);
    while (good && in.at < in.end && run_component(r, &in)) {
    }
    const uint32_t answer_len = (uint32_t)r->answer.len;
    good = good && write_exactly(&answer_len, 4) && write_exactly(r->answer.ptr, answer_len);
    wy_buf_deinit(&r->answer);
    free(bytes);
    return good;
}

int main(void) {
    runner r = {0};
    the_runner = &r;
    wy_engine_config config;
    wy_engine_config_init(&config);
    config.max_instances = 8;
    config.no_cache = true;
    wy_diag diag;
    wy_diag_init(&diag);
    if (wy_engine_new(&config, &r.engine, &diag) || wy_loop_new(&r.loop) ||
        wy_scheduler_new(r.loop, r.engine, &r.scheduler)) {
        fprintf(stderr, "runner: %s\n", diag.text);
        return 2;
    }
    while (run_batch(&r)) {
    }
    wy_scheduler_free(r.scheduler);
    wy_loop_free(r.loop);
    wy_engine_free(r.engine);
    return 0;
}
