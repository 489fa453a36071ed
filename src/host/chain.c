/* Chain: the components of one HTTP trigger, linked. */
#include "host/chain.h"

#include "host/application.h"

#include <stdlib.h>

struct wy_chain {
    wy_guest *guest;
    wy_http_component *handler;
};

static wy_err no_memory(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for the application");
}

/* The settings of each component, the outermost first, and of them all in `*provider_count_out` how
 * many providers that makes. */
static wy_err collect(wy_application *a, const wy_app_http_trigger *trigger,
                      wy_settings_config *configs, uint32_t *provider_count_out, wy_diag *diag) {
    uint32_t last = trigger->middleware_count;
    *provider_count_out = last;
    wy_err err = WY_OK;
    for (uint32_t i = 0; i <= last && !err; i++) {
        const wy_app_component *c = i < last ? trigger->middleware[i] : trigger->component;
        err = wy_unit_settings(a, &a->units[c - a->app->components], &configs[i], diag);
        *provider_count_out += (uint32_t)configs[i].provider_count;
    }
    return err;
}

/* The innermost first: each stands behind its own dependencies, and before who imports its handler.
 */
static void list_providers(const wy_settings_config *configs, uint32_t last,
                           wy_settings_provider *out) {
    uint32_t count = 0;
    for (uint32_t i = last + 1; i-- > 0;) {
        uint32_t own_count = (uint32_t)configs[i].provider_count, at = count + own_count;
        for (uint32_t k = 0; k < own_count; k++) {
            out[count] = configs[i].providers[k];
            out[count++].importer = i ? at + 1 : 0;
        }
        if (i == 0) break;
        uint32_t outer = at + 1 + (uint32_t)configs[i - 1].provider_count;
        out[count++] = (wy_settings_provider){.name = WY_STR("wasi:http/incoming-handler"),
                                              .importer = i > 1 ? outer + 1 : 0,
                                              .config = configs[i]};
    }
}

static wy_err load(wy_chain *chain, wy_application *a, const wy_app_http_trigger *trigger,
                   wy_diag *diag) {
    uint32_t last = trigger->middleware_count, count = 0;
    wy_settings_config *configs = wy_arena_calloc(&a->arena, last + 1u, sizeof *configs);
    if (!configs) return no_memory(diag);
    wy_err err = collect(a, trigger, configs, &count, diag);
    if (err) return err;
    wy_settings_provider *providers = wy_arena_calloc(&a->arena, count, sizeof *providers);
    if (!providers) return no_memory(diag);
    list_providers(configs, last, providers);
    wy_settings_config config = configs[0];
    config.providers = providers;
    config.provider_count = count;
    const withy_options options = wy_application_limits(a);
    err = wy_guest_load(a->tools->engine, &options, &config, &chain->guest, diag);
    if (err) return err;
    const wy_http_component_config handler = {.scheduler = a->tools->scheduler,
                                              .component = wy_guest_component(chain->guest),
                                              .timeout_ms = options.timeout_ms,
                                              .reuse = a->options->serve.reuse};
    return wy_http_component_new(&handler, &chain->handler, diag);
}

wy_err wy_chain_load(wy_application *a, const wy_app_http_trigger *trigger,
                     own wy_chain **chain_out, wy_diag *diag) {
    wy_chain *chain = calloc(1, sizeof *chain);
    if (!chain) return no_memory(diag);
    wy_err err = load(chain, a, trigger, diag);
    if (err) {
        wy_diag_prefix(diag, "middleware of " WY_STR_FMT, WY_STR_ARG(trigger->id));
        wy_chain_free(chain);
    } else {
        *chain_out = chain;
    }
    return err;
}

wy_http_component *wy_chain_handler(const wy_chain *chain) {
    return chain->handler;
}

void wy_chain_free(own wy_chain *chain) {
    if (!chain) return;
    wy_http_component_free(chain->handler);
    wy_guest_free(chain->guest);
    free(chain);
}
