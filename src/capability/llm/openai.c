/* llm on a server that speaks as OpenAI's does: chat completions, or completions where it has no
 * chat, and embeddings. Text is asked for as a stream of events, so that giving up a request ends
 * the work of the server too.
 *
 * Such servers differ in what they accept: what one refuses by name is left out or named otherwise,
 * and asked again. */
#include "base/limits.h"
#include "capability/llm/server.h"
#include "capability/llm/sse.h"

#include <stdlib.h>

#define TRIES_MAX 5

typedef struct openai {
    wy_llm_server *server;
    const char *prefix; /* of paths below the URL: it may end with the version or not */
} openai;

static wy_err openai_open(const wy_llm_options *options, void **state_out, wy_diag *diag) {
    openai *o = calloc(1, sizeof *o);
    if (!o) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    wy_err err = wy_llm_server_new(options, &o->server, diag);
    if (err) {
        free(o);
        return err;
    }
    o->prefix = wy_str_ends(wy_llm_server_url(o->server), WY_STR("/v1")) ? "" : "/v1";
    *state_out = o;
    return WY_OK;
}

static void openai_close(void *state) {
    openai *o = state;
    wy_llm_server_free(o->server);
    free(o);
}

/* --- a question, and what becomes of it --- */

/* How a text is asked for; changes as the server refuses things. */
typedef struct manner {
    bool plain;     /* completions: the prompt is no message */
    bool other_max; /* the newer name of the most tokens */
    bool no_temperature, no_top_p;
} manner;

typedef struct answer {
    const openai *openai;
    wy_llm_request *request;
    manner manner;
    uint16_t code;
    bool again;  /* `manner` changed: ask once more */
    bool ended;  /* the server said that the text is whole */
    wy_buf text; /* so far */
} answer;

static wy_str string_of(const json_t *json) {
    return json_is_string(json) ? (wy_str){json_string_value(json), json_string_length(json)}
                                : (wy_str){0};
}

/* Whether asking otherwise may help. */
static bool adapt(manner *m, uint16_t code, wy_str param, wy_str error_code) {
    manner before = *m;
    if (code == 404 && !wy_str_eqz(error_code, "model_not_found")) m->plain = true;
    if (code == 400 && wy_str_eqz(param, "max_tokens")) m->other_max = true;
    if (code == 400 && wy_str_eqz(param, "temperature")) m->no_temperature = true;
    if (code == 400 && wy_str_eqz(param, "top_p")) m->no_top_p = true;
    return before.plain != m->plain || before.other_max != m->other_max ||
           before.no_temperature != m->no_temperature || before.no_top_p != m->no_top_p;
}

/* {"error": {"message", "param", "code"}}, with any status. */
static wy_llm_status refused(answer *a, const json_t *error) {
    wy_llm_request *r = a->request;
    wy_str code = string_of(json_object_get(error, "code"));
    wy_str message = string_of(json_is_object(error) ? json_object_get(error, "message") : error);
    if (wy_str_eqz(code, "model_not_found")) return WY_LLM_NO_MODEL;
    a->again = adapt(&a->manner, a->code, string_of(json_object_get(error, "param")), code);
    if (a->code == 404 && !a->again && message.len) return WY_LLM_NO_MODEL;
    return wy_llm_server_refused(a->openai->server, r, a->code, message);
}

/* One piece of a text, or all of it: in a chat "delta" or "message", else "text". */
static wy_llm_status take_piece(answer *a, const json_t *root) {
    wy_llm_request *r = a->request;
    const json_t *error = json_object_get(root, "error");
    const json_t *usage = json_object_get(root, "usage");
    const json_t *choice = json_array_get(json_object_get(root, "choices"), 0);
    if (error && !json_is_null(error)) {
        wy_llm_status status = refused(a, error);
        a->again = false; /* something may have come already */
        return status;
    }
    if (json_is_object(usage)) {
        r->prompt_tokens = wy_llm_count(json_object_get(usage, "prompt_tokens"));
        r->generated_tokens = wy_llm_count(json_object_get(usage, "completion_tokens"));
    }
    const json_t *said = json_object_get(choice, "delta");
    if (!said) said = json_object_get(choice, "message");
    wy_str piece =
        string_of(said ? json_object_get(said, "content") : json_object_get(choice, "text"));
    wy_buf_str(&a->text, piece);
    if (json_is_string(json_object_get(choice, "finish_reason"))) a->ended = true;
    if (a->text.failed)
        return wy_llm_fail(r, "the model's answer is larger than %zu bytes", a->text.limit);
    return WY_LLM_OK;
}

/* --- an answer as a stream --- */

typedef struct stream {
    answer *answer;
    wy_llm_status status;
    bool done; /* the last event came */
} stream;

static wy_err on_event(void *data, wy_str text) {
    stream *s = data;
    json_error_t error;
    if (wy_str_eqz(wy_str_trim(text), "[DONE]")) {
        s->done = s->answer->ended = true;
        return WY_CLOSED;
    }
    json_t *root = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_ALLOW_NUL, &error);
    s->status = json_is_object(root)
                    ? take_piece(s->answer, root)
                    : wy_llm_server_odd(s->answer->request, "an event of the stream is not JSON");
    json_decref(root);
    return s->status ? WY_CLOSED : WY_OK;
}

static wy_llm_status read_stream(answer *a, wy_http_reply *reply) {
    stream s = {.answer = a};
    wy_sse sse;
    wy_diag diag;
    wy_str bytes;
    size_t total = 0;
    wy_err err = WY_OK;
    wy_diag_init(&diag);
    wy_sse_init(&sse, WY_MAX_LLM_EVENT_BYTES);
    while (!err && !(err = wy_http_reply_read(reply, &bytes, &diag)) && bytes.len) {
        total += bytes.len;
        err = wy_sse_feed(&sse, bytes, on_event, &s);
        if (!err && total > WY_MAX_LLM_ANSWER_BYTES) err = WY_LIMIT;
    }
    wy_sse_deinit(&sse);
    if (s.done || s.status) return s.status;
    if (err && diag.err) return wy_llm_fail(a->request, "%s", diag.text);
    if (err == WY_LIMIT)
        return wy_llm_fail(
            a->request,
            "the model's server sends more than is allowed: %zu bytes, %zu in one event",
            WY_MAX_LLM_ANSWER_BYTES, WY_MAX_LLM_EVENT_BYTES);
    if (err) return wy_llm_nomem(a->request);
    return a->ended ? WY_LLM_OK : wy_llm_server_odd(a->request, "the stream ends in the middle");
}

/* --- an answer in one piece --- */

static wy_llm_status take_refusal(answer *a, const json_t *root) {
    const json_t *error = json_object_get(root, "error");
    return refused(a, error ? error : root);
}

static wy_llm_status take_text(wy_llm_request *r, const json_t *root, void *data) {
    answer *a = data;
    if (a->code != 200) return take_refusal(a, root);
    if (!json_is_object(root)) return wy_llm_server_odd(r, "it is not JSON");
    wy_llm_status status = take_piece(a, root);
    if (status) return status;
    return json_array_size(json_object_get(root, "choices"))
               ? WY_LLM_OK
               : wy_llm_server_odd(r, "it has no \"choices\"");
}

static wy_llm_status take_embeddings(wy_llm_request *r, const json_t *root, void *data) {
    answer *a = data;
    if (a->code != 200) return take_refusal(a, root);
    const json_t *list = json_object_get(root, "data");
    if (!json_is_array(list) || json_array_size(list) != r->count)
        return wy_llm_server_odd(r, "it has not one embedding a text");
    for (size_t i = 0; i < r->count; i++) {
        const json_t *item = json_array_get(list, i), *index = json_object_get(item, "index");
        json_int_t at = json_is_integer(index) ? json_integer_value(index) : (json_int_t)i;
        if (at < 0 || !wy_llm_take_embedding(r, (size_t)at, json_object_get(item, "embedding")))
            return wy_llm_server_odd(r, "an embedding is no list of numbers");
    }
    r->prompt_tokens =
        wy_llm_count(json_object_get(json_object_get(root, "usage"), "prompt_tokens"));
    return WY_LLM_OK;
}

/* --- asking --- */

static void put_question(wy_buf *buf, const wy_llm_request *r, const manner *m) {
    wy_buf_str(buf, WY_STR("{\"model\":"));
    wy_buf_json(buf, r->model);
    wy_buf_str(buf, m->plain ? WY_STR(",\"prompt\":")
                             : WY_STR(",\"messages\":[{\"role\":\"user\",\"content\":"));
    wy_buf_json(buf, r->prompt);
    if (!m->plain) wy_buf_str(buf, WY_STR("}]"));
    wy_buf_printf(buf, ",\"%s\":%u", m->other_max ? "max_completion_tokens" : "max_tokens",
                  r->params.max_tokens);
    if (!m->no_temperature) {
        wy_buf_str(buf, WY_STR(",\"temperature\":"));
        wy_llm_put_number(buf, r->params.temperature);
    }
    if (!m->no_top_p) {
        wy_buf_str(buf, WY_STR(",\"top_p\":"));
        wy_llm_put_number(buf, r->params.top_p);
    }
    wy_buf_str(buf, WY_STR(",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));
}

static bool is_stream(const wy_http_reply *reply) {
    wy_str type = wy_http_fields_get(wy_http_reply_fields(reply), WY_STR("content-type"));
    wy_str kind = wy_str_trim(wy_str_sub(type, 0, wy_str_find(type, ';')));
    return wy_http_reply_status(reply) == 200 &&
           wy_str_eq_nocase(kind, WY_STR("text/event-stream"));
}

static wy_llm_status ask(answer *a, const char *name, const wy_buf *body, wy_llm_take take) {
    wy_llm_request *r = a->request;
    wy_http_reply *reply = NULL;
    char *path = wy_arena_printf(r->arena, "%s/%s", a->openai->prefix, name);
    if (!path) return wy_llm_nomem(r);
    wy_llm_status status = wy_llm_server_post(a->openai->server, r, path, body, &reply);
    if (status) return status;
    a->code = wy_http_reply_status(reply);
    status = is_stream(reply) ? read_stream(a, reply) : wy_llm_server_read(r, reply, take, a);
    wy_http_reply_free(reply);
    return status;
}

static wy_llm_status openai_infer(void *state, wy_llm_request *r) {
    answer a = {.openai = state, .request = r};
    wy_llm_status status = WY_LLM_OK;
    wy_buf_init(&a.text, WY_MAX_LLM_ANSWER_BYTES);
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        wy_buf body;
        wy_buf_init(&body, WY_MAX_RESULT_BYTES);
        put_question(&body, r, &a.manner);
        a.again = false;
        status = ask(&a, a.manner.plain ? "completions" : "chat/completions", &body, take_text);
        wy_buf_deinit(&body);
        if (!a.again) break;
    }
    char *copy =
        status ? NULL : wy_arena_strndup(r->arena, a.text.ptr ? a.text.ptr : "", a.text.len);
    if (!status && !copy) status = wy_llm_nomem(r);
    if (!status) r->answer = (wy_str){copy, a.text.len};
    wy_buf_deinit(&a.text);
    return status;
}

static wy_llm_status openai_embed(void *state, wy_llm_request *r) {
    answer a = {.openai = state, .request = r};
    wy_buf body;
    wy_buf_init(&body, WY_MAX_RESULT_BYTES);
    wy_buf_str(&body, WY_STR("{\"model\":"));
    wy_buf_json(&body, r->model);
    wy_buf_char(&body, ',');
    wy_llm_put_texts(&body, r);
    wy_buf_str(&body, WY_STR(",\"encoding_format\":\"float\"}"));
    wy_llm_status status = ask(&a, "embeddings", &body, take_embeddings);
    wy_buf_deinit(&body);
    return status;
}

extern const wy_llm_backend wy_llm_backend_openai;
const wy_llm_backend wy_llm_backend_openai = {.name = "openai",
                                              .open = openai_open,
                                              .close = openai_close,
                                              .infer = openai_infer,
                                              .embed = openai_embed};
