/* One open SQLite file for statements that a guest wrote: opened, guarded, renewed. */
#ifndef WY_CAPABILITY_SQL_SQLITE_FILE_H
#define WY_CAPABILITY_SQL_SQLITE_FILE_H

#include <sqlite3.h>
#include <stdatomic.h>

#include "base/err.h"

/* All zero: not open. Not to be moved while it is open. */
typedef struct wy_sqlite_file {
    sqlite3 *db;
    atomic_bool stop;   /* set from another thread: what runs is interrupted */
    bool changed;       /* a statement changed the connection itself, not only the data */
    bool allow_attach;  /* of other files */
    const char *denied; /* why the last statement that was refused was; NULL: none was */
    bool is_brief;      /* what runs must not take long: see wy_sqlite_file_set_brief */
    unsigned looks;     /* of it, since then */
    bool is_log_long;   /* the next commit should not be brief: the log is to be written back */
} wy_sqlite_file;

/* Opens the file, which is made with its folders where there is none. Blocks. On failure it is as
 * if closed. */
wy_err wy_sqlite_file_open(wy_sqlite_file *file, const char *path, bool ephemeral,
                           bool allow_attach, wy_diag *diag) WY_MUST_USE;
/* From now on a statement takes some hundred microseconds at most, or fails with SQLITE_INTERRUPT,
 * SQLITE_BUSY or SQLITE_TOOBIG; and a commit does not write the log back into the file. */
void wy_sqlite_file_set_brief(wy_sqlite_file *file, bool is_brief);
/* Every statement must be finalized. */
void wy_sqlite_file_close(wy_sqlite_file *file);
/* Ends what a user left open (a transaction), for the next user; false: it cannot be reused. */
bool wy_sqlite_file_renew(wy_sqlite_file *file);

#endif
