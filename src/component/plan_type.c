/* Types while a component is flattened: definitions become descriptors whose handles name the
 * plan's resources, and types of root imports become the functions and resources the host must
 * provide. */
#include "component/plan_build.h"

#include "base/limits.h"

static wy_err resolve(plan_builder *b, plan_frame *frame, wy_ast_valtype ast,
                      const wy_type **type_out) {
    if (ast.prim == WY_VALTYPE_NONE) {
        *type_out = NULL;
        return WY_OK;
    }
    if (ast.prim == WY_VALTYPE_IDX) {
        const plan_type *type = plan_get(frame, WY_SORT_TYPE, ast.idx).type;
        if (!type->value)
            return wy_diag_set(b->diag, WY_UNSUPPORTED, "type %u needs a proposal above WASI 0.2",
                               ast.idx);
        *type_out = type->value;
        return WY_OK;
    }
    if (ast.prim < WY_TYPE_STRING || ast.prim > WY_TYPE_BOOL)
        return wy_diag_set(b->diag, WY_UNSUPPORTED,
                           "value type 0x%02x needs a proposal above WASI 0.2", ast.prim);
    /* Binary numbers count down from bool = 0x7f in the order of wy_kind. */
    *type_out = wy_type_scalar((wy_kind)(WY_TYPE_BOOL - ast.prim));
    return WY_OK;
}

static wy_field *new_fields(plan_builder *b, wy_type *type, uint32_t count) {
    type->count = count;
    wy_field *fields = wy_arena_calloc(b->arena, count, sizeof *fields);
    type->fields = fields;
    return fields;
}

static wy_err fill_fields(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                          wy_field *fields) {
    for (uint32_t i = 0; i < ast->count; i++) {
        fields[i].name = ast->fields[i].label;
        wy_err err = resolve(b, frame, ast->fields[i].type, &fields[i].type);
        if (err) return err;
    }
    return WY_OK;
}

static wy_err fill_tuple(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                         wy_field *fields) {
    for (uint32_t i = 0; i < ast->count; i++) {
        const char *name = wy_arena_printf(b->arena, "%u", i);
        if (!name) return plan_no_memory(b);
        fields[i].name = wy_str_of(name);
        wy_err err = resolve(b, frame, ast->types[i], &fields[i].type);
        if (err) return err;
    }
    return WY_OK;
}

static wy_err fill_cases(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                         wy_field *fields) {
    if (ast->kind == WY_TYPE_OPTION) {
        fields[0].name = WY_STR("none");
        fields[1].name = WY_STR("some");
        return resolve(b, frame, ast->type, &fields[1].type);
    }
    fields[0].name = WY_STR("ok");
    fields[1].name = WY_STR("error");
    wy_err err = resolve(b, frame, ast->type, &fields[0].type);
    return err ? err : resolve(b, frame, ast->error, &fields[1].type);
}

static wy_err define_compound(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                              wy_kind kind, wy_type *type) {
    type->kind = (uint8_t)kind;
    uint32_t count = kind == WY_KIND_OPTION || kind == WY_KIND_RESULT ? 2 : ast->count;
    wy_field *fields = new_fields(b, type, count);
    if (!fields) return plan_no_memory(b);
    wy_err err = WY_OK;
    if (kind == WY_KIND_RECORD || kind == WY_KIND_VARIANT)
        err = fill_fields(b, frame, ast, fields);
    else if (kind == WY_KIND_TUPLE)
        err = fill_tuple(b, frame, ast, fields);
    else if (kind == WY_KIND_OPTION || kind == WY_KIND_RESULT)
        err = fill_cases(b, frame, ast, fields);
    else
        for (uint32_t i = 0; i < count; i++)
            fields[i].name = ast->labels[i];
    return err ? err : wy_type_layout(type, fields, b->diag);
}

static wy_err define_func(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                          plan_type *out) {
    wy_func_type *func = wy_arena_calloc(b->arena, 1, sizeof *func);
    if (!func) return plan_no_memory(b);
    func->params.kind = WY_KIND_RECORD;
    wy_field *fields = new_fields(b, &func->params, ast->count);
    if (!fields) return plan_no_memory(b);
    wy_err err = fill_fields(b, frame, ast, fields);
    if (!err) err = wy_type_layout(&func->params, fields, b->diag);
    if (!err) err = resolve(b, frame, ast->type, &func->result);
    out->func = func;
    return err;
}

static wy_err define_list(plan_builder *b, plan_frame *frame, const wy_ast_type *ast,
                          wy_type *type) {
    type->kind = WY_KIND_LIST;
    wy_err err = resolve(b, frame, ast->type, &type->elem);
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
    case WY_TYPE_STRING: out->value = wy_type_scalar((wy_kind)(WY_TYPE_BOOL - ast->kind)); break;
    case WY_TYPE_RECORD: err = define_compound(b, frame, ast, WY_KIND_RECORD, type); break;
    case WY_TYPE_VARIANT: err = define_compound(b, frame, ast, WY_KIND_VARIANT, type); break;
    case WY_TYPE_TUPLE: err = define_compound(b, frame, ast, WY_KIND_TUPLE, type); break;
    case WY_TYPE_FLAGS: err = define_compound(b, frame, ast, WY_KIND_FLAGS, type); break;
    case WY_TYPE_ENUM: err = define_compound(b, frame, ast, WY_KIND_ENUM, type); break;
    case WY_TYPE_OPTION: err = define_compound(b, frame, ast, WY_KIND_OPTION, type); break;
    case WY_TYPE_RESULT: err = define_compound(b, frame, ast, WY_KIND_RESULT, type); break;
    case WY_TYPE_LIST: err = define_list(b, frame, ast, type); break;
    case WY_TYPE_OWN:
    case WY_TYPE_BORROW: err = define_handle(b, frame, ast, type); break;
    case WY_TYPE_FUNC:
        out->value = NULL;
        err = define_func(b, frame, ast, out);
        break;
    case WY_TYPE_INSTANCE:
    case WY_TYPE_COMPONENT:
        out->value = NULL;
        out->body = ast;
        out->frame = frame;
        break;
    case WY_TYPE_FIXED_LIST:
    case WY_TYPE_STREAM:
    case WY_TYPE_FUTURE:
    case WY_TYPE_ERROR_CONTEXT:
    case WY_TYPE_MAP:
    case WY_TYPE_ASYNC_FUNC:
    case WY_TYPE_RESOURCE: out->value = NULL; break; /* refused where it is used */
    }
    return err ? err : plan_push(b, frame, WY_SORT_TYPE, (plan_value){.type = out});
}

/* --- root imports --- */

static wy_err import_resource(plan_builder *b, wy_str interface_name, wy_str name,
                              plan_type *type) {
    wy_plan_resource resource = {
        .import = b->import_count, .instance = WY_PLAN_NONE, .dtor = WY_PLAN_NONE, .name = name};
    type->is_resource = true;
    wy_err err = plan_add_resource(b, resource, &type->resource);
    uint32_t index;
    return err ? err
               : plan_add_import(b,
                                 (wy_plan_import){.interface_name = interface_name,
                                                  .name = name,
                                                  .resource = type->resource},
                                 &index);
}

static wy_err import_func(plan_builder *b, const wy_func_type *type, wy_str interface_name,
                          wy_str name, plan_value *value_out) {
    wy_plan_func *func = wy_arena_alloc(b->arena, sizeof *func);
    if (!func) return plan_no_memory(b);
    *func = (wy_plan_func){.kind = WY_PLAN_FUNC_IMPORT, .type = type};
    value_out->func = func;
    wy_plan_import import = {interface_name, name, type, WY_PLAN_NONE};
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
        if (!func)
            return wy_diag_set_at(b->diag, WY_UNSUPPORTED, type->offset,
                                  "import \"" WY_STR_FMT
                                  "\": async functions need WASI 0.3, which "
                                  "withy does not run yet",
                                  WY_STR_ARG(name));
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
