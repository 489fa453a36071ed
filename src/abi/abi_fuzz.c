/* Lifting, lowering and copying under arbitrary types, values and memory. The input makes a type
 * and a value of it, which is lowered into a guest and must come back as it was. Then bytes of that
 * guest's memory are changed, and what lies there goes to another guest, whose realloc may lie, by
 * both ways that there are: lifted and lowered, and copied. Both must come to the same, which may
 * be a trap, and never touch a byte outside of the memories. */
#include "abi/abi.h"
#include "value/testing.h"
#include "value/wave.h"

#include <stdlib.h>

#define MEMORY_SIZE 8192
#define ROOT 64 /* where a value that does not fit a core value lies */
#define ARENA_MAX ((size_t)4 << 20)
#define TYPE_DEPTH 5

static own wy_trap *nothing(void *env, const wy_resource *resource, wy_handle rep) {
    (void)env;
    (void)resource;
    (void)rep;
    return NULL;
}

static const wy_resource_type host_type = {{"a", 1}, {"b", 1}};
static const wy_resource resource = {.host = &host_type, .drop = nothing};
static const wy_resource *const resources[] = {&resource};

/* --- guests --- */

typedef struct guest {
    uint8_t *memory;
    uint32_t next, calls;
    uint8_t lie, lie_at; /* which lie realloc tells, at which call */
    uint64_t log;        /* of the calls of realloc, as one number */
    wy_handle_table handles;
    wy_call_scope scope;
    wy_lift_lower_cx cx;
} guest;

static own wy_trap *bump(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size, uint32_t align,
                         uint32_t new_size, uint64_t *ptr_out) {
    guest *g = cx->env;
    const uint64_t call[] = {old_ptr, old_size, align, new_size};
    for (int i = 0; i < 4; i++)
        g->log = (g->log ^ call[i]) * 0x9e3779b97f4a7c15;
    bool lies = g->lie && g->calls++ == g->lie_at;
    uint32_t ptr = (g->next + align - 1) & ~(align - 1);
    uint32_t kept = old_size < new_size ? old_size : new_size;
    if (ptr > MEMORY_SIZE || new_size > MEMORY_SIZE - ptr) return wy_trap_new("no memory");
    if (kept) memmove(g->memory + ptr, g->memory + old_ptr, kept);
    g->next = ptr + new_size;
    *ptr_out = !lies             ? ptr
               : g->lie % 4 == 0 ? 0
               : g->lie % 4 == 1 ? ptr + 1u
               : g->lie % 4 == 2 ? MEMORY_SIZE - new_size / 2
                                 : UINT64_MAX - 7;
    return NULL;
}

static void guest_init(guest *g, uint8_t encoding, bool is_64, wy_arena *arena) {
    memset(g, 0, sizeof *g);
    g->memory = aligned_alloc(16, MEMORY_SIZE);
    if (!g->memory) abort();
    memset(g->memory, 0, MEMORY_SIZE);
    g->next = ROOT;
    wy_handle_table_init(&g->handles);
    wy_call_scope_init(&g->scope);
    g->cx = (wy_lift_lower_cx){.memory = g->memory,
                               .memory_size = MEMORY_SIZE,
                               .is_64 = is_64,
                               .encoding = encoding,
                               .realloc = bump,
                               .env = g,
                               .handles = &g->handles,
                               .resources = resources,
                               .scope = &g->scope,
                               .arena = arena};
}

static void guest_deinit(guest *g) {
    wy_call_scope_abandon(&g->scope);
    wy_handle_table_deinit(&g->handles, NULL);
    free(g->memory);
}

static bool ok(own wy_trap *trap) {
    if (trap) wy_trap_free(trap);
    return !trap;
}

/* --- values --- */

static void make_value(wy_source *in, wy_arena *arena, const wy_type *type, char *out);

static void make_string(wy_source *in, wy_arena *arena, wy_str *out) {
    static const char *const parts[] = {
        "a",        "\x7f",         "\xc2\x80",     "\xc3\xbf",
        "\xc4\x80", "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80"};
    unsigned count = wy_source_byte(in) % 12;
    char *text = wy_arena_alloc(arena, 4 * count + 1u);
    if (!text) return;
    *out = (wy_str){text, 0};
    for (unsigned i = 0; i < count; i++) {
        const char *part = parts[wy_source_byte(in) % 8];
        memcpy(text + out->len, part, strlen(part));
        out->len += strlen(part);
    }
}

static void make_list(wy_source *in, wy_arena *arena, const wy_type *elem, wy_list *out) {
    unsigned count = wy_source_byte(in) % 6;
    char *items = wy_arena_calloc(arena, count + 1u, elem->size);
    if (!items) return;
    *out = (wy_list){items, count};
    for (unsigned i = 0; i < count; i++)
        make_value(in, arena, elem, items + i * elem->size);
}

/* Fills `out`, which is cleared. Where the arena is full, strings and lists stay empty. */
static void make_value(wy_source *in, wy_arena *arena, const wy_type *type, char *out) {
    uint64_t bits;
    uint32_t code;
    wy_handle rep;
    switch ((wy_kind)type->kind) {
    case WY_KIND_BOOL: *out = wy_source_byte(in) & 1; return;
    case WY_KIND_S8:
    case WY_KIND_U8:
    case WY_KIND_S16:
    case WY_KIND_U16:
    case WY_KIND_S32:
    case WY_KIND_U32:
    case WY_KIND_S64:
    case WY_KIND_U64:
    case WY_KIND_F32:
    case WY_KIND_F64:
        bits = wy_source_bits(in);
        memcpy(out, &bits, type->size);
        return;
    case WY_KIND_CHAR:
        code = (uint32_t)wy_source_bits(in) % 0x110000;
        if (code >= 0xd800 && code < 0xe000) code = 0x10ffff;
        memcpy(out, &code, 4);
        return;
    case WY_KIND_STRING: make_string(in, arena, (wy_str *)out); return;
    case WY_KIND_LIST: make_list(in, arena, type->elem, (wy_list *)out); return;
    case WY_KIND_FIXED_LIST:
        for (uint32_t i = 0; i < type->count; i++)
            make_value(in, arena, type->elem, out + (size_t)i * type->elem->size);
        return;
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (uint32_t i = 0; i < type->count; i++)
            make_value(in, arena, type->fields[i].type, out + type->fields[i].offset);
        return;
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT:
        code = wy_source_byte(in) % type->count;
        memcpy(out, &code, type->disc_size);
        if (type->fields[code].type)
            make_value(in, arena, type->fields[code].type, out + type->payload_offset);
        return;
    case WY_KIND_FLAGS:
        bits = wy_source_bits(in) & (((uint64_t)1 << type->count) - 1);
        memcpy(out, &bits, type->disc_size);
        return;
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
        rep = 1u + wy_source_byte(in);
        memcpy(out, &rep, sizeof rep);
        return;
    case WY_KIND_MAP:
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: wy_assert(!"a kind that make_type does not make");
    }
}

static void print_handle(void *data, const wy_type *type, wy_handle handle, wy_buf *buf) {
    (void)data;
    (void)type;
    wy_buf_printf(buf, "h%u", (unsigned)handle);
}

static void must_equal(const wy_type *type, const void *a, const void *b) {
    static const wy_wave_handles handles = {NULL, NULL, print_handle};
    wy_buf first, second;
    wy_buf_init(&first, ARENA_MAX);
    wy_buf_init(&second, ARENA_MAX);
    wy_wave_print(type, a, &handles, &first);
    wy_wave_print(type, b, &handles, &second);
    wy_assert(wy_str_eq(wy_buf_view(&first), wy_buf_view(&second)));
    wy_buf_deinit(&first);
    wy_buf_deinit(&second);
}

/* --- what is checked --- */

typedef struct trial {
    wy_source in;
    wy_arena arena;
    wy_func_type func; /* of no parameters and the type as result */
    uint8_t from, to;  /* encodings */
    bool from_64, to_64;
    uint8_t lie, lie_at;
} trial;

/* Lowers `value` as a result comes from a guest. False: it has not enough memory. */
static bool produce(const wy_func_type *func, guest *g, const void *value, wy_raw *flat) {
    if (!wy_abi_result_spills(func))
        return ok(wy_abi_lower_flat(&g->cx, func->result, value, flat));
    g->next = ROOT + (g->cx.is_64 ? func->result->size64 : func->result->size32);
    flat[0].i64 = ROOT;
    return g->next <= MEMORY_SIZE && ok(wy_abi_store(&g->cx, func->result, value, ROOT));
}

/* What was lowered is lifted again: out of memory and out of core values. */
static bool round_trip(trial *t, const void *value) {
    const wy_type *type = t->func.result;
    wy_raw flat[WY_FLAT_MANY] = {{0}};
    guest g;
    guest_init(&g, t->from, t->from_64, &t->arena);
    char *again = wy_arena_calloc(&t->arena, 1, type->size);
    bool done = again && produce(&t->func, &g, value, flat);
    if (done) {
        wy_assert(ok(wy_abi_lift_result(&g.cx, &t->func, flat, again)));
        must_equal(type, value, again);
    }
    if (done && type->flat_count < WY_FLAT_MANY &&
        ok(wy_abi_lower_flat(&g.cx, type, value, flat))) {
        wy_assert(ok(wy_abi_lift_flat(&g.cx, type, flat, again)));
        must_equal(type, value, again);
    }
    guest_deinit(&g);
    return done;
}

/* Changes what lies in both guests, and their core values, alike. */
static void spoil(wy_source *in, guest *a, guest *b, wy_raw *flat) {
    unsigned count = wy_source_byte(in) % 8;
    for (unsigned i = 0; i < count; i++) {
        uint32_t at = (uint32_t)wy_source_byte(in) << 8 | wy_source_byte(in);
        uint8_t byte = wy_source_byte(in);
        if (at >= MEMORY_SIZE)
            flat[at % 4].i64 ^= (int64_t)((uint64_t)byte << at % 64);
        else
            a->memory[at] = b->memory[at] = byte;
    }
}

static void target_init(const trial *t, guest *g, wy_arena *arena) {
    guest_init(g, t->to, t->to_64, arena);
    g->lie = t->lie;
    g->lie_at = t->lie_at;
    g->next = ROOT + (t->to_64 ? t->func.result->size64 : t->func.result->size32);
}

/* Whether lifting failed for lack of host memory, which copying needs none of. */
static bool arena_is_full(const wy_arena *arena) {
    return arena->total > ARENA_MAX / 4;
}

/* Lists of floats may be handed on as they lie: then a NaN keeps its bits on one of the ways. */
static void must_equal_but_for_nans(trial *t, guest *a, guest *b, const wy_raw *flat) {
    char *first = wy_arena_calloc(&t->arena, 1, t->func.result->size);
    char *second = wy_arena_calloc(&t->arena, 1, t->func.result->size);
    wy_raw at[1] = {{.i64 = wy_abi_result_spills(&t->func) ? ROOT : flat[0].i64}};
    a->cx.host_encoding = b->cx.host_encoding = WY_ENCODING_UTF8;
    if (!first || !second) return;
    bool good = ok(wy_abi_lift_result(&a->cx, &t->func, at, first));
    bool also = ok(wy_abi_lift_result(&b->cx, &t->func, at, second));
    wy_assert(good == also || arena_is_full(&t->arena));
    if (good && also) must_equal(t->func.result, first, second);
}

static void both_ways(trial *t, const void *value) {
    wy_raw flat[WY_FLAT_MANY] = {{0}}, same[WY_FLAT_MANY] = {{0}};
    wy_raw lowered[WY_FLAT_MAX + 1] = {{0}}, copied[WY_FLAT_MAX + 1] = {{0}};
    guest a, b, to_a, to_b;
    guest_init(&a, t->from, t->from_64, &t->arena);
    guest_init(&b, t->from, t->from_64, &t->arena);
    target_init(t, &to_a, &t->arena);
    target_init(t, &to_b, &t->arena);
    char *between = wy_arena_calloc(&t->arena, 1, t->func.result->size);
    if (between && produce(&t->func, &a, value, flat) && produce(&t->func, &b, value, same)) {
        wy_assert(memcmp(a.memory, b.memory, MEMORY_SIZE) == 0);
        spoil(&t->in, &a, &b, flat);
        a.cx.host_encoding = to_a.cx.host_encoding = t->from;
        bool good = ok(wy_abi_lift_result(&a.cx, &t->func, flat, between));
        bool skip = !good && arena_is_full(&t->arena);
        good = good && ok(wy_abi_lower_result(&to_a.cx, &t->func, between, lowered, ROOT));
        bool also = ok(wy_abi_copy_result(&b.cx, &to_b.cx, &t->func, flat, copied, ROOT));
        wy_assert(skip || good == also);
        if (good) {
            wy_assert(to_a.log == to_b.log && to_a.handles.count == to_b.handles.count);
            wy_assert(wy_abi_result_spills(&t->func) || lowered[0].i64 == copied[0].i64);
            if (memcmp(to_a.memory, to_b.memory, MEMORY_SIZE) != 0)
                must_equal_but_for_nans(t, &to_a, &to_b, copied);
        }
    }
    guest_deinit(&a);
    guest_deinit(&b);
    guest_deinit(&to_a);
    guest_deinit(&to_b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    trial t = {.in = {data, data + size, 0}};
    wy_arena_init(&t.arena, ARENA_MAX);
    t.from = wy_source_byte(&t.in) % 3;
    t.to = wy_source_byte(&t.in) % 3;
    uint8_t kinds = wy_source_byte(&t.in);
    t.from_64 = kinds & 1;
    t.to_64 = kinds & 2;
    t.lie = kinds >> 2;
    t.lie_at = t.lie ? wy_source_byte(&t.in) % 16 : 0;
    const wy_type *type = wy_source_type(&t.in, &t.arena, TYPE_DEPTH, NULL);
    t.func = (wy_func_type){.result = type};
    char *value = type->size <= MEMORY_SIZE ? wy_arena_calloc(&t.arena, 1, type->size) : NULL;
    if (value) {
        make_value(&t.in, &t.arena, type, value);
        if (round_trip(&t, value)) both_ways(&t, value);
    }
    wy_arena_deinit(&t.arena);
    return 0;
}
