/* What all interfaces to settings share. */
#include "interface/config.h"

#include "runtime/task.h"

typedef struct question {
    const wy_config_grants *grants;
    wy_str name;
    wy_arena *arena;
    wy_str *value;
    wy_err err;
    wy_diag *diag;
} question;

static void ask(void *data) {
    question *q = data;
    q->err = wy_config_get(q->grants, q->name, q->arena, q->value, q->diag);
}

own wy_trap *wy_config_call(wy_call *call, wy_str name, wy_str *value_out, wy_err *err_out,
                            wy_diag *diag) {
    question q = {.grants = wy_instance_settings(call->instance, WY_SLOT_CONFIG),
                  .name = name,
                  .arena = call->arena,
                  .value = value_out,
                  .diag = diag};
    if (!q.grants || !q.grants->config || !wy_config_blocks(q.grants->config))
        ask(&q);
    else if (wy_task_offload(call->task, ask, &q) != WY_OK) /* nobody uses the arena meanwhile */
        return wy_task_trap(call->task);
    *err_out = q.err;
    return NULL;
}
