/* Body: a linear buffer that is moved to its front when its end is reached. */
#include "capability/http/body.h"

#include "base/limits.h"

#include <stdlib.h>

void wy_http_body_init(wy_http_body *body) {
    *body = (wy_http_body){0};
}

void wy_http_body_deinit(wy_http_body *body) {
    free(body->bytes);
    wy_http_body_init(body);
}

static void changed(wy_http_body *body) {
    if (body->on_changed) body->on_changed(body->reader);
}

static bool reserve(wy_http_body *body, size_t extra) {
    size_t held = body->end - body->start;
    if (extra <= body->cap - body->end) return true;
    if (held + extra <= body->cap) {
        memmove(body->bytes, body->bytes + body->start, held);
    } else {
        size_t cap = body->cap ? body->cap * 2 : 1024;
        while (cap < held + extra)
            cap *= 2;
        char *bytes = malloc(cap);
        if (!bytes) return false;
        if (held) memcpy(bytes, body->bytes + body->start, held);
        free(body->bytes);
        body->bytes = bytes;
        body->cap = cap;
    }
    body->start = 0;
    body->end = held;
    return true;
}

wy_err wy_http_body_push(wy_http_body *body, wy_str bytes) {
    wy_assert(!body->ended);
    if (body->failed) return WY_CLOSED;
    body->received += bytes.len;
    if (body->discarding || bytes.len == 0) return WY_OK;
    if (!reserve(body, bytes.len)) {
        wy_http_body_fail(body, WY_HTTP_INTERNAL_ERROR);
        return WY_NOMEM;
    }
    memcpy(body->bytes + body->end, bytes.ptr, bytes.len);
    body->end += bytes.len;
    changed(body);
    return WY_OK;
}

void wy_http_body_end(wy_http_body *body) {
    if (body->failed) return;
    body->ended = true;
    changed(body);
}

void wy_http_body_fail(wy_http_body *body, wy_http_error error) {
    if (body->ended || body->failed) return;
    body->failed = true;
    body->error = error;
    changed(body);
}

bool wy_http_body_full(const wy_http_body *body) {
    return body->end - body->start >= WY_MAX_HTTP_BODY_BUFFER;
}

static void demand(wy_http_body *body) {
    body->wanted = true;
    if (!body->ended && !body->failed && body->on_demand) body->on_demand(body->connection);
}

wy_str wy_http_body_peek(wy_http_body *body) {
    if (body->start == body->end) demand(body);
    if (body->start == body->end) return (wy_str){0};
    return (wy_str){body->bytes + body->start, body->end - body->start};
}

void wy_http_body_take(wy_http_body *body, size_t len) {
    wy_assert(len <= body->end - body->start);
    bool was_full = wy_http_body_full(body);
    body->start += len;
    if (body->start == body->end) body->start = body->end = 0;
    if (was_full && !wy_http_body_full(body)) demand(body);
}

bool wy_http_body_ready(const wy_http_body *body) {
    return body->start != body->end || body->ended || body->failed;
}

void wy_http_body_discard(wy_http_body *body) {
    body->discarding = true;
    body->start = body->end = 0;
    if (!body->ended && !body->failed && body->on_demand) body->on_demand(body->connection);
}
