/* The types of a validated component, resolved: no index is left to look up, aliases are gone, and
 * every resource has an identity. Planning has no need of them: it reads the AST.
 *
 * Everything lies in the arena given to the validator and is never changed afterwards.
 *
 * How resources are named. A `wy_resource_id` is a number that stands for one resource type *as
 * seen inside one component definition*: equal ids are equal types, others are not. New ids appear
 *   - at a resource definition,
 *   - at an import of a type with (sub resource),
 *   - at an export of a resource with (sub resource) ascribed: the new type index has a new id for
 *     the exported resource, and
 *   - at an import of an instance, at an instantiation and at an export of an instance with a type
 *     ascribed, one for each entry of the `resources` of the instance type that the new instance
 *     has; each entry says under which export names of that instance the resource is found.
 * Ids are unique over the whole validated tree: a nested component uses ids of its own, and each of
 * its instances has others again. */
#ifndef WY_COMPONENT_TYPES_H
#define WY_COMPONENT_TYPES_H

#include "component/ast.h"

typedef uint32_t wy_resource_id; /* 0: none */

typedef struct wy_ctype wy_ctype;
typedef struct wy_ctype_func wy_ctype_func;
typedef struct wy_instance_type wy_instance_type;
typedef struct wy_component_type wy_component_type;
typedef struct wy_module_type wy_module_type;

/* A field of a record, or a case of a variant. */
typedef struct wy_ctype_field {
    wy_str label;
    const wy_ctype *type; /* NULL: a case without a payload */
} wy_ctype_field;

/* A value type. Shared by everything that refers to it: a graph without cycles, compared by
 * structure. Primitives are nodes too. */
struct wy_ctype {
    wy_type_kind kind;
    uint32_t count;                /* of the array below */
    const wy_ctype_field *fields;  /* RECORD, VARIANT */
    const wy_str *labels;          /* FLAGS, ENUM */
    const wy_ctype *const *types;  /* TUPLE */
    const wy_ctype *type;          /* LIST, FIXED_LIST, OPTION, STREAM, FUTURE: element, NULL for
                                      an empty stream or future; MAP: key; RESULT: ok or NULL */
    const wy_ctype *error;         /* RESULT: error or NULL; MAP: value */
    uint32_t length;               /* FIXED_LIST */
    wy_resource_id resource;       /* OWN, BORROW */
    uint32_t alias;                /* OWN, BORROW: see wy_deftype.alias */
    uint32_t nodes;                /* of the type written out as a tree */
    uint16_t depth;                /* of that tree; a primitive has 1 */
    bool has_borrow, has_resource; /* somewhere inside */
    uint32_t elem_size64;          /* CM: elem_size(t, 'i64') */
    uint32_t align64;              /* CM: alignment(t, 'i64') */
};

typedef struct wy_func_param {
    wy_str name;
    const wy_ctype *type;
} wy_func_param;

/* functype */
struct wy_ctype_func {
    const wy_func_param *params;
    uint32_t param_count;
    const wy_ctype *result; /* NULL: none */
    bool async;             /* `func async` (gated) */
    bool has_resource;
    uint32_t nodes;
};

/* An entry of the type index space. */
typedef struct wy_deftype {
    wy_type_kind kind; /* RESOURCE, FUNC, COMPONENT, INSTANCE, or a value type's */
    uint32_t alias;    /* RESOURCE: which name of the resource this is: an import or export of a
                          resource gives it another. Only for the rule on external visibility. */
    union {
        const wy_ctype *value;
        const wy_ctype_func *func;
        const wy_component_type *component;
        const wy_instance_type *instance;
        wy_resource_id resource;
    };
} wy_deftype;

/* externtype */
typedef struct wy_extern_type {
    wy_sort sort; /* CORE_MODULE, FUNC, TYPE, COMPONENT, INSTANCE */
    union {
        const wy_module_type *core_module;
        const wy_ctype_func *func;
        wy_deftype type;
        const wy_component_type *component;
        const wy_instance_type *instance;
    };
} wy_extern_type;

/* An import or export of a component or instance, in the order of its definition. */
typedef struct wy_named_type {
    wy_str name;
    wy_extern_type type;
    wy_str implements;  /* attribute, or empty */
    wy_str external_id; /* attribute, or empty */
} wy_named_type;

/* Where a resource that a type introduces is found: `path[0]` is the name of an import or export,
 * the others are the names of exports inside the instance found there. */
typedef struct wy_resource_path {
    wy_resource_id id;
    const wy_str *path;
    uint32_t path_len; /* at least 1 */
} wy_resource_path;

/* instancetype */
struct wy_instance_type {
    const wy_named_type *exports;
    uint32_t export_count;
    const wy_resource_path *resources; /* introduced by an instance of this type; ids not listed
                                          here come from outside */
    uint32_t resource_count;
    bool has_resource; /* has resources that come from outside */
    uint16_t depth;    /* of instances in instances; a flat one has 1 */
    uint32_t nodes;
};

/* componenttype */
struct wy_component_type {
    const wy_named_type *imports;
    uint32_t import_count;
    const wy_named_type *exports;
    uint32_t export_count;
    const wy_resource_path *import_resources; /* introduced by the imports */
    uint32_t import_resource_count;
    const wy_resource_path *export_resources; /* introduced by the exports: fresh each time the
                                                 component is instantiated */
    uint32_t export_resource_count;
    bool has_resource; /* has resources that come from outside */
    uint16_t depth;
    uint32_t nodes;
};

/* core:moduletype, of a module or written down. Type indexes are canonical ids. */
struct wy_module_type {
    const wy_core_import *imports;
    uint32_t import_count;
    const wy_core_export *exports; /* `index` counts only where `module` is set */
    uint32_t export_count;
    const wy_core_module *module; /* NULL: only a type is known */
};

/* An export of a core instance. */
typedef struct wy_core_named_type {
    wy_str name;
    wy_core_externtype type;
} wy_core_named_type;

typedef struct wy_core_instance_type {
    const wy_core_named_type *exports;
    uint32_t export_count;
} wy_core_instance_type;

/* What is known of one component definition, and the same for the components defined in it. */
typedef struct wy_component_types wy_component_types;
struct wy_component_types {
    const wy_component_ast *ast;
    const wy_component_type *type;

    /* Index spaces, in order. */
    const wy_deftype *types;
    uint32_t type_count;
    const wy_instance_type *const *instances;
    uint32_t instance_count;

    const wy_component_types *const *nested; /* in the order of the component definitions */
    uint32_t nested_count;
};

/* The export of that name, or NULL. */
const wy_named_type *wy_instance_type_find(const wy_instance_type *type, wy_str name);
const wy_named_type *wy_component_type_find_import(const wy_component_type *type, wy_str name);
const wy_named_type *wy_component_type_find_export(const wy_component_type *type, wy_str name);

#endif
