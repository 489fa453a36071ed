/* Any valid component: a plan, the same with shims kept and eliminated as far as the host sees it,
 * in which every index points to something and every import of a step is made before it. */
#include "component/decode.h"
#include "component/plan.h"
#include "component/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IS_INDEX(i, count) wy_assert((i) < (count))
#define IS_INDEX_OR_NONE(i, count) wy_assert((i) == WY_PLAN_NONE || (i) < (count))

static void check_item(const wy_plan *plan, const wy_core_item *item, uint32_t steps_before) {
    if (item->kind == WY_ITEM_TRAMPOLINE) {
        IS_INDEX(item->index, plan->trampoline_count);
        return;
    }
    IS_INDEX(item->index, steps_before);
    wy_assert(plan->steps[item->index].module != WY_PLAN_NONE);
    wy_assert(item->ready_after <= plan->step_count);
}

static void check_func(const wy_plan *plan, const wy_plan_func *func) {
    IS_INDEX(func->index,
             func->kind == WY_PLAN_FUNC_IMPORT ? plan->import_count : plan->lift_count);
    wy_assert(func->type);
}

static void check_options(const wy_plan *plan, const wy_plan_options *options) {
    IS_INDEX_OR_NONE(options->memory, plan->memory_count);
    IS_INDEX_OR_NONE(options->realloc, plan->func_count);
    IS_INDEX_OR_NONE(options->post_return, plan->func_count);
}

static void check_entering(const wy_plan *plan, const uint32_t *entering, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        IS_INDEX(entering[i], plan->instance_count);
}

static void check_steps(const wy_plan *plan) {
    for (uint32_t s = 0; s < plan->step_count; s++) {
        const wy_plan_step *step = &plan->steps[s];
        IS_INDEX_OR_NONE(step->module, plan->module_count);
        IS_INDEX_OR_NONE(step->start, plan->func_count);
        if (step->module != WY_PLAN_NONE)
            wy_assert(step->import_count == plan->modules[step->module]->import_count);
        for (uint32_t i = 0; i < step->import_count; i++)
            check_item(plan, &step->imports[i], s);
    }
    for (uint32_t i = 0; i < plan->func_count; i++)
        check_item(plan, &plan->funcs[i], plan->step_count);
    for (uint32_t i = 0; i < plan->memory_count; i++)
        check_item(plan, &plan->memories[i], plan->step_count);
}

static void check_functions(const wy_plan *plan) {
    for (uint32_t i = 0; i < plan->trampoline_count; i++) {
        const wy_trampoline *t = &plan->trampolines[i];
        IS_INDEX(t->instance, plan->instance_count);
        check_entering(plan, t->entering, t->entering_count);
        if (t->kind == WY_TRAMPOLINE_LOWER) {
            check_options(plan, &t->options);
            check_func(plan, &t->callee);
        } else if (t->kind == WY_TRAMPOLINE_FORWARD) {
            IS_INDEX(t->func, plan->func_count);
        } else {
            IS_INDEX(t->resource, plan->resource_count);
        }
    }
    for (uint32_t i = 0; i < plan->lift_count; i++) {
        const wy_plan_lift *lift = &plan->lifts[i];
        IS_INDEX(lift->func, plan->func_count);
        IS_INDEX(lift->instance, plan->instance_count);
        check_options(plan, &lift->options);
        wy_assert(lift->type);
    }
    for (uint32_t i = 0; i < plan->resource_count; i++) {
        const wy_plan_resource *resource = &plan->resources[i];
        IS_INDEX_OR_NONE(resource->import, plan->import_count);
        IS_INDEX_OR_NONE(resource->dtor, plan->func_count);
        if (resource->import == WY_PLAN_NONE) IS_INDEX(resource->instance, plan->instance_count);
        check_entering(plan, resource->entering, resource->entering_count);
    }
}

static void check_exports(const wy_plan *plan, const wy_plan_export *exports, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (exports[i].sort == WY_SORT_FUNC) check_func(plan, &exports[i].func);
        if (exports[i].sort == WY_SORT_TYPE)
            IS_INDEX_OR_NONE(exports[i].resource, plan->resource_count);
        check_entering(plan, exports[i].entering, exports[i].entering_count);
        check_exports(plan, exports[i].exports, exports[i].export_count);
    }
}

static const wy_plan *plan_of(wy_arena *arena, const wy_component_ast *ast, bool keep_shims,
                              wy_err *err) {
    wy_diag diag;
    wy_diag_init(&diag);
    const wy_plan *plan = NULL;
    *err = wy_plan_make(arena, ast, &(wy_plan_config){.keep_shims = keep_shims}, &plan, &diag);
    wy_assert((plan != NULL) == (*err == WY_OK) && *err == diag.err);
    if (!plan) return NULL;
    check_steps(plan);
    check_functions(plan);
    check_exports(plan, plan->exports, plan->export_count);
    for (uint32_t i = 1; i < plan->instance_count; i++)
        IS_INDEX_OR_NONE(plan->parents[i], i);
    return plan;
}

static void check(wy_arena *arena, const uint8_t *data, size_t size) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_component_ast *ast;
    const wy_component_types *types;
    if (wy_component_decode(arena, data, size, &ast, &diag) ||
        wy_component_validate(arena, ast, &types, &diag))
        return;
    wy_err kept_err, err;
    const wy_plan *kept = plan_of(arena, ast, true, &kept_err);
    const wy_plan *plan = plan_of(arena, ast, false, &err);
    if (!kept || !plan) {
        wy_assert(kept_err == err || err == WY_LIMIT || kept_err == WY_LIMIT);
        return;
    }
    wy_assert(kept->eliminated == 0);
    wy_assert(kept->import_count == plan->import_count);
    wy_assert(kept->resource_count == plan->resource_count);
    wy_assert(kept->export_count == plan->export_count);
    wy_assert(kept->step_count == plan->step_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)256 << 20);
    check(&arena, data, size);
    wy_arena_deinit(&arena);
    return 0;
}
