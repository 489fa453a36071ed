/* Resolver: see resolve.h. Walks depth first; definitions remember that they are done. */
#include "wit/resolve.h"

#include "base/limits.h"
#include "wit/check.h"
#include "wit/lexer.h"
#include "wit/semver.h"

/* Every level of nesting takes a few calls here; the bound keeps the host's own stack safe. */
#define WALK_DEPTH_MAX (4 * WY_MAX_TYPE_DEPTH)

/* What there is in a type. */
typedef struct content {
    uint32_t depth; /* levels of nesting */
    bool borrows;
} content;

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

static wy_err resolve_type(resolver *r, wy_wit_scope *scope, wy_wit_type *type, content *out);

static wy_err not_found(resolver *r, const wy_wit_scope *scope, wy_wit_pos pos, wy_str name) {
    wy_str known[64];
    size_t count = 0;
    for (uint32_t i = 0; i < scope->types.count && count < 64; i++)
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

static wy_err resolve_name(resolver *r, wy_wit_scope *scope, wy_wit_type *type, content *out) {
    type->def = wy_map_get_ptr(&scope->types, type->name);
    if (!type->def) return not_found(r, scope, type->pos, type->name);
    wy_err err = resolve_typedef(r, type->def);
    if (err) return err;
    const wy_wit_typedef *final = wy_wit_typedef_final(type->def);
    bool handle = type->kind == WY_WIT_OWN || type->kind == WY_WIT_BORROW;
    if (handle && final->kind != WY_WIT_RESOURCE)
        return wy_wit_error(r->diag, WY_INVALID, type->pos, "\"" WY_STR_FMT "\" is no resource",
                            WY_STR_ARG(type->name));
    *out = (content){type->def->depth, type->kind == WY_WIT_BORROW || type->def->borrows};
    return WY_OK;
}

/* The type behind names of it. */
static const wy_wit_type *unnamed(const wy_wit_type *type) {
    while (type && type->kind == WY_WIT_NAME) {
        const wy_wit_typedef *def = wy_wit_typedef_final(type->def);
        type = def->kind == WY_WIT_ALIAS ? def->alias : NULL;
    }
    return type;
}

/* CM: Explainer, Type Definitions: a map's key is a keytype; CanonicalABI, stream and future carry
 * no borrow; stream<char> is not there yet. */
static wy_err check_parts(resolver *r, const wy_wit_type *type, const content *parts) {
    if (type->kind == WY_WIT_MAP) {
        wy_wit_type_kind key = type->args[0]->kind;
        if (key > WY_WIT_STRING || key == WY_WIT_F32 || key == WY_WIT_F64)
            return wy_wit_error(r->diag, WY_INVALID, type->args[0]->pos,
                                "a map's keys are bool, integers, char or string");
    }
    if (type->kind != WY_WIT_STREAM && type->kind != WY_WIT_FUTURE) return WY_OK;
    const char *word = type->kind == WY_WIT_STREAM ? "stream" : "future";
    if (parts->borrows)
        return wy_wit_error(r->diag, WY_INVALID, type->pos, "a %s carries no borrow", word);
    const wy_wit_type *elem = unnamed(type->args[0]);
    if (type->kind == WY_WIT_STREAM && elem && elem->kind == WY_WIT_CHAR)
        return wy_wit_error(r->diag, WY_INVALID, type->pos, "there is no stream<char>");
    return WY_OK;
}

/* Resolves a part and adds what is in it. */
static wy_err add_part(resolver *r, wy_wit_scope *scope, wy_wit_type *part, content *whole) {
    content inside = {0};
    wy_err err = resolve_type(r, scope, part, &inside);
    if (inside.depth > whole->depth) whole->depth = inside.depth;
    whole->borrows |= inside.borrows;
    return err;
}

static wy_err resolve_type_inside(resolver *r, wy_wit_scope *scope, wy_wit_type *type,
                                  content *out) {
    if (type->kind == WY_WIT_NAME || type->kind == WY_WIT_OWN || type->kind == WY_WIT_BORROW)
        return resolve_name(r, scope, type, out);
    *out = (content){0};
    for (uint32_t i = 0; i < type->arg_count; i++) {
        wy_err err = type->args[i] ? add_part(r, scope, type->args[i], out) : WY_OK;
        if (err) return err;
    }
    wy_err err = check_parts(r, type, out);
    if (err) return err;
    return ++out->depth > WY_MAX_TYPE_DEPTH ? too_deep(r, type->pos) : WY_OK;
}

static wy_err resolve_type(resolver *r, wy_wit_scope *scope, wy_wit_type *type, content *out) {
    if (r->depth >= WALK_DEPTH_MAX) return too_deep(r, type->pos);
    r->depth++;
    wy_err err = resolve_type_inside(r, scope, type, out);
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
    def->borrows = def->target->borrows;
    return err;
}

static wy_err resolve_typedef_inside(resolver *r, wy_wit_typedef *def) {
    wy_err err = WY_OK;
    content inside = {0};
    if (def->kind == WY_WIT_USED) return resolve_used(r, def);
    if (def->kind == WY_WIT_ALIAS) {
        err = resolve_type(r, def->scope, def->alias, &inside);
        if (!err && def->alias->kind == WY_WIT_NAME) def->target = def->alias->def;
        def->depth = inside.depth;
        def->borrows = inside.borrows;
        return err;
    }
    for (uint32_t i = 0; i < def->field_count; i++) {
        if (!def->fields[i].type) continue;
        err = add_part(r, def->scope, def->fields[i].type, &inside);
        if (err) return err;
    }
    def->depth = inside.depth + 1;
    def->borrows = inside.borrows;
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
    content inside = {0};
    for (uint32_t i = 0; i < func->param_count; i++) {
        wy_err err = resolve_type(r, scope, func->params[i].type, &inside);
        if (err) return err;
    }
    if (!func->result) return WY_OK;
    wy_err err = resolve_type(r, scope, func->result, &inside);
    if (err) return err;
    if (func->kind == WY_WIT_CONSTRUCTOR && !constructor_result_valid(func))
        return wy_wit_error(r->diag, WY_INVALID, func->result->pos,
                            "a constructor returns nothing, or a result of its resource");
    if (inside.borrows)
        return wy_wit_error(r->diag, WY_INVALID, func->result->pos, "a result holds no borrow");
    return WY_OK;
}

/* CM: WIT.md "WIT Worlds": a world imports, and exports, no two things under one plain name. `name`
 * must stay where it is. */
static wy_err add_name(resolver *r, wy_map *names, wy_wit_pos pos, const wy_str *name,
                       const char *done) {
    wy_str key = wy_wit_label_key(r->set->arena, *name);
    if (wy_map_get(names, key, NULL))
        return wy_wit_error(r->diag, WY_INVALID, pos, "\"" WY_STR_FMT "\" is %s twice",
                            WY_STR_ARG(*name), done);
    if (key.ptr && wy_map_set(names, key, (uintptr_t)name)) return WY_OK;
    return wy_wit_error(r->diag, WY_LIMIT, pos, "the world's names need too much memory");
}

static wy_err add_import(resolver *r, wy_wit_scope *world, wy_wit_pos pos, const wy_str *name) {
    return add_name(r, &world->imports, pos, name, "imported");
}

/* An interface is written once among the imports, and once among the exports. */
static wy_err add_path(resolver *r, wy_map *paths, const wy_wit_extern *ext) {
    wy_str key = {(const char *)&ext->interface, sizeof ext->interface};
    if (wy_map_get(paths, key, NULL))
        return wy_wit_error(r->diag, WY_INVALID, ext->path.pos, "\"" WY_STR_FMT "\" is there twice",
                            WY_STR_ARG(ext->path.name));
    return wy_map_set(paths, key, 1) ? WY_OK : wy_diag_set(r->diag, WY_NOMEM, "out of memory");
}

static wy_err resolve_extern(resolver *r, wy_wit_scope *world, wy_map *paths,
                             const wy_wit_item *item) {
    wy_wit_extern *ext = item->ext;
    bool is_import = item->kind == WY_WIT_ITEM_IMPORT;
    wy_err err = WY_OK;
    if (ext->name.len)
        err = add_name(r, is_import ? &world->imports : &world->exports, item->pos, &ext->name,
                       is_import ? "imported" : "exported");
    if (err) return err;
    switch (ext->kind) {
    case WY_WIT_EXTERN_FUNC: return resolve_func(r, world, ext->func);
    case WY_WIT_EXTERN_INLINE: break;
    case WY_WIT_EXTERN_PATH:
        err = find_path(r, world, &ext->path, false, &ext->interface);
        if (!err && !ext->name.len) err = add_path(r, &paths[is_import], ext);
        if (err) return err;
        break;
    }
    return resolve_scope(r, ext->interface);
}

/* What `with` makes of an included name. */
static const wy_str *renamed(const wy_wit_include *include, const wy_map *aliases,
                             const wy_str *name) {
    uintptr_t index;
    return wy_map_get(aliases, *name, &index) ? &include->names[index].alias : name;
}

static bool has_name(resolver *r, const wy_map *names, wy_str name) {
    const wy_str *found = wy_map_get_ptr(names, wy_wit_label_key(r->set->arena, name));
    return found && wy_str_eq(*found, name);
}

static wy_err read_aliases(resolver *r, const wy_wit_include *include, wy_map *aliases) {
    for (uint32_t i = 0; i < include->name_count; i++) {
        const wy_wit_rename *name = &include->names[i];
        if (!has_name(r, &include->world->imports, name->name) &&
            !has_name(r, &include->world->exports, name->name))
            return wy_wit_error(r->diag, WY_NOT_FOUND, name->pos,
                                "the world \"" WY_STR_FMT "\" has no \"" WY_STR_FMT "\"",
                                WY_STR_ARG(include->path.name), WY_STR_ARG(name->name));
        if (wy_map_get(aliases, name->name, NULL))
            return wy_wit_error(r->diag, WY_INVALID, name->pos,
                                "\"" WY_STR_FMT "\" is renamed twice", WY_STR_ARG(name->name));
        if (!wy_map_set(aliases, name->name, i))
            return wy_diag_set(r->diag, WY_NOMEM, "out of memory");
    }
    return WY_OK;
}

/* Takes over the names of an included world, after what its `with` says. */
static wy_err add_included(resolver *r, wy_wit_scope *world, const wy_wit_include *include) {
    wy_map aliases;
    wy_map_init(&aliases, NULL);
    wy_err err = read_aliases(r, include, &aliases);
    const wy_map *imports = &include->world->imports, *exports = &include->world->exports;
    for (uint32_t i = 0; !err && i < imports->count; i++)
        err = add_import(r, world, include->path.pos,
                         renamed(include, &aliases, (const wy_str *)imports->entries[i].value));
    for (uint32_t i = 0; !err && i < exports->count; i++)
        err = add_name(r, &world->exports, include->path.pos,
                       renamed(include, &aliases, (const wy_str *)exports->entries[i].value),
                       "exported");
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

/* The names are types of the scope and resolve as such; the path must be right by itself. CM:
 * WIT.md "use": interfaces that use each other do so in no circle. */
static wy_err resolve_use(resolver *r, wy_wit_scope *scope, const wy_wit_item *item) {
    wy_wit_use *use = item->use;
    wy_err err = find_path(r, scope, &use->path, false, &use->from);
    if (err) return err;
    if (use->from->progress == WY_WIT_BUSY)
        return wy_wit_error(r->diag, WY_INVALID, use->path.pos,
                            "the interface \"" WY_STR_FMT "\" depends on itself",
                            WY_STR_ARG(use->path.name));
    err = resolve_scope(r, use->from);
    for (uint32_t i = 0; scope->is_world && !err && i < use->name_count; i++) {
        const wy_wit_rename *name = &use->names[i];
        err = add_import(r, scope, name->pos, name->alias.len ? &name->alias : &name->name);
    }
    return err;
}

static wy_err resolve_item(resolver *r, wy_wit_scope *scope, wy_map *paths,
                           const wy_wit_item *item) {
    wy_err err = WY_OK;
    switch (item->kind) {
    case WY_WIT_ITEM_USE: return resolve_use(r, scope, item);
    case WY_WIT_ITEM_TYPE:
        if (scope->is_world) err = add_import(r, scope, item->pos, &item->type->name);
        if (!err) err = resolve_typedef(r, item->type);
        for (uint32_t i = 0; !err && i < item->type->func_count; i++)
            err = resolve_func(r, scope, item->type->funcs[i]);
        return err;
    case WY_WIT_ITEM_FUNC: return resolve_func(r, scope, item->func);
    case WY_WIT_ITEM_IMPORT:
    case WY_WIT_ITEM_EXPORT: return resolve_extern(r, scope, paths, item);
    case WY_WIT_ITEM_INCLUDE: return resolve_include(r, scope, item->include);
    }
    return err;
}

static wy_err resolve_scope_inside(resolver *r, wy_wit_scope *scope) {
    wy_err err = WY_OK;
    wy_map paths[2]; /* interfaces that a world exports, imports */
    wy_map_init(&paths[0], NULL);
    wy_map_init(&paths[1], NULL);
    for (uint32_t i = 0; !err && i < scope->types.count; i++)
        err = resolve_typedef(r, (wy_wit_typedef *)scope->types.entries[i].value);
    for (uint32_t i = 0; !err && i < scope->item_count; i++)
        err = resolve_item(r, scope, paths, &scope->items[i]);
    wy_map_deinit(&paths[0]);
    wy_map_deinit(&paths[1]);
    return err;
}

static wy_err resolve_scope(resolver *r, wy_wit_scope *scope) {
    if (scope->progress != WY_WIT_FRESH) return WY_OK;
    if (r->depth >= WALK_DEPTH_MAX)
        return wy_wit_error(r->diag, WY_LIMIT, scope->pos,
                            "interfaces and worlds depend on each other too deep");
    r->depth++;
    scope->progress = WY_WIT_BUSY;
    wy_map_init(&scope->imports, r->set->arena);
    wy_map_init(&scope->exports, r->set->arena);
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
    return err ? err : wy_wit_check_package(set, package, diag);
}
