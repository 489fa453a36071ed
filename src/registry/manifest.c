/* Manifests: JSON to descriptors and back. */
#include "registry/manifest.h"

#include "base/limits.h"
#include "registry/reference.h"

#include <jansson.h>

typedef struct reader {
    wy_arena *arena;
    wy_diag *diag;
} reader;

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for a manifest");
}

static wy_err text_of(const reader *r, const json_t *value, wy_str *out) {
    size_t len = json_string_length(value);
    char *copy = wy_arena_strndup(r->arena, len ? json_string_value(value) : "", len);
    if (!copy) return no_memory(r->diag);
    *out = (wy_str){copy, len};
    return WY_OK;
}

static wy_err read_digest(const reader *r, const json_t *value, wy_str *out) {
    wy_str text = {0};
    if (!json_is_string(value))
        return wy_diag_set(r->diag, WY_INVALID, "a descriptor has no digest");
    wy_err err = text_of(r, value, &text);
    if (err) return err;
    if (wy_digest_parse(text, out)) return WY_OK;
    bool other = wy_str_starts(text, WY_STR("sha512:"));
    return wy_diag_set(r->diag, other ? WY_UNSUPPORTED : WY_INVALID,
                       other ? "digests by SHA-512 are not supported"
                             : "a digest is not \"sha256:\" and 64 hexadecimal digits");
}

static wy_err read_descriptor(const reader *r, const json_t *value, wy_descriptor *out) {
    const json_t *type = json_object_get(value, "mediaType");
    const json_t *size = json_object_get(value, "size");
    if (!json_is_object(value) || !json_is_string(type))
        return wy_diag_set(r->diag, WY_INVALID, "a descriptor has no media type");
    if (!json_is_integer(size) || json_integer_value(size) < 0)
        return wy_diag_set(r->diag, WY_INVALID, "a descriptor has no size");
    out->size = (uint64_t)json_integer_value(size);
    if (out->size > WY_MAX_COMPONENT_BYTES)
        return wy_diag_set(r->diag, WY_LIMIT,
                           "a blob of %llu bytes: at most %zu (WY_MAX_COMPONENT_BYTES)",
                           (unsigned long long)out->size, WY_MAX_COMPONENT_BYTES);
    wy_err err = text_of(r, type, &out->media_type);
    return err ? err : read_digest(r, json_object_get(value, "digest"), &out->sha256);
}

static wy_err read_layers(const reader *r, const json_t *layers, wy_manifest *out) {
    if (!json_is_array(layers)) return wy_diag_set(r->diag, WY_INVALID, "there are no layers");
    size_t count = json_array_size(layers);
    if (count > WY_MAX_REGISTRY_LAYERS)
        return wy_diag_set(r->diag, WY_LIMIT, "%zu layers: at most %d (WY_MAX_REGISTRY_LAYERS)",
                           count, WY_MAX_REGISTRY_LAYERS);
    wy_descriptor *items = wy_arena_calloc(r->arena, count, sizeof *items);
    if (!items) return no_memory(r->diag);
    wy_err err = WY_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = read_descriptor(r, json_array_get(layers, i), &items[i]);
    out->layers = items;
    out->layer_count = (uint32_t)count;
    return err;
}

static wy_err read_root(const reader *r, const json_t *root, wy_manifest *out) {
    if (!json_is_object(root)) return wy_diag_set(r->diag, WY_INVALID, "it is no object");
    if (json_object_get(root, "manifests"))
        return wy_diag_set(r->diag, WY_UNSUPPORTED,
                           "it is an index of several images; name one of them by its digest");
    if (json_integer_value(json_object_get(root, "schemaVersion")) != 2)
        return wy_diag_set(r->diag, WY_UNSUPPORTED, "its schemaVersion is not 2");
    wy_err err = read_descriptor(r, json_object_get(root, "config"), &out->config);
    return err ? err : read_layers(r, json_object_get(root, "layers"), out);
}

wy_err wy_manifest_parse(wy_arena *arena, wy_str json, wy_manifest *out, wy_diag *diag) {
    const reader r = {arena, diag};
    json_error_t error;
    *out = (wy_manifest){0};
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &error);
    wy_err err = root ? read_root(&r, root, out)
                      : wy_diag_set(diag, WY_MALFORMED, "it is no JSON: line %d: %s", error.line,
                                    error.text);
    json_decref(root);
    if (err) wy_diag_prefix(diag, "the manifest");
    return err;
}

static void print_descriptor(const wy_descriptor *d, wy_buf *out) {
    wy_buf_printf(out, "{\"mediaType\":");
    wy_buf_json(out, d->media_type);
    wy_buf_printf(out, ",\"digest\":\"sha256:" WY_STR_FMT "\",\"size\":%llu}",
                  WY_STR_ARG(d->sha256), (unsigned long long)d->size);
}

void wy_manifest_print(const wy_manifest *manifest, wy_buf *out) {
    wy_buf_printf(out, "{\"schemaVersion\":2,\"mediaType\":\"" WY_MEDIA_MANIFEST "\",\"config\":");
    print_descriptor(&manifest->config, out);
    wy_buf_printf(out, ",\"layers\":[");
    for (uint32_t i = 0; i < manifest->layer_count; i++) {
        if (i) wy_buf_char(out, ',');
        print_descriptor(&manifest->layers[i], out);
    }
    wy_buf_char(out, ']');
    for (uint32_t i = 0; i < manifest->annotation_count; i++) {
        wy_buf_printf(out, i ? "," : ",\"annotations\":{");
        wy_buf_json(out, manifest->annotations[i].name);
        wy_buf_char(out, ':');
        wy_buf_json(out, manifest->annotations[i].value);
    }
    if (manifest->annotation_count) wy_buf_char(out, '}');
    wy_buf_char(out, '}');
}

bool wy_descriptor_is_wasm(const wy_descriptor *d) {
    return wy_str_eqz(d->media_type, WY_MEDIA_WASM) ||
           wy_str_eqz(d->media_type, WY_MEDIA_SPIN_WASM) ||
           wy_str_eqz(d->media_type, WY_MEDIA_OLD_WASM);
}
