// One route for each way in which a guest can go wrong or be slow, and a few that show what the
// host gives it.
#include "guest.h"
#include <stdlib.h>

typedef void route(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                   outparam out);

static volatile int zero;
static volatile uint32_t sink;

// -- Faults: none of these answers.

__attribute__((noinline)) static void fault_loop(void) {
    for (;;) {
        sink++;
    }
}

// Its frames hold nothing in linear memory: what runs out is the call stack.
__attribute__((noinline)) static uint32_t deeper(uint32_t depth) {
    uint32_t below = zero == 0 ? deeper(depth + 1) : 0;
    sink = below;
    return below + depth;
}

// Fills page after page; past what the host allows the growth fails and the guest says so by
// trapping.
__attribute__((noinline)) static void fault_grow(void) {
    for (;;) {
        if (__builtin_wasm_memory_grow(0, 16) == (size_t)-1) {
            __builtin_trap();
        }
        size_t end = __builtin_wasm_memory_size(0) * 65536;
        for (size_t i = end - 16 * 65536; i < end; i += 4096) {
            *(volatile uint8_t *)i = 1;
        }
    }
}

__attribute__((noinline)) static void fault_handles(void) {
    for (;;) {
        wasi_http_types_constructor_fields();
    }
}

static void run_loop(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                     outparam out) {
    (void)path, (void)request, (void)out;
    fault_loop();
}

static void run_recurse(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                        outparam out) {
    (void)path, (void)request, (void)out;
    sink = deeper((uint32_t)zero);
}

static void run_grow(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                     outparam out) {
    (void)path, (void)request, (void)out;
    fault_grow();
}

static void run_handles(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                        outparam out) {
    (void)path, (void)request, (void)out;
    fault_handles();
}

__attribute__((noinline)) static void fault_trap(void) {
    __builtin_trap();
}

static void run_trap(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                     outparam out) {
    (void)path, (void)request, (void)out;
    fault_trap();
}

static void run_divide(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                       outparam out) {
    (void)path, (void)request, (void)out;
    sink = (uint32_t)(7 / zero);
}

static void run_bounds(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                       outparam out) {
    (void)path, (void)request, (void)out;
    sink = *(volatile uint32_t *)0xfffffff0u;
}

static void run_noresponse(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                           outparam out) {
    (void)path, (void)request, (void)out;
}

// Uses a handle that it has dropped.
static void run_handle(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                       outparam out) {
    (void)path, (void)request, (void)out;
    fields gone = fields_new();
    wasi_http_types_fields_drop_own(gone);
    fields_add(gone, "x", text("y"));
}

// Drops a parent before its child, or gives it away: /child?of=PARENT. Where the host lets that
// pass the answer is 200.
static void drop_request(guest_string_t path, wasi_http_types_borrow_incoming_request_t request) {
    (void)path;
    wasi_http_types_method_incoming_request_headers(request);
    wasi_http_types_incoming_request_drop_own(
        (wasi_http_types_own_incoming_request_t){request.__handle});
}

static void drop_incoming_body(guest_string_t path,
                               wasi_http_types_borrow_incoming_request_t request) {
    wasi_http_types_own_incoming_body_t body;
    wasi_http_types_own_input_stream_t stream;
    wasi_http_types_method_incoming_request_consume(request, &body);
    wasi_http_types_method_incoming_body_stream(
        (wasi_http_types_borrow_incoming_body_t){body.__handle}, &stream);
    if (query_number(path, "finish", 0) == 1) {
        wasi_http_types_static_incoming_body_finish(body);
    } else {
        wasi_http_types_incoming_body_drop_own(body);
    }
}

static void drop_outgoing_request(guest_string_t path,
                                  wasi_http_types_borrow_incoming_request_t request) {
    (void)request;
    wasi_http_types_own_outgoing_request_t out =
        wasi_http_types_constructor_outgoing_request(fields_new());
    wasi_http_types_method_outgoing_request_headers(
        (wasi_http_types_borrow_outgoing_request_t){out.__handle});
    if (query_number(path, "send", 0) == 1) {
        wasi_http_outgoing_handler_own_future_incoming_response_t future;
        wasi_http_outgoing_handler_error_code_t error;
        wasi_http_outgoing_handler_handle(out, NULL, &future, &error);
    } else {
        wasi_http_types_outgoing_request_drop_own(out);
    }
}

static void drop_outgoing_response(guest_string_t path,
                                   wasi_http_types_borrow_incoming_request_t request) {
    (void)path, (void)request;
    wasi_http_types_own_outgoing_response_t out =
        wasi_http_types_constructor_outgoing_response(fields_new());
    wasi_http_types_method_outgoing_response_headers(
        (wasi_http_types_borrow_outgoing_response_t){out.__handle});
    wasi_http_types_outgoing_response_drop_own(out);
}

static void drop_outgoing_body(guest_string_t path,
                               wasi_http_types_borrow_incoming_request_t request) {
    (void)request;
    wasi_http_types_own_outgoing_response_t out =
        wasi_http_types_constructor_outgoing_response(fields_new());
    wasi_http_types_own_outgoing_body_t body;
    wasi_http_types_own_output_stream_t stream;
    wasi_http_types_method_outgoing_response_body(
        (wasi_http_types_borrow_outgoing_response_t){out.__handle}, &body);
    wasi_http_types_method_outgoing_body_write(
        (wasi_http_types_borrow_outgoing_body_t){body.__handle}, &stream);
    if (query_number(path, "finish", 0) == 1) {
        wasi_http_types_error_code_t error;
        wasi_http_types_static_outgoing_body_finish(body, NULL, &error);
    } else {
        wasi_http_types_outgoing_body_drop_own(body);
    }
}

static void drop_stream(guest_string_t path, wasi_http_types_borrow_incoming_request_t request) {
    (void)path, (void)request;
    wasi_io_streams_own_output_stream_t stream = wasi_cli_stderr_get_stderr();
    wasi_io_poll_own_pollable_t pollable = wasi_io_streams_method_output_stream_subscribe(
        (wasi_io_streams_borrow_output_stream_t){stream.__handle});
    wasi_io_streams_output_stream_drop_own(stream);
    wasi_io_poll_method_pollable_ready((wasi_io_poll_borrow_pollable_t){pollable.__handle});
    wasi_io_poll_pollable_drop_own(pollable);
}

static void run_child(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                      outparam out) {
    static const struct {
        const char *name;
        void (*drop)(guest_string_t path, wasi_http_types_borrow_incoming_request_t request);
    } parents[] = {
        {"request", drop_request},
        {"incoming-body", drop_incoming_body},
        {"outgoing-request", drop_outgoing_request},
        {"outgoing-response", drop_outgoing_response},
        {"outgoing-body", drop_outgoing_body},
        {"stream", drop_stream},
    };
    guest_string_t of = {0};
    query(path, "of", &of);
    if (equal(of, "answer")) {
        wasi_http_types_result_own_outgoing_response_error_code_t result = {
            .val.ok = wasi_http_types_constructor_outgoing_response(fields_new())};
        wasi_http_types_method_outgoing_response_headers(
            (wasi_http_types_borrow_outgoing_response_t){result.val.ok.__handle});
        wasi_http_types_static_response_outparam_set(out, &result);
        return;
    }
    for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
        if (equal(of, parents[i].name)) {
            parents[i].drop(path, request);
        }
    }
    reply(out, 200, "dropped\n");
}

// Answers with an error code in place of a response.
static void run_error(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                      outparam out) {
    (void)path, (void)request;
    wasi_http_types_result_own_outgoing_response_error_code_t result = {
        .is_err = true,
        .val.err = {.tag = WASI_HTTP_TYPES_ERROR_CODE_INTERNAL_ERROR,
                    .val.internal_error = {.is_some = true, .val = text("on purpose")}}};
    wasi_http_types_static_response_outparam_set(out, &result);
}

// Begins a response and traps in the middle of it.
static void run_partial(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                        outparam out) {
    (void)path, (void)request;
    response to = respond_text(out, 200);
    write_text(&to, "the first half\n");
    wasi_io_streams_stream_error_t error;
    wasi_io_streams_method_output_stream_blocking_flush(
        (wasi_io_streams_borrow_output_stream_t){to.stream.__handle}, &error);
    fault_trap();
}

// Says one length and writes another: /length?say=10&bytes=5
static void run_length(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                       outparam out) {
    (void)request;
    guest_string_t say = text("10");
    query(path, "say", &say);
    fields headers = fields_new();
    fields_add(headers, "content-length", say);
    response to = respond(out, 200, headers);
    for (uint64_t n = query_number(path, "bytes", 5); n > 0; n--) {
        write_text(&to, "x");
    }
    finish(&to);
}

// Answers at once, then goes on: /after?ms=N sleeps, /after?loop=1 never ends.
static void sleep_ms(uint64_t ms) {
    wasi_io_poll_own_pollable_t timer =
        wasi_clocks_monotonic_clock_subscribe_duration(ms * 1000000);
    wasi_io_poll_borrow_pollable_t borrowed = {timer.__handle};
    wasi_io_poll_list_borrow_pollable_t list = {.ptr = &borrowed, .len = 1};
    guest_list_u32_t which;
    wasi_io_poll_poll(&list, &which);
    guest_list_u32_free(&which);
    wasi_io_poll_pollable_drop_own(timer);
}

static void run_after(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                      outparam out) {
    (void)request;
    reply(out, 200, "answered\n");
    if (query_number(path, "loop", 0) == 1) {
        fault_loop();
    }
    sleep_ms(query_number(path, "ms", 100));
    wasi_cli_stderr_own_output_stream_t stream = wasi_cli_stderr_get_stderr();
    guest_string_t line = text("after the answer\n");
    guest_list_u8_t bytes = {.ptr = line.ptr, .len = line.len};
    wasi_io_streams_stream_error_t error;
    wasi_io_streams_method_output_stream_blocking_write_and_flush(
        (wasi_io_streams_borrow_output_stream_t){stream.__handle}, &bytes, &error);
    wasi_io_streams_output_stream_drop_own(stream);
}

// -- Not faults: what the host gives.

static void run_sleep(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                      outparam out) {
    (void)request;
    uint64_t begin = wasi_clocks_monotonic_clock_now();
    sleep_ms(query_number(path, "ms", 100));
    uint64_t end = wasi_clocks_monotonic_clock_now();
    response to = respond_text(out, 200);
    write_text(&to, "slept ");
    write_number(&to, (int64_t)((end - begin) / 1000000));
    write_text(&to, " ms\n");
    finish(&to);
}

// Writes N bytes, a digit pattern of period 10, in pieces of 16 KiB: /big?bytes=N&pause=MS
static void run_big(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                    outparam out) {
    (void)request;
    static uint8_t piece[16000];
    for (size_t i = 0; i < sizeof piece; i++) {
        piece[i] = (uint8_t)('0' + i % 10);
    }
    uint64_t left = query_number(path, "bytes", 1000000);
    uint64_t pause = query_number(path, "pause", 0);
    response to = respond_text(out, 200);
    while (left > 0 && !to.failed) {
        size_t len = left < sizeof piece ? (size_t)left : sizeof piece;
        write_bytes(&to, piece, len);
        left -= len;
        if (pause > 0) {
            sleep_ms(pause);
        }
    }
    finish(&to);
}

static void run_status(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                       outparam out) {
    (void)request;
    reply(out, (uint16_t)query_number(path, "code", 418), "as asked\n");
}

static void write_quoted(response *to, guest_string_t s) {
    static const char hex[] = "0123456789abcdef";
    write_text(to, "\"");
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];
        char escape[7] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15], 0};
        if (c < 32 || c == '"' || c == '\\' || c == 127) {
            write_text(to, escape);
        } else {
            write_bytes(to, s.ptr + i, 1);
        }
    }
    write_text(to, "\"");
}

static void write_pair(response *to, const char *name, guest_string_t value) {
    write_text(to, "[");
    write_quoted(to, text(name));
    write_text(to, ", ");
    write_quoted(to, value);
    write_text(to, "]\n");
}

// The request as JSON lines: method, scheme, authority, path, then each header as it came.
static void run_headers(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                        outparam out) {
    static const char *const methods[] = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                          "CONNECT", "OPTIONS", "TRACE", "PATCH", "other"};
    response to = respond_text(out, 200);
    wasi_http_types_method_t method;
    wasi_http_types_method_incoming_request_method(request, &method);
    write_pair(&to, ":method",
               method.tag == WASI_HTTP_TYPES_METHOD_OTHER ? method.val.other
                                                          : text(methods[method.tag]));
    wasi_http_types_scheme_t scheme;
    if (wasi_http_types_method_incoming_request_scheme(request, &scheme)) {
        write_pair(&to, ":scheme",
                   text(scheme.tag == WASI_HTTP_TYPES_SCHEME_HTTP ? "http" : "https"));
    }
    guest_string_t authority;
    if (wasi_http_types_method_incoming_request_authority(request, &authority)) {
        write_pair(&to, ":authority", authority);
    }
    write_pair(&to, ":path", path);
    fields headers = wasi_http_types_method_incoming_request_headers(request);
    wasi_http_types_list_tuple2_field_key_field_value_t list;
    wasi_http_types_method_fields_entries((wasi_http_types_borrow_fields_t){headers.__handle},
                                          &list);
    for (size_t i = 0; i < list.len; i++) {
        write_text(&to, "[");
        write_quoted(&to, list.ptr[i].f0);
        write_text(&to, ", ");
        write_quoted(&to, (guest_string_t){list.ptr[i].f1.ptr, list.ptr[i].f1.len});
        write_text(&to, "]\n");
    }
    wasi_http_types_list_tuple2_field_key_field_value_free(&list);
    wasi_http_types_fields_drop_own(headers);
    finish(&to);
}

static void run_env(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                    outparam out) {
    (void)path, (void)request;
    response to = respond_text(out, 200);
    guest_list_tuple2_string_string_t list;
    wasi_cli_environment_get_environment(&list);
    for (size_t i = 0; i < list.len; i++) {
        write_string(&to, list.ptr[i].f0);
        write_text(&to, "=");
        write_string(&to, list.ptr[i].f1);
        write_text(&to, "\n");
    }
    guest_list_tuple2_string_string_free(&list);
    finish(&to);
}

// Writes `text` to the guest's standard output and error: /log?text=...
static void run_log(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                    outparam out) {
    (void)request;
    guest_string_t what = text("hello");
    query(path, "text", &what);
    wasi_io_streams_own_output_stream_t streams[] = {wasi_cli_stdout_get_stdout(),
                                                     wasi_cli_stderr_get_stderr()};
    const char *names[] = {"out: ", "err: "};
    for (size_t i = 0; i < 2; i++) {
        wasi_io_streams_borrow_output_stream_t to = {streams[i].__handle};
        guest_string_t parts[] = {text(names[i]), what, text("\n")};
        for (size_t part = 0; part < 3; part++) {
            guest_list_u8_t bytes = {.ptr = parts[part].ptr, .len = parts[part].len};
            wasi_io_streams_stream_error_t error;
            wasi_io_streams_method_output_stream_blocking_write_and_flush(to, &bytes, &error);
        }
        wasi_io_streams_output_stream_drop_own(streams[i]);
    }
    reply(out, 200, "logged\n");
}

static void run_random(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                       outparam out) {
    guest_list_u8_t bytes;
    (void)request;
    wasi_random_random_get_random_bytes(query_number(path, "bytes", 16), &bytes);
    fields headers = fields_new();
    fields_add(headers, "content-type", text("application/octet-stream"));
    response to = respond(out, 200, headers);
    write_bytes(&to, bytes.ptr, bytes.len);
    guest_list_u8_free(&bytes);
    finish(&to);
}

static void run_clock(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                      outparam out) {
    (void)path, (void)request;
    wasi_clocks_wall_clock_datetime_t now;
    wasi_clocks_wall_clock_now(&now);
    response to = respond_text(out, 200);
    write_number(&to, (int64_t)now.seconds);
    write_text(&to, "\n");
    finish(&to);
}

// How often this instance has been called: always 1 when each request has a fresh one.
static void run_calls(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                      outparam out) {
    static int64_t calls;
    (void)path, (void)request;
    response to = respond_text(out, 200);
    write_number(&to, ++calls);
    write_text(&to, "\n");
    finish(&to);
}

static void run_help(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                     outparam out);

static const struct {
    const char *path;
    route *run;
} routes[] = {
    {"/loop", run_loop},     {"/recurse", run_recurse},       {"/grow", run_grow},
    {"/trap", run_trap},     {"/divide", run_divide},         {"/bounds", run_bounds},
    {"/error", run_error},   {"/noresponse", run_noresponse}, {"/partial", run_partial},
    {"/length", run_length}, {"/handles", run_handles},       {"/handle", run_handle},
    {"/after", run_after},   {"/sleep", run_sleep},           {"/big", run_big},
    {"/status", run_status}, {"/headers", run_headers},       {"/env", run_env},
    {"/log", run_log},       {"/random", run_random},         {"/clock", run_clock},
    {"/calls", run_calls},   {"/child", run_child},           {"/", run_help},
};

static void run_help(guest_string_t path, wasi_http_types_borrow_incoming_request_t request,
                     outparam out) {
    (void)request;
    bool known = equal(path, "/");
    response to = respond_text(out, known ? 200 : 404);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        write_text(&to, routes[i].path);
        write_text(&to, "\n");
    }
    finish(&to);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_borrow_incoming_request_t borrowed = {request.__handle};
    guest_string_t path = request_path(borrowed);
    size_t i = 0;
    while (!starts_with(path, routes[i].path)) {
        i++;
    }
    routes[i].run(path, borrowed, out);
}
