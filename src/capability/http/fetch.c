/* Fetch: a call of the client, waited for on a task, or on a loop made for it. */
#include "capability/http/fetch.h"

#include "base/limits.h"
#include "base/text.h"
#include "capability/http/location.h"

#include <stdio.h>
#include <stdlib.h>

#define REDIRECTIONS_MAX 10
#define HOST_MAX 256

/* A URL taken apart; views of it. */
typedef struct place {
    bool tls;
    wy_str authority, host, target;
    uint16_t port;
} place;

struct wy_http_reply {
    wy_http_fetch fetch;
    wy_http_client *client;
    wy_loop *loop;           /* NULL: the task waits */
    wy_buf url;              /* where it went last */
    wy_str server;           /* of `url`, for messages */
    wy_http_field *fields;   /* those of the fetch that a redirection left; NULL: all */
    wy_http_writer *request; /* while it is being sent */
    wy_http_call *call;
    wy_http_incoming *response; /* the call's */
    size_t seen;                /* of its body: handed out, not taken yet */
};

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
    const wy_http_reply *reply = data;
    if (!reply->loop) wy_task_wake(reply->fetch.task);
}

static wy_err wait(const wy_http_reply *reply) {
    if (!reply->loop) return wy_task_wait(reply->fetch.task);
    (void)wy_loop_step(reply->loop, true);
    return WY_OK;
}

static wy_err fail(const wy_http_reply *reply, wy_http_error error, const char *text,
                   wy_diag *diag) {
    wy_err err = error == WY_HTTP_CONNECTION_LIMIT_REACHED ? WY_BUSY : WY_IO;
    if (!text || !*text) text = wy_http_error_name(error);
    if (wy_str_starts(wy_str_of(text), reply->server)) /* what is said of connecting names it */
        return wy_diag_set(diag, err, "%s", text);
    return wy_diag_set(diag, err, WY_STR_FMT ": %s", WY_STR_ARG(reply->server), text);
}

/* --- one request --- */

static bool is_get(const wy_http_fetch *fetch) {
    return fetch->method.len == 0 || wy_str_eqz(fetch->method, "GET");
}

static wy_err add_fields(const wy_http_fetch *fetch, wy_http_fields *fields, wy_diag *diag) {
    char length[24];
    wy_err err = WY_OK;
    if (!fetch->field_count)
        err = wy_http_fields_append(fields, WY_STR("user-agent"), WY_STR("withy"));
    for (uint32_t i = 0; i < fetch->field_count && !err; i++) {
        wy_http_field field = fetch->fields[i];
        if (!wy_http_token_valid(field.name) || !wy_http_value_valid(field.value))
            return wy_diag_set(diag, WY_INVALID,
                               "the field '" WY_STR_FMT "' has a name or value that HTTP forbids",
                               WY_STR_ARG(field.name));
        err = wy_http_fields_append(fields, field.name, field.value);
    }
    if (!err && fetch->body.len) {
        int len = snprintf(length, sizeof length, "%zu", fetch->body.len);
        err =
            wy_http_fields_append(fields, WY_STR("content-length"), (wy_str){length, (size_t)len});
    }
    return err ? wy_diag_set(diag, err, "the head of the request is too large") : WY_OK;
}

/* The piece of the body that may be written now; after the last one the message is finished. */
static wy_err write_piece(wy_http_reply *reply, wy_str *rest) {
    size_t permit = wy_http_writer_permit(reply->request);
    size_t len = rest->len < permit ? rest->len : permit;
    wy_err err = len ? wy_http_writer_write(reply->request, wy_str_sub(*rest, 0, len)) : WY_OK;
    *rest = wy_str_sub(*rest, len, rest->len);
    if (!err && rest->len == 0) err = wy_http_writer_finish(reply->request, NULL);
    return err;
}

static wy_err start(wy_http_reply *reply, const place *to, wy_str *rest,
                    void (*on_call)(void *reply), wy_diag *diag) {
    const wy_http_fetch *fetch = &reply->fetch;
    wy_arena arena;
    wy_http_fields fields;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_http_fields_init(&fields, &arena);
    wy_str method = fetch->method.len ? fetch->method : WY_STR("GET");
    wy_err err = add_fields(fetch, &fields, diag);
    if (!err && !wy_http_token_valid(method))
        err = wy_diag_set(diag, WY_INVALID, "the method is none of HTTP");
    reply->request = wy_http_writer_new();
    if (!err && reply->request) {
        err = wy_http_writer_request(reply->request, method, to->target, to->authority, &fields);
        if (!err) err = write_piece(reply, rest); /* before it has a connection: goes out whole */
        if (err) wy_diag_set(diag, err, "the head of the request is too large");
    }
    wy_arena_deinit(&arena);
    if (err) return err;
    uint32_t timeout = fetch->timeout_ms ? fetch->timeout_ms : WY_HTTP_FETCH_TIMEOUT_MS;
    bool head_only = wy_str_eqz(method, "HEAD");
    wy_http_call_config config = {
        .host = to->host,
        .port = to->port,
        .tls = to->tls,
        .head_only = head_only,
        .idempotent = is_get(fetch) || head_only || fetch->repeatable,
        .connect_timeout_ms = fetch->connect_timeout_ms ? fetch->connect_timeout_ms : timeout,
        .first_byte_timeout_ms = timeout,
        .between_bytes_timeout_ms = timeout,
        .policy = fetch->policy};
    if (reply->request)
        reply->call = wy_http_call_start(reply->client, &config, reply->request, on_call, reply);
    return reply->call ? WY_OK : wy_diag_set(diag, WY_NOMEM, "out of memory for a request");
}

static void end_request(wy_http_reply *reply) {
    if (!reply->request) return;
    wy_http_writer_watch(reply->request, NULL, NULL);
    wy_http_writer_abort(reply->request); /* unless it was finished */
    wy_http_writer_release(reply->request);
    reply->request = NULL;
}

static void end_call(wy_http_reply *reply) {
    end_request(reply);
    if (reply->response) {
        reply->response->body.on_changed = NULL;
        wy_http_body_discard(&reply->response->body); /* closes, unless all has come */
    }
    reply->response = NULL;
    if (reply->call) wy_http_call_free(reply->call);
    reply->call = NULL;
}

/* Until the response's head is there. A server may answer before it has all of the body. */
static wy_err exchange(wy_http_reply *reply, wy_diag *diag) {
    place to;
    if (!split_url(wy_buf_view(&reply->url), &to)) {
        char shown[512];
        wy_text_url(wy_buf_view(&reply->url), shown, sizeof shown);
        return wy_diag_set(diag, WY_INVALID, "\"%s\" is no URL of HTTP or HTTPS", shown);
    }
    reply->server = to.authority;
    const wy_http_policy *policy = reply->fetch.policy;
    wy_str scheme = to.tls ? WY_STR("https") : WY_STR("http");
    if (policy && policy->allow && !policy->allow(policy->data, scheme, to.host, to.port))
        return wy_diag_set(diag, WY_DENIED, WY_STR_FMT " may not be connected to",
                           WY_STR_ARG(to.authority));
    wy_str rest = reply->fetch.body;
    wy_err err = start(reply, &to, &rest, on_changed, diag);
    if (err) return err;
    wy_http_writer_watch(reply->request, on_changed, reply);
    while (!err && !wy_http_call_done(reply->call)) {
        if (rest.len && wy_http_writer_permit(reply->request))
            (void)write_piece(reply, &rest); /* a failure is the call's */
        else
            err = wait(reply);
    }
    if (err) return err;
    if (rest.len == 0) end_request(reply);
    wy_http_error error = WY_HTTP_INTERNAL_ERROR;
    const char *text = NULL;
    reply->response = wy_http_call_response(reply->call, &error, &text);
    if (!reply->response) return fail(reply, error, text, diag);
    reply->response->body.on_changed = on_changed;
    reply->response->body.reader = reply;
    return WY_OK;
}

/* --- redirections --- */

static bool moved(const wy_http_reply *reply, wy_str *to_out) {
    uint16_t status = reply->response->status;
    *to_out = wy_http_fields_get(&reply->response->fields, WY_STR("location"));
    return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           to_out->len &&
           (reply->fetch.follows || (reply->fetch.field_count == 0 && is_get(&reply->fetch)));
}

static bool is_among(wy_str name, const char *const *names) {
    for (; *names; names++)
        if (wy_str_eq_nocase(name, wy_str_of(*names))) return true;
    return false;
}

/* Leaves out what is not for the next server, or not without a body. */
static wy_err keep_fields(wy_http_reply *reply, bool is_elsewhere, bool is_bodiless) {
    static const char *const secrets[] = {"authorization", "proxy-authorization", "cookie", NULL};
    static const char *const of_body[] = {"content-type", "content-encoding", "content-language",
                                          "content-location", NULL};
    wy_http_fetch *fetch = &reply->fetch;
    if (!reply->fields) reply->fields = calloc(fetch->field_count + 1, sizeof *reply->fields);
    if (!reply->fields) return WY_NOMEM;
    uint32_t count = 0;
    for (uint32_t i = 0; i < fetch->field_count; i++) {
        wy_http_field field = fetch->fields[i];
        if (!(is_elsewhere && is_among(field.name, secrets)) &&
            !(is_bodiless && is_among(field.name, of_body)))
            reply->fields[count++] = field;
    }
    fetch->fields = reply->fields;
    fetch->field_count = count;
    return WY_OK;
}

/* What is asked of the next server, after what this one answered. */
static wy_err change_request(wy_http_reply *reply, wy_str next) {
    wy_http_fetch *fetch = &reply->fetch;
    uint16_t status = reply->response->status;
    bool is_post = wy_str_eqz(fetch->method, "POST");
    bool is_bodiless = status == 303 || (is_post && (status == 301 || status == 302));
    if (is_bodiless) {
        fetch->body = (wy_str){0};
        if (!wy_str_eqz(fetch->method, "HEAD")) fetch->method = WY_STR("GET");
    }
    place from, to;
    bool is_here = split_url(wy_buf_view(&reply->url), &from) && split_url(next, &to) &&
                   from.tls == to.tls && from.port == to.port &&
                   wy_str_eq_nocase(from.host, to.host);
    return is_here && !is_bodiless ? WY_OK : keep_fields(reply, !is_here, is_bodiless);
}

static wy_err go_to(wy_http_reply *reply, wy_str to, wy_diag *diag) {
    bool tls = wy_str_starts(wy_buf_view(&reply->url), WY_STR("https:"));
    wy_buf next;
    wy_buf_init(&next, WY_MAX_HTTP_HEADER_BYTES);
    wy_http_location(wy_buf_view(&reply->url), to, &next);
    wy_err err = next.failed ? WY_LIMIT : change_request(reply, wy_buf_view(&next));
    if (err)
        wy_diag_set(diag, err, WY_STR_FMT ": following its redirection: %s",
                    WY_STR_ARG(reply->server), wy_err_text(err));
    else if (tls && !reply->fetch.follows && !wy_str_starts(wy_buf_view(&next), WY_STR("https:")))
        err = wy_diag_set(diag, WY_IO, WY_STR_FMT ": it redirects from https to http",
                          WY_STR_ARG(reply->server));
    end_call(reply);
    wy_buf_deinit(&reply->url);
    reply->url = next;
    return err;
}

static wy_err follow(wy_http_reply *reply, wy_diag *diag) {
    wy_str to;
    wy_err err = exchange(reply, diag);
    for (unsigned i = 0; !err && moved(reply, &to); i++) {
        if (i == REDIRECTIONS_MAX)
            return wy_diag_set(diag, WY_IO, WY_STR_FMT ": too many redirections",
                               WY_STR_ARG(reply->server));
        err = go_to(reply, to, diag);
        if (!err) err = exchange(reply, diag);
    }
    return err;
}

/* --- the reply --- */

wy_err wy_http_fetch_open(const wy_http_fetch *fetch, own wy_http_reply **reply_out,
                          wy_diag *diag) {
    wy_assert(!fetch->client == (!fetch->task && !fetch->loop) && !(fetch->task && fetch->loop));
    *reply_out = NULL;
    wy_http_reply *reply = calloc(1, sizeof *reply);
    if (!reply) return wy_diag_set(diag, WY_NOMEM, "out of memory for a request");
    reply->fetch = *fetch;
    reply->client = fetch->client;
    wy_buf_init(&reply->url, WY_MAX_HTTP_HEADER_BYTES);
    wy_buf_str(&reply->url, fetch->url);
    wy_err err = WY_OK;
    reply->loop = fetch->loop;
    if (!fetch->client) {
        err = wy_loop_new(&reply->loop);
        if (!err) err = wy_http_client_new(reply->loop, &reply->client);
        if (err) wy_diag_set(diag, err, "the HTTP client could not be made");
    }
    if (!err) err = follow(reply, diag);
    if (err)
        wy_http_reply_free(reply);
    else
        *reply_out = reply;
    return err;
}

uint16_t wy_http_reply_status(const wy_http_reply *reply) {
    return reply->response->status;
}

const wy_http_fields *wy_http_reply_fields(const wy_http_reply *reply) {
    return &reply->response->fields;
}

wy_err wy_http_reply_read(wy_http_reply *reply, wy_str *bytes_out, wy_diag *diag) {
    wy_http_body *from = &reply->response->body;
    *bytes_out = (wy_str){0};
    wy_http_body_take(from, reply->seen);
    reply->seen = 0;
    for (;;) {
        *bytes_out = wy_http_body_peek(from);
        reply->seen = bytes_out->len;
        if (bytes_out->len) return WY_OK;
        if (from->failed) return fail(reply, from->error, NULL, diag);
        if (from->ended) return WY_OK;
        wy_err err = wait(reply);
        if (err) return err;
    }
}

wy_err wy_http_reply_read_all(wy_http_reply *reply, wy_buf *body, wy_diag *diag) {
    const wy_http_incoming *response = reply->response;
    uint64_t expected = response->has_length ? response->content_length : 0;
    wy_str bytes;
    for (;;) {
        wy_err err = wy_http_reply_read(reply, &bytes, diag);
        if (err || bytes.len == 0) return err;
        wy_buf_str(body, bytes);
        wy_progress_set(reply->fetch.progress, body->len, expected);
        if (body->failed)
            return wy_diag_set(diag, WY_LIMIT, WY_STR_FMT ": more than %zu bytes came",
                               WY_STR_ARG(reply->server), body->limit);
    }
}

void wy_http_reply_free(own wy_http_reply *reply) {
    if (!reply) return;
    end_call(reply);
    if (!reply->fetch.client && reply->client) wy_http_client_free(reply->client);
    if (!reply->fetch.client && reply->loop) wy_loop_free(reply->loop);
    wy_buf_deinit(&reply->url);
    free(reply->fields);
    free(reply);
}

wy_err wy_http_fetch_run(const wy_http_fetch *fetch, uint16_t *status_out, wy_buf *body,
                         wy_diag *diag) {
    wy_http_reply *reply;
    *status_out = 0;
    wy_err err = wy_http_fetch_open(fetch, &reply, diag);
    if (err) return err;
    *status_out = wy_http_reply_status(reply);
    err = wy_http_reply_read_all(reply, body, diag);
    wy_http_reply_free(reply);
    return err;
}

/* --- without waiting --- */

static void on_rest(void *data) {
    (void)data;
}

/* The rest of a response is read and dropped, so that the connection can serve others. */
static void on_answered(void *data) {
    wy_http_reply *reply = data;
    wy_http_error error;
    const char *text;
    wy_http_incoming *response = wy_http_call_response(reply->call, &error, &text);
    if (response) {
        response->body.on_changed = on_rest;
        response->body.reader = NULL;
        wy_http_body_discard(&response->body);
    }
    wy_http_reply_free(reply);
}

void wy_http_fetch_away(const wy_http_fetch *fetch) {
    wy_assert(fetch->client && !fetch->task);
    wy_http_reply *reply = calloc(1, sizeof *reply);
    place to;
    wy_diag diag;
    wy_diag_init(&diag);
    if (!reply) return;
    reply->fetch = *fetch;
    reply->client = fetch->client;
    wy_str rest = fetch->body;
    bool sent = split_url(fetch->url, &to) && start(reply, &to, &rest, on_answered, &diag) == WY_OK;
    if (!sent || rest.len) {
        wy_http_reply_free(reply);
    } else {
        end_request(reply);
        if (wy_http_call_done(reply->call)) on_answered(reply);
    }
}
