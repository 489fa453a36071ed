/* What a program of its own gets out of a SQLite file of key-value pairs: the table, the statements
 * and the durability of withy's stores, one operation after another on one connection.
 * bench_sqlite FILE TIMES prints the seconds of one get and of one set. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sqlite3 *db;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check(int rc, int wanted) {
    if (rc == wanted) return;
    fprintf(stderr, "bench_sqlite: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static sqlite3_stmt *prepare(const char *text) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), SQLITE_OK);
    return statement;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text) {
    sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* The value as a copy of the program's own, as a guest has it. */
static void get(sqlite3_stmt *statement) {
    bind_text(statement, 1, "default");
    bind_text(statement, 2, "key");
    check(sqlite3_step(statement), SQLITE_ROW);
    const void *bytes = sqlite3_column_blob(statement, 0);
    size_t len = (size_t)sqlite3_column_bytes(statement, 0);
    char *copy = malloc(len);
    if (!copy) exit(1);
    memcpy(copy, bytes, len);
    sqlite3_reset(statement);
    free(copy);
}

/* Another value each time: SQLite does not write what stays the same. */
static void set(sqlite3_stmt *statement, long number) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%ld", number);
    bind_text(statement, 1, "default");
    bind_text(statement, 2, "key");
    sqlite3_bind_blob(statement, 3, digits, len, SQLITE_STATIC);
    check(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    long times = atol(argv[2]);
    check(sqlite3_open_v2(argv[1], &db,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL),
          SQLITE_OK);
    check(sqlite3_exec(db,
                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                       "CREATE TABLE IF NOT EXISTS spin_key_value (store TEXT NOT NULL, key TEXT "
                       "NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))",
                       NULL, NULL, NULL),
          SQLITE_OK);
    sqlite3_stmt *getting =
        prepare("SELECT value FROM spin_key_value WHERE store = ?1 AND key = ?2");
    sqlite3_stmt *setting = prepare(
        "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3) "
        "ON CONFLICT (store, key) DO UPDATE SET value = excluded.value");
    set(setting, 0);
    double began = now();
    for (long i = 0; i < times; i++)
        get(getting);
    printf("get\t%.9f\n", (now() - began) / (double)times);
    began = now();
    for (long i = 1; i <= times; i++)
        set(setting, i);
    printf("set\t%.9f\n", (now() - began) / (double)times);
    sqlite3_finalize(getting);
    sqlite3_finalize(setting);
    sqlite3_close(db);
    return 0;
}
