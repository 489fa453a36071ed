/* The store: names of files. */
#include "registry/store.h"

#include "engine/engine.h"
#include "engine/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for a file");
}

const char *wy_store_folder(wy_arena *arena, const char *cache_dir) {
    const char *below, *root = wy_cache_root(cache_dir, &below);
    return wy_arena_printf(arena, "%s%s/components", root ? root : "/tmp", below);
}

const char *wy_store_path(wy_arena *arena, const char *folder, wy_str sha256, const char *suffix) {
    return wy_arena_printf(arena, "%s/" WY_STR_FMT "%s", folder, WY_STR_ARG(sha256), suffix);
}

bool wy_store_has(const char *path) {
    return access(path, R_OK) == 0;
}

/* The digest of a whole file; false with errno set. */
static bool digest_of(const char *path, char *sha256_out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat info;
    bool ok = fd >= 0 && fstat(fd, &info) == 0;
    wy_str bytes = {NULL, ok ? (size_t)info.st_size : 0};
    void *at = bytes.len ? mmap(NULL, bytes.len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (at == MAP_FAILED) ok = false;
    if (ok) {
        bytes.ptr = at;
        wy_sha256(&bytes, bytes.len ? 1 : 0, sha256_out);
        if (at) munmap(at, bytes.len);
    }
    if (fd >= 0) close(fd);
    return ok;
}

wy_err wy_store_adopt(wy_arena *arena, const char *folder, const char *from, const char *suffix,
                      char *sha256_out, wy_diag *diag) {
    if (!digest_of(from, sha256_out))
        return wy_diag_set(diag, WY_IO, "%s: %s", from, strerror(errno));
    const char *path = wy_store_path(arena, folder, wy_str_of(sha256_out), suffix);
    if (!path) return no_memory(diag);
    if (rename(from, path) == 0) return WY_OK;
    return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
}
