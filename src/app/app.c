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
