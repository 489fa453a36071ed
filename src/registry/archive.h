/* Archive: files packed into one layer, a tar compressed by gzip. */
#ifndef WY_REGISTRY_ARCHIVE_H
#define WY_REGISTRY_ARCHIVE_H

#include "base/arena.h"
#include "base/str.h"

/* Puts each regular file of the archive at `path` into the store `folder` (registry/store.h) by its
 * digest; names, links and devices mean nothing. WY_MALFORMED: it is no such archive; WY_LIMIT:
 * WY_MAX_APP_FILES, WY_MAX_ARCHIVE_BYTES; WY_IO. */
wy_err wy_archive_unpack(wy_arena *arena, const char *path, const char *folder,
                         wy_diag *diag) WY_MUST_USE;

/* Writing one: begin, a file at a time, end. Times, owners and rights are none, so that the same
 * files make the same archive. */
typedef struct wy_archive wy_archive;
wy_err wy_archive_begin(const char *path, own wy_archive **out, wy_diag *diag) WY_MUST_USE;
/* WY_INVALID: the name is longer than the format's 255 bytes, of which a part of 100 has to stand
 * behind a slash. */
wy_err wy_archive_add(wy_archive *archive, wy_str name, wy_str bytes, wy_diag *diag) WY_MUST_USE;
/* Frees it in any case. */
wy_err wy_archive_end(own wy_archive *archive, wy_diag *diag) WY_MUST_USE;

#endif
