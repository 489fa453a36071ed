/* Type descriptors: layout, equality and printing. The rules are CanonicalABI.md's "Alignment",
 * "Element Size" and "Flattening"; what is done with the result is left to abi/. */
#include "value/type.h"

#include "base/limits.h"

/* CM: elem_size < 2^28 for every value type that a component defines. */
#define ELEM_SIZE_LIMIT ((uint64_t)1 << 28)

#define SCALAR_ATTRS (WY_TYPE_PLAIN | WY_TYPE_SAME)

#define SCALAR(name, kind_, size_, flat_, attrs_)                                                  \
    const wy_type wy_type_##name = {.kind = kind_,                                                 \
                                    .attrs = attrs_,                                               \
                                    .align = size_,                                                \
                                    .align32 = size_,                                              \
                                    .align64 = size_,                                              \
                                    .flat_count = 1,                                               \
                                    .flat = {flat_},                                               \
                                    .size = size_,                                                 \
                                    .size32 = size_,                                               \
                                    .size64 = size_}

SCALAR(bool, WY_KIND_BOOL, 1, WY_FLAT_I32, WY_TYPE_SAME);
SCALAR(s8, WY_KIND_S8, 1, WY_FLAT_I32, SCALAR_ATTRS);
SCALAR(u8, WY_KIND_U8, 1, WY_FLAT_I32, SCALAR_ATTRS);
SCALAR(s16, WY_KIND_S16, 2, WY_FLAT_I32, SCALAR_ATTRS);
SCALAR(u16, WY_KIND_U16, 2, WY_FLAT_I32, SCALAR_ATTRS);
SCALAR(s32, WY_KIND_S32, 4, WY_FLAT_I32, SCALAR_ATTRS);
SCALAR(u32, WY_KIND_U32, 4, WY_FLAT_I32, SCALAR_ATTRS);
SCALAR(s64, WY_KIND_S64, 8, WY_FLAT_I64, SCALAR_ATTRS);
SCALAR(u64, WY_KIND_U64, 8, WY_FLAT_I64, SCALAR_ATTRS);
SCALAR(f32, WY_KIND_F32, 4, WY_FLAT_F32, SCALAR_ATTRS);
SCALAR(f64, WY_KIND_F64, 8, WY_FLAT_F64, SCALAR_ATTRS);
SCALAR(char, WY_KIND_CHAR, 4, WY_FLAT_I32, WY_TYPE_SAME);

const wy_type wy_type_string = {.kind = WY_KIND_STRING,
                                .attrs = WY_TYPE_POINTER,
                                .align = 8,
                                .align32 = 4,
                                .align64 = 8,
                                .flat_count = 2,
                                .flat = {WY_FLAT_POINTER, WY_FLAT_POINTER},
                                .size = 16,
                                .size32 = 8,
                                .size64 = 16};

const wy_type wy_type_error_context = {.kind = WY_KIND_ERROR_CONTEXT,
                                       .attrs = WY_TYPE_HANDLE,
                                       .align = 8,
                                       .align32 = 4,
                                       .align64 = 4,
                                       .flat_count = 1,
                                       .flat = {WY_FLAT_I32},
                                       .size = 8,
                                       .size32 = 4,
                                       .size64 = 4};

_Static_assert(sizeof(wy_str) == 16 && sizeof(wy_list) == 16 && sizeof(wy_handle) == 8,
               "host memory has 64-bit pointers");

const wy_type *wy_type_scalar(wy_kind kind) {
    static const wy_type *const table[] = {
        [WY_KIND_BOOL] = &wy_type_bool,     [WY_KIND_S8] = &wy_type_s8,
        [WY_KIND_U8] = &wy_type_u8,         [WY_KIND_S16] = &wy_type_s16,
        [WY_KIND_U16] = &wy_type_u16,       [WY_KIND_S32] = &wy_type_s32,
        [WY_KIND_U32] = &wy_type_u32,       [WY_KIND_S64] = &wy_type_s64,
        [WY_KIND_U64] = &wy_type_u64,       [WY_KIND_F32] = &wy_type_f32,
        [WY_KIND_F64] = &wy_type_f64,       [WY_KIND_CHAR] = &wy_type_char,
        [WY_KIND_STRING] = &wy_type_string, [WY_KIND_ERROR_CONTEXT] = &wy_type_error_context,
    };
    wy_assert((unsigned)kind < sizeof table / sizeof *table);
    return table[kind];
}

/* --- layout --- */

/* What is known so far of a type that is being laid out; 64 bits wide so that sums do not wrap. */
typedef struct layout {
    uint64_t size, size32, size64; /* of the fields so far */
    uint64_t used;                 /* bytes of them that carry a value */
    uint32_t align, align32, align64;
    uint8_t attrs;     /* of the contents, joined */
    unsigned flat_len; /* above WY_FLAT_MAX the flat types do not count */
} layout;

#define ATTRS_ANY (WY_TYPE_POINTER | WY_TYPE_HANDLE | WY_TYPE_BORROWS) /* if one part has it */
#define ATTRS_ALL (WY_TYPE_PLAIN | WY_TYPE_SAME)                       /* if every part has it */

/* CM: align_to */
static uint64_t align_to(uint64_t at, uint32_t align) {
    return (at + align - 1) & ~(uint64_t)(align - 1);
}

static void join_attrs(layout *l, uint8_t attrs) {
    l->attrs = (uint8_t)((l->attrs & attrs & ATTRS_ALL) | ((l->attrs | attrs) & ATTRS_ANY));
}

static void raise_align(layout *l, uint32_t align, uint32_t align32, uint32_t align64) {
    if (l->align < align) l->align = align;
    if (l->align32 < align32) l->align32 = align32;
    if (l->align64 < align64) l->align64 = align64;
}

static void append_flat(wy_type *type, layout *l, const wy_type *part) {
    if (l->flat_len + part->flat_count <= WY_FLAT_MAX)
        memcpy(type->flat + l->flat_len, part->flat, part->flat_count);
    l->flat_len += part->flat_count;
    if (l->flat_len > WY_FLAT_MANY) l->flat_len = WY_FLAT_MANY;
}

/* Writes the gathered numbers into the type; the sizes are rounded up to the alignment. */
static wy_err finish(wy_type *type, layout *l, wy_diag *diag) {
    uint64_t size = align_to(l->size, l->align), size32 = align_to(l->size32, l->align32);
    if (size >= ELEM_SIZE_LIMIT)
        return wy_diag_set(diag, WY_LIMIT, "a value type takes 2^28 bytes or more");
    if (l->used != size || size != size32) l->attrs &= (uint8_t)~ATTRS_ALL;
    type->attrs = l->attrs;
    type->align = (uint8_t)l->align;
    type->align32 = (uint8_t)l->align32;
    type->size = (uint32_t)size;
    type->size32 = (uint32_t)size32;
    type->align64 = (uint8_t)l->align64;
    type->size64 = (uint32_t)align_to(l->size64, l->align64);
    type->flat_count = (uint8_t)l->flat_len;
    return WY_OK;
}

/* CM: elem_size_record, alignment_record, flatten_record */
static wy_err layout_record(wy_type *type, wy_field *fields, wy_diag *diag) {
    layout l = {.align = 1, .align32 = 1, .align64 = 1, .attrs = ATTRS_ALL};
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_type *part = fields[i].type;
        wy_assert(part && part->align && part->align32);
        l.size = align_to(l.size, part->align);
        l.size32 = align_to(l.size32, part->align32);
        fields[i].offset = (uint32_t)l.size;
        fields[i].offset32 = (uint32_t)l.size32;
        l.size += part->size;
        l.size32 += part->size32;
        l.size64 = align_to(l.size64, part->align64) + part->size64;
        l.used += part->size;
        if (l.size >= ELEM_SIZE_LIMIT) break;
        raise_align(&l, part->align, part->align32, part->align64);
        join_attrs(&l, part->attrs);
        append_flat(type, &l, part);
    }
    return finish(type, &l, diag);
}

/* CM: discriminant_type */
static uint8_t discriminant_size(uint32_t cases) {
    return cases <= 1u << 8 ? 1 : cases <= 1u << 16 ? 2 : 4;
}

/* CM: join. What is joined to a pointer fits one, unless it takes 64 bits in every memory. */
static uint8_t join_flat(uint8_t a, uint8_t b) {
    if (a == b) return a;
    if (a == WY_FLAT_POINTER || b == WY_FLAT_POINTER) {
        uint8_t other = a == WY_FLAT_POINTER ? b : a;
        return other == WY_FLAT_I32 || other == WY_FLAT_F32 ? WY_FLAT_POINTER : WY_FLAT_I64;
    }
    bool a32 = a == WY_FLAT_I32 || a == WY_FLAT_F32, b32 = b == WY_FLAT_I32 || b == WY_FLAT_F32;
    return a32 && b32 ? WY_FLAT_I32 : WY_FLAT_I64;
}

/* CM: flatten_variant; joins one case's payload into what the cases before it gave. */
static void join_case(wy_type *type, layout *l, const wy_type *part) {
    unsigned len = 1u + part->flat_count;
    if (len > WY_FLAT_MANY) len = WY_FLAT_MANY;
    for (unsigned i = 1; i < len && len <= WY_FLAT_MAX; i++)
        type->flat[i] =
            i < l->flat_len ? join_flat(type->flat[i], part->flat[i - 1]) : part->flat[i - 1];
    if (l->flat_len < len) l->flat_len = len;
}

/* CM: elem_size_variant, alignment_variant */
static wy_err layout_variant(wy_type *type, wy_field *fields, wy_diag *diag) {
    if (type->count == 0) return wy_diag_set(diag, WY_INVALID, "a variant type without cases");
    type->disc_size = discriminant_size(type->count);
    layout l = {.align = 1, .align32 = 1, .align64 = 1, .attrs = WY_TYPE_SAME, .flat_len = 1};
    type->flat[0] = WY_FLAT_I32;
    uint64_t payload = 0, payload32 = 0, payload64 = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_type *part = fields[i].type;
        if (!part) continue;
        wy_assert(part->align && part->align32);
        if (payload < part->size) payload = part->size;
        if (payload32 < part->size32) payload32 = part->size32;
        if (payload64 < part->size64) payload64 = part->size64;
        raise_align(&l, part->align, part->align32, part->align64);
        join_attrs(&l, part->attrs & ATTRS_ANY);
        join_case(type, &l, part);
    }
    type->payload_offset = (uint32_t)align_to(type->disc_size, l.align);
    type->payload_offset32 = (uint32_t)align_to(type->disc_size, l.align32);
    type->payload_offset64 = (uint32_t)align_to(type->disc_size, l.align64);
    for (uint32_t i = 0; i < type->count; i++) {
        fields[i].offset = type->payload_offset;
        fields[i].offset32 = type->payload_offset32;
    }
    raise_align(&l, type->disc_size, type->disc_size, type->disc_size);
    l.size = type->payload_offset + payload;
    l.size32 = type->payload_offset32 + payload32;
    l.size64 = type->payload_offset64 + payload64;
    l.used = type->disc_size;
    return finish(type, &l, diag);
}

/* CM: alignment_flags, elem_size_flags */
static wy_err layout_flags(wy_type *type, wy_diag *diag) {
    if (type->count == 0 || type->count > 32)
        return wy_diag_set(diag, WY_INVALID, "a flags type must have 1 to 32 labels, not %u",
                           (unsigned)type->count);
    uint8_t size = type->count <= 8 ? 1 : type->count <= 16 ? 2 : 4;
    layout l = {.size = size, .size32 = size, .size64 = size, .used = size};
    l.align = l.align32 = l.align64 = size;
    /* Labels for every bit: no bit pattern needs masking. */
    l.attrs = type->count == 8u * size ? ATTRS_ALL : WY_TYPE_SAME;
    l.flat_len = 1;
    type->flat[0] = WY_FLAT_I32;
    type->disc_size = size;
    return finish(type, &l, diag);
}

static wy_err layout_list(wy_type *type, wy_diag *diag) {
    wy_assert(type->elem && type->elem->align);
    if (type->elem->size32 == 0) return wy_diag_set(diag, WY_INVALID, "a list of an empty type");
    layout l = {.size = 16, .size32 = 8, .size64 = 16, .flat_len = 2};
    l.align = l.align64 = 8;
    l.align32 = 4;
    l.attrs = (uint8_t)(WY_TYPE_POINTER | (type->elem->attrs & ATTRS_ANY));
    type->flat[0] = type->flat[1] = WY_FLAT_POINTER;
    return finish(type, &l, diag);
}

/* CM: elem_size_list, alignment_list, flatten_list with a length */
static wy_err layout_fixed_list(wy_type *type, wy_diag *diag) {
    const wy_type *elem = type->elem;
    wy_assert(elem && elem->align);
    if (elem->size32 == 0 || type->count == 0)
        return wy_diag_set(diag, WY_INVALID, "a list of fixed length without content");
    layout l = {.attrs = elem->attrs, .align = elem->align, .align32 = elem->align32};
    l.align64 = elem->align64;
    l.size64 = (uint64_t)elem->size64 * type->count;
    l.size = l.used = (uint64_t)elem->size * type->count;
    l.size32 = (uint64_t)elem->size32 * type->count;
    for (uint32_t i = 0; i < type->count && l.flat_len < WY_FLAT_MANY; i++)
        append_flat(type, &l, elem);
    return finish(type, &l, diag);
}

static wy_err layout_handle(wy_type *type, wy_diag *diag) {
    layout l = {.size = 8, .size32 = 4, .size64 = 4, .flat_len = 1};
    l.align = 8; /* pointer-sized in host memory only */
    l.align32 = l.align64 = 4;
    l.attrs = (uint8_t)(WY_TYPE_HANDLE | (type->kind == WY_KIND_BORROW ? WY_TYPE_BORROWS : 0));
    type->flat[0] = WY_FLAT_I32;
    return finish(type, &l, diag);
}

wy_err wy_type_layout(wy_type *type, wy_field *fields, wy_diag *diag) {
    wy_assert(fields == NULL || fields == type->fields);
    switch ((wy_kind)type->kind) {
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE: return layout_record(type, fields, diag);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return layout_variant(type, fields, diag);
    case WY_KIND_FLAGS: return layout_flags(type, diag);
    case WY_KIND_LIST:
    case WY_KIND_MAP: return layout_list(type, diag);
    case WY_KIND_FIXED_LIST: return layout_fixed_list(type, diag);
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: return layout_handle(type, diag);
    case WY_KIND_BOOL:
    case WY_KIND_S8:
    case WY_KIND_U8:
    case WY_KIND_S16:
    case WY_KIND_U16:
    case WY_KIND_S32:
    case WY_KIND_U32:
    case WY_KIND_S64:
    case WY_KIND_U64:
    case WY_KIND_F32:
    case WY_KIND_F64:
    case WY_KIND_CHAR:
    case WY_KIND_STRING: break;
    }
    *type = *wy_type_scalar((wy_kind)type->kind);
    return WY_OK;
}

/* --- equality --- */

typedef bool (*same_resource)(void *data, const wy_type *a, const wy_type *b);

static bool optional_equal(const wy_type *a, const wy_type *b, same_resource same, void *data) {
    return a && b ? wy_type_equal(a, b, same, data) : a == b;
}

bool wy_type_equal(const wy_type *a, const wy_type *b, same_resource same, void *data) {
    if (a == b && !(a->attrs & WY_TYPE_HANDLE)) return true;
    if (a->kind != b->kind || a->count != b->count || a->size32 != b->size32) return false;
    if (a->kind == WY_KIND_OWN || a->kind == WY_KIND_BORROW) return same(data, a, b);
    if (a->elem || b->elem) return optional_equal(a->elem, b->elem, same, data);
    if (!a->fields || !b->fields) return a->fields == b->fields || a->count == 0;
    for (uint32_t i = 0; i < a->count; i++) {
        if (!wy_str_eq(a->fields[i].name, b->fields[i].name)) return false;
        if (!optional_equal(a->fields[i].type, b->fields[i].type, same, data)) return false;
    }
    return true;
}

bool wy_func_type_equal(const wy_func_type *a, const wy_func_type *b, same_resource same,
                        void *data) {
    return a->is_async == b->is_async && wy_type_equal(&a->params, &b->params, same, data) &&
           optional_equal(a->result, b->result, same, data);
}

/* --- printing --- */

static const char *kind_name(wy_kind kind) {
    static const char *const names[] = {
        [WY_KIND_BOOL] = "bool",       [WY_KIND_S8] = "s8",
        [WY_KIND_U8] = "u8",           [WY_KIND_S16] = "s16",
        [WY_KIND_U16] = "u16",         [WY_KIND_S32] = "s32",
        [WY_KIND_U32] = "u32",         [WY_KIND_S64] = "s64",
        [WY_KIND_U64] = "u64",         [WY_KIND_F32] = "f32",
        [WY_KIND_F64] = "f64",         [WY_KIND_CHAR] = "char",
        [WY_KIND_STRING] = "string",   [WY_KIND_LIST] = "list",
        [WY_KIND_RECORD] = "record",   [WY_KIND_TUPLE] = "tuple",
        [WY_KIND_VARIANT] = "variant", [WY_KIND_ENUM] = "enum",
        [WY_KIND_OPTION] = "option",   [WY_KIND_RESULT] = "result",
        [WY_KIND_FLAGS] = "flags",     [WY_KIND_OWN] = "own",
        [WY_KIND_BORROW] = "borrow",   [WY_KIND_FIXED_LIST] = "list",
        [WY_KIND_MAP] = "map",         [WY_KIND_STREAM] = "stream",
        [WY_KIND_FUTURE] = "future",   [WY_KIND_ERROR_CONTEXT] = "error-context",
    };
    wy_assert((unsigned)kind < sizeof names / sizeof *names);
    return names[kind];
}

/* "name { a: u8, b(string), c }": fields of a record, cases, labels. */
static void print_braces(wy_buf *buf, const wy_type *type) {
    wy_buf_printf(buf, "%s {", kind_name((wy_kind)type->kind));
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_field *field = &type->fields[i];
        wy_buf_str(buf, i ? WY_STR(", ") : WY_STR(" "));
        wy_buf_str(buf, field->name);
        if (!field->type) continue;
        wy_buf_str(buf, type->kind == WY_KIND_RECORD ? WY_STR(": ") : WY_STR("("));
        wy_type_print(buf, field->type);
        if (type->kind != WY_KIND_RECORD) wy_buf_char(buf, ')');
    }
    wy_buf_str(buf, WY_STR(" }"));
}

static void print_tuple(wy_buf *buf, const wy_type *type) {
    wy_buf_str(buf, WY_STR("tuple<"));
    for (uint32_t i = 0; i < type->count; i++) {
        if (i) wy_buf_str(buf, WY_STR(", "));
        wy_type_print(buf, type->fields[i].type);
    }
    wy_buf_char(buf, '>');
}

/* WIT: result, result<T>, result<_, E>, result<T, E> */
static void print_result(wy_buf *buf, const wy_type *type) {
    const wy_type *ok = type->fields[0].type, *error = type->fields[1].type;
    wy_buf_str(buf, WY_STR("result"));
    if (!ok && !error) return;
    wy_buf_char(buf, '<');
    if (ok)
        wy_type_print(buf, ok);
    else
        wy_buf_char(buf, '_');
    if (error) {
        wy_buf_str(buf, WY_STR(", "));
        wy_type_print(buf, error);
    }
    wy_buf_char(buf, '>');
}

static void print_handle(wy_buf *buf, const wy_type *type) {
    wy_buf_printf(buf, "%s<", kind_name((wy_kind)type->kind));
    if (type->resource)
        wy_buf_str(buf, type->resource->name);
    else
        wy_buf_printf(buf, "resource %u", (unsigned)type->resource_index);
    wy_buf_char(buf, '>');
}

/* "stream", or "stream<u8>". */
static void print_stream(wy_buf *buf, const wy_type *type) {
    wy_buf_str(buf, wy_str_of(kind_name((wy_kind)type->kind)));
    if (!type->elem) return;
    wy_buf_char(buf, '<');
    wy_type_print(buf, type->elem);
    wy_buf_char(buf, '>');
}

void wy_type_print(wy_buf *buf, const wy_type *type) {
    switch ((wy_kind)type->kind) {
    case WY_KIND_BOOL:
    case WY_KIND_S8:
    case WY_KIND_U8:
    case WY_KIND_S16:
    case WY_KIND_U16:
    case WY_KIND_S32:
    case WY_KIND_U32:
    case WY_KIND_S64:
    case WY_KIND_U64:
    case WY_KIND_F32:
    case WY_KIND_F64:
    case WY_KIND_CHAR:
    case WY_KIND_STRING:
    case WY_KIND_ERROR_CONTEXT: wy_buf_str(buf, wy_str_of(kind_name((wy_kind)type->kind))); return;
    case WY_KIND_LIST:
        wy_buf_str(buf, WY_STR("list<"));
        wy_type_print(buf, type->elem);
        wy_buf_char(buf, '>');
        return;
    case WY_KIND_FIXED_LIST:
        wy_buf_str(buf, WY_STR("list<"));
        wy_type_print(buf, type->elem);
        wy_buf_printf(buf, ", %u>", (unsigned)type->count);
        return;
    case WY_KIND_MAP:
        wy_buf_str(buf, WY_STR("map<"));
        wy_type_print(buf, type->elem->fields[0].type);
        wy_buf_str(buf, WY_STR(", "));
        wy_type_print(buf, type->elem->fields[1].type);
        wy_buf_char(buf, '>');
        return;
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE: print_stream(buf, type); return;
    case WY_KIND_RECORD:
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_FLAGS: print_braces(buf, type); return;
    case WY_KIND_TUPLE: print_tuple(buf, type); return;
    case WY_KIND_OPTION:
        wy_buf_str(buf, WY_STR("option<"));
        wy_type_print(buf, type->fields[1].type);
        wy_buf_char(buf, '>');
        return;
    case WY_KIND_RESULT: print_result(buf, type); return;
    case WY_KIND_OWN:
    case WY_KIND_BORROW: print_handle(buf, type); return;
    }
}
