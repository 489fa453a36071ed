/* Clients: what reaches servers for the components of one worker, and the settings by which each
 * component gets its share of them. One member a protocol. */
#ifndef WY_HOST_CLIENTS_H
#define WY_HOST_CLIENTS_H

#include "interface/rdbms.h"
#include "interface/spin/mqtt.h"
#include "interface/spin/redis.h"
#include "interface/wasi/http.h"
#include "interface/wasi/sockets.h"
#include "runtime/component.h"

typedef struct wy_clients {
    wy_http_client *http;
    wy_redis_client *redis;
    wy_mqtt_client *mqtt;
    wy_sql_servers *databases;
    wy_socket_budget sockets;
} wy_clients;

wy_err wy_clients_init(wy_clients *clients, wy_loop *loop) WY_MUST_USE;
/* Before the loop ends; no instance may be left. Idempotent; nothing to do when all zero. */
void wy_clients_deinit(wy_clients *clients);

/* The settings of one component; all zero: it reaches nothing. Must outlive the component. */
typedef struct wy_client_settings {
    wy_wasi_http_settings http;
    wy_wasi_sockets_settings sockets;
    wy_spin_redis_settings redis;
    wy_spin_mqtt_settings mqtt;
    wy_rdbms_settings rdbms;
} wy_client_settings;

/* `policy` NULL: anything may be reached by the clients, and nothing by sockets. */
wy_client_settings wy_clients_grant(wy_clients *clients, const wy_http_policy *policy);
void wy_client_settings_use(const wy_client_settings *settings, const void *slots[WY_SLOT_COUNT]);

#endif
