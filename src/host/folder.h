/* Folders that the host makes for itself: of state and logs, and temporary ones. */
#ifndef WY_HOST_FOLDER_H
#define WY_HOST_FOLDER_H

#include "base/err.h"

/* Makes the folder and those above it; one that is there already is good. WY_IO, WY_INVALID (the
 * path is too long). */
wy_err wy_folder_make(const char *path, wy_diag *diag) WY_MUST_USE;

/* A folder that ends with the processes that have it: with the one that made it and those it forks.
 */
typedef struct wy_temporary_folder {
    char path[1024]; /* "": there is none */
    int lock;        /* the folder itself, locked for as long as a process has it open */
} wy_temporary_folder;

/* A new empty folder that only this user may enter, "<parent>/<name>.<six letters>"; removes those
 * of the same name that processes left which were killed. WY_IO. */
wy_err wy_temporary_folder_make(const char *parent, const char *name,
                                wy_temporary_folder *folder_out, wy_diag *diag) WY_MUST_USE;
/* With all that is in it. To be called by the process that made it, after those it forked have
 * ended; does nothing where there is none. */
void wy_temporary_folder_remove(wy_temporary_folder *folder);

/* Removes a folder with all that is in it, without following links; what cannot be removed stays.
 */
void wy_folder_remove(const char *path);

#endif
