/* What all interfaces to database servers share. */
#include "interface/rdbms.h"

#include <stdlib.h>

#include "base/limits.h"

/* What is kept for an instance. */
typedef struct state {
    uint32_t handle_count;
} state;

/* The object behind a `connection` handle. */
typedef struct handle {
    wy_sql_connection *connection;
    state *state;
} handle;

typedef fermyon_spin_rdbms_types_db_value db_value;
typedef fermyon_spin_rdbms_types_parameter_value parameter_value;
typedef fermyon_spin_rdbms_types_column column;

/* Values, rows and columns are passed on as they are. */
_Static_assert(sizeof(db_value) == sizeof(wy_sql_value) &&
                   offsetof(db_value, int64) == offsetof(wy_sql_value, int64),
               "results");
_Static_assert(sizeof(parameter_value) == sizeof(wy_sql_value) &&
                   offsetof(parameter_value, int64) == offsetof(wy_sql_value, int64),
               "parameters");
_Static_assert((int)FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_BINARY == (int)WY_SQL_BINARY &&
                   (int)FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_DB_NULL == (int)WY_SQL_NULL &&
                   (int)FERMYON_SPIN_RDBMS_TYPES_DB_VALUE_UNSUPPORTED == (int)WY_SQL_UNSUPPORTED &&
                   (int)FERMYON_SPIN_RDBMS_TYPES_PARAMETER_VALUE_DB_NULL == (int)WY_SQL_NULL,
               "tags");
_Static_assert(sizeof(column) == sizeof(wy_sql_column) &&
                   offsetof(column, data_type) == offsetof(wy_sql_column, kind),
               "columns");

wy_rdbms_error wy_rdbms_error_of(wy_call *call, const wy_sql_request *request) {
    static const uint8_t tags[] = {
        [WY_SQL_CONNECTION_FAILED] = FERMYON_SPIN_RDBMS_TYPES_ERROR_CONNECTION_FAILED,
        [WY_SQL_BAD_PARAMETER] = FERMYON_SPIN_RDBMS_TYPES_ERROR_BAD_PARAMETER,
        [WY_SQL_QUERY_FAILED] = FERMYON_SPIN_RDBMS_TYPES_ERROR_QUERY_FAILED,
        [WY_SQL_CONVERSION_FAILED] = FERMYON_SPIN_RDBMS_TYPES_ERROR_VALUE_CONVERSION_FAILED,
        [WY_SQL_FULL] = FERMYON_SPIN_RDBMS_TYPES_ERROR_QUERY_FAILED,
        [WY_SQL_OTHER] = FERMYON_SPIN_RDBMS_TYPES_ERROR_OTHER,
    };
    size_t len = strlen(request->text);
    char *text = wy_arena_strndup(call->arena, request->text, len);
    return (wy_rdbms_error){.tag = tags[request->status],
                            .other = text ? (wy_str){text, len} : WY_STR("out of memory")};
}

static wy_rdbms_error other(const char *text) {
    return (wy_rdbms_error){.tag = FERMYON_SPIN_RDBMS_TYPES_ERROR_OTHER, .other = wy_str_of(text)};
}

/* The instance's state, made at the first use; NULL: no memory, or as many handles as there may be.
 */
static state *count_handle(wy_call *call, wy_rdbms_error *error_out) {
    state *s = wy_instance_state(call->instance, WY_SLOT_RDBMS);
    if (!s) {
        s = calloc(1, sizeof *s);
        if (s) wy_instance_set_state(call->instance, WY_SLOT_RDBMS, s, free);
    }
    bool full = s && s->handle_count >= WY_MAX_SQL_CONNECTIONS;
    *error_out = other(full ? "too many open connections" : "out of memory");
    if (!s || full) return NULL;
    s->handle_count++;
    return s;
}

static own wy_trap *open_connection(wy_call *call, wy_sql_protocol_id protocol, wy_str address,
                                    wy_str roots, wy_handle *handle_out,
                                    wy_rdbms_error *error_out) {
    const wy_rdbms_settings *settings = wy_instance_settings(call->instance, WY_SLOT_RDBMS);
    *handle_out = 0;
    if (!settings || !settings->servers) {
        *error_out = other("this component may reach no server");
        error_out->tag = FERMYON_SPIN_RDBMS_TYPES_ERROR_CONNECTION_FAILED;
        return NULL;
    }
    state *s = count_handle(call, error_out);
    if (!s) return NULL;
    wy_sql_request request = {
        .task = call->task, .arena = call->arena, .roots = roots, .holder = s};
    handle *h = malloc(sizeof *h);
    wy_sql_connection *connection =
        h ? wy_sql_servers_connect(settings->servers, protocol, address, settings->policy, &request)
          : NULL;
    if (!connection) {
        free(h);
        s->handle_count--;
        if (request.status == WY_SQL_ENDED) return wy_task_trap(call->task);
        if (h) *error_out = wy_rdbms_error_of(call, &request);
        return NULL;
    }
    *h = (handle){connection, s};
    *handle_out = (wy_handle)h;
    return NULL;
}

own wy_trap *wy_rdbms_open(wy_call *call, wy_sql_protocol_id protocol, wy_str address,
                           wy_handle *handle_out, wy_rdbms_error *error_out) {
    return open_connection(call, protocol, address, (wy_str){0}, handle_out, error_out);
}

/* --- builders --- */

/* The object behind a `connection-builder` handle. */
typedef struct builder {
    state *state;
    char *roots; /* NULL: none were given */
    size_t address_len;
    char address[];
} builder;

own wy_trap *wy_rdbms_builder_new(wy_call *call, wy_str address, wy_handle *handle_out) {
    wy_rdbms_error error;
    if (address.len > WY_MAX_ADDRESS_BYTES) return wy_trap_new("the address is too long");
    state *s = count_handle(call, &error);
    builder *b = s ? calloc(1, sizeof *b + address.len) : NULL;
    if (!b) {
        if (s) s->handle_count--;
        return wy_trap_new("too many open connections");
    }
    b->state = s;
    b->address_len = address.len;
    if (address.len) memcpy(b->address, address.ptr, address.len);
    *handle_out = (wy_handle)b;
    return NULL;
}

bool wy_rdbms_builder_trust(wy_handle object, wy_str roots, wy_rdbms_error *error_out) {
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    builder *b = (builder *)object;
    bool is_pem = roots.len <= WY_MAX_SQL_ROOTS_BYTES && !memchr(roots.ptr, 0, roots.len) &&
                  memmem(roots.ptr, roots.len, begin, sizeof begin - 1);
    char *copy = is_pem ? strndup(roots.ptr, roots.len) : NULL;
    *error_out = other(!is_pem ? "the certificate is not in PEM form, or too large"
                               : "out of memory for a certificate");
    if (!copy) return false;
    free(b->roots);
    b->roots = copy;
    return true;
}

own wy_trap *wy_rdbms_builder_build(wy_call *call, wy_sql_protocol_id protocol, wy_handle object,
                                    wy_handle *handle_out, wy_rdbms_error *error_out) {
    const builder *b = (const builder *)object;
    return open_connection(call, protocol, (wy_str){b->address, b->address_len},
                           wy_str_of(b->roots), handle_out, error_out);
}

void wy_rdbms_builder_drop(void *object) {
    builder *b = object;
    b->state->handle_count--;
    free(b->roots);
    free(b);
}

/* --- statements --- */

own wy_trap *wy_rdbms_run(wy_call *call, wy_handle object, wy_sql_request *request) {
    request->task = call->task;
    request->arena = call->arena;
    wy_sql_execute(((const handle *)object)->connection, request);
    return request->status == WY_SQL_ENDED ? wy_task_trap(call->task) : NULL;
}

own wy_trap *wy_rdbms_execute(wy_call *call, wy_handle object, const wy_rdbms_statement *statement,
                              wy_rdbms_outcome *outcome) {
    wy_sql_request request = {.statement = statement->text,
                              .params = (const wy_sql_value *)statement->params,
                              .param_count = statement->param_count,
                              .has_times = statement->has_times};
    wy_trap *trap = wy_rdbms_run(call, object, &request);
    if (trap) return trap;
    *outcome = (wy_rdbms_outcome){.is_err = request.status != WY_SQL_OK};
    if (outcome->is_err) {
        outcome->err = wy_rdbms_error_of(call, &request);
        return NULL;
    }
    for (size_t i = 0; i < request.column_count; i++)
        if (request.columns[i].kind == WY_SQL_UNSUPPORTED && !statement->has_times)
            request.columns[i].kind = FERMYON_SPIN_RDBMS_TYPES_DB_DATA_TYPE_OTHER;
    outcome->rows.columns.ptr = (const column *)request.columns;
    outcome->rows.columns.len = request.column_count;
    outcome->rows.rows.ptr = (const fermyon_spin_rdbms_types_list_db_value *)request.rows;
    outcome->rows.rows.len = request.row_count;
    outcome->affected = request.affected;
    return NULL;
}

own wy_trap *wy_rdbms_once(wy_call *call, wy_sql_protocol_id protocol, wy_str address,
                           const wy_rdbms_statement *statement, wy_rdbms_outcome *outcome) {
    wy_handle opened;
    *outcome = (wy_rdbms_outcome){.is_err = true};
    wy_trap *trap = wy_rdbms_open(call, protocol, address, &opened, &outcome->err);
    if (trap || !opened) return trap;
    trap = wy_rdbms_execute(call, opened, statement, outcome);
    wy_rdbms_drop((void *)opened);
    return trap;
}

void wy_rdbms_drop(void *object) {
    handle *h = object;
    wy_assert(h->state->handle_count > 0);
    h->state->handle_count--;
    wy_sql_release(h->connection);
    free(h);
}
