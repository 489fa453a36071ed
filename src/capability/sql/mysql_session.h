/* A connection to a MySQL or MariaDB server, as mysql.c and mysql_statement.c share it. */
#ifndef WY_CAPABILITY_SQL_MYSQL_SESSION_H
#define WY_CAPABILITY_SQL_MYSQL_SESSION_H

#include "capability/sql/mysql_address.h"
#include "capability/sql/mysql_library.h"

typedef struct wy_my_session {
    wy_sql_session base;
    const wy_my *my;
    MYSQL *mysql;
    wy_my_address login;
    char number[WY_ADDRESS_TEXT_MAX]; /* the server's numeric address */
} wy_my_session;

/* An operation of the library that must wait says for what in `*status`, and is told there what
 * came. False: the task ended, or the time is over: the connection is given up, with the operation
 * that hangs in it. `end_ms` by the loop's clock; 0: none. */
bool wy_my_await(wy_my_session *session, wy_sql_request *request, int *status, uint64_t end_ms);
/* Tells the server to stop what it does, from the pool; the connection is of no use any more. */
void wy_my_kill(wy_my_session *session);
/* Ends the connection at once, without a word to the server; statements may still be closed. */
void wy_my_disconnect(wy_my_session *session);
/* Runs a statement. */
void wy_my_execute(wy_sql_session *session, wy_sql_request *request);

#endif
