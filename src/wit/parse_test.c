#include "wit/parse.h"
#include "base/test.h"
#include "wit/resolve.h"

typedef struct fixture {
    wy_arena arena;
    wy_wit_set set;
    wy_diag diag;
} fixture;

static void setup(fixture *f) {
    wy_arena_init(&f->arena, (size_t)64 << 20);
    wy_wit_set_init(&f->set, &f->arena);
    wy_diag_init(&f->diag);
}

/* Reads and resolves one text. */
static wy_err read_text(fixture *f, const char *text) {
    wy_err err = wy_wit_set_add_text(&f->set, WY_STR("x.wit"), wy_str_of(text), &f->diag);
    for (uint32_t i = 0; !err && i < f->set.package_count; i++)
        err = wy_wit_resolve_package(&f->set, f->set.packages[i], &f->diag);
    return err;
}

static void expect_good(const char *text) {
    fixture f;
    setup(&f);
    wy_err err = read_text(&f, text);
    if (err) print_error("%s\n", f.diag.text);
    assert_int_equal(err, WY_OK);
    wy_arena_deinit(&f.arena);
}

static void expect_bad(const char *text, wy_err want, uint32_t line, uint32_t column,
                       const char *words) {
    fixture f;
    setup(&f);
    wy_err err = read_text(&f, text);
    if (err != want || f.diag.line != line || f.diag.column != column ||
        !strstr(f.diag.text, words))
        print_error("for: %s\ngot %s: %s\n", text, wy_err_name(err), f.diag.text);
    assert_int_equal(err, want);
    assert_int_equal(f.diag.line, line);
    assert_int_equal(f.diag.column, column);
    assert_non_null(strstr(f.diag.text, words));
    wy_arena_deinit(&f.arena);
}

#define IN_INTERFACE(items) "package a:b;\ninterface i {\n" items "\n}\n"

TEST(every_item_is_read) {
    expect_good(
        "package a:b@1.2.3-x;\n"
        "use c as d;\n"
        "/* a /* nested */ comment */\n"
        "@since(version = 1.0.0)\n"
        "interface c {\n"
        "  /// documentation\n"
        "  @since(version = 1.0.0) @deprecated(version = 1.1.0)\n"
        "  type t = list<tuple<u8, s64, f32, char>>;\n"
        "  type fixed = list<u8, 16>;\n"
        "  record r { a: bool, %record: t, }\n"
        "  variant v { none, some(r), other(result<_, string>) }\n"
        "  enum e { A, b-C }\n"
        "  flags f { x, y }\n"
        "  resource empty;\n"
        "  @unstable(feature = more)\n"
        "  resource s {\n"
        "    constructor(x: option<own<s>>) -> result<s, e>;\n"
        "    @external-id(\"a \\\" b\")\n"
        "    m: func(o: borrow<s>,) -> result;\n"
        "    n: static async func() -> result<s>;\n"
        "  }\n"
        "  p: async func(a: stream<u8>, b: future, c: map<string, u32>, d: stream,\n"
        "                e: future<error-context>);\n"
        "}\n"
        "interface k { use d.{t,}; @unstable(feature = more) use d.{s as z};\n"
        "  @unstable(feature = more) q: func(a: t, b: borrow<z>) -> z; }\n"
        "world w {\n"
        "  import c;\n"
        "  import f: func();\n"
        "  import i: interface { use k.{t}; g: func() -> t; }\n"
        "  export a:b/k@1.2.3-x;\n"
        "  export j: d;\n"
        "  use c.{r};\n"
        "  type u = r;\n"
        "  export h: func(x: u) -> r;\n"
        "}\n"
        "world v { include w with { f as ff, h as hh } }\n"
        "world x { import i: interface { use later.{t}; } }\n"
        "use c as later;\n"
        "package n:m { interface l { use a:b/c.{e}; x: func() -> e; } }\n");
}

TEST(names_may_be_used_before_they_are_defined) {
    expect_good(IN_INTERFACE("f: func(x: y) -> z; type y = z; record z { a: u8 }"));
}

TEST(bad_tokens_name_their_place) {
    expect_bad("package a:b;\ninterface i {\n  x: func($);\n}", WY_MALFORMED, 3, 11,
               "unexpected character '$'");
    expect_bad("package a:b;\n\n/* never", WY_MALFORMED, 3, 1, "never closed");
    expect_bad("package a:b;\ninterface aB {}", WY_MALFORMED, 2, 11, "\"aB\" is not a name");
    expect_bad("package a:b@1.2;", WY_MALFORMED, 1, 13, "\"1.2\" is not a version");
    expect_bad(IN_INTERFACE("@external-id(\"a\x01\") type t = u8;"), WY_MALFORMED, 3, 14,
               "the string is never closed");
    expect_bad("package a:b;\x01", WY_MALFORMED, 1, 13, "0x01");
}

TEST(columns_count_characters) {
    expect_bad("package a:b; /* h\xc3\xa9\xe2\x82\xac */ $", WY_MALFORMED, 1, 24, "'$'");
}

TEST(an_error_shows_the_line_and_a_caret) {
    fixture f;
    setup(&f);
    assert_int_equal(read_text(&f, IN_INTERFACE("\tx: func(a: strin);")), WY_NOT_FOUND);
    assert_string_equal(f.diag.text,
                        "x.wit:3:13: no type \"strin\" is known here\n"
                        "  \tx: func(a: strin);\n"
                        "  \t           ^");
    wy_arena_deinit(&f.arena);
}

TEST(syntax_errors_say_what_was_expected) {
    expect_bad("package a;", WY_MALFORMED, 1, 10, "expected \":\"");
    expect_bad("interface i {}", WY_INVALID, 1, 1, "no package line");
    expect_bad("package a:b;\ninterface i {}\npackage c:d;", WY_MALFORMED, 3, 1, "comes first");
    expect_bad("package a:b;\ninterface func {}", WY_MALFORMED, 2, 11, "\"%func\"");
    expect_bad("package a:b;\nfoo", WY_MALFORMED, 2, 1, "expected \"interface\"");
    expect_bad("package a:b;\ninterface i {", WY_MALFORMED, 2, 14, "the end of the file");
    expect_bad(IN_INTERFACE("x: func() -> ();"), WY_MALFORMED, 3, 14, "expected a type");
    expect_bad(IN_INTERFACE("x: func()"), WY_MALFORMED, 4, 1, "expected \";\"");
    expect_bad(IN_INTERFACE("type t = tuple<>;"), WY_MALFORMED, 3, 16, "expected a type");
    expect_bad(IN_INTERFACE("type t = list<u8, 0>;"), WY_INVALID, 3, 19, "fixed length");
    expect_bad(IN_INTERFACE("record r {}"), WY_INVALID, 3, 8, "at least one field");
    expect_bad(IN_INTERFACE("enum e {}"), WY_INVALID, 3, 6, "at least one case");
    expect_bad(IN_INTERFACE("use j.{};"), WY_INVALID, 3, 5, "names no types");
    expect_bad(IN_INTERFACE("@later(version = 1.0.0) type t = u8;"), WY_MALFORMED, 3, 2,
               "no such annotation");
    expect_bad("package a:b;\nworld w { x: func(); }", WY_MALFORMED, 2, 11, "expected an import");
    expect_bad("package a:b;\nworld w { include v with { x } }", WY_MALFORMED, 2, 30,
               "expected \"as\"");
}

TEST(names_are_defined_once) {
    expect_bad(IN_INTERFACE("type t = u8;\ntype t = u16;"), WY_INVALID, 4, 6, "\"t\"");
    expect_bad(IN_INTERFACE("f: func();\nf: func();"), WY_INVALID, 4, 1, "\"f\"");
    expect_bad(IN_INTERFACE("type f = u8;\nf: func();"), WY_INVALID, 4, 1, "\"f\"");
    expect_bad(IN_INTERFACE("record r { a: u8, a: u8 }"), WY_INVALID, 3, 19, "\"a\"");
    expect_bad(IN_INTERFACE("f: func(a: u8, a: u8);"), WY_INVALID, 3, 16, "\"a\"");
    expect_bad(IN_INTERFACE("resource r { m: func(); m: static func(); }"), WY_INVALID, 3, 25,
               "\"m\"");
    expect_bad(IN_INTERFACE("resource r { constructor(); constructor(); }"), WY_INVALID, 3, 29,
               "\"constructor\"");
    expect_bad("package a:b;\ninterface i {}\nworld i {}", WY_INVALID, 3, 7, "\"i\"");
    expect_bad("package a:b;\ninterface i {}\npackage a:b {}", WY_INVALID, 1, 9, "there already");
}

TEST(names_must_stand_for_something) {
    expect_bad(IN_INTERFACE("record point { x: u8 }\nf: func(p: pont);"), WY_NOT_FOUND, 4, 12,
               "did you mean \"point\"?");
    expect_bad(IN_INTERFACE("use nowhere.{x};"), WY_NOT_FOUND, 3, 5, "no interface \"nowhere\"");
    expect_bad(IN_INTERFACE("use c:d/e@1.0.0.{x};"), WY_NOT_FOUND, 3, 5, "\"c:d/e@1.0.0\"");
    expect_bad("package a:b;\ninterface i { type t = u8; }\ninterface j { use i.{s}; }",
               WY_NOT_FOUND, 3, 22, "no type \"s\"");
    expect_bad("package a:b;\nworld w {}\nworld v { import w; }", WY_INVALID, 3, 18,
               "is no interface");
    expect_bad(IN_INTERFACE("record r { a: u8 }\nf: func(x: borrow<r>);"), WY_INVALID, 4, 12,
               "is no resource");
    expect_bad(IN_INTERFACE("resource r { constructor() -> u8; }"), WY_INVALID, 3, 31,
               "a constructor returns");
    expect_bad("package a:b;\nworld w {}\nworld v { include w with { x as y } }", WY_NOT_FOUND, 3,
               28, "has no \"x\"");
}

TEST(nothing_contains_itself) {
    expect_bad(IN_INTERFACE("type t = t;"), WY_INVALID, 3, 6, "contains itself");
    expect_bad(IN_INTERFACE("record a { b: list<b> }\nrecord b { a: a }"), WY_INVALID, 3, 8,
               "\"a\" contains itself");
    expect_bad("package a:b;\ninterface i { use j.{t}; }\ninterface j { use i.{t}; }", WY_INVALID,
               2, 22, "contains itself");
    expect_bad("package a:b;\nworld v { include w; }\nworld w { include v; }", WY_INVALID, 3, 19,
               "includes itself");
    expect_good(IN_INTERFACE("resource r { next: func() -> option<r>; }"));
}

TEST(nesting_has_a_limit) {
    char text[4096] = "package a:b;\ninterface i {\ntype t = ";
    for (int i = 0; i < 101; i++)
        strcat(text, "list<");
    strcat(text, "u8");
    for (int i = 0; i < 101; i++)
        strcat(text, ">");
    strcat(text, ";\n}");
    expect_bad(text, WY_LIMIT, 3, 510, "too deep");
}

TEST(a_long_chain_of_names_has_a_limit) {
    fixture f;
    wy_buf buf;
    setup(&f);
    wy_buf_init(&buf, 1 << 24);
    wy_buf_printf(&buf, "package a:b;\ninterface i {\n");
    for (int i = 0; i < 100000; i++)
        wy_buf_printf(&buf, "type t%d = t%d;\n", i, i + 1);
    wy_buf_printf(&buf, "type t100000 = u8;\n}\n");
    assert_int_equal(read_text(&f, buf.ptr), WY_LIMIT);
    wy_buf_deinit(&buf);
    wy_arena_deinit(&f.arena);
}

TEST(memory_has_a_limit) {
    fixture f;
    setup(&f);
    f.arena.limit = 8192;
    wy_buf buf;
    wy_buf_init(&buf, 1 << 20);
    wy_buf_printf(&buf, "package a:b;\ninterface i {\n");
    for (int i = 0; i < 1000; i++)
        wy_buf_printf(&buf, "f%d: func();\n", i);
    wy_buf_printf(&buf, "}\n");
    assert_int_equal(read_text(&f, buf.ptr), WY_LIMIT);
    wy_buf_deinit(&buf);
    wy_arena_deinit(&f.arena);
}

TEST(every_early_end_is_an_error_not_a_crash) {
    static const char text[] =
        "package a:b@1.0.0; @since(version = 1.0.0) interface i { use c:d/e@1.0.0"
        ".{f as g}; record r { a: list<u8, 4>, } variant v { x(result<_, u8>) } "
        "resource s { constructor(); m: static func(); } "
        "h: async func(a: option<own<s>>) -> tuple<u8>; } "
        "world w { import i: interface { } export a:b/c; include x with { y as z } }";
    for (size_t len = 0; len < sizeof text; len++) {
        fixture f;
        setup(&f);
        wy_wit_file file = {WY_STR("x.wit"), {text, len}};
        wy_wit_parsed parsed;
        wy_err err = wy_wit_parse(&f.arena, &file, &parsed, &f.diag);
        assert_true(err == WY_OK || f.diag.line == 1);
        wy_arena_deinit(&f.arena);
    }
}
