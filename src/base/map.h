/* Map from a byte string to a pointer or number: open addressing, insertion order kept.
 *
 * Keys are views: their bytes must live as long as the map. Memory comes from an arena or the heap.
 */
#ifndef WY_BASE_MAP_H
#define WY_BASE_MAP_H

#include "base/arena.h"
#include "base/str.h"

typedef struct wy_map_entry {
    wy_str key;
    uint64_t hash;
    uintptr_t value;
} wy_map_entry;

typedef struct wy_map {
    wy_arena *arena;       /* NULL: the heap */
    wy_map_entry *entries; /* in order of insertion */
    uint32_t *slots;       /* index + 1 into entries, 0 = free */
    uint32_t count, cap;   /* entries written, entries allocated */
    uint32_t slot_count;   /* power of two, or 0 */
} wy_map;

/* `arena` NULL: on the heap, to be freed with wy_map_deinit. */
void wy_map_init(wy_map *map, wy_arena *arena);
void wy_map_deinit(wy_map *map);
/* Sets or replaces. False: no memory. */
bool wy_map_set(wy_map *map, wy_str key, uintptr_t value) WY_MUST_USE;
/* False: absent. `value_out` may be NULL. */
bool wy_map_get(const wy_map *map, wy_str key, uintptr_t *value_out);
/* The value as a pointer; NULL when absent. */
void *wy_map_get_ptr(const wy_map *map, wy_str key);

/* The hash used here (XXH3, fixed seed; not for hostile keys of unbounded number). */
uint64_t wy_hash(const void *data, size_t len);

#endif
