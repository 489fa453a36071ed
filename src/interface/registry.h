/* The list of all interfaces that this host provides. */
#ifndef WY_INTERFACE_REGISTRY_H
#define WY_INTERFACE_REGISTRY_H

#include "runtime/host.h"

/* In the order of interfaces.def; constant, static memory. */
const wy_interface *const *wy_interfaces(size_t *count_out);

#endif
