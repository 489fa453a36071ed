#include "base/test.h"
#include "value/type.h"

static wy_type record_of(wy_kind kind, wy_field *fields, uint32_t count) {
    wy_type type = {.kind = (uint8_t)kind, .count = count, .fields = fields};
    wy_diag diag;
    wy_diag_init(&diag);
    assert_int_equal(wy_type_layout(&type, fields, &diag), WY_OK);
    return type;
}

static wy_type list_of(const wy_type *elem) {
    wy_type type = {.kind = WY_KIND_LIST, .elem = elem};
    assert_int_equal(wy_type_layout(&type, NULL, NULL), WY_OK);
    return type;
}

static void assert_prints(const wy_type *type, const char *text) {
    wy_buf buf;
    wy_buf_init(&buf, 10000);
    wy_type_print(&buf, type);
    assert_false(buf.failed);
    assert_string_equal(buf.ptr, text);
    wy_buf_deinit(&buf);
}

TEST(scalars_have_their_own_size) {
    const wy_kind kinds[] = {WY_KIND_BOOL, WY_KIND_U16, WY_KIND_S32, WY_KIND_F64, WY_KIND_CHAR};
    const uint32_t sizes[] = {1, 2, 4, 8, 4};
    for (size_t i = 0; i < 5; i++) {
        const wy_type *type = wy_type_scalar(kinds[i]);
        assert_int_equal(type->kind, kinds[i]);
        assert_int_equal(type->size, sizes[i]);
        assert_int_equal(type->size32, sizes[i]);
        wy_type copy = {.kind = (uint8_t)kinds[i]};
        assert_int_equal(wy_type_layout(&copy, NULL, NULL), WY_OK);
        assert_memory_equal(&copy, type, sizeof copy);
    }
    assert_true(wy_type_u8.attrs & WY_TYPE_PLAIN);
    assert_false(wy_type_bool.attrs & WY_TYPE_PLAIN);
    assert_true(wy_type_bool.attrs & WY_TYPE_SAME);
}

/* The layout in host memory must be the C compiler's. */
TEST(records_are_c_structs) {
    struct person {
        uint8_t a;
        wy_str name;
        uint16_t b;
        double c;
    };
    wy_field fields[] = {{.name = WY_STR("a"), .type = &wy_type_u8},
                         {.name = WY_STR("name"), .type = &wy_type_string},
                         {.name = WY_STR("b"), .type = &wy_type_u16},
                         {.name = WY_STR("c"), .type = &wy_type_f64}};
    wy_type type = record_of(WY_KIND_RECORD, fields, 4);
    assert_int_equal(type.size, sizeof(struct person));
    assert_int_equal(type.align, _Alignof(struct person));
    assert_int_equal(fields[1].offset, offsetof(struct person, name));
    assert_int_equal(fields[2].offset, offsetof(struct person, b));
    assert_int_equal(fields[3].offset, offsetof(struct person, c));
    assert_int_equal(fields[1].offset32, 4);
    assert_int_equal(fields[2].offset32, 12);
    assert_int_equal(fields[3].offset32, 16);
    assert_int_equal(type.size32, 24);
    assert_int_equal(type.flat_count, 5);
    assert_int_equal(type.flat[4], WY_FLAT_F64);
    assert_int_equal(type.attrs, WY_TYPE_POINTER);
    assert_prints(&type, "record { a: u8, name: string, b: u16, c: f64 }");
}

TEST(variants_are_tagged_unions) {
    struct choice {
        uint8_t tag;
        union {
            uint32_t number;
            wy_str text;
            float ratio;
        } value;
    };
    wy_field cases[] = {{.name = WY_STR("none")},
                        {.name = WY_STR("number"), .type = &wy_type_u32},
                        {.name = WY_STR("text"), .type = &wy_type_string},
                        {.name = WY_STR("ratio"), .type = &wy_type_f32}};
    wy_type type = record_of(WY_KIND_VARIANT, cases, 4);
    assert_int_equal(type.size, sizeof(struct choice));
    assert_int_equal(type.payload_offset, offsetof(struct choice, value));
    assert_int_equal(type.payload_offset32, 4);
    assert_int_equal(type.size32, 12);
    assert_int_equal(type.disc_size, 1);
    assert_int_equal(type.flat_count, 3);
    assert_prints(&type, "variant { none, number(u32), text(string), ratio(f32) }");
}

TEST(core_types_of_cases_are_joined) {
    wy_field cases[] = {{.name = WY_STR("a"), .type = &wy_type_f32},
                        {.name = WY_STR("b"), .type = &wy_type_u32},
                        {.name = WY_STR("c"), .type = NULL}};
    assert_int_equal(record_of(WY_KIND_VARIANT, cases, 3).flat[1], WY_FLAT_I32);
    cases[2].type = &wy_type_f64;
    assert_int_equal(record_of(WY_KIND_VARIANT, cases, 3).flat[1], WY_FLAT_I64);
    cases[0].type = cases[1].type = &wy_type_f64;
    assert_int_equal(record_of(WY_KIND_VARIANT, cases, 3).flat[1], WY_FLAT_F64);
}

TEST(discriminants_grow_with_the_number_of_cases) {
    static wy_field cases[65537];
    assert_int_equal(record_of(WY_KIND_ENUM, cases, 256).disc_size, 1);
    assert_int_equal(record_of(WY_KIND_ENUM, cases, 257).disc_size, 2);
    assert_int_equal(record_of(WY_KIND_ENUM, cases, 65536).size, 2);
    assert_int_equal(record_of(WY_KIND_ENUM, cases, 65537).size32, 4);
    wy_type none = {.kind = WY_KIND_VARIANT, .fields = cases};
    assert_int_equal(wy_type_layout(&none, cases, NULL), WY_INVALID);
}

TEST(flags_are_bits) {
    wy_field labels[33] = {{.name = WY_STR("read")}, {.name = WY_STR("write")}};
    wy_type type = record_of(WY_KIND_FLAGS, labels, 2);
    assert_int_equal(type.size, 1);
    assert_int_equal(type.attrs, WY_TYPE_SAME);
    assert_prints(&type, "flags { read, write }");
    assert_int_equal(record_of(WY_KIND_FLAGS, labels, 9).size32, 2);
    assert_int_equal(record_of(WY_KIND_FLAGS, labels, 32).size, 4);
    assert_int_equal(record_of(WY_KIND_FLAGS, labels, 32).attrs, WY_TYPE_PLAIN | WY_TYPE_SAME);
    wy_type many = {.kind = WY_KIND_FLAGS, .count = 33, .fields = labels};
    assert_int_equal(wy_type_layout(&many, labels, NULL), WY_INVALID);
}

TEST(only_types_without_padding_are_plain) {
    wy_field tight[] = {{.type = &wy_type_u32}, {.type = &wy_type_f32}};
    assert_true(record_of(WY_KIND_TUPLE, tight, 2).attrs & WY_TYPE_PLAIN);
    wy_field loose[] = {{.type = &wy_type_u32}, {.type = &wy_type_u8}};
    assert_int_equal(record_of(WY_KIND_TUPLE, loose, 2).attrs, 0);
    wy_field option[] = {{.name = WY_STR("none")}, {.name = WY_STR("some"), .type = &wy_type_u8}};
    assert_int_equal(record_of(WY_KIND_OPTION, option, 2).attrs, 0);
}

TEST(handles_and_lists_differ_between_host_and_guest) {
    static const wy_resource_type stream = {WY_STR("wasi:io/streams"), WY_STR("output-stream")};
    wy_type borrow = {.kind = WY_KIND_BORROW, .resource = &stream};
    assert_int_equal(wy_type_layout(&borrow, NULL, NULL), WY_OK);
    assert_int_equal(borrow.size, 8);
    assert_int_equal(borrow.size32, 4);
    assert_int_equal(borrow.size64, 4);
    assert_int_equal(borrow.align64, 4);
    wy_type list = list_of(&borrow);
    assert_int_equal(list.attrs, WY_TYPE_POINTER | WY_TYPE_HANDLE | WY_TYPE_BORROWS);
    assert_int_equal(list.size, 16);
    assert_int_equal(list.size32, 8);
    assert_int_equal(list.size64, 16);
    assert_prints(&list, "list<borrow<output-stream>>");
    wy_field fields[] = {{.name = WY_STR("ok"), .type = &list}, {.name = WY_STR("error")}};
    wy_type result = record_of(WY_KIND_RESULT, fields, 2);
    assert_prints(&result, "result<list<borrow<output-stream>>>");
}

TEST(pointers_stay_pointers_when_joined_with_what_fits_them) {
    static const struct {
        const wy_type *other;
        uint8_t joined;
    } cases[] = {{&wy_type_u32, WY_FLAT_POINTER},
                 {&wy_type_f32, WY_FLAT_POINTER},
                 {&wy_type_string, WY_FLAT_POINTER},
                 {&wy_type_u64, WY_FLAT_I64},
                 {&wy_type_f64, WY_FLAT_I64}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int first = 0; first < 2; first++) {
            wy_field fields[2] = {{.name = WY_STR("a"), .type = cases[i].other},
                                  {.name = WY_STR("b"), .type = cases[i].other}};
            fields[first].type = &wy_type_string;
            assert_int_equal(record_of(WY_KIND_VARIANT, fields, 2).flat[1], cases[i].joined);
        }
    }
}

TEST(more_than_sixteen_core_values_are_many) {
    wy_field fields[17];
    for (int i = 0; i < 17; i++)
        fields[i] = (wy_field){.name = WY_STR("x"), .type = &wy_type_u8};
    assert_int_equal(record_of(WY_KIND_RECORD, fields, 16).flat_count, 16);
    wy_type many = record_of(WY_KIND_RECORD, fields, 17);
    assert_int_equal(many.flat_count, 17);
    wy_field option[] = {{.name = WY_STR("none")}, {.name = WY_STR("some"), .type = &many}};
    assert_int_equal(record_of(WY_KIND_OPTION, option, 2).flat_count, 18);
    wy_type sixteen = record_of(WY_KIND_RECORD, fields, 16);
    option[1].type = &sixteen;
    assert_int_equal(record_of(WY_KIND_OPTION, option, 2).flat_count, 17);
    wy_type list = {.kind = WY_KIND_FIXED_LIST, .elem = &many, .count = 1000};
    assert_int_equal(wy_type_layout(&list, NULL, NULL), WY_OK);
    assert_int_equal(list.flat_count, WY_FLAT_MANY);
}

TEST(sizes_have_a_limit) {
    wy_type list = {.kind = WY_KIND_FIXED_LIST, .elem = &wy_type_u64, .count = (1u << 25) - 1};
    assert_int_equal(wy_type_layout(&list, NULL, NULL), WY_OK);
    assert_prints(&list, "list<u64, 33554431>");
    list.count++;
    assert_int_equal(wy_type_layout(&list, NULL, NULL), WY_LIMIT);
    wy_type half = {.kind = WY_KIND_FIXED_LIST, .elem = &wy_type_u64, .count = 1u << 24};
    assert_int_equal(wy_type_layout(&half, NULL, NULL), WY_OK);
    wy_field fields[] = {{.type = &half}, {.type = &half}, {.type = &half}};
    wy_type record = {.kind = WY_KIND_TUPLE, .count = 3, .fields = fields};
    assert_int_equal(wy_type_layout(&record, fields, NULL), WY_LIMIT);
}

static bool same_index(void *data, const wy_type *a, const wy_type *b) {
    (*(int *)data)++;
    return a->resource_index == b->resource_index;
}

TEST(equality_is_structural) {
    wy_field a[] = {{.name = WY_STR("x"), .type = &wy_type_u8}};
    wy_field b[] = {{.name = WY_STR("y"), .type = &wy_type_u8}};
    wy_field c[] = {{.name = WY_STR("x"), .type = &wy_type_u8}};
    wy_type ta = record_of(WY_KIND_RECORD, a, 1), tb = record_of(WY_KIND_RECORD, b, 1),
            tc = record_of(WY_KIND_RECORD, c, 1);
    assert_true(wy_type_equal(&ta, &tc, NULL, NULL));
    assert_false(wy_type_equal(&ta, &tb, NULL, NULL));
    wy_type la = list_of(&ta), lc = list_of(&tc), lb = list_of(&wy_type_u8);
    assert_true(wy_type_equal(&la, &lc, NULL, NULL));
    assert_false(wy_type_equal(&la, &lb, NULL, NULL));

    int asked = 0;
    wy_type own_a = {.kind = WY_KIND_OWN, .resource_index = 1};
    wy_type own_b = {.kind = WY_KIND_OWN, .resource_index = 2};
    assert_int_equal(wy_type_layout(&own_a, NULL, NULL), WY_OK);
    assert_int_equal(wy_type_layout(&own_b, NULL, NULL), WY_OK);
    assert_true(wy_type_equal(&own_a, &own_a, same_index, &asked));
    assert_false(wy_type_equal(&own_a, &own_b, same_index, &asked));
    assert_int_equal(asked, 2);
}

TEST(functions_compare_parameters_and_result) {
    wy_field p[] = {{.name = WY_STR("x"), .type = &wy_type_u8}};
    wy_func_type f = {.params = record_of(WY_KIND_RECORD, p, 1), .result = &wy_type_string};
    wy_func_type g = f;
    assert_true(wy_func_type_equal(&f, &g, NULL, NULL));
    g.result = NULL;
    assert_false(wy_func_type_equal(&f, &g, NULL, NULL));
    wy_func_type none = {.params = record_of(WY_KIND_RECORD, NULL, 0)};
    assert_int_equal(none.params.size, 0);
    assert_int_equal(none.params.flat_count, 0);
}

TEST(results_print_as_in_wit) {
    wy_field fields[] = {{.name = WY_STR("ok")}, {.name = WY_STR("error"), .type = &wy_type_char}};
    wy_type result = record_of(WY_KIND_RESULT, fields, 2);
    assert_prints(&result, "result<_, char>");
    fields[1].type = NULL;
    result = record_of(WY_KIND_RESULT, fields, 2);
    assert_prints(&result, "result");
    wy_field some[] = {{.name = WY_STR("none")}, {.name = WY_STR("some"), .type = &wy_type_u8}};
    wy_type option = record_of(WY_KIND_OPTION, some, 2);
    wy_field parts[] = {{.type = &wy_type_string}, {.type = &option}};
    wy_type tuple = record_of(WY_KIND_TUPLE, parts, 2);
    assert_prints(&tuple, "tuple<string, option<u8>>");
}

TEST(maps_are_lists_of_pairs) {
    wy_field pair[] = {{.name = WY_STR("0"), .type = &wy_type_string},
                       {.name = WY_STR("1"), .type = &wy_type_u8}};
    wy_type tuple = record_of(WY_KIND_TUPLE, pair, 2), list = list_of(&tuple);
    wy_type map = {.kind = WY_KIND_MAP, .elem = &tuple}, expected = list;
    assert_int_equal(wy_type_layout(&map, NULL, NULL), WY_OK);
    expected.kind = WY_KIND_MAP;
    assert_memory_equal(&map, &expected, sizeof map);
    assert_false(wy_type_equal(&map, &list, NULL, NULL));
    assert_prints(&map, "map<string, u8>");
}

TEST(ends_of_streams_are_handles_whatever_they_carry) {
    wy_type list = list_of(&wy_type_string);
    wy_type of_lists = {.kind = WY_KIND_STREAM, .elem = &list},
            of_nothing = {.kind = WY_KIND_STREAM};
    wy_type future = {.kind = WY_KIND_FUTURE, .elem = &list};
    wy_type *all[] = {&of_lists, &of_nothing, &future};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(wy_type_layout(all[i], NULL, NULL), WY_OK);
        assert_int_equal(all[i]->attrs, WY_TYPE_HANDLE);
        assert_int_equal(all[i]->size32, 4);
        assert_int_equal(all[i]->size, sizeof(wy_handle));
        assert_int_equal(all[i]->flat_count, 1);
    }
    assert_prints(&of_lists, "stream<list<string>>");
    assert_prints(&of_nothing, "stream");
    assert_prints(&future, "future<list<string>>");
    assert_prints(&wy_type_error_context, "error-context");
    wy_type again = of_lists;
    assert_true(wy_type_equal(&of_lists, &again, NULL, NULL));
    assert_false(wy_type_equal(&of_lists, &of_nothing, NULL, NULL));
    assert_false(wy_type_equal(&of_lists, &future, NULL, NULL));
}
