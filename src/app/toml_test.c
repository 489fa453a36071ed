#include "app/toml.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/test.h"

static wy_arena arena;
static wy_diag diag;

static const wy_toml *parse(const char *text) {
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, (size_t)64 << 20);
    wy_diag_init(&diag);
    const wy_toml *root;
    wy_err err = wy_toml_parse(&arena, wy_str_of(text), &root, &diag);
    assert_int_equal(err, diag.err);
    return root;
}

static void refuse(const char *text, wy_err err, uint32_t line, uint32_t column,
                   const char *message) {
    assert_null(parse(text));
    assert_int_equal(diag.err, err);
    assert_int_equal(diag.line, line);
    assert_int_equal(diag.column, column);
    assert_string_equal(diag.text, message);
    wy_arena_deinit(&arena);
}

TEST(a_document_becomes_a_tree_with_places) {
    const wy_toml *root =
        parse("name = \"x\"\n\n[a.b]\n  list = [1, 2.5, true]\nday = 2026-11-21\n");
    assert_non_null(root);
    const wy_toml *name = wy_toml_get(root, "name");
    assert_true(wy_str_eqz(name->string, "x"));
    assert_int_equal(name->key_line, 1);
    assert_int_equal(name->column, 8);
    const wy_toml *b = wy_toml_get(wy_toml_get(root, "a"), "b");
    assert_int_equal(b->kind, WY_TOML_TABLE);
    assert_int_equal(b->line, 3);
    const wy_toml *list = wy_toml_get(b, "list");
    assert_int_equal(list->key_line, 4);
    assert_int_equal(list->key_column, 3);
    assert_int_equal(list->array.count, 3);
    assert_int_equal(list->array.items[0]->integer, 1);
    assert_true(list->array.items[1]->number > 2.4);
    assert_true(list->array.items[2]->boolean);
    assert_int_equal(list->array.items[2]->column, 19);
    const wy_toml *day = wy_toml_get(b, "day");
    assert_int_equal(day->datetime.day, 21);
    assert_false(day->datetime.has_time);
    assert_null(wy_toml_get(root, "absent"));
    assert_null(wy_toml_get(name, "absent"));
    wy_arena_deinit(&arena);
}

TEST(errors_name_line_and_column) {
    refuse("a = 1\nb = tru\n", WY_MALFORMED, 2, 5,
           "this is no value: strings stand in quotes, and numbers, dates, true and false are "
           "spelled as TOML 1.0 says");
    refuse("[a]\nx = 1\n x = 2\n", WY_MALFORMED, 3, 2, "'x' is set twice");
    refuse("[a]\n[b]\n[a]\n", WY_MALFORMED, 3, 2, "'a' is defined twice");
    refuse("a 1", WY_MALFORMED, 1, 3, "expected '=' behind the key, found '1'");
    refuse("a = \"x", WY_MALFORMED, 1, 7, "the string has no end");
    refuse("a = \"x\ny", WY_MALFORMED, 1, 7, "the string does not end on its line");
    refuse("a = 99999999999999999999", WY_MALFORMED, 1, 5,
           "the integer 99999999999999999999 does not fit 64 bits");
    refuse("a = {}\n[a.b]", WY_MALFORMED, 2, 2, "'a' is an inline table: it cannot be added to");
    refuse("a = 1\nb = \"\xc3\xa9\xff\"\n", WY_MALFORMED, 2, 8, "these bytes are not UTF-8");
    refuse("a = \xf0\x9f\x98\x80", WY_MALFORMED, 1, 5,
           "expected a value, found '\xf0\x9f\x98\x80'");
}

/* `count` times `open`, then `middle`. */
static char *nest(const char *open, size_t count, const char *middle) {
    wy_buf buf;
    wy_buf_init(&buf, (size_t)1 << 20);
    wy_buf_str(&buf, WY_STR("a="));
    for (size_t i = 0; i < count; i++)
        wy_buf_str(&buf, wy_str_of(open));
    wy_buf_str(&buf, wy_str_of(middle));
    assert_false(buf.failed);
    return wy_buf_take(&buf, NULL);
}

TEST(nesting_is_limited_however_it_is_written) {
    static const char *const opens[] = {"[", "{a=", "[{a.a="};
    for (size_t i = 0; i < 3; i++) {
        char *text = nest(opens[i], 5000, "1");
        assert_null(parse(text));
        assert_int_equal(diag.err, WY_LIMIT);
        free(text);
    }
    wy_buf buf;
    wy_buf_init(&buf, (size_t)1 << 20);
    wy_buf_str(&buf, WY_STR("[x"));
    for (int i = 0; i < 5000; i++)
        wy_buf_str(&buf, WY_STR(".x"));
    wy_buf_str(&buf, WY_STR("]"));
    assert_null(parse(buf.ptr));
    assert_int_equal(diag.err, WY_LIMIT);
    assert_string_equal(diag.text, "tables and arrays are nested more than 128 deep");
    wy_buf_deinit(&buf);
    wy_arena_deinit(&arena);
}

TEST(memory_and_size_are_limited) {
    wy_arena small;
    wy_arena_init(&small, 4096);
    wy_buf buf;
    wy_buf_init(&buf, (size_t)1 << 20);
    for (int i = 0; i < 1000; i++)
        wy_buf_printf(&buf, "k%d = [[], {}]\n", i);
    const wy_toml *root;
    wy_diag_init(&diag);
    assert_int_equal(wy_toml_parse(&small, wy_buf_view(&buf), &root, &diag), WY_NOMEM);
    assert_true(diag.line > 1);
    wy_arena_deinit(&small);
    wy_diag_init(&diag);
    wy_str large = {buf.ptr, WY_MAX_MANIFEST_BYTES + 1};
    assert_int_equal(wy_toml_parse(&small, large, &root, &diag), WY_LIMIT);
    wy_buf_deinit(&buf);
}
