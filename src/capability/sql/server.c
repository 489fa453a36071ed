/* The pool of connections to database servers: which one a guest gets, how many there may be, when
 * they are closed. What they speak is a protocol's matter. */
#include "capability/sql/session.h"

#include "net/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NUMBERS_MAX (WY_MAX_CONNECT_ADDRESSES * WY_ADDRESS_TEXT_MAX)

/* What a guest asks for. */
typedef struct target {
    wy_sql_protocol_id id;
    const wy_sql_protocol *protocol;
    const void *library;
    const char *address;
    wy_sql_place place;
    const wy_http_policy *policy;
    const void *holder;
    wy_str roots;
} target;

/* A connection that a task is opening; on its stack. */
typedef struct opening {
    const target *target;
    struct opening *next;
} opening;

struct wy_sql_servers {
    wy_loop *loop;
    wy_timer *sweep;
    wy_sql_session *all;
    opening *openings;
    uint32_t most[WY_SQL_PROTOCOLS]; /* connections that each may have */
    bool is_sweeping;
    void *libraries[WY_SQL_PROTOCOLS]; /* NULL: not loaded yet */
    wy_wait_list freed;                /* tasks that wait for room */
};

static const wy_sql_protocol *const protocols[WY_SQL_PROTOCOLS] = {
    [WY_SQL_POSTGRES] = &wy_sql_protocol_postgres,
    [WY_SQL_MYSQL] = &wy_sql_protocol_mysql,
};

wy_loop *wy_sql_servers_loop(const wy_sql_servers *servers) {
    return servers->loop;
}

/* --- ending connections --- */

static void end_session(wy_sql_servers *servers, wy_sql_session *session) {
    wy_sql_session **link = &servers->all;
    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    free(session->address);
    free(session->roots);
    session->protocol->close(session);
    wy_wait_list_wake(&servers->freed);
}

static void on_sweep(void *data) {
    wy_sql_servers *servers = data;
    uint64_t now = wy_loop_now_ms(servers->loop);
    bool any = false;
    for (wy_sql_session *s = servers->all, *next; s; s = next) {
        next = s->next;
        if (!s->is_idle) continue;
        if (now - s->idle_since_ms >= WY_SQL_IDLE_MS)
            end_session(servers, s);
        else
            any = true;
    }
    servers->is_sweeping = any;
    if (any) wy_timer_start(servers->sweep, WY_SQL_IDLE_MS / 4);
}

static void keep_session(wy_sql_servers *servers, wy_sql_session *session) {
    session->is_idle = true;
    session->idle_since_ms = wy_loop_now_ms(servers->loop);
    wy_wait_list_wake(&servers->freed);
    if (servers->is_sweeping) return;
    servers->is_sweeping = true;
    wy_timer_start(servers->sweep, WY_SQL_IDLE_MS / 4);
}

static void release(own wy_sql_connection *connection) {
    wy_sql_session *session = (wy_sql_session *)connection;
    if (!session->is_broken && !session->is_spent && session->protocol->is_settled(session))
        keep_session(session->servers, session);
    else
        end_session(session->servers, session);
}

static void execute(wy_sql_connection *connection, wy_sql_request *request) {
    wy_sql_session *session = (wy_sql_session *)connection;
    if (session->is_broken)
        wy_sql_fail(request, WY_SQL_CONNECTION_FAILED, "the connection was lost");
    else
        session->protocol->execute(session, request);
}

static const wy_sql_driver driver = {.execute = execute, .release = release};

wy_err wy_sql_servers_new(wy_loop *loop, own wy_sql_servers **servers_out) {
    wy_sql_servers *servers = calloc(1, sizeof *servers);
    *servers_out = NULL;
    if (!servers) return WY_NOMEM;
    servers->loop = loop;
    for (int i = 0; i < WY_SQL_PROTOCOLS; i++)
        servers->most[i] = WY_MAX_SQL_SERVER_CONNECTIONS;
    wy_err err = wy_timer_new(loop, on_sweep, servers, &servers->sweep);
    if (err)
        free(servers);
    else
        *servers_out = servers;
    return err;
}

void wy_sql_servers_limit(wy_sql_servers *servers, wy_sql_protocol_id protocol, uint32_t most) {
    servers->most[protocol] = most;
}

void wy_sql_servers_free(own wy_sql_servers *servers) {
    if (!servers) return;
    while (servers->all) {
        wy_assert(servers->all->is_idle);
        end_session(servers, servers->all);
    }
    for (int i = 0; i < WY_SQL_PROTOCOLS; i++)
        free(servers->libraries[i]);
    wy_timer_free(servers->sweep);
    free(servers);
}

/* --- libraries --- */

typedef struct loading {
    const wy_sql_protocol *protocol;
    void *library;
    char text[256];
} loading;

static void load(void *data) {
    loading *l = data;
    if (!l->protocol->load(&l->library, l->text)) l->library = NULL;
}

static const void *load_library(wy_sql_servers *servers, wy_sql_protocol_id id,
                                wy_sql_request *request) {
    if (servers->libraries[id]) return servers->libraries[id];
    loading l = {.protocol = protocols[id]};
    wy_err err = wy_task_offload(request->task, load, &l);
    if (l.library && !servers->libraries[id])
        servers->libraries[id] = l.library;
    else
        free(l.library); /* another task was faster */
    if (wy_task_ended(request->task))
        request->status = WY_SQL_ENDED;
    else if (err)
        wy_sql_nomem(request);
    else if (!servers->libraries[id])
        wy_sql_fail(request, WY_SQL_CONNECTION_FAILED,
                    "withy cannot reach %s servers here: %s (install the Debian package %s)",
                    l.protocol->scheme, l.text, l.protocol->package);
    return request->status == WY_SQL_OK ? servers->libraries[id] : NULL;
}

/* --- finding one --- */

static bool belongs(const wy_sql_session *s, const target *t) {
    return s->protocol == t->protocol && s->policy == t->policy &&
           strcmp(s->address, t->address) == 0 && wy_str_eq(wy_str_of(s->roots), t->roots);
}

/* An idle one, out of the list of idle ones; those that the server ended are closed. */
static wy_sql_session *take_idle(wy_sql_servers *servers, const target *t) {
    for (wy_sql_session *s = servers->all, *next; s; s = next) {
        next = s->next;
        if (!s->is_idle || !belongs(s, t)) continue;
        s->is_idle = false;
        s->holder = t->holder;
        if (t->protocol->is_alive(s)) return s;
        end_session(servers, s);
    }
    return NULL;
}

/* What bounds connections, from the narrow to the wide: each counts what those before it do. */
enum { OF_ADDRESS, OF_PROTOCOL, OF_WORKER, SCOPES };

/* Connections, and those being opened. */
typedef struct tally {
    uint32_t open, mine;  /* mine: in use by who asks */
    wy_sql_session *idle; /* for how long: the longest */
} tally;

/* The narrowest in which a connection counts. */
static int scope_of(const target *t, const wy_sql_protocol *protocol, const char *address) {
    if (protocol != t->protocol) return OF_WORKER;
    return strcmp(address, t->address) == 0 ? OF_ADDRESS : OF_PROTOCOL;
}

static void take_census(const wy_sql_servers *servers, const target *t, tally tallies[SCOPES]) {
    for (const opening *o = servers->openings; o; o = o->next)
        for (int i = scope_of(t, o->target->protocol, o->target->address); i < SCOPES; i++)
            tallies[i].open++;
    for (wy_sql_session *s = servers->all; s; s = s->next) {
        for (int i = scope_of(t, s->protocol, s->address); i < SCOPES; i++) {
            tally *c = &tallies[i];
            c->open++;
            c->mine += !s->is_idle && s->holder == t->holder;
            if (s->is_idle && (!c->idle || s->idle_since_ms < c->idle->idle_since_ms)) c->idle = s;
        }
    }
}

/* Room for one more: where there is none, the one that was idle longest is closed. False: there
 * will be when another guest gives one back; or never, and the request says so, since who asks
 * holds them all. */
static bool make_room(wy_sql_servers *servers, const target *t, wy_sql_request *request) {
    static const char *const names[SCOPES] = {
        [OF_ADDRESS] = "the server's address that a worker may have (WY_MAX_SQL_SHARE)",
        [OF_PROTOCOL] = "servers of this kind that a worker may have (max_connections)",
        [OF_WORKER] = "database servers that a worker may have (WY_MAX_SQL_SERVER_CONNECTIONS)"};
    const uint32_t most[SCOPES] = {[OF_ADDRESS] = WY_MAX_SQL_SHARE,
                                   [OF_PROTOCOL] = servers->most[t->id],
                                   [OF_WORKER] = WY_MAX_SQL_SERVER_CONNECTIONS};
    tally tallies[SCOPES] = {0};
    take_census(servers, t, tallies);
    int full = 0;
    while (full < SCOPES && tallies[full].open < most[full])
        full++;
    if (full == SCOPES) return true;
    const tally *c = &tallies[full];
    if (c->idle)
        end_session(servers, c->idle);
    else if (t->holder && c->mine == c->open)
        wy_sql_fail(request, WY_SQL_CONNECTION_FAILED,
                    "this component holds all %u connections to %s; drop one before opening "
                    "another",
                    most[full], names[full]);
    return c->idle != NULL;
}

static bool may_reach(const target *t, wy_sql_request *request) {
    const wy_http_policy *policy = t->policy;
    if (!policy || !policy->allow ||
        policy->allow(policy->data, wy_str_of(t->protocol->scheme), wy_str_of(t->place.host),
                      t->place.port))
        return true;
    wy_sql_fail(request, WY_SQL_CONNECTION_FAILED, "address %s://%s:%u is not permitted",
                t->protocol->scheme, t->place.host, t->place.port);
    return false;
}

/* The numeric addresses of the host that may be reached, separated by commas. */
static bool resolve(const target *t, char numbers[NUMBERS_MAX], wy_sql_request *request) {
    wy_address addresses[WY_MAX_CONNECT_ADDRESSES];
    const wy_http_policy *policy = t->policy;
    char text[WY_WAIT_TEXT_MAX];
    unsigned count;
    wy_err err =
        wy_wait_resolve(request->task, t->place.host, t->place.port, addresses, &count, text);
    size_t len = 0;
    if (wy_task_ended(request->task)) {
        request->status = WY_SQL_ENDED;
        return false;
    }
    if (err) {
        wy_sql_fail(request, WY_SQL_CONNECTION_FAILED, "%s: %s", t->place.host, text);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        char full[WY_ADDRESS_TEXT_MAX], number[WY_ADDRESS_TEXT_MAX];
        wy_address_print(&addresses[i], full);
        wy_address_print_ip(&addresses[i], number);
        if (policy && policy->allow_address && !policy->allow_address(policy->data, full)) continue;
        len += (size_t)snprintf(numbers + len, NUMBERS_MAX - len, "%s%s", len ? "," : "", number);
    }
    if (!len)
        wy_sql_fail(request, WY_SQL_CONNECTION_FAILED, "no address of %s is permitted",
                    t->place.host);
    return len > 0;
}

static wy_sql_session *open_session(wy_sql_servers *servers, const target *t,
                                    wy_sql_request *request) {
    char numbers[NUMBERS_MAX];
    if (!resolve(t, numbers, request)) return NULL;
    wy_sql_session *session =
        t->protocol->connect(t->library, t->address, &t->place, numbers, request);
    if (!session) return NULL;
    session->base.driver = &driver;
    session->protocol = t->protocol;
    session->servers = servers;
    session->policy = t->policy;
    session->holder = t->holder;
    session->address = strdup(t->address);
    session->roots = t->roots.len ? strndup(t->roots.ptr, t->roots.len) : NULL;
    if (!session->address || (t->roots.len && !session->roots)) {
        free(session->address);
        t->protocol->close(session);
        wy_sql_nomem(request);
        return NULL;
    }
    session->next = servers->all;
    servers->all = session;
    return session;
}

/* Others see meanwhile that it takes room. */
static wy_sql_session *open_counted(wy_sql_servers *servers, const target *t,
                                    wy_sql_request *request) {
    opening mine = {t, servers->openings};
    servers->openings = &mine;
    wy_sql_session *session = open_session(servers, t, request);
    opening **link = &servers->openings;
    while (*link != &mine)
        link = &(*link)->next;
    *link = mine.next;
    if (!session) wy_wait_list_wake(&servers->freed);
    return session;
}

/* As new; false: it was closed. */
static bool renew(wy_sql_servers *servers, wy_sql_session *session, wy_sql_request *request) {
    if (!session->is_stale || session->protocol->renew(session, request)) return true;
    end_session(servers, session);
    if (request->status != WY_SQL_ENDED) request->status = WY_SQL_OK;
    return false;
}

/* An idle connection, or a new one, or one of these once there is room. */
static wy_sql_session *get_session(wy_sql_servers *servers, const target *t,
                                   wy_sql_request *request) {
    while (request->status == WY_SQL_OK) {
        wy_sql_session *session = take_idle(servers, t);
        if (session && renew(servers, session, request)) return session;
        if (session) continue;
        if (make_room(servers, t, request)) return open_counted(servers, t, request);
        if (request->status == WY_SQL_OK && wy_task_wait_on(request->task, &servers->freed))
            request->status = WY_SQL_ENDED;
    }
    return NULL;
}

own wy_sql_connection *wy_sql_servers_connect(wy_sql_servers *servers, wy_sql_protocol_id id,
                                              wy_str address, const wy_http_policy *policy,
                                              wy_sql_request *request) {
    target t = {.id = id,
                .protocol = protocols[id],
                .policy = policy,
                .holder = request->holder,
                .roots = request->roots};
    request->status = WY_SQL_OK;
    t.library = load_library(servers, id, request);
    if (!t.library) return NULL;
    t.address = wy_arena_strndup(request->arena, address.ptr, address.len);
    if (!t.address) {
        wy_sql_nomem(request);
        return NULL;
    }
    if (!t.protocol->locate(t.library, t.address, &t.place, request) || !may_reach(&t, request))
        return NULL;
    wy_sql_session *session = get_session(servers, &t, request);
    return session ? &session->base : NULL;
}

/* --- what protocols share --- */

bool wy_sql_wait(wy_sql_request *request, int fd, unsigned events, uint64_t timeout_ms) {
    wy_err err = wy_wait_fd(request->task, fd, events, timeout_ms, NULL);
    if (wy_task_ended(request->task)) request->status = WY_SQL_ENDED;
    return err == WY_OK;
}

bool wy_sql_is_plain(wy_str statement) {
    static const char *const verbs[] = {"select", "insert",  "update", "delete",
                                        "merge",  "replace", "with",   "values"};
    size_t at = 0;
    while (at < statement.len && strchr(" \t\r\n(", statement.ptr[at]))
        at++;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        size_t len = strlen(verbs[i]);
        if (statement.len - at > len && strncasecmp(statement.ptr + at, verbs[i], len) == 0)
            return true;
    }
    return false;
}

bool wy_sql_mentions(wy_str statement, const char *const *words) {
    for (; *words; words++) {
        size_t len = strlen(*words);
        for (size_t i = 0; i + len <= statement.len; i++)
            if (strncasecmp(statement.ptr + i, *words, len) == 0) return true;
    }
    return false;
}
