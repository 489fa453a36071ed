/* Values of PostgreSQL: parameters to what libpq sends, results to the capability's values. */
#ifndef WY_CAPABILITY_SQL_POSTGRES_VALUE_H
#define WY_CAPABILITY_SQL_POSTGRES_VALUE_H

#include "capability/sql/postgres_library.h"
#include "capability/sql/sql.h"

/* As PQsendQueryParams takes them. */
typedef struct wy_pg_params {
    int count;
    Oid *types;
    const char **values;
    int *lengths, *formats;
} wy_pg_params;

/* In the request's arena. False: a parameter that PostgreSQL has no type for; the request says. */
bool wy_pg_params_make(wy_pg_params *params, wy_sql_request *request);
/* Adds the rows of a result in binary form, with the columns first if they are not there yet.
 * False: failed. */
bool wy_pg_read(const wy_pq *pq, const PGresult *result, wy_sql_request *request);

#endif
