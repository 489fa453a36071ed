/* kv in memory: for one process, for as long as it lives. A skip list, ordered by the bytes of the
 * keys. Never blocks; one thread. */
#include <stdlib.h>

#include "base/limits.h"
#include "capability/kv/backend.h"

#define LEVELS 16 /* enough for 4^16 entries */

/* What is over is removed when it is met; all of it when the store is full, or twice as large as
 * after that was last done. */
#define SWEEP_BYTES ((size_t)1 << 20)

/*  node | next[level] | key bytes   (one allocation) ; value: its own */
typedef struct node {
    wy_str key, value;
    uint64_t expires_ms; /* by wy_kv_now_ms; 0: never */
    struct node *next[];
} node;

typedef struct memory {
    node *head[LEVELS];
    size_t total;        /* bytes of keys and values held */
    size_t sweep_at;     /* sweep when `total` is more */
    uint64_t soonest_ms; /* nothing ends before that; 0: nothing ends */
    uint64_t seed;       /* of the levels */
} memory;

static wy_err memory_open(const wy_kv_options *options, void **state_out, wy_diag *diag) {
    (void)options;
    memory *m = calloc(1, sizeof *m);
    if (!m) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    m->seed = 0x9e3779b97f4a7c15u;
    m->sweep_at = SWEEP_BYTES;
    *state_out = m;
    return WY_OK;
}

static void free_node(node *n) {
    free((char *)n->value.ptr);
    free(n);
}

static void memory_close(void *state) {
    memory *m = state;
    for (node *n = m->head[0], *next; n; n = next) {
        next = n->next[0];
        free_node(n);
    }
    free(m);
}

/* The first node whose key is not below `key`; `links[i]` is what points to it, or beyond it, at
 * level i. */
static node *seek(memory *m, wy_str key, node **links[LEVELS]) {
    node **at = m->head;
    for (int level = LEVELS; level-- > 0;) {
        while (at[level] && wy_str_cmp(at[level]->key, key) < 0)
            at = at[level]->next;
        links[level] = &at[level];
    }
    return *links[0];
}

static int random_level(memory *m) {
    m->seed ^= m->seed << 13;
    m->seed ^= m->seed >> 7;
    m->seed ^= m->seed << 17;
    int level = 1 + __builtin_ctzll(m->seed | (uint64_t)1 << 60) / 2;
    return level < LEVELS ? level : LEVELS;
}

static node *insert(memory *m, wy_str key, node **links[LEVELS]) {
    size_t level = (size_t)random_level(m), links_size = level * sizeof(node *);
    node *n = malloc(sizeof *n + links_size + key.len);
    if (!n) return NULL;
    char *copy = (char *)n + sizeof *n + links_size;
    if (key.len) memcpy(copy, key.ptr, key.len);
    n->key = (wy_str){copy, key.len};
    n->value = (wy_str){0};
    n->expires_ms = 0;
    for (size_t i = 0; i < level; i++) {
        n->next[i] = *links[i];
        *links[i] = n;
    }
    return n;
}

static void remove_node(memory *m, node *n, node **links[LEVELS]) {
    for (int i = 0; i < LEVELS && *links[i] == n; i++)
        *links[i] = n->next[i];
    m->total -= n->key.len + n->value.len;
    free_node(n);
}

static bool is_over(const node *n, uint64_t now_ms) {
    return n->expires_ms && n->expires_ms <= now_ms;
}

static node *find(memory *m, wy_str key) {
    node **links[LEVELS];
    node *n = seek(m, key, links);
    if (!n || !wy_str_eq(n->key, key)) return NULL;
    if (!n->expires_ms || !is_over(n, wy_kv_now_ms())) return n;
    remove_node(m, n, links);
    return NULL;
}

static void note_end(memory *m, uint64_t expires_ms) {
    if (expires_ms && (!m->soonest_ms || expires_ms < m->soonest_ms)) m->soonest_ms = expires_ms;
}

static void sweep(memory *m) {
    uint64_t now_ms = wy_kv_now_ms();
    node **links[LEVELS];
    if (!m->soonest_ms || m->soonest_ms > now_ms) return;
    m->soonest_ms = 0;
    for (node *n = m->head[0], *next; n; n = next) {
        next = n->next[0];
        note_end(m, is_over(n, now_ms) ? 0 : n->expires_ms);
        if (!is_over(n, now_ms)) continue;
        (void)seek(m, n->key, links);
        remove_node(m, n, links);
    }
    m->sweep_at = m->total * 2 > SWEEP_BYTES ? m->total * 2 : SWEEP_BYTES;
}

static uint64_t end_of(const wy_kv_request *r) {
    return r->ttl_ms ? wy_kv_now_ms() + r->ttl_ms : 0;
}

static wy_kv_status store_value(memory *m, wy_kv_request *r, wy_str key, wy_str value,
                                uint64_t expires_ms) {
    if (m->total > m->sweep_at || m->total + key.len + value.len > WY_MAX_KV_MEMORY_BYTES) sweep(m);
    node **links[LEVELS];
    node *n = seek(m, key, links);
    bool is_new = !n || !wy_str_eq(n->key, key);
    size_t old = is_new ? 0 : n->key.len + n->value.len, need = key.len + value.len;
    if (m->total - old + need > WY_MAX_KV_MEMORY_BYTES)
        return wy_kv_fail(r, "the store is full: it holds at most %zu bytes",
                          WY_MAX_KV_MEMORY_BYTES);
    char *copy = malloc(value.len ? value.len : 1);
    if (!copy) return wy_kv_nomem(r);
    if (is_new) n = insert(m, key, links);
    if (!n) {
        free(copy);
        return wy_kv_nomem(r);
    }
    if (value.len) memcpy(copy, value.ptr, value.len);
    free((char *)n->value.ptr);
    n->value = (wy_str){copy, value.len};
    n->expires_ms = expires_ms;
    note_end(m, expires_ms);
    m->total = m->total - old + need;
    return WY_KV_OK;
}

static wy_kv_status memory_get(void *state, wy_kv_request *r) {
    node *n = find(state, r->key);
    return n ? wy_kv_found(r, n->value, &r->found) : WY_KV_OK;
}

static wy_kv_status memory_set(void *state, wy_kv_request *r) {
    return store_value(state, r, r->key, r->value, end_of(r));
}

static wy_kv_status memory_delete(void *state, wy_kv_request *r) {
    node **links[LEVELS];
    node *n = seek(state, r->key, links);
    if (n && wy_str_eq(n->key, r->key)) remove_node(state, n, links);
    return WY_KV_OK;
}

static wy_kv_status memory_exists(void *state, wy_kv_request *r) {
    r->yes = find(state, r->key) != NULL;
    return WY_KV_OK;
}

static wy_kv_status memory_list(void *state, wy_kv_request *r) {
    memory *m = state;
    node **links[LEVELS];
    node *n = r->after ? seek(m, *r->after, links) : m->head[0];
    if (n && r->after && wy_str_eq(n->key, *r->after)) n = n->next[0];
    uint64_t now_ms = wy_kv_now_ms();
    uint32_t cap = 0;
    size_t bytes = 0;
    while (n && (is_over(n, now_ms) || wy_kv_list_add(r, n->key, &cap, &bytes)))
        n = n->next[0];
    return WY_KV_OK;
}

static wy_kv_status memory_increment(void *state, wy_kv_request *r) {
    node *n = find(state, r->key);
    wy_kv_value old = {n != NULL, n ? n->value : (wy_str){0}};
    uint8_t value[8];
    wy_kv_status status = wy_kv_add(r, &old, value);
    if (status != WY_KV_OK) return status;
    return store_value(state, r, r->key, (wy_str){(char *)value, sizeof value},
                       n ? n->expires_ms : end_of(r));
}

static wy_kv_status memory_swap(void *state, wy_kv_request *r) {
    node *n = find(state, r->key);
    r->yes =
        n ? r->expected.present && wy_str_eq(n->value, r->expected.bytes) : !r->expected.present;
    return r->yes ? store_value(state, r, r->key, r->value, end_of(r)) : WY_KV_OK;
}

extern const wy_kv_backend wy_kv_backend_memory;
const wy_kv_backend wy_kv_backend_memory = {
    .name = "memory",
    .expires = true,
    .open = memory_open,
    .close = memory_close,
    .get = memory_get,
    .set = memory_set,
    .del = memory_delete,
    .exists = memory_exists,
    .list = memory_list,
    .increment = memory_increment,
    .swap = memory_swap,
};
