/* What all key-value interfaces share. */
#include "interface/kv.h"

#include <stdlib.h>

#include "base/limits.h"
#include "interface/refusal.h"
#include "interface/spin/redis.h"
#include "runtime/task.h"

wy_kv_state *wy_kv_state_of(wy_call *call) {
    wy_kv_state *state = wy_instance_state(call->instance, WY_SLOT_KV);
    if (state) return state;
    state = calloc(1, sizeof *state);
    if (state) wy_instance_set_state(call->instance, WY_SLOT_KV, state, free);
    return state;
}

/* Whether there is such a store for the component, and room for one more of them. */
static wy_kv_opened find_store(wy_call *call, wy_str label, wy_kv_store **store_out,
                               wy_kv_state **state_out) {
    const wy_kv_grants *grants = wy_instance_settings(call->instance, WY_SLOT_KV);
    const wy_kv_grant *grant = wy_kv_grant_find(grants, label);
    if (!grant) {
        if (grants)
            wy_refusal_tell(grants->component, "open the key-value store", label,
                            "key_value_stores");
        return WY_KV_ACCESS_DENIED;
    }
    if (!grant->store) return WY_KV_NO_SUCH_STORE;
    *store_out = grant->store;
    *state_out = wy_kv_state_of(call);
    if (!*state_out) return WY_KV_NO_MEMORY;
    return (*state_out)->handle_count >= WY_MAX_KV_OPEN_STORES ? WY_KV_TOO_MANY : WY_KV_OPENED;
}

wy_kv_opened wy_kv_handle_open(wy_call *call, wy_str label, own wy_kv_handle **handle_out) {
    wy_kv_store *store;
    wy_kv_state *state;
    *handle_out = NULL;
    wy_kv_opened opened = find_store(call, label, &store, &state);
    if (opened != WY_KV_OPENED) return opened;
    wy_kv_handle *handle = malloc(sizeof *handle);
    if (!handle) return WY_KV_NO_MEMORY;
    *handle = (wy_kv_handle){store, state};
    state->handle_count++;
    *handle_out = handle;
    return WY_KV_OPENED;
}

void wy_kv_handle_drop(void *object) {
    wy_kv_handle *handle = object;
    wy_assert(handle->state->handle_count > 0);
    handle->state->handle_count--;
    free(handle);
}

wy_kv_opened wy_kv_number_open(wy_call *call, wy_str label, uint32_t *number_out) {
    wy_kv_store *store;
    wy_kv_state *state;
    wy_kv_opened opened = find_store(call, label, &store, &state);
    if (opened != WY_KV_OPENED) return opened;
    if (!state->numbered)
        state->numbered = wy_arena_calloc(wy_instance_arena(call->instance), WY_MAX_KV_OPEN_STORES,
                                          sizeof(wy_kv_store *));
    if (!state->numbered) return WY_KV_NO_MEMORY;
    uint32_t number = 0;
    while (state->numbered[number]) /* there are as many as handles */
        number++;
    state->numbered[number] = store;
    state->handle_count++;
    *number_out = number;
    return WY_KV_OPENED;
}

wy_kv_store *wy_kv_number_store(wy_call *call, uint32_t number) {
    const wy_kv_state *state = wy_instance_state(call->instance, WY_SLOT_KV);
    bool is_number = state && state->numbered && number < WY_MAX_KV_OPEN_STORES;
    return is_number ? state->numbered[number] : NULL;
}

void wy_kv_number_close(wy_call *call, uint32_t number) {
    if (!wy_kv_number_store(call, number)) return;
    wy_kv_state *state = wy_instance_state(call->instance, WY_SLOT_KV);
    state->numbered[number] = NULL;
    state->handle_count--;
}

typedef struct attempt {
    wy_kv_request *request;
    bool is_done;
} attempt;

static void try(void *data) {
    attempt *a = data;
    a->is_done = wy_kv_try(a->request);
}

own wy_trap *wy_kv_call(wy_call *call, wy_kv_store *store, wy_kv_request *request) {
    request->store = store;
    request->arena = call->arena;
    if (!wy_kv_store_blocks(store)) {
        const wy_spin_redis_settings *redis = wy_instance_settings(call->instance, WY_SLOT_REDIS);
        request->task = call->task;
        request->redis = redis ? redis->client : NULL;
        wy_kv_run(request);
        return call->task && wy_task_ended(call->task) ? wy_task_trap(call->task) : NULL;
    }
    attempt a = {request, false};
    if (wy_task_aside(call->task, try, &a) != WY_OK) return wy_task_trap(call->task);
    if (a.is_done) return NULL;
    /* the fiber is parked, so nobody else touches the arena meanwhile */
    if (wy_task_offload(call->task, wy_kv_run, request) != WY_OK) return wy_task_trap(call->task);
    return NULL;
}

wy_str wy_kv_text(wy_call *call, const wy_kv_request *request) {
    size_t len = strlen(request->text);
    char *text = wy_arena_strndup(call->arena, request->text, len);
    return text ? (wy_str){text, len} : WY_STR("out of memory");
}
