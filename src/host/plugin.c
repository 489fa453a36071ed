/* Plug-ins: see plugin.h. */
#include "host/plugin.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The release of Spin whose protocol this is: plug-ins compare it with what they need. */
#define SPIN_MAJOR "4"
#define SPIN_MINOR "1"
#define SPIN_PATCH "0"

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for a plug-in");
}

/* Where `program` keeps what users install: as it says in `variable`, or as the desktop does. */
static const char *data_folder(wy_arena *arena, const char *variable, const char *program) {
    const char *own_folder = getenv(variable), *xdg = getenv("XDG_DATA_HOME"),
               *home = getenv("HOME");
    if (own_folder && *own_folder) return own_folder;
    if (xdg && xdg[0] == '/') return wy_arena_printf(arena, "%s/%s", xdg, program);
    return wy_arena_printf(arena, "%s/.local/share/%s", home && *home ? home : "", program);
}

const char *wy_plugin_folder(wy_arena *arena, unsigned index) {
    const char *data = index == 0 ? data_folder(arena, "WITHY_DATA_DIR", "withy")
                                  : data_folder(arena, "SPIN_DATA_DIR", "spin");
    return data ? wy_arena_printf(arena, "%s/plugins", data) : NULL;
}

bool wy_plugin_is_program(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* The first of the PATH's folders with such a program; NULL: none, or no memory. */
static const char *find_on_path(wy_arena *arena, const char *prefix, wy_str name) {
    const char *path = getenv("PATH");
    for (wy_str rest = wy_str_of(path); rest.len;) {
        size_t end = wy_str_find(rest, ':');
        wy_str folder = wy_str_sub(rest, 0, end);
        rest = wy_str_sub(rest, end < rest.len ? end + 1 : end, rest.len);
        if (folder.len == 0 || folder.ptr[0] != '/') continue; /* never from where one stands */
        const char *file = wy_arena_printf(arena, WY_STR_FMT "/%s" WY_STR_FMT, WY_STR_ARG(folder),
                                           prefix, WY_STR_ARG(name));
        if (file && wy_plugin_is_program(file)) return file;
    }
    return NULL;
}

wy_err wy_plugin_find(wy_arena *arena, wy_str name, bool is_plain, const char **path_out,
                      wy_diag *diag) {
    const char *folders[] = {wy_plugin_folder(arena, 0), wy_plugin_folder(arena, 1)};
    if (!folders[0] || !folders[1]) return no_memory(diag);
    bool is_name = name.len && name.ptr[0] != '.' && wy_str_find(name, '/') == name.len;
    for (size_t i = 0; i < 2 && is_name; i++) {
        *path_out = wy_arena_printf(arena, "%s/" WY_STR_FMT "/" WY_STR_FMT, folders[i],
                                    WY_STR_ARG(name), WY_STR_ARG(name));
        if (!*path_out) return no_memory(diag);
        if (wy_plugin_is_program(*path_out)) return WY_OK;
    }
    if (is_name && (*path_out = find_on_path(arena, "withy-", name))) return WY_OK;
    if (is_name && is_plain && (*path_out = find_on_path(arena, "", name))) return WY_OK;
    *path_out = NULL;
    return wy_diag_set(diag, WY_NOT_FOUND,
                       "there is no program %s/" WY_STR_FMT "/" WY_STR_FMT
                       ", none in %s, and no withy-" WY_STR_FMT "%s" WY_STR_FMT " on the PATH",
                       folders[0], WY_STR_ARG(name), WY_STR_ARG(name), folders[1], WY_STR_ARG(name),
                       is_plain ? " or " : "", WY_STR_ARG(is_plain ? name : (wy_str){0}));
}

const char *const *wy_plugin_variables(wy_arena *arena, const char *const *more) {
    static const char *const fixed[] = {
        "SPIN_VERSION=" SPIN_MAJOR "." SPIN_MINOR "." SPIN_PATCH,
        "SPIN_VERSION_MAJOR=" SPIN_MAJOR,
        "SPIN_VERSION_MINOR=" SPIN_MINOR,
        "SPIN_VERSION_PATCH=" SPIN_PATCH,
        "SPIN_VERSION_PRE=",
        "SPIN_COMMIT_SHA=",
        "SPIN_COMMIT_DATE=",
        "SPIN_BRANCH=",
        "SPIN_BUILD_DATE=",
        "SPIN_TARGET_TRIPLE=",
        "SPIN_DEBUG=false",
        "WITHY_VERSION=" WITHY_VERSION,
    };
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self);
    size_t count = sizeof fixed / sizeof *fixed, more_count = 0;
    while (more[more_count])
        more_count++;
    const char **all = wy_arena_calloc(arena, count + more_count + 2, sizeof *all);
    const char *spin = wy_arena_printf(arena, "SPIN_BIN_PATH=%.*s", len < 0 ? 0 : (int)len, self);
    if (!all || !spin) return NULL;
    memcpy(all, fixed, sizeof fixed);
    memcpy(all + count, more, more_count * sizeof *all);
    all[count + more_count] = spin;
    return all;
}
