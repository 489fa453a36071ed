/* Allowed outbound hosts: what a component may connect to, in Spin's grammar.
 *
 *   scheme://host[:port]     scheme: letters or "*"; host: a name, an address, a network such as
 *                            "10.0.0.0/8" or "[fc00::]/7", "*" or "*.suffix"; port: a number, "*"
 *                            or a half-open range "8000..9000"; omitted: the scheme's own
 *
 * Nothing listed means nothing allowed. */
#ifndef WY_APP_HOSTS_H
#define WY_APP_HOSTS_H

#include "app/app.h"
#include "loop/address.h"

typedef struct wy_app_host {
    wy_str scheme; /* "*": any */
    wy_str host;   /* "*": any; "*.suffix": what ends so */
    bool is_range; /* `host` is an address or a network: */
    wy_address_range range;
    uint32_t port_low, port_end; /* low <= port < end */
} wy_app_host;

typedef struct wy_app_hosts {
    const wy_app_host *items;
    uint32_t count;
} wy_app_hosts;

/* Compiles entries whose templates are resolved; views of them are kept. An entry that is empty, or
 * only "http://" or "https://", is dropped (a template may resolve to that). WY_INVALID says what
 * is wrong with which entry, as it is `written`: what its templates stand for may be secret. */
wy_err wy_app_hosts_new(wy_arena *arena, const wy_str *entries, const wy_str *written,
                        uint32_t count, wy_app_hosts *hosts_out, wy_diag *diag) WY_MUST_USE;

/* Whether a connection is allowed. `host` without brackets. Any thread. */
bool wy_app_hosts_allow(const wy_app_hosts *hosts, wy_str scheme, wy_str host, uint16_t port);

/* Networks that nobody may reach whatever is allowed by name (Spin: block_networks). */
typedef struct wy_app_networks {
    const wy_address_range *items;
    uint32_t count;
    bool is_private_blocked;
} wy_app_networks;

/* Entries are networks or "private". WY_INVALID names the one that is neither. */
wy_err wy_app_networks_new(wy_arena *arena, const wy_str *entries, uint32_t count,
                           wy_app_networks *networks_out, wy_diag *diag) WY_MUST_USE;
bool wy_app_networks_block(const wy_app_networks *networks, const wy_address *address);

#endif
