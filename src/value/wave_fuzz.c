/* Fuzz target: a random type (from the input's head) and any text as a value of it. What parses
 * must print, and parse again to a value that prints the same. */
#include "value/testing.h"
#include "value/wave.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)
#define TYPE_DEPTH 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Handles are called h1 to h9. */
static const char *find(void *data, wy_str name, const wy_type *type, wy_handle *handle_out) {
    (void)data;
    (void)type;
    if (name.len != 2 || name.ptr[0] != 'h') return "is no handle";
    *handle_out = (wy_handle)name.ptr[1];
    return NULL;
}

static void print(void *data, const wy_type *type, wy_handle handle, wy_buf *buf) {
    (void)data;
    (void)type;
    wy_buf_char(buf, 'h');
    wy_buf_char(buf, (char)handle);
}

static const wy_wave_handles handles = {NULL, find, print};

/* Reads a value and appends its text; false when it is none. */
static bool parse_and_print(wy_str text, const wy_type *type, wy_buf *buf) {
    wy_arena arena;
    wy_diag diag;
    wy_arena_init(&arena, ARENA_MAX);
    wy_diag_init(&diag);
    void *value = wy_arena_alloc(&arena, type->size);
    wy_err err = value ? wy_wave_parse(text, type, &arena, &handles, value, &diag) : WY_LIMIT;
    wy_assert(!value || err == diag.err);
    if (!err) wy_wave_print(type, value, &handles, buf);
    wy_arena_deinit(&arena);
    return err == WY_OK && !buf->failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_source source = {data, data + size, 0};
    wy_arena arena;
    wy_buf first, second;
    wy_arena_init(&arena, ARENA_MAX);
    wy_buf_init(&first, ARENA_MAX);
    wy_buf_init(&second, ARENA_MAX);
    const wy_type *type = wy_source_type(&source, &arena, TYPE_DEPTH, NULL);
    wy_str text = {(const char *)source.at, (size_t)(source.end - source.at)};
    if (parse_and_print(text, type, &first)) {
        wy_assert(parse_and_print(wy_buf_view(&first), type, &second));
        wy_assert(wy_str_eq(wy_buf_view(&first), wy_buf_view(&second)));
    }
    wy_buf_deinit(&first);
    wy_buf_deinit(&second);
    wy_arena_deinit(&arena);
    return 0;
}
