/* Archives: the ustar format, with the extensions that carry longer names skipped, as names mean
 * nothing here; compression is zlib's.
 *
 *   header of 512 bytes, content up to a multiple of 512, ..., two blocks of zeros
 *   header:  0 name 100 | 124 size in octal 12 | 148 sum 8 | 156 type | 257 "ustar" | 345 prefix */
#include "registry/archive.h"

#include "base/limits.h"
#include "engine/sha256.h"
#include "registry/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK 512
#define NAME_MAX_BYTES 100
#define PREFIX_MAX_BYTES 155

/* --- unpacking --- */

typedef struct unpacking {
    wy_arena *arena;
    gzFile file;
    const char *folder;
    wy_diag *diag;
    uint64_t total;
    uint32_t files;
} unpacking;

static wy_err malformed(const unpacking *u, const char *what) {
    return wy_diag_set(u->diag, WY_MALFORMED, "the archive of files %s", what);
}

static unsigned sum_of(const unsigned char header[BLOCK]) {
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : header[i];
    return sum;
}

/* Octal digits, spaces and a NUL around them; or the binary form of large numbers. */
static bool number_of(const unsigned char *field, size_t len, uint64_t *out) {
    *out = 0;
    if (field[0] & 0x80) {
        for (size_t i = 0; i < len; i++) {
            if (*out >> 55) return false;
            *out = *out << 8 | (i ? field[i] : field[i] & 0x7fu);
        }
        return true;
    }
    size_t i = 0;
    while (i < len && field[i] == ' ')
        i++;
    for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
        *out = *out << 3 | (uint64_t)(field[i] - '0');
    return i == len || field[i] == ' ' || field[i] == '\0';
}

/* Content and its padding; written to `fd` where that is not -1. */
static wy_err pass(unpacking *u, uint64_t size, int fd) {
    char buffer[64 * BLOCK];
    uint64_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
    for (uint64_t at = 0; at < padded;) {
        unsigned want = padded - at < sizeof buffer ? (unsigned)(padded - at) : sizeof buffer;
        int n = gzread(u->file, buffer, want);
        if (n <= 0 || (unsigned)n != want) return malformed(u, "ends too early");
        uint64_t content = at < size ? size - at : 0;
        size_t len = content < want ? (size_t)content : want;
        for (size_t done = 0; fd >= 0 && done < len;) {
            ssize_t m = write(fd, buffer + done, len - done);
            if (m <= 0) return wy_diag_set(u->diag, WY_IO, "%s: %s", u->folder, strerror(errno));
            done += (size_t)m;
        }
        at += want;
    }
    return WY_OK;
}

static wy_err take_file(unpacking *u, uint64_t size) {
    char sha256[WY_SHA256_TEXT];
    if (++u->files > WY_MAX_APP_FILES)
        return wy_diag_set(u->diag, WY_LIMIT, "more than %d files (WY_MAX_APP_FILES)",
                           WY_MAX_APP_FILES);
    wy_arena_mark mark = wy_arena_here(u->arena);
    char *path = wy_arena_printf(u->arena, "%s/unpacked.%ld.tmp", u->folder, (long)getpid());
    if (!path) return wy_diag_set(u->diag, WY_NOMEM, "out of memory for an archive");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return wy_diag_set(u->diag, WY_IO, "%s: %s", path, strerror(errno));
    wy_err err = pass(u, size, fd);
    if (close(fd) != 0 && !err) err = wy_diag_set(u->diag, WY_IO, "%s: %s", path, strerror(errno));
    if (!err) err = wy_store_adopt(u->arena, u->folder, path, WY_STORE_DATA, sha256, u->diag);
    if (err) unlink(path);
    wy_arena_rewind(u->arena, mark);
    return err;
}

static wy_err unpack(unpacking *u) {
    unsigned char header[BLOCK];
    for (;;) {
        uint64_t size, sum;
        int n = gzread(u->file, header, BLOCK);
        if (n == 0) return WY_OK; /* without its blocks of zeros */
        if (n != BLOCK) return malformed(u, "is broken");
        bool is_end = true;
        for (size_t i = 0; i < BLOCK; i++)
            is_end &= header[i] == 0;
        if (is_end) return WY_OK;
        if (!number_of(header + 148, 8, &sum) || sum != sum_of(header) ||
            !number_of(header + 124, 12, &size))
            return malformed(u, "is broken");
        u->total += size;
        if (size > WY_MAX_ARCHIVE_BYTES || u->total > WY_MAX_ARCHIVE_BYTES)
            return wy_diag_set(u->diag, WY_LIMIT,
                               "files of more than %zu bytes in one layer (WY_MAX_ARCHIVE_BYTES)",
                               WY_MAX_ARCHIVE_BYTES);
        bool is_file = header[156] == '0' || header[156] == '\0';
        wy_err err = is_file ? take_file(u, size) : pass(u, size, -1);
        if (err) return err;
    }
}

wy_err wy_archive_unpack(wy_arena *arena, const char *path, const char *folder, wy_diag *diag) {
    unpacking u = {.arena = arena, .folder = folder, .diag = diag, .file = gzopen(path, "rbe")};
    if (!u.file) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    wy_err err = unpack(&u);
    gzclose_r(u.file);
    return err;
}

/* --- packing --- */

struct wy_archive {
    gzFile file;
    bool failed;
};

wy_err wy_archive_begin(const char *path, own wy_archive **out, wy_diag *diag) {
    *out = calloc(1, sizeof **out);
    if (!*out) return wy_diag_set(diag, WY_NOMEM, "out of memory for an archive");
    (*out)->file = gzopen(path, "wbe6");
    if ((*out)->file) return WY_OK;
    free(*out);
    *out = NULL;
    return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
}

/* A long name is split at a slash. */
static bool put_name(unsigned char header[BLOCK], wy_str name) {
    wy_str prefix = {0};
    if (name.len > NAME_MAX_BYTES) {
        size_t at = name.len - NAME_MAX_BYTES - 1;
        while (at < name.len && name.ptr[at] != '/')
            at++;
        if (at == name.len || at > PREFIX_MAX_BYTES || at + 1 == name.len) return false;
        prefix = wy_str_sub(name, 0, at);
        name = wy_str_sub(name, at + 1, name.len);
    }
    memcpy(header, name.ptr, name.len);
    if (prefix.len) memcpy(header + 345, prefix.ptr, prefix.len);
    return true;
}

static void put(wy_archive *archive, const void *bytes, size_t len) {
    for (size_t at = 0; at < len && !archive->failed;) {
        unsigned part = len - at < ((size_t)1 << 20) ? (unsigned)(len - at) : 1u << 20;
        archive->failed = gzwrite(archive->file, (const char *)bytes + at, part) != (int)part;
        at += part;
    }
}

wy_err wy_archive_add(wy_archive *archive, wy_str name, wy_str bytes, wy_diag *diag) {
    unsigned char header[BLOCK] = {0};
    static const unsigned char zeros[BLOCK];
    if (name.len == 0 || !put_name(header, name))
        return wy_diag_set(diag, WY_INVALID,
                           "the name of a file is too long for an archive: " WY_STR_FMT,
                           WY_STR_ARG(name));
    snprintf((char *)header + 100, 8, "0000644");
    snprintf((char *)header + 108, 8, "0000000");
    snprintf((char *)header + 116, 8, "0000000");
    snprintf((char *)header + 124, 12, "%011llo", (unsigned long long)bytes.len);
    snprintf((char *)header + 136, 12, "00000000000");
    header[156] = '0';
    memcpy(header + 257, "ustar\00000", 8);
    snprintf((char *)header + 148, 8, "%06o", sum_of(header));
    header[155] = ' ';
    put(archive, header, BLOCK);
    put(archive, bytes.ptr, bytes.len);
    put(archive, zeros, (BLOCK - bytes.len % BLOCK) % BLOCK);
    return archive->failed
               ? wy_diag_set(diag, WY_IO, "an archive cannot be written: %s", strerror(errno))
               : WY_OK;
}

wy_err wy_archive_end(own wy_archive *archive, wy_diag *diag) {
    static const unsigned char zeros[2 * BLOCK];
    put(archive, zeros, sizeof zeros);
    bool ok = !archive->failed;
    ok = gzclose_w(archive->file) == Z_OK && ok;
    free(archive);
    return ok ? WY_OK
              : wy_diag_set(diag, WY_IO, "an archive cannot be written: %s", strerror(errno));
}
