/* Authorization: from a challenge to the field that answers it. Tokens come from the server that
 * the registry names (the distribution project's token protocol; a refresh token by OAuth 2.0). */
#include "registry/internal.h"

#include "base/base64.h"
#include "base/limits.h"
#include "base/percent.h"

#include <jansson.h>

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for an authorization");
}

static void add_parameter(wy_buf *out, const char *name, wy_str value) {
    if (value.len == 0) return;
    if (out->len) wy_buf_char(out, '&');
    wy_buf_printf(out, "%s=", name);
    wy_percent_encode(out, value, "");
}

static void put_basic(const wy_credentials *c, wy_buf *out) {
    wy_buf pair;
    wy_buf_init(&pair, WY_MAX_HTTP_HEADER_BYTES);
    wy_buf_printf(&pair, WY_STR_FMT ":" WY_STR_FMT, WY_STR_ARG(c->user), WY_STR_ARG(c->password));
    wy_buf_printf(out, "Basic ");
    wy_base64_encode(out, wy_buf_view(&pair), true);
    out->failed |= pair.failed;
    wy_buf_deinit(&pair);
}

/* What is asked for: the challenge's scope, or else that of the repository. */
static wy_str scope_of(wy_registry *r, const wy_challenge *challenge) {
    if (challenge->scope.len || r->repository.len == 0) return challenge->scope;
    return wy_str_of(wy_arena_printf(&r->arena, "repository:" WY_STR_FMT ":pull%s",
                                     WY_STR_ARG(r->repository), r->may_push ? ",push" : ""));
}

/* {"token": "..."}, or "access_token" */
static wy_err take_token(wy_registry *r, wy_str json, wy_diag *diag) {
    json_error_t error;
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &error);
    const json_t *token = json_object_get(root, "token");
    if (!json_string_length(token)) token = json_object_get(root, "access_token");
    wy_err err = WY_OK;
    if (!json_string_length(token)) {
        err = wy_diag_set(diag, WY_IO, "the server of tokens answered without one");
    } else {
        r->authorization.len = 0;
        wy_buf_printf(&r->authorization, "Bearer %s", json_string_value(token));
        if (r->authorization.failed) err = wy_diag_set(diag, WY_LIMIT, "the token is too long");
    }
    json_decref(root);
    return err;
}

static wy_err ask(wy_registry *r, const wy_http_fetch *fetch, wy_diag *diag) {
    uint16_t status;
    wy_buf body;
    wy_buf_init(&body, WY_MAX_REGISTRY_REPLY_BYTES);
    wy_err err = wy_http_fetch_run(fetch, &status, &body, diag);
    bool has_any = r->credentials.user.len || r->credentials.identity_token.len;
    if (!err && (status == 400 || status == 401 || status == 403))
        err = wy_diag_set(diag, WY_DENIED,
                          has_any ? "the user or password is wrong, or may not do that"
                                  : "it has to be logged in to: withy registry login " WY_STR_FMT,
                          WY_STR_ARG(r->host));
    else if (!err && status != 200)
        err = wy_diag_set(diag, WY_IO, "the server of tokens answered with status %u", status);
    if (!err) err = take_token(r, wy_buf_view(&body), diag);
    wy_buf_deinit(&body);
    return err;
}

static wy_err fetch_token(wy_registry *r, const wy_challenge *challenge, wy_diag *diag) {
    const wy_credentials *c = &r->credentials;
    bool refresh = c->identity_token.len != 0;
    wy_buf query, url, basic;
    wy_buf_init(&query, WY_MAX_HTTP_HEADER_BYTES);
    wy_buf_init(&url, WY_MAX_HTTP_HEADER_BYTES);
    wy_buf_init(&basic, WY_MAX_HTTP_HEADER_BYTES);
    add_parameter(&query, "service", challenge->service);
    add_parameter(&query, "scope", scope_of(r, challenge));
    if (refresh) {
        add_parameter(&query, "grant_type", WY_STR("refresh_token"));
        add_parameter(&query, "client_id", WY_STR("withy"));
        add_parameter(&query, "refresh_token", c->identity_token);
    }
    bool has_query = wy_str_find(challenge->realm, '?') < challenge->realm.len;
    wy_buf_str(&url, challenge->realm);
    if (!refresh && query.len) {
        wy_buf_char(&url, has_query ? '&' : '?');
        wy_buf_str(&url, wy_buf_view(&query));
    }
    if (c->user.len) put_basic(c, &basic);
    wy_http_field field = {WY_STR("authorization"), wy_buf_view(&basic)};
    if (refresh) {
        field =
            (wy_http_field){WY_STR("content-type"), WY_STR("application/x-www-form-urlencoded")};
    }
    const wy_http_fetch fetch = {.method = refresh ? WY_STR("POST") : WY_STR("GET"),
                                 .url = wy_buf_view(&url),
                                 .fields = &field,
                                 .field_count = refresh || c->user.len,
                                 .body = refresh ? wy_buf_view(&query) : (wy_str){0},
                                 .client = r->client,
                                 .loop = r->loop,
                                 .repeatable = true};
    wy_err err =
        query.failed || url.failed || basic.failed ? no_memory(diag) : ask(r, &fetch, diag);
    wy_buf_deinit(&query);
    wy_buf_deinit(&url);
    wy_buf_deinit(&basic);
    return err;
}

wy_err wy_registry_authorize(wy_registry *r, wy_str field, wy_diag *diag) {
    wy_challenge challenge;
    wy_err err = wy_challenge_parse(&r->arena, field, &challenge);
    if (err == WY_NOMEM) return no_memory(diag);
    if (err || challenge.kind == WY_CHALLENGE_OTHER)
        return wy_diag_set(diag, WY_IO, "it wants an authorization of a kind that is not known");
    if (challenge.kind == WY_CHALLENGE_BASIC) {
        if (r->credentials.user.len == 0)
            return wy_diag_set(diag, WY_DENIED,
                               "it has to be logged in to: withy registry login " WY_STR_FMT,
                               WY_STR_ARG(r->host));
        r->authorization.len = 0;
        put_basic(&r->credentials, &r->authorization);
        return r->authorization.failed ? no_memory(diag) : WY_OK;
    }
    bool is_plain = wy_str_starts(challenge.realm, WY_STR("http://"));
    if (is_plain && wy_str_starts(r->base, WY_STR("https://")))
        return wy_diag_set(diag, WY_DENIED, "its tokens are given out without TLS");
    return fetch_token(r, &challenge, diag);
}
