/* Database servers: connections to them by address, kept between requests in a pool of one worker.
 *
 * A connection belongs to one guest at a time. Whoever gets one that another used finds it as new:
 * what was left unfinished ended with its connection, what a session can remember is discarded. */
#ifndef WY_CAPABILITY_SQL_SERVER_H
#define WY_CAPABILITY_SQL_SERVER_H

#include "capability/http/client.h"
#include "capability/sql/sql.h"

typedef struct wy_sql_servers wy_sql_servers;

typedef enum wy_sql_protocol_id {
    WY_SQL_POSTGRES,
    WY_SQL_MYSQL,
    WY_SQL_PROTOCOLS
} wy_sql_protocol_id;

/* Connects to nothing yet. */
wy_err wy_sql_servers_new(wy_loop *loop, own wy_sql_servers **servers_out) WY_MUST_USE;
/* At most so many connections by the protocol are open at once; guests wait for one. */
void wy_sql_servers_limit(wy_sql_servers *servers, wy_sql_protocol_id protocol, uint32_t most);
/* Closes what is kept. No connection may be in use. NULL is fine. */
void wy_sql_servers_free(own wy_sql_servers *servers);

/* A connection to the server at `address`, which is as users of the protocol write it, with name
 * and password. `policy` says what may be reached; NULL: anything. NULL: failed, the request says
 * why (its statement is not looked at). */
own wy_sql_connection *wy_sql_servers_connect(wy_sql_servers *servers, wy_sql_protocol_id protocol,
                                              wy_str address, const wy_http_policy *policy,
                                              wy_sql_request *request);

#endif
