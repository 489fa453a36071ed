/* Server: the listeners, the list of connections and their two timers. */
#include "trigger/http/server.h"

#include "base/limits.h"
#include "base/log.h"
#include "trigger/http/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TICK_MS 500

static void on_tick(void *data) {
    wy_http_server *server = data;
    uint64_t now = wy_loop_now_ms(server->loop);
    for (wy_http_connection *connection = server->first, *next; connection; connection = next) {
        next = connection->next;
        wy_http_connection_tick(connection, now);
    }
    if (server->first) wy_timer_start(server->tick, TICK_MS);
}

/* The connection wants no turn any more. */
static void drop_turn(wy_http_server *server, wy_http_connection *connection) {
    if (!connection->turn_link) return;
    *connection->turn_link = connection->turn_next;
    if (connection->turn_next) connection->turn_next->turn_link = connection->turn_link;
    connection->turn_link = NULL;
    if (!server->turns) wy_timer_stop(server->turn);
}

static void on_turn(void *data) {
    wy_http_server *server = data;
    /* Those that ask for another turn meanwhile get the next one. */
    wy_http_connection *turns = server->turns;
    server->turns = NULL;
    if (turns) turns->turn_link = &turns;
    while (turns) {
        wy_http_connection *connection = turns;
        drop_turn(server, connection);
        wy_http_connection_turn(connection);
    }
}

static void set_defaults(wy_http_server_config *config) {
    if (!config->max_connections) config->max_connections = WY_MAX_HTTP_CONNECTIONS;
    if (!config->header_timeout_ms) config->header_timeout_ms = WY_HTTP_HEADER_TIMEOUT_MS;
    if (!config->idle_timeout_ms) config->idle_timeout_ms = WY_HTTP_IDLE_TIMEOUT_MS;
    if (!config->body_timeout_ms) config->body_timeout_ms = WY_HTTP_BODY_TIMEOUT_MS;
    if (!config->write_timeout_ms) config->write_timeout_ms = WY_HTTP_WRITE_TIMEOUT_MS;
    if (!config->drain_timeout_ms) config->drain_timeout_ms = WY_HTTP_DRAIN_TIMEOUT_MS;
}

wy_err wy_http_server_new(wy_loop *loop, const wy_http_server_config *config,
                          own wy_http_server **server_out) {
    wy_assert(config->on_request);
    wy_http_server *server = calloc(1, sizeof *server);
    if (!server) return WY_NOMEM;
    server->loop = loop;
    server->config = *config;
    set_defaults(&server->config);
    wy_err err = wy_timer_new(loop, on_tick, server, &server->tick);
    if (!err) err = wy_timer_new(loop, on_turn, server, &server->turn);
    if (err) {
        wy_http_server_free(server);
        return err;
    }
    *server_out = server;
    return WY_OK;
}

static void stop_listening(wy_http_server *server) {
    for (uint32_t i = 0; i < server->listener_count; i++)
        wy_listener_free(server->listeners[i]);
    free(server->listeners);
    server->listeners = NULL;
    server->listener_count = 0;
}

void wy_http_server_free(own wy_http_server *server) {
    if (!server) return;
    server->drained = true; /* nobody is told */
    stop_listening(server);
    while (server->first)
        wy_http_connection_close(server->first, true);
    wy_timer_free(server->tick);
    wy_timer_free(server->turn);
    wy_timer_free(server->drain_timer);
    free(server);
}

void wy_http_server_adopt(wy_http_server *server, own wy_stream *stream) {
    if (server->open >= server->config.max_connections) {
        wy_str refusal = WY_STR(
            "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n"
            "content-length: 0\r\nconnection: close\r\n\r\n");
        wy_err ignored = wy_stream_write(stream, &refusal, 1);
        (void)ignored;
        wy_stream_close(stream, false);
        return;
    }
    if (!wy_http_connection_open(server, stream)) return;
    server->open++;
    if (server->open == 1) wy_timer_start(server->tick, TICK_MS);
}

static void on_connection(void *data, own wy_stream *stream) {
    wy_http_server *server = data;
    if (server->config.secure && wy_secure_accept(server->config.secure, stream) != WY_OK)
        wy_stream_close(stream, true);
    else
        wy_http_server_adopt(server, stream);
}

wy_err wy_http_server_listen(wy_http_server *server, int fd) {
    wy_listener **listeners =
        realloc(server->listeners, (server->listener_count + 1) * sizeof(wy_listener *));
    if (!listeners) return WY_NOMEM;
    server->listeners = listeners;
    wy_err err = wy_listener_new(server->loop, fd, on_connection, server,
                                 &listeners[server->listener_count]);
    if (!err) server->listener_count++;
    return err;
}

static void finish_drain(wy_http_server *server) {
    if (!server->draining || server->drained || server->first) return;
    server->drained = true;
    if (server->drain_timer) wy_timer_stop(server->drain_timer);
    if (server->on_drained) server->on_drained(server->drained_data);
}

void wy_http_server_cut(wy_http_server *server) {
    wy_assert(server->draining);
    while (server->first)
        wy_http_connection_close(server->first, true);
}

static void on_drain_timeout(void *data) {
    wy_http_server *server = data;
    wy_log(WY_LOG_WARN, "http: %u connections were still open at the end of the drain time",
           server->open);
    wy_http_server_cut(server);
}

void wy_http_server_drain(wy_http_server *server, void (*done)(void *data), void *data) {
    if (server->draining) return;
    for (uint32_t i = 0; i < server->listener_count; i++)
        wy_listener_accept_all(server->listeners[i]);
    stop_listening(server);
    server->draining = true;
    server->drain_began_ms = wy_loop_now_ms(server->loop);
    server->on_drained = done;
    server->drained_data = data;
    if (server->first &&
        wy_timer_new(server->loop, on_drain_timeout, server, &server->drain_timer) == WY_OK)
        wy_timer_start(server->drain_timer, server->config.drain_timeout_ms);
    finish_drain(server);
}

void wy_http_server_want_turn(wy_http_server *server, wy_http_connection *connection) {
    if (connection->turn_link) return;
    if (!server->turns) wy_timer_start(server->turn, 0);
    connection->turn_next = server->turns;
    connection->turn_link = &server->turns;
    if (server->turns) server->turns->turn_link = &connection->turn_next;
    server->turns = connection;
}

void wy_http_server_forget(wy_http_server *server, wy_http_connection *connection) {
    drop_turn(server, connection);
    *connection->link = connection->next;
    if (connection->next) connection->next->link = connection->link;
    server->open--;
    if (!server->first) wy_timer_stop(server->tick);
    finish_drain(server);
}

wy_str wy_http_server_date(wy_http_server *server) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    if (now != server->date_s) {
        struct tm tm;
        gmtime_r(&now, &tm);
        server->date_s = now;
        snprintf(server->date, sizeof server->date, "%s, %02u %s %04u %02u:%02u:%02u GMT",
                 days[tm.tm_wday % 7], (unsigned)tm.tm_mday % 100u, months[tm.tm_mon % 12],
                 (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)tm.tm_hour % 100u,
                 (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u);
    }
    return (wy_str){server->date, 29};
}
