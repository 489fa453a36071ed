/* The pieces of reading a Spin manifest, shared by the spin*.c files alone: the state of the
 * reader, component tables, and trigger tables. */
#ifndef WY_APP_SPIN_COMPONENT_H
#define WY_APP_SPIN_COMPONENT_H

#include "app/field.h"

/* The manifest being read. Components of tables come first, inline ones after. */
typedef struct wy_spin_reader {
    wy_arena *arena;
    wy_diag *diag;
    const wy_toml *root;
    wy_str profile;    /* empty: none */
    bool profile_seen; /* some component has it */
    bool is_first;     /* version 1 of the format */
    wy_app *app;
    wy_app_component *components;
    const wy_toml **tables; /* of the components, their profile applied */
    wy_app_http_trigger *http_triggers;
    wy_app_redis_trigger *redis_triggers;
    wy_app_mqtt_trigger *mqtt_triggers;
    wy_app_cron_trigger *cron_triggers;
    wy_app_trigger *triggers;
    wy_app_trigger_settings *settings;
    uint32_t settings_cap;
    wy_str redis_address; /* of the application, for bindings without their own */
} wy_spin_reader;

wy_fields wy_spin_fields(const wy_spin_reader *r, const wy_toml *table, const char *name);
/* Entries of a table; 0 for NULL. */
uint32_t wy_spin_entry_count(const wy_toml *table);

/* Reads one component table, `[component.<id>]`, inline, or `[[component]]` of version 1, into
 * `out`. Templates may name only the variables of the application. Dependencies are not looked at:
 * they may name components that come later. */
wy_err wy_spin_component(wy_spin_reader *r, const wy_toml *table, wy_str id, const char *name,
                         wy_app_component *out) WY_MUST_USE;

/* Where a binary comes from: the value of `source`, or a dependency's table with `path`, `url` or
 * `version`. */
wy_err wy_spin_source(const wy_fields *f, const wy_toml *source, wy_app_source *out) WY_MUST_USE;
/* A package of a registry by its name and version, as they stand in `value`. */
wy_err wy_spin_package(const wy_fields *f, const wy_toml *value,
                       const wy_app_source *out) WY_MUST_USE;
/* A template is well-formed and names variables of the application only. */
wy_err wy_spin_template(const wy_fields *f, const wy_app *app, const wy_toml *value) WY_MUST_USE;

/* The dependencies of a component table that was read before. */
wy_err wy_spin_dependencies(const wy_spin_reader *r, const wy_toml *table, const char *name,
                            wy_app_component *out) WY_MUST_USE;

/* Says which component is the nearest to a name that none has. */
wy_err wy_spin_no_component(const wy_spin_reader *r, const wy_fields *f,
                            const wy_toml *name) WY_MUST_USE;

/* How many bindings and inline components [[trigger.<type>]] tables have. */
wy_err wy_spin_trigger_count(const wy_spin_reader *r, uint32_t *count_out) WY_MUST_USE;
/* Room for components of tables, and for bindings, each of which may hold one more component. */
wy_err wy_spin_room(wy_spin_reader *r, uint32_t components, uint32_t bindings) WY_MUST_USE;
/* WY_INVALID where a type of trigger is no name; `at` is the place for that. */
wy_err wy_spin_trigger_type(const wy_spin_reader *r, wy_str type, const wy_toml *at) WY_MUST_USE;
/* The settings of one type for the whole application. */
wy_err wy_spin_trigger_settings(wy_spin_reader *r, wy_str type, const wy_toml *table,
                                const char *name) WY_MUST_USE;
/* All [[trigger.<type>]] tables, after the components. */
wy_err wy_spin_triggers(wy_spin_reader *r) WY_MUST_USE;
/* The binding of one component in version 1, whose table has nothing but what the type knows. */
wy_err wy_spin_trigger_of(wy_spin_reader *r, wy_str type, const wy_toml *table, wy_str id,
                          const wy_app_component *component) WY_MUST_USE;

/* Reads the tree of a manifest, as wy_app_read_spin does its text. */
wy_err wy_spin_read_tree(wy_arena *arena, const wy_toml *tree, wy_str root, wy_str profile,
                         const wy_app **app_out, wy_diag *diag) WY_MUST_USE;
/* Version 1 of the format. */
wy_err wy_spin_first(wy_spin_reader *r) WY_MUST_USE;
/* [variables], in both versions. */
wy_err wy_spin_variables(wy_spin_reader *r) WY_MUST_USE;

/* `targets`, of an application or component: platforms to run on, which say nothing to a host. */
wy_err wy_spin_targets(const wy_fields *f) WY_MUST_USE;

/* Lower-case words of letters and digits split by single `separator`; the first begins with a
 * letter. */
bool wy_spin_name_valid(wy_str name, char separator);

#endif
