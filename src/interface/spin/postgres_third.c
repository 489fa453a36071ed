/* spin:postgres@3.0.0 over the capability sql: the interface before with dates and times, without
 * integers that PostgreSQL does not have. */
#include "gen/spin_postgres_postgres.h"

#include "interface/rdbms.h"

#define KIND(name) SPIN_POSTGRES_POSTGRES_DB_DATA_TYPE_##name
#define VALUE(name) SPIN_POSTGRES_POSTGRES_DB_VALUE_##name

typedef spin_postgres_postgres_parameter_value parameter;
typedef spin_postgres_postgres_db_value db_value;

_Static_assert(sizeof(parameter) == sizeof(wy_sql_value) &&
                   sizeof(db_value) == sizeof(wy_sql_value) &&
                   offsetof(db_value, date) == offsetof(wy_sql_value, date) &&
                   sizeof(((db_value *)0)->date) == sizeof(wy_sql_date) &&
                   sizeof(((db_value *)0)->time) == sizeof(wy_sql_time) &&
                   sizeof(((db_value *)0)->datetime) == sizeof(wy_sql_datetime) &&
                   sizeof(spin_postgres_postgres_error) == sizeof(wy_rdbms_error) &&
                   sizeof(spin_postgres_postgres_row_set) ==
                       sizeof(fermyon_spin_rdbms_types_row_set),
               "only tags differ");
_Static_assert((int)SPIN_POSTGRES_POSTGRES_PARAMETER_VALUE_TIMESTAMP == (int)VALUE(TIMESTAMP) &&
                   (int)SPIN_POSTGRES_POSTGRES_PARAMETER_VALUE_DB_NULL == (int)VALUE(DB_NULL) &&
                   (int)KIND(TIMESTAMP) == (int)VALUE(TIMESTAMP),
               "parameters, values and types are numbered alike");

static const uint8_t kinds[] = {
    [VALUE(BOOLEAN)] = WY_SQL_BOOLEAN,
    [VALUE(INT8)] = WY_SQL_INT8,
    [VALUE(INT16)] = WY_SQL_INT16,
    [VALUE(INT32)] = WY_SQL_INT32,
    [VALUE(INT64)] = WY_SQL_INT64,
    [VALUE(FLOATING32)] = WY_SQL_FLOAT32,
    [VALUE(FLOATING64)] = WY_SQL_FLOAT64,
    [VALUE(STR)] = WY_SQL_TEXT,
    [VALUE(BINARY)] = WY_SQL_BINARY,
    [VALUE(DATE)] = WY_SQL_DATE,
    [VALUE(TIME)] = WY_SQL_TIME,
    [VALUE(DATETIME)] = WY_SQL_DATETIME,
    [VALUE(TIMESTAMP)] = WY_SQL_TIMESTAMP,
    [VALUE(DB_NULL)] = WY_SQL_NULL,
    [VALUE(UNSUPPORTED)] = WY_SQL_UNSUPPORTED,
};

static uint8_t tag_of(uint8_t kind) {
    for (size_t tag = 0; tag < sizeof kinds; tag++)
        if (kinds[tag] == kind) return (uint8_t)tag;
    return VALUE(UNSUPPORTED);
}

static own wy_trap *connection_open(wy_call *call,
                                    const spin_postgres_postgres_connection_open_args *args,
                                    spin_postgres_postgres_connection_open_result *result) {
    wy_handle handle;
    wy_rdbms_error error;
    wy_trap *trap = wy_rdbms_open(call, WY_SQL_POSTGRES, args->address, &handle, &error);
    if (trap) return trap;
    result->is_err = handle == 0;
    if (result->is_err)
        memcpy(&result->err, &error, sizeof error);
    else
        result->ok = handle;
    return NULL;
}

/* Gives rows and columns the tags of this interface, in place. */
static void retag(const fermyon_spin_rdbms_types_row_set *set) {
    wy_sql_column *columns = (wy_sql_column *)(uintptr_t)set->columns.ptr;
    const wy_sql_row *rows = (const wy_sql_row *)set->rows.ptr;
    for (size_t i = 0; i < set->columns.len; i++) {
        bool is_other = columns[i].kind == WY_SQL_UNSUPPORTED;
        columns[i].kind = is_other ? (uint8_t)KIND(OTHER) : tag_of(columns[i].kind);
    }
    for (size_t r = 0; r < set->rows.len; r++)
        for (size_t i = 0; i < rows[r].count; i++)
            rows[r].values[i].kind = tag_of(rows[r].values[i].kind);
}

static own wy_trap *run(wy_call *call, wy_handle self, wy_str text,
                        const spin_postgres_postgres_list_parameter_value *params,
                        wy_rdbms_outcome *outcome) {
    wy_sql_value *values = wy_arena_calloc(call->arena, params->len, sizeof *values);
    if (!values) return wy_trap_new("out of memory for parameters");
    for (size_t i = 0; i < params->len; i++) {
        memcpy(&values[i], &params->ptr[i], sizeof *values);
        values[i].kind = kinds[values[i].kind];
    }
    const wy_rdbms_statement statement = {
        text, (const fermyon_spin_rdbms_types_parameter_value *)values, params->len, true};
    wy_trap *trap = wy_rdbms_execute(call, self, &statement, outcome);
    if (!trap && !outcome->is_err) retag(&outcome->rows);
    return trap;
}

static own wy_trap *connection_query(wy_call *call,
                                     const spin_postgres_postgres_connection_query_args *args,
                                     spin_postgres_postgres_connection_query_result *result) {
    wy_rdbms_outcome outcome;
    wy_trap *trap = run(call, args->self, args->statement, &args->params, &outcome);
    if (trap) return trap;
    result->is_err = outcome.is_err;
    if (outcome.is_err)
        memcpy(&result->err, &outcome.err, sizeof outcome.err);
    else
        memcpy(&result->ok, &outcome.rows, sizeof outcome.rows);
    return NULL;
}

static own wy_trap *connection_execute(wy_call *call,
                                       const spin_postgres_postgres_connection_execute_args *args,
                                       spin_postgres_postgres_connection_execute_result *result) {
    wy_rdbms_outcome outcome;
    wy_trap *trap = run(call, args->self, args->statement, &args->params, &outcome);
    if (trap) return trap;
    result->is_err = outcome.is_err;
    if (outcome.is_err)
        memcpy(&result->err, &outcome.err, sizeof outcome.err);
    else
        result->ok = outcome.affected;
    return NULL;
}

static const spin_postgres_postgres_ops ops = {
    .connection_open = connection_open,
    .connection_query = connection_query,
    .connection_execute = connection_execute,
    .connection_drop = wy_rdbms_drop,
};

extern const wy_interface wy_interface_spin_postgres_postgres;
const wy_interface wy_interface_spin_postgres_postgres = {&spin_postgres_postgres_interface, &ops};
