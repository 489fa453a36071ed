/* Lowering: values in host memory -> core values and linear memory (CM: "Storing", "Flat
 * Lowering"). Values of the host are trusted; what the guest's realloc returns is not. */
#include "abi/convert.h"

static own wy_trap *store32(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                            uint64_t ptr);
static own wy_trap *store64(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                            uint64_t ptr);

WY_WALK own wy_trap *store_part(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                uint64_t ptr, const bool is_64) {
    return is_64 ? store64(cx, type, value, ptr) : store32(cx, type, value, ptr);
}

/* --- memory of the guest --- */

own wy_trap *wy_reallocate(wy_lift_lower_cx *cx, uint64_t old_ptr, uint32_t old_size,
                           uint32_t align, uint32_t new_size, uint64_t *ptr_out) {
    if (WY_UNLIKELY(!cx->realloc))
        return wy_trap_new("the guest gave no realloc function for a value that needs memory");
    uint64_t ptr = 0;
    own wy_trap *trap = cx->realloc(cx, old_ptr, old_size, align, new_size, &ptr);
    if (WY_UNLIKELY(trap)) return trap;
    if (WY_UNLIKELY(!wy_range_valid(cx, ptr, new_size, align)))
        return wy_range_trap(cx, "what realloc returned,", ptr, new_size, align);
    *ptr_out = ptr;
    return NULL;
}

uint8_t *wy_abi_reserve(wy_lift_lower_cx *cx, uint32_t len, own wy_trap **trap_out) {
    wy_assert(cx->reserved_len == 0 && len > 0);
    uint64_t ptr = 0;
    *trap_out = wy_reallocate(cx, 0, 0, 1, len, &ptr);
    if (*trap_out) return NULL;
    cx->reserved_ptr = ptr;
    cx->reserved_len = len;
    return cx->memory + ptr;
}

bool wy_take_reserved(wy_lift_lower_cx *cx, const void *ptr, size_t bytes, uint64_t *ptr_out,
                      own wy_trap **trap_out) {
    if (WY_LIKELY(cx->reserved_len == 0) || ptr != cx->memory + cx->reserved_ptr) return false;
    wy_assert(bytes <= cx->reserved_len);
    uint32_t len = cx->reserved_len;
    *ptr_out = cx->reserved_ptr;
    cx->reserved_len = 0;
    if (bytes < len && bytes > 0)
        *trap_out = wy_reallocate(cx, cx->reserved_ptr, len, 1, (uint32_t)bytes, ptr_out);
    return true;
}

/* A pointer or length. */
WY_WALK void store_address(wy_lift_lower_cx *cx, uint64_t ptr, uint64_t value, const bool is_64) {
    memcpy(cx->memory + ptr, &value, is_64 ? 8 : 4);
}

/* The discriminant, or the bits of flags, of a host value. */
static uint32_t read_int(const void *value, uint32_t size) {
    uint32_t result = 0;
    memcpy(&result, value, size);
    return result;
}

own wy_trap *wy_handle_lower(wy_lift_lower_cx *cx, const wy_type *type, wy_handle rep,
                             uint32_t *index_out) {
    wy_assert(cx->resources);
    const wy_resource *resource = cx->resources[type->resource_index];
    if (type->kind == WY_KIND_OWN) return wy_handle_add_own(cx->handles, resource, rep, index_out);
    /* CM: lower_borrow: to the instance that defines the resource goes the representation. */
    if (!resource->host && resource->instance == cx->instance) {
        *index_out = (uint32_t)rep;
        return NULL;
    }
    return wy_handle_add_borrow(cx->handles, resource, rep, cx->scope, index_out);
}

static own wy_trap *lower_handle(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                 uint32_t *index_out) {
    wy_handle rep;
    memcpy(&rep, value, sizeof rep);
    own wy_trap *trap = wy_handle_lower(cx, type, rep, index_out);
    if (!trap && type->kind == WY_KIND_OWN) cx->owns_lowered++;
    return trap;
}

/* --- into memory --- */

/* CM: store_list_into_range */
WY_WALK own wy_trap *store_list(wy_lift_lower_cx *cx, const wy_type *elem, const wy_list *list,
                                uint64_t *ptr_out, uint64_t *len_out, const bool is_64) {
    /* What was within the limit in a 32-bit memory takes up to twice as much in a 64-bit one. */
    const uint32_t bytes_max = WY_MAX_LIST_BYTES * (is_64 ? 2 : 1);
    const uint32_t size = wy_guest_size(elem, is_64);
    size_t bytes;
    if (WY_UNLIKELY(__builtin_mul_overflow(list->len, size, &bytes) || bytes > bytes_max))
        return wy_trap_new("a list of %zu elements takes more than %u bytes", list->len,
                           (unsigned)bytes_max);
    *len_out = list->len;
    own wy_trap *trap = NULL;
    if (size == 1 && wy_take_reserved(cx, list->ptr, bytes, ptr_out, &trap)) return trap;
    trap = wy_reallocate(cx, 0, 0, wy_guest_align(elem, is_64), (uint32_t)bytes, ptr_out);
    if (trap) return trap;
    if (elem->attrs & WY_TYPE_SAME) {
        if (bytes) memmove(cx->memory + *ptr_out, list->ptr, bytes);
        return NULL;
    }
    const char *from = list->ptr;
    const uint64_t to = *ptr_out;
    for (size_t i = 0; i < list->len; i++) {
        trap = store_part(cx, elem, from + i * elem->size, to + i * size, is_64);
        if (trap) return trap;
    }
    return NULL;
}

/* A scalar into memory, where its bytes are those of the host. */
WY_WALK void store_scalar(const wy_type *type, const void *value, uint8_t *at) {
    switch (type->size) {
    case 1: memcpy(at, value, 1); return;
    case 2: memcpy(at, value, 2); return;
    case 4: memcpy(at, value, 4); return;
    default: memcpy(at, value, 8); return;
    }
}

/* CM: store_record */
WY_WALK own wy_trap *store_record(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                  uint64_t ptr, const bool is_64) {
    uint64_t offset = 0;
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_field *field = &type->fields[i];
        const wy_type *part = field->type;
        const char *from = (const char *)value + field->offset;
        offset = is_64 ? wy_align_to(offset, part->align64) : field->offset32;
        if (wy_type_is_scalar(part)) {
            store_scalar(part, from, cx->memory + ptr + offset);
        } else {
            own wy_trap *trap = store_part(cx, part, from, ptr + offset, is_64);
            if (trap) return trap;
        }
        if (is_64) offset += part->size64;
    }
    return NULL;
}

/* CM: store_variant */
WY_WALK own wy_trap *store_variant(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                   uint64_t ptr, const bool is_64) {
    uint32_t index = read_int(value, type->disc_size);
    wy_assert(index < type->count);
    memcpy(cx->memory + ptr, &index, type->disc_size);
    const wy_type *payload = type->fields[index].type;
    if (!payload) return NULL;
    ptr += is_64 ? type->payload_offset64 : type->payload_offset32;
    return store_part(cx, payload, (const char *)value + type->payload_offset, ptr, is_64);
}

WY_WALK own wy_trap *store_fixed_list(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                      uint64_t ptr, const bool is_64) {
    const wy_type *elem = type->elem;
    const uint32_t size = wy_guest_size(elem, is_64);
    for (uint32_t i = 0; i < type->count; i++) {
        own wy_trap *trap = store_part(cx, elem, (const char *)value + (size_t)i * elem->size,
                                       ptr + (uint64_t)i * size, is_64);
        if (trap) return trap;
    }
    return NULL;
}

/* CM: store_string_into_range, store_list_into_range */
WY_WALK own wy_trap *store_range(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                 uint64_t *ptr_out, uint64_t *len_out, const bool is_64) {
    return type->kind == WY_KIND_STRING
               ? wy_string_lower(cx, *(const wy_str *)value, ptr_out, len_out)
               : store_list(cx, type->elem, value, ptr_out, len_out, is_64);
}

/* CM: store. `ptr` is aligned and the value lies inside the memory. */
WY_WALK own wy_trap *store(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                           uint64_t ptr, const bool is_64) {
    uint8_t *at = cx->memory + ptr;
    uint64_t first = 0, second = 0;
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
    case WY_KIND_CHAR: store_scalar(type, value, at); return NULL;
    case WY_KIND_STRING:
    case WY_KIND_LIST:
    case WY_KIND_MAP:
        trap = store_range(cx, type, value, &first, &second, is_64);
        if (trap) return trap;
        store_address(cx, ptr, first, is_64);
        store_address(cx, ptr + (is_64 ? 8 : 4), second, is_64);
        return NULL;
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE: return store_record(cx, type, value, ptr, is_64);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return store_variant(cx, type, value, ptr, is_64);
    case WY_KIND_FLAGS: memcpy(at, value, type->disc_size); return NULL;
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
        trap = lower_handle(cx, type, value, &index);
        if (!trap) memcpy(at, &index, 4);
        return trap;
    case WY_KIND_FIXED_LIST: return store_fixed_list(cx, type, value, ptr, is_64);
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break; /* refused when a component is loaded */
    }
    wy_assert(!"kind of a type");
    return NULL;
}

static own wy_trap *store32(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                            uint64_t ptr) {
    return store(cx, type, value, ptr, false);
}

static own wy_trap *store64(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                            uint64_t ptr) {
    return store(cx, type, value, ptr, true);
}

/* --- into core values --- */

static own wy_trap *lower_flat32(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                 wy_raw *flat);
static own wy_trap *lower_flat64(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                 wy_raw *flat);

WY_WALK own wy_trap *lower_flat_part(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                     wy_raw *flat, const bool is_64) {
    return is_64 ? lower_flat64(cx, type, value, flat) : lower_flat32(cx, type, value, flat);
}

static void put_u32(wy_raw *flat, uint32_t value) {
    flat->i64 = (int64_t)value;
}

WY_WALK own wy_trap *lower_flat_record(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                       wy_raw *flat, const bool is_64) {
    for (uint32_t i = 0; i < type->count; i++) {
        const wy_type *part = type->fields[i].type;
        const char *from = (const char *)value + type->fields[i].offset;
        if (wy_type_is_scalar(part)) {
            wy_scalar_lower(part->kind, from, flat);
        } else {
            own wy_trap *trap = lower_flat_part(cx, part, from, flat, is_64);
            if (trap) return trap;
        }
        flat += part->flat_count;
    }
    return NULL;
}

WY_WALK own wy_trap *lower_flat_variant(wy_lift_lower_cx *cx, const wy_type *type,
                                        const void *value, wy_raw *flat, const bool is_64) {
    uint32_t index = read_int(value, type->disc_size);
    wy_assert(index < type->count);
    put_u32(flat, index);
    const wy_type *payload = type->fields[index].type;
    for (unsigned i = 1 + (payload ? payload->flat_count : 0u); i < type->flat_count; i++)
        flat[i].i64 = 0;
    if (!payload) return NULL;
    return lower_flat_part(cx, payload, (const char *)value + type->payload_offset, flat + 1,
                           is_64);
}

WY_WALK own wy_trap *lower_flat_fixed_list(wy_lift_lower_cx *cx, const wy_type *type,
                                           const void *value, wy_raw *flat, const bool is_64) {
    const wy_type *elem = type->elem;
    for (uint32_t i = 0; i < type->count; i++) {
        own wy_trap *trap = lower_flat_part(cx, elem, (const char *)value + (size_t)i * elem->size,
                                            flat + (size_t)i * elem->flat_count, is_64);
        if (trap) return trap;
    }
    return NULL;
}

/* CM: lower_flat */
WY_WALK own wy_trap *lower_flat(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                wy_raw *flat, const bool is_64) {
    uint64_t first = 0, second = 0;
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
    case WY_KIND_CHAR: wy_scalar_lower(type->kind, value, flat); return NULL;
    case WY_KIND_STRING:
    case WY_KIND_LIST:
    case WY_KIND_MAP:
        trap = store_range(cx, type, value, &first, &second, is_64);
        flat[0].i64 = (int64_t)first; /* in a 32-bit memory both are below 2^32 */
        flat[1].i64 = (int64_t)second;
        return trap;
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE: return lower_flat_record(cx, type, value, flat, is_64);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return lower_flat_variant(cx, type, value, flat, is_64);
    case WY_KIND_FLAGS: put_u32(flat, read_int(value, type->disc_size)); return NULL;
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
        trap = lower_handle(cx, type, value, &index);
        put_u32(flat, index);
        return trap;
    case WY_KIND_FIXED_LIST: return lower_flat_fixed_list(cx, type, value, flat, is_64);
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break; /* refused when a component is loaded */
    }
    wy_assert(!"kind of a type");
    return NULL;
}

static own wy_trap *lower_flat32(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                 wy_raw *flat) {
    return lower_flat(cx, type, value, flat, false);
}

static own wy_trap *lower_flat64(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                                 wy_raw *flat) {
    return lower_flat(cx, type, value, flat, true);
}

/* --- what a trap leaves behind --- */

/* Puts the own handles of `value` into the table, but for the first *skip, which are there already:
 * they end with the instance. The order is that of lowering. */
static void adopt_owns(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                       uint32_t *skip) {
    const char *at = value;
    if (!type || !(type->attrs & WY_TYPE_HANDLE)) return;
    if (type->kind == WY_KIND_OWN) {
        uint32_t index;
        if (*skip) {
            --*skip;
            return;
        }
        own wy_trap *trap = lower_handle(cx, type, value, &index);
        if (trap) wy_trap_free(trap); /* only a full table or no memory: then it is lost */
    } else if (type->kind == WY_KIND_LIST || type->kind == WY_KIND_MAP) {
        const wy_list *list = value;
        for (size_t i = 0; i < list->len; i++)
            adopt_owns(cx, type->elem, (const char *)list->ptr + i * type->elem->size, skip);
    } else if (type->kind == WY_KIND_FIXED_LIST) {
        for (uint32_t i = 0; i < type->count; i++)
            adopt_owns(cx, type->elem, at + (size_t)i * type->elem->size, skip);
    } else if (type->kind == WY_KIND_RECORD || type->kind == WY_KIND_TUPLE) {
        for (uint32_t i = 0; i < type->count; i++)
            adopt_owns(cx, type->fields[i].type, at + type->fields[i].offset, skip);
    } else if (type->fields) {
        const wy_field *field = &type->fields[read_int(value, type->disc_size)];
        adopt_owns(cx, field->type, at + type->payload_offset, skip);
    }
}

/* --- whole calls --- */

/* `ptr` was not checked yet. */
static own wy_trap *store_checked(wy_lift_lower_cx *cx, const wy_type *type, const char *what,
                                  const void *value, uint64_t ptr) {
    const uint32_t size = wy_guest_size(type, cx->is_64), align = wy_guest_align(type, cx->is_64);
    if (WY_UNLIKELY(!wy_range_valid(cx, ptr, size, align)))
        return wy_range_trap(cx, what, ptr, size, align);
    return store_part(cx, type, value, ptr, cx->is_64);
}

static own wy_trap *finish(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                           own wy_trap *trap) {
    if (WY_UNLIKELY(trap)) {
        uint32_t skip = cx->owns_lowered;
        adopt_owns(cx, type, value, &skip);
    }
    return trap;
}

own wy_trap *wy_abi_lower_params(wy_lift_lower_cx *cx, const wy_func_type *ft, const void *args,
                                 wy_raw *flat_out) {
    own wy_trap *trap;
    cx->owns_lowered = 0;
    if (WY_LIKELY(!wy_abi_params_spill(ft))) {
        trap = lower_flat_part(cx, &ft->params, args, flat_out, cx->is_64);
    } else {
        uint64_t ptr = 0;
        trap = wy_reallocate(cx, 0, 0, wy_guest_align(&ft->params, cx->is_64),
                             wy_guest_size(&ft->params, cx->is_64), &ptr);
        if (!trap) trap = store_part(cx, &ft->params, args, ptr, cx->is_64);
        flat_out->i64 = (int64_t)ptr;
    }
    return finish(cx, &ft->params, args, trap);
}

own wy_trap *wy_abi_lower_result(wy_lift_lower_cx *cx, const wy_func_type *ft, const void *result,
                                 wy_raw *flat, uint64_t ret_ptr) {
    if (!ft->result) return NULL;
    cx->owns_lowered = 0;
    own wy_trap *trap = wy_abi_result_spills(ft)
                            ? store_checked(cx, ft->result, "the result", result, ret_ptr)
                            : lower_flat_part(cx, ft->result, result, flat, cx->is_64);
    return finish(cx, ft->result, result, trap);
}

own wy_trap *wy_abi_lower_flat(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                               wy_raw *flat_out) {
    cx->owns_lowered = 0;
    return finish(cx, type, value, lower_flat_part(cx, type, value, flat_out, cx->is_64));
}

own wy_trap *wy_abi_store(wy_lift_lower_cx *cx, const wy_type *type, const void *value,
                          uint64_t ptr) {
    cx->owns_lowered = 0;
    return finish(cx, type, value, store_checked(cx, type, "a value", value, ptr));
}
