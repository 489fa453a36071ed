/* Any bytes as what a user or a registry gives: a reference, a challenge, a manifest, a file of
 * credentials. */
#include "base/check.h"
#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/manifest.h"
#include "registry/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_reference(wy_arena *arena, wy_str text) {
    wy_reference r, again;
    bool is_one = wy_reference_parse(arena, text, &r, NULL) == WY_OK;
    if (!is_one) {
        wy_assert(!wy_reference_is_likely(text));
        return;
    }
    wy_assert(r.registry.len && r.repository.len && (r.tag.len || r.sha256.len == 64));
    const char *full = wy_reference_text(arena, &r);
    wy_assert(full && wy_reference_parse(arena, wy_str_of(full), &again, NULL) == WY_OK);
    wy_assert(wy_str_eq(r.registry, again.registry) && wy_str_eq(r.tag, again.tag));
    wy_assert(wy_str_eq(r.repository, again.repository) && wy_str_eq(r.sha256, again.sha256));
}

static void try_manifest(wy_arena *arena, wy_str text) {
    wy_manifest m, again;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = wy_manifest_parse(arena, text, &m, &diag);
    wy_assert(err == diag.err);
    if (err) return;
    wy_buf printed;
    wy_buf_init(&printed, (size_t)64 << 20);
    wy_manifest_print(&m, &printed);
    wy_assert(!printed.failed);
    wy_assert(wy_manifest_parse(arena, wy_buf_view(&printed), &again, NULL) == WY_OK);
    wy_assert(again.layer_count == m.layer_count && again.config.size == m.config.size);
    wy_buf_deinit(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)64 << 20);
    wy_str text = {(const char *)data, size};
    wy_challenge challenge;
    wy_credentials credentials;
    const char *helper;
    try_reference(&arena, text);
    try_manifest(&arena, text);
    if (wy_challenge_parse(&arena, text, &challenge) == WY_OK)
        wy_assert(challenge.kind <= WY_CHALLENGE_BEARER);
    (void)!wy_credentials_read(&arena, text, WY_STR("ghcr.io"), &credentials, &helper, NULL);
    wy_arena_deinit(&arena);
    return 0;
}
