/* Putting blobs and manifests into a repository. */
#include "registry/internal.h"

#include "base/limits.h"

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for an upload");
}

static wy_err has_blob(wy_registry *r, wy_str sha256, bool *has_out, wy_diag *diag) {
    const wy_registry_request request = {
        .method = "HEAD",
        .url = wy_str_of(wy_registry_url(r, "/blobs/sha256:" WY_STR_FMT, WY_STR_ARG(sha256)))};
    if (!request.url.ptr) return no_memory(diag);
    wy_http_reply *reply;
    wy_err err = wy_registry_send(r, &request, &reply, diag);
    if (err) return err;
    *has_out = wy_http_reply_status(reply) == 200;
    wy_http_reply_free(reply);
    return WY_OK;
}

/* Where the registry wants the blob: a URL, or a path of its own, perhaps with parameters. */
static wy_err begin_upload(wy_registry *r, wy_str sha256, wy_str *url_out, wy_diag *diag) {
    const wy_registry_request request = {.method = "POST",
                                         .url = wy_str_of(wy_registry_url(r, "/blobs/uploads/")),
                                         .repeatable = true};
    if (!request.url.ptr) return no_memory(diag);
    wy_http_reply *reply;
    wy_err err = wy_registry_send(r, &request, &reply, diag);
    if (err) return err;
    wy_str to = wy_http_fields_get(wy_http_reply_fields(reply), WY_STR("location"));
    bool is_path = to.len && to.ptr[0] == '/', has_query = wy_str_find(to, '?') < to.len;
    if (to.len == 0) {
        err = wy_diag_set(diag, WY_IO, "it does not say where a blob is to be uploaded");
    } else {
        *url_out = wy_str_of(
            wy_arena_printf(&r->arena, WY_STR_FMT WY_STR_FMT "%sdigest=sha256%%3A" WY_STR_FMT,
                            WY_STR_ARG(is_path ? r->base : (wy_str){0}), WY_STR_ARG(to),
                            has_query ? "&" : "?", WY_STR_ARG(sha256)));
        if (!url_out->ptr) err = no_memory(diag);
    }
    wy_http_reply_free(reply);
    return err;
}

static wy_err put(wy_registry *r, const wy_registry_request *request, wy_diag *diag) {
    wy_http_reply *reply;
    wy_err err = wy_registry_send(r, request, &reply, diag);
    if (!err) wy_http_reply_free(reply);
    return err;
}

wy_err wy_registry_put_blob(wy_registry *r, wy_str bytes, wy_str sha256, bool *was_there_out,
                            wy_diag *diag) {
    bool has = false;
    wy_str url = {0};
    wy_err err = has_blob(r, sha256, &has, diag);
    if (!err && !has) err = begin_upload(r, sha256, &url, diag);
    const wy_registry_request request = {.method = "PUT",
                                         .url = url,
                                         .content_type = "application/octet-stream",
                                         .body = bytes,
                                         .repeatable = true};
    if (!err && !has) err = put(r, &request, diag);
    if (was_there_out) *was_there_out = has;
    if (err) wy_diag_prefix(diag, "blob sha256:" WY_STR_FMT, WY_STR_ARG(sha256));
    return err;
}

wy_err wy_registry_put_manifest(wy_registry *r, wy_str tag, wy_str json, wy_diag *diag) {
    const wy_registry_request request = {
        .method = "PUT",
        .url = wy_str_of(wy_registry_url(r, "/manifests/" WY_STR_FMT, WY_STR_ARG(tag))),
        .content_type = WY_MEDIA_MANIFEST,
        .body = json,
        .repeatable = true};
    return request.url.ptr ? put(r, &request, diag) : no_memory(diag);
}
