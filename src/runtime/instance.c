/* Instances: a store, the core instances of the plan's steps, handle tables, and calls in. */
#include "runtime/internal.h"

#include "base/limits.h"

#include <stdlib.h>

#define INSTANCE_ARENA_MAX ((size_t)64 << 20)

static void start_early(wy_instance *instance);

static size_t align16(size_t size) {
    return (size + 15) & ~(size_t)15;
}

static wy_err instance_make(const wy_component *component, wy_engine *engine,
                            own wy_instance **instance_out, wy_diag *diag) {
    const wy_plan *plan = component->plan;
    size_t core_at = align16(sizeof(wy_instance));
    size_t instances_at = core_at + align16(plan->step_count * sizeof(wy_core_instance));
    size_t funcs_at = instances_at + align16(plan->instance_count * sizeof(wy_component_instance));
    size_t memories_at = funcs_at + align16(plan->func_count * sizeof(wy_func_slot));
    size_t states_at = memories_at + align16(plan->memory_count * sizeof(wy_memory_slot));
    uint32_t provider_count = component->code->provider_count;
    size_t size = states_at + provider_count * WY_SLOT_COUNT * sizeof(wy_slot_state);
    char *block = calloc(1, size);
    if (!block) return wy_diag_set(diag, WY_NOMEM, "out of memory for an instance");
    wy_instance *instance = (wy_instance *)(void *)block;
    instance->component = component;
    instance->engine = engine;
    instance->core = (void *)(block + core_at);
    instance->instances = (void *)(block + instances_at);
    instance->funcs = (void *)(block + funcs_at);
    instance->memories = (void *)(block + memories_at);
    if (provider_count) instance->provider_states = (void *)(block + states_at);
    instance->limits.memory_bytes_max = component->memory_bytes_max;
    instance->limits.table_elements_max = component->table_elements_max;
    wy_arena_init(&instance->arena, INSTANCE_ARENA_MAX);
    wy_arena_init(&instance->call_arena, WY_MAX_CALL_ARENA);
    for (uint32_t i = 0; i < plan->instance_count; i++) {
        wy_handle_table_init(&instance->instances[i].handles);
        instance->instances[i].may_enter = true;
        instance->instances[i].may_leave = true;
    }
    wy_err err = wy_store_new(engine, instance, &instance->limits, &instance->store);
    if (err) {
        free(block);
        return wy_diag_set(diag, err, "the engine could not make a store");
    }
    instance->context = wy_store_context(instance->store);
    start_early(instance);
    *instance_out = instance;
    return WY_OK;
}

wy_err wy_instance_new(const wy_component *component, wy_engine *engine,
                       own wy_instance **instance_out, wy_diag *diag) {
    wy_err err = instance_make(component, engine, instance_out, diag);
    if (WY_LIKELY(err || !(*instance_out)->had_no_room)) return err;
    if (!wy_engine_has_room_elsewhere(engine, (*instance_out)->store)) return WY_OK;
    wy_instance_free(*instance_out);
    return instance_make(component, engine, instance_out, diag);
}

static void free_states(wy_slot_state *states, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (states[i].free_state) states[i].free_state(states[i].state);
}

void wy_instance_free(own wy_instance *instance) {
    if (!instance) return;
    for (uint32_t i = instance->component->plan->instance_count; i-- > 0;)
        wy_handle_table_deinit(&instance->instances[i].handles, NULL);
    free_states(instance->states, WY_SLOT_COUNT);
    if (instance->provider_states)
        free_states(instance->provider_states,
                    (size_t)instance->component->code->provider_count * WY_SLOT_COUNT);
    wy_trap_free(instance->early_trap);
    wy_store_free(instance->store);
    wy_arena_deinit(&instance->arena);
    wy_arena_deinit(&instance->call_arena);
    free(instance);
}

/* --- small questions --- */

wy_store *wy_instance_store(wy_instance *instance) {
    return instance->store;
}

const wy_component *wy_instance_component(const wy_instance *instance) {
    return instance->component;
}

void wy_instance_enter(wy_instance *instance, wy_task *task, wy_context *context) {
    instance->task = task;
    instance->context = context;
}

void wy_instance_set_owner(wy_instance *instance, void *owner) {
    instance->owner = owner;
}

void *wy_instance_owner(const wy_instance *instance) {
    return instance->owner;
}

bool wy_instance_poisoned(const wy_instance *instance) {
    return instance->poisoned;
}

const void *wy_instance_settings(const wy_instance *instance, wy_slot slot) {
    wy_assert(slot < WY_SLOT_COUNT);
    const wy_component *component = instance->component;
    return instance->unit ? component->provider_settings[instance->unit - 1].settings[slot]
                          : component->settings[slot];
}

static wy_slot_state *slot_state(const wy_instance *instance, wy_slot slot) {
    wy_assert(slot < WY_SLOT_COUNT);
    if (instance->unit == 0) return (wy_slot_state *)&instance->states[slot];
    return &instance->provider_states[(instance->unit - 1) * WY_SLOT_COUNT + (uint32_t)slot];
}

void *wy_instance_state(const wy_instance *instance, wy_slot slot) {
    return slot_state(instance, slot)->state;
}

void wy_instance_set_state(wy_instance *instance, wy_slot slot, void *state,
                           void (*free_state)(void *state)) {
    wy_slot_state *at = slot_state(instance, slot);
    wy_assert(!at->state);
    *at = (wy_slot_state){state, free_state};
}

wy_arena *wy_instance_arena(wy_instance *instance) {
    return &instance->arena;
}

void wy_instance_print_trap(const wy_instance *instance, const wy_trap *trap, wy_buf *buf) {
    if (instance->limits.hit == 1)
        wy_buf_printf(buf,
                      "the memory limit of %llu bytes for all memories of an instance was "
                      "reached; then: ",
                      (unsigned long long)instance->limits.memory_bytes_max);
    else if (instance->limits.hit == 2)
        wy_buf_printf(buf,
                      "the limit of %llu elements for all tables of an instance was reached; "
                      "then: ",
                      (unsigned long long)instance->limits.table_elements_max);
    wy_trap_print(trap, buf, 32);
}

/* --- items --- */

static bool find_item(wy_instance *instance, const wy_core_item *item, wy_extern *extern_out) {
    if (item->kind == WY_ITEM_EXPORT)
        return item->index < instance->steps_done && item->ready_after <= instance->steps_done &&
               wy_core_instance_export(instance->context, &instance->core[item->index], item->name,
                                       extern_out);
    const wy_component *component = instance->component;
    wy_str key = component->bound[item->index].key;
    return component->carrier
               ? wy_core_instance_export(instance->context, &instance->carrier, key, extern_out)
               : wy_linker_get(component->trampolines, instance->context, WY_STR(""), key,
                               extern_out);
}

const wy_core_func *wy_instance_func(wy_instance *instance, uint32_t index,
                                     own wy_trap **trap_out) {
    wy_func_slot *slot = &instance->funcs[index];
    if (WY_LIKELY(slot->found)) return &slot->func;
    wy_extern item;
    if (!find_item(instance, &instance->component->plan->funcs[index], &item) ||
        !wy_extern_func(&item, &slot->func)) {
        *trap_out = wy_trap_new("a function was called before the component was linked");
        return NULL;
    }
    slot->found = true;
    return &slot->func;
}

static wy_memory_slot *find_memory(wy_instance *instance, uint32_t index) {
    wy_memory_slot *slot = &instance->memories[index];
    if (WY_LIKELY(slot->found)) return slot;
    wy_extern item;
    if (!find_item(instance, &instance->component->plan->memories[index], &item) ||
        !wy_extern_memory(&item, &slot->memory))
        return NULL;
    slot->base = wy_memory_data(instance->context, &slot->memory);
    slot->size = wy_memory_size(instance->context, &slot->memory);
    slot->found = true;
    return slot;
}

static own wy_trap *call_realloc(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size,
                                 uint32_t align, uint32_t new_size, uint64_t *ptr_out) {
    wy_cx_env *env = cx->env;
    wy_instance *instance = env->instance;
    wy_trap *trap = NULL;
    const wy_core_func *func = wy_instance_func(instance, env->options->realloc, &trap);
    if (!func) return trap;
    wy_raw values[4] = {{.i32 = (int32_t)(uint32_t)old_ptr},
                        {.i32 = (int32_t)old_size},
                        {.i32 = (int32_t)align},
                        {.i32 = (int32_t)new_size}};
    env->component_instance->may_leave = false;
    bool ok = wy_core_call(instance->context, func, values, 4, &trap);
    env->component_instance->may_leave = true;
    if (!ok) return trap;
    *ptr_out = (uint32_t)values[0].i32;
    return NULL;
}

static size_t memory_size_now(wy_lift_lower_cx *cx) {
    const wy_cx_env *env = cx->env;
    wy_memory_slot *slot = &env->instance->memories[env->options->memory];
    return slot->size = wy_memory_size(env->instance->context, &slot->memory);
}

own wy_trap *wy_instance_cx(wy_instance *instance, wy_cx_env *env, wy_call_scope *scope,
                            bool needs_memory, wy_lift_lower_cx *cx) {
    const wy_plan_options *options = env->options;
    /* Field by field, and every one of them: this is on the way of each host call, and a literal
     * would be cleared with a string instruction that costs more than all the stores. */
    cx->memory = NULL;
    cx->memory_size = 0;
    cx->memory_size_now = NULL;
    cx->is_64 = false; /* the validator refuses memories with 64-bit addresses */
    cx->encoding = options->encoding;
    cx->host_encoding = WY_ENCODING_UTF8;
    cx->instance = (uint32_t)(env->component_instance - instance->instances);
    cx->realloc = options->realloc == WY_PLAN_NONE ? NULL : call_realloc;
    cx->env = env;
    cx->handles = &env->component_instance->handles;
    cx->resources = instance->component->resources;
    cx->scope = scope;
    cx->arena = &instance->call_arena;
    cx->reserved_ptr = 0;
    cx->reserved_len = 0;
    cx->owns_lowered = 0;
    if (needs_memory && options->memory != WY_PLAN_NONE) {
        wy_memory_slot *slot = find_memory(instance, options->memory);
        if (WY_UNLIKELY(!slot))
            return wy_trap_new("a memory was used before the component was linked");
        cx->memory = slot->base;
        cx->memory_size = slot->size;
        cx->memory_size_now = memory_size_now;
    }
    return NULL;
}

/* --- entering and leaving --- */

own wy_trap *wy_instance_enter_set(wy_instance *instance, const uint32_t *set, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!instance->instances[set[i]].may_enter)
            return wy_trap_new("cannot enter component instance");
    for (uint32_t i = 0; i < count; i++)
        instance->instances[set[i]].may_enter = false;
    return NULL;
}

void wy_instance_leave_set(wy_instance *instance, const uint32_t *set, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        instance->instances[set[i]].may_enter = true;
}

/* --- starting --- */

static own wy_trap *gather_and_instantiate(wy_instance *instance, uint32_t index,
                                           wy_core_instance *out, wy_diag *diag) {
    const wy_plan_step *step = &instance->component->plan->steps[index];
    wy_extern *imports = wy_arena_calloc(&instance->arena, step->import_count, sizeof *imports);
    if (!imports) return wy_trap_new("out of memory for the imports of a core module");
    for (uint32_t i = 0; i < step->import_count; i++)
        if (!find_item(instance, &step->imports[i], &imports[i]))
            return wy_trap_new("a core module's import is not there");
    wy_trap *trap = NULL;
    wy_err err = wy_core_instantiate(instance->context, instance->component->modules[step->module],
                                     imports, step->import_count, out, &trap, diag);
    if (err == WY_BUSY) instance->had_no_room = true;
    return err && !trap ? wy_trap_new("%s", diag->text) : trap;
}

static own wy_trap *instantiate_pre(wy_instance *instance, const wy_instance_pre *pre,
                                    wy_core_instance *out) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_trap *trap = NULL;
    wy_err err = wy_instance_pre_instantiate(pre, instance->context, out, &trap, &diag);
    if (err == WY_BUSY) instance->had_no_room = true;
    return err && !trap ? wy_trap_new("%s", diag.text) : trap;
}

static own wy_trap *run_step(wy_instance *instance, uint32_t index) {
    const wy_bound_step *bound = &instance->component->steps[index];
    if (bound->pre) return instantiate_pre(instance, bound->pre, &instance->core[index]);
    wy_diag diag;
    wy_diag_init(&diag);
    return gather_and_instantiate(instance, index, &instance->core[index], &diag);
}

/* What is left of an eliminated fixup: the function that it would have started. */
static own wy_trap *call_start(wy_instance *instance, uint32_t index) {
    wy_trap *trap = NULL;
    const wy_core_func *func = wy_instance_func(instance, index, &trap);
    wy_raw none[1];
    if (func) (void)wy_core_call(instance->context, func, none, 0, &trap);
    return trap;
}

/* Whether carrying out a step may run code of the guest. */
static bool runs_guest(const wy_plan *plan, const wy_plan_step *step) {
    return step->start != WY_PLAN_NONE ||
           (step->module != WY_PLAN_NONE && plan->modules[step->module]->has_start);
}

/* The steps up to the first that runs code of the guest: without a fiber they cost half. */
static void start_early(wy_instance *instance) {
    const wy_plan *plan = instance->component->plan;
    if (instance->component->carrier) {
        instance->early_trap =
            instantiate_pre(instance, instance->component->carrier_pre, &instance->carrier);
        if (instance->early_trap) return;
    }
    for (uint32_t i = 0; i < plan->step_count && !runs_guest(plan, &plan->steps[i]); i++) {
        if (plan->steps[i].module != WY_PLAN_NONE) instance->early_trap = run_step(instance, i);
        if (instance->early_trap) return;
        instance->steps_done = i + 1;
    }
}

own wy_trap *wy_instance_start(wy_instance *instance) {
    const wy_plan *plan = instance->component->plan;
    wy_trap *early = instance->early_trap;
    instance->early_trap = NULL;
    instance->poisoned = early != NULL;
    if (early) return early;
    /* A start function may call into component instances made before its own; none of them can call
     * back, as what it was given is older. So nothing is closed meanwhile. */
    for (uint32_t i = instance->steps_done; i < plan->step_count; i++) {
        const wy_plan_step *step = &plan->steps[i];
        wy_trap *trap = step->module == WY_PLAN_NONE ? NULL : run_step(instance, i);
        if (!trap) instance->steps_done = i + 1;
        if (!trap && step->start != WY_PLAN_NONE) trap = call_start(instance, step->start);
        if (trap) {
            instance->poisoned = true;
            return trap;
        }
    }
    return NULL;
}

bool wy_instance_had_no_room(const wy_instance *instance) {
    return instance->had_no_room;
}

/* --- calling --- */

/* One lifted function called with host values in between: lower `args`, call, lift the result into
 * `result`. post-return is the caller's to run, with `core` as it came back. */
static own wy_trap *lift_and_call(wy_instance *instance, const wy_plan_lift *lift,
                                  wy_lift_lower_cx *cx, const void *args, void *result,
                                  wy_raw *core) {
    wy_trap *trap = NULL;
    const wy_core_func *func = wy_instance_func(instance, lift->func, &trap);
    if (!func) return trap;
    trap = wy_abi_lower_params(cx, lift->type, args, core);
    if (trap) return trap;
    if (!wy_core_call(instance->context, func, core, WY_FLAT_MAX, &trap)) return trap;
    /* CM: Task.return_: before anybody sees the result, and before it is lifted, so that no handle
     * in it is lost. */
    if (WY_UNLIKELY(cx->scope->borrows)) return wy_call_scope_settle(cx->scope);
    if (!lift->type->result) return NULL;
    return wy_abi_lift_result(cx, lift->type, core, result);
}

own wy_trap *wy_lift_post_return(wy_instance *instance, const wy_plan_lift *lift,
                                 const wy_raw *core) {
    if (lift->options.post_return == WY_PLAN_NONE) return NULL;
    wy_trap *trap = NULL;
    const wy_core_func *func = wy_instance_func(instance, lift->options.post_return, &trap);
    if (!func) return trap;
    wy_raw values[1] = {core[0]};
    wy_component_instance *component_instance = &instance->instances[lift->instance];
    component_instance->may_leave = false;
    bool ok = wy_core_call(instance->context, func, values, 1, &trap);
    component_instance->may_leave = true;
    return ok ? NULL : trap;
}

static own wy_trap *call_lift(wy_instance *instance, const wy_plan_lift *lift, const void *args,
                              void (*on_result)(void *data, const void *result), void *data) {
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    wy_cx_env env = {instance, &lift->options, &instance->instances[lift->instance]};
    wy_lift_lower_cx cx;
    wy_trap *trap = wy_instance_cx(instance, &env, &scope, true, &cx);
    size_t result_size = lift->type->result ? lift->type->result->size : 0;
    void *result = wy_arena_alloc(&instance->call_arena, result_size + 1);
    if (!trap && !result) trap = wy_trap_new("out of memory for a result");
    wy_raw core[WY_FLAT_MAX + 1];
    if (!trap) trap = lift_and_call(instance, lift, &cx, args, result, core);
    if (!trap && on_result) on_result(data, result);
    if (!trap) trap = wy_lift_post_return(instance, lift, core);
    if (!trap) return wy_call_scope_end(&scope);
    wy_call_scope_abandon(&scope);
    return trap;
}

/* The memory of a re-exported import, which no guest is behind: what a host function reserves lies
 * in the call arena. */
static own wy_trap *reserve_in_arena(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size,
                                     uint32_t align, uint32_t new_size, uint64_t *ptr_out) {
    wy_assert(old_ptr == 0 && old_size == 0);
    cx->memory = wy_arena_alloc_aligned(cx->arena, new_size, align);
    if (!cx->memory) return wy_trap_new("the values of a call pass the limit WY_MAX_CALL_ARENA");
    cx->memory_size = new_size;
    *ptr_out = 0;
    return NULL;
}

static own wy_trap *call_import(wy_instance *instance, const wy_plan_func *func, const void *args,
                                void (*on_result)(void *data, const void *result), void *data) {
    const wy_link *link = &instance->component->links[func->index];
    if (link->kind != WY_LINK_HOST) return wy_trap_new("a re-exported import was not met");
    void *result =
        wy_arena_alloc(&instance->call_arena, func->type->result ? func->type->result->size : 1);
    if (!result) return wy_trap_new("out of memory for a result");
    wy_lift_lower_cx cx = {.realloc = reserve_in_arena, .arena = &instance->call_arena};
    instance->unit = instance->component->plan->imports[func->index].unit;
    wy_call call = {instance->task, instance, &instance->call_arena, &cx, link};
    wy_trap *trap = link->func(&call, args, result);
    if (!trap && on_result) on_result(data, result);
    return trap;
}

own wy_trap *wy_instance_call(wy_instance *instance, const wy_plan_export *export, const void *args,
                              void (*on_result)(void *data, const void *result), void *data) {
    wy_assert(export->sort == WY_SORT_FUNC);
    if (instance->poisoned)
        return wy_trap_new("cannot enter component instance: it trapped before");
    wy_trap *trap;
    const wy_arena_mark mark = wy_arena_here(&instance->call_arena);
    if (export->func.kind == WY_PLAN_FUNC_IMPORT) {
        trap = call_import(instance, &export->func, args, on_result, data);
    } else {
        trap = wy_instance_enter_set(instance, export->entering, export->entering_count);
        if (!trap) {
            trap = call_lift(instance, &instance->component->plan->lifts[export->func.index], args,
                             on_result, data);
            if (!trap) wy_instance_leave_set(instance, export->entering, export->entering_count);
        }
    }
    wy_arena_rewind(&instance->call_arena, mark);
    if (trap) instance->poisoned = true;
    return trap;
}
