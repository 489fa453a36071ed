/* Calls between components: which lose their trampoline, and whom they enter. */
#include "component/testing.h"

TEST(numbers_go_straight_from_a_caller_that_does_not_leave_while_closed) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "direct.wasm", false);
    assert_int_equal(plan->direct_calls, 2);
    assert_int_equal(plan->step_count, 5);
    const wy_core_item *imports = plan->steps[1].imports;
    assert_int_equal(imports[0].kind, WY_ITEM_EXPORT);
    assert_int_equal(imports[0].index, 0);
    assert_true(wy_str_eqz(imports[0].name, "add"));
    assert_int_equal(imports[1].kind, WY_ITEM_TRAMPOLINE);                /* a bool */
    assert_int_equal(plan->steps[2].imports[0].kind, WY_ITEM_EXPORT);     /* realloc stays inside */
    assert_int_equal(plan->steps[3].imports[0].kind, WY_ITEM_TRAMPOLINE); /* it leaves */
    assert_int_equal(plan->steps[4].imports[0].kind, WY_ITEM_TRAMPOLINE); /* it may */
    end(&f);
}

TEST(only_the_root_is_entered_where_no_parent_calls_its_children) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "direct.wasm", false);
    for (uint32_t i = 0; i < plan->trampoline_count; i++)
        assert_int_equal(plan->trampolines[i].entering_count, 0);
    assert_int_equal(plan->exports[0].entering_count, 1);
    assert_int_equal(plan->exports[0].entering[0], 0);
    end(&f);
}

TEST(nothing_is_left_out_when_asked) {
    fixture f;
    const wy_plan *plan = plan_of(&f, "direct.wasm", true);
    assert_int_equal(plan->direct_calls, 0);
    for (uint32_t i = 0; i < plan->trampoline_count; i++)
        assert_int_equal(plan->trampolines[i].entering_count, 1);
    assert_int_equal(plan->exports[0].entering_count, 2);
    end(&f);
}
