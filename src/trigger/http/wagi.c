/* CGI (RFC 3875): variables, arguments, and the head of a program's output. */
#include "trigger/http/wagi.h"

#include "base/limits.h"
#include "base/percent.h"

/* --- variables --- */

/* Variables that are being listed; `failed`: there was no memory. */
typedef struct variables {
    wy_arena *arena;
    wy_wasi_variable *items;
    uint32_t count, cap;
    bool failed;
} variables;

static wy_wasi_variable *find(const variables *v, wy_str name) {
    for (uint32_t i = 0; i < v->count; i++)
        if (wy_str_eq(v->items[i].name, name)) return &v->items[i];
    return NULL;
}

static void add(variables *v, wy_str name, wy_str value) {
    if (!wy_utf8_valid(name.ptr, name.len) || !wy_utf8_valid(value.ptr, value.len)) return;
    wy_wasi_variable *items =
        wy_arena_grow(v->arena, v->items, v->count, &v->cap, (size_t)v->count + 1, sizeof *items);
    v->failed |= !items;
    if (!items) return;
    v->items = items;
    items[v->count++] = (wy_wasi_variable){name, value};
}

static void add_text(variables *v, const char *name, wy_str value) {
    add(v, wy_str_of(name), value);
}

/* "prefix" and the name in capitals, with '_' for '-'; ptr NULL: no memory. */
static wy_str capital_name(variables *v, const char *prefix, wy_str name) {
    char *text = wy_arena_printf(v->arena, "%s" WY_STR_FMT, prefix, WY_STR_ARG(name));
    v->failed |= !text;
    for (char *c = text; c && *c; c++)
        *c = *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    return wy_str_of(text);
}

static bool is_hidden(wy_str name) {
    /* Secrets of the server's, a field of the connection, and one that would become HTTP_PROXY,
     * which programs take for a setting. */
    static const char *const names[] = {"authorization", "connection", "proxy"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (wy_str_eqz(name, names[i])) return true;
    return false;
}

/* RFC 3875 4.1.18: fields of one name become one variable. */
static void add_field(variables *v, wy_http_field field) {
    if (is_hidden(field.name)) return;
    wy_str name = capital_name(v, "HTTP_", field.name);
    wy_wasi_variable *before = name.ptr ? find(v, name) : NULL;
    if (!name.ptr) return;
    if (!before) {
        add(v, name, field.value);
        return;
    }
    char *joined = wy_arena_printf(v->arena, WY_STR_FMT ", " WY_STR_FMT, WY_STR_ARG(before->value),
                                   WY_STR_ARG(field.value));
    v->failed |= !joined;
    if (joined && wy_utf8_valid(joined, strlen(joined))) before->value = wy_str_of(joined);
}

/* What the router told about its match, as request fields of its own. */
static void add_match(variables *v, const wy_http_fields *fields) {
    static const wy_str spin = {"spin-", 5};
    for (uint32_t i = 0; i < fields->count; i++) {
        wy_http_field field = fields->items[i];
        if (!wy_str_starts(field.name, spin))
            add_field(v, field);
        else if (!wy_str_eqz(field.name, "spin-path-info"))
            add(v, capital_name(v, "X_", wy_str_sub(field.name, spin.len, field.name.len)),
                field.value);
    }
}

/* With percent encoding undone; ptr NULL: no memory. */
static wy_str decoded(variables *v, wy_str text) {
    char *out = wy_arena_alloc(v->arena, text.len + 1);
    size_t len = 0;
    v->failed |= !out;
    for (size_t i = 0; out && i < text.len; i++) {
        int byte = wy_percent_at(text, i);
        out[len++] = byte >= 0 ? (char)byte : text.ptr[i];
        if (byte >= 0) i += 2;
    }
    return (wy_str){out, len};
}

/* "host:port", of which the port may be missing, and a host of IPv6 stands in brackets. */
static void split_host(wy_str authority, wy_str *host_out, wy_str *port_out) {
    size_t colon = wy_str_rfind(authority, ':'), bracket = wy_str_rfind(authority, ']');
    bool has_port = colon < authority.len && (bracket == authority.len || colon == bracket + 1);
    *host_out = has_port ? wy_str_sub(authority, 0, colon) : authority;
    *port_out = has_port ? wy_str_sub(authority, colon + 1, authority.len) : (wy_str){0};
}

static void add_server(variables *v, const wy_http_exchange *exchange) {
    wy_str host, port, peer, peer_port;
    split_host(exchange->authority, &host, &port);
    split_host(exchange->peer, &peer, &peer_port);
    if (peer.len && peer.ptr[0] == '[') peer = wy_str_sub(peer, 1, peer.len - 1);
    add_text(v, "GATEWAY_INTERFACE", WY_STR("CGI/1.1"));
    add_text(v, "SERVER_SOFTWARE", WY_STR("WAGI/1"));
    add_text(v, "SERVER_PROTOCOL",
             exchange->request->minor ? WY_STR("HTTP/1.1") : WY_STR("HTTP/1.0"));
    add_text(v, "SERVER_NAME", host.len ? host : WY_STR("localhost"));
    add_text(v, "SERVER_PORT", port.len ? port : exchange->https ? WY_STR("443") : WY_STR("80"));
    add_text(v, "REMOTE_ADDR", peer);
    add_text(v, "REMOTE_HOST", peer);
    add_text(v, "REMOTE_USER", WY_STR(""));
    add_text(v, "AUTH_TYPE", WY_STR(""));
    if (exchange->https) add_text(v, "HTTPS", WY_STR("on"));
}

static wy_str query_of(const wy_http_exchange *exchange) {
    wy_str target = exchange->path_with_query;
    size_t mark = wy_str_find(target, '?');
    return mark < target.len ? wy_str_sub(target, mark + 1, target.len) : WY_STR("");
}

static void add_request(variables *v, const wy_http_exchange *exchange, uint64_t length) {
    const wy_http_fields *fields = &exchange->request->fields;
    wy_str type = wy_http_fields_get(fields, WY_STR("content-type"));
    wy_str route = wy_http_fields_get(fields, WY_STR("spin-component-route"));
    wy_str path = wy_http_fields_get(fields, WY_STR("spin-path-info"));
    char *digits = wy_arena_printf(v->arena, "%llu", (unsigned long long)length);
    v->failed |= !digits;
    add_text(v, "REQUEST_METHOD", exchange->request->method);
    add_text(v, "QUERY_STRING", query_of(exchange));
    add_text(v, "CONTENT_LENGTH", wy_str_of(digits));
    add_text(v, "CONTENT_TYPE", type.ptr ? type : WY_STR(""));
    add_text(v, "SCRIPT_NAME", route.ptr ? route : WY_STR(""));
    add_text(v, "PATH_INFO", path.ptr ? path : WY_STR(""));
    add_text(v, "X_RAW_PATH_INFO", path.ptr ? path : WY_STR(""));
    add_text(v, "PATH_TRANSLATED", decoded(v, path));
}

bool wy_wagi_environment(wy_arena *arena, const wy_http_exchange *exchange, uint64_t length,
                         const wy_wasi_variable *base, size_t base_count,
                         const wy_wasi_variable **variables_out, size_t *count_out) {
    variables v = {.arena = arena};
    add_server(&v, exchange);
    add_request(&v, exchange, length);
    add_match(&v, &exchange->request->fields);
    uint32_t own_count = v.count;
    for (size_t i = 0; i < base_count && !v.failed; i++) {
        const variables own_ones = {.items = v.items, .count = own_count};
        if (!find(&own_ones, base[i].name)) add(&v, base[i].name, base[i].value);
    }
    *variables_out = v.items;
    *count_out = v.count;
    return !v.failed;
}

/* --- arguments --- */

/* The arguments in one line. */
static void fill_in(wy_buf *out, wy_str template, wy_str script, wy_str query) {
    wy_str script_mark = WY_STR("${SCRIPT_NAME}"), args_mark = WY_STR("${ARGS}");
    for (size_t i = 0; i < template.len;) {
        wy_str rest = wy_str_sub(template, i, template.len);
        if (wy_str_starts(rest, script_mark)) {
            wy_buf_str(out, script);
            i += script_mark.len;
        } else if (wy_str_starts(rest, args_mark)) {
            for (size_t k = 0; k < query.len; k++)
                wy_buf_char(out, query.ptr[k] == '&' ? ' ' : query.ptr[k]);
            i += args_mark.len;
        } else {
            wy_buf_char(out, template.ptr[i++]);
        }
    }
}

bool wy_wagi_arguments(wy_arena *arena, const wy_http_exchange *exchange, wy_str template,
                       const wy_str **arguments_out, size_t *count_out) {
    wy_buf line;
    wy_buf_init(&line, WY_MAX_SETTINGS_BYTES);
    fill_in(&line, template, exchange->path, query_of(exchange));
    char *copy = wy_arena_strndup(arena, line.ptr ? line.ptr : "", line.len);
    wy_str rest = {copy, line.len};
    size_t count = 1;
    for (size_t i = 0; copy && i < rest.len; i++)
        count += rest.ptr[i] == ' ';
    wy_str *items = copy ? wy_arena_calloc(arena, count, sizeof *items) : NULL;
    for (size_t i = 0; items && i < count; i++) {
        size_t end = wy_str_find(rest, ' ');
        items[i] = wy_str_sub(rest, 0, end);
        if (!wy_utf8_valid(items[i].ptr, items[i].len)) items[i].len = 0;
        rest = wy_str_sub(rest, end < rest.len ? end + 1 : end, rest.len);
    }
    bool ok = items && !line.failed;
    wy_buf_deinit(&line);
    *arguments_out = items;
    *count_out = count;
    return ok;
}

/* --- the head of the output --- */

size_t wy_wagi_head_end(wy_str output) {
    for (size_t at = 0; at < output.len;) {
        size_t end = at + wy_str_find(wy_str_sub(output, at, output.len), '\n');
        if (end == output.len) return 0;
        bool is_empty = end == at || (end == at + 1 && output.ptr[at] == '\r');
        if (is_empty && at > 0) return end + 1;
        at = end + 1;
    }
    return 0;
}

static wy_err read_status(wy_str value, uint16_t *status_out) {
    uint64_t number;
    wy_str digits = wy_str_sub(value, 0, wy_str_find(value, ' '));
    if (digits.len != 3 || !wy_str_to_u64(digits, 999, &number) || number < 100)
        return WY_MALFORMED;
    *status_out = (uint16_t)number;
    return WY_OK;
}

/* Lines that are no field are left out, as Spin does. */
wy_err wy_wagi_read_head(wy_str text, wy_wagi_head *head) {
    bool is_sufficient = false, has_status = false;
    wy_err err = WY_OK;
    head->status = 200;
    while (text.len && !err) {
        size_t end = wy_str_find(text, '\n');
        wy_str line = wy_str_trim(wy_str_sub(text, 0, end));
        text = wy_str_sub(text, end < text.len ? end + 1 : end, text.len);
        size_t colon = wy_str_find(line, ':');
        if (colon == line.len) continue;
        wy_str name = wy_str_trim(wy_str_sub(line, 0, colon));
        wy_str value = wy_str_trim(wy_str_sub(line, colon + 1, line.len));
        bool is_status = wy_str_eq_nocase(name, WY_STR("status"));
        bool is_location = wy_str_eq_nocase(name, WY_STR("location"));
        is_sufficient |= is_status || is_location || wy_str_eq_nocase(name, WY_STR("content-type"));
        has_status |= is_status;
        if (is_status)
            err = read_status(value, &head->status);
        else if (!wy_http_token_valid(name) || !wy_http_value_valid(value))
            err = WY_INVALID;
        else if (!wy_http_name_forbidden(name))
            err = wy_http_fields_append(&head->fields, name, value);
        if (is_location && !has_status) head->status = 302;
    }
    return err ? err : is_sufficient ? WY_OK : WY_INVALID;
}
