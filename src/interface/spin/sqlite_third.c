/* spin:sqlite@3.0.0 over the capability sql: the interface before, and what a statement changed. */
#include "gen/spin_sqlite_sqlite.h"

#include "interface/sqlite.h"

_Static_assert(sizeof(spin_sqlite_sqlite_value) == sizeof(fermyon_spin_sqlite_value) &&
                   sizeof(spin_sqlite_sqlite_connection_open_result) ==
                       sizeof(fermyon_spin_sqlite_connection_open_result) &&
                   sizeof(spin_sqlite_sqlite_connection_execute_result) ==
                       sizeof(fermyon_spin_sqlite_connection_execute_result) &&
                   (int)SPIN_SQLITE_SQLITE_VALUE_NULL == (int)FERMYON_SPIN_SQLITE_VALUE_NULL &&
                   (int)SPIN_SQLITE_SQLITE_ERROR_IO == (int)FERMYON_SPIN_SQLITE_ERROR_IO,
               "the same layout");

static own wy_trap *connection_open(wy_call *call,
                                    const spin_sqlite_sqlite_connection_open_args *args,
                                    spin_sqlite_sqlite_connection_open_result *result) {
    return wy_sqlite_open(call, args->database,
                          (fermyon_spin_sqlite_result_own_connection_error *)result);
}

static own wy_trap *connection_execute(wy_call *call,
                                       const spin_sqlite_sqlite_connection_execute_args *args,
                                       spin_sqlite_sqlite_connection_execute_result *result) {
    const fermyon_spin_sqlite_list_value params = {
        (const fermyon_spin_sqlite_value *)args->parameters.ptr, args->parameters.len};
    return wy_sqlite_execute(call, args->self, args->statement, &params,
                             (fermyon_spin_sqlite_result_query_result_error *)result);
}

static own wy_trap *
connection_last_insert_rowid(wy_call *call,
                             const spin_sqlite_sqlite_connection_last_insert_rowid_args *args,
                             int64_t *result) {
    const wy_sql_connection *connection = wy_sqlite_connection(args->self);
    (void)call;
    *result = connection->driver->last_insert_id(connection);
    return NULL;
}

static own wy_trap *connection_changes(wy_call *call,
                                       const spin_sqlite_sqlite_connection_changes_args *args,
                                       uint64_t *result) {
    const wy_sql_connection *connection = wy_sqlite_connection(args->self);
    (void)call;
    *result = connection->driver->changes(connection);
    return NULL;
}

static const spin_sqlite_sqlite_ops ops = {
    .connection_open = connection_open,
    .connection_execute = connection_execute,
    .connection_last_insert_rowid = connection_last_insert_rowid,
    .connection_changes = connection_changes,
    .connection_drop = wy_sqlite_drop,
};

extern const wy_interface wy_interface_spin_sqlite_sqlite;
const wy_interface wy_interface_spin_sqlite_sqlite = {&spin_sqlite_sqlite_interface, &ops};
