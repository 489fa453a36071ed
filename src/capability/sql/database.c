/* Databases by label: dispatch to the backend. And what all drivers share. */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "capability/sql/backend.h"

#define WY_SQL_BACKEND(name) extern const wy_sql_backend wy_sql_backend_##name;
#include "capability/sql/backends.def"
#undef WY_SQL_BACKEND

static const wy_sql_backend *const backends[] = {
#define WY_SQL_BACKEND(name) &wy_sql_backend_##name,
#include "capability/sql/backends.def"
#undef WY_SQL_BACKEND
};

#define BACKEND_COUNT (sizeof backends / sizeof *backends)

struct wy_sql_database {
    const wy_sql_backend *backend;
    void *state; /* the backend's */
};

wy_err wy_sql_database_open(const wy_sql_options *options, own wy_sql_database **database_out,
                            wy_diag *diag) {
    const wy_sql_backend *backend = NULL;
    wy_str names[BACKEND_COUNT];
    *database_out = NULL;
    for (size_t i = 0; i < BACKEND_COUNT; i++) {
        names[i] = wy_str_of(backends[i]->name);
        if (wy_str_eq(names[i], options->backend)) backend = backends[i];
    }
    if (!backend) {
        wy_str nearest = wy_str_nearest(options->backend, names, BACKEND_COUNT);
        return wy_diag_set(diag, WY_NOT_FOUND,
                           "there is no database backend '" WY_STR_FMT "'" WY_NEAREST_FMT,
                           WY_STR_ARG(options->backend), WY_NEAREST_ARG(nearest));
    }
    wy_sql_database *database = malloc(sizeof *database);
    if (!database) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    database->backend = backend;
    wy_err err = backend->open(options, &database->state, diag);
    if (err != WY_OK)
        free(database);
    else
        *database_out = database;
    return err;
}

void wy_sql_database_close(own wy_sql_database *database) {
    if (!database) return;
    database->backend->close(database->state);
    free(database);
}

own wy_sql_connection *wy_sql_database_connect(wy_sql_database *database, wy_sql_request *request) {
    request->status = WY_SQL_OK;
    return database->backend->connect(database->state, request);
}

wy_err wy_sql_database_run(wy_sql_database *database, wy_str statements, wy_diag *diag) {
    return database->backend->run(database->state, statements, diag);
}

void wy_sql_execute(wy_sql_connection *connection, wy_sql_request *request) {
    request->status = WY_SQL_OK;
    connection->driver->execute(connection, request);
}

void wy_sql_release(own wy_sql_connection *connection) {
    if (connection) connection->driver->release(connection);
}

/* --- what drivers fill requests with --- */

wy_sql_status wy_sql_fail(wy_sql_request *request, wy_sql_status status, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(request->text, sizeof request->text, fmt, args);
    va_end(args);
    wy_utf8_clean(request->text, strlen(request->text));
    request->status = status;
    return status;
}

wy_sql_status wy_sql_nomem(wy_sql_request *request) {
    return wy_sql_fail(request, WY_SQL_OTHER, "out of memory for the result");
}

/* Counts bytes of the result; false: more than there may be. */
static bool count(wy_sql_request *request, size_t bytes) {
    if (bytes <= WY_MAX_RESULT_BYTES - request->bytes) {
        request->bytes += bytes;
        return true;
    }
    wy_sql_fail(request, WY_SQL_OTHER,
                "the result has more than %zu bytes; ask for it in parts (LIMIT)",
                WY_MAX_RESULT_BYTES);
    return false;
}

bool wy_sql_set_columns(wy_sql_request *request, size_t column_count) {
    if (!count(request, column_count * sizeof *request->columns)) return false;
    request->columns = wy_arena_calloc(request->arena, column_count, sizeof *request->columns);
    request->column_count = column_count;
    if (!request->columns) wy_sql_nomem(request);
    return request->columns != NULL;
}

wy_sql_row *wy_sql_add_row(wy_sql_request *request) {
    size_t columns = request->column_count;
    if (!count(request, sizeof(wy_sql_row) + columns * sizeof(wy_sql_value))) return NULL;
    wy_sql_row *rows = wy_arena_grow(request->arena, request->rows, request->row_count,
                                     &request->row_cap, request->row_count + 1, sizeof *rows);
    wy_sql_value *values =
        rows ? wy_arena_alloc_aligned(request->arena, columns * sizeof *values, 8) : NULL;
    if (!values) {
        wy_sql_nomem(request);
        return NULL;
    }
    for (size_t i = 0; i < columns; i++)
        values[i].kind = WY_SQL_NULL;
    request->rows = rows;
    rows[request->row_count] = (wy_sql_row){values, columns};
    return &rows[request->row_count++];
}

char *wy_sql_room(wy_sql_request *request, size_t len) {
    if (!count(request, len)) return NULL;
    char *room = wy_arena_alloc_aligned(request->arena, len, 1);
    if (!room) wy_sql_nomem(request);
    return room;
}

bool wy_sql_copy(wy_sql_request *request, wy_str bytes, wy_str *copy_out) {
    char *copy = wy_sql_room(request, bytes.len);
    if (!copy) return false;
    if (bytes.len) memcpy(copy, bytes.ptr, bytes.len);
    *copy_out = (wy_str){copy, bytes.len};
    return true;
}

bool wy_sql_copy_name(wy_sql_request *request, wy_str name, wy_str *copy_out) {
    char *copy = wy_sql_room(request, name.len);
    if (!copy) return false;
    if (name.len) memcpy(copy, name.ptr, name.len);
    wy_utf8_clean(copy, name.len);
    *copy_out = (wy_str){copy, name.len};
    return true;
}

const wy_sql_grant *wy_sql_grant_find(const wy_sql_grants *grants, wy_str label) {
    for (uint32_t i = 0; grants && i < grants->count; i++)
        if (wy_str_eq(grants->items[i].label, label)) return &grants->items[i];
    return NULL;
}
