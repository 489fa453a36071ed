/* Pushing: what a manifest says, with its binaries and copies of its files, goes to a registry. */
#include "host/registry.h"

#include "app/files.h"
#include "app/locked.h"
#include "base/limits.h"
#include "engine/sha256.h"
#include "host/build.h"
#include "host/folder.h"
#include "host/load.h"
#include "host/manifest.h"
#include "host/source.h"
#include "registry/push.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PREDEFINED_MAX 5

typedef struct push {
    const withy_registry_options *options;
    wy_arena arena;
    const char *manifest; /* path */
    const wy_app *app;
    wy_temporary_folder scratch;
    wy_push_config config;
    wy_diag *diag;
} push;

static wy_err no_memory(const push *p) {
    return wy_diag_set(p->diag, WY_NOMEM, "out of memory for the application");
}

/* --- what the image says of itself --- */

/* Now, or the moment that makes a build repeatable. */
static wy_str created(push *p) {
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    uint64_t seconds;
    time_t at = time(NULL);
    if (epoch && wy_str_to_u64(wy_str_of(epoch), UINT32_MAX, &seconds)) at = (time_t)seconds;
    struct tm utc;
    char text[32];
    if (!gmtime_r(&at, &utc)) return (wy_str){0};
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return wy_str_of(wy_arena_strndup(&p->arena, text, len));
}

/* One that the user gave goes before. */
static void add(const push *p, wy_annotation *items, uint32_t *count, const char *name,
                wy_str value) {
    for (size_t i = 0; i < p->options->annotation_count; i++)
        if (strcmp(p->options->annotations[i].name, name) == 0) return;
    if (value.len) items[(*count)++] = (wy_annotation){wy_str_of(name), value};
}

static wy_err annotate(push *p) {
    const withy_registry_options *o = p->options;
    wy_annotation *items =
        wy_arena_calloc(&p->arena, o->annotation_count + PREDEFINED_MAX, sizeof *items);
    wy_buf authors;
    wy_buf_init(&authors, 4096);
    for (uint32_t i = 0; i < p->app->authors.count; i++)
        wy_buf_printf(&authors, "%s" WY_STR_FMT, i ? ", " : "",
                      WY_STR_ARG(p->app->authors.items[i]));
    const char *all = wy_arena_strndup(&p->arena, authors.ptr ? authors.ptr : "", authors.len);
    wy_buf_deinit(&authors);
    p->config.created = created(p);
    if (!items || !all || !p->config.created.ptr) return no_memory(p);
    uint32_t count = 0;
    for (size_t i = 0; i < o->annotation_count; i++)
        items[count++] =
            (wy_annotation){wy_str_of(o->annotations[i].name), wy_str_of(o->annotations[i].value)};
    add(p, items, &count, "org.opencontainers.image.authors", wy_str_of(all));
    add(p, items, &count, "org.opencontainers.image.created", p->config.created);
    add(p, items, &count, "org.opencontainers.image.description", p->app->description);
    add(p, items, &count, "org.opencontainers.image.title", p->app->name);
    add(p, items, &count, "org.opencontainers.image.version", p->app->version);
    p->config.annotations = items;
    p->config.annotation_count = count;
    return WY_OK;
}

/* --- an application --- */

/* The absolute path of a binary that is a component. */
static wy_err find_binary(push *p, const wy_app_source *source, const char **path_out) {
    const char *path;
    wy_file file;
    const wy_source_config config = {.root = p->app->root,
                                     .cache_dir = p->options->cache_dir,
                                     .insecure = p->options->insecure,
                                     .refresh = true};
    wy_err err = wy_source_path(&p->arena, source, &config, &path, p->diag);
    if (!err) err = wy_file_map(path, &file, p->diag);
    if (err == WY_NOT_FOUND && source->path.len)
        wy_diag_prefix(p->diag, "the component is not built (withy build)");
    if (err) return err;
    err = wy_host_check_kind(file.bytes, file.len, p->diag);
    if (err) wy_host_place(p->diag, path);
    wy_file_unmap(&file);
    if (err) return err;
    char *full = realpath(path, NULL);
    *path_out = full ? wy_arena_strndup(&p->arena, full, strlen(full)) : NULL;
    free(full);
    return *path_out ? WY_OK : wy_diag_set(p->diag, WY_IO, "%s: %s", path, strerror(errno));
}

static wy_err stage_files(push *p, const wy_app_component *c, wy_locked_place *place) {
    if (c->files_count == 0) return WY_OK;
    wy_locked_mount *mount = wy_arena_calloc(&p->arena, 1, sizeof *mount);
    const char *folder =
        wy_arena_printf(&p->arena, "%s/" WY_STR_FMT, p->scratch.path, WY_STR_ARG(c->id));
    if (!mount || !folder) return no_memory(p);
    *mount = (wy_locked_mount){folder, WY_STR("/")};
    place->mounts = mount;
    place->mount_count = 1;
    wy_err err = wy_folder_make(folder, p->diag);
    return err ? err : wy_app_files_stage(p->app, c, folder, p->diag);
}

static wy_err find_place(push *p, const wy_app_component *c, wy_locked_place *place) {
    const char **dependencies =
        wy_arena_calloc(&p->arena, c->dependency_count, sizeof *dependencies);
    if (!dependencies) return no_memory(p);
    place->dependencies = dependencies;
    place->environment = c->environment;
    wy_err err = find_binary(p, &c->source, &place->path);
    for (uint32_t i = 0; i < c->dependency_count && !err; i++)
        err = find_binary(p, &c->dependencies[i].source, &dependencies[i]);
    if (!err) err = stage_files(p, c, place);
    if (err) wy_diag_prefix(p->diag, "component \"" WY_STR_FMT "\"", WY_STR_ARG(c->id));
    return err;
}

static wy_err push_application(push *p, char *sha256_out) {
    wy_locked_place *places = wy_arena_calloc(&p->arena, p->app->component_count, sizeof *places);
    if (!places) return no_memory(p);
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < p->app->component_count && !err; i++)
        err = find_place(p, &p->app->components[i], &places[i]);
    if (err) return err;
    const wy_locked_facts facts = {
        .manifest = p->manifest, .profile = wy_str_of(p->options->profile), .places = places};
    wy_buf locked;
    wy_buf_init(&locked, WY_MAX_LOCK_BYTES);
    err = wy_app_write_locked(p->app, &facts, &locked, p->diag);
    if (!err)
        err = wy_push_application(&p->arena, &p->config, wy_buf_view(&locked), p->scratch.path,
                                  sha256_out, p->diag);
    wy_buf_deinit(&locked);
    return err;
}

/* --- the whole --- */

static wy_err open_registry(push *p, const char *text) {
    wy_reference reference;
    wy_err err = wy_reference_parse(&p->arena, wy_str_of(text), &reference, p->diag);
    if (err) return err;
    if (reference.sha256.len)
        return wy_diag_set(p->diag, WY_INVALID,
                           "%s: a digest follows from what is pushed; give a tag", text);
    p->config.name = wy_str_of(text);
    p->config.tag = reference.tag;
    err = wy_registry_open(&p->arena, &reference, true, p->options->insecure, &p->config.registry,
                           p->diag);
    if (err) wy_diag_prefix(p->diag, "%s", text);
    return err;
}

static wy_err read_manifest(push *p, const char *manifest) {
    wy_str profile = wy_str_of(p->options->profile);
    wy_err err = wy_manifest_find(&p->arena, manifest, &p->manifest, p->diag);
    if (!err) err = wy_manifest_load(&p->arena, p->manifest, profile, NULL, 0, &p->app, p->diag);
    if (!err && p->options->build) err = wy_build_run(p->app, NULL, 0, p->diag);
    return err ? err : annotate(p);
}

static wy_err run(push *p, const char *manifest, const char *reference, char *sha256_out) {
    wy_err err = read_manifest(p, manifest);
    if (!err) err = open_registry(p, reference);
    if (!err && wy_manifest_is_component(p->manifest))
        return wy_push_component(&p->arena, &p->config, p->manifest, sha256_out, p->diag);
    if (!err) err = wy_temporary_folder_make("/tmp", "withy-push", &p->scratch, p->diag);
    return err ? err : push_application(p, sha256_out);
}

int withy_registry_push(const char *manifest, const char *reference,
                        const withy_registry_options *options, char digest_out[WITHY_DIGEST_TEXT],
                        withy_error *error) {
    wy_diag diag;
    wy_diag_init(&diag);
    push p = {.options = options, .diag = &diag};
    wy_arena_init(&p.arena, (size_t)256 << 20);
    memcpy(digest_out, "sha256:", 7);
    _Static_assert(WITHY_DIGEST_TEXT == 7 + WY_SHA256_TEXT, "a digest and its kind");
    wy_err err = run(&p, manifest, reference, digest_out + 7);
    wy_temporary_folder_remove(&p.scratch);
    wy_registry_free(p.config.registry);
    wy_arena_deinit(&p.arena);
    return err ? wy_host_fail(&diag, error) : 0;
}
