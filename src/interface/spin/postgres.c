/* fermyon:spin/postgres@2.0.0 over the capability sql. */
#include "gen/fermyon_spin_postgres.h"

#include "interface/rdbms.h"

static own wy_trap *connection_open(wy_call *call,
                                    const fermyon_spin_postgres_connection_open_args *args,
                                    fermyon_spin_postgres_connection_open_result *result) {
    wy_handle handle;
    wy_rdbms_error error;
    wy_trap *trap = wy_rdbms_open(call, WY_SQL_POSTGRES, args->address, &handle, &error);
    if (trap) return trap;
    result->is_err = handle == 0;
    if (result->is_err)
        result->err = error;
    else
        result->ok = handle;
    return NULL;
}

static own wy_trap *connection_query(wy_call *call,
                                     const fermyon_spin_postgres_connection_query_args *args,
                                     fermyon_spin_postgres_connection_query_result *result) {
    const wy_rdbms_statement statement = {args->statement, args->params.ptr, args->params.len,
                                          false};
    wy_rdbms_outcome outcome;
    wy_trap *trap = wy_rdbms_execute(call, args->self, &statement, &outcome);
    if (trap) return trap;
    result->is_err = outcome.is_err;
    if (result->is_err)
        result->err = outcome.err;
    else
        result->ok = outcome.rows;
    return NULL;
}

static own wy_trap *connection_execute(wy_call *call,
                                       const fermyon_spin_postgres_connection_execute_args *args,
                                       fermyon_spin_postgres_connection_execute_result *result) {
    const wy_rdbms_statement statement = {args->statement, args->params.ptr, args->params.len,
                                          false};
    wy_rdbms_outcome outcome;
    wy_trap *trap = wy_rdbms_execute(call, args->self, &statement, &outcome);
    if (trap) return trap;
    result->is_err = outcome.is_err;
    if (result->is_err)
        result->err = outcome.err;
    else
        result->ok = outcome.affected;
    return NULL;
}

static const fermyon_spin_postgres_ops ops = {
    .connection_open = connection_open,
    .connection_query = connection_query,
    .connection_execute = connection_execute,
    .connection_drop = wy_rdbms_drop,
};

extern const wy_interface wy_interface_fermyon_spin_postgres;
const wy_interface wy_interface_fermyon_spin_postgres = {&fermyon_spin_postgres_interface, &ops};
