/* Compile cache: compiled modules on disk, shared by the processes of one user.
 *
 *   entry file:  compiled module (what Wasmtime maps) | trailer: magic, fingerprint, length, digest
 *
 * The file's name is the SHA-256 of engine fingerprint and module. An entry becomes visible whole
 * (rename) and is believed only when its digest holds, since loading one trusts its bytes; the
 * directory must belong to the user alone. Its size is bounded; what was not used longest goes.
 *
 * Computing a SHA-256 and a digest over tens of megabytes is most of a start, so their outcome is
 * recorded (known.c): that a file with this identity (device, inode, size, time of modification,
 * time of change) holds a module with that key, and that an entry with this identity was found
 * good since the system started. Whoever writes to a file changes its time of change, which no
 * call sets to a value of one's choice; so another content means another identity. The exception
 * is a change within one tick of the file system's clock, therefore nothing is recorded of a file
 * that has just changed: a quarter of a second where the clock is known to be fine, else two
 * seconds. Files of other users are read each time. */
#ifndef WY_ENGINE_CACHE_H
#define WY_ENGINE_CACHE_H

#include "engine/internal.h"

#define WY_CACHE_KEY_BYTES 65 /* hexadecimal, NUL-terminated */
#define WY_CACHE_PATH_BYTES 4096
#define WY_CACHE_TOUCH_SECONDS 600 /* the time of a last use is this coarse */

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
/* `compiled`: a serialized module. Best effort: what goes wrong is warned of once. */
void wy_cache_put(wy_cache *cache, const wy_engine *engine, const char *key, wy_str compiled);

/* --- records (known.c) --- */

#define WY_CACHE_CHECKED_SUFFIX ".checked" /* after an entry's key */
#define WY_CACHE_PART_SUFFIX ".known"      /* after a hash of what it is about */

/* The value recorded for a part of the engine's source file (wy_engine_set_source). */
bool wy_known_part(const wy_engine *engine, const uint8_t *bytes, size_t len,
                   char value_out[WY_CACHE_KEY_BYTES]);
void wy_know_part(const wy_engine *engine, const uint8_t *bytes, size_t len, const char *value);
/* Whether the file `id` was found to be a good entry for `key`. The engine need not be the cache's
 * own: a further one has none. */
bool wy_known_entry(const wy_cache *cache, const wy_engine *engine, const char *key,
                    const wy_file_id *id);
void wy_know_entry(const wy_cache *cache, const wy_engine *engine, const char *key,
                   const wy_file_id *id);

/* The path of a file in the cache's folder. */
void wy_cache_path(const wy_cache *cache, const char *name, const char *suffix,
                   char out[WY_CACHE_PATH_BYTES]);

/* --- the trailer, for aot.c and tests --- */
typedef struct wy_cache_trailer {
    char magic[8];
    uint64_t length;       /* of the compiled module before it */
    uint64_t digest[2];    /* XXH3-128 of the compiled module */
    char fingerprint[192]; /* the engine's, NUL-padded */
} wy_cache_trailer;

void wy_cache_digest(const void *bytes, size_t len, uint64_t digest_out[2]);

#endif
