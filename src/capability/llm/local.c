/* llm in this process: models in files below a folder, run by llama.cpp where the build has it. */
#include "capability/llm/backend.h"
#include "capability/llm/llama.h"

static wy_err local_open(const wy_llm_options *options, void **state_out, wy_diag *diag) {
    (void)options, (void)diag;
    *state_out = NULL;
    return WY_OK;
}

static void local_close(void *state) {
    (void)state;
}

static wy_llm_status local_run(void *state, wy_llm_request *r) {
    (void)state;
    return wy_llm_fail(r, "%s", wy_llama_lacks());
}

extern const wy_llm_backend wy_llm_backend_local;
const wy_llm_backend wy_llm_backend_local = {.name = "local",
                                             .open = local_open,
                                             .close = local_close,
                                             .lacks = wy_llama_lacks,
                                             .infer = local_run,
                                             .embed = local_run};
