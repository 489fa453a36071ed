/* Folders that the host makes for itself: of state and logs, and temporary ones. */
#ifndef WY_HOST_FOLDER_H
#define WY_HOST_FOLDER_H

#include "base/arena.h"
#include "base/err.h"

/* Makes the folder and those above it; one that is there already is good. WY_IO, WY_INVALID (the
 * path is too long). */
wy_err wy_folder_make(const char *path, wy_diag *diag) WY_MUST_USE;

/* A new empty folder that only this user may enter, in `parent`: "<parent>/<name>-<six letters>",
 * in `arena`. WY_IO, WY_NOMEM. */
wy_err wy_folder_make_temporary(wy_arena *arena, const char *parent, const char *name,
                                char **path_out, wy_diag *diag) WY_MUST_USE;

/* Removes a folder with all that is in it, without following links; what cannot be removed stays.
 */
void wy_folder_remove(const char *path);

#endif
