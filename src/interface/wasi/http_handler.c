/* wasi:http/outgoing-handler, future-incoming-response, and the values both sides share. */
#include "interface/wasi/http_object.h"

#include "base/limits.h"

#include <stdlib.h>

/* --- errors --- */

static const wy_io_error_domain http_domain = {.name = "http"};

own wy_io_error *wy_wasi_http_io_error(wy_http_error error) {
    return wy_io_error_new(&http_domain, error, "%s", wy_http_error_name(error));
}

_Static_assert(WY_HTTP_ERROR_COUNT == WASI_HTTP_TYPES_ERROR_CODE_INTERNAL_ERROR + 1, "same cases");
_Static_assert((int)WY_HTTP_RESPONSE_INCOMPLETE ==
                   WASI_HTTP_TYPES_ERROR_CODE_HTTP_RESPONSE_INCOMPLETE,
               "same order");

wasi_http_types_error_code wy_wasi_http_error_code(wy_http_error error, const char *text) {
    wasi_http_types_error_code code;
    memset(&code, 0, sizeof code); /* every payload is an option or a record of options: none */
    code.tag = (uint8_t)error;
    if (error == WY_HTTP_INTERNAL_ERROR && text && *text)
        code.internal_error = (wit_option_string){true, wy_str_of(text)};
    if (error == WY_HTTP_DNS_ERROR && text && *text)
        code.dns_error.rcode = (wit_option_string){true, wy_str_of(text)};
    return code;
}

WY_WASI_HTTP_FUNC(http_error_code) {
    (void)call;
    const wy_io_error *error = (const wy_io_error *)args->err;
    memset(result, 0, sizeof *result);
    result->is_some = error->domain == &http_domain;
    if (result->is_some) result->some = wy_wasi_http_error_code((wy_http_error)error->code, NULL);
    return NULL;
}

/* --- methods --- */

static const wy_str methods[] = {{"GET", 3},     {"HEAD", 4},   {"POST", 4},
                                 {"PUT", 3},     {"DELETE", 6}, {"CONNECT", 7},
                                 {"OPTIONS", 7}, {"TRACE", 5},  {"PATCH", 5}};
_Static_assert(sizeof methods / sizeof methods[0] == WASI_HTTP_TYPES_METHOD_OTHER, "in WIT order");

bool wy_wasi_http_method_text(const wasi_http_types_method *method, wy_str *text_out) {
    *text_out = method->tag < WASI_HTTP_TYPES_METHOD_OTHER ? methods[method->tag] : method->other;
    return wy_http_token_valid(*text_out);
}

wasi_http_types_method wy_wasi_http_method(wy_str text) {
    for (unsigned i = 0; i < WASI_HTTP_TYPES_METHOD_OTHER; i++)
        if (wy_str_eq(text, methods[i])) return (wasi_http_types_method){.tag = (uint8_t)i};
    return (wasi_http_types_method){.tag = WASI_HTTP_TYPES_METHOD_OTHER, .other = text};
}

/* --- future-incoming-response --- */

static void on_call_changed(void *data) {
    wy_io_source_wake(data);
}

static bool future_ready(wy_io_source *source) {
    return wy_http_call_done(((http_response_future *)source)->call);
}

static void future_free(own wy_io_source *source) {
    http_response_future *future = (http_response_future *)source;
    wy_http_call_free(future->call);
    free(future);
}

static const wy_io_source_ops future_ops = {.ready = future_ready, .free = future_free};

void wy_wasi_http_drop_response_future(void *object) {
    http_response_future *future = object;
    wy_io_source_release(&future->source);
}

WY_WASI_HTTP_FUNC(future_incoming_response_subscribe) {
    (void)call;
    http_response_future *future = (http_response_future *)args->self;
    *result = (wy_handle)wy_pollable_new(&future->source);
    return *result ? NULL : wy_wasi_http_no_memory();
}

WY_WASI_HTTP_FUNC(future_incoming_response_get) {
    (void)call;
    http_response_future *future = (http_response_future *)args->self;
    memset(result, 0, sizeof *result);
    if (!future_ready(&future->source)) return NULL;
    result->is_some = true;
    result->some.is_err = future->taken;
    if (future->taken) return NULL;
    future->taken = true;
    wy_http_error error;
    const char *text;
    wy_http_incoming *message = wy_http_call_response(future->call, &error, &text);
    if (!message) {
        result->some.ok.is_err = true;
        result->some.ok.err = wy_wasi_http_error_code(error, text);
        if (error == WY_HTTP_TLS_ALERT_RECEIVED)
            result->some.ok.err.tls_alert_received.alert_id =
                (wit_option_u8){true, wy_http_call_alert(future->call)};
        return NULL;
    }
    http_response *response = wy_arena_calloc(&message->arena, 1, sizeof *response);
    if (!response) return wy_wasi_http_no_memory();
    response->message = message;
    wy_http_incoming_retain(message);
    result->some.ok.ok = (wy_handle)response;
    return NULL;
}

/* --- outgoing-handler --- */

typedef struct destination {
    wy_str scheme, host, authority, target, method;
    uint16_t port;
    bool tls;
} destination;

/* RFC 3986 3.2; userinfo is refused. */
static bool split_authority(wy_str authority, destination *to) {
    wy_str port = {0};
    if (wy_str_find(authority, '@') < authority.len) return false;
    if (authority.len && authority.ptr[0] == '[') {
        size_t end = wy_str_find(authority, ']');
        if (end == authority.len) return false;
        to->host = wy_str_sub(authority, 1, end);
        if (end + 1 < authority.len) {
            if (authority.ptr[end + 1] != ':') return false;
            port = wy_str_sub(authority, end + 2, authority.len);
        }
    } else {
        size_t colon = wy_str_find(authority, ':');
        to->host = wy_str_sub(authority, 0, colon);
        if (colon < authority.len) port = wy_str_sub(authority, colon + 1, authority.len);
    }
    uint64_t number = wy_str_eq_nocase(to->scheme, WY_STR("https")) ? 443 : 80;
    if (port.len && !wy_str_to_u64(port, UINT16_MAX, &number)) return false;
    to->port = (uint16_t)number;
    to->authority = authority;
    return to->host.len > 0 && number > 0;
}

/* False: *error and *text say why the request cannot be made. */
static bool check_request(const http_out_message *request, const wy_wasi_http_settings *settings,
                          destination *to, wy_http_error *error, const char **text) {
    *text = NULL;
    *to = (destination){.scheme = request->scheme.ptr ? request->scheme : WY_STR("https"),
                        .method = request->method.ptr ? request->method : WY_STR("GET"),
                        .target = request->path_with_query};
    if (to->target.len == 0) to->target = WY_STR("/");
    *error = WY_HTTP_REQUEST_URI_INVALID;
    const wy_http_policy *policy = settings ? settings->policy : NULL;
    wy_str authority = request->authority;
    if (!authority.ptr && policy && policy->inside) {
        authority = WY_STR("self");
        to->scheme = WY_STR("http");
    }
    if (!authority.ptr || !split_authority(authority, to)) return false;
    *error = WY_HTTP_REQUEST_DENIED;
    if (!settings || !settings->client) return false;
    if (policy && policy->allow && !policy->allow(policy->data, to->scheme, to->host, to->port))
        return false;
    *error = WY_HTTP_INTERNAL_ERROR;
    to->tls = wy_str_eq_nocase(to->scheme, WY_STR("https"));
    if (!to->tls && !wy_str_eq_nocase(to->scheme, WY_STR("http")))
        *text = "only the schemes http and https are known";
    else if (wy_str_eq(to->method, WY_STR("CONNECT")))
        *text = "CONNECT is not supported";
    return *text == NULL;
}

static uint32_t timeout_ms(wit_option_u64 duration_ns) {
    if (!duration_ns.is_some) return 0;
    uint64_t ms = duration_ns.some / 1000000;
    return ms == 0 ? 1 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static bool is_idempotent(wy_str method) {
    static const wy_str list[] = {{"GET", 3},    {"HEAD", 4},    {"PUT", 3},
                                  {"DELETE", 6}, {"OPTIONS", 7}, {"TRACE", 5}};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        if (wy_str_eq(method, list[i])) return true;
    return false;
}

/* Sends the message; NULL with *error set, or without memory. */
static own wy_http_call *start_call(http_out_message *request, const destination *to,
                                    const http_options *options,
                                    const wy_wasi_http_settings *settings,
                                    http_response_future *future, wy_http_error *error) {
    bool has_body = request->writer != NULL;
    wy_http_writer *writer = wy_wasi_http_message_writer(request);
    *error = WY_HTTP_INTERNAL_ERROR;
    if (!writer) return NULL;
    wy_err err = wy_http_writer_request(writer, to->method, to->target, to->authority,
                                        &request->fields->list);
    if (!err && !has_body) err = wy_http_writer_finish(writer, NULL);
    if (err && err != WY_CLOSED) {
        *error = err == WY_INVALID ? WY_HTTP_PROTOCOL_ERROR : WY_HTTP_REQUEST_HEADER_SECTION_SIZE;
        return NULL;
    }
    wy_http_call_config config = {
        .host = to->host,
        .port = to->port,
        .tls = to->tls,
        .head_only = wy_str_eq(to->method, WY_STR("HEAD")),
        .idempotent = is_idempotent(to->method),
        .policy = settings->policy,
    };
    if (options) {
        config.connect_timeout_ms = timeout_ms(options->connect);
        config.first_byte_timeout_ms = timeout_ms(options->first_byte);
        config.between_bytes_timeout_ms = timeout_ms(options->between_bytes);
    }
    return wy_http_call_start(settings->client, &config, writer, on_call_changed, future);
}

static own wy_trap *handle(wy_call *call, const wasi_http_outgoing_handler_handle_args *args,
                           wasi_http_outgoing_handler_handle_result *result) {
    const wy_wasi_http_settings *settings = wy_instance_settings(call->instance, WY_SLOT_WASI_HTTP);
    http_out_message *request = (http_out_message *)args->request;
    http_options *options = args->options.is_some ? (http_options *)args->options.some : NULL;
    http_response_future *future = calloc(1, sizeof *future);
    destination to;
    wy_http_error error = WY_HTTP_INTERNAL_ERROR;
    const char *text = "out of memory";
    if (future && check_request(request, settings, &to, &error, &text)) {
        wy_io_source_init(&future->source, &future_ops);
        future->call = start_call(request, &to, options, settings, future, &error);
    }
    result->is_err = !future || !future->call;
    if (result->is_err) {
        free(future);
        result->err = wy_wasi_http_error_code(error, text);
        if (request->writer) wy_http_writer_fail(request->writer, error);
    } else {
        result->ok = (wy_handle)future;
    }
    wy_wasi_http_drop_outgoing_message(request);
    free(options);
    return NULL;
}

static const wasi_http_outgoing_handler_ops handler_ops = {.handle = handle};

const wy_interface wy_interface_wasi_http_outgoing_handler = {&wasi_http_outgoing_handler_interface,
                                                              &handler_ops};
