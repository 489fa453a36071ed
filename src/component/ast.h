/* The decoded form of a component: plain data, one array of definitions a component in the order of
 * the binary, with the names of the specification (Binary.md). It says what is written, not whether
 * it is valid: that is validate.h's.
 *
 * Everything lies in the arena given to the decoder; names and core modules are views of the input,
 * which must outlive it. All offsets count from the start of the input. */
#ifndef WY_COMPONENT_AST_H
#define WY_COMPONENT_AST_H

#include "component/core_ast.h"

typedef struct wy_component_ast wy_component_ast;
typedef struct wy_definition wy_definition;

/* core:sort and sort in one row: the index spaces of a component. */
typedef enum wy_sort {
    WY_SORT_CORE_FUNC,
    WY_SORT_CORE_TABLE,
    WY_SORT_CORE_MEMORY,
    WY_SORT_CORE_GLOBAL,
    WY_SORT_CORE_TAG,
    WY_SORT_CORE_TYPE,
    WY_SORT_CORE_MODULE,
    WY_SORT_CORE_INSTANCE,
    WY_SORT_FUNC,
    WY_SORT_VALUE,
    WY_SORT_TYPE,
    WY_SORT_COMPONENT,
    WY_SORT_INSTANCE,
} wy_sort;
#define WY_SORT_COUNT 13

/* "core func", "instance", ...; static memory. */
const char *wy_sort_name(wy_sort sort);

typedef struct wy_sortidx {
    wy_sort sort;
    uint32_t idx;
} wy_sortidx;

/* primvaltype, defvaltype and the other deftypes. The binary numbers are those of Binary.md. */
typedef enum wy_type_kind {
    WY_TYPE_BOOL = 0x7f,
    WY_TYPE_S8 = 0x7e,
    WY_TYPE_U8 = 0x7d,
    WY_TYPE_S16 = 0x7c,
    WY_TYPE_U16 = 0x7b,
    WY_TYPE_S32 = 0x7a,
    WY_TYPE_U32 = 0x79,
    WY_TYPE_S64 = 0x78,
    WY_TYPE_U64 = 0x77,
    WY_TYPE_F32 = 0x76,
    WY_TYPE_F64 = 0x75,
    WY_TYPE_CHAR = 0x74,
    WY_TYPE_STRING = 0x73,
    WY_TYPE_RECORD = 0x72,
    WY_TYPE_VARIANT = 0x71,
    WY_TYPE_LIST = 0x70,
    WY_TYPE_TUPLE = 0x6f,
    WY_TYPE_FLAGS = 0x6e,
    WY_TYPE_ENUM = 0x6d,
    WY_TYPE_OPTION = 0x6b,
    WY_TYPE_RESULT = 0x6a,
    WY_TYPE_OWN = 0x69,
    WY_TYPE_BORROW = 0x68,
    WY_TYPE_FIXED_LIST = 0x67,
    WY_TYPE_STREAM = 0x66,
    WY_TYPE_FUTURE = 0x65,
    WY_TYPE_ERROR_CONTEXT = 0x64,
    WY_TYPE_MAP = 0x63,
    WY_TYPE_ASYNC_FUNC = 0x43,
    WY_TYPE_INSTANCE = 0x42,
    WY_TYPE_COMPONENT = 0x41,
    WY_TYPE_FUNC = 0x40,
    WY_TYPE_RESOURCE = 0x3f,
} wy_type_kind;

/* valtype: a primitive, an index into the type index space, or nothing where it is optional. */
typedef struct wy_ast_valtype {
    uint8_t prim; /* wy_type_kind of a primitive, WY_VALTYPE_IDX or WY_VALTYPE_NONE */
    uint32_t idx;
} wy_ast_valtype;
#define WY_VALTYPE_NONE 0
#define WY_VALTYPE_IDX 1

/* labelvaltype, or a case (whose type may be none) */
typedef struct wy_ast_field {
    wy_str label;
    wy_ast_valtype type;
    size_t offset;
} wy_ast_field;

/* deftype. Which fields count depends on the kind. */
typedef struct wy_ast_type {
    wy_type_kind kind;
    uint32_t count;              /* of the array below */
    const wy_ast_field *fields;  /* RECORD, VARIANT; FUNC, ASYNC_FUNC: the parameters */
    const wy_str *labels;        /* FLAGS, ENUM */
    const wy_ast_valtype *types; /* TUPLE */
    wy_ast_valtype type;  /* LIST, FIXED_LIST, OPTION, STREAM, FUTURE: element; MAP: key; FUNC:
                             result;  RESULT: ok */
    wy_ast_valtype error; /* RESULT; MAP: value */
    uint32_t idx;         /* OWN, BORROW: the resource's type index; FIXED_LIST: the length */
    wy_core_valtype rep;  /* RESOURCE */
    bool has_dtor;        /* RESOURCE */
    uint32_t dtor;        /* RESOURCE: core func index */
    const wy_definition *decls; /* COMPONENT, INSTANCE: `count` declarators */
} wy_ast_type;

/* externtype */
typedef enum wy_ast_bound {
    WY_BOUND_EQ,
    WY_BOUND_SUB_RESOURCE,
} wy_ast_bound;

typedef struct wy_ast_externtype {
    wy_sort sort;       /* CORE_MODULE, FUNC, TYPE, COMPONENT, INSTANCE */
    wy_ast_bound bound; /* TYPE */
    uint32_t idx;       /* type index (core type for CORE_MODULE) */
    size_t offset;
} wy_ast_externtype;

/* nameattributes */
typedef enum wy_attribute_kind {
    WY_ATTRIBUTE_IMPLEMENTS,
    WY_ATTRIBUTE_VERSIONSUFFIX,
    WY_ATTRIBUTE_EXTERNAL_ID,
} wy_attribute_kind;

typedef struct wy_attribute {
    wy_attribute_kind kind;
    wy_str text;
} wy_attribute;

typedef struct wy_ast_name {
    wy_str text; /* externname */
    const wy_attribute *attributes;
    uint32_t attribute_count;
    size_t offset;
} wy_ast_name;

/* instantiatearg, core:instantiatearg, inlineexport, core:inlineexport */
typedef struct wy_ast_arg {
    wy_ast_name name;
    wy_sortidx item;
    size_t offset;
} wy_ast_arg;

/* instanceexpr, core:instanceexpr */
typedef struct wy_ast_instance {
    bool instantiate;       /* else made of inline exports */
    uint32_t idx;           /* instantiate: the component or core module */
    const wy_ast_arg *args; /* what is given, or what is exported */
    uint32_t count;
} wy_ast_instance;

typedef enum wy_alias_kind { /* the binary numbers */
                             WY_ALIAS_EXPORT = 0,
                             WY_ALIAS_CORE_EXPORT = 1,
                             WY_ALIAS_OUTER = 2,
} wy_alias_kind;

typedef struct wy_ast_alias {
    wy_alias_kind kind;
    wy_sort sort;
    uint32_t instance; /* EXPORT, CORE_EXPORT: (core) instance index */
    wy_str name;       /* EXPORT, CORE_EXPORT */
    uint32_t count;    /* OUTER: scopes outwards */
    uint32_t idx;      /* OUTER: index in that scope */
} wy_ast_alias;

typedef enum wy_canon_kind { /* the binary numbers */
                             WY_CANON_LIFT = 0x00,
                             WY_CANON_LOWER = 0x01,
                             WY_CANON_RESOURCE_NEW = 0x02,
                             WY_CANON_RESOURCE_DROP = 0x03,
                             WY_CANON_RESOURCE_REP = 0x04,
                             WY_CANON_TASK_CANCEL = 0x05,
                             WY_CANON_SUBTASK_CANCEL = 0x06,
                             WY_CANON_TASK_RETURN = 0x09,
                             WY_CANON_CONTEXT_GET = 0x0a,
                             WY_CANON_CONTEXT_SET = 0x0b,
                             WY_CANON_THREAD_YIELD = 0x0c,
                             WY_CANON_SUBTASK_DROP = 0x0d,
                             WY_CANON_STREAM_NEW = 0x0e,
                             WY_CANON_STREAM_READ = 0x0f,
                             WY_CANON_STREAM_WRITE = 0x10,
                             WY_CANON_STREAM_CANCEL_READ = 0x11,
                             WY_CANON_STREAM_CANCEL_WRITE = 0x12,
                             WY_CANON_STREAM_DROP_READABLE = 0x13,
                             WY_CANON_STREAM_DROP_WRITABLE = 0x14,
                             WY_CANON_FUTURE_NEW = 0x15,
                             WY_CANON_FUTURE_READ = 0x16,
                             WY_CANON_FUTURE_WRITE = 0x17,
                             WY_CANON_FUTURE_CANCEL_READ = 0x18,
                             WY_CANON_FUTURE_CANCEL_WRITE = 0x19,
                             WY_CANON_FUTURE_DROP_READABLE = 0x1a,
                             WY_CANON_FUTURE_DROP_WRITABLE = 0x1b,
                             WY_CANON_ERROR_CONTEXT_NEW = 0x1c,
                             WY_CANON_ERROR_CONTEXT_DEBUG_MESSAGE = 0x1d,
                             WY_CANON_ERROR_CONTEXT_DROP = 0x1e,
                             WY_CANON_WAITABLE_SET_NEW = 0x1f,
                             WY_CANON_WAITABLE_SET_WAIT = 0x20,
                             WY_CANON_WAITABLE_SET_POLL = 0x21,
                             WY_CANON_WAITABLE_SET_DROP = 0x22,
                             WY_CANON_WAITABLE_JOIN = 0x23,
                             WY_CANON_BACKPRESSURE_INC = 0x24,
                             WY_CANON_BACKPRESSURE_DEC = 0x25,
                             WY_CANON_THREAD_INDEX = 0x26,
                             WY_CANON_THREAD_NEW_INDIRECT = 0x27,
                             WY_CANON_THREAD_RESUME_LATER = 0x28,
                             WY_CANON_THREAD_SUSPEND = 0x29,
                             WY_CANON_THREAD_SUSPEND_THEN_RESUME = 0x2a,
                             WY_CANON_THREAD_YIELD_THEN_RESUME = 0x2b,
                             WY_CANON_THREAD_SUSPEND_THEN_PROMOTE = 0x2c,
                             WY_CANON_THREAD_YIELD_THEN_PROMOTE = 0x2d,
                             WY_CANON_THREAD_SPAWN_REF = 0x40,
                             WY_CANON_THREAD_SPAWN_INDIRECT = 0x41,
                             WY_CANON_THREAD_AVAILABLE_PARALLELISM = 0x42,
} wy_canon_kind;

typedef enum wy_canonopt_kind { /* the binary numbers */
                                WY_CANONOPT_UTF8 = 0x00,
                                WY_CANONOPT_UTF16 = 0x01,
                                WY_CANONOPT_LATIN1_UTF16 = 0x02,
                                WY_CANONOPT_MEMORY = 0x03,
                                WY_CANONOPT_REALLOC = 0x04,
                                WY_CANONOPT_POST_RETURN = 0x05,
                                WY_CANONOPT_ASYNC = 0x06,
                                WY_CANONOPT_CALLBACK = 0x07,
} wy_canonopt_kind;

typedef struct wy_canonopt {
    wy_canonopt_kind kind;
    uint32_t idx; /* MEMORY: core memory; REALLOC, POST_RETURN, CALLBACK: core func */
    size_t offset;
} wy_canonopt;

typedef struct wy_ast_canon {
    wy_canon_kind kind;
    uint32_t idx;  /* LIFT: core func; LOWER: func; resource, stream and future ones: type; *_WAIT,
                    *_POLL: memory; CONTEXT_*: slot; THREAD_NEW_INDIRECT, SPAWN_*: core type */
    uint32_t idx2; /* LIFT: type of the function; THREAD_*_INDIRECT: table */
    bool flag;     /* the async?, cancel? or shared? byte */
    wy_core_valtype core_type; /* CONTEXT_* */
    wy_ast_valtype result;     /* TASK_RETURN */
    const wy_canonopt *opts;   /* as written */
    uint32_t opt_count;
    /* The options once more by name; the last one written counts (a valid component has no two). */
    wy_canonopt_kind string_encoding; /* UTF8 unless given */
    bool has_memory, has_realloc, has_post_return, async;
    uint32_t memory, realloc, post_return;
} wy_ast_canon;

typedef struct wy_ast_import {
    wy_ast_name name;
    wy_ast_externtype type;
} wy_ast_import;

/* An export definition, or the exportdecl of a type (then `type` alone counts). */
typedef struct wy_ast_export {
    wy_ast_name name;
    wy_sortidx item;
    bool has_type;
    wy_ast_externtype type;
} wy_ast_export;

/* start (a gated proposal) */
typedef struct wy_ast_start {
    uint32_t func;
    const uint32_t *args; /* value indexes */
    uint32_t arg_count;
    uint32_t result_count;
} wy_ast_start;

typedef struct wy_core_decl wy_core_decl;

/* core:deftype: a rec type, or a module type made of declarators. */
typedef struct wy_core_deftype {
    bool is_module;
    wy_core_rectype rec;
    const wy_core_decl *decls; /* core:moduledecl */
    uint32_t decl_count;
} wy_core_deftype;

typedef enum wy_core_decl_kind { /* the binary numbers */
                                 WY_CORE_DECL_IMPORT = 0,
                                 WY_CORE_DECL_TYPE = 1,
                                 WY_CORE_DECL_ALIAS = 2,
                                 WY_CORE_DECL_EXPORT = 3,
} wy_core_decl_kind;

struct wy_core_decl {
    wy_core_decl_kind kind;
    size_t offset;
    union {
        wy_core_import import;
        wy_core_rectype rec; /* a module type cannot hold module types */
        wy_ast_alias alias;  /* outer, core type */
        wy_core_export export;
    };
};

typedef enum wy_definition_kind {
    WY_DEF_CORE_MODULE,
    WY_DEF_CORE_INSTANCE,
    WY_DEF_CORE_TYPE,
    WY_DEF_COMPONENT,
    WY_DEF_INSTANCE,
    WY_DEF_ALIAS,
    WY_DEF_TYPE,
    WY_DEF_CANON,
    WY_DEF_START, /* gated */
    WY_DEF_IMPORT,
    WY_DEF_EXPORT,
    WY_DEF_VALUE, /* gated: its bytes are skipped */
} wy_definition_kind;

/* One definition of a component, or one declarator of a component or instance type (CORE_TYPE,
 * TYPE, ALIAS, IMPORT, EXPORT). */
struct wy_definition {
    wy_definition_kind kind;
    size_t offset;
    union {
        const wy_core_module *core_module;
        wy_ast_instance instance; /* INSTANCE, CORE_INSTANCE */
        const wy_core_deftype *core_type;
        const wy_component_ast *component;
        wy_ast_alias alias;
        const wy_ast_type *type;
        const wy_ast_canon *canon;
        const wy_ast_import *import;
        const wy_ast_export *export;
        const wy_ast_start *start;
    };
};

/* component */
struct wy_component_ast {
    const uint8_t *bytes; /* into the input, preamble included */
    size_t len;
    size_t offset; /* of `bytes` in the input */
    const wy_definition *definitions;
    uint32_t definition_count;
};

#endif
