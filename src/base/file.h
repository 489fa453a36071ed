/* Files as a whole. */
#ifndef WY_BASE_FILE_H
#define WY_BASE_FILE_H

#include "base/err.h"
#include "base/str.h"

/* Written beside the target and renamed, so that nobody ever sees half a file. WY_IO, WY_INVALID
 * (the path is too long). */
wy_err wy_file_replace(const char *path, wy_str content, unsigned mode, wy_diag *diag) WY_MUST_USE;

#endif
