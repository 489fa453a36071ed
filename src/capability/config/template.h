/* Templates: text in which {{ name }} stands for the value of a variable. */
#ifndef WY_CAPABILITY_CONFIG_TEMPLATE_H
#define WY_CAPABILITY_CONFIG_TEMPLATE_H

#include "base/str.h"

/* A literal piece of text, or the name of a variable. */
typedef struct wy_template_part {
    wy_str text;
    bool is_variable;
} wy_template_part;

/* Takes the next part off the front of `rest`; call until `rest` is empty. WY_INVALID: a "{{"
 * without its "}}", or something in between that is no variable's name. */
wy_err wy_template_next(wy_str *rest, wy_template_part *part_out, wy_diag *diag) WY_MUST_USE;

/* A lower-case letter first, then lower-case letters and digits, words split by single underscores.
 */
bool wy_variable_name_valid(wy_str name);

#endif
