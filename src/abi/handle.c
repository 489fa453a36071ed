/* Handle tables and call scopes. */
#include "abi/handle.h"

#include "base/limits.h"

#include <stdlib.h>

#define TABLE_CAP_FIRST 16

void wy_handle_table_init(wy_handle_table *table) {
    *table = (wy_handle_table){0};
}

void wy_handle_table_deinit(wy_handle_table *table, void *env) {
    while (table->count > 1) {
        wy_handle_entry entry = table->entries[--table->count];
        if (!entry.live || !entry.is_own || !entry.resource->host || !entry.resource->drop)
            continue;
        table->free_head = 0; /* free indexes at or above `count` must not be given out */
        own wy_trap *trap = entry.resource->drop(env, entry.resource, entry.rep);
        if (trap) wy_trap_free(trap);
    }
    free(table->entries);
    wy_handle_table_init(table);
}

/* Room for one more entry at `count`. False: no memory. */
static bool grow(wy_handle_table *table) {
    if (table->count < table->cap) return true;
    uint32_t cap = table->cap ? table->cap * 2 : TABLE_CAP_FIRST;
    wy_handle_entry *entries = realloc(table->entries, cap * sizeof *entries);
    if (!entries) return false;
    table->entries = entries;
    table->cap = cap;
    if (table->count == 0) entries[table->count++] = (wy_handle_entry){0};
    return true;
}

/* CM: Table.add */
static own wy_trap *add(wy_handle_table *table, const wy_handle_entry *entry, uint32_t *index_out) {
    wy_assert(entry->live && entry->resource);
    uint32_t index = table->free_head;
    if (index) {
        table->free_head = table->entries[index].lends;
    } else {
        if (table->count > WY_MAX_HANDLES)
            return wy_trap_new("the handle table is full (%u handles)", (unsigned)WY_MAX_HANDLES);
        if (!grow(table)) return wy_trap_new("out of memory for handles");
        index = table->count++;
    }
    table->entries[index] = *entry;
    *index_out = index;
    return NULL;
}

/* CM: Table.get, and the checks of the resource type that follow it everywhere. NULL with *trap_out
 * set when there is no such handle. */
static wy_handle_entry *get(wy_handle_table *table, const wy_resource *resource, uint32_t index,
                            own wy_trap **trap_out) {
    if (WY_LIKELY(index < table->count)) {
        wy_handle_entry *entry = &table->entries[index];
        if (WY_LIKELY(entry->live && entry->resource == resource)) return entry;
        if (entry->live) {
            *trap_out = wy_trap_new("handle index %u is of another resource type", (unsigned)index);
            return NULL;
        }
    }
    *trap_out = wy_trap_new("unknown handle index %u", (unsigned)index);
    return NULL;
}

/* CM: Table.remove. Resource and representation stay, for wy_handle_table_restore. */
static void take_out(wy_handle_table *table, wy_handle_entry *entry) {
    entry->live = false;
    entry->lends = table->free_head;
    table->free_head = (uint32_t)(entry - table->entries);
}

void wy_handle_table_restore(wy_handle_table *table, uint32_t free_head) {
    while (table->free_head != free_head) {
        wy_assert(table->free_head != 0);
        wy_handle_entry *entry = &table->entries[table->free_head];
        table->free_head = entry->lends;
        entry->lends = 0;
        entry->live = true;
    }
}

own wy_trap *wy_handle_add_own(wy_handle_table *table, const wy_resource *resource, wy_handle rep,
                               uint32_t *index_out) {
    const wy_handle_entry entry = {.resource = resource, .rep = rep, .live = true, .is_own = true};
    return add(table, &entry, index_out);
}

own wy_trap *wy_handle_add_borrow(wy_handle_table *table, const wy_resource *resource,
                                  wy_handle rep, wy_call_scope *scope, uint32_t *index_out) {
    wy_assert(scope);
    const wy_handle_entry entry = {
        .resource = resource, .rep = rep, .borrow_scope = scope, .live = true};
    own wy_trap *trap = add(table, &entry, index_out);
    if (!trap) scope->borrows++;
    return trap;
}

own wy_trap *wy_handle_lift_own(wy_handle_table *table, const wy_resource *resource, uint32_t index,
                                wy_handle *rep_out) {
    own wy_trap *trap = NULL;
    wy_handle_entry *entry = get(table, resource, index, &trap);
    if (!entry) return trap;
    if (!entry->is_own)
        return wy_trap_new("handle index %u is borrowed and cannot be given away", (unsigned)index);
    if (entry->lends)
        return wy_trap_new("handle index %u is lent and cannot be given away", (unsigned)index);
    *rep_out = entry->rep;
    take_out(table, entry);
    return NULL;
}

static bool scope_lend(wy_call_scope *scope, wy_handle_table *table, uint32_t index) {
    if (scope->lent_count == scope->lent_cap) {
        struct wy_lend *old = scope->lent == scope->lent_inline ? NULL : scope->lent;
        struct wy_lend *lent = realloc(old, scope->lent_cap * 2 * sizeof *lent);
        if (!lent) return false;
        if (!old) memcpy(lent, scope->lent_inline, sizeof scope->lent_inline);
        scope->lent = lent;
        scope->lent_cap *= 2;
    }
    scope->lent[scope->lent_count++] = (struct wy_lend){table, index};
    return true;
}

own wy_trap *wy_handle_lift_borrow(wy_handle_table *table, const wy_resource *resource,
                                   uint32_t index, wy_call_scope *scope, wy_handle *rep_out) {
    own wy_trap *trap = NULL;
    wy_assert(scope);
    wy_handle_entry *entry = get(table, resource, index, &trap);
    if (!entry) return trap;
    /* CM: Subtask.add_lender */
    if (!scope_lend(scope, table, index)) return wy_trap_new("out of memory for lent handles");
    entry->lends++;
    *rep_out = entry->rep;
    return NULL;
}

own wy_trap *wy_handle_drop(wy_handle_table *table, const wy_resource *resource, uint32_t index,
                            void *env) {
    own wy_trap *trap = NULL;
    wy_handle_entry *entry = get(table, resource, index, &trap);
    if (!entry) return trap;
    if (entry->lends)
        return wy_trap_new("handle index %u is lent and cannot be dropped", (unsigned)index);
    take_out(table, entry);
    if (!entry->is_own) {
        wy_assert(entry->borrow_scope->borrows > 0);
        entry->borrow_scope->borrows--;
        return NULL;
    }
    return resource->drop ? resource->drop(env, resource, entry->rep) : NULL;
}

own wy_trap *wy_handle_rep(wy_handle_table *table, const wy_resource *resource, uint32_t index,
                           wy_handle *rep_out) {
    own wy_trap *trap = NULL;
    wy_handle_entry *entry = get(table, resource, index, &trap);
    if (entry) *rep_out = entry->rep;
    return trap;
}

void wy_call_scope_abandon(wy_call_scope *scope) {
    for (uint32_t i = 0; i < scope->lent_count; i++) {
        wy_handle_entry *entry = &scope->lent[i].table->entries[scope->lent[i].index];
        wy_assert(entry->live && entry->lends > 0);
        entry->lends--;
    }
    scope->lent_count = 0;
    if (scope->lent != scope->lent_inline) {
        free(scope->lent);
        wy_call_scope_init(scope);
    }
}

own wy_trap *wy_call_scope_settle(wy_call_scope *scope) {
    uint32_t borrows = scope->borrows;
    wy_call_scope_abandon(scope);
    if (WY_LIKELY(borrows == 0)) return NULL;
    return wy_trap_new("the call returned while it still holds %u borrow handles",
                       (unsigned)borrows);
}
