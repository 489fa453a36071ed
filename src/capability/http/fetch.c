/* Fetch: a call of the client, waited for on a task, or on a loop made for it. */
#include "capability/http/fetch.h"

#include "base/limits.h"

#include <stdio.h>

#define REDIRECTIONS_MAX 5
#define HOST_MAX 256

/* A URL taken apart; views of it. */
typedef struct place {
    bool tls;
    wy_str authority, host, target;
    uint16_t port;
} place;

typedef struct job {
    const wy_http_fetch *fetch;
    wy_http_client *client;
    wy_loop *loop; /* NULL: the task waits */
    wy_diag *diag;
    wy_str host; /* for messages */
} job;

static bool split_port(wy_str text, place *out) {
    uint64_t number;
    if (!wy_str_to_u64(text, UINT16_MAX, &number) || number == 0) return false;
    out->port = (uint16_t)number;
    return true;
}

static bool split_url(wy_str url, place *out) {
    *out = (place){.tls = wy_str_starts(url, WY_STR("https://"))};
    if (!out->tls && !wy_str_starts(url, WY_STR("http://"))) return false;
    wy_str rest = wy_str_sub(url, out->tls ? 8 : 7, url.len);
    size_t fragment = wy_str_find(rest, '#');
    rest = wy_str_sub(rest, 0, fragment);
    size_t slash = wy_str_find(rest, '/'), question = wy_str_find(rest, '?');
    size_t end = slash < question ? slash : question;
    out->authority = wy_str_sub(rest, 0, end);
    out->target = wy_str_sub(rest, end, rest.len);
    out->port = out->tls ? 443 : 80;
    if (out->target.len == 0) out->target = WY_STR("/");
    if (out->target.ptr[0] == '?' || wy_str_find(out->authority, '@') < out->authority.len)
        return false;
    for (size_t i = 0; i < rest.len; i++)
        if ((unsigned char)rest.ptr[i] <= ' ' || rest.ptr[i] == 0x7f) return false;
    size_t bracket = wy_str_find(out->authority, ']'), colon = wy_str_rfind(out->authority, ':');
    bool has_port =
        colon < out->authority.len && (bracket == out->authority.len || colon == bracket + 1);
    out->host = wy_str_sub(out->authority, 0, has_port ? colon : out->authority.len);
    if (bracket < out->authority.len) {
        if (out->authority.ptr[0] != '[') return false;
        out->host = wy_str_sub(out->authority, 1, bracket);
    }
    if (out->host.len == 0 || out->host.len >= HOST_MAX) return false;
    return !has_port || split_port(wy_str_sub(out->authority, colon + 1, out->authority.len), out);
}

/* --- waiting --- */

static void on_changed(void *data) {
    const job *j = data;
    if (!j->loop) wy_task_wake(j->fetch->task);
}

static wy_err wait(const job *j) {
    if (!j->loop) return wy_task_wait(j->fetch->task);
    (void)wy_loop_step(j->loop, true);
    return WY_OK;
}

static wy_err fail(const job *j, wy_http_error error, const char *text) {
    return wy_diag_set(j->diag, WY_IO, WY_STR_FMT ": %s", WY_STR_ARG(j->host),
                       text && *text ? text : wy_http_error_name(error));
}

/* --- one request --- */

static own wy_http_call *start(job *j, const place *to, wy_arena *arena) {
    wy_http_fields fields;
    wy_http_fields_init(&fields, arena);
    wy_err err = wy_http_fields_append(&fields, WY_STR("user-agent"), WY_STR("withy"));
    for (uint32_t i = 0; i < j->fetch->field_count && !err; i++)
        err = wy_http_fields_append(&fields, j->fetch->fields[i].name, j->fetch->fields[i].value);
    wy_http_writer *writer = err ? NULL : wy_http_writer_new();
    if (!writer) return NULL;
    err = wy_http_writer_request(writer, WY_STR("GET"), to->target, to->authority, &fields);
    if (!err) err = wy_http_writer_finish(writer, NULL);
    uint32_t timeout = j->fetch->timeout_ms ? j->fetch->timeout_ms : WY_HTTP_FETCH_TIMEOUT_MS;
    wy_http_call_config config = {.host = to->host,
                                  .port = to->port,
                                  .tls = to->tls,
                                  .idempotent = true,
                                  .connect_timeout_ms = timeout,
                                  .first_byte_timeout_ms = timeout,
                                  .between_bytes_timeout_ms = timeout};
    wy_http_call *call = err ? NULL : wy_http_call_start(j->client, &config, writer, on_changed, j);
    wy_http_writer_release(writer);
    return call;
}

static wy_err read_body(const job *j, uint64_t expected, wy_http_body *from, wy_buf *body) {
    from->on_changed = on_changed;
    from->reader = (void *)(uintptr_t)j;
    wy_err err = WY_OK;
    for (;;) {
        wy_str bytes = wy_http_body_peek(from);
        if (bytes.len) {
            wy_buf_str(body, bytes);
            wy_http_body_take(from, bytes.len);
            wy_progress_set(j->fetch->progress, body->len, expected);
            if (body->failed)
                err = wy_diag_set(j->diag, WY_LIMIT, WY_STR_FMT ": more than %zu bytes came",
                                  WY_STR_ARG(j->host), body->limit);
        } else if (from->failed) {
            err = fail(j, from->error, NULL);
        } else if (from->ended) {
            break;
        } else {
            err = wait(j);
        }
        if (err) break;
    }
    from->on_changed = NULL;
    return err;
}

/* The place of a redirection goes into `next`, which stays empty otherwise. */
static wy_err take_response(const job *j, const wy_http_call *call, uint16_t *status_out,
                            wy_buf *body, wy_buf *next) {
    wy_http_error error = WY_HTTP_INTERNAL_ERROR;
    const char *text = NULL;
    wy_http_incoming *response = wy_http_call_response(call, &error, &text);
    if (!response) return fail(j, error, text);
    *status_out = response->status;
    wy_str to = wy_http_fields_get(&response->fields, WY_STR("location"));
    bool moved = response->status == 301 || response->status == 302 || response->status == 303 ||
                 response->status == 307 || response->status == 308;
    if (moved && to.len && j->fetch->field_count == 0) {
        wy_buf_str(next, to);
        return WY_OK;
    }
    uint64_t expected = response->has_length ? response->content_length : 0;
    return read_body(j, expected, &response->body, body);
}

static wy_err request(job *j, wy_str url, uint16_t *status_out, wy_buf *body, wy_buf *next) {
    place to;
    if (!split_url(url, &to))
        return wy_diag_set(j->diag, WY_INVALID, "\"" WY_STR_FMT "\" is no URL of HTTP or HTTPS",
                           WY_STR_ARG(url));
    j->host = to.authority;
    wy_arena arena;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_http_call *call = start(j, &to, &arena);
    wy_err err = call ? WY_OK : wy_diag_set(j->diag, WY_NOMEM, "out of memory for a request");
    while (!err && !wy_http_call_done(call))
        err = wait(j);
    if (!err) err = take_response(j, call, status_out, body, next);
    if (call) wy_http_call_free(call);
    wy_arena_deinit(&arena);
    return err;
}

/* A redirection to another path of the same server is written without the server. */
static void make_absolute(const wy_buf *url, wy_buf *next) {
    if (next->len == 0 || next->ptr[0] != '/') return;
    place to;
    if (!split_url(wy_buf_view(url), &to)) return;
    wy_buf whole;
    wy_buf_init(&whole, next->limit);
    wy_buf_printf(&whole, "http%s://" WY_STR_FMT WY_STR_FMT, to.tls ? "s" : "",
                  WY_STR_ARG(to.authority), WY_STR_ARG(wy_buf_view(next)));
    wy_buf_deinit(next);
    *next = whole;
}

static wy_err follow(job *j, uint16_t *status_out, wy_buf *body) {
    wy_buf url, next;
    wy_buf_init(&url, WY_MAX_HTTP_HEADER_BYTES);
    wy_buf_str(&url, j->fetch->url);
    wy_err err = WY_OK;
    for (unsigned i = 0; !err; i++) {
        wy_buf_init(&next, WY_MAX_HTTP_HEADER_BYTES);
        err = request(j, wy_buf_view(&url), status_out, body, &next);
        if (err || next.len == 0) break;
        make_absolute(&url, &next);
        bool weaker = wy_str_starts(wy_buf_view(&url), WY_STR("https:")) &&
                      !wy_str_starts(wy_buf_view(&next), WY_STR("https:"));
        if (i == REDIRECTIONS_MAX || weaker)
            err = wy_diag_set(j->diag, WY_IO, WY_STR_FMT ": %s", WY_STR_ARG(j->host),
                              weaker ? "it redirects from https to http" : "too many redirections");
        wy_buf_deinit(&url);
        url = next;
    }
    if (url.ptr != next.ptr) wy_buf_deinit(&next);
    wy_buf_deinit(&url);
    return err;
}

wy_err wy_http_fetch_run(const wy_http_fetch *fetch, uint16_t *status_out, wy_buf *body,
                         wy_diag *diag) {
    job j = {.fetch = fetch, .client = fetch->client, .diag = diag};
    *status_out = 0;
    if (fetch->task) return follow(&j, status_out, body);
    wy_err err = wy_loop_new(&j.loop);
    if (!err) err = wy_http_client_new(j.loop, &j.client);
    if (err)
        wy_diag_set(diag, err, "the HTTP client could not be made");
    else
        err = follow(&j, status_out, body);
    if (j.client) wy_http_client_free(j.client);
    if (j.loop) wy_loop_free(j.loop);
    return err;
}
