/* Arena: chunks from malloc, bump allocation inside them. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A test that wants each allocation to be one of the system defines these as 1. */
#ifndef WY_ARENA_CHUNK_FIRST
#define WY_ARENA_CHUNK_FIRST 4096
#define WY_ARENA_CHUNK_DOUBLED (16 << 10)
#define WY_ARENA_CHUNK_LAST (1 << 20)
#endif

#define CHUNK_FIRST ((size_t)WY_ARENA_CHUNK_FIRST)
#define CHUNK_LAST ((size_t)WY_ARENA_CHUNK_LAST)
#define CHUNK_DOUBLED ((size_t)WY_ARENA_CHUNK_DOUBLED)
#define ALIGN_DEFAULT ((size_t)16)

struct wy_arena_chunk {
    wy_arena_chunk *next;
    size_t size; /* of the whole chunk, this header included */
};

#define CHUNK_HEADER ((sizeof(wy_arena_chunk) + ALIGN_DEFAULT - 1) & ~(ALIGN_DEFAULT - 1))

void wy_arena_init(wy_arena *arena, size_t limit) {
    memset(arena, 0, sizeof *arena);
    arena->limit = limit;
    arena->chunk_min = CHUNK_FIRST;
}

void wy_arena_deinit(wy_arena *arena) {
    for (wy_arena_chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    wy_arena_init(arena, arena->limit);
}

void wy_arena_forget(wy_arena *arena, wy_arena_mark mark) {
    wy_arena_chunk *chunk = arena->chunks;
    while (chunk != mark.chunk && chunk->next) {
        wy_arena_chunk *next = chunk->next;
        arena->total -= chunk->size;
        free(chunk);
        chunk = next;
    }
    arena->chunks = chunk;
    arena->at = chunk == mark.chunk ? mark.at : (char *)chunk + CHUNK_HEADER;
    arena->end = (char *)chunk + chunk->size;
    arena->chunk_min = CHUNK_FIRST;
}

static bool add_chunk(wy_arena *arena, size_t need) {
    size_t size = arena->chunk_min;
    if (need > SIZE_MAX / 2) return false;
    if (size < need + CHUNK_HEADER) size = need + CHUNK_HEADER;
    if (arena->total > arena->limit || size > arena->limit - arena->total) return false;
    wy_arena_chunk *chunk = malloc(size);
    if (!chunk) return false;
    chunk->next = arena->chunks;
    chunk->size = size;
    arena->chunks = chunk;
    arena->total += size;
    arena->at = (char *)chunk + CHUNK_HEADER;
    arena->end = (char *)chunk + size;
    /* Doubled while small, later by a quarter of the whole: what is left of the last one is lost.
     */
    size_t next = arena->total / 4;
    if (arena->chunk_min < CHUNK_DOUBLED) next = arena->chunk_min * 2;
    if (next > arena->chunk_min) arena->chunk_min = next < CHUNK_LAST ? next : CHUNK_LAST;
    return true;
}

void *wy_arena_alloc_aligned(wy_arena *arena, size_t size, size_t align) {
    wy_assert(align > 0 && align <= 4096 && (align & (align - 1)) == 0);
    for (int round = 0; round < 2; round++) {
        if (arena->at) {
            uintptr_t start = ((uintptr_t)arena->at + align - 1) & ~(uintptr_t)(align - 1);
            if (start <= (uintptr_t)arena->end && size <= (uintptr_t)arena->end - start) {
                char *at = arena->at + (start - (uintptr_t)arena->at);
                arena->at = at + size;
                return at;
            }
        }
        if (round || size > SIZE_MAX / 2 || !add_chunk(arena, size + align)) return NULL;
    }
    return NULL;
}

void *wy_arena_alloc(wy_arena *arena, size_t size) {
    return wy_arena_alloc_aligned(arena, size, ALIGN_DEFAULT);
}

void *wy_arena_calloc(wy_arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    void *at = wy_arena_alloc(arena, bytes);
    if (at) memset(at, 0, bytes);
    return at;
}

char *wy_arena_strndup(wy_arena *arena, const char *text, size_t len) {
    char *at = len < SIZE_MAX ? wy_arena_alloc_aligned(arena, len + 1, 1) : NULL;
    if (!at) return NULL;
    if (len) memcpy(at, text, len);
    at[len] = '\0';
    return at;
}

char *wy_arena_printf(wy_arena *arena, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *at = n < 0 ? NULL : wy_arena_alloc_aligned(arena, (size_t)n + 1, 1);
    if (at) vsnprintf(at, (size_t)n + 1, fmt, again);
    va_end(again);
    return at;
}

void *wy_arena_grow(wy_arena *arena, void *items, size_t count, uint32_t *cap, size_t need,
                    size_t elem_size) {
    if (need <= *cap) return items;
    size_t want = *cap ? (size_t)*cap * 2 : 8;
    if (want < need) want = need;
    size_t bytes;
    if (want > UINT32_MAX || __builtin_mul_overflow(want, elem_size, &bytes)) return NULL;
    void *at = wy_arena_alloc(arena, bytes);
    if (!at) return NULL;
    if (count) memcpy(at, items, count * elem_size);
    *cap = (uint32_t)want;
    return at;
}
