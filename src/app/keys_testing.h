/* Checks of a reader, key by key: a good value is taken (or refused by name), a value of another
 * type and a misspelled key are shown at their place. A test names its rows and its reader. */
#ifndef WY_APP_KEYS_TESTING_H
#define WY_APP_KEYS_TESTING_H

#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/test.h"

typedef struct keys_row {
    const char *before, *key, *good, *bad; /* `bad`: of another type; NULL: none is looked at */
    const char *after;                     /* what else must be there */
    const char *refusal; /* part of the message by which a good value is refused; NULL: it is not */
    bool is_free;        /* of a table that takes any key: a misspelled one is no mistake */
} keys_row;

/* Reads a whole text, and answers whether it was taken. */
typedef bool (*keys_reader)(wy_arena *arena, wy_str text, wy_diag *diag);

/* One text that was read, and what came of it. */
typedef struct keys_case {
    wy_diag diag;
    char text[2048];
    bool taken;
} keys_case;

static inline void keys_read(keys_case *c, keys_reader reader, const keys_row *r,
                             const char *suffix, const char *value) {
    wy_arena arena;
    snprintf(c->text, sizeof c->text, "%s%s%s = %s\n%s", r->before, r->key, suffix, value,
             r->after);
    wy_arena_init(&arena, (size_t)16 << 20);
    wy_diag_init(&c->diag);
    c->taken = reader(&arena, wy_str_of(c->text), &c->diag);
    wy_arena_deinit(&arena);
}

static inline uint32_t keys_line(const keys_row *r) {
    uint32_t line = 1;
    for (const char *c = r->before; *c; c++)
        line += *c == '\n';
    return line;
}

static inline void keys_fail(const keys_case *c) {
    fail_msg("%s\n%s\n%s, line %u, column %u: %s",
             c->taken ? "taken:" : "refused otherwise:", c->text, wy_err_name(c->diag.err),
             c->diag.line, c->diag.column, c->diag.text);
}

static inline void keys_check_good(const keys_row *rows, size_t count, keys_reader reader) {
    keys_case c;
    for (const keys_row *r = rows; r < rows + count; r++) {
        keys_read(&c, reader, r, "", r->good);
        bool is_named = r->refusal && strstr(c.diag.text, r->refusal) && c.diag.line > 0;
        if (c.taken == (r->refusal != NULL) || (r->refusal && !is_named)) keys_fail(&c);
    }
}

static inline void keys_check_other_type(const keys_row *rows, size_t count, keys_reader reader) {
    keys_case c;
    for (const keys_row *r = rows; r < rows + count; r++) {
        if (!r->bad) continue;
        keys_read(&c, reader, r, "", r->bad);
        if (c.taken || c.diag.err != WY_INVALID || c.diag.line != keys_line(r) ||
            c.diag.column == 0 || !strstr(c.diag.text, r->key))
            keys_fail(&c);
    }
}

static inline void keys_check_misspelled(const keys_row *rows, size_t count, keys_reader reader) {
    keys_case c;
    char unknown[128];
    for (const keys_row *r = rows; r < rows + count; r++) {
        if (r->is_free) continue;
        keys_read(&c, reader, r, "x", r->good);
        snprintf(unknown, sizeof unknown, "unknown key '%sx'; did you mean '%s'?", r->key, r->key);
        bool is_missing = strstr(c.diag.text, "is missing") && strstr(c.diag.text, r->key);
        bool is_shown = c.diag.line == keys_line(r) && strstr(c.diag.text, unknown);
        if (c.taken || c.diag.err != WY_INVALID || !(is_missing || is_shown)) keys_fail(&c);
    }
}

#endif
