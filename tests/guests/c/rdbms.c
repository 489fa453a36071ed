// Talks to a database server through fermyon:spin/postgres or, compiled with IS_MYSQL 1,
// fermyon:spin/mysql; VERSION 1, 2 or 3: the interface of that version. The first line of the body
// is the address; each other line is run on one connection to it: "query STATEMENT" or "execute
// STATEMENT", then the parameters behind tabs, as "i32:42" (i8 to i64, u8 to u64), "f64:1500" (f32,
// f64, in thousandths), "t:words", "b:bytes", "y:1" (a boolean) or "n:"; version 3 has
// "date:Y.M.D", "time:H.M.S.NS", "dt:Y.M.D.H.M.S.NS" and "ts:SECONDS" too. The answer has, for a
// query, a line of names and types and one for each row, with values written so too ("?:" for one
// of another type); for a statement "ok" and the number of rows; or "error ...". ?count=1 answers
// how much a query brought instead; ?keep=N opens N connections more and keeps them to the end.
#include "guest.h"
#include <stdlib.h>

#ifndef VERSION
#define VERSION 2
#endif
#if IS_MYSQL
#define NAME(name) fermyon_spin_mysql_##name
#elif VERSION == 3
#define NAME(name) spin_postgres_3_0_0_postgres_##name
#else
#define NAME(name) fermyon_spin_postgres_##name
#endif
#if VERSION == 3
#define TYPE(name) spin_postgres_3_0_0_postgres_##name
#else
#define TYPE(name) fermyon_spin_rdbms_types_##name
#endif

typedef TYPE(parameter_value_t) parameter;
typedef TYPE(db_value_t) value;
typedef TYPE(row_set_t) row_set;
#if VERSION == 1 && IS_MYSQL
typedef NAME(mysql_error_t) error;
#elif VERSION == 1
typedef NAME(pg_error_t) error;
#else
typedef TYPE(error_t) error;
#endif

// In the order of the interface.
#if VERSION == 3
enum {
    BOOLEAN,
    INT8,
    INT16,
    INT32,
    INT64,
    FLOAT32,
    FLOAT64,
    STR,
    BINARY,
    DATE,
    TIME,
    DATETIME,
    TIMESTAMP,
    DB_NULL
};
enum { UINT8 = 100, UINT16, UINT32, UINT64 };
static const char *const kinds[] = {"y", "i8",   "i16",  "i32", "i64", "f32", "f64", "t",
                                    "b", "date", "time", "dt",  "ts",  "n",   "?"};
#else
enum {
    BOOLEAN,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    FLOAT32,
    FLOAT64,
    STR,
    BINARY,
    DB_NULL
};
static const char *const kinds[] = {"y",   "i8",  "i16", "i32", "i64", "u8", "u16", "u32",
                                    "u64", "f32", "f64", "t",   "b",   "n",  "?"};
#endif

typedef struct context {
    guest_string_t path;
    guest_string_t address; // version 1 has no connections
    int32_t connection;
    response *out;
} context;

static void write_failed(response *out, error *e) {
    static const char *const names[] = {"connection-failed", "bad-parameter", "query-failed",
                                        "value-conversion-failed", "other"};
    write_text(out, "error ");
    write_text(out, names[e->tag - (VERSION == 1)]);
    write_text(out, " ");
    for (size_t i = 0; i < e->val.query_failed.len; i++) { // on one line
        uint8_t c = e->val.query_failed.ptr[i];
        write_bytes(out, c == '\n' ? (const uint8_t *)" " : &c, 1);
    }
    write_text(out, "\n");
}

#if VERSION == 3
static void write_parts(response *out, const uint32_t *parts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        write_text(out, ".");
        write_number(out, parts[i]);
    }
}
#endif

static void write_value(response *out, const value *v) {
    write_text(out, kinds[v->tag]);
    write_text(out, ":");
    switch (v->tag) {
    case BOOLEAN: write_number(out, v->val.boolean); break;
    case INT8: write_number(out, v->val.int8); break;
    case INT16: write_number(out, v->val.int16); break;
    case INT32: write_number(out, v->val.int32); break;
    case INT64: write_number(out, v->val.int64); break;
#if VERSION < 3
    case UINT8: write_number(out, v->val.uint8); break;
    case UINT16: write_number(out, v->val.uint16); break;
    case UINT32: write_number(out, v->val.uint32); break;
    case UINT64: write_number(out, (int64_t)v->val.uint64); break;
#else
    case DATE:
        write_number(out, v->val.date.f0);
        write_parts(out, (uint32_t[]){v->val.date.f1, v->val.date.f2}, 2);
        break;
    case TIME:
        write_number(out, v->val.time.f0);
        write_parts(out, (uint32_t[]){v->val.time.f1, v->val.time.f2, v->val.time.f3}, 3);
        break;
    case DATETIME:
        write_number(out, v->val.datetime.f0);
        write_parts(out,
                    (uint32_t[]){v->val.datetime.f1, v->val.datetime.f2, v->val.datetime.f3,
                                 v->val.datetime.f4, v->val.datetime.f5, v->val.datetime.f6},
                    6);
        break;
    case TIMESTAMP: write_number(out, v->val.timestamp); break;
#endif
    case FLOAT32: write_number(out, (int64_t)(v->val.floating32 * 1000)); break;
    case FLOAT64: write_number(out, (int64_t)(v->val.floating64 * 1000)); break;
    case STR: write_string(out, v->val.str); break;
    case BINARY: write_bytes(out, v->val.binary.ptr, v->val.binary.len); break;
    default: break;
    }
}

static void write_rows(response *out, const row_set *set) {
    for (size_t i = 0; i < set->columns.len; i++) {
        write_text(out, i ? "|" : "");
        write_string(out, set->columns.ptr[i].name);
        write_text(out, " ");
        size_t kind = set->columns.ptr[i].data_type; // numbered as values, but for NULL
        write_text(out, kind == DB_NULL ? "?" : kinds[kind]);
    }
    write_text(out, "\n");
    for (size_t r = 0; r < set->rows.len; r++) {
        for (size_t i = 0; i < set->rows.ptr[r].len; i++) {
            write_text(out, i ? "|" : "");
            write_value(out, &set->rows.ptr[r].ptr[i]);
        }
        write_text(out, "\n");
    }
}

static void write_count(response *out, const row_set *set) {
    size_t bytes = 0;
    for (size_t r = 0; r < set->rows.len; r++) {
        for (size_t i = 0; i < set->rows.ptr[r].len; i++) {
            const value *v = &set->rows.ptr[r].ptr[i];
            bool long_one = v->tag == STR || v->tag == BINARY;
            bytes += long_one ? v->val.str.len : 8;
        }
    }
    write_number(out, (int64_t)set->rows.len);
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

static int64_t number(guest_string_t text) {
    int64_t n = 0;
    bool minus = text.len && text.ptr[0] == '-';
    for (size_t i = minus; i < text.len; i++) {
        n = n * 10 + (minus ? '0' - text.ptr[i] : text.ptr[i] - '0');
    }
    return n;
}

#if VERSION == 3
static bool parse_time(guest_string_t text, parameter *p) {
    int64_t n[7] = {0};
    for (size_t i = 0; i < 7 && text.len; i++) {
        n[i] = number(take(&text, '.'));
    }
    if (p->tag == DATE) {
        p->val.date.f0 = (int32_t)n[0], p->val.date.f1 = (uint8_t)n[1];
        p->val.date.f2 = (uint8_t)n[2];
    } else if (p->tag == TIME) {
        p->val.time.f0 = (uint8_t)n[0], p->val.time.f1 = (uint8_t)n[1];
        p->val.time.f2 = (uint8_t)n[2], p->val.time.f3 = (uint32_t)n[3];
    } else if (p->tag == DATETIME) {
        p->val.datetime.f0 = (int32_t)n[0], p->val.datetime.f1 = (uint8_t)n[1];
        p->val.datetime.f2 = (uint8_t)n[2], p->val.datetime.f3 = (uint8_t)n[3];
        p->val.datetime.f4 = (uint8_t)n[4], p->val.datetime.f5 = (uint8_t)n[5];
        p->val.datetime.f6 = (uint32_t)n[6];
    } else {
        return false;
    }
    return true;
}
#else
static bool parse_time(guest_string_t text, parameter *p) {
    (void)text, (void)p;
    return false;
}
#endif

static parameter parse(guest_string_t text) {
    guest_string_t kind = take(&text, ':');
    parameter p = {.tag = DB_NULL};
    for (uint8_t i = 0; i < DB_NULL; i++) {
        if (equal(kind, kinds[i])) {
            p.tag = i;
        }
    }
    if (p.tag == STR || p.tag == BINARY) {
        p.val.str = text;
    } else if (p.tag == FLOAT32) {
        p.val.floating32 = (float)number(text) / 1000;
    } else if (p.tag == FLOAT64) {
        p.val.floating64 = (double)number(text) / 1000;
    } else if (!parse_time(text, &p)) {
        p.val.int64 = number(text);
    }
    return p;
}

#if VERSION == 1
static bool open_connection(context *c, guest_string_t address, error *e) {
    (void)e;
    c->address = address;
    return true;
}

static bool query_rows(context *c, guest_string_t statement, parameter *params, size_t count,
                       row_set *rows, error *e) {
    NAME(list_parameter_value_t) list = {params, count};
    return NAME(query)(&c->address, &statement, &list, rows, e);
}

static bool execute(context *c, guest_string_t statement, parameter *params, size_t count,
                    uint64_t *affected, error *e) {
    NAME(list_parameter_value_t) list = {params, count};
#if IS_MYSQL
    (void)affected;
    return NAME(execute)(&c->address, &statement, &list, e);
#else
    return NAME(execute)(&c->address, &statement, &list, affected, e);
#endif
}

static void close_connection(context *c) {
    (void)c;
}
#else
static bool open_connection(context *c, guest_string_t address, error *e) {
    NAME(own_connection_t) connection;
    bool ok = NAME(static_connection_open)(&address, &connection, e);
    c->connection = connection.__handle;
    return ok;
}

static bool query_rows(context *c, guest_string_t statement, parameter *params, size_t count,
                       row_set *rows, error *e) {
    NAME(list_parameter_value_t) list = {params, count};
    NAME(borrow_connection_t) connection = {c->connection};
    return NAME(method_connection_query)(connection, &statement, &list, rows, e);
}

static bool execute(context *c, guest_string_t statement, parameter *params, size_t count,
                    uint64_t *affected, error *e) {
    NAME(list_parameter_value_t) list = {params, count};
    NAME(borrow_connection_t) connection = {c->connection};
#if IS_MYSQL
    (void)affected;
    return NAME(method_connection_execute)(connection, &statement, &list, e);
#else
    return NAME(method_connection_execute)(connection, &statement, &list, affected, e);
#endif
}

static void close_connection(context *c) {
    NAME(connection_drop_own)((NAME(own_connection_t)){c->connection});
}
#endif

static void run_line(context *c, guest_string_t line) {
    parameter params[32];
    size_t count = 0;
    guest_string_t verb = take(&line, ' '), statement = take(&line, '\t');
    error e;
    while (line.len && count < 32) {
        params[count++] = parse(take(&line, '\t'));
    }
    if (equal(verb, "execute")) {
        uint64_t affected = 0;
        if (!execute(c, statement, params, count, &affected, &e)) {
            write_failed(c->out, &e);
            return;
        }
        write_text(c->out, "ok ");
        write_number(c->out, (int64_t)affected);
        write_text(c->out, "\n");
        return;
    }
    row_set rows;
    if (!query_rows(c, statement, params, count, &rows, &e)) {
        write_failed(c->out, &e);
        return;
    }
    if (query_number(c->path, "count", 0)) {
        write_count(c->out, &rows);
    } else {
        write_rows(c->out, &rows);
    }
    TYPE(row_set_free)(&rows);
}

static void run(context *c, guest_string_t body) {
    error e;
    guest_string_t address = take(&body, '\n');
    for (int64_t more = query_number(c->path, "keep", 0); more >= 0; more--) {
        if (!open_connection(c, address, &e)) {
            write_failed(c->out, &e);
            return;
        }
    }
    while (body.len) {
        run_line(c, take(&body, '\n'));
    }
    close_connection(c);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    wasi_http_types_borrow_incoming_request_t borrowed = {request.__handle};
    guest_string_t path = request_path(borrowed);
    guest_list_u8_t body = request_body(borrowed);
    response to = respond_text(out, 200);
    context c = {.path = path, .out = &to};
    run(&c, (guest_string_t){body.ptr, body.len});
    finish(&to);
}
