/* Hrana in JSON. A result may be large, and a tree of it many times larger: the answer is walked
 * through as text, and only one value at a time is made a tree of. */
#include "capability/sql/hrana.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

/* --- writing --- */

static void put_base64(wy_buf *out, wy_str bytes) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    wy_buf_char(out, '"');
    (void)wy_buf_reserve(out, bytes.len / 3 * 4 + 5);
    for (size_t at = 0; at < bytes.len && !out->failed; at += 3) {
        size_t left = bytes.len - at;
        const uint8_t *b = (const uint8_t *)bytes.ptr + at;
        uint32_t bits = (uint32_t)b[0] << 16;
        if (left > 1) bits |= (uint32_t)b[1] << 8;
        if (left > 2) bits |= b[2];
        char group[4] = {digits[bits >> 18], digits[bits >> 12 & 63], digits[bits >> 6 & 63],
                         digits[bits & 63]};
        wy_buf_append(out, group, left > 2 ? 4 : left + 1);
    }
    wy_buf_char(out, '"');
}

static void put_integer(wy_buf *out, int64_t value) {
    wy_buf_printf(out, "{\"type\":\"integer\",\"value\":\"%" PRId64 "\"}", value);
}

/* JSON has no infinity; what is no number is NULL in SQLite. */
static bool put_float(wy_buf *out, double value, wy_sql_request *r) {
    if (isinf(value)) {
        wy_sql_fail(r, WY_SQL_BAD_PARAMETER, "an infinite number cannot be sent to the server");
        return false;
    }
    if (isnan(value))
        wy_buf_str(out, WY_STR("{\"type\":\"null\"}"));
    else
        wy_buf_printf(out, "{\"type\":\"float\",\"value\":%.17g}", value);
    return true;
}

static bool put_value(wy_buf *out, const wy_sql_value *value, wy_sql_request *r) {
    switch ((wy_sql_kind)value->kind) {
    case WY_SQL_BOOLEAN: put_integer(out, value->boolean); return true;
    case WY_SQL_INT8: put_integer(out, value->int8); return true;
    case WY_SQL_INT16: put_integer(out, value->int16); return true;
    case WY_SQL_INT32: put_integer(out, value->int32); return true;
    case WY_SQL_INT64: put_integer(out, value->int64); return true;
    case WY_SQL_UINT8: put_integer(out, value->uint8); return true;
    case WY_SQL_UINT16: put_integer(out, value->uint16); return true;
    case WY_SQL_UINT32: put_integer(out, value->uint32); return true;
    case WY_SQL_UINT64: put_integer(out, (int64_t)value->uint64); return true;
    case WY_SQL_FLOAT32: return put_float(out, (double)value->float32, r);
    case WY_SQL_FLOAT64: return put_float(out, value->float64, r);
    case WY_SQL_TEXT:
        wy_buf_str(out, WY_STR("{\"type\":\"text\",\"value\":"));
        wy_buf_json(out, value->bytes);
        wy_buf_char(out, '}');
        return true;
    case WY_SQL_BINARY:
        wy_buf_str(out, WY_STR("{\"type\":\"blob\",\"base64\":"));
        put_base64(out, value->bytes);
        wy_buf_char(out, '}');
        return true;
    case WY_SQL_NULL:
    case WY_SQL_UNSUPPORTED:
    case WY_SQL_DATE:
    case WY_SQL_TIME:
    case WY_SQL_DATETIME:
    case WY_SQL_TIMESTAMP: break;
    }
    wy_buf_str(out, WY_STR("{\"type\":\"null\"}"));
    return true;
}

static void put_head(wy_buf *out, wy_str baton) {
    wy_buf_str(out, WY_STR("{\"baton\":"));
    if (baton.len)
        wy_buf_json(out, baton);
    else
        wy_buf_str(out, WY_STR("null"));
    wy_buf_str(out, WY_STR(",\"requests\":["));
}

bool wy_hrana_put_statement(wy_buf *out, wy_str baton, wy_sql_request *request, bool asks_state) {
    put_head(out, baton);
    wy_buf_str(out, WY_STR("{\"type\":\"execute\",\"stmt\":{\"sql\":"));
    wy_buf_json(out, request->statement);
    wy_buf_str(out, WY_STR(",\"want_rows\":true,\"args\":["));
    for (size_t i = 0; i < request->param_count; i++) {
        if (i) wy_buf_char(out, ',');
        if (!put_value(out, &request->params[i], request)) return false;
    }
    wy_buf_str(out, WY_STR("]}}"));
    if (asks_state) wy_buf_str(out, WY_STR(",{\"type\":\"get_autocommit\"}"));
    wy_buf_str(out, WY_STR("]}"));
    return true;
}

void wy_hrana_put_sequence(wy_buf *out, wy_str statements) {
    put_head(out, (wy_str){0});
    wy_buf_str(out, WY_STR("{\"type\":\"sequence\",\"sql\":"));
    wy_buf_json(out, statements);
    wy_buf_str(out, WY_STR("},{\"type\":\"close\"}]}"));
}

void wy_hrana_put_close(wy_buf *out, wy_str baton) {
    put_head(out, baton);
    wy_buf_str(out, WY_STR("{\"type\":\"close\"}]}"));
}

/* --- walking through JSON: what is skipped is checked no more than to find its end --- */

typedef struct walk {
    const char *at, *end;
    bool failed; /* it makes no sense; nothing more is found then */
} walk;

static char peek(walk *w) {
    while (w->at < w->end && strchr(" \t\r\n", *w->at) && *w->at)
        w->at++;
    return w->at < w->end && !w->failed ? *w->at : '\0';
}

static bool take(walk *w, char c) {
    if (peek(w) != c) return false;
    w->at++;
    return true;
}

static void need(walk *w, char c) {
    if (!take(w, c)) w->failed = true;
}

/* What stands between the quotes, as it is written. */
static wy_str take_string(walk *w) {
    need(w, '"');
    const char *start = w->at;
    while (!w->failed && w->at < w->end && *w->at != '"')
        w->at += *w->at == '\\' ? 2 : 1;
    if (w->failed || w->at >= w->end) {
        w->failed = true;
        return (wy_str){0};
    }
    return (wy_str){start, (size_t)(w->at++ - start)};
}

static void skip(walk *w) {
    size_t depth = 0;
    do {
        char c = peek(w);
        if (c == '"') {
            (void)take_string(w);
        } else if (c == '{' || c == '[') {
            depth++;
            w->at++;
        } else if (c == '}' || c == ']') {
            if (depth-- == 0) w->failed = true;
            w->at++;
        } else if (c == ',' || c == ':') {
            if (depth == 0) w->failed = true;
            w->at++;
        } else if (c) { /* a number or a word */
            while (w->at < w->end && *w->at && !strchr(" \t\r\n,:{}[]\"", *w->at))
                w->at++;
        } else {
            w->failed = true;
        }
    } while (depth && !w->failed);
}

/* The next key of an object that was entered, or its end. */
static bool next_key(walk *w, bool is_first, wy_str *key_out) {
    if (take(w, '}')) return false;
    if (!is_first) need(w, ',');
    *key_out = take_string(w);
    need(w, ':');
    return !w->failed;
}

/* The next item of an array that was entered, or its end. */
static bool next_item(walk *w, bool is_first) {
    if (take(w, ']')) return false;
    if (!is_first) need(w, ',');
    return !w->failed && peek(w);
}

/* One value as a tree; NULL: failed. */
static json_t *take_tree(walk *w) {
    json_error_t error;
    if (!peek(w)) w->failed = true;
    json_t *tree =
        w->failed ? NULL
                  : json_loadb(w->at, (size_t)(w->end - w->at),
                               JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (tree)
        w->at += error.position;
    else
        w->failed = true;
    return tree;
}

static wy_str text_of(const json_t *tree) {
    return json_is_string(tree) ? (wy_str){json_string_value(tree), json_string_length(tree)}
                                : (wy_str){0};
}

/* A text or null, to be freed. */
static void take_text(walk *w, char **text_out) {
    json_t *tree = take_tree(w);
    wy_str text = text_of(tree);
    if (text.ptr && !*text_out) *text_out = strndup(text.ptr, text.len);
    json_decref(tree);
}

/* Integers come as texts, as not every reader of JSON has 64 bits. */
static bool integer_of(const json_t *tree, int64_t *value_out) {
    char text[24], *end;
    wy_str digits = text_of(tree);
    if (digits.len == 0 || digits.len >= sizeof text) return false;
    memcpy(text, digits.ptr, digits.len);
    text[digits.len] = '\0';
    *value_out = strtoll(text, &end, 10);
    return *end == '\0';
}

/* --- the result of a statement --- */

static int sextet(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* With or without '=' at its end. */
static bool read_base64(wy_str text, wy_sql_request *r, wy_str *bytes_out) {
    while (text.len && text.ptr[text.len - 1] == '=')
        text.len--;
    size_t len = text.len / 4 * 3 + (text.len % 4 ? text.len % 4 - 1 : 0), used = 0;
    char *bytes = wy_sql_room(r, len);
    uint32_t bits = 0;
    for (size_t i = 0; bytes && i < text.len; i++) {
        int six = sextet(text.ptr[i]);
        if (six < 0) return false;
        bits = bits << 6 | (uint32_t)six;
        if (i % 4) bytes[used++] = (char)(bits >> (6 - i % 4 * 2));
    }
    *bytes_out = (wy_str){bytes, len};
    return bytes && text.len % 4 != 1;
}

static bool read_value(const json_t *tree, wy_sql_request *r, wy_sql_value *value) {
    wy_str type = text_of(json_object_get(tree, "type"));
    const json_t *inner = json_object_get(tree, "value");
    if (wy_str_eqz(type, "null")) return true;
    if (wy_str_eqz(type, "integer")) {
        value->kind = WY_SQL_INT64;
        return integer_of(inner, &value->int64);
    }
    if (wy_str_eqz(type, "float")) {
        if (json_is_null(inner)) /* JSON has no infinity */
            wy_sql_fail(r, WY_SQL_OTHER, "the result has a number that the server cannot send");
        value->kind = WY_SQL_FLOAT64;
        value->float64 = json_number_value(inner);
        return json_is_number(inner);
    }
    if (wy_str_eqz(type, "text")) {
        value->kind = WY_SQL_TEXT;
        return json_is_string(inner) && wy_sql_copy(r, text_of(inner), &value->bytes);
    }
    const json_t *base64 = json_object_get(tree, "base64");
    value->kind = WY_SQL_BINARY;
    return wy_str_eqz(type, "blob") && json_is_string(base64) &&
           read_base64(text_of(base64), r, &value->bytes);
}

static void read_columns(walk w, wy_sql_request *r, walk *end) {
    walk counting = w;
    size_t count = 0;
    need(&w, '[');
    need(&counting, '[');
    for (; next_item(&counting, count == 0); count++)
        skip(&counting);
    if (counting.failed || !wy_sql_set_columns(r, count)) {
        end->failed = true;
        return;
    }
    for (size_t i = 0; next_item(&w, i == 0); i++) {
        json_t *column = take_tree(&w);
        wy_str name = text_of(json_object_get(column, "name"));
        if (!wy_sql_copy_name(r, name, &r->columns[i].name)) end->failed = true;
        json_decref(column);
        if (end->failed) return;
    }
    end->failed = w.failed;
}

static void read_row(walk *w, wy_sql_request *r) {
    wy_sql_row *row = wy_sql_add_row(r);
    size_t count = 0;
    need(w, '[');
    for (; row && next_item(w, count == 0); count++) {
        json_t *tree = take_tree(w);
        if (!tree || count == row->count || !read_value(tree, r, &row->values[count]))
            w->failed = true;
        json_decref(tree);
    }
    if (!row || count != row->count) w->failed = true;
}

static void read_rows(walk w, wy_sql_request *r, walk *end) {
    need(&w, '[');
    for (bool is_first = true; next_item(&w, is_first); is_first = false)
        read_row(&w, r);
    end->failed |= w.failed;
}

static void read_statement(walk *w, wy_sql_request *r, wy_hrana_answer *answer) {
    walk columns = {0}, rows = {0};
    wy_str key;
    need(w, '{');
    for (bool is_first = true; next_key(w, is_first, &key); is_first = false) {
        if (wy_str_eqz(key, "cols")) columns = *w;
        if (wy_str_eqz(key, "rows")) rows = *w;
        bool is_count = wy_str_eqz(key, "affected_row_count");
        if (!is_count && !wy_str_eqz(key, "last_insert_rowid")) {
            skip(w);
            continue;
        }
        json_t *number = take_tree(w);
        if (is_count)
            r->affected = (uint64_t)json_integer_value(number);
        else
            answer->has_row_id = integer_of(number, &answer->row_id);
        json_decref(number);
    }
    if (!columns.at || !rows.at) w->failed = true;
    if (!w->failed) read_columns(columns, r, w);
    if (!w->failed) read_rows(rows, r, w);
}

/* --- a pipeline's answer --- */

static void read_error(walk *w, wy_sql_request *r) {
    json_t *tree = take_tree(w);
    wy_str message = text_of(json_object_get(tree, "message"));
    wy_str code = text_of(json_object_get(tree, "code"));
    if (r->status == WY_SQL_OK)
        wy_sql_fail(r, wy_str_starts(code, WY_STR("SQLITE_FULL")) ? WY_SQL_FULL : WY_SQL_OTHER,
                    "%.*s", message.len < 900 ? (int)message.len : 900,
                    message.len ? message.ptr : "the server gives no reason");
    json_decref(tree);
}

static void read_response(walk *w, wy_sql_request *r, wy_hrana_answer *answer) {
    wy_str key;
    need(w, '{');
    for (bool is_first = true; next_key(w, is_first, &key); is_first = false) {
        if (wy_str_eqz(key, "result")) {
            read_statement(w, r, answer);
        } else if (wy_str_eqz(key, "is_autocommit")) {
            json_t *tree = take_tree(w);
            answer->has_state = json_is_boolean(tree);
            answer->is_autocommit = json_is_true(tree);
            json_decref(tree);
        } else {
            skip(w);
        }
    }
}

static void read_result(walk *w, wy_sql_request *r, wy_hrana_answer *answer) {
    wy_str key;
    need(w, '{');
    for (bool is_first = true; next_key(w, is_first, &key); is_first = false) {
        if (wy_str_eqz(key, "error"))
            read_error(w, r);
        else if (wy_str_eqz(key, "response"))
            read_response(w, r, answer);
        else
            skip(w);
    }
}

void wy_hrana_read(wy_str body, wy_sql_request *request, wy_hrana_answer *answer_out) {
    walk w = {body.ptr, body.ptr + body.len, false};
    wy_str key;
    bool has_results = false;
    *answer_out = (wy_hrana_answer){0};
    need(&w, '{');
    for (bool is_first = true; next_key(&w, is_first, &key); is_first = false) {
        if (wy_str_eqz(key, "baton")) {
            take_text(&w, &answer_out->baton);
        } else if (wy_str_eqz(key, "base_url")) {
            take_text(&w, &answer_out->base_url);
        } else if (wy_str_eqz(key, "results")) {
            has_results = true;
            need(&w, '[');
            for (bool is_item = true; next_item(&w, is_item); is_item = false)
                read_result(&w, request, answer_out);
        } else {
            skip(&w);
        }
    }
    if ((w.failed || !has_results) && request->status == WY_SQL_OK)
        wy_sql_fail(request, WY_SQL_OTHER, "the server's answer is none of a libSQL server");
}

void wy_hrana_answer_deinit(wy_hrana_answer *answer) {
    free(answer->baton);
    free(answer->base_url);
    *answer = (wy_hrana_answer){0};
}

void wy_hrana_reason(wy_str body, char text[256]) {
    json_error_t error;
    json_t *tree = json_loadb(body.len ? body.ptr : "", body.len, 0, &error);
    wy_str reason = text_of(json_object_get(tree, "message"));
    if (!reason.len) reason = text_of(json_object_get(tree, "error"));
    if (!reason.len && !tree) reason = body;
    reason.len = wy_str_find(reason, '\n'); /* of a page, the first line */
    snprintf(text, 256, WY_STR_FMT, WY_STR_ARG(reason));
    json_decref(tree);
}
