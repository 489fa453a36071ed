/* Address of a MySQL or MariaDB server as users write it:
 *
 *   mysql://[user[:password]@]host[:port][/database][?ssl-mode=MODE]     port 3306
 *
 * User, password and database may be percent-encoded. TLS with any mode but "disabled". */
#ifndef WY_CAPABILITY_SQL_MYSQL_ADDRESS_H
#define WY_CAPABILITY_SQL_MYSQL_ADDRESS_H

#include "capability/sql/session.h"

#define WY_MY_WORD_MAX 256

typedef struct wy_my_address {
    wy_sql_place place;
    char user[WY_MY_WORD_MAX], password[WY_MY_WORD_MAX], database[WY_MY_WORD_MAX];
    bool has_tls;
} wy_my_address;

/* False: malformed, or with keys that are not known; the request says which, without secrets. */
bool wy_my_address_read(const char *text, wy_my_address *address_out, wy_sql_request *request);

#endif
