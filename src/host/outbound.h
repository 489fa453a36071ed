/* Outbound: what one component of an application may connect to, and how it reaches the others
 * without leaving the process. */
#ifndef WY_HOST_OUTBOUND_H
#define WY_HOST_OUTBOUND_H

#include "app/hosts.h"
#include "capability/config/config.h"
#include "capability/http/client.h"
#include "trigger/http/spin.h"

/* Where the application answers its own components. */
typedef struct wy_inside {
    wy_loop *loop;
    wy_http_spin *spin;
    wy_http_server *server; /* listens nowhere; NULL: not made yet */
} wy_inside;

/* Not to be moved once made: `policy` points to it. */
typedef struct wy_outbound {
    wy_str component; /* its id */
    wy_app_hosts hosts;
    const wy_app_networks *blocked;
    const wy_inside *inside;
    wy_http_policy policy;
} wy_outbound;

/* Compiles the component's allowed_outbound_hosts, whose templates name variables of `config`;
 * everything lies in `arena`, and the parameters live as long. */
wy_err wy_outbound_make(wy_arena *arena, const wy_app_component *component, const wy_config *config,
                        const wy_app_networks *blocked, const wy_inside *inside, wy_outbound *out,
                        wy_diag *diag) WY_MUST_USE;

#endif
