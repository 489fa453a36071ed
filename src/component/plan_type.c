/* Types while a component is flattened: definitions become descriptors whose handles name the
 * plan's resources, and types of root imports become the functions and resources the host must
 * provide. */
#include "component/plan_build.h"

#include "base/limits.h"

/* Binary numbers count down from bool = 0x7f in the order of wy_kind. */
static const wy_type *primitive(uint8_t prim) {
    if (prim == WY_TYPE_ERROR_CONTEXT) return &wy_type_error_context;
    wy_assert(prim >= WY_TYPE_STRING && prim <= WY_TYPE_BOOL);
    return wy_type_scalar((wy_kind)(WY_TYPE_BOOL - prim));
}

/* NULL where there is none. */
static const wy_type *resolve(plan_frame *frame, wy_ast_valtype ast) {
    if (ast.prim == WY_VALTYPE_NONE) return NULL;
    if (ast.prim != WY_VALTYPE_IDX) return primitive(ast.prim);
    const wy_type *type = plan_get(frame, WY_SORT_TYPE, ast.idx).type->value;
    wy_assert(type);
    return type;
}

static wy_field *new_fields(plan_builder *b, wy_type *type, uint32_t count) {
    type->count = count;
    wy_field *fields = wy_arena_calloc(b->arena, count, sizeof *fields);
    type->fields = fields;
    return fields;
}

static void fill_fields(plan_frame *frame, const wy_ast_type *ast, wy_field *fields) {
    for (uint32_t i = 0; i < ast->count; i++)
        fields[i] =
            (wy_field){.name = ast->fields[i].label, .type = resolve(frame, ast->fields[i].type)};
}

static wy_err fill_tuple(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                         wy_field *fields) {
    for (uint32_t i = 0; i < ast->count; i++) {
        const char *name = wy_arena_printf(b->arena, "%u", i);
        if (!name) return plan_no_memory(b);
        fields[i] = (wy_field){.name = wy_str_of(name), .type = resolve(frame, ast->types[i])};
    }
    return WY_OK;
}

static void fill_cases(plan_frame *frame, const wy_ast_type *ast, wy_field *fields) {
    const wy_type *type = resolve(frame, ast->type);
    bool is_option = ast->kind == WY_TYPE_OPTION;
    fields[0] = is_option ? (wy_field){.name = WY_STR("none")}
                          : (wy_field){.name = WY_STR("ok"), .type = type};
    fields[1] = is_option ? (wy_field){.name = WY_STR("some"), .type = type}
                          : (wy_field){.name = WY_STR("error"), .type = resolve(frame, ast->error)};
}

static wy_err define_compound(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                              wy_kind kind, wy_type *type) {
    type->kind = (uint8_t)kind;
    uint32_t count = kind == WY_KIND_OPTION || kind == WY_KIND_RESULT ? 2 : ast->count;
    wy_field *fields = new_fields(b, type, count);
    if (!fields) return plan_no_memory(b);
    wy_err err = WY_OK;
    if (kind == WY_KIND_RECORD || kind == WY_KIND_VARIANT)
        fill_fields(frame, ast, fields);
    else if (kind == WY_KIND_TUPLE)
        err = fill_tuple(b, frame, ast, fields);
    else if (kind == WY_KIND_OPTION || kind == WY_KIND_RESULT)
        fill_cases(frame, ast, fields);
    else
        for (uint32_t i = 0; i < count; i++)
            fields[i].name = ast->labels[i];
    return err ? err : wy_type_layout(type, fields, b->diag);
}

static wy_err define_func(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                          plan_type *out) {
    wy_func_type *func = wy_arena_calloc(b->arena, 1, sizeof *func);
    if (!func) return plan_no_memory(b);
    func->is_async = ast->kind == WY_TYPE_ASYNC_FUNC;
    func->params.kind = WY_KIND_RECORD;
    wy_field *fields = new_fields(b, &func->params, ast->count);
    if (!fields) return plan_no_memory(b);
    fill_fields(frame, ast, fields);
    func->result = resolve(frame, ast->type);
    out->func = func;
    return wy_type_layout(&func->params, fields, b->diag);
}

/* list, list of fixed length, stream, future */
static wy_err define_sequence(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                              wy_kind kind, wy_type *type) {
    type->kind = (uint8_t)kind;
    if (kind == WY_KIND_FIXED_LIST) type->count = ast->idx;
    type->elem = resolve(frame, ast->type);
    return wy_type_layout(type, NULL, b->diag);
}

/* CM: despecialize: a list of pairs. */
static wy_err define_map(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                         wy_type *type) {
    wy_type *pair = wy_arena_calloc(b->arena, 1, sizeof *pair);
    if (!pair) return plan_no_memory(b);
    pair->kind = WY_KIND_TUPLE;
    wy_field *fields = new_fields(b, pair, 2);
    if (!fields) return plan_no_memory(b);
    fields[0] = (wy_field){.name = WY_STR("0"), .type = resolve(frame, ast->type)};
    fields[1] = (wy_field){.name = WY_STR("1"), .type = resolve(frame, ast->error)};
    wy_err err = wy_type_layout(pair, fields, b->diag);
    type->kind = WY_KIND_MAP;
    type->elem = pair;
    return err ? err : wy_type_layout(type, NULL, b->diag);
}

static wy_err define_handle(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                            wy_type *type) {
    type->kind = ast->kind == WY_TYPE_OWN ? WY_KIND_OWN : WY_KIND_BORROW;
    const plan_type *resource = plan_get(frame, WY_SORT_TYPE, ast->idx).type;
    wy_assert(resource->is_resource);
    type->resource_index = resource->resource;
    return wy_type_layout(type, NULL, b->diag);
}

wy_err plan_define_type(plan_builder *b, plan_frame *frame, const wy_ast_type *ast) {
    plan_type *out = wy_arena_calloc(b->arena, 1, sizeof *out);
    wy_type *type = wy_arena_calloc(b->arena, 1, sizeof *type);
    if (!out || !type) return plan_no_memory(b);
    out->value = type;
    wy_err err = WY_OK;
    switch (ast->kind) {
    case WY_TYPE_BOOL:
    case WY_TYPE_S8:
    case WY_TYPE_U8:
    case WY_TYPE_S16:
    case WY_TYPE_U16:
    case WY_TYPE_S32:
    case WY_TYPE_U32:
    case WY_TYPE_S64:
    case WY_TYPE_U64:
    case WY_TYPE_F32:
    case WY_TYPE_F64:
    case WY_TYPE_CHAR:
    case WY_TYPE_STRING:
    case WY_TYPE_ERROR_CONTEXT: out->value = primitive((uint8_t)ast->kind); break;
    case WY_TYPE_RECORD: err = define_compound(b, frame, ast, WY_KIND_RECORD, type); break;
    case WY_TYPE_VARIANT: err = define_compound(b, frame, ast, WY_KIND_VARIANT, type); break;
    case WY_TYPE_TUPLE: err = define_compound(b, frame, ast, WY_KIND_TUPLE, type); break;
    case WY_TYPE_FLAGS: err = define_compound(b, frame, ast, WY_KIND_FLAGS, type); break;
    case WY_TYPE_ENUM: err = define_compound(b, frame, ast, WY_KIND_ENUM, type); break;
    case WY_TYPE_OPTION: err = define_compound(b, frame, ast, WY_KIND_OPTION, type); break;
    case WY_TYPE_RESULT: err = define_compound(b, frame, ast, WY_KIND_RESULT, type); break;
    case WY_TYPE_LIST: err = define_sequence(b, frame, ast, WY_KIND_LIST, type); break;
    case WY_TYPE_FIXED_LIST: err = define_sequence(b, frame, ast, WY_KIND_FIXED_LIST, type); break;
    case WY_TYPE_STREAM: err = define_sequence(b, frame, ast, WY_KIND_STREAM, type); break;
    case WY_TYPE_FUTURE: err = define_sequence(b, frame, ast, WY_KIND_FUTURE, type); break;
    case WY_TYPE_MAP: err = define_map(b, frame, ast, type); break;
    case WY_TYPE_OWN:
    case WY_TYPE_BORROW: err = define_handle(b, frame, ast, type); break;
    case WY_TYPE_FUNC:
    case WY_TYPE_ASYNC_FUNC:
        out->value = NULL;
        err = define_func(b, frame, ast, out);
        break;
    case WY_TYPE_INSTANCE:
    case WY_TYPE_COMPONENT:
        out->value = NULL;
        out->body = ast;
        out->frame = frame;
        break;
    case WY_TYPE_RESOURCE: wy_assert(!"a resource type is made by its definition"); break;
    }
    return err ? err : plan_push(b, frame, WY_SORT_TYPE, (plan_value){.type = out});
}

/* --- root imports --- */

/* The resource of that name which another unit imports already; or NULL. */
static const wy_plan_import *find_resource(const plan_builder *b, wy_str interface_name,
                                           wy_str name) {
    for (uint32_t i = 0; b->links && i < b->import_count; i++) {
        const wy_plan_import *import = &b->imports[i];
        if (!import->type && import->unit != b->unit && wy_str_eq(import->name, name) &&
            b->links->same_interface(import->interface_name, interface_name))
            return import;
    }
    return NULL;
}

static wy_err import_resource(plan_builder *b, wy_str interface_name, wy_str name,
                              plan_type *type) {
    const wy_plan_import *known = find_resource(b, interface_name, name);
    if (known) {
        type->is_resource = true;
        type->resource = known->resource;
        return WY_OK;
    }
    wy_plan_resource resource = {
        .import = b->import_count, .instance = WY_PLAN_NONE, .dtor = WY_PLAN_NONE, .name = name};
    type->is_resource = true;
    wy_err err = plan_add_resource(b, resource, &type->resource);
    uint32_t index;
    return err ? err
               : plan_add_import(b,
                                 (wy_plan_import){.interface_name = interface_name,
                                                  .name = name,
                                                  .resource = type->resource,
                                                  .unit = b->unit},
                                 &index);
}

static wy_err import_func(plan_builder *b, const wy_func_type *type, wy_str interface_name,
                          wy_str name, plan_value *value_out) {
    wy_plan_func *func = wy_arena_alloc(b->arena, sizeof *func);
    if (!func) return plan_no_memory(b);
    *func = (wy_plan_func){.kind = WY_PLAN_FUNC_IMPORT, .type = type};
    value_out->func = func;
    wy_plan_import import = {interface_name, name, type, WY_PLAN_NONE, b->unit};
    return plan_add_import(b, import, &func->index);
}

static wy_err import_instance(plan_builder *b, const plan_type *type, wy_str interface_name,
                              plan_value *value_out) {
    wy_assert(type->body && type->body->kind == WY_TYPE_INSTANCE);
    plan_frame *frame = plan_frame_new(b, type->frame, WY_PLAN_NONE);
    plan_instance *instance = plan_instance_new(b);
    if (!frame || !instance) return plan_no_memory(b);
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < type->body->count && !err; i++) {
        const wy_definition *decl = &type->body->decls[i];
        plan_value value = {0};
        if (decl->kind == WY_DEF_TYPE) {
            err = plan_define_type(b, frame, decl->type);
        } else if (decl->kind == WY_DEF_CORE_TYPE) {
            err = plan_push(b, frame, WY_SORT_CORE_TYPE, value);
        } else if (decl->kind == WY_DEF_ALIAS) {
            const wy_ast_alias *alias = &decl->alias;
            plan_frame *outer = frame;
            for (uint32_t up = 0; alias->kind == WY_ALIAS_OUTER && up < alias->count; up++)
                outer = outer->outer;
            if (alias->kind == WY_ALIAS_OUTER) {
                value = plan_get(outer, alias->sort, alias->idx);
            } else {
                const plan_instance *from =
                    plan_get(frame, WY_SORT_INSTANCE, alias->instance).instance;
                const plan_export *item = wy_map_get_ptr(&from->exports, alias->name);
                wy_assert(item);
                value = item->value;
            }
            err = plan_push(b, frame, alias->sort, value);
        } else if (decl->kind == WY_DEF_EXPORT) {
            const wy_ast_export *export = decl->export;
            err = plan_import(b, frame, &export->type, interface_name, export->name.text, &value);
            if (!err)
                err = plan_instance_add(b, instance, export->name.text, export->type.sort, value);
            if (!err) err = plan_push(b, frame, export->type.sort, value);
        }
    }
    value_out->instance = instance;
    return err;
}

wy_err plan_import(plan_builder *b, plan_frame *frame, const wy_ast_externtype *type,
                   wy_str interface_name, wy_str name, plan_value *value_out) {
    if (type->sort == WY_SORT_TYPE) {
        if (type->bound == WY_BOUND_EQ) {
            *value_out = plan_get(frame, WY_SORT_TYPE, type->idx);
            return WY_OK;
        }
        plan_type *resource = wy_arena_calloc(b->arena, 1, sizeof *resource);
        if (!resource) return plan_no_memory(b);
        value_out->type = resource;
        return import_resource(b, interface_name, name, resource);
    }
    if (type->sort == WY_SORT_FUNC) {
        const wy_func_type *func = plan_get(frame, WY_SORT_TYPE, type->idx).type->func;
        return import_func(b, func, interface_name, name, value_out);
    }
    if (type->sort == WY_SORT_INSTANCE) {
        const plan_type *instance_type = plan_get(frame, WY_SORT_TYPE, type->idx).type;
        wy_str path = name;
        if (interface_name.len) {
            char *joined = wy_arena_printf(b->arena, WY_STR_FMT "/" WY_STR_FMT,
                                           WY_STR_ARG(interface_name), WY_STR_ARG(name));
            if (!joined) return plan_no_memory(b);
            path = wy_str_of(joined);
        }
        return import_instance(b, instance_type, path, value_out);
    }
    return wy_diag_set_at(b->diag, WY_UNSUPPORTED, type->offset,
                          "import \"" WY_STR_FMT "\": a host cannot provide a %s", WY_STR_ARG(name),
                          wy_sort_name(type->sort));
}
