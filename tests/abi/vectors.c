/* Runs canonical-ABI vectors, one JSON object a line, against lifting, lowering, copying and
 * layout.
 *
 * "lift": a value is lifted out of a memory, compared, and copied into an empty one, as from guest
 * to guest; compared are also the core values, the memory and each call of realloc. Copying into a
 * memory with addresses of the other width has to give what lifting and lowering gives. "flatten":
 * core signatures. "layout": sizes and core values for memories with 32-bit and 64-bit addresses.
 */
#include "abi/abi.h"
#include "vector_type.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_REALLOCS 4096

typedef struct heap {
    uint8_t *memory;
    uint32_t size, next;
    uint32_t calls[MAX_REALLOCS][5];
    size_t call_count;
} heap;

typedef struct tally {
    unsigned passed, failed;
} tally;

/* The bump allocator that the vectors were made with. */
static own wy_trap *bump(wy_lift_lower_cx *cx, uint64_t old, uint32_t old_size, uint32_t align,
                         uint32_t new_size, uint64_t *ptr_out) {
    heap *h = cx->env;
    uint32_t old_ptr = (uint32_t)old, new_ptr;
    wy_assert(old_ptr == old);
    if (old_ptr != 0 && new_size < old_size) {
        new_ptr = old_ptr;
    } else {
        new_ptr = (h->next + align - 1) & ~(align - 1);
        h->next = new_ptr + new_size;
        if (h->next > h->size) return wy_trap_new("the heap is full");
        memmove(h->memory + new_ptr, h->memory + old_ptr, old_size);
    }
    *ptr_out = new_ptr;
    wy_assert(h->call_count < MAX_REALLOCS);
    uint32_t *call = h->calls[h->call_count++];
    call[0] = old_ptr, call[1] = old_size, call[2] = align, call[3] = new_size, call[4] = new_ptr;
    return NULL;
}

static uint8_t encoding_of(const json_t *json) {
    const char *name = json_string_value(json);
    return strcmp(name, "utf8") == 0    ? WY_ENCODING_UTF8
           : strcmp(name, "utf16") == 0 ? WY_ENCODING_UTF16
                                        : WY_ENCODING_LATIN1_UTF16;
}

/* Whether the vector's memories have 64-bit addresses. */
static bool is_64(const json_t *vector) {
    const char *address = json_string_value(json_object_get(vector, "addr"));
    return address && strcmp(address, "i64") == 0;
}

static const char *const flat_names[] = {"i32", "i64", "f32", "f64"};

/* {"i32": "7"} or {"f64": "hex bits"} */
static uint64_t flat_bits(const json_t *json) {
    for (int i = 0; i < 4; i++) {
        const json_t *value = json_object_get(json, flat_names[i]);
        if (value) return strtoull(json_string_value(value), NULL, i < 2 ? 10 : 16);
    }
    return 0;
}

static int flat_kind(const json_t *json) {
    for (int i = 0; i < 4; i++)
        if (json_object_get(json, flat_names[i])) return i;
    return -1;
}

/* `bytes` of hexadecimal digits, into memory of `size` bytes or of their own number. */
static uint8_t *memory_of(const char *hex, size_t *size) {
    size_t count = strlen(hex) / 2;
    if (*size == 0) *size = count;
    uint8_t *memory = calloc(*size + 8, 1);
    for (size_t i = 0; i < count && i < *size; i++) {
        unsigned byte = 0;
        sscanf(hex + 2 * i, "%2x", &byte);
        memory[i] = (uint8_t)byte;
    }
    return memory;
}

/* --- values --- */

static uint64_t integer_of(const json_t *json) {
    if (json_is_string(json)) {
        const char *text = json_string_value(json);
        return text[0] == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
    }
    return (uint64_t)json_integer_value(json);
}

static bool value_equals(const wy_type *type, const void *value, const json_t *json);

static bool variant_equals(const wy_type *type, const void *value, const json_t *json) {
    uint32_t index = 0;
    memcpy(&index, value, type->disc_size);
    if (index >= type->count) return false;
    const wy_field *field = &type->fields[index];
    const json_t *payload = json_object_getn(json, field->name.ptr, field->name.len);
    if (!payload || json_object_size(json) != 1) return false;
    if (!field->type) return json_is_null(payload);
    return value_equals(field->type, (const char *)value + type->payload_offset, payload);
}

static bool flags_equal(const wy_type *type, const void *value, const json_t *json) {
    uint32_t bits = 0, expected = 0;
    memcpy(&bits, value, type->disc_size);
    for (size_t i = 0; i < json_array_size(json); i++)
        for (uint32_t k = 0; k < type->count; k++)
            if (wy_str_eqz(type->fields[k].name, json_string_value(json_array_get(json, i))))
                expected |= (uint32_t)1 << k;
    return bits == expected;
}

static bool elements_equal(const wy_type *elem, const void *values, size_t count,
                           const json_t *json) {
    if (json_array_size(json) != count) return false;
    for (size_t i = 0; i < count; i++)
        if (!value_equals(elem, (const char *)values + i * elem->size, json_array_get(json, i)))
            return false;
    return true;
}

static bool value_equals(const wy_type *type, const void *value, const json_t *json) {
    const wy_str *str = value;
    const wy_list *items = value;
    uint64_t bits = 0;
    switch ((wy_kind)type->kind) {
    case WY_KIND_BOOL: return *(const uint8_t *)value == json_is_true(json);
    case WY_KIND_S8: return *(const int8_t *)value == (int64_t)integer_of(json);
    case WY_KIND_S16: return *(const int16_t *)value == (int64_t)integer_of(json);
    case WY_KIND_S32: return *(const int32_t *)value == (int64_t)integer_of(json);
    case WY_KIND_U8:
    case WY_KIND_U16:
    case WY_KIND_U32:
    case WY_KIND_CHAR:
    case WY_KIND_S64:
    case WY_KIND_U64: memcpy(&bits, value, type->size); return bits == integer_of(json);
    case WY_KIND_F32:
    case WY_KIND_F64: memcpy(&bits, value, type->size); return bits == flat_bits(json);
    case WY_KIND_STRING:
        return json_string_length(json) == str->len &&
               memcmp(json_string_value(json), str->ptr, str->len) == 0;
    case WY_KIND_LIST:
    case WY_KIND_MAP: return elements_equal(type->elem, items->ptr, items->len, json);
    case WY_KIND_FIXED_LIST: return elements_equal(type->elem, value, type->count, json);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (uint32_t i = 0; i < type->count; i++) {
            const wy_field *field = &type->fields[i];
            const json_t *part = json_object_getn(json, field->name.ptr, field->name.len);
            if (!value_equals(field->type, (const char *)value + field->offset, part)) return false;
        }
        return json_object_size(json) == type->count;
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return variant_equals(type, value, json);
    case WY_KIND_FLAGS: return flags_equal(type, value, json);
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break;
    }
    return false;
}

/* --- lift, then lower --- */

static const char *compare_lowered(const heap *h, const wy_type *type, const wy_raw *flat,
                                   const json_t *vector) {
    const json_t *out = json_object_get(vector, "out_flat");
    if (json_array_size(out) != type->flat_count) return "number of core values";
    for (size_t i = 0; i < json_array_size(out); i++) {
        const json_t *item = json_array_get(out, i);
        if (type->flat_count <= WY_FLAT_MAX &&
            flat_kind(item) != wy_abi_core_kind(type->flat[i], is_64(vector)))
            return "core types";
        if ((uint64_t)flat[i].i64 != flat_bits(item)) return "core values";
    }
    size_t size = h->size;
    uint8_t *memory = memory_of(json_string_value(json_object_get(vector, "out_mem")), &size);
    bool same = memcmp(memory, h->memory, h->size) == 0;
    free(memory);
    if (!same) return "memory";
    const json_t *calls = json_object_get(vector, "realloc");
    if (json_array_size(calls) != h->call_count) return "number of realloc calls";
    for (size_t i = 0; i < h->call_count; i++)
        for (size_t k = 0; k < 5; k++)
            if (json_integer_value(json_array_get(json_array_get(calls, i), k)) != h->calls[i][k])
                return "realloc call";
    return NULL;
}

/* The empty memory of a guest that values are written to. */
static void open_target(heap *h, wy_lift_lower_cx *cx, uint32_t size, bool wide, uint8_t encoding) {
    *h = (heap){.size = size, .next = 8};
    h->memory = calloc(size + 8, 1);
    *cx = (wy_lift_lower_cx){.memory = h->memory,
                             .memory_size = size,
                             .is_64 = wide,
                             .encoding = encoding,
                             .realloc = bump,
                             .env = h};
}

static const char *copy_to_same(wy_lift_lower_cx *from, const wy_type *type, const wy_raw *flat,
                                const json_t *vector) {
    static heap h;
    wy_lift_lower_cx to;
    open_target(&h, &to, (uint32_t)json_integer_value(json_object_get(vector, "dst_size")),
                from->is_64, encoding_of(json_object_get(vector, "dst_enc")));
    wy_raw out[WY_FLAT_MANY] = {{0}};
    own wy_trap *trap = wy_abi_copy_flat(from, &to, type, flat, out);
    const char *wrong = trap ? "trap when copying" : compare_lowered(&h, type, out, vector);
    if (trap) wy_trap_free(trap);
    free(h.memory);
    return wrong;
}

static const char *copy_to_other_width(wy_lift_lower_cx *from, const wy_type *type,
                                       const wy_raw *flat, void *value, const json_t *vector) {
    static heap copied, lowered;
    wy_lift_lower_cx to;
    uint32_t size = 4 * (uint32_t)json_integer_value(json_object_get(vector, "dst_size"));
    uint8_t encoding = encoding_of(json_object_get(vector, "dst_enc"));
    wy_raw copied_flat[WY_FLAT_MANY] = {{0}}, lowered_flat[WY_FLAT_MANY] = {{0}};
    open_target(&copied, &to, size, !from->is_64, encoding);
    own wy_trap *trap = wy_abi_copy_flat(from, &to, type, flat, copied_flat);
    wy_assert(!trap);
    from->host_encoding = from->encoding;
    trap = wy_abi_lift_flat(from, type, flat, value);
    wy_assert(!trap);
    open_target(&lowered, &to, size, !from->is_64, encoding);
    to.host_encoding = from->encoding;
    trap = wy_abi_lower_flat(&to, type, value, lowered_flat);
    wy_assert(!trap);
    bool same = memcmp(copied.memory, lowered.memory, size) == 0 &&
                memcmp(copied_flat, lowered_flat, sizeof copied_flat) == 0 &&
                copied.call_count == lowered.call_count &&
                memcmp(copied.calls, lowered.calls, copied.call_count * sizeof *copied.calls) == 0;
    free(copied.memory);
    free(lowered.memory);
    return same ? NULL : "copying to the other width";
}

static const char *expect_trap(own wy_trap *trap) {
    if (!trap) return "no trap";
    wy_trap_free(trap);
    return NULL;
}

/* NULL: passed. */
static const char *run_lift(wy_arena *arena, const json_t *vector) {
    const wy_type *type = vector_type(arena, json_object_get(vector, "type"));
    if (!type) return "unknown type";
    wy_raw flat[WY_FLAT_MANY] = {{0}};
    const json_t *in = json_object_get(vector, "flat");
    for (size_t i = 0; i < json_array_size(in) && i < WY_FLAT_MANY; i++)
        flat[i].i64 = (int64_t)flat_bits(json_array_get(in, i));
    size_t size = 0;
    uint8_t *memory = memory_of(json_string_value(json_object_get(vector, "mem")), &size);
    wy_lift_lower_cx cx = {.memory = memory,
                           .memory_size = size,
                           .is_64 = is_64(vector),
                           .encoding = encoding_of(json_object_get(vector, "src_enc")),
                           .arena = arena};
    void *value = wy_arena_calloc(arena, 1, type->size);
    own wy_trap *trap = wy_abi_lift_flat(&cx, type, flat, value);
    const char *wrong = NULL;
    if (json_object_get(vector, "trap")) {
        static heap h;
        wy_lift_lower_cx to;
        wy_raw out[WY_FLAT_MANY];
        open_target(&h, &to, 1u << 20, cx.is_64, WY_ENCODING_UTF8);
        wrong = expect_trap(trap);
        if (!wrong) wrong = expect_trap(wy_abi_copy_flat(&cx, &to, type, flat, out));
        free(h.memory);
    } else if (trap) {
        wrong = "trap when lifting";
        wy_trap_free(trap);
    } else if (!value_equals(type, value, json_object_get(vector, "value"))) {
        wrong = "value";
    } else {
        wrong = copy_to_same(&cx, type, flat, vector);
        if (!wrong) wrong = copy_to_other_width(&cx, type, flat, value, vector);
    }
    free(memory);
    return wrong;
}

/* --- signatures and sizes --- */

static bool flats_equal(const uint8_t *flat, size_t count, const json_t *names) {
    if (json_array_size(names) != count) return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(flat_names[flat[i]], json_string_value(json_array_get(names, i))) != 0)
            return false;
    return true;
}

static const char *run_flatten(wy_arena *arena, const json_t *vector) {
    const wy_type *params = vector_type_tuple(arena, json_object_get(vector, "params"));
    const json_t *results = json_object_get(vector, "result");
    const wy_type *result = vector_type_tuple(arena, results);
    if (!params || !result) return "unknown type";
    /* Several results, which functions had once, flatten as a tuple of them. */
    wy_func_type ft = {.params = *params, .result = result->count ? result : NULL};
    static const struct {
        const char *name;
        unsigned form;
    } forms[] = {
        {"i32_lift", 0},
        {"i32_lower", WY_CORE_LOWER},
        {"i32_async_lift", WY_CORE_ASYNC | WY_CORE_CALLBACK},
        {"i32_async_lower", WY_CORE_ASYNC | WY_CORE_LOWER},
        {"i64_lift", WY_CORE_64},
        {"i64_lower", WY_CORE_64 | WY_CORE_LOWER},
        {"i64_async_lift", WY_CORE_64 | WY_CORE_ASYNC | WY_CORE_CALLBACK},
        {"i64_async_lower", WY_CORE_64 | WY_CORE_ASYNC | WY_CORE_LOWER},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        uint8_t core_params[17], core_results[1];
        size_t param_count, result_count;
        wy_abi_core_type(&ft, forms[i].form, core_params, &param_count, core_results,
                         &result_count);
        const json_t *expected = json_object_get(vector, forms[i].name);
        if (!expected || !flats_equal(core_params, param_count, json_array_get(expected, 0)) ||
            !flats_equal(core_results, result_count, json_array_get(expected, 1)))
            return forms[i].name;
    }
    return NULL;
}

static const char *run_layout(wy_arena *arena, const json_t *vector) {
    const wy_type *type = vector_type(arena, json_object_get(vector, "type"));
    if (!type) return "unknown type";
    if (type->size32 != json_integer_value(json_object_get(vector, "size32"))) return "size32";
    if (type->align32 != json_integer_value(json_object_get(vector, "align32"))) return "align32";
    if (type->size64 != json_integer_value(json_object_get(vector, "size64"))) return "size64";
    if (type->align64 != json_integer_value(json_object_get(vector, "align64"))) return "align64";
    /* No vector has handles, in which alone host memory differs. */
    if (type->size != type->size64 || type->align != type->align64) return "size in host memory";
    for (int wide = 0; wide < 2; wide++) {
        const json_t *expected = json_object_get(vector, wide ? "flat64" : "flat32");
        uint8_t flat[WY_FLAT_MAX];
        if (type->flat_count != json_array_size(expected)) return "number of core values";
        if (type->flat_count > WY_FLAT_MAX) continue;
        for (unsigned i = 0; i < type->flat_count; i++)
            flat[i] = wy_abi_core_kind(type->flat[i], wide);
        if (!flats_equal(flat, type->flat_count, expected)) return wide ? "flat64" : "flat32";
    }
    return NULL;
}

static void run_vector(const json_t *vector, const char *file, unsigned line, tally *t) {
    const char *kind = json_string_value(json_object_get(vector, "kind"));
    wy_arena arena;
    wy_arena_init(&arena, (size_t)1 << 30);
    const char *wrong = strcmp(kind, "lift") == 0      ? run_lift(&arena, vector)
                        : strcmp(kind, "flatten") == 0 ? run_flatten(&arena, vector)
                        : strcmp(kind, "layout") == 0  ? run_layout(&arena, vector)
                                                       : "unknown kind";
    if (wrong) printf("%s:%u: %s: %s\n", file, line, kind, wrong);
    t->failed += wrong != NULL;
    t->passed += wrong == NULL;
    wy_arena_deinit(&arena);
}

/* False: there is no such file. */
static bool run_file(const char *folder, const char *name, tally *t) {
    char path[4096];
    snprintf(path, sizeof path, "%s/abi-vectors/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file) return false;
    char *text = NULL;
    size_t cap = 0;
    ssize_t len;
    for (unsigned line = 1; (len = getline(&text, &cap, file)) > 0; line++) {
        json_error_t error;
        json_t *vector = json_loadb(text, (size_t)len, JSON_ALLOW_NUL, &error);
        if (vector) {
            run_vector(vector, name, line, t);
        } else {
            printf("%s:%u: %s\n", name, line, error.text);
            t->failed++;
        }
        json_decref(vector);
    }
    free(text);
    fclose(file);
    return true;
}

int main(void) {
    const char *folder = getenv("WITHY_CONFORMANCE");
    if (!folder) folder = WITHY_SOURCE_DIR "/../shared/conformance";
    tally t = {0};
    bool any = run_file(folder, "spec.jsonl", &t);
    any |= run_file(folder, "random-public.jsonl", &t);
    if (!any) {
        printf("skipped: no abi-vectors in %s; WITHY_CONFORMANCE names their folder\n", folder);
        return 77;
    }
    printf("abi-vectors: %u/%u passed\n", t.passed, t.passed + t.failed);
    return t.failed ? 1 : 0;
}
