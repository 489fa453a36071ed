/* Reads a Spin application manifest (spin.toml, versions 1 and 2) into the application model. */
#ifndef WY_APP_SPIN_H
#define WY_APP_SPIN_H

#include "app/app.h"

/* Reads manifest text. `root` is the folder that relative paths start from; both must live as long
 * as `arena`, as the model holds views of them. Unknown keys, wrong types and broken rules are
 * WY_INVALID; what the manifest asks for and withy does not have is WY_UNSUPPORTED and names it;
 * all with line and column. `profile` chooses among the variants of components; empty: none. */
wy_err wy_app_read_spin(wy_arena *arena, wy_str text, wy_str root, wy_str profile,
                        const wy_app **app_out, wy_diag *diag) WY_MUST_USE;

/* The same from a file, or from the spin.toml in a folder. The diagnosis begins with the file's
 * name and shows the place. WY_NOT_FOUND, WY_IO: it cannot be read. */
wy_err wy_app_load_spin(wy_arena *arena, const char *path, wy_str profile, const wy_app **app_out,
                        wy_diag *diag) WY_MUST_USE;

/* The built-in type of trigger that a wrong name was meant for, perhaps; else empty. */
wy_str wy_spin_trigger_nearest(wy_str type);
/* "'http', 'redis', ...": all built-in types, for a message. */
const char *wy_spin_trigger_names(void);

#endif
