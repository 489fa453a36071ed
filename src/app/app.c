/* The application model: finding things in it. */
#include "app/app.h"

const wy_app_component *wy_app_component_find(const wy_app *app, wy_str id) {
    for (uint32_t i = 0; i < app->component_count; i++)
        if (wy_str_eq(app->components[i].id, id)) return &app->components[i];
    return NULL;
}

const wy_app_variable *wy_app_variable_find(const wy_app *app, wy_str name) {
    for (uint32_t i = 0; i < app->variable_count; i++)
        if (wy_str_eq(app->variables[i].name, name)) return &app->variables[i];
    return NULL;
}

const wy_app_trigger *wy_app_foreign_next(const wy_app *app, const wy_app_trigger *after) {
    for (uint32_t i = after ? (uint32_t)(after - app->triggers) + 1 : 0; i < app->trigger_count;
         i++) {
        const wy_app_trigger *t = &app->triggers[i];
        uint32_t first = 0;
        while (!wy_str_eq(app->triggers[first].type, t->type))
            first++;
        if (t->is_foreign && first == i) return t;
    }
    return NULL;
}

const char *wy_app_inherit_name(wy_app_inherit bit) {
    static const char *const names[] = {"ai_models", "allowed_outbound_hosts", "environment",
                                        "files",     "key_value_stores",       "sqlite_databases",
                                        "variables"};
    unsigned i = 0;
    while (bit >> (i + 1))
        i++;
    return names[i];
}

bool wy_app_needs_chaining(const wy_app_component *c) {
    for (uint32_t i = 0; i < c->allowed_outbound_hosts.count; i++) {
        wy_str host = c->allowed_outbound_hosts.items[i], suffix = WY_STR(".spin.internal");
        size_t colon = wy_str_rfind(host, ':');
        if (wy_str_ends(host, suffix) || wy_str_ends(wy_str_sub(host, 0, colon), suffix))
            return true;
    }
    return false;
}
