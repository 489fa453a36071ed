/* sql in a SQLite file. Several processes may have the same file open (WAL). Statements run on the
 * threads of the offload pool, one at a time a connection, and are interrupted when the task is
 * told to end. One that was prepared before is tried on the loop's thread first, for as long as it
 * is certain to take little time; should it take more, it is taken back and done on the pool. A
 * connection that a guest left as new is kept for the next one, with its prepared statements.
 * Opening files, and what statements may not do, is sqlite_file.c's. */
#include "capability/sql/sqlite_file.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "capability/brief.h"
#include "capability/sql/backend.h"

#define CACHED_STATEMENTS 16
#define CACHED_STATEMENT_BYTES 4096 /* longer ones are prepared anew each time */

typedef struct connection connection;

typedef struct database {
    char *path;
    wy_brief brief;
    bool ephemeral, allow_attach;
    connection *idle; /* the latest one first */
    uint32_t idle_count;
} database;

typedef struct statement {
    char *text;
    size_t len;
    sqlite3_stmt *handle;
} statement;

struct connection {
    wy_sql_connection base;
    database *owner;
    connection *next;    /* in the list of idle ones */
    wy_sqlite_file file; /* opened by the first statement */
    dev_t device;        /* of the open file: another one may have taken its name since */
    ino_t inode;
    statement cached[CACHED_STATEMENTS]; /* the latest one first */
    uint32_t cached_count;
};

/* --- statements, on a thread of the pool --- */

typedef struct job {
    connection *connection;
    wy_sql_request *request;
    wy_task *task;
    bool done;
} job;

static void fail(connection *c, wy_sql_request *r) {
    if (atomic_load(&c->file.stop)) {
        wy_sql_fail(r, WY_SQL_ENDED, "interrupted");
        return;
    }
    sqlite3 *db = c->file.db;
    bool full = (sqlite3_errcode(db) & 0xff) == SQLITE_FULL;
    wy_sql_fail(r, full ? WY_SQL_FULL : WY_SQL_OTHER, "%s",
                c->file.denied ? c->file.denied : sqlite3_errmsg(db));
}

static bool open_file(connection *c, wy_sql_request *r) {
    if (c->file.db) return true;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_err err = wy_sqlite_file_open(&c->file, c->owner->path, c->owner->ephemeral,
                                     c->owner->allow_attach, &diag);
    struct stat info;
    if (err == WY_OK && stat(c->owner->path, &info) == 0) {
        c->device = info.st_dev;
        c->inode = info.st_ino;
    }
    if (err != WY_OK)
        wy_sql_fail(r, atomic_load(&c->file.stop) ? WY_SQL_ENDED : WY_SQL_OTHER, "%.900s",
                    diag.text);
    return err == WY_OK;
}

/* Puts the statement first. */
static void use_cached(connection *c, uint32_t index, statement used) {
    memmove(&c->cached[1], &c->cached[0], index * sizeof *c->cached);
    c->cached[0] = used;
}

static void forget_statement(statement *s) {
    sqlite3_finalize(s->handle);
    free(s->text);
}

/* False: it is too long, or there is no memory; the caller finalizes it. */
static bool keep_statement(connection *c, wy_str text, sqlite3_stmt *handle) {
    char *copy = text.len <= CACHED_STATEMENT_BYTES ? malloc(text.len) : NULL;
    if (!copy) return false;
    memcpy(copy, text.ptr, text.len);
    if (c->cached_count == CACHED_STATEMENTS) forget_statement(&c->cached[--c->cached_count]);
    use_cached(c, c->cached_count++, (statement){copy, text.len, handle});
    return true;
}

/* Only space and comments may follow a statement: what else would follow would not be run. */
static bool check_tail(connection *c, const char *tail, const char *end, wy_sql_request *r) {
    sqlite3_stmt *second = NULL;
    if (tail == end) return true;
    int rc = sqlite3_prepare_v3(c->file.db, tail, (int)(end - tail), 0, &second, NULL);
    bool single = rc == SQLITE_OK && !second && !memchr(tail, '\0', (size_t)(end - tail));
    sqlite3_finalize(second);
    if (!single) wy_sql_fail(r, WY_SQL_OTHER, "more than one statement; execute them one by one");
    return single;
}

/* NULL: it was not prepared before, or long ago. */
static sqlite3_stmt *find_cached(connection *c, wy_str text) {
    for (uint32_t i = 0; i < c->cached_count; i++) {
        statement found = c->cached[i];
        if (!wy_str_eq((wy_str){found.text, found.len}, text)) continue;
        use_cached(c, i, found);
        return found.handle;
    }
    return NULL;
}

/* `*own_out`: to be finalized after use. NULL: nothing to run, or failed. */
static sqlite3_stmt *prepare(connection *c, wy_sql_request *r, bool *own_out) {
    wy_str text = r->statement;
    sqlite3_stmt *known = find_cached(c, text);
    *own_out = false;
    if (known) return known;
    if (text.len > INT32_MAX) {
        wy_sql_fail(r, WY_SQL_OTHER, "the statement is too long");
        return NULL;
    }
    sqlite3_stmt *handle = NULL;
    const char *tail = NULL, *sql = text.len ? text.ptr : "";
    c->file.denied = NULL;
    int rc = sqlite3_prepare_v3(c->file.db, sql, (int)text.len, SQLITE_PREPARE_PERSISTENT, &handle,
                                &tail);
    if (rc != SQLITE_OK) {
        fail(c, r);
        return NULL;
    }
    if (!check_tail(c, tail, sql + text.len, r)) {
        sqlite3_finalize(handle);
        return NULL;
    }
    if (handle && !keep_statement(c, text, handle)) *own_out = true;
    return handle;
}

static int bind_value(sqlite3_stmt *handle, int index, const wy_sql_value *value) {
    const char *bytes = value->bytes.len ? value->bytes.ptr : "";
    switch ((wy_sql_kind)value->kind) {
    case WY_SQL_BOOLEAN: return sqlite3_bind_int(handle, index, value->boolean);
    case WY_SQL_INT8: return sqlite3_bind_int(handle, index, value->int8);
    case WY_SQL_INT16: return sqlite3_bind_int(handle, index, value->int16);
    case WY_SQL_INT32: return sqlite3_bind_int(handle, index, value->int32);
    case WY_SQL_INT64: return sqlite3_bind_int64(handle, index, value->int64);
    case WY_SQL_UINT8: return sqlite3_bind_int(handle, index, value->uint8);
    case WY_SQL_UINT16: return sqlite3_bind_int(handle, index, value->uint16);
    case WY_SQL_UINT32: return sqlite3_bind_int64(handle, index, value->uint32);
    case WY_SQL_UINT64: return sqlite3_bind_int64(handle, index, (int64_t)value->uint64);
    case WY_SQL_FLOAT32: return sqlite3_bind_double(handle, index, (double)value->float32);
    case WY_SQL_FLOAT64: return sqlite3_bind_double(handle, index, value->float64);
    case WY_SQL_TEXT:
        return sqlite3_bind_text64(handle, index, bytes, value->bytes.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case WY_SQL_BINARY:
        return sqlite3_bind_blob64(handle, index, bytes, value->bytes.len, SQLITE_STATIC);
    case WY_SQL_NULL:
    case WY_SQL_UNSUPPORTED:
    case WY_SQL_DATE:
    case WY_SQL_TIME:
    case WY_SQL_DATETIME:
    case WY_SQL_TIMESTAMP: break;
    }
    return sqlite3_bind_null(handle, index);
}

static bool bind(connection *c, sqlite3_stmt *handle, wy_sql_request *r) {
    int wanted = sqlite3_bind_parameter_count(handle);
    if ((size_t)wanted != r->param_count) {
        wy_sql_fail(r, WY_SQL_OTHER, "the statement has %d parameters, and %zu were given", wanted,
                    r->param_count);
        return false;
    }
    for (int i = 0; i < wanted; i++)
        if (bind_value(handle, i + 1, &r->params[i]) != SQLITE_OK) {
            fail(c, r);
            return false;
        }
    return true;
}

static bool read_columns(sqlite3_stmt *handle, wy_sql_request *r) {
    int count = sqlite3_column_count(handle);
    if (!wy_sql_set_columns(r, (size_t)count)) return false;
    for (int i = 0; i < count; i++)
        if (!wy_sql_copy_name(r, wy_str_of(sqlite3_column_name(handle, i)), &r->columns[i].name))
            return false;
    return true;
}

static bool read_text(sqlite3_stmt *handle, int i, wy_sql_request *r, wy_sql_value *value) {
    wy_str text = {(const char *)sqlite3_column_text(handle, i),
                   (size_t)sqlite3_column_bytes(handle, i)};
    value->kind = WY_SQL_TEXT;
    if (text.len && !wy_utf8_valid(text.ptr, text.len)) {
        wy_sql_fail(r, WY_SQL_OTHER, "the text in column '" WY_STR_FMT "' is not valid UTF-8",
                    WY_STR_ARG(r->columns[i].name));
        return false;
    }
    return wy_sql_copy(r, text, &value->bytes);
}

static bool read_value(sqlite3_stmt *handle, int i, wy_sql_request *r, wy_sql_value *value) {
    switch (sqlite3_column_type(handle, i)) {
    case SQLITE_INTEGER:
        value->kind = WY_SQL_INT64;
        value->int64 = sqlite3_column_int64(handle, i);
        return true;
    case SQLITE_FLOAT:
        value->kind = WY_SQL_FLOAT64;
        value->float64 = sqlite3_column_double(handle, i);
        return true;
    case SQLITE_TEXT: return read_text(handle, i, r, value);
    case SQLITE_BLOB:
        value->kind = WY_SQL_BINARY;
        return wy_sql_copy(
            r, (wy_str){sqlite3_column_blob(handle, i), (size_t)sqlite3_column_bytes(handle, i)},
            &value->bytes);
    default: return true;
    }
}

static bool read_row(sqlite3_stmt *handle, wy_sql_request *r) {
    const wy_sql_row *row = wy_sql_add_row(r);
    for (int i = 0; row && i < (int)row->count; i++)
        if (!read_value(handle, i, r, &row->values[i])) return false;
    return row != NULL;
}

/* Returns what the last step did. */
static int step(connection *c, sqlite3_stmt *handle, wy_sql_request *r) {
    int rc = sqlite3_step(handle);
    /* after the first step: a change of the schema may have changed the columns */
    if ((rc == SQLITE_ROW || rc == SQLITE_DONE) && !read_columns(handle, r)) return rc;
    while (rc == SQLITE_ROW && read_row(handle, r))
        rc = sqlite3_step(handle);
    if (rc == SQLITE_DONE)
        r->affected = sqlite3_stmt_readonly(handle) ? 0 : (uint64_t)sqlite3_changes64(c->file.db);
    else if (rc != SQLITE_ROW)
        fail(c, r);
    return rc;
}

/* They are views that end with the request. */
static void forget_values(sqlite3_stmt *handle) {
    sqlite3_reset(handle);
    sqlite3_clear_bindings(handle);
}

static void run_job(void *data) {
    job *j = data;
    connection *c = j->connection;
    wy_sql_request *r = j->request;
    bool is_own;
    if (!open_file(c, r)) return;
    sqlite3_stmt *handle = prepare(c, r, &is_own);
    if (!handle) {
        if (r->status == WY_SQL_OK && r->param_count) (void)bind(c, handle, r);
        return;
    }
    if (bind(c, handle, r)) (void)step(c, handle, r);
    forget_values(handle);
    if (is_own) sqlite3_finalize(handle);
}

/* --- statements, on the loop's thread --- */

typedef struct attempt {
    connection *connection;
    wy_sql_request *request;
    sqlite3_stmt *handle;
    bool is_done;
} attempt;

/* All of it is taken back when it is cut short (the file's transaction is this statement alone). */
static void run_brief(void *data) {
    attempt *a = data;
    connection *c = a->connection;
    wy_sql_request before = *a->request;
    uint64_t began_us = wy_brief_now_us();
    wy_sqlite_file_set_brief(&c->file, true);
    int rc = bind(c, a->handle, a->request) ? step(c, a->handle, a->request) : SQLITE_TOOBIG;
    forget_values(a->handle);
    wy_sqlite_file_set_brief(&c->file, false);
    wy_brief_judge(&c->owner->brief, began_us);
    rc &= 0xff;
    a->is_done = rc != SQLITE_INTERRUPT && rc != SQLITE_BUSY && rc != SQLITE_LOCKED &&
                 rc != SQLITE_TOOBIG && rc != SQLITE_NOMEM;
    if (!a->is_done) *a->request = before;
}

/* Preparing may take long; so may a commit under settings of the guest's own. */
static bool try_brief(connection *c, wy_sql_request *r) {
    if (!c->file.db || c->file.changed || c->file.is_log_long ||
        !sqlite3_get_autocommit(c->file.db) || !wy_sql_is_plain(r->statement))
        return false;
    attempt a = {c, r, find_cached(c, r->statement), false};
    if (!a.handle || !wy_brief_may(&c->owner->brief)) return false;
    if (wy_task_aside(r->task, run_brief, &a) == WY_OK) return a.is_done;
    r->status = WY_SQL_ENDED;
    return true;
}

/* --- on the loop --- */

static void job_done(void *data) {
    job *j = data;
    j->done = true;
    wy_task_wake(j->task);
}

static void execute(wy_sql_connection *base, wy_sql_request *r) {
    connection *c = (connection *)base;
    job j = {c, r, r->task, false};
    if (wy_task_ended(r->task)) {
        r->status = WY_SQL_ENDED;
        return;
    }
    if (try_brief(c, r)) return;
    if (wy_loop_offload(wy_task_loop(r->task), run_job, job_done, &j) != WY_OK) {
        wy_sql_nomem(r);
        return;
    }
    while (!j.done) { /* even when the task has ended: the job uses this stack */
        wy_task_wait_out(r->task);
        if (wy_task_ended(r->task)) atomic_store(&c->file.stop, true);
    }
    atomic_store(&c->file.stop, false);
    if (wy_task_ended(r->task)) r->status = WY_SQL_ENDED;
}

static void close_connection(connection *c) {
    for (uint32_t i = 0; i < c->cached_count; i++)
        forget_statement(&c->cached[i]);
    wy_sqlite_file_close(&c->file);
    free(c);
}

/* What the connection has open is what has the name now. */
static bool is_current(const connection *c) {
    struct stat info;
    return stat(c->owner->path, &info) == 0 && info.st_dev == c->device && info.st_ino == c->inode;
}

static void release(own wy_sql_connection *base) {
    connection *c = (connection *)base;
    database *d = c->owner;
    bool keep = c->file.db && !c->file.changed && d->idle_count < WY_MAX_SQL_IDLE_CONNECTIONS &&
                wy_sqlite_file_renew(&c->file);
    if (!keep) {
        if (c->file.db) /* no time for a checkpoint here */
            sqlite3_db_config(c->file.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        close_connection(c);
        return;
    }
    c->next = d->idle;
    d->idle = c;
    d->idle_count++;
}

static int64_t last_insert_id(const wy_sql_connection *base) {
    const connection *c = (const connection *)base;
    return c->file.db ? sqlite3_last_insert_rowid(c->file.db) : 0;
}

static uint64_t changes(const wy_sql_connection *base) {
    const connection *c = (const connection *)base;
    return c->file.db ? (uint64_t)sqlite3_changes64(c->file.db) : 0;
}

static const wy_sql_driver driver = {execute, release, last_insert_id, changes};

static wy_sql_connection *sqlite_connect(void *state, wy_sql_request *r) {
    database *d = state;
    while (d->idle) {
        connection *c = d->idle;
        d->idle = c->next;
        d->idle_count--;
        if (is_current(c)) return &c->base;
        close_connection(c);
    }
    connection *c = calloc(1, sizeof *c);
    if (!c) {
        wy_sql_fail(r, WY_SQL_OTHER, "out of memory for a connection");
        return NULL;
    }
    c->base.driver = &driver;
    c->owner = d;
    return &c->base;
}

static wy_err sqlite_open(const wy_sql_options *options, void **state_out, wy_diag *diag) {
    if (options->path.len == 0)
        return wy_diag_set(diag, WY_INVALID, "a SQLite database needs a path");
    database *d = calloc(1, sizeof *d);
    if (d) d->path = strndup(options->path.ptr, options->path.len);
    if (!d || !d->path) {
        free(d);
        return wy_diag_set(diag, WY_NOMEM, "out of memory");
    }
    d->ephemeral = options->ephemeral;
    d->allow_attach = options->allow_attach;
    *state_out = d;
    return WY_OK;
}

static void sqlite_close(void *state) {
    database *d = state;
    while (d->idle) {
        connection *c = d->idle;
        d->idle = c->next;
        close_connection(c);
    }
    free(d->path);
    free(d);
}

static wy_err sqlite_run(void *state, wy_str statements, wy_diag *diag) {
    database *d = state;
    wy_sqlite_file file = {0};
    char *text = strndup(statements.len ? statements.ptr : "", statements.len);
    if (!text) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    wy_err err = wy_sqlite_file_open(&file, d->path, d->ephemeral, d->allow_attach, diag);
    if (err == WY_OK && sqlite3_exec(file.db, text, NULL, NULL, NULL) != SQLITE_OK)
        err = wy_diag_set(diag, WY_INVALID, "%s: %s", d->path,
                          file.denied ? file.denied : sqlite3_errmsg(file.db));
    wy_sqlite_file_close(&file);
    free(text);
    return err;
}

extern const wy_sql_backend wy_sql_backend_sqlite;
const wy_sql_backend wy_sql_backend_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .connect = sqlite_connect,
    .run = sqlite_run,
};
