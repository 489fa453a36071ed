/* spin:postgres@4.1.0 over the capability sql: more types of PostgreSQL's, and errors in parts.
 * Parameters of these types go to the server as text, results come in its binary form; the values
 * are postgres_fourth_value.c's. */
#include "interface/spin/postgres_fourth.h"

#include "interface/rdbms.h"

typedef spin_postgres_fourth_postgres_error error;

/* The cases that have a text only lie alike. */
static error error_of(const wy_rdbms_error *plain) {
    if (plain->tag != FERMYON_SPIN_RDBMS_TYPES_ERROR_QUERY_FAILED)
        return (error){.tag = plain->tag, .other = plain->other};
    return (error){.tag = SPIN_POSTGRES_FOURTH_POSTGRES_ERROR_QUERY_FAILED,
                   .query_failed = {.tag = SPIN_POSTGRES_FOURTH_POSTGRES_QUERY_ERROR_TEXT,
                                    .text = plain->query_failed}};
}

static error error_in_parts(const wy_sql_fault *fault, wy_str text) {
    return (error){.tag = SPIN_POSTGRES_FOURTH_POSTGRES_ERROR_QUERY_FAILED,
                   .query_failed = {
                       .tag = SPIN_POSTGRES_FOURTH_POSTGRES_QUERY_ERROR_DB_ERROR,
                       .db_error = {.as_text = text,
                                    .severity = fault->severity,
                                    .code = fault->code,
                                    .message = fault->message,
                                    .detail = {fault->detail.ptr != NULL, fault->detail},
                                    .extras = {(const void *)fault->extras, fault->extra_count}}}};
}

static void set_opened(wy_handle handle, const wy_rdbms_error *plain,
                       spin_postgres_fourth_postgres_result_own_connection_error *result) {
    result->is_err = handle == 0;
    if (result->is_err)
        result->err = error_of(plain);
    else
        result->ok = handle;
}

static own wy_trap *connection_open(wy_call *call,
                                    const spin_postgres_fourth_postgres_connection_open_args *args,
                                    spin_postgres_fourth_postgres_connection_open_result *result) {
    wy_handle handle;
    wy_rdbms_error plain;
    wy_trap *trap = wy_rdbms_open(call, WY_SQL_POSTGRES, args->address, &handle, &plain);
    if (!trap) set_opened(handle, &plain, result);
    return trap;
}

/* False: an error, in `*error_out`. */
static own wy_trap *run(wy_call *call, wy_handle self, wy_str text,
                        const spin_postgres_fourth_postgres_list_parameter_value *params,
                        wy_sql_request *request, error *error_out) {
    *request = (wy_sql_request){
        .statement = text, .param_count = params->len, .has_times = true, .has_raw = true};
    request->params = wy_pg4_params(call, params);
    if (!request->params) return wy_trap_new("out of memory for parameters");
    wy_trap *trap = wy_rdbms_run(call, self, request);
    if (trap || request->status == WY_SQL_OK) return trap;
    wy_rdbms_error plain = wy_rdbms_error_of(call, request);
    *error_out = error_of(&plain);
    if (request->status == WY_SQL_QUERY_FAILED && request->fault)
        *error_out = error_in_parts(request->fault, plain.query_failed);
    return NULL;
}

static own wy_trap *
connection_query(wy_call *call, const spin_postgres_fourth_postgres_connection_query_args *args,
                 spin_postgres_fourth_postgres_connection_query_result *result) {
    wy_sql_request request;
    wy_trap *trap = run(call, args->self, args->statement, &args->params, &request, &result->err);
    if (trap) return trap;
    result->is_err = request.status != WY_SQL_OK;
    if (result->is_err || wy_pg4_rows(call, &request, &result->ok)) return NULL;
    return wy_trap_new("out of memory for rows");
}

static own wy_trap *
connection_execute(wy_call *call, const spin_postgres_fourth_postgres_connection_execute_args *args,
                   spin_postgres_fourth_postgres_connection_execute_result *result) {
    wy_sql_request request;
    wy_trap *trap = run(call, args->self, args->statement, &args->params, &request, &result->err);
    if (trap) return trap;
    result->is_err = request.status != WY_SQL_OK;
    if (!result->is_err) result->ok = request.affected;
    return NULL;
}

/* --- connection-builder --- */

static own wy_trap *
builder_new(wy_call *call, const spin_postgres_fourth_postgres_connection_builder_new_args *args,
            spin_postgres_fourth_postgres_connection_builder_new_result *result) {
    return wy_rdbms_builder_new(call, args->address, result);
}

static own wy_trap *
builder_set_ca_root(wy_call *call,
                    const spin_postgres_fourth_postgres_connection_builder_set_ca_root_args *args,
                    spin_postgres_fourth_postgres_connection_builder_set_ca_root_result *result) {
    wy_rdbms_error plain;
    (void)call;
    result->is_err = !wy_rdbms_builder_trust(args->self, args->certificate, &plain);
    if (result->is_err) result->err = error_of(&plain);
    return NULL;
}

static own wy_trap *
builder_build(wy_call *call,
              const spin_postgres_fourth_postgres_connection_builder_build_args *args,
              spin_postgres_fourth_postgres_connection_builder_build_result *result) {
    wy_handle handle;
    wy_rdbms_error plain;
    wy_trap *trap = wy_rdbms_builder_build(call, WY_SQL_POSTGRES, args->self, &handle, &plain);
    if (!trap) set_opened(handle, &plain, result);
    return trap;
}

static const spin_postgres_fourth_postgres_ops ops = {
    .connection_builder_new = builder_new,
    .connection_builder_set_ca_root = builder_set_ca_root,
    .connection_builder_build = builder_build,
    .connection_builder_drop = wy_rdbms_builder_drop,
    .connection_open = connection_open,
    .connection_query = connection_query,
    .connection_execute = connection_execute,
    .connection_drop = wy_rdbms_drop,
};

extern const wy_interface wy_interface_spin_postgres_fourth_postgres;
const wy_interface wy_interface_spin_postgres_fourth_postgres = {
    &spin_postgres_fourth_postgres_interface, &ops};
