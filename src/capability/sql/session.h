/* Session: what the pool of server.c and the protocols (postgres.c, mysql.c) know of each other.
 * Included by these only. */
#ifndef WY_CAPABILITY_SQL_SESSION_H
#define WY_CAPABILITY_SQL_SESSION_H

#include "base/limits.h"
#include "capability/sql/server.h"
#include "loop/address.h"

#define WY_SQL_HOST_MAX 256

/* Where an address leads, as far as the pool must know. */
typedef struct wy_sql_place {
    char host[WY_SQL_HOST_MAX]; /* a name or a number, without brackets */
    uint16_t port;
} wy_sql_place;

/* A connection to a server; a protocol's own begins with this. */
typedef struct wy_sql_session {
    wy_sql_connection base;
    const struct wy_sql_protocol *protocol;
    wy_sql_servers *servers;
    struct wy_sql_session *next;  /* in the list of all */
    char *address;                /* as it was written: what it is found by */
    char *roots;                  /* it was opened with these, NULL: with none: likewise */
    const wy_http_policy *policy; /* under which it was opened: others do not get it */
    const void *holder;           /* whose it is, until it is idle */
    uint64_t idle_since_ms;
    bool is_idle;  /* nobody uses it */
    bool is_stale; /* the session may remember something of whoever used it */
    bool is_spent; /* it may hold something (locks) that only its end gives back */
    bool is_broken;
} wy_sql_session;

/* A protocol. Functions with a request run on its task's fiber and fill in its status and text. */
typedef struct wy_sql_protocol {
    const char *scheme;  /* of allowed hosts */
    const char *package; /* Debian's, which has the library */
    /* Loads the library; blocks, called on the pool. False: `text` says why. */
    bool (*load)(void **library_out, char text[256]);
    /* Takes an address apart; false: malformed, or a form that is not supported. */
    bool (*locate)(const void *library, const char *address, wy_sql_place *place_out,
                   wy_sql_request *request);
    /* Connects to one of the numeric addresses, separated by commas. NULL: failed. The session's
     * own fields are the pool's to fill in. */
    wy_sql_session *(*connect)(const void *library, const char *address, const wy_sql_place *place,
                               const char *numbers, wy_sql_request *request);
    void (*execute)(wy_sql_session *session, wy_sql_request *request);
    /* Whether the server has not ended it meanwhile. */
    bool (*is_alive)(wy_sql_session *session);
    /* Discards what the session remembers; false: it is to be closed. */
    bool (*renew)(wy_sql_session *session, wy_sql_request *request);
    /* Whether nothing is unfinished: no transaction, no statement. */
    bool (*is_settled)(wy_sql_session *session);
    void (*close)(own wy_sql_session *session);
} wy_sql_protocol;

extern const wy_sql_protocol wy_sql_protocol_postgres, wy_sql_protocol_mysql;

wy_loop *wy_sql_servers_loop(const wy_sql_servers *servers);
/* Parks until the descriptor is ready for any of `events` (WY_WAIT_READ, WY_WAIT_WRITE). False: the
 * task ended (the status says so), or `timeout_ms` (0: none) is over. */
bool wy_sql_wait(wy_sql_request *request, int fd, unsigned events, uint64_t timeout_ms);

#endif
