/* The key-value and settings interfaces, called as a guest's calls arrive: over the same data, with
 * the grants of one component. */
#include "interface/kv.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "capability/config/config.h"
#include "gen/fermyon_spin_key_value.h"
#include "gen/fermyon_spin_variables.h"
#include "gen/wasi_config_store.h"
#include "gen/wasi_keyvalue_draft_atomics.h"
#include "gen/wasi_keyvalue_draft_batch.h"
#include "gen/wasi_keyvalue_draft_store.h"
#include "gen/wasi_logging_logging.h"
#include "interface/registry.h"
#include "interface/wasi/keyvalue.h"
#include "interface/wasi/logging.h"
#include "interface/wasi/testing.h"
#include "runtime/internal.h"

/* The operations that the registry has under a name and version. */
static const void *ops_of(const char *name, const char *version) {
    size_t count;
    const wy_interface *const *all = wy_interfaces(&count);
    for (size_t i = 0; i < count; i++)
        if (wy_str_eqz(all[i]->desc->name, name) && wy_str_eqz(all[i]->desc->version, version))
            return all[i]->ops;
    fail_msg("%s@%s is not in the registry", name, version);
    return NULL;
}

static const fermyon_spin_key_value_ops *spin;
static const wasi_keyvalue_store_ops *store;
static const wasi_keyvalue_atomics_ops *atomics;
static const wasi_keyvalue_batch_ops *batch;

/* An instance without a guest: settings and state are all it has. */
static wy_component component;
static wy_instance instance;
static void (*inner)(wy_call *call);

static void with_instance(wy_call *call) {
    call->instance = &instance;
    inner(call);
}

static void run_with(wy_slot slot, const void *settings, void (*body)(wy_call *call)) {
    spin = ops_of("fermyon:spin/key-value", "2.0.0");
    store = ops_of("wasi:keyvalue/store", "0.2.0-draft2");
    atomics = ops_of("wasi:keyvalue/atomics", "0.2.0-draft2");
    batch = ops_of("wasi:keyvalue/batch", "0.2.0-draft2");
    component = (wy_component){0};
    component.settings[slot] = settings;
    instance = (wy_instance){.component = &component};
    inner = body;
    in_task(with_instance);
    for (int i = 0; i < WY_SLOT_COUNT; i++)
        if (instance.states[i].free_state) instance.states[i].free_state(instance.states[i].state);
}

static wy_kv_store *open_backend(const char *backend, const char *path) {
    wy_kv_options options = {
        .backend = wy_str_of(backend), .label = WY_STR("default"), .path = wy_str_of(path)};
    wy_diag diag;
    wy_diag_init(&diag);
    wy_kv_store *opened;
    if (wy_kv_store_open(&options, &opened, &diag) != WY_OK) fail_msg("%s", diag.text);
    return opened;
}

/* Runs `body` with the labels "default" (in memory) and "unconfigured" granted. */
static void with_memory(void (*body)(wy_call *call)) {
    wy_kv_store *memory = open_backend("memory", "");
    wy_kv_grant grants[] = {{WY_STR("default"), memory}, {WY_STR("unconfigured"), NULL}};
    wy_kv_grants settings = {.items = grants, .count = 2};
    run_with(WY_SLOT_KV, &settings, body);
    wy_kv_store_close(memory);
}

static uint32_t handles(void) {
    return ((const wy_kv_state *)instance.states[WY_SLOT_KV].state)->handle_count;
}

static wy_handle spin_open(wy_call *call, const char *label) {
    fermyon_spin_key_value_store_open_args args = {wy_str_of(label)};
    fermyon_spin_key_value_store_open_result result;
    assert_null(spin->store_open(call, &args, &result));
    assert_false(result.is_err);
    return result.ok;
}

static int spin_open_error(wy_call *call, const char *label) {
    fermyon_spin_key_value_store_open_args args = {wy_str_of(label)};
    fermyon_spin_key_value_store_open_result result;
    assert_null(spin->store_open(call, &args, &result));
    assert_true(result.is_err);
    return result.err.tag;
}

static void spin_set(wy_call *call, wy_handle self, const char *key, const char *value) {
    fermyon_spin_key_value_store_set_args args = {self, wy_str_of(key),
                                                  wy_kv_list(wy_str_of(value))};
    fermyon_spin_key_value_store_set_result result;
    assert_null(spin->store_set(call, &args, &result));
    assert_false(result.is_err);
}

static bool spin_get(wy_call *call, wy_handle self, const char *key, const char *value) {
    fermyon_spin_key_value_store_get_args args = {self, wy_str_of(key)};
    fermyon_spin_key_value_store_get_result result;
    assert_null(spin->store_get(call, &args, &result));
    assert_false(result.is_err);
    if (result.ok.is_some) assert_true(wy_str_eqz(wy_kv_bytes(result.ok.some), value));
    return result.ok.is_some;
}

/* --- fermyon:spin/key-value --- */

static void check_grants(wy_call *call) {
    assert_int_equal(spin_open_error(call, "other"), FERMYON_SPIN_KEY_VALUE_ERROR_ACCESS_DENIED);
    assert_int_equal(spin_open_error(call, ""), FERMYON_SPIN_KEY_VALUE_ERROR_ACCESS_DENIED);
    assert_int_equal(spin_open_error(call, "unconfigured"),
                     FERMYON_SPIN_KEY_VALUE_ERROR_NO_SUCH_STORE);
    wy_handle opened[WY_MAX_KV_OPEN_STORES];
    for (int i = 0; i < WY_MAX_KV_OPEN_STORES; i++)
        opened[i] = spin_open(call, "default");
    assert_int_equal(spin_open_error(call, "default"),
                     FERMYON_SPIN_KEY_VALUE_ERROR_STORE_TABLE_FULL);
    spin->store_drop((void *)opened[0]);
    opened[0] = spin_open(call, "default");
    for (int i = 0; i < WY_MAX_KV_OPEN_STORES; i++)
        spin->store_drop((void *)opened[i]);
    assert_int_equal(handles(), 0);
}

TEST(only_granted_labels_open_and_not_without_end) {
    with_memory(check_grants);
}

static void check_denied(wy_call *call) {
    assert_int_equal(spin_open_error(call, "default"), FERMYON_SPIN_KEY_VALUE_ERROR_ACCESS_DENIED);
}

TEST(without_grants_nothing_opens) {
    run_with(WY_SLOT_KV, NULL, check_denied);
}

static void check_spin(wy_call *call) {
    wy_handle self = spin_open(call, "default");
    assert_false(spin_get(call, self, "a", ""));
    spin_set(call, self, "b", "2");
    spin_set(call, self, "a", "1");
    assert_true(spin_get(call, self, "a", "1"));
    fermyon_spin_key_value_store_get_keys_args all = {self};
    fermyon_spin_key_value_store_get_keys_result keys;
    assert_null(spin->store_get_keys(call, &all, &keys));
    assert_false(keys.is_err);
    assert_int_equal(keys.ok.len, 2);
    assert_true(wy_str_eqz(keys.ok.ptr[0], "a"));
    fermyon_spin_key_value_store_delete_args gone = {self, WY_STR("a")};
    fermyon_spin_key_value_store_delete_result deleted;
    assert_null(spin->store_delete(call, &gone, &deleted));
    assert_null(spin->store_delete(call, &gone, &deleted));
    assert_false(deleted.is_err);
    fermyon_spin_key_value_store_exists_args there = {self, WY_STR("a")};
    fermyon_spin_key_value_store_exists_result exists;
    assert_null(spin->store_exists(call, &there, &exists));
    assert_false(exists.is_err || exists.ok);
    static char long_key[WY_MAX_KV_KEY_BYTES + 1];
    fermyon_spin_key_value_store_get_args too_long = {self, {long_key, sizeof long_key}};
    fermyon_spin_key_value_store_get_result result;
    assert_null(spin->store_get(call, &too_long, &result));
    assert_int_equal(result.err.tag, FERMYON_SPIN_KEY_VALUE_ERROR_OTHER);
    assert_true(wy_str_eqz(result.err.other, "the key has 4097 bytes; at most 4096 are allowed"));
    spin->store_drop((void *)self);
}

TEST(spin_stores_work) {
    with_memory(check_spin);
}

TEST(spin_stores_work_over_a_backend_that_blocks) {
    char dir[] = "/tmp/withy-ikv-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/kv.db", dir);
    wy_kv_store *file = open_backend("sqlite", path);
    wy_kv_grant grant = {WY_STR("default"), file};
    wy_kv_grants settings = {.items = &grant, .count = 1};
    run_with(WY_SLOT_KV, &settings, check_spin);
    wy_kv_store_close(file);
    unlink(path);
    rmdir(dir);
}

/* --- wasi:keyvalue --- */

static wy_handle open_bucket(wy_call *call, const char *identifier) {
    wasi_keyvalue_store_open_args args = {wy_str_of(identifier)};
    wasi_keyvalue_store_open_result result;
    assert_null(store->open(call, &args, &result));
    assert_false(result.is_err);
    return result.ok;
}

static void check_shared_data(wy_call *call) {
    wy_handle self = spin_open(call, "default"), bucket = open_bucket(call, "default");
    wy_handle nameless = open_bucket(call, "");
    spin_set(call, self, "k", "from spin");
    wasi_keyvalue_store_bucket_get_args get = {nameless, WY_STR("k")};
    wasi_keyvalue_store_bucket_get_result got;
    assert_null(store->bucket_get(call, &get, &got));
    assert_true(wy_str_eqz(wy_kv_bytes(got.ok.some), "from spin"));
    wit_tuple2_string_list_u8 pairs[] = {{WY_STR("m1"), wy_kv_list(WY_STR("x"))},
                                         {WY_STR("m2"), wy_kv_list(WY_STR("y"))}};
    wasi_keyvalue_batch_set_many_args set = {bucket, {pairs, 2}};
    wasi_keyvalue_batch_set_many_result set_result;
    assert_null(batch->set_many(call, &set, &set_result));
    assert_false(set_result.is_err);
    assert_true(spin_get(call, self, "m2", "y"));
    wy_str keys[] = {WY_STR("m1"), WY_STR("none")};
    wasi_keyvalue_batch_get_many_args many = {bucket, {keys, 2}};
    wasi_keyvalue_batch_get_many_result values;
    assert_null(batch->get_many(call, &many, &values));
    assert_int_equal(values.ok.len, 2);
    assert_true(wy_str_eqz(wy_kv_bytes(values.ok.ptr[0].f1.some), "x"));
    assert_true(wy_str_eqz(values.ok.ptr[1].f0, "none"));
    assert_false(values.ok.ptr[1].f1.is_some);
    wasi_keyvalue_batch_delete_many_args gone = {bucket, {keys, 2}};
    wasi_keyvalue_batch_delete_many_result gone_result;
    assert_null(batch->delete_many(call, &gone, &gone_result));
    wasi_keyvalue_store_bucket_list_keys_args list = {.self = bucket};
    wasi_keyvalue_store_bucket_list_keys_result listed;
    assert_null(store->bucket_list_keys(call, &list, &listed));
    assert_int_equal(listed.ok.keys.len, 2);
    assert_false(listed.ok.cursor.is_some);
    list.cursor = (wit_option_string){true, WY_STR("k")};
    assert_null(store->bucket_list_keys(call, &list, &listed));
    assert_int_equal(listed.ok.keys.len, 1);
    store->bucket_drop((void *)bucket);
    store->bucket_drop((void *)nameless);
    spin->store_drop((void *)self);
    assert_int_equal(handles(), 0);
}

TEST(one_store_is_seen_through_all_interfaces) {
    with_memory(check_shared_data);
}

static wy_handle new_cas(wy_call *call, wy_handle bucket) {
    wasi_keyvalue_atomics_cas_new_args args = {bucket, WY_STR("c")};
    wasi_keyvalue_atomics_cas_new_result result;
    assert_null(atomics->cas_new(call, &args, &result));
    assert_false(result.is_err);
    return result.ok;
}

static bool cas_sees(wy_call *call, wy_handle cas, const char *value) {
    wasi_keyvalue_atomics_cas_current_args args = {cas};
    wasi_keyvalue_atomics_cas_current_result result;
    assert_null(atomics->cas_current(call, &args, &result));
    assert_false(result.is_err);
    return result.ok.is_some ? value && wy_str_eqz(wy_kv_bytes(result.ok.some), value) : !value;
}

static wasi_keyvalue_atomics_swap_result swap(wy_call *call, wy_handle cas, const char *value) {
    wasi_keyvalue_atomics_swap_args args = {cas, wy_kv_list(wy_str_of(value))};
    wasi_keyvalue_atomics_swap_result result;
    assert_null(atomics->swap(call, &args, &result));
    return result;
}

static void check_cas(wy_call *call) {
    wy_handle self = spin_open(call, "default"), bucket = open_bucket(call, "default");
    wy_handle first = new_cas(call, bucket), second = new_cas(call, bucket);
    assert_true(cas_sees(call, first, NULL));
    assert_false(swap(call, first, "1").is_err);
    assert_true(spin_get(call, self, "c", "1"));
    wasi_keyvalue_atomics_swap_result lost = swap(call, second, "2");
    assert_true(lost.is_err);
    assert_int_equal(lost.err.tag, WASI_KEYVALUE_ATOMICS_CAS_ERROR_CAS_FAILED);
    assert_true(cas_sees(call, lost.err.cas_failed, "1"));
    store->bucket_drop((void *)bucket); /* a cas handle outlives its bucket */
    assert_false(swap(call, lost.err.cas_failed, "3").is_err);
    assert_true(spin_get(call, self, "c", "3"));
    bucket = open_bucket(call, "default");
    atomics->cas_drop((void *)new_cas(call, bucket));
    wasi_keyvalue_atomics_increment_args number = {bucket, WY_STR("n"), -3};
    wasi_keyvalue_atomics_increment_result sum;
    assert_null(atomics->increment(call, &number, &sum));
    assert_int_equal(sum.ok, -3);
    number.key = WY_STR("c");
    assert_null(atomics->increment(call, &number, &sum));
    assert_int_equal(sum.err.tag, WASI_KEYVALUE_STORE_ERROR_OTHER);
    store->bucket_drop((void *)bucket);
    spin->store_drop((void *)self);
    assert_int_equal(handles(), 0);
    assert_int_equal(((const wy_kv_state *)instance.states[WY_SLOT_KV].state)->held_bytes, 0);
}

TEST(compare_and_swap_gives_a_new_handle_when_it_lost) {
    with_memory(check_cas);
}

static void check_draft(wy_call *call) {
    const wasi_keyvalue_draft_store_ops *draft = ops_of("wasi:keyvalue/store", "0.2.0-draft");
    const wasi_keyvalue_draft_batch_ops *many = ops_of("wasi:keyvalue/batch", "0.2.0-draft");
    const wasi_keyvalue_draft_atomics_ops *add = ops_of("wasi:keyvalue/atomics", "0.2.0-draft");
    wasi_keyvalue_draft_store_open_args open_args = {WY_STR("other")};
    wasi_keyvalue_draft_store_open_result opened;
    assert_null(draft->open(call, &open_args, &opened));
    assert_int_equal(opened.err.tag, WASI_KEYVALUE_DRAFT_STORE_ERROR_ACCESS_DENIED);
    open_args.identifier = WY_STR("default");
    assert_null(draft->open(call, &open_args, &opened));
    wy_handle bucket = opened.ok;
    wasi_keyvalue_draft_store_bucket_set_args set = {bucket, WY_STR("a"), wy_kv_list(WY_STR("1"))};
    wasi_keyvalue_draft_store_bucket_set_result set_result;
    assert_null(draft->bucket_set(call, &set, &set_result));
    assert_false(set_result.is_err);
    wy_str keys[] = {WY_STR("none"), WY_STR("a")};
    wasi_keyvalue_draft_batch_get_many_args get = {bucket, {keys, 2}};
    wasi_keyvalue_draft_batch_get_many_result got;
    assert_null(many->get_many(call, &get, &got));
    assert_false(got.ok.ptr[0].is_some);
    assert_true(wy_str_eqz(wy_kv_bytes(got.ok.ptr[1].some.f1), "1"));
    wasi_keyvalue_draft_atomics_increment_args number = {bucket, WY_STR("n"), 7};
    wasi_keyvalue_draft_atomics_increment_result sum;
    assert_null(add->increment(call, &number, &sum));
    assert_int_equal(sum.ok, 7);
    number.delta = UINT64_MAX;
    assert_null(add->increment(call, &number, &sum));
    assert_true(sum.is_err);
    wasi_keyvalue_draft_store_bucket_list_keys_args list = {.self = bucket};
    wasi_keyvalue_draft_store_bucket_list_keys_result listed;
    assert_null(draft->bucket_list_keys(call, &list, &listed));
    assert_int_equal(listed.ok.keys.len, 2);
    assert_false(listed.ok.cursor.is_some);
    list.cursor = (wit_option_u64){true, 1};
    assert_null(draft->bucket_list_keys(call, &list, &listed));
    assert_true(listed.is_err);
    draft->bucket_drop((void *)bucket);
}

TEST(the_earlier_draft_works_too) {
    with_memory(check_draft);
}

/* --- settings --- */

static void check_settings(wy_call *call) {
    const fermyon_spin_variables_ops *variables = ops_of("fermyon:spin/variables", "2.0.0");
    static const struct {
        const char *name, *text;
        int tag; /* -1: no error */
    } cases[] = {
        {"text", "hi!", -1},
        {"absent", "the component has no variable 'absent'",
         FERMYON_SPIN_VARIABLES_ERROR_UNDEFINED},
        {"greeting", "the component has no variable 'greeting'",
         FERMYON_SPIN_VARIABLES_ERROR_UNDEFINED},
        {"Bad-Name", NULL, FERMYON_SPIN_VARIABLES_ERROR_INVALID_NAME},
        {"broken", "the variable 'secret' has no value", FERMYON_SPIN_VARIABLES_ERROR_PROVIDER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fermyon_spin_variables_get_args args = {wy_str_of(cases[i].name)};
        fermyon_spin_variables_get_result result;
        assert_null(variables->get(call, &args, &result));
        assert_int_equal(result.is_err, cases[i].tag >= 0);
        if (result.is_err) assert_int_equal(result.err.tag, cases[i].tag);
        if (cases[i].text)
            assert_true(wy_str_eqz(result.is_err ? result.err.other : result.ok, cases[i].text));
    }
    const wasi_config_store_ops *config = ops_of("wasi:config/store", "0.2.0-draft");
    assert_non_null(config);
    config = ops_of("wasi:config/store", "0.2.0-draft-2024-09-27");
    wasi_config_store_get_args args = {WY_STR("text")};
    wasi_config_store_get_result got;
    assert_null(config->get(call, &args, &got));
    assert_true(wy_str_eqz(got.ok.some, "hi!"));
    args.key = WY_STR("Bad-Name");
    assert_null(config->get(call, &args, &got));
    assert_false(got.is_err || got.ok.is_some);
    args.key = WY_STR("broken");
    assert_null(config->get(call, &args, &got));
    assert_int_equal(got.err.tag, WASI_CONFIG_STORE_ERROR_UPSTREAM);
    wasi_config_store_get_all_result all;
    assert_null(config->get_all(call, NULL, &all));
    assert_true(all.is_err);
}

TEST(settings_are_read_through_both_interfaces) {
    wy_arena arena;
    wy_diag diag;
    wy_arena_init(&arena, (size_t)1 << 20);
    wy_diag_init(&diag);
    wy_config_variable variables[] = {{WY_STR("greeting"), true, WY_STR("hi")},
                                      {WY_STR("secret"), false, {0}}};
    wy_config_pair own_variables[] = {{WY_STR("text"), WY_STR("{{ greeting }}!")},
                                      {WY_STR("broken"), WY_STR("{{ secret }}")}};
    const wy_config *config;
    assert_int_equal(
        wy_config_new(&arena, variables, 2, NULL, 0, (wy_config_ways){0}, &config, &diag), WY_OK);
    wy_config_grants grants = {.config = config, .variables = own_variables, .count = 2};
    run_with(WY_SLOT_CONFIG, &grants, check_settings);
    wy_arena_deinit(&arena);
}

/* --- logging --- */

static void check_logging(wy_call *call) {
    const wasi_logging_logging_ops *logging = ops_of("wasi:logging/logging", "0.1.0-draft");
    wasi_logging_logging_log_args args = {WASI_LOGGING_LOGGING_LEVEL_WARN, WY_STR("ctx"),
                                          WY_STR("two\nlines\x1b")};
    assert_null(logging->log(call, &args, NULL));
    args.level = WASI_LOGGING_LOGGING_LEVEL_DEBUG;
    assert_null(logging->log(call, &args, NULL));
    static char huge[100000];
    memset(huge, 'x', sizeof huge);
    args =
        (wasi_logging_logging_log_args){WASI_LOGGING_LOGGING_LEVEL_ERROR, {0}, {huge, sizeof huge}};
    assert_null(logging->log(call, &args, NULL));
}

TEST(log_messages_become_lines) {
    char path[] = "/tmp/withy-log-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    wy_logging_settings settings = {fd, WY_STR("web"), WASI_LOGGING_LOGGING_LEVEL_INFO};
    run_with(WY_SLOT_LOGGING, &settings, check_logging);
    char text[200];
    const char *expected = "web: warn: ctx: two\n    lines\\x1b\nweb: error: xxxx";
    assert_true(pread(fd, text, sizeof text, 0) == (ssize_t)sizeof text);
    assert_memory_equal(text, expected, strlen(expected));
    off_t end = lseek(fd, 0, SEEK_END);
    assert_int_equal(end, strlen("web: warn: ctx: two\n    lines\\x1b\n") + 65536);
    assert_int_equal(pread(fd, text, 1, end - 1), 1);
    assert_int_equal(text[0], '\n');
    close(fd);
    unlink(path);
}
