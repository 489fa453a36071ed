/* Getting manifests, blobs and tags of a repository, and checking what came. */
#include "registry/internal.h"

#include "base/limits.h"
#include "engine/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define ACCEPTED WY_MEDIA_MANIFEST ", application/vnd.docker.distribution.manifest.v2+json"

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for a registry's answer");
}

/* A reply's body, whole. */
static wy_err get_text(wy_registry *r, const wy_registry_request *request, wy_buf *out,
                       wy_diag *diag) {
    wy_http_reply *reply;
    if (!request->url.ptr) return no_memory(diag);
    wy_err err = wy_registry_send(r, request, &reply, diag);
    if (err) return err;
    err = wy_http_reply_read_all(reply, out, diag);
    wy_http_reply_free(reply);
    return err;
}

wy_err wy_registry_get_manifest(wy_registry *r, wy_str tag, wy_buf *json_out, char *sha256_out,
                                wy_diag *diag) {
    wy_str wanted = {0};
    const wy_registry_request request = {
        .url = wy_str_of(wy_registry_url(r, "/manifests/" WY_STR_FMT, WY_STR_ARG(tag))),
        .accept = ACCEPTED};
    size_t begin = json_out->len;
    wy_err err = get_text(r, &request, json_out, diag);
    if (!err) {
        wy_str json = wy_str_sub(wy_buf_view(json_out), begin, json_out->len);
        wy_sha256(&json, 1, sha256_out);
        if (wy_digest_parse(tag, &wanted) && !wy_str_eqz(wanted, sha256_out))
            err = wy_diag_set(diag, WY_INVALID,
                              "the manifest that came has not the digest sha256:" WY_STR_FMT,
                              WY_STR_ARG(wanted));
    }
    return err;
}

/* --- blobs --- */

static wy_err write_all(int fd, wy_str bytes, wy_diag *diag) {
    for (size_t at = 0; at < bytes.len;) {
        ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return wy_diag_set(diag, WY_IO, "it cannot be saved: %s", strerror(errno));
        at += (size_t)n;
    }
    return WY_OK;
}

static wy_err receive(wy_http_reply *reply, int fd, const wy_descriptor *blob,
                      wy_progress *progress, wy_diag *diag) {
    uint64_t came = 0;
    for (;;) {
        wy_str bytes;
        wy_err err = wy_http_reply_read(reply, &bytes, diag);
        if (err) return err;
        came += bytes.len;
        wy_progress_set(progress, came, blob->size);
        if (bytes.len == 0 || came > blob->size) break;
        err = write_all(fd, bytes, diag);
        if (err) return err;
    }
    if (came == blob->size) return WY_OK;
    return wy_diag_set(diag, WY_INVALID, "%s than its %llu bytes came",
                       came < blob->size ? "fewer" : "more", (unsigned long long)blob->size);
}

static wy_err check_digest(int fd, const wy_descriptor *blob, wy_diag *diag) {
    char text[WY_SHA256_TEXT];
    wy_str bytes = {NULL, (size_t)blob->size};
    if (bytes.len) {
        void *at = mmap(NULL, bytes.len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED) return wy_diag_set(diag, WY_IO, "%s", strerror(errno));
        bytes.ptr = at;
    }
    wy_sha256(&bytes, bytes.len ? 1 : 0, text);
    if (bytes.len) munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
    if (wy_str_eqz(blob->sha256, text)) return WY_OK;
    return wy_diag_set(diag, WY_INVALID,
                       "what came has not that digest: it is another blob, or was changed on its "
                       "way");
}

static wy_err get_into(wy_registry *r, const wy_descriptor *blob, int fd, wy_diag *diag) {
    const wy_registry_request request = {
        .url =
            wy_str_of(wy_registry_url(r, "/blobs/sha256:" WY_STR_FMT, WY_STR_ARG(blob->sha256)))};
    if (!request.url.ptr) return no_memory(diag);
    wy_http_reply *reply;
    wy_err err = wy_registry_send(r, &request, &reply, diag);
    if (err) return err;
    char what[80];
    snprintf(what, sizeof what, "downloading %.12s", blob->sha256.ptr);
    wy_progress *progress = wy_progress_begin(what, blob->size);
    err = receive(reply, fd, blob, progress, diag);
    wy_progress_end(progress);
    wy_http_reply_free(reply);
    return err ? err : check_digest(fd, blob, diag);
}

wy_err wy_registry_get_blob(wy_registry *r, const wy_descriptor *blob, const char *path,
                            wy_diag *diag) {
    char *temporary = wy_arena_printf(&r->arena, "%s.%ld.tmp", path, (long)getpid());
    if (!temporary) return no_memory(diag);
    int fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return wy_diag_set(diag, WY_IO, "%s: %s", temporary, strerror(errno));
    wy_err err = get_into(r, blob, fd, diag);
    if (err) wy_diag_prefix(diag, "blob sha256:" WY_STR_FMT, WY_STR_ARG(blob->sha256));
    if (close(fd) != 0 && !err) err = wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    if (!err && rename(temporary, path) != 0)
        err = wy_diag_set(diag, WY_IO, "%s: %s", path, strerror(errno));
    if (err) unlink(temporary);
    return err;
}

/* --- tags --- */

typedef struct tags {
    wy_str *items;
    uint32_t count, cap;
} tags;

static wy_err add_tags(tags *all, wy_arena *arena, wy_str json, wy_diag *diag) {
    json_error_t error;
    json_t *root = json_loadb(json.ptr ? json.ptr : "", json.len, 0, &error);
    const json_t *list = json_object_get(root, "tags");
    size_t count = json_array_size(list);
    wy_err err = WY_OK;
    if (!json_is_array(list) && !json_is_null(list))
        err = wy_diag_set(diag, WY_INVALID, "its list of tags is none");
    else if (all->count + count > WY_MAX_REGISTRY_TAGS)
        err = wy_diag_set(diag, WY_LIMIT, "more than %d tags (WY_MAX_REGISTRY_TAGS)",
                          WY_MAX_REGISTRY_TAGS);
    for (size_t i = 0; i < count && !err; i++) {
        const json_t *tag = json_array_get(list, i);
        size_t len = json_string_length(tag);
        if (len == 0) continue;
        wy_str *items =
            wy_arena_grow(arena, all->items, all->count, &all->cap, all->count + 1u, sizeof *items);
        char *text = wy_arena_strndup(arena, json_string_value(tag), len);
        if (items) all->items = items;
        if (!items || !text)
            err = no_memory(diag);
        else
            items[all->count++] = (wy_str){text, len};
    }
    json_decref(root);
    return err;
}

/* Link: </v2/x/tags/list?last=...&n=...>; rel="next" */
static wy_str next_page(wy_registry *r, const wy_http_fields *fields) {
    wy_str link = wy_http_fields_get(fields, WY_STR("link"));
    size_t begin = wy_str_find(link, '<'), end = wy_str_find(link, '>');
    bool is_next = false;
    for (size_t i = end; i + 4 <= link.len; i++)
        is_next |= memcmp(link.ptr + i, "next", 4) == 0;
    if (!is_next || begin >= end) return (wy_str){0};
    wy_str target = wy_str_sub(link, begin + 1, end);
    bool is_path = target.len && target.ptr[0] == '/';
    return wy_str_of(wy_arena_printf(&r->arena, WY_STR_FMT WY_STR_FMT,
                                     WY_STR_ARG(is_path ? r->base : (wy_str){0}),
                                     WY_STR_ARG(target)));
}

static wy_err get_page(wy_registry *r, tags *all, wy_arena *arena, wy_str *url, wy_diag *diag) {
    const wy_registry_request request = {.url = *url};
    wy_http_reply *reply;
    wy_buf body;
    wy_err err = wy_registry_send(r, &request, &reply, diag);
    if (err) return err;
    wy_buf_init(&body, WY_MAX_REGISTRY_REPLY_BYTES);
    err = wy_http_reply_read_all(reply, &body, diag);
    if (!err) err = add_tags(all, arena, wy_buf_view(&body), diag);
    *url = err ? *url : next_page(r, wy_http_reply_fields(reply));
    wy_buf_deinit(&body);
    wy_http_reply_free(reply);
    return err;
}

wy_err wy_registry_get_tags(wy_registry *r, wy_arena *arena, const wy_str **tags_out,
                            uint32_t *count_out, wy_diag *diag) {
    tags all = {0};
    wy_str url = wy_str_of(wy_registry_url(r, "/tags/list"));
    wy_err err = url.ptr ? WY_OK : no_memory(diag);
    for (unsigned pages = 0; !err && url.len && pages < WY_MAX_REGISTRY_TAGS; pages++)
        err = get_page(r, &all, arena, &url, diag);
    *tags_out = all.items;
    *count_out = all.count;
    return err;
}
