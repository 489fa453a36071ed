/* The files of a component: finding what globs match, and copying. */
#include "app/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

#define SEGMENTS_MAX 64

/* One run of staging. */
typedef struct staging {
    const wy_app *app;
    const wy_app_component *component;
    const wy_app_files *entry; /* under work, for messages */
    int target;                /* folder that is filled */
    uint32_t count;
    wy_diag *diag;
} staging;

/* A glob taken apart; each part NUL-terminated in `text`. */
typedef struct pattern {
    char text[PATH_MAX];
    const char *segments[SEGMENTS_MAX];
    size_t count;
} pattern;

static wy_err fail(const staging *s, wy_err err, const char *fmt, ...) {
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return wy_diag_set_line(s->diag, err, s->entry->line, s->entry->column,
                            "[component." WY_STR_FMT "]: files: %s", WY_STR_ARG(s->component->id),
                            text);
}

static wy_err fail_errno(const staging *s, const char *what, const char *path) {
    return fail(s, errno == ENOENT ? WY_NOT_FOUND : WY_IO, "%s %s: %s", what, path,
                strerror(errno));
}

/* Copies into `out`; false: longer than a path may be, or with a NUL inside. */
static bool copy_text(wy_str text, char out[PATH_MAX]) {
    if (text.len >= PATH_MAX || wy_str_find(text, '\0') < text.len) return false;
    if (text.len) memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

/* "a/b" of folder and name; false: too long. */
static bool join(const char *folder, const char *name, char out[PATH_MAX]) {
    int n = snprintf(out, PATH_MAX, "%s%s%s", folder, *folder && *name ? "/" : "", name);
    return n >= 0 && n < PATH_MAX;
}

/* Whether no part of a path is "..". */
static bool stays_inside(const char *path) {
    for (wy_str rest = wy_str_of(path); rest.len;) {
        size_t end = wy_str_find(rest, '/');
        if (wy_str_eqz(wy_str_sub(rest, 0, end), "..")) return false;
        rest = wy_str_sub(rest, end < rest.len ? end + 1 : end, rest.len);
    }
    return true;
}

/* --- copying --- */

static wy_err make_parents(const staging *s, const char *relative) {
    char path[PATH_MAX];
    if (!copy_text(wy_str_of(relative), path)) return fail(s, WY_LIMIT, "a path is too long");
    for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(s->target, path, 0755) != 0 && errno != EEXIST)
            return fail_errno(s, "cannot make the folder", path);
        *slash = '/';
    }
    return WY_OK;
}

/* False with errno set. */
static bool copy_bytes(int from, int to) {
    char buffer[65536];
    for (;;) {
        ssize_t n = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
        if (n == 0) return true;
        if (n < 0) break; /* not between these file systems: by hand, from where it stands */
    }
    for (;;) {
        ssize_t n = read(from, buffer, sizeof buffer);
        if (n <= 0) return n == 0;
        for (ssize_t at = 0; at < n;) {
            ssize_t m = write(to, buffer + at, (size_t)(n - at));
            if (m < 0) return false;
            at += m;
        }
    }
}

/* `relative`: path from the application's root, for exclusion; `target`: path in the target. */
static wy_err copy_file(staging *s, const char *source, const char *relative, const char *target) {
    char glob[PATH_MAX];
    for (uint32_t i = 0; i < s->component->exclude_files.count; i++)
        if (copy_text(s->component->exclude_files.items[i], glob) &&
            fnmatch(glob, relative, 0) == 0)
            return WY_OK;
    if (++s->count > WY_MAX_APP_FILES)
        return fail(s, WY_LIMIT, "more than %d files", WY_MAX_APP_FILES);
    wy_err err = make_parents(s, target);
    if (err != WY_OK) return err;
    int from = open(source, O_RDONLY | O_CLOEXEC);
    if (from < 0) return fail_errno(s, "cannot read", source);
    struct stat info;
    mode_t mode = fstat(from, &info) == 0 && (info.st_mode & 0100) ? 0755 : 0644;
    (void)unlinkat(s->target, target, 0);
    int to = openat(s->target, target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (to < 0) err = fail_errno(s, "cannot write", target);
    if (err == WY_OK && !copy_bytes(from, to)) err = fail_errno(s, "cannot copy", source);
    if (to >= 0 && close(to) != 0 && err == WY_OK) err = fail_errno(s, "cannot write", target);
    close(from);
    return err;
}

/* --- globs --- */

/* How a walk goes on: `base` is the folder it began in, `path` the way from there. */
typedef struct walk {
    staging *s;
    const pattern *glob;
    const char *base;   /* host path */
    const char *prefix; /* of `path` in the target */
    const char *origin; /* of `path` seen from the application's root */
} walk;

static wy_err walk_folder(const walk *w, const char *path, size_t segment, unsigned depth);

static wy_err take_file(const walk *w, const char *path) {
    char source[PATH_MAX], target[PATH_MAX], relative[PATH_MAX];
    if (!join(w->base, path, source) || !join(w->prefix, path, target) ||
        !join(w->origin, path, relative))
        return fail(w->s, WY_LIMIT, "a path is too long");
    return copy_file(w->s, source, relative, target);
}

/* One entry of a folder against the segments from `segment` on. */
static wy_err walk_entry(const walk *w, const char *path, size_t segment, unsigned depth) {
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    bool deep = strcmp(w->glob->segments[segment], "**") == 0;
    bool is_last = segment + 1 == w->glob->count;
    char source[PATH_MAX];
    struct stat info;
    if (!join(w->base, path, source)) return fail(w->s, WY_LIMIT, "a path is too long");
    if (!deep && fnmatch(w->glob->segments[segment], name, 0) != 0) return WY_OK;
    if (lstat(source, &info) != 0) return WY_OK; /* gone meanwhile */
    if (S_ISDIR(info.st_mode)) {
        if (deep) return walk_folder(w, path, segment, depth + 1);
        return is_last ? WY_OK : walk_folder(w, path, segment + 1, depth + 1);
    }
    bool is_file = stat(source, &info) == 0 && S_ISREG(info.st_mode);
    return is_file && is_last ? take_file(w, path) : WY_OK;
}

static wy_err walk_folder(const walk *w, const char *path, size_t segment, unsigned depth) {
    char source[PATH_MAX], entry_path[PATH_MAX];
    if (depth > SEGMENTS_MAX)
        return fail(w->s, WY_LIMIT, "folders are nested more than %d deep", SEGMENTS_MAX);
    if (!join(w->base, path, source)) return fail(w->s, WY_LIMIT, "a path is too long");
    wy_err err = WY_OK;
    bool deep = strcmp(w->glob->segments[segment], "**") == 0;
    if (deep && segment + 1 < w->glob->count) err = walk_folder(w, path, segment + 1, depth);
    DIR *folder = err == WY_OK ? opendir(*source ? source : ".") : NULL;
    if (!folder)
        return err != WY_OK || errno == ENOENT ? err : fail_errno(w->s, "cannot read", source);
    for (struct dirent *entry; err == WY_OK && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (!join(path, entry->d_name, entry_path))
            err = fail(w->s, WY_LIMIT, "a path is too long");
        else
            err = walk_entry(w, entry_path, segment, depth);
    }
    closedir(folder);
    return err;
}

static bool split(const char *glob, pattern *out) {
    out->count = 0;
    if (!copy_text(wy_str_of(glob), out->text)) return false;
    char *rest = out->text;
    for (char *part; (part = strsep(&rest, "/"));) {
        if (*part == '\0' || strcmp(part, ".") == 0) continue;
        if (out->count == SEGMENTS_MAX) return false;
        out->segments[out->count++] = part;
    }
    return out->count > 0;
}

/* --- entries of the manifest --- */

static wy_err copy_glob(staging *s, const char *base, const char *glob, const char *prefix,
                        const char *origin) {
    pattern p;
    if (!split(glob, &p)) return fail(s, WY_LIMIT, "the path '%s' is too long", glob);
    walk w = {s, &p, base, prefix, origin};
    return walk_folder(&w, "", 0, 0);
}

/* A file, or all below a folder. `target`: where it goes; "" is the root of the target. */
static wy_err copy_path(staging *s, const char *source, const char *relative, const char *target) {
    struct stat info;
    if (stat(source, &info) != 0) return fail_errno(s, "there is no", source);
    if (S_ISDIR(info.st_mode)) {
        char folder[PATH_MAX];
        /* also an empty folder is one */
        if (!join(target, "x", folder)) return fail(s, WY_LIMIT, "a path is too long");
        wy_err err = make_parents(s, folder);
        return err == WY_OK ? copy_glob(s, source, "**", target, relative) : err;
    }
    if (*target == '\0') return fail(s, WY_INVALID, "a file needs a name as destination");
    return copy_file(s, source, relative, target);
}

/* Without slashes in front and behind, and no "./"; in place. */
static const char *trim_path(char *path) {
    size_t len = strlen(path);
    while (len && path[len - 1] == '/')
        path[--len] = '\0';
    while (*path == '/' || (path[0] == '.' && (path[1] == '/' || path[1] == '\0')))
        path++;
    return path;
}

static wy_err stage_entry(staging *s) {
    char root[PATH_MAX], source[PATH_MAX], path[PATH_MAX], target[PATH_MAX];
    bool fits = copy_text(s->app->root, root) && copy_text(s->entry->source, path) &&
                copy_text(s->entry->destination, target);
    if (!fits) return fail(s, WY_LIMIT, "a path is too long");
    bool absolute = path[0] == '/';
    if (s->entry->destination.ptr) {
        const char *to = trim_path(target);
        if (!stays_inside(to))
            return fail(s, WY_INVALID, "the destination '%s' leads out of the component's root",
                        to);
        if (!join(absolute ? "" : root, path, source))
            return fail(s, WY_LIMIT, "a path is too long");
        return copy_path(s, source, path, to);
    }
    if (absolute || !stays_inside(path))
        return fail(s, WY_INVALID,
                    "'%s' leads out of the application; write { source, destination }", path);
    const char *relative = trim_path(path);
    struct stat info;
    if (!join(root, relative, source)) return fail(s, WY_LIMIT, "a path is too long");
    if (stat(source, &info) == 0 || !strpbrk(relative, "*?["))
        return copy_path(s, source, relative, relative);
    return copy_glob(s, root, relative, "", "");
}

wy_err wy_app_files_stage(const wy_app *app, const wy_app_component *component,
                          const char *destination, wy_diag *diag) {
    staging s = {.app = app, .component = component, .diag = diag};
    s.target = open(destination, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s.target < 0) return wy_diag_set(diag, WY_IO, "%s: %s", destination, strerror(errno));
    wy_err err = WY_OK;
    for (uint32_t i = 0; err == WY_OK && i < component->files_count; i++) {
        s.entry = &component->files[i];
        err = stage_entry(&s);
    }
    close(s.target);
    return err;
}
