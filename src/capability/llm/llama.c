/* Models in files, run by llama.cpp on the processor. */
#include "capability/llm/llama.h"

#include "base/limits.h"
#include "base/log.h"
#include "capability/llm/backend.h"

#include <llama.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Tokens of a prompt at once: as many as a slice of time is enough for. */
#define BATCH_MIN 4
#define BATCH_FIRST 16
#define BATCH_MAX 512

struct wy_llama {
    struct llama_model *model;
    const struct llama_vocab *vocab;
    int32_t tokens_max; /* that one text may have, what follows from it included */
};

typedef struct tokens {
    llama_token *items;
    int32_t count;
} tokens;

struct wy_llama_run {
    const wy_llama *llama;
    wy_llm_request *request;
    struct llama_context *context;
    uint64_t deadline_ms; /* of this step */
    /* Text. */
    tokens prompt;
    int32_t fed;       /* of the prompt */
    int32_t batch_len; /* of the next piece of it */
    struct llama_sampler *sampler;
    uint32_t generated, generated_max;
    wy_buf text;
    /* Embeddings. */
    tokens *texts; /* one a text */
    size_t embedded;
    struct llama_batch batch;
    bool has_batch;
};

const char *wy_llama_lacks(void) {
    return NULL;
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- models --- */

static void on_log(enum ggml_log_level level, const char *text, void *data) {
    (void)data;
    if (level != GGML_LOG_LEVEL_ERROR) return;
    wy_str line = wy_str_trim(wy_str_of(text));
    wy_log(WY_LOG_WARN, "llama.cpp: " WY_STR_FMT, WY_STR_ARG(line));
}

wy_err wy_llama_load(const char *path, own wy_llama **llama_out, wy_diag *diag) {
    *llama_out = NULL;
    llama_log_set(on_log, NULL);
    llama_backend_init();
    wy_llama *llama = calloc(1, sizeof *llama);
    if (!llama) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    llama->model = llama_model_load_from_file(path, llama_model_default_params());
    if (!llama->model) {
        free(llama);
        return wy_diag_set(diag, WY_INVALID, "the model's file cannot be loaded");
    }
    llama->vocab = llama_model_get_vocab(llama->model);
    llama->tokens_max = llama_model_n_ctx_train(llama->model);
    if (llama->tokens_max > WY_MAX_LLM_CONTEXT_TOKENS)
        llama->tokens_max = WY_MAX_LLM_CONTEXT_TOKENS;
    *llama_out = llama;
    return WY_OK;
}

void wy_llama_free(own wy_llama *llama) {
    if (!llama) return;
    llama_model_free(llama->model);
    free(llama);
}

/* --- tokens --- */

/* `room`: how many there must be left behind them. */
static wy_llm_status tokenize(const wy_llama *llama, wy_llm_request *request, wy_str text,
                              int32_t room, tokens *out) {
    int32_t len = (int32_t)text.len; /* within WY_MAX_LLM_INPUT_BYTES */
    const char *bytes = text.ptr ? text.ptr : "";
    int32_t count = -llama_tokenize(llama->vocab, bytes, len, NULL, 0, true, true);
    if (count < 0 || count > llama->tokens_max - room)
        return wy_llm_refuse(request, "the text has %d tokens; the model takes %d", count,
                             llama->tokens_max - room);
    if (count == 0) return wy_llm_refuse(request, "the text has no tokens");
    out->items = calloc((size_t)count, sizeof *out->items);
    if (!out->items) return wy_llm_nomem(request);
    out->count = llama_tokenize(llama->vocab, bytes, len, out->items, count, true, true);
    request->prompt_tokens += (uint32_t)count;
    return out->count == count ? WY_LLM_OK : wy_llm_fail(request, "the text cannot be read");
}

static bool should_abort(void *data) {
    const wy_llama_run *run = data;
    return now_ms() >= run->deadline_ms;
}

/* Half of the processors: its threads wait for each other by spinning, which is hundreds of times
 * slower where there is no processor for each. */
static int32_t thread_count(void) {
    long half = sysconf(_SC_NPROCESSORS_ONLN) / 2;
    return half < 1 ? 1 : half > WY_MAX_LLM_THREADS ? WY_MAX_LLM_THREADS : (int32_t)half;
}

static struct llama_context *new_context(wy_llama_run *run, int32_t room, bool embeds,
                                         enum llama_pooling_type pooling) {
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = (uint32_t)room;
    params.n_batch = params.n_ubatch = embeds ? (uint32_t)room : BATCH_MAX;
    params.n_threads = params.n_threads_batch = thread_count();
    params.embeddings = embeds;
    params.pooling_type = pooling;
    params.abort_callback = should_abort;
    params.abort_callback_data = run;
    params.no_perf = true;
    return llama_init_from_model(run->llama->model, params);
}

static wy_llm_status no_context(wy_llm_request *request) {
    return wy_llm_fail(request, "the model cannot be run: out of memory, or not made for this");
}

/* --- beginning --- */

static bool begin_sampling(wy_llama_run *run) {
    const wy_llm_params *p = &run->request->params;
    struct llama_sampler *chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
    if (!chain) return false;
    run->sampler = chain;
    int32_t last_n = p->repeat_last_n > INT32_MAX ? INT32_MAX : (int32_t)p->repeat_last_n;
    if (last_n > run->llama->tokens_max) last_n = run->llama->tokens_max;
    if (last_n && p->repeat_penalty > 0)
        llama_sampler_chain_add(
            chain, llama_sampler_init_penalties(llama_vocab_n_tokens(run->llama->vocab), last_n,
                                                p->repeat_penalty, 0, 0));
    if (p->temperature > 0) {
        if (p->top_k && p->top_k <= INT32_MAX)
            llama_sampler_chain_add(chain, llama_sampler_init_top_k((int32_t)p->top_k));
        if (p->top_p < 1) llama_sampler_chain_add(chain, llama_sampler_init_top_p(p->top_p, 1));
        llama_sampler_chain_add(chain, llama_sampler_init_temp(p->temperature));
        llama_sampler_chain_add(chain, llama_sampler_init_dist(LLAMA_DEFAULT_SEED));
    } else {
        llama_sampler_chain_add(chain, llama_sampler_init_greedy());
    }
    for (int32_t i = 0; i < run->prompt.count; i++)
        llama_sampler_accept(chain, run->prompt.items[i]);
    return true;
}

static wy_llm_status begin_text(wy_llama_run *run) {
    wy_llm_request *r = run->request;
    wy_llm_status status = tokenize(run->llama, r, r->prompt, 1, &run->prompt);
    if (status) return status;
    uint32_t room = (uint32_t)(run->llama->tokens_max - run->prompt.count);
    run->generated_max = r->params.max_tokens < room ? r->params.max_tokens : room;
    run->context = new_context(run, run->prompt.count + (int32_t)run->generated_max, false,
                               LLAMA_POOLING_TYPE_UNSPECIFIED);
    if (!run->context) return no_context(r);
    run->batch_len = BATCH_FIRST;
    return begin_sampling(run) ? WY_LLM_OK : wy_llm_nomem(r);
}

static wy_llm_status begin_embeddings(wy_llama_run *run) {
    wy_llm_request *r = run->request;
    run->texts = calloc(r->count, sizeof *run->texts);
    if (!run->texts) return wy_llm_nomem(r);
    int32_t longest = 1;
    for (size_t i = 0; i < r->count; i++) {
        wy_llm_status status = tokenize(run->llama, r, r->texts[i], 0, &run->texts[i]);
        if (status) return status;
        if (run->texts[i].count > longest) longest = run->texts[i].count;
    }
    run->context = new_context(run, longest, true, LLAMA_POOLING_TYPE_UNSPECIFIED);
    if (run->context && llama_pooling_type(run->context) == LLAMA_POOLING_TYPE_NONE) {
        llama_free(run->context); /* one vector for each token: the mean is what is wanted */
        run->context = new_context(run, longest, true, LLAMA_POOLING_TYPE_MEAN);
    }
    if (!run->context || llama_pooling_type(run->context) == LLAMA_POOLING_TYPE_RANK)
        return no_context(r);
    run->batch = llama_batch_init(longest, 0, 1);
    run->has_batch = true;
    return WY_LLM_OK;
}

wy_llm_status wy_llama_begin(wy_llama *llama, wy_llm_request *request, own wy_llama_run **run_out) {
    wy_llama_run *run = calloc(1, sizeof *run);
    *run_out = run;
    if (!run) return wy_llm_nomem(request);
    run->llama = llama;
    run->request = request;
    wy_buf_init(&run->text, WY_MAX_LLM_ANSWER_BYTES);
    return request->texts ? begin_embeddings(run) : begin_text(run);
}

void wy_llama_end(own wy_llama_run *run) {
    if (!run) return;
    if (run->has_batch) llama_batch_free(run->batch);
    if (run->sampler) llama_sampler_free(run->sampler);
    if (run->context) llama_free(run->context);
    for (size_t i = 0; run->texts && i < run->request->count; i++)
        free(run->texts[i].items);
    free(run->texts);
    free(run->prompt.items);
    wy_buf_deinit(&run->text);
    free(run);
}

/* --- text --- */

static wy_llm_status decode(wy_llama_run *run, llama_token *items, int32_t count) {
    int32_t code = llama_decode(run->context, llama_batch_get_one(items, count));
    return code == 0 ? WY_LLM_OK
                     : wy_llm_fail(run->request,
                                   code == 2 ? "no time is left" : "the model failed (%d)", code);
}

static wy_llm_status put_piece(wy_llama_run *run, llama_token token) {
    char piece[256];
    int32_t len = llama_token_to_piece(run->llama->vocab, token, piece, sizeof piece, 0, false);
    wy_buf_append(&run->text, piece, len < 0 ? 0 : (size_t)len);
    return run->text.failed ? wy_llm_nomem(run->request) : WY_LLM_OK;
}

/* Tokens may be pieces of characters: what is none in the end becomes U+FFFD. */
static wy_llm_status finish_text(wy_llama_run *run) {
    wy_llm_request *r = run->request;
    wy_str rest = wy_buf_view(&run->text);
    char *out = wy_arena_alloc(r->arena, rest.len * 3 + 1), *at = out;
    if (!out) return wy_llm_nomem(r);
    while (rest.len) {
        size_t len = 1;
        while (len < 4 && len < rest.len && !wy_utf8_valid(rest.ptr, len))
            len++;
        bool valid = wy_utf8_valid(rest.ptr, len);
        if (!valid) len = 1;
        wy_str character = valid ? wy_str_sub(rest, 0, len) : WY_STR("\xef\xbf\xbd");
        memcpy(at, character.ptr, character.len);
        at += character.len;
        rest = wy_str_sub(rest, len, rest.len);
    }
    r->answer = (wy_str){out, (size_t)(at - out)};
    r->generated_tokens = run->generated;
    return WY_LLM_OK;
}

static wy_llm_status step_prompt(wy_llama_run *run) {
    int32_t left = run->prompt.count - run->fed;
    int32_t count = left < run->batch_len ? left : run->batch_len;
    uint64_t begun = now_ms();
    wy_llm_status status = decode(run, run->prompt.items + run->fed, count);
    uint64_t spent = now_ms() - begun;
    run->fed += count;
    if (spent < WY_LLM_SLICE_MS / 2 && run->batch_len < BATCH_MAX) run->batch_len *= 2;
    if (spent > WY_LLM_SLICE_MS && run->batch_len > BATCH_MIN) run->batch_len /= 2;
    return status;
}

static wy_llm_status step_text(wy_llama_run *run, uint64_t until_ms, bool *done_out) {
    if (run->fed < run->prompt.count) return step_prompt(run);
    while (run->generated < run->generated_max) {
        llama_token token = llama_sampler_sample(run->sampler, run->context, -1);
        if (llama_vocab_is_eog(run->llama->vocab, token)) break;
        wy_llm_status status = put_piece(run, token);
        run->generated++;
        if (!status && run->generated < run->generated_max) status = decode(run, &token, 1);
        if (status || now_ms() >= until_ms) return status;
    }
    *done_out = true;
    return finish_text(run);
}

/* --- embeddings --- */

/* As long as 1, so that a product of two says how near they are. */
static bool put_embedding(wy_llama_run *run, const float *from) {
    wy_llm_request *r = run->request;
    size_t len = (size_t)llama_model_n_embd_out(run->llama->model);
    float *to = wy_arena_alloc(r->arena, len * sizeof *to);
    if (!to) return false;
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += (double)from[i] * (double)from[i];
    double scale = sum > 0 ? 1 / sqrt(sum) : 0;
    for (size_t i = 0; i < len; i++)
        to[i] = (float)((double)from[i] * scale);
    r->embeddings[run->embedded] = (wy_llm_embedding){to, len};
    return true;
}

static wy_llm_status step_embeddings(wy_llama_run *run, bool *done_out) {
    wy_llm_request *r = run->request;
    const tokens *text = &run->texts[run->embedded];
    struct llama_batch *batch = &run->batch;
    batch->n_tokens = text->count;
    for (int32_t i = 0; i < text->count; i++) {
        batch->token[i] = text->items[i];
        batch->pos[i] = i;
        batch->n_seq_id[i] = 1;
        batch->seq_id[i][0] = 0;
        batch->logits[i] = 1;
    }
    llama_memory_clear(llama_get_memory(run->context), true);
    const struct llama_model *model = run->llama->model;
    bool only_encodes = llama_model_has_encoder(model) && !llama_model_has_decoder(model);
    int32_t code =
        only_encodes ? llama_encode(run->context, *batch) : llama_decode(run->context, *batch);
    const float *values = code ? NULL : llama_get_embeddings_seq(run->context, 0);
    if (!values) return wy_llm_fail(r, "the model gives no embedding (%d)", code);
    if (!put_embedding(run, values)) return wy_llm_nomem(r);
    *done_out = ++run->embedded == r->count;
    return WY_LLM_OK;
}

wy_llm_status wy_llama_step(wy_llama_run *run, uint64_t left_ms, bool *done_out) {
    uint64_t now = now_ms(), until = now + WY_LLM_SLICE_MS;
    run->deadline_ms = left_ms > UINT64_MAX - now ? UINT64_MAX : now + left_ms;
    *done_out = false;
    return run->texts ? step_embeddings(run, done_out) : step_text(run, until, done_out);
}
