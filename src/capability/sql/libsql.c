/* sql on a libSQL server, over HTTP. A connection of a guest is a stream of the server's, made by
 * the first statement and named anew by each answer (its baton); what is said in which words is
 * hrana.c's. The worker's HTTP client carries it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "capability/http/fetch.h"
#include "capability/sql/backend.h"
#include "capability/sql/hrana.h"

#define PARSE_INLINE_MAX ((size_t)64 << 10) /* beyond, an answer is read on the pool */
/* A result as JSON may be larger than it is: texts with escapes, bytes in base 64. */
#define ANSWER_MAX (2 * WY_MAX_RESULT_BYTES)
#define CLOSE_TIMEOUT_MS 5000

typedef struct database {
    char *url;           /* http or https, without slashes at its end */
    char *authorization; /* "Bearer TOKEN"; NULL: none is sent */
    bool is_second;      /* the server has version 2 of the protocol only */
} database;

typedef struct connection {
    wy_sql_connection base;
    database *owner;
    wy_http_client *client; /* since the first statement */
    char *baton;            /* NULL: there is no stream */
    char *base_url;         /* where the stream is, when not at the database's URL */
    bool may_hold;          /* the stream may hold more than it began with: a transaction, say */
    bool is_lost;           /* so it did when it ended: nothing can follow */
    int64_t row_id;
    uint64_t changes;
} connection;

/* What came of one request over HTTP. */
typedef struct exchange {
    wy_sql_request *request;
    uint16_t status;
    wy_buf body;
    wy_hrana_answer answer;
} exchange;

/* --- HTTP --- */

static wy_http_fetch post(const database *d, wy_str url, const wy_buf *body,
                          wy_http_field fields[2]) {
    fields[0] =
        (wy_http_field){.name = WY_STR("content-type"), .value = WY_STR("application/json")};
    fields[1] =
        (wy_http_field){.name = WY_STR("authorization"), .value = wy_str_of(d->authorization)};
    return (wy_http_fetch){.method = WY_STR("POST"),
                           .url = url,
                           .fields = fields,
                           .field_count = d->authorization ? 2 : 1,
                           .body = wy_buf_view(body),
                           .timeout_ms = WY_HTTP_RESPONSE_TIMEOUT_MS,
                           .connect_timeout_ms = WY_SQL_CONNECT_TIMEOUT_MS};
}

static const char *pipeline_url(const database *d, const connection *c, wy_arena *arena) {
    return wy_arena_printf(arena, "%s/%s/pipeline", c && c->base_url ? c->base_url : d->url,
                           d->is_second ? "v2" : "v3");
}

/* False: no answer; the request says why. */
static bool send(const connection *c, const wy_buf *body, exchange *x) {
    wy_sql_request *r = x->request;
    const char *url = pipeline_url(c->owner, c, r->arena);
    if (!url || body->failed) {
        wy_sql_nomem(r);
        return false;
    }
    wy_http_field fields[2];
    wy_http_fetch fetch = post(c->owner, wy_str_of(url), body, fields);
    fetch.client = c->client;
    fetch.task = r->task;
    wy_diag diag;
    wy_diag_init(&diag);
    wy_buf_deinit(&x->body);
    wy_buf_init(&x->body, ANSWER_MAX);
    wy_err err = wy_http_fetch_run(&fetch, &x->status, &x->body, &diag);
    if (wy_task_ended(r->task))
        r->status = WY_SQL_ENDED;
    else if (err == WY_LIMIT)
        wy_sql_fail(r, WY_SQL_OTHER,
                    "the result has more than %zu bytes; ask for it in parts (LIMIT)",
                    WY_MAX_RESULT_BYTES);
    else if (err)
        wy_sql_fail(r, WY_SQL_CONNECTION_FAILED, "the libSQL server %s", diag.text);
    return err == WY_OK && r->status == WY_SQL_OK;
}

static void refuse(wy_sql_request *r, uint16_t status, wy_str body) {
    char reason[256];
    wy_hrana_reason(body, reason);
    bool is_token = status == 401 || status == 403;
    wy_sql_fail(r, WY_SQL_OTHER, "the libSQL server %s (status %u)%s%s",
                is_token ? "does not accept the token" : "refuses", status, *reason ? ": " : "",
                reason);
}

static void read_job(void *data) {
    exchange *x = data;
    wy_hrana_read(wy_buf_view(&x->body), x->request, &x->answer);
}

static void read_answer(exchange *x) {
    wy_sql_request *r = x->request;
    if (x->body.len <= PARSE_INLINE_MAX) {
        read_job(x);
        return;
    }
    wy_err err = wy_task_offload(r->task, read_job, x);
    if (wy_task_ended(r->task))
        r->status = WY_SQL_ENDED;
    else if (err)
        wy_sql_nomem(r);
}

/* --- streams --- */

static void forget_stream(connection *c) {
    free(c->baton);
    free(c->base_url);
    c->baton = c->base_url = NULL;
}

/* The stream is gone: what it held cannot go on, and must not seem to. */
static void lose_stream(connection *c) {
    forget_stream(c);
    c->is_lost = c->may_hold;
}

/* Statements that leave nothing in a connection, as far as their first word tells. */
static bool leaves_nothing(wy_str statement) {
    static const char *const doubtful[] = {"temp", NULL};
    return wy_sql_is_plain(statement) && !wy_sql_mentions(statement, doubtful);
}

static bool only_reads(wy_str statement) {
    static const char *const words[] = {"insert", "update", "delete", "replace", NULL};
    return wy_sql_is_plain(statement) && !wy_sql_mentions(statement, words);
}

/* Takes over what the answer says of the stream. */
static void follow_stream(connection *c, exchange *x) {
    wy_hrana_answer *a = &x->answer;
    const wy_sql_request *r = x->request;
    bool has_moved = a->base_url != NULL;
    free(c->baton);
    c->baton = a->baton;
    a->baton = NULL;
    if (has_moved) {
        free(c->base_url);
        c->base_url = a->base_url;
        a->base_url = NULL;
    }
    if (a->has_state)
        c->may_hold = !a->is_autocommit;
    else if (!leaves_nothing(r->statement))
        c->may_hold = true;
    if (!c->baton) lose_stream(c);
    if (r->status != WY_SQL_OK) return;
    if (a->has_row_id) c->row_id = a->row_id;
    if (r->affected || !only_reads(r->statement)) c->changes = r->affected;
}

/* Whether the same may be sent once more: it was not carried out, as the server is of the older
 * version, or does not know the stream any more. */
static bool begin_again(connection *c, const exchange *x) {
    if (x->status == 404 && !c->owner->is_second && !c->baton) {
        c->owner->is_second = true;
        return true;
    }
    bool is_unknown = c->baton && (x->status == 400 || x->status == 404 || x->status == 410);
    if (!is_unknown || c->may_hold) return false;
    forget_stream(c);
    return true;
}

static void carry_out(connection *c, exchange *x) {
    wy_sql_request *r = x->request;
    for (bool again = true; again;) {
        wy_buf body;
        wy_buf_init(&body, ANSWER_MAX);
        wy_str baton = wy_str_of(c->baton);
        bool sent = wy_hrana_put_statement(&body, baton, r, !c->owner->is_second);
        bool answered = sent && send(c, &body, x);
        wy_buf_deinit(&body);
        again = answered && x->status != 200 && begin_again(c, x);
        if (again) continue;
        if (sent && (!answered || x->status != 200)) lose_stream(c);
        if (!answered) return;
    }
    if (x->status != 200) {
        refuse(r, x->status, wy_buf_view(&x->body));
        return;
    }
    read_answer(x);
    follow_stream(c, x);
}

static void execute(wy_sql_connection *base, wy_sql_request *r) {
    connection *c = (connection *)base;
    if (r->http) c->client = r->http;
    if (!c->client) {
        wy_sql_fail(r, WY_SQL_OTHER, "there is no HTTP client to reach the libSQL server with");
        return;
    }
    if (c->is_lost) {
        wy_sql_fail(r, WY_SQL_CONNECTION_FAILED,
                    "the connection was lost in a transaction; open it anew");
        return;
    }
    exchange x = {.request = r};
    carry_out(c, &x);
    wy_buf_deinit(&x.body);
    wy_hrana_answer_deinit(&x.answer);
}

/* The server ends a stream by itself after a while; but a transaction would hold others up until
 * then. */
static void close_stream(const connection *c) {
    wy_arena arena;
    wy_buf body;
    wy_arena_init(&arena, WY_MAX_HTTP_HEADER_BYTES);
    wy_buf_init(&body, WY_MAX_HTTP_HEADER_BYTES);
    wy_hrana_put_close(&body, wy_str_of(c->baton));
    const char *url = pipeline_url(c->owner, c, &arena);
    if (url && !body.failed) {
        wy_http_field fields[2];
        wy_http_fetch fetch = post(c->owner, wy_str_of(url), &body, fields);
        fetch.client = c->client;
        fetch.timeout_ms = CLOSE_TIMEOUT_MS;
        wy_http_fetch_away(&fetch);
    }
    wy_buf_deinit(&body);
    wy_arena_deinit(&arena);
}

static void release(own wy_sql_connection *base) {
    connection *c = (connection *)base;
    if (c->baton) close_stream(c);
    forget_stream(c);
    free(c);
}

static int64_t last_insert_id(const wy_sql_connection *base) {
    return ((const connection *)base)->row_id;
}

static uint64_t changes(const wy_sql_connection *base) {
    return ((const connection *)base)->changes;
}

static const wy_sql_driver driver = {execute, release, last_insert_id, changes};

/* --- the backend --- */

static wy_sql_connection *libsql_connect(void *state, wy_sql_request *r) {
    connection *c = calloc(1, sizeof *c);
    if (!c) {
        wy_sql_fail(r, WY_SQL_OTHER, "out of memory for a connection");
        return NULL;
    }
    c->base.driver = &driver;
    c->owner = state;
    return &c->base;
}

static void libsql_close(void *state) {
    database *d = state;
    free(d->url);
    free(d->authorization);
    free(d);
}

static char *join(const char *prefix, wy_str rest) {
    char *text;
    return asprintf(&text, "%s" WY_STR_FMT, prefix, WY_STR_ARG(rest)) < 0 ? NULL : text;
}

static wy_err libsql_open(const wy_sql_options *options, void **state_out, wy_diag *diag) {
    const wy_str own_scheme = WY_STR("libsql://");
    wy_str url = options->url;
    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    bool is_own = wy_str_starts(url, own_scheme);
    if (!is_own && !wy_str_starts(url, WY_STR("http://")) &&
        !wy_str_starts(url, WY_STR("https://")))
        return wy_diag_set(diag, WY_INVALID,
                           "'url' must begin with libsql://, https:// or http://");
    if (wy_str_find(url, '@') < url.len || wy_str_find(url, '?') < url.len)
        return wy_diag_set(diag, WY_INVALID,
                           "'url' must be a server and a path: what is secret "
                           "belongs in 'token'");
    if (!wy_http_value_valid(options->token))
        return wy_diag_set(diag, WY_INVALID, "'token' has characters that no token has");
    database *d = calloc(1, sizeof *d);
    if (d) {
        d->url =
            is_own ? join("https://", wy_str_sub(url, own_scheme.len, url.len)) : join("", url);
        if (options->token.len) d->authorization = join("Bearer ", options->token);
    }
    if (!d || !d->url || (options->token.len && !d->authorization)) {
        if (d) libsql_close(d);
        return wy_diag_set(diag, WY_NOMEM, "out of memory");
    }
    *state_out = d;
    return WY_OK;
}

/* One try with the newest version; the thread waits. */
static wy_err run_once(const database *d, const wy_buf *body, exchange *x, wy_diag *diag) {
    const char *url = pipeline_url(d, NULL, x->request->arena);
    if (!url || body->failed) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    wy_http_field fields[2];
    const wy_http_fetch fetch = post(d, wy_str_of(url), body, fields);
    wy_buf_deinit(&x->body);
    wy_buf_init(&x->body, ANSWER_MAX);
    wy_err err = wy_http_fetch_run(&fetch, &x->status, &x->body, diag);
    if (err) wy_diag_prefix(diag, "the libSQL server");
    return err;
}

static wy_err libsql_run(void *state, wy_str statements, wy_diag *diag) {
    database *d = state;
    wy_arena arena;
    wy_buf body;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_buf_init(&body, ANSWER_MAX);
    wy_sql_request request = {.arena = &arena, .status = WY_SQL_OK};
    exchange x = {.request = &request};
    wy_hrana_put_sequence(&body, statements);
    wy_err err = run_once(d, &body, &x, diag);
    if (!err && x.status == 404 && !d->is_second) {
        d->is_second = true;
        err = run_once(d, &body, &x, diag);
    }
    if (!err && x.status != 200) refuse(&request, x.status, wy_buf_view(&x.body));
    if (!err && x.status == 200) read_job(&x);
    if (!err && request.status != WY_SQL_OK)
        err = wy_diag_set(diag, WY_INVALID, "%s", request.text);
    wy_hrana_answer_deinit(&x.answer);
    wy_buf_deinit(&x.body);
    wy_buf_deinit(&body);
    wy_arena_deinit(&arena);
    return err;
}

extern const wy_sql_backend wy_sql_backend_libsql;
const wy_sql_backend wy_sql_backend_libsql = {
    .name = "libsql",
    .open = libsql_open,
    .close = libsql_close,
    .connect = libsql_connect,
    .run = libsql_run,
};
