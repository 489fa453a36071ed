/* Fetch: a request of the host's own, by URL, waited for in straight lines; its body is in memory,
 * the reply's is read whole or piece by piece. What guests ask for goes to client.h itself. */
#ifndef WY_CAPABILITY_HTTP_FETCH_H
#define WY_CAPABILITY_HTTP_FETCH_H

#include "base/progress.h"
#include "capability/http/client.h"
#include "runtime/task.h"

/* Views, which must last until the request is run or its reply freed. */
typedef struct wy_http_fetch {
    wy_str method; /* empty: GET */
    wy_str url;    /* http:// or https://, no userinfo */
    const wy_http_field *fields;
    uint32_t field_count;
    bool follows;    /* redirections of whatever is asked, as browsers do; else of a GET without
                        fields alone, which may be secrets, and never from https to http */
    wy_str body;     /* empty: none */
    bool repeatable; /* may be sent again when a kept connection turns out to be closed, as GET
                        and HEAD may */
    /* With a task both, which parks it. Else the thread waits (not for the pool's threads): with a
     * client and its loop, which is turned meanwhile, or with one that is made for this. */
    wy_http_client *client;
    wy_task *task;
    wy_loop *loop;
    const wy_http_policy *policy; /* NULL: anything may be reached; outlives the client */
    /* For each step; 0: WY_HTTP_FETCH_TIMEOUT_MS. To connect; the same where it is 0. */
    uint32_t timeout_ms, connect_timeout_ms;
    wy_progress *progress; /* told by read_all what came of the body; NULL: nobody is */
} wy_http_fetch;

/* A response whose head has come. */
typedef struct wy_http_reply wy_http_reply;

/* Sends the request and waits for the response's head, after up to 10 redirections. A server that
 * is redirected to is sent no authorization and no cookie for another one; after 303, and after 301
 * or 302 of a POST, it is asked with GET and without the body.
 * Errors name server and reason, no field: WY_IO: the server cannot be reached, or the response
 * breaks off; WY_INVALID: URL, method or field; WY_LIMIT: the request's head is too large;
 * WY_DENIED: the policy does not allow it; WY_BUSY: the client has too many connections;
 * WY_CANCELLED and WY_TIMEOUT while wy_task_ended: as wy_task_wait. */
wy_err wy_http_fetch_open(const wy_http_fetch *fetch, own wy_http_reply **reply_out,
                          wy_diag *diag) WY_MUST_USE;
uint16_t wy_http_reply_status(const wy_http_reply *reply);
/* Views of the reply, names in lower case. */
const wy_http_fields *wy_http_reply_fields(const wy_http_reply *reply);
/* Waits for bytes of the body: a view until the next wait, empty at the end. Errors as above. */
wy_err wy_http_reply_read(wy_http_reply *reply, wy_str *bytes_out, wy_diag *diag) WY_MUST_USE;
/* The rest is appended to `body`. WY_LIMIT: more than its limit. */
wy_err wy_http_reply_read_all(wy_http_reply *reply, wy_buf *body, wy_diag *diag) WY_MUST_USE;
/* Before the end of the body: the connection is closed. NULL is fine. */
void wy_http_reply_free(own wy_http_reply *reply);

/* The three in one. */
wy_err wy_http_fetch_run(const wy_http_fetch *fetch, uint16_t *status_out, wy_buf *body,
                         wy_diag *diag) WY_MUST_USE;

/* Sends the request, whose body is small, on the client, and waits for nothing: whatever comes of
 * it is nobody's. Views need not last. */
void wy_http_fetch_away(const wy_http_fetch *fetch);

#endif
