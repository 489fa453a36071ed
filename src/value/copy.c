/* Copies of values: a walk that follows strings and lists, and memcpy wherever nothing points. */
#include "value/copy.h"

/* Copies `value` bytes and all; then the pointers in the copy are mended part by part. */
static wy_err mend(wy_arena *arena, const wy_type *type, void *at);

static wy_err copy_bytes(wy_arena *arena, void *at, size_t elem_size, size_t align) {
    wy_list *list = at;
    size_t size;
    if (__builtin_mul_overflow(list->len, elem_size, &size)) return WY_LIMIT;
    void *copy = wy_arena_alloc_aligned(arena, size, align);
    if (!copy) return WY_LIMIT;
    if (size) memcpy(copy, list->ptr, size);
    list->ptr = copy;
    return WY_OK;
}

static wy_err mend_elems(wy_arena *arena, const wy_type *elem, char *at, size_t count) {
    wy_err err = WY_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = mend(arena, elem, at + i * elem->size);
    return err;
}

static wy_err mend_list(wy_arena *arena, const wy_type *elem, void *at) {
    wy_err err = copy_bytes(arena, at, elem->size, elem->align);
    if (err || !(elem->attrs & WY_TYPE_POINTER)) return err;
    wy_list *list = at;
    return mend_elems(arena, elem, list->ptr, list->len);
}

static wy_err mend(wy_arena *arena, const wy_type *type, void *at) {
    if (!(type->attrs & WY_TYPE_POINTER)) return WY_OK;
    wy_err err = WY_OK;
    switch ((int)type->kind) {
    case WY_KIND_STRING: return copy_bytes(arena, at, 1, 1);
    case WY_KIND_LIST:
    case WY_KIND_MAP: return mend_list(arena, type->elem, at);
    case WY_KIND_FIXED_LIST: return mend_elems(arena, type->elem, at, type->count);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (uint32_t i = 0; i < type->count && !err; i++)
            err = mend(arena, type->fields[i].type, (char *)at + type->fields[i].offset);
        return err;
    default: break;
    }
    const wy_type *payload = type->fields[wy_value_case(type, at)].type;
    return payload ? mend(arena, payload, (char *)at + type->payload_offset) : WY_OK;
}

wy_err wy_value_copy(wy_arena *arena, const wy_type *type, const void *value, void *out) {
    memcpy(out, value, type->size);
    return mend(arena, type, out);
}

uint32_t wy_value_case(const wy_type *type, const void *value) {
    uint32_t index = 0;
    memcpy(&index, value, type->disc_size);
    wy_assert(index < type->count);
    return index;
}

void wy_value_set_case(const wy_type *type, void *value, uint32_t index) {
    wy_assert(index < type->count);
    memcpy(value, &index, type->disc_size);
}
