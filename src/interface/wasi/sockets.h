/* wasi:sockets as others use it: the interfaces to link, and a component's settings. */
#ifndef WY_INTERFACE_WASI_SOCKETS_H
#define WY_INTERFACE_WASI_SOCKETS_H

#include "capability/http/client.h"
#include "runtime/host.h"

/* Sockets that components of one worker hold together. */
typedef struct wy_socket_budget {
    uint32_t open, most; /* `most` 0: no limit but that of each instance */
} wy_socket_budget;

/* Settings of a component, slot SOCKETS. Without them everything is refused. */
typedef struct wy_wasi_sockets_settings {
    bool allow_all; /* listening, any address, any name */
    /* Else: what may be reached, asked with the schemes "tcp" and "udp", and which names may be
     * looked up; nothing may be listened on. NULL: nothing. */
    const wy_http_policy *policy;
    wy_socket_budget *budget; /* NULL: not counted */
} wy_wasi_sockets_settings;

#endif
