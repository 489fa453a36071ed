/* Reader: llhttp's callbacks collect the head into the message's arena, piece by piece. */
#include "capability/http/reader.h"

#include "base/limits.h"

#include <llhttp.h>
#include <stdlib.h>

#define HEAD_BLOCK ((size_t)1024)
#define ARENA_MAX (2 * WY_MAX_HTTP_HEADER_BYTES + WY_MAX_HTTP_HEADERS * 128 + ((size_t)16 << 10))

struct wy_http_reader {
    llhttp_t parser;
    wy_http_incoming *message;
    bool bodiless, begun, done;
    uint16_t status; /* 0, or what makes the message bad */
    const char *reason;
    wy_http_error error;
    /* A piece of the head is collected in [token, at) of a block that ends at `end`; names and
     * values that are complete never move. */
    char *token, *at, *end;
    wy_str name;
    /* Against the limits: pieces of the head, chunk extensions, all bytes before the head's end. */
    size_t head_bytes, extension_bytes, raw_bytes;
};

own wy_http_incoming *wy_http_incoming_new(bool is_response) {
    wy_http_incoming *message = calloc(1, sizeof *message);
    if (!message) return NULL;
    message->refs = 1;
    message->is_response = is_response;
    wy_arena_init(&message->arena, ARENA_MAX);
    wy_http_fields_init(&message->fields, &message->arena);
    wy_http_fields_init(&message->trailers, &message->arena);
    wy_http_body_init(&message->body);
    return message;
}

void wy_http_incoming_retain(wy_http_incoming *message) {
    message->refs++;
}

void wy_http_incoming_release(own wy_http_incoming *message) {
    if (!message || --message->refs) return;
    wy_http_body_deinit(&message->body);
    wy_arena_deinit(&message->arena);
    free(message);
}

static wy_http_reader *reader_of(llhttp_t *parser) {
    return parser->data;
}

static int bad(wy_http_reader *reader, uint16_t status, const char *reason, wy_http_error error) {
    if (!reader->status) {
        reader->status = status;
        reader->reason = reason;
        reader->error = error;
    }
    return HPE_USER;
}

static int too_large(wy_http_reader *reader) {
    return bad(reader, 431, "header section too large", WY_HTTP_RESPONSE_HEADER_SECTION_SIZE);
}

/* Appends to the piece that is being collected. */
static int collect(wy_http_reader *reader, const char *bytes, size_t len) {
    if (len > (size_t)(reader->end - reader->at)) {
        size_t held = (size_t)(reader->at - reader->token);
        size_t size = (held + len) * 2 > HEAD_BLOCK ? (held + len) * 2 : HEAD_BLOCK;
        char *block = wy_arena_alloc_aligned(&reader->message->arena, size, 1);
        if (!block) return too_large(reader);
        if (held) memcpy(block, reader->token, held);
        reader->token = block;
        reader->at = block + held;
        reader->end = block + size;
    }
    memcpy(reader->at, bytes, len);
    reader->at += len;
    reader->head_bytes += len;
    return reader->head_bytes > WY_MAX_HTTP_HEADER_BYTES ? too_large(reader) : HPE_OK;
}

static wy_str collected(wy_http_reader *reader) {
    wy_str piece = {reader->token, (size_t)(reader->at - reader->token)};
    reader->token = reader->at;
    return piece;
}

static int on_message_begin(llhttp_t *parser) {
    reader_of(parser)->begun = true;
    return HPE_OK;
}

static int on_url(llhttp_t *parser, const char *bytes, size_t len) {
    wy_http_reader *reader = reader_of(parser);
    if (reader->head_bytes + len > WY_MAX_HTTP_HEADER_BYTES)
        return bad(reader, 414, "request target too long", WY_HTTP_REQUEST_URI_TOO_LONG);
    return collect(reader, bytes, len);
}

static int on_url_complete(llhttp_t *parser) {
    wy_http_reader *reader = reader_of(parser);
    reader->message->target = collected(reader);
    return HPE_OK;
}

static int on_name(llhttp_t *parser, const char *bytes, size_t len) {
    wy_http_reader *reader = reader_of(parser);
    int err = collect(reader, bytes, len);
    if (err) return err;
    for (char *c = reader->at - len; c < reader->at; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
    return HPE_OK;
}

static int on_name_complete(llhttp_t *parser) {
    wy_http_reader *reader = reader_of(parser);
    reader->name = collected(reader);
    return HPE_OK;
}

static int on_value(llhttp_t *parser, const char *bytes, size_t len) {
    return collect(reader_of(parser), bytes, len);
}

static int on_value_complete(llhttp_t *parser) {
    wy_http_reader *reader = reader_of(parser);
    wy_http_incoming *message = reader->message;
    wy_str value = wy_str_trim(collected(reader));
    wy_http_fields *fields = message->head_done ? &message->trailers : &message->fields;
    reader->head_bytes += 4;
    if (!wy_http_value_valid(value))
        return bad(reader, 400, "invalid field value", WY_HTTP_PROTOCOL_ERROR);
    /* A trailer may not change how the message is understood (RFC 9110 6.5.1). */
    if (message->head_done &&
        (wy_http_name_forbidden(reader->name) || wy_str_eq(reader->name, WY_STR("content-length"))))
        return HPE_OK;
    if (value.len == 0) value.ptr = "";
    return wy_http_fields_append_view(fields, reader->name, value) ? too_large(reader) : HPE_OK;
}

/* RFC 9112 3.2: exactly one valid Host; RFC 9112 6.1: no transfer coding in HTTP/1.0. */
static int check_request(wy_http_reader *reader) {
    wy_http_incoming *message = reader->message;
    uint32_t at = 0;
    const wy_http_field *host = wy_http_fields_next(&message->fields, WY_STR("host"), &at);
    if (message->minor >= 1 && !host)
        return bad(reader, 400, "no host field", WY_HTTP_PROTOCOL_ERROR);
    if (host && (wy_http_fields_next(&message->fields, WY_STR("host"), &at) ||
                 (host->value.len && !wy_http_authority_valid(host->value))))
        return bad(reader, 400, "invalid host field", WY_HTTP_PROTOCOL_ERROR);
    wy_str coding = wy_http_fields_get(&message->fields, WY_STR("transfer-encoding"));
    if (coding.ptr && message->minor == 0)
        return bad(reader, 400, "transfer-encoding in HTTP/1.0", WY_HTTP_PROTOCOL_ERROR);
    if (coding.ptr && !wy_str_eq_nocase(coding, WY_STR("chunked")))
        return bad(reader, 501, "unknown transfer coding", WY_HTTP_PROTOCOL_ERROR);
    wy_str expect = wy_http_fields_get(&message->fields, WY_STR("expect"));
    message->expects_continue =
        message->minor >= 1 && wy_str_eq_nocase(expect, WY_STR("100-continue"));
    return HPE_OK;
}

static void drop_hop_by_hop(wy_http_fields *fields) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < fields->count; i++)
        if (!wy_http_name_hop_by_hop(fields->items[i].name))
            fields->items[kept++] = fields->items[i];
    fields->count = kept;
}

static int on_headers_complete(llhttp_t *parser) {
    wy_http_reader *reader = reader_of(parser);
    wy_http_incoming *message = reader->message;
    bool request = !message->is_response;
    message->minor = parser->http_minor;
    if (parser->http_major != 1)
        return bad(reader, 505, "HTTP version not supported", WY_HTTP_PROTOCOL_ERROR);
    parser->upgrade = 0; /* an offered upgrade is ignored (RFC 9110 7.8) */
    if (message->is_response) {
        message->status = parser->status_code;
        if (message->status == 101)
            return bad(reader, 502, "upgrade not asked for", WY_HTTP_UPGRADE_FAILED);
        if (message->status / 100 == 1) return HPE_OK; /* forgotten when it is complete */
    } else {
        const char *method = llhttp_method_name((llhttp_method_t)parser->method);
        message->method = wy_str_of(method);
        if (parser->method == HTTP_CONNECT)
            return bad(reader, 501, "CONNECT is not served", WY_HTTP_PROTOCOL_ERROR);
        int err = check_request(reader);
        if (err) return err;
    }
    message->keep_alive = llhttp_should_keep_alive(parser) != 0;
    message->has_length = (parser->flags & F_CONTENT_LENGTH) != 0;
    message->content_length = message->has_length ? parser->content_length : 0;
    bool chunked = (parser->flags & F_CHUNKED) != 0;
    message->may_have_body = request ? chunked || message->content_length > 0 : !reader->bodiless;
    drop_hop_by_hop(&message->fields);
    message->head_done = true;
    return reader->bodiless ? 1 : HPE_OK;
}

static int on_body(llhttp_t *parser, const char *bytes, size_t len) {
    wy_http_reader *reader = reader_of(parser);
    if (wy_http_body_push(&reader->message->body, (wy_str){bytes, len}) != WY_OK)
        return bad(reader, 413, "no memory for the body", WY_HTTP_INTERNAL_ERROR);
    return HPE_OK;
}

static int on_extension(llhttp_t *parser, const char *bytes, size_t len) {
    wy_http_reader *reader = reader_of(parser);
    (void)bytes;
    reader->extension_bytes += len + 1;
    if (reader->extension_bytes > WY_MAX_HTTP_HEADER_BYTES)
        return bad(reader, 413, "chunk extensions too large", WY_HTTP_PROTOCOL_ERROR);
    return HPE_OK;
}

static int on_message_complete(llhttp_t *parser) {
    wy_http_reader *reader = reader_of(parser);
    wy_http_incoming *message = reader->message;
    if (!message->head_done) { /* an informational response: the real one follows */
        message->fields.count = 0;
        message->fields.bytes = 0;
        return HPE_OK;
    }
    reader->done = true;
    wy_http_body_end(&message->body);
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_header_field = on_name,
    .on_header_field_complete = on_name_complete,
    .on_header_value = on_value,
    .on_header_value_complete = on_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_chunk_extension_name = on_extension,
    .on_chunk_extension_value = on_extension,
    .on_message_complete = on_message_complete,
};

own wy_http_reader *wy_http_reader_new(bool is_response) {
    wy_http_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    llhttp_init(&reader->parser, is_response ? HTTP_RESPONSE : HTTP_REQUEST, &settings);
    reader->parser.data = reader;
    return reader;
}

void wy_http_reader_free(own wy_http_reader *reader) {
    free(reader);
}

void wy_http_reader_begin(wy_http_reader *reader, wy_http_incoming *message, bool bodiless) {
    llhttp_type_t type = message->is_response ? HTTP_RESPONSE : HTTP_REQUEST;
    *reader = (wy_http_reader){.message = message, .bodiless = bodiless};
    llhttp_init(&reader->parser, type, &settings);
    reader->parser.data = reader;
}

/* Which answer an error of llhttp's own deserves. */
static void judge(wy_http_reader *reader, llhttp_errno_t code) {
    uint16_t status = 400;
    const char *reason = llhttp_get_error_reason(&reader->parser);
    if (code == HPE_INVALID_METHOD) status = 501;
    /* The same code stands for a bad line end behind the version. */
    if (code == HPE_INVALID_VERSION && reason && strstr(reason, "HTTP version")) status = 505;
    bad(reader, status, reason && *reason ? reason : llhttp_errno_name(code),
        code == HPE_INVALID_EOF_STATE ? WY_HTTP_RESPONSE_INCOMPLETE : WY_HTTP_PROTOCOL_ERROR);
}

static wy_http_progress fail_message(wy_http_reader *reader) {
    wy_http_body_fail(&reader->message->body, reader->error);
    return WY_HTTP_BAD;
}

wy_http_progress wy_http_reader_feed(wy_http_reader *reader, wy_str bytes, size_t *used_out) {
    wy_assert(reader->message && !reader->done && !reader->status);
    if (bytes.len) reader->begun = true;
    llhttp_errno_t code = llhttp_execute(&reader->parser, bytes.ptr, bytes.len);
    *used_out = bytes.len;
    if (reader->done) {
        const char *stop = llhttp_get_error_pos(&reader->parser);
        wy_assert(stop >= bytes.ptr && stop <= bytes.ptr + bytes.len);
        *used_out = (size_t)(stop - bytes.ptr);
        return WY_HTTP_DONE;
    }
    if (code != HPE_OK) {
        judge(reader, code);
        return fail_message(reader);
    }
    /* Blank lines and padding that no callback sees count as well. */
    if (!reader->message->head_done) reader->raw_bytes += bytes.len;
    if (reader->raw_bytes > 2 * WY_MAX_HTTP_HEADER_BYTES) {
        (void)too_large(reader);
        return fail_message(reader);
    }
    return WY_HTTP_MORE;
}

wy_http_progress wy_http_reader_end(wy_http_reader *reader) {
    if (!reader->message || reader->done) return WY_HTTP_DONE;
    llhttp_errno_t code = reader->status ? HPE_USER : llhttp_finish(&reader->parser);
    if (reader->done) return WY_HTTP_DONE;
    if (!reader->status) {
        judge(reader, code ? code : HPE_INVALID_EOF_STATE);
        reader->error = WY_HTTP_RESPONSE_INCOMPLETE;
    }
    return fail_message(reader);
}

uint16_t wy_http_reader_status(const wy_http_reader *reader) {
    return reader->status;
}

const char *wy_http_reader_reason(const wy_http_reader *reader) {
    return reader->reason ? reader->reason : "";
}

wy_http_error wy_http_reader_error(const wy_http_reader *reader) {
    return reader->error;
}

bool wy_http_reader_begun(const wy_http_reader *reader) {
    return reader->begun;
}
