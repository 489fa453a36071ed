/* Names of imports, exports and labels: their grammar and their strong uniqueness.
 * (Explainer, Import and Export Definitions; Name Uniqueness) */
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

/* CM[name.label] Explainer.md, Import and Export Definitions: a label is made of words and acronyms
 * with hyphens between; the first starts with a letter. `words`: no acronyms. */
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

static bool label_valid(wy_str label) {
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

/* CM[name.version] Explainer.md, Import and Export Definitions: an interfaceversion is a valid
 * semver. */
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

/* CM[name.interface] Explainer.md, Import and Export Definitions: namespace ':' words '/' label,
 * and perhaps a version. */
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

/* CM[name.canonversion] Explainer.md, Canonical Interface Name: "1", "0.2", "0.0.3": a gated form
 * of interfaceversion. */
static bool is_canonversion(wy_str text) {
    static const char *const zeros[] = {"", "0.", "0.0."};
    if (wy_str_eqz(text, "0.0.0")) return true;
    for (int i = 2; i >= 0; i--) {
        wy_str head = wy_str_of(zeros[i]);
        if (!wy_str_starts(text, head)) continue;
        wy_str last = wy_str_sub(text, head.len, text.len);
        if (last.len == 0 || last.ptr[0] == '0') return false;
        for (size_t k = 0; k < last.len; k++)
            if (!is_digit(last.ptr[k])) return false;
        return true;
    }
    return false;
}

/* How many namespaces, packages and projections there are in "ns:ns:pkg/iface/part"; 0: it has
 * another form. */
static unsigned count_parts(wy_str text) {
    size_t slash = wy_str_find(text, '/');
    wy_str package = wy_str_sub(text, 0, slash);
    unsigned parts = 0;
    for (; package.len; parts++) {
        size_t end = wy_str_find(package, ':');
        if (!fragments_valid(wy_str_sub(package, 0, end), true)) return 0;
        package = wy_str_sub(package, end < package.len ? end + 1 : end, package.len);
    }
    while (slash < text.len) {
        text = wy_str_sub(text, slash + 1, text.len);
        slash = wy_str_find(text, '/');
        if (!fragments_valid(wy_str_sub(text, 0, slash), false)) return 0;
        parts++;
    }
    return parts;
}

/* CM[name.nested] Explainer.md, Import and Export Definitions: several namespaces or projections
 * are a gated form of interfacename, and of the names of packages. */
static bool is_nested_name(wy_str text) {
    size_t at = wy_str_find(text, '@');
    if (at < text.len && !wy_semver_valid(wy_str_sub(text, at + 1, text.len))) return false;
    return count_parts(wy_str_sub(text, 0, at)) > 3;
}

/* Why a name of a dependency is none: a gated form, "locked-dep=<a:b:c>", or no form at all. */
static bool refuse_depname(wy_validator *v, wy_str text) {
    size_t open = wy_str_find(text, '<');
    wy_str package = wy_str_sub(text, open < text.len ? open + 1 : open, text.len);
    package = wy_str_sub(package, 0, wy_str_find(package, '>'));
    package = wy_str_sub(package, 0, wy_str_find(package, '@'));
    if (count_parts(package) > 2)
        return wy_fail_gated(v, "a dependency with a nested name", "nested names");
    return wy_fail(v, "\"%.*s\" is not a valid dependency name", WY_STR_ARG(text));
}

/* Why a name with a colon is no interface name: a gated form, or no form at all. */
static bool refuse_interface_name(wy_validator *v, wy_str text) {
    size_t at = wy_str_find(text, '@');
    if (at < text.len && wy_interface_name_valid(wy_str_sub(text, 0, at)) &&
        is_canonversion(wy_str_sub(text, at + 1, text.len)))
        return wy_fail_gated(v, "an interface name with a canonical version",
                             "canonical interface names");
    if (is_nested_name(text)) return wy_fail_gated(v, "a nested interface name", "nested names");
    return wy_fail(v, "\"%.*s\" is not a valid interface name", WY_STR_ARG(text));
}

/* "label.label" behind [method] or [static]. */
static bool parse_member(wy_validator *v, wy_str text, wy_str rest, wy_name *out) {
    size_t dot = wy_str_find(rest, '.');
    if (dot == rest.len)
        return wy_fail(v, "the name \"%.*s\" has no '.' behind the resource", WY_STR_ARG(text));
    out->resource = wy_str_sub(rest, 0, dot);
    if (label_valid(out->resource) && label_valid(wy_str_sub(rest, dot + 1, rest.len))) return true;
    return wy_fail(v, "the name \"%.*s\" is not in kebab case", WY_STR_ARG(text));
}

static bool starts_cut(wy_str text, const char *prefix, wy_str *rest_out) {
    wy_str head = wy_str_of(prefix);
    if (!wy_str_starts(text, head)) return false;
    *rest_out = wy_str_sub(text, head.len, text.len);
    return true;
}

/* CM[name.plain] Explainer.md, Import and Export Definitions: a plainname is a label, or one behind
 * [constructor], or two with a dot behind [method] or [static]; no other annotation exists. */
bool wy_name_parse(wy_validator *v, wy_str text, wy_name *out) {
    wy_str rest;
    *out = (wy_name){.kind = WY_NAME_LABEL};
    if (starts_cut(text, "[constructor]", &rest)) {
        out->kind = WY_NAME_CONSTRUCTOR;
        out->resource = rest;
        if (label_valid(rest)) return true;
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
        return wy_depname_valid(text) || refuse_depname(v, text);
    }
    if (wy_str_find(text, ':') < text.len) {
        out->kind = WY_NAME_INTERFACE;
        return wy_interface_name_valid(text) || refuse_interface_name(v, text);
    }
    if (label_valid(text)) return true;
    return wy_fail(v, "the name \"%.*s\" is not in kebab case", WY_STR_ARG(text));
}

/* CM[name.unique] Explainer.md, Name Uniqueness: names are strongly unique when their canonical
 * forms differ: letters in lower case, annotations other than [constructor] gone, [method]l.l and
 * [static]l.l as l; and without hyphens, as component-model #704 has it. A version counts as it is
 * written, and so do names that have no labels. */
static bool canonical(wy_validator *v, wy_str text, wy_str *out) {
    wy_str rest;
    bool member = starts_cut(text, "[method]", &rest) || starts_cut(text, "[static]", &rest);
    if (member) text = rest;
    char *copy = wy_arena_strndup(v->arena, text.ptr, text.len);
    if (!copy) return wy_no_memory(v);
    *out = (wy_str){copy, text.len};
    if (wy_depname_is(text)) return true;
    size_t len = 0, end = wy_str_find(text, '@');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (i < end && c == '-') continue;
        copy[len++] = i < end && is_upper(c) ? (char)(c - 'A' + 'a') : c;
    }
    out->len = len;
    size_t dot = member ? wy_str_find(*out, '.') : len;
    if (dot < len && wy_str_eq(wy_str_sub(*out, 0, dot), wy_str_sub(*out, dot + 1, len)))
        out->len = dot;
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

/* CM[type.labels] Binary.md, Type Definitions: the labels of parameters, fields, cases, flags and
 * enum cases are strongly unique in their type. */
bool wy_labels_check(wy_validator *v, wy_map *set, wy_str label, const char *what) {
    if (!label_valid(label))
        return wy_fail(v, "the %s name \"%.*s\" is not in kebab case", what, WY_STR_ARG(label));
    return wy_name_add_unique(v, set, label, what);
}
