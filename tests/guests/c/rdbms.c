// Talks to a database server through fermyon:spin/postgres or, compiled with IS_MYSQL 1,
// fermyon:spin/mysql. The first line of the body is the address; each other line is run on one
// connection to it: "query STATEMENT" or "execute STATEMENT", then the parameters behind tabs, as
// "i32:42" (i8 to i64, u8 to u64), "f64:1500" (f32, f64, in thousandths), "t:words", "b:bytes",
// "y:1" (a boolean) or "n:". The answer has, for a query, a line of names and types and one for
// each row, with values written so too ("?:" for one of another type); for a statement "ok" and
// the number of rows; or "error ...". ?count=1 answers how much a query brought instead.
#include "guest.h"
#include <stdlib.h>

typedef fermyon_spin_rdbms_types_parameter_value_t parameter;
typedef fermyon_spin_rdbms_types_db_value_t value;
typedef fermyon_spin_rdbms_types_row_set_t row_set;
typedef fermyon_spin_rdbms_types_error_t error;

typedef struct context {
    guest_string_t path;
    int32_t connection;
    response *out;
} context;

static const char *const kinds[] = {"y",   "i8",  "i16", "i32", "i64", "u8", "u16", "u32",
                                    "u64", "f32", "f64", "t",   "b",   "n",  "?"};

static void write_failed(response *out, error *e) {
    static const char *const names[] = {"connection-failed", "bad-parameter", "query-failed",
                                        "value-conversion-failed", "other"};
    write_text(out, "error ");
    write_text(out, names[e->tag]);
    write_text(out, " ");
    for (size_t i = 0; i < e->val.other.len; i++) { // on one line
        uint8_t c = e->val.other.ptr[i];
        write_bytes(out, c == '\n' ? (const uint8_t *)" " : &c, 1);
    }
    write_text(out, "\n");
    fermyon_spin_rdbms_types_error_free(e);
}

static void write_value(response *out, const value *v) {
    write_text(out, kinds[v->tag]);
    write_text(out, ":");
    switch (v->tag) {
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_BOOLEAN: write_number(out, v->val.boolean); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_INT8: write_number(out, v->val.int8); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_INT16: write_number(out, v->val.int16); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_INT32: write_number(out, v->val.int32); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_INT64: write_number(out, v->val.int64); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_UINT8: write_number(out, v->val.uint8); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_UINT16: write_number(out, v->val.uint16); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_UINT32: write_number(out, v->val.uint32); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_UINT64: write_number(out, (int64_t)v->val.uint64); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_FLOATING32:
        write_number(out, (int64_t)(v->val.floating32 * 1000));
        break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_FLOATING64:
        write_number(out, (int64_t)(v->val.floating64 * 1000));
        break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_STR: write_string(out, v->val.str); break;
    case FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_BINARY:
        write_bytes(out, v->val.binary.ptr, v->val.binary.len);
        break;
    default: break;
    }
}

static void write_rows(response *out, const row_set *set) {
    for (size_t i = 0; i < set->columns.len; i++) {
        write_text(out, i ? "|" : "");
        write_string(out, set->columns.ptr[i].name);
        write_text(out, " ");
        size_t kind = set->columns.ptr[i].data_type;
        write_text(out, kind == FERMYON_SPIN_RDBMS_TYPES_DB_DATA_TYPE_OTHER ? "?" : kinds[kind]);
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
            bool long_one = v->tag == FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_STR ||
                            v->tag == FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_BINARY;
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

static parameter parse(guest_string_t text) {
    guest_string_t kind = take(&text, ':');
    parameter p = {.tag = FERMYON_SPIN_RDBMS_TYPES_PARAMETER_VALUE_DB_NULL};
    for (uint8_t i = 0; i < FERMYON_SPIN_RDBMS_TYPES_PARAMETER_VALUE_DB_NULL; i++) {
        if (equal(kind, kinds[i])) {
            p.tag = i;
        }
    }
    if (p.tag == FERMYON_SPIN_RDBMS_TYPES_PARAMETER_VALUE_STR ||
        p.tag == FERMYON_SPIN_RDBMS_TYPES_PARAMETER_VALUE_BINARY) {
        p.val.str = text;
    } else if (p.tag == FERMYON_SPIN_RDBMS_TYPES_PARAMETER_VALUE_FLOATING32) {
        p.val.floating32 = (float)number(text) / 1000;
    } else if (p.tag == FERMYON_SPIN_RDBMS_TYPES_PARAMETER_VALUE_FLOATING64) {
        p.val.floating64 = (double)number(text) / 1000;
    } else {
        p.val.int64 = number(text);
    }
    return p;
}

static bool open_connection(context *c, guest_string_t address, error *e) {
    if (IS_MYSQL) {
        fermyon_spin_mysql_own_connection_t connection;
        bool ok = fermyon_spin_mysql_static_connection_open(&address, &connection, e);
        c->connection = connection.__handle;
        return ok;
    }
    fermyon_spin_postgres_own_connection_t connection;
    bool ok = fermyon_spin_postgres_static_connection_open(&address, &connection, e);
    c->connection = connection.__handle;
    return ok;
}

static bool query_rows(context *c, guest_string_t statement, parameter *params, size_t count,
                       row_set *rows, error *e) {
    fermyon_spin_postgres_list_parameter_value_t list = {params, count};
    fermyon_spin_mysql_list_parameter_value_t mysql_list = {params, count};
    return IS_MYSQL ? fermyon_spin_mysql_method_connection_query(
                          (fermyon_spin_mysql_borrow_connection_t){c->connection}, &statement,
                          &mysql_list, rows, e)
                    : fermyon_spin_postgres_method_connection_query(
                          (fermyon_spin_postgres_borrow_connection_t){c->connection}, &statement,
                          &list, rows, e);
}

static bool execute(context *c, guest_string_t statement, parameter *params, size_t count,
                    uint64_t *affected, error *e) {
    fermyon_spin_postgres_list_parameter_value_t list = {params, count};
    fermyon_spin_mysql_list_parameter_value_t mysql_list = {params, count};
    return IS_MYSQL ? fermyon_spin_mysql_method_connection_execute(
                          (fermyon_spin_mysql_borrow_connection_t){c->connection}, &statement,
                          &mysql_list, e)
                    : fermyon_spin_postgres_method_connection_execute(
                          (fermyon_spin_postgres_borrow_connection_t){c->connection}, &statement,
                          &list, affected, e);
}

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
    fermyon_spin_rdbms_types_row_set_free(&rows);
}

static void run(context *c, guest_string_t body) {
    error e;
    if (!open_connection(c, take(&body, '\n'), &e)) {
        write_failed(c->out, &e);
        return;
    }
    while (body.len) {
        run_line(c, take(&body, '\n'));
    }
    if (IS_MYSQL) {
        fermyon_spin_mysql_connection_drop_own(
            (fermyon_spin_mysql_own_connection_t){c->connection});
    } else {
        fermyon_spin_postgres_connection_drop_own(
            (fermyon_spin_postgres_own_connection_t){c->connection});
    }
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
