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

/* CM: flatten_functype, of synchronous functions */
void wy_abi_core_type(const wy_func_type *ft, bool lower, uint8_t params_out[17],
                      size_t *param_count_out, uint8_t results_out[1], size_t *result_count_out) {
    size_t params = 0, results = 0;
    if (wy_abi_params_spill(ft)) {
        params_out[params++] = WY_FLAT_I32;
    } else {
        memcpy(params_out, ft->params.flat, ft->params.flat_count);
        params = ft->params.flat_count;
    }
    if (!wy_abi_result_spills(ft)) {
        if (ft->result) results_out[results++] = ft->result->flat[0];
    } else if (lower) {
        params_out[params++] = WY_FLAT_I32;
    } else {
        results_out[results++] = WY_FLAT_I32;
    }
    *param_count_out = params;
    *result_count_out = results;
}
