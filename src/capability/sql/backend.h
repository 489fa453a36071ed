/* What a backend of databases by label is: a table of functions. Included by backends and
 * database.c only. */
#ifndef WY_CAPABILITY_SQL_BACKEND_H
#define WY_CAPABILITY_SQL_BACKEND_H

#include "capability/sql/sql.h"

typedef struct wy_sql_backend {
    const char *name;
    wy_err (*open)(const wy_sql_options *options, void **state_out, wy_diag *diag);
    void (*close)(void *state);
    /* On the task's fiber. NULL: failed, the request says why. */
    wy_sql_connection *(*connect)(void *state, wy_sql_request *request);
    wy_err (*run)(void *state, wy_str statements, wy_diag *diag);
} wy_sql_backend;

#endif
