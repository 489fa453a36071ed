/* Validator: decides whether a decoded component follows the rules of the component model (the part
 * that WASI 0.2 uses), and gives the resolved types of everything in it. Core code is left to the
 * engine. */
#ifndef WY_COMPONENT_VALIDATE_H
#define WY_COMPONENT_VALIDATE_H

#include "base/arena.h"
#include "base/err.h"
#include "component/types.h"

/* Validates `ast` and everything nested in it; the result lies in `arena` and refers to the AST.
 * WY_INVALID with the offset of the definition that breaks a rule, WY_UNSUPPORTED naming the
 * proposal for what is above WASI 0.2, WY_LIMIT where a limit or the arena is reached. Any thread.
 */
wy_err wy_component_validate(wy_arena *arena, const wy_component_ast *ast,
                             const wy_component_types **types_out, wy_diag *diag) WY_MUST_USE;

#endif
