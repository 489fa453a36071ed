/* Values from bytes and to bytes. */
#include "wire.h"

static bool take(wire_reader *in, size_t size, void *out) {
    if ((size_t)(in->end - in->at) < size) return false;
    memcpy(out, in->at, size);
    in->at += size;
    return true;
}

bool wire_u32(wire_reader *in, uint32_t *out) {
    return take(in, 4, out);
}

bool wire_bytes(wire_reader *in, wy_str *out) {
    uint32_t len;
    if (!wire_u32(in, &len) || (size_t)(in->end - in->at) < len) return false;
    *out = (wy_str){(const char *)in->at, len};
    in->at += len;
    return true;
}

static bool read_list(wire_reader *in, wy_arena *arena, const wy_type *elem, wy_list *out) {
    uint32_t len;
    if (!wire_u32(in, &len) || len > (size_t)(in->end - in->at)) return false;
    char *items = wy_arena_calloc(arena, len + 1u, elem->size);
    if (!items) return false;
    *out = (wy_list){items, len};
    for (uint32_t i = 0; i < len; i++)
        if (!wire_read(in, arena, elem, items + (size_t)i * elem->size)) return false;
    return true;
}

static bool read_variant(wire_reader *in, wy_arena *arena, const wy_type *type, char *out) {
    uint32_t index;
    if (!wire_u32(in, &index) || index >= type->count) return false;
    memcpy(out, &index, type->disc_size);
    const wy_type *payload = type->fields[index].type;
    return !payload || wire_read(in, arena, payload, out + type->payload_offset);
}

static bool read_record(wire_reader *in, wy_arena *arena, const wy_type *type, char *out) {
    for (uint32_t i = 0; i < type->count; i++)
        if (!wire_read(in, arena, type->fields[i].type, out + type->fields[i].offset)) return false;
    return true;
}

bool wire_read(wire_reader *in, wy_arena *arena, const wy_type *type, void *out) {
    uint32_t number;
    wy_handle handle;
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
    case WY_KIND_CHAR: return take(in, type->size, out);
    case WY_KIND_STRING: return wire_bytes(in, out);
    case WY_KIND_LIST: return read_list(in, arena, type->elem, out);
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE: return read_record(in, arena, type, out);
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: return read_variant(in, arena, type, out);
    case WY_KIND_FLAGS:
        if (!wire_u32(in, &number)) return false;
        memcpy(out, &number, type->disc_size);
        return true;
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
        if (!wire_u32(in, &number)) return false;
        handle = number;
        memcpy(out, &handle, sizeof handle);
        return true;
    case WY_KIND_FIXED_LIST:
    case WY_KIND_MAP:
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break;
    }
    return false;
}

static void write_u32(wy_buf *out, uint32_t number) {
    wy_buf_append(out, &number, 4);
}

/* A discriminant, the bits of flags. */
static uint32_t small_int(const void *value, uint32_t size) {
    uint32_t number = 0;
    memcpy(&number, value, size);
    return number;
}

static void write_elements(wy_buf *out, const wy_type *elem, const char *items, size_t count) {
    if (elem->kind == WY_KIND_U8) {
        wy_buf_append(out, items, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        wire_write(out, elem, items + i * elem->size);
}

static void write_variant(wy_buf *out, const wy_type *type, const char *value) {
    uint32_t index = small_int(value, type->disc_size);
    wy_assert(index < type->count);
    write_u32(out, index);
    const wy_type *payload = type->fields[index].type;
    if (payload) wire_write(out, payload, value + type->payload_offset);
}

void wire_write(wy_buf *out, const wy_type *type, const void *value) {
    const wy_str *str = value;
    const wy_list *list = value;
    wy_handle handle;
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
    case WY_KIND_CHAR: wy_buf_append(out, value, type->size); return;
    case WY_KIND_STRING:
        write_u32(out, (uint32_t)str->len);
        wy_buf_str(out, *str);
        return;
    case WY_KIND_LIST:
        write_u32(out, (uint32_t)list->len);
        write_elements(out, type->elem, list->ptr, list->len);
        return;
    case WY_KIND_RECORD:
    case WY_KIND_TUPLE:
        for (uint32_t i = 0; i < type->count; i++)
            wire_write(out, type->fields[i].type, (const char *)value + type->fields[i].offset);
        return;
    case WY_KIND_VARIANT:
    case WY_KIND_ENUM:
    case WY_KIND_OPTION:
    case WY_KIND_RESULT: write_variant(out, type, value); return;
    case WY_KIND_FLAGS: write_u32(out, small_int(value, type->disc_size)); return;
    case WY_KIND_OWN:
    case WY_KIND_BORROW:
        memcpy(&handle, value, sizeof handle);
        write_u32(out, (uint32_t)handle);
        return;
    case WY_KIND_FIXED_LIST: write_elements(out, type->elem, value, type->count); return;
    case WY_KIND_MAP:
    case WY_KIND_STREAM:
    case WY_KIND_FUTURE:
    case WY_KIND_ERROR_CONTEXT: break;
    }
}
