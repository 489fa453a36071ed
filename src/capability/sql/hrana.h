/* Hrana: what is said to a libSQL server and what it answers, as JSON: pipelines of requests on a
 * stream, which is the server's side of a connection. Sending it is libsql.c's. (Hrana over HTTP,
 * versions 2 and 3) */
#ifndef WY_CAPABILITY_SQL_HRANA_H
#define WY_CAPABILITY_SQL_HRANA_H

#include "capability/sql/sql.h"

/* Each appends one pipeline. `baton` names the stream; empty: a new one. */

/* The request's statement. `asks_state`: also whether a transaction is open, of version 3 only.
 * False: a parameter that has no form; the request says why. */
bool wy_hrana_put_statement(wy_buf *out, wy_str baton, wy_sql_request *request, bool asks_state);
/* Several statements, of which nothing is wanted; the stream ends. */
void wy_hrana_put_sequence(wy_buf *out, wy_str statements);
/* The stream ends, and with it a transaction. */
void wy_hrana_put_close(wy_buf *out, wy_str baton);

/* What a pipeline's answer says besides the request's result. Freed with wy_hrana_answer_deinit. */
typedef struct wy_hrana_answer {
    char *baton;    /* the stream's next one; NULL: it has ended */
    char *base_url; /* where its next request must go; NULL: where this one went */
    bool has_state, is_autocommit;
    bool has_row_id;
    int64_t row_id;
} wy_hrana_answer;

/* Reads the answer to one of the above; fills in the request's result, or its status and text when
 * the server refused or what it says makes no sense. Any thread. */
void wy_hrana_read(wy_str body, wy_sql_request *request, wy_hrana_answer *answer_out);
void wy_hrana_answer_deinit(wy_hrana_answer *answer);
/* The reason in an answer that is no pipeline's (the status was not 200), cut to what `text` holds;
 * empty: it has none. */
void wy_hrana_reason(wy_str body, char text[256]);

#endif
