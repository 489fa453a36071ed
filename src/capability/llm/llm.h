/* llm: text and embeddings from language models, wherever they run. Interfaces (interface/) map
 * their WIT to the requests here; a backend (one file, one line in backends.def) carries them out.
 *
 * A request is made on the fiber of a task, which is parked while the model works. */
#ifndef WY_CAPABILITY_LLM_LLM_H
#define WY_CAPABILITY_LLM_LLM_H

#include "base/arena.h"
#include "base/str.h"

typedef struct wy_llm wy_llm; /* what runs models: a server, or this process */

typedef enum wy_llm_status {
    WY_LLM_OK,
    WY_LLM_NO_MODEL, /* there is no such model */
    WY_LLM_FAILED,   /* `text` of the request says why */
    WY_LLM_INVALID,  /* likewise: what was asked for cannot be */
} wy_llm_status;

typedef struct wy_llm_params {
    uint32_t max_tokens;
    float repeat_penalty;
    uint32_t repeat_last_n;
    float temperature;
    uint32_t top_k;
    float top_p;
} wy_llm_params;

/* Where the guest sets none. */
#define WY_LLM_PARAMS_DEFAULT                                                                      \
    ((wy_llm_params){.max_tokens = 100,                                                            \
                     .repeat_penalty = 1.1f,                                                       \
                     .repeat_last_n = 64,                                                          \
                     .temperature = 0.8f,                                                          \
                     .top_k = 40,                                                                  \
                     .top_p = 0.9f})

/* Same layout as a WIT list<f32>. */
typedef struct wy_llm_embedding {
    const float *ptr;
    size_t len;
} wy_llm_embedding;

/* What goes in, what comes out. Inputs are views that stay valid while it runs; outputs lie in
 * `arena`. */
typedef struct wy_llm_request {
    wy_arena *arena;
    struct wy_task *task;
    struct wy_http_client *client; /* of the task's worker */
    wy_str model;
    wy_str prompt;        /* wy_llm_infer */
    wy_llm_params params; /* likewise */
    const wy_str *texts;  /* wy_llm_embed: `count` of them */
    size_t count;

    char text[512];                           /* of FAILED and INVALID; UTF-8, without secrets */
    wy_str answer;                            /* wy_llm_infer; UTF-8 */
    wy_llm_embedding *embeddings;             /* wy_llm_embed: one a text, in their order */
    uint32_t prompt_tokens, generated_tokens; /* 0 where nobody tells */
} wy_llm_request;

/* Views must live as long as what is opened. */
typedef struct wy_llm_options {
    wy_str backend;    /* a name of backends.def */
    wy_str url, token; /* of a server */
    wy_str folder;     /* of models; empty: there is none */
} wy_llm_options;

/* Touches nothing outside: that is left to the first request, so it may be opened before workers
 * are forked. WY_NOT_FOUND: no such backend; WY_INVALID: no URL. */
wy_err wy_llm_open(const wy_llm_options *options, own wy_llm **llm_out, wy_diag *diag) WY_MUST_USE;
/* No request may be running. NULL is fine. */
void wy_llm_close(own wy_llm *llm);
/* Why it can run no model at all, in words; NULL: it may. */
const char *wy_llm_lacks(const wy_llm *llm);

/* When the task was told to end meanwhile (wy_task_ended), the status means nothing. */
wy_llm_status wy_llm_infer(wy_llm *llm, wy_llm_request *request);
wy_llm_status wy_llm_embed(wy_llm *llm, wy_llm_request *request);

/* --- grants: what a component may use --- */

/* A component's settings for WY_SLOT_LLM. No settings: no model. */
typedef struct wy_llm_grants {
    wy_llm *llm;
    struct wy_http_client *client;
    wy_str component; /* for messages */
    const wy_str *models;
    uint32_t count;
} wy_llm_grants;

#endif
