#include "registry/manifest.h"
#include "base/test.h"

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define D(type, size) "{\"mediaType\":\"" type "\",\"digest\":\"sha256:" HEX "\",\"size\":" size "}"
#define WHOLE(config, layers) "{\"schemaVersion\":2,\"config\":" config ",\"layers\":[" layers "]}"

static wy_err parse(wy_arena *arena, const char *json, wy_manifest *out, wy_diag *diag) {
    wy_arena_init(arena, 1 << 20);
    wy_diag_init(diag);
    return wy_manifest_parse(arena, wy_str_of(json), out, diag);
}

TEST(a_manifest_is_printed_as_it_is_read) {
    wy_arena arena, second;
    wy_diag diag;
    wy_manifest m, again;
    const char *json = WHOLE(D("c", "2"), D(WY_MEDIA_WASM, "3") "," D("x", "0"));
    assert_int_equal(parse(&arena, json, &m, &diag), WY_OK);
    assert_int_equal(m.layer_count, 2);
    assert_true(wy_descriptor_is_wasm(&m.layers[0]) && !wy_descriptor_is_wasm(&m.layers[1]));
    assert_int_equal(m.layers[0].size, 3);
    assert_true(wy_str_eqz(m.config.sha256, HEX));
    const wy_annotation notes[] = {{WY_STR("a"), WY_STR("\"")}, {WY_STR("b"), WY_STR("")}};
    m.annotations = notes;
    m.annotation_count = 2;
    wy_buf text;
    wy_buf_init(&text, 4096);
    wy_manifest_print(&m, &text);
    assert_int_equal(parse(&second, text.ptr, &again, &diag), WY_OK);
    assert_int_equal(again.layer_count, 2);
    assert_non_null(strstr(text.ptr, "\"annotations\":{\"a\":\"\\\"\",\"b\":\"\"}"));
    wy_buf_deinit(&text);
    wy_arena_deinit(&arena);
    wy_arena_deinit(&second);
}

TEST(what_is_no_manifest_says_why) {
    static const struct {
        const char *json;
        wy_err err;
        const char *text;
    } bad[] = {
        {"", WY_MALFORMED, "no JSON"},
        {"<html>", WY_MALFORMED, "no JSON"},
        {"[]", WY_INVALID, "no object"},
        {"{}", WY_UNSUPPORTED, "schemaVersion"},
        {"{\"schemaVersion\":1}", WY_UNSUPPORTED, "schemaVersion"},
        {"{\"schemaVersion\":2,\"manifests\":[]}", WY_UNSUPPORTED, "index"},
        {"{\"schemaVersion\":2}", WY_INVALID, "media type"},
        {"{\"schemaVersion\":2,\"config\":" D("c", "2") "}", WY_INVALID, "no layers"},
        {WHOLE(D("c", "-1"), ""), WY_INVALID, "no size"},
        {WHOLE(D("c", "\"1\""), ""), WY_INVALID, "no size"},
        {WHOLE(D("c", "1"), D("x", "1000000000")), WY_LIMIT, "WY_MAX_COMPONENT_BYTES"},
        {WHOLE(D("c", "1"), "{\"mediaType\":\"x\",\"size\":1}"), WY_INVALID, "no digest"},
        {WHOLE(D("c", "1"), "{\"mediaType\":\"x\",\"size\":1,\"digest\":\"sha256:../x\"}"),
         WY_INVALID, "hexadecimal"},
        {WHOLE(D("c", "1"), "{\"mediaType\":\"x\",\"size\":1,\"digest\":\"sha512:00\"}"),
         WY_UNSUPPORTED, "SHA-512"},
        {WHOLE(D("c", "1"), "7"), WY_INVALID, "media type"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        wy_arena arena;
        wy_diag diag;
        wy_manifest m;
        assert_int_equal(parse(&arena, bad[i].json, &m, &diag), bad[i].err);
        assert_non_null(strstr(diag.text, bad[i].text));
        wy_arena_deinit(&arena);
    }
}

TEST(layers_without_end_are_a_limit) {
    wy_buf json;
    wy_buf_init(&json, (size_t)4 << 20);
    wy_buf_printf(&json, "{\"schemaVersion\":2,\"config\":" D("c", "1") ",\"layers\":[0");
    for (int i = 0; i < 2000; i++)
        wy_buf_printf(&json, ",0");
    wy_buf_printf(&json, "]}");
    wy_arena arena;
    wy_diag diag;
    wy_manifest m;
    assert_int_equal(parse(&arena, json.ptr, &m, &diag), WY_LIMIT);
    assert_non_null(strstr(diag.text, "WY_MAX_REGISTRY_LAYERS"));
    wy_arena_deinit(&arena);
    wy_buf_deinit(&json);
}
