/* The application model: what a manifest says, in one form whatever the manifest was. A reader (one
 * file a format: spin.h) fills it in; triggers and capabilities are set up from it. */
#ifndef WY_APP_APP_H
#define WY_APP_APP_H

#include "app/cron.h"
#include "base/arena.h"
#include "base/str.h"

/* Everything here is plain, immutable once read, and lives in the arena given to the reader. Lists
 * are pointer and count. Relative paths are relative to wy_app.root. */

typedef struct wy_app_list {
    const wy_str *items;
    uint32_t count;
} wy_app_list;

typedef struct wy_app_pair {
    wy_str name, value;
} wy_app_pair;

typedef struct wy_app_pairs {
    const wy_app_pair *items;
    uint32_t count;
} wy_app_pairs;

/* A variable of the application; its value comes from the providers (capability/config). */
typedef struct wy_app_variable {
    wy_str name, description;
    bool required; /* a provider must know it; else `fallback` is its value when none does */
    bool secret;   /* never printed */
    wy_str fallback;
} wy_app_variable;

/* What a component finds in its file system. */
typedef struct wy_app_files {
    wy_str source;      /* a path or a glob */
    wy_str destination; /* guest path; ptr NULL: the same relative path as in the application */
    uint32_t line, column;
} wy_app_files;

/* Where a binary comes from: `path`, or else `url` with `sha256` (64 hexadecimal digits), or else
 * the package "ns:name" of a registry. */
typedef struct wy_app_source {
    wy_str path, url, sha256;
    wy_str package, registry; /* the latter empty: as the user's configuration says */
    wy_str version;           /* one, or where `any_version` a requirement */
    bool any_version;
    uint32_t line, column;
} wy_app_source;

/* What a component may have of another's configuration; bits. */
typedef enum wy_app_inherit {
    WY_APP_INHERIT_AI_MODELS = 1,
    WY_APP_INHERIT_OUTBOUND_HOSTS = 2,
    WY_APP_INHERIT_ENVIRONMENT = 4,
    WY_APP_INHERIT_FILES = 8,
    WY_APP_INHERIT_KEY_VALUE_STORES = 16,
    WY_APP_INHERIT_SQLITE_DATABASES = 32,
    WY_APP_INHERIT_VARIABLES = 64,
    WY_APP_INHERIT_ALL = 127,
} wy_app_inherit;

/* The name of one bit, as manifests write it; static memory. */
const char *wy_app_inherit_name(wy_app_inherit bit);

/* A component that provides imports of another one. */
typedef struct wy_app_dependency {
    wy_str name; /* "word", "ns:pkg" (all its interfaces) or "ns:pkg/interface"; each of the
                    latter perhaps with "@version" */
    wy_app_source source; /* a dependency on a component of the application has that one's */
    wy_str export_name;   /* what provides the import; empty: the export of the same name */
    unsigned inherit; /* wy_app_inherit bits: what it may use of the component's; else nothing */
    uint32_t line, column;
} wy_app_dependency;

typedef struct wy_app_component {
    wy_str id, description;
    wy_app_source source;
    wy_app_pairs environment; /* WASI environment */
    wy_app_pairs
        variables; /* what it may read: name -> template over the application's variables */
    const wy_app_files *files; /* copied or mapped for it */
    uint32_t files_count;
    wy_app_list exclude_files;          /* globs that no file of `files` may match */
    wy_app_list allowed_outbound_hosts; /* templates */
    wy_app_list key_value_stores;       /* labels */
    wy_app_list sqlite_databases;       /* labels */
    wy_app_list ai_models;              /* names */
    const wy_app_dependency *dependencies;
    uint32_t dependency_count;
    wy_app_list build_commands; /* run in order to make `source` */
    wy_str build_workdir;       /* relative to the application's root */
    wy_app_list build_watch;    /* globs below build_workdir: what the commands read */
    uint32_t line, column;      /* of its table in the manifest */
} wy_app_component;

/* A fixed answer in place of a component. */
typedef struct wy_app_static_response {
    uint16_t status;
    wy_app_pairs headers;
    wy_str body;
} wy_app_static_response;

/* One HTTP binding. Either `component` or `response` is set. */
typedef struct wy_app_http_trigger {
    wy_str id;
    wy_str route;    /* as written; empty when private */
    bool is_private; /* only other components of the application may call it */
    const wy_app_component *const *middleware; /* components around it, the outermost first */
    uint32_t middleware_count;
    bool is_wagi;     /* the component is a program that is run in the manner of CGI */
    wy_str wagi_argv; /* its arguments: a line with ${SCRIPT_NAME} and ${ARGS} in it */
    const wy_app_component *component;
    const wy_app_static_response *response;
    uint32_t line, column;
} wy_app_http_trigger;

/* One subscription to a channel of a Redis server. */
typedef struct wy_app_redis_trigger {
    wy_str id;
    wy_str address, channel; /* templates; the address may be the application's */
    const wy_app_component *component;
    uint32_t retries;   /* further tries of a message that could not be handled */
    wy_str dead_letter; /* the list at the server that takes it in the end; empty: none */
    uint32_t line, column;
} wy_app_redis_trigger;

/* One subscription at the application's MQTT broker. */
typedef struct wy_app_mqtt_trigger {
    wy_str id;
    wy_str topic; /* a template */
    unsigned qos;
    const wy_app_component *component;
    uint32_t retries;   /* further tries of a message that could not be handled */
    wy_str dead_letter; /* the topic that takes it in the end; empty: none */
    uint32_t line, column;
} wy_app_mqtt_trigger;

/* A component that is called at the times of a schedule. */
typedef struct wy_app_cron_trigger {
    wy_str id;
    wy_str expression;
    wy_cron schedule; /* what it stands for */
    const wy_app_component *component;
    uint32_t retries; /* further tries when a call fails */
    uint32_t line, column;
} wy_app_cron_trigger;

typedef struct wy_app_mqtt {
    wy_str address, user, password; /* templates; user and password empty: none */
    uint16_t keep_alive_s;
} wy_app_mqtt;

/* A binding of any type as it was written. Those of types that withy does not have itself, and only
 * those, are nowhere else: triggers that are programs of their own read them. */
typedef struct wy_app_trigger {
    wy_str type, id;
    wy_str config;                     /* a JSON object: what its table says, its component by id */
    const wy_app_component *component; /* NULL: none */
    bool is_foreign;                   /* not a type of withy's own */
    uint32_t line, column;
} wy_app_trigger;

/* What the application says once for all bindings of a type. */
typedef struct wy_app_trigger_settings {
    wy_str type;
    wy_str config; /* a JSON object */
} wy_app_trigger_settings;

typedef struct wy_app {
    wy_str name, version, description;
    wy_app_list authors;
    wy_str root;  /* folder of the manifest */
    wy_str image; /* the digest of the image it came in, "sha256:..."; empty: it came in none */
    const wy_app_variable *variables;
    const wy_app_component *components;
    const wy_app_http_trigger *http_triggers;
    const wy_app_redis_trigger *redis_triggers;
    wy_app_mqtt mqtt; /* where the MQTT triggers subscribe */
    const wy_app_mqtt_trigger *mqtt_triggers;
    const wy_app_cron_trigger *cron_triggers;
    const wy_app_trigger *triggers; /* all of them, in the manifest's order */
    const wy_app_trigger_settings *trigger_settings;
    uint32_t variable_count, component_count, http_trigger_count, redis_trigger_count,
        mqtt_trigger_count, cron_trigger_count, trigger_count, trigger_settings_count;
} wy_app;

/* NULL when there is none. */
const wy_app_component *wy_app_component_find(const wy_app *app, wy_str id);
const wy_app_variable *wy_app_variable_find(const wy_app *app, wy_str name);
/* Whether it sends requests to other components of the application. */
bool wy_app_needs_chaining(const wy_app_component *component);
/* The next binding of a foreign type behind `after` (NULL: the first) that is the first of its
 * type; NULL when there is none. */
const wy_app_trigger *wy_app_foreign_next(const wy_app *app, const wy_app_trigger *after);

#endif
