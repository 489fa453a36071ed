/* Scopes: index spaces, and what a component, component type or instance type imports and exports.
 * (Binary, Import and Export Definitions; Explainer, Index Spaces) */
#include "component/validator.h"

#include "base/limits.h"

wy_scope *wy_scope_new(wy_validator *v, wy_scope *outer, wy_scope_kind kind) {
    wy_scope *scope = wy_take(v, 1, sizeof *scope);
    if (!scope) return NULL;
    scope->outer = outer;
    scope->kind = kind;
    wy_extern_list *lists[] = {&scope->imports, &scope->exports};
    for (int i = 0; i < 2; i++) {
        wy_map_init(&lists[i]->unique, v->arena);
        wy_map_init(&lists[i]->label_names, v->arena);
    }
    return scope;
}

/* --- index spaces --- */

static size_t entry_size(wy_sort sort) {
    switch (sort) {
    case WY_SORT_CORE_FUNC:
    case WY_SORT_CORE_TABLE:
    case WY_SORT_CORE_MEMORY:
    case WY_SORT_CORE_GLOBAL:
    case WY_SORT_CORE_TAG: return sizeof(wy_core_externtype);
    case WY_SORT_CORE_TYPE: return sizeof(wy_core_type_entry);
    case WY_SORT_TYPE: return sizeof(wy_deftype);
    case WY_SORT_CORE_MODULE:
    case WY_SORT_CORE_INSTANCE:
    case WY_SORT_FUNC:
    case WY_SORT_VALUE:
    case WY_SORT_COMPONENT:
    case WY_SORT_INSTANCE: return sizeof(void *);
    }
    return 0;
}

static bool is_pointer_space(wy_sort sort) {
    return sort == WY_SORT_CORE_MODULE || sort == WY_SORT_CORE_INSTANCE || sort == WY_SORT_FUNC ||
           sort == WY_SORT_COMPONENT || sort == WY_SORT_INSTANCE;
}

bool wy_scope_add(wy_validator *v, wy_scope *scope, wy_sort sort, const void *item) {
    wy_vec *space = &scope->spaces[sort];
    size_t size = entry_size(sort);
    if (space->count >= WY_MAX_COMPONENT_ITEMS)
        return wy_fail_at(v, WY_LIMIT, v->offset, "more than %d entries of the sort %s",
                          WY_MAX_COMPONENT_ITEMS, wy_sort_name(sort));
    void *slot = wy_vec_push(v, space, size);
    if (!slot) return false;
    if (sort == WY_SORT_CORE_TYPE) {
        const wy_core_type_entry *entry = item;
        uint32_t *id = wy_vec_push(v, &scope->core_type_ids, sizeof *id);
        if (!id) return false;
        *id = entry->module ? UINT32_MAX : entry->id;
    }
    if (is_pointer_space(sort))
        memcpy(slot, &item, sizeof item);
    else
        memcpy(slot, item, size);
    return true;
}

/* CM[index.range] Explainer.md, Index Spaces: an index is that of a definition before it.
 * CM[index.spaces] Explainer.md, Index Spaces: each sort has a space of its own; imports, exports
 * and aliases add to it too. */
const void *wy_scope_get(wy_validator *v, const wy_scope *scope, wy_sort sort, uint32_t idx) {
    const wy_vec *space = &scope->spaces[sort];
    if (idx >= space->count) {
        wy_fail(v, "unknown %s %u: there are %u so far", wy_sort_name(sort), idx, space->count);
        return NULL;
    }
    const char *slot = (const char *)space->items + idx * entry_size(sort);
    if (!is_pointer_space(sort)) return slot;
    const void *item;
    memcpy(&item, slot, sizeof item);
    return item;
}

bool wy_scope_add_extern(wy_validator *v, wy_scope *scope, const wy_extern_type *type) {
    switch ((int)type->sort) {
    case WY_SORT_CORE_MODULE: return wy_scope_add(v, scope, type->sort, type->core_module);
    case WY_SORT_FUNC: return wy_scope_add(v, scope, type->sort, type->func);
    case WY_SORT_TYPE: return wy_scope_add(v, scope, type->sort, &type->type);
    case WY_SORT_COMPONENT: return wy_scope_add(v, scope, type->sort, type->component);
    case WY_SORT_INSTANCE: return wy_scope_add(v, scope, type->sort, type->instance);
    default: return wy_fail(v, "unexpected sort %s", wy_sort_name(type->sort));
    }
}

/* CM[export.sort] Binary.md, Import and Export Definitions: of the core sorts only modules are
 * exported or given as arguments. */
bool wy_scope_extern_at(wy_validator *v, const wy_scope *scope, wy_sortidx item,
                        wy_extern_type *out) {
    *out = (wy_extern_type){.sort = item.sort};
    if (item.sort == WY_SORT_VALUE) return wy_fail_gated(v, "a value", "values");
    if (item.sort < WY_SORT_CORE_MODULE || item.sort == WY_SORT_CORE_INSTANCE)
        return wy_fail(v, "a %s cannot stand outside of core instances", wy_sort_name(item.sort));
    const void *entry = wy_scope_get(v, scope, item.sort, item.idx);
    if (!entry) return false;
    switch ((int)item.sort) {
    case WY_SORT_CORE_MODULE: out->core_module = entry; break;
    case WY_SORT_FUNC: out->func = entry; break;
    case WY_SORT_TYPE: out->type = *(const wy_deftype *)entry; break;
    case WY_SORT_COMPONENT: out->component = entry; break;
    default: out->instance = entry; break;
    }
    return true;
}

bool wy_scope_resource(wy_validator *v, const wy_scope *scope, uint32_t idx, wy_deftype *out) {
    const wy_deftype *entry = wy_scope_get(v, scope, WY_SORT_TYPE, idx);
    if (!entry) return false;
    *out = *entry;
    return entry->kind == WY_TYPE_RESOURCE ||
           wy_fail(v, "type index %u is not a resource type", idx);
}

/* --- types of imports and exports --- */

static const wy_deftype *deftype_of_kind(wy_validator *v, const wy_scope *scope, uint32_t idx,
                                         wy_type_kind kind, const char *what) {
    const wy_deftype *entry = wy_scope_get(v, scope, WY_SORT_TYPE, idx);
    if (!entry) return NULL;
    if (entry->kind == kind) return entry;
    wy_fail(v, "type index %u is not %s type", idx, what);
    return NULL;
}

/* Another name for a type: the same type, but visible apart from the first. */
static bool another_name(wy_validator *v, wy_deftype *type) {
    switch ((int)type->kind) {
    case WY_TYPE_FUNC:
    case WY_TYPE_COMPONENT:
    case WY_TYPE_INSTANCE: return true;
    case WY_TYPE_RESOURCE: type->alias = ++v->aliases; return true;
    default: {
        if (type->kind <= WY_TYPE_BOOL && type->kind >= WY_TYPE_STRING) return true;
        wy_ctype *copy = wy_take(v, 1, sizeof *copy);
        if (!copy) return false;
        *copy = *type->value;
        type->value = copy;
        return true;
    }
    }
}

/* An externtype without what is new at each use: the resource of (sub resource) is left at 0. */
/* CM[type.externtype] Binary.md, Type Definitions: the type an externtype refers to is of its sort.
 */
static bool resolve_externtype(wy_validator *v, const wy_scope *scope,
                               const wy_ast_externtype *type, wy_extern_type *out) {
    *out = (wy_extern_type){.sort = type->sort};
    const wy_deftype *def;
    switch ((int)type->sort) {
    case WY_SORT_CORE_MODULE: {
        const wy_core_type_entry *entry = wy_scope_get(v, scope, WY_SORT_CORE_TYPE, type->idx);
        if (!entry) return false;
        out->core_module = entry->module;
        return entry->module || wy_fail(v, "core type index %u is not a module type", type->idx);
    }
    case WY_SORT_FUNC:
        def = deftype_of_kind(v, scope, type->idx, WY_TYPE_FUNC, "a function");
        if (def) out->func = def->func;
        return def != NULL;
    case WY_SORT_COMPONENT:
        def = deftype_of_kind(v, scope, type->idx, WY_TYPE_COMPONENT, "a component");
        if (def) out->component = def->component;
        return def != NULL;
    case WY_SORT_INSTANCE:
        def = deftype_of_kind(v, scope, type->idx, WY_TYPE_INSTANCE, "an instance");
        if (def) out->instance = def->instance;
        return def != NULL;
    case WY_SORT_TYPE:
        if (type->bound == WY_BOUND_SUB_RESOURCE) {
            out->type.kind = WY_TYPE_RESOURCE;
            return true;
        }
        def = wy_scope_get(v, scope, WY_SORT_TYPE, type->idx);
        if (def) out->type = *def;
        return def != NULL;
    default: return wy_fail_gated(v, "a value import or export", "values");
    }
}

/* CM[resource.fresh] Explainer.md, Type Checking: an import or exportdecl with (sub resource) is a
 * type unlike all others, and so are the resources that an imported instance introduces; (eq t) is
 * t. Gives an import or exportdecl what is its own: new resources, another name. */
static bool introduce(wy_validator *v, wy_scope *scope, wy_extern_type *type) {
    if (type->sort == WY_SORT_INSTANCE) {
        type->instance = wy_instance_fresh(v, scope, type->instance);
        return type->instance != NULL;
    }
    if (type->sort != WY_SORT_TYPE) return true;
    if (type->type.kind == WY_TYPE_RESOURCE && type->type.resource == 0) {
        type->type.resource = wy_resource_fresh(v, scope);
        if (!type->type.resource) return false;
    }
    return another_name(v, &type->type);
}

/* --- looking for resources in types --- */

/* Whether something in a type is a resource that is sought: one that `local` introduced other than
 * by an import, or, `local` being NULL, one of a scope that is still open. */
typedef struct resource_search {
    wy_validator *v;
    const wy_scope *local;
    wy_idmap seen;
} resource_search;

static bool sought_in_extern(resource_search *s, const wy_extern_type *type);

static bool sought(resource_search *s, wy_resource_id id) {
    const wy_resource_info *info = wy_resource_of(s->v, id);
    return s->local ? info->scope == s->local && !info->imported : !info->scope->closed;
}

static bool seen_before(resource_search *s, const void *type) {
    uint64_t key = (uint64_t)(uintptr_t)type;
    if (wy_idmap_get(&s->seen, key)) return true;
    return !wy_idmap_set(s->v, &s->seen, key, type) || !wy_work(s->v, 1);
}

static bool sought_in_value(resource_search *s, const wy_ctype *type) {
    if (!type || !type->has_resource || seen_before(s, type)) return false;
    if (type->resource) return sought(s, type->resource);
    for (uint32_t i = 0; i < type->count; i++)
        if ((type->fields && sought_in_value(s, type->fields[i].type)) ||
            (type->types && sought_in_value(s, type->types[i])))
            return true;
    return sought_in_value(s, type->type) || sought_in_value(s, type->error);
}

static bool sought_in_func(resource_search *s, const wy_ctype_func *type) {
    if (!type->has_resource || seen_before(s, type)) return false;
    for (uint32_t i = 0; i < type->param_count; i++)
        if (sought_in_value(s, type->params[i].type)) return true;
    return sought_in_value(s, type->result);
}

static bool sought_in_list(resource_search *s, const wy_named_type *list, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (sought_in_extern(s, &list[i].type)) return true;
    return false;
}

static bool sought_in_instance(resource_search *s, const wy_instance_type *type) {
    return type->has_resource && !seen_before(s, type) &&
           sought_in_list(s, type->exports, type->export_count);
}

static bool sought_in_component(resource_search *s, const wy_component_type *type) {
    return type->has_resource && !seen_before(s, type) &&
           (sought_in_list(s, type->imports, type->import_count) ||
            sought_in_list(s, type->exports, type->export_count));
}

static bool sought_in_deftype(resource_search *s, const wy_deftype *type) {
    switch ((int)type->kind) {
    case WY_TYPE_RESOURCE: return sought(s, type->resource);
    case WY_TYPE_FUNC: return sought_in_func(s, type->func);
    case WY_TYPE_COMPONENT: return sought_in_component(s, type->component);
    case WY_TYPE_INSTANCE: return sought_in_instance(s, type->instance);
    default: return sought_in_value(s, type->value);
    }
}

static bool sought_in_extern(resource_search *s, const wy_extern_type *type) {
    switch ((int)type->sort) {
    case WY_SORT_FUNC: return sought_in_func(s, type->func);
    case WY_SORT_TYPE: return sought_in_deftype(s, &type->type);
    case WY_SORT_COMPONENT: return sought_in_component(s, type->component);
    case WY_SORT_INSTANCE: return sought_in_instance(s, type->instance);
    default: return false;
    }
}

/* --- lists --- */

/* CM[name.attributes] Binary.md, Import and Export Definitions: each attribute at most once;
 * implements an interface name, and only for instances with a plain name; a version suffix only
 * behind a canonical version. All are gated, and so are canonical versions. */
static bool check_attributes(wy_validator *v, const wy_ast_name *name, wy_name_kind kind,
                             wy_sort sort) {
    unsigned seen = 0;
    for (uint32_t i = 0; i < name->attribute_count; i++) {
        const wy_attribute *attribute = &name->attributes[i];
        unsigned bit = 1u << attribute->kind;
        if (seen & bit)
            return wy_fail(v, "an attribute is given twice for the name \"%.*s\"",
                           WY_STR_ARG(name->text));
        seen |= bit;
        if (attribute->kind == WY_ATTRIBUTE_VERSIONSUFFIX)
            return wy_fail(v, "a version suffix behind \"%.*s\", which has no canonical version",
                           WY_STR_ARG(name->text));
        if (attribute->kind != WY_ATTRIBUTE_IMPLEMENTS) continue;
        if (!wy_interface_name_valid(attribute->text))
            return wy_fail(v, "`implements` \"%.*s\", which is not a valid interface name",
                           WY_STR_ARG(attribute->text));
        if (sort != WY_SORT_INSTANCE || kind != WY_NAME_LABEL)
            return wy_fail(v, "`implements` for \"%.*s\", which is no instance with a plain name",
                           WY_STR_ARG(name->text));
    }
    if (name->attribute_count) return wy_fail_gated(v, "a name with attributes", "implements");
    return true;
}

/* The type as it stands in a list: what it introduces belongs to the list's owner. */
static bool listed(wy_validator *v, const wy_extern_type *type, wy_extern_type *out) {
    *out = *type;
    if (type->sort != WY_SORT_INSTANCE || type->instance->resource_count == 0) return true;
    wy_instance_type *copy = wy_take(v, 1, sizeof *copy);
    if (!copy) return false;
    *copy = *type->instance;
    copy->resources = NULL;
    copy->resource_count = 0;
    out->instance = copy;
    return true;
}

static bool list_add(wy_validator *v, wy_scope *scope, wy_extern_list *list,
                     const wy_ast_name *name, const wy_extern_type *type) {
    wy_name parsed;
    const char *what = list == &scope->imports ? "import" : "export";
    if (!wy_name_parse(v, name->text, &parsed)) return false;
    if (parsed.kind == WY_NAME_OTHER && list == &scope->exports)
        return wy_fail(v, "\"%.*s\" is not a valid export name", WY_STR_ARG(name->text));
    if (!check_attributes(v, name, parsed.kind, type->sort) ||
        !wy_name_add_unique(v, &list->unique, name->text, what) ||
        !wy_visible_enter(v, scope, list, name->text, type) ||
        !wy_visible_check_name(v, list, name->text, &parsed, type))
        return false;
    wy_named_type *item = wy_vec_push(v, &list->types, sizeof *item);
    if (!item || !listed(v, type, &item->type)) return false;
    item->name = name->text;
    list->has_resource |= wy_extern_has_resource(type);
    list->nodes += 1 + wy_extern_nodes(type);
    uint16_t depth = wy_extern_depth(type);
    if (depth > list->depth) list->depth = depth;
    if (list->nodes > WY_MAX_TYPE_SIZE)
        return wy_fail_at(v, WY_LIMIT, v->offset, "the imports or exports have more than %d parts",
                          WY_MAX_TYPE_SIZE);
    return true;
}

static bool add_path(wy_validator *v, wy_vec *paths, wy_resource_id id, const wy_str *prefix,
                     uint32_t prefix_len, const wy_str *rest, uint32_t rest_len) {
    wy_resource_path *path = wy_vec_push(v, paths, sizeof *path);
    wy_str *names = wy_take(v, (size_t)prefix_len + rest_len, sizeof *names);
    if (!path || !names) return false;
    memcpy(names, prefix, prefix_len * sizeof *names);
    if (rest_len) memcpy(names + prefix_len, rest, rest_len * sizeof *names);
    *path = (wy_resource_path){.id = id, .path = names, .path_len = prefix_len + rest_len};
    return true;
}

/* CM[import.local] Explainer.md, External Visibility of Types: what is imported cannot depend on a
 * resource that the component itself defines, or has of what it instantiates or exports. */
static bool check_not_local(wy_validator *v, const wy_scope *scope, const wy_extern_type *type,
                            wy_str name) {
    resource_search search = {.v = v, .local = scope};
    if (!sought_in_extern(&search, type)) return !v->err;
    return wy_fail(v, "import \"%.*s\" depends on a resource that is not imported",
                   WY_STR_ARG(name));
}

bool wy_scope_import(wy_validator *v, wy_scope *scope, const wy_ast_import *import) {
    wy_extern_type type;
    wy_extern_list *list = &scope->imports;
    if (!resolve_externtype(v, scope, &import->type, &type)) return false;
    bool sub_resource =
        type.sort == WY_SORT_TYPE && type.type.kind == WY_TYPE_RESOURCE && type.type.resource == 0;
    if (!introduce(v, scope, &type)) return false;
    if (sub_resource) {
        wy_resource_of(v, type.type.resource)->imported = true;
        if (!add_path(v, &list->resources, type.type.resource, &import->name.text, 1, NULL, 0))
            return false;
    }
    if (type.sort == WY_SORT_INSTANCE) {
        for (uint32_t i = 0; i < type.instance->resource_count; i++) {
            const wy_resource_path *path = &type.instance->resources[i];
            wy_resource_of(v, path->id)->imported = true;
            if (!add_path(v, &list->resources, path->id, &import->name.text, 1, path->path,
                          path->path_len))
                return false;
        }
    }
    return list_add(v, scope, list, &import->name, &type) &&
           check_not_local(v, scope, &type, import->name.text) &&
           wy_scope_add_extern(v, scope, &type);
}

bool wy_scope_exportdecl(wy_validator *v, wy_scope *scope, const wy_ast_export *export) {
    wy_extern_type type;
    return resolve_externtype(v, scope, &export->type, &type) && introduce(v, scope, &type) &&
           list_add(v, scope, &scope->exports, &export->name, &type) &&
           wy_scope_add_extern(v, scope, &type);
}

/* CM[export.ascribe] Binary.md, Import and Export Definitions: a type written at an export is a
 * supertype of what is exported.
 * CM[export.hide] Explainer.md, Type Checking: a resource exported as (sub resource), by itself or
 * in an instance, is unlike the one it was. */
static bool ascribe(wy_validator *v, const wy_scope *scope, const wy_extern_type *actual,
                    const wy_extern_type *ascribed, wy_str name, wy_extern_type *out) {
    *out = *ascribed;
    if (ascribed->sort == WY_SORT_TYPE && ascribed->type.kind == WY_TYPE_RESOURCE &&
        ascribed->type.resource == 0) {
        if (actual->sort != WY_SORT_TYPE || actual->type.kind != WY_TYPE_RESOURCE)
            return wy_fail(v, "export \"%.*s\" is not a resource", WY_STR_ARG(name));
        out->type.resource = wy_resource_fresh(v, scope);
        return out->type.resource != 0;
    }
    if (!wy_extern_check(v, actual, ascribed, NULL, "export", name)) return false;
    if (ascribed->sort != WY_SORT_INSTANCE) return true;
    out->instance = wy_instance_fresh(v, scope, ascribed->instance);
    return out->instance != NULL;
}

bool wy_scope_export(wy_validator *v, wy_scope *scope, const wy_ast_export *export) {
    wy_extern_type actual, ascribed, type;
    if (!wy_scope_extern_at(v, scope, export->item, &actual)) return false;
    type = actual;
    if (export->has_type && (!resolve_externtype(v, scope, &export->type, &ascribed) ||
                             !ascribe(v, scope, &actual, &ascribed, export->name.text, &type)))
        return false;
    if (type.sort == WY_SORT_TYPE && !another_name(v, &type.type)) return false;
    return list_add(v, scope, &scope->exports, &export->name, &type) &&
           wy_scope_add_extern(v, scope, &type);
}

/* --- results --- */

static bool check_depth(wy_validator *v, uint32_t depth) {
    return depth <= WY_MAX_COMPONENT_DEPTH ||
           wy_fail_at(v, WY_LIMIT, v->offset, "instance or component types nested deeper than %d",
                      WY_MAX_COMPONENT_DEPTH);
}

const wy_instance_type *wy_scope_bundle(wy_validator *v, wy_scope *scope,
                                        const wy_ast_instance *instance) {
    wy_scope *inside = wy_scope_new(v, NULL, WY_SCOPE_BUNDLE);
    wy_instance_type *out = wy_take(v, 1, sizeof *out);
    if (!inside || !out) return NULL;
    for (uint32_t i = 0; i < instance->count; i++) {
        wy_extern_type type;
        v->offset = instance->args[i].offset;
        if (!wy_scope_extern_at(v, scope, instance->args[i].item, &type)) return NULL;
        if (!list_add(v, inside, &inside->exports, &instance->args[i].name, &type)) return NULL;
    }
    const wy_extern_list *list = &inside->exports;
    *out = (wy_instance_type){.exports = list->types.items,
                              .export_count = list->types.count,
                              .has_resource = list->has_resource,
                              .depth = (uint16_t)(list->depth + 1),
                              .nodes = list->nodes + 1};
    return check_depth(v, out->depth) ? out : NULL;
}

/* Resources of the scope that its exports give a name, at the first such name. */
/* CM[export.eq] Explainer.md, Type Checking: a resource that is exported twice is one type: the
 * second export is equal to the first. */
static bool collect(wy_validator *v, wy_scope *scope, const wy_named_type *list, uint32_t count,
                    wy_str *path, uint32_t path_len) {
    if (!wy_work(v, count)) return false;
    for (uint32_t i = 0; i < count; i++) {
        const wy_extern_type *type = &list[i].type;
        path[path_len] = list[i].name;
        if (type->sort == WY_SORT_INSTANCE && type->instance->has_resource) {
            if (WY_NEVER(path_len + 1 > WY_MAX_COMPONENT_DEPTH)) return false;
            if (!collect(v, scope, type->instance->exports, type->instance->export_count, path,
                         path_len + 1))
                return false;
        }
        if (type->sort != WY_SORT_TYPE || type->type.kind != WY_TYPE_RESOURCE) continue;
        wy_resource_info *info = wy_resource_of(v, type->type.resource);
        if (info->scope != scope || info->imported || info->bound) continue;
        info->bound = true;
        if (!add_path(v, &scope->exports.resources, type->type.resource, path, path_len + 1, NULL,
                      0))
            return false;
    }
    return true;
}

static bool collect_exports(wy_validator *v, wy_scope *scope) {
    wy_str path[WY_MAX_COMPONENT_DEPTH + 2];
    return collect(v, scope, scope->exports.types.items, scope->exports.types.count, path, 0);
}

static bool lists_open(wy_validator *v, const wy_scope *scope) {
    resource_search search = {.v = v};
    return sought_in_list(&search, scope->imports.types.items, scope->imports.types.count) ||
           sought_in_list(&search, scope->exports.types.items, scope->exports.types.count);
}

const wy_component_type *wy_scope_component_type(wy_validator *v, wy_scope *scope) {
    wy_component_type *out = wy_take(v, 1, sizeof *out);
    if (!out || !collect_exports(v, scope)) return NULL;
    scope->closed = true;
    const wy_extern_list *imports = &scope->imports, *exports = &scope->exports;
    uint32_t depth = 1u + (imports->depth > exports->depth ? imports->depth : exports->depth);
    *out = (wy_component_type){.imports = imports->types.items,
                               .import_count = imports->types.count,
                               .exports = exports->types.items,
                               .export_count = exports->types.count,
                               .import_resources = imports->resources.items,
                               .import_resource_count = imports->resources.count,
                               .export_resources = exports->resources.items,
                               .export_resource_count = exports->resources.count,
                               .has_resource = lists_open(v, scope),
                               .depth = (uint16_t)depth,
                               .nodes = 1 + imports->nodes + exports->nodes};
    return !v->err && check_depth(v, depth) ? out : NULL;
}

const wy_instance_type *wy_scope_instance_type(wy_validator *v, wy_scope *scope) {
    wy_instance_type *out = wy_take(v, 1, sizeof *out);
    if (!out || !collect_exports(v, scope)) return NULL;
    scope->closed = true;
    const wy_extern_list *exports = &scope->exports;
    uint32_t depth = 1u + exports->depth;
    *out = (wy_instance_type){.exports = exports->types.items,
                              .export_count = exports->types.count,
                              .resources = exports->resources.items,
                              .resource_count = exports->resources.count,
                              .has_resource = lists_open(v, scope),
                              .depth = (uint16_t)depth,
                              .nodes = 1 + exports->nodes};
    return !v->err && check_depth(v, depth) ? out : NULL;
}
