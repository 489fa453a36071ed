/* Grants, made of the manifest. */
#include "app/grants.h"

#define PREFIX WY_STR("SPIN_VARIABLE_")

static wy_err nomem(wy_diag *diag) {
    return wy_diag_set(diag, WY_NOMEM, "out of memory for the application's settings");
}

/* A flag that names no variable is a typing error. */
static wy_err check_flags(wy_arena *arena, const wy_app *app, const wy_app_grant_options *options,
                          wy_diag *diag) {
    wy_str *names = wy_arena_calloc(arena, app->variable_count, sizeof *names);
    if (!names) return nomem(diag);
    for (uint32_t i = 0; i < app->variable_count; i++)
        names[i] = app->variables[i].name;
    for (uint32_t i = 0; i < options->variable_count; i++) {
        wy_str name = options->variables[i].name;
        if (wy_app_variable_find(app, name)) continue;
        wy_str nearest = wy_str_nearest(name, names, app->variable_count);
        return wy_diag_set(diag, WY_INVALID,
                           "the application has no variable '" WY_STR_FMT "'" WY_NEAREST_FMT,
                           WY_STR_ARG(name), WY_NEAREST_ARG(nearest));
    }
    return WY_OK;
}

static wy_err make_config(wy_arena *arena, const wy_app *app, const wy_app_grant_options *options,
                          const wy_config **config_out, wy_diag *diag) {
    wy_config_variable *variables = wy_arena_calloc(arena, app->variable_count, sizeof *variables);
    if (!variables) return nomem(diag);
    for (uint32_t i = 0; i < app->variable_count; i++)
        variables[i] = (wy_config_variable){app->variables[i].name, !app->variables[i].required,
                                            app->variables[i].fallback};
    uint32_t count = 0;
    wy_config_provider_options *providers =
        wy_arena_calloc(arena, (size_t)options->provider_count + 3, sizeof *providers);
    if (!providers) return nomem(diag);
    providers[count++] = (wy_config_provider_options){.type = WY_STR("static"),
                                                      .pairs = options->variables,
                                                      .pair_count = options->variable_count};
    for (uint32_t i = 0; i < options->provider_count; i++)
        providers[count++] = options->providers[i];
    providers[count++] =
        (wy_config_provider_options){.type = WY_STR("environment"), .prefix = PREFIX};
    if (options->dotenv_path.len)
        providers[count++] = (wy_config_provider_options){
            .type = WY_STR("dotenv"), .prefix = PREFIX, .path = options->dotenv_path};
    wy_err err = check_flags(arena, app, options, diag);
    if (err == WY_OK)
        err = wy_config_new(arena, variables, app->variable_count, providers, count, options->ways,
                            config_out, diag);
    return err == WY_OK ? wy_config_check(*config_out, diag) : err;
}

static wy_err grant_stores(wy_arena *arena, const wy_app_component *component,
                           const wy_kv_grants *stores, wy_kv_grants *out, wy_diag *diag) {
    uint32_t count = component->key_value_stores.count;
    wy_kv_grant *items = wy_arena_calloc(arena, count, sizeof *items);
    if (!items) return nomem(diag);
    for (uint32_t i = 0; i < count; i++) {
        wy_str label = component->key_value_stores.items[i];
        const wy_kv_grant *found = wy_kv_grant_find(stores, label);
        if (!found)
            return wy_diag_set_line(diag, WY_INVALID, component->line, component->column,
                                    "[component." WY_STR_FMT "]: the key-value store '" WY_STR_FMT
                                    "' is not configured; the runtime configuration would say what "
                                    "it is, in [key_value_store." WY_STR_FMT "]",
                                    WY_STR_ARG(component->id), WY_STR_ARG(label),
                                    WY_STR_ARG(label));
        items[i] = *found;
    }
    *out = (wy_kv_grants){items, count, component->id};
    return WY_OK;
}

static wy_err grant_databases(wy_arena *arena, const wy_app_component *component,
                              const wy_sql_grants *databases, wy_sql_grants *out, wy_diag *diag) {
    uint32_t count = component->sqlite_databases.count;
    wy_sql_grant *items = wy_arena_calloc(arena, count, sizeof *items);
    if (!items) return nomem(diag);
    for (uint32_t i = 0; i < count; i++) {
        wy_str label = component->sqlite_databases.items[i];
        const wy_sql_grant *found = wy_sql_grant_find(databases, label);
        if (!found)
            return wy_diag_set_line(diag, WY_INVALID, component->line, component->column,
                                    "[component." WY_STR_FMT "]: the database '" WY_STR_FMT
                                    "' is not configured; the runtime configuration would say "
                                    "what it is, in [sqlite_database." WY_STR_FMT "]",
                                    WY_STR_ARG(component->id), WY_STR_ARG(label),
                                    WY_STR_ARG(label));
        items[i] = *found;
    }
    *out = (wy_sql_grants){items, count, component->id};
    return WY_OK;
}

static wy_err grant_variables(wy_arena *arena, const wy_app_component *component,
                              const wy_config *config, wy_config_grants *out, wy_diag *diag) {
    uint32_t count = component->variables.count;
    wy_config_pair *pairs = wy_arena_calloc(arena, count, sizeof *pairs);
    if (!pairs) return nomem(diag);
    for (uint32_t i = 0; i < count; i++)
        pairs[i] = (wy_config_pair){component->variables.items[i].name,
                                    component->variables.items[i].value};
    *out = (wy_config_grants){.config = config, .variables = pairs, .count = count};
    return WY_OK;
}

wy_err wy_app_grants_new(wy_arena *arena, const wy_app *app, const wy_app_grant_options *options,
                         const wy_app_grants **grants_out, wy_diag *diag) {
    const wy_config *config = NULL;
    wy_app_grants *grants = wy_arena_calloc(arena, app->component_count, sizeof *grants);
    *grants_out = NULL;
    if (!grants) return nomem(diag);
    wy_err err = make_config(arena, app, options, &config, diag);
    for (uint32_t i = 0; err == WY_OK && i < app->component_count; i++) {
        const wy_app_component *component = &app->components[i];
        err = grant_stores(arena, component, &options->stores, &grants[i].kv, diag);
        if (err == WY_OK)
            err = grant_databases(arena, component, &options->databases, &grants[i].sqlite, diag);
        if (err == WY_OK) err = grant_variables(arena, component, config, &grants[i].config, diag);
    }
    if (err == WY_OK) *grants_out = grants;
    return err;
}
