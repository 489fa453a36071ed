/* Embedding: the objects behind withy/component.h, for the files that implement it.
 *
 * Every object counts who needs it, its owner included, so that they may be freed in any order:
 *
 *   instance -> linked -> component -> engine
 *                      -> linker    -> engine
 *   app      -> linked, engine
 *
 * All of it on the engine's thread, but for the list of woken wakers. */
#ifndef WY_HOST_EMBED_H
#define WY_HOST_EMBED_H

#include "host/load.h"
#include "host/settings.h"
#include "host/stores.h"
#include "runtime/instance.h"
#include "runtime/task.h"
#include "withy.h"

#include <pthread.h>
#include <stdatomic.h>

struct withy_engine {
    wy_engine *engine;
    wy_loop *loop;
    wy_scheduler *scheduler;
    wy_clients clients; /* made when the first component may use them */
    wy_timer *timer;    /* bounds a turn of the loop */
    uint32_t refs;
    bool counts_fuel;
    withy_instance *running;          /* calls under way, in no order */
    uint64_t ended;                   /* calls that are over, ever */
    bool is_kicked;                   /* tasks became ready outside of a turn */
    bool is_ending;                   /* no call begins any more */
    withy_app *apps;                  /* all there are */
    withy_instance *over, **over_end; /* calls that are over, in order: `done` is to be called */
    uint32_t wakers;                  /* not delivered yet */
    atomic_bool is_woken;             /* by withy_engine_wake */
    pthread_mutex_t lock;             /* of `woken` */
    withy_waker *woken;
};

void wy_embed_engine_release(withy_engine *engine);
/* Makes the engine's clients, once. */
wy_err wy_embed_clients(withy_engine *engine) WY_MUST_USE;
/* One turn of the loop, blocking for `timeout_ms` at most (-1: for as long as it takes); then calls
 * the `done` of calls that are over. Not on a fiber. */
void wy_embed_turn(withy_engine *engine, int timeout_ms);

struct withy_arena {
    wy_arena arena;
};

struct withy_component {
    withy_engine *engine;
    uint32_t refs;
    wy_file file;
    wy_str bytes; /* the component in the file, which may be one made ahead of time */
    wy_arena arena;
    wy_str name;
    wy_code *code;
    bool is_compact;         /* the bytes were given back */
    wy_str wit;              /* the types as text, in their place; NULL: they are still there */
    bool is_part;            /* of a composed one, which needs them */
    withy_component **parts; /* of a composed one: the component itself, and what provides */
    size_t part_count;       /* 0: not composed; it has no file of its own else */
    withy_extern *imports, *exports;
    const wy_plan_export **plan_exports; /* of each in `exports` */
    size_t import_count, export_count;
};

void wy_embed_component_release(withy_component *component);
/* Gives back what nobody reads once the modules are compiled: the bytes, and the types, of which a
 * text is made. Once. */
void wy_embed_component_compact(withy_component *component);
/* The plan's export of a function that withy_component_func gave; NULL: not of this component. */
const wy_plan_export *wy_embed_export(const withy_component *component, const withy_extern *func);

/* Of the structs of a function of the embedder; 0: not checked. */
typedef struct wy_embed_sizes {
    size_t args, result;
} wy_embed_sizes;

/* An interface of the embedder. Begins with what the runtime links to, so that a call finds `data`
 * by its link. */
typedef struct wy_embed_host {
    wy_interface interface;
    void *data;
    wy_interface_desc desc;
    wy_func_desc *funcs;
    wy_embed_sizes *sizes; /* of each function */
} wy_embed_host;

/* Compares the sizes that the embedder's structs have with those of the type. */
wy_err wy_embed_check_sizes(const wy_embed_sizes *sizes, const wy_func_type *type, wy_str name,
                            wy_diag *diag) WY_MUST_USE;

struct withy_linker {
    withy_engine *engine;
    uint32_t refs;
    wy_arena arena;
    const wy_interface **interfaces; /* the embedder's own first */
    uint32_t own_count, count, cap;
};

void wy_embed_linker_release(withy_linker *linker);

struct withy_linked {
    withy_component *component;
    withy_linker *linker;
    uint32_t refs;
    wy_arena arena;
    wy_settings settings;
    wy_stores stores;
    wy_client_settings clients;
    wy_http_policy policy; /* `allow_connect` */
    withy_allow_connect allow_connect;
    void *allow_data;
    wy_component *target; /* links and settings */
};

void wy_embed_linked_release(withy_linked *linked);

struct withy_waker {
    withy_engine *engine;
    wy_task_ref task;
    withy_waker *next; /* in engine->woken */
};

struct withy_instance {
    withy_engine *engine;
    withy_linked *linked;
    wy_instance *instance;
    void *data;
    uint64_t timeout_ms;
    char *problem;    /* of the last call; free() */
    wy_arena results; /* what the last call's result points to, and the result */
    void *result;
    bool is_busy;  /* from a call's start until it is over and its `done` was called */
    bool is_freed; /* to go when the call is over */

    /* The call under way. */
    const wy_plan_export *export; /* NULL: the end of `handle` */
    const wy_type *own_type;
    wy_handle handle;
    const void *args;
    bool is_waited_for; /* by withy_instance_call, which takes the result itself */
    wy_task *task;      /* NULL: over, or not begun */
    wy_task *waiter;    /* a task of another instance that waits for it */
    withy_status status;
    withy_done done;
    void *done_data;
    withy_instance *next, **link; /* in engine->running, then (`next` alone) in engine->over */
};

/* Whether an application listens, or requests to one are under way. */
bool wy_embed_apps_busy(const withy_engine *engine);

/* Calls `done`; the instance may be gone afterwards. */
void wy_embed_call_finish(withy_instance *instance);

#endif
