/* Host functions: how an interface's C file offers functions and resources to components.
 *
 * An interface is a descriptor (printed by witgen from WIT) and an ops struct of function pointers
 * (filled in by hand, one file an interface). A NULL member is a function that withy does not have
 * yet: calling it traps with its name, and `withy inspect` lists it. */
#ifndef WY_RUNTIME_HOST_H
#define WY_RUNTIME_HOST_H

#include "abi/abi.h"
#include "base/arena.h"
#include "engine/engine.h"
#include "value/type.h"

typedef struct wy_task wy_task;
typedef struct wy_instance wy_instance;

/* What a host function is given besides its arguments. Lives on the stack of the call. */
typedef struct wy_call {
    wy_task *task;         /* for waiting (runtime/task.h) */
    wy_instance *instance; /* the caller */
    wy_arena *arena; /* call arena: results may point here; reset when the result was lowered */
    wy_lift_lower_cx *cx; /* the caller's memory, for wy_abi_reserve; NULL in a call that passes
                             scalars only */
    const struct wy_link *link; /* the import that is called (runtime/component.h) */
} wy_call;

/* `args` and `result` point to the structs that witgen printed. Strings and lists in `args` are
 * views into guest memory: valid until the guest runs again (waiting keeps them valid; calling
 * wy_abi_reserve too, as memories never move). A returned trap ends the instance; WIT errors go
 * into `result`. */
typedef own wy_trap *(*wy_host_func)(wy_call *call, const void *args, void *result);
/* Ends an object that a guest dropped, or that was left over when its instance ended. */
typedef void (*wy_host_drop)(void *object);
/* Why a guest may not drop the object now, a trap, in words behind "cannot be dropped: "; NULL: it
 * may. Not asked when the instance ends. */
typedef const char *(*wy_host_busy)(const void *object);

typedef struct wy_func_desc {
    wy_str name;              /* WIT name: "[method]output-stream.write" */
    const wy_func_type *type; /* NULL: any; the function looks at the import's */
    uint32_t op;              /* index of its pointer in the ops struct */
} wy_func_desc;

typedef struct wy_resource_desc {
    const wy_resource_type *type;
    uint32_t op; /* index of its wy_host_drop in the ops struct; UINT32_MAX: the resource is another
                    interface's (`use`) */
    uint32_t busy; /* index of its wy_host_busy; UINT32_MAX: there is none */
} wy_resource_desc;

/* An interface as its WIT says. The ops struct is a sequence of op_count function pointers. */
typedef struct wy_interface_desc {
    wy_str name;    /* "wasi:io/streams"; of a world's own functions: "" */
    wy_str version; /* "0.2.12"; empty: the package has none */
    uint32_t func_count, resource_count, op_count;
    const wy_func_desc *funcs;
    const wy_resource_desc *resources;
} wy_interface_desc;

/* An interface that this host provides: imports of `desc->name` at a compatible version resolve
 * here. */
typedef struct wy_interface {
    const wy_interface_desc *desc;
    const void *ops;
} wy_interface;

/* --- state of interfaces --- */

/* Per component: settings given by whoever loads it (grants, environment, preopened folders). Per
 * instance: state made on first use. One slot an interface family (slots.def). */
typedef enum wy_slot {
#define WY_SLOT(name) WY_SLOT_##name,
#include "runtime/slots.def"
#undef WY_SLOT
    WY_SLOT_COUNT
} wy_slot;

/* The component's settings for a slot; NULL when none were given. */
const void *wy_instance_settings(const wy_instance *instance, wy_slot slot);
/* The instance's state for a slot; NULL until wy_instance_set_state. `free_state` runs once, after
 * all resources of the instance ended. */
void *wy_instance_state(const wy_instance *instance, wy_slot slot);
void wy_instance_set_state(wy_instance *instance, wy_slot slot, void *state,
                           void (*free_state)(void *state));
/* Lives as long as the instance. */
wy_arena *wy_instance_arena(wy_instance *instance);

#endif
