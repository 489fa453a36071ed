/* Lifting and lowering under arbitrary types and memory: the input's head builds a type, its rest
 * is the guest's memory. What is lifted is lowered into a second guest whose realloc may lie, and
 * what was lowered is lifted again. */
#include "abi/abi.h"
#include "value/testing.h"

#include <stdlib.h>

#define MEMORY_SIZE 65536

typedef struct heap {
    uint32_t next;
    uint8_t lie;
} heap;

static own wy_trap *bump(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size, uint32_t align,
                         uint32_t new_size, uint64_t *ptr_out) {
    heap *h = cx->env;
    (void)old_ptr;
    (void)old_size;
    h->next = (h->next + align - 1) & ~(align - 1);
    *ptr_out = h->next + (h->lie == 1 ? 1 : h->lie == 2 ? MEMORY_SIZE : 0);
    h->next = new_size <= MEMORY_SIZE - (h->next & (MEMORY_SIZE / 2 - 1)) ? h->next + new_size : 0;
    return NULL;
}

static own wy_trap *nothing(void *env, const wy_resource *resource, wy_handle rep) {
    (void)env;
    (void)resource;
    (void)rep;
    return NULL;
}

static const wy_resource_type host_type = {{"a", 1}, {"b", 1}};
static const wy_resource resource = {.host = &host_type, .drop = nothing};
static const wy_resource *const resources[] = {&resource};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wy_source in = {data, data + size, 0};
    wy_arena arena;
    wy_arena_init(&arena, (size_t)64 << 20);
    uint8_t from = wy_source_byte(&in) % 3, to = wy_source_byte(&in) % 3;
    heap h = {.lie = wy_source_byte(&in)};
    uint8_t straight = wy_source_byte(&in), kinds = straight >> 1;
    const wy_type *type = wy_source_type(&in, &arena, 6, NULL);
    uint8_t *source = aligned_alloc(16, MEMORY_SIZE), *target = aligned_alloc(16, MEMORY_SIZE);
    memset(source, 0, MEMORY_SIZE);
    size_t rest = (size_t)(in.end - in.at);
    if (rest) memcpy(source, in.at, rest < MEMORY_SIZE ? rest : MEMORY_SIZE);

    wy_handle_table handles;
    wy_handle_table_init(&handles);
    wy_call_scope scope;
    wy_call_scope_init(&scope);
    uint32_t index;
    for (wy_handle rep = 1; rep < 5; rep++)
        if (wy_handle_add_own(&handles, &resource, rep, &index)) abort();
    wy_lift_lower_cx a = {.memory = source,
                          .memory_size = MEMORY_SIZE,
                          .is_64 = kinds & 1,
                          .encoding = from,
                          .host_encoding = straight & 1 ? from : (uint8_t)WY_ENCODING_UTF8,
                          .handles = &handles,
                          .resources = resources,
                          .scope = &scope,
                          .arena = &arena};
    wy_lift_lower_cx b = a;
    b.memory = target;
    b.is_64 = kinds & 2;
    b.encoding = to;
    b.realloc = bump;
    b.env = &h;
    void *value = wy_arena_calloc(&arena, 1, type->size);
    own wy_trap *trap = value ? wy_abi_load(&a, type, 0, value) : NULL;
    uint32_t stored = b.is_64 ? type->size64 : type->size32;
    if (value && !trap && stored <= MEMORY_SIZE) {
        h.next = stored;
        trap = wy_abi_store(&b, type, value, 0);
    }
    if (trap) wy_trap_free(trap);
    wy_call_scope_abandon(&scope);
    wy_handle_table_deinit(&handles, NULL);
    wy_arena_deinit(&arena);
    free(source);
    free(target);
    return 0;
}
