/* Sources: files of components, and downloading them. A download is named by its digest, becomes
 * visible whole, and is read again each time: it is checked when it is made. */
#include "host/source.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "capability/http/fetch.h"
#include "engine/sha256.h"
#include "host/folder.h"
#include "registry/package.h"
#include "registry/store.h"

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for a source");
}

static bool has_digest(wy_str bytes, wy_str sha256) {
    char text[WY_SHA256_TEXT];
    wy_sha256(&bytes, 1, text);
    return wy_str_eqz(sha256, text);
}

static wy_err download(const wy_app_source *source, const char *path, wy_diag *diag) {
    uint16_t status;
    wy_buf body;
    wy_buf_init(&body, WY_MAX_COMPONENT_BYTES);
    wy_http_fetch fetch = {.url = source->url};
    char shown[512];
    wy_text_url(source->url, shown, sizeof shown);
    wy_log(WY_LOG_INFO, "downloading %s", shown);
    fetch.progress = wy_progress_begin("downloading", 0);
    wy_err err = wy_http_fetch_run(&fetch, &status, &body, diag);
    wy_progress_end(fetch.progress);
    if (!err && status != 200)
        err = wy_diag_set(diag, status == 404 ? WY_NOT_FOUND : WY_IO,
                          "the server answered with status %u", status);
    if (!err && !has_digest(wy_buf_view(&body), source->sha256))
        err = wy_diag_set(diag, WY_INVALID,
                          "what came has not the digest sha256:" WY_STR_FMT
                          ": it is another file, or was changed on its way",
                          WY_STR_ARG(source->sha256));
    if (!err) err = wy_file_replace(path, wy_buf_view(&body), 0600, diag);
    wy_buf_deinit(&body);
    if (err) wy_diag_prefix(diag, "%s", shown);
    return err;
}

static wy_err downloaded(wy_arena *arena, const wy_app_source *source, const char *cache_dir,
                         const char **path_out, wy_diag *diag) {
    const char *folder = wy_store_folder(arena, cache_dir);
    if (!folder) return no_memory(diag);
    const char *path = wy_store_path(arena, folder, source->sha256, WY_STORE_WASM);
    if (!path) return no_memory(diag);
    *path_out = path;
    if (wy_store_has(path)) return WY_OK;
    wy_err err = wy_folder_make(folder, diag);
    return err ? err : download(source, path, diag);
}

static wy_err packaged(wy_arena *arena, const wy_app_source *source, const wy_source_config *config,
                       const char **path_out, wy_diag *diag) {
    const wy_package package = {.registry = source->registry,
                                .name = source->package,
                                .version = source->version,
                                .is_exact = !source->any_version};
    const wy_package_config how = {.folder = wy_store_folder(arena, config->cache_dir),
                                   .insecure = config->insecure,
                                   .refresh = config->refresh};
    if (!how.folder) return no_memory(diag);
    wy_err err = wy_folder_make(how.folder, diag);
    return err ? err : wy_package_pull(arena, &package, &how, path_out, diag);
}

wy_err wy_source_path(wy_arena *arena, const wy_app_source *source, const wy_source_config *config,
                      const char **path_out, wy_diag *diag) {
    if (source->url.len) return downloaded(arena, source, config->cache_dir, path_out, diag);
    if (source->package.len) return packaged(arena, source, config, path_out, diag);
    bool absolute = source->path.ptr[0] == '/';
    *path_out = wy_arena_printf(arena, WY_STR_FMT "%s" WY_STR_FMT,
                                WY_STR_ARG(absolute ? (wy_str){0} : config->root),
                                absolute ? "" : "/", WY_STR_ARG(source->path));
    return *path_out ? WY_OK : no_memory(diag);
}
