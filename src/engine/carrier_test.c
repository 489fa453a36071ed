/* Carriers: more functions than one byte counts, of every type of number; each is the one of its
 * name. */
#include "engine/testing.h"

#include "base/test.h"

#include <stdio.h>

#define FUNCS 200

static own wy_trap *subtract(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)caller;
    assert_int_equal(count, 4);
    values[0].f64 = (double)values[0].i32 + (double)values[1].i64 + (double)values[2].f32 +
                    values[3].f64 - *(int *)env;
    return NULL;
}

TEST(a_carrier_exports_every_function_of_its_linker) {
    static const uint8_t params[] = {0, 1, 2, 3}, results[] = {3}; /* i32, i64, f32, f64 */
    static int numbers[FUNCS];
    wy_diag diag;
    wy_diag_init(&diag);
    wy_linker *linker;
    wy_module *module;
    wy_instance_pre *pre;
    wy_store *store;
    wy_core_instance instance;
    wy_trap *trap;
    char name[8];
    wy_engine *engine = wy_testing_engine();
    assert_int_equal(wy_linker_new(engine, &linker), WY_OK);
    for (int i = 0; i < FUNCS; i++) {
        numbers[i] = i;
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(wy_linker_define(linker, WY_STR("m"), wy_str_of(name), params, 4, results,
                                          1, subtract, &numbers[i], &diag),
                         WY_OK);
    }
    assert_int_equal(wy_linker_carrier(linker, &module, &pre, &diag), WY_OK);
    assert_int_equal(wy_store_new(engine, NULL, NULL, &store), WY_OK);
    wy_context *context = wy_store_context(store);
    assert_int_equal(wy_instance_pre_instantiate(pre, context, &instance, &trap, &diag), WY_OK);
    for (int i = 0; i < FUNCS; i++) {
        wy_extern item;
        wy_core_func func;
        wy_raw values[4] = {{.i32 = 1000}, {.i64 = 200}, {.f32 = 30}, {.f64 = 0.5}};
        snprintf(name, sizeof name, "%d", i);
        assert_true(wy_core_instance_export(context, &instance, wy_str_of(name), &item));
        assert_true(wy_extern_func(&item, &func));
        assert_true(wy_core_call(context, &func, values, 4, &trap));
        assert_true(values[0].f64 == 1230.5 - i);
    }
    wy_extern item;
    assert_false(wy_core_instance_export(context, &instance, WY_STR("x"), &item));
    wy_store_free(store);
    wy_instance_pre_free(pre);
    wy_module_free(module);
    wy_linker_free(linker);
    wy_engine_free(engine);
}
