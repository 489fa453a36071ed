/* Canonical definitions: their options, and the core function types they take or give.
 * (CanonicalABI, canonopt Validation; Flattening; Canonical Definitions) */
#include "component/validator.h"

#include "base/limits.h"

/* Flat types while they are collected: no more are needed than tell that there are too many. */
#define FLAT_END (WY_MAX_FLAT_PARAMS + 1)

typedef struct flat_list {
    uint8_t kinds[FLAT_END]; /* wy_core_valtype_kind */
    uint32_t count;          /* FLAT_END: that many or more */
} flat_list;

static void push(flat_list *flat, uint8_t kind) {
    if (flat->count < FLAT_END) flat->kinds[flat->count++] = kind;
}

static uint8_t join(uint8_t a, uint8_t b) {
    if (a == b) return a;
    bool small = (a == WY_CORE_I32 && b == WY_CORE_F32) || (a == WY_CORE_F32 && b == WY_CORE_I32);
    return small ? WY_CORE_I32 : WY_CORE_I64;
}

static void flatten(const wy_ctype *type, flat_list *flat);

/* Joins one case's payload into what the other cases need. */
static void flatten_case(const wy_ctype *payload, flat_list *joined) {
    flat_list flat = {.count = 0};
    if (payload) flatten(payload, &flat);
    for (uint32_t i = 0; i < flat.count; i++) {
        if (i < joined->count)
            joined->kinds[i] = join(joined->kinds[i], flat.kinds[i]);
        else
            push(joined, flat.kinds[i]);
    }
}

static void flatten_variant(const wy_ctype *type, flat_list *flat) {
    flat_list joined = {.count = 0};
    push(flat, WY_CORE_I32);
    if (type->kind == WY_TYPE_VARIANT) {
        for (uint32_t i = 0; i < type->count; i++)
            flatten_case(type->fields[i].type, &joined);
    } else {
        flatten_case(type->type, &joined);
        flatten_case(type->error, &joined);
    }
    for (uint32_t i = 0; i < joined.count; i++)
        push(flat, joined.kinds[i]);
}

static void flatten(const wy_ctype *type, flat_list *flat) {
    switch ((int)type->kind) {
    case WY_TYPE_S64:
    case WY_TYPE_U64: push(flat, WY_CORE_I64); return;
    case WY_TYPE_F32: push(flat, WY_CORE_F32); return;
    case WY_TYPE_F64: push(flat, WY_CORE_F64); return;
    case WY_TYPE_STRING:
    case WY_TYPE_LIST:
    case WY_TYPE_MAP:
        push(flat, WY_CORE_I32);
        push(flat, WY_CORE_I32);
        return;
    case WY_TYPE_RECORD:
        for (uint32_t i = 0; i < type->count && flat->count < FLAT_END; i++)
            flatten(type->fields[i].type, flat);
        return;
    case WY_TYPE_TUPLE:
        for (uint32_t i = 0; i < type->count && flat->count < FLAT_END; i++)
            flatten(type->types[i], flat);
        return;
    case WY_TYPE_FIXED_LIST:
        for (uint32_t i = 0; i < type->length && flat->count < FLAT_END; i++)
            flatten(type->type, flat);
        return;
    case WY_TYPE_VARIANT:
    case WY_TYPE_OPTION:
    case WY_TYPE_RESULT: flatten_variant(type, flat); return;
    default: push(flat, WY_CORE_I32); return; /* small integers, char, bool, flags, enum, handles */
    }
}

static bool has_pointer(const wy_ctype *type) {
    if (!type) return false;
    if (type->kind == WY_TYPE_STRING || type->kind == WY_TYPE_LIST) return true;
    if (type->kind == WY_TYPE_MAP) return true;
    if (type->kind == WY_TYPE_STREAM || type->kind == WY_TYPE_FUTURE) return false;
    for (uint32_t i = 0; i < type->count; i++)
        if ((type->fields && has_pointer(type->fields[i].type)) ||
            (type->types && has_pointer(type->types[i])))
            return true;
    return has_pointer(type->type) || has_pointer(type->error);
}

/* What a function needs to cross into core code. */
typedef struct flat_func {
    flat_list params, results; /* the core function's */
    bool params_in_memory;     /* by list, string or number */
    bool results_in_memory;
} flat_func;

static wy_core_functype *functype_of(wy_validator *v, const uint8_t *params, uint32_t param_count,
                                     const uint8_t *results, uint32_t result_count) {
    wy_core_functype *out = wy_take(v, 1, sizeof *out);
    wy_core_valtype *types = wy_take(v, (size_t)param_count + result_count, sizeof *types);
    if (!out || !types) return NULL;
    for (uint32_t i = 0; i < param_count; i++)
        types[i].kind = params[i];
    for (uint32_t i = 0; i < result_count; i++)
        types[param_count + i].kind = results[i];
    *out = (wy_core_functype){.params = types,
                              .results = types + param_count,
                              .param_count = param_count,
                              .result_count = result_count};
    return out;
}

/* CM[canon.flatten] CanonicalABI.md, Flattening: core types of values; more than 16 parameters or
 * one result go through memory. */
static bool flatten_functype(wy_validator *v, const wy_ctype_func *func, bool lift,
                             flat_func *out) {
    *out = (flat_func){0};
    if (!wy_work(v, func->nodes * 2)) return false;
    for (uint32_t i = 0; i < func->param_count; i++) {
        flatten(func->params[i].type, &out->params);
        out->params_in_memory |= has_pointer(func->params[i].type);
    }
    if (func->result) flatten(func->result, &out->results);
    out->results_in_memory = has_pointer(func->result);
    if (out->params.count > WY_MAX_FLAT_PARAMS) {
        out->params_in_memory = true;
        out->params.count = 1;
        out->params.kinds[0] = WY_CORE_I32;
    }
    if (out->results.count > WY_MAX_FLAT_RESULTS) {
        out->results_in_memory = true;
        out->results.count = lift ? 1 : 0;
        out->results.kinds[0] = WY_CORE_I32;
        if (!lift) push(&out->params, WY_CORE_I32);
    }
    return true;
}

static bool same_functype(const wy_core_functype *a, const wy_core_functype *b) {
    if (a->param_count != b->param_count || a->result_count != b->result_count) return false;
    for (uint32_t i = 0; i < a->param_count; i++)
        if (a->params[i].kind != b->params[i].kind) return false;
    for (uint32_t i = 0; i < a->result_count; i++)
        if (a->results[i].kind != b->results[i].kind) return false;
    return true;
}

/* Whether the core function has exactly that type; `what` names it in the message. */
static bool check_core_func(wy_validator *v, const wy_scope *scope, uint32_t idx,
                            const wy_core_functype *expected, const char *what) {
    const wy_core_externtype *func = wy_scope_get(v, scope, WY_SORT_CORE_FUNC, idx);
    if (!func || !expected) return false;
    if (same_functype(func->func, expected)) return true;
    return wy_fail(v, "%s has the core type (%s), expected (%s)", what,
                   wy_core_functype_text(v, func->func), wy_core_functype_text(v, expected));
}

static bool add_core_func(wy_validator *v, wy_scope *scope, const wy_core_functype *type) {
    wy_core_externtype item = {.kind = WY_CORE_EXTERN_FUNC, .func = type};
    return type && wy_core_functype_id(v, type, &item.index) &&
           wy_scope_add(v, scope, WY_SORT_CORE_FUNC, &item);
}

/* --- options --- */

static const char *option_name(wy_canonopt_kind kind) {
    switch (kind) {
    case WY_CANONOPT_UTF8:
    case WY_CANONOPT_UTF16:
    case WY_CANONOPT_LATIN1_UTF16: return "string-encoding";
    case WY_CANONOPT_MEMORY: return "memory";
    case WY_CANONOPT_REALLOC: return "realloc";
    case WY_CANONOPT_POST_RETURN: return "post-return";
    case WY_CANONOPT_ASYNC: return "async";
    case WY_CANONOPT_CALLBACK: return "callback";
    }
    return "?";
}

/* CM[canon.memory] CanonicalABI.md, canonopt Validation: a memory option is a subtype of (memory
 * 0). */
static bool check_memory(wy_validator *v, const wy_scope *scope, uint32_t idx) {
    const wy_core_externtype *memory = wy_scope_get(v, scope, WY_SORT_CORE_MEMORY, idx);
    if (!memory) return false;
    if (memory->limits.index64) return wy_fail_gated(v, "a 64-bit memory as option", "memory64");
    if (memory->limits.shared) return wy_fail(v, "a shared memory cannot be the option `memory`");
    return true;
}

/* CM[canon.realloc] CanonicalABI.md, canonopt Validation: realloc is a func of four i32 to i32, and
 * goes with memory only. CM[canon.post-return] CanonicalABI.md, canonopt Validation: post-return
 * goes with lift only. CM[gate.canonopt] CanonicalABI.md, canonopt Validation: async and callback
 * are gated. */
static bool check_option(wy_validator *v, const wy_scope *scope, const wy_ast_canon *canon,
                         const wy_canonopt *opt) {
    switch (opt->kind) {
    case WY_CANONOPT_UTF8:
    case WY_CANONOPT_UTF16:
    case WY_CANONOPT_LATIN1_UTF16: return true;
    case WY_CANONOPT_MEMORY: return true; /* by check_options */
    case WY_CANONOPT_REALLOC: {
        static const uint8_t i32s[4] = {WY_CORE_I32, WY_CORE_I32, WY_CORE_I32, WY_CORE_I32};
        if (!canon->has_memory) return wy_fail(v, "the option `realloc` needs the option `memory`");
        return check_core_func(v, scope, opt->idx, functype_of(v, i32s, 4, i32s, 1), "`realloc`");
    }
    case WY_CANONOPT_POST_RETURN: /* its type depends on the function's */
        return canon->kind == WY_CANON_LIFT ||
               wy_fail(v, "the option `post-return` goes with lift only");
    case WY_CANONOPT_ASYNC: return wy_fail_gated(v, "the option `async`", "async");
    case WY_CANONOPT_CALLBACK: return wy_fail_gated(v, "the option `callback`", "async");
    }
    return false;
}

/* CM[canon.once] CanonicalABI.md, canonopt Validation: an option is given at most once, a string
 * encoding too. */
static bool check_options(wy_validator *v, const wy_scope *scope, const wy_ast_canon *canon) {
    unsigned seen = 0;
    for (uint32_t i = 0; i < canon->opt_count; i++) { /* first: it says how wide addresses are */
        v->offset = canon->opts[i].offset;
        if (canon->opts[i].kind == WY_CANONOPT_MEMORY &&
            !check_memory(v, scope, canon->opts[i].idx))
            return false;
    }
    for (uint32_t i = 0; i < canon->opt_count; i++) {
        const wy_canonopt *opt = &canon->opts[i];
        v->offset = opt->offset;
        unsigned bit = 1u << (opt->kind < WY_CANONOPT_MEMORY ? 0 : (unsigned)opt->kind);
        if (seen & bit) return wy_fail(v, "the option `%s` is given twice", option_name(opt->kind));
        seen |= bit;
        if (!check_option(v, scope, canon, opt)) return false;
    }
    return true;
}

static bool need(wy_validator *v, bool has, bool wanted, const char *option) {
    return has || !wanted ||
           wy_fail(v, "the option `%s` is required for this function's type", option);
}

/* --- definitions --- */

/* CM[canon.lift] CanonicalABI.md, canon lift: the callee has the core type flatten_functype($ft,
 * 'lift'). CM[canon.lift-type] Binary.md, Canonical Definitions: the type of a lifted function is a
 * functype. CM[canon.lift-post-return] CanonicalABI.md, canon lift: post-return takes the callee's
 * results. CM[canon.lift-options] CanonicalABI.md, canon lift: lists, strings and more than 16 flat
 * parameters need realloc, and those or more than one flat result memory. */
static bool validate_lift(wy_validator *v, wy_scope *scope, const wy_ast_canon *canon) {
    size_t offset = v->offset;
    const wy_deftype *type = wy_scope_get(v, scope, WY_SORT_TYPE, canon->idx2);
    flat_func flat;
    if (!type) return false;
    if (type->kind != WY_TYPE_FUNC)
        return wy_fail(v, "type index %u is not a function type", canon->idx2);
    if (!flatten_functype(v, type->func, true, &flat)) return false;
    const wy_core_functype *core = functype_of(v, flat.params.kinds, flat.params.count,
                                               flat.results.kinds, flat.results.count);
    if (!check_options(v, scope, canon)) return false; /* first: a 64-bit memory changes `core` */
    v->offset = offset;
    if (!check_core_func(v, scope, canon->idx, core, "the lifted function")) return false;
    if (canon->has_post_return &&
        !check_core_func(v, scope, canon->post_return,
                         functype_of(v, flat.results.kinds, flat.results.count, NULL, 0),
                         "`post-return`"))
        return false;
    return need(v, canon->has_memory, flat.params_in_memory || flat.results_in_memory, "memory") &&
           need(v, canon->has_realloc, flat.params_in_memory, "realloc") &&
           wy_scope_add(v, scope, WY_SORT_FUNC, type->func);
}

/* CM[canon.lower] CanonicalABI.md, canon lower: the core func has the type flatten_functype($ft,
 * 'lower'). CM[canon.lower-options] CanonicalABI.md, canon lower: lists, strings, more than 16 flat
 * parameters or one flat result need memory; a list or string in the result realloc. */
static bool validate_lower(wy_validator *v, wy_scope *scope, const wy_ast_canon *canon) {
    size_t offset = v->offset;
    const wy_ctype_func *func = wy_scope_get(v, scope, WY_SORT_FUNC, canon->idx);
    flat_func flat;
    if (!func || !flatten_functype(v, func, false, &flat) || !check_options(v, scope, canon))
        return false;
    v->offset = offset;
    return need(v, canon->has_memory, flat.params_in_memory || flat.results_in_memory, "memory") &&
           need(v, canon->has_realloc, has_pointer(func->result), "realloc") &&
           add_core_func(v, scope,
                         functype_of(v, flat.params.kinds, flat.params.count, flat.results.kinds,
                                     flat.results.count));
}

/* CM[canon.resource-local] CanonicalABI.md, canon resource.new, canon resource.rep: the resource is
 * defined in this component; both are core funcs from i32 to i32.
 * CM[canon.resource-drop] CanonicalABI.md, canon resource.drop: any resource; a core func from i32.
 */
static bool validate_resource(wy_validator *v, wy_scope *scope, const wy_ast_canon *canon) {
    static const uint8_t i32 = WY_CORE_I32;
    wy_deftype type;
    if (!wy_scope_resource(v, scope, canon->idx, &type)) return false;
    if (canon->kind == WY_CANON_RESOURCE_DROP)
        return add_core_func(v, scope, functype_of(v, &i32, 1, NULL, 0));
    const wy_resource_info *info = wy_resource_of(v, type.resource);
    if (!info->defined || info->scope != scope)
        return wy_fail(v, "type index %u is not a resource that this component defines",
                       canon->idx);
    return add_core_func(v, scope, functype_of(v, &i32, 1, &i32, 1));
}

/* CM[gate.canon] Explainer.md, Canonical Built-ins: the proposal that a canonical definition above
 * WASI 0.2 belongs to. */
static const char *proposal_of(wy_canon_kind kind) {
    if (kind >= WY_CANON_ERROR_CONTEXT_NEW && kind <= WY_CANON_ERROR_CONTEXT_DROP)
        return "error-context";
    if (kind >= WY_CANON_THREAD_SPAWN_REF) return "shared-everything-threads";
    if (kind >= WY_CANON_THREAD_INDEX) return "threads";
    return "async";
}

bool wy_validate_canon(wy_validator *v, wy_scope *scope, const wy_ast_canon *canon) {
    switch ((int)canon->kind) {
    case WY_CANON_LIFT: return validate_lift(v, scope, canon);
    case WY_CANON_LOWER: return validate_lower(v, scope, canon);
    case WY_CANON_RESOURCE_NEW:
    case WY_CANON_RESOURCE_DROP:
    case WY_CANON_RESOURCE_REP: return validate_resource(v, scope, canon);
    default: return wy_fail_gated(v, "a canonical built-in function", proposal_of(canon->kind));
    }
}
