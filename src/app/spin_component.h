/* The component tables of a Spin manifest; used by spin.c alone. */
#ifndef WY_APP_SPIN_COMPONENT_H
#define WY_APP_SPIN_COMPONENT_H

#include "app/field.h"

/* Reads one component table, `[component.<id>]` or inline, into `out`. Templates may name only the
 * variables of `app`. */
wy_err wy_spin_component(const wy_app *app, wy_arena *arena, const wy_toml *table, wy_str id,
                         const char *name, wy_app_component *out, wy_diag *diag) WY_MUST_USE;

/* Lower-case words of letters and digits split by single `separator`; the first begins with a
 * letter. */
bool wy_spin_name_valid(wy_str name, char separator);

#endif
