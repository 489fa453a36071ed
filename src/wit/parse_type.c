/* Parser of types, their definitions, and functions (CM: WIT.md "Types", "Items: type"). */
#include "wit/parser.h"

#include "base/limits.h"

/* --- types --- */

static const struct {
    const char *word;
    wy_wit_type_kind kind;
} type_words[] = {
    {"bool", WY_WIT_BOOL},     {"u8", WY_WIT_U8},         {"u16", WY_WIT_U16},
    {"u32", WY_WIT_U32},       {"u64", WY_WIT_U64},       {"s8", WY_WIT_S8},
    {"s16", WY_WIT_S16},       {"s32", WY_WIT_S32},       {"s64", WY_WIT_S64},
    {"f32", WY_WIT_F32},       {"f64", WY_WIT_F64},       {"char", WY_WIT_CHAR},
    {"string", WY_WIT_STRING}, {"list", WY_WIT_LIST},     {"option", WY_WIT_OPTION},
    {"result", WY_WIT_RESULT}, {"tuple", WY_WIT_TUPLE},   {"map", WY_WIT_MAP},
    {"future", WY_WIT_FUTURE}, {"stream", WY_WIT_STREAM}, {"own", WY_WIT_OWN},
    {"borrow", WY_WIT_BORROW},
};

static wy_wit_type *parse_type(wy_wit_parser *p);

static bool set_args(wy_wit_parser *p, wy_wit_type *type, wy_wit_type *first, wy_wit_type *second,
                     uint32_t count) {
    type->args = wy_arena_calloc(p->arena, 2, sizeof *type->args);
    if (!type->args) return wy_wit_parser_no_memory(p);
    type->args[0] = first;
    type->args[1] = second;
    type->arg_count = count;
    return true;
}

/* `< ty >` */
static bool parse_one_arg(wy_wit_parser *p, wy_wit_type *type) {
    wy_wit_type *arg = NULL;
    return wy_wit_parser_need_op(p, "<") && (arg = parse_type(p)) &&
           set_args(p, type, arg, NULL, 1) && wy_wit_parser_need_op(p, ">");
}

static bool parse_list(wy_wit_parser *p, wy_wit_type *type) {
    bool fixed;
    wy_wit_type *arg = NULL;
    if (!wy_wit_parser_need_op(p, "<") || !(arg = parse_type(p)) ||
        !set_args(p, type, arg, NULL, 1))
        return false;
    if (!wy_wit_parser_accept_op(p, ",", &fixed)) return false;
    if (fixed) {
        uint64_t length = 0;
        if (p->tok.kind != WY_WIT_TOKEN_INTEGER) return wy_wit_parser_expected(p, "a length");
        if (!wy_str_to_u64(p->tok.text, UINT32_MAX, &length) || length == 0)
            return wy_wit_parser_fail(p, p->tok.pos, WY_INVALID,
                                      "a fixed length is from 1 to 4294967295");
        type->length = (uint32_t)length;
        if (!wy_wit_parser_advance(p)) return false;
    }
    return wy_wit_parser_need_op(p, ">");
}

static bool parse_result_type(wy_wit_parser *p, wy_wit_type *type) {
    bool more;
    wy_wit_type *ok = NULL, *error = NULL;
    if (!wy_wit_parser_accept_op(p, "<", &more)) return false;
    if (!more) return true;
    if (wy_wit_parser_is_op(p, "_")) {
        if (!wy_wit_parser_advance(p)) return false;
        if (!wy_wit_parser_is_op(p, ",")) return wy_wit_parser_expected(p, "\",\"");
    } else if (!(ok = parse_type(p))) {
        return false;
    }
    if (!wy_wit_parser_accept_op(p, ",", &more)) return false;
    if (more && !(error = parse_type(p))) return false;
    return set_args(p, type, ok, error, 2) && wy_wit_parser_need_op(p, ">");
}

static bool parse_tuple(wy_wit_parser *p, wy_wit_type *type) {
    uint32_t cap = 0;
    bool more = true;
    if (!wy_wit_parser_need_op(p, "<")) return false;
    while (more && !wy_wit_parser_is_op(p, ">")) {
        if (!wy_wit_parser_room(p, &type->args, type->arg_count, &cap, sizeof *type->args))
            return false;
        wy_wit_type *arg = parse_type(p);
        if (!arg) return false;
        type->args[type->arg_count++] = arg;
        if (!wy_wit_parser_accept_op(p, ",", &more)) return false;
    }
    if (type->arg_count == 0) return wy_wit_parser_expected(p, "a type");
    return wy_wit_parser_need_op(p, ">");
}

static bool parse_map(wy_wit_parser *p, wy_wit_type *type) {
    wy_wit_type *key = NULL, *value = NULL;
    return wy_wit_parser_need_op(p, "<") && (key = parse_type(p)) &&
           wy_wit_parser_need_op(p, ",") && (value = parse_type(p)) &&
           set_args(p, type, key, value, 2) && wy_wit_parser_need_op(p, ">");
}

static bool parse_handle(wy_wit_parser *p, wy_wit_type *type) {
    return wy_wit_parser_need_op(p, "<") &&
           wy_wit_parser_need_id(p, "a resource's name", &type->name) &&
           wy_wit_parser_need_op(p, ">");
}

/* Whether the word just read begins a type and is not a name: "error-context" is no keyword. */
static bool type_word(const wy_wit_token *tok, wy_wit_type_kind *kind_out) {
    if (tok->escaped) return false;
    for (size_t i = 0; i < sizeof type_words / sizeof type_words[0]; i++) {
        if (!wy_str_eqz(tok->text, type_words[i].word)) continue;
        *kind_out = type_words[i].kind;
        return true;
    }
    if (!wy_str_eqz(tok->text, "error-context")) return false;
    *kind_out = WY_WIT_ERROR_CONTEXT;
    return true;
}

static bool parse_type_body(wy_wit_parser *p, wy_wit_type *type) {
    if (p->tok.kind != WY_WIT_TOKEN_ID) return wy_wit_parser_expected(p, "a type");
    if (!type_word(&p->tok, &type->kind)) {
        type->kind = WY_WIT_NAME;
        return wy_wit_parser_need_id(p, "a type", &type->name);
    }
    if (!wy_wit_parser_advance(p)) return false;
    switch (type->kind) {
    case WY_WIT_LIST: return parse_list(p, type);
    case WY_WIT_OPTION: return parse_one_arg(p, type);
    case WY_WIT_RESULT: return parse_result_type(p, type);
    case WY_WIT_TUPLE: return parse_tuple(p, type);
    case WY_WIT_MAP: return parse_map(p, type);
    case WY_WIT_FUTURE:
    case WY_WIT_STREAM:
        return wy_wit_parser_is_op(p, "<") ? parse_one_arg(p, type)
                                           : set_args(p, type, NULL, NULL, 1);
    case WY_WIT_OWN:
    case WY_WIT_BORROW: return parse_handle(p, type);
    case WY_WIT_BOOL:
    case WY_WIT_U8:
    case WY_WIT_U16:
    case WY_WIT_U32:
    case WY_WIT_U64:
    case WY_WIT_S8:
    case WY_WIT_S16:
    case WY_WIT_S32:
    case WY_WIT_S64:
    case WY_WIT_F32:
    case WY_WIT_F64:
    case WY_WIT_CHAR:
    case WY_WIT_STRING:
    case WY_WIT_ERROR_CONTEXT:
    case WY_WIT_NAME: return true;
    }
    return true;
}

static wy_wit_type *parse_type(wy_wit_parser *p) {
    if (++p->depth > WY_MAX_TYPE_DEPTH) {
        wy_wit_parser_fail(p, p->tok.pos, WY_LIMIT, "types are nested too deep");
        return NULL;
    }
    wy_wit_type *type = wy_wit_parser_node(p, sizeof *type);
    if (!type) return NULL;
    type->pos = p->tok.pos;
    bool ok = parse_type_body(p, type);
    p->depth--;
    return ok ? type : NULL;
}

/* --- fields and functions --- */

typedef enum field_form { NAME_ONLY, NAME_AND_TYPE, NAME_AND_PAYLOAD } field_form;

static bool parse_field(wy_wit_parser *p, field_form form, wy_wit_field *field) {
    bool payload;
    field->pos = p->tok.pos;
    if (!wy_wit_parser_docs(p, &field->docs)) return false;
    if (!wy_wit_parser_need_id(p, "a name", &field->name)) return false;
    switch (form) {
    case NAME_ONLY: return true;
    case NAME_AND_TYPE: return wy_wit_parser_need_op(p, ":") && (field->type = parse_type(p));
    case NAME_AND_PAYLOAD:
        if (!wy_wit_parser_accept_op(p, "(", &payload)) return false;
        return !payload || ((field->type = parse_type(p)) && wy_wit_parser_need_op(p, ")"));
    }
    return true;
}

/* Fields, comma between, up to and with `close`. */
static bool parse_fields(wy_wit_parser *p, field_form form, const char *close,
                         wy_wit_field **fields, uint32_t *count, uint32_t *cap) {
    wy_map seen;
    wy_map_init(&seen, NULL);
    bool more = true, ok = true;
    while (ok && more && !wy_wit_parser_is_op(p, close)) {
        ok = wy_wit_parser_room(p, fields, *count, cap, sizeof **fields);
        if (!ok) break;
        wy_wit_field *field = &(*fields)[*count];
        *field = (wy_wit_field){0};
        ok = parse_field(p, form, field) && wy_wit_parser_accept_op(p, ",", &more);
        if (!ok) break;
        ok = wy_wit_parser_take_name(p, &seen, field->pos, field->name);
        if (ok && ++*count > WY_MAX_LABELS)
            ok = wy_wit_parser_fail(p, field->pos, WY_LIMIT, "too many names");
    }
    wy_map_deinit(&seen);
    return ok && wy_wit_parser_need_op(p, close);
}

/* `async? func (params) -> result` without the ';'. */
bool wy_wit_parser_func_type(wy_wit_parser *p, wy_wit_func *func) {
    bool arrow;
    if (!wy_wit_parser_accept_word(p, "async", &func->is_async)) return false;
    if (!wy_wit_parser_is_word(p, "func")) return wy_wit_parser_expected(p, "\"func\"");
    if (!wy_wit_parser_advance(p) || !wy_wit_parser_need_op(p, "(")) return false;
    if (!parse_fields(p, NAME_AND_TYPE, ")", &func->params, &func->param_count, &func->param_cap))
        return false;
    if (!wy_wit_parser_accept_op(p, "->", &arrow)) return false;
    return !arrow || (func->result = parse_type(p));
}

static bool parse_constructor(wy_wit_parser *p, wy_wit_func *func) {
    bool arrow;
    func->kind = WY_WIT_CONSTRUCTOR;
    if (!wy_wit_parser_advance(p) || !wy_wit_parser_need_op(p, "(")) return false;
    if (!parse_fields(p, NAME_AND_TYPE, ")", &func->params, &func->param_count, &func->param_cap))
        return false;
    if (!wy_wit_parser_accept_op(p, "->", &arrow)) return false;
    return !arrow || (func->result = parse_type(p));
}

/* CM: Explainer, Name Uniqueness: [method]l.l is l; a method's first parameter is `self`. */
static bool take_method_name(wy_wit_parser *p, wy_wit_typedef *def, wy_map *taken,
                             const wy_wit_func *func) {
    for (uint32_t i = 0; func->kind == WY_WIT_METHOD && i < func->param_count; i++)
        if (wy_str_eq_nocase(func->params[i].name, WY_STR("self")))
            return wy_wit_parser_fail(p, func->params[i].pos, WY_INVALID,
                                      "a method has the parameter \"self\" already");
    if (func->kind != WY_WIT_CONSTRUCTOR)
        return wy_wit_parser_take_name(p, taken, func->pos, func->name);
    for (uint32_t i = 0; i < def->func_count; i++)
        if (def->funcs[i]->kind == WY_WIT_CONSTRUCTOR)
            return wy_wit_parser_fail_twice(p, func->pos, WY_STR("constructor"));
    return true;
}

static bool parse_resource_func(wy_wit_parser *p, wy_wit_typedef *def, wy_map *taken) {
    bool is_static = false;
    wy_wit_func *func = wy_wit_parser_node(p, sizeof *func);
    if (!func || !wy_wit_parser_docs(p, &func->docs) || !wy_wit_parser_gate(p, &func->gate))
        return false;
    func->pos = p->tok.pos;
    func->resource = def;
    if (wy_wit_parser_is_word(p, "constructor")) {
        if (!parse_constructor(p, func)) return false;
    } else {
        if (!wy_wit_parser_need_id(p, "a method's name", &func->name) ||
            !wy_wit_parser_need_op(p, ":") || !wy_wit_parser_accept_word(p, "static", &is_static) ||
            !wy_wit_parser_func_type(p, func))
            return false;
        func->kind = is_static ? WY_WIT_STATIC : WY_WIT_METHOD;
    }
    if (!take_method_name(p, def, taken, func)) return false;
    if (def->func_count >= WY_MAX_PARAMS)
        return wy_wit_parser_fail(p, func->pos, WY_LIMIT, "too many methods");
    if (!wy_wit_parser_room(p, &def->funcs, def->func_count, &def->func_cap, sizeof(wy_wit_func *)))
        return false;
    def->funcs[def->func_count++] = func;
    return wy_wit_parser_need_op(p, ";");
}

/* --- type definitions --- */

static bool parse_resource(wy_wit_parser *p, wy_wit_typedef *def) {
    bool body;
    if (!wy_wit_parser_accept_op(p, "{", &body)) return false;
    if (!body) return wy_wit_parser_need_op(p, ";");
    wy_map taken;
    wy_map_init(&taken, NULL);
    bool ok = wy_wit_parser_take_name(p, &taken, def->pos, def->name);
    while (ok && !wy_wit_parser_is_op(p, "}"))
        ok = parse_resource_func(p, def, &taken);
    wy_map_deinit(&taken);
    return ok && wy_wit_parser_need_op(p, "}");
}

static bool parse_typedef_body(wy_wit_parser *p, wy_wit_typedef *def) {
    static const char *const empty[] = {
        [WY_WIT_RECORD] = "a record has at least one field",
        [WY_WIT_VARIANT] = "a variant has at least one case",
        [WY_WIT_ENUM] = "an enum has at least one case",
        [WY_WIT_FLAGS] = "flags have at least one name",
    };
    field_form form = NAME_ONLY;
    switch (def->kind) {
    case WY_WIT_ALIAS:
        return wy_wit_parser_need_op(p, "=") && (def->alias = parse_type(p)) &&
               wy_wit_parser_need_op(p, ";");
    case WY_WIT_RESOURCE: return parse_resource(p, def);
    case WY_WIT_RECORD: form = NAME_AND_TYPE; break;
    case WY_WIT_VARIANT: form = NAME_AND_PAYLOAD; break;
    case WY_WIT_ENUM:
    case WY_WIT_FLAGS:
    case WY_WIT_USED: break;
    }
    if (!wy_wit_parser_need_op(p, "{") ||
        !parse_fields(p, form, "}", &def->fields, &def->field_count, &def->field_cap))
        return false;
    return def->field_count > 0 || wy_wit_parser_fail(p, def->pos, WY_INVALID, empty[def->kind]);
}

/* Whether the current word begins a type definition. */
bool wy_wit_parser_typedef_word(const wy_wit_parser *p, wy_wit_typedef_kind *kind_out) {
    static const char *const words[] = {
        [WY_WIT_ALIAS] = "type", [WY_WIT_RECORD] = "record", [WY_WIT_VARIANT] = "variant",
        [WY_WIT_ENUM] = "enum",  [WY_WIT_FLAGS] = "flags",   [WY_WIT_RESOURCE] = "resource",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!wy_wit_parser_is_word(p, words[i])) continue;
        *kind_out = (wy_wit_typedef_kind)i;
        return true;
    }
    return false;
}

static bool define(wy_wit_parser *p, wy_wit_scope *scope, wy_wit_typedef *def) {
    def->scope = scope;
    if (!wy_wit_parser_take_name(p, &scope->taken, def->pos, def->name)) return false;
    return wy_map_set(&scope->types, def->name, (uintptr_t)def) || wy_wit_parser_no_memory(p);
}

bool wy_wit_parser_typedef(wy_wit_parser *p, wy_wit_scope *scope, wy_wit_typedef_kind kind,
                           wy_wit_item *item) {
    wy_wit_typedef *def = wy_wit_parser_node(p, sizeof *def);
    if (!def || !wy_wit_parser_advance(p)) return false;
    item->kind = WY_WIT_ITEM_TYPE;
    item->type = def;
    def->kind = kind;
    def->pos = p->tok.pos;
    def->gate = item->gate;
    return wy_wit_parser_need_id(p, "a type's name", &def->name) && define(p, scope, def) &&
           parse_typedef_body(p, def);
}

bool wy_wit_parser_use(wy_wit_parser *p, wy_wit_scope *scope, wy_wit_item *item) {
    wy_wit_use *use = wy_wit_parser_node(p, sizeof *use);
    if (!use || !wy_wit_parser_advance(p)) return false;
    item->kind = WY_WIT_ITEM_USE;
    item->use = use;
    if (!wy_wit_parser_path(p, &use->path) || !wy_wit_parser_need_op(p, ".") ||
        !wy_wit_parser_renames(p, false, &use->names, &use->name_count, &use->name_cap))
        return false;
    if (use->name_count == 0)
        return wy_wit_parser_fail(p, use->path.pos, WY_INVALID, "`use` names no types");
    for (uint32_t i = 0; i < use->name_count; i++) {
        const wy_wit_rename *name = &use->names[i];
        wy_wit_typedef *def = wy_wit_parser_node(p, sizeof *def);
        if (!def) return false;
        def->kind = WY_WIT_USED;
        def->name = name->alias.len ? name->alias : name->name;
        def->original = name->name;
        def->pos = name->pos;
        def->use = use;
        def->gate = item->gate;
        if (!define(p, scope, def)) return false;
    }
    return wy_wit_parser_need_op(p, ";");
}
