/* Decodes core modules as far as a component needs them: types, imports, exports. Function bodies,
 * elements and data are stepped over; the engine validates those. */
#include "component/decode_core.h"

#include "base/limits.h"

/* --- types --- */

/* CM[gate.core] Core proposals whose types the engine does not take either: at `offset` stands a
 * byte of one of them. */
static void refuse_shared(wy_reader *r, size_t offset) {
    wy_read_gated(r, offset, "a shared core type", "shared-everything-threads");
}

static void refuse_continuation(wy_reader *r, size_t offset) {
    wy_read_gated(r, offset, "a continuation type", "stack-switching");
}

static bool is_heap_kind(uint8_t byte) {
    return byte >= WY_HEAP_EXN && byte <= WY_HEAP_NOEXN;
}

static void decode_heap_type(wy_reader *r, wy_core_valtype *type) {
    uint8_t byte = wy_read_peek(r);
    if (byte == 0x65) refuse_shared(r, r->at);
    if (byte == 0x68 || byte == 0x75) refuse_continuation(r, r->at);
    if (r->err) return;
    if (is_heap_kind(byte)) {
        type->heap = wy_read_u8(r);
        return;
    }
    size_t start = r->at;
    int64_t index = wy_read_s33(r);
    if (r->err) return;
    if (index < 0) {
        wy_read_fail(r, WY_MALFORMED, start, "unexpected heap type 0x%02x", byte);
        return;
    }
    type->heap = WY_HEAP_TYPE;
    type->index = (uint32_t)index;
}

wy_core_valtype wy_decode_core_valtype(wy_reader *r) {
    wy_core_valtype type = {0};
    uint8_t byte = wy_read_u8(r);
    if (r->err) return type;
    if (byte >= WY_CORE_V128 && byte <= WY_CORE_I32) {
        type.kind = byte;
    } else if (byte == 0x63 || byte == 0x64) {
        type.kind = WY_CORE_REF;
        type.nullable = byte == 0x63;
        decode_heap_type(r, &type);
    } else if (is_heap_kind(byte)) {
        type.kind = WY_CORE_REF;
        type.nullable = true;
        type.heap = byte;
    } else if (byte == 0x65) {
        refuse_shared(r, r->at - 1);
    } else if (byte == 0x68 || byte == 0x75) {
        refuse_continuation(r, r->at - 1);
    } else {
        wy_read_bad_byte(r, byte, "a core value type");
    }
    return type;
}

static const wy_core_valtype *decode_resulttype(wy_reader *r, uint32_t *count_out) {
    uint32_t count = wy_read_count(r, "core value types");
    wy_core_valtype *types = wy_read_alloc(r, count, sizeof *types);
    for (uint32_t i = 0; types && i < count && !r->err; i++)
        types[i] = wy_decode_core_valtype(r);
    *count_out = r->err ? 0 : count;
    return types;
}

static void decode_fieldtype(wy_reader *r, wy_core_fieldtype *field) {
    uint8_t byte = wy_read_peek(r);
    if (byte == WY_CORE_I8 || byte == WY_CORE_I16)
        field->type.kind = wy_read_u8(r);
    else
        field->type = wy_decode_core_valtype(r);
    field->mutable = wy_read_bool(r, "a field's mutability");
}

static void decode_comptype(wy_reader *r, wy_core_subtype *out) {
    uint8_t byte = wy_read_u8(r);
    if (byte == 0x65) refuse_shared(r, r->at - 1);
    if (byte == 0x5d) refuse_continuation(r, r->at - 1);
    if (r->err) return;
    out->kind = byte;
    switch (byte) {
    case WY_CORE_COMP_FUNC:
        out->func.params = decode_resulttype(r, &out->func.param_count);
        out->func.results = decode_resulttype(r, &out->func.result_count);
        return;
    case WY_CORE_COMP_STRUCT:
    case WY_CORE_COMP_ARRAY: {
        uint32_t count = byte == WY_CORE_COMP_ARRAY ? 1 : wy_read_count(r, "fields");
        wy_core_fieldtype *fields = wy_read_alloc(r, count, sizeof *fields);
        for (uint32_t i = 0; fields && i < count && !r->err; i++)
            decode_fieldtype(r, &fields[i]);
        out->fields = fields;
        out->field_count = r->err ? 0 : count;
        return;
    }
    default: wy_read_bad_byte(r, byte, "a core type");
    }
}

void wy_decode_core_subtype(wy_reader *r, wy_core_subtype *out) {
    out->final = true;
    uint8_t byte = wy_read_peek(r);
    if (byte == 0x50 || byte == 0x4f) {
        wy_read_u8(r);
        out->final = byte == 0x4f;
        size_t start = r->at;
        uint32_t supers = wy_read_count(r, "supertypes");
        if (supers > 1)
            wy_read_fail(r, WY_MALFORMED, start, "a core type with more than one supertype");
        if (supers) {
            out->has_super = true;
            out->super = wy_read_u32(r);
        }
    }
    decode_comptype(r, out);
}

void wy_decode_core_rectype(wy_reader *r, wy_core_rectype *out) {
    out->offset = r->at;
    uint32_t count = 1;
    if (wy_read_peek(r) == 0x4e && wy_read_more(r)) {
        wy_read_u8(r);
        count = wy_read_count(r, "types of a recursion group");
    }
    wy_core_subtype *subtypes = wy_read_alloc(r, count, sizeof *subtypes);
    for (uint32_t i = 0; subtypes && i < count && !r->err; i++)
        wy_decode_core_subtype(r, &subtypes[i]);
    out->subtypes = subtypes;
    out->count = r->err ? 0 : count;
}

/* CM[bin.core-externtype] Core specification, Binary Format, Types: tables, memories, globals,
 * tags. `what` is "table" or "memory"; flags: 1 has max, 2 shared, 4 64-bit, 8 page size. */
static void decode_limits(wy_reader *r, const char *what, wy_core_limits *out) {
    size_t start = r->at;
    uint8_t flags = wy_read_u8(r);
    bool memory = what[0] == 'm';
    if (flags > (memory ? 15 : 7))
        wy_read_fail(r, WY_MALFORMED, start, "unexpected flags 0x%02x in the limits of a %s", flags,
                     what);
    out->has_max = flags & 1;
    out->shared = flags & 2;
    if (!memory && out->shared) refuse_shared(r, start);
    out->index64 = flags & 4;
    out->min = out->index64 ? wy_read_u64(r) : wy_read_u32(r);
    if (out->has_max) out->max = out->index64 ? wy_read_u64(r) : wy_read_u32(r);
    out->page_size_log2 = 16;
    if (flags & 8) {
        start = r->at;
        uint32_t log2 = wy_read_u32(r);
        if (log2 != 0 && log2 != 16)
            wy_read_fail(r, WY_MALFORMED, start, "page size 2^%u of a memory", log2);
        out->page_size_log2 = (uint8_t)log2;
    }
}

static void decode_tabletype(wy_reader *r, wy_core_externtype *out) {
    size_t start = r->at;
    out->type = wy_decode_core_valtype(r);
    if (!r->err && out->type.kind != WY_CORE_REF)
        wy_read_fail(r, WY_MALFORMED, start, "a table of what is no reference");
    decode_limits(r, "table", &out->limits);
}

static void decode_globaltype(wy_reader *r, wy_core_externtype *out) {
    out->type = wy_decode_core_valtype(r);
    uint8_t flags = wy_read_u8(r);
    if (!r->err && flags > 3) wy_read_bad_byte(r, flags, "a global's mutability");
    if (flags & 2) refuse_shared(r, r->at - 1);
    out->mutable = flags & 1;
}

static void decode_tagtype(wy_reader *r, wy_core_externtype *out) {
    uint8_t byte = wy_read_u8(r);
    if (byte != 0) wy_read_bad_byte(r, byte, "a tag");
    out->index = wy_read_u32(r);
}

void wy_decode_core_externtype(wy_reader *r, wy_core_externtype *out) {
    uint8_t kind = wy_read_u8(r);
    if (r->err) return;
    out->kind = kind;
    switch (kind) {
    case WY_CORE_EXTERN_FUNC: out->index = wy_read_u32(r); break;
    case WY_CORE_EXTERN_TABLE: decode_tabletype(r, out); break;
    case WY_CORE_EXTERN_MEMORY: decode_limits(r, "memory", &out->limits); break;
    case WY_CORE_EXTERN_GLOBAL: decode_globaltype(r, out); break;
    case WY_CORE_EXTERN_TAG: decode_tagtype(r, out); break;
    default: wy_read_bad_byte(r, kind, "the kind of a core import or export");
    }
}

/* --- constant expressions, stepped over --- */

static void skip_gc_operator(wy_reader *r) {
    uint32_t op = wy_read_u32(r);
    switch (op) {
    case 0x00:
    case 0x01:
    case 0x06:
    case 0x07: /* struct.new, array.new and their defaults */ wy_read_u32(r); return;
    case 0x08: /* array.new_fixed */
        wy_read_u32(r);
        wy_read_u32(r);
        return;
    case 0x1a:
    case 0x1b:
    case 0x1c: /* any.convert_extern, extern.convert_any, ref.i31 */ return;
    default: wy_read_fail(r, WY_MALFORMED, r->at, "operator 0xfb %u in a constant expression", op);
    }
}

static void skip_const_expr(wy_reader *r) {
    while (!r->err) {
        uint8_t op = wy_read_u8(r);
        if (r->err) return;
        switch (op) {
        case 0x0b: return;
        case 0x41: wy_read_skip_leb(r, 32); break;
        case 0x42: wy_read_skip_leb(r, 64); break;
        case 0x43: wy_read_skip(r, 4); break;
        case 0x44: wy_read_skip(r, 8); break;
        case 0x23:
        case 0xd2: wy_read_u32(r); break; /* global.get, ref.func */
        case 0xd0: {
            wy_core_valtype ignored = {0};
            decode_heap_type(r, &ignored);
            break;
        }
        case 0x6a:
        case 0x6b:
        case 0x6c:
        case 0x7c:
        case 0x7d:
        case 0x7e: break; /* add, sub, mul */
        case 0xfb: skip_gc_operator(r); break;
        case 0xfd:
            if (wy_read_u32(r) != 12) wy_read_bad_byte(r, op, "a constant expression");
            wy_read_skip(r, 16);
            break;
        default: wy_read_bad_byte(r, op, "a constant expression");
        }
    }
}

/* --- modules --- */

/* The module's index spaces while it is decoded; `extern` and `count` by wy_core_extern_kind. */
typedef struct module_state {
    wy_reader *r;
    wy_core_module *module;
    wy_core_externtype *spaces[5];
    uint32_t counts[5], caps[5];
    uint32_t *func_types; /* of the functions that are not imported: tens of thousands */
    wy_core_rectype *rectypes;
    uint32_t code_count, func_count; /* functions with and without a body must be as many */
} module_state;

static wy_core_externtype *add_item(module_state *s, unsigned kind) {
    wy_reader *r = s->r;
    if (r->err) return NULL;
    wy_assert(kind < 5);
    uint32_t count = s->counts[kind];
    wy_core_externtype *items =
        count < WY_MAX_COMPONENT_ITEMS
            ? wy_arena_grow(r->arena, s->spaces[kind], count, &s->caps[kind], (size_t)count + 1,
                            sizeof *items)
            : NULL;
    if (!items) {
        wy_read_fail(r, WY_LIMIT, r->at, "a core module has too many definitions");
        return NULL;
    }
    s->spaces[kind] = items;
    s->counts[kind]++;
    items[count] = (wy_core_externtype){.kind = (uint8_t)kind};
    return &items[count];
}

static void type_section(module_state *s) {
    wy_reader *r = s->r;
    uint32_t count = wy_read_count(r, "core types");
    s->rectypes = wy_read_alloc(r, count, sizeof *s->rectypes);
    for (uint32_t i = 0; s->rectypes && i < count && !r->err; i++) {
        wy_decode_core_rectype(r, &s->rectypes[i]);
        s->module->type_count += s->rectypes[i].count;
    }
    s->module->rectypes = s->rectypes;
    s->module->rectype_count = r->err ? 0 : count;
}

static void import_section(module_state *s) {
    wy_reader *r = s->r;
    uint32_t count = wy_read_count(r, "core imports");
    wy_core_import *imports = wy_read_alloc(r, count, sizeof *imports);
    for (uint32_t i = 0; imports && i < count && !r->err; i++) {
        imports[i].offset = r->at;
        imports[i].module = wy_read_name(r);
        imports[i].name = wy_read_name(r);
        wy_decode_core_externtype(r, &imports[i].type);
        wy_core_externtype *item = add_item(s, imports[i].type.kind);
        if (item) *item = imports[i].type;
    }
    s->module->imports = imports;
    s->module->import_count = r->err ? 0 : count;
}

static void func_section(module_state *s) {
    wy_reader *r = s->r;
    uint32_t count = wy_read_count(r, "definitions");
    if (!r->err && count > WY_MAX_COMPONENT_ITEMS - s->counts[WY_CORE_EXTERN_FUNC])
        wy_read_fail(r, WY_LIMIT, r->at, "a core module has too many definitions");
    s->func_types = wy_read_alloc(r, count, sizeof *s->func_types);
    for (uint32_t i = 0; s->func_types && i < count && !r->err; i++)
        s->func_types[i] = wy_read_u32(r);
    s->func_count = r->err ? 0 : count;
}

static bool look_up(const module_state *s, uint8_t kind, uint32_t index,
                    wy_core_externtype *type_out) {
    uint32_t before = s->counts[kind];
    if (index < before) {
        *type_out = s->spaces[kind][index];
        return true;
    }
    if (kind != WY_CORE_EXTERN_FUNC || index - before >= s->func_count) return false;
    *type_out = (wy_core_externtype){.kind = kind, .index = s->func_types[index - before]};
    return true;
}

/* Memory, tag, table and global sections. */
static void item_section(module_state *s, wy_core_extern_kind kind) {
    wy_reader *r = s->r;
    uint32_t count = wy_read_count(r, "definitions");
    for (uint32_t i = 0; i < count && !r->err; i++) {
        wy_core_externtype *item = add_item(s, kind);
        if (!item) return;
        switch (kind) {
        case WY_CORE_EXTERN_FUNC: return; /* func_section */
        case WY_CORE_EXTERN_MEMORY: decode_limits(r, "memory", &item->limits); break;
        case WY_CORE_EXTERN_TAG: decode_tagtype(r, item); break;
        case WY_CORE_EXTERN_TABLE: {
            bool has_init = wy_read_peek(r) == 0x40;
            if (has_init) {
                wy_read_u8(r);
                uint8_t zero = wy_read_u8(r);
                if (zero) wy_read_bad_byte(r, zero, "a table");
            }
            decode_tabletype(r, item);
            if (has_init) skip_const_expr(r);
            break;
        }
        case WY_CORE_EXTERN_GLOBAL:
            decode_globaltype(r, item);
            skip_const_expr(r);
            break;
        }
    }
}

static void export_section(module_state *s) {
    wy_reader *r = s->r;
    uint32_t count = wy_read_count(r, "core exports");
    wy_core_export *exports = wy_read_alloc(r, count, sizeof *exports);
    for (uint32_t i = 0; exports && i < count && !r->err; i++) {
        size_t start = exports[i].offset = r->at;
        exports[i].name = wy_read_name(r);
        uint8_t kind = wy_read_u8(r);
        if (kind > WY_CORE_EXTERN_TAG) wy_read_bad_byte(r, kind, "the kind of a core export");
        uint32_t index = exports[i].index = wy_read_u32(r);
        if (r->err) return;
        if (!look_up(s, kind, index, &exports[i].type)) {
            wy_read_fail(r, WY_INVALID, start, "core export \"%.*s\" of the unknown item %u",
                         WY_STR_ARG(exports[i].name), index);
            return;
        }
    }
    s->module->exports = exports;
    s->module->export_count = r->err ? 0 : count;
}

/* Place of each section id in the required order; 0: unknown. */
static const uint8_t section_order[14] = {
    [1] = 1, [2] = 2, [3] = 3,  [4] = 4,   [5] = 5,   [13] = 6,  [6] = 7,
    [7] = 8, [8] = 9, [9] = 10, [12] = 11, [10] = 12, [11] = 13,
};

static void core_section(module_state *s, uint8_t id) {
    wy_reader *r = s->r;
    switch (id) {
    case 0:
        wy_read_name(r);
        r->at = r->end;
        break;
    case 1: type_section(s); break;
    case 2: import_section(s); break;
    case 3: func_section(s); break;
    case 4: item_section(s, WY_CORE_EXTERN_TABLE); break;
    case 5: item_section(s, WY_CORE_EXTERN_MEMORY); break;
    case 6: item_section(s, WY_CORE_EXTERN_GLOBAL); break;
    case 7: export_section(s); break;
    case 8:
        s->module->has_start = true;
        wy_read_u32(r);
        break;
    case 10:
        s->code_count = wy_read_u32(r);
        r->at = r->end;
        break;
    case 13: item_section(s, WY_CORE_EXTERN_TAG); break;
    default: r->at = r->end; break; /* elements, data count, data */
    }
}

/* CM[bin.core-module] Core specification, Binary Format, Modules: known sections in their order,
 * each as long as it says, and as many bodies as functions. */
void wy_decode_core_module(wy_reader *r, wy_core_module *out) {
    static const uint8_t preamble[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    size_t start = r->at, end = r->end;
    *out = (wy_core_module){.bytes = r->bytes + start, .len = end - start, .offset = start};
    if (wy_read_left(r) < sizeof preamble ||
        memcmp(r->bytes + start, preamble, sizeof preamble) != 0) {
        wy_read_fail(r, WY_MALFORMED, start, "expected the first bytes of a core module");
        return;
    }
    r->at += sizeof preamble;
    module_state s = {.r = r, .module = out};
    unsigned last = 0;
    while (wy_read_more(r)) {
        size_t section = r->at;
        uint8_t id = wy_read_u8(r);
        if (id >= sizeof section_order || (id && !section_order[id])) {
            wy_read_bad_byte(r, id, "the id of a core section");
            return;
        }
        if (id && section_order[id] <= last) {
            wy_read_fail(r, WY_MALFORMED, section, "core section %u is out of order", id);
            return;
        }
        if (id) last = section_order[id];
        uint32_t len = wy_read_u32(r);
        if (!r->err && len > wy_read_left(r))
            wy_read_fail(r, WY_MALFORMED, r->at, "unexpected end: core section %u of %u bytes", id,
                         len);
        if (r->err) return;
        r->end = r->at + len;
        core_section(&s, id);
        if (r->err) return;
        if (r->at != r->end) {
            wy_read_fail(r, WY_MALFORMED, r->at, "core section %u is longer than its content", id);
            return;
        }
        r->end = end;
    }
    out->memories = s.spaces[WY_CORE_EXTERN_MEMORY];
    out->memory_count = s.counts[WY_CORE_EXTERN_MEMORY];
    out->has_tags = s.counts[WY_CORE_EXTERN_TAG] > 0;
    if (s.func_count != s.code_count)
        wy_read_fail(r, WY_MALFORMED, start, "%u core functions declared, %u defined", s.func_count,
                     s.code_count);
}
