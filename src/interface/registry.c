/* The list of all interfaces, read off interfaces.def; what they do is in their own files. */
#include "interface/registry.h"

#define WY_INTERFACE(name) extern const wy_interface wy_interface_##name;
#include "interface/interfaces.def"
#undef WY_INTERFACE

static const wy_interface *const interfaces[] = {
#define WY_INTERFACE(name) &wy_interface_##name,
#include "interface/interfaces.def"
#undef WY_INTERFACE
    NULL, /* keeps the array non-empty */
};

const wy_interface *const *wy_interfaces(size_t *count_out) {
    *count_out = sizeof interfaces / sizeof *interfaces - 1;
    return interfaces;
}
