/* Credentials in files. Both kinds of file have a table "auths": Docker's holds objects with "auth"
 * or "identitytoken", Spin's the text of "auth" itself. A password stands in no message. */
#include "registry/credentials.h"

#include "base/base64.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)1 << 20)

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for credentials");
}

/* A key may be a URL; a path is good only if it is that of the protocol. */
static wy_str host_of(wy_str key) {
    wy_str rest = key;
    if (wy_str_starts(rest, WY_STR("https://"))) rest = wy_str_sub(rest, 8, rest.len);
    if (wy_str_starts(rest, WY_STR("http://"))) rest = wy_str_sub(rest, 7, rest.len);
    size_t slash = wy_str_find(rest, '/');
    wy_str path = wy_str_sub(rest, slash, rest.len);
    bool is_protocol =
        path.len <= 1 || wy_str_starts(path, WY_STR("/v1")) || wy_str_starts(path, WY_STR("/v2"));
    return is_protocol ? wy_str_sub(rest, 0, slash) : key;
}

wy_str wy_credentials_key(wy_str registry) {
    wy_str host = host_of(registry);
    bool is_docker = wy_str_eqz(host, "docker.io") || wy_str_eqz(host, "registry-1.docker.io");
    return is_docker ? WY_STR("index.docker.io") : host;
}

static bool copy(wy_arena *arena, wy_str text, wy_str *out) {
    char *own_text = wy_arena_strndup(arena, text.len ? text.ptr : "", text.len);
    *out = (wy_str){own_text, text.len};
    return own_text != NULL;
}

/* "user:password" in Base64. */
static wy_err read_pair(wy_arena *arena, wy_str text, wy_credentials *out, wy_diag *diag) {
    wy_buf bytes;
    wy_buf_init(&bytes, FILE_BYTES_MAX);
    bool ok = wy_base64_decode(&bytes, text) && !bytes.failed;
    wy_str pair = wy_buf_view(&bytes);
    size_t colon = wy_str_find(pair, ':');
    wy_err err = WY_OK;
    if (!ok || colon == pair.len)
        err = wy_diag_set(diag, WY_INVALID, "an entry is not \"user:password\" in Base64");
    else if (!copy(arena, wy_str_sub(pair, 0, colon), &out->user) ||
             !copy(arena, wy_str_sub(pair, colon + 1, pair.len), &out->password))
        err = no_memory(diag);
    wy_buf_deinit(&bytes);
    return err;
}

static wy_str text_of(const json_t *value) {
    return (wy_str){json_string_value(value), json_string_length(value)};
}

static wy_err read_entry(wy_arena *arena, const json_t *entry, wy_credentials *out, wy_diag *diag) {
    const json_t *token = json_object_get(entry, "identitytoken");
    const json_t *pair = json_is_string(entry) ? entry : json_object_get(entry, "auth");
    if (json_string_length(pair)) {
        wy_err err = read_pair(arena, text_of(pair), out, diag);
        if (err) return err;
    }
    if (json_string_length(token) && !copy(arena, text_of(token), &out->identity_token))
        return no_memory(diag);
    return WY_OK;
}

static wy_err read_tables(wy_arena *arena, const json_t *root, wy_str registry, wy_credentials *out,
                          const char **helper_out, wy_diag *diag) {
    wy_str wanted = wy_credentials_key(registry);
    const char *key;
    json_t *entry;
    const json_t *helper = json_object_get(root, "credsStore");
    json_object_foreach(json_object_get(root, "credHelpers"), key,
                        entry) if (wy_str_eq_nocase(wy_credentials_key(wy_str_of(key)), wanted))
        helper = entry;
    if (helper_out && json_string_length(helper)) {
        wy_str name;
        if (!copy(arena, text_of(helper), &name)) return no_memory(diag);
        *helper_out = name.ptr;
    }
    json_object_foreach(json_object_get(root, "auths"), key,
                        entry) if (wy_str_eq_nocase(wy_credentials_key(wy_str_of(key)),
                                                    wanted)) return read_entry(arena, entry, out,
                                                                               diag);
    return WY_OK;
}

wy_err wy_credentials_read(wy_arena *arena, wy_str json, wy_str registry, wy_credentials *out,
                           const char **helper_out, wy_diag *diag) {
    *out = (wy_credentials){0};
    if (helper_out) *helper_out = NULL;
    json_error_t error;
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &error);
    wy_err err = json_is_object(root)
                     ? read_tables(arena, root, registry, out, helper_out, diag)
                     : wy_diag_set(diag, WY_INVALID, "it is no JSON object: line %d", error.line);
    json_decref(root);
    return err;
}

/* --- where they are --- */

static const char *spin_file(wy_arena *arena) {
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (xdg && *xdg) return wy_arena_printf(arena, "%s/fermyon/registry-auth.json", xdg);
    return wy_arena_printf(arena, "%s/.config/fermyon/registry-auth.json", home ? home : "");
}

static const char *docker_file(wy_arena *arena) {
    const char *folder = getenv("DOCKER_CONFIG"), *home = getenv("HOME");
    if (folder && *folder) return wy_arena_printf(arena, "%s/config.json", folder);
    return wy_arena_printf(arena, "%s/.docker/config.json", home ? home : "");
}

static bool is_empty(const wy_credentials *c) {
    return c->user.len == 0 && c->password.len == 0 && c->identity_token.len == 0;
}

static wy_err find_in(wy_arena *arena, const char *path, wy_str registry, wy_credentials *out,
                      const char **helper_out, wy_diag *diag) {
    wy_str text;
    if (!path) return no_memory(diag);
    if (access(path, F_OK) != 0) return WY_OK;
    wy_err err = wy_text_read(arena, path, &text, diag);
    if (!err) err = wy_credentials_read(arena, text, registry, out, helper_out, diag);
    if (err) wy_diag_prefix(diag, "%s", path);
    return err;
}

wy_err wy_credentials_find(wy_arena *arena, wy_str registry, wy_credentials *out, wy_diag *diag) {
    const char *helper = NULL;
    *out = (wy_credentials){0};
    wy_err err = find_in(arena, spin_file(arena), registry, out, NULL, diag);
    if (!err && is_empty(out))
        err = find_in(arena, docker_file(arena), registry, out, &helper, diag);
    if (err || !is_empty(out) || !helper) return err;
    wy_diag ignored;
    wy_diag_init(&ignored);
    err = wy_credentials_ask(arena, helper, wy_credentials_key(registry), out, &ignored);
    if (err) wy_log(WY_LOG_WARN, "%s; going on without credentials", ignored.text);
    return WY_OK;
}

/* --- writing --- */

/* Every folder above the file; only the user may enter those made. */
static wy_err make_folders(wy_arena *arena, const char *path, wy_diag *diag) {
    char *folder = wy_arena_strndup(arena, path, strlen(path));
    if (!folder) return no_memory(diag);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return wy_diag_set(diag, WY_IO, "%s: %s", folder, strerror(errno));
        *slash = '/';
    }
    return WY_OK;
}

static wy_err write_file(const char *path, const json_t *root, wy_diag *diag) {
    char *text = json_dumps(root, JSON_INDENT(2));
    wy_err err = text ? wy_file_replace(path, wy_str_of(text), 0600, diag) : no_memory(diag);
    free(text);
    return err;
}

/* What is in the file already stays. */
static wy_err read_file(wy_arena *arena, const char *path, json_t **root_out, wy_diag *diag) {
    json_error_t error;
    *root_out = NULL;
    if (access(path, F_OK) == 0) {
        wy_str text;
        wy_err err = wy_text_read(arena, path, &text, diag);
        if (err) return err;
        *root_out = json_loadb(text.ptr, text.len, 0, &error);
        if (!json_is_object(*root_out)) {
            json_decref(*root_out);
            return wy_diag_set(diag, WY_INVALID, "%s: it is no JSON object", path);
        }
        return WY_OK;
    }
    *root_out = json_object();
    return *root_out ? WY_OK : no_memory(diag);
}

static bool set(json_t *root, const char *key, wy_str user, wy_str password) {
    wy_buf pair, text;
    wy_buf_init(&pair, FILE_BYTES_MAX);
    wy_buf_init(&text, FILE_BYTES_MAX);
    wy_buf_printf(&pair, WY_STR_FMT ":" WY_STR_FMT, WY_STR_ARG(user), WY_STR_ARG(password));
    wy_base64_encode(&text, wy_buf_view(&pair), true);
    json_t *auths = json_object_get(root, "auths");
    bool ok = !pair.failed && !text.failed;
    if (ok && !json_is_object(auths)) {
        auths = json_object();
        ok = json_object_set_new(root, "auths", auths) == 0;
    }
    ok = ok && json_object_set_new(auths, key, json_string(text.ptr)) == 0;
    wy_buf_deinit(&pair);
    wy_buf_deinit(&text);
    return ok;
}

wy_err wy_credentials_save(wy_arena *arena, wy_str registry, wy_str user, wy_str password,
                           const char **path_out, wy_diag *diag) {
    wy_str name = wy_credentials_key(registry);
    const char *key = wy_arena_strndup(arena, name.ptr, name.len), *path = spin_file(arena);
    if (!key || !path) return no_memory(diag);
    *path_out = path;
    json_t *root;
    wy_err err = make_folders(arena, path, diag);
    if (err) return err;
    err = read_file(arena, path, &root, diag);
    if (err) return err;
    err = set(root, key, user, password) ? write_file(path, root, diag) : no_memory(diag);
    json_decref(root);
    return err;
}
