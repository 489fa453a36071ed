/* Arena: memory that is allocated piece by piece and given back all at once.
 *
 * Four lifetimes, four arenas: process, app, instance, call; a pointer never outlives its arena. */
#ifndef WY_BASE_ARENA_H
#define WY_BASE_ARENA_H

#include "base/check.h"

typedef struct wy_arena_chunk wy_arena_chunk;

/* Plain data so that it can be embedded; the fields are the arena's own.
 *
 *   chunks: newest -> ... -> first;  [at, end) is what is left of the newest */
typedef struct wy_arena {
    wy_arena_chunk *chunks;
    char *at, *end;
    size_t total;     /* bytes held from the system in all */
    size_t limit;     /* `total` may not pass this; an allocation that would, fails */
    size_t chunk_min; /* size of the next chunk at least */
} wy_arena;

/* Never fails, takes no memory yet. `limit` in bytes. */
void wy_arena_init(wy_arena *arena, size_t limit);
/* Gives everything back. The arena may be initialised again. */
void wy_arena_deinit(wy_arena *arena);

/* A place to go back to. Marks are used last in, first out (one a call, in a call arena). */
typedef struct wy_arena_mark {
    wy_arena_chunk *chunk;
    char *at;
} wy_arena_mark;

static inline wy_arena_mark wy_arena_here(const wy_arena *arena) {
    return (wy_arena_mark){arena->chunks, arena->at};
}

/* Forgets all that was allocated since `mark`; the first chunk stays for reuse. */
void wy_arena_forget(wy_arena *arena, wy_arena_mark mark);
static inline void wy_arena_rewind(wy_arena *arena, wy_arena_mark mark) {
    if (WY_UNLIKELY(arena->at != mark.at)) wy_arena_forget(arena, mark);
}

/* `size` bytes, not cleared, aligned to 16. NULL when the limit or the memory is exhausted. */
void *wy_arena_alloc(wy_arena *arena, size_t size) WY_MUST_USE;
/* The same with an alignment that is a power of two up to 4096. */
void *wy_arena_alloc_aligned(wy_arena *arena, size_t size, size_t align) WY_MUST_USE;
/* `count` elements of `size` bytes, cleared; NULL too when the product overflows. */
void *wy_arena_calloc(wy_arena *arena, size_t count, size_t size) WY_MUST_USE;
/* A copy of `len` bytes followed by a NUL. */
char *wy_arena_strndup(wy_arena *arena, const char *text, size_t len) WY_MUST_USE;
/* Formatted, NUL-terminated. */
char *wy_arena_printf(wy_arena *arena, const char *fmt, ...) WY_MUST_USE WY_PRINTF(2, 3);

/* Grows an array inside the arena by doubling: returns storage for at least `need` elements with
 * the first `count` moved, and updates `*cap`; `items` itself when it is large enough. NULL: no
 * memory. */
void *wy_arena_grow(wy_arena *arena, void *items, size_t count, uint32_t *cap, size_t need,
                    size_t elem_size) WY_MUST_USE;

#endif
