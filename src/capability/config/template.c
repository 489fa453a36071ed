/* Templates: splitting text at its {{ name }} marks. Looking names up is config.c's. */
#include "capability/config/template.h"

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool wy_variable_name_valid(wy_str name) {
    if (name.len == 0 || !is_lower(name.ptr[0]) || name.ptr[name.len - 1] == '_') return false;
    for (size_t i = 1; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '_' ? name.ptr[i - 1] == '_' : !is_lower(c) && (c < '0' || c > '9')) return false;
    }
    return true;
}

/* Index of the two bytes `pair` in `s`, or s.len. */
static size_t find_pair(wy_str s, const char *pair) {
    const char *at = s.len ? memmem(s.ptr, s.len, pair, 2) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

wy_err wy_template_next(wy_str *rest, wy_template_part *part_out, wy_diag *diag) {
    wy_assert(rest->len > 0);
    size_t open = find_pair(*rest, "{{");
    if (open > 0) {
        *part_out = (wy_template_part){wy_str_sub(*rest, 0, open), false};
        *rest = wy_str_sub(*rest, open, rest->len);
        return WY_OK;
    }
    wy_str inner = wy_str_sub(*rest, 2, rest->len);
    size_t close = find_pair(inner, "}}");
    if (close == inner.len)
        return wy_diag_set(diag, WY_INVALID, "the template has a '{{' without its '}}'");
    wy_str name = wy_str_trim(wy_str_sub(inner, 0, close));
    if (!wy_variable_name_valid(name))
        return wy_diag_set(diag, WY_INVALID,
                           "the template names '" WY_STR_FMT
                           "', which is no variable's name "
                           "(lower-case letters and digits, words split by '_')",
                           WY_STR_ARG(name));
    *part_out = (wy_template_part){name, true};
    *rest = wy_str_sub(inner, close + 2, inner.len);
    return WY_OK;
}
