/* Validator: definition by definition through a component and what is nested in it. The rules that
 * belong to one noun are in files of its own (validator.h lists them).
 * (Binary; Explainer, Component Definitions) */
#include "component/validate.h"

#include "base/limits.h"
#include "component/validator.h"

static const wy_component_types *validate_component(wy_validator *v, wy_scope *outer,
                                                    const wy_component_ast *ast);

/* --- core instances --- */

static const wy_core_named_type *core_export(const wy_core_instance_type *type, wy_str name) {
    for (uint32_t i = 0; i < type->export_count; i++)
        if (wy_str_eq(type->exports[i].name, name)) return &type->exports[i];
    return NULL;
}

static const wy_core_instance_type *core_instance_of_module(wy_validator *v,
                                                            const wy_module_type *module) {
    wy_core_instance_type *out = wy_take(v, 1, sizeof *out);
    wy_core_named_type *exports = wy_take(v, module->export_count, sizeof *exports);
    if (!out || !exports || !wy_work(v, module->export_count)) return NULL;
    for (uint32_t i = 0; i < module->export_count; i++)
        exports[i] = (wy_core_named_type){module->exports[i].name, module->exports[i].type};
    *out = (wy_core_instance_type){exports, module->export_count};
    return out;
}

/* CM[core-instance.imports] Explainer.md, Instance Definitions: the first name of a core import
 * finds an argument, the second an export of it, whose core type matches. */
static bool check_core_import(wy_validator *v, const wy_map *args, const wy_core_import *import) {
    const wy_core_instance_type *arg = wy_map_get_ptr(args, import->module);
    if (!arg) return wy_fail(v, "missing argument \"%.*s\"", WY_STR_ARG(import->module));
    if (!wy_work(v, 1 + arg->export_count / 8)) return false;
    const wy_core_named_type *found = core_export(arg, import->name);
    if (!found)
        return wy_fail(v, "argument \"%.*s\" has no export \"%.*s\"", WY_STR_ARG(import->module),
                       WY_STR_ARG(import->name));
    return wy_core_extern_matches(v, &found->type, &import->type) ||
           wy_fail(v, "export \"%.*s\" of argument \"%.*s\" has another type than is imported",
                   WY_STR_ARG(import->name), WY_STR_ARG(import->module));
}

/* CM[core-instance.args] Explainer.md, Instance Definitions: arguments are a list with unique
 * names. */
static bool core_instantiate(wy_validator *v, wy_scope *scope, const wy_ast_instance *ast) {
    const wy_module_type *module = wy_scope_get(v, scope, WY_SORT_CORE_MODULE, ast->idx);
    if (!module) return false;
    wy_map args;
    wy_map_init(&args, v->arena);
    for (uint32_t i = 0; i < ast->count; i++) {
        const wy_ast_arg *arg = &ast->args[i];
        const void *given = wy_scope_get(v, scope, WY_SORT_CORE_INSTANCE, arg->item.idx);
        if (!given) return false;
        if (wy_map_get(&args, arg->name.text, NULL))
            return wy_fail(v, "argument \"%.*s\" is given twice", WY_STR_ARG(arg->name.text));
        if (!wy_map_set(&args, arg->name.text, (uintptr_t)given)) return wy_no_memory(v);
    }
    for (uint32_t i = 0; i < module->import_count; i++)
        if (!check_core_import(v, &args, &module->imports[i])) return false;
    const wy_core_instance_type *type = core_instance_of_module(v, module);
    return type && wy_scope_add(v, scope, WY_SORT_CORE_INSTANCE, type);
}

/* CM[core-instance.exports] Explainer.md, Instance Definitions: inline exports are funcs, tables,
 * memories, globals and tags under unique names. */
static bool core_bundle(wy_validator *v, wy_scope *scope, const wy_ast_instance *ast) {
    wy_core_instance_type *out = wy_take(v, 1, sizeof *out);
    wy_core_named_type *exports = wy_take(v, ast->count, sizeof *exports);
    wy_map names;
    wy_map_init(&names, v->arena);
    if (!out || !exports) return false;
    for (uint32_t i = 0; i < ast->count; i++) {
        const wy_ast_arg *arg = &ast->args[i];
        v->offset = arg->offset;
        if (arg->item.sort > WY_SORT_CORE_TAG)
            return wy_fail(v, "a core instance cannot export a %s", wy_sort_name(arg->item.sort));
        const wy_core_externtype *item = wy_scope_get(v, scope, arg->item.sort, arg->item.idx);
        if (!item) return false;
        if (wy_map_get(&names, arg->name.text, NULL))
            return wy_fail(v, "export \"%.*s\" is defined twice", WY_STR_ARG(arg->name.text));
        if (!wy_map_set(&names, arg->name.text, 1)) return wy_no_memory(v);
        exports[i] = (wy_core_named_type){arg->name.text, *item};
    }
    *out = (wy_core_instance_type){exports, ast->count};
    return wy_scope_add(v, scope, WY_SORT_CORE_INSTANCE, out);
}

/* --- instances --- */

/* Sets the resources that the component's import `i` introduces to those of the argument. */
static bool bind_import(wy_validator *v, const wy_component_type *type, const wy_named_type *import,
                        const wy_extern_type *arg, uint32_t *next_path, wy_subst *subst) {
    for (; *next_path < type->import_resource_count; (*next_path)++) {
        const wy_resource_path *path = &type->import_resources[*next_path];
        if (!wy_str_eq(path->path[0], import->name)) return true;
        wy_named_type given = {.name = import->name, .type = *arg};
        const wy_deftype *found = wy_path_find(&given, 1, path->path, path->path_len);
        if (!found || found->kind != WY_TYPE_RESOURCE)
            return wy_fail(v, "argument \"%.*s\" does not give the resource \"%.*s\"",
                           WY_STR_ARG(import->name), WY_STR_ARG(path->path[path->path_len - 1]));
        if (!wy_subst_add(v, subst, path->id, found->resource)) return false;
    }
    return true;
}

/* CM[instance.args] Binary.md, Instance Definitions: each import's name is that of an argument,
 * names compared letter for letter, and the types match. CM[instance.substitute] Binary.md,
 * Instance Definitions: a type that is given for an import stands for it in the imports after it
 * and in all exports. CM[instance.generative] Explainer.md, Type Checking: each instantiation has
 * resources of its own. */
static bool instantiate(wy_validator *v, wy_scope *scope, const wy_ast_instance *ast) {
    const wy_component_type *type = wy_scope_get(v, scope, WY_SORT_COMPONENT, ast->idx);
    wy_extern_type *given = wy_take(v, ast->count, sizeof *given);
    wy_map args;
    wy_map_init(&args, v->arena);
    if (!type || !given) return false;
    for (uint32_t i = 0; i < ast->count; i++) {
        wy_str name = ast->args[i].name.text;
        if (!wy_scope_extern_at(v, scope, ast->args[i].item, &given[i])) return false;
        if (wy_map_get(&args, name, NULL))
            return wy_fail(v, "argument \"%.*s\" is given twice", WY_STR_ARG(name));
        if (!wy_map_set(&args, name, (uintptr_t)&given[i])) return wy_no_memory(v);
    }
    wy_subst subst = {0};
    uint32_t next_path = 0;
    for (uint32_t i = 0; i < type->import_count; i++) {
        const wy_named_type *import = &type->imports[i];
        const wy_extern_type *arg = wy_map_get_ptr(&args, import->name);
        if (!arg)
            return wy_fail(v, "missing argument for import \"%.*s\"", WY_STR_ARG(import->name));
        if (!bind_import(v, type, import, arg, &next_path, &subst) ||
            !wy_extern_check(v, arg, &import->type, &subst, "argument", import->name) ||
            !wy_subst_rename(v, &subst, &import->type, arg))
            return false;
    }
    for (uint32_t i = 0; i < type->export_resource_count; i++) {
        wy_resource_id id = wy_resource_fresh(v, scope);
        if (!id || !wy_subst_add(v, &subst, type->export_resources[i].id, id)) return false;
    }
    const wy_instance_type *out =
        wy_subst_exports(v, &subst, type->exports, type->export_count, type->export_resources,
                         type->export_resource_count, type->nodes, type->depth);
    return out && wy_scope_add(v, scope, WY_SORT_INSTANCE, out);
}

static bool bundle(wy_validator *v, wy_scope *scope, const wy_ast_instance *ast) {
    const wy_instance_type *type = wy_scope_bundle(v, scope, ast);
    return type && wy_scope_add(v, scope, WY_SORT_INSTANCE, type);
}

/* --- aliases --- */

/* CM[alias.export] Binary.md, Alias Definitions: the instance exports the name with that sort. */
static bool alias_export(wy_validator *v, wy_scope *scope, const wy_ast_alias *alias) {
    const wy_instance_type *instance = wy_scope_get(v, scope, WY_SORT_INSTANCE, alias->instance);
    if (!instance || !wy_work(v, 1 + instance->export_count / 8)) return false;
    const wy_named_type *found = wy_instance_type_find(instance, alias->name);
    if (!found)
        return wy_fail(v, "instance %u has no export \"%.*s\"", alias->instance,
                       WY_STR_ARG(alias->name));
    if (found->type.sort != alias->sort)
        return wy_fail(v, "export \"%.*s\" is a %s, not a %s", WY_STR_ARG(alias->name),
                       wy_sort_name(found->type.sort), wy_sort_name(alias->sort));
    return wy_scope_add_extern(v, scope, &found->type);
}

/* CM[alias.core-export] Binary.md, Alias Definitions: the core instance exports the name with that
 * sort. */
static bool alias_core_export(wy_validator *v, wy_scope *scope, const wy_ast_alias *alias) {
    const wy_core_instance_type *instance =
        wy_scope_get(v, scope, WY_SORT_CORE_INSTANCE, alias->instance);
    if (!instance || !wy_work(v, 1 + instance->export_count / 8)) return false;
    const wy_core_named_type *found = core_export(instance, alias->name);
    if (!found)
        return wy_fail(v, "core instance %u has no export \"%.*s\"", alias->instance,
                       WY_STR_ARG(alias->name));
    if ((wy_sort)found->type.kind != alias->sort)
        return wy_fail(v, "export \"%.*s\" is not a %s", WY_STR_ARG(alias->name),
                       wy_sort_name(alias->sort));
    return wy_scope_add(v, scope, alias->sort, &found->type);
}

/* CM[alias.outer] Binary.md, Alias Definitions: no further out than there are scopes, and to what
 * is defined there already. CM[alias.outer-resource] Binary.md, Alias Definitions: out of a
 * component, not to a type that refers to a resource. */
static bool alias_outer(wy_validator *v, wy_scope *scope, const wy_ast_alias *alias) {
    wy_scope *target = scope;
    bool crosses_component = false;
    for (uint32_t i = 0; i < alias->count && target; i++) {
        crosses_component |= target->kind == WY_SCOPE_COMPONENT;
        target = target->outer;
    }
    if (!target)
        return wy_fail(v, "an outer alias with count %u leaves the outermost component",
                       alias->count);
    const void *entry = wy_scope_get(v, target, alias->sort, alias->idx);
    if (!entry) return false;
    if (crosses_component && alias->sort == WY_SORT_TYPE && wy_deftype_has_resource(entry))
        return wy_fail(v,
                       "an outer alias cannot take a type with a resource from an outer "
                       "component");
    if (alias->sort == WY_SORT_TYPE || alias->sort == WY_SORT_CORE_TYPE) {
        union {
            wy_deftype type;
            wy_core_type_entry core;
        } copy; /* the entry may move when its own space grows */
        memcpy(&copy, entry, alias->sort == WY_SORT_TYPE ? sizeof copy.type : sizeof copy.core);
        return wy_scope_add(v, scope, alias->sort, &copy);
    }
    return wy_scope_add(v, scope, alias->sort, entry);
}

static bool validate_alias(wy_validator *v, wy_scope *scope, const wy_ast_alias *alias) {
    if (alias->sort == WY_SORT_VALUE) return wy_fail_gated(v, "a value", "values");
    switch (alias->kind) {
    case WY_ALIAS_EXPORT: return alias_export(v, scope, alias);
    case WY_ALIAS_CORE_EXPORT: return alias_core_export(v, scope, alias);
    case WY_ALIAS_OUTER: return alias_outer(v, scope, alias);
    }
    return false;
}

/* --- types --- */

static bool add_core_type(wy_validator *v, wy_scope *scope, const wy_core_deftype *type) {
    if (type->is_module) {
        wy_core_type_entry entry = {.module = wy_core_declared_module(v, scope, type)};
        return entry.module && wy_scope_add(v, scope, WY_SORT_CORE_TYPE, &entry);
    }
    wy_vec ids = scope->core_type_ids; /* the new ones are added to the scope's own below */
    uint32_t first = ids.count;
    if (!wy_core_rectype_add(v, &type->rec, &ids)) return false;
    for (uint32_t i = first; i < ids.count; i++) {
        wy_core_type_entry entry = {.id = ((const uint32_t *)ids.items)[i]};
        if (!wy_scope_add(v, scope, WY_SORT_CORE_TYPE, &entry)) return false;
    }
    return true;
}

/* CM[resource.place] Binary.md, Type Definitions: resources are defined in components, not in
 * types. CM[resource.rep] Explainer.md, Definition types: the representation is i32.
 * CM[resource.dtor] Binary.md, Type Definitions: a destructor has the type [i32] -> []. */
static bool add_resource(wy_validator *v, wy_scope *scope, const wy_ast_type *type) {
    if (scope->kind != WY_SCOPE_COMPONENT)
        return wy_fail(v, "resources can only be defined in a component, not in its type");
    if (type->rep.kind == WY_CORE_I64) return wy_fail_gated(v, "a resource of i64", "memory64");
    if (type->rep.kind != WY_CORE_I32) return wy_fail(v, "a resource must be represented by i32");
    if (type->has_dtor) {
        const wy_core_externtype *dtor = wy_scope_get(v, scope, WY_SORT_CORE_FUNC, type->dtor);
        if (!dtor) return false;
        if (dtor->func->param_count != 1 || dtor->func->params[0].kind != WY_CORE_I32 ||
            dtor->func->result_count != 0)
            return wy_fail(v, "the destructor has the core type (%s), expected (i32 ->)",
                           wy_core_functype_text(v, dtor->func));
    }
    wy_resource_id id = wy_resource_fresh(v, scope);
    if (!id) return false;
    wy_resource_of(v, id)->defined = true;
    wy_deftype entry = {.kind = WY_TYPE_RESOURCE, .resource = id};
    return wy_scope_add(v, scope, WY_SORT_TYPE, &entry);
}

static bool validate_definition(wy_validator *v, wy_scope *scope, const wy_definition *def);

/* CM[alias.decl] Binary.md, Type Definitions: in a type, export aliases give instances and types,
 * outer aliases core types and types. */
static bool alias_decl_allowed(wy_validator *v, const wy_ast_alias *alias) {
    bool ok = alias->kind == WY_ALIAS_EXPORT
                  ? alias->sort == WY_SORT_INSTANCE || alias->sort == WY_SORT_TYPE
                  : alias->kind == WY_ALIAS_OUTER &&
                        (alias->sort == WY_SORT_CORE_TYPE || alias->sort == WY_SORT_TYPE);
    return ok || wy_fail(v, "an alias of a %s cannot stand in a type", wy_sort_name(alias->sort));
}

/* A component or instance type: its declarators in a scope of its own. */
static bool add_scoped_type(wy_validator *v, wy_scope *outer, const wy_ast_type *type) {
    bool component = type->kind == WY_TYPE_COMPONENT;
    wy_scope *scope =
        wy_scope_new(v, outer, component ? WY_SCOPE_COMPONENT_TYPE : WY_SCOPE_INSTANCE_TYPE);
    if (!scope) return false;
    size_t offset = v->offset;
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_definition *decl = &type->decls[i];
        v->offset = decl->offset;
        bool ok = decl->kind == WY_DEF_EXPORT ? wy_scope_exportdecl(v, scope, decl->export)
                  : decl->kind == WY_DEF_ALIAS && !alias_decl_allowed(v, &decl->alias)
                      ? false
                      : validate_definition(v, scope, decl);
        if (!ok) return false;
    }
    v->offset = offset;
    wy_deftype entry = {.kind = type->kind};
    if (component) {
        entry.component = wy_scope_component_type(v, scope);
        return entry.component && wy_scope_add(v, outer, WY_SORT_TYPE, &entry);
    }
    entry.instance = wy_scope_instance_type(v, scope);
    return entry.instance && wy_scope_add(v, outer, WY_SORT_TYPE, &entry);
}

static bool add_type(wy_validator *v, wy_scope *scope, const wy_ast_type *type) {
    if (type->kind == WY_TYPE_RESOURCE) return add_resource(v, scope, type);
    if (type->kind == WY_TYPE_COMPONENT || type->kind == WY_TYPE_INSTANCE)
        return add_scoped_type(v, scope, type);
    wy_deftype entry;
    return wy_deftype_build(v, scope, type, &entry) && wy_scope_add(v, scope, WY_SORT_TYPE, &entry);
}

/* --- components --- */

static bool add_component(wy_validator *v, wy_scope *scope, const wy_component_ast *ast) {
    const wy_component_types *types = validate_component(v, scope, ast);
    const wy_component_types **slot = types ? wy_vec_push(v, &scope->nested, sizeof *slot) : NULL;
    if (!slot) return false;
    *slot = types;
    return wy_scope_add(v, scope, WY_SORT_COMPONENT, types->type);
}

static bool add_module(wy_validator *v, wy_scope *scope, const wy_core_module *module) {
    const wy_module_type *type = wy_core_module_type(v, module);
    return type && wy_scope_add(v, scope, WY_SORT_CORE_MODULE, type);
}

/* CM[gate.values] Binary.md, Start Definitions, Value Definitions: gated. */
static bool validate_definition(wy_validator *v, wy_scope *scope, const wy_definition *def) {
    switch (def->kind) {
    case WY_DEF_CORE_MODULE: return add_module(v, scope, def->core_module);
    case WY_DEF_CORE_INSTANCE:
        return def->instance.instantiate ? core_instantiate(v, scope, &def->instance)
                                         : core_bundle(v, scope, &def->instance);
    case WY_DEF_CORE_TYPE: return add_core_type(v, scope, def->core_type);
    case WY_DEF_COMPONENT: return add_component(v, scope, def->component);
    case WY_DEF_INSTANCE:
        return def->instance.instantiate ? instantiate(v, scope, &def->instance)
                                         : bundle(v, scope, &def->instance);
    case WY_DEF_ALIAS: return validate_alias(v, scope, &def->alias);
    case WY_DEF_TYPE: return add_type(v, scope, def->type);
    case WY_DEF_CANON: return wy_validate_canon(v, scope, def->canon);
    case WY_DEF_IMPORT: return wy_scope_import(v, scope, def->import);
    case WY_DEF_EXPORT: return wy_scope_export(v, scope, def->export);
    case WY_DEF_START: return wy_fail_gated(v, "a start definition", "values");
    case WY_DEF_VALUE: return wy_fail_gated(v, "a value definition", "values");
    }
    return false;
}

static const wy_component_types *validate_component(wy_validator *v, wy_scope *outer,
                                                    const wy_component_ast *ast) {
    wy_component_types *out = wy_take(v, 1, sizeof *out);
    wy_scope *scope = wy_scope_new(v, outer, WY_SCOPE_COMPONENT);
    if (!out || !scope) return NULL;
    for (uint32_t i = 0; i < ast->definition_count; i++) {
        v->offset = ast->definitions[i].offset;
        if (!validate_definition(v, scope, &ast->definitions[i])) return NULL;
    }
    v->offset = ast->offset;
    out->ast = ast;
    out->type = wy_scope_component_type(v, scope);
    out->types = scope->spaces[WY_SORT_TYPE].items;
    out->type_count = scope->spaces[WY_SORT_TYPE].count;
    out->instances = scope->spaces[WY_SORT_INSTANCE].items;
    out->instance_count = scope->spaces[WY_SORT_INSTANCE].count;
    out->nested = scope->nested.items;
    out->nested_count = scope->nested.count;
    return out->type ? out : NULL;
}

wy_err wy_component_validate(wy_arena *arena, const wy_component_ast *ast,
                             const wy_component_types **types_out, wy_diag *diag) {
    return wy_component_validate_with(arena, ast, 0, types_out, diag);
}

const wy_component_types *wy_validate_component(wy_validator *v, const wy_component_ast *ast) {
    const wy_component_types *types = v->err ? NULL : validate_component(v, NULL, ast);
    wy_assert(types || v->err);
    return types;
}

bool wy_validator_init(wy_validator *v, wy_arena *arena, unsigned proposals, wy_diag *diag) {
    *v = (wy_validator){
        .arena = arena, .diag = diag, .work = WY_MAX_VALIDATION_WORK, .proposals = proposals};
    wy_map_init(&v->core_groups, arena);
    (void)wy_resource_fresh(v, NULL); /* 0 stands for none */
    return v->err == WY_OK;
}

/* The first export, or else import, that is an interface of WASI 0.3. */
static wy_str wasi_3_name(const wy_component_ast *ast) {
    wy_str import = {0};
    for (uint32_t i = 0; i < ast->definition_count; i++) {
        const wy_definition *def = &ast->definitions[i];
        if (def->kind != WY_DEF_EXPORT && def->kind != WY_DEF_IMPORT) continue;
        bool is_export = def->kind == WY_DEF_EXPORT;
        wy_str name = is_export ? def->export->name.text : def->import->name.text;
        if (!wy_str_starts(name, WY_STR("wasi:")) || !memmem(name.ptr, name.len, "@0.3.", 5))
            continue;
        if (is_export) return name;
        if (!import.len) import = name;
    }
    return import;
}

/* Who built a component with an SDK that went on to WASI 0.3 never heard of a proposal. */
static void explain_wasi_3(const wy_component_ast *ast, wy_diag *diag) {
    wy_str name = wasi_3_name(ast);
    if (!diag || !name.len) return;
    wy_diag_prefix(diag,
                   "this component is for WASI 0.3 (" WY_STR_FMT
                   "), and this host runs those for "
                   "WASI 0.2: of Spin's SDKs, spin-sdk 5 for Rust, @spinframework/build-tools 1 "
                   "for JavaScript, spin-sdk 3 with componentize-py 0.17 for Python make them",
                   WY_STR_ARG(name));
}

wy_err wy_component_validate_with(wy_arena *arena, const wy_component_ast *ast, unsigned proposals,
                                  const wy_component_types **types_out, wy_diag *diag) {
    wy_assert(arena && ast && types_out);
    wy_validator v;
    *types_out = NULL;
    if (wy_validator_init(&v, arena, proposals, diag)) *types_out = wy_validate_component(&v, ast);
    if (v.err == WY_UNSUPPORTED) explain_wasi_3(ast, diag);
    return v.err;
}
