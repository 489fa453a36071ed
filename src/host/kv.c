/* Key-value stores of an embedder: his table of functions as a backend of the capability kv. What
 * the table leaves out (exists, increment, batches, pages of a list) is made of what it has. */
#include "host/kv.h"

#include "capability/kv/backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Times that an increment starts over when somebody else was faster. */
#define INCREMENT_TRIES 1000

/* The backend's state. */
typedef struct store {
    wy_kv_backend functions; /* those below, blocking or not */
    const withy_kv_backend *backend;
    void *data;
} store;

struct withy_kv_request {
    wy_kv_request *request;
    wy_kv_value *found; /* where the value goes; NULL: only whether there is one */
    bool is_found;
    wy_str *keys; /* of a list */
    uint32_t count, cap;
};

/* --- what the embedder's functions call --- */

bool withy_kv_found(withy_kv_request *request, withy_str value) {
    request->is_found = true;
    wy_str bytes = {value.ptr, value.len};
    return !request->found || wy_kv_found(request->request, bytes, request->found) == WY_KV_OK;
}

bool withy_kv_listed(withy_kv_request *request, withy_str key) {
    wy_kv_request *r = request->request;
    if (r->after && wy_str_cmp((wy_str){key.ptr, key.len}, *r->after) <= 0) return true;
    wy_str *keys = wy_arena_grow(r->arena, request->keys, request->count, &request->cap,
                                 (size_t)request->count + 1, sizeof *keys);
    char *copy = wy_arena_strndup(r->arena, key.ptr, key.len);
    if (!keys || !copy) return withy_kv_fail(request, "out of memory for keys");
    keys[request->count++] = (wy_str){copy, key.len};
    request->keys = keys;
    return true;
}

bool withy_kv_fail(withy_kv_request *request, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = request->request->text;
    vsnprintf(text, sizeof request->request->text, format, args);
    va_end(args);
    wy_utf8_clean(text, strlen(text));
    return false;
}

/* --- the backend --- */

static withy_str shown(wy_str s) {
    return (withy_str){s.ptr, s.len};
}

static wy_kv_status judge(wy_kv_request *r, bool done) {
    if (done) return WY_KV_OK;
    return r->text[0] ? WY_KV_FAILED : wy_kv_fail(r, "the store failed");
}

/* `value` NULL: only whether there is one. */
static wy_kv_status ask(const store *s, wy_kv_request *r, wy_str key, wy_kv_value *value,
                        bool *is_there_out) {
    withy_kv_request request = {.request = r, .found = value};
    bool done = s->backend->get(s->data, &request, shown(key));
    *is_there_out = request.is_found;
    return judge(r, done);
}

static wy_kv_status user_get(void *state, wy_kv_request *r) {
    bool ignored;
    return ask(state, r, r->key, &r->found, &ignored);
}

static wy_kv_status user_exists(void *state, wy_kv_request *r) {
    return ask(state, r, r->key, NULL, &r->yes);
}

static wy_kv_status set(const store *s, wy_kv_request *r, wy_str value) {
    withy_kv_request request = {.request = r};
    return judge(r, s->backend->set(s->data, &request, shown(r->key), shown(value)));
}

static wy_kv_status user_set(void *state, wy_kv_request *r) {
    return set(state, r, r->value);
}

static wy_kv_status user_delete(void *state, wy_kv_request *r) {
    const store *s = state;
    withy_kv_request request = {.request = r};
    return judge(r, s->backend->remove(s->data, &request, shown(r->key)));
}

static int by_bytes(const void *a, const void *b) {
    return wy_str_cmp(*(const wy_str *)a, *(const wy_str *)b);
}

static wy_kv_status user_list(void *state, wy_kv_request *r) {
    const store *s = state;
    withy_kv_request request = {.request = r};
    withy_str after = r->after ? shown(*r->after) : (withy_str){NULL, 0};
    if (!s->backend->list(s->data, &request, r->after ? &after : NULL)) return judge(r, false);
    if (request.count) qsort(request.keys, request.count, sizeof *request.keys, by_bytes);
    uint32_t cap = 0, i = 0;
    size_t bytes = 0;
    while (i < request.count && wy_kv_list_add(r, request.keys[i], &cap, &bytes))
        i++;
    return WY_KV_OK;
}

/* Sets `value` if the key still has what `old` says. */
static wy_kv_status swap(const store *s, wy_kv_request *r, const wy_kv_value *old, wy_str value,
                         bool *swapped_out) {
    *swapped_out = true;
    if (!s->backend->swap) return set(s, r, value); /* nobody else ran since `old` was read */
    withy_kv_request request = {.request = r};
    withy_str expected = shown(old->bytes);
    return judge(r, s->backend->swap(s->data, &request, shown(r->key),
                                     old->present ? &expected : NULL, shown(value), swapped_out));
}

static wy_kv_status user_increment(void *state, wy_kv_request *r) {
    const store *s = state;
    for (int i = 0; i < INCREMENT_TRIES; i++) {
        wy_kv_value old = {0};
        uint8_t value[8];
        bool is_there, swapped;
        wy_kv_status status = ask(s, r, r->key, &old, &is_there);
        if (status == WY_KV_OK) status = wy_kv_add(r, &old, value);
        if (status == WY_KV_OK)
            status = swap(s, r, &old, (wy_str){(char *)value, sizeof value}, &swapped);
        if (status != WY_KV_OK || swapped) return status;
    }
    return wy_kv_fail(r, "the value of the key kept changing");
}

static wy_kv_status user_swap(void *state, wy_kv_request *r) {
    const store *s = state;
    if (!s->backend->swap) {
        wy_kv_value old = {0};
        bool is_there;
        wy_kv_status status = ask(s, r, r->key, &old, &is_there);
        if (status != WY_KV_OK) return status;
        bool is_same = old.present == r->expected.present &&
                       (!old.present || wy_str_eq(old.bytes, r->expected.bytes));
        if (!is_same) return WY_KV_OK;
    }
    return swap(s, r, &r->expected, r->value, &r->yes);
}

static const wy_kv_backend functions = {
    .name = "embedder",
    .close = free,
    .get = user_get,
    .set = user_set,
    .del = user_delete,
    .exists = user_exists,
    .list = user_list,
    .increment = user_increment,
    .swap = user_swap,
};

wy_err wy_host_kv_open(const withy_kv_store *in, own wy_kv_store **store_out, wy_diag *diag) {
    const withy_kv_backend *backend = in->backend;
    if (!backend->get || !backend->set || !backend->remove || !backend->list)
        return wy_diag_set(diag, WY_USAGE,
                           "key-value store \"%s\": get, set, remove and list must be given",
                           in->label);
    if (backend->blocks && !backend->swap)
        return wy_diag_set(diag, WY_USAGE,
                           "key-value store \"%s\": a store that blocks needs a swap of its own",
                           in->label);
    store *s = malloc(sizeof *s);
    if (!s) return wy_diag_set(diag, WY_NOMEM, "out of memory for a key-value store");
    *s = (store){functions, backend, in->data};
    s->functions.blocks = backend->blocks;
    wy_err err = wy_kv_store_of(&s->functions, s, store_out);
    if (err) free(s);
    return err ? wy_diag_set(diag, err, "out of memory for a key-value store") : WY_OK;
}
