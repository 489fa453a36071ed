/* sql: databases that take statements, whatever holds them. Interfaces (interface/) map their WIT
 * to the requests here; a driver (sqlite.c, say) carries them out.
 *
 * Requests are made on a task's fiber, which is parked while the database works. The task's
 * deadline is the statement's: it is interrupted, and the connection is given up unless it is
 * clean. */
#ifndef WY_CAPABILITY_SQL_SQL_H
#define WY_CAPABILITY_SQL_SQL_H

#include "base/arena.h"
#include "base/str.h"
#include "runtime/task.h"

/* What a value is. The first ones stand in the order of fermyon:spin/rdbms-types, so that a value
 * is laid out as its db-value and parameter-value. */
typedef enum wy_sql_kind {
    WY_SQL_BOOLEAN,
    WY_SQL_INT8,
    WY_SQL_INT16,
    WY_SQL_INT32,
    WY_SQL_INT64,
    WY_SQL_UINT8,
    WY_SQL_UINT16,
    WY_SQL_UINT32,
    WY_SQL_UINT64,
    WY_SQL_FLOAT32,
    WY_SQL_FLOAT64,
    WY_SQL_TEXT,
    WY_SQL_BINARY,
    WY_SQL_NULL,
    WY_SQL_UNSUPPORTED, /* only in results: of a type that the interface cannot say */
    WY_SQL_DATE,        /* these only where the request has `has_times` */
    WY_SQL_TIME,
    WY_SQL_DATETIME,
    WY_SQL_TIMESTAMP, /* seconds since 1970, in int64 */
} wy_sql_kind;

/* Laid out as the tuples of spin:postgres. */
typedef struct wy_sql_date {
    int32_t year;
    uint8_t month, day; /* from 1 */
} wy_sql_date;

typedef struct wy_sql_time {
    uint8_t hour, minute, second;
    uint32_t nanosecond;
} wy_sql_time;

typedef struct wy_sql_datetime {
    int32_t year;
    uint8_t month, day, hour, minute, second;
    uint32_t nanosecond;
} wy_sql_datetime;

typedef struct wy_sql_value {
    uint8_t kind;  /* wy_sql_kind */
    uint32_t type; /* of a TEXT parameter where the request has `has_raw`: the server's own number
                      of the type; 0: what the place asks for */
    union {
        bool boolean;
        int8_t int8;
        int16_t int16;
        int32_t int32;
        int64_t int64;
        uint8_t uint8;
        uint16_t uint16;
        uint32_t uint32;
        uint64_t uint64;
        float float32;
        double float64;
        wy_str bytes; /* TEXT (valid UTF-8), BINARY */
        wy_sql_date date;
        wy_sql_time time;
        wy_sql_datetime datetime;
    };
} wy_sql_value;

/* Same layout as a WIT list<value>. */
typedef struct wy_sql_row {
    wy_sql_value *values;
    size_t count;
} wy_sql_row;

typedef struct wy_sql_column {
    wy_str name;
    uint8_t kind;  /* wy_sql_kind; WY_SQL_UNSUPPORTED: another type; sqlite: unused */
    uint32_t type; /* postgres: the server's own number of the type */
} wy_sql_column;

typedef enum wy_sql_status {
    WY_SQL_OK,
    WY_SQL_CONNECTION_FAILED, /* no connection, or it was lost */
    WY_SQL_BAD_PARAMETER,     /* a parameter that the statement cannot take */
    WY_SQL_QUERY_FAILED,      /* the database refused the statement */
    WY_SQL_CONVERSION_FAILED, /* a value that has no form on the other side */
    WY_SQL_FULL,              /* the database has no room */
    WY_SQL_OTHER,
    WY_SQL_ENDED, /* the task was told to end: unwind with wy_task_trap */
} wy_sql_status;

/* What a server says of a statement that failed. */
typedef struct wy_sql_fault {
    wy_str severity, code, message, detail; /* detail.ptr NULL: none */
    wy_str (*extras)[2];                    /* names and values of whatever else it says */
    size_t extra_count;
} wy_sql_fault;

/* One statement: what goes in, what comes out. Inputs are views that stay valid while it runs;
 * outputs lie in `arena`. */
typedef struct wy_sql_request {
    wy_task *task;
    wy_arena *arena;
    wy_str statement;
    const wy_sql_value *params;
    size_t param_count;
    wy_str roots; /* postgres, connecting: certificates in PEM that the server's must come from;
                     empty: as the address says */
    const void *holder; /* connecting to a server: whose the connection will be, anything that tells
                           guests apart; NULL: nobody's in particular */
    struct wy_http_client *http; /* for databases that are reached by it; NULL: they are not */
    bool has_times;              /* the interface can say dates and times */
    bool has_raw; /* postgres: UNSUPPORTED values have `bytes`, the server's form of them */

    wy_sql_status status;
    char text[1024]; /* why it failed */
    wy_sql_column *columns;
    size_t column_count;
    wy_sql_row *rows;
    size_t row_count;
    uint64_t affected;         /* rows that it changed */
    const wy_sql_fault *fault; /* postgres, QUERY_FAILED: in parts; NULL: only the text is known */
    size_t bytes;              /* of the result so far; at most WY_MAX_RESULT_BYTES */
    uint32_t row_cap;          /* rows that there is room for */
} wy_sql_request;

/* Puts the formatted text into the request, sets its status, and returns it. */
wy_sql_status wy_sql_fail(wy_sql_request *request, wy_sql_status status, const char *fmt, ...)
    WY_PRINTF(3, 4);
wy_sql_status wy_sql_nomem(wy_sql_request *request);

/* For drivers: the columns of a result, all of them of no name; false: failed. */
bool wy_sql_set_columns(wy_sql_request *request, size_t count);
/* The next row, its values NULL; NULL: failed (memory, WY_MAX_RESULT_BYTES). */
wy_sql_row *wy_sql_add_row(wy_sql_request *request);
/* Room for bytes of a value; NULL: failed. */
char *wy_sql_room(wy_sql_request *request, size_t len);
/* Copies bytes of a value into the result; false: failed. */
bool wy_sql_copy(wy_sql_request *request, wy_str bytes, wy_str *copy_out);
/* The same for the name of a column; '?' for what no guest's string may have. */
bool wy_sql_copy_name(wy_sql_request *request, wy_str name, wy_str *copy_out);
/* Whether a statement only reads and changes rows, as far as its first word tells. */
bool wy_sql_is_plain(wy_str statement);
/* Whether one of the words (NULL at the end) stands anywhere in it. */
bool wy_sql_mentions(wy_str statement, const char *const *words);

/* --- a connection: of one guest, used by one task at a time --- */

typedef struct wy_sql_connection wy_sql_connection;

/* What a driver of connections is. `execute` runs on the task's fiber, `release` anywhere on the
 * loop's thread. */
typedef struct wy_sql_driver {
    void (*execute)(wy_sql_connection *connection, wy_sql_request *request);
    void (*release)(own wy_sql_connection *connection);
    int64_t (*last_insert_id)(const wy_sql_connection *connection); /* sqlite only */
    uint64_t (*changes)(const wy_sql_connection *connection);       /* sqlite only */
} wy_sql_driver;

/* A driver's own connection begins with this. */
struct wy_sql_connection {
    const wy_sql_driver *driver;
};

/* Fills in the request's results, or its status and text. */
void wy_sql_execute(wy_sql_connection *connection, wy_sql_request *request);
/* The guest is done with it: it goes back to where it came from when it is as good as new, else it
 * is closed. NULL is fine. */
void wy_sql_release(own wy_sql_connection *connection);

/* --- databases by label --- */

typedef struct wy_sql_database wy_sql_database;

/* What opens a database. Views must live as long as it does. */
typedef struct wy_sql_options {
    wy_str backend;    /* a name of backends.def */
    wy_str path;       /* sqlite: the file; made, with its folder, at the first use */
    bool ephemeral;    /* sqlite: need not survive a crash of the machine */
    bool allow_attach; /* sqlite: statements may ATTACH other files */
    wy_str url, token; /* libsql: the server, and what it asks for; empty: nothing */
} wy_sql_options;

/* Opens without touching the world: what is outside is opened by the first request, so databases
 * may be opened before workers are forked. WY_NOT_FOUND: no such backend; WY_INVALID. */
wy_err wy_sql_database_open(const wy_sql_options *options, own wy_sql_database **database_out,
                            wy_diag *diag) WY_MUST_USE;
/* No connection may be in use. */
void wy_sql_database_close(own wy_sql_database *database);
/* A connection, or NULL with the request's status and text (its statement is not looked at). */
own wy_sql_connection *wy_sql_database_connect(wy_sql_database *database, wy_sql_request *request);
/* Runs statements, one after the other, without a task: blocks. Nothing stays open. */
wy_err wy_sql_database_run(wy_sql_database *database, wy_str statements, wy_diag *diag) WY_MUST_USE;

/* --- grants: which databases a component may open --- */

typedef struct wy_sql_grant {
    wy_str label;
    wy_sql_database *database; /* NULL: granted, but nothing is configured under the label */
} wy_sql_grant;

/* A component's settings for WY_SLOT_SQLITE. No settings: it may open nothing. */
typedef struct wy_sql_grants {
    const wy_sql_grant *items;
    uint32_t count;
    wy_str component; /* whose they are, for messages; empty: nobody's in particular */
} wy_sql_grants;

/* NULL: not granted. */
const wy_sql_grant *wy_sql_grant_find(const wy_sql_grants *grants, wy_str label);

#endif
