/* Plug-ins: programs that are triggers or verbs of their own. They are found in withy's folder of
 * plug-ins, in Spin's (the same layout: <data>/plugins/NAME/NAME, with its manifest as
 * <data>/plugins/manifests/NAME.json), and by their names on the PATH. */
#ifndef WY_HOST_PLUGIN_H
#define WY_HOST_PLUGIN_H

#include "base/arena.h"
#include "base/str.h"

/* The executable of the plug-in `name`, which on the PATH is called "withy-NAME"; and also plainly
 * "NAME" where `is_plain`. WY_NOT_FOUND, with the places that were looked at. */
wy_err wy_plugin_find(wy_arena *arena, wy_str name, bool is_plain, const char **path_out,
                      wy_diag *diag) WY_MUST_USE;

/* A folder in which plug-ins are: withy's own (0) and Spin's (1). NULL: no memory. */
const char *wy_plugin_folder(wy_arena *arena, unsigned index);
#define WY_PLUGIN_FOLDERS 2
/* Whether the file can be run. */
bool wy_plugin_is_program(const char *path);

/* What Spin tells its plug-ins by their environment: "NAME=VALUE", ended by NULL; and `more`, ended
 * by NULL as well. NULL: no memory. */
const char *const *wy_plugin_variables(wy_arena *arena, const char *const *more);

#endif
