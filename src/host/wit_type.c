/* Types out of WIT text; layout is value/'s. A named type is written out where it is used, as in
 * the types of a plan: they are compared by structure. */
#include "host/wit_type.h"

#include "wit/print.h"

static wy_err type_of(wy_wit_types *types, const wy_wit_type *wit, const wy_type **type_out);

static wy_err no_memory(wy_wit_types *types) {
    return wy_diag_set(types->diag, WY_NOMEM, "out of memory for types");
}

/* Room for a type with `count` fields. */
static wy_err new_type(wy_wit_types *types, wy_kind kind, uint32_t count, wy_type **type_out,
                       wy_field **fields_out) {
    wy_type *type = wy_arena_calloc(types->arena, 1, sizeof *type);
    wy_field *fields = wy_arena_calloc(types->arena, count, sizeof *fields);
    if (!type || !fields) return no_memory(types);
    type->kind = (uint8_t)kind;
    type->count = count;
    type->fields = count ? fields : NULL;
    *type_out = type;
    *fields_out = count ? fields : NULL;
    return WY_OK;
}

static wy_err finish(wy_wit_types *types, wy_type *type, wy_field *fields,
                     const wy_type **type_out) {
    *type_out = type;
    return wy_type_layout(type, fields, types->diag);
}

static wy_err handle(wy_wit_types *types, const wy_wit_typedef *def, wy_kind kind,
                     const wy_type **type_out) {
    wy_type *type;
    wy_field *fields;
    wy_err err = new_type(types, kind, 0, &type, &fields);
    if (err) return err;
    type->resource = types->resource(types->data, def);
    if (!type->resource)
        return wy_diag_set(types->diag, WY_NOT_FOUND,
                           "the resource \"" WY_STR_FMT "\" is not one that is provided",
                           WY_STR_ARG(def->name));
    return finish(types, type, fields, type_out);
}

static wy_err named(wy_wit_types *types, const wy_wit_typedef *def, const wy_type **type_out) {
    static const wy_kind kinds[] = {[WY_WIT_RECORD] = WY_KIND_RECORD,
                                    [WY_WIT_VARIANT] = WY_KIND_VARIANT,
                                    [WY_WIT_ENUM] = WY_KIND_ENUM,
                                    [WY_WIT_FLAGS] = WY_KIND_FLAGS};
    if (def->kind == WY_WIT_RESOURCE) return handle(types, def, WY_KIND_OWN, type_out);
    if (def->kind == WY_WIT_ALIAS) return type_of(types, def->alias, type_out);
    wy_assert(def->kind <= WY_WIT_FLAGS);
    wy_type *type;
    wy_field *fields;
    wy_err err = new_type(types, kinds[def->kind], def->field_count, &type, &fields);
    for (uint32_t i = 0; i < def->field_count && !err; i++) {
        fields[i].name = def->fields[i].name;
        err = type_of(types, def->fields[i].type, &fields[i].type);
    }
    return err ? err : finish(types, type, fields, type_out);
}

static wy_err list(wy_wit_types *types, const wy_wit_type *wit, const wy_type **type_out) {
    wy_type *type;
    wy_field *fields;
    wy_err err =
        new_type(types, wit->length ? WY_KIND_FIXED_LIST : WY_KIND_LIST, 0, &type, &fields);
    if (!err) err = type_of(types, wit->args[0], &type->elem);
    if (err) return err;
    type->count = wit->length;
    return finish(types, type, NULL, type_out);
}

/* option, result, tuple */
static wy_err parts(wy_wit_types *types, const wy_wit_type *wit, wy_kind kind,
                    const wy_type **type_out) {
    static const char *const names[2][2] = {{"none", "some"}, {"ok", "error"}};
    wy_type *type;
    wy_field *fields;
    bool is_tuple = kind == WY_KIND_TUPLE, is_option = kind == WY_KIND_OPTION;
    uint32_t count = is_tuple ? wit->arg_count : 2;
    wy_err err = new_type(types, kind, count, &type, &fields);
    for (uint32_t i = 0; i < count && !err; i++) {
        const char *name =
            is_tuple ? wy_arena_printf(types->arena, "%u", i) : names[is_option ? 0 : 1][i];
        if (!name) return no_memory(types);
        fields[i].name = wy_str_of(name);
        uint32_t arg = is_option ? i - 1 : i; /* "none" has nothing: UINT32_MAX */
        if (arg < wit->arg_count) err = type_of(types, wit->args[arg], &fields[i].type);
    }
    return err ? err : finish(types, type, fields, type_out);
}

static wy_err refused(wy_wit_types *types, const wy_wit_type *wit) {
    wy_buf text;
    wy_buf_init(&text, 1 << 16);
    wy_wit_print_type(&text, wit);
    wy_err err = wy_diag_set(types->diag, WY_UNSUPPORTED,
                             WY_STR_FMT " needs WASI 0.3, which withy does not run yet",
                             WY_STR_ARG(wy_buf_view(&text)));
    wy_buf_deinit(&text);
    return err;
}

/* NULL stays NULL. */
static wy_err type_of(wy_wit_types *types, const wy_wit_type *wit, const wy_type **type_out) {
    static const wy_kind scalars[] = {
        [WY_WIT_BOOL] = WY_KIND_BOOL,     [WY_WIT_U8] = WY_KIND_U8,   [WY_WIT_U16] = WY_KIND_U16,
        [WY_WIT_U32] = WY_KIND_U32,       [WY_WIT_U64] = WY_KIND_U64, [WY_WIT_S8] = WY_KIND_S8,
        [WY_WIT_S16] = WY_KIND_S16,       [WY_WIT_S32] = WY_KIND_S32, [WY_WIT_S64] = WY_KIND_S64,
        [WY_WIT_F32] = WY_KIND_F32,       [WY_WIT_F64] = WY_KIND_F64, [WY_WIT_CHAR] = WY_KIND_CHAR,
        [WY_WIT_STRING] = WY_KIND_STRING,
    };
    *type_out = NULL;
    if (!wit) return WY_OK;
    if (wit->kind <= WY_WIT_STRING) {
        *type_out = wy_type_scalar(scalars[wit->kind]);
        return WY_OK;
    }
    switch ((int)wit->kind) {
    case WY_WIT_LIST: return list(types, wit, type_out);
    case WY_WIT_OPTION: return parts(types, wit, WY_KIND_OPTION, type_out);
    case WY_WIT_RESULT: return parts(types, wit, WY_KIND_RESULT, type_out);
    case WY_WIT_TUPLE: return parts(types, wit, WY_KIND_TUPLE, type_out);
    case WY_WIT_OWN: return handle(types, wy_wit_typedef_final(wit->def), WY_KIND_OWN, type_out);
    case WY_WIT_BORROW:
        return handle(types, wy_wit_typedef_final(wit->def), WY_KIND_BORROW, type_out);
    case WY_WIT_NAME: return named(types, wy_wit_typedef_final(wit->def), type_out);
    default: return refused(types, wit); /* error-context, map, future, stream */
    }
}

wy_err wy_wit_types_func(wy_wit_types *types, const wy_wit_func *func,
                         const wy_func_type **type_out) {
    if (func->is_async)
        return wy_diag_set(types->diag, WY_UNSUPPORTED,
                           "async functions need WASI 0.3, which withy does not run yet");
    wy_func_type *out = wy_arena_calloc(types->arena, 1, sizeof *out);
    uint32_t self = func->kind == WY_WIT_METHOD, count = func->param_count + self;
    wy_field *fields = wy_arena_calloc(types->arena, count, sizeof *fields);
    if (!out || !fields) return no_memory(types);
    out->params =
        (wy_type){.kind = WY_KIND_RECORD, .count = count, .fields = count ? fields : NULL};
    wy_err err = WY_OK;
    if (self) {
        fields[0].name = WY_STR("self");
        err = handle(types, func->resource, WY_KIND_BORROW, &fields[0].type);
    }
    for (uint32_t i = 0; i < func->param_count && !err; i++) {
        fields[i + self].name = func->params[i].name;
        err = type_of(types, func->params[i].type, &fields[i + self].type);
    }
    if (!err) err = wy_type_layout(&out->params, count ? fields : NULL, types->diag);
    if (!err && !func->result && func->kind == WY_WIT_CONSTRUCTOR)
        err = handle(types, func->resource, WY_KIND_OWN, &out->result);
    else if (!err)
        err = type_of(types, func->result, &out->result);
    *type_out = out;
    return err;
}

void wy_wit_types_func_name(wy_buf *buf, const wy_wit_func *func) {
    static const char *const words[] = {[WY_WIT_METHOD] = "method",
                                        [WY_WIT_STATIC] = "static",
                                        [WY_WIT_CONSTRUCTOR] = "constructor"};
    if (func->kind != WY_WIT_FREE)
        wy_buf_printf(buf, "[%s]" WY_STR_FMT "%s", words[func->kind],
                      WY_STR_ARG(func->resource->name), func->name.len ? "." : "");
    wy_buf_str(buf, func->name);
}
