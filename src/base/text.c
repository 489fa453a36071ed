/* Reading a text file into an arena, and errors that show a place in a text. */
#include "base/text.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

wy_err wy_text_read(wy_arena *arena, const char *path, wy_str *text_out, wy_diag *diag) {
    *text_out = (wy_str){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return wy_diag_set(diag, errno == ENOENT ? WY_NOT_FOUND : WY_IO, "%s", strerror(errno));
    wy_buf buf;
    wy_buf_init(&buf, WY_MAX_MANIFEST_BYTES);
    ssize_t n = 1;
    while (n > 0 && wy_buf_reserve(&buf, 1)) {
        n = read(fd, buf.ptr + buf.len, buf.cap - buf.len - 1);
        if (n > 0) buf.len += (size_t)n;
    }
    int error = errno;
    close(fd);
    wy_err err = WY_OK;
    if (n < 0)
        err = wy_diag_set(diag, WY_IO, "%s", strerror(error));
    else if (n > 0)
        err =
            wy_diag_set(diag, WY_LIMIT, "the file is larger than %zu bytes", WY_MAX_MANIFEST_BYTES);
    if (err == WY_OK) *text_out = (wy_str){wy_arena_strndup(arena, buf.ptr, buf.len), buf.len};
    if (err == WY_OK && !text_out->ptr) err = wy_diag_set(diag, WY_NOMEM, "out of memory");
    wy_buf_deinit(&buf);
    return err;
}

/* --- places --- */

#define SHOWN_MAX 160 /* bytes of a line that an error shows */
#define WORDS_MAX 1024
#define WHERE_MAX 1200

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

typedef struct place {
    uint32_t line, column; /* from 1 */
    size_t start, end;     /* what is shown of the line: around the place */
} place;

static place find_place(wy_str text, size_t at) {
    place p = {.line = 1, .column = 1, .end = at};
    for (size_t i = 0; i < at; i++) {
        p.column += !is_continuation(text.ptr[i]);
        if (text.ptr[i] != '\n') continue;
        p.line++;
        p.column = 1;
        p.start = i + 1;
    }
    while (p.end < text.len && text.ptr[p.end] != '\n' && text.ptr[p.end] != '\r')
        p.end++;
    while (at - p.start > SHOWN_MAX / 2 || (p.start < at && is_continuation(text.ptr[p.start])))
        p.start++;
    if (p.end - p.start > SHOWN_MAX) p.end = p.start + SHOWN_MAX;
    while (p.end < text.len && p.end > p.start && is_continuation(text.ptr[p.end]))
        p.end--;
    return p;
}

static void print_where(wy_str path, const place *p, char where[WHERE_MAX]) {
    if (path.len)
        snprintf(where, WHERE_MAX, WY_STR_FMT ":%u:%u", WY_STR_ARG(path), p->line, p->column);
    else if (p->line > 1)
        snprintf(where, WHERE_MAX, "line %u, column %u", p->line, p->column);
    else
        snprintf(where, WHERE_MAX, "column %u", p->column);
}

wy_err wy_text_failv(wy_diag *diag, wy_err err, wy_str path, wy_str text, size_t at,
                     const char *fmt, va_list args) {
    char words[WORDS_MAX], where[WHERE_MAX];
    vsnprintf(words, sizeof words, fmt, args);
    if (at > text.len) at = text.len;
    place p = find_place(text, at);
    print_where(path, &p, where);
    char pad[SHOWN_MAX + 1];
    size_t width = 0;
    for (size_t i = p.start; i < at; i++)
        if (!is_continuation(text.ptr[i])) pad[width++] = text.ptr[i] == '\t' ? '\t' : ' ';
    pad[width] = '\0';
    return wy_diag_set_line(diag, err, p.line, p.column, "%s: %s\n  %.*s\n  %s^", where, words,
                            (int)(p.end - p.start), text.ptr ? text.ptr + p.start : "", pad);
}

wy_err wy_text_fail(wy_diag *diag, wy_err err, wy_str path, wy_str text, size_t at, const char *fmt,
                    ...) {
    va_list args;
    va_start(args, fmt);
    wy_text_failv(diag, err, path, text, at, fmt, args);
    va_end(args);
    return err;
}

/* Where the diagnosis says that something is wrong; false: it says no place. */
static bool find_offset(const wy_diag *diag, wy_str text, size_t *at_out) {
    if (diag->line == 0) return false;
    size_t at = 0;
    for (uint32_t line = 1; line < diag->line && at < text.len; at++)
        line += text.ptr[at] == '\n';
    *at_out = at + (diag->column ? diag->column - 1 : 0);
    return true;
}

void wy_text_place(wy_diag *diag, wy_str path, wy_str text) {
    if (!diag || diag->err == WY_OK) return;
    size_t at;
    if (!find_offset(diag, text, &at)) {
        wy_diag_prefix(diag, WY_STR_FMT, WY_STR_ARG(path));
        return;
    }
    wy_err err = diag->err;
    char words[WORDS_MAX];
    snprintf(words, sizeof words, "%.1000s", diag->text);
    wy_diag_init(diag);
    wy_text_fail(diag, err, path, text, at, "%s", words);
}

void wy_text_place_private(wy_diag *diag, wy_str path, wy_str text) {
    size_t at;
    if (!diag || diag->err == WY_OK || !find_offset(diag, text, &at)) {
        wy_text_place(diag, path, text);
        return;
    }
    place p = find_place(text, at < text.len ? at : text.len);
    char where[WHERE_MAX];
    print_where(path, &p, where);
    wy_diag_prefix(diag, "%s", where);
}

/* --- addresses --- */

void wy_text_url(wy_str url, char *out, size_t size) {
    const char *scheme = url.len ? memmem(url.ptr, url.len, "://", 3) : NULL;
    size_t begin = scheme ? (size_t)(scheme - url.ptr) + 3 : 0, end = begin, after = begin;
    while (end < url.len && url.ptr[end] != '?' && url.ptr[end] != '#')
        end++;
    for (size_t i = begin; i < end; i++)
        if (url.ptr[i] == '@') after = i + 1; /* a password may hold one */
    snprintf(out, size, "%.*s%.*s%s", (int)begin, url.ptr ? url.ptr : "", (int)(end - after),
             url.ptr ? url.ptr + after : "", end < url.len ? "?..." : "");
}
