/* Writing a locked application. */
#include "app/locked.h"

#include "base/limits.h"

#include <jansson.h>
#include <stdlib.h>

/* Functions of the library that add something take it over and fail for a NULL, so that a want of
 * memory anywhere shows in `failed` at the end. */
typedef struct writer {
    const wy_app *app;
    const wy_locked_facts *facts;
    bool failed;
} writer;

static void put(writer *w, json_t *object, wy_str key, json_t *value) {
    if (json_object_setn_new_nocheck(object, key.len ? key.ptr : "", key.len, value))
        w->failed = true;
}

static void put_z(writer *w, json_t *object, const char *key, json_t *value) {
    put(w, object, wy_str_of(key), value);
}

static void add(writer *w, json_t *array, json_t *value) {
    if (json_array_append_new(array, value)) w->failed = true;
}

static json_t *text(wy_str s) {
    return json_stringn(s.len ? s.ptr : "", s.len);
}

/* Nothing, where it is empty. */
static void put_text(writer *w, json_t *object, const char *key, wy_str value) {
    if (value.len) put_z(w, object, key, text(value));
}

static void put_list(writer *w, json_t *object, const char *key, const wy_app_list *list) {
    if (list->count == 0) return;
    json_t *array = json_array();
    for (uint32_t i = 0; i < list->count; i++)
        add(w, array, text(list->items[i]));
    put_z(w, object, key, array);
}

static void put_pairs(writer *w, json_t *object, const char *key, const wy_app_pairs *pairs) {
    if (pairs->count == 0) return;
    json_t *map = json_object();
    for (uint32_t i = 0; i < pairs->count; i++)
        put(w, map, pairs->items[i].name, text(pairs->items[i].value));
    put_z(w, object, key, map);
}

static void put_url(writer *w, json_t *object, const char *key, const char *path) {
    wy_buf url;
    wy_buf_init(&url, WY_MAX_LOCK_BYTES);
    wy_file_url_write(&url, path);
    if (url.failed) w->failed = true;
    put_z(w, object, key, text(wy_buf_view(&url)));
    wy_buf_deinit(&url);
}

static json_t *parse(writer *w, wy_str json) {
    json_t *value = json_loadb(json.ptr, json.len, JSON_DISABLE_EOF_CHECK, NULL);
    if (!value) w->failed = true;
    return value;
}

/* --- the application --- */

/* Where all bindings are of one type, its settings stand by themselves as well. */
static void put_single(writer *w, json_t *metadata, const json_t *settings) {
    const wy_app *app = w->app;
    for (uint32_t i = 1; i < app->trigger_count; i++)
        if (!wy_str_eq(app->triggers[i].type, app->triggers[0].type)) return;
    if (app->trigger_count == 0) return;
    wy_str type = app->triggers[0].type;
    json_t *single = json_deep_copy(json_object_getn(settings, type.ptr, type.len));
    if (!single) single = json_object();
    put_z(w, single, "type", text(type));
    put_z(w, metadata, "trigger", single);
}

static json_t *make_metadata(writer *w) {
    const wy_app *app = w->app;
    json_t *metadata = json_object(), *settings = json_object();
    put_text(w, metadata, "name", app->name);
    put_text(w, metadata, "version", app->version);
    put_text(w, metadata, "description", app->description);
    put_list(w, metadata, "authors", &app->authors);
    for (uint32_t i = 0; i < app->trigger_settings_count; i++)
        put(w, settings, app->trigger_settings[i].type, parse(w, app->trigger_settings[i].config));
    put_single(w, metadata, settings);
    put_z(w, metadata, "triggers", settings);
    put_url(w, metadata, "origin", w->facts->manifest);
    put_text(w, metadata, "profile", w->facts->profile);
    return metadata;
}

static json_t *make_variables(writer *w) {
    json_t *variables = json_object();
    for (uint32_t i = 0; i < w->app->variable_count; i++) {
        const wy_app_variable *v = &w->app->variables[i];
        json_t *one = json_object();
        put_text(w, one, "description", v->description);
        if (!v->required) put_z(w, one, "default", text(v->fallback));
        if (v->secret) put_z(w, one, "secret", json_true());
        put(w, variables, v->name, one);
    }
    return variables;
}

static json_t *make_triggers(writer *w) {
    json_t *triggers = json_array();
    for (uint32_t i = 0; i < w->app->trigger_count; i++) {
        const wy_app_trigger *t = &w->app->triggers[i];
        json_t *one = json_object();
        put_z(w, one, "id", text(t->id));
        put_z(w, one, "trigger_type", text(t->type));
        put_z(w, one, "trigger_config", parse(w, t->config));
        add(w, triggers, one);
    }
    return triggers;
}

/* --- components --- */

static json_t *make_source(writer *w, const char *path) {
    json_t *source = json_object();
    put_z(w, source, "content_type", json_string("application/wasm"));
    put_url(w, source, "source", path);
    return source;
}

static json_t *make_inherit(writer *w, unsigned inherit) {
    if (inherit == WY_APP_INHERIT_ALL) return json_string("All");
    json_t *some = json_object(), *names = json_array();
    for (unsigned bit = 1; bit < WY_APP_INHERIT_ALL; bit <<= 1)
        if (inherit & bit) add(w, names, json_string(wy_app_inherit_name((wy_app_inherit)bit)));
    put_z(w, some, "Some", names);
    return some;
}

static void put_dependencies(writer *w, json_t *object, const wy_app_component *c,
                             const wy_locked_place *place) {
    if (c->dependency_count == 0) return;
    json_t *all = json_object();
    for (uint32_t i = 0; i < c->dependency_count; i++) {
        const wy_app_dependency *d = &c->dependencies[i];
        json_t *one = json_object();
        put_z(w, one, "source", make_source(w, place->dependencies[i]));
        put_z(w, one, "export", d->export_name.len ? text(d->export_name) : json_null());
        if (d->inherit) put_z(w, one, "inherit", make_inherit(w, d->inherit));
        put(w, all, d->name, one);
    }
    put_z(w, object, "dependencies", all);
}

static void put_files(writer *w, json_t *object, const wy_locked_place *place) {
    if (place->mount_count == 0) return;
    json_t *files = json_array();
    for (size_t i = 0; i < place->mount_count; i++) {
        json_t *one = json_object();
        put_url(w, one, "source", place->mounts[i].host_path);
        put_z(w, one, "path", text(place->mounts[i].guest_path));
        add(w, files, one);
    }
    put_z(w, object, "files", files);
}

static json_t *make_component(writer *w, const wy_app_component *c, const wy_locked_place *place) {
    json_t *one = json_object(), *metadata = json_object();
    put_z(w, one, "id", text(c->id));
    put_text(w, metadata, "description", c->description);
    put_list(w, metadata, "allowed_outbound_hosts", &c->allowed_outbound_hosts);
    put_list(w, metadata, "key_value_stores", &c->key_value_stores);
    put_list(w, metadata, "databases", &c->sqlite_databases);
    put_list(w, metadata, "ai_models", &c->ai_models);
    put_z(w, one, "metadata", metadata);
    put_z(w, one, "source", make_source(w, place->path));
    put_pairs(w, one, "env", &place->environment);
    put_files(w, one, place);
    put_pairs(w, one, "config", &c->variables);
    put_dependencies(w, one, c, place);
    if (wy_app_needs_chaining(c)) {
        json_t *requirements = json_object();
        put_z(w, requirements, "local_service_chaining", json_string("required"));
        put_z(w, one, "host_requirements", requirements);
    }
    return one;
}

static json_t *make_app(writer *w) {
    json_t *root = json_object(), *components = json_array();
    bool has_requirements = false;
    for (uint32_t i = 0; i < w->app->component_count; i++) {
        add(w, components, make_component(w, &w->app->components[i], &w->facts->places[i]));
        has_requirements |= wy_app_needs_chaining(&w->app->components[i]);
    }
    put_z(w, root, "spin_lock_version", json_integer(has_requirements));
    if (has_requirements) {
        json_t *understood = json_array();
        add(w, understood, json_string("component_host_requirements"));
        put_z(w, root, "must_understand", understood);
    }
    put_z(w, root, "metadata", make_metadata(w));
    if (w->app->variable_count) put_z(w, root, "variables", make_variables(w));
    put_z(w, root, "triggers", make_triggers(w));
    put_z(w, root, "components", components);
    return root;
}

static int append(const char *bytes, size_t len, void *data) {
    wy_buf *out = data;
    wy_buf_append(out, bytes, len);
    return out->failed ? -1 : 0;
}

wy_err wy_app_write_locked(const wy_app *app, const wy_locked_facts *facts, wy_buf *out,
                           wy_diag *diag) {
    writer w = {.app = app, .facts = facts};
    json_t *root = make_app(&w);
    bool ok = !w.failed && root && json_dump_callback(root, append, out, JSON_INDENT(2)) == 0;
    json_decref(root);
    return ok ? WY_OK
              : wy_diag_set(diag, out->failed ? WY_LIMIT : WY_NOMEM,
                            "the application takes too much memory as JSON (at most %zu bytes)",
                            WY_MAX_LOCK_BYTES);
}
