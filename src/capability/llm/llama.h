/* Llama: models in files, run in this process by llama.cpp, which is an option of the build:
 * llama.c is the only file that knows it, llama_absent.c stands for it in other builds. What may be
 * asked of which model is left to local.c.
 *
 * Everything here blocks: it is for the pool's threads. A model may be used by several threads, a
 * run by one after the other. */
#ifndef WY_CAPABILITY_LLM_LLAMA_H
#define WY_CAPABILITY_LLM_LLAMA_H

#include "capability/llm/llm.h"

typedef struct wy_llama wy_llama;         /* a model, in memory */
typedef struct wy_llama_run wy_llama_run; /* one request to it */

/* Why there is none, in words; NULL: there is. */
const char *wy_llama_lacks(void);

/* WY_INVALID: the file cannot be loaded. */
wy_err wy_llama_load(const char *path, own wy_llama **llama_out, wy_diag *diag) WY_MUST_USE;
/* No run may be left. NULL is fine. */
void wy_llama_free(own wy_llama *llama);

/* Begins a request for embeddings, if it has texts, or else for text. Model and request outlive the
 * run. */
wy_llm_status wy_llama_begin(wy_llama *llama, wy_llm_request *request, own wy_llama_run **run_out);
/* Works for WY_LLM_SLICE_MS or somewhat longer, never beyond `left_ms`. `*done_out`: the request
 * has its results. */
wy_llm_status wy_llama_step(wy_llama_run *run, uint64_t left_ms, bool *done_out);
/* NULL is fine. Any thread. */
void wy_llama_end(own wy_llama_run *run);

#endif
