/* Linkers: host functions by name, and modules with their imports decided. */
#include "engine/internal.h"

#include <stdlib.h>

#define TYPE_VALUES_MAX 1000

/* Indexed by wy_flat (value/type.h). */
static const wasm_valkind_t kinds[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64};

static void fill(wasm_valtype_vec_t *vec, const uint8_t *codes, size_t count) {
    wasm_valtype_vec_new_uninitialized(vec, count);
    for (size_t i = 0; i < count; i++) {
        wy_assert(codes[i] < sizeof kinds / sizeof *kinds);
        vec->data[i] = wasm_valtype_new(kinds[codes[i]]);
    }
}

own wasm_functype_t *wy_functype_new(const uint8_t *params, size_t param_count,
                                     const uint8_t *results, size_t result_count) {
    wy_assert(param_count <= TYPE_VALUES_MAX && result_count <= TYPE_VALUES_MAX);
    wasm_valtype_vec_t in, out;
    fill(&in, params, param_count);
    fill(&out, results, result_count);
    return wasm_functype_new(&in, &out);
}

wy_err wy_linker_new(wy_engine *engine, own wy_linker **linker_out) {
    wy_linker *linker = malloc(sizeof *linker);
    if (!linker) return WY_NOMEM;
    linker->wasm = wasmtime_linker_new(engine->wasm);
    *linker_out = linker;
    return WY_OK;
}

void wy_linker_free(own wy_linker *linker) {
    if (!linker) return;
    wasmtime_linker_delete(linker->wasm);
    free(linker);
}

wy_err wy_linker_define(wy_linker *linker, wy_str module, wy_str name, const uint8_t *params,
                        size_t param_count, const uint8_t *results, size_t result_count,
                        wy_core_callback callback, void *env, wy_diag *diag) {
    wasm_functype_t *type = wy_functype_new(params, param_count, results, result_count);
    if (!type) return WY_NOMEM;
    wasmtime_error_t *error = wasmtime_linker_define_func_unchecked(
        linker->wasm, module.ptr, module.len, name.ptr, name.len, type,
        (wasmtime_func_unchecked_callback_t)callback, env, NULL);
    wasm_functype_delete(type);
    return error ? wy_engine_error(diag, WY_ENGINE, error) : WY_OK;
}

wy_err wy_linker_pre(wy_linker *linker, const wy_module *module, own wy_instance_pre **pre_out,
                     wy_diag *diag) {
    wy_instance_pre *pre = malloc(sizeof *pre);
    if (!pre) return WY_NOMEM;
    wasmtime_error_t *error =
        wasmtime_linker_instantiate_pre(linker->wasm, module->wasm, &pre->wasm);
    if (error) {
        free(pre);
        return wy_engine_error(diag, WY_UNMET, error);
    }
    *pre_out = pre;
    return WY_OK;
}

void wy_instance_pre_free(own wy_instance_pre *pre) {
    if (!pre) return;
    wasmtime_instance_pre_delete(pre->wasm);
    free(pre);
}

bool wy_linker_get(const wy_linker *linker, wy_context *context, wy_str module, wy_str name,
                   wy_extern *extern_out) {
    return wasmtime_linker_get(linker->wasm, (wasmtime_context_t *)context, module.ptr, module.len,
                               name.ptr, name.len, (wasmtime_extern_t *)extern_out);
}

void wy_extern_host_func(wy_context *context, const uint8_t *params, size_t param_count,
                         const uint8_t *results, size_t result_count, wy_core_callback callback,
                         void *env, wy_extern *extern_out) {
    wasm_functype_t *type = wy_functype_new(params, param_count, results, result_count);
    wasmtime_extern_t *item = (wasmtime_extern_t *)extern_out;
    item->kind = WASMTIME_EXTERN_FUNC;
    wasmtime_func_new_unchecked((wasmtime_context_t *)context, type,
                                (wasmtime_func_unchecked_callback_t)callback, env, NULL,
                                &item->of.func);
    wasm_functype_delete(type);
}
