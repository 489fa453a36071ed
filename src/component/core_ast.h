/* The decoded form of what a component needs to know of core WebAssembly: types, and the imports
 * and exports of a module. Code and data are left to the engine, which validates and compiles them.
 */
#ifndef WY_COMPONENT_CORE_AST_H
#define WY_COMPONENT_CORE_AST_H

#include "base/str.h"

/* core:valtype. The numbers are the binary ones. */
typedef enum wy_core_valtype_kind {
    WY_CORE_I32 = 0x7f,
    WY_CORE_I64 = 0x7e,
    WY_CORE_F32 = 0x7d,
    WY_CORE_F64 = 0x7c,
    WY_CORE_V128 = 0x7b,
    WY_CORE_I8 = 0x78,  /* only as a field of an aggregate */
    WY_CORE_I16 = 0x77, /* only as a field of an aggregate */
    WY_CORE_REF = 0x64,
} wy_core_valtype_kind;

/* core:absheaptype, the binary numbers; WY_HEAP_TYPE refers to a defined type. */
typedef enum wy_core_heap_kind {
    WY_HEAP_TYPE = 0,
    WY_HEAP_NOEXN = 0x74,
    WY_HEAP_NOFUNC = 0x73,
    WY_HEAP_NOEXTERN = 0x72,
    WY_HEAP_NONE = 0x71,
    WY_HEAP_FUNC = 0x70,
    WY_HEAP_EXTERN = 0x6f,
    WY_HEAP_ANY = 0x6e,
    WY_HEAP_EQ = 0x6d,
    WY_HEAP_I31 = 0x6c,
    WY_HEAP_STRUCT = 0x6b,
    WY_HEAP_ARRAY = 0x6a,
    WY_HEAP_EXN = 0x69,
} wy_core_heap_kind;

typedef struct wy_core_valtype {
    uint8_t kind;   /* wy_core_valtype_kind */
    uint8_t heap;   /* wy_core_heap_kind, for WY_CORE_REF */
    bool nullable;  /* for WY_CORE_REF */
    uint32_t index; /* for WY_HEAP_TYPE: decoded, an index into the scope's core types; validated, a
                       canonical id that is equal exactly for equal types */
} wy_core_valtype;

typedef enum wy_core_comptype_kind {
    WY_CORE_COMP_FUNC = 0x60,
    WY_CORE_COMP_STRUCT = 0x5f,
    WY_CORE_COMP_ARRAY = 0x5e,
} wy_core_comptype_kind;

typedef struct wy_core_functype {
    const wy_core_valtype *params, *results;
    uint32_t param_count, result_count;
} wy_core_functype;

typedef struct wy_core_fieldtype {
    wy_core_valtype type;
    bool mutable;
} wy_core_fieldtype;

/* core:subtype: one member of a rec group. */
typedef struct wy_core_subtype {
    uint8_t kind; /* wy_core_comptype_kind */
    bool final;
    bool has_super;
    uint32_t super;                  /* core type index, where has_super */
    wy_core_functype func;           /* FUNC */
    const wy_core_fieldtype *fields; /* STRUCT, ARRAY (one) */
    uint32_t field_count;
} wy_core_subtype;

/* core:rectype: as many entries of the core type index space as it has members. */
typedef struct wy_core_rectype {
    const wy_core_subtype *subtypes;
    uint32_t count;
    size_t offset;
} wy_core_rectype;

/* core:limits of a table or memory */
typedef struct wy_core_limits {
    uint64_t min, max; /* max only where has_max */
    bool has_max;
    bool shared;            /* memory */
    bool index64;           /* 64-bit addresses */
    uint8_t page_size_log2; /* memory: 16 unless given otherwise */
} wy_core_limits;

typedef enum wy_core_extern_kind { /* the binary numbers */
                                   WY_CORE_EXTERN_FUNC = 0,
                                   WY_CORE_EXTERN_TABLE = 1,
                                   WY_CORE_EXTERN_MEMORY = 2,
                                   WY_CORE_EXTERN_GLOBAL = 3,
                                   WY_CORE_EXTERN_TAG = 4,
} wy_core_extern_kind;

/* core:externtype */
typedef struct wy_core_externtype {
    uint8_t kind;          /* wy_core_extern_kind */
    bool mutable;          /* GLOBAL */
    bool exact;            /* FUNC: imported or exported with its exact type */
    wy_core_valtype type;  /* TABLE: element; GLOBAL: content */
    wy_core_limits limits; /* TABLE, MEMORY */
    uint32_t index;        /* FUNC, TAG: decoded, a core type index; validated, a canonical id */
    const wy_core_functype *func; /* FUNC, TAG: its type; NULL before validation */
} wy_core_externtype;

typedef struct wy_core_import {
    wy_str module, name;
    wy_core_externtype type;
    size_t offset;
} wy_core_import;

/* A module exports an index into its own spaces; `type` is looked up by the decoder. */
typedef struct wy_core_export {
    wy_str name;
    wy_core_externtype type;
    uint32_t index;
    size_t offset;
} wy_core_export;

/* A core module inside a component: where its bytes lie and what its sections before the code say.
 */
typedef struct wy_core_module {
    const uint8_t *bytes; /* into the input */
    size_t len;
    size_t offset; /* of `bytes` in the input */
    const wy_core_rectype *rectypes;
    uint32_t rectype_count;
    uint32_t type_count; /* members of all rec types */
    const wy_core_import *imports;
    uint32_t import_count;
    const wy_core_export *exports;
    uint32_t export_count;
    const wy_core_externtype *memories; /* imported ones first */
    uint32_t memory_count;
    bool has_start; /* has a start function, which instantiating runs */
    bool has_tags;  /* imports or defines some: may throw exceptions */
} wy_core_module;

#endif
