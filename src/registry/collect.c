/* To a registry: the files that an application refers to become blobs. */
#include "registry/content.h"

#include "app/locked.h"
#include "base/base64.h"
#include "base/limits.h"
#include "engine/sha256.h"
#include "registry/archive.h"
#include "registry/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define INLINE_BYTES_MAX 128 /* as Spin does it: some registries refuse tiny blobs */
#define FOLDERS_DEEP_MAX 64

typedef struct collector {
    wy_arena *arena;
    wy_content *out;
    bool packed;
    const char *scratch;
    unsigned archives; /* made so far */
    wy_archive *archive;
    json_t *files; /* of the component under work */
    uint32_t count;
    wy_diag *diag;
} collector;

static wy_err no_memory(const collector *c) {
    return wy_diag_set(c->diag, WY_NOMEM, "out of memory for the application");
}

static wy_err add_blob(collector *c, const wy_content_blob *blob) {
    wy_content *out = c->out;
    for (uint32_t i = 0; i < out->blob_count; i++)
        if (wy_str_eq(out->blobs[i].sha256, blob->sha256)) return WY_OK;
    wy_content_blob *blobs = wy_arena_grow(c->arena, out->blobs, out->blob_count, &out->blob_cap,
                                           out->blob_count + 1u, sizeof *blobs);
    if (!blobs) return no_memory(c);
    out->blobs = blobs;
    blobs[out->blob_count++] = *blob;
    return WY_OK;
}

/* --- one file --- */

typedef struct mapped {
    wy_str bytes;
    char sha256[WY_SHA256_TEXT];
} mapped;

static wy_err map_file(const collector *c, const char *path, mapped *out) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *out = (mapped){0};
    wy_err err = WY_OK;
    if (fd < 0 || fstat(fd, &info) != 0)
        err = wy_diag_set(c->diag, WY_IO, "%s: %s", path, strerror(errno));
    else if ((uint64_t)info.st_size > WY_MAX_COMPONENT_BYTES)
        err = wy_diag_set(c->diag, WY_LIMIT, "%s: larger than %zu bytes (WY_MAX_COMPONENT_BYTES)",
                          path, WY_MAX_COMPONENT_BYTES);
    if (!err && info.st_size) {
        void *at = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED)
            err = wy_diag_set(c->diag, WY_IO, "%s: %s", path, strerror(errno));
        else
            out->bytes = (wy_str){at, (size_t)info.st_size};
    }
    if (fd >= 0) close(fd);
    if (!err) wy_sha256(&out->bytes, out->bytes.len ? 1 : 0, out->sha256);
    return err;
}

static void unmap(mapped *m) {
    if (m->bytes.len) munmap((void *)(uintptr_t)m->bytes.ptr, m->bytes.len);
    m->bytes = (wy_str){0};
}

static json_t *digest_text(const char *sha256) {
    return json_sprintf("sha256:%s", sha256);
}

static bool set_inline(json_t *reference, wy_str bytes) {
    wy_buf text;
    wy_buf_init(&text, 4 * INLINE_BYTES_MAX);
    wy_base64_encode(&text, bytes, false); /* Spin writes no padding, and takes none */
    bool ok = !text.failed &&
              json_object_set_new(reference, "inline", json_string(text.ptr ? text.ptr : "")) == 0;
    wy_buf_deinit(&text);
    return ok;
}

static wy_err blob_of_file(collector *c, const char *path, const mapped *file,
                           const char *media_type) {
    char *own_path = wy_arena_strndup(c->arena, path, strlen(path));
    char *sha256 = wy_arena_strndup(c->arena, file->sha256, WY_SHA256_TEXT - 1);
    if (!own_path || !sha256) return no_memory(c);
    const wy_content_blob blob = {.path = own_path,
                                  .sha256 = wy_str_of(sha256),
                                  .size = file->bytes.len,
                                  .media_type = media_type};
    return add_blob(c, &blob);
}

/* The path behind {"source": "file://..."}. */
static wy_err path_of(const collector *c, const json_t *reference, const char **path_out) {
    const json_t *source = json_object_get(reference, "source");
    wy_str path;
    if (json_is_string(source) &&
        wy_file_url_read(c->arena, (wy_str){json_string_value(source), json_string_length(source)},
                         &path)) {
        *path_out = path.ptr;
        return WY_OK;
    }
    return wy_diag_set(c->diag, WY_INVALID, "the application refers to what is no file here");
}

static wy_err collect_wasm(collector *c, json_t *reference) {
    const char *path;
    mapped file;
    wy_err err = path_of(c, reference, &path);
    if (!err) err = map_file(c, path, &file);
    if (err) return err;
    err = blob_of_file(c, path, &file, WY_MEDIA_SPIN_WASM);
    json_object_del(reference, "source");
    if (!err && json_object_set_new(reference, "digest", digest_text(file.sha256)) != 0)
        err = no_memory(c);
    unmap(&file);
    return err;
}

/* --- folders of files --- */

static wy_err put_file(collector *c, const char *path, const char *name, const mapped *file) {
    bool is_inline = file->bytes.len <= INLINE_BYTES_MAX;
    json_t *one = json_object();
    bool ok = json_object_set_new(one, "digest", digest_text(file->sha256)) == 0 &&
              (!is_inline || set_inline(one, file->bytes)) &&
              json_object_set_new(one, "path", json_string(name)) == 0;
    if (json_array_append_new(c->files, one) != 0 || !ok)
        return wy_diag_set(c->diag, WY_INVALID, "%s: its name is not UTF-8", path);
    if (is_inline) return WY_OK;
    if (c->archive) return wy_archive_add(c->archive, wy_str_of(name), file->bytes, c->diag);
    return blob_of_file(c, path, file, WY_MEDIA_SPIN_DATA);
}

static wy_err collect_file(collector *c, const char *path, const char *name) {
    mapped file;
    if (++c->count > WY_MAX_APP_FILES)
        return wy_diag_set(c->diag, WY_LIMIT, "more than %d files (WY_MAX_APP_FILES)",
                           WY_MAX_APP_FILES);
    wy_err err = map_file(c, path, &file);
    if (err) return err;
    err = put_file(c, path, name, &file);
    unmap(&file);
    return err;
}

static wy_err collect_folder(collector *c, const char *path, const char *name, unsigned depth);

static wy_err collect_entry(collector *c, const char *folder, const char *name, const char *entry,
                            unsigned depth) {
    const char *path = wy_arena_printf(c->arena, "%s/%s", folder, entry);
    const char *inner = wy_arena_printf(c->arena, "%s%s%s", name, *name ? "/" : "", entry);
    struct stat info;
    if (!path || !inner) return no_memory(c);
    if (lstat(path, &info) != 0)
        return wy_diag_set(c->diag, WY_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode)) return collect_folder(c, path, inner, depth + 1);
    return S_ISREG(info.st_mode) ? collect_file(c, path, inner) : WY_OK;
}

static wy_err collect_folder(collector *c, const char *path, const char *name, unsigned depth) {
    struct dirent **entries = NULL;
    if (depth > FOLDERS_DEEP_MAX)
        return wy_diag_set(c->diag, WY_LIMIT, "folders are nested more than %d deep",
                           FOLDERS_DEEP_MAX);
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0) return wy_diag_set(c->diag, WY_IO, "%s: %s", path, strerror(errno));
    wy_err err = WY_OK;
    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;
        if (!err && strcmp(entry, ".") != 0 && strcmp(entry, "..") != 0)
            err = collect_entry(c, path, name, entry, depth);
        free(entries[i]);
    }
    free(entries);
    return err;
}

static wy_err add_archive(collector *c, const char *path) {
    mapped file;
    wy_err err = map_file(c, path, &file);
    if (err) return err;
    err = blob_of_file(c, path, &file, WY_MEDIA_SPIN_ARCHIVE);
    unmap(&file);
    return err;
}

/* What a component is given at one place. */
static wy_err collect_mount(collector *c, const json_t *mount) {
    const char *path, *where = json_string_value(json_object_get(mount, "path"));
    const char *archive = NULL;
    struct stat info;
    wy_err err = path_of(c, mount, &path);
    while (where && *where == '/')
        where++;
    if (err) return err;
    if (stat(path, &info) != 0) return wy_diag_set(c->diag, WY_IO, "%s: %s", path, strerror(errno));
    if (c->packed) {
        archive = wy_arena_printf(c->arena, "%s/%u.tar.gz", c->scratch, c->archives++);
        if (!archive) return no_memory(c);
        err = wy_archive_begin(archive, &c->archive, c->diag);
        if (err) return err;
    }
    err = S_ISDIR(info.st_mode) ? collect_folder(c, path, where ? where : "", 0)
                                : collect_file(c, path, where ? where : "");
    if (!archive) return err;
    wy_err end = wy_archive_end(c->archive, c->diag);
    c->archive = NULL;
    if (!err) err = end;
    return err ? err : add_archive(c, archive);
}

/* --- the application --- */

static wy_err collect_component(collector *c, json_t *component) {
    const char *name;
    json_t *dependency;
    wy_err err = collect_wasm(c, json_object_get(component, "source"));
    json_object_foreach(json_object_get(component, "dependencies"), name, dependency) if (!err)
        err = collect_wasm(c, json_object_get(dependency, "source"));
    json_t *mounts = json_object_get(component, "files");
    if (err || !mounts) return err;
    c->files = json_array();
    for (size_t i = 0; i < json_array_size(mounts) && !err; i++)
        err = collect_mount(c, json_array_get(mounts, i));
    if (json_object_set_new(component, "files", c->files) != 0 && !err) err = no_memory(c);
    return err;
}

static wy_err collect_all(collector *c, json_t *root) {
    json_t *components = json_object_get(root, "components");
    wy_err err = WY_OK;
    json_object_del(json_object_get(root, "metadata"), "origin");
    for (size_t i = 0; i < json_array_size(components) && !err; i++)
        err = collect_component(c, json_array_get(components, i));
    if (err) return err;
    char *text = json_dumps(root, JSON_COMPACT);
    char *copy = text ? wy_arena_strndup(c->arena, text, strlen(text)) : NULL;
    free(text);
    c->out->json = wy_str_of(copy);
    if (c->out->json.len > WY_MAX_MANIFEST_BYTES) /* nobody could pull it */
        return wy_diag_set(c->diag, WY_LIMIT,
                           "the application takes more than %zu bytes as JSON "
                           "(WY_MAX_MANIFEST_BYTES)",
                           WY_MAX_MANIFEST_BYTES);
    return copy ? WY_OK : no_memory(c);
}

wy_err wy_content_collect(wy_arena *arena, wy_str json, bool packed, const char *scratch,
                          wy_content *out, wy_diag *diag) {
    collector c = {.arena = arena, .out = out, .packed = packed, .scratch = scratch, .diag = diag};
    json_error_t error;
    *out = (wy_content){0};
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &error);
    wy_err err = root ? collect_all(&c, root)
                      : wy_diag_set(diag, WY_MALFORMED, "the application is no JSON: line %d: %s",
                                    error.line, error.text);
    json_decref(root);
    return err;
}
