/* Fetch: one GET whose whole response is wanted: for what the host itself needs of servers. */
#ifndef WY_CAPABILITY_HTTP_FETCH_H
#define WY_CAPABILITY_HTTP_FETCH_H

#include "base/progress.h"
#include "capability/http/client.h"
#include "runtime/task.h"

typedef struct wy_http_fetch {
    wy_str url; /* http:// or https://, no userinfo */
    const wy_http_field *fields;
    uint32_t field_count; /* with fields no redirection is followed: they may be secrets */
    /* With a task both, which parks it. Else a client is made for this, and the thread waits: not
     * for the pool's threads. */
    wy_http_client *client;
    wy_task *task;
    uint32_t timeout_ms; /* for each step of it; 0: WY_HTTP_FETCH_TIMEOUT_MS */
    wy_progress *progress; /* told what came of the body; NULL: nobody is */
} wy_http_fetch;

/* The body is appended to `body`, up to its limit. Errors name server and reason, no field: WY_IO:
 * the server cannot be reached, or the response breaks off; WY_INVALID: the URL; WY_LIMIT: too
 * large; WY_CANCELLED and WY_TIMEOUT while wy_task_ended: as wy_task_wait. */
wy_err wy_http_fetch_run(const wy_http_fetch *fetch, uint16_t *status_out, wy_buf *body,
                         wy_diag *diag) WY_MUST_USE;

#endif
