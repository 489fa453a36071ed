/* What stands for llama.c in builds without llama.cpp: nobody gets beyond wy_llama_lacks. */
#include "capability/llm/llama.h"

const char *wy_llama_lacks(void) {
    return "this withy runs no models by itself (one built with `./do build --llm` does), and "
           "[llm_compute] of the runtime configuration names no server that does";
}

wy_err wy_llama_load(const char *path, own wy_llama **llama_out, wy_diag *diag) {
    (void)path;
    *llama_out = NULL;
    return wy_diag_set(diag, WY_UNSUPPORTED, "%s", wy_llama_lacks());
}

void wy_llama_free(own wy_llama *llama) {
    wy_assert(!llama);
}

wy_llm_status wy_llama_begin(wy_llama *llama, wy_llm_request *request, own wy_llama_run **run_out) {
    (void)llama, (void)request;
    *run_out = NULL;
    return WY_LLM_NO_MODEL;
}

wy_llm_status wy_llama_step(wy_llama_run *run, uint64_t left_ms, bool *done_out) {
    (void)run, (void)left_ms;
    *done_out = false;
    return WY_LLM_NO_MODEL;
}

void wy_llama_end(own wy_llama_run *run) {
    wy_assert(!run);
}
