/* Resolver: see resolve.h. Walks depth first; definitions remember that they are done. */
#include "wit/resolve.h"

#include "base/limits.h"
#include "wit/lexer.h"

/* Every level of nesting takes a few calls here; the bound keeps the host's own stack safe. */
#define WALK_DEPTH_MAX (4 * WY_MAX_TYPE_DEPTH)

typedef struct resolver {
    const wy_wit_set *set;
    wy_diag *diag;
    uint32_t depth;
} resolver;

static wy_err resolve_typedef(resolver *r, wy_wit_typedef *def);
static wy_err resolve_scope(resolver *r, wy_wit_scope *scope);

/* --- paths --- */

static wy_wit_scope *find_local(const wy_wit_scope *from, wy_str name) {
    return wy_map_get_ptr(&from->package->names, name);
}

/* CM: WIT.md "Top-level use": a file's own names for interfaces come first. */
static const wy_wit_path *behind_top_use(const wy_wit_scope *from, const wy_wit_path *path) {
    const wy_wit_top_use *use = from->world ? from->world->top : from->top;
    for (; use && path->package.len == 0; use = use->next)
        if (wy_str_eq(use->alias.len ? use->alias : use->path.name, path->name)) return &use->path;
    return path;
}

static wy_err find_path(resolver *r, const wy_wit_scope *from, const wy_wit_path *written,
                        bool is_world, wy_wit_scope **scope_out) {
    const char *what = is_world ? "world" : "interface";
    const wy_wit_path *path = behind_top_use(from, written);
    wy_wit_scope *scope =
        path->package.len ? wy_wit_set_find_item(r->set, path->package, path->name, path->version)
                          : find_local(from, path->name);
    if (!scope)
        return wy_wit_error(r->diag, WY_NOT_FOUND, written->pos,
                            "no %s \"" WY_STR_FMT "%s" WY_STR_FMT "%s" WY_STR_FMT "\" is known",
                            what, WY_STR_ARG(path->package), path->package.len ? "/" : "",
                            WY_STR_ARG(path->name), path->version.len ? "@" : "",
                            WY_STR_ARG(path->version));
    if (scope->is_world != is_world)
        return wy_wit_error(r->diag, WY_INVALID, written->pos, "\"" WY_STR_FMT "\" is no %s",
                            WY_STR_ARG(path->name), what);
    *scope_out = scope;
    return WY_OK;
}

/* --- types --- */

static wy_err resolve_type(resolver *r, wy_wit_scope *scope, wy_wit_type *type,
                           uint32_t *depth_out);

static wy_err not_found(resolver *r, const wy_wit_scope *scope, wy_wit_pos pos, wy_str name) {
    wy_str known[64];
    size_t count = 0;
    for (uint32_t i = 0; i < scope->types.used && count < 64; i++)
        known[count++] = scope->types.entries[i].key;
    wy_str near = wy_str_nearest(name, known, count);
    if (near.len)
        return wy_wit_error(r->diag, WY_NOT_FOUND, pos,
                            "no type \"" WY_STR_FMT "\" is known here; did you mean \"" WY_STR_FMT
                            "\"?",
                            WY_STR_ARG(name), WY_STR_ARG(near));
    return wy_wit_error(r->diag, WY_NOT_FOUND, pos, "no type \"" WY_STR_FMT "\" is known here",
                        WY_STR_ARG(name));
}

static wy_err too_deep(resolver *r, wy_wit_pos pos) {
    return wy_wit_error(r->diag, WY_LIMIT, pos, "types are nested too deep");
}

static wy_err resolve_name(resolver *r, wy_wit_scope *scope, wy_wit_type *type,
                           uint32_t *depth_out) {
    type->def = wy_map_get_ptr(&scope->types, type->name);
    if (!type->def) return not_found(r, scope, type->pos, type->name);
    wy_err err = resolve_typedef(r, type->def);
    if (err) return err;
    const wy_wit_typedef *final = wy_wit_typedef_final(type->def);
    bool handle = type->kind == WY_WIT_OWN || type->kind == WY_WIT_BORROW;
    if (handle && final->kind != WY_WIT_RESOURCE)
        return wy_wit_error(r->diag, WY_INVALID, type->pos, "\"" WY_STR_FMT "\" is no resource",
                            WY_STR_ARG(type->name));
    *depth_out = type->def->depth;
    return WY_OK;
}

static wy_err resolve_type_inside(resolver *r, wy_wit_scope *scope, wy_wit_type *type,
                                  uint32_t *depth_out) {
    uint32_t deepest = 0;
    if (type->kind == WY_WIT_NAME || type->kind == WY_WIT_OWN || type->kind == WY_WIT_BORROW)
        return resolve_name(r, scope, type, depth_out);
    for (uint32_t i = 0; i < type->arg_count; i++) {
        uint32_t depth = 0;
        if (!type->args[i]) continue;
        wy_err err = resolve_type(r, scope, type->args[i], &depth);
        if (err) return err;
        if (depth > deepest) deepest = depth;
    }
    *depth_out = deepest + 1;
    return *depth_out > WY_MAX_TYPE_DEPTH ? too_deep(r, type->pos) : WY_OK;
}

static wy_err resolve_type(resolver *r, wy_wit_scope *scope, wy_wit_type *type,
                           uint32_t *depth_out) {
    if (r->depth >= WALK_DEPTH_MAX) return too_deep(r, type->pos);
    r->depth++;
    wy_err err = resolve_type_inside(r, scope, type, depth_out);
    r->depth--;
    return err;
}

static wy_err resolve_used(resolver *r, wy_wit_typedef *def) {
    if (!def->use->from) {
        wy_err err = find_path(r, def->scope, &def->use->path, false, &def->use->from);
        if (err) return err;
    }
    wy_wit_scope *from = def->use->from;
    def->target = wy_map_get_ptr(&from->types, def->original);
    if (!def->target) return not_found(r, from, def->pos, def->original);
    wy_err err = resolve_typedef(r, def->target);
    def->depth = def->target->depth;
    return err;
}

static wy_err resolve_typedef_inside(resolver *r, wy_wit_typedef *def) {
    wy_err err = WY_OK;
    uint32_t depth = 0;
    if (def->kind == WY_WIT_USED) return resolve_used(r, def);
    if (def->kind == WY_WIT_ALIAS) {
        err = resolve_type(r, def->scope, def->alias, &def->depth);
        if (!err && def->alias->kind == WY_WIT_NAME) def->target = def->alias->def;
        return err;
    }
    for (uint32_t i = 0; i < def->field_count; i++) {
        if (!def->fields[i].type) continue;
        err = resolve_type(r, def->scope, def->fields[i].type, &depth);
        if (err) return err;
        if (depth > def->depth) def->depth = depth;
    }
    def->depth++;
    return def->depth > WY_MAX_TYPE_DEPTH ? too_deep(r, def->pos) : WY_OK;
}

static wy_err resolve_typedef(resolver *r, wy_wit_typedef *def) {
    if (def->progress == WY_WIT_DONE) return WY_OK;
    if (def->progress == WY_WIT_BUSY)
        return wy_wit_error(r->diag, WY_INVALID, def->pos,
                            "the type \"" WY_STR_FMT "\" contains itself", WY_STR_ARG(def->name));
    if (r->depth >= WALK_DEPTH_MAX) return too_deep(r, def->pos);
    r->depth++;
    def->progress = WY_WIT_BUSY;
    def->depth = 0;
    def->target = NULL;
    wy_err err = resolve_typedef_inside(r, def);
    def->progress = err ? WY_WIT_FRESH : WY_WIT_DONE;
    if (err) def->target = NULL;
    r->depth--;
    return err;
}

/* --- functions and items --- */

/* CM: WIT.md "Item: resource": a constructor that can fail returns result<R, ...>. */
static bool constructor_result_valid(const wy_wit_func *func) {
    const wy_wit_type *result = func->result;
    if (!result) return true;
    const wy_wit_type *ok =
        result->kind == WY_WIT_RESULT && result->arg_count ? result->args[0] : NULL;
    return ok && (ok->kind == WY_WIT_NAME || ok->kind == WY_WIT_OWN) &&
           wy_wit_typedef_final(ok->def) == func->resource;
}

static wy_err resolve_func(resolver *r, wy_wit_scope *scope, wy_wit_func *func) {
    uint32_t depth;
    for (uint32_t i = 0; i < func->param_count; i++) {
        wy_err err = resolve_type(r, scope, func->params[i].type, &depth);
        if (err) return err;
    }
    if (!func->result) return WY_OK;
    wy_err err = resolve_type(r, scope, func->result, &depth);
    if (err) return err;
    if (func->kind == WY_WIT_CONSTRUCTOR && !constructor_result_valid(func))
        return wy_wit_error(r->diag, WY_INVALID, func->result->pos,
                            "a constructor returns nothing, or a result of its resource");
    return WY_OK;
}

static wy_err add_name(resolver *r, wy_wit_scope *world, wy_wit_pos pos, wy_str name) {
    if (wy_map_set(&world->names, name, 1)) return WY_OK;
    return wy_wit_error(r->diag, WY_LIMIT, pos, "the world's names need too much memory");
}

static wy_err resolve_extern(resolver *r, wy_wit_scope *world, const wy_wit_item *item) {
    wy_wit_extern *ext = item->ext;
    if (ext->name.len) {
        wy_err err = add_name(r, world, item->pos, ext->name);
        if (err) return err;
    }
    switch (ext->kind) {
    case WY_WIT_EXTERN_FUNC: return resolve_func(r, world, ext->func);
    case WY_WIT_EXTERN_INLINE: break;
    case WY_WIT_EXTERN_PATH: {
        wy_err err = find_path(r, world, &ext->path, false, &ext->interface);
        if (err) return err;
        break;
    }
    }
    return resolve_scope(r, ext->interface);
}

/* Takes over the names of an included world, after what its `with` says. */
static wy_err add_included(resolver *r, wy_wit_scope *world, const wy_wit_include *include) {
    wy_err err = WY_OK;
    wy_map aliases;
    wy_map_init(&aliases, NULL);
    for (uint32_t i = 0; !err && i < include->name_count; i++) {
        const wy_wit_rename *name = &include->names[i];
        if (!wy_map_get(&include->world->names, name->name, NULL))
            err = wy_wit_error(r->diag, WY_NOT_FOUND, name->pos,
                               "the world \"" WY_STR_FMT "\" has no \"" WY_STR_FMT "\"",
                               WY_STR_ARG(include->path.name), WY_STR_ARG(name->name));
        else if (!wy_map_set(&aliases, name->name, i))
            err = wy_diag_set(r->diag, WY_NOMEM, "out of memory");
    }
    for (uint32_t i = 0; !err && i < include->world->names.used; i++) {
        wy_str name = include->world->names.entries[i].key;
        uintptr_t index;
        if (wy_map_get(&aliases, name, &index)) name = include->names[index].alias;
        err = add_name(r, world, include->path.pos, name);
    }
    wy_map_deinit(&aliases);
    return err;
}

static wy_err resolve_include(resolver *r, wy_wit_scope *world, wy_wit_include *include) {
    wy_err err = find_path(r, world, &include->path, true, &include->world);
    if (err) return err;
    if (include->world->progress == WY_WIT_BUSY)
        return wy_wit_error(r->diag, WY_INVALID, include->path.pos,
                            "the world \"" WY_STR_FMT "\" includes itself",
                            WY_STR_ARG(include->path.name));
    err = resolve_scope(r, include->world);
    return err ? err : add_included(r, world, include);
}

static wy_err resolve_item(resolver *r, wy_wit_scope *scope, const wy_wit_item *item) {
    wy_err err = WY_OK;
    switch (item->kind) {
    case WY_WIT_ITEM_USE: {
        /* The names are types of this scope and resolve as such; a path alone must be right too. */
        return find_path(r, scope, &item->use->path, false, &item->use->from);
    }
    case WY_WIT_ITEM_TYPE:
        err = resolve_typedef(r, item->type);
        for (uint32_t i = 0; !err && i < item->type->func_count; i++)
            err = resolve_func(r, scope, item->type->funcs[i]);
        return err;
    case WY_WIT_ITEM_FUNC: return resolve_func(r, scope, item->func);
    case WY_WIT_ITEM_IMPORT:
    case WY_WIT_ITEM_EXPORT: return resolve_extern(r, scope, item);
    case WY_WIT_ITEM_INCLUDE: return resolve_include(r, scope, item->include);
    }
    return err;
}

static wy_err resolve_scope_inside(resolver *r, wy_wit_scope *scope) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; !err && i < scope->types.used; i++)
        err = resolve_typedef(r, (wy_wit_typedef *)scope->types.entries[i].value);
    for (uint32_t i = 0; !err && i < scope->item_count; i++)
        err = resolve_item(r, scope, &scope->items[i]);
    return err;
}

static wy_err resolve_scope(resolver *r, wy_wit_scope *scope) {
    if (scope->progress != WY_WIT_FRESH) return WY_OK;
    if (r->depth >= WALK_DEPTH_MAX)
        return wy_wit_error(r->diag, WY_LIMIT, scope->pos, "worlds are included too deep");
    r->depth++;
    scope->progress = WY_WIT_BUSY;
    wy_map_init(&scope->names, r->set->arena);
    wy_err err = resolve_scope_inside(r, scope);
    scope->progress = err ? WY_WIT_FRESH : WY_WIT_DONE;
    r->depth--;
    return err;
}

wy_err wy_wit_resolve(const wy_wit_set *set, wy_wit_scope *scope, wy_diag *diag) {
    resolver r = {.set = set, .diag = diag};
    return resolve_scope(&r, scope);
}

wy_err wy_wit_resolve_package(const wy_wit_set *set, wy_wit_package *package, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; !err && i < package->scope_count; i++)
        err = wy_wit_resolve(set, package->scopes[i], diag);
    return err;
}
