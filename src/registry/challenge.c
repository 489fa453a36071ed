/* Challenges: schemes, each with its parameters, in one list split by commas.
 *
 *   challenge = scheme [ 1*SP ( token68 | parameter *( OWS "," OWS parameter ) ) ]
 *
 * A word behind a comma is a parameter's name if '=' follows it, else the next scheme. */
#include "registry/challenge.h"

typedef struct scanner {
    wy_str rest;
} scanner;

static bool is_token_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void skip(scanner *s, const char *chars) {
    while (s->rest.len && s->rest.ptr[0] && strchr(chars, s->rest.ptr[0]))
        s->rest = wy_str_sub(s->rest, 1, s->rest.len);
}

static wy_str token(scanner *s) {
    size_t len = 0;
    while (len < s->rest.len && is_token_char(s->rest.ptr[len]))
        len++;
    wy_str word = wy_str_sub(s->rest, 0, len);
    s->rest = wy_str_sub(s->rest, len, s->rest.len);
    return word;
}

/* Without its quotes and backslashes. */
static wy_err quoted(wy_arena *arena, scanner *s, wy_str *out) {
    size_t end = 1, len = 0;
    while (end < s->rest.len && s->rest.ptr[end] != '"')
        end += s->rest.ptr[end] == '\\' ? 2 : 1;
    if (end >= s->rest.len) return WY_MALFORMED;
    char *text = wy_arena_alloc(arena, end);
    if (!text) return WY_NOMEM;
    for (size_t i = 1; i < end; i++) {
        if (s->rest.ptr[i] == '\\') i++;
        text[len++] = s->rest.ptr[i];
    }
    s->rest = wy_str_sub(s->rest, end + 1, s->rest.len);
    *out = (wy_str){text, len};
    return WY_OK;
}

static void keep(wy_challenge *challenge, wy_str name, wy_str value) {
    if (wy_str_eq_nocase(name, WY_STR("realm"))) challenge->realm = value;
    if (wy_str_eq_nocase(name, WY_STR("service"))) challenge->service = value;
    if (wy_str_eq_nocase(name, WY_STR("scope"))) challenge->scope = value;
}

/* The value behind a name and its '='. */
static wy_err parameter(wy_arena *arena, scanner *s, wy_str name, wy_challenge *challenge) {
    wy_str value;
    skip(s, " \t");
    if (s->rest.len && s->rest.ptr[0] == '"') {
        wy_err err = quoted(arena, s, &value);
        if (err) return err;
    } else {
        value = token(s);
        if (value.len == 0) return WY_MALFORMED;
    }
    keep(challenge, name, value);
    return WY_OK;
}

static wy_challenge_kind kind_of(wy_str scheme) {
    if (wy_str_eq_nocase(scheme, WY_STR("bearer"))) return WY_CHALLENGE_BEARER;
    if (wy_str_eq_nocase(scheme, WY_STR("basic"))) return WY_CHALLENGE_BASIC;
    return WY_CHALLENGE_OTHER;
}

/* What follows a scheme. `next_out`: the scheme after it, which was read already; empty at the end.
 */
static wy_err parameters(wy_arena *arena, scanner *s, wy_challenge *challenge, wy_str *next_out) {
    for (bool first = true;; first = false) {
        skip(s, first ? " \t" : " \t,");
        if (first && s->rest.len && s->rest.ptr[0] == ',') continue;
        wy_str name = token(s);
        if (name.len == 0) return s->rest.len ? WY_MALFORMED : WY_OK;
        skip(s, " \t");
        if (s->rest.len == 0 || s->rest.ptr[0] != '=') {
            bool is_token68 =
                first && (s->rest.len == 0 || s->rest.ptr[0] == ',' || s->rest.ptr[0] == '/');
            if (!is_token68) {
                *next_out = name;
                return WY_OK;
            }
            size_t comma = wy_str_find(s->rest, ',');
            s->rest = wy_str_sub(s->rest, comma, s->rest.len);
            continue;
        }
        s->rest = wy_str_sub(s->rest, 1, s->rest.len);
        wy_err err = parameter(arena, s, name, challenge);
        if (err) return err;
    }
}

wy_err wy_challenge_parse(wy_arena *arena, wy_str value, wy_challenge *out) {
    scanner s = {value};
    *out = (wy_challenge){0};
    skip(&s, " \t,");
    for (wy_str scheme = token(&s); scheme.len;) {
        wy_str next = {0};
        wy_challenge one = {.kind = kind_of(scheme)};
        wy_err err = parameters(arena, &s, &one, &next);
        if (err) return err;
        if (one.kind > out->kind) *out = one;
        scheme = next;
    }
    return s.rest.len ? WY_MALFORMED : WY_OK;
}
