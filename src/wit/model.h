/* The model of WIT text: what a parsed package consists of, in the order it was written.
 *
 * Plain data in one arena: the parser makes it, the resolver fills the members marked "resolved",
 * and any code may build it by hand for the printer (see print.h). Names are without the escaping
 * '%'. An empty wy_str stands for an absent name. */
#ifndef WY_WIT_MODEL_H
#define WY_WIT_MODEL_H

#include "base/map.h"
#include "base/str.h"

typedef struct wy_wit_type wy_wit_type;
typedef struct wy_wit_typedef wy_wit_typedef;
typedef struct wy_wit_func wy_wit_func;
typedef struct wy_wit_scope wy_wit_scope;
typedef struct wy_wit_package wy_wit_package;

typedef struct wy_wit_file {
    wy_str path;
    wy_str text;
} wy_wit_file;

/* Where something stands; `file` is NULL in a model built by hand. */
typedef struct wy_wit_pos {
    const wy_wit_file *file;
    uint32_t offset;
} wy_wit_pos;

/* @since, @unstable, @deprecated and @external-id in front of an item. */
typedef struct wy_wit_gate {
    wy_str since;       /* a version */
    wy_str unstable;    /* a feature */
    wy_str deprecated;  /* a version */
    wy_str external_id; /* text between the quotes, escapes kept */
} wy_wit_gate;

/* --- types --- */

typedef enum wy_wit_type_kind {
    WY_WIT_BOOL,
    WY_WIT_U8,
    WY_WIT_U16,
    WY_WIT_U32,
    WY_WIT_U64,
    WY_WIT_S8,
    WY_WIT_S16,
    WY_WIT_S32,
    WY_WIT_S64,
    WY_WIT_F32,
    WY_WIT_F64,
    WY_WIT_CHAR,
    WY_WIT_STRING,
    WY_WIT_ERROR_CONTEXT,
    WY_WIT_LIST,   /* args[0]; `length` > 0: of fixed length */
    WY_WIT_OPTION, /* args[0] */
    WY_WIT_RESULT, /* args[0] ok, args[1] error; each may be NULL */
    WY_WIT_TUPLE,  /* all args */
    WY_WIT_MAP,    /* args[0] key, args[1] value */
    WY_WIT_FUTURE, /* args[0], may be NULL */
    WY_WIT_STREAM, /* args[0], may be NULL */
    WY_WIT_OWN,    /* name of a resource */
    WY_WIT_BORROW, /* name of a resource */
    WY_WIT_NAME,   /* name of a type; of a resource: an owned handle */
} wy_wit_type_kind;

struct wy_wit_type {
    wy_wit_type_kind kind;
    wy_wit_pos pos;
    wy_str name;         /* OWN, BORROW, NAME */
    wy_wit_type **args;  /* by kind, see above */
    uint32_t arg_count;  /* RESULT has 0 or 2, FUTURE and STREAM 1 */
    uint32_t length;     /* LIST */
    wy_wit_typedef *def; /* resolved: what `name` stands for */
};

/* A field of a record, case of a variant or enum, flag, or parameter. */
typedef struct wy_wit_field {
    wy_str name;
    wy_str docs;
    wy_wit_type *type; /* NULL: a case without payload, a flag */
    wy_wit_pos pos;
} wy_wit_field;

typedef enum wy_wit_typedef_kind {
    WY_WIT_ALIAS,
    WY_WIT_RECORD,
    WY_WIT_VARIANT,
    WY_WIT_ENUM,
    WY_WIT_FLAGS,
    WY_WIT_RESOURCE,
    WY_WIT_USED, /* brought in by `use` under this name; not an item by itself */
} wy_wit_typedef_kind;

typedef enum wy_wit_progress { WY_WIT_FRESH, WY_WIT_BUSY, WY_WIT_DONE } wy_wit_progress;

struct wy_wit_typedef {
    wy_wit_typedef_kind kind;
    wy_str name;
    wy_wit_pos pos;
    wy_wit_scope *scope;  /* where it is defined */
    wy_wit_type *alias;   /* ALIAS */
    wy_wit_field *fields; /* RECORD, VARIANT, ENUM, FLAGS */
    uint32_t field_count, field_cap;
    wy_wit_func **funcs; /* RESOURCE: constructor, methods, statics */
    uint32_t func_count, func_cap;
    struct wy_wit_use *use;   /* USED: the item it comes from */
    wy_str original;          /* USED: its name there */
    wy_wit_gate gate;         /* of the item */
    wy_wit_typedef *target;   /* resolved; USED, or ALIAS of a name: the next one */
    wy_wit_progress progress; /* the resolver's own */
    uint32_t depth;           /* resolved: nesting of the types below */
    bool borrows;             /* resolved: there is a borrow in it */
};

typedef enum wy_wit_func_kind {
    WY_WIT_FREE,
    WY_WIT_METHOD,
    WY_WIT_STATIC,
    WY_WIT_CONSTRUCTOR
} wy_wit_func_kind;

struct wy_wit_func {
    wy_wit_func_kind kind;
    wy_str name; /* as written; empty for a constructor */
    wy_str docs; /* of a member of a resource; else see its item */
    wy_wit_gate gate;
    wy_wit_pos pos;
    bool is_async;
    wy_wit_field *params; /* without the implied `self` */
    uint32_t param_count, param_cap;
    wy_wit_type *result;      /* NULL: none, or the constructor's implied one */
    wy_wit_typedef *resource; /* METHOD, STATIC, CONSTRUCTOR */
};

/* --- items --- */

/* "streams", or "wasi:io/streams@0.2.0". */
typedef struct wy_wit_path {
    wy_str package; /* "wasi:io"; empty: a name in this file or package */
    wy_str name;
    wy_str version;
    wy_wit_pos pos;
} wy_wit_path;

/* `name as alias` in a use, an include, or at the top of a file. */
typedef struct wy_wit_rename {
    wy_str name;
    wy_str alias; /* empty where there is none */
    wy_wit_pos pos;
} wy_wit_rename;

typedef struct wy_wit_use {
    wy_wit_path path;
    wy_wit_rename *names;
    uint32_t name_count, name_cap;
    wy_wit_scope *from; /* resolved: the interface */
} wy_wit_use;

typedef struct wy_wit_include {
    wy_wit_path path;
    wy_wit_rename *names;
    uint32_t name_count, name_cap;
    wy_wit_scope *world; /* resolved */
} wy_wit_include;

typedef enum wy_wit_extern_kind {
    WY_WIT_EXTERN_PATH,   /* import wasi:io/streams; or import name: wasi:io/streams; */
    WY_WIT_EXTERN_FUNC,   /* import name: func(); */
    WY_WIT_EXTERN_INLINE, /* import name: interface { ... } */
} wy_wit_extern_kind;

typedef struct wy_wit_extern {
    wy_wit_extern_kind kind;
    wy_str name; /* FUNC, INLINE, and PATH that was given a name */
    wy_wit_path path;
    wy_wit_func *func;
    wy_wit_scope *interface; /* INLINE; PATH once resolved */
} wy_wit_extern;

typedef enum wy_wit_item_kind {
    WY_WIT_ITEM_USE,
    WY_WIT_ITEM_TYPE,
    WY_WIT_ITEM_FUNC,   /* in an interface */
    WY_WIT_ITEM_IMPORT, /* in a world */
    WY_WIT_ITEM_EXPORT, /* in a world */
    WY_WIT_ITEM_INCLUDE /* in a world */
} wy_wit_item_kind;

typedef struct wy_wit_item {
    wy_wit_item_kind kind;
    wy_str docs;
    wy_wit_gate gate;
    wy_wit_pos pos;
    union {
        wy_wit_use *use;
        wy_wit_typedef *type;
        wy_wit_func *func;
        wy_wit_extern *ext;
        wy_wit_include *include;
    };
} wy_wit_item;

/* --- interfaces, worlds, packages --- */

/* `use path as alias;` at the top of a file: seen by that file's interfaces and worlds only. */
typedef struct wy_wit_top_use {
    wy_wit_path path;
    wy_str alias; /* empty: the path's last name */
    struct wy_wit_top_use *next;
} wy_wit_top_use;

/* An interface or a world. */
struct wy_wit_scope {
    bool is_world;
    wy_str name; /* empty: written inline in a world */
    wy_str docs;
    wy_wit_gate gate;
    wy_wit_pos pos;
    wy_wit_package *package;
    wy_wit_scope *world;       /* the world an inline interface stands in */
    const wy_wit_top_use *top; /* of its file; of an inline interface, see its world's */
    wy_wit_item *items;
    uint32_t item_count, item_cap;
    wy_map types; /* name -> wy_wit_typedef *: defined and used ones */
    wy_map taken; /* the parser's own: keys of the names that items have */
    /* resolved; of a world: what it imports and exports by a plain name, with what it includes: key
     * (wy_wit_label_key) -> wy_str *, the name as it is written */
    wy_map imports, exports;
    wy_wit_progress progress;
};

struct wy_wit_package {
    wy_str name;    /* "wasi:io"; empty while no file named it */
    wy_str version; /* "0.2.12" */
    wy_str docs;
    wy_wit_pos pos;
    bool is_nested;           /* written as a block */
    wy_wit_top_use *top_uses; /* of all its files */
    wy_wit_top_use *top_last; /* the parser's own: end of top_uses */
    uint32_t top_count;       /* the parser's own */
    wy_wit_progress progress; /* the checker's own */
    wy_wit_scope **scopes;    /* interfaces and worlds in the order they were written */
    uint32_t scope_count, scope_cap;
    wy_map names; /* name -> wy_wit_scope * */
};

/* The type behind aliases and uses; `def` must be resolved. */
static inline const wy_wit_typedef *wy_wit_typedef_final(const wy_wit_typedef *def) {
    while (def->target)
        def = def->target;
    return def;
}

#endif
