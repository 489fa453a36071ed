/* The functions of libpq that are used, once it is loaded. */
#ifndef WY_CAPABILITY_SQL_POSTGRES_LIBRARY_H
#define WY_CAPABILITY_SQL_POSTGRES_LIBRARY_H

#include <libpq-fe.h>
#include <stdbool.h>

/* The functions that are used, each under its own name. */
#define WY_PQ_FUNCTIONS(X)                                                                         \
    X(PQconninfoParse)                                                                             \
    X(PQconninfoFree)                                                                              \
    X(PQfreemem)                                                                                   \
    X(PQconnectStartParams)                                                                        \
    X(PQconnectPoll)                                                                               \
    X(PQsocket)                                                                                    \
    X(PQstatus)                                                                                    \
    X(PQerrorMessage)                                                                              \
    X(PQfinish)                                                                                    \
    X(PQsetnonblocking)                                                                            \
    X(PQsetNoticeReceiver)                                                                         \
    X(PQtransactionStatus)                                                                         \
    X(PQsendQueryParams)                                                                           \
    X(PQsetSingleRowMode)                                                                          \
    X(PQflush)                                                                                     \
    X(PQconsumeInput)                                                                              \
    X(PQisBusy)                                                                                    \
    X(PQgetResult)                                                                                 \
    X(PQclear)                                                                                     \
    X(PQresultStatus)                                                                              \
    X(PQresultErrorMessage)                                                                        \
    X(PQresultErrorField)                                                                          \
    X(PQnfields)                                                                                   \
    X(PQntuples)                                                                                   \
    X(PQfname)                                                                                     \
    X(PQftype)                                                                                     \
    X(PQgetisnull)                                                                                 \
    X(PQgetvalue)                                                                                  \
    X(PQgetlength)                                                                                 \
    X(PQcmdStatus)                                                                                 \
    X(PQcmdTuples)                                                                                 \
    X(PQgetCancel)                                                                                 \
    X(PQcancel)                                                                                    \
    X(PQfreeCancel)

typedef struct wy_pq {
#define X(name) __typeof__(&name) name;
    WY_PQ_FUNCTIONS(X)
#undef X
} wy_pq;

/* A wy_pq, to be freed with free(); the library itself stays. False: `text` says why. Any thread.
 */
bool wy_pq_load(void **library_out, char text[256]);

#endif
