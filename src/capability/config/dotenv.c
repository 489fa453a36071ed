/* config from a .env file: lines of NAME=value, as shells write them.
 *
 *   # comment              export NAME=value      NAME="with \n escapes"     NAME='as it is' */
#include <errno.h>
#include <unistd.h>

#include "base/map.h"
#include "base/text.h"
#include "capability/config/provider.h"

#define NAME_MAX_BYTES 512

typedef struct dotenv {
    wy_map values; /* NAME -> wy_str * */
    wy_str prefix;
} dotenv;

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
}

/* The value between double quotes that begin at text[0]; false: no end on this line. */
static bool read_quoted(wy_arena *arena, wy_str text, wy_str *value_out, size_t *used_out) {
    char *out = wy_arena_alloc_aligned(arena, text.len, 1);
    size_t len = 0, i = 1;
    if (!out) return false;
    for (; i < text.len && text.ptr[i] != '"'; i++) {
        char c = text.ptr[i];
        if (c == '\\' && i + 1 < text.len) {
            c = text.ptr[++i];
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        }
        out[len++] = c;
    }
    *value_out = (wy_str){out, len};
    *used_out = i + 1;
    return i < text.len;
}

/* What stands behind NAME=; blanks around it are trimmed already. */
static bool read_value(wy_arena *arena, wy_str text, wy_str *value_out) {
    size_t used;
    if (text.len && text.ptr[0] == '"') {
        if (!read_quoted(arena, text, value_out, &used)) return false;
    } else if (text.len && text.ptr[0] == '\'') {
        wy_str inner = wy_str_sub(text, 1, text.len);
        size_t end = wy_str_find(inner, '\'');
        if (end == inner.len) return false;
        *value_out = wy_str_sub(inner, 0, end);
        used = end + 2;
    } else {
        /* a comment begins at a '#' with a blank before it */
        size_t end = 0;
        while (end < text.len && !(text.ptr[end] == '#' && (end == 0 || text.ptr[end - 1] == ' ' ||
                                                            text.ptr[end - 1] == '\t')))
            end++;
        *value_out = wy_str_trim(wy_str_sub(text, 0, end));
        return true;
    }
    wy_str rest = wy_str_trim(wy_str_sub(text, used, text.len));
    return rest.len == 0 || rest.ptr[0] == '#';
}

static wy_err read_line(dotenv *d, wy_arena *arena, wy_str line, uint32_t number, wy_diag *diag) {
    line = wy_str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#') return WY_OK;
    if (wy_str_starts(line, WY_STR("export "))) line = wy_str_trim(wy_str_sub(line, 7, line.len));
    size_t end = 0;
    while (end < line.len && is_name_char(line.ptr[end]))
        end++;
    wy_str name = wy_str_sub(line, 0, end), rest = wy_str_trim(wy_str_sub(line, end, line.len));
    if (name.len == 0 || rest.len == 0 || rest.ptr[0] != '=')
        return wy_diag_set_line(diag, WY_INVALID, number, 0, "expected NAME=value");
    wy_str *value = wy_arena_alloc(arena, sizeof *value);
    if (!value) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    if (!read_value(arena, wy_str_trim(wy_str_sub(rest, 1, rest.len)), value))
        return wy_diag_set_line(diag, WY_INVALID, number, 0, "the quoted value has no end");
    if (!wy_map_set(&d->values, name, (uintptr_t)value))
        return wy_diag_set(diag, WY_NOMEM, "out of memory");
    return WY_OK;
}

/* The whole file into the arena; absent: empty. */
static wy_err read_file(wy_arena *arena, wy_str path, wy_str *text_out, wy_diag *diag) {
    *text_out = (wy_str){0};
    char *name = wy_arena_strndup(arena, path.ptr, path.len);
    if (!name) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    if (access(name, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) return WY_OK;
    return wy_text_read(arena, name, text_out, diag);
}

static wy_err dotenv_make(wy_arena *arena, const wy_config_provider_options *options,
                          void **state_out, wy_diag *diag) {
    wy_str text;
    dotenv *d = wy_arena_calloc(arena, 1, sizeof *d);
    if (!d) return wy_diag_set(diag, WY_NOMEM, "out of memory");
    wy_map_init(&d->values, arena);
    d->prefix = options->prefix;
    *state_out = d;
    wy_err err = read_file(arena, options->path, &text, diag);
    for (uint32_t number = 1; err == WY_OK && text.len; number++) {
        size_t end = wy_str_find(text, '\n');
        err = read_line(d, arena, wy_str_sub(text, 0, end), number, diag);
        text = wy_str_sub(text, end < text.len ? end + 1 : end, text.len);
    }
    if (err != WY_OK) wy_diag_prefix(diag, WY_STR_FMT, WY_STR_ARG(options->path));
    return err;
}

static wy_err dotenv_get(void *state, const wy_config_question *question, wy_str *value_out,
                         wy_diag *diag) {
    const dotenv *d = state;
    char full[NAME_MAX_BYTES];
    (void)diag;
    if (!wy_config_env_name(d->prefix, question->name, full, sizeof full)) return WY_NOT_FOUND;
    const wy_str *value = wy_map_get_ptr(&d->values, wy_str_of(full));
    if (!value) return WY_NOT_FOUND;
    *value_out = *value;
    return WY_OK;
}

extern const wy_config_provider wy_config_provider_dotenv;
const wy_config_provider wy_config_provider_dotenv = {
    .name = "dotenv", .make = dotenv_make, .get = dotenv_get};
