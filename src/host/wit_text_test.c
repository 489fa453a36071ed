#include "host/wit_text.h"
#include "base/limits.h"
#include "base/test.h"
#include "component/decode.h"
#include "component/validate.h"
#include "host/load.h"
#include "wit/resolve.h"
#include "wit/set.h"

#include <stdio.h>
#include <stdlib.h>

#define DATA WITHY_SOURCE_DIR "/tests/data/component/"

static wy_file open_file(const char *path) {
    wy_file file;
    wy_diag diag;
    wy_diag_init(&diag);
    if (wy_file_map(path, &file, &diag)) fail_msg("%s", diag.text);
    return file;
}

/* The text of a component's world, into `buf`. */
static void print_file(const char *path, wy_buf *buf) {
    wy_file file = open_file(path);
    wy_arena arena;
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_diag diag;
    wy_diag_init(&diag);
    wy_component_ast *ast;
    const wy_component_types *types;
    wy_err err = wy_component_decode(&arena, file.bytes, file.len, &ast, &diag);
    if (!err) err = wy_component_validate(&arena, ast, &types, &diag);
    if (!err) err = wy_wit_text_world(buf, &arena, types->type, &diag);
    if (err) fail_msg("%s: %s", path, diag.text);
    wy_arena_deinit(&arena);
    wy_file_unmap(&file);
}

/* world.wasm was made of world.wit, which is written as withy writes it. */
TEST(text_is_the_wit_the_component_was_made_of) {
    wy_buf buf;
    wy_buf_init(&buf, 1 << 20);
    print_file(DATA "world.wasm", &buf);
    wy_file wit = open_file(DATA "world.wit");
    assert_int_equal(buf.len, wit.len);
    assert_memory_equal(buf.ptr, wit.bytes, wit.len);
    wy_file_unmap(&wit);
    wy_buf_deinit(&buf);
}

TEST(text_parses_and_its_uses_resolve) {
    static const char *const names[] = {"world.wasm", "lifted.wasm", "resources.wasm",
                                        "started.wasm", "swapped.wasm"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        snprintf(path, sizeof path, DATA "%s", names[i]);
        wy_buf buf;
        wy_buf_init(&buf, 1 << 20);
        print_file(path, &buf);
        wy_arena arena;
        wy_arena_init(&arena, (size_t)16 << 20);
        wy_diag diag;
        wy_diag_init(&diag);
        wy_wit_set set;
        wy_wit_set_init(&set, &arena);
        wy_err err = wy_wit_set_add_text(&set, wy_str_of(names[i]), wy_buf_view(&buf), &diag);
        for (uint32_t k = 0; k < set.package_count && !err; k++)
            err = wy_wit_resolve_package(&set, set.packages[k], &diag);
        if (err)
            fail_msg("%s: %s in:\n" WY_STR_FMT, names[i], diag.text, WY_STR_ARG(wy_buf_view(&buf)));
        assert_non_null(wy_wit_set_find(&set, WY_STR("root:component/root")));
        wy_arena_deinit(&arena);
        wy_buf_deinit(&buf);
    }
}

TEST(arena_without_room_is_an_error) {
    wy_file file = open_file(DATA "world.wasm");
    wy_arena arena, full;
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_diag diag;
    wy_diag_init(&diag);
    wy_component_ast *ast;
    const wy_component_types *types;
    assert_int_equal(wy_component_decode(&arena, file.bytes, file.len, &ast, &diag), WY_OK);
    assert_int_equal(wy_component_validate(&arena, ast, &types, &diag), WY_OK);
    for (size_t limit = 0; limit < (16 << 10); limit += 512) {
        wy_buf buf;
        wy_buf_init(&buf, 1 << 20);
        wy_diag_init(&diag);
        wy_arena_init(&full, limit);
        if (wy_wit_text_world(&buf, &full, types->type, &diag))
            assert_int_equal(diag.err, WY_NOMEM);
        wy_arena_deinit(&full);
        wy_buf_deinit(&buf);
    }
    wy_arena_deinit(&arena);
    wy_file_unmap(&file);
}
