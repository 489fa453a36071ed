/* MQTT client of one worker: publishes over connections that are kept and shared, one for each
 * broker and login. One loop, one thread; nothing here waits but wy_mqtt_run. */
#ifndef WY_CAPABILITY_MQTT_CLIENT_H
#define WY_CAPABILITY_MQTT_CLIENT_H

#include "capability/http/client.h"
#include "capability/mqtt/address.h"
#include "runtime/task.h"

typedef struct wy_mqtt_client wy_mqtt_client;
typedef struct wy_mqtt_call wy_mqtt_call;

wy_err wy_mqtt_client_new(wy_loop *loop, own wy_mqtt_client **client_out);
/* Closes all connections; calls that are left fail with WY_CLOSED. NULL is fine. */
void wy_mqtt_client_free(own wy_mqtt_client *client);
/* 0: the defaults, WY_MAX_MQTT_CONNECTIONS and WY_MAX_MQTT_PAYLOAD_BYTES. */
void wy_mqtt_client_limit(wy_mqtt_client *client, uint32_t connections_max, uint64_t payload_max);

/* To which broker, as whom. Strings are needed only during a call that starts something. */
typedef struct wy_mqtt_target {
    wy_str url;
    wy_str user, password; /* empty: none */
    uint16_t keep_alive_s;
    const wy_http_policy *policy; /* what may be reached; NULL: anything. Outlives the client */
} wy_mqtt_target;

typedef struct wy_mqtt_publication {
    wy_str topic, payload; /* valid until the call is done or freed */
    unsigned qos;          /* 0: written; 1, 2: confirmed by the broker as often as that takes */
} wy_mqtt_publication;

/* Connects where there is no connection yet. `on_done` is called when it is done, never from inside
 * this function: look at wy_mqtt_call_done first. NULL: no memory. */
own wy_mqtt_call *wy_mqtt_call_start(wy_mqtt_client *client, const wy_mqtt_target *target,
                                     const wy_mqtt_publication *publication,
                                     void (*on_done)(void *data), void *data);
bool wy_mqtt_call_done(const wy_mqtt_call *call);
/* After that. WY_LIMIT: too many connections or messages under way; WY_INVALID: the topic or the
 * size of the payload; else the connection failed. The text lives as long as the call. */
wy_err wy_mqtt_call_result(const wy_mqtt_call *call, const char **text_out);
void wy_mqtt_call_free(own wy_mqtt_call *call);

/* The same for straight-line code on a task's fiber. Any error while wy_task_ended(task): the task
 * was told to end. */
wy_err wy_mqtt_run(wy_mqtt_client *client, const wy_mqtt_target *target,
                   const wy_mqtt_publication *publication, wy_task *task,
                   wy_diag *diag) WY_MUST_USE;

/* How many connections are open, and whether one more to `target` would be one too many. */
bool wy_mqtt_client_is_full(const wy_mqtt_client *client, const wy_mqtt_target *target);

#endif
