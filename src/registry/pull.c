/* Pulling: manifest, then blobs, then what they make together. */
#include "registry/pull.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "engine/sha256.h"
#include "registry/archive.h"
#include "registry/content.h"
#include "registry/store.h"

typedef struct pulling {
    wy_arena *arena;
    const char *folder;
    wy_registry *registry; /* NULL: not asked for anything yet */
    const wy_reference *reference;
    bool insecure;
    wy_manifest manifest;
    char sha256[WY_SHA256_TEXT]; /* of the manifest */
    wy_diag *diag;
} pulling;

static wy_err no_memory(const pulling *p) {
    return wy_diag_set(p->diag, WY_NOMEM, "out of memory for an image");
}

wy_err wy_registry_open(wy_arena *arena, const wy_reference *reference, bool may_push,
                        bool insecure, own wy_registry **out, wy_diag *diag) {
    wy_registry_config config = {.host = wy_reference_host(reference),
                                 .repository = reference->repository,
                                 .may_push = may_push,
                                 .insecure = insecure};
    wy_err err = wy_credentials_find(arena, reference->registry, &config.credentials, diag);
    return err ? err : wy_registry_new(&config, out, diag);
}

static wy_err need_registry(pulling *p) {
    if (p->registry) return WY_OK;
    return wy_registry_open(p->arena, p->reference, false, p->insecure, &p->registry, p->diag);
}

/* --- the manifest --- */

/* By digest it may be in the store. */
static bool has_manifest(pulling *p, wy_str *json_out) {
    wy_diag ignored;
    if (p->reference->sha256.len == 0) return false;
    const char *path = wy_store_path(p->arena, p->folder, p->reference->sha256, WY_STORE_MANIFEST);
    if (!path || !wy_store_has(path)) return false;
    wy_diag_init(&ignored);
    if (wy_text_read(p->arena, path, json_out, &ignored)) return false;
    wy_sha256(json_out, 1, p->sha256);
    return wy_str_eqz(p->reference->sha256, p->sha256);
}

static wy_err fetch_manifest(pulling *p, wy_str *json_out) {
    wy_str tag = p->reference->tag;
    if (p->reference->sha256.len)
        tag = wy_str_of(
            wy_arena_printf(p->arena, "sha256:" WY_STR_FMT, WY_STR_ARG(p->reference->sha256)));
    wy_buf json;
    wy_buf_init(&json, WY_MAX_REGISTRY_REPLY_BYTES);
    wy_err err = tag.ptr ? need_registry(p) : no_memory(p);
    if (!err) err = wy_registry_get_manifest(p->registry, tag, &json, p->sha256, p->diag);
    char *copy = err ? NULL : wy_arena_strndup(p->arena, json.ptr ? json.ptr : "", json.len);
    *json_out = (wy_str){copy, json.len};
    wy_buf_deinit(&json);
    return err || copy ? err : no_memory(p);
}

static wy_err get_manifest(pulling *p) {
    wy_str json;
    if (has_manifest(p, &json)) return wy_manifest_parse(p->arena, json, &p->manifest, p->diag);
    wy_err err = fetch_manifest(p, &json);
    if (!err) err = wy_manifest_parse(p->arena, json, &p->manifest, p->diag);
    if (err) return err;
    const char *path = wy_store_path(p->arena, p->folder, wy_str_of(p->sha256), WY_STORE_MANIFEST);
    return path ? wy_file_replace(path, json, 0600, p->diag) : no_memory(p);
}

/* --- blobs --- */

static wy_err get_blob(pulling *p, const wy_descriptor *blob, const char *suffix,
                       const char **path_out) {
    const char *path = wy_store_path(p->arena, p->folder, blob->sha256, suffix);
    if (!path) return no_memory(p);
    *path_out = path;
    if (wy_store_has(path)) return WY_OK;
    wy_err err = need_registry(p);
    return err ? err : wy_registry_get_blob(p->registry, blob, path, p->diag);
}

static bool is_type(const wy_descriptor *d, const char *media_type) {
    return wy_str_eqz(d->media_type, media_type);
}

static wy_err unpack(pulling *p, const wy_descriptor *layer, const char *path) {
    const char *done = wy_store_path(p->arena, p->folder, layer->sha256, WY_STORE_UNPACKED);
    if (!done) return no_memory(p);
    if (wy_store_has(done)) return WY_OK;
    wy_err err = wy_archive_unpack(p->arena, path, p->folder, p->diag);
    return err ? err : wy_file_replace(done, (wy_str){0}, 0600, p->diag);
}

static wy_err get_layer(pulling *p, const wy_descriptor *layer) {
    const char *path;
    bool is_wasm = wy_descriptor_is_wasm(layer);
    wy_err err = get_blob(p, layer, is_wasm ? WY_STORE_WASM : WY_STORE_DATA, &path);
    return err || !is_type(layer, WY_MEDIA_SPIN_ARCHIVE) ? err : unpack(p, layer, path);
}

/* --- applications --- */

/* Older images have it as their configuration. */
static const wy_descriptor *find_application(const wy_manifest *m) {
    for (uint32_t i = 0; i < m->layer_count; i++)
        if (is_type(&m->layers[i], WY_MEDIA_LOCKED)) return &m->layers[i];
    return is_type(&m->config, WY_MEDIA_LOCKED) ? &m->config : NULL;
}

static wy_err make_application(pulling *p, const char *path, const char **path_out) {
    wy_str json;
    wy_buf out;
    const wy_content_origin origin = {wy_str_of(wy_reference_text(p->arena, p->reference)),
                                      wy_str_of(p->sha256)};
    *path_out = wy_store_path(p->arena, p->folder, wy_str_of(p->sha256), WY_STORE_APP);
    if (!origin.reference.ptr || !*path_out) return no_memory(p);
    wy_err err = wy_text_read(p->arena, path, &json, p->diag);
    if (err) return err;
    wy_buf_init(&out, WY_MAX_MANIFEST_BYTES);
    err = wy_content_localize(p->arena, json, p->folder, &origin, &out, p->diag);
    if (!err) err = wy_file_replace(*path_out, wy_buf_view(&out), 0600, p->diag);
    wy_buf_deinit(&out);
    return err;
}

static wy_err get_application(pulling *p, const wy_descriptor *application, const char **path_out) {
    const char *path;
    wy_err err = get_blob(p, application, WY_STORE_DATA, &path);
    for (uint32_t i = 0; i < p->manifest.layer_count && !err; i++)
        if (&p->manifest.layers[i] != application) err = get_layer(p, &p->manifest.layers[i]);
    return err ? err : make_application(p, path, path_out);
}

/* --- components --- */

static wy_err get_component(pulling *p, const char **path_out) {
    const wy_manifest *m = &p->manifest;
    const wy_descriptor *found = NULL;
    for (uint32_t i = 0; i < m->layer_count; i++) {
        if (!wy_descriptor_is_wasm(&m->layers[i])) continue;
        if (found)
            return wy_diag_set(p->diag, WY_UNSUPPORTED,
                               "the image has several components, and no application of them");
        found = &m->layers[i];
    }
    if (!found)
        return wy_diag_set(p->diag, WY_UNSUPPORTED,
                           "the image is neither a component nor an application (its first layer "
                           "is of the type \"" WY_STR_FMT "\")",
                           WY_STR_ARG(m->layer_count ? m->layers[0].media_type : WY_STR("none")));
    return get_blob(p, found, WY_STORE_WASM, path_out);
}

static wy_err pull(pulling *p, wy_pulled *out) {
    wy_err err = get_manifest(p);
    if (err) return err;
    const wy_descriptor *application = find_application(&p->manifest);
    out->is_application = application != NULL;
    err = application ? get_application(p, application, &out->path) : get_component(p, &out->path);
    char *sha256 = err ? NULL : wy_arena_strndup(p->arena, p->sha256, strlen(p->sha256));
    out->sha256 = wy_str_of(sha256);
    return err || sha256 ? err : no_memory(p);
}

wy_err wy_pull(wy_arena *arena, const wy_pull_config *config, wy_pulled *out, wy_diag *diag) {
    wy_reference reference;
    *out = (wy_pulled){0};
    wy_err err = wy_reference_parse(arena, config->reference, &reference, diag);
    if (err) return err;
    pulling p = {.arena = arena,
                 .folder = config->folder,
                 .reference = &reference,
                 .insecure = config->insecure,
                 .diag = diag};
    err = pull(&p, out);
    if (err) wy_diag_prefix(diag, WY_STR_FMT, WY_STR_ARG(config->reference));
    wy_registry_free(p.registry);
    return err;
}

wy_err wy_pull_component(wy_arena *arena, wy_registry *registry, wy_str tag, const char *folder,
                         const char **path_out, wy_diag *diag) {
    const wy_reference reference = {.tag = tag};
    pulling p = {.arena = arena,
                 .folder = folder,
                 .registry = registry,
                 .reference = &reference,
                 .diag = diag};
    wy_err err = get_manifest(&p);
    return err ? err : get_component(&p, path_out);
}
