/* Linkers: host functions by name, and modules with their imports decided. */
#include "engine/internal.h"

#include <stdlib.h>

#define TYPE_VALUES_MAX 1000
#define DEFINITIONS_BYTES_MAX ((size_t)64 << 20)

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
    wy_linker *linker = calloc(1, sizeof *linker);
    if (!linker) return WY_NOMEM;
    linker->engine = engine;
    wy_arena_init(&linker->arena, DEFINITIONS_BYTES_MAX);
    linker->wasm = wasmtime_linker_new(wy_engine_wasm(engine));
    *linker_out = linker;
    return WY_OK;
}

void wy_linker_finish(wy_linker *linker) {
    for (size_t i = 0; i < linker->type_count; i++)
        wasm_functype_delete(linker->types[i].type);
    linker->type_count = 0;
    if (linker->wasm) wasmtime_linker_delete(linker->wasm);
    linker->wasm = NULL;
}

void wy_linker_free(own wy_linker *linker) {
    if (!linker) return;
    wy_linker_free(linker->more);
    wy_linker_finish(linker);
    wy_arena_deinit(&linker->arena);
    free(linker->definitions);
    free(linker);
}

/* For the counterpart in a second engine. */
static bool remember(wy_linker *linker, wy_definition d) {
    if (linker->count == linker->cap) {
        size_t cap = linker->cap ? 2 * linker->cap : 16;
        wy_definition *more = realloc(linker->definitions, cap * sizeof *more);
        if (!more) return false;
        linker->definitions = more;
        linker->cap = cap;
    }
    d.module.ptr = wy_arena_strndup(&linker->arena, d.module.ptr, d.module.len);
    d.name.ptr = wy_arena_strndup(&linker->arena, d.name.ptr, d.name.len);
    d.params =
        (const uint8_t *)wy_arena_strndup(&linker->arena, (const char *)d.params, d.param_count);
    d.results =
        (const uint8_t *)wy_arena_strndup(&linker->arena, (const char *)d.results, d.result_count);
    if (!d.module.ptr || !d.name.ptr || !d.params || !d.results) return false;
    linker->definitions[linker->count++] = d;
    return true;
}

static bool is_type_of(const wy_definition *a, const wy_definition *b) {
    return a->param_count == b->param_count && a->result_count == b->result_count &&
           memcmp(a->params, b->params, a->param_count) == 0 &&
           memcmp(a->results, b->results, a->result_count) == 0;
}

/* Belongs to the linker. Making one is half of defining a function, and most functions have the
 * type of some other. */
static wasm_functype_t *type_of(wy_linker *linker, const wy_definition *d) {
    for (size_t i = 0; i < linker->type_count; i++)
        if (is_type_of(&linker->definitions[linker->types[i].first], d))
            return linker->types[i].type;
    wasm_functype_t *type = wy_functype_new(d->params, d->param_count, d->results, d->result_count);
    /* Where there are too many, the last place is for those that come and go. */
    if (linker->type_count == WY_LINKER_TYPES)
        wasm_functype_delete(linker->types[--linker->type_count].type);
    linker->types[linker->type_count].first = linker->count - 1;
    linker->types[linker->type_count++].type = type;
    return type;
}

wy_err wy_linker_define(wy_linker *linker, wy_str module, wy_str name, const uint8_t *params,
                        size_t param_count, const uint8_t *results, size_t result_count,
                        wy_core_callback callback, void *env, wy_diag *diag) {
    wy_definition d = {module, name, params, results, param_count, result_count, callback, env};
    if (!remember(linker, d)) return WY_NOMEM;
    wasmtime_error_t *error = wasmtime_linker_define_func_unchecked(
        linker->wasm, module.ptr, module.len, name.ptr, name.len, type_of(linker, &d),
        (wasmtime_func_unchecked_callback_t)callback, env, NULL);
    return error ? wy_engine_error(diag, WY_ENGINE, error) : WY_OK;
}

wy_err wy_linker_pre(wy_linker *linker, const wy_module *module, own wy_instance_pre **pre_out,
                     wy_diag *diag) {
    wy_instance_pre *pre = calloc(1, sizeof *pre);
    if (!pre) return WY_NOMEM;
    pre->linker = linker;
    pre->module = module;
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
    wy_instance_pre_free(pre->more);
    wasmtime_instance_pre_delete(pre->wasm);
    free(pre);
}

bool wy_linker_get(wy_linker *linker, wy_context *context, wy_str module, wy_str name,
                   wy_extern *extern_out) {
    wy_diag diag;
    wy_diag_init(&diag);
    linker = wy_linker_in(linker, wy_store_of(context)->engine, &diag);
    return linker &&
           wasmtime_linker_get(linker->wasm, (wasmtime_context_t *)context, module.ptr, module.len,
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
