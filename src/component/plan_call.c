/* Calls between components: which instances they enter, and which need no trampoline.
 *
 * A caller may be bound to the callee's core function itself where a trampoline would have nothing
 * to do: every value is passed as it is, nothing has to run afterwards, no instance is entered that
 * may be entered already, and the caller is never closed. */
#include "component/plan_build.h"

/* --- entering --- */

wy_err plan_entering_set(plan_builder *b, uint32_t callee, uint32_t caller,
                         const uint32_t **set_out, uint32_t *count_out) {
    uint32_t count = 0, cap = 0, *set = NULL;
    for (uint32_t i = callee; i != WY_PLAN_NONE; i = b->parents[i]) {
        bool common = false;
        for (uint32_t j = caller; j != WY_PLAN_NONE && !common; j = b->parents[j])
            common = i == j;
        if (common) break;
        if (b->parents[i] != WY_PLAN_NONE && !b->reenters[b->parents[i]]) continue;
        set = wy_arena_grow(b->arena, set, count, &cap, count + 1u, sizeof *set);
        if (!set) return plan_no_memory(b);
        set[count++] = i;
    }
    *set_out = set;
    *count_out = count;
    return WY_OK;
}

/* `reenters`: instances whose children may be entered while they wait. That takes core code of the
 * instance itself that calls them: with a lowered function, or by dropping a resource. (CM:
 * Component Instances, about `may_enter` flags that are optimized out.)
 * `closes`: instances with a realloc or post-return, in which they must not be left. (CM:
 * may_leave)
 */
static wy_err survey(plan_builder *b, bool keep) {
    b->reenters = wy_arena_calloc(b->arena, b->instance_count, 1);
    b->closes = wy_arena_calloc(b->arena, b->instance_count, 1);
    if (!b->reenters || !b->closes) return plan_no_memory(b);
    for (uint32_t i = 0; i < b->instance_count; i++)
        b->reenters[i] = keep;
    for (uint32_t i = 0; i < b->trampoline_count; i++) {
        const wy_trampoline *t = &b->trampolines[i];
        if (t->kind == WY_TRAMPOLINE_LOWER || t->kind == WY_TRAMPOLINE_RESOURCE_DROP)
            b->reenters[t->instance] = 1;
        if (t->kind == WY_TRAMPOLINE_LOWER && t->options.realloc != WY_PLAN_NONE)
            b->closes[t->instance] = 1;
    }
    for (uint32_t i = 0; i < b->lift_count; i++) {
        const wy_plan_options *options = &b->lifts[i].options;
        if (options->realloc != WY_PLAN_NONE || options->post_return != WY_PLAN_NONE)
            b->closes[b->lifts[i].instance] = 1;
    }
    return WY_OK;
}

wy_err plan_find_entering(plan_builder *b, bool keep) {
    wy_err err = survey(b, keep);
    for (uint32_t i = 0; i < b->trampoline_count && !err; i++) {
        wy_trampoline *t = &b->trampolines[i];
        uint32_t callee = WY_PLAN_NONE; /* a function of the host enters nothing */
        if (t->kind != WY_TRAMPOLINE_LOWER)
            callee = b->resources[t->resource].instance; /* of the destructor */
        else if (t->callee.kind == WY_PLAN_FUNC_LIFT)
            callee = b->lifts[t->callee.index].instance;
        err = plan_entering_set(b, callee, t->instance, &t->entering, &t->entering_count);
    }
    for (uint32_t i = 0; i < b->resource_count && !err; i++) {
        wy_plan_resource *resource = &b->resources[i];
        err = plan_entering_set(b, resource->instance, WY_PLAN_NONE, &resource->entering,
                                &resource->entering_count);
    }
    return err;
}

/* --- calls without a trampoline --- */

/* Whether values of the type pass between guests as they are. */
static bool passes_as_is(const wy_type *type) {
    switch ((wy_kind)type->kind) {
    case WY_KIND_S32:
    case WY_KIND_U32:
    case WY_KIND_S64:
    case WY_KIND_U64: return true;
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (uint32_t i = 0; i < type->count; i++)
            if (!passes_as_is(type->fields[i].type)) return false;
        return true;
    case WY_KIND_BOOL:
    case WY_KIND_S8:
    case WY_KIND_U8:
    case WY_KIND_S16:
    case WY_KIND_U16:
    case WY_KIND_F32:
    case WY_KIND_F64:
    case WY_KIND_CHAR:
    case WY_KIND_STRING:
    case WY_KIND_LIST:
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT:
    case WY_KIND_FLAGS:
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
    case WY_KIND_FIXED_LIST:
    case WY_KIND_MAP:
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break;
    }
    return false;
}

/* What step `step` may call in place of a trampoline, or NULL. */
static const wy_core_item *target_of(const plan_builder *b, const wy_trampoline *t, uint32_t step) {
    if (t->kind != WY_TRAMPOLINE_LOWER || t->callee.kind != WY_PLAN_FUNC_LIFT ||
        t->entering_count || t->ready_after > step)
        return NULL;
    const wy_plan_lift *lift = &b->lifts[t->callee.index];
    const wy_type *params = &lift->type->params, *result = lift->type->result;
    const wy_core_item *target = &b->funcs[lift->func];
    if (lift->options.post_return != WY_PLAN_NONE || target->kind != WY_ITEM_EXPORT ||
        target->index >= step || target->ready_after > step)
        return NULL;
    if (params->flat_count > WY_FLAT_MAX || !passes_as_is(params)) return NULL;
    if (result && (result->flat_count > 1 || !passes_as_is(result))) return NULL;
    return b->closes[t->instance] ? NULL : target;
}

void plan_bind_calls(plan_builder *b) {
    for (uint32_t k = 0; k < b->step_count; k++) {
        wy_core_item *imports = (wy_core_item *)b->steps[k].imports;
        for (uint32_t i = 0; i < b->steps[k].import_count; i++) {
            if (imports[i].kind != WY_ITEM_TRAMPOLINE) continue;
            const wy_core_item *target = target_of(b, &b->trampolines[imports[i].index], k);
            if (!target) continue;
            imports[i] = *target;
            imports[i].ready_after = 0;
            b->direct_calls++;
        }
    }
}
