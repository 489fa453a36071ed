/* One open SQLite file for statements that a guest wrote: how it is opened, what statements may not
 * do (reach other files, change the process), and what makes a connection unfit for the next user.
 */
#include "capability/sql/sqlite_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"

#define BUSY_TIMEOUT_MS 5000 /* how long a statement waits for other connections' writes */
#define BUSY_RETRY_MS 5
#define PROGRESS_STEPS 2000 /* instructions of SQLite's machine between looks at `stop` */
#define BRIEF_LOOKS 4       /* until what is brief has to end */
#define BRIEF_BYTES (16 << 10)
#define BRIEF_PATTERN 100 /* of LIKE: matching takes the product of both */
#define LOG_PAGES 1000    /* the log is written back into the file when it has so many */

static bool is_one_of(const char *word, const char *const *words) {
    for (; *words; words++)
        if (sqlite3_stricmp(word, *words) == 0) return true;
    return false;
}

/* Hints on speed that take memory of the host have no effect. */
static int guard_pragma(wy_sqlite_file *file, const char *name, const char *argument) {
    static const char *const of_process[] = {"hard_heap_limit", "soft_heap_limit",
                                             "temp_store_directory", "data_store_directory", NULL};
    static const char *const of_memory[] = {"cache_size", "default_cache_size", "cache_spill",
                                            "mmap_size",  "temp_store",         NULL};
    static const char *const of_data[] = {"table_info",
                                          "table_xinfo",
                                          "table_list",
                                          "index_list",
                                          "index_info",
                                          "index_xinfo",
                                          "foreign_key_list",
                                          "foreign_key_check",
                                          "integrity_check",
                                          "quick_check",
                                          "user_version",
                                          "application_id",
                                          NULL};
    if (!argument) return SQLITE_OK;
    if (is_one_of(name, of_process)) {
        file->denied = "this PRAGMA is not allowed: it concerns the whole process";
        return SQLITE_DENY;
    }
    if (is_one_of(name, of_memory)) return SQLITE_IGNORE;
    if (!is_one_of(name, of_data)) file->changed = true;
    return SQLITE_OK;
}

/* An empty name is what VACUUM attaches for itself. The name is NULL where it is not a literal. */
static int guard_attach(wy_sqlite_file *file, const char *name) {
    if (name && !name[0]) return SQLITE_OK;
    file->changed = true;
    if (file->allow_attach) return SQLITE_OK;
    file->denied =
        "ATTACH is not allowed (it would be with allow_attach_file = true in the "
        "runtime configuration of this database)";
    return SQLITE_DENY;
}

static int authorize(void *data, int action, const char *a, const char *b, const char *c,
                     const char *d) {
    wy_sqlite_file *file = data;
    (void)c, (void)d;
    switch (action) {
    case SQLITE_PRAGMA: return guard_pragma(file, a, b);
    case SQLITE_ATTACH: return guard_attach(file, a);
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW: file->changed = true; return SQLITE_OK;
    default: return SQLITE_OK;
    }
}

static int on_progress(void *data) {
    wy_sqlite_file *file = data;
    if (file->is_brief) return ++file->looks >= BRIEF_LOOKS;
    return atomic_load_explicit(&file->stop, memory_order_relaxed);
}

static int on_busy(void *data, int count) {
    /* most writes are short: look again soon, then more and more seldom */
    static const useconds_t pauses_us[] = {50, 100, 200, 500, 1000, 2000};
    const int soon = sizeof pauses_us / sizeof *pauses_us;
    wy_sqlite_file *file = data;
    if (file->is_brief || atomic_load(&file->stop) ||
        count >= soon + BUSY_TIMEOUT_MS / BUSY_RETRY_MS)
        return 0;
    usleep(count < soon ? pauses_us[count] : BUSY_RETRY_MS * 1000);
    return 1;
}

/* Makes the folders above `path`; a failure shows when the file is opened. */
static void make_folders(const char *path) {
    char *copy = strdup(path);
    if (!copy) return;
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(copy, 0777);
        *slash = '/';
    }
    free(copy);
}

/* Where processes switch a new file to WAL at the same moment, SQLite says "busy" at once to all
 * but one, without the busy handler's patience, to avoid a deadlock: try again. */
static int set_up(wy_sqlite_file *file, bool ephemeral) {
    const char *setup = ephemeral ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF"
                                  : "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL";
    int rc = SQLITE_BUSY;
    for (int waited_ms = 0; waited_ms < BUSY_TIMEOUT_MS && !atomic_load(&file->stop);
         waited_ms += BUSY_RETRY_MS) {
        rc = sqlite3_exec(file->db, setup, NULL, NULL, NULL);
        if ((rc & 0xff) != SQLITE_BUSY) break;
        usleep(BUSY_RETRY_MS * 1000);
    }
    return rc;
}

/* As SQLite would by itself, but not while that would take too long. */
static int on_commit(void *data, sqlite3 *db, const char *name, int pages) {
    wy_sqlite_file *file = data;
    file->is_log_long = pages >= LOG_PAGES;
    if (!file->is_log_long || file->is_brief) return SQLITE_OK;
    (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    file->is_log_long = false;
    return SQLITE_OK;
}

/* Foreign keys are enforced, as in Spin. What could damage the file or reach beyond it is off. */
static void configure(wy_sqlite_file *file) {
    sqlite3 *db = file->db;
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, (int)WY_MAX_RESULT_BYTES);
    sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
    sqlite3_busy_handler(db, on_busy, file);
    sqlite3_progress_handler(db, PROGRESS_STEPS, on_progress, file);
    sqlite3_wal_hook(db, on_commit, file);
}

wy_err wy_sqlite_file_open(wy_sqlite_file *file, const char *path, bool ephemeral,
                           bool allow_attach, wy_diag *diag) {
    make_folders(path);
    file->allow_attach = allow_attach;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(path, &file->db, flags, NULL);
    if (rc == SQLITE_OK) {
        configure(file);
        rc = set_up(file, ephemeral);
    }
    if (rc == SQLITE_OK) {
        sqlite3_set_authorizer(file->db, authorize, file);
        file->changed = false;
        file->denied = NULL;
        return WY_OK;
    }
    wy_diag_set(diag, WY_IO, "%s: %s", path, file->db ? sqlite3_errmsg(file->db) : "out of memory");
    wy_sqlite_file_close(file);
    return WY_IO;
}

void wy_sqlite_file_set_brief(wy_sqlite_file *file, bool is_brief) {
    file->is_brief = is_brief;
    file->looks = 0;
    sqlite3_limit(file->db, SQLITE_LIMIT_LENGTH, is_brief ? BRIEF_BYTES : (int)WY_MAX_RESULT_BYTES);
    sqlite3_limit(file->db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, is_brief ? BRIEF_PATTERN : INT_MAX);
}

void wy_sqlite_file_close(wy_sqlite_file *file) {
    int rc = sqlite3_close(file->db);
    wy_assert(rc == SQLITE_OK);
    file->db = NULL;
}

bool wy_sqlite_file_renew(wy_sqlite_file *file) {
    if (!sqlite3_get_autocommit(file->db) &&
        sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK)
        return false;
    sqlite3_set_last_insert_rowid(file->db, 0);
    return true;
}
