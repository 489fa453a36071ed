/* PostgreSQL through libpq, never blocking: the task waits for the socket between its calls. What
 * an address may say, connecting, statements, cancelling; values are postgres_value.c's. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capability/sql/postgres_library.h"
#include "capability/sql/postgres_value.h"
#include "capability/sql/session.h"
#include "net/wait.h"

typedef struct session {
    wy_sql_session base;
    const wy_pq *pq;
    PGconn *conn;
} session;

/* --- addresses --- */

/* What an address may set; libpq knows more, which reaches into this machine (files, services). */
static const char *const allowed_keys[] = {"host",
                                           "port",
                                           "user",
                                           "password",
                                           "dbname",
                                           "sslmode",
                                           "application_name",
                                           "connect_timeout",
                                           "options",
                                           "target_session_attrs",
                                           "channel_binding",
                                           "keepalives",
                                           "keepalives_idle",
                                           "keepalives_interval",
                                           "keepalives_count",
                                           "tcp_user_timeout",
                                           NULL};

static bool is_allowed(const char *key) {
    for (const char *const *k = allowed_keys; *k; k++)
        if (strcmp(*k, key) == 0) return true;
    return false;
}

static const char *option(const PQconninfoOption *options, const char *key) {
    for (; options->keyword; options++)
        if (strcmp(options->keyword, key) == 0) return options->val;
    return NULL;
}

/* The parts of an address; NULL: malformed, or with keys that are not allowed. libpq's own message
 * may quote a password. */
static PQconninfoOption *parse(const wy_pq *pq, const char *address, wy_sql_request *r) {
    char *message = NULL;
    PQconninfoOption *options = pq->PQconninfoParse(address, &message);
    pq->PQfreemem(message);
    if (!options) {
        wy_sql_fail(r, WY_SQL_CONNECTION_FAILED,
                    "the address is no PostgreSQL URL (postgres://user:password@host:port/name)");
        return NULL;
    }
    for (const PQconninfoOption *o = options; o->keyword; o++)
        if (o->val && o->val[0] && !is_allowed(o->keyword)) {
            wy_sql_fail(r, WY_SQL_CONNECTION_FAILED, "'%s' is not supported in an address",
                        o->keyword);
            pq->PQconninfoFree(options);
            return NULL;
        }
    return options;
}

static bool read_place(const PQconninfoOption *options, wy_sql_place *place, wy_sql_request *r) {
    const char *host = option(options, "host"), *port = option(options, "port");
    uint64_t number = 5432;
    const char *bad = NULL;
    if (!host || !host[0])
        bad = "the address names no host";
    else if (host[0] == '/' || host[0] == '@')
        bad = "Unix sockets are not permitted";
    else if (strchr(host, ',') || (port && strchr(port, ',')))
        bad = "an address with several hosts is not supported";
    else if (strlen(host) >= sizeof place->host)
        bad = "the host's name is too long";
    else if (port && port[0] && (!wy_str_to_u64(wy_str_of(port), 65535, &number) || number == 0))
        bad = "the port is not a number from 1 to 65535";
    if (bad) {
        wy_sql_fail(r, WY_SQL_CONNECTION_FAILED, "%s", bad);
        return false;
    }
    snprintf(place->host, sizeof place->host, "%s", host);
    place->port = (uint16_t)number;
    return true;
}

static bool locate(const void *library, const char *address, wy_sql_place *place,
                   wy_sql_request *r) {
    const wy_pq *pq = library;
    PQconninfoOption *options = parse(pq, address, r);
    if (!options) return false;
    bool good = read_place(options, place, r);
    pq->PQconninfoFree(options);
    return good;
}

/* --- connecting --- */

#define KEYS_MAX 32

typedef struct keys {
    const char *names[KEYS_MAX + 1], *values[KEYS_MAX + 1];
    unsigned count;
} keys;

static void put(keys *k, const char *name, const char *value) {
    wy_assert(k->count < KEYS_MAX);
    k->names[k->count] = name;
    k->values[k->count++] = value;
}

/* "text,text,..." as often as `numbers` has parts. */
static const char *repeat(wy_arena *arena, const char *text, const char *numbers) {
    const char *result = text;
    for (const char *comma = strchr(numbers, ','); result && comma; comma = strchr(comma + 1, ','))
        result = wy_arena_printf(arena, "%s,%s", result, text);
    return result;
}

/* "require" and above believe a server as a browser does, as Spin does; without the word the
 * connection is encrypted where the server can, unchecked. Who names roots wants it checked. */
static void put_tls(keys *k, const char *mode, const char *roots) {
    static const char *const lenient[] = {"disable", "allow", "prefer"};
    if (!mode || !mode[0]) mode = "prefer";
    if (roots && (strcmp(mode, "allow") == 0 || strcmp(mode, "prefer") == 0)) mode = "require";
    if (!roots) roots = getenv("SSL_CERT_FILE");
    for (size_t i = 0; i < 3; i++)
        if (strcmp(mode, lenient[i]) == 0) {
            put(k, "sslmode", mode);
            return;
        }
    put(k, "sslmode", strcmp(mode, "require") == 0 ? "verify-full" : mode);
    put(k, "sslrootcert", roots && roots[0] ? roots : "/etc/ssl/certs/ca-certificates.crt");
}

/* The user's own files and secrets are not for guests: no password file, no certificate, no
 * Kerberos, and where the address has no password, none of the environment. */
static void put_closed(keys *k, const char *password) {
    put(k, "passfile", "/dev/null");
    put(k, "sslcert", "/dev/null/none");
    put(k, "sslkey", "/dev/null/none");
    put(k, "sslcrl", "/dev/null/none");
    put(k, "gssencmode", "disable");
    put(k, "client_encoding", "UTF8");
    if ((!password || !password[0]) && getenv("PGPASSWORD")) put(k, "password", " ");
}

static bool fill_keys(keys *k, const PQconninfoOption *options, const wy_sql_place *place,
                      const char *numbers, const char *roots, wy_arena *arena) {
    const char *port = wy_arena_printf(arena, "%u", place->port);
    const char *hosts = repeat(arena, place->host, numbers);
    const char *ports = port ? repeat(arena, port, numbers) : NULL;
    if (!hosts || !ports) return false;
    *k = (keys){0};
    put(k, "host", hosts);
    put(k, "hostaddr", numbers);
    put(k, "port", ports);
    for (const PQconninfoOption *o = options; o->keyword; o++) {
        bool ours = strcmp(o->keyword, "host") == 0 || strcmp(o->keyword, "port") == 0 ||
                    strcmp(o->keyword, "sslmode") == 0;
        if (o->val && o->val[0] && !ours) put(k, o->keyword, o->val);
    }
    put_tls(k, option(options, "sslmode"), roots);
    put_closed(k, option(options, "password"));
    return true;
}

/* libpq's message without the newline at its end. */
static void fail(session *s, wy_sql_request *r, wy_sql_status status, const char *message) {
    size_t len = strlen(message);
    while (len && message[len - 1] == '\n')
        len--;
    (void)s;
    wy_sql_fail(r, status, "%.*s", (int)len, message);
}

static bool poll_connection(session *s, wy_sql_request *r) {
    uint64_t end_ms = wy_loop_now_ms(wy_task_loop(r->task)) + WY_SQL_CONNECT_TIMEOUT_MS;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK) {
        uint64_t now = wy_loop_now_ms(wy_task_loop(r->task));
        unsigned events = status == PGRES_POLLING_READING ? WY_WAIT_READ : WY_WAIT_WRITE;
        if (s->pq->PQstatus(s->conn) == CONNECTION_BAD || status == PGRES_POLLING_FAILED) {
            fail(s, r, WY_SQL_CONNECTION_FAILED, s->pq->PQerrorMessage(s->conn));
            return false;
        }
        if (now >= end_ms || !wy_sql_wait(r, s->pq->PQsocket(s->conn), events, end_ms - now)) {
            if (r->status == WY_SQL_OK)
                wy_sql_fail(r, WY_SQL_CONNECTION_FAILED, "the server does not answer");
            return false;
        }
        status = s->pq->PQconnectPoll(s->conn);
    }
    return true;
}

static void drop_notice(void *data, const PGresult *result) {
    (void)data, (void)result;
}

/* libpq reads roots from a file only: one that has no place. `*fd_out` is to be closed once the
 * connection stands. NULL: failed, or there are no roots and `*fd_out` is -1. */
static const char *root_file(wy_sql_request *r, int *fd_out) {
    *fd_out = -1;
    if (!r->roots.len) return NULL;
    int fd = memfd_create("roots", MFD_CLOEXEC);
    bool written = fd >= 0 && write(fd, r->roots.ptr, r->roots.len) == (ssize_t)r->roots.len;
    const char *path = written ? wy_arena_printf(r->arena, "/proc/self/fd/%d", fd) : NULL;
    if (!path) wy_sql_nomem(r);
    if (!path && fd >= 0) close(fd);
    if (path) *fd_out = fd;
    return path;
}

static wy_sql_session *connect_by(const wy_pq *pq, const char *address, const wy_sql_place *place,
                                  const char *numbers, const char *roots, wy_sql_request *r) {
    keys k;
    PQconninfoOption *options = parse(pq, address, r);
    if (!options) return NULL;
    session *s = calloc(1, sizeof *s);
    if (s && fill_keys(&k, options, place, numbers, roots, r->arena))
        s->conn = pq->PQconnectStartParams(k.names, k.values, 0);
    pq->PQconninfoFree(options);
    if (!s || !s->conn) {
        free(s);
        wy_sql_nomem(r);
        return NULL;
    }
    s->pq = pq;
    pq->PQsetNoticeReceiver(s->conn, drop_notice, NULL);
    if (poll_connection(s, r)) {
        pq->PQsetnonblocking(s->conn, 1);
        return &s->base;
    }
    if (roots && strstr(r->text, roots))
        wy_sql_fail(r, WY_SQL_CONNECTION_FAILED, "the certificates given cannot be read");
    pq->PQfinish(s->conn);
    free(s);
    return NULL;
}

static wy_sql_session *connect_to(const void *library, const char *address,
                                  const wy_sql_place *place, const char *numbers,
                                  wy_sql_request *r) {
    int fd;
    const char *roots = root_file(r, &fd);
    if (r->status != WY_SQL_OK) return NULL;
    wy_sql_session *opened = connect_by(library, address, place, numbers, roots, r);
    if (fd >= 0) close(fd);
    return opened;
}

static void close_session(own wy_sql_session *base) {
    session *s = (session *)base;
    s->pq->PQfinish(s->conn);
    free(s);
}

/* --- cancelling --- */

/* Outlives the session, and the table of functions. */
typedef struct cancellation {
    __typeof__(&PQcancel) cancel;
    __typeof__(&PQfreeCancel) free_handle;
    PGcancel *handle;
} cancellation;

static void send_cancel(void *data) {
    const cancellation *c = data;
    char text[256];
    c->cancel(c->handle, text, sizeof text);
    c->free_handle(c->handle);
}

/* Tells the server, from the pool, to stop working; the connection is of no use any more. */
static void cancel(session *s) {
    s->base.is_broken = true;
    cancellation *c = malloc(sizeof *c);
    PGcancel *handle = c ? s->pq->PQgetCancel(s->conn) : NULL;
    if (!handle) {
        free(c);
        return;
    }
    *c = (cancellation){s->pq->PQcancel, s->pq->PQfreeCancel, handle};
    if (wy_loop_offload(wy_sql_servers_loop(s->base.servers), send_cancel, free, c) == WY_OK)
        return;
    s->pq->PQfreeCancel(handle);
    free(c);
}

static void lost(session *s, wy_sql_request *r) {
    s->base.is_broken = true;
    fail(s, r, WY_SQL_CONNECTION_FAILED, s->pq->PQerrorMessage(s->conn));
}

/* --- statements --- */

/* Waits for the socket; false: the task ended, and the server was told to stop. */
static bool wait_for(session *s, wy_sql_request *r, unsigned events) {
    if (wy_sql_wait(r, s->pq->PQsocket(s->conn), events, 0)) return true;
    cancel(s);
    if (r->status == WY_SQL_OK) wy_sql_nomem(r);
    return false;
}

static bool flush(session *s, wy_sql_request *r) {
    for (;;) {
        int left = s->pq->PQflush(s->conn);
        if (left == 0) return true;
        if (left < 0) {
            lost(s, r);
            return false;
        }
        if (!wait_for(s, r, WY_WAIT_READ | WY_WAIT_WRITE)) return false;
        if (!s->pq->PQconsumeInput(s->conn)) {
            lost(s, r);
            return false;
        }
    }
}

/* The next result; false: lost, or the task ended. NULL: there are no more. */
static bool next_result(session *s, wy_sql_request *r, PGresult **result_out) {
    while (s->pq->PQisBusy(s->conn)) {
        if (!wait_for(s, r, WY_WAIT_READ)) return false;
        if (!s->pq->PQconsumeInput(s->conn)) {
            lost(s, r);
            return false;
        }
    }
    *result_out = s->pq->PQgetResult(s->conn);
    return true;
}

static void take_command(session *s, PGresult *result, wy_sql_request *r) {
    const char *tag = s->pq->PQcmdStatus(result), *count = s->pq->PQcmdTuples(result);
    wy_str_to_u64(wy_str_of(count), UINT64_MAX, &r->affected);
    /* SELECT INTO makes a table, perhaps a temporary one */
    if (strncmp(tag, "SELECT", 6) == 0 && s->pq->PQresultStatus(result) == PGRES_COMMAND_OK)
        s->base.is_stale = true;
}

/* False: the server does not say it, or it is no text. */
static bool copy_field(session *s, const PGresult *result, int code, wy_str *out,
                       wy_sql_request *r) {
    wy_str text = wy_str_of(s->pq->PQresultErrorField(result, code));
    if (!text.ptr || !wy_utf8_valid(text.ptr, text.len)) return false;
    const char *copy = wy_arena_strndup(r->arena, text.ptr, text.len);
    if (copy) *out = (wy_str){copy, text.len};
    return copy != NULL;
}

/* What the server says in parts, as far as there is memory for it. */
static void take_fault(session *s, const PGresult *result, wy_sql_request *r) {
    static const struct {
        int code;
        const char *name;
    } extras[] = {{PG_DIAG_MESSAGE_HINT, "hint"},      {PG_DIAG_STATEMENT_POSITION, "position"},
                  {PG_DIAG_CONTEXT, "where"},          {PG_DIAG_SCHEMA_NAME, "schema"},
                  {PG_DIAG_TABLE_NAME, "table"},       {PG_DIAG_COLUMN_NAME, "column"},
                  {PG_DIAG_DATATYPE_NAME, "datatype"}, {PG_DIAG_CONSTRAINT_NAME, "constraint"}};
    const size_t count = sizeof extras / sizeof *extras;
    wy_sql_fault *fault = wy_arena_calloc(r->arena, 1, sizeof *fault);
    if (fault) fault->extras = wy_arena_calloc(r->arena, count, sizeof *fault->extras);
    if (!fault || !fault->extras) return;
    copy_field(s, result, PG_DIAG_SEVERITY, &fault->severity, r);
    copy_field(s, result, PG_DIAG_SQLSTATE, &fault->code, r);
    copy_field(s, result, PG_DIAG_MESSAGE_PRIMARY, &fault->message, r);
    copy_field(s, result, PG_DIAG_MESSAGE_DETAIL, &fault->detail, r);
    for (size_t i = 0; i < count; i++) {
        wy_str *extra = fault->extras[fault->extra_count];
        extra[0] = wy_str_of(extras[i].name);
        if (copy_field(s, result, extras[i].code, &extra[1], r)) fault->extra_count++;
    }
    r->fault = fault;
}

/* False: reading on is of no use. */
static bool take_result(session *s, PGresult *result, wy_sql_request *r) {
    switch (s->pq->PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE: return wy_pg_read(s->pq, result, r);
    case PGRES_TUPLES_OK: take_command(s, result, r); return wy_pg_read(s->pq, result, r);
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY: take_command(s, result, r); return true;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        wy_sql_fail(r, WY_SQL_QUERY_FAILED, "COPY from or to the client is not supported");
        return false;
    case PGRES_BAD_RESPONSE:
    case PGRES_NONFATAL_ERROR:
    case PGRES_FATAL_ERROR:
    case PGRES_PIPELINE_SYNC:
    case PGRES_PIPELINE_ABORTED:
    default: break;
    }
    if (s->pq->PQstatus(s->conn) == CONNECTION_BAD) s->base.is_broken = true;
    fail(s, r, s->base.is_broken ? WY_SQL_CONNECTION_FAILED : WY_SQL_QUERY_FAILED,
         s->pq->PQresultErrorMessage(result));
    if (!s->base.is_broken) take_fault(s, result, r);
    return true;
}

static void take_results(session *s, wy_sql_request *r) {
    PGresult *result;
    while (next_result(s, r, &result) && result) {
        bool go_on = take_result(s, result, r);
        s->pq->PQclear(result);
        if (go_on) continue;
        cancel(s);
        return;
    }
}

static void run(session *s, const char *statement, const wy_pg_params *params, wy_sql_request *r) {
    int sent = s->pq->PQsendQueryParams(s->conn, statement, params->count, params->types,
                                        params->values, params->lengths, params->formats, 1);
    if (!sent) {
        lost(s, r);
        return;
    }
    s->pq->PQsetSingleRowMode(s->conn);
    if (flush(s, r)) take_results(s, r);
}

static void execute(wy_sql_session *base, wy_sql_request *r) {
    static const char *const remembered[] = {"set_config", "pg_temp", NULL};
    static const char *const held[] = {"advisory", NULL};
    session *s = (session *)base;
    wy_pg_params params;
    if (memchr(r->statement.ptr, '\0', r->statement.len)) {
        wy_sql_fail(r, WY_SQL_QUERY_FAILED, "the statement has a zero byte in it");
        return;
    }
    char *statement = wy_arena_strndup(r->arena, r->statement.ptr, r->statement.len);
    if (!statement) {
        wy_sql_nomem(r);
        return;
    }
    if (!wy_pg_params_make(&params, r)) return;
    base->is_stale |= !wy_sql_is_plain(r->statement) || wy_sql_mentions(r->statement, remembered);
    base->is_spent |= wy_sql_mentions(r->statement, held);
    run(s, statement, &params, r);
}

static bool is_alive(wy_sql_session *base) {
    session *s = (session *)base;
    struct pollfd fd = {.fd = s->pq->PQsocket(s->conn), .events = POLLIN};
    return fd.fd >= 0 && poll(&fd, 1, 0) == 0; /* nobody asked it anything */
}

static bool renew(wy_sql_session *base, wy_sql_request *r) {
    static const wy_pg_params none = {0};
    wy_sql_request own_request = {.task = r->task, .arena = r->arena};
    run((session *)base, "DISCARD ALL", &none, &own_request);
    if (own_request.status == WY_SQL_ENDED) r->status = WY_SQL_ENDED;
    base->is_stale = false;
    return own_request.status == WY_SQL_OK && !base->is_broken;
}

static bool is_settled(wy_sql_session *base) {
    session *s = (session *)base;
    return s->pq->PQstatus(s->conn) == CONNECTION_OK &&
           s->pq->PQtransactionStatus(s->conn) == PQTRANS_IDLE;
}

const wy_sql_protocol wy_sql_protocol_postgres = {
    .scheme = "postgres",
    .package = "libpq5",
    .load = wy_pq_load,
    .locate = locate,
    .connect = connect_to,
    .execute = execute,
    .is_alive = is_alive,
    .renew = renew,
    .is_settled = is_settled,
    .close = close_session,
};
