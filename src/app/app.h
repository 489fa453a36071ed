/* The application model: what a manifest says, in one form whatever the manifest was. A reader (one
 * file a format: spin.h) fills it in; triggers and capabilities are set up from it. */
#ifndef WY_APP_APP_H
#define WY_APP_APP_H

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

typedef struct wy_app_component {
    wy_str id, description;
    wy_str source;            /* path of the component's binary */
    wy_app_pairs environment; /* WASI environment */
    wy_app_pairs
        variables; /* what it may read: name -> template over the application's variables */
    const wy_app_files *files; /* copied or mapped for it */
    uint32_t files_count;
    wy_app_list exclude_files;          /* globs that no file of `files` may match */
    wy_app_list allowed_outbound_hosts; /* templates */
    wy_app_list key_value_stores;       /* labels */
    wy_app_list build_commands;         /* run in order to make `source` */
    wy_str build_workdir;
    uint32_t line, column; /* of its table in the manifest */
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
    const wy_app_component *component;
    const wy_app_static_response *response;
    uint32_t line, column;
} wy_app_http_trigger;

typedef struct wy_app {
    wy_str name, version, description;
    wy_app_list authors;
    wy_str root; /* folder of the manifest */
    const wy_app_variable *variables;
    const wy_app_component *components;
    const wy_app_http_trigger *http_triggers;
    uint32_t variable_count, component_count, http_trigger_count;
} wy_app;

/* NULL when there is none. */
const wy_app_component *wy_app_component_find(const wy_app *app, wy_str id);
const wy_app_variable *wy_app_variable_find(const wy_app *app, wy_str name);

#endif
