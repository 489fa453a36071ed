#include "component/validate.h"

#include "base/limits.h"
#include "component/testing.h"
#include "component/decode.h"

#define PREAMBLE "\0asm\x0d\0\1\0"

static wy_arena arena;
static wy_diag diag;
static const wy_component_types *types;

static wy_err validate(const void *bytes, size_t len) {
    wy_component_ast *ast;
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_diag_init(&diag);
    wy_err err = wy_component_decode(&arena, bytes, len, &ast, &diag);
    return err ? err : wy_component_validate(&arena, ast, &types, &diag);
}

/* The literal has a valid binary form but breaks a rule in the definition at `at`. */
static void refuse(const void *bytes, size_t len, wy_err err, uint64_t at, const char *word) {
    assert_int_equal(validate(bytes, len), err);
    assert_null(types);
    assert_int_equal(diag.offset, at);
    assert_non_null(strstr(diag.text, word));
    wy_arena_deinit(&arena);
}

#define REFUSE(literal, at, word) refuse(literal, sizeof(literal) - 1, WY_INVALID, at, word)
#define REFUSE_GATED(literal, word) refuse(literal, sizeof(literal) - 1, WY_UNSUPPORTED, 11, word)
#define ACCEPT(literal) assert_int_equal(validate(literal, sizeof(literal) - 1), WY_OK)

/* Leaves the types of the file in `types`; the bytes are to be freed after use. */
static uint8_t *load(const char *name) {
    size_t len;
    uint8_t *bytes = read_file(name, &len);
    if (validate(bytes, len)) fail_msg("%s: %s", name, diag.text);
    return bytes;
}

static void unload(uint8_t *bytes) {
    wy_arena_deinit(&arena);
    free(bytes);
}

TEST(types_of_functions_are_resolved) {
    uint8_t *bytes = load("lifted.wasm");
    const wy_component_type *root = types->type;
    assert_int_equal(root->import_count, 2);
    assert_true(wy_str_eqz(root->imports[0].name, "log"));
    const wy_ctype_func *log = root->imports[0].type.func;
    assert_int_equal(log->param_count, 1);
    assert_int_equal(log->params[0].type->kind, WY_TYPE_STRING);
    assert_null(log->result);
    const wy_ctype *point = root->imports[1].type.type.value;
    assert_int_equal(point->kind, WY_TYPE_RECORD);
    assert_int_equal(point->elem_size64, 8);
    assert_true(wy_str_eqz(point->fields[1].label, "y"));
    assert_int_equal(root->export_count, 1);
    assert_int_equal(root->exports[0].type.sort, WY_SORT_INSTANCE);
    const wy_named_type *name =
        wy_instance_type_find(root->exports[0].type.instance, WY_STR("name"));
    assert_non_null(name);
    assert_int_equal(name->type.func->result->kind, WY_TYPE_STRING);
    assert_int_equal(types->nested_count, 1);
    unload(bytes);
}

TEST(resources_have_identities) {
    uint8_t *bytes = load("resources.wasm");
    const wy_component_type *root = types->type;
    assert_int_equal(root->import_resource_count, 1);
    assert_int_equal(root->import_resources[0].path_len, 2);
    assert_true(wy_str_eqz(root->import_resources[0].path[0], "test:io/streams@0.2.0"));
    assert_true(wy_str_eqz(root->import_resources[0].path[1], "stream"));
    /* One definition, exported under two names: one resource. */
    const wy_component_types *counter = types->nested[0];
    assert_int_equal(counter->type->export_resource_count, 1);
    assert_true(wy_str_eqz(counter->type->export_resources[0].path[0], "counter"));
    /* Two instantiations: two resources. */
    assert_int_equal(types->instance_count, 5);
    const wy_instance_type *one = types->instances[1], *two = types->instances[2];
    assert_int_equal(one->resource_count, 1);
    assert_int_equal(two->resource_count, 1);
    assert_int_not_equal(one->resources[0].id, two->resources[0].id);
    assert_int_not_equal(one->resources[0].id, counter->type->export_resources[0].id);
    const wy_named_type *make = wy_instance_type_find(one, WY_STR("[constructor]counter"));
    assert_int_equal(make->type.func->result->resource, one->resources[0].id);
    const wy_named_type *same = wy_instance_type_find(one, WY_STR("same"));
    assert_int_equal(same->type.type.resource, one->resources[0].id);
    /* Both leave the component under names of their own. */
    assert_int_equal(root->export_resource_count, 2);
    unload(bytes);
}

TEST(an_instance_of_exports_gives_no_new_names) {
    uint8_t *bytes = load("rebundled.wasm");
    assert_int_equal(types->type->export_count, 1);
    unload(bytes);
}

TEST(component_and_module_types) {
    uint8_t *bytes = load("types.wasm");
    const wy_named_type *module = wy_component_type_find_import(types->type, WY_STR("m"));
    assert_non_null(module);
    assert_int_equal(module->type.sort, WY_SORT_CORE_MODULE);
    assert_int_equal(module->type.core_module->import_count, 2);
    assert_int_equal(module->type.core_module->imports[0].type.func->param_count, 1);
    const wy_named_type *handler = wy_component_type_find_import(types->type, WY_STR("handler"));
    assert_int_equal(handler->type.component->import_count, 2);
    assert_non_null(wy_component_type_find_export(types->type, WY_STR("run")));
    assert_null(wy_component_type_find_export(types->type, WY_STR("walk")));
    unload(bytes);
}

TEST(indexes_and_sorts) {
    REFUSE(PREAMBLE "\7\3\1\x70\0", 11, "unknown type 0"); /* (list 0), itself */
    REFUSE(PREAMBLE
           "\x0b\7\1\0\1"
           "g\1\0\0",
           11, "unknown func 0");
    REFUSE(PREAMBLE
           "\x0a\6\1\0\1"
           "f\1\0",
           11, "unknown type 0");
    REFUSE(PREAMBLE
           "\7\2\1\x7f\x0a\6\1\0\1"
           "f\1\0",
           15, "not a function type");
    REFUSE(PREAMBLE "\6\5\1\3\2\1\0", 11, "outer alias"); /* beyond the root */
}

TEST(value_types) {
    REFUSE(PREAMBLE "\7\3\1\x72\0", 11, "must not be empty");
    REFUSE(PREAMBLE
           "\7\7\1\x6e\2\1"
           "a\1"
           "A",
           11, "conflicts");
    REFUSE(PREAMBLE
           "\7\5\1\x6e\1\1"
           "_",
           11, "kebab");
    REFUSE(PREAMBLE "\7\3\1\x69\0", 11, "unknown type"); /* (own 0) */
    REFUSE(PREAMBLE "\7\4\2\x7f\x69\0", 12, "not a resource");
}

TEST(names) {
    static const char *const good[] = {"a",         "a-B1-c",           "[constructor]a",
                                       "a:b/c",     "a:b/c@1.0.0-rc.1", "url=<http://x>",
                                       "a1x3d-4CR0"};
    static const char *const bad[] = {
        "",     "1a",    "a--b",    "a-",           "aB",           "[method]a", "a:b",
        "a:b/", "A:b/c", "a:b/c@1", "a:b/c@01.0.0", "a:b/c@1.0.0-", "[x]a",      "a b"};
    for (size_t i = 0; i < sizeof good / sizeof *good + sizeof bad / sizeof *bad; i++) {
        bool ok = i < sizeof good / sizeof *good;
        const char *name = ok ? good[i] : bad[i - sizeof good / sizeof *good];
        /* (type (instance)) or for a constructor a function: imported as an instance */
        uint8_t bytes[128];
        size_t len = strlen(name), at = 0;
        memcpy(bytes, PREAMBLE "\7\3\1\x42\0\x0a", 14);
        at = 14;
        bytes[at++] = (uint8_t)(len + 5);
        bytes[at++] = 1;
        bytes[at++] = 0;
        bytes[at++] = (uint8_t)len;
        memcpy(bytes + at, name, len);
        at += len;
        bytes[at++] = 5;
        bytes[at++] = 0;
        wy_err err = validate(bytes, at);
        bool passed = err == WY_OK || strstr(diag.text, "is not a func") != NULL;
        if (passed != ok) fail_msg("\"%s\": %s", name, diag.text);
    }
    wy_arena_deinit(&arena);
}

TEST(proposals_are_named) {
    REFUSE_GATED(PREAMBLE "\7\3\1\x66\0", "async");
    REFUSE_GATED(PREAMBLE "\7\5\1\x43\0\1\0", "async");
    REFUSE_GATED(PREAMBLE "\7\4\1\x67\x7f\2", "fixed-length lists");
    REFUSE_GATED(PREAMBLE "\7\4\1\x63\x73\x73", "map");
    REFUSE_GATED(PREAMBLE "\x08\2\1\x1f", "async");
    REFUSE_GATED(PREAMBLE "\x08\2\1\x1e", "error-context");
    REFUSE_GATED(PREAMBLE "\x08\2\1\x26", "threads");
}

static const wy_ctype *type_of(unsigned proposals, const char *bytes, size_t len) {
    wy_component_ast *ast;
    wy_arena_deinit(&arena);
    wy_arena_init(&arena, WY_MAX_COMPONENT_ARENA);
    wy_diag_init(&diag);
    assert_int_equal(wy_component_decode(&arena, (const uint8_t *)bytes, len, &ast, &diag), WY_OK);
    if (wy_component_validate_with(&arena, ast, proposals, &types, &diag))
        fail_msg("%s", diag.text);
    return types->types[types->type_count - 1].value;
}

#define TYPE_OF(proposals, literal) type_of(proposals, PREAMBLE literal, sizeof(literal) + 7)

static void has_layout(const wy_ctype *type, wy_type_kind kind, uint32_t size, uint32_t align) {
    assert_int_equal(type->kind, kind);
    assert_int_equal(type->elem_size64, size);
    assert_int_equal(type->align64, align);
}

TEST(types_of_proposals_have_layouts) {
    has_layout(TYPE_OF(WY_PROPOSAL_ASYNC, "\7\3\1\x66\0"), WY_TYPE_STREAM, 4, 4);
    has_layout(TYPE_OF(WY_PROPOSAL_ASYNC, "\7\4\1\x65\1\x73"), WY_TYPE_FUTURE, 4, 4);
    has_layout(TYPE_OF(WY_PROPOSAL_MAP, "\7\4\1\x63\x73\x7d"), WY_TYPE_MAP, 16, 8);
    const wy_ctype *list = TYPE_OF(WY_PROPOSAL_FIXED_LISTS, "\7\4\1\x67\x7b\3");
    has_layout(list, WY_TYPE_FIXED_LIST, 6, 2);
    assert_int_equal(list->length, 3);
    has_layout(TYPE_OF(WY_PROPOSAL_ERROR_CONTEXT, "\7\2\1\x64"), WY_TYPE_ERROR_CONTEXT, 4, 4);
    has_layout(TYPE_OF(WY_PROPOSAL_ERROR_CONTEXT, "\7\3\1\x70\x64"), WY_TYPE_LIST, 16, 8);
    (void)TYPE_OF(WY_PROPOSAL_ASYNC, "\7\5\1\x43\0\1\0");
    assert_true(types->types[0].kind == WY_TYPE_FUNC && types->types[0].func->async);
    wy_arena_deinit(&arena);
}

TEST(deep_and_wide_types_stop_at_a_limit) {
    /* Type n is a tuple of two of type n - 1. */
    uint8_t bytes[512];
    size_t at = 8;
    memcpy(bytes, PREAMBLE, 8);
    bytes[at++] = 7;
    size_t len_at = at++;
    bytes[at++] = 25;
    bytes[at++] = 0x7d;
    for (int i = 0; i < 24; i++) {
        bytes[at++] = 0x6f;
        bytes[at++] = 2;
        bytes[at++] = (uint8_t)i;
        bytes[at++] = (uint8_t)i;
    }
    bytes[len_at] = (uint8_t)(at - len_at - 1);
    assert_int_equal(validate(bytes, at), WY_LIMIT);
    wy_arena_deinit(&arena);
}

/* A damaged component gives a result or an error with a place, and nothing else happens. */
TEST(bit_flips) {
    static const char *const names[] = {"lifted.wasm", "resources.wasm", "types.wasm"};
    for (size_t i = 0; i < 3; i++) {
        size_t len;
        uint8_t *bytes = read_file(names[i], &len);
        for (size_t bit = 0; bit < len * 8; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (validate(bytes, len)) assert_true(diag.has_offset && diag.offset <= len);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        unload(bytes);
    }
}
