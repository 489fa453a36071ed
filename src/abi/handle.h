/* Handle tables: what a component instance holds (CM: Table, ResourceHandle), and the scope of a
 * call that lends from them. */
#ifndef WY_ABI_HANDLE_H
#define WY_ABI_HANDLE_H

#include "engine/engine.h"
#include "value/type.h"

/* Run-time identity of a resource type, compared by address (CM: ResourceType). */
typedef struct wy_resource wy_resource;
struct wy_resource {
    const wy_resource_type *host; /* a resource of the host; NULL: a guest defines it */
    uint32_t instance;            /* guest: index of the component instance that defines it (CM:
                                     ResourceType.impl) */
    /* Ends one resource: the host's destructor, or a full call of the guest's (CM:
     * canon_resource_drop). NULL: nothing to do. `env` is the store's owner (the instance). */
    own wy_trap *(*drop)(void *env, const wy_resource *resource, wy_handle rep);
    /* For `drop` to call: the host's destructor, and what may speak against it (NULL: nothing). */
    void (*host_drop)(void *object);
    const char *(*host_busy)(const void *object);
};

/* CM: ResourceHandle. A removed entry keeps its resource and representation until its index is
 * given out again, so that a lift that fails half way can be taken back. */
typedef struct wy_handle_entry {
    const wy_resource *resource;
    wy_handle rep;
    struct wy_call_scope *borrow_scope; /* of a borrow handle: the call it counts on */
    uint32_t lends; /* live: calls that it is lent to now (CM: num_lends); free: next free index */
    bool live, is_own;
} wy_handle_entry;

/* CM: Table. Index 0 is never given out; freed indexes come back last in, first out; at most
 * WY_MAX_HANDLES. All fields zero: an empty table. */
typedef struct wy_handle_table {
    wy_handle_entry *entries;
    uint32_t count, cap; /* entries written (index 0 included), allocated */
    uint32_t free_head;  /* 0: none */
} wy_handle_table;

void wy_handle_table_init(wy_handle_table *table);
/* Ends every owned resource of the host (highest index first; what a drop adds meanwhile is ended
 * too), then frees. Guests' destructors do not run: their instance is gone. */
void wy_handle_table_deinit(wy_handle_table *table, void *env);
/* Makes the entries live again that were removed since `free_head` was the table's, provided that
 * none was added meanwhile: takes back the own handles of a lift that failed. */
void wy_handle_table_restore(wy_handle_table *table, uint32_t free_head);

/* CM: lower_own, lower_borrow, canon_resource_new. Each returns a trap when the table is full; a
 * borrow is counted on `scope`. */
own wy_trap *wy_handle_add_own(wy_handle_table *table, const wy_resource *resource, wy_handle rep,
                               uint32_t *index_out) WY_MUST_USE;
own wy_trap *wy_handle_add_borrow(wy_handle_table *table, const wy_resource *resource,
                                  wy_handle rep, struct wy_call_scope *scope,
                                  uint32_t *index_out) WY_MUST_USE;
/* CM: lift_own. Takes the entry out; traps when absent, of another type, a borrow, or lent. */
own wy_trap *wy_handle_lift_own(wy_handle_table *table, const wy_resource *resource, uint32_t index,
                                wy_handle *rep_out) WY_MUST_USE;
/* CM: lift_borrow. Keeps the entry, own or borrow, which is lent until the scope ends. */
own wy_trap *wy_handle_lift_borrow(wy_handle_table *table, const wy_resource *resource,
                                   uint32_t index, struct wy_call_scope *scope,
                                   wy_handle *rep_out) WY_MUST_USE;
/* CM: canon_resource_drop. An own handle ends its resource: calls resource->drop with `env` after
 * the entry is gone. */
own wy_trap *wy_handle_drop(wy_handle_table *table, const wy_resource *resource, uint32_t index,
                            void *env) WY_MUST_USE;
/* CM: canon_resource_rep */
own wy_trap *wy_handle_rep(wy_handle_table *table, const wy_resource *resource, uint32_t index,
                           wy_handle *rep_out) WY_MUST_USE;

#define WY_SCOPE_INLINE 8

/* One call: what it lent from the caller's table, and how many borrow handles the callee still
 * holds (CM: Task.num_borrows, Subtask.lenders). In a call from guest to guest both contexts share
 * it. It stays where it is while the call lasts: borrow handles point to it. */
typedef struct wy_call_scope {
    uint32_t borrows; /* borrow handles that were lowered for this call and not dropped yet */
    uint32_t lent_count, lent_cap;
    struct wy_lend {
        wy_handle_table *table;
        uint32_t index;
    } lent_inline[WY_SCOPE_INLINE], *lent; /* `lent` == lent_inline until it grows */
} wy_call_scope;

static inline void wy_call_scope_init(wy_call_scope *scope) {
    scope->borrows = 0;
    scope->lent_count = 0;
    scope->lent_cap = WY_SCOPE_INLINE;
    scope->lent = scope->lent_inline;
}

/* Gives back what was lent (CM: Subtask.deliver_resolve). Traps when the callee returned while it
 * still holds borrow handles (CM: Task.return_). */
own wy_trap *wy_call_scope_settle(wy_call_scope *scope) WY_MUST_USE;
static inline own wy_trap *wy_call_scope_end(wy_call_scope *scope) {
    return WY_LIKELY((scope->lent_count | scope->borrows) == 0) ? NULL
                                                                : wy_call_scope_settle(scope);
}
/* The same without the check (after a trap). */
void wy_call_scope_abandon(wy_call_scope *scope);

#endif
