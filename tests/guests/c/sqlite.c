// Executes the statements in the body through fermyon:spin/sqlite, one a line, on one connection:
// POST /?db=LABEL. A line is a statement and its parameters, separated by tabs: "i:42", "r:1500"
// (in thousandths: 1.5), "t:words", "b:bytes", "n:". The answer has a line for the names of the
// columns and one for each row, or "error ...", or "ok" where there are no columns.
// ?more=N opens N further connections before, which stay open.
// ?count=1 answers the number of rows and of bytes in them instead. Compiled with VERSION 1, 2 or 3
// for the interface of that version; 3 adds to each "ok" how many rows were changed, and the last
// id.
#include "guest.h"
#include <stdlib.h>

#ifndef VERSION
#define VERSION 2
#endif
#if VERSION == 3
#define NAME(name) spin_sqlite_sqlite_##name
#else
#define NAME(name) fermyon_spin_sqlite_##name
#endif

typedef NAME(value_t) value;
typedef NAME(list_value_t) value_list;
typedef NAME(query_result_t) query_result;
typedef NAME(error_t) error;

// The same numbers in all versions.
enum { INTEGER, REAL, TEXT, BLOB, NOTHING };
enum { IO_ERROR = 4 };

#if VERSION == 1
typedef NAME(connection_t) connection;
#else
typedef NAME(own_connection_t) connection;
#endif

typedef struct context {
    guest_string_t path;
    connection connection;
    response *out;
} context;

static bool open_connection(guest_string_t *label, connection *c, error *e) {
#if VERSION == 1
    return NAME(open)(label, c, e);
#else
    return NAME(static_connection_open)(label, c, e);
#endif
}

static bool execute_on(connection c, guest_string_t *statement, value_list *params,
                       query_result *result, error *e) {
#if VERSION == 1
    return NAME(execute)(c, statement, params, result, e);
#else
    NAME(borrow_connection_t) borrowed = {c.__handle};
    return NAME(method_connection_execute)(borrowed, statement, params, result, e);
#endif
}

static void close_connection(connection c) {
#if VERSION == 1
    NAME(close)(c);
#else
    NAME(connection_drop_own)(c);
#endif
}

static void write_changes(response *out, connection c) {
    (void)out, (void)c;
#if VERSION == 3
    NAME(borrow_connection_t) borrowed = {c.__handle};
    write_text(out, " ");
    write_number(out, (int64_t)NAME(method_connection_changes)(borrowed));
    write_text(out, " ");
    write_number(out, NAME(method_connection_last_insert_rowid)(borrowed));
#endif
}

static void write_failed(response *out, error *e) {
    static const char *const names[] = {"no-such-database", "access-denied", "invalid-connection",
                                        "database-full", "io"};
    write_text(out, "error ");
    write_text(out, names[e->tag]);
    if (e->tag == IO_ERROR) {
        write_text(out, " ");
        write_string(out, e->val.io);
    }
    write_text(out, "\n");
    NAME(error_free)(e);
}

static void write_value(response *out, const value *v) {
    switch (v->tag) {
    case INTEGER:
        write_text(out, "i:");
        write_number(out, v->val.integer);
        break;
    case REAL:
        write_text(out, "r:");
        write_number(out, (int64_t)(v->val.real * 1000));
        break;
    case TEXT:
        write_text(out, "t:");
        write_string(out, v->val.text);
        break;
    case BLOB:
        write_text(out, "b:");
        write_bytes(out, v->val.blob.ptr, v->val.blob.len);
        break;
    default: write_text(out, "n:");
    }
}

static void write_result(context *c, const query_result *result) {
    response *out = c->out;
    for (size_t i = 0; i < result->columns.len; i++) {
        write_text(out, i ? "|" : "");
        write_string(out, result->columns.ptr[i]);
    }
    if (!result->columns.len) {
        write_text(out, "ok");
        write_changes(out, c->connection);
    }
    write_text(out, "\n");
    for (size_t r = 0; r < result->rows.len; r++) {
        for (size_t i = 0; i < result->rows.ptr[r].values.len; i++) {
            write_text(out, i ? "|" : "");
            write_value(out, &result->rows.ptr[r].values.ptr[i]);
        }
        write_text(out, "\n");
    }
}

static void write_count(response *out, const query_result *result) {
    size_t bytes = 0;
    for (size_t r = 0; r < result->rows.len; r++) {
        for (size_t i = 0; i < result->rows.ptr[r].values.len; i++) {
            const value *v = &result->rows.ptr[r].values.ptr[i];
            bytes += v->tag == TEXT ? v->val.text.len : v->tag == BLOB ? v->val.blob.len : 8;
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
    case 'i': return (value){.tag = INTEGER, .val.integer = n};
    case 'r': return (value){.tag = REAL, .val.real = (double)n / 1000};
    case 't': return (value){.tag = TEXT, .val.text = rest};
    case 'b': return (value){.tag = BLOB, .val.blob = {rest.ptr, rest.len}};
    default: return (value){.tag = NOTHING};
    }
}

static void execute(context *c, guest_string_t line) {
    value params[32];
    value_list list = {params, 0};
    guest_string_t statement = take(&line, '\t');
    while (line.len && list.len < 32) {
        params[list.len++] = parse(take(&line, '\t'));
    }
    query_result result;
    error e;
    if (!execute_on(c->connection, &statement, &list, &result, &e)) {
        write_failed(c->out, &e);
        return;
    }
    if (query_number(c->path, "count", 0)) {
        write_count(c->out, &result);
    } else {
        write_result(c, &result);
    }
    NAME(query_result_free)(&result);
}

static void run(guest_string_t path, guest_string_t body, response *out) {
    guest_string_t label = text("default");
    query(path, "db", &label);
    context c = {.path = path, .out = out};
    error e;
    if (!open_connection(&label, &c.connection, &e)) {
        write_failed(out, &e);
        return;
    }
    for (uint64_t more = query_number(path, "more", 0); more > 0; more--) {
        connection further;
        if (!open_connection(&label, &further, &e)) {
            write_failed(out, &e);
            break;
        }
    }
    while (body.len) {
        execute(&c, take(&body, '\n'));
    }
    if (query_number(path, "keep", 0)) {
        return; // the instance's end closes it
    }
    close_connection(c.connection);
    if (VERSION == 1 && query_number(path, "stale", 0)) {
        execute(&c, text("SELECT 1"));
    }
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
