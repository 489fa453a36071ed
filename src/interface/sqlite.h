/* What all interfaces to SQLite databases share: opening a granted database, executing a statement.
 * Their WIT agrees on values, results and errors, so these are laid out alike; the files only map
 * functions to this. */
#ifndef WY_INTERFACE_SQLITE_H
#define WY_INTERFACE_SQLITE_H

#include "capability/sql/sql.h"
#include "gen/fermyon_spin_sqlite.h"

/* Opens the database if the component was granted it. */
own wy_trap *wy_sqlite_open(wy_call *call, wy_str label,
                            fermyon_spin_sqlite_result_own_connection_error *result) WY_MUST_USE;
/* The connection behind a handle. */
wy_sql_connection *wy_sqlite_connection(wy_handle handle);
/* For interfaces whose connections are numbers: gives the handle one, which is the instance's until
 * it is forgotten; 0: there is none with the number. */
uint32_t wy_sqlite_number(wy_call *call, wy_handle handle);
wy_handle wy_sqlite_numbered(wy_call *call, uint32_t number);
void wy_sqlite_forget(wy_call *call, uint32_t number);
/* Executes a statement while the task is parked. */
own wy_trap *wy_sqlite_execute(wy_call *call, wy_handle handle, wy_str statement,
                               const fermyon_spin_sqlite_list_value *params,
                               fermyon_spin_sqlite_result_query_result_error *result) WY_MUST_USE;
/* The wy_host_drop of such handles. */
void wy_sqlite_drop(void *object);

#endif
