/* What is known of files without reading them: small records in the cache's folder, each telling
 * what a file with this identity holds. cache.h says why they can be believed. */
#include "engine/cache.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* A change less than that before now might be followed by one that bears the same time: the
 * coarsest clock of a file system ticks every two seconds. */
#define SETTLED_NS ((uint64_t)2100000000)
/* Where a file system takes its times from the kernel's own clock (ticking a hundred times a second
 * at least) and keeps all of their digits, a change shows within a tick. The rest is for a write
 * that has got its time and goes on. */
#define SETTLED_FINE_NS ((uint64_t)250000000)
#define COARSE_NS 1000000 /* a time with digits below this was not rounded to more */
#define MAGIC_XFS 0x58465342

#define BOOT_BYTES 40

/* The file, byte by byte: no padding. Strings are NUL-padded. */
typedef struct record {
    char magic[8];
    uint64_t device, inode, size, modified_ns, changed_ns;
    uint64_t offset, len; /* the part of the file that it is about */
    char boot[BOOT_BYTES];
    char fingerprint[192];
    char value[WY_CACHE_KEY_BYTES + 7];
    uint64_t digest[2]; /* of all before it */
} record;

_Static_assert(sizeof(record) ==
                   8 + 7 * 8 + BOOT_BYTES + 192 + WY_CACHE_KEY_BYTES + 7 + 2 * sizeof(uint64_t),
               "no padding");

#define SUBJECT_BYTES offsetof(record, value)

static uint64_t ns_of(struct timespec t) {
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool has_fine_times(int fd, uint64_t changed_ns) {
    struct statfs fs;
    if (changed_ns % COARSE_NS == 0 || fstatfs(fd, &fs) != 0) return false;
    switch (fs.f_type) {
    case EXT4_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case MAGIC_XFS: return true;
    default: return false;
    }
}

wy_file_id wy_file_id_of(int fd, const struct stat *st) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME_COARSE, &t); /* what files are stamped with */
    wy_file_id id = {.device = st->st_dev,
                     .inode = st->st_ino,
                     .size = (uint64_t)st->st_size,
                     .modified_ns = ns_of(st->st_mtim),
                     .changed_ns = ns_of(st->st_ctim)};
    uint64_t now = ns_of(t);
    uint64_t last = id.modified_ns > id.changed_ns ? id.modified_ns : id.changed_ns;
    id.is_settled = S_ISREG(st->st_mode) && (st->st_uid == geteuid() || st->st_uid == 0) &&
                    last < now &&
                    (now - last > SETTLED_NS ||
                     (now - last > SETTLED_FINE_NS && has_fine_times(fd, id.changed_ns)));
    return id;
}

static record about(const wy_engine *engine, const wy_file_id *id, uint64_t offset, uint64_t len) {
    record r = {.device = id->device,
                .inode = id->inode,
                .size = id->size,
                .modified_ns = id->modified_ns,
                .changed_ns = id->changed_ns,
                .offset = offset,
                .len = len};
    memcpy(r.magic, "wyknown1", sizeof r.magic);
    memcpy(r.fingerprint, engine->fingerprint, sizeof r.fingerprint);
    return r;
}

/* True, with the value: there is a record about just that. */
static bool look_up(const wy_cache *cache, const char *name, const char *suffix,
                    const record *wanted, char value_out[WY_CACHE_KEY_BYTES]) {
    char path[WY_CACHE_PATH_BYTES];
    record r;
    uint64_t digest[2];
    struct stat st;
    wy_cache_path(cache, name, suffix, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return false;
    bool found = fstat(fd, &st) == 0 && st.st_uid == geteuid() && st.st_size == sizeof r &&
                 read(fd, &r, sizeof r) == sizeof r;
    if (found) {
        wy_cache_digest(&r, offsetof(record, digest), digest);
        found =
            memcmp(digest, r.digest, sizeof digest) == 0 && memcmp(&r, wanted, SUBJECT_BYTES) == 0;
    }
    if (found) {
        memcpy(value_out, r.value, WY_CACHE_KEY_BYTES);
        value_out[WY_CACHE_KEY_BYTES - 1] = 0;
        if (time(NULL) - st.st_mtime > WY_CACHE_TOUCH_SECONDS) futimens(fd, NULL);
    }
    close(fd);
    return found;
}

/* Best effort. */
static void write_down(const wy_cache *cache, const char *name, const char *suffix, record r,
                       const char *value) {
    char path[WY_CACHE_PATH_BYTES], temp[WY_CACHE_PATH_BYTES], unique[32];
    snprintf(r.value, sizeof r.value, "%s", value);
    wy_cache_digest(&r, offsetof(record, digest), r.digest);
    snprintf(unique, sizeof unique, "%s.%ld.tmp", suffix, (long)getpid());
    wy_cache_path(cache, name, suffix, path);
    wy_cache_path(cache, name, unique, temp);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return;
    bool ok = write(fd, &r, sizeof r) == sizeof r;
    if (close(fd) != 0 || !ok || rename(temp, path) != 0) unlink(temp);
}

/* --- parts of the file that is being loaded --- */

void wy_engine_set_source(wy_engine *engine, const wy_file_id *id, const uint8_t *bytes,
                          size_t len) {
    wy_ahead_end(engine);
    engine->source = (wy_source){.bytes = bytes, .len = len};
    if (id) engine->source.id = *id;
}

/* False: `bytes` are of no file, or of one about which nothing may be known. */
static bool subject(const wy_engine *engine, const uint8_t *bytes, size_t len, record *out,
                    char name_out[33]) {
    const wy_source *source = &engine->source;
    uintptr_t begin = (uintptr_t)source->bytes, at = (uintptr_t)bytes;
    if (!engine->cache || !source->bytes || !source->id.is_settled) return false;
    if (at < begin || at - begin > source->len || len > source->len - (at - begin)) return false;
    *out = about(engine, &source->id, at - begin, len);
    uint64_t hash[2];
    wy_cache_digest(out, SUBJECT_BYTES, hash);
    snprintf(name_out, 33, "%016llx%016llx", (unsigned long long)hash[0],
             (unsigned long long)hash[1]);
    return true;
}

bool wy_known_part(const wy_engine *engine, const uint8_t *bytes, size_t len,
                   char value_out[WY_CACHE_KEY_BYTES]) {
    record r;
    char name[33];
    return subject(engine, bytes, len, &r, name) &&
           look_up(engine->cache, name, WY_CACHE_PART_SUFFIX, &r, value_out);
}

void wy_know_part(const wy_engine *engine, const uint8_t *bytes, size_t len, const char *value) {
    record r;
    char name[33];
    if (subject(engine, bytes, len, &r, name))
        write_down(engine->cache, name, WY_CACHE_PART_SUFFIX, r, value);
}

/* --- entries --- */

/* What was written before a power failure may not be what is read after it. */
static bool get_boot(char out[BOOT_BYTES]) {
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, BOOT_BYTES);
    if (fd >= 0) close(fd);
    return n > 0;
}

bool wy_known_entry(const wy_cache *cache, const wy_engine *engine, const char *key,
                    const wy_file_id *id) {
    char value[WY_CACHE_KEY_BYTES];
    record r = about(engine, id, 0, id->size);
    return id->is_settled && get_boot(r.boot) &&
           look_up(cache, key, WY_CACHE_CHECKED_SUFFIX, &r, value) && strcmp(value, key) == 0;
}

void wy_know_entry(const wy_cache *cache, const wy_engine *engine, const char *key,
                   const wy_file_id *id) {
    record r = about(engine, id, 0, id->size);
    if (id->is_settled && get_boot(r.boot)) write_down(cache, key, WY_CACHE_CHECKED_SUFFIX, r, key);
}
