/* Texts that people write: read whole, within a limit, and shown where something in them is wrong.
 */
#ifndef WY_BASE_TEXT_H
#define WY_BASE_TEXT_H

#include "base/arena.h"
#include "base/str.h"

/* The file `path` into `arena`, followed by a NUL that is not counted. WY_NOT_FOUND: it, or a
 * folder on its way, does not exist; WY_LIMIT: larger than WY_MAX_MANIFEST_BYTES; WY_IO. Any
 * thread. */
wy_err wy_text_read(wy_arena *arena, const char *path, wy_str *text_out, wy_diag *diag) WY_MUST_USE;

/* Reports "path:line:column: words" (an empty path: "column N: words", with the line where it is
 * not the first), and below that the line itself with a caret under the byte `at` of `text`. Lines
 * and columns count from 1, columns in characters. Returns `err`. */
wy_err wy_text_fail(wy_diag *diag, wy_err err, wy_str path, wy_str text, size_t at, const char *fmt,
                    ...) WY_PRINTF(6, 7);
wy_err wy_text_failv(wy_diag *diag, wy_err err, wy_str path, wy_str text, size_t at,
                     const char *fmt, va_list args);

/* What `diag` says of line and column (in bytes) of `text`, in that form; what has no place in it
 * gets the path in front. Does nothing where nothing was reported. */
void wy_text_place(wy_diag *diag, wy_str path, wy_str text);
/* The same for a text with secrets in it: the line is not shown. */
void wy_text_place_private(wy_diag *diag, wy_str path, wy_str text);
/* A URL as it may be shown: without user and password, and without its query, which may be secret;
 * cut where it is longer than `size` allows. */
void wy_text_url(wy_str url, char *out, size_t size);

#endif
