/* Validator: decides whether a decoded component follows the rules of the component model (the part
 * that WASI 0.2 uses), and gives the resolved types of everything in it. Core code is left to the
 * engine. */
#ifndef WY_COMPONENT_VALIDATE_H
#define WY_COMPONENT_VALIDATE_H

#include "base/arena.h"
#include "base/err.h"
#include "component/plan.h"
#include "component/types.h"

/* Proposals above WASI 0.2 that types may use; a set of bits. Whatever else belongs to them is
 * refused all the same: they are here so that their types can be built. */
typedef enum wy_proposal {
    WY_PROPOSAL_ASYNC = 1,         /* async func, stream, future */
    WY_PROPOSAL_MAP = 2,           /* map */
    WY_PROPOSAL_FIXED_LISTS = 4,   /* list with a length */
    WY_PROPOSAL_ERROR_CONTEXT = 8, /* error-context */
} wy_proposal;

/* Validates `ast` and everything nested in it; the result lies in `arena` and refers to the AST.
 * WY_INVALID with the offset of the definition that breaks a rule, WY_UNSUPPORTED naming the
 * proposal for what is above WASI 0.2, WY_LIMIT where a limit or the arena is reached. Any thread.
 */
wy_err wy_component_validate(wy_arena *arena, const wy_component_ast *ast,
                             const wy_component_types **types_out, wy_diag *diag) WY_MUST_USE;

/* The same, and the types of `proposals` (wy_proposal) are accepted. Nothing can run those yet. */
wy_err wy_component_validate_with(wy_arena *arena, const wy_component_ast *ast, unsigned proposals,
                                  const wy_component_types **types_out, wy_diag *diag) WY_MUST_USE;

/* Validates `ast` and the providers of `links`, and that each link gives what its import asks for.
 * The types are those of `ast`. An error in a provider names its index in `provider_out`, which is
 * UINT32_MAX for all others. */
wy_err wy_component_validate_linked(wy_arena *arena, const wy_component_ast *ast,
                                    const wy_plan_links *links,
                                    const wy_component_types **types_out, uint32_t *provider_out,
                                    wy_diag *diag) WY_MUST_USE;

#endif
