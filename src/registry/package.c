/* Packages: which version, and where it lies in the store. */
#include "registry/package.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "capability/http/fetch.h"
#include "engine/sha256.h"
#include "registry/pull.h"
#include "registry/store.h"
#include "wit/semver.h"

#include <stdlib.h>
#include <unistd.h>

typedef struct finding {
    wy_arena *arena;
    const wy_package *package;
    const wy_package_config *config;
    wy_package_place place;
    wy_registry *registry;
    wy_diag *diag;
} finding;

static wy_err no_memory(const finding *f) {
    return wy_diag_set(f->diag, WY_NOMEM, "out of memory for a package");
}

/* --- what is remembered: a file with the digest, named by what was asked for --- */

static const char *record_path(const finding *f) {
    char sha256[WY_SHA256_TEXT];
    const wy_str key[] = {f->package->registry, WY_STR("|"),
                          f->package->name,     WY_STR("|"),
                          f->package->version,  f->package->is_exact ? WY_STR("=") : WY_STR("")};
    wy_sha256(key, sizeof key / sizeof *key, sha256);
    return wy_store_path(f->arena, f->config->folder, wy_str_of(sha256), ".package");
}

/* NULL: nothing, or what is no longer there. */
static const char *recall(const finding *f, const char *record) {
    wy_str text, sha256;
    wy_diag ignored;
    wy_diag_init(&ignored);
    if (!wy_store_has(record) || wy_text_read(f->arena, record, &text, &ignored) ||
        !wy_digest_parse(text, &sha256))
        return NULL;
    const char *path = wy_store_path(f->arena, f->config->folder, sha256, WY_STORE_WASM);
    return path && wy_store_has(path) ? path : NULL;
}

static wy_err remember(const finding *f, const char *record, const char *path) {
    wy_str file = wy_str_of(path);
    size_t slash = wy_str_rfind(file, '/');
    wy_str sha256 = wy_str_sub(file, slash + 1, file.len - strlen(WY_STORE_WASM));
    const char *text = wy_arena_printf(f->arena, "sha256:" WY_STR_FMT, WY_STR_ARG(sha256));
    return text ? wy_file_replace(record, wy_str_of(text), 0600, f->diag) : no_memory(f);
}

/* --- where --- */

static wy_err read_configuration(const finding *f, wy_str *toml_out, const char **path_out) {
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    bool has_xdg = xdg && *xdg;
    *path_out = wy_arena_printf(f->arena, "%s%s/wasm-pkg/config.toml",
                                has_xdg ? xdg
                                : home  ? home
                                        : "",
                                has_xdg ? "" : "/.config");
    *toml_out = (wy_str){0};
    if (!*path_out) return no_memory(f);
    if (access(*path_out, F_OK) != 0) return WY_OK;
    return wy_text_read(f->arena, *path_out, toml_out, f->diag);
}

static wy_err locate(finding *f) {
    wy_str toml;
    const char *path;
    wy_err err = read_configuration(f, &toml, &path);
    if (err) return err;
    err = wy_package_locate(f->arena, toml, f->package, &f->place, f->diag);
    if (err && err != WY_NOT_FOUND) wy_text_place(f->diag, wy_str_of(path), toml);
    f->place.plain |= f->config->insecure;
    return err;
}

static bool is_this_machine(wy_str registry) {
    wy_str host = wy_str_sub(registry, 0, wy_str_find(registry, ':'));
    return wy_str_eqz(host, "localhost") || wy_str_starts(host, WY_STR("127."));
}

/* A registry that says nothing of itself is one of OCI. */
static wy_err ask_metadata(finding *f) {
    wy_package_place *place = &f->place;
    bool plain = place->plain || is_this_machine(place->registry);
    if (place->oci_registry.len) return WY_OK;
    const char *url =
        wy_arena_printf(f->arena, "http%s://" WY_STR_FMT "/.well-known/wasm-pkg/registry.json",
                        plain ? "" : "s", WY_STR_ARG(place->registry));
    if (!url) return no_memory(f);
    const wy_http_fetch fetch = {.url = wy_str_of(url)};
    uint16_t status;
    wy_buf body;
    wy_diag failure;
    wy_diag_init(&failure);
    wy_buf_init(&body, WY_MAX_REGISTRY_REPLY_BYTES);
    wy_err err = wy_http_fetch_run(&fetch, &status, &body, &failure);
    if (err)
        wy_log(WY_LOG_DEBUG, "%s", failure.text);
    else if (status == 200)
        err = wy_package_read_metadata(f->arena, wy_buf_view(&body), place, f->diag);
    wy_buf_deinit(&body);
    if (err && f->diag->err) return err;
    if (place->oci_registry.len == 0) place->oci_registry = place->registry;
    return WY_OK;
}

static wy_err open_registry(finding *f) {
    const wy_package_place *place = &f->place;
    wy_str name = f->package->name;
    size_t colon = wy_str_find(name, ':');
    const char *repository = wy_arena_printf(
        f->arena, WY_STR_FMT WY_STR_FMT "/" WY_STR_FMT, WY_STR_ARG(place->prefix),
        WY_STR_ARG(wy_str_sub(name, 0, colon)), WY_STR_ARG(wy_str_sub(name, colon + 1, name.len)));
    if (!repository) return no_memory(f);
    const wy_reference reference = {.registry = place->oci_registry,
                                    .repository = wy_str_of(repository)};
    if (place->user.len == 0)
        return wy_registry_open(f->arena, &reference, false, place->plain, &f->registry, f->diag);
    const wy_registry_config config = {
        .host = wy_reference_host(&reference),
        .repository = reference.repository,
        .insecure = place->plain,
        .credentials = {.user = place->user, .password = place->password}};
    return wy_registry_new(&config, &f->registry, f->diag);
}

/* --- which version --- */

static wy_err choose_version(finding *f, wy_str *tag_out) {
    const wy_str *tags;
    uint32_t count;
    wy_semver best = {0}, version;
    *tag_out = (wy_str){0};
    wy_err err = wy_registry_get_tags(f->registry, f->arena, &tags, &count, f->diag);
    for (uint32_t i = 0; i < count && !err; i++) {
        if (!wy_semver_parse(tags[i], &version) ||
            !wy_semver_meets(&version, f->package->version) ||
            (tag_out->len && wy_semver_cmp(&version, &best) <= 0))
            continue;
        best = version;
        *tag_out = tags[i];
    }
    if (!err && tag_out->len == 0)
        err = wy_diag_set(f->diag, WY_NOT_FOUND, "none of its %u versions is \"" WY_STR_FMT "\"",
                          count, WY_STR_ARG(f->package->version));
    return err;
}

static wy_err find(finding *f, const char **path_out) {
    wy_str tag = f->package->version;
    wy_err err = locate(f);
    if (!err) err = ask_metadata(f);
    if (!err) err = open_registry(f);
    if (!err && !f->package->is_exact) err = choose_version(f, &tag);
    if (!err)
        err = wy_pull_component(f->arena, f->registry, tag, f->config->folder, path_out, f->diag);
    wy_registry_free(f->registry);
    if (err && f->place.registry.len)
        wy_diag_prefix(f->diag, WY_STR_FMT, WY_STR_ARG(f->place.registry));
    return err;
}

wy_err wy_package_pull(wy_arena *arena, const wy_package *package, const wy_package_config *config,
                       const char **path_out, wy_diag *diag) {
    finding f = {.arena = arena, .package = package, .config = config};
    const char *record = record_path(&f);
    const char *known = record ? recall(&f, record) : NULL;
    if (!record) return wy_diag_set(diag, WY_NOMEM, "out of memory for a package");
    *path_out = known;
    if (known && (package->is_exact || !config->refresh)) return WY_OK;
    wy_diag failure;
    wy_diag_init(&failure);
    f.diag = known ? &failure : diag;
    wy_err err = find(&f, path_out);
    if (!err) return remember(&f, record, *path_out);
    if (!known) {
        wy_diag_prefix(diag, "the package " WY_STR_FMT, WY_STR_ARG(package->name));
        return err;
    }
    wy_log(WY_LOG_WARN, "the package " WY_STR_FMT ": %s; going on with the version at hand",
           WY_STR_ARG(package->name), failure.text);
    *path_out = known;
    return WY_OK;
}
