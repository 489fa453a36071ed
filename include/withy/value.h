/* libwithy: types of the component model, and values of them in memory.
 *
 * A value lies in memory as a C programmer would write it down, and everything that moves values
 * between components and C does it by this one layout:
 *
 *   bool, u8, s8 ... u64, s64      uint8_t (0 or 1), uint8_t, int8_t ... uint64_t, int64_t
 *   f32, f64, char                 float, double, uint32_t (a Unicode scalar value)
 *   string                         withy_str, UTF-8
 *   list<T>                        struct { T *ptr; size_t len; }: withy_list
 *   list<T, N>                     T[N]
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
 * C declares such structs; who does not uses the second half of this file, which builds and reads
 * the same memory by names. Everything here may be used from any thread; types live as long as the
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

/* What it is, and the size and alignment of its values in bytes. */
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

/* --- values by name --- */

/* A place in memory and the type of what lies there; passed by value. One with a NULL type stands
 * for a place that does not exist: all functions below take it, and fail. So a path can be written
 * down in one expression and checked at its end. */
typedef struct withy_value {
    const withy_type *type;
    void *at;
} withy_value;

/* Memory that values are built in; freed as a whole. */
typedef struct withy_arena withy_arena;

/* NULL: no memory. */
WITHY_API withy_arena *withy_arena_new(void);
/* Forgets all values, keeps memory for the next ones. */
WITHY_API void withy_arena_reset(withy_arena *arena);
/* All values in it are gone. */
WITHY_API void withy_arena_free(withy_arena *arena);

/* A value of all zeros: 0, false, "", empty list, first case, no flags. The null value when there
 * is no memory. */
WITHY_API withy_value withy_value_new(withy_arena *arena, const withy_type *type);
/* A copy that shares nothing with the original. */
WITHY_API withy_value withy_value_copy(withy_arena *arena, withy_value value);

/* A field of a record or tuple, by name ("0", "1" in a tuple) or index; an element of a list. The
 * null value where there is none. */
WITHY_API withy_value withy_value_field(withy_value record, const char *name);
WITHY_API withy_value withy_value_field_at(withy_value record, size_t index);
WITHY_API withy_value withy_value_elem(withy_value list, size_t index);

/* Setting. False: not of that kind, out of the type's range, not UTF-8, no such name, no memory. */
WITHY_API bool withy_value_set_bool(withy_value value, bool b);
WITHY_API bool withy_value_set_int(withy_value value, int64_t i);   /* any integer type */
WITHY_API bool withy_value_set_uint(withy_value value, uint64_t u); /* any integer type */
WITHY_API bool withy_value_set_float(withy_value value, double f);  /* f32, f64 */
WITHY_API bool withy_value_set_char(withy_value value, uint32_t c);
/* The bytes are copied into the arena. */
WITHY_API bool withy_value_set_string(withy_arena *arena, withy_value value, withy_str text);
/* Gives a list `len` elements, all zeros. */
WITHY_API bool withy_value_set_len(withy_arena *arena, withy_value list, size_t len);
/* Chooses a case of a variant, enum, option or result. Its payload is all zeros and is reached by
 * withy_value_payload. */
WITHY_API bool withy_value_set_case(withy_value value, const char *name);
/* Sets or clears one flag; others stay as they are. */
WITHY_API bool withy_value_set_flag(withy_value value, const char *name, bool on);
/* An own or borrowed handle. */
WITHY_API bool withy_value_set_handle(withy_value value, uintptr_t handle);

/* Reading. False: not of that kind, or does not fit. */
WITHY_API bool withy_value_get_bool(withy_value value, bool *b_out);
WITHY_API bool withy_value_get_int(withy_value value, int64_t *i_out);
WITHY_API bool withy_value_get_uint(withy_value value, uint64_t *u_out);
WITHY_API bool withy_value_get_float(withy_value value, double *f_out);
WITHY_API bool withy_value_get_char(withy_value value, uint32_t *c_out);
/* A view, valid as long as the value. */
WITHY_API bool withy_value_get_string(withy_value value, withy_str *text_out);
/* Elements of a list. */
WITHY_API bool withy_value_get_len(withy_value list, size_t *len_out);
/* The number of the case; its name is withy_type_name of that. */
WITHY_API bool withy_value_get_case(withy_value value, size_t *index_out);
WITHY_API bool withy_value_get_flag(withy_value value, const char *name, bool *on_out);
WITHY_API bool withy_value_get_handle(withy_value value, uintptr_t *handle_out);
/* The payload of the case that a variant, option or result has; the null value: it has none. */
WITHY_API withy_value withy_value_payload(withy_value value);

/* Reads WAVE text, "{name: \"x\", sizes: [1, 2]}", as a value of a type; the error says where it is
 * wrong. Handles cannot be written. WITHY_MALFORMED, WITHY_LIMIT. */
WITHY_API withy_status withy_value_parse(withy_arena *arena, const withy_type *type,
                                         const char *text, withy_value *value_out,
                                         withy_error *error);
/* Reads "(1, \"x\")" as the arguments of a function. */
WITHY_API withy_status withy_value_parse_args(withy_arena *arena, const withy_func_type *func,
                                              const char *text, withy_value *args_out,
                                              withy_error *error);
/* A value as WAVE text on one line, NUL-terminated, in the arena. NULL: the null value, or no
 * memory.
 */
WITHY_API const char *withy_value_print(withy_arena *arena, withy_value value);

#ifdef __cplusplus
}
#endif

#endif
