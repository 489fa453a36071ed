/* Replaces resources in types, and finds things in types by name. What mentions no resource that is
 * replaced keeps its node, so that shared types stay shared. */
#include "component/validator.h"

bool wy_subst_add(wy_validator *v, wy_subst *subst, wy_resource_id from, wy_resource_id to) {
    wy_assert(from && to);
    return wy_idmap_set(v, &subst->ids, from, (const void *)(uintptr_t)to);
}

/* Types of an import are written with the names they have outside, so that they stay visible there.
 */
bool wy_subst_rename(wy_validator *v, wy_subst *s, const wy_extern_type *inside,
                     const wy_extern_type *outside) {
    if (inside->sort == WY_SORT_INSTANCE) {
        for (uint32_t i = 0; i < inside->instance->export_count; i++) {
            const wy_named_type *export = &inside->instance->exports[i];
            if (export->type.sort != WY_SORT_TYPE && export->type.sort != WY_SORT_INSTANCE)
                continue;
            if (!wy_work(v, 1 + i / 8)) return false;
            const wy_named_type *has = wy_instance_type_find(outside->instance, export->name);
            if (WY_NEVER(!has) || !wy_subst_rename(v, s, &export->type, &has->type)) return false;
        }
        return true;
    }
    if (inside->sort != WY_SORT_TYPE) return true;
    const wy_deftype *in = &inside->type, *out = &outside->type;
    switch ((int)in->kind) {
    case WY_TYPE_RESOURCE:
        return wy_idmap_set(v, &s->aliases, wy_resource_key(in->resource, in->alias),
                            (const void *)((uintptr_t)out->alias + 1));
    case WY_TYPE_FUNC:
    case WY_TYPE_COMPONENT:
    case WY_TYPE_INSTANCE: return true;
    default:
        if (in->value == out->value || in->kind >= WY_TYPE_STRING) return true;
        s->renames = true;
        return wy_idmap_set(v, &s->done, (uint64_t)(uintptr_t)in->value, out->value);
    }
}

static wy_resource_id replaced(const wy_subst *subst, wy_resource_id id) {
    const void *to = wy_idmap_get(&subst->ids, id);
    return to ? (wy_resource_id)(uintptr_t)to : id;
}

static const void *done(const wy_subst *subst, const void *type) {
    return wy_idmap_get(&subst->done, (uint64_t)(uintptr_t)type);
}

static const void *keep(wy_validator *v, wy_subst *subst, const void *type, const void *copy) {
    return wy_idmap_set(v, &subst->done, (uint64_t)(uintptr_t)type, copy) ? copy : NULL;
}

/* Whether nothing in a type can change: without renamings only resources do. */
static bool untouched(const wy_subst *s, bool has_resource) {
    return !has_resource && !s->renames;
}

static uint32_t replaced_alias(const wy_subst *s, wy_resource_id id, uint32_t alias) {
    const void *to = wy_idmap_get(&s->aliases, wy_resource_key(id, alias));
    return to ? (uint32_t)((uintptr_t)to - 1) : alias;
}

static const wy_ctype *subst_value(wy_validator *v, wy_subst *s, const wy_ctype *type);

/* The parts of a type replaced into `out`; `*changed` is set where one did change. */
static bool subst_parts(wy_validator *v, wy_subst *s, const wy_ctype *type, wy_ctype *out,
                        bool *changed) {
    if (type->type && !(out->type = subst_value(v, s, type->type))) return false;
    if (type->error && !(out->error = subst_value(v, s, type->error))) return false;
    *changed = out->type != type->type || out->error != type->error;
    if (type->fields) {
        wy_ctype_field *fields = wy_take(v, type->count, sizeof *fields);
        if (!fields) return false;
        for (uint32_t i = 0; i < type->count; i++) {
            fields[i] = type->fields[i];
            if (fields[i].type && !(fields[i].type = subst_value(v, s, fields[i].type)))
                return false;
            *changed |= fields[i].type != type->fields[i].type;
        }
        out->fields = fields;
    }
    if (type->types) {
        const wy_ctype **types = wy_take(v, type->count, sizeof *types);
        if (!types) return false;
        for (uint32_t i = 0; i < type->count; i++) {
            if (!(types[i] = subst_value(v, s, type->types[i]))) return false;
            *changed |= types[i] != type->types[i];
        }
        out->types = types;
    }
    return true;
}

static const wy_ctype *subst_value(wy_validator *v, wy_subst *s, const wy_ctype *type) {
    if (untouched(s, type->has_resource) || type->kind >= WY_TYPE_STRING) return type;
    const wy_ctype *before = done(s, type);
    if (before) return before;
    if (!wy_work(v, 1 + type->count)) return NULL;
    wy_ctype made = *type;
    bool changed = false;
    if (type->resource) {
        made.resource = replaced(s, type->resource);
        made.alias = replaced_alias(s, type->resource, type->alias);
        changed = made.resource != type->resource || made.alias != type->alias;
    } else if (!subst_parts(v, s, type, &made, &changed)) {
        return NULL;
    }
    if (!changed) return keep(v, s, type, type);
    wy_ctype *copy = wy_take(v, 1, sizeof *copy);
    if (!copy) return NULL;
    *copy = made;
    return keep(v, s, type, copy);
}

static const wy_ctype_func *subst_func(wy_validator *v, wy_subst *s, const wy_ctype_func *type) {
    if (untouched(s, type->has_resource)) return type;
    const wy_ctype_func *before = done(s, type);
    if (before) return before;
    wy_ctype_func *copy = wy_take(v, 1, sizeof *copy);
    wy_func_param *params = wy_take(v, type->param_count, sizeof *params);
    if (!copy || !params || !wy_work(v, 1 + type->param_count)) return NULL;
    *copy = *type;
    for (uint32_t i = 0; i < type->param_count; i++) {
        params[i] = type->params[i];
        if (!(params[i].type = subst_value(v, s, params[i].type))) return NULL;
    }
    copy->params = params;
    if (type->result && !(copy->result = subst_value(v, s, type->result))) return NULL;
    return keep(v, s, type, copy);
}

static bool subst_extern(wy_validator *v, wy_subst *s, const wy_extern_type *type,
                         wy_extern_type *out);

static const wy_named_type *subst_list(wy_validator *v, wy_subst *s, const wy_named_type *list,
                                       uint32_t count) {
    wy_named_type *copy = wy_take(v, count, sizeof *copy);
    if (!copy || !wy_work(v, count)) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        copy[i] = list[i];
        if (!subst_extern(v, s, &list[i].type, &copy[i].type)) return NULL;
    }
    return copy;
}

static const wy_resource_path *subst_paths(wy_validator *v, wy_subst *s,
                                           const wy_resource_path *paths, uint32_t count) {
    wy_resource_path *copy = wy_take(v, count, sizeof *copy);
    for (uint32_t i = 0; copy && i < count; i++) {
        copy[i] = paths[i];
        copy[i].id = replaced(s, paths[i].id);
    }
    return copy;
}

const wy_instance_type *wy_subst_exports(wy_validator *v, wy_subst *s, const wy_named_type *exports,
                                         uint32_t count, const wy_resource_path *paths,
                                         uint32_t path_count, uint32_t nodes, uint16_t depth) {
    wy_instance_type *out = wy_take(v, 1, sizeof *out);
    if (!out) return NULL;
    *out = (wy_instance_type){.exports = subst_list(v, s, exports, count),
                              .export_count = count,
                              .resources = subst_paths(v, s, paths, path_count),
                              .resource_count = path_count,
                              .depth = depth,
                              .nodes = nodes};
    for (uint32_t i = 0; i < count && !v->err; i++)
        out->has_resource |= wy_extern_has_resource(&out->exports[i].type);
    return v->err ? NULL : out;
}

static const wy_instance_type *subst_instance(wy_validator *v, wy_subst *s,
                                              const wy_instance_type *type) {
    if (untouched(s, type->has_resource)) return type;
    const wy_instance_type *before = done(s, type);
    if (before) return before;
    const wy_instance_type *copy =
        wy_subst_exports(v, s, type->exports, type->export_count, type->resources,
                         type->resource_count, type->nodes, type->depth);
    return copy ? keep(v, s, type, copy) : NULL;
}

static const wy_component_type *subst_component(wy_validator *v, wy_subst *s,
                                                const wy_component_type *type) {
    if (untouched(s, type->has_resource)) return type;
    const wy_component_type *before = done(s, type);
    if (before) return before;
    wy_component_type *copy = wy_take(v, 1, sizeof *copy);
    if (!copy) return NULL;
    *copy = *type;
    copy->imports = subst_list(v, s, type->imports, type->import_count);
    if (!copy->imports) return NULL;
    copy->exports = subst_list(v, s, type->exports, type->export_count);
    if (!copy->exports) return NULL;
    return keep(v, s, type, copy);
}

static bool subst_deftype(wy_validator *v, wy_subst *s, const wy_deftype *type, wy_deftype *out) {
    *out = *type;
    switch ((int)type->kind) {
    case WY_TYPE_RESOURCE:
        out->resource = replaced(s, type->resource);
        out->alias = replaced_alias(s, type->resource, type->alias);
        return true;
    case WY_TYPE_FUNC: return (out->func = subst_func(v, s, type->func)) != NULL;
    case WY_TYPE_COMPONENT:
        return (out->component = subst_component(v, s, type->component)) != NULL;
    case WY_TYPE_INSTANCE: return (out->instance = subst_instance(v, s, type->instance)) != NULL;
    default: return (out->value = subst_value(v, s, type->value)) != NULL;
    }
}

static bool subst_extern(wy_validator *v, wy_subst *s, const wy_extern_type *type,
                         wy_extern_type *out) {
    *out = *type;
    switch ((int)type->sort) {
    case WY_SORT_FUNC: return (out->func = subst_func(v, s, type->func)) != NULL;
    case WY_SORT_TYPE: return subst_deftype(v, s, &type->type, &out->type);
    case WY_SORT_COMPONENT:
        return (out->component = subst_component(v, s, type->component)) != NULL;
    case WY_SORT_INSTANCE: return (out->instance = subst_instance(v, s, type->instance)) != NULL;
    default: return true;
    }
}

const wy_instance_type *wy_instance_fresh(wy_validator *v, const wy_scope *scope,
                                          const wy_instance_type *type) {
    if (type->resource_count == 0) return type;
    wy_subst subst = {0};
    for (uint32_t i = 0; i < type->resource_count; i++) {
        wy_resource_id id = wy_resource_fresh(v, scope);
        if (!id || !wy_subst_add(v, &subst, type->resources[i].id, id)) return NULL;
    }
    return wy_subst_exports(v, &subst, type->exports, type->export_count, type->resources,
                            type->resource_count, type->nodes, type->depth);
}

/* --- finding by name --- */

static const wy_named_type *find(const wy_named_type *list, uint32_t count, wy_str name) {
    for (uint32_t i = 0; i < count; i++)
        if (wy_str_eq(list[i].name, name)) return &list[i];
    return NULL;
}

const wy_named_type *wy_instance_type_find(const wy_instance_type *type, wy_str name) {
    return find(type->exports, type->export_count, name);
}

const wy_named_type *wy_component_type_find_import(const wy_component_type *type, wy_str name) {
    return find(type->imports, type->import_count, name);
}

const wy_named_type *wy_component_type_find_export(const wy_component_type *type, wy_str name) {
    return find(type->exports, type->export_count, name);
}

const wy_deftype *wy_path_find(const wy_named_type *list, uint32_t count, const wy_str *path,
                               uint32_t path_len) {
    for (uint32_t i = 0; i < path_len; i++) {
        const wy_named_type *item = find(list, count, path[i]);
        if (!item) return NULL;
        if (i + 1 == path_len) return item->type.sort == WY_SORT_TYPE ? &item->type.type : NULL;
        if (item->type.sort != WY_SORT_INSTANCE) return NULL;
        list = item->type.instance->exports;
        count = item->type.instance->export_count;
    }
    return NULL;
}
