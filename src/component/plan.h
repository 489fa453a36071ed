/* Plan: a component flattened. All linking inside the component (nested components, instances,
 * aliases, outer scopes) is carried out once, at load; what is left is a list of core modules to
 * instantiate in order, with every import decided, and tables of what the host has to provide.
 *
 * Immutable once made, in an arena; knows nothing of the engine. The component must be valid.
 *
 *   modules      distinct core modules
 *   steps        instantiate modules[m] with imports; step k makes core instance k
 *   trampolines  core functions that the host makes: lowered functions and resource built-ins
 *   lifts        component functions over core functions
 *   imports      what the host must provide (functions and resources), with types
 *   exports      what the root component exports
 *   resources    one a resource type at run time, imported or defined
 *   funcs, memories   core items that options name, found once per instance
 */
#ifndef WY_COMPONENT_PLAN_H
#define WY_COMPONENT_PLAN_H

#include "base/arena.h"
#include "component/ast.h"
#include "value/type.h"

#define WY_PLAN_NONE UINT32_MAX

typedef enum wy_core_item_kind {
    WY_ITEM_EXPORT,     /* an export of a core instance */
    WY_ITEM_TRAMPOLINE, /* a function the host makes */
} wy_core_item_kind;

/* A core func, table, memory, global or tag, and where it comes from. */
typedef struct wy_core_item {
    wy_core_item_kind kind;
    uint32_t index; /* EXPORT: core instance (step); TRAMPOLINE: trampoline */
    wy_str name;    /* EXPORT */
    /* EXPORT, among the plan's funcs: stands where an eliminated shim's function stood, and traps
     * until so many steps are done. */
    uint32_t ready_after;
} wy_core_item;

/* Canonical options (CM: canonopt), items as indexes into the plan's funcs and memories. */
typedef struct wy_plan_options {
    uint8_t encoding;     /* wy_canonopt_kind WY_CANONOPT_UTF8, UTF16 or LATIN1_UTF16: the same
                             numbers as wy_string_encoding */
    uint32_t memory;      /* or WY_PLAN_NONE */
    uint32_t realloc;     /* or WY_PLAN_NONE */
    uint32_t post_return; /* or WY_PLAN_NONE */
} wy_plan_options;

/* A lifted function (CM: canon lift). */
typedef struct wy_plan_lift {
    uint32_t func; /* into funcs */
    uint32_t instance;
    wy_plan_options options;
    const wy_func_type *type;
} wy_plan_lift;

typedef enum wy_plan_func_kind {
    WY_PLAN_FUNC_IMPORT, /* imports[index] */
    WY_PLAN_FUNC_LIFT,   /* lifts[index] */
} wy_plan_func_kind;

typedef struct wy_plan_func {
    wy_plan_func_kind kind;
    uint32_t index;
    const wy_func_type *type;
} wy_plan_func;

typedef enum wy_trampoline_kind {
    WY_TRAMPOLINE_LOWER,
    WY_TRAMPOLINE_RESOURCE_NEW,
    WY_TRAMPOLINE_RESOURCE_DROP,
    WY_TRAMPOLINE_RESOURCE_REP,
    WY_TRAMPOLINE_FORWARD, /* to a core function of a later step, in place of a shim's function */
} wy_trampoline_kind;

typedef struct wy_trampoline {
    wy_trampoline_kind kind;
    uint32_t instance;                 /* the component instance it belongs to (CM: inst) */
    wy_plan_options options;           /* LOWER */
    wy_plan_func callee;               /* LOWER */
    uint32_t resource;                 /* RESOURCE_*: into resources */
    uint32_t func;                     /* FORWARD: into funcs */
    const wy_core_functype *core_type; /* FORWARD: numbers only, one result at most */
    uint32_t ready_after; /* bound past an eliminated shim: traps until so many steps are done */
    const uint32_t
        *entering; /* LOWER of a lift, RESOURCE_DROP: instances entered (CM: entering_set) */
    uint32_t entering_count;
} wy_trampoline;

typedef struct wy_plan_step {
    uint32_t module;             /* into modules; WY_PLAN_NONE: eliminated */
    const wy_core_item *imports; /* in the order of the module's imports */
    uint32_t import_count;
    uint32_t start; /* eliminated: into funcs, called in the module's place; or WY_PLAN_NONE */
} wy_plan_step;

/* A function or resource that the root component imports. `interface_name` is the whole name of the
 * instance import ("wasi:io/streams@0.2.0"), or empty for a bare import; nested instances append
 * "/name". */
typedef struct wy_plan_import {
    wy_str interface_name;
    wy_str name;
    const wy_func_type *type; /* NULL: a resource */
    uint32_t resource;        /* of a resource: into resources */
    uint32_t unit;            /* whose import it is: 0: the root's, k: providers[k - 1]'s */
} wy_plan_import;

typedef struct wy_plan_resource {
    uint32_t import;          /* into imports, or WY_PLAN_NONE: defined by a guest */
    uint32_t instance;        /* defined: by which component instance */
    uint32_t dtor;            /* defined: into funcs, or WY_PLAN_NONE */
    wy_str name;              /* for messages; may be empty */
    const uint32_t *entering; /* of its destructor, called from the host (CM: entering_set(None)) */
    uint32_t entering_count;
} wy_plan_resource;

/* An export of the root: a function, or an instance with exports of its own. Types have none. */
typedef struct wy_plan_export wy_plan_export;
struct wy_plan_export {
    wy_str name;
    wy_sort sort;             /* FUNC, INSTANCE, TYPE or another (not usable by the host) */
    wy_plan_func func;        /* FUNC */
    const uint32_t *entering; /* FUNC that is a lift: instances entered from the host */
    uint32_t entering_count;
    uint32_t resource;             /* TYPE that is a resource: into resources, or WY_PLAN_NONE */
    const wy_plan_export *exports; /* INSTANCE */
    uint32_t export_count;
};

/* A shim and fixup that were recognised and had to stay, and why. */
typedef struct wy_plan_kept {
    uint32_t step, fixup; /* into steps */
    const char *why;
} wy_plan_kept;

typedef struct wy_plan {
    const wy_core_module *const *modules;
    uint32_t module_count;
    const wy_plan_step *steps;
    uint32_t step_count;
    const wy_trampoline *trampolines;
    uint32_t trampoline_count;
    const wy_plan_lift *lifts;
    uint32_t lift_count;
    const wy_plan_import *imports;
    uint32_t import_count;
    const wy_plan_resource *resources;
    uint32_t resource_count;
    const wy_core_item *funcs;
    uint32_t func_count;
    const wy_core_item *memories;
    uint32_t memory_count;
    const wy_plan_export *exports;
    uint32_t export_count;
    const uint32_t
        *parents; /* per component instance: its parent, or WY_PLAN_NONE. 0 is the root */
    uint32_t instance_count;
    const wy_plan_kept *kept;
    uint32_t kept_count;
    uint32_t eliminated;   /* steps removed (shims and fixups) */
    uint32_t direct_calls; /* imports bound to the function of another component itself */
} wy_plan;

/* An import that another component provides. */
typedef struct wy_plan_link {
    wy_str import;
    uint32_t provider; /* into providers */
    wy_str export_name;
    uint32_t importer; /* whose import: 0: the root's, k: providers[k - 1]'s, which comes later than
                          the provider */
} wy_plan_link;

/* Components that provide imports of the root, or of each other; what else they import is the
 * host's to provide. All of them are instantiated before the root, in order, once each instance of
 * it. */
typedef struct wy_plan_links {
    const wy_component_ast *const *providers;
    uint32_t provider_count;
    const wy_plan_link *links;
    uint32_t link_count;
    /* Whether imports of both names are one interface: resources in it are one resource then. */
    bool (*same_interface)(wy_str a, wy_str b);
} wy_plan_links;

typedef struct wy_plan_config {
    bool keep_shims; /* eliminate nothing: neither shim and fixup modules nor trampolines between
                        components (to prove that it changes nothing) */
    const wy_plan_links *links; /* NULL: none; checked by wy_component_validate_linked */
} wy_plan_config;

/* Flattens a valid component. WY_UNSUPPORTED where the root imports what the host cannot provide (a
 * component, a core module), WY_LIMIT where flattening grows past a limit. Everything that the plan
 * points to lies in `arena` or in the component's bytes. */
wy_err wy_plan_make(wy_arena *arena, const wy_component_ast *ast, const wy_plan_config *config,
                    const wy_plan **plan_out, wy_diag *diag) WY_MUST_USE;

/* A copy that needs neither the AST nor the first arena, and of the component's bytes no more than
 * those of its modules, of which it knows neither types nor exports any more. */
wy_err wy_plan_copy(wy_arena *arena, const wy_plan *plan, const wy_plan **copy_out,
                    wy_diag *diag) WY_MUST_USE;

/* Finds an export by "name" or "instance#name" ("wasi:http/incoming-handler@0.2.0#handle"); NULL.
 */
const wy_plan_export *wy_plan_find_export(const wy_plan *plan, wy_str path);

#endif
