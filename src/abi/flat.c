/* Core signatures of component functions (CM: "Flattening"); the flat types of values come with
 * their descriptors (value/type.c). */
#include "abi/abi.h"
#include "base/limits.h"

_Static_assert(WY_FLAT_MAX == WY_MAX_FLAT_PARAMS, "a flat type that fits must be spelled out");

bool wy_abi_params_spill(const wy_func_type *ft) {
    return ft->params.flat_count > WY_MAX_FLAT_PARAMS;
}

bool wy_abi_result_spills(const wy_func_type *ft) {
    return ft->result && ft->result->flat_count > WY_MAX_FLAT_RESULTS;
}

uint8_t wy_abi_core_kind(uint8_t flat, bool is_64) {
    return flat != WY_FLAT_POINTER ? flat : is_64 ? WY_FLAT_I64 : WY_FLAT_I32;
}

static size_t append_all(uint8_t *kinds, size_t count, const wy_type *type, bool is_64) {
    for (unsigned i = 0; i < type->flat_count; i++)
        kinds[count++] = wy_abi_core_kind(type->flat[i], is_64);
    return count;
}

/* CM: flatten_functype */
void wy_abi_core_type(const wy_func_type *ft, unsigned form, uint8_t params_out[17],
                      size_t *param_count_out, uint8_t results_out[1], size_t *result_count_out) {
    const bool is_64 = form & WY_CORE_64, lower = form & WY_CORE_LOWER;
    const uint8_t pointer = wy_abi_core_kind(WY_FLAT_POINTER, is_64);
    const unsigned params_max =
        form & WY_CORE_ASYNC && lower ? WY_MAX_FLAT_ASYNC_PARAMS : WY_MAX_FLAT_PARAMS;
    size_t params = 0, results = 0;
    if (ft->params.flat_count > params_max)
        params_out[params++] = pointer;
    else
        params = append_all(params_out, params, &ft->params, is_64);
    if (form & WY_CORE_ASYNC) {
        if (lower && ft->result && ft->result->flat_count) params_out[params++] = pointer;
        if (lower || form & WY_CORE_CALLBACK) results_out[results++] = WY_FLAT_I32;
    } else if (!wy_abi_result_spills(ft)) {
        if (ft->result) results = append_all(results_out, results, ft->result, is_64);
    } else if (lower) {
        params_out[params++] = pointer;
    } else {
        results_out[results++] = pointer;
    }
    *param_count_out = params;
    *result_count_out = results;
}
