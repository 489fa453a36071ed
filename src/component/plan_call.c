/* Calls between components: which instances they enter, and which need no trampoline.
 *
 * A caller may be bound to the callee's core function itself where a trampoline would have nothing
 * to do: every value is passed as it is, nothing has to run afterwards, no instance is entered that
 * may be entered already, and the caller makes no call while it must not. */
#include "component/plan_build.h"
#include "component/reach.h"

#include <stdlib.h>

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
 */
static wy_err survey(plan_builder *b, bool keep) {
    b->reenters = wy_arena_calloc(b->arena, b->instance_count, 1);
    b->leaves = wy_arena_calloc(b->arena, b->instance_count, 1);
    if (!b->reenters || !b->leaves) return plan_no_memory(b);
    for (uint32_t i = 0; i < b->instance_count; i++)
        b->reenters[i] = keep;
    for (uint32_t i = 0; i < b->trampoline_count; i++) {
        const wy_trampoline *t = &b->trampolines[i];
        if (t->kind == WY_TRAMPOLINE_LOWER || t->kind == WY_TRAMPOLINE_RESOURCE_DROP)
            b->reenters[t->instance] = 1;
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

/* Functions whose code is looked at in one component: a malicious one could make that long. */
#define FOLLOWED_MAX 64

/* What is found out when it is first asked for. */
enum { UNKNOWN, NO, YES };

/* Whether calling the function leads to trampolines at most that ask for may_leave themselves. */
static bool follow(const plan_builder *b, const wy_core_item *item) {
    if (item->kind != WY_ITEM_EXPORT || b->steps[item->index].module == WY_PLAN_NONE) return false;
    const wy_plan_step *step = &b->steps[item->index];
    const wy_core_module *module = b->modules[step->module];
    bool *safe = calloc(module->import_count + 1u, sizeof *safe);
    if (!safe) return false;
    for (uint32_t i = 0; i < module->import_count; i++) {
        if (step->imports[i].kind != WY_ITEM_TRAMPOLINE) continue;
        const wy_trampoline *t = &b->trampolines[step->imports[i].index];
        safe[i] = t->kind == WY_TRAMPOLINE_LOWER ? t->callee.kind == WY_PLAN_FUNC_IMPORT
                                                 : t->kind != WY_TRAMPOLINE_FORWARD;
    }
    bool stays = false;
    for (uint32_t e = 0; e < module->export_count; e++)
        if (module->exports[e].type.kind == WY_CORE_EXTERN_FUNC &&
            wy_str_eq(module->exports[e].name, item->name))
            stays = wy_core_stays_inside(module, module->exports[e].index, safe);
    free(safe);
    return stays;
}

static bool stays_inside(plan_builder *b, uint32_t func) {
    if (func == WY_PLAN_NONE) return true;
    if (b->stays[func] == UNKNOWN)
        b->stays[func] = b->followed++ < FOLLOWED_MAX && follow(b, &b->funcs[func]) ? YES : NO;
    return b->stays[func] == YES;
}

static bool find_leaves(plan_builder *b, uint32_t instance) {
    for (uint32_t i = 0; i < b->trampoline_count; i++) {
        const wy_trampoline *t = &b->trampolines[i];
        if (t->kind == WY_TRAMPOLINE_LOWER && t->instance == instance &&
            !stays_inside(b, t->options.realloc))
            return true;
    }
    for (uint32_t i = 0; i < b->lift_count; i++) {
        const wy_plan_options *options = &b->lifts[i].options;
        if (b->lifts[i].instance == instance &&
            (!stays_inside(b, options->realloc) || !stays_inside(b, options->post_return)))
            return true;
    }
    return false;
}

/* Whether a realloc or post-return of the instance, in which it must not be left (CM: may_leave),
 * may call what another component exports. */
static bool leaves_when_closed(plan_builder *b, uint32_t instance) {
    if (b->leaves[instance] == UNKNOWN) b->leaves[instance] = find_leaves(b, instance) ? YES : NO;
    return b->leaves[instance] == YES;
}

/* What step `step` may call in place of a trampoline, or NULL. */
static const wy_core_item *target_of(plan_builder *b, const wy_trampoline *t, uint32_t step) {
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
    return leaves_when_closed(b, t->instance) ? NULL : target;
}

/* A step whose imports are all trampolines is made ready once; otherwise they are gathered for each
 * instance, which costs more than some dozens of calls save unless they are few. */
#define GATHERED_MAX 4

static bool is_made_ready(const wy_plan_step *step) {
    for (uint32_t i = 0; i < step->import_count; i++)
        if (step->imports[i].kind != WY_ITEM_TRAMPOLINE) return false;
    return step->import_count > GATHERED_MAX;
}

wy_err plan_bind_calls(plan_builder *b) {
    b->stays = wy_arena_calloc(b->arena, b->func_count, 1);
    if (!b->stays) return plan_no_memory(b);
    for (uint32_t k = 0; k < b->step_count; k++) {
        if (is_made_ready(&b->steps[k])) continue;
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
    return WY_OK;
}
