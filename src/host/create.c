/* Create: a new application, or a new component in one, from a template. */
#include "host/folder.h"
#include "host/load.h"
#include "host/manifest.h"
#include "host/template.h"

#include "app/spin.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define FRAGMENT "component.toml"

/* One run: what stands for the words between percent signs. */
typedef struct create {
    wy_arena arena;
    const withy_new_options *options;
    wy_str name, snake, description, prefix, workdir;
    const char *folder; /* where the files go */
    wy_diag *diag;
} create;

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for a template");
}

/* --- templates --- */

static bool is_first_of(size_t index) {
    return index == 0 ||
           strcmp(wy_template_files[index].name, wy_template_files[index - 1].name) != 0;
}

static wy_err check_template(create *c) {
    wy_str names[64], wanted = wy_str_of(c->options->template_name);
    size_t count = 0;
    wy_buf list;
    wy_buf_init(&list, 4096);
    for (size_t i = 0; i < wy_template_file_count && count < 64; i++) {
        if (!is_first_of(i)) continue;
        names[count] = wy_str_of(wy_template_files[i].name);
        wy_buf_printf(&list, " " WY_STR_FMT, WY_STR_ARG(names[count]));
        if (wy_str_eq(names[count++], wanted)) {
            wy_buf_deinit(&list);
            return WY_OK;
        }
    }
    wy_str nearest = wy_str_nearest(wanted, names, count);
    if (wanted.len == 0)
        wy_diag_set(c->diag, WY_USAGE, "--template is needed; there are:%s", list.ptr);
    else if (nearest.len)
        wy_diag_set(c->diag, WY_USAGE,
                    "there is no template \"%s\"; did you mean \"" WY_STR_FMT "\"?",
                    c->options->template_name, WY_STR_ARG(nearest));
    else
        wy_diag_set(c->diag, WY_USAGE, "there is no template \"%s\"; there are:%s",
                    c->options->template_name, list.ptr);
    wy_buf_deinit(&list);
    return WY_USAGE;
}

/* Appends text with the words replaced. */
static void expand(const create *c, wy_str text, wy_buf *out) {
    const struct {
        wy_str word, value;
    } words[] = {{WY_STR("%NAME%"), c->name},
                 {WY_STR("%SNAKE%"), c->snake},
                 {WY_STR("%DESCRIPTION%"), c->description},
                 {WY_STR("%PREFIX%"), c->prefix},
                 {WY_STR("%WORKDIR%"), c->workdir}};
    while (text.len) {
        size_t percent = wy_str_find(text, '%'), taken = 0;
        wy_buf_str(out, wy_str_sub(text, 0, percent));
        text = wy_str_sub(text, percent, text.len);
        for (size_t i = 0; i < sizeof words / sizeof *words && text.len && !taken; i++) {
            if (!wy_str_starts(text, words[i].word)) continue;
            taken = words[i].word.len;
            wy_buf_str(out, words[i].value);
        }
        if (!taken && text.len) {
            wy_buf_char(out, '%');
            taken = 1;
        }
        text = wy_str_sub(text, taken, text.len);
    }
}

/* --- files --- */

static wy_err write_file(const create *c, const char *path, wy_str content) {
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (c->options->overwrite ? O_TRUNC : O_EXCL);
    int fd = open(path, flags, 0644);
    if (fd < 0)
        return wy_diag_set(c->diag, errno == EEXIST ? WY_EXISTS : WY_IO, "%s: %s", path,
                           strerror(errno));
    bool ok = true;
    for (size_t at = 0; ok && at < content.len;) {
        ssize_t n = write(fd, content.ptr + at, content.len - at);
        ok = n > 0;
        if (ok) at += (size_t)n;
    }
    if (close(fd) != 0 || !ok) return wy_diag_set(c->diag, WY_IO, "%s: %s", path, strerror(errno));
    return WY_OK;
}

static wy_err place_file(const create *c, const wy_template_file *file) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", c->folder, file->path);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    wy_err err = wy_folder_make(path, c->diag);
    *slash = '/';
    if (err) return err;
    wy_buf content;
    wy_buf_init(&content, (size_t)16 << 20);
    expand(c, (wy_str){file->bytes, (size_t)(file->end - file->bytes)}, &content);
    err = content.failed ? no_memory(c->diag) : write_file(c, path, wy_buf_view(&content));
    wy_buf_deinit(&content);
    return err;
}

/* All files but the fragment of the manifest, which is appended to `manifest`. */
static wy_err place_all(const create *c, wy_buf *manifest) {
    wy_err err = WY_OK;
    for (size_t i = 0; i < wy_template_file_count && !err; i++) {
        const wy_template_file *file = &wy_template_files[i];
        if (strcmp(file->name, c->options->template_name) != 0) continue;
        if (strcmp(file->path, FRAGMENT) == 0)
            expand(c, (wy_str){file->bytes, (size_t)(file->end - file->bytes)}, manifest);
        else
            err = place_file(c, file);
    }
    return err || !manifest->failed ? err : no_memory(c->diag);
}

/* --- what both have in common --- */

static wy_err begin(create *c, const withy_new_options *options, wy_diag *diag) {
    wy_arena_init(&c->arena, (size_t)64 << 20);
    c->options = options;
    c->diag = diag;
    c->name = wy_str_of(options->name);
    c->description = wy_str_of(options->description ? options->description : "");
    if (wy_str_find(c->description, '"') < c->description.len ||
        wy_str_find(c->description, '\\') < c->description.len)
        return wy_diag_set(diag, WY_USAGE, "a description has neither quotes nor backslashes");
    wy_err err = check_template(c);
    bool valid = c->name.len > 0 && c->name.ptr[0] >= 'a' && c->name.ptr[0] <= 'z';
    for (size_t i = 0; i < c->name.len; i++) {
        char ch = c->name.ptr[i];
        valid = valid && ((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ||
                          (ch == '-' && i + 1 < c->name.len && c->name.ptr[i - 1] != '-'));
    }
    if (!err && !valid)
        err = wy_diag_set(diag, WY_USAGE,
                          "a name is made of words of lower-case letters and digits, split by '-', "
                          "and begins with a letter");
    char *snake = err ? NULL : wy_arena_strndup(&c->arena, c->name.ptr, c->name.len);
    if (!err && !snake) err = no_memory(diag);
    for (char *ch = snake; ch && *ch; ch++)
        if (*ch == '-') *ch = '_';
    c->snake = wy_str_of(snake);
    return err;
}

static bool is_empty_folder(const char *path) {
    DIR *folder = opendir(path);
    bool empty = true;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    if (folder) closedir(folder);
    return empty;
}

/* --- new --- */

static wy_err write_application(create *c) {
    if (!c->options->init && !c->options->overwrite && !is_empty_folder(c->folder))
        return wy_diag_set(c->diag, WY_EXISTS, "%s: the folder is there and not empty", c->folder);
    wy_buf manifest;
    wy_buf_init(&manifest, (size_t)1 << 20);
    wy_buf_printf(&manifest,
                  "spin_manifest_version = 2\n\n[application]\nname = \"" WY_STR_FMT
                  "\"\nversion = \"0.1.0\"\n",
                  WY_STR_ARG(c->name));
    if (c->description.len)
        wy_buf_printf(&manifest, "description = \"" WY_STR_FMT "\"\n", WY_STR_ARG(c->description));
    wy_buf_printf(&manifest,
                  "\n[[trigger.http]]\nroute = \"/...\"\ncomponent = \"" WY_STR_FMT "\"\n",
                  WY_STR_ARG(c->name));
    char path[PATH_BYTES];
    wy_err err = place_all(c, &manifest);
    snprintf(path, sizeof path, "%s/spin.toml", c->folder);
    if (!err) err = write_file(c, path, wy_buf_view(&manifest));
    snprintf(path, sizeof path, "%s/.gitignore", c->folder);
    if (!err && (c->options->overwrite || access(path, F_OK) != 0))
        err =
            write_file(c, path, WY_STR(".spin/\n.venv/\nbuild/\nnode_modules/\ntarget/\n*.wasm\n"));
    wy_buf_deinit(&manifest);
    return err;
}

static int finish(create *c, wy_err err, withy_error *error) {
    wy_arena_deinit(&c->arena);
    return err ? wy_host_fail(c->diag, error) : 0;
}

int withy_new(const withy_new_options *options, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    create c = {0};
    wy_err err = begin(&c, options, &diag);
    c.folder = options->init ? "." : options->folder ? options->folder : options->name;
    if (!err) err = wy_folder_make(c.folder, &diag);
    if (!err) err = write_application(&c);
    return finish(&c, err, error);
}

/* --- add --- */

/* The manifest with the component behind it; it must be one still. */
static wy_err write_manifest(create *c, const char *path, wy_str before, wy_str addition) {
    wy_buf text;
    wy_buf_init(&text, (size_t)32 << 20);
    wy_buf_str(&text, before);
    if (before.len && !wy_str_ends(before, WY_STR("\n"))) wy_buf_char(&text, '\n');
    wy_buf_str(&text, addition);
    const wy_app *app;
    wy_err err = text.failed ? no_memory(c->diag)
                             : wy_app_read_spin(&c->arena, wy_buf_view(&text), WY_STR("."),
                                                (wy_str){0}, &app, c->diag);
    create over = *c;
    withy_new_options options = *c->options;
    options.overwrite = true;
    over.options = &options;
    if (!err) err = write_file(&over, path, wy_buf_view(&text));
    wy_buf_deinit(&text);
    return err;
}

static wy_err add_component(create *c, const char *manifest) {
    wy_str before;
    const wy_app *app;
    wy_err err = wy_text_read(&c->arena, manifest, &before, c->diag);
    if (!err) err = wy_app_load_spin(&c->arena, manifest, (wy_str){0}, &app, c->diag);
    if (err) return err;
    if (wy_app_component_find(app, c->name))
        return wy_diag_set(c->diag, WY_EXISTS, "the application has a component \"%s\" already",
                           c->options->name);
    c->folder =
        wy_arena_printf(&c->arena, WY_STR_FMT "/%s", WY_STR_ARG(app->root), c->options->name);
    char *prefix = wy_arena_printf(&c->arena, "%s/", c->options->name);
    char *workdir = wy_arena_printf(&c->arena, "workdir = \"%s\"\n", c->options->name);
    if (!c->folder || !prefix || !workdir) return no_memory(c->diag);
    c->prefix = wy_str_of(prefix);
    c->workdir = wy_str_of(workdir);
    wy_buf addition;
    wy_buf_init(&addition, (size_t)1 << 20);
    wy_buf_printf(&addition,
                  "\n[[trigger.http]]\nroute = \"/" WY_STR_FMT "/...\"\ncomponent = \"" WY_STR_FMT
                  "\"\n",
                  WY_STR_ARG(c->name), WY_STR_ARG(c->name));
    err = wy_folder_make(c->folder, c->diag);
    if (!err) err = place_all(c, &addition);
    if (!err) err = write_manifest(c, manifest, before, wy_buf_view(&addition));
    wy_buf_deinit(&addition);
    return err;
}

int withy_add(const char *manifest, const withy_new_options *options, withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    create c = {0};
    const char *path = NULL;
    wy_err err = begin(&c, options, &diag);
    if (!err) err = wy_manifest_find(&c.arena, manifest, &path, &diag);
    if (!err) err = add_component(&c, path);
    return finish(&c, err, error);
}

void withy_templates(void (*write)(void *data, const char *name), void *data) {
    for (size_t i = 0; i < wy_template_file_count; i++)
        if (is_first_of(i)) write(data, wy_template_files[i].name);
}
