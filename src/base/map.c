/* Map: an index of slots over an array of entries that keeps insertion order. */
#include "base/map.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t wy_hash(const void *data, size_t len) {
    return XXH3_64bits(data, len);
}

void wy_map_init(wy_map *map, wy_arena *arena) {
    *map = (wy_map){.arena = arena};
}

void wy_map_deinit(wy_map *map) {
    if (!map->arena) {
        free(map->entries);
        free(map->slots);
    }
    *map = (wy_map){.arena = map->arena};
}

static uint32_t *find_slot(const wy_map *map, wy_str key, uint64_t hash) {
    uint32_t mask = map->slot_count - 1;
    for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
        uint32_t index = map->slots[i];
        if (index == 0) return &map->slots[i];
        const wy_map_entry *entry = &map->entries[index - 1];
        if (entry->hash == hash && wy_str_eq(entry->key, key)) return &map->slots[i];
    }
}

static void *take(wy_arena *arena, size_t count, size_t size) {
    return arena ? wy_arena_calloc(arena, count, size) : calloc(count, size);
}

/* Doubles the room. */
static bool rebuild(wy_map *map) {
    uint32_t cap = map->cap ? map->cap * 2 : 8, slot_count = cap * 2;
    if (cap > UINT32_MAX / 8) return false;
    wy_map_entry *entries = take(map->arena, cap, sizeof *entries);
    uint32_t *slots = take(map->arena, slot_count, sizeof *slots);
    if (!entries || !slots) {
        if (!map->arena) {
            free(entries);
            free(slots);
        }
        return false;
    }
    wy_map next = {.arena = map->arena,
                   .entries = entries,
                   .slots = slots,
                   .count = map->count,
                   .cap = cap,
                   .slot_count = slot_count};
    for (uint32_t i = 0; i < map->count; i++) {
        entries[i] = map->entries[i];
        *find_slot(&next, entries[i].key, entries[i].hash) = i + 1;
    }
    wy_map_deinit(map);
    *map = next;
    return true;
}

bool wy_map_set(wy_map *map, wy_str key, uintptr_t value) {
    if (map->count == map->cap && !rebuild(map)) return false;
    uint64_t hash = wy_hash(key.ptr, key.len);
    uint32_t *slot = find_slot(map, key, hash);
    if (*slot) {
        map->entries[*slot - 1].value = value;
        return true;
    }
    map->entries[map->count] = (wy_map_entry){key, hash, value};
    *slot = ++map->count;
    return true;
}

static wy_map_entry *find(const wy_map *map, wy_str key) {
    if (map->slot_count == 0) return NULL;
    uint32_t index = *find_slot(map, key, wy_hash(key.ptr, key.len));
    return index ? &map->entries[index - 1] : NULL;
}

bool wy_map_get(const wy_map *map, wy_str key, uintptr_t *value_out) {
    const wy_map_entry *entry = find(map, key);
    if (entry && value_out) *value_out = entry->value;
    return entry != NULL;
}

void *wy_map_get_ptr(const wy_map *map, wy_str key) {
    const wy_map_entry *entry = find(map, key);
    return entry ? (void *)entry->value : NULL;
}
