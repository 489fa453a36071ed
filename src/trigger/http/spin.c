/* Spin: which trigger answers a request, and what it is told about the match. */
#include "trigger/http/spin.h"

#include "base/log.h"

#define RESERVED "/.well-known/spin/"

struct wy_http_spin {
    const wy_app *app;
    wy_http_component *const *components;
    const wy_route_table *routes;
    wy_str info;      /* JSON of the reserved path */
    bool hint_logged; /* the hint that nothing matched */
};

/* {"name": ..., "version": ..., "oci_image_digest": ...} */
static wy_err make_info(wy_arena *arena, const wy_app *app, wy_str *info_out) {
    wy_buf buf;
    wy_buf_init(&buf, (size_t)64 << 10);
    wy_buf_str(&buf, WY_STR("{\"name\":"));
    wy_buf_json(&buf, app->name);
    if (app->version.len) {
        wy_buf_str(&buf, WY_STR(",\"version\":"));
        wy_buf_json(&buf, app->version);
    }
    if (app->image.len) {
        wy_buf_str(&buf, WY_STR(",\"oci_image_digest\":"));
        wy_buf_json(&buf, app->image);
    }
    wy_buf_char(&buf, '}');
    char *copy = buf.failed ? NULL : wy_arena_strndup(arena, buf.ptr, buf.len);
    *info_out = (wy_str){copy, copy ? buf.len : 0};
    wy_buf_deinit(&buf);
    return copy ? WY_OK : WY_NOMEM;
}

static void log_duplicates(const wy_http_spin *spin) {
    uint32_t count;
    const wy_route_duplicate *list = wy_route_table_duplicates(spin->routes, &count);
    for (uint32_t i = 0; i < count; i++)
        wy_log(WY_LOG_WARN, "route \"" WY_STR_FMT "\": trigger " WY_STR_FMT " replaces " WY_STR_FMT,
               WY_STR_ARG(list[i].route),
               WY_STR_ARG(spin->app->http_triggers[list[i].effective].id),
               WY_STR_ARG(spin->app->http_triggers[list[i].replaced].id));
}

wy_err wy_http_spin_new(wy_arena *arena, const wy_app *app, wy_http_component *const *components,
                        wy_http_spin **spin_out, wy_diag *diag) {
    wy_http_spin *spin = wy_arena_calloc(arena, 1, sizeof *spin);
    wy_str *routes = wy_arena_calloc(arena, app->http_trigger_count, sizeof *routes);
    if (!spin || !routes) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    spin->app = app;
    spin->components = components;
    for (uint32_t i = 0; i < app->http_trigger_count; i++)
        if (!app->http_triggers[i].is_private) routes[i] = app->http_triggers[i].route;
    wy_err err = wy_route_table_new(arena, routes, app->http_trigger_count, &spin->routes, diag);
    if (!err) err = make_info(arena, app, &spin->info);
    if (err) return err;
    log_duplicates(spin);
    *spin_out = spin;
    return WY_OK;
}

/* --- answers without a component --- */

static void reply(own wy_http_exchange *exchange, uint16_t status, wy_str type, wy_str body) {
    wy_err ignored = wy_http_exchange_reply(exchange, status, type, body);
    (void)ignored; /* the client is gone */
    wy_http_exchange_release(exchange);
}

static void reply_reserved(const wy_http_spin *spin, own wy_http_exchange *exchange, wy_str rest) {
    if (wy_str_eqz(rest, "health"))
        reply(exchange, 200, WY_STR("text/plain"), WY_STR("OK"));
    else if (wy_str_eqz(rest, "info"))
        reply(exchange, 200, WY_STR("application/json"), spin->info);
    else
        reply(exchange, 404, (wy_str){0}, (wy_str){0});
}

static void reply_fixed(const wy_app_static_response *response, own wy_http_exchange *exchange) {
    wy_http_fields fields;
    wy_http_fields_init(&fields, &exchange->request->arena);
    wy_http_writer *writer = wy_http_writer_new();
    wy_err err = writer ? WY_OK : WY_NOMEM;
    for (uint32_t i = 0; i < response->headers.count && !err; i++)
        err = wy_http_fields_append_view(&fields, response->headers.items[i].name,
                                         response->headers.items[i].value);
    uint16_t status = response->status ? response->status : 200;
    if (!err) err = wy_http_writer_response(writer, status, &fields);
    if (!err) {
        wy_http_exchange_respond(exchange, writer);
        err = wy_http_writer_write(writer, response->body);
        if (!err) err = wy_http_writer_finish(writer, NULL);
    }
    wy_http_writer_release(writer);
    wy_http_exchange_release(exchange);
}

static void reply_not_found(wy_http_spin *spin, own wy_http_exchange *exchange) {
    if (!spin->hint_logged)
        wy_log(WY_LOG_INFO, "no route matches " WY_STR_FMT " (said once; the answer is 404)",
               WY_STR_ARG(exchange->path));
    spin->hint_logged = true;
    reply(exchange, 404, (wy_str){0}, (wy_str){0});
}

/* --- what the component is told --- */

/* A client cannot set what the host vouches for. */
static void drop_forged(wy_http_fields *fields) {
    static const wy_str names[] = {
        {"spin-full-url", 13},        {"spin-path-info", 14},
        {"spin-matched-route", 18},   {"spin-raw-component-route", 24},
        {"spin-component-route", 20}, {"spin-base-path", 14},
        {"spin-client-addr", 16},
    };
    uint32_t kept = 0;
    for (uint32_t i = 0; i < fields->count; i++) {
        wy_str name = fields->items[i].name;
        bool forged = wy_str_starts(name, WY_STR("spin-path-match-"));
        for (size_t n = 0; n < sizeof names / sizeof names[0] && !forged; n++)
            forged = wy_str_eq(name, names[n]);
        if (!forged) fields->items[kept++] = fields->items[i];
    }
    fields->count = kept;
}

/* Parameters are matched as they came; what cannot stand in a field is left out. */
static wy_err add_param(wy_http_exchange *exchange, wy_route_param param) {
    char *name = wy_arena_printf(&exchange->request->arena, "spin-path-match-" WY_STR_FMT,
                                 WY_STR_ARG(param.name));
    if (!name) return WY_NOMEM;
    for (char *c = name; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
    if (!wy_http_token_valid(wy_str_of(name))) return WY_OK;
    return wy_http_fields_append_view(&exchange->request->fields, wy_str_of(name), param.value);
}

static wy_err add_fields(wy_http_exchange *exchange, const wy_app_http_trigger *trigger,
                         const wy_route_match *match) {
    wy_http_fields *fields = &exchange->request->fields;
    wy_str host = exchange->authority.len ? exchange->authority : exchange->local;
    char *url = wy_arena_printf(&exchange->request->arena, "http%s://" WY_STR_FMT WY_STR_FMT,
                                exchange->https ? "s" : "", WY_STR_ARG(host),
                                WY_STR_ARG(exchange->path_with_query));
    if (!url) return WY_NOMEM;
    drop_forged(fields);
    const wy_http_field list[] = {
        {WY_STR("spin-full-url"), wy_str_of(url)},
        {WY_STR("spin-path-info"), match->remainder},
        {WY_STR("spin-matched-route"), match->route.len ? match->route : WY_STR("/")},
        {WY_STR("spin-raw-component-route"), trigger->route},
        {WY_STR("spin-component-route"), match->prefix},
        {WY_STR("spin-base-path"), WY_STR("/")},
        {WY_STR("spin-client-addr"), exchange->peer},
    };
    wy_err err = WY_OK;
    for (size_t i = 0; i < sizeof list / sizeof list[0] && !err; i++) {
        wy_str value = list[i].value.len ? list[i].value : WY_STR("");
        err = wy_http_fields_append_view(fields, list[i].name, value);
    }
    for (uint32_t i = 0; i < match->param_count && !err; i++)
        err = add_param(exchange, match->params[i]);
    return err;
}

/* An absolute target names the host once more; both must say the same. */
static bool hosts_agree(const wy_http_exchange *exchange) {
    wy_str host = wy_http_fields_get(&exchange->request->fields, WY_STR("host"));
    return !host.ptr || wy_str_eq_nocase(host, exchange->authority);
}

/* The first trigger of a component of that name; count: there is none. */
static uint32_t trigger_of(const wy_http_spin *spin, wy_str component) {
    uint32_t i = 0;
    while (
        i < spin->app->http_trigger_count &&
        !(spin->components[i] && wy_str_eq(spin->app->http_triggers[i].component->id, component)))
        i++;
    return i;
}

bool wy_http_spin_has(const wy_http_spin *spin, wy_str component) {
    return trigger_of(spin, component) < spin->app->http_trigger_count;
}

static void answer_by(wy_http_spin *spin, uint32_t index, const wy_route_match *match,
                      own wy_http_exchange *exchange) {
    const wy_app_http_trigger *trigger = &spin->app->http_triggers[index];
    wy_err err = hosts_agree(exchange) ? add_fields(exchange, trigger, match) : WY_INVALID;
    if (err) {
        wy_http_exchange_fail(exchange, err == WY_LIMIT ? 431 : 500);
        wy_http_exchange_release(exchange);
        return;
    }
    wy_http_component_handle(spin->components[index], exchange);
}

void wy_http_spin_handle_inside(void *data, own wy_http_exchange *exchange) {
    wy_http_spin *spin = data;
    wy_str suffix = WY_STR(".spin.internal");
    wy_str host = wy_str_sub(exchange->authority, 0, wy_str_find(exchange->authority, ':'));
    if (!wy_str_ends(host, suffix)) {
        wy_http_spin_handle(spin, exchange);
        return;
    }
    uint32_t index = trigger_of(spin, wy_str_sub(host, 0, host.len - suffix.len));
    if (index == spin->app->http_trigger_count) {
        reply(exchange, 404, (wy_str){0}, (wy_str){0});
        return;
    }
    wy_route_match match = {.route = WY_STR("/..."), .remainder = exchange->path};
    answer_by(spin, index, &match, exchange);
}

void wy_http_spin_handle(void *data, own wy_http_exchange *exchange) {
    wy_http_spin *spin = data;
    wy_str reserved = WY_STR(RESERVED);
    wy_route_match match;
    if (wy_str_starts(exchange->path, reserved)) {
        reply_reserved(spin, exchange,
                       wy_str_sub(exchange->path, reserved.len, exchange->path.len));
        return;
    }
    if (!wy_route_find(spin->routes, exchange->path, &match)) {
        reply_not_found(spin, exchange);
        return;
    }
    const wy_app_http_trigger *trigger = &spin->app->http_triggers[match.entry];
    if (trigger->response) {
        reply_fixed(trigger->response, exchange);
        return;
    }
    answer_by(spin, match.entry, &match, exchange);
}
