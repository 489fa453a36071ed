// Talks to a server through spin:postgres@4.1.0. The first line of the body is the address; "query
// STATEMENT" answers a line of types and one for each row; "echo STATEMENT" does so with the values
// of the last row as parameters; "execute STATEMENT" answers how many rows it changed. With
// ?roots=N the N bytes after the address are the certificate that the connection is to be built
// with.
#include "guest.h"
#include <stdlib.h>

#define NAME(name) spin_postgres_4_1_0_postgres_##name
#define VALUE(name) SPIN_POSTGRES_4_1_0_POSTGRES_DB_VALUE_##name

typedef NAME(db_value_t) value;
typedef NAME(row_set_t) row_set;
typedef NAME(error_t) error;

static void write_field(response *out, const char *name, guest_string_t text) {
    write_text(out, " ");
    write_text(out, name);
    write_text(out, "=");
    write_string(out, text);
}

static void write_failed(response *out, error *e) {
    static const char *const names[] = {"connection-failed", "bad-parameter", "query-failed",
                                        "value-conversion-failed", "other"};
    write_text(out, "error ");
    write_text(out, names[e->tag]);
    if (e->tag != SPIN_POSTGRES_4_1_0_POSTGRES_ERROR_QUERY_FAILED) {
        write_field(out, "text", e->val.other);
    } else if (e->val.query_failed.tag == SPIN_POSTGRES_4_1_0_POSTGRES_QUERY_ERROR_TEXT) {
        write_field(out, "text", e->val.query_failed.val.text);
    } else {
        NAME(db_error_t) *db = &e->val.query_failed.val.db_error;
        write_field(out, "severity", db->severity);
        write_field(out, "code", db->code);
        write_field(out, "message", db->message);
        if (db->detail.is_some) {
            write_field(out, "detail", db->detail.val);
        }
        for (size_t i = 0; i < db->extras.len; i++) {
            write_text(out, " ");
            write_string(out, db->extras.ptr[i].f0);
            write_text(out, ":");
            write_string(out, db->extras.ptr[i].f1);
        }
    }
    write_text(out, "\n");
}

static const char *open_of(bool there, uint8_t kind) {
    return there && kind == SPIN_POSTGRES_4_1_0_POSTGRES_RANGE_BOUND_KIND_INCLUSIVE ? "[" : "(";
}

static const char *close_of(bool there, uint8_t kind) {
    return there && kind == SPIN_POSTGRES_4_1_0_POSTGRES_RANGE_BOUND_KIND_INCLUSIVE ? "]" : ")";
}

#define WRITE_RANGE(range, write)                                                                  \
    do {                                                                                           \
        write_text(out, open_of((range).f0.is_some, (range).f0.val.f1));                           \
        if ((range).f0.is_some) {                                                                  \
            write(out, (range).f0.val.f0);                                                         \
        }                                                                                          \
        write_text(out, ",");                                                                      \
        if ((range).f1.is_some) {                                                                  \
            write(out, (range).f1.val.f0);                                                         \
        }                                                                                          \
        write_text(out, close_of((range).f1.is_some, (range).f1.val.f1));                          \
    } while (0)

#define WRITE_ARRAY(array, write)                                                                  \
    do {                                                                                           \
        for (size_t i = 0; i < (array).len; i++) {                                                 \
            write_text(out, i ? ";" : "");                                                         \
            if ((array).ptr[i].is_some) {                                                          \
                write(out, (array).ptr[i].val);                                                    \
            } else {                                                                               \
                write_text(out, "null");                                                           \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static void write_value(response *out, const value *v) {
    switch (v->tag) {
    case VALUE(INT32): write_number(out, v->val.int32); break;
    case VALUE(INT64): write_number(out, v->val.int64); break;
    case VALUE(BOOLEAN): write_text(out, v->val.boolean ? "true" : "false"); break;
    case VALUE(STR):
    case VALUE(UUID):
    case VALUE(DECIMAL): write_string(out, v->val.str); break;
    case VALUE(BINARY):
    case VALUE(JSONB): write_bytes(out, v->val.jsonb.ptr, v->val.jsonb.len); break;
    case VALUE(TIMESTAMP): write_number(out, v->val.timestamp); break;
    case VALUE(DATE):
        write_number(out, v->val.date.f0);
        write_text(out, "-");
        write_number(out, v->val.date.f1);
        write_text(out, "-");
        write_number(out, v->val.date.f2);
        break;
    case VALUE(RANGE_INT32): WRITE_RANGE(v->val.range_int32, write_number); break;
    case VALUE(RANGE_INT64): WRITE_RANGE(v->val.range_int64, write_number); break;
    case VALUE(RANGE_DECIMAL): WRITE_RANGE(v->val.range_decimal, write_string); break;
    case VALUE(ARRAY_INT32): WRITE_ARRAY(v->val.array_int32, write_number); break;
    case VALUE(ARRAY_INT64): WRITE_ARRAY(v->val.array_int64, write_number); break;
    case VALUE(ARRAY_DECIMAL): WRITE_ARRAY(v->val.array_decimal, write_string); break;
    case VALUE(ARRAY_STR): WRITE_ARRAY(v->val.array_str, write_string); break;
    case VALUE(INTERVAL):
        write_number(out, v->val.interval.months);
        write_text(out, "m ");
        write_number(out, v->val.interval.days);
        write_text(out, "d ");
        write_number(out, v->val.interval.micros);
        write_text(out, "us");
        break;
    case VALUE(DB_NULL): write_text(out, "null"); break;
    case VALUE(UNSUPPORTED):
        write_text(out, "? ");
        write_number(out, (int64_t)v->val.unsupported.len);
        break;
    default: write_text(out, "other");
    }
}

static void write_rows(response *out, const row_set *set) {
    for (size_t i = 0; i < set->columns.len; i++) {
        const NAME(db_data_type_t) *type = &set->columns.ptr[i].data_type;
        write_text(out, i ? "|" : "");
        if (type->tag == SPIN_POSTGRES_4_1_0_POSTGRES_DB_DATA_TYPE_OTHER) {
            write_string(out, type->val.other);
        } else {
            write_number(out, type->tag);
        }
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

// The last row is kept: its values are laid out as parameters are.
static void run_line(NAME(borrow_connection_t) connection, guest_string_t line, row_set *last,
                     response *out) {
    guest_string_t verb = take(&line, ' ');
    NAME(list_parameter_value_t) params = {NULL, 0};
    if (equal(verb, "echo") && last->rows.len) {
        NAME(row_t) *row = &last->rows.ptr[last->rows.len - 1];
        params.ptr = (NAME(parameter_value_t) *)row->ptr;
        params.len = row->len;
    }
    error e;
    if (equal(verb, "execute")) {
        uint64_t count;
        if (NAME(method_connection_execute)(connection, &line, &params, &count, &e)) {
            write_text(out, "ok ");
            write_number(out, (int64_t)count);
            write_text(out, "\n");
        } else {
            write_failed(out, &e);
        }
    } else if (NAME(method_connection_query)(connection, &line, &params, last, &e)) {
        write_rows(out, last);
    } else {
        write_failed(out, &e);
    }
}

// Connects by a builder that trusts `roots`.
static bool build(guest_string_t *address, guest_string_t *roots, NAME(own_connection_t) * result,
                  error *e) {
    NAME(own_connection_builder_t) builder = NAME(constructor_connection_builder)(address);
    NAME(borrow_connection_builder_t) borrowed = {builder.__handle};
    bool ok = NAME(method_connection_builder_set_ca_root)(borrowed, roots, e) &&
              NAME(method_connection_builder_build)(borrowed, result, e);
    NAME(connection_builder_drop_own)(builder);
    return ok;
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t outparam) {
    wasi_http_types_borrow_incoming_request_t borrowed = {request.__handle};
    guest_list_u8_t body = request_body(borrowed);
    guest_string_t rest = {body.ptr, body.len}, address = take(&rest, '\n');
    response out = respond_text(outparam, 200);
    NAME(own_connection_t) connection;
    row_set last = {0};
    error e;
    guest_string_t roots = {rest.ptr, query_number(request_path(borrowed), "roots", 0)};
    rest.ptr += roots.len;
    rest.len -= roots.len;
    if (!(roots.len ? build(&address, &roots, &connection, &e)
                    : NAME(static_connection_open)(&address, &connection, &e))) {
        write_failed(&out, &e);
        finish(&out);
        return;
    }
    while (rest.len) {
        run_line((NAME(borrow_connection_t)){connection.__handle}, take(&rest, '\n'), &last, &out);
    }
    NAME(connection_drop_own)(connection);
    finish(&out);
}
