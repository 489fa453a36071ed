/* Eliminating shims: what goes, what is left of the fixup, and what must stay. */
#include "component/testing.h"

static uint32_t modules_left(const wy_plan *plan) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->step_count; i++)
        count += plan->steps[i].module != WY_PLAN_NONE;
    return count;
}

TEST(a_shim_and_its_fixup_go) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "started.wasm", false);
    assert_int_equal(plan->eliminated, 2);
    assert_int_equal(modules_left(plan), 1);
    const wy_plan_step *main_step = &plan->steps[1];
    assert_int_equal(main_step->import_count, 1);
    assert_int_equal(main_step->imports[0].kind, WY_ITEM_TRAMPOLINE);
    assert_int_equal(plan->trampolines[main_step->imports[0].index].ready_after, 3);
    end(&f);
}

TEST(what_the_fixup_would_start_is_called) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "started.wasm", false);
    assert_int_equal(plan->steps[0].start, WY_PLAN_NONE);
    assert_int_equal(plan->steps[1].start, WY_PLAN_NONE);
    assert_true(plan->steps[2].start < plan->func_count);
    const wy_core_item *start = &plan->funcs[plan->steps[2].start];
    assert_int_equal(start->kind, WY_ITEM_EXPORT);
    assert_int_equal(start->index, 1);
    assert_true(wy_str_eqz(start->name, "init"));
    end(&f);
}

TEST(shims_stay_when_asked) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "started.wasm", true);
    assert_int_equal(plan->eliminated, 0);
    assert_int_equal(modules_left(plan), 3);
    end(&f);
}

TEST(a_module_that_does_more_than_a_shim_stays) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "swapped.wasm", false);
    assert_int_equal(plan->eliminated, 0);
    assert_int_equal(modules_left(plan), 3);
    end(&f);
}

TEST(a_destructor_is_called_past_the_shim) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "dtor.wasm", false);
    assert_int_equal(plan->eliminated, 2);
    assert_int_equal(modules_left(plan), 1);
    const wy_core_item *dtor = &plan->funcs[plan->resources[0].dtor];
    assert_int_equal(dtor->kind, WY_ITEM_EXPORT);
    assert_int_equal(dtor->index, 1);
    assert_true(wy_str_eqz(dtor->name, "dtor"));
    assert_int_equal(dtor->ready_after, 3);
    end(&f);
}

TEST(what_a_later_module_exports_is_called_by_a_trampoline) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "adapted.wasm", false);
    assert_int_equal(plan->eliminated, 2);
    assert_int_equal(modules_left(plan), 2);
    const wy_core_item *import = &plan->steps[1].imports[1];
    assert_int_equal(import->kind, WY_ITEM_TRAMPOLINE);
    const wy_trampoline *t = &plan->trampolines[import->index];
    assert_int_equal(t->kind, WY_TRAMPOLINE_FORWARD);
    assert_int_equal(t->core_type->param_count, 2);
    assert_int_equal(plan->funcs[t->func].index, 2);
    assert_true(wy_str_eqz(plan->funcs[t->func].name, "adapted"));
    assert_int_equal(plan->funcs[t->func].ready_after, 4);
    end(&f);
}

TEST(a_shim_stays_for_what_may_throw_and_for_that_only) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "throwing.wasm", false);
    assert_int_equal(plan->eliminated, 0);
    assert_int_equal(modules_left(plan), 4);
    const wy_plan_step *main_step = &plan->steps[1], *adapter = &plan->steps[2];
    assert_int_equal(main_step->imports[0].kind, WY_ITEM_TRAMPOLINE);
    assert_int_equal(main_step->imports[1].kind, WY_ITEM_EXPORT);
    assert_int_equal(main_step->imports[1].index, 0);
    assert_int_equal(adapter->imports[1].kind, WY_ITEM_TRAMPOLINE);
    end(&f);
}

TEST(a_shim_stays_whose_table_others_have_or_whose_functions_others_call) {
    static const char *const files[] = {"meddled.wasm", "shared.wasm"};
    for (int i = 0; i < 2; i++) {
        fixture f;
        const wy_plan *plan = plan_of(&f, files[i], false);
        assert_int_equal(plan->eliminated, 0);
        assert_int_equal(modules_left(plan), 4);
        for (uint32_t k = 0; k < plan->trampoline_count; k++)
            assert_int_equal(plan->trampolines[k].ready_after, 0);
        end(&f);
    }
}
