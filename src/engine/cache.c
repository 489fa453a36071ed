/* Compile cache: see cache.h. */
#include "engine/cache.h"

#include "base/limits.h"
#include "base/log.h"
#include "engine/sha256.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define STALE_SECONDS 3600    /* a temporary or lock file that old was left behind */
#define FORGET_SECONDS 604800 /* a record that nobody used for so long is of a file of the past */
#define CHECK_ANEW_BYTES ((size_t)64 << 10) /* smaller entries are read as fast as a record */
#define EVICT_TO_PERCENT 80                 /* evicting goes on to here, so that it is rare */
#define WRITE_PIECE ((size_t)64 << 10)
#define ENTRIES_MAX 100000     /* entries looked at when evicting */
#define ENTRY_SUFFIX ".module" /* after the key */

static const char magic[8] = "wycache1";

struct wy_cache {
    char dir[WY_CACHE_PATH_BYTES - 128];
    uint64_t bytes_max;
    atomic_bool has_warned;
};

static void warn(wy_cache *cache, const char *what) {
    if (!atomic_exchange(&cache->has_warned, true))
        wy_log(WY_LOG_WARN, "compile cache %s: %s: %s; going on without", cache->dir, what,
               strerror(errno));
}

/* --- the directory --- */

const char *wy_cache_root(const char *cache_dir, const char **below_out) {
    *below_out = "";
    if (!cache_dir || !*cache_dir) cache_dir = getenv("WITHY_CACHE_DIR");
    if (cache_dir && *cache_dir) return cache_dir;
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    *below_out = "/withy";
    if (xdg && *xdg) return xdg;
    *below_out = "/.cache/withy";
    return home && *home ? home : NULL;
}

static bool choose_dir(const wy_engine_config *config, char *out, size_t size) {
    const char *below, *root = wy_cache_root(config->cache_dir, &below);
    return root && (size_t)snprintf(out, size, "%s%s/compiled", root, below) < size;
}

static bool make_dirs(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int bad = mkdir(path, 0755);
        *slash = '/';
        if (bad && errno != EEXIST) return false;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

/* Code that others could write must not be run. */
static bool is_ours(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0) return false;
    if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0)
        return access(path, R_OK | W_OK | X_OK) == 0;
    errno = EPERM;
    return false;
}

own wy_cache *wy_cache_open(const wy_engine_config *config) {
    if (config->no_cache) return NULL;
    wy_cache *cache = calloc(1, sizeof *cache);
    if (!cache) return NULL;
    cache->bytes_max = config->cache_bytes_max;
    const char *max = getenv("WITHY_CACHE_MAX_BYTES");
    uint64_t value;
    if (!cache->bytes_max && max && wy_str_to_u64(wy_str_of(max), UINT64_MAX, &value))
        cache->bytes_max = value;
    if (!cache->bytes_max) cache->bytes_max = WY_MAX_CACHE_BYTES;
    if (!choose_dir(config, cache->dir, sizeof cache->dir)) {
        free(cache); /* no home, no cache */
        return NULL;
    }
    if (!make_dirs(cache->dir) || !is_ours(cache->dir)) {
        warn(cache, "cannot be used");
        free(cache);
        return NULL;
    }
    return cache;
}

void wy_cache_close(own wy_cache *cache) {
    free(cache);
}

void wy_cache_path(const wy_cache *cache, const char *name, const char *suffix,
                   char out[WY_CACHE_PATH_BYTES]) {
    snprintf(out, WY_CACHE_PATH_BYTES, "%s/%s%s", cache->dir, name, suffix);
}

/* --- keys and digests --- */

void wy_cache_key(const wy_engine *engine, const uint8_t *bytes, size_t len,
                  char key_out[WY_CACHE_KEY_BYTES]) {
    const wy_str pieces[] = {{engine->fingerprint, strlen(engine->fingerprint) + 1},
                             {(const char *)bytes, len}};
    wy_sha256(pieces, 2, key_out);
}

void wy_cache_digest(const void *bytes, size_t len, uint64_t digest_out[2]) {
    XXH128_hash_t hash = XXH3_128bits(bytes, len);
    digest_out[0] = hash.low64;
    digest_out[1] = hash.high64;
}

/* --- reading --- */

static bool is_good(const wy_engine *engine, const uint8_t *bytes, size_t size) {
    wy_cache_trailer trailer;
    uint64_t digest[2];
    if (size < sizeof trailer) return false;
    size_t length = size - sizeof trailer;
    memcpy(&trailer, bytes + length, sizeof trailer);
    if (memcmp(trailer.magic, magic, sizeof magic) != 0 || trailer.length != length) return false;
    if (strncmp(trailer.fingerprint, engine->fingerprint, sizeof trailer.fingerprint) != 0)
        return false;
    wy_cache_digest(bytes, length, digest);
    return digest[0] == trailer.digest[0] && digest[1] == trailer.digest[1];
}

static bool check(const wy_engine *engine, int fd, size_t size) {
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED) return false;
    bool good = is_good(engine, bytes, size);
    munmap(bytes, size);
    return good;
}

/* The file is mapped through the descriptor that was checked: a name may mean another file by now.
 */
static own wasmtime_module_t *map(const wy_engine *engine, int fd) {
    char path[64];
    wasmtime_module_t *module = NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    wasmtime_error_t *error =
        wasmtime_module_deserialize_file(wy_engine_wasm(engine), path, &module);
    if (error) wasmtime_error_delete(error); /* made for another processor, say */
    return error ? NULL : module;
}

/* Reads the entry unless it is known; leaves behind when it was used. */
static own wasmtime_module_t *map_checked(const wy_cache *cache, const wy_engine *engine,
                                          const char *key, int fd, const struct stat *st) {
    wy_file_id id = wy_file_id_of(fd, st);
    bool is_small = id.size < CHECK_ANEW_BYTES;
    bool is_known = !is_small && wy_known_entry(cache, engine, key, &id);
    if (!is_known && !check(engine, fd, (size_t)id.size)) return NULL;
    wasmtime_module_t *module = map(engine, fd);
    if (!module || is_known) return module;
    if (!is_small && id.is_settled)
        wy_know_entry(cache, engine, key, &id);
    else if (time(NULL) - st->st_mtime > WY_CACHE_TOUCH_SECONDS)
        futimens(fd, NULL);
    return module;
}

own wasmtime_module_t *wy_cache_get(wy_cache *cache, const wy_engine *engine, const char *key) {
    char path[WY_CACHE_PATH_BYTES];
    wy_cache_path(cache, key, ENTRY_SUFFIX, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return NULL;
    struct stat st;
    wasmtime_module_t *module = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_size > 0)
        module = map_checked(cache, engine, key, fd, &st);
    if (!module) unlink(path);
    close(fd);
    return module;
}

/* --- writing --- */

int wy_cache_lock(wy_cache *cache, const char *key) {
    char path[WY_CACHE_PATH_BYTES];
    wy_cache_path(cache, key, ".lock", path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        warn(cache, "cannot lock an entry");
        return -1;
    }
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR) {
    }
    return fd;
}

void wy_cache_unlock(wy_cache *cache, const char *key, int lock) {
    if (lock < 0) return;
    /* Who waits on the file that goes away finds the entry when it looks again. */
    char path[WY_CACHE_PATH_BYTES];
    wy_cache_path(cache, key, ".lock", path);
    unlink(path);
    close(lock);
}

/* In pieces: what is written in one may be kept in memory as one (large folios), and is mapped as
 * one then, although a guest runs but a part of its code. */
static bool write_all(int fd, const void *bytes, size_t len) {
    const char *at = bytes;
    while (len) {
        ssize_t n = write(fd, at, len < WRITE_PIECE ? len : WRITE_PIECE);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_entry(const wy_engine *engine, const char *path, wy_str compiled) {
    wy_cache_trailer trailer = {.length = compiled.len};
    memcpy(trailer.magic, magic, sizeof magic);
    snprintf(trailer.fingerprint, sizeof trailer.fingerprint, "%s", engine->fingerprint);
    wy_cache_digest(compiled.ptr, compiled.len, trailer.digest);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return false;
    bool ok = write_all(fd, compiled.ptr, compiled.len) && write_all(fd, &trailer, sizeof trailer);
    return close(fd) == 0 && ok;
}

typedef struct entry {
    char name[96];
    time_t used;
    uint64_t size;
} entry;

static int by_use(const void *a, const void *b) {
    const entry *x = a, *y = b;
    return (x->used > y->used) - (x->used < y->used);
}

/* A file that is no entry: goes when nobody can need it any more. */
static void tidy(int dir, const char *name, const struct stat *st) {
    int64_t age = time(NULL) - st->st_mtime;
    wy_str checked = WY_STR(WY_CACHE_CHECKED_SUFFIX), part = WY_STR(WY_CACHE_PART_SUFFIX);
    bool is_record = wy_str_ends(wy_str_of(name), checked) || wy_str_ends(wy_str_of(name), part);
    if (age > (is_record ? FORGET_SECONDS : STALE_SECONDS)) unlinkat(dir, name, 0);
}

/* An entry was used when it was written or checked, or when its record was. */
static time_t time_of_use(const wy_cache *cache, const char *name, time_t written) {
    char key[WY_CACHE_KEY_BYTES], path[WY_CACHE_PATH_BYTES];
    struct stat st;
    snprintf(key, sizeof key, "%s", name);
    wy_cache_path(cache, key, WY_CACHE_CHECKED_SUFFIX, path);
    return lstat(path, &st) == 0 && st.st_mtime > written ? st.st_mtime : written;
}

/* Lists the entries and their size in all; removes what was left behind. */
static size_t list_entries(const wy_cache *cache, entry **entries_out, uint64_t *total_out) {
    wy_str suffix = WY_STR(ENTRY_SUFFIX);
    size_t count = 0, cap = 0;
    entry *entries = NULL;
    *total_out = 0;
    DIR *dir = opendir(cache->dir);
    for (struct dirent *item; dir && count < ENTRIES_MAX && (item = readdir(dir)) != NULL;) {
        struct stat st;
        if (fstatat(dirfd(dir), item->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (!S_ISREG(st.st_mode) || strlen(item->d_name) >= sizeof entries->name) continue;
        if (!wy_str_ends(wy_str_of(item->d_name), suffix)) {
            tidy(dirfd(dir), item->d_name, &st);
            continue;
        }
        if (count == cap) {
            cap = cap ? 2 * cap : 64;
            entry *more = realloc(entries, cap * sizeof *entries);
            if (!more) break;
            entries = more;
        }
        entry *e = &entries[count++];
        snprintf(e->name, sizeof e->name, "%s", item->d_name);
        e->used = time_of_use(cache, item->d_name, st.st_mtime);
        e->size = (uint64_t)st.st_size;
        *total_out += e->size;
    }
    if (dir) closedir(dir);
    *entries_out = entries;
    return count;
}

static void evict(const wy_cache *cache) {
    entry *entries;
    uint64_t total;
    size_t count = list_entries(cache, &entries, &total);
    if (total > cache->bytes_max) {
        uint64_t target = cache->bytes_max / 100 * EVICT_TO_PERCENT;
        qsort(entries, count, sizeof *entries, by_use);
        for (size_t i = 0; i < count && total > target; i++) {
            char path[WY_CACHE_PATH_BYTES];
            wy_cache_path(cache, entries[i].name, "", path);
            if (unlink(path) == 0) total -= entries[i].size;
        }
    }
    free(entries);
}

void wy_cache_put(wy_cache *cache, const wy_engine *engine, const char *key, wy_str compiled) {
    char temp[WY_CACHE_PATH_BYTES], path[WY_CACHE_PATH_BYTES], suffix[32];
    if (compiled.len > cache->bytes_max) return; /* it would only push everything else out */
    snprintf(suffix, sizeof suffix, ".%ld.tmp", (long)getpid());
    wy_cache_path(cache, key, suffix, temp);
    wy_cache_path(cache, key, ENTRY_SUFFIX, path);
    if (!write_entry(engine, temp, compiled) || rename(temp, path) != 0) {
        warn(cache, "cannot write an entry");
        unlink(temp);
    } else {
        evict(cache);
    }
}
