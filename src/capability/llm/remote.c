/* llm on a server, in Spin's own words: POST /infer and POST /embed below its URL, one answer each.
 */
#include "base/limits.h"
#include "capability/llm/server.h"

static wy_err remote_open(const wy_llm_options *options, void **state_out, wy_diag *diag) {
    wy_llm_server *server = NULL;
    wy_err err = wy_llm_server_new(options, &server, diag);
    *state_out = server;
    return err;
}

static void remote_close(void *state) {
    wy_llm_server_free(state);
}

static void put_params(wy_buf *buf, const wy_llm_params *p) {
    wy_buf_printf(buf, ",\"options\":{\"maxTokens\":%u,\"repeatPenalty\":", p->max_tokens);
    wy_llm_put_number(buf, p->repeat_penalty);
    wy_buf_printf(buf, ",\"repeatPenaltyLastNTokenCount\":%u,\"temperature\":", p->repeat_last_n);
    wy_llm_put_number(buf, p->temperature);
    wy_buf_printf(buf, ",\"topK\":%u,\"topP\":", p->top_k);
    wy_llm_put_number(buf, p->top_p);
    wy_buf_char(buf, '}');
}

/* What an answer is read with. */
typedef struct answer {
    const wy_llm_server *server;
    uint16_t status;
} answer;

/* What such servers say of a failure differs: {"error": "text"}, {"error": {"message": "text"}}. */
static wy_str message_of(const json_t *root) {
    const json_t *error = json_object_get(root, "error");
    if (json_is_object(error)) error = json_object_get(error, "message");
    return json_is_string(error) ? (wy_str){json_string_value(error), json_string_length(error)}
                                 : (wy_str){0};
}

static wy_llm_status judge(wy_llm_request *r, const json_t *root, const answer *a) {
    if (a->status != 200) return wy_llm_server_refused(a->server, r, a->status, message_of(root));
    return root ? WY_LLM_OK : wy_llm_server_odd(r, "it is not JSON");
}

static wy_llm_status take_text(wy_llm_request *r, const json_t *root, void *data) {
    wy_llm_status status = judge(r, root, data);
    if (status) return status;
    const json_t *text = json_object_get(root, "text"), *usage = json_object_get(root, "usage");
    if (!json_is_string(text)) return wy_llm_server_odd(r, "it has no \"text\"");
    size_t len = json_string_length(text);
    char *copy = wy_arena_strndup(r->arena, json_string_value(text), len);
    if (!copy) return wy_llm_nomem(r);
    r->answer = (wy_str){copy, len};
    r->prompt_tokens = wy_llm_count(json_object_get(usage, "promptTokenCount"));
    r->generated_tokens = wy_llm_count(json_object_get(usage, "generatedTokenCount"));
    return WY_LLM_OK;
}

static wy_llm_status take_embeddings(wy_llm_request *r, const json_t *root, void *data) {
    wy_llm_status status = judge(r, root, data);
    if (status) return status;
    const json_t *list = json_object_get(root, "embeddings");
    if (!json_is_array(list) || json_array_size(list) != r->count)
        return wy_llm_server_odd(r, "it has not one embedding a text");
    for (size_t i = 0; i < r->count; i++)
        if (!wy_llm_take_embedding(r, i, json_array_get(list, i)))
            return wy_llm_server_odd(r, "an embedding is no list of numbers");
    r->prompt_tokens =
        wy_llm_count(json_object_get(json_object_get(root, "usage"), "promptTokenCount"));
    return WY_LLM_OK;
}

static wy_llm_status ask(const wy_llm_server *server, wy_llm_request *r, const char *path,
                         const wy_buf *body, wy_llm_take take) {
    wy_http_reply *reply;
    wy_llm_status status = wy_llm_server_post(server, r, path, body, &reply);
    if (status) return status;
    answer a = {server, wy_http_reply_status(reply)};
    status = wy_llm_server_read(r, reply, take, &a);
    wy_http_reply_free(reply);
    return status;
}

static wy_llm_status remote_infer(void *state, wy_llm_request *r) {
    wy_buf body;
    wy_buf_init(&body, WY_MAX_RESULT_BYTES);
    wy_buf_str(&body, WY_STR("{\"model\":"));
    wy_buf_json(&body, r->model);
    wy_buf_str(&body, WY_STR(",\"prompt\":"));
    wy_buf_json(&body, r->prompt);
    put_params(&body, &r->params);
    wy_buf_char(&body, '}');
    wy_llm_status status = ask(state, r, "/infer", &body, take_text);
    wy_buf_deinit(&body);
    return status;
}

static wy_llm_status remote_embed(void *state, wy_llm_request *r) {
    wy_buf body;
    wy_buf_init(&body, WY_MAX_RESULT_BYTES);
    wy_buf_str(&body, WY_STR("{\"model\":"));
    wy_buf_json(&body, r->model);
    wy_buf_char(&body, ',');
    wy_llm_put_texts(&body, r);
    wy_buf_char(&body, '}');
    wy_llm_status status = ask(state, r, "/embed", &body, take_embeddings);
    wy_buf_deinit(&body);
    return status;
}

extern const wy_llm_backend wy_llm_backend_remote;
const wy_llm_backend wy_llm_backend_remote = {.name = "remote",
                                              .open = remote_open,
                                              .close = remote_close,
                                              .infer = remote_infer,
                                              .embed = remote_embed};
