/* Handles on their way from one guest's table to another's. Values are compared with what lifting
 * and lowering give by tests/abi. */
#include "abi/abi.h"
#include "base/test.h"

static unsigned dropped;

static own wy_trap *count_drop(void *env, const wy_resource *resource, wy_handle rep) {
    (void)env;
    (void)resource;
    dropped += (unsigned)rep;
    return NULL;
}

static const wy_resource_type thing = {WY_STR("test:host/types"), WY_STR("thing")};
static const wy_resource host_thing = {.host = &thing, .instance = UINT32_MAX, .drop = count_drop};
static const wy_resource guest_thing = {.instance = 2, .drop = count_drop};
static const wy_resource *const resources[] = {&host_thing, &guest_thing};

static wy_type own_thing = {.kind = WY_KIND_OWN}, borrow_thing = {.kind = WY_KIND_BORROW};
static wy_type borrow_guest_thing = {.kind = WY_KIND_BORROW, .resource_index = 1};

typedef struct guest {
    _Alignas(16) uint8_t memory[256];
    wy_handle_table handles;
    wy_lift_lower_cx cx;
} guest;

static own wy_trap *give_128(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size,
                             uint32_t align, uint32_t new_size, uint64_t *ptr_out) {
    (void)cx, (void)old_ptr, (void)old_size, (void)align, (void)new_size;
    *ptr_out = 128;
    return NULL;
}

static void open_guest(guest *g, uint32_t instance, wy_call_scope *scope) {
    *g = (guest){0};
    g->cx = (wy_lift_lower_cx){.memory = g->memory,
                               .memory_size = sizeof g->memory,
                               .instance = instance,
                               .realloc = give_128,
                               .handles = &g->handles,
                               .resources = resources,
                               .scope = scope};
}

static void assert_trap(own wy_trap *trap) {
    assert_non_null(trap);
    wy_trap_free(trap);
}

static uint32_t add_own(guest *g, const wy_resource *resource, wy_handle rep) {
    uint32_t index = 0;
    assert_null(wy_handle_add_own(&g->handles, resource, rep, &index));
    return index;
}

TEST(an_own_handle_changes_tables) {
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    guest a, b;
    open_guest(&a, 1, &scope);
    open_guest(&b, 2, &scope);
    assert_int_equal(wy_type_layout(&own_thing, NULL, NULL), WY_OK);
    uint32_t index = add_own(&a, &host_thing, 5);
    wy_raw in = {.i32 = (int32_t)index}, out = {0};
    assert_null(wy_abi_copy_flat(&a.cx, &b.cx, &own_thing, &in, &out));
    wy_handle rep = 0;
    assert_trap(wy_handle_rep(&a.handles, &host_thing, index, &rep));
    assert_null(wy_handle_rep(&b.handles, &host_thing, (uint32_t)out.i32, &rep));
    assert_int_equal(rep, 5);
    assert_trap(wy_abi_copy_flat(&a.cx, &b.cx, &own_thing, &in, &out)); /* it is gone */
    dropped = 0;
    wy_handle_table_deinit(&a.handles, NULL);
    wy_handle_table_deinit(&b.handles, NULL);
    assert_int_equal(dropped, 5);
}

/* The second of three is none: the first went over, the third stayed, and each ends once. */
TEST(a_trap_leaves_each_handle_with_one_owner) {
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    guest a, b;
    open_guest(&a, 1, &scope);
    open_guest(&b, 2, &scope);
    wy_type list = {.kind = WY_KIND_LIST, .elem = &own_thing};
    assert_int_equal(wy_type_layout(&own_thing, NULL, NULL), WY_OK);
    assert_int_equal(wy_type_layout(&list, NULL, NULL), WY_OK);
    uint32_t handles[3] = {add_own(&a, &host_thing, 1), 77, add_own(&a, &host_thing, 30)};
    memcpy(a.memory + 8, handles, sizeof handles);
    wy_raw in[2] = {{.i32 = 8}, {.i32 = 3}}, out[2] = {{0}, {0}};
    assert_trap(wy_abi_copy_flat(&a.cx, &b.cx, &list, in, out));
    dropped = 0;
    wy_handle_table_deinit(&b.handles, NULL);
    assert_int_equal(dropped, 1);
    wy_handle_table_deinit(&a.handles, NULL);
    assert_int_equal(dropped, 31);
}

TEST(a_borrow_is_lent_while_the_call_lasts) {
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    guest a, b;
    open_guest(&a, 1, &scope);
    open_guest(&b, 2, &scope);
    assert_int_equal(wy_type_layout(&own_thing, NULL, NULL), WY_OK);
    assert_int_equal(wy_type_layout(&borrow_thing, NULL, NULL), WY_OK);
    wy_raw in = {.i32 = (int32_t)add_own(&a, &host_thing, 5)}, out = {0}, unused = {0};
    assert_null(wy_abi_copy_flat(&a.cx, &b.cx, &borrow_thing, &in, &out));
    assert_int_equal(scope.borrows, 1);
    assert_trap(wy_abi_copy_flat(&a.cx, &b.cx, &own_thing, &in, &unused));  /* lent */
    assert_trap(wy_abi_copy_flat(&b.cx, &a.cx, &own_thing, &out, &unused)); /* only borrowed */
    assert_null(wy_handle_drop(&b.handles, &host_thing, (uint32_t)out.i32, NULL));
    assert_null(wy_call_scope_end(&scope));
    assert_null(wy_abi_copy_flat(&a.cx, &b.cx, &own_thing, &in, &out));
    wy_handle_table_deinit(&a.handles, NULL);
    wy_handle_table_deinit(&b.handles, NULL);
}

TEST(a_borrow_comes_home_as_its_representation) {
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    guest a, b;
    open_guest(&a, 1, &scope);
    open_guest(&b, 2, &scope);
    assert_int_equal(wy_type_layout(&borrow_guest_thing, NULL, NULL), WY_OK);
    wy_raw in = {.i32 = (int32_t)add_own(&a, &guest_thing, 99)}, out = {0};
    assert_null(wy_abi_copy_flat(&a.cx, &b.cx, &borrow_guest_thing, &in, &out));
    assert_int_equal(out.i32, 99);
    assert_int_equal(scope.borrows, 0);
    assert_int_equal(scope.lent_count, 1);
    assert_null(wy_call_scope_end(&scope));
    wy_handle_table_deinit(&a.handles, NULL);
    wy_handle_table_deinit(&b.handles, NULL);
}
