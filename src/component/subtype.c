/* Subtyping of externtypes, where resources are compared by identity.
 *
 * Both sides may introduce resources of their own (an instance type those it exports, a component
 * type those it imports). While two types are compared, the side that is free to choose has its
 * resources set equal to the other's, found under the same names; the pairs lie on a stack.
 * (Explainer, Type Checking) */
#include "component/validator.h"

#include <stdio.h>

/* Resource `from` of one side stands for `to`. */
typedef struct binding {
    unsigned side;
    wy_resource_id from, to;
} binding;

typedef struct matcher {
    wy_validator *v;
    wy_vec bindings; /* the newest counts */
    char why[200];
} matcher;

/* Side 0 is where `actual` comes from at the outset, 1 that of `expected`. */
typedef struct pair {
    unsigned a, b; /* sides of actual and expected */
} pair;

static pair swapped(pair p) {
    return (pair){p.b, p.a};
}

static bool mismatch(matcher *m, const char *fmt, ...) WY_PRINTF(2, 3);
static bool mismatch(matcher *m, const char *fmt, ...) {
    if (m->why[0]) return false;
    va_list args;
    va_start(args, fmt);
    vsnprintf(m->why, sizeof m->why, fmt, args);
    va_end(args);
    return false;
}

static wy_resource_id resolve(const matcher *m, unsigned side, wy_resource_id id) {
    const binding *items = m->bindings.items;
    for (uint32_t i = m->bindings.count; i > 0; i--)
        if (items[i - 1].side == side && items[i - 1].from == id) return items[i - 1].to;
    return id;
}

static bool same_resource(matcher *m, pair p, wy_resource_id a, wy_resource_id b) {
    return (wy_work(m->v, 1 + m->bindings.count / 4) && resolve(m, p.a, a) == resolve(m, p.b, b)) ||
           mismatch(m, "resource types are not the same");
}

static bool bind(matcher *m, unsigned side, wy_resource_id from, wy_resource_id to) {
    binding *item = wy_vec_push(m->v, &m->bindings, sizeof *item);
    if (item) *item = (binding){side, from, to};
    return item != NULL;
}

/* Sets the resources that `paths` introduce on `side` equal to what stands there in `list`, which
 * belongs to `other`. */
static bool bind_paths(matcher *m, unsigned side, const wy_resource_path *paths, uint32_t count,
                       unsigned other, const wy_named_type *list, uint32_t list_count) {
    for (uint32_t i = 0; i < count; i++) {
        const wy_resource_path *path = &paths[i];
        if (!wy_work(m->v, 1 + list_count / 8)) return false;
        const wy_deftype *found = wy_path_find(list, list_count, path->path, path->path_len);
        wy_str last = path->path[path->path_len - 1];
        if (!found) return mismatch(m, "\"%.*s\" is missing", WY_STR_ARG(last));
        if (found->kind != WY_TYPE_RESOURCE)
            return mismatch(m, "\"%.*s\" is not a resource", WY_STR_ARG(last));
        if (!bind(m, side, path->id, resolve(m, other, found->resource))) return false;
    }
    return true;
}

/* --- values and functions: equal structure --- */

static bool match_value(matcher *m, pair p, const wy_ctype *a, const wy_ctype *b);

static bool match_optional(matcher *m, pair p, const wy_ctype *a, const wy_ctype *b) {
    if (!a || !b) return a == b || mismatch(m, "one type has a payload, the other has none");
    return match_value(m, p, a, b);
}

static bool match_label(matcher *m, wy_str a, wy_str b) {
    return wy_str_eq(a, b) || mismatch(m, "expected a part named \"%.*s\", found \"%.*s\"",
                                       WY_STR_ARG(b), WY_STR_ARG(a));
}

/* CM[subtype.value] Explainer.md, Type Checking: value types are equal by structure, names and
 * order included; handles where their resources are one. */
static bool match_value(matcher *m, pair p, const wy_ctype *a, const wy_ctype *b) {
    if (a == b && !a->has_resource) return true;
    if (!wy_work(m->v, 1)) return false;
    if (a->kind != b->kind) return mismatch(m, "value types of different kinds");
    if (a->count != b->count || a->length != b->length)
        return mismatch(m, "value types with different numbers of parts");
    if (a->resource || b->resource) return same_resource(m, p, a->resource, b->resource);
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->fields && (!match_label(m, a->fields[i].label, b->fields[i].label) ||
                          !match_optional(m, p, a->fields[i].type, b->fields[i].type)))
            return false;
        if (a->labels && !match_label(m, a->labels[i], b->labels[i])) return false;
        if (a->types && !match_value(m, p, a->types[i], b->types[i])) return false;
    }
    return match_optional(m, p, a->type, b->type) && match_optional(m, p, a->error, b->error);
}

/* CM[subtype.func] Explainer.md, Type Checking: functions have equal parameters, names included,
 * and equal results. */
static bool match_func(matcher *m, pair p, const wy_ctype_func *a, const wy_ctype_func *b) {
    if (a == b && !a->has_resource) return true;
    if (a->async != b->async) return mismatch(m, "one function is async, the other is not");
    if (a->param_count != b->param_count)
        return mismatch(m, "expected %u parameters, found %u", b->param_count, a->param_count);
    for (uint32_t i = 0; i < a->param_count; i++)
        if (!match_label(m, a->params[i].name, b->params[i].name) ||
            !match_value(m, p, a->params[i].type, b->params[i].type))
            return false;
    if (!a->result != !b->result)
        return mismatch(m, "one function has a result, the other has none");
    return match_optional(m, p, a->result, b->result);
}

/* --- instances and components --- */

static bool match_extern(matcher *m, pair p, const wy_extern_type *a, const wy_extern_type *b);

static bool match_lists(matcher *m, pair p, const wy_named_type *a, uint32_t a_count,
                        const wy_named_type *b, uint32_t b_count) {
    for (uint32_t i = 0; i < b_count; i++) {
        /* Mostly the lists are in the same order. */
        bool in_order = i < a_count && wy_str_eq(a[i].name, b[i].name);
        const wy_named_type *has = in_order ? &a[i] : NULL;
        for (uint32_t k = 0; !has && k < a_count; k++)
            if (wy_str_eq(a[k].name, b[i].name)) has = &a[k];
        if (!wy_work(m->v, in_order ? 1 : 1 + a_count / 8)) return false;
        if (!has) return mismatch(m, "\"%.*s\" is missing", WY_STR_ARG(b[i].name));
        if (match_extern(m, p, &has->type, &b[i].type)) continue;
        char why[sizeof m->why];
        memcpy(why, m->why, sizeof why);
        snprintf(m->why, sizeof m->why, "\"%.*s\": %.150s",
                 (int)(b[i].name.len < 40 ? b[i].name.len : 40), b[i].name.ptr, why);
        return false;
    }
    return true;
}

/* CM[subtype.instance] Explainer.md, Type Checking: a subtype may export more; order does not
 * matter. */
static bool match_instance(matcher *m, pair p, const wy_instance_type *a,
                           const wy_instance_type *b) {
    if (a == b && !a->has_resource) return true;
    uint32_t mark = m->bindings.count;
    bool ok =
        bind_paths(m, p.b, b->resources, b->resource_count, p.a, a->exports, a->export_count) &&
        match_lists(m, p, a->exports, a->export_count, b->exports, b->export_count);
    m->bindings.count = mark;
    return ok;
}

/* CM[subtype.component] Explainer.md, Type Checking: a subtype may export more and import less. */
static bool match_component(matcher *m, pair p, const wy_component_type *a,
                            const wy_component_type *b) {
    if (a == b && !a->has_resource) return true;
    uint32_t mark = m->bindings.count;
    bool ok =
        bind_paths(m, p.a, a->import_resources, a->import_resource_count, p.b, b->imports,
                   b->import_count) &&
        match_lists(m, swapped(p), b->imports, b->import_count, a->imports, a->import_count) &&
        bind_paths(m, p.b, b->export_resources, b->export_resource_count, p.a, a->exports,
                   a->export_count) &&
        match_lists(m, p, a->exports, a->export_count, b->exports, b->export_count);
    m->bindings.count = mark;
    return ok;
}

static const char *kind_name(wy_type_kind kind) {
    switch ((int)kind) {
    case WY_TYPE_RESOURCE: return "a resource";
    case WY_TYPE_FUNC: return "a function type";
    case WY_TYPE_COMPONENT: return "a component type";
    case WY_TYPE_INSTANCE: return "an instance type";
    default: return "a value type";
    }
}

/* CM[subtype.type] Explainer.md, Type Checking: a type given for (eq t) is equal to t.
 * Types are equal where each is a subtype of the other. */
static bool match_deftype(matcher *m, pair p, const wy_deftype *a, const wy_deftype *b) {
    if (a->kind != b->kind)
        return mismatch(m, "expected %s, found %s%s", kind_name(b->kind), kind_name(a->kind),
                        kind_name(a->kind) == kind_name(b->kind) ? " of another kind" : "");
    switch ((int)a->kind) {
    case WY_TYPE_RESOURCE: return same_resource(m, p, a->resource, b->resource);
    case WY_TYPE_FUNC: return match_func(m, p, a->func, b->func);
    case WY_TYPE_COMPONENT:
        return match_component(m, p, a->component, b->component) &&
               match_component(m, swapped(p), b->component, a->component);
    case WY_TYPE_INSTANCE:
        return match_instance(m, p, a->instance, b->instance) &&
               match_instance(m, swapped(p), b->instance, a->instance);
    default: return match_value(m, p, a->value, b->value);
    }
}

/* CM[subtype.sort] Explainer.md, Type Checking: things of different sorts do not match. */
static bool match_extern(matcher *m, pair p, const wy_extern_type *a, const wy_extern_type *b) {
    if (!wy_work(m->v, 1)) return false;
    if (a->sort != b->sort)
        return mismatch(m, "expected a %s, found a %s", wy_sort_name(b->sort),
                        wy_sort_name(a->sort));
    switch ((int)a->sort) {
    case WY_SORT_CORE_MODULE:
        return wy_module_matches(m->v, a->core_module, b->core_module) ||
               mismatch(m, "the core module's imports or exports do not fit");
    case WY_SORT_FUNC: return match_func(m, p, a->func, b->func);
    case WY_SORT_TYPE: return match_deftype(m, p, &a->type, &b->type);
    case WY_SORT_COMPONENT: return match_component(m, p, a->component, b->component);
    case WY_SORT_INSTANCE: return match_instance(m, p, a->instance, b->instance);
    default: return mismatch(m, "a %s cannot be compared", wy_sort_name(a->sort));
    }
}

bool wy_extern_check(wy_validator *v, const wy_extern_type *actual, const wy_extern_type *expected,
                     const wy_subst *expected_subst, const char *what, wy_str name) {
    matcher m = {.v = v};
    for (uint32_t i = 0; expected_subst && i < expected_subst->ids.cap; i++) {
        uint64_t from = expected_subst->ids.keys[i];
        if (from && !bind(&m, 1, (wy_resource_id)from,
                          (wy_resource_id)(uintptr_t)expected_subst->ids.values[i]))
            return false;
    }
    if (match_extern(&m, (pair){0, 1}, actual, expected)) return true;
    return wy_fail(v, "type mismatch for %s \"%.*s\": %s", what, WY_STR_ARG(name), m.why);
}
