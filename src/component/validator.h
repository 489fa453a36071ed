/* What the validator's files share: its state, the scopes with their index spaces, and the steps
 * one file offers the others. Only files of this room include it.
 *
 * Steps return false (or NULL) after they reported; the first report is the one that stands. */
#ifndef WY_COMPONENT_VALIDATOR_H
#define WY_COMPONENT_VALIDATOR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "component/types.h"
#include "component/validate.h"

/* --- small containers in the arena --- */

typedef struct wy_vec {
    void *items;
    uint32_t count, cap;
} wy_vec;

/* From a number other than 0 to a pointer. */
typedef struct wy_idmap {
    uint64_t *keys; /* 0: free */
    const void **values;
    uint32_t count, cap;
} wy_idmap;

/* --- core types --- */

/* A core type by its canonical id: equal types of all modules have one id. */
typedef struct wy_core_canon_type {
    wy_core_subtype type; /* its indexes are canonical ids */
} wy_core_canon_type;

/* An entry of the core type index space. */
typedef struct wy_core_type_entry {
    const wy_module_type *module; /* NULL: a rec type's member */
    uint32_t id;                  /* canonical */
} wy_core_type_entry;

/* --- scopes --- */

typedef enum wy_scope_kind {
    WY_SCOPE_COMPONENT,
    WY_SCOPE_COMPONENT_TYPE,
    WY_SCOPE_INSTANCE_TYPE,
    WY_SCOPE_BUNDLE, /* an instance made of exports: what it holds keeps the names it has */
} wy_scope_kind;

/* One direction of a scope: what it imports, or what it exports. */
typedef struct wy_extern_list {
    wy_vec types;       /* wy_named_type */
    wy_vec resources;   /* wy_resource_path */
    wy_map unique;      /* canonical names */
    wy_idmap visible;   /* types that have a name on this side */
    wy_idmap labels;    /* resource -> the wy_str that names it */
    wy_map label_names; /* the names of resources */
    uint32_t nodes;
    uint16_t depth;
    bool has_resource;
} wy_extern_list;

typedef struct wy_scope wy_scope;
struct wy_scope {
    wy_scope *outer;
    wy_scope_kind kind;
    bool closed; /* its type is made: its resources are free nowhere any more */
    /* By wy_sort. CORE_FUNC..CORE_TAG: wy_core_externtype; CORE_TYPE: wy_core_type_entry; TYPE:
     * wy_deftype; the others: pointers to the type. */
    wy_vec spaces[WY_SORT_COUNT];
    wy_vec core_type_ids; /* uint32_t: the canonical ids of the core types, UINT32_MAX for a module
                             type */
    wy_extern_list imports, exports;
    wy_vec nested; /* const wy_component_types * */
};

typedef struct wy_resource_info {
    const wy_scope *scope; /* where it was introduced */
    bool imported;
    bool bound;   /* an export of its scope names it already */
    bool defined; /* by a resource definition */
} wy_resource_info;

typedef struct wy_validator {
    wy_arena *arena;
    wy_diag *diag;
    wy_err err;         /* the first failure */
    unsigned proposals; /* wy_proposal: whose types are accepted */
    size_t offset;      /* of the definition at work */
    uint64_t work;      /* type nodes that may still be visited */
    wy_vec resources;   /* wy_resource_info; [0] is unused */
    uint32_t aliases;   /* names of resources given out */
    wy_vec core_types;  /* wy_core_canon_type */
    wy_map core_groups; /* serialised rec type -> first canonical id */
} wy_validator;

/* --- validate.c --- */

/* A whole component that nothing is around; NULL: v->err says why. */
const wy_component_types *wy_validate_component(wy_validator *v, const wy_component_ast *ast);
/* False: no memory; v->err says so. */
bool wy_validator_init(wy_validator *v, wy_arena *arena, unsigned proposals, wy_diag *diag);

/* --- validator.c: state and containers --- */

bool wy_fail(wy_validator *v, const char *fmt, ...) WY_PRINTF(2, 3);
bool wy_fail_at(wy_validator *v, wy_err err, size_t offset, const char *fmt, ...) WY_PRINTF(4, 5);
/* "<what> belongs to the proposal '<name>', which ..." */
bool wy_fail_gated(wy_validator *v, const char *what, const char *proposal);
/* The same unless the proposal's types are accepted. */
bool wy_gate(wy_validator *v, wy_proposal proposal, const char *what);
bool wy_no_memory(wy_validator *v);
/* Takes `steps` off the work allowed. */
bool wy_work(wy_validator *v, uint32_t steps);
void *wy_take(wy_validator *v, size_t count, size_t size);
/* Room for one more item, cleared. */
void *wy_vec_push(wy_validator *v, wy_vec *vec, size_t size);
bool wy_idmap_set(wy_validator *v, wy_idmap *map, uint64_t key, const void *value);
const void *wy_idmap_get(const wy_idmap *map, uint64_t key);

static inline wy_resource_info *wy_resource_of(wy_validator *v, wy_resource_id id) {
    wy_assert(id > 0 && id < v->resources.count);
    return &((wy_resource_info *)v->resources.items)[id];
}
/* A resource under one of its names, as a key. */
static inline uint64_t wy_resource_key(wy_resource_id id, uint32_t alias) {
    return (uint64_t)id << 33 | (uint64_t)alias << 1 | 1;
}
/* A resource that was not there before; 0: no memory. */
wy_resource_id wy_resource_fresh(wy_validator *v, const wy_scope *scope);

/* --- names.c --- */

typedef enum wy_name_kind {
    WY_NAME_LABEL,
    WY_NAME_CONSTRUCTOR,
    WY_NAME_METHOD,
    WY_NAME_STATIC,
    WY_NAME_INTERFACE,
    WY_NAME_OTHER, /* url=, locked-dep=, unlocked-dep=, integrity=: names of a registry or file */
} wy_name_kind;

typedef struct wy_name {
    wy_name_kind kind;
    wy_str resource; /* CONSTRUCTOR, METHOD, STATIC: the label of the resource */
} wy_name;

bool wy_semver_valid(wy_str text);
/* ns:pkg, nothing behind. */
bool wy_package_name_valid(wy_str text);
/* Parses an externname; reports what is wrong with it. */
bool wy_name_parse(wy_validator *v, wy_str text, wy_name *out);
/* interfacename */
bool wy_interface_name_valid(wy_str text);
/* Adds the name to a set of strongly unique names. `what` for the message: "import". */
bool wy_name_add_unique(wy_validator *v, wy_map *set, wy_str text, const char *what);
/* Labels in one type: valid and strongly unique. */
bool wy_labels_check(wy_validator *v, wy_map *set, wy_str label, const char *what);

/* --- depnames.c --- */

/* Whether the name starts like one of the forms that tools use for names in a registry. */
bool wy_depname_is(wy_str text);
bool wy_depname_valid(wy_str text);

/* --- core_types.c --- */

/* Adds the members of a rec type to `ids` (canonical ids of a scope's core types so far). */
bool wy_core_rectype_add(wy_validator *v, const wy_core_rectype *rec, wy_vec *ids);
/* The canonical id of a plain function type. */
bool wy_core_functype_id(wy_validator *v, const wy_core_functype *type, uint32_t *id_out);
/* The type of a module: imports and exports with canonical ids. */
const wy_module_type *wy_core_module_type(wy_validator *v, const wy_core_module *module);
/* The same of a written module type; `scope` for its outer aliases. */
const wy_module_type *wy_core_declared_module(wy_validator *v, wy_scope *scope,
                                              const wy_core_deftype *type);
bool wy_core_extern_matches(const wy_validator *v, const wy_core_externtype *actual,
                            const wy_core_externtype *expected);
bool wy_module_matches(wy_validator *v, const wy_module_type *actual,
                       const wy_module_type *expected);
/* "i32, i64 -> f32" for messages. */
const char *wy_core_functype_text(wy_validator *v, const wy_core_functype *type);

/* --- deftypes.c: building types --- */

/* Everything but component, instance and resource types, which validate.c makes. */
bool wy_deftype_build(wy_validator *v, wy_scope *scope, const wy_ast_type *type, wy_deftype *out);
bool wy_deftype_has_resource(const wy_deftype *type);
bool wy_extern_has_resource(const wy_extern_type *type);
uint32_t wy_extern_nodes(const wy_extern_type *type);
uint16_t wy_extern_depth(const wy_extern_type *type);

/* --- subst.c: replacing resources in types --- */

typedef struct wy_subst {
    wy_idmap ids;     /* wy_resource_id -> (const void *) of the new one */
    wy_idmap aliases; /* wy_resource_key -> (const void *) of the new alias + 1 */
    wy_idmap done;    /* old type -> new type */
    bool renames;     /* `done` holds value types from the outset, so all has to be walked */
} wy_subst;

bool wy_subst_add(wy_validator *v, wy_subst *subst, wy_resource_id from, wy_resource_id to);
/* Gives the types that the import `inside` names the identity of those it is given, `outside`,
 * which is known to match. */
bool wy_subst_rename(wy_validator *v, wy_subst *subst, const wy_extern_type *inside,
                     const wy_extern_type *outside);
/* An instance type with `resources` taken from `paths`, replaced too. */
const wy_instance_type *wy_subst_exports(wy_validator *v, wy_subst *subst,
                                         const wy_named_type *exports, uint32_t count,
                                         const wy_resource_path *paths, uint32_t path_count,
                                         uint32_t nodes, uint16_t depth);
/* The instance type with new resources for those it introduces. */
const wy_instance_type *wy_instance_fresh(wy_validator *v, const wy_scope *scope,
                                          const wy_instance_type *type);

/* --- subtype.c --- */

/* The type entry that a path leads to, starting at `list`; NULL: none. */
const wy_deftype *wy_path_find(const wy_named_type *list, uint32_t count, const wy_str *path,
                               uint32_t path_len);
/* Whether a thing of type `actual` may stand where `expected` is asked for; reports with `what`. */
bool wy_extern_check(wy_validator *v, const wy_extern_type *actual, const wy_extern_type *expected,
                     const wy_subst *expected_subst, const char *what, wy_str name);

/* --- visible.c --- */

/* Enters a new import or export: the types it names become visible, those it uses must be. */
bool wy_visible_enter(wy_validator *v, wy_scope *scope, wy_extern_list *list, wy_str name,
                      const wy_extern_type *type);
/* [constructor], [method] and [static] names fit the function and the resource. */
bool wy_visible_check_name(wy_validator *v, const wy_extern_list *list, wy_str text,
                           const wy_name *name, const wy_extern_type *type);

/* --- scope.c: index spaces, imports, exports --- */

wy_scope *wy_scope_new(wy_validator *v, wy_scope *outer, wy_scope_kind kind);
/* Adds to the index space of `sort`; `item` as wy_scope.spaces says. */
bool wy_scope_add(wy_validator *v, wy_scope *scope, wy_sort sort, const void *item);
/* The entry, or NULL after a report. The types are those of wy_scope.spaces. */
const void *wy_scope_get(wy_validator *v, const wy_scope *scope, wy_sort sort, uint32_t idx);
bool wy_scope_add_extern(wy_validator *v, wy_scope *scope, const wy_extern_type *type);
bool wy_scope_extern_at(wy_validator *v, const wy_scope *scope, wy_sortidx item,
                        wy_extern_type *out);
bool wy_scope_resource(wy_validator *v, const wy_scope *scope, uint32_t idx, wy_deftype *out);
bool wy_scope_import(wy_validator *v, wy_scope *scope, const wy_ast_import *import);
bool wy_scope_exportdecl(wy_validator *v, wy_scope *scope, const wy_ast_export *export);
bool wy_scope_export(wy_validator *v, wy_scope *scope, const wy_ast_export *export);
/* Instance made of inline exports. */
const wy_instance_type *wy_scope_bundle(wy_validator *v, wy_scope *scope,
                                        const wy_ast_instance *instance);
/* Ends the scope: the type of what it declared. */
const wy_component_type *wy_scope_component_type(wy_validator *v, wy_scope *scope);
const wy_instance_type *wy_scope_instance_type(wy_validator *v, wy_scope *scope);

/* --- canon.c --- */

bool wy_validate_canon(wy_validator *v, wy_scope *scope, const wy_ast_canon *canon);

#endif
