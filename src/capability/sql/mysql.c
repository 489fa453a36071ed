/* MySQL and MariaDB through libmariadb, never blocking: its operations stop where they must wait,
 * and the task waits for the socket. Connecting, renewing, killing; statements are
 * mysql_statement.c's. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "capability/sql/mysql_session.h"
#include "net/wait.h"

#define ASYNC_STACK ((size_t)256 << 10) /* of an operation that waits: TLS runs on it */
#define KILL_TIMEOUT_S 3

/* What is known to need no secret in clear text. */
#define AUTH_PLUGINS                                                                               \
    "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec"

static wy_my_session *session_of(wy_sql_session *base) {
    return (wy_my_session *)base;
}

static bool locate(const void *library, const char *address, wy_sql_place *place,
                   wy_sql_request *r) {
    wy_my_address read;
    (void)library;
    if (!wy_my_address_read(address, &read, r)) return false;
    *place = read.place;
    return true;
}

bool wy_my_await(wy_my_session *s, wy_sql_request *r, int *status, uint64_t end_ms) {
    uint64_t now = wy_loop_now_ms(wy_task_loop(r->task));
    unsigned events = (*status & MYSQL_WAIT_READ ? (unsigned)WY_WAIT_READ : 0u) |
                      (*status & MYSQL_WAIT_WRITE ? (unsigned)WY_WAIT_WRITE : 0u);
    unsigned came = 0;
    bool in_time = !end_ms || now < end_ms;
    wy_err err = WY_TIMEOUT;
    if (in_time)
        err = wy_wait_fd(r->task, s->my->mysql_get_socket(s->mysql), events ? events : WY_WAIT_READ,
                         end_ms ? end_ms - now : 0, &came);
    if (wy_task_ended(r->task)) r->status = WY_SQL_ENDED;
    if (err) return false;
    *status =
        (came & WY_WAIT_READ ? MYSQL_WAIT_READ : 0) | (came & WY_WAIT_WRITE ? MYSQL_WAIT_WRITE : 0);
    return true;
}

/* --- connecting --- */

/* Nothing of the user's own is for guests or servers: no option files, no local files, and
 * passwords only in forms that are safe to send. */
static MYSQL *make(const wy_my *my, const wy_my_address *login) {
    MYSQL *mysql = my->mysql_init(NULL);
    my_bool yes = 1;
    unsigned int no = 0;
    unsigned long packet = WY_MAX_RESULT_BYTES;
    const char *roots = getenv("SSL_CERT_FILE");
    if (!mysql) return NULL;
    if (!roots || !roots[0]) roots = "/etc/ssl/certs/ca-certificates.crt";
    my->mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no);
    my->mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH, AUTH_PLUGINS);
    my->mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    my->mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    if (!login->has_tls) return mysql;
    my->mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
    my->mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    my->mysql_options(mysql, MYSQL_OPT_SSL_CA, roots);
    return mysql;
}

/* Connects to `number`. The library knows one name of the server only: it is the address while it
 * connects, and what the certificate must be for later, which it reads once the server has
 * answered. So the name takes the number's place when the library first waits. */
static bool connect_one(wy_my_session *s, wy_sql_request *r) {
    char host[WY_SQL_HOST_MAX];
    uint64_t end_ms = wy_loop_now_ms(wy_task_loop(r->task)) + WY_SQL_CONNECT_TIMEOUT_MS;
    const wy_my_address *login = &s->login;
    MYSQL *result = NULL;
    size_t stack = ASYNC_STACK;
    s->my->mysql_options(s->mysql, MYSQL_OPT_NONBLOCK, &stack);
    snprintf(host, sizeof host, "%s", s->number);
    int status = s->my->mysql_real_connect_start(
        &result, s->mysql, host, login->user, login->password,
        login->database[0] ? login->database : NULL, login->place.port, NULL, 0);
    snprintf(host, sizeof host, "%s", login->place.host);
    while (status) {
        if (!wy_my_await(s, r, &status, end_ms)) {
            if (r->status == WY_SQL_OK)
                wy_sql_fail(r, WY_SQL_CONNECTION_FAILED, "the server does not answer");
            return false;
        }
        status = s->my->mysql_real_connect_cont(&result, s->mysql, status);
    }
    if (!result) wy_sql_fail(r, WY_SQL_CONNECTION_FAILED, "%s", s->my->mysql_error(s->mysql));
    return result != NULL;
}

void wy_my_disconnect(wy_my_session *s) {
    if (!s->mysql) return;
    int fd = s->my->mysql_get_socket(s->mysql);
    if (fd >= 0) shutdown(fd, SHUT_RDWR); /* what would wait in the library fails instead */
    s->my->mysql_close(s->mysql);
    s->mysql = NULL;
}

static void close_session(own wy_sql_session *base) {
    wy_my_session *s = session_of(base);
    if (base->is_broken) wy_my_disconnect(s);
    if (s->mysql) s->my->mysql_close(s->mysql);
    free(s);
}

/* One address after the other. */
static wy_sql_session *connect_to(const void *library, const char *address,
                                  const wy_sql_place *place, const char *numbers,
                                  wy_sql_request *r) {
    (void)place;
    for (const char *at = numbers; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        wy_my_session *s = calloc(1, sizeof *s);
        r->status = WY_SQL_OK;
        if (s) s->my = library;
        if (!s || !wy_my_address_read(address, &s->login, r) ||
            !(s->mysql = make(s->my, &s->login))) {
            free(s);
            if (r->status == WY_SQL_OK) wy_sql_nomem(r);
            return NULL;
        }
        snprintf(s->number, sizeof s->number, "%.*s", (int)strcspn(at, ","), at);
        if (connect_one(s, r)) return &s->base;
        s->base.is_broken = true;
        close_session(&s->base);
        if (r->status == WY_SQL_ENDED) break;
    }
    return NULL;
}

/* --- killing --- */

/* A connection of its own tells the server; nothing here is the session's. */
typedef struct killing {
    wy_my my;
    wy_my_address login;
    char number[WY_ADDRESS_TEXT_MAX];
    unsigned long thread;
} killing;

static void kill_query(void *data) {
    const killing *k = data;
    wy_my_address login = k->login;
    unsigned int seconds = KILL_TIMEOUT_S;
    MYSQL *mysql = make(&k->my, &login);
    if (!mysql) return;
    k->my.mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    k->my.mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &seconds);
    k->my.mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    char text[40];
    snprintf(text, sizeof text, "KILL %lu", k->thread);
    /* here it may look the name up, which the certificate is for */
    const char *host = login.has_tls ? login.place.host : k->number;
    if (k->my.mysql_real_connect(mysql, host, login.user, login.password, NULL, login.place.port,
                                 NULL, 0))
        k->my.mysql_query(mysql, text);
    k->my.mysql_close(mysql);
}

void wy_my_kill(wy_my_session *s) {
    s->base.is_broken = true;
    killing *k = malloc(sizeof *k);
    if (!k) return;
    *k = (killing){.my = *s->my, .login = s->login, .thread = s->my->mysql_thread_id(s->mysql)};
    memcpy(k->number, s->number, sizeof k->number);
    if (wy_loop_offload(wy_sql_servers_loop(s->base.servers), kill_query, free, k) != WY_OK)
        free(k);
}

/* --- reuse --- */

static bool is_alive(wy_sql_session *base) {
    struct pollfd fd = {.fd = session_of(base)->my->mysql_get_socket(session_of(base)->mysql),
                        .events = POLLIN};
    return fd.fd >= 0 && poll(&fd, 1, 0) == 0; /* nobody asked it anything */
}

static bool renew(wy_sql_session *base, wy_sql_request *r) {
    wy_my_session *s = session_of(base);
    uint64_t end_ms = wy_loop_now_ms(wy_task_loop(r->task)) + WY_SQL_CONNECT_TIMEOUT_MS;
    int result = 1, status = s->my->mysql_reset_connection_start(&result, s->mysql);
    while (status && wy_my_await(s, r, &status, end_ms))
        status = s->my->mysql_reset_connection_cont(&result, s->mysql, status);
    base->is_broken = status || result;
    if (base->is_broken) return false;
    status = s->my->mysql_set_character_set_start(&result, s->mysql, "utf8mb4");
    while (status && wy_my_await(s, r, &status, end_ms))
        status = s->my->mysql_set_character_set_cont(&result, s->mysql, status);
    base->is_broken = status || result;
    base->is_stale = false;
    return !base->is_broken;
}

static bool is_settled(wy_sql_session *base) {
    unsigned int status = SERVER_STATUS_IN_TRANS;
    wy_my_session *s = session_of(base);
    s->my->mariadb_get_infov(s->mysql, MARIADB_CONNECTION_SERVER_STATUS, &status);
    return !(status & SERVER_STATUS_IN_TRANS);
}

const wy_sql_protocol wy_sql_protocol_mysql = {
    .scheme = "mysql",
    .package = "libmariadb3",
    .load = wy_my_load,
    .locate = locate,
    .connect = connect_to,
    .execute = wy_my_execute,
    .is_alive = is_alive,
    .renew = renew,
    .is_settled = is_settled,
    .close = close_session,
};
