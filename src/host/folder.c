/* Folders that the host makes for itself: see folder.h. */
#include "host/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

wy_err wy_folder_make_temporary(wy_arena *arena, const char *parent, const char *name,
                                char **path_out, wy_diag *diag) {
    char *path = wy_arena_printf(arena, "%s/%s-XXXXXX", parent, name);
    if (!path) return wy_diag_set(diag, WY_NOMEM, "out of memory for a folder's name");
    if (!mkdtemp(path)) return wy_diag_set(diag, WY_IO, "%s: %s", parent, strerror(errno));
    *path_out = path;
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
