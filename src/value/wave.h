/* WAVE (WebAssembly Value Encoding): component values as text, "{name: \"x\", sizes: [1, 2]}".
 *
 * The text means something only together with a type, so both directions walk a descriptor. What a
 * handle is called is the caller's business: he gives functions that know the names. */
#ifndef WY_VALUE_WAVE_H
#define WY_VALUE_WAVE_H

#include "base/arena.h"
#include "value/type.h"

/* Names of handles. Either function may be NULL: then a handle cannot be written, or is printed as
 * "<name of its resource>". */
typedef struct wy_wave_handles {
    void *data;
    /* The handle that `name` stands for, where an own or borrow of `type` is wanted. Returns NULL,
     * or why not, in words that end a sentence about the name ("was given away already"). */
    const char *(*find)(void *data, wy_str name, const wy_type *type, wy_handle *handle_out);
    void (*print)(void *data, const wy_type *type, wy_handle handle, wy_buf *buf);
} wy_wave_handles;

/* Reads the whole of `text` as one value into the `type->size` bytes at `value_out`; what it points
 * to lies in `arena`, nothing in `text`. `handles` may be NULL. WY_MALFORMED: the text is no value
 * of the type; the diagnosis has line and column and shows the place. WY_LIMIT: the arena is full,
 * or the type is nested deeper than WY_MAX_TYPE_DEPTH. */
wy_err wy_wave_parse(wy_str text, const wy_type *type, wy_arena *arena,
                     const wy_wave_handles *handles, void *value_out, wy_diag *diag) WY_MUST_USE;

/* Reads "(value, value, ...)" at byte `at` of `text` as the args struct of `params`, and white
 * space to the end of the text. Options at the end may be left out. Places in errors count from the
 * start of `text`. As wy_wave_parse otherwise. */
wy_err wy_wave_parse_args(wy_str text, size_t at, const wy_func_type *func, wy_arena *arena,
                          const wy_wave_handles *handles, void *args_out,
                          wy_diag *diag) WY_MUST_USE;

/* Appends the text of a value, on one line. It parses to an equal value, except for NaN, which has
 * one spelling, and strings that are not UTF-8. `handles` may be NULL. */
void wy_wave_print(const wy_type *type, const void *value, const wy_wave_handles *handles,
                   wy_buf *buf);

/* Whether the text is a label, such as a handle's name: words of letters and digits with '-'
 * between them. */
bool wy_wave_is_label(wy_str text);

#endif
