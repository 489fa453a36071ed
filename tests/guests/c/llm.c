// Asks language models through fermyon:spin/llm: POST /infer?model=M with a prompt, and
// POST /embed?model=M with a text a line. /infer?max=N&temperature=T (in thousandths) sets
// parameters; without max none are given. The answer's first line counts tokens; of an embedding it
// shows how many numbers it has and the first of them, in thousandths. Compiled with VERSION 1 for
// the interface without a version.
#include "guest.h"
#include <stdlib.h>

typedef fermyon_spin_llm_error_t error;

static void write_failure(response *out, error *failure) {
    static const char *const names[] = {"model-not-supported", "runtime-error", "invalid-input"};
    write_text(out, "error ");
    write_text(out, names[failure->tag]);
    if (failure->tag == FERMYON_SPIN_LLM_ERROR_RUNTIME_ERROR) {
        write_text(out, " ");
        write_string(out, failure->val.runtime_error);
    } else if (failure->tag == FERMYON_SPIN_LLM_ERROR_INVALID_INPUT) {
        write_text(out, " ");
        write_string(out, failure->val.invalid_input);
    }
    write_text(out, "\n");
}

static void infer(response *out, guest_string_t path, guest_string_t *model,
                  guest_string_t *prompt) {
    fermyon_spin_llm_inferencing_params_t params = {
        .max_tokens = (uint32_t)query_number(path, "max", 0),
        .repeat_penalty = 1.1f,
        .repeat_penalty_last_n_token_count = 64,
        .temperature = (float)query_number(path, "temperature", 800) / 1000.0f,
        .top_k = 40,
        .top_p = 0.9f,
    };
    fermyon_spin_llm_inferencing_result_t result;
    error failure;
    if (query_number(path, "nan", 0)) {
        params.top_p = __builtin_nanf("");
    }
    if (!fermyon_spin_llm_infer(model, prompt, params.max_tokens ? &params : NULL, &result,
                                &failure)) {
        write_failure(out, &failure);
        return;
    }
    write_number(out, result.usage.prompt_token_count);
    write_text(out, " ");
    write_number(out, result.usage.generated_token_count);
    write_text(out, "\n");
    write_string(out, result.text);
}

static void embed(response *out, guest_string_t *model, guest_string_t lines) {
    guest_string_t texts[64];
    guest_list_string_t list = {.ptr = texts, .len = 0};
    for (size_t i = 0, start = 0; i < lines.len && list.len < 64; i++) {
        if (lines.ptr[i] == '\n') {
            texts[list.len++] = (guest_string_t){.ptr = lines.ptr + start, .len = i - start};
            start = i + 1;
        }
    }
    fermyon_spin_llm_embeddings_result_t result;
    error failure;
    if (!fermyon_spin_llm_generate_embeddings(model, &list, &result, &failure)) {
        write_failure(out, &failure);
        return;
    }
    write_number(out, result.usage.prompt_token_count);
    write_text(out, "\n");
    for (size_t i = 0; i < result.embeddings.len; i++) {
        size_t len = result.embeddings.ptr[i].len;
        write_number(out, (int64_t)len);
        for (size_t k = 0; k < len && k < 4; k++) {
            write_text(out, " ");
            write_number(out, (int64_t)(result.embeddings.ptr[i].ptr[k] * 1000.0f));
        }
        write_text(out, "\n");
    }
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t handle,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_borrow_incoming_request_t request = {handle.__handle};
    guest_string_t path = request_path(request), model;
    guest_list_u8_t body = request_body(request);
    guest_string_t said = {.ptr = body.ptr, .len = body.len};
    response answer = respond_text(out, 200);
    if (!query(path, "model", &model)) {
        write_text(&answer, "no model\n");
    } else if (starts_with(path, "/embed")) {
        embed(&answer, &model, said);
    } else {
        infer(&answer, path, &model, &said);
    }
    finish(&answer);
}
