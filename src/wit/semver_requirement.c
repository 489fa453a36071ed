/* Requirements of versions: see semver.h. */
#include "wit/semver.h"

typedef enum operation {
    ANY,
    CARET,
    EXACT,
    GREATER,
    GREATER_EQUAL,
    LESS,
    LESS_EQUAL,
    TILDE
} operation;

/* One part between commas. */
typedef struct comparator {
    operation op;
    wy_semver version; /* what was not written is 0 */
    bool has_minor, has_patch;
} comparator;

static operation take_operation(wy_str *text) {
    static const struct {
        const char *sign;
        operation op;
    } signs[] = {{">=", GREATER_EQUAL}, {"<=", LESS_EQUAL}, {"^", CARET}, {"=", EXACT},
                 {">", GREATER},        {"<", LESS},        {"~", TILDE}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        wy_str sign = wy_str_of(signs[i].sign);
        if (!wy_str_starts(*text, sign)) continue;
        *text = wy_str_trim(wy_str_sub(*text, sign.len, text->len));
        return signs[i].op;
    }
    return CARET;
}

static bool is_wildcard(wy_str part) {
    return wy_str_eqz(part, "*") || wy_str_eqz(part, "x") || wy_str_eqz(part, "X");
}

static bool number(wy_str part, uint64_t *out) {
    return !(part.len > 1 && part.ptr[0] == '0') && wy_str_to_u64(part, UINT64_MAX, out);
}

/* "1" or "1.2", perhaps with a wildcard behind; what has three numbers is a version. */
static bool parse_part(wy_str text, comparator *out) {
    bool has_sign = text.len && strchr("^=><~", text.ptr[0]);
    out->op = take_operation(&text);
    size_t first = wy_str_find(text, '.');
    wy_str major = wy_str_sub(text, 0, first);
    if (first == text.len && is_wildcard(major)) {
        out->op = ANY;
        return !has_sign;
    }
    if (!number(major, &out->version.major)) return false;
    if (first == text.len) return true;
    wy_str rest = wy_str_sub(text, first + 1, text.len);
    size_t second = wy_str_find(rest, '.');
    wy_str minor = wy_str_sub(rest, 0, second);
    wy_str patch = second < rest.len ? wy_str_sub(rest, second + 1, rest.len) : (wy_str){0};
    bool is_cut = is_wildcard(minor) || is_wildcard(patch);
    if (is_cut && !has_sign) out->op = TILDE; /* all that it leaves open */
    if (is_wildcard(minor)) return second == rest.len || is_wildcard(patch);
    if (!number(minor, &out->version.minor)) return false;
    out->has_minor = true;
    return second == rest.len || is_wildcard(patch);
}

static bool parse(wy_str text, comparator *out) {
    wy_str whole = text;
    *out = (comparator){.op = take_operation(&whole), .has_minor = true, .has_patch = true};
    if (wy_semver_parse(whole, &out->version)) return true;
    *out = (comparator){0};
    return parse_part(text, out);
}

/* The next part of a list; false at its end. */
static bool next(wy_str *rest, bool *done, wy_str *part) {
    if (*done) return false;
    size_t comma = wy_str_find(*rest, ',');
    *part = wy_str_trim(wy_str_sub(*rest, 0, comma));
    *done = comma == rest->len;
    *rest = wy_str_sub(*rest, *done ? comma : comma + 1, rest->len);
    return true;
}

bool wy_semver_requirement_valid(wy_str text) {
    wy_str part;
    comparator c;
    for (bool done = false; next(&text, &done, &part);)
        if (!parse(part, &c)) return false;
    return true;
}

/* Pre-releases alone. */
static int compare_pre(wy_str a, wy_str b) {
    const wy_semver x = {.pre = a}, y = {.pre = b};
    return wy_semver_cmp(&x, &y);
}

/* By what was written of the comparator's version: less, equal, greater. */
static int compare(const wy_semver *v, const comparator *c) {
    if (v->major != c->version.major) return v->major < c->version.major ? -1 : 1;
    if (!c->has_minor) return 0;
    if (v->minor != c->version.minor) return v->minor < c->version.minor ? -1 : 1;
    if (!c->has_patch) return 0;
    if (v->patch != c->version.patch) return v->patch < c->version.patch ? -1 : 1;
    return compare_pre(v->pre, c->version.pre);
}

static bool same_line(const wy_semver *v, const comparator *c) {
    if (v->major != c->version.major) return false;
    if (v->major > 0 || !c->has_minor) return true;
    if (v->minor != c->version.minor) return false;
    return v->minor > 0 || !c->has_patch || v->patch == c->version.patch;
}

static bool meets(const wy_semver *v, const comparator *c) {
    int order = compare(v, c);
    switch (c->op) {
    case ANY: return true;
    case CARET: return order >= 0 && same_line(v, c);
    case EXACT: return order == 0;
    case GREATER: return order > 0;
    case GREATER_EQUAL: return order >= 0;
    case LESS: return order < 0;
    case LESS_EQUAL: return order <= 0;
    case TILDE:
        return order >= 0 && v->major == c->version.major &&
               (!c->has_minor || v->minor == c->version.minor);
    }
    return false;
}

bool wy_semver_meets(const wy_semver *v, wy_str requirement) {
    wy_str part;
    comparator c;
    bool may_be_pre = v->pre.len == 0;
    for (bool done = false; next(&requirement, &done, &part);) {
        if (!parse(part, &c) || !meets(v, &c)) return false;
        may_be_pre |= c.version.pre.len && c.version.major == v->major &&
                      c.version.minor == v->minor && c.version.patch == v->patch;
    }
    return may_be_pre;
}
