/* Guest calls guest: a lowered import whose target is a function that another component of the same
 * instance lifts. Values go straight from the one's memory and table to the other's (abi/copy.c).
 * (CM: canon_lower of a canon_lift) */
#include "runtime/internal.h"

#include "abi/scalar.h"
#include "base/limits.h"

/* `from` is the caller's side, `to` the callee's; they share the scope. */
static own wy_trap *call(wy_instance *instance, const wy_bound *bound, wy_lift_lower_cx *from,
                         wy_lift_lower_cx *to, wy_raw *values) {
    const wy_plan_lift *lift = bound->lift;
    const uint32_t ret_ptr = bound->spills ? (uint32_t)values[bound->param_count - 1].i32 : 0;
    wy_trap *trap = NULL;
    const wy_core_func *func = wy_instance_func(instance, lift->func, &trap);
    if (WY_UNLIKELY(!func)) return trap;
    wy_raw core[WY_FLAT_MAX + 1];
    trap = wy_abi_copy_params(from, to, bound->type, values, core);
    if (WY_UNLIKELY(trap)) return trap;
    if (WY_UNLIKELY(!wy_core_call(instance->context, func, core, WY_FLAT_MAX, &trap))) return trap;
    /* CM: Task.return_: before the caller sees anything of the result. */
    if (WY_UNLIKELY(from->scope->borrows)) return wy_call_scope_settle(from->scope);
    if (bound->type->result) {
        trap = wy_abi_copy_result(to, from, bound->type, core, values, ret_ptr);
        if (WY_UNLIKELY(trap)) return trap;
    }
    return wy_lift_post_return(instance, lift, core);
}

/* Scalars only: there is no memory to look into, and nothing to lend. */
static own wy_trap *call_scalars(wy_instance *instance, const wy_bound *bound, wy_raw *values) {
    const wy_plan_lift *lift = bound->lift;
    wy_trap *trap = NULL;
    const wy_core_func *func = wy_instance_func(instance, lift->func, &trap);
    if (WY_UNLIKELY(!func)) return trap;
    _Alignas(8) char scalar[WY_SCALAR_SIZE];
    wy_raw core[WY_FLAT_MAX];
    for (uint32_t i = 0; i < bound->type->params.count; i++) {
        const uint8_t kind = bound->scalars[i].kind;
        if (WY_UNLIKELY(!wy_scalar_lift(kind, &values[i], scalar)))
            return wy_char_trap((uint32_t)values[i].i32);
        wy_scalar_lower(kind, scalar, &core[i]);
    }
    if (WY_UNLIKELY(!wy_core_call(instance->context, func, core, WY_FLAT_MAX, &trap))) return trap;
    if (bound->type->result) {
        const uint8_t kind = bound->type->result->kind;
        if (WY_UNLIKELY(!wy_scalar_lift(kind, &core[0], scalar)))
            return wy_char_trap((uint32_t)core[0].i32);
        wy_scalar_lower(kind, scalar, &values[0]);
    }
    return wy_lift_post_return(instance, lift, core);
}

own wy_trap *wy_lower_guest_scalars(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)count;
    const wy_bound *bound = env;
    const wy_trampoline *t = bound->trampoline;
    wy_instance *instance = wy_instance_of(caller);
    wy_trap *trap = wy_check_leave(instance, t);
    if (WY_LIKELY(!trap)) trap = wy_instance_enter_set(instance, t->entering, t->entering_count);
    if (WY_LIKELY(!trap)) trap = call_scalars(instance, bound, values);
    if (WY_LIKELY(!trap)) wy_instance_leave_set(instance, t->entering, t->entering_count);
    return trap;
}

own wy_trap *wy_lower_guest(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)count;
    const wy_bound *bound = env;
    const wy_trampoline *t = bound->trampoline;
    wy_instance *instance = wy_instance_of(caller);
    wy_trap *trap = wy_check_leave(instance, t);
    if (WY_LIKELY(!trap)) trap = wy_instance_enter_set(instance, t->entering, t->entering_count);
    if (WY_UNLIKELY(trap)) return trap;
    wy_call_scope scope; /* the caller's lends and the callee's borrow handles */
    wy_call_scope_init(&scope);
    wy_cx_env from_env = {instance, &t->options, &instance->instances[t->instance]};
    wy_cx_env to_env = {instance, &bound->lift->options,
                        &instance->instances[bound->lift->instance]};
    wy_lift_lower_cx from, to;
    trap = wy_instance_cx(instance, &from_env, &scope, bound->needs_memory, &from);
    if (WY_LIKELY(!trap))
        trap = wy_instance_cx(instance, &to_env, &scope, bound->needs_memory, &to);
    if (WY_LIKELY(!trap)) trap = call(instance, bound, &from, &to, values);
    trap = wy_finish_scope(&scope, trap);
    if (WY_LIKELY(!trap)) wy_instance_leave_set(instance, t->entering, t->entering_count);
    return trap;
}
