#include "capability/kv/kv.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/test.h"

static wy_arena arena;
static char dir[64], path[96];

static void make_dir(void) {
    snprintf(dir, sizeof dir, "/tmp/withy-kv-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/state/kv.db", dir);
    wy_arena_init(&arena, (size_t)256 << 20);
}

static void remove_dir(void) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    char folder[96];
    snprintf(folder, sizeof folder, "%s/state", dir);
    rmdir(folder);
    rmdir(dir);
    wy_arena_deinit(&arena);
}

static wy_kv_store *open_store(const char *backend, const char *label) {
    wy_kv_options options = {
        .backend = wy_str_of(backend), .label = wy_str_of(label), .path = wy_str_of(path)};
    wy_diag diag;
    wy_diag_init(&diag);
    wy_kv_store *store;
    if (wy_kv_store_open(&options, &store, &diag) != WY_OK) fail_msg("%s", diag.text);
    return store;
}

static wy_kv_request run(wy_kv_request r) {
    r.arena = &arena;
    wy_kv_run(&r);
    return r;
}

static wy_kv_request good(wy_kv_request r) {
    r = run(r);
    if (r.status != WY_KV_OK) fail_msg("%s", r.text);
    return r;
}

#define REQUEST(o, ...) ((wy_kv_request){.op = WY_KV_##o, .store = store, __VA_ARGS__})

static void set(wy_kv_store *store, const char *key, const char *value) {
    good(REQUEST(SET, .key = wy_str_of(key), .value = wy_str_of(value)));
}

static void expect(wy_kv_store *store, const char *key, const char *value) {
    wy_kv_request r = good(REQUEST(GET, .key = wy_str_of(key)));
    assert_int_equal(r.found.present, value != NULL);
    if (value) assert_true(wy_str_eqz(r.found.bytes, value));
    r = good(REQUEST(EXISTS, .key = wy_str_of(key)));
    assert_int_equal(r.yes, value != NULL);
}

/* --- the suite that every backend passes --- */

static void single_keys(wy_kv_store *store) {
    expect(store, "a", NULL);
    good(REQUEST(DELETE, .key = WY_STR("a")));
    set(store, "a", "1");
    expect(store, "a", "1");
    set(store, "a", "another and longer value");
    expect(store, "a", "another and longer value");
    set(store, "a", "");
    expect(store, "a", "");
    set(store, "", "empty key");
    expect(store, "", "empty key");
    wy_str odd = {"x\0\xc3\xa9", 4}, bytes = {"\0\xff\0", 3};
    good(REQUEST(SET, .key = odd, .value = bytes));
    wy_kv_request r = good(REQUEST(GET, .key = odd));
    assert_true(wy_str_eq(r.found.bytes, bytes));
    good(REQUEST(DELETE, .key = odd));
    good(REQUEST(DELETE, .key = WY_STR("")));
    good(REQUEST(DELETE, .key = WY_STR("a")));
    expect(store, "a", NULL);
    assert_int_equal(good(REQUEST(LIST)).listed_count, 0);
}

static void listing(wy_kv_store *store) {
    char key[16];
    for (int i = 999; i >= 0; i--) {
        snprintf(key, sizeof key, "key%03d", i);
        set(store, key, "v");
    }
    wy_kv_request all = good(REQUEST(LIST));
    assert_int_equal(all.listed_count, 1000);
    assert_false(all.yes);
    size_t seen = 0, pages = 0;
    const wy_str *after = NULL;
    wy_kv_request page;
    do {
        page = good(REQUEST(LIST, .after = after, .page_bytes = 2000));
        assert_true(page.listed_count > 0);
        for (size_t i = 0; i < page.listed_count; i++, seen++)
            assert_true(wy_str_eq(page.listed[i], all.listed[seen]));
        after = &page.listed[page.listed_count - 1];
        pages++;
    } while (page.yes);
    assert_int_equal(seen, 1000);
    assert_true(pages > 5);
    wy_str last = WY_STR("zzz"), middle = WY_STR("key0005");
    assert_int_equal(good(REQUEST(LIST, .after = &last)).listed_count, 0);
    assert_true(wy_str_eqz(good(REQUEST(LIST, .after = &middle)).listed[0], "key001"));
    good(REQUEST(DELETE_MANY, .keys = all.listed, .count = all.listed_count));
    assert_int_equal(good(REQUEST(LIST)).listed_count, 0);
}

static void numbers(wy_kv_store *store) {
    assert_int_equal(good(REQUEST(INCREMENT, .key = WY_STR("n"), .delta = 5)).number, 5);
    assert_int_equal(good(REQUEST(INCREMENT, .key = WY_STR("n"), .delta = -7)).number, -2);
    wy_kv_request r = good(REQUEST(GET, .key = WY_STR("n")));
    assert_memory_equal(r.found.bytes.ptr, "\xfe\xff\xff\xff\xff\xff\xff\xff", 8);
    set(store, "text", "12");
    r = run(REQUEST(INCREMENT, .key = WY_STR("text"), .delta = 1));
    assert_int_equal(r.status, WY_KV_FAILED);
    assert_string_equal(r.text,
                        "the value has 2 bytes, so it is no number that can be incremented (8)");
    expect(store, "text", "12");
    good(REQUEST(INCREMENT, .key = WY_STR("m"), .delta = INT64_MAX));
    r = run(REQUEST(INCREMENT, .key = WY_STR("m"), .delta = 1));
    assert_int_equal(r.status, WY_KV_FAILED);
    assert_int_equal(good(REQUEST(INCREMENT, .key = WY_STR("m"), .delta = -1)).number,
                     INT64_MAX - 1);
}

static bool swap(wy_kv_store *store, const char *expected, const char *value) {
    wy_kv_value old = {expected != NULL, wy_str_of(expected)};
    return good(REQUEST(SWAP, .key = WY_STR("s"), .expected = old, .value = wy_str_of(value))).yes;
}

static void swaps(wy_kv_store *store) {
    assert_false(swap(store, "x", "y"));
    expect(store, "s", NULL);
    assert_true(swap(store, NULL, "1"));
    assert_false(swap(store, NULL, "2"));
    assert_false(swap(store, "2", "3"));
    assert_true(swap(store, "1", "2"));
    assert_true(swap(store, "2", ""));
    assert_true(swap(store, "", "2"));
    expect(store, "s", "2");
}

static void batches(wy_kv_store *store) {
    wy_kv_pair pairs[] = {
        {WY_STR("b1"), WY_STR("x")}, {WY_STR("b2"), WY_STR("")}, {WY_STR("b1"), WY_STR("y")}};
    good(REQUEST(SET_MANY, .pairs = pairs, .count = 3));
    wy_str keys[] = {WY_STR("b1"), WY_STR("none"), WY_STR("b2")};
    wy_kv_request r = good(REQUEST(GET_MANY, .keys = keys, .count = 3));
    assert_true(wy_str_eqz(r.values[0].bytes, "y"));
    assert_false(r.values[1].present);
    assert_true(r.values[2].present);
    good(REQUEST(DELETE_MANY, .keys = keys, .count = 3));
    expect(store, "b1", NULL);
    good(REQUEST(SET_MANY, .count = 0));
    good(REQUEST(GET_MANY, .count = 0));
}

static void limits(wy_kv_store *store) {
    static char long_key[WY_MAX_KV_KEY_BYTES + 1];
    memset(long_key, 'k', sizeof long_key);
    wy_str key = {long_key, sizeof long_key};
    assert_int_equal(run(REQUEST(GET, .key = key)).status, WY_KV_FAILED);
    assert_int_equal(run(REQUEST(DELETE_MANY, .keys = &key, .count = 1)).status, WY_KV_FAILED);
    wy_str fits = {long_key, sizeof long_key - 1};
    good(REQUEST(SET, .key = fits, .value = WY_STR("v")));
    wy_kv_request r = run(REQUEST(SET, .key = fits, .value = {long_key, WY_MAX_RESULT_BYTES + 1}));
    assert_int_equal(r.status, WY_KV_FAILED);
    assert_non_null(strstr(r.text, "at most 134217728 are allowed"));
    good(REQUEST(DELETE, .key = fits));
}

/* --- keys that end --- */

#define BLINK_MS 250 /* a time to live that a test can wait for */

static void wait_ms(unsigned ms) {
    usleep(ms * 1000);
}

static void end_soon(wy_kv_store *store, const char *key, const char *value) {
    good(REQUEST(SET, .key = wy_str_of(key), .value = wy_str_of(value), .ttl_ms = BLINK_MS));
}

static void ends(wy_kv_store *store) {
    wy_kv_pair pairs[] = {{WY_STR("e-many"), WY_STR("1")}, {WY_STR("e-set"), WY_STR("1")}};
    wy_str keys[] = {WY_STR("e-many"), WY_STR("e-set"), WY_STR("e-swap"), WY_STR("e-plain")};
    wy_kv_value none = {0};
    good(REQUEST(SET_MANY, .pairs = pairs, .count = 2, .ttl_ms = BLINK_MS));
    end_soon(store, "e-set", "2");
    expect(store, "e-set", "2");
    wy_kv_request r = good(REQUEST(SWAP, .key = WY_STR("e-swap"), .expected = none,
                                   .value = WY_STR("1"), .ttl_ms = BLINK_MS));
    assert_true(r.yes);
    set(store, "e-plain", "stays");
    r = good(REQUEST(GET_MANY, .keys = keys, .count = 4));
    for (size_t i = 0; i < 4; i++)
        assert_true(r.values[i].present);
    assert_int_equal(good(REQUEST(LIST)).listed_count, 4);
    wait_ms(BLINK_MS + 10);
    r = good(REQUEST(GET_MANY, .keys = keys, .count = 4));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(r.values[i].present, i == 3);
    r = good(REQUEST(LIST));
    assert_int_equal(r.listed_count, 1);
    assert_true(wy_str_eqz(r.listed[0], "e-plain"));
    expect(store, "e-set", NULL);
    expect(store, "e-swap", NULL);
}

/* Whoever writes a key anew decides anew; a number keeps the time that it had. */
static void new_ends(wy_kv_store *store) {
    wy_kv_value one = {true, WY_STR("1")}, none = {0};
    end_soon(store, "e-set", "1");
    set(store, "e-set", "stays");
    end_soon(store, "e-swap", "1");
    good(REQUEST(SWAP, .key = WY_STR("e-swap"), .expected = one, .value = WY_STR("stays")));
    end_soon(store, "e-gone", "1");
    good(REQUEST(DELETE, .key = WY_STR("e-gone")));
    set(store, "e-gone", "stays");
    good(REQUEST(INCREMENT, .key = WY_STR("e-n"), .delta = 3, .ttl_ms = BLINK_MS));
    assert_int_equal(good(REQUEST(INCREMENT, .key = WY_STR("e-n"), .delta = 4)).number, 7);
    good(REQUEST(INCREMENT, .key = WY_STR("e-m"), .delta = 3));
    good(REQUEST(INCREMENT, .key = WY_STR("e-m"), .delta = 3, .ttl_ms = BLINK_MS));
    end_soon(store, "e-late", "1");
    wait_ms(BLINK_MS + 10);
    expect(store, "e-set", "stays");
    expect(store, "e-swap", "stays");
    expect(store, "e-gone", "stays");
    assert_int_equal(good(REQUEST(INCREMENT, .key = WY_STR("e-n"), .delta = 1)).number, 1);
    assert_int_equal(good(REQUEST(INCREMENT, .key = WY_STR("e-m"), .delta = 3)).number, 9);
    wy_kv_request r =
        good(REQUEST(SWAP, .key = WY_STR("e-late"), .expected = one, .value = WY_STR("too late")));
    assert_false(r.yes);
    r = good(REQUEST(SWAP, .key = WY_STR("e-late"), .expected = none, .value = WY_STR("new")));
    assert_true(r.yes);
    expect(store, "e-late", "new");
    r = run(REQUEST(SET, .key = WY_STR("e"), .ttl_ms = WY_MAX_KV_TTL_S * 1000 + 1));
    assert_string_equal(r.text, "keys may stay for 3155760000 seconds at most");
}

static void suite(const char *backend) {
    make_dir();
    wy_kv_store *store = open_store(backend, "default");
    wy_kv_request r;
    single_keys(store);
    listing(store);
    numbers(store);
    swaps(store);
    batches(store);
    limits(store);
    r = good(REQUEST(LIST));
    good(REQUEST(DELETE_MANY, .keys = r.listed, .count = r.listed_count));
    ends(store);
    new_ends(store);
    wy_kv_store_close(store);
    remove_dir();
}

#define WY_KV_BACKEND(name)                                                                        \
    TEST(name##_passes_the_suite) {                                                                \
        if (strcmp(#name, "redis") != 0) suite(#name); /* needs a server: tests/scenario */        \
    }
#include "capability/kv/backends.def"
#undef WY_KV_BACKEND

/* --- what is each backend's own --- */

TEST(unknown_backends_name_the_nearest) {
    wy_kv_options options = {.backend = WY_STR("sqlit")};
    wy_diag diag;
    wy_diag_init(&diag);
    wy_kv_store *store;
    assert_int_equal(wy_kv_store_open(&options, &store, &diag), WY_NOT_FOUND);
    assert_string_equal(diag.text, "there is no key-value backend 'sqlit'; did you mean 'sqlite'?");
}

TEST(grants_are_found_by_label) {
    wy_kv_grant items[] = {{WY_STR("a"), NULL}, {WY_STR("b"), NULL}};
    wy_kv_grants grants = {.items = items, .count = 2};
    assert_ptr_equal(wy_kv_grant_find(&grants, WY_STR("b")), &items[1]);
    assert_null(wy_kv_grant_find(&grants, WY_STR("c")));
    assert_null(wy_kv_grant_find(NULL, WY_STR("a")));
}

TEST(a_store_in_memory_is_bounded) {
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_kv_store *store = open_store("memory", "m");
    size_t size = (size_t)100 << 20;
    char *bytes = calloc(1, size);
    assert_non_null(bytes);
    good(REQUEST(SET, .key = WY_STR("a"), .value = {bytes, size}));
    good(REQUEST(SET, .key = WY_STR("b"), .value = {bytes, size}));
    assert_int_equal(run(REQUEST(SET, .key = WY_STR("c"), .value = {bytes, size})).status,
                     WY_KV_FAILED);
    good(REQUEST(SET, .key = WY_STR("a"), .value = WY_STR("small")));
    good(REQUEST(SET, .key = WY_STR("c"), .value = {bytes, size}));
    free(bytes);
    wy_kv_store_close(store);
    wy_arena_deinit(&arena);
}

TEST(sqlite_keeps_stores_of_one_file_apart_and_survives_closing) {
    make_dir();
    wy_kv_store *a = open_store("sqlite", "a"), *b = open_store("sqlite", "b");
    set(a, "k", "of a");
    set(b, "k", "of b");
    expect(a, "k", "of a");
    wy_kv_store_close(a);
    wy_kv_store_close(b);
    a = open_store("sqlite", "a");
    expect(a, "k", "of a");
    wy_kv_store_close(a);
    remove_dir();
}

TEST(sqlite_opens_files_of_the_layout_that_others_write) {
    make_dir();
    char folder[96];
    snprintf(folder, sizeof folder, "%s/state", dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "CREATE TABLE spin_key_value (store TEXT NOT NULL, key TEXT NOT NULL, value "
                     "BLOB NOT NULL, PRIMARY KEY (store, key));"
                     "INSERT INTO spin_key_value VALUES ('default', 'theirs', x'6869')",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    wy_kv_store *store = open_store("sqlite", "default");
    expect(store, "theirs", "hi");
    wy_kv_store_close(store);
    remove_dir();
}

/* Runs statements on the file as another program would; returns how many keys the table has. */
static int by_others(const char *statements) {
    sqlite3 *db;
    sqlite3_stmt *count;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, statements, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*) FROM spin_key_value", -1, &count, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(count), SQLITE_ROW);
    int keys = sqlite3_column_int(count, 0);
    sqlite3_finalize(count);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return keys;
}

TEST(what_others_write_to_a_key_that_ends_stays) {
    make_dir();
    wy_kv_store *store = open_store("sqlite", "default");
    end_soon(store, "a", "1");
    end_soon(store, "b", "1");
    end_soon(store, "c", "1");
    assert_int_equal(by_others("INSERT INTO spin_key_value (store, key, value) "
                               "VALUES ('default', 'a', x'32') ON CONFLICT (store, key) "
                               "DO UPDATE SET value = excluded.value;"
                               "INSERT OR REPLACE INTO spin_key_value VALUES "
                               "('default', 'b', x'32')"),
                     3);
    wait_ms(BLINK_MS + 10);
    expect(store, "a", "2");
    expect(store, "b", "2");
    expect(store, "c", NULL);
    end_soon(store, "d", "1"); /* takes what is over along */
    assert_int_equal(by_others(""), 3);
    wy_kv_store_close(store);
    remove_dir();
}

TEST(keys_that_are_no_text_are_not_listed) {
    make_dir();
    wy_kv_store *store = open_store("sqlite", "default");
    set(store, "a", "1");
    assert_int_equal(
        by_others("INSERT INTO spin_key_value VALUES "
                  "('default', CAST(x'62ff' AS TEXT), x'31'), ('default', 'c', x'31')"),
        3);
    wy_kv_request r = good(REQUEST(LIST));
    assert_int_equal(r.listed_count, 2);
    assert_true(wy_str_eqz(r.listed[1], "c"));
    wy_kv_store_close(store);
    remove_dir();
}

TEST(a_store_gives_its_keys_a_time) {
    make_dir();
    static const char *const backends[] = {"sqlite", "memory"};
    for (int i = 0; i < 2; i++) {
        wy_kv_options options = {.backend = wy_str_of(backends[i]),
                                 .label = WY_STR("l"),
                                 .path = wy_str_of(path),
                                 .ttl_ms = BLINK_MS};
        wy_kv_store *store;
        assert_int_equal(wy_kv_store_open(&options, &store, NULL), WY_OK);
        set(store, "a", "1");
        good(REQUEST(SET, .key = WY_STR("b"), .value = WY_STR("1"), .ttl_ms = WY_KV_FOREVER));
        expect(store, "a", "1");
        wait_ms(BLINK_MS + 10);
        expect(store, "a", NULL);
        expect(store, "b", "1");
        wy_kv_store_close(store);
    }
    remove_dir();
}

TEST(what_is_over_makes_room_in_memory) {
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_kv_store *store = open_store("memory", "m");
    size_t size = (size_t)100 << 20;
    char *bytes = calloc(1, size);
    assert_non_null(bytes);
    wy_str value = {bytes, size};
    good(REQUEST(SET, .key = WY_STR("a"), .value = value, .ttl_ms = BLINK_MS));
    good(REQUEST(SET, .key = WY_STR("b"), .value = value));
    wait_ms(BLINK_MS + 10);
    good(REQUEST(SET, .key = WY_STR("c"), .value = value));
    free(bytes);
    wy_kv_store_close(store);
    wy_arena_deinit(&arena);
}

TEST(a_damaged_file_is_an_error) {
    make_dir();
    wy_kv_store *store = open_store("sqlite", "default");
    for (int i = 0; i < 500; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        set(store, key, "some value that fills pages of the file, one after the other");
    }
    wy_kv_store_close(store);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    for (off_t at = 4096; at < 40960; at += 512)
        assert_int_equal(pwrite(fd, "damage damage damage", 20, at), 20);
    store = open_store("sqlite", "default");
    wy_kv_request r = run(REQUEST(LIST));
    if (r.status == WY_KV_OK) r = run(REQUEST(SET, .key = WY_STR("k1"), .value = WY_STR("v")));
    assert_int_equal(r.status, WY_KV_FAILED);
    wy_kv_store_close(store);
    assert_int_equal(pwrite(fd, "this is no database", 19, 0), 19);
    close(fd);
    store = open_store("sqlite", "default");
    r = run(REQUEST(GET, .key = WY_STR("k1")));
    assert_int_equal(r.status, WY_KV_FAILED);
    assert_non_null(strstr(r.text, "file is not a database"));
    wy_kv_store_close(store);
    remove_dir();
}

TEST(sqlite_says_which_file_cannot_be_made) {
    snprintf(path, sizeof path, "/proc/no/such/kv.db");
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_kv_store *store = open_store("sqlite", "default");
    wy_kv_request r = run(REQUEST(GET, .key = WY_STR("k")));
    assert_string_equal(r.text,
                        "/proc/no/such/kv.db: cannot open the store: unable to open database file");
    wy_kv_store_close(store);
    wy_arena_deinit(&arena);
}

#define PROCESSES 3
#define THREADS 4
#define ROUNDS 50

/* Counts up by increment, and by compare-and-swap until it takes place. */
static void *count_up(void *data) {
    wy_kv_store *store = data;
    wy_arena own_arena;
    wy_arena_init(&own_arena, (size_t)16 << 20);
    bool ok = true;
    for (int i = 0; ok && i < ROUNDS; i++) {
        wy_kv_request r = REQUEST(INCREMENT, .arena = &own_arena, .key = WY_STR("n"), .delta = 1);
        wy_kv_run(&r);
        ok = r.status == WY_KV_OK;
        if (!ok) print_error("%s\n", r.text);
        for (bool swapped = false; ok && !swapped;) {
            wy_kv_request get = REQUEST(GET, .arena = &own_arena, .key = WY_STR("s"));
            wy_kv_run(&get);
            char text[24];
            int n = atoi(get.found.present ? wy_arena_strndup(&own_arena, get.found.bytes.ptr,
                                                              get.found.bytes.len)
                                           : "0");
            int len = snprintf(text, sizeof text, "%d", n + 1);
            wy_kv_request put = REQUEST(SWAP, .arena = &own_arena, .key = WY_STR("s"),
                                        .expected = get.found, .value = {text, (size_t)len});
            wy_kv_run(&put);
            ok = get.status == WY_KV_OK && put.status == WY_KV_OK;
            if (!ok) print_error("%s %s\n", get.text, put.text);
            swapped = put.yes;
        }
    }
    wy_arena_deinit(&own_arena);
    return ok ? store : NULL;
}

/* Returns the exit status of a process that counts up from several threads. */
static int worker(void) {
    wy_kv_store *store = open_store("sqlite", "default");
    pthread_t threads[THREADS];
    int status = 0;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, count_up, store) != 0) return 2;
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        if (!result) status = 1;
    }
    wy_kv_store_close(store);
    return status;
}

TEST(processes_and_threads_share_a_file_and_lose_no_write) {
    make_dir();
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) _exit(worker());
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    wy_kv_store *store = open_store("sqlite", "default");
    assert_int_equal(good(REQUEST(INCREMENT, .key = WY_STR("n"))).number,
                     PROCESSES * THREADS * ROUNDS);
    expect(store, "s", "600");
    wy_kv_store_close(store);
    remove_dir();
}

/* --- requests that do not wait --- */

static bool try_get(wy_kv_store *store, const char *key, wy_kv_request *out) {
    *out = REQUEST(GET, .key = wy_str_of(key));
    out->arena = &arena;
    return wy_kv_try(out);
}

static bool try_set(wy_kv_store *store, const char *key, wy_str value) {
    wy_kv_request r = REQUEST(SET, .key = wy_str_of(key), .value = value);
    r.arena = &arena;
    return wy_kv_try(&r);
}

TEST(a_brief_request_is_carried_out_where_nothing_has_to_be_waited_for) {
    make_dir();
    wy_kv_store *store = open_store("sqlite", "default");
    wy_kv_request r;
    assert_false(try_set(store, "a", WY_STR("1"))); /* the file is not open yet */
    set(store, "a", "1");
    assert_false(try_get(store, "a", &r)); /* not for reading */
    expect(store, "a", "1");
    assert_true(try_set(store, "a", WY_STR("2")));
    assert_true(try_get(store, "a", &r));
    assert_true(wy_str_eqz(r.found.bytes, "2"));
    assert_true(try_get(store, "b", &r));
    assert_false(r.found.present);
    r = REQUEST(LIST);
    r.arena = &arena;
    assert_false(wy_kv_try(&r));
    assert_int_equal(good(r).listed_count, 1);
    wy_kv_store_close(store);
    remove_dir();
}

TEST(a_brief_request_leaves_long_values_to_the_pool) {
    make_dir();
    wy_kv_store *store = open_store("sqlite", "default");
    size_t size = (size_t)20 << 20;
    char *bytes = calloc(1, size);
    assert_non_null(bytes);
    assert_false(try_set(store, "a", (wy_str){bytes, size}));
    good(REQUEST(SET, .key = WY_STR("a"), .value = {bytes, size}));
    set(store, "b", "1");
    expect(store, "b", "1");
    wy_kv_request r;
    assert_false(try_get(store, "a", &r));
    assert_int_equal(good(r).found.bytes.len, size);
    assert_true(try_get(store, "b", &r));
    free(bytes);
    wy_kv_store_close(store);
    remove_dir();
}

TEST(a_brief_request_does_not_wait_for_a_lock) {
    make_dir();
    wy_kv_store *store = open_store("sqlite", "default");
    set(store, "a", "1");
    expect(store, "a", "1");
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    wy_kv_request r;
    assert_false(try_set(store, "a", WY_STR("2")));
    assert_true(try_get(store, "a", &r)); /* readers and a writer do not mind each other */
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_true(try_set(store, "a", WY_STR("2")));
    expect(store, "a", "2");
    wy_kv_store_close(store);
    remove_dir();
}

/* The log grows by a page a write, and is written back by the pool at some thousand. */
TEST(a_brief_request_leaves_the_log_to_the_pool) {
    make_dir();
    wy_kv_store *store = open_store("sqlite", "default");
    set(store, "a", "1");
    int left = 0;
    for (int i = 0; i < 3000; i++) {
        const char *value = i % 2 ? "1" : "2"; /* what stays the same is not written */
        if (try_set(store, "a", wy_str_of(value))) continue;
        left++;
        set(store, "a", value);
    }
    assert_true(left >= 2);
    assert_true(left < 300); /* some more where the disk, or the machine, is slow */
    char log[128];
    struct stat info;
    snprintf(log, sizeof log, "%s-wal", path);
    assert_int_equal(stat(log, &info), 0);
    assert_true(info.st_size < 2000 * 4200);
    wy_kv_store_close(store);
    remove_dir();
}
