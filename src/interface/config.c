/* What all interfaces to settings share. */
#include "interface/config.h"

#include "runtime/task.h"

own wy_trap *wy_config_call(wy_call *call, wy_str name, wy_str *value_out, wy_err *err_out,
                            wy_diag *diag) {
    const wy_config_grants *grants = wy_instance_settings(call->instance, WY_SLOT_CONFIG);
    *err_out = wy_config_get(grants, name, call->arena, value_out, diag);
    bool has_ended = (*err_out == WY_CANCELLED || *err_out == WY_TIMEOUT) && call->task &&
                     wy_task_ended(call->task) != WY_OK;
    return has_ended ? wy_task_trap(call->task) : NULL;
}
