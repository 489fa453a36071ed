/* Pushing: blobs, then the manifest that names them. */
#include "registry/push.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/progress.h"
#include "engine/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAYERS_MAX 499 /* beside the application's own: some registries take 500 of an image */

typedef struct pushing {
    wy_arena *arena;
    const wy_push_config *config;
    wy_descriptor *layers;
    uint32_t layer_count;
    wy_progress *progress;
    uint64_t done, total; /* bytes */
    wy_diag *diag;
} pushing;

static wy_err no_memory(const pushing *p) {
    return wy_diag_set(p->diag, WY_NOMEM, "out of memory for an image");
}

static wy_err named(const pushing *p, wy_err err) {
    if (err) wy_diag_prefix(p->diag, WY_STR_FMT, WY_STR_ARG(p->config->name));
    return err;
}

static wy_err put_bytes(pushing *p, wy_str bytes, wy_str sha256) {
    bool was_there;
    wy_err err = wy_registry_put_blob(p->config->registry, bytes, sha256, &was_there, p->diag);
    if (err) return named(p, err);
    p->done += bytes.len;
    wy_progress_set(p->progress, p->done, p->total);
    if (!p->progress)
        wy_log(WY_LOG_INFO, "%s %.12s (%zu bytes)", was_there ? "already there:" : "uploaded",
               sha256.ptr, bytes.len);
    return WY_OK;
}

/* What was looked at before may have changed meanwhile: then the digest is another. */
static wy_err put_file(pushing *p, const char *path, wy_str sha256) {
    struct stat info;
    char now[WY_SHA256_TEXT];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    wy_str bytes = {NULL, fd >= 0 && fstat(fd, &info) == 0 ? (size_t)info.st_size : 0};
    void *at = bytes.len ? mmap(NULL, bytes.len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    wy_err err = WY_OK;
    if (fd < 0 || at == MAP_FAILED)
        err = wy_diag_set(p->diag, WY_IO, "%s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    if (err) return err;
    bytes.ptr = at;
    wy_sha256(&bytes, bytes.len ? 1 : 0, now);
    if (!wy_str_eqz(sha256, now))
        err = wy_diag_set(p->diag, WY_IO, "%s: it changes while it is pushed", path);
    if (!err) err = put_bytes(p, bytes, sha256);
    if (at) munmap(at, bytes.len);
    return err;
}

static wy_err describe(pushing *p, wy_str bytes, const char *media_type, wy_descriptor *out) {
    char text[WY_SHA256_TEXT];
    wy_sha256(&bytes, bytes.len ? 1 : 0, text);
    char *sha256 = wy_arena_strndup(p->arena, text, WY_SHA256_TEXT - 1);
    *out = (wy_descriptor){wy_str_of(media_type), wy_str_of(sha256), bytes.len};
    return sha256 ? WY_OK : no_memory(p);
}

/* The configuration and then the manifest, when all layers are there. */
static wy_err finish(pushing *p, wy_str config, const char *config_type, char *sha256_out) {
    wy_manifest manifest = {.layers = p->layers,
                            .layer_count = p->layer_count,
                            .annotations = p->config->annotations,
                            .annotation_count = p->config->annotation_count};
    wy_err err = describe(p, config, config_type, &manifest.config);
    if (!err) err = put_bytes(p, config, manifest.config.sha256);
    if (err) return err;
    wy_buf json;
    wy_buf_init(&json, WY_MAX_REGISTRY_REPLY_BYTES);
    wy_manifest_print(&manifest, &json);
    wy_str text = wy_buf_view(&json);
    wy_sha256(&text, 1, sha256_out);
    err = json.failed ? no_memory(p)
                      : named(p, wy_registry_put_manifest(p->config->registry, p->config->tag, text,
                                                          p->diag));
    wy_buf_deinit(&json);
    return err;
}

/* --- an application --- */

static wy_err put_content(pushing *p, const wy_content *content) {
    wy_err err = WY_OK;
    for (uint32_t i = 0; i < content->blob_count; i++)
        p->total += content->blobs[i].size;
    p->progress = wy_progress_begin("uploading", p->total);
    for (uint32_t i = 0; i < content->blob_count && !err; i++) {
        const wy_content_blob *blob = &content->blobs[i];
        err = put_file(p, blob->path, blob->sha256);
        p->layers[p->layer_count++] =
            (wy_descriptor){wy_str_of(blob->media_type), blob->sha256, blob->size};
    }
    wy_progress_end(p->progress);
    p->progress = NULL;
    return err;
}

static wy_err collect(pushing *p, wy_str locked, const char *scratch, wy_content *out) {
    bool packed = getenv("SPIN_OCI_ARCHIVE_LAYERS") != NULL;
    wy_err err = wy_content_collect(p->arena, locked, packed, scratch, out, p->diag);
    if (!err && !packed && out->blob_count > LAYERS_MAX)
        err = wy_content_collect(p->arena, locked, true, scratch, out, p->diag);
    return err;
}

wy_err wy_push_application(wy_arena *arena, const wy_push_config *config, wy_str locked,
                           const char *scratch, char *sha256_out, wy_diag *diag) {
    pushing p = {.arena = arena, .config = config, .diag = diag};
    wy_content content;
    wy_err err = collect(&p, locked, scratch, &content);
    if (err) return err;
    p.layers = wy_arena_calloc(arena, content.blob_count + 1u, sizeof *p.layers);
    if (!p.layers) return no_memory(&p);
    err = put_content(&p, &content);
    wy_descriptor *application = &p.layers[p.layer_count];
    if (!err) err = describe(&p, content.json, WY_MEDIA_LOCKED, application);
    if (!err) err = put_bytes(&p, content.json, application->sha256);
    p.layer_count++;
    if (err) return err;
    /* What names the application makes its configuration, and so the image, another one. */
    char *text = wy_arena_printf(
        arena,
        "{\"architecture\":\"wasm\",\"os\":\"wasip1\",\"config\":{\"Labels\":{\"com.fermyon.spin."
        "lockedAppDigest\":\"sha256:" WY_STR_FMT
        "\"}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}",
        WY_STR_ARG(application->sha256));
    return text ? finish(&p, wy_str_of(text), WY_MEDIA_CONFIG, sha256_out) : no_memory(&p);
}

/* --- a component --- */

wy_err wy_push_component(wy_arena *arena, const wy_push_config *config, const char *path,
                         char *sha256_out, wy_diag *diag) {
    wy_descriptor layer;
    pushing p = {
        .arena = arena, .config = config, .layers = &layer, .layer_count = 1, .diag = diag};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    bool ok = fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 0;
    void *at = ok ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (fd >= 0) close(fd);
    if (at == MAP_FAILED) return wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    wy_str bytes = {at, (size_t)info.st_size};
    wy_err err = describe(&p, bytes, WY_MEDIA_WASM, &layer);
    if (!err) err = put_bytes(&p, bytes, layer.sha256);
    munmap(at, bytes.len);
    if (err) return err;
    char *text = wy_arena_printf(
        arena,
        "{\"created\":\"" WY_STR_FMT
        "\",\"architecture\":\"wasm\",\"os\":\"wasip2\",\"layerDigests\":[\"sha256:" WY_STR_FMT
        "\"]}",
        WY_STR_ARG(config->created), WY_STR_ARG(layer.sha256));
    return text ? finish(&p, wy_str_of(text), WY_MEDIA_WASM_CONFIG, sha256_out) : no_memory(&p);
}
