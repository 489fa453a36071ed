/* Compiled ahead of time: see aot.h. */
#include "engine/aot.h"

#include "base/limits.h"
#include "engine/cache.h"

#include <stdio.h>
#include <stdlib.h>

#define ALIGNMENT 64

static const char magic[8] = "withyaot";
static const char undamaged[] = "compiled ahead, undamaged"; /* what is recorded of a file */

/* Numbers are in the byte order of the machine: compiled code is of one machine anyway. */
typedef struct header {
    char magic[8];
    uint64_t digest[2]; /* XXH3-128 of all that follows this field */
    char version[32];   /* withy's, NUL-padded */
    char fingerprint[192];
    uint64_t total; /* bytes of the file */
    uint64_t component_offset, component_len;
    uint64_t module_count; /* as many parts follow the header */
} header;

typedef struct part {
    char key[WY_CACHE_KEY_BYTES + 7]; /* NUL-padded */
    uint64_t offset, len;
} part;

_Static_assert(sizeof(header) % 8 == 0 && sizeof(part) % 8 == 0, "no hidden padding between");

#define DIGEST_FROM offsetof(header, version)

struct wy_aot {
    struct wy_aot *next;
    const uint8_t *bytes;
    const part *parts;
    uint64_t count;
};

static size_t align_up(size_t n) {
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* --- writing --- */

typedef struct compiled {
    uint8_t *bytes;
    size_t len;
} compiled;

static void compiled_free(compiled *all, size_t count) {
    for (size_t i = 0; all && i < count; i++)
        free(all[i].bytes);
    free(all);
}

static wy_err compile_all(wy_engine *engine, const wy_str *modules, size_t count, compiled *all,
                          wy_diag *diag) {
    for (size_t i = 0; i < count; i++) {
        wy_module *module = NULL;
        wy_err err =
            wy_module_load(engine, (const uint8_t *)modules[i].ptr, modules[i].len, &module, diag);
        if (!err) err = wy_module_serialize(module, &all[i].bytes, &all[i].len, diag);
        wy_module_free(module);
        if (err) {
            wy_diag_prefix(diag, "core module %zu", i);
            return err;
        }
    }
    return WY_OK;
}

static own uint8_t *assemble(wy_engine *engine, wy_str component, const wy_str *modules,
                             size_t count, const compiled *all, size_t *len_out) {
    header h = {.module_count = count, .component_len = component.len};
    size_t at = align_up(sizeof h + count * sizeof(part));
    h.component_offset = at;
    at = align_up(at + component.len);
    size_t first = at;
    for (size_t i = 0; i < count; i++)
        at = align_up(at + all[i].len);
    h.total = at;
    uint8_t *bytes = calloc(1, at);
    if (!bytes) return NULL;
    memcpy(h.magic, magic, sizeof magic);
    snprintf(h.version, sizeof h.version, "%s", WITHY_VERSION);
    snprintf(h.fingerprint, sizeof h.fingerprint, "%s", engine->fingerprint);
    if (component.len) memcpy(bytes + h.component_offset, component.ptr, component.len);
    for (size_t i = 0; i < count; i++) {
        part p = {.offset = first, .len = all[i].len};
        wy_cache_key(engine, (const uint8_t *)modules[i].ptr, modules[i].len, p.key);
        memcpy(bytes + sizeof h + i * sizeof p, &p, sizeof p);
        memcpy(bytes + first, all[i].bytes, all[i].len);
        first = align_up(first + all[i].len);
    }
    memcpy(bytes, &h, sizeof h);
    wy_cache_digest(bytes + DIGEST_FROM, at - DIGEST_FROM, h.digest);
    memcpy(bytes, &h, sizeof h);
    *len_out = at;
    return bytes;
}

wy_err wy_aot_build(wy_engine *engine, wy_str component, const wy_str *modules, size_t module_count,
                    own uint8_t **bytes_out, size_t *len_out, wy_diag *diag) {
    compiled *all = calloc(module_count + 1, sizeof *all);
    if (!all) return WY_NOMEM;
    wy_err err = compile_all(engine, modules, module_count, all, diag);
    if (!err) {
        *bytes_out = assemble(engine, component, modules, module_count, all, len_out);
        if (!*bytes_out) err = WY_NOMEM;
    }
    compiled_free(all, module_count);
    return err;
}

/* --- reading --- */

bool wy_aot_is(const uint8_t *bytes, size_t len) {
    return len >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

static bool is_inside(uint64_t offset, uint64_t len, uint64_t total) {
    return offset <= total && len <= total - offset;
}

static bool has_digest(const wy_engine *engine, const header *h, const uint8_t *bytes, size_t len) {
    uint64_t digest[2];
    char known[WY_CACHE_KEY_BYTES];
    if (wy_known_part(engine, bytes, len, known) && strcmp(known, undamaged) == 0) return true;
    wy_cache_digest(bytes + DIGEST_FROM, len - DIGEST_FROM, digest);
    if (digest[0] != h->digest[0] || digest[1] != h->digest[1]) return false;
    wy_know_part(engine, bytes, len, undamaged);
    return true;
}

static wy_err check(const wy_engine *engine, const header *h, const uint8_t *bytes, size_t len,
                    wy_diag *diag) {
    if (strncmp(h->version, WITHY_VERSION, sizeof h->version) != 0 ||
        strncmp(h->fingerprint, engine->fingerprint, sizeof h->fingerprint) != 0)
        return wy_diag_set(diag, WY_UNSUPPORTED,
                           "compiled by withy %.31s (%.191s), this is withy %s (%s): compile the "
                           "component again",
                           h->version, h->fingerprint, WITHY_VERSION, engine->fingerprint);
    bool good = h->total == len && has_digest(engine, h, bytes, len) &&
                h->module_count <= WY_MAX_COMPONENT_ITEMS &&
                is_inside(sizeof *h, h->module_count * sizeof(part), len) &&
                is_inside(h->component_offset, h->component_len, len);
    const part *parts = (const part *)(const void *)(bytes + sizeof *h);
    for (uint64_t i = 0; good && i < h->module_count; i++)
        good = is_inside(parts[i].offset, parts[i].len, len);
    return good ? WY_OK : wy_diag_set(diag, WY_MALFORMED, "compiled component is damaged");
}

wy_err wy_aot_attach(wy_engine *engine, const uint8_t *bytes, size_t len, wy_str *component_out,
                     wy_diag *diag) {
    header h;
    if (!wy_aot_is(bytes, len) || len < sizeof h || (uintptr_t)bytes % _Alignof(part) != 0)
        return wy_diag_set(diag, WY_MALFORMED, "not a compiled component");
    memcpy(&h, bytes, sizeof h);
    wy_err err = check(engine, &h, bytes, len, diag);
    if (err) return err;
    struct wy_aot *aot = malloc(sizeof *aot);
    if (!aot) return WY_NOMEM;
    *aot = (struct wy_aot){.next = engine->aot,
                           .bytes = bytes,
                           .parts = (const part *)(const void *)(bytes + sizeof h),
                           .count = h.module_count};
    engine->aot = aot;
    *component_out = (wy_str){(const char *)bytes + h.component_offset, h.component_len};
    return WY_OK;
}

wy_str wy_aot_find(const wy_engine *engine, const char *key) {
    for (const struct wy_aot *aot = engine->aot; aot; aot = aot->next)
        for (uint64_t i = 0; i < aot->count; i++)
            if (strncmp(aot->parts[i].key, key, sizeof aot->parts[i].key) == 0)
                return (wy_str){(const char *)aot->bytes + aot->parts[i].offset, aot->parts[i].len};
    return (wy_str){0};
}

void wy_aot_detach(wy_engine *engine, const uint8_t *bytes) {
    for (struct wy_aot **at = &engine->aot; *at; at = &(*at)->next) {
        if ((*at)->bytes != bytes) continue;
        struct wy_aot *aot = *at;
        *at = aot->next;
        free(aot);
        return;
    }
}

void wy_aot_detach_all(wy_engine *engine) {
    while (engine->aot) {
        struct wy_aot *aot = engine->aot;
        engine->aot = aot->next;
        free(aot);
    }
}
