/* TOML's structure: keys, tables, arrays, and the rules which of them may be said twice. */
#include "app/toml.h"

#include "app/toml_lex.h"
#include "base/limits.h"

/* A header opens a section; so does an inline table. A table reached by dotted keys may be extended
 * by further dotted keys of the same section only: that is why each section has a number. */
typedef struct parser {
    wy_toml_lexer lexer;
    wy_toml *root, *current; /* `current`: the table that key = value lines go to */
    uint32_t section, section_count;
} parser;

static wy_err read_value(parser *p, uint16_t depth, wy_toml *value);

static wy_err too_deep(parser *p) {
    return wy_diag_set_line(p->lexer.diag, WY_LIMIT, p->lexer.line, wy_toml_column(&p->lexer),
                            "tables and arrays are nested more than %d deep", WY_MAX_TOML_DEPTH);
}

static wy_toml *new_value(parser *p, wy_toml_kind kind) {
    wy_toml *value = wy_arena_calloc(p->lexer.arena, 1, sizeof *value);
    if (!value) return NULL;
    value->kind = kind;
    value->line = p->lexer.line;
    value->column = wy_toml_column(&p->lexer);
    if (kind == WY_TOML_TABLE) wy_map_init(&value->table.map, p->lexer.arena);
    return value;
}

/* The place of a key, kept while the lexer goes on. */
typedef struct key {
    wy_str text;
    uint32_t line, column;
} key;

static wy_err fail_key(parser *p, const key *k, const char *what) {
    return wy_diag_set_line(p->lexer.diag, WY_MALFORMED, k->line, k->column, "'" WY_STR_FMT "' %s",
                            WY_STR_ARG(k->text), what);
}

static wy_err put(parser *p, wy_toml *table, const key *k, wy_toml *value) {
    value->key_line = k->line;
    value->key_column = k->column;
    if (!wy_map_set(&table->table.map, k->text, (uintptr_t)value)) return wy_toml_nomem(&p->lexer);
    return WY_OK;
}

static wy_err append(parser *p, wy_toml *array, wy_toml *item) {
    wy_toml **items =
        wy_arena_grow(p->lexer.arena, array->array.items, array->array.count, &array->array.cap,
                      (size_t)array->array.count + 1, sizeof *items);
    if (!items) return wy_toml_nomem(&p->lexer);
    array->array.items = items;
    items[array->array.count++] = item;
    return WY_OK;
}

static wy_err add_table(parser *p, wy_toml *parent, const key *k, wy_toml **table_out) {
    if (parent->table.depth + 1 >= WY_MAX_TOML_DEPTH) return too_deep(p);
    wy_toml *table = new_value(p, WY_TOML_TABLE);
    if (!table) return wy_toml_nomem(&p->lexer);
    table->line = k->line;
    table->column = k->column;
    table->table.depth = (uint16_t)(parent->table.depth + 1);
    *table_out = table;
    return put(p, parent, k, table);
}

static wy_err read_key_part(parser *p, key *k) {
    wy_toml_skip_blanks(&p->lexer);
    k->line = p->lexer.line;
    k->column = wy_toml_column(&p->lexer);
    wy_err err = wy_toml_key_part(&p->lexer, &k->text);
    wy_toml_skip_blanks(&p->lexer);
    return err;
}

static bool take_char(parser *p, char c) {
    if (wy_toml_peek(&p->lexer, 0) != c) return false;
    p->lexer.at++;
    return true;
}

/* From `table` by one part of a header to the table below it, which is made when absent. */
static wy_err walk_header(parser *p, const key *k, wy_toml **table) {
    wy_toml *next = wy_map_get_ptr(&(*table)->table.map, k->text);
    if (!next) return add_table(p, *table, k, table);
    if (next->kind == WY_TOML_ARRAY && next->array.open)
        next = next->array.items[next->array.count - 1];
    if (next->kind != WY_TOML_TABLE) return fail_key(p, k, "has a value already that is no table");
    if (next->table.closed) return fail_key(p, k, "is an inline table: it cannot be added to");
    *table = next;
    return WY_OK;
}

/* From `table` by one part of a dotted key (not its last) to the table below it. */
static wy_err walk_dotted(parser *p, const key *k, wy_toml **table) {
    wy_toml *next = wy_map_get_ptr(&(*table)->table.map, k->text);
    if (!next) {
        wy_err err = add_table(p, *table, k, &next);
        if (err != WY_OK) return err;
    }
    if (next->kind != WY_TOML_TABLE) return fail_key(p, k, "has a value already that is no table");
    if (next->table.closed) return fail_key(p, k, "is an inline table: it cannot be added to");
    if (next->table.defined || (next->table.section && next->table.section != p->section))
        return fail_key(p, k, "is a table defined elsewhere: dotted keys cannot add to it");
    next->table.section = p->section;
    *table = next;
    return WY_OK;
}

/* key = value, in `table`. */
static wy_err read_pair(parser *p, wy_toml *table) {
    key k;
    wy_err err = read_key_part(p, &k);
    while (err == WY_OK && take_char(p, '.')) {
        err = walk_dotted(p, &k, &table);
        if (err == WY_OK) err = read_key_part(p, &k);
    }
    if (err != WY_OK) return err;
    if (wy_map_get(&table->table.map, k.text, NULL)) return fail_key(p, &k, "is set twice");
    if (!take_char(p, '=')) return wy_toml_unexpected(&p->lexer, "'=' behind the key");
    wy_toml_skip_blanks(&p->lexer);
    wy_toml *value = new_value(p, WY_TOML_STRING);
    if (!value) return wy_toml_nomem(&p->lexer);
    err = read_value(p, (uint16_t)(table->table.depth + 1), value);
    return err == WY_OK ? put(p, table, &k, value) : err;
}

/* What dotted keys made inside an inline table is closed with it. Values in it were closed when
 * they were read. */
static void close_table(wy_toml *table) {
    table->table.closed = true;
    for (uint32_t i = 0; i < table->table.map.count; i++) {
        wy_toml *value = (wy_toml *)table->table.map.entries[i].value;
        if (value->kind == WY_TOML_TABLE && !value->table.closed) close_table(value);
    }
}

static wy_err read_inline_table(parser *p, uint16_t depth, wy_toml *value) {
    value->kind = WY_TOML_TABLE;
    value->table.depth = depth;
    wy_map_init(&value->table.map, p->lexer.arena);
    uint32_t outer = p->section;
    p->section = ++p->section_count;
    wy_err err = WY_OK;
    p->lexer.at++;
    wy_toml_skip_blanks(&p->lexer);
    if (!take_char(p, '}')) {
        do {
            err = read_pair(p, value);
            wy_toml_skip_blanks(&p->lexer);
        } while (err == WY_OK && take_char(p, ','));
        if (err == WY_OK && !take_char(p, '}'))
            err = wy_toml_unexpected(&p->lexer, "',' or '}' in the inline table");
    }
    p->section = outer;
    if (err == WY_OK) close_table(value);
    return err;
}

static wy_err read_array(parser *p, uint16_t depth, wy_toml *value) {
    value->kind = WY_TOML_ARRAY;
    value->array.items = NULL;
    value->array.count = value->array.cap = 0;
    value->array.open = false;
    p->lexer.at++;
    for (;;) {
        wy_err err = wy_toml_skip_space(&p->lexer);
        if (err != WY_OK) return err;
        if (take_char(p, ']')) return WY_OK;
        wy_toml *item = new_value(p, WY_TOML_STRING);
        if (!item) return wy_toml_nomem(&p->lexer);
        err = read_value(p, (uint16_t)(depth + 1), item);
        if (err == WY_OK) err = append(p, value, item);
        if (err == WY_OK) err = wy_toml_skip_space(&p->lexer);
        if (err != WY_OK) return err;
        if (take_char(p, ',')) continue;
        if (take_char(p, ']')) return WY_OK;
        return wy_toml_unexpected(&p->lexer, "',' or ']' in the array");
    }
}

/* `depth`: how many tables and arrays stand around the value. */
static wy_err read_value(parser *p, uint16_t depth, wy_toml *value) {
    switch (wy_toml_peek(&p->lexer, 0)) {
    case '"':
    case '\'': return wy_toml_string(&p->lexer, false, &value->string);
    case '[': return depth >= WY_MAX_TOML_DEPTH ? too_deep(p) : read_array(p, depth, value);
    case '{': return depth >= WY_MAX_TOML_DEPTH ? too_deep(p) : read_inline_table(p, depth, value);
    default: return wy_toml_scalar(&p->lexer, value);
    }
}

/* The last part of [header]: the table it defines. */
static wy_err define_table(parser *p, wy_toml *parent, const key *k) {
    wy_toml *table = wy_map_get_ptr(&parent->table.map, k->text);
    if (!table) {
        wy_err err = add_table(p, parent, k, &table);
        if (err != WY_OK) return err;
    } else if (table->kind != WY_TOML_TABLE) {
        return fail_key(p, k,
                        table->kind == WY_TOML_ARRAY && table->array.open
                            ? "is an array of tables: write [[...]] to add to it"
                            : "has a value already that is no table");
    } else if (table->table.closed || table->table.defined || table->table.section) {
        return fail_key(p, k, "is defined twice");
    }
    table->table.defined = true;
    table->line = k->line;
    table->column = k->column;
    p->current = table;
    return WY_OK;
}

/* The last part of [[header]]: a new table at the end of the array. */
static wy_err define_item(parser *p, wy_toml *parent, const key *k) {
    wy_toml *array = wy_map_get_ptr(&parent->table.map, k->text);
    if (array && (array->kind != WY_TOML_ARRAY || !array->array.open))
        return fail_key(p, k, "has a value already that is no array of tables");
    if (parent->table.depth + 2 >= WY_MAX_TOML_DEPTH) return too_deep(p);
    if (!array) {
        array = new_value(p, WY_TOML_ARRAY);
        if (!array) return wy_toml_nomem(&p->lexer);
        array->array.open = true;
        wy_err err = put(p, parent, k, array);
        if (err != WY_OK) return err;
    }
    wy_toml *item = new_value(p, WY_TOML_TABLE);
    if (!item) return wy_toml_nomem(&p->lexer);
    item->line = k->line;
    item->column = k->column;
    item->table.depth = (uint16_t)(parent->table.depth + 2);
    item->table.defined = true;
    p->current = item;
    return append(p, array, item);
}

static wy_err read_header(parser *p) {
    p->lexer.at++;
    bool is_item = take_char(p, '[');
    p->section = ++p->section_count;
    wy_toml *table = p->root;
    key k;
    wy_err err = read_key_part(p, &k);
    while (err == WY_OK && take_char(p, '.')) {
        err = walk_header(p, &k, &table);
        if (err == WY_OK) err = read_key_part(p, &k);
    }
    if (err != WY_OK) return err;
    if (!take_char(p, ']') || (is_item && !take_char(p, ']')))
        return wy_toml_unexpected(&p->lexer,
                                  is_item ? "']]' behind the key" : "']' behind the key");
    return is_item ? define_item(p, table, &k) : define_table(p, table, &k);
}

static wy_err read_document(parser *p) {
    for (;;) {
        wy_err err = wy_toml_skip_space(&p->lexer);
        if (err != WY_OK) return err;
        if (wy_toml_at_end(&p->lexer)) return WY_OK;
        err = wy_toml_peek(&p->lexer, 0) == '[' ? read_header(p) : read_pair(p, p->current);
        if (err == WY_OK) err = wy_toml_end_line(&p->lexer);
        if (err != WY_OK) return err;
    }
}

/* Names the line and column of the first bytes that are not UTF-8. */
static wy_err check_utf8(wy_str text, wy_diag *diag) {
    if (wy_utf8_valid(text.ptr, text.len)) return WY_OK;
    uint32_t line = 1;
    const char *at = text.ptr, *end = text.ptr + text.len;
    for (;; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at), good = 0;
        if (wy_utf8_valid(at, len)) {
            wy_assert(newline);
            at = newline + 1;
            continue;
        }
        for (size_t n = 1; good < len && n <= 4; n++)
            if (good + n <= len && wy_utf8_valid(at + good, n)) good += n, n = 0;
        return wy_diag_set_line(diag, WY_MALFORMED, line, (uint32_t)good + 1,
                                "these bytes are not UTF-8");
    }
}

wy_err wy_toml_parse(wy_arena *arena, wy_str text, const wy_toml **root_out, wy_diag *diag) {
    *root_out = NULL;
    if (text.len > WY_MAX_MANIFEST_BYTES)
        return wy_diag_set(diag, WY_LIMIT, "the document has %zu bytes; at most %zu are read",
                           text.len, WY_MAX_MANIFEST_BYTES);
    if (text.len == 0) text.ptr = "";
    wy_err err = check_utf8(text, diag);
    if (err != WY_OK) return err;
    if (wy_str_starts(text, WY_STR("\xef\xbb\xbf"))) text = wy_str_sub(text, 3, text.len);
    parser p = {.lexer = {.arena = arena,
                          .diag = diag,
                          .start = text.ptr,
                          .at = text.ptr,
                          .end = text.ptr + text.len,
                          .line_start = text.ptr,
                          .line = 1},
                .section = 1,
                .section_count = 1};
    p.lexer.c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    p.root = new_value(&p, WY_TOML_TABLE);
    if (!p.root || !p.lexer.c_locale) {
        err = wy_toml_nomem(&p.lexer);
    } else {
        p.root->table.defined = true;
        p.current = p.root;
        err = read_document(&p);
    }
    if (p.lexer.c_locale) freelocale(p.lexer.c_locale);
    if (err == WY_OK) *root_out = p.root;
    return err;
}

const wy_toml *wy_toml_get(const wy_toml *table, const char *name) {
    if (table->kind != WY_TOML_TABLE) return NULL;
    return wy_map_get_ptr(&table->table.map, wy_str_of(name));
}

const char *wy_toml_kind_name(wy_toml_kind kind) {
    static const char *const names[] = {"a string",       "an integer", "a float", "a boolean",
                                        "a date or time", "an array",   "a table"};
    wy_assert((size_t)kind < sizeof names / sizeof *names);
    return names[kind];
}
