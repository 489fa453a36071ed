/* The parser's own header: state and the functions that its files share; others include parse.h.
 *
 * Recursive descent, one token ahead. Every function that can fail returns false or NULL with `err`
 * set and reported; after that the parser is of no more use. */
#ifndef WY_WIT_PARSER_H
#define WY_WIT_PARSER_H

#include "base/arena.h"
#include "wit/lexer.h"
#include "wit/model.h"

#define WY_WIT_PACKAGE_NAME_MAX 1024 /* bytes of a package's name with its namespaces */

typedef struct wy_wit_parser {
    wy_wit_lexer lexer;
    wy_wit_token tok; /* the next token, not yet consumed */
    wy_arena *arena;
    wy_diag *diag;
    wy_err err;
    uint32_t depth; /* of the type being read */
} wy_wit_parser;

/* --- failures; each returns false --- */
bool wy_wit_parser_fail(wy_wit_parser *p, wy_wit_pos pos, wy_err err, const char *text);
bool wy_wit_parser_no_memory(wy_wit_parser *p);
bool wy_wit_parser_fail_twice(wy_wit_parser *p, wy_wit_pos pos, wy_str name);
/* "expected `what`, found ..." at the current token. */
bool wy_wit_parser_expected(wy_wit_parser *p, const char *what);

/* --- memory --- */
/* Cleared. */
void *wy_wit_parser_node(wy_wit_parser *p, size_t size);
/* Adds the key of a name (wy_wit_label_key) to those taken; fails where it is there already. */
bool wy_wit_parser_take_name(wy_wit_parser *p, wy_map *taken, wy_wit_pos pos, wy_str name);
/* Room for one more in the array whose address is `items_at`. */
bool wy_wit_parser_room(wy_wit_parser *p, void *items_at, uint32_t count, uint32_t *cap,
                        size_t size);

/* --- tokens --- */
bool wy_wit_parser_advance(wy_wit_parser *p);
bool wy_wit_parser_is_op(const wy_wit_parser *p, const char *op);
bool wy_wit_parser_is_word(const wy_wit_parser *p, const char *word);
/* Consumes the operator or fails. */
bool wy_wit_parser_need_op(wy_wit_parser *p, const char *op);
/* Consume it if it is there, which `*found_out` tells; false only on a failure behind it. */
bool wy_wit_parser_accept_op(wy_wit_parser *p, const char *op, bool *found_out);
bool wy_wit_parser_accept_word(wy_wit_parser *p, const char *word, bool *found_out);
/* A name; `what` says of what in errors. */
bool wy_wit_parser_need_id(wy_wit_parser *p, const char *what, wy_str *name_out);
/* A version, where the current token ('@' or '=') stands right before it. */
bool wy_wit_parser_need_version(wy_wit_parser *p, wy_str *version_out);

/* --- documentation, paths, renames, annotations --- */
/* What the comments in front of the current token say that begin with three slashes or a slash and
 * two stars: lines without their marks, "\n" between them. Empty where there are none. */
bool wy_wit_parser_docs(wy_wit_parser *p, wy_str *docs_out);
/* `*package` and "part" become "package:part". */
bool wy_wit_parser_join(wy_wit_parser *p, wy_str *package, wy_str part);
bool wy_wit_parser_path(wy_wit_parser *p, wy_wit_path *path);
/* A path whose first name was read already. */
bool wy_wit_parser_path_rest(wy_wit_parser *p, wy_str first, wy_wit_path *path);
/* `{ name as alias, ... }` */
bool wy_wit_parser_renames(wy_wit_parser *p, bool alias_needed, wy_wit_rename **names,
                           uint32_t *count, uint32_t *cap);
bool wy_wit_parser_gate(wy_wit_parser *p, wy_wit_gate *gate);

/* --- types and functions (parse_type.c) --- */
/* `async? func (params) -> result` without the ';'. */
bool wy_wit_parser_func_type(wy_wit_parser *p, wy_wit_func *func);
/* Whether the current word begins a type definition. */
bool wy_wit_parser_typedef_word(const wy_wit_parser *p, wy_wit_typedef_kind *kind_out);
/* Both fill the item and define its names in the scope. */
bool wy_wit_parser_typedef(wy_wit_parser *p, wy_wit_scope *scope, wy_wit_typedef_kind kind,
                           wy_wit_item *item);
bool wy_wit_parser_use(wy_wit_parser *p, wy_wit_scope *scope, wy_wit_item *item);

#endif
