#include "abi/handle.h"
#include "base/test.h"

static unsigned dropped;
static wy_handle dropped_rep;

static own wy_trap *count_drop(void *env, const wy_resource *resource, wy_handle rep) {
    (void)env;
    (void)resource;
    dropped++;
    dropped_rep = rep;
    return NULL;
}

static const wy_resource_type host_type = {WY_STR("test:host/types"), WY_STR("thing")};
static const wy_resource host_resource = {.host = &host_type, .drop = count_drop};
static const wy_resource guest_resource = {.instance = 1, .drop = count_drop};

static void assert_trap(own wy_trap *trap, const char *part) {
    assert_non_null(trap);
    wy_buf buf;
    wy_buf_init(&buf, 1000);
    wy_trap_print(trap, &buf, 0);
    assert_non_null(strstr(buf.ptr, part));
    wy_buf_deinit(&buf);
    wy_trap_free(trap);
}

static uint32_t add_own(wy_handle_table *table, const wy_resource *resource, wy_handle rep) {
    uint32_t index = 0;
    assert_null(wy_handle_add_own(table, resource, rep, &index));
    return index;
}

TEST(indexes_begin_at_one_and_come_back_last_in_first_out) {
    wy_handle_table table;
    wy_handle_table_init(&table);
    for (uint32_t i = 1; i <= 40; i++)
        assert_int_equal(add_own(&table, &guest_resource, i), i);
    wy_handle rep = 0;
    assert_null(wy_handle_lift_own(&table, &guest_resource, 7, &rep));
    assert_int_equal(rep, 7);
    assert_null(wy_handle_lift_own(&table, &guest_resource, 30, &rep));
    assert_int_equal(add_own(&table, &guest_resource, 1), 30);
    assert_int_equal(add_own(&table, &guest_resource, 1), 7);
    assert_int_equal(add_own(&table, &guest_resource, 1), 41);
    wy_handle_table_deinit(&table, NULL);
}

TEST(wrong_indexes_and_types_trap) {
    wy_handle_table table;
    wy_handle_table_init(&table);
    wy_handle rep;
    assert_trap(wy_handle_rep(&table, &guest_resource, 0, &rep), "unknown handle index 0");
    uint32_t index = add_own(&table, &guest_resource, 5);
    assert_trap(wy_handle_rep(&table, &guest_resource, 0, &rep), "unknown handle index 0");
    assert_trap(wy_handle_rep(&table, &guest_resource, index + 1, &rep), "unknown handle index 2");
    assert_trap(wy_handle_rep(&table, &host_resource, index, &rep), "another resource type");
    assert_null(wy_handle_rep(&table, &guest_resource, index, &rep));
    assert_int_equal(rep, 5);
    dropped = 0;
    assert_null(wy_handle_drop(&table, &guest_resource, index, NULL));
    assert_int_equal(dropped, 1);
    assert_trap(wy_handle_drop(&table, &guest_resource, index, NULL), "unknown handle index 1");
    wy_handle_table_deinit(&table, NULL);
}

TEST(lent_handles_stay_until_the_call_ends) {
    wy_handle_table table;
    wy_handle_table_init(&table);
    uint32_t index = add_own(&table, &guest_resource, 5);
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    wy_handle rep;
    for (int i = 0; i < 20; i++) /* past the room in the scope itself */
        assert_null(wy_handle_lift_borrow(&table, &guest_resource, index, &scope, &rep));
    assert_trap(wy_handle_lift_own(&table, &guest_resource, index, &rep), "lent");
    assert_trap(wy_handle_drop(&table, &guest_resource, index, NULL), "lent");
    assert_null(wy_call_scope_end(&scope));
    assert_null(wy_handle_lift_own(&table, &guest_resource, index, &rep));
    wy_handle_table_deinit(&table, NULL);
}

TEST(borrows_must_be_dropped_before_the_call_returns) {
    wy_handle_table table;
    wy_handle_table_init(&table);
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    uint32_t index = 0;
    assert_null(wy_handle_add_borrow(&table, &guest_resource, 9, &scope, &index));
    wy_handle rep;
    assert_trap(wy_handle_lift_own(&table, &guest_resource, index, &rep), "borrowed");
    assert_trap(wy_call_scope_end(&scope), "still holds 1 borrow");
    dropped = 0;
    assert_null(wy_handle_drop(&table, &guest_resource, index, NULL));
    assert_int_equal(dropped, 0);
    assert_null(wy_call_scope_end(&scope));
    wy_handle_table_deinit(&table, NULL);
}

TEST(a_failed_lift_is_taken_back) {
    wy_handle_table table;
    wy_handle_table_init(&table);
    for (wy_handle rep = 1; rep <= 4; rep++)
        add_own(&table, &guest_resource, rep);
    wy_handle rep;
    assert_null(wy_handle_lift_own(&table, &guest_resource, 2, &rep));
    uint32_t mark = table.free_head;
    assert_null(wy_handle_lift_own(&table, &guest_resource, 4, &rep));
    assert_null(wy_handle_lift_own(&table, &guest_resource, 1, &rep));
    wy_handle_table_restore(&table, mark);
    assert_null(wy_handle_rep(&table, &guest_resource, 1, &rep));
    assert_int_equal(rep, 1);
    assert_null(wy_handle_rep(&table, &guest_resource, 4, &rep));
    assert_int_equal(rep, 4);
    assert_trap(wy_handle_rep(&table, &guest_resource, 2, &rep), "unknown");
    assert_int_equal(add_own(&table, &guest_resource, 8), 2);
    wy_handle_table_deinit(&table, NULL);
}

TEST(the_end_of_a_table_ends_the_host_s_resources_only) {
    wy_handle_table table;
    wy_handle_table_init(&table);
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    uint32_t index;
    add_own(&table, &host_resource, 11);
    add_own(&table, &guest_resource, 12);
    add_own(&table, &host_resource, 13);
    assert_null(wy_handle_add_borrow(&table, &host_resource, 14, &scope, &index));
    wy_handle rep;
    assert_null(wy_handle_lift_own(&table, &host_resource, 3, &rep));
    dropped = 0;
    wy_handle_table_deinit(&table, NULL);
    assert_int_equal(dropped, 1);
    assert_int_equal(dropped_rep, 11);
}
