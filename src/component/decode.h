/* Decoder: the bytes of a component become an AST, or an error with the offset of the first byte
 * that cannot be right. Whether the whole is valid is for validate.h, what core code does for the
 * engine. */
#ifndef WY_COMPONENT_DECODE_H
#define WY_COMPONENT_DECODE_H

#include "base/arena.h"
#include "base/err.h"
#include "component/ast.h"

/* Decodes `bytes`, which must outlive the AST, into `arena`. WY_MALFORMED with an offset where the
 * binary grammar is broken, WY_LIMIT where a limit of base/limits.h or the arena is reached.
 * Proposals above WASI 0.2 are decoded too; validating refuses them. Any thread. (Binary.md) */
wy_err wy_component_decode(wy_arena *arena, const uint8_t *bytes, size_t len,
                           wy_component_ast **out, wy_diag *diag) WY_MUST_USE;

/* The core modules in a component and in the components in it, by walking over its sections alone:
 * for who wants to begin with them before all is decoded. As many as `max` and as far as the bytes
 * make sense; says how many. */
size_t wy_component_modules(const uint8_t *bytes, size_t len, wy_str *modules_out, size_t max);

/* What a file is by its first bytes. */
typedef enum wy_binary_kind {
    WY_BINARY_OTHER,
    WY_BINARY_MODULE,
    WY_BINARY_COMPONENT,
} wy_binary_kind;
wy_binary_kind wy_binary_kind_of(const uint8_t *bytes, size_t len);

#endif
