/* Outbound: what one component of an application may connect to, and how it reaches the others
 * without leaving the process. */
#ifndef WY_HOST_OUTBOUND_H
#define WY_HOST_OUTBOUND_H

#include "app/hosts.h"
#include "app/runtime_config.h"
#include "capability/config/config.h"
#include "capability/http/client.h"
#include "trigger/http/spin.h"

/* Where the application answers its own components. */
typedef struct wy_inside {
    wy_loop *loop;
    wy_http_spin *spin;
    wy_http_server *server; /* listens nowhere; NULL: not made yet */
} wy_inside;

/* How some hosts are met over TLS. */
typedef struct wy_outbound_tls {
    wy_app_list hosts;
    wy_tls_config config;
} wy_outbound_tls;

/* Not to be moved once made: `policy` points to it. */
typedef struct wy_outbound {
    wy_str component; /* its id */
    wy_app_hosts hosts;
    const wy_app_networks *blocked;
    const wy_inside *inside;
    wy_outbound_tls *tls;
    uint32_t tls_count;
    wy_http_policy policy;
} wy_outbound;

/* Compiles the component's allowed_outbound_hosts, whose templates name variables of `config`, and
 * what the runtime configuration says of its TLS; everything lies in `arena`, and the parameters
 * live as long. */
wy_err wy_outbound_make(wy_arena *arena, const wy_app_component *component, const wy_config *config,
                        const wy_runtime_config *runtime, const wy_app_networks *blocked,
                        const wy_inside *inside, wy_outbound *out, wy_diag *diag) WY_MUST_USE;

#endif
