/* fermyon:spin/llm@2.0.0 over the capability llm, and the same without a version: its first one has
 * the same types and functions. */
#include "gen/fermyon_spin_first_llm.h"
#include "gen/fermyon_spin_llm.h"

#include "capability/llm/llm.h"
#include "interface/refusal.h"
#include "runtime/host.h"
#include "runtime/task.h"

typedef fermyon_spin_llm_error error;

_Static_assert(sizeof(wy_llm_embedding) == sizeof(wit_list_f32), "embeddings are passed on");
_Static_assert(sizeof(fermyon_spin_llm_infer_args) == sizeof(fermyon_spin_first_llm_infer_args) &&
                   sizeof(fermyon_spin_llm_ops) == sizeof(fermyon_spin_first_llm_ops),
               "both versions are laid out alike");

static wy_str copy_of(wy_call *call, const char *text) {
    char *copy = wy_arena_strndup(call->arena, text, strlen(text));
    return copy ? wy_str_of(copy) : WY_STR("out of memory");
}

static bool lists(const wy_llm_grants *grants, wy_str model) {
    for (uint32_t i = 0; i < grants->count; i++)
        if (wy_str_eq(grants->models[i], model)) return true;
    return false;
}

/* Whether the component may use the model; else the error says how it would be allowed. */
static bool may_use(wy_call *call, const wy_llm_grants *grants, wy_str model, error *error_out) {
    if (grants && lists(grants, model)) return true;
    char *text;
    if (grants) {
        text = wy_arena_printf(call->arena,
                               "component \"" WY_STR_FMT "\" may not use the model '" WY_STR_FMT
                               "'; to allow it, add to its table in the manifest:\n"
                               "    ai_models = [\"" WY_STR_FMT "\"]",
                               WY_STR_ARG(grants->component), WY_STR_ARG(model), WY_STR_ARG(model));
        wy_refusal_tell(grants->component, "use the model", model, "ai_models");
    } else {
        text = wy_arena_printf(call->arena, "this component may use no model");
    }
    *error_out = (error){.tag = FERMYON_SPIN_LLM_ERROR_INVALID_INPUT,
                         .invalid_input = text ? wy_str_of(text) : WY_STR("out of memory")};
    return false;
}

static error error_of(wy_call *call, wy_llm_status status, const wy_llm_request *request) {
    if (status == WY_LLM_NO_MODEL)
        return (error){.tag = FERMYON_SPIN_LLM_ERROR_MODEL_NOT_SUPPORTED};
    wy_str text = copy_of(call, request->text);
    if (status == WY_LLM_INVALID)
        return (error){.tag = FERMYON_SPIN_LLM_ERROR_INVALID_INPUT, .invalid_input = text};
    return (error){.tag = FERMYON_SPIN_LLM_ERROR_RUNTIME_ERROR, .runtime_error = text};
}

static wy_llm_request request_of(wy_call *call, const wy_llm_grants *grants, wy_str model) {
    return (wy_llm_request){
        .arena = call->arena, .task = call->task, .client = grants->client, .model = model};
}

static own wy_trap *infer(wy_call *call, const fermyon_spin_llm_infer_args *args,
                          fermyon_spin_llm_infer_result *result) {
    const wy_llm_grants *grants = wy_instance_settings(call->instance, WY_SLOT_LLM);
    result->is_err = true;
    if (!may_use(call, grants, args->model, &result->err)) return NULL;
    wy_llm_request request = request_of(call, grants, args->model);
    const fermyon_spin_llm_inferencing_params *p = &args->params.some;
    request.prompt = args->prompt;
    request.params = WY_LLM_PARAMS_DEFAULT;
    if (args->params.is_some)
        request.params =
            (wy_llm_params){p->max_tokens,  p->repeat_penalty, p->repeat_penalty_last_n_token_count,
                            p->temperature, p->top_k,          p->top_p};
    wy_llm_status status = wy_llm_infer(grants->llm, &request);
    if (wy_task_ended(call->task)) return wy_task_trap(call->task);
    result->is_err = status != WY_LLM_OK;
    if (result->is_err)
        result->err = error_of(call, status, &request);
    else
        result->ok = (fermyon_spin_llm_inferencing_result){
            request.answer, {request.prompt_tokens, request.generated_tokens}};
    return NULL;
}

static own wy_trap *generate_embeddings(wy_call *call,
                                        const fermyon_spin_llm_generate_embeddings_args *args,
                                        fermyon_spin_llm_generate_embeddings_result *result) {
    const wy_llm_grants *grants = wy_instance_settings(call->instance, WY_SLOT_LLM);
    result->is_err = true;
    if (!may_use(call, grants, args->model, &result->err)) return NULL;
    wy_llm_request request = request_of(call, grants, args->model);
    request.texts = args->text.ptr;
    request.count = args->text.len;
    wy_llm_status status = wy_llm_embed(grants->llm, &request);
    if (wy_task_ended(call->task)) return wy_task_trap(call->task);
    result->is_err = status != WY_LLM_OK;
    if (result->is_err) {
        result->err = error_of(call, status, &request);
        return NULL;
    }
    result->ok.embeddings.ptr = (const wit_list_f32 *)request.embeddings;
    result->ok.embeddings.len = request.count;
    result->ok.usage.prompt_token_count = request.prompt_tokens;
    return NULL;
}

static const fermyon_spin_llm_ops ops = {.infer = infer,
                                         .generate_embeddings = generate_embeddings};

extern const wy_interface wy_interface_fermyon_spin_llm;
const wy_interface wy_interface_fermyon_spin_llm = {&fermyon_spin_llm_interface, &ops};

extern const wy_interface wy_interface_fermyon_spin_first_llm;
const wy_interface wy_interface_fermyon_spin_first_llm = {&fermyon_spin_first_llm_interface, &ops};
