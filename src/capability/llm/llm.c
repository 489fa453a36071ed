/* llm: limits, and dispatch to the backend. */
#include "capability/llm/llm.h"

#include "base/limits.h"
#include "capability/llm/backend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WY_LLM_BACKEND(name) extern const wy_llm_backend wy_llm_backend_##name;
#include "capability/llm/backends.def"
#undef WY_LLM_BACKEND

static const wy_llm_backend *const backends[] = {
#define WY_LLM_BACKEND(name) &wy_llm_backend_##name,
#include "capability/llm/backends.def"
#undef WY_LLM_BACKEND
};

struct wy_llm {
    const wy_llm_backend *backend;
    void *state; /* the backend's */
};

wy_err wy_llm_open(const wy_llm_options *options, own wy_llm **llm_out, wy_diag *diag) {
    const wy_llm_backend *backend = NULL;
    *llm_out = NULL;
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        if (wy_str_eqz(options->backend, backends[i]->name)) backend = backends[i];
    if (!backend)
        return wy_diag_set(diag, WY_NOT_FOUND,
                           "nothing runs models under the name '" WY_STR_FMT "'",
                           WY_STR_ARG(options->backend));
    wy_llm *llm = malloc(sizeof *llm);
    if (!llm) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    llm->backend = backend;
    wy_err err = backend->open(options, &llm->state, diag);
    if (err)
        free(llm);
    else
        *llm_out = llm;
    return err;
}

void wy_llm_close(own wy_llm *llm) {
    if (!llm) return;
    llm->backend->close(llm->state);
    free(llm);
}

const char *wy_llm_lacks(const wy_llm *llm) {
    return llm->backend->lacks ? llm->backend->lacks() : NULL;
}

/* --- failing --- */

/* What the world says may be anything; what guests are told is UTF-8. */
static void put_text(wy_llm_request *r, const char *fmt, va_list args) {
    vsnprintf(r->text, sizeof r->text, fmt, args);
    size_t len = strlen(r->text);
    for (size_t cut = 0; cut < 4 && len && !wy_utf8_valid(r->text, len); cut++)
        len--; /* a character that did not fit whole */
    r->text[len] = '\0';
    if (wy_utf8_valid(r->text, len)) return;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)r->text[i] >= 0x80) r->text[i] = '?';
}

wy_llm_status wy_llm_fail(wy_llm_request *r, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    put_text(r, fmt, args);
    va_end(args);
    return WY_LLM_FAILED;
}

wy_llm_status wy_llm_refuse(wy_llm_request *r, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    put_text(r, fmt, args);
    va_end(args);
    return WY_LLM_INVALID;
}

wy_llm_status wy_llm_nomem(wy_llm_request *r) {
    return wy_llm_fail(r, "out of memory");
}

/* --- requests --- */

static wy_llm_status check_params(wy_llm_request *r) {
    const wy_llm_params *p = &r->params;
    if (!isfinite(p->repeat_penalty) || !isfinite(p->temperature) || !isfinite(p->top_p))
        return wy_llm_refuse(r, "the parameters must be finite numbers");
    if (p->temperature < 0 || p->top_p < 0)
        return wy_llm_refuse(r, "'temperature' and 'top-p' must not be negative");
    return WY_LLM_OK;
}

wy_llm_status wy_llm_infer(wy_llm *llm, wy_llm_request *r) {
    if (r->prompt.len > WY_MAX_LLM_INPUT_BYTES)
        return wy_llm_refuse(r, "the prompt has %zu bytes; at most %zu are allowed", r->prompt.len,
                             WY_MAX_LLM_INPUT_BYTES);
    wy_llm_status status = check_params(r);
    return status ? status : llm->backend->infer(llm->state, r);
}

wy_llm_status wy_llm_embed(wy_llm *llm, wy_llm_request *r) {
    size_t bytes = 0;
    for (size_t i = 0; i < r->count; i++)
        bytes += r->texts[i].len + sizeof(wy_str); /* of memory: cannot overflow */
    if (bytes > WY_MAX_LLM_INPUT_BYTES)
        return wy_llm_refuse(r, "the texts are too large: at most %zu bytes are allowed",
                             WY_MAX_LLM_INPUT_BYTES);
    r->embeddings = wy_arena_calloc(r->arena, r->count, sizeof *r->embeddings);
    if (!r->embeddings) return wy_llm_nomem(r);
    return r->count ? llm->backend->embed(llm->state, r) : WY_LLM_OK;
}
