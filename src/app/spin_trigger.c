/* The triggers of a Spin manifest: [[trigger.<type>]] tables, and the settings of each type. */
#include "app/route.h"
#include "app/spin.h"
#include "app/spin_component.h"
#include "base/limits.h"
#include "base/log.h"

/* What bindings of every type say. */
typedef struct binding {
    wy_str type, id;
    const wy_app_component *component; /* NULL: none */
    const wy_toml *table;
    const wy_app_component *const *middleware; /* of HTTP, the outermost first */
    uint32_t middleware_count;
} binding;

/* --- http --- */

static wy_err read_route(const wy_fields *f, wy_app_http_trigger *out) {
    const wy_toml *route = wy_toml_get(f->table, "route");
    if (!route) return wy_fields_fail(f, f->table, WY_INVALID, "'route' is missing");
    if (route->kind == WY_TOML_TABLE) {
        wy_fields inner = {f->arena, f->diag, route, f->name};
        wy_err err = wy_fields_known(&inner, "private");
        if (err == WY_OK) err = wy_fields_bool(&inner, "private", &out->is_private);
        if (err == WY_OK && !out->is_private)
            err = wy_fields_fail(f, route, WY_INVALID,
                                 "'route' must be a path or { private = true }");
        return err;
    }
    wy_err err = wy_fields_expect(f, route, "route", WY_TOML_STRING);
    if (err != WY_OK) return err;
    wy_diag detail;
    wy_diag_init(&detail);
    err = wy_route_check(f->arena, route->string, &detail);
    if (err != WY_OK) return wy_fields_fail(f, route, err, "%s", detail.text);
    out->route = route->string.len ? route->string : WY_STR("/");
    return WY_OK;
}

static wy_err read_wagi(const wy_fields *e, wy_app_http_trigger *out) {
    wy_str entrypoint = {0};
    out->is_wagi = true;
    out->wagi_argv = WY_STR("${SCRIPT_NAME} ${ARGS}");
    wy_err err = wy_fields_known(e, "type argv entrypoint");
    if (err == WY_OK && wy_toml_get(e->table, "argv"))
        err = wy_fields_string(e, "argv", true, &out->wagi_argv);
    if (err == WY_OK) err = wy_fields_string(e, "entrypoint", false, &entrypoint);
    if (err != WY_OK || entrypoint.len == 0 || wy_str_eqz(entrypoint, "_start")) return err;
    return wy_fields_fail(e, wy_toml_get(e->table, "entrypoint"), WY_UNSUPPORTED,
                          "'entrypoint' may only be \"_start\"");
}

static wy_err read_executor(const wy_fields *f, wy_app_http_trigger *out) {
    const wy_toml *executor;
    wy_err err = wy_fields_get(f, "executor", WY_TOML_TABLE, &executor);
    if (err != WY_OK || !executor) return err;
    wy_fields e = {f->arena, f->diag, executor, f->name};
    wy_str type;
    err = wy_fields_string(&e, "type", true, &type);
    if (err != WY_OK) return err;
    if (wy_str_eqz(type, "wagi")) return read_wagi(&e, out);
    if (wy_str_eqz(type, "http") || wy_str_eqz(type, "spin")) return wy_fields_known(&e, "type");
    return wy_fields_fail(f, wy_toml_get(executor, "type"), WY_INVALID,
                          "there is no executor '" WY_STR_FMT "'; it may be 'http' or 'wagi'",
                          WY_STR_ARG(type));
}

static wy_err read_static_response(const wy_fields *f, const wy_toml *table,
                                   wy_app_http_trigger *out) {
    wy_fields s = {f->arena, f->diag, table, f->name};
    wy_app_static_response *response = wy_arena_calloc(f->arena, 1, sizeof *response);
    if (!response) return wy_fields_nomem(f);
    const wy_toml *status;
    wy_err err = wy_fields_known(&s, "status_code headers body");
    if (err == WY_OK) err = wy_fields_get(&s, "status_code", WY_TOML_INTEGER, &status);
    if (err != WY_OK) return err;
    if (status && (status->integer < 200 || status->integer > 599))
        return wy_fields_fail(f, status, WY_INVALID, "'status_code' must be from 200 to 599");
    response->status = status ? (uint16_t)status->integer : 200;
    err = wy_fields_pairs(&s, "headers", &response->headers);
    if (err == WY_OK) err = wy_fields_string(&s, "body", false, &response->body);
    out->response = response;
    return err;
}

static wy_err read_http(wy_spin_reader *r, const wy_fields *f, const binding *b) {
    const wy_toml *response;
    wy_app_http_trigger *out = &r->http_triggers[r->app->http_trigger_count];
    *out = (wy_app_http_trigger){
        .id = b->id, .component = b->component, .line = b->table->line, .column = b->table->column};
    wy_err err = read_route(f, out);
    if (err == WY_OK) err = read_executor(f, out);
    out->middleware = b->middleware;
    out->middleware_count = b->middleware_count;
    if (err == WY_OK && b->middleware_count && (out->is_wagi || !b->component))
        err = wy_fields_fail(f, f->table, WY_INVALID,
                             "'middleware' stands around a component that exports "
                             "wasi:http/incoming-handler");
    if (err == WY_OK) err = wy_fields_get(f, "static_response", WY_TOML_TABLE, &response);
    if (err != WY_OK) return err;
    if ((b->component != NULL) == (response != NULL))
        return wy_fields_fail(f, f->table, WY_INVALID,
                              "a binding has either a 'component' or a 'static_response'");
    if (response) err = read_static_response(f, response, out);
    if (err == WY_OK) r->app->http_trigger_count++;
    return err;
}

static wy_err http_settings(wy_spin_reader *r, const wy_fields *f) {
    wy_str base;
    wy_err err = wy_fields_known(f, r->is_first ? "type base" : "base");
    if (err == WY_OK) err = wy_fields_string(f, "base", false, &base);
    if (err == WY_OK && base.len && !wy_str_eqz(base, "/"))
        err = wy_fields_fail(f, wy_toml_get(f->table, "base"), WY_INVALID,
                             "'base' may only be \"/\"; write whole routes in the triggers");
    if (err == WY_OK && base.len && !r->is_first)
        wy_log(WY_LOG_WARN, "%s: 'base' has no effect; remove it", f->name);
    return err;
}

/* What becomes of messages that cannot be handled. */
static wy_err read_tries(const wy_fields *f, uint32_t *retries_out, wy_str *dead_letter_out) {
    const wy_toml *retries;
    wy_err err = wy_fields_get(f, "retries", WY_TOML_INTEGER, &retries);
    if (err == WY_OK) err = wy_fields_string(f, "dead_letter", false, dead_letter_out);
    if (err != WY_OK || !retries) return err;
    if (retries->integer < 0 || retries->integer > WY_MAX_MESSAGE_RETRIES)
        return wy_fields_fail(f, retries, WY_INVALID, "'retries' must be from 0 to %d",
                              WY_MAX_MESSAGE_RETRIES);
    *retries_out = (uint32_t)retries->integer;
    return WY_OK;
}

/* --- redis --- */

static wy_err read_redis(wy_spin_reader *r, const wy_fields *f, const binding *b) {
    wy_app_redis_trigger *out = &r->redis_triggers[r->app->redis_trigger_count];
    *out = (wy_app_redis_trigger){
        .id = b->id, .component = b->component, .line = b->table->line, .column = b->table->column};
    wy_err err = wy_fields_string(f, "channel", true, &out->channel);
    if (err == WY_OK) err = wy_spin_template(f, r->app, wy_toml_get(f->table, "channel"));
    if (err == WY_OK) err = wy_fields_string(f, "address", false, &out->address);
    const wy_toml *address = wy_toml_get(f->table, "address");
    if (err == WY_OK && address) err = wy_spin_template(f, r->app, address);
    if (err == WY_OK) err = read_tries(f, &out->retries, &out->dead_letter);
    if (err != WY_OK) return err;
    if (!b->component) return wy_fields_fail(f, f->table, WY_INVALID, "'component' is missing");
    if (!address) out->address = r->redis_address;
    if (out->address.len == 0)
        return wy_fields_fail(f, f->table, WY_INVALID,
                              "the binding has no 'address', and [application.trigger.redis] has "
                              "none either");
    r->app->redis_trigger_count++;
    return WY_OK;
}

static wy_err redis_settings(wy_spin_reader *r, const wy_fields *f) {
    wy_err err = wy_fields_known(f, r->is_first ? "type address" : "address");
    return err == WY_OK ? wy_fields_string(f, "address", false, &r->redis_address) : err;
}

/* --- mqtt --- */

/* A number from 0 to `max`, written as one or as a string of digits; absent: `*out` stays. */
static wy_err read_number(const wy_fields *f, const char *key, uint64_t max, uint64_t *out) {
    const wy_toml *value = wy_toml_get(f->table, key);
    bool good = !value;
    if (value && value->kind == WY_TOML_STRING) good = wy_str_to_u64(value->string, max, out);
    if (value && value->kind == WY_TOML_INTEGER) {
        good = value->integer >= 0 && (uint64_t)value->integer <= max;
        if (good) *out = (uint64_t)value->integer;
    }
    if (good) return WY_OK;
    return wy_fields_fail(f, value, WY_INVALID, "'%s' must be a number from 0 to %llu", key,
                          (unsigned long long)max);
}

static wy_err read_mqtt(wy_spin_reader *r, const wy_fields *f, const binding *b) {
    wy_app_mqtt_trigger *out = &r->mqtt_triggers[r->app->mqtt_trigger_count];
    uint64_t qos = 0;
    *out = (wy_app_mqtt_trigger){
        .id = b->id, .component = b->component, .line = b->table->line, .column = b->table->column};
    wy_err err = wy_fields_string(f, "topic", true, &out->topic);
    if (err == WY_OK) err = wy_spin_template(f, r->app, wy_toml_get(f->table, "topic"));
    if (err == WY_OK) err = read_number(f, "qos", 2, &qos);
    if (err == WY_OK) err = read_tries(f, &out->retries, &out->dead_letter);
    if (err != WY_OK) return err;
    if (!b->component) return wy_fields_fail(f, f->table, WY_INVALID, "'component' is missing");
    if (r->app->mqtt.address.len == 0)
        return wy_fields_fail(f, f->table, WY_INVALID,
                              "[application.trigger.mqtt] does not say the 'address' of a broker");
    out->qos = (unsigned)qos;
    r->app->mqtt_trigger_count++;
    return WY_OK;
}

static wy_err mqtt_settings(wy_spin_reader *r, const wy_fields *f) {
    wy_app_mqtt *out = &r->app->mqtt;
    uint64_t keep_alive = WY_MQTT_KEEP_ALIVE_S;
    wy_err err = wy_fields_known(f, "address username password keep_alive_interval");
    /* templates; the variables they name are read after this */
    if (err == WY_OK) err = wy_fields_string(f, "address", true, &out->address);
    if (err == WY_OK) err = wy_fields_string(f, "username", false, &out->user);
    if (err == WY_OK) err = wy_fields_string(f, "password", false, &out->password);
    if (err == WY_OK) err = read_number(f, "keep_alive_interval", UINT16_MAX, &keep_alive);
    out->keep_alive_s = (uint16_t)keep_alive;
    return err;
}

/* --- cron --- */

static wy_err read_cron(wy_spin_reader *r, const wy_fields *f, const binding *b) {
    wy_app_cron_trigger *out = &r->cron_triggers[r->app->cron_trigger_count];
    wy_str none;
    *out = (wy_app_cron_trigger){
        .id = b->id, .component = b->component, .line = b->table->line, .column = b->table->column};
    wy_err err = wy_fields_string(f, "cron_expression", true, &out->expression);
    if (err == WY_OK) err = read_tries(f, &out->retries, &none);
    if (err != WY_OK) return err;
    if (!b->component) return wy_fields_fail(f, f->table, WY_INVALID, "'component' is missing");
    wy_diag detail;
    wy_diag_init(&detail);
    err = wy_cron_parse(out->expression, &out->schedule, &detail);
    if (err != WY_OK)
        return wy_fields_fail(f, wy_toml_get(f->table, "cron_expression"), err, "%s", detail.text);
    r->app->cron_trigger_count++;
    return WY_OK;
}

static wy_err cron_settings(wy_spin_reader *r, const wy_fields *f) {
    return wy_fields_known(f, r->is_first ? "type" : "");
}

/* --- types --- */

static const struct {
    const char *name, *keys, *first_keys;
    wy_err (*read)(wy_spin_reader *r, const wy_fields *f, const binding *b);
    wy_err (*settings)(wy_spin_reader *r, const wy_fields *f);
} types[] = {
    {"http", "id component components dependencies route executor static_response",
     "route executor", read_http, http_settings},
    {"redis", "id component components dependencies channel address retries dead_letter",
     "channel address", read_redis, redis_settings},
    {"mqtt", "id component components dependencies topic qos retries dead_letter", "", read_mqtt,
     mqtt_settings},
    {"cron", "id component components dependencies cron_expression retries", "cron_expression",
     read_cron, cron_settings},
};
#define TYPE_COUNT (sizeof types / sizeof *types)

static size_t type_of(wy_str name) {
    size_t i = 0;
    while (i < TYPE_COUNT && !wy_str_eqz(name, types[i].name))
        i++;
    return i;
}

wy_str wy_spin_trigger_nearest(wy_str type) {
    wy_str names[TYPE_COUNT];
    for (size_t i = 0; i < TYPE_COUNT; i++)
        names[i] = wy_str_of(types[i].name);
    return wy_str_nearest(type, names, TYPE_COUNT);
}

const char *wy_spin_trigger_names(void) {
    return "'http', 'redis', 'mqtt' and 'cron'";
}

wy_err wy_spin_trigger_type(const wy_spin_reader *r, wy_str type, const wy_toml *at) {
    if (wy_spin_name_valid(type, '-')) return WY_OK;
    uint32_t line = at->key_line ? at->key_line : at->line;
    uint32_t column = at->key_line ? at->key_column : at->column;
    return wy_diag_set_line(r->diag, WY_INVALID, line, column,
                            "'" WY_STR_FMT
                            "' is no type of trigger (words of letters and digits, "
                            "split by '-')",
                            WY_STR_ARG(type));
}

/* `table` without the keys that are withy's own to read, and with the component's id, as JSON. */
static wy_err write_config(const wy_fields *f, const char *omitted,
                           const wy_app_component *component, wy_str *out) {
    wy_toml rest = {.kind = WY_TOML_TABLE}, id = {.kind = WY_TOML_STRING};
    wy_map_init(&rest.table.map, f->arena);
    bool ok = true;
    if (component) {
        id.string = component->id;
        ok = wy_map_set(&rest.table.map, WY_STR("component"), (uintptr_t)&id);
    }
    for (uint32_t i = 0; i < f->table->table.map.count && ok; i++) {
        const wy_map_entry *entry = &f->table->table.map.entries[i];
        if (!wy_fields_is_one(omitted, entry->key))
            ok = wy_map_set(&rest.table.map, entry->key, entry->value);
    }
    wy_buf text;
    wy_buf_init(&text, WY_MAX_LOCK_BYTES);
    wy_toml_json(&text, &rest);
    char *copy = ok && !text.failed ? wy_arena_strndup(f->arena, text.ptr, text.len) : NULL;
    *out = wy_str_of(copy);
    wy_buf_deinit(&text);
    return copy ? WY_OK : wy_fields_nomem(f);
}

static wy_err keep_settings(wy_spin_reader *r, const wy_fields *f, wy_str type) {
    wy_app *app = r->app;
    wy_app_trigger_settings *grown =
        wy_arena_grow(r->arena, r->settings, app->trigger_settings_count, &r->settings_cap,
                      app->trigger_settings_count + 1u, sizeof *grown);
    if (!grown) return wy_fields_nomem(f);
    app->trigger_settings = r->settings = grown;
    grown[app->trigger_settings_count].type = type;
    return write_config(f, "type", NULL, &grown[app->trigger_settings_count++].config);
}

wy_err wy_spin_trigger_settings(wy_spin_reader *r, wy_str type, const wy_toml *table,
                                const char *name) {
    size_t at = type_of(type);
    wy_fields f = wy_spin_fields(r, table, name);
    wy_err err = wy_fields_expect(&f, table, "trigger", WY_TOML_TABLE);
    if (err == WY_OK && at < TYPE_COUNT) err = types[at].settings(r, &f);
    return err == WY_OK ? keep_settings(r, &f, type) : err;
}

/* --- bindings --- */

/* How many bindings name the component `id` by string. */
static uint32_t times_bound(const wy_toml *list, wy_str id) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->array.count; i++) {
        const wy_toml *component = wy_toml_get(list->array.items[i], "component");
        count += component && component->kind == WY_TOML_STRING && wy_str_eq(component->string, id);
    }
    return count;
}

/* The binding's own id, or one made of the component's when only this binding names it. */
static wy_err name_binding(const wy_fields *f, const wy_toml *list, uint32_t index,
                           const wy_toml *component, binding *out) {
    wy_err err = wy_fields_string(f, "id", false, &out->id);
    if (err != WY_OK || out->id.len) return err;
    bool unique =
        component && component->kind == WY_TOML_STRING && times_bound(list, component->string) == 1;
    char *id = unique ? wy_arena_printf(f->arena, WY_STR_FMT "-" WY_STR_FMT "-trigger",
                                        WY_STR_ARG(component->string), WY_STR_ARG(out->type))
                      : wy_arena_printf(f->arena, WY_STR_FMT "-trigger%u", WY_STR_ARG(out->type),
                                        index + 1);
    if (!id) return wy_fields_nomem(f);
    out->id = wy_str_of(id);
    return WY_OK;
}

wy_err wy_spin_no_component(const wy_spin_reader *r, const wy_fields *f, const wy_toml *name) {
    uint32_t count = r->app->component_count;
    wy_str *ids = wy_arena_calloc(r->arena, count, sizeof *ids);
    if (!ids) return wy_fields_nomem(f);
    for (uint32_t i = 0; i < count; i++)
        ids[i] = r->components[i].id;
    wy_str nearest = wy_str_nearest(name->string, ids, count);
    return wy_fields_fail(f, name, WY_INVALID,
                          "there is no component '" WY_STR_FMT "'" WY_NEAREST_FMT,
                          WY_STR_ARG(name->string), WY_NEAREST_ARG(nearest));
}

static wy_err bind_component(wy_spin_reader *r, const wy_fields *f, const wy_toml *component,
                             binding *out) {
    if (component->kind == WY_TOML_STRING) {
        out->component = wy_app_component_find(r->app, component->string);
        return out->component ? WY_OK : wy_spin_no_component(r, f, component);
    }
    if (component->kind != WY_TOML_TABLE)
        return wy_fields_fail(f, component, WY_INVALID,
                              "'component' must be the id of a component or a table, not %s",
                              wy_toml_kind_name(component->kind));
    uint32_t number = r->app->trigger_count + 1;
    const char *id = wy_toml_get(f->table, "id")
                         ? wy_arena_printf(r->arena, WY_STR_FMT "-component", WY_STR_ARG(out->id))
                         : wy_arena_printf(r->arena, "inline-component%u", number);
    if (!id) return wy_fields_nomem(f);
    wy_app_component *added = &r->components[r->app->component_count];
    if (wy_app_component_find(r->app, wy_str_of(id)))
        return wy_fields_fail(f, component, WY_INVALID, "the component id '%s' is taken", id);
    out->component = added;
    r->app->component_count++;
    return wy_spin_component(r, component, wy_str_of(id), f->name, added);
}

static wy_err read_middleware(const wy_spin_reader *r, const wy_fields *f, const wy_toml *list,
                              binding *out) {
    wy_err err = wy_fields_expect(f, list, "middleware", WY_TOML_ARRAY);
    if (err != WY_OK) return err;
    const wy_app_component **items = wy_arena_calloc(r->arena, list->array.count, sizeof *items);
    if (!items) return wy_fields_nomem(f);
    for (uint32_t i = 0; i < list->array.count; i++) {
        const wy_toml *item = list->array.items[i];
        if (item->kind != WY_TOML_STRING)
            return wy_fields_fail(f, item, WY_UNSUPPORTED,
                                  "'middleware' lists ids of components; write this one as a "
                                  "table [component.<id>]");
        items[i] = wy_app_component_find(r->app, item->string);
        if (!items[i]) return wy_spin_no_component(r, f, item);
    }
    out->middleware = items;
    out->middleware_count = list->array.count;
    return WY_OK;
}

/* `components` and `dependencies`, whose roles are the trigger's matter: HTTP knows "middleware".
 */
static wy_err read_roles(const wy_spin_reader *r, const wy_fields *f, binding *out) {
    const wy_toml *components, *dependencies;
    wy_err err = wy_fields_get(f, "components", WY_TOML_TABLE, &components);
    if (err == WY_OK) err = wy_fields_get(f, "dependencies", WY_TOML_TABLE, &dependencies);
    if (err != WY_OK) return err;
    bool is_http = wy_str_eqz(out->type, "http");
    if (wy_spin_entry_count(components) || (wy_spin_entry_count(dependencies) && !is_http))
        return wy_fields_fail(f, wy_spin_entry_count(components) ? components : dependencies,
                              WY_UNSUPPORTED,
                              "several components for one binding are not supported, but for the "
                              "'dependencies' of HTTP that are called 'middleware'");
    if (!wy_spin_entry_count(dependencies)) return WY_OK;
    wy_fields d = {f->arena, f->diag, dependencies, f->name};
    err = wy_fields_known(&d, "middleware");
    return err == WY_OK ? read_middleware(r, &d, wy_toml_get(dependencies, "middleware"), out)
                        : err;
}

/* What every type has in common, and what this one has more. */
static wy_err read_type(wy_spin_reader *r, const wy_fields *f, const binding *b) {
    size_t at = type_of(b->type);
    wy_err err = at < TYPE_COUNT ? types[at].read(r, f, b) : WY_OK;
    if (err != WY_OK) return err;
    wy_app_trigger *out = &r->triggers[r->app->trigger_count++];
    *out = (wy_app_trigger){.type = b->type,
                            .id = b->id,
                            .component = b->component,
                            .is_foreign = at == TYPE_COUNT,
                            .line = b->table->line,
                            .column = b->table->column};
    return write_config(f, "id component components dependencies", b->component, &out->config);
}

static wy_err read_binding(wy_spin_reader *r, wy_str type, const char *name, const wy_toml *list,
                           uint32_t index) {
    const wy_toml *table = list->array.items[index];
    wy_fields f = wy_spin_fields(r, table, name);
    binding b = {.type = type, .table = table};
    size_t at = type_of(type);
    wy_err err = wy_fields_expect(&f, table, "trigger", WY_TOML_TABLE);
    if (err == WY_OK && at < TYPE_COUNT) err = wy_fields_known(&f, types[at].keys);
    if (err == WY_OK) err = read_roles(r, &f, &b);
    const wy_toml *component = wy_toml_get(table, "component");
    if (err == WY_OK) err = name_binding(&f, list, index, component, &b);
    if (err == WY_OK && component) err = bind_component(r, &f, component, &b);
    return err == WY_OK ? read_type(r, &f, &b) : err;
}

wy_err wy_spin_trigger_count(const wy_spin_reader *r, uint32_t *count_out) {
    wy_fields top = wy_spin_fields(r, r->root, "the manifest");
    const wy_toml *triggers;
    *count_out = 0;
    wy_err err = wy_fields_get(&top, "trigger", WY_TOML_TABLE, &triggers);
    for (uint32_t i = 0; err == WY_OK && i < wy_spin_entry_count(triggers); i++) {
        const wy_map_entry *entry = &triggers->table.map.entries[i];
        const wy_toml *list = (const wy_toml *)entry->value;
        err = wy_spin_trigger_type(r, entry->key, list);
        if (err == WY_OK) err = wy_fields_expect(&top, list, "trigger", WY_TOML_ARRAY);
        if (err == WY_OK) *count_out += list->array.count;
    }
    return err;
}

wy_err wy_spin_triggers(wy_spin_reader *r) {
    const wy_toml *triggers = wy_toml_get(r->root, "trigger");
    wy_err err = WY_OK;
    for (uint32_t i = 0; err == WY_OK && i < wy_spin_entry_count(triggers); i++) {
        const wy_map_entry *entry = &triggers->table.map.entries[i];
        const wy_toml *list = (const wy_toml *)entry->value;
        const char *name =
            wy_arena_printf(r->arena, "[[trigger." WY_STR_FMT "]]", WY_STR_ARG(entry->key));
        for (uint32_t k = 0; err == WY_OK && k < list->array.count; k++)
            err = read_binding(r, entry->key, name ? name : "[[trigger]]", list, k);
    }
    return err;
}

wy_err wy_spin_trigger_of(wy_spin_reader *r, wy_str type, const wy_toml *table, wy_str id,
                          const wy_app_component *component) {
    size_t at = type_of(type);
    wy_fields f = wy_spin_fields(r, table, "[component.trigger]");
    binding b = {.type = type, .id = id, .component = component, .table = table};
    wy_err err = at < TYPE_COUNT ? wy_fields_known(&f, types[at].first_keys) : WY_OK;
    return err == WY_OK ? read_type(r, &f, &b) : err;
}
