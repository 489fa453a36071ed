/* Text files: read whole, within a limit. */
#ifndef WY_BASE_TEXT_H
#define WY_BASE_TEXT_H

#include "base/arena.h"
#include "base/str.h"

/* The file `path` into `arena`, followed by a NUL that is not counted. WY_NOT_FOUND: it, or a
 * folder on its way, does not exist; WY_LIMIT: larger than WY_MAX_MANIFEST_BYTES; WY_IO. Any
 * thread. */
wy_err wy_text_read(wy_arena *arena, const char *path, wy_str *text_out, wy_diag *diag) WY_MUST_USE;

#endif
