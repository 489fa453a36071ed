/* kv on a Redis server: each key is a key of the database that the URL names, each value a string,
 * so that other programs meet the same data. Stores with one URL are one store. The worker's client
 * carries the commands; requests wait on the fiber of a task. */
#include <stdlib.h>

#include "base/limits.h"
#include "capability/kv/backend.h"
#include "capability/redis/client.h"

#define SCAN_COUNT "1000"

typedef struct redis_store {
    wy_redis_address *address;
} redis_store;

static wy_err redis_open(const wy_kv_options *options, void **state_out, wy_diag *diag) {
    redis_store *store = malloc(sizeof *store);
    if (!store) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    wy_err err = wy_redis_address_new(options->url, &store->address, diag);
    if (err)
        free(store);
    else
        *state_out = store;
    return err;
}

static void redis_close(void *state) {
    redis_store *store = state;
    wy_redis_address_free(store->address);
    free(store);
}

static wy_kv_status odd(wy_kv_request *r) {
    return wy_kv_fail(r, "the Redis server answered something else than was asked for");
}

/* Kinds of answers, to be joined. */
#define KIND(name) (1u << WY_REDIS_##name)

/* Runs one command; its answer is of one of the kinds. */
static wy_kv_status send(const redis_store *store, wy_kv_request *r, const wy_str *argv,
                         size_t argc, unsigned kinds, const wy_redis_reply **reply_out) {
    if (!r->task || !r->redis) return wy_kv_fail(r, "a Redis store serves components only");
    wy_redis_target target = {.address = store->address};
    wy_diag diag;
    wy_diag_init(&diag);
    if (wy_redis_run(r->redis, &target, argv, argc, r->arena, r->task, reply_out, &diag))
        return wy_kv_fail(r, "%s", diag.text);
    if ((*reply_out)->kind == WY_REDIS_ERROR)
        return wy_kv_fail(r, "the Redis server says: " WY_STR_FMT, WY_STR_ARG((*reply_out)->text));
    return kinds & 1u << (*reply_out)->kind ? WY_KV_OK : odd(r);
}

static wy_kv_value value_of(const wy_redis_reply *reply) {
    return (wy_kv_value){reply->kind == WY_REDIS_BULK, reply->text};
}

/* --- single keys --- */

static wy_kv_status redis_get(void *state, wy_kv_request *r) {
    const wy_str argv[] = {WY_STR("GET"), r->key};
    const wy_redis_reply *reply;
    wy_kv_status status = send(state, r, argv, 2, KIND(BULK) | KIND(NIL), &reply);
    if (status == WY_KV_OK) r->found = value_of(reply);
    return status;
}

/* The digits of a number, in the request's arena; of no bytes: no memory. */
static wy_str digits(wy_kv_request *r, int64_t number) {
    const char *text = wy_arena_printf(r->arena, "%lld", (long long)number);
    return text ? wy_str_of(text) : (wy_str){0};
}

/* The server's own time to live. */
static wy_kv_status redis_set(void *state, wy_kv_request *r) {
    wy_str ttl = digits(r, (int64_t)r->ttl_ms);
    const wy_str argv[] = {WY_STR("SET"), r->key, r->value, WY_STR("PX"), ttl};
    const wy_redis_reply *reply;
    return ttl.len ? send(state, r, argv, r->ttl_ms ? 5 : 3, KIND(STATUS), &reply) : wy_kv_nomem(r);
}

static wy_kv_status redis_delete(void *state, wy_kv_request *r) {
    const wy_str argv[] = {WY_STR("DEL"), r->key};
    const wy_redis_reply *reply;
    return send(state, r, argv, 2, KIND(INTEGER), &reply);
}

static wy_kv_status redis_exists(void *state, wy_kv_request *r) {
    const wy_str argv[] = {WY_STR("EXISTS"), r->key};
    const wy_redis_reply *reply;
    wy_kv_status status = send(state, r, argv, 2, KIND(INTEGER), &reply);
    if (status == WY_KV_OK) r->yes = reply->integer != 0;
    return status;
}

/* Keeps the time of a key that is there. The script answers the text, as its own numbers would not
 * hold every one. */
static wy_kv_status increment_new(void *state, wy_kv_request *r, wy_str delta, wy_str ttl) {
    static const char script[] =
        "redis.call('SET', KEYS[1], '0', 'NX', 'PX', ARGV[2]) "
        "redis.call('INCRBY', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])";
    const wy_str argv[] = {WY_STR("EVAL"), WY_STR(script), WY_STR("1"), r->key, delta, ttl};
    const wy_redis_reply *reply;
    wy_kv_status status = send(state, r, argv, 6, KIND(BULK), &reply);
    if (status != WY_KV_OK) return status;
    char text[24], *end = NULL;
    if (!reply->text.len || reply->text.len >= sizeof text) return odd(r);
    memcpy(text, reply->text.ptr, reply->text.len);
    text[reply->text.len] = '\0';
    r->number = strtoll(text, &end, 10);
    return *end ? odd(r) : WY_KV_OK;
}

static wy_kv_status redis_increment(void *state, wy_kv_request *r) {
    wy_str delta = digits(r, r->delta), ttl = digits(r, (int64_t)r->ttl_ms);
    if (!delta.len || !ttl.len) return wy_kv_nomem(r);
    if (r->ttl_ms) return increment_new(state, r, delta, ttl);
    const wy_str argv[] = {WY_STR("INCRBY"), r->key, delta};
    const wy_redis_reply *reply;
    wy_kv_status status = send(state, r, argv, 3, KIND(INTEGER), &reply);
    if (status == WY_KV_OK) r->number = reply->integer;
    return status;
}

/* The server compares and sets in one step. */
static wy_kv_status redis_swap(void *state, wy_kv_request *r) {
    static const char script[] =
        "if redis.call('GET', KEYS[1]) == ARGV[1] then "
        "redis.call('SET', KEYS[1], ARGV[2], unpack(ARGV, 3)) return 1 end return 0";
    wy_str ttl = digits(r, (int64_t)r->ttl_ms);
    if (!ttl.len) return wy_kv_nomem(r);
    const wy_str add[] = {WY_STR("SET"), r->key, r->value, WY_STR("NX"), WY_STR("PX"), ttl};
    const wy_str replace[] = {WY_STR("EVAL"),    WY_STR(script), WY_STR("1"),  r->key,
                              r->expected.bytes, r->value,       WY_STR("PX"), ttl};
    const wy_redis_reply *reply;
    size_t more = r->ttl_ms ? 2 : 0;
    wy_kv_status status = r->expected.present
                              ? send(state, r, replace, 6 + more, KIND(INTEGER), &reply)
                              : send(state, r, add, 4 + more, KIND(STATUS) | KIND(NIL), &reply);
    if (status == WY_KV_OK)
        r->yes = r->expected.present ? reply->integer == 1 : reply->kind == WY_REDIS_STATUS;
    return status;
}

/* --- lists of keys --- */

typedef struct listing {
    wy_str *keys; /* views of replies, which live in the request's arena */
    size_t count, cap;
    size_t bytes; /* what they would cost in the result */
} listing;

static int compare(const void *a, const void *b) {
    return wy_str_cmp(*(const wy_str *)a, *(const wy_str *)b);
}

static size_t cost_of(wy_str key) {
    return key.len + sizeof(wy_str);
}

/* Sorts, and drops what came twice, as a scan may. Of the keys beyond what a page holds, one stays
 * to say that there are more. */
static void settle(listing *l, size_t page_bytes) {
    qsort(l->keys, l->count, sizeof *l->keys, compare);
    size_t kept = 0;
    l->bytes = 0;
    for (size_t i = 0; i < l->count && l->bytes <= page_bytes; i++) {
        if (kept && wy_str_eq(l->keys[kept - 1], l->keys[i])) continue;
        l->bytes += cost_of(l->keys[i]);
        l->keys[kept++] = l->keys[i];
    }
    l->count = kept;
}

static bool take_keys(listing *l, const wy_kv_request *r, const wy_redis_reply *page) {
    for (size_t i = 0; i < page->count; i++) {
        wy_str key = page->items[i].text;
        if (r->after && wy_str_cmp(key, *r->after) <= 0) continue;
        if (!wy_utf8_valid(key.ptr, key.len)) continue; /* no key that a component can name */
        if (l->count == l->cap) {
            size_t cap = l->cap ? l->cap * 2 : 1024;
            wy_str *keys = realloc(l->keys, cap * sizeof *keys);
            if (!keys) return false;
            l->keys = keys;
            l->cap = cap;
        }
        l->keys[l->count++] = key;
        l->bytes += cost_of(key);
    }
    return true;
}

/* All keys of the database, a piece at a time so that the server serves others meanwhile; the
 * smallest of them are kept. */
static wy_kv_status scan(const redis_store *store, wy_kv_request *r, listing *l) {
    wy_str cursor = WY_STR("0");
    do {
        const wy_str argv[] = {WY_STR("SCAN"), cursor, WY_STR("COUNT"), WY_STR(SCAN_COUNT)};
        const wy_redis_reply *reply;
        wy_kv_status status = send(store, r, argv, 4, KIND(ARRAY), &reply);
        if (status != WY_KV_OK) return status;
        if (reply->count != 2 || reply->items[0].kind != WY_REDIS_BULK ||
            reply->items[1].kind != WY_REDIS_ARRAY)
            return odd(r);
        cursor = reply->items[0].text;
        if (!take_keys(l, r, &reply->items[1])) return wy_kv_nomem(r);
        if (l->bytes / 2 > r->page_bytes) settle(l, r->page_bytes);
    } while (!wy_str_eqz(cursor, "0"));
    settle(l, r->page_bytes);
    return WY_KV_OK;
}

static wy_kv_status redis_list(void *state, wy_kv_request *r) {
    listing l = {0};
    uint32_t cap = 0;
    size_t bytes = 0;
    wy_kv_status status = scan(state, r, &l);
    for (size_t i = 0; status == WY_KV_OK && i < l.count; i++)
        if (!wy_kv_list_add(r, l.keys[i], &cap, &bytes)) break;
    free(l.keys);
    return status;
}

/* --- batches --- */

static wy_kv_status redis_get_many(void *state, wy_kv_request *r) {
    wy_str *argv = wy_arena_calloc(r->arena, r->count + 1, sizeof *argv);
    const wy_redis_reply *reply;
    if (!argv) return wy_kv_nomem(r);
    argv[0] = WY_STR("MGET");
    memcpy(argv + 1, r->keys, r->count * sizeof *argv);
    wy_kv_status status = send(state, r, argv, r->count + 1, KIND(ARRAY), &reply);
    if (status != WY_KV_OK) return status;
    if (reply->count != r->count) return odd(r);
    for (size_t i = 0; i < r->count; i++)
        r->values[i] = value_of(&reply->items[i]);
    return WY_KV_OK;
}

/* As MSET does, which cannot give a time. */
static wy_kv_status set_many_for(void *state, wy_kv_request *r) {
    static const char script[] =
        "for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i + 1], 'PX', ARGV[1]) end";
    wy_str *argv = wy_arena_calloc(r->arena, r->count * 2 + 4, sizeof *argv);
    wy_str count = digits(r, (int64_t)r->count), ttl = digits(r, (int64_t)r->ttl_ms);
    const wy_redis_reply *reply;
    if (!argv || !count.len || !ttl.len) return wy_kv_nomem(r);
    argv[0] = WY_STR("EVAL");
    argv[1] = WY_STR(script);
    argv[2] = count;
    argv[3 + r->count] = ttl;
    for (size_t i = 0; i < r->count; i++) {
        argv[3 + i] = r->pairs[i].key;
        argv[4 + r->count + i] = r->pairs[i].value;
    }
    return send(state, r, argv, r->count * 2 + 4, KIND(NIL), &reply);
}

static wy_kv_status redis_set_many(void *state, wy_kv_request *r) {
    if (r->ttl_ms) return set_many_for(state, r);
    wy_str *argv = wy_arena_calloc(r->arena, r->count * 2 + 1, sizeof *argv);
    const wy_redis_reply *reply;
    if (!argv) return wy_kv_nomem(r);
    argv[0] = WY_STR("MSET");
    for (size_t i = 0; i < r->count; i++) {
        argv[1 + 2 * i] = r->pairs[i].key;
        argv[2 + 2 * i] = r->pairs[i].value;
    }
    return send(state, r, argv, r->count * 2 + 1, KIND(STATUS), &reply);
}

static wy_kv_status redis_delete_many(void *state, wy_kv_request *r) {
    wy_str *argv = wy_arena_calloc(r->arena, r->count + 1, sizeof *argv);
    const wy_redis_reply *reply;
    if (!argv) return wy_kv_nomem(r);
    argv[0] = WY_STR("DEL");
    memcpy(argv + 1, r->keys, r->count * sizeof *argv);
    return send(state, r, argv, r->count + 1, KIND(INTEGER), &reply);
}

extern const wy_kv_backend wy_kv_backend_redis;
const wy_kv_backend wy_kv_backend_redis = {
    .name = "redis",
    .expires = true,
    .open = redis_open,
    .close = redis_close,
    .get = redis_get,
    .set = redis_set,
    .del = redis_delete,
    .exists = redis_exists,
    .list = redis_list,
    .increment = redis_increment,
    .swap = redis_swap,
    .get_many = redis_get_many,
    .set_many = redis_set_many,
    .delete_many = redis_delete_many,
};
