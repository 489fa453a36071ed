/* What a provider of config is. Included by providers and config.c only. */
#ifndef WY_CAPABILITY_CONFIG_PROVIDER_H
#define WY_CAPABILITY_CONFIG_PROVIDER_H

#include "capability/config/config.h"

typedef struct wy_config_provider {
    const char *name;
    /* Reads all that the provider will ever say; what it makes lives in `arena`. */
    wy_err (*make)(wy_arena *arena, const wy_config_provider_options *options, void **state_out,
                   wy_diag *diag);
    /* False: it has no value for the variable. Any thread. */
    bool (*get)(void *state, wy_str name, wy_str *value_out);
} wy_config_provider;

/* "api_key" with the prefix "X_": "X_API_KEY". False: too long. */
bool wy_config_env_name(wy_str prefix, wy_str name, char *out, size_t size);

#endif
