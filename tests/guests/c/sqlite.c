// Executes the statements in the body through fermyon:spin/sqlite, one a line, on one connection:
// POST /?db=LABEL. A line is a statement and its parameters, separated by tabs: "i:42", "r:1500"
// (in thousandths: 1.5), "t:words", "b:bytes", "n:". The answer has a line for the names of the
// columns and one for each row, or "error ...", or "ok" where there are no columns.
// ?count=1 answers the number of rows and of bytes in them instead.
#include "guest.h"
#include <stdlib.h>

typedef fermyon_spin_sqlite_value_t value;

typedef struct context {
    guest_string_t path;
    fermyon_spin_sqlite_borrow_connection_t connection;
    response *out;
} context;

static void write_failed(response *out, fermyon_spin_sqlite_error_t *error) {
    static const char *const names[] = {"no-such-database", "access-denied", "invalid-connection",
                                        "database-full", "io"};
    write_text(out, "error ");
    write_text(out, names[error->tag]);
    if (error->tag == FERMYON_SPIN_SQLITE_ERROR_IO) {
        write_text(out, " ");
        write_string(out, error->val.io);
    }
    write_text(out, "\n");
    fermyon_spin_sqlite_error_free(error);
}

static void write_value(response *out, const value *v) {
    switch (v->tag) {
    case FERMYON_SPIN_SQLITE_VALUE_INTEGER:
        write_text(out, "i:");
        write_number(out, v->val.integer);
        break;
    case FERMYON_SPIN_SQLITE_VALUE_REAL:
        write_text(out, "r:");
        write_number(out, (int64_t)(v->val.real * 1000));
        break;
    case FERMYON_SPIN_SQLITE_VALUE_TEXT:
        write_text(out, "t:");
        write_string(out, v->val.text);
        break;
    case FERMYON_SPIN_SQLITE_VALUE_BLOB:
        write_text(out, "b:");
        write_bytes(out, v->val.blob.ptr, v->val.blob.len);
        break;
    default: write_text(out, "n:");
    }
}

static void write_result(response *out, const fermyon_spin_sqlite_query_result_t *result) {
    for (size_t i = 0; i < result->columns.len; i++) {
        write_text(out, i ? "|" : "");
        write_string(out, result->columns.ptr[i]);
    }
    write_text(out, result->columns.len ? "\n" : "ok\n");
    for (size_t r = 0; r < result->rows.len; r++) {
        for (size_t i = 0; i < result->rows.ptr[r].values.len; i++) {
            write_text(out, i ? "|" : "");
            write_value(out, &result->rows.ptr[r].values.ptr[i]);
        }
        write_text(out, "\n");
    }
}

static void write_count(response *out, const fermyon_spin_sqlite_query_result_t *result) {
    size_t bytes = 0;
    for (size_t r = 0; r < result->rows.len; r++) {
        for (size_t i = 0; i < result->rows.ptr[r].values.len; i++) {
            const value *v = &result->rows.ptr[r].values.ptr[i];
            bytes += v->tag == FERMYON_SPIN_SQLITE_VALUE_TEXT   ? v->val.text.len
                     : v->tag == FERMYON_SPIN_SQLITE_VALUE_BLOB ? v->val.blob.len
                                                                : 8;
        }
    }
    write_number(out, (int64_t)result->rows.len);
    write_text(out, " rows, ");
    write_number(out, (int64_t)bytes);
    write_text(out, " bytes\n");
}

// Takes what is before the next `end` off the front.
static guest_string_t take(guest_string_t *rest, uint8_t end) {
    guest_string_t part = {rest->ptr, 0};
    while (part.len < rest->len && part.ptr[part.len] != end) {
        part.len++;
    }
    size_t used = part.len < rest->len ? part.len + 1 : part.len;
    rest->ptr += used;
    rest->len -= used;
    return part;
}

static value parse(guest_string_t text) {
    guest_string_t rest = {text.ptr + 2, text.len - 2};
    int64_t n = 0;
    for (size_t i = 0; i < rest.len; i++) {
        n = n * 10 + (rest.ptr[i] == '-' ? 0 : rest.ptr[i] - '0');
    }
    if (rest.len && rest.ptr[0] == '-') {
        n = -n;
    }
    switch (text.ptr[0]) {
    case 'i': return (value){.tag = FERMYON_SPIN_SQLITE_VALUE_INTEGER, .val.integer = n};
    case 'r': return (value){.tag = FERMYON_SPIN_SQLITE_VALUE_REAL, .val.real = (double)n / 1000};
    case 't': return (value){.tag = FERMYON_SPIN_SQLITE_VALUE_TEXT, .val.text = rest};
    case 'b':
        return (value){.tag = FERMYON_SPIN_SQLITE_VALUE_BLOB, .val.blob = {rest.ptr, rest.len}};
    default: return (value){.tag = FERMYON_SPIN_SQLITE_VALUE_NULL};
    }
}

static void execute(context *c, guest_string_t line) {
    value params[32];
    fermyon_spin_sqlite_list_value_t list = {params, 0};
    guest_string_t statement = take(&line, '\t');
    while (line.len && list.len < 32) {
        params[list.len++] = parse(take(&line, '\t'));
    }
    fermyon_spin_sqlite_query_result_t result;
    fermyon_spin_sqlite_error_t error;
    if (!fermyon_spin_sqlite_method_connection_execute(c->connection, &statement, &list, &result,
                                                       &error)) {
        write_failed(c->out, &error);
        return;
    }
    if (query_number(c->path, "count", 0)) {
        write_count(c->out, &result);
    } else {
        write_result(c->out, &result);
    }
    fermyon_spin_sqlite_query_result_free(&result);
}

static void run(guest_string_t path, guest_string_t body, response *out) {
    guest_string_t label = text("default");
    query(path, "db", &label);
    fermyon_spin_sqlite_own_connection_t connection;
    fermyon_spin_sqlite_error_t error;
    if (!fermyon_spin_sqlite_static_connection_open(&label, &connection, &error)) {
        write_failed(out, &error);
        return;
    }
    context c = {path, {connection.__handle}, out};
    while (body.len) {
        execute(&c, take(&body, '\n'));
    }
    fermyon_spin_sqlite_connection_drop_own(connection);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_borrow_incoming_request_t borrowed = {request.__handle};
    guest_string_t path = request_path(borrowed);
    guest_list_u8_t body = request_body(borrowed);
    response to = respond_text(out, 200);
    run(path, (guest_string_t){body.ptr, body.len}, &to);
    finish(&to);
}
