/* Trampolines: the core functions that the host makes. A guest calls a lowered import; its
 * arguments are lifted, the link's target runs, and the result is lowered; calls to another guest
 * are guest_call.c's. Also the resource built-ins (CM: canon_lower, canon_resource_*), and what
 * stands in place of a shim that the plan left out. */
#include "runtime/internal.h"

#include "abi/scalar.h"
#include "base/limits.h"

/* Room for args and result: the caller's buffer, or the call arena for large ones. */
static char *values_room(wy_instance *instance, const wy_bound *bound, char *buffer) {
    if (WY_LIKELY(bound->values_size <= WY_CALL_STACK_BYTES)) return buffer;
    return wy_arena_alloc(&instance->call_arena, bound->values_size);
}

/* --- lowered import of the host --- */

static own wy_trap *call_host(wy_instance *instance, const wy_bound *bound, wy_lift_lower_cx *cx,
                              wy_raw *values, char *room) {
    uint32_t ret_ptr = bound->spills ? (uint32_t)values[bound->param_count - 1].i32 : 0;
    wy_trap *trap = wy_abi_lift_params(cx, bound->type, values, room);
    if (WY_UNLIKELY(trap)) return trap;
    instance->unit = bound->unit;
    wy_call call = {instance->task, instance, &instance->call_arena, cx, bound->link};
    char *result = room + bound->result_offset;
    trap = bound->link->func(&call, room, result);
    if (WY_UNLIKELY(trap)) return trap;
    if (!bound->type->result) return NULL;
    return wy_abi_lower_result(cx, bound->type, result, values, ret_ptr);
}

static own wy_trap *lower_host(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)count;
    const wy_bound *bound = env;
    wy_instance *instance = wy_instance_of(caller);
    wy_trap *trap = wy_check_leave(instance, bound->trampoline);
    if (WY_UNLIKELY(trap)) return trap;
    const wy_arena_mark mark = wy_arena_here(&instance->call_arena);
    _Alignas(16) char buffer[WY_CALL_STACK_BYTES];
    char *room = values_room(instance, bound, buffer);
    if (WY_UNLIKELY(!room))
        return wy_trap_new("the values of a call pass the limit WY_MAX_CALL_ARENA");
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    wy_cx_env cx_env = {instance, &bound->trampoline->options,
                        &instance->instances[bound->trampoline->instance]};
    wy_lift_lower_cx cx;
    trap = wy_instance_cx(instance, &cx_env, &scope, bound->needs_memory, &cx);
    if (WY_LIKELY(!trap)) trap = call_host(instance, bound, &cx, values, room);
    wy_arena_rewind(&instance->call_arena, mark);
    return wy_finish_scope(&scope, trap);
}

/* The same for a function that takes and gives scalars only: there is no memory to look into and
 * nothing to lend, so that two loads and a store an argument remain of lifting. */
static own wy_trap *lower_host_scalars(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)count;
    const wy_bound *bound = env;
    wy_instance *instance = wy_instance_of(caller);
    wy_trap *trap = wy_check_leave(instance, bound->trampoline);
    if (WY_UNLIKELY(trap)) return trap;
    _Alignas(16) char args[WY_FLAT_MAX * WY_SCALAR_SIZE], result[WY_SCALAR_SIZE];
    for (uint32_t i = 0; i < bound->type->params.count; i++)
        if (WY_UNLIKELY(!wy_scalar_lift(bound->scalars[i].kind, &values[i],
                                        args + bound->scalars[i].offset)))
            return wy_char_trap((uint32_t)values[i].i32);
    instance->unit = bound->unit;
    wy_call call = {instance->task, instance, &instance->call_arena, NULL, bound->link};
    const wy_arena_mark mark = wy_arena_here(&instance->call_arena);
    trap = bound->link->func(&call, args, result);
    wy_arena_rewind(&instance->call_arena, mark);
    if (WY_UNLIKELY(trap)) return trap;
    if (bound->type->result) wy_scalar_lower(bound->type->result->kind, result, values);
    return NULL;
}

static own wy_trap *lower_missing(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)caller;
    (void)values;
    (void)count;
    const wy_bound *bound = env;
    const wy_plan_import *import =
        &bound->component->plan->imports[bound->trampoline->callee.index];
    return wy_trap_new(bound->link->kind == WY_LINK_MISSING
                           ? WY_STR_FMT "%s" WY_STR_FMT " is not implemented by this host"
                           : "the import " WY_STR_FMT "%s" WY_STR_FMT " was not met",
                       WY_STR_ARG(import->interface_name), import->interface_name.len ? "#" : "",
                       WY_STR_ARG(import->name));
}

/* --- in place of a shim --- */

static own wy_trap *forward(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    const wy_bound *bound = env;
    wy_instance *instance = wy_instance_of(caller);
    wy_trap *trap = NULL;
    const wy_core_func *func = wy_instance_func(instance, bound->trampoline->func, &trap);
    if (WY_LIKELY(func)) (void)wy_core_call(instance->context, func, values, count, &trap);
    return trap;
}

static void init_forward(wy_bound *bound) {
    const wy_core_functype *type = bound->trampoline->core_type;
    bound->callback = forward;
    bound->param_count = type->param_count;
    bound->result_count = type->result_count;
    for (uint32_t i = 0; i < type->param_count; i++)
        bound->params[i] = (uint8_t)(WY_FLAT_I32 + WY_CORE_I32 - type->params[i].kind);
    for (uint32_t i = 0; i < type->result_count; i++)
        bound->results[i] = (uint8_t)(WY_FLAT_I32 + WY_CORE_I32 - type->results[i].kind);
}

/* --- resource built-ins --- */

static own wy_trap *resource_new(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)count;
    const wy_bound *bound = env;
    wy_instance *instance = wy_instance_of(caller);
    wy_trap *trap = wy_check_leave(instance, bound->trampoline);
    uint32_t index = 0;
    if (!trap)
        trap = wy_handle_add_own(&instance->instances[bound->trampoline->instance].handles,
                                 bound->resource, (uint32_t)values[0].i32, &index);
    values[0].i32 = (int32_t)index;
    return trap;
}

static own wy_trap *resource_rep(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)count;
    const wy_bound *bound = env;
    wy_instance *instance = wy_instance_of(caller);
    wy_handle rep = 0;
    wy_trap *trap = wy_check_ready(instance, bound->trampoline);
    if (trap) return trap;
    trap = wy_handle_rep(&instance->instances[bound->trampoline->instance].handles, bound->resource,
                         (uint32_t)values[0].i32, &rep);
    values[0].i32 = (int32_t)(uint32_t)rep;
    return trap;
}

/* The destructor of a guest's resource, as a call that enters `set`. */
static own wy_trap *call_dtor(wy_instance *instance, const wy_plan_resource *item, wy_handle rep,
                              const uint32_t *set, uint32_t set_count) {
    wy_trap *trap = wy_instance_enter_set(instance, set, set_count);
    if (trap) return trap;
    if (item->dtor != WY_PLAN_NONE) {
        const wy_core_func *func = wy_instance_func(instance, item->dtor, &trap);
        if (!func) return trap;
        wy_raw values[1] = {{.i32 = (int32_t)(uint32_t)rep}};
        if (!wy_core_call(instance->context, func, values, 1, &trap)) return trap;
    }
    wy_instance_leave_set(instance, set, set_count);
    return NULL;
}

/* `env` of a drop that a guest asked for: tells who asks. */
typedef struct drop_env {
    wy_instance *instance;
    const wy_trampoline *trampoline; /* NULL: the host */
} drop_env;

own wy_trap *wy_guest_resource_drop(void *env, const wy_resource *resource, wy_handle rep) {
    const drop_env *drop = env;
    if (!drop) return NULL; /* the instance is gone, and its guests with it */
    const wy_component *component = drop->instance->component;
    const wy_plan_resource *item =
        &component->plan->resources[resource - component->resource_table];
    if (drop->trampoline)
        return call_dtor(drop->instance, item, rep, drop->trampoline->entering,
                         drop->trampoline->entering_count);
    return call_dtor(drop->instance, item, rep, item->entering, item->entering_count);
}

own wy_trap *wy_host_resource_drop(void *env, const wy_resource *resource, wy_handle rep) {
    const char *why = env && resource->host_busy ? resource->host_busy((void *)rep) : NULL;
    resource->host_drop((void *)rep);
    return why ? wy_trap_new("the " WY_STR_FMT " cannot be dropped: %s",
                             WY_STR_ARG(resource->host->name), why)
               : NULL;
}

static own wy_trap *resource_drop(void *env, wy_caller *caller, wy_raw *values, size_t count) {
    (void)count;
    const wy_bound *bound = env;
    wy_instance *instance = wy_instance_of(caller);
    wy_trap *trap = wy_check_leave(instance, bound->trampoline);
    if (trap) return trap;
    drop_env drop = {instance, bound->trampoline};
    return wy_handle_drop(&instance->instances[bound->trampoline->instance].handles,
                          bound->resource, (uint32_t)values[0].i32, &drop);
}

own wy_trap *wy_instance_drop(wy_instance *instance, const wy_type *type, wy_handle handle) {
    wy_assert(type->kind == WY_KIND_OWN);
    if (instance->poisoned)
        return wy_trap_new("cannot enter component instance: it trapped before");
    const wy_resource *resource = instance->component->resources[type->resource_index];
    drop_env drop = {instance, NULL};
    wy_trap *trap = resource->drop ? resource->drop(&drop, resource, handle) : NULL;
    if (trap) instance->poisoned = true;
    return trap;
}

/* --- binding --- */

static bool only_scalars(const wy_func_type *type) {
    for (uint32_t i = 0; i < type->params.count; i++)
        if (!wy_type_is_scalar(type->params.fields[i].type)) return false;
    return type->params.count <= WY_FLAT_MAX && (!type->result || wy_type_is_scalar(type->result));
}

static void init_scalars(wy_bound *bound, wy_core_callback callback) {
    const wy_type *params = &bound->type->params;
    for (uint32_t i = 0; i < params->count; i++) {
        bound->scalars[i].kind = params->fields[i].type->kind;
        bound->scalars[i].offset = (uint8_t)params->fields[i].offset;
    }
    bound->callback = callback;
}

static void init_lower(wy_bound *bound, const wy_component *component) {
    const wy_trampoline *t = bound->trampoline;
    const wy_func_type *type = t->callee.type;
    bound->type = type;
    if (t->callee.kind == WY_PLAN_FUNC_IMPORT) {
        bound->link = &component->links[t->callee.index];
        bound->unit = component->plan->imports[t->callee.index].unit;
        bound->callback = bound->link->kind == WY_LINK_HOST ? lower_host : lower_missing;
        if (bound->link->kind == WY_LINK_HOST && only_scalars(type))
            init_scalars(bound, lower_host_scalars);
    } else {
        bound->lift = &component->plan->lifts[t->callee.index];
        bound->callback = wy_lower_guest;
        if (only_scalars(type)) init_scalars(bound, wy_lower_guest_scalars);
    }
    bound->spills = wy_abi_result_spills(type);
    bound->needs_memory = bound->spills || wy_abi_params_spill(type) ||
                          (type->params.attrs & WY_TYPE_POINTER) ||
                          (type->result && (type->result->attrs & WY_TYPE_POINTER));
    uint32_t offset = (type->params.size + 15) & ~15u;
    bound->result_offset = offset;
    bound->values_size = offset + (type->result ? type->result->size : 0);
    wy_abi_core_type(type, WY_CORE_LOWER, bound->params, &bound->param_count, bound->results,
                     &bound->result_count);
}

void wy_bound_init(wy_bound *bound, const wy_component *component, uint32_t index) {
    const wy_trampoline *t = &component->plan->trampolines[index];
    *bound = (wy_bound){.component = component, .trampoline = t};
    if (t->kind == WY_TRAMPOLINE_LOWER) {
        init_lower(bound, component);
        return;
    }
    if (t->kind == WY_TRAMPOLINE_FORWARD) {
        init_forward(bound);
        return;
    }
    bound->resource = &component->resource_table[t->resource];
    bound->params[0] = bound->results[0] = WY_FLAT_I32;
    bound->param_count = 1;
    bound->result_count = t->kind == WY_TRAMPOLINE_RESOURCE_DROP ? 0 : 1;
    bound->callback = t->kind == WY_TRAMPOLINE_RESOURCE_NEW    ? resource_new
                      : t->kind == WY_TRAMPOLINE_RESOURCE_DROP ? resource_drop
                                                               : resource_rep;
}
