/* Plug-ins of the public API: which there are, and running one as a verb. */
#include "host/plugin.h"

#include "base/limits.h"
#include "base/text.h"
#include "host/load.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct list {
    wy_arena arena;
    withy_plugin *items;
    uint32_t count, cap;
} list;

/* What is found first stands. */
static void add(list *l, const char *name, const char *path) {
    for (uint32_t i = 0; i < l->count; i++)
        if (strcmp(l->items[i].name, name) == 0) return;
    withy_plugin *grown =
        wy_arena_grow(&l->arena, l->items, l->count, &l->cap, l->count + 1u, sizeof *grown);
    char *copy = wy_arena_strndup(&l->arena, name, strlen(name));
    if (!grown || !copy) return;
    l->items = grown;
    grown[l->count++] = (withy_plugin){.name = copy, .path = path};
}

/* --- manifests --- */

static const char *member(list *l, const json_t *manifest, const char *key) {
    const char *text = json_string_value(json_object_get(manifest, key));
    return text ? wy_arena_strndup(&l->arena, text, strlen(text)) : NULL;
}

/* <plugins>/manifests/NAME.json; one that cannot be read says nothing. */
static void read_manifest(list *l, withy_plugin *plugin, const char *folder) {
    wy_diag ignored;
    wy_diag_init(&ignored);
    wy_str text;
    const char *path = wy_arena_printf(&l->arena, "%s/manifests/%s.json", folder, plugin->name);
    if (!path || wy_text_read(&l->arena, path, &text, &ignored)) return;
    json_t *manifest = json_loadb(text.ptr, text.len, 0, NULL);
    plugin->version = member(l, manifest, "version");
    plugin->description = member(l, manifest, "description");
    json_decref(manifest);
}

/* --- places --- */

static void look_into_folder(list *l, const char *folder) {
    DIR *dir = folder ? opendir(folder) : NULL;
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        const char *path = wy_arena_printf(&l->arena, "%s/%s/%s", folder, name, name);
        uint32_t before = l->count;
        if (name[0] == '.' || !path || !wy_plugin_is_program(path)) continue;
        add(l, name, path);
        if (l->count > before) read_manifest(l, &l->items[before], folder);
    }
    closedir(dir);
}

static void look_at_file(list *l, const char *folder, const char *file) {
    wy_str name = wy_str_of(file), prefix = WY_STR("withy-");
    bool is_verb = wy_str_starts(name, prefix) && name.len > prefix.len;
    if (!is_verb && !wy_str_starts(name, WY_STR("trigger-"))) return;
    const char *path = wy_arena_printf(&l->arena, "%s/%s", folder, file);
    if (path && wy_plugin_is_program(path)) add(l, is_verb ? file + prefix.len : file, path);
}

static void look_on_path(list *l) {
    for (wy_str rest = wy_str_of(getenv("PATH")); rest.len;) {
        size_t end = wy_str_find(rest, ':');
        wy_str folder = wy_str_sub(rest, 0, end);
        rest = wy_str_sub(rest, end < rest.len ? end + 1 : end, rest.len);
        if (folder.len == 0 || folder.ptr[0] != '/') continue;
        const char *path = wy_arena_strndup(&l->arena, folder.ptr, folder.len);
        DIR *dir = path ? opendir(path) : NULL;
        for (struct dirent *entry; dir && (entry = readdir(dir));)
            look_at_file(l, path, entry->d_name);
        if (dir) closedir(dir);
    }
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const withy_plugin *)a)->name, ((const withy_plugin *)b)->name);
}

void withy_plugin_each(void (*found)(void *data, const withy_plugin *plugin), void *data) {
    list l = {0};
    wy_arena_init(&l.arena, (size_t)64 << 20);
    for (unsigned i = 0; i < WY_PLUGIN_FOLDERS; i++)
        look_into_folder(&l, wy_plugin_folder(&l.arena, i));
    look_on_path(&l);
    if (l.count) qsort(l.items, l.count, sizeof *l.items, by_name);
    for (uint32_t i = 0; i < l.count; i++)
        found(data, &l.items[i]);
    wy_arena_deinit(&l.arena);
}

/* --- running one --- */

static wy_err become(wy_arena *arena, const char *name, char *const *args, wy_diag *diag) {
    static const char *const none[] = {NULL};
    const char *path;
    wy_err err = wy_plugin_find(arena, wy_str_of(name), false, &path, diag);
    if (err) return err;
    size_t count = 0;
    while (args[count])
        count++;
    const char *const *variables = wy_plugin_variables(arena, none);
    const char **arguments = wy_arena_calloc(arena, count + 2, sizeof *arguments);
    if (!variables || !arguments) return wy_diag_set(diag, WY_NOMEM, "out of memory for a plug-in");
    arguments[0] = path;
    memcpy(arguments + 1, args, count * sizeof *arguments);
    for (; *variables; variables++)
        putenv((char *)(uintptr_t)*variables);
    signal(SIGPIPE, SIG_DFL);
    execv(path, (char *const *)(uintptr_t)arguments);
    return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
}

withy_status withy_plugin_run(const char *name, char *const *args, withy_error *error) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)64 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    withy_status status = wy_host_status(become(&arena, name, args, &diag), &diag, error);
    wy_arena_deinit(&arena);
    return status;
}
