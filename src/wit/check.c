/* Checker: see check.h. */
#include "wit/check.h"

#include "wit/lexer.h"
#include "wit/semver.h"

typedef struct checker {
    const wy_wit_set *set;
    const wy_wit_package *package;
    wy_diag *diag;
} checker;

/* --- feature gates (CM: WIT.md "Feature Gates") --- */

static bool is_before(wy_str a, wy_str b) {
    wy_semver x, y;
    return a.len && b.len && wy_semver_parse(a, &x) && wy_semver_parse(b, &y) &&
           wy_semver_cmp(&x, &y) < 0;
}

/* The gate itself. */
static wy_err check_gate(const checker *c, wy_wit_pos pos, const wy_wit_gate *gate) {
    if (!gate->since.len && !gate->unstable.len) return WY_OK;
    if (!c->package->version.len)
        return wy_wit_error(c->diag, WY_INVALID, pos,
                            "a gate in the package \"" WY_STR_FMT "\", which has no version",
                            WY_STR_ARG(c->package->name));
    if (gate->since.len && is_before(c->package->version, gate->since))
        return wy_wit_error(c->diag, WY_INVALID, pos,
                            "since " WY_STR_FMT ", but the package is " WY_STR_FMT,
                            WY_STR_ARG(gate->since), WY_STR_ARG(c->package->version));
    return WY_OK;
}

/* WIT.md asks for a gate on everything that stands behind one or refers to what does. WASI's own
 * packages do not hold to that, so less is asked for here: a thing without a gate is behind that of
 * what it stands in, a gate that is written is not weaker than that, and what is unstable is
 * referred to by what is unstable only. */
static const wy_wit_gate *inherited(const wy_wit_gate *gate, const wy_wit_gate *outer) {
    return gate->since.len || gate->unstable.len ? gate : outer;
}

/* The gate of a thing inside of another. */
static wy_err check_inside(const checker *c, wy_wit_pos pos, const wy_wit_gate *gate,
                           const wy_wit_gate *outer, wy_str outer_name) {
    wy_err err = check_gate(c, pos, gate);
    bool weaker = gate->since.len && (outer->unstable.len || is_before(gate->since, outer->since));
    if (err || !weaker) return err;
    return wy_wit_error(c->diag, WY_INVALID, pos,
                        "its gate is weaker than that of \"" WY_STR_FMT "\", in which it stands",
                        WY_STR_ARG(outer_name));
}

/* A thing that refers to another of this package. */
static wy_err check_reference(const checker *c, wy_wit_pos pos, const wy_wit_gate *gate,
                              const wy_wit_package *package, const wy_wit_gate *needed,
                              wy_str name) {
    if (package != c->package || !needed->unstable.len ||
        wy_str_eq(gate->unstable, needed->unstable))
        return WY_OK;
    return wy_wit_error(c->diag, WY_INVALID, pos,
                        "\"" WY_STR_FMT "\" is unstable, and so must be what refers to it",
                        WY_STR_ARG(name));
}

static wy_err check_type(const checker *c, const wy_wit_gate *gate, const wy_wit_type *type) {
    if (!type) return WY_OK;
    wy_err err = WY_OK;
    if (type->def)
        err = check_reference(c, type->pos, gate, c->package, &type->def->gate, type->name);
    for (uint32_t i = 0; i < type->arg_count && !err; i++)
        err = check_type(c, gate, type->args[i]);
    return err;
}

static wy_err check_func(const checker *c, const wy_wit_gate *gate, const wy_wit_func *func) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < func->param_count && !err; i++)
        err = check_type(c, gate, func->params[i].type);
    return err ? err : check_type(c, gate, func->result);
}

static wy_err check_typedef(const checker *c, const wy_wit_gate *gate, const wy_wit_typedef *def) {
    wy_err err = check_type(c, gate, def->alias);
    for (uint32_t i = 0; i < def->field_count && !err; i++)
        err = check_type(c, gate, def->fields[i].type);
    for (uint32_t i = 0; i < def->func_count && !err; i++) {
        const wy_wit_func *func = def->funcs[i];
        err = check_inside(c, func->pos, &func->gate, gate, def->name);
        if (!err) err = check_func(c, inherited(&func->gate, gate), func);
    }
    return err;
}

static wy_err check_use(const checker *c, const wy_wit_scope *scope, const wy_wit_gate *gate,
                        const wy_wit_use *use) {
    wy_err err = check_reference(c, use->path.pos, gate, use->from->package, &use->from->gate,
                                 use->path.name);
    for (uint32_t i = 0; i < use->name_count && !err; i++) {
        const wy_wit_rename *name = &use->names[i];
        const wy_wit_typedef *def =
            wy_map_get_ptr(&scope->types, name->alias.len ? name->alias : name->name);
        err =
            check_reference(c, name->pos, gate, use->from->package, &def->target->gate, name->name);
    }
    return err;
}

static wy_err check_scope(const checker *c, const wy_wit_scope *scope);

static wy_err check_extern(const checker *c, const wy_wit_gate *gate, const wy_wit_extern *ext) {
    if (ext->kind == WY_WIT_EXTERN_FUNC) return check_func(c, gate, ext->func);
    if (ext->kind == WY_WIT_EXTERN_INLINE) return check_scope(c, ext->interface);
    return check_reference(c, ext->path.pos, gate, ext->interface->package, &ext->interface->gate,
                           ext->interface->name);
}

/* What an interface written inline contains is gated by itself. */
static wy_err check_scope(const checker *c, const wy_wit_scope *scope) {
    wy_err err = check_gate(c, scope->pos, &scope->gate);
    for (uint32_t i = 0; i < scope->item_count && !err; i++) {
        const wy_wit_item *item = &scope->items[i];
        const wy_wit_gate *gate = inherited(&item->gate, &scope->gate);
        err = check_inside(c, item->pos, &item->gate, &scope->gate, scope->name);
        if (err) break;
        switch (item->kind) {
        case WY_WIT_ITEM_USE: err = check_use(c, scope, gate, item->use); break;
        case WY_WIT_ITEM_TYPE: err = check_typedef(c, gate, item->type); break;
        case WY_WIT_ITEM_FUNC: err = check_func(c, gate, item->func); break;
        case WY_WIT_ITEM_IMPORT:
        case WY_WIT_ITEM_EXPORT: err = check_extern(c, gate, item->ext); break;
        case WY_WIT_ITEM_INCLUDE:
            err = check_reference(c, item->include->path.pos, gate, item->include->world->package,
                                  &item->include->world->gate, item->include->world->name);
            break;
        }
    }
    return err;
}

/* --- `use` at the top of a file --- */

static wy_str top_name(const wy_wit_top_use *use) {
    return use->alias.len ? use->alias : use->path.name;
}

static wy_err check_top_use(const checker *c, const wy_wit_top_use *use) {
    const wy_wit_path *path = &use->path;
    wy_str name = top_name(use);
    const wy_wit_scope *named = wy_map_get_ptr(&c->package->names, name);
    bool twice = named && named->pos.file == path->pos.file;
    for (const wy_wit_top_use *other = c->package->top_uses; other != use; other = other->next)
        twice |= other->path.pos.file == path->pos.file && wy_str_eq(top_name(other), name);
    if (twice)
        return wy_wit_error(c->diag, WY_INVALID, path->pos,
                            "\"" WY_STR_FMT "\" is defined twice in this file", WY_STR_ARG(name));
    const wy_wit_scope *scope =
        path->package.len ? wy_wit_set_find_item(c->set, path->package, path->name, path->version)
                          : wy_map_get_ptr(&c->package->names, path->name);
    return scope ? WY_OK
                 : wy_wit_error(c->diag, WY_NOT_FOUND, path->pos,
                                "no interface or world \"" WY_STR_FMT "\" is known",
                                WY_STR_ARG(path->name));
}

/* CM: Explainer, Import and Export Definitions: the words of a package's name are lower case. */
static wy_err check_name(const checker *c) {
    wy_str name = c->package->name;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z')
            return wy_wit_error(c->diag, WY_INVALID, c->package->pos,
                                "a package's name has no capital letters");
    return WY_OK;
}

wy_err wy_wit_check_package(const wy_wit_set *set, const wy_wit_package *package, wy_diag *diag) {
    const checker c = {set, package, diag};
    wy_err err = check_name(&c);
    for (const wy_wit_top_use *use = package->top_uses; use && !err; use = use->next)
        err = check_top_use(&c, use);
    for (uint32_t i = 0; i < package->scope_count && !err; i++)
        err = check_scope(&c, package->scopes[i]);
    return err;
}

/* --- packages that depend on each other (CM: WIT.md "Package format") --- */

static wy_err visit(wy_wit_package *package, wy_diag *diag);

static wy_err visit_from(const wy_wit_package *package, const wy_wit_path *path,
                         const wy_wit_scope *to, wy_diag *diag) {
    if (to->package == package) return WY_OK;
    if (to->package->progress == WY_WIT_BUSY)
        return wy_wit_error(diag, WY_INVALID, path->pos,
                            "the package \"" WY_STR_FMT "\" depends on itself",
                            WY_STR_ARG(to->package->name));
    return visit(to->package, diag);
}

static wy_err visit_scope(const wy_wit_package *package, const wy_wit_scope *scope, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < scope->item_count && !err; i++) {
        const wy_wit_item *item = &scope->items[i];
        bool is_extern = item->kind == WY_WIT_ITEM_IMPORT || item->kind == WY_WIT_ITEM_EXPORT;
        if (item->kind == WY_WIT_ITEM_USE)
            err = visit_from(package, &item->use->path, item->use->from, diag);
        else if (item->kind == WY_WIT_ITEM_INCLUDE)
            err = visit_from(package, &item->include->path, item->include->world, diag);
        else if (is_extern && item->ext->kind == WY_WIT_EXTERN_PATH)
            err = visit_from(package, &item->ext->path, item->ext->interface, diag);
        else if (is_extern && item->ext->kind == WY_WIT_EXTERN_INLINE)
            err = visit_scope(package, item->ext->interface, diag);
    }
    return err;
}

static wy_err visit(wy_wit_package *package, wy_diag *diag) {
    if (package->progress == WY_WIT_DONE) return WY_OK;
    package->progress = WY_WIT_BUSY;
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < package->scope_count && !err; i++)
        err = visit_scope(package, package->scopes[i], diag);
    package->progress = WY_WIT_DONE;
    return err;
}

wy_err wy_wit_check_cycles(const wy_wit_set *set, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < set->package_count; i++)
        set->packages[i]->progress = WY_WIT_FRESH;
    for (uint32_t i = 0; i < set->package_count && !err; i++)
        err = visit(set->packages[i], diag);
    return err;
}
