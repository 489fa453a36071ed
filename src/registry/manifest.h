/* Manifest: what an image in a registry consists of (OCI image-spec, "Image Manifest"). */
#ifndef WY_REGISTRY_MANIFEST_H
#define WY_REGISTRY_MANIFEST_H

#include "base/arena.h"
#include "base/str.h"

#define WY_MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define WY_MEDIA_CONFIG "application/vnd.oci.image.config.v1+json"
#define WY_MEDIA_LOCKED "application/vnd.fermyon.spin.application.v1+config"
#define WY_MEDIA_SPIN_WASM "application/vnd.wasm.content.layer.v1+wasm"
#define WY_MEDIA_SPIN_DATA "application/vnd.wasm.content.layer.v1+data"
#define WY_MEDIA_SPIN_ARCHIVE "application/vnd.wasm.content.bundle.v1.tar+gzip"
#define WY_MEDIA_WASM "application/wasm"
#define WY_MEDIA_OLD_WASM "application/vnd.module.wasm.content.layer.v1+wasm" /* of older tools */
#define WY_MEDIA_WASM_CONFIG "application/vnd.wasm.config.v0+json"

/* A blob as a manifest names it. */
typedef struct wy_descriptor {
    wy_str media_type;
    wy_str sha256; /* 64 hexadecimal digits */
    uint64_t size;
} wy_descriptor;

typedef struct wy_annotation {
    wy_str name, value;
} wy_annotation;

typedef struct wy_manifest {
    wy_descriptor config;
    const wy_descriptor *layers;
    uint32_t layer_count;
    const wy_annotation *annotations; /* written only */
    uint32_t annotation_count;
} wy_manifest;

/* Reads a manifest into `arena`. WY_MALFORMED: no JSON; WY_INVALID: no manifest, or one that breaks
 * a rule; WY_UNSUPPORTED: an index of several, an older format, a digest of another kind; WY_LIMIT:
 * WY_MAX_REGISTRY_LAYERS, or a blob larger than WY_MAX_COMPONENT_BYTES. */
wy_err wy_manifest_parse(wy_arena *arena, wy_str json, wy_manifest *out, wy_diag *diag) WY_MUST_USE;
/* Appends its JSON. */
void wy_manifest_print(const wy_manifest *manifest, wy_buf *out);

/* The layer of a component, among those that are one. */
bool wy_descriptor_is_wasm(const wy_descriptor *descriptor);

#endif
