#include "wit/print.h"
#include "base/test.h"
#include "wit/lexer.h"
#include "wit/parse.h"
#include "wit/set.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_op(const wy_wit_token *token, const char *op) {
    return token->kind == WY_WIT_TOKEN_OPERATOR && wy_str_eqz(token->text, op);
}

/* The next token that matters: a comma before a closing bracket does not, and a version counts for
 * the '@' or '=' before it. */
static wy_wit_token next(wy_wit_lexer *lexer) {
    wy_wit_token token;
    assert_int_equal(wy_wit_lexer_next(lexer, &token, NULL), WY_OK);
    if (is_op(&token, "@") || is_op(&token, "=")) {
        wy_wit_lexer version = *lexer;
        wy_wit_token found;
        if (wy_wit_lexer_version(&version, &found, NULL)) return token;
        *lexer = version;
        return found;
    }
    if (!is_op(&token, ",")) return token;
    wy_wit_lexer ahead = *lexer;
    wy_wit_token after;
    assert_int_equal(wy_wit_lexer_next(&ahead, &after, NULL), WY_OK);
    bool closing = after.kind == WY_WIT_TOKEN_OPERATOR && strchr("})>", after.text.ptr[0]);
    if (!closing) return token;
    *lexer = ahead;
    return after;
}

static void compare_tokens(const wy_wit_file *a, const wy_wit_file *b) {
    wy_wit_lexer x, y;
    wy_wit_lexer_init(&x, a);
    wy_wit_lexer_init(&y, b);
    for (;;) {
        wy_wit_token s = next(&x), t = next(&y);
        if (s.kind != t.kind || !wy_str_eq(s.text, t.text)) {
            wy_diag diag;
            wy_diag_init(&diag);
            wy_wit_error(&diag, WY_INVALID, s.pos, "printed as \"" WY_STR_FMT "\"",
                         WY_STR_ARG(t.text));
            print_error("%s\n", diag.text);
        }
        assert_int_equal(s.kind, t.kind);
        assert_true(wy_str_eq(s.text, t.text));
        if (s.kind == WY_WIT_TOKEN_END) return;
    }
}

static void check_text(wy_str path, wy_str text) {
    wy_arena arena;
    wy_diag diag;
    wy_buf first, second;
    wy_wit_parsed parsed;
    wy_arena_init(&arena, (size_t)16 << 20);
    wy_diag_init(&diag);
    wy_buf_init(&first, 1 << 24);
    wy_buf_init(&second, 1 << 24);

    wy_wit_file file = {path, text};
    assert_int_equal(wy_wit_parse(&arena, &file, &parsed, &diag), WY_OK);
    wy_wit_print_package(&first, parsed.packages[0]);
    wy_wit_file printed = {WY_STR("printed"), wy_buf_view(&first)};
    compare_tokens(&file, &printed);

    assert_int_equal(wy_wit_parse(&arena, &printed, &parsed, &diag), WY_OK);
    wy_wit_print_package(&second, parsed.packages[0]);
    assert_string_equal(first.ptr, second.ptr);
    wy_buf_deinit(&first);
    wy_buf_deinit(&second);
    wy_arena_deinit(&arena);
}

static int files_seen;

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)ftw;
    if (type != FTW_F || !wy_str_ends(wy_str_of(path), WY_STR(".wit"))) return 0;
    FILE *file = fopen(path, "rb");
    char *text = malloc((size_t)st->st_size + 1);
    assert_non_null(file);
    assert_non_null(text);
    size_t len = fread(text, 1, (size_t)st->st_size, file);
    fclose(file);
    check_text(wy_str_of(path), (wy_str){text, len});
    free(text);
    files_seen++;
    return 0;
}

TEST(every_file_prints_as_it_was_written) {
    assert_int_equal(nftw(WITHY_SOURCE_DIR "/wit", visit, 16, FTW_PHYS), 0);
    assert_true(files_seen >= 80);
}

TEST(what_no_file_has_prints_too) {
    static const char text[] =
        "package %use:b@1.0.0-x+y; use c:d/e@1.0.0 as f; use g;"
        "@unstable(feature = %type) interface g {"
        "@external-id(\"x\") type a = list<u8, 4>; type b = map<string, u8>;"
        "h: async func(s: stream<u8>, t: future, u: error-context) -> result<_, option<result>>;"
        "resource r { constructor() -> result<r>; s: static async func(); m: func(o: own<r>); } }"
        "world w { import i: interface { f: func(); } import j: async func();"
        "export k: c:d/e@1.0.0; import %use:b/g@1.0.0-x+y; include v with { a as b, } include x; }";
    check_text(WY_STR("text"), (wy_str){text, sizeof text - 1});
}

/* As a tool would that knows a world only from a binary. */
TEST(a_package_built_by_hand_prints) {
    wy_wit_type list = {.kind = WY_WIT_LIST}, u8 = {.kind = WY_WIT_U8},
                point = {.kind = WY_WIT_NAME, .name = WY_STR("point")};
    wy_wit_type *list_args[] = {&u8};
    list.args = list_args;
    list.arg_count = 1;
    wy_wit_field fields[] = {{.name = WY_STR("x"), .type = &u8},
                             {.name = WY_STR("type"), .type = &list}};
    wy_wit_typedef record = {
        .kind = WY_WIT_RECORD, .name = WY_STR("point"), .fields = fields, .field_count = 2};
    wy_wit_func func = {
        .name = WY_STR("move"), .params = fields, .param_count = 1, .result = &point};
    wy_wit_item items[] = {{.kind = WY_WIT_ITEM_TYPE, .type = &record},
                           {.kind = WY_WIT_ITEM_FUNC, .func = &func}};
    wy_wit_scope interface = {.name = WY_STR("shapes"), .items = items, .item_count = 2};
    wy_wit_extern import = {
        .path = {.package = WY_STR("wasi:io"), .name = WY_STR("poll"), .version = WY_STR("0.2.0")}};
    wy_wit_extern export = {.path = {.name = WY_STR("shapes")}};
    wy_wit_item world_items[] = {{.kind = WY_WIT_ITEM_IMPORT, .ext = &import},
                                 {.kind = WY_WIT_ITEM_EXPORT, .ext = &export}};
    wy_wit_scope world = {
        .is_world = true, .name = WY_STR("root"), .items = world_items, .item_count = 2};
    wy_wit_scope *scopes[] = {&interface, &world};
    wy_wit_package package = {.name = WY_STR("root:component"), .scopes = scopes, .scope_count = 2};

    wy_buf buf;
    wy_buf_init(&buf, 4096);
    wy_wit_print_package(&buf, &package);
    assert_string_equal(buf.ptr,
                        "package root:component;\n"
                        "\n"
                        "interface shapes {\n"
                        "  record point {\n"
                        "    x: u8,\n"
                        "    %type: list<u8>,\n"
                        "  }\n"
                        "  move: func(x: u8) -> point;\n"
                        "}\n"
                        "\n"
                        "world root {\n"
                        "  import wasi:io/poll@0.2.0;\n"
                        "  export shapes;\n"
                        "}\n");
    wy_buf_deinit(&buf);
}
