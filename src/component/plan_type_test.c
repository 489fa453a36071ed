/* Types of a plan: above WASI 0.2 they are described, although nothing can run them. */
#include "base/limits.h"
#include "base/test.h"
#include "component/decode.h"
#include "component/plan.h"
#include "component/validate.h"

#include <stdio.h>

static void assert_prints(const wy_type *type, const char *text) {
    wy_buf buf;
    wy_buf_init(&buf, 1000);
    wy_type_print(&buf, type);
    assert_string_equal(buf.ptr, text);
    wy_buf_deinit(&buf);
}

static void check(const wy_plan *plan) {
    assert_int_equal(plan->import_count, 2);
    const wy_func_type *f = plan->imports[0].type, *g = plan->imports[1].type;
    assert_true(f->is_async && !g->is_async);
    assert_prints(f->params.fields[0].type, "map<string, u32>");
    assert_prints(f->params.fields[1].type, "list<u16, 3>");
    assert_prints(f->params.fields[2].type, "stream<u8>");
    assert_prints(f->params.fields[3].type, "future");
    assert_prints(f->result, "future<list<string>>");
    assert_prints(g->params.fields[0].type, "error-context");
    assert_prints(g->result, "stream");
}

/* Also of a copy, when neither the bytes nor what the plan was made of are there any more. */
TEST(types_of_proposals_are_described) {
    uint8_t bytes[1024];
    FILE *in = fopen(WITHY_SOURCE_DIR "/tests/data/component/later.wasm", "rb");
    assert_non_null(in);
    size_t len = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    wy_arena arena;
    wy_diag diag;
    wy_component_ast *ast;
    const wy_component_types *types;
    const wy_plan *plan;
    const wy_plan_config config = {0};
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_diag_init(&diag);
    assert_int_equal(wy_component_decode(&arena, bytes, len, &ast, &diag), WY_OK);
    assert_int_equal(wy_component_validate(&arena, ast, &types, &diag), WY_UNSUPPORTED);
    unsigned all =
        WY_PROPOSAL_ASYNC | WY_PROPOSAL_MAP | WY_PROPOSAL_FIXED_LISTS | WY_PROPOSAL_ERROR_CONTEXT;
    assert_int_equal(wy_component_validate_with(&arena, ast, all, &types, &diag), WY_OK);
    assert_int_equal(wy_plan_make(&arena, ast, &config, &plan, &diag), WY_OK);

    check(plan);

    wy_arena kept;
    const wy_plan *copy;
    wy_arena_init(&kept, WY_MAX_COMPONENT_ARENA);
    assert_int_equal(wy_plan_copy(&kept, plan, &copy, &diag), WY_OK);
    wy_str name = plan->imports[0].name;
    char expected[64];
    snprintf(expected, sizeof expected, WY_STR_FMT, WY_STR_ARG(name));
    wy_arena_deinit(&arena);
    memset(bytes, 0xff, sizeof bytes);
    check(copy);
    assert_true(wy_str_eqz(copy->imports[0].name, expected));
    wy_arena_deinit(&kept);
}
