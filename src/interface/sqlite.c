/* What all interfaces to SQLite databases share. */
#include "interface/sqlite.h"

#include <stdlib.h>

#include "base/limits.h"
#include "interface/refusal.h"
#include "interface/wasi/http.h"

/* What is kept for an instance. */
typedef struct state {
    uint32_t handle_count;
    wy_handle numbered[WY_MAX_SQL_CONNECTIONS]; /* 0: the number is free */
} state;

/* The object behind a `connection` handle. */
typedef struct handle {
    wy_sql_connection *connection;
    state *state;
} handle;

typedef fermyon_spin_sqlite_error error;
typedef fermyon_spin_sqlite_value value;

_Static_assert(sizeof(value) == sizeof(wy_sql_value) &&
                   offsetof(value, integer) == offsetof(wy_sql_value, int64),
               "values are converted in place");
_Static_assert(sizeof(fermyon_spin_sqlite_row_result) == sizeof(wy_sql_row),
               "rows are passed on as they are");

static error error_of(wy_call *call, const wy_sql_request *request) {
    if (request->status == WY_SQL_FULL)
        return (error){.tag = FERMYON_SPIN_SQLITE_ERROR_DATABASE_FULL};
    size_t len = strlen(request->text);
    char *text = wy_arena_strndup(call->arena, request->text, len);
    return (error){.tag = FERMYON_SPIN_SQLITE_ERROR_IO,
                   .io = text ? (wy_str){text, len} : WY_STR("out of memory")};
}

/* Connections with numbers are left over. */
static void free_state(void *data) {
    state *s = data;
    for (uint32_t i = 0; i < WY_MAX_SQL_CONNECTIONS; i++)
        if (s->numbered[i]) wy_sqlite_drop((void *)s->numbered[i]);
    free(s);
}

/* Whether the component may open it, and the database. */
static bool find_database(wy_call *call, wy_str label, wy_sql_database **database_out,
                          error *error_out) {
    const wy_sql_grants *grants = wy_instance_settings(call->instance, WY_SLOT_SQLITE);
    const wy_sql_grant *grant = wy_sql_grant_find(grants, label);
    *error_out = (error){.tag = grant ? FERMYON_SPIN_SQLITE_ERROR_NO_SUCH_DATABASE
                                      : FERMYON_SPIN_SQLITE_ERROR_ACCESS_DENIED};
    if (!grant && grants)
        wy_refusal_tell(grants->component, "open the database", label, "sqlite_databases");
    if (!grant || !grant->database) return false;
    *database_out = grant->database;
    return true;
}

/* The instance's state, made at the first use; NULL: no memory, or as many handles as there may be.
 */
static state *count_handle(wy_call *call, error *error_out) {
    state *s = wy_instance_state(call->instance, WY_SLOT_SQLITE);
    if (!s) {
        s = calloc(1, sizeof *s);
        if (s) wy_instance_set_state(call->instance, WY_SLOT_SQLITE, s, free_state);
    }
    bool full = s && s->handle_count >= WY_MAX_SQL_CONNECTIONS;
    error_out->tag = FERMYON_SPIN_SQLITE_ERROR_IO;
    error_out->io = full ? WY_STR("too many open connections") : WY_STR("out of memory");
    if (!s || full) return NULL;
    s->handle_count++;
    return s;
}

own wy_trap *wy_sqlite_open(wy_call *call, wy_str label,
                            fermyon_spin_sqlite_result_own_connection_error *result) {
    wy_sql_database *database;
    result->is_err = true;
    if (!find_database(call, label, &database, &result->err)) return NULL;
    state *s = count_handle(call, &result->err);
    if (!s) return NULL;
    wy_sql_request request = {.task = call->task, .arena = call->arena};
    handle *h = malloc(sizeof *h);
    wy_sql_connection *connection = h ? wy_sql_database_connect(database, &request) : NULL;
    if (!connection) {
        free(h);
        s->handle_count--;
        if (h && request.status == WY_SQL_ENDED) return wy_task_trap(call->task);
        if (h) result->err = error_of(call, &request);
        return NULL;
    }
    *h = (handle){connection, s};
    result->is_err = false;
    result->ok = (wy_handle)h;
    return NULL;
}

wy_sql_connection *wy_sqlite_connection(wy_handle object) {
    return ((const handle *)object)->connection;
}

uint32_t wy_sqlite_number(wy_call *call, wy_handle object) {
    state *s = wy_instance_state(call->instance, WY_SLOT_SQLITE);
    uint32_t number = 0;
    while (s->numbered[number]) /* there are as many as handles */
        number++;
    s->numbered[number] = object;
    return number;
}

wy_handle wy_sqlite_numbered(wy_call *call, uint32_t number) {
    const state *s = wy_instance_state(call->instance, WY_SLOT_SQLITE);
    return s && number < WY_MAX_SQL_CONNECTIONS ? s->numbered[number] : 0;
}

void wy_sqlite_forget(wy_call *call, uint32_t number) {
    state *s = wy_instance_state(call->instance, WY_SLOT_SQLITE);
    s->numbered[number] = 0;
}

/* The guest's parameters as the capability's values; NULL: no memory. */
static const wy_sql_value *values_of(wy_call *call, const fermyon_spin_sqlite_list_value *params) {
    static const uint8_t kinds[] = {
        [FERMYON_SPIN_SQLITE_VALUE_INTEGER] = WY_SQL_INT64,
        [FERMYON_SPIN_SQLITE_VALUE_REAL] = WY_SQL_FLOAT64,
        [FERMYON_SPIN_SQLITE_VALUE_TEXT] = WY_SQL_TEXT,
        [FERMYON_SPIN_SQLITE_VALUE_BLOB] = WY_SQL_BINARY,
        [FERMYON_SPIN_SQLITE_VALUE_NULL] = WY_SQL_NULL,
    };
    wy_sql_value *values = wy_arena_calloc(call->arena, params->len, sizeof *values);
    for (size_t i = 0; values && i < params->len; i++) {
        memcpy(&values[i], &params->ptr[i], sizeof values[i]);
        values[i].kind = kinds[params->ptr[i].tag];
    }
    return values;
}

/* Gives the rows the tags of the WIT variant, in place. */
static void retag(const wy_sql_request *request) {
    for (size_t r = 0; r < request->row_count; r++)
        for (size_t i = 0; i < request->rows[r].count; i++) {
            wy_sql_value *v = &request->rows[r].values[i];
            v->kind = v->kind == WY_SQL_INT64     ? FERMYON_SPIN_SQLITE_VALUE_INTEGER
                      : v->kind == WY_SQL_FLOAT64 ? FERMYON_SPIN_SQLITE_VALUE_REAL
                      : v->kind == WY_SQL_TEXT    ? FERMYON_SPIN_SQLITE_VALUE_TEXT
                      : v->kind == WY_SQL_BINARY  ? FERMYON_SPIN_SQLITE_VALUE_BLOB
                                                  : FERMYON_SPIN_SQLITE_VALUE_NULL;
        }
}

static own wy_trap *no_memory(fermyon_spin_sqlite_result_query_result_error *result) {
    result->is_err = true;
    result->err =
        (error){.tag = FERMYON_SPIN_SQLITE_ERROR_IO, .io = WY_STR("out of memory for the values")};
    return NULL;
}

own wy_trap *wy_sqlite_execute(wy_call *call, wy_handle object, wy_str statement,
                               const fermyon_spin_sqlite_list_value *params,
                               fermyon_spin_sqlite_result_query_result_error *result) {
    const wy_wasi_http_settings *http = wy_instance_settings(call->instance, WY_SLOT_WASI_HTTP);
    wy_sql_request request = {.task = call->task,
                              .arena = call->arena,
                              .http = http ? http->client : NULL,
                              .statement = statement,
                              .params = values_of(call, params),
                              .param_count = params->len};
    if (!request.params) return no_memory(result);
    wy_sql_execute(wy_sqlite_connection(object), &request);
    if (request.status == WY_SQL_ENDED) return wy_task_trap(call->task);
    result->is_err = request.status != WY_SQL_OK;
    if (result->is_err) {
        result->err = error_of(call, &request);
        return NULL;
    }
    wy_str *names = wy_arena_calloc(call->arena, request.column_count, sizeof *names);
    if (!names) return no_memory(result);
    for (size_t i = 0; i < request.column_count; i++)
        names[i] = request.columns[i].name;
    retag(&request);
    result->ok.columns = (wit_list_string){names, request.column_count};
    result->ok.rows.ptr = (const fermyon_spin_sqlite_row_result *)request.rows;
    result->ok.rows.len = request.row_count;
    return NULL;
}

void wy_sqlite_drop(void *object) {
    handle *h = object;
    wy_assert(h->state->handle_count > 0);
    h->state->handle_count--;
    wy_sql_release(h->connection);
    free(h);
}
