/* What component.c, link.c, trampoline.c and instance.c share. */
#ifndef WY_RUNTIME_INTERNAL_H
#define WY_RUNTIME_INTERNAL_H

#include "base/map.h"
#include "runtime/component.h"
#include "runtime/instance.h"

/* A trampoline of the plan, made ready to be called: everything a call needs that does not depend
 * on the instance. */
typedef struct wy_bound {
    const wy_component *component;
    const wy_trampoline *trampoline;
    const wy_func_type *type;    /* LOWER: as the plan (the caller) has it */
    const wy_link *link;         /* LOWER of an import */
    uint32_t unit;               /* LOWER of an import: whose */
    const wy_plan_lift *lift;    /* LOWER of a lift */
    const wy_resource *resource; /* RESOURCE_* */
    wy_core_callback callback;
    bool needs_memory;      /* the call may look into linear memory */
    bool spills;            /* the result goes through a pointer, the last core parameter */
    uint32_t values_size;   /* args and result structs together */
    uint32_t result_offset; /* of the result struct behind the args struct */
    uint8_t params[WY_FLAT_MAX + 1], results[1];
    struct {
        uint8_t kind, offset; /* wy_kind; in the args struct */
    } scalars[WY_FLAT_MAX];   /* LOWER of what takes and gives only scalars */
    size_t param_count, result_count;
    wy_str key; /* its name in wy_component.trampolines; empty: it is in none */
} wy_bound;

/* How a step's module is instantiated. */
typedef struct wy_bound_step {
    wy_instance_pre *pre; /* every import is a trampoline; NULL: imports are gathered each time */
} wy_bound_step;

struct wy_code {
    wy_arena arena;       /* plan, modules */
    wy_arena types_arena; /* AST, types, and what making the plan took */
    wy_engine *engine;
    const wy_component_types *types; /* NULL: dropped */
    const wy_plan *plan;
    uint32_t provider_count;
    wy_module **modules; /* NULL until a component was linked; those of no step stay NULL */
};

struct wy_component {
    wy_arena arena; /* the arrays below */
    wy_engine *engine;
    wy_str name;
    wy_code *code;
    bool owns_code;
    const wy_plan *plan; /* the code's, as are the modules */
    wy_module **modules;
    wy_link *links;                /* by import */
    wy_resource *resource_table;   /* by resource */
    const wy_resource **resources; /* the same as pointers, for lift and lower */
    wy_bound *bound;               /* by trampoline */
    wy_bound_step *steps;
    wy_linker **linkers;    /* that the steps' instance_pres came from */
    wy_linker *trampolines; /* those that are taken one by one */
    wy_module *carrier;     /* exports them; NULL: they are few, and come from the linker */
    wy_instance_pre *carrier_pre;
    const void *settings[WY_SLOT_COUNT];
    const wy_provider_settings *provider_settings; /* of those that provide imports */
    uint64_t memory_bytes_max, table_elements_max;
};

/* A component instance inside an instance (CM: ComponentInstance). */
typedef struct wy_component_instance {
    wy_handle_table handles;
    bool may_enter, may_leave;
} wy_component_instance;

typedef struct wy_func_slot {
    wy_core_func func;
    bool found;
} wy_func_slot;

typedef struct wy_memory_slot {
    wy_core_memory memory;
    uint8_t *base; /* memories never move */
    size_t size;   /* when it was looked at last: it may have grown since */
    bool found;
} wy_memory_slot;

typedef struct wy_slot_state {
    void *state;
    void (*free_state)(void *state); /* NULL: there is no state */
} wy_slot_state;

struct wy_instance {
    const wy_component *component;
    wy_engine *engine;
    wy_store *store;
    wy_context *context; /* of the task that runs it */
    wy_task *task;
    void *owner; /* as whoever made it says; NULL: nobody did */
    wy_store_limits limits;
    wy_arena arena;      /* as long as the instance */
    wy_arena call_arena; /* each call gives back what it took when it is over */
    uint32_t steps_done;
    bool had_no_room;    /* the engine's pools were full when a step was carried out */
    wy_trap *early_trap; /* of a step carried out ahead; wy_instance_start reports it */
    bool poisoned;
    wy_core_instance *core;           /* by step */
    wy_core_instance carrier;         /* where its component has one */
    wy_component_instance *instances; /* by component instance */
    wy_func_slot *funcs;
    wy_memory_slot *memories;
    uint32_t unit; /* whose call of the host is running: 0: the root's, k: provider k - 1's */
    wy_slot_state states[WY_SLOT_COUNT];
    wy_slot_state *provider_states; /* WY_SLOT_COUNT for each provider; NULL: there is none */
};

/* Where lifting or lowering works: the env of a wy_lift_lower_cx. */
typedef struct wy_cx_env {
    wy_instance *instance;
    const wy_plan_options *options;
    wy_component_instance *component_instance;
} wy_cx_env;

/* trampoline.c */
void wy_bound_init(wy_bound *bound, const wy_component *component, uint32_t index);
static inline wy_instance *wy_instance_of(wy_caller *caller) {
    return wy_context_data(wy_caller_context(caller));
}
static inline own wy_trap *wy_check_ready(const wy_instance *instance, const wy_trampoline *t) {
    if (WY_UNLIKELY(instance->steps_done < t->ready_after))
        return wy_trap_new("an import was called before the component was linked");
    return NULL;
}
/* What every lowered function asks first. */
static inline own wy_trap *wy_check_leave(const wy_instance *instance, const wy_trampoline *t) {
    if (WY_UNLIKELY(!instance->instances[t->instance].may_leave))
        return wy_trap_new("cannot leave component instance");
    return wy_check_ready(instance, t);
}
/* The end of a call that went well, or trapped. */
static inline own wy_trap *wy_finish_scope(wy_call_scope *scope, own wy_trap *trap) {
    if (WY_LIKELY(!trap)) return wy_call_scope_end(scope);
    wy_call_scope_abandon(scope);
    return trap;
}
/* The end of a guest's resource: a full call of its destructor. */
own wy_trap *wy_guest_resource_drop(void *env, const wy_resource *resource, wy_handle rep);
/* The end of a host's resource. */
own wy_trap *wy_host_resource_drop(void *env, const wy_resource *resource, wy_handle rep);

/* guest_call.c: the callback of a LOWER of a lift; and where all its values are scalars. */
own wy_trap *wy_lower_guest(void *env, wy_caller *caller, wy_raw *values, size_t count);
own wy_trap *wy_lower_guest_scalars(void *env, wy_caller *caller, wy_raw *values, size_t count);

/* instance.c */
const wy_core_func *wy_instance_func(wy_instance *instance, uint32_t index, own wy_trap **trap_out);
/* Fills `cx` for options of a component instance. */
own wy_trap *wy_instance_cx(wy_instance *instance, wy_cx_env *env, wy_call_scope *scope,
                            bool needs_memory, wy_lift_lower_cx *cx) WY_MUST_USE;
/* CM: enter_from, leave_to. */
own wy_trap *wy_instance_enter_set(wy_instance *instance, const uint32_t *set,
                                   uint32_t count) WY_MUST_USE;
void wy_instance_leave_set(wy_instance *instance, const uint32_t *set, uint32_t count);

own wy_trap *wy_lift_post_return(wy_instance *instance, const wy_plan_lift *lift,
                                 const wy_raw *core) WY_MUST_USE;

#define WY_CALL_STACK_BYTES 512 /* args and result structs up to this size lie on the stack */

#endif
