/* Versions and interface names: see semver.h. */
#include "wit/semver.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

/* A number without leading zeros. */
static bool number(wy_str text, uint64_t *value_out) {
    return !(text.len > 1 && text.ptr[0] == '0') && wy_str_to_u64(text, UINT64_MAX, value_out);
}

/* The part of `*rest` before the first `c` (all of it where there is none); `*rest` becomes what is
 * behind. False: there is none. */
static bool cut(wy_str *rest, char c, wy_str *part_out) {
    size_t at = wy_str_find(*rest, c);
    *part_out = wy_str_sub(*rest, 0, at);
    bool found = at < rest->len;
    *rest = found ? wy_str_sub(*rest, at + 1, rest->len) : (wy_str){0};
    return found;
}

static bool all_digits(wy_str part) {
    for (size_t i = 0; i < part.len; i++)
        if (!is_digit(part.ptr[i])) return false;
    return part.len > 0;
}

/* Identifiers joined by dots (SemVer 9 and 10); numeric ones of a pre-release have no leading zero.
 */
static bool identifiers(wy_str text, bool leading_zeros) {
    wy_str part;
    bool more = true;
    while (more) {
        more = cut(&text, '.', &part);
        if (part.len == 0) return false;
        for (size_t i = 0; i < part.len; i++) {
            char c = part.ptr[i];
            if (!is_digit(c) && !is_lower(c) && !is_upper(c) && c != '-') return false;
        }
        if (!leading_zeros && part.len > 1 && part.ptr[0] == '0' && all_digits(part)) return false;
    }
    return true;
}

bool wy_semver_parse(wy_str text, wy_semver *version_out) {
    wy_semver v = {0};
    wy_str rest = text, core, part;
    if (cut(&rest, '+', &core)) {
        v.build = rest;
        if (!identifiers(v.build, true)) return false;
    }
    rest = core;
    if (cut(&rest, '-', &core)) {
        v.pre = rest;
        if (!identifiers(v.pre, false)) return false;
    }
    if (!cut(&core, '.', &part) || !number(part, &v.major)) return false;
    if (!cut(&core, '.', &part) || !number(part, &v.minor)) return false;
    if (!number(core, &v.patch)) return false;
    *version_out = v;
    return true;
}

static int order(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

/* SemVer 11.4: numeric identifiers by value and below others, others by bytes, fewer parts first.
 */
static int cmp_pre(wy_str a, wy_str b) {
    if (a.len == 0 || b.len == 0) return (a.len == 0) - (b.len == 0);
    bool a_more = true, b_more = true;
    while (a_more && b_more) {
        wy_str x, y;
        a_more = cut(&a, '.', &x);
        b_more = cut(&b, '.', &y);
        bool x_number = all_digits(x), y_number = all_digits(y);
        if (x_number != y_number) return x_number ? -1 : 1;
        /* Without leading zeros the longer number is the greater one. */
        int result = x_number && x.len != y.len ? order(x.len, y.len) : wy_str_cmp(x, y);
        if (result) return result;
    }
    return (int)a_more - (int)b_more;
}

int wy_semver_cmp(const wy_semver *a, const wy_semver *b) {
    int result = order(a->major, b->major);
    if (!result) result = order(a->minor, b->minor);
    if (!result) result = order(a->patch, b->patch);
    return result ? result : cmp_pre(a->pre, b->pre);
}

bool wy_semver_compatible(const wy_semver *want, const wy_semver *have) {
    if (want->pre.len || have->pre.len) return wy_semver_cmp(want, have) == 0;
    if (want->major != have->major) return false;
    if (want->major) return true;
    if (want->minor != have->minor) return false;
    return want->minor || want->patch == have->patch;
}

/* CM: label: fragments, each a word of [0-9a-z] or an acronym of [0-9A-Z], joined by '-'. */
bool wy_wit_label_valid(wy_str text) {
    if (text.len == 0 || is_digit(text.ptr[0])) return false;
    bool more = true;
    while (more) {
        wy_str fragment;
        more = cut(&text, '-', &fragment);
        bool lower = false, upper = false;
        for (size_t i = 0; i < fragment.len; i++) {
            char c = fragment.ptr[i];
            lower |= is_lower(c);
            upper |= is_upper(c);
            if (!is_digit(c) && !is_lower(c) && !is_upper(c)) return false;
        }
        if (fragment.len == 0 || (lower && upper)) return false;
    }
    return true;
}

bool wy_wit_name_split(wy_str text, wy_wit_name *name_out) {
    wy_wit_name name = {0};
    wy_semver version;
    wy_str rest = text;
    if (cut(&rest, '@', &name.unversioned)) {
        name.version = rest;
        if (!wy_semver_parse(rest, &version)) return false;
    }
    rest = name.unversioned;
    if (cut(&rest, '/', &name.package)) {
        name.item = rest;
        if (!wy_wit_label_valid(name.item)) return false;
    }
    rest = name.package;
    wy_str part;
    bool more = true;
    int parts = 0;
    for (; more; parts++) {
        more = cut(&rest, ':', &part);
        if (!wy_wit_label_valid(part)) return false;
    }
    if (parts < 2) return false;
    *name_out = name;
    return true;
}

bool wy_wit_name_compatible(wy_str want, wy_str have) {
    if (wy_str_eq(want, have)) return true;
    wy_wit_name a, b;
    wy_semver a_version, b_version;
    return wy_wit_name_split(want, &a) && wy_wit_name_split(have, &b) &&
           wy_str_eq(a.unversioned, b.unversioned) && wy_semver_parse(a.version, &a_version) &&
           wy_semver_parse(b.version, &b_version) && wy_semver_compatible(&a_version, &b_version);
}

wy_str wy_wit_label_key(wy_arena *arena, wy_str label) {
    size_t plain = 0, len = 0;
    while (plain < label.len && label.ptr[plain] != '-' &&
           !(label.ptr[plain] >= 'A' && label.ptr[plain] <= 'Z'))
        plain++;
    if (plain == label.len) return label;
    char *key = wy_arena_alloc_aligned(arena, label.len, 1);
    if (!key) return (wy_str){0};
    for (size_t i = 0; i < label.len; i++) {
        char c = label.ptr[i];
        if (c != '-') key[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return (wy_str){key, len};
}
