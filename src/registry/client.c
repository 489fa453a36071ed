/* The client's session: which scheme, sending requests, and what refusals say. What is asked for is
 * pull.c's and push.c's; authorize.c answers challenges. */
#include "registry/internal.h"

#include "base/limits.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for a request to a registry");
}

const char *wy_registry_url(wy_registry *r, const char *fmt, ...) {
    char path[1024];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(path, sizeof path, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof path) return NULL;
    return wy_arena_printf(&r->arena, WY_STR_FMT "/v2/" WY_STR_FMT "%s", WY_STR_ARG(r->base),
                           WY_STR_ARG(r->repository), path);
}

/* --- refusals --- */

/* {"errors": [{"code": "...", "message": "..."}]}; control characters become spaces. */
static void read_reason(wy_str json, char *out, size_t size) {
    json_error_t error;
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &error);
    const json_t *first = json_array_get(json_object_get(root, "errors"), 0);
    const char *code = json_string_value(json_object_get(first, "code"));
    const char *message = json_string_value(json_object_get(first, "message"));
    *out = '\0';
    if (code || message)
        snprintf(out, size, ": %.60s%s%.200s", code ? code : "", code && message ? ": " : "",
                 message ? message : "");
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = ' ';
    json_decref(root);
}

/* An error by the status, with what the registry says about it; reads the rest of the reply. */
static wy_err refusal(const wy_registry *r, wy_http_reply *reply, wy_diag *diag) {
    uint16_t status = wy_http_reply_status(reply);
    char reason[300];
    wy_buf body;
    wy_diag ignored;
    wy_diag_init(&ignored);
    wy_buf_init(&body, (size_t)64 << 10);
    reason[0] = '\0';
    if (wy_http_reply_read_all(reply, &body, &ignored) == WY_OK)
        read_reason(wy_buf_view(&body), reason, sizeof reason);
    wy_buf_deinit(&body);
    bool has_any = r->credentials.user.len || r->credentials.identity_token.len;
    switch (status) {
    case 404: return wy_diag_set(diag, WY_NOT_FOUND, "there is no such thing%s", reason);
    case 401:
    case 403:
        return wy_diag_set(diag, WY_DENIED,
                           has_any ? "the user or password is wrong, or may not do that%s"
                                   : "it has to be logged in to (withy registry login)%s",
                           reason);
    case 429: return wy_diag_set(diag, WY_BUSY, "too many requests; try again later%s", reason);
    default: return wy_diag_set(diag, WY_IO, "it answered with status %u%s", status, reason);
    }
}

/* --- requests --- */

static bool is_own(const wy_registry *r, wy_str url) {
    return wy_str_starts(url, r->base) &&
           (url.len == r->base.len || url.ptr[r->base.len] == '/' || url.ptr[r->base.len] == '?');
}

/* Until the answer to all of it. */
static uint32_t timeout_of(const wy_registry_request *request) {
    return WY_REGISTRY_TIMEOUT_MS +
           (uint32_t)(request->body.len / (WY_REGISTRY_UPLOAD_BYTES_MIN / 1000));
}

static wy_err send_once(wy_registry *r, const wy_registry_request *request, wy_str url,
                        own wy_http_reply **reply_out, wy_diag *diag) {
    wy_http_field fields[3];
    uint32_t count = 0;
    if (request->accept)
        fields[count++] = (wy_http_field){WY_STR("accept"), wy_str_of(request->accept)};
    if (request->content_type)
        fields[count++] = (wy_http_field){WY_STR("content-type"), wy_str_of(request->content_type)};
    if (r->authorization.len && is_own(r, url))
        fields[count++] = (wy_http_field){WY_STR("authorization"), wy_buf_view(&r->authorization)};
    const wy_http_fetch fetch = {.method = wy_str_of(request->method),
                                 .url = url,
                                 .fields = fields,
                                 .field_count = count,
                                 .body = request->body,
                                 .repeatable = request->repeatable,
                                 .client = r->client,
                                 .loop = r->loop,
                                 .timeout_ms = timeout_of(request)};
    return wy_http_fetch_open(&fetch, reply_out, diag);
}

static bool is_redirection(uint16_t status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Blobs often lie at other servers, whose URLs carry a permission of their own. */
static wy_err redirected(wy_registry *r, wy_http_reply *reply, wy_str *url, wy_diag *diag) {
    wy_str to = wy_http_fields_get(wy_http_reply_fields(reply), WY_STR("location"));
    bool is_path = to.len && to.ptr[0] == '/';
    if (!is_path && wy_str_starts(r->base, WY_STR("https:")) &&
        !wy_str_starts(to, WY_STR("https:")))
        return wy_diag_set(diag, WY_IO, "it redirects from https to http");
    char *copy = wy_arena_printf(&r->arena, WY_STR_FMT WY_STR_FMT,
                                 WY_STR_ARG(is_path ? r->base : (wy_str){0}), WY_STR_ARG(to));
    if (!copy) return no_memory(diag);
    *url = wy_str_of(copy);
    return WY_OK;
}

static wy_err challenged(wy_registry *r, wy_http_reply *reply, wy_diag *diag) {
    wy_str field = wy_http_fields_get(wy_http_reply_fields(reply), WY_STR("www-authenticate"));
    return field.len ? wy_registry_authorize(r, field, diag) : refusal(r, reply, diag);
}

#define REDIRECTIONS_MAX 5

wy_err wy_registry_send(wy_registry *r, const wy_registry_request *request,
                        own wy_http_reply **reply_out, wy_diag *diag) {
    bool is_get = !request->method || strcmp(request->method, "GET") == 0;
    bool is_head = request->method && strcmp(request->method, "HEAD") == 0;
    bool authorized = false;
    wy_str url = request->url;
    for (unsigned i = 0; i <= REDIRECTIONS_MAX + 1; i++) {
        wy_err err = send_once(r, request, url, reply_out, diag);
        if (err) return err;
        wy_http_reply *reply = *reply_out;
        uint16_t status = wy_http_reply_status(reply);
        if (status < 300 || (is_head && status == 404)) return WY_OK;
        if (status == 401 && !authorized && is_own(r, url)) {
            authorized = true;
            err = challenged(r, reply, diag);
        } else if (is_redirection(status) && (is_get || is_head)) {
            err = redirected(r, reply, &url, diag);
        } else {
            err = refusal(r, reply, diag);
        }
        wy_http_reply_free(reply);
        *reply_out = NULL;
        if (err) return err;
    }
    return wy_diag_set(diag, WY_IO, "too many redirections");
}

/* --- the session --- */

static bool is_this_machine(wy_str host) {
    wy_str name = host;
    size_t colon = wy_str_rfind(host, ':');
    if (host.len && host.ptr[host.len - 1] != ']') name = wy_str_sub(host, 0, colon);
    return wy_str_eqz(name, "localhost") || wy_str_eqz(name, "[::1]") ||
           wy_str_starts(name, WY_STR("127."));
}

static wy_err set_base(wy_registry *r, bool tls, wy_diag *diag) {
    char *base =
        wy_arena_printf(&r->arena, "http%s://" WY_STR_FMT, tls ? "s" : "", WY_STR_ARG(r->host));
    r->base = wy_str_of(base);
    return base ? WY_OK : no_memory(diag);
}

/* A registry on this machine may speak either; what is no HTTP, or asks for TLS, speaks TLS. */
static wy_err choose_scheme(wy_registry *r, wy_diag *diag) {
    bool is_here = is_this_machine(r->host);
    wy_err err = set_base(r, !r->insecure && !is_here, diag);
    if (err || r->insecure || !is_here) return err;
    wy_diag ignored;
    wy_diag_init(&ignored);
    wy_http_reply *reply = NULL;
    char *ping = wy_arena_printf(&r->arena, WY_STR_FMT "/v2/", WY_STR_ARG(r->base));
    if (!ping) return no_memory(diag);
    const wy_registry_request request = {.url = wy_str_of(ping)};
    err = send_once(r, &request, request.url, &reply, &ignored);
    bool tls = !err && wy_http_reply_status(reply) == 400;
    wy_http_reply_free(reply);
    return tls ? set_base(r, true, diag) : WY_OK;
}

static bool copy(wy_arena *arena, wy_str text, wy_str *out) {
    char *own_text = wy_arena_strndup(arena, text.len ? text.ptr : "", text.len);
    *out = (wy_str){own_text, text.len};
    return own_text != NULL;
}

static wy_err init(wy_registry *r, const wy_registry_config *config, wy_diag *diag) {
    const wy_credentials *from = &config->credentials;
    wy_arena_init(&r->arena, WY_MAX_REGISTRY_ARENA);
    wy_buf_init(&r->authorization, WY_MAX_HTTP_HEADER_BYTES / 2);
    r->may_push = config->may_push;
    r->insecure = config->insecure;
    if (!copy(&r->arena, config->host, &r->host) ||
        !copy(&r->arena, config->repository, &r->repository) ||
        !copy(&r->arena, from->user, &r->credentials.user) ||
        !copy(&r->arena, from->password, &r->credentials.password) ||
        !copy(&r->arena, from->identity_token, &r->credentials.identity_token))
        return no_memory(diag);
    wy_err err = wy_loop_new(&r->loop);
    if (!err) err = wy_http_client_new(r->loop, &r->client);
    if (err) return wy_diag_set(diag, err, "the HTTP client could not be made");
    return choose_scheme(r, diag);
}

wy_err wy_registry_new(const wy_registry_config *config, own wy_registry **out, wy_diag *diag) {
    *out = NULL;
    wy_registry *r = calloc(1, sizeof *r);
    if (!r) return no_memory(diag);
    wy_err err = init(r, config, diag);
    if (err)
        wy_registry_free(r);
    else
        *out = r;
    return err;
}

void wy_registry_free(own wy_registry *r) {
    if (!r) return;
    if (r->client) wy_http_client_free(r->client);
    if (r->loop) wy_loop_free(r->loop);
    wy_buf_deinit(&r->authorization);
    wy_arena_deinit(&r->arena);
    free(r);
}

wy_err wy_registry_check(wy_registry *r, wy_diag *diag) {
    char *ping = wy_arena_printf(&r->arena, WY_STR_FMT "/v2/", WY_STR_ARG(r->base));
    if (!ping) return no_memory(diag);
    const wy_registry_request request = {.url = wy_str_of(ping)};
    wy_http_reply *reply;
    wy_err err = wy_registry_send(r, &request, &reply, diag);
    if (!err) wy_http_reply_free(reply);
    return err;
}
