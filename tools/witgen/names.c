/* Names: from WIT's to C's. */
#include "witgen.h"

const char *wg_text(witgen *wg, wy_str text) {
    return wg_must(wy_arena_strndup(&wg->arena, text.ptr, text.len));
}

const char *wg_snake(witgen *wg, wy_str name) {
    char *text = wg_must(wy_arena_strndup(&wg->arena, name.ptr, name.len));
    for (char *at = text; *at; at++) {
        if (*at >= 'A' && *at <= 'Z') *at = (char)(*at + 32);
        if (*at == '-' || *at == ':' || *at == '/') *at = '_';
    }
    return text;
}

const char *wg_member(witgen *wg, wy_str name) {
    static const char *const words[] = {
        "auto",     "break",  "case",   "char",     "const",    "continue", "default",  "do",
        "double",   "else",   "enum",   "extern",   "float",    "for",      "goto",     "if",
        "inline",   "int",    "long",   "register", "restrict", "return",   "short",    "signed",
        "sizeof",   "static", "struct", "switch",   "typedef",  "union",    "unsigned", "void",
        "volatile", "while",  "bool",   "true",     "false",    "own",      "tag",      "unix",
        "linux",    "asm",    "typeof",
    };
    const char *text = wg_snake(wg, name);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i]) == 0) return wg_must(wy_arena_printf(&wg->arena, "%s_", text));
    /* "0", "1", ... of a tuple */
    if (text[0] >= '0' && text[0] <= '9') return wg_must(wy_arena_printf(&wg->arena, "f%s", text));
    return text;
}

const char *wg_upper(witgen *wg, const char *name) {
    char *text = wg_must(wy_arena_strndup(&wg->arena, name, strlen(name)));
    for (char *at = text; *at; at++)
        if (*at >= 'a' && *at <= 'z') *at = (char)(*at - 32);
    return text;
}

const char *wg_prefix(witgen *wg, wy_str full_name) {
    return wg_snake(wg, wy_str_sub(full_name, 0, wy_str_find(full_name, '@')));
}
