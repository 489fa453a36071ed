/* Core types: one id for equal types of all modules, module types, and core subtyping.
 * (Core specification: Types, Validation of matching) */
#include "component/validator.h"

#include <stdio.h>

/* --- canonical ids --- */

static bool type_matches(const wy_validator *v, uint32_t a, uint32_t b);

/* Writes a rec type in a form in which equal types are equal bytes: references inside the group are
 * relative, others are canonical ids. */
typedef struct group_writer {
    wy_validator *v;
    const uint32_t *ids; /* of the scope's core types so far */
    uint32_t id_count;
    uint32_t size; /* members of the group */
    wy_buf buf;
    bool unknown; /* a reference to a type that does not exist */
} group_writer;

static void put(group_writer *w, uint32_t number) {
    wy_buf_append(&w->buf, &number, sizeof number);
}

static void put_ref(group_writer *w, uint32_t index) {
    if (index < w->id_count && w->ids[index] == UINT32_MAX) {
        w->unknown = true; /* CM[core.no-module] Binary.md, Type Definitions: a core type refers to
                              no module type */
    } else if (index < w->id_count) {
        put(w, 0);
        put(w, w->ids[index]);
    } else if (index - w->id_count < w->size) {
        put(w, 1);
        put(w, index - w->id_count);
    } else {
        w->unknown = true;
    }
}

static void put_valtype(group_writer *w, const wy_core_valtype *type) {
    put(w, (uint32_t)type->kind | (uint32_t)type->heap << 8 | (uint32_t)type->nullable << 16);
    if (type->kind == WY_CORE_REF && type->heap == WY_HEAP_TYPE) put_ref(w, type->index);
}

static void put_subtype(group_writer *w, const wy_core_subtype *type) {
    put(w, (uint32_t)type->kind | (uint32_t)type->final << 8 | (uint32_t)type->has_super << 9);
    if (type->has_super) put_ref(w, type->super);
    put(w, type->func.param_count);
    for (uint32_t i = 0; i < type->func.param_count; i++)
        put_valtype(w, &type->func.params[i]);
    put(w, type->func.result_count);
    for (uint32_t i = 0; i < type->func.result_count; i++)
        put_valtype(w, &type->func.results[i]);
    put(w, type->field_count);
    for (uint32_t i = 0; i < type->field_count; i++) {
        put_valtype(w, &type->fields[i].type);
        put(w, type->fields[i].mutable);
    }
}

/* The canonical id for an index, where the group itself begins at `base`. */
static uint32_t resolve(const group_writer *w, uint32_t index, uint32_t base) {
    return index < w->id_count ? w->ids[index] : base + (index - w->id_count);
}

static bool resolve_valtypes(const group_writer *w, const wy_core_valtype **types, uint32_t count,
                             uint32_t base) {
    wy_core_valtype *copy = wy_take(w->v, count, sizeof *copy);
    if (!copy) return false;
    for (uint32_t i = 0; i < count; i++) {
        copy[i] = (*types)[i];
        if (copy[i].kind == WY_CORE_REF && copy[i].heap == WY_HEAP_TYPE)
            copy[i].index = resolve(w, copy[i].index, base);
    }
    *types = copy;
    return true;
}

static bool add_subtype(const group_writer *w, const wy_core_subtype *type, uint32_t base) {
    wy_core_canon_type *entry = wy_vec_push(w->v, &w->v->core_types, sizeof *entry);
    if (!entry) return false;
    wy_core_subtype *out = &entry->type;
    *out = *type;
    if (out->has_super) out->super = resolve(w, out->super, base);
    if (out->field_count) {
        wy_core_fieldtype *fields = wy_take(w->v, out->field_count, sizeof *fields);
        if (!fields) return false;
        for (uint32_t i = 0; i < out->field_count; i++) {
            fields[i] = type->fields[i];
            if (fields[i].type.kind == WY_CORE_REF && fields[i].type.heap == WY_HEAP_TYPE)
                fields[i].type.index = resolve(w, fields[i].type.index, base);
        }
        out->fields = fields;
    }
    return resolve_valtypes(w, &out->func.params, out->func.param_count, base) &&
           resolve_valtypes(w, &out->func.results, out->func.result_count, base);
}

static const wy_core_subtype *type_at(const wy_validator *v, uint32_t id) {
    wy_assert(id < v->core_types.count);
    return &((const wy_core_canon_type *)v->core_types.items)[id].type;
}

/* A supertype is of the same kind, not final, and stands before. */
/* CM[core.sub] Core specification, Validation, Types. */
static bool check_super(const group_writer *w, const wy_core_rectype *rec, uint32_t member) {
    const wy_core_subtype *type = &rec->subtypes[member], *super;
    if (!type->has_super) return true;
    if (type->super < w->id_count)
        super = type_at(w->v, w->ids[type->super]);
    else if (type->super - w->id_count < member)
        super = &rec->subtypes[type->super - w->id_count];
    else
        return wy_fail(w->v, "a core type's supertype must stand before it");
    if (super->final) return wy_fail(w->v, "a core type below a final type");
    return super->kind == type->kind || wy_fail(w->v, "a core type below a type of another kind");
}

static bool valtype_equal(const wy_core_valtype *a, const wy_core_valtype *b);
static bool valtype_matches(const wy_validator *v, const wy_core_valtype *a,
                            const wy_core_valtype *b);

static bool field_matches(const wy_validator *v, const wy_core_fieldtype *a,
                          const wy_core_fieldtype *b) {
    if (a->mutable != b->mutable) return false;
    return a->mutable ? valtype_equal(&a->type, &b->type) : valtype_matches(v, &a->type, &b->type);
}

/* Whether what two types of one kind are made of matches; their indexes are canonical ids. */
static bool content_matches(const wy_validator *v, const wy_core_subtype *a,
                            const wy_core_subtype *b) {
    const wy_core_functype *f = &a->func, *g = &b->func;
    if (f->param_count != g->param_count || f->result_count != g->result_count ||
        a->field_count < b->field_count)
        return false;
    for (uint32_t i = 0; i < f->param_count; i++)
        if (!valtype_matches(v, &g->params[i], &f->params[i])) return false;
    for (uint32_t i = 0; i < f->result_count; i++)
        if (!valtype_matches(v, &f->results[i], &g->results[i])) return false;
    for (uint32_t i = 0; i < b->field_count; i++)
        if (!field_matches(v, &a->fields[i], &b->fields[i])) return false;
    return true;
}

/* A new group's members against their supertypes. */
static bool check_contents(wy_validator *v, uint32_t base, uint32_t count) {
    for (uint32_t i = base; i < base + count; i++) {
        const wy_core_subtype *type = type_at(v, i);
        if (!wy_work(v, 1 + type->field_count + type->func.param_count)) return false;
        if (type->has_super && !content_matches(v, type, type_at(v, type->super)))
            return wy_fail(v, "a core type that does not match its supertype");
    }
    return true;
}

static bool intern_group(group_writer *w, const wy_core_rectype *rec, uint32_t *base_out) {
    wy_validator *v = w->v;
    for (uint32_t i = 0; i < rec->count; i++)
        put_subtype(w, &rec->subtypes[i]);
    if (w->unknown) return wy_fail(v, "a core type refers to an unknown type");
    if (w->buf.failed) return wy_no_memory(v);
    for (uint32_t i = 0; i < rec->count; i++)
        if (!check_super(w, rec, i)) return false;
    uintptr_t found;
    if (wy_map_get(&v->core_groups, wy_buf_view(&w->buf), &found)) {
        *base_out = (uint32_t)found;
        return true;
    }
    uint32_t base = v->core_types.count;
    char *key = wy_arena_strndup(v->arena, w->buf.ptr, w->buf.len);
    if (!key || !wy_map_set(&v->core_groups, (wy_str){key, w->buf.len}, base))
        return wy_no_memory(v);
    for (uint32_t i = 0; i < rec->count; i++)
        if (!add_subtype(w, &rec->subtypes[i], base)) return false;
    *base_out = base;
    return check_contents(v, base, rec->count);
}

/* CM[core.equal] Core specification, Types, Recursive Types: types are equal where their groups
 * are, up to the place in them. */
bool wy_core_rectype_add(wy_validator *v, const wy_core_rectype *rec, wy_vec *ids) {
    if (rec->count == 0) return true;
    group_writer w = {.v = v, .ids = ids->items, .id_count = ids->count, .size = rec->count};
    uint32_t base = 0;
    wy_buf_init(&w.buf, (size_t)64 << 20);
    bool ok = wy_work(v, rec->count) && intern_group(&w, rec, &base);
    wy_buf_deinit(&w.buf);
    for (uint32_t i = 0; ok && i < rec->count; i++) {
        uint32_t *id = wy_vec_push(v, ids, sizeof *id);
        if (!id) return false;
        *id = base + i;
    }
    return ok;
}

bool wy_core_functype_id(wy_validator *v, const wy_core_functype *type, uint32_t *id_out) {
    wy_core_subtype *subtype = wy_take(v, 1, sizeof *subtype);
    if (!subtype) return false;
    *subtype = (wy_core_subtype){.kind = WY_CORE_COMP_FUNC, .final = true, .func = *type};
    wy_core_rectype rec = {.subtypes = subtype, .count = 1};
    wy_vec ids = {0};
    if (!wy_core_rectype_add(v, &rec, &ids)) return false;
    *id_out = *(uint32_t *)ids.items;
    return true;
}

const char *wy_core_functype_text(wy_validator *v, const wy_core_functype *type) {
    static const char *const names[] = {"i32", "i64", "f32", "f64", "v128"};
    char text[200];
    size_t at = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < type->param_count + type->result_count && at < 150; i++) {
        uint32_t k = i - type->param_count;
        uint8_t kind = i < type->param_count ? type->params[i].kind : type->results[k].kind;
        const char *name = kind >= WY_CORE_V128 ? names[WY_CORE_I32 - kind] : "ref";
        const char *before = i == type->param_count ? "-> " : "";
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s ", before, name);
    }
    if (type->result_count == 0) snprintf(text + at, sizeof text - at, "->");
    char *copy = wy_arena_strndup(v->arena, text, strlen(text));
    return copy ? copy : "";
}

/* --- module types --- */

/* CM[core.limits] Core specification, Validation, Limits: a maximum is not below the minimum, both
 * are within the range; a shared memory has a maximum. */
static bool check_limits(wy_validator *v, const wy_core_externtype *type) {
    const wy_core_limits *limits = &type->limits;
    if (type->kind != WY_CORE_EXTERN_MEMORY && type->kind != WY_CORE_EXTERN_TABLE) return true;
    uint64_t end = limits->index64 ? UINT64_MAX : UINT32_MAX;
    if (type->kind == WY_CORE_EXTERN_MEMORY && limits->page_size_log2)
        end = (uint64_t)1 << ((limits->index64 ? 64 : 32) - limits->page_size_log2);
    if (limits->min > end || (limits->has_max && limits->max > end))
        return wy_fail(v, "a core memory or table may have at most %llu pages or elements",
                       (unsigned long long)end);
    if (limits->has_max && limits->max < limits->min)
        return wy_fail(v, "a core memory or table whose maximum is below its minimum");
    return !limits->shared || limits->has_max ||
           wy_fail(v, "a shared core memory must have a maximum");
}

/* Turns the type indexes of an externtype into canonical ids. */
/* CM[core.externtype] Core specification, Validation, External Types: a function or tag has a
 * function type that exists; a tag no results. */
static bool resolve_extern(wy_validator *v, const wy_vec *ids, wy_core_externtype *type) {
    if (!check_limits(v, type)) return false;
    if (type->type.kind == WY_CORE_REF && type->type.heap == WY_HEAP_TYPE) {
        if (type->type.index >= ids->count) return wy_fail(v, "unknown core type in a reference");
        type->type.index = ((const uint32_t *)ids->items)[type->type.index];
    }
    if (type->kind != WY_CORE_EXTERN_FUNC && type->kind != WY_CORE_EXTERN_TAG) return true;
    if (type->index >= ids->count) return wy_fail(v, "unknown core type %u", type->index);
    type->index = ((const uint32_t *)ids->items)[type->index];
    const wy_core_subtype *subtype = type_at(v, type->index);
    if (subtype->kind != WY_CORE_COMP_FUNC)
        return wy_fail(v, "a core function or tag whose type is no function type");
    type->func = &subtype->func;
    if (type->kind == WY_CORE_EXTERN_TAG && subtype->func.result_count)
        return wy_fail(v, "a core tag with results");
    return true;
}

/* A two-level name as one key. */
static bool import_key(wy_validator *v, const wy_core_import *import, wy_str *out) {
    char *key = wy_arena_alloc_aligned(v->arena, import->module.len + import->name.len + 8, 1);
    if (!key) return wy_no_memory(v);
    uint64_t len = import->module.len;
    memcpy(key, &len, 8);
    if (len) memcpy(key + 8, import->module.ptr, len);
    if (import->name.len) memcpy(key + 8 + len, import->name.ptr, import->name.len);
    *out = (wy_str){key, import->module.len + import->name.len + 8};
    return true;
}

/* CM[core.import-unique] Explainer.md, Type Definitions: the two-level import names of a module are
 * unique. */
static bool add_import_name(wy_validator *v, wy_map *names, const wy_core_import *import) {
    wy_str key;
    if (!import_key(v, import, &key)) return false;
    if (wy_map_get(names, key, NULL))
        return wy_fail(v, "duplicate core import \"%.*s\" \"%.*s\"", WY_STR_ARG(import->module),
                       WY_STR_ARG(import->name));
    return wy_map_set(names, key, 1) || wy_no_memory(v);
}

const wy_module_type *wy_core_module_type(wy_validator *v, const wy_core_module *module) {
    wy_module_type *out = wy_take(v, 1, sizeof *out);
    wy_core_import *imports = wy_take(v, module->import_count, sizeof *imports);
    wy_core_export *exports = wy_take(v, module->export_count, sizeof *exports);
    if (!out || !imports || !exports) return NULL;
    wy_vec ids = {0};
    wy_map names;
    wy_map_init(&names, v->arena);
    for (uint32_t i = 0; i < module->rectype_count; i++)
        if (!wy_core_rectype_add(v, &module->rectypes[i], &ids)) return NULL;
    for (uint32_t i = 0; i < module->import_count; i++) {
        imports[i] = module->imports[i];
        v->offset = imports[i].offset;
        if (!add_import_name(v, &names, &imports[i]) || !resolve_extern(v, &ids, &imports[i].type))
            return NULL;
    }
    for (uint32_t i = 0; i < module->export_count; i++) {
        exports[i] = module->exports[i];
        if (!resolve_extern(v, &ids, &exports[i].type)) return NULL;
    }
    *out = (wy_module_type){.imports = imports,
                            .import_count = module->import_count,
                            .exports = exports,
                            .export_count = module->export_count,
                            .module = module};
    return out;
}

/* CM[core.alias] Binary.md, Type Definitions: an outer alias in a module type finds a core type
 * that is no module type. */
static bool alias_core_type(wy_validator *v, wy_scope *scope, const wy_ast_alias *alias,
                            wy_vec *ids) {
    if (alias->count == 0) {
        if (alias->idx >= ids->count) return wy_fail(v, "unknown core type %u", alias->idx);
        uint32_t id = ((uint32_t *)ids->items)[alias->idx];
        uint32_t *slot = wy_vec_push(v, ids, sizeof *slot);
        if (slot) *slot = id;
        return slot != NULL;
    }
    wy_scope *target = scope;
    for (uint32_t i = 1; i < alias->count && target; i++)
        target = target->outer;
    if (!target)
        return wy_fail(v, "an outer alias with count %u leaves the component", alias->count);
    const wy_core_type_entry *entry = wy_scope_get(v, target, WY_SORT_CORE_TYPE, alias->idx);
    if (!entry) return false;
    if (entry->module) return wy_fail(v, "a core module type cannot refer to a module type");
    uint32_t *slot = wy_vec_push(v, ids, sizeof *slot);
    if (slot) *slot = entry->id;
    return slot != NULL;
}

/* One declarator of a module type. `names[0]` imports so far, `names[1]` exports. */
static bool add_decl(wy_validator *v, wy_scope *scope, const wy_core_decl *decl, wy_vec *ids,
                     wy_vec lists[2], wy_map names[2]) {
    v->offset = decl->offset;
    switch (decl->kind) {
    case WY_CORE_DECL_TYPE: return wy_core_rectype_add(v, &decl->rec, ids);
    case WY_CORE_DECL_ALIAS: return alias_core_type(v, scope, &decl->alias, ids);
    case WY_CORE_DECL_IMPORT: {
        wy_core_import *import = wy_vec_push(v, &lists[0], sizeof *import);
        if (!import) return false;
        *import = decl->import;
        return add_import_name(v, &names[0], import) && resolve_extern(v, ids, &import->type);
    }
    case WY_CORE_DECL_EXPORT: {
        wy_core_export *export = wy_vec_push(v, &lists[1], sizeof *export);
        if (!export) return false;
        *export = decl->export;
        if (wy_map_get(&names[1], export->name, NULL))
            return wy_fail(v, "duplicate export \"%.*s\" in a core module type",
                           WY_STR_ARG(export->name));
        return (wy_map_set(&names[1], export->name, 1) || wy_no_memory(v)) &&
               resolve_extern(v, ids, &export->type);
    }
    }
    return false;
}

/* CM[core.module-type] Explainer.md, Type Definitions: a module type starts with an empty type
 * index space; its exports have unique names. */
const wy_module_type *wy_core_declared_module(wy_validator *v, wy_scope *scope,
                                              const wy_core_deftype *type) {
    wy_vec ids = {0}, lists[2] = {{0}, {0}};
    wy_map names[2];
    wy_map_init(&names[0], v->arena);
    wy_map_init(&names[1], v->arena);
    wy_module_type *out = wy_take(v, 1, sizeof *out);
    if (!out) return NULL;
    for (uint32_t i = 0; i < type->decl_count; i++)
        if (!add_decl(v, scope, &type->decls[i], &ids, lists, names)) return NULL;
    *out = (wy_module_type){.imports = lists[0].items,
                            .import_count = lists[0].count,
                            .exports = lists[1].items,
                            .export_count = lists[1].count};
    return out;
}

/* --- matching --- */

static bool heap_matches(const wy_validator *v, const wy_core_valtype *a, const wy_core_valtype *b);

/* Whether the defined type `a` is `b` or declared below it. */
static bool type_matches(const wy_validator *v, uint32_t a, uint32_t b) {
    while (a != b) {
        const wy_core_subtype *type = type_at(v, a);
        if (!type->has_super) return false;
        if (type->super >= a && type->super != b) return false; /* supers come first */
        a = type->super;
    }
    return true;
}

/* The abstract type right above one, or 0. */
static uint8_t heap_above(uint8_t heap) {
    switch (heap) {
    case WY_HEAP_NONE: return WY_HEAP_I31; /* and below struct and array too */
    case WY_HEAP_I31:
    case WY_HEAP_STRUCT:
    case WY_HEAP_ARRAY: return WY_HEAP_EQ;
    case WY_HEAP_EQ: return WY_HEAP_ANY;
    case WY_HEAP_NOFUNC: return WY_HEAP_FUNC;
    case WY_HEAP_NOEXTERN: return WY_HEAP_EXTERN;
    case WY_HEAP_NOEXN: return WY_HEAP_EXN;
    default: return 0;
    }
}

/* The abstract type a defined type lies in. */
static uint8_t heap_of(const wy_core_subtype *type) {
    switch (type->kind) {
    case WY_CORE_COMP_FUNC: return WY_HEAP_FUNC;
    case WY_CORE_COMP_STRUCT: return WY_HEAP_STRUCT;
    default: return WY_HEAP_ARRAY;
    }
}

static bool abstract_matches(uint8_t a, uint8_t b) {
    if (a == WY_HEAP_NONE && (b == WY_HEAP_STRUCT || b == WY_HEAP_ARRAY)) return true;
    for (; a; a = heap_above(a))
        if (a == b) return true;
    return false;
}

static bool heap_matches(const wy_validator *v, const wy_core_valtype *a,
                         const wy_core_valtype *b) {
    if (a->heap == WY_HEAP_TYPE && b->heap == WY_HEAP_TYPE)
        return type_matches(v, a->index, b->index);
    if (a->heap == WY_HEAP_TYPE) {
        const wy_core_subtype *type = type_at(v, a->index);
        return abstract_matches(heap_of(type), b->heap);
    }
    if (b->heap == WY_HEAP_TYPE) { /* only the bottom of its hierarchy */
        uint8_t top = heap_of(type_at(v, b->index));
        return abstract_matches(a->heap, top) && a->heap >= WY_HEAP_NONE && a->heap != top;
    }
    return abstract_matches(a->heap, b->heap);
}

static bool valtype_equal(const wy_core_valtype *a, const wy_core_valtype *b) {
    if (a->kind != b->kind) return false;
    if (a->kind != WY_CORE_REF) return true;
    return a->heap == b->heap && a->nullable == b->nullable &&
           (a->heap != WY_HEAP_TYPE || a->index == b->index);
}

static bool valtype_matches(const wy_validator *v, const wy_core_valtype *a,
                            const wy_core_valtype *b) {
    if (a->kind != b->kind) return false;
    if (a->kind != WY_CORE_REF) return true;
    return (b->nullable || !a->nullable) && heap_matches(v, a, b);
}

static bool limits_match(const wy_core_limits *a, const wy_core_limits *b) {
    return a->shared == b->shared && a->index64 == b->index64 &&
           a->page_size_log2 == b->page_size_log2 && a->min >= b->min &&
           (!b->has_max || (a->has_max && a->max <= b->max));
}

/* CM[core.match] Core specification, Validation, Matching: functions, tables, memories, globals,
 * tags. */
bool wy_core_extern_matches(const wy_validator *v, const wy_core_externtype *actual,
                            const wy_core_externtype *expected) {
    if (actual->kind != expected->kind) return false;
    switch ((wy_core_extern_kind)actual->kind) {
    case WY_CORE_EXTERN_FUNC: return type_matches(v, actual->index, expected->index);
    case WY_CORE_EXTERN_TAG: return actual->index == expected->index;
    case WY_CORE_EXTERN_MEMORY: return limits_match(&actual->limits, &expected->limits);
    case WY_CORE_EXTERN_TABLE:
        return valtype_equal(&actual->type, &expected->type) &&
               limits_match(&actual->limits, &expected->limits);
    case WY_CORE_EXTERN_GLOBAL:
        if (actual->mutable != expected->mutable) return false;
        return actual->mutable ? valtype_equal(&actual->type, &expected->type)
                               : valtype_matches(v, &actual->type, &expected->type);
    }
    return false;
}

static const wy_core_export *find_export(const wy_module_type *type, wy_str name) {
    for (uint32_t i = 0; i < type->export_count; i++)
        if (wy_str_eq(type->exports[i].name, name)) return &type->exports[i];
    return NULL;
}

static const wy_core_import *find_import(const wy_module_type *type, const wy_core_import *like) {
    for (uint32_t i = 0; i < type->import_count; i++)
        if (wy_str_eq(type->imports[i].module, like->module) &&
            wy_str_eq(type->imports[i].name, like->name))
            return &type->imports[i];
    return NULL;
}

/* CM[subtype.module] Explainer.md, Type Checking: a subtype may export more and import less. */
bool wy_module_matches(wy_validator *v, const wy_module_type *actual,
                       const wy_module_type *expected) {
    uint64_t work = (uint64_t)actual->import_count * expected->import_count +
                    (uint64_t)actual->export_count * expected->export_count;
    if (!wy_work(v, work > UINT32_MAX ? UINT32_MAX : (uint32_t)work)) return false;
    for (uint32_t i = 0; i < actual->import_count; i++) {
        const wy_core_import *given = find_import(expected, &actual->imports[i]);
        if (!given || !wy_core_extern_matches(v, &given->type, &actual->imports[i].type))
            return false;
    }
    for (uint32_t i = 0; i < expected->export_count; i++) {
        const wy_core_export *has = find_export(actual, expected->exports[i].name);
        if (!has || !wy_core_extern_matches(v, &has->type, &expected->exports[i].type))
            return false;
    }
    return true;
}
