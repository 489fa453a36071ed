/* The tables and structs that witgen prints for a type of every kind. That structs and tables agree
 * is asserted in the tables themselves; here, that they say what they should. */
#include "gen/test_gen_base.h"
#include "gen/test_gen_every.h"
#include "gen/test_gen_later.h"
#include "base/test.h"

static const wy_func_desc *func(const wy_interface_desc *desc, const char *name) {
    for (uint32_t i = 0; i < desc->func_count; i++)
        if (wy_str_eqz(desc->funcs[i].name, name)) return &desc->funcs[i];
    fail_msg("no function %s", name);
    return NULL;
}

/* A descriptor laid out again must come out as it was printed. */
static void check_layout(const wy_type *printed) {
    wy_field fields[512];
    wy_type type = *printed;
    wy_diag diag;
    wy_diag_init(&diag);
    if (printed->fields) {
        assert_true(printed->count <= 512);
        memcpy(fields, printed->fields, printed->count * sizeof *fields);
        type.fields = fields;
    }
    assert_int_equal(wy_type_layout(&type, printed->fields ? fields : NULL, &diag), WY_OK);
    assert_int_equal(type.attrs, printed->attrs);
    assert_int_equal(type.align, printed->align);
    assert_int_equal(type.align32, printed->align32);
    assert_int_equal(type.align64, printed->align64);
    assert_int_equal(type.size, printed->size);
    assert_int_equal(type.size32, printed->size32);
    assert_int_equal(type.size64, printed->size64);
    assert_int_equal(type.disc_size, printed->disc_size);
    assert_int_equal(type.payload_offset, printed->payload_offset);
    assert_int_equal(type.payload_offset32, printed->payload_offset32);
    assert_int_equal(type.payload_offset64, printed->payload_offset64);
    assert_int_equal(type.flat_count, printed->flat_count);
    if (type.flat_count <= WY_FLAT_MAX)
        assert_memory_equal(type.flat, printed->flat, type.flat_count);
    for (uint32_t i = 0; printed->fields && i < printed->count; i++) {
        assert_int_equal(fields[i].offset, printed->fields[i].offset);
        assert_int_equal(fields[i].offset32, printed->fields[i].offset32);
        if (printed->fields[i].type) check_layout(printed->fields[i].type);
    }
    if (printed->elem) check_layout(printed->elem);
}

TEST(functions_are_named_as_in_wit_and_numbered_as_in_ops) {
    const wy_interface_desc *desc = &test_gen_every_interface;
    assert_true(wy_str_eqz(desc->name, "test:gen/every"));
    assert_true(wy_str_eqz(desc->version, "0.1.0"));
    static const struct {
        const char *name;
        size_t offset;
    } want[] = {
        {"[constructor]local", offsetof(test_gen_every_ops, local_new)},
        {"[method]local.m", offsetof(test_gen_every_ops, local_m)},
        {"[static]local.s", offsetof(test_gen_every_ops, local_s)},
        {"auto", offsetof(test_gen_every_ops, auto_)},
        {"nothing-at-all", offsetof(test_gen_every_ops, nothing_at_all)},
        {"long", offsetof(test_gen_every_ops, long_)},
    };
    assert_int_equal(desc->func_count, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        assert_int_equal(func(desc, want[i].name)->op * sizeof(wy_host_func), want[i].offset);
    assert_int_equal(desc->op_count, 8);
}

TEST(resources_are_shared_by_address) {
    const wy_interface_desc *base = &test_gen_base_interface, *every = &test_gen_every_interface;
    assert_int_equal(base->resource_count, 1);
    assert_int_equal(base->resources[0].op * sizeof(wy_host_func),
                     offsetof(test_gen_base_ops, thing_drop));
    assert_int_equal(base->resources[0].busy * sizeof(wy_host_busy),
                     offsetof(test_gen_base_ops, thing_busy));
    assert_int_equal(every->resource_count, 2);
    assert_ptr_equal(every->resources[0].type, base->resources[0].type);
    assert_int_equal(every->resources[0].op, UINT32_MAX);
    assert_ptr_equal(every->resources[1].type, &test_gen_every_local_resource);
    assert_true(wy_str_eqz(every->resources[0].type->interface_name, "test:gen/base"));
    assert_true(wy_str_eqz(every->resources[0].type->name, "thing"));

    const wy_func_type *type = func(every, "[constructor]local")->type;
    assert_int_equal(type->params.count, 2);
    assert_int_equal(type->params.fields[0].type->kind, WY_KIND_BORROW);
    assert_ptr_equal(type->params.fields[1].type, &test_gen_base_own_thing_type);
    assert_ptr_equal(type->result->fields[0].type->resource, &test_gen_every_local_resource);
}

TEST(layouts_are_those_of_the_library) {
    const wy_interface_desc *all[] = {&test_gen_base_interface, &test_gen_every_interface,
                                      &test_gen_later_interface};
    for (size_t i = 0; i < 3; i++)
        for (uint32_t j = 0; j < all[i]->func_count; j++) {
            check_layout(&all[i]->funcs[j].type->params);
            if (all[i]->funcs[j].type->result) check_layout(all[i]->funcs[j].type->result);
        }
    assert_int_equal(sizeof(test_gen_every_flags8), 1);
    assert_int_equal(sizeof(test_gen_every_flags9), 2);
    assert_int_equal(sizeof(test_gen_every_flags17), 4);
    assert_int_equal(sizeof(test_gen_every_enum256), 1);
    assert_int_equal(sizeof(test_gen_every_enum257), 2);
    assert_int_equal(sizeof(test_gen_every_nothing), 1);
    assert_int_equal(TEST_GEN_EVERY_MANY_C299, 299);
    assert_int_equal((unsigned)TEST_GEN_EVERY_FLAGS32_L31, 0x80000000u);
    assert_true(func(&test_gen_every_interface, "long")->type->params.flat_count > WY_FLAT_MAX);
}

TEST(values_are_plain_structs) {
    test_gen_every_mixed mixed = {.tag = TEST_GEN_EVERY_MIXED_PAIR, .pair = {.f0 = 1, .f1 = 2}};
    assert_int_equal(mixed.pair.f1, 2);
    mixed = (test_gen_every_mixed){.tag = TEST_GEN_EVERY_MIXED_DEFAULT, .default_ = 1.5f};
    assert_int_equal(mixed.tag, 4);
    test_gen_every_fixed fixed = {.four = {.items = {1, 2, 3, 4}}};
    assert_int_equal(fixed.four.items[3], 4);
    test_gen_every_alias list = {
        .ptr = &(wit_tuple2_string_option_u64){.f0 = WY_STR("a"), .f1 = {.is_some = 1, .some = 7}},
        .len = 1};
    assert_int_equal(list.ptr[0].f1.some, 7);
    test_gen_base_struct record = {.int_ = 1, .inner = TEST_GEN_BASE_SMALL_B};
    assert_int_equal(record.inner, 2);
}

static void assert_prints(const wy_type *type, const char *text) {
    wy_buf buf;
    wy_buf_init(&buf, 1000);
    wy_type_print(&buf, type);
    assert_string_equal(buf.ptr, text);
    wy_buf_deinit(&buf);
}

TEST(types_of_wasi_0_3_are_described) {
    const wy_func_type *open = func(&test_gen_later_interface, "open")->type;
    assert_true(open->is_async);
    assert_prints(open->params.fields[0].type,
                  "future<result<record { key: string, source: stream<u8>, problem: "
                  "error-context }, string>>");
    assert_prints(open->params.fields[1].type, "stream<stream<own<thing>>>");
    assert_prints(open->result, "stream");
    const wy_func_type *find = func(&test_gen_later_interface, "find")->type;
    assert_false(find->is_async);
    assert_prints(find->params.fields[0].type, "map<string, list<own<thing>>>");
    assert_prints(find->params.fields[2].type, "future");

    test_gen_later_index index = {
        .ptr = &(test_gen_later_tuple2_string_list_own_thing){.f0 = WY_STR("a")}, .len = 1};
    assert_int_equal(index.ptr[0].f0.len, 1);
    assert_int_equal(sizeof((test_gen_later_entry){0}.source), sizeof(wy_handle));
}
