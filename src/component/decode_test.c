#include "component/decode.h"

#include "base/limits.h"
#include "component/testing.h"

#define PREAMBLE "\0asm\x0d\0\1\0"

static wy_arena arena;
static wy_diag diag;
static wy_component_ast *ast;

static wy_err decode(const void *bytes, size_t len) {
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_diag_init(&diag);
    return wy_component_decode(&arena, bytes, len, &ast, &diag);
}

#define DECODE(literal) decode(literal, sizeof(literal) - 1)

/* The literal is malformed, and the first wrong byte is at `at`. */
static void refuse(const void *bytes, size_t len, uint64_t at) {
    assert_int_equal(decode(bytes, len), WY_MALFORMED);
    assert_null(ast);
    assert_true(diag.has_offset);
    assert_int_equal(diag.offset, at);
    wy_arena_deinit(&arena);
}

#define REFUSE(literal, at) refuse(literal, sizeof(literal) - 1, at)

TEST(an_empty_component) {
    assert_int_equal(DECODE(PREAMBLE), WY_OK);
    assert_int_equal(ast->definition_count, 0);
    assert_int_equal(ast->len, 8);
    wy_arena_deinit(&arena);
}

TEST(preambles_that_are_none) {
    REFUSE("", 0);
    REFUSE("\0asm", 4);
    REFUSE("asm\0\x0d\0\1\0", 0);
    REFUSE("\0asm\1\0\0\0", 4);
    assert_non_null(strstr(diag.text, "core module"));
    REFUSE("\0asm\x0c\0\1\0", 4);
    REFUSE("\0asm\x0d\0\2\0", 6);
    assert_int_equal(wy_binary_kind_of((const uint8_t *)"\0asm\1\0\0\0", 8), WY_BINARY_MODULE);
    assert_int_equal(wy_binary_kind_of((const uint8_t *)PREAMBLE, 8), WY_BINARY_COMPONENT);
    assert_int_equal(wy_binary_kind_of((const uint8_t *)"#!/bin/sh", 9), WY_BINARY_OTHER);
}

TEST(sections_that_do_not_fit) {
    REFUSE(PREAMBLE "\x0d\0", 8);                   /* unknown id */
    REFUSE(PREAMBLE "\7", 9);                       /* no length */
    REFUSE(PREAMBLE "\7\3\0", 9);                   /* longer than the file */
    REFUSE(PREAMBLE "\7\2\0\0", 11);                /* longer than its content */
    REFUSE(PREAMBLE "\7\2\2\x73", 10);              /* fewer items than announced */
    REFUSE(PREAMBLE "\7\x81\x80\x80\x80\x70\0", 9); /* a bit beyond 32 */
    REFUSE(PREAMBLE "\0\3\2\xff\xfe", 11);          /* not UTF-8 */
    assert_int_equal(DECODE(PREAMBLE "\7\x81\x80\x80\x80\0\0"), WY_OK); /* padded length */
    assert_int_equal(DECODE(PREAMBLE "\0\x12\x0e"
                                     "component-name\xff\xfe\1"),
                     WY_OK);
    wy_arena_deinit(&arena);
}

TEST(core_modules_are_found_without_decoding) {
    static const char bytes[] = PREAMBLE
        "\1\3abc" /* a module */
        "\7\1\0"  /* no types */
        "\4\x0d" PREAMBLE
        "\1\3def"      /* one in a component */
        "\1\2gh\1\7i"; /* and one that is cut */
    wy_str found[4];
    const uint8_t *at = (const uint8_t *)bytes;
    assert_int_equal(wy_component_modules(at, sizeof bytes - 1, found, 4), 3);
    assert_true(wy_str_eqz(found[0], "abc"));
    assert_true(wy_str_eqz(found[1], "def"));
    assert_true(wy_str_eqz(found[2], "gh"));
    assert_int_equal(wy_component_modules(at, sizeof bytes - 1, found, 1), 1);
    for (size_t len = 0; len < sizeof bytes - 1; len++)
        assert_true(wy_component_modules(at, len, found, 4) <= 3);
}

TEST(definitions_in_binary_order) {
    /* (type (func (param "a" u8) (result string))) (import "f" (func (type 0))) (export "g" ...) */
    assert_int_equal(DECODE(PREAMBLE "\7\x08\1\x40\1\1"
                                     "a\x7d\0\x73"
                                     "\x0a\6\1\0\1"
                                     "f\1\0"
                                     "\x0b\7\1\0\1"
                                     "g\1\0\0"),
                     WY_OK);
    assert_int_equal(ast->definition_count, 3);
    const wy_definition *defs = ast->definitions;
    assert_int_equal(defs[0].kind, WY_DEF_TYPE);
    assert_int_equal(defs[0].offset, 11);
    assert_int_equal(defs[0].type->kind, WY_TYPE_FUNC);
    assert_int_equal(defs[0].type->count, 1);
    assert_true(wy_str_eqz(defs[0].type->fields[0].label, "a"));
    assert_int_equal(defs[0].type->fields[0].type.prim, WY_TYPE_U8);
    assert_int_equal(defs[0].type->type.prim, WY_TYPE_STRING);
    assert_int_equal(defs[1].kind, WY_DEF_IMPORT);
    assert_true(wy_str_eqz(defs[1].import->name.text, "f"));
    assert_int_equal(defs[1].import->type.sort, WY_SORT_FUNC);
    assert_int_equal(defs[2].kind, WY_DEF_EXPORT);
    assert_false(defs[2].export->has_type);
    wy_arena_deinit(&arena);
}

TEST(a_core_module_is_a_slice_with_imports_and_exports) {
    assert_int_equal(DECODE(PREAMBLE "\1\x1f\0asm\1\0\0\0"
                                     "\1\4\1\x60\0\0"
                                     "\3\2\1\0"
                                     "\7\5\1\1"
                                     "f\0\0"
                                     "\x0a\4\1\2\0\x0b"),
                     WY_OK);
    const wy_core_module *module = ast->definitions[0].core_module;
    assert_int_equal(module->offset, 10);
    assert_int_equal(module->len, 31);
    assert_int_equal(module->export_count, 1);
    assert_int_equal(module->exports[0].type.kind, WY_CORE_EXTERN_FUNC);
    assert_int_equal(module->type_count, 1);
    wy_arena_deinit(&arena);
}

TEST(core_modules_that_are_broken) {
    REFUSE(PREAMBLE "\1\x08" PREAMBLE, 10); /* a component where a module is due */
    REFUSE(PREAMBLE "\1\x11\0asm\1\0\0\0\1\1\0\x0b\1\0\1\1\0", 24); /* types after data */
    REFUSE(PREAMBLE "\1\x0c\0asm\1\0\0\0\3\2\1\0", 10);             /* a function without a body */
    REFUSE(PREAMBLE "\1\x0b\0asm\1\0\0\0\2\1\1", 20); /* an import that is not there */
}

TEST(forms_that_do_not_exist) {
    REFUSE(PREAMBLE
           "\x0a\6\1\3\1"
           "a\1\0",
           11); /* name form */
    REFUSE(PREAMBLE
           "\x0a\6\1\0\1"
           "t\3\2",
           15);                          /* bound */
    REFUSE(PREAMBLE "\7\2\1\x2a", 11);   /* type */
    REFUSE(PREAMBLE "\x08\2\1\x50", 11); /* canonical definition */
    REFUSE(PREAMBLE "\6\4\1\1\3\0", 12); /* alias */
    REFUSE(PREAMBLE "\2\2\1\2", 11);     /* core instance */
}

TEST(proposals_decode) {
    assert_int_equal(DECODE(PREAMBLE "\7\3\1\x66\0"), WY_OK); /* (stream) */
    assert_int_equal(ast->definitions[0].type->kind, WY_TYPE_STREAM);
    assert_int_equal(DECODE(PREAMBLE "\x08\2\1\x1f"), WY_OK); /* waitable-set.new */
    assert_int_equal(DECODE(PREAMBLE "\x08\2\1\x08"), WY_UNSUPPORTED);
    wy_arena_deinit(&arena);
}

TEST(nesting_is_bounded) {
    /* 120 components in each other; the innermost is written first. */
    uint8_t bytes[4096], next[4096];
    size_t len = 8;
    memcpy(bytes, PREAMBLE, 8);
    for (int i = 0; i < 120; i++) {
        memcpy(next, PREAMBLE, 8);
        next[8] = 4;
        next[9] = (uint8_t)(len | 0x80);
        next[10] = (uint8_t)(len >> 7);
        memcpy(next + 11, bytes, len);
        len += 11;
        memcpy(bytes, next, len);
    }
    assert_int_equal(decode(bytes, len), WY_LIMIT);
    wy_arena_deinit(&arena);
}

TEST(every_truncation_is_refused_with_a_place) {
    static const char *const names[] = {"lifted.wasm", "resources.wasm", "types.wasm"};
    for (size_t i = 0; i < 3; i++) {
        size_t len;
        uint8_t *bytes = read_file(names[i], &len);
        assert_int_equal(decode(bytes, len), WY_OK);
        size_t whole = 0;
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *copy = malloc(cut ? cut : 1); /* so that a read beyond the end is seen */
            memcpy(copy, bytes, cut);
            wy_err err = decode(copy, cut);
            if (err == WY_OK)
                whole++; /* cut between two sections */
            else
                assert_true(diag.has_offset && diag.offset <= cut);
            wy_arena_deinit(&arena);
            free(copy);
        }
        assert_true(whole < 64);
        free(bytes);
    }
    wy_arena_deinit(&arena);
}
