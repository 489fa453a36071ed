/* wasi:http as others use it: the interfaces to link, a component's settings, and what a trigger
 * hands to an exported incoming-handler. */
#ifndef WY_INTERFACE_WASI_HTTP_H
#define WY_INTERFACE_WASI_HTTP_H

#include "capability/http/client.h"
#include "runtime/host.h"

extern const wy_interface wy_interface_wasi_http_types;
extern const wy_interface wy_interface_wasi_http_outgoing_handler;

/* Settings of a component, slot WASI_HTTP. Without them, or without a client, every outgoing
 * request is denied. */
typedef struct wy_wasi_http_settings {
    wy_http_client *client;
    const wy_http_policy *policy; /* NULL: anything goes */
} wy_wasi_http_settings;

/* A request on its way into a guest; strings live as long as `message`. */
typedef struct wy_wasi_http_request {
    wy_http_incoming *message;
    wy_str path_with_query, authority;
    bool https;
} wy_wasi_http_request;

/* The object behind own<incoming-request>; retains the message. 0: no memory. */
wy_handle wy_wasi_http_request_new(const wy_wasi_http_request *request);

/* Where a guest's answer goes; called at most once, inside the guest's call. */
typedef struct wy_wasi_http_answer {
    /* The head was given; retain the writer to keep it. */
    void (*respond)(void *data, wy_http_writer *writer);
    /* The guest gave an error instead of a response; `text` of its payload, may be empty. */
    void (*fail)(void *data, wy_http_error error, wy_str text);
    void *data;
} wy_wasi_http_answer;

/* The object behind own<response-outparam>. `answer` is copied. 0: no memory. */
wy_handle wy_wasi_http_outparam_new(const wy_wasi_http_answer *answer);
/* Ends the two above when no guest took them. */
void wy_wasi_http_request_drop(wy_handle request);
void wy_wasi_http_outparam_drop(wy_handle outparam);

#endif
