/* kv in a SQLite file, in the table that Spin keeps: its files open here and ours there. Several
 * processes may have the same file open (WAL). In a process a store has one connection for writing
 * and a few for reading; requests come from the threads of the offload pool, and brief ones from
 * the loop's: those never open a file, wait for a lock, or write the log back into the file. */
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "capability/brief.h"
#include "capability/kv/backend.h"

#define READERS 3
#define BUSY_TIMEOUT_MS 5000 /* how long a write waits for other processes' writes */
#define BUSY_RETRY_MS 5
#define LOG_PAGES 1000 /* the log is written back into the file when it has so many */

typedef enum query {
    SELECT_VALUE,
    UPSERT,
    DELETE_KEY,
    SELECT_EXISTS,
    SELECT_KEYS,
    INSERT_NEW,
    UPDATE_SAME,
    SELECT_END,
    SET_END,
    REMOVE_ENDED,
    BEGIN,
    COMMIT,
    ROLLBACK,
    STATEMENT_COUNT,
} query;

/* Parameters: 1 the store, 2 the key, 3 the new value (or a flag, or a time), 4 the old one, 5 now.
 */
#define NOW 5
#define ENDED(key)                                                                                 \
    "EXISTS (SELECT 1 FROM withy_expiry e WHERE e.store = ?1 AND e.key = " key " AND e.at <= ?5)"

static const char *const statement_text[STATEMENT_COUNT] = {
    [SELECT_VALUE] =
        "SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2 AND NOT " ENDED("?2"),
    [UPSERT] =
        "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3) "
        "ON CONFLICT (store, key) DO UPDATE SET value = excluded.value",
    [DELETE_KEY] = "DELETE FROM spin_key_value WHERE store = ?1 AND key = ?2",
    [SELECT_EXISTS] =
        "SELECT 1 FROM spin_key_value WHERE store = ?1 AND key = ?2 AND NOT " ENDED("?2"),
    [SELECT_KEYS] =
        "SELECT v.key FROM spin_key_value v WHERE v.store = ?1 AND (?3 IS NULL OR v.key > ?2) "
        "AND NOT " ENDED("v.key") " ORDER BY v.key",
    [INSERT_NEW] =
        "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3) "
        "ON CONFLICT (store, key) DO UPDATE SET value = excluded.value WHERE " ENDED("?2"),
    [UPDATE_SAME] =
        "UPDATE spin_key_value SET value = ?3 WHERE store = ?1 AND key = ?2 "
        "AND value = ?4 AND NOT " ENDED("?2"),
    [SELECT_END] = "SELECT at FROM withy_expiry WHERE store = ?1 AND key = ?2",
    [SET_END] = "INSERT OR REPLACE INTO withy_expiry (store, key, at) VALUES (?1, ?2, ?3)",
    [REMOVE_ENDED] =
        "DELETE FROM spin_key_value WHERE (store, key) IN (SELECT store, key FROM withy_expiry "
        "WHERE at <= ?5 ORDER BY at LIMIT 64)",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
};

/* Made with the first key that gets a time: whoever writes the key anew, Spin too, takes the time
 * away with that. */
static const char end_schema[] =
    "CREATE INDEX IF NOT EXISTS withy_expiry_at ON withy_expiry (at);"
    "CREATE TRIGGER IF NOT EXISTS withy_expiry_insert AFTER INSERT ON spin_key_value "
    "BEGIN DELETE FROM withy_expiry WHERE store = NEW.store AND key = NEW.key; END;"
    "CREATE TRIGGER IF NOT EXISTS withy_expiry_update AFTER UPDATE ON spin_key_value "
    "BEGIN DELETE FROM withy_expiry WHERE store = NEW.store AND key = NEW.key; END;"
    "CREATE TRIGGER IF NOT EXISTS withy_expiry_delete AFTER DELETE ON spin_key_value "
    "BEGIN DELETE FROM withy_expiry WHERE store = OLD.store AND key = OLD.key; END";

/* One connection; used by one thread at a time. */
typedef struct connection {
    sqlite3 *db; /* NULL: not open yet */
    sqlite3_stmt *statements[STATEMENT_COUNT];
    bool busy, is_brief;
    bool has_end_schema; /* it is known to be there */
    uint64_t began_us;   /* of a brief request */
} connection;

typedef struct store {
    char *path;
    wy_str label;
    bool ephemeral;
    pthread_mutex_t mutex; /* of `busy` of all connections */
    pthread_cond_t idle;
    connection writer, readers[READERS];
    wy_brief brief;
    bool is_log_long; /* after the writer's last request */
} store;

static wy_err sqlite_open(const wy_kv_options *options, void **state_out, wy_diag *diag) {
    if (options->path.len == 0)
        return wy_diag_set(diag, WY_INVALID, "a key-value store in SQLite needs a path");
    store *s = calloc(1, sizeof *s);
    if (s) s->path = strndup(options->path.ptr, options->path.len);
    if (!s || !s->path) {
        free(s);
        return wy_diag_set(diag, WY_NOMEM, "out of memory");
    }
    s->label = options->label;
    s->ephemeral = options->ephemeral;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->idle, NULL);
    *state_out = s;
    return WY_OK;
}

static void disconnect(connection *c) {
    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(c->statements[i]);
    sqlite3_close(c->db);
    *c = (connection){.busy = c->busy};
}

static void sqlite_close(void *state) {
    store *s = state;
    disconnect(&s->writer);
    for (int i = 0; i < READERS; i++)
        disconnect(&s->readers[i]);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->mutex);
    free(s->path);
    free(s);
}

/* --- connections --- */

/* Other files are out of reach whatever the file at hand contains (its schema may hold triggers).
 */
static int authorize(void *data, int action, const char *a, const char *b, const char *c,
                     const char *d) {
    (void)data, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_ATTACH || action == SQLITE_DETACH ? SQLITE_DENY : SQLITE_OK;
}

/* Makes the folders above `file`; a failure shows when the file is opened. */
static void make_folders(const char *file) {
    char *path = strdup(file);
    if (!path) return;
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
    free(path);
}

static wy_kv_status fail_sqlite(const store *s, connection *c, wy_kv_request *r, const char *what) {
    wy_kv_fail(r, "%s: cannot %s: %s", s->path, what,
               c->db ? sqlite3_errmsg(c->db) : "out of memory");
    return WY_KV_FAILED;
}

/* Runs the setup. Where processes switch a new file to WAL at the same moment, SQLite says "busy"
 * at once to all but one, without the timeout's patience, to avoid a deadlock: try again. */
static int set_up(sqlite3 *db, const char *setup) {
    int rc = SQLITE_BUSY;
    for (int waited_ms = 0; waited_ms < BUSY_TIMEOUT_MS; waited_ms += BUSY_RETRY_MS) {
        rc = sqlite3_exec(db, setup, NULL, NULL, NULL);
        if ((rc & 0xff) != SQLITE_BUSY) break;
        usleep(BUSY_RETRY_MS * 1000);
    }
    return rc;
}

/* Writes the log back as SQLite would by itself, but not in a brief request: that takes disk time.
 */
static int on_commit(void *data, sqlite3 *db, const char *name, int pages) {
    store *s = data;
    s->is_log_long = pages >= LOG_PAGES;
    if (!s->is_log_long || s->writer.is_brief) return SQLITE_OK;
    (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    s->is_log_long = false;
    return SQLITE_OK;
}

static wy_kv_status connect_to(store *s, connection *c, wy_kv_request *r) {
    if (c->db) return WY_KV_OK;
    make_folders(s->path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    char setup[700];
    sqlite3_snprintf(sizeof setup, setup,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = %s; "
                     "PRAGMA trusted_schema = OFF; "
                     "CREATE TABLE IF NOT EXISTS spin_key_value (store TEXT NOT NULL, key TEXT NOT "
                     "NULL, value BLOB NOT NULL, PRIMARY KEY (store, key));"
                     "CREATE TABLE IF NOT EXISTS withy_expiry (store TEXT NOT NULL, key TEXT NOT "
                     "NULL, at INTEGER NOT NULL, PRIMARY KEY (store, key)) WITHOUT ROWID",
                     s->ephemeral ? "OFF" : "NORMAL");
    int rc = sqlite3_open_v2(s->path, &c->db, flags, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
        sqlite3_limit(c->db, SQLITE_LIMIT_ATTACHED, 0);
        sqlite3_set_authorizer(c->db, authorize, NULL);
        sqlite3_wal_hook(c->db, on_commit, s);
        rc = set_up(c->db, setup);
    }
    if (rc == SQLITE_OK) return WY_KV_OK;
    wy_kv_status status = fail_sqlite(s, c, r, "open the store");
    disconnect(c);
    return status;
}

static connection *try_acquire(store *s, bool writes) {
    if (writes) return s->writer.busy ? NULL : &s->writer;
    for (int i = 0; i < READERS; i++)
        if (!s->readers[i].busy && s->readers[i].db) return &s->readers[i];
    for (int i = 0; i < READERS; i++)
        if (!s->readers[i].busy) return &s->readers[i];
    return NULL;
}

/* A brief request gets what is to be had at once, and neither long values nor patience. */
static void set_brief(connection *c, bool is_brief) {
    if (c->is_brief != is_brief) {
        sqlite3_busy_timeout(c->db, is_brief ? 0 : BUSY_TIMEOUT_MS);
        sqlite3_limit(c->db, SQLITE_LIMIT_LENGTH, is_brief ? 2 * (int)WY_KV_BRIEF_BYTES : INT_MAX);
    }
    c->is_brief = is_brief;
    if (is_brief) c->began_us = wy_brief_now_us();
}

static connection *acquire_brief(store *s, bool writes) {
    pthread_mutex_lock(&s->mutex);
    connection *c = try_acquire(s, writes);
    if (c && (!c->db || (writes && s->is_log_long))) c = NULL;
    if (!wy_brief_may(&s->brief)) c = NULL;
    if (c) c->busy = true;
    pthread_mutex_unlock(&s->mutex);
    return c;
}

static void release(store *s, connection *c) {
    pthread_mutex_lock(&s->mutex);
    if (c->is_brief) wy_brief_judge(&s->brief, c->began_us);
    c->busy = false;
    pthread_cond_broadcast(&s->idle);
    pthread_mutex_unlock(&s->mutex);
}

/* NULL: it could not be opened; the request says why. */
static connection *acquire(store *s, bool writes, wy_kv_request *r) {
    connection *c;
    if (r->is_brief) {
        c = acquire_brief(s, writes);
        if (c) set_brief(c, true);
        return c;
    }
    pthread_mutex_lock(&s->mutex);
    while (!(c = try_acquire(s, writes)))
        pthread_cond_wait(&s->idle, &s->mutex);
    c->busy = true;
    pthread_mutex_unlock(&s->mutex);
    if (connect_to(s, c, r) == WY_KV_OK) {
        set_brief(c, false);
        return c;
    }
    release(s, c);
    return NULL;
}

/* --- statements --- */

/* Ready to run, with the parameters that most have bound: the store's label, `key`, the time. NULL:
 * failed. */
static sqlite3_stmt *prepare(const store *s, connection *c, query which, const wy_str *key,
                             wy_kv_request *r) {
    sqlite3_stmt **slot = &c->statements[which];
    if (!*slot && sqlite3_prepare_v3(c->db, statement_text[which], -1, SQLITE_PREPARE_PERSISTENT,
                                     slot, NULL) != SQLITE_OK) {
        fail_sqlite(s, c, r, "read its table");
        return NULL;
    }
    if (sqlite3_bind_parameter_count(*slot) >= NOW)
        sqlite3_bind_int64(*slot, NOW, (sqlite3_int64)wy_kv_now_ms());
    if (!key) return *slot;
    sqlite3_bind_text64(*slot, 1, s->label.ptr, s->label.len, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_text64(*slot, 2, key->len ? key->ptr : "", key->len, SQLITE_STATIC, SQLITE_UTF8);
    return *slot;
}

static void bind_blob(sqlite3_stmt *statement, int index, wy_str bytes) {
    sqlite3_bind_blob64(statement, index, bytes.len ? bytes.ptr : "", bytes.len, SQLITE_STATIC);
}

/* The values are views that end with the request: forget them. */
static void done(sqlite3_stmt *statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

/* A statement without rows. */
static wy_kv_status execute(const store *s, connection *c, sqlite3_stmt *statement,
                            wy_kv_request *r) {
    if (!statement) return WY_KV_FAILED;
    wy_kv_status status = WY_KV_OK;
    if (sqlite3_step(statement) != SQLITE_DONE) status = fail_sqlite(s, c, r, "write");
    done(statement);
    return status;
}

static wy_str column(sqlite3_stmt *statement) {
    const void *bytes = sqlite3_column_blob(statement, 0);
    return (wy_str){bytes, (size_t)sqlite3_column_bytes(statement, 0)};
}

static wy_kv_status read_value(const store *s, connection *c, wy_str key, wy_kv_value *value_out,
                               wy_kv_request *r) {
    sqlite3_stmt *statement = prepare(s, c, SELECT_VALUE, &key, r);
    if (!statement) return WY_KV_FAILED;
    *value_out = (wy_kv_value){0};
    int rc = sqlite3_step(statement);
    wy_kv_status status = rc == SQLITE_ROW    ? wy_kv_found(r, column(statement), value_out)
                          : rc == SQLITE_DONE ? WY_KV_OK
                                              : fail_sqlite(s, c, r, "read");
    done(statement);
    return status;
}

static wy_kv_status write_value(const store *s, connection *c, query which, wy_str key,
                                wy_str value, wy_kv_request *r) {
    sqlite3_stmt *statement = prepare(s, c, which, &key, r);
    if (statement) bind_blob(statement, 3, value);
    return execute(s, c, statement, r);
}

static wy_kv_status begin(const store *s, connection *c, wy_kv_request *r) {
    return execute(s, c, prepare(s, c, BEGIN, NULL, r), r);
}

/* Commits when all went well, else takes everything back. */
static wy_kv_status end(const store *s, connection *c, wy_kv_status status, wy_kv_request *r) {
    if (status == WY_KV_OK) status = execute(s, c, prepare(s, c, COMMIT, NULL, r), r);
    if (status == WY_KV_OK || sqlite3_get_autocommit(c->db)) return status;
    wy_kv_request unused = {0}; /* the first failure is the one to tell */
    (void)execute(s, c, prepare(s, c, ROLLBACK, NULL, &unused), &unused);
    if (!sqlite3_get_autocommit(c->db)) disconnect(c);
    c->has_end_schema = false; /* perhaps taken back */
    return status;
}

/* --- keys that end (in a transaction) --- */

/* Notes the end of a key that was just written; 0: it has none, as whatever it had went with the
 * writing. */
static wy_kv_status set_end(const store *s, connection *c, wy_str key, uint64_t at_ms,
                            wy_kv_request *r) {
    if (at_ms == 0) return WY_KV_OK;
    if (!c->has_end_schema && sqlite3_exec(c->db, end_schema, NULL, NULL, NULL) != SQLITE_OK)
        return fail_sqlite(s, c, r, "make its triggers");
    c->has_end_schema = true;
    sqlite3_stmt *statement = prepare(s, c, SET_END, &key, r);
    if (statement) sqlite3_bind_int64(statement, 3, (sqlite3_int64)at_ms);
    return execute(s, c, statement, r);
}

/* 0: none. */
static wy_kv_status get_end(const store *s, connection *c, wy_str key, uint64_t *at_ms_out,
                            wy_kv_request *r) {
    sqlite3_stmt *statement = prepare(s, c, SELECT_END, &key, r);
    *at_ms_out = 0;
    if (!statement) return WY_KV_FAILED;
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) *at_ms_out = (uint64_t)sqlite3_column_int64(statement, 0);
    wy_kv_status status =
        rc == SQLITE_ROW || rc == SQLITE_DONE ? WY_KV_OK : fail_sqlite(s, c, r, "read");
    done(statement);
    return status;
}

static uint64_t end_of(const wy_kv_request *r) {
    return r->ttl_ms ? wy_kv_now_ms() + r->ttl_ms : 0;
}

/* Some of what is over goes with every writing of a key that ends, so that it does not pile up. */
static wy_kv_status remove_ended(const store *s, connection *c, wy_kv_request *r) {
    return r->ttl_ms ? execute(s, c, prepare(s, c, REMOVE_ENDED, NULL, r), r) : WY_KV_OK;
}

/* --- requests --- */

static wy_kv_status sqlite_get(void *state, wy_kv_request *r) {
    connection *c = acquire(state, false, r);
    if (!c) return WY_KV_FAILED;
    wy_kv_status status = read_value(state, c, r->key, &r->found, r);
    release(state, c);
    return status;
}

static wy_kv_status sqlite_set(void *state, wy_kv_request *r) {
    connection *c = acquire(state, true, r);
    if (!c) return WY_KV_FAILED;
    wy_kv_status status = r->ttl_ms ? begin(state, c, r) : WY_KV_OK;
    if (status == WY_KV_OK) {
        status = write_value(state, c, UPSERT, r->key, r->value, r);
        if (status == WY_KV_OK) status = set_end(state, c, r->key, end_of(r), r);
        if (status == WY_KV_OK) status = remove_ended(state, c, r);
        if (r->ttl_ms) status = end(state, c, status, r);
    }
    release(state, c);
    return status;
}

static wy_kv_status sqlite_delete(void *state, wy_kv_request *r) {
    connection *c = acquire(state, true, r);
    if (!c) return WY_KV_FAILED;
    wy_kv_status status = execute(state, c, prepare(state, c, DELETE_KEY, &r->key, r), r);
    release(state, c);
    return status;
}

static wy_kv_status sqlite_exists(void *state, wy_kv_request *r) {
    connection *c = acquire(state, false, r);
    if (!c) return WY_KV_FAILED;
    wy_kv_status status = WY_KV_FAILED;
    sqlite3_stmt *statement = prepare(state, c, SELECT_EXISTS, &r->key, r);
    if (statement) {
        int rc = sqlite3_step(statement);
        r->yes = rc == SQLITE_ROW;
        status =
            rc == SQLITE_ROW || rc == SQLITE_DONE ? WY_KV_OK : fail_sqlite(state, c, r, "read");
        done(statement);
    }
    release(state, c);
    return status;
}

static wy_kv_status sqlite_list(void *state, wy_kv_request *r) {
    connection *c = acquire(state, false, r);
    if (!c) return WY_KV_FAILED;
    wy_str after = r->after ? *r->after : (wy_str){0};
    sqlite3_stmt *statement = prepare(state, c, SELECT_KEYS, &after, r);
    wy_kv_status status = statement ? WY_KV_OK : WY_KV_FAILED;
    if (statement) {
        if (r->after) sqlite3_bind_int(statement, 3, 1);
        uint32_t cap = 0;
        size_t bytes = 0;
        int rc = sqlite3_step(statement);
        while (rc == SQLITE_ROW && wy_kv_list_add(r, column(statement), &cap, &bytes))
            rc = sqlite3_step(statement);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE) status = fail_sqlite(state, c, r, "read");
        done(statement);
    }
    release(state, c);
    return status;
}

/* In a transaction. */
static wy_kv_status increment(const store *s, connection *c, wy_kv_request *r) {
    wy_kv_value old;
    uint8_t value[8];
    uint64_t at_ms = end_of(r);
    wy_kv_status status = read_value(s, c, r->key, &old, r);
    if (status == WY_KV_OK) status = wy_kv_add(r, &old, value);
    if (status == WY_KV_OK && old.present) status = get_end(s, c, r->key, &at_ms, r);
    if (status == WY_KV_OK)
        status = write_value(s, c, UPSERT, r->key, (wy_str){(char *)value, sizeof value}, r);
    if (status == WY_KV_OK) status = set_end(s, c, r->key, at_ms, r);
    return status == WY_KV_OK ? remove_ended(s, c, r) : status;
}

static wy_kv_status sqlite_increment(void *state, wy_kv_request *r) {
    connection *c = acquire(state, true, r);
    if (!c) return WY_KV_FAILED;
    wy_kv_status status = begin(state, c, r);
    if (status == WY_KV_OK) status = end(state, c, increment(state, c, r), r);
    release(state, c);
    return status;
}

static wy_kv_status swap(const store *s, connection *c, wy_kv_request *r) {
    query which = r->expected.present ? UPDATE_SAME : INSERT_NEW;
    sqlite3_stmt *statement = prepare(s, c, which, &r->key, r);
    if (statement) {
        bind_blob(statement, 3, r->value);
        if (r->expected.present) bind_blob(statement, 4, r->expected.bytes);
    }
    wy_kv_status status = execute(s, c, statement, r);
    r->yes = status == WY_KV_OK && sqlite3_changes(c->db) == 1;
    if (r->yes) status = set_end(s, c, r->key, end_of(r), r);
    return status == WY_KV_OK ? remove_ended(s, c, r) : status;
}

static wy_kv_status sqlite_swap(void *state, wy_kv_request *r) {
    connection *c = acquire(state, true, r);
    if (!c) return WY_KV_FAILED;
    wy_kv_status status = r->ttl_ms ? begin(state, c, r) : WY_KV_OK;
    if (status == WY_KV_OK) {
        status = swap(state, c, r);
        if (r->ttl_ms) status = end(state, c, status, r);
    }
    release(state, c);
    return status;
}

static wy_kv_status sqlite_get_many(void *state, wy_kv_request *r) {
    connection *c = acquire(state, false, r);
    if (!c) return WY_KV_FAILED;
    size_t total = 0;
    wy_kv_status status = WY_KV_OK;
    for (size_t i = 0; status == WY_KV_OK && i < r->count; i++) {
        status = read_value(state, c, r->keys[i], &r->values[i], r);
        total += r->values[i].bytes.len;
        if (status == WY_KV_OK && total > WY_MAX_RESULT_BYTES)
            status =
                wy_kv_fail(r, "the values have more than %zu bytes together", WY_MAX_RESULT_BYTES);
    }
    release(state, c);
    return status;
}

/* All of them or none. */
static wy_kv_status write_many(void *state, wy_kv_request *r) {
    connection *c = acquire(state, true, r);
    if (!c) return WY_KV_FAILED;
    wy_kv_status status = begin(state, c, r);
    if (status == WY_KV_OK) {
        uint64_t at_ms = r->pairs ? end_of(r) : 0;
        for (size_t i = 0; status == WY_KV_OK && i < r->count; i++) {
            wy_str key = r->pairs ? r->pairs[i].key : r->keys[i];
            status = r->pairs ? write_value(state, c, UPSERT, key, r->pairs[i].value, r)
                              : execute(state, c, prepare(state, c, DELETE_KEY, &key, r), r);
            if (status == WY_KV_OK) status = set_end(state, c, key, at_ms, r);
        }
        if (status == WY_KV_OK && at_ms) status = remove_ended(state, c, r);
        status = end(state, c, status, r);
    }
    release(state, c);
    return status;
}

extern const wy_kv_backend wy_kv_backend_sqlite;
const wy_kv_backend wy_kv_backend_sqlite = {
    .name = "sqlite",
    .blocks = true,
    .expires = true,
    .tries = true,
    .open = sqlite_open,
    .close = sqlite_close,
    .get = sqlite_get,
    .set = sqlite_set,
    .del = sqlite_delete,
    .exists = sqlite_exists,
    .list = sqlite_list,
    .increment = sqlite_increment,
    .swap = sqlite_swap,
    .get_many = sqlite_get_many,
    .set_many = write_many,
    .delete_many = write_many,
};
