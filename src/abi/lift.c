/* Lifting: core values and linear memory -> values in host memory (CM: "Loading", "Flat Lifting").
 * Every read is checked here, once for each value that lies in one piece. */
#include "abi/convert.h"

static own wy_trap *load32(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr, void *out);
static own wy_trap *load64(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr, void *out);

WY_WALK own wy_trap *load_part(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr, void *out,
                               const bool is_64) {
    return is_64 ? load64(cx, type, ptr, out) : load32(cx, type, ptr, out);
}

own wy_trap *wy_range_trap(const wy_lift_lower_cx *cx, const char *what, uint64_t ptr,
                           uint64_t size, uint32_t align) {
    if (ptr & (align - 1))
        return wy_trap_new("unaligned pointer %llu of %s: must be a multiple of %u",
                           (unsigned long long)ptr, what, (unsigned)align);
    return wy_trap_new("%s of %llu bytes at %llu lies outside of the memory of %zu bytes", what,
                       (unsigned long long)size, (unsigned long long)ptr, cx->memory_size);
}

own wy_trap *wy_call_arena_trap(void) {
    return wy_trap_new("the values of one call take more than %zu bytes of host memory",
                       (size_t)WY_MAX_CALL_ARENA);
}

static uint32_t load_u32(const wy_lift_lower_cx *cx, uint64_t ptr) {
    uint32_t value;
    memcpy(&value, cx->memory + ptr, 4);
    return value;
}

/* A pointer or length. */
WY_WALK uint64_t load_address(const wy_lift_lower_cx *cx, uint64_t ptr, const bool is_64) {
    if (!is_64) return load_u32(cx, ptr);
    uint64_t value;
    memcpy(&value, cx->memory + ptr, 8);
    return value;
}

/* The discriminant, or the bits of flags, of `size` bytes. */
static uint32_t load_int(const void *at, uint32_t size) {
    uint32_t value = 0;
    memcpy(&value, at, size);
    return value;
}

static void put_int(void *out, uint32_t value, uint32_t size) {
    memcpy(out, &value, size);
}

own wy_trap *wy_char_trap(uint32_t code) {
    return wy_trap_new("0x%x is not a Unicode scalar value", (unsigned)code);
}

/* A scalar in memory; false: not a char. */
WY_WALK bool load_scalar(uint8_t kind, const uint8_t *at, void *out) {
    uint32_t bits;
    uint64_t wide;
    switch (kind) {
    case WY_KIND_BOOL: *(uint8_t *)out = *at != 0; return true;
    case WY_KIND_S8:
    case WY_KIND_U8: memcpy(out, at, 1); return true;
    case WY_KIND_S16:
    case WY_KIND_U16: memcpy(out, at, 2); return true;
    case WY_KIND_S32:
    case WY_KIND_U32: memcpy(out, at, 4); return true;
    case WY_KIND_S64:
    case WY_KIND_U64: memcpy(out, at, 8); return true;
    case WY_KIND_F32:
        memcpy(&bits, at, 4);
        wy_f32_put(out, bits);
        return true;
    case WY_KIND_F64:
        memcpy(&wide, at, 8);
        wy_f64_put(out, wide);
        return true;
    case WY_KIND_CHAR:
        memcpy(&bits, at, 4);
        memcpy(out, &bits, 4);
        return wy_char_valid(bits);
    default: break;
    }
    wy_assert(!"a scalar");
    return false;
}

own wy_trap *wy_case_trap(const wy_type *type, uint32_t index) {
    return wy_trap_new("case %u of a variant that has %u", (unsigned)index, (unsigned)type->count);
}

own wy_trap *wy_handle_lift(wy_lift_lower_cx *cx, const wy_type *type, uint32_t index,
                            wy_handle *rep_out) {
    wy_assert(cx->resources);
    const wy_resource *resource = cx->resources[type->resource_index];
    return type->kind == WY_KIND_OWN
               ? wy_handle_lift_own(cx->handles, resource, index, rep_out)
               : wy_handle_lift_borrow(cx->handles, resource, index, cx->scope, rep_out);
}

own wy_trap *wy_list_check(wy_lift_lower_cx *cx, const wy_type *elem, uint64_t ptr, uint64_t len) {
    const uint32_t size = wy_guest_size(elem, cx->is_64), align = wy_guest_align(elem, cx->is_64);
    uint64_t bytes;
    if (WY_UNLIKELY(__builtin_mul_overflow(len, size, &bytes) || bytes > WY_MAX_LIST_BYTES))
        return wy_trap_new("a list of %llu elements is longer than %u bytes",
                           (unsigned long long)len, (unsigned)WY_MAX_LIST_BYTES);
    if (WY_UNLIKELY(!wy_range_valid(cx, ptr, bytes, align)))
        return wy_range_trap(cx, "a list", ptr, bytes, align);
    return NULL;
}

/* --- in place --- */

static own wy_trap *make_all_valid(const wy_type *elem, char *at, size_t count);

/* What loading makes of values (CM: load), where they were copied as they lay: without pointers and
 * handles they have the same layout on both sides. Floats keep their bits. */
static own wy_trap *make_valid(const wy_type *type, char *at) {
    if (type->attrs & WY_TYPE_PLAIN) return NULL;
    const wy_field *field = type->fields;
    uint32_t bits;
    switch (type->kind) {
    case WY_KIND_BOOL: *at = *at != 0; return NULL;
    case WY_KIND_CHAR:
        bits = load_int(at, 4);
        return WY_LIKELY(wy_char_valid(bits)) ? NULL : wy_char_trap(bits);
    case WY_KIND_FLAGS:
        put_int(at, wy_flags_known(type, load_int(at, type->disc_size)), type->disc_size);
        return NULL;
    case WY_KIND_FIXED_LIST: return make_all_valid(type->elem, at, type->count);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (; field < type->fields + type->count; field++) {
            own wy_trap *trap = make_valid(field->type, at + field->offset);
            if (WY_UNLIKELY(trap)) return trap;
        }
        return NULL;
    default: break;
    }
    bits = load_int(at, type->disc_size);
    if (WY_UNLIKELY(bits >= type->count)) return wy_case_trap(type, bits);
    return field[bits].type ? make_valid(field[bits].type, at + type->payload_offset) : NULL;
}

static own wy_trap *make_all_valid(const wy_type *elem, char *at, size_t count) {
    for (size_t i = 0; i < count; i++) {
        own wy_trap *trap = make_valid(elem, at + i * elem->size);
        if (WY_UNLIKELY(trap)) return trap;
    }
    return NULL;
}

/* --- out of memory --- */

/* CM: load_list_from_range. Lists of plain elements become views. */
WY_WALK own wy_trap *load_list(wy_lift_lower_cx *cx, const wy_type *elem, uint64_t ptr,
                               uint64_t len, wy_list *out, const bool is_64) {
    const uint32_t size = wy_guest_size(elem, is_64);
    own wy_trap *wrong = wy_list_check(cx, elem, ptr, len);
    if (WY_UNLIKELY(wrong)) return wrong;
    out->len = len;
    out->ptr = cx->memory + ptr;
    if ((elem->attrs & WY_TYPE_PLAIN) || len == 0) return NULL;
    const size_t bytes = (size_t)len * elem->size;
    char *copy = wy_arena_alloc_aligned(cx->arena, bytes, elem->align);
    if (!copy) return wy_call_arena_trap();
    if (!(elem->attrs & (WY_TYPE_POINTER | WY_TYPE_HANDLE))) {
        /* Laid out alike on both sides. Made valid in the copy, where the guest cannot change it
         * any more. */
        memcpy(copy, out->ptr, bytes);
        out->ptr = copy;
        return make_all_valid(elem, copy, len);
    }
    out->ptr = copy;
    for (uint64_t i = 0; i < len; i++) {
        own wy_trap *trap = load_part(cx, elem, ptr + i * size, copy + i * elem->size, is_64);
        if (trap) return trap;
    }
    return NULL;
}

/* CM: load_variant */
WY_WALK own wy_trap *load_variant(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr,
                                  void *out, const bool is_64) {
    uint32_t index = load_int(cx->memory + ptr, type->disc_size);
    if (WY_UNLIKELY(index >= type->count)) return wy_case_trap(type, index);
    put_int(out, index, type->disc_size);
    const wy_type *payload = type->fields[index].type;
    if (!payload) return NULL;
    ptr += is_64 ? type->payload_offset64 : type->payload_offset32;
    return load_part(cx, payload, ptr, (char *)out + type->payload_offset, is_64);
}

/* CM: load_record */
WY_WALK own wy_trap *load_record(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr, void *out,
                                 const bool is_64) {
    uint64_t offset = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_field *field = &type->fields[i];
        const wy_type *part = field->type;
        char *to = (char *)out + field->offset;
        offset = is_64 ? wy_align_to(offset, part->align64) : field->offset32;
        if (!wy_type_is_scalar(part) || !load_scalar(part->kind, cx->memory + ptr + offset, to)) {
            own wy_trap *trap = load_part(cx, part, ptr + offset, to, is_64);
            if (trap) return trap;
        }
        if (is_64) offset += part->size64;
    }
    return NULL;
}

WY_WALK own wy_trap *load_fixed_list(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr,
                                     void *out, const bool is_64) {
    const wy_type *elem = type->elem;
    const uint32_t size = wy_guest_size(elem, is_64);
    for (uint32_t i = 0; i < type->count; i++) {
        own wy_trap *trap = load_part(cx, elem, ptr + (uint64_t)i * size,
                                      (char *)out + (size_t)i * elem->size, is_64);
        if (trap) return trap;
    }
    return NULL;
}

/* CM: load. `ptr` is aligned and the value lies inside the memory. */
WY_WALK own wy_trap *load(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr, void *out,
                          const bool is_64) {
    const uint8_t *at = cx->memory + ptr;
    const uint32_t address_size = is_64 ? 8 : 4;
    switch ((wy_kind)type->kind) {
    case WY_KIND_BOOL:
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
    case WY_KIND_CHAR:
        return WY_LIKELY(load_scalar(type->kind, at, out)) ? NULL : wy_char_trap(load_int(at, 4));
    case WY_KIND_STRING:
        return wy_string_lift(cx, load_address(cx, ptr, is_64),
                              load_address(cx, ptr + address_size, is_64), out);
    case WY_KIND_LIST:
    case WY_KIND_MAP:
        return load_list(cx, type->elem, load_address(cx, ptr, is_64),
                         load_address(cx, ptr + address_size, is_64), out, is_64);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE: return load_record(cx, type, ptr, out, is_64);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return load_variant(cx, type, ptr, out, is_64);
    case WY_KIND_FLAGS:
        put_int(out, wy_flags_known(type, load_int(at, type->disc_size)), type->disc_size);
        return NULL;
    case WY_KIND_OWN:
    case WY_KIND_BORROW: return wy_handle_lift(cx, type, load_u32(cx, ptr), out);
    case WY_KIND_FIXED_LIST: return load_fixed_list(cx, type, ptr, out, is_64);
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break; /* refused when a component is loaded */
    }
    wy_assert(!"kind of a type");
    return NULL;
}

static own wy_trap *load32(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr, void *out) {
    return load(cx, type, ptr, out, false);
}

static own wy_trap *load64(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr, void *out) {
    return load(cx, type, ptr, out, true);
}

/* --- out of core values --- */

static own wy_trap *lift_flat32(wy_lift_lower_cx *cx, const wy_type *type, const wy_raw *flat,
                                void *out);
static own wy_trap *lift_flat64(wy_lift_lower_cx *cx, const wy_type *type, const wy_raw *flat,
                                void *out);

WY_WALK own wy_trap *lift_flat_part(wy_lift_lower_cx *cx, const wy_type *type, const wy_raw *flat,
                                    void *out, const bool is_64) {
    return is_64 ? lift_flat64(cx, type, flat, out) : lift_flat32(cx, type, flat, out);
}

WY_WALK own wy_trap *lift_flat_record(wy_lift_lower_cx *cx, const wy_type *type, const wy_raw *flat,
                                      void *out, const bool is_64) {
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_field *field = &type->fields[i];
        const wy_type *part = field->type;
        char *to = (char *)out + field->offset;
        if (!wy_type_is_scalar(part) || !wy_scalar_lift(part->kind, flat, to)) {
            own wy_trap *trap = lift_flat_part(cx, part, flat, to, is_64);
            if (trap) return trap;
        }
        flat += part->flat_count;
    }
    return NULL;
}

WY_WALK own wy_trap *lift_flat_variant(wy_lift_lower_cx *cx, const wy_type *type,
                                       const wy_raw *flat, void *out, const bool is_64) {
    uint32_t index = (uint32_t)flat[0].i32;
    if (WY_UNLIKELY(index >= type->count)) return wy_case_trap(type, index);
    put_int(out, index, type->disc_size);
    const wy_type *payload = type->fields[index].type;
    if (!payload) return NULL;
    return lift_flat_part(cx, payload, flat + 1, (char *)out + type->payload_offset, is_64);
}

WY_WALK own wy_trap *lift_flat_fixed_list(wy_lift_lower_cx *cx, const wy_type *type,
                                          const wy_raw *flat, void *out, const bool is_64) {
    const wy_type *elem = type->elem;
    for (uint32_t i = 0; i < type->count; i++) {
        own wy_trap *trap = lift_flat_part(cx, elem, flat + (size_t)i * elem->flat_count,
                                           (char *)out + (size_t)i * elem->size, is_64);
        if (trap) return trap;
    }
    return NULL;
}

/* CM: lift_flat */
WY_WALK own wy_trap *lift_flat(wy_lift_lower_cx *cx, const wy_type *type, const wy_raw *flat,
                               void *out, const bool is_64) {
    switch ((wy_kind)type->kind) {
    case WY_KIND_BOOL:
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
    case WY_KIND_CHAR:
        return WY_LIKELY(wy_scalar_lift(type->kind, flat, out)) ? NULL
                                                                : wy_char_trap((uint32_t)flat->i32);
    case WY_KIND_STRING:
        return wy_string_lift(cx, wy_flat_address(&flat[0], is_64),
                              wy_flat_address(&flat[1], is_64), out);
    case WY_KIND_LIST:
    case WY_KIND_MAP:
        return load_list(cx, type->elem, wy_flat_address(&flat[0], is_64),
                         wy_flat_address(&flat[1], is_64), out, is_64);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE: return lift_flat_record(cx, type, flat, out, is_64);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return lift_flat_variant(cx, type, flat, out, is_64);
    case WY_KIND_FLAGS:
        put_int(out, wy_flags_known(type, (uint32_t)flat->i32), type->disc_size);
        return NULL;
    case WY_KIND_OWN:
    case WY_KIND_BORROW: return wy_handle_lift(cx, type, (uint32_t)flat->i32, out);
    case WY_KIND_FIXED_LIST: return lift_flat_fixed_list(cx, type, flat, out, is_64);
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break; /* refused when a component is loaded */
    }
    wy_assert(!"kind of a type");
    return NULL;
}

static own wy_trap *lift_flat32(wy_lift_lower_cx *cx, const wy_type *type, const wy_raw *flat,
                                void *out) {
    return lift_flat(cx, type, flat, out, false);
}

static own wy_trap *lift_flat64(wy_lift_lower_cx *cx, const wy_type *type, const wy_raw *flat,
                                void *out) {
    return lift_flat(cx, type, flat, out, true);
}

/* --- whole calls --- */

/* CM: lift_flat_values. `spills`: the values lie in memory. */
static own wy_trap *lift_flat_values(wy_lift_lower_cx *cx, const wy_type *type, bool spills,
                                     const char *what, const wy_raw *flat, void *out) {
    const bool is_64 = cx->is_64;
    if (WY_LIKELY(!spills)) return lift_flat_part(cx, type, flat, out, is_64);
    const uint64_t ptr = wy_flat_address(flat, is_64);
    const uint32_t size = wy_guest_size(type, is_64), align = wy_guest_align(type, is_64);
    if (WY_UNLIKELY(!wy_range_valid(cx, ptr, size, align)))
        return wy_range_trap(cx, what, ptr, size, align);
    return load_part(cx, type, ptr, out, is_64);
}

/* The same, taking back the own handles that were lifted before a trap. */
static own wy_trap *lift_values(wy_lift_lower_cx *cx, const wy_type *type, bool spills,
                                const char *what, const wy_raw *flat, void *out) {
    if (!(type->attrs & WY_TYPE_HANDLE)) return lift_flat_values(cx, type, spills, what, flat, out);
    uint32_t free_head = cx->handles->free_head;
    own wy_trap *trap = lift_flat_values(cx, type, spills, what, flat, out);
    if (trap) wy_handle_table_restore(cx->handles, free_head);
    return trap;
}

own wy_trap *wy_abi_lift_params(wy_lift_lower_cx *cx, const wy_func_type *ft, const wy_raw *flat,
                                void *args_out) {
    return lift_values(cx, &ft->params, wy_abi_params_spill(ft), "the parameters", flat, args_out);
}

own wy_trap *wy_abi_lift_result(wy_lift_lower_cx *cx, const wy_func_type *ft, const wy_raw *flat,
                                void *result_out) {
    if (!ft->result) return NULL;
    return lift_values(cx, ft->result, wy_abi_result_spills(ft), "the result", flat, result_out);
}

own wy_trap *wy_abi_lift_flat(wy_lift_lower_cx *cx, const wy_type *type, const wy_raw *flat,
                              void *value_out) {
    return lift_values(cx, type, false, "a value", flat, value_out);
}

own wy_trap *wy_abi_load(wy_lift_lower_cx *cx, const wy_type *type, uint64_t ptr, void *value_out) {
    const wy_raw flat = {.i64 = (int64_t)ptr};
    return lift_values(cx, type, true, "a value", &flat, value_out);
}
