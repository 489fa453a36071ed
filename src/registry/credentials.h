/* Credentials: what a user logged in with, as Docker and Spin keep it. */
#ifndef WY_REGISTRY_CREDENTIALS_H
#define WY_REGISTRY_CREDENTIALS_H

#include "base/arena.h"
#include "base/str.h"

/* All empty: none. With `identity_token` it goes before user and password. */
typedef struct wy_credentials {
    wy_str user, password;
    wy_str identity_token;
} wy_credentials;

/* The name a registry has in the files: docker.io's is another. Takes URLs too. */
wy_str wy_credentials_key(wy_str registry);

/* Looks for the registry ("ghcr.io", "127.0.0.1:5000") in Spin's file of credentials
 * ($XDG_CONFIG_HOME/fermyon/registry-auth.json), then in Docker's ($DOCKER_CONFIG/config.json),
 * whose credential helpers are asked: one that fails is logged, and there are none. Files that are
 * not there are empty. WY_INVALID, WY_IO: one cannot be read. May wait. */
wy_err wy_credentials_find(wy_arena *arena, wy_str registry, wy_credentials *out,
                           wy_diag *diag) WY_MUST_USE;

/* The same in the text of one file; with `helper_out` the program's name is given where a helper of
 * Docker's knows them. */
wy_err wy_credentials_read(wy_arena *arena, wy_str json, wy_str registry, wy_credentials *out,
                           const char **helper_out, wy_diag *diag) WY_MUST_USE;

/* Puts them into Spin's file, which only the user can read then; `*path_out` (in `arena`) is it. */
wy_err wy_credentials_save(wy_arena *arena, wy_str registry, wy_str user, wy_str password,
                           const char **path_out, wy_diag *diag) WY_MUST_USE;

/* Asks a helper, "docker-credential-NAME get". None: WY_OK and empty. */
wy_err wy_credentials_ask(wy_arena *arena, const char *helper, wy_str registry, wy_credentials *out,
                          wy_diag *diag) WY_MUST_USE;

#endif
