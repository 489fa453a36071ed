/* Type descriptors: the one table that says how a component value lies in memory.
 *
 * A component value in host memory has the layout that the canonical ABI gives it in a memory with
 * 64-bit pointers: a record is a C struct, a variant a tag and a union, a string or list a pointer
 * and a length. Handles are the exception: they are pointer-sized there, because they carry the
 * representation itself (see wy_handle). Everything that moves values walks these tables. They are
 * constant: either printed by witgen at build time, or built once in the arena of a loaded plan. */
#ifndef WY_VALUE_TYPE_H
#define WY_VALUE_TYPE_H

#include "base/str.h"

/* CM: Explainer "Type Definitions". Tuple, enum, option and result stay apart for text and names,
 * but have `fields` exactly like the record or variant they despecialise to. */
typedef enum wy_kind {
    WY_KIND_BOOL,
    WY_KIND_S8,
    WY_KIND_U8,
    WY_KIND_S16,
    WY_KIND_U16,
    WY_KIND_S32,
    WY_KIND_U32,
    WY_KIND_S64,
    WY_KIND_U64,
    WY_KIND_F32,
    WY_KIND_F64,
    WY_KIND_CHAR,
    WY_KIND_STRING,
    WY_KIND_LIST,
    WY_KIND_RECORD,
    WY_KIND_TUPLE,
    WY_KIND_VARIANT,
    WY_KIND_ENUM,
    WY_KIND_OPTION,
    WY_KIND_RESULT,
    WY_KIND_FLAGS,
    WY_KIND_OWN,
    WY_KIND_BORROW,
    /* Of proposals above WASI 0.2: described here, refused when a component is loaded. */
    WY_KIND_FIXED_LIST, /* list<T, N> */
    WY_KIND_MAP,        /* a list of pairs: `elem` is tuple<K, V> */
    WY_KIND_STREAM,     /* `elem` is NULL for a stream of nothing */
    WY_KIND_FUTURE,     /* as STREAM */
    WY_KIND_ERROR_CONTEXT,
} wy_kind;

/* Core value types of a flattened value. A descriptor serves guests of both kinds, so it has one
 * more than WebAssembly: an address or a length of the memory (CM: MemInst.ptr_type). */
typedef enum wy_flat {
    WY_FLAT_I32,
    WY_FLAT_I64,
    WY_FLAT_F32,
    WY_FLAT_F64,
    WY_FLAT_POINTER, /* i32, or i64 where the memory has 64-bit addresses; in descriptors only */
} wy_flat;

/* Attributes of a type, gathered from all that it contains. */
enum {
    WY_TYPE_POINTER = 1, /* contains a string or list: lifting may need memory, lowering realloc */
    WY_TYPE_HANDLE = 2,  /* contains own, borrow, stream, future or error-context */
    WY_TYPE_BORROWS = 4, /* contains borrow */
    WY_TYPE_PLAIN = 8,   /* same bytes in host and 32-bit guest memory, no padding, and every
                            pattern is valid: lists of it are views and memcpy */
    WY_TYPE_SAME = 16,   /* as PLAIN, but not every pattern is valid (bool, char, enum, flags):
                            lists of it are written with memcpy; PLAIN implies it */
};

/* Longest run of core values that a value is passed in (CM: MAX_FLAT_PARAMS). `flat_count` of a
 * type that flattens to more is the true number, at most WY_FLAT_MANY, but its `flat` then has no
 * meaning. */
#define WY_FLAT_MAX 16
#define WY_FLAT_MANY 0xff

typedef struct wy_type wy_type;

/* A field of a record or tuple, a case of a variant, a label of an enum or flags, a parameter. */
typedef struct wy_field {
    wy_str name;         /* WIT name; "0", "1", ... in a tuple */
    const wy_type *type; /* NULL: a case without payload, or a label */
    uint32_t offset;     /* of a field in host memory (cases: payload_offset of the type) */
    uint32_t offset32;   /* of a field in a 32-bit linear memory */
} wy_field;

/* Identity of a resource of the host. One constant per resource, printed by witgen; compared by
 * address. Resources that guests define have their identity per instance (abi/). */
typedef struct wy_resource_type {
    wy_str interface_name; /* "wasi:io/streams" */
    wy_str name;           /* "output-stream" */
} wy_resource_type;

struct wy_type {
    uint8_t kind;           /* wy_kind */
    uint8_t attrs;          /* WY_TYPE_... */
    uint8_t align, align32; /* in host memory, in 32-bit linear memory */
    uint8_t align64;        /* in 64-bit linear memory: as in host memory, but for handles */
    uint8_t disc_size;      /* variant kinds: bytes of the discriminant; flags: bytes of the bits */
    uint8_t flat_count;     /* core values; WY_FLAT_MANY: that many or more */
    uint8_t flat[WY_FLAT_MAX]; /* wy_flat of each; CM: flatten_type */
    uint32_t size, size32, size64;
    uint32_t count; /* of fields; of elements of a fixed list */
    /* Variant kinds: where every payload begins. */
    uint32_t payload_offset, payload_offset32, payload_offset64;
    /* own, borrow: in a host descriptor `resource` names it; in a plan's descriptor
     * `resource_index` is its index among the plan's resources and `resource` is NULL. */
    uint32_t resource_index;
    const wy_resource_type *resource;
    const wy_field *fields;
    const wy_type *elem; /* list, fixed list, map, stream, future */
};

/* A function's type. `params` is a record whose fields are the parameters, so that its layout is
 * that of the args struct; `result` is NULL where there is none. */
typedef struct wy_func_type {
    wy_type params;
    const wy_type *result;
    bool is_async; /* the type says async (P3) */
} wy_func_type;

/* How own<R> and borrow<R> lie in host memory: a pointer to the host's object for resources of the
 * host, the 32-bit representation for resources that a guest defines. A host function that receives
 * an own handle owns the object; a borrow is valid until the function returns. */
typedef uintptr_t wy_handle;

/* list<T> in host memory. Typed lists printed by witgen have the same layout. */
typedef struct wy_list {
    void *ptr;
    size_t len; /* elements */
} wy_list;

typedef struct wy_list_u8 {
    const uint8_t *ptr;
    size_t len;
} wy_list_u8;

/* Types without parts, ready to point at. */
extern const wy_type wy_type_bool, wy_type_s8, wy_type_u8, wy_type_s16, wy_type_u16, wy_type_s32,
    wy_type_u32, wy_type_s64, wy_type_u64, wy_type_f32, wy_type_f64, wy_type_char, wy_type_string,
    wy_type_error_context;

/* The constant of a kind without parts: a scalar, string, error-context. */
const wy_type *wy_type_scalar(wy_kind kind);

/* Computes size, alignment, offsets, discriminant, attributes and flat types of `type` from its
 * kind, count, fields (names and types set), elem and resource. `fields` is the storage of
 * `type->fields`, writable; NULL for types without fields. The types it refers to are laid out
 * already. WY_LIMIT when the size reaches 2^28 bytes (CM: elem_size); WY_INVALID for a variant
 * without cases, flags that are not 1 to 32, a list of nothing. */
wy_err wy_type_layout(wy_type *type, wy_field *fields, wy_diag *diag) WY_MUST_USE;

/* Structural equality, names included; handles are equal when `same_resource(data, a, b)` says so
 * (called with own or borrow types of one kind; may be NULL where no handle can occur). */
bool wy_type_equal(const wy_type *a, const wy_type *b,
                   bool (*same_resource)(void *data, const wy_type *a, const wy_type *b),
                   void *data);
bool wy_func_type_equal(const wy_func_type *a, const wy_func_type *b,
                        bool (*same_resource)(void *data, const wy_type *a, const wy_type *b),
                        void *data);

/* Appends the WIT text of a type ("list<tuple<string, u32>>"); records and variants are written out
 * in braces, resources by name where it is known. */
void wy_type_print(wy_buf *buf, const wy_type *type);

#endif
