/* Copying: values of one guest -> values of another, straight from core values and memory to core
 * values and memory. What lifting (lift.c) and then lowering (lower.c) would come to, value by
 * value: the same checks, the same calls of realloc in the same order, and no value of the host in
 * between. Strings are left to string.c, which transcodes each once.
 *
 * Components have no memory in common, so that what was checked stays as it is while the target's
 * realloc runs. Only a component that calls a function of its own could change it, and harm itself:
 * that a value lies inside the memory, and how long it is, is read once. */
#include "abi/convert.h"

typedef struct copy {
    wy_lift_lower_cx *from, *to;
} copy;

/* The walk is compiled twice. `narrow`: both memories have 32-bit addresses, and nobody asks. */

static own wy_trap *copy_narrow(const copy *c, const wy_type *type, uint64_t src, uint64_t dst);
static own wy_trap *copy_wide(const copy *c, const wy_type *type, uint64_t src, uint64_t dst);

WY_WALK own wy_trap *copy_part(const copy *c, const wy_type *type, uint64_t src, uint64_t dst,
                               const bool narrow) {
    return narrow ? copy_narrow(c, type, src, dst) : copy_wide(c, type, src, dst);
}

WY_WALK bool from_64(const copy *c, const bool narrow) {
    return !narrow && c->from->is_64;
}

WY_WALK bool to_64(const copy *c, const bool narrow) {
    return !narrow && c->to->is_64;
}

/* --- leaves --- */

static uint32_t load_int(const uint8_t *at, uint32_t size) {
    uint32_t value = 0;
    memcpy(&value, at, size);
    return value;
}

/* A pointer or length in memory. */
WY_WALK uint64_t load_address(const uint8_t *at, const bool is_64) {
    uint64_t value = 0;
    memcpy(&value, at, is_64 ? 8 : 4);
    return value;
}

/* An own handle changes tables; a borrow handle is lent by one and known to the other while the
 * call lasts (CM: lift_own, lower_own, lift_borrow, lower_borrow). */
static own wy_trap *copy_handle(const copy *c, const wy_type *type, uint32_t index,
                                uint32_t *index_out) {
    wy_handle rep = 0;
    uint32_t free_head = c->from->handles->free_head;
    own wy_trap *trap = wy_handle_lift(c->from, type, index, &rep);
    if (trap) return trap;
    trap = wy_handle_lower(c->to, type, rep, index_out);
    if (WY_UNLIKELY(trap) && type->kind == WY_KIND_OWN)
        wy_handle_table_restore(c->from->handles, free_head);
    return trap;
}

/* --- memory to memory --- */

/* CM: load_list_from_range, store_list_into_range */
WY_WALK own wy_trap *copy_list(const copy *c, const wy_type *elem, uint64_t src, uint64_t len,
                               uint64_t *ptr_out, const bool narrow) {
    const uint32_t from_size = wy_guest_size(elem, from_64(c, narrow));
    const uint32_t to_size = wy_guest_size(elem, to_64(c, narrow));
    own wy_trap *trap = wy_list_check(c->from, elem, src, len);
    if (WY_UNLIKELY(trap)) return trap;
    /* Up to twice WY_MAX_LIST_BYTES, where pointers grow: below 2^32. */
    const uint64_t bytes = len * to_size;
    trap = wy_reallocate(c->to, 0, 0, wy_guest_align(elem, to_64(c, narrow)), (uint32_t)bytes,
                         ptr_out);
    if (WY_UNLIKELY(trap)) return trap;
    const uint64_t dst = *ptr_out;
    if (elem->attrs & WY_TYPE_PLAIN) {
        if (bytes) memmove(c->to->memory + dst, c->from->memory + src, bytes);
        return NULL;
    }
    for (uint64_t i = 0; i < len; i++) {
        trap = copy_part(c, elem, src + i * from_size, dst + i * to_size, narrow);
        if (WY_UNLIKELY(trap)) return trap;
    }
    return NULL;
}

/* A string or list: where it begins in the target, and its length there. */
WY_WALK own wy_trap *copy_range(const copy *c, const wy_type *type, uint64_t src, uint64_t len,
                                uint64_t *ptr_out, uint64_t *len_out, const bool narrow) {
    if (type->kind != WY_KIND_STRING) {
        *len_out = len;
        return copy_list(c, type->elem, src, len, ptr_out, narrow);
    }
    wy_str s;
    own wy_trap *trap = wy_string_lift(c->from, src, len, &s);
    return WY_UNLIKELY(trap) ? trap : wy_string_lower(c->to, s, ptr_out, len_out);
}

WY_WALK own wy_trap *copy_stored_range(const copy *c, const wy_type *type, uint64_t src,
                                       uint64_t dst, const bool narrow) {
    const uint32_t from_size = from_64(c, narrow) ? 8 : 4, to_size = to_64(c, narrow) ? 8 : 4;
    const uint8_t *at = c->from->memory + src;
    uint64_t ptr = 0, len = 0;
    own wy_trap *trap =
        copy_range(c, type, load_address(at, from_64(c, narrow)),
                   load_address(at + from_size, from_64(c, narrow)), &ptr, &len, narrow);
    if (WY_UNLIKELY(trap)) return trap;
    memcpy(c->to->memory + dst, &ptr, to_size);
    memcpy(c->to->memory + dst + to_size, &len, to_size);
    return NULL;
}

/* CM: load_record, store_record */
WY_WALK own wy_trap *copy_record(const copy *c, const wy_type *type, uint64_t src, uint64_t dst,
                                 const bool narrow) {
    uint64_t at32 = 0, at64 = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_field *field = &type->fields[i];
        at32 = field->offset32;
        if (!narrow) at64 = wy_align_to(at64, field->type->align64);
        own wy_trap *trap = copy_part(c, field->type, src + (from_64(c, narrow) ? at64 : at32),
                                      dst + (to_64(c, narrow) ? at64 : at32), narrow);
        if (WY_UNLIKELY(trap)) return trap;
        if (!narrow) at64 += field->type->size64;
    }
    return NULL;
}

/* CM: load_variant, store_variant */
WY_WALK own wy_trap *copy_variant(const copy *c, const wy_type *type, uint64_t src, uint64_t dst,
                                  const bool narrow) {
    uint32_t index = load_int(c->from->memory + src, type->disc_size);
    if (WY_UNLIKELY(index >= type->count)) return wy_case_trap(type, index);
    memcpy(c->to->memory + dst, &index, type->disc_size);
    const wy_type *payload = type->fields[index].type;
    if (!payload) return NULL;
    src += from_64(c, narrow) ? type->payload_offset64 : type->payload_offset32;
    dst += to_64(c, narrow) ? type->payload_offset64 : type->payload_offset32;
    return copy_part(c, payload, src, dst, narrow);
}

WY_WALK own wy_trap *copy_fixed_list(const copy *c, const wy_type *type, uint64_t src, uint64_t dst,
                                     const bool narrow) {
    const uint32_t from_size = wy_guest_size(type->elem, from_64(c, narrow));
    const uint32_t to_size = wy_guest_size(type->elem, to_64(c, narrow));
    for (uint32_t i = 0; i < type->count; i++) {
        own wy_trap *trap = copy_part(c, type->elem, src + (uint64_t)i * from_size,
                                      dst + (uint64_t)i * to_size, narrow);
        if (WY_UNLIKELY(trap)) return trap;
    }
    return NULL;
}

/* CM: load, store. Both are aligned and inside their memories. */
WY_WALK own wy_trap *copy_value(const copy *c, const wy_type *type, uint64_t src, uint64_t dst,
                                const bool narrow) {
    const uint8_t *from = c->from->memory + src;
    uint8_t *to = c->to->memory + dst;
    uint32_t bits, index = 0;
    own wy_trap *trap;
    switch ((wy_kind)type->kind) {
    case WY_KIND_BOOL: *to = *from != 0; return NULL;
    case WY_KIND_S8:
    case WY_KIND_U8: *to = *from; return NULL;
    case WY_KIND_S16:
    case WY_KIND_U16: memcpy(to, from, 2); return NULL;
    case WY_KIND_S32:
    case WY_KIND_U32: memcpy(to, from, 4); return NULL;
    case WY_KIND_S64:
    case WY_KIND_U64: memcpy(to, from, 8); return NULL;
    case WY_KIND_F32: wy_f32_put(to, load_int(from, 4)); return NULL;
    case WY_KIND_F64: wy_f64_put(to, load_address(from, true)); return NULL;
    case WY_KIND_CHAR:
        bits = load_int(from, 4);
        memcpy(to, &bits, 4);
        return WY_LIKELY(wy_char_valid(bits)) ? NULL : wy_char_trap(bits);
    case WY_KIND_STRING:
    case WY_KIND_LIST:
    case WY_KIND_MAP: return copy_stored_range(c, type, src, dst, narrow);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE: return copy_record(c, type, src, dst, narrow);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return copy_variant(c, type, src, dst, narrow);
    case WY_KIND_FLAGS:
        bits = wy_flags_known(type, load_int(from, type->disc_size));
        memcpy(to, &bits, type->disc_size);
        return NULL;
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
        trap = copy_handle(c, type, load_int(from, 4), &index);
        if (WY_LIKELY(!trap)) memcpy(to, &index, 4);
        return trap;
    case WY_KIND_FIXED_LIST: return copy_fixed_list(c, type, src, dst, narrow);
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break; /* refused when a component is loaded */
    }
    wy_assert(!"kind of a type");
    return NULL;
}

static own wy_trap *copy_narrow(const copy *c, const wy_type *type, uint64_t src, uint64_t dst) {
    return copy_value(c, type, src, dst, true);
}

static own wy_trap *copy_wide(const copy *c, const wy_type *type, uint64_t src, uint64_t dst) {
    return copy_value(c, type, src, dst, false);
}

/* --- core values to core values ---
 *
 * Read by their low bits and written zero-extended, as in lift.c and lower.c: so a value finds its
 * way through whatever type the cases of a variant were joined to. */

static own wy_trap *copy_flat(const copy *c, const wy_type *type, const wy_raw *in, wy_raw *out);

static void put_u32(wy_raw *flat, uint32_t value) {
    flat->i64 = (int64_t)value;
}

static own wy_trap *copy_flat_record(const copy *c, const wy_type *type, const wy_raw *in,
                                     wy_raw *out) {
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_type *part = type->fields[i].type;
        own wy_trap *trap = copy_flat(c, part, in, out);
        if (WY_UNLIKELY(trap)) return trap;
        in += part->flat_count;
        out += part->flat_count;
    }
    return NULL;
}

static own wy_trap *copy_flat_variant(const copy *c, const wy_type *type, const wy_raw *in,
                                      wy_raw *out) {
    uint32_t index = (uint32_t)in->i32;
    if (WY_UNLIKELY(index >= type->count)) return wy_case_trap(type, index);
    put_u32(out, index);
    const wy_type *payload = type->fields[index].type;
    for (unsigned i = 1 + (payload ? payload->flat_count : 0u); i < type->flat_count; i++)
        out[i].i64 = 0;
    return payload ? copy_flat(c, payload, in + 1, out + 1) : NULL;
}

static own wy_trap *copy_flat_fixed_list(const copy *c, const wy_type *type, const wy_raw *in,
                                         wy_raw *out) {
    const size_t step = type->elem->flat_count;
    for (uint32_t i = 0; i < type->count; i++) {
        own wy_trap *trap = copy_flat(c, type->elem, in + i * step, out + i * step);
        if (WY_UNLIKELY(trap)) return trap;
    }
    return NULL;
}

static own wy_trap *copy_flat_range(const copy *c, const wy_type *type, const wy_raw *in,
                                    wy_raw *out) {
    const bool is_64 = c->from->is_64, narrow = !is_64 && !c->to->is_64;
    uint64_t src = wy_flat_address(&in[0], is_64), len = wy_flat_address(&in[1], is_64);
    uint64_t ptr = 0, len_out = 0;
    own wy_trap *trap = narrow ? copy_range(c, type, src, len, &ptr, &len_out, true)
                               : copy_range(c, type, src, len, &ptr, &len_out, false);
    out[0].i64 = (int64_t)ptr; /* in a 32-bit memory both are below 2^32 */
    out[1].i64 = (int64_t)len_out;
    return trap;
}

/* CM: lift_flat, lower_flat */
static own wy_trap *copy_flat(const copy *c, const wy_type *type, const wy_raw *in, wy_raw *out) {
    _Alignas(8) char scalar[WY_SCALAR_SIZE];
    uint32_t index = 0;
    own wy_trap *trap;
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
        if (WY_UNLIKELY(!wy_scalar_lift(type->kind, in, scalar)))
            return wy_char_trap((uint32_t)in->i32);
        wy_scalar_lower(type->kind, scalar, out);
        return NULL;
    case WY_KIND_STRING:
    case WY_KIND_LIST:
    case WY_KIND_MAP: return copy_flat_range(c, type, in, out);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE: return copy_flat_record(c, type, in, out);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return copy_flat_variant(c, type, in, out);
    case WY_KIND_FLAGS: put_u32(out, wy_flags_known(type, (uint32_t)in->i32)); return NULL;
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
        trap = copy_handle(c, type, (uint32_t)in->i32, &index);
        put_u32(out, index);
        return trap;
    case WY_KIND_FIXED_LIST: return copy_flat_fixed_list(c, type, in, out);
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break; /* refused when a component is loaded */
    }
    wy_assert(!"kind of a type");
    return NULL;
}

/* --- whole calls --- */

/* Values of the caller that lie in memory at both ends. */
static own wy_trap *copy_stored(const copy *c, const wy_type *type, uint64_t src, uint64_t dst) {
    return c->from->is_64 || c->to->is_64 ? copy_wide(c, type, src, dst)
                                          : copy_narrow(c, type, src, dst);
}

static own wy_trap *check_range(wy_lift_lower_cx *cx, const wy_type *type, const char *what,
                                uint64_t ptr) {
    const uint32_t size = wy_guest_size(type, cx->is_64), align = wy_guest_align(type, cx->is_64);
    return WY_LIKELY(wy_range_valid(cx, ptr, size, align))
               ? NULL
               : wy_range_trap(cx, what, ptr, size, align);
}

own wy_trap *wy_abi_copy_params(wy_lift_lower_cx *from, wy_lift_lower_cx *to,
                                const wy_func_type *ft, const wy_raw *flat, wy_raw *flat_out) {
    const copy c = {from, to};
    const wy_type *params = &ft->params;
    from->host_encoding = to->host_encoding = from->encoding;
    if (WY_LIKELY(!wy_abi_params_spill(ft))) return copy_flat_record(&c, params, flat, flat_out);
    uint64_t src = wy_flat_address(flat, from->is_64), dst = 0;
    own wy_trap *trap = check_range(from, params, "the parameters", src);
    if (!trap)
        trap = wy_reallocate(to, 0, 0, wy_guest_align(params, to->is_64),
                             wy_guest_size(params, to->is_64), &dst);
    flat_out->i64 = (int64_t)dst;
    return trap ? trap : copy_stored(&c, params, src, dst);
}

own wy_trap *wy_abi_copy_result(wy_lift_lower_cx *from, wy_lift_lower_cx *to,
                                const wy_func_type *ft, const wy_raw *flat, wy_raw *flat_out,
                                uint64_t ret_ptr) {
    const copy c = {from, to};
    const wy_type *result = ft->result;
    if (!result) return NULL;
    from->host_encoding = to->host_encoding = from->encoding;
    if (!wy_abi_result_spills(ft)) return copy_flat(&c, result, flat, flat_out);
    uint64_t src = wy_flat_address(flat, from->is_64);
    own wy_trap *trap = check_range(from, result, "the result", src);
    if (!trap) trap = check_range(to, result, "the result", ret_ptr);
    return trap ? trap : copy_stored(&c, result, src, ret_ptr);
}

own wy_trap *wy_abi_copy_flat(wy_lift_lower_cx *from, wy_lift_lower_cx *to, const wy_type *type,
                              const wy_raw *flat, wy_raw *flat_out) {
    const copy c = {from, to};
    from->host_encoding = to->host_encoding = from->encoding;
    return copy_flat(&c, type, flat, flat_out);
}
