/* Package set: reading files, gathering those of one package, looking up. */
#include "wit/set.h"

#include "base/limits.h"
#include "wit/lexer.h"
#include "wit/parse.h"
#include "wit/semver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_DEPTH_MAX 32

void wy_wit_set_init(wy_wit_set *set, wy_arena *arena) {
    *set = (wy_wit_set){.arena = arena};
}

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_LIMIT, "the WIT texts together are larger than their memory limit");
}

/* --- gathering packages --- */

static wy_err add_package(wy_wit_set *set, wy_wit_package *package, wy_diag *diag) {
    for (uint32_t i = 0; i < set->package_count; i++) {
        const wy_wit_package *other = set->packages[i];
        if (wy_str_eq(other->name, package->name) && wy_str_eq(other->version, package->version))
            return wy_wit_error(diag, WY_INVALID, package->pos,
                                "the package \"" WY_STR_FMT "\" is there already",
                                WY_STR_ARG(package->name));
    }
    if (set->package_count >= WY_MAX_WIT_PACKAGES)
        return wy_wit_error(diag, WY_LIMIT, package->pos, "more than %d packages",
                            WY_MAX_WIT_PACKAGES);
    void *grown = wy_arena_grow(set->arena, set->packages, set->package_count, &set->package_cap,
                                (size_t)set->package_count + 1, sizeof *set->packages);
    if (!grown) return no_memory(diag);
    set->packages = grown;
    set->packages[set->package_count++] = package;
    return WY_OK;
}

static bool has_top_use(const wy_wit_package *package, const wy_wit_top_use *like) {
    for (const wy_wit_top_use *use = package->top_uses; use; use = use->next)
        if (wy_str_eq(use->alias, like->alias) &&
            wy_str_eq(use->path.package, like->path.package) &&
            wy_str_eq(use->path.name, like->path.name) &&
            wy_str_eq(use->path.version, like->path.version))
            return true;
    return false;
}

/* Moves what one file holds of a package to the rest of it. */
static wy_err merge(wy_wit_set *set, wy_wit_package *into, wy_wit_package *from, wy_diag *diag) {
    for (uint32_t i = 0; i < from->scope_count; i++) {
        wy_wit_scope *scope = from->scopes[i];
        if (wy_map_get(&into->names, scope->name, NULL))
            return wy_wit_error(diag, WY_INVALID, scope->pos,
                                "\"" WY_STR_FMT "\" is defined twice in this package",
                                WY_STR_ARG(scope->name));
        void *grown = wy_arena_grow(set->arena, into->scopes, into->scope_count, &into->scope_cap,
                                    (size_t)into->scope_count + 1, sizeof *into->scopes);
        if (!grown || !wy_map_set(&into->names, scope->name, (uintptr_t)scope))
            return no_memory(diag);
        into->scopes = grown;
        into->scopes[into->scope_count++] = scope;
        scope->package = into;
        for (uint32_t j = 0; j < scope->item_count; j++) {
            const wy_wit_item *item = &scope->items[j];
            bool is_extern = item->kind == WY_WIT_ITEM_IMPORT || item->kind == WY_WIT_ITEM_EXPORT;
            if (is_extern && item->ext->kind == WY_WIT_EXTERN_INLINE)
                item->ext->interface->package = into;
        }
    }
    if (into->docs.len == 0) into->docs = from->docs;
    /* Copied: the file's own list must not grow by the other files' names. */
    for (const wy_wit_top_use *use = from->top_uses; use; use = use->next) {
        if (has_top_use(into, use)) continue;
        wy_wit_top_use *copy = wy_arena_alloc(set->arena, sizeof *copy);
        if (!copy) return no_memory(diag);
        *copy = *use;
        copy->next = NULL;
        if (into->top_last)
            into->top_last->next = copy;
        else
            into->top_uses = copy;
        into->top_last = copy;
    }
    return WY_OK;
}

/* The files' own packages of one folder, gathered by name; nameless ones wait at the end. */
typedef struct gathering {
    wy_wit_package **named, **nameless;
    uint32_t named_count, named_cap, nameless_count, nameless_cap;
} gathering;

static wy_err push(wy_wit_set *set, wy_wit_package ***list, uint32_t *count, uint32_t *cap,
                   wy_wit_package *package, wy_diag *diag) {
    void *grown = wy_arena_grow(set->arena, *list, *count, cap, (size_t)*count + 1, sizeof **list);
    if (!grown) return no_memory(diag);
    *list = grown;
    (*list)[(*count)++] = package;
    return WY_OK;
}

static wy_err gather(wy_wit_set *set, gathering *g, const wy_wit_parsed *parsed, wy_diag *diag) {
    wy_err err = WY_OK;
    for (uint32_t i = 1; !err && i < parsed->package_count; i++)
        err = add_package(set, parsed->packages[i], diag);
    if (err) return err;
    wy_wit_package *home = parsed->packages[0];
    if (home->name.len == 0) {
        if (home->scope_count == 0 && !home->top_uses) return WY_OK;
        return push(set, &g->nameless, &g->nameless_count, &g->nameless_cap, home, diag);
    }
    for (uint32_t i = 0; i < g->named_count; i++)
        if (wy_str_eq(g->named[i]->name, home->name) &&
            wy_str_eq(g->named[i]->version, home->version))
            return merge(set, g->named[i], home, diag);
    return push(set, &g->named, &g->named_count, &g->named_cap, home, diag);
}

static wy_err finish(wy_wit_set *set, gathering *g, wy_diag *diag) {
    wy_err err = WY_OK;
    if (g->nameless_count && g->named_count != 1) {
        wy_wit_pos start = {g->nameless[0]->pos.file, 0};
        return wy_wit_error(diag, WY_INVALID, start,
                            g->named_count
                                ? "no package line, and the files beside it name several packages"
                                : "no package line, in this file or one beside it");
    }
    for (uint32_t i = 0; !err && i < g->nameless_count; i++)
        err = merge(set, g->named[0], g->nameless[i], diag);
    for (uint32_t i = 0; !err && i < g->named_count; i++)
        err = add_package(set, g->named[i], diag);
    return err;
}

/* --- texts, files, folders --- */

/* `text` must live as long as the arena. */
static wy_err read_text(wy_wit_set *set, gathering *g, wy_str path, wy_str text, wy_diag *diag) {
    wy_wit_file *file = wy_arena_alloc(set->arena, sizeof *file);
    char *path_copy = wy_arena_strndup(set->arena, path.ptr, path.len);
    if (!file || !path_copy) return no_memory(diag);
    *file = (wy_wit_file){{path_copy, path.len}, text};
    wy_wit_parsed parsed;
    wy_err err = wy_wit_parse(set->arena, file, &parsed, diag);
    return err ? err : gather(set, g, &parsed, diag);
}

static wy_err read_descriptor(wy_wit_set *set, int fd, const char *path, wy_str *text_out,
                              wy_diag *diag) {
    struct stat st;
    if (fstat(fd, &st)) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode)) return wy_diag_set(diag, WY_IO, "%s: not a file", path);
    if ((uint64_t)st.st_size > WY_MAX_WIT_BYTES)
        return wy_diag_set(diag, WY_LIMIT, "%s: a WIT file may have %zu bytes at most", path,
                           WY_MAX_WIT_BYTES);
    size_t size = (size_t)st.st_size, len = 0;
    char *text = wy_arena_alloc_aligned(set->arena, size + 1, 1);
    if (!text) return no_memory(diag);
    while (len < size) {
        ssize_t n = read(fd, text + len, size - len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
        if (n == 0) break;
        len += (size_t)n;
    }
    *text_out = (wy_str){text, len};
    return WY_OK;
}

static wy_err read_file(wy_wit_set *set, gathering *g, const char *path, wy_diag *diag) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    wy_str text;
    wy_err err = read_descriptor(set, fd, path, &text, diag);
    close(fd);
    return err ? err : read_text(set, g, wy_str_of(path), text, diag);
}

wy_err wy_wit_set_add_text(wy_wit_set *set, wy_str path, wy_str text, wy_diag *diag) {
    gathering g = {0};
    char *copy = wy_arena_strndup(set->arena, text.ptr, text.len);
    if (!copy) return no_memory(diag);
    wy_err err = read_text(set, &g, path, (wy_str){copy, text.len}, diag);
    return err ? err : finish(set, &g, diag);
}

static wy_err add_file(wy_wit_set *set, const char *path, wy_diag *diag) {
    gathering g = {0};
    wy_err err = read_file(set, &g, path, diag);
    return err ? err : finish(set, &g, diag);
}

static int no_dots(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static wy_err add_folder(wy_wit_set *set, const char *path, int depth, wy_diag *diag);

static wy_err add_entry(wy_wit_set *set, gathering *g, const char *folder, const char *name,
                        int depth, wy_diag *diag) {
    struct stat st;
    char *path = wy_arena_printf(set->arena, "%s/%s", folder, name);
    if (!path) return no_memory(diag);
    if (stat(path, &st)) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) return add_folder(set, path, depth + 1, diag);
    if (!wy_str_ends(wy_str_of(name), WY_STR(".wit"))) return WY_OK;
    return read_file(set, g, path, diag);
}

static wy_err add_folder(wy_wit_set *set, const char *path, int depth, wy_diag *diag) {
    gathering g = {0};
    struct dirent **entries;
    if (depth > FOLDER_DEPTH_MAX)
        return wy_diag_set(diag, WY_LIMIT, "%s: folders are nested too deep", path);
    /* Sorted by bytes: the same set on every machine. */
    int count = scandir(path, &entries, no_dots, alphasort);
    if (count < 0) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    wy_err err = WY_OK;
    for (int i = 0; i < count; i++) {
        if (!err) err = add_entry(set, &g, path, entries[i]->d_name, depth, diag);
        free(entries[i]);
    }
    free(entries);
    return err ? err : finish(set, &g, diag);
}

wy_err wy_wit_set_add_folder(wy_wit_set *set, const char *path, wy_diag *diag) {
    return add_folder(set, path, 0, diag);
}

wy_err wy_wit_set_add_path(wy_wit_set *set, const char *path, wy_diag *diag) {
    struct stat st;
    if (stat(path, &st)) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    return S_ISDIR(st.st_mode) ? wy_wit_set_add_folder(set, path, diag) : add_file(set, path, diag);
}

/* --- looking up --- */

/* Whether `have` serves `want`: 2 exactly, 1 as a compatible one, 0 not at all. */
static int serves(wy_str want, wy_str have) {
    wy_semver a, b;
    if (wy_str_eq(want, have)) return 2;
    if (want.len == 0) return 1;
    return wy_semver_parse(want, &a) && wy_semver_parse(have, &b) && wy_semver_compatible(&a, &b);
}

static bool newer(wy_str a, wy_str b) {
    wy_semver x, y;
    return wy_semver_parse(a, &x) && (!wy_semver_parse(b, &y) || wy_semver_cmp(&x, &y) > 0);
}

/* The best of the packages that have the item. */
static wy_wit_package *best(const wy_wit_set *set, wy_str name, wy_str item, wy_str version) {
    wy_wit_package *found = NULL;
    for (uint32_t i = 0; i < set->package_count; i++) {
        wy_wit_package *package = set->packages[i];
        if (!wy_str_eq(package->name, name)) continue;
        if (!wy_map_get(&package->names, item, NULL)) continue;
        int fit = serves(version, package->version);
        if (fit == 2) return package;
        if (fit && (!found || newer(package->version, found->version))) found = package;
    }
    return found;
}

wy_wit_scope *wy_wit_set_find_item(const wy_wit_set *set, wy_str package, wy_str item,
                                   wy_str version) {
    wy_wit_package *found = item.len ? best(set, package, item, version) : NULL;
    return found ? wy_map_get_ptr(&found->names, item) : NULL;
}

wy_wit_scope *wy_wit_set_find(const wy_wit_set *set, wy_str full_name) {
    wy_wit_name name;
    if (!wy_wit_name_split(full_name, &name)) return NULL;
    return wy_wit_set_find_item(set, name.package, name.item, name.version);
}
