/* Decodes the type section's content: value, function, resource, component and instance types, and
 * the names and bounds that imports and exports share with it. */
#include "component/decode_types.h"

#include "base/limits.h"
#include "component/decode_core.h"

const char *wy_sort_name(wy_sort sort) {
    static const char *const names[WY_SORT_COUNT] = {
        "core func", "core table",  "core memory",   "core global", "core tag",
        "core type", "core module", "core instance", "func",        "value",
        "type",      "component",   "instance",
    };
    wy_assert((unsigned)sort < WY_SORT_COUNT);
    return names[sort];
}

static bool is_primitive(uint8_t byte) {
    return (byte >= WY_TYPE_STRING && byte <= WY_TYPE_BOOL) || byte == WY_TYPE_ERROR_CONTEXT;
}

/* --- sorts, names, bounds --- */

/* CM[bin.sort] Binary.md, Instance Definitions: the bytes of core:sort and sort. */
wy_sort wy_decode_core_sort(wy_reader *r) {
    uint8_t byte = wy_read_u8(r);
    switch (byte) {
    case 0x00: return WY_SORT_CORE_FUNC;
    case 0x01: return WY_SORT_CORE_TABLE;
    case 0x02: return WY_SORT_CORE_MEMORY;
    case 0x03: return WY_SORT_CORE_GLOBAL;
    case 0x04: return WY_SORT_CORE_TAG;
    case 0x10: return WY_SORT_CORE_TYPE;
    case 0x11: return WY_SORT_CORE_MODULE;
    case 0x12: return WY_SORT_CORE_INSTANCE;
    default: wy_read_bad_byte(r, byte, "a core sort"); return WY_SORT_CORE_FUNC;
    }
}

wy_sort wy_decode_sort(wy_reader *r) {
    uint8_t byte = wy_read_u8(r);
    switch (byte) {
    case 0x00: return wy_decode_core_sort(r);
    case 0x01: return WY_SORT_FUNC;
    case 0x02: return WY_SORT_VALUE;
    case 0x03: return WY_SORT_TYPE;
    case 0x04: return WY_SORT_COMPONENT;
    case 0x05: return WY_SORT_INSTANCE;
    default: wy_read_bad_byte(r, byte, "a sort"); return WY_SORT_FUNC;
    }
}

/* CM[bin.attribute] Binary.md, Import and Export Definitions: the attributes 0x00 to 0x02. */
static void decode_attributes(wy_reader *r, wy_ast_name *name) {
    uint32_t count = wy_read_count(r, "attributes of a name");
    wy_attribute *attributes = wy_read_alloc(r, count, sizeof *attributes);
    for (uint32_t i = 0; attributes && i < count && !r->err; i++) {
        uint8_t kind = wy_read_u8(r);
        if (kind > WY_ATTRIBUTE_EXTERNAL_ID) wy_read_bad_byte(r, kind, "the attribute of a name");
        attributes[i].kind = (wy_attribute_kind)kind;
        attributes[i].text = wy_read_name(r);
    }
    name->attributes = attributes;
    name->attribute_count = r->err ? 0 : count;
}

/* CM[bin.name] Binary.md, Import and Export Definitions: nameattributes begin with 0x00, 0x01 or
 * 0x02; the first two mean the same. */
void wy_decode_extern_name(wy_reader *r, wy_ast_name *out) {
    uint8_t form = wy_read_u8(r);
    if (form > 2) wy_read_bad_byte(r, form, "the name of an import or export");
    out->offset = r->at;
    out->text = wy_read_name(r);
    if (form == 2) decode_attributes(r, out);
}

/* CM[bin.valtype] Binary.md, Type Definitions: an opcode of a primvaltype, or an index that is not
 * negative. */
wy_ast_valtype wy_decode_valtype(wy_reader *r) {
    uint8_t byte = wy_read_peek(r);
    if (is_primitive(byte)) {
        wy_read_u8(r);
        return (wy_ast_valtype){.prim = byte};
    }
    size_t start = r->at;
    int64_t idx = wy_read_s33(r);
    if (!r->err && idx < 0)
        wy_read_fail(r, WY_MALFORMED, start, "unexpected byte 0x%02x in a value type", byte);
    return (wy_ast_valtype){.prim = WY_VALTYPE_IDX, .idx = (uint32_t)idx};
}

static wy_ast_valtype decode_optional_valtype(wy_reader *r) {
    if (wy_read_bool(r, "an optional value type")) return wy_decode_valtype(r);
    return (wy_ast_valtype){.prim = WY_VALTYPE_NONE};
}

/* CM[bin.resultlist] Binary.md, Type Definitions: 0x00 and a type, or 0x01 0x00. */
wy_ast_valtype wy_decode_resultlist(wy_reader *r) {
    if (!wy_read_bool(r, "a result list")) return wy_decode_valtype(r);
    uint8_t zero = wy_read_u8(r);
    if (zero) wy_read_bad_byte(r, zero, "a result list");
    return (wy_ast_valtype){.prim = WY_VALTYPE_NONE};
}

/* CM[bin.externtype] Binary.md, Type Definitions: core module, func, value, type, component,
 * instance; the bound of a type is 0x00 or 0x01. */
void wy_decode_externtype(wy_reader *r, wy_ast_externtype *out) {
    out->offset = r->at;
    size_t start = r->at;
    out->sort = wy_decode_sort(r);
    if (r->err) return;
    switch ((int)out->sort) {
    case WY_SORT_CORE_MODULE:
    case WY_SORT_FUNC:
    case WY_SORT_COMPONENT:
    case WY_SORT_INSTANCE: out->idx = wy_read_u32(r); return;
    case WY_SORT_TYPE: {
        uint8_t bound = wy_read_u8(r);
        if (bound > 1) wy_read_bad_byte(r, bound, "the bound of a type");
        out->bound = bound ? WY_BOUND_SUB_RESOURCE : WY_BOUND_EQ;
        if (!bound) out->idx = wy_read_u32(r);
        return;
    }
    case WY_SORT_VALUE: /* tools and specification do not agree on what follows */
        wy_read_gated(r, start, "a value import or export", "values");
        return;
    default:
        wy_read_fail(r, WY_MALFORMED, start, "an import or export cannot be a %s",
                     wy_sort_name(out->sort));
    }
}

/* --- aliases --- */

/* CM[bin.alias] Binary.md, Alias Definitions: 0x00, 0x01, 0x02; each gives its own sorts, an outer
 * alias core modules, core types, types and components. */
static bool may_alias_outer(wy_sort sort) {
    return sort == WY_SORT_CORE_MODULE || sort == WY_SORT_CORE_TYPE || sort == WY_SORT_TYPE ||
           sort == WY_SORT_COMPONENT;
}

void wy_decode_alias(wy_reader *r, wy_ast_alias *out) {
    size_t start = r->at;
    out->sort = wy_decode_sort(r);
    uint8_t kind = wy_read_u8(r);
    if (r->err) return;
    out->kind = (wy_alias_kind)kind;
    switch (kind) {
    case WY_ALIAS_EXPORT:
        if (out->sort < WY_SORT_CORE_MODULE || out->sort == WY_SORT_CORE_INSTANCE) break;
        out->instance = wy_read_u32(r);
        out->name = wy_read_name(r);
        return;
    case WY_ALIAS_CORE_EXPORT:
        if (out->sort > WY_SORT_CORE_TAG) break;
        out->instance = wy_read_u32(r);
        out->name = wy_read_name(r);
        return;
    case WY_ALIAS_OUTER:
        if (!may_alias_outer(out->sort)) break;
        out->count = wy_read_u32(r);
        out->idx = wy_read_u32(r);
        return;
    default: wy_read_bad_byte(r, kind, "an alias"); return;
    }
    wy_read_fail(r, WY_MALFORMED, start, "this kind of alias cannot give a %s",
                 wy_sort_name(out->sort));
}

/* --- core types --- */

/* CM[bin.core-decl] Binary.md, Type Definitions: the moduledecls 0x00 to 0x03; an alias there is
 * 0x10 0x01. */
static void decode_core_decl(wy_reader *r, wy_core_decl *out) {
    out->offset = r->at;
    uint8_t kind = wy_read_u8(r);
    if (r->err) return;
    out->kind = (wy_core_decl_kind)kind;
    switch (kind) {
    case WY_CORE_DECL_IMPORT:
        out->import.offset = out->offset;
        out->import.module = wy_read_name(r);
        out->import.name = wy_read_name(r);
        wy_decode_core_externtype(r, &out->import.type);
        return;
    case WY_CORE_DECL_TYPE: wy_decode_core_rectype(r, &out->rec); return;
    case WY_CORE_DECL_ALIAS: {
        uint8_t sort = wy_read_u8(r);
        if (sort != 0x10) wy_read_bad_byte(r, sort, "an alias in a core module type");
        uint8_t target = wy_read_u8(r);
        if (target != 0x01) wy_read_bad_byte(r, target, "an alias in a core module type");
        out->alias.kind = WY_ALIAS_OUTER;
        out->alias.sort = WY_SORT_CORE_TYPE;
        out->alias.count = wy_read_u32(r);
        out->alias.idx = wy_read_u32(r);
        return;
    }
    case WY_CORE_DECL_EXPORT:
        out->export.offset = out->offset;
        out->export.name = wy_read_name(r);
        wy_decode_core_externtype(r, &out->export.type);
        return;
    default: wy_read_bad_byte(r, kind, "a core module type");
    }
}

/* CM[bin.core-type] Binary.md, Type Definitions: 0x50 opens a module type, 0x00 0x50 a sub type
 * that is not final. */
const wy_core_deftype *wy_decode_core_deftype(wy_reader *r) {
    size_t start = r->at;
    wy_core_deftype *out = wy_read_alloc(r, 1, sizeof *out);
    if (!out) return NULL;
    uint8_t byte = wy_read_peek(r);
    if (byte == 0x50) {
        wy_read_u8(r);
        out->is_module = true;
        uint32_t count = wy_read_count(r, "declarators of a core module type");
        wy_core_decl *decls = wy_read_alloc(r, count, sizeof *decls);
        for (uint32_t i = 0; decls && i < count && !r->err; i++)
            decode_core_decl(r, &decls[i]);
        out->decls = decls;
        out->decl_count = r->err ? 0 : count;
    } else if (byte == 0x00) { /* 0x00 0x50: a sub type that is not final */
        wy_read_u8(r);
        if (wy_read_peek(r) != 0x50) wy_read_bad_byte(r, byte, "a core type");
        wy_core_subtype *subtype = wy_read_alloc(r, 1, sizeof *subtype);
        if (!subtype) return NULL;
        wy_decode_core_subtype(r, subtype);
        out->rec = (wy_core_rectype){.subtypes = subtype, .count = 1, .offset = start};
    } else {
        wy_decode_core_rectype(r, &out->rec);
    }
    return r->err ? NULL : out;
}

/* --- types --- */

/* CM[bin.case] Binary.md, Type Definitions: a case ends with 0x00. */
static void decode_fields(wy_reader *r, wy_ast_type *out, const char *what, bool cases) {
    uint32_t count = wy_read_count(r, what);
    wy_ast_field *fields = wy_read_alloc(r, count, sizeof *fields);
    for (uint32_t i = 0; fields && i < count && !r->err; i++) {
        fields[i].offset = r->at;
        fields[i].label = wy_read_name(r);
        fields[i].type = cases ? decode_optional_valtype(r) : wy_decode_valtype(r);
        if (cases) {
            uint8_t zero = wy_read_u8(r);
            if (zero) wy_read_bad_byte(r, zero, "a case");
        }
    }
    out->fields = fields;
    out->count = r->err ? 0 : count;
}

static void decode_labels(wy_reader *r, wy_ast_type *out) {
    uint32_t count = wy_read_count(r, "labels");
    wy_str *labels = wy_read_alloc(r, count, sizeof *labels);
    for (uint32_t i = 0; labels && i < count && !r->err; i++)
        labels[i] = wy_read_name(r);
    out->labels = labels;
    out->count = r->err ? 0 : count;
}

static void decode_tuple(wy_reader *r, wy_ast_type *out) {
    uint32_t count = wy_read_count(r, "types of a tuple");
    wy_ast_valtype *types = wy_read_alloc(r, count, sizeof *types);
    for (uint32_t i = 0; types && i < count && !r->err; i++)
        types[i] = wy_decode_valtype(r);
    out->types = types;
    out->count = r->err ? 0 : count;
}

/* CM[bin.decl] Binary.md, Type Definitions: the declarators 0x00, 0x01, 0x02 and 0x04; in a
 * component type 0x03, an import, too. */
static void decode_decl(wy_reader *r, wy_definition *out, bool component, unsigned depth) {
    out->offset = r->at;
    uint8_t kind = wy_read_u8(r);
    if (r->err) return;
    switch (kind) {
    case 0x00:
        out->kind = WY_DEF_CORE_TYPE;
        out->core_type = wy_decode_core_deftype(r);
        return;
    case 0x01:
        out->kind = WY_DEF_TYPE;
        out->type = wy_decode_deftype(r, depth + 1);
        return;
    case 0x02:
        out->kind = WY_DEF_ALIAS;
        wy_decode_alias(r, &out->alias);
        return;
    case 0x03:
        if (component) {
            wy_ast_import *import = wy_read_alloc(r, 1, sizeof *import);
            if (!import) return;
            wy_decode_extern_name(r, &import->name);
            wy_decode_externtype(r, &import->type);
            out->kind = WY_DEF_IMPORT;
            out->import = import;
            return;
        }
        break;
    case 0x04: {
        wy_ast_export *export = wy_read_alloc(r, 1, sizeof *export);
        if (!export) return;
        wy_decode_extern_name(r, &export->name);
        wy_decode_externtype(r, &export->type);
        export->has_type = true;
        out->kind = WY_DEF_EXPORT;
        out->export = export;
        return;
    }
    default: break;
    }
    wy_read_bad_byte(r, kind, component ? "a component type" : "an instance type");
}

static void decode_decls(wy_reader *r, wy_ast_type *out, unsigned depth) {
    uint32_t count = wy_read_count(r, "declarators");
    wy_definition *decls = wy_read_alloc(r, count, sizeof *decls);
    for (uint32_t i = 0; decls && i < count && !r->err; i++)
        decode_decl(r, &decls[i], out->kind == WY_TYPE_COMPONENT, depth);
    out->decls = decls;
    out->count = r->err ? 0 : count;
}

static void decode_resource(wy_reader *r, wy_ast_type *out) {
    out->rep = wy_decode_core_valtype(r);
    out->has_dtor = wy_read_bool(r, "an optional destructor");
    if (out->has_dtor) out->dtor = wy_read_u32(r);
}

/* CM[bin.type] Binary.md, Type Definitions: the opcodes of deftype. */
static void decode_type_body(wy_reader *r, wy_ast_type *out, unsigned depth) {
    uint8_t byte = (uint8_t)out->kind;
    switch ((int)out->kind) {
    case WY_TYPE_RECORD: decode_fields(r, out, "fields", false); return;
    case WY_TYPE_VARIANT: decode_fields(r, out, "cases", true); return;
    case WY_TYPE_LIST:
    case WY_TYPE_OPTION: out->type = wy_decode_valtype(r); return;
    case WY_TYPE_FIXED_LIST:
        out->type = wy_decode_valtype(r);
        out->idx = wy_read_u32(r);
        return;
    case WY_TYPE_TUPLE: decode_tuple(r, out); return;
    case WY_TYPE_FLAGS:
    case WY_TYPE_ENUM: decode_labels(r, out); return;
    case WY_TYPE_RESULT:
        out->type = decode_optional_valtype(r);
        out->error = decode_optional_valtype(r);
        return;
    case WY_TYPE_OWN:
    case WY_TYPE_BORROW: out->idx = wy_read_u32(r); return;
    case WY_TYPE_STREAM:
    case WY_TYPE_FUTURE: out->type = decode_optional_valtype(r); return;
    case WY_TYPE_MAP:
        out->type = wy_decode_valtype(r);
        out->error = wy_decode_valtype(r);
        return;
    case WY_TYPE_FUNC:
    case WY_TYPE_ASYNC_FUNC:
        decode_fields(r, out, "parameters", false);
        out->type = wy_decode_resultlist(r);
        return;
    case WY_TYPE_COMPONENT:
    case WY_TYPE_INSTANCE: decode_decls(r, out, depth); return;
    case WY_TYPE_RESOURCE: decode_resource(r, out); return;
    default:
        if (!is_primitive(byte)) wy_read_bad_byte(r, byte, "a type");
    }
}

const wy_ast_type *wy_decode_deftype(wy_reader *r, unsigned depth) {
    if (depth > WY_MAX_TYPE_DEPTH) {
        wy_read_fail(r, WY_LIMIT, r->at, "types nested deeper than %d", WY_MAX_TYPE_DEPTH);
        return NULL;
    }
    wy_ast_type *out = wy_read_alloc(r, 1, sizeof *out);
    if (!out) return NULL;
    out->kind = (wy_type_kind)wy_read_u8(r);
    if (!r->err) decode_type_body(r, out, depth);
    return r->err ? NULL : out;
}
