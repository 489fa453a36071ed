/* What a provider of config is. Included by providers and config.c only. */
#ifndef WY_CAPABILITY_CONFIG_PROVIDER_H
#define WY_CAPABILITY_CONFIG_PROVIDER_H

#include "capability/config/config.h"

typedef struct wy_config_provider {
    const char *name;
    bool blocks; /* `get` may wait for the network, and is called from several threads at once */
    /* Makes the provider, which lives in `arena`; one that does not block reads all it will ever
     * say. */
    wy_err (*make)(wy_arena *arena, const wy_config_provider_options *options, void **state_out,
                   wy_diag *diag);
    /* WY_NOT_FOUND, which is not reported: it has no value for the variable; WY_IO: it cannot tell.
     * The value lies in `arena`, or lives as long as the provider. Any thread. */
    wy_err (*get)(void *state, wy_str name, wy_arena *arena, wy_str *value_out, wy_diag *diag);
} wy_config_provider;

/* "api_key" with the prefix "X_": "X_API_KEY". False: too long. */
bool wy_config_env_name(wy_str prefix, wy_str name, char *out, size_t size);

#endif
