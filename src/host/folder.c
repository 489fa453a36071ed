/* Folders that the host makes for itself: see folder.h. */
#include "host/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDERS 16 /* at once, while removing */

wy_err wy_folder_make(const char *path, wy_diag *diag) {
    char part[4096];
    size_t len = strlen(path);
    if (len >= sizeof part) return wy_diag_set(diag, WY_INVALID, "%s: the path is too long", path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return wy_diag_set(diag, WY_IO, "%s: %s", part, strerror(errno));
    }
    return WY_OK;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st;
    (void)kind;
    (void)at;
    (void)remove(path);
    return 0;
}

void wy_folder_remove(const char *path) {
    nftw(path, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* --- temporary ones --- */

static int open_folder(const char *path) {
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* What nobody holds the lock of is a leftover. Another's folders cannot be removed, and are not
 * looked into. */
static void remove_leftover(const char *path) {
    struct stat st;
    int fd = open_folder(path);
    if (fd < 0) return;
    if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
        wy_folder_remove(path);
    close(fd);
}

static void remove_leftovers(const char *parent, const char *name) {
    DIR *dir = opendir(parent);
    if (!dir) return;
    size_t len = strlen(name);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char path[sizeof(wy_temporary_folder){0}.path];
        if (strncmp(entry->d_name, name, len) != 0 || entry->d_name[len] != '.') continue;
        int written = snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
        if (written > 0 && (size_t)written < sizeof path) remove_leftover(path);
    }
    closedir(dir);
}

wy_err wy_temporary_folder_make(const char *parent, const char *name,
                                wy_temporary_folder *folder_out, wy_diag *diag) {
    wy_temporary_folder folder;
    remove_leftovers(parent, name);
    for (;;) {
        struct stat st;
        snprintf(folder.path, sizeof folder.path, "%s/%s.XXXXXX", parent, name);
        if (!mkdtemp(folder.path))
            return wy_diag_set(diag, WY_IO, "%s: %s", parent, strerror(errno));
        folder.lock = open_folder(folder.path);
        bool locked = folder.lock >= 0 && flock(folder.lock, LOCK_EX) == 0;
        if (locked && fstat(folder.lock, &st) == 0 && st.st_nlink > 0) break;
        /* Another took it for a leftover before it was locked, or folders cannot be locked here. */
        int code = errno;
        if (folder.lock >= 0) close(folder.lock);
        if (!locked && code != ENOENT)
            return wy_diag_set(diag, WY_IO, "%s: %s", folder.path, strerror(code));
    }
    *folder_out = folder;
    return WY_OK;
}

void wy_temporary_folder_remove(wy_temporary_folder *folder) {
    if (!folder->path[0]) return;
    wy_folder_remove(folder->path);
    close(folder->lock);
    folder->path[0] = '\0';
}
