/* config: named settings for components, from a chain of providers. Interfaces map their WIT to
 * wy_config_get; a provider is one file and one line in providers.def.
 *
 *   component's variable -> template -> application's variables -> providers, first hit wins
 *                                                              -> the variable's own default
 *
 * A provider that waits for a server or for files parks the task that asks; where there is none, at
 * the start, the thread waits. */
#ifndef WY_CAPABILITY_CONFIG_CONFIG_H
#define WY_CAPABILITY_CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/str.h"

typedef struct wy_config_pair {
    wy_str name, value;
} wy_config_pair;

/* What makes a provider. */
typedef struct wy_config_provider_options {
    wy_str type;                 /* a name of providers.def */
    wy_str prefix;               /* environment, dotenv: "SPIN_VARIABLE_"; vault: of the path */
    wy_str path;                 /* dotenv: the file, which may be absent; file: file or folder */
    wy_str url, token, mount;    /* vault: server, who asks, and where its secrets are mounted */
    const wy_config_pair *pairs; /* static: the values */
    uint32_t pair_count;
} wy_config_provider_options;

/* A variable that the application declares. */
typedef struct wy_config_variable {
    wy_str name;
    bool has_fallback;
    wy_str fallback; /* its value when no provider has one */
} wy_config_variable;

/* The application's variables over their providers. Immutable once made. */
typedef struct wy_config wy_config;

/* By what providers wait: those of the worker whose tasks ask. All NULL: no task will. */
typedef struct wy_config_ways {
    struct wy_scheduler *scheduler;
    struct wy_http_client *client;
} wy_config_ways;

/* Makes the providers in order of precedence. Views in the options must live as long as `arena`.
 * WY_NOT_FOUND: no such type of provider; WY_INVALID: a file cannot be understood. */
wy_err wy_config_new(wy_arena *arena, const wy_config_variable *variables, uint32_t variable_count,
                     const wy_config_provider_options *providers, uint32_t provider_count,
                     wy_config_ways ways, const wy_config **config_out, wy_diag *diag) WY_MUST_USE;

/* Every variable without fallback has a value, or WY_NOT_FOUND with the names of those that have
 * none; WY_IO: a provider cannot tell. To be asked once before serving. */
wy_err wy_config_check(const wy_config *config, wy_diag *diag) WY_MUST_USE;

/* Resolves a template; the result lies in `arena` (or is a view of the template). WY_NOT_FOUND: a
 * variable in it has no value; WY_INVALID: the template is malformed; WY_LIMIT: too long; WY_IO: a
 * provider cannot tell. */
wy_err wy_config_resolve(const wy_config *config, wy_str template, wy_arena *arena,
                         wy_str *value_out, wy_diag *diag) WY_MUST_USE;

/* --- what a component sees --- */

/* Settings that are asked for one by one, where they are not known beforehand. Views are read
 * before the next call. */
typedef struct wy_config_source {
    /* False: no value. */
    bool (*get)(void *data, wy_str name, wy_str *value_out);
    /* Names in turn, from 0; false: no more. NULL: none are told. */
    bool (*name)(void *data, size_t index, wy_str *name_out);
    void *data;
} wy_config_source;

/* A component's settings for WY_SLOT_CONFIG: only these names are readable. No settings: none. */
typedef struct wy_config_grants {
    const wy_config *config;         /* NULL: the values are plain text, no templates */
    const wy_config_pair *variables; /* name -> template */
    uint32_t count;
    const wy_config_source *source; /* after the variables; NULL: none */
} wy_config_grants;

/* The names that a component can ask for, one after the other; `*name_out` lies in `arena` or as
 * long as the grants. False: no more. */
bool wy_config_name(const wy_config_grants *grants, size_t index, wy_arena *arena,
                    wy_str *name_out);

/* WY_NOT_FOUND: the component has no such variable; WY_CLOSED: it has, but its template cannot be
 * resolved (`diag` says why). */
wy_err wy_config_get(const wy_config_grants *grants, wy_str name, wy_arena *arena,
                     wy_str *value_out, wy_diag *diag) WY_MUST_USE;

#endif
