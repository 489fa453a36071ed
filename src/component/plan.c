/* Plan: abstract interpretation of a component's definitions. Each component instance is a frame of
 * index spaces; instantiating a nested component interprets its definitions in a new frame, so that
 * at the end only core modules are left. Eliminating shims is in plan_shim.c, calls
 * between components in plan_call.c, types in plan_type.c. */
#include "component/plan_build.h"

#include "base/limits.h"

#define GROW(b, array, count, cap)                                                                 \
    wy_arena_grow((b)->arena, (array), (count), &(cap), (size_t)(count) + 1, sizeof *(array))

wy_err plan_no_memory(plan_builder *b) {
    return wy_diag_set(b->diag, WY_LIMIT, "out of memory while linking the component");
}

wy_err plan_push(plan_builder *b, plan_frame *frame, wy_sort sort, plan_value value) {
    plan_space *space = &frame->spaces[sort];
    plan_value *items = GROW(b, space->items, space->count, space->cap);
    if (!items) return plan_no_memory(b);
    space->items = items;
    items[space->count++] = value;
    return WY_OK;
}

plan_value plan_get(const plan_frame *frame, wy_sort sort, uint32_t idx) {
    wy_assert(idx < frame->spaces[sort].count); /* the validator's promise */
    return frame->spaces[sort].items[idx];
}

plan_frame *plan_frame_new(plan_builder *b, plan_frame *outer, uint32_t instance) {
    plan_frame *frame = wy_arena_calloc(b->arena, 1, sizeof *frame);
    if (frame) {
        frame->outer = outer;
        frame->instance = instance;
    }
    return frame;
}

/* --- instances and their exports --- */

plan_instance *plan_instance_new(plan_builder *b) {
    plan_instance *instance = wy_arena_calloc(b->arena, 1, sizeof *instance);
    if (instance) wy_map_init(&instance->exports, b->arena);
    return instance;
}

wy_err plan_instance_add(plan_builder *b, plan_instance *instance, wy_str name, wy_sort sort,
                         plan_value value) {
    plan_export *item = wy_arena_alloc(b->arena, sizeof *item);
    if (!item) return plan_no_memory(b);
    *item = (plan_export){name, sort, value, NULL};
    if (!wy_map_set(&instance->exports, name, (uintptr_t)item)) return plan_no_memory(b);
    if (instance->last)
        instance->last->next = item;
    else
        instance->first = item;
    instance->last = item;
    return WY_OK;
}

static plan_export *instance_export(const plan_instance *instance, wy_str name) {
    plan_export *item = wy_map_get_ptr(&instance->exports, name);
    wy_assert(item); /* the validator's promise */
    return item;
}

/* --- tables of the plan --- */

wy_err plan_add_resource(plan_builder *b, wy_plan_resource resource, uint32_t *index_out) {
    wy_plan_resource *items = GROW(b, b->resources, b->resource_count, b->resource_cap);
    if (!items) return plan_no_memory(b);
    b->resources = items;
    *index_out = b->resource_count;
    items[b->resource_count++] = resource;
    return WY_OK;
}

wy_err plan_add_import(plan_builder *b, wy_plan_import import, uint32_t *index_out) {
    wy_plan_import *items = GROW(b, b->imports, b->import_count, b->import_cap);
    if (!items) return plan_no_memory(b);
    b->imports = items;
    *index_out = b->import_count;
    items[b->import_count++] = import;
    return WY_OK;
}

wy_err plan_add_trampoline(plan_builder *b, wy_trampoline trampoline, wy_core_item *item_out) {
    wy_trampoline *items = GROW(b, b->trampolines, b->trampoline_count, b->trampoline_cap);
    if (!items) return plan_no_memory(b);
    b->trampolines = items;
    *item_out = (wy_core_item){.kind = WY_ITEM_TRAMPOLINE, .index = b->trampoline_count};
    items[b->trampoline_count++] = trampoline;
    return WY_OK;
}

/* Index of `item` in a table of items, added when it is new. */
static wy_err intern_item(plan_builder *b, wy_core_item **items, uint32_t *count, uint32_t *cap,
                          wy_core_item item, uint32_t *index_out) {
    for (uint32_t i = *count; i-- > 0;) {
        const wy_core_item *known = &(*items)[i];
        if (known->kind == item.kind && known->index == item.index &&
            wy_str_eq(known->name, item.name)) {
            *index_out = i;
            return WY_OK;
        }
        if (*count - i > 64) /* far back: a second entry is only a little waste */
            break;
    }
    wy_core_item *grown = wy_arena_grow(b->arena, *items, *count, cap, *count + 1u, sizeof item);
    if (!grown) return plan_no_memory(b);
    *items = grown;
    *index_out = *count;
    grown[(*count)++] = item;
    return WY_OK;
}

wy_err plan_intern_func(plan_builder *b, wy_core_item item, uint32_t *index_out) {
    return intern_item(b, &b->funcs, &b->func_count, &b->func_cap, item, index_out);
}

/* --- core definitions --- */

static wy_core_item core_export(const plan_core_instance *instance, wy_str name) {
    if (instance->step != WY_PLAN_NONE)
        return (wy_core_item){.kind = WY_ITEM_EXPORT, .index = instance->step, .name = name};
    const wy_core_item *item = wy_map_get_ptr(&instance->exports, name);
    wy_assert(item);
    return *item;
}

static wy_err add_step(plan_builder *b, const wy_core_module *module, const wy_core_item *imports,
                       uint32_t *step_out) {
    if (b->step_count >= WY_MAX_PLAN_STEPS)
        return wy_diag_set(b->diag, WY_LIMIT, "more than %d core instances (WY_MAX_PLAN_STEPS)",
                           WY_MAX_PLAN_STEPS);
    uintptr_t index = 0;
    wy_str key = {(const char *)&module->bytes, sizeof module->bytes};
    if (!wy_map_get(&b->module_index, key, &index)) {
        const wy_core_module **modules = GROW(b, b->modules, b->module_count, b->module_cap);
        if (!modules) return plan_no_memory(b);
        b->modules = modules;
        index = b->module_count;
        modules[b->module_count++] = module;
        if (!wy_map_set(&b->module_index, key, index)) return plan_no_memory(b);
    }
    wy_plan_step *steps = GROW(b, b->steps, b->step_count, b->step_cap);
    if (!steps) return plan_no_memory(b);
    b->steps = steps;
    *step_out = b->step_count;
    steps[b->step_count++] =
        (wy_plan_step){(uint32_t)index, imports, module->import_count, WY_PLAN_NONE};
    return WY_OK;
}

static wy_err define_core_instance(plan_builder *b, plan_frame *frame, const wy_ast_instance *def) {
    plan_core_instance *instance = wy_arena_calloc(b->arena, 1, sizeof *instance);
    if (!instance) return plan_no_memory(b);
    wy_map_init(&instance->exports, b->arena);
    if (!def->instantiate) {
        instance->step = WY_PLAN_NONE;
        for (uint32_t i = 0; i < def->count; i++) {
            plan_value value = plan_get(frame, def->args[i].item.sort, def->args[i].item.idx);
            if (!wy_map_set(&instance->exports, def->args[i].name.text, (uintptr_t)value.item))
                return plan_no_memory(b);
        }
        return plan_push(b, frame, WY_SORT_CORE_INSTANCE, (plan_value){.core_instance = instance});
    }
    const wy_core_module *module = plan_get(frame, WY_SORT_CORE_MODULE, def->idx).module;
    wy_map args;
    wy_map_init(&args, b->arena);
    for (uint32_t i = 0; i < def->count; i++)
        if (!wy_map_set(&args, def->args[i].name.text,
                        (uintptr_t)plan_get(frame, WY_SORT_CORE_INSTANCE, def->args[i].item.idx)
                            .core_instance))
            return plan_no_memory(b);
    wy_core_item *imports = wy_arena_calloc(b->arena, module->import_count, sizeof *imports);
    if (!imports) return plan_no_memory(b);
    for (uint32_t i = 0; i < module->import_count; i++) {
        const plan_core_instance *arg = wy_map_get_ptr(&args, module->imports[i].module);
        wy_assert(arg);
        imports[i] = core_export(arg, module->imports[i].name);
    }
    wy_err err = add_step(b, module, imports, &instance->step);
    if (err) return err;
    return plan_push(b, frame, WY_SORT_CORE_INSTANCE, (plan_value){.core_instance = instance});
}

static wy_core_item *new_item(plan_builder *b, wy_core_item item) {
    wy_core_item *at = wy_arena_alloc(b->arena, sizeof *at);
    if (at) *at = item;
    return at;
}

static wy_err push_item(plan_builder *b, plan_frame *frame, wy_sort sort, wy_core_item item) {
    wy_core_item *at = new_item(b, item);
    return at ? plan_push(b, frame, sort, (plan_value){.item = at}) : plan_no_memory(b);
}

/* --- canon --- */

static wy_err make_options(plan_builder *b, plan_frame *frame, const wy_ast_canon *canon,
                           wy_plan_options *out) {
    *out = (wy_plan_options){.encoding = (uint8_t)canon->string_encoding,
                             .memory = WY_PLAN_NONE,
                             .realloc = WY_PLAN_NONE,
                             .post_return = WY_PLAN_NONE};
    wy_err err = WY_OK;
    if (canon->has_memory)
        err = intern_item(b, &b->memories, &b->memory_count, &b->memory_cap,
                          *plan_get(frame, WY_SORT_CORE_MEMORY, canon->memory).item, &out->memory);
    if (!err && canon->has_realloc)
        err = plan_intern_func(b, *plan_get(frame, WY_SORT_CORE_FUNC, canon->realloc).item,
                               &out->realloc);
    if (!err && canon->has_post_return)
        err = plan_intern_func(b, *plan_get(frame, WY_SORT_CORE_FUNC, canon->post_return).item,
                               &out->post_return);
    return err;
}

static wy_err define_lift(plan_builder *b, plan_frame *frame, const wy_ast_canon *canon) {
    wy_plan_lift lift = {.instance = frame->instance};
    wy_err err =
        plan_intern_func(b, *plan_get(frame, WY_SORT_CORE_FUNC, canon->idx).item, &lift.func);
    if (!err) err = make_options(b, frame, canon, &lift.options);
    if (err) return err;
    lift.type = plan_get(frame, WY_SORT_TYPE, canon->idx2).type->func;
    wy_plan_lift *lifts = GROW(b, b->lifts, b->lift_count, b->lift_cap);
    wy_plan_func *func = wy_arena_alloc(b->arena, sizeof *func);
    if (!lifts || !func) return plan_no_memory(b);
    b->lifts = lifts;
    *func = (wy_plan_func){WY_PLAN_FUNC_LIFT, b->lift_count, lift.type};
    lifts[b->lift_count++] = lift;
    return plan_push(b, frame, WY_SORT_FUNC, (plan_value){.func = func});
}

static wy_err define_lower(plan_builder *b, plan_frame *frame, const wy_ast_canon *canon) {
    wy_trampoline trampoline = {.kind = WY_TRAMPOLINE_LOWER, .instance = frame->instance};
    trampoline.callee = *plan_get(frame, WY_SORT_FUNC, canon->idx).func;
    wy_err err = make_options(b, frame, canon, &trampoline.options);
    wy_core_item item;
    if (!err) err = plan_add_trampoline(b, trampoline, &item);
    return err ? err : push_item(b, frame, WY_SORT_CORE_FUNC, item);
}

static wy_err define_canon(plan_builder *b, plan_frame *frame, const wy_ast_canon *canon,
                           size_t offset) {
    wy_trampoline trampoline = {.instance = frame->instance};
    if (canon->kind == WY_CANON_LIFT) return define_lift(b, frame, canon);
    if (canon->kind == WY_CANON_LOWER) return define_lower(b, frame, canon);
    if (canon->kind == WY_CANON_RESOURCE_NEW)
        trampoline.kind = WY_TRAMPOLINE_RESOURCE_NEW;
    else if (canon->kind == WY_CANON_RESOURCE_DROP)
        trampoline.kind = WY_TRAMPOLINE_RESOURCE_DROP;
    else if (canon->kind == WY_CANON_RESOURCE_REP)
        trampoline.kind = WY_TRAMPOLINE_RESOURCE_REP;
    else
        return wy_diag_set_at(b->diag, WY_UNSUPPORTED, offset,
                              "canonical built-in 0x%02x needs a proposal above WASI 0.2",
                              canon->kind);
    trampoline.resource = plan_get(frame, WY_SORT_TYPE, canon->idx).type->resource;
    wy_core_item item;
    wy_err err = plan_add_trampoline(b, trampoline, &item);
    return err ? err : push_item(b, frame, WY_SORT_CORE_FUNC, item);
}

/* --- component definitions --- */

static wy_err define_alias(plan_builder *b, plan_frame *frame, const wy_ast_alias *alias) {
    if (alias->kind == WY_ALIAS_EXPORT) {
        const plan_instance *instance = plan_get(frame, WY_SORT_INSTANCE, alias->instance).instance;
        return plan_push(b, frame, alias->sort, instance_export(instance, alias->name)->value);
    }
    if (alias->kind == WY_ALIAS_CORE_EXPORT) {
        const plan_core_instance *instance =
            plan_get(frame, WY_SORT_CORE_INSTANCE, alias->instance).core_instance;
        return push_item(b, frame, alias->sort, core_export(instance, alias->name));
    }
    plan_frame *outer = frame;
    for (uint32_t i = 0; i < alias->count; i++)
        outer = outer->outer;
    wy_assert(outer);
    return plan_push(b, frame, alias->sort, plan_get(outer, alias->sort, alias->idx));
}

static wy_err run_definitions(plan_builder *b, plan_frame *frame, const wy_component_ast *ast);

static wy_err instantiate(plan_builder *b, plan_frame *frame, const wy_ast_instance *def,
                          plan_instance **out) {
    const plan_component *component = plan_get(frame, WY_SORT_COMPONENT, def->idx).component;
    if (b->instance_count >= WY_MAX_INSTANTIATIONS)
        return wy_diag_set(b->diag, WY_LIMIT,
                           "more than %d component instances (WY_MAX_INSTANTIATIONS)",
                           WY_MAX_INSTANTIATIONS);
    uint32_t *parents = GROW(b, b->parents, b->instance_count, b->parent_cap);
    plan_frame *inner = plan_frame_new(b, component->outer, b->instance_count);
    plan_instance *instance = plan_instance_new(b);
    if (!parents || !inner || !instance) return plan_no_memory(b);
    b->parents = parents;
    parents[b->instance_count++] = frame->instance;
    wy_map_init(&inner->args, b->arena);
    for (uint32_t i = 0; i < def->count; i++) {
        plan_export *arg = wy_arena_alloc(b->arena, sizeof *arg);
        if (!arg) return plan_no_memory(b);
        const wy_sortidx item = def->args[i].item;
        *arg = (plan_export){def->args[i].name.text, item.sort,
                             plan_get(frame, item.sort, item.idx), NULL};
        if (!wy_map_set(&inner->args, arg->name, (uintptr_t)arg)) return plan_no_memory(b);
    }
    inner->result = instance;
    *out = instance;
    return run_definitions(b, inner, component->ast);
}

static wy_err define_instance(plan_builder *b, plan_frame *frame, const wy_ast_instance *def) {
    plan_instance *instance = NULL;
    wy_err err = WY_OK;
    if (def->instantiate) {
        err = instantiate(b, frame, def, &instance);
    } else {
        instance = plan_instance_new(b);
        if (!instance) return plan_no_memory(b);
        for (uint32_t i = 0; i < def->count && !err; i++) {
            const wy_sortidx item = def->args[i].item;
            err = plan_instance_add(b, instance, def->args[i].name.text, item.sort,
                                    plan_get(frame, item.sort, item.idx));
        }
    }
    return err ? err : plan_push(b, frame, WY_SORT_INSTANCE, (plan_value){.instance = instance});
}

static wy_err define_import(plan_builder *b, plan_frame *frame, const wy_ast_import *import) {
    const plan_export *arg = wy_map_get_ptr(&frame->args, import->name.text);
    if (!arg) {
        wy_assert(frame->host_imports);
        plan_value value = {0};
        wy_err err = plan_import(b, frame, &import->type, (wy_str){0}, import->name.text, &value);
        return err ? err : plan_push(b, frame, import->type.sort, value);
    }
    return plan_push(b, frame, import->type.sort, arg->value);
}

static wy_err define_export(plan_builder *b, plan_frame *frame, const wy_ast_export *export) {
    plan_value value = plan_get(frame, export->item.sort, export->item.idx);
    wy_err err = plan_instance_add(b, frame->result, export->name.text, export->item.sort, value);
    return err ? err : plan_push(b, frame, export->item.sort, value);
}

static wy_err define_type(plan_builder *b, plan_frame *frame, const wy_ast_type *ast) {
    if (ast->kind != WY_TYPE_RESOURCE) return plan_define_type(b, frame, ast);
    wy_plan_resource resource = {
        .import = WY_PLAN_NONE, .instance = frame->instance, .dtor = WY_PLAN_NONE};
    wy_err err = WY_OK;
    if (ast->has_dtor)
        err = plan_intern_func(b, *plan_get(frame, WY_SORT_CORE_FUNC, ast->dtor).item,
                               &resource.dtor);
    plan_type *type = wy_arena_calloc(b->arena, 1, sizeof *type);
    if (!type) return plan_no_memory(b);
    type->is_resource = true;
    if (!err) err = plan_add_resource(b, resource, &type->resource);
    return err ? err : plan_push(b, frame, WY_SORT_TYPE, (plan_value){.type = type});
}

static wy_err define_component(plan_builder *b, plan_frame *frame, const wy_component_ast *ast) {
    plan_component *component = wy_arena_alloc(b->arena, sizeof *component);
    if (!component) return plan_no_memory(b);
    *component = (plan_component){ast, frame};
    return plan_push(b, frame, WY_SORT_COMPONENT, (plan_value){.component = component});
}

static wy_err define(plan_builder *b, plan_frame *frame, const wy_definition *def) {
    switch (def->kind) {
    case WY_DEF_CORE_MODULE:
        return plan_push(b, frame, WY_SORT_CORE_MODULE, (plan_value){.module = def->core_module});
    case WY_DEF_CORE_INSTANCE: return define_core_instance(b, frame, &def->instance);
    case WY_DEF_CORE_TYPE: {
        uint32_t count = def->core_type->is_module ? 1 : def->core_type->rec.count;
        wy_err err = WY_OK;
        for (uint32_t i = 0; i < count && !err; i++)
            err = plan_push(b, frame, WY_SORT_CORE_TYPE, (plan_value){0});
        return err;
    }
    case WY_DEF_COMPONENT: return define_component(b, frame, def->component);
    case WY_DEF_INSTANCE: return define_instance(b, frame, &def->instance);
    case WY_DEF_ALIAS: return define_alias(b, frame, &def->alias);
    case WY_DEF_TYPE: return define_type(b, frame, def->type);
    case WY_DEF_CANON: return define_canon(b, frame, def->canon, def->offset);
    case WY_DEF_IMPORT: return define_import(b, frame, def->import);
    case WY_DEF_EXPORT: return define_export(b, frame, def->export);
    case WY_DEF_START:
    case WY_DEF_VALUE:
        return wy_diag_set_at(b->diag, WY_UNSUPPORTED, def->offset,
                              "value definitions and start need a proposal above WASI 0.2");
    }
    return WY_INVALID;
}

static wy_err run_definitions(plan_builder *b, plan_frame *frame, const wy_component_ast *ast) {
    for (uint32_t i = 0; i < ast->definition_count; i++) {
        wy_err err = define(b, frame, &ast->definitions[i]);
        if (err) return err;
    }
    return WY_OK;
}

/* --- the result --- */

static wy_err finish_exports(plan_builder *b, const plan_instance *instance, unsigned depth,
                             const wy_plan_export **exports_out, uint32_t *count_out) {
    wy_plan_export *exports = wy_arena_calloc(b->arena, instance->exports.count, sizeof *exports);
    if (!exports) return plan_no_memory(b);
    uint32_t count = 0;
    for (const plan_export *item = instance->first; item; item = item->next) {
        wy_plan_export *out = &exports[count++];
        out->name = item->name;
        out->sort = item->sort;
        out->resource = WY_PLAN_NONE;
        wy_err err = WY_OK;
        if (item->sort == WY_SORT_FUNC) {
            out->func = *item->value.func;
            if (out->func.kind == WY_PLAN_FUNC_LIFT)
                err = plan_entering_set(b, b->lifts[out->func.index].instance, WY_PLAN_NONE,
                                        &out->entering, &out->entering_count);
        } else if (item->sort == WY_SORT_INSTANCE && depth < WY_MAX_COMPONENT_DEPTH) {
            err = finish_exports(b, item->value.instance, depth + 1, &out->exports,
                                 &out->export_count);
        } else if (item->sort == WY_SORT_TYPE && item->value.type->is_resource) {
            out->resource = item->value.type->resource;
            if (b->resources[out->resource].name.len == 0)
                b->resources[out->resource].name = item->name;
        }
        if (err) return err;
    }
    *exports_out = exports;
    *count_out = count;
    return WY_OK;
}

/* A component instance that nothing is around. */
static wy_err new_root(plan_builder *b, plan_frame **frame_out) {
    uint32_t *parents = GROW(b, b->parents, b->instance_count, b->parent_cap);
    plan_frame *frame = plan_frame_new(b, NULL, b->instance_count);
    if (!parents || !frame || !(frame->result = plan_instance_new(b))) return plan_no_memory(b);
    b->parents = parents;
    parents[b->instance_count++] = WY_PLAN_NONE;
    frame->host_imports = true;
    wy_map_init(&frame->args, b->arena);
    *frame_out = frame;
    return WY_OK;
}

/* Makes what providers export the arguments of one that imports it. */
static wy_err give_args(plan_builder *b, plan_frame *const *providers, uint32_t importer,
                        plan_frame *frame) {
    for (uint32_t k = 0; k < b->links->link_count; k++) {
        const wy_plan_link *link = &b->links->links[k];
        if (link->importer != importer) continue;
        wy_assert(importer == 0 || link->provider < importer - 1);
        plan_export *given = instance_export(providers[link->provider]->result, link->export_name);
        if (!wy_map_set(&frame->args, link->import, (uintptr_t)given)) return plan_no_memory(b);
    }
    return WY_OK;
}

static wy_err run_providers(plan_builder *b, plan_frame *root) {
    const wy_plan_links *links = b->links;
    if (!links) return WY_OK;
    plan_frame **frames = wy_arena_calloc(b->arena, links->provider_count, sizeof(plan_frame *));
    if (!frames) return plan_no_memory(b);
    for (uint32_t i = 0; i < links->provider_count; i++) {
        wy_err err = new_root(b, &frames[i]);
        b->unit = i + 1;
        if (!err) err = give_args(b, frames, i + 1, frames[i]);
        if (!err) err = run_definitions(b, frames[i], links->providers[i]);
        if (err) return err;
    }
    b->unit = 0;
    return give_args(b, frames, 0, root);
}

wy_err wy_plan_make(wy_arena *arena, const wy_component_ast *ast, const wy_plan_config *config,
                    const wy_plan **plan_out, wy_diag *diag) {
    plan_builder b = {.arena = arena, .diag = diag, .links = config->links};
    wy_map_init(&b.module_index, arena);
    wy_plan *plan = wy_arena_calloc(arena, 1, sizeof *plan);
    if (!plan) return plan_no_memory(&b);
    plan_frame *root;
    wy_err err = new_root(&b, &root);
    if (!err) err = run_providers(&b, root);
    if (!err) err = run_definitions(&b, root, ast);
    if (!err) err = plan_find_entering(&b, config->keep_shims);
    if (!err) err = finish_exports(&b, root->result, 0, &plan->exports, &plan->export_count);
    if (!err && !config->keep_shims) err = plan_eliminate_shims(&b);
    if (err) return err;
    if (!config->keep_shims) err = plan_bind_calls(&b);
    if (err) return err;
    plan->modules = b.modules;
    plan->module_count = b.module_count;
    plan->steps = b.steps;
    plan->step_count = b.step_count;
    plan->trampolines = b.trampolines;
    plan->trampoline_count = b.trampoline_count;
    plan->lifts = b.lifts;
    plan->lift_count = b.lift_count;
    plan->imports = b.imports;
    plan->import_count = b.import_count;
    plan->resources = b.resources;
    plan->resource_count = b.resource_count;
    plan->funcs = b.funcs;
    plan->func_count = b.func_count;
    plan->memories = b.memories;
    plan->memory_count = b.memory_count;
    plan->parents = b.parents;
    plan->instance_count = b.instance_count;
    plan->kept = b.kept;
    plan->kept_count = b.kept_count;
    plan->eliminated = b.eliminated;
    plan->direct_calls = b.direct_calls;
    *plan_out = plan;
    return WY_OK;
}

static const wy_plan_export *find(const wy_plan_export *exports, uint32_t count, wy_str name) {
    for (uint32_t i = 0; i < count; i++)
        if (wy_str_eq(exports[i].name, name)) return &exports[i];
    return NULL;
}

const wy_plan_export *wy_plan_find_export(const wy_plan *plan, wy_str path) {
    size_t hash = wy_str_find(path, '#');
    const wy_plan_export *at = find(plan->exports, plan->export_count, wy_str_sub(path, 0, hash));
    if (!at || hash == path.len) return at;
    return find(at->exports, at->export_count, wy_str_sub(path, hash + 1, path.len));
}
