/* Questions about types, for who learns them at run time. */
#include "value/type.h"
#include "withy.h"

#include <stdlib.h>

_Static_assert((int)WITHY_BOOL == (int)WY_KIND_BOOL && (int)WITHY_CHAR == (int)WY_KIND_CHAR &&
                   (int)WITHY_STRING == (int)WY_KIND_STRING &&
                   (int)WITHY_FLAGS == (int)WY_KIND_FLAGS &&
                   (int)WITHY_FIXED_LIST == (int)WY_KIND_FIXED_LIST,
               "kinds have the same numbers inside and outside");

withy_kind withy_type_kind(const withy_type *type) {
    return (withy_kind)type->kind;
}

size_t withy_type_size(const withy_type *type) {
    return type->size;
}

size_t withy_type_align(const withy_type *type) {
    return type->align;
}

size_t withy_type_count(const withy_type *type) {
    return type->fields ? type->count : 0;
}

withy_str withy_type_name(const withy_type *type, size_t index) {
    wy_assert(index < withy_type_count(type));
    wy_str name = type->fields[index].name;
    return (withy_str){name.ptr, name.len};
}

const withy_type *withy_type_part(const withy_type *type, size_t index) {
    wy_assert(index < withy_type_count(type));
    return type->fields[index].type;
}

size_t withy_type_offset(const withy_type *type, size_t index) {
    wy_assert(index < withy_type_count(type));
    bool is_struct = type->kind == WY_KIND_RECORD || type->kind == WY_KIND_TUPLE;
    return is_struct ? type->fields[index].offset : type->payload_offset;
}

const withy_type *withy_type_elem(const withy_type *type) {
    return type->elem;
}

const withy_type *withy_func_params(const withy_func_type *func) {
    return &func->params;
}

const withy_type *withy_func_result(const withy_func_type *func) {
    return func->result;
}

size_t withy_type_print(const withy_type *type, char *buffer, size_t size) {
    wy_buf buf;
    wy_buf_init(&buf, (size_t)64 << 20);
    wy_type_print(&buf, type);
    size_t len = buf.len, shown = len < size ? len : size ? size - 1 : 0;
    if (shown) memcpy(buffer, buf.ptr, shown);
    if (size) buffer[shown] = '\0';
    wy_buf_deinit(&buf);
    return len;
}
