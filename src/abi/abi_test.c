#include "abi/abi.h"
#include "base/test.h"

#include <stdlib.h>
#include <sys/mman.h>

/* A guest: 64 KiB of memory and a bump allocator that logs its calls. */
typedef struct guest {
    _Alignas(16) uint8_t memory[65536];
    uint32_t next;
    uint32_t misplace; /* added to what realloc returns */
    unsigned calls;
    wy_handle_table handles;
    wy_call_scope scope;
    wy_arena arena;
    wy_lift_lower_cx cx;
} guest;

static own wy_trap *bump(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size, uint32_t align,
                         uint32_t new_size, uint64_t *ptr_out) {
    guest *g = cx->env;
    g->calls++;
    if (old_size > new_size) {
        *ptr_out = old_ptr;
        return NULL;
    }
    g->next = (g->next + align - 1) & ~(align - 1);
    *ptr_out = g->next + g->misplace;
    if (g->next + new_size <= sizeof g->memory)
        memmove(g->memory + g->next, g->memory + old_ptr, old_size);
    g->next += new_size;
    return NULL;
}

static unsigned dropped;

static own wy_trap *count_drop(void *env, const wy_resource *resource, wy_handle rep) {
    (void)env;
    (void)resource;
    dropped += (unsigned)rep;
    return NULL;
}

static const wy_resource_type thing = {WY_STR("test:host/types"), WY_STR("thing")};
static const wy_resource host_thing = {.host = &thing, .instance = UINT32_MAX, .drop = count_drop};
static const wy_resource guest_thing = {.instance = 7, .drop = count_drop};
static const wy_resource *const resources[] = {&host_thing, &guest_thing};

static guest *guest_new(uint8_t encoding) {
    guest *g = calloc(1, sizeof *g);
    assert_non_null(g);
    g->next = 1024;
    wy_handle_table_init(&g->handles);
    wy_call_scope_init(&g->scope);
    wy_arena_init(&g->arena, 1 << 20);
    g->cx = (wy_lift_lower_cx){.memory = g->memory,
                               .memory_size = sizeof g->memory,
                               .encoding = encoding,
                               .realloc = bump,
                               .env = g,
                               .handles = &g->handles,
                               .resources = resources,
                               .scope = &g->scope,
                               .arena = &g->arena};
    return g;
}

static void guest_free(guest *g) {
    wy_call_scope_abandon(&g->scope);
    wy_handle_table_deinit(&g->handles, NULL);
    wy_arena_deinit(&g->arena);
    free(g);
}

static void assert_trap(own wy_trap *trap, const char *part) {
    assert_non_null(trap);
    wy_buf buf;
    wy_buf_init(&buf, 1000);
    wy_trap_print(trap, &buf, 0);
    if (!strstr(buf.ptr, part)) print_error("%s\n", buf.ptr);
    assert_non_null(strstr(buf.ptr, part));
    wy_buf_deinit(&buf);
    wy_trap_free(trap);
}

static wy_type laid_out(wy_type type, wy_field *fields) {
    type.fields = fields;
    assert_int_equal(wy_type_layout(&type, fields, NULL), WY_OK);
    return type;
}

static wy_type list_of(const wy_type *elem) {
    return laid_out((wy_type){.kind = WY_KIND_LIST, .elem = elem}, NULL);
}

static void put32(guest *g, uint32_t at, uint32_t value) {
    memcpy(g->memory + at, &value, 4);
}

/* --- scalars --- */

TEST(integers_ignore_high_bits_and_keep_their_sign) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    const wy_raw flat = {.i64 = (int64_t)0xfffffffffffffe81};
    int8_t s8 = 0;
    uint16_t u16 = 0;
    bool truth = false;
    assert_null(wy_abi_lift_flat(&g->cx, &wy_type_s8, &flat, &s8));
    assert_int_equal(s8, -127);
    assert_null(wy_abi_lift_flat(&g->cx, &wy_type_u16, &flat, &u16));
    assert_int_equal(u16, 0xfe81);
    assert_null(wy_abi_lift_flat(&g->cx, &wy_type_bool, &flat, &truth));
    assert_int_equal(*(uint8_t *)&truth, 1);
    wy_raw out;
    assert_null(wy_abi_lower_flat(&g->cx, &wy_type_s8, &s8, &out));
    assert_int_equal(out.i64, 0xffffff81);
    guest_free(g);
}

TEST(nan_is_made_canonical) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    const wy_raw flat = {.i64 = 0x7ff0000000000001};
    uint64_t f64 = 0;
    assert_null(wy_abi_lift_flat(&g->cx, &wy_type_f64, &flat, &f64));
    assert_true(f64 == 0x7ff8000000000000);
    put32(g, 8, 0xff800001);
    uint32_t f32 = 0;
    assert_null(wy_abi_load(&g->cx, &wy_type_f32, 8, &f32));
    assert_true(f32 == 0x7fc00000);
    put32(g, 8, 0xff800000); /* minus infinity is a number */
    assert_null(wy_abi_load(&g->cx, &wy_type_f32, 8, &f32));
    assert_true(f32 == 0xff800000);
    guest_free(g);
}

TEST(chars_are_scalar_values) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    uint32_t code = 0;
    const uint32_t good[] = {0, 0xd7ff, 0xe000, 0x10ffff}, bad[] = {0xd800, 0xdfff, 0x110000, ~0u};
    for (int i = 0; i < 4; i++) {
        const wy_raw flat = {.i32 = (int32_t)good[i]}, wrong = {.i32 = (int32_t)bad[i]};
        assert_null(wy_abi_lift_flat(&g->cx, &wy_type_char, &flat, &code));
        assert_int_equal(code, good[i]);
        assert_trap(wy_abi_lift_flat(&g->cx, &wy_type_char, &wrong, &code), "scalar value");
    }
    guest_free(g);
}

TEST(flags_without_a_label_are_masked) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    wy_field labels[10] = {{.name = WY_STR("a")}};
    wy_type flags = laid_out((wy_type){.kind = WY_KIND_FLAGS, .count = 10}, labels);
    const wy_raw flat = {.i32 = -1};
    uint16_t bits = 0;
    assert_null(wy_abi_lift_flat(&g->cx, &flags, &flat, &bits));
    assert_int_equal(bits, 0x3ff);
    guest_free(g);
}

TEST(cases_are_checked_and_joined) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    wy_field cases[] = {{.name = WY_STR("a"), .type = &wy_type_f32},
                        {.name = WY_STR("b"), .type = &wy_type_s64},
                        {.name = WY_STR("c")}};
    wy_type variant = laid_out((wy_type){.kind = WY_KIND_VARIANT, .count = 3}, cases);
    struct {
        uint8_t tag;
        union {
            float a;
            int64_t b;
        } value;
    } v = {0};
    wy_raw flat[2] = {{.i32 = 0}, {.i64 = 0x3f800000}};
    assert_null(wy_abi_lift_flat(&g->cx, &variant, flat, &v));
    assert_true(v.tag == 0 && v.value.a == 1.0f);
    wy_raw out[2] = {{.i64 = -1}, {.i64 = -1}};
    assert_null(wy_abi_lower_flat(&g->cx, &variant, &v, out));
    assert_true(out[0].i64 == 0 && out[1].i64 == 0x3f800000);
    v.tag = 2;
    assert_null(wy_abi_lower_flat(&g->cx, &variant, &v, out));
    assert_true(out[0].i64 == 2 && out[1].i64 == 0);
    flat[0].i32 = 3;
    assert_trap(wy_abi_lift_flat(&g->cx, &variant, flat, &v), "case 3");
    g->memory[16] = 3;
    assert_trap(wy_abi_load(&g->cx, &variant, 16, &v), "case 3");
    guest_free(g);
}

/* --- strings and lists --- */

TEST(strings_and_plain_lists_are_views) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    memcpy(g->memory + 100, "h\xc3\xa9llo", 6);
    const wy_raw flat[2] = {{.i32 = 100}, {.i32 = 6}};
    wy_str s;
    assert_null(wy_abi_lift_flat(&g->cx, &wy_type_string, flat, &s));
    assert_ptr_equal(s.ptr, g->memory + 100);
    assert_int_equal(s.len, 6);
    wy_type list = list_of(&wy_type_u8);
    wy_list_u8 bytes;
    assert_null(wy_abi_lift_flat(&g->cx, &list, flat, &bytes));
    assert_ptr_equal(bytes.ptr, g->memory + 100);
    assert_null(g->arena.chunks);
    guest_free(g);
}

TEST(ranges_are_checked) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    wy_str s;
    wy_list items;
    wy_type list = list_of(&wy_type_u32);
    const wy_raw past[2] = {{.i32 = 65530}, {.i32 = 7}}, end[2] = {{.i32 = 65536}, {.i32 = 0}},
                 far[2] = {{.i32 = -1}, {.i32 = 2}}, large[2] = {{.i32 = 0}, {.i32 = 1 << 28}},
                 odd[2] = {{.i32 = 2}, {.i32 = 1}}, many[2] = {{.i32 = 0}, {.i32 = 1 << 26}};
    assert_trap(wy_abi_lift_flat(&g->cx, &wy_type_string, past, &s), "outside");
    assert_trap(wy_abi_lift_flat(&g->cx, &wy_type_string, far, &s), "outside");
    assert_trap(wy_abi_lift_flat(&g->cx, &wy_type_string, large, &s), "longer than");
    assert_null(wy_abi_lift_flat(&g->cx, &wy_type_string, end, &s));
    assert_trap(wy_abi_lift_flat(&g->cx, &list, odd, &items), "unaligned");
    assert_trap(wy_abi_lift_flat(&g->cx, &list, many, &items), "longer than");
    guest_free(g);
}

/* Notes how much is asked for, and has nothing. */
static own wy_trap *refuse(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size,
                           uint32_t align, uint32_t new_size, uint64_t *ptr_out) {
    (void)old_ptr;
    (void)old_size;
    (void)align;
    (void)ptr_out;
    *(uint32_t *)cx->env = new_size;
    return wy_trap_new("refused");
}

/* CM: MAX_STRING_BYTE_LENGTH, MAX_LIST_BYTE_LENGTH: what is just allowed passes both ways. */
TEST(lengths_end_at_a_limit) {
    enum { LIMIT = (1 << 28) - 1, SIZE = LIMIT + 1 + 4096 };
    uint8_t *memory = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    uint32_t asked = 0;
    wy_lift_lower_cx from = {.memory = memory, .memory_size = SIZE}, to = from;
    to.realloc = refuse;
    to.env = &asked;
    const wy_raw most[2] = {{.i32 = 0}, {.i32 = LIMIT}}, more[2] = {{.i32 = 0}, {.i32 = LIMIT + 1}};
    const wy_raw half[2] = {{.i32 = 0}, {.i32 = LIMIT / 2}},
                 over[2] = {{.i32 = 0}, {.i32 = LIMIT / 2 + 1}};
    wy_type bytes = list_of(&wy_type_u8), units = list_of(&wy_type_u16);
    wy_list list;
    wy_str text;
    wy_raw flat[2];
    assert_null(wy_abi_lift_flat(&from, &bytes, most, &list));
    assert_trap(wy_abi_lower_flat(&to, &bytes, &list, flat), "refused");
    assert_int_equal(asked, LIMIT);
    list.len++;
    assert_trap(wy_abi_lower_flat(&to, &bytes, &list, flat), "takes more than");
    assert_trap(wy_abi_lift_flat(&from, &bytes, more, &list), "longer than");
    assert_null(wy_abi_lift_flat(&from, &units, half, &list));
    assert_trap(wy_abi_lift_flat(&from, &units, over, &list), "longer than");

    assert_null(wy_abi_lift_flat(&from, &wy_type_string, most, &text));
    to.encoding = WY_ENCODING_UTF16;
    assert_trap(wy_abi_lower_flat(&to, &wy_type_string, &text, flat), "refused");
    assert_int_equal(asked, 2 * LIMIT);
    text.len++;
    assert_trap(wy_abi_lower_flat(&to, &wy_type_string, &text, flat), "longer than");
    assert_trap(wy_abi_lift_flat(&from, &wy_type_string, more, &text), "longer than");
    from.encoding = from.host_encoding = WY_ENCODING_UTF16;
    assert_null(wy_abi_lift_flat(&from, &wy_type_string, half, &text));
    assert_trap(wy_abi_lift_flat(&from, &wy_type_string, over, &text), "longer than");
    munmap(memory, SIZE);
}

TEST(ill_formed_strings_trap) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    wy_str s;
    memcpy(g->memory + 100, "ab\xff\xd8", 4);
    const wy_raw flat[2] = {{.i32 = 100}, {.i32 = 4}};
    assert_trap(wy_abi_lift_flat(&g->cx, &wy_type_string, flat, &s), "UTF-8");
    g->cx.encoding = WY_ENCODING_UTF16;
    const wy_raw utf16[2] = {{.i32 = 102}, {.i32 = 1}}; /* 0xd8ff: half of a pair */
    assert_trap(wy_abi_lift_flat(&g->cx, &wy_type_string, utf16, &s), "UTF-16");
    const wy_raw odd[2] = {{.i32 = 101}, {.i32 = 1}};
    assert_trap(wy_abi_lift_flat(&g->cx, &wy_type_string, odd, &s), "unaligned");
    guest_free(g);
}

/* All pairs of encodings, with text that needs each of them; through the host and straight. */
TEST(strings_are_transcoded) {
    const char *const texts[] = {"",
                                 "plain",
                                 "caf\xc3\xa9",
                                 "\xe2\x82\xac 5",
                                 "a\xf0\x9f\x98\x80z",
                                 "\xc3\xa9\xc3\xa9\xc3\xa9"};
    for (uint8_t from = 0; from < 3; from++)
        for (uint8_t to = 0; to < 3; to++)
            for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
                guest *a = guest_new(from), *b = guest_new(to);
                wy_str s = wy_str_of(texts[i]), back;
                wy_raw flat[2];
                assert_null(wy_abi_lower_flat(&a->cx, &wy_type_string, &s, flat));
                a->cx.host_encoding = b->cx.host_encoding = from;
                assert_null(wy_abi_lift_flat(&a->cx, &wy_type_string, flat, &s));
                assert_null(wy_abi_lower_flat(&b->cx, &wy_type_string, &s, flat));
                b->cx.host_encoding = WY_ENCODING_UTF8;
                assert_null(wy_abi_lift_flat(&b->cx, &wy_type_string, flat, &back));
                assert_true(wy_str_eqz(back, texts[i]));
                guest_free(a);
                guest_free(b);
            }
}

TEST(what_realloc_returns_is_checked) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    wy_type list = list_of(&wy_type_u32);
    uint32_t numbers[2] = {1, 2};
    wy_list items = {numbers, 2};
    wy_raw flat[2];
    g->misplace = 2;
    assert_trap(wy_abi_lower_flat(&g->cx, &list, &items, flat), "realloc");
    g->misplace = 65536;
    assert_trap(wy_abi_lower_flat(&g->cx, &list, &items, flat), "realloc");
    g->cx.realloc = NULL;
    assert_trap(wy_abi_lower_flat(&g->cx, &list, &items, flat), "realloc");
    guest_free(g);
}

TEST(lists_of_records_go_both_ways) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    struct entry {
        wy_str name;
        uint8_t kind;
        uint64_t size;
    } entries[3] = {{WY_STR("a"), 1, 10}, {WY_STR("longer name"), 2, 20}, {WY_STR(""), 3, 30}};
    wy_field fields[] = {{.name = WY_STR("name"), .type = &wy_type_string},
                         {.name = WY_STR("kind"), .type = &wy_type_u8},
                         {.name = WY_STR("size"), .type = &wy_type_u64}};
    wy_type record = laid_out((wy_type){.kind = WY_KIND_RECORD, .count = 3}, fields);
    assert_int_equal(record.size, sizeof *entries);
    wy_type list = list_of(&record);
    const wy_list items = {entries, 3};
    wy_list back;
    assert_null(wy_abi_store(&g->cx, &list, &items, 64));
    assert_null(wy_abi_load(&g->cx, &list, 64, &back));
    assert_int_equal(back.len, 3);
    const struct entry *got = back.ptr;
    for (int i = 0; i < 3; i++) {
        assert_true(wy_str_eq(got[i].name, entries[i].name));
        assert_int_equal(got[i].kind, entries[i].kind);
        assert_int_equal(got[i].size, entries[i].size);
    }
    g->arena.limit = 0;
    wy_arena_deinit(&g->arena);
    assert_trap(wy_abi_load(&g->cx, &list, 64, &back), "one call");
    guest_free(g);
}

TEST(bools_in_lists_become_zero_or_one) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    memcpy(g->memory + 40, "\x00\x01\x02\xff", 4);
    const wy_raw flat[2] = {{.i32 = 40}, {.i32 = 4}};
    wy_type list = list_of(&wy_type_bool);
    wy_list_u8 bools;
    assert_null(wy_abi_lift_flat(&g->cx, &list, flat, &bools));
    assert_memory_equal(bools.ptr, "\x00\x01\x01\x01", 4);
    guest_free(g);
}

/* --- calls --- */

TEST(many_parameters_and_large_results_go_through_memory) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    wy_field fields[17];
    for (int i = 0; i < 17; i++)
        fields[i] = (wy_field){.name = WY_STR("x"), .type = &wy_type_u16};
    wy_func_type ft = {.result = &wy_type_string};
    ft.params = laid_out((wy_type){.kind = WY_KIND_RECORD, .count = 17}, fields);
    uint8_t params[17], results[1];
    size_t param_count, result_count;
    wy_abi_core_type(&ft, WY_CORE_LOWER, params, &param_count, results, &result_count);
    assert_int_equal(param_count, 2);
    assert_int_equal(result_count, 0);
    wy_abi_core_type(&ft, 0, params, &param_count, results, &result_count);
    assert_int_equal(param_count, 1);
    assert_int_equal(result_count, 1);

    uint16_t args[17], back[17];
    for (uint16_t i = 0; i < 17; i++)
        args[i] = i;
    wy_raw flat[WY_FLAT_MAX];
    assert_null(wy_abi_lower_params(&g->cx, &ft, args, flat));
    assert_null(wy_abi_lift_params(&g->cx, &ft, flat, back));
    assert_memory_equal(args, back, sizeof args);
    flat[0].i32++;
    assert_trap(wy_abi_lift_params(&g->cx, &ft, flat, back), "unaligned pointer");

    wy_str s = WY_STR("result"), got;
    assert_trap(wy_abi_lower_result(&g->cx, &ft, &s, NULL, 65532), "outside");
    assert_null(wy_abi_lower_result(&g->cx, &ft, &s, NULL, 512));
    flat[0].i32 = 512;
    assert_null(wy_abi_lift_result(&g->cx, &ft, flat, &got));
    assert_true(wy_str_eqz(got, "result"));
    guest_free(g);
}

TEST(reserved_memory_is_not_copied_again) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    wy_type list = list_of(&wy_type_u8);
    wy_func_type ft = {.params = laid_out((wy_type){.kind = WY_KIND_RECORD}, NULL),
                       .result = &list};
    own wy_trap *trap = NULL;
    uint8_t *at = wy_abi_reserve(&g->cx, 100, &trap);
    assert_null(trap);
    memcpy(at, "abc", 3);
    const wy_list_u8 result = {at, 3};
    assert_null(wy_abi_lower_result(&g->cx, &ft, &result, NULL, 512));
    assert_int_equal(g->calls, 2); /* one to reserve, one to shrink */
    uint32_t ptr;
    memcpy(&ptr, g->memory + 512, 4);
    assert_ptr_equal(g->memory + ptr, at);
    guest_free(g);
}

/* --- handles --- */

TEST(a_trap_leaves_no_resource_without_owner) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    wy_type own_type = laid_out((wy_type){.kind = WY_KIND_OWN}, NULL);
    wy_type owns = list_of(&own_type);
    wy_field fields[] = {{.name = WY_STR("a"), .type = &own_type},
                         {.name = WY_STR("text"), .type = &wy_type_string},
                         {.name = WY_STR("more"), .type = &owns}};
    wy_func_type ft = {.params = laid_out((wy_type){.kind = WY_KIND_RECORD, .count = 3}, fields)};
    struct {
        wy_handle a;
        wy_str text;
        wy_list more;
    } args = {1, WY_STR("x"), {(wy_handle[]){10, 100}, 2}};
    wy_raw flat[WY_FLAT_MAX];
    g->misplace = 65536;
    dropped = 0;
    assert_trap(wy_abi_lower_params(&g->cx, &ft, &args, flat), "realloc");
    assert_int_equal(g->handles.count, 4); /* all three are in the table */

    const wy_raw lift[5] = {{.i32 = 1}, {.i32 = -1}, {.i32 = 1}};
    assert_trap(wy_abi_lift_params(&g->cx, &ft, lift, &args), "outside");
    wy_handle rep = 0;
    assert_null(wy_handle_rep(&g->handles, &host_thing, 1, &rep));
    assert_int_equal(rep, 1);
    guest_free(g);
    assert_int_equal(dropped, 111);
}

/* --- memories with 64-bit addresses --- */

TEST(handles_take_four_bytes_in_a_64_bit_memory) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    g->cx.is_64 = true;
    wy_type own_type = laid_out((wy_type){.kind = WY_KIND_OWN}, NULL);
    wy_type owns = list_of(&own_type);
    wy_field fields[] = {{.name = WY_STR("a"), .type = &own_type},
                         {.name = WY_STR("b"), .type = &wy_type_u8},
                         {.name = WY_STR("more"), .type = &owns}};
    wy_type record = laid_out((wy_type){.kind = WY_KIND_RECORD, .count = 3}, fields);
    typedef struct value {
        wy_handle a;
        uint8_t b;
        wy_list more;
    } value;
    const value in = {1, 7, {(wy_handle[]){10, 100}, 2}};
    assert_null(wy_abi_store(&g->cx, &record, &in, 64));
    const uint32_t head[6] = {1, 7, 1024, 0, 2, 0}, elements[2] = {2, 3};
    assert_memory_equal(g->memory + 64, head, sizeof head);
    assert_memory_equal(g->memory + 1024, elements, sizeof elements);
    value out = {0};
    assert_null(wy_abi_load(&g->cx, &record, 64, &out));
    assert_int_equal(out.a, 1);
    assert_int_equal(out.b, 7);
    assert_int_equal(out.more.len, 2);
    assert_int_equal(((wy_handle *)out.more.ptr)[1], 100);
    guest_free(g);
}

TEST(addresses_and_lengths_above_32_bits_are_not_cut) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    g->cx.is_64 = true;
    wy_type list = list_of(&wy_type_u16);
    wy_list out;
    wy_str text;
    const wy_raw far[2] = {{.i64 = (int64_t)1 << 32}, {.i64 = 1}};
    assert_trap(wy_abi_lift_flat(&g->cx, &list, far, &out), "at 4294967296 lies outside");
    assert_trap(wy_abi_lift_flat(&g->cx, &wy_type_string, far, &text), "outside");
    const wy_raw wraps[2] = {{.i64 = 0}, {.i64 = INT64_MIN}}; /* twice that is 0 */
    assert_trap(wy_abi_lift_flat(&g->cx, &list, wraps, &out), "longer than");
    g->cx.encoding = WY_ENCODING_UTF16;
    assert_trap(wy_abi_lift_flat(&g->cx, &wy_type_string, wraps, &text), "is longer than");
    guest_free(g);
}

TEST(a_tagged_length_passes_between_memories_of_both_kinds) {
    guest *wide = guest_new(WY_ENCODING_LATIN1_UTF16), *g = guest_new(WY_ENCODING_LATIN1_UTF16);
    wide->cx.is_64 = true;
    wide->cx.host_encoding = g->cx.host_encoding = WY_ENCODING_LATIN1_UTF16;
    memcpy(wide->memory + 16, u"\u20ac", 2);
    const wy_raw in[2] = {{.i64 = 16}, {.i64 = INT64_MIN | 1}};
    wy_raw narrow[2], back[2];
    wy_str text;
    assert_null(wy_abi_lift_flat(&wide->cx, &wy_type_string, in, &text));
    assert_null(wy_abi_lower_flat(&g->cx, &wy_type_string, &text, narrow));
    assert_int_equal(narrow[1].i64, 0x80000001);
    assert_null(wy_abi_lift_flat(&g->cx, &wy_type_string, narrow, &text));
    assert_null(wy_abi_lower_flat(&wide->cx, &wy_type_string, &text, back));
    assert_true(back[1].i64 == (INT64_MIN | 1));
    guest_free(wide);
    guest_free(g);
}

/* --- borrows --- */

TEST(borrows_go_as_representation_to_whoever_defines_them) {
    guest *g = guest_new(WY_ENCODING_UTF8);
    wy_type borrow = laid_out((wy_type){.kind = WY_KIND_BORROW, .resource_index = 1}, NULL);
    const wy_handle rep = 0x1234;
    wy_raw flat;
    g->cx.instance = 7;
    assert_null(wy_abi_lower_flat(&g->cx, &borrow, &rep, &flat));
    assert_int_equal(flat.i32, 0x1234);
    assert_int_equal(g->scope.borrows, 0);
    g->cx.instance = 8;
    assert_null(wy_abi_lower_flat(&g->cx, &borrow, &rep, &flat));
    assert_int_equal(flat.i32, 1);
    assert_int_equal(g->scope.borrows, 1);
    wy_handle back = 0;
    assert_null(wy_abi_lift_flat(&g->cx, &borrow, &flat, &back));
    assert_int_equal(back, 0x1234);
    guest_free(g);
}
