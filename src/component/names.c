/* Names of imports, exports and labels: their grammar and their strong uniqueness.
 * (CM: Explainer, Import and Export Definitions; Name Uniqueness) */
#include "component/validator.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

/* Fragments with hyphens between; each of one case, the first starts with a letter. `words`: no
 * acronyms. */
static bool fragments_valid(wy_str text, bool words) {
    if (text.len == 0 || is_digit(text.ptr[0])) return false;
    bool lower = false, upper = false, empty = true;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '-') {
            if (empty) return false;
            lower = upper = false;
            empty = true;
            continue;
        }
        if (is_lower(c))
            lower = true;
        else if (is_upper(c))
            upper = true;
        else if (!is_digit(c))
            return false;
        if ((lower && upper) || (words && upper)) return false;
        empty = false;
    }
    return !empty;
}

bool wy_label_valid(wy_str label) {
    return fragments_valid(label, false);
}

/* A dotted list of semver identifiers; numbers without leading zeros where `numeric`. */
static bool semver_identifiers(wy_str text, bool numeric) {
    size_t start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != '.') {
            char c = text.ptr[i];
            if (!is_digit(c) && !is_lower(c) && !is_upper(c) && c != '-') return false;
            continue;
        }
        wy_str part = wy_str_sub(text, start, i);
        bool digits = part.len > 0;
        for (size_t k = 0; k < part.len; k++)
            digits = digits && is_digit(part.ptr[k]);
        if (part.len == 0 || (numeric && digits && part.len > 1 && part.ptr[0] == '0'))
            return false;
        start = i + 1;
    }
    return true;
}

bool wy_semver_valid(wy_str text) {
    size_t plus = wy_str_find(text, '+');
    if (plus < text.len) {
        if (!semver_identifiers(wy_str_sub(text, plus + 1, text.len), false)) return false;
        text = wy_str_sub(text, 0, plus);
    }
    size_t hyphen = wy_str_find(text, '-');
    if (hyphen < text.len) {
        if (!semver_identifiers(wy_str_sub(text, hyphen + 1, text.len), true)) return false;
        text = wy_str_sub(text, 0, hyphen);
    }
    size_t start = 0, parts = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != '.') continue;
        uint64_t number;
        wy_str part = wy_str_sub(text, start, i);
        if (!wy_str_to_u64(part, UINT64_MAX, &number) || (part.len > 1 && part.ptr[0] == '0'))
            return false;
        parts++;
        start = i + 1;
    }
    return parts == 3;
}

bool wy_package_name_valid(wy_str text) {
    size_t colon = wy_str_find(text, ':');
    return colon < text.len && fragments_valid(wy_str_sub(text, 0, colon), true) &&
           fragments_valid(wy_str_sub(text, colon + 1, text.len), true);
}

bool wy_interface_name_valid(wy_str text) {
    size_t at = wy_str_find(text, '@');
    if (at < text.len) {
        if (!wy_semver_valid(wy_str_sub(text, at + 1, text.len))) return false;
        text = wy_str_sub(text, 0, at);
    }
    size_t slash = wy_str_find(text, '/');
    return slash < text.len && wy_package_name_valid(wy_str_sub(text, 0, slash)) &&
           fragments_valid(wy_str_sub(text, slash + 1, text.len), false);
}

/* "label.label" behind [method] or [static]. */
static bool parse_member(wy_validator *v, wy_str text, wy_str rest, wy_name *out) {
    size_t dot = wy_str_find(rest, '.');
    if (dot == rest.len)
        return wy_fail(v, "the name \"%.*s\" has no '.' behind the resource", WY_STR_ARG(text));
    out->resource = wy_str_sub(rest, 0, dot);
    if (wy_label_valid(out->resource) && wy_label_valid(wy_str_sub(rest, dot + 1, rest.len)))
        return true;
    return wy_fail(v, "the name \"%.*s\" is not in kebab case", WY_STR_ARG(text));
}

static bool starts_cut(wy_str text, const char *prefix, wy_str *rest_out) {
    wy_str head = wy_str_of(prefix);
    if (!wy_str_starts(text, head)) return false;
    *rest_out = wy_str_sub(text, head.len, text.len);
    return true;
}

bool wy_name_parse(wy_validator *v, wy_str text, wy_name *out) {
    wy_str rest;
    *out = (wy_name){.kind = WY_NAME_LABEL};
    if (starts_cut(text, "[constructor]", &rest)) {
        out->kind = WY_NAME_CONSTRUCTOR;
        out->resource = rest;
        if (wy_label_valid(rest)) return true;
        return wy_fail(v, "the name \"%.*s\" is not in kebab case", WY_STR_ARG(text));
    }
    if (starts_cut(text, "[method]", &rest)) {
        out->kind = WY_NAME_METHOD;
        return parse_member(v, text, rest, out);
    }
    if (starts_cut(text, "[static]", &rest)) {
        out->kind = WY_NAME_STATIC;
        return parse_member(v, text, rest, out);
    }
    if (wy_depname_is(text)) {
        out->kind = WY_NAME_OTHER;
        if (wy_depname_valid(text)) return true;
        return wy_fail(v, "\"%.*s\" is not a valid dependency name", WY_STR_ARG(text));
    }
    if (wy_str_find(text, ':') < text.len) {
        out->kind = WY_NAME_INTERFACE;
        if (wy_interface_name_valid(text)) return true;
        return wy_fail(v, "\"%.*s\" is not a valid interface name", WY_STR_ARG(text));
    }
    if (wy_label_valid(text)) return true;
    return wy_fail(v, "the name \"%.*s\" is not in kebab case", WY_STR_ARG(text));
}

/* The form in which strongly unique names differ. */
static bool canonical(wy_validator *v, wy_str text, wy_str *out) {
    wy_str rest;
    if (starts_cut(text, "[method]", &rest) || starts_cut(text, "[static]", &rest)) {
        size_t dot = wy_str_find(rest, '.');
        text = rest;
        if (dot < rest.len &&
            wy_str_eq_nocase(wy_str_sub(rest, 0, dot), wy_str_sub(rest, dot + 1, rest.len)))
            text = wy_str_sub(rest, 0, dot);
    }
    char *copy = wy_arena_strndup(v->arena, text.ptr, text.len);
    if (!copy) return wy_no_memory(v);
    bool fold = !wy_depname_is(text); /* those have no words */
    for (size_t i = 0; fold && i < text.len; i++)
        if (is_upper(copy[i])) copy[i] = (char)(copy[i] - 'A' + 'a');
    *out = (wy_str){copy, text.len};
    return true;
}

bool wy_name_add_unique(wy_validator *v, wy_map *set, wy_str text, const char *what) {
    wy_str key;
    uintptr_t other;
    if (!canonical(v, text, &key)) return false;
    if (wy_map_get(set, key, &other)) {
        const wy_str *first = (const wy_str *)other;
        return wy_fail(v, "%s name \"%.*s\" conflicts with \"%.*s\"", what, WY_STR_ARG(text),
                       WY_STR_ARG(*first));
    }
    wy_str *copy = wy_take(v, 1, sizeof *copy);
    if (!copy) return false;
    *copy = text;
    return wy_map_set(set, key, (uintptr_t)copy) || wy_no_memory(v);
}

bool wy_name_key_add(wy_validator *v, wy_map *set, wy_str label) {
    wy_str key;
    return canonical(v, label, &key) && (wy_map_set(set, key, 1) || wy_no_memory(v));
}

bool wy_name_key_has(wy_validator *v, const wy_map *set, wy_str label) {
    wy_str key;
    return canonical(v, label, &key) && wy_map_get(set, key, NULL);
}

bool wy_labels_check(wy_validator *v, wy_map *set, wy_str label, const char *what) {
    if (!wy_label_valid(label))
        return wy_fail(v, "the %s name \"%.*s\" is not in kebab case", what, WY_STR_ARG(label));
    return wy_name_add_unique(v, set, label, what);
}
