/* fermyon:spin/sqlite without a version, the first one: connections are numbers. */
#include "gen/fermyon_spin_first_sqlite.h"

#include "interface/sqlite.h"

_Static_assert(sizeof(fermyon_spin_first_sqlite_value) == sizeof(fermyon_spin_sqlite_value) &&
                   sizeof(fermyon_spin_first_sqlite_query_result) ==
                       sizeof(fermyon_spin_sqlite_query_result) &&
                   (int)FERMYON_SPIN_FIRST_SQLITE_VALUE_NULL ==
                       (int)FERMYON_SPIN_SQLITE_VALUE_NULL &&
                   (int)FERMYON_SPIN_FIRST_SQLITE_ERROR_IO == (int)FERMYON_SPIN_SQLITE_ERROR_IO,
               "the same layout");

static fermyon_spin_first_sqlite_error error_of(const fermyon_spin_sqlite_error *later) {
    return (fermyon_spin_first_sqlite_error){.tag = later->tag, .io = later->io};
}

static own wy_trap *open(wy_call *call, const fermyon_spin_first_sqlite_open_args *args,
                         fermyon_spin_first_sqlite_open_result *result) {
    fermyon_spin_sqlite_result_own_connection_error opened;
    wy_trap *trap = wy_sqlite_open(call, args->database, &opened);
    if (trap) return trap;
    result->is_err = opened.is_err;
    if (opened.is_err)
        result->err = error_of(&opened.err);
    else
        result->ok = wy_sqlite_number(call, opened.ok);
    return NULL;
}

static own wy_trap *execute(wy_call *call, const fermyon_spin_first_sqlite_execute_args *args,
                            fermyon_spin_first_sqlite_execute_result *result) {
    wy_handle handle = wy_sqlite_numbered(call, args->conn);
    result->is_err = handle == 0;
    if (!handle) {
        result->err.tag = FERMYON_SPIN_FIRST_SQLITE_ERROR_INVALID_CONNECTION;
        return NULL;
    }
    fermyon_spin_sqlite_result_query_result_error executed;
    const fermyon_spin_sqlite_list_value params = {
        (const fermyon_spin_sqlite_value *)args->parameters.ptr, args->parameters.len};
    wy_trap *trap = wy_sqlite_execute(call, handle, args->statement, &params, &executed);
    if (trap) return trap;
    result->is_err = executed.is_err;
    if (executed.is_err)
        result->err = error_of(&executed.err);
    else
        memcpy(&result->ok, &executed.ok, sizeof executed.ok);
    return NULL;
}

static own wy_trap *close(wy_call *call, const fermyon_spin_first_sqlite_close_args *args,
                          void *result) {
    (void)result;
    wy_handle handle = wy_sqlite_numbered(call, args->conn);
    if (!handle) return NULL;
    wy_sqlite_forget(call, args->conn);
    wy_sqlite_drop((void *)handle);
    return NULL;
}

static const fermyon_spin_first_sqlite_ops ops = {.open = open, .execute = execute, .close = close};

extern const wy_interface wy_interface_fermyon_spin_first_sqlite;
const wy_interface wy_interface_fermyon_spin_first_sqlite = {&fermyon_spin_first_sqlite_interface,
                                                             &ops};
