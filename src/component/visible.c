/* External visibility: types that imports and exports use must have a name there; and the rules
 * that tie [constructor], [method] and [static] names to a resource. (Explainer, External
 * Visibility of Types; Binary, Import and Export Definitions) */
#include "component/validator.h"

static uint64_t value_key(const wy_ctype *type) {
    return (uint64_t)(uintptr_t)type; /* even: types are aligned */
}

static bool value_visible(wy_validator *v, const wy_idmap *visible, const wy_ctype *type);

/* Whether all a type is made of has a name, the type itself aside. */
static bool parts_visible(wy_validator *v, const wy_idmap *visible, const wy_ctype *type) {
    if (!wy_work(v, 1 + type->count)) return false;
    if (type->type && !value_visible(v, visible, type->type)) return false;
    if (type->error && !value_visible(v, visible, type->error)) return false;
    for (uint32_t i = 0; i < type->count; i++) {
        if (type->fields && type->fields[i].type &&
            !value_visible(v, visible, type->fields[i].type))
            return false;
        if (type->types && !value_visible(v, visible, type->types[i])) return false;
    }
    return !type->resource || wy_idmap_get(visible, wy_resource_key(type->resource, type->alias));
}

static bool value_visible(wy_validator *v, const wy_idmap *visible, const wy_ctype *type) {
    switch ((int)type->kind) {
    case WY_TYPE_RECORD:
    case WY_TYPE_VARIANT:
    case WY_TYPE_FLAGS:
    case WY_TYPE_ENUM: return wy_idmap_get(visible, value_key(type)) != NULL;
    default: return parts_visible(v, visible, type);
    }
}

static bool func_visible(wy_validator *v, const wy_idmap *visible, const wy_ctype_func *func) {
    for (uint32_t i = 0; i < func->param_count; i++)
        if (!value_visible(v, visible, func->params[i].type)) return false;
    return !func->result || value_visible(v, visible, func->result);
}

/* The same question for a thing that is not entered as visible itself. */
static bool extern_visible(wy_validator *v, const wy_idmap *visible, const wy_extern_type *type);

static bool deftype_visible(wy_validator *v, const wy_idmap *visible, const wy_deftype *type) {
    switch ((int)type->kind) {
    case WY_TYPE_RESOURCE:
    case WY_TYPE_COMPONENT: return true;
    case WY_TYPE_FUNC: return func_visible(v, visible, type->func);
    case WY_TYPE_INSTANCE:
        for (uint32_t i = 0; i < type->instance->export_count; i++)
            if (!extern_visible(v, visible, &type->instance->exports[i].type)) return false;
        return true;
    default: return parts_visible(v, visible, type->value);
    }
}

static bool extern_visible(wy_validator *v, const wy_idmap *visible, const wy_extern_type *type) {
    if (!wy_work(v, 1)) return false;
    if (type->sort == WY_SORT_FUNC) return func_visible(v, visible, type->func);
    if (type->sort == WY_SORT_TYPE) return deftype_visible(v, visible, &type->type);
    if (type->sort != WY_SORT_INSTANCE) return true;
    for (uint32_t i = 0; i < type->instance->export_count; i++)
        if (!extern_visible(v, visible, &type->instance->exports[i].type)) return false;
    return true;
}

static bool mark(wy_validator *v, wy_scope *scope, const wy_extern_list *list, uint64_t key) {
    /* What is imported may be used by exports too. */
    return (list == &scope->exports || wy_idmap_set(v, &scope->imports.visible, key, scope)) &&
           wy_idmap_set(v, &scope->exports.visible, key, scope);
}

/* Enters the types that `type` names on this side; false where it uses one without a name. */
static bool enter(wy_validator *v, wy_scope *scope, wy_extern_list *list,
                  const wy_extern_type *type) {
    if (!wy_work(v, 1)) return false;
    if (type->sort == WY_SORT_FUNC) return func_visible(v, &list->visible, type->func);
    if (type->sort == WY_SORT_TYPE) {
        const wy_deftype *def = &type->type;
        if (!deftype_visible(v, &list->visible, def)) return false;
        if (def->kind == WY_TYPE_RESOURCE)
            return mark(v, scope, list, wy_resource_key(def->resource, def->alias));
        if (def->kind == WY_TYPE_FUNC || def->kind == WY_TYPE_COMPONENT ||
            def->kind == WY_TYPE_INSTANCE)
            return true;
        return mark(v, scope, list, value_key(def->value));
    }
    if (type->sort != WY_SORT_INSTANCE) return true;
    for (uint32_t i = 0; i < type->instance->export_count; i++)
        if (!enter(v, scope, list, &type->instance->exports[i].type)) return false;
    return true;
}

/* CM[visible.export] Explainer.md, External Visibility of Types: resources, records, variants,
 * enums and flags that the type of an export uses have a name among the imports and exports before
 * it. CM[visible.import] Explainer.md, External Visibility of Types: those of an import have one
 * among the imports. */
bool wy_visible_enter(wy_validator *v, wy_scope *scope, wy_extern_list *list, wy_str name,
                      const wy_extern_type *type) {
    if (scope->kind == WY_SCOPE_BUNDLE) return true;
    if (type->sort == WY_SORT_TYPE && type->type.kind == WY_TYPE_RESOURCE) {
        wy_str *copy = wy_take(v, 1, sizeof *copy);
        if (!copy) return false;
        *copy = name;
        uint64_t key = wy_resource_key(type->type.resource, type->type.alias);
        if (!wy_idmap_set(v, &list->labels, key, copy) ||
            (!wy_map_set(&list->label_names, name, 1) && !wy_no_memory(v)))
            return false;
    }
    if (scope->kind == WY_SCOPE_INSTANCE_TYPE) return true; /* checked where it is used */
    if (enter(v, scope, list, type)) return true;
    return wy_fail(v, "%s \"%.*s\" uses a type that has no name among the %ss before it",
                   list == &scope->imports ? "import" : "export", WY_STR_ARG(name),
                   list == &scope->imports ? "import" : "import and export");
}

/* Whether the handle's resource has the name `label` on this side. */
static bool check_label(wy_validator *v, const wy_extern_list *list, const wy_ctype *handle,
                        wy_str label, wy_str name) {
    const wy_str *has =
        wy_idmap_get(&list->labels, wy_resource_key(handle->resource, handle->alias));
    if (!has)
        return wy_fail(v, "the resource used in function \"%.*s\" does not have a name here",
                       WY_STR_ARG(name));
    if (wy_str_eq(*has, label)) return true;
    return wy_fail(v, "function \"%.*s\" does not match the resource name \"%.*s\"",
                   WY_STR_ARG(name), WY_STR_ARG(*has));
}

/* CM[name.annotated] Binary.md, Import and Export Definitions: annotated names are those of
 * functions and of a resource before them in the same scope, on the same side, with its
 * name letter for letter. CM[name.constructor]
 * Binary.md, Import and Export Definitions: a constructor returns (own $R) or (result (own $R) E?).
 * CM[name.method] Binary.md, Import and Export Definitions: a method's first parameter is "self", a
 * (borrow $R). */
bool wy_visible_check_name(wy_validator *v, const wy_extern_list *list, wy_str text,
                           const wy_name *name, const wy_extern_type *type) {
    if (name->kind != WY_NAME_CONSTRUCTOR && name->kind != WY_NAME_METHOD &&
        name->kind != WY_NAME_STATIC)
        return true;
    if (type->sort != WY_SORT_FUNC) return wy_fail(v, "\"%.*s\" is not a func", WY_STR_ARG(text));
    const wy_ctype_func *func = type->func;
    if (name->kind == WY_NAME_STATIC) {
        if (wy_map_get(&list->label_names, name->resource, NULL)) return true;
        return wy_fail(v, "the resource of \"%.*s\" is not known here", WY_STR_ARG(text));
    }
    if (name->kind == WY_NAME_CONSTRUCTOR) {
        const wy_ctype *own_type = func->result;
        if (own_type && own_type->kind == WY_TYPE_RESULT) own_type = own_type->type;
        if (!own_type || own_type->kind != WY_TYPE_OWN)
            return wy_fail(v, "\"%.*s\" should return `(own $T)` or `(result (own $T))`",
                           WY_STR_ARG(text));
        return check_label(v, list, own_type, name->resource, text);
    }
    if (func->param_count == 0 || !wy_str_eq(func->params[0].name, WY_STR("self")) ||
        func->params[0].type->kind != WY_TYPE_BORROW)
        return wy_fail(v, "\"%.*s\" should take `self` of type `(borrow $T)` first",
                       WY_STR_ARG(text));
    return check_label(v, list, func->params[0].type, name->resource, text);
}
