/* Names of imports that tools write for packages, files and addresses: unlocked-dep=, locked-dep=,
 * url=, integrity=. The specification has taken them out; tools still accept them, and so does this
 * host, which links nothing to them. */
#include "component/validator.h"

static const wy_str unlocked = {"unlocked-dep=", 13};
static const wy_str locked = {"locked-dep=", 11};
static const wy_str url = {"url=", 4};
static const wy_str integrity = {"integrity=", 10};

bool wy_depname_is(wy_str text) {
    return wy_str_starts(text, unlocked) || wy_str_starts(text, locked) ||
           wy_str_starts(text, url) || wy_str_starts(text, integrity);
}

/* Takes "<...>" off the front: the inside and what is behind. */
static bool take_angles(wy_str *text, wy_str *inside) {
    if (text->len == 0 || text->ptr[0] != '<') return false;
    size_t end = wy_str_find(*text, '>');
    /* A version range has a '>' of its own, in braces. */
    size_t brace = wy_str_find(*text, '{');
    if (brace < end) {
        size_t close = wy_str_find(*text, '}');
        if (close == text->len) return false;
        end = close + wy_str_find(wy_str_sub(*text, close, text->len), '>');
    }
    if (end >= text->len) return false;
    *inside = wy_str_sub(*text, 1, end);
    *text = wy_str_sub(*text, end + 1, text->len);
    return true;
}

static bool is_base64(wy_str text) {
    size_t n = 0, pad = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '=') {
            pad++;
            continue;
        }
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
        if (!ok || pad) return false;
        n++;
    }
    return n > 0 && pad <= 2;
}

/* "sha256-<base64>" with options behind a '?'. */
static bool hash_valid(wy_str text) {
    static const char *const algorithms[] = {"sha256-", "sha384-", "sha512-"};
    for (int i = 0; i < 3; i++) {
        if (!wy_str_starts(text, wy_str_of(algorithms[i]))) continue;
        wy_str value = wy_str_sub(text, 7, text.len);
        return is_base64(wy_str_sub(value, 0, wy_str_find(value, '?')));
    }
    return false;
}

/* Hashes with spaces between, at least one. */
static bool integrity_valid(wy_str text) {
    size_t hashes = 0;
    while (text.len) {
        size_t end = wy_str_find(text, ' ');
        wy_str part = wy_str_sub(text, 0, end);
        text = wy_str_sub(text, end < text.len ? end + 1 : end, text.len);
        if (part.len == 0) continue;
        if (!hash_valid(part)) return false;
        hashes++;
    }
    return hashes > 0;
}

/* Nothing, or ",integrity=<...>". */
static bool rest_valid(wy_str rest) {
    wy_str inside;
    if (rest.len == 0) return true;
    if (rest.ptr[0] != ',') return false;
    rest = wy_str_sub(rest, 1, rest.len);
    if (!wy_str_starts(rest, integrity)) return false;
    rest = wy_str_sub(rest, integrity.len, rest.len);
    return take_angles(&rest, &inside) && rest.len == 0 && integrity_valid(inside);
}

/* "{>=1.2.3 <2.0.0}" with one bound or both, or "*". */
static bool range_valid(wy_str text) {
    if (wy_str_eqz(text, "*")) return true;
    if (text.len < 2 || text.ptr[0] != '{' || text.ptr[text.len - 1] != '}') return false;
    text = wy_str_sub(text, 1, text.len - 1);
    if (wy_str_starts(text, WY_STR(">="))) {
        size_t space = wy_str_find(text, ' ');
        if (!wy_semver_valid(wy_str_sub(text, 2, space))) return false;
        if (space == text.len) return true;
        text = wy_str_sub(text, space + 1, text.len);
    }
    return text.len > 0 && text.ptr[0] == '<' && wy_semver_valid(wy_str_sub(text, 1, text.len));
}

/* CM[name.dependency] docs/deviations.md: names that older tools write. */
bool wy_depname_valid(wy_str text) {
    wy_str inside, rest;
    bool is_url = wy_str_starts(text, url), is_locked = wy_str_starts(text, locked);
    bool is_integrity = wy_str_starts(text, integrity);
    rest = wy_str_sub(text, wy_str_find(text, '=') + 1, text.len);
    if (!take_angles(&rest, &inside)) return false;
    if (is_integrity) return rest.len == 0 && integrity_valid(inside);
    if (is_url) return wy_str_find(inside, '<') == inside.len && rest_valid(rest);
    size_t at = wy_str_find(inside, '@');
    if (!wy_package_name_valid(wy_str_sub(inside, 0, at))) return false;
    if (at < inside.len) {
        wy_str version = wy_str_sub(inside, at + 1, inside.len);
        if (is_locked ? !wy_semver_valid(version) : !range_valid(version)) return false;
    }
    return is_locked ? rest_valid(rest) : rest.len == 0;
}
