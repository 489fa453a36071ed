/* fermyon:spin/sqlite@2.0.0 over the capability sql. */
#include "interface/sqlite.h"

static own wy_trap *connection_open(wy_call *call,
                                    const fermyon_spin_sqlite_connection_open_args *args,
                                    fermyon_spin_sqlite_connection_open_result *result) {
    return wy_sqlite_open(call, args->database, result);
}

static own wy_trap *connection_execute(wy_call *call,
                                       const fermyon_spin_sqlite_connection_execute_args *args,
                                       fermyon_spin_sqlite_connection_execute_result *result) {
    return wy_sqlite_execute(call, args->self, args->statement, &args->parameters, result);
}

static const fermyon_spin_sqlite_ops ops = {
    .connection_open = connection_open,
    .connection_execute = connection_execute,
    .connection_drop = wy_sqlite_drop,
};

extern const wy_interface wy_interface_fermyon_spin_sqlite;
const wy_interface wy_interface_fermyon_spin_sqlite = {&fermyon_spin_sqlite_interface, &ops};
