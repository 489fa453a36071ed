// A JSON API over a table, as people write them: GET /items answers ten rows, GET /items?after=N
// the next ten, and POST /items?name=N&price=P adds one and answers its number. The table is made
// by whoever starts it: CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price INTEGER).
#include "guest.h"
#include <stdlib.h>

typedef fermyon_spin_sqlite_own_connection_t connection;
typedef fermyon_spin_sqlite_value_t value;
typedef fermyon_spin_sqlite_query_result_t rows;
typedef fermyon_spin_sqlite_error_t error;

// The answer: written in one go, as a library for JSON would.
static char json[8192];
static size_t json_len;

static void put(const void *bytes, size_t len) {
    if (len > sizeof json - json_len) {
        __builtin_trap();
    }
    memcpy(json + json_len, bytes, len);
    json_len += len;
}

static void put_text(const char *s) {
    put(s, strlen(s));
}

static void put_number(int64_t n) {
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0) {
        digits[--at] = '-';
    }
    put(digits + at, sizeof digits - at);
}

static void put_string(guest_string_t s) {
    put_text("\"");
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\') {
            put_text("\\");
        }
        put(&s.ptr[i], 1);
    }
    put_text("\"");
}

static void put_value(const value *v) {
    if (v->tag == FERMYON_SPIN_SQLITE_VALUE_INTEGER) {
        put_number(v->val.integer);
    } else if (v->tag == FERMYON_SPIN_SQLITE_VALUE_TEXT) {
        put_string(v->val.text);
    } else {
        put_text("null");
    }
}

static void put_rows(const rows *result) {
    put_text("[");
    for (size_t r = 0; r < result->rows.len; r++) {
        put_text(r ? ",{" : "{");
        for (size_t i = 0; i < result->columns.len; i++) {
            put_text(i ? "," : "");
            put_string(result->columns.ptr[i]);
            put_text(":");
            put_value(&result->rows.ptr[r].values.ptr[i]);
        }
        put_text("}");
    }
    put_text("]\n");
}

static bool execute(connection c, const char *sql, value *params, size_t count, rows *result) {
    guest_string_t statement = text(sql);
    fermyon_spin_sqlite_list_value_t list = {params, count};
    error e;
    return fermyon_spin_sqlite_method_connection_execute(fermyon_spin_sqlite_borrow_connection(c),
                                                         &statement, &list, result, &e);
}

static bool list(connection c, guest_string_t path) {
    value after = {.tag = FERMYON_SPIN_SQLITE_VALUE_INTEGER,
                   .val.integer = (int64_t)query_number(path, "after", 0)};
    rows result;
    if (!execute(c, "SELECT id, name, price FROM items WHERE id > ? ORDER BY id LIMIT 10", &after,
                 1, &result)) {
        return false;
    }
    put_rows(&result);
    return true;
}

static bool add(connection c, guest_string_t path) {
    guest_string_t name = text("thing");
    query(path, "name", &name);
    value params[2] = {{.tag = FERMYON_SPIN_SQLITE_VALUE_TEXT, .val.text = name},
                       {.tag = FERMYON_SPIN_SQLITE_VALUE_INTEGER,
                        .val.integer = (int64_t)query_number(path, "price", 1)}};
    rows result;
    if (!execute(c, "INSERT INTO items (name, price) VALUES (?, ?) RETURNING id", params, 2,
                 &result)) {
        return false;
    }
    put_rows(&result);
    return true;
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_borrow_incoming_request_t borrowed = {request.__handle};
    guest_string_t path = request_path(borrowed), label = text("default");
    wasi_http_types_method_t method;
    wasi_http_types_method_incoming_request_method(borrowed, &method);
    connection c;
    error e;
    bool ok = fermyon_spin_sqlite_static_connection_open(&label, &c, &e) &&
              (method.tag == WASI_HTTP_TYPES_METHOD_POST ? add(c, path) : list(c, path));
    fields headers = fields_new();
    fields_add(headers, "content-type", text("application/json"));
    response to = respond(out, ok ? 200 : 500, headers);
    write_bytes(&to, (const uint8_t *)json, json_len);
    finish(&to);
}
