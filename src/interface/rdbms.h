/* What all interfaces to database servers share: opening a connection that the component may have,
 * executing statements on it. Their values, rows and errors are laid out as those of
 * fermyon:spin/rdbms-types; the files only map functions to this. */
#ifndef WY_INTERFACE_RDBMS_H
#define WY_INTERFACE_RDBMS_H

#include "capability/sql/server.h"
#include "gen/fermyon_spin_rdbms_types.h"

/* Settings of a component, slot RDBMS. Without them every address is refused. */
typedef struct wy_rdbms_settings {
    wy_sql_servers *servers;
    const wy_http_policy *policy; /* NULL: anything goes */
} wy_rdbms_settings;

typedef fermyon_spin_rdbms_types_error wy_rdbms_error;

/* Connects. `*handle_out` 0: failed, `error_out` says why. */
own wy_trap *wy_rdbms_open(wy_call *call, wy_sql_protocol_id protocol, wy_str address,
                           wy_handle *handle_out, wy_rdbms_error *error_out) WY_MUST_USE;

/* --- a connection to be, of which more is said than its address --- */

/* Counts as a connection. */
own wy_trap *wy_rdbms_builder_new(wy_call *call, wy_str address, wy_handle *handle_out) WY_MUST_USE;
/* The server's certificate must come from one of these (PEM). False: they are none. */
bool wy_rdbms_builder_trust(wy_handle handle, wy_str roots, wy_rdbms_error *error_out);
/* As wy_rdbms_open. */
own wy_trap *wy_rdbms_builder_build(wy_call *call, wy_sql_protocol_id protocol, wy_handle handle,
                                    wy_handle *handle_out, wy_rdbms_error *error_out) WY_MUST_USE;
/* The wy_host_drop of such handles. */
void wy_rdbms_builder_drop(void *object);

/* --- statements --- */

/* A statement with its parameters, which is a list of a variant laid out as parameter-value. */
typedef struct wy_rdbms_statement {
    wy_str text;
    const fermyon_spin_rdbms_types_parameter_value *params;
    size_t param_count;
    bool has_times; /* tags of parameters and results go on as in wy_sql_kind */
} wy_rdbms_statement;

/* What came of one. */
typedef struct wy_rdbms_outcome {
    bool is_err;
    wy_rdbms_error err;
    fermyon_spin_rdbms_types_row_set rows;
    uint64_t affected;
} wy_rdbms_outcome;

/* Executes while the task is parked. */
own wy_trap *wy_rdbms_execute(wy_call *call, wy_handle handle, const wy_rdbms_statement *statement,
                              wy_rdbms_outcome *outcome) WY_MUST_USE;
/* The same for interfaces whose values are laid out in another way: the request has its statement,
 * parameters and wishes. A trap when the task ended. */
own wy_trap *wy_rdbms_run(wy_call *call, wy_handle handle, wy_sql_request *request) WY_MUST_USE;
/* Of a request that failed. */
wy_rdbms_error wy_rdbms_error_of(wy_call *call, const wy_sql_request *request);
/* Both at once, for interfaces whose calls name the server: the connection is kept below. */
own wy_trap *wy_rdbms_once(wy_call *call, wy_sql_protocol_id protocol, wy_str address,
                           const wy_rdbms_statement *statement,
                           wy_rdbms_outcome *outcome) WY_MUST_USE;
/* The wy_host_drop of such handles. */
void wy_rdbms_drop(void *object);

#endif
