/* config from a Vault server's secrets engine KV, version 2: each variable is a secret of its own,
 * with its value under the key "value". Asked anew at each question, so that a secret may be
 * replaced. (Vault HTTP API, KV version 2, "Read secret version") */
#include "base/limits.h"
#include "capability/config/provider.h"
#include "capability/http/fetch.h"

#include <jansson.h>

typedef struct vault {
    wy_str base; /* "https://host:8200/v1/secret/data/", with the prefix */
    wy_str token;
} vault;

static wy_str without_slashes(wy_str text) {
    while (text.len && text.ptr[0] == '/')
        text = wy_str_sub(text, 1, text.len);
    while (text.len && text.ptr[text.len - 1] == '/')
        text.len--;
    return text;
}

static wy_err vault_make(wy_arena *arena, const wy_config_provider_options *options,
                         void **state_out, wy_diag *diag) {
    vault *v = wy_arena_alloc(arena, sizeof *v);
    wy_str url = options->url, mount = without_slashes(options->mount);
    wy_str prefix = without_slashes(options->prefix);
    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    char *base = wy_arena_printf(arena, WY_STR_FMT "/v1/" WY_STR_FMT "/data/" WY_STR_FMT "%s",
                                 WY_STR_ARG(url), WY_STR_ARG(mount), WY_STR_ARG(prefix),
                                 prefix.len ? "/" : "");
    if (!v || !base) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    *v = (vault){wy_str_of(base), options->token};
    *state_out = v;
    return WY_OK;
}

/* {"data": {"data": {"value": "..."}}}; the inner "data" is null once a version was deleted. */
static wy_err read_value(wy_str body, wy_arena *arena, wy_str *value_out, wy_diag *diag) {
    json_error_t error;
    json_t *root = json_loadb(body.ptr ? body.ptr : "", body.len, 0, &error);
    const json_t *value =
        json_object_get(json_object_get(json_object_get(root, "data"), "data"), "value");
    wy_err err = WY_OK;
    if (!json_is_string(value)) {
        err = wy_diag_set(diag, WY_IO, "its answer %s",
                          root ? "has no text under the key \"value\"" : "is not JSON");
    } else {
        size_t len = json_string_length(value);
        char *text = wy_arena_strndup(arena, json_string_value(value), len);
        if (text) *value_out = (wy_str){text, len};
        if (!text) err = wy_diag_set(diag, WY_NOMEM, "out of memory");
    }
    json_decref(root);
    return err;
}

static wy_err judge(uint16_t status, wy_str body, wy_arena *arena, wy_str *value_out,
                    wy_diag *diag) {
    if (status == 200) return read_value(body, arena, value_out, diag);
    if (status == 404) return WY_NOT_FOUND; /* also of a deleted version */
    return wy_diag_set(diag, WY_IO, "it answered with status %u%s", status,
                       status == 403 ? ": the token may not read it" : "");
}

static wy_err vault_get(void *state, const wy_config_question *question, wy_str *value_out,
                        wy_diag *diag) {
    const vault *v = state;
    char *url = wy_arena_printf(question->arena, WY_STR_FMT WY_STR_FMT, WY_STR_ARG(v->base),
                                WY_STR_ARG(question->name));
    if (!url) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    const wy_http_field token = {.name = WY_STR("x-vault-token"), .value = v->token};
    const wy_http_fetch fetch = {.url = wy_str_of(url),
                                 .fields = &token,
                                 .field_count = 1,
                                 .client = question->client,
                                 .task = question->task};
    uint16_t status;
    wy_buf body;
    wy_buf_init(&body, WY_MAX_CONFIG_REPLY_BYTES);
    wy_err err = wy_http_fetch_run(&fetch, &status, &body, diag);
    if (!err) err = judge(status, wy_buf_view(&body), question->arena, value_out, diag);
    wy_buf_deinit(&body);
    if (err == WY_LIMIT || err == WY_INVALID) err = WY_IO;
    if (err == WY_IO)
        wy_diag_prefix(diag, "the variable '" WY_STR_FMT "' from Vault",
                       WY_STR_ARG(question->name));
    return err;
}

extern const wy_config_provider wy_config_provider_vault;
const wy_config_provider wy_config_provider_vault = {
    .name = "vault", .make = vault_make, .get = vault_get};
