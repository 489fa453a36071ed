/* What a provider of config is. Included by providers and config.c only. */
#ifndef WY_CAPABILITY_CONFIG_PROVIDER_H
#define WY_CAPABILITY_CONFIG_PROVIDER_H

#include "capability/config/config.h"
#include "capability/http/client.h"
#include "runtime/task.h"

typedef struct wy_config_question {
    wy_str name;
    wy_arena *arena;        /* for the value */
    wy_task *task;          /* who asks; NULL: nobody, and the thread may wait */
    wy_http_client *client; /* with a task */
} wy_config_question;

typedef struct wy_config_provider {
    const char *name;
    wy_err (*make)(wy_arena *arena, const wy_config_provider_options *options, void **state_out,
                   wy_diag *diag);
    /* WY_NOT_FOUND, which is not reported: it has no value for the variable; WY_IO: it cannot tell.
     * The value lies in the question's arena, or lives as long as the provider. */
    wy_err (*get)(void *state, const wy_config_question *question, wy_str *value_out,
                  wy_diag *diag);
} wy_config_provider;

/* "api_key" with the prefix "X_": "X_API_KEY". False: too long. */
bool wy_config_env_name(wy_str prefix, wy_str name, char *out, size_t size);

#endif
