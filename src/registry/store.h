/* Store: a folder of files that are named by their digest. A file becomes visible whole, and was
 * checked when it was made; several processes may use one folder. */
#ifndef WY_REGISTRY_STORE_H
#define WY_REGISTRY_STORE_H

#include "base/arena.h"
#include "base/str.h"

#define WY_STORE_WASM ".wasm"         /* components */
#define WY_STORE_DATA ".data"         /* everything else */
#define WY_STORE_MANIFEST ".manifest" /* of images */
#define WY_STORE_UNPACKED ".unpacked" /* empty: the files of that archive are there */
#define WY_STORE_APP ".app.json"      /* applications, by their image's digest */

/* The folder, beside that of compiled code: $WITHY_CACHE_DIR/components and so on; it need not
 * exist. NULL: no memory. */
const char *wy_store_folder(wy_arena *arena, const char *cache_dir);

/* "<folder>/<sha256><suffix>"; NULL: no memory. */
const char *wy_store_path(wy_arena *arena, const char *folder, wy_str sha256, const char *suffix);
bool wy_store_has(const char *path);
/* Makes the file `from` of the same folder the one of its digest, which `sha256_out` gets
 * (WY_SHA256_TEXT bytes). */
wy_err wy_store_adopt(wy_arena *arena, const char *folder, const char *from, const char *suffix,
                      char *sha256_out, wy_diag *diag) WY_MUST_USE;

#endif
