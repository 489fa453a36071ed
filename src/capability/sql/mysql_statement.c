/* Statements on MySQL and MariaDB: prepared, executed, their rows fetched one by one in binary
 * form, so that a result of any size is counted while it comes. */
#include "capability/sql/mysql_session.h"

#define BINARY_CHARSET 63

/* One statement under way. */
typedef struct execution {
    wy_my_session *session;
    wy_sql_request *request;
    MYSQL_STMT *stmt;
} execution;

/* A column while rows are fetched. */
typedef struct place {
    union {
        uint64_t integer;
        float float32;
        double float64;
    };
    unsigned long length;
    my_bool is_null, is_cut;
} place;

/* --- errors --- */

/* Numbers from 2000 to 2999 are the client library's own: what it cannot go on after. */
static bool is_lost(unsigned int number) {
    const unsigned int shutdown_in_progress = 1053, killed = 1927;
    return (number >= 2000 && number < 3000) || number == shutdown_in_progress || number == killed;
}

static bool failed(execution *e) {
    unsigned int number = e->session->my->mysql_stmt_errno(e->stmt);
    bool lost = is_lost(number);
    e->session->base.is_broken |= lost;
    wy_sql_fail(e->request, lost ? WY_SQL_CONNECTION_FAILED : WY_SQL_QUERY_FAILED, "ERROR %u: %s",
                number, e->session->my->mysql_stmt_error(e->stmt));
    return false;
}

/* The operation hangs in the library, and its statement at the server. */
static bool abandon(execution *e) {
    wy_my_kill(e->session);
    if (e->request->status == WY_SQL_OK) wy_sql_nomem(e->request);
    return false;
}

/* --- operations that may wait; false: failed --- */

static bool prepare(execution *e) {
    const wy_my *my = e->session->my;
    wy_str text = e->request->statement;
    int result = 0,
        status = my->mysql_stmt_prepare_start(&result, e->stmt, text.len ? text.ptr : "", text.len);
    while (status) {
        if (!wy_my_await(e->session, e->request, &status, 0)) return abandon(e);
        status = my->mysql_stmt_prepare_cont(&result, e->stmt, status);
    }
    return result ? failed(e) : true;
}

static bool execute(execution *e) {
    const wy_my *my = e->session->my;
    int result = 0, status = my->mysql_stmt_execute_start(&result, e->stmt);
    while (status) {
        if (!wy_my_await(e->session, e->request, &status, 0)) return abandon(e);
        status = my->mysql_stmt_execute_cont(&result, e->stmt, status);
    }
    return result ? failed(e) : true;
}

/* `*more_out`: a row was fetched. */
static bool fetch(execution *e, bool *more_out) {
    const wy_my *my = e->session->my;
    int result = 0, status = my->mysql_stmt_fetch_start(&result, e->stmt);
    while (status) {
        if (!wy_my_await(e->session, e->request, &status, 0)) return abandon(e);
        status = my->mysql_stmt_fetch_cont(&result, e->stmt, status);
    }
    *more_out = result == 0 || result == MYSQL_DATA_TRUNCATED;
    return *more_out || result == MYSQL_NO_DATA ? true : failed(e);
}

/* Reads past what is left of a result. */
static bool skip_rows(execution *e) {
    const wy_my *my = e->session->my;
    my_bool result = 0;
    int status = my->mysql_stmt_free_result_start(&result, e->stmt);
    while (status) {
        if (!wy_my_await(e->session, e->request, &status, 0)) return abandon(e);
        status = my->mysql_stmt_free_result_cont(&result, e->stmt, status);
    }
    return result ? failed(e) : true;
}

/* Reads past further results: a procedure has several. */
static bool skip_results(execution *e) {
    const wy_my *my = e->session->my;
    while (my->mysql_stmt_more_results(e->stmt)) {
        int result = 0, status = my->mysql_stmt_next_result_start(&result, e->stmt);
        while (status) {
            if (!wy_my_await(e->session, e->request, &status, 0)) return abandon(e);
            status = my->mysql_stmt_next_result_cont(&result, e->stmt, status);
        }
        if (result > 0) return failed(e);
        if (result == 0 && my->mysql_stmt_field_count(e->stmt) && !skip_rows(e)) return false;
    }
    return true;
}

/* --- parameters --- */

static void bind_one(MYSQL_BIND *bind, const wy_sql_value *v) {
    static const struct {
        enum enum_field_types type;
        bool is_unsigned;
    } types[] = {
        [WY_SQL_BOOLEAN] = {MYSQL_TYPE_TINY, false},
        [WY_SQL_INT8] = {MYSQL_TYPE_TINY, false},
        [WY_SQL_INT16] = {MYSQL_TYPE_SHORT, false},
        [WY_SQL_INT32] = {MYSQL_TYPE_LONG, false},
        [WY_SQL_INT64] = {MYSQL_TYPE_LONGLONG, false},
        [WY_SQL_UINT8] = {MYSQL_TYPE_TINY, true},
        [WY_SQL_UINT16] = {MYSQL_TYPE_SHORT, true},
        [WY_SQL_UINT32] = {MYSQL_TYPE_LONG, true},
        [WY_SQL_UINT64] = {MYSQL_TYPE_LONGLONG, true},
        [WY_SQL_FLOAT32] = {MYSQL_TYPE_FLOAT, false},
        [WY_SQL_FLOAT64] = {MYSQL_TYPE_DOUBLE, false},
        [WY_SQL_TEXT] = {MYSQL_TYPE_STRING, false},
        [WY_SQL_BINARY] = {MYSQL_TYPE_BLOB, false},
        [WY_SQL_NULL] = {MYSQL_TYPE_NULL, false},
        [WY_SQL_UNSUPPORTED] = {MYSQL_TYPE_NULL, false}, /* and what follows it */
    };
    wy_assert(v->kind < sizeof types / sizeof *types);
    bind->buffer_type = types[v->kind].type;
    bind->is_unsigned = types[v->kind].is_unsigned;
    bind->buffer = (void *)(uintptr_t)&v->uint64; /* read only */
    if (v->kind == WY_SQL_TEXT || v->kind == WY_SQL_BINARY) {
        bind->buffer = (void *)(uintptr_t)(v->bytes.len ? v->bytes.ptr : "");
        bind->buffer_length = bind->length_value = v->bytes.len;
    }
}

static bool bind_params(execution *e) {
    wy_sql_request *r = e->request;
    unsigned long wanted = e->session->my->mysql_stmt_param_count(e->stmt);
    if (wanted != r->param_count) {
        wy_sql_fail(r, WY_SQL_QUERY_FAILED, "the statement has %lu parameters, and %zu were given",
                    wanted, r->param_count);
        return false;
    }
    if (!wanted) return true;
    MYSQL_BIND *binds = wy_arena_calloc(r->arena, wanted, sizeof *binds);
    if (!binds) {
        wy_sql_nomem(r);
        return false;
    }
    for (size_t i = 0; i < wanted; i++)
        bind_one(&binds[i], &r->params[i]);
    return e->session->my->mysql_stmt_bind_param(e->stmt, binds) ? failed(e) : true;
}

/* --- rows --- */

static uint8_t kind_of(const MYSQL_FIELD *field) {
    bool is_unsigned = field->flags & UNSIGNED_FLAG, is_binary = field->charsetnr == BINARY_CHARSET;
    switch ((int)field->type) { /* most types have no value */
    case MYSQL_TYPE_TINY: return is_unsigned ? WY_SQL_UINT8 : WY_SQL_INT8;
    case MYSQL_TYPE_SHORT: return is_unsigned ? WY_SQL_UINT16 : WY_SQL_INT16;
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG: return is_unsigned ? WY_SQL_UINT32 : WY_SQL_INT32;
    case MYSQL_TYPE_LONGLONG: return is_unsigned ? WY_SQL_UINT64 : WY_SQL_INT64;
    case MYSQL_TYPE_FLOAT: return WY_SQL_FLOAT32;
    case MYSQL_TYPE_DOUBLE: return WY_SQL_FLOAT64;
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB: return is_binary ? WY_SQL_BINARY : WY_SQL_TEXT;
    default: return WY_SQL_UNSUPPORTED;
    }
}

/* Numbers go straight to their place. Of others only the length is asked for at first. */
static void bind_column(MYSQL_BIND *bind, const MYSQL_FIELD *field, uint8_t kind, place *p) {
    bool is_number = kind <= WY_SQL_FLOAT64;
    bind->buffer_type = !is_number                        ? MYSQL_TYPE_STRING
                        : field->type == MYSQL_TYPE_INT24 ? MYSQL_TYPE_LONG
                                                          : field->type;
    bind->is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
    bind->buffer = is_number ? &p->integer : NULL;
    bind->buffer_length = is_number ? sizeof p->integer : 0;
    bind->length = &p->length;
    bind->is_null = &p->is_null;
    bind->error = &p->is_cut;
}

static bool read_columns(execution *e, MYSQL_BIND *binds, place *places) {
    const wy_my *my = e->session->my;
    wy_sql_request *r = e->request;
    MYSQL_RES *meta = my->mysql_stmt_result_metadata(e->stmt);
    if (!meta) return failed(e);
    const MYSQL_FIELD *fields = my->mysql_fetch_fields(meta);
    bool good = true;
    for (size_t i = 0; good && i < r->column_count; i++) {
        r->columns[i].kind = kind_of(&fields[i]);
        good = wy_sql_copy_name(r, (wy_str){fields[i].name, fields[i].name_length},
                                &r->columns[i].name);
        bind_column(&binds[i], &fields[i], r->columns[i].kind, &places[i]);
    }
    my->mysql_free_result(meta);
    return good;
}

static bool read_bytes(execution *e, unsigned int i, unsigned long length, wy_sql_value *v) {
    wy_sql_request *r = e->request;
    static const char nothing[1];
    char *bytes = wy_sql_room(r, length);
    if (!bytes) return false;
    MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_STRING, .buffer = bytes, .buffer_length = length};
    if (length && e->session->my->mysql_stmt_fetch_column(e->stmt, &bind, i, 0)) return failed(e);
    v->bytes = (wy_str){length ? bytes : nothing, length};
    return true;
}

/* A value that is not NULL. */
static bool read_value(execution *e, unsigned int i, const place *p, wy_sql_value *v) {
    wy_sql_request *r = e->request;
    const wy_sql_column *column = &r->columns[i];
    v->kind = column->kind;
    if (column->kind <= WY_SQL_FLOAT64) {
        v->uint64 = p->integer;
        return true;
    }
    if (column->kind == WY_SQL_UNSUPPORTED) {
        wy_sql_fail(r, WY_SQL_CONVERSION_FAILED,
                    "column '" WY_STR_FMT
                    "' is of a type that the interface has no value for; "
                    "CAST it in the statement",
                    WY_STR_ARG(column->name));
        return false;
    }
    if (!read_bytes(e, i, p->length, v)) return false;
    if (column->kind == WY_SQL_BINARY || wy_utf8_valid(v->bytes.ptr, v->bytes.len)) return true;
    wy_sql_fail(r, WY_SQL_CONVERSION_FAILED, "the text in column '" WY_STR_FMT "' is not UTF-8",
                WY_STR_ARG(column->name));
    return false;
}

static bool read_row(execution *e, const place *places) {
    const wy_sql_row *row = wy_sql_add_row(e->request);
    for (size_t i = 0; row && i < row->count; i++)
        if (!places[i].is_null && !read_value(e, (unsigned int)i, &places[i], &row->values[i]))
            return false;
    return row != NULL;
}

static bool read_rows(execution *e) {
    const wy_my *my = e->session->my;
    wy_sql_request *r = e->request;
    size_t count = my->mysql_stmt_field_count(e->stmt);
    MYSQL_BIND *binds = wy_arena_calloc(r->arena, count, sizeof *binds);
    place *places = wy_arena_calloc(r->arena, count, sizeof *places);
    if (!binds || !places) {
        wy_sql_nomem(r);
        return false;
    }
    if (!wy_sql_set_columns(r, count) || !read_columns(e, binds, places)) return false;
    if (my->mysql_stmt_bind_result(e->stmt, binds)) return failed(e);
    bool more;
    while (fetch(e, &more)) {
        if (!more) return true;
        if (!read_row(e, places)) return false;
    }
    return false;
}

/* After the statement failed with rows left: they are read past, unless there are too many. */
static void clear_up(execution *e) {
    wy_sql_request *r = e->request, rest = {.task = r->task, .arena = r->arena};
    if (e->session->base.is_broken || r->status == WY_SQL_QUERY_FAILED) return;
    if (r->status != WY_SQL_CONVERSION_FAILED) {
        wy_my_kill(e->session);
        return;
    }
    e->request = &rest;
    if (skip_rows(e)) skip_results(e);
    e->request = r;
    if (rest.status == WY_SQL_ENDED) r->status = WY_SQL_ENDED;
}

static void run(execution *e) {
    if (!prepare(e) || !bind_params(e) || !execute(e)) return;
    e->request->affected = e->session->my->mysql_stmt_affected_rows(e->stmt);
    bool has_rows = e->session->my->mysql_stmt_field_count(e->stmt) > 0;
    if (has_rows && !read_rows(e))
        clear_up(e);
    else
        skip_results(e);
}

/* What a session remembers of a statement, or holds until it ends. */
static void judge(wy_sql_session *base, wy_str statement) {
    static const char *const remembered[] = {"@", "last_insert_id", NULL};
    static const char *const held[] = {"get_lock", NULL}, *const lock[] = {"lock", NULL};
    bool plain = wy_sql_is_plain(statement);
    base->is_stale |= !plain || wy_sql_mentions(statement, remembered);
    base->is_spent |=
        wy_sql_mentions(statement, held) || (!plain && wy_sql_mentions(statement, lock));
}

void wy_my_execute(wy_sql_session *base, wy_sql_request *r) {
    wy_my_session *s = (wy_my_session *)base;
    execution e = {s, r, s->my->mysql_stmt_init(s->mysql)};
    if (!e.stmt) {
        wy_sql_nomem(r);
        return;
    }
    judge(base, r->statement);
    run(&e);
    if (base->is_broken) wy_my_disconnect(s); /* else closing the statement would wait for rows */
    s->my->mysql_stmt_close(e.stmt);
}
