/* Calls between components: which lose their trampoline, and whom they enter. */
#include "base/test.h"
#include "component/decode.h"
#include "component/plan.h"
#include "component/validate.h"

#include <stdio.h>

typedef struct fixture {
    wy_arena arena;
    uint8_t bytes[4096];
    const wy_plan *plan;
} fixture;

static const wy_plan *plan_of(fixture *f, bool keep) {
    FILE *in = fopen(WITHY_SOURCE_DIR "/tests/data/component/direct.wasm", "rb");
    assert_non_null(in);
    size_t len = fread(f->bytes, 1, sizeof f->bytes, in);
    fclose(in);
    wy_arena_init(&f->arena, 1 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    wy_component_ast *ast;
    const wy_component_types *types;
    wy_plan_config config = {.keep_shims = keep};
    assert_int_equal(wy_component_decode(&f->arena, f->bytes, len, &ast, &diag), WY_OK);
    assert_int_equal(wy_component_validate(&f->arena, ast, &types, &diag), WY_OK);
    assert_int_equal(wy_plan_make(&f->arena, ast, &config, &f->plan, &diag), WY_OK);
    return f->plan;
}

TEST(numbers_go_straight_from_a_caller_that_does_not_leave_while_closed) {
    fixture f;
    const wy_plan *plan = plan_of(&f, false);
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
    wy_arena_deinit(&f.arena);
}

TEST(only_the_root_is_entered_where_no_parent_calls_its_children) {
    fixture f;
    const wy_plan *plan = plan_of(&f, false);
    for (uint32_t i = 0; i < plan->trampoline_count; i++)
        assert_int_equal(plan->trampolines[i].entering_count, 0);
    assert_int_equal(plan->exports[0].entering_count, 1);
    assert_int_equal(plan->exports[0].entering[0], 0);
    wy_arena_deinit(&f.arena);
}

TEST(nothing_is_left_out_when_asked) {
    fixture f;
    const wy_plan *plan = plan_of(&f, true);
    assert_int_equal(plan->direct_calls, 0);
    for (uint32_t i = 0; i < plan->trampoline_count; i++)
        assert_int_equal(plan->trampolines[i].entering_count, 1);
    assert_int_equal(plan->exports[0].entering_count, 2);
    wy_arena_deinit(&f.arena);
}
