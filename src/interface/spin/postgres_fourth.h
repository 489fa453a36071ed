/* Values of spin:postgres@4.1.0. */
#ifndef WY_INTERFACE_SPIN_POSTGRES_FOURTH_H
#define WY_INTERFACE_SPIN_POSTGRES_FOURTH_H

#include "capability/sql/sql.h"
#include "gen/spin_postgres_fourth_postgres.h"

/* In the call's arena; NULL: no memory. */
const wy_sql_value *wy_pg4_params(wy_call *call,
                                  const spin_postgres_fourth_postgres_list_parameter_value *params);
/* The rows of a request that went well; false: no memory. */
bool wy_pg4_rows(wy_call *call, const wy_sql_request *request,
                 spin_postgres_fourth_postgres_row_set *rows_out);

#endif
