/* Instance: one component brought to life in a store of its own, and calls into it.
 *
 * An instance belongs to one task at a time; everything below runs on that task's fiber except new
 * and free. After a trap it is poisoned: calls trap at once (CM: lockdown). */
#ifndef WY_RUNTIME_INSTANCE_H
#define WY_RUNTIME_INSTANCE_H

#include "runtime/component.h"
#include "runtime/task.h"

/* Makes the store, and in it the core modules that run no code when they are made. WY_LIMIT when
 * the engine's pool is used up. */
wy_err wy_instance_new(const wy_component *component, wy_engine *engine,
                       own wy_instance **instance_out, wy_diag *diag) WY_MUST_USE;
/* Ends every resource the instance still holds, then its interfaces' state, then the store. */
void wy_instance_free(own wy_instance *instance);

wy_store *wy_instance_store(wy_instance *instance);
const wy_component *wy_instance_component(const wy_instance *instance);

/* The task that runs the instance now; to be set at the start of each task's body. */
void wy_instance_enter(wy_instance *instance, wy_task *task, wy_context *context);

/* Replays the plan's steps as far as that was not done yet: instantiates the core modules and runs
 * their start functions. */
own wy_trap *wy_instance_start(wy_instance *instance) WY_MUST_USE;
/* Whether that failed because as many instances live as the engine has room for: not the guest's
 * fault, and it may go well later. */
bool wy_instance_had_no_room(const wy_instance *instance);

/* Calls an exported function. `args` is the args struct (type: export->func.type->params), own
 * handles in it go to the guest. The lifted result is shown to `on_result` before post-return runs;
 * views in it end with that call. `on_result` may be NULL. */
own wy_trap *wy_instance_call(wy_instance *instance, const wy_plan_export *export, const void *args,
                              void (*on_result)(void *data, const void *result),
                              void *data) WY_MUST_USE;

/* Ends an own handle that a result brought: its destructor, or what the host does when the resource
 * is the host's, runs as a call of its own. `type` is the own type in the plan's descriptor. */
own wy_trap *wy_instance_drop(wy_instance *instance, const wy_type *type,
                              wy_handle handle) WY_MUST_USE;

bool wy_instance_poisoned(const wy_instance *instance);
/* Whatever its maker wants to find again from a host function; NULL before it is set. */
void wy_instance_set_owner(wy_instance *instance, void *owner);
void *wy_instance_owner(const wy_instance *instance);

/* Appends the text of a trap of this instance: the reason, which limit was hit if one was, and the
 * guest's stack. */
void wy_instance_print_trap(const wy_instance *instance, const wy_trap *trap, wy_buf *buf);

#endif
