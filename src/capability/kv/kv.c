/* kv: limits, dispatch to the backend, and what all backends share. */
#include "capability/kv/kv.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "capability/kv/backend.h"

#define WY_KV_BACKEND(name) extern const wy_kv_backend wy_kv_backend_##name;
#include "capability/kv/backends.def"
#undef WY_KV_BACKEND

static const wy_kv_backend *const backends[] = {
#define WY_KV_BACKEND(name) &wy_kv_backend_##name,
#include "capability/kv/backends.def"
#undef WY_KV_BACKEND
};

#define BACKEND_COUNT (sizeof backends / sizeof *backends)

struct wy_kv_store {
    const wy_kv_backend *backend;
    void *state;     /* the backend's */
    uint64_t ttl_ms; /* of keys that are set without one; 0: they stay */
};

wy_err wy_kv_store_open(const wy_kv_options *options, own wy_kv_store **store_out, wy_diag *diag) {
    const wy_kv_backend *backend = NULL;
    wy_str names[BACKEND_COUNT];
    *store_out = NULL;
    for (size_t i = 0; i < BACKEND_COUNT; i++) {
        names[i] = wy_str_of(backends[i]->name);
        if (wy_str_eq(names[i], options->backend)) backend = backends[i];
    }
    if (!backend) {
        wy_str nearest = wy_str_nearest(options->backend, names, BACKEND_COUNT);
        return wy_diag_set(diag, WY_NOT_FOUND,
                           "there is no key-value backend '" WY_STR_FMT "'" WY_NEAREST_FMT,
                           WY_STR_ARG(options->backend), WY_NEAREST_ARG(nearest));
    }
    wy_kv_store *store = malloc(sizeof *store);
    if (!store) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    *store = (wy_kv_store){.backend = backend, .ttl_ms = options->ttl_ms};
    wy_err err = backend->open(options, &store->state, diag);
    if (err != WY_OK)
        free(store);
    else
        *store_out = store;
    return err;
}

wy_err wy_kv_store_of(const wy_kv_backend *backend, own void *state, own wy_kv_store **store_out) {
    wy_kv_store *store = malloc(sizeof *store);
    if (!store) return WY_NOMEM;
    *store = (wy_kv_store){.backend = backend, .state = state};
    *store_out = store;
    return WY_OK;
}

void wy_kv_store_close(own wy_kv_store *store) {
    if (!store) return;
    store->backend->close(store->state);
    free(store);
}

bool wy_kv_store_blocks(const wy_kv_store *store) {
    return store->backend->blocks;
}

uint64_t wy_kv_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

wy_kv_status wy_kv_fail(wy_kv_request *request, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(request->text, sizeof request->text, fmt, args);
    va_end(args);
    wy_utf8_clean(request->text, strlen(request->text));
    return WY_KV_FAILED;
}

wy_kv_status wy_kv_nomem(wy_kv_request *request) {
    return wy_kv_fail(request, "out of memory");
}

wy_kv_status wy_kv_found(wy_kv_request *request, wy_str bytes, wy_kv_value *value_out) {
    if (bytes.len > WY_MAX_RESULT_BYTES)
        return wy_kv_fail(request, "the value has %zu bytes; a result may have %zu", bytes.len,
                          WY_MAX_RESULT_BYTES);
    char *copy = wy_arena_alloc_aligned(request->arena, bytes.len, 1);
    if (!copy) return wy_kv_nomem(request);
    if (bytes.len) memcpy(copy, bytes.ptr, bytes.len);
    *value_out = (wy_kv_value){true, {copy, bytes.len}};
    return WY_KV_OK;
}

bool wy_kv_list_add(wy_kv_request *request, wy_str key, uint32_t *cap, size_t *bytes) {
    size_t cost = key.len + sizeof(wy_str);
    if (!wy_utf8_valid(key.ptr, key.len)) return true; /* no key that a component can name */
    if (request->listed_count &&
        (cost > request->page_bytes || *bytes > request->page_bytes - cost)) {
        request->yes = true;
        return false;
    }
    *bytes += cost;
    wy_str *listed = wy_arena_grow(request->arena, request->listed, request->listed_count, cap,
                                   request->listed_count + 1, sizeof *listed);
    char *copy = wy_arena_alloc_aligned(request->arena, key.len, 1);
    if (!listed || !copy) {
        request->status = wy_kv_nomem(request);
        return false;
    }
    if (key.len) memcpy(copy, key.ptr, key.len);
    request->listed = listed;
    listed[request->listed_count++] = (wy_str){copy, key.len};
    return true;
}

wy_kv_status wy_kv_add(wy_kv_request *request, const wy_kv_value *old, uint8_t value_out[8]) {
    uint64_t bits = 0;
    if (old->present && old->bytes.len != 8)
        return wy_kv_fail(request,
                          "the value has %zu bytes, so it is no number that can be incremented (8)",
                          old->bytes.len);
    for (size_t i = 0; old->present && i < 8; i++)
        bits |= (uint64_t)(uint8_t)old->bytes.ptr[i] << (8 * i);
    if (__builtin_add_overflow((int64_t)bits, request->delta, &request->number))
        return wy_kv_fail(request, "the number would leave the range of 64 bits");
    bits = (uint64_t)request->number;
    for (size_t i = 0; i < 8; i++)
        value_out[i] = (uint8_t)(bits >> (8 * i));
    return WY_KV_OK;
}

/* --- limits --- */

static wy_kv_status check_key(wy_kv_request *r, wy_str key) {
    if (key.len <= WY_MAX_KV_KEY_BYTES) return WY_KV_OK;
    return wy_kv_fail(r, "the key has %zu bytes; at most %d are allowed", key.len,
                      WY_MAX_KV_KEY_BYTES);
}

static wy_kv_status check_value(wy_kv_request *r, wy_str value) {
    if (value.len <= WY_MAX_RESULT_BYTES) return WY_KV_OK;
    return wy_kv_fail(r, "the value has %zu bytes; at most %zu are allowed", value.len,
                      WY_MAX_RESULT_BYTES);
}

/* What the backend sees is 0 or the keys' time. */
static wy_kv_status check_ttl(wy_kv_request *r) {
    if (r->ttl_ms == 0)
        r->ttl_ms = r->store->ttl_ms;
    else if (r->ttl_ms == WY_KV_FOREVER)
        r->ttl_ms = 0;
    if (r->ttl_ms > WY_MAX_KV_TTL_S * 1000)
        return wy_kv_fail(r, "keys may stay for %llu seconds at most",
                          (unsigned long long)WY_MAX_KV_TTL_S);
    if (r->ttl_ms && !r->store->backend->expires)
        return wy_kv_fail(r, "keys of this store cannot be given a time to live");
    return WY_KV_OK;
}

static wy_kv_status check(wy_kv_request *r) {
    wy_kv_status status = check_key(r, r->key);
    if (status == WY_KV_OK) status = check_value(r, r->value);
    for (size_t i = 0; status == WY_KV_OK && r->keys && i < r->count; i++)
        status = check_key(r, r->keys[i]);
    for (size_t i = 0; status == WY_KV_OK && r->pairs && i < r->count; i++) {
        status = check_key(r, r->pairs[i].key);
        if (status == WY_KV_OK) status = check_value(r, r->pairs[i].value);
    }
    return status == WY_KV_OK ? check_ttl(r) : status;
}

/* --- batches of single-key functions, for backends without their own --- */

static wy_kv_status each_get(const wy_kv_store *store, wy_kv_request *r) {
    size_t total = 0;
    for (size_t i = 0; i < r->count; i++) {
        wy_kv_request one = {.op = WY_KV_GET, .arena = r->arena, .key = r->keys[i]};
        if (store->backend->get(store->state, &one) != WY_KV_OK)
            return wy_kv_fail(r, "%s", one.text);
        total += one.found.bytes.len;
        if (total > WY_MAX_RESULT_BYTES)
            return wy_kv_fail(r, "the values have more than %zu bytes together",
                              WY_MAX_RESULT_BYTES);
        r->values[i] = one.found;
    }
    return WY_KV_OK;
}

static wy_kv_status each_write(const wy_kv_store *store, wy_kv_request *r) {
    for (size_t i = 0; i < r->count; i++) {
        wy_kv_request one = {.op = r->pairs ? WY_KV_SET : WY_KV_DELETE,
                             .arena = r->arena,
                             .ttl_ms = r->ttl_ms,
                             .key = r->pairs ? r->pairs[i].key : r->keys[i],
                             .value = r->pairs ? r->pairs[i].value : (wy_str){0}};
        wy_kv_func func = r->pairs ? store->backend->set : store->backend->del;
        if (func(store->state, &one) != WY_KV_OK) return wy_kv_fail(r, "%s", one.text);
    }
    return WY_KV_OK;
}

static wy_kv_status run_get_many(const wy_kv_store *store, wy_kv_request *r) {
    r->values = wy_arena_calloc(r->arena, r->count, sizeof *r->values);
    if (!r->values) return wy_kv_nomem(r);
    if (r->count == 0) return WY_KV_OK;
    return store->backend->get_many ? store->backend->get_many(store->state, r)
                                    : each_get(store, r);
}

static wy_kv_status run_writes(const wy_kv_store *store, wy_kv_func func, wy_kv_request *r) {
    if (r->count == 0) return WY_KV_OK;
    return func ? func(store->state, r) : each_write(store, r);
}

static wy_kv_status dispatch(const wy_kv_store *store, wy_kv_request *r) {
    const wy_kv_backend *backend = store->backend;
    switch (r->op) {
    case WY_KV_GET: return backend->get(store->state, r);
    case WY_KV_SET: return backend->set(store->state, r);
    case WY_KV_DELETE: return backend->del(store->state, r);
    case WY_KV_EXISTS: return backend->exists(store->state, r);
    case WY_KV_LIST: return backend->list(store->state, r);
    case WY_KV_INCREMENT: return backend->increment(store->state, r);
    case WY_KV_SWAP: return backend->swap(store->state, r);
    case WY_KV_GET_MANY: return run_get_many(store, r);
    case WY_KV_SET_MANY: return run_writes(store, backend->set_many, r);
    case WY_KV_DELETE_MANY: return run_writes(store, backend->delete_many, r);
    }
    return wy_kv_fail(r, "no such operation");
}

void wy_kv_run(void *data) {
    wy_kv_request *r = data;
    bool whole = r->op == WY_KV_LIST && r->page_bytes == 0;
    if (whole) r->page_bytes = WY_MAX_RESULT_BYTES;
    r->status = check(r);
    if (r->status == WY_KV_OK) {
        wy_kv_status status = dispatch(r->store, r);
        if (status != WY_KV_OK) r->status = status;
    }
    if (r->status == WY_KV_OK && whole && r->yes)
        r->status = wy_kv_fail(r, "the keys have more than %zu bytes together; list them in pages",
                               WY_MAX_RESULT_BYTES);
}

static bool may_be_brief(const wy_kv_request *r) {
    bool is_single =
        r->op == WY_KV_GET || r->op == WY_KV_SET || r->op == WY_KV_DELETE || r->op == WY_KV_EXISTS;
    return r->store->backend->tries && is_single && r->value.len <= WY_KV_BRIEF_BYTES;
}

/* What fails is done again on the pool, which finds out whether waiting helps. */
bool wy_kv_try(wy_kv_request *request) {
    if (!may_be_brief(request)) return false;
    wy_kv_request brief = *request;
    brief.is_brief = true;
    wy_kv_run(&brief);
    if (brief.status != WY_KV_OK) return false;
    *request = brief;
    return true;
}

const wy_kv_grant *wy_kv_grant_find(const wy_kv_grants *grants, wy_str label) {
    for (uint32_t i = 0; grants && i < grants->count; i++)
        if (wy_str_eq(grants->items[i].label, label)) return &grants->items[i];
    return NULL;
}
