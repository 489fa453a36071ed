/* fermyon:spin/mysql without a version, the first one: each call names its server. */
#include "gen/fermyon_spin_first_mysql.h"

#include "interface/rdbms.h"

typedef fermyon_spin_first_mysql_mysql_error error;

/* The same cases as later, behind one that says that there was no error. */
static error error_of(const wy_rdbms_error *later) {
    return (error){.tag = (uint8_t)(later->tag + 1), .other_error = later->other};
}

_Static_assert(FERMYON_SPIN_FIRST_MYSQL_MYSQL_ERROR_OTHER_ERROR ==
                       FERMYON_SPIN_RDBMS_TYPES_ERROR_OTHER + 1 &&
                   sizeof(fermyon_spin_first_rdbms_types_row_set) ==
                       sizeof(fermyon_spin_rdbms_types_row_set) &&
                   (int)FERMYON_SPIN_FIRST_RDBMS_TYPES_DB_VALUE_UNSUPPORTED ==
                       (int)FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_UNSUPPORTED,
               "the same layout");

/* Parameters and rows are laid out as they are later. */
static own wy_trap *run(wy_call *call, wy_str address, wy_str text, const void *params,
                        size_t count, wy_rdbms_outcome *outcome) {
    const wy_rdbms_statement statement = {text, params, count, false};
    return wy_rdbms_once(call, WY_SQL_MYSQL, address, &statement, outcome);
}

static own wy_trap *query(wy_call *call, const fermyon_spin_first_mysql_query_args *args,
                          fermyon_spin_first_mysql_query_result *result) {
    wy_rdbms_outcome outcome;
    wy_trap *trap =
        run(call, args->address, args->statement, args->params.ptr, args->params.len, &outcome);
    if (trap) return trap;
    result->is_err = outcome.is_err;
    if (outcome.is_err)
        result->err = error_of(&outcome.err);
    else
        memcpy(&result->ok, &outcome.rows, sizeof outcome.rows);
    return NULL;
}

static own wy_trap *execute(wy_call *call, const fermyon_spin_first_mysql_execute_args *args,
                            fermyon_spin_first_mysql_execute_result *result) {
    wy_rdbms_outcome outcome;
    wy_trap *trap =
        run(call, args->address, args->statement, args->params.ptr, args->params.len, &outcome);
    if (trap) return trap;
    result->is_err = outcome.is_err;
    if (outcome.is_err) result->err = error_of(&outcome.err);
    return NULL;
}

static const fermyon_spin_first_mysql_ops ops = {.query = query, .execute = execute};

extern const wy_interface wy_interface_fermyon_spin_first_mysql;
const wy_interface wy_interface_fermyon_spin_first_mysql = {&fermyon_spin_first_mysql_interface,
                                                            &ops};
