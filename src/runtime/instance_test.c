/* Whole life of an instance: load, link to a host function, start, call across components, trap. */
#include "base/limits.h"
#include "base/test.h"
#include "runtime/instance.h"

#include <stdio.h>
#include <stdlib.h>

/* --- an interface of the host, by hand --- */

typedef struct log_args {
    wy_str s;
} log_args;

static char logged[64];

static own wy_trap *host_log(wy_call *call, const void *args, void *result) {
    (void)call;
    const log_args *a = args;
    snprintf(logged, sizeof logged, WY_STR_FMT, WY_STR_ARG(a->s));
    *(uint32_t *)result = (uint32_t)a->s.len;
    return NULL;
}

static wy_func_type log_type;
static wy_field log_fields[1];
static const wy_func_desc log_desc[] = {{WY_STR("log"), &log_type, 0}};
static const wy_interface_desc host_desc = {
    WY_STR("test:host/log"), WY_STR("1.0.3"), 1, 0, 1, log_desc, NULL};
static const wy_host_func host_ops[] = {host_log};
static const wy_interface host = {&host_desc, host_ops};

/* A resource, and a function that fills memory it asks the caller for. */
static own wy_trap *host_bytes(wy_call *call, const void *args, void *result) {
    own wy_trap *trap = NULL;
    uint32_t len = *(const uint32_t *)args;
    uint8_t *bytes = wy_abi_reserve(call->cx, len, &trap);
    if (trap) return trap;
    memset(bytes, 'x', len);
    *(wy_list_u8 *)result = (wy_list_u8){bytes, len};
    return NULL;
}

static void drop_thing(void *object) {
    (void)object;
}

typedef struct things_ops {
    wy_host_func bytes;
    wy_host_drop drop;
} things_ops;

static wy_func_type bytes_type;
static wy_field bytes_fields[1];
static wy_type bytes_result;
static const wy_resource_type thing_type = {WY_STR("test:host/things"), WY_STR("thing")};
static const wy_func_desc things_funcs[] = {{WY_STR("bytes"), &bytes_type, 0}};
static const wy_resource_desc things_resources[] = {{&thing_type, 1, UINT32_MAX}};
static const wy_interface_desc things_desc = {
    WY_STR("test:host/things"), WY_STR("1.0.0"), 1, 1, 2, things_funcs, things_resources};
static const things_ops things_functions = {host_bytes, drop_thing};
static const wy_interface things = {&things_desc, &things_functions};

/* A function of scalars only. */
typedef struct mix_args {
    uint8_t a;
    int8_t b;
    uint16_t c;
    uint64_t d;
    uint32_t e; /* bits */
    uint64_t f;
    uint32_t g;
} mix_args;

static mix_args mixed;

static own wy_trap *host_mix(wy_call *call, const void *args, void *result) {
    if (!wy_arena_alloc(call->arena, WY_MAX_CALL_ARENA / 16)) return wy_trap_new("no memory");
    mixed = *(const mix_args *)args;
    *(int16_t *)result = -2;
    return NULL;
}

static wy_func_type mix_type;
static wy_field mix_fields[7];
static const wy_func_desc mix_desc[] = {{WY_STR("mix"), &mix_type, 0}};
static const wy_interface_desc scalars_desc = {
    WY_STR("test:host/scalars"), WY_STR("1.0.0"), 1, 0, 1, mix_desc, NULL};
static const wy_host_func scalars_ops[] = {host_mix};
static const wy_interface scalars = {&scalars_desc, scalars_ops};
static const wy_interface *const interfaces[] = {&host, &things, &scalars};

static void make_mix_type(wy_diag *diag) {
    static const wy_type *const types[] = {&wy_type_bool, &wy_type_s8,  &wy_type_u16, &wy_type_u64,
                                           &wy_type_f32,  &wy_type_f64, &wy_type_char};
    static const wy_str names[] = {WY_STR("a"), WY_STR("b"), WY_STR("c"), WY_STR("d"),
                                   WY_STR("e"), WY_STR("f"), WY_STR("g")};
    for (int i = 0; i < 7; i++)
        mix_fields[i] = (wy_field){.name = names[i], .type = types[i]};
    mix_type.params = (wy_type){.kind = WY_KIND_RECORD, .count = 7, .fields = mix_fields};
    assert_int_equal(wy_type_layout(&mix_type.params, mix_fields, diag), WY_OK);
    assert_int_equal(mix_type.params.size, sizeof(mix_args));
    mix_type.result = &wy_type_s16;
}

typedef struct fixture {
    wy_engine *engine;
    wy_loop *loop;
    wy_scheduler *scheduler;
    uint8_t *bytes;
    size_t len;
    wy_component *component;
    wy_instance *instance;
    wy_diag diag;
} fixture;

static void setup_with(fixture *f, const char *file, size_t interface_count, bool keep_shims) {
    memset(f, 0, sizeof *f);
    wy_diag_init(&f->diag);
    log_fields[0] = (wy_field){.name = WY_STR("s"), .type = &wy_type_string};
    log_type.params = (wy_type){.kind = WY_KIND_RECORD, .count = 1, .fields = log_fields};
    assert_int_equal(wy_type_layout(&log_type.params, log_fields, &f->diag), WY_OK);
    log_type.result = &wy_type_u32;
    bytes_fields[0] = (wy_field){.name = WY_STR("len"), .type = &wy_type_u32};
    bytes_type.params = (wy_type){.kind = WY_KIND_RECORD, .count = 1, .fields = bytes_fields};
    assert_int_equal(wy_type_layout(&bytes_type.params, bytes_fields, &f->diag), WY_OK);
    bytes_result = (wy_type){.kind = WY_KIND_LIST, .elem = &wy_type_u8};
    assert_int_equal(wy_type_layout(&bytes_result, NULL, &f->diag), WY_OK);
    bytes_type.result = &bytes_result;
    make_mix_type(&f->diag);

    char path[512];
    snprintf(path, sizeof path, "%s/tests/data/%s", WITHY_SOURCE_DIR, file);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    f->bytes = malloc(1 << 20);
    f->len = fread(f->bytes, 1, 1 << 20, in);
    fclose(in);

    wy_engine_config config;
    wy_engine_config_init(&config);
    config.max_instances = 10;
    config.no_cache = true;
    assert_int_equal(wy_engine_new(&config, &f->engine, &f->diag), WY_OK);
    assert_int_equal(wy_loop_new(&f->loop), WY_OK);
    assert_int_equal(wy_scheduler_new(f->loop, f->engine, &f->scheduler), WY_OK);
    wy_component_config load = {
        .name = WY_STR("test"), .interfaces = interfaces, .interface_count = interface_count};
    load.keep_shims = keep_shims;
    wy_err err = wy_component_load(f->engine, f->bytes, f->len, &load, &f->component, &f->diag);
    if (err && interface_count) fail_msg("%s", f->diag.text);
}

static void setup(fixture *f, const char *file, size_t interface_count) {
    setup_with(f, file, interface_count, false);
}

static void teardown(fixture *f) {
    wy_instance_free(f->instance);
    wy_component_free(f->component);
    wy_scheduler_free(f->scheduler);
    wy_loop_free(f->loop);
    wy_engine_free(f->engine);
    free(f->bytes);
}

/* --- calling on a task --- */

typedef struct call {
    fixture *f;
    const char *name;
    uint64_t arg; /* the first 4 or 8 bytes of the args struct */
    uint32_t result;
    size_t arena_used; /* by one call, of what lives as long as the instance */
    bool is_list;      /* the result: its first 4 bytes are kept */
    bool done;
    wy_buf trap;
} call;

static void keep_result(void *data, const void *result) {
    call *c = data;
    memcpy(&c->result, c->is_list ? ((const wy_list_u8 *)result)->ptr : result, sizeof c->result);
}

static void call_body(wy_task *task, wy_context *context, void *data) {
    call *c = data;
    wy_instance *instance = c->f->instance;
    wy_instance_enter(instance, task, context);
    wy_trap *trap = wy_instance_start(instance);
    const wy_plan_export *export =
        wy_plan_find_export(wy_component_plan(c->f->component), wy_str_of(c->name));
    assert_non_null(export);
    for (int round = 0; round < 3 && !trap; round++) {
        const char *before = wy_instance_arena(instance)->at;
        trap = wy_instance_call(instance, export, &c->arg, keep_result, c);
        c->arena_used = (size_t)(wy_instance_arena(instance)->at - before);
    }
    if (trap) {
        wy_instance_print_trap(instance, trap, &c->trap);
        wy_trap_free(trap);
    }
}

static void call_done(void *data) {
    ((call *)data)->done = true;
}

static void run_call(fixture *f, call *c) {
    wy_buf_init(&c->trap, 4096);
    assert_int_equal(wy_instance_new(f->component, f->engine, &f->instance, &f->diag), WY_OK);
    wy_task *task;
    assert_int_equal(wy_task_spawn(f->scheduler, wy_instance_store(f->instance), call_body,
                                   call_done, c, 0, &task),
                     WY_OK);
    while (!c->done)
        wy_loop_step(f->loop, true);
}

TEST(strings_cross_two_components_and_reach_the_host) {
    fixture f;
    setup(&f, "runtime/strings.wasm", 1);
    call c = {.f = &f, .name = "run", .arg = 5};
    run_call(&f, &c);
    assert_string_equal(c.trap.ptr ? c.trap.ptr : "", "");
    assert_int_equal(c.result, 11);
    assert_string_equal(logged, "hello withy");
    wy_buf_deinit(&c.trap);
    teardown(&f);
}

TEST(scalars_reach_the_host_as_their_types_say) {
    fixture f;
    setup(&f, "runtime/scalars.wasm", 3);
    call c = {.f = &f, .name = "run", .arg = 0x1f600};
    run_call(&f, &c);
    assert_string_equal(c.trap.ptr ? c.trap.ptr : "", "");
    assert_int_equal((int32_t)c.result, -2);
    assert_int_equal(mixed.a, 1);
    assert_int_equal(mixed.b, -1);
    assert_int_equal(mixed.c, 0x2345);
    assert_true(mixed.d == 0x123456789abcdef0);
    assert_int_equal(mixed.e, 0x7fc00000);
    assert_true(mixed.f == 0x7ff8000000000000);
    assert_int_equal(mixed.g, 0x1f600);
    wy_buf_deinit(&c.trap);
    teardown(&f);
}

TEST(each_of_many_calls_in_one_gives_its_memory_back) {
    fixture f;
    setup(&f, "runtime/scalars.wasm", 3);
    call c = {.f = &f, .name = "often", .arg = 100};
    run_call(&f, &c);
    assert_string_equal(c.trap.ptr ? c.trap.ptr : "", "");
    wy_buf_deinit(&c.trap);
    teardown(&f);
}

TEST(a_char_that_is_none_traps) {
    fixture f;
    setup(&f, "runtime/scalars.wasm", 3);
    call c = {.f = &f, .name = "run", .arg = 0xd800};
    run_call(&f, &c);
    assert_non_null(strstr(c.trap.ptr, "0xd800 is not a Unicode scalar value"));
    wy_buf_deinit(&c.trap);
    teardown(&f);
}

TEST(a_trap_tells_its_reason_and_poisons) {
    fixture f;
    setup(&f, "runtime/strings.wasm", 1);
    call c = {.f = &f, .name = "boom", .arg = 5};
    run_call(&f, &c);
    assert_non_null(strstr(c.trap.ptr, "unreachable"));
    assert_true(wy_instance_poisoned(f.instance));
    wy_buf_deinit(&c.trap);
    teardown(&f);
}

TEST(a_result_is_not_shown_while_a_borrow_is_held) {
    static const char *const names[] = {"let-go", "keep"};
    for (int keeps = 0; keeps < 2; keeps++) {
        fixture f;
        int thing_object = 0;
        setup(&f, "runtime/things.wasm", 2);
        call c = {.f = &f, .name = names[keeps], .arg = (uintptr_t)&thing_object};
        run_call(&f, &c);
        assert_int_equal(c.result, keeps ? 0 : 7);
        assert_int_equal(c.trap.len != 0, keeps);
        if (keeps) assert_non_null(strstr(c.trap.ptr, "borrow handles"));
        assert_int_equal(wy_instance_poisoned(f.instance), keeps);
        assert_int_equal(c.arena_used, 0);
        wy_buf_deinit(&c.trap);
        teardown(&f);
    }
}

TEST(a_reexported_import_reserves_memory_of_the_host) {
    fixture f;
    setup(&f, "runtime/things.wasm", 2);
    call c = {.f = &f, .name = "bytes", .arg = 100, .is_list = true};
    run_call(&f, &c);
    assert_string_equal(c.trap.ptr ? c.trap.ptr : "", "");
    assert_int_equal(c.result, 0x78787878);
    assert_int_equal(c.arena_used, 0);
    wy_buf_deinit(&c.trap);
    teardown(&f);
}

TEST(a_destructor_runs_with_and_without_the_shim_before_it) {
    for (int keep_shims = 0; keep_shims < 2; keep_shims++) {
        fixture f;
        setup_with(&f, "component/dtor.wasm", 0, keep_shims);
        call c = {.f = &f, .name = "run"};
        run_call(&f, &c);
        assert_string_equal(c.trap.ptr ? c.trap.ptr : "", "");
        assert_int_equal(c.result, 42);
        wy_buf_deinit(&c.trap);
        teardown(&f);
    }
}

TEST(unmet_imports_are_listed) {
    fixture f;
    setup(&f, "runtime/strings.wasm", 0);
    assert_int_equal(f.diag.err, WY_UNMET);
    assert_non_null(strstr(f.diag.text, "test:host/log@1.0.0: log"));
    teardown(&f);
}
