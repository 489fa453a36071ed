/* Plan builder: the state while a component is flattened. Shared by plan*.c only. */
#ifndef WY_COMPONENT_PLAN_BUILD_H
#define WY_COMPONENT_PLAN_BUILD_H

#include "base/arena.h"
#include "base/map.h"
#include "component/plan.h"

typedef struct plan_frame plan_frame;

/* A core instance: of a step, or made of inline exports (name -> wy_core_item). */
typedef struct plan_core_instance {
    uint32_t step; /* WY_PLAN_NONE: inline */
    wy_map exports;
} plan_core_instance;

/* A component before it is instantiated: its definitions, and the frame they were written in. */
typedef struct plan_component {
    const wy_component_ast *ast;
    plan_frame *outer;
} plan_component;

/* An entry of a type index space. */
typedef struct plan_type {
    bool is_resource;
    uint32_t resource;        /* is_resource: into the plan's resources */
    const wy_type *value;     /* a value type */
    const wy_func_type *func; /* a function type */
    const wy_ast_type *body;  /* an instance or component type, */
    plan_frame *frame;        /* and the frame it was written in */
} plan_type;

typedef struct plan_instance plan_instance;

/* An entry of any index space; the sort tells which member. */
typedef union plan_value {
    const wy_core_item *item; /* core func, table, memory, global, tag */
    const wy_core_module *module;
    const plan_core_instance *core_instance;
    const wy_plan_func *func;
    const plan_type *type;
    const plan_component *component;
    const plan_instance *instance;
} plan_value;

typedef struct plan_export {
    wy_str name;
    wy_sort sort;
    plan_value value;
    struct plan_export *next;
} plan_export;

struct plan_instance {
    wy_map exports; /* name -> plan_export */
    plan_export *first, *last;
};

typedef struct plan_space {
    plan_value *items;
    uint32_t count, cap;
} plan_space;

/* Index spaces of one component instance, or of the body of an instance type. */
struct plan_frame {
    plan_frame *outer;     /* for outer aliases */
    uint32_t instance;     /* component instance */
    bool host_imports;     /* what is not among the arguments is the host's to provide */
    wy_map args;           /* import name -> plan_export */
    plan_instance *result; /* collects the exports */
    plan_space spaces[WY_SORT_COUNT];
};

typedef struct plan_builder {
    wy_arena *arena;
    wy_diag *diag;
    const wy_plan_links *links; /* NULL: none */
    uint32_t unit;              /* whose definitions are being run: see wy_plan_import */
    wy_map module_index;        /* module bytes pointer -> index into modules */
    const wy_core_module **modules;
    uint32_t module_count, module_cap;
    wy_plan_step *steps;
    uint32_t step_count, step_cap;
    wy_trampoline *trampolines;
    uint32_t trampoline_count, trampoline_cap;
    wy_plan_lift *lifts;
    uint32_t lift_count, lift_cap;
    wy_plan_import *imports;
    uint32_t import_count, import_cap;
    wy_plan_resource *resources;
    uint32_t resource_count, resource_cap;
    wy_core_item *funcs;
    uint32_t func_count, func_cap;
    wy_core_item *memories;
    uint32_t memory_count, memory_cap;
    uint32_t *parents;
    uint32_t instance_count, parent_cap;
    uint8_t *reenters, *leaves; /* by component instance: see plan_call.c */
    uint8_t *stays;             /* by func: likewise */
    uint32_t followed;          /* functions whose code was looked at for it */
    wy_plan_kept *kept;
    uint32_t kept_count, kept_cap;
    uint32_t eliminated, direct_calls;
} plan_builder;

/* plan.c */
wy_err plan_no_memory(plan_builder *b);
wy_err plan_push(plan_builder *b, plan_frame *frame, wy_sort sort, plan_value value) WY_MUST_USE;
plan_value plan_get(const plan_frame *frame, wy_sort sort, uint32_t idx);
plan_frame *plan_frame_new(plan_builder *b, plan_frame *outer, uint32_t instance);
plan_instance *plan_instance_new(plan_builder *b);
wy_err plan_instance_add(plan_builder *b, plan_instance *instance, wy_str name, wy_sort sort,
                         plan_value value) WY_MUST_USE;
wy_err plan_add_resource(plan_builder *b, wy_plan_resource resource,
                         uint32_t *index_out) WY_MUST_USE;
wy_err plan_add_import(plan_builder *b, wy_plan_import import, uint32_t *index_out) WY_MUST_USE;
wy_err plan_add_trampoline(plan_builder *b, wy_trampoline trampoline,
                           wy_core_item *item_out) WY_MUST_USE;
wy_err plan_intern_func(plan_builder *b, wy_core_item item, uint32_t *index_out) WY_MUST_USE;

/* plan_type.c */
wy_err plan_define_type(plan_builder *b, plan_frame *frame, const wy_ast_type *ast) WY_MUST_USE;
/* What the root imports, made from its type: every function and resource in it becomes an import.
 */
wy_err plan_import(plan_builder *b, plan_frame *frame, const wy_ast_externtype *type,
                   wy_str interface_name, wy_str name, plan_value *value_out) WY_MUST_USE;

/* plan_call.c */
/* Once all is defined: the instances that each call enters. `keep`: also those that need no flag.
 */
wy_err plan_find_entering(plan_builder *b, bool keep) WY_MUST_USE;
/* CM: ComponentInstance.entering_set: `callee` and its ancestors, without those of `caller`; and
 * without those whose flag nobody can find cleared. */
wy_err plan_entering_set(plan_builder *b, uint32_t callee, uint32_t caller,
                         const uint32_t **set_out, uint32_t *count_out) WY_MUST_USE;
wy_err plan_bind_calls(plan_builder *b) WY_MUST_USE;

/* plan_shim.c */
wy_err plan_eliminate_shims(plan_builder *b) WY_MUST_USE;

#endif
