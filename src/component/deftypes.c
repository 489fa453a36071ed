/* Builds resolved value and function types out of decoded ones.
 * (Binary, Type Definitions; CanonicalABI, Alignment and Element Size) */
#include "component/validator.h"

#include "base/limits.h"

#define ELEM_SIZE_END ((uint64_t)1 << 28) /* every elem_size lies below (CM: elem_size) */

/* Indexed by WY_TYPE_BOOL - kind. */
static const wy_ctype primitives[] = {
#define PRIMITIVE(type_kind, size, align)                                                          \
    { .kind = WY_TYPE_##type_kind, .nodes = 1, .depth = 1, .elem_size64 = size, .align64 = align }
    PRIMITIVE(BOOL, 1, 1),    PRIMITIVE(S8, 1, 1),  PRIMITIVE(U8, 1, 1),  PRIMITIVE(S16, 2, 2),
    PRIMITIVE(U16, 2, 2),     PRIMITIVE(S32, 4, 4), PRIMITIVE(U32, 4, 4), PRIMITIVE(S64, 8, 8),
    PRIMITIVE(U64, 8, 8),     PRIMITIVE(F32, 4, 4), PRIMITIVE(F64, 8, 8), PRIMITIVE(CHAR, 4, 4),
    PRIMITIVE(STRING, 16, 8),
#undef PRIMITIVE
};

/* CM[gate.types] Explainer.md, Gated Features: error-context, async functions, values and the like.
 * In memory it is a handle, like those of streams and futures. */
static const wy_ctype error_context = {
    .kind = WY_TYPE_ERROR_CONTEXT, .nodes = 1, .depth = 1, .elem_size64 = 4, .align64 = 4};

static const wy_ctype *primitive_type(uint8_t kind) {
    wy_assert(kind <= WY_TYPE_BOOL && kind >= WY_TYPE_STRING);
    return &primitives[WY_TYPE_BOOL - kind];
}

/* CM[type.valtype] Binary.md, Type Definitions: the index of a valtype refers to a defvaltype. */
static const wy_ctype *resolve(wy_validator *v, wy_scope *scope, wy_ast_valtype type) {
    wy_assert(type.prim != WY_VALTYPE_NONE);
    if (type.prim == WY_TYPE_ERROR_CONTEXT)
        return wy_gate(v, WY_PROPOSAL_ERROR_CONTEXT, "error-context") ? &error_context : NULL;
    if (type.prim != WY_VALTYPE_IDX) return primitive_type(type.prim);
    const wy_deftype *entry = wy_scope_get(v, scope, WY_SORT_TYPE, type.idx);
    if (!entry) return NULL;
    switch ((int)entry->kind) {
    case WY_TYPE_RESOURCE:
    case WY_TYPE_FUNC:
    case WY_TYPE_COMPONENT:
    case WY_TYPE_INSTANCE:
        wy_fail(v, "type index %u is not a defined value type", type.idx);
        return NULL;
    default: return entry->value;
    }
}

static uint64_t align_to(uint64_t at, uint32_t align) {
    return (at + align - 1) / align * align;
}

/* Takes over what a part adds to the whole's size and flags. */
static bool add_part(wy_validator *v, wy_ctype *type, const wy_ctype *part) {
    if (type->nodes + part->nodes > WY_MAX_TYPE_SIZE)
        return wy_fail_at(v, WY_LIMIT, v->offset, "a type of more than %d parts", WY_MAX_TYPE_SIZE);
    type->nodes += part->nodes;
    if (type->depth <= part->depth) type->depth = (uint16_t)(part->depth + 1);
    if (type->depth > WY_MAX_TYPE_DEPTH)
        return wy_fail_at(v, WY_LIMIT, v->offset, "a type nested deeper than %d",
                          WY_MAX_TYPE_DEPTH);
    type->has_borrow |= part->has_borrow;
    type->has_resource |= part->has_resource;
    return true;
}

/* CM[type.elem-size] Binary.md, Type Definitions: elem_size(t, 'i64') of every defvaltype is below
 * 2^28. */
static bool set_size(wy_validator *v, wy_ctype *type, uint64_t size, uint32_t align) {
    size = align_to(size, align);
    if (size >= ELEM_SIZE_END)
        return wy_fail(v, "a value of this type takes %llu bytes, 2^28 or more",
                       (unsigned long long)size);
    type->elem_size64 = (uint32_t)size;
    type->align64 = align;
    return true;
}

/* Appends a field to a record's or tuple's layout. */
static void layout_field(const wy_ctype *field, uint64_t *size, uint32_t *align) {
    *size = align_to(*size, field->align64) + field->elem_size64;
    if (field->align64 > *align) *align = field->align64;
}

static uint32_t discriminant_size(uint32_t count) {
    return count <= 1u << 8 ? 1 : count <= 1u << 16 ? 2 : 4;
}

/* The layout of a variant with `count` cases whose largest payload is given. */
static bool set_variant_size(wy_validator *v, wy_ctype *type, uint32_t count, uint32_t payload_size,
                             uint32_t payload_align) {
    uint32_t tag = discriminant_size(count), align = payload_align > tag ? payload_align : tag;
    return set_size(v, type, align_to(tag, payload_align) + payload_size, align);
}

static void largest(const wy_ctype *part, uint32_t *size, uint32_t *align) {
    if (part->elem_size64 > *size) *size = part->elem_size64;
    if (part->align64 > *align) *align = part->align64;
}

/* CM[type.empty] Binary.md, Type Definitions: records, variants, tuples, flags and enums have at
 * least one member. */
static bool check_count(wy_validator *v, const wy_ast_type *ast, const char *what) {
    if (ast->count == 0) return wy_fail(v, "%s must not be empty", what);
    if (ast->count > WY_MAX_LABELS)
        return wy_fail_at(v, WY_LIMIT, v->offset, "%s with %u members; at most %d are allowed",
                          what, ast->count, WY_MAX_LABELS);
    return true;
}

static bool build_record(wy_validator *v, wy_scope *scope, const wy_ast_type *ast, wy_ctype *type) {
    wy_map names;
    wy_map_init(&names, v->arena);
    if (!check_count(v, ast, "a record type")) return false;
    wy_ctype_field *fields = wy_take(v, ast->count, sizeof *fields);
    if (!fields) return false;
    uint64_t size = 0;
    uint32_t align = 1;
    for (uint32_t i = 0; i < ast->count; i++) {
        const wy_ast_field *field = &ast->fields[i];
        const wy_ctype *part = resolve(v, scope, field->type);
        if (!part || !wy_labels_check(v, &names, field->label, "record field") ||
            !add_part(v, type, part))
            return false;
        fields[i] = (wy_ctype_field){.label = field->label, .type = part};
        layout_field(part, &size, &align);
    }
    type->fields = fields;
    type->count = ast->count;
    return set_size(v, type, size, align);
}

static bool build_variant(wy_validator *v, wy_scope *scope, const wy_ast_type *ast,
                          wy_ctype *type) {
    wy_map names;
    wy_map_init(&names, v->arena);
    if (!check_count(v, ast, "a variant type")) return false;
    wy_ctype_field *fields = wy_take(v, ast->count, sizeof *fields);
    if (!fields) return false;
    uint32_t size = 0, align = 1;
    for (uint32_t i = 0; i < ast->count; i++) {
        const wy_ast_field *field = &ast->fields[i];
        fields[i].label = field->label;
        if (!wy_labels_check(v, &names, field->label, "variant case")) return false;
        if (field->type.prim == WY_VALTYPE_NONE) continue;
        fields[i].type = resolve(v, scope, field->type);
        if (!fields[i].type || !add_part(v, type, fields[i].type)) return false;
        largest(fields[i].type, &size, &align);
    }
    type->fields = fields;
    type->count = ast->count;
    return set_variant_size(v, type, ast->count, size, align);
}

static bool build_tuple(wy_validator *v, wy_scope *scope, const wy_ast_type *ast, wy_ctype *type) {
    if (!check_count(v, ast, "a tuple type")) return false;
    const wy_ctype **types = wy_take(v, ast->count, sizeof *types);
    if (!types) return false;
    uint64_t size = 0;
    uint32_t align = 1;
    for (uint32_t i = 0; i < ast->count; i++) {
        types[i] = resolve(v, scope, ast->types[i]);
        if (!types[i] || !add_part(v, type, types[i])) return false;
        layout_field(types[i], &size, &align);
    }
    type->types = types;
    type->count = ast->count;
    return set_size(v, type, size, align);
}

static bool build_labels(wy_validator *v, const wy_ast_type *ast, wy_ctype *type) {
    bool flags = ast->kind == WY_TYPE_FLAGS;
    wy_map names;
    wy_map_init(&names, v->arena);
    if (!check_count(v, ast, flags ? "a flags type" : "an enum type")) return false;
    /* CM[type.flags] Binary.md, Type Definitions: at most 32 flags. */
    if (flags && ast->count > 32)
        return wy_fail(v, "a flags type with %u flags; at most 32 are allowed", ast->count);
    for (uint32_t i = 0; i < ast->count; i++)
        if (!wy_labels_check(v, &names, ast->labels[i], flags ? "flag" : "enum tag")) return false;
    type->labels = ast->labels;
    type->count = ast->count;
    uint32_t size = !flags             ? discriminant_size(ast->count)
                    : ast->count <= 8  ? 1
                    : ast->count <= 16 ? 2
                                       : 4;
    return set_size(v, type, size, size);
}

static bool build_result(wy_validator *v, wy_scope *scope, const wy_ast_type *ast, wy_ctype *type) {
    uint32_t size = 0, align = 1;
    if (ast->type.prim != WY_VALTYPE_NONE) {
        type->type = resolve(v, scope, ast->type);
        if (!type->type || !add_part(v, type, type->type)) return false;
        largest(type->type, &size, &align);
    }
    if (ast->error.prim != WY_VALTYPE_NONE) {
        type->error = resolve(v, scope, ast->error);
        if (!type->error || !add_part(v, type, type->error)) return false;
        largest(type->error, &size, &align);
    }
    return set_variant_size(v, type, 2, size, align);
}

static bool build_list_or_option(wy_validator *v, wy_scope *scope, const wy_ast_type *ast,
                                 wy_ctype *type) {
    type->type = resolve(v, scope, ast->type);
    if (!type->type || !add_part(v, type, type->type)) return false;
    if (ast->kind == WY_TYPE_LIST) return set_size(v, type, 16, 8);
    return set_variant_size(v, type, 2, type->type->elem_size64, type->type->align64);
}

/* CM[type.handle] Binary.md, Type Definitions: own and borrow refer to a resource type. */
static bool build_handle(wy_validator *v, wy_scope *scope, const wy_ast_type *ast, wy_ctype *type) {
    wy_deftype resource;
    if (!wy_scope_resource(v, scope, ast->idx, &resource)) return false;
    type->resource = resource.resource;
    type->alias = resource.alias;
    type->has_resource = true;
    type->has_borrow = ast->kind == WY_TYPE_BORROW;
    return set_size(v, type, 4, 4);
}

/* CM[type.stream] Binary.md, Type Definitions: the element of a stream or future contains no
 * borrow, that of a stream is not char. */
static bool build_stream_or_future(wy_validator *v, wy_scope *scope, const wy_ast_type *ast,
                                   wy_ctype *type) {
    const char *name = ast->kind == WY_TYPE_STREAM ? "stream" : "future";
    if (ast->type.prim != WY_VALTYPE_NONE) {
        type->type = resolve(v, scope, ast->type);
        if (!type->type) return false;
        if (type->type->has_borrow)
            return wy_fail(v, "the element of a %s contains a `borrow`", name);
        if (ast->kind == WY_TYPE_STREAM && type->type->kind == WY_TYPE_CHAR)
            return wy_fail(v, "a stream of `char` is not allowed");
        if (!add_part(v, type, type->type)) return false;
    }
    return wy_gate(v, WY_PROPOSAL_ASYNC,
                   ast->kind == WY_TYPE_STREAM ? "a stream type" : "a future type") &&
           set_size(v, type, 4, 4);
}

/* CM[type.map] Binary.md, Type Definitions: the key of a map is a keytype: bool, an integer, char
 * or string. In memory a map is a list of pairs. */
static bool build_map(wy_validator *v, wy_scope *scope, const wy_ast_type *ast, wy_ctype *type) {
    type->type = resolve(v, scope, ast->type);
    if (!type->type) return false;
    uint8_t key = (uint8_t)type->type->kind;
    if (type->type->kind < WY_TYPE_STRING || key == WY_TYPE_F32 || key == WY_TYPE_F64)
        return wy_fail(v, "the key of a map must be bool, an integer, char or string");
    type->error = resolve(v, scope, ast->error);
    return type->error && add_part(v, type, type->type) && add_part(v, type, type->error) &&
           wy_gate(v, WY_PROPOSAL_MAP, "a map type") && set_size(v, type, 16, 8);
}

/* CM[type.fixed-list] Binary.md, Type Definitions: the length of a list type, if it has one, is
 * greater than 0. */
static bool build_fixed_list(wy_validator *v, wy_scope *scope, const wy_ast_type *ast,
                             wy_ctype *type) {
    type->type = resolve(v, scope, ast->type);
    if (!type->type || !add_part(v, type, type->type)) return false;
    if (ast->idx == 0) return wy_fail(v, "the length of a list type must not be 0");
    type->length = ast->idx;
    return set_size(v, type, (uint64_t)type->type->elem_size64 * ast->idx, type->type->align64) &&
           wy_gate(v, WY_PROPOSAL_FIXED_LISTS, "a list of fixed length");
}

static bool build_value(wy_validator *v, wy_scope *scope, const wy_ast_type *ast, wy_ctype *type) {
    switch ((int)ast->kind) {
    case WY_TYPE_RECORD: return build_record(v, scope, ast, type);
    case WY_TYPE_VARIANT: return build_variant(v, scope, ast, type);
    case WY_TYPE_TUPLE: return build_tuple(v, scope, ast, type);
    case WY_TYPE_FLAGS:
    case WY_TYPE_ENUM: return build_labels(v, ast, type);
    case WY_TYPE_RESULT: return build_result(v, scope, ast, type);
    case WY_TYPE_LIST:
    case WY_TYPE_OPTION: return build_list_or_option(v, scope, ast, type);
    case WY_TYPE_OWN:
    case WY_TYPE_BORROW: return build_handle(v, scope, ast, type);
    case WY_TYPE_FIXED_LIST: return build_fixed_list(v, scope, ast, type);
    case WY_TYPE_STREAM:
    case WY_TYPE_FUTURE: return build_stream_or_future(v, scope, ast, type);
    case WY_TYPE_MAP: return build_map(v, scope, ast, type);
    default: return wy_fail(v, "unexpected type 0x%02x", (unsigned)ast->kind);
    }
}

static const wy_ctype_func *build_func(wy_validator *v, wy_scope *scope, const wy_ast_type *ast) {
    wy_map names;
    wy_map_init(&names, v->arena);
    if (ast->count > WY_MAX_PARAMS) {
        wy_fail_at(v, WY_LIMIT, v->offset, "a function with %u parameters; at most %d are allowed",
                   ast->count, WY_MAX_PARAMS);
        return NULL;
    }
    wy_ctype_func *func = wy_take(v, 1, sizeof *func);
    wy_func_param *params = wy_take(v, ast->count, sizeof *params);
    if (!func || !params) return NULL;
    uint64_t nodes = 1;
    for (uint32_t i = 0; i < ast->count; i++) {
        const wy_ctype *type = resolve(v, scope, ast->fields[i].type);
        if (!type || !wy_labels_check(v, &names, ast->fields[i].label, "function parameter"))
            return NULL;
        params[i] = (wy_func_param){.name = ast->fields[i].label, .type = type};
        func->has_resource |= type->has_resource;
        nodes += type->nodes;
    }
    func->async = ast->kind == WY_TYPE_ASYNC_FUNC;
    func->params = params;
    func->param_count = ast->count;
    if (ast->type.prim != WY_VALTYPE_NONE) {
        func->result = resolve(v, scope, ast->type);
        if (!func->result) return NULL;
        /* CM[type.result-borrow] Binary.md, Type Definitions: no transitive use of borrow in the
         * result of a functype. */
        if (func->result->has_borrow) {
            wy_fail(v, "the result of a function contains a `borrow`");
            return NULL;
        }
        func->has_resource |= func->result->has_resource;
        nodes += func->result->nodes;
    }
    if (nodes > WY_MAX_TYPE_SIZE) {
        wy_fail_at(v, WY_LIMIT, v->offset, "a type of more than %d parts", WY_MAX_TYPE_SIZE);
        return NULL;
    }
    func->nodes = (uint32_t)nodes;
    return func;
}

bool wy_deftype_build(wy_validator *v, wy_scope *scope, const wy_ast_type *ast, wy_deftype *out) {
    *out = (wy_deftype){.kind = ast->kind};
    if (ast->kind == WY_TYPE_FUNC || ast->kind == WY_TYPE_ASYNC_FUNC) {
        out->kind = WY_TYPE_FUNC;
        out->func = build_func(v, scope, ast);
        return out->func &&
               (!out->func->async || wy_gate(v, WY_PROPOSAL_ASYNC, "an async function type"));
    }
    if (ast->kind == WY_TYPE_ERROR_CONTEXT) {
        out->value = &error_context;
        return wy_gate(v, WY_PROPOSAL_ERROR_CONTEXT, "error-context");
    }
    if (ast->kind <= WY_TYPE_BOOL && ast->kind >= WY_TYPE_STRING) {
        out->value = primitive_type((uint8_t)ast->kind);
        return true;
    }
    wy_ctype *type = wy_take(v, 1, sizeof *type);
    if (!type) return false;
    type->kind = ast->kind;
    type->nodes = type->depth = 1;
    out->value = type;
    return build_value(v, scope, ast, type);
}

/* --- what the parts of an import or export weigh --- */

bool wy_deftype_has_resource(const wy_deftype *type) {
    switch ((int)type->kind) {
    case WY_TYPE_RESOURCE: return true;
    case WY_TYPE_FUNC: return type->func->has_resource;
    case WY_TYPE_COMPONENT: return type->component->has_resource;
    case WY_TYPE_INSTANCE: return type->instance->has_resource;
    default: return type->value->has_resource;
    }
}

bool wy_extern_has_resource(const wy_extern_type *type) {
    switch ((int)type->sort) {
    case WY_SORT_FUNC: return type->func->has_resource;
    case WY_SORT_TYPE: return wy_deftype_has_resource(&type->type);
    case WY_SORT_COMPONENT: return type->component->has_resource;
    case WY_SORT_INSTANCE: return type->instance->has_resource;
    default: return false;
    }
}

static uint32_t deftype_nodes(const wy_deftype *type) {
    switch ((int)type->kind) {
    case WY_TYPE_RESOURCE: return 1;
    case WY_TYPE_FUNC: return type->func->nodes;
    case WY_TYPE_COMPONENT: return type->component->nodes;
    case WY_TYPE_INSTANCE: return type->instance->nodes;
    default: return type->value->nodes;
    }
}

uint32_t wy_extern_nodes(const wy_extern_type *type) {
    switch ((int)type->sort) {
    case WY_SORT_CORE_MODULE:
        return 1 + type->core_module->import_count + type->core_module->export_count;
    case WY_SORT_FUNC: return type->func->nodes;
    case WY_SORT_TYPE: return deftype_nodes(&type->type);
    case WY_SORT_COMPONENT: return type->component->nodes;
    case WY_SORT_INSTANCE: return type->instance->nodes;
    default: return 1;
    }
}

uint16_t wy_extern_depth(const wy_extern_type *type) {
    const wy_deftype *def = type->sort == WY_SORT_TYPE ? &type->type : NULL;
    if (type->sort == WY_SORT_COMPONENT) return type->component->depth;
    if (type->sort == WY_SORT_INSTANCE) return type->instance->depth;
    if (def && def->kind == WY_TYPE_COMPONENT) return def->component->depth;
    if (def && def->kind == WY_TYPE_INSTANCE) return def->instance->depth;
    return 0;
}
