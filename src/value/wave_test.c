#include "value/wave.h"
#include "base/test.h"
#include "value/testing.h"

#include <stdio.h>

#define RANDOM_CASES 20000

/* --- types by hand --- */

static const wy_type *laid_out(wy_type *type, wy_field *fields, uint32_t count) {
    type->fields = fields;
    type->count = count;
    assert_int_equal(wy_type_layout(type, fields, NULL), WY_OK);
    return type;
}

#define TYPE(name, kind_, ...)                                                                     \
    static const wy_type *name(void) {                                                             \
        const wy_field given[] = {__VA_ARGS__};                                                    \
        static wy_field fields[3];                                                                 \
        static wy_type type = {.kind = kind_};                                                     \
        memcpy(fields, given, sizeof given);                                                       \
        return laid_out(&type, fields, sizeof given / sizeof given[0]);                            \
    }
#define F(name_, type_)                                                                            \
    { .name = WY_STR(name_), .type = type_ }

TYPE(option_u8, WY_KIND_OPTION, F("none", NULL), F("some", &wy_type_u8))
TYPE(option_string, WY_KIND_OPTION, F("none", NULL), F("some", &wy_type_string))
TYPE(option_option, WY_KIND_OPTION, F("none", NULL), F("some", option_u8()))
TYPE(result_none, WY_KIND_RESULT, F("ok", NULL), F("error", NULL))
TYPE(result_both, WY_KIND_RESULT, F("ok", &wy_type_u8), F("error", &wy_type_string))
TYPE(tuple, WY_KIND_TUPLE, F("0", &wy_type_string), F("1", &wy_type_u32))
TYPE(record, WY_KIND_RECORD, F("must-have", &wy_type_u8), F("maybe", option_string()))
TYPE(all_optional, WY_KIND_RECORD, F("a", option_u8()), F("b", option_u8()))
TYPE(variant, WY_KIND_VARIANT, F("empty", NULL), F("body", &wy_type_string), F("err", &wy_type_u8))
TYPE(status, WY_KIND_ENUM, F("ok", NULL), F("not-found", NULL))
TYPE(flags, WY_KIND_FLAGS, F("read", NULL), F("write", NULL), F("exec", NULL))

static const wy_type *list_of(const wy_type *elem) {
    static wy_type types[8];
    static int next;
    wy_type *type = &types[next++ % 8];
    *type = (wy_type){.kind = WY_KIND_LIST, .elem = elem};
    return laid_out(type, NULL, 0);
}

/* --- handles: called h1 to h9 --- */

static const char *find(void *data, wy_str name, const wy_type *type, wy_handle *handle_out) {
    (void)data;
    (void)type;
    if (name.len != 2 || name.ptr[0] != 'h') return "is no handle";
    *handle_out = (wy_handle)name.ptr[1] - '0';
    return NULL;
}

static void print_handle(void *data, const wy_type *type, wy_handle handle, wy_buf *buf) {
    (void)data;
    (void)type;
    wy_buf_printf(buf, "h%d", (int)handle);
}

static const wy_wave_handles handles = {NULL, find, print_handle};

/* --- checks --- */

/* `text` is a value of the type, and prints as `printed`. */
static void check(const wy_type *type, const char *text, const char *printed) {
    wy_arena arena;
    wy_diag diag;
    wy_buf buf;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_diag_init(&diag);
    wy_buf_init(&buf, (size_t)1 << 20);
    void *value = wy_arena_alloc(&arena, type->size);
    wy_err err = wy_wave_parse(wy_str_of(text), type, &arena, &handles, value, &diag);
    if (err) print_error("%s\n", diag.text);
    assert_int_equal(err, WY_OK);
    wy_wave_print(type, value, &handles, &buf);
    assert_string_equal(buf.ptr, printed);
    wy_buf_deinit(&buf);
    wy_arena_deinit(&arena);
}

/* `text` is no value of the type, and the error begins with `words`. */
static void refuse(const wy_type *type, const char *text, const char *words) {
    wy_arena arena;
    wy_diag diag;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_diag_init(&diag);
    void *value = wy_arena_alloc(&arena, type->size);
    wy_err err = wy_wave_parse(wy_str_of(text), type, &arena, &handles, value, &diag);
    if (strncmp(diag.text, words, strlen(words)) != 0)
        print_error("%s: \"%s\", not \"%s\"\n", text, diag.text, words);
    assert_int_equal(err, WY_MALFORMED);
    assert_int_equal(strncmp(diag.text, words, strlen(words)), 0);
    wy_arena_deinit(&arena);
}

TEST(scalars) {
    check(&wy_type_bool, " true ", "true");
    check(&wy_type_bool, "false // no\n", "false");
    check(&wy_type_u8, "255", "255");
    check(&wy_type_s8, "-128", "-128");
    check(&wy_type_u64, "18446744073709551615", "18446744073709551615");
    check(&wy_type_s64, "-9223372036854775808", "-9223372036854775808");
    check(&wy_type_u16, "-0", "0");
    check(&wy_type_char, "'x'", "'x'");
    check(&wy_type_char, "'\\''", "'\\''");
    check(&wy_type_char, "'\"'", "'\"'");
    check(&wy_type_char, "'\\u{1f30A}'", "'\xf0\x9f\x8c\x8a'");
    check(&wy_type_char, "'\\u{0}'", "'\\u{0}'");
}

TEST(scalars_out_of_range_or_of_another_kind_are_refused) {
    refuse(&wy_type_bool, "1", "column 1: expected true or false, found 1");
    refuse(&wy_type_bool, "%true", "column 1: expected true or false, found %true");
    refuse(&wy_type_u8, "256", "column 1: 256 does not fit u8 (0 to 255)\n  256\n  ^");
    refuse(&wy_type_u8, "-1", "column 1: -1 does not fit u8 (0 to 255)");
    refuse(&wy_type_s8, "-129", "column 1: -129 does not fit s8 (-128 to 127)");
    refuse(&wy_type_s64, "9223372036854775808", "column 1: 9223372036854775808 does not fit s64");
    refuse(&wy_type_u32, "1.5", "column 1: expected an integer (u32) without fraction");
    refuse(&wy_type_u32, "1e3", "column 1: expected an integer (u32) without fraction");
    refuse(&wy_type_u32, "01", "column 1: a number does not begin with 0");
    refuse(&wy_type_u32, "\"1\"", "column 1: expected an integer (u32), found \"");
    refuse(&wy_type_u32, "", "column 1: expected an integer (u32), found the end");
    refuse(&wy_type_u32, "1 2", "column 3: expected the end, found 2\n  1 2\n    ^");
    refuse(&wy_type_char, "'ab'", "column 1: expected one character between quotes");
    refuse(&wy_type_char, "''", "column 1: expected one character between quotes");
    refuse(&wy_type_char, "'\\u{d800}'", "column 2: d800 is not a Unicode scalar value");
    refuse(&wy_type_char, "'\\u{110000}'", "column 2: 110000 is not a Unicode scalar value");
    refuse(&wy_type_char, "'\\u{1000000}'", "column 2: expected 1 to 6 hexadecimal digits");
    refuse(&wy_type_char, "'\\x'", "column 2: no such escape");
}

TEST(floats_print_the_shortest_digits_that_read_back) {
    check(&wy_type_f64, "3.14", "3.14");
    check(&wy_type_f64, "0.1", "0.1");
    check(&wy_type_f32, "0.1", "0.1");
    check(&wy_type_f32, "16777217", "16777216");
    check(&wy_type_f64, "-0", "-0");
    check(&wy_type_f64, "-0.0e5", "-0");
    check(&wy_type_f64, "1", "1");
    check(&wy_type_f64, "1.50", "1.5");
    check(&wy_type_f64, "6.022e+23", "6.022e+23");
    check(&wy_type_f64, "1E21", "1e+21");
    check(&wy_type_f64, "100000000000000000000", "100000000000000000000");
    check(&wy_type_f64, "0.0000001", "0.0000001");
    check(&wy_type_f64, "1e-8", "1e-8");
    check(&wy_type_f64, "4.9e-324", "5e-324");
    check(&wy_type_f64, "1.7976931348623157e308", "1.7976931348623157e+308");
    check(&wy_type_f32, "3.4028235e38", "3.4028235e+38");
    check(&wy_type_f32, "1e-45", "1e-45");
    check(&wy_type_f64, "1e999999999999999999999", "inf");
    check(&wy_type_f64, "1e-999999999999999999999", "0");
    check(&wy_type_f64, "nan", "nan");
    check(&wy_type_f32, "inf", "inf");
    check(&wy_type_f64, "-inf", "-inf");
    refuse(&wy_type_f64, "-nan", "column 1: expected a number (f64), found -nan");
    refuse(&wy_type_f64, "%inf", "column 1: expected a number (f64), found %inf");
    refuse(&wy_type_f64, "1.", "column 2: expected digits behind the point");
    refuse(&wy_type_f64, "1e", "column 2: expected digits of an exponent");
    refuse(&wy_type_f64, "- inf", "column 1: expected a number (f64)");
}

TEST(strings) {
    check(&wy_type_string, "\"\"", "\"\"");
    check(&wy_type_string, "\"it's \\\"so\\\"\\t\\\\\"", "\"it's \\\"so\\\"\\t\\\\\"");
    check(&wy_type_string, "\"\xe2\x98\x83\\u{2603}\"", "\"\xe2\x98\x83\xe2\x98\x83\"");
    check(&wy_type_string, "\"\\u{202e}\\u{7f}\x01\"", "\"\\u{202e}\\u{7f}\\u{1}\"");
    check(&wy_type_string, "\"\"\"\n\"\"\"", "\"\"");
    check(&wy_type_string, "\"\"\"\none\n\"\"\"", "\"one\"");
    check(&wy_type_string, "\"\"\"\n    a\n  b\\t\\\"\n  \"\"\"", "\"  a\\nb\\t\\\"\"");
    check(&wy_type_string, "\"\"\"\r\n\r\nx\r\n\r\n\"\"\"", "\"\\nx\\n\"");
    refuse(&wy_type_string, "\"abc", "column 1: the string is never closed");
    refuse(&wy_type_string, "\"a\nb\"", "column 1: the string is never closed");
    refuse(&wy_type_string, "\"a\\q\"", "column 3: no such escape");
    refuse(&wy_type_string, "\"\\\"", "column 1: the string is never closed");
    refuse(&wy_type_string, "\"\"\"x\n\"\"\"", "column 4: expected a line end behind \"\"\"");
    refuse(&wy_type_string, "\"\"\"\nx\"\"\"", "line 2, column 2: expected only spaces");
    refuse(&wy_type_string, "\"\"\"\nx\n  \"\"\"", "line 2, column 1: expected the line to begin");
    refuse(&wy_type_string, "\"\"\"\nx", "column 1: the string is never closed");
    refuse(&wy_type_string, "\"\xff\"", "column 2: the text is not UTF-8");
}

TEST(lists_and_tuples) {
    check(list_of(&wy_type_u8), "[]", "[]");
    check(list_of(&wy_type_u8), " [ 1,2 , 3, ] ", "[1, 2, 3]");
    check(list_of(list_of(&wy_type_string)), "[[\"a\"], [], [\"b\", \"c\"]]",
          "[[\"a\"], [], [\"b\", \"c\"]]");
    check(tuple(), "(\"abc\", 123,)", "(\"abc\", 123)");
    refuse(list_of(&wy_type_u8), "[1", "column 3: expected \",\" or \"]\", found the end");
    refuse(list_of(&wy_type_u8), "[1 2]", "column 4: expected \",\" or \"]\", found 2");
    refuse(list_of(&wy_type_u8), "[,]", "column 2: expected an integer (u8), found ,");
    refuse(tuple(), "(\"abc\")", "column 1: expected a tuple of 2 values");
    refuse(tuple(), "(\"abc\", 1, 2)", "column 1: expected a tuple of 2 values");
    wy_type fixed = {.kind = WY_KIND_FIXED_LIST, .elem = &wy_type_u16};
    laid_out(&fixed, NULL, 3);
    check(&fixed, "[1, 2, 3]", "[1, 2, 3]");
    refuse(&fixed, "[1, 2]", "column 1: expected a list of exactly 3 elements");
    refuse(&fixed, "[1, 2, 3, 4]", "column 1: expected a list of exactly 3 elements");
}

TEST(maps_are_written_as_pairs) {
    wy_type map = {.kind = WY_KIND_MAP, .elem = tuple()};
    laid_out(&map, NULL, 0);
    check(&map, "[(\"a\", 1), (\"b\", 2)]", "[(\"a\", 1), (\"b\", 2)]");
}

TEST(streams_and_futures_have_no_text) {
    wy_type stream = {.kind = WY_KIND_STREAM, .elem = &wy_type_u8},
            future = {.kind = WY_KIND_FUTURE};
    laid_out(&stream, NULL, 0);
    laid_out(&future, NULL, 0);
    refuse(&stream, " x", "column 2: stream<u8> cannot be written as text");
    refuse(&future, "[1]", "column 1: future cannot be written as text");
    refuse(&wy_type_error_context, "x", "column 1: error-context cannot be written as text");
}

TEST(records) {
    check(record(), "{must-have: 1}", "{must-have: 1}");
    check(record(), "{maybe: \"x\", %must-have: 1,}", "{must-have: 1, maybe: some(\"x\")}");
    check(record(), "{must-have: 1, maybe: none}", "{must-have: 1}");
    check(all_optional(), "{:}", "{:}");
    check(all_optional(), "{a: none}", "{:}");
    refuse(record(), "{:}", "column 1: the record lacks the field \"must-have\"");
    refuse(record(), "{must-hve: 1}",
           "column 2: no such field: must-hve (did you mean must-have?)\n  {must-hve: 1}\n   ^");
    refuse(record(), "{zzz: 1}", "column 2: no such field: zzz; there are: must-have, maybe");
    refuse(record(), "{must-have: 1, must-have: 2}", "column 16: the field is given twice");
    refuse(record(), "{must-have 1}", "column 12: expected \":\", found 1");
    refuse(all_optional(), "{}", "column 1: a record without fields is written {:}");
}

TEST(variants_and_enums_escape_keywords) {
    check(variant(), "empty", "empty");
    check(variant(), "body (\"x\")", "body(\"x\")");
    check(variant(), "%err(3)", "%err(3)");
    check(status(), "%ok", "%ok");
    check(status(), "not-found", "not-found");
    refuse(variant(), "err(3)", "column 1: here \"err\" must be written %err");
    refuse(variant(), "body", "column 5: expected \"(\" and a value, found the end");
    refuse(variant(), "empty(1)", "column 6: \"empty\" has no value");
    refuse(status(), "not-fond", "column 1: no such case: not-fond (did you mean not-found?)");
}

TEST(options_and_results_may_be_flat) {
    check(option_u8(), "some(1)", "some(1)");
    check(option_u8(), "1", "some(1)");
    check(option_u8(), "none", "none");
    check(option_option(), "some(1)", "some(some(1))");
    check(option_option(), "some(none)", "some(none)");
    check(result_both(), "7", "ok(7)");
    check(result_both(), "err(\"no\")", "err(\"no\")");
    check(result_none(), "ok", "ok");
    check(result_none(), "err", "err");
    refuse(option_option(), "1", "column 1: expected some(...) or none, found 1");
    refuse(option_u8(), "%none", "column 1: expected an integer (u8), found %none");
    refuse(result_both(), "ok", "column 3: expected \"(\" and a value, found the end");
    refuse(result_none(), "1", "column 1: expected ok or err, found 1");
}

TEST(flags_in_any_order) {
    check(flags(), "{}", "{}");
    check(flags(), "{exec, %read,}", "{read, exec}");
    refuse(flags(), "{reed}", "column 2: no such flag: reed (did you mean read?)");
    refuse(flags(), "{read, read}", "column 8: the flag is given twice");
}

TEST(handles_by_name) {
    static const wy_resource_type thing = {WY_STR("a:b/c"), WY_STR("thing")};
    wy_type own_thing = {.kind = WY_KIND_OWN, .resource = &thing};
    laid_out(&own_thing, NULL, 0);
    check(&own_thing, "h4", "h4");
    refuse(&own_thing, "x", "column 1: \"x\" is no handle");
    refuse(&own_thing, "4", "column 1: expected the name of a handle, found 4");
    wy_handle handle = 4;
    wy_buf buf;
    wy_buf_init(&buf, 100);
    wy_wave_print(&own_thing, &handle, NULL, &buf);
    assert_string_equal(buf.ptr, "<thing>");
    wy_buf_deinit(&buf);
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_wave_parse(WY_STR("h1"), &own_thing, NULL, NULL, &handle, &diag),
                     WY_MALFORMED);
}

static wy_err parse_args(const char *text, size_t at, const wy_func_type *func, void *args,
                         wy_diag *diag) {
    wy_arena arena;
    wy_arena_init(&arena, (size_t)1 << 16);
    wy_diag_init(diag);
    wy_err err = wy_wave_parse_args(wy_str_of(text), at, func, &arena, NULL, args, diag);
    wy_arena_deinit(&arena);
    return err;
}

TEST(arguments_at_the_end_may_be_left_out_when_they_are_options) {
    struct {
        uint32_t a;
        uint8_t has_b, b;
    } args;
    wy_field fields[] = {F("a", &wy_type_u32), F("b", option_u8())};
    wy_func_type func = {.params = {.kind = WY_KIND_RECORD}};
    laid_out(&func.params, fields, 2);
    wy_diag diag;
    assert_int_equal(parse_args("f(7)", 1, &func, &args, &diag), WY_OK);
    assert_true(args.a == 7 && !args.has_b);
    assert_int_equal(parse_args("f( 7, 8, ) ", 1, &func, &args, &diag), WY_OK);
    assert_true(args.a == 7 && args.has_b && args.b == 8);
    assert_int_equal(parse_args("f()", 1, &func, &args, &diag), WY_MALFORMED);
    assert_string_equal(diag.text,
                        "column 3: expected 2 arguments: (a: u32, b: option<u8>)\n"
                        "  f()\n    ^");
    assert_int_equal(diag.column, 3);
    assert_int_equal(parse_args("f(1, 2, 3)", 1, &func, &args, &diag), WY_MALFORMED);
    assert_int_equal(diag.column, 9);
    assert_int_equal(parse_args("f(1", 1, &func, &args, &diag), WY_MALFORMED);
    assert_int_equal(parse_args("f(1) x", 1, &func, &args, &diag), WY_MALFORMED);
    assert_int_equal(diag.column, 6);
    assert_int_equal(parse_args("f", 1, &func, &args, &diag), WY_MALFORMED);
}

TEST(nesting_ends_at_the_limit) {
    static wy_type types[200];
    char text[500] = "";
    const wy_type *type = &wy_type_u8;
    for (int i = 0; i < 200; i++) {
        types[i] = (wy_type){.kind = WY_KIND_LIST, .elem = type};
        type = laid_out(&types[i], NULL, 0);
        text[i] = '[';
    }
    wy_arena arena;
    wy_diag diag;
    wy_list value;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_diag_init(&diag);
    assert_int_equal(wy_wave_parse(wy_str_of(text), type, &arena, NULL, &value, &diag), WY_LIMIT);
    assert_non_null(strstr(diag.text, "WY_MAX_TYPE_DEPTH"));
    wy_arena_deinit(&arena);
}

TEST(the_arena_is_a_limit) {
    wy_arena arena;
    wy_diag diag;
    wy_str value;
    static char text[100000];
    memset(text, 'x', sizeof text - 1);
    text[0] = text[sizeof text - 2] = '"';
    wy_arena_init(&arena, (size_t)64 << 10);
    wy_diag_init(&diag);
    assert_int_equal(wy_wave_parse(wy_str_of(text), &wy_type_string, &arena, NULL, &value, &diag),
                     WY_LIMIT);
    wy_arena_deinit(&arena);
}

TEST(labels) {
    assert_true(wy_wave_is_label(WY_STR("a")));
    assert_true(wy_wave_is_label(WY_STR("a1-2-B")));
    assert_false(wy_wave_is_label(WY_STR("")));
    assert_false(wy_wave_is_label(WY_STR("1a")));
    assert_false(wy_wave_is_label(WY_STR("a-")));
    assert_false(wy_wave_is_label(WY_STR("a--b")));
    assert_false(wy_wave_is_label(WY_STR("a_b")));
}

/* --- round trip --- */

static void random_scalar(wy_source *source, const wy_type *type, void *out) {
    uint64_t bits = wy_source_bits(source);
    if (bits & 1) bits = bits >> (bits >> 1 & 63); /* small ones too */
    if (type->kind == WY_KIND_BOOL) bits &= 1;
    if (type->kind == WY_KIND_CHAR) {
        bits %= 0x110000;
        if (bits >= 0xd800 && bits <= 0xdfff) bits = '\'';
    }
    memcpy(out, &bits, type->size);
}

static void random_string(wy_source *source, wy_arena *arena, wy_str *out) {
    static const char *const pieces[] = {"a", "\"", "\\", "\n", "\xc3\xa9", "\xe2\x80\xae",    "//",
                                         "'", " ",  "\r", "\t", "\x7f",     "\xf0\x9f\x8c\x8a"};
    char text[200];
    size_t len = 0;
    for (unsigned n = wy_source_byte(source) % 20; n > 0; n--) {
        const char *piece = pieces[wy_source_byte(source) % (sizeof pieces / sizeof *pieces)];
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    *out = (wy_str){wy_arena_strndup(arena, text, len), len};
}

static void random_value(wy_source *source, wy_arena *arena, const wy_type *type, char *out);

static void random_elements(wy_source *source, wy_arena *arena, const wy_type *elem, uint32_t count,
                            char *out) {
    for (uint32_t i = 0; i < count; i++)
        random_value(source, arena, elem, out + (size_t)i * elem->size);
}

static void random_value(wy_source *source, wy_arena *arena, const wy_type *type, char *out) {
    uint32_t index;
    memset(out, 0, type->size);
    switch ((int)type->kind) {
    case WY_KIND_STRING: random_string(source, arena, (wy_str *)out); return;
    case WY_KIND_LIST: {
        wy_list *list = (wy_list *)out;
        list->len = wy_source_byte(source) % 4;
        list->ptr = wy_arena_calloc(arena, list->len, type->elem->size);
        assert_non_null(list->ptr);
        random_elements(source, arena, type->elem, (uint32_t)list->len, list->ptr);
        return;
    }
    case WY_KIND_FIXED_LIST: random_elements(source, arena, type->elem, type->count, out); return;
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (uint32_t i = 0; i < type->count; i++)
            random_value(source, arena, type->fields[i].type, out + type->fields[i].offset);
        return;
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT:
        index = wy_source_byte(source) % type->count;
        memcpy(out, &index, type->disc_size);
        if (type->fields[index].type)
            random_value(source, arena, type->fields[index].type, out + type->payload_offset);
        return;
    case WY_KIND_FLAGS:
        index = (uint32_t)wy_source_bits(source) & (uint32_t)(((uint64_t)1 << type->count) - 1);
        memcpy(out, &index, type->size);
        return;
    case WY_KIND_OWN:
    case WY_KIND_BORROW: *(wy_handle *)out = 1 + wy_source_byte(source) % 9; return;
    default: random_scalar(source, type, out);
    }
}

static bool equal(const wy_type *type, const char *a, const char *b);

static bool equal_elements(const wy_type *elem, const char *a, const char *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!equal(elem, a + i * elem->size, b + i * elem->size)) return false;
    return true;
}

static bool equal_case(const wy_type *type, const char *a, const char *b) {
    uint32_t index = 0;
    memcpy(&index, a, type->disc_size);
    const wy_type *payload = type->fields[index].type;
    return memcmp(a, b, type->disc_size) == 0 &&
           (!payload || equal(payload, a + type->payload_offset, b + type->payload_offset));
}

static bool equal(const wy_type *type, const char *a, const char *b) {
    double x, y;
    switch ((int)type->kind) {
    case WY_KIND_F32:
    case WY_KIND_F64:
        x = type->kind == WY_KIND_F32 ? (double)*(const float *)a : *(const double *)a;
        y = type->kind == WY_KIND_F32 ? (double)*(const float *)b : *(const double *)b;
        return (x != x && y != y) || memcmp(&x, &y, sizeof x) == 0;
    case WY_KIND_STRING: return wy_str_eq(*(const wy_str *)a, *(const wy_str *)b);
    case WY_KIND_LIST: {
        const wy_list *p = (const wy_list *)a, *q = (const wy_list *)b;
        return p->len == q->len && equal_elements(type->elem, p->ptr, q->ptr, p->len);
    }
    case WY_KIND_FIXED_LIST: return equal_elements(type->elem, a, b, type->count);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (uint32_t i = 0; i < type->count; i++) {
            uint32_t at = type->fields[i].offset;
            if (!equal(type->fields[i].type, a + at, b + at)) return false;
        }
        return true;
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return equal_case(type, a, b);
    default: return memcmp(a, b, type->size) == 0;
    }
}

TEST(what_is_printed_parses_to_the_same_value) {
    for (uint64_t seed = 1; seed <= RANDOM_CASES; seed++) {
        wy_source source = {NULL, NULL, seed * 0x9e3779b97f4a7c15u};
        wy_arena arena;
        wy_buf buf;
        wy_diag diag;
        wy_arena_init(&arena, (size_t)64 << 20);
        wy_buf_init(&buf, (size_t)64 << 20);
        wy_diag_init(&diag);
        const wy_type *type = wy_source_type(&source, &arena, 3, NULL);
        char *value = wy_arena_alloc(&arena, type->size);
        char *again = wy_arena_alloc(&arena, type->size);
        assert_true(value && again);
        random_value(&source, &arena, type, value);
        wy_wave_print(type, value, &handles, &buf);
        wy_err err = wy_wave_parse(wy_buf_view(&buf), type, &arena, &handles, again, &diag);
        if (err) print_error("seed %llu: %s\n", (unsigned long long)seed, diag.text);
        assert_int_equal(err, WY_OK);
        if (!equal(type, value, again)) print_error("%s\n", buf.ptr);
        assert_true(equal(type, value, again));
        wy_buf_deinit(&buf);
        wy_arena_deinit(&arena);
    }
}
