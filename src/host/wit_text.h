/* A component's types as WIT text, by way of the model that wit/ prints. */
#ifndef WY_HOST_WIT_TEXT_H
#define WY_HOST_WIT_TEXT_H

#include "base/arena.h"
#include "component/types.h"

/* Appends the component's world, and every named interface that it imports or exports in a block
 * for its package; the text parses again (wit/parse.h). The model in between lies in `arena`.
 *
 * A binary keeps less than the WIT it was made of, so the text differs from that in three ways:
 * a further name of a primitive type or resource is seen where it is defined but not where it is
 * used, an interface that is imported and exported is shown as it is imported, and what WIT cannot
 * say (an import of a core module) is a comment. WY_NOMEM, WY_LIMIT (the arena's). */
wy_err wy_wit_text_world(wy_buf *buf, wy_arena *arena, const wy_component_type *type,
                         wy_diag *diag) WY_MUST_USE;

#endif
