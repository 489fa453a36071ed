/* Address: an IPv4 or IPv6 address with a port, as text and as the numbers themselves; and names
 * turned into addresses. */
#ifndef WY_LOOP_ADDRESS_H
#define WY_LOOP_ADDRESS_H

#include "base/limits.h"
#include "loop/loop.h"

typedef struct wy_address {
    bool is_v6;
    uint16_t port;
    uint8_t bytes[16];            /* in the order of the wire; IPv4: the first four */
    uint32_t flow_info, scope_id; /* IPv6 */
} wy_address;

#define WY_ADDRESS_TEXT_MAX 64

/* The system's form. */
struct sockaddr;
struct sockaddr_storage;
void wy_address_to_system(const wy_address *address, struct sockaddr_storage *out);
/* False: neither IPv4 nor IPv6. */
bool wy_address_of_system(const struct sockaddr *address, wy_address *out);

/* "1.2.3.4:80" or "[::1]:80". */
void wy_address_print(const wy_address *address, char out[WY_ADDRESS_TEXT_MAX]);
/* The same without port and brackets. */
void wy_address_print_ip(const wy_address *address, char out[WY_ADDRESS_TEXT_MAX]);
/* "1.2.3.4" or "::1", no brackets; port 0. False: not a numeric address. */
bool wy_address_parse(wy_str text, wy_address *out);
/* What wy_address_print prints. */
bool wy_address_parse_with_port(wy_str text, wy_address *out);
/* An IPv4 address in IPv6's clothes (::ffff:1.2.3.4) becomes IPv4; others stay. */
wy_address wy_address_unmapped(const wy_address *address);

bool wy_address_equal(const wy_address *a, const wy_address *b);

/* A network: the addresses whose first `bits` are those of `base`. */
typedef struct wy_address_range {
    wy_address base;
    unsigned bits;
} wy_address_range;

/* "10.0.0.0/8", "fc00::/7"; without "/": the one address. False: it is none. */
bool wy_address_range_parse(wy_str text, wy_address_range *out);
/* An IPv4 address in IPv6's clothes counts as what it is. */
bool wy_address_range_has(const wy_address_range *range, const wy_address *address);
/* Whether it is not of the public internet: private, loopback, link-local, shared, documentation,
 * reserved (RFC 6890), or such an address behind a NAT64 prefix. */
bool wy_address_is_private(const wy_address *address);

/* Looks a name up on the pool, as the system is set up to; a number at once. Addresses have no
 * port. Exactly one call of `done`, from the loop, unless cancelled before: `count` > 0 or a text
 * that says why not, both valid during the call. Errors: WY_NOT_FOUND, there is no such name;
 * WY_BUSY: the name server does not answer now; WY_NOMEM. */
typedef struct wy_resolve wy_resolve;
typedef void (*wy_resolve_done)(void *data, const wy_address *addresses, unsigned count, wy_err err,
                                const char *text);
wy_err wy_resolve_start(wy_loop *loop, const char *host, wy_resolve_done done, void *data,
                        own wy_resolve **out) WY_MUST_USE;
void wy_resolve_cancel(own wy_resolve *resolve);

#endif
