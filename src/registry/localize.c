/* From a registry: references become files of the store. */
#include "registry/content.h"

#include "app/locked.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/limits.h"
#include "engine/sha256.h"
#include "registry/reference.h"
#include "registry/store.h"

#include <jansson.h>

typedef struct localizer {
    wy_arena *arena;
    const char *folder;
    wy_diag *diag;
} localizer;

static wy_err no_memory(const localizer *l) {
    return wy_diag_set(l->diag, WY_NOMEM, "out of memory for the application");
}

/* Replaces what `reference` refers to by a file. */
static wy_err set_file(const localizer *l, json_t *reference, const char *path) {
    wy_buf url;
    wy_buf_init(&url, WY_MAX_MANIFEST_BYTES);
    wy_file_url_write(&url, path);
    json_object_del(reference, "digest");
    json_object_del(reference, "inline");
    bool ok = !url.failed && json_object_set_new(reference, "source", json_string(url.ptr)) == 0;
    wy_buf_deinit(&url);
    return ok ? WY_OK : no_memory(l);
}

static wy_err localize_inline(const localizer *l, json_t *reference, wy_str text, wy_str digest,
                              const char *suffix) {
    char sha256[WY_SHA256_TEXT];
    wy_str wanted;
    wy_buf bytes;
    wy_buf_init(&bytes, WY_MAX_MANIFEST_BYTES);
    wy_err err = WY_OK;
    if (!wy_base64_decode(&bytes, text) || bytes.failed)
        err = wy_diag_set(l->diag, WY_INVALID, "what stands inline is not Base64");
    wy_str view = wy_buf_view(&bytes);
    wy_sha256(&view, view.len ? 1 : 0, sha256);
    if (!err && digest.len && (!wy_digest_parse(digest, &wanted) || !wy_str_eqz(wanted, sha256)))
        err = wy_diag_set(l->diag, WY_INVALID, "what stands inline has not its digest");
    const char *path = wy_store_path(l->arena, l->folder, wy_str_of(sha256), suffix);
    if (!err && !path) err = no_memory(l);
    if (!err) err = wy_file_replace(path, view, 0600, l->diag);
    if (!err) err = set_file(l, reference, path);
    wy_buf_deinit(&bytes);
    return err;
}

static wy_err localize(const localizer *l, json_t *reference, const char *suffix) {
    const json_t *digest = json_object_get(reference, "digest");
    const json_t *content = json_object_get(reference, "inline");
    wy_str text = {json_string_value(digest), json_string_length(digest)}, sha256;
    if (json_is_string(content))
        return localize_inline(l, reference,
                               (wy_str){json_string_value(content), json_string_length(content)},
                               text, suffix);
    if (!json_is_string(digest) || !wy_digest_parse(text, &sha256))
        return wy_diag_set(l->diag, WY_INVALID,
                           "the application refers to something without a digest");
    const char *path = wy_store_path(l->arena, l->folder, sha256, suffix);
    if (!path) return no_memory(l);
    if (!wy_store_has(path))
        return wy_diag_set(
            l->diag, WY_INVALID,
            "the application refers to a blob that the image does not have: " WY_STR_FMT,
            WY_STR_ARG(text));
    return set_file(l, reference, path);
}

static wy_err localize_component(const localizer *l, json_t *component) {
    const char *name;
    json_t *dependency;
    wy_err err = localize(l, json_object_get(component, "source"), WY_STORE_WASM);
    json_object_foreach(json_object_get(component, "dependencies"), name, dependency) if (!err)
        err = localize(l, json_object_get(dependency, "source"), WY_STORE_WASM);
    json_t *files = json_object_get(component, "files");
    for (size_t i = 0; i < json_array_size(files) && !err; i++)
        err = localize(l, json_array_get(files, i), WY_STORE_DATA);
    return err;
}

static wy_err add_origin(const localizer *l, json_t *root, const wy_content_origin *origin) {
    json_t *metadata = json_object_get(root, "metadata");
    if (!json_is_object(metadata))
        return wy_diag_set(l->diag, WY_INVALID, "the application has no 'metadata'");
    const char *from = wy_arena_printf(l->arena, "vnd.fermyon.origin-oci:" WY_STR_FMT,
                                       WY_STR_ARG(origin->reference));
    const char *digest =
        wy_arena_printf(l->arena, "sha256:" WY_STR_FMT, WY_STR_ARG(origin->sha256));
    bool ok = from && digest && json_object_set_new(metadata, "origin", json_string(from)) == 0 &&
              json_object_set_new(metadata, "oci_image_digest", json_string(digest)) == 0;
    return ok ? WY_OK : no_memory(l);
}

static int append(const char *bytes, size_t len, void *data) {
    wy_buf *out = data;
    wy_buf_append(out, bytes, len);
    return out->failed ? -1 : 0;
}

static wy_err localize_all(const localizer *l, json_t *root, const wy_content_origin *origin,
                           wy_buf *out) {
    if (!json_is_object(root) || !json_object_get(root, "spin_lock_version"))
        return wy_diag_set(l->diag, WY_INVALID, "it is no locked application");
    wy_err err = add_origin(l, root, origin);
    json_t *components = json_object_get(root, "components");
    for (size_t i = 0; i < json_array_size(components) && !err; i++)
        err = localize_component(l, json_array_get(components, i));
    if (err || json_dump_callback(root, append, out, JSON_COMPACT) == 0) return err;
    return out->failed ? wy_diag_set(l->diag, WY_LIMIT,
                                     "the application takes more than %zu bytes as JSON "
                                     "(WY_MAX_MANIFEST_BYTES)",
                                     out->limit)
                       : no_memory(l);
}

wy_err wy_content_localize(wy_arena *arena, wy_str json, const char *folder,
                           const wy_content_origin *origin, wy_buf *out, wy_diag *diag) {
    const localizer l = {arena, folder, diag};
    json_error_t error;
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &error);
    if (!root)
        return wy_diag_set(diag, WY_MALFORMED, "the application is no JSON: line %d: %s",
                           error.line, error.text);
    wy_err err = localize_all(&l, root, origin, out);
    json_decref(root);
    return err;
}
