/* config from values given when it is made: flags of the command line, a configuration file. */
#include "capability/config/provider.h"

static wy_err static_make(wy_arena *arena, const wy_config_provider_options *options,
                          void **state_out, wy_diag *diag) {
    wy_config_provider_options *copy = wy_arena_alloc(arena, sizeof *copy);
    if (!copy) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    *copy = *options;
    *state_out = copy;
    return WY_OK;
}

/* The last one wins, as flags do. */
static wy_err static_get(void *state, const wy_config_question *question, wy_str *value_out,
                         wy_diag *diag) {
    const wy_config_provider_options *options = state;
    (void)diag;
    for (uint32_t i = options->pair_count; i-- > 0;) {
        if (!wy_str_eq(options->pairs[i].name, question->name)) continue;
        *value_out = options->pairs[i].value;
        return WY_OK;
    }
    return WY_NOT_FOUND;
}

extern const wy_config_provider wy_config_provider_static;
const wy_config_provider wy_config_provider_static = {
    .name = "static", .make = static_make, .get = static_get};
