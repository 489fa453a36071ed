/* Parser: recursive descent over the lexer's tokens, one token ahead (CM: WIT.md, from "Top-level
 * items" on). Every function that can fail returns false or NULL with `parser.err` set. */
#include "wit/parse.h"

#include "base/limits.h"
#include "wit/lexer.h"

#define NAME_MAX_BYTES 1024 /* a package's name with its namespaces */

typedef struct parser {
    wy_wit_lexer lexer;
    wy_wit_token tok; /* the next token, not yet consumed */
    wy_arena *arena;
    wy_diag *diag;
    wy_err err;
    uint32_t depth; /* of the type being read */
} parser;

/* --- ground --- */

static bool fail(parser *p, wy_wit_pos pos, wy_err err, const char *text) {
    p->err = wy_wit_error(p->diag, err, pos, "%s", text);
    return false;
}

static bool no_memory(parser *p) {
    return fail(p, p->tok.pos, WY_LIMIT, "the texts together are larger than their memory limit");
}

static bool fail_twice(parser *p, wy_wit_pos pos, wy_str name) {
    p->err = wy_wit_error(p->diag, WY_INVALID, pos, "\"" WY_STR_FMT "\" is defined twice",
                          WY_STR_ARG(name));
    return false;
}

static void *node(parser *p, size_t size) {
    void *at = wy_arena_calloc(p->arena, 1, size);
    if (!at) no_memory(p);
    return at;
}

/* Room for one more in the array whose address is `items_at`. */
static bool room(parser *p, void *items_at, uint32_t count, uint32_t *cap, size_t size) {
    void *items;
    memcpy(&items, items_at, sizeof items);
    items = wy_arena_grow(p->arena, items, count, cap, (size_t)count + 1, size);
    if (!items) return no_memory(p);
    memcpy(items_at, &items, sizeof items);
    return true;
}

static bool advance(parser *p) {
    p->err = wy_wit_lexer_next(&p->lexer, &p->tok, p->diag);
    return p->err == WY_OK;
}

static bool is_op(const parser *p, const char *op) {
    return p->tok.kind == WY_WIT_TOKEN_OPERATOR && wy_str_eqz(p->tok.text, op);
}

static bool is_word(const parser *p, const char *word) {
    return p->tok.kind == WY_WIT_TOKEN_ID && !p->tok.escaped && wy_str_eqz(p->tok.text, word);
}

static bool expected(parser *p, const char *what) {
    if (p->tok.kind == WY_WIT_TOKEN_END)
        p->err = wy_wit_error(p->diag, WY_MALFORMED, p->tok.pos,
                              "expected %s, found the end of the file", what);
    else
        p->err = wy_wit_error(p->diag, WY_MALFORMED, p->tok.pos,
                              "expected %s, found \"%s" WY_STR_FMT "\"", what,
                              p->tok.escaped ? "%" : "", WY_STR_ARG(p->tok.text));
    return false;
}

static bool need_op(parser *p, const char *op) {
    if (is_op(p, op)) return advance(p);
    char what[8];
    what[0] = '"';
    size_t len = strlen(op);
    memcpy(what + 1, op, len);
    memcpy(what + 1 + len, "\"", 2);
    return expected(p, what);
}

/* `*found_out` tells whether the operator was there; false only on a failure behind it. */
static bool accept_op(parser *p, const char *op, bool *found_out) {
    *found_out = is_op(p, op);
    return !*found_out || advance(p);
}

static bool accept_word(parser *p, const char *word, bool *found_out) {
    *found_out = is_word(p, word);
    return !*found_out || advance(p);
}

static bool need_id(parser *p, const char *what, wy_str *name_out) {
    if (p->tok.kind != WY_WIT_TOKEN_ID) return expected(p, what);
    if (!p->tok.escaped && wy_wit_is_keyword(p->tok.text)) {
        p->err = wy_wit_error(p->diag, WY_MALFORMED, p->tok.pos,
                              "expected %s, found the keyword \"" WY_STR_FMT
                              "\"; write \"%%" WY_STR_FMT "\" where it is meant as a name",
                              what, WY_STR_ARG(p->tok.text), WY_STR_ARG(p->tok.text));
        return false;
    }
    *name_out = p->tok.text;
    return advance(p);
}

/* A version, where the current token ('@' or '=') stands right before it. */
static bool need_version(parser *p, wy_str *version_out) {
    p->err = wy_wit_lexer_version(&p->lexer, &p->tok, p->diag);
    if (p->err) return false;
    *version_out = p->tok.text;
    return advance(p);
}

/* --- paths, renames, gates --- */

/* "a" and "b" become "a:b": one view where they are written so, else a copy. */
static bool join(parser *p, wy_str *package, wy_str part) {
    if (package->ptr + package->len + 1 == part.ptr) {
        package->len += 1 + part.len;
        return true;
    }
    char *text = wy_arena_printf(p->arena, WY_STR_FMT ":" WY_STR_FMT, WY_STR_ARG(*package),
                                 WY_STR_ARG(part));
    if (!text) return no_memory(p);
    *package = (wy_str){text, package->len + 1 + part.len};
    return true;
}

/* What follows the first name of a path: ("a" | "a:b/c" | "a:b:c/d") and maybe '@' and a version.
 */
static bool path_rest(parser *p, wy_str first, wy_wit_path *path) {
    bool more;
    path->name = first;
    if (!accept_op(p, ":", &more)) return false;
    if (!more) return true;
    path->package = first;
    while (more) {
        wy_str part;
        if (!need_id(p, "a package's name", &part) || !join(p, &path->package, part)) return false;
        if (path->package.len > NAME_MAX_BYTES)
            return fail(p, path->pos, WY_LIMIT, "the package's name is too long");
        if (!accept_op(p, ":", &more)) return false;
    }
    if (!need_op(p, "/") || !need_id(p, "an interface's name", &path->name)) return false;
    return !is_op(p, "@") || need_version(p, &path->version);
}

static bool parse_path(parser *p, wy_wit_path *path) {
    wy_str first;
    path->pos = p->tok.pos;
    return need_id(p, "an interface's name", &first) && path_rest(p, first, path);
}

static bool parse_rename(parser *p, bool alias_needed, wy_wit_rename *rename) {
    bool as;
    rename->pos = p->tok.pos;
    if (!need_id(p, "a name", &rename->name) || !accept_word(p, "as", &as)) return false;
    if (!as) return !alias_needed || expected(p, "\"as\"");
    return need_id(p, "a name", &rename->alias);
}

/* `{ name as alias, ... }` */
static bool parse_renames(parser *p, bool alias_needed, wy_wit_rename **names, uint32_t *count,
                          uint32_t *cap) {
    bool more = true;
    if (!need_op(p, "{")) return false;
    while (more && !is_op(p, "}")) {
        if (!room(p, names, *count, cap, sizeof **names)) return false;
        wy_wit_rename *rename = &(*names)[*count];
        *rename = (wy_wit_rename){0};
        if (!parse_rename(p, alias_needed, rename)) return false;
        (*count)++;
        if (!accept_op(p, ",", &more)) return false;
    }
    return need_op(p, "}");
}

/* `word = version` or `word = name`, inside the parentheses. */
static bool gate_field(parser *p, const char *word, bool version, wy_str *value_out) {
    if (!is_word(p, word)) return expected(p, word);
    if (!advance(p)) return false;
    if (!is_op(p, "=")) return expected(p, "\"=\"");
    if (version) return need_version(p, value_out);
    return advance(p) && need_id(p, "a feature's name", value_out);
}

static bool parse_gate(parser *p, wy_wit_gate *gate) {
    while (is_op(p, "@")) {
        if (!advance(p)) return false;
        wy_str word = p->tok.text;
        wy_wit_pos pos = p->tok.pos;
        if (p->tok.kind != WY_WIT_TOKEN_ID) return expected(p, "an annotation's name");
        if (!advance(p) || !need_op(p, "(")) return false;
        bool ok;
        if (wy_str_eqz(word, "since")) {
            ok = gate_field(p, "version", true, &gate->since);
        } else if (wy_str_eqz(word, "deprecated")) {
            ok = gate_field(p, "version", true, &gate->deprecated);
        } else if (wy_str_eqz(word, "unstable")) {
            ok = gate_field(p, "feature", false, &gate->unstable);
        } else if (wy_str_eqz(word, "external-id")) {
            gate->external_id = p->tok.text;
            ok = p->tok.kind == WY_WIT_TOKEN_STRING ? advance(p) : expected(p, "a string");
        } else {
            return fail(p, pos, WY_MALFORMED,
                        "no such annotation: @since, @unstable, @deprecated and @external-id are");
        }
        if (!ok || !need_op(p, ")")) return false;
        if (gate->since.len && gate->unstable.len)
            return fail(p, pos, WY_INVALID, "an item is either @since or @unstable, not both");
    }
    return true;
}

/* --- types --- */

static wy_wit_type *parse_type(parser *p);

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

static bool set_args(parser *p, wy_wit_type *type, wy_wit_type *first, wy_wit_type *second,
                     uint32_t count) {
    type->args = wy_arena_calloc(p->arena, 2, sizeof *type->args);
    if (!type->args) return no_memory(p);
    type->args[0] = first;
    type->args[1] = second;
    type->arg_count = count;
    return true;
}

/* `< ty >` */
static bool parse_one_arg(parser *p, wy_wit_type *type) {
    wy_wit_type *arg = NULL;
    return need_op(p, "<") && (arg = parse_type(p)) && set_args(p, type, arg, NULL, 1) &&
           need_op(p, ">");
}

static bool parse_list(parser *p, wy_wit_type *type) {
    bool fixed;
    wy_wit_type *arg = NULL;
    if (!need_op(p, "<") || !(arg = parse_type(p)) || !set_args(p, type, arg, NULL, 1))
        return false;
    if (!accept_op(p, ",", &fixed)) return false;
    if (fixed) {
        uint64_t length = 0;
        if (p->tok.kind != WY_WIT_TOKEN_INTEGER) return expected(p, "a length");
        if (!wy_str_to_u64(p->tok.text, UINT32_MAX, &length) || length == 0)
            return fail(p, p->tok.pos, WY_INVALID, "a fixed length is from 1 to 4294967295");
        type->length = (uint32_t)length;
        if (!advance(p)) return false;
    }
    return need_op(p, ">");
}

static bool parse_result_type(parser *p, wy_wit_type *type) {
    bool more;
    wy_wit_type *ok = NULL, *error = NULL;
    if (!accept_op(p, "<", &more)) return false;
    if (!more) return true;
    if (is_op(p, "_")) {
        if (!advance(p)) return false;
        if (!is_op(p, ",")) return expected(p, "\",\"");
    } else if (!(ok = parse_type(p))) {
        return false;
    }
    if (!accept_op(p, ",", &more)) return false;
    if (more && !(error = parse_type(p))) return false;
    return set_args(p, type, ok, error, 2) && need_op(p, ">");
}

static bool parse_tuple(parser *p, wy_wit_type *type) {
    uint32_t cap = 0;
    bool more = true;
    if (!need_op(p, "<")) return false;
    while (more && !is_op(p, ">")) {
        if (!room(p, &type->args, type->arg_count, &cap, sizeof *type->args)) return false;
        wy_wit_type *arg = parse_type(p);
        if (!arg) return false;
        type->args[type->arg_count++] = arg;
        if (!accept_op(p, ",", &more)) return false;
    }
    if (type->arg_count == 0) return expected(p, "a type");
    return need_op(p, ">");
}

static bool parse_map(parser *p, wy_wit_type *type) {
    wy_wit_type *key = NULL, *value = NULL;
    return need_op(p, "<") && (key = parse_type(p)) && need_op(p, ",") && (value = parse_type(p)) &&
           set_args(p, type, key, value, 2) && need_op(p, ">");
}

static bool parse_handle(parser *p, wy_wit_type *type) {
    return need_op(p, "<") && need_id(p, "a resource's name", &type->name) && need_op(p, ">");
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

static bool parse_type_body(parser *p, wy_wit_type *type) {
    if (p->tok.kind != WY_WIT_TOKEN_ID) return expected(p, "a type");
    if (!type_word(&p->tok, &type->kind)) {
        type->kind = WY_WIT_NAME;
        return need_id(p, "a type", &type->name);
    }
    if (!advance(p)) return false;
    switch (type->kind) {
    case WY_WIT_LIST: return parse_list(p, type);
    case WY_WIT_OPTION: return parse_one_arg(p, type);
    case WY_WIT_RESULT: return parse_result_type(p, type);
    case WY_WIT_TUPLE: return parse_tuple(p, type);
    case WY_WIT_MAP: return parse_map(p, type);
    case WY_WIT_FUTURE:
    case WY_WIT_STREAM:
        return is_op(p, "<") ? parse_one_arg(p, type) : set_args(p, type, NULL, NULL, 1);
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

static wy_wit_type *parse_type(parser *p) {
    if (++p->depth > WY_MAX_TYPE_DEPTH) {
        fail(p, p->tok.pos, WY_LIMIT, "types are nested too deep");
        return NULL;
    }
    wy_wit_type *type = node(p, sizeof *type);
    if (!type) return NULL;
    type->pos = p->tok.pos;
    bool ok = parse_type_body(p, type);
    p->depth--;
    return ok ? type : NULL;
}

/* --- fields and functions --- */

typedef enum field_form { NAME_ONLY, NAME_AND_TYPE, NAME_AND_PAYLOAD } field_form;

static bool parse_field(parser *p, field_form form, wy_wit_field *field) {
    bool payload;
    field->pos = p->tok.pos;
    if (!need_id(p, "a name", &field->name)) return false;
    switch (form) {
    case NAME_ONLY: return true;
    case NAME_AND_TYPE: return need_op(p, ":") && (field->type = parse_type(p));
    case NAME_AND_PAYLOAD:
        if (!accept_op(p, "(", &payload)) return false;
        return !payload || ((field->type = parse_type(p)) && need_op(p, ")"));
    }
    return true;
}

/* Fields, comma between, up to and with `close`. CM: names are unique, letter case aside. */
static bool parse_fields(parser *p, field_form form, const char *close, wy_wit_field **fields,
                         uint32_t *count, uint32_t *cap) {
    wy_map seen;
    wy_map_init(&seen, NULL);
    bool more = true, ok = true;
    while (ok && more && !is_op(p, close)) {
        ok = room(p, fields, *count, cap, sizeof **fields);
        if (!ok) break;
        wy_wit_field *field = &(*fields)[*count];
        *field = (wy_wit_field){0};
        ok = parse_field(p, form, field) && accept_op(p, ",", &more);
        if (!ok) break;
        if (wy_map_get(&seen, field->name, NULL))
            ok = fail_twice(p, field->pos, field->name);
        else if (!wy_map_set(&seen, field->name, 1))
            ok = no_memory(p);
        if (++*count > WY_MAX_LABELS) ok = fail(p, field->pos, WY_LIMIT, "too many names");
    }
    wy_map_deinit(&seen);
    return ok && need_op(p, close);
}

/* `async? func (params) -> result` without the ';'. */
static bool parse_func_type(parser *p, wy_wit_func *func) {
    bool arrow;
    if (!accept_word(p, "async", &func->is_async)) return false;
    if (!is_word(p, "func")) return expected(p, "\"func\"");
    if (!advance(p) || !need_op(p, "(")) return false;
    if (!parse_fields(p, NAME_AND_TYPE, ")", &func->params, &func->param_count, &func->param_cap))
        return false;
    if (!accept_op(p, "->", &arrow)) return false;
    return !arrow || (func->result = parse_type(p));
}

static bool parse_constructor(parser *p, wy_wit_func *func) {
    bool arrow;
    func->kind = WY_WIT_CONSTRUCTOR;
    if (!advance(p) || !need_op(p, "(")) return false;
    if (!parse_fields(p, NAME_AND_TYPE, ")", &func->params, &func->param_count, &func->param_cap))
        return false;
    if (!accept_op(p, "->", &arrow)) return false;
    return !arrow || (func->result = parse_type(p));
}

static bool parse_resource_func(parser *p, wy_wit_typedef *def) {
    bool is_static = false;
    wy_wit_func *func = node(p, sizeof *func);
    if (!func || !parse_gate(p, &func->gate)) return false;
    func->pos = p->tok.pos;
    func->resource = def;
    if (is_word(p, "constructor")) {
        if (!parse_constructor(p, func)) return false;
    } else {
        if (!need_id(p, "a method's name", &func->name) || !need_op(p, ":") ||
            !accept_word(p, "static", &is_static) || !parse_func_type(p, func))
            return false;
        func->kind = is_static ? WY_WIT_STATIC : WY_WIT_METHOD;
    }
    for (uint32_t i = 0; i < def->func_count; i++)
        if (wy_str_eq(def->funcs[i]->name, func->name))
            return fail_twice(p, func->pos, func->name.len ? func->name : WY_STR("constructor"));
    if (def->func_count >= WY_MAX_PARAMS) return fail(p, func->pos, WY_LIMIT, "too many methods");
    if (!room(p, &def->funcs, def->func_count, &def->func_cap, sizeof(wy_wit_func *))) return false;
    def->funcs[def->func_count++] = func;
    return need_op(p, ";");
}

/* --- type definitions --- */

static bool parse_resource(parser *p, wy_wit_typedef *def) {
    bool body;
    if (!accept_op(p, "{", &body)) return false;
    if (!body) return need_op(p, ";");
    while (!is_op(p, "}"))
        if (!parse_resource_func(p, def)) return false;
    return need_op(p, "}");
}

static bool parse_typedef_body(parser *p, wy_wit_typedef *def) {
    static const char *const empty[] = {
        [WY_WIT_RECORD] = "a record has at least one field",
        [WY_WIT_VARIANT] = "a variant has at least one case",
        [WY_WIT_ENUM] = "an enum has at least one case",
        [WY_WIT_FLAGS] = "flags have at least one name",
    };
    field_form form = NAME_ONLY;
    switch (def->kind) {
    case WY_WIT_ALIAS: return need_op(p, "=") && (def->alias = parse_type(p)) && need_op(p, ";");
    case WY_WIT_RESOURCE: return parse_resource(p, def);
    case WY_WIT_RECORD: form = NAME_AND_TYPE; break;
    case WY_WIT_VARIANT: form = NAME_AND_PAYLOAD; break;
    case WY_WIT_ENUM:
    case WY_WIT_FLAGS:
    case WY_WIT_USED: break;
    }
    if (!need_op(p, "{") ||
        !parse_fields(p, form, "}", &def->fields, &def->field_count, &def->field_cap))
        return false;
    return def->field_count > 0 || fail(p, def->pos, WY_INVALID, empty[def->kind]);
}

/* Whether the current word begins a type definition. */
static bool typedef_word(const parser *p, wy_wit_typedef_kind *kind_out) {
    static const char *const words[] = {
        [WY_WIT_ALIAS] = "type", [WY_WIT_RECORD] = "record", [WY_WIT_VARIANT] = "variant",
        [WY_WIT_ENUM] = "enum",  [WY_WIT_FLAGS] = "flags",   [WY_WIT_RESOURCE] = "resource",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!is_word(p, words[i])) continue;
        *kind_out = (wy_wit_typedef_kind)i;
        return true;
    }
    return false;
}

static bool define(parser *p, wy_wit_scope *scope, wy_wit_typedef *def) {
    def->scope = scope;
    if (wy_map_get(&scope->types, def->name, NULL)) return fail_twice(p, def->pos, def->name);
    return wy_map_set(&scope->types, def->name, (uintptr_t)def) || no_memory(p);
}

static bool parse_typedef(parser *p, wy_wit_scope *scope, wy_wit_typedef_kind kind,
                          wy_wit_item *item) {
    wy_wit_typedef *def = node(p, sizeof *def);
    if (!def || !advance(p)) return false;
    item->kind = WY_WIT_ITEM_TYPE;
    item->type = def;
    def->kind = kind;
    def->pos = p->tok.pos;
    return need_id(p, "a type's name", &def->name) && define(p, scope, def) &&
           parse_typedef_body(p, def);
}

static bool parse_use(parser *p, wy_wit_scope *scope, wy_wit_item *item) {
    wy_wit_use *use = node(p, sizeof *use);
    if (!use || !advance(p)) return false;
    item->kind = WY_WIT_ITEM_USE;
    item->use = use;
    if (!parse_path(p, &use->path) || !need_op(p, ".") ||
        !parse_renames(p, false, &use->names, &use->name_count, &use->name_cap))
        return false;
    if (use->name_count == 0) return fail(p, use->path.pos, WY_INVALID, "`use` names no types");
    for (uint32_t i = 0; i < use->name_count; i++) {
        const wy_wit_rename *name = &use->names[i];
        wy_wit_typedef *def = node(p, sizeof *def);
        if (!def) return false;
        def->kind = WY_WIT_USED;
        def->name = name->alias.len ? name->alias : name->name;
        def->original = name->name;
        def->pos = name->pos;
        def->use = use;
        if (!define(p, scope, def)) return false;
    }
    return need_op(p, ";");
}

/* --- interfaces and worlds --- */

static bool parse_scope_body(parser *p, wy_wit_scope *scope);

static bool parse_func_item(parser *p, wy_wit_item *item) {
    wy_wit_func *func = node(p, sizeof *func);
    if (!func) return false;
    item->kind = WY_WIT_ITEM_FUNC;
    item->func = func;
    func->pos = p->tok.pos;
    return need_id(p, "an item", &func->name) && need_op(p, ":") && parse_func_type(p, func) &&
           need_op(p, ";");
}

static wy_wit_scope *new_scope(parser *p, wy_wit_package *package, bool is_world) {
    wy_wit_scope *scope = node(p, sizeof *scope);
    if (!scope) return NULL;
    scope->is_world = is_world;
    scope->package = package;
    scope->top = package->top_uses;
    scope->pos = p->tok.pos;
    wy_map_init(&scope->types, p->arena);
    return scope;
}

/* What follows `name :` in an import or export. */
static bool parse_extern_type(parser *p, wy_wit_scope *world, wy_wit_extern *ext) {
    if (is_word(p, "interface")) {
        ext->kind = WY_WIT_EXTERN_INLINE;
        if (!advance(p) || !(ext->interface = new_scope(p, world->package, false))) return false;
        ext->interface->world = world;
        return parse_scope_body(p, ext->interface);
    }
    if (is_word(p, "func") || is_word(p, "async")) {
        ext->kind = WY_WIT_EXTERN_FUNC;
        if (!(ext->func = node(p, sizeof *ext->func))) return false;
        ext->func->name = ext->name;
        ext->func->pos = p->tok.pos;
        return parse_func_type(p, ext->func) && need_op(p, ";");
    }
    return parse_path(p, &ext->path) && need_op(p, ";");
}

/* "name: type" and "ns:pkg/interface" both begin with a name and a colon; what tells them apart is
 * the
 * '/' behind the second name. So nested namespaces are not read here: "a:b:c/d" gives the name "a".
 */
static bool parse_extern(parser *p, wy_wit_scope *world, wy_wit_item *item) {
    wy_wit_extern *ext = node(p, sizeof *ext);
    wy_str first;
    wy_wit_pos pos;
    if (!ext || !advance(p)) return false;
    item->ext = ext;
    pos = p->tok.pos;
    if (!need_id(p, "a name", &first)) return false;
    parser ahead = *p;
    ahead.diag = NULL;
    bool named = false;
    if (is_op(p, ":")) {
        named = true;
        if (advance(&ahead) && ahead.tok.kind == WY_WIT_TOKEN_ID && advance(&ahead))
            named = !is_op(&ahead, "/");
    }
    if (named) {
        ext->name = first;
        return advance(p) && parse_extern_type(p, world, ext);
    }
    ext->path.pos = pos;
    return path_rest(p, first, &ext->path) && need_op(p, ";");
}

static bool parse_include(parser *p, wy_wit_item *item) {
    bool with;
    wy_wit_include *include = node(p, sizeof *include);
    if (!include || !advance(p)) return false;
    item->kind = WY_WIT_ITEM_INCLUDE;
    item->include = include;
    if (!parse_path(p, &include->path) || !accept_word(p, "with", &with)) return false;
    if (!with) return need_op(p, ";");
    return parse_renames(p, true, &include->names, &include->name_count, &include->name_cap);
}

static bool parse_item(parser *p, wy_wit_scope *scope, wy_wit_item *item) {
    wy_wit_typedef_kind kind;
    if (!parse_gate(p, &item->gate)) return false;
    item->pos = p->tok.pos;
    if (is_word(p, "use")) return parse_use(p, scope, item);
    if (typedef_word(p, &kind)) return parse_typedef(p, scope, kind, item);
    if (!scope->is_world) return parse_func_item(p, item);
    if (is_word(p, "import") || is_word(p, "export")) {
        item->kind = is_word(p, "import") ? WY_WIT_ITEM_IMPORT : WY_WIT_ITEM_EXPORT;
        return parse_extern(p, scope, item);
    }
    if (is_word(p, "include")) return parse_include(p, item);
    return expected(p, "an import, export, include, use or type");
}

/* `{ items }`. CM: in an interface, functions and types share one set of names. */
static bool parse_scope_body(parser *p, wy_wit_scope *scope) {
    wy_map funcs;
    wy_map_init(&funcs, NULL);
    bool ok = need_op(p, "{");
    while (ok && !is_op(p, "}")) {
        ok = room(p, &scope->items, scope->item_count, &scope->item_cap, sizeof *scope->items);
        if (!ok) break;
        wy_wit_item *item = &scope->items[scope->item_count];
        *item = (wy_wit_item){0};
        ok = parse_item(p, scope, item);
        if (!ok) break;
        scope->item_count++;
        if (item->kind != WY_WIT_ITEM_FUNC) continue;
        wy_str name = item->func->name;
        if (wy_map_get(&funcs, name, NULL))
            ok = fail_twice(p, item->func->pos, name);
        else if (!wy_map_set(&funcs, name, 1))
            ok = no_memory(p);
    }
    for (uint32_t i = 0; ok && i < scope->item_count; i++) {
        const wy_wit_item *item = &scope->items[i];
        if (item->kind == WY_WIT_ITEM_FUNC && wy_map_get(&scope->types, item->func->name, NULL))
            ok = fail_twice(p, item->func->pos, item->func->name);
    }
    wy_map_deinit(&funcs);
    return ok && need_op(p, "}");
}

static bool parse_scope(parser *p, wy_wit_package *package, const wy_wit_gate *gate) {
    wy_wit_scope *scope = new_scope(p, package, is_word(p, "world"));
    if (!scope || !advance(p)) return false;
    scope->gate = *gate;
    scope->pos = p->tok.pos;
    if (!need_id(p, scope->is_world ? "a world's name" : "an interface's name", &scope->name))
        return false;
    if (wy_map_get(&package->names, scope->name, NULL))
        return fail_twice(p, scope->pos, scope->name);
    if (!wy_map_set(&package->names, scope->name, (uintptr_t)scope)) return no_memory(p);
    if (!room(p, &package->scopes, package->scope_count, &package->scope_cap,
              sizeof(wy_wit_scope *)))
        return false;
    package->scopes[package->scope_count++] = scope;
    return parse_scope_body(p, scope);
}

/* --- files and packages --- */

static wy_wit_package *new_package(parser *p, wy_wit_parsed *parsed) {
    wy_wit_package *package = node(p, sizeof *package);
    if (!package) return NULL;
    package->pos = p->tok.pos;
    wy_map_init(&package->names, p->arena);
    if (!room(p, &parsed->packages, parsed->package_count, &parsed->package_cap,
              sizeof(wy_wit_package *)))
        return NULL;
    return parsed->packages[parsed->package_count++] = package;
}

/* `a:b@1.0.0` behind the word `package`. */
static bool parse_package_name(parser *p, wy_wit_package *package) {
    wy_str part;
    bool more = true;
    package->pos = p->tok.pos;
    if (!need_id(p, "a namespace", &package->name)) return false;
    if (!is_op(p, ":")) return expected(p, "\":\" and the package's name");
    if (!advance(p)) return false;
    while (more) {
        if (!need_id(p, "a package's name", &part) || !join(p, &package->name, part)) return false;
        if (package->name.len > NAME_MAX_BYTES)
            return fail(p, package->pos, WY_LIMIT, "the package's name is too long");
        if (!accept_op(p, ":", &more)) return false;
    }
    return !is_op(p, "@") || need_version(p, &package->version);
}

static bool parse_top_use(parser *p, wy_wit_package *package) {
    bool as;
    wy_wit_top_use *use = node(p, sizeof *use);
    if (!use || !advance(p) || !parse_path(p, &use->path) || !accept_word(p, "as", &as))
        return false;
    if (as && !need_id(p, "a name", &use->alias)) return false;
    if (++package->top_count > WY_MAX_WIT_TOP_USES)
        return fail(p, use->path.pos, WY_LIMIT, "too many uses at the top of a file");
    if (package->top_last)
        package->top_last->next = use;
    else
        package->top_uses = use;
    package->top_last = use;
    return need_op(p, ";");
}

/* A `use`, interface or world. */
static bool parse_package_item(parser *p, wy_wit_package *package, const wy_wit_gate *gate) {
    if (is_word(p, "use")) return parse_top_use(p, package);
    if (is_word(p, "interface") || is_word(p, "world")) return parse_scope(p, package, gate);
    return expected(p, "\"interface\", \"world\" or \"use\"");
}

static bool parse_nested_package(parser *p, wy_wit_package *package) {
    if (!need_op(p, "{")) return false;
    while (!is_op(p, "}")) {
        wy_wit_gate gate = {0};
        if (!parse_gate(p, &gate) || !parse_package_item(p, package, &gate)) return false;
    }
    return need_op(p, "}");
}

/* A `use` may stand behind what uses its name: every scope of a package sees all of them. */
static void share_top_uses(wy_wit_parsed *parsed) {
    for (uint32_t i = 0; i < parsed->package_count; i++) {
        wy_wit_package *package = parsed->packages[i];
        for (uint32_t j = 0; j < package->scope_count; j++)
            package->scopes[j]->top = package->top_uses;
    }
}

static bool parse_file(parser *p, wy_wit_parsed *parsed) {
    wy_wit_package *home;
    bool nothing_yet = true;
    if (!advance(p) || !(home = new_package(p, parsed))) return false;
    for (; p->tok.kind != WY_WIT_TOKEN_END; nothing_yet = false) {
        wy_wit_gate gate = {0};
        if (!parse_gate(p, &gate)) return false;
        if (!is_word(p, "package")) {
            if (!parse_package_item(p, home, &gate)) return false;
            continue;
        }
        wy_wit_package head = {0};
        wy_wit_pos pos = p->tok.pos;
        if (!advance(p) || !parse_package_name(p, &head)) return false;
        if (is_op(p, ";")) {
            if (!nothing_yet)
                return fail(p, pos, WY_MALFORMED, "a file's package line comes first");
            home->name = head.name;
            home->version = head.version;
            home->pos = head.pos;
            if (!advance(p)) return false;
            continue;
        }
        wy_wit_package *nested = new_package(p, parsed);
        if (!nested) return false;
        nested->name = head.name;
        nested->version = head.version;
        nested->pos = head.pos;
        if (!parse_nested_package(p, nested)) return false;
    }
    return true;
}

wy_err wy_wit_parse(wy_arena *arena, const wy_wit_file *file, wy_wit_parsed *parsed_out,
                    wy_diag *diag) {
    parser p = {.arena = arena, .diag = diag};
    memset(parsed_out, 0, sizeof *parsed_out);
    wy_wit_lexer_init(&p.lexer, file);
    if (file->text.len > WY_MAX_WIT_BYTES)
        return wy_diag_set(diag, WY_LIMIT, WY_STR_FMT ": a WIT file may have %zu bytes at most",
                           WY_STR_ARG(file->path), WY_MAX_WIT_BYTES);
    if (!wy_utf8_valid(file->text.ptr, file->text.len))
        return wy_diag_set(diag, WY_MALFORMED, WY_STR_FMT ": not UTF-8", WY_STR_ARG(file->path));
    if (!parse_file(&p, parsed_out)) return p.err;
    share_top_uses(parsed_out);
    return WY_OK;
}
