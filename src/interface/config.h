/* What all interfaces to settings share: asking without blocking the loop. */
#ifndef WY_INTERFACE_CONFIG_H
#define WY_INTERFACE_CONFIG_H

#include "capability/config/config.h"
#include "runtime/host.h"

/* The value of one of the component's variables, in the call's arena; `*err_out` and `diag` as
 * wy_config_get leaves them. Parks the task where the value must be waited for. A trap only when
 * the task was told to end. */
own wy_trap *wy_config_call(wy_call *call, wy_str name, wy_str *value_out, wy_err *err_out,
                            wy_diag *diag) WY_MUST_USE;

#endif
