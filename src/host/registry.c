/* Pulling and logging in, as functions of the library; pushing is push.c's. */
#include "host/registry.h"

#include "base/limits.h"
#include "host/folder.h"
#include "host/load.h"
#include "registry/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void withy_registry_options_init(withy_registry_options *options) {
    memset(options, 0, sizeof *options);
}

bool wy_host_is_reference(const char *text) {
    wy_str name = wy_str_of(text);
    return wy_str_starts(name, WY_STR("oci://")) ||
           (access(text, F_OK) != 0 && wy_reference_is_likely(name));
}

wy_err wy_host_pull(wy_arena *arena, const char *reference, bool insecure, const char *cache_dir,
                    wy_pulled *out, wy_diag *diag) {
    const char *folder = wy_store_folder(arena, cache_dir);
    if (!folder) return wy_diag_set(diag, WY_NOMEM, "out of memory for a reference");
    wy_err err = wy_folder_make(folder, diag);
    const wy_pull_config config = {
        .reference = wy_str_of(reference), .folder = folder, .insecure = insecure};
    return err ? err : wy_pull(arena, &config, out, diag);
}

int withy_registry_pull(const char *reference, const withy_registry_options *options,
                        char digest_out[WITHY_DIGEST_TEXT], withy_error *error) {
    wy_arena arena;
    wy_arena_init(&arena, WY_MAX_REGISTRY_ARENA);
    wy_diag diag;
    wy_diag_init(&diag);
    wy_pulled pulled;
    wy_err err =
        wy_host_pull(&arena, reference, options->insecure, options->cache_dir, &pulled, &diag);
    if (!err)
        snprintf(digest_out, WITHY_DIGEST_TEXT, "sha256:" WY_STR_FMT, WY_STR_ARG(pulled.sha256));
    wy_arena_deinit(&arena);
    return err ? wy_host_fail(&diag, error) : 0;
}

static wy_err resolve(wy_arena *arena, const char *text, const withy_registry_options *options,
                      char **path_out, wy_diag *diag) {
    wy_pulled pulled = {.path = text};
    if (wy_host_is_reference(text)) {
        wy_err err =
            wy_host_pull(arena, text, options->insecure, options->cache_dir, &pulled, diag);
        if (err) return err;
        if (pulled.is_application)
            return wy_diag_set(diag, WY_UNSUPPORTED,
                               "%s: this is an application; run it with: withy up --from %s", text,
                               text);
    }
    *path_out = strdup(pulled.path);
    return *path_out ? WY_OK : wy_diag_set(diag, WY_NOMEM, "out of memory for a reference");
}

int withy_registry_resolve(const char *text, const withy_registry_options *options, char **path_out,
                           withy_error *error) {
    wy_arena arena;
    wy_arena_init(&arena, WY_MAX_REGISTRY_ARENA);
    wy_diag diag;
    wy_diag_init(&diag);
    *path_out = NULL;
    wy_err err = resolve(&arena, text, options, path_out, &diag);
    wy_arena_deinit(&arena);
    return err ? wy_host_fail(&diag, error) : 0;
}

static wy_err login(wy_arena *arena, const char *name, const wy_credentials *credentials,
                    bool insecure, wy_diag *diag) {
    wy_str host = wy_credentials_key(wy_str_of(name));
    wy_registry *registry;
    const char *path;
    if (!wy_registry_name_valid(host))
        return wy_diag_set(diag, WY_INVALID,
                           "\"%s\" is no registry: a host, perhaps with \":port\"", name);
    if (wy_str_find(credentials->user, ':') < credentials->user.len)
        return wy_diag_set(diag, WY_INVALID, "a user's name cannot have ':'");
    bool is_docker = wy_str_eqz(host, "index.docker.io");
    const wy_registry_config config = {.host = is_docker ? WY_STR("registry-1.docker.io") : host,
                                       .insecure = insecure,
                                       .credentials = *credentials};
    wy_err err = wy_registry_new(&config, &registry, diag);
    if (err) return err;
    err = wy_registry_check(registry, diag);
    wy_registry_free(registry);
    if (!err)
        return wy_credentials_save(arena, host, credentials->user, credentials->password, &path,
                                   diag);
    wy_diag_prefix(diag, WY_STR_FMT, WY_STR_ARG(host));
    return err;
}

int withy_registry_login(const char *registry, const char *user, const char *password,
                         const withy_registry_options *options, withy_error *error) {
    wy_arena arena;
    wy_arena_init(&arena, WY_MAX_REGISTRY_ARENA);
    wy_diag diag;
    wy_diag_init(&diag);
    const wy_credentials credentials = {.user = wy_str_of(user), .password = wy_str_of(password)};
    wy_err err = login(&arena, registry, &credentials, options->insecure, &diag);
    wy_arena_deinit(&arena);
    return err ? wy_host_fail(&diag, error) : 0;
}
