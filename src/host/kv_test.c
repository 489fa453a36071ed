/* Stores of an embedder: what is made of the few functions that he gives. */
#include "host/kv.h"

#include "base/test.h"

#include <stdlib.h>

#define SLOTS 64

/* A store that keeps its pairs in no order. */
typedef struct shelf {
    char *keys[SLOTS];
    withy_str values[SLOTS];
    int writes_between; /* how often somebody else is faster than a swap */
    bool is_broken;
} shelf;

static int find(const shelf *s, withy_str key) {
    for (int i = 0; i < SLOTS; i++)
        if (s->keys[i] && withy_str_is(key, s->keys[i])) return i;
    return -1;
}

static void put(shelf *s, withy_str key, withy_str value) {
    int at = find(s, key);
    for (int i = SLOTS - 1; at < 0; i--) {
        assert_true(i >= 0);
        if (s->keys[i]) continue;
        at = i;
        s->keys[i] = strndup(key.ptr, key.len);
    }
    free((char *)s->values[at].ptr);
    s->values[at] = (withy_str){memcpy(malloc(value.len + 1), value.ptr, value.len), value.len};
}

static bool shelf_get(void *data, withy_kv_request *request, withy_str key) {
    shelf *s = data;
    if (s->is_broken) return withy_kv_fail(request, "shelf %d is broken", 7);
    int at = find(s, key);
    return at < 0 || withy_kv_found(request, s->values[at]);
}

static bool shelf_set(void *data, withy_kv_request *request, withy_str key, withy_str value) {
    (void)request;
    shelf *s = data;
    if (!s->is_broken) put(s, key, value);
    return !s->is_broken;
}

static bool shelf_remove(void *data, withy_kv_request *request, withy_str key) {
    (void)request;
    shelf *s = data;
    int at = find(s, key);
    if (at < 0) return true;
    free(s->keys[at]);
    free((char *)s->values[at].ptr);
    s->keys[at] = NULL;
    s->values[at] = (withy_str){NULL, 0};
    return true;
}

static bool shelf_list(void *data, withy_kv_request *request, const withy_str *after) {
    (void)after;
    shelf *s = data;
    for (int i = 0; i < SLOTS; i++)
        if (s->keys[i] && !withy_kv_listed(request, withy_str_of(s->keys[i]))) return false;
    return true;
}

static bool shelf_swap(void *data, withy_kv_request *request, withy_str key,
                       const withy_str *expected, withy_str value, bool *swapped_out) {
    (void)request;
    shelf *s = data;
    if (s->writes_between) {
        s->writes_between--;
        put(s, key, (withy_str){"\1\0\0\0\0\0\0\0", 8});
    }
    int at = find(s, key);
    *swapped_out = at < 0 ? !expected
                          : expected && expected->len == s->values[at].len &&
                                memcmp(expected->ptr, s->values[at].ptr, expected->len) == 0;
    if (*swapped_out) put(s, key, value);
    return true;
}

static const withy_kv_backend plain = {
    .get = shelf_get, .set = shelf_set, .remove = shelf_remove, .list = shelf_list};
static const withy_kv_backend swapping = {.blocks = true,
                                          .get = shelf_get,
                                          .set = shelf_set,
                                          .remove = shelf_remove,
                                          .list = shelf_list,
                                          .swap = shelf_swap};

typedef struct bench {
    shelf shelf;
    wy_kv_store *store;
    wy_arena arena;
    wy_diag diag;
} bench;

static void setup(bench *b, const withy_kv_backend *backend) {
    *b = (bench){.store = NULL};
    wy_diag_init(&b->diag);
    wy_arena_init(&b->arena, (size_t)1 << 20);
    const withy_kv_store in = {"shelf", backend, &b->shelf};
    assert_int_equal(wy_host_kv_open(&in, &b->store, &b->diag), WY_OK);
}

static void teardown(bench *b) {
    wy_kv_store_close(b->store);
    wy_arena_deinit(&b->arena);
    for (int i = 0; i < SLOTS; i++) {
        free(b->shelf.keys[i]);
        free((char *)b->shelf.values[i].ptr);
    }
}

static wy_kv_request run(bench *b, wy_kv_request request) {
    request.store = b->store;
    request.arena = &b->arena;
    wy_kv_run(&request);
    return request;
}

static void set(bench *b, const char *key, const char *value) {
    wy_kv_request r =
        run(b, (wy_kv_request){.op = WY_KV_SET, .key = wy_str_of(key), .value = wy_str_of(value)});
    assert_int_equal(r.status, WY_KV_OK);
}

static wy_kv_request get(bench *b, const char *key) {
    return run(b, (wy_kv_request){.op = WY_KV_GET, .key = wy_str_of(key)});
}

static void keeps_pairs(const withy_kv_backend *backend) {
    bench b;
    setup(&b, backend);
    assert_int_equal(wy_kv_store_blocks(b.store), backend->blocks);
    assert_false(get(&b, "a").found.present);
    set(&b, "a", "1");
    set(&b, "a", "23");
    wy_kv_request r = get(&b, "a");
    assert_true(r.found.present && wy_str_eqz(r.found.bytes, "23"));
    assert_true(run(&b, (wy_kv_request){.op = WY_KV_EXISTS, .key = WY_STR("a")}).yes);
    assert_false(run(&b, (wy_kv_request){.op = WY_KV_EXISTS, .key = WY_STR("b")}).yes);
    r = run(&b, (wy_kv_request){.op = WY_KV_DELETE, .key = WY_STR("a")});
    assert_int_equal(r.status, WY_KV_OK);
    assert_false(get(&b, "a").found.present);
    for (int i = 1; i <= 3; i++) {
        r = run(&b, (wy_kv_request){.op = WY_KV_INCREMENT, .key = WY_STR("n"), .delta = 5});
        assert_int_equal(r.status, WY_KV_OK);
        assert_int_equal(r.number, 5 * i);
    }
    set(&b, "a", "1");
    const wy_kv_value one = {true, WY_STR("1")};
    wy_kv_request swap = {.op = WY_KV_SWAP, .key = WY_STR("a"), .value = WY_STR("2")};
    assert_false(run(&b, swap).yes); /* it is there */
    swap.expected = one;
    assert_true(run(&b, swap).yes);
    assert_false(run(&b, swap).yes);
    swap.key = WY_STR("new");
    swap.expected = (wy_kv_value){0};
    assert_true(run(&b, swap).yes);
    teardown(&b);
}

TEST(a_store_of_four_functions_does_everything) {
    keeps_pairs(&plain);
}

TEST(a_store_with_a_swap_of_its_own_does_too) {
    keeps_pairs(&swapping);
}

TEST(keys_come_in_order_and_in_pages) {
    bench b;
    setup(&b, &plain);
    for (int i = 0; i < 40; i++) {
        char key[] = {'k', (char)('0' + i * 7 % 40), '\0'};
        set(&b, key, "v");
    }
    wy_kv_request r = {.op = WY_KV_LIST, .page_bytes = 10 * (2 + sizeof(wy_str))};
    wy_str last;
    int pages = 0, count = 0;
    do {
        wy_kv_request page = run(&b, r);
        assert_int_equal(page.status, WY_KV_OK);
        for (size_t i = 0; i < page.listed_count; i++)
            assert_int_equal(page.listed[i].ptr[1], '0' + count++);
        last = page.listed[page.listed_count - 1];
        r.after = &last;
        pages++;
        if (!page.yes) break;
    } while (pages < 10);
    assert_int_equal(pages, 4);
    assert_int_equal(count, 40);
    teardown(&b);
}

TEST(an_increment_begins_anew_when_somebody_was_faster) {
    bench b;
    setup(&b, &swapping);
    b.shelf.writes_between = 3;
    wy_kv_request r =
        run(&b, (wy_kv_request){.op = WY_KV_INCREMENT, .key = WY_STR("n"), .delta = 5});
    assert_int_equal(r.status, WY_KV_OK);
    assert_int_equal(r.number, 6);
    b.shelf.writes_between = 1 << 30;
    set(&b, "m", "12345678");
    r = run(&b, (wy_kv_request){.op = WY_KV_INCREMENT, .key = WY_STR("m"), .delta = 5});
    assert_int_equal(r.status, WY_KV_OK); /* the others write the same again and again */
    assert_int_equal(r.number, 6);
    teardown(&b);
}

TEST(failures_say_why) {
    bench b;
    setup(&b, &plain);
    set(&b, "text", "no number");
    wy_kv_request r = {.op = WY_KV_INCREMENT, .key = WY_STR("text"), .delta = 1};
    assert_int_equal(run(&b, r).status, WY_KV_FAILED);
    b.shelf.is_broken = true;
    r = get(&b, "a");
    assert_int_equal(r.status, WY_KV_FAILED);
    assert_string_equal(r.text, "shelf 7 is broken");
    r = run(&b, (wy_kv_request){.op = WY_KV_SET, .key = WY_STR("a"), .value = WY_STR("b")});
    assert_int_equal(r.status, WY_KV_FAILED);
    assert_string_equal(r.text, "the store failed");
    teardown(&b);
}

TEST(tables_that_lack_something_are_refused) {
    wy_diag diag;
    wy_diag_init(&diag);
    wy_kv_store *store = NULL;
    withy_kv_backend backend = plain;
    const withy_kv_store in = {"shelf", &backend, NULL};
    backend.blocks = true;
    assert_int_equal(wy_host_kv_open(&in, &store, &diag), WY_USAGE);
    assert_non_null(strstr(diag.text, "swap"));
    backend = plain;
    backend.list = NULL;
    assert_int_equal(wy_host_kv_open(&in, &store, &diag), WY_USAGE);
    assert_null(store);
}
