/* config from the environment of the process: PREFIX_NAME in upper case. */
#include <stdlib.h>

#include "capability/config/provider.h"

#define NAME_MAX_BYTES 512

static wy_err environment_make(wy_arena *arena, const wy_config_provider_options *options,
                               void **state_out, wy_diag *diag) {
    wy_str *prefix = wy_arena_alloc(arena, sizeof *prefix);
    if (!prefix) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    *prefix = options->prefix;
    *state_out = prefix;
    return WY_OK;
}

static wy_err environment_get(void *state, const wy_config_question *question, wy_str *value_out,
                              wy_diag *diag) {
    char full[NAME_MAX_BYTES];
    const wy_str *prefix = state;
    (void)diag;
    if (!wy_config_env_name(*prefix, question->name, full, sizeof full)) return WY_NOT_FOUND;
    const char *value = getenv(full);
    if (!value) return WY_NOT_FOUND;
    *value_out = wy_str_of(value);
    return WY_OK;
}

extern const wy_config_provider wy_config_provider_environment;
const wy_config_provider wy_config_provider_environment = {
    .name = "environment", .make = environment_make, .get = environment_get};
