/* What a backend of llm is: a table of functions. Included by backends and llm.c only. */
#ifndef WY_CAPABILITY_LLM_BACKEND_H
#define WY_CAPABILITY_LLM_BACKEND_H

#include "capability/llm/llm.h"

/* Carries out one request on its task's fiber; `state` is what open made. Inputs are within the
 * limits already. */
typedef wy_llm_status (*wy_llm_func)(void *state, wy_llm_request *request);

typedef struct wy_llm_backend {
    const char *name;
    wy_err (*open)(const wy_llm_options *options, void **state_out, wy_diag *diag);
    void (*close)(void *state);
    const char *(*lacks)(void); /* NULL: nothing */
    wy_llm_func infer, embed;
} wy_llm_backend;

/* Puts the formatted text into the request, cut to what fits and made UTF-8, and returns
 * WY_LLM_FAILED. */
wy_llm_status wy_llm_fail(wy_llm_request *request, const char *fmt, ...) WY_PRINTF(2, 3);
wy_llm_status wy_llm_nomem(wy_llm_request *request);
/* The same, WY_LLM_INVALID. */
wy_llm_status wy_llm_refuse(wy_llm_request *request, const char *fmt, ...) WY_PRINTF(2, 3);

#endif
