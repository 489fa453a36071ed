/* WIT text of a component, from its validated types. */
#ifndef WY_HOST_WIT_TEXT_H
#define WY_HOST_WIT_TEXT_H

#include "component/types.h"

/* Appends the component's world, and every interface it imports or exports as a package of its own.
 */
void wy_wit_text_world(wy_buf *buf, const wy_component_type *type);
/* Appends a function's type ("func(a: u32) -> string") as seen in `scope` (NULL: none). */
void wy_wit_text_func(wy_buf *buf, const wy_ctype_func *func, const wy_instance_type *scope);

#endif
