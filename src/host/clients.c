/* Clients of one worker. */
#include "host/clients.h"

wy_err wy_clients_init(wy_clients *clients, wy_loop *loop) {
    *clients = (wy_clients){0};
    wy_err err = wy_http_client_new(loop, &clients->http);
    if (!err) err = wy_redis_client_new(loop, &clients->redis);
    if (!err) err = wy_mqtt_client_new(loop, &clients->mqtt);
    if (!err) err = wy_sql_servers_new(loop, &clients->databases);
    if (err) wy_clients_deinit(clients);
    return err;
}

void wy_clients_deinit(wy_clients *clients) {
    wy_http_client_free(clients->http);
    wy_redis_client_free(clients->redis);
    wy_mqtt_client_free(clients->mqtt);
    wy_sql_servers_free(clients->databases);
    *clients = (wy_clients){0};
}

wy_client_settings wy_clients_grant(wy_clients *clients, const wy_http_policy *policy) {
    return (wy_client_settings){.http = {clients->http, policy},
                                .sockets = {.policy = policy, .budget = &clients->sockets},
                                .redis = {clients->redis, policy},
                                .mqtt = {clients->mqtt, policy},
                                .rdbms = {clients->databases, policy}};
}

void wy_client_settings_use(const wy_client_settings *settings, const void *slots[WY_SLOT_COUNT]) {
    slots[WY_SLOT_WASI_HTTP] = &settings->http;
    slots[WY_SLOT_SOCKETS] = &settings->sockets;
    slots[WY_SLOT_REDIS] = &settings->redis;
    slots[WY_SLOT_MQTT] = &settings->mqtt;
    slots[WY_SLOT_RDBMS] = &settings->rdbms;
}
