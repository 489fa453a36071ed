/* The pool of connections to database servers: which one a guest gets, how many there may be, when
 * they are closed. What they speak is a protocol's matter. */
#include "capability/sql/session.h"

#include <stdlib.h>
#include <strings.h>

#include "net/wait.h"

#define NUMBERS_MAX (WY_MAX_CONNECT_ADDRESSES * WY_ADDRESS_TEXT_MAX)

struct wy_sql_servers {
    wy_loop *loop;
    wy_timer *sweep;
    wy_sql_session *all;
    uint32_t count; /* open, and being opened */
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
    servers->count--;
    free(session->address);
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
    wy_err err = wy_timer_new(loop, on_sweep, servers, &servers->sweep);
    if (err)
        free(servers);
    else
        *servers_out = servers;
    return err;
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

static bool belongs(const wy_sql_session *s, const wy_sql_protocol *protocol, const char *address,
                    const wy_http_policy *policy) {
    return s->protocol == protocol && s->policy == policy && strcmp(s->address, address) == 0;
}

/* An idle one, out of the list of idle ones; those that the server ended are closed. */
static wy_sql_session *take_idle(wy_sql_servers *servers, const wy_sql_protocol *protocol,
                                 const char *address, const wy_http_policy *policy) {
    for (wy_sql_session *s = servers->all, *next; s; s = next) {
        next = s->next;
        if (!s->is_idle || !belongs(s, protocol, address, policy)) continue;
        s->is_idle = false;
        if (protocol->is_alive(s)) return s;
        end_session(servers, s);
    }
    return NULL;
}

/* Room for one more: where there is none, the one that was idle longest is closed. */
static bool make_room(wy_sql_servers *servers, const wy_sql_protocol *protocol,
                      const char *address) {
    uint32_t same = 0;
    wy_sql_session *oldest = NULL;
    for (wy_sql_session *s = servers->all; s; s = s->next) {
        same += s->protocol == protocol && strcmp(s->address, address) == 0;
        if (s->is_idle && (!oldest || s->idle_since_ms < oldest->idle_since_ms)) oldest = s;
    }
    if (same >= WY_MAX_SQL_SHARE) return false;
    if (servers->count < WY_MAX_SQL_SERVER_CONNECTIONS) return true;
    if (oldest) end_session(servers, oldest);
    return oldest != NULL;
}

static bool may_reach(const wy_sql_protocol *protocol, const wy_sql_place *place,
                      const wy_http_policy *policy, wy_sql_request *request) {
    if (!policy || !policy->allow ||
        policy->allow(policy->data, wy_str_of(protocol->scheme), wy_str_of(place->host),
                      place->port))
        return true;
    wy_sql_fail(request, WY_SQL_CONNECTION_FAILED, "address %s://%s:%u is not permitted",
                protocol->scheme, place->host, place->port);
    return false;
}

/* The numeric addresses of the host that may be reached, separated by commas. */
static bool resolve(const wy_sql_place *place, const wy_http_policy *policy,
                    char numbers[NUMBERS_MAX], wy_sql_request *request) {
    wy_address addresses[WY_MAX_CONNECT_ADDRESSES];
    char text[WY_WAIT_TEXT_MAX];
    unsigned count;
    wy_err err = wy_wait_resolve(request->task, place->host, place->port, addresses, &count, text);
    numbers[0] = '\0';
    if (wy_task_ended(request->task)) {
        request->status = WY_SQL_ENDED;
        return false;
    }
    if (err) {
        wy_sql_fail(request, WY_SQL_CONNECTION_FAILED, "%s: %s", place->host, text);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        char full[WY_ADDRESS_TEXT_MAX], number[WY_ADDRESS_TEXT_MAX];
        wy_address_print(&addresses[i], full);
        wy_address_print_ip(&addresses[i], number);
        if (policy && policy->allow_address && !policy->allow_address(policy->data, full)) continue;
        if (numbers[0]) strcat(numbers, ",");
        strcat(numbers, number);
    }
    if (!numbers[0])
        wy_sql_fail(request, WY_SQL_CONNECTION_FAILED, "no address of %s is permitted",
                    place->host);
    return numbers[0] != '\0';
}

static wy_sql_session *open_session(wy_sql_servers *servers, const wy_sql_protocol *protocol,
                                    const void *library, const char *address,
                                    const wy_sql_place *place, const wy_http_policy *policy,
                                    wy_sql_request *request) {
    char numbers[NUMBERS_MAX];
    if (!resolve(place, policy, numbers, request)) return NULL;
    wy_sql_session *session = protocol->connect(library, address, place, numbers, request);
    if (!session) return NULL;
    session->base.driver = &driver;
    session->protocol = protocol;
    session->servers = servers;
    session->policy = policy;
    session->address = strdup(address);
    if (!session->address) {
        protocol->close(session);
        wy_sql_nomem(request);
        return NULL;
    }
    return session;
}

/* Until there may be room or an idle connection. */
static bool wait_for_room(wy_sql_servers *servers, wy_sql_request *request) {
    wy_err err = wy_task_wait_on(request->task, &servers->freed);
    if (err) request->status = WY_SQL_ENDED;
    return !err;
}

own wy_sql_connection *wy_sql_servers_connect(wy_sql_servers *servers, wy_sql_protocol_id id,
                                              wy_str address, const wy_http_policy *policy,
                                              wy_sql_request *request) {
    const wy_sql_protocol *protocol = protocols[id];
    request->status = WY_SQL_OK;
    const void *library = load_library(servers, id, request);
    char *text = library ? wy_arena_strndup(request->arena, address.ptr, address.len) : NULL;
    wy_sql_place place;
    if (!library) return NULL;
    if (!text) {
        wy_sql_nomem(request);
        return NULL;
    }
    if (!protocol->locate(library, text, &place, request) ||
        !may_reach(protocol, &place, policy, request))
        return NULL;
    for (;;) {
        wy_sql_session *session = take_idle(servers, protocol, text, policy);
        if (!session && !make_room(servers, protocol, text)) {
            if (!wait_for_room(servers, request)) return NULL;
            continue;
        }
        if (session) {
            if (!session->is_stale || protocol->renew(session, request)) return &session->base;
            end_session(servers, session);
            if (request->status == WY_SQL_ENDED) return NULL;
            request->status = WY_SQL_OK;
            continue;
        }
        servers->count++; /* while it is being opened */
        session = open_session(servers, protocol, library, text, &place, policy, request);
        if (session) {
            session->next = servers->all;
            servers->all = session;
            return &session->base;
        }
        servers->count--;
        wy_wait_list_wake(&servers->freed);
        return NULL;
    }
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
