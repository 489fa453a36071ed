/* Content: what a locked application refers to: binaries and files, which are files of this machine
 * where it runs, and blobs of a registry while it is in one. The application itself, a JSON text,
 * is app/locked.h's; only its references are looked at here.
 *
 *   reference  {"source": "file:///..."} here,  {"digest": "sha256:...", "inline": "..."?} there
 *   at         components[].source, .dependencies.*.source, .files[] (beside "path") */
#ifndef WY_REGISTRY_CONTENT_H
#define WY_REGISTRY_CONTENT_H

#include "base/arena.h"
#include "base/str.h"

typedef struct wy_content_origin {
    wy_str reference; /* in full */
    wy_str sha256;    /* of the image's manifest */
} wy_content_origin;

/* From a registry: refers to files of the store `folder` instead, where what stands inline is put
 * too, and says where it came from. WY_MALFORMED: no JSON; WY_INVALID: it refers to what is not
 * there. */
wy_err wy_content_localize(wy_arena *arena, wy_str json, const char *folder,
                           const wy_content_origin *origin, wy_buf *out, wy_diag *diag) WY_MUST_USE;

/* A blob to be uploaded. */
typedef struct wy_content_blob {
    const char *path;
    wy_str sha256;
    uint64_t size;
    const char *media_type; /* static memory */
} wy_content_blob;

typedef struct wy_content {
    wy_content_blob *blobs; /* each once */
    uint32_t blob_count, blob_cap;
    wy_str json; /* the application, which refers to them */
} wy_content;

/* To a registry: every file becomes a blob, unless it is so small that it stands inline; folders
 * become their files. `packed`: files that are not inline go into one archive for each folder, made
 * in `scratch`, and have no blob of their own. WY_INVALID, WY_IO, WY_LIMIT. */
wy_err wy_content_collect(wy_arena *arena, wy_str json, bool packed, const char *scratch,
                          wy_content *out, wy_diag *diag) WY_MUST_USE;

#endif
