/* Writer: serialises the head when it is given, frames the body when it is known how long it is. */
#include "capability/http/writer.h"

#include "base/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define JOIN_MAX ((size_t)16 << 10) /* held back at most before the head goes out */
#define NO_LENGTH UINT64_MAX

struct wy_http_writer {
    uint32_t refs;
    uint16_t status; /* 0: a request */
    bool has_head;   /* the head was given */
    bool head_sent;
    bool has_date, user_framed; /* the head names date / content-length itself */
    bool bodiless_method;       /* a request whose method usually has no body */
    bool chunked;               /* decided when the head is sent */
    bool flushed;               /* the producer flushed what waits */
    bool finished;              /* the producer is done */
    bool done;                  /* nothing more will be sent */
    bool whole; /* it went out in one write; the buffers hold it, with these lengths */
    size_t whole_head, whole_body;
    bool failed;
    wy_http_error error;
    uint64_t length, written; /* content-length or NO_LENGTH; bytes of body so far */
    wy_buf head, body;        /* not sent yet */
    wy_buf trailers;          /* lines, without the empty one */
    wy_stream *stream;        /* NULL: no connection (yet, any more) */
    wy_http_way way;
    const wy_http_carrier *carrier;
    void *connection;
    void (*on_changed)(void *data);
    void *data;
};

own wy_http_writer *wy_http_writer_new(void) {
    wy_http_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return NULL;
    writer->refs = 1;
    writer->length = NO_LENGTH;
    wy_buf_init(&writer->head, WY_MAX_HTTP_HEADER_BYTES + 1024);
    wy_buf_init(&writer->body, WY_MAX_HTTP_BODY_BUFFER + WY_STREAM_WRITE_PERMIT);
    wy_buf_init(&writer->trailers, WY_MAX_HTTP_HEADER_BYTES);
    return writer;
}

void wy_http_writer_retain(wy_http_writer *writer) {
    writer->refs++;
}

void wy_http_writer_release(own wy_http_writer *writer) {
    if (!writer || --writer->refs) return;
    wy_buf_deinit(&writer->head);
    wy_buf_deinit(&writer->body);
    wy_buf_deinit(&writer->trailers);
    free(writer);
}

/* --- head --- */

static void field_line(wy_buf *buf, wy_str name, wy_str value) {
    size_t len = name.len + value.len + 4;
    if (!wy_buf_reserve(buf, len)) return;
    char *at = buf->ptr + buf->len;
    memcpy(at, name.ptr, name.len);
    at += name.len;
    *at++ = ':';
    *at++ = ' ';
    if (value.len) memcpy(at, value.ptr, value.len);
    at += value.len;
    *at++ = '\r';
    *at++ = '\n';
    *at = '\0';
    buf->len += len;
}

static wy_err add_fields(wy_http_writer *writer, const wy_http_fields *fields) {
    for (uint32_t i = 0; i < fields->count; i++) {
        wy_str name = fields->items[i].name, value = fields->items[i].value;
        if (name.len == 4 && wy_str_eq_nocase(name, WY_STR("date"))) {
            writer->has_date = true;
        } else if (name.len == 14 && wy_str_eq_nocase(name, WY_STR("content-length"))) {
            uint64_t length;
            if (!wy_str_to_u64(value, INT64_MAX, &length)) return WY_INVALID;
            if (writer->user_framed && writer->length != length) return WY_INVALID;
            if (writer->user_framed) continue;
            writer->user_framed = true;
            writer->length = length;
            if (writer->status == 204 || (writer->status >= 100 && writer->status < 200)) continue;
        } else if (wy_http_name_hop_by_hop(name) ||
                   (!writer->status && wy_str_eq_nocase(name, WY_STR("host")))) {
            continue;
        }
        field_line(&writer->head, name, value);
    }
    writer->has_head = true;
    return writer->head.failed ? WY_LIMIT : WY_OK;
}

wy_err wy_http_writer_response(wy_http_writer *writer, uint16_t status,
                               const wy_http_fields *fields) {
    wy_assert(!writer->has_head && status >= 100 && status <= 999);
    writer->status = status;
    if (!wy_buf_reserve(&writer->head, 480)) return WY_LIMIT;
    if (status == 200)
        wy_buf_str(&writer->head, WY_STR("HTTP/1.1 200 OK\r\n"));
    else
        wy_buf_printf(&writer->head, "HTTP/1.1 %u %s\r\n", status, wy_http_reason(status));
    return add_fields(writer, fields);
}

wy_err wy_http_writer_request(wy_http_writer *writer, wy_str method, wy_str target,
                              wy_str authority, const wy_http_fields *fields) {
    static const wy_str bodiless[] = {{"GET", 3},     {"HEAD", 4},  {"DELETE", 6},
                                      {"OPTIONS", 7}, {"TRACE", 5}, {"CONNECT", 7}};
    wy_assert(!writer->has_head && method.len && target.len);
    for (size_t i = 0; i < sizeof bodiless / sizeof bodiless[0]; i++)
        if (wy_str_eq(method, bodiless[i])) writer->bodiless_method = true;
    wy_buf_str(&writer->head, method);
    wy_buf_char(&writer->head, ' ');
    if (target.ptr[0] == '?') wy_buf_char(&writer->head, '/');
    wy_buf_str(&writer->head, target);
    wy_buf_str(&writer->head, WY_STR(" HTTP/1.1\r\n"));
    field_line(&writer->head, WY_STR("host"), authority);
    return add_fields(writer, fields);
}

void wy_http_writer_expect(wy_http_writer *writer, uint64_t content_length) {
    wy_assert(!writer->has_head);
    writer->length = content_length;
}

/* Whether the message has no body by its status (RFC 9112 6.3 rule 1). */
static bool status_bodiless(const wy_http_writer *writer) {
    return writer->status &&
           (writer->status < 200 || writer->status == 204 || writer->status == 304);
}

static bool drops_body(const wy_http_writer *writer) {
    return writer->way.head_only || status_bodiless(writer);
}

/* Adds the framing and the lines of the connection (RFC 9112 6.1, 6.2, 9.3). */
static void end_head(wy_http_writer *writer) {
    wy_buf *head = &writer->head;
    bool trailers = writer->trailers.len > 0;
    if (status_bodiless(writer) || writer->user_framed) {
        writer->chunked = false;
    } else if (writer->finished && (!trailers || writer->way.minor == 0)) {
        if (writer->status || writer->written || !writer->bodiless_method)
            wy_buf_printf(head, "content-length: %" PRIu64 "\r\n", writer->written);
    } else if (writer->way.minor == 0) {
        writer->way.keep_alive = false; /* the body ends where the connection does */
    } else {
        wy_buf_str(head, WY_STR("transfer-encoding: chunked\r\n"));
        writer->chunked = true;
    }
    if (writer->way.date.len && !writer->has_date)
        field_line(head, WY_STR("date"), writer->way.date);
    if (!writer->way.keep_alive)
        wy_buf_str(head, WY_STR("connection: close\r\n"));
    else if (writer->way.minor == 0)
        wy_buf_str(head, WY_STR("connection: keep-alive\r\n"));
    wy_buf_str(head, WY_STR("\r\n"));
}

/* --- sending --- */

static void settle(wy_http_writer *writer, bool complete) {
    const wy_http_carrier *carrier = writer->carrier;
    writer->done = true;
    writer->stream = NULL;
    writer->carrier = NULL;
    if (!carrier) return;
    carrier->on_finished(writer->connection, complete);
    wy_http_writer_release(writer);
}

static void fail(wy_http_writer *writer, wy_http_error error) {
    if (writer->done || writer->failed) return;
    writer->failed = true;
    writer->error = error;
    if (writer->on_changed) writer->on_changed(writer->data);
}

/* Sends head, what waits, and `bytes`, in one write. False: the stream failed. */
static bool emit(wy_http_writer *writer, wy_str bytes) {
    wy_str parts[5];
    unsigned count = 0;
    char size_line[24];
    if (!writer->head_sent) {
        end_head(writer);
        writer->head_sent = true;
    }
    if (drops_body(writer)) {
        bytes.len = 0;
        writer->body.len = 0;
    }
    if (writer->head.len) parts[count++] = wy_buf_view(&writer->head);
    writer->whole = writer->head.len && writer->finished && bytes.len == 0;
    writer->whole_head = writer->head.len;
    writer->whole_body = writer->body.len;
    size_t len = writer->body.len + bytes.len;
    bool chunk = writer->chunked && len && !drops_body(writer);
    if (chunk)
        parts[count++] =
            (wy_str){size_line, (size_t)snprintf(size_line, sizeof size_line, "%zx\r\n", len)};
    if (writer->body.len) parts[count++] = wy_buf_view(&writer->body);
    if (bytes.len) parts[count++] = bytes;
    bool last = writer->finished && writer->chunked && !drops_body(writer);
    if (last) {
        wy_buf tail = writer->trailers;
        writer->trailers = (wy_buf){.limit = WY_MAX_HTTP_HEADER_BYTES + 16};
        wy_buf_str(&writer->trailers, chunk ? WY_STR("\r\n0\r\n") : WY_STR("0\r\n"));
        wy_buf_str(&writer->trailers, wy_buf_view(&tail));
        wy_buf_str(&writer->trailers, WY_STR("\r\n"));
        wy_buf_deinit(&tail);
        parts[count++] = wy_buf_view(&writer->trailers);
    } else if (chunk) {
        parts[count++] = WY_STR("\r\n");
    }
    wy_err err = count ? wy_stream_write(writer->stream, parts, count) : WY_OK;
    writer->head.len = 0;
    writer->body.len = 0;
    return err == WY_OK && !writer->head.failed && !writer->trailers.failed;
}

static void send_all(wy_http_writer *writer, wy_str bytes) {
    bool sent = emit(writer, bytes);
    if (!sent) {
        fail(writer, WY_HTTP_CONNECTION_TERMINATED);
        settle(writer, false);
    } else if (writer->finished) {
        settle(writer, true);
    }
}

/* Sends what waited. A stream that takes all of it at once never says that it has drained. */
static void send_waiting(wy_http_writer *writer) {
    send_all(writer, (wy_str){0});
    if (!writer->done && writer->on_changed) writer->on_changed(writer->data);
}

/* --- the producer's side --- */

size_t wy_http_writer_permit(const wy_http_writer *writer) {
    if (writer->failed || writer->finished || writer->done) return 0;
    size_t queued = writer->body.len + (writer->stream ? wy_stream_queued(writer->stream) : 0);
    return queued < WY_MAX_HTTP_BODY_BUFFER ? WY_MAX_HTTP_BODY_BUFFER - queued : 0;
}

wy_err wy_http_writer_write(wy_http_writer *writer, wy_str bytes) {
    if (writer->failed || writer->finished || writer->done) return WY_CLOSED;
    if (writer->length != NO_LENGTH && bytes.len > writer->length - writer->written &&
        !drops_body(writer)) {
        wy_http_writer_abort(writer);
        return WY_INVALID;
    }
    writer->written += bytes.len;
    if (bytes.len == 0 || (drops_body(writer) && writer->has_head)) return WY_OK;
    bool hold = !writer->stream || (!writer->head_sent && writer->body.len + bytes.len <= JOIN_MAX);
    if (!hold) {
        send_all(writer, bytes);
        return writer->failed ? WY_CLOSED : WY_OK;
    }
    wy_buf_append(&writer->body, bytes.ptr, bytes.len);
    if (!writer->body.failed) return WY_OK;
    wy_http_writer_abort(writer);
    return WY_NOMEM;
}

void wy_http_writer_flush(wy_http_writer *writer) {
    writer->flushed = true; /* the connection will push in its next turn anyway */
}

wy_err wy_http_writer_finish(wy_http_writer *writer, const wy_http_fields *trailers) {
    if (writer->failed || writer->finished || writer->done) return WY_CLOSED;
    if (writer->length != NO_LENGTH && writer->written != writer->length && !drops_body(writer)) {
        wy_http_writer_abort(writer);
        return WY_INVALID;
    }
    for (uint32_t i = 0; trailers && i < trailers->count; i++) {
        wy_str name = trailers->items[i].name;
        if (!wy_http_name_forbidden(name) && !wy_str_eq_nocase(name, WY_STR("content-length")))
            field_line(&writer->trailers, name, trailers->items[i].value);
    }
    writer->finished = true;
    if (writer->stream) send_all(writer, (wy_str){0});
    return writer->failed ? WY_CLOSED : WY_OK;
}

void wy_http_writer_abort(wy_http_writer *writer) {
    if (writer->finished || writer->done || writer->failed) return;
    wy_http_writer_push_flushed(writer);
    if (writer->done) return;
    fail(writer, WY_HTTP_INTERNAL_ERROR);
    settle(writer, false);
}

void wy_http_writer_watch(wy_http_writer *writer, void (*on_changed)(void *data), void *data) {
    writer->on_changed = on_changed;
    writer->data = data;
}

uint64_t wy_http_writer_written(const wy_http_writer *writer) {
    return writer->written;
}

bool wy_http_writer_closed(const wy_http_writer *writer) {
    return writer->failed || writer->finished || writer->done;
}

bool wy_http_writer_failed(const wy_http_writer *writer, wy_http_error *error_out) {
    if (writer->failed && error_out) *error_out = writer->error;
    return writer->failed;
}

/* --- the connection's side --- */

void wy_http_writer_attach(wy_http_writer *writer, wy_stream *stream, const wy_http_way *way,
                           const wy_http_carrier *carrier, void *connection) {
    wy_assert(writer->has_head && !writer->carrier);
    writer->refs++;
    writer->stream = stream;
    writer->way = *way;
    writer->carrier = carrier;
    writer->connection = connection;
    if (writer->failed || writer->done)
        settle(writer, false);
    else if (writer->finished || writer->body.len > JOIN_MAX)
        send_waiting(writer);
    else
        carrier->on_flush(connection);
}

void wy_http_writer_detach(wy_http_writer *writer, wy_http_error error) {
    wy_assert(writer->carrier);
    writer->carrier = NULL;
    writer->stream = NULL;
    fail(writer, error);
    writer->done = true;
    wy_http_writer_release(writer);
}

void wy_http_writer_fail(wy_http_writer *writer, wy_http_error error) {
    wy_assert(!writer->carrier);
    fail(writer, error);
    writer->done = true;
}

void wy_http_writer_push(wy_http_writer *writer) {
    if (writer->stream && !writer->head_sent) send_waiting(writer);
}

bool wy_http_writer_replay(wy_http_writer *writer, wy_stream *stream) {
    if (!writer->whole || writer->chunked) return false;
    wy_str parts[2] = {{writer->head.ptr, writer->whole_head},
                       {writer->body.ptr, writer->whole_body}};
    return wy_stream_write(stream, parts, writer->whole_body ? 2 : 1) == WY_OK;
}

void wy_http_writer_push_flushed(wy_http_writer *writer) {
    if (writer->flushed) wy_http_writer_push(writer);
}

void wy_http_writer_drained(wy_http_writer *writer) {
    if (!writer->done && writer->on_changed) writer->on_changed(writer->data);
}

bool wy_http_writer_head_sent(const wy_http_writer *writer) {
    return writer->head_sent;
}

void wy_http_writer_set_keep_alive(wy_http_writer *writer, bool keep_alive) {
    if (!writer->head_sent) writer->way.keep_alive = keep_alive;
}

bool wy_http_writer_keep_alive(const wy_http_writer *writer) {
    return writer->way.keep_alive;
}

const char *wy_http_reason(uint16_t status) {
    static const struct {
        uint16_t status;
        const char *reason;
    } list[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {103, "Early Hints"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {203, "Non-Authoritative Information"},
        {204, "No Content"},
        {205, "Reset Content"},
        {206, "Partial Content"},
        {207, "Multi-Status"},
        {300, "Multiple Choices"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {418, "I'm a teapot"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {424, "Failed Dependency"},
        {425, "Too Early"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
        {508, "Loop Detected"},
        {511, "Network Authentication Required"},
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        if (list[i].status == status) return list[i].reason;
    return "";
}
