#include "base/arena.h"
#include "base/test.h"

TEST(gives_aligned_memory_and_keeps_content) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 20);
    char *a = wy_arena_alloc(&arena, 3);
    char *b = wy_arena_alloc_aligned(&arena, 100, 64);
    assert_int_equal((uintptr_t)a % 16, 0);
    assert_int_equal((uintptr_t)b % 64, 0);
    memset(a, 1, 3);
    memset(b, 2, 100);
    assert_int_equal(a[2], 1);
    wy_arena_deinit(&arena);
}

TEST(refuses_what_passes_the_limit) {
    wy_arena arena;
    wy_arena_init(&arena, 10000);
    assert_non_null(wy_arena_alloc(&arena, 100));
    assert_null(wy_arena_alloc(&arena, 20000));
    assert_null(wy_arena_alloc(&arena, SIZE_MAX));
    assert_null(wy_arena_calloc(&arena, SIZE_MAX / 2, 4));
    wy_arena_deinit(&arena);
}

TEST(going_back_to_the_beginning_keeps_one_chunk) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 20);
    wy_arena_mark empty = wy_arena_here(&arena);
    wy_arena_rewind(&arena, empty);
    for (int i = 0; i < 100; i++)
        assert_non_null(wy_arena_alloc(&arena, 1000));
    wy_arena_rewind(&arena, empty);
    assert_true(arena.total <= 4096);
    assert_string_equal(wy_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
    wy_arena_deinit(&arena);
}

TEST(going_back_forgets_only_what_came_later) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 20);
    char *kept = wy_arena_strndup(&arena, "kept", 4);
    for (size_t size = 10; size < 100000; size *= 10) {
        wy_arena_mark mark = wy_arena_here(&arena);
        for (int round = 0; round < 1000; round++) { /* more than the limit in all */
            char *at = wy_arena_alloc(&arena, size);
            assert_non_null(at);
            memset(at, 'x', size);
            wy_arena_rewind(&arena, mark);
        }
        assert_ptr_equal(wy_arena_here(&arena).at, mark.at);
    }
    assert_string_equal(kept, "kept");
    wy_arena_deinit(&arena);
}

TEST(grow_moves_elements) {
    wy_arena arena;
    wy_arena_init(&arena, 1 << 20);
    uint32_t cap = 0;
    int *items = NULL;
    for (int i = 0; i < 1000; i++) {
        items = wy_arena_grow(&arena, items, (size_t)i, &cap, (size_t)i + 1, sizeof *items);
        assert_non_null(items);
        items[i] = i;
    }
    assert_int_equal(items[777], 777);
    wy_arena_deinit(&arena);
}
