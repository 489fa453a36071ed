/* A provider of models behind HTTP. */
#include "capability/llm/server.h"

#include "base/limits.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PARSE_INLINE_MAX ((size_t)64 << 10) /* beyond, JSON is parsed on the pool */

struct wy_llm_server {
    char *url;           /* without slashes at its end */
    char *authorization; /* "Bearer TOKEN"; NULL: there is no token */
    wy_str token;        /* in it */
};

wy_err wy_llm_server_new(const wy_llm_options *options, own wy_llm_server **server_out,
                         wy_diag *diag) {
    static const char word[] = "Bearer ";
    wy_str url = options->url;
    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    if (!wy_str_starts(url, WY_STR("http://")) && !wy_str_starts(url, WY_STR("https://")))
        return wy_diag_set(diag, WY_INVALID, "'url' must begin with http:// or https://");
    if (!wy_http_value_valid(options->token))
        return wy_diag_set(diag, WY_INVALID, "'auth_token' has characters that no token has");
    wy_llm_server *server = calloc(1, sizeof *server);
    if (server) server->url = strndup(url.ptr, url.len);
    if (server && options->token.len) {
        size_t prefix = sizeof word - 1;
        server->authorization = calloc(1, prefix + options->token.len + 1);
        if (server->authorization) {
            memcpy(server->authorization, word, prefix);
            memcpy(server->authorization + prefix, options->token.ptr, options->token.len);
            server->token = (wy_str){server->authorization + prefix, options->token.len};
        }
    }
    if (!server || !server->url || (options->token.len && !server->authorization)) {
        wy_llm_server_free(server);
        return wy_diag_set(diag, WY_NOMEM, "out of memory");
    }
    *server_out = server;
    return WY_OK;
}

void wy_llm_server_free(own wy_llm_server *server) {
    if (!server) return;
    free(server->url);
    free(server->authorization);
    free(server);
}

wy_str wy_llm_server_url(const wy_llm_server *server) {
    return wy_str_of(server->url);
}

/* --- asking --- */

wy_llm_status wy_llm_server_post(const wy_llm_server *server, wy_llm_request *request,
                                 const char *path, const wy_buf *body,
                                 own wy_http_reply **reply_out) {
    const wy_http_field fields[] = {
        {WY_STR("content-type"), WY_STR("application/json")},
        {WY_STR("accept"), WY_STR("application/json, text/event-stream")},
        {WY_STR("authorization"), wy_str_of(server->authorization)},
    };
    *reply_out = NULL;
    char *url = wy_arena_printf(request->arena, "%s%s", server->url, path);
    if (!url || body->failed) return wy_llm_nomem(request);
    const wy_http_fetch fetch = {.method = WY_STR("POST"),
                                 .url = wy_str_of(url),
                                 .fields = fields,
                                 .field_count = server->authorization ? 3 : 2,
                                 .body = wy_buf_view(body),
                                 .repeatable = true,
                                 .client = request->client,
                                 .task = request->task,
                                 .timeout_ms = WY_LLM_ANSWER_TIMEOUT_MS,
                                 .connect_timeout_ms = WY_LLM_CONNECT_TIMEOUT_MS};
    wy_diag diag;
    wy_diag_init(&diag);
    if (wy_http_fetch_open(&fetch, reply_out, &diag)) return wy_llm_fail(request, "%s", diag.text);
    return WY_LLM_OK;
}

/* --- answers --- */

typedef struct job {
    wy_str body;
    wy_llm_request *request;
    wy_llm_take take;
    void *data;
    wy_llm_status status;
} job;

static void understand(void *data) {
    job *j = data;
    json_error_t error;
    json_t *root = json_loadb(j->body.ptr ? j->body.ptr : "", j->body.len, JSON_ALLOW_NUL, &error);
    j->status = j->take(j->request, root, j->data);
    json_decref(root);
}

wy_llm_status wy_llm_server_read(wy_llm_request *request, wy_http_reply *reply, wy_llm_take take,
                                 void *data) {
    wy_buf body;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_buf_init(&body, WY_MAX_LLM_ANSWER_BYTES);
    job j = {.request = request, .take = take, .data = data};
    if (wy_http_reply_read_all(reply, &body, &diag)) {
        j.status = wy_llm_fail(request, "%s", diag.text);
    } else {
        j.body = wy_buf_view(&body);
        if (body.len <= PARSE_INLINE_MAX)
            understand(&j);
        else if (wy_task_offload(request->task, understand, &j))
            j.status = wy_llm_fail(request, "the request was given up");
    }
    wy_buf_deinit(&body);
    return j.status;
}

static bool contains(wy_str text, wy_str part) {
    return part.len && memmem(text.ptr ? text.ptr : "", text.len, part.ptr, part.len) != NULL;
}

wy_llm_status wy_llm_server_refused(const wy_llm_server *server, wy_llm_request *request,
                                    uint16_t status, wy_str message) {
    if (contains(message, server->token)) message = (wy_str){0};
    if (status == 200)
        return wy_llm_fail(request, "the model's server failed: " WY_STR_FMT, WY_STR_ARG(message));
    const char *why = status == 401 || status == 403 ? ": it does not accept the token"
                      : status == 429                ? ": too many requests"
                                                     : "";
    bool invalid = status == 400 || status == 413 || status == 422;
    return (invalid ? wy_llm_refuse : wy_llm_fail)(
        request, "the model's server answered with status %u%s%s" WY_STR_FMT, status, why,
        message.len ? ": " : "", WY_STR_ARG(message));
}

wy_llm_status wy_llm_server_odd(wy_llm_request *request, const char *what) {
    return wy_llm_fail(request, "the model's server answered something else than was asked for: %s",
                       what);
}

/* --- JSON --- */

void wy_llm_put_number(wy_buf *buf, float value) {
    char text[32];
    wy_assert(isfinite(value));
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) break; /* no locale but C's is ever set */
    }
    wy_buf_str(buf, wy_str_of(text));
}

void wy_llm_put_texts(wy_buf *buf, const wy_llm_request *request) {
    wy_buf_str(buf, WY_STR("\"input\":["));
    for (size_t i = 0; i < request->count; i++) {
        if (i) wy_buf_char(buf, ',');
        wy_buf_json(buf, request->texts[i]);
    }
    wy_buf_char(buf, ']');
}

uint32_t wy_llm_count(const json_t *number) {
    json_int_t value = json_is_integer(number) ? json_integer_value(number) : 0;
    return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

bool wy_llm_take_embedding(wy_llm_request *request, size_t index, const json_t *numbers) {
    size_t len = json_array_size(numbers);
    if (!json_is_array(numbers) || index >= request->count || request->embeddings[index].ptr)
        return false;
    float *values = wy_arena_alloc(request->arena, (len ? len : 1) * sizeof *values);
    if (!values) return false;
    for (size_t i = 0; i < len; i++) {
        const json_t *number = json_array_get(numbers, i);
        double value = json_number_value(number);
        if (!json_is_number(number) || !(fabs(value) <= (double)FLT_MAX)) return false;
        values[i] = (float)value;
    }
    request->embeddings[index] = (wy_llm_embedding){values, len};
    return true;
}
