/* Grants: what the components of an application may use of this host's capabilities, made of its
 * manifest: the settings for the slots KV, CONFIG and SQLITE of each. */
#ifndef WY_APP_GRANTS_H
#define WY_APP_GRANTS_H

#include "app/app.h"
#include "capability/config/config.h"
#include "capability/kv/kv.h"
#include "capability/sql/sql.h"

typedef struct wy_app_grant_options {
    wy_kv_grants stores;             /* what labels of stores open; stay the caller's */
    wy_sql_grants databases;         /* the same of SQLite databases */
    const wy_config_pair *variables; /* given on the command line: above all other providers */
    uint32_t variable_count;
    const wy_config_provider_options *providers; /* below those, above the environment */
    uint32_t provider_count;
    wy_str dotenv_path;  /* below the environment; empty: none */
    wy_config_ways ways; /* of the worker that the grants are for */
} wy_app_grant_options;

typedef struct wy_app_grants {
    wy_kv_grants kv;
    wy_config_grants config;
    wy_sql_grants sqlite;
} wy_app_grants;

/* One wy_app_grants a component, in the order of app->components. WY_INVALID: a label that is not
 * configured, a flag for a variable that does not exist; WY_NOT_FOUND: required variables without a
 * value. `app`, `options` and what they point to must live as long as `arena`. */
wy_err wy_app_grants_new(wy_arena *arena, const wy_app *app, const wy_app_grant_options *options,
                         const wy_app_grants **grants_out, wy_diag *diag) WY_MUST_USE;

#endif
