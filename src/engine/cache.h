/* Compile cache: compiled modules on disk, shared by the processes of one user.
 *
 *   entry file:  compiled module (what Wasmtime maps) | trailer: magic, fingerprint, length, digest
 *
 * The file's name is the SHA-256 of engine fingerprint and module. An entry becomes visible whole
 * (rename) and is believed only when its digest holds, since loading one trusts its bytes; the
 * directory must belong to the user alone. Its size is bounded; what was not used longest goes. */
#ifndef WY_ENGINE_CACHE_H
#define WY_ENGINE_CACHE_H

#include "engine/internal.h"

#define WY_CACHE_KEY_BYTES 65 /* hexadecimal, NUL-terminated */

/* NULL: switched off, or the directory cannot be used (one warning). */
own wy_cache *wy_cache_open(const wy_engine_config *config);
void wy_cache_close(own wy_cache *cache);

void wy_cache_key(const wy_engine *engine, const uint8_t *bytes, size_t len,
                  char key_out[WY_CACHE_KEY_BYTES]);
/* NULL: no entry, or none that can be used (which is then removed). */
own wasmtime_module_t *wy_cache_get(wy_cache *cache, const wy_engine *engine, const char *key);
/* So that of several processes that miss one does the work: blocks while another holds it. The
 * result goes to wy_cache_unlock; -1 is fine. */
int wy_cache_lock(wy_cache *cache, const char *key);
void wy_cache_unlock(wy_cache *cache, const char *key, int lock);
/* Best effort: what goes wrong is warned of once. */
void wy_cache_put(wy_cache *cache, const wy_engine *engine, const char *key,
                  const wasmtime_module_t *module);

/* --- the trailer, for aot.c and tests --- */
typedef struct wy_cache_trailer {
    char magic[8];
    uint64_t length;       /* of the compiled module before it */
    uint64_t digest[2];    /* XXH3-128 of the compiled module */
    char fingerprint[192]; /* the engine's, NUL-padded */
} wy_cache_trailer;

void wy_cache_digest(const void *bytes, size_t len, uint64_t digest_out[2]);

#endif
