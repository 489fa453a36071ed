/* The validator's state: reports, the work it may do, and small containers in its arena. */
#include "component/validator.h"

#include "base/limits.h"

#include <stdio.h>

bool wy_fail(wy_validator *v, const char *fmt, ...) {
    if (v->err) return false;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    v->err = wy_diag_set_at(v->diag, WY_INVALID, v->offset, "%s", text);
    return false;
}

bool wy_fail_at(wy_validator *v, wy_err err, size_t offset, const char *fmt, ...) {
    if (v->err) return false;
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    v->err = wy_diag_set_at(v->diag, err, offset, "%s", text);
    return false;
}

bool wy_fail_gated(wy_validator *v, const char *what, const char *proposal) {
    return wy_fail_at(v, WY_UNSUPPORTED, v->offset,
                      "%s belongs to the proposal '%s', which this host does not have", what,
                      proposal);
}

bool wy_gate(wy_validator *v, wy_proposal proposal, const char *what) {
    if (v->proposals & proposal) return true;
    switch (proposal) {
    case WY_PROPOSAL_ASYNC: return wy_fail_gated(v, what, "async");
    case WY_PROPOSAL_MAP: return wy_fail_gated(v, what, "map");
    case WY_PROPOSAL_FIXED_LISTS: return wy_fail_gated(v, what, "fixed-length lists");
    case WY_PROPOSAL_ERROR_CONTEXT: return wy_fail_gated(v, what, "error-context");
    }
    return false;
}

bool wy_no_memory(wy_validator *v) {
    return wy_fail_at(v, WY_LIMIT, v->offset,
                      "the types of the component take more memory than allowed");
}

bool wy_work(wy_validator *v, uint32_t steps) {
    if (v->work >= steps) {
        v->work -= steps;
        return true;
    }
    return wy_fail_at(v, WY_LIMIT, v->offset,
                      "the types of the component take more than %d steps to check",
                      WY_MAX_VALIDATION_WORK);
}

void *wy_take(wy_validator *v, size_t count, size_t size) {
    void *at = wy_arena_calloc(v->arena, count ? count : 1, size);
    if (!at) wy_no_memory(v);
    return at;
}

void *wy_vec_push(wy_validator *v, wy_vec *vec, size_t size) {
    void *items =
        wy_arena_grow(v->arena, vec->items, vec->count, &vec->cap, (size_t)vec->count + 1, size);
    if (!items) {
        wy_no_memory(v);
        return NULL;
    }
    vec->items = items;
    void *item = (char *)items + (size_t)vec->count++ * size;
    memset(item, 0, size);
    return item;
}

static uint32_t slot_of(const wy_idmap *map, uint64_t key) {
    uint64_t hash = key * 0x9e3779b97f4a7c15u;
    uint32_t mask = map->cap - 1, at = (uint32_t)(hash >> 32) & mask;
    while (map->keys[at] && map->keys[at] != key)
        at = (at + 1) & mask;
    return at;
}

bool wy_idmap_set(wy_validator *v, wy_idmap *map, uint64_t key, const void *value) {
    wy_assert(key != 0);
    if (map->count * 2 >= map->cap) {
        wy_idmap next = {.cap = map->cap ? map->cap * 2 : 8};
        next.keys = wy_take(v, next.cap, sizeof *next.keys);
        next.values = wy_take(v, next.cap, sizeof *next.values);
        if (!next.keys || !next.values) return false;
        for (uint32_t i = 0; i < map->cap; i++) {
            if (!map->keys[i]) continue;
            uint32_t at = slot_of(&next, map->keys[i]);
            next.keys[at] = map->keys[i];
            next.values[at] = map->values[i];
            next.count++;
        }
        *map = next;
    }
    uint32_t at = slot_of(map, key);
    if (!map->keys[at]) {
        map->keys[at] = key;
        map->count++;
    }
    map->values[at] = value;
    return true;
}

const void *wy_idmap_get(const wy_idmap *map, uint64_t key) {
    if (!map->cap) return NULL;
    uint32_t at = slot_of(map, key);
    return map->keys[at] ? map->values[at] : NULL;
}

wy_resource_id wy_resource_fresh(wy_validator *v, const wy_scope *scope) {
    wy_resource_info *info = wy_vec_push(v, &v->resources, sizeof *info);
    if (!info) return 0;
    info->scope = scope;
    return v->resources.count - 1;
}
