/* Carries out the commands of a script: definitions are decoded, validated and have their core
 * modules compiled; instances are made and called, each call in a task of its own. */
#include "script.h"

#include "base/arena.h"
#include "base/limits.h"
#include "component/decode.h"
#include "component/validate.h"
#include "runtime/instance.h"
#include "value.h"

#include <stdio.h>
#include <stdlib.h>

#define NAMES_MAX 4096
#define CALL_TIMEOUT_MS 10000

/* A file's bytes, and what was made of them. Kept until the end of the script. */
typedef struct definition {
    char *name; /* may be NULL */
    uint8_t *bytes;
    size_t len;
    bool valid;
    wy_component *component; /* NULL until an instance is made */
} definition;

typedef struct live {
    char *name; /* may be NULL */
    wy_instance *instance;
} live;

struct script {
    const char *folder;
    const suite *suite;
    bool keep_shims;
    wy_engine *engine;
    wy_loop *loop;
    wy_scheduler *scheduler;
    definition definitions[NAMES_MAX];
    size_t definition_count;
    live instances[NAMES_MAX];
    size_t instance_count;
    bool last_failed; /* the newest instance did not come to life: it must not be mistaken */
};

script *script_new(const char *folder, const suite *of, bool keep_shims) {
    script *s = calloc(1, sizeof *s);
    wy_assert(s);
    s->folder = folder;
    s->suite = of;
    s->keep_shims = keep_shims;
    wy_engine_config config;
    wy_engine_config_init(&config);
    config.pooling = false;
    config.no_cache = true;
    wy_diag diag;
    wy_diag_init(&diag);
    if (wy_engine_new(&config, &s->engine, &diag) || wy_loop_new(&s->loop) ||
        wy_scheduler_new(s->loop, s->engine, &s->scheduler)) {
        fprintf(stderr, "conformance: %s\n", diag.text);
        exit(2);
    }
    return s;
}

void script_free(script *s) {
    for (size_t i = 0; i < s->instance_count; i++) {
        wy_instance_free(s->instances[i].instance);
        free(s->instances[i].name);
    }
    for (size_t i = 0; i < s->definition_count; i++) {
        wy_component_free(s->definitions[i].component);
        free(s->definitions[i].bytes);
        free(s->definitions[i].name);
    }
    wy_scheduler_free(s->scheduler);
    wy_loop_free(s->loop);
    wy_engine_free(s->engine);
    free(s);
}

static char *copy_or_null(const char *text) {
    return text ? strdup(text) : NULL;
}

static const char *text_of(const json_t *command, const char *key) {
    return json_string_value(json_object_get(command, key));
}

/* --- definitions --- */

static uint8_t *read_file(const script *s, const char *name, size_t *len_out) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    wy_buf buf;
    wy_buf_init(&buf, WY_MAX_COMPONENT_BYTES);
    char chunk[65536];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        wy_buf_append(&buf, chunk, n);
    fclose(file);
    wy_buf_append(&buf, "", 1);
    *len_out = buf.len - 1;
    return (uint8_t *)wy_buf_take(&buf, NULL);
}

static wy_err check_module(script *s, const uint8_t *bytes, size_t len, wy_diag *diag) {
    wy_module *module = NULL;
    wy_err err = wy_module_load(s->engine, bytes, len, &module, diag);
    if (!err) wy_module_free(module);
    return err;
}

/* Core code is the engine's to validate: every module, used or not. */
static wy_err check_modules(script *s, const wy_component_ast *ast, wy_diag *diag) {
    for (uint32_t i = 0; i < ast->definition_count; i++) {
        const wy_definition *def = &ast->definitions[i];
        wy_err err = WY_OK;
        if (def->kind == WY_DEF_CORE_MODULE)
            err = check_module(s, def->core_module->bytes, def->core_module->len, diag);
        else if (def->kind == WY_DEF_COMPONENT)
            err = check_modules(s, def->component, diag);
        if (err) return err;
    }
    return WY_OK;
}

/* Whether the bytes are a valid component or core module. */
static wy_err validate(script *s, const uint8_t *bytes, size_t len, wy_diag *diag) {
    if (wy_binary_kind_of(bytes, len) == WY_BINARY_MODULE) return check_module(s, bytes, len, diag);
    wy_arena arena;
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_component_ast *ast = NULL;
    const wy_component_types *types = NULL;
    wy_err err = wy_component_decode(&arena, bytes, len, &ast, diag);
    if (!err) err = wy_component_validate(&arena, ast, &types, diag);
    if (!err) err = check_modules(s, ast, diag);
    wy_arena_deinit(&arena);
    return err;
}

static bool refused(wy_buf *why, wy_err err, const wy_diag *diag) {
    wy_buf_printf(why, "%s: %s", wy_err_name(err), diag->text);
    if (diag->has_offset) wy_buf_printf(why, " (offset 0x%llx)", (unsigned long long)diag->offset);
    return false;
}

/* NULL: refused, `diag` says why. */
static definition *define_or_diag(script *s, const json_t *command, wy_diag *diag) {
    wy_diag_init(diag);
    wy_assert(s->definition_count < NAMES_MAX);
    definition *d = &s->definitions[s->definition_count++];
    *d = (definition){.name = copy_or_null(text_of(command, "name"))};
    const char *file = text_of(command, "filename");
    d->bytes = read_file(s, file, &d->len);
    if (!d->bytes)
        (void)wy_diag_set(diag, WY_NOT_FOUND, "%s is missing", file);
    else
        d->valid = validate(s, d->bytes, d->len, diag) == WY_OK;
    return d->valid ? d : NULL;
}

/* NULL: refused, `why` says so. */
static definition *define(script *s, const json_t *command, wy_buf *why) {
    wy_diag diag;
    definition *d = define_or_diag(s, command, &diag);
    if (!d) refused(why, diag.err, &diag);
    return d;
}

static bool must_be_refused(script *s, const json_t *command, bool malformed, wy_buf *why) {
    wy_diag diag;
    const char *text = text_of(command, "text");
    if (define_or_diag(s, command, &diag)) {
        wy_buf_printf(why, "accepted; expected: %s", text);
        return false;
    }
    if (!s->suite->words || (strstr(diag.text, text) && malformed == (diag.err == WY_MALFORMED)))
        return true;
    wy_buf_printf(why, "expected %s: %s; got ", malformed ? "malformed" : "invalid", text);
    return refused(why, diag.err, &diag);
}

/* --- tasks --- */

typedef struct job {
    wy_instance *instance;
    const wy_plan_export *export; /* NULL: start the instance */
    const void *args;
    const json_t *expected; /* NULL: any result */
    bool matches;
    own wy_trap *trap;
    bool done;
} job;

static void job_result(void *data, const void *result) {
    job *j = data;
    const wy_type *type = j->export->func.type->result;
    if (!j->expected) return;
    if (!type)
        j->matches = json_array_size(j->expected) == 0;
    else
        j->matches = json_array_size(j->expected) == 1 &&
                     value_equals(type, result, json_array_get(j->expected, 0));
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

/* False: it trapped (or could not run), `why` says how. */
static bool run_job(script *s, job *j, wy_buf *why) {
    wy_task *task = NULL;
    wy_err err = wy_task_spawn(s->scheduler, wy_instance_store(j->instance), job_body, job_done, j,
                               CALL_TIMEOUT_MS, &task);
    if (err) {
        wy_buf_printf(why, "no task: %s", wy_err_text(err));
        return false;
    }
    while (!j->done)
        wy_loop_step(s->loop, true);
    if (!j->trap) return true;
    wy_buf_str(why, WY_STR("trap: "));
    wy_instance_print_trap(j->instance, j->trap, why);
    wy_trap_free(j->trap);
    return false;
}

static wy_err load(script *s, definition *d, wy_diag *diag) {
    if (d->component) return WY_OK;
    if (wy_binary_kind_of(d->bytes, d->len) != WY_BINARY_COMPONENT)
        return wy_diag_set(diag, WY_UNSUPPORTED, "only components are instantiated here");
    const wy_component_config config = {.name = WY_STR("script"), .keep_shims = s->keep_shims};
    return wy_component_load(s->engine, d->bytes, d->len, &config, &d->component, diag);
}

static bool instantiate(script *s, definition *d, const char *name, wy_buf *why) {
    wy_diag diag;
    wy_diag_init(&diag);
    s->last_failed = true;
    wy_instance *instance = NULL;
    wy_err err = load(s, d, &diag);
    if (!err) err = wy_instance_new(d->component, s->engine, &instance, &diag);
    if (err) return refused(why, err, &diag);
    wy_assert(s->instance_count < NAMES_MAX);
    s->instances[s->instance_count++] = (live){copy_or_null(name), instance};
    job j = {.instance = instance};
    s->last_failed = !run_job(s, &j, why);
    return !s->last_failed;
}

/* --- commands --- */

static bool run_module(script *s, const json_t *command, wy_buf *why) {
    s->last_failed = true;
    definition *d = define(s, command, why);
    if (!d) return false;
    if (s->suite->validate_only) return true;
    return instantiate(s, d, d->name, why);
}

static bool run_module_instance(script *s, const json_t *command, wy_buf *why) {
    const char *module = text_of(command, "module");
    s->last_failed = true;
    for (size_t i = s->definition_count; i-- > 0;) {
        definition *d = &s->definitions[i];
        if (!d->valid || (module && (!d->name || strcmp(d->name, module) != 0))) continue;
        return instantiate(s, d, text_of(command, "instance"), why);
    }
    wy_buf_printf(why, "no definition %s", module ? module : "at all");
    return false;
}

/* The instance of that name, or the newest. A suite that only validates makes it when asked. */
static wy_instance *find_instance(script *s, const char *name, wy_buf *why) {
    if (s->suite->validate_only && s->definition_count &&
        !instantiate(s, &s->definitions[s->definition_count - 1], name, why))
        return NULL;
    for (size_t i = s->instance_count; i-- > 0;) {
        if (!name && s->last_failed) break;
        if (!name || (s->instances[i].name && strcmp(s->instances[i].name, name) == 0))
            return s->instances[i].instance;
    }
    wy_buf_printf(why, "no instance %s", name ? name : "to call");
    return NULL;
}

static bool read_args(wy_arena *arena, const wy_type *params, const json_t *json, void *out) {
    if (json_array_size(json) != params->count) return false;
    for (uint32_t i = 0; i < params->count; i++)
        if (!value_read(arena, params->fields[i].type, json_array_get(json, i),
                        (char *)out + params->fields[i].offset))
            return false;
    return true;
}

typedef enum outcome { RETURNED, RETURNED_OTHER, TRAPPED, NOT_CALLED } outcome;

static outcome invoke(script *s, const json_t *action, const json_t *expected, wy_buf *why) {
    wy_instance *instance = find_instance(s, text_of(action, "module"), why);
    if (!instance) return NOT_CALLED;
    const char *field = text_of(action, "field");
    const wy_plan *plan = wy_component_plan(wy_instance_component(instance));
    const wy_plan_export *export = wy_plan_find_export(plan, wy_str_of(field));
    if (!export || export->sort != WY_SORT_FUNC) {
        wy_buf_printf(why, "no exported function %s", field);
        return NOT_CALLED;
    }
    wy_arena arena;
    wy_arena_init(&arena, (size_t)256 << 20);
    const wy_type *params = &export->func.type->params;
    void *args = wy_arena_calloc(&arena, 1, params->size + 1u);
    outcome result = NOT_CALLED;
    if (!args || !read_args(&arena, params, json_object_get(action, "args"), args)) {
        wy_buf_printf(why, "the arguments do not fit %s", field);
    } else {
        job j = {.instance = instance, .export = export, .args = args, .expected = expected};
        result = !run_job(s, &j, why)     ? TRAPPED
                 : !expected || j.matches ? RETURNED
                                          : RETURNED_OTHER;
    }
    wy_arena_deinit(&arena);
    if (result == RETURNED_OTHER) wy_buf_printf(why, "%s returned another value", field);
    return result;
}

static bool run_assert_trap(script *s, const json_t *command, wy_buf *why) {
    const json_t *action = json_object_get(command, "action");
    const char *text = text_of(command, "text");
    wy_buf trap;
    wy_buf_init(&trap, 100000);
    bool trapped;
    if (action) {
        outcome result = invoke(s, action, NULL, &trap);
        trapped = result == TRAPPED;
        if (result == NOT_CALLED)
            wy_buf_str(why, wy_buf_view(&trap));
        else if (!trapped)
            wy_buf_printf(why, "returned; expected the trap: %s", text);
    } else { /* instantiating traps */
        definition *d = define(s, command, why);
        trapped = d && !instantiate(s, d, NULL, &trap);
        if (d && !trapped) wy_buf_str(why, WY_STR("instantiated"));
    }
    bool passed = trapped && (!s->suite->words || (trap.ptr && strstr(trap.ptr, text)));
    if (trapped && !passed)
        wy_buf_printf(why, "expected the trap: %s; got " WY_STR_FMT, text,
                      WY_STR_ARG(wy_buf_view(&trap)));
    wy_buf_deinit(&trap);
    return passed;
}

static bool run_must_not_link(script *s, const json_t *command, wy_buf *why) {
    wy_buf ignored;
    wy_buf_init(&ignored, 100000);
    definition *d = define(s, command, &ignored);
    bool passed = !d || !instantiate(s, d, NULL, &ignored);
    wy_buf_deinit(&ignored);
    if (!passed) wy_buf_str(why, WY_STR("instantiated"));
    return passed;
}

bool script_run(script *s, const json_t *command, wy_buf *why) {
    const char *type = text_of(command, "type");
    const json_t *action = json_object_get(command, "action");
    if (strcmp(type, "module") == 0) return run_module(s, command, why);
    if (strcmp(type, "module_definition") == 0) return define(s, command, why) != NULL;
    if (strcmp(type, "module_instance") == 0) return run_module_instance(s, command, why);
    if (strcmp(type, "assert_invalid") == 0) return must_be_refused(s, command, false, why);
    if (strcmp(type, "assert_malformed") == 0) return must_be_refused(s, command, true, why);
    if (strcmp(type, "assert_return") == 0)
        return invoke(s, action, json_object_get(command, "expected"), why) == RETURNED;
    if (strcmp(type, "action") == 0) return invoke(s, action, NULL, why) == RETURNED;
    if (strcmp(type, "assert_trap") == 0) return run_assert_trap(s, command, why);
    if (strcmp(type, "assert_unlinkable") == 0 || strcmp(type, "assert_uninstantiable") == 0)
        return run_must_not_link(s, command, why);
    wy_buf_printf(why, "unknown command %s", type);
    return false;
}
