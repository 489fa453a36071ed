// A file server: answers GET and HEAD with the file at the request's path below the folder that the
// manifest mounts.
#include "gen/site.h"
#include <string.h>

typedef wasi_http_types_own_response_outparam_t outparam;
typedef wasi_filesystem_types_borrow_descriptor_t folder;

static site_string_t text(const char *s) {
    return (site_string_t){.ptr = (uint8_t *)s, .len = strlen(s)};
}

static bool ends_with(site_string_t s, const char *end) {
    size_t len = strlen(end);
    return s.len >= len && memcmp(s.ptr + s.len - len, end, len) == 0;
}

static const char *type_of(site_string_t path) {
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css"},
        {".js", "text/javascript"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".txt", "text/plain; charset=utf-8"},
        {".ico", "image/x-icon"},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (ends_with(path, types[i][0])) {
            return types[i][1];
        }
    }
    return "application/octet-stream";
}

// Hands over the response's head and opens its body.
static wasi_http_types_own_outgoing_body_t begin(outparam out, uint16_t status, const char *type) {
    wasi_http_types_own_fields_t headers = wasi_http_types_constructor_fields();
    site_string_t name = text("content-type");
    wasi_http_types_field_value_t value = {.ptr = (uint8_t *)type, .len = strlen(type)};
    wasi_http_types_header_error_t error;
    wasi_http_types_method_fields_append((wasi_http_types_borrow_fields_t){headers.__handle}, &name,
                                         &value, &error);
    wasi_http_types_own_outgoing_response_t response =
        wasi_http_types_constructor_outgoing_response(headers);
    wasi_http_types_borrow_outgoing_response_t self = {response.__handle};
    wasi_http_types_method_outgoing_response_set_status_code(self, status);
    wasi_http_types_own_outgoing_body_t body;
    wasi_http_types_method_outgoing_response_body(self, &body);
    wasi_http_types_result_own_outgoing_response_error_code_t result = {.val.ok = response};
    wasi_http_types_static_response_outparam_set(out, &result);
    return body;
}

static void refuse(outparam out, uint16_t status, const char *why) {
    wasi_http_types_own_outgoing_body_t body = begin(out, status, "text/plain");
    wasi_io_streams_own_output_stream_t stream;
    wasi_http_types_method_outgoing_body_write(
        (wasi_http_types_borrow_outgoing_body_t){body.__handle}, &stream);
    site_list_u8_t bytes = {.ptr = (uint8_t *)why, .len = strlen(why)};
    wasi_io_streams_stream_error_t error;
    wasi_io_streams_method_output_stream_blocking_write_and_flush(
        (wasi_io_streams_borrow_output_stream_t){stream.__handle}, &bytes, &error);
    wasi_io_streams_output_stream_drop_own(stream);
    wasi_http_types_error_code_t code;
    wasi_http_types_static_outgoing_body_finish(body, NULL, &code);
}

// Opens the file at `path` below the first mounted folder, for reading from its start.
static bool open_file(site_string_t path, wasi_io_streams_own_input_stream_t *stream) {
    wasi_filesystem_preopens_list_tuple2_own_descriptor_string_t mounted;
    wasi_filesystem_preopens_get_directories(&mounted);
    wasi_filesystem_types_own_descriptor_t file;
    wasi_filesystem_types_error_code_t error;
    wasi_filesystem_types_descriptor_stat_t about;
    return mounted.len > 0 &&
           wasi_filesystem_types_method_descriptor_open_at(
               (folder){mounted.ptr[0].f0.__handle},
               WASI_FILESYSTEM_TYPES_PATH_FLAGS_SYMLINK_FOLLOW, &path, 0,
               WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_READ, &file, &error) &&
           wasi_filesystem_types_method_descriptor_stat((folder){file.__handle}, &about, &error) &&
           about.type == WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_REGULAR_FILE &&
           wasi_filesystem_types_method_descriptor_read_via_stream((folder){file.__handle}, 0,
                                                                   stream, &error);
}

static void send(wasi_io_streams_own_input_stream_t from,
                 wasi_http_types_own_outgoing_body_t body) {
    wasi_io_streams_own_output_stream_t to;
    wasi_http_types_method_outgoing_body_write(
        (wasi_http_types_borrow_outgoing_body_t){body.__handle}, &to);
    wasi_io_streams_stream_error_t error;
    uint64_t moved;
    while (wasi_io_streams_method_output_stream_blocking_splice(
        (wasi_io_streams_borrow_output_stream_t){to.__handle},
        (wasi_io_streams_borrow_input_stream_t){from.__handle}, 65536, &moved, &error)) {
    }
    wasi_io_streams_method_output_stream_blocking_flush(
        (wasi_io_streams_borrow_output_stream_t){to.__handle}, &error);
    wasi_io_streams_input_stream_drop_own(from);
    wasi_io_streams_output_stream_drop_own(to);
    wasi_http_types_error_code_t code;
    wasi_http_types_static_outgoing_body_finish(body, NULL, &code);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_borrow_incoming_request_t self = {request.__handle};
    wasi_http_types_method_t method;
    wasi_http_types_method_incoming_request_method(self, &method);
    if (method.tag != WASI_HTTP_TYPES_METHOD_GET && method.tag != WASI_HTTP_TYPES_METHOD_HEAD) {
        refuse(out, 405, "use GET or HEAD\n");
        return;
    }
    site_string_t path;
    if (!wasi_http_types_method_incoming_request_path_with_query(self, &path)) {
        path = text("/");
    }
    uint8_t *query = memchr(path.ptr, '?', path.len);
    path.len = query != NULL ? (size_t)(query - path.ptr) : path.len;
    while (path.len > 0 && path.ptr[0] == '/') {
        path.ptr++;
        path.len--;
    }
    if (path.len == 0) {
        path = text("index.html");
    }
    wasi_io_streams_own_input_stream_t stream;
    if (!open_file(path, &stream)) {
        refuse(out, 404, "no such page\n");
        return;
    }
    send(stream, begin(out, 200, type_of(path)));
}
