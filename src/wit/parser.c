/* Parser, lowest part: tokens, names, paths, annotations. See parser.h. */
#include "wit/parser.h"

#include "base/limits.h"
#include "wit/semver.h"
#include "wit/lexer.h"

bool wy_wit_parser_fail(wy_wit_parser *p, wy_wit_pos pos, wy_err err, const char *text) {
    p->err = wy_wit_error(p->diag, err, pos, "%s", text);
    return false;
}

bool wy_wit_parser_no_memory(wy_wit_parser *p) {
    return wy_wit_parser_fail(p, p->tok.pos, WY_LIMIT,
                              "the texts together are larger than their memory limit");
}

bool wy_wit_parser_fail_twice(wy_wit_parser *p, wy_wit_pos pos, wy_str name) {
    p->err = wy_wit_error(p->diag, WY_INVALID, pos, "\"" WY_STR_FMT "\" is defined twice",
                          WY_STR_ARG(name));
    return false;
}

bool wy_wit_parser_take_name(wy_wit_parser *p, wy_map *taken, wy_wit_pos pos, wy_str name) {
    wy_str key = wy_wit_label_key(p->arena, name);
    if (!key.ptr) return wy_wit_parser_no_memory(p);
    if (wy_map_get(taken, key, NULL)) return wy_wit_parser_fail_twice(p, pos, name);
    return wy_map_set(taken, key, 1) || wy_wit_parser_no_memory(p);
}

void *wy_wit_parser_node(wy_wit_parser *p, size_t size) {
    void *at = wy_arena_calloc(p->arena, 1, size);
    if (!at) wy_wit_parser_no_memory(p);
    return at;
}

/* Room for one more in the array whose address is `items_at`. */
bool wy_wit_parser_room(wy_wit_parser *p, void *items_at, uint32_t count, uint32_t *cap,
                        size_t size) {
    void *items;
    memcpy(&items, items_at, sizeof items);
    items = wy_arena_grow(p->arena, items, count, cap, (size_t)count + 1, size);
    if (!items) return wy_wit_parser_no_memory(p);
    memcpy(items_at, &items, sizeof items);
    return true;
}

bool wy_wit_parser_advance(wy_wit_parser *p) {
    p->err = wy_wit_lexer_next(&p->lexer, &p->tok, p->diag);
    return p->err == WY_OK;
}

bool wy_wit_parser_is_op(const wy_wit_parser *p, const char *op) {
    return p->tok.kind == WY_WIT_TOKEN_OPERATOR && wy_str_eqz(p->tok.text, op);
}

bool wy_wit_parser_is_word(const wy_wit_parser *p, const char *word) {
    return p->tok.kind == WY_WIT_TOKEN_ID && !p->tok.escaped && wy_str_eqz(p->tok.text, word);
}

bool wy_wit_parser_expected(wy_wit_parser *p, const char *what) {
    if (p->tok.kind == WY_WIT_TOKEN_END)
        p->err = wy_wit_error(p->diag, WY_MALFORMED, p->tok.pos,
                              "expected %s, found the end of the file", what);
    else
        p->err = wy_wit_error(p->diag, WY_MALFORMED, p->tok.pos,
                              "expected %s, found \"%s" WY_STR_FMT "\"", what,
                              p->tok.escaped ? "%" : "", WY_STR_ARG(p->tok.text));
    return false;
}

bool wy_wit_parser_need_op(wy_wit_parser *p, const char *op) {
    if (wy_wit_parser_is_op(p, op)) return wy_wit_parser_advance(p);
    char what[8];
    what[0] = '"';
    size_t len = strlen(op);
    memcpy(what + 1, op, len);
    memcpy(what + 1 + len, "\"", 2);
    return wy_wit_parser_expected(p, what);
}

/* `*found_out` tells whether the operator was there; false only on a failure behind it. */
bool wy_wit_parser_accept_op(wy_wit_parser *p, const char *op, bool *found_out) {
    *found_out = wy_wit_parser_is_op(p, op);
    return !*found_out || wy_wit_parser_advance(p);
}

bool wy_wit_parser_accept_word(wy_wit_parser *p, const char *word, bool *found_out) {
    *found_out = wy_wit_parser_is_word(p, word);
    return !*found_out || wy_wit_parser_advance(p);
}

bool wy_wit_parser_need_id(wy_wit_parser *p, const char *what, wy_str *name_out) {
    if (p->tok.kind != WY_WIT_TOKEN_ID) return wy_wit_parser_expected(p, what);
    if (!p->tok.escaped && wy_wit_is_keyword(p->tok.text)) {
        p->err = wy_wit_error(p->diag, WY_MALFORMED, p->tok.pos,
                              "expected %s, found the keyword \"" WY_STR_FMT
                              "\"; write \"%%" WY_STR_FMT "\" where it is meant as a name",
                              what, WY_STR_ARG(p->tok.text), WY_STR_ARG(p->tok.text));
        return false;
    }
    *name_out = p->tok.text;
    return wy_wit_parser_advance(p);
}

/* A version, where the current token ('@' or '=') stands right before it. */
bool wy_wit_parser_need_version(wy_wit_parser *p, wy_str *version_out) {
    p->err = wy_wit_lexer_version(&p->lexer, &p->tok, p->diag);
    if (p->err) return false;
    *version_out = p->tok.text;
    return wy_wit_parser_advance(p);
}

/* --- documentation --- */

/* A line of a comment without its mark, and without the space behind that. */
static wy_str doc_line(wy_str line, bool in_block) {
    size_t at = 0;
    while (in_block && at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
        at++;
    if (in_block && at < line.len && line.ptr[at] == '*') at++;
    if (at < line.len && line.ptr[at] == ' ') at++;
    size_t end = line.len;
    while (end > at &&
           (line.ptr[end - 1] == ' ' || line.ptr[end - 1] == '\t' || line.ptr[end - 1] == '\r'))
        end--;
    return wy_str_sub(line, at, end);
}

static void add_doc_line(wy_buf *buf, wy_str line, bool in_block) {
    wy_buf_str(buf, doc_line(line, in_block));
    wy_buf_char(buf, '\n');
}

/* The text between the marks of a block comment. */
static void add_doc_block(wy_buf *buf, wy_str text) {
    for (bool first = true; text.len; first = false) {
        size_t end = wy_str_find(text, '\n');
        add_doc_line(buf, wy_str_sub(text, 0, end), !first);
        text = wy_str_sub(text, end < text.len ? end + 1 : end, text.len);
    }
}

/* Bytes of the block comment that the text begins with; they nest, and this one is closed. */
static size_t block_length(wy_str text) {
    size_t at = 0, depth = 0;
    do {
        bool opens = wy_str_starts(wy_str_sub(text, at, text.len), WY_STR("/*"));
        bool closes = wy_str_starts(wy_str_sub(text, at, text.len), WY_STR("*/"));
        depth = depth + opens - closes;
        at += opens || closes ? 2 : 1;
    } while (depth);
    return at;
}

static void gather_docs(wy_buf *buf, wy_str gap) {
    while (gap.len) {
        size_t len = 1;
        if (wy_str_starts(gap, WY_STR("//"))) {
            len = wy_str_find(gap, '\n');
            if (wy_str_starts(gap, WY_STR("///")) && !wy_str_starts(gap, WY_STR("////")))
                add_doc_line(buf, wy_str_sub(gap, 3, len), false);
        } else if (wy_str_starts(gap, WY_STR("/*"))) {
            len = block_length(gap);
            if (len > 4 && gap.ptr[2] == '*') add_doc_block(buf, wy_str_sub(gap, 3, len - 2));
        }
        gap = wy_str_sub(gap, len, gap.len);
    }
}

bool wy_wit_parser_docs(wy_wit_parser *p, wy_str *docs_out) {
    *docs_out = (wy_str){0};
    if (wy_str_find(p->tok.gap, '/') == p->tok.gap.len) return true;
    wy_buf buf;
    wy_buf_init(&buf, WY_MAX_WIT_BYTES);
    gather_docs(&buf, p->tok.gap);
    size_t len = buf.len, start = 0;
    while (len > 0 && buf.ptr[len - 1] == '\n')
        len--;
    while (start < len && buf.ptr[start] == '\n')
        start++;
    if (len > start)
        *docs_out = (wy_str){wy_arena_strndup(p->arena, buf.ptr + start, len - start), len - start};
    bool ok = !buf.failed && (len == start || docs_out->ptr);
    wy_buf_deinit(&buf);
    return ok || wy_wit_parser_no_memory(p);
}

/* --- paths, renames, gates --- */

/* "a" and "b" become "a:b": one view where they are written so, else a copy. */
bool wy_wit_parser_join(wy_wit_parser *p, wy_str *package, wy_str part) {
    if (package->ptr + package->len + 1 == part.ptr) {
        package->len += 1 + part.len;
        return true;
    }
    char *text = wy_arena_printf(p->arena, WY_STR_FMT ":" WY_STR_FMT, WY_STR_ARG(*package),
                                 WY_STR_ARG(part));
    if (!text) return wy_wit_parser_no_memory(p);
    *package = (wy_str){text, package->len + 1 + part.len};
    return true;
}

/* What follows the first name of a path: ("a" | "a:b/c" | "a:b:c/d") and maybe '@' and a version.
 */
bool wy_wit_parser_path_rest(wy_wit_parser *p, wy_str first, wy_wit_path *path) {
    bool more;
    path->name = first;
    if (!wy_wit_parser_accept_op(p, ":", &more)) return false;
    if (!more) return true;
    path->package = first;
    while (more) {
        wy_str part;
        if (!wy_wit_parser_need_id(p, "a package's name", &part) ||
            !wy_wit_parser_join(p, &path->package, part))
            return false;
        if (path->package.len > WY_WIT_PACKAGE_NAME_MAX)
            return wy_wit_parser_fail(p, path->pos, WY_LIMIT, "the package's name is too long");
        if (!wy_wit_parser_accept_op(p, ":", &more)) return false;
    }
    if (!wy_wit_parser_need_op(p, "/") ||
        !wy_wit_parser_need_id(p, "an interface's name", &path->name))
        return false;
    return !wy_wit_parser_is_op(p, "@") || wy_wit_parser_need_version(p, &path->version);
}

bool wy_wit_parser_path(wy_wit_parser *p, wy_wit_path *path) {
    wy_str first;
    path->pos = p->tok.pos;
    return wy_wit_parser_need_id(p, "an interface's name", &first) &&
           wy_wit_parser_path_rest(p, first, path);
}

static bool parse_rename(wy_wit_parser *p, bool alias_needed, wy_wit_rename *rename) {
    bool as;
    rename->pos = p->tok.pos;
    if (!wy_wit_parser_need_id(p, "a name", &rename->name) ||
        !wy_wit_parser_accept_word(p, "as", &as))
        return false;
    if (!as) return !alias_needed || wy_wit_parser_expected(p, "\"as\"");
    return wy_wit_parser_need_id(p, "a name", &rename->alias);
}

/* `{ name as alias, ... }` */
bool wy_wit_parser_renames(wy_wit_parser *p, bool alias_needed, wy_wit_rename **names,
                           uint32_t *count, uint32_t *cap) {
    bool more = true;
    if (!wy_wit_parser_need_op(p, "{")) return false;
    while (more && !wy_wit_parser_is_op(p, "}")) {
        if (!wy_wit_parser_room(p, names, *count, cap, sizeof **names)) return false;
        wy_wit_rename *rename = &(*names)[*count];
        *rename = (wy_wit_rename){0};
        if (!parse_rename(p, alias_needed, rename)) return false;
        (*count)++;
        if (!wy_wit_parser_accept_op(p, ",", &more)) return false;
    }
    return wy_wit_parser_need_op(p, "}");
}

/* `word = version` or `word = name`, inside the parentheses. */
static bool gate_field(wy_wit_parser *p, const char *word, bool version, wy_str *value_out) {
    if (!wy_wit_parser_is_word(p, word)) return wy_wit_parser_expected(p, word);
    if (!wy_wit_parser_advance(p)) return false;
    if (!wy_wit_parser_is_op(p, "=")) return wy_wit_parser_expected(p, "\"=\"");
    if (version) return wy_wit_parser_need_version(p, value_out);
    return wy_wit_parser_advance(p) && wy_wit_parser_need_id(p, "a feature's name", value_out);
}

/* The value of one annotation, behind the "(". */
static bool gate_value(wy_wit_parser *p, const wy_wit_token *word, wy_wit_gate *gate) {
    wy_str value = p->tok.text, *at = NULL;
    bool ok;
    if (wy_str_eqz(word->text, "since")) {
        at = &gate->since;
        ok = gate_field(p, "version", true, &value);
    } else if (wy_str_eqz(word->text, "deprecated")) {
        at = &gate->deprecated;
        ok = gate_field(p, "version", true, &value);
    } else if (wy_str_eqz(word->text, "unstable")) {
        at = &gate->unstable;
        ok = gate_field(p, "feature", false, &value);
    } else if (wy_str_eqz(word->text, "external-id")) {
        at = &gate->external_id;
        ok = p->tok.kind == WY_WIT_TOKEN_STRING ? wy_wit_parser_advance(p)
                                                : wy_wit_parser_expected(p, "a string");
    } else {
        return wy_wit_parser_fail(
            p, word->pos, WY_MALFORMED,
            "no such annotation: @since, @unstable, @deprecated and @external-id are");
    }
    if (ok && at->ptr)
        return wy_wit_parser_fail(p, word->pos, WY_INVALID, "the annotation is given twice");
    *at = value;
    return ok;
}

bool wy_wit_parser_gate(wy_wit_parser *p, wy_wit_gate *gate) {
    while (wy_wit_parser_is_op(p, "@")) {
        if (!wy_wit_parser_advance(p)) return false;
        wy_wit_token word = p->tok;
        if (word.kind != WY_WIT_TOKEN_ID) return wy_wit_parser_expected(p, "an annotation's name");
        if (!wy_wit_parser_advance(p) || !wy_wit_parser_need_op(p, "(") ||
            !gate_value(p, &word, gate) || !wy_wit_parser_need_op(p, ")"))
            return false;
        if (gate->since.len && gate->unstable.len)
            return wy_wit_parser_fail(p, word.pos, WY_INVALID,
                                      "an item is either @since or @unstable, not both");
        if (!wy_wit_parser_is_op(p, "@") && gate->deprecated.len && !gate->since.len &&
            !gate->unstable.len)
            return wy_wit_parser_fail(p, word.pos, WY_INVALID,
                                      "@deprecated needs @since or @unstable beside it");
    }
    return true;
}
