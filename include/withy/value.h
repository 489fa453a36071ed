/* libwithy: types of the component model, and values of them in memory.
 *
 * A value lies in memory as a C programmer would write it down, and everything that moves values
 * between components and C does it by this one layout:
 *
 *   bool, u8, s8 ... u64, s64      uint8_t (0 or 1), uint8_t, int8_t ... uint64_t, int64_t
 *   f32, f64, char                 float, double, uint32_t (a Unicode scalar value)
 *   string                         withy_str, UTF-8
 *   list<T>                        struct { T *ptr; size_t len; }: withy_list
 *   record, tuple                  struct of the fields in their order
 *   variant                        struct { uint8_t tag; union { ... } value; }, the cases counted
 *                                  from 0; uint16_t for more than 256 cases
 *   enum                           uint8_t, counted from 0; uint16_t for more than 256 cases
 *   option<T>                      struct { uint8_t is_some; T value; }
 *   result<T, E>                   struct { uint8_t is_error; union { T ok; E error; } value; }
 *   flags                          uint8_t, uint16_t or uint32_t, first label in the lowest bit
 *   own<R>, borrow<R>              uintptr_t: the pointer to the object for resources of the host,
 *                                  a number of the guest's for resources of a guest
 *
 * The arguments of a function lie like a record of its parameters. Who knows the type when writing
 * C declares such structs. Everything here may be used from any thread; types live as long as the
 * component or linker they come from. */
#ifndef WITHY_VALUE_H
#define WITHY_VALUE_H

#include "common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- types --- */

typedef enum withy_kind {
    WITHY_BOOL,
    WITHY_S8,
    WITHY_U8,
    WITHY_S16,
    WITHY_U16,
    WITHY_S32,
    WITHY_U32,
    WITHY_S64,
    WITHY_U64,
    WITHY_F32,
    WITHY_F64,
    WITHY_CHAR,
    WITHY_STRING,
    WITHY_LIST,
    WITHY_RECORD,
    WITHY_TUPLE,
    WITHY_VARIANT,
    WITHY_ENUM,
    WITHY_OPTION,
    WITHY_RESULT,
    WITHY_FLAGS,
    WITHY_OWN,
    WITHY_BORROW,
    WITHY_FIXED_LIST,
} withy_kind;

/* The type of a value, and of a function; constant, compared by nothing but their content. */
typedef struct wy_type withy_type;
typedef struct wy_func_type withy_func_type;

WITHY_API withy_kind withy_type_kind(const withy_type *type);
WITHY_API size_t withy_type_size(const withy_type *type);
WITHY_API size_t withy_type_align(const withy_type *type);

/* Parts: the fields of a record or tuple, the cases of a variant, enum, option (none, some) or
 * result (ok, error), the labels of flags. Other types have none. `index` is below the count. */
WITHY_API size_t withy_type_count(const withy_type *type);
WITHY_API withy_str withy_type_name(const withy_type *type, size_t index); /* "0", "1" in a tuple */
/* The type of a field or of a case's payload; NULL for labels and for cases without one. */
WITHY_API const withy_type *withy_type_part(const withy_type *type, size_t index);
/* Where a field or a case's payload begins in the struct. */
WITHY_API size_t withy_type_offset(const withy_type *type, size_t index);
/* The element of a list; NULL for other types. */
WITHY_API const withy_type *withy_type_elem(const withy_type *type);

/* The parameters as a record, and the result; NULL: none. */
WITHY_API const withy_type *withy_func_params(const withy_func_type *func);
WITHY_API const withy_type *withy_func_result(const withy_func_type *func);

/* Writes the WIT text of a type ("list<tuple<string, u32>>") like snprintf: at most `size` bytes
 * with the NUL, returns the length of all of it. */
WITHY_API size_t withy_type_print(const withy_type *type, char *buffer, size_t size);

/* --- values in C --- */

/* list<T>, whatever T is. */
typedef struct withy_list {
    void *ptr;
    size_t len; /* elements */
} withy_list;

#ifdef __cplusplus
}
#endif

#endif
