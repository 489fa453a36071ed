/* Build: one shell after the other. */
#include "host/build.h"

#include "host/load.h"
#include "host/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for building");
}

/* A path of the manifest from here; "" is the folder of that. */
static const char *path_of(wy_arena *arena, const wy_app *app, wy_str path) {
    bool absolute = path.len && path.ptr[0] == '/';
    return wy_arena_printf(arena, WY_STR_FMT "%s" WY_STR_FMT,
                           WY_STR_ARG(absolute ? (wy_str){0} : app->root),
                           path.len && !absolute ? "/" : "", WY_STR_ARG(path));
}

static wy_err run(const wy_app_component *c, const char *folder, const char *command,
                  wy_diag *diag) {
    int status = 0;
    fprintf(stderr, "Building component " WY_STR_FMT " with `%s`\n", WY_STR_ARG(c->id), command);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (chdir(folder) == 0) execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return WY_OK;
    if (pid < 0)
        return wy_diag_set(diag, WY_IO, "component \"" WY_STR_FMT "\": `%s`: %s", WY_STR_ARG(c->id),
                           command, strerror(errno));
    return wy_diag_set(diag, WY_IO, "component \"" WY_STR_FMT "\": `%s` ended with %s %d",
                       WY_STR_ARG(c->id), command, WIFSIGNALED(status) ? "signal" : "status",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static wy_err build(wy_arena *arena, const wy_app *app, const wy_app_component *c, wy_diag *diag) {
    const char *folder = path_of(arena, app, c->build_workdir);
    wy_err err = folder ? WY_OK : no_memory(diag);
    for (uint32_t i = 0; i < c->build_commands.count && !err; i++) {
        const wy_str *item = &c->build_commands.items[i];
        const char *command = wy_arena_strndup(arena, item->ptr, item->len);
        err = command ? run(c, folder, command, diag) : no_memory(diag);
    }
    return err;
}

static wy_err build_chosen(wy_arena *arena, const wy_app *app, const char *id, wy_diag *diag) {
    const wy_app_component *c = wy_app_component_find(app, wy_str_of(id));
    if (c->build_commands.count == 0)
        return wy_diag_set(diag, WY_USAGE, "--component-id %s: the component has no build command",
                           id);
    return build(arena, app, c, diag);
}

wy_err wy_build_run(const wy_app *app, const char *const *only, size_t only_count, wy_diag *diag) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)16 << 20);
    wy_err err = wy_manifest_check_ids(app, "--component-id", only, only_count, diag);
    uint32_t built = 0;
    for (size_t i = 0; i < only_count && !err; i++, built++)
        err = build_chosen(&arena, app, only[i], diag);
    for (uint32_t i = 0; only_count == 0 && i < app->component_count && !err; i++) {
        built += app->components[i].build_commands.count > 0;
        err = build(&arena, app, &app->components[i], diag);
    }
    wy_arena_deinit(&arena);
    if (err) return err;
    if (built == 0)
        fprintf(stderr, "No component has a build command\n");
    else
        fprintf(stderr, "Built %u component%s\n", built, built == 1 ? "" : "s");
    return WY_OK;
}

static wy_err read_manifest(wy_arena *arena, const char *manifest,
                            const withy_build_options *options, const wy_app **app_out,
                            wy_diag *diag) {
    const char *path;
    wy_err err = wy_manifest_find(arena, manifest, &path, diag);
    if (err) return err;
    return wy_manifest_load(arena, path, wy_str_of(options->profile), NULL, 0, app_out, diag);
}

int withy_build(const char *manifest, const withy_build_options *options, withy_error *error) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)256 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    const wy_app *app;
    wy_err err = read_manifest(&arena, manifest, options, &app, &diag);
    if (!err) err = wy_build_run(app, options->components, options->component_count, &diag);
    wy_arena_deinit(&arena);
    return err ? wy_host_fail(&diag, error) : 0;
}

/* --- listing --- */

static bool is_listed(const withy_build_options *options, const wy_app_component *c) {
    for (size_t i = 0; i < options->component_count; i++)
        if (wy_str_eqz(c->id, options->components[i])) return true;
    return options->component_count == 0;
}

static void list_strings(wy_buf *out, const char *name, const wy_app_list *list) {
    wy_buf_printf(out, ",\"%s\":[", name);
    for (uint32_t i = 0; i < list->count; i++) {
        if (i) wy_buf_char(out, ',');
        wy_buf_json(out, list->items[i]);
    }
    wy_buf_char(out, ']');
}

static void list_json(wy_buf *out, wy_arena *arena, const wy_app *app, const wy_app_component *c) {
    const char *source = path_of(arena, app, c->source.path);
    const char *folder = path_of(arena, app, c->build_workdir);
    wy_buf_str(out, WY_STR("{\"component\":"));
    wy_buf_json(out, c->id);
    wy_buf_str(out, WY_STR(",\"source\":"));
    wy_buf_json(out, c->source.path.len ? wy_str_of(source) : c->source.url);
    bool there = c->source.path.len && source && access(source, R_OK) == 0;
    wy_buf_printf(out, ",\"is_built\":%s,\"folder\":", there ? "true" : "false");
    wy_buf_json(out, wy_str_of(folder));
    list_strings(out, "commands", &c->build_commands);
    list_strings(out, "watch", &c->build_watch);
    wy_buf_char(out, '}');
}

static void list(wy_buf *out, wy_arena *arena, const wy_app *app,
                 const withy_build_options *options, bool json) {
    bool first = true;
    if (json) wy_buf_char(out, '[');
    for (uint32_t i = 0; i < app->component_count; i++) {
        const wy_app_component *c = &app->components[i];
        if (!is_listed(options, c)) continue;
        if (json) {
            wy_buf_printf(out, "%s\n  ", first ? "" : ",");
            list_json(out, arena, app, c);
        }
        for (uint32_t k = 0; k < c->build_commands.count && !json; k++)
            wy_buf_printf(out, WY_STR_FMT ": " WY_STR_FMT "\n", WY_STR_ARG(c->id),
                          WY_STR_ARG(c->build_commands.items[k]));
        first = false;
    }
    if (json) wy_buf_str(out, WY_STR("\n]\n"));
}

int withy_build_list(const char *manifest, const withy_build_options *options, bool json,
                     void (*write)(void *data, const char *text, size_t len), void *data,
                     withy_error *error) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)256 << 20);
    wy_buf text;
    wy_buf_init(&text, (size_t)64 << 20);
    wy_diag diag;
    wy_diag_init(&diag);
    const wy_app *app;
    wy_err err = read_manifest(&arena, manifest, options, &app, &diag);
    if (!err)
        err = wy_manifest_check_ids(app, "--component-id", options->components,
                                    options->component_count, &diag);
    if (!err) list(&text, &arena, app, options, json);
    if (!err && text.failed) err = no_memory(&diag);
    if (!err && text.len) write(data, text.ptr, text.len);
    wy_buf_deinit(&text);
    wy_arena_deinit(&arena);
    return err ? wy_host_fail(&diag, error) : 0;
}
